"""Calls in which one thing is replaced: a number by one that is NaN, zero, a size or an element, the elements of an operand by those of another one,
a shape by one with more dimensions. A row draws numbers that make sense; what kernels do with the others, nobody looked at when they were written."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Callable, Sequence

from ...accuracy.number_formats import decode
from ...cases.case import EVERY_INTEGER, FLOATS, Case, TensorSpec, contiguous_strides, elements, iterate_tensors, map_values
from ...catalogue.entries import named_arguments, places_of
from ...drawing.pen import Pen
from ..thresholds import outcome_of

Rewrite = Callable[[Pen, Case], "Case | None"]
_LEADING = (1, 1)
DIMENSIONS = ("dim", "dims", "dim0", "dim1", "axis0", "axis1", "source", "destination", "start_dim", "end_dim", "dim2")
_LEFT_AS_THEY_ARE = ("reduction", "dropout_p", "dropout")  # numbers that stand for words, and how often chance decides


def input_numbers(case: Case) -> list[int]:
    """The numbers of the tensor arguments that are not ``out=``."""
    outs = {id(spec) for spec in iterate_tensors(case.kwargs.get("out"))}
    return [number for number, spec in enumerate(case.tensors()) if id(spec) not in outs]


def with_tensors(case: Case, new: dict[int, TensorSpec], buffers: tuple[bytes, ...] = ()) -> Case:
    """The case with some of its tensors replaced, and more buffers."""
    numbers = iter(range(len(case.tensors())))

    def leaf(value: object) -> object:
        return new.get(next(numbers), value) if isinstance(value, TensorSpec) else value

    args = map_values(case.args, leaf)
    kwargs = {name: map_values(value, leaf) for name, value in case.kwargs.items()}
    return replace(case, args=args, kwargs=kwargs, buffers=(*case.buffers, *buffers))


def _named(case: Case) -> dict[Any, Any]:
    """The arguments by their positions, or their names."""
    return {**dict(enumerate(case.args)), **case.kwargs}


def _numbers(case: Case, last: Sequence[str] = ()) -> list[Any]:
    """The positions, or names, of the numbers that may be replaced: if there is another, none of those that are named ``last``."""
    kept, later = ({place for name in names for place in places_of(case.operation, name)} for names in (_LEFT_AS_THEY_ARE, last))
    places = [place for place, value in _named(case).items() if type(value) in (int, float) and place not in kept]
    return [place for place in places if place not in later] or places


def _with_numbers(case: Case, new: dict[Any, Any]) -> Case:
    args = tuple([new.get(place, value) for place, value in enumerate(case.args)])
    return replace(case, args=args, kwargs={name: new.get(name, value) for name, value in case.kwargs.items()})


def _number(
    pen: Pen, case: Case, values: Callable[[Any], Sequence[Any]], fractions_first: bool, last: Sequence[str] = ()
) -> Case | None:  # fmt: skip
    """The case with a number that is an argument replaced by one of the values that it may become."""
    named, places = _named(case), _numbers(case, last)
    places += [place for place in places if type(named[place]) is float] * 2 * fractions_first  # which is no size
    if not places:
        return None
    place = pen.choice(places)
    return _with_numbers(case, {place: pen.choice(values(named[place]))})


def not_a_number(pen: Pen, case: Case) -> Case | None:
    return _number(pen, case, lambda number: (math.nan,), True)


def zero(pen: Pen, case: Case) -> Case | None:
    return _number(pen, case, lambda number: (0,) if type(number) is int else (0.0, -0.0), True)


def size_of_a_dimension(pen: Pen, case: Case) -> Case | None:
    """A number that is the size of a dimension, or beside it: what is divided by their difference, or counted up to it. Numbers that name no
    dimension come first, and the numbers of elements of the first operand."""
    sizes = {size for spec in case.tensors() for size in (*spec.shape, spec.numel)}
    near = sorted({sign * size + step for size in sizes for sign in (1, -1) for step in (-1, 0, 1)})
    near += [spec.numel + step for spec in case.tensors()[:1] for step in (0, 1)] * (len(near) // 4)
    return _number(pen, case, lambda number: [type(number)(size) for size in near], False, DIMENSIONS) if near else None


def size_along_its_dimensions(pen: Pen, case: Case) -> Case | None:
    """A number that is how many elements there are along the dimensions that are named, or in all; several numbers that are these sizes."""
    spec = next(iter(case.tensors()), None)
    if spec is None or spec.numel < 2:
        return None
    dims = [value for name, value in named_arguments(case).items() if name in DIMENSIONS]
    named = [dim for value in dims for dim in (value if type(value) is tuple else (value,)) if type(dim) is int]
    along = [dim for dim in named if -len(spec.shape) <= dim < len(spec.shape)]
    sizes = [spec.shape[dim] for dim in along] or list(spec.shape)
    kept = {place for name in DIMENSIONS for place in places_of(case.operation, name)}
    places = [place for place in [*_numbers(case), *_tuples(case)] if place not in kept]
    if not places:
        return None
    place = pen.choice(places)
    several = _named(case)[place]
    if type(several) is tuple:
        return _with_numbers(case, {place: (*several[: -len(sizes)], *sizes[-len(several) :])})
    return _with_numbers(case, {place: type(several)(math.prod(sizes) if along or pen.chance(2) else sizes[-1])})


def _tuples(case: Case) -> list[Any]:
    """The positions, or names, of several integers."""
    return [place for place, value in _named(case).items() if type(value) is tuple and value and all(type(each) is int for each in value)]


def element_of_an_operand(pen: Pen, case: Case) -> Case | None:
    """A number that an element is equal to: a bound, or the place of a kink. Of several with fractions each is one, the lower ones first."""
    spec = next((spec for spec in case.tensors() if spec.numel and (spec.dtype in FLOATS or spec.dtype in EVERY_INTEGER)), None)
    held = () if spec is None else decode(b"".join(elements(case, spec)), spec.dtype)
    places = [place for place in _numbers(case) if type(_named(case)[place]) is float]
    if len(places) > 1 and held:
        lowest = sorted(float(x) for x in held)
        chosen = sorted(pen.integer(0, len(lowest) - 1) for _ in places)
        return _with_numbers(case, {place: lowest[number] for place, number in zip(places, chosen)})
    return _number(pen, case, lambda number: [float(x) if type(number) is float else x for x in held], True) if held else None


def same_elements(pen: Pen, case: Case) -> Case | None:
    """An operand in memory of its own whose elements are those of an earlier one of its dtype, over and over."""
    specs = case.tensors()
    floats = [number for number in input_numbers(case) if specs[number].dtype in FLOATS and specs[number].numel]
    pairs = [(i, j) for i in floats for j in floats if i < j and specs[i].dtype == specs[j].dtype]
    if not pairs:
        return None
    i, j = pen.choice(pairs)
    data, spec = elements(case, specs[i]), specs[j]
    again = (data * (spec.numel // len(data) + 1))[: spec.numel]
    new = replace(spec, buffer=len(case.buffers), strides=contiguous_strides(spec.shape), offset=0)
    return with_tensors(case, {j: new}, (b"".join(again),))


def leading_ones(pen: Pen, case: Case) -> Case | None:
    """Any operand but the first one with dimensions of size 1 in front, which where it is written to is no matter. Not all of torch's kernels survive
    that, so the reference has to take it."""
    later = [number for number in input_numbers(case)[1:] if case.tensors()[number].shape]
    if not later:
        return None
    spec = case.tensors()[number := pen.choice(later)]
    ones = (*_LEADING, *spec.shape)
    related = with_tensors(case, {number: replace(spec, shape=ones, strides=(*contiguous_strides(ones)[: len(_LEADING)], *spec.strides))})
    return related if outcome_of(related).error is None else None
