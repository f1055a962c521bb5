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
    """For each element the largest of its group, divided by the deviation and multiplied by the weight: what the products that cancel are at most."""

    def intermediate(case: Case) -> list[Case]:
        named = named_arguments(case)
        input, weight, eps = named["input"], named.get("weight"), named.get("eps", 1e-5)
        if not named.get("training", named.get("use_input_stats", True)) or len(input.shape) < 1:
            return []
        values = decode(b"".join(elements(case, input)), input.dtype)
        weights = decode(b"".join(elements(case, weight)), weight.dtype) if isinstance(weight, TensorSpec) else ()
        where = list(places(input.shape, case))
        groups: dict[int, list[float]] = {}
        for value, (group, _) in zip(values, where, strict=True):
            groups.setdefault(group, []).append(value)
        form = FORMATS[_WIDE_SUMS.get(input.dtype, input.dtype)]
        sizes = {group: _size(members, eps, form.largest, FORMATS[input.dtype].unit_roundoff) for group, members in groups.items()}
        spec = TensorSpec(0, "float64", input.shape, contiguous_strides(input.shape))
        found = [sizes[group][0] * (abs(weights[place]) if place < len(weights) else 1.0) for group, place in where]
        squares = [sizes[group][1] for group, _ in where]
        return [Case("abs", "function", (encode(each, "float64"),), (spec,), {}) for each in (found, squares)]

    return intermediate


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

