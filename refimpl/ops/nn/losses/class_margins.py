"""Losses that ask a sample's own classes to be ahead of all others by a margin.

Evaluated in binary64 and rounded once. Notation: N samples, C classes; ``input`` is (C) or (N, C), or has no dimensions: one sample, one class.
In torch's C++, ``reduction`` is a number: 0 none, 1 mean, 2 sum. torch differentiates them once. Of no samples the mean is NaN and the sum 0.
"""

from __future__ import annotations

from typing import Any

from ....foundation.contracts import conditioned
from ....foundation.dtypes import float32, float64, int64
from ....operations.registry import op
from ...creation.ranges import arange
from ...shared.elementwise import number_as
from ...shared.gradients import no_derivative, not_differentiated
from ...shared.operands import everywhere
from ..loss_reduction import MEAN, NONE, asked_reduction, get_enum, known_reduction, reduced
from ..softmax import wide

_CONTRACT = conditioned(4)


def _rows(input: Any) -> Any:
    """The input as (N, C), in float64."""
    return wide(input).reshape(input.shape if input.dim() == 2 else (1, input.numel()))


def _share(grad: Any, samples: int, classes: int, reduction: int) -> Any:
    """The part of the result's gradient that each pair of classes has: (N, 1), or (1, 1) for all."""
    g = wide(grad).reshape(-1, 1) / classes
    return g / max(samples, 1) if reduction == MEAN else g


def _matrix(require: Any, input: Any, kernel: str) -> None:
    fits = not input.dim() or input.dim() <= 2 and input.shape[-1]
    require(fits, RuntimeError, "Expected non-empty vector or matrix with optional 0-dim batch size, but got: {}", list(input.shape))
    require(not input.numel() or input.dtype in (float32, float64), NotImplementedError, "\"{}\" not implemented for '{}'", kernel,
            input.dtype.type_name)  # fmt: skip


def _classes(require: Any, input: Any, target: Any) -> None:
    require(not input.numel() or target.dtype is int64, RuntimeError, "expected scalar type Long but found {}", target.dtype.type_name,
            also=((NotImplementedError, "\"min_all\" not implemented for '{}'"),) if target.is_complex() else ())  # fmt: skip


# -- one class of a sample -------------------------------------------------------------------------------


def _excess(input: Any, target: Any, margin: Any) -> tuple[Any, Any, Any]:
    """By how much each class exceeds its bound, (N, C), where it does; where that is, the sample's own class aside; the own classes, (N, 1)."""
    x, own = _rows(input), target.reshape(-1, 1)
    z = number_as(margin, input.dtype) - x.gather(1, own) + x
    others = arange(x.shape[1], device=input.device) != own
    return z, (z > 0) & others, own


@op("only", contract=_CONTRACT)
def multi_margin_loss(input, target, p=1, margin=1, weight=None, reduction=MEAN):
    """:func:`torch.nn.functional.multi_margin_loss` with a number for the reduction: 0 none, 1 mean, 2 sum.

    >>> nn.functional.multi_margin_loss(tensor([0.5, 1., 0.25]), tensor(1), p=2)
    tensor(0.1042)
    """
    if not input.numel():
        return reduced(input.new_zeros((0,), dtype=float64), reduction).to(input.dtype)
    z, counted, own = _excess(input, target, margin)
    losses = z * z if p == 2 else z
    if weight is not None:
        losses = losses * wide(weight).reshape(-1).take(own)
    losses = losses.masked_fill(~counted, 0).sum(1) / z.shape[1]
    return (losses.reshape(target.shape) if reduction == NONE else reduced(losses, reduction)).to(input.dtype)


@multi_margin_loss.constraints
def _(require, input, target, p, margin, weight):
    _matrix(require, input, "multi_margin_loss_cpu_kernel")
    samples, classes = (input.shape if input.dim() == 2 else (1, input.numel()))[:2]
    require(p in (1, 2), RuntimeError, "only p == 1 and p == 2 supported")
    fits = target.dim() <= 1 and target.numel() == samples
    require(fits, RuntimeError, "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). "
            "Expected target size [{}], but got {}. Input has shape {}.", samples, list(target.shape), list(input.shape))  # fmt: skip
    _classes(require, input, target)
    if weight is not None:
        fits = weight.dim() <= 1 and weight.numel() == classes
        require(fits, RuntimeError, "inconsistent weight size, expected {} but got {}", classes, list(weight.shape))
        require(not input.numel() or weight.dtype is input.dtype, RuntimeError, "expected scalar type {} but found {}", input.dtype.type_name,
                weight.dtype.type_name)  # fmt: skip
    not_differentiated(require, "multi_margin_loss", "weight", weight)
    if input.numel():
        require.fits(margin, input.dtype)
        require(everywhere((target >= 0) & (target < classes)), RuntimeError, "target out of range")


@op("only", name="_multi_margin_loss_backward", contract=_CONTRACT)
def _multi_margin_loss_backward(grad_output, input, target, p, margin, weight, reduction):
    """The gradient of :func:`torch.nn.functional.multi_margin_loss`."""
    if not input.numel():
        return input.new_zeros(input.shape)
    z, counted, own = _excess(input, target, margin)
    samples, classes = z.shape
    slopes = _share(grad_output, samples, classes, reduction) * (2 * z if p == 2 else z.new_ones(z.shape))
    if weight is not None:
        slopes = slopes * wide(weight).reshape(-1).take(own)
    slopes = slopes.masked_fill(~counted, 0)
    return slopes.scatter(1, own, -slopes.sum(1, keepdim=True)).reshape(input.shape).to(input.dtype)


_ONCE = "aten::multi_margin_loss_backward"
_multi_margin_loss_backward.derivative(grad_output=no_derivative(_ONCE), input=no_derivative(_ONCE))
multi_margin_loss.derivative(input=lambda grad, input, target, p, margin, weight, reduction: _multi_margin_loss_backward(
    grad, input, target, p, margin, weight, reduction))  # fmt: skip


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def nn_functional_multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    """``weight[t] * sum(max(0, margin - x[t] + x[j]) ** p) / C`` over the classes j other than a sample's own, t: the mean, the sum, or each of them.

    Shapes: ``input`` (N, C) or (C), ``target`` (N), or () for one sample, ``weight`` (C); the result is 0-d, but has the target's shape with
    ``reduction="none"``. ``p`` is 1 or 2. ``size_average`` and ``reduce`` are deprecated forms of ``reduction``. Dtypes: float32 and float64, the
    same for the weights; int64 for the target. Special cases: a NaN is beyond no margin, and counts as 0; for no samples see above. Errors:
    ValueError for an unknown ``reduction``, another ``p``, and weights that are no vector; RuntimeError for other shapes, for a target that is no
    class, for other dtypes of the target and of the weights, and for the gradient of these; NotImplementedError for an input of another dtype.
    Gradient: for each class j beyond the margin ``weight[t] * p * (margin - x[t] + x[j]) ** (p - 1) / C``, the negative of their sum for t, scaled as
    the loss is; RuntimeError for that of second order. Evaluated in binary64 and rounded once.

    >>> nn.functional.multi_margin_loss(tensor([[0.5, 1., 0.25], [0., 0., 0.]]), tensor([1, 0]), reduction="none")
    tensor([0.2500, 0.6667])
    """
    number = get_enum(asked_reduction(size_average, reduce, reduction))
    return multi_margin_loss(input, target, p, margin, weight, number)


@nn_functional_multi_margin_loss.constraints
def _(require, p, weight, size_average, reduce, reduction):
    known_reduction(require, size_average, reduce, reduction)
    require(p == 1 or p == 2, ValueError, "only p == 1 and p == 2 supported")
    require(weight is None or weight.dim() == 1, ValueError, "weight must be one-dimensional")


# -- several classes of a sample -------------------------------------------------------------------------


def _pairs(input: Any, target: Any) -> tuple[Any, Any, Any]:
    """By how much a class exceeds the bound of one of the sample's own, (N, own, C); where it does; and the own ones, 0 for none, (N, own)."""
    x = _rows(input)
    labels = target.reshape(x.shape)
    named = (labels < 0).to(int64).cumsum(1) == 0
    own = labels.masked_fill(~named, 0)
    others = own.new_zeros(x.shape).scatter_add(1, own, named.to(int64)) == 0
    z = 1 - x.gather(1, own).unsqueeze(2) + x.unsqueeze(1)
    return z, (z > 0) & named.unsqueeze(2) & others.unsqueeze(1), own


@op("only", contract=_CONTRACT)
def multilabel_margin_loss(input, target, reduction=MEAN):
    """:func:`torch.nn.functional.multilabel_margin_loss` with a number for the reduction: 0 none, 1 mean, 2 sum.

    >>> nn.functional.multilabel_margin_loss(tensor([0.5, 1., 0.25]), tensor([1, 0, -1]))
    tensor(0.3333)
    """
    if not input.numel():
        return reduced(input.new_zeros((0,), dtype=float64), reduction).to(input.dtype)
    z, counted, _ = _pairs(input, target)
    losses = z.masked_fill(~counted, 0).sum((1, 2)) / z.shape[2]
    return (losses.reshape(input.shape[:-1]) if reduction == NONE else reduced(losses, reduction)).to(input.dtype)


@multilabel_margin_loss.constraints
def _(require, input, target):
    _matrix(require, input, "multilabel_margin_loss_forward_out_frame")
    fits = target.shape == input.shape if input.dim() == 2 else target.dim() <= 1 and target.numel() == input.numel()
    require(fits, RuntimeError, "inconsistent target size: {} for input of size: {}", list(target.shape), list(input.shape))
    _classes(require, input, target)
    classes = input.shape[-1] if input.dim() else 1
    require(everywhere((target >= -1) & (target < classes)), RuntimeError, "argument #2 'target' is out of range")


@op("only", name="_multilabel_margin_loss_backward", contract=_CONTRACT)
def _multilabel_margin_loss_backward(grad_output, input, target, reduction):
    """The gradient of :func:`torch.nn.functional.multilabel_margin_loss`."""
    if not input.numel():
        return input.new_zeros(input.shape)
    z, counted, own = _pairs(input, target)
    counts = counted.to(float64)
    slopes = counts.sum(1).scatter_add(1, own, -counts.sum(2)) * _share(grad_output, z.shape[0], z.shape[2], reduction)
    return slopes.reshape(input.shape).to(input.dtype)


_ONCE_TOO = "aten::multilabel_margin_loss_backward"
_multilabel_margin_loss_backward.derivative(grad_output=no_derivative(_ONCE_TOO), input=no_derivative(_ONCE_TOO))
multilabel_margin_loss.derivative(
    input=lambda grad, input, target, reduction: _multilabel_margin_loss_backward(grad, input, target, reduction))


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def nn_functional_multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """``sum(max(0, 1 - x[t] + x[j])) / C`` over a sample's own classes t and all others j: the mean, the sum, or each of them.

    ``target`` has the own classes of each sample before the first -1; one that it has twice counts twice. Shapes: ``input`` and ``target`` (N, C) or
    (C); the result is 0-d, but (N) or () with ``reduction="none"``. ``size_average`` and ``reduce`` are deprecated forms of ``reduction``. Dtypes:
    float32 and float64, int64 for the target. Special cases: a NaN is beyond no margin, and counts as 0; for no samples see above. Errors: ValueError
    for an unknown ``reduction``; RuntimeError for other shapes, for a target that is neither a class nor -1, and for another dtype of it;
    NotImplementedError for an input of another dtype. Gradient: for each pair that is not beyond the margin ``1 / C`` for j and ``-1 / C`` for t,
    scaled as the loss is; RuntimeError for that of second order. Evaluated in binary64 and rounded once.

    >>> nn.functional.multilabel_margin_loss(tensor([[0.5, 1., 0.25], [0., 0., 0.]]), tensor([[1, -1, 0], [0, 1, -1]]), reduction="none")
    tensor([0.2500, 0.6667])
    """
    return multilabel_margin_loss(input, target, get_enum(asked_reduction(size_average, reduce, reduction)))


@nn_functional_multilabel_margin_loss.constraints
def _(require, size_average, reduce, reduction):
    known_reduction(require, size_average, reduce, reduction)
