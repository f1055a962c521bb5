"""Elements of CuPy and NumPy arrays: bfloat16, the floats of 8 bits and complex32 as bit patterns, and refimpl's casts, each rounding once.

Neither library has a bfloat16, floats of 8 bits or complex32: the kernels hold their bits as uint16, uint8 and uint32, and compute in float32.
A float64 result that becomes a 16-bit float first becomes a float32 rounded to odd (the last bit set if anything was cut off), which the second
rounding then treats as if it saw the float64 itself: S. Boldo, G. Melquiond, "Emulation of FMA and correctly rounded
sums: proved algorithms using rounding to odd", IEEE Transactions on Computers 57 (2008).
"""

from __future__ import annotations

from typing import Any

from refimpl.foundation import dtypes
from refimpl.foundation.dtypes import bfloat16, complex32, dtype, float8, float16
from refimpl.foundation.eight_bits import NUMBERS, ROUNDINGS

Array = Any

# What lies in memory: the library's dtype of the same name, but for bool and the floats and complex numbers that it lacks.
STORED = {d: d.name for d in dtypes.all_dtypes} | {
    dtypes.bool_: "bool", bfloat16: "uint16", **dict.fromkeys(float8, "uint8"), complex32: "uint32",
}  # fmt: skip
# What an element is read as.
LOADED = STORED | {bfloat16: "float32", **dict.fromkeys(float8, "float32"), complex32: "complex64"}


def load(xp: Any, stored: Array, d: dtype) -> Array:
    """Elements of dtype ``d`` as numbers: the array itself, or the float32 values of bits, of complex32 in pairs."""
    if LOADED[d] == STORED[d]:
        return stored
    if d is complex32:
        numbers = xp.empty(stored.shape, "complex64")
        numbers.real = stored.astype("uint16").view("float16")
        numbers.imag = (stored >> 16).astype("uint16").view("float16")
        return numbers
    if d is not bfloat16:
        return xp.asarray(NUMBERS[d], "float32")[stored]
    return (stored.astype("uint32") << 16).view("float32")


def convert(xp: Any, values: Array, d: dtype) -> Array:
    """``values`` cast to dtype ``d``, as it is stored (of bfloat16 and the floats of 8 bits: the bits).

    A complex number loses its imaginary part, but is True if either part is not zero. A float becomes an integer by
    truncation; beyond int64 (for uint8 and int64, else beyond int32), and NaN, it is the least one; then modulo 2**bits.
    """
    kind = values.dtype.kind
    if d.category == 0:
        return values if kind == "b" else values != 0
    if kind == "c" and d.category != 3:
        values, kind = values.real, "f"
    if d.category == 1:
        return values.astype(STORED[d]) if kind != "f" else _truncate(xp, values, d).astype(STORED[d], copy=False)
    if d is complex32:
        real, imag = (round_to_16bit(xp, xp.asarray(part), float16).view("uint16").astype("uint32") for part in (values.real, values.imag))
        return real | (imag << 16)
    if d.itemsize == 1:
        return round_to_8bit(xp, values, d)
    if d.itemsize > 2:
        return values.astype(STORED[d], copy=False)
    return round_to_16bit(xp, values, d)


def _truncate(xp: Any, values: Array, d: dtype) -> Array:
    wide = d is dtypes.uint8 or d is dtypes.int64
    limit = 2.0**63 if wide else 2.0**31
    whole = xp.trunc(values)
    inside = (whole >= -limit) & (whole < limit)
    integers = xp.where(inside, whole, 0).astype("int64" if wide else "int32")
    return xp.where(inside, integers, xp.asarray(-int(limit), integers.dtype))


def round_to_16bit(xp: Any, values: Array, d: dtype) -> Array:
    """Real numbers rounded once to float16, or to the bits of bfloat16."""
    if values.dtype.kind != "f":
        # Up to 53 bits are exact in float64; int64 beyond that is rounded to odd.
        values = _odd_float64(xp, values) if values.dtype.itemsize == 8 else values.astype("float64")
    if values.dtype.itemsize == 8:
        values = odd_float32(xp, values)
    if d is not bfloat16:
        return values.astype("float16", copy=False)
    bits = values.astype("float32", copy=False).view("uint32")
    rounded = (bits + (((bits >> 16) & 1) + 0x7FFF).astype("uint32")) >> 16
    return xp.where(xp.isnan(values), 0x7FC0, rounded).astype("uint16")


def round_to_8bit(xp: Any, values: Array, d: dtype) -> Array:
    """The bits of real numbers rounded once to a float of 8 bits, by their places among the bounds between its numbers."""
    rounding = ROUNDINGS[d]
    wide = xp.asarray(values).astype("float64")
    places = xp.searchsorted(xp.asarray(rounding.bounds), wide.ravel()).reshape(wide.shape)
    found = xp.asarray(list(rounding.patterns), "uint8")[xp.where(xp.isnan(wide), 0, places)]
    if not rounding.unsigned_zero:
        found = xp.where((wide == 0) & xp.signbit(wide), 128, found)
    return xp.where(xp.isnan(wide), rounding.nan, found).astype("uint8")


def _odd_float64(xp: Any, values: Array) -> Array:
    coarse = ((values >> 11) | ((values & 0x7FF) != 0)).astype("float64") * 2048.0
    return xp.where((values > 2**53) | (values < -(2**53)), coarse, values.astype("float64"))


def odd_float32(xp: Any, values: Array) -> Array:
    """float64 as float32, rounded to odd; NaN and infinities as they are."""
    single = values.astype("float32")
    bits = single.view("int32")
    back = single.astype("float64")
    odd = (bits - (abs(back) > abs(values)).astype("int32")) | 1
    cut = (back != values) & ~xp.isnan(values)
    return xp.where(cut, odd, bits).view("float32")
