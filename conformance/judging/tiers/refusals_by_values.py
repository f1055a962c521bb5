"""Calls that are refused because of their elements: an index out of range, a matrix that is singular, a negative probability.

A device that does not look at elements cannot refuse them. What torch refuses with these elements and takes with others, of equal dtypes, shapes and
strides, is refused because of them.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any, Callable

from ...accuracy.number_formats import encode, is_float
from ...backends.base import Backend, Unsupported
from ...cases.case import ITEMSIZE, Case, TensorSpec, element_offsets
from ...execution.outcomes import execute

Fill = Callable[[TensorSpec], list[Any]]


def _identity(spec: TensorSpec) -> list[Any]:
    """Identity matrices; zeros of a tensor that is no matrix."""
    if len(spec.shape) < 2:
        return [0] * spec.numel
    rows, columns = spec.shape[-2:]
    one = [int(i == j) for i in range(rows) for j in range(columns)]
    return one * (spec.numel // max(rows * columns, 1))


def _counting(spec: TensorSpec) -> list[Any]:
    """1, 2, ... along the last dimension, as pivots and sorted boundaries are; of a dtype with fewer numbers as far as they go."""
    last = spec.shape[-1] if spec.shape else 1
    most = 2 ** (8 * ITEMSIZE[spec.dtype] - 1) - 1
    return [min(1 + i % max(last, 1), most) for i in range(spec.numel)]


def _all(value: Any) -> Fill:
    return lambda spec: [value] * spec.numel


_INTEGERS: tuple[Fill, ...] = (_all(0), _all(1), _counting)
_FLOATS: tuple[Fill, ...] = (_all(0.5), _all(1), _identity, _all(0))


def refused_by_values(oracle: Backend, case: Case) -> bool:
    """Whether torch, which refuses the call, takes it with other elements."""
    if not case.tensors():
        return False
    integers = _INTEGERS if any(not is_float(spec.dtype) for spec in case.tensors()) else _INTEGERS[:1]
    floats = _FLOATS if any(is_float(spec.dtype) for spec in case.tensors()) else _FLOATS[:1]
    return any(_takes(oracle, _filled(case, *fills)) for fills in product(integers, floats))


def _takes(oracle: Backend, case: Case) -> bool:
    try:
        return execute(oracle, case).error is None
    except Unsupported:
        return False


def _filled(case: Case, integers: Fill, floats: Fill) -> Case:
    """The case with other elements in its tensors, the gaps between them as they are."""
    buffers = [bytearray(data) for data in case.buffers]
    for spec in case.tensors():
        if spec.dtype not in ITEMSIZE:
            continue
        size = ITEMSIZE[spec.dtype]
        values = (floats if is_float(spec.dtype) else integers)(spec)
        data = encode([bool(value) for value in values] if spec.dtype == "bool" else values, spec.dtype)
        for number, place in enumerate(element_offsets(spec.shape, spec.strides, spec.offset)):
            buffers[spec.buffer][place * size : (place + 1) * size] = data[number * size : (number + 1) * size]
    return replace(case, buffers=tuple(map(bytes, buffers)), grad=0, labels=frozenset())
