"""Elements as raw bytes and as Python numbers, and the floating point formats.

Bytes are little-endian, as every backend hands them over. Nothing here needs NumPy or torch.
"""

from __future__ import annotations

import math
import struct
from array import array
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Sequence

from ..cases.case import FLOAT8, ITEMSIZE, KEPT

_CODES = {
    "uint8": "B", "int8": "b", "int16": "h", "int32": "i", "int64": "q", "float32": "f", "float64": "d", "uint16": "H", "uint32": "I", "uint64": "Q",
}  # fmt: skip


@dataclass(frozen=True)
class Format:
    """A binary floating point format: ``precision`` significand bits (with the hidden one), exponents emin..emax; ``flushes``: as it is where
    subnormal numbers become zero, so that what is lost below the normal numbers is as large as the smallest of them.

    ``missing``: so many numbers of the largest exponent are none; ``beyond``: what is beyond the largest number; ``negative_zero``: there is -0."""

    precision: int
    emin: int
    emax: int
    flushes: bool = False
    missing: int = 0
    beyond: float = math.inf
    negative_zero: bool = True

    @property
    def unit_roundoff(self) -> float:
        """u = half the gap between 1 and the next number: the largest relative error of one rounding."""
        return 2.0**-self.precision

    @property
    def largest(self) -> float:
        return (2.0 - (1 + self.missing) * 2.0 ** (1 - self.precision)) * 2.0**self.emax

    @property
    def smallest_subnormal(self) -> float:
        return 2.0**self.emin if self.flushes else 2.0 ** (self.emin - self.precision + 1)

    def ulp(self, x: float) -> float:
        """The gap between the numbers of this format around ``x`` (the smallest subnormal near zero)."""
        x = abs(x)
        if not x < math.inf:
            return 2.0 ** (self.emax - self.precision + 1)
        exponent = math.frexp(x)[1] - 1 if x else self.emin
        exponent = min(max(exponent, self.emin), self.emax)
        return max(2.0 ** (exponent - self.precision + 1), 5e-324)


FORMATS = {
    "float16": Format(11, -14, 15),
    "bfloat16": Format(8, -126, 127),
    "float32": Format(24, -126, 127),
    "float64": Format(53, -1022, 1023),
    # fn: finite, with one NaN of each sign; uz: with one zero, and one NaN in the place of -0
    "float8_e4m3fn": Format(4, -6, 8, missing=1, beyond=448.0),
    "float8_e5m2": Format(3, -14, 15),
    "float8_e4m3fnuz": Format(4, -7, 7, beyond=math.nan, negative_zero=False),
    "float8_e5m2fnuz": Format(3, -15, 15, beyond=math.nan, negative_zero=False),
}
FORMATS["complex32"] = FORMATS["float16"]
FORMATS["complex64"] = FORMATS["float32"]
FORMATS["complex128"] = FORMATS["float64"]
REAL = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}


@lru_cache
def flushing(dtype: str) -> Format:
    """The format of a dtype whose subnormal numbers become zero."""
    return replace(FORMATS[dtype], flushes=True)


def is_float(dtype: str) -> bool:
    """Whether elements of the dtype are floating point numbers, real or complex."""
    return dtype in FORMATS


def decode(data: bytes, dtype: str) -> tuple[Any, ...]:
    """Raw bytes to Python numbers; complex dtypes give their parts in turn (re, im, re, im, ...)."""
    return _few(data, dtype) if len(data) <= 4 * KEPT else _decode(data, dtype)


def _decode(data: bytes, dtype: str) -> tuple[Any, ...]:
    dtype = REAL.get(dtype, dtype)
    if dtype == "bool":
        return tuple([byte != 0 for byte in data])
    if dtype == "float16":
        return struct.unpack(f"<{len(data) // 2}e", data)
    if dtype == "bfloat16":
        widened = b"".join([b"\0\0" + data[i : i + 2] for i in range(0, len(data), 2)])
        return tuple(array("f", widened))
    if dtype in FLOAT8:
        return tuple([_eight_bits(dtype)[byte] for byte in data])
    return tuple(array(_CODES[dtype], data))


@lru_cache
def _eight_bits(dtype: str) -> tuple[float, ...]:
    """The number of each bit pattern of a format of 8 bits: zero, the others in ascending order, what lies beyond them; and their negatives."""
    form = FORMATS[dtype]
    numbers, step = [0.0], form.smallest_subnormal
    while numbers[-1] < form.largest:
        numbers.append(numbers[-1] + form.ulp(numbers[-1] + step / 2))
    if form.beyond == math.inf:
        numbers.append(math.inf)
    numbers += [math.nan] * (128 - len(numbers))
    return (*numbers, -0.0 if form.negative_zero else math.nan, *[-number for number in numbers[1:]])


@lru_cache
def _patterns(dtype: str) -> dict[float, int]:
    """The bit pattern of each number of a format of 8 bits but -0 and NaN."""
    return {number: byte for byte, number in enumerate(_eight_bits(dtype)) if number == number and (number or byte == 0)}


_few = lru_cache(maxsize=2048)(_decode)


def encode(values: Sequence[Any], dtype: str) -> bytes:
    """Python numbers to raw bytes, floats rounded once to nearest even; complex dtypes take complex numbers."""
    if dtype in REAL:
        parts: list[float] = []
        for value in values:
            number = complex(value)
            parts += [number.real, number.imag]
        return encode(parts, REAL[dtype])
    if dtype == "bool":
        return bytes([bool(value) for value in values])
    if dtype in ("float16", "bfloat16"):
        return b"".join([_encode_half(float(value), dtype) for value in values])
    if dtype in ("float32", "float64"):
        return array(_CODES[dtype], [float(value) for value in values]).tobytes()
    if dtype in FLOAT8:
        return bytes([_encode_eight_bits(float(value), dtype) for value in values])
    return b"".join([int(value).to_bytes(ITEMSIZE[dtype], "little", signed=not dtype.startswith("u")) for value in values])


def _encode_half(value: float, dtype: str) -> bytes:
    if dtype == "float16":
        try:
            return struct.pack("<e", value)
        except OverflowError:
            return struct.pack("<e", math.copysign(math.inf, value))
    rounded = round_to(value, "bfloat16")
    return array("f", [rounded]).tobytes()[2:]


def _encode_eight_bits(value: float, dtype: str) -> int:
    rounded = round_to(value, dtype)
    if rounded != rounded:
        return 0x7F if FORMATS[dtype].negative_zero else 0x80
    return 0x80 if rounded == 0.0 and math.copysign(1.0, rounded) < 0.0 else _patterns(dtype)[rounded]


def round_to(value: float, dtype: str) -> float:
    """``value`` rounded to the format of ``dtype``, to nearest, ties to even, overflowing to infinity (or what there is beyond the numbers)."""
    form = FORMATS[dtype]
    if value != value:
        return value
    if value == 0.0:
        return value if form.negative_zero else 0.0
    if math.isinf(value):
        return math.copysign(form.beyond, value)
    ulp = form.ulp(value)
    # Division by a power of two and round() are exact here: |value / ulp| < 2**precision.
    rounded = round(value / ulp) * ulp if ulp > 1e-300 else value
    if abs(rounded) > form.largest:
        return math.copysign(form.beyond, value)
    return rounded if rounded or not form.negative_zero else math.copysign(0.0, value)


def ordinal(value: float, dtype: str) -> int:
    """The number of representable steps from zero to ``value``: neighbours differ by one, -0.0 and 0.0 are equal."""
    if dtype in ("float32", "complex64"):
        bits = struct.unpack("<i", struct.pack("<f", value))[0]
        return bits if bits >= 0 else -(bits & 0x7FFFFFFF)
    if dtype in ("float64", "complex128"):
        bits = struct.unpack("<q", struct.pack("<d", value))[0]
        return bits if bits >= 0 else -(bits & 0x7FFFFFFFFFFFFFFF)
    if dtype in FLOAT8:
        bits = _encode_eight_bits(value, dtype)
        return bits if bits < 0x80 else -(bits & 0x7F)
    bits = int.from_bytes(_encode_half(value, REAL.get(dtype, dtype)), "little")
    return bits if bits < 0x8000 else -(bits & 0x7FFF)


def ulp_distance(a: float, b: float, dtype: str) -> float:
    """How many representable steps lie between ``a`` and ``b``; inf if exactly one of them is NaN, 0 if both are.

    Infinity is one step beyond the largest finite number, so that an overflow at the very edge is one ulp and not an abyss.
    """
    if a != a or b != b:
        return 0.0 if (a != a and b != b) else math.inf
    return float(abs(ordinal(a, dtype) - ordinal(b, dtype)))
