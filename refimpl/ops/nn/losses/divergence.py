"""The divergence of distributions (Kullback and Leibler, "On information and sufficiency", 1951).

In torch's C++, ``reduction`` is a number: 0 none, 1 mean, 2 sum; left out, it is 0 there.
"""

from __future__ import annotations

from typing import Any
from warnings import warn

from ....foundation.contracts import conditioned
from ....operations.registry import op
from ...pointwise.special import xlogy
from ..loss_reduction import NONE, asked_reduction, get_enum, known_reduction, reduced, round_once

_CONTRACT = conditioned(4, inner=2)
_WORDS = ("none", "mean", "sum", "elementwise_mean", "batchmean")


def _divergence(input: Any, target: Any, reduction: int, log_target: bool) -> Any:
    losses = target.exp() * (target - input) if log_target else xlogy(target, target) - target * input
    return reduced(losses, reduction)


@op("function", contract=_CONTRACT)
def kl_div(input, target, reduction=NONE, *, log_target=False):
    """:func:`torch.nn.functional.kl_div` with a number for the reduction: 0 none, 1 mean, 2 sum.

    >>> kl_div(tensor([-1., 0.]), tensor([0.5, 0.]))
    tensor([0.1534, 0.0000])
    """
    return round_once(_divergence(input, target, reduction, log_target), _divergence, input, target, reduction, log_target)


@kl_div.constraints
def _(require, input, target):
    require(not (input.is_complex() or target.is_complex()), RuntimeError, "kl_div: Complex inputs not supported.")
    require(input.dtype.category >= 2 and target.dtype.category >= 2, RuntimeError, "kl_div: Integral inputs not supported.")
    require.broadcast(input, target)


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def nn_functional_kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """``y * (log(y) - x)`` for x of ``input`` and y of ``target``, with ``log_target`` ``exp(y) * (y - x)``: the mean, the sum, or each of them.

    x is the logarithm of a probability, y a probability, or the logarithm of one. ``reduction="batchmean"`` divides the sum by the size of the
    input's first dimension, if there is one; ``"mean"``, by the number of elements, gives a warning. Shapes: the operands broadcast; the result is
    0-d, but has their common shape with ``reduction="none"``. ``size_average`` and ``reduce`` are deprecated forms of ``reduction``.
    Dtypes: floating point ones, which promote. Special cases: 0 where y is 0 and x finite; NaN for a negative y; the mean
    of no elements is NaN. Errors: ValueError for an unknown ``reduction``; RuntimeError for other dtypes, and for shapes that do not broadcast.
    Gradient: ``-y``, or ``-exp(y)``, for the input, ``log(y) + 1 - x``, or ``exp(y) * (y - x + 1)``, for the target, scaled as the loss is.
    Evaluated in binary64 and rounded once.

    >>> nn.functional.kl_div(tensor([[-1., 0.]]), tensor([[0.5, 0.]]), reduction="batchmean")
    tensor(0.1534)
    """
    plain = size_average is None and reduce is None
    if plain and reduction == "mean":
        warn("reduction: 'mean' divides the total loss by both the batch size and the support size."
             "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
             "'mean' will be changed to behave the same as 'batchmean' in the next major release.", stacklevel=3)  # fmt: skip
    number = get_enum("sum" if plain and reduction == "batchmean" else asked_reduction(size_average, reduce, reduction))
    loss = kl_div(input, target, number, log_target=log_target)
    return loss / input.shape[0] if reduction == "batchmean" and input.dim() else loss


@nn_functional_kl_div.constraints
def _(require, size_average, reduce, reduction):
    known_reduction(require, size_average, reduce, reduction, _WORDS)
