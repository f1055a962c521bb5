"""Known differences of losses."""

from __future__ import annotations

from ...cases.case import ITEMSIZE, Case
from ...cases.deviation import Deviation
from ..entry import KnownDifference


def _wider_target(case: Case, deviation: Deviation) -> bool:
    input, target = case.tensors()[:2]
    return ITEMSIZE[input.dtype] < ITEMSIZE[target.dtype]


def _two_dtypes(case: Case, deviation: Deviation) -> bool:
    return len({spec.dtype for spec in case.tensors()[:2]}) == 2


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "logits-beside-a-wider-target", ("binary_cross_entropy_with_logits",), ("values", "gradients"), "a target of a wider dtype than the input's",
        "the result has the target's dtype, but the logarithms of the sigmoid were rounded to the input's",
        "import torch\n\nx, y = torch.zeros(1), torch.ones(1, dtype=torch.float64)\n"
        "loss = torch.nn.functional.binary_cross_entropy_with_logits(x, y)\n"
        "assert loss.dtype is torch.float64 and loss == torch.nn.functional.logsigmoid(x).neg().double() != torch.log(y * 2)\n",
        _wider_target,
    ),
    KnownDifference(
        "divergence-of-two-dtypes", ("kl_div",), ("values", "gradients"), "operands of two dtypes",
        "the result has the wider one, but what torch computes from the target alone was rounded to the target's",
        "import torch\n\nx, y = torch.zeros(1, dtype=torch.float64), torch.full((1,), 2.0, dtype=torch.bfloat16)\n"
        "loss = torch.kl_div(x, y, reduction=0)\n"
        "assert loss.dtype is torch.float64 and loss == torch.xlogy(y, y).double() != torch.xlogy(y.double(), y)\n",
        _two_dtypes,
    ),
]
