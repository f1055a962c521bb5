"""Numbers of the standard gamma distribution."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..foundation.dtypes import dtype, finfo, float32, float64
from .generator import Generator
from .normal import normal_serial
from .rounding import float32_round
from .uniform import unit_doubles

_THIRD, _SQUEEZE = float32_round(1.0 / 3.0), float32_round(0.0331)  # torch has them in float32


def standard_gamma(count: int, result: dtype, generator: Generator, shapes: Sequence[float]) -> list[float]:
    """One number for each shape parameter, from double normals and uniforms: Marsaglia and Tsang's squeeze [1]. A shape below 1 is raised by 1, and
    the number multiplied by ``u**(1/shape)``. No number is less than the least normal number of the dtype; negative shapes and NaN give that one.

    [1] G. Marsaglia, W. W. Tsang: A simple method for generating gamma variables, ACM TOMS 26 (2000).
    """
    least = finfo(result).tiny
    rounded = float32_round if result is float32 else float
    return [max(least, _one(shape, rounded, generator)) for shape in shapes]


def _one(shape: float, rounded: Callable[[float], float], generator: Generator) -> float:
    scale = 1.0
    if shape < 1.0:
        if shape == 0.0:
            return 0.0
        (u,) = unit_doubles(generator, 1)
        scale = _power(1.0 - u, rounded(1.0 / shape))
        shape = rounded(shape + 1.0)
    d = rounded(shape - _THIRD)
    c = 1.0 / math.sqrt(9.0 * d) if d > 0.0 else math.nan
    while True:
        (x,) = normal_serial(1, float64, generator, 0.0, 1.0)
        y = 1.0 + c * x
        if y <= 0.0:
            continue
        v = y * y * y
        (u,) = unit_doubles(generator, 1)
        u, square = 1.0 - u, x * x
        if u < 1.0 - _SQUEEZE * square * square or math.log(u) < 0.5 * square + d * (1.0 - v + math.log(v)):
            return scale * d * v


def _power(x: float, y: float) -> float:
    try:
        return math.pow(x, y)
    except OverflowError:
        return math.inf
