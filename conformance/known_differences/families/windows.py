"""Known differences in windows."""

from __future__ import annotations

from ...cases.case import Case
from ...cases.deviation import Deviation
from ..entry import KnownDifference, complex_number, size


def _long(case: Case, deviation: Deviation) -> bool:
    length = case.kwargs.get("M", case.args[0] if case.args else 0)
    apart = abs(complex_number(deviation.expected) - complex_number(deviation.got))
    return isinstance(length, int) and length > 32 and apart <= length * 2.0**-50


def _overflowing_bessel(case: Case, deviation: Deviation) -> bool:
    beta = case.kwargs.get("beta", case.args[2] if len(case.args) > 2 else 12.0)
    return abs(beta) > 88 and complex_number(deviation.expected) != complex_number(deviation.got) and not size(deviation.expected) > 0


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "bessel-function-of-a-large-beta", ("kaiser_window",), ("values",), "a beta of which I0 overflows: above 88 in float32, 711 in float64",
        "torch divides one value of I0 by another, and both are infinite: the window is 0 at its ends and NaN in the middle, where it is 1",
        "import torch\n\nwindow = torch.kaiser_window(13, False, 100.0)\nassert window[0] == 0 and window[6].isnan()\n", _overflowing_bessel,
    ),
    KnownDifference(
        "distances-from-the-centre", ("signal.windows.exponential", "signal.windows.gaussian"), ("values",), "float64, many samples",
        "torch finds the distance from the centre as a sum of multiples of a rounded step: near the centre it is off by as much as far from it",
        "import torch\n\nwindow = torch.signal.windows.exponential(512, sym=False, tau=0.3, dtype=torch.float64)\n"
        "assert 1e-15 < 1 - window[256] < 1e-13\n", _long,
    ),
]  # fmt: skip
