"""Every gradient formula on the registry: against differences and against torch, of first and second order.

The samples are drawn by the operations' rows in the suite's catalogue, so that an operation that is added brings its own.
"""

from __future__ import annotations

import pytest
from gradient_samples import judged, reached, samples

from conformance.catalogue.derivatives import nowhere
from conformance.catalogue.entries import entries
from conformance.catalogue.rows import everywhere
from conformance.judging.single_case import judge_case
from refimpl.operations.operation import operations

DIFFERENTIABLE = [o.title for o in operations.values() if o.gradients]
ENTRIES = [e for e in entries() if e.operation.name in DIFFERENTIABLE or e.differentiable and e.operation.derivative is not nowhere]
OTHERS = {
    "_widened",  # of dtypes narrower than float64 alone, whose differences say little: the suite judges those gradients
    "_differentiable_once",  # has an error in the place of a gradient
    "_ctc_loss", "_ctc_loss_backward",  # whose gradient is that of logits: tests/refimpl/operations/test_alignments.py
    "_grouped_mm",  # of no dtype that would do for differences: tests/refimpl/operations/test_grouped_products.py
    "slice_inverse", "as_strided_copy",  # read memory beside their operand's elements, of which torch's gradient knows nothing
}
COUNT = 2  # samples of each form and dtype
MORE = 24  # where these say nothing


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.operation.name)
def test_gradients_agree_with_differences_and_with_torch(entry):
    row = entry.operation
    for count in (COUNT, MORE):
        found = []
        for number, case in enumerate(samples(entry, count)):
            assert judge_case(case, "refimpl:cpu") == [], case
            for conjugated in (False, True)[: 1 + (number % COUNT == 1)]:
                result = judged(case, row.derivative, conjugated)
                assert not result.wrong, (result.wrong, conjugated, case)
                found.append(result)
        refused = [result.refused for result in found if result.recorded and result.refused]
        compared = any(result.first for result in found) and any(result.second for result in found)
        if compared or refused and row.derivative is not everywhere or len(refused) > COUNT:
            return
    raise AssertionError(f"no usable sample: {[result.refused for result in found]}")


def test_every_operation_with_a_gradient_is_reached_by_a_sample_of_a_row():
    """And compared with differences, in both orders, unless it is never differentiated: torch refuses, or the results are drawn at random."""
    left = set(DIFFERENTIABLE) - OTHERS
    of_backward = {name for name in left if name.endswith("_backward")}
    for count in (COUNT, MORE):
        for entry in [*ENTRIES, *[e for e in entries() if e.operation.random and e.differentiable and e not in ENTRIES]] if left else ():
            for number, case in enumerate(samples(entry, count)):
                conjugated = number % 2 == 1
                reaches = reached(case, conjugated)
                if left & reaches or any(name.removesuffix("_backward") in reaches for name in of_backward & left):
                    result = judged(case, entry.operation.derivative, conjugated)
                    if result.first and result.second or "is not implemented" in result.refused or entry.operation.random:
                        left -= result.recorded
    assert left == set()
