"""Sums over the dimensions of a broadcast."""

from __future__ import annotations

from ...accuracy.contracts import accumulated
from ...drawing.pen import Pen
from ..rows import Arguments, define
from .sums_and_extremes import reduced_terms

FAMILY = "reductions"


def sum_to_size(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(0, 4))
    sizes = [1 if pen.chance(2) else size for size in tensor.shape]
    while sizes and pen.chance(3):
        sizes = sizes[1:]
    if pen.misbehave(2):
        sizes = [2, *tensor.shape] if pen.chance(2) else [size + 1 for size in tensor.shape] or [1]
    return (tensor, *sizes) if sizes and pen.chance(2) else (tensor, tuple(sizes)), {}


define("sum_to_size", FAMILY, sum_to_size, forms="method", differentiable=True, contract=accumulated(1), terms=reduced_terms, reduces=True)
