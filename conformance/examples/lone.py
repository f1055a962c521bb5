"""Which lone special values are drawn for an operation: of those that its critical cases do not show one by one, each in each dtype;
of float32 in both operands, of other dtypes in one or the other in turn.

Where operands' elements meet one by one, or a dimension is reduced, every critical point has a place or a row of its own
(:mod:`.critical`). Of all other operations a call has one result, or what a row makes of its operands is not known: there each value has a call.
"""

from __future__ import annotations

import zlib
from functools import cache
from typing import Iterator

from ..backends import Backend
from ..cases.case import FLOATS
from ..catalogue.entries import Entry
from ..catalogue.rows import Operation
from ..drawing.critical_pen import PLACES, ROWS
from ..drawing.lone_values import ALL_VALUES, EXTREME, OPERANDS, SMALL, class_of, in_operand, names_of
from ..drawing.options import with_option
from ..drawing.random_pen import RandomPen
from .arranged import Forced
from .critical import CONDITIONED, float_of, only_moves, options, packing_of

_TRIES = 6


def _kinds(operation: Operation, dtype: str) -> tuple[str, ...]:
    if not operation.values or not (operation.draws_tensors or operation.random) or not names_of(dtype):
        return ()
    if operation.random or only_moves(operation):
        return (ALL_VALUES,)
    packing = packing_of(operation, dtype)
    return () if packing is not None and packing.arrangement in (PLACES, ROWS) else names_of(dtype)


@cache
def _operands(operation: Operation, dtype: str) -> tuple[int, ...]:
    """The operands into which a row lets values be put, in half of the calls at least."""
    drawn = [0] * OPERANDS
    for operand in range(OPERANDS):
        for attempt in range(_TRIES):
            pen = RandomPen(f"{operation.name} {attempt}", dtype, operation.forms[attempt % len(operation.forms)], in_operand(SMALL, operand))
            try:
                operation.draw(pen)
            except Exception:  # noqa: BLE001 - a row that cannot draw is told when its examples are drawn
                break
            drawn[operand] += SMALL in pen.labels
    return tuple([operand for operand, count in enumerate(drawn) if 2 * count >= _TRIES])


def forced_lone_values(entry: Entry) -> Iterator[Forced]:
    """A dtype, the order of gradients, how many examples, and the class that is forced. All values come in both layouts in float32, in other dtypes
    in one or the other in turn."""
    operation = entry.operation
    start = zlib.crc32(operation.name.encode())
    for place, dtype in enumerate(operation.dtypes):
        kinds = _kinds(operation, dtype)
        operands = _operands(operation, dtype) if kinds else ()
        for number, name in enumerate(kinds):
            if dtype == "float64" and name in EXTREME and entry.contract.kind in CONDITIONED:
                continue
            in_turn = [operands[(start + place + number) % len(operands)]] if operands else []
            for operand in operands if dtype == "float32" else in_turn:
                for strided in (False, True) if name == ALL_VALUES else ((start + number + operand) % 2 == 1,):
                    left_out = name == ALL_VALUES and dtype != "float32" and strided == bool((start + place) % 2)
                    yield dtype, 0, int(not left_out), in_operand(name, operand, strided)
    floats = [dtype for dtype in ("float32", "float64") if dtype in operation.dtypes]
    if entry.differentiable and floats and any(form != "out" for form in entry.forms) and _kinds(operation, floats[0]):
        for operand in _operands(operation, floats[0]):
            yield floats[(start + operand) % len(floats)], 1, 1, in_operand(ALL_VALUES if only_moves(operation) else SMALL, operand)


_BESIDE_OPTIONS = ("a lone NaN", "a lone infinity", ALL_VALUES)


def lone_values_with_options(entry: Entry) -> Iterator[Forced]:
    """The same of each value that the row chooses for an argument, in the dtype that is used most: NaN and an infinity, in one operand or another."""
    operation, dtype = entry.operation, float_of(entry.operation)
    kinds = [name for name in _BESIDE_OPTIONS if dtype is not None and name in _kinds(operation, dtype)]
    operands = _operands(operation, dtype) if dtype is not None and kinds else ()
    for number in range(len(options(operation)) if operands else 0):
        for place, name in enumerate(kinds):
            yield str(dtype), 0, 1, with_option(in_operand(name, operands[number * place % len(operands)]), number)


def required_lone_values(entry: Entry, backend: Backend) -> list[str]:
    """The classes that must have come up for an operation on a backend: those that its row can draw in a float dtype."""
    dtypes = [dtype for dtype in entry.operation.dtypes if dtype in FLOATS and dtype in backend.capabilities.dtypes]
    return list(_kinds(entry.operation, dtypes[0])) if dtypes and 0 in _operands(entry.operation, dtypes[0]) else []


def lone_value_of(name: str) -> str | None:
    """The force of a class that is counted; None if it is none of these."""
    return in_operand(name, 0) if name == ALL_VALUES or name in names_of("float32") and class_of(name) is None else None
