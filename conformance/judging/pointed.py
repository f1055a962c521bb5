"""Indices that are open: of equal elements an operation may take any, and its indices are judged by what they point at.

The indices of a candidate are right if they lie in range and no two of a line are the same, if its values are, to the bit, the elements that they
point at, and if these are equal to torch's. Zeros of both signs are equal, and so are NaN.
"""

from __future__ import annotations

from math import prod

from ..accuracy.number_formats import decode
from ..cases.case import ITEMSIZE, Case, TensorSpec, elements
from ..catalogue.entries import parameters
from ..execution.outcomes import Output


def points_alike(case: Case, expected: list[Output], got: list[Output]) -> bool:
    """Whether open indices (the last output), and the values before them if there are any, are as good as torch's."""
    named = dict(zip(parameters(case.operation), case.args)) | case.kwargs
    input = named.get("input", case.args[0] if case.args else None)
    if not isinstance(input, TensorSpec) or len(got) not in (1, 2):
        return False
    shape = input.shape or (1,)
    dim = named.get("dim", -1)
    dim = len(shape) - 1 if not isinstance(dim, int) or isinstance(dim, bool) else dim % len(shape)
    places, theirs = ([int(i) for i in decode(outputs[-1].reading.data, "int64")] for outputs in (got, expected))
    inner = prod(shape[dim + 1 :])
    lines = prod(shape[:dim]) * inner
    if not lines or len(places) % lines or len(theirs) != len(places) or any(not 0 <= place < shape[dim] for place in places):
        return False
    data, count = elements(case, input), len(places) // lines
    pointed: list[bytes] = []
    others: list[bytes] = []
    for number in range(len(places)):
        row, column = number // (count * inner), number % inner
        pointed.append(data[(row * shape[dim] + places[number]) * inner + column])
        others.append(data[(row * shape[dim] + theirs[number]) * inner + column])
    for line in range(lines):
        row, column = divmod(line, inner)
        if len({places[(row * count + k) * inner + column] for k in range(count)}) < count:
            return False
    if len(got) == 2 and (got[0].reading.dtype != input.dtype or not _same_values(got[0].reading.data, pointed, input.dtype)):
        return False
    return all(_equal(a, b, input.dtype) for a, b in zip(pointed, others))


def _equal(a: bytes, b: bytes, dtype: str) -> bool:
    if a == b:
        return True
    x, y = decode(a, dtype), decode(b, dtype)
    return x == y or any(v != v for v in x) and any(v != v for v in y)


def _same_values(data: bytes, pointed: list[bytes], dtype: str) -> bool:
    """Whether values are the elements that are pointed at; of NaN not the bits."""
    size = ITEMSIZE[dtype]
    for number, element in enumerate(pointed):
        value = data[number * size : (number + 1) * size]
        if value != element and not all(any(v != v for v in decode(each, dtype)) for each in (value, element)):
            return False
    return len(data) == size * len(pointed)
