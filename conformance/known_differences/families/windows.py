"""Known differences in windows."""

from __future__ import annotations

from ...cases.case import Case
from ...cases.deviation import Deviation
from ..entry import KnownDifference, complex_number


def _long(case: Case, deviation: Deviation) -> bool:
    length = case.kwargs.get("M", case.args[0] if case.args else 0)
    apart = abs(complex_number(deviation.expected) - complex_number(deviation.got))
    return isinstance(length, int) and length > 32 and apart <= length * 2.0**-50


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "distances-from-the-centre", ("signal.windows.exponential", "signal.windows.gaussian"), ("values",), "float64, many samples",
        "torch finds the distance from the centre as a sum of multiples of a rounded step: near the centre it is off by as much as far from it",
        "import torch\n\nwindow = torch.signal.windows.exponential(512, sym=False, tau=0.3, dtype=torch.float64)\n"
        "assert 1e-15 < 1 - window[256] < 1e-13\n", _long,
    ),
]  # fmt: skip
