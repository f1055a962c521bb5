"""Which arrangements of dimensions and dtypes are drawn for an operation: each that its row can draw, in turn over the dtypes."""

from __future__ import annotations

import zlib
from functools import cache
from typing import Iterator

from ..backends import Backend
from ..cases.case import COMPLEX, FLOATS, NUMBERS, SURROUNDINGS
from ..catalogue.entries import Entry
from ..catalogue.rows import Operation
from ..drawing.arrangements import (
    BROADCASTS,
    CHANNELS_LAST,
    CLOSE,
    DEFAULT_DTYPE,
    DOUBLE,
    EQUAL,
    FAR,
    FEWEST,
    LEAF_TARGET,
    LONG,
    NEGATIVE_DIMS,
    NEIGHBOURS,
    OVER_THE_MIDDLE,
    RETURNED,
    SIZE_ONE,
    SQUARE,
    SQUARE_PERMUTED,
    TIES,
    TWO_DTYPES,
    UNCHANGED,
    WITH_GRADIENTS,
    ZERO_DIM,
    ZEROS,
    beside,
    zero_dim_of,
)  # fmt: skip
from ..drawing.options import with_option
from ..drawing.pen import PLAIN
from ..drawing.random_pen import RandomPen
from .critical import flags, float_of, options

_TRIES = 8
_PLAIN = (SQUARE, SQUARE_PERMUTED, LONG, *NEGATIVE_DIMS, *BROADCASTS, *SIZE_ONE, ZERO_DIM)
_DIFFERENTIATED = (SQUARE, SQUARE_PERMUTED, FAR, EQUAL, ZEROS, "expanded", *BROADCASTS, *SIZE_ONE, ZERO_DIM, LONG)
_LATER = (*SIZE_ONE, ZERO_DIM)  # in :func:`further_arrangements`
_WIDE = ("float32", "float64", "int64")
_IN_EACH_WIDE = (FAR, EQUAL, ZEROS)
_BY_INTEGERS = ("int64", "bool")  # whose results are of the default dtype
_EXAMPLES = {SQUARE: 2}
Forced = tuple[str, int, int, str]


@cache
def possible(operation: Operation, force: str, grad: int = 0) -> bool:
    """Whether a row draws an arrangement when it is asked for it, in half of the calls at least; of dtypes, and numbers of a precision, in any."""
    drawn = _drawn(operation, force, grad)
    return drawn > 0 if force not in _PLAIN and force not in _DIFFERENTIATED else 2 * drawn >= _TRIES


@cache
def _drawn(operation: Operation, force: str, grad: int) -> int:
    """In how many of a few calls a row draws an arrangement."""
    dtypes = operation.dtypes
    dtype = "float32" if "float32" in dtypes else dtypes[0]
    forms = [form for form in operation.forms if not (grad and form == "out")] or list(operation.forms)
    draw = operation.gradient_draw if grad and operation.gradient_draw is not None else operation.draw
    named = (*_PLAIN, *_DIFFERENTIATED, *UNCHANGED, DOUBLE, NUMBERS, NEIGHBOURS, CLOSE, TIES, CHANNELS_LAST)
    label = TWO_DTYPES if force not in named else force + WITH_GRADIENTS if grad else force
    label = "scalar operand" if force == NUMBERS else label
    drawn = 0
    for attempt in range(_TRIES):
        pen = RandomPen(f"{operation.name} {force} {attempt}", dtype, forms[attempt % len(forms)], force, grad)
        try:
            draw(pen)
        except Exception:  # noqa: BLE001 - a row that cannot draw is told when its examples are drawn
            return 0
        drawn += label in pen.labels
    return drawn


def forced_arrangements(entry: Entry) -> Iterator[Forced]:
    """A dtype, the order of gradients, how many examples, and the class that is forced. (Tensors of many elements are forced for every dtype.)"""
    operation = entry.operation
    start, dtypes = zlib.crc32(operation.name.encode()), operation.dtypes
    for number, name in enumerate(_PLAIN):
        if name not in (LONG, *_LATER) and possible(operation, name):
            yield dtypes[(start + number) % len(dtypes)], 0, _EXAMPLES.get(name, 1), name
    yield from ((dtype, 0, 1, DEFAULT_DTYPE) for dtype in _BY_INTEGERS if dtype in dtypes)
    if possible(operation, DOUBLE) and "float64" in dtypes:
        yield "float64", 0, 3, DOUBLE
    others = [other for other in dtypes if possible(operation, beside(other))]
    for dtype in dtypes:  # pairs of floats come once more, in a result of their own (:func:`returned_pairs`)
        yield from ((dtype, 0, 1, beside(other) + RETURNED * (dtype not in FLOATS or other not in FLOATS)) for other in others if other != dtype)
    if entry.differentiable and any(form != "out" for form in entry.forms):
        yield from _with_gradients(operation, start)
        if "inplace" in entry.forms:
            floats = [dtype for dtype in dtypes if dtype in FLOATS or dtype in COMPLEX]
            yield floats[start % len(floats)], 1, 1, LEAF_TARGET


def _with_gradients(operation: Operation, start: int) -> Iterator[Forced]:
    floats = [dtype for dtype in operation.dtypes if dtype in FLOATS or dtype in COMPLEX]
    wide = [dtype for dtype in ("float32", "float64") if dtype in floats] or floats
    for number, name in enumerate(_DIFFERENTIATED):
        if name not in (LONG, *_LATER) and possible(operation, name, 1):
            yield from ((dtype, 1, 1, name) for dtype in (wide if name in _IN_EACH_WIDE else [wide[(start + number) % len(wide)]]))
            if name == "expanded":
                yield from ((dtype, 1, 1, name) for dtype in ("complex128",) if dtype in floats)
            if name in OVER_THE_MIDDLE:
                yield from ((dtype, 1, 1, name) for dtype in ("float16", "bfloat16") if dtype in floats)


def further_arrangements(entry: Entry) -> Iterator[Forced]:
    """Like :func:`forced_arrangements`: sizes of 1, 0-d operands, numbers that may be kept from call to call, and what surrounds a call."""
    operation = entry.operation
    start, dtypes = zlib.crc32(operation.name.encode()), operation.dtypes
    for number, name in enumerate(SIZE_ONE):
        if possible(operation, name):
            yield dtypes[(start + number) % len(dtypes)], 0, 1, name
    if possible(operation, ZERO_DIM):
        yield from ((dtype, 0, 1, ZERO_DIM) for dtype in dtypes if dtype in _WIDE)
    yield from ((dtypes[(start + number) % len(dtypes)], 0, 1, around) for number, around in enumerate(SURROUNDINGS[2:]))
    numbered = [dtype for dtype in _WIDE if dtype in dtypes]
    yield from ((dtype, 0, 1, NUMBERS) for dtype in (numbered if possible(operation, NUMBERS) else numbered[:1]))
    if not entry.differentiable or all(form == "out" for form in entry.forms):
        return
    floats = [dtype for dtype in dtypes if dtype in FLOATS or dtype in COMPLEX]
    wide = [dtype for dtype in ("float32", "float64") if dtype in floats] or floats
    yield wide[start % len(wide)], 1, 1, SURROUNDINGS[1]
    for number, name in enumerate((*_LATER, LONG)):
        if possible(operation, name, 1):
            yield wide[(start + number) % len(wide)], 1, 1, name


def long_in_turn(operation: Operation, number: int) -> str:
    """What is forced on the tensors of many elements in dtype number ``number``: in every second one they meet an option, another one each time."""
    found = len(options(operation))
    start = zlib.crc32(operation.name.encode())
    return with_option(LONG, (start + number // 2) % found) if found and number % 2 else LONG


def of_one_number(entry: Entry) -> Iterator[Forced]:
    """Operands of nothing but zeros, ones, NaN, of which many functions give what they get."""
    operation = entry.operation
    floats = [dtype for dtype in ("float32", "float64", *operation.dtypes) if dtype in FLOATS and dtype in operation.dtypes]
    yield from ((floats[0], 0, 1, name) for name in (ZEROS, *UNCHANGED) if floats and possible(operation, name))


def of_neighbours(entry: Entry) -> Iterator[Forced]:
    """Numbers that a narrower dtype does not tell apart, where results are exact: what is compared, sorted or counted in it is wrong."""
    operation = entry.operation
    if entry.contract.kind != "exact" or operation.random or not operation.values or operation.family in ("views", "metadata"):
        return
    for dtypes in (("int64", "int32", "int16"), ("float64", "float32", "float16")):
        found = [dtype for dtype in dtypes if dtype in operation.dtypes]
        forces = (NEIGHBOURS, NEIGHBOURS + FEWEST) if operation.family == "reductions" else (NEIGHBOURS,)
        yield from ((dtype, 0, 1, force) for force in forces for dtype in found[:1] if possible(operation, NEIGHBOURS))


def of_close_numbers(entry: Entry) -> Iterator[Forced]:
    """Many numbers with small differences, of those reductions in which differences count (a variance): what subtracts sums of squares loses them."""
    operation = entry.operation
    if entry.contract.kind == "conditioned" and operation.family == "reductions" and operation.values and possible(operation, CLOSE):
        yield from ((dtype, 0, 1, CLOSE + end) for dtype in ("float32", "float64") if dtype in operation.dtypes for end in ("", FEWEST))


_COMBINATIONS = 4  # of flags
_ORDERED = ("reductions", "searching", "joining", "pooling")


def of_ties(entry: Entry) -> Iterator[Forced]:
    """Vectors of a few numbers again and again, in each dtype, of those operations that choose, count or sort elements: which of several equal ones
    they take, or put first. All flags are given: in the float dtype that is used most in each combination, in others in one in turn."""
    operation = entry.operation
    if entry.contract.kind == "exact" and operation.family in _ORDERED and operation.values and possible(operation, TIES):
        combinations = min(2 ** len(flags(operation)), _COMBINATIONS)
        for number, dtype in enumerate(operation.dtypes):
            turns = range(combinations) if dtype == float_of(operation) else [number % combinations]
            yield from ((dtype, 0, 1, with_option(TIES, turn)) for turn in turns)


def of_no_elements(entry: Entry) -> Iterator[Forced]:
    """Random numbers of which there are none, in each dtype: the generator stays as it is."""
    if entry.operation.random and entry.operation.values:
        yield from ((dtype, 0, 1, "empty") for dtype in entry.operation.dtypes)


def simplest_complex(entry: Entry) -> Iterator[Forced]:
    """A call of few arguments on complex numbers, where they are not what is drawn first."""
    dtypes = entry.operation.dtypes
    if "complex64" in dtypes[1:]:
        yield "complex64", 0, 1, PLAIN + FEWEST


def options_of_few_arguments(entry: Entry) -> Iterator[Forced]:
    """Each word that an option may be, and each flag that is set, in a call that has hardly any other argument, for which alone some kernels and
    formulas are. (Numbers meet the critical points.)"""
    dtype = float_of(entry.operation)
    for number, option in enumerate(options(entry.operation)):
        if option.value is True or isinstance(option.value, str):
            yield str(dtype), 0, 1, with_option(PLAIN + FEWEST, number)


_OF_IMAGES = ("nn", "convolution", "pooling", "images")


def of_channels_last(entry: Entry) -> Iterator[Forced]:
    """Images whose channels lie last in memory, which networks have for speed and kernels of their own read; with gradients, too."""
    operation = entry.operation
    floats = [dtype for dtype in ("float32", "float64") if dtype in operation.dtypes]
    if operation.family in _OF_IMAGES and floats and possible(operation, CHANNELS_LAST):
        yield floats[0], 0, 1, CHANNELS_LAST
        if entry.differentiable and any(form != "out" for form in entry.forms) and possible(operation, CHANNELS_LAST, 1):
            yield floats[-1], 1, 1, CHANNELS_LAST


def returned_pairs(entry: Entry) -> Iterator[Forced]:
    """Two float dtypes of operands that are no numbers and 0-d in none: each pair, in a result of its own."""
    floats = [dtype for dtype in entry.operation.dtypes if dtype in FLOATS]
    others = [other for other in floats if possible(entry.operation, beside(other))]
    yield from ((dtype, 0, 1, beside(other) + RETURNED) for dtype in floats for other in others if other != dtype)


# Dtypes of elements, each with those of 0-d operands that meet them: of a higher category, which decides, and of the same, which does not.
_BESIDE_ZERO_DIM = {"float32": ("int64", "bfloat16", "complex64", "complex128"), "int16": ("float16", "bfloat16", "float64", "complex128")}


def beside_zero_dims(entry: Entry) -> Iterator[Forced]:
    """A 0-d operand of another dtype, whose part in the result's dtype is its category alone."""
    for dtype, others in _BESIDE_ZERO_DIM.items():
        yield from ((dtype, 0, 1, zero_dim_of(other)) for other in others if possible(entry.operation, zero_dim_of(other)))


def required_arrangements(entry: Entry, backend: Backend) -> list[str]:
    """The classes that must have come up for an operation on a backend: those that its row always draws when it is asked for them."""
    operation = entry.operation
    found = [name for name in _PLAIN if _drawn(operation, name, 0) == _TRIES]
    found += [*SURROUNDINGS[2:], *[NUMBERS] * any(dtype in _WIDE for dtype in operation.dtypes)]
    if any(_drawn(operation, beside(other), 0) == _TRIES for other in operation.dtypes[:2]):
        found.append(TWO_DTYPES)
    if entry.differentiable and backend.capabilities.autograd and any(form != "out" for form in entry.forms):
        found += [name + WITH_GRADIENTS for name in _DIFFERENTIATED if _drawn(operation, name, 1) == _TRIES]
    return found


def arrangement_of(name: str) -> tuple[str, int] | None:
    """The force, and the order of gradients, of a class that is counted; None if it is none of these."""
    plain = name.removesuffix(WITH_GRADIENTS)
    known = plain in (*_PLAIN, *SURROUNDINGS, NUMBERS) if plain == name else plain in _DIFFERENTIATED
    return (plain, int(plain != name)) if known else None
