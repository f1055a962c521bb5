"""Linear systems and inverses, by Gaussian elimination with partial pivoting; triangular systems by substitution."""

from __future__ import annotations

from typing import Any

from ... import return_types
from ...foundation.contracts import backward_stable
from ...foundation.dtypes import int32
from ...foundation.errors import LinAlgError
from ...foundation.layout import broadcast_shapes
from ...operations.output_kinds import EXACT_OUTPUT, exact
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor, allocate_like, contiguous_format
from .algorithms import elimination as _elimination  # noqa: F401  (the matrix functions)
from .batches import CHECKED, FACTORED, by_columns, column_major, evaluate, failures, matrices, numbers, precise, raise_first, square

# -- inverses ------------------------------------------------------------------------------------------

_SINGULAR = "linalg.{}: {{}}The diagonal element {{}} is zero, the inversion could not be completed because the input matrix is singular."


@op("only", name="_linalg_inv_ex", node="LinalgInvExBackward0", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def _linalg_inv_ex(A):
    """The inverses of a batch of matrices, and ``info``."""
    result, info = by_columns(A, A.shape), allocate_like(A, tuple(A.shape[:-2]), int32)
    evaluate("inverse", (result, info), (A,), A.dim() - 2)
    return return_types.linalg_inv_ex((result, info))


@_linalg_inv_ex.constraints
def _(require, A):
    square(require, A, "linalg.inv")
    precise(require, A, "linalg.inv")


_linalg_inv_ex.derivative(A=lambda grads, result0: -(result0.mH @ grads[0] @ result0.mH))


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_inv_ex(A, *, check_errors=False):
    """The inverse of a square matrix, or of each matrix in a batch, and ``info``, as a named tuple ``(inverse, info)``.

    ``info`` (int32) is 0 where the matrix has an inverse, and i where the i-th pivot is 0; what stands in that inverse is open. Shapes: (*, n, n)
    gives (*, n, n), column by column, and (*). Dtypes: float32, float64 and complex ones. Errors: RuntimeError for fewer than two dimensions,
    matrices that are not square, and other dtypes; LinAlgError for a singular matrix with ``check_errors``. Gradient: ``-A^-H grad A^-H``. Source:
    torch.linalg.inv_ex.

    >>> linalg.inv_ex(tensor([[2., 0.], [0., 0.]])).info
    tensor(2, dtype=torch.int32)
    """
    found = _linalg_inv_ex(A)
    if check_errors:
        raise_first(found.info, _SINGULAR.format("inv_ex"))
    return found


@linalg_inv_ex.constraints
def _(require, A, check_errors):
    require.each_element(lambda: _singular(A) if check_errors else (), LinAlgError, _SINGULAR.format("inv_ex"))


def _singular(A: Tensor) -> list[tuple[str, int]]:
    try:
        return failures(_linalg_inv_ex(A.detach()).info)
    except RuntimeError:  # it has no inverse for other reasons, which are constraints, too
        return []


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_inv(A):
    """The inverse of a square matrix, or of each matrix in a batch.

    Shapes: (*, n, n) gives (*, n, n), column by column. Dtypes: float32, float64 and complex ones. Errors: RuntimeError for fewer than two
    dimensions, matrices that are not square, and other dtypes; LinAlgError where elimination meets no pivot other than 0. Gradient: ``-A^-H grad
    A^-H``. Source: torch.linalg.inv.

    >>> linalg.inv(tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    found = _linalg_inv_ex(A)
    raise_first(found.info, _SINGULAR.format("inv"))
    return found.inverse


@linalg_inv.constraints
def _(require, A):
    require.each_element(lambda: _singular(A), LinAlgError, _SINGULAR.format("inv"))


@op("method out", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def inverse(input):
    """:func:`linalg.inv`.

    >>> inverse(tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return linalg_inv(input)


# -- systems -------------------------------------------------------------------------------------------


def is_of_vectors(A: Tensor, B: Tensor) -> bool:
    """Whether ``B`` is one vector, or a batch of vectors of the shape that fits ``A``."""
    return B.dim() == 1 or A.dim() - 1 == B.dim() and B.shape == A.shape[:-1]


def fitting(require: Any, A: Tensor, B: Tensor, left: bool, name: str) -> None:
    """The constraints of matrices A and B in ``A X = B``, or ``X A = B``."""
    known = min(A.dim(), B.dim()) >= 2
    require(not known or (A.shape[-2] == B.shape[-2] if left else A.shape[-1] == B.shape[-1]), RuntimeError,
            "{}: Incompatible shapes of A and B for the equation {} ({}x{} and {}x{})", name, "AX = B" if left else "XA = B",
            *A.shape[-2:], *B.shape[-2:])  # fmt: skip


def batch_of(A: Tensor, B: Tensor) -> tuple[int, ...]:
    """The batch that both broadcast to."""
    return broadcast_shapes(tuple(A.shape[:-2]), tuple(B.shape[:-2]))


def of_batches(require: Any, A: Tensor, B: Tensor) -> None:
    """The constraint that batches broadcast."""
    ours, theirs = B.shape[:-2], A.shape[:-2]
    count = max(len(ours), len(theirs))
    for i, (m, n) in enumerate(zip(reversed(ours), reversed(theirs)), 1):
        require(m == n or m == 1 or n == 1, RuntimeError,
                "The size of tensor a ({}) must match the size of tensor b ({}) at non-singleton dimension {}", m, n, count - i)  # fmt: skip


def _of_each_matrix(A: Tensor, info: Tensor) -> Tensor:
    """Of ``info`` for each system, that for each matrix of ``A``, which may stand in several."""
    if tuple(A.shape[:-2]) == tuple(info.shape):
        return info
    if not info.numel():
        return _linalg_lu_info(A)
    for _ in range(info.dim() - (A.dim() - 2)):
        info = info[0]
    for d, length in enumerate(A.shape[:-2]):
        info = info.narrow(d, 0, length)
    return info.clone(memory_format=contiguous_format)


def _linalg_lu_info(A: Tensor) -> Tensor:
    n = A.shape[-1]
    packed, pivots = by_columns(A, A.shape), allocate_like(A, tuple(A.shape[:-1]), int32)
    info = allocate_like(A, tuple(A.shape[:-2]), int32)
    evaluate("lu", (packed, pivots, info), (A,), A.dim() - 2, columns=n)
    return info


@op("only", name="_linalg_solve_ex", node="LinalgSolveExBackward0", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED,
    dtypes=CHECKED)  # fmt: skip
def _linalg_solve_ex(A, B, left):
    """X with ``A X = B``, or ``X A = B``, and ``info``."""
    vectors = is_of_vectors(A, B)
    right = B.unsqueeze(-1) if vectors else B
    batch, n = batch_of(A, right), A.shape[-1]
    matrix, right = A.expand(*batch, n, n), right.expand(*batch, *right.shape[-2:])
    shape = (*batch, *B.shape[-1:]) if vectors else tuple(right.shape)
    result, info = allocate_like(A, shape, None, column_major(shape) if left else None), allocate_like(A, batch, int32)
    out = result.unsqueeze(-1) if vectors else result
    evaluate("solve", (out, info), (matrix, right), len(batch), columns=out.shape[-1], left=left)
    return return_types.linalg_solve_ex((result, _of_each_matrix(A, info)))


@_linalg_solve_ex.constraints
def _(require, A, B, left):
    numbers(require, A, "linalg.solve")
    square(require, A, "linalg.solve")
    require(A.dtype is B.dtype, RuntimeError, "linalg.solve: Expected A and B to have the same dtype, but found A of type {} and B of type {} "
            "instead",
            A.dtype.type_name, B.dtype.type_name)  # fmt: skip
    vectors = is_of_vectors(A, B)
    B = B.unsqueeze(-1) if vectors else B
    matrices(require, B, "linalg.solve", "B")
    fitting(require, A, B, left, "linalg.solve")
    require(left or not vectors, RuntimeError, "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False. In this "
            "case "
            "linalg.solve is equivalent to B / A.squeeze(-1)")  # fmt: skip
    of_batches(require, A, B)


def _solve_gradient(grads, A, B, left):
    """That of B: ``A^-H grad``."""
    return linalg_solve(A.mH, grads[0], left=left)


def _solve_matrix_gradient(grads, A, B, left, result0):
    """That of A: ``-(A^-H grad) X^H``."""
    of_right = linalg_solve(A.mH, grads[0], left=left)
    if is_of_vectors(A, B):
        return -of_right.unsqueeze(-1) * result0.unsqueeze(-2).conj()
    return -(of_right @ result0.mH) if left else -(result0.mH @ of_right)


_linalg_solve_ex.derivative(A=_solve_matrix_gradient, B=_solve_gradient)

_NO_SOLUTION = "torch.linalg.{}: {{}}The solver failed because the input matrix is singular."


def _unsolvable(A: Tensor, B: Tensor, left: bool) -> list[tuple[str, int]]:
    try:
        return failures(_linalg_solve_ex(A.detach(), B.detach(), left).info)
    except (RuntimeError, IndexError):
        return []


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_solve(A, B, *, left=True):
    """The solution X of the linear system ``A X = B``, or of ``X A = B`` if it is not on the ``left``.

    Shapes: (*, n, n) and (*, n, k), or (*, k, n), give the shape of B; batches broadcast. A vector (n), and a batch of vectors of the shape of A
    without its last dimension, give vectors. The result lies column by column (row by row, if X is on the left of A). Dtypes: float32, float64 and
    complex ones, the same for both. Special cases: an empty system has an empty solution. Errors: RuntimeError for shapes that do not fit, two
    dtypes, integers and bool, and vectors for an X on the left; NotImplementedError for floats of 16 bits; LinAlgError where elimination meets no
    pivot other than 0. Gradient: of B ``A^-H grad``, of A minus that times ``X^H``. Source: torch.linalg.solve.

    >>> linalg.solve(tensor([[2., 0.], [0., 4.]]), tensor([1., 1.]))
    tensor([0.5000, 0.2500])
    """
    found = _linalg_solve_ex(A, B, left)
    raise_first(found.info, _NO_SOLUTION.format("solve"))
    return found.result


@linalg_solve.constraints
def _(require, A, B, left):
    require.each_element(lambda: _unsolvable(A, B, left), LinAlgError, _NO_SOLUTION.format("solve"))


@op("out", namespace="linalg", contract=backward_stable(4), out=EXACT_OUTPUT, sharing=COMPUTED)
def linalg_solve_ex(A, B, *, left=True, check_errors=False):
    """The solution of a linear system as in :func:`linalg.solve`, and ``info``, as a named tuple ``(result, info)``.

    ``info`` (int32) is 0 where there is a solution, and i where the i-th pivot is 0; what the solution is there is open. Shapes, dtypes, gradient and
    errors: as for :func:`linalg.solve`; a singular matrix is a LinAlgError with ``check_errors`` only. Source: torch.linalg.solve_ex.

    >>> linalg.solve_ex(tensor([[2., 0.], [0., 0.]]), tensor([1., 1.])).info
    tensor(2, dtype=torch.int32)
    """
    found = _linalg_solve_ex(A, B, left)
    if check_errors:
        raise_first(found.info, _NO_SOLUTION.format("solve_ex"))
    return found


@linalg_solve_ex.constraints
def _(require, A, B, left, check_errors):
    require.each_element(lambda: _unsolvable(A, B, left) if check_errors else (), LinAlgError, _NO_SOLUTION.format("solve_ex"))


# -- triangular systems --------------------------------------------------------------------------------


_SAME_SCALAR_TYPE = exact("expected scalar type {result} but found {out}").in_columns("B")


@op("out", namespace="linalg", contract=backward_stable(4), out=_SAME_SCALAR_TYPE, sharing=COMPUTED, dtypes=FACTORED)
def linalg_solve_triangular(input, B, *, upper, left=True, unitriangular=False):
    """The solution X of ``A X = B`` (``X A = B`` if it is not on the ``left``), where only the ``upper`` or lower triangle of A is read.

    ``unitriangular``: the diagonal counts as ones, and is not read. Shapes: (*, n, n) and (*, n, k), or (*, k, n), give the shape of B; batches
    broadcast; the result lies column by column. Dtypes: float32, float64 and complex ones. Special cases: a 0 on the diagonal divides, as IEEE 754
    says. Errors: RuntimeError for shapes that do not fit; NotImplementedError for other dtypes. Gradient: of B the solution of the system with
    ``A^H``, of the triangle minus that times ``X^H``. Source: torch.linalg.solve_triangular.

    >>> linalg.solve_triangular(tensor([[2., 0.], [0., 4.]]), tensor([[1.], [1.]]), upper=True)
    tensor([[0.5000],
            [0.2500]])
    """
    batch, n = batch_of(input, B), input.shape[-1]
    A, right = input.expand(*batch, n, n), B.to(input.dtype).expand(*batch, *B.shape[-2:])
    result = out = by_columns(A, right.shape)
    if not left:
        A, right, out = A.mT, right.mT, out.mT
    evaluate("solve_triangular", (out,), (A, right), len(batch), columns=out.shape[-1], upper=upper is left, unit=unitriangular)
    return result


@linalg_solve_triangular.constraints
def _(require, input, B, left):
    square(require, input, "linalg.solve_triangular")
    matrices(require, B, "linalg.solve_triangular", "B")
    fitting(require, input, B, left, "linalg.solve_triangular")
    of_batches(require, input, B)


def _triangular_gradient(grad, input, upper, left, unitriangular):
    return linalg_solve_triangular(input.mH, grad, upper=not upper, left=left, unitriangular=unitriangular)


def _triangle_gradient(grad, input, upper, left, unitriangular, result):
    of_right = _triangular_gradient(grad, input, upper, left, unitriangular)
    whole = -(of_right @ result.mH) if left else -(result.mH @ of_right)
    return whole.triu(int(unitriangular)) if upper else whole.tril(-int(unitriangular))


linalg_solve_triangular.derivative(input=_triangle_gradient, B=_triangular_gradient)
