"""Variance and standard deviation.

Torch has three signatures: ``(dim, unbiased)``, ``(dim, *, correction)`` and ``(unbiased)``. The sum of the squared distances from the mean
is divided by ``n - correction``, where ``unbiased`` means 1, which is the default (Bessel's correction), and ``unbiased=False`` 0.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from ...foundation.contracts import conditioned
from ...operations.output_kinds import CASTABLE, OutputKind
from ...operations.registry import op
from ...operations.sharing import COMPUTED, SUMMED, Sharing
from ...tensor import Tensor
from ..pointwise.replacement import where
from .sums import reduce, reduced_count, reduced_dims, spread


def _arguments(dim: Any, unbiased: Any, correction: Any) -> tuple[Any, float]:
    """The dimensions and the correction, whichever of the signatures was used."""
    if unbiased is None:
        return dim, 1 if correction is None else correction
    return dim, int(unbiased)


def _spread_of(name: str, input: Tensor, dim: Any, unbiased: Any, keepdim: bool, correction: Any) -> Tensor:
    dim, correction = _arguments(dim, unbiased, correction)
    dims, shape = reduced_dims(dim, input.dim()), input.shape
    results = math.prod([s for d, s in enumerate(shape) if d not in dims])
    if (reduced_count(dim, shape) if results else 0) - correction <= 0:
        warnings.warn(f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor (input numel divided by "
                      "output numel).", stacklevel=5)
    return reduce(name, input, dims, keepdim, input.dtype.real, correction=correction)


def _measurable(require: Any, input: Tensor, dim: Any, name: str) -> None:
    require.dimensions(dim, input)
    require(input.dtype.category >= 2, RuntimeError, "{} only support floating point and complex dtypes", name)


def _sharing(bound: dict[str, Any]) -> Sharing:
    """The variance of complex numbers is put together from those of their parts."""
    return COMPUTED if bound["input"].is_complex() else SUMMED


def _output(bound: dict[str, Any]) -> OutputKind:
    """Real numbers are added up in the dtype of the output, which is no complex one."""
    return CASTABLE if bound["input"].is_complex() else CASTABLE._replace(complex_words="\"std_cpu\" not implemented for '{out}'")


@op("method out", contract=conditioned(4), node="VarBackward0", sharing=_sharing, out=_output)
def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The variance over ``dim``: the sum of the squared distances from the mean, divided by ``n - correction``.

    Shapes: the reduced dimensions disappear, or have size 1 with ``keepdim``; no ``dim``, or an empty one, stands for all. Dtypes: floating point and
    complex ones; of complex numbers the distances are absolute values, and the result is real. Special cases: with ``n <= correction`` the result
    is inf, or NaN if all distances are 0, with a warning; NaN and infinite elements give NaN. The mean neither overflows nor loses bits on the way.
    Errors: RuntimeError for integers and bool, and for a dimension that is given twice; IndexError for one that the input does not have;
    NotImplementedError for a complex ``out`` of real numbers. Gradient: ``2 (x - mean) / (n - correction)`` times that of the result.

    >>> var(tensor([1., 2., 4.]))
    tensor(2.3333)
    """
    return _spread_of("var", input, dim, unbiased, keepdim, correction)


@var.constraints
def _(require, input, dim):
    _measurable(require, input, dim, "std and var")


def _var_gradient(grad, input, dim, unbiased, keepdim, correction):
    dim, correction = _arguments(dim, unbiased, correction)
    divisor = reduced_count(dim, input.shape) - correction
    if divisor <= 0 and (dim is None or not input.dim()):
        # Nothing can be said of the direction: infinite, whatever the sign, but at the mean.
        return grad * where(input == input.mean(), math.nan, math.inf)
    factor = 2.0 / divisor if divisor else math.inf
    return spread(factor * grad, dim, keepdim, input.shape) * (input - input.mean(dim, True))


var.derivative(input=_var_gradient)


@op("method out", contract=conditioned(4), node="StdBackward0", sharing=_sharing, out=_output)
def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The standard deviation over ``dim``: the square root of the variance (see :func:`var`), rounded once.

    Shapes, dtypes, special cases and errors: as for :func:`var`. Gradient: that of the square root and the variance, but 0 where the result is 0.

    >>> std(tensor([1., 2., 4.]))
    tensor(1.5275)
    """
    return _spread_of("std", input, dim, unbiased, keepdim, correction)


@std.constraints
def _(require, input, dim):
    _measurable(require, input, dim, "std and var")


def _std_gradient(grad, result, input, dim, unbiased, keepdim, correction):
    slope = (grad / (result * 2)).masked_fill(result == 0, 0)
    return _var_gradient(slope, input, dim, unbiased, keepdim, correction)


std.derivative(input=_std_gradient)


@op("function", contract=conditioned(4), node="VarMeanBackward0")
def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The variance and the mean over ``dim``: ``(var, mean)``, as :func:`var` and :func:`mean` give them.

    Shapes, dtypes, special cases and errors: as for :func:`var`. Gradient: the sum of both operations' gradients.

    >>> var_mean(tensor([1., 3.]))
    (tensor(2.), tensor(2.))
    """
    variance = _spread_of("var", input, dim, unbiased, keepdim, correction)
    return variance, input.mean(_arguments(dim, unbiased, correction)[0], keepdim)


@var_mean.constraints
def _(require, input, dim):
    _measurable(require, input, dim, "var_mean")


def _mean_gradient(grad, input, dim, keepdim):
    return spread(grad, dim, keepdim, input.shape) / reduced_count(dim, input.shape)


def _var_mean_gradient(grads, input, dim, unbiased, keepdim, correction):
    dims = _arguments(dim, unbiased, correction)[0]
    return _var_gradient(grads[0], input, dim, unbiased, keepdim, correction) + _mean_gradient(grads[1], input, dims, keepdim)


var_mean.derivative(input=_var_mean_gradient)


@op("function", contract=conditioned(4), node="StdMeanBackward0")
def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The standard deviation and the mean over ``dim``: ``(std, mean)``, as :func:`std` and :func:`mean` give them.

    Shapes, dtypes, special cases and errors: as for :func:`var`. Gradient: the sum of both operations' gradients, 0 from a deviation of 0.

    >>> std_mean(tensor([1., 3.]))
    (tensor(1.4142), tensor(2.))
    """
    deviation = _spread_of("std", input, dim, unbiased, keepdim, correction)
    return deviation, input.mean(_arguments(dim, unbiased, correction)[0], keepdim)


@std_mean.constraints
def _(require, input, dim):
    _measurable(require, input, dim, "std_mean")


def _std_mean_gradient(grads, result0, input, dim, unbiased, keepdim, correction):
    dims = _arguments(dim, unbiased, correction)[0]
    return _std_gradient(grads[0], result0, input, dim, unbiased, keepdim, correction) + _mean_gradient(grads[1], input, dims, keepdim)


std_mean.derivative(input=_std_mean_gradient)
