"""The self-check of adapters: their own faults are found before anything is judged, named by function, file and line, and told once."""

from __future__ import annotations

import json
import math
import re
import struct
from array import array
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.backends import Unsupported, find_backend, present_backends
from conformance.backends.adapter_faults import AdapterFault
from conformance.backends.base import Capabilities, Reading
from conformance.backends.by_elements import ELEMENTS_ONLY, ByElements
from conformance.backends.self_check import CALLS, self_check
from conformance.backends.torch_backend import Torch
from conformance.cases.case import DTYPES, LIMITED
from conformance.catalogue.entries import entry
from conformance.cli import main
from conformance.examples.profiles import PROFILES
from conformance.report import build
from conformance.report.markdown import markdown_text
from conformance.report.page.html import html_page
from conformance.report.schema import problems
from conformance.report.terminal import summary_text
from conformance.running.operation_run import judge_operation
from conformance.running.preparing.statuses import ADAPTER
from conformance.running.probe import probe
from conformance.running.testing.in_process import judge

CODES = {"float32": "f", "int64": "q", "bool": "B"}


class Numbers:
    def __init__(self, numbers, shape, dtype):
        self.numbers, self.shape, self.dtype = numbers, shape, dtype


class Lists(ByElements):
    """A sound adapter of lists of numbers."""

    name = "lists"
    capabilities = replace(ELEMENTS_ONLY, dtypes=frozenset(CODES), mutable=False)

    def from_elements(self, data, dtype, shape):
        return Numbers(list(array(CODES[dtype], data)), shape, dtype)

    def to_elements(self, tensor):
        return tensor.dtype, tensor.shape, array(CODES[tensor.dtype], tensor.numbers).tobytes()

    def call(self, operation, form, args, kwargs):
        if operation == "neg":
            return Numbers([-x for x in args[0].numbers], args[0].shape, args[0].dtype)
        raise Unsupported(f"the operation {operation}")

    def is_tensor(self, value):
        return isinstance(value, Numbers)


class ListForTheShape(Lists):
    def to_elements(self, tensor):
        dtype, shape, data = super().to_elements(tensor)
        return dtype, list(shape), data


class NoTuple(Lists):
    def to_elements(self, tensor):
        return tensor.numbers


class FlushesSubnormals(Lists):
    def from_elements(self, data, dtype, shape):
        made = super().from_elements(data, dtype, shape)
        made.numbers = [x * 0.0 if dtype == "float32" and abs(x) < 2.0**-126 else x for x in made.numbers]
        return made


class LosesTheSignOfZero(Lists):
    def to_elements(self, tensor):
        return tensor.dtype, tensor.shape, array(CODES[tensor.dtype], [x + 0 for x in tensor.numbers]).tobytes()


class ReadsAZeroDimensionalTensorAsAVector(Lists):
    def to_elements(self, tensor):
        dtype, shape, data = super().to_elements(tensor)
        return dtype, shape or (1,), data


class CannotMakeAnEmptyTensor(Lists):
    def from_elements(self, data, dtype, shape):
        made = super().from_elements(data, dtype, shape)
        made.numbers[0]
        return made


class HasNoBoolAfterAll(Lists):
    def from_elements(self, data, dtype, shape):
        if dtype == "bool":
            raise Unsupported("dtype bool")
        return super().from_elements(data, dtype, shape)


class ReturnsAList(Lists):
    def call(self, operation, form, args, kwargs):
        return super().call(operation, form, args, kwargs).numbers


class NumberForAZeroDimensionalTensor(Lists):
    def call(self, operation, form, args, kwargs):
        result = super().call(operation, form, args, kwargs)
        return result if result.shape else result.numbers[0]


class KeyErrorForWhatItHasNot(Lists):
    def call(self, operation, form, args, kwargs):
        return {"neg": super().call}[operation](operation, form, args, kwargs)


class MisspeltDtype(Lists):
    capabilities = replace(Lists.capabilities, dtypes=frozenset((*CODES, "flaot64")))


class NothingWritten(ByElements):
    name = "nothing"


class TorchOtherwise(Torch):
    def __init__(self):
        super().__init__("cpu")
        self.name = type(self).__name__


class OneStorageForAll(TorchOtherwise):
    def read(self, tensor):
        return replace(super().read(tensor), storage=1)


class ForgetsTheLeaf(TorchOtherwise):
    def make_tensor(self, storage, spec):
        return super().make_tensor(storage, replace(spec, requires_grad=False))


class OneGradient(TorchOtherwise):
    def gradients(self, outputs, inputs, cotangents, create_graph):
        return super().gradients(outputs, inputs, cotangents, create_graph)[0]


class RowMajorOnly(TorchOtherwise):
    def make_tensor(self, storage, spec):
        return super().make_tensor(storage, spec).contiguous()


class StateAsText(TorchOtherwise):
    def random_state(self, generator=None):
        return super().random_state(generator).hex()


class TextForADtype(TorchOtherwise):
    def plain(self, value):
        return str(super().plain(value)) if isinstance(value, type(self.dtypes["bool"])) else super().plain(value)


class WritesIntoACopy(TorchOtherwise):
    def __init__(self):
        super().__init__()
        self.capabilities = replace(self.capabilities, aliasing=False)

    def make_tensor(self, storage, spec):
        return super().make_tensor(storage.clone(), spec)


FAULTY = [
    (ListForTheShape, "to_elements", "the shape as a tuple of int", "a list"),
    (NoTuple, "to_elements", "dtype, shape and bytes of a tensor, as a tuple", "a list"),
    (FlushesSubnormals, "from_elements or to_elements", "1.4.*e-45 again .*all its numbers .of float32.", "0.0"),
    (LosesTheSignOfZero, "from_elements or to_elements", "-0.0 again of a tensor made with it, row-major .of float32.", "0.0"),
    (ReadsAZeroDimensionalTensorAsAVector, "from_elements or to_elements", "shape .. of a tensor made so, 0-d", r"\(1,\)"),
    (CannotMakeAnEmptyTensor, "from_elements", "a tensor, empty", "IndexError: list index out of range"),
    (HasNoBoolAfterAll, "from_elements", "tensors of bool, which is among the dtypes", "Unsupported: dtype bool"),
    (ReturnsAList, "call", "a tensor for neg .function, float32, shape .2, 3.., of which is_tensor says True", "a list"),
    (NumberForAZeroDimensionalTensor, "call", "a tensor for neg .function, float32, shape ..., of which is_tensor says True", "a float, "),
    (KeyErrorForWhatItHasNot, "call", "Unsupported for an operation that the library does not have", "KeyError"),
    (MisspeltDtype, "capabilities", "dtypes among", "flaot64"),
    (NothingWritten, "from_elements", "a tensor, 0-d", "NotImplementedError: NothingWritten does not say"),
    (OneStorageForAll, "read", "a Reading whose storage tells two blocks of memory apart", "a int, 1"),
    (ForgetsTheLeaf, "make_tensor", "a leaf that requires a gradient", "requires_grad is False"),
    (OneGradient, "gradients", "a list with a gradient, or None, for each input", "a Tensor"),
    (RowMajorOnly, "make_tensor or read", r"strides \(1, 2\) of a tensor made so, column by column", r"\(3, 1\)"),
    (StateAsText, "random_state", "the state of the generator, as bytes", "a str"),
    (TextForADtype, "plain", "DType.'bool'. for what literal made of it", "a str"),
    (WritesIntoACopy, "storage_bytes", "what neg .inplace, .* wrote, as read tells it", "other bytes"),
]


@pytest.mark.parametrize(("adapter", "method", "due", "came"), FAULTY, ids=lambda value: getattr(value, "__name__", ""))
def test_a_fault_names_function_file_line_and_what_was_due(adapter, method, due, came):
    first = self_check(adapter())[0]
    assert first.method == method
    assert re.search(due, first.due), first.due
    assert re.search(came, first.came), first.came
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    for name in method.split(" or "):
        if name in vars(adapter) and not isinstance(vars(adapter)[name], Capabilities):
            here = {int(line) for line in re.findall(rf"{Path(__file__).name}, line (\d+)", first.where)}
            start = next(i for i, line in enumerate(lines, 1) if line.startswith(f"class {adapter.__name__}("))
            assert any(start < line <= start + 10 for line in here), first.where


@pytest.mark.parametrize("name", [*present_backends(), "torch:meta", "array_api:numpy"])
def test_the_adapters_of_this_suite_are_sound(name):
    assert self_check(find_backend(name)) == []


def test_a_sound_adapter_of_few_operations_is_sound():
    assert self_check(Lists()) == []
    for denied in ({"values": False}, {"strides": False}, {"aliasing": False}, {"autograd": False}, {"random": False}, {"subnormals": False}):
        backend = TorchOtherwise()
        backend.capabilities = Capabilities(**denied)
        assert self_check(backend) == []


def test_what_the_library_itself_raises_or_gets_wrong_is_not_the_adapter_s():
    class Wrong(Lists):
        def call(self, operation, form, args, kwargs):
            if operation == "neg":
                struct.pack("b", 1000)  # the library refuses: struct.error
            return super().call(operation, form, args, kwargs)

    class Unsigned(Lists):
        def call(self, operation, form, args, kwargs):
            result = super().call(operation, form, args, kwargs)
            result.numbers = [math.pi] * len(result.numbers)
            return result

    assert self_check(Wrong()) == self_check(Unsigned()) == []


def test_every_form_is_tried_and_operations_that_are_not_declared_are_not():
    asked = []

    class Noting(TorchOtherwise):
        def call(self, operation, form, args, kwargs):
            asked.append((operation, form))
            return super().call(operation, form, args, kwargs)

    backend = Noting()
    assert self_check(backend) == []
    assert {form for _, form in asked} == set(CALLS)
    asked.clear()
    backend.capabilities = replace(backend.capabilities, operations=frozenset(["exp"]))
    assert self_check(backend) == []
    assert {operation for operation, _ in asked} == {"exp"}


class ShapeAsAListAfterSums(TorchOtherwise):
    """What only some calls show."""

    def read(self, tensor):
        reading = super().read(tensor)
        return reading if reading.shape != () else Reading(reading.dtype, list(reading.shape), (), 0, reading.data, reading.storage)


def test_a_wrong_type_that_only_some_examples_show_is_told_once_and_names_the_method():
    backend = ShapeAsAListAfterSums()
    items = [{"kind": "operation", **judge_operation(entry(name), backend.name, PROFILES["quick"], 0, 2, backend=backend)} for name in ("sum", "exp")]
    assert all(item["failures"] == [] for item in items)
    report = build(items, {"backends": [backend.name]})
    assert problems(report, complete=True) == []
    (fault,) = report["adapter_faults"]
    assert (fault["method"], fault["due"], fault["came"]) == ("read", "a Reading whose shape is a tuple of int", "a list, []")
    assert fault["operations"] == ["sum", "exp"]
    assert 0 < fault["examples"] < sum(item["examples"] + item["unsupported_count"] for item in items)
    assert re.match(r"test_self_check.py, line \d+$", fault["where"])
    for text in (summary_text(report), markdown_text(report), html_page(report)):
        assert "a Reading whose shape is a tuple of int" in text


def test_an_attribute_that_the_adapter_asks_for_and_is_not_there_is_no_answer_of_the_library():
    class AsksForMore(TorchOtherwise):
        def read(self, tensor):
            return super().read(tensor if tensor.dim() else tensor.no_such_attribute)

    found = judge_operation(entry("sum"), "asks", PROFILES["quick"], 0, 2, backend=AsksForMore())
    assert found["failures"] == []
    (fault,) = build([{"kind": "operation", **found}], {"backends": ["asks"]})["adapter_faults"]
    assert fault["method"] == "read" and fault["came"] == "AttributeError: 'Tensor' object has no attribute 'no_such_attribute'"


def test_an_adapter_fault_is_an_error_of_its_own_and_nothing_is_judged(tmp_path, monkeypatch, capsys):
    (tmp_path / "faulty_adapter.py").write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    command = ["run", "--backend", "faulty_adapter:ListForTheShape", "--backend", "torch:cpu", "--op", "neg", "--examples", "1", "--workers", "0"]
    assert main([*command, "--report-dir", str(tmp_path / "report")]) == ADAPTER
    report = json.loads((tmp_path / "report" / "conformance.json").read_text(encoding="utf-8"))
    assert problems(report, complete=True) == []
    assert {row["backend"] for row in report["operations"]} == {"torch:cpu"}
    assert [(fault["backend"], fault["method"]) for fault in report["adapter_faults"]] == [("faulty_adapter:ListForTheShape", "to_elements")]
    printed = capsys.readouterr()
    assert "the adapter of faulty_adapter:ListForTheShape is at fault" in printed.err
    assert "nothing of it was judged" in printed.out


def test_judging_in_process_checks_the_adapter_first():
    report = judge(ListForTheShape(), ["neg"], examples=1)
    assert report["operations"] == []
    assert [fault["method"] for fault in report["adapter_faults"]] == ["to_elements"]
    assert judge(Lists(), ["neg"], examples=1)["adapter_faults"] == []


def test_a_check_that_ends_its_process_leaves_the_others_to_be_checked(tmp_path, monkeypatch):
    (tmp_path / "ending_adapter.py").write_text(
        "import os\nfrom conformance.backends.torch_backend import Torch\n"
        "class Ends(Torch):\n    def call(self, *args):\n        os._exit(3)\n"
        "class Faulty(Torch):\n    def is_tensor(self, value):\n        return 1\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    found = probe(["ending_adapter:Ends", "ending_adapter:Faulty"])
    assert found["ending_adapter:Ends"]["faults"] == []
    assert [fault["method"] for fault in found["ending_adapter:Faulty"]["faults"]] == ["is_tensor"]
    assert "faults" not in probe(["ending_adapter:Faulty"], apart=False, check=False)["ending_adapter:Faulty"]


def test_every_dtype_is_tried():
    made = set()

    class Noting(TorchOtherwise):
        def make_tensor(self, storage, spec):
            made.add(spec.dtype)
            return super().make_tensor(storage, spec)

    assert self_check(Noting()) == []
    assert made == {*DTYPES, *LIMITED}


def test_an_adapter_fault_is_told_as_a_sentence():
    backend = ListForTheShape()
    with pytest.raises(AdapterFault, match=r"to_elements \(test_self_check.py, line \d+\): due the shape as a tuple of int; came a list, \[2\]"):
        backend.read(backend.from_elements(bytes(8), "float32", (2,)))
