"""Members of Tensor and functions that no drawn case calls, held against torch: what they return, what they change, what they refuse."""

from __future__ import annotations

import warnings

import pytest
import torch

import refimpl
from refimpl.tensor import everything
from refimpl.tensor.attributes import STATE

FUNCTIONS = (lambda x: x + 1, lambda x: x * 2.7, lambda x: -1, lambda x: 300, lambda x: "a", lambda x: None, lambda x: True, lambda x: float("nan"))
DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int8", "uint8", "bool", "complex64")


def outcome(call):
    """What a call gives, or the error that it raises."""
    try:
        found = call()
    except Exception as error:  # noqa: BLE001  (it is compared)
        return type(error).__name__, str(error)
    return [(each.tolist(), str(each.dtype), tuple(each.stride())) if hasattr(each, "tolist") else each for each in
            (found if isinstance(found, tuple) else (found,))]  # fmt: skip


def same(call):
    expected, got = (outcome(lambda library=library: call(library)) for library in (torch, refimpl))
    assert str(got) == str(expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("number", range(len(FUNCTIONS)))
def test_apply_converts_what_the_function_returns_as_torch_does(dtype, number):
    if number >= 4 and dtype in ("bool", "complex64") or number == 1 and dtype == "bool":
        pytest.skip("what torch makes of it is not specified")
    same(lambda library: library.tensor([3, 0, 5], dtype=getattr(library, dtype)).apply_(FUNCTIONS[number]))


def test_apply_changes_the_elements_one_after_the_other():
    same(lambda library: library.ones(1).expand(3).apply_(lambda x: x + 1))
    same(lambda library: library.arange(6.0).reshape(2, 3).t().apply_(lambda x: x * 10))
    x = refimpl.arange(6.0)
    version = x._version
    x[::2].apply_(lambda x: -x)
    assert x.tolist() == [0, 1, -2, 3, -4, 5] and x._version > version


def test_map_takes_elements_of_tensors_of_one_dtype():
    for library_call in (
        lambda library: library.tensor([1.0, 2.0]).map_(library.tensor([3.0]), lambda a, b: a * b),
        lambda library: library.tensor([1.0, 2.0]).map_(library.tensor([3]), lambda a, b: a * b),
        lambda library: library.tensor([1.0, 2.0]).map_(3, lambda a, b: a * b),
        lambda library: library.tensor([1.0, 2.0]).map_(library.ones(2, requires_grad=True), lambda a, b: a * b),
        lambda library: library.tensor([1.0, 2.0]).map2_(library.ones(2), library.tensor([3.0, 4.0]), lambda a, b, c: a + b + c),
        lambda library: library.tensor([1.0, 2.0]).map2_(library.ones(2), library.ones(2).double(), lambda a, b, c: a),
        lambda library: library.ones(2, requires_grad=True).apply_(lambda a: a),
    ):
        same(library_call)


def test_what_only_other_devices_have_is_refused_or_false():
    same(lambda library: library.ones(2).pin_memory())
    same(lambda library: library.ones(2).__delitem__(0))
    same(lambda library: library.ones(2).__rmatmul__(library.ones(3, 2)))
    assert refimpl.ones(2).__rmatmul__(3) is NotImplemented
    for name in ("is_ipu", "is_maia", "is_mtia", "is_vulkan", "is_xla", "is_sparse_csr"):
        assert getattr(refimpl.ones(2), name) is getattr(torch.ones(2), name) is False
    same(lambda library: (library.get_device(library.ones(2)), library.is_distributed(library.ones(2))))
    x = refimpl.ones(2)
    assert x.share_memory_() is x and x.const_data_ptr() == x.data_ptr()


def test_volatile_warns():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert refimpl.ones(2).volatile is False
        refimpl.ones(2).volatile = True
    assert [str(each.message) for each in caught] == [
        "volatile was removed (Variable.volatile is always False)",
        "volatile was removed and now has no effect. Use `with torch.no_grad():` instead."]  # fmt: skip


def test_a_subclass_shares_memory_and_is_in_the_graph():
    for library in (torch, refimpl):
        mine = type("Mine", (library.Tensor,), {})
        x = library.ones(2, requires_grad=True)
        y = x.as_subclass(mine)
        assert type(y) is mine and y.data_ptr() == x.data_ptr() and y.grad_fn.name() == "AliasBackward0"
        with pytest.raises(TypeError, match="does not inherit from Tensor"):
            x.as_subclass(int)


def test_storages_are_made_of_sizes_and_of_bytes():
    for library in (torch, refimpl):
        assert len(library.UntypedStorage(4)) == library.UntypedStorage(4).nbytes() == 4
        assert library.UntypedStorage([1, 2, 255]).tolist() == [1, 2, 255] and len(library.UntypedStorage()) == 0
        assert isinstance(library.ones(2).untyped_storage(), library.UntypedStorage)
        with pytest.raises(RuntimeError, match="one of the items was of type str instead of int"):
            library.UntypedStorage("a")


def test_files_are_mapped(tmp_path):
    path = tmp_path / "numbers"
    path.write_bytes(bytes(range(16)))
    for arguments in ({"size": 4, "dtype": "int32"}, {"size": 40}, {}, {"size": 2, "pin_memory": True}, {"size": -1}, {"size": 2, "dtype": "int16"}):
        same(lambda library, given=arguments: library.from_file(
            str(path), **{key: getattr(library, value) if key == "dtype" else value for key, value in given.items()}))  # fmt: skip
    same(lambda library: library.from_file(str(tmp_path / "none"), size=4))
    for library in (torch, refimpl):
        written = library.from_file(str(path), shared=True, size=4, dtype=library.uint8)
        written.fill_(9)
        made = library.from_file(str(tmp_path / library.__name__), shared=True, size=3, dtype=library.uint8)
        made.fill_(7)
        del written, made
        assert path.read_bytes() == bytes([9] * 4 + list(range(4, 16)))
        assert (tmp_path / library.__name__).read_bytes() == bytes([7, 7, 7])
        path.write_bytes(bytes(range(16)))
    private = refimpl.from_file(str(path), size=4, dtype=refimpl.uint8)
    private.fill_(1)
    assert path.read_bytes() == bytes(range(16))


def test_anomalies_are_looked_for_where_it_is_said():
    for library in (torch, refimpl):
        assert (library.is_anomaly_enabled(), library.is_anomaly_check_nan_enabled()) == (False, True)
        library.set_anomaly_enabled(True, False)
        assert (library.is_anomaly_enabled(), library.is_anomaly_check_nan_enabled()) == (True, False)
        library.set_anomaly_enabled(True)
        x = library.zeros(1, requires_grad=True)
        with pytest.raises(RuntimeError, match="returned nan values"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (x.sqrt() * 0).sum().backward()
        library.set_anomaly_enabled(False)
    same(lambda library: library.set_anomaly_enabled(1))
    same(lambda library: library.set_anomaly_enabled(True, check_nan=3))
    assert not refimpl.is_anomaly_enabled() and not torch.is_anomaly_enabled()


def test_a_module_puts_what_it_loads_in_place():
    for library in (torch, refimpl):
        x, y = library.zeros(2), library.ones(2)
        loaded = x.module_load(y)
        assert loaded.data_ptr() == x.data_ptr() and x.tolist() == [1, 1]
        assert x.module_load(y, assign=True).data_ptr() == y.data_ptr()


def test_what_a_tensor_keeps_for_itself_is_in_one_list():
    """Whatever a program has done with a tensor, its ``__dict__`` shows nothing but what the program put there; and nothing is hidden in vain."""
    x = refimpl.zeros(3).requires_grad_()
    x.grad_dtype = refimpl.float32
    x.register_post_accumulate_grad_hook(lambda leaf: None)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda grad: None)
    v = y[:1]
    v.mul_(2)
    y.sum().backward()
    with refimpl.autograd.forward_ad.dual_level():
        dual = refimpl.autograd.forward_ad.make_dual(refimpl.ones(2), refimpl.ones(2))
        kept = set(everything.__get__(dual))
    with refimpl.inference_mode():
        inferred = refimpl.ones(2)
    for tensor in (x, y, v, x.detach(), dual, inferred, refimpl.nn.Parameter(refimpl.ones(2)), refimpl.empty(2, device="meta")):
        kept |= set(everything.__get__(tensor))
        assert dict(tensor.__dict__) == {}
    assert kept == STATE
