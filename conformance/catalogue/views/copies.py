"""Contiguous copies of views, drawn as the views are."""

from __future__ import annotations

from ...drawing.pen import Pen
from ..rows import Arguments, Draw, define
from .shapes_and_slices import FAMILY, expand, matrix, permute, select, squeeze, two_dims, unary, unfold, unsqueeze


def in_one(draw: Draw) -> Draw:
    """The same call with the sizes in one tuple, as the functions take them."""

    def packed(pen: Pen) -> Arguments:
        (tensor, *rest), kwargs = draw(pen)
        sizes = rest[0] if rest and isinstance(rest[0], (tuple, list)) else rest
        return (tensor, tuple(sizes)), {name: value for name, value in kwargs.items() if name == "implicit"}

    return packed


def expand_copy(pen: Pen) -> Arguments:
    args, kwargs = in_one(expand)(pen)
    return args, kwargs | pen.maybe("implicit", lambda: pen.chance(2), 8)


def slice_copy(pen: Pen) -> Arguments:
    """Ends within the dimension and beyond it, of either sign, or none."""
    tensor = pen.tensor(pen.shape(0 if pen.misbehave(4) else 1, 4))
    ends = [pen.choice((None, 0, 1, -1, 2, -2, 100, -100)) for _ in range(2)]
    step = pen.choice((0, -1)) if pen.misbehave(2) else pen.integer(1, 3)
    return (tensor, pen.dim(len(tensor.shape)), *ends, step)[: pen.integer(1, 5)], {}


define("alias_copy view_as_real_copy", FAMILY, unary, forms="function out", differentiable=True)
define("expand_copy", FAMILY, expand_copy, forms="function out", differentiable=True)
define("permute_copy", FAMILY, in_one(permute), forms="function out", differentiable=True)
define("select_copy", FAMILY, select, forms="function out", differentiable=True)
define("slice_copy", FAMILY, slice_copy, forms="function out", differentiable=True)
define("squeeze_copy", FAMILY, squeeze, forms="function out", differentiable=True)
define("t_copy", FAMILY, matrix, forms="function out", differentiable=True)
define("transpose_copy", FAMILY, two_dims, forms="function out", differentiable=True)
define("unfold_copy", FAMILY, unfold, forms="function out", differentiable=True)
define("unsqueeze_copy", FAMILY, unsqueeze, forms="function out", differentiable=True)
