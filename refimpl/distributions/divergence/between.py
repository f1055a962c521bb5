"""Kullback-Leibler divergences of distributions of different families.

They are ``-p.entropy() - E[q.log_prob(x)]``, and the expectation under p comes down to a few of its moments: the mean and the variance for a
normal q, the mean for an exponential one, the mean of log(x) too for a gamma one, and so on. Where p has values outside of q's support it is
infinite. (torch also has an infinity where a bound of a uniform distribution is 0 or 1 and the other one is a continuous Bernoulli distribution.)
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log, pi, sqrt
from typing import Any

from ...ops.creation.like_another import full_like
from ..continuous.continuous_bernoulli import ContinuousBernoulli
from ..continuous.gamma import Gamma
from ..continuous.heavy_tails import Pareto
from ..continuous.lines import Exponential, Gumbel, Laplace, Uniform
from ..continuous.normal import Normal
from ..continuous.simplex import Beta
from ..discrete.counts import Poisson
from ..discrete.trials import Bernoulli, Binomial
from ..utils import euler_constant
from .registry import register_kl

# -- supports that do not fit ----------------------------------------------------------------------


def _infinite(p: Any, q: Any) -> Any:
    return full_like(p.mean, inf)


_WITHOUT = {
    Beta: (Pareto,),
    ContinuousBernoulli: (Pareto,),
    Exponential: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gamma: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gumbel: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Laplace: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Normal: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Pareto: (Beta, ContinuousBernoulli, Uniform),
    Poisson: (Bernoulli, Binomial),
}
for _p, _others in _WITHOUT.items():
    for _q in _others:
        register_kl(_p, _q)(_infinite)


def _outside(p: Any, q: Any) -> Any:
    """Where p's values are not inside of q's support, or a moment of p is infinite."""
    if isinstance(p, Pareto):
        return p.alpha <= (2 if isinstance(q, Normal) else 1)
    if isinstance(q, (Normal, Gumbel, Poisson, Laplace)) or isinstance(p, (Exponential, Gamma)):
        return False
    low, high = (p.low, p.high) if isinstance(p, Uniform) else (0.0, 1.0)
    if isinstance(q, Uniform):
        return (q.low > low) | (q.high < high)
    if isinstance(q, (Beta, ContinuousBernoulli)):
        return (low < 0) | (high > 1)
    return low < (q.scale if isinstance(q, Pareto) else 0)


# -- moments of p ----------------------------------------------------------------------------------


def _x_log_x(x: Any) -> Any:
    return x.xlogy(x)


def _mean(p: Any) -> Any:
    return p.alpha * p.scale / (p.alpha - 1) if isinstance(p, Pareto) else p.mean  # finite throughout, for the gradients


def _variance(p: Any) -> Any:
    return p.alpha * (p.scale / (p.alpha - 1)).pow(2) / (p.alpha - 2) if isinstance(p, Pareto) else p.variance


def _mean_log(p: Any) -> Any:
    """The expectation of log(x)."""
    if isinstance(p, Beta):
        return p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    if isinstance(p, Exponential):
        return -p.rate.log() - euler_constant
    if isinstance(p, Pareto):
        return p.scale.log() + p.alpha.reciprocal()
    return (_x_log_x(p.high) - _x_log_x(p.low)) / (p.high - p.low) - 1


def _mean_exponential(p: Any, scale: Any) -> Any:
    """The expectation of exp(-x / scale)."""
    if isinstance(p, Exponential):
        return p.rate * scale / (p.rate * scale + 1)
    if isinstance(p, Gamma):
        return (1 + (p.rate * scale).reciprocal()).pow(-p.concentration)
    if isinstance(p, Normal):
        return (0.5 * (p.scale / scale).pow(2) - p.loc / scale).exp()
    return scale * ((-p.low / scale).exp() - (-p.high / scale).exp()) / (p.high - p.low)


# -- the expectation of q.log_prob -----------------------------------------------------------------


def _under_normal(p: Any, q: Any) -> Any:
    squared = (_mean(p) - q.loc).pow(2) + _variance(p)
    return -q.scale.log() - 0.5 * log(2 * pi) - squared / (2 * q.scale.pow(2))


def _under_exponential(p: Any, q: Any) -> Any:
    return q.rate.log() - q.rate * _mean(p)


def _under_gamma(p: Any, q: Any) -> Any:
    a = q.concentration
    return a * q.rate.log() - a.lgamma() + (a - 1) * _mean_log(p) - q.rate * _mean(p)


def _under_gumbel(p: Any, q: Any) -> Any:
    return (q.loc - _mean(p)) / q.scale - (q.loc / q.scale).exp() * _mean_exponential(p, q.scale) - q.scale.log()


def _under_beta(p: Any, q: Any) -> Any:
    a, b = q.concentration1, q.concentration0
    mean_log_rest = (_x_log_x(1 - p.low) - _x_log_x(1 - p.high)) / (p.high - p.low) - 1
    return (a - 1) * _mean_log(p) + (b - 1) * mean_log_rest - (a.lgamma() + b.lgamma() - (a + b).lgamma())


def _under_continuous_bernoulli(p: Any, q: Any) -> Any:
    return _mean(p) * q.logits + (-q.probs).log1p() + q._cont_bern_log_norm()


def _under_pareto(p: Any, q: Any) -> Any:
    return (q.alpha * q.scale.pow(q.alpha)).log() - (q.alpha + 1) * _mean_log(p)


def _under_uniform(p: Any, q: Any) -> Any:
    return -(q.high - q.low).log()


def _under_poisson(p: Any, q: Any) -> Any:
    return p.probs * q.rate.log() - q.rate  # of 0 and 1, whose factorials are 1


def _under_laplace(p: Any, q: Any) -> Any:
    """The absolute value of a normal variable has a folded normal distribution."""
    shift = p.loc - q.loc
    z = shift / p.scale
    distance = sqrt(2 / pi) * p.scale * (-0.5 * z.pow(2)).exp() + shift * (z * sqrt(0.5)).erf()
    return -(2 * q.scale).log() - distance / q.scale


_UNDER: dict[Any, tuple[Callable[[Any, Any], Any], tuple[Any, ...]]] = {
    Normal: (_under_normal, (Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Laplace, Pareto, Uniform)),
    Exponential: (_under_exponential, (Beta, ContinuousBernoulli, Gamma, Pareto, Uniform)),
    Gamma: (_under_gamma, (Beta, Exponential, Pareto, Uniform)),
    Gumbel: (_under_gumbel, (Exponential, Gamma, Normal, Uniform)),
    Beta: (_under_beta, (Uniform,)),
    ContinuousBernoulli: (_under_continuous_bernoulli, (Beta, Uniform)),
    Pareto: (_under_pareto, (Uniform,)),
    Uniform: (_under_uniform, (Beta, ContinuousBernoulli)),
    Poisson: (_under_poisson, (Bernoulli,)),
    Laplace: (_under_laplace, (Normal,)),
}


def _divergence(expectation: Callable[[Any, Any], Any], p: Any, q: Any) -> Any:
    result = -p.entropy() - expectation(p, q)
    outside = _outside(p, q)
    return result if outside is False else result.masked_fill(outside, inf)


for _q, (_expectation, _others) in _UNDER.items():
    for _p in _others:
        register_kl(_p, _q)(lambda p, q, expectation=_expectation: _divergence(expectation, p, q))
