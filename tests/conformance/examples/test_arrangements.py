"""Arrangements of dimensions and dtypes: each that a row can draw is drawn, and is what its name says."""

from __future__ import annotations

import pytest
import torch

from conformance.accuracy.number_formats import FORMATS, decode
from conformance.cases.case import NUMBERS, Case, elements
from conformance.catalogue.entries import entry
from conformance.drawing import arrangements
from conformance.drawing.arrangements import (
    BROADCASTS,
    CHANNELS_LAST,
    DEFAULT_DTYPE,
    FAR,
    FEWEST,
    LONG,
    NEGATIVE_DIMS,
    NEIGHBOURS,
    SIZE_ONE,
    SQUARE,
    SQUARE_PERMUTED,
    TWO_DTYPES,
    UNCHANGED,
    WITH_GRADIENTS,
    ZERO_DIM,
    ZEROS,
    beside,
    is_returned,
)  # fmt: skip
from conformance.drawing.choices import RandomChoices
from conformance.drawing.lone_values import class_of
from conformance.drawing.pen import PLAIN, UNMET
from conformance.drawing.random_pen import RandomPen
from conformance.drawing.values import table
from conformance.examples.arranged import (
    forced_arrangements,
    further_arrangements,
    of_channels_last,
    of_neighbours,
    of_one_number,
    options_of_few_arguments,
    possible,
)
from conformance.examples.building import build
from conformance.examples.critical import further_variants
from conformance.examples.meetings.pairs import is_pair
from conformance.examples.profiles import PROFILES
from conformance.examples.relations import RELATIONS
from conformance.running.plans import plans


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("common", [None, (2, 5, 3), (4, 3), (2, 3, 2, 5), (7,), ()])
@pytest.mark.parametrize("name", BROADCASTS)
def test_operands_broadcast_to_the_common_shape(name: str, common: tuple[int, ...] | None, count: int) -> None:
    shapes = arrangements.broadcast(name, count, common, False)
    assert shapes is not None and len(shapes) == count
    whole = torch.broadcast_shapes(*shapes)
    if common is None or len(common) >= 3:
        assert whole == (common or (2, 4, 3)) and all(shape != whole for shape in shapes[:2])


def test_each_place_is_that_of_the_first_and_of_the_second_operand_once() -> None:
    for operand in (0, 1):
        assert len({places[operand] for places in BROADCASTS.values()}) == 4


@pytest.mark.parametrize("name", NEGATIVE_DIMS)
def test_a_negative_dimension_of_a_rank(name: str) -> None:
    for seed in range(20):
        pen = RandomPen(seed, "float32", "function", name)
        shape = pen.shape()
        dim = pen.dim(len(shape))
        assert len(shape) == NEGATIVE_DIMS[name] and -len(shape) < dim < 0 and min(shape) > 1 and name in pen.labels


@pytest.mark.parametrize(("name", "strided"), [(SQUARE, False), (SQUARE_PERMUTED, True)])
def test_square_operands(name: str, strided: bool) -> None:
    for seed in range(20):
        pen = RandomPen(seed, "float32", "function", name)
        spec = pen.tensor(pen.shape(min_dims=2))
        assert len(set(spec.shape)) == 1 and name in pen.labels and (spec.strides[-1] > spec.strides[-2]) == strided


def test_far_from_zero_is_beyond_every_bound_on_both_sides() -> None:
    numbers = arrangements.far_numbers(12, 5)
    assert all(any(sign * number > bound for number in numbers) for bound in (3, 6, 20, 80) for sign in (1, -1))


def test_a_further_operand_has_the_dtype_that_is_asked_for() -> None:
    pen = RandomPen(0, "float32", "function", beside("int8"))
    assert pen.other_dtype() == "int8" and TWO_DTYPES in pen.labels


@pytest.mark.parametrize("operation", ["add", "softmax", "matmul", "sum"])
def test_what_a_row_can_draw_is_planned(operation: str) -> None:
    row = entry(operation)
    planned = {(plan.force, plan.grad) for plan in plans(row, PROFILES["quick"], None)}
    assert all((force, grad) in planned for _, grad, _, force in forced_arrangements(row))
    assert possible(row.operation, SQUARE) and (SQUARE, 0) in planned and (FAR, 1) in planned
    assert possible(row.operation, beside("int8")) == (operation == "add")


def test_all_pairs_of_dtypes_are_planned_for_what_takes_two() -> None:
    row = entry("add")
    pairs = {(dtype, force) for dtype, _, _, force in forced_arrangements(row) if arrangements.dtype_beside(force)}
    assert len(pairs) == len(row.operation.dtypes) * (len(row.operation.dtypes) - 1)


def test_gradients_have_names_of_their_own() -> None:
    pen = RandomPen(0, "float64", "function", FAR, grad=1)
    pen.tensor((4,))
    assert FAR + WITH_GRADIENTS in pen.labels and FAR not in pen.labels


@pytest.mark.parametrize("name", SIZE_ONE)
def test_one_dimension_of_size_one(name: str) -> None:
    for low, high in ((0, 5), (2, 2), (4, 4)):
        pen = RandomPen(0, "float32", "function", name)
        shape = pen.shape(low, high)
        assert shape.count(1) == 1 and shape[SIZE_ONE[name]] == 1 and name in pen.labels


def test_operands_without_dimensions() -> None:
    pen = RandomPen(0, "float64", "function", ZERO_DIM)
    assert pen.broadcastable(2) == [(), ()] and pen.other_dtype() == "float64" and ZERO_DIM in pen.labels


def test_further_arrangements_follow_the_other_plans() -> None:
    """What an operation's earlier plans draw from a seed does not change by them."""
    row = entry("add")
    further = list(further_arrangements(row))
    planned = [(plan.dtype, plan.grad, plan.examples, plan.force) for plan in plans(row, PROFILES["quick"], None)]
    start = next(number for number in range(len(planned)) if planned[number : number + len(further)] == further)
    critical = {variant.force for dtype in row.operation.dtypes for variant in further_variants(row.operation, dtype)}
    behind = planned[start + len(further) :]
    one_number = {force for _, _, _, force in of_one_number(row)}
    few = {force for _, _, _, force in options_of_few_arguments(row)}
    known = {*critical, *one_number, *RELATIONS, NEIGHBOURS, PLAIN + FEWEST, *few, DEFAULT_DTYPE, UNMET}
    assert all(is_returned(force) or force in known or class_of(force) or is_pair(force) for _, _, _, force in behind)
    assert not critical & {force for _, _, _, force in planned[:start]}
    forces = {force for _, _, _, force in further}
    assert {*SIZE_ONE, ZERO_DIM, LONG, "no_grad", "inference_mode", "deterministic algorithms", NUMBERS} == forces
    assert {ZEROS, *UNCHANGED} == one_number <= {force for _, _, _, force in behind}


@pytest.mark.parametrize(("dtype", "narrower"), [
    ("int64", "float64"), ("int64", "float32"), ("int32", "float32"), ("int16", "float16"), ("float64", "float32"), ("float32", "float16"),
    ("float16", "bfloat16"),
])  # fmt: skip
def test_neighbours_differ_in_their_dtype_alone(dtype: str, narrower: str) -> None:
    for seed in range(8):
        pen = RandomPen(seed, dtype, "function", NEIGHBOURS)
        numbers = [decode(pen.buffers[pen.tensor((5,), layout="contiguous").buffer], dtype) for _ in range(2)]
        one, other = [torch.tensor(each, dtype=getattr(torch, dtype)) for each in numbers]
        assert len(one.unique()) == 5 and set(other.abs().tolist()) == set(one.abs().tolist()) and one[0] not in (one.min(), one.max())
        assert len(one.to(getattr(torch, narrower)).unique()) < 4 and NEIGHBOURS in pen.labels


def test_neighbours_are_compared_sorted_and_reduced_as_a_whole() -> None:
    assert {dtype for dtype, _, _, _ in of_neighbours(entry("sort"))} == {"int64", "float64"} and not list(of_neighbours(entry("exp")))
    assert NEIGHBOURS + FEWEST in {force for _, _, _, force in of_neighbours(entry("max"))}
    for seed in range(4):
        case = build(RandomChoices(seed), entry("max").operation, "int64", entry("max").forms, entry("max").names, 0, NEIGHBOURS + FEWEST)
        assert len(case.args) == 1 and not case.kwargs


def test_images_have_their_channels_last_in_memory() -> None:
    row = entry("max_pool2d")
    assert {(grad, force) for _, grad, _, force in of_channels_last(row)} == {(0, CHANNELS_LAST), (1, CHANNELS_LAST)}
    case = build(RandomChoices(3), row.operation, "float32", row.forms, row.names, 0, CHANNELS_LAST)
    assert case.tensors()[0].strides[-3] == 1 and case.tensors()[0].shape[1] > 1
    assert not list(of_channels_last(entry("add"))) and not list(of_channels_last(entry("linear")))


@pytest.mark.parametrize("force", UNCHANGED)
def test_what_many_functions_give_as_they_get_it_fills_all_operands(force: str) -> None:
    pen = RandomPen(3, "float32", "function", force)
    numbers = {repr(x) for _ in range(2) for x in decode(pen.buffers[pen.tensor((2, 3), layout="contiguous").buffer], "float32")}
    assert numbers == {repr(UNCHANGED[force])}


def test_gradients_of_arranged_operands_come_from_cotangents_that_differ() -> None:
    for seed in range(12):
        case = build(RandomChoices(seed), entry("add").operation, "float64", ("function",), ("add",), 1, SQUARE)
        assert case.cotangents in ("dense", "strided")


@pytest.mark.parametrize("layout", ["contiguous", "permuted"])
def test_a_third_of_the_elements_meet_their_equals(layout: str) -> None:
    pen = RandomPen(3, "float32", "function", PLAIN)
    specs = [pen.tensor(shape, layout=layout) for shape in ((4, 5), (4, 5), (1, 5), (4, 1))]
    case = Case("eq", "function", tuple(pen.buffers), tuple(specs))
    first, *others = (torch.tensor([decode(x, "float32")[0] for x in elements(case, spec)]).reshape(spec.shape) for spec in specs)
    for other in others:
        assert 1 <= (first == other).sum() <= 16
    assert 6 <= (first == others[0]).sum() <= 9


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_many_numbers_lose_in_every_narrower_dtype_what_is_not_evened_out(dtype: str) -> None:
    values = torch.tensor([decode(x, dtype)[0] for x in table(dtype, "ordinary", 2)[16:]], dtype=torch.float64)
    for name in ("bfloat16", "float16", "float32"):
        if FORMATS[name].precision < FORMATS[dtype].precision:
            lost = 1 - (values.to(getattr(torch, name)).double() / values)[values != 0]
            assert (lost >= 0).double().mean() > 0.75 and lost.mean() > 2.0 ** -(FORMATS[name].precision + 3)


def test_lengths_that_a_row_asks_for_make_many_elements() -> None:
    pen = RandomPen(0, "float32", "function", LONG)
    assert [pen.length((2, 1, 3), most=most) for most in (None, 8, 40)] == [17, 8, 5] and pen.length((2, 1, 3)) <= 3
