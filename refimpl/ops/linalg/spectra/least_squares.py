"""Least squares: the X that makes ``A X`` come nearest to B, the shortest one of several."""

from __future__ import annotations

from typing import Any

from .... import return_types
from ....foundation.contracts import backward_stable
from ....foundation.dtypes import finfo, float32, float64, int64
from ....foundation.errors import LinAlgError
from ....operations.registry import op
from ....operations.sharing import COMPUTED
from ....tensor import Tensor, allocate_like, wrap
from ...pointwise.replacement import where
from ...shared.operands import anywhere, everywhere
from ..batches import column_major, safely_castable, wide
from ..norms import linalg_vector_norm
from ..orthogonal import linalg_qr
from ..solving import batch_of
from .pseudoinverses import _inverse_gradient, _linalg_pinv
from .singular_values import _linalg_svd, _linalg_svdvals

_DRIVERS = ("gels", "gelsy", "gelsd", "gelss")
_OUTPUT = safely_castable("solution", "torch.linalg.lstsq")


def _is_vector(A: Tensor, B: Tensor) -> bool:
    return B.dim() == 1 or A.dim() - 1 == B.dim() and B.shape == A.shape[:-1]


def _rank_deficient(A: Tensor) -> Any:
    """Where matrices have no full rank, which "gels" asks for: a diagonal element of R is 0."""
    tall = A if A.shape[-2] >= A.shape[-1] else A.mH
    diagonal = linalg_qr(tall, "r").R.diagonal(0, -2, -1)
    return (diagonal == 0).any(-1)


@op("only", name="_linalg_lstsq", node="LinalgLstsqBackward0", contract=backward_stable(16))
def _linalg_lstsq(A, b, bound, with_residuals):
    """The solution for the singular values beyond ``bound`` times the largest, and the sums of the squares of what is left."""
    *batch, m, n = A.shape
    vector = _is_vector(A, b)
    B = b.unsqueeze(-1) if vector else b
    memory = allocate_like(A, (*batch, max(m, n), B.shape[-1]), None, column_major((*batch, max(m, n), B.shape[-1])))
    solution = wrap(memory.narrow(-2, 0, n)._view)
    left = allocate_like(A, (0,), A.dtype.real)
    if not A.numel():
        left = linalg_vector_norm(wide(B), 2, -2).square().to(A.dtype.real) if with_residuals else left
        return wrap(solution.fill_(0).squeeze(-1)._view) if vector else solution.fill_(0), left
    source, right = wide(A), wide(B)
    U, S, Vh = _linalg_svd(source, False)
    found = Vh.mH @ (where(bound * S[..., :1] < S, 1 / S, 0.0).unsqueeze(-1) * (U.mH @ right))
    solution.copy_(found)
    if with_residuals:
        left = linalg_vector_norm(right - source @ found, 2, -2).square().to(A.dtype.real)
    return wrap(solution.squeeze(-1)._view) if vector else solution, left


def _columns(grads: Any, A: Tensor, b: Tensor, X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient of the solution, the right side and the solution as matrices."""
    return (grads[0].unsqueeze(-1), b.unsqueeze(-1), X.unsqueeze(-1)) if _is_vector(A, b) else (grads[0], b, X)


def _right_gradient(grads, A, b, result0, result1):
    """That of the solution times ``A^+``, and, of the sums of squares, ``-2 (A X - B)`` times theirs."""
    grad, B, X = _columns(grads, A, b, result0)
    found = _linalg_pinv(A, None, None, False).mH @ grad
    if result1.numel():
        found = found - 2 * (A @ X - B) * grads[1].unsqueeze(-2)
    return found.squeeze(-1) if _is_vector(A, b) else found


def _matrix_gradient(grads, A, b, result0, result1):
    grad, B, X = _columns(grads, A, b, result0)
    found = _inverse_gradient(grad @ B.mH, A, _linalg_pinv(A, None, None, False))
    return found + 2 * (A @ X - B) * grads[1].unsqueeze(-2) @ X.mH if result1.numel() else found


_linalg_lstsq.derivative(A=_matrix_gradient, b=_right_gradient)


def _cutoff(driver: str, rcond: float | None, eps: float, longest: int) -> float:
    """What the largest singular value is multiplied by: singular values up to that count as 0. LAPACK's drivers replace a number that is none."""
    if driver == "gels":
        return 0.0
    if rcond is None:
        return eps * longest
    if driver == "gelsd" and (rcond <= 0.0 or rcond >= 1.0):
        return eps / 2
    return eps if driver == "gelss" and rcond < 0.0 else rcond


@op("out", namespace="linalg", contract=backward_stable(16), out=_OUTPUT, sharing=COMPUTED)
def linalg_lstsq(input, b, rcond=None, *, driver=None):
    """The solution of the least squares problem ``min |A X - B|``, as a named tuple ``(solution, residuals, rank, singular_values)``.

    ``driver``: "gelsy" (the usual one), "gelsd" and "gelss" find the rank of A, "gels" takes it to be full. Singular values up to ``rcond`` (as many
    epsilons as the longer dimension has elements) times the largest one count as 0; instead of a negative ``rcond`` "gelss" takes epsilon, and
    "gelsd" half of it, as for 0 and for 1 and more. Of several solutions the shortest is taken. ``residuals``: the sums of the squares of ``A X - B``
    if m > n and all matrices have full rank, but not of "gelsy"; the rank, but not of "gels"; the singular values of "gelsd" and "gelss"; what is not
    given is empty. Shapes: (*, m, n) and (*, m, k), whose batches broadcast, give (*, n, k), (*, k), (*) and (*, min(m, n)); (*, m) stands for
    vectors. Dtypes: float32, float64 and complex ones, the same for both. Errors: RuntimeError for shapes that do not fit, two dtypes, other dtypes,
    another driver; LinAlgError of "gels" for a matrix whose rank is not full. Gradient: that of the pseudoinverse times B, where the rank does not
    change. Source: torch.linalg.lstsq.

    >>> linalg.lstsq(tensor([[1., 0.], [0., 2.], [0., 0.]]), tensor([[1.], [1.], [1.]])).solution
    tensor([[1.0000],
            [0.5000]])
    """
    driver = driver or "gelsy"
    if driver == "gels" and input.numel() and anywhere(_rank_deficient(input.detach())):
        raise LinAlgError("torch.linalg.lstsq: The least squares solution could not be computed because the input matrix does not have full rank "
                          f"(error code: {1 + int((_rank_deficient(input.detach())).reshape(-1).long().argmax())}).")
    bound = _cutoff(driver, rcond, finfo(input.dtype).eps, max(input.shape[-2:]))
    values = _linalg_svdvals(wide(input.detach()))
    rank = (values > bound * values.amax(-1, True)).sum(-1) if input.numel() else values.new_zeros(values.shape[:-1], dtype=int64)
    residuals = driver != "gelsy" and input.shape[-2] > input.shape[-1] and everywhere(rank == input.shape[-1])
    if not _is_vector(input, b) and input.shape[:-2] != b.shape[:-2]:
        batch = batch_of(input, b)
        input, b = input.expand(*batch, -1, -1), b.expand(*batch, -1, -1)
    solution, left = _linalg_lstsq(input, b, bound, residuals)
    ranks = rank.new_zeros(0) if driver == "gels" else rank
    spectrum = values.to(input.dtype.real) if driver in ("gelsd", "gelss") else values.new_zeros(0, dtype=input.dtype.real)
    return return_types.linalg_lstsq((solution, left, ranks, spectrum))


@linalg_lstsq.constraints
def _(require, input, b, driver):
    name = "torch.linalg.lstsq"
    known = input.dtype in (float32, float64) or input.is_complex()
    require(known, RuntimeError, "This function doesn't handle types other than float and double", input.dtype.type_name,
            also=((NotImplementedError, "\"linalg_lstsq_cpu\" not implemented for '{}'"),))  # fmt: skip
    require(driver is None or driver in _DRIVERS, RuntimeError, "{}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)", name)
    require(input.dtype is b.dtype, RuntimeError, "{}: Expected input and other to have the same dtype, but got input's dtype {} and other's "
            "dtype {}",
            name, input.dtype.type_name, b.dtype.type_name)  # fmt: skip
    require(input.dim() >= 2, RuntimeError, "{}: input must have at least 2 dimensions.", name)
    require(b.dim() >= 1, RuntimeError, "{}: other must have at least 1 dimension.", name)
    difference = input.dim() - b.dim()
    require(min(input.dim() - 1, b.dim()) < 1 or 0 <= difference <= 1, RuntimeError,
            "{}: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1", name)  # fmt: skip
    side = -1 if _is_vector(input, b) else -2
    fits = input.dim() < 2 or b.dim() < 1 or not 0 <= difference <= 1 or input.shape[-2] == b.shape[side]
    require(fits, RuntimeError, "{}: input.size(-2) should match other.size({})", name, side)
    theirs = b.shape[:-1] if difference == 1 else b.shape[:-2]
    for d, (m, n) in enumerate(zip(reversed(input.shape[:-2]), reversed(theirs)), 1):
        require(not fits or side == -1 or m == n or m == 1 or n == 1, RuntimeError,
                "The size of tensor a ({}) must match the size of tensor b ({}) at non-singleton dimension {}", m, n,
                input.dim() - 2 - d)  # fmt: skip

