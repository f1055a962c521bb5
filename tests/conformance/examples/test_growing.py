"""Each dimension of each operand is long in some call, also where the row draws it small."""

from __future__ import annotations

import pytest

from conformance.backends import find_backend
from conformance.cases.case import elements
from conformance.catalogue.entries import entry
from conformance.examples.large import drawn
from conformance.examples.meetings.growing import EVERYWHERE, Place, grown, long_places
from conformance.examples.profiles import PROFILES
from conformance.execution.outcomes import execute


@pytest.mark.parametrize(
    ("name", "place"), [("pdist", (0, -1, False)), ("conv2d", (1, 0, True)), ("linalg.matrix_rank", (0, 0, True)), ("__setitem__", (0, 0, False))]
)  # fmt: skip
def test_a_dimension_that_the_row_draws_small_is_long(name: str, place: Place) -> None:
    cases = [case for seed in range(3) for _, case in grown(entry(name), EVERYWHERE - {place}, str(seed))]
    assert any(place in long_places(case, 66) for case in cases)
    assert all(execute(find_backend("torch:cpu"), case).error is None for case in cases)


def test_what_no_other_large_case_makes_long_is_long() -> None:
    for seed in range(3):
        cases = [case for _, case in drawn(entry("pdist"), PROFILES["quick"], seed) if not case.grad]
        assert any((0, -1, False) in long_places(case) for case in cases)


def test_what_is_long_already_is_not_drawn_again() -> None:
    row = entry("matmul")
    first = list(grown(row, set(), "seed"))
    assert first and not list(grown(row, set(EVERYWHERE), "seed"))
    assert [case for _, case in first] == [drawing.case() for drawing, _ in first]


def test_results_that_grow_faster_than_the_size_stay_light() -> None:
    found = list(grown(entry("combinations"), set(), "seed"))
    assert found and all(max(spec.numel for spec in case.tensors()) < 100 for _, case in found)


def test_what_the_row_chose_comes_again() -> None:
    for drawing, case in grown(entry("gather"), {place for place in EVERYWHERE if place[0] == 0}, "seed"):
        index = case.tensors()[1]
        smaller = type(drawing)(**{**vars(drawing), "size": 2}).case().tensors()
        assert len(set(elements(case, index))) <= smaller[1].numel + 12
