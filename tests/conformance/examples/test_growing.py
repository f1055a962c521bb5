"""Each dimension of each operand is long in some call, also where the row draws it small."""

from __future__ import annotations

import pytest

from conformance.backends import find_backend
from conformance.cases.case import elements
from conformance.catalogue.entries import entry
from conformance.examples.growing import grown, long_places
from conformance.examples.large import drawn
from conformance.examples.profiles import PROFILES
from conformance.execution.outcomes import execute


@pytest.mark.parametrize(("name", "operand", "dim"), [("pdist", 0, -1), ("conv2d", 1, 0), ("linalg.matrix_rank", 0, 0), ("__setitem__", 0, 0)])
def test_a_dimension_that_the_row_draws_small_is_long(name: str, operand: int, dim: int) -> None:
    for seed in range(3):
        cases = [case for _, case in drawn(entry(name), PROFILES["quick"], seed) if not case.grad]
        assert any((operand, dim) in long_places(case) for case in cases)
        assert all(execute(find_backend("torch:cpu"), case).error is None for case in cases)


def test_what_is_long_already_is_not_drawn_again() -> None:
    row = entry("matmul")
    first = list(grown(row, set(), "seed"))
    assert first and not list(grown(row, {(operand, dim) for operand in range(3) for dim in (0, 1, -1)}, "seed"))
    assert [case for _, case in first] == [drawing.case() for drawing, _ in first]


def test_results_that_grow_faster_than_the_size_stay_light() -> None:
    found = list(grown(entry("combinations"), set(), "seed"))
    assert found and all(max(spec.numel for spec in case.tensors()) < 100 for _, case in found)


def test_what_the_row_chose_comes_again() -> None:
    for drawing, case in grown(entry("gather"), {(0, 0), (0, 1), (0, -1)}, "seed"):
        index = case.tensors()[1]
        smaller = type(drawing)(**{**vars(drawing), "size": 2}).case().tensors()
        assert len(set(elements(case, index))) <= smaller[1].numel + 12
