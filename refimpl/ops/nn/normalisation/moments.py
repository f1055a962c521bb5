"""What the normalisations share: standardised numbers, and the constraints of parameters that may be of another dtype than the input.

All is evaluated in binary64 and rounded once.
"""

from __future__ import annotations

from math import nan
from typing import Any

from ....foundation.contracts import EXACT
from ....foundation.dtypes import bfloat16, float16, float32
from ....operations.registry import op
from ..softmax import wide


def standardised(x: Any, dims: tuple[int, ...], eps: float, flat: bool = False) -> tuple[Any, Any, Any]:
    """``(x - mean) / sqrt(variance + eps)`` over ``dims``, the mean, and the inverse of the root. Of no elements the mean is 0, the inverse NaN.
    ``flat``: of equal elements the inverse of a root of 0 is 0, and not infinite."""
    shape = [1 if d in dims else size for d, size in enumerate(x.shape)]
    if x.numel() == 0:
        return x * 1.0, x.new_zeros(shape), x.new_full(shape, nan)
    mean = x.mean(dims, True)
    square = x.var(dims, correction=0, keepdim=True) + eps
    inverse = square.masked_fill(square == 0, 1).rsqrt().masked_fill(square == 0, 0) if flat and not eps else square.rsqrt()
    return (x - mean) * inverse, mean, inverse


def standardised_gradient(grad: Any, x: Any, dims: tuple[int, ...], eps: float, flat: bool = False) -> Any:
    """The gradient of the standardised numbers with respect to ``x``, as operations that can be differentiated."""
    y, _, inverse = standardised(x, dims, eps, flat)
    if x.numel() == 0:
        return grad * y
    return inverse * (grad - grad.mean(dims, True) - y * (grad * y).mean(dims, True))


def scaled(y: Any, weight: Any, bias: Any) -> Any:
    """``y * weight + bias``, each as far as it is given; these broadcast."""
    if weight is not None:
        y = y * wide(weight)
    return y if bias is None else y + wide(bias)


def parameter_dtypes(require: Any, input: Any, *parameters: Any) -> None:
    """The constraint of parameters: all have the input's dtype, or all are float32 beside a 16-bit input."""
    given = [p.dtype for p in parameters if p is not None]
    mixed = input.dtype in (float16, bfloat16) and all(d is float32 for d in given)
    other = next((d for d in given if d is not input.dtype), input.dtype)
    require(mixed or other is input.dtype, RuntimeError, "mixed dtype (CPU): all inputs must share same datatype.", input.dtype.type_name,
            other.type_name, also=((RuntimeError, "mixed dtype (CPU): expect parameter to have scalar type of Float"),
                                   (RuntimeError, "expected scalar type {} but found {}")))  # fmt: skip


@op("only", name="_beside", node="CloneBackward0", contract=EXACT)
def _beside(value, input):
    """``value``, a gradient that does not depend on ``input``: in the graph it stands beside it all the same, as torch's does."""
    return value.clone()


_beside.derivative(value=lambda grad: grad, input=lambda input: None)
beside = _beside


def statistics_dtype(input: Any, *parameters: Any) -> Any:
    """The dtype in which means and deviations are handed out: the parameters', if there are any."""
    return next((p.dtype for p in parameters if p is not None), input.dtype)
