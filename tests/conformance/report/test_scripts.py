"""The scripts of failures: each runs by itself, without the suite, says whether the two sides differ, and ends with the status that says so."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from dataclasses import replace
from math import inf, nan

import numpy
import pytest
import torch
from places import ROOT

from conformance.accuracy.number_formats import encode
from conformance.backends import find_backend
from conformance.backends.torchlike import OPERATORS
from conformance.cases.case import Case, DType, Slice, TensorSpec, contiguous_strides
from conformance.cases.deviation import Deviation
from conformance.catalogue.entries import entry
from conformance.cli import main
from conformance.examples.profiles import PROFILES
from conformance.execution.outcomes import cotangent
from conformance.explaining.adapter_scripts import adapter_script
from conformance.explaining.array_api_scripts import Recording
from conformance.explaining.script_assembly import COTANGENTS, GRADIENTS
from conformance.explaining.script_text import input_text
from conformance.explaining.scripts import script
from conformance.judging.state import ADDED_UP, AGAIN, KEPT, SAVED
from conformance.report import build, write
from conformance.running.operation_run import judge_operation

# Reads scripts, runs each in a process of its own in which the suite cannot be imported, and prints status and output of each. What they
# import is imported once, before the processes part.
RUNNER = """
import json, os, sys, tempfile
sys.modules["conformance"] = None
results, texts = [], json.load(sys.stdin)
for name in ("torch", "refimpl", "numpy"):
    if any("import " + name in text for text in texts):
        __import__(name)
if "refimpl" in sys.modules:
    sys.modules["refimpl"].tensor([1.0]).exp().tolist()
for text in texts:
    with tempfile.TemporaryFile("w+") as output:
        child = os.fork()
        if not child:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            try:
                exec(compile(text, "script", "exec"), {"__name__": "__main__"})
                status = 0
            except SystemExit as end:
                status = end.code
            except BaseException:
                import traceback
                traceback.print_exc()
                status = 99
            sys.stdout.flush()
            os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        output.seek(0)
        results.append((status, output.read()))
json.dump(results, sys.stdout)
"""


def run(scripts, path):
    """(status, output) of each script."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(ROOT)]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", RUNNER], input=json.dumps(scripts), capture_output=True, text=True, env=environment, cwd=path)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def tensor(numbers, dtype="float32", shape=None, number=0, **options):
    """The bytes of a storage, and the spec of a tensor on it."""
    shape = (len(numbers),) if shape is None else shape
    strides = options.pop("strides", contiguous_strides(shape))
    return encode(numbers, dtype), TensorSpec(number, dtype, shape, strides, **options)


def case(operation, form="function", tensors=(), others=(), **options):
    buffers = tuple(data for data, _ in tensors)
    return Case(operation, form, buffers, (*[spec for _, spec in tensors], *others), **options)


X = [1.5, -2.0, 0.25, 3.0, -0.0, 7.0]
XY = (tensor(X, shape=(2, 3)), tensor(X[::-1], shape=(3,), number=1, strides=(2,)))
LEAF = tensor(X, "float64", requires_grad=True)
SHARED = (encode(X, "float32"), encode([9.0], "float32"))
VIEWS = (TensorSpec(0, "float32", (3,), (1,)), TensorSpec(0, "float32", (3,), (1,), 3))

# What a script has to write down: every form of a call, every kind of argument, every property. The library keeps torch's rules in all.
KINDS = {
    "function": (case("add", tensors=XY), "values"),
    "method with keywords": (case("sum", "method", XY[:1], kwargs={"dim": -1, "keepdim": True}), "values"),
    "in place": (case("mul", "inplace", XY), "values"),
    "in place, what is written": (case("mul", "inplace", XY), "purity"),
    "out": (Case("neg", "out", 2 * XY[0][:1], (XY[0][1],), {"out": TensorSpec(1, "float32", (2, 3), (3, 1))}), "values"),
    "operator": (case("__pow__", "operator", XY[:1], (-2.0,)), "values"),
    "reflected operator": (Case("__sub__", "operator", XY[0][:1], (-2.0, XY[0][1])), "values"),
    "in-place operator": (case("__iadd__", "operator", XY), "values"),
    "attribute": (case("T", "attribute", XY[:1]), "strides"),
    "index": (case("__getitem__", "operator", XY[:1], ((Ellipsis, Slice(0, None, 2)),)), "strides"),
    "assignment": (case("__setitem__", "operator", XY[:1], ((0, None, Slice(1, 3)), -1.0)), "values"),
    "dtype as an argument": (case("to", "method", XY[:1], (DType("bfloat16"),)), "dtype"),
    "shape": (case("unsqueeze", tensors=XY[:1], others=(1,)), "shape"),
    "aliasing": (case("view", "method", XY[:1], (3, 2)), "aliasing"),
    "several results": (case("sort", "method", XY[:1]), "values"),
    "list of tensors": (Case("cat", "function", tuple(data for data, _ in XY[:1]), ([XY[0][1], XY[0][1]],)), "values"),
    "views of one storage": (Case("add", "inplace", SHARED, VIEWS), "values"),
    "gaps in a storage": (case("exp", tensors=[tensor(X, shape=(2,), strides=(2,), offset=1)]), "purity"),
    "gradients": (case("mul", tensors=[LEAF, tensor(X, "float64", number=1)], grad=1), "gradients"),
    "second order": (case("pow", tensors=[LEAF], others=(3,), grad=2), "gradients"),
    "gradient of a call in place": (case("exp", "inplace", [tensor(X, "float64", (3,), strides=(2,), requires_grad=True)], grad=1), "gradients"),
    "random numbers": (case("rand_like", tensors=XY[:1], seed=7), "values"),
    "state of the generator": (case("rand_like", tensors=XY[:1], seed=7), Deviation("values", "state of the generator afterwards", "", "")),
    "words of an error": (case("matmul", tensors=XY), Deviation("errors", "message", "", "")),
    "type of an error": (case("add", tensors=XY[:1], others=("1",)), Deviation("errors", "exception type", "", "")),
    "not finite": (case("neg", tensors=[tensor([inf, -inf, nan, -0.0])]), "values"),
    "complex": (case("conj", tensors=[tensor([complex(1, nan), complex(-0.0, inf), 2j], "complex64")]), "values"),
    "bfloat16": (case("square", tensors=[tensor([1.0078125, 3.0], "bfloat16")]), "values"),
    "bool and 0-d": (case("logical_not", tensors=[tensor([True], "bool", ())]), "values"),
    "determinism": (case("exp", tensors=XY[:1]), "determinism"),
    "without gradients": (replace(case("exp", tensors=[LEAF], grad=1), surroundings="no_grad"), "gradients"),
    "in another default dtype": (replace(case("ones", tensors=[], others=(2,)), surroundings="default dtype float64"), "dtype"),
    "an error among deterministic algorithms": (
        replace(case("matmul", tensors=XY), surroundings="deterministic algorithms"), Deviation("errors", "message", "", ""),
    ),
    "a leaf in place": (
        replace(case("exp", "inplace", [LEAF], grad=1), surroundings="leaf written in place"), Deviation("errors", "message", "", ""),
    ),
    "strided cotangents": (replace(case("mul", tensors=[LEAF, LEAF], grad=2), cotangents="strided"), "gradients"),
    "expanded cotangents": (replace(case("exp", tensors=[LEAF], grad=1), cotangents="expanded"), "gradients"),
    "the global state": (case("exp", tensors=XY[:1]), Deviation("purity", "the global state afterwards", "", "")),
    "a result that is kept": (case("sum", tensors=XY[:1], others=(0,)), Deviation("aliasing", KEPT, "", "")),
    "a call between others": (case("add", tensors=XY, kwargs={"alpha": 2}), Deviation("determinism", AGAIN, "", "")),
    "written after it was saved": (case("mul", "inplace", XY), Deviation("gradients", SAVED, "", "")),
    "gradients that add up": (case("exp", tensors=[LEAF], grad=1), Deviation("gradients", ADDED_UP, "", "")),
    "layout": (case("neg", tensors=[tensor(X, shape=(3,), strides=(2,))]), "layout"),
}  # fmt: skip


@pytest.mark.parametrize("backend", ["refimpl:cpu", "torch:cpu", "refimpl:host_torch"])
def test_scripts_of_every_kind_run_and_find_no_difference_where_there_is_none(backend, tmp_path):
    own_stream = backend == "refimpl:host_torch"  # a device that is not the CPU has random numbers of its own
    kinds = {name: kind for name, kind in KINDS.items() if kind[0].seed is None or not own_stream}
    texts = [script(each, backend, found) for each, found in kinds.values()]
    for name, text, (status, output) in zip(kinds, texts, run(texts, tmp_path), strict=True):
        assert "conformance" not in text, name
        assert (status, output.splitlines()[-1]) == (0, "same"), f"{name}\n{text}\n{output}"


@pytest.mark.parametrize(("operation", "form", "line"), [
    ("floor_divide", "function", "r = numpy.floor_divide(x, y)"), ("__floordiv__", "operator", "r = x // y"),
])  # fmt: skip
def test_a_call_that_ends_the_process_is_written_down_and_not_made(monkeypatch, operation, form, line):
    made = []
    monkeypatch.setattr(numpy, "floor_divide", lambda *args: made.append(args))
    monkeypatch.setitem(OPERATORS, "__floordiv__", lambda *args: made.append(args))
    specs = [TensorSpec(i, "int64", (2,), (1,)) for i in range(2)]
    case = Case(operation, form, (bytes(16), bytes(16)), tuple(specs))
    assert line in script(case, "array_api:numpy", Deviation("crash", "ends the process", "a result", "signal 8 (SIGFPE)"))
    assert made == []


def test_what_a_library_does_not_have_is_no_name_of_an_argument():
    class Library:  # without a dtype named bool
        float64 = numpy.float64

    recording = Recording(Library, "library", find_backend("array_api:numpy"), [], [], False)
    assert [recording._text(value) for value in (None, False, numpy.float64)] == ["None", "False", "library.float64"]


def test_a_script_through_the_adapter_says_what_became_of_the_one_without():
    deviation = Deviation("values", "", "", "")
    assert "# How array_api:numpy is called without" in adapter_script(case("neg"), "array_api:numpy", deviation)
    text = adapter_script(case("neg"), "array_api:numpy", deviation, why="its script without the suite shows nothing")
    assert "# Its script without the suite shows nothing.\n# So this needs the suite.\n" in text


def test_scripts_for_the_array_api_call_the_library_in_its_own_words(tmp_path):
    kinds = {
        name: KINDS[name]
        for name in ("function", "method with keywords", "operator", "dtype as an argument", "shape", "aliasing",
                     "list of tensors", "not finite", "complex", "bool and 0-d", "gaps in a storage", "determinism")  # fmt: skip
    }
    kinds["operator"] = (case("__sub__", "operator", XY[:1], (-2.0,)), "values")
    kinds["dtype as an argument"] = (case("to", "method", XY[:1], (DType("float64"),)), "dtype")
    kinds["aliasing"] = (case("reshape", tensors=XY[:1], others=((3, 2),)), "aliasing")
    kinds["errors"] = (case("matmul", tensors=XY), Deviation("errors", "whether it raises", "", ""))
    texts = [script(each, "array_api:numpy", found) for each, found in kinds.values()]
    for name, text, (status, output) in zip(kinds, texts, run(texts, tmp_path), strict=True):
        assert "conformance" not in text and "numpy." in text, name
        assert (status, output.splitlines()[-1]) == (0, "same"), f"{name}\n{text}\n{output}"


# A library with torch's names and a fault in each of these functions; ``library`` says which of them are left out.
LAME = """
import torch as _torch

_calls = [0]


def __getattr__(name):
    return getattr(_torch, name)


def exp(x):
    return _torch.exp(x) * (1 + 2 ** -20)


def sin(x, **rest):
    r = _torch.sin(x, **rest)
    return r.clone(memory_format=_torch.contiguous_format)


def argmax(x, dim=None, keepdim=False):
    return _torch.argmax(x, dim, keepdim).to(_torch.int32)


def unsqueeze(x, dim):
    return _torch.unsqueeze(x, dim).squeeze(dim)


def narrow(x, *rest, **named):
    return _torch.narrow(x, *rest, **named).clone()


def tril(x, diagonal=0):
    return _torch.tril(x if x.ndim > 1 else x.expand(1, -1), diagonal)


def neg(x):
    r = _torch.neg(x)
    x.detach().zero_()
    return r


def sigmoid(x):
    r = _torch.sigmoid(x)
    if r.requires_grad:
        r.register_hook(lambda g: g * 1.5)
    return r


def log(x):
    _calls[0] += 1
    r = _torch.log(x)
    return _torch.nextafter(r, _torch.full_like(r, _torch.inf)) if r.dtype is _torch.float32 and _calls[0] % 2 else r


def floor(x):
    return _torch.floor(x) + (2 if x.is_contiguous() else 1)


for _name in {faultless!r}:
    del globals()[_name]
"""
ADAPTER = """
import lame
from conformance.backends.torch_backend import Torch


class Lame(Torch):
    def __init__(self):
        super().__init__("cpu")
        self.module, self.name = lame, "lame_adapter:Lame"

    def script_preamble(self):
        return "import lame", "lame"
"""
FAULTS = {
    "exp": "values", "sin": "strides", "argmax": "dtype", "unsqueeze": "shape", "narrow": "aliasing", "tril": "errors", "neg": "purity",
    "sigmoid": "gradients", "log": "determinism", "floor": "layout",
}  # fmt: skip


def library(faults):
    return LAME.format(faultless=[name for name in FAULTS if name not in faults])


@pytest.fixture
def lame(tmp_path, monkeypatch):
    (tmp_path / "lame.py").write_text(library(FAULTS))
    (tmp_path / "lame_adapter.py").write_text(ADAPTER)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in ("lame", "lame_adapter"):
        sys.modules.pop(name, None)
    find_backend.cache_clear()


def functions_of(name):
    """An operation in its form as a function, for the dtypes that are enough here."""
    found = entry(name)
    return replace(found, forms=("function",), operation=replace(found.operation, dtypes=("float32", "float64")))


def test_failures_show_themselves_and_are_gone_when_the_library_is_mended(lame):
    """A library with ten faults, one in each property: what is found fails as a script, and no longer once the library is right."""
    found = []
    for name, about in FAULTS.items():
        profile = PROFILES["survey" if about == "layout" else "quick"]  # to its end: not every failing example is laid out in two ways
        result = judge_operation(functions_of(name), "lame_adapter:Lame", profile, 0, examples=20, shrink=False)
        fitting = [failure for failure in result["failures"] if failure["property"] == about]
        assert fitting, f"{name}: {[f['property'] for f in result['failures']]}"
        found += fitting[:2]
    texts = [failure["script"] for failure in found]
    for failure, (status, output) in zip(found, run(texts, lame), strict=True):
        assert "conformance" not in failure["script"]
        assert (status, output.splitlines()[-1]) == (1, "differ"), f"{failure['property']}\n{failure['script']}\n{output}"
    (lame / "lame.py").write_text(library([]))
    for failure, (status, output) in zip(found, run(texts, lame), strict=True):
        assert (status, output.splitlines()[-1]) == (0, "same"), f"{failure['property']}\n{failure['script']}\n{output}"


def test_repro_tells_whether_a_failure_is_still_there(lame, monkeypatch, capfd):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(lame), str(ROOT)]))
    result = judge_operation(functions_of("exp"), "lame_adapter:Lame", PROFILES["quick"], 0, examples=4, shrink=False)
    report = build([{"kind": "operation", **result}], {"backends": ["lame_adapter:Lame"]})
    write(report, lame)
    identifier = report["operations"][0]["failures"][0]["id"]
    assert main(["repro", identifier, "--report-dir", str(lame)]) == 1
    assert capfd.readouterr().out.endswith("differ\n")
    (lame / "lame.py").write_text(library([]))
    assert main(["repro", identifier, "--report-dir", str(lame)]) == 0
    assert capfd.readouterr().out.endswith("same\n")


LIBRARY = """
class Tensor:
    def __init__(self, numbers, shape, dtype):
        self.numbers, self.shape, self.dtype = numbers, shape, dtype


def neg(x):
    return Tensor([0.0 - n for n in x.numbers], x.shape, x.dtype)


def opposite(of):
    return neg(of)
"""
WORDS = """
from array import array
from dataclasses import replace

import little
from conformance.backends import Unsupported
from conformance.backends.base import ScriptWords
from conformance.backends.by_elements import ELEMENTS_ONLY, ByElements
from conformance.backends.keywords import renamed


class Little(ByElements):
    name = "little_adapter:Little"
    capabilities = replace(ELEMENTS_ONLY, dtypes=frozenset({"float32"}), mutable=False)

    def from_elements(self, data, dtype, shape):
        return little.Tensor(list(array("f", data)), shape, dtype)

    def to_elements(self, tensor):
        return tensor.dtype, tensor.shape, array("f", tensor.numbers).tobytes()

    def is_tensor(self, value):
        return isinstance(value, little.Tensor)

    def call(self, operation, form, args, kwargs):
        if operation != "neg":
            raise Unsupported(f"the operation {operation}")
        return little.neg(*args, **kwargs)


class Spoken(Little):  # it calls neg by another name
    name = "little_adapter:Spoken"
    script_words = ScriptWords(
        "import little", "little.Tensor({elements}, {shape}, '{dtype}')", "little.{operation}({arguments})", "{result}.numbers",
        calls={"neg": ("opposite", renamed("neg", little.opposite, input="of"))},
    )
"""


def test_a_library_is_called_in_its_own_words_if_the_adapter_gives_them_and_else_through_the_adapter(tmp_path, monkeypatch):
    (tmp_path / "little.py").write_text(LIBRARY)
    (tmp_path / "little_adapter.py").write_text(WORDS)
    monkeypatch.syspath_prepend(str(tmp_path))
    texts = []
    for name in ("Spoken", "Little"):
        result = judge_operation(functions_of("neg"), f"little_adapter:{name}", PROFILES["quick"], 0, examples=12)
        texts.append(result["failures"][0]["script"])
    spoken, through = texts
    assert "conformance" not in spoken and "little.opposite(of=t0)" in spoken and "needs the suite" in through
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    mended = LIBRARY.replace("0.0 - n", "-n")
    for status, library in ((1, LIBRARY), (0, mended)):
        (tmp_path / "little.py").write_text(library)
        assert run([spoken], tmp_path)[0][0] == status
    done = subprocess.run([sys.executable, "-c", through], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "same"), done.stderr
    (tmp_path / "little.py").write_text(LIBRARY)
    done = subprocess.run([sys.executable, "-c", through], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "differ"), done.stderr


def test_the_worst_element_is_held_against_its_bound_and_not_against_torch(tmp_path):
    """torch's float32 exp may be an ulp off; so may a backend's, in the other direction."""
    exact = struct.unpack("<f", struct.pack("<f", 4.4816890703))[0]
    details = {"element": 0, "ulps": 9.0, "units": 3.0, "reference": "refimpl's correctly rounded result", "dtype": "float32"}
    near = Deviation("values", "ulps(3) around refimpl's correctly rounded result, element 0", repr(exact), repr(exact + 9 * 2**-21), details)
    text = script(case("exp", tensors=[tensor([1.5])]), "refimpl:cpu", near)
    other = text.replace("right = 4", "right = 5")
    apart = other.replace("\ngot = ", "\nexpected[0] = [5.0]\ngot = ")
    assert apart != other != text
    (good, output), (bad, _), (as_torch, _) = run([text, apart, other], tmp_path)
    assert (good, bad, as_torch) == (0, 1, 0)  # who has what torch has is not at fault
    assert "worst element: 4.4816" in output


def test_the_input_is_told_in_torchs_words():
    assert input_text(KINDS["in place"][0]).splitlines() == [
        "x = torch.tensor([1.5, -2., 0.25, 3., -0., 7.], dtype=torch.float32).reshape(2, 3)",
        "y = torch.tensor([7., -0., 3., 0.25, -2., 1.5], dtype=torch.float32).as_strided((3,), (2,), 0)",
        "x.mul_(y)",
    ]


def test_the_sign_of_nan_is_told():
    assert input_text(case("neg", tensors=[tensor([float("nan"), -float("nan")])])).startswith("x = torch.tensor([nan, -nan]")


@pytest.mark.parametrize("layout", COTANGENTS)
def test_the_cotangents_of_a_script_are_those_of_the_suite(layout):
    names: dict = {}
    exec(GRADIENTS.replace(COTANGENTS["dense"], COTANGENTS[layout]), names)
    backend = find_backend("torch:cpu")
    for shape in ((), (1,), (3,), (2, 3), (2, 1, 4, 1), (0, 2)):
        data, spec = cotangent("float32", shape, 1, None, layout)
        held = backend.make_tensor(backend.make_storage(data), spec)
        said = names["weights"](torch, torch.zeros(shape), 1)
        assert torch.equal(held, said) and (layout == "strided" or [(n, s) for n, s in zip(shape, held.stride(), strict=True) if n > 1] == [
            (n, s) for n, s in zip(shape, said.stride(), strict=True) if n > 1])


def test_the_memory_of_a_repeated_cotangent_goes_on_behind_it():
    data, spec = cotangent("float32", (2, 3), 0, None, "repeated")
    assert (spec.strides, len(data)) == ((1, 0), 24) and len({*struct.unpack("6f", data)}) > 3
    assert cotangent("float32", (2, 3), 0, None, "expanded")[1].strides == (0, 0)
