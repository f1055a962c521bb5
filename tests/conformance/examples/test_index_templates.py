"""Templates of indices, and indices that are judged by what they point at."""

from __future__ import annotations

import pytest
import torch

from conformance.backends import find_backend
from conformance.cases.case import Case, Slice, TensorSpec
from conformance.catalogue.entries import entry
from conformance.drawing.choices import RandomChoices
from conformance.examples.building import build
from conformance.examples.profiles import PROFILES
from conformance.execution.outcomes import execute
from conformance.judging.pointed import points_alike
from conformance.running.operation_run import judge_operation
from conformance.running.plans import plans
from conformance.selftest.broken import Broken, Defect

ROWS = ("__getitem__", "__setitem__", "index_put")


@pytest.mark.parametrize("operation", ROWS)
def test_each_template_is_drawn_in_every_run_and_with_gradients(operation):
    e = entry(operation)
    planned = [(plan.force, plan.grad) for plan in plans(e, PROFILES["quick"], None)]
    for name in e.operation.classes:
        assert (name, 0) in planned and (name, 1) in planned
        assert name in build(RandomChoices(name), e.operation, "float32", e.forms, e.names, 0, name).labels


@pytest.mark.parametrize("operation", ROWS)
def test_most_templates_are_accepted_by_torch(operation):
    """A template that is always refused says something about errors only: there are few."""
    e, oracle = entry(operation), find_backend("torch:cpu")
    cases = {name: build(RandomChoices(name), e.operation, "int64", e.forms, e.names, 0, name) for name in e.operation.classes}
    refused = [name for name, case in cases.items() if execute(oracle, case).error is not None]
    assert len(refused) <= len(cases) / 3, refused


def apart_kept_in_place(call, context):
    """The dimensions of advanced indices that a slice stands between stay where the first of them is."""
    index, result = context.args[-1], call()
    advanced = [isinstance(i, torch.Tensor) and i.dtype != torch.bool and i.dim() == 1 for i in index] if isinstance(index, tuple) else []
    if context.operation == "__getitem__" and advanced == [True, False, True] and isinstance(index[1], slice) and result.dim() > 1:
        return result.transpose(0, 1).contiguous().transpose(0, 1).clone().roll(1, 0)
    return result


def negative_clamped(call, context):
    """Negative positions in an int32 tensor are taken for 0."""
    x, index = context.args[0], context.args[min(1, len(context.args) - 1)]
    if isinstance(index, tuple) and any(isinstance(i, torch.Tensor) and i.dtype == torch.int32 for i in index):
        clamped = tuple([i.clamp(min=0) if isinstance(i, torch.Tensor) and i.dtype == torch.int32 else i for i in index])
        context.args = (x, clamped, *context.args[2:])
    return call()


TAMPERED = [(apart_kept_in_place, "__getitem__"), (negative_clamped, "__getitem__"), (negative_clamped, "__setitem__")]


@pytest.mark.parametrize("tamper, operation", TAMPERED)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_defect_in_one_shape_of_index_is_caught(tamper, operation, seed):
    backend = Broken(Defect(tamper.__name__, "values", (operation,), tamper))
    result = judge_operation(entry(operation), backend.name, PROFILES["quick"], seed, stop_early=True, backend=backend, shrink=False)
    backend.confirm()
    assert result["failures"]


def sorted_case(values: list[float], **kwargs) -> tuple[Case, list, list]:
    x = torch.tensor(values)
    spec = TensorSpec(0, "float32", tuple(x.shape), tuple(x.stride()))
    case = Case("sort", "function", (x.numpy().tobytes(),), (spec,), kwargs)
    return case, execute(find_backend("torch:cpu"), case).outputs, execute(find_backend("torch:cpu"), case).outputs


def test_open_indices_may_name_another_equal_element():
    case, expected, got = sorted_case([2.0, 1.0, 1.0])
    got[1].reading = got[1].reading.__class__(**{**vars(got[1].reading), "data": torch.tensor([2, 1, 0]).numpy().tobytes()})
    assert points_alike(case, expected, got)


@pytest.mark.parametrize("places", [[1, 1, 0], [0, 1, 2], [1, 2, 3], [1, 2, -1]])
def test_open_indices_may_not_repeat_or_point_elsewhere(places):
    case, expected, got = sorted_case([2.0, 1.0, 1.0])
    got[1].reading = got[1].reading.__class__(**{**vars(got[1].reading), "data": torch.tensor(places).numpy().tobytes()})
    assert not points_alike(case, expected, got)


def test_values_beside_open_indices_are_the_elements_and_no_nan():
    case, expected, got = sorted_case([2.0, 1.0, 1.0])
    got[0].reading = got[0].reading.__class__(**{**vars(got[0].reading), "data": torch.tensor([1.0, float("nan"), 2.0]).numpy().tobytes()})
    assert not points_alike(case, expected, got)


@pytest.mark.parametrize("operation, keyword", [("topk", "largest"), ("sort", "descending"), ("kthvalue", "keepdim"), ("topk", "dim")])
def test_a_keyword_that_is_ignored_is_caught(operation, keyword):
    def ignored(call, context):
        context.kwargs = {name: value for name, value in context.kwargs.items() if name != keyword}
        return call()

    backend = Broken(Defect(f"{operation} without {keyword}", "values", (operation,), ignored))
    result = judge_operation(entry(operation), backend.name, PROFILES["quick"], 3, stop_early=True, backend=backend, shrink=False)
    assert result["failures"]


def test_a_slice_between_tensors_is_among_the_templates():
    name = "index: tensors apart, a slice between"
    case = build(RandomChoices(1), entry("__getitem__").operation, "float32", ("operator",), ("__getitem__",), 0, name)
    assert [isinstance(item, Slice) for item in case.args[1]] == [False, True, False]
