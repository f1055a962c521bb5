"""Values of the Bessel functions of order 0 and 1 and of the modified ones: what their pages are made of.

Small arguments of the functions with a logarithm, and large ones of all, are evaluated by series in floats; between them by Taylor polynomials
(:mod:`refimpl.ops.special.high_precision`). Source: the Digital Library of Mathematical Functions, chapter 10, whose equations are named.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from math import atan2, exp, fsum, hypot, inf, log, pi, sqrt
from typing import Callable, Sequence

from .high_precision import (
    EULER,
    TaylorCells,
    by_recurrence,
    cosine_of_phase,
    decimal_arctangent,
    decimal_pi,
    fixed_point,
    reduced_phase,
    times_exponential,
)

OSCILLATING, MODIFIED = -1, 1  # the sign of x**2 in the power series
_FAR = 40.0
_EULER = 0.5772156649015329


# -- Taylor polynomials ----------------------------------------------------------------------------------


def _power_series(c: Decimal, kind: int, order: int) -> tuple[Decimal, Decimal]:
    """J or I at c, DLMF 10.2.2 and 10.25.2, and the second sum of Y or K, with the harmonic numbers: 10.8.1 and 10.31.1."""
    square = kind * c * c / 4
    term = (c / 2) ** order if order else Decimal(1)
    first, second, k = term, Decimal(0), 0
    harmonic = Decimal(0)  # of k; that of k + 1 is added for order 1
    if order:
        second = term
    while abs(term) > Decimal("1e-140"):
        k += 1
        harmonic += Decimal(1) / k
        term *= square / (k * (k + order))
        first += term
        second += term * (2 * harmonic + Decimal(1) / (k + 1) if order else harmonic)
    return first, second


def _second_kind(c: Decimal, kind: int, order: int) -> Decimal:
    """Y or K at c."""
    first, sums = _power_series(c, kind, order)
    logarithm = ((c / 2).ln() + EULER) * first
    if kind == MODIFIED:
        return 1 / c + logarithm - sums / 2 if order else sums - logarithm
    if order:
        return ((logarithm - 1 / c) * 2 - sums) / decimal_pi()
    return (logarithm - sums) * 2 / decimal_pi()


def _coefficients(c: Decimal, kind: int, order: int, second_kind: bool, scale: int) -> Sequence[Decimal]:
    """The Taylor coefficients about c by Bessel's equation, x**2 y'' + x y' = (kind * x**2 + order**2) y, times ``exp(scale * x)``."""
    zero, one = [_second_kind(c, kind, n) if second_kind else _power_series(c, kind, n)[0] for n in (0, 1)]
    if c == 0:
        found = _at_zero(kind, order)
    else:
        # DLMF 10.6.3 and 10.29.3: the derivative of order 0 is -J1, -Y1, I1, -K1; that of order 1 is +-(order 0) - (order 1) / x
        sign = 1 if kind == MODIFIED and not second_kind else -1
        slope = (-one / c - zero if kind == MODIFIED and second_kind else zero - one / c) if order else sign * one

        def following(m: int, a: list[Decimal]) -> Decimal:
            rest = (m + 1) * (2 * m + 1) * c * a[m + 1] + (m * m - kind * c * c - order * order) * a[m]
            rest -= kind * (2 * c * a[m - 1] if m > 0 else 0) + kind * (a[m - 2] if m > 1 else 0)
            return -rest / (c * c * (m + 2) * (m + 1))

        found = by_recurrence(one if order else zero, slope, following)
    return times_exponential(found, c, scale) if scale else found


def _at_zero(kind: int, order: int) -> list[Decimal]:
    """The power series of J or I."""
    found, term = [Decimal(0)] * 46, Decimal(1) / 2**order
    for k in range(order, 46, 2):
        found[k] = term
        term = term * kind / ((k - order + 2) * (k + order + 2))
    return found


def _cells(kind: int, order: int, second_kind: bool = False, scale: int = 0) -> TaylorCells:
    return TaylorCells(partial(_coefficients, kind=kind, order=order, second_kind=second_kind, scale=scale))


_J = (_cells(OSCILLATING, 0), _cells(OSCILLATING, 1))
_Y = (_cells(OSCILLATING, 0, True), _cells(OSCILLATING, 1, True))
_SCALED_I = (_cells(MODIFIED, 0, False, -1), _cells(MODIFIED, 1, False, -1))
_SCALED_K = (_cells(MODIFIED, 0, True, 1), _cells(MODIFIED, 1, True, 1))


# -- far from the origin ---------------------------------------------------------------------------------


def _hankel_sums(x: float, order: int) -> tuple[float, float]:
    """P and Q of Hankel's expansions, DLMF 10.17.3 and 10.17.4."""
    sums = ([1.0], [0.0])
    term, k, step = 1.0, 0, 0.125 / x
    while abs(term) > 1e-18 and k < 40:
        k += 1
        term *= (4 * order - (2 * k - 1) ** 2) * step / k
        sums[k & 1].append(-term if k & 2 else term)
    return fsum(sums[0]), fsum(sums[1])


def _decimal_phase(x: float, order: int) -> Decimal:
    """The phase beyond ``x - order * pi/2 - pi/4``: the arc tangent of Q / P."""
    sums, term, k, step = [Decimal(1), Decimal(0)], Decimal(1), 0, 1 / (8 * Decimal(x))
    while abs(term) > Decimal("1e-45") and k < 80:
        k += 1
        term *= (4 * order - (2 * k - 1) ** 2) * step / k
        sums[k & 1] += -term if k & 2 else term
    return decimal_arctangent(sums[1] / sums[0])


def _far(x: float, order: int, turn: int) -> float:
    """J (``turn`` 0) or Y (-1, a quarter turn behind) beyond 40: modulus and phase, the phase reduced exactly."""
    if x == inf:
        return 0.0
    p, q = _hankel_sums(x, order)
    angle, bits = fixed_point(x)
    quarters, remainder = reduced_phase(angle, bits)
    cosine = cosine_of_phase((quarters - order + turn) & 3, remainder, bits, atan2(q, p), lambda: _decimal_phase(x, order))
    return sqrt(2.0 / pi / x) * hypot(p, q) * cosine


def _modified_far(x: float, order: int, sign: int) -> float:
    """The sum of DLMF 10.40.1 (sign -1) or 10.40.2 (sign 1)."""
    terms, term, k, step = [1.0], 1.0, 0, 0.125 / x
    while abs(term) > 1e-18 and k < 40:
        k += 1
        term *= sign * (4 * order - (2 * k - 1) ** 2) * step / k
        terms.append(term)
    return fsum(terms)


# -- near the origin -----------------------------------------------------------------------------------


def _near(x: float, kind: int, order: int) -> float:
    """Y or K below 1/2: the logarithm times J or I, and a series whose terms have the other sign or fall quickly."""
    square, half = kind * 0.25 * x * x, 0.5 * x
    term = half if order else 1.0
    first, second = [term], [term] if order else []
    harmonic, k = 0.0, 0
    while abs(term) > 1e-18 * (half if order else 1.0):
        k += 1
        harmonic += 1.0 / k
        term *= square / (k * (k + order))
        first.append(term)
        second.append(term * (2.0 * harmonic + 1.0 / (k + 1) if order else harmonic))
    # ln(x/2) + gamma: ln 2 in two parts
    logarithm = fsum((log(x), -0.6931471805599453, -2.3190468138462996e-17, _EULER)) * fsum(first)
    sums = fsum(second)
    if kind == MODIFIED:
        return fsum((1.0 / x, logarithm, -0.5 * sums)) if order else sums - logarithm
    if order:
        return fsum((2.0 * logarithm, -2.0 / x, -sums)) / pi
    return (logarithm - sums) * (2.0 / pi)


# -- the functions -----------------------------------------------------------------------------------------


def first_kind(order: int) -> Callable[[float], float]:
    """J of order 0 or 1."""
    cells, odd = _J[order], bool(order)

    def evaluate(x: float) -> float:
        size = abs(x)
        if size < _FAR:
            value = cells(size)
        elif x == x:
            value = _far(size, order, 0)
        else:
            return x
        return -value if odd and (x < 0.0) else value if x or not odd else x

    return evaluate


def second_kind(order: int) -> Callable[[float], float]:
    """Y of order 0 or 1."""
    cells = _Y[order]

    def evaluate(x: float) -> float:
        if 0.5 <= x < _FAR:
            return cells(x)
        if x >= _FAR:
            return _far(x, order, -1)
        if x > 0.0:
            return _near(x, OSCILLATING, order) if x > 1e-300 or not order else -2.0 / pi / x if x > 3.6e-309 else -inf
        return -inf if x == 0.0 else float("nan")

    return evaluate


def scaled_modified_first_kind(order: int) -> Callable[[float], float]:
    """I of order 0 or 1, times ``exp(-abs(x))``."""
    cells = _SCALED_I[order]

    def evaluate(x: float) -> float:
        size = abs(x)
        if size < _FAR:
            value = cells(size)
        elif x == x:
            value = _modified_far(size, order, -1) / sqrt(2.0 * pi * size) if size < 1e307 else 1.0 / sqrt(2.0 * pi) / sqrt(size)
        else:
            return x
        return -value if order and x < 0.0 else value

    return evaluate


def modified_first_kind(order: int) -> Callable[[float], float]:
    """I of order 0 or 1."""
    scaled = scaled_modified_first_kind(order)

    def evaluate(x: float) -> float:
        size = abs(x)
        if size > 720.0:
            return -inf if order and x < 0.0 else inf
        if size < 709.0:
            return scaled(x) * exp(size)
        root = exp(0.5 * size)  # which does not overflow
        return scaled(x) * root * root if size == size else x

    return evaluate


def scaled_modified_second_kind(order: int) -> Callable[[float], float]:
    """K of order 0 or 1, times ``exp(x)``."""
    cells = _SCALED_K[order]

    def evaluate(x: float) -> float:
        if 0.5 <= x < _FAR:
            return cells(x)
        if x >= _FAR:
            return _modified_far(x, order, 1) * sqrt(0.5 * pi / x)
        if x > 0.0:
            return _near_modified(x, order) * exp(x)
        return inf if x == 0.0 else float("nan")

    return evaluate


def modified_second_kind(order: int) -> Callable[[float], float]:
    """K of order 0 or 1."""
    scaled = scaled_modified_second_kind(order)

    def evaluate(x: float) -> float:
        if x >= 0.5:
            return scaled(x) * exp(-x) if x < 700.0 else scaled(x) * exp(-0.5 * x) * exp(-0.5 * x)
        if x > 0.0:
            return _near_modified(x, order)
        return inf if x == 0.0 else float("nan")

    return evaluate


def _near_modified(x: float, order: int) -> float:
    if x > 1e-300 or not order:
        return _near(x, MODIFIED, order)
    return 1.0 / x if x > 5.6e-309 else inf
