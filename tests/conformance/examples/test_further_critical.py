"""Critical points beside numbers and arguments of 0, rows that begin with special values, two dtypes in one result, own classes of each dtype."""

from __future__ import annotations

import math

import pytest

from conformance.accuracy.number_formats import decode
from conformance.cases.case import Case, TensorSpec, elements
from conformance.catalogue.entries import entries, entry
from conformance.drawing.arrangements import RETURNED, beside
from conformance.drawing.choices import RandomChoices
from conformance.drawing.critical_pen import special_first
from conformance.examples.arranged import returned_pairs
from conformance.examples.building import build
from conformance.examples.critical import further_variants
from conformance.examples.input_classes import forced_in_each_dtype


def _built(name: str, dtype: str, force: str, grad: int = 0, seed: int = 0) -> Case:
    row = entry(name)
    forms = tuple(form for form in row.forms if not (grad and form == "out"))
    return build(RandomChoices(f"{seed}"), row.operation, dtype, forms, row.names, grad, force)


def _numbers(case: Case, spec: TensorSpec) -> tuple[float, ...]:
    return decode(b"".join(elements(case, spec)), spec.dtype)


def test_points_lie_beside_a_number_and_its_multiples() -> None:
    variant = next(each for each in further_variants(entry("fmod").operation, "float64") if each.number == 0.1)
    case = _built("fmod", "float64", variant.force)
    assert 0.1 in [*case.args, *case.kwargs.values()]
    found = _numbers(case, case.tensors()[0])
    assert {0.1, -0.1, 0.1 * 3, math.nextafter(0.1, 0.0), math.inf} < set(found) and any(math.isnan(x) for x in found)


@pytest.mark.parametrize("dtype", ["float16", "int8", "bool"])
def test_every_dtype_has_its_numbers(dtype: str) -> None:
    variants = [each for each in further_variants(entry("eq").operation, dtype) if each.number is not None]
    assert len(variants) == (5 if dtype == "float16" else 3)
    for variant in variants:
        case = _built("eq", dtype, variant.force)
        assert "scalar operand" in case.labels and case.tensors()[0].dtype == dtype


def test_keyword_arguments_that_are_numbers_are_0() -> None:
    assert any(each.zeros for each in further_variants(entry("isclose").operation, "float32"))
    assert not any(each.zeros for each in further_variants(entry("exp").operation, "float32"))
    case = _built("isclose", "float32", "critical zeros")
    assert (case.kwargs["rtol"], case.kwargs["atol"]) == (0.0, 0.0)


def test_rows_begin_and_end_with_special_values() -> None:
    rows = special_first("float32")
    assert any(row[:2] == (-math.inf, -math.inf) and row[2] > -math.inf for row in rows) and (-math.inf,) * 5 in rows
    case = _built("logcumsumexp", "float32", "critical first")
    assert _numbers(case, case.tensors()[0]).count(-math.inf) >= 9


def test_two_dtypes_meet_in_a_result_of_their_own() -> None:
    pairs = list(returned_pairs(entry("ldexp")))
    assert ("float16", 0, 1, beside("float32") + RETURNED) in pairs and len(pairs) == 12
    for seed in range(8):
        case = _built("ldexp", "float16", beside("float32") + RETURNED, seed=seed)
        assert case.form not in ("out", "inplace")
        assert [(spec.dtype, len(spec.shape) > 0) for spec in case.tensors()] == [("float16", True), ("float32", True)]


OWN = [(row.operation.name, *plan) for row in entries() for plan in forced_in_each_dtype(row)]


@pytest.mark.parametrize("name, dtype, grad, examples, force", OWN, ids=lambda value: str(value))
def test_own_classes_come_up(name: str, dtype: str, grad: int, examples: int, force: str) -> None:
    """Where they can: a matrix of one number has no triangles, and a sequence of one element needs no sorter."""
    found = [label for seed in range(6) for label in _built(name, dtype, force, grad, seed).labels]
    assert any(label.startswith(force) for label in found)
