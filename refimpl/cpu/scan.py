"""Running sums and products along one dimension."""

from __future__ import annotations

from itertools import accumulate, chain, repeat
from math import fabs, frexp, inf, isfinite
from operator import add, mul, truediv
from typing import Any, Callable, Sequence

from ..foundation.dtypes import dtype, float64
from ..foundation.kernels import View
from .buffers import encode, write
from .exact import DIGITS, has_non_finite, quotient, scaled_integer, settle_fractions
from .reduce import interleave, reader_as, scale

__all__ = ["scan"]


def scan(name: str, out: View, input: View, dim: int) -> None:
    """Running ``cumsum``/``cumprod`` along ``dim``; each cumsum element is the exact sum of its prefix, rounded once.

    Products are rounded to binary64 at each step and to the dtype at the end, and do not overflow on the way.
    Integers are taken modulo 2**bits.
    """
    target = out.dtype
    step = out.shape[dim] if out.shape else 1
    data = reader_as(input.dtype, target)(_first(input, dim))
    if len(data) == 0:
        return
    running = _running_sums if name == "cumsum" else _running_products
    if not target.is_complex:
        lanes = len(data) // step
        result = encode(target, running(target, data, lanes))
    elif name == "cumsum":
        lanes = len(data) // 2 // step
        result = interleave(target, *[_running_sums(target.real, data[part::2], lanes) for part in (0, 1)])
    else:
        lanes = len(data) // 2 // step
        # Every product begins with 1, which turns infinite parts into NaN.
        factors = [z * (1 + 0j) for z in map(complex, data[::2], data[1::2])]
        result = encode(target, running_along(factors, lanes, mul))
    write(_first(out, dim), result)


def _first(view: View, dim: int) -> View:
    """The view with ``dim`` moved to the front."""
    order = sorted(range(len(view.shape)), key=lambda d: d != dim)
    return View(view.storage, view.offset, tuple(view.shape[d] for d in order), tuple(view.strides[d] for d in order), view.dtype)


def running_along(values: Sequence[Any], lanes: int, operator: Callable[[Any, Any], Any]) -> list[Any]:
    """Accumulate ``lanes`` lanes that stand beside each other in ``values``: the first elements of all, the second ones..."""
    if lanes == 1:
        return list(accumulate(values, operator))
    if lanes < 8:
        return list(chain.from_iterable(zip(*[accumulate(values[i::lanes], operator) for i in range(lanes)])))
    rows = [values[i : i + lanes] for i in range(0, len(values), lanes)]
    return list(chain.from_iterable(accumulate(rows, lambda total, row: list(map(operator, total, row)))))


# -- sums --------------------------------------------------------------------------------------------------------


def _running_sums(target: dtype, values: Sequence[Any], lanes: int) -> list[Any]:
    if not target.is_floating_point:
        return running_along(values, lanes, add)
    # Every sum begins with 0.0: that of -0.0 alone is 0.0.
    values = [*[x + 0.0 for x in values[:lanes]], *values[lanes:]]
    if not has_non_finite(values):
        return _exact_running_sums(target, values, lanes)
    # From the first infinity or NaN on, only these count.
    special = running_along([0.0 if isfinite(x) else x for x in values], lanes, add)
    sums = _exact_running_sums(target, [x if isfinite(x) else 0.0 for x in values], lanes)
    return [s or x for s, x in zip(special, sums)]


def _exact_running_sums(target: dtype, values: Sequence[float], lanes: int) -> list[float]:
    """Running sums of finite numbers: binary64 addition where that is exact, else integers."""
    magnitudes = list(map(fabs, values))
    # All numbers are multiples of 2**-bits, the last place of the smallest one.
    bits = DIGITS[target] - frexp(min(filter(None, magnitudes), default=1.0))[1]
    if target is not float64:
        sums = running_along(values, lanes, add)
        if max(sums) < 2.0 ** (53 - bits) and min(sums) > -(2.0 ** (53 - bits)):
            return sums
    bits = max(bits, 0)
    if bits < 1000 and frexp(max(magnitudes))[1] + bits < 1024:
        integers = list(map(int, map(mul, values, repeat(2.0**bits))))
    else:
        bits, integers = 1074, list(map(scaled_integer, values))
    totals, unit = running_along(integers, lanes, add), 1 << bits
    try:
        sums = list(map(truediv, totals, repeat(unit)))
    except OverflowError:
        sums = list(map(quotient, totals, repeat(unit)))
    return settle_fractions(target, sums, totals, bits)


# -- products ----------------------------------------------------------------------------------------------------


def _running_products(target: dtype, values: Sequence[Any], lanes: int) -> list[Any]:
    if not target.is_floating_point:
        return running_along(values, lanes, lambda x, y: x * y & 0xFFFFFFFFFFFFFFFF)
    products = running_along(values, lanes, mul)
    magnitudes = list(map(fabs, products))
    if min(magnitudes) >= 2.0**-1022 and max(magnitudes) < inf:
        return products
    return [scale(x, exponent) for x, exponent in running_along(list(map(frexp, values)), lanes, _multiply)]


def _multiply(a: tuple[float, int], b: tuple[float, int]) -> tuple[float, int]:
    """The product of two numbers with their exponents apart."""
    x, exponent = frexp(a[0] * b[0])
    return x, exponent + a[1] + b[1]
