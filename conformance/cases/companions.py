"""Calls that have much in common with a call, for what must not be carried over from one to the other: other elements, other arguments."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any, Callable

from .case import EVERY_INTEGER, ITEMSIZE, NUMBERS, Case, element_offsets, elements


def companions(case: Case, fatal: Callable[[Case], bool] | None = None) -> list[Case]:
    """The calls to make beside a call, without those that torch does not survive (``fatal``)."""
    found = [other for other in (rearranged(case), with_other_arguments(case), with_equal_numbers(case)) if other is not None]
    return [other for other in found if fatal is None or not fatal(other)]


def comparable(case: Case, other: Case) -> bool:
    """Whether a call beside another is as good as any: an integer that is no operand may stand for one of a few things, and another one for none."""
    if NUMBERS not in case.labels:
        return False
    changed = [(a, b) for a, b in zip((*case.args, *case.kwargs.values()), (*other.args, *other.kwargs.values()), strict=True) if repr(a) != repr(b)]
    return "scalar operand" in case.labels or not any(type(a) is int for a, _ in changed)


def rearranged(case: Case) -> Case:
    """The same call with the elements of each tensor in another order, one place on; indices stay valid, and gaps what they are. A first operand of
    one element gets another one: that of the second, with which it is compared, perhaps, if they differ."""
    buffers = list(case.buffers)
    moved: set[int] = set()
    for spec in case.tensors():
        if spec.buffer in moved or not spec.numel:
            continue
        moved.add(spec.buffer)
        size = ITEMSIZE[spec.dtype]
        places = sorted(set(element_offsets(spec.shape, spec.strides, spec.offset)))
        data = bytearray(buffers[spec.buffer])
        old = [bytes(data[place * size : (place + 1) * size]) for place in places]
        if len(old) == 1 and case.args and spec is case.args[0]:
            alike = [other for other in case.tensors()[1:] if (other.dtype, other.numel) == (spec.dtype, 1) and other.buffer != spec.buffer]
            beside = elements(case, alike[0])[0] if alike else old[0]
            old = [beside if beside != old[0] else _other_element(old[0], spec.dtype)]
        for place, element in zip(places, old[1:] + old[:1], strict=True):
            data[place * size : (place + 1) * size] = element
        buffers[spec.buffer] = bytes(data)
    return replace(case, buffers=tuple(buffers), labels=frozenset())


_CODES = {"float16": "<e", "float32": "<f", "float64": "<d", "complex64": "<2f", "complex128": "<2d"}


def _other_element(element: bytes, dtype: str) -> bytes:
    """1.25, or 0.75 for that (of complex numbers both parts); an integer with another last bit."""
    if dtype in EVERY_INTEGER or dtype == "bool":
        return bytes([element[0] ^ 1]) + element[1:]
    found = []
    for number in (1.25, 0.75):
        code = _CODES.get(dtype, "<f")
        packed = struct.pack(code, *[number] * (2 if "2" in code else 1))
        found.append(packed[2:] if dtype == "bfloat16" else packed)
    return found[found[0] == element]


def with_other_arguments(case: Case) -> Case | None:
    """The same call with other arguments that are no tensors: flags turned round (but for the one that makes it write its operand), a zero of the
    other sign, the last dimension for the first, other numbers that may be sizes; None if there are none."""
    rank = max([len(spec.shape) for spec in case.tensors()[:1]], default=0)

    def other(value: Any) -> Any:
        if isinstance(value, bool):
            return not value
        if isinstance(value, float):
            return -value if value == 0 else value / 2
        if isinstance(value, int) and not -rank <= value < rank:
            return value ^ 1 if value >= 0 else value
        return -1 - value if isinstance(value, int) else value

    return _with_arguments(case, other)


def with_equal_numbers(case: Case) -> Case | None:
    """The same call with numbers that are equal and of another type, which may make the result another one; None if no number is an operand."""
    if not {"scalar operand", NUMBERS} <= case.labels:
        return None

    def other(value: Any) -> Any:
        if type(value) is int and abs(value) < 2**24:
            return float(value)
        return int(value) if type(value) is float and value.is_integer() and abs(value) < 2**24 else value

    return _with_arguments(case, other)


def _with_arguments(case: Case, other: Callable[[Any], Any]) -> Case | None:
    args = tuple([other(value) for value in case.args])
    kwargs = {key: value if key == "inplace" else other(value) for key, value in case.kwargs.items()}
    return None if repr((args, kwargs)) == repr((case.args, case.kwargs)) else replace(case, args=args, kwargs=kwargs, labels=frozenset())
