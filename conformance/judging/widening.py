"""The same call in a wider dtype: what torch's own result would be, were it rounded once."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import Any

from ..accuracy.number_formats import FORMATS, REAL, decode, encode, is_float, round_to
from ..accuracy.vectors import LONG, convert
from ..backends import find_backend
from ..backends.base import Backend
from ..cases.case import FLOAT8, ITEMSIZE, Case, DType, TensorSpec, map_values
from ..catalogue.rows import TABLE
from ..drawing.values import INTEGER_LIMITS
from ..execution.oracles import ORACLE
from ..execution.outcomes import Outcome, Output, execute

_WIDE = {
    **dict.fromkeys((*FLOAT8, "float16", "bfloat16", "float32"), "float64"), "complex32": "complex128", "complex64": "complex128",
}  # fmt: skip


def widen(
    case: Case, perturb: random.Random | None = None, keep_simple: bool = True, step: float = 1.0, numbers_as_they_are: bool = False
) -> Case | None:
    """The same call in float64 or complex128, inputs optionally perturbed by ``step`` unit roundoffs of their old dtype. Python's numbers, and 0-d
    operands of a wider dtype, are rounded as torch rounds them, unless they stay ``numbers_as_they_are``; elements as they are converted to a
    ``dtype`` that the call is given, before anything is computed."""
    if case.form == "out":
        case = replace(case, form="function", kwargs={key: value for key, value in case.kwargs.items() if key != "out"})
    specs = case.tensors()
    common = _dtype_of_the_dimensioned(specs)
    floats = any(is_float(spec.dtype) for spec in specs)
    narrow = floats and all(spec.dtype in _WIDE for spec in specs if is_float(spec.dtype))
    given = next((value.name for value in (*case.args, *case.kwargs.values()) if isinstance(value, DType) and is_float(value.name)), None)
    new_dtype: dict[int, str] = {}
    new_data: dict[int, bytes] = {}
    for spec in specs:
        if not is_float(spec.dtype):
            rounds = _promoted_to(case, specs) if floats else "float32" if spec.dtype in ("int32", "int64", "uint32", "uint64") else None
            data = case.buffers[spec.buffer]
            new_data.setdefault(spec.buffer, data if rounds is None else _rounded(data, spec.dtype, rounds))
            continue
        dtype = _WIDE.get(spec.dtype, spec.dtype)
        if new_dtype.setdefault(spec.buffer, dtype) != dtype:
            return None
        data = case.buffers[spec.buffer]
        usable = len(data) // ITEMSIZE[spec.dtype] * ITEMSIZE[spec.dtype]
        narrower = given if given is not None and FORMATS[given].precision < FORMATS[spec.dtype].precision else None
        if perturb is None and spec.shape and usable > LONG and narrower is None:
            new_data[spec.buffer] = convert(data[:usable], spec.dtype, dtype)
            continue
        numbers = list(decode(data[:usable], spec.dtype))
        if not spec.shape and common is not None and not numbers_as_they_are and FORMATS[spec.dtype].precision > FORMATS[common].precision:
            numbers = [round_to(value, common) for value in numbers]
        if narrower is not None:
            numbers = [round_to(value, narrower) for value in numbers]
        if perturb is not None:
            u = step * max(FORMATS[spec.dtype].unit_roundoff, 2.0**-52)  # less than that would round away
            signs: dict[float, float] = {}
            numbers = [_nudge(value, u, signs, perturb, keep_simple) for value in numbers]
        if dtype in REAL:
            paired: list[Any] = [complex(re, im) for re, im in zip(numbers[::2], numbers[1::2], strict=True)]
            new_data[spec.buffer] = encode(paired, dtype)
        else:
            new_data[spec.buffer] = encode(numbers, dtype)

    def relabel(value: Any) -> Any:
        if isinstance(value, TensorSpec) and is_float(value.dtype):
            return replace(value, dtype=_WIDE.get(value.dtype, value.dtype), requires_grad=value.requires_grad and case.grad > 0)
        if isinstance(value, DType):
            return DType(_WIDE.get(value.name, value.name))
        if narrow and not numbers_as_they_are and isinstance(value, float):
            return round_to(value, "float32")  # as numbers are before they meet narrower elements
        return value

    buffers = tuple([new_data.get(i, data) for i, data in enumerate(case.buffers)])
    kwargs = case.kwargs
    elements = {common} if common is not None else {REAL.get(spec.dtype, spec.dtype) for spec in specs if is_float(spec.dtype)}
    if narrow and len(elements) == 1 and not numbers_as_they_are and case.operation in TABLE:
        found = {key: kwargs[key] for key in TABLE[case.operation].narrowed if isinstance(kwargs.get(key), float)}
        kwargs = kwargs | {key: round_to(value, *elements) for key, value in found.items()}
    return replace(case, buffers=buffers, args=map_values(case.args, relabel), kwargs=map_values(kwargs, relabel))


def _promoted_to(case: Case, specs: list[TensorSpec]) -> str | None:
    """The float dtype to which an elementwise operation converts integers before it begins; None where it has none, or float64."""
    if case.operation not in TABLE or TABLE[case.operation].family not in ("pointwise", "operators", "products"):
        return None
    found = _dtype_of_the_dimensioned(specs)
    return found if found in ("float16", "bfloat16", "float32") else None


def _rounded(data: bytes, dtype: str, rounds: str) -> bytes:
    """Integers, rounded to a float dtype: to the default dtype where there are no others, for a function of integers alone is evaluated in that.
    What does not fit into the one or the other stays as it is."""
    if dtype == "bool":
        return data
    low, high = INTEGER_LIMITS[dtype]
    usable = len(data) // ITEMSIZE[dtype] * ITEMSIZE[dtype]
    values = [(value, round_to(float(value), rounds)) for value in decode(data[:usable], dtype)]
    return encode([min(max(int(near), low), high) if abs(near) < math.inf else value for value, near in values], dtype)


def _dtype_of_the_dimensioned(specs: list[TensorSpec]) -> str | None:
    """The real float dtype to which a 0-d operand is rounded, since it does not promote the others; None if they are of several."""
    found = {REAL.get(spec.dtype, spec.dtype) for spec in specs if spec.shape and is_float(spec.dtype)}
    return found.pop() if len(found) == 1 else None


def _nudge(value: float, u: float, signs: dict[float, float], generator: random.Random, keep_simple: bool) -> float:
    """Values of few bits stay (if ``keep_simple``); the others move by a relative ``u``, equal values (up to sign) together."""
    if value != value or abs(value) == float("inf"):
        return value
    if keep_simple and abs(value) < 2.0**53 and value * 8 == int(value * 8):
        return value
    sign = signs.setdefault(abs(value), generator.choice((-1.0, 1.0)))
    return value * (1.0 + sign * u)


def run_oracle(case: Case, backend: Backend | None = None) -> Outcome | None:
    """A widened case on torch, or another backend; integers become float64 in torch, not float32. None if it is refused."""
    import torch

    previous = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        outcome = execute(backend or find_backend(ORACLE), case)
    finally:
        torch.set_default_dtype(previous)
    return None if outcome.error is not None else outcome


def wide_data(case: Case, number: int, expected: Output, dtype: str) -> bytes | None:
    """torch's result in a wider dtype, rounded once to ``dtype``; None where nothing wider exists."""
    values = wide_values(case, number, expected, dtype)
    if values is None or dtype not in REAL:
        return None if values is None else encode(values, dtype)
    return encode([complex(re, im) for re, im in zip(values[::2], values[1::2], strict=True)], dtype)


def wide_values(case: Case, number: int, expected: Output, dtype: str, backend: Backend | None = None) -> list[Any] | None:
    """The components of torch's result, or another backend's, in a dtype wider than ``dtype``; None where nothing wider exists."""
    if dtype not in FORMATS or dtype in ("float64", "complex128"):
        return None
    wide = widen(replace(case, grad=0))
    outcome = None if wide is None else run_oracle(wide, backend)
    if outcome is None or number >= len(outcome.outputs):
        return None
    reading = outcome.outputs[number].reading
    if reading.shape != expected.reading.shape or not is_float(reading.dtype):
        return None
    return list(decode(reading.data, reading.dtype)) if (dtype in REAL) == (reading.dtype in REAL) else None
