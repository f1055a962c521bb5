"""What is rounded on the way to a normalisation, and does not show in its result: the mean, and the variance.

Of one element, or of two equal ones, the result is the bias whatever they are: its derivative is 0. But who computes ``(x - mean) * s``, or
``x * s + (bias - mean * s)``, with ``s = weight / sqrt(variance + eps)``, has rounded a mean, or two products, which do not cancel any more. And who
adds up squares that overflow has an infinite variance, an ``s`` of 0, and the bias for each element; no element is farther from it than
``sqrt(n) * weight`` (P. Samuelson: How Deviant Can You Be?, 1968).
"""

from __future__ import annotations

import math
from typing import Callable, Iterable

from ...accuracy.number_formats import FORMATS, decode, encode
from ...cases.case import Case, TensorSpec, contiguous_strides, elements
from ..entries import named_arguments

_WIDE_SUMS = {"float16": "float32", "bfloat16": "float32"}
# For each element the group that it is normalised in, and the place of its weight.
Places = Iterable[tuple[int, int]]


def in_last_dimensions(shape: tuple[int, ...], case: Case) -> Places:
    normalized = named_arguments(case).get("normalized_shape", ())
    size = max(math.prod(normalized if isinstance(normalized, (tuple, list)) else (normalized,)), 1)
    return ((i // size, i % size) for i in range(math.prod(shape)))


def in_groups(shape: tuple[int, ...], case: Case) -> Places:
    named = named_arguments(case)
    area, channels = math.prod(shape[2:]), shape[1] if len(shape) > 1 else 1
    if "HxW" in named:  # the numbers say how the elements are read
        area, channels = named["HxW"], named["C"]
    groups = named.get("num_groups", named.get("group", 1))
    area, size = max(area, 1), max(channels * area // max(groups, 1), 1)
    return ((i // size, i // area % max(channels, 1)) for i in range(math.prod(shape)))


def in_batches(shape: tuple[int, ...], case: Case) -> Places:
    area = max(math.prod(shape[2:]), 1)
    return ((i // area % shape[1], i // area % shape[1]) for i in range(math.prod(shape)))


def in_instances(shape: tuple[int, ...], case: Case) -> Places:
    area = max(math.prod(shape[2:]), 1)
    return ((i // area, i // area % shape[1]) for i in range(math.prod(shape)))


def rounded_means(places: Callable[[tuple[int, ...], Case], Places]) -> Callable[[Case], list[Case]]:
    """For each element the largest of its group, divided by the deviation and multiplied by the weight: what the products that cancel are at most;
    and NaN where they overflow, or the squares do."""

    def intermediate(case: Case) -> list[Case]:
        named = named_arguments(case)
        input, eps = named["input"], named.get("eps", 1e-5)
        own = bool(named.get("training", named.get("use_input_stats", True)))
        values, weights = _numbers(case, input), _numbers(case, named.get("weight"))
        where = list(places(input.shape, case))
        largest, u = FORMATS[_WIDE_SUMS.get(input.dtype, input.dtype)].largest, FORMATS[input.dtype].unit_roundoff
        if own:
            groups: dict[int, list[float]] = {}
            for value, (group, _) in zip(values, where, strict=True):
                groups.setdefault(group, []).append(value)
            of_groups = {group: _size(members, eps, largest, u) for group, members in groups.items()}
            sizes, squares = [[of_groups[group][part] for group, _ in where] for part in (0, 1)]
        else:
            means, variances = _numbers(case, named.get("running_mean")), _numbers(case, named.get("running_var"))
            if not (means and variances):
                return []
            terms = [abs(value) + abs(means[place % len(means)]) for value, (_, place) in zip(values, where, strict=True)]
            sizes = [term / _root(variances[place % len(variances)] + eps) for term, (_, place) in zip(terms, where, strict=True)]
            squares = [0.0] * len(sizes)
        factors = [abs(weights[place]) if place < len(weights) else 1.0 for _, place in where]
        products = [size * factor for size, factor in zip(sizes, factors, strict=True)]
        overflows = [
            math.nan if square or largest <= size * max(factor, 1.0) < math.inf else 0.0
            for size, square, factor in zip(sizes, squares, factors, strict=True)
        ]
        spec = TensorSpec(0, "float64", input.shape, contiguous_strides(input.shape))
        calls = (products if own else [0.0] * len(products), overflows)
        return [Case("abs", "function", (encode(each, "float64"),), (spec,), {}) for each in calls]

    return intermediate


def _numbers(case: Case, spec: object) -> tuple[float, ...]:
    return decode(b"".join(elements(case, spec)), spec.dtype) if isinstance(spec, TensorSpec) else ()


def _root(number: float) -> float:
    return math.sqrt(number) if number > 0 else math.inf


def _size(members: list[float], eps: float, largest: float, u: float) -> tuple[float, float]:
    """The larger of those products, and of what makes the bias of an element where squares overflow; infinity if they do, and 0 otherwise."""
    n, top = len(members), max(map(abs, members))
    if not math.isfinite(top):
        return 0.0, 0.0
    try:
        mean = math.fsum(members) / n
        variance = math.fsum([(x - mean) * (x - mean) for x in members]) / n
    except OverflowError:  # of float64 itself
        variance = math.inf
    products = top / math.sqrt(variance + eps) if variance + eps > 0 else 0.0
    return (max(products, math.sqrt(n) / u), math.inf) if top * top * n >= largest else (products, 0.0)

