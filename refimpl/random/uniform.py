"""Uniform numbers, which all other distributions are made of."""

from __future__ import annotations

from array import array
from itertools import repeat
from operator import mul
from typing import Any, Sequence

from ..foundation.dtypes import dtype, float32, float64
from .generator import Generator
from .rounding import float32_round, fma, round_to

__all__ = ["uniform", "unit_doubles", "unit_floats"]

_LARGEST_SPLIT = 2.0**990
_LOW_24 = b"\xff\xff\xff\x00"
_LOW_53 = b"\xff\xff\x1f\x00\xff\xff\xff\xff"  # of a pair as drawn, the high word first


def unit_doubles(generator: Generator, count: int) -> Any:
    """Doubles in [0, 1): the low 53 bits of a 64-bit draw."""
    return map(mul, generator.long_draws(count, _LOW_53), repeat(2.0**-53))


def unit_floats(generator: Generator, count: int) -> array[float]:
    """float32 in [0, 1): the low 24 bits of a 32-bit draw."""
    return array("f", map(mul, generator.draws(count, _LOW_24), repeat(2.0**-24)))


def uniform(count: int, result: dtype, generator: Generator, start: float, end: float) -> array[float]:
    """Numbers u * (end - start) + start, with u in [0, 1) of 53 bits for float64 and of 24 bits else.

    float16 and bfloat16 round the float32 result. One that becomes ``end`` by rounding becomes ``start``.
    """
    start, end = float(start), float(end)
    if result is float64:
        units = unit_doubles(generator, count)
        if start == 0 and end == 1:
            return array("d", units)
        span = end - start
        if span > _LARGEST_SPLIT:  # beyond what the parts of fma hold: the same, smaller by a power of two
            small, least = span * 2.0**-64, start * 2.0**-64
            return _half_open([fma(u, small, least) * 2.0**64 for u in units], "d", start, end)
        return _half_open([fma(u, span, start) for u in units], "d", start, end)
    if start == 0 and end == 1:
        values = unit_floats(generator, count)
    else:
        start, end = float32_round(start), float32_round(end)
        span = float32_round(end - start)
        values = array("f", [u * span + start for u in unit_floats(generator, count)])  # a product of float32 is exact
    if result is float32 or not values:
        return _half_open(values, "f", start, end)
    return _half_open(round_to(values, result), "f", *round_to(array("f", (start, end)), result))


def _half_open(values: Sequence[float], code: str, start: float, end: float) -> array[float]:
    return array(code, [start if x == end else x for x in values] if end in values else values)
