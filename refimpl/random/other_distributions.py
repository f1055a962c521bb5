"""Distributions that are functions of uniform and of normal numbers."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import Any

from ..foundation.dtypes import dtype, float32, float64
from .generator import Generator
from .normal import normal_serial
from .rounding import fma, numbers_as
from .uniform import unit_doubles, unit_floats

__all__ = ["bernoulli", "bernoulli_tensor", "cauchy", "exponential", "geometric", "log_normal", "poisson"]


def bernoulli(count: int, result: dtype, generator: Generator, p: float) -> list[int]:
    """1 where a double uniform is less than ``p``, else 0, whatever the dtype."""
    return [1 if u < p else 0 for u in unit_doubles(generator, count)]


def bernoulli_tensor(count: int, result: dtype, generator: Generator, p: Sequence[float], p_dtype: dtype = float32) -> list[int]:
    """The same with a probability for each element; the uniforms are float32 unless the probabilities are float64."""
    units = unit_doubles(generator, count) if p_dtype is float64 else unit_floats(generator, count)
    return [1 if u < limit else 0 for u, limit in zip(units, p)]


def exponential(count: int, result: dtype, generator: Generator, lambd: float) -> array[float]:
    """-log(1 - u) / lambd from double uniforms."""
    scale = -1.0 / lambd
    return numbers_as(result, [scale * math.log1p(-u) for u in unit_doubles(generator, count)])


def geometric(count: int, result: dtype, generator: Generator, p: float) -> Sequence[Any]:
    """The number of the first success of trials with probability ``p``: ceil(log(u) / log(1 - p)) from double uniforms."""
    scale = math.log1p(-p)
    return [math.ceil(math.log(u) / scale) for u in unit_doubles(generator, count)]


def cauchy(count: int, result: dtype, generator: Generator, median: float, sigma: float) -> array[float]:
    """median + sigma tan(pi (u - 1/2)) from double uniforms."""
    return numbers_as(result, [fma(sigma, math.tan(math.pi * (u - 0.5)), median) for u in unit_doubles(generator, count)])


def log_normal(count: int, result: dtype, generator: Generator, mean: float, std: float) -> array[float]:
    """exp of serial normals, which are doubles whatever the dtype."""
    return numbers_as(result, [math.exp(x) if x < 709.0 else _large_exp(x) for x in normal_serial(count, float64, generator, mean, std)])


def _large_exp(x: float) -> float:
    """exp, infinite where it leaves binary64."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def poisson(count: int, result: dtype, generator: Generator, rates: Sequence[float]) -> list[int]:
    """One number for each rate, from double uniforms: rates below 10 by products of uniforms [2], others by transformed rejection [3].

    [2] D. E. Knuth: The Art of Computer Programming, volume 2, section 3.4.1. [3] W. Hoermann: The transformed rejection
    method for generating Poisson random variables, Insurance: Mathematics and Economics 12 (1993).
    """
    return [_poisson_of(rate, generator) for rate in rates]


def _poisson_of(rate: float, generator: Generator) -> int:
    if rate == 0:
        return 0
    if rate < 10:
        least, k = math.exp(-rate), 0
        (product,) = unit_doubles(generator, 1)
        while product > least:
            k += 1
            product *= next(unit_doubles(generator, 1))
        return k
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    quick = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = unit_doubles(generator, 2)
        u -= 0.5
        distance = 0.5 - abs(u)
        if distance == 0.0:
            continue
        k = math.floor((2 * a / distance + b) * u + rate + 0.43)
        if distance >= 0.07 and v <= quick:
            return k
        if k < 0 or distance < 0.013 and v > distance or not v:
            continue
        if math.log(v) + math.log(inverse_alpha) - math.log(a / distance**2 + b) <= k * math.log(rate) - rate - math.lgamma(k + 1):
            return k
