"""The large plan: a few cases for every operation at sizes where real kernels have tails, tiles, blocks, threads and grids.

Every operation gets, in each profile, one tensor of more than 65,536 elements, one of six to eight dimensions, one of a middling size in a strided or
broadcast layout, one of several small blocks, and one with gradients; which size, which dimension, which dtype and which layout it is follows
from the operation's name and the seed, so that over some twenty seeds, or over the operations of one run, all of them meet. The report says which
classes an operation did not get this time.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Iterator

from ..backends import find_backend
from ..cases.case import COMPLEX, FLOATS, Case
from ..catalogue.entries import Entry, entry
from ..drawing.large_pen import BASES, GRADIENTS, LARGE, LONGEST, LargePen, Scale, classes_of
from ..execution.oracles import ORACLE
from ..execution.outcomes import execute
from .building import build_with
from .profiles import Profile

_ATTEMPTS = 12
_RESULTS = 400_000  # elements of all results together, and of all gradients' inputs
_STRIDED = ("permuted", "sliced", "expanded")
_DIFFERENTIABLE = ("float64", "float32", "complex128")


@dataclass(frozen=True)
class Drawing:
    """Everything that a large case follows from. ``cap``: no dimension is longer."""

    operation: str
    dtype: str
    form: str
    scale: Scale
    seed: str
    focus: int
    grad: int = 0
    cap: int = LONGEST

    def case(self) -> Case:
        row = entry(self.operation)
        pen = LargePen(self.seed, self.dtype, self.form, self.scale, self.focus, self.cap, self.grad)
        case = build_with(pen, row.operation, row.names)
        shapes = [spec.shape for spec in case.tensors()]
        labels = set(case.labels).union(*[classes_of(shape) for shape in shapes])
        if LARGE in labels and labels & {*_STRIDED}:
            labels.add("large strided")
        if LARGE in labels and self.grad:
            labels.add(GRADIENTS)
        return replace(case, labels=frozenset(labels - {"relayout"}))

    def requests(self) -> int:
        """How many shapes and lengths the row asks for."""
        row = entry(self.operation)
        pen = LargePen(self.seed, self.dtype, self.form, self.scale, -1, self.cap, self.grad)
        build_with(pen, row.operation, row.names)
        return pen.requests


def drawings(row: Entry, profile: Profile, seed: int) -> list[Case]:
    """The large cases of an operation, and what each was drawn from."""
    return [case for _, case in drawn(row, profile, seed)]


_kept: tuple[Any, list[tuple[Drawing, Case]]] = (None, [])


def drawn(row: Entry, profile: Profile, seed: int) -> list[tuple[Drawing, Case]]:
    """Those of the operation that is being judged are kept for its next backend."""
    global _kept
    key = (row.operation.name, profile.name, seed)
    if _kept[0] != key:
        _kept = (key, list(_draw(row, profile, seed)))
    return _kept[1]


def _draw(row: Entry, profile: Profile, seed: int) -> Iterator[tuple[Drawing, Case]]:
    if not can_be_large(row.operation.name):
        return
    name = row.operation.name
    for turn in range(profile.large):
        start = zlib.crc32(f"large {name} {seed} {turn}".encode())
        for number, (dtype, grad, scale) in enumerate(_plan(row, start)):
            found = find(row, dtype, grad, scale, f"{seed} {name} {turn} {number}")
            if found is not None:
                yield found


def _plan(row: Entry, start: int) -> Iterator[tuple[str, int, Scale]]:
    """dtype, order of gradients, and scale of each large case."""

    def turn(options: Any, salt: int) -> Any:
        return options[zlib.crc32(f"{start} {salt}".encode()) % len(options)]

    operation = row.operation
    dtypes = operation.dtypes
    floats = [dtype for dtype in dtypes if dtype in ("float32", "float64")] or list(dtypes)
    sums = row.contract.kind == "accumulated"
    light = ("near one" if operation.multiplies else "sparse") if sums else "full"
    tail = turn(((), (), (float("nan"),), (-0.0, float("inf")), (0.0, -0.0)), 1)
    deltas = (-1, 0, 1)
    # More than 65,536 elements. Where single elements drown in the rounding errors of a sum, most of them are 0.
    dtype = turn(floats, 2) if not turn((0, 1, 2), 3) else turn(dtypes, 4)
    role = turn(("line", "rows", "columns", "line"), 5)
    yield dtype, 0, Scale(role, 65536 + turn((1, 1, -1, 0), 6), LONGEST, light if dtype not in ("float64", "complex128") else "full")
    # Six to eight dimensions.
    dtype = turn(dtypes, 7)
    yield dtype, 0, Scale("ranks", 9, 3000, "full", turn(("contiguous", *_STRIDED, "broadcast"), 8))
    # A few hundred or thousand elements beside a power of two, strided or broadcast.
    dtype = turn(floats, 9)
    size = turn(BASES[3:7], 10) + turn(deltas, 11)
    yield dtype, 0, Scale(turn(("rows", "columns", "middle", "line"), 12), size, 6000, "full", turn((*_STRIDED, "broadcast"), 13))
    # Two dimensions of some blocks each, or one of a few vectors.
    dtype = turn(dtypes, 14)
    size = turn(BASES[:4], 15) + turn(deltas, 16)
    kind = "full" if not operation.multiplies else "near one"
    yield dtype, 0, Scale(turn(("tile", "line", "columns"), 17), size, 9000, kind, turn(("contiguous", "scalar operand", "broadcast"), 18), tail)
    real = gradient_dtypes(row)
    if real:  # Numbers of few bits, whose sums are exact in any order.
        size = turn((*BASES[2:7], BASES[6], 211), 19) + turn(deltas, 20)
        layout = turn(("contiguous", "contiguous", *_STRIDED, "broadcast"), 21)
        yield turn(real, 22), 1, Scale(turn(("line", "rows", "columns", "middle", "tile"), 23), size, 3000, "few bits", layout)


def gradient_dtypes(row: Entry) -> list[str]:
    """The dtypes in which an operation's large cases ask for gradients; none where it has none."""
    if not row.differentiable or all(form == "out" for form in row.forms):
        return []
    dtypes = row.operation.dtypes
    return [dtype for dtype in dtypes if dtype in _DIFFERENTIABLE] or [dtype for dtype in dtypes if dtype in FLOATS or dtype in COMPLEX]


def find(row: Entry, dtype: str, grad: int, scale: Scale, seed: str) -> tuple[Drawing, Case] | None:
    """A case of this scale that is large, and that torch does not refuse. Of several attempts the first that has what is large about the scale in it,
    and a result with elements; where the row has none such, the best there is."""
    oracle = find_backend(ORACLE)
    best: tuple[int, Drawing, Case] | None = None
    wanted = {"ranks": "large ranks"}.get(scale.role) or ("large size 65536" if scale.size > 65000 else LARGE)
    forms = [form for form in row.forms if not (grad and form == "out")]
    for attempt in range(_ATTEMPTS):
        form = forms[zlib.crc32(f"{seed} {attempt} form".encode()) % len(forms)]
        drawing = Drawing(row.operation.name, dtype, form, scale, f"{seed} {attempt}", 0, grad)
        requests = drawing.requests()
        if not requests:
            continue
        drawing = replace(drawing, focus=zlib.crc32(f"{seed} {attempt} focus".encode()) % requests)
        case = drawing.case()
        if LARGE not in case.labels:
            continue
        outcome = execute(oracle, replace(case, grad=0))
        if sum(len(output.reading.data) for output in outcome.outputs) > 8 * _RESULTS:
            continue
        marks = (outcome.error is None) * 4 + (not outcome.outputs or any(output.reading.data for output in outcome.outputs)) * 2 + (wanted in case.labels)
        if best is None or marks > best[0]:
            best = marks, drawing, case
        if marks == 7 or best[0] >= 6 and attempt >= _ATTEMPTS // 3:
            break
        if best[0] < 4 and attempt >= 2:  # of this dtype, in this shape and layout, perhaps nothing is taken
            if not grad:
                dtype = row.operation.dtypes[(row.operation.dtypes.index(dtype) + 1) % len(row.operation.dtypes)]
            scale = replace(scale, role=("columns", "middle", scale.role)[attempt % 3], layout=("sliced", "contiguous")[attempt % 2])
    return None if best is None else best[1:]


@cache
def can_be_large(name: str) -> bool:
    """Whether the row of an operation draws anything large: whether it asks the pen for a size."""
    row = entry(name)
    scale = Scale("line", 33, 300, "full")
    for attempt in range(_ATTEMPTS):
        drawing = Drawing(name, row.operation.dtypes[0], row.forms[attempt % len(row.forms)], scale, f"{name} {attempt}", 0)
        try:
            requests = drawing.requests()
            if requests and LARGE in replace(drawing, focus=attempt % requests).case().labels:
                return True
        except Exception:  # noqa: BLE001 - a row that cannot draw is told when its examples are drawn
            return True
    return False
