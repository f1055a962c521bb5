"""The negative log-probabilities of classes: one element of each row."""

from __future__ import annotations

from math import prod
from typing import Any

from ...foundation.kernels import View
from ..buffers import encode, read, write
from ..exact import sums

__all__ = ["nll_loss"]

_NONE, _MEAN = 0, 1  # torch's numbers for the reduction


def nll_loss(out: View, input: View, target: View, weight: View | None, dim: int, reduction: int, ignored: int) -> bool:
    """``-input[n, t] * weight[t]`` for the class ``t`` that the target names in each row along ``dim``; 0 where it is ``ignored``. Declined where the
    weights' sum, by which the mean is divided, is 0."""
    count, behind = input.shape[dim], prod(input.shape[dim + 1 :])
    log_probabilities: Any = read(input)
    classes: Any = read(target)
    weights: Any = None if weight is None else read(weight)
    losses = [0.0] * len(classes)
    divisors = [0.0] * len(classes)
    for place, c in enumerate(classes):
        if c != ignored:
            row, column = divmod(place, behind)
            divisor = divisors[place] = 1.0 if weights is None else weights[c]
            losses[place] = -log_probabilities[(row * count + c) * behind + column] * divisor
    if reduction != _NONE:
        (total,) = sums([losses])
        if reduction == _MEAN:
            (divisor,) = sums([divisors])
            if not divisor:
                return False
            total /= divisor
        losses = [total]
    write(out, encode(out.dtype, losses))
    return True
