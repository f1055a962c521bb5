"""The large plan: a few cases for every operation at sizes where real kernels have tails, tiles, blocks, threads and grids.

Every operation gets, in each profile, tensors of more than 65,536 elements, of six to eight dimensions, of some hundred or thousand elements in each
place of a shape, of several small blocks, and with gradients, once in a plain call in a common dtype and once in any dtype, form and layout. Which
size, place, dtype and layout it is follows from the operation's name and the seed, so that over the operations of one run, and over some
twenty seeds of each, all of them meet. The report says which classes an operation did not get this time.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import cache
from math import prod
from typing import Any, Iterator

from ..backends import find_backend
from ..backends.base import lacking
from ..cases.case import COMPLEX, FLOATS, Case
from ..catalogue.entries import Entry, entry
from ..drawing.large_pen import GRADIENTS, LARGE, LONGEST, LargePen, Scale, classes_of
from ..drawing.made_data import BETWEEN, POSITIVE
from ..execution.oracles import ORACLE
from ..execution.outcomes import Outcome, execute
from .building import build_with
from .meetings.growing import Grown, Place, grown, long_places
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


_kept: tuple[Any, list[tuple[Drawing | Grown, Case]]] = (None, [])


def drawn(row: Entry, profile: Profile, seed: int) -> list[tuple[Drawing | Grown, Case]]:
    """Those of the operation that is being judged are kept for its next backend."""
    global _kept
    key = (row.operation.name, profile.name, seed)
    if _kept[0] != key:
        _kept = (key, list(_draw(row, profile, seed)))
    return _kept[1]


def _draw(row: Entry, profile: Profile, seed: int) -> Iterator[tuple[Drawing | Grown, Case]]:
    if not can_be_large(row.operation.name):
        return
    name = row.operation.name
    for turn in range(profile.large):
        start = zlib.crc32(f"large {name} {seed} {turn}".encode())
        long: set[Place] = set()
        for number, wanted in enumerate(_plan(row, start)):
            found = find(row, wanted, f"{seed} {name} {turn} {number}", number)
            if found is not None:
                yield found
                long |= set() if wanted.grad else long_places(found[1])
        yield from grown(row, long, f"{seed} {name} {turn}")


@dataclass(frozen=True)
class Wanted:
    """One case of the plan. ``goal``: what else must be the case; where no attempt comes to it, there is none."""

    dtype: str
    scale: Scale
    grad: int = 0
    goal: str = ""


# Goals of cases with gradients: a leaf of so many elements that a vector loop has a tail, and an element that so many results depend on.
FIRST_LONG, LAST_LONG, MANY_TERMS = "the first leaf is long", "the last leaf is long", "many terms"
FEW_ARGUMENTS = "few arguments"  # of some attempts that with the fewest
_LONG, _LEAST_WIDTH, _TERMS = 64, 4, 16


def reached(goal: str, case: Case, outcome: Outcome) -> bool:
    """Whether a case is what its goal says. What is no multiple of 4 is none of any width."""
    leaves = [spec for spec in case.tensors() if spec.requires_grad]
    if goal == FEW_ARGUMENTS:
        return outcome.error is None
    if not leaves or outcome.error is not None:
        return not goal
    if goal == MANY_TERMS:
        results = sum(prod(output.reading.shape) for output in outcome.outputs)
        return any(spec.numel and results >= _TERMS * spec.numel for spec in leaves)
    leaf = leaves[-1 if goal == LAST_LONG else 0]
    return not goal or leaf.numel > _LONG and leaf.numel % _LEAST_WIDTH != 0 and (goal == FIRST_LONG or len(leaves) > 1)


def _plan(row: Entry, start: int) -> Iterator[Wanted]:
    """The large cases of an operation. What is given to ``turn`` comes up in turn, over operations and seeds."""
    count = 0

    def turn(*options: Any) -> Any:
        nonlocal count
        count += 1
        return options[zlib.crc32(f"{start} {count}".encode()) % len(options)]

    operation = row.operation
    dtypes = operation.dtypes
    floats: list[str] = [dtype for dtype in ("float32", "float32", "float64") if dtype in dtypes] or list(dtypes)
    sums = row.contract.kind == "accumulated"
    full = "near one" if operation.multiplies else "full"

    def light(dtype: str) -> str:
        """Where single elements drown in the rounding errors of a sum, most of them are 0."""
        return full if not sums or dtype in ("float64", "complex128") else "near one" if operation.multiplies else "sparse"

    def beside(*bases: int) -> int:
        return turn(*bases) + turn(-1, 0, 1, 1)  # type: ignore[no-any-return]

    def shuffled(*options: Any) -> list[Any]:
        rest = list(options)
        return [rest.pop(rest.index(turn(*rest))) for _ in options]

    # More than 65,536 rows, and columns.
    along, sizes = {}, {}
    for role, plain in zip(shuffled("rows", "columns"), (True, False), strict=True):
        dtype = turn(*floats) if plain or turn(True, False) else turn(*dtypes)
        layout = "contiguous" if plain else turn("contiguous", *_STRIDED, "broadcast")
        along[role], sizes[role] = turn(True, False), turn(65536, 65537, 65537)
        yield Wanted(dtype, Scale(role, sizes[role], LONGEST, light(dtype), layout, plain=plain, along=along[role]))
    # Six to eight dimensions.
    yield Wanted(turn(*floats), Scale("ranks", 9, 3000, full, "permuted", plain=True))
    yield Wanted(turn(*dtypes), Scale("ranks", 17, 3000, full, turn("contiguous", *_STRIDED, "broadcast")))
    # Some hundred or thousand beside a power of two, which is beside multiples of the smaller ones, too: each place of the long dimension, and
    # each layout, once. What of rows and columns was not the case above is so now: dimensions along them or across, one more than a block or not.
    layouts = shuffled(*_STRIDED, "broadcast")
    throughout = row.contract.kind in ("exact", "ulps")  # special values do not swallow the others
    some = full if throughout or full != "full" else BETWEEN
    grows = sums and not operation.multiplies or operation.family == "reductions" and row.contract.kind != "exact"
    narrow = [dtype for dtype in ("bfloat16", "float16") if grows and dtype in dtypes]
    for number, role in enumerate(shuffled("rows", "columns", "middle", "line")):
        plain = number % 2 == 0
        dtype = turn(*floats) if plain else turn(*dtypes)
        size = 1025 if sizes.get(role) == 65536 else 1024 + turn(-1, 1, 1) if plain else beside(128, 256, 1024, 1024)
        kind, goal = some if plain else full, ""
        if narrow and not plain:  # sums that outgrow 16 bits, term by term
            dtype, kind, goal = narrow[number // 2 % len(narrow)], POSITIVE, FEW_ARGUMENTS
            size = 1025 if sizes.get(role) == 65536 else turn(1023, 1025)
        across = goal != FEW_ARGUMENTS and along.get(role, False)
        yield Wanted(dtype, Scale(role, size, 4200, kind, layouts[number], plain=plain, along=not across), goal=goal)
    # 2047 is a block and a tail of every width.
    if throughout:
        role = turn("line", "line", "rows", "columns", "middle")
        yield Wanted(floats[0], Scale(role, 2047, 4200, "special", turn("contiguous", "sliced"), plain=True))
    # Two dimensions of some blocks each, mostly of one element more; now and then with special values at the very end.
    tail = turn((), (), (float("nan"),), (-0.0, float("inf")), (0.0, -0.0))
    layout = turn("contiguous", "scalar operand", "broadcast")
    yield Wanted(turn(*floats), Scale("tile", turn(65, 65, 33, 63), 5000, full, layout, tail, plain=True))
    # More than a byte counts.
    if operation.family == "reductions" and "bool" in dtypes:
        yield Wanted("bool", Scale("line", 767, 800, full, plain=True))
    real = gradient_dtypes(row)
    if not real:
        return
    # Numbers of few bits, whose sums are exact in any order; of a product, gradients are never exact.
    role = turn("line", "rows", "columns", "middle")
    size = beside(16, 64) if operation.multiplies else turn(*[beside(1024, 1024, 256)] * 7, 65537)
    yield Wanted(turn(*real), Scale(role, size, max(size, 3000), "few bits", turn("contiguous", "sliced", "broadcast"), plain=True), 1)
    role, layout = turn("line", "rows", "columns", "middle", "tile", "ranks"), turn("contiguous", *_STRIDED, "broadcast")
    size = beside(8, 16, 32) if operation.multiplies else beside(8, 16, 32, 64, 128, 211, 1024)
    yield Wanted(turn(*real), Scale(role, size, 3000, "few bits", layout), 1)
    for goal in (FIRST_LONG, LAST_LONG):
        yield Wanted(turn(*real), Scale(turn("line", "rows", "columns"), 65 + turn(0, 2, 8), 900, "few bits", turn("contiguous", "sliced")), 1, goal)
    for dtype in ("float16", "bfloat16"):
        if dtype in dtypes:
            yield Wanted(dtype, Scale(turn("line", "rows", "columns"), turn(33, 47, 65), 900, "few bits", "broadcast"), 1, MANY_TERMS)


def gradient_dtypes(row: Entry) -> list[str]:
    """The dtypes in which an operation's large cases ask for gradients; none where it has none."""
    if not row.differentiable or all(form == "out" for form in row.forms):
        return []
    dtypes = row.operation.dtypes
    return [dtype for dtype in dtypes if dtype in _DIFFERENTIABLE] or [dtype for dtype in dtypes if dtype in FLOATS or dtype in COMPLEX]


def find(row: Entry, wanted: Wanted, seed: str, number: int = 0) -> tuple[Drawing, Case] | None:
    """A case of this scale that is large, and that torch does not refuse. Of several attempts the first that has what is large about the scale in it,
    and a result with elements; where the row has none such, the best there is. Which of the shapes that the row asks for is the large one comes up in
    turn, from ``number`` to ``number``."""
    oracle = find_backend(ORACLE)
    best: tuple[tuple[int, int], Drawing, Case] | None = None
    few = wanted.goal == FEW_ARGUMENTS
    dtype, grad, scale = wanted.dtype, wanted.grad, wanted.scale
    mark = {"ranks": "large ranks"}.get(scale.role) or ("large size 65536" if scale.size > 65000 else LARGE)
    forms = [form for form in row.forms if not (grad and form == "out")]
    forms = [form for form in forms if form in ("function", "method", "operator")] * scale.plain or forms
    for attempt in range(_ATTEMPTS):
        form = forms[zlib.crc32(f"{seed} {attempt} form".encode()) % len(forms)]
        drawing = Drawing(row.operation.name, dtype, form, scale, f"{seed} {attempt}", 0, grad)
        requests = drawing.requests()
        if not requests:
            continue
        drawing = replace(drawing, focus=(number + attempt) % requests)
        case = drawing.case()
        if LARGE not in case.labels:
            continue
        if lacking(oracle, row.operation.needs):
            continue
        outcome = execute(oracle, replace(case, grad=0))
        if sum(len(output.reading.data) for output in outcome.outputs) > 8 * _RESULTS:
            continue
        elements = not outcome.outputs or any(output.reading.data for output in outcome.outputs)
        given = outcome.error is None, elements, mark in case.labels or bool(wanted.goal) and not few
        marks = given[0] * 4 + given[1] * 2 + given[2], -few * (len(case.args) + len(case.kwargs))
        if not reached(wanted.goal, case, outcome):
            continue
        if best is None or marks > best[0]:
            best = marks, drawing, case
        if not few and (marks[0] == 7 or best[0][0] >= 6 and attempt >= _ATTEMPTS // 3):
            break
        if best[0][0] < 4 and attempt >= 2 and not wanted.goal:  # of this dtype, in this shape and layout, perhaps nothing is taken
            others = gradient_dtypes(row) if grad else row.operation.dtypes
            dtype = others[(others.index(dtype) + 1) % len(others)]
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
