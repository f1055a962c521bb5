"""Norms of vectors: ``(sum |x|**p) ** (1/p)``."""

from __future__ import annotations

import math
import warnings
from typing import Any, Callable

from ...foundation.contracts import accumulated
from ...foundation.dtypes import bfloat16, float16
from ...foundation.layout import wrap_dims
from ...foundation.promotion import promote_types
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import SUMMED
from ...tensor import Tensor
from ..reductions.sums import reduce, reduced_dims, spread
from .spectra.singular_values import _linalg_svdvals


def _kind(is_complex: bool) -> str:
    return "complex" if is_complex else "real"


def _floating(require: Any, input: Tensor, dtype: Any) -> None:
    """Floating point or complex input; ``dtype`` of the same kind, and wide enough for it."""
    given = input.dtype
    require(given.category >= 2, RuntimeError, "linalg.vector_norm: Expected a floating point or complex tensor as input. Got {}", given.type_name)
    if dtype is None:
        return
    require(dtype.category >= 2, RuntimeError, "linalg.vector_norm: dtype should be floating point or complex, but got {}", dtype.type_name)
    require(dtype.is_complex is given.is_complex, RuntimeError, "linalg.vector_norm: dtype should be {0} for {0} inputs, but got {1}",
            _kind(given.is_complex), dtype.type_name)  # fmt: skip
    require(promote_types(given, dtype) is dtype or dtype.category < 2, RuntimeError,
            "linalg.vector_norm: the dtype of the input ({}) should be convertible without narrowing to the specified dtype ({})",
            given.type_name, dtype.type_name)  # fmt: skip


def _has_norm(require: Any, input: Tensor, ord: Any, dim: Any) -> None:
    """A real order; negative and infinite ones have no value for no elements."""
    require(not isinstance(ord, complex), RuntimeError, "linalg.vector_norm: Expected a non-complex scalar as the order of norm.")
    dims = (dim,) if isinstance(dim, int) else dim or ()
    defined = 0 <= ord < math.inf or ord != ord
    named = ord if defined or isinstance(ord, int) else f"{ord:g}"
    require(defined or dims or input.numel(), RuntimeError, "linalg.vector_norm cannot compute the {} norm on an empty tensor because the "
            "operation does not have an identity", named)  # fmt: skip
    for d in dims:
        require(defined or not input.dim() or input.shape[d], RuntimeError, "linalg.vector_norm cannot compute the {} norm on the dimension {}"
                "because this dimension is empty and the operation does not have an identity", named, d)  # fmt: skip


@op("out", namespace="linalg", contract=accumulated(2), out=EXACT_OUTPUT, sharing=SUMMED)
def linalg_vector_norm(input, ord=2, dim=None, keepdim=False, *, dtype=None):
    """The norm of order ``ord`` of the vectors along ``dim``: ``(sum |x|**ord) ** (1/ord)``, rounded once.

    Shapes: the reduced dimensions disappear, or have size 1 with ``keepdim``; no ``dim`` stands for all. Dtypes: floating point and complex ones; the
    result is real. ``dtype``, to which the elements are cast first, must be of the same kind and not narrower. Special cases: inf and -inf give the
    greatest and the least ``|x|``, 0 the number of elements that are not 0; NaN gives NaN of several elements, ``|x|`` of one and 0 of none. Squares
    neither overflow nor vanish on the way. Errors: RuntimeError for other dtypes, for a complex order, and for negative and infinite orders of no
    elements; IndexError for a dimension that the input does not have. Gradient: ``sgn(x) (|x| / norm)**(ord-1)``, 0 at the zero vector; for inf and
    -inf in equal parts to the elements that attain it; none for order 0. Source: torch.linalg.vector_norm.

    >>> linalg.vector_norm(tensor([3., 4.]))
    tensor(5.)
    >>> linalg.vector_norm(tensor([[3., 4.]]), nan, 1), linalg.vector_norm(tensor([[-3.]]), nan, 1)
    (tensor([nan]), tensor([3.]))
    """
    source = input if dtype is None or dtype is input.dtype else input.detach().to(dtype)
    return reduce("norm", source, reduced_dims(dim, input.dim()), keepdim, source.dtype.real, ord=float(ord))


@linalg_vector_norm.constraints
def _(require, input, ord, dim, dtype):
    _floating(require, input, dtype)
    require.dimensions(dim, input)
    _has_norm(require, input, ord, dim)


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
        extreme = (size.amax if p > 0 else size.amin)(() if dim is None else dim, True)
        ties = (size == extreme) | (size.isnan() & extreme.isnan())
        weights = ties.to(norm.dtype)
        return input.sgn() * (weights / weights.sum(dim, True) * grad)
    if p < 1:
        power = (input.sgn() * input.abs().pow(p - 1)).masked_fill(input == 0, 0)
        return power * (grad * norm.pow(1 - p))
    if p < 2:
        return input.sgn() * input.abs().pow(p - 1) * (grad / norm.pow(p - 1)).masked_fill(norm == 0, 0)
    return input * input.abs().pow(p - 2) * (grad / norm.pow(p - 1)).masked_fill(norm == 0, 0)


linalg_vector_norm.derivative(input=_norm_gradient)


def _is_of_matrices(p: Any, dim: Any) -> bool:
    """Whether torch takes it for a norm of matrices: an order by name, unless it is the one that vectors have, too."""
    return isinstance(p, str) and not (p == "fro" and (dim is None or isinstance(dim, int) or len(dim) <= 2))


def _matrix_norm(require: Any, input: Tensor, p: str, dim: Any) -> None:
    require(p in ("fro", "nuc"), RuntimeError, "linalg.matrix_norm: Order {} not supported.", p)
    require(input.dim() >= 2, RuntimeError, "linalg.matrix_norm: The input tensor A must have at least 2 dimensions.")
    require(input.dtype.category >= 2, RuntimeError, "linalg.matrix_norm: Expected a floating point or complex tensor as input. Got {}",
            input.dtype.type_name)  # fmt: skip
    require(input.dtype not in (float16, bfloat16), RuntimeError, "linalg.matrix_norm: Low precision dtypes not supported. Got {}",
            input.dtype.type_name)  # fmt: skip
    dims = tuple(range(input.dim())) if dim is None else (dim,) if isinstance(dim, int) else dim
    require(len(dims) == 2 or dim is None and input.dim() < 2, RuntimeError,
            "linalg.matrix_norm: dim must be a 2-tuple. Got {}", " ".join(map(str, dims)))
    for dim in dims:
        require.dimension(dim, input)
    require(len(dims) != 2 or (dims[0] - dims[1]) % input.dim(), RuntimeError, "linalg.matrix_norm: dims must be different. Got ({0}, {0})",
            dims[0] % input.dim())  # fmt: skip


def of_singular_values(input: Tensor, dim: Any, keepdim: bool, function: Callable[..., Tensor]) -> Tensor:
    """A function of the singular values of the matrices in two dimensions, which are reduced."""
    rows, columns = wrap_dims(dim, input.dim())
    order = [d for d in range(input.dim()) if d not in (rows, columns)] + [rows, columns]
    found = function(_linalg_svdvals(input.permute(order)), -1, keepdim)
    return found.unsqueeze(-1).permute([order.index(d) for d in range(input.dim())]) if keepdim else found


def nuclear(input: Tensor, dim: Any, keepdim: bool) -> Tensor:
    """The sum of the singular values."""
    return of_singular_values(input, dim, keepdim, lambda values, d, keep: values.sum(d, keep))


@op("method out", contract=accumulated(2), out=EXACT_OUTPUT, sharing=SUMMED)
def norm(input, p="fro", dim=None, keepdim=False, dtype=None):
    """The norm of order ``p`` of the vectors along ``dim``: ``(sum |x|**p) ** (1/p)``, rounded once.

    Shapes: the reduced dimensions disappear, or have size 1 with ``keepdim``; no ``dim`` stands for all. Dtypes: floating point and complex ones; the
    result is real. ``dtype``, to which the elements are cast first, must be of the same kind and not narrower. Special cases: ``p`` is a number, or
    "fro" for 2, or "nuc" for the sum of the singular values of matrices in two dimensions; inf and -inf give the greatest and the least ``|x|``, 0
    the number of elements that are not 0; NaN gives NaN of several elements, ``|x|`` of one and 0 of none. Squares neither overflow nor vanish on the
    way. Errors: RuntimeError for other dtypes, for a complex order or another name, and for negative and infinite orders of no elements; IndexError
    for a dimension that the input does not have. Gradient: ``sgn(x) (|x| / norm)**(p-1)``, 0 at the zero vector; for inf and -inf in equal parts to
    the elements that attain it; none for p = 0.

    >>> norm(tensor([3., 4.]))
    tensor(5.)
    """
    if p == "nuc":
        source = input if dtype is None else input.to(dtype)
        return nuclear(source, (0, 1) if dim is None else dim, keepdim)
    ord = 2 if p is None or isinstance(p, str) else p
    return linalg_vector_norm(input, ord, dim, keepdim, **({} if dtype is None else {"dtype": dtype}))


@norm.constraints
def _(require, input, p, dim):
    if _is_of_matrices(p, dim):
        _matrix_norm(require, input, p, dim)


@op("only", name="_aten_norm", node=lambda bound: "NormBackward0" if bound["dim"] is None else "NormBackward1")
def _aten_norm(input, p, dim, keepdim):
    """The norm of order ``p``, as torch's own composites record it."""
    return reduce("norm", input, reduced_dims(dim, input.dim()), keepdim, input.dtype.real, ord=float(p))


_aten_norm.derivative(input=lambda grad, input, result, p, dim, keepdim: _norm_gradient(grad, input, result, p, dim, keepdim))

_JIT = ("at::frobenius_norm is deprecated and it is just left for JIT compatibility. It will be removed in a future PyTorch release. Please use "
        "`linalg.vector_norm(A, 2., dim, keepdim)` instead")  # fmt: skip


@op("function out", contract=accumulated(2), out=EXACT_OUTPUT, sharing=SUMMED)
def frobenius_norm(input, dim, keepdim=False):
    """The root of the sum of the squares along at most two dimensions, rounded once: :func:`linalg.vector_norm`, by an old name.

    Shapes: the reduced dimensions disappear, or have size 1 with ``keepdim``; an empty ``dim`` stands for all. Dtypes: floating point and complex
    ones; the result is real. Errors: RuntimeError for other dtypes and for more than two dimensions; IndexError for a dimension that the input does
    not have. Gradient: ``x / norm``, 0 at the zero vector. Torch warns that the function is deprecated. Source: torch.frobenius_norm.

    >>> frobenius_norm(tensor([[3., 4.]]), 1)
    tensor([5.])
    """
    warnings.warn(_JIT, stacklevel=3)
    return _aten_norm(input, 2, dim, keepdim)


@frobenius_norm.constraints
def _(require, input, dim):
    dims = (dim,) if isinstance(dim, int) else dim
    require(len(dims) <= 2, RuntimeError, "Expected at most 2 dimensions, but got {} dimensions instead.", len(dims))
    require(input.dtype.category >= 2, RuntimeError, "norm(): input dtype should be either floating point or complex. Got {} instead.",
            input.dtype.type_name)  # fmt: skip
    require.dimensions(dims, input)


@op("function", contract=accumulated(2))
def norm_except_dim(v, pow=2, dim=0):
    """The norms of order ``pow`` over all dimensions but one, which have size 1 then; for ``dim`` = -1 the norm of all elements, 0-d.

    Shapes: (n_0, ..., n_k) gives (1, ..., n_dim, ..., 1). Dtypes: floating point and complex ones; the result is real. Special cases, gradient:
    those of :func:`norm`. Errors: RuntimeError for other dtypes, and for no elements along the first or the last dimension; IndexError for a
    dimension that the input does not have. Source: torch.norm_except_dim (weight normalisation: T. Salimans, D. Kingma, 2016).

    >>> norm_except_dim(tensor([[3., 4.], [6., 8.]]), 2, 0)
    tensor([[ 5.],
            [10.]])
    """
    if dim == -1:
        return _aten_norm(v, pow, None, False)
    if dim == 0:
        return _aten_norm(v.contiguous().view((v.shape[0], -1)), pow, 1, False).view((v.shape[0], *[1] * (v.dim() - 1)))
    if dim == v.dim() - 1:
        return _aten_norm(v.contiguous().view((-1, v.shape[dim])), pow, 0, False).view((*[1] * (v.dim() - 1), v.shape[dim]))
    return norm_except_dim(v.transpose(0, dim), pow, 0).transpose(0, dim)


@norm_except_dim.constraints
def _(require, v, dim):
    require.dimension(dim, v)
    require(v.dim() or dim == -1, IndexError, "Dimension specified as 0 but tensor has no dimensions")
    require(v.dtype.category >= 2, RuntimeError, "norm(): input dtype should be either floating point or complex. Got {} instead.",
            v.dtype.type_name)  # fmt: skip
    known = dim != -1 and v.dim() and -v.dim() <= dim < v.dim()
    size = "{}, -1" if dim != v.dim() - 1 or not dim else "-1, {}"
    require(not known or v.shape[dim], RuntimeError, "cannot reshape tensor of 0 elements into shape [" + size + "] because the unspecified "
            "dimension "
            "size -1 can be any value and is ambiguous", v.shape[dim] if known else 0)  # fmt: skip
