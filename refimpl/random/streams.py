"""The random streams: for one seed, the numbers that torch draws on the CPU, bit for bit.

A distribution is a rule that turns the 32-bit draws of a :class:`~refimpl.random.generator.Generator` into numbers, told at
each function of this module. Where torch's compiler contracts ``x * y + z``, the product is not rounded. This shows in
the last bit, so that it is part of the stream: see :func:`fma`.

On Intel processors torch hands ``bernoulli_(p)`` with a number ``p`` (and so dropout) and ``exponential_`` to another
generator, that of MKL; these streams are not reproduced, the portable ones are.
"""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Callable, Sequence
from itertools import repeat
from operator import mul
from typing import Any

from ..foundation.dtypes import bfloat16, bool_, complex64, dtype, float16, float32, float64, int8, int16, int32, int64, uint8
from ..foundation.kernels import View
from ..foundation.layout import is_contiguous, iteration_order
from .generator import Generator, default_generator


# -- rounding --------------------------------------------------------------------------------------
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


def _round_to(values: array[float], result: dtype) -> array[float]:
    """float32 values rounded to float16 or bfloat16."""
    if result is float16:
        code = f"{len(values)}e"
        return array("f", struct.unpack(code, struct.pack(code, *values)))
    bits = array("I", values.tobytes())
    return array("f", array("I", [(b + 0x7FFF + (b >> 16 & 1)) & 0xFFFF0000 for b in bits]).tobytes())


def _as(result: dtype, doubles: Any) -> array[float]:
    """Doubles as the sampled dtype; the 16-bit dtypes go through float32, as torch's casts from double do."""
    return array("d" if result is float64 else "f", doubles)


# -- uniform ---------------------------------------------------------------------------------------
_LOW_24 = b"\xff\xff\xff\x00"
_LOW_53 = b"\xff\xff\x1f\x00\xff\xff\xff\xff"  # of a pair as drawn, the high word first


def _unit_doubles(generator: Generator, count: int) -> Any:
    """Doubles in [0, 1): the low 53 bits of a 64-bit draw."""
    return map(mul, generator.long_draws(count, _LOW_53), repeat(2.0**-53))


def _unit_floats(generator: Generator, count: int) -> array[float]:
    """float32 in [0, 1): the low 24 bits of a 32-bit draw."""
    return array("f", map(mul, generator.draws(count, _LOW_24), repeat(2.0**-24)))


def uniform(count: int, result: dtype, generator: Generator, start: float, end: float) -> array[float]:
    """Numbers u * (end - start) + start, with u in [0, 1) of 53 bits for float64 and of 24 bits else.

    float16 and bfloat16 round the float32 result; one that becomes ``end`` by that becomes ``start``.
    """
    start, end = float(start), float(end)
    if result is float64:
        units = _unit_doubles(generator, count)
        if start == 0 and end == 1:
            return array("d", units)
        span = end - start
        return array("d", [fma(u, span, start) for u in units])
    if start == 0 and end == 1:
        values = _unit_floats(generator, count)
    else:
        start, end = float32_round(start), float32_round(end)
        span = float32_round(end - start)
        values = array("f", [u * span + start for u in _unit_floats(generator, count)])  # a product of float32 is exact
    if result is float32 or not values:
        return values
    low, high = _round_to(array("f", (start, end)), result)
    return array("f", [low if x == high else x for x in _round_to(values, result)])


# -- normal ----------------------------------------------------------------------------------------
def normal(count: int, result: dtype, generator: Generator, mean: float, std: float) -> array[float]:
    """Normal numbers for a contiguous tensor: one by one below 16 elements, in blocks of 16 from there on."""
    if count < 16:
        return normal_serial(count, result, generator, mean, std)
    if result is float64:
        blocks = _normal_blocks_double
    else:
        blocks = _normal_blocks_float  # float16 and bfloat16 round these
    rest = count % 16
    values = blocks(generator, count - rest, mean, std)
    if rest:
        # The last 16 numbers are drawn anew, after uniforms for the incomplete block, which only the 16-bit dtypes save.
        if result is float64:
            generator.long_draws(rest)
        elif result is float32:
            generator.draws(rest)
        del values[count - 16 :]
        values.extend(blocks(generator, 16, mean, std))
    return values


def normal_serial(count: int, result: dtype, generator: Generator, mean: float, std: float) -> array[float]:
    """Normal numbers by Box-Muller, in doubles whatever the dtype: the rule below 16 elements and for tensors with gaps.

    A pair of uniforms (a, r) gives the angle 2 pi a and the radius sqrt(-2 log(1-r)). The cosine is given out first; the
    sine is kept in the generator for the next call, over any number of larger ones, until the generator is seeded.
    """
    normals = []
    if count and generator.kept_normal is not None:
        normals.append(generator.kept_normal)
        generator.kept_normal = None
    units = _unit_doubles(generator, 2 * ((count - len(normals) + 1) // 2))
    for a, r in zip(units, units):
        radius = math.sqrt(-2.0 * math.log1p(-r))
        angle = 2.0 * math.pi * a
        normals.append(radius * math.cos(angle))
        normals.append(radius * math.sin(angle))
    if len(normals) > count:
        generator.kept_normal = normals.pop()
    return _as(result, [fma(x, std, mean) for x in normals])


def _normal_blocks_double(generator: Generator, count: int, mean: float, std: float) -> array[float]:
    """In each block of 16 uniforms, number j < 8 gives a radius and number j + 8 the angle: the cosine lands at j, the sine at j + 8."""
    units = array("d", _unit_doubles(generator, count))
    for j in range(0, count, 16):
        for i in range(j, j + 8):
            radius = math.sqrt(-2.0 * math.log(1.0 - units[i]))
            angle = 2.0 * math.pi * units[i + 8]
            units[i] = fma(radius * math.cos(angle), std, mean)
            units[i + 8] = fma(radius * math.sin(angle), std, mean)
    return units


def _normal_blocks_float(generator: Generator, count: int, mean: float, std: float) -> array[float]:
    """The same in float32 steps, with the logarithm, sine and cosine of :func:`float_log` and :func:`float_sincos`."""
    mean, std = float32_round(mean), float32_round(std)
    units = _unit_floats(generator, count)
    chunk = 1 << 13  # keeps the steps' arrays in the cache
    for begin in range(0, count, chunk):
        part = units[begin : begin + chunk]
        radii = array("f")
        angles = array("f")
        for j in range(8):
            radii.extend(part[j::16])
            angles.extend(part[j + 8 :: 16])
        radii = array("f", [math.sqrt(-2.0 * x) for x in float_log([1.0 - u for u in radii])])
        turn = float32_round(2.0 * math.pi)
        sines, cosines = float_sincos(array("f", [turn * u for u in angles]))
        for parts, first in ((cosines, 0), (sines, 8)):
            products = array("f", map(mul, radii, parts))
            results = array("f", [x * std + mean for x in products])
            size = len(part) // 16
            for j in range(8):
                part[first + j :: 16] = results[j * size : (j + 1) * size]
        units[begin : begin + chunk] = part
    return units


# The polynomials of Cephes' logf, sinf and cosf (S. L. Moshier, 1992), evaluated in float32 with contracted multiply-adds: each
# step below is one rounding. (The product of two float32 is exact in a double; that the sum is rounded to a double
# before it is rounded to float32 makes a difference in one step of 10**8.)
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


# -- integers --------------------------------------------------------------------------------------
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
    return _integers_as(result, values)


_SIGNIFICAND_BITS = {float16: 11, bfloat16: 8, float32: 24, float64: 53}


def _float_bounds(result: dtype, low: int, high: int) -> tuple[int, int]:
    """The bounds of :func:`randint` for a float dtype: where low + 1 rounds to less than ``low``, or high - 1 to ``high`` or more,
    the bound becomes the neighbour, on the inner side, of that rounded value.

    (Where the rounding leaves the 64-bit integers, it ends at -2**63, as the processor has it; ``high`` then stays.)
    """
    bits = _SIGNIFICAND_BITS[result]

    def rounded(value: int) -> int:
        values = _as(result, _integers_as(result, [value]))
        nearest = (values if bits > 11 else _round_to(values, result))[0]
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
    return _integers_as(result, [draw % modulus for draw in draws])


def _integers_as(result: dtype, values: list[int]) -> Sequence[Any]:
    """64-bit integers cast to the dtype, which rounds them once; to the 16-bit dtypes by way of float32."""
    if result is bool_:
        return [v != 0 for v in values]
    if result.category == 1:
        return values
    if result is not float64:
        # Beyond 2**53 the way through a double would round twice: bits that cannot matter collapse into one.
        values = [v if -(1 << 53) <= v <= 1 << 53 else v & ~0x7FF | bool(v & 0x7FF) << 10 for v in values]
    return _as(result, values)


def randperm(count: int, result: dtype, generator: Generator) -> Sequence[Any]:
    """A permutation of range(count) by exchanges: element i with element i + draw % (count - i), for i below count - 1."""
    values = list(range(count))
    if count < 2:
        return _integers_as(result, values)
    draws = generator.draws(count - 1) if count < 0xFFFFFFFF // 20 else generator.long_draws(count - 1)
    for i, draw in enumerate(draws):
        j = i + draw % (count - i)
        values[i], values[j] = values[j], values[i]
    return _integers_as(result, values)


# -- other distributions ---------------------------------------------------------------------------
def bernoulli(count: int, result: dtype, generator: Generator, p: float) -> list[int]:
    """1 where a double uniform is less than ``p``, else 0, whatever the dtype."""
    return [1 if u < p else 0 for u in _unit_doubles(generator, count)]


def bernoulli_tensor(count: int, result: dtype, generator: Generator, p: Sequence[float], p_dtype: dtype = float32) -> list[int]:
    """The same with a probability for each element; the uniforms are float32 unless the probabilities are float64."""
    units = _unit_doubles(generator, count) if p_dtype is float64 else _unit_floats(generator, count)
    return [1 if u < limit else 0 for u, limit in zip(units, p)]


def exponential(count: int, result: dtype, generator: Generator, lambd: float) -> array[float]:
    """-log(1 - u) / lambd from double uniforms."""
    scale = -1.0 / lambd
    return _as(result, [scale * math.log1p(-u) for u in _unit_doubles(generator, count)])


def geometric(count: int, result: dtype, generator: Generator, p: float) -> Sequence[Any]:
    """The number of the first success of trials with probability ``p``: ceil(log(u) / log(1 - p)) from double uniforms."""
    scale = math.log1p(-p)
    return [math.ceil(math.log(u) / scale) for u in _unit_doubles(generator, count)]


def cauchy(count: int, result: dtype, generator: Generator, median: float, sigma: float) -> array[float]:
    """median + sigma tan(pi (u - 1/2)) from double uniforms."""
    return _as(result, [fma(sigma, math.tan(math.pi * (u - 0.5)), median) for u in _unit_doubles(generator, count)])


def log_normal(count: int, result: dtype, generator: Generator, mean: float, std: float) -> array[float]:
    """exp of serial normals, which are doubles whatever the dtype."""
    return _as(result, [math.exp(x) if x < 709.0 else _large_exp(x) for x in normal_serial(count, float64, generator, mean, std)])


def _large_exp(x: float) -> float:
    """exp, infinite where it leaves binary64."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def poisson(count: int, result: dtype, generator: Generator, rates: Sequence[float]) -> list[int]:
    """One number for each rate, from double uniforms: rates below 10 by products of uniforms [2], others by transformed rejection [3].

    [2] D. E. Knuth: The Art of Computer Programming, volume 2, section 3.4.1. [3] W. Hoermann: The transformed rejection
    method for generating Poisson random variables, Insurance: Mathematics and Economics 12 (1993).
    """
    return [_poisson_of(rate, generator) for rate in rates]


def _poisson_of(rate: float, generator: Generator) -> int:
    if rate == 0:
        return 0
    if rate < 10:
        least, k = math.exp(-rate), 0
        (product,) = _unit_doubles(generator, 1)
        while product > least:
            k += 1
            product *= next(_unit_doubles(generator, 1))
        return k
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    quick = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = _unit_doubles(generator, 2)
        u -= 0.5
        distance = 0.5 - abs(u)
        if distance == 0.0:
            continue
        k = math.floor((2 * a / distance + b) * u + rate + 0.43)
        if distance >= 0.07 and v <= quick:
            return k
        if k < 0 or distance < 0.013 and v > distance or not v:
            continue
        if math.log(v) + math.log(inverse_alpha) - math.log(a / distance**2 + b) <= k * math.log(rate) - rate - math.lgamma(k + 1):
            return k


_distributions: dict[str, Callable[..., Sequence[Any]]] = {
    "uniform": uniform,
    "normal": normal,
    "normal_serial": normal_serial,
    "randint": randint,
    "random": random,
    "randperm": randperm,
    "bernoulli": bernoulli,
    "bernoulli_tensor": bernoulli_tensor,
    "exponential": exponential,
    "geometric": geometric,
    "cauchy": cauchy,
    "log_normal": log_normal,
    "poisson": poisson,
}


def sample(name: str, numel: int, dtype: dtype, generator: Generator | None, *parameters: Any) -> Sequence[Any]:
    """``numel`` numbers of the distribution ``name``, drawn from ``generator`` (None: the default one), in the order of the stream.

    They are numbers of ``dtype``, except that those for float16 and bfloat16 may still have to be rounded. Complex
    dtypes (``uniform``, ``normal``) draw real and imaginary part in turn; each part of a complex normal has the
    standard deviation std / sqrt(2). A tensor that is not contiguous takes ``normal_serial`` instead of ``normal``.
    """
    if generator is None:
        generator = default_generator
    if dtype.is_complex:
        real = float32 if dtype is complex64 else float64
        if name in ("normal", "normal_serial"):
            mean, std = parameters
            parameters = (mean, std / math.sqrt(2.0))
        parts = iter(_distributions[name](2 * numel, real, generator, *parameters))
        return [complex(a, b) for a, b in zip(parts, parts)]
    return _distributions[name](numel, dtype, generator, *parameters)


def stream_rule(name: str, out: View, *operands: View) -> tuple[str, list[View]]:
    """How the stream of distribution ``name`` fills ``out``: the name for :func:`sample`, and the views in the order of the stream.

    The numbers go to the elements as they lie in memory, the dimension of the least stride fastest: the views come back
    with their dimensions permuted so that this is their row-major order. ``operands`` have the shape of ``out`` (a tensor of
    probabilities, for example). Normal numbers for a tensor that is not contiguous are drawn one by one.
    """
    views = [out, *operands]
    if name == "normal" and not is_contiguous(out.shape, out.strides):
        name = "normal_serial"
    order = iteration_order(out.shape, [view.strides for view in views])[::-1]
    return name, [
        View(view.storage, view.offset, tuple(view.shape[d] for d in order), tuple(view.strides[d] for d in order), view.dtype)
        for view in views
    ]
