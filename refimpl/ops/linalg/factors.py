"""The LU decomposition ``A = P L U``, and what is done with it."""

from __future__ import annotations

from typing import Any

from ... import return_types
from ...foundation.contracts import EXACT, backward_stable
from ...foundation.dtypes import int32
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import COMPUTED, SUMMED
from ...tensor import Tensor, allocate_like
from ..joining.joining import cat
from ..shared.operands import NO_MATRIX, everywhere
from .algorithms import elimination as _elimination  # noqa: F401  (the matrix functions)
from .batches import FACTORED, by_columns, column_major, evaluate, failures, identity_like, matrices, numbers, raise_first, square
from .solving import batch_of, fitting, linalg_solve_triangular, of_batches


def _two_dimensions(require: Any, A: Tensor, name: str) -> None:
    require(A.dim() >= 2, RuntimeError, "{}: Expected tensor with 2 or more dimensions. Got size: [{}] instead", name, ", ".join(map(str, A.shape)),
            also=NO_MATRIX)  # fmt: skip


_WITHOUT_PIVOTS = "linalg.lu_factor: LU without pivoting is not implemented on the CPU"
_ZERO_PIVOT = ("torch.linalg.{}: {{}}U[{{1}},{{1}}] is zero and using it on lu_solve would result in a division by zero. If you still want to "
    "perform the "
               "factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)").replace("{{}}", "{{0}}")


@op("only", name="_linalg_lu_factor_ex", node="LinalgLuFactorExBackward0", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED,
    dtypes=FACTORED)  # fmt: skip
def _linalg_lu_factor_ex(A, pivot):
    """L and U in one matrix, the pivots, and ``info``."""
    *batch, m, n = A.shape
    packed, pivots = by_columns(A, A.shape), allocate_like(A, (*batch, min(m, n)), int32)
    info = allocate_like(A, tuple(batch), int32)
    evaluate("lu", (packed, pivots, info), (A,), len(batch), columns=n)
    return return_types.linalg_lu_factor_ex((packed, pivots, info))


@_linalg_lu_factor_ex.constraints
def _(require, A, pivot):
    _two_dimensions(require, A, "torch.lu_factor")
    require(pivot or not A.numel(), RuntimeError, _WITHOUT_PIVOTS)


def exchanged(pivots: Tensor, rows: int) -> Tensor:
    """For each row of ``P A``, which row of A it is, by the exchanges that the pivots are."""
    *batch, _ = pivots.shape
    order = allocate_like(pivots, (*batch, rows))
    evaluate("permutation", (order,), (pivots,), len(batch), rows=rows)
    return order


def permutation_matrix(pivots: Tensor, rows: int, like: Tensor) -> Tensor:
    """P of ``A = P L U``."""
    return identity_like(like, rows)[exchanged(pivots, rows).long()].mT


def unpacked(packed: Tensor) -> tuple[Tensor, Tensor]:
    """L with its ones, and U."""
    m, n = packed.shape[-2:]
    k = min(m, n)
    return packed[..., :k].tril(-1) + identity_like(packed, max(m, n))[:m, :k], packed[..., :k, :].triu()


def _gradient_of_product(of_lower: Tensor, of_upper: Tensor, P: Tensor, L: Tensor, U: Tensor) -> Tensor:
    """The gradient of A where ``A = P L U``, from those of L and U.

    With ``M = L1^-1 dA1 U1^-1``, of the square parts: ``dL1 = L1 tril(M, -1)`` and ``dU1 = triu(M) U1``; of the rows of L below,
    ``dL2 = dA2 U1^-1 - L2 triu(M)``; of the columns of U beside, ``dU2 = L1^-1 dA2 - tril(M, -1) U2``.
    """
    k = L.shape[-1]
    m, n = L.shape[-2], U.shape[-1]
    L1, U1 = L[..., :k, :], U[..., :k]
    lower, upper = L1.mH @ of_lower[..., :k, :], of_upper[..., :k] @ U1.mH
    if m > k:
        upper = upper - L[..., k:, :].mH @ of_lower[..., k:, :]
    if n > k:
        lower = lower - of_upper[..., k:] @ U[..., k:].mH
    inner = lower.tril(-1) + upper.triu()
    found = linalg_solve_triangular(U1.mH, inner, upper=False, left=False)
    found = linalg_solve_triangular(L1.mH, found, upper=True, unitriangular=True)
    if m > k:
        found = cat([found, linalg_solve_triangular(U1.mH, of_lower[..., k:, :], upper=False, left=False)], -2)
    if n > k:
        found = cat([found, linalg_solve_triangular(L1.mH, of_upper[..., k:], upper=True, unitriangular=True)], -1)
    return P @ found


def _packed_gradient(grads, result0, result1):
    grad = grads[0]
    m, n = grad.shape[-2:]
    k = min(m, n)
    L, U = unpacked(result0)
    return _gradient_of_product(grad[..., :k].tril(-1), grad[..., :k, :].triu(), permutation_matrix(result1, m, grad), L, U)


_linalg_lu_factor_ex.derivative(A=_packed_gradient)


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_lu_factor_ex(A, *, pivot=True, check_errors=False):
    """The LU decomposition with partial pivoting in one matrix, as a named tuple ``(LU, pivots, info)``.

    ``A = P L U``: below the diagonal of ``LU`` stands L, whose diagonal of ones is left out, on and above it U. ``pivots`` (int32, from 1 on) says
    with which row each was exchanged, one after the other; ``info`` (int32) is the first i with ``U[i, i] = 0``, or 0. Shapes: (*, m, n) gives (*, m,
    n), column by column, (*, min(m, n)) and (*). Dtypes: float32, float64 and complex ones. Errors: RuntimeError for fewer than two dimensions,
    without ``pivot``, and, with ``check_errors``, for an ``info`` that is not 0; NotImplementedError for other dtypes. Gradient: that of L and U,
    which exists where U's diagonal has no zeros. Source: torch.linalg.lu_factor_ex.

    >>> linalg.lu_factor_ex(tensor([[1., 2.], [2., 0.]])).LU
    tensor([[2.0000, 0.0000],
            [0.5000, 2.0000]])
    """
    found = _linalg_lu_factor_ex(A, pivot)
    if check_errors:
        raise_first(found.info, _ZERO_PIVOT.format("lu_factor_ex"), RuntimeError)
    return found


@linalg_lu_factor_ex.constraints
def _(require, A, pivot, check_errors):
    require.each_element(lambda: _zero_pivots(A) if check_errors and pivot else (), RuntimeError, _ZERO_PIVOT.format("lu_factor_ex"))


def _zero_pivots(A: Tensor) -> list[tuple[str, int]]:
    try:
        return failures(_linalg_lu_factor_ex(A.detach(), True).info)
    except (RuntimeError, NotImplementedError):
        return []


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_lu_factor(A, *, pivot=True):
    """The LU decomposition in one matrix, as a named tuple ``(LU, pivots)``: :func:`linalg.lu_factor_ex`, which a zero on U's diagonal makes fail.

    Shapes, dtypes, gradient and errors: as there; RuntimeError for a zero on U's diagonal. Source: torch.linalg.lu_factor.

    >>> linalg.lu_factor(tensor([[1., 2.], [2., 0.]])).pivots
    tensor([2, 2], dtype=torch.int32)
    """
    packed, pivots, info = _linalg_lu_factor_ex(A, pivot)
    raise_first(info, _ZERO_PIVOT.format("lu_factor"), RuntimeError)
    return return_types.linalg_lu_factor((packed, pivots))


@linalg_lu_factor.constraints
def _(require, A, pivot):
    require.each_element(lambda: _zero_pivots(A) if pivot else (), RuntimeError, _ZERO_PIVOT.format("lu_factor"))


@op("only", name="_linalg_lu", node="LinalgLuBackward0", contract=backward_stable(4))
def _linalg_lu(A, P, packed):
    """L and U of a matrix, which stand in another one."""
    L, U = unpacked(packed)
    return L.contiguous(), U.contiguous()


_linalg_lu.derivative(A=lambda grads, P, result0, result1: _gradient_of_product(grads[0].tril(-1), grads[1].triu(), P, result0, result1))


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=SUMMED, dtypes=FACTORED)
def linalg_lu(A, *, pivot=True):
    """The LU decomposition ``A = P L U`` with partial pivoting, as a named tuple ``(P, L, U)``.

    P is a permutation, L has ones on its diagonal and no element beyond 1 below it, U is upper triangular. Shapes: (*, m, n) gives (*, m, m),
    (*, m, k) and (*, k, n), k = min(m, n). Dtypes: float32, float64 and complex ones. Errors: RuntimeError for fewer than two dimensions, and without
    ``pivot``, but for matrices without elements, whose P is then empty; NotImplementedError for other dtypes. Gradient: of L and U, where U's
    diagonal has no zeros. Source: torch.linalg.lu.

    >>> linalg.lu(tensor([[1., 2.], [2., 0.]])).U
    tensor([[2., 0.],
            [0., 2.]])
    """
    packed, pivots, _ = _linalg_lu_factor_ex(A.detach(), pivot)
    P = permutation_matrix(pivots, A.shape[-2], packed).contiguous() if pivot else packed.new_empty(0)
    return return_types.linalg_lu((P, *_linalg_lu(A, P, packed)))


@linalg_lu.constraints
def _(require, A, pivot):
    _two_dimensions(require, A, "linalg.lu")
    require(pivot or not A.numel(), RuntimeError, _WITHOUT_PIVOTS)


@op("only", name="_lu_unpack", node="LuUnpackBackward0", contract=EXACT)
def _unpack(LU_data, unpack_data):
    """L and U, which stand in one matrix; without ``unpack_data`` two empty tensors."""
    if not unpack_data:
        return allocate_like(LU_data, (0,)), allocate_like(LU_data, (0,))
    L, U = unpacked(LU_data)
    return L.contiguous(), U.contiguous()


def _unpacked_gradient(grads, LU_data_shape, unpack_data):
    if not unpack_data:
        return None
    m, n = LU_data_shape[-2:]
    k = min(m, n)
    lower, upper = grads[0].tril(-1), grads[1].triu()
    if n > k:
        lower = cat([lower, lower.new_zeros(*lower.shape[:-1], n - k)], -1)
    if m > k:
        upper = cat([upper, upper.new_zeros(*upper.shape[:-2], m - k, n)], -2)
    return lower + upper


_unpack.derivative(LU_data=_unpacked_gradient)


@op("out", contract=EXACT, out=EXACT_OUTPUT, sharing=SUMMED)
def lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True):
    """P, L and U of a decomposition that stands in one matrix, with its pivots, as a named tuple ``(P, L, U)``.

    What is not unpacked is empty. Shapes: (*, m, n) and (*, k), k = min(m, n), give (*, m, m), (*, m, k) and (*, k, n). Dtypes: all but bool; the
    pivots are int32. Errors: RuntimeError for fewer than two dimensions, pivots of another dtype, and pivots that are no row. Gradient: those of L
    and U, put together. Source: torch.lu_unpack.

    >>> lu_unpack(tensor([[2., 0.], [0.5, 2.]]), tensor([2, 2], dtype=int32)).P
    tensor([[0., 1.],
            [1., 0.]])
    """
    data = LU_data.detach()
    P = permutation_matrix(LU_pivots, data.shape[-2], data).expand(*data.shape[:-2], -1, -1) if unpack_pivots else allocate_like(data, (0,))
    return return_types.lu_unpack((P.contiguous(), *_unpack(LU_data, unpack_data)))


@lu_unpack.constraints
def _(require, LU_data, LU_pivots, unpack_pivots):
    _two_dimensions(require, LU_data, "torch.lu_unpack")
    require(LU_pivots.dtype is int32 or not unpack_pivots, RuntimeError, "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of "
            "torch.int32 dtype.\nNote: "
            "this function is intended to be used with the output produced by torch.linalg.lu_factor")  # fmt: skip
    require(not unpack_pivots or everywhere((LU_pivots >= 1) & (LU_pivots <= LU_data.shape[-2])), RuntimeError, "pivots passed to lu_unpack "
                                                                                                "must be between 1 and LU.size(-2) inclusive."
            "Did you properly pass the result of lu_factor?")  # fmt: skip


# -- solving -------------------------------------------------------------------------------------------


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_lu_solve(LU, pivots, B, *, left=True, adjoint=False):
    """X with ``A X = B``, or ``X A = B`` if it is not on the ``left``, from the LU decomposition of A; with ``adjoint`` A^H stands for A.

    Shapes: (*, n, n), (*, n) and (*, n, k), or (*, k, n), give the shape of B; batches of LU and B broadcast, the result lies column by column, or
    row by row if X is on the left of A. Dtypes: float32, float64 and complex ones, the same for LU and B; the pivots are int32. Errors: RuntimeError
    for shapes that do not fit, other dtypes, and pivots that are no row. Gradient: of B the solution with the other of A and A^H, of L and U what
    follows from that. Source: torch.linalg.lu_solve.

    >>> linalg.lu_solve(tensor([[2., 0.], [0.5, 2.]]), tensor([2, 2], dtype=int32), tensor([[1.], [2.]]))
    tensor([[1.],
            [0.]])
    """
    batch, n = batch_of(LU, B), LU.shape[-1]
    LU, pivots, B = LU.expand(*batch, n, n), pivots.expand(*batch, n), B.expand(*batch, *B.shape[-2:])
    result = by_columns(B, B.shape) if left else allocate_like(B, tuple(B.shape))
    right, out = B, result
    if not left:  # X A = B: A^H X^H = B^H
        right, out = B.mH, allocate_like(B, tuple(B.mT.shape), None, column_major(B.mT.shape))
    evaluate("lu_solve", (out,), (LU, pivots, right.resolve_conj()), len(batch), columns=right.shape[-1], adjoint=adjoint is left)
    if not left:
        result.copy_(out.mH)
    return result


@linalg_lu_solve.constraints
def _(require, LU, pivots, B, left):
    square(require, LU, "torch.linalg.lu_solve")
    numbers(require, LU, "torch.linalg.lu_solve")
    require(LU.dtype is B.dtype, RuntimeError, "linalg.lu_solve: Expected LU and B to have the same dtype, but found LU of type {} and B of type {} "
            "instead", LU.dtype.type_name, B.dtype.type_name)  # fmt: skip
    require(pivots.dtype is int32, RuntimeError, "linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32")
    rows, size = (LU.shape[-2], pivots.shape[-1] if pivots.dim() else -1) if LU.dim() > 1 else (0, 0)
    require(size == rows, RuntimeError,
            "linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix",
            also=((IndexError, "Dimension specified as -1 but tensor has no dimensions"),))  # fmt: skip
    require(size != rows or LU.shape[:-1] == pivots.shape, RuntimeError, "linalg.lu_solve: Expected LU.shape[:-1] and pivots.shape to be the "
            "same, but got pivots with "
            "shape [{}] instead", ", ".join(map(str, pivots.shape)))  # fmt: skip
    matrices(require, B, "linalg.lu_solve", "B")
    fitting(require, LU, B, left, "linalg.lu_solve")
    of_batches(require, LU, B)
    require(not pivots.numel() or everywhere(pivots >= 1), RuntimeError, "Pivots given to lu_solve must all be greater or equal to 1. Did you "
            "properly pass the result of lu_factor?")  # fmt: skip
    require(not pivots.numel() or everywhere(pivots <= LU.shape[-2]), RuntimeError, "Pivots given to lu_solve must all be smaller or equal to "
            "LU.size(-2). Did you properly pass the result of lu_factor?")  # fmt: skip


def _right_gradient(grad, LU, pivots, left, adjoint):
    return linalg_lu_solve(LU, pivots, grad, left=left, adjoint=not adjoint)


def _decomposition_gradient(grad, LU, pivots, left, adjoint, result):
    """That of A is ``-Y X^H``, ``Y = A^-H grad``, and ``P^T`` times it goes to L times ``U^H`` and, after ``L^H``, to U."""
    of_right = _right_gradient(grad, LU, pivots, left, adjoint)
    if left:
        of_matrix = result @ of_right.mH if adjoint else of_right @ result.mH
    else:
        of_matrix = of_right.mH @ result if adjoint else result.mH @ of_right
    L, U = unpacked(LU)
    sorted_rows = -(permutation_matrix(pivots, LU.shape[-1], LU).mT @ of_matrix)
    return (sorted_rows @ U.mH).tril(-1) + (L.mH @ sorted_rows).triu()


linalg_lu_solve.derivative(B=_right_gradient, LU=_decomposition_gradient)


@op("method out", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def lu_solve(input, LU_data, LU_pivots):
    """X with ``A X = input`` from the LU decomposition of A: :func:`linalg.lu_solve` with its arguments in another order.

    >>> lu_solve(tensor([[1.], [2.]]), tensor([[2., 0.], [0.5, 2.]]), tensor([2, 2], dtype=int32))
    tensor([[1.],
            [0.]])
    """
    return linalg_lu_solve(LU_data, LU_pivots, input)
