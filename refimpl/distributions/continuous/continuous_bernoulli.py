"""The continuous Bernoulli distribution."""

from __future__ import annotations

from math import log
from typing import Any

from ...ops.creation.like_another import full_like, ones_like, zeros_like
from ...ops.nn.losses.binary_cross_entropy import binary_cross_entropy_with_logits
from ...ops.pointwise.replacement import where
from ...ops.random.random_tensors import rand
from ...tensor import Size
from .. import constraints
from ..distribution import ExponentialFamily
from ..parameters import ProbsOrLogits
from ..utils import broadcast_all, clamp_probs, lazy_property, logits_to_probs

__all__ = ["ContinuousBernoulli"]


class ContinuousBernoulli(ProbsOrLogits, ExponentialFamily):
    """The density ``c p**x (1 - p)**(1 - x)`` on [0, 1] (G. Loaiza-Ganem, J. Cunningham: The continuous Bernoulli, 2019); p is not its mean.

    Near p = 1/2, between the two ``lims``, where the formulas cancel, their Taylor polynomials are evaluated.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    _mean_carrier_measure = 0
    has_rsample = True

    def __init__(self, probs: Any = None, logits: Any = None, lims: Any = (0.499, 0.501), validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        if probs is not None:
            if validate_args is not None and not self.arg_constraints["probs"].check(self.probs).all():
                raise ValueError("The parameter probs has invalid values")
            self.probs = clamp_probs(self.probs)
        self._lims = lims
        super().__init__(self._param.shape, validate_args=validate_args)

    @lazy_property
    def probs(self) -> Any:
        """p"""
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    def _away_from_half(self) -> Any:
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    def _safe_probs(self) -> Any:
        """p, or the lower limit where the Taylor polynomials are evaluated."""
        return where(self._away_from_half(), self.probs, full_like(self.probs, self._lims[0]))

    def _cont_bern_log_norm(self) -> Any:
        """``log(2 artanh(1 - 2p) / (1 - 2p))``, the logarithm of c."""
        p, x = self._safe_probs(), (self.probs - 0.5).pow(2)
        below, above = where(p <= 0.5, p, zeros_like(p)), where(p >= 0.5, p, ones_like(p))
        distance = where(p <= 0.5, (-2.0 * below).log1p(), (2.0 * above - 1.0).log())
        formula = ((-p).log1p() - p.log()).abs().log() - distance
        return where(self._away_from_half(), formula, log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x)

    @property
    def mean(self) -> Any:
        p, x = self._safe_probs(), self.probs - 0.5
        formula = p / (2.0 * p - 1.0) + 1.0 / ((-p).log1p() - p.log())
        return where(self._away_from_half(), formula, 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x.pow(2)) * x)

    @property
    def variance(self) -> Any:
        p, x = self._safe_probs(), (self.probs - 0.5).pow(2)
        formula = p * (p - 1.0) / (1.0 - 2.0 * p).pow(2) + 1.0 / ((-p).log1p() - p.log()).pow(2)
        return where(self._away_from_half(), formula, 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x)

    def rsample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.probs.dtype, device=self.probs.device))

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction=0) + self._cont_bern_log_norm()

    def cdf(self, value: Any) -> Any:
        self._check(value)
        p = self._safe_probs()
        formula = (p.pow(value) * (1.0 - p).pow(1.0 - value) + p - 1.0) / (2.0 * p - 1.0)
        inside = where(self._away_from_half(), formula, value)
        return where(value <= 0.0, zeros_like(value), where(value >= 1.0, ones_like(value), inside))

    def icdf(self, value: Any) -> Any:
        p = self._safe_probs()
        rest = (-p).log1p()
        return where(self._away_from_half(), ((-p + value * (2.0 * p - 1.0)).log1p() - rest) / (p.log() - rest), value)

    def entropy(self) -> Any:
        rest = (-self.probs).log1p()
        return self.mean * (rest - self.probs.log()) - self._cont_bern_log_norm() - rest

    @property
    def _natural_params(self) -> Any:
        return (self.logits,)

    def _log_normalizer(self, x: Any) -> Any:  # type: ignore[override]
        away = (x <= self._lims[0] - 0.5) | (x > self._lims[1] - 0.5)
        safe = where(away, x, full_like(x, self._lims[0] - 0.5))
        return where(away, safe.expm1().abs().log() - safe.abs().log(), 0.5 * x + x.pow(2) / 24.0 - x.pow(4) / 2880.0)
