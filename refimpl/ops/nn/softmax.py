"""Softmax and its logarithm along one dimension.

Both are evaluated in binary64 and rounded once. The maximum of the slice is subtracted first, so that no exponential
overflows: softmax(x) = softmax(x - c) for every number c.

Source: torch.nn.functional.softmax; J. S. Bridle, "Probabilistic interpretation of feedforward classification network
outputs", 1990.
"""

from __future__ import annotations

from typing import Any

from ...foundation.contracts import conditioned
from ...foundation.dtypes import float64
from ...foundation.layout import wrap_dim
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import allocate_like
from ..shared.overrides import overridden


def wide(tensor: Any) -> Any:
    """The tensor in float64, where composites are evaluated."""
    return tensor if tensor.dtype is float64 else tensor.to(float64)


def _along_dim(require: Any, input: Any, dim: int, half_to_float: bool, name: str) -> None:
    """The constraints of both kernels."""
    require.dimension(dim, input)
    require(not half_to_float, RuntimeError, "{} with half to float conversion is not supported on CPU", name)


@op("only", contract=conditioned(4), node="SoftmaxBackward0", dtypes="floating")
def _softmax(input, dim, half_to_float=False):
    """The kernel of :func:`softmax`: floating point input only, no cast. ``half_to_float`` must be False on the CPU.

    >>> softmax(tensor([0., 0.]), 0)
    tensor([0.5000, 0.5000])
    """
    result = allocate_like(input)
    d = wrap_dim(dim, input.dim())
    if input.numel() and not overridden("softmax", result, input, d):
        x = wide(input)
        e = (x - x.amax(d, keepdim=True)).exp()
        _round_into(result, e / e.sum(d, keepdim=True))
    return result


@_softmax.constraints
def _(require, input, dim, half_to_float):
    _along_dim(require, input, dim, half_to_float, "softmax")


def _softmax_gradient(grad: Any, result: Any, dim: int) -> Any:
    g, y = wide(grad), wide(result)
    return y * (g - (g * y).sum(dim, keepdim=True))


_softmax.derivative(input=_softmax_gradient)


@op("only", contract=conditioned(4, inner=1), node="LogSoftmaxBackward0", dtypes="floating")
def _log_softmax(input, dim, half_to_float=False):
    """The kernel of :func:`log_softmax`: floating point input only, no cast. ``half_to_float`` must be False on the CPU.

    >>> log_softmax(tensor([0., 0.]), 0)
    tensor([-0.6931, -0.6931])
    """
    result = allocate_like(input)
    d = wrap_dim(dim, input.dim())
    if input.numel() and not overridden("log_softmax", result, input, d):
        x = wide(input)
        shifted = x - x.amax(d, keepdim=True)
        _round_into(result, shifted - shifted.exp().sum(d, keepdim=True).log())
    return result


@_log_softmax.constraints
def _(require, input, dim, half_to_float):
    _along_dim(require, input, dim, half_to_float, "log_softmax")


def _log_softmax_gradient(grad: Any, result: Any, dim: int) -> Any:
    g = wide(grad)
    return g - wide(result).exp() * g.sum(dim, keepdim=True)


_log_softmax.derivative(input=_log_softmax_gradient)


def _round_into(result: Any, value: Any) -> None:
    result._view.storage.kernels.copy(result._view, value._view)


def _cast(input: Any, dtype: Any) -> Any:
    return input if dtype is None or dtype is input.dtype else input.to(dtype)


@op("method out", aliases=("special.softmax",), contract=conditioned(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def softmax(input, dim, dtype=None):
    """``exp(input) / sum(exp(input))`` along ``dim``: positive numbers whose sum is 1, evaluated in binary64 and rounded once.

    Shapes: that of the input; a 0-d tensor counts as one element. The result is contiguous. Dtypes: floating point ones; ``dtype`` casts the input
    first. Special cases: a slice that contains NaN or +inf, or only -inf, becomes NaN; other -inf give 0. Errors: IndexError for a dimension that the
    input does not have; NotImplementedError for integers, bool and complex numbers. Gradient: ``y (g - sum(g y))``, y the result and g its gradient.

    >>> softmax(tensor([1., 2., 3.]), 0)
    tensor([0.0900, 0.2447, 0.6652])
    """
    return _softmax(_cast(input, dtype), dim, False)


@softmax.constraints
def _(require, input, dim):
    require.dimension(dim, input)


@op("method out", aliases=("special.log_softmax",), contract=conditioned(4, inner=1), out=EXACT_OUTPUT, sharing=COMPUTED)
def log_softmax(input, dim, dtype=None):
    """``input - log(sum(exp(input)))`` along ``dim``: the logarithm of :func:`softmax`, without its underflow.

    Shapes, dtypes and errors: as for :func:`softmax`. Special cases: a slice that contains NaN or +inf, or only -inf, becomes NaN; other -inf stay.
    Gradient: ``g - exp(y) sum(g)``, y the result and g its gradient.

    >>> log_softmax(tensor([1., 2., 3.]), 0)
    tensor([-2.4076, -1.4076, -0.4076])
    """
    return _log_softmax(_cast(input, dtype), dim, False)


@log_softmax.constraints
def _(require, input, dim):
    require.dimension(dim, input)
