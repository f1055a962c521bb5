"""Calls in which one dimension of one operand is long, whatever the row draws: each dimension of each operand in turn.

A row gives some of its sizes small, because others grow with them or because nobody thought of it: channels, batches, columns of which a distance is
taken. Kernels have blocks and tails along those as well. So a plain call of the row is taken, and one size grows: in one operand alone, where
torch takes that, or wherever the call has this size. Nothing grows faster than the size itself: where results do, a few vectors are enough.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any, Iterator, Sequence

from ...backends import find_backend
from ...cases.case import SEQUENCE, Case, TensorSpec, contiguous_strides, elements, map_values
from ...catalogue.entries import Entry, entry
from ...drawing.large_pen import LARGE, LONGEST, classes_of
from ...drawing.made_data import Recipe, make
from ...drawing.pen import PLAIN
from ...drawing.random_pen import RandomPen
from ...execution.oracles import ORACLE
from ...execution.outcomes import execute
from ..building import build_with

# A size that is no multiple of a vector, tile or block, and lies beyond most of them; where results grow faster than it, one of a few vectors.
_SIZES, _MODEST = (259, 1031), 67
_ELEMENTS, _RESULTS = 5000, 100_000
_OPERANDS = 3
_BASES = 10  # plain calls whose sizes may grow
_TRIES = 3  # at each dimension of each operand
_MOST = 5  # calls of an operation
_ALONE, _TOGETHER, _WITH_ARGUMENTS = "alone", "together", "with arguments"
# An operand by its number, a dimension (0, 1, or the last), and whether there are more than two.
Place = tuple[int, int, bool]


EVERYWHERE: frozenset[Place] = frozenset(product(range(_OPERANDS), (0, 1, -1), (False, True)))


class _Noting(RandomPen):
    """Notes of which tensors the elements are free."""

    def __init__(self, seed: str, dtype: str, form: str) -> None:
        super().__init__(seed, dtype, form, PLAIN)
        self.of_any_elements: set[int] = set()

    def tensor(
        self, shape: tuple[int, ...] | None = None, dtype: str | None = None, values: Sequence[Any] | None = None, mode: str | None = None,
        layout: str | None = None, differentiable: bool = True, rotation: int | None = None,
    ) -> TensorSpec:  # fmt: skip
        spec = super().tensor(shape, dtype, values, mode, layout, differentiable, rotation)
        if values is None and rotation is None:
            self.of_any_elements.add(spec.buffer)
        return spec


@dataclass(frozen=True)
class Grown:
    """Everything that such a call follows from: a plain call, which size of it grows, how far, and where else. ``cap``: no dimension is longer."""

    operation: str
    dtype: str
    form: str
    seed: str
    operand: int
    dim: int
    how: str
    size: int
    cap: int = LONGEST

    def case(self) -> Case:
        free, case = _plain(self.operation, self.dtype, self.form, self.seed)
        if _of_matrices(entry(self.operation)):
            free = set()  # elements that follow from a formula make up matrices that are nearly singular
        return _grown(case, free, self, min(self.size, self.cap), len(self.seed))


def _plain(name: str, dtype: str, form: str, seed: str) -> tuple[set[int], Case]:
    row = entry(name)
    pen = _Noting(seed, dtype, form)
    case = build_with(pen, row.operation, row.names)
    return pen.of_any_elements, replace(case, labels=case.labels - {"relayout", "again", SEQUENCE}, surroundings="")


def _shapes(case: Case, wanted: Grown, size: int) -> list[tuple[int, ...]]:
    """The shapes of the tensors once a size has grown."""
    specs = case.tensors()
    chosen = specs[wanted.operand]
    old = chosen.shape[wanted.dim]
    if wanted.how == _ALONE:
        return [(*spec.shape[: wanted.dim], size, *spec.shape[wanted.dim + 1 :]) if spec is chosen else spec.shape for spec in specs]
    return [tuple([size if each == old else each for each in spec.shape]) for spec in specs]


def _grown(case: Case, free: set[int], wanted: Grown, size: int, start: int) -> Case:
    specs, old = case.tensors(), case.tensors()[wanted.operand].shape[wanted.dim]
    labels = set(case.labels) | {LARGE}
    fresh: dict[int, TensorSpec] = {}
    for number, (spec, shape) in enumerate(zip(specs, _shapes(case, wanted, size), strict=True)):
        if shape != spec.shape and id(spec) not in fresh:
            case, fresh[id(spec)] = _longer(case, spec, shape, spec.buffer in free, start + 7919 * number)
            labels |= classes_of(shape)

    def one(value: Any) -> Any:
        if wanted.how == _WITH_ARGUMENTS and type(value) is int and value == old:
            return size
        return fresh.get(id(value), value)

    args = tuple([map_values(value, one) for value in case.args])
    kwargs = {name: map_values(value, one) for name, value in case.kwargs.items()}
    return replace(case, args=args, kwargs=kwargs, labels=frozenset(labels))


def _longer(case: Case, spec: TensorSpec, shape: tuple[int, ...], free: bool, start: int) -> tuple[Case, TensorSpec]:
    """The operand in another shape, in a buffer of its own; what elements the row chose come again slice by slice."""
    count = prod(shape)
    if free:
        data: bytes = make(Recipe(spec.dtype, count, start))
    else:
        held, strides = elements(case, spec), contiguous_strides(spec.shape)
        within = [[i % old * stride for i in range(size)] for old, size, stride in zip(spec.shape, shape, strides, strict=True)]
        data = b"".join([held[sum(place)] for place in product(*within)])
    new = replace(spec, buffer=len(case.buffers), shape=shape, strides=contiguous_strides(shape), offset=0)
    return replace(case, buffers=(*case.buffers, data)), new


def places(operand: int, spec: TensorSpec, dim: int) -> set[Place]:
    """By which names a dimension goes."""
    rank = len(spec.shape)
    return {(operand, place, rank > 2) for place in {dim} & {0, 1} | ({-1} if dim == rank - 1 else set())}


def long_places(case: Case, least: int = 128) -> set[Place]:
    """Which operands are long in which dimensions."""
    return {place for number, spec in enumerate(case.tensors()[:_OPERANDS]) for d, size in enumerate(spec.shape) if size > least
            for place in places(number, spec, d)}  # fmt: skip


def grown(row: Entry, covered: set[Place], seed: str) -> Iterator[tuple[Grown, Case]]:
    """Calls in which those dimensions are long that are not ``covered`` yet."""
    operation = row.operation
    dtypes: list[str] = [dtype for dtype in ("float32", "float64") if dtype in operation.dtypes] or list(operation.dtypes)
    forms = [form for form in row.forms if form in ("function", "method", "operator")] or [form for form in row.forms if form != "out"]
    covered, tries = set(covered), dict.fromkeys(EVERYWHERE, _TRIES)
    found, start = 0, zlib.crc32(seed.encode())
    for number in range(_BASES if forms else 0):
        base = f"{seed} grown {number}"
        dtype, form = dtypes[number % len(dtypes)], forms[number % len(forms)]
        try:
            _, case = _plain(operation.name, dtype, form, base)
        except Exception:  # noqa: BLE001 - a row that cannot draw is told when its examples are drawn
            continue
        specs = case.tensors()[:_OPERANDS]
        for turn in range(len(specs)):
            operand = (start + number + turn) % len(specs)
            spec = specs[operand]
            for dim in range(len(spec.shape)):
                missing = [place for place in places(operand, spec, dim) if place not in covered and tries[place]]
                if not missing or spec.shape[dim] < 2:
                    continue
                for key in missing:
                    tries[key] -= 1
                longest = _longest(row, Grown(operation.name, dtype, form, base, operand, dim, _ALONE, _MODEST), case)
                if longest is not None:
                    yield longest
                    covered |= long_places(longest[1], _MODEST - 1)
                    found += 1
                    if found == _MOST:
                        return


def _longest(row: Entry, wanted: Grown, case: Case) -> tuple[Grown, Case] | None:
    """The call with the longest size that is light enough; None if torch takes none."""
    if _of_matrices(row) and wanted.dim >= len(case.tensors()[wanted.operand].shape) - 2:
        return None  # what is computed grows with a power of it
    results = _results(case)
    for how in (_ALONE, _TOGETHER, _WITH_ARGUMENTS):
        modest = _made(row, replace(wanted, how=how), case)
        if modest is None:
            continue
        factor = _MODEST / case.tensors()[wanted.operand].shape[wanted.dim]
        if results and _results(modest) > 1.5 * factor * results:
            return replace(wanted, how=how), modest
        for size in reversed(_SIZES[: 2 if row.contract.kind in ("exact", "ulps") else 1]):
            longer = _made(row, replace(wanted, how=how, size=size), case)
            if longer is not None:
                return replace(wanted, how=how, size=size), longer
        return replace(wanted, how=how), modest
    return None


def _of_matrices(row: Entry) -> bool:
    return row.contract.kind == "backward" or row.operation.equations is not None


def _results(case: Case) -> int:
    """How many elements torch returns; 0 if it refuses the call."""
    outcome = execute(find_backend(ORACLE), replace(case, grad=0))
    return 0 if outcome.error is not None else sum(prod(output.reading.shape) for output in outcome.outputs)


def _made(row: Entry, wanted: Grown, plain: Case) -> Case | None:
    """The call, if torch takes it and it is light enough."""
    if any(prod(shape) > _ELEMENTS for shape in _shapes(plain, wanted, wanted.size)):
        return None
    case = wanted.case()
    if row.operation.fatal is not None and row.operation.fatal(case):
        return None
    return case if 0 < _results(case) <= _RESULTS else None
