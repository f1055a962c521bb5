"""What torch gets wrong at one element excuses nothing at another, and no more than torch's own error at its own."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from conformance.accuracy.number_formats import decode, encode
from conformance.backends import find_backend
from conformance.backends.torch_backend import Torch
from conformance.cases.case import Case, TensorSpec, contiguous_strides
from conformance.catalogue.entries import entry
from conformance.execution.outcomes import execute
from conformance.judging.judge import Judge
from conformance.judging.statistics import Statistics

inf, nan = math.inf, math.nan


class Planted(Torch):
    """torch's CPU, with another number at one element of the first result, or of the first gradient of one order."""

    def __init__(self, element, change, order=0):
        super().__init__("cpu")
        self.name = "planted"
        self.element, self.change, self.order = element, change, order
        self.differentiated = 0

    def call(self, operation, form, args, kwargs):
        self.differentiated = 0
        result = super().call(operation, form, args, kwargs)
        if not self.order:
            first = result if isinstance(result, torch.Tensor) else result[0]
            self._plant(first)
        return result

    def gradients(self, outputs, inputs, cotangents, create_graph):
        found = list(super().gradients(outputs, inputs, cotangents, create_graph))
        self.differentiated += 1
        if self.differentiated == self.order:
            found[0] = found[0].clone()
            self._plant(found[0])
        return found

    def _plant(self, tensor):
        with torch.no_grad():
            index = []
            place = self.element
            for size in reversed(tensor.shape):
                place, position = divmod(place, size)
                index.insert(0, position)
            tensor[tuple(index)] = self.change(tensor[tuple(index)].item())


def more(x):
    return x + 100


def tensor(number, values, dtype, shape=None, grad=False):
    shape = (len(values),) if shape is None else shape
    return encode(values, dtype), TensorSpec(number, dtype, shape, contiguous_strides(shape), 0, grad)


def call(operation, values, dtype="float32", shape=None, args=(), first=None, grad=0, form="function", **kwargs):
    data, spec = tensor(0, values, dtype, shape, grad > 0)
    return Case(operation, form, (data,), (*([first] if first is not None else []), spec, *args), kwargs, grad=grad)


def judge(case, backend, operation=None):
    row = entry(operation or case.operation)
    return Judge(backend, row.operation, row.contract, Statistics(row.operation.name, backend.name)).check(case)


def torch_is_wrong_at(case, number=0):
    """The elements at which torch's result is not refimpl's."""
    found = [execute(find_backend(name), case).outputs[number].reading for name in ("torch:cpu", "refimpl:cpu")]
    x, y = (decode(reading.data, reading.dtype) for reading in found)
    return [i for i, (a, b) in enumerate(zip(x, y)) if a != b and not (a != a and b != b)]


# Calls of which torch gets the elements in the second column wrong, and others right.
CASES = {
    "linspace": (Case("linspace", "function", (), (2.5, 0.1, 9)), 8),
    "sinc": (call("sinc", [3e38, 0.75, -0.3]), 1),
    "polygamma at poles": (call("polygamma", [-1.0, 2.5, 3.5], first=1), 2),
    "polygamma": (call("polygamma", [1.0, 2.5, 3.5], "float64", first=2), 1),
    "norm": (call("norm", [2e38, 2e38, 3.0, 4.0], shape=(2, 2), dim=1), 1),
    "std in float64": (call("std", [0.0, 1e-200, 3.0, 4.0], "float64", shape=(2, 2), dim=1), 1),
    "mean in float64": (call("mean", [1.5e308, 1.5e308, 3.0, 4.0], "float64", shape=(2, 2), dim=1), 1),
    "complex division": (
        Case("div", "function", (encode([0j, 1 + 1j], "complex128"), encode([5e-324, 2.0], "float64")),
             (TensorSpec(0, "complex128", (2,), (1,)), TensorSpec(1, "float64", (2,), (1,)))), 1,
    ),
    "any into uint8": (
        Case("any", "out", (encode([0.5, 0.0, 1.0, 0.0], "float32"), bytes(2)),
             (TensorSpec(0, "float32", (2, 2), (2, 1)), 1), {"out": TensorSpec(1, "uint8", (2,), (1,))}), 1,
    ),
    "remainder": (
        Case("remainder", "function", (encode([1.5e308] + [3.0] * 8, "float64"), encode([0.125] + [2.0] * 8, "float64")),
             (TensorSpec(0, "float64", (9,), (1,)), TensorSpec(1, "float64", (9,), (1,)))), 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_finding_about_torch_excuses_no_other_element(name):
    case, element = CASES[name]
    wrong = torch_is_wrong_at(case)
    assert wrong or name == "linspace"
    assert judge(case, find_backend("torch:cpu")) == [] == judge(case, find_backend("refimpl:cpu"))
    change = (lambda x: 7) if "uint8" in name else more
    (found,) = judge(case, Planted(element, change))
    assert (found.property, found.details["element"]) == ("values", element)


@pytest.mark.parametrize("name", [name for name in CASES if name != "linspace"])
def test_an_excuse_covers_torchs_own_error_and_no_more(name):
    """At the very element that torch gets wrong: its value and the right one pass, another does not."""
    case, _ = CASES[name]
    wrong = torch_is_wrong_at(case)[0] // (2 if "complex" in name else 1)
    (found,) = judge(case, Planted(wrong, lambda x: 7))
    assert (found.property, found.details["element"]) == ("values", wrong)


def test_of_a_result_that_torch_rounds_in_a_narrower_dtype_the_rest_is_looked_at():
    """An imaginary part that must be 0, and digits that float32 does not have."""
    data, spec = tensor(0, [1.0, 2.0, 3.0], "float32")
    for dtype, change in (("complex64", lambda x: x + 5j), ("float64", lambda x: x * (1 + 2**-30))):
        out = TensorSpec(1, dtype, (3,), (1,))
        case = Case("exp", "out", (data, encode([0.0] * 3, dtype)), (spec,), {"out": out})
        assert judge(case, find_backend("torch:cpu")) == [] == judge(case, find_backend("refimpl:cpu"))
        (found,) = judge(case, Planted(1, change))
        assert (found.property, found.details["element"]) == ("values", 1)


class WrongWhenContiguous(Planted):
    def call(self, operation, form, args, kwargs):
        self.order = 0 if args[0].is_contiguous() else 9
        return super().call(operation, form, args, kwargs)


def test_the_layout_of_the_operands_is_judged_element_by_element():
    data = encode([3e38, 0.0, 0.75, 0.0, -0.3, 0.0], "float32")
    case = Case("sinc", "function", (data,), (TensorSpec(0, "float32", (3,), (2,)),), labels=frozenset(("relayout",)))
    assert judge(case, find_backend("torch:cpu")) == [] == judge(case, find_backend("refimpl:cpu"))
    (found,) = judge(case, WrongWhenContiguous(1, more))
    assert (found.property, found.details["element"]) == ("layout", 1)


# -- gradients ---------------------------------------------------------------------------------------

GRADIENTS = {
    "digamma": call("digamma", [1.0, -1.0, 0.3], "float64", grad=2),
    "lgamma": call("lgamma", [-2.0, 0.3], grad=2),
    "logit": call("logit", [-0.0, 0.5, 0.3], "float64", grad=2),
    "prod": call("prod", [9.7, 5.0, -2.0, 0.0], "float64", grad=2),
    "cumprod": call("cumprod", [9.7, 5.0, -2.0, 3.0, -7.3, 0.0], "float64", args=(0,), grad=2),
    "large and small": call("exp", [30.0, -30.0, 0.3], grad=2),
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_judged_element_by_element(name, order):
    case = GRADIENTS[name]
    assert judge(case, find_backend("torch:cpu")) == [] == judge(case, find_backend("refimpl:cpu"))
    for element in range(case.tensors()[0].numel):
        found = judge(case, Planted(element, lambda x: 1234.5, order))
        assert [(d.property, d.details.get("element")) for d in found] == [("gradients", element)], element


def test_a_large_gradient_does_not_hide_its_small_neighbours():
    case = GRADIENTS["large and small"]
    (found,) = judge(case, Planted(1, lambda x: x * 1.01, 1))
    assert (found.property, found.details["element"]) == ("gradients", 1)


def test_where_torch_refuses_wrongly_the_result_is_held_against_refimpls():
    """A gradient that torch's formula refuses; the gradient of the source is there, and must be refimpl's."""
    data = (encode([0.0], "float32"), encode([0], "int64"), encode([1.0, 2.0], "float32"))
    specs = (TensorSpec(0, "float32", (1,), (1,)), TensorSpec(1, "int64", (1,), (1,)), TensorSpec(2, "float32", (2,), (1,), 0, True))
    case = Case("scatter_add", "function", data, (specs[0], 0, specs[1], specs[2]), grad=1)
    assert judge(case, find_backend("torch:cpu")) == [] == judge(case, find_backend("refimpl:cpu"))

    class Mended(Planted):
        def gradients(self, outputs, inputs, cotangents, create_graph):
            return [torch.tensor([self.change(1.0), 0.0])]

    assert judge(case, Mended(0, float, 9)) == []
    assert [deviation.property for deviation in judge(case, Mended(0, more, 9))] == ["gradients"]


def test_a_planted_case_is_judged_at_all():
    """The plants above change nothing else: without them, everything passes."""
    case = replace(GRADIENTS["prod"], grad=1)
    assert judge(case, Planted(0, float, 9)) == []


def test_torch_may_compute_in_the_dtype_of_the_output():
    """A variance into a wider output is evaluated there by torch, not by refimpl: both pass."""
    data, spec = tensor(0, [1.1, 2.3, 3.7, 0.2], "float32", (2, 2))
    case = Case("var", "out", (data, bytes(16)), (spec, 1), {"out": TensorSpec(1, "float64", (2,), (1,))})
    assert judge(case, find_backend("torch:cpu")) == [] == judge(case, find_backend("refimpl:cpu"))
