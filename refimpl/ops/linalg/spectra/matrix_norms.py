"""Norms and condition numbers of matrices."""

from __future__ import annotations

from math import inf
from typing import Any

from ....foundation.contracts import backward_stable
from ....foundation.dtypes import bfloat16, float16
from ....foundation.promotion import promote_types
from ....operations.output_kinds import exact
from ....operations.registry import op
from ....operations.sharing import COMPUTED
from ....tensor import Tensor
from ..batches import matrices, safely_castable, square
from ..norms import linalg_vector_norm, nuclear, of_singular_values
from ..solving import linalg_inv_ex
from .singular_values import _linalg_svdvals

_ORDERS = (1, -1, 2, -2, inf, -inf)


def _of_a_dtype(require: Any, A: Tensor, dtype: Any) -> None:
    """The constraints of a floating point or complex matrix, and of a ``dtype`` of the same kind and not narrower."""
    name, given = "linalg.matrix_norm", A.dtype
    require(given.category >= 2, RuntimeError, "{}: Expected a floating point or complex tensor as input. Got {}", name, given.type_name)
    if dtype is not None:
        require(dtype.category >= 2, RuntimeError, "{}: dtype should be floating point or complex, but got {}", name, dtype.type_name)
        require(dtype.category < 2 or given.category < 2 or dtype.is_complex is given.is_complex, RuntimeError,
                "{}: dtype should be {} for {} inputs, but got {}", name, *["complex" if given.is_complex else "real"] * 2, dtype.type_name)
        require(dtype.category < 2 or dtype.is_complex is not given.is_complex or promote_types(given, dtype) is dtype, RuntimeError,
                "{}: the dtype of the input ({}) should be convertible without narrowing to the specified dtype ({})", name, given.type_name,
                dtype.type_name)  # fmt: skip


def _two_dims(require: Any, A: Tensor, dim: Any) -> None:
    """The constraints of the two dimensions of matrices."""
    matrices(require, A, "linalg.matrix_norm")
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    require(len(dims) == 2, RuntimeError, "linalg.matrix_norm: dim must be a 2-tuple. Got {}", " ".join(map(str, dims)))
    for each in dims:
        require.dimension(each, A)
    require(len(dims) != 2 or A.dim() < 1 or (dims[0] - dims[1]) % A.dim(), RuntimeError,
            "linalg.matrix_norm: dims must be different. Got ({}, {})", *[each % (A.dim() or 1) for each in dims[:1]] * 2)  # fmt: skip


def _known(require: Any, A: Tensor, ord: Any, dim: Any) -> None:
    """The constraints of the order of a norm of matrices."""
    require(not isinstance(ord, complex), RuntimeError, "linalg.matrix_norm: Expected a non-complex scalar as the order of norm.")
    require(isinstance(ord, complex) or ord in ("fro", "nuc", *_ORDERS), RuntimeError, "linalg.matrix_norm: Order {} not supported.",
            ord if isinstance(ord, (str, complex)) else f"{ord:g}")  # fmt: skip
    low = A.dtype in (float16, bfloat16) and ord in ("nuc", 2, -2)
    require(not low, RuntimeError, "linalg.matrix_norm: Low precision dtypes not supported. Got {}", A.dtype.type_name)


def _matrix_norm(A: Tensor, ord: Any, dim: Any, keepdim: bool, dtype: Any) -> Tensor:
    given = {} if dtype is None else {"dtype": dtype}
    if ord == "fro":
        return linalg_vector_norm(A, 2, dim, keepdim, **given)
    if ord in ("nuc", 2, -2):
        source = A if dtype is None else A.to(dtype)
        if ord == "nuc":
            return nuclear(source, dim, keepdim)
        return of_singular_values(source, dim, keepdim, lambda values, d, keep: _extreme(values, d, keep, ord))
    rows, columns = (d % A.dim() for d in (dim if abs(ord) == 1 else dim[::-1]))
    sums = linalg_vector_norm(A, 1, rows, keepdim, **given)
    left = columns - (not keepdim and rows < columns)
    return _extreme(sums, left, keepdim, ord)


def _extreme(values: Tensor, dim: int, keepdim: bool, ord: Any) -> Tensor:
    """The largest, or the smallest for a negative order; the largest of nothing is 0."""
    if ord < 0:
        return values.amin(dim, keepdim)
    return values.amax(dim, keepdim) if values.shape[dim] else values.sum(dim, keepdim)


@op("out", namespace="linalg", contract=backward_stable(8), out=exact("linalg.matrix_norm expected out tensor dtype {result} but got: {out}"),
    sharing=COMPUTED)  # fmt: skip
def linalg_matrix_norm(input, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None):
    """The norm of the matrices in two dimensions.

    ``ord``: "fro", the root of the sum of the squares; "nuc", the sum of the singular values; 2 and -2, the largest and the smallest of them; 1 and
    -1, the largest and the smallest sum of the absolute values of a column; inf and -inf, of a row. Shapes: the two dimensions disappear, or have
    size 1 with ``keepdim``. Dtypes: floating point and complex ones, without 16 bits where singular values are needed; the result is real. ``dtype``,
    to which the elements are cast first, must be of the same kind and not narrower. Special cases: of no elements 0, but for the smallest of nothing.
    Errors: RuntimeError for fewer than two dimensions, other orders, dtypes and numbers of dimensions; IndexError for a dimension that the input does
    not have, and for the smallest of nothing; LinAlgError for NaN where singular values are needed. Gradient: that of what the norm is made of.
    Source: torch.linalg.matrix_norm.

    >>> linalg.matrix_norm(tensor([[3., 0.], [0., 4.]]), "nuc")
    tensor(7.)
    """
    return _matrix_norm(input, ord, dim, keepdim, dtype)


@linalg_matrix_norm.constraints
def _(require, input, ord, dim, dtype):
    _of_a_dtype(require, input, dtype)
    _two_dims(require, input, dim)
    _known(require, input, ord, dim)


def _of_matrices(input: Tensor, ord: Any, dim: Any) -> bool:
    """Whether it is a norm of matrices: two dimensions, of the input if none are given, and an order; or an order by name."""
    if ord is None:
        return False
    count = input.dim() if dim is None else 1 if isinstance(dim, int) else len(dim)
    return isinstance(ord, str) or count == 2


@op("out", namespace="linalg", contract=backward_stable(8), out=exact("linalg.norm expected out tensor dtype {result} but got: {out}"),
    sharing=COMPUTED)  # fmt: skip
def linalg_norm(input, ord=None, dim=None, keepdim=False, *, dtype=None):
    """The norm of vectors or of matrices: :func:`linalg.vector_norm`, or :func:`linalg.matrix_norm` in two dimensions with an order.

    Without ``ord`` that of order 2 of all elements along ``dim``. Without ``dim`` the input with an ``ord`` is a vector or a matrix. Shapes, dtypes,
    special cases, errors and gradient: as there; RuntimeError for an ``ord`` without ``dim`` of more than two dimensions, and for another number of
    dimensions in ``dim`` than one or two. Source: torch.linalg.norm.

    >>> linalg.norm(tensor([[3., 0.], [0., 4.]]))
    tensor(5.)
    """
    if _of_matrices(input, ord, dim):
        return linalg_matrix_norm(input, ord, (0, 1) if dim is None else (dim,) if isinstance(dim, int) else dim, keepdim, dtype=dtype)
    return linalg_vector_norm(input, 2 if ord is None else ord, dim, keepdim, **({} if dtype is None else {"dtype": dtype}))


@linalg_norm.constraints
def _(require, input, ord, dim):
    require(ord is None or dim is not None or input.dim() in (1, 2), RuntimeError,
            "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {}D.", input.dim())  # fmt: skip
    dims = 1 if dim is None or isinstance(dim, int) else len(dim)
    require(dims in (1, 2), RuntimeError, "linalg.norm: If dim is specified, it must be of length 1 or 2. Got {}", list(dim if dims != 1 else ()))


@op("out", contract=backward_stable(8), out=exact("linalg.matrix_norm expected out tensor dtype {result} but got: {out}"), sharing=COMPUTED)
def nuclear_norm(input, dim=None, keepdim=False):
    """The sum of the singular values of the matrices in two dimensions, the last ones unless others are given: the norm "nuc" of
    :func:`linalg.matrix_norm`.

    >>> nuclear_norm(tensor([[3., 0.], [0., 4.]]))
    tensor(7.)
    """
    return linalg_matrix_norm(input, "nuc", (-2, -1) if dim is None else (dim,) if isinstance(dim, int) else dim, keepdim)


# -- condition -----------------------------------------------------------------------------------------


@op("out", namespace="linalg", contract=backward_stable(8), out=safely_castable("result", "linalg.cond").contiguous(), sharing=COMPUTED)
def linalg_cond(input, p=None):
    """The condition number of a matrix: the norm of order ``p`` times that of the inverse; without ``p``, and for 2, the largest by the smallest
    singular value, for -2 the other way round.

    ``p`` is an order of :func:`linalg.matrix_norm`. Shapes: (*, n, n) gives (*); of order None, 2 and -2 (*, m, n), too. Dtypes: float32, float64 and
    complex ones; the result is real. Special cases: inf for singular matrices, 0 for matrices without elements; of orders that ask for singular
    values NaN for a matrix of zeros. Errors: RuntimeError for fewer than two dimensions, other orders and dtypes, matrices that are not square where
    there must be an inverse; LinAlgError for NaN where singular values are needed. Gradient: that of what it is made of. Source: torch.linalg.cond.

    >>> linalg.cond(tensor([[2., 0.], [0., 4.]]))
    tensor(2.)
    """
    if not input.numel():
        return input.new_zeros(input.shape[:-2], dtype=input.dtype.real)
    if p is None or p in (2, -2):
        values = _linalg_svdvals(input)
        largest, smallest = values.narrow(-1, 0, 1), values.narrow(-1, -1, 1)
        return (smallest / largest if p == -2 else largest / smallest).squeeze(-1)
    if p == "nuc":
        values = _linalg_svdvals(input)
        return values.sum(-1) * values.reciprocal().sum(-1)
    norms = [linalg_matrix_norm(each, p) for each in (input, linalg_inv_ex(input).inverse)]
    return (norms[0] * norms[1]).nan_to_num(inf, inf, -inf)


@linalg_cond.constraints
def _(require, input, p):
    require(not isinstance(p, complex) or p.imag == 0, RuntimeError, "value cannot be converted to type double without overflow")
    order = p if p is None or isinstance(p, str) else f"{p.real:g}"
    require(p in (None, "fro", "nuc", *_ORDERS) or isinstance(p, complex) and p.imag != 0, RuntimeError, "linalg.cond got an invalid norm type: {}",
            order)  # fmt: skip
    require(input.dim() >= 2 or p in ("fro", "nuc"), RuntimeError, "linalg.cond: The input tensor must have at least 2 dimensions.")
    if p not in (None, 2, -2):
        square(require, input, f"linalg.cond(ord={order})")
