"""The strategies: every documented operation has them, they draw what they promise, and what they draw torch can run."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from conformance.backends import find_backend
from conformance.cases import ITEMSIZE, element_offsets
from conformance.coverage import CLASSES
from conformance.documented import entry, undocumented_in_table
from conformance.operations import TABLE
from conformance.operations.not_applicable import NOT_APPLICABLE
from conformance.outcomes import execute
from conformance.scripts import script
from conformance.strategies.drawn_cases import cases
from conformance.strategies.values import VALUE_CLASSES, poison, table, value_labels

SAMPLE = ("add", "exp", "clamp", "where", "sum", "matmul", "cat", "__getitem__", "index_put_", "view", "sort", "cross_entropy", "randn")


def draw(name: str, count: int, dtype: str | None = None, grad: int = 0, force: str | None = None) -> list:
    e = entry(name)
    drawn = []
    chosen = dtype or ("float32" if "float32" in e.operation.dtypes else e.operation.dtypes[0])

    @seed(11)
    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(cases(e.operation, chosen, e.forms, e.names, grad, force))
    def collect(case):
        drawn.append(case)

    collect()
    return drawn


def test_every_documented_operation_has_strategies():
    assert undocumented_in_table() == []


def test_every_operation_of_the_table_can_be_drawn_run_and_printed():
    torch = find_backend("torch:cpu")
    for name in TABLE:
        for case in draw(name, 2):
            execute(torch, case)
            compile(script(case, "refimpl:cpu"), name, "exec")


def test_views_lie_inside_of_their_buffers():
    for name in SAMPLE:
        for case in draw(name, 20):
            for spec in case.tensors():
                offsets = element_offsets(spec.shape, spec.strides, spec.offset)
                if spec.numel:
                    assert (max(offsets) + 1) * ITEMSIZE[spec.dtype] <= len(case.buffers[spec.buffer])


@pytest.mark.parametrize("name", SAMPLE)
def test_each_class_that_applies_comes_up_when_it_is_forced(name):
    for wanted in CLASSES:
        if wanted in NOT_APPLICABLE.get(name, ()):
            continue
        assert any(wanted in case.labels for case in draw(name, 30, force=wanted)), wanted


@pytest.mark.parametrize("name", ["exp", "mm", "arange", "view_as_complex", "sort", "scatter", "addmm"])
def test_the_list_of_impossible_classes_hides_no_possible_one(name):
    for impossible in NOT_APPLICABLE[name]:
        assert not any(impossible in case.labels for case in draw(name, 60, force=impossible)), impossible


def test_only_listed_classes_are_excluded_for_ordinary_operations():
    assert NOT_APPLICABLE.get("add", frozenset()) == frozenset()
    assert NOT_APPLICABLE["exp"] == {"broadcast", "scalar operand"}
    assert NOT_APPLICABLE["maximum"] == {"scalar operand"}


@pytest.mark.parametrize("dtype", sorted(ITEMSIZE))
def test_value_tables_hold_the_special_values(dtype):
    labels = value_labels(list(table(dtype, "special", 0)), dtype)
    if dtype == "bool":
        assert labels == set()
    elif dtype in ("float16", "bfloat16", "float32", "float64", "complex64", "complex128"):
        assert labels == set(VALUE_CLASSES)
    else:
        assert labels == {"extreme"}
    assert len(poison(dtype)) == ITEMSIZE[dtype]


def test_gaps_are_poisoned():
    for case in draw("exp", 60):
        spec = case.tensors()[0]
        size = ITEMSIZE[spec.dtype]
        used = set(element_offsets(spec.shape, spec.strides, spec.offset))
        data = case.buffers[spec.buffer]
        gaps = [i for i in range(len(data) // size) if i not in used]
        assert all(data[i * size : (i + 1) * size] == poison(spec.dtype) for i in gaps)
