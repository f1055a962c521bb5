"""Every gradient formula on the registry: against differences and against torch, of first and second order.

The samples are drawn by the operations' rows in the suite's catalogue, so that an operation that is added brings its own.
"""

from __future__ import annotations

import pytest
from gradient_samples import judged, reached, samples

from conformance.catalogue.entries import entries
from conformance.catalogue.rows import everywhere
from conformance.judging.single_case import judge_case
from refimpl.operations.operation import operations

DIFFERENTIABLE = [o.name for o in operations.values() if o.gradients]
ENTRIES = [e for e in entries() if e.differentiable or e.operation.name in DIFFERENTIABLE]
COUNT = 5  # samples of each form and dtype


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.operation.name)
def test_gradients_agree_with_differences_and_with_torch(entry):
    row = entry.operation
    found = []
    for number, case in enumerate(samples(entry, COUNT)):
        assert judge_case(case, "refimpl:cpu") == [], case
        for conjugated in (False, True)[: 1 + (number % COUNT == 1)]:
            result = judged(case, row.derivative, conjugated)
            assert not result.wrong, (result.wrong, conjugated, case)
            found.append(result)
    assert any(result.recorded for result in found), {result.refused for result in found}
    if row.derivative is everywhere and not any(result.refused for result in found):
        assert any(result.first for result in found) and any(result.second for result in found)


def test_every_operation_with_a_gradient_is_reached_by_a_sample_of_a_row():
    """And compared with differences, in both orders, unless it is never differentiated: torch refuses, or the results are drawn at random."""
    left = set(DIFFERENTIABLE)
    of_backward = {name for name in left if name.endswith("_backward")}
    for entry in ENTRIES:
        for number, case in enumerate(samples(entry, COUNT)):
            conjugated = number % 2 == 1
            reaches = reached(case, conjugated)
            if left & reaches or any(name.removesuffix("_backward") in reaches for name in of_backward & left):
                result = judged(case, entry.operation.derivative, conjugated)
                if result.first and result.second or "is not implemented" in result.refused or entry.operation.random:
                    left -= result.recorded
    assert left == set()
