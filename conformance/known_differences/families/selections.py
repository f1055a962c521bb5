"""Known differences of the operations that select elements by their rank, their number or their place."""

from __future__ import annotations

from ...cases.case import Case
from ...cases.deviation import Deviation
from ..entry import KnownDifference, numbers


def _nan_given(case: Case, deviation: Deviation) -> bool:
    return any(v != v for spec in case.tensors() for v in numbers(case, spec))


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "mode-of-nan", ("mode",), ("values", "layout"), "NaN among the elements",
        "torch sorts by < alone, which puts elements in no order where NaN is among them, and counts only equal neighbours",
        "import torch\n\nnan = float('nan')\nassert torch.mode(torch.tensor([3, nan, 1, 3, nan])).values == 1  # 3 is there twice\n",
        _nan_given,
    ),
]
