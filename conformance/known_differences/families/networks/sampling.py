"""Known differences of sampling at the places of a grid."""

from __future__ import annotations

import math

from ....cases.case import Case
from ....cases.deviation import Deviation
from ...entry import KnownDifference, finite, numbers

_SAMPLERS = ("grid_sampler", "grid_sampler_2d", "grid_sampler_3d", "nn.functional.grid_sample")


def _no_such_mode(case: Case, deviation: Deviation) -> bool:
    return deviation.expected == "a result" and "_mode to be 0, 1 or 2, but got" in deviation.got


def _tensors(case: Case) -> list[list[float]]:
    return [[x for x in numbers(case, spec) if isinstance(x, float)] for spec in case.tensors()[:2]]


def _no_number(case: Case, deviation: Deviation) -> bool:
    """A coordinate of a volume is none, or so large that its neighbours are farther apart than the elements."""
    input, grid = case.tensors()[:2]
    return len(input.shape) == 5 and any(not math.isfinite(x) or abs(x) * max(input.shape[2:]) > 2**20 for x in _tensors(case)[1])


def _not_finite(case: Case, deviation: Deviation) -> bool:
    return any(not math.isfinite(x) for x in _tensors(case)[0]) and not finite(deviation.got)


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "modes-that-are-none", _SAMPLERS, ("errors",), "an interpolation_mode or padding_mode that is neither 0, 1 nor 2",
        "torch does not look at the numbers, and returns what it finds in memory, or takes one for another",
        "import torch\n\nassert torch.grid_sampler(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 1, 2), 7, 0, False).shape == (1, 1, 1, 1)\n",
        _no_such_mode,
    ),
    KnownDifference(
        "volumes-at-no-place", _SAMPLERS, ("values", "gradients"), "volumes, a coordinate that is no number or that no rounding leaves a place",
        "torch compares such a coordinate in another order than in images: it takes 0, or the last element, where these give NaN or the first",
        "import torch\n\nx, grid = torch.ones(1, 1, 2, 2, 2), torch.full((1, 1, 1, 1, 3), torch.nan)\n"
        "assert torch.grid_sampler(x, grid, 0, 0, False).item() == 0\n"
        "assert torch.grid_sampler(x[0], grid[0, ..., :2], 0, 0, False).isnan().all()\n", _no_number,
    ),
    KnownDifference(
        "sampled-beside-what-is-not-finite", _SAMPLERS, ("values",), "an element that is not finite",
        "a place is rounded, with fused multiply-adds or without: a weight may be 0 or just not, which makes NaN or an infinity of an infinity",
        "import torch\n\nx = torch.tensor([1.0, torch.inf, 2.0]).view(1, 1, 1, 3)\ngrid = torch.tensor([1 / 3 - 1, 0.0]).view(1, 1, 1, 2)\n"
        "found = [torch.grid_sampler(x.to(d), grid.to(d), 0, 1, False).item() for d in (torch.float32, torch.float64)]\n"
        "assert not any(abs(x) < torch.inf for x in found)  # NaN where the weight is 0\n", _not_finite, open=True,
    ),
]  # fmt: skip
