"""Gamma functions: the logarithm of the gamma function, and the derivatives of that.

Integers and bool are evaluated in the default dtype; complex numbers are not supported (NotImplementedError).
"""

from __future__ import annotations

import math
from math import inf, isinf, nan, pi

from ...foundation.contracts import conditioned
from ...foundation.scalars import scalar
from ...operations.registry import op
from ...operations.writing import overwrite
from ...tensor import Tensor
from ..shared.elementwise import INT_TO_FLOAT, elementwise

# (zeta(k) - 1) / k for k = 2, 3, ...: up to sign the Taylor coefficients of lgamma(2 + e), after the linear one, 1 - gamma
_LGAMMA_AT_2 = (
    0.3224670334241132, 0.0673523010531981, 0.020580808427784546, 0.007385551028673986, 0.0028905103307415234, 0.001192753911703261,
    0.0005096695247430425, 0.00022315475845357939, 9.945751278180853e-05, 4.492623673813314e-05, 2.050721277567069e-05,
    9.439488275268397e-06, 4.374866789907488e-06, 2.039215753801366e-06, 9.55141213040742e-07, 4.492469198764566e-07,
    2.1207184805554665e-07, 1.0043224823968099e-07, 4.7698101693639804e-08, 2.2711094608943164e-08, 1.0838659214896955e-08,
    5.183475041970047e-09, 2.4836745438024785e-09, 1.1921401405860912e-09, 5.731367241678862e-10, 2.7595228851242334e-10,
    1.330476437424449e-10, 6.4229645638381e-11,
)  # fmt: skip
_ONE_MINUS_GAMMA = 0.42278433509846714


def _lgamma_near_2(e: float) -> float:
    tail = 0.0
    for coefficient in reversed(_LGAMMA_AT_2):
        tail = e * (coefficient - tail)
    return e * (_ONE_MINUS_GAMMA + tail)


@scalar("lgamma")
def _lgamma(x):
    # Python's lgamma has small absolute errors only, and the function is small between 1 and 2 and between the poles.
    if -8.0 < x < 0.0 and x != math.floor(x):
        steps = 2 - math.ceil(x)
        product = math.prod([x + i for i in range(steps)])  # the factors are exact
        return _lgamma(x + steps) - math.log(abs(product))
    if 2.5 <= x < 3.5:
        return _lgamma_near_2(x - 3.0) + math.log(x - 1.0)
    if 1.5 <= x < 2.5:
        return _lgamma_near_2(x - 2.0)
    if 0.5 < x < 1.5:
        return _lgamma_near_2(x - 1.0) - math.log1p(x - 1.0)
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):  # a pole, or the result is too large
        return inf


@op("function method inplace out", aliases=("special.gammaln",), contract=conditioned(4, inner=1), dtypes="bool integer floating unsigned")
def lgamma(input):
    """The logarithm of the absolute value of the gamma function, of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. It is inf at 0, -1, -2, ... and at both
    infinities. NotImplementedError: complex numbers. The gradient is multiplied by :func:`digamma`.

    >>> lgamma(tensor([0.5, 1., 10., -1.]))
    tensor([ 0.5724,  0.0000, 12.8018,     inf])
    """
    return elementwise("lgamma", input, promotion=INT_TO_FLOAT)


lgamma.derivative(input=lambda grad, input: grad * digamma(input))

# coefficients B(2k) / (2k) of the asymptotic series of digamma
_DIGAMMA_SERIES = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)


def _from_the_nearest_integer(x: float) -> float:
    """From -0.5 to 0.5, exactly: beside a pole the value is that of this distance. (``fmod(x, 1)`` loses it on one side.)"""
    return x - round(x)


@scalar("digamma")
def _digamma(x):
    if x == 0.0:
        return math.copysign(inf, -x)
    if x == inf or x != x:
        return x
    if x < 0.0:
        fraction = 0.0 if isinf(x) else _from_the_nearest_integer(x)
        if not fraction:
            return nan  # at a pole both signs occur
        return _digamma(1.0 - x) - pi / math.tan(pi * fraction)
    terms = []
    while x < 10.0:  # digamma(x) = digamma(x + 1) - 1/x, up to where the series converges to the last bit
        terms.append(-1.0 / x)
        x += 1.0
    y = 1.0 / (x * x)
    tail = 0.0
    for coefficient in reversed(_DIGAMMA_SERIES):
        tail = y * (coefficient + tail)
    return math.fsum((math.log(x), -0.5 / x, -tail, *terms))


@op("function method inplace out", aliases=("special.digamma", "special.psi"), contract=conditioned(4, inner=1),
    dtypes="bool integer floating unsigned")  # fmt: skip
def digamma(input):
    """The derivative of :func:`lgamma`, of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. It is -inf at 0, inf at -0, NaN at the
    negative integers and -inf. NotImplementedError: complex numbers. The gradient is multiplied by :func:`polygamma` of order 1.
    Source: the asymptotic series in Abramowitz and Stegun, 6.3.18, with the recurrence 6.3.5 and the reflection formula 6.3.7.

    >>> digamma(tensor([1., 0.5, 0.]))
    tensor([-0.5772, -1.9635,    -inf])
    """
    return elementwise("digamma", input, promotion=INT_TO_FLOAT)


digamma.derivative(input=lambda grad, input: grad * polygamma(1, input))


def _zeta_terms(s: int, x: float) -> list[float]:
    """What the Hurwitz zeta function, the sum over k >= 0 of (x + k)**-s, is the sum of, for s >= 2 and x > 0: ten terms, then the Euler-Maclaurin
    formula."""
    terms = [(x + k) ** -s for k in range(10)]
    x += 10.0
    last = x**-s
    return terms + [x ** (1 - s) / (s - 1)] + [last * factor for factor in _euler_maclaurin(s, x)]


def _euler_maclaurin(s: int, x: float) -> list[float]:
    """What ``x**-s`` is multiplied by in the correction of the integral of ``t**-s`` from x on to the sum over x, x + 1, ...: DLMF 2.10.1."""
    factors, factor = [0.5], s / x
    # B(2j) / (2j)!
    for j, bernoulli in enumerate((1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000)):
        factors.append(bernoulli * factor)
        factor *= (s + 2 * j + 1) * (s + 2 * j + 2) / (x * x)
    return factors


@scalar("polygamma")
def _polygamma(n, x):
    n = int(n)
    if x != x or x == -inf:
        return nan
    if x == inf:
        return 0.0 if n else inf
    if n == 0:
        return _digamma(x)
    sign = 1.0 if n % 2 else -1.0
    if x <= 0.0:
        if x == math.floor(x):
            return sign * inf
        # downward recurrence: (x + k)**-(n+1) for the terms below zero
        count = math.floor(-x) + 1
        if count > 1000:
            return _reflected_polygamma(n, x)
        nearest = min((x + k for k in range(count)), key=abs)
        if -(n + 1) * math.log2(abs(nearest)) > 1023.0:  # its term alone is beyond the largest float
            return sign * (inf if n % 2 or nearest > 0.0 else -inf)
        low = [(x + k) ** -(n + 1) for k in range(count)]
        return sign * _times_factorial(n, math.fsum(low + _zeta_terms(n + 1, x + count)))
    if n > 1000:  # whose factorial is only formed where something is left of it
        first = math.lgamma(n + 1) - (n + 1) * math.log(x)  # the logarithm of n! times the first term, which is less than the sum
        if first > 720.0:
            return sign * inf
        if first + math.log1p(x) < -760.0:  # the sum is at most as many times the first term
            return sign * 0.0
    try:
        zeta = math.fsum(_zeta_terms(n + 1, x))
    except OverflowError:
        return sign * inf
    return sign * (_times_factorial(n, zeta) if zeta > 2.0**-960 else _small_polygamma(n, x))


def _times_factorial(n: int, number: float, numerator: int = 1, denominator: int = 1) -> float:
    """``n!`` times a number and a fraction, rounded once: neither n! nor the fraction need be floats."""
    a, b = number.as_integer_ratio()
    try:
        return math.factorial(n) * a * numerator / (b * denominator)
    except OverflowError:
        return math.copysign(inf, number)


def _small_polygamma(n: int, x: float) -> float:
    """``n! zeta(n + 1, x)`` where the terms of zeta, which decrease, are subnormal or vanish: they are taken as multiples of the first one."""
    s, end = n + 1, x + 10.0
    last = (x / end) ** s
    terms = [(x / (x + k)) ** s for k in range(10)] + [last * end / n]
    terms += [last * factor for factor in _euler_maclaurin(s, end)]
    numerator, denominator = x.as_integer_ratio()
    return _times_factorial(n, math.fsum(terms), denominator**s, numerator**s)


def _reflected_polygamma(n: int, x: float) -> float:
    """``(-1)**n * polygamma(n, 1 - x) - pi * cot(pi * x)`` differentiated n times: a polynomial in the cotangent, as cot' = -(1 + cot**2)."""
    angle = pi * _from_the_nearest_integer(x)
    cotangent = math.cos(angle) / math.sin(angle)
    coefficients = [0.0, 1.0]
    for _ in range(n):
        derivative = [k * c for k, c in enumerate(coefficients)][1:]
        coefficients = [-(a + b) for a, b in zip((*derivative, 0.0, 0.0), (0.0, 0.0, *derivative))]
    try:
        periodic = pi ** (n + 1) * math.fsum(c * cotangent**k for k, c in enumerate(coefficients))
    except OverflowError:
        return nan
    return (-1.0) ** n * _polygamma(n, 1.0 - x) - periodic


def _order(require, n):
    require(n >= 0, RuntimeError, "polygamma(n, x) does not support negative n.")


@op("function out", aliases=("special.polygamma",), contract=conditioned(4), dtypes="bool integer floating unsigned", operands="input")
def polygamma(n, input):
    """The n-th derivative of :func:`digamma`, of each element, for an integer n >= 0.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. At the poles 0, -1, -2, ... it is
    infinite; :func:`digamma` itself has special values there. RuntimeError: a negative n. NotImplementedError: complex numbers.
    The gradient is multiplied by the next derivative. Source: the Hurwitz zeta function, Abramowitz and Stegun, 6.4.10.

    >>> polygamma(1, tensor([1., 0.5]))
    tensor([1.6449, 4.9348])
    """
    if n == 0:
        return elementwise("digamma", input, promotion=INT_TO_FLOAT)
    return elementwise("polygamma", n, input, promotion=INT_TO_FLOAT, numbers_are_operands=False)


@polygamma.constraints
def _(require, n):
    _order(require, n)


polygamma.derivative(input=lambda grad, n, input: grad * polygamma(n + 1, input))


@op("only method", node="PolygammaBackward0", contract=conditioned(4), dtypes="bool integer floating")
def polygamma_(input, n):
    """:func:`polygamma` in place: the tensor itself, with the n-th derivatives written into it.

    RuntimeError: a negative n, and a tensor that cannot hold the result. NotImplementedError: complex numbers.
    The gradient is multiplied by the next derivative.

    >>> tensor([1., 0.5]).polygamma_(1)
    tensor([1.6449, 4.9348])
    """
    return overwrite(input, polygamma(n, input))


@polygamma_.constraints
def _(require, n):
    _order(require, n)


polygamma_.derivative(input=lambda grad, n, input: grad * polygamma(n + 1, input))


def _polygamma_method(self, n):
    """``polygamma(n, self)``."""
    return polygamma(n, self)


Tensor.polygamma = _polygamma_method  # type: ignore[method-assign]  # the function's first parameter is n
