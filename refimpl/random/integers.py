"""Integers in a range, and permutations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..foundation.dtypes import bfloat16, bool_, dtype, float16, float32, float64, int8, int16, int32, int64, uint8
from .generator import Generator
from .rounding import numbers_as, round_to

__all__ = ["integers_as", "randint", "random", "randperm"]


def randint(count: int, result: dtype, generator: Generator, low: int, high: int) -> Sequence[Any]:
    """Integers draw % (high - low) + low, from 32-bit draws for ranges below 2**28 and 64-bit draws else.

    (The small bias of the modulo is torch's. The range 2**64, ``random_(-2**63, None)``, takes the draw as it is.)
    Where a float dtype has no integers near a bound, the bound moves inwards first.
    """
    if result.is_floating_point:
        low, high = _float_bounds(result, low, high)
    span = high - low
    draws = generator.draws(count) if span < 1 << 28 else generator.long_draws(count)
    if span == 1 << 64:
        low = 0
    values = [draw % span + low for draw in draws]
    if span == 1 << 64:
        values = [v - (v >> 63 << 64) for v in values]
    return integers_as(result, values)


_SIGNIFICAND_BITS = {float16: 11, bfloat16: 8, float32: 24, float64: 53}


def _float_bounds(result: dtype, low: int, high: int) -> tuple[int, int]:
    """The bounds of :func:`randint` for a float dtype: where low + 1 rounds to less than ``low``, or high - 1 to ``high`` or more,
    the bound becomes the neighbour, on the inner side, of that rounded value.

    (Where the rounding leaves the 64-bit integers, it ends at -2**63, as the processor has it; ``high`` then stays.)
    """
    bits = _SIGNIFICAND_BITS[result]

    def rounded(value: int) -> int:
        values = numbers_as(result, integers_as(result, [value]))
        nearest = (values if bits > 11 else round_to(values, result))[0]
        return int(nearest) if -(2.0**63) <= nearest < 2.0**63 else -(1 << 63)

    def gap(value: int) -> int:
        return 1 << max(abs(value).bit_length() - bits, 0)

    above, below = rounded(low + 1), rounded(high - 1)
    if above < low:
        low = above + gap(low + 1)
    if below >= high:
        high = below - gap(high - 1)
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got from={low} >= to={high}")
    return low, high


# What random_() leaves of a draw: dtype -> (64-bit draw, modulus). A float dtype counts as far as it has every integer.
_FULL = {
    bool_: (False, 2),
    uint8: (False, 1 << 8),
    int8: (False, 1 << 7),
    int16: (False, 1 << 15),
    int32: (False, 1 << 31),
    int64: (True, 1 << 63),
    float16: (False, (1 << 11) + 1),
    bfloat16: (False, (1 << 8) + 1),
    float32: (False, (1 << 24) + 1),
    float64: (True, (1 << 53) + 1),
}


def random(count: int, result: dtype, generator: Generator) -> Sequence[Any]:
    """``random_()`` without bounds: integers in [0, the dtype's maximum], for float dtypes in [0, 2**significand bits]."""
    long, modulus = _FULL[result]
    draws = generator.long_draws(count) if long else generator.draws(count)
    return integers_as(result, [draw % modulus for draw in draws])


def integers_as(result: dtype, values: list[int]) -> Sequence[Any]:
    """64-bit integers cast to the dtype, which rounds them once; to the 16-bit dtypes by way of float32."""
    if result is bool_:
        return [v != 0 for v in values]
    if result.category == 1:
        return values
    if result is not float64:
        # Beyond 2**53 the way through a double would round twice: bits that cannot matter collapse into one.
        values = [v if -(1 << 53) <= v <= 1 << 53 else v & ~0x7FF | bool(v & 0x7FF) << 10 for v in values]
    return numbers_as(result, values)


def randperm(count: int, result: dtype, generator: Generator) -> Sequence[Any]:
    """A permutation of range(count) by exchanges: element i with element i + draw % (count - i), for i below count - 1."""
    values = list(range(count))
    if count < 2:
        return integers_as(result, values)
    draws = generator.draws(count - 1) if count < 0xFFFFFFFF // 20 else generator.long_draws(count - 1)
    for i, draw in enumerate(draws):
        j = i + draw % (count - i)
        values[i], values[j] = values[j], values[i]
    return integers_as(result, values)
