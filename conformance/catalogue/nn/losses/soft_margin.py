"""Losses whose margin is soft."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ....accuracy.contracts import conditioned
from ....cases.case import FLOATS, Case
from ....drawing.naming import in_full
from ....drawing.pen import Pen
from ...rows import Arguments, define
from ..losses_and_activations import legacy, reduction

FAMILY = "nn"


def soft(pen: Pen) -> Arguments:
    """An input, and signs, of which some are none, that broadcast to its shape, or do not when invalid."""
    shape = pen.shape()
    other = shape if not pen.chance(4) else (*shape, 2) if pen.misbehave() else shape[1:]
    dtype = pen.choice(("float32", "int64", "float64", pen.dtype)) if pen.chance(3) else pen.dtype
    values = (1, 1, 1, 0) if dtype in ("bool", "uint8") else (1, -1, 1, -1, 0)
    input = pen.tensor(shape, mode="ordinary" if pen.grad else None)
    return (input, pen.tensor(other, dtype, values=values, differentiable=False)), legacy(pen) | reduction(pen)


def soft_of_a_graph(pen: Pen) -> Arguments:
    """With a target whose gradient is asked for."""
    shape = pen.shape(0, 2)
    return (pen.tensor(shape, "float32"), replace(pen.tensor(shape, "float32", values=(1, -1)), requires_grad=True)), reduction(pen)


def several(pen: Pen) -> Arguments:
    """Logits of the classes of some samples, targets between 0 and 1 and beyond, and weights; the shapes may have to be broadcast."""
    shape = pen.shape(0 if pen.misbehave(4) else 1, 4)
    other = shape if not pen.chance(4) else pen.broadcastable(2, shape)[1]
    dtype = pen.dtype if not pen.misbehave() else pen.other_dtype()
    target = pen.tensor(other, dtype, values=(1, 0, 1, 0, 0.5, 2) if dtype in FLOATS else (1, 0, 2))
    weights = [shape[-1:], shape, (2, *shape) if pen.invalid else (1, *shape[1:])]
    kwargs = pen.maybe("weight", lambda: pen.tensor(pen.choice(weights), values=(1, 2, 3, 0.5)), 3)
    return (pen.tensor(shape), target), kwargs | legacy(pen) | reduction(pen)


def weights_unlike_targets(pen: Pen) -> Arguments:
    """Weights and targets that both broadcast with the logits, of one class, but not with each other."""
    return (pen.tensor((2, 1)), pen.tensor((2, 3), values=(1, 0))), {"weight": pen.tensor(pen.choice(((2, 2), (1, 2), (3, 2, 2))))} | reduction(pen)


def classes(case: Case) -> int:
    """What is summed up of a sample."""
    return max([size for spec in case.tensors() for size in spec.shape] or [1])


LOSS: dict[str, Any] = {"differentiable": True, "forms": "function", "contract": conditioned(4, inner=2)}
define("nn.functional.soft_margin_loss", FAMILY, in_full("nn.functional.soft_margin_loss", soft),
       exercises="soft_margin_loss", critical=("tails", "paired(0.5)"), violating=(soft_of_a_graph,),
    **LOSS)  # fmt: skip
define("multilabel_soft_margin_loss", FAMILY, in_full("multilabel_soft_margin_loss", several), critical=("tails", "paired(0.25)"),
       violating=(weights_unlike_targets,), **LOSS)
