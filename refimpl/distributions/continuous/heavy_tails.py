"""Distributions whose mean may be infinite: Cauchy, Pareto, generalized Pareto."""

from __future__ import annotations

from math import inf, log, nan, pi
from typing import Any

from ...ops.creation.filled import full
from ...ops.creation.from_data import as_tensor
from ...ops.creation.like_another import zeros_like
from ...ops.pointwise.replacement import where
from ...ops.random.random_tensors import rand
from ...tensor import Size
from .. import constraints
from ..composed.transformed import TransformedDistribution
from ..distribution import Distribution
from ..transforms import AbsTransform, AffineTransform, ExpTransform
from ..utils import broadcast_all
from .lines import Exponential

__all__ = ["Cauchy", "GeneralizedPareto", "HalfCauchy", "Pareto"]


class Cauchy(Distribution):
    """The density ``1 / (pi scale (1 + ((x - loc) / scale)**2))``; it has no mean.

    >>> Cauchy(tensor([1.]), tensor([2.])).cdf(tensor([3.]))
    tensor([0.7500])
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def _constant(self, value: float) -> Any:
        return full(self._extended_shape(), value, dtype=self.loc.dtype, device=self.loc.device)

    @property
    def mean(self) -> Any:
        return self._constant(nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return self._constant(inf)

    def rsample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008
        return self.loc + self.loc.new_empty(self._extended_shape(sample_shape)).cauchy_() * self.scale

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        return -log(pi) - self.scale.log() - (((value - self.loc) / self.scale) ** 2).log1p()

    def cdf(self, value: Any) -> Any:
        self._check(value)
        return ((value - self.loc) / self.scale).atan() / pi + 0.5

    def icdf(self, value: Any) -> Any:
        return (pi * (value - 0.5)).tan() * self.scale + self.loc

    def entropy(self) -> Any:
        return log(4 * pi) + self.scale.log()


class HalfCauchy(TransformedDistribution):
    """The absolute value of a Cauchy variable with ``loc`` 0."""

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Cauchy(0, scale, validate_args=False), AbsTransform(), validate_args=validate_args)

    @property
    def scale(self) -> Any:
        """The scale of the Cauchy variable."""
        return self.base_dist.scale

    @property
    def mean(self) -> Any:
        return self.base_dist.variance  # infinite

    @property
    def mode(self) -> Any:
        return zeros_like(self.scale)

    @property
    def variance(self) -> Any:
        return self.base_dist.variance

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        value = as_tensor(value, dtype=self.scale.dtype, device=self.scale.device)
        return where(value >= 0, self.base_dist.log_prob(value) + log(2), -inf)

    def cdf(self, value: Any) -> Any:
        self._check(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, prob: Any) -> Any:
        return self.base_dist.icdf((prob + 1) / 2)

    def entropy(self) -> Any:
        return self.base_dist.entropy() - log(2)


class Pareto(TransformedDistribution):
    """The distribution function ``1 - (scale / x)**alpha`` for x >= scale."""

    arg_constraints = {"alpha": constraints.positive, "scale": constraints.positive}

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        base = Exponential(self.alpha, validate_args=validate_args)
        super().__init__(base, [ExpTransform(), AffineTransform(0, self.scale)], validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:  # type: ignore[override]
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self) -> Any:
        a = self.alpha.clamp(min=1)
        return a * self.scale / (a - 1)

    @property
    def mode(self) -> Any:
        return self.scale

    @property
    def variance(self) -> Any:
        a = self.alpha.clamp(min=2)
        return self.scale.pow(2) * a / ((a - 1).pow(2) * (a - 2))

    def entropy(self) -> Any:
        return (self.scale / self.alpha).log() + (1 + self.alpha.reciprocal())


class GeneralizedPareto(Distribution):
    """The distribution function ``1 - (1 + k z)**(-1/k)`` of ``z = (x - loc) / scale``, with k = ``concentration``; ``1 - exp(-z)`` where k is 0,
    up to 1e-8."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive, "concentration": constraints.real}
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        k = self.concentration
        return constraints.interval(self.loc, where(k < 0, self.loc - self.scale / k, inf))

    def _exponential_or_not(self) -> tuple[Any, Any]:
        """Where it is the exponential distribution, and k with another number there."""
        k = self.concentration
        is_zero = k.isclose(zeros_like(k))
        return is_zero, k.masked_fill(is_zero, 1)

    def _standardized(self, value: Any) -> Any:
        return (value - self.loc) / self.scale

    def rsample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.loc.dtype, device=self.loc.device))

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        z, (is_zero, k) = self._standardized(value), self._exponential_or_not()
        power = 1 / k + 1
        return -self.scale.log() - where(is_zero, z, where(power == 0, power, power * (k * z).log1p()))

    def log_survival_function(self, value: Any) -> Any:
        """``log(1 - cdf(value))``"""
        self._check(value)
        z, (is_zero, k) = self._standardized(value), self._exponential_or_not()
        return where(is_zero, -z, -(k * z).log1p() / k)

    def log_cdf(self, value: Any) -> Any:
        """``log(cdf(value))``"""
        return (-self.log_survival_function(value).exp()).log1p()

    def cdf(self, value: Any) -> Any:
        return self.log_cdf(value).exp()

    def icdf(self, value: Any) -> Any:
        is_zero, k = self._exponential_or_not()
        survival = (-value).log1p()
        return where(is_zero, self.loc - self.scale * survival, self.loc + self.scale / k * (-k * survival).expm1())

    @property
    def mean(self) -> Any:
        exists = self.concentration < 1
        k = where(exists, self.concentration, 0.5)
        return where(exists, self.loc + self.scale / (1 - k), nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        exists = self.concentration < 0.5
        k = where(exists, self.concentration, 0.25)
        return where(exists, self.scale**2 / ((1 - k) ** 2 * (1 - 2 * k)), nan)

    def entropy(self) -> Any:
        return self.scale.log() + self.concentration + 1
