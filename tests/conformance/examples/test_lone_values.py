"""One special value in one operand: placed where it decides the result, planned for what shows no more than one."""

from __future__ import annotations

import math

import pytest

from conformance.accuracy.number_formats import FORMATS, decode, encode
from conformance.backends import find_backend
from conformance.catalogue.entries import entry
from conformance.drawing import lone_values
from conformance.drawing.lone_values import ALL_VALUES, SMALL, class_of, in_operand, names_of
from conformance.drawing.random_pen import RandomPen
from conformance.examples.lone import forced_lone_values, lone_value_of, required_lone_values
from conformance.execution.oracles import ORACLE


def _numbers(name: str, dtype: str, count: int = 12) -> list[float]:
    ordinary = [encode([0.75], dtype)] * count if dtype in FORMATS else [encode([5], dtype)] * count
    placed = lone_values.placed(name, dtype, ordinary)
    assert placed is not None and len(placed) == count
    return [number for element in placed for number in decode(element, dtype)]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("name", [name for name in names_of("float32") if name.startswith("a lone")])
def test_a_lone_value_is_the_only_one(name: str, dtype: str) -> None:
    first, *others = _numbers(name, dtype)
    assert others == [0.75] * 11 and (not math.isfinite(first) or abs(first) == FORMATS[dtype].largest)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_values_that_hide_none_are_there_together(dtype: str) -> None:
    form = FORMATS[dtype]
    zeros, small, least, everything = (_numbers(name, dtype, 40) for name in ("zeros", SMALL, "least numbers", ALL_VALUES))
    assert {math.copysign(1.0, x) for x in zeros if x == 0} == {1.0, -1.0} and 0.75 in zeros
    assert {0.5, 1.0, -1.0, 2.5} < set(small) and any(0.49 < x < 0.5 for x in small)
    assert max(map(abs, least)) <= 2 * 2.0**form.emin and any(abs(x) < 2.0**form.emin for x in least)
    assert any(math.isnan(x) for x in everything) and {math.inf, -math.inf, form.largest, form.smallest_subnormal} < set(everything)


def test_the_operand_that_is_named_has_the_value() -> None:
    for operand in (0, 1):
        pen = RandomPen(0, "float32", "function", in_operand("a lone NaN", operand))
        specs = [pen.tensor((3, 4)) for _ in range(2)]
        found = [any(number != number for number in decode(pen.buffers[spec.buffer], "float32")[spec.offset :]) for spec in specs]
        assert "a lone NaN" in pen.labels and found[operand]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_squares_leave_the_range_where_the_numbers_do_not(dtype: str) -> None:
    form = FORMATS[dtype]
    assert all(form.largest < x * x < math.inf or dtype == "float64" and math.isinf(x * x) for x in _numbers("large squares", dtype))
    assert all(x * x < 2.0**form.emin < abs(x) for x in _numbers("small squares", dtype))
    assert {math.copysign(1.0, x) for x in _numbers("negative zeros", dtype)} == {-1.0}


@pytest.mark.parametrize(("force", "strided"), [(in_operand(ALL_VALUES, 0, True), True), (in_operand(ALL_VALUES, 0, False), False)])
def test_the_operand_is_laid_out_as_the_force_says(force: str, strided: bool) -> None:
    drawn = [RandomPen(seed, "float32", "function", force).tensor((4, 9)) for seed in range(20)]
    assert all((spec.strides != (9, 1) or spec.offset > 0) >= strided for spec in drawn)
    assert strided or all(spec.strides == (9, 1) for spec in drawn)


@pytest.mark.parametrize(("operation", "operands"), [("vdot", 2), ("trace", 1), ("conv1d", 3)])
def test_each_value_has_a_call_in_each_dtype_and_operand(operation: str, operands: int) -> None:
    row = entry(operation)
    planned = {(dtype, class_of(force)) for dtype, grad, _, force in forced_lone_values(row) if not grad}
    each = {(name, operand) for name in names_of("float32") for operand in range(operands)}
    assert {("float32", found) for found in each} <= planned
    narrow = [{found for dtype, found in planned if dtype == wanted} for wanted in ("float16", "bfloat16")]
    assert len(narrow[0] | narrow[1]) == min(operands, 2) * len(names_of("bfloat16"))
    assert len(narrow[0]) == len(narrow[1]) == len(names_of("bfloat16"))
    assert set(names_of("float32")) == set(required_lone_values(row, find_backend(ORACLE)))


def test_what_is_only_moved_has_all_values_at_once_and_what_has_a_place_for_each_has_none() -> None:
    layouts = {in_operand(ALL_VALUES, 0, strided) for strided in (False, True)}
    assert {force for _, grad, _, force in forced_lone_values(entry("gather")) if not grad} == layouts
    assert not list(forced_lone_values(entry("add"))) and not list(forced_lone_values(entry("sum")))


def test_what_is_drawn_at_random_is_drawn_of_special_values_as_well() -> None:
    assert {force for _, grad, _, force in forced_lone_values(entry("nn.functional.dropout")) if not grad} == {
        in_operand(ALL_VALUES, 0, strided) for strided in (False, True)
    }
    assert any(class_of(force) == (ALL_VALUES, 0) for _, _, _, force in forced_lone_values(entry("normal")))


def test_classes_are_told_from_forces() -> None:
    assert lone_value_of("zeros") == in_operand("zeros", 0) and lone_value_of(ALL_VALUES) == in_operand(ALL_VALUES, 0)
    assert lone_value_of(in_operand("zeros", 0)) is None and lone_value_of("float32") is None
