"""Comparing gradients under a derived bound.

A gradient is a composite of many roundings, and how much each of them matters depends on the formula and on the input: the bound
follows from the condition there. The gradient is evaluated by refimpl in float64, once as it is and a few times with rounding
errors of the size of the dtype's on purpose (:mod:`conformance.judging.rounding_noise`): in every input (values of few bits, such as zeros, ones,
ties and clamp bounds, are left alone in half of the samples, and equal values stay equal, so that no kink is crossed), in every
element of the cotangent, and in every rounded step of the forward and the backward formula. A gradient may be :data:`FACTOR`
times as far away as the farthest of these, and a few roundings of its own.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import Any, Callable, Sequence

from ..accuracy.number_formats import FORMATS, REAL, decode, encode, is_float, round_to, ulp_distance
from ..accuracy.vectors import LONG, convert, far_apart
from ..cases.case import ITEMSIZE, Case, DType, TensorSpec, map_values
from ..cases.deviation import Deviation
from ..execution.outcomes import Gradients, Outcome

# Errors of random sign in n steps add up to about sqrt(n) of their sum, and few samples see less than the worst of them.
FACTOR = 8.0
FREE_ULPS = 4.0
_SAMPLES = 3
# A gradient that moves by more than this many roundings when its inputs move by one has jumped.
_SMOOTH = 4096.0
_WIDE = {"float16": "float64", "bfloat16": "float64", "float32": "float64", "complex64": "complex128"}


RunNoisy = Callable[[Case, int, float], "Outcome | None"]


def widen(case: Case, perturb: random.Random | None = None, keep_simple: bool = True) -> Case | None:
    """The same call in float64 or complex128, inputs optionally perturbed by one unit roundoff of their old dtype."""
    if case.form == "out":
        case = replace(case, form="function", kwargs={key: value for key, value in case.kwargs.items() if key != "out"})
    specs = case.tensors()
    common = _dtype_of_the_dimensioned(specs)
    floats = any(is_float(spec.dtype) for spec in specs)
    narrow = floats and all(spec.dtype in _WIDE for spec in specs if is_float(spec.dtype))
    new_dtype: dict[int, str] = {}
    new_data: dict[int, bytes] = {}
    for spec in specs:
        if not is_float(spec.dtype):
            new_data.setdefault(spec.buffer, case.buffers[spec.buffer] if floats else _as_float32(case.buffers[spec.buffer], spec.dtype))
            continue
        dtype = _WIDE.get(spec.dtype, spec.dtype)
        if new_dtype.setdefault(spec.buffer, dtype) != dtype:
            return None
        data = case.buffers[spec.buffer]
        usable = len(data) // ITEMSIZE[spec.dtype] * ITEMSIZE[spec.dtype]
        if perturb is None and spec.shape and usable > LONG:
            new_data[spec.buffer] = convert(data[:usable], spec.dtype, dtype)
            continue
        numbers = list(decode(data[:usable], spec.dtype))
        if not spec.shape and common is not None and FORMATS[spec.dtype].precision > FORMATS[common].precision:
            numbers = [round_to(value, common) for value in numbers]
        if perturb is not None:
            u = max(FORMATS[spec.dtype].unit_roundoff, 2.0**-52)  # less than that would round away
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
        if narrow and isinstance(value, float):
            return round_to(value, "float32")  # as numbers are before they meet narrower elements
        return value

    buffers = tuple([new_data.get(i, data) for i, data in enumerate(case.buffers)])
    return replace(case, buffers=buffers, args=map_values(case.args, relabel), kwargs=map_values(case.kwargs, relabel))


def _as_float32(data: bytes, dtype: str) -> bytes:
    """Integers, rounded as the default dtype rounds them: it is what a function of integers alone is evaluated in."""
    if dtype not in ("int32", "int64"):
        return data
    largest = 2 ** (8 * ITEMSIZE[dtype] - 1) - 1
    usable = len(data) // ITEMSIZE[dtype] * ITEMSIZE[dtype]
    return encode([min(int(round_to(float(value), "float32")), largest) for value in decode(data[:usable], dtype)], dtype)


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


def compare_gradients(
    order: str, case: Case, expected: Gradients, got: Gradients, run_wide: Callable[[Case], Outcome | None], run_noisy: RunNoisy,
    trust_refimpl: bool = False,
) -> Deviation | None:
    """The first gradient element of ``got`` outside its bound around all of ``expected`` (torch's), torch's in float64 and, if that is no judge
    in its own cause (``trust_refimpl``), refimpl's in float64.

    ``run_wide`` runs a widened case on torch, ``run_noisy`` runs it with rounding errors of a relative size. ``order`` is "first" or "second".
    """
    spread: list[list[float]] | None = None
    exact: Gradients | None = None
    reference: Gradients | None = None
    for number, (a, b) in enumerate(zip(expected.values, got.values, strict=True)):
        if a is None or b is None or a[2] == b[2]:
            continue
        dtype = a[0]
        suspects = far_apart(a[2], b[2], dtype, FREE_ULPS) if len(a[2]) == len(b[2]) > LONG else None
        if suspects == []:
            continue
        x, y = decode(a[2], dtype), decode(b[2], dtype)
        for i in range(len(x)) if suspects is None else suspects:
            p, q = x[i], y[i]
            if ulp_distance(p, q, dtype) <= FREE_ULPS or dtype in REAL and _infinite(x, i) and _infinite(y, i):
                continue
            if spread is None:
                wide = widen(case)
                exact = None if wide is None else _gradients(order, run_wide(wide))
                spread, reference = _spread(order, case, run_noisy)
            allowed = _allowed(spread, number, i, p, dtype)
            centre = _exact_value(exact, number, i, p)
            if abs(q - centre) <= allowed or abs(q - p) <= allowed:
                continue
            if trust_refimpl and abs(q - _exact_value(reference, number, i, p)) <= allowed:
                continue
            return Deviation(
                "gradients", f"{order} order, input {number}, element {i}", repr(p), repr(q),
                {"allowed": allowed, "exact": centre, "ulps": ulp_distance(p, q, dtype)},
            )  # fmt: skip
    return None


def _infinite(parts: Sequence[float], i: int) -> bool:
    """Whether the complex number that component ``i`` belongs to is not finite; which of its parts are is not compared, as with values."""
    return not (math.isfinite(parts[i]) and math.isfinite(parts[i ^ 1]))


def _allowed(spread: list[list[float]], number: int, i: int, value: float, dtype: str) -> float:
    rounding = FREE_ULPS * FORMATS[dtype].ulp(value)
    if number >= len(spread) or i >= len(spread[number]):
        return rounding
    return FACTOR * spread[number][i] + rounding


def _exact_value(exact: Gradients | None, number: int, i: int, fallback: float) -> float:
    if exact is None or exact.error is not None or number >= len(exact.values):
        return fallback
    entry = exact.values[number]
    if entry is None:
        return fallback
    values = decode(entry[2], entry[0])
    return values[i] if i < len(values) else fallback


def _spread(order: str, case: Case, run_noisy: RunNoisy) -> tuple[list[list[float]], Gradients | None]:
    """How far each gradient element moves under rounding errors of the case's dtype, empty where it cannot be found out, and the gradient
    without them."""
    plain = widen(case)
    centre = None if plain is None else _gradients(order, run_noisy(plain, 0, 0.0))
    if centre is None or centre.error is not None:
        return [], None
    spreads: list[list[float]] = [[] if v is None else [0.0] * len(decode(v[2], v[0])) for v in centre.values]
    generator = random.Random(0)
    u = max((FORMATS[spec.dtype].unit_roundoff for spec in case.tensors() if spec.requires_grad), default=0.0)
    u = max(u, 2.0**-52)  # less than that would round away
    for sample in range(2 * _SAMPLES):
        # Half of the samples move every value. Where that crosses a kink, the gradient jumps, and the sample says nothing.
        keep_simple = sample < _SAMPLES
        moved_case = widen(case, generator, keep_simple)
        outcome = None if moved_case is None else run_noisy(replace(moved_case, nudge=(sample, u)), sample, u)
        moved = _gradients(order, outcome)
        if moved is None or moved.error is not None:
            continue
        for number, (a, b) in enumerate(zip(centre.values, moved.values, strict=True)):
            if a is None or b is None:
                continue
            for i, (p, q) in enumerate(zip(decode(a[2], a[0]), decode(b[2], b[0]), strict=True)):
                if p == p and q == q and (keep_simple or abs(p - q) <= _SMOOTH * u * max(abs(p), abs(q), 1.0)):
                    spreads[number][i] = max(spreads[number][i], abs(p - q))
    # One element's cancellation shows in its neighbours' movement too: a sample can miss it in the element itself.
    return [[max(value, max(row) / 8) for value in row] if row else row for row in spreads], centre


def _gradients(order: str, outcome: Outcome | None) -> Gradients | None:
    if outcome is None:
        return None
    return outcome.first if order == "first" else outcome.second
