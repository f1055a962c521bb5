"""How far the results of linear algebra move when their matrices do: the bound of a backward stable algorithm.

Such an algorithm computes the exact result of matrices that are a few roundings away, each element by a few roundings of the largest one of its
matrix (J. Wilkinson, Rounding Errors in Algebraic Processes, 1963). How much that matters no formula needs to say, which would be the derivative
alone and would say nothing of a determinant of rank n - 2: it is tried. Every matrix is moved by one rounding of its largest element, up or down at
random in each element, a few times over, in float64, and the result moves by so much.
"""

from __future__ import annotations

import math
import random
import warnings
from dataclasses import replace
from math import prod

from ...accuracy.number_formats import FORMATS, REAL, decode, encode, is_float
from ...backends.base import Backend, Unsupported
from ...cases.case import Case, TensorSpec, element_offsets, separated
from ...execution.outcomes import Output, execute
from ..widening import widen

_SAMPLES = 6
_LEAST_STEP = 2.0**-44  # smaller ones drown in float64


def largest_size(case: Case) -> int:
    """The largest dimension of a matrix (of a vector, its length)."""
    return max([size for spec in case.tensors() if is_float(spec.dtype) for size in spec.shape[-2:]] or [1])


def backward_movement(backend: Backend, case: Case, number: int) -> list[float] | None:
    """The largest movement of each real component of result ``number``, in units of the unit roundoff; infinite where elements are not finite, or
    a neighbour has no result. None if the call cannot be made in float64."""
    wide = widen(replace(case, grad=0))
    if wide is None:
        return None
    wide = separated(wide)
    here = _result(backend, wide, number)
    if here is None:
        return None
    values = decode(here.reading.data, here.reading.dtype)
    floats = [spec for spec in wide.tensors() if is_float(spec.dtype)]
    if any(not math.isfinite(x) for spec in floats for x in decode(wide.buffers[spec.buffer], spec.dtype)):
        return [math.inf] * len(values)
    own = [FORMATS[spec.dtype].unit_roundoff for spec in case.tensors() if is_float(spec.dtype)]
    u = max(own, default=FORMATS["float32"].unit_roundoff)  # integers are taken for numbers of the default dtype
    step = max(u, _LEAST_STEP)
    found = [0.0] * len(values)
    for sample in range(_SAMPLES):
        there = _result(backend, _moved(wide, floats, step, random.Random(sample)), number)
        if there is None or there.reading.shape != here.reading.shape:
            return [math.inf] * len(values)
        for i, (x, y) in enumerate(zip(values, decode(there.reading.data, there.reading.dtype), strict=True)):
            moved = 0.0 if x == y or x != x and y != y else abs(y - x) / step
            found[i] = max(found[i], math.inf if moved != moved else moved)
    if here.reading.dtype in REAL:
        found = [max(found[i], found[i ^ 1]) for i in range(len(found))]
    return found


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
        values = [complex(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)] if parts == 2 else numbers
        buffers[spec.buffer] = encode(values, spec.dtype)
    return replace(case, buffers=tuple(buffers))
