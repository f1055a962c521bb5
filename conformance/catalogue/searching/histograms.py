"""Histograms."""

from __future__ import annotations

import math
from typing import Any

from ...accuracy.contracts import accumulated
from ...cases.case import FLOATS, Case, TensorSpec
from ...drawing.pen import ALL, Pen
from ...drawing.values import VALUE_CLASSES
from ...known_differences.entry import arguments, numbers
from ..creation.factories import ONE_STRIDE
from ..rows import Arguments, define
from .sorted_sequences import ascending

FAMILY = "searching"


# Numbers that rounding does not take over the edge of a bin.
_BETWEEN_EDGES = (0.512, 0.037, 0.931, 1.113, 2.217, 0.271, 0.137, 0.319, 0.719, 1.571, 3.019, 0.757)


MANY_BINS = "more bins than 16 bits count"


def bincount(pen: Pen) -> Arguments:
    """The dtype is that of the weights if it is a floating point one."""
    count = pen.length((4, 1, 7, 0, 12, 30)) if pen.force != MANY_BINS else 12
    shape = (count,) if not pen.misbehave(3) else (count, 1)
    values = (0, 1, 2, 3, 1, 7, 20) if not pen.misbehave(3) else (0, 1, -1 if pen.dtype != "uint8" else 2)
    if pen.force == MANY_BINS:
        values = (65_539, 1, 32_770, 40_001, 65_539, 65_537, 3)
        pen.labels.add(MANY_BINS)
    dtype = "int64" if pen.dtype in FLOATS or pen.force == MANY_BINS else pen.dtype
    tensor = pen.tensor(shape, dtype, values=values, differentiable=False)
    kwargs: dict[str, Any] = {}
    if pen.dtype in FLOATS or pen.chance(2):
        dtype = pen.dtype if pen.dtype in FLOATS else pen.choice([d for d in ALL if not d.startswith("complex")])
        kwargs["weights"] = pen.tensor(shape if not pen.misbehave() else (count + 1,), dtype, mode="ordinary")
    kwargs |= pen.maybe("minlength", lambda: pen.choice((5, 0, 30)) if not pen.misbehave() else -1)
    return ((tensor, *kwargs.values()), {}) if list(kwargs) != ["minlength"] and pen.chance(3) else ((tensor,), kwargs)


def histc(pen: Pen) -> Arguments:
    """Elements some of which lie outside; ranges that are given, or those of the elements."""
    given = pen.chance(2) or pen.force in VALUE_CLASSES
    values = (*_BETWEEN_EDGES, float("nan"), float("inf"), -5.0) if given else _BETWEEN_EDGES
    tensor = pen.tensor(
        values=values if not given or pen.chance(2) and pen.force not in VALUE_CLASSES else None, mode="ordinary", differentiable=False)
    kwargs: dict[str, Any] = pen.maybe("bins", lambda: pen.choice((4, 1, 3, 10, 7)) if not pen.misbehave() else 0)
    if not given:  # odd: no edge where equal elements lie, in the middle
        kwargs["bins"] = pen.choice((7, 1, 3, 9, 101)) if not pen.misbehave(3) else 0
    if given:
        low: Any
        low, high = pen.choice(((0, 1), (-1.0, 2.0), (0.1, 0.7), (-3, 5)))
        if pen.misbehave(3):
            low, high = pen.choice(((2, 1), (0, float("inf")), (1j, 2)))
        kwargs |= {"min": low, "max": high}
        if "bins" in kwargs and pen.chance(3):
            return (tensor, kwargs["bins"], low, high), {}
    return (tensor,), kwargs


def _weights(pen: Pen, count: int, shape: tuple[int, ...]) -> dict[str, Any]:
    dtype = pen.dtype if not pen.misbehave(4) else pen.other_dtype()
    sizes = shape if not pen.misbehave(4) else (count + 1,)
    found = pen.maybe("weight", lambda: pen.tensor(sizes, dtype, values=(1.0, 0.5, 2.0, 3.0), differentiable=False))
    return found | pen.maybe("density", lambda: not pen.chance(3))


def histogram(pen: Pen) -> Arguments:
    values = _BETWEEN_EDGES
    kind = pen.integer(0, 2)
    tensor = pen.tensor(values=values if kind != 1 or pen.chance(2) else (*values, float("nan"), float("inf")), mode="ordinary")
    kwargs = _weights(pen, tensor.numel, tensor.shape)
    if kind == 2 or pen.misbehave(4):
        edges = (pen.length((4, 2, 6)),) if not pen.misbehave(3) else pen.choice(((), (0,), (1,), (2, 2)))
        return (tensor, ascending(pen, edges, pen.dtype if not pen.misbehave(4) else pen.other_dtype())), kwargs
    if kind == 1:
        ends = pen.choice(((0.0, 1.0), (0.25, 2.0), (0.1, 0.7), (1.0, 1.0)))
        kwargs["range"] = ends if not pen.misbehave(3) else pen.choice(((2.0, 1.0), (0.0, float("inf")), (0.0, 1.0, 2.0)))
        if pen.chance(4):  # 100 bins, between whose edges the numbers lie, too
            return (tensor,), kwargs
    bins = pen.choice((7, 1, 3, 9)) if not pen.misbehave(3) else 0  # odd: no edge where equal elements lie, in the middle
    return ((tensor,), {"bins": bins, **kwargs}) if pen.chance(3) else ((tensor, bins), kwargs)


def histogramdd(pen: Pen) -> Arguments:
    """Points of one to three coordinates, in one dimension or several; bins by their number or by their edges."""
    coordinates = pen.choice((2, 1, 3)) if not pen.chance(12) else 0
    shape = (*pen.shape(1, 2, 20), coordinates) if not pen.misbehave(5) else pen.choice(((3,), ()))
    kind = pen.integer(0, 3)
    outside = kind >= 2 and pen.chance(2)
    tensor = pen.tensor(shape, values=(*_BETWEEN_EDGES, float("nan"), float("inf"), -5.0) if outside else _BETWEEN_EDGES, mode="ordinary")
    kwargs = _weights(pen, 1, shape[:-1])
    count = coordinates + pen.misbehave(5)
    if kind == 3 and count:
        sizes = [(pen.choice((4, 2, 3)),) if not pen.misbehave(4) else pen.choice(((), (0,), (1,), (2, 2))) for _ in range(count)]
        edges = tuple([ascending(pen, size, pen.dtype if not pen.misbehave(5) else pen.other_dtype()) for size in sizes])
        return (tensor, edges), kwargs
    if kind == 2:
        ends = [pen.choice(((0.0, 1.0), (0.25, 2.0), (0.1, 0.7), (1.0, 1.0))) for _ in range(coordinates)]
        if pen.misbehave(3):
            ends = [*ends, pen.choice(((2.0, 1.0), (0.0, float("inf"))))][-max(coordinates, 1) :]
        kwargs["range"] = tuple([end for pair in ends for end in pair][: -1 if pen.misbehave(5) else None])
    bins = [pen.choice((7, 1, 3, 5)) if not pen.misbehave(5) else 0 for _ in range(count)]  # odd: no edge where equal elements lie, in the middle
    return (tensor, tuple(bins) if pen.chance(2) else pen.choice(bins or [3])), kwargs


def many_bins(pen: Pen) -> Arguments:
    """More than a process can address, or 64 bits can count."""
    return (pen.tensor((4, 2), values=_BETWEEN_EDGES), pen.choice((2**50, 2**61, 2**62))), {"range": (0.0, 1.0)}


def many_boxes(pen: Pen) -> Arguments:
    (tensor, bins), _ = many_bins(pen)
    return (tensor, (3, bins)), {}


def terms(case: Case) -> int:
    """n of the contract: as many as there are elements; and a density is divided by the sizes of bins, which are the differences of two edges. Each
    edge is rounded three times on the way (the step, the product, the sum), which is a part of the size that grows with the number of bins."""
    given = arguments(case)
    input, bins, ends = given["input"], given.get("bins", 100), given.get("range")
    n = max(spec.numel for spec in case.tensors())
    if not given.get("density") or not input.numel or not isinstance(bins, (int, tuple, list)) or any(isinstance(b, TensorSpec) for b in _all(bins)):
        return n
    coordinates = input.shape[-1] if case.operation == "histogramdd" else 1
    elements = numbers(case, input)
    for k in range(coordinates):
        low, high = (min(elements[k::coordinates]), max(elements[k::coordinates])) if ends is None else ends[2 * k : 2 * k + 2]
        low, high = (low - 0.5, high + 0.5) if low == high else (low, high)
        count = bins if isinstance(bins, int) else bins[k]
        n += math.ceil(3 * max(abs(low), abs(high)) * count / (high - low))
    return n


def _all(bins: Any) -> tuple[Any, ...]:
    return tuple(bins) if isinstance(bins, (tuple, list)) else (bins,)


define("histogramdd", FAMILY, histogramdd, forms="function", dtypes="float32 float64", differentiable=True, contract=accumulated(2), terms=terms,
    violating=(many_boxes,), never_alone=ONE_STRIDE)  # fmt: skip
define("bincount", FAMILY, bincount, dtypes="int64 uint8 int32 int8 int16 float32 float64", differentiable=True, contract=accumulated(1),
    classes=(MANY_BINS,))  # fmt: skip
define("histc", FAMILY, histc, dtypes="float32 float64 float16 bfloat16", contract=accumulated(1))
define("histogram", FAMILY, histogram, dtypes="float32 float64", differentiable=True, contract=accumulated(2), terms=terms,
    violating=(many_bins,), never_alone=ONE_STRIDE)  # fmt: skip
