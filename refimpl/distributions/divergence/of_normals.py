"""Kullback-Leibler divergences of multivariate normal distributions, with or without a covariance matrix of low rank.

It is half of ``log(det(Q) / det(P)) + trace(Q**-1 P) + d.T Q**-1 d - n``, with the covariance matrices P and Q and the distance d of the means.
"""

from __future__ import annotations

from typing import Any

from ..multivariate.low_rank import LowRankMultivariateNormal, distance
from ..multivariate.matrices import half_log_determinant, mahalanobis, solved, squared_norm
from ..multivariate.normal import MultivariateNormal
from .registry import register_kl


def _log_determinant(p: Any) -> Any:
    if isinstance(p, LowRankMultivariateNormal):
        return p._log_determinant
    return 2 * half_log_determinant(p._unbroadcasted_scale_tril)


def _factors(p: Any) -> list[Any]:
    """Matrices the sum of whose squares ``F F.T`` is the covariance matrix."""
    if isinstance(p, LowRankMultivariateNormal):
        return [p._unbroadcasted_cov_factor, p._unbroadcasted_cov_diag.sqrt().diag_embed()]
    return [p._unbroadcasted_scale_tril]


def _trace(q: Any, factor: Any) -> Any:
    """``trace(Q**-1 F F.T)``"""
    if not isinstance(q, LowRankMultivariateNormal):
        return squared_norm(solved(q._unbroadcasted_scale_tril, factor))
    low_rank, diagonal = q._woodbury
    removed = solved(q._capacitance_tril, low_rank.mT / diagonal.unsqueeze(-2)) @ factor
    return squared_norm(factor * diagonal.rsqrt().unsqueeze(-1)) - squared_norm(removed)


def _distance(q: Any, x: Any) -> Any:
    if isinstance(q, LowRankMultivariateNormal):
        return distance(*q._woodbury, x, q._capacitance_tril)
    return mahalanobis(q._unbroadcasted_scale_tril, x)


@register_kl(MultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _normal(p: Any, q: Any) -> Any:
    if p.event_shape != q.event_shape:
        raise ValueError("KL-divergence between two (Low Rank) Multivariate Normals with different event shapes cannot be computed")
    trace = sum(_trace(q, factor) for factor in _factors(p))
    return 0.5 * (_log_determinant(q) - _log_determinant(p) + trace + _distance(q, q.loc - p.loc) - p.event_shape[0])
