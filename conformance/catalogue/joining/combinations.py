"""Combinations, and matrices of blocks and powers."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import accumulated
from ...drawing.pen import Pen
from ..rows import Arguments, define

FAMILY = "joining"


def _vector(pen: Pen, sizes: tuple[int, ...] = (3, 1, 2, 0, 4), dtype: str | None = None) -> Any:
    return pen.tensor((pen.length(sizes, most=30),) if not pen.misbehave(3) else pen.choice(((), (1, 2))), dtype)


def cartesian_prod(pen: Pen) -> Arguments:
    count = pen.integer(1, 3) if not pen.misbehave(4) else 0
    return tuple([_vector(pen, dtype=None if not pen.misbehave(4) else pen.other_dtype()) for _ in range(count)]), {}


def combinations(pen: Pen) -> Arguments:
    kwargs = pen.maybe("r", lambda: pen.choice((2, 3, 1, 0)) if not pen.misbehave() else -1)
    kwargs |= pen.maybe("with_replacement", lambda: not pen.chance(3))
    tensor = _vector(pen, (3, 1, 2, 0, 5))
    return ((tensor, *kwargs.values()), {}) if list(kwargs) != ["with_replacement"] and pen.chance(2) else ((tensor,), kwargs)


def block_diag(pen: Pen) -> Arguments:
    count = pen.integer(0, 4)
    return tuple([pen.tensor(pen.shape(0, 2, 12, most=200) if not pen.misbehave(4) else (1, 2, 1), pen.other_dtype()) for _ in range(count)]), {}


def vander(pen: Pen) -> Arguments:
    kwargs = pen.maybe("N", lambda: pen.choice((3, 0, 1, 5)) if not pen.misbehave() else -1) | pen.maybe("increasing", lambda: not pen.chance(3))
    tensor = _vector(pen)
    if list(kwargs) != ["increasing"] and pen.chance(3):
        return (tensor, *kwargs.values()), {}
    return ((), {"x": tensor, **kwargs}) if pen.chance(6) else ((tensor,), kwargs)


define("cartesian_prod", FAMILY, cartesian_prod, forms="function", differentiable=True)
define("combinations", FAMILY, combinations, forms="function", differentiable=True)
define("block_diag", FAMILY, block_diag, forms="function", differentiable=True)
define("vander", FAMILY, vander, forms="function", differentiable=True, contract=accumulated(2), multiplies=True)
