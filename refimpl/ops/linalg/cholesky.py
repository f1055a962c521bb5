"""The Cholesky decomposition ``A = L L^H`` of a Hermitian positive definite matrix, and what is done with it."""

from __future__ import annotations

from ... import return_types
from ...foundation.contracts import backward_stable
from ...foundation.dtypes import int32
from ...foundation.errors import LinAlgError
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor, allocate_like
from .algorithms import cholesky as _cholesky  # noqa: F401  (the matrix functions)
from .batches import CHECKED, FACTORED, by_columns, evaluate, failures, numbers, raise_first, safely_castable, square
from .solving import batch_of, linalg_solve_triangular

NOT_DEFINITE = ("{}: {{}}The factorization could not be completed because the input is not positive-definite (the leading minor of order {{}} is "
    "not "
                 "positive-definite).")


@op("only", name="_linalg_cholesky_ex", node="LinalgCholeskyExBackward0", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED,
    dtypes=CHECKED)  # fmt: skip
def _linalg_cholesky_ex(input, upper):
    """The factors of a batch of matrices, and ``info``."""
    result, info = by_columns(input, input.shape), allocate_like(input, tuple(input.shape[:-2]), int32)
    source, out = (input.mH.resolve_conj(), by_columns(input, input.shape)) if upper else (input, result)
    evaluate("cholesky", (out, info), (source,), input.dim() - 2)
    if upper:
        result.copy_(out.mH)
    return return_types.linalg_cholesky_ex((result, info))


@_linalg_cholesky_ex.constraints
def _(require, input):
    square(require, input, "linalg.cholesky")
    numbers(require, input, "linalg.cholesky")


def factor_gradient(grads, upper, result0):
    """``L^-H phi(L^H grad) L^-1``, phi the lower triangle with half the diagonal, made Hermitian."""
    L, grad = (result0.mH, grads[0].mH) if upper else (result0, grads[0])
    lower = (L.mH @ grad).tril()
    whole = (lower + lower.mH - lower.diagonal(0, -2, -1).conj().diag_embed()) * 0.5
    found = linalg_solve_triangular(L.mH, whole, upper=True)
    return linalg_solve_triangular(L, found, upper=False, left=False)


_linalg_cholesky_ex.derivative(input=factor_gradient)


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_cholesky_ex(input, *, upper=False, check_errors=False):
    """The Cholesky factor of a Hermitian positive definite matrix, and ``info``, as a named tuple ``(L, info)``.

    L is lower triangular with a positive diagonal, and ``A = L L^H``; with ``upper`` it is L^H. Only the triangle of the same kind is read. ``info``
    (int32) is 0, or the order of the first leading minor that is not positive; what L is there is open. Shapes: (*, n, n) gives (*, n, n), column by
    column, and (*). Dtypes: float32, float64 and complex ones. Errors: RuntimeError for fewer than two dimensions, matrices that are not square,
    integers and bool; NotImplementedError for floats of 16 bits; LinAlgError for an ``info`` that is not 0 with ``check_errors``. Gradient:
    Hermitian, as if A were. Source: torch.linalg.cholesky_ex.

    >>> linalg.cholesky_ex(tensor([[1., 0.], [0., -1.]])).info
    tensor(2, dtype=torch.int32)
    """
    found = _linalg_cholesky_ex(input, upper)
    if check_errors:
        raise_first(found.info, NOT_DEFINITE.format("linalg.cholesky_ex"))
    return found


@linalg_cholesky_ex.constraints
def _(require, input, upper, check_errors):
    require.each_element(lambda: indefinite(input, upper) if check_errors else (), LinAlgError, NOT_DEFINITE.format("linalg.cholesky_ex"))


def indefinite(A: Tensor, upper: bool) -> list[tuple[str, int]]:
    try:
        return failures(_linalg_cholesky_ex(A.detach(), upper).info)
    except (RuntimeError, NotImplementedError):
        return []


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_cholesky(input, *, upper=False):
    """The Cholesky factor of a Hermitian positive definite matrix, or of each matrix in a batch.

    Shapes, dtypes and gradient: as for :func:`linalg.cholesky_ex`. Errors: those, and LinAlgError for a matrix that is not positive definite. Source:
    torch.linalg.cholesky.

    >>> linalg.cholesky(tensor([[4., 2.], [2., 5.]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    found = _linalg_cholesky_ex(input, upper)
    raise_first(found.info, NOT_DEFINITE.format("linalg.cholesky"))
    return found.L


@linalg_cholesky.constraints
def _(require, input, upper):
    require.each_element(lambda: indefinite(input, upper), LinAlgError, NOT_DEFINITE.format("linalg.cholesky"))


@op("method out", contract=backward_stable(4), out=safely_castable("result").contiguous(), sharing=COMPUTED, dtypes=FACTORED)
def cholesky_solve(input, input2, upper=False):
    """X with ``L L^H X = input`` from the Cholesky factor L (``input2``), of which only one triangle is read; with ``upper`` it is L^H.

    Shapes: (*, n, k) and (*, n, n) give (*, n, k), column by column; batches broadcast. Dtypes: float32, float64 and complex ones, the same for both.
    Special cases: a 0 on the diagonal divides, as IEEE 754 says. Errors: RuntimeError for shapes that do not fit, and two dtypes; NotImplementedError
    for other dtypes. Gradient: of ``input`` the solution for that of the result. Source: torch.cholesky_solve.

    >>> cholesky_solve(tensor([[4.], [4.]]), tensor([[2., 0.], [0., 1.]]))
    tensor([[1.],
            [4.]])
    """
    batch, n = batch_of(input2, input), input2.shape[-1]
    factor, right = input2.expand(*batch, n, n), input.expand(*batch, *input.shape[-2:])
    result = by_columns(input, right.shape)
    factor = factor.mH.resolve_conj() if upper else factor
    evaluate("cholesky_solve", (result,), (factor, right), len(batch), columns=right.shape[-1])
    return result


@cholesky_solve.constraints
def _(require, input, input2):
    require(input.dim() >= 2, RuntimeError, "b should have at least 2 dimensions, but has {} dimensions instead", input.dim())
    require(input2.dim() >= 2, RuntimeError, "u should have at least 2 dimensions, but has {} dimensions instead", input2.dim())
    require(input.dtype is input2.dtype, RuntimeError, "Expected b and A to have the same dtype, but found b of type {} and A of type {} instead.",
            input.dtype.type_name, input2.dtype.type_name)  # fmt: skip
    require(input2.shape[-1] == input2.shape[-2], RuntimeError, "A must be batches of square matrices, but they are {} by {} matrices",
            input2.shape[-2], input2.shape[-1])  # fmt: skip
    require(input2.shape[-2] == input.shape[-2], RuntimeError, "Incompatible matrix sizes for {}: each A matrix is {} by {} but each b matrix is {} "
            "by {}", "cholesky_solve", input2.shape[-1], input2.shape[-1], input.shape[-2], input.shape[-1])  # fmt: skip


def _solution_gradient(grad, input2, upper):
    return cholesky_solve(grad, input2, upper)


def _solver_gradient(grad, input2, upper, result):
    inner = cholesky_solve(grad, input2, upper) @ result.mH
    inner = inner + inner.mH
    return -(input2 @ inner) if upper else -(inner @ input2)


cholesky_solve.derivative(input=_solution_gradient, input2=_solver_gradient)

_NO_INVERSE = "cholesky_inverse: {}The diagonal element {} is zero, the inversion could not be completed because the input matrix is singular."


@op("method out", contract=backward_stable(4), out=safely_castable("result").laid_out_if_empty(), sharing=COMPUTED, dtypes=FACTORED)
def cholesky_inverse(input, upper=False):
    """The inverse of ``L L^H`` from the Cholesky factor L, of which only one triangle is read; with ``upper`` it is L^H.

    Shapes: (*, n, n) gives (*, n, n), column by column. Dtypes: float32, float64 and complex ones. Errors: RuntimeError for fewer than two dimensions
    and matrices that are not square; NotImplementedError for other dtypes; LinAlgError for a 0 on the diagonal. Gradient: that of the inverse.
    Source: torch.cholesky_inverse.

    >>> cholesky_inverse(tensor([[2., 0.], [1., 1.]]))
    tensor([[ 0.5000, -0.5000],
            [-0.5000,  1.0000]])
    """
    result, info = _inverted(input, upper)
    raise_first(info, _NO_INVERSE)
    return result


def _inverted(factor: Tensor, upper: bool) -> tuple[Tensor, Tensor]:
    result, info = by_columns(factor, factor.shape), allocate_like(factor, tuple(factor.shape[:-2]), int32)
    evaluate("cholesky_inverse", (result, info), (factor.mH.resolve_conj() if upper else factor,), factor.dim() - 2)
    return result, info


@cholesky_inverse.constraints
def _(require, input, upper):
    square(require, input, "cholesky_inverse")
    require.each_element(lambda: failures(_inverted(input.detach(), upper)[1]), LinAlgError, _NO_INVERSE)


def _inverse_gradient(grad, input, upper, result):
    inner = result @ (grad + grad.mH) @ result
    return -(input @ inner) if upper else -(inner @ input)


cholesky_inverse.derivative(input=_inverse_gradient)
