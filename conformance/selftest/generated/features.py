"""What an operation has, looked up in a few calls of it: with what no call ever has, no defect can show."""

from __future__ import annotations

from functools import cache
from typing import Any

from ...cases.case import EVERY_INTEGER, FLOATS, Case, Slice, iterate_tensors
from ...catalogue.entries import Entry
from ...drawing.random_pen import RandomPen
from ...execution.outcomes import execute
from ..replay import oracle

_CALLS = 24


@cache
def features(row: Entry) -> frozenset[str]:
    """``new``: it makes tensors of its own; ``view``: it shows an argument; ``several tensors``, ``index`` (integers beside a float tensor, always),
    ``number``, ``flag``, ``keyword``, ``dims``: it takes such arguments; ``float``, ``integer``, ``bool``: such results; ``list``: several
    tensors in one argument."""
    found: set[str] = set()
    indexed: list[bool] = []
    for attempt in range(_CALLS):
        dtype = row.operation.dtypes[attempt % len(row.operation.dtypes)]
        form = row.forms[attempt % len(row.forms)]
        pen = RandomPen(f"features {row.operation.name} {attempt}", dtype, form if form != "out" else row.forms[0])
        try:
            args, kwargs = row.operation.draw(pen)
            case = Case(row.operation.name, pen.form, tuple(pen.buffers), args, kwargs, seed=0 if row.operation.random else None)
            outcome = execute(oracle(), case)
        except Exception:  # noqa: BLE001 - a row that cannot draw is told when its examples are drawn
            continue
        found |= _of_arguments(case)
        tensors = case.tensors()
        if outcome.error is None and len(tensors) > 1 and tensors[0].dtype in FLOATS:
            indexed.append(any(spec.dtype in EVERY_INTEGER for spec in tensors[1:]))
        for output in outcome.outputs:
            found.add("view" if output.alias[0] == "input" and output.same_object is None else "new")
            dtype = output.reading.dtype
            found.add("bool" if dtype == "bool" else "integer" if dtype in EVERY_INTEGER else "complex" if dtype.startswith("complex") else "float")
    if indexed and all(indexed):
        found.add("index")
    return frozenset(found)


def _of_arguments(case: Case) -> set[str]:
    found: set[str] = set()
    tensors = list(iterate_tensors((case.args, {key: value for key, value in case.kwargs.items() if key != "out"})))
    if tensors:
        found.add("tensor")
    if len(tensors) > 1:
        found.add("several tensors")
    for value in (*case.args[1:], *case.kwargs.values()):
        found |= _of_plain(value)
    if any(isinstance(value, (tuple, list)) and len(list(iterate_tensors(value))) > 1 for value in case.args):
        found.add("list")
    if case.kwargs:
        found.add("keyword")
    return found


def _of_plain(value: Any) -> set[str]:
    if isinstance(value, bool):
        return {"flag", "plain"}
    if isinstance(value, (int, float)):
        return {"number", "plain"}
    if isinstance(value, (tuple, list)) and value and all(type(item) is int for item in value):
        return {"dims", "plain"}
    return {"plain"} if isinstance(value, (str, Slice)) else set()
