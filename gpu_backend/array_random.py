"""Random distributions on CuPy and NumPy arrays, one function a name.

Each takes the array module, a generator of that module, the view to fill and the distribution's parameters, and returns
the numbers (float64 or int64), which the kernel rounds to the dtype of the view.
"""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any, Callable, Sequence

from refimpl.backend import View
from refimpl.foundation import dtypes

from .common import random_integer_bound, significand_bits

Array = Any


def _units(xp: Any, source: Any, out: View) -> Array:
    """Uniform float64 numbers in [0, 1)."""
    return source.random(out.numel, dtype=xp.float64).reshape(out.shape)


def _uniform(xp: Any, source: Any, out: View, low: float = 0.0, high: float = 1.0) -> Array:
    """low + (high - low) * u, where u has no more bits than the dtype holds: rounding does not reach 1."""
    if out.dtype.is_complex:
        return _pairs(xp, source, out, _uniform, low, high)
    grid = 2.0 ** significand_bits(out.dtype)
    return low + (high - low) * (xp.floor(_units(xp, source, out) * grid) / grid)


def _normal(xp: Any, source: Any, out: View, mean: float = 0.0, std: float = 1.0) -> Array:
    if out.dtype.is_complex:
        return _pairs(xp, source, out, _normal, mean, std / sqrt(2.0))
    return mean + std * source.standard_normal(out.numel, dtype=xp.float64).reshape(out.shape)


def _pairs(xp: Any, source: Any, out: View, distribution: Callable[..., Array], *parameters: float) -> Array:
    """Complex numbers whose parts are drawn independently."""
    part = View(out.storage, 0, out.shape, out.strides, out.dtype.real)
    return distribution(xp, source, part, *parameters) + 1j * distribution(xp, source, part, *parameters)


def _randint(xp: Any, source: Any, out: View, low: int, high: int) -> Array:
    return source.integers(int(low), int(high), out.numel, dtype=xp.int64).reshape(out.shape)


def _random(xp: Any, source: Any, out: View) -> Array:
    """Integers from 0 to the dtype's largest; for floats, to the largest up to which all integers are exact."""
    numbers = source.integers(0, random_integer_bound(out.dtype), out.numel, dtype=xp.int64, endpoint=True)
    return numbers.reshape(out.shape)


def _randperm(xp: Any, source: Any, out: View) -> Array:
    return xp.argsort(_units(xp, source, out).ravel()).reshape(out.shape)


def _bernoulli(xp: Any, source: Any, out: View, p: float) -> Array:
    return _units(xp, source, out) < p


def _bernoulli_tensor(xp: Any, source: Any, out: View, p: Sequence[float], p_dtype: Any = dtypes.float32) -> Array:
    return _units(xp, source, out) < xp.asarray(list(p), "float64").reshape(out.shape)


def _poisson(xp: Any, source: Any, out: View, rates: Sequence[float]) -> Array:
    return source.poisson(xp.asarray(list(rates), "float64")).reshape(out.shape)


def _binomial(xp: Any, source: Any, out: View, trials: Sequence[float], chances: Sequence[float]) -> Array:
    count, p = xp.asarray(list(trials), "float64"), xp.asarray(list(chances), "float64")
    known = ~(xp.isnan(count) | xp.isnan(p))
    count, p = xp.where(known, xp.maximum(count, 0.0), 0.0), xp.where(known, xp.clip(p, 0.0, 1.0), 0.0)
    countable = count < 2.0**62
    drawn = source.binomial(xp.where(countable, count, 0.0).astype("int64"), p).astype("float64")
    if not countable.all():  # so many trials are normal to the last digit
        drawn = xp.where(countable, drawn, xp.rint(count * p + xp.sqrt(count * p * (1.0 - p)) * source.standard_normal(count.shape)))
    return xp.where(known, drawn, xp.nan).reshape(out.shape)


def _standard_gamma(xp: Any, source: Any, out: View, shapes: Sequence[float]) -> Array:
    """No number is less than the least normal number of the dtype; negative shapes and NaN give that one, as on the CPU."""
    a = xp.asarray(list(shapes), "float64")
    known = a > 0.0
    drawn = xp.where(known, source.standard_gamma(xp.where(known, a, 1.0)), 0.0)
    return xp.maximum(drawn, dtypes.finfo(out.dtype).tiny).reshape(out.shape)


def _exponential(xp: Any, source: Any, out: View, rate: float) -> Array:
    return -xp.log1p(-_units(xp, source, out)) / rate


def _geometric(xp: Any, source: Any, out: View, p: float) -> Array:
    return xp.maximum(xp.ceil(xp.log1p(-_units(xp, source, out)) / log(1.0 - p)), 1.0)


def _cauchy(xp: Any, source: Any, out: View, median: float, sigma: float) -> Array:
    return median + sigma * xp.tan(pi * (_units(xp, source, out) - 0.5))


def _log_normal(xp: Any, source: Any, out: View, mean: float, std: float) -> Array:
    return xp.exp(_normal(xp, source, out, mean, std))


DISTRIBUTIONS: dict[str, Callable[..., Array]] = {
    "uniform": _uniform,
    "normal": _normal,
    "normal_serial": _normal,
    "randint": _randint,
    "random": _random,
    "randperm": _randperm,
    "bernoulli": _bernoulli,
    "bernoulli_tensor": _bernoulli_tensor,
    "poisson": _poisson,
    "binomial": _binomial,
    "standard_gamma": _standard_gamma,
    "exponential": _exponential,
    "geometric": _geometric,
    "cauchy": _cauchy,
    "log_normal": _log_normal,
}
