"""The normal distribution function, its logarithm and its inverse, and the scaled complementary error function.

Integers and bool are evaluated in the default dtype; complex numbers are not supported (NotImplementedError). The inverse takes
about three microseconds an element, for the steps of its iteration.
"""

from __future__ import annotations

import math
from math import erfc, exp, fsum, inf, log, log1p, nan, pi, sqrt

from ...foundation.contracts import conditioned
from ...foundation.scalars import scalar
from ...operations.output_kinds import CASTABLE
from ...operations.registry import op
from ..shared.elementwise import INT_TO_FLOAT, elementwise

# sqrt(1/2) in two parts
_ROOT, _REST = 0.7071067811865476, -4.833646656726457e-17
_TWO_27 = 134217729.0  # 2**27 + 1


def _square(x: float) -> tuple[float, float]:
    """``x * x`` and its rounding error, exactly (Veltkamp's and Dekker's product)."""
    split = _TWO_27 * x
    high = split - (split - x)
    low = x - high
    square = x * x
    return square, ((high * high - square) + 2.0 * high * low) + low * low


# -- erfcx -------------------------------------------------------------------------------------------------


@scalar("erfcx")
def _erfcx(x):
    if x != x:
        return x
    if x < 10.0:
        if x < -27.0:
            return inf
        square, rest = _square(x)
        if x < -26.0:  # the last numbers before the overflow
            half = exp(0.5 * square)
            return erfc(x) * half * (1.0 + rest) * half
        return exp(square) * (erfc(x) * (1.0 + rest))
    if x > 1e8:
        return 1.0 / sqrt(pi) / x
    # DLMF 7.12.1: 1/(x sqrt(pi)) times the sum of (-1)**k (2k - 1)!! / (2 x**2)**k
    terms, term, k, ratio = [1.0], 1.0, 0, -0.5 / (x * x)
    while abs(term) > 1e-18:
        term *= (2 * k + 1) * ratio
        terms.append(term)
        k += 1
    return fsum(terms) / (x * sqrt(pi))


@op("function out", namespace="special", contract=conditioned(8), dtypes="bool integer float32 float64 unsigned")
def special_erfcx(input):
    """The scaled complementary error function, ``exp(x**2) * erfc(x)``, of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. -inf gives inf, and inf gives 0.
    NotImplementedError: float16, bfloat16 and complex numbers. The gradient is multiplied by ``2 * x * result - 2/sqrt(pi)``.
    Source: the Digital Library of Mathematical Functions, 7.12.1 for large elements.

    >>> special.erfcx(tensor([0., 1., -1.]))
    tensor([1.0000, 0.4276, 5.0090])
    """
    return elementwise("erfcx", input, promotion=INT_TO_FLOAT)


special_erfcx.derivative(input=lambda grad, input, result: (2.0 * input * result - 2.0 / math.sqrt(pi)) * grad)

# -- the distribution function -----------------------------------------------------------------------------


@scalar("ndtr")
def _ndtr(x):
    # erfc at -x * sqrt(1/2), and what its slope makes of the rounding of that product
    if x * x > 1e4 or x != x:
        return x if x != x else 1.0 if x > 0.0 else 0.0
    z = -x * _ROOT
    square, _ = _square(z)
    return 0.5 * fsum((erfc(z), 2.0 / sqrt(pi) * exp(-square) * _rounding(x, z)))


def _rounding(x: float, z: float) -> float:
    """z less ``-x * sqrt(1/2)``."""
    a, b = _TWO_27 * x, _TWO_27 * _ROOT
    a_high, b_high = a - (a - x), b - (b - _ROOT)
    a_low, b_low = x - a_high, _ROOT - b_high
    return (z + a_high * b_high) + a_high * b_low + a_low * b_high + a_low * b_low + x * _REST


@op("function out", namespace="special", node="MulBackward1", contract=conditioned(4, inner=1), dtypes="bool integer floating unsigned",
    out=CASTABLE.contiguous())  # fmt: skip
def special_ndtr(input):
    """The distribution function of the standard normal distribution, ``erfc(-x / sqrt(2)) / 2``, of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Infinities give 0 and 1.
    NotImplementedError: complex numbers. The gradient is multiplied by the density, ``exp(-x**2 / 2) / sqrt(2 pi)``.

    >>> special.ndtr(tensor([0., 1., -2.]))
    tensor([0.5000, 0.8413, 0.0228])
    """
    return elementwise("ndtr", input, promotion=INT_TO_FLOAT)


special_ndtr.derivative(input=lambda grad, input: grad * ((input * math.sqrt(0.5)).pow(2).neg().exp() * (1.0 / math.sqrt(2.0 * pi))))


@scalar("log_ndtr")
def _log_ndtr(x):
    if x > -1.0:
        return log1p(-_ndtr(-x))
    if x != x or x < -1e154:
        return x if x != x else -inf
    # ndtr(x) = exp(-x**2 / 2) * erfcx(-x / sqrt(2)) / 2
    square, rest = _square(x) if x > -1e150 else (x * x, 0.0)
    return fsum((-0.5 * square, -0.5 * rest, log(0.5 * _erfcx(-x * _ROOT))))


@op("function out", namespace="special", contract=conditioned(8), dtypes="bool integer float32 float64 unsigned")
def special_log_ndtr(input):
    """The logarithm of :func:`special.ndtr`, of each element, without the underflow of that.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. -inf stays, and inf gives -0.
    NotImplementedError: float16, bfloat16 and complex numbers. The gradient is multiplied by the density divided by the distribution function,
    ``exp(-(result + x**2 / 2)) / sqrt(2 pi)``.

    >>> special.log_ndtr(tensor([0., 1., -20.]))
    tensor([-6.9315e-01, -1.7275e-01, -2.0392e+02])
    """
    return elementwise("log_ndtr", input, promotion=INT_TO_FLOAT)


special_log_ndtr.derivative(input=lambda grad, input, result: grad / math.sqrt(2.0 * pi) * (result + input.pow(2) / 2).neg().exp())

# -- the inverse -------------------------------------------------------------------------------------------


@scalar("ndtri")
def _ndtri(p):
    if not 0.0 < p < 1.0:
        return -inf if p == 0.0 else inf if p == 1.0 else nan
    if p > 0.5:
        # 1 - p is exact; close to 1/2 the distance from it is the argument
        return _near_one_half(p - 0.5) if p < 0.75 else -_lower_tail(1.0 - p)
    return _near_one_half(p - 0.5) if p > 0.25 else _lower_tail(p)


def _near_one_half(distance: float) -> float:
    """The x at which ``erf(x / sqrt(2)) / 2`` is so much: Halley's iteration from the slope at 0."""
    if abs(distance) < 1e-9:
        return distance * sqrt(2.0 * pi)
    x = sqrt(2.0 * pi) * distance * (1.0 + pi / 3.0 * distance * distance)
    for _ in range(4):
        z = x * _ROOT
        slope = exp(-0.5 * x * x) / sqrt(2.0 * pi)
        step = (0.5 * (math.erf(z) - 2.0 / sqrt(pi) * exp(-z * z) * -_rounding(x, -z)) - distance) / slope
        x -= step / (1.0 + 0.5 * x * step)
    return x


def _lower_tail(p: float) -> float:
    """The x below at which ``log_ndtr(x)`` is ``log(p)``: the start is Abramowitz and Stegun's 26.2.23, with an error below 4.5e-4."""
    logarithm = log(p)
    t = sqrt(-2.0 * logarithm)
    x = (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t
    for _ in range(3):
        # the slope of log_ndtr is density / ndtr
        slope = 2.0 / sqrt(2.0 * pi) / _erfcx(-x * _ROOT)
        error = _ndtr(x) / p - 1.0 if p > 1e-290 else _log_ndtr(x) - logarithm
        step = error / slope
        x -= step / (1.0 + 0.5 * step * (x + (0.0 if p > 1e-290 else slope)))
    return x


@op("function out", namespace="special", contract=conditioned(8), dtypes="bool integer float32 float64 unsigned")
def special_ndtri(input):
    """The inverse of :func:`special.ndtr`, of each element: the argument at which that is the element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. 0 gives -inf and 1 gives inf, numbers outside
    [0, 1] give NaN. NotImplementedError: float16, bfloat16 and complex numbers. The gradient is multiplied by ``sqrt(2 pi) * exp(result**2 / 2)``.
    Source: Abramowitz and Stegun, 26.2.23, refined by Halley's iteration.

    >>> special.ndtri(tensor([0., 0.25, 0.5, 1.]))
    tensor([   -inf, -0.6745,  0.0000,     inf])
    """
    return elementwise("ndtri", input, promotion=INT_TO_FLOAT)


special_ndtri.derivative(input=lambda grad, result: grad * math.sqrt(2.0 * pi) * (result.square() / 2).exp())
