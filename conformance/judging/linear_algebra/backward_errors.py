"""How far the results of linear algebra move when their matrices do: the bound of a backward stable algorithm.

Such an algorithm computes the exact result of matrices that are a few roundings away, each element by a few roundings of the largest one of its
matrix (J. Wilkinson, Rounding Errors in Algebraic Processes, 1963). How much that matters no formula needs to say, which would be the derivative
alone and would say nothing of a determinant of rank n - 2: it is tried. Every matrix is moved by one rounding of its largest element, up or down at
random in each element, a few times over, in float64, and the result moves by so much.

Of elements that are not finite nobody can say how far they move anything. What comes of them may be anything, but for this: where NaN comes, no
algorithm makes a number of it. What does not come of them, such as the result of another matrix of a batch, is held to the bound: it is the
same with other elements in their place.
"""

from __future__ import annotations

import math
import random
import warnings
from dataclasses import replace
from math import prod
from typing import Any

from ...accuracy.number_formats import FORMATS, REAL, decode, encode, is_float
from ...backends.base import Backend, Unsupported
from ...cases.case import Case, TensorSpec, element_offsets, separated
from ...execution.outcomes import Output, execute
from ..widening import widen

_SAMPLES = 6
_STAND_INS = (0.75, -1.25)  # for elements that are not finite
_LEAST_STEP = 2.0**-44  # smaller ones drown in float64


def largest_size(case: Case) -> int:
    """The largest dimension of a matrix (of a vector, its length)."""
    return max([size for spec in case.tensors() if is_float(spec.dtype) for size in spec.shape[-2:]] or [1])


def backward_movement(backend: Backend, case: Case, number: int) -> list[float] | None:
    """The largest movement of each real component of result ``number``, in units of the unit roundoff; infinite where it comes of elements that are
    not finite, or a neighbour has no result; NaN where it is NaN because of such elements. None if the call cannot be made in float64."""
    wide = widen(replace(case, grad=0))
    if wide is None:
        return None
    wide = separated(wide)
    here = _result(backend, wide, number)
    if here is None:
        return None
    values = decode(here.reading.data, here.reading.dtype)
    floats = [spec for spec in wide.tensors() if is_float(spec.dtype)]
    spoiled = [False] * len(values)  # what depends on elements that are not finite
    if any(not math.isfinite(x) for spec in floats for x in decode(wide.buffers[spec.buffer], spec.dtype)):
        instead = [_with_finite_elements(wide, floats, number) for number in _STAND_INS]
        results = [_result(backend, each, number) for each in instead]
        first, second = (None if each is None or each.reading.shape != here.reading.shape else decode(each.reading.data, here.reading.dtype)
                         for each in results)  # fmt: skip
        if first is None or second is None:
            return [math.nan if x != x else math.inf for x in values]
        spoiled = [not x == y == z for x, y, z in zip(values, first, second, strict=True)]
        wide = instead[0]
    own = [FORMATS[spec.dtype].unit_roundoff for spec in case.tensors() if is_float(spec.dtype)]
    u = max(own, default=FORMATS["float32"].unit_roundoff)  # integers are taken for numbers of the default dtype
    step = max(u, _LEAST_STEP)
    found = [0.0 if not each else math.nan if x != x else math.inf for x, each in zip(values, spoiled, strict=True)]
    for sample in range(_SAMPLES):
        there = _result(backend, _moved(wide, floats, step, random.Random(sample)), number)
        if there is None or there.reading.shape != here.reading.shape:
            return [each if each != each else math.inf for each in found]
        for i, (x, y) in enumerate(zip(values, decode(there.reading.data, there.reading.dtype), strict=True)):
            if spoiled[i]:
                continue
            moved = 0.0 if x == y or x != x and y != y else abs(y - x) / step
            found[i] = max(found[i], math.inf if moved != moved else moved)
    if here.reading.dtype in REAL:
        found = [max(found[i], found[i ^ 1]) for i in range(len(found))]
    return found


def _with_finite_elements(case: Case, specs: list[TensorSpec], number: float) -> Case:
    """The same call with a number for each element that is not finite."""
    buffers = list(case.buffers)
    for spec in specs:
        numbers: list[Any] = [x if math.isfinite(x) else number for x in decode(buffers[spec.buffer], spec.dtype)]
        buffers[spec.buffer] = _encoded(numbers, spec.dtype)
    return replace(case, buffers=tuple(buffers))


def _encoded(numbers: list[Any], dtype: str) -> bytes:
    """Numbers that :func:`decode` gives."""
    return encode([complex(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)] if dtype in REAL else numbers, dtype)


def _result(backend: Backend, case: Case, number: int) -> Output | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            outcome = execute(backend, case)
        except Unsupported:
            return None
    return None if outcome.error is not None or number >= len(outcome.outputs) else outcome.outputs[number]


def _moved(case: Case, specs: list[TensorSpec], step: float, generator: random.Random) -> Case:
    """The same call with each element moved by ``step`` times the largest of its matrix, or of its vector."""
    buffers = list(case.buffers)
    for spec in specs:
        parts = 2 if spec.dtype in REAL else 1
        numbers = list(decode(buffers[spec.buffer], spec.dtype))
        offsets = element_offsets(spec.shape, spec.strides, spec.offset)
        size = max(prod(spec.shape[-2:]), 1)
        for start in range(0, len(offsets), size):
            places = [offset * parts + part for offset in offsets[start : start + size] for part in range(parts)]
            largest = max([abs(numbers[place]) for place in places])
            for place in places:
                numbers[place] += step * largest * generator.choice((-1.0, 1.0))
        buffers[spec.buffer] = _encoded(numbers, spec.dtype)
    return replace(case, buffers=tuple(buffers))
