"""Factors of positive definite matrices, as the distributions here use them."""

from __future__ import annotations

from typing import Any

from ...ops.creation.filled import eye
from ...ops.linalg.cholesky import linalg_cholesky
from ...ops.linalg.solving import linalg_solve_triangular


def identity(like: Any) -> Any:
    """The identity matrix of the size and dtype of square matrices."""
    return eye(like.shape[-1], dtype=like.dtype, device=like.device)


def times(matrix: Any, vector: Any) -> Any:
    """The products of matrices and vectors, batches broadcast."""
    return (matrix @ vector.unsqueeze(-1)).squeeze(-1)


def solved(tril: Any, right: Any) -> Any:
    """``tril**-1 right`` for lower triangular matrices."""
    return linalg_solve_triangular(tril, right, upper=False)


def squared_norm(matrix: Any) -> Any:
    """The sum of the squares of each matrix's elements: the trace of ``matrix @ matrix.T``."""
    return matrix.pow(2).sum((-2, -1))


def mahalanobis(tril: Any, vector: Any) -> Any:
    """``x.T (L L.T)**-1 x`` for vectors x and lower triangular matrices L, batches broadcast."""
    return squared_norm(solved(tril, vector.unsqueeze(-1)))


def half_log_determinant(tril: Any) -> Any:
    """The logarithm of the determinant of lower triangular matrices: half that of ``L L.T``."""
    return tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def factor_of_inverse(precision: Any) -> Any:
    """The lower triangular L with ``L L.T = precision**-1``: read backwards, the factor of the reversed matrix is an upper one U with
    ``U U.T = precision``, and L is the inverse of its transpose."""
    upper = linalg_cholesky(precision.flip((-2, -1))).flip((-2, -1))
    return solved(upper.mT, identity(precision))
