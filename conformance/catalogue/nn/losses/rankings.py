"""Losses that rank."""

from __future__ import annotations

from typing import Any

from ....accuracy.contracts import conditioned
from ....drawing.pen import Pen
from ...rows import Arguments, define
from ..losses_and_activations import legacy, reduction

FAMILY = "nn"


def _ranked(pen: Pen) -> Arguments:
    """Two inputs of one dtype, and signs, of which some are none; the shapes may have to be broadcast, or do not fit."""
    shape = pen.shape()
    shapes = [shape] * 3 if not pen.chance(4) else [shape, tuple(1 if pen.chance(3) else n for n in shape), shape]
    if pen.misbehave(6):
        shapes[2] = (*shape, 2)
    dtypes = [pen.dtype, pen.dtype, "int64" if pen.chance(3) else pen.dtype]
    if pen.misbehave():
        dtypes[pen.integer(0, 2)] = pen.choice(("bool", "complex64"))
    values = (1, 1, 0) if dtypes[2] in ("bool", "uint8") else (1, -1, 1, -1, 0)
    signs = pen.tensor(shapes[2], dtypes[2], values=values, differentiable=False)
    return (pen.tensor(shapes[0], dtypes[0]), pen.tensor(shapes[1], dtypes[1]), signs), pen.maybe("margin", lambda: pen.choice((0.0, 0.5, 2.0, 1.0)))


def ranking_with_a_number(pen: Pen) -> Arguments:
    args, kwargs = _ranked(pen)
    return args, kwargs | pen.maybe("reduction", lambda: pen.choice((0, 1, 2)))


def ranking(pen: Pen) -> Arguments:
    args, kwargs = _ranked(pen)
    return args, kwargs | legacy(pen) | reduction(pen)


LOSS: dict[str, Any] = {"differentiable": True, "forms": "function", "contract": conditioned(4), "critical": "paired(0.5, 2)"}
define("margin_ranking_loss", FAMILY, ranking_with_a_number, **LOSS)
define("nn.functional.margin_ranking_loss", FAMILY, ranking, **LOSS)
