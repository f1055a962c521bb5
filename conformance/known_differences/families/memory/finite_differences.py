"""Known differences of finite differences."""

from __future__ import annotations

from ....cases.case import Case
from ....cases.deviation import Deviation
from ...entry import KnownDifference


def _two_dtypes(case: Case, deviation: Deviation) -> bool:
    return len({spec.dtype for spec in case.tensors()}) > 1


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "narrow-coordinates", ("gradient",), ("values", "gradients", "layout"), "places of another dtype than the input's",
        "torch evaluates the weights in the dtype of the places (integers in the default dtype), and the ends in that of the input; refimpl all in "
        "binary64",
        "import torch\n\nx, places = torch.tensor([0., 1., 0.]).double(), torch.tensor([0., 1., 4.]).half()\n"
        "exact = 1 * (3 - 1) / (1 * 3)\nassert 1e-5 < abs(torch.gradient(x, spacing=(places,))[0][1] - exact) < 1e-3\n", _two_dtypes,
    ),
]
