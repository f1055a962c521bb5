"""Known differences in dropout, and in the gradients of gamma numbers."""

from __future__ import annotations

import math

from ...cases.case import Case
from ...cases.deviation import Deviation
from ..entry import KnownDifference, complex_number, numbers, size
from .cylinder_functions import apart


def _no_elements(case: Case, deviation: Deviation) -> bool:
    return case.args[0].numel == 0


def _approximated(case: Case, deviation: Deviation) -> bool:
    """By 2 %, the error of its approximation in the tails; anything where the concentration is no positive number, or the draw was cut off."""
    element = int(deviation.details.get("element", 0))
    concentration = complex_number(str(numbers(case, case.tensors()[0])[element])).real
    if not 0.01 <= concentration < math.inf:
        return True
    return apart(deviation) <= 0.02 * size(deviation.got) + 1e-30


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "mask-of-nothing", ("native_dropout",), ("dtype", "aliasing", "gradients"), "an input without elements",
        "torch gives the input itself, and a mask of the input's dtype instead of bool",
        "import torch\n\nresult, mask = torch.native_dropout(torch.ones(0), 0.5, True)\nassert mask.dtype == torch.float32\n", _no_elements,
    ),
    KnownDifference(
        "gradients-of-gamma-numbers", ("_standard_gamma",), ("gradients",), "all concentrations",
        "torch approximates how a draw moves with the concentration, by a rational function of three digits; anything comes of 0 and less",
        "import torch\n\na = torch.tensor([8.554672535565684], dtype=torch.float64)\n"
        "assert abs(torch._standard_gamma_grad(a, a) / 1.0196944759369381 - 1) > 5e-5\n"
        "assert abs(torch._standard_gamma_grad(a, 10 * a) / 2.6016918812567755 - 1) > 2e-3\n", _approximated,
    ),
]  # fmt: skip
