"""The floats of 8 bits: which number each of the 256 bit patterns is, and which pattern a number is rounded to.

The name of a format tells its bits (``e4m3``: four of exponent, three of fraction), and what it leaves out: ``fn``: it is finite, without
infinities; ``uz``: zero is unsigned, so that the pattern of -0 is NaN, the only one, and the exponents are smaller by one. A number is rounded to
nearest, ties to even. Beyond the largest number float8_e5m2 has infinities, as wider formats have, and float8_e4m3fn, which has none, stays at its
largest number; both of the others give NaN, of infinities too. (torch does so from 2.13 on; before, float8_e4m3fn gave NaN as well.)

Source: Micikevicius et al., "FP8 Formats for Deep Learning" (2022); Noune et al., "8-bit Numerical Formats for Deep Neural Networks" (2022), for the
formats without a negative zero.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from functools import partial
from itertools import repeat
from math import copysign, inf, nan, nextafter
from typing import Any, Sequence

from .dtypes import dtype, float8_e4m3fn, float8_e4m3fnuz, float8_e5m2, float8_e5m2fnuz

__all__ = ["NUMBERS", "ROUNDINGS", "encode_eight_bits", "round_to_eight_bits"]


def _numbers(fraction: int, bias: int, unsigned_zero: bool, infinite: bool) -> tuple[float, ...]:
    """The number that each bit pattern is."""
    positive: list[float] = []
    for pattern in range(128):
        exponent, significand = pattern >> fraction, pattern % (1 << fraction)
        if exponent:
            positive.append(((1 << fraction) + significand) * 2.0 ** (exponent - bias - fraction))
        else:
            positive.append(significand * 2.0 ** (1 - bias - fraction))
    if infinite:  # as in IEEE 754: the largest exponent holds infinity and NaN
        first = 128 - (1 << fraction)
        positive[first:] = [inf, *repeat(nan, (1 << fraction) - 1)]
    elif not unsigned_zero:
        positive[-1] = nan
    return (*positive, nan if unsigned_zero else -0.0, *(-x for x in positive[1:]))


NUMBERS: dict[dtype, tuple[float, ...]] = {
    float8_e4m3fn: _numbers(3, 7, unsigned_zero=False, infinite=False),
    float8_e5m2: _numbers(2, 15, unsigned_zero=False, infinite=True),
    float8_e4m3fnuz: _numbers(3, 8, unsigned_zero=True, infinite=False),
    float8_e5m2fnuz: _numbers(2, 16, unsigned_zero=True, infinite=False),
}


class Rounding:
    """How numbers are rounded to a format: ``bounds`` in ascending order, and the pattern of what lies above so many of them."""

    def __init__(self, numbers: tuple[float, ...], saturates: bool) -> None:
        self.unsigned_zero = numbers[128] != numbers[128]
        self.nan = 128 if self.unsigned_zero else 127
        finite = [x for x in numbers[:128] if x < inf]
        # One more step beyond the largest number, halfway to which it ends.
        halves = [(a + b) / 2 for a, b in zip(finite, [*finite[1:], 2 * finite[-1] - finite[-2]], strict=True)]
        beyond = len(finite) - 1 if saturates else self.nan if self.unsigned_zero else len(finite)  # the pattern, but for the sign
        patterns = [*range(len(finite)), beyond]
        # What lies above a bound goes up: from an odd pattern halfway as well.
        up = [half if pattern % 2 == 0 else nextafter(half, 0.0) for pattern, half in enumerate(halves)]
        down = [-half if pattern % 2 else nextafter(-half, -inf) for pattern, half in enumerate(halves)]
        self.bounds = [*reversed(down), nextafter(0.0, -inf), *up]
        negative = [128 if pattern == 0 else pattern | 128 for pattern in patterns]
        if self.unsigned_zero:
            negative[0] = 0
        self.patterns = bytes([*reversed(negative), *patterns])
        self.least = self.patterns[0]


ROUNDINGS = {d: Rounding(numbers, saturates=d is float8_e4m3fn) for d, numbers in NUMBERS.items()}


def encode_eight_bits(d: dtype, values: Sequence[Any]) -> array:
    """The bit patterns of numbers, rounded once."""
    rounding = ROUNDINGS[d]
    found = array("B", map(rounding.patterns.__getitem__, map(partial(bisect_left, rounding.bounds), values)))
    # NaN is below no bound, as -infinity is; and no bound tells -0.0 from 0.0.
    _repair(found, rounding.least, values, lambda x: rounding.nan if x != x else rounding.least)
    if not rounding.unsigned_zero:
        _repair(found, 0, values, lambda x: 128 if x == 0 and copysign(1.0, x) < 0.0 else 0)
    return found


def round_to_eight_bits(value: float, d: dtype) -> float:
    """The number of the format nearest to ``value``."""
    return NUMBERS[d][encode_eight_bits(d, (value,))[0]]


def _repair(found: array, pattern: int, values: Sequence[Any], right: Any) -> None:
    octets = found.tobytes()
    place = octets.find(pattern)
    while place >= 0:
        found[place] = right(values[place])
        place = octets.find(pattern, place + 1)
