"""Of which elements, and with which weights, interpolation makes each element of a result, along one dimension.

Element i of ``new_size`` lies at ``(i + 0.5) * step - 0.5`` of a dimension of ``size`` elements, and at ``i * step`` if the corners are aligned.
``step`` is ``size / new_size``, or the reciprocal of the factor that was given; of aligned corners ``(size - 1) / (new_size - 1)``.
"""

from __future__ import annotations

from math import ceil
from typing import Any, Callable, NamedTuple

from ...foundation.dtypes import dtype, float32, float64, int64
from ...tensor import Tensor
from ..creation.filled import full, zeros
from ..creation.ranges import arange


class Tap(NamedTuple):
    """One of the elements that go into each element of a result: its place, its weight (None is 1), and where there is none."""

    places: Tensor
    weights: Tensor | None = None
    missing: Tensor | None = None


class Line(NamedTuple):
    """One dimension: its size, that of the result, the factor between the two if one was given, and whether the corners are aligned."""

    size: int
    new_size: int
    factor: float | None
    align_corners: bool
    device: Any

    @property
    def step(self) -> float:
        """How many elements of the input one of the result is wide."""
        if self.align_corners:
            return (self.size - 1) / (self.new_size - 1) if self.new_size > 1 else 0.0
        return 1 / self.factor if self.factor is not None and self.factor > 0 else self.size / self.new_size

    def numbers(self, d: dtype) -> Tensor:
        """0, 1, ... ``new_size`` - 1."""
        return arange(self.new_size, dtype=d, device=self.device)  # type: ignore[no-any-return]

    def clamped(self, places: Tensor) -> Tensor:
        """Places within the dimension, as indices."""
        return places.to(int64).clamp(0, self.size - 1)  # type: ignore[no-any-return]


def nearest(line: Line, exact: bool, image: bool, d: dtype) -> list[Tap]:
    """The element whose cell begins at the place, or (``exact``) holds the middle. The step is rounded to float32 (but for lines and volumes of
    float64), and so is its product. In images of the same or twice the size each element is one, or two, whatever the factor."""
    if image and not exact and line.new_size in (line.size, 2 * line.size):
        return [Tap(line.numbers(int64) // (line.new_size // line.size))]
    numbers = line.numbers(float64 if d is float64 and not image else float32)
    return [Tap(line.clamped(((numbers + 0.5 if exact else numbers) * line.step).floor()))]


def _places(line: Line) -> Tensor:
    numbers = line.numbers(float64)
    return numbers * line.step if line.align_corners else (numbers + 0.5) * line.step - 0.5


def linear(line: Line) -> list[Tap]:
    """The two neighbours of the place; what lies before the first element counts as that. A dimension that keeps its size keeps its elements."""
    if line.new_size == line.size:
        whole = full((line.new_size,), 1.0, dtype=float64, device=line.device)
        return [Tap(line.numbers(int64), whole), Tap(line.numbers(int64), 1 - whole)]
    places = _places(line).clamp(min=0)
    first = line.clamped(places)
    share = (places - first).clamp(0, 1)
    return [Tap(first, 1 - share), Tap(line.clamped(first + 1), share)]


def _inner(t: Any, a: float) -> Any:
    return ((a + 2) * t - (a + 3)) * t * t + 1


def _outer(t: Any, a: float) -> Any:
    return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a


def cubic(line: Line) -> list[Tap]:
    """The four neighbours of the place; the first and the last element go on beyond the ends. Weights: the cubic convolution with a = -0.75
    (R. G. Keys, Cubic convolution interpolation for digital image processing, 1981)."""
    places = _places(line)
    before = places.floor().to(int64)
    return [Tap(line.clamped(before + (number - 1)), weight) for number, (weight, _) in enumerate(cubic_weights(places - before))]


def cubic_weights(t: Any) -> list[tuple[Any, Any]]:
    """Of the four neighbours of a place, which lies ``t`` behind the second, the weights and their derivatives."""
    a = -0.75
    return [(_outer(t + 1, a), (3 * a * (t + 1) - 10 * a) * (t + 1) + 8 * a), (_inner(t, a), (3 * (a + 2) * t - 2 * (a + 3)) * t),
            (_inner(1 - t, a), -((3 * (a + 2) * (1 - t) - 2 * (a + 3)) * (1 - t))),
            (_outer(2 - t, a), -((3 * a * (2 - t) - 10 * a) * (2 - t) + 8 * a))]  # fmt: skip


# Filters of antialiasing, with the distance from which on they are 0.
_FILTERS: dict[str, tuple[float, Callable[[Any], Any]]] = {
    "linear": (1.0, lambda x: 1 - x),
    "cubic": (2.0, lambda x: _inner(x, -0.5).where(x < 1, _outer(x, -0.5))),
    "lanczos": (3.0, lambda x: x.sinc() * (x / 3).sinc()),
}


def antialiased(line: Line, mode: str) -> list[Tap]:
    """All elements below a filter, which is as wide as what it makes one of: in a smaller image it is stretched by the step. The weights are divided
    by their sum. The place is always the middle, ``(i + 0.5) * step``. A dimension that keeps its size keeps its elements."""
    if line.new_size == line.size:
        return [Tap(line.numbers(int64))]
    support, weight_at = _FILTERS[mode]
    stretch = max(line.step, 1.0)
    middle, reach = (line.numbers(float64) + 0.5) * line.step, support * stretch
    start = (middle - reach + 0.5).to(int64).clamp(min=0)
    end = (middle + reach + 0.5).to(int64)
    taps: list[Tap] = []
    total: Any = zeros((line.new_size,), dtype=float64, device=line.device)
    for number in range(min(2 * ceil(reach) + 1, line.size)):
        places = start + number
        distance = ((places - middle + 0.5) / stretch).abs()
        missing = places >= end.clamp(max=line.size)
        weight = weight_at(distance).masked_fill(missing.logical_or(distance >= support), 0)
        total = total + weight
        taps.append(Tap(line.clamped(places), weight, missing))
    total = total.masked_fill(total == 0, 1)
    return [Tap(tap.places, tap.weights / total, tap.missing) for tap in taps]  # type: ignore[operator]


def in_bytes(taps: list[Tap]) -> tuple[list[Tap], int]:
    """The taps with weights that are integers, the sum of those of one place in one of them, and by how many bits they are shifted: as many as leave
    the largest one below 2**15, 22 at most. A weight is rounded to the nearest integer, a half away from zero."""
    merged: list[Tap] = []
    for tap in taps:
        weights: Any = tap.weights
        if merged and tap.missing is None:
            last = merged[-1]
            same = last.places == tap.places
            weights = weights + last.weights.masked_fill(~same, 0)  # type: ignore[union-attr]
            merged[-1] = Tap(last.places, last.weights.masked_fill(same, 0))  # type: ignore[union-attr]
        merged.append(Tap(tap.places, weights, tap.missing))
    largest = max([float(tap.weights.max()) for tap in merged])  # type: ignore[union-attr]
    bits = 0
    while bits < 22 and int(0.5 + largest * 2 ** (bits + 1)) < 2**15:
        bits += 1
    return [Tap(tap.places, _rounded(tap.weights * 2**bits), tap.missing) for tap in merged], bits  # type: ignore[operator]


def _rounded(weights: Any) -> Tensor:
    return (weights + weights.sign() * 0.5).trunc().to(int64)  # type: ignore[no-any-return]
