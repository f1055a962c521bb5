"""Losses with a margin."""

from __future__ import annotations

from typing import Any

from ....accuracy.contracts import accumulated
from ....drawing.pen import Pen
from ...rows import Arguments, define
from ..losses_and_activations import legacy, reduction

FAMILY = "nn"


def _number(pen: Pen) -> dict[str, Any]:
    return pen.maybe("reduction", lambda: pen.choice((0, 1, 2) if pen.dtype.startswith(("float", "bfloat", "complex")) else (0, 2)))


def _signed(pen: Pen) -> Arguments:
    """An input, and signs, of which some are none."""
    shape = pen.shape()
    other = shape if not pen.chance(4) else pen.broadcastable(2, shape)[1]
    dtype = pen.choice(("float32", "int64", "float64", pen.dtype)) if pen.chance(3) else pen.dtype
    values = (1, 1, 1, 0) if dtype in ("bool", "uint8") else (1, -1, 1, -1, 0)
    return (pen.tensor(shape), pen.tensor(other, dtype, values=values, differentiable=False)), {}


def hinge_with_a_number(pen: Pen) -> Arguments:
    args, _ = _signed(pen)
    return args, pen.maybe("margin", lambda: pen.choice((1.0, 0.5, 2.0, 0.0))) | _number(pen)


def hinge(pen: Pen) -> Arguments:
    args, _ = _signed(pen)
    return args, pen.maybe("margin", lambda: pen.choice((1.0, 0.5, 2.0, 0.0))) | legacy(pen) | reduction(pen)


LOSS: dict[str, Any] = {"differentiable": True, "forms": "function", "contract": accumulated(4), "critical": ("kinks(1, 0.5, 2)", "paired(-1, 1)")}
define("hinge_embedding_loss", FAMILY, hinge_with_a_number, **LOSS)
define("nn.functional.hinge_embedding_loss", FAMILY, hinge, **LOSS)
