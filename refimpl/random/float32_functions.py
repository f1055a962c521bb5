"""Logarithm, sine and cosine in float32, bit for bit those that torch's normal numbers are made with.

The polynomials are those of Cephes' logf, sinf and cosf (S. L. Moshier, 1992), evaluated in float32 with contracted multiply-adds: each
step below is one rounding. (The product of two float32 is exact in a double; that the sum is rounded to a double before it is rounded to
float32 makes a difference in one step of 10**8.)
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from itertools import repeat
from operator import mul

from .rounding import float32_round

__all__ = ["float_log", "float_sincos"]


def _float_constants(*values: float) -> tuple[float, ...]:
    return tuple(array("f", values))


_LOG = _float_constants(
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
_LN2_LOW, _LN2_HIGH, _SQRT_HALF = _float_constants(-2.12194440e-4, 0.693359375, 0.5**0.5)
_SIN = _float_constants(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS = _float_constants(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_PI_4 = _float_constants(0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8)  # pi/4 in three parts
_4_PI = float32_round(4.0 / math.pi)


def float_log(values: Sequence[float]) -> array[float]:
    """log(x) in float32 for normal x > 0: e log 2 + log(m), with m in [sqrt(1/2), sqrt(2)) and a polynomial in m - 1."""
    parts = list(map(math.frexp, values))
    xs = array("f", [m + m - 1.0 if m < _SQRT_HALF else m - 1.0 for m, _ in parts])
    exponents = [e - 1 if m < _SQRT_HALF else e for m, e in parts]
    squares = array("f", map(mul, xs, xs))
    ys = array("f", repeat(_LOG[0], len(xs)))
    for c in _LOG[1:]:
        ys = array("f", [y * x + c for x, y in zip(xs, ys)])
    ys = array("f", map(mul, ys, xs))
    lows = array("f", map(mul, exponents, repeat(_LN2_LOW)))
    ys = array("f", [y * z + low for y, z, low in zip(ys, squares, lows)])
    ys = array("f", [y - 0.5 * z for y, z in zip(ys, squares)])
    ys = array("f", [x + y for x, y in zip(xs, ys)])
    return array("f", [e * _LN2_HIGH + y for e, y in zip(exponents, ys)])


def float_sincos(angles: array[float]) -> tuple[array[float], array[float]]:
    """sin(x) and cos(x) in float32 for small x >= 0: reduced to [-pi/4, pi/4], where each is a polynomial in x**2."""
    octants = [(int(y) + 1) & ~1 for y in array("f", map(mul, angles, repeat(_4_PI)))]
    xs = angles
    for part in _PI_4:
        xs = array("f", [x - n * part for x, n in zip(xs, octants)])
    squares = array("f", map(mul, xs, xs))
    a, b, c = _COS
    cosines = array("f", [a * z + b for z in squares])
    cosines = array("f", [y * z + c for y, z in zip(cosines, squares)])
    cosines = array("f", map(mul, cosines, squares))
    cosines = array("f", [y * z - 0.5 * z for y, z in zip(cosines, squares)])
    cosines = array("f", [y + 1.0 for y in cosines])
    a, b, c = _SIN
    sines = array("f", [a * z + b for z in squares])
    sines = array("f", [y * z + c for y, z in zip(sines, squares)])
    sines = array("f", map(mul, sines, squares))
    sines = array("f", [y * x + x for x, y in zip(xs, sines)])
    for i, octant in enumerate(octants):
        quadrant = octant & 6
        if quadrant == 2:
            sines[i], cosines[i] = cosines[i], -sines[i]
        elif quadrant == 4:
            sines[i], cosines[i] = -sines[i], -cosines[i]
        elif quadrant == 6:
            sines[i], cosines[i] = -cosines[i], sines[i]
    return sines, cosines
