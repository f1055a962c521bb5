"""Losses of numbers: how far each element of an input is from that of a target, summed, averaged, or for each element."""

from __future__ import annotations

from typing import Any
from warnings import warn

from ...foundation.contracts import accumulated
from ...foundation.layout import broadcast_shapes
from ...foundation.scalars import scalar
from ...operations.dtype_support import common_dtype
from ...operations.registry import op
from ..shared.elementwise import elementwise
from .loss_reduction import MEAN, NONE, asked_reduction, get_enum, known_reduction, reduced, round_once
from .softmax import wide


def expanded(input: Any, target: Any) -> tuple[Any, Any]:
    """Both expanded to their common shape, with torch's warning if their shapes differ."""
    if target.size() == input.size():
        return input, target
    warn(
        f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). "
        "This will likely lead to incorrect results due to broadcasting. "
        "Please ensure they have the same size.",
        stacklevel=4,
    )
    shape = broadcast_shapes(tuple(input.shape), tuple(target.shape))
    return tuple(t if tuple(t.shape) == shape else t.expand(shape) for t in (input, target))


def _weighted(losses: Any, weight: Any, reduction: str) -> Any:
    """The elements' losses times ``weight``; the mean is divided by the sum of the weights."""
    weighted = losses * weight
    if reduction == "none":
        return weighted
    return weighted.sum() if reduction == "sum" else weighted.sum() / weight.sum()


def _regression(require: Any, input: Any, target: Any, size_average: Any, reduce: Any, reduction: str, weight: Any) -> None:
    """The constraints of losses that may be weighted element by element."""
    for operand in (target, input):  # torch's function is written in Python, which asks for the size before anything else
        require(hasattr(operand, "size"), AttributeError, "'{}' object has no attribute 'size'", type(operand).__name__)
    require.broadcast(input, target)
    if weight is None:
        known_reduction(require, size_average, reduce, reduction)
        return
    words = ("none", "mean", "sum")
    known_reduction(require, size_average, reduce, reduction, words, "Invalid reduction mode: {}. Expected one of 'none', 'mean', 'sum'.")
    require(weight.size() == input.size(), ValueError, "Weights and input must have the same size.")


# -- squares -------------------------------------------------------------------------------------------


@scalar("squared_difference")
def _squared_difference(a, b):
    return (a - b) * (a - b)


@op("only", name="_mse_loss", node="MseLossBackward0", contract=accumulated(), dtypes="floating", operands="input target")
def _mse_loss(input, target, reduction=MEAN):
    """The kernel of :func:`mse_loss`: ``reduction`` is a number, 0 none, 1 mean, 2 sum."""
    if reduction == NONE:
        return elementwise("squared_difference", input, target)
    difference = wide(input) - wide(target)
    return reduced(difference * difference, reduction).to(common_dtype(input, target))


def _mse_gradient(grad: Any, input: Any, target: Any, reduction: int) -> Any:
    difference = wide(input) - wide(target)
    norm = 2.0 / max(difference.numel(), 1) if reduction == MEAN else 2.0
    return difference * (wide(grad) * norm)


_mse_loss.derivative(
    input=_mse_gradient,
    target=lambda grad, input, target, reduction: _mse_gradient(grad, target, input, reduction),
)


@op("function python", namespace="nn.functional", contract=accumulated())
def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """The squared differences ``(input - target)**2``: their mean, their sum, or each of them, evaluated in binary64 and rounded once.

    Shapes: the operands broadcast, with a warning if their shapes differ; the result is 0-d, but with ``reduction="none"`` it has their common shape.
    ``weight``, of the input's shape, weights each element; the mean is then divided by the sum of the weights. ``size_average`` and ``reduce`` are
    deprecated forms of ``reduction``. Dtypes: floating point ones, which promote. Special cases: the mean of no elements is NaN.
    Errors: AttributeError for operands without a size, such as None; ValueError for an unknown ``reduction`` and for weights of another shape;
    NotImplementedError for other dtypes; RuntimeError for shapes that do not broadcast. Gradient: ``2 (input - target)`` times that of the result,
    divided by the number of elements for the mean.

    >>> nn.functional.mse_loss(tensor([1., 2.]), tensor([0., 0.]))
    tensor(2.5000)
    """
    a, b = expanded(input, target)
    word = asked_reduction(size_average, reduce, reduction)
    return _mse_loss(a, b, get_enum(word)) if weight is None else _weighted((a - b).pow(2), weight, word)


@mse_loss.constraints
def _(require, input, target, size_average, reduce, reduction, weight):
    _regression(require, input, target, size_average, reduce, reduction, weight)


# -- absolute values -----------------------------------------------------------------------------------


def _absolute(input: Any, target: Any, reduction: int) -> Any:
    return reduced((input - target).abs(), reduction)


def absolute_loss(input: Any, target: Any, reduction: int) -> Any:
    return round_once(_absolute(input, target, reduction), _absolute, input, target, reduction)


@op("function python", namespace="nn.functional", contract=accumulated())
def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """The absolute differences ``|input - target|``: their mean, their sum, or each of them, evaluated in binary64 and rounded once.

    Shapes, ``weight``, ``size_average`` and ``reduce``: as for :func:`mse_loss`. Dtypes: all but bool, which promote; integers have no mean, complex
    numbers a real result. Special cases: the mean of no elements is NaN. Errors: AttributeError for operands without a size; ValueError for an
    unknown ``reduction`` and for weights of another shape; RuntimeError for bool, for the mean of integers, and for shapes that do not broadcast.
    Gradient: the sign of the difference times that of the result, divided by the number of elements for the mean; 0 where the operands are equal.

    >>> nn.functional.l1_loss(tensor([1., -2.]), tensor([0., 0.]))
    tensor(1.5000)
    """
    a, b = expanded(input, target)
    word = asked_reduction(size_average, reduce, reduction)
    if weight is not None:
        return _weighted((a - b).abs(), weight, word)
    return absolute_loss(a, b, get_enum(word))


@l1_loss.constraints
def _(require, input, target, size_average, reduce, reduction, weight):
    _regression(require, input, target, size_average, reduce, reduction, weight)
