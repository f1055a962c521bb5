"""The incomplete gamma functions of the gamma distribution: the regularized lower and upper one.

They are evaluated as in A. Gil, J. Segura, N. Temme: Efficient and accurate algorithms for the computation and inversion of the incomplete
gamma function ratios (2012): by power series, by a continued fraction, and next to a large ``a`` by Temme's uniform asymptotic expansion. An
element takes about four microseconds, for their terms.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from math import erfc, exp, expm1, fsum, inf, isinf, log, log1p, nan, pi, sqrt

from ...foundation.contracts import conditioned
from ...foundation.scalars import scalar
from ...operations.registry import op
from ..pointwise.exponential import log as logarithm
from ..pointwise.gamma import _lgamma_near_2, lgamma
from ..shared.elementwise import elementwise
from ..shared.gradients import not_implemented

_LARGE = 30.0
_BERNOULLI = (Fraction(1, 6), Fraction(-1, 30), Fraction(1, 42), Fraction(-1, 30), Fraction(5, 66), Fraction(-691, 2730), Fraction(7, 6))
_ORDERS, _POWERS = 12, 24


@lru_cache(maxsize=1)
def _temme_coefficients() -> list[list[float]]:
    """d(k, n) of DLMF 8.12.12, the highest power first: d(k, n) = (-1)**k g(k) d(0, n) + (n + 2) d(k - 1, n + 2)."""
    count = _POWERS + 2 * _ORDERS + 3
    # mu as a power series in eta, from eta**2 / 2 = mu - log(1 + mu)
    alpha = [Fraction(0), Fraction(1)]
    for n in range(2, count + 1):
        alpha.append((alpha[n - 1] - sum(j * alpha[j] * alpha[n + 1 - j] for j in range(2, n))) / (n + 1))
    # Stirling's series, DLMF 5.11.3, as the exponential of 5.11.1
    stirling = [Fraction(0)] * (_ORDERS + 2)
    for j, bernoulli in enumerate(_BERNOULLI, 1):
        if 2 * j - 1 < len(stirling):
            stirling[2 * j - 1] = bernoulli / (2 * j * (2 * j - 1))
    g = [Fraction(1)]
    for k in range(1, _ORDERS + 1):
        g.append(sum((j * stirling[j] * g[k - j] for j in range(1, k + 1)), Fraction(0)) / k)
    row = first = [Fraction(-1, 3)] + [(n + 2) * alpha[n + 2] for n in range(1, count - 2)]
    rows = [row]
    for k in range(1, _ORDERS + 1):
        row = [(-1) ** k * g[k] * first[n] + (n + 2) * row[n + 2] for n in range(len(row) - 2)]
        rows.append(row)
    return [[float(d) for d in row[_POWERS::-1]] for row in rows]


def _excess(mu: float) -> float:
    """``mu - log(1 + mu)``."""
    if not -0.4 < mu < 0.6:
        return mu - log1p(mu)
    s = mu / (2.0 + mu)  # log(1 + mu) = 2 artanh(s), mu = 2 s / (1 - s)
    square, term, terms, k = s * s, s * s * s, [2.0 * s * s / (1.0 - s)], 3
    while abs(term) > 1e-18 * square:
        terms.append(-2.0 * term / k)
        term *= square
        k += 2
    return fsum(terms)


def _near_a(a: float, mu: float) -> tuple[float, float]:
    """Both functions at ``x = a * (1 + mu)``, DLMF 8.12.3 and 8.12.4."""
    half = _excess(mu)
    eta = math.copysign(sqrt(2.0 * half), mu)
    inner, total = 0.0, 0.0
    for row in reversed(_temme_coefficients()):
        inner = 0.0
        for d in row:
            inner = inner * eta + d
        total = total / a + inner
    rest = exp(-a * half) / sqrt(2.0 * pi * a) * total
    z = eta * sqrt(0.5 * a)
    if z == inf or z == -inf:
        return (1.0, 0.0) if z > 0.0 else (0.0, 1.0)
    return 0.5 * erfc(-z) - rest, 0.5 * erfc(z) + rest


def _prefactor(a: float, x: float) -> float:
    """``x**a * exp(-x) / gamma(a + 1)``."""
    if a < _LARGE:
        if x > 1600.0:
            return 0.0
        gamma = a * math.gamma(a) if a > 1e-300 else 1.0
        half = exp(-0.5 * x)
        return half * (x**a / gamma) * half if x > 600.0 else x**a * exp(-x) / gamma
    mu = (x - a) / a
    exponent = a * (mu - (log(x) - log(a)) if mu < -0.5 else _excess(mu))
    if exponent > 800.0:
        return 0.0
    y = 1.0 / (a * a)
    correction = (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y / 1188)))) / a
    return exp(-exponent) / sqrt(2.0 * pi * a) * exp(-correction)


def _lower_series(a: float, x: float) -> float:
    """P by DLMF 8.11.4."""
    front = _prefactor(a, x)
    if not front:
        return 0.0
    terms, term, n = [1.0], 1.0, 0
    while term > 1e-18:
        n += 1
        term *= x / (a + n)
        terms.append(term)
    return front * fsum(terms)


def _upper_series(a: float, x: float) -> float:
    """Q for small a and x, DLMF 8.7.3: ``1 - x**a / gamma(a + 1) * (1 + a * sum((-x)**n / (n! (a + n))))`` without cancellation."""
    exponent = a * log(x) - (_lgamma_near_2(a) - log1p(a) if a < 0.5 else math.lgamma(a + 1.0))
    terms, term, n = [], 1.0, 0
    while abs(term) > 1e-18:
        n += 1
        term *= -x / n
        terms.append(term / (a + n))
    return -expm1(exponent) - a * exp(exponent) * fsum(terms)


def _upper_fraction(a: float, x: float) -> float:
    """Q by the continued fraction of DLMF 8.9.2 (its even part), by Lentz's method."""
    front = _prefactor(a, x)
    if not front:
        return 0.0
    b = x + 1.0 - a
    c, d = inf, 1.0 / b
    value = d
    for n in range(1, 2000):
        numerator = -n * (n - a)
        b += 2.0
        d = 1.0 / (numerator * d + b)
        c = b + numerator / c
        change = c * d
        value *= change
        if abs(change - 1.0) < 1e-16:
            break
    return front * a * value


def _both(a: float, x: float) -> tuple[float, float]:
    """P and Q for positive finite numbers; the smaller one is computed, the other one is its complement."""
    if a >= _LARGE:
        mu = (x - a) / a
        if abs(mu) < 0.35:
            return _near_a(a, mu)
    if x > 1.1:
        if x < a:
            p = _lower_series(a, x)
            return p, 1.0 - p
        q = _upper_fraction(a, x)
        return 1.0 - q, q
    if x <= 0.5 and -0.4 / log(x) < a or x > 0.5 and x * 1.1 < a:
        p = _lower_series(a, x)
        return p, 1.0 - p
    q = _upper_series(a, x)
    return _lower_series(a, x) if q > 0.3 else 1.0 - q, q


def _at_the_ends(a: float, x: float) -> float | None:
    """P where one of the arguments is 0, infinite or negative, as torch has it; None elsewhere."""
    if x < 0.0 or a < 0.0:
        return nan
    if a == 0.0:
        return 1.0 if x > 0.0 else nan
    if x == 0.0:
        return 0.0
    if isinf(a):
        return nan if isinf(x) else 0.0
    if isinf(x):
        return 1.0
    return nan if a != a or x != x else None


@scalar("igamma")
def _igamma(a, x):
    end = _at_the_ends(a, x)
    return _both(a, x)[0] if end is None else end


@scalar("igammac")
def _igammac(a, x):
    end = _at_the_ends(a, x)
    return _both(a, x)[1] if end is None else 1.0 - end


@op("function method inplace out", aliases=("special.gammainc",), contract=conditioned(16), dtypes="floating unsigned", operands="input other")
def igamma(input, other):
    """The regularized lower incomplete gamma function of each pair of elements a and x: the distribution function, at x, of the gamma distribution
    of shape a, ``1/gamma(a)`` times the integral of ``t**(a-1) * exp(-t)`` from 0 to x.

    The operands are broadcast, and the result has their common dtype. Negative operands give NaN, so do two zeros and two infinities; otherwise it
    is 1 at a = 0, 0 at x = 0 and a = inf, and 1 at x = inf, also if the other one is NaN (but not at a = 0).
    NotImplementedError: a common dtype that is not floating point. The gradient of ``other`` is multiplied by the density,
    ``exp((a - 1) * log(x) - x - lgamma(a))``; that of ``input`` is a NotImplementedError.
    Source: the Digital Library of Mathematical Functions, 8.7 to 8.12.

    >>> igamma(tensor([4.]), tensor([3., 4., 5.]))
    tensor([0.3528, 0.5665, 0.7350])
    """
    return elementwise("igamma", input, other)


@op("function method inplace out", aliases=("special.gammaincc",), contract=conditioned(16), dtypes="floating unsigned", operands="input other")
def igammac(input, other):
    """The regularized upper incomplete gamma function, ``1 - igamma(a, x)``, of each pair of elements a and x, also where that is small.

    The operands are broadcast, and the result has their common dtype. Negative operands give NaN, so do two zeros and two infinities; otherwise it
    is 0 at a = 0, 1 at x = 0 and a = inf, and 0 at x = inf, also if the other one is NaN (but not at a = 0).
    NotImplementedError: a common dtype that is not floating point. The gradient of ``other`` is multiplied by the density with the
    other sign; that of ``input`` is a NotImplementedError. Source: the Digital Library of Mathematical Functions, 8.7 to 8.12.

    >>> igammac(tensor([4.]), tensor([3., 4., 5.]))
    tensor([0.6472, 0.4335, 0.2650])
    """
    return elementwise("igammac", input, other)


def _density(input, other):
    return ((input - 1) * logarithm(other) - other - lgamma(input)).exp()


igamma.derivative(input=not_implemented("igamma: input"), other=lambda grad, input, other: grad * _density(input, other))
igammac.derivative(input=not_implemented("igammac: input"), other=lambda grad, input, other: -grad * _density(input, other))
