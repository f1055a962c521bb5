"""Where a function of one number changes its kind: found in the reference by bisection, so that nobody has to name them.

Between two numbers of which one gives a finite result and the other infinity lies a threshold; so between a normal and a subnormal result, a
number and NaN (the edge of the domain), a result and its limit (1, -1, the number itself). A grid over all numbers of the dtype finds pairs of
neighbours of different kinds, and bisection the two numbers between which the kind changes.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Sequence

from ..accuracy.number_formats import FORMATS, decode, encode, ordinal
from ..backends import Unsupported, find_backend
from ..cases.case import Case, TensorSpec
from ..execution.oracles import ORACLE, reference_backend
from ..execution.outcomes import Outcome, execute

_GRID = 96
_MOST = 20
_KINDS_BETWEEN = 3
_SMALL = (-2.0, -1.25, -0.75, -0.5, 0.5, 0.75, 1.25, 2.0)


def outcome_of(case: Case) -> Outcome:
    """What the reference does, which does not die of what torch dies of; what torch does where there is no such function."""
    reference = reference_backend()
    if reference is not None:
        try:
            return execute(reference, case)
        except Unsupported:
            pass
    return execute(find_backend(ORACLE), case)


@lru_cache(maxsize=16)
def thresholds(operation: str, form: str, dtype: str) -> tuple[float, ...]:
    """The numbers on both sides of each threshold of a function of one tensor; none if it does not give one float for each."""
    top = ordinal(math.inf, dtype)
    grid = sorted({*[round(top * (2 * i / _GRID - 1)) for i in range(_GRID + 1)], *[ordinal(x, dtype) for x in _SMALL]})
    kinds = _kinds(operation, form, grid, dtype)
    if kinds is None:
        return ()
    brackets = [each for each in zip(grid, grid[1:], kinds, kinds[1:]) if each[2] != each[3]][:_MOST]
    found: list[float] = []
    for _ in range(_KINDS_BETWEEN):
        pairs = _bisected(operation, form, brackets, dtype)
        if pairs is None:
            return ()
        found += [_number(place, dtype) for pair in pairs for place in pair]
        above = _kinds(operation, form, [high for _, high in pairs], dtype) or []
        # A third kind may lie between: subnormal results between zeros and normal ones.
        brackets = [(high, end, kind, last) for (_, high), kind, (_, end, _, last) in zip(pairs, above, brackets) if kind != last]
        if not brackets:
            break
    return tuple(found)


def _bisected(operation: str, form: str, brackets: Sequence[tuple[int, int, str, str]], dtype: str) -> list[tuple[int, int]] | None:
    """For each bracket the last place of its first kind, and the next one."""
    low, high = [bracket[0] for bracket in brackets], [bracket[1] for bracket in brackets]
    while any(b - a > 1 for a, b in zip(low, high)):
        middle = [(a + b) // 2 for a, b in zip(low, high)]
        kinds = _kinds(operation, form, middle, dtype)
        if kinds is None:
            return None
        for i, kind in enumerate(kinds):
            (low if kind == brackets[i][2] else high)[i] = middle[i]
    return list(zip(low, high))


def _number(place: int, dtype: str) -> float:
    """The number whose ordinal this is."""
    size = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}[dtype]
    data = abs(place).to_bytes(size, "little")
    value = decode(data, dtype)[0]
    return -value if place < 0 else float(value)


def _kinds(operation: str, form: str, places: Sequence[int], dtype: str) -> list[str] | None:
    numbers = [_number(place, dtype) for place in places]
    spec = TensorSpec(0, dtype, (len(numbers),), (1,))
    outcome = outcome_of(Case(operation, form, (encode(numbers, dtype),), (spec,)))
    if outcome.error is not None or len(outcome.outputs) != 1:
        return None
    reading = outcome.outputs[0].reading
    if reading.dtype != dtype or reading.shape != spec.shape:
        return None
    return [_kind(x, y, dtype) for x, y in zip(numbers, decode(reading.data, dtype))]


def _kind(x: float, y: float, dtype: str) -> str:
    if y != y or math.isinf(y) or y == 0.0 or abs(y) == 1.0:
        return str(y)
    if y == x:
        return "itself"
    if abs(y) < 2.0 ** FORMATS[dtype].emin:
        return "subnormal"
    return "negative" if y < 0 else "positive"
