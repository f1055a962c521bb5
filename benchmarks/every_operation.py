"""Measure every operation of refimpl at some 65,536 elements, and print nanoseconds an element beside one bare pass over as many.

    python -m benchmarks.every_operation                         all operations (about half an hour)
    python -m benchmarks.every_operation --op softmax --op sort  some of them
    python -m benchmarks.every_operation --write                 put the table into docs/speed-of-operations.md

The calls are those that the suite draws for its large plan: contiguous, transposed and broadcast operands, and a call with its backward pass.
Elements are those of all operands and results together.
"""

from __future__ import annotations

import argparse
import operator
import platform
import sys
from array import array
from typing import Any, Iterator, NamedTuple

import refimpl as torch
from conformance.backends import find_backend
from conformance.cases.case import Case
from conformance.catalogue.entries import Entry, entries, entry
from conformance.drawing.large_pen import LONGEST, Scale
from conformance.examples.large import Wanted, can_be_large, find, gradient_dtypes
from conformance.execution.arguments import make_arguments

from .importing import ROOT
from .timing import once

PAGE = ROOT / "docs" / "speed-of-operations.md"
SIZE, LIMIT, PATIENCE = 65536, 1000, 0.5
_TURNS, _MANY = 4, 16384
COLUMNS = {"contiguous": "contiguous", "transposed": "permuted", "broadcast": "broadcast", "with gradient": "contiguous"}


class Speed(NamedTuple):
    """Nanoseconds an element in each column, None where there is no such call, and the elements of the first."""

    operation: str
    elements: int
    columns: dict[str, float | None]


def bare_pass() -> float:
    """Nanoseconds an element for the shortest pass of the standard library: ``array("f", map(neg, a))``."""
    a = array("f", bytes(4 * SIZE))
    return min(once(lambda: array("f", map(operator.neg, a))) for _ in range(9)) / SIZE * 1e9


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from tensors_in(each)


def timed(case: Case, backward: bool) -> tuple[float, int]:
    """Seconds of one call (and of its backward pass), the best of several, and the elements that it reads and writes."""
    backend = find_backend("refimpl:cpu")
    best, elements, spent = float("inf"), 1, 0.0
    while best == float("inf") or spent < PATIENCE and spent < 5 * best:
        made = make_arguments(backend, case, [backend.make_storage(data) for data in case.buffers])

        def call(made: Any = made) -> None:
            nonlocal elements
            found = list(tensors_in(backend.call(case.operation, case.form, made.args, made.kwargs)))
            elements = sum(tensor.numel() for tensor in (*tensors_in(made.tensors), *found))
            outputs = [tensor for tensor in found if tensor.requires_grad]
            if backward and outputs:
                torch.autograd.backward(outputs, [torch.ones_like(tensor) for tensor in outputs])

        seconds = once(call)
        best, spent = min(best, seconds), spent + seconds
    return best, elements


def speed(row: Entry) -> Speed | None:
    """How fast an operation is; None if it has no large calls."""
    if not can_be_large(row.operation.name):
        return None
    columns: dict[str, float | None] = {}
    count = 0
    for title, layout in COLUMNS.items():
        backward = title == "with gradient"
        dtypes = gradient_dtypes(row) if backward else row.operation.dtypes
        columns[title] = None
        if not dtypes:
            continue
        dtype = "float32" if "float32" in dtypes else dtypes[0]
        size = 128 if row.operation.multiplies else SIZE
        role = "tile" if row.operation.multiplies else "rows"
        wanted = Wanted(dtype, Scale(role, size, LONGEST, "few bits" if backward else "full", layout, plain=True), int(backward))
        for turn in range(_TURNS):  # now and then a draw is of small tensors
            found = find(row, wanted, f"speed {row.operation.name} {turn}", turn)
            if found is not None and sum(spec.numel for spec in found[1].tensors()) >= (_MANY if turn < _TURNS - 1 else 1000):
                try:
                    seconds, elements = timed(found[1], backward)
                except Exception:  # noqa: BLE001 - a call that torch refuses, too, or one without a gradient
                    continue
                columns[title] = seconds / elements * 1e9
                count = count or elements
                break
    return Speed(row.operation.name, count, columns) if count else None


def cells(found: Speed) -> list[str]:
    shown = ["" if value is None else f"{value:,.0f}" for value in found.columns.values()]
    return [f"`{found.operation}`", f"{found.elements:,}", *shown]


def markdown(bare: float, speeds: list[Speed]) -> str:
    over = [found for found in speeds if any(value and value > LIMIT for value in found.columns.values())]
    lines = ["| operation | elements | " + " | ".join(COLUMNS) + " |", "|---|" + "---:|" * (1 + len(COLUMNS))]
    lines += ["| " + " | ".join(cells(found)) + " |" for found in speeds]
    head = (
        f"# The speed of every operation\n\nNanoseconds an element on Python {platform.python_version()}, by\n"
        f"`python -m benchmarks.every_operation --write`. One bare pass, `array(\"f\", map(neg, a))`, takes {bare:.0f} in the same process.\n"
        "Elements are those of operands and results together. "
        f"{len(over)} of {len(speeds)} operations take over {LIMIT:,} in some column.\n\n"
    )
    return head + "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.every_operation", description=__doc__.partition("\n")[0])
    parser.add_argument("--op", action="append", metavar="NAME", help="this operation (may be repeated)")
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    rows = [entry(name) for name in options.op] if options.op else list(entries())
    bare = bare_pass()
    print(f"ns an element; one bare pass: {bare:.0f}")
    layout = "{:<46}{:>12}" + "{:>15}" * len(COLUMNS)
    print(layout.format("operation", "elements", *COLUMNS))
    speeds = []
    for row in rows:
        found = speed(row)
        if found is not None:
            speeds.append(found)
            print(layout.format(*[cell.strip("`") for cell in cells(found)]), flush=True)
    if options.write:
        PAGE.write_text(markdown(bare, speeds), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
