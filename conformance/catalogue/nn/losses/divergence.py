"""The divergence of distributions."""

from __future__ import annotations

from typing import Any

from ....accuracy.contracts import conditioned
from ....drawing.pen import Pen
from ...rows import Arguments, define
from ..losses_and_activations import legacy

FAMILY = "nn"


def _distributions(pen: Pen) -> Arguments:
    """Logarithms of probabilities, and probabilities; those that are not logarithms seldom 0, and not where there are gradients."""
    shape = pen.shape()
    other = shape if not pen.chance(4) else pen.broadcastable(2, shape)[1]
    dtype = pen.dtype if not pen.misbehave() else pen.other_dtype()
    values = (0.5, 0.25, 2.0, 1.0) if pen.grad else (0.5, 0.25, 2.0, 1.0, 0.0)
    target = pen.tensor(other, dtype, values=values) if not pen.chance(4) or pen.grad else pen.tensor(other, dtype)
    return (pen.tensor(shape), target), pen.maybe("log_target", lambda: pen.choice((True, False)))


def with_a_number(pen: Pen) -> Arguments:
    args, kwargs = _distributions(pen)
    return args, kwargs | pen.maybe("reduction", lambda: pen.choice((0, 1, 2)))


def with_a_word(pen: Pen) -> Arguments:
    args, kwargs = _distributions(pen)
    words = ("mean", "sum", "none", "batchmean", *(("wrong",) if pen.invalid else ()))
    return args, kwargs | legacy(pen) | pen.maybe("reduction", lambda: pen.choice(words))


LOSS: dict[str, Any] = {"differentiable": True, "forms": "function", "contract": conditioned(4, inner=2)}
define("kl_div", FAMILY, with_a_number, **LOSS)
define("nn.functional.kl_div", FAMILY, with_a_word, **LOSS)
