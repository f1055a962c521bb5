"""Norms of vectors: ``(sum |x|**p) ** (1/p)``."""

from __future__ import annotations

import math
from typing import Any

from ...foundation.contracts import accumulated
from ...foundation.layout import wrap_dims
from ...foundation.promotion import promote_types
from ...operations.registry import make_form, op
from ...operations.sharing import SUMMED
from ...tensor import Tensor
from ..reductions.sums import reduce, reduced_dims, spread
from ..shared.outputs import same_dtype


def _check_dtypes(input: Tensor, dtype: Any, function: str) -> None:
    """Floating point or complex input; ``dtype`` of the same kind, and wide enough for it."""
    given = input.dtype
    if given.category < 2:
        raise RuntimeError(f"{function}: Expected a floating point or complex tensor as input. Got {given.type_name}")
    if dtype is None:
        return
    if dtype.category < 2:
        raise RuntimeError(f"{function}: dtype should be floating point or complex, but got {dtype.type_name}")
    if dtype.is_complex is not given.is_complex:
        kind = "complex" if given.is_complex else "real"
        raise RuntimeError(f"{function}: dtype should be {kind} for {kind} inputs, but got {dtype.type_name}")
    if promote_types(given, dtype) is not dtype:
        raise RuntimeError(f"{function}: the dtype of the input ({given.type_name}) should be convertible without narrowing to the specified dtype "
                           f"({dtype.type_name})")


def _refuse_empty(input: Tensor, ord: Any, dim: Any) -> None:
    """Negative and infinite orders have no value for no elements."""
    if input.numel() or not (ord < 0 or ord == math.inf):
        return
    order = f"{ord:g}"
    if dim is None or isinstance(dim, (tuple, list)) and not dim:
        raise RuntimeError(f"linalg.vector_norm cannot compute the {order} norm on an empty tensor because the operation does not have an identity")
    for d in dim if isinstance(dim, (tuple, list)) else (dim,):
        if input.shape[d] == 0:
            raise RuntimeError(f"linalg.vector_norm cannot compute the {order} norm on the dimension {d}because this dimension is empty and the "
                               "operation does not have an identity")


@op("only out", name="_vector_norm", contract=accumulated(2), node="LinalgVectorNormBackward0", out=same_dtype)
def _vector_norm(input, ord, dim, keepdim, *, dtype=None):
    """(sum |x|**ord) ** (1/ord); the greatest or least |x| for inf and -inf, the number of elements that are not 0 for ord 0."""
    _check_dtypes(input, dtype, "linalg.vector_norm")
    if isinstance(ord, complex):
        raise RuntimeError("linalg.vector_norm: Expected a non-complex scalar as the order of norm.")
    dims = reduced_dims(dim, input.dim())
    _refuse_empty(input, ord, dim)
    source = input if dtype is None or dtype is input.dtype else input.detach().to(dtype)
    return reduce("norm", source, dims, keepdim, source.dtype.real, ord=float(ord))


def _norm_gradient(grad, input, result, ord, dim, keepdim):
    """sgn(x) times (|x| / norm)**(p-1); 0 where the norm is 0, and none for p = 0.

    For p = inf and -inf it goes in equal parts to the elements that attain the extreme.
    """
    p = float(ord)
    norm = spread(result, dim, keepdim, input.shape)
    grad = spread(grad, dim, keepdim, input.shape)
    if p == 0:
        return None
    if p == 1:
        return input.sgn() * grad
    if p == 2:
        return grad * (input / norm).masked_fill(norm == 0, 0)
    if math.isinf(p):
        size = input.abs()
        ties = (size == norm) | (size.isnan() & norm.isnan())
        weights = ties.to(norm.dtype)
        return input.sgn() * (weights / weights.sum(dim, True) * grad)
    if p < 1:
        power = (input.sgn() * input.abs().pow(p - 1)).masked_fill(input == 0, 0)
        return power * (grad * norm.pow(1 - p))
    if p < 2:
        return input.sgn() * input.abs().pow(p - 1) * (grad / norm.pow(p - 1)).masked_fill(norm == 0, 0)
    return input * input.abs().pow(p - 2) * (grad / norm.pow(p - 1)).masked_fill(norm == 0, 0)


_vector_norm.derivative(input=_norm_gradient)


def _matrix_dims(input: Tensor, ord: str, dim: Any, dtype: Any) -> tuple[int, ...]:
    """The two dimensions of a matrix norm, or torch's error."""
    if ord not in ("fro", "nuc"):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    if input.dim() < 2:
        raise RuntimeError("linalg.matrix_norm: The input tensor A must have at least 2 dimensions.")
    if input.dtype.category < 2:
        raise RuntimeError(f"linalg.matrix_norm: Expected a floating point or complex tensor as input. Got {input.dtype.type_name}")
    dims = tuple(range(input.dim())) if dim is None else dim if isinstance(dim, (tuple, list)) else (dim,)
    if len(dims) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dims))}")
    return wrap_dims(dims, input.dim())


_linalg_vector_norm = make_form(_vector_norm.operation, "linalg_vector_norm", False)


@op("method out", contract=accumulated(2), out=same_dtype, sharing=SUMMED)
def norm(input, p="fro", dim=None, keepdim=False, dtype=None):
    """The norm of order ``p`` of the vectors along ``dim``, of all elements without it.

    ``p`` is a number; inf and -inf give the greatest and the least ``|x|``, 0 the number of elements that are not 0; "fro" is 2.
    The result is real. The gradient at the zero vector is 0. Not for integers; negative and infinite orders not for empty vectors.

    >>> norm(tensor([3., 4.]))
    tensor(5.)
    """
    if isinstance(p, str) and not (p == "fro" and (dim is None or isinstance(dim, int) or len(dim) <= 2)):
        dim = _matrix_dims(input, p, dim, dtype)
        if p == "nuc":
            raise NotImplementedError("norm: the nuclear norm is not implemented, as it needs singular values")
    ord = 2 if p is None or isinstance(p, str) else p
    return _linalg_vector_norm(input, ord, dim, keepdim, **({} if dtype is None else {"dtype": dtype}))
