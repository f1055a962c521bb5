"""Known differences of histograms."""

from __future__ import annotations

import math

from ...cases.case import Case, TensorSpec
from ...cases.deviation import Deviation
from ..entry import KnownDifference, dtype_of, numbers, size


def _bins_of_one_size(case: Case, deviation: Deviation) -> bool:
    """Densities that differ by no more than the roundings of the edges, relative to the size of a bin, explain."""
    given = next((value for value in (*case.args[1:], case.kwargs.get("bins")) if value is not None), 100)
    if not case.kwargs.get("density") or isinstance(given, TensorSpec) or dtype_of(deviation) != "float64" or deviation.details.get("output"):
        return False
    ends = case.kwargs.get("range") or [x for x in numbers(case, case.tensors()[0]) if math.isfinite(x)] or [0.0, 1.0]
    low, high = min(ends), max(ends)
    low, high = (low - 0.5, high + 0.5) if low == high else (low, high)
    a, b = size(deviation.expected), size(deviation.got)
    return abs(a - b) <= 4 * 2.0**-53 * (1 + max(abs(low), abs(high)) * given / (high - low)) * max(a, b)


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "density-in-bins-of-one-size", ("histogram",), ("values", "layout"), "float64, a number of bins, ``density``",
        "torch divides by the differences of the edges, which have been rounded: where bins are narrow, the densities of bins of one size differ",
        "import torch\n\nhist, _ = torch.histogram((torch.arange(100, dtype=torch.float64) + 0.5) / 100, 100, range=(0., 1.), density=True)\n"
        "assert len(set(hist.tolist())) > 1  # one element in each\n", _bins_of_one_size,
    ),
]  # fmt: skip
