"""What a row chooses meets what it chooses besides, and what lies in its tensors: by construction, with any seed."""

from __future__ import annotations

import pytest

from conformance.accuracy.number_formats import decode
from conformance.cases.case import Case, TensorSpec, elements
from conformance.catalogue.entries import entry, named_arguments, single_or_several
from conformance.drawing.choices import RandomChoices
from conformance.examples.building import build, respelt
from conformance.examples.meetings.pairs import forced_pairs, structures


def _cases(name: str, seed: int, dtype: str = "float32") -> list[Case]:
    row = entry(name)
    found = [plan for plan in forced_pairs(row) if plan[0] == dtype and not plan[1]]
    return [build(RandomChoices(f"{seed} {force}"), row.operation, dtype, row.forms, row.names, 0, force) for _, _, _, force in found]


def _numbers(case: Case, spec: TensorSpec) -> tuple[float, ...]:
    return decode(b"".join(elements(case, spec)), spec.dtype)


@pytest.mark.parametrize("seed", range(3))
def test_smoothing_meets_ignored_classes(seed: int) -> None:
    named = [(case, named_arguments(case)) for case in _cases("cross_entropy", seed)]
    smoothed = [(case, arguments) for case, arguments in named if arguments.get("label_smoothing") and arguments["target"].dtype == "int64"]
    assert any(arguments.get("ignore_index", -100) in _numbers(case, arguments["target"]) for case, arguments in smoothed)


def test_each_word_meets_a_flag_and_vectors() -> None:
    """Also those of a function without operands, and of random numbers."""
    named = [(case, named_arguments(case)) for case in _cases("index_reduce", 0)]
    assert len({(arguments["reduce"], arguments["include_self"]) for _, arguments in named if "include_self" in arguments}) > 4
    assert any(len(case.tensors()[0].shape) == 1 for case, _ in named)
    assert _cases("logspace", 0)
    assert _cases("random_", 0)


def test_the_calls_are_the_same_with_any_seed_and_the_numbers_are_not() -> None:
    first, second = _cases("clamp", 1), _cases("clamp", 2)
    assert [case.kwargs.keys() for case in first] == [case.kwargs.keys() for case in second]
    assert any(a.buffers != b.buffers for a, b in zip(first, second, strict=True))


def test_what_chooses_nothing_has_no_pairs() -> None:
    assert list(forced_pairs(entry("exp"))) == []
    assert structures(entry("sum").operation, "gradients")


def test_dimensions_are_counted_from_the_other_end_and_one_number_is_written_in_both_ways() -> None:
    tensor = TensorSpec(0, "float32", (2, 3, 4), (12, 4, 1), 0)
    assert single_or_several("roll") == {"shifts", "dims"}
    assert respelt("roll", (tensor, (5,), (2,)), {}) == ((tensor, 5, -1), {})
    assert respelt("roll", (tensor, 5, -1), {}) == ((tensor, (5,), (2,)), {})
    assert respelt("movedim", (tensor, (0, 1)), {"destination": (-1, 0)}) == ((tensor, (-3, -2)), {"destination": (2, -3)})
    assert respelt("narrow", (tensor, 3, 0, 1), {}) == ((tensor, 3, 0, 1), {})


def test_a_transform_of_one_length_has_the_elements_of_a_tuple_of_one() -> None:
    row, tensor = entry("fft.ifftn").operation, TensorSpec(0, "float32", (2, 3), (3, 1), 0)
    one, several = (Case("fft.ifftn", "function", (), (tensor,), {"s": s}) for s in (4, (4,)))
    assert row.along is not None and row.along(one) == row.along(several) == (1,)
    assert row.terms(one) == row.terms(several) == 4
