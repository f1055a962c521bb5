"""Input classes of one special value in one operand, beside moderate numbers, so that nothing else decides the result.

Of an operation with one result for many elements (a dot product, a trace, a determinant) a call shows one special value: NaN swallows all others,
infinities swallow finite ones, large numbers small ones. So each value has calls of its own, in every dtype and each of the first operands
in turn. What an operation only moves is seen whatever lies beside it: there one operand holds all of them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Sequence

from ..accuracy.number_formats import FORMATS, encode
from ..cases.case import FLOATS, INTEGERS
from .critical_points import step
from .values import INTEGER_LIMITS

OPERANDS = 3  # the first ones, of which each has the values in turn
_OF_OPERAND = " in operand "
_LAYOUTS = {"": "", ", contiguous": "contiguous", ", strided": "sliced"}
ALL_VALUES = "all special values"
SMALL = "small numbers"
_INF = float("inf")
_FEW = (1.0, -1.0, 0.5, 2.0, 2.5, -0.5, 1.5, -2.0, 3.0)
_OF_FLOATS = ("a lone NaN", "a lone infinity", "a lone negative infinity", "a lone largest number", "a lone lowest number", "zeros", SMALL,
              "least numbers", "negative zeros", "large squares", "small squares")  # fmt: skip
_OF_INTEGERS = ("a lone largest number", "a lone lowest number", SMALL)
EXTREME = ("a lone largest number", "a lone lowest number", "large squares")


def names_of(dtype: str) -> tuple[str, ...]:
    """The classes that a dtype has."""
    return _OF_FLOATS if dtype in FLOATS else _OF_INTEGERS if dtype in INTEGERS else ()


def in_operand(name: str, operand: int, strided: bool | None = None) -> str:
    """The force that puts a class into an operand, which is contiguous or ``strided``."""
    return f"{name}{_OF_OPERAND}{operand}{'' if strided is None else ', strided' if strided else ', contiguous'}"


def class_of(force: str | None) -> tuple[str, int] | None:
    """The class, and the operand, that a force stands for; None if it stands for none of these."""
    name, found, operand = (force or "").partition(_OF_OPERAND)
    return (name, int(operand.partition(",")[0])) if found else None


def layout_of(force: str | None) -> str:
    """The layout that a force asks for, if any."""
    return next((layout for end, layout in _LAYOUTS.items() if end and (force or "").endswith(end)), "")


def placed(name: str, dtype: str, elements: Sequence[bytes]) -> list[bytes] | None:
    """Moderate elements with those of a class among them; None if the dtype has no such values."""
    values = _encoded(name, dtype)
    if not values or not elements:
        return None
    if name.startswith("a lone"):
        return [values[0], *elements[1:]]
    if name == "zeros":
        return [values[i // 2 % len(values)] if i % 2 == 0 else element for i, element in enumerate(elements)]
    start = sum(elements[0])  # so that a few elements are others each time
    return [values[(start + i) % len(values)] for i in range(len(elements))]


@lru_cache(maxsize=256)
def _encoded(name: str, dtype: str) -> tuple[bytes, ...]:
    return tuple([encode([value], dtype) for value in _values(name, dtype)])


def _values(name: str, dtype: str) -> tuple[Any, ...]:
    if dtype in INTEGERS:
        low, high = INTEGER_LIMITS[dtype]
        few = (0, 1, 2, *((-1, -2) if low else (3,)))
        return {"a lone largest number": (high,), "a lone lowest number": (low,), SMALL: few, ALL_VALUES: (high, low, *few, high - 1, low + 1)}.get(
            name, ())  # fmt: skip
    if dtype not in FLOATS:
        return ()
    form = FORMATS[dtype]
    least, tiny = form.smallest_subnormal, 2.0**form.emin
    few = (*_FEW, step(0.5, dtype, False), step(2.5, dtype, False))
    lone = {"a lone NaN": float("nan"), "a lone infinity": _INF, "a lone negative infinity": -_INF, "a lone largest number": form.largest,
            "a lone lowest number": -form.largest}  # fmt: skip
    if name in lone:
        return (lone[name],)
    small = (tiny, 0.625 * tiny, -1.5 * tiny, -0.75 * tiny, 1.25 * tiny)
    roots = [(factor * form.largest**0.5, factor * 0.25 * tiny**0.5) for factor in (1.25, -2.5, 2.0, 1.5, -1.75, 3.5, -1.125)]
    odd = (2.0**form.precision - 1, -(2.0 ** (form.precision - 1) + 1))
    every = (*lone.values(), 0.0, -0.0, *few, *small, least, *odd)
    large_squares, small_squares = zip(*roots)
    return {"zeros": (0.0, -0.0), "negative zeros": (-0.0,), SMALL: few, "least numbers": small, ALL_VALUES: every,
            "large squares": large_squares, "small squares": small_squares}.get(name, ())  # fmt: skip
