"""What the pages of this room share: Taylor polynomials that are computed in a hundred digits when they are first needed, and exact phases.

Between the region of a function's power series and that of its asymptotic expansion it is evaluated from its Taylor polynomial about the nearest
multiple of 1/8. The coefficients follow from the function's differential equation, in decimal arithmetic with so many digits that nothing of their
cancellation is left; what is kept are floats, the constant term in two of them.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from functools import lru_cache
from math import cos, frexp, sin
from typing import Callable, Sequence

DIGITS = 110
_CONTEXT = Context(prec=DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN)
WIDTH = 0.125
_TERMS = 44
# Euler's constant, DLMF 5.2.3
EULER = Decimal("0.57721566490153286060651209008240243104215933593992359880576723488486772677766467093694706329174674951463144724980708")


class TaylorCells:
    """A function that is analytic on an interval of the real line, from its Taylor polynomials about the multiples of 1/8.

    ``coefficients(c)`` gives those about the number c, as decimals. A value is off by little more than its own rounding: where
    the terms cancel, near a zero, they are summed up as decimals.
    """

    def __init__(self, coefficients: Callable[[Decimal], Sequence[Decimal]]) -> None:
        self._coefficients = coefficients
        self._cells: dict[int, tuple[float, float, list[float], Sequence[Decimal]]] = {}

    def __call__(self, x: float) -> float:
        place = round(x * 8.0)
        cell = self._cells.get(place) or self._new_cell(place)
        h = x - place * WIDTH  # exactly
        constant, rest, higher, decimals = cell
        tail = 0.0
        for coefficient in higher:  # the highest power first
            tail = h * (coefficient + tail)
        value = constant + (rest + tail)
        if abs(value) * 2.0 < abs(tail) and constant:
            return self._by_decimals(decimals, h)
        return value

    def _new_cell(self, place: int) -> tuple[float, float, list[float], Sequence[Decimal]]:
        with localcontext(_CONTEXT):
            decimals = self._coefficients(Decimal(place * WIDTH))
            constant = float(decimals[0])
            rest = float(decimals[0] - Decimal(constant))
        floats = [float(c) for c in decimals[1:]]
        terms = [abs(c) * (WIDTH / 2) ** (k + 1) for k, c in enumerate(floats)]
        least = max(abs(constant), *terms) * 2.0**-60
        while len(floats) > 2 and terms[-1] < least:
            floats.pop()
            terms.pop()
        cell = constant, rest, floats[::-1], decimals
        self._cells[place] = cell
        return cell

    @staticmethod
    def _by_decimals(coefficients: Sequence[Decimal], h: float) -> float:
        with localcontext(_CONTEXT):
            step, value = Decimal(h), Decimal(0)
            for coefficient in reversed(coefficients):
                value = value * step + coefficient
            return float(value)


def by_recurrence(first: Decimal, second: Decimal, following: Callable[[int, list[Decimal]], Decimal]) -> list[Decimal]:
    """Taylor coefficients: two of them, and then ``following(m, coefficients)`` for the one of number m + 2."""
    found = [first, second]
    for m in range(_TERMS):
        found.append(following(m, found))
    return found


def times_exponential(coefficients: Sequence[Decimal], center: Decimal, sign: int) -> list[Decimal]:
    """The Taylor coefficients of a function multiplied by ``exp(sign * x)``."""
    factors = [(sign * center).exp()]
    for k in range(1, len(coefficients)):
        factors.append(factors[-1] * sign / k)
    return [sum((coefficients[j] * factors[k - j] for j in range(k + 1)), Decimal(0)) for k in range(len(coefficients))]


# -- phases ------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def scaled_pi(bits: int) -> int:
    """pi * 2**bits, by Machin's formula: pi = 16 arctan(1/5) - 4 arctan(1/239)."""
    one = 1 << (bits + 16)

    def arctan_of_reciprocal(n: int) -> int:
        term, total, k = one // n, 0, 1
        while term:
            total += term // k if k % 4 == 1 else -(term // k)
            term //= n * n
            k += 2
        return total

    return (16 * arctan_of_reciprocal(5) - 4 * arctan_of_reciprocal(239)) >> 16


@lru_cache(maxsize=1)
def decimal_pi() -> Decimal:
    with localcontext(_CONTEXT):
        return Decimal(scaled_pi(420)) / (1 << 420)


def fixed_point(x: float) -> tuple[int, int]:
    """A float beyond 1 as an integer, and the bits behind its binary point: so many that pi to them leaves 190 bits of the phase."""
    mantissa, exponent = frexp(x)
    bits = 256 if exponent < 64 else 1280
    return int(mantissa * 2.0**53) << (bits + exponent - 53), bits


def reduced_phase(angle: int, bits: int) -> tuple[int, int]:
    """``angle - pi/4`` as a number of quarter turns, modulo 4, and what remains, from -pi/4 to pi/4; angles are integers over ``2**bits``."""
    pi = scaled_pi(bits)
    # angle - pi/4 + pi/4 = quarters * pi/2 + (remainder + pi/4)
    quarters, remainder = divmod(2 * angle, pi)
    return quarters & 3, (remainder >> 1) - (pi >> 2)


def cosine_of_phase(quarters: int, remainder: int, bits: int, shift: float, decimal_shift: Callable[[], Decimal]) -> float:
    """``cos(quarters * pi/2 + remainder + shift)`` for a small ``shift``. Next to a zero it is evaluated once more, with ``decimal_shift()``."""
    angle = remainder / (1 << bits) + shift
    if not quarters & 1:
        return cos(angle) if quarters == 0 else -cos(angle)
    if abs(angle) < 2.0**-8:
        with localcontext(_CONTEXT):
            exact = Decimal(remainder) / (1 << bits) + decimal_shift()
            square = exact * exact
            angle_sine = float(exact * (1 - square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72)))))
    else:
        angle_sine = sin(angle)
    return -angle_sine if quarters == 1 else angle_sine


def decimal_arctangent(ratio: Decimal) -> Decimal:
    """The arc tangent of a small number."""
    square, term, total, k = ratio * ratio, ratio, Decimal(0), 1
    while abs(term) > Decimal("1e-60"):
        total += term / k
        term *= -square
        k += 2
    return total
