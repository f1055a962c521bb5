"""Transforms to points of the simplex, and to matrices that are triangular, positive definite or correlations."""

from __future__ import annotations

from math import isqrt, log
from typing import Any

from ...foundation.dtypes import finfo
from ...ops.images.padding import pad
from ...ops.linalg.cholesky import linalg_cholesky
from ...ops.nn.activations.smooth import softplus
from .. import constraints
from ..utils import tril_matrix_to_vec, vec_to_tril_matrix
from .base import PlainTransform, Transform, require_dimensions
from .pointwise import clipped_sigmoid

__all__ = ["CorrCholeskyTransform", "LowerCholeskyTransform", "PositiveDefiniteTransform", "SoftmaxTransform", "StickBreakingTransform"]


def _shifted(values: Any) -> Any:
    """The values along the last dimension one place further on, behind a 1."""
    return pad(values[..., :-1], [1, 0], value=1)


class SoftmaxTransform(PlainTransform):
    """The softmax along the last dimension, with the logarithm for an inverse"""

    domain, codomain = constraints.real_vector, constraints.simplex

    def _call(self, x: Any) -> Any:
        weights = (x - x.amax(-1, True)).exp()
        return weights / weights.sum(-1, True)

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def forward_shape(self, shape: Any) -> Any:
        require_dimensions(shape, 1)
        return shape

    inverse_shape = forward_shape


class StickBreakingTransform(PlainTransform):
    """From n numbers to a point of the simplex with n + 1 coordinates: each breaks a part ``sigmoid(x - log(numbers left))`` off what is left of a
    stick of length 1."""

    domain, codomain, bijective = constraints.real_vector, constraints.simplex, True

    @staticmethod
    def _offsets(values: Any) -> Any:
        """The logarithms of n, n - 1, ..., 1, for the n values along the last dimension."""
        n = values.shape[-1]
        return (n + 1 - values.new_ones(n).cumsum(-1)).log()

    def _call(self, x: Any) -> Any:
        parts = clipped_sigmoid(x - self._offsets(x))
        return pad(parts, [0, 1], value=1) * pad((1 - parts).cumprod(-1), [1, 0], value=1)

    def _inverse(self, y: Any) -> Any:
        y = y[..., :-1]
        left = (1 - y.cumsum(-1)).clamp(min=finfo(y.dtype).tiny)
        return y.log() - left.log() + self._offsets(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        x = x - self._offsets(x)
        return (y[..., :-1].log() - x - softplus(-x)).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        require_dimensions(shape, 1)
        return shape[:-1] + (shape[-1] + 1,)

    def inverse_shape(self, shape: Any) -> Any:
        require_dimensions(shape, 1)
        return shape[:-1] + (shape[-1] - 1,)


class LowerCholeskyTransform(PlainTransform):
    """From square matrices to lower triangular ones with a positive diagonal: the exponentials of the diagonal, zeros above it"""

    domain, codomain = constraints.independent(constraints.real, 2), constraints.lower_cholesky

    def _call(self, x: Any) -> Any:
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Any) -> Any:
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(PlainTransform):
    """From square matrices to positive definite ones: the product of :class:`LowerCholeskyTransform`'s matrix and its transpose"""

    domain, codomain = constraints.independent(constraints.real, 2), constraints.positive_definite

    def _call(self, x: Any) -> Any:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Any) -> Any:
        return LowerCholeskyTransform().inv(linalg_cholesky(y))


class CorrCholeskyTransform(Transform):
    """From ``d (d - 1) / 2`` numbers to the Cholesky factor of a d x d correlation matrix: ``tanh`` makes them canonical partial correlations, each
    of which takes its share of what is left of its row's length 1 (D. Lewandowski, D. Kurowicka, H. Joe: Generating random correlation matrices
    based on vines and extended onion method, 2009)."""

    domain, codomain, bijective = constraints.real_vector, constraints.corr_cholesky, True

    def _call(self, x: Any) -> Any:
        eps = finfo(x.dtype).eps
        partial = vec_to_tril_matrix(x.tanh().clamp(min=-1 + eps, max=1 - eps), diag=-1)
        left = (1 - partial**2).sqrt().cumprod(-1)
        return (partial + partial.new_ones(partial.shape[-1]).diag()) * _shifted(left)

    def _inverse(self, y: Any) -> Any:
        left = _shifted(1 - (y * y).cumsum(-1))
        partial = tril_matrix_to_vec(y, diag=-1) / tril_matrix_to_vec(left, diag=-1).sqrt()
        return (partial.log1p() - (-partial).log1p()) / 2

    def log_abs_det_jacobian(self, x: Any, y: Any, intermediates: Any = None) -> Any:
        left = tril_matrix_to_vec(1 - (y * y).cumsum(-1), diag=-2)
        return 0.5 * left.log().sum(-1) - 2 * (x + softplus(-2 * x) - log(2.0)).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        require_dimensions(shape, 1)
        count = shape[-1]
        size = (1 + isqrt(1 + 8 * count)) // 2
        if size * (size - 1) // 2 != count:
            raise ValueError("Input is not a flattened lower-diagonal number")
        return shape[:-1] + (size, size)

    def inverse_shape(self, shape: Any) -> Any:
        require_dimensions(shape, 2)
        if shape[-2] != shape[-1]:
            raise ValueError("Input is not square")
        return shape[:-2] + (shape[-1] * (shape[-1] - 1) // 2,)
