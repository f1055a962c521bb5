"""Ties, numbers that are not there, and other inputs that a kernel decides by: drawn with any seed."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
import torch

from conformance.accuracy.number_formats import decode
from conformance.cases.case import Case, elements
from conformance.catalogue.entries import entry, named_arguments
from conformance.drawing.arrangements import TIES
from conformance.drawing.choices import RandomChoices
from conformance.drawing.pen import PLAIN
from conformance.drawing.random_pen import RandomPen
from conformance.examples.arranged import Forced, of_close_numbers, of_no_elements, of_ties, simplest_complex
from conformance.examples.building import build
from conformance.examples.critical import flags, options
from conformance.examples.large import _plan
from conformance.examples.relations import RELATIONS


def _case(name: str, plan: Forced, seed: int) -> Case:
    row = entry(name)
    return build(RandomChoices(f"{seed} {plan}"), row.operation, plan[0], row.forms, row.names, plan[1], plan[3])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["sort", "topk", "mode", "median", "unique", "argmax"])
def test_vectors_of_ties_meet_each_combination_of_flags(name: str, seed: int) -> None:
    plans = list(of_ties(entry(name)))
    assert {dtype for dtype, *_ in plans} == {*entry(name).operation.dtypes}
    combinations = set()
    for plan in plans:
        case = _case(name, plan, seed)
        spec = case.tensors()[0]
        counts = Counter(elements(case, spec))
        assert spec.shape == (6,)
        assert len({*counts.values()}) == 1 < len(counts) or name == "unique" and len(counts) < 6  # whose row gives its elements
        assert case.form not in ("out", "inplace")
        if plan[0] == "float32" and len(case.args) + len(case.kwargs) > 1:
            arguments = named_arguments(case)
            combinations.add(tuple([arguments.get(flag) for flag in flags(entry(name).operation)]))
    assert len(combinations) >= min(2 ** len(flags(entry(name).operation)), 4) - (name in ("median", "argmax"))


def test_what_only_moves_elements_has_no_ties() -> None:
    assert not list(of_ties(entry("transpose")))
    assert TIES not in RandomPen("0", "float32", "function", PLAIN).labels


@pytest.mark.parametrize("name", ["normal_", "randint", "multinomial", "nn.functional.dropout"])
def test_random_numbers_of_no_elements_are_asked_for_in_each_dtype(name: str) -> None:
    assert [dtype for dtype, *_ in of_no_elements(entry(name))] == [*entry(name).operation.dtypes]


def test_the_simplest_call_on_complex_numbers_has_one_argument() -> None:
    (plan,) = simplest_complex(entry("fft.irfft"))
    cases = [_case("fft.irfft", plan, seed) for seed in range(4)]
    assert all(len(case.args) + len(case.kwargs) <= 2 for case in cases)


def test_a_factor_that_is_zero_is_an_option() -> None:
    for name in ("addmm", "layer_norm", "normalize"):
        found = options(entry(name).operation)
        assert any(option.value == 0 and type(option.value) is not bool for option in found)
        assert not {option.name for option in found if type(option.value) is int} & {*flags(entry(name).operation)}


@pytest.mark.parametrize("start", range(0, 5000, 500))
def test_long_dimensions_are_one_more_than_a_block_and_along_and_across(start: int) -> None:
    scales = [wanted.scale for wanted in _plan(entry("cumsum"), start)]
    for role in ("rows", "columns"):
        long = [scale for scale in scales if scale.role == role and scale.along is not None]
        assert any(scale.size % 32 == 1 for scale in long)
        assert {scale.along for scale in long if scale.kind != "positive"} <= {True, False}
    assert any(scale.role == "tile" for scale in scales)
    positive = [wanted for wanted in _plan(entry("cumsum"), start) if wanted.scale.kind == "positive"]
    assert {wanted.dtype for wanted in positive} == {"bfloat16", "float16"}
    assert all(wanted.scale.along and wanted.scale.size > 1000 for wanted in positive)


def test_bounds_that_are_elements_are_in_order() -> None:
    for seed in range(8):
        pen = RandomPen(seed, "float32", "function", PLAIN)
        spec = pen.tensor((5,))
        case = Case("hardtanh", "function", tuple(pen.buffers), (spec, -1.5, 1.5), {})
        related = RELATIONS["a number that is an element"].rewrite(pen, case)
        assert related is not None
        held = decode(b"".join(elements(related, spec)), "float32")
        assert related.args[1] <= related.args[2]
        assert {*related.args[1:]} <= {*held}


@pytest.mark.parametrize("dtype, ends", [("int8", {-128, 127}), ("int64", {-(2**63), 2**63 - 1}), ("uint8", {0, 255})])
def test_ties_of_integers_are_at_both_ends_of_their_range(dtype: str, ends: set[int]) -> None:
    for plan in of_ties(entry("topk")):
        if plan[0] == dtype:
            case = _case("topk", plan, 0)
            assert ends < {*decode(b"".join(elements(case, case.tensors()[0])), dtype)}


def _beyond_float16(name: str, form: str) -> int:
    """In how many of ten plain calls on bfloat16 there are numbers that float16 does not have."""
    row, count = entry(name), 0
    for seed in range(10):
        case = build(RandomChoices(seed), row.operation, "bfloat16", (form,), row.names, 0, PLAIN)
        numbers = torch.tensor(decode(b"".join(elements(case, case.tensors()[0])), "bfloat16"), dtype=torch.float64)
        count += not torch.equal(numbers, numbers.half().double())
    return count


def test_what_only_moves_elements_moves_some_that_a_dtype_of_a_shorter_range_does_not_have() -> None:
    for name, form in (("transpose", "inplace"), ("roll", "function"), ("index_select", "out"), ("masked_select", "function")):
        assert _beyond_float16(name, form) >= 5
    assert _beyond_float16("mul", "function") == 0  # whose results would be infinite


@pytest.mark.parametrize("name", ["var", "std_mean"])
def test_a_variance_by_sums_of_squares_is_caught_by_numbers_close_to_each_other(name: str) -> None:
    plans = [plan for plan in of_close_numbers(entry(name)) if plan[0] == "float32"]
    assert len(plans) == 2
    for plan, seed in product(plans, range(3)):
        case = _case(name, plan, seed)
        numbers = torch.tensor(decode(b"".join(elements(case, case.tensors()[0])), "float32"))
        variance = numbers.double().var(correction=0).item()
        by_squares = ((numbers * numbers).mean() - numbers.mean() ** 2).item()
        assert numbers.numel() > 64 and abs(by_squares - variance) > variance / 2


def test_what_has_no_differences_has_no_close_numbers() -> None:
    assert not [*of_close_numbers(entry("sum")), *of_close_numbers(entry("softmax"))]
