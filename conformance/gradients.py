"""Comparing gradients under a derived bound.

A gradient is a composite of many roundings, and how much each of them matters depends on the input: the bound follows
from the condition there. Every input is perturbed by one unit roundoff of its dtype (values of few bits, such as
zeros, ones, ties and clamp bounds, are left alone, and equal values stay equal, so that no kink is crossed), and the
change of the exact gradient, computed by torch in float64, is measured. A backward-stable evaluation is off by a small multiple
of that change plus a few roundings of the result itself.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, Callable

from .cases import ITEMSIZE, Case, DType, TensorSpec, map_values
from .comparators import Deviation
from .formats import FORMATS, REAL, decode, encode, is_float, ulp_distance
from .outcomes import Gradients, Outcome

# A composite of a few steps is off by a few times the change that one rounding of its inputs makes.
STEPS = 16.0
FREE_ULPS = 4.0
_SAMPLES = 3
# How many times farther from the exact gradient than torch itself a backend may be: a formula that goes through a saved
# result (1 - tanh(x)**2) loses more than its inputs say.
OWN = 4.0
_NARROW = {"float64": "float32", "complex128": "complex64"}
# A gradient that moves by more than this many roundings when its inputs move by one has jumped.
_SMOOTH = 4096.0
_WIDE = {"float16": "float64", "bfloat16": "float64", "float32": "float64", "complex64": "complex128"}


def widen(case: Case, perturb: random.Random | None = None, keep_simple: bool = True) -> Case | None:
    """The same call in float64 or complex128, inputs optionally perturbed by one unit roundoff of their old dtype."""
    if case.form == "out":
        case = replace(case, form="function", kwargs={key: value for key, value in case.kwargs.items() if key != "out"})
    specs = case.tensors()
    new_dtype: dict[int, str] = {}
    new_data: dict[int, bytes] = {}
    for spec in specs:
        if not is_float(spec.dtype):
            new_data.setdefault(spec.buffer, case.buffers[spec.buffer])
            continue
        dtype = _WIDE.get(spec.dtype, spec.dtype)
        if new_dtype.setdefault(spec.buffer, dtype) != dtype:
            return None
        data = case.buffers[spec.buffer]
        usable = len(data) // ITEMSIZE[spec.dtype] * ITEMSIZE[spec.dtype]
        numbers = list(decode(data[:usable], spec.dtype))
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
        return value

    buffers = tuple([new_data.get(i, data) for i, data in enumerate(case.buffers)])
    return replace(case, buffers=buffers, args=map_values(case.args, relabel), kwargs=map_values(case.kwargs, relabel))


def _nudge(value: float, u: float, signs: dict[float, float], generator: random.Random, keep_simple: bool) -> float:
    """Values of few bits stay (if ``keep_simple``); the others move by a relative ``u``, equal values (up to sign) together."""
    if value != value or abs(value) == float("inf"):
        return value
    if keep_simple and abs(value) < 2.0**53 and value * 8 == int(value * 8):
        return value
    sign = signs.setdefault(abs(value), generator.choice((-1.0, 1.0)))
    return value * (1.0 + sign * u)


def compare_gradients(
    order: str, case: Case, expected: Gradients, got: Gradients, run_wide: Callable[[Case], Outcome | None]
) -> Deviation | None:
    """The first gradient element of ``got`` outside its bound around ``expected`` (torch's), if any.

    ``run_wide`` runs a widened case on torch. ``order`` is "first" or "second".
    """
    spread: list[list[float]] | None = None
    exact: Gradients | None = None
    for number, (a, b) in enumerate(zip(expected.values, got.values, strict=True)):
        if a is None or b is None or a[2] == b[2]:
            continue
        dtype = a[0]
        x, y = decode(a[2], dtype), decode(b[2], dtype)
        for i, (p, q) in enumerate(zip(x, y, strict=True)):
            if ulp_distance(p, q, dtype) <= FREE_ULPS:
                continue
            if spread is None:
                spread, exact = _spread(order, case, run_wide)
                _add_own_error(order, case, run_wide, spread)
            allowed = _allowed(spread, number, i, p, dtype)
            centre = _exact_value(exact, number, i, p)
            allowed += OWN * (abs(p - centre) if dtype in _WIDE else 0.0)
            if abs(q - centre) <= allowed or abs(q - p) <= allowed:
                continue
            return Deviation(
                "gradients", f"{order} order, input {number}, element {i}", repr(p), repr(q),
                {"allowed": allowed, "exact": centre, "ulps": ulp_distance(p, q, dtype)},
            )  # fmt: skip
    return None


def _allowed(spread: list[list[float]], number: int, i: int, value: float, dtype: str) -> float:
    rounding = FREE_ULPS * FORMATS[dtype].ulp(value)
    if number >= len(spread) or i >= len(spread[number]):
        return rounding
    return STEPS * spread[number][i] + rounding


def _exact_value(exact: Gradients | None, number: int, i: int, fallback: float) -> float:
    if exact is None or exact.error is not None or number >= len(exact.values):
        return fallback
    entry = exact.values[number]
    if entry is None:
        return fallback
    values = decode(entry[2], entry[0])
    return values[i] if i < len(values) else fallback


def _spread(order: str, case: Case, run_wide: Callable[[Case], Outcome | None]) -> tuple[list[list[float]], Gradients | None]:
    """How far each gradient element moves when the inputs move by one unit roundoff, and the gradient in float64."""
    plain = widen(case)
    if plain is None:
        return [], None
    centre = _gradients(order, run_wide(plain))
    if centre is None or centre.error is not None:
        return [], None
    spreads: list[list[float]] = [[] if v is None else [0.0] * len(decode(v[2], v[0])) for v in centre.values]
    generator = random.Random(0)
    u = max((FORMATS[spec.dtype].unit_roundoff for spec in case.tensors() if spec.requires_grad), default=0.0)
    for sample in range(2 * _SAMPLES):
        # Half of the samples move every value. Where that crosses a kink, the gradient jumps, and the sample says nothing.
        keep_simple = sample < _SAMPLES
        moved_case = widen(case, generator, keep_simple)
        moved = _gradients(order, run_wide(moved_case)) if moved_case else None
        if moved is None or moved.error is not None:
            continue
        for number, (a, b) in enumerate(zip(centre.values, moved.values, strict=True)):
            if a is None or b is None:
                continue
            for i, (p, q) in enumerate(zip(decode(a[2], a[0]), decode(b[2], b[0]), strict=True)):
                if p == p and q == q and (keep_simple or abs(p - q) <= _SMOOTH * u * max(abs(p), abs(q), 1.0)):
                    spreads[number][i] = max(spreads[number][i], abs(p - q))
    # One element's cancellation shows in its neighbours' movement too: a sample can miss it in the element itself.
    for number, row in enumerate(spreads):
        if row:
            floor = max(row) / 8
            spreads[number] = [max(value, floor) for value in row]
    return spreads, centre


def _add_own_error(order: str, case: Case, run_wide: Callable[[Case], Outcome | None], spread: list[list[float]]) -> None:
    """In float64, where torch has nothing wider: its error in float32 at the same inputs, scaled down to float64."""
    if not any(spec.dtype in _NARROW and spec.requires_grad for spec in case.tensors()):
        return
    narrow = _convert(case, _NARROW)
    wide = None if narrow is None else widen(narrow)
    rough = _gradients(order, run_wide(narrow)) if narrow is not None else None
    exact = _gradients(order, run_wide(wide)) if wide is not None else None
    if rough is None or exact is None or rough.error is not None or exact.error is not None:
        return
    for row, a, b in zip(spread, rough.values, exact.values, strict=False):
        if a is None or b is None or len(row) != len(decode(a[2], a[0])):
            continue
        for i, (p, q) in enumerate(zip(decode(a[2], a[0]), decode(b[2], b[0]), strict=True)):
            if abs(p - q) < float("inf"):
                row[i] += OWN * abs(p - q) * 2.0**-29 / STEPS


def _convert(case: Case, dtypes: dict[str, str]) -> Case | None:
    """The case with its float tensors rounded to other dtypes."""
    buffers = list(case.buffers)
    for spec in case.tensors():
        if spec.dtype in dtypes:
            numbers: list[Any] = list(decode(case.buffers[spec.buffer], spec.dtype))
            if spec.dtype in REAL:
                numbers = [complex(re, im) for re, im in zip(numbers[::2], numbers[1::2], strict=True)]
            buffers[spec.buffer] = encode(numbers, dtypes[spec.dtype])

    def relabel(value: Any) -> Any:
        return replace(value, dtype=dtypes.get(value.dtype, value.dtype)) if isinstance(value, TensorSpec) else value

    if len({(spec.buffer, spec.dtype) for spec in case.tensors()}) != len({spec.buffer for spec in case.tensors()}):
        return None
    return replace(case, buffers=tuple(buffers), args=map_values(case.args, relabel), kwargs=map_values(case.kwargs, relabel))


def _gradients(order: str, outcome: Outcome | None) -> Gradients | None:
    if outcome is None:
        return None
    return outcome.first if order == "first" else outcome.second


def value_spread(case: Case, number: int, run_wide: Callable[[Case], Outcome | None]) -> list[float]:
    """How far each element of result ``number`` may be off: :data:`STEPS` times its movement when the inputs move by one
    unit roundoff. Empty where it cannot be measured."""
    plain = widen(replace(case, grad=0))
    centre = run_wide(plain) if plain is not None else None
    if centre is None or number >= len(centre.outputs):
        return []
    reading = centre.outputs[number].reading
    if not is_float(reading.dtype):
        return []
    middle = decode(reading.data, reading.dtype)
    spread = [0.0] * len(middle)
    generator = random.Random(0)
    for _ in range(_SAMPLES):
        moved_case = widen(replace(case, grad=0), generator, keep_simple=False)
        moved = run_wide(moved_case) if moved_case is not None else None
        if moved is None or number >= len(moved.outputs):
            continue
        for i, (p, q) in enumerate(zip(middle, decode(moved.outputs[number].reading.data, reading.dtype), strict=False)):
            if p == p and q == q and abs(p - q) < float("inf"):
                spread[i] = max(spread[i], abs(p - q))
    return [STEPS * value for value in spread]
