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
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import allocate_like
from ..shared.checks import not_implemented
from ..shared.outputs import same_dtype


def wide(tensor: Any) -> Any:
    """The tensor in float64, where composites are evaluated."""
    return tensor if tensor.dtype is float64 else tensor.to(float64)


def _checked(input: Any, dim: Any, half_to_float: bool, kernel: str) -> int:
    d = wrap_dim(dim, input.dim())
    if half_to_float:
        raise RuntimeError(f"{kernel} with half to float conversion is not supported on CPU")
    if not input.is_floating_point() and input.numel():
        last = input.dim() == 0 or d == input.dim() - 1
        not_implemented(f"{kernel}_lastdim_kernel_impl" if last else f"{kernel}_kernel_impl", input.dtype)
    return d


def _in_dtype(input: Any, dim: Any, dtype: Any) -> Any:
    """The argument checks of both functions, and the cast that ``dtype`` asks for."""
    if dtype is None or dtype is input.dtype:
        return input
    return input.to(dtype)


@op("only", contract=conditioned(4), node="SoftmaxBackward0")
def _softmax(input, dim, half_to_float=False):
    """The kernel of :func:`softmax`: floating point input only, no cast. ``half_to_float`` must be False on the CPU.

    >>> softmax(tensor([0., 0.]), 0)
    tensor([0.5000, 0.5000])
    """
    d = _checked(input, dim, half_to_float, "softmax")
    if input.numel() == 0:
        return _rounded(None, input)
    x = wide(input)
    e = (x - x.amax(d, keepdim=True)).exp()
    return _rounded(e / e.sum(d, keepdim=True), input)


def _softmax_gradient(grad: Any, result: Any, dim: int) -> Any:
    g, y = wide(grad), wide(result)
    return y * (g - (g * y).sum(dim, keepdim=True))


_softmax.derivative(input=_softmax_gradient)


@op("only", contract=conditioned(4, inner=1), node="LogSoftmaxBackward0")
def _log_softmax(input, dim, half_to_float=False):
    """The kernel of :func:`log_softmax`: floating point input only, no cast. ``half_to_float`` must be False on the CPU.

    >>> log_softmax(tensor([0., 0.]), 0)
    tensor([-0.6931, -0.6931])
    """
    d = _checked(input, dim, half_to_float, "log_softmax")
    if input.numel() == 0:
        return _rounded(None, input)
    x = wide(input)
    shifted = x - x.amax(d, keepdim=True)
    return _rounded(shifted - shifted.exp().sum(d, keepdim=True).log(), input)


def _log_softmax_gradient(grad: Any, result: Any, dim: int) -> Any:
    g = wide(grad)
    return g - wide(result).exp() * g.sum(dim, keepdim=True)


_log_softmax.derivative(input=_log_softmax_gradient)


def _rounded(value: Any, input: Any) -> Any:
    """``value`` rounded to the dtype of ``input``, contiguous."""
    result = allocate_like(input)
    if value is not None:
        input._view.storage.kernels.copy(result._view, value._view)
    return result


@op("method out", contract=conditioned(4), out=same_dtype, sharing=COMPUTED)
def softmax(input, dim, dtype=None):
    """``exp(input) / sum(exp(input))`` along ``dim``: positive numbers with the sum 1. The result is contiguous.

    ``dtype`` casts the input first. Without it, integers, bool and complex numbers are a NotImplementedError if there are elements. A 0-d
    tensor counts as one element. A slice that contains NaN or +inf, or only -inf, becomes NaN; other -inf give 0.

    >>> softmax(tensor([1., 2., 3.]), 0)
    tensor([0.0900, 0.2447, 0.6652])
    """
    return _softmax(_in_dtype(input, dim, dtype), dim, False)


@op("method out", contract=conditioned(4, inner=1), out=same_dtype, sharing=COMPUTED)
def log_softmax(input, dim, dtype=None):
    """``input - log(sum(exp(input)))`` along ``dim``: the logarithm of :func:`softmax`, without its underflow.

    ``dtype`` casts the input first. Without it, integers, bool and complex numbers are a NotImplementedError if there are elements. A 0-d
    tensor counts as one element. A slice that contains NaN or +inf, or only -inf, becomes NaN; other -inf stay.

    >>> log_softmax(tensor([1., 2., 3.]), 0)
    tensor([-2.4076, -1.4076, -0.4076])
    """
    return _log_softmax(_in_dtype(input, dim, dtype), dim, False)
