"""The multivariate normal distribution whose covariance matrix is a diagonal one and one of low rank."""

from __future__ import annotations

from math import log, pi
from typing import Any

from ...ops.linalg.cholesky import linalg_cholesky
from ...ops.views.axes import broadcast_tensors
from ...tensor import Size
from .. import constraints
from ..distribution import Distribution
from ..utils import lazy_property, standard_normal
from .matrices import half_log_determinant, identity, mahalanobis, solved, times

__all__ = ["LowRankMultivariateNormal"]


def capacitance(factor: Any, diagonal: Any) -> Any:
    """The Cholesky factor of ``I + W.T D**-1 W``, by which the matrix ``W W.T + D`` is inverted (M. A. Woodbury, 1950)."""
    matrix = factor.mT / diagonal.unsqueeze(-2) @ factor
    return linalg_cholesky(matrix + identity(matrix))


def log_determinant(factor: Any, diagonal: Any, capacitance_tril: Any) -> Any:
    """That of ``W W.T + D``, by the matrix determinant lemma."""
    return 2 * half_log_determinant(capacitance_tril) + diagonal.log().sum(-1)


def distance(factor: Any, diagonal: Any, x: Any, capacitance_tril: Any) -> Any:
    """``x.T (W W.T + D)**-1 x``"""
    return (x.pow(2) / diagonal).sum(-1) - mahalanobis(capacitance_tril, times(factor.mT / diagonal.unsqueeze(-2), x))


class LowRankMultivariateNormal(Distribution):
    """Normal vectors with the mean ``loc`` and the covariance matrix ``cov_factor @ cov_factor.T + diag(cov_diag)``.

    ValueError for shapes that do not fit. Samples take normal numbers for the columns of the factor first, then for the diagonal.
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: bool | None = None) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        event_shape = loc.shape[-1:]
        if cov_factor.dim() < 2:
            raise ValueError("cov_factor must be at least two-dimensional, with optional leading batch dimensions")
        if cov_factor.shape[-2:-1] != event_shape:
            raise ValueError(f"cov_factor must be a batch of matrices with shape {event_shape[0]} x m")
        if cov_diag.shape[-1:] != event_shape:
            raise ValueError(f"cov_diag must be a batch of vectors with shape {event_shape}")
        try:
            column, self.cov_factor, diagonal = broadcast_tensors(loc.unsqueeze(-1), cov_factor, cov_diag.unsqueeze(-1))
        except RuntimeError as error:
            raise ValueError(f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, cov_diag {cov_diag.shape}") from error
        self.loc, self.cov_diag = column[..., 0], diagonal[..., 0]
        self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag = cov_factor, cov_diag
        self._capacitance_tril = capacitance(cov_factor, cov_diag)
        super().__init__(self.loc.shape[:-1], event_shape, validate_args=validate_args)

    @property
    def _woodbury(self) -> tuple[Any, Any]:
        return self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag

    @property
    def _log_determinant(self) -> Any:
        return log_determinant(*self._woodbury, self._capacitance_tril)

    def _of_batch(self, values: Any, ndim: int = 2) -> Any:
        return values.expand(self._batch_shape + self._event_shape * ndim)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @lazy_property
    def variance(self) -> Any:  # type: ignore[override]
        factor, diagonal = self._woodbury
        return self._of_batch(factor.pow(2).sum(-1) + diagonal, 1)

    @lazy_property
    def scale_tril(self) -> Any:
        """The Cholesky factor of the covariance matrix, found as that of ``I + D**-1/2 W W.T D**-1/2``, which is better conditioned."""
        factor, diagonal = self._woodbury
        root = diagonal.sqrt().unsqueeze(-1)
        scaled = factor / root
        matrix = scaled @ scaled.mT
        return self._of_batch(root * linalg_cholesky(matrix + identity(matrix)))

    @lazy_property
    def covariance_matrix(self) -> Any:
        """The covariance matrix."""
        factor, diagonal = self._woodbury
        return self._of_batch(factor @ factor.mT + diagonal.diag_embed())

    @lazy_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance matrix."""
        factor, diagonal = self._woodbury
        columns = solved(self._capacitance_tril, factor.mT / diagonal.unsqueeze(-2))
        return self._of_batch(diagonal.reciprocal().diag_embed() - columns.mT @ columns)

    def rsample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008
        factor, diagonal = self._woodbury
        shape = self._extended_shape(sample_shape)
        of_factor = standard_normal(shape[:-1] + self.cov_factor.shape[-1:], self.loc)
        of_diagonal = standard_normal(shape, self.loc)
        return self.loc + times(factor, of_factor) + diagonal.sqrt() * of_diagonal

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        squared = distance(*self._woodbury, value - self.loc, self._capacitance_tril)
        return -0.5 * (self._event_shape[0] * log(2 * pi) + self._log_determinant + squared)

    def entropy(self) -> Any:
        return (0.5 * (self._event_shape[0] * (1.0 + log(2 * pi)) + self._log_determinant)).expand(self._batch_shape)
