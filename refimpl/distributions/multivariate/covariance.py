"""A covariance matrix, which is given as it is, by its inverse, or by its Cholesky factor."""

from __future__ import annotations

from typing import Any

from ...ops.linalg.cholesky import cholesky_inverse, linalg_cholesky
from ..utils import lazy_property
from .matrices import factor_of_inverse


def given_one(error: type[Exception], covariance_matrix: Any, precision_matrix: Any, scale_tril: Any) -> tuple[str, Any]:
    """The name of the one matrix that is given, and the matrix; ``error`` if there is none, or several."""
    matrices = {"covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril}
    given = [(name, matrix) for name, matrix in matrices.items() if matrix is not None]
    if len(given) != 1:
        raise error("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
    return given[0]


class OfCovariance:
    """The three matrices of a distribution that holds the factor as ``_unbroadcasted_scale_tril``; those that are not given are computed when they
    are asked for."""

    _batch_shape: Any
    _unbroadcasted_scale_tril: Any

    @staticmethod
    def _factor(name: str, matrix: Any) -> Any:
        """The factor, of the matrix that is given under a name."""
        factor = {"covariance_matrix": linalg_cholesky, "precision_matrix": factor_of_inverse}.get(name)
        return matrix if factor is None else factor(matrix)

    def _of_batch(self, matrix: Any) -> Any:
        return matrix.expand(*self._batch_shape, -1, -1)

    @lazy_property
    def scale_tril(self) -> Any:
        """The Cholesky factor of the covariance matrix."""
        return self._of_batch(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Any:
        """The covariance matrix."""
        return self._of_batch(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance matrix."""
        return self._of_batch(cholesky_inverse(self._unbroadcasted_scale_tril))
