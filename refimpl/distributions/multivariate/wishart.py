"""The Wishart distribution."""

from __future__ import annotations

from math import log, nan
from typing import Any
from warnings import warn

from ...foundation.dtypes import finfo
from ...foundation.layout import broadcast_shapes
from ...ops.creation.from_data import tensor
from ...ops.creation.ranges import arange
from ...ops.creation.triangle_indices import tril_indices
from ...ops.linalg.cholesky import cholesky_solve
from ...ops.linalg.determinants import linalg_slogdet
from ...ops.random.random_tensors import randn
from ...ops.special.gamma_family import mvlgamma
from ...tensor import Size
from .. import constraints
from ..continuous.gamma import Chi2
from ..distribution import ExponentialFamily
from .covariance import OfCovariance, given_one
from .matrices import half_log_determinant

__all__ = ["Wishart"]


def _digamma(x: Any, p: int) -> Any:
    """The multivariate digamma function of dimension p."""
    return (x.unsqueeze(-1) - arange(p, dtype=x.dtype, device=x.device) / 2).digamma().sum(-1)


class Wishart(OfCovariance, ExponentialFamily):
    """The sum of ``df`` products ``x x.T`` of normal vectors x with mean 0 and one covariance matrix; df may be any number above their size less 1.

    One of ``covariance_matrix``, ``precision_matrix``, ``scale_tril`` is given, as to :class:`MultivariateNormal`. AssertionError otherwise;
    ValueError for a df that is too small. Samples are ``(L A) (L A).T`` of the triangular A of M. S. Bartlett (1933). torch draws a
    second time whatever is positive definite, and so does this, to keep its random stream; samples that are singular then are drawn again.
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0

    @property
    def arg_constraints(self) -> Any:
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self.event_shape[-1] - 1),
        }

    def __init__(self, df: Any, covariance_matrix: Any = None, precision_matrix: Any = None, scale_tril: Any = None,
                 validate_args: bool | None = None) -> None:  # fmt: skip
        name, matrix = given_one(AssertionError, covariance_matrix, precision_matrix, scale_tril)
        if matrix.dim() < 2:
            raise ValueError("scale_tril must be at least two-dimensional, with optional leading batch dimensions")
        if isinstance(df, (bool, int, float)):
            batch_shape = Size(matrix.shape[:-2])
            self.df = tensor(df, dtype=matrix.dtype, device=matrix.device)
        else:
            batch_shape = Size(broadcast_shapes(tuple(matrix.shape[:-2]), tuple(df.shape)))
            self.df = df.expand(batch_shape)
        event_shape = matrix.shape[-2:]
        p = event_shape[-1]
        if (self.df <= p - 1).any():
            raise ValueError(f"Value of df={df} expected to be greater than ndim - 1 = {p - 1}.")
        setattr(self, name, matrix.expand(*batch_shape, -1, -1))
        if (self.df < p).any():
            warn("Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim.", stacklevel=2)
        super().__init__(batch_shape, event_shape, validate_args=validate_args)
        self._unbroadcasted_scale_tril = self._factor(name, matrix)
        self._dist_chi2 = Chi2(self.df.unsqueeze(-1) - arange(p, dtype=matrix.dtype, device=matrix.device).expand(*batch_shape, -1))

    @property
    def _size(self) -> int:
        return self._event_shape[-1]

    @property
    def mean(self) -> Any:
        return self.df[..., None, None] * self.covariance_matrix

    @property
    def mode(self) -> Any:
        factor = self.df - self._size - 1
        return factor.masked_fill(factor <= 0, nan)[..., None, None] * self.covariance_matrix

    @property
    def variance(self) -> Any:
        v = self.covariance_matrix
        diagonal = v.diagonal(dim1=-2, dim2=-1)
        return self.df[..., None, None] * (v.pow(2) + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))

    def _bartlett(self, sample_shape: Any) -> Any:
        p = self._size
        roots = self._dist_chi2.rsample(sample_shape).sqrt()
        triangle = roots.clamp(min=finfo(roots.dtype).eps).diag_embed()
        i, j = tril_indices(p, p, offset=-1)
        triangle[..., i, j] = randn(*sample_shape, *self._batch_shape, p * (p - 1) // 2, dtype=roots.dtype, device=roots.device)
        factor = self._unbroadcasted_scale_tril @ triangle
        return factor @ factor.mT

    def _is_singular(self, sample: Any) -> Any:
        """For each sample of the whole batch, whether one of its matrices is not positive definite."""
        return ~self.support.check(sample).reshape(sample.shape[0], -1).all(-1)

    def rsample(self, sample_shape: Any = Size(), max_try_correction: int | None = None) -> Any:  # noqa: B008
        sample_shape = Size(sample_shape)
        shape = self._bartlett(sample_shape).shape
        sample = self._bartlett((sample_shape.numel(),))
        singular = self._is_singular(sample) if sample.numel() else sample.new_zeros(0).bool()
        tries = 10 if max_try_correction is None else max_try_correction
        if singular.any():
            warn("Singular sample detected.", stacklevel=2)
        while singular.any() and tries > 1:
            tries -= 1
            again = self._bartlett((int(singular.sum()),))
            sample[singular] = again
            singular[singular.clone()] = self._is_singular(again)
        return sample.reshape(shape)

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        df, p, tril = self.df, self._size, self._unbroadcasted_scale_tril
        trace = cholesky_solve(value, tril).diagonal(dim1=-2, dim2=-1).sum(-1)
        normalizer = df * (p * log(2) / 2 + half_log_determinant(tril)) + mvlgamma(df / 2, p)
        return (df - p - 1) / 2 * linalg_slogdet(value).logabsdet - trace / 2 - normalizer

    def entropy(self) -> Any:
        df, p = self.df, self._size
        log_factor = p * log(2) / 2 + half_log_determinant(self._unbroadcasted_scale_tril)
        return (p + 1) * log_factor + mvlgamma(df / 2, p) - (df - p - 1) / 2 * _digamma(df / 2, p) + df * p / 2

    @property
    def _natural_params(self) -> Any:
        return -self.precision_matrix / 2, (self.df - self._size - 1) / 2

    def _log_normalizer(self, x: Any, y: Any) -> Any:  # type: ignore[override]
        p = self._size
        half = y + (p + 1) / 2
        return half * (p * log(2) - linalg_slogdet(-2 * x).logabsdet) + mvlgamma(half, p)
