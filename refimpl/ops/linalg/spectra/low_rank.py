"""Singular value decompositions in a random subspace that holds nearly all of the matrix.

Source: N. Halko, P.-G. Martinsson, J. A. Tropp, Finding structure with randomness: probabilistic algorithms for constructing approximate matrix
decompositions (2009, arXiv:0909.4061), algorithms 4.4 and 5.1.
"""

from __future__ import annotations

from ....foundation.c_names import spelled_c_name
from ....foundation.contracts import backward_stable
from ....foundation.dtypes import bool_, dtype, float16, float32, float64
from ....operations.registry import op
from ....tensor import Tensor
from ...random.random_tensors import randn
from ..orthogonal import linalg_qr
from .singular_values import linalg_svd

_TWO = "not enough values to unpack (expected 2, got {})"


def _drawn(A: Tensor) -> dtype:
    """The dtype of the random numbers."""
    return A.dtype if A.dtype.is_complex or A.dtype in (float16, float32, float64) else float32


def _times(A: Tensor, M: Tensor | None, right: Tensor) -> Tensor:
    """``(A - M) right``."""
    product = A.matmul(right)
    return product if M is None else product - M.matmul(right)


def _basis(A: Tensor, M: Tensor | None, q: int, niter: int) -> Tensor:
    """Orthonormal columns that span ``(B B^H)**niter B R``, where B is ``A - M`` and R is drawn, of q columns. Each product is made orthonormal
    before the next, which would else be of the first few vectors alone."""
    Q = linalg_qr(_times(A, M, randn(A.shape[-1], q, dtype=_drawn(A), device=A.device))).Q
    for _ in range(niter):
        Q = linalg_qr(_times(A.mH, None if M is None else M.mH, Q)).Q
        Q = linalg_qr(_times(A, M, Q)).Q
    return Q


def _decomposed(A: Tensor, M: Tensor | None, q: int, niter: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of a matrix with at least as many rows as columns: the decomposition of ``Q^H (A - M)``, whose left vectors are those of Q's space."""
    if A.shape[-2] < A.shape[-1]:
        U, S, V = _decomposed(A.mH, None if M is None else M.mH, q, niter)
        return V, S, U
    Q = _basis(A, M, q, niter)
    projected = Q.mH.matmul(A) if M is None else Q.mH.matmul(A) - Q.mH.matmul(M)
    left, S, Vh = linalg_svd(projected, full_matrices=False)
    return Q.matmul(left), S, Vh.mH


@op("function python", contract=backward_stable(8))
def svd_lowrank(A, q=6, niter=2, M=None):
    """The largest q singular values of ``A - M`` (of A without ``M``) and their vectors, nearly: a tuple ``(U, S, V)``.

    ``U diag(S) V^H`` is near ``A - M``, and is ``A - M`` if it has no more singular values than q that are not 0. R, normal numbers of shape (n, q)
    for all matrices of a batch (n the smaller of the sizes of A), are drawn by :func:`randn` from the default generator, in the dtype of A. With B
    the one of ``A - M`` and its adjoint that has as many rows as columns or more, Q the orthonormal basis of the columns of ``(B B^H)**niter B R``,
    U, S and V are the singular value decomposition of ``Q Q^H B``. The signs (phases) of the vectors are open. ``q`` and ``niter`` of None are 6 and
    2; a negative ``niter`` is 0. Shapes: (*, m, n) gives (*, m, k), (*, k) and (*, n, k), k the least of q, m and n; ``M`` is broadcast to the shape
    of A. Dtypes: float32, float64 and complex ones, the same for both; S is real. Errors: ValueError for fewer than two dimensions; RuntimeError for
    a negative q, another dtype than those, two dtypes, and an M that cannot be broadcast; NotImplementedError for float16; LinAlgError for NaN.
    Gradient: that of the operations in the order of this text. Source: torch.svd_lowrank.

    >>> svd_lowrank(tensor([[0., 2.], [1., 0.], [0., 0.]]))[1]
    tensor([2., 1.])
    """
    return _decomposed(A, None if M is None else M.broadcast_to(A.shape), 6 if q is None else q, 2 if niter is None else niter)


@svd_lowrank.constraints
def _(require, A, M):
    require(len(A.shape) >= 2, ValueError, _TWO, len(A.shape))
    for factor in (A, *(() if M is None else (M,))):
        require(factor.dtype is not bool_, RuntimeError, "expected m1 and m2 to have the same dtype, but got: bool != {}", spelled_c_name(_drawn(A)),
                also=((NotImplementedError, "\"bmm\" not implemented for 'Bool'"),))  # fmt: skip


@op("function python", contract=backward_stable(8))
def pca_lowrank(A, q=None, center=True, niter=2):
    """Principal component analysis: :func:`svd_lowrank` of A, of whose columns, if ``center``, the means are subtracted before.

    ``q`` is by default the least of 6, m and n. The columns of V are the principal directions, ``S**2 / (m - 1)`` their variances. Shapes and dtypes:
    as there. Errors: those, and ValueError for a q that is negative or above m or n, and a negative ``niter``. Source: torch.pca_lowrank.

    >>> pca_lowrank(tensor([[1., 2.], [1., 4.], [1., 6.]]), 1)[1]
    tensor([2.8284])
    """
    least = min(A.shape[-2:])
    centred = A - A.mean(dim=(-2,), keepdim=True) if center else A
    return _decomposed(centred, None, min(6, least) if q is None else q, niter)


@pca_lowrank.constraints
def _(require, A, q, niter):
    require(len(A.shape) >= 2, ValueError, _TWO, len(A.shape))
    least = min(A.shape[-2:]) if A.dim() >= 2 else 0
    require(q is None or q >= 0 and q <= least, ValueError, "q(={}) must be non-negative integer and not greater than min(m, n)={}", q, least)
    require(niter >= 0, ValueError, "niter(={}) must be non-negative integer", niter)
