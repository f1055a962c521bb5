"""The values that are drawn: one table of 256 values for each dtype, mode and salt, indexed by a drawn byte.

A tensor's elements are drawn as one blob of bytes, which is fast and shrinks well: byte 0 is the simplest value (0),
then come 1, 2, -1, ... Mode *ordinary* holds moderate numbers only, *special* adds signed zeros, infinities, NaN, subnormals and
extremes, *ties* holds values that are equal, halfway, or one step apart. *moved* is for operations that compute nothing: ordinary numbers, some of
them beyond the range of a dtype of fewer exponents, which a kernel that passes through it does not bring back.
"""

from __future__ import annotations

import math
import random
from functools import lru_cache

from ..accuracy.number_formats import FORMATS, REAL, decode, encode, round_to
from ..cases.case import EVERY_INTEGER, ITEMSIZE

MOVED = "moved"
MODES = ("ordinary", "special", "ties")
VALUE_CLASSES = ("nan", "inf", "negative zero", "subnormal", "extreme")

INTEGER_LIMITS = {
    "uint8": (0, 255), "int8": (-128, 127), "int16": (-32768, 32767),
    "int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1),
    "uint16": (0, 65535), "uint32": (0, 2**32 - 1), "uint64": (0, 2**64 - 1),
}  # fmt: skip

_SIMPLE = (0.0, 1.0, 2.0, -1.0, 3.0, 0.5, -2.0, -0.5, 4.0, 1.5, -3.0, 2.5, 10.0, 0.25, -1.5, -2.5)


def special_floats(dtype: str) -> list[float]:
    """Signed zeros, infinities, NaN, subnormals, extremes, and neighbours of one, for a real float dtype."""
    form = FORMATS[dtype]
    eps = 2.0 ** (1 - form.precision)
    small, tiny, big = form.smallest_subnormal, 2.0**form.emin, form.largest
    positive = [
        0.0, small, 3 * small, tiny - small, tiny, tiny * (1 + eps), big, big * (1 - eps), big / 2, float("inf"),
        1.0 + eps, 1.0 - eps / 2, eps, 2.0**form.precision, 2.0 ** (form.precision - 1) - 0.5, big**0.5, tiny**0.5,
    ]  # fmt: skip
    values = [float("nan")] * 4 + [-0.0] * 3 + [float("inf"), float("-inf")]
    for value in positive:
        values += [value, -value]
    return [round_to(value, dtype) if abs(value) < float("inf") else value for value in values]


def _ordinary(generator: random.Random, dtype: str) -> float:
    kind = generator.random()
    if kind < 0.6:
        value = _rounded_down(generator.uniform(-4.0, 4.0), dtype)
    elif kind < 0.8:
        value = generator.choice((-1.0, 1.0)) * 2.0 ** generator.uniform(-9.0, 5.0)
    elif kind < 0.9:
        value = generator.uniform(-30.0, 30.0)
    else:
        value = float(generator.randint(-9, 9))
    return round_to(value, dtype)


def _rounded_down(value: float, dtype: str) -> float:
    """The number, with such bits that each narrower dtype rounds it towards zero: what many of them lose is not evened out in their sum."""
    mantissa, exponent = math.frexp(round_to(value, dtype))
    bits = int(abs(mantissa) * 2**53)
    for precision in (8, 11, 24):  # of bfloat16, float16, float32
        if precision + 2 <= FORMATS[dtype].precision:
            bits = bits & ~(1 << 52 - precision) | 1 << 51 - precision
    return math.ldexp(math.copysign(bits / 2**53, value), exponent)


def _float_table(dtype: str, mode: str, salt: int) -> list[float]:
    generator = random.Random(f"{dtype} {salt}")
    table = list(_SIMPLE)
    if mode == "special":
        specials = special_floats(dtype)
        table += specials * 3
    elif mode == "ties":
        table += [0.0, -0.0, 1.0, 1.0, -1.0, 0.5, 1.5, 2.5, -0.5, -1.5, 3.5, 2.0**-3] * 8
        table += [round_to(1.0 + k * 2.0 ** (1 - FORMATS[dtype].precision), dtype) for k in range(8)]
    while len(table) < 256:
        table.append(_ordinary(generator, dtype))
    return _ranging(table[:256], dtype) if mode == MOVED else table[:256]


def _ranging(values: list[float], dtype: str) -> list[float]:
    """The numbers, every fourth one multiplied by a large or a small power of two, if the dtype has a wide range."""
    least = FORMATS[dtype].emin
    if least > -100:
        return values
    factors = (2.0 ** (-3 * least // 4), 2.0 ** (3 * least // 4))
    return [round_to(value * factors[i // 4 % 2], dtype) if i % 4 == 3 else value for i, value in enumerate(values)]


def _integer_table(dtype: str, mode: str, salt: int) -> list[int]:
    generator = random.Random(f"{dtype} {salt}")
    low, high = INTEGER_LIMITS[dtype]
    table = [max(low, value) for value in (0, 1, 2, -1, 3, -2, 4, 5, 6, 7, 8, -3, 10, 13, 16, -8)]
    if mode == "special":
        edges = [low, low + 1, high, high - 1, high // 2, high // 2 + 1, -1 if low else 128, 0, 31, 63, 64, 8]
        table += [max(low, min(high, edge)) for edge in edges] * 8
    elif mode == "ties":
        table += [max(low, value) for value in (0, 1, 1, 2, 2, -1, -2, 3)] * 24
    while len(table) < 256:
        if generator.random() < 0.7:
            table.append(generator.randint(max(low, -20), min(high, 20)))
        else:
            table.append(generator.randint(max(low, -(2**40)), min(high, 2**40)))
    return table[:256]


@lru_cache(maxsize=1024)
def table(dtype: str, mode: str, salt: int) -> tuple[bytes, ...]:
    """The 256 encoded elements of a dtype that the drawn bytes index."""
    size = ITEMSIZE[dtype]
    if dtype == "bool":
        return tuple([bytes([i & 1]) for i in range(256)])
    if dtype in EVERY_INTEGER:
        data = encode(_integer_table(dtype, mode, salt), dtype)
    elif dtype in REAL:
        parts = _float_table(REAL[dtype], mode, salt)
        mixed = list(parts[16:])
        random.Random(f"pairs {salt}").shuffle(mixed)
        simple = [complex(a, b) for a, b in zip(_SIMPLE, (0, 0, 1, 0, -1, 2, 0.5, 1, 1, -1, 2, 0, 3, -0.5, 0, 1), strict=True)]
        data = encode(simple + [complex(a, b) for a, b in zip(parts[16:], mixed, strict=True)], dtype)
    else:
        data = encode(_float_table(dtype, mode, salt), dtype)
    return tuple([data[i * size : (i + 1) * size] for i in range(256)])


def example_of(kind: str | None, dtype: str) -> bytes | None:
    """An element of a value class; None where the dtype has no such value."""
    if dtype in EVERY_INTEGER:
        return encode([INTEGER_LIMITS[dtype][1]], dtype) if kind == "extreme" else None
    if dtype == "bool":
        return None
    form = FORMATS[dtype]
    value = {
        "nan": float("nan"), "inf": float("inf"), "negative zero": -0.0, "extreme": form.largest,
        "subnormal": form.smallest_subnormal * (5 << form.precision - 4),  # 5/8 of the smallest normal number
    }[str(kind)]  # fmt: skip
    return encode([value], dtype)


def poison(dtype: str) -> bytes:
    """What gaps between strides hold: a NaN with a payload nobody computes, or an unlikely integer."""
    return {
        "bool": b"\1", "uint8": b"\xa5", "int8": b"\xa5", "int16": b"\xa5\x5a", "int32": b"\xa5\x5a\xc3\x3c",
        "int64": b"\xa5\x5a\xc3\x3c\x5a\xa5\x3c\xc3", "float16": b"\xa5\x7e", "bfloat16": b"\xa5\x7f", "float32": b"\xa5\x5a\xc5\x7f",
        "float64": b"\xa5\x5a\xc3\x3c\x5a\xa5\xf9\x7f", "complex64": b"\xa5\x5a\xc5\x7f\xa6\x5a\xc5\xff",
        "uint16": b"\xa5\x5a", "uint32": b"\xa5\x5a\xc3\x3c", "uint64": b"\xa5\x5a\xc3\x3c\x5a\xa5\x3c\xc3",
        "float8_e4m3fn": b"\xff", "float8_e5m2": b"\xfd", "float8_e4m3fnuz": b"\x80", "float8_e5m2fnuz": b"\x80",
        "complex32": b"\xa5\x7e\xa6\xfe", "complex128": b"\xa5\x5a\xc3\x3c\x5a\xa5\xf9\x7f\xa6\x5a\xc3\x3c\x5a\xa5\xf9\xff",
    }[dtype]  # fmt: skip


def value_labels(data: list[bytes], dtype: str) -> set[str]:
    """The value classes that occur among the elements: nan, inf, negative zero, subnormal, extreme."""
    return {label for element in set(data) for label in _labels(element, dtype)}


@lru_cache(1 << 14)
def _labels(element: bytes, dtype: str) -> frozenset[str]:
    if dtype in EVERY_INTEGER:
        return frozenset(["extreme"] if element in [encode([limit], dtype) for limit in INTEGER_LIMITS[dtype]] else [])
    return frozenset() if dtype == "bool" else frozenset([_label(part, dtype) for part in decode(element, dtype)]) - {""}


def _label(value: float, dtype: str) -> str:
    form = FORMATS[dtype]
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf"
    if value == 0.0:
        return "negative zero" if math.copysign(1.0, value) < 0 else ""
    if abs(value) < 2.0**form.emin:
        return "subnormal"
    return "extreme" if abs(value) >= form.largest / 2 else ""
