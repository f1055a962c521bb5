"""The Airy function Ai. An element takes one to five microseconds: a Taylor polynomial, or an asymptotic series and its exact phase."""

from __future__ import annotations

from decimal import Decimal
from math import atan2, exp, fsum, hypot, inf, isqrt, pi, sqrt
from typing import Sequence

from ...foundation.contracts import conditioned
from ...foundation.scalars import scalar
from ...operations.registry import op
from ..shared.elementwise import INT_TO_FLOAT, elementwise
from .high_precision import TaylorCells, by_recurrence, cosine_of_phase, decimal_arctangent, reduced_phase

# Ai(0) and Ai'(0): DLMF 9.2.3 and 9.2.4
_AT_ZERO = (
    Decimal("0.35502805388781723926006318600418317639797917419917724058332651030081004245012671295717424605404027168842044873034949584"),
    Decimal("-0.258819403792806798405183560189203963479091138354934582210001813856102772676790280654196405827275384313371193211789133381"),
)
_FAR = 20.0


def _coefficients(c: Decimal) -> Sequence[Decimal]:
    """The Taylor coefficients about c by Airy's equation, y'' = x y: first about 0, which gives the value and the slope at c."""
    value = slope = Decimal(0)
    a, b, power, k = _AT_ZERO[0], _AT_ZERO[1], Decimal(1), 0
    cube = c * c * c
    while True:  # the terms a x**k and b x**(k+1), k = 0, 3, 6, ...: DLMF 9.4.1
        value += power * (a + b * c)
        slope += power * ((k * a / c if k else 0) + (k + 1) * b)
        power *= cube
        k += 3
        a /= k * (k - 1)
        b /= k * (k + 1)
        if abs(a * power) < Decimal("1e-140") or k > 1200:
            break
    return by_recurrence(value, slope, lambda m, found: (c * found[m] + (found[m - 1] if m else 0)) / ((m + 2) * (m + 1)))


_cells = TaylorCells(_coefficients)


def _decaying(x: float) -> float:
    """DLMF 9.7.5, with zeta = 2/3 x**(3/2) in two parts."""
    if x > 110.0:
        return 0.0
    root = sqrt(x)
    exact = 2 * isqrt(int(x * 2.0**48) ** 3 << 56) // 3  # with a hundred bits behind the binary point
    zeta = exact / (1 << 100)
    rest = (exact - (int(zeta * 2.0**52) << 48)) / (1 << 100)
    terms, term, k = [1.0], 1.0, 0
    while abs(term) > 1e-18 and k < 40:
        k += 1
        term *= -(6 * k - 5) * (6 * k - 3) * (6 * k - 1) / (216 * k * (2 * k - 1) * zeta)
        terms.append(term)
    half = exp(-0.5 * zeta)
    return half * (fsum(terms) * (1.0 - rest) / (2.0 * sqrt(pi * root))) * half


def _oscillating(x: float) -> float:
    """DLMF 9.7.9: at -x, as modulus and phase. The phase is reduced exactly, however large it is."""
    numerator, denominator = x.as_integer_ratio()
    bits = 256 if x < 1e12 else 1920
    shift = 2 * bits
    # zeta = 2/3 x**(3/2) = sqrt(4/9 x**3)
    zeta = isqrt((4 * numerator**3 << shift) // (9 * denominator**3))
    quarters, remainder = reduced_phase(zeta, bits)
    size = zeta / (1 << bits) if x < 1e200 else inf
    sums, term, k = ([1.0], [0.0]), 1.0, 0
    while abs(term) > 1e-18 and k < 40:
        k += 1
        term *= (6 * k - 5) * (6 * k - 3) * (6 * k - 1) / (216 * k * (2 * k - 1) * size)
        sums[k & 1].append(-term if k & 2 else term)
    p, q = fsum(sums[0]), fsum(sums[1])
    cosine = cosine_of_phase(quarters, remainder, bits, -atan2(q, p), lambda: -_decimal_phase(x))
    return hypot(p, q) / sqrt(pi * sqrt(x)) * cosine


def _decimal_phase(x: float) -> Decimal:
    size = Decimal(2) / 3 * Decimal(x) * Decimal(x).sqrt()
    sums, term, k = [Decimal(1), Decimal(0)], Decimal(1), 0
    while abs(term) > Decimal("1e-45") and k < 80:
        k += 1
        term *= Decimal((6 * k - 5) * (6 * k - 3) * (6 * k - 1)) / (216 * k * (2 * k - 1)) / size
        sums[k & 1] += -term if k & 2 else term
    return decimal_arctangent(sums[1] / sums[0])


@scalar("airy_ai")
def _airy_ai(x):
    if -_FAR < x < _FAR:
        return _cells(x)
    if x != x:
        return x
    if x > 0.0:
        return _decaying(x)
    return _oscillating(-x) if x > -inf else 0.0


@op("function out", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned")
def special_airy_ai(x):
    """The Airy function Ai of each element, the solution of ``y'' = x * y`` that vanishes towards inf.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Both infinities give 0, the limits.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 9.2, 9.4 and 9.7.

    >>> special.airy_ai(tensor([0., 1., -2.]))
    tensor([0.3550, 0.1353, 0.2274])
    """
    return elementwise("airy_ai", x, promotion=INT_TO_FLOAT)
