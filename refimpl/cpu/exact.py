"""Exact sums of floats, rounded once: what every summing kernel shares.

``math.fsum`` adds without any error and rounds once, to binary64. Two things are left to do around it. It raises where
IEEE arithmetic has an answer (inf - inf, or partial sums beyond the range). And a result that goes on to a narrower
dtype would be rounded a second time, which matters exactly where the first rounding ends halfway between two
neighbours of the narrower dtype: :func:`settle` finds those few results and moves them off the tie by the sign of what
was lost.
"""

from __future__ import annotations

from array import array
from itertools import compress
from math import frexp, fsum, inf, isfinite, nan, nextafter, ulp
from typing import Any, Callable, Iterable, Sequence

from ..foundation.dtypes import bfloat16, dtype, float16, float32, float64

__all__ = ["exact_sum", "sums", "settle", "settle_fractions", "has_nan", "has_non_finite", "scaled_integer", "quotient", "DIGITS"]

# Significand bits with the hidden one, and the exponent of the least subnormal number.
_PRECISION = {float32: (24, -149), bfloat16: (8, -133), float16: (11, -24)}
DIGITS = {float64: 53, **{dtype: digits for dtype, (digits, _) in _PRECISION.items()}}


def exact_sum(values: Sequence[float]) -> float:
    """The exact sum rounded once; infinities and NaN as IEEE addition treats them; infinite only if the true sum overflows."""
    try:
        return fsum(values)
    except (ValueError, OverflowError):
        pass
    special = [x for x in values if not isfinite(x)]
    if special:
        return special[0] if all(x == special[0] for x in special) else nan
    return quotient(sum(map(scaled_integer, values)), 1 << 1074)


def scaled_integer(x: float) -> int:
    """``x * 2**1074``, an integer for every finite float."""
    numerator, denominator = x.as_integer_ratio()
    return numerator * ((1 << 1074) // denominator)


def quotient(a: int, b: int) -> float:
    """``a / b`` rounded once to binary64, infinite beyond its range."""
    try:
        return a / b
    except OverflowError:
        return inf if (a > 0) == (b > 0) else -inf


def sums(lanes: Iterable[Any]) -> list[float]:
    """The exact sum of each lane. ``lanes`` can be iterated more than once."""
    try:
        return list(map(fsum, lanes))
    except (ValueError, OverflowError):
        return list(map(exact_sum, lanes))


# -- rounding once to a narrow dtype -----------------------------------------------------------------------------

# The lower 29 bits of a binary64 number halfway between two float32 numbers are 1 << 28. The upper three bits of
# the lower word belong to the float32 number; one unit more or less is allowed for results of two roundings.
_HALFWAY = frozenset((upper << 29 | 1 << 28) + unit for upper in range(8) for unit in (-1, 0, 1))
# The octet with the uppermost of those 29 bits, at a tie or a unit below it.
_TIE_OCTET = bytes(octet & 0x1F in (0x0F, 0x10) for octet in range(256))
# Sign and upper exponent bits of binary64 numbers below float32's normal range, zero excepted.
_SMALL = bytes(0 < octet & 0x7F <= 0x38 for octet in range(256))


def settle(dtype: dtype, results: list[float], terms: Callable[[int], Iterable[float]], copies: int = 1,
           data: Any = None) -> list[float]:
    """Make one rounding of two: prepare exact sums (or means), rounded to binary64, for rounding to ``dtype``.

    ``results[i]`` is the sum of ``terms(i)`` divided by ``copies``. Where it lies within a unit of a tie between two
    numbers of ``dtype`` it is replaced by a binary64 number on that side of the tie on which the true value lies.
    ``data``, if given, contains all terms of plain sums: a look at it may show that none of them was rounded.
    """
    if dtype not in _PRECISION:
        return results
    candidates = _candidates(dtype, results)
    if 64 * len(candidates) > len(results) and dtype is float32 and _sums_are_exact(data, results):
        return results
    for i in candidates:
        tie = _nearest_tie(dtype, results[i])
        if abs(results[i] - tie) <= 2 * ulp(tie):
            lost = fsum([*terms(i), *[-tie] * copies])
            results[i] = nextafter(tie, inf if lost > 0 else -inf) if lost else tie
    return results


def _sums_are_exact(data: Any, results: list[float]) -> bool:
    """Whether binary64 surely holds the exact sums of float32 numbers: if none is below 2**-30 of a power of two beyond all sums.

    Then the last place of each is not below the last place of the largest sum in binary64, of which all sums are multiples.
    """
    largest = max(map(abs, results))
    if type(data) is not array or data.typecode != "f" or not isfinite(largest):
        return False
    least = max(1, frexp(largest)[1] + 98 >> 1)  # of the octets with a number's sign and upper exponent bits
    upper = data.tobytes()[3::4]
    rest = upper.translate(None, bytes(octet for octet in range(256) if octet & 0x7F >= least))
    return not rest or rest.count(0) + rest.count(0x80) == len(rest) == data.count(0.0)


def settle_fractions(dtype: dtype, results: list[float], numerators: Sequence[int], bits: int) -> list[float]:
    """:func:`settle` for results that are known exactly: ``results[i] = numerators[i] / 2**bits``."""
    if dtype not in _PRECISION:
        return results
    for i in _candidates(dtype, results):
        tie = _nearest_tie(dtype, results[i])
        numerator, denominator = tie.as_integer_ratio()
        lost = numerators[i] * denominator - (numerator << bits)
        if abs(results[i] - tie) <= 2 * ulp(tie):
            results[i] = nextafter(tie, inf if lost > 0 else -inf) if lost else tie
    return results


def _candidates(dtype: dtype, results: list[float]) -> Sequence[int]:
    """A superset of the places of ties, found with hardly any Python code per element for float32."""
    bits = array("d", results).tobytes()
    if dtype is float32:
        lower = array("I", bits)[::2]
        if 1 in bits[7::8].translate(_SMALL):
            return [i for i, word in enumerate(lower) if word in _HALFWAY or 0 < abs(results[i]) < 2.0**-126]
        return [i for i in compress(range(len(lower)), bits[3::8].translate(_TIE_OCTET)) if lower[i] in _HALFWAY]
    digits, least = _PRECISION[dtype]
    below = (1 << 53 - digits) - 1
    half = 1 << 52 - digits
    normal = 2.0 ** (least + digits - 1)
    words = array("Q", bits)
    return [i for i, w in enumerate(words) if half - 1 <= w & below <= half + 1 or 0 < abs(results[i]) < normal]


def _nearest_tie(dtype: dtype, x: float) -> float:
    """The number halfway between two neighbours of ``dtype`` that is nearest to ``x``."""
    digits, least = _PRECISION[dtype]
    spacing = 2.0 ** max(frexp(x)[1] - digits, least)
    tie = (abs(x) // spacing + 0.5) * spacing
    return tie if x > 0 else -tie


# -- NaN ---------------------------------------------------------------------------------------------------------


def has_nan(values: Sequence[Any]) -> bool:
    """Whether a NaN is among decoded numbers."""
    return _may_be_special(values) and any(x != x for x in values)


def has_non_finite(values: Sequence[float]) -> bool:
    """Whether an infinity or a NaN is among decoded floats."""
    return _may_be_special(values) and not all(map(isfinite, values))


def _may_be_special(values: Sequence[Any]) -> bool:
    """A quick look at the upper octets: those of infinities and NaN have all exponent bits set."""
    if not isinstance(values, array):
        return True
    if values.typecode not in "fd":
        return False
    upper = values.tobytes()[values.itemsize - 1 :: values.itemsize]
    return 0x7F in upper or 0xFF in upper
