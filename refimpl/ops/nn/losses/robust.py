"""Losses that are square near zero and linear far from it, so that outliers count less: smooth L1 and Huber's.

Both are evaluated in binary64 and rounded once. In torch's C++, ``reduction`` is a number: 0 none, 1 mean, 2 sum.
"""

from __future__ import annotations

from typing import Any

from ....foundation.contracts import accumulated
from ....foundation.scalars import scalar
from ....operations.dtype_support import common_dtype
from ....operations.registry import op
from ....tensor import Tensor
from ...creation.like_another import empty_like
from ...shared.elementwise import elementwise
from ..loss_reduction import MEAN, NONE, asked_reduction, get_enum, known_reduction, known_word, reduced
from ..regression_losses import absolute_loss, expanded
from ..softmax import wide


def _kept(rule: str, input: Any, target: Any, reduction: int, width: float, dtype: Any) -> Any:
    """The rule of each pair of elements, reduced, in ``dtype``."""
    if reduction == NONE and dtype is common_dtype(input, target):
        return elementwise(rule, input, target, float(width), numbers_are_operands=False)
    return reduced(elementwise(rule, wide(input), wide(target), float(width), numbers_are_operands=False), reduction).to(dtype)


def _share(grad: Any, differences: Any, reduction: int) -> Any:
    """The part of the result's gradient that each element's loss has."""
    return wide(grad) / max(differences.numel(), 1) if reduction == MEAN else wide(grad)


def _sized(require: Any, input: Any, target: Any) -> None:
    for operand in (target, input):  # torch's function is written in Python: it asks for the size, then expands, before anything else
        require(hasattr(operand, "size"), AttributeError, "'{}' object has no attribute 'size'", type(operand).__name__)
    require.broadcast(input, target)


# -- smooth L1 -----------------------------------------------------------------------------------------


@scalar("smooth_l1", single_precision_numbers=True)
def _smooth_l1(a, b, beta):
    z = abs(a - b)
    return 0.5 * z * z / beta if z < beta else z - 0.5 * beta


@op("only", name="_smooth_l1_loss", node="SmoothL1LossBackward0", contract=accumulated(4), dtypes="floating", operands="input target")
def _smooth_l1_loss(input, target, reduction=MEAN, beta=1.0):
    """The kernel of :func:`smooth_l1_loss`: ``reduction`` is a number, 0 none, 1 mean, 2 sum."""
    return _kept("smooth_l1", input, target, reduction, beta, common_dtype(input, target))


@_smooth_l1_loss.constraints
def _(require, beta):
    require(beta >= 0, RuntimeError, "smooth_l1_loss does not support negative values for beta.")


def _smooth_l1_gradient(grad: Any, input: Any, target: Any, reduction: int, beta: float) -> Any:
    differences = wide(input) - wide(target)
    slopes = (differences / beta).where(~(differences.abs() >= beta), differences.sign())
    return slopes * _share(grad, differences, reduction)


_smooth_l1_loss.derivative(
    input=_smooth_l1_gradient,
    target=lambda grad, input, target, reduction, beta: _smooth_l1_gradient(grad, target, input, reduction, beta),
)


@op("function python", namespace="nn.functional", contract=accumulated(4))
def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """With ``z = |input - target|``, ``z**2 / (2 beta)`` where ``z < beta`` and ``z - beta / 2`` elsewhere: the mean, the sum, or each of them.

    Shapes: the operands broadcast, with a warning if their shapes differ; the result is 0-d, but with ``reduction="none"`` it has their common shape.
    ``size_average`` and ``reduce`` are deprecated forms of ``reduction``. Dtypes: floating point ones, which promote; what :func:`l1_loss` takes for
    a ``beta`` of 0, which gives that loss. Special cases: the mean of no elements is NaN; an infinite difference is NaN for an infinite ``beta``.
    Errors: AttributeError for operands without a size; ValueError for an unknown ``reduction``; RuntimeError for shapes that do not broadcast, and
    for a ``beta`` that is negative or NaN; NotImplementedError for other dtypes. Gradient: ``(input - target) / beta``, but at least -1 and at most
    1, times that of the result, divided by the number of elements for the mean. Evaluated in binary64 and rounded once.
    Source: R. Girshick, "Fast R-CNN" (2015).

    >>> nn.functional.smooth_l1_loss(tensor([0.5, -3.]), tensor([0., 0.]), reduction="none")
    tensor([0.1250, 2.5000])
    """
    a, b = expanded(input, target)
    number = get_enum(asked_reduction(size_average, reduce, reduction))
    return absolute_loss(a, b, number) if beta == 0 else _smooth_l1_loss(a, b, number, beta)


@smooth_l1_loss.constraints
def _(require, input, target, size_average, reduce, reduction, beta):
    _sized(require, input, target)
    known_reduction(require, size_average, reduce, reduction)
    number = isinstance(beta, (int, float, Tensor))
    require(number, TypeError, "smooth_l1_loss(): argument 'beta' (position 4) must be float, not {}", type(beta).__name__)


# -- Huber ---------------------------------------------------------------------------------------------


@scalar("huber", single_precision_numbers=True)
def _huber(a, b, delta):
    z = abs(a - b)
    return 0.5 * z * z if z < delta else delta * (z - 0.5 * delta)


@op("only", name="_huber_loss", node="HuberLossBackward0", contract=accumulated(4))
def _huber_loss(input, target, reduction=MEAN, delta=1.0):
    """The kernel of :func:`huber_loss`: ``reduction`` is a number, 0 none, 1 mean, 2 sum; the result has the input's dtype."""
    if reduction == NONE:  # written to a tensor like the input
        return empty_like(input).copy_(elementwise("huber", wide(input), wide(target), float(delta), numbers_are_operands=False))
    return _kept("huber", input, target, reduction, delta, input.dtype)


@_huber_loss.constraints
def _(require, input, target, delta):
    require(delta > 0, RuntimeError, "huber_loss does not support non-positive values for delta.")
    common = common_dtype(input, target)
    require(common.category <= input.dtype.category, RuntimeError, "result type {} can't be cast to the desired output type {}",
            common.type_name, input.dtype.type_name)  # fmt: skip
    require(common.category == 2, NotImplementedError, "\"huber_cpu\" not implemented for '{}'", common.type_name)


def _huber_gradient(grad: Any, input: Any, target: Any, reduction: int, delta: float) -> Any:
    if target.dtype is not input.dtype:
        raise RuntimeError(f"Found dtype {target.dtype.type_name} but expected {input.dtype.type_name}")
    differences = wide(input) - wide(target)
    slopes = differences.where(~(differences.abs() >= delta), differences.sign() * delta)
    return slopes * _share(grad, differences, reduction)


_huber_loss.derivative(
    input=_huber_gradient,
    target=lambda grad, input, target, reduction, delta: _huber_gradient(grad, target, input, reduction, delta),
)


@op("function python", namespace="nn.functional", contract=accumulated(4))
def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """With ``z = |input - target|``, ``z**2 / 2`` where ``z < delta`` and ``delta * (z - delta / 2)`` elsewhere: the mean, the sum, or each of them.

    Shapes: the operands broadcast, with a warning if their shapes differ; the result is 0-d, but with ``reduction="none"`` it has their common shape.
    ``weight``, of the input's shape, multiplies each element; the mean is divided by the number of elements all the same. Dtypes: floating point
    ones; the result has the input's. Special cases: the mean of no elements is NaN; an infinite difference is NaN for an infinite ``delta``.
    Errors: AttributeError for operands without a size; ValueError for an unknown ``reduction`` and for weights of another shape; RuntimeError for
    shapes that do not broadcast, for an input of integers beside floats, and for a ``delta`` that is not positive; NotImplementedError for other
    dtypes. Gradient (RuntimeError if the dtypes differ): ``input - target``, but at least ``-delta`` and at most ``delta``, times that of the
    result, divided by the number of elements for the mean. Evaluated in binary64 and rounded once.
    Source: P. J. Huber, "Robust estimation of a location parameter" (1964).

    >>> nn.functional.huber_loss(tensor([0.5, -3.]), tensor([0., 0.]), reduction="none", delta=2.)
    tensor([0.1250, 4.0000])
    """
    a, b = expanded(input, target)
    if weight is None:
        return _huber_loss(a, b, get_enum(reduction), delta)
    return reduced(_huber_loss(a, b, NONE, delta) * weight, get_enum(reduction))


@huber_loss.constraints
def _(require, input, target, reduction, delta, weight):
    _sized(require, input, target)
    number = isinstance(delta, (int, float, Tensor))
    require(number, TypeError, "huber_loss(): argument 'delta' (position 4) must be float, not {}", type(delta).__name__)
    if weight is None:
        known_word(require, reduction)
        return
    size = weight.size()
    common = common_dtype(input, target)  # torch asks for the reduction when the losses are there
    first: tuple[tuple[type[Exception], str], ...] = ()
    if common.category > input.dtype.category:
        first = ((RuntimeError, f"result type {common.type_name} can't be cast to the desired output type {input.dtype.type_name}"),)
    elif common.category != 2:
        first = ((NotImplementedError, f"\"huber_cpu\" not implemented for '{common.type_name}'"),)
    require(reduction in ("none", "mean", "sum"), ValueError, "Invalid reduction mode: {}. Expected one of 'none', 'mean', 'sum'.", reduction,
            also=first)  # fmt: skip
    require(size == input.size(), ValueError, "Weights and input must have the same size.")
