"""What a call is made of, told so that calls can be held against each other: which arguments it has, and what about each."""

from __future__ import annotations

from typing import Any, Iterator

from ...accuracy.number_formats import decode
from ...cases.case import FLOATS, INTEGERS, Case, TensorSpec, contiguous_strides, element_offsets, elements
from ...catalogue.entries import parameters

# Which argument, and what about it; what a row chooses (and not what lies in its tensors) is an option.
Feature = tuple[str, Any]
_RANKS = 3  # and more
_WORD = "word"
MANY = 32  # elements, more than a vector has


def named(case: Case) -> dict[str, Any]:
    names = parameters(case.operation)
    return {names[i] if i < len(names) else f"argument {i}": arg for i, arg in enumerate(case.args)} | case.kwargs


def features(case: Case) -> tuple[set[Feature], set[Feature]]:
    """What is chosen, and what lies in the tensors."""
    arguments = named(case)
    specs = [arg for arg in arguments.values() if isinstance(arg, TensorSpec)]
    most = max((size for spec in specs[:1] for size in spec.shape), default=1)
    options: set[Feature] = set()
    others: set[Feature] = set()
    integers = {arg for arg in arguments.values() if type(arg) is int}
    for name, arg in arguments.items():
        if isinstance(arg, TensorSpec):
            others |= {(name, feature) for feature in _of_tensor(case, arg, integers)}
            if arg is not specs[0]:
                options.add((name, "given"))
        elif isinstance(arg, (tuple, list)) and arg and all(type(each) is int for each in arg):
            options |= {(name, (size, "of several") if len(arg) > 1 else size) for size in {_size(each, most) for each in arg}}
        else:
            options.add((name, _size(arg, most) if type(arg) is int else _value(arg)))
    return options, others


def _size(number: int, most: int) -> str:
    """Where an integer lies beside a dimension's size."""
    if abs(number) > most:
        return "far above" if number > 0 else "far below"
    return "negative" if number < 0 else ("zero", "one")[number] if number < 2 else "several"


def _value(arg: Any) -> Any:
    if type(arg) is float:
        return "zero" if arg == 0 else "below" if arg < 0 else "at most one" if arg <= 1 else "above"
    if isinstance(arg, str):
        return _WORD, arg
    return arg if isinstance(arg, (bool, type(None))) else type(arg).__name__


def is_choice(feature: Feature) -> bool:
    """Whether an argument is a word, or a flag, which decide what is computed."""
    value = feature[1]
    return isinstance(value, bool) or isinstance(value, tuple) and value[0] == _WORD


def _of_tensor(case: Case, spec: TensorSpec, integers: set[int]) -> Iterator[str]:
    if 1 in spec.shape:
        yield "a size of one"
    if 0 in spec.shape or not spec.shape:
        yield "no size" if spec.shape else "no dimension"
        return
    if 0 in spec.strides:
        yield "expanded"
    places = element_offsets(spec.shape, spec.strides, spec.offset)[:64]
    numbers = decode(case.buffers[spec.buffer], spec.dtype)
    held = [numbers[place] for place in places]
    if spec.dtype in FLOATS:
        if any(x != x for x in held):
            yield "nan"
        if 0.0 in held:
            yield "zero"
    elif spec.dtype in INTEGERS:
        if min(held) < 0:
            yield "negative"
        if integers & {*held}:
            yield "an argument among its elements"
        if len({*held}) < len(held):
            yield "ties"


def structure(case: Case) -> set[Feature]:
    """Form, dtypes, ranks, numbers of elements and layouts."""
    found: set[Feature] = {("form", case.form)}
    found |= {(name, "many elements") for name, arg in named(case).items() if isinstance(arg, TensorSpec) and arg.numel >= MANY}
    for number, spec in enumerate(case.tensors()[:3]):
        name = f"operand {number}"
        size = next((i for i, most in enumerate((0, 1, 7, MANY - 1)) if spec.numel <= most), 4)
        found |= {(name, ("rank", len(spec.shape))), (name, ("size", size)), (name, (layout_of(spec), spec.offset > 0)), (name, spec.dtype)}
    return found


def of_first_operand(case: Case) -> set[Feature]:
    """Whether the first operand is a vector, a matrix, or has more dimensions, for which kernels and formulas of their own are; and whether some of
    its elements are equal."""
    spec = next(iter(case.tensors()), None)
    if spec is None:
        return set()
    held = elements(case, spec)[:64]
    return {("rank", min(len(spec.shape), _RANKS)), ("ties", len({*held}) < len(held))}


def layout_of(spec: TensorSpec) -> str:
    """The kind of a tensor's layout."""
    return "dense" if spec.strides == contiguous_strides(spec.shape) else "expanded" if 0 in spec.strides else "strided"


def in_dtype(case: Case) -> set[tuple[str, Any]]:
    """The dtype of the first operand beside each of the two things that kernels are chosen by: how many dimensions, and which layout. Nothing of a
    tensor of one element, which has any layout, and of a call into ``out=``, which is another kernel."""
    spec = next(iter(case.tensors()), None)
    if spec is None or spec.numel < 2 or case.form == "out":
        return set()
    return {(spec.dtype, min(len(spec.shape), _RANKS)), (spec.dtype, layout_of(spec))}
