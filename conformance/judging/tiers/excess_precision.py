"""A wider dtype on the way: each element may be what torch has in a wider dtype, rounded once, with Python's numbers as they are.

Nothing is allowed beyond it: an element keeps the contract around the result as specified, or around the one in the wider dtype, or lies between
the two. In float64 and complex128 nothing wider is at hand.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...accuracy.number_formats import REAL, decode, encode, is_float
from ...cases.case import Case
from ...execution.outcomes import Output
from ..widening import run_oracle, widen


def in_wider_dtype(case: Case, number: int, expected: Output) -> bytes | None:
    """Result ``number`` computed in a wider dtype, rounded once to its own; None where nothing is wider."""
    dtype = expected.reading.dtype
    wide = widen(replace(case, grad=0), numbers_as_they_are=True)
    if wide is None or all(spec.dtype in ("float64", "complex128") for spec in case.tensors() if is_float(spec.dtype)):
        return None
    outcome = run_oracle(wide)
    if outcome is None or number >= len(outcome.outputs):
        return None
    reading = outcome.outputs[number].reading
    if reading.shape != expected.reading.shape:
        return None
    if not is_float(dtype):
        return reading.data if reading.dtype == dtype else None
    if not is_float(reading.dtype) or (reading.dtype in REAL) != (dtype in REAL):
        return None
    values: list[Any] = list(decode(reading.data, reading.dtype))
    if dtype in REAL:
        values = [complex(re, im) for re, im in zip(values[::2], values[1::2], strict=True)]
    return encode(values, dtype)
