"""Distances between vectors, and vectors that are cut to a length."""

from __future__ import annotations

import math
from typing import Any

from ...foundation.contracts import accumulated, conditioned
from ...foundation.dtypes import bool_, complex128, float64
from ...operations.dtype_support import common_dtype
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...tensor import Tensor, contiguous_format
from ..pointwise.replacement import where
from ..reductions.sums import reduce, reduced_dims
from .norms import _has_norm, _norm_gradient


def _wide(t: Tensor) -> Tensor:
    return t.detach().to(complex128 if t.is_complex() else float64)


_WITH_BOOL = (
    "a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
    "two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead.",
)


@op("method", contract=accumulated(2))
def dist(input, other, p=2):
    """The norm of order ``p`` of the difference of two tensors (see :func:`norm`), rounded once.

    Shapes: the two are broadcast together; the result is 0-d. Dtypes: the common one, which is a floating point or complex one; the result is real.
    Errors: RuntimeError for integers and bool, for a complex order, and for negative and infinite orders of no elements. Gradient: that of the
    norm, and its negative. Source: torch.dist.

    >>> dist(tensor([1., 2.]), tensor([4., 6.]))
    tensor(5.)
    """
    common = common_dtype(input, other)  # in which an integer may be infinite
    difference = _wide(input.to(common)) - _wide(other.to(common))
    found = reduce("norm", difference, reduced_dims(None, difference.dim()), False, float64, ord=float(p))
    return found.to(common.real)


@dist.constraints
def _(require, input, other, p):
    d = common_dtype(input, other)
    require(input.dtype is not bool_ and other.dtype is not bool_, RuntimeError, "Subtraction, the `-` operator, with {}", _WITH_BOOL[0], also=(
        (RuntimeError, "Subtraction, the `-` operator, with " + _WITH_BOOL[1]),))  # fmt: skip
    require(d.category >= 2, RuntimeError, "norm(): input dtype should be either floating point or complex. Got {} instead.", d.type_name)
    require(not isinstance(p, complex), RuntimeError, "linalg.vector_norm: Expected a non-complex scalar as the order of norm.")
    require.broadcast(input, other)
    order = p if not isinstance(p, complex) else 2
    none = not input.numel() or not other.numel()
    require(0 <= order < math.inf or order != order or not none, RuntimeError, "linalg.vector_norm cannot compute the {:g} norm on an empty tensor "
            "because the operation does not have an identity", order)  # fmt: skip


def _dist_gradient(grad: Tensor, input: Tensor, other: Tensor, p: Any, result: Tensor) -> Any:
    return _norm_gradient(grad, input - other, result, p, None, False)


def _negative(gradient: Any) -> Any:
    return None if gradient is None else -gradient


dist.derivative(
    input=lambda grad, input, other, p, result: _dist_gradient(grad, input, other, p, result),
    other=lambda grad, input, other, p, result: _negative(_dist_gradient(grad, input, other, p, result)),
)


def _others(input: Tensor, dim: int) -> tuple[int, ...]:
    """All dimensions but one."""
    return tuple([d for d in range(input.dim()) if d != dim % input.dim()])


@op("method inplace out", contract=conditioned(8), out=EXACT_OUTPUT)
def renorm(input, p, dim, maxnorm):
    """Each slice along ``dim`` whose norm of order ``p`` is greater than ``maxnorm`` is multiplied by ``maxnorm / (norm + 1e-7)``, rounded once.

    Shapes: that of the input, which has two dimensions or more. Dtypes: floating point and complex ones. Special cases: a slice of which the norm is
    NaN stays. Errors: RuntimeError for other dtypes, fewer dimensions, orders that are not positive, complex numbers, and a negative
    ``maxnorm``; IndexError for a dimension that the input does not have. Gradient: that of the quotient where it was multiplied. Source:
    torch.renorm.

    >>> renorm(tensor([[3., 4.], [0.3, 0.4]]), 2, 0, 1.)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    x = _wide(input)
    norm = reduce("norm", x, _others(input, dim), True, float64, ord=float(p))
    result = x * where(norm > maxnorm, maxnorm / (norm + 1e-7), 1.0)
    return result.to(input.dtype).contiguous(memory_format=contiguous_format)


@renorm.constraints
def _(require, input, p, dim, maxnorm):
    require(not isinstance(p, complex), RuntimeError, "renorm: p must be real-valued")
    require(isinstance(p, complex) or p > 0, RuntimeError, "renorm: non-positive-norm not supported")
    require(not isinstance(maxnorm, complex), RuntimeError, "renorm: maxnorm must be real-valued")
    require(isinstance(maxnorm, complex) or maxnorm >= 0, RuntimeError, "renorm: expected maxnorm to be >= 0 but got {:g}", _real(maxnorm))
    require(input.dim() > 1, RuntimeError, "renorm: input needs at least 2 dimensions, got {} dimensions", input.dim())
    require.dimension(dim, input)
    require(input.dtype.category >= 2, RuntimeError, "linalg.vector_norm: Expected a floating point or complex tensor as input. Got {}",
            input.dtype.type_name)  # fmt: skip
    if input.dim() > 1 and not isinstance(p, complex) and -input.dim() <= dim < input.dim():
        _has_norm(require, input, p, _others(input, dim))


def _real(number: Any) -> Any:
    return number.real if isinstance(number, complex) else number


def _renorm_gradient(grad: Tensor, input: Tensor, p: Any, dim: int, maxnorm: Any) -> Tensor:
    dims = _others(input, dim)
    norm = input.norm(p, dims, True)
    along = input.conj() * grad
    of_norm = _norm_gradient((along.real if along.is_complex() else along).sum(dims, True), input, norm, p, dims, True)
    inverse = (norm + 1e-7).reciprocal()
    return where(norm > maxnorm, maxnorm * inverse * (grad - inverse * of_norm), grad)


renorm.derivative(input=_renorm_gradient)
