"""Losses with a margin: no loss where an element, or the difference of two, is beyond it.

Evaluated in binary64 and rounded once. In torch's C++, ``reduction`` is a number: 0 none, 1 mean, 2 sum; left out, it is 0 there.
"""

from __future__ import annotations

from typing import Any

from ....foundation.contracts import accumulated
from ....foundation.dtypes import bool_
from ....operations.registry import op
from ...creation.like_another import zeros_like
from ..loss_reduction import MEAN, NONE, asked_reduction, get_enum, known_reduction, reduced, round_once

_CONTRACT = accumulated(4)
_BOOLS = "Subtraction, the `-` operator, with {} is not supported. "
_ONE_BOOL = _BOOLS.format("a bool tensor") + "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
_TWO_BOOLS = _BOOLS.format("two bool tensors") + "Use the `^` or `logical_xor()` operator instead."


def _has_mean(require: Any, reduction: int, common: Any) -> None:
    require(reduction != MEAN or common.category >= 2, RuntimeError, "mean(): could not infer output dtype. Input dtype must be either a floating "
            "point or complex dtype. Got: {}", common.type_name)  # fmt: skip


# -- hinge embedding -----------------------------------------------------------------------------------


def _hinge(input: Any, target: Any, margin: float, reduction: int) -> Any:
    zeros = zeros_like(input)
    room = zeros_like(input).fill_(margin).sub_(input).clamp_min_(0)  # in place: it keeps the input's strides, those of dimensions of size 1 too
    beyond = room.where(target != 1, zeros)
    return reduced(beyond + input.where(target != -1, zeros), reduction)


@op("function", contract=_CONTRACT)
def hinge_embedding_loss(input, target, margin=1.0, reduction=NONE):
    """:func:`torch.nn.functional.hinge_embedding_loss` with a number for the reduction: 0 none, 1 mean, 2 sum.

    >>> hinge_embedding_loss(tensor([0.5, 0.25]), tensor([1, -1]))
    tensor([0.5000, 0.7500])
    """
    return round_once(_hinge(input, target, margin, reduction), _hinge, input, target, margin, reduction)


@hinge_embedding_loss.constraints
def _(require, input, target, margin, reduction):
    require(input.dtype is not bool_, RuntimeError, _TWO_BOOLS, also=((RuntimeError, _ONE_BOOL),))
    require(not input.is_complex(), NotImplementedError, "clamp is not supported for complex types")
    require.fits(margin, input.dtype)
    require.broadcast(input, target)
    _has_mean(require, reduction, input.dtype)


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def nn_functional_hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    """``x`` where the target is 1, ``max(0, margin - x)`` where it is -1, the sum of both elsewhere: the mean, the sum, or each of them.

    Shapes: the operands broadcast; the result is 0-d, but has their common shape with ``reduction="none"``. ``size_average`` and ``reduce`` are
    deprecated forms of ``reduction``. Dtypes: all of real numbers for the input, except bool, which the result has too; any for the target. Special
    cases: for integers the margin is cut off to one; the mean of no elements is NaN. Errors: ValueError for an unknown ``reduction``;
    NotImplementedError for complex input; RuntimeError for bool, for the mean of integers, and for shapes that do not broadcast.
    Gradient: 1 where the target is 1, and -1 where it is -1 and x is at most ``margin``, scaled as the loss is.
    Evaluated in binary64 and rounded once.

    >>> nn.functional.hinge_embedding_loss(tensor([0.5, 0.25]), tensor([1, -1]))
    tensor(0.6250)
    """
    return hinge_embedding_loss(input, target, margin, get_enum(asked_reduction(size_average, reduce, reduction)))


@nn_functional_hinge_embedding_loss.constraints
def _(require, size_average, reduce, reduction):
    known_reduction(require, size_average, reduce, reduction)
