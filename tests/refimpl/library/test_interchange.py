"""Exchange with NumPy, DLPack and buffers; copies and pickles; Python's own protocols: beside torch where torch has them."""

from __future__ import annotations

import copy
import gc
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch as real_torch
from places import LINES, ROOT
from snippets import assert_agree, lines, warned

import refimpl

NUMBERS = lines((LINES / "numbers.txt").read_text(encoding="utf-8"))
ARRAYS = lines((LINES / "interchange.txt").read_text(encoding="utf-8"))
PRELUDE = """
import numpy as np
import copy, pickle, math, operator
x = torch.ones(2)
L = torch.ones(2, requires_grad=True)
N = L * 2
"""
ARRAY_PRELUDE = """
import numpy as np
import copy, pickle
L = torch.ones(2, requires_grad=True)
N = L * 2
x = torch.arange(6.).view(2, 3)
a, ro = np.arange(3.), np.arange(3.)
ro.flags.writeable = False
pk = lambda o: pickle.loads(pickle.dumps(o))
def grd(f):
    t = torch.ones(2, requires_grad=True); (t * 2).sum().backward(); r = f(t); return r.grad, r.requires_grad, r.is_leaf
def twice():
    c = x.__dlpack__(); first = torch.from_dlpack(c); return torch.from_dlpack(c)
class Fake:
    def __dlpack_device__(self): return (1, 0)
class Fake2:
    def __dlpack__(self, **k): return 3
    def __dlpack_device__(self): return (1, 0)
"""
WITH_NUMPY = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128"]


@pytest.mark.parametrize("line", NUMBERS)
def test_python_asks_a_tensor_what_it_asks_torchs(line):
    assert_agree(line, PRELUDE)


@pytest.mark.parametrize("line", ARRAYS)
def test_arrays_and_copies_say_what_torchs_say(line):
    assert_agree(line, ARRAY_PRELUDE)


# -- NumPy -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WITH_NUMPY)
def test_numpy_and_from_numpy_share_memory_both_ways(name):
    x = refimpl.zeros(2, 3, dtype=getattr(refimpl, name))
    a = x.numpy()
    assert a.dtype.name == name and a.shape == (2, 3)
    x[1, 2] = 1
    assert a[1, 2] == 1
    a[0, 0] = 1
    assert x[0, 0].item() == 1
    y = refimpl.from_numpy(a)
    assert y.dtype is x.dtype and y.data_ptr() == x.data_ptr()
    y[0, 1] = 1
    assert x[0, 1].item() == 1 and a[0, 1] == 1
    source = np.zeros((3, 4), dtype=name)[1:, ::2]
    z = refimpl.from_numpy(source)
    z.fill_(1)
    assert source.tolist() == z.tolist() and source.base.sum() == 4


LAYOUTS = [
    "t",
    "t.t()",
    "t[1:]",
    "t[:, 1::2]",
    "t[::2, ::3]",
    "t[0]",
    "t[1, 2]",
    "t.expand(2, 3, 4)",
    "t[:, :0]",
    "t.unsqueeze(0).permute(2, 0, 1)",
    "t.diagonal()",
    "t.view(-1)",
    "t[:0]",
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout_goes_to_numpy_and_back(layout):
    names = {}
    for library in (refimpl, real_torch):
        t = library.arange(12.0).view(3, 4)
        a = eval(layout, {"t": t}).numpy()
        back = library.from_numpy(a)
        names[library] = (a.tolist(), a.shape, a.strides, back.tolist(), back.stride(), back.shape)
    assert names[refimpl] == names[real_torch]


def test_a_tensor_that_no_kernel_has_written_is_shared_too():
    x = refimpl.empty(3)
    a = x.numpy()
    x.fill_(2)
    assert a.tolist() == [2.0, 2.0, 2.0]


def test_writes_of_whole_tensors_reach_the_array():
    x = refimpl.zeros(4)
    a = x.numpy()
    x.copy_(refimpl.arange(4.0))
    x.add_(1)
    x.mul_(refimpl.ones(4))
    assert a.tolist() == [1.0, 2.0, 3.0, 4.0]
    x.uniform_(5, 5)
    assert a.tolist() == [5.0] * 4


@pytest.mark.parametrize("name", WITH_NUMPY)
def test_operations_on_foreign_memory_give_what_they_give_elsewhere(name):
    values = np.arange(24).reshape(4, 6).astype(name)
    for ours in (refimpl.from_numpy(values), refimpl.from_numpy(values)[::2, 1::2], refimpl.from_numpy(values).t()):
        here = ours.clone()
        assert here.tolist() == ours.tolist()
        assert (ours == here).all() and ours.sum().item() == here.sum().item()
        if name != "bool":
            assert (ours + 1).tolist() == (here + 1).tolist() and ours[1:].tolist() == here[1:].tolist()


def test_the_array_outlives_the_tensor_and_the_tensor_the_array():
    a = refimpl.arange(1000.0).numpy()
    x = refimpl.from_numpy(np.arange(1000.0))
    gc.collect()
    filler = [refimpl.zeros(1000) for _ in range(20)]
    assert a.sum() == 499500.0 and x.sum().item() == 499500.0 and len(filler) == 20


def test_resizing_a_shared_tensor_leaves_the_array_whole():
    x = refimpl.arange(3.0)
    a = x.numpy()
    x.resize_(1000).fill_(7)
    assert a.tolist() == [0.0, 1.0, 2.0]


def test_numpy_of_a_tensor_that_requires_grad_is_allowed_without_grad():
    x = refimpl.ones(2, requires_grad=True)
    with refimpl.no_grad():
        assert x.numpy().tolist() == [1.0, 1.0]


def test_as_tensor_and_asarray_share_and_tensor_copies():
    a = np.zeros(2)
    shared = [refimpl.as_tensor(a), refimpl.asarray(a), refimpl.from_numpy(a)]
    copied = [refimpl.tensor(a), refimpl.asarray(a, copy=True), refimpl.as_tensor(a, dtype=refimpl.float32)]
    a[0] = 1
    assert all(t[0].item() == 1 for t in shared) and all(t[0].item() == 0 for t in copied)


def test_array_protocol_copies_when_asked():
    x = refimpl.zeros(2)
    copied, shared = np.array(x), np.asarray(x)
    x[0] = 1
    assert copied[0] == 0 and shared[0] == 1
    assert np.asarray(x, dtype=np.float64).dtype == np.float64


def test_one_warning_for_arrays_that_are_not_writable():
    script = (
        "import warnings, numpy as np, refimpl as torch\n"
        "a = np.arange(3); a.flags.writeable = False\n"
        "with warnings.catch_warnings(record=True) as w:\n"
        "    warnings.simplefilter('always')\n"
        "    torch.tensor(a); torch.asarray(a, copy=True); n = len(w); torch.from_numpy(a); torch.as_tensor(a)\n"
        "print(n, [x.category.__name__ for x in w], 'not writable' in str(w[0].message))"
    )
    outputs = []
    for library in ("refimpl", "torch"):
        code = script.replace("refimpl as torch", "refimpl as torch" if library == "refimpl" else "torch")
        outputs.append(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert outputs[0] == outputs[1] == "0 ['UserWarning'] True\n"


@pytest.mark.parametrize(
    "line", ["x * s", "s * x", "x + s", "s - x", "x / s", "x ** s", "x > s", "s < x", "x == s", "x.mul(s)", "x.clone().add_(s)", "torch.add(x, s)"]
)
@pytest.mark.parametrize("scalar", ["np.float32(2)", "np.float64(2)", "np.int64(2)", "np.int8(2)", "np.bool_(True)"])
def test_scalars_of_numpy_are_numbers(line, scalar):
    assert_agree(line, f"import numpy as np\nx, s = torch.arange(3.), {scalar}")


# -- DLPack ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*WITH_NUMPY, "bfloat16"])
def test_dlpack_shares_memory_with_torch_both_ways(name):
    ours = refimpl.zeros(2, 3, dtype=getattr(refimpl, name))
    theirs = real_torch.from_dlpack(ours)
    assert theirs.dtype is getattr(real_torch, name) and theirs.data_ptr() == ours.data_ptr()
    theirs[1, 2] = 1
    assert ours[1, 2].item() == 1
    back = refimpl.from_dlpack(theirs)
    back[0, 0] = 1
    assert ours[0, 0].item() == 1 and back.dtype is ours.dtype and back.stride() == ours.stride()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout_goes_through_dlpack(layout):
    ours = eval(layout, {"t": refimpl.arange(12.0).view(3, 4)})
    theirs = eval(layout, {"t": real_torch.arange(12.0).view(3, 4)})
    assert real_torch.from_dlpack(ours).tolist() == ours.tolist() == theirs.tolist()
    ours_again, theirs_again = refimpl.from_dlpack(theirs), real_torch.from_dlpack(theirs)
    assert (ours_again.tolist(), ours_again.stride()) == (theirs_again.tolist(), theirs_again.stride())
    assert np.from_dlpack(ours).tolist() == ours.tolist() and np.from_dlpack(ours).strides == np.from_dlpack(theirs).strides


@pytest.mark.parametrize("name", WITH_NUMPY)
def test_dlpack_with_numpy(name):
    a = np.zeros(4, dtype=name)
    x = refimpl.from_dlpack(a)
    x[1] = 1
    assert a[1] == 1
    b = np.from_dlpack(x)
    b[2] = 1
    assert a[2] == 1 and b.flags.writeable


def memory_is_released(make):
    """Whether the storage that ``make`` gives, with whoever shares it, is freed when both are let go."""
    from weakref import ref

    tensor, consumer = make()
    storage = ref(tensor._view.storage)
    del tensor
    gc.collect()
    alive = storage() is not None
    del consumer
    gc.collect()
    return alive, storage() is None


def test_memory_lives_as_long_as_its_consumer():
    def consumed_by(consume):
        def make():
            x = refimpl.ones(100)
            return x, consume(x)

        return make

    for consume in (real_torch.from_dlpack, np.from_dlpack, refimpl.from_dlpack):
        assert memory_is_released(consumed_by(consume)) == (True, True)


def test_the_consumer_reads_right_after_the_producer_is_gone():
    for producer in (np.arange(1000.0), real_torch.arange(1000.0), refimpl.arange(1000.0)):
        x = refimpl.from_dlpack(producer)
        del producer
        gc.collect()
        noise = [np.zeros(1000) for _ in range(20)]
        assert x.sum().item() == 499500.0 and len(noise) == 20


def test_a_capsule_that_nobody_consumes_is_let_go():
    from refimpl.exchange.dlpack import _capsules, _exported

    x = refimpl.ones(100)
    for version in (None, (1, 0)):
        for _ in range(5):
            x.__dlpack__(max_version=version)
    held = x.__dlpack__()
    assert len(_exported) == len(_capsules) == 1
    y = refimpl.from_dlpack(held)
    assert y.tolist() == x.tolist()
    del y, held
    gc.collect()
    assert not _exported and not _capsules


def test_a_capsule_can_be_consumed_once():
    for version in (None, (1, 0)):
        capsule = refimpl.ones(2).__dlpack__(max_version=version)
        refimpl.from_dlpack(capsule)
        for library in (refimpl, real_torch):
            with pytest.raises(RuntimeError, match="can be consumed only once"):
                library.from_dlpack(capsule)


def test_a_consumer_that_refuses_raises_its_own_error():
    with pytest.raises((RuntimeError, BufferError), match="Unsupported dtype"):
        np.from_dlpack(refimpl.ones(2, dtype=refimpl.bfloat16))


def test_negative_strides_are_refused():
    """torch ends the process here."""
    with pytest.raises(BufferError, match="negative strides"):
        refimpl.from_dlpack(np.arange(3)[::-1])


def test_the_module_under_torchs_name():
    from refimpl.utils.dlpack import from_dlpack, to_dlpack

    x = refimpl.arange(3)
    assert from_dlpack(to_dlpack(x)).tolist() == [0, 1, 2]
    assert refimpl.utils.dlpack.to_dlpack is refimpl.to_dlpack


# -- buffers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.int32)",
        "torch.frombuffer(bytearray(b'abcdefgh'), dtype=torch.int16, count=2, offset=1)",
        "torch.frombuffer(bytearray(b'abc'), dtype=torch.int32)",
        "torch.frombuffer(bytearray(b''), dtype=torch.uint8)",
        "torch.frombuffer(3, dtype=torch.uint8)",
        "torch.frombuffer(bytearray(8), dtype=torch.float32, requires_grad=True)",
        "torch.frombuffer(bytearray(8), dtype=torch.int32, requires_grad=True)",
        "torch.frombuffer(bytearray(8), dtype=torch.int32, offset=8)",
        "torch.frombuffer(bytearray(8), dtype=torch.int32, count=3)",
        "torch.frombuffer(bytearray(8), dtype=torch.int32, count=0)",
        "torch.frombuffer(b'abcd', dtype=torch.uint8)",
    ],
)
def test_frombuffer(line):
    assert_agree(line)


def test_a_buffer_is_shared():
    data = bytearray(8)
    x = refimpl.frombuffer(data, dtype=refimpl.int32)
    x[1] = 1
    assert data == bytearray([0, 0, 0, 0, 1, 0, 0, 0])
    data[0] = 5
    assert x.tolist() == [5, 1]


# -- copy and pickle -------------------------------------------------------------------------------

COPIES = [copy.deepcopy, *(lambda o, p=p: pickle.loads(pickle.dumps(o, p)) for p in range(2, pickle.HIGHEST_PROTOCOL + 1))]


@pytest.mark.parametrize("copied", COPIES)
def test_deepcopy_keeps_what_is_shared_and_pickle_does_not(copied):
    def program(torch):
        base = torch.zeros(4)
        again, view, other, same = copied((base, base[1:3], torch.zeros(1), base))
        again[1] = 7
        return [again, view, other, same, base, view.storage_offset(), again._version, view._version, same is again]

    assert_same(program)


@pytest.mark.parametrize("copied", COPIES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_copies_keep_the_geometry(copied, layout):
    x = eval(layout, {"t": refimpl.arange(12.0).view(3, 4)})
    y = copied(x)
    assert (y.tolist(), y.shape, y.stride(), y.storage_offset(), y.dtype) == (x.tolist(), x.shape, x.stride(), x.storage_offset(), x.dtype)
    assert not y.numel() or y.data_ptr() != x.data_ptr()


@pytest.mark.parametrize("copied", COPIES)
@pytest.mark.parametrize("d", refimpl.foundation.dtypes.all_dtypes, ids=lambda d: d.name)
def test_copies_take_part_in_operations(copied, d):
    x = refimpl.ones(3, dtype=d)
    y = copied(x)
    assert (x == y).all() and (x | y if d.category == 0 else x + y).tolist() == (x | x if d.category == 0 else x + x).tolist()


@pytest.mark.parametrize("copied", COPIES)
def test_parameters_and_modules(copied):
    layer = refimpl.nn.Linear(2, 3)
    layer.weight.note = "kept"
    again = copied(layer)
    assert isinstance(again.weight, refimpl.nn.Parameter) and again.weight.requires_grad and again.weight.is_leaf
    assert again.weight.tolist() == layer.weight.tolist() and again.weight.data_ptr() != layer.weight.data_ptr()
    x = refimpl.ones(1, 2)
    again(x).sum().backward()
    assert again.weight.grad is not None and layer.weight.grad is None
    assert (layer.weight + again.weight).tolist() == (layer.weight * 2).tolist()


def test_a_shallow_copy_shares_the_memory():
    x = refimpl.zeros(2, requires_grad=True)
    x.note = [1]
    y = copy.copy(x)
    assert y is not x and y.data_ptr() == x.data_ptr() and y.requires_grad and y.is_leaf and y.note is x.note


@pytest.mark.parametrize("copied", COPIES)
def test_attributes_and_gradients(copied):
    x = refimpl.ones(2, requires_grad=True)
    (x * 3).sum().backward()
    x.note = [1]
    y = copied(x)
    assert y.note == [1] and y.note is not x.note
    assert (y.grad is not None) == (copied is copy.deepcopy)  # pickle leaves the gradient out, as torch's does


def test_generators_are_pickled_with_their_state():
    g = refimpl.Generator().manual_seed(3)
    refimpl.rand(5, generator=g)
    again = pickle.loads(pickle.dumps(g))
    assert refimpl.rand(3, generator=again).tolist() == refimpl.rand(3, generator=g).tolist()


# -- warnings --------------------------------------------------------------------------------------


def test_a_number_from_a_tensor_that_requires_grad_is_warned_of_once():
    script = (
        "import warnings, refimpl as torch\n"
        "x = torch.ones((), requires_grad=True)\n"
        "with warnings.catch_warnings(record=True) as w:\n"
        "    warnings.simplefilter('always')\n"
        "    x.item(), x.tolist(), bool(x); n = len(w); float(x), int(x)\n"
        "print(n, [x.category.__name__ for x in w])"
    )
    for code in (script, script.replace("refimpl as torch", "torch")):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout == "0 ['UserWarning']\n"


def test_nothing_is_imported_before_it_is_asked_for():
    script = (
        "import sys, refimpl; x = refimpl.ones(2) + 1; str(x); "
        "names = ('numpy', 'ctypes', 'copy', 'pickle', 'refimpl.exchange.arrays', 'refimpl.exchange.dlpack'); "
        "print([n for n in names if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-S", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_conversion_that_needs_no_warning_gives_none():
    assert warned(refimpl, "torch.from_numpy(np.ones(2)).numpy()", "import numpy as np") == []
