"""Values of the classical orthogonal polynomials: what their pages are made of.

They are evaluated in decimal arithmetic with so many digits that nothing of the cancellation is left, and rounded once. The degree is the
integer part of a float, as in torch.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from functools import lru_cache
from math import acosh, copysign, inf, isfinite, isinf, nan
from typing import Callable, NamedTuple

_LARGEST_DEGREE = 2.0**63
_OVERFLOWS = 2000.0  # exp of it does, and of half of it


class Step(NamedTuple):
    """A three-term recurrence: the polynomials of degrees 0 and 1, and that of degree k + 1 from those of k and k - 1."""

    first: Callable[[Decimal], Decimal]
    following: Callable[[Decimal, int, Decimal, Decimal], Decimal]


LEGENDRE = Step(lambda x: x, lambda x, k, here, before: ((2 * k + 1) * x * here - k * before) / (k + 1))
LAGUERRE = Step(lambda x: 1 - x, lambda x, k, here, before: ((2 * k + 1 - x) * here - k * before) / (k + 1))
HERMITE = Step(lambda x: 2 * x, lambda x, k, here, before: 2 * (x * here - k * before))
MONIC_HERMITE = Step(lambda x: x, lambda x, k, here, before: x * here - k * before)


@lru_cache(maxsize=256)
def _context(digits: int) -> Context:
    return Context(prec=digits, Emax=MAX_EMAX, Emin=MIN_EMIN)


def _degree(n: float) -> int:
    """What torch makes of a degree: its integer part, and -1, of which the polynomial is 0, of what is no 64-bit integer."""
    return int(n) if -_LARGEST_DEGREE <= n < _LARGEST_DEGREE else -1


def _easy(x: float, n: int, leading: float, parity: bool) -> float | None:
    """The value of a polynomial of degree n without computation: below degree 1, of infinities and NaN, and, if it has the parity of its degree, of
    zero. ``leading`` is the sign of its leading coefficient."""
    if n <= 0:
        return 1.0 if n == 0 else 0.0
    if not isfinite(x):
        return nan if x != x else leading * (inf if x > 0.0 or n % 2 == 0 else -inf)
    if parity and x == 0.0 and n % 2:
        return x if n % 4 == 1 else -x
    return None


def chebyshev(combine: Callable[[Decimal, Decimal, Decimal], Decimal], shifted: bool, parity: bool) -> Callable[[float, float], float]:
    """A rule of Chebyshev polynomials from those of the second kind, of degree n and n - 1: ``combine(x, here, before)``. ``shifted``: at 2 x - 1."""

    def evaluate(x: float, n: float) -> float:
        n = _degree(n)
        y = 2.0 * x - 1.0 if shifted else x
        easy = _easy(y if parity or isinf(x) else x, n, 1.0, parity)
        if easy is not None:
            return easy
        if abs(y) > 1.0 and (isinf(y) or n * acosh(abs(y)) > _OVERFLOWS):
            return inf if y > 0.0 or n % 2 == 0 else -inf
        with localcontext(_context(64 + 2 * len(str(n)))):
            argument = 2 * Decimal(x) - 1 if shifted else Decimal(x)
            value = float(combine(argument, *_second_kind(argument, n)))
        return value or 0.0

    return evaluate


def _second_kind(x: Decimal, n: int) -> tuple[Decimal, Decimal]:
    """The Chebyshev polynomials of the second kind of degrees n and n - 1, the degree doubled bit by bit: sin((n + 1) t) / sin(t) at x = cos(t),
    DLMF 18.5.2, and the sine of a sum."""
    before, here, twice = Decimal(0), Decimal(1), 2 * x
    for bit in bin(n)[2:]:
        even = (here - before) * (here + before)  # of degree 2 m, from m - 1 and m
        if bit == "1":
            before, here = even, here * (twice * here - 2 * before)
        else:
            before, here = before * (2 * here - twice * before), even
    return here, before


def by_three_terms(step: Step, leading: Callable[[int], float], parity: bool, limit: int) -> Callable[[float, float], float]:
    """A rule of polynomials by their recurrence, whose time is proportional to the degree; degrees beyond ``limit`` give NaN."""

    def evaluate(x: float, n: float) -> float:
        n = _degree(n)
        if n > limit:
            return nan
        easy = _easy(x, n, leading(n), parity)
        if easy is not None:
            return easy
        with localcontext(_context(64 + 2 * len(str(n)))):
            argument = Decimal(x)
            before, here = Decimal(1), step.first(argument)
            for k in range(1, n):
                before, here = here, step.following(argument, k, here, before)
            value = float(here)
        return copysign(0.0, x) if parity and not value and n % 4 == 1 else value or 0.0

    return evaluate
