"""A failing call with fewer elements: what hypothesis left large, or had no time for, is cut down as plain data.

Hypothesis shrinks the choices that made a case, and some choices make many elements at once: all critical points of a dtype are drawn together, or
not at all. Here the case itself is edited, without regard to how it was drawn: rows and columns are left out, then dimensions, then elements are
made simple. An edit stays if the judge still finds the same: the same property and kind of difference, and of an error the same expectation, so that
no call fails for another reason than the one that is reported.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from math import prod
from typing import Any, Callable, Iterator, Sequence

from ...accuracy.number_formats import encode
from ...cases.case import ITEMSIZE, Case, TensorSpec, canonical, iterate_arrays, map_values
from ...cases.deviation import Deviation
from .reports import kind_of

ENOUGH = 2  # elements in all: nobody wants fewer
FEW = 16  # elements of a tensor that are made simple one by one
_ELEMENT = re.compile(r"element (\d+)")
_NUMBER = re.compile(r"-?\d+")
Check = Callable[[Case], Sequence[Deviation]]


def elements_in(case: Case) -> int:
    """How many elements a call shows: those of its buffers."""
    return sum(len(case.buffers[number]) // size for number, size in _itemsizes(case).items())


def reduced(case: Case, deviation: Deviation, check: Check, seconds: float) -> tuple[Case, Deviation, bool]:
    """The smallest call that was found, what fails in it, and whether nothing smaller was left to try."""
    return _Reducer(case, deviation, check, time.monotonic() + seconds).run()


class _Reducer:
    def __init__(self, case: Case, deviation: Deviation, check: Check, ends: float) -> None:
        self.case, self.deviation = case, deviation
        self._check, self._ends = check, ends
        self._looked_for = _identity(deviation)

    def run(self) -> tuple[Case, Deviation, bool]:
        steps = (self._one_element, self._contiguous, self._shorter, self._fewer_dimensions, self._simpler)
        whole = all(step() for step in steps)
        return self.case, self.deviation, whole

    def _accepts(self, case: Case) -> bool:
        """Whether the call fails as before, and it is the one to go on with."""
        for found in self._check(case):
            if _identity(found) == self._looked_for:
                self.case, self.deviation = case, found
                return True
        return False

    def _over(self) -> bool:
        return time.monotonic() > self._ends

    def _one_element(self) -> bool:
        """The element that is told, and what of each operand is broadcast to it."""
        told = _ELEMENT.search(self.deviation.rule)
        specs = self.case.tensors()
        if told is None or not specs or all(spec.numel <= 1 for spec in specs):
            return True
        index, shape = int(told.group(1)), _broadcast([spec.shape for spec in specs])
        if shape is not None and index < prod(shape):
            place = _unravelled(index, shape)
            self._accepts(_edited(self.case, lambda spec: _at(spec, place)))
        return True

    def _contiguous(self) -> bool:
        plain = canonical(self.case)
        if plain is not None:
            self._accepts(plain)
        return True

    def _shorter(self) -> bool:
        """Each size by itself, in all tensors that have it: ever shorter ranges of its indices, then without the first or the last."""
        for size in sorted({size for spec in self.case.tensors() for size in spec.shape if size > 1}, reverse=True):
            now, step = size, size // 2
            while step and not self._over():
                kept = next((n for first in range(0, now, step) if (n := self._within(now, first, first + step))), 0)
                now, step = (kept, kept // 2) if kept else (now, step // 2)
            while 1 < now <= FEW and (self._within(now, 1, now) or self._within(now, 0, now - 1)):
                now -= 1
        return not self._over()

    def _within(self, size: int, first: int, end: int) -> int:
        """How many indices of a size are left if these are enough; 0 if they are not."""
        kept = range(first, min(end, size))
        return len(kept) if not self._over() and self._accepts(_edited(self.case, lambda spec: _ranged(spec, size, kept))) else 0

    def _fewer_dimensions(self) -> bool:
        """Without the dimensions of size 1, all at once or the first of each tensor."""
        if any(1 in spec.shape for spec in self.case.tensors()) and not self._accepts(_edited(self.case, lambda spec: _squeezed(spec, 8))):
            while not self._over() and self._accepts(_edited(self.case, lambda spec: _squeezed(spec, 1))):
                pass
        return not self._over()

    def _simpler(self) -> bool:
        """Elements that do not matter become 1, or 0."""
        for number, size in _itemsizes(self.case).items():
            dtype = next(spec.dtype for spec in self.case.tensors() if spec.buffer == number)
            for simple in _simple(dtype):
                for changed in _with(self.case.buffers[number], size, simple):
                    if self._over():
                        return False
                    buffers = (*self.case.buffers[:number], changed(self.case.buffers[number]), *self.case.buffers[number + 1 :])
                    if buffers[number] != self.case.buffers[number]:
                        self._accepts(replace(self.case, buffers=buffers))
        return True


def _identity(deviation: Deviation) -> tuple[str, ...]:
    """What stays the same; the sizes that an error tells do not."""
    return deviation.property, kind_of(deviation), *((_NUMBER.sub("", deviation.expected),) if deviation.property == "errors" else ())


# -- edits ---------------------------------------------------------------------------------------


def _edited(case: Case, edit: Callable[[TensorSpec], TensorSpec]) -> Case:
    """The call on other views of its buffers, of which what no view shows any more is cut off."""

    def of(value: Any) -> Any:
        return edit(value) if isinstance(value, TensorSpec) else value

    return _trimmed(replace(case, args=map_values(case.args, of), kwargs=map_values(case.kwargs, of)))


def _trimmed(case: Case) -> Case:
    if case.joined or iterate_arrays(case):
        return case
    buffers, moved = list(case.buffers), {}
    for number, size in _itemsizes(case).items():
        views = [spec for spec in case.tensors() if spec.buffer == number and spec.numel]
        first = min([spec.offset for spec in views], default=0)
        last = max([spec.offset + sum((n - 1) * step for n, step in zip(spec.shape, spec.strides, strict=True)) for spec in views], default=-1)
        buffers[number] = buffers[number][first * size : (last + 1) * size]
        moved[number] = first

    def move(value: Any) -> Any:
        return replace(value, offset=max(value.offset - moved.get(value.buffer, 0), 0)) if isinstance(value, TensorSpec) else value

    return replace(case, buffers=tuple(buffers), args=map_values(case.args, move), kwargs=map_values(case.kwargs, move))


def _itemsizes(case: Case) -> dict[int, int]:
    """The bytes of an element of each buffer that tensors of one size of elements look at."""
    sizes: dict[int, set[int]] = {}
    for spec in case.tensors():
        sizes.setdefault(spec.buffer, set()).add(ITEMSIZE[spec.dtype])
    return {number: found.pop() for number, found in sizes.items() if len(found) == 1}


def _ranged(spec: TensorSpec, size: int, kept: range) -> TensorSpec:
    """The indices ``kept`` of each dimension of a size."""
    shape = tuple([len(kept) if n == size else n for n in spec.shape])
    moved = sum(kept.start * step for n, step in zip(spec.shape, spec.strides, strict=True) if n == size)
    return replace(spec, shape=shape, offset=spec.offset + moved)


def _at(spec: TensorSpec, place: tuple[int, ...]) -> TensorSpec:
    """What of a tensor is broadcast to a place, in as many dimensions."""
    own = place[len(place) - len(spec.shape) :]
    moved = sum(i * step for i, n, step in zip(own, spec.shape, spec.strides, strict=True) if n > 1)
    return replace(spec, shape=(1,) * len(spec.shape), offset=spec.offset + moved)


def _squeezed(spec: TensorSpec, most: int) -> TensorSpec:
    """Without the first dimensions of size 1."""
    ones = [i for i, n in enumerate(spec.shape) if n == 1][:most]
    left = [i for i in range(len(spec.shape)) if i not in ones]
    return replace(spec, shape=tuple([spec.shape[i] for i in left]), strides=tuple([spec.strides[i] for i in left]))


def _broadcast(shapes: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The shape that all of them are broadcast to, if there is one."""
    rank = max(map(len, shapes))
    columns = zip(*[(1,) * (rank - len(shape)) + shape for shape in shapes], strict=True)
    sizes = [{n for n in column if n != 1} or {1} for column in columns]
    return tuple([size.pop() for size in sizes]) if all(len(size) == 1 for size in sizes) else None


def _unravelled(index: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    place = []
    for size in reversed(shape):
        index, i = divmod(index, size)
        place.append(i)
    return tuple(reversed(place))


def _simple(dtype: str) -> list[bytes]:
    return [encode((number,), dtype) for number in ((True, False) if dtype == "bool" else (1, 0))]


def _with(data: bytes, size: int, simple: bytes) -> Iterator[Callable[[bytes], bytes]]:
    """Edits of a buffer: all elements simple, then one after the other."""
    many = len(data) // size
    yield lambda now: simple * many
    if 1 < many <= FEW:
        for i in range(many):
            if data[i * size : (i + 1) * size] not in (simple, bytes(size)):
                yield lambda now, i=i: now[: i * size] + simple + now[(i + 1) * size :]  # type: ignore[misc]
