"""Losses of probabilities and logits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ....accuracy.contracts import conditioned
from ....drawing.pen import Pen
from ...derivatives import probabilities_inside
from ...rows import Arguments, define
from ..losses_and_activations import legacy, reduction

FAMILY = "nn"


def _weights(pen: Pen, name: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """Weights of the shape, or of one that broadcasts to it; when invalid also of one that does not."""
    shapes = [shape, shape[1:], (2, *shape) if pen.invalid else ()]
    return pen.maybe(name, lambda: pen.tensor(pen.choice(shapes), values=(1, 2, 3, 4), differentiable=False), 4)


def probabilities(pen: Pen) -> Arguments:
    """Probabilities, seldom numbers that are none; 0 and 1, at which the logarithm is cut."""
    shape = pen.shape()
    inner, ends = (0.5, 0.25, 0.875, 0.125), (0.0, 1.0)
    values = inner + ends
    input = pen.tensor(shape, values=(*values, 2.0) if pen.misbehave(6) else values)
    dtype = pen.dtype if not pen.misbehave() else pen.other_dtype()
    target = pen.tensor(shape if not pen.misbehave(4) else (*shape, 1), dtype, values=(*inner, *ends, 2.0) if pen.misbehave(6) else inner + ends)
    return (input, target), _weights(pen, "weight", shape) | legacy(pen) | reduction(pen)


def logits(pen: Pen) -> Arguments:
    shape = pen.shape()
    dtype = pen.dtype if not pen.misbehave() else pen.other_dtype()
    target = pen.tensor(shape if not pen.misbehave(4) else (*shape, 1), dtype)
    weights = _weights(pen, "weight", shape) | _weights(pen, "pos_weight", shape)
    return (pen.tensor(shape), target), weights | legacy(pen) | reduction(pen)


def logits_with_a_number(pen: Pen) -> Arguments:
    """With a number for the reduction; the input may have to be broadcast to the target."""
    shape = pen.shape()
    smaller = shape if pen.grad or not pen.chance(3) else shape[1:]  # torch has no gradients of broadcast operands
    target = pen.tensor(shape, pen.dtype if not pen.misbehave() else pen.other_dtype())
    weights = _weights(pen, "weight", shape) | _weights(pen, "pos_weight", shape)
    return (pen.tensor(smaller), target), weights | pen.maybe("reduction", lambda: pen.choice((0, 1, 2)))


def weights_of_a_graph(pen: Pen) -> Arguments:
    """With weights whose gradient is asked for."""
    weight = replace(pen.tensor((3,), "float32", mode="ordinary"), requires_grad=True)
    return (pen.tensor((2, 3), "float32"), pen.tensor((2, 3), "float32")), {pen.choice(("weight", "pos_weight")): weight}


LOSS: dict[str, Any] = {"differentiable": True, "forms": "function", "contract": conditioned(4, inner=2)}
define("binary_cross_entropy", FAMILY, probabilities, exercises="_binary_cross_entropy binary_cross_entropy_backward",
    derivative=probabilities_inside, **LOSS)  # fmt: skip
define("binary_cross_entropy_with_logits", FAMILY, logits_with_a_number, never_alone={
    "target.dtype is not bool": "floats do not fit into bool, either"}, critical=("tails", "paired(0.25)"), **LOSS)  # fmt: skip
define("nn.functional.binary_cross_entropy_with_logits", FAMILY, logits, critical=("tails", "paired(0.25)"), violating=(weights_of_a_graph,), **LOSS)
