"""The same call on other elements: the absolute values for a sum of absolute terms, the factors by which a product may grow or shrink."""

from __future__ import annotations

import cmath
import math
from dataclasses import replace
from math import prod
from typing import Any, Callable

from ..accuracy.number_formats import REAL, decode, encode, is_float
from ..accuracy.vectors import LONG, absolute, components
from ..cases.case import Case, TensorSpec, map_values
from ..catalogue.entries import parameters
from ..catalogue.rows import Operation
from ..drawing.values import INTEGER_LIMITS
from .widening import run_oracle, widen


def absolute_values(case: Case, operation: Operation) -> Case:
    """The same call on the absolute values of its numbers, what is subtracted negated: the sum of the absolute terms; or what the row makes of it."""
    names = parameters(case.operation)
    integers = operation.family not in ("indexing", "nn")  # where they are indices
    plain = _with_elements(case, _absolute, integers)
    buffers = list(plain.buffers)

    def leaf(value: Any) -> Any:
        return _absolute(value) if isinstance(value, (float, complex)) else value

    def factor(name: str, value: Any) -> Any:
        if isinstance(value, (int, float, complex)) and not isinstance(value, bool) and name in ("alpha", "beta", "value", *operation.subtracted):
            value = _absolute(value)
            return -value if name in operation.subtracted else value
        if isinstance(value, TensorSpec) and name in operation.subtracted and is_float(value.dtype):
            alone = replace(plain, args=(value,), kwargs={})
            buffers.append(_with_elements(alone, lambda number: -number).buffers[value.buffer])
            return replace(value, buffer=len(buffers) - 1)
        return value

    args = map_values(plain.args, leaf)
    args = tuple([factor(name, value) for name, value in zip(names, args)]) + args[len(names) :]
    kwargs = {name: factor(name, value) for name, value in plain.kwargs.items()}
    found = replace(plain, args=args, kwargs=kwargs, buffers=tuple(buffers))
    return found if operation.magnitude is None else operation.magnitude(found)


def _absolute(value: Any) -> Any:
    """Of a complex number the sum of the absolute values of both parts: of both together the products of parts would cancel, as of i * i beside 1."""
    return complex(abs(value.real) + abs(value.imag)) if isinstance(value, complex) else abs(value)


def finite_values(case: Case) -> Case:
    """The same call with 0 for what is infinite or NaN: what else there is may overflow beside an infinite term, and make a NaN of it."""

    def finite(value: Any) -> Any:
        return value if cmath.isfinite(value) else type(value)(0)

    return _with_elements(case, finite)


def growing_factors(case: Case) -> Case:
    """The same call on those absolute values that are finite and more than 1, and 1 for the others: how a product may grow on the way."""

    def factor(value: Any) -> Any:
        if isinstance(value, complex):
            size = 2.0 * max(abs(value.real), abs(value.imag))  # no part of a product with it grows more
            return complex(factor(size))
        return max(abs(value), type(value)(1)) if abs(value) < math.inf else type(value)(1)

    return _with_elements(case, factor)


def shrinking_factors(case: Case) -> Case:
    """The same call on the reciprocals of those absolute values that are below 1 and not 0: how a product may shrink on the way."""

    def factor(value: Any) -> Any:
        size = max(abs(value.real), abs(value.imag)) if isinstance(value, complex) else abs(value)
        return type(value)(1 / size if 0 < size < 1 else 1)

    return _with_elements(case, factor)


def _with_elements(case: Case, change: Callable[[Any], Any], integers: bool = True) -> Case:
    """The same call, without gradients, on other elements."""
    dtypes = {spec.buffer: spec.dtype for spec in case.tensors()}
    buffers = list(case.buffers)
    for number, dtype in dtypes.items():
        if dtype == "bool" or not integers and not is_float(dtype):
            continue
        if change is _absolute and len(buffers[number]) > LONG:
            buffers[number] = absolute(buffers[number], dtype)
            continue
        values: list[Any] = list(decode(buffers[number], dtype))
        if dtype in REAL:
            values = [complex(re, im) for re, im in zip(values[::2], values[1::2], strict=True)]
        changed = [change(value) for value in values]
        if not is_float(dtype):
            changed = [min(value, INTEGER_LIMITS[dtype][1]) for value in changed]  # the least one has no absolute value
        buffers[number] = encode(changed, dtype)
    return replace(case, buffers=tuple(buffers), grad=0)


def scale(case: Case, number: int, right: bytes, dtype: str) -> list[float] | None:
    """The results of a case in float64, one number for each component: M of an accumulated contract, if the case has absolute values."""
    wide = widen(case)
    outcome = None if wide is None else run_oracle(wide)
    components = len(decode(right, dtype))
    if outcome is None or number >= len(outcome.outputs):
        return None
    reading = outcome.outputs[number].reading
    values = [abs(value) for value in decode(reading.data, reading.dtype)] if is_float(reading.dtype) else []
    if dtype in REAL and len(values) == components:
        # Both parts of a complex result draw from both parts of its terms; twice where a product is made of three: (a + b) * (c + d) - a * c - b * d.
        values = [math.inf if v != v else v for v in values]  # differences of terms, which may both overflow
        values = [max(values[i], values[i ^ 1]) * 2 for i in range(len(values))]
    return of_each_component(values, components, dtype)


def of_each_component(sizes: list[float] | None, components: int, dtype: str) -> list[float] | None:
    """The sizes that a bound takes, one for each component of a result; of real numbers that ``out=`` holds as complex ones those of their real
    parts, beside imaginary parts of nothing. None if they are of another result."""
    if sizes is not None and dtype in REAL and 2 * len(sizes) == components:
        return [part for size in sizes for part in (size, 0.0)]
    return sizes if sizes is not None and len(sizes) == components else None


def transformed_scale(case: Case, operation: Operation, number: int, results: int) -> list[float] | None:
    """M of a transformed contract, for each component of a result of so many elements. An element may draw from all that is transformed with it, and
    the first one does: it is the largest of its transform for numbers whose parts are the sums of the absolute values of both parts. A row may name
    the call whose results are M instead (``magnitude``)."""

    def both(value: Any) -> Any:
        size = abs(value.real) + abs(value.imag) if isinstance(value, complex) else abs(value)
        return complex(size, size) if isinstance(value, complex) else size

    loud = _with_elements(case, both)
    wide = widen(loud if operation.magnitude is None else operation.magnitude(loud))
    outcome = None if wide is None else run_oracle(wide)
    if outcome is None or number >= len(outcome.outputs) or operation.along is None and operation.magnitude is None:
        return None
    reading = outcome.outputs[number].reading
    sizes = components(reading.data, reading.dtype).double().abs().nan_to_num(math.inf, math.inf)
    if prod(reading.shape) != results or not results:
        return None
    parts = sizes.numel() // results
    sizes = sizes.reshape(*reading.shape, parts)
    dims = () if operation.along is None else operation.along(case)
    largest = sizes.amax((*[dim % len(reading.shape) for dim in dims], -1), keepdim=True)
    return largest.expand_as(sizes).flatten().tolist()  # type: ignore[no-any-return]
