"""The multivariate normal distribution."""

from __future__ import annotations

from math import log, pi
from typing import Any

from ...foundation.layout import broadcast_shapes
from ...tensor import Size
from .. import constraints
from ..distribution import Distribution
from ..utils import standard_normal
from .covariance import OfCovariance, given_one
from .matrices import half_log_determinant, mahalanobis, times

__all__ = ["MultivariateNormal"]


class MultivariateNormal(OfCovariance, Distribution):
    """Vectors ``loc + scale_tril @ z`` with independent standard normal z.

    One of ``covariance_matrix``, its inverse ``precision_matrix`` and its Cholesky factor ``scale_tril`` is given (ValueError otherwise); the others
    are computed when they are asked for.
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Any, covariance_matrix: Any = None, precision_matrix: Any = None, scale_tril: Any = None,
                 validate_args: bool | None = None) -> None:  # fmt: skip
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        name, matrix = given_one(ValueError, covariance_matrix, precision_matrix, scale_tril)
        if matrix.dim() < 2:
            told = "scale_tril matrix" if name == "scale_tril" else name
            raise ValueError(f"{told} must be at least two-dimensional, with optional leading batch dimensions")
        batch_shape = Size(broadcast_shapes(tuple(matrix.shape[:-2]), tuple(loc.shape[:-1])))
        setattr(self, name, matrix.expand(*batch_shape, -1, -1))
        self.loc = loc.expand(*batch_shape, -1)
        super().__init__(batch_shape, self.loc.shape[-1:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = self._factor(name, matrix)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return self._unbroadcasted_scale_tril.pow(2).sum(-1).expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008
        return self.loc + times(self._unbroadcasted_scale_tril, standard_normal(self._extended_shape(sample_shape), self.loc))

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        distance = mahalanobis(self._unbroadcasted_scale_tril, value - self.loc)
        return -0.5 * (self._event_shape[0] * log(2 * pi) + distance) - half_log_determinant(self._unbroadcasted_scale_tril)

    def entropy(self) -> Any:
        entropy = 0.5 * self._event_shape[0] * (1.0 + log(2 * pi)) + half_log_determinant(self._unbroadcasted_scale_tril)
        return entropy.expand(self._batch_shape)
