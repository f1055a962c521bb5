"""Subnormal numbers flushed to zero: in operands, in results, and on the way.

Processors keep the sign of what they flush or lose it (OpenCL C 3.0, section 7.5.3), and libraries flush in some of their loops and not in
others. So each element may be what comes of the operands as they are, or of zeros in place of their subnormals; and where it is subnormal itself,
a zero of either sign. What a flush on the way changes is less than the smallest normal number for each term (:mod:`conformance.accuracy.contracts`).
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations, product
from typing import Iterator

from ...accuracy.number_formats import FORMATS, REAL, decode, encode, is_float
from ...cases.case import ITEMSIZE, Case, map_values

_MANY = 3  # operands with subnormals of which each is flushed alone; of more only all


def flushed(case: Case) -> Iterator[Case]:
    """The same call with zeros in place of the subnormal elements and numbers that it reads, of all operands or of some, of the same sign or of the
    other; and with infinities in place of elements whose reciprocals are subnormal. Nothing if it reads none."""
    dtypes = {spec.buffer: spec.dtype for spec in case.tensors() if is_float(spec.dtype)}
    normal = max((2.0 ** FORMATS[dtype].emin for dtype in dtypes.values()), default=2.0 ** FORMATS["float64"].emin)
    concerned = [i for i, data in enumerate(case.buffers) if i in dtypes and _flushed(data, dtypes[i], 1.0, True) != data]

    def scalar(value: object) -> object:
        return math.copysign(0.0, value) if isinstance(value, float) and 0.0 < abs(value) < normal else value

    args, kwargs = map_values(case.args, scalar), map_values(case.kwargs, scalar)
    if not concerned and repr((args, kwargs)) == repr((case.args, case.kwargs)):
        return
    fewer = range(1, len(concerned)) if len(concerned) <= _MANY else ()
    choices = (tuple(concerned), *(some for count in fewer for some in combinations(concerned, count)))
    for chosen, (sign, reciprocals) in product(choices, ((1.0, False), (-1.0, False), (1.0, True))):
        buffers = tuple([_flushed(data, dtypes[i], sign, reciprocals) if i in chosen else data for i, data in enumerate(case.buffers)])
        yield replace(case, buffers=buffers, args=args, kwargs=kwargs, labels=frozenset())


def _flushed(data: bytes, dtype: str, sign: float, reciprocals: bool) -> bytes:
    usable = len(data) // ITEMSIZE[dtype] * ITEMSIZE[dtype]
    numbers = decode(data[:usable], dtype)
    largest = 2.0 ** -FORMATS[dtype].emin if reciprocals else math.inf

    def changed(number: float) -> float:
        if is_subnormal(number, dtype):
            return math.copysign(0.0, sign * number)
        return math.copysign(math.inf, number) if abs(number) > largest else number

    kept: list[float | complex] = [changed(number) for number in numbers]
    if all(a is b for a, b in zip(kept, numbers, strict=True)):
        return data
    if dtype in REAL:
        kept = [complex(re, im) for re, im in zip(kept[::2], kept[1::2], strict=True)]  # type: ignore[arg-type]
    return encode(kept, dtype) + data[usable:]


def is_subnormal(number: float, dtype: str) -> bool:
    """Whether a component of an element is subnormal in its dtype."""
    return 0.0 < abs(number) < 2.0 ** FORMATS[dtype].emin
