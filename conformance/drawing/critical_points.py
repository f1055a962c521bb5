"""Critical points: the numbers at which kernels go wrong, each kind a function of the dtype.

A row of the catalogue names the kinds that its operation needs beside those of its category, ``critical="poles(0, -1) tails"``, for each operand in
turn if there are several (``critical=("kinks(1)", "at(0.5, 2)")``). A kind gives the points that exist in a dtype: :data:`REAL_KINDS` those of real
numbers, which are the parts of complex ones (:func:`complex_points`). Integers have the same points for every operation: their limits, what
overflows when it is multiplied, odd numbers beyond the precision of a float.
"""

from __future__ import annotations

import math
import re
import struct
from functools import lru_cache
from itertools import product
from typing import Any, Callable, Sequence

from ..accuracy.number_formats import FORMATS, REAL, round_to
from ..cases.case import COMPLEX, EVERY_INTEGER
from .values import INTEGER_LIMITS

CRITICAL = "critical"
NEGATIVE_NAN = struct.unpack("<d", bytes.fromhex("000000a0a5a5fcff"))[0]  # with the sign set, and a payload that float32 keeps
_INF = math.inf


# -- neighbours ------------------------------------------------------------------------------------


def step(x: float, dtype: str, upwards: bool) -> float:
    """The next number of a real float dtype; of a zero the smallest subnormal number."""
    form = FORMATS[dtype]
    if x != x or math.isinf(x):
        return x
    if x == 0.0:
        return form.smallest_subnormal if upwards else -form.smallest_subnormal
    ulp = form.ulp(x)
    away = upwards == (x > 0)
    if not away and math.frexp(x)[0] in (0.5, -0.5) and abs(x) > 2.0**form.emin:
        ulp /= 2  # below a power of two the numbers are twice as dense
    moved = x + ulp if upwards else x - ulp
    return math.copysign(_INF, moved) if abs(moved) > form.largest else moved


def around(values: Sequence[float], dtype: str) -> list[float]:
    """Each value, rounded to the dtype, with the number before it and the one behind it."""
    found: list[float] = []
    for value in values:
        x = round_to(float(value), dtype)
        found += [x, step(x, dtype, False), step(x, dtype, True)]
    return found


def _both_signs(values: Sequence[float]) -> list[float]:
    return [sign * value for value in values for sign in (1.0, -1.0)]


# -- real kinds --------------------------------------------------------------------------------------


def _generic(dtype: str) -> list[float]:
    form = FORMATS[dtype]
    eps = 2.0 ** (1 - form.precision)
    positive = [
        0.0, form.smallest_subnormal, 2.0**form.emin - form.smallest_subnormal, 2.0**form.emin, form.largest, _INF, 1.0, 1.0 + eps, 1.0 - eps / 2,
        2.0, 0.5, 2.0**form.precision, 2.0**form.precision - 1, 1.5 * 2.0**form.emax,
    ]  # fmt: skip
    beside = [2.5, *[step(half, dtype, False) for half in (0.5, 2.5)]]  # what rounding to integers is wrong for
    return [*_both_signs(positive), *_both_signs(beside), math.nan, NEGATIVE_NAN]


def _squares(dtype: str) -> list[float]:
    """Where a square overflows, or falls below the normal numbers, or to zero."""
    form = FORMATS[dtype]
    return _both_signs(around([form.largest**0.5, 2.0 ** (form.emin / 2), form.smallest_subnormal**0.5], dtype) + [form.largest / 2])


def _halves(dtype: str) -> list[float]:
    """n + 0.5 and its neighbours, also where the spacing of the numbers is 0.5 and where it is 1: rounding, half to even."""
    precision = FORMATS[dtype].precision
    return _both_signs(around([0.5, 1.5, 2.5, 2.0 ** (precision - 2) + 0.5, 2.0 ** (precision - 1) - 0.5, 2.0 ** (precision - 1) + 1, 99.5], dtype))


def _halfway(dtype: str) -> list[float]:
    """Midway between two neighbours of each narrower format, and beside it: at 1, where it overflows, below its least numbers."""
    own = FORMATS[dtype]
    found: list[float] = []
    for name in ("float16", "bfloat16", "float32"):
        form = FORMATS[name]
        if form.precision >= own.precision and form.emax >= own.emax:
            continue
        half = 2.0**-form.precision
        places = [1 + half, 1 + 3 * half, form.largest + form.ulp(form.largest) / 2, form.largest,
                  form.smallest_subnormal / 2, form.smallest_subnormal * 1.5, 2.0**form.emin - form.smallest_subnormal / 2]  # fmt: skip
        found += around([place for place in places if own.smallest_subnormal <= place <= own.largest], dtype)
    return _both_signs(found)


def _odd(dtype: str) -> list[float]:
    """Near the first integers that are not numbers of this format, and of the narrower ones."""
    found = []
    for precision in {8, 11, 24, 53}:
        if precision <= FORMATS[dtype].precision and 2.0**precision < FORMATS[dtype].largest / 4:
            found += [2.0**precision - 1, 2.0**precision, 2.0**precision + 1, 2.0**precision + 2, 2.0**precision + 3]
    return _both_signs([round_to(value, dtype) for value in found])


def _near_zero(dtype: str) -> list[float]:
    """Where the first, second, third power of x falls below half a unit of 1: naive formulas cancel there."""
    precision = FORMATS[dtype].precision
    found = [2.0**-precision, 2.0 ** (-precision + 1), 3 * 2.0 ** (-precision / 2), 2.0 ** (-precision / 2), 2.0 ** (-precision / 3), 0.01, 0.1]
    return _both_signs([round_to(value, dtype) for value in found])


def _tails(dtype: str) -> list[float]:
    """Where exponentials dominate, saturate, overflow one after the other: exp at log(largest), at half of it, at the logs of the least numbers."""
    form = FORMATS[dtype]
    logs = [math.log(form.largest), -math.log(2.0) * form.emin, -math.log(2.0) * (form.emin - form.precision)]
    logs += [form.precision * math.log(2.0), form.precision * math.log(2.0) / 2]
    found = around(logs, dtype) + [log / 2 for log in logs] + [5.0, 10.0, 20.0, 30.0, 50.0, 90.0, 100.0, 500.0]
    return _both_signs([round_to(value, dtype) for value in found])


def _periods(dtype: str) -> list[float]:
    """The numbers next to multiples of pi/2 and pi, and arguments so large that the reduction needs hundreds of bits."""
    found = around([k * math.pi / 2 for k in (1, 2, 3, 4, 100)], dtype)
    large = [1e4, 1e5, 1e10, 1e22, 16367173 * 2.0**72, 1e300, FORMATS[dtype].largest]
    return _both_signs(found + [round_to(value, dtype) for value in large if value <= FORMATS[dtype].largest])


def _limits(dtype: str) -> list[float]:
    """The limits of the integer dtypes as far as they are numbers of this one, with the fractions that truncation drops beside them."""
    found = [0.5, -0.5, round_to(-0.99, dtype), 1.5, -1.5]
    for low, high in INTEGER_LIMITS.values():
        for limit in (low, high):
            value = round_to(float(limit), dtype)
            found += [value] if low <= value <= high else [step(value, dtype, value < 0)] if math.isfinite(value) else []
    return found


REAL_KINDS: dict[str, Callable[[str], list[float]]] = {
    "generic": _generic, "squares": _squares, "halves": _halves, "halfway": _halfway, "odd": _odd, "near_zero": _near_zero, "tails": _tails,
    "periods": _periods, "limits": _limits,
}  # fmt: skip


def _poles(dtype: str, values: Sequence[float]) -> list[float]:
    return around(values, dtype)


def _kinks(dtype: str, values: Sequence[float]) -> list[float]:
    return _both_signs(around(values, dtype))


def _at(dtype: str, values: Sequence[float]) -> list[float]:
    return [round_to(float(value), dtype) for value in values]


# Kinds with numbers: poles(0, -1) and their neighbours, kinks of both signs with their neighbours, the numbers themselves, and those that meet all of
# the few that meet each other.
NUMBERED: dict[str, Callable[[str, Sequence[float]], list[float]]] = {"poles": _poles, "kinks": _kinks, "at": _at, "paired": _at}

# For gradients: zeros, ones, and numbers whose gradients are finite.
GRADIENT_POINTS = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 1.0, 3.0, -1.5, 0.25)


# -- integers ------------------------------------------------------------------------------------------


def _integers(dtype: str) -> list[int]:
    low, high = INTEGER_LIMITS[dtype]
    bits = (high - low + 1).bit_length() - 1
    wanted = [0, 1, -1, 2, -2, 3, -3, 7, -7, 10, low, low + 1, high, high - 1, high // 2, high // 2 + 1, bits - 1, bits, bits + 1]
    wanted += [math.isqrt(high), math.isqrt(high) + 1, -math.isqrt(high) - 1, math.isqrt(high) // 3 * 2 | 1]  # of the last, the square is no float
    for precision in (8, 11, 24, 53):
        wanted += [sign * (2**precision + k) for k in (-1, 0, 1, 3) for sign in (1, -1)]
    return list(dict.fromkeys([value for value in wanted if low <= value <= high]))


# -- points of a row -------------------------------------------------------------------------------------

_WORD = re.compile(r"([a-z_]+)(?:\(([^)]*)\))?")


@lru_cache(maxsize=4096)
def real_points(kinds: str, dtype: str) -> tuple[float, ...]:
    """The points of a real float dtype that a text of kinds names, each once; zeros of both signs and both NaN differ."""
    found: list[float] = []
    for name, numbers in _WORD.findall(kinds):
        if name in NUMBERED:
            found += NUMBERED[name](dtype, [float(number) for number in numbers.split(",")])
        else:
            found += REAL_KINDS[name](dtype)
    return tuple(dict(zip(map(_identity, found), found)).values())


def _identity(value: float) -> Any:
    return (value, math.copysign(1.0, value)) if value == value else ("nan", math.copysign(1.0, value))


@lru_cache(maxsize=4096)
def complex_points(kinds: str, dtype: str) -> tuple[complex, ...]:
    """Branch cuts from both sides: real and imaginary axes with zeros of both signs beside them; what is near +-1 and +-i; parts that
    overflow or vanish when they are squared; infinities. The kinds that a row names lie on both axes."""
    part = REAL[dtype]
    form = FORMATS[part]
    axis = _both_signs([*around([1.0], part), 0.5, 2.0, 0.0])
    big, small = 0.75 * form.largest, form.smallest_subnormal * 4
    found = [complex(*pair) for x in axis for zero in (0.0, -0.0) for pair in ((x, zero), (zero, x))]
    found += [complex(*pair) for pair in product((big, small, 1.0, -2.0), repeat=2)]
    found += [complex(*pair) for pair in product((_INF, -_INF, math.nan, 0.0, 1.0), repeat=2) if not all(map(math.isfinite, pair))]
    named = [x for x in real_points(kinds, part) if math.isfinite(x)] if kinds else []
    found += [complex(*pair) for x in named[:16] for pair in ((x, 0.0), (x, -0.0), (-0.0, x))]
    return tuple(dict(zip([(_identity(z.real), _identity(z.imag)) for z in found], found)).values())


def points(kinds: str, dtype: str, category: str = "generic") -> tuple[Any, ...]:
    """The critical points of a dtype: those of the category, and those that a row names."""
    if dtype == "bool":
        return (False, True)
    if dtype in EVERY_INTEGER:
        return tuple(_integers(dtype))
    if dtype in COMPLEX:
        return complex_points(kinds, dtype)
    return real_points(f"{category} {kinds}", dtype)


def paired(kinds: str, dtype: str) -> tuple[Any, ...]:
    """The few points of a dtype, and those that a row wants in all pairs."""
    named = " ".join([match.group(0) for match in _WORD.finditer(kinds) if match.group(1) == "paired"])
    if not named or dtype == "bool":
        return few(dtype)
    numbers = [x for x in real_points(named, REAL.get(dtype, dtype if dtype not in EVERY_INTEGER else "float64")) if math.isfinite(x)]
    if dtype in EVERY_INTEGER:
        low, high = INTEGER_LIMITS[dtype]
        return (*few(dtype), *[int(x) for x in numbers if x == int(x) and low <= x <= high])
    return (*few(dtype), *[complex(x) for x in numbers]) if dtype in COMPLEX else (*few(dtype), *numbers)


def few(dtype: str) -> tuple[Any, ...]:
    """So few that all pairs of them can be taken."""
    if dtype == "bool":
        return (False, True)
    if dtype in EVERY_INTEGER:
        low, high = INTEGER_LIMITS[dtype]
        bits = (high - low + 1).bit_length() - 1
        wanted = (0, 1, -1, 2, -2, 3, -7, low, low + 1, high, bits - 1, bits, math.isqrt(high) + 1)
        return tuple(dict.fromkeys([value for value in wanted if low <= value]))
    if dtype in COMPLEX:
        largest = FORMATS[dtype].largest
        return (
            0j, complex(-0.0, -0.0), 1 + 0j, complex(-1, -0.0), 1j, 2 - 1j, complex(_INF, 0), complex(0, -_INF), complex(math.nan, 1),
            complex(largest, 1),
        )  # fmt: skip
    form = FORMATS[dtype]
    eps = 2.0 ** (1 - form.precision)
    return (
        0.0, -0.0, 1.0, -1.0, 2.0, -3.0, 0.5, 1.0 + eps, eps / 2, _INF, -_INF, math.nan, form.largest, -form.largest, form.smallest_subnormal,
        2.0**form.emin, round_to(1.5 * form.largest**0.5, dtype), round_to(1.5 * 2.0 ** (form.emin / 2 - 2), dtype),
    )  # fmt: skip


def very_few(dtype: str) -> tuple[Any, ...]:
    """So few that all triples of them can be taken."""
    if dtype == "bool":
        return (False, True)
    if dtype in EVERY_INTEGER:
        return (0, 1, 3, *INTEGER_LIMITS[dtype])
    if dtype in COMPLEX:
        return (0j, 1 + 0j, -2 + 1j, complex(_INF, 0), complex(math.nan, 1))
    return (0.0, -0.0, 1.0, -2.0, _INF, math.nan, FORMATS[dtype].largest)


def gradient_points(kinds: str, dtype: str) -> tuple[Any, ...]:
    """Zeros, ones, ties, and the kinks, poles and numbers that a row names."""
    part = REAL.get(dtype, dtype)
    named = [match.group(0) for match in _WORD.finditer(kinds) if match.group(1) in NUMBERED]
    real = [*GRADIENT_POINTS, *(real_points(" ".join(named), part) if named else ())]
    real = [x for x in real if abs(x) < 1e3]
    if dtype in REAL:
        return (*[complex(x, 0.0) for x in real], 1j, -1j, 1 + 1j, complex(0.5, -2))
    return tuple(real)
