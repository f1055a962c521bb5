"""The decompositions under the names that torch had for them before :mod:`torch.linalg`: each warns that it is deprecated."""

from __future__ import annotations

import warnings
from typing import Any

from ... import return_types
from ...foundation.contracts import backward_stable
from ...foundation.errors import LinAlgError
from ...operations.dtype_support import supported
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor, allocate_like
from .batches import FACTORED, by_columns, raise_first, safely_castable, square
from .cholesky import NOT_DEFINITE, _linalg_cholesky_ex, factor_gradient, indefinite
from .factors import _linalg_lu_factor_ex
from .orthogonal import linalg_qr
from .solving import batch_of, linalg_solve_triangular, of_batches

_FACTORED = supported(FACTORED)
_SAME = "This transform will produce equivalent results for all valid (symmetric positive definite) inputs."


def _warn(name: str, instead: str, *lines: str, frames: int = 4) -> None:
    """Warn in torch's words, of each of which the process hears once unless it asks for more."""
    words = f"torch.{name} is deprecated in favor of torch.linalg.{instead}and will be removed in a future PyTorch release."
    warnings.warn("\n".join((words, *lines)), stacklevel=frames)


@op("method out", contract=backward_stable(4), out=safely_castable("result").contiguous(), sharing=COMPUTED)
def cholesky(input, upper=False):
    """The Cholesky factor of a Hermitian positive definite matrix: :func:`linalg.cholesky`, with a warning that it is deprecated.

    L is lower triangular with a positive diagonal, and ``A = L L^H``; with ``upper`` it is L^H. Only the triangle of the same kind is read. Shapes:
    (*, n, n) gives (*, n, n), column by column. Dtypes: float32, float64 and complex ones. Special cases: no elements, of any shape and dtype, give
    none, row by row. Errors: RuntimeError for fewer than two dimensions and matrices that are not square; NotImplementedError for other dtypes;
    LinAlgError for a matrix that is not positive definite. Gradient: Hermitian, as if A were. Source: torch.cholesky.

    >>> cholesky(tensor([[4., 2.], [2., 5.]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    _warn("cholesky", "cholesky ", "L = torch.cholesky(A)", "should be replaced with", "L = torch.linalg.cholesky(A)", "and",
          "U = torch.cholesky(A, upper=True)", "should be replaced with", "U = torch.linalg.cholesky(A).mH", _SAME)  # fmt: skip
    if not input.numel():
        return allocate_like(input, tuple(input.shape))
    found = _linalg_cholesky_ex(input, upper)
    raise_first(found.info, NOT_DEFINITE.format("cholesky"))
    return found.L


@cholesky.constraints
def _(require, input, upper):
    if input.numel():
        square(require, input, "cholesky")
        require(input.dtype in _FACTORED, NotImplementedError, "\"cholesky_cpu\" not implemented for '{}'", input.dtype.type_name)
        require.each_element(lambda: indefinite(input, upper), LinAlgError, NOT_DEFINITE.format("cholesky"))


cholesky.derivative(input=lambda grad, upper, result: factor_gradient((grad,), upper, result))


@op("method out", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def qr(input, some=True):
    """The QR decomposition ``A = Q R``, as a named tuple ``(Q, R)``: :func:`linalg.qr`, with a warning that it is deprecated.

    With ``some`` Q has min(m, n) columns, without it m: the modes "reduced" and "complete" of :func:`linalg.qr`, whose shapes, dtypes, errors and
    gradient hold. Source: torch.qr.

    >>> qr(tensor([[-3., 1.], [-4., 7.]])).R
    tensor([[ 5.0000, -6.2000],
            [ 0.0000,  3.4000]])
    """
    _warn("qr", "qr ", "The boolean parameter 'some' has been replaced with a string parameter 'mode'.", "Q, R = torch.qr(A, some)",
          "should be replaced with", "Q, R = torch.linalg.qr(A, 'reduced' if some else 'complete')")  # fmt: skip
    return return_types.qr(linalg_qr(input, "reduced" if some else "complete"))


@op("method out", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED, dtypes=FACTORED)
def triangular_solve(input, A, upper=True, transpose=False, unitriangular=False):
    """X with ``A X = input``, where only the ``upper`` or lower triangle of A is read, and a copy of A, as a named tuple ``(solution,
    cloned_coefficient)``.

    ``transpose``: ``A^T X = input``; the triangle is that of A. ``unitriangular``: the diagonal counts as ones, and is not read. Shapes: (*, n, k)
    and (*, n, n) give (*, n, k) and (*, n, n), both column by column; batches broadcast. Dtypes: float32, float64 and complex ones, the same for
    both. Special cases: a 0 on the diagonal divides, as IEEE 754 says. Errors: RuntimeError for shapes that do not fit, and two dtypes;
    NotImplementedError for other dtypes. Gradient: of ``input`` the solution of the system with the conjugate transpose, of the triangle minus that
    times ``X^H``; of the copy all of it. It warns that it is deprecated. Source: torch.triangular_solve.

    >>> triangular_solve(tensor([[1.], [1.]]), tensor([[2., 0.], [0., 4.]])).solution
    tensor([[0.5000],
            [0.2500]])
    """
    _warn("triangular_solve", "solve_triangular", "torch.linalg.solve_triangular has its arguments reversed and does not return a copy of one of the "
          "inputs.", "X = torch.triangular_solve(B, A).solution", "should be replaced with", "X = torch.linalg.solve_triangular(A, B).")  # fmt: skip
    copy = by_columns(A, (*batch_of(A, input), *A.shape[-2:])).copy_(A)
    return return_types.triangular_solve((_solved(input, A, upper, transpose, unitriangular), copy))


def _solved(input: Tensor, A: Tensor, upper: bool, transpose: bool, unitriangular: bool) -> Tensor:
    return linalg_solve_triangular(A.mT if transpose else A, input, upper=upper is not transpose, unitriangular=unitriangular)


@triangular_solve.constraints
def _(require, input, A):
    words = "torch.triangular_solve: Expected {} to have at least 2 dimensions, but it has {} dimensions instead"
    require(input.dim() >= 2, RuntimeError, words, "b", input.dim())
    require(A.dim() >= 2, RuntimeError, words, "A", A.dim())
    require(input.dtype is A.dtype, RuntimeError, "Expected b and A to have the same dtype, but found b of type {} and A of type {} instead.",
            input.dtype.type_name, A.dtype.type_name)  # fmt: skip
    require(A.shape[-1] == A.shape[-2], RuntimeError, "A must be batches of square matrices, but they are {} by {} matrices",
            A.shape[-2], A.shape[-1])  # fmt: skip
    require(A.shape[-2] == input.shape[-2], RuntimeError, "Incompatible matrix sizes for triangular_solve: each A matrix is {} by {} but each b "
            "matrix is {} by {}", A.shape[-1], A.shape[-1], input.shape[-2], input.shape[-1])  # fmt: skip
    of_batches(require, A, input)


def _right_gradient(grads, A, upper, transpose, unitriangular):
    return _solved(grads[0], A.mH, not upper, transpose, unitriangular)


def _coefficient_gradient(grads, A, upper, transpose, unitriangular, result0):
    of_right = _right_gradient(grads, A, upper, transpose, unitriangular)
    whole = -(result0.conj() @ of_right.mT) if transpose else -(of_right @ result0.mH)
    return (whole.triu(int(unitriangular)) if upper else whole.tril(-int(unitriangular))) + grads[1]


triangular_solve.derivative(input=_right_gradient, A=_coefficient_gradient)

_LENGTH, _KIND = "expected tuple of {} elements but got {}", "argument 'out' must be tuple of Tensors, not {}"


def _handed_on(require: Any, A: Any, pivot: Any) -> None:
    """The types of the arguments, which torch hands on from Python to another function."""
    require(isinstance(A, Tensor), TypeError, "_lu_with_info(): argument 'input' (position 1) must be Tensor, not {}", type(A).__name__)
    require(isinstance(pivot, bool), TypeError, "_lu_with_info(): argument 'pivot' must be bool, not {}", type(pivot).__name__)


def _warn_of_lu() -> None:
    _warn("lu", "lu_factor / torch.linalg.lu_factor_ex ", "LU, pivots = torch.lu(A, compute_pivots)", "should be replaced with",
          "LU, pivots = torch.linalg.lu_factor(A, compute_pivots)", "and", "LU, pivots, info = torch.lu(A, compute_pivots, get_infos=True)",
          "should be replaced with", "LU, pivots, info = torch.linalg.lu_factor_ex(A, compute_pivots)", frames=5)  # fmt: skip


@op("function python", contract=backward_stable(4))
def lu(A, pivot=True, get_infos=False, out=None):
    """The LU decomposition with partial pivoting in one matrix, and its pivots: :func:`linalg.lu_factor_ex`, with a warning that it is deprecated.

    The result is a tuple ``(LU, pivots)``, with ``get_infos`` a named one ``(LU, pivots, info)``, whose
    names that of the method has not. A matrix whose U has a zero on its diagonal is no
    error, be it asked for ``info`` or not. ``out``, which the function has and the method has not, is a tuple or list of as many tensors of any
    dtypes, which take the results' shapes and elements, as ``resize_as_`` and ``copy_`` do it, and are returned. Shapes, dtypes, other errors and
    gradient: as there; TypeError for another ``out``. Source: torch.lu.

    >>> lu(tensor([[1., 2.], [2., 0.]]))
    (tensor([[2.0000, 0.0000],
            [0.5000, 2.0000]]), tensor([2, 2], dtype=torch.int32))
    """
    _warn_of_lu()
    found = return_types._lu_with_info(_linalg_lu_factor_ex(A, pivot))
    if out is None:
        return found if get_infos else tuple(found[:2])
    for target, result in zip(out, found):
        target.resize_as_(result).copy_(result)
    return out


@lu.constraints
def _(require, A, pivot, get_infos, out):
    _handed_on(require, A, pivot)
    count = 3 if get_infos else 2
    require(out is None or len(out) == count, TypeError, _LENGTH, count, len(out) if out is not None else 0)
    require(out is None or isinstance(out, (tuple, list)), TypeError, _KIND, type(out).__name__)


@op("only method", name="_tensor_lu", aliases=("lu",), contract=backward_stable(4))
def _tensor_lu(A, pivot=True, get_infos=False):
    """The method: :func:`lu` without ``out``."""
    _warn_of_lu()
    found = _linalg_lu_factor_ex(A, pivot)
    return tuple(found[: 3 if get_infos else 2])


@_tensor_lu.constraints
def _(require, A, pivot):
    _handed_on(require, A, pivot)
