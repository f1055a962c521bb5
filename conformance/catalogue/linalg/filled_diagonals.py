"""Diagonals that are filled in place."""

from __future__ import annotations

from ...drawing.pen import Pen
from ..rows import Arguments, define

FAMILY = "linalg"


def fill_diagonal(pen: Pen) -> Arguments:
    """A matrix of any sizes, or a cube; wrapped around in memory in one piece alone."""
    size = pen.integer(1, 3)
    cube = pen.chance(4)
    shape = (size,) * 3 if cube else pen.shape(2, 2)
    if pen.misbehave(3):
        shape = (2, 3, 3) if pen.chance(2) else (3,)
    wrap = pen.maybe("wrap", lambda: not pen.chance(3))
    tensor = pen.tensor(shape if not wrap or pen.chance(2) else (9, 2), layout="contiguous" if wrap else "permuted" if pen.grad else None)
    value = pen.scalar()
    return ((tensor, value, wrap["wrap"]), {}) if wrap and pen.chance(2) else ((tensor, value), wrap)


define("fill_diagonal_", FAMILY, fill_diagonal, forms="method", differentiable=True)
