"""Normal numbers, by Box and Muller's method."""

from __future__ import annotations

import math
from array import array
from operator import mul

from ..foundation.dtypes import dtype, float32, float64
from .float32_functions import float_log, float_sincos
from .generator import Generator
from .rounding import float32_round, fma, numbers_as
from .uniform import unit_doubles, unit_floats

__all__ = ["normal", "normal_serial"]


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
    units = unit_doubles(generator, 2 * ((count - len(normals) + 1) // 2))
    for a, r in zip(units, units):
        radius = math.sqrt(-2.0 * math.log1p(-r))
        angle = 2.0 * math.pi * a
        normals.append(radius * math.cos(angle))
        normals.append(radius * math.sin(angle))
    if len(normals) > count:
        generator.kept_normal = normals.pop()
    return numbers_as(result, [fma(x, std, mean) for x in normals])


def _normal_blocks_double(generator: Generator, count: int, mean: float, std: float) -> array[float]:
    """In each block of 16 uniforms, number j < 8 gives a radius and number j + 8 the angle: the cosine lands at j, the sine at j + 8."""
    units = array("d", unit_doubles(generator, count))
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
    units = unit_floats(generator, count)
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
