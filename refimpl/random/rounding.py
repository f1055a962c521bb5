"""Roundings of the random streams: one for a product and a sum, and those of the sampled dtypes."""

from __future__ import annotations

import math
import struct
from array import array
from typing import Any

from ..foundation.dtypes import dtype, float16, float64

__all__ = ["float32_round", "fma", "numbers_as", "round_to"]


def fma(x: float, y: float, z: float) -> float:
    """x * y + z, rounded once (as long as the product neither overflows nor loses bits to underflow).

    The product's error is another double (Veltkamp, Dekker), and fsum rounds the sum of the three exactly once.
    """
    p = x * y
    if p - p != 0.0:  # infinite or NaN
        return p + z
    c = 134217729.0 * x
    x_high = c - (c - x)
    x_low = x - x_high
    c = 134217729.0 * y
    y_high = c - (c - y)
    y_low = y - y_high
    error = ((x_high * y_high - p) + x_high * y_low + x_low * y_high) + x_low * y_low
    return math.fsum((p, error, z))


def float32_round(x: float) -> float:
    return array("f", (x,))[0]


def round_to(values: array[float], result: dtype) -> array[float]:
    """float32 values rounded to float16 or bfloat16."""
    if result is float16:
        code = f"{len(values)}e"
        return array("f", struct.unpack(code, struct.pack(code, *values)))
    bits = array("I", values.tobytes())
    return array("f", array("I", [(b + 0x7FFF + (b >> 16 & 1)) & 0xFFFF0000 for b in bits]).tobytes())


def numbers_as(result: dtype, doubles: Any) -> array[float]:
    """Doubles as the sampled dtype; the 16-bit dtypes go through float32, as torch's casts from double do."""
    return array("d" if result is float64 else "f", doubles)
