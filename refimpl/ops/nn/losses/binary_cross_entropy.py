"""Cross entropy of two classes: of a probability, and of a logit, from which the probability is its sigmoid.

Evaluated in binary64 and rounded once. In torch's C++, ``reduction`` is a number: 0 none, 1 mean, 2 sum.
"""

from __future__ import annotations

from typing import Any

from ....foundation.contracts import conditioned
from ....foundation.dtypes import bool_
from ....foundation.layout import broadcast_shapes
from ....operations.dtype_support import common_dtype
from ....operations.registry import op
from ...creation.like_another import empty_like
from ...pointwise.exponential import log1p
from ...shared.gradients import not_differentiated
from ...shared.operands import everywhere
from ..activations.smooth import log_sigmoid
from ..loss_reduction import MEAN, NONE, asked_reduction, get_enum, known_reduction, reduced
from ..softmax import wide

_CONTRACT = conditioned(4, inner=2)
_LEAST = 1e-12
_LEAST_VARIANCE = 9.999999960041972e-13  # of a probability, x * (1 - x), as a divisor: 1e-12 in single precision, in every dtype


def _share(grad: Any, weight: Any, count: int, reduction: int) -> Any:
    """The gradient of each element's loss."""
    g = wide(grad) if weight is None else wide(grad) * wide(weight)
    return g / max(count, 1) if reduction == MEAN else g


def _fit(require: Any, result: Any, *others: Any) -> None:
    """The constraint that a result is written in place, whatever the others are."""
    for other in others:
        require.broadcast(result, other)
        _takes(require, result, other)


def _takes(require: Any, result: Any, other: Any) -> None:
    """The constraint that a result has the shape after broadcasting, and holds the other's kind of numbers."""
    wanted = broadcast_shapes(tuple(result.shape), tuple(other.shape))
    require(wanted == tuple(result.shape), RuntimeError, "output with shape {} doesn't match the broadcast shape {}", list(result.shape),
            list(wanted))  # fmt: skip
    require(other.dtype.category <= result.dtype.category, RuntimeError, "result type {} can't be cast to the desired output type {}",
            common_dtype(result, other).type_name, result.dtype.type_name)  # fmt: skip


def _mismatch(shape: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, int, list[int]] | None:
    """The first dimension, from the end, in which the other does not broadcast with the shape: its size there, its number, and what was expected."""
    common = [1] * (len(other) - len(shape)) + list(shape)
    for dim in range(-1, -1 - len(other), -1):
        if other[dim] not in (1, common[dim]):
            if common[dim] != 1:
                return other[dim], dim, common
            common[dim] = other[dim]
    return None


# -- of probabilities ----------------------------------------------------------------------------------


@op("only", name="_binary_cross_entropy", node="BinaryCrossEntropyBackward0", contract=_CONTRACT, dtypes="floating", operands="input")
def _binary_cross_entropy(input, target, weight=None, reduction=MEAN):
    """The kernel of :func:`binary_cross_entropy`: ``reduction`` is a number, 0 none, 1 mean, 2 sum."""
    x, y = wide(input), wide(target)
    losses = (y - 1) * log1p(-x).clamp(min=-100) - y * x.log().clamp(min=-100)
    losses = losses if weight is None else losses * wide(weight)
    return empty_like(input).copy_(losses) if reduction == NONE else reduced(losses, reduction).to(input.dtype)


@_binary_cross_entropy.constraints
def _(require, input, target, weight):
    require(target.dtype is input.dtype, RuntimeError, "Found dtype {} but expected {}", target.dtype.type_name, input.dtype.type_name)
    for tensor, name in ((input, "input"), (target, "target")):
        require(everywhere((tensor >= 0) & (tensor <= 1)), RuntimeError, "all elements of {} should be between 0 and 1", name)
    not_differentiated(require, "binary_cross_entropy", "weight", weight)
    if weight is not None:
        _takes(require, input, weight)


@op("only", node="BinaryCrossEntropyBackwardBackward0", contract=_CONTRACT)
def binary_cross_entropy_backward(grad_output, input, target, weight=None, reduction=MEAN):
    """The gradient of :func:`binary_cross_entropy` in its input; its derivative there has 1e-12 added to the denominators, as torch has it.

    >>> x = tensor([0.5, 0.25], requires_grad=True)
    >>> nn.functional.binary_cross_entropy(x, tensor([1., 0.]), reduction="sum").backward()
    >>> x.grad
    tensor([-2.0000,  1.3333])
    """
    x, y = wide(input), wide(target)
    return _share(grad_output, weight, input.numel(), reduction) * (x - y) / ((1 - x) * x).clamp(min=_LEAST_VARIANCE)


def _per_share(input: Any, target: Any) -> Any:
    return (wide(input) - wide(target)) / ((1 - wide(input)) * wide(input)).clamp(min=_LEAST_VARIANCE)


def _curved(grad: Any, grad_output: Any, input: Any, target: Any, weight: Any, reduction: int) -> Any:
    x, y = wide(input), wide(target)
    curvature = (x * x - 2 * x * y + y) / ((x + _LEAST) ** 2 * (1 - x + _LEAST) ** 2)
    return wide(grad) * _share(grad_output, weight, input.numel(), reduction) * curvature


def _towards_target(grad: Any, grad_output: Any, input: Any, weight: Any, reduction: int) -> Any:
    x = wide(input)
    return -(wide(grad) * _share(grad_output, weight, input.numel(), reduction)) / ((1 - x) * x).clamp(min=_LEAST)


binary_cross_entropy_backward.derivative(
    grad_output=lambda grad, input, target, weight, reduction: _share(grad, weight, input.numel(), reduction) * _per_share(input, target),
    input=_curved,
    target=_towards_target,
)


def _target_gradient(grad: Any, input: Any, weight: Any, reduction: int) -> Any:
    x = wide(input)
    return _share(grad, weight, input.numel(), reduction) * (log1p(-x) - x.log())


_binary_cross_entropy.derivative(
    input=lambda grad, input, target, weight, reduction: binary_cross_entropy_backward(grad, input, target, weight, reduction),
    target=_target_gradient,
)


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """``-(y * log(x) + (1 - y) * log(1 - x))`` for probabilities x of ``input`` and y of ``target``: the mean, the sum, or each of them.

    Shapes: both of one shape, to which ``weight`` broadcasts; the result is 0-d, but has that shape with ``reduction="none"``. ``weight`` multiplies
    each element; the mean is divided by the number of elements all the same. ``size_average`` and ``reduce`` are deprecated forms of ``reduction``.
    Dtypes: floating point ones, the same for both; any real one for the weights. Special cases: a logarithm counts as -100 at least, so that a
    loss is finite; the mean of no elements is NaN. Errors: ValueError for an unknown ``reduction`` and for shapes that differ; RuntimeError for
    elements that are not between 0 and 1, NaN among them, for other dtypes of the target and shapes of the weights, and for weights that require
    grad; NotImplementedError for another dtype of the input. Gradient: ``(x - y) / max(x * (1 - x), 1e-12)``, for the target
    ``log(1 - x) - log(x)``, weighted and scaled as the loss is; of the weights there is none. Evaluated in binary64 and rounded once.

    >>> nn.functional.binary_cross_entropy(tensor([0.5, 0., 1.]), tensor([1., 1., 1.]), reduction="none")
    tensor([  0.6931, 100.0000,  -0.0000])
    """
    number = get_enum(asked_reduction(size_average, reduce, reduction))
    if weight is not None:
        weight = weight.expand(broadcast_shapes(tuple(target.shape), tuple(weight.shape)))
    return _binary_cross_entropy(input, target, weight, number)


@binary_cross_entropy.constraints
def _(require, input, target, weight, size_average, reduce, reduction):
    known_reduction(require, size_average, reduce, reduction)
    require(target.size() == input.size(), ValueError, "Using a target size ({}) that is different to the input size ({}) is deprecated. Please "
            "ensure they have the same size.", target.size(), input.size())  # fmt: skip
    if weight is not None:
        require(hasattr(weight, "size"), AttributeError, "'{}' object has no attribute 'size'", type(weight).__name__)
        wrong = _mismatch(tuple(target.shape), tuple(weight.shape))
        length, dim, expected = wrong or (0, 0, [])
        require(wrong is None, RuntimeError, "Attempting to broadcast a dimension of length {} at {}! Mismatching argument at index 1 had {}; but "
                "expected shape should be broadcastable to {}", length, dim, weight.size(), expected)  # fmt: skip


# -- of logits -----------------------------------------------------------------------------------------


@op("function", contract=_CONTRACT, dtypes="floating", operands="input")
def binary_cross_entropy_with_logits(input, target, weight=None, pos_weight=None, reduction=NONE):
    """:func:`torch.nn.functional.binary_cross_entropy_with_logits` with a number for the reduction: 0 none, 1 mean, 2 sum.

    Shapes: the input broadcasts to the target's shape. Dtypes: the result has the target's.

    >>> binary_cross_entropy_with_logits(tensor([0., 1.]), tensor([[1., 0.]]), reduction=0)
    tensor([[0.6931, 1.3133]])
    """
    x, y = wide(input), target if target.is_complex() else wide(target)
    logs = log_sigmoid(x)
    if pos_weight is not None:
        logs = ((wide(pos_weight) - 1) * y + 1) * logs
    losses = (1 - y) * x - logs
    return reduced(losses if weight is None else losses * wide(weight), reduction).to(target.dtype)


@binary_cross_entropy_with_logits.constraints
def _(require, input, target, weight, pos_weight):
    require(target.dtype is not bool_, RuntimeError, "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
            "`logical_xor()` operator instead.")  # fmt: skip
    require(pos_weight is None or pos_weight.dtype is not bool_, RuntimeError, "Subtraction, the `-` operator, with a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.")  # fmt: skip
    if pos_weight is not None:
        _fit(require, input, target, pos_weight)
    _fit(require, target, input, *(w for w in (pos_weight, weight) if w is not None))
    not_differentiated(require, "binary_cross_entropy_with_logits", "weight", weight)
    not_differentiated(require, "binary_cross_entropy_with_logits", "pos_weight", pos_weight)


def _logit_gradient(grad: Any, input: Any, target: Any, weight: Any, pos_weight: Any, reduction: int) -> Any:
    x, y = wide(input), wide(target)
    g = _share(grad, weight, target.numel(), reduction)
    if pos_weight is None:
        return (x.sigmoid() - y) * g
    positive = wide(pos_weight) * y
    return ((positive + 1 - y) * x.sigmoid() - positive) * g


def _logit_target_gradient(grad: Any, input: Any, target: Any, weight: Any, pos_weight: Any, reduction: int) -> Any:
    x = wide(input).expand(target.shape)
    slopes = -x if pos_weight is None else log_sigmoid(-x) - log_sigmoid(x) * wide(pos_weight)
    return slopes * _share(grad, weight, target.numel(), reduction)


binary_cross_entropy_with_logits.derivative(input=_logit_gradient, target=_logit_target_gradient)


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def nn_functional_binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None):
    """``(1 - y) * x - (1 + (pos_weight - 1) * y) * log(sigmoid(x))`` for x of ``input`` and y of ``target``: the mean, the sum, or each of them.

    That is :func:`binary_cross_entropy` of ``sigmoid(input)``, in which ``pos_weight`` multiplies the part of y. Shapes: both of one shape, to
    which the weights broadcast; the result is 0-d, but has that shape with ``reduction="none"``. ``weight`` multiplies each element; the
    mean is divided by the number of elements all the same. ``size_average`` and ``reduce`` are deprecated forms of ``reduction``.
    Dtypes: floating point ones; the result has the target's. Special cases: an infinite x gives NaN where its factor is 0; the mean of no
    elements is NaN. Errors: ValueError for an unknown ``reduction`` and for shapes that differ; RuntimeError for other shapes of the weights and
    other dtypes beside the input's, for which it is a NotImplementedError, and RuntimeError for weights that require grad. Gradient: without
    weights, ``sigmoid(x) - y``, and for the target ``-x``, scaled as the loss is. Evaluated in binary64 and rounded once.

    >>> nn.functional.binary_cross_entropy_with_logits(tensor([0., 1000.]), tensor([1., 0.]), reduction="none")
    tensor([6.9315e-01, 1.0000e+03])
    """
    number = get_enum(asked_reduction(size_average, reduce, reduction))
    return binary_cross_entropy_with_logits(input, target, weight, pos_weight, number)


@nn_functional_binary_cross_entropy_with_logits.constraints
def _(require, input, target, size_average, reduce, reduction):
    known_reduction(require, size_average, reduce, reduction)
    require(target.size() == input.size(), ValueError, "Target size ({}) must be the same as input size ({})", target.size(), input.size())
