"""Constraints of vectors and of matrices, each as a whole."""

from __future__ import annotations

from typing import Any

from ...foundation.dtypes import bool_, finfo
from ...ops.creation.filled import full
from ...ops.linalg.cholesky import linalg_cholesky_ex
from ...ops.linalg.norms import linalg_vector_norm
from ...ops.linalg.spectra.eigenvalues import linalg_eigvalsh
from .base import Constraint
from .numbers import _Below


class _Simplex(Constraint):
    """Vectors of numbers that are not negative and sum to 1, within 1e-6."""

    event_dim = 1

    def check(self, value: Any) -> Any:
        return (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < 1e-6)


class _OneHot(Constraint):
    """Vectors of a single 1 among zeros."""

    is_discrete = True
    event_dim = 1

    def check(self, value: Any) -> Any:
        return ((value == 0) | (value == 1)).all(-1) & (value.sum(-1) == 1)


class _Multinomial(_Below):
    """Vectors of counts whose sum is at most upper_bound."""

    is_discrete = True
    event_dim = 1

    def check(self, value: Any) -> Any:
        return (value >= 0).all(-1) & (value.sum(-1) <= self.upper_bound)

    def __repr__(self) -> str:
        return "Multinomial()"


class _LowerTriangular(Constraint):
    """Matrices that are zero above the diagonal."""

    event_dim = 2

    def check(self, value: Any) -> Any:
        return (value.tril() == value).flatten(-2).all(-1)


class _LowerCholesky(_LowerTriangular):
    """Lower triangular matrices with a positive diagonal."""

    event_dim = 2

    def check(self, value: Any) -> Any:
        return super().check(value) & (value.diagonal(dim1=-2, dim2=-1) > 0).all(-1)


class _CorrCholesky(_LowerCholesky):
    """Lower triangular matrices with a positive diagonal whose rows have length 1: the Cholesky factors of correlation matrices."""

    event_dim = 2

    def check(self, value: Any) -> Any:
        tolerance = finfo(value.dtype).eps * value.size(-1) * 10
        lengths = linalg_vector_norm(value.detach(), dim=-1)
        return super().check(value) & ((lengths - 1.0).abs() <= tolerance).all(-1)


class _Square(Constraint):
    """Matrices with as many rows as columns."""

    event_dim = 2

    def check(self, value: Any) -> Any:
        return full(value.shape[:-2], value.shape[-2] == value.shape[-1], dtype=bool_, device=value.device)


class _Symmetric(_Square):
    """Matrices that are, up to rounding, their own transposes."""

    def check(self, value: Any) -> Any:
        is_square = super().check(value)
        return value.isclose(value.mT, atol=1e-6).all(-2).all(-1) if is_square.all() else is_square


class _OfEigenvalues(_Symmetric):
    def check(self, value: Any) -> Any:
        is_symmetric = super().check(value)
        return self._check_symmetric(value) if is_symmetric.all() else is_symmetric

    def _check_symmetric(self, value: Any) -> Any:
        raise NotImplementedError


class _PositiveSemidefinite(_OfEigenvalues):
    """Symmetric matrices without negative eigenvalues."""

    def _check_symmetric(self, value: Any) -> Any:
        return (linalg_eigvalsh(value) >= 0).all(-1)


class _PositiveDefinite(_OfEigenvalues):
    """Symmetric matrices that have a Cholesky decomposition."""

    def _check_symmetric(self, value: Any) -> Any:
        return linalg_cholesky_ex(value).info == 0
