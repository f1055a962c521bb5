"""Backends that are not torch: the array API adapter, capabilities and their attribution, third parties, the walk of docs/."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint
from types import ModuleType

import numpy
import pytest
from places import ROOT

from conformance import backends
from conformance.accuracy.number_formats import decode, encode
from conformance.backends import Unsupported, find_backend, missing_piece
from conformance.backends.array_api import ArrayApi, Strided
from conformance.backends.array_api_calls import CALLS, INPLACE
from conformance.backends.base import Capabilities
from conformance.backends.libraries.of_the_standard import Dask, Lazy, Mlx, NdOnnx, find_library
from conformance.backends.torch_backend import Torch
from conformance.cases.case import Case, DType, TensorSpec
from conformance.catalogue import TABLE
from conformance.catalogue.entries import entry, forms_of
from conformance.cli import main
from conformance.examples.input_classes import never_drawn
from conformance.examples.profiles import PROFILES
from conformance.execution.outcomes import execute
from conformance.running.operation_run import judge_operation
from conformance.scoreboard.__main__ import main as scoreboard
from conformance.scoreboard.page_text import About, page
from conformance.scoreboard.surveys import survey

QUICK = PROFILES["quick"]
PAGE = ROOT / "docs" / "adding-a-backend.md"


def judged(name, backend, examples=2):
    return judge_operation(entry(name), backend.name, QUICK, 0, examples, backend=backend, shrink=False)


def case_of(operation, *args, form="function", values=(1.0, 2.0, 3.0, 4.0), dtype="float32", **kwargs):
    """A call on one tensor of shape (2, 2), stored column by column."""
    spec = TensorSpec(0, dtype, (2, 2), (1, 2))
    return Case(operation, form, (encode(values, dtype),), (spec, *args), kwargs)


# -- capabilities --------------------------------------------------------------------------------


class WithoutFloat64(Torch):
    """torch, but for one dtype."""

    def __init__(self):
        super().__init__("cpu")
        self.name = "without-float64"
        self.capabilities = Capabilities(dtypes=Capabilities().dtypes - {"float64"})

    def literal(self, value):
        if isinstance(value, DType) and value.name == "float64":
            raise Unsupported("dtype float64")
        return super().literal(value)


@pytest.mark.parametrize("name", ["exp", "sum", "cat", "zeros_like"])
def test_a_backend_without_float64_fails_nothing_and_says_once_what_is_missing(name):
    result = judged(name, WithoutFloat64())
    assert result["failures"] == []
    assert set(result["missing"]) == {"dtype float64"}
    assert result["unsupported_count"] == result["missing"]["dtype float64"] >= result["verdicts"]["float64 unsupported"] > 0
    assert result["verdicts"]["float32 passed"] > 0
    assert "float64 passed" not in result["verdicts"]


def test_examples_are_passed_failed_or_unsupported_and_nothing_else():
    result = judged("exp", find_backend("array_api:numpy"))
    counts = {kind: sum(n for key, n in result["verdicts"].items() if key.endswith(kind)) for kind in ("passed", "failed", "unsupported")}
    assert counts["passed"] + counts["failed"] == result["examples"]
    assert counts["passed"] == result["passes"]
    assert counts["unsupported"] == result["unsupported_count"]
    assert min(counts.values()) > 0


@pytest.mark.parametrize(
    ("denied", "case", "piece"),
    [
        ({"dtypes": frozenset(["int64"])}, case_of("exp"), "dtype float32"),
        ({"mutable": False}, case_of("exp", form="inplace"), "writing into an argument"),
        ({"mutable": False}, case_of("exp", form="out"), "writing into an argument"),
        ({"mutable": False}, case_of("__setitem__", 0, 1, form="operator"), "writing into an argument"),
        ({"autograd": False}, replace(case_of("exp"), grad=1), "autograd"),
        ({"nan": False}, case_of("exp", values=(1.0, float("nan"), 2.0, 3.0)), "promises for NaN and infinity"),
        ({"nan": False}, case_of("add", float("inf")), "promises for NaN and infinity"),
        ({"random": False}, replace(case_of("bernoulli"), seed=1), "torch's random numbers"),
        ({"forms": frozenset(["function"])}, case_of("exp", form="out"), "the out form"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_each_denied_capability_is_named_and_a_full_backend_misses_nothing(denied, case, piece):
    backend = Torch("cpu")
    assert missing_piece(backend, case) is None
    backend.capabilities = Capabilities(**denied)
    assert missing_piece(backend, case) == piece


def test_a_class_that_came_up_only_in_unsupported_examples_is_not_forgotten():
    backend = find_backend("torch:cpu")
    result = {"examples": 5, "classes": {}, "unsupported_classes": {"nan": 2}}
    forgotten = never_drawn(entry("exp"), backend, result)
    assert "nan" not in forgotten
    assert "inf" in forgotten


class OtherErrors(Torch):
    """torch with exceptions of its own."""

    def __init__(self, error_types):
        super().__init__("cpu")
        self.name = "other-errors"
        self.capabilities = Capabilities(messages=False, error_types=error_types)

    def call(self, operation, form, args, kwargs):
        try:
            return super().call(operation, form, args, kwargs)
        except Unsupported:
            raise
        except Exception as error:
            raise ArithmeticError("no") from error


def test_error_types_are_compared_only_where_the_backend_has_them():
    assert judged("cat", OtherErrors(error_types=False), 4)["failures"] == []
    assert {f["rule"] for f in judged("cat", OtherErrors(error_types=True), 4)["failures"]} == {"exception type"}


# -- the array API adapter -----------------------------------------------------------------------


def test_every_translation_is_of_an_operation_that_torch_has():
    backend = find_backend("torch:cpu")
    for name in CALLS:
        assert name in TABLE or forms_of(name) or backend.function(name), name
    for name in INPLACE:
        assert "inplace" in forms_of(name), name


def test_keywords_of_torch_that_are_named_otherwise_from_operation_to_operation_reach_the_library():
    backend = find_backend("array_api:numpy")
    x = numpy.array([[1.0, 2.0, 3.0]])
    assert backend.call("pow", "function", (x,), {"exponent": 2}).tolist() == [[1.0, 4.0, 9.0]]
    assert backend.call("swapaxes", "method", (x,), {"axis0": 0, "axis1": 1}).shape == (3, 1)


@pytest.mark.parametrize(
    ("case", "shape", "values"),
    [
        (case_of("cat"), (4, 2), [1.0, 3.0, 2.0, 4.0] * 2),
        (case_of("sum", 0, keepdim=True), (1, 2), [3.0, 7.0]),
        (case_of("permute", 1, 0, form="method"), (2, 2), [1.0, 2.0, 3.0, 4.0]),
        (case_of("transpose", -1, 0), (2, 2), [1.0, 2.0, 3.0, 4.0]),
        (case_of("amax", dim=1), (2,), [3.0, 4.0]),
        (case_of("max"), (), [4.0]),
        (case_of("var", False), (), [1.25]),
        (case_of("cumsum", 1), (2, 2), [1.0, 4.0, 2.0, 6.0]),
        (case_of("add", 1, form="inplace"), (2, 2), [2.0, 4.0, 3.0, 5.0]),
        (case_of("mT", form="attribute"), (2, 2), [1.0, 2.0, 3.0, 4.0]),
        (case_of("div", 2, rounding_mode="floor"), (2, 2), [0.0, 1.0, 1.0, 2.0]),
    ],
    ids=lambda value: value.operation if isinstance(value, Case) else "",
)
@pytest.mark.parametrize("library", [Strided, ArrayApi], ids=["strided", "by elements"])
def test_torch_s_calls_in_the_words_of_the_standard(library, case, shape, values):
    if case.operation == "cat":
        case = replace(case, args=((case.args[0], case.args[0]),))
    backend = library("numpy")
    if missing_piece(backend, case):
        assert case.form == "inplace" and not backend.mutable
        return
    outcome = execute(backend, case)
    assert outcome.error is None
    reading = outcome.outputs[0].reading
    assert (reading.dtype, reading.shape, list(decode(reading.data, "float32"))) == ("float32", shape, values)


@pytest.mark.parametrize(
    ("case", "piece"),
    [
        (case_of("erf"), "erf"), (case_of("sort"), "indices"), (case_of("max", 0), "indices"), (case_of("add", 1, alpha=2), "alpha"),
        (case_of("zeros_like", dtype_=DType("bfloat16")), "bfloat16"), (case_of("exp", form="inplace"), "augmented assignment"),
        (case_of("clone", requires_grad=True), "requires_grad"), (case_of("argsort", descending=True), "descending"),
        (case_of("cumsum", axis=0), "no translation"), (case_of("softmax", 0), "softmax"),
    ],
    ids=lambda value: value.operation if isinstance(value, Case) else "",
)  # fmt: skip
def test_what_the_standard_or_the_library_does_not_have_is_unsupported(case, piece):
    with pytest.raises(Unsupported, match=piece):
        execute(find_backend("array_api:numpy"), case)


def test_a_misspelt_argument_says_nothing_of_a_library_of_other_signatures():
    with pytest.raises(Unsupported, match="none of torch's signatures"):
        execute(find_backend("array_api:numpy"), case_of("sum", unknown=1))


def test_what_a_lazy_library_returns_has_been_computed_when_the_call_ends(monkeypatch):
    backend, computed = Lazy("numpy"), []
    monkeypatch.setattr(backend, "to_host", computed.append)
    x = numpy.ones((2, 2))
    results = backend.call("unbind", "function", (x,), {})
    assert len(results) == 2 and all(one is other for one, other in zip(results, computed, strict=True))


@pytest.mark.parametrize(("name", "kind"), [("numpy", Strided), ("math", None), ("mlx", Mlx), ("ndonnx", NdOnnx), ("dask", Dask)])
def test_a_library_has_its_own_adapter_or_is_missed_by_name(name, kind):
    try:
        assert type(find_library(name)) is kind
    except LookupError as error:
        assert f"no backend 'array_api:{name}'" in str(error)


def test_strides_offsets_and_shared_memory_are_read_from_numpy():
    backend = find_backend("array_api:numpy")
    case = Case("__getitem__", "operator", (encode(range(12), "int64"),), (TensorSpec(0, "int64", (3, 2), (4, 2), 1), 1))
    outcome = execute(backend, case)
    assert outcome.metadata == [("int64", (3, 2), (4, 2), 1)]
    assert outcome.outputs[0].alias == ("input", 0)
    assert (outcome.outputs[0].reading.strides, outcome.outputs[0].reading.offset) == ((2,), 5)
    assert outcome.buffers == list(case.buffers)
    empty = TensorSpec(0, "int64", (0, 2), (2, 1), 12)
    assert backend.read(backend.make_tensor(backend.make_storage(case.buffers[0]), empty)).offset == 12
    assert execute(backend, case_of("exp")).outputs[0].alias == ("new",)


class Destructive(ArrayApi):
    """exp writes its result over its input."""

    mutable = True

    def call(self, operation, form, args, kwargs):
        return numpy.exp(args[0], out=args[0]) if operation == "exp" else super().call(operation, form, args, kwargs)


@pytest.mark.parametrize("library", [Destructive, type("Both", (Destructive, Strided), {})], ids=["by elements", "strided"])
def test_an_input_that_is_destroyed_is_seen(library):
    result = judged("exp", library("numpy"))
    assert "purity" in {failure["property"] for failure in result["failures"]}


def test_tensors_that_share_memory_need_a_library_that_can_show_it():
    spec = TensorSpec(0, "float32", (2,), (1,))
    shared = Case("__iadd__", "operator", (encode((1.0, 2.0), "float32"),), (spec, replace(spec, offset=0)))
    assert execute(find_backend("array_api:numpy"), shared).error is None
    with pytest.raises(Unsupported, match="share memory"):
        execute(Destructive("numpy"), shared)


@pytest.mark.parametrize("name", ["exp", "cat", "sum", "add", "__getitem__", "where", "zeros", "linspace"])
@pytest.mark.filterwarnings("ignore")  # torch's and NumPy's own, about what the script shows
def test_a_failure_s_script_calls_the_library_in_its_own_words_and_runs(name, capsys):
    backend = find_backend("array_api:numpy")
    failures = judged(name, backend, 4)["failures"]
    assert failures
    for failure in failures:
        assert "conformance" not in failure["script"]
        with pytest.raises(SystemExit) as ended:
            exec(compile(failure["script"], failure["id"], "exec"), {})
        printed = capsys.readouterr().out
        assert re.search(r"^torch: .*^numpy: .*^differ$", printed, re.MULTILINE | re.DOTALL), failure["script"]
        assert ended.value.code == 1


# -- CuPy, by a stand-in that has NumPy's functions and CuPy's memory ------------------------------


@dataclass(frozen=True)
class Pointer:
    """What CuPy's ``ndarray.data`` is: an address inside of an allocation."""

    mem: Allocation
    ptr: int

    def __add__(self, nbytes):
        return Pointer(self.mem, self.ptr + nbytes)


class Allocation:
    def __init__(self, block):
        self.block = block
        self.ptr = block.__array_interface__["data"][0]


class DeviceArray(numpy.ndarray):
    """An array that says where it lies as CuPy's does, and that NumPy gets only by ``get``."""

    def __new__(cls, shape, dtype=float, memptr=None, strides=None):
        offset = memptr.ptr - memptr.mem.ptr
        array = numpy.ndarray.__new__(cls, shape, dtype, memptr.mem.block, offset, strides)
        array.allocation = memptr.mem
        return array

    def __array_finalize__(self, source):
        self.allocation = None
        shares = isinstance(source, DeviceArray) and numpy.may_share_memory(self.get(), source.get())
        if shares:
            self.allocation = source.allocation

    @property
    def data(self):
        if self.allocation is None:
            self.allocation = Allocation(self.get())
        return Pointer(self.allocation, self.__array_interface__["data"][0])

    def get(self):
        return self.view(numpy.ndarray)


@pytest.fixture
def cupy(monkeypatch):
    def asarray(value, dtype=None, copy=None):
        host = value.get() if isinstance(value, DeviceArray) else value
        return numpy.array(host, dtype=dtype, copy=copy is not False).view(DeviceArray)

    module = ModuleType("cupy")
    for name in dir(numpy):
        if not name.startswith("_"):
            setattr(module, name, getattr(numpy, name))
    module.ndarray, module.asarray, module.__version__ = DeviceArray, asarray, "stand-in"
    monkeypatch.setitem(sys.modules, "cupy", module)
    find_backend.cache_clear()
    yield find_backend("array_api:cupy")
    find_backend.cache_clear()


def test_cupy_s_arrays_are_laid_out_and_read_by_their_addresses(cupy):
    case = Case("__getitem__", "operator", (encode(range(12), "int64"),), (TensorSpec(0, "int64", (3, 2), (4, 2), 1), 1))
    outcome = execute(cupy, case)
    assert outcome.error is None
    assert outcome.metadata == [("int64", (3, 2), (4, 2), 1)]
    reading = outcome.outputs[0].reading
    assert (reading.strides, reading.offset, list(decode(reading.data, "int64"))) == ((2,), 5, [5, 7])
    assert outcome.outputs[0].alias == ("input", 0)
    assert outcome.buffers == list(case.buffers)


def test_cupy_s_results_have_memory_of_their_own_and_in_place_calls_write_where_they_should(cupy):
    assert execute(cupy, case_of("exp")).outputs[0].alias == ("new",)
    outcome = execute(cupy, case_of("add", 1, form="inplace"))
    assert outcome.outputs[0].alias == ("input", 0)
    assert list(decode(outcome.buffers[0], "float32")) == [2.0, 3.0, 4.0, 5.0]
    assert cupy.versions()["cupy"] == "stand-in"


# -- finding backends ----------------------------------------------------------------------------


def test_backends_are_found_by_module_and_by_entry_point(monkeypatch):
    found = find_backend("conformance.backends.torch_backend:Torch")
    assert isinstance(found, Torch)
    point = EntryPoint("my-library", "conformance.backends.torch_backend:Torch", backends.ENTRY_POINTS)
    monkeypatch.setattr(backends, "entry_points", lambda group: [point] if group == backends.ENTRY_POINTS else [])
    assert isinstance(find_backend("my-library"), Torch)


@pytest.mark.parametrize("backend", ["Derived", "derived"])
def test_a_backend_that_does_not_name_itself_is_not_taken_for_the_one_that_it_is_derived_from(backend, monkeypatch):
    module = ModuleType("no_name_of_its_own")
    module.Derived = type("Derived", (Torch,), {})
    module.derived = module.Derived()
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert find_backend(f"{module.__name__}:{backend}").name == f"{module.__name__}:{backend}"


def test_what_is_no_backend_is_told_by_what_it_lacks(monkeypatch):
    module = ModuleType("no_backend")
    module.Nothing = type("Nothing", (), {"name": "nothing"})
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(LookupError, match="'no_backend:Nothing' is no backend: Nothing has no capabilities, versions, call"):
        find_backend("no_backend:Nothing")


@pytest.mark.parametrize("name", ["nothing", "array_api:no_such_library", "no_such_module:Name", "json:no_such_name"])
def test_a_backend_that_is_not_there_is_a_lookup_error_that_names_it(name):
    with pytest.raises(LookupError, match=re.escape(repr(name))):
        find_backend(name)


# -- the scoreboard ------------------------------------------------------------------------------


def test_the_scoreboard_tells_missing_from_different():
    numpy = find_backend("array_api:numpy")
    text = page([survey(entry(name), numpy, QUICK, 0, 2) for name in ("exp", "sum", "erf")], About.of(numpy), "command")
    assert "3 operations were tried. 2 have a counterpart" in text
    assert re.search(r"\| float16 +\| +\| +\| all +\|", text)
    assert "Operations as a whole (1): `erf`." in text
    assert re.search(r"\| dtype: of integers, torch makes its default float32 \| [1-9]", text)
    assert re.search(r"\| dtype +\| float32 expected, float64 came", text)
    assert re.search(r"\| gradients +\| not compared", text)


def test_a_backend_that_ends_the_process_has_a_scoreboard_and_what_is_written_by_hand_stays(tmp_path, monkeypatch):
    source = """
import os
from conformance.backends.torch_backend import Torch

class Fatal(Torch):
    def call(self, operation, form, args, kwargs):
        return os.abort() if operation == "ceil" else super().call(operation, form, args, kwargs)
"""
    (tmp_path / "fatal_backend.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("conformance.running.supervisor.PATIENCE", 1)
    path = tmp_path / "fatal.md"
    path.write_text("# Old\n\n## Bugs that it found\n\nOne.\n\n## Property by property\n\nold\n", encoding="utf-8")
    (tmp_path / "operations.txt").write_text("floor\n", encoding="utf-8")
    options = ["--op", "ceil", "--ops-from", str(tmp_path / "operations.txt"), "--examples", "1", "--output", str(path)]
    assert scoreboard(["--backend", "fatal_backend:Fatal", *options]) == 0
    text = path.read_text(encoding="utf-8")
    assert re.search(r"\| crash \| 1 of 2 \|", text)
    assert re.search(r"\| crash: ends the process \| 1 \|", text)
    assert re.search(r"\| floor \| \d+ \| 0 \| \d+ \|", text)
    assert text.count("## Bugs that it found\n\nOne.\n\n") == 1 and "old" not in text


def test_the_scoreboard_of_torch_itself_is_full():
    torch = find_backend("torch:cpu")
    seen = survey(entry("exp"), torch, QUICK, 0, 2)
    assert seen.kinds == {}
    text = page([seen], About.of(torch), "command")
    properties = text.partition("## Property by property")[2].partition("##")[0]
    assert properties.count("100 %") == properties.count("1 of 1") == 11


# -- the walk ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def walk():
    """The titled blocks of docs/adding-a-backend.md."""
    return dict(re.findall(r'```\w+ title="([^"]+)"\n(.*?)```', PAGE.read_text(encoding="utf-8"), re.DOTALL))


def run_walk(walk, source, folder, monkeypatch, command="run"):
    """Put the backend on the path and give the page's command; the exit status and the report."""
    folder.mkdir()
    (folder / "small_backend.py").write_text(source, encoding="utf-8")
    (folder / "small_autograd.py").write_text(walk["small_autograd.py"], encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.chdir(folder)
    for name in ("small_backend", "small_autograd"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    find_backend.cache_clear()
    arguments = walk[command].split()
    assert arguments[:4] == ["python", "-m", "conformance", "run"]
    status = main([*arguments[3:], "--examples", "3", "--workers", "0"])  # in this process: faster
    return status, json.loads((folder / "small-report" / "conformance.json").read_text(encoding="utf-8"))


def test_the_walk_through_a_small_backend(walk, tmp_path, monkeypatch, capfd):
    status, report = run_walk(walk, walk["small_backend.py"], tmp_path / "naive", monkeypatch)
    assert status == 1
    statuses = {row["operation"]: row["status"] for row in report["operations"]}
    assert statuses == {"neg": "passed", "eq": "passed", "ravel": "passed", "abs": "failed", "exp": "unsupported"}
    for row in report["operations"]:
        assert all(re.match("dtype |the |writing|autograd|promotion|global state", piece) for piece in row["missing"]), row["missing"]
    printed = capfd.readouterr().out
    assert re.search(r"\s+".join(re.escape(word) for word in walk["finding"].split()), printed)

    status, report = run_walk(walk, mended(walk), tmp_path / "mended", monkeypatch)
    assert status == 0
    assert report["summary"]["failed"] == 0


def mended(walk):
    source = walk["small_backend.py"]
    naive = re.search(r"def absolute.*?\n\n\n", source, re.DOTALL).group()
    return source.replace(naive, walk["mended"] + "\n\n")


def test_the_walk_goes_on_in_place_and_with_gradients(walk, tmp_path, monkeypatch):
    status, report = run_walk(walk, mended(walk), tmp_path / "graph", monkeypatch, "run with gradients")
    assert status == 0
    rows = {row["operation"]: row for row in report["operations"]}
    assert {name: row["status"] for name, row in rows.items()} == {"neg": "passed", "abs": "passed", "ravel": "passed"}
    assert rows["neg"]["forms"]["inplace"] > 0
    for row in rows.values():
        assert row["checks"]["gradients"] > 0

    wrong = walk["small_autograd.py"].replace("lambda x: -1.0", "lambda x: 1.0")
    assert wrong != walk["small_autograd.py"]
    status, report = run_walk(walk | {"small_autograd.py": wrong}, mended(walk), tmp_path / "wrong", monkeypatch, "run with gradients")
    assert status == 1
    assert {(f["operation"], f["property"]) for row in report["operations"] for f in row["failures"]} == {("neg", "gradients")}
