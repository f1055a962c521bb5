"""Binomial numbers: how many of a number of trials succeed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..foundation.dtypes import dtype, float32
from .generator import Generator
from .rounding import float32_round
from .uniform import unit_doubles

__all__ = ["binomial"]

# log(k!) is off by so much from Stirling's formula for k + 1, for k < 10
_STIRLING = tuple(math.lgamma(k + 1) - ((k + 0.5) * math.log(k + 1) - (k + 1) + 0.5 * math.log(2.0 * math.pi)) for k in range(10))


def binomial(count: int, result: dtype, generator: Generator, trials: Sequence[float], probabilities: Sequence[float]) -> list[float]:
    """One number for each number of trials and probability, from double uniforms: where few successes are expected the lengths of the
    runs of failures are added up until the trials are over [1, chapter X.4], else by transformed rejection [2].

    [1] L. Devroye: Non-uniform random variate generation (1986). [2] W. Hoermann: The generation of binomial random variates, Journal of
    Statistical Computation and Simulation 46 (1993).
    """

    def uniform() -> float:
        return next(unit_doubles(generator, 1))  # type: ignore[no-any-return]

    rounded = float32_round if result is float32 else float
    return [_successes(n, p, uniform, rounded) for n, p in zip(trials, probabilities)]


def _successes(n: float, p: float, uniform: Callable[[], float], rounded: Callable[[float], float]) -> float:
    """``rounded``: to the dtype of the numbers, in which n p is found."""
    if n <= 0.0 or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return n
    if p <= 0.5:
        mean = rounded(n * p)
        return _by_rejection(n, p, mean, uniform) if mean >= 10.0 else _by_runs(n, p, uniform)
    if p > 0.5:
        p = rounded(1.0 - p)
        mean = rounded(n * p)
        return n - (_by_rejection(n, p, mean, uniform) if mean >= 10.0 else _by_runs(n, p, uniform))
    return math.nan


def _by_runs(n: float, p: float, uniform: Callable[[], float]) -> float:
    """How many runs, each of failures and one success, end within n trials."""
    passed, found, scale = 0.0, 0.0, math.log1p(-p)
    while True:
        u = uniform()
        passed += math.ceil(math.log(u) / scale) if u else math.inf
        if passed > n:
            return found
        found += 1.0


def _by_rejection(n: float, p: float, mean: float, uniform: Callable[[], float]) -> float:
    """Algorithm BTRS."""
    deviation = math.sqrt(mean * (1.0 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    c = mean + 0.5
    quick = 0.92 - 4.2 / b
    odds = p / (1.0 - p)
    alpha = (2.83 + 5.1 / b) * deviation
    mode = math.floor((n + 1.0) * p)
    while True:
        u, v = uniform() - 0.5, uniform()
        distance = 0.5 - abs(u)
        if not distance:
            continue
        k = math.floor((2.0 * a / distance + b) * u + c)
        if distance >= 0.07 and v <= quick:
            return float(k)
        if not 0 <= k <= n or not v:
            continue
        bound = (
            (mode + 0.5) * math.log((mode + 1.0) / (odds * (n - mode + 1.0))) + (n + 1.0) * math.log((n - mode + 1.0) / (n - k + 1.0))
            + (k + 0.5) * math.log(odds * (n - k + 1.0) / (k + 1.0)) + _stirling(mode) + _stirling(n - mode) - _stirling(k) - _stirling(n - k)
        )  # fmt: skip
        if math.log(v * alpha / (a / (distance * distance) + b)) <= bound:
            return float(k)


def _stirling(k: float) -> float:
    """What Stirling's formula lacks of log(k!): its series from k = 10 on."""
    if k <= 9:
        return _STIRLING[int(k)]
    square = (k + 1.0) * (k + 1.0)
    return (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / (k + 1.0)
