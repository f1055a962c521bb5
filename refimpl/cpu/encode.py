"""Python numbers into elements: rounding once to nearest-even, wrapping modulo 2**bits, and torch's casts."""

from __future__ import annotations

from array import array
from functools import lru_cache
from itertools import repeat
from math import copysign, inf
from operator import and_, attrgetter, truth
from struct import error as struct_error
from struct import pack
from typing import Any, Iterable, Sequence

from ..foundation.dtypes import (
    bfloat16,
    bool_,
    complex32,
    complex64,
    complex128,
    dtype,
    float8,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)  # fmt: skip
from ..foundation.eight_bits import encode_eight_bits

__all__ = ["CODES", "SIZES", "zeros", "encode", "convert", "wrap"]

# The natural typecode. bool is 0 or 1; the 8-bit and 16-bit floats are bit patterns; complex is interleaved (real, imaginary).
CODES: dict[dtype, Any] = {
    bool_: "B", uint8: "B", int8: "b", int16: "h", int32: "i", int64: "q", float16: "H", bfloat16: "H",
    float32: "f", float64: "d", complex64: "f", complex128: "d", uint16: "H", uint32: "I", uint64: "Q",
    **dict.fromkeys(float8, "B"), complex32: "H",
}
SIZES = {code: array(code).itemsize for code in "bBhHiIqQfd"}
_UNSIGNED = {"b": "B", "B": "B", "h": "H", "H": "H", "i": "I", "I": "I", "q": "Q", "Q": "Q"}


def zeros(code: str, count: int) -> array:
    """An array of ``count`` zeros."""
    return array(code, bytes(count * SIZES[code]))


def encode(dtype: dtype, values: Iterable[Any]) -> array:
    """Bit patterns of ``values`` in ``dtype``.

    Floats are rounded once, to nearest, ties to even, and become infinite beyond the largest number (of 8 bits: what
    :mod:`refimpl.foundation.eight_bits` says); integers are taken
    modulo 2**bits; bool is the truth of each value (NaN is true).
    """
    category = dtype.category
    if category == 2:
        if dtype is float16:
            return _encode_float16(values)
        if dtype is bfloat16:
            return _encode_bfloat16(values)
        if dtype in float8:
            return encode_eight_bits(dtype, _sequence(values))
        return _floats(CODES[dtype], values)
    if category == 1:
        return wrap(CODES[dtype], values)
    if category == 0:
        return array("B", map(truth, values))
    numbers = _sequence(values)
    parts = zeros(CODES[dtype], 2 * len(numbers))
    if dtype is complex32:
        parts[::2] = _encode_float16(map(attrgetter("real"), numbers))
        parts[1::2] = _encode_float16(map(attrgetter("imag"), numbers))
        return parts
    parts[::2] = _floats(parts.typecode, map(attrgetter("real"), numbers))
    parts[1::2] = _floats(parts.typecode, map(attrgetter("imag"), numbers))
    return parts


def _sequence(values: Iterable[Any]) -> Sequence[Any]:
    return values if isinstance(values, (array, list, tuple)) else list(values)


def _floats(code: str, values: Iterable[Any]) -> array:
    """The values as float32 or float64 array; beyond the largest number lies infinity (also for an int beyond binary64)."""
    if isinstance(values, array):
        if values.typecode == code:
            return values[:]
        try:
            return array(code, pack(f"{len(values)}{code}", *values))  # quicker than from array to array
        except OverflowError:
            return array(code, values)
    values = _sequence(values)
    try:
        return array(code, values)
    except OverflowError:
        return array(code, map(_to_float, values))


def _to_float(x: Any) -> float:
    try:
        return float(x)
    except OverflowError:
        return inf if x > 0 else -inf


def wrap(code: Any, values: Iterable[Any]) -> array:
    """Integers modulo 2**bits as an array of the (signed or unsigned) typecode."""
    values = _sequence(values)
    try:
        return array(code, values)
    except OverflowError:
        unsigned = _UNSIGNED[code]
        mask = 256 ** SIZES[code] - 1
        lanes = array(unsigned, map(and_, values, repeat(mask)))
        return lanes if unsigned == code else array(code, lanes.tobytes())


# -- 16-bit floats -------------------------------------------------------------------------------------------------


def _encode_float16(values: Iterable[Any]) -> array:
    values = _sequence(values)
    try:
        return array("H", pack(f"{len(values)}e", *values))
    except (OverflowError, struct_error):  # a float too large; an int too large
        # 65520 lies halfway between the largest float16 and the next power of two: from there on, infinity.
        limited = [x if -65520.0 < x < 65520.0 or x != x else copysign(inf, x) for x in map(_to_float, values)]
        return array("H", pack(f"{len(limited)}e", *limited))


def _encode_bfloat16(values: Iterable[Any]) -> array:
    """Round binary64 to float32, then to bfloat16, and repair the elements where rounding twice is not rounding once."""
    if isinstance(values, array) and values.typecode == "f":
        bits = array("H", values.tobytes())
    else:
        numbers = _sequence(values)
        single = _floats("f", numbers)
        bits = array("H", single.tobytes())
        for i in _halfway(bits[::2], numbers, single):
            # Only a number that is not itself halfway was moved there by the first rounding.
            if numbers[i] != single[i]:
                bits[2 * i] = 0x8001 if abs(numbers[i]) > abs(single[i]) else 0x7FFF
    octets = bits.tobytes()
    out = array("H")
    for start in range(0, len(octets), _BLOCK):
        out.extend(_round_lanes(octets[start : start + _BLOCK]))
    return out


def _halfway(lower: array, numbers: Sequence[Any], single: array) -> Iterable[int]:
    """The places of the float32 that lie exactly halfway between two bfloat16, by the lower halves of their bits."""
    octets = lower.tobytes()
    pattern = b"\x00\x80"
    if octets.count(pattern) * 32 > len(lower) and _floats("d", single).tobytes() == _floats("d", numbers).tobytes():
        return  # many (sums of bfloat16, say), but the first rounding moved none
    found = octets.find(pattern)
    while found >= 0:
        if found % 2 == 0:
            yield found // 2
        found = octets.find(pattern, found + 1)


_BLOCK = 16384  # bytes a big integer: small enough to stay in the cache


def _round_lanes(octets: bytes) -> array:
    """float32 bit patterns to bfloat16 ones, as 32-bit lanes of one big integer: add half, or just less if the rest is even."""
    count = len(octets) // 4
    magnitude, infinity_to_sign, sign, half, one = _lane_patterns(count)
    lanes = int.from_bytes(octets, "little")
    # A NaN would carry into the next lane. Its magnitude is the only one that reaches the sign bit here.
    nan = ((lanes & magnitude) + infinity_to_sign) & sign
    if nan:
        nan >>= 31
        lanes = lanes & ~(nan * 0xFFFFFFFF) | (nan * 0x7FC00000)
    lanes += half + ((lanes >> 16) & one)
    return array("H", lanes.to_bytes(len(octets), "little"))[1::2]


@lru_cache(maxsize=8)
def _lane_patterns(count: int) -> tuple[int, ...]:
    patterns = (0x7FFFFFFF, 0x007FFFFF, 0x80000000, 0x00007FFF, 1)
    return tuple(int.from_bytes(pattern.to_bytes(4, "little") * count, "little") for pattern in patterns)


# -- casts ---------------------------------------------------------------------------------------------------------


def convert(values: Sequence[Any], source: dtype, target: dtype) -> Sequence[Any]:
    """torch's cast of decoded numbers, up to the rounding, wrapping or truth that :func:`encode` finds.

    A float becomes an integer by truncation towards zero; beyond the range it is what torch's instructions on x86 make of
    it: uint8, uint32, int64 and uint64 go through int64, the others through int32, and NaN, infinities and numbers outside that become
    its least number. uint64 holds what lies between 2**63 and 2**64 as well, and 0 in the place of what is greater. A complex number loses its
    imaginary part, except that for bool both parts count.
    """
    if source is target:
        return values
    category = target.category
    if category == 0:
        return values
    if source.category == 3 and category != 3:
        values = list(map(attrgetter("real"), values))
    if category == 1:
        return values if source.category < 2 else _truncate(values, target)
    if source in _OF_64_BITS and target.real is not float64:
        return _odd(values)
    return values


_OF_64_BITS = (int64, uint64)
_THROUGH_INT32 = (int8, int16, int32, uint16)


def _truncate(values: Sequence[Any], target: dtype) -> Sequence[int]:
    try:
        return array(CODES[target], map(int, values))
    except (OverflowError, ValueError):
        limit = 2.0**31 if target in _THROUGH_INT32 else 2.0**63
        least = -int(limit)
        if target is uint64:
            return [int(x) if -limit <= x < 2.0**64 else 0 if x > 0.0 else least for x in values]
        # Truncation comes first: -limit - 0.5 is still in range.
        return [int(x) if -limit <= x < limit or -limit - 1.0 < x < 0.0 else least for x in values]


def _odd(values: Sequence[Any]) -> Sequence[Any]:
    """int64 numbers, those beyond 53 bits rounded to odd, so that passing through binary64 does not round them twice."""
    if not values or (max(values) <= 2**53 and min(values) >= -(2**53)):
        return values
    return list(map(_round_to_odd, values))


def _round_to_odd(x: int) -> int:
    excess = abs(x).bit_length() - 53
    if excess <= 0:
        return x
    magnitude = abs(x)
    kept = magnitude >> excess
    if kept << excess != magnitude:
        kept |= 1
    return kept << excess if x > 0 else -(kept << excess)
