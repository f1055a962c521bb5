"""Losses whose margin is soft, of logistic regression: ``log(1 + exp(-y * x))``, of one class or of several at once.

Evaluated in binary64 and rounded once. In torch's C++, ``reduction`` is a number: 0 none, 1 mean, 2 sum.
"""

from __future__ import annotations

from typing import Any

from ....foundation.contracts import conditioned
from ....foundation.dtypes import bool_, complex128, get_default_dtype
from ....foundation.layout import broadcast_shapes
from ....operations.dtype_support import common_dtype
from ....operations.registry import op
from ....tensor import Tensor
from ...creation.like_another import empty_like
from ...pointwise.exponential import log1p
from ...shared.gradients import not_differentiated
from ..activations.smooth import log_sigmoid
from ..loss_reduction import (
    MEAN,
    NONE,
    asked_reduction,
    get_enum,
    known_reduction,
    reduced,
    round_once,
)
from ..softmax import wide

_CONTRACT = conditioned(4, inner=2)
_NEGATED_BOOL = "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` " \
    "operator instead."  # fmt: skip

# -- of one class --------------------------------------------------------------------------------------


@op("only", contract=_CONTRACT, graph="real_alone")
def soft_margin_loss(input, target, reduction=MEAN):
    """:func:`torch.nn.functional.soft_margin_loss` with a number for the reduction: 0 none, 1 mean, 2 sum.

    >>> nn.functional.soft_margin_loss(tensor([1., -1.]), tensor([1, 1]))
    tensor(0.8133)
    """
    x, y = (t.to(complex128) if t.is_complex() else wide(t) for t in (input, target))
    losses = log1p((-y * x).exp()) if input.is_complex() else -log_sigmoid(y * x)
    return empty_like(input).copy_(losses) if reduction == NONE else reduced(losses, reduction).to(input.dtype)


@soft_margin_loss.constraints
def _(require, input, target):
    require(input.dtype is not bool_, RuntimeError, _NEGATED_BOOL)
    common = common_dtype(input, target)
    common = common if common.category >= 2 else get_default_dtype()
    kept = input.dtype is bool_ or input.dtype.category >= 2 and common.category <= input.dtype.category
    require(kept, RuntimeError, "result type {} can't be cast to the desired output type {}", common.type_name, input.dtype.type_name)
    require.broadcast(input, target)
    wanted = broadcast_shapes(tuple(input.shape), tuple(target.shape))
    require(wanted == tuple(input.shape), RuntimeError, "output with shape {} doesn't match the broadcast shape {}", list(input.shape), list(wanted))
    not_differentiated(require, "soft_margin_loss", "target", target)


def _soft_margin_gradient(grad: Any, input: Any, target: Any, reduction: int) -> Any:
    y = wide(target)
    g = wide(grad) / max(input.numel(), 1) if reduction == MEAN else wide(grad)
    return -y * (-y * wide(input)).sigmoid() * g


soft_margin_loss.derivative(input=_soft_margin_gradient)


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def nn_functional_soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """``log(1 + exp(-y * x))`` for x of ``input`` and y of ``target``, 1 or -1: the mean, the sum, or each of them.

    Shapes: the target broadcasts to the input's shape; the result is 0-d, but has that shape with ``reduction="none"``. ``size_average`` and
    ``reduce`` are deprecated forms of ``reduction``. Dtypes: floating point ones for the input, which the result has too; any real one for the
    target; or complex ones. Special cases: where ``-y * x`` is large, it is that; NaN where one of both is 0 and the other infinite; the mean
    of no elements is NaN. Errors: ValueError for an unknown ``reduction``; RuntimeError for other dtypes and shapes, and for the gradient of a
    complex input or of a target. Gradient: ``-y * sigmoid(-y * x)``, scaled as the loss is. Evaluated in binary64 and rounded once.

    >>> nn.functional.soft_margin_loss(tensor([1., -1.]), tensor([1, 1]), reduction="none")
    tensor([0.3133, 1.3133])
    """
    return soft_margin_loss(input, target, get_enum(asked_reduction(size_average, reduce, reduction)))


@nn_functional_soft_margin_loss.constraints
def _(require, size_average, reduce, reduction):
    known_reduction(require, size_average, reduce, reduction)


# -- of several classes at once ------------------------------------------------------------------------


def _of_classes(input: Any, target: Any, weight: Any, reduction: str) -> Any:
    losses = -(target * log_sigmoid(input) + (1 - target) * log_sigmoid(-input))
    losses = losses if weight is None else losses * weight
    dim = input.dim() - 1
    return reduced(losses.sum(dim=dim) / input.shape[dim], get_enum(reduction))


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """The mean over the classes of ``-(y * log(sigmoid(x)) + (1 - y) * log(sigmoid(-x)))``: its mean over the samples, its sum, or each of them.

    x is the logit of a class, y of ``target`` 1 where the sample has that class, 0 where it has not. Shapes: ``input`` (..., C), to which ``target``
    and ``weight``, which multiplies each element, broadcast, or the other way round: the sum goes along the dimension that is the input's last one,
    and is divided by its C; the result is 0-d, but with ``reduction="none"`` it is what is left of the common shape. ``size_average`` and ``reduce``
    are deprecated forms of ``reduction``. Dtypes: floating point ones for the input; any but bool for the target, any for the weights, which promote.
    Special cases: an infinite x gives NaN where its factor is 0; the mean of no elements is NaN. Errors: ValueError for an unknown ``reduction``;
    NotImplementedError for another dtype of the input; RuntimeError for a target of bool and for shapes that do not broadcast; IndexError for an
    input without dimensions. Gradient: ``w * (sigmoid(x) - y) / C``, for the target ``-w * x / C``, for a weight the loss of its element.
    Evaluated in binary64 and rounded once.

    >>> nn.functional.multilabel_soft_margin_loss(tensor([[1., -1.], [0., 2.]]), tensor([[1., 1.], [0., 1.]]), reduction="none")
    tensor([0.8133, 0.4100])
    """
    word = asked_reduction(size_average, reduce, reduction)
    return round_once(_of_classes(input, target, weight, word), _of_classes, input, target, weight, word)


@multilabel_soft_margin_loss.constraints
def _(require, input, target, weight, size_average, reduce, reduction):
    if not (isinstance(input, Tensor) and isinstance(target, Tensor)):
        return  # the first operation refuses it
    known_reduction(require, size_average, reduce, reduction, ("none", "mean", "sum"), "{} is not valid")
    require(input.dtype.category == 2, NotImplementedError, "\"log_sigmoid_cpu\" not implemented for '{}'", input.dtype.type_name)
    require(target.dtype is not bool_, RuntimeError, "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to "
            "invert a mask, use the `~` or `logical_not()` operator instead.")  # fmt: skip
    require(input.dim(), IndexError, "Dimension specified as -1 but tensor has no dimensions")
    require.broadcast(input, target)
    if isinstance(weight, Tensor):
        require.broadcast(input, weight)
        require.broadcast(target, weight)
