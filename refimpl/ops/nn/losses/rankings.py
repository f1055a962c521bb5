"""Losses that rank: which of two elements ought to be the larger one.

Evaluated in binary64 and rounded once. In torch's C++, ``reduction`` is a number: 0 none, 1 mean, 2 sum; left out, it is 0 there.
"""

from __future__ import annotations

from typing import Any

from ....foundation.contracts import conditioned
from ....foundation.dtypes import bool_
from ....operations.registry import op
from ..loss_reduction import NONE, asked_reduction, get_enum, known_reduction, reduced, round_once

_CONTRACT = conditioned(4)
_BOOLS = "Subtraction, the `-` operator, with {} is not supported. "


def _ranking(input1: Any, input2: Any, target: Any, margin: float, reduction: int) -> Any:
    return reduced((-target * (input1 - input2) + float(margin)).clamp_min(0), reduction)


@op("function", contract=_CONTRACT)
def margin_ranking_loss(input1, input2, target, margin=0.0, reduction=NONE):
    """:func:`torch.nn.functional.margin_ranking_loss` with a number for the reduction: 0 none, 1 mean, 2 sum. All operands broadcast.

    >>> margin_ranking_loss(tensor([1., 2.]), tensor([3., 1.]), tensor([1, 1]), 0.5)
    tensor([2.5000, 0.0000])
    """
    return round_once(_ranking(input1, input2, target, margin, reduction), _ranking, input1, input2, target, margin, reduction)


@margin_ranking_loss.constraints
def _(require, input1, input2, target):
    require(target.dtype is not bool_, RuntimeError, "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a "
            "mask, use the `~` or `logical_not()` operator instead.")  # fmt: skip
    bools = (input1.dtype is bool_) + (input2.dtype is bool_)
    require(bools != 1, RuntimeError, _BOOLS.format("a bool tensor") + "If you are trying to invert a mask, use the `~` or `logical_not()` operator "
            "instead.")  # fmt: skip
    require(bools != 2, RuntimeError, _BOOLS.format("two bool tensors") + "Use the `^` or `logical_xor()` operator instead.")
    complex_ones = input1.is_complex() or input2.is_complex() or target.is_complex()
    require(not complex_ones, NotImplementedError, "clamp is not supported for complex types")
    require.broadcast(input1, input2)
    require.broadcast(target, input1)
    require.broadcast(target, input2)


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def nn_functional_margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """``max(0, -target * (input1 - input2) + margin)``, 0 where the input ranked first is larger by the margin: the mean, the sum, or each of them.

    Shapes: the operands have one number of dimensions and broadcast; the result is 0-d, but has their common shape with ``reduction="none"``.
    ``size_average`` and ``reduce`` are deprecated forms of ``reduction``. Dtypes: all of real numbers but bool, which promote; integers give the
    default dtype. Special cases: the mean of no elements is NaN. Errors: ValueError for an unknown ``reduction``; RuntimeError for bool and for
    other shapes; NotImplementedError for complex numbers. Gradient: ``-target`` for the first input, ``target`` for the second, where the loss is
    not cut off, scaled as the loss is. Evaluated in binary64 and rounded once.

    >>> nn.functional.margin_ranking_loss(tensor([1., 2.]), tensor([3., 1.]), tensor([1, 1]), 0.5)
    tensor(1.2500)
    """
    return margin_ranking_loss(input1, input2, target, margin, get_enum(asked_reduction(size_average, reduce, reduction)))


@nn_functional_margin_ranking_loss.constraints
def _(require, input1, input2, target, size_average, reduce, reduction):
    known_reduction(require, size_average, reduce, reduction)
    ranks = {input1.dim(), input2.dim(), target.dim()}
    require(len(ranks) == 1, RuntimeError, "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: {}, input2: "
            "{}, target: {} ", input1.size(), input2.size(), target.size())  # fmt: skip
