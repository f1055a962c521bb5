"""Tensors as images lie in memory."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any, Sequence

from ...cases.case import TensorSpec
from ...drawing.pen import Pen


def image(pen: Pen, shape: Sequence[int], **options: Any) -> TensorSpec:
    """A tensor of this shape, in any layout; of three dimensions and more now and then with its channels last."""
    sizes = tuple(shape)
    if 0 in sizes:
        pen.labels.add("empty")
    if len(sizes) < 3 or prod(sizes) < 2 or not pen.chance(5):
        return pen.tensor(sizes, **options)
    made = pen.tensor((sizes[0], *sizes[2:], sizes[1]), layout="contiguous", **options)
    pen.labels.add("permuted")
    return replace(made, shape=sizes, strides=(made.strides[0], made.strides[-1], *made.strides[1:-1]))
