"""Negative logarithms of likelihoods: of counts, which are Poisson's, and of numbers, which are Gauss's.

Evaluated in binary64 and rounded once. In torch's C++, ``reduction`` is a number: 0 none, 1 mean, 2 sum.
"""

from __future__ import annotations

from math import log, pi
from typing import Any

from ....autograd.modes import no_grad
from ....foundation.c_names import spelled_c_name
from ....foundation.contracts import conditioned
from ....foundation.dtypes import bool_
from ....operations.registry import op
from ....tensor import Tensor
from ...creation.like_another import ones_like
from ...reductions.sums import any as any_of
from ...shared.operands import anywhere
from ..loss_reduction import asked_reduction, get_enum, known_reduction, reduced, round_once
from ..softmax import wide

_SUBTRACTED = "Subtraction, the `-` operator, with {} is not supported. "
_ONE_BOOL = _SUBTRACTED.format("a bool tensor") + "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
_TWO_BOOLS = _SUBTRACTED.format("two bool tensors") + "Use the `^` or `logical_xor()` operator instead."


def _floats(x: Any, exact: bool) -> Any:
    """Integers as what they are evaluated in."""
    return wide(x) if exact and x.dtype.category < 2 else x


# -- of counts -----------------------------------------------------------------------------------------


def _stirling(target: Any) -> Any:
    """An approximation of ``log(target!)``, 0 for 1 and less."""
    return (target * target.log() - target + 0.5 * (2 * pi * target).log()).masked_fill(target <= 1, 0)


def _poisson(input: Any, target: Any, log_input: bool, full: bool, eps: float, reduction: int, exact: bool = True) -> Any:
    x, count = _floats(input, exact), _floats(target, exact)
    losses = x.exp() - _floats(target * input, exact) if log_input else x - target * (x + eps).log()
    if full:
        losses = losses + _stirling(count).to(losses.dtype)
    return reduced(losses, reduction)


@op("function", contract=conditioned(4))
def poisson_nll_loss(input, target, log_input, full, eps, reduction):
    """:func:`torch.nn.functional.poisson_nll_loss` with a number for the reduction: 0 none, 1 mean, 2 sum.

    >>> poisson_nll_loss(tensor([0., 1.]), tensor([1., 2.]), True, False, 1e-8, 0)
    tensor([1.0000, 0.7183])
    """
    result = _poisson(input, target, log_input, full, eps, reduction, False)
    return round_once(result, _poisson, input, target, log_input, full, eps, reduction)


@poisson_nll_loss.constraints
def _(require, input, target, log_input, full):
    bools = input.dtype is bool_ if not log_input else input.dtype is target.dtype is bool_
    require(not (bools or full and target.dtype is bool_), RuntimeError, _ONE_BOOL)
    require(not (full and target.is_complex()), NotImplementedError, "\"le_cpu\" not implemented for '{}'", target.dtype.type_name)
    require.broadcast(input, target)


@op("function python", namespace="nn.functional", contract=conditioned(4))
def nn_functional_poisson_nll_loss(input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"):
    """``exp(x) - y * x``, or ``x - y * log(x + eps)`` without ``log_input``, for x of ``input`` and counts y of ``target``: mean, sum, or each.

    With ``full``, Stirling's approximation of ``log(y!)`` is added, ``y * log(y) - y + log(2 pi y) / 2`` where y is more than 1. Shapes: the operands
    broadcast; the result is 0-d, but has their common shape with ``reduction="none"``. ``size_average`` and ``reduce`` are deprecated forms of
    ``reduction``. Dtypes: all that can be subtracted from each other, which promote; products of integers are integers, the result has the default
    dtype. Special cases: NaN where x is infinite and y 0; the mean of no elements is NaN. Errors: ValueError for an unknown ``reduction``;
    RuntimeError for bool where it is subtracted, and for shapes that do not broadcast; NotImplementedError for complex counts with ``full``.
    Gradient: ``exp(x) - y``, or ``1 - y / (x + eps)``, and for the target ``-x``, or ``-log(x + eps)``, with the derivative of Stirling's term, which
    is NaN at 0; all scaled as the loss is. Evaluated in binary64 and rounded once.

    >>> nn.functional.poisson_nll_loss(tensor([0., 1.]), tensor([1., 2.]), full=True, reduction="none")
    tensor([1.0000, 1.3701])
    """
    number = get_enum(asked_reduction(size_average, reduce, reduction))
    return poisson_nll_loss(input, target, log_input, full, eps, number)


@nn_functional_poisson_nll_loss.constraints
def _(require, size_average, reduce, reduction):
    known_reduction(require, size_average, reduce, reduction, ("none", "mean", "sum"))


# -- of numbers ----------------------------------------------------------------------------------------


def _gaussian(input: Any, target: Any, var: Any, full: bool, eps: float, reduction: int, exact: bool = True) -> Any:
    variance = _floats(var, exact).clone()
    with no_grad():
        variance.clamp_(min=eps)
    losses = 0.5 * (variance.log() + _floats((input - target) ** 2, exact) / variance)
    return reduced(losses + 0.5 * log(2 * pi) if full else losses, reduction)


def _of_each(input: Any, var: Any) -> Any:
    """The variances, with a dimension to be broadcast if they are one for each row."""
    if isinstance(var, float):
        return var * ones_like(input)
    if not isinstance(var, Tensor):
        any_of(var < 0)  # which refuses it
    return var.unsqueeze(-1) if var.size() != input.size() and input.size()[:-1] == var.size() else var


@op("function python", namespace="nn.functional", contract=conditioned(4, inner=1))
def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """``(log(v) + (x - y)**2 / v) / 2`` for x of ``input``, y of ``target`` and a variance v: the mean, the sum, or each of them.

    v is ``var``, but at least ``eps``. With ``full``, ``log(2 pi) / 2`` is added. Shapes: ``var`` has the input's shape, or it without the last
    dimension, or with one dimension of size 1, or is a float for all; ``target`` broadcasts with both; the result is 0-d, but has their common shape
    with ``reduction="none"``. Dtypes: all that can be subtracted for the first two, floating point ones for tensors of variances, which promote.
    Special cases: infinite or NaN where the terms are; the mean of no elements is NaN. Errors: ValueError for an unknown ``reduction``, for a
    negative variance and for variances of another shape; RuntimeError for variances of integers, for bool, and for targets that do not broadcast;
    NotImplementedError for complex variances. Gradient: ``(x - y) / v``, the negative of it for the target, ``(1 - (x - y)**2 / v) / (2 v)`` for the
    variance, less than ``eps`` or not, scaled as the loss is. Evaluated in binary64 and rounded once. Source: D. Nix and A. Weigend, "Estimating the
    mean and variance of the target probability distribution" (1994).

    >>> nn.functional.gaussian_nll_loss(tensor([0., 1.]), tensor([1., 1.]), tensor([1., 4.]), reduction="none")
    tensor([0.5000, 0.6931])
    """
    var = _of_each(input, var)
    number = get_enum(reduction)
    return round_once(_gaussian(input, target, var, full, eps, number, False), _gaussian, input, target, var, full, eps, number)


@gaussian_nll_loss.constraints
def _(require, input, target, var, eps, reduction):
    if not isinstance(var, (float, Tensor)):
        return  # it is refused by what is asked of it
    require(reduction in ("none", "mean", "sum"), ValueError, "{} is not valid", reduction)
    if isinstance(var, float):
        require(not var < 0, ValueError, "var has negative entry/entries")
        require(not input.is_complex(), NotImplementedError, "clamp is not supported for complex types")
        shape = tuple(input.shape)
    else:
        require(not var.is_complex(), NotImplementedError, "\"lt_cpu\" not implemented for '{}'", var.dtype.type_name)
        require(var.is_complex() or not anywhere(var < 0), ValueError, "var has negative entry/entries")
        differing = [n for m, n in zip(input.shape, var.shape) if m != n]
        fits = var.size() == input.size() or input.size()[:-1] == var.size() or input.ndim == var.ndim and sum(differing) == 1
        require(fits, ValueError, "var is of incorrect size")
        kept = var.dtype.category >= 2 or isinstance(eps, int) and not isinstance(eps, bool) and var.dtype.category == 1
        require(kept, RuntimeError, "result type Float can't be cast to the desired output type {}", spelled_c_name(var.dtype))
        shape = tuple(_of_each(input, var).shape)
    if isinstance(target, Tensor):
        bools = (input.dtype is bool_) + (target.dtype is bool_)
        require(bools != 1, RuntimeError, _ONE_BOOL)
        require(bools != 2, RuntimeError, _TWO_BOOLS)
        require.broadcast(input, target)
        require.broadcast(target, input.new_zeros(shape))
