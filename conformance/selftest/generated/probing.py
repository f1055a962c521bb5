"""Inputs on which it is decided whether a generated defect changes anything at all.

They do not come from the rows of the catalogue alone: a drawn call is only where they start. Its sizes grow beyond blocks and tiles, its
operands become related or are laid out anew, single values become critical ones, dtypes, arguments, forms and ``requires_grad`` change; several
of these at a time. What torch refuses, or answers differently the second time, is dropped.
"""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from math import prod
from typing import Any, Callable, Iterable, Iterator

from ...accuracy.number_formats import encode
from ...backends.base import Reading
from ...cases.case import (
    COMPLEX,
    EVERY_INTEGER,
    FLOATS,
    ITEMSIZE,
    Case,
    TensorSpec,
    contiguous_strides,
    element_offsets,
    elements,
    iterate_tensors,
    map_values,
)  # fmt: skip
from ...catalogue.entries import Entry, parameters
from ...drawing.values import INTEGER_LIMITS, poison, table
from ...examples.relations import specified
from ...execution.outcomes import execute
from .. import apart
from ..replay import Drawn, oracle, signature

Change = Callable[[random.Random, Case, Entry], Case | None]
SIZES = (3, 5, 7, 8, 9, 13, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 255, 257, 1023, 1025)
CRITICAL = (
    0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -0.5, 2.0, 3.0, 6.0, -3.0, 88.5, 89.5, 710.0, -104.0, 1e-30, float("inf"), -float("inf"),
    float("nan"), -float("nan"), 2.0**24 + 1, 2.0**53 - 1, 2.0**23 + 0.5, 0.49999997, 3e38, 1e-40, 2047.0, 65504.0,
)  # fmt: skip
SECONDS = 2.0  # for one example
MOST = 5000  # elements of one tensor


def probes(row: Entry, bases: Iterable[Drawn], count: int, seed: int) -> list[Drawn]:
    """So many examples derived from drawn ones, with torch's outcome."""
    start = [drawn.case for drawn in bases if drawn.expected.error is None and drawn.case.tensors()]
    found: list[Drawn] = []
    tried, most = 0, 8 * count if start else 0
    while tried < most and len(found) < count:
        try:
            for drawn in apart.items(partial(_tried, row, start, seed, range(tried, most)), SECONDS):
                tried += 1
                found += [] if drawn is None else [drawn]
                if len(found) >= count:
                    break
        except apart.Died:
            tried += 1  # torch does not survive that one
    return found


def _tried(row: Entry, start: list[Case], seed: int, numbers: Iterable[int]) -> Iterator[Drawn | None]:
    for number in numbers:
        draw = random.Random(f"{row.operation.name} {seed} {number}")
        case: Case | None = draw.choice(start)
        for change in draw.choices(CHANGES, k=draw.choice((1, 1, 2, 2, 3))):
            case = None if case is None else _attempted(change, draw, case, row)
        yield None if case is None else _examined(replace(case, labels=frozenset(), nudge=None), row)


def _attempted(change: Change, draw: random.Random, case: Case, row: Entry) -> Case | None:
    try:
        return change(draw, case, row)
    except (ValueError, OverflowError, IndexError):  # it has no such tensor, or no such value
        return None


def _examined(case: Case, row: Entry) -> Drawn | None:
    try:
        return examined(case, row)
    except Exception:  # noqa: BLE001 - torch accepts some calls and makes tensors that cannot be read
        return None


def examined(case: Case, row: Entry) -> Drawn | None:
    """The case with torch's outcome; None where torch raises, leaves the twelve dtypes, or does not say the same twice."""
    values = row.operation.values
    first = execute(oracle(), case)
    if first.error is not None or any(output.reading.dtype not in ITEMSIZE for output in first.outputs):
        return None
    if any(output.alias[0] == "input" and _leaves_memory(case, output.reading) for output in first.outputs):
        return None  # a view of what lies behind its storage
    written = case.form == "out" or case.target is not None
    case = replace(case, unspecified=written and not specified(case, first))
    known = signature(first, case, values)
    return Drawn(case, first, known, values) if signature(execute(oracle(), case), case, values) == known else None


def _leaves_memory(case: Case, reading: Reading) -> bool:
    """Whether a view reaches beyond all of the call's storages."""
    last = reading.offset + sum((size - 1) * stride for size, stride in zip(reading.shape, reading.strides, strict=True) if size)
    return 0 not in reading.shape and (last + 1) * ITEMSIZE[reading.dtype] > max(map(len, case.buffers), default=0)


# -- tensors made anew -------------------------------------------------------------------------------


def _blob(draw: random.Random, case: Case, spec: TensorSpec, count: int, index: bool) -> list[bytes]:
    """Elements for a tensor: of an index (and of what may be one) those that it has, otherwise any."""
    have = elements(case, spec)
    pool = have if index and have else table(spec.dtype, draw.choice(("ordinary", "ordinary", "special", "ties")), draw.randrange(8))
    if case.grad and not index:
        pool = table(spec.dtype, "ordinary", draw.randrange(8))
    return draw.choices(pool, k=count)


def _laid_out(draw: random.Random, case: Case, spec: TensorSpec, data: list[bytes], kind: str | None = None) -> tuple[Case, TensorSpec]:
    """The tensor in a buffer of its own: dense, permuted, with gaps, at an offset."""
    shape = spec.shape
    kind = kind or draw.choice(("dense", "dense", "permuted", "gaps", "offset"))
    order = list(range(len(shape)))
    if kind != "dense":
        draw.shuffle(order)
    strides, step = [0] * len(shape), 1
    for d in reversed(order):
        if kind == "gaps":
            step *= draw.choice((1, 2, 3))
        strides[d] = step
        step *= max(shape[d], 1)
    if kind == "offset":
        strides = list(contiguous_strides(shape))
    offset = draw.choice((1, 2, 5)) if kind in ("gaps", "offset") else 0
    used = element_offsets(shape, tuple(strides), offset) if prod(shape) else ()
    cells = [poison(spec.dtype) if not case.grad else table(spec.dtype, "ordinary", 0)[1]] * (max(used, default=-1) + 1 + (kind == "gaps"))
    for place, element in zip(used, data, strict=True):
        cells[place] = element
    fresh = replace(spec, buffer=len(case.buffers), strides=tuple(strides), offset=offset)
    return replace(case, buffers=(*case.buffers, b"".join(cells))), fresh


def _exchanged(case: Case, what: TensorSpec, by: TensorSpec) -> Case:
    """The case with a tensor argument replaced, wherever this very object stands."""

    def one(value: Any) -> Any:
        return by if value is what else value

    return replace(case, args=map_values(case.args, one), kwargs=map_values(case.kwargs, one))


def _outs(case: Case) -> list[int]:
    return [id(spec) for spec in iterate_tensors(case.kwargs.get("out"))]


def _may_index(case: Case, spec: TensorSpec) -> bool:
    return spec.dtype in EVERY_INTEGER and bool(case.args) and spec is not case.args[0] and len(case.tensors()) > 1


def _reshaped(draw: random.Random, case: Case, shape_of: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Case | None:
    """All tensors in other shapes, with new elements and layouts."""
    if case.chain:
        case = replace(case, chain=())
    for spec in case.tensors():
        shape = shape_of(spec.shape)
        if prod(shape) > MOST:
            return None
        data = _blob(draw, case, spec, prod(shape), _may_index(case, spec))
        case, fresh = _laid_out(draw, case, replace(spec, shape=shape), data)
        case = _exchanged(case, spec, fresh)
    return case


# -- changes -----------------------------------------------------------------------------------------


def _larger(draw: random.Random, case: Case, row: Entry) -> Case | None:
    sizes = {size for spec in case.tensors() for size in spec.shape if size > 1}
    if not sizes:
        return None
    grown = {size: draw.choice(SIZES) for size in draw.sample(sorted(sizes), draw.randint(1, len(sizes)))}
    changed = _reshaped(draw, case, lambda shape: tuple([grown.get(size, size) for size in shape]))
    if changed is None:
        return None
    changed = _with_sizes(changed, grown)
    return replace(changed, form="function", kwargs={k: v for k, v in changed.kwargs.items() if k != "out"}) if changed.form == "out" else changed


def _with_sizes(case: Case, grown: dict[int, int]) -> Case:
    """Arguments that are shapes grow as well."""

    def one(value: Any) -> Any:
        if type(value) in (tuple, list) and len(value) > 1 and all(type(item) is int and item >= 0 for item in value) and max(value) > 1:
            return type(value)([grown.get(item, item) for item in value])
        return value

    return replace(case, args=tuple([one(value) for value in case.args]), kwargs={key: one(value) for key, value in case.kwargs.items()})


def _more_dimensions(draw: random.Random, case: Case, row: Entry) -> Case | None:
    lead = tuple([draw.choice((1, 2, 2, 3)) for _ in range(draw.choice((1, 2, 3, 4)))])
    some = draw.random() < 0.3
    changed = _reshaped(draw, case, lambda shape: shape if some and draw.random() < 0.5 else (*lead, *shape))
    return None if changed is None or changed.form == "out" else changed


def _one_size(draw: random.Random, case: Case, row: Entry) -> Case | None:
    """A size becomes 0, 1, or that of another dimension; of one tensor or of all."""
    sizes = sorted({size for spec in case.tensors() for size in spec.shape})
    if not sizes or case.form == "out":
        return None
    old, new = draw.choice(sizes), draw.choice((0, 1, 1, *sizes))
    return _reshaped(draw, case, lambda shape: tuple([new if size == old else size for size in shape]))


def _layout(draw: random.Random, case: Case, row: Entry) -> Case | None:
    spec = draw.choice([spec for spec in case.tensors() if id(spec) not in _outs(case)])
    if draw.random() < 0.25 and 1 in spec.shape:  # the stride of a dimension of size 1 is nobody's
        strides = tuple([draw.choice((0, 1, 7, 64)) if size == 1 else stride for size, stride in zip(spec.shape, spec.strides, strict=True)])
        return _exchanged(replace(case, chain=()), spec, replace(spec, strides=strides))
    wide = [d for d, size in enumerate(spec.shape) if size > 1]
    if draw.random() < 0.3 and wide and spec is not case.target:
        dim = draw.choice(wide)
        return _exchanged(case, spec, replace(spec, strides=tuple([0 if d == dim else stride for d, stride in enumerate(spec.strides)])))
    changed, fresh = _laid_out(draw, replace(case, chain=()), spec, elements(case, spec), draw.choice(("permuted", "gaps", "offset")))
    return _exchanged(changed, spec, fresh)


def _critical(draw: random.Random, case: Case, row: Entry) -> Case | None:
    """Some elements become values at which functions are special, of both signs."""
    spec = draw.choice([spec for spec in case.tensors() if spec.numel and id(spec) not in _outs(case)])
    if _may_index(case, spec) and row.operation.family in ("indexing", "joining"):
        return None
    values: tuple[Any, ...] = CRITICAL
    if spec.dtype in EVERY_INTEGER:
        low, high = INTEGER_LIMITS[spec.dtype]
        values = tuple([v for v in (low, low + 1, high, high - 1, -1, 0, 1, 2, 31, 63, 64, 2**24 + 1, 2**53 + 1) if low <= v <= high])
    data = elements(case, spec)
    for place in draw.sample(range(len(data)), draw.randint(1, min(len(data), 12))):
        value = draw.choice(values)
        data[place] = encode([complex(value, draw.choice(values)) if spec.dtype in COMPLEX else value], spec.dtype)
    changed, fresh = _laid_out(draw, replace(case, chain=()), spec, data)
    return _exchanged(changed, spec, fresh)


def _related(draw: random.Random, case: Case, row: Entry) -> Case | None:
    """An operand, or ``out=``, becomes another one, or another view of its memory."""
    found = case.tensors()
    first, second = draw.sample(found, 2)
    if first.dtype != second.dtype or first is case.target:
        return None
    if first.shape == second.shape and draw.random() < 0.5:
        return _exchanged(case, first, replace(second, requires_grad=first.requires_grad))
    cells = len(case.buffers[second.buffer]) // ITEMSIZE[second.dtype]
    offset = second.offset + draw.choice((0, 1, 0, -1))
    if offset < 0 or offset + first.numel > cells:
        return None
    view = replace(first, buffer=second.buffer, strides=contiguous_strides(first.shape), offset=offset)
    return _exchanged(replace(case, chain=()), first, view)


def _dtype(draw: random.Random, case: Case, row: Entry) -> Case | None:
    spec = draw.choice([spec for spec in case.tensors() if id(spec) not in _outs(case) and not spec.requires_grad])
    dtype = draw.choice(row.operation.dtypes)
    if _may_index(case, spec):
        return None
    fresh = replace(spec, dtype=dtype)
    data = draw.choices(table(dtype, draw.choice(("ordinary", "special", "ties")), draw.randrange(8)), k=spec.numel)
    changed, fresh = _laid_out(draw, replace(case, chain=()), fresh, data)
    return _exchanged(changed, spec, fresh)


def _argument(draw: random.Random, case: Case, row: Entry) -> Case | None:
    """A Python number, a flag or a missing argument becomes another one."""
    places: list[Any] = [i for i, value in enumerate(case.args) if type(value) in (bool, int, float)]
    places += [key for key, value in case.kwargs.items() if type(value) in (bool, int, float)]
    place = draw.choice(places)
    old = case.args[place] if isinstance(place, int) else case.kwargs[place]
    new: Any = not old
    if type(old) is int:
        new = draw.choice((-old, old + 1, old - 1, 0, 1, -1, 2, -2, float(old)))
    elif type(old) is float:
        new = draw.choice((0.0, -0.0, 1.0, -1.0, 0.1, float("inf"), float("nan"), -old, old * 3))
    if isinstance(place, int):
        return replace(case, args=(*case.args[:place], new, *case.args[place + 1 :]))
    return replace(case, kwargs={**case.kwargs, place: new})


def _by_name(draw: random.Random, case: Case, row: Entry) -> Case | None:
    names = parameters(row.operation.name)
    if case.form not in ("function", "method", "inplace", "out") or not 1 < len(case.args) <= len(names):
        return None
    start = draw.randint(1, len(case.args) - 1)
    return replace(case, args=case.args[:start], kwargs={**dict(zip(names[start:], case.args[start:], strict=False)), **case.kwargs})


def _form(draw: random.Random, case: Case, row: Entry) -> Case | None:
    if case.form not in ("function", "method", "inplace") or case.grad:
        return None
    form = draw.choice([form for form in row.forms if form in ("function", "method", "inplace")])
    return replace(case, form=form)


def _gradient(draw: random.Random, case: Case, row: Entry) -> Case | None:
    """Gradients are asked for, of all operands or of some."""
    if not row.differentiable or case.form in ("out", "inplace") or case.chain:
        return None
    for spec in case.tensors():
        if spec.dtype in FLOATS or spec.dtype in COMPLEX:
            case = _exchanged(case, spec, replace(spec, requires_grad=draw.random() < 0.7))
    return replace(case, grad=draw.choice((1, 2))) if any(spec.requires_grad for spec in case.tensors()) else None


CHANGES: tuple[Change, ...] = (
    _larger, _larger, _larger, _more_dimensions, _one_size, _layout, _layout, _critical, _critical, _critical, _related, _related, _dtype, _argument,
    _by_name, _form, _gradient, _gradient,
)  # fmt: skip
