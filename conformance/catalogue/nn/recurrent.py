"""Recurrent networks: cells."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import conditioned
from ...cases.case import FLOATS, Case
from ...drawing.pen import Pen
from ..rows import Arguments, define

FAMILY = "nn"
_NUMBERS = (0.5, -0.3, 1.0, 0.0, -1.7, 0.9, 2.1, -0.6, 0.25, -4.5, 0.1, -0.0, 3.3)  # of which no product overflows: the order of sums is open
_SPECIAL = (*_NUMBERS, float("inf"), float("-inf"), float("nan"))


def _weights(pen: Pen, gates: int, inputs: int, hidden: int, biases: bool) -> list[Any]:
    """The weights of the input and of the state, and biases."""
    shapes = [(gates * hidden, inputs), (gates * hidden, hidden)] + [(gates * hidden,)] * 2 * biases
    return [pen.tensor(shape, values=_NUMBERS) for shape in shapes]


def cell(gates: int) -> Any:
    """A batch of inputs, its states, weights, and biases or none."""

    def draw(pen: Pen) -> Arguments:
        batch, inputs, hidden = pen.choice((2, 1, 3)), pen.choice((2, 1, 3)), pen.choice((1, 2, 3))
        wrong = pen.integer(0, 4) if pen.misbehave(2) else None
        input = pen.tensor((batch, inputs + (wrong == 0)), values=_SPECIAL if pen.chance(4) else _NUMBERS)
        sizes = (batch + (wrong == 1), hidden + (wrong == 2))
        hx: Any = pen.tensor(sizes, values=_NUMBERS)
        if gates == 4:
            hx = (hx, pen.tensor((batch, hidden), values=_NUMBERS), *[hx] * (wrong == 3))
        weights = _weights(pen, gates, inputs, hidden, pen.chance(2))
        if wrong == 4:
            weights[0] = pen.tensor((gates * hidden + 1, inputs), values=_NUMBERS)
        return (input, hx, *weights), {}

    return draw


def of_products(case: Case) -> int:
    """The most terms that one sum of products has."""
    return max([spec.shape[-1] for spec in case.tensors() if spec.shape] or [1])


CELL: dict[str, Any] = {"forms": "function", "differentiable": True, "dtypes": FLOATS, "terms": of_products, "contract": conditioned(8, inner=1),
                        "weight": 0.3}  # fmt: skip
define("rnn_tanh_cell rnn_relu_cell", FAMILY, cell(1), **CELL)
define("lstm_cell", FAMILY, cell(4), **CELL)
define("gru_cell", FAMILY, cell(3), **CELL)
