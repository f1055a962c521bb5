"""Recurrent networks: cells, and layers over sequences."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import conditioned
from ...accuracy.number_formats import encode
from ...cases.case import FLOATS, Case, TensorSpec, contiguous_strides
from ...drawing.pen import Pen
from ...known_differences.families.networks.recurrent import all_fits, arguments_of_layers, weights_fit
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
        batch, inputs, hidden = pen.length((2, 1, 3), most=270), pen.choice((2, 1, 3)), pen.choice((1, 2, 3))
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


# -- layers ---------------------------------------------------------------------------------------------------------


_NAMES = ("hx", "params", "has_biases", "num_layers", "dropout", "train", "bidirectional")


def _all_by_name(pen: Pen, args: tuple[Any, ...], names: tuple[str, ...]) -> Arguments:
    """The arguments, now and then all but the first by name."""
    if pen.invalid or not pen.chance(5):
        return args, {}
    return args[:1], dict(zip(names[1:], args[1:], strict=True))


def layers(gates: int) -> Any:
    """Padded or packed sequences, states, one or two layers in one or two directions, projections of a long short-term memory."""

    def draw(pen: Pen) -> Arguments:
        packed, two_ways, biases, several = pen.chance(2), pen.chance(3), pen.chance(2), pen.chance(3)
        sizes = pen.choice(((2, 1), (1,), (2, 2), (3, 1, 1)))
        batch = sizes[0] if packed else pen.length((sizes[0], 1), most=20)
        inputs, hidden = pen.choice((1, 2)), pen.choice((2, 1))
        projected = 1 if gates == 4 and hidden == 2 and pen.chance(3) else 0
        wrong = pen.integer(0, 5) if pen.misbehave(2) and not (gates == 4 and pen.dtype in ("float32", "bfloat16")) else None
        out, directions, count = projected or hidden, 1 + two_ways, 1 + several
        rows = directions * count + (wrong == 0)
        states = [pen.tensor((rows, batch, size), values=_NUMBERS) for size in (out, hidden)[: 1 + (gates == 4)]]
        hx: Any = tuple(states) if gates == 4 else states[0]
        params = []
        for layer in range(count + (wrong == 1)):
            width = inputs if layer == 0 else out * directions
            for _ in range(directions):
                shapes = [(gates * hidden, width), (gates * hidden, out)] + [(gates * hidden,)] * 2 * biases + [(projected, hidden)] * bool(projected)
                params += [pen.tensor(shape, values=_NUMBERS) for shape in shapes]
        params = params[: len(params) - (wrong == 2)]
        rest = (tuple(params), biases, count, 2.0 if wrong == 3 else 0.0, wrong == 3 or pen.chance(2), two_ways)
        if packed:
            data = pen.tensor((sum(sizes), inputs), values=_NUMBERS)
            steps = pen.tensor((len(sizes),), "int32" if wrong == 4 else "int64", values=sizes, layout="contiguous")
            pen.buffers[steps.buffer] = encode(list(sizes), steps.dtype)
            return _all_by_name(pen, (data, steps, hx, *rest), ("data", "batch_sizes", *_NAMES))
        batch_first = pen.chance(2)
        length = 0 if wrong == 5 else len(sizes)
        shape = (batch, length, inputs) if batch_first else (length, batch, inputs)
        return _all_by_name(pen, (pen.tensor(shape, values=_NUMBERS), hx, *rest, batch_first), ("input", *_NAMES, "batch_first"))

    return draw


def out_of_bounds(case: Case) -> bool:
    """Shapes that do not fit, and lengths that do not lie one after another: torch reads memory that is not there. Where it leaves a long short-term
    memory to oneDNN it looks at nothing, and where one ends that has fewer states c than h, it does not look at that."""
    given = arguments_of_layers(case)
    input, sizes, hx = given.get("input", given.get("data")), given.get("batch_sizes"), given.get("hx")
    gates = {"lstm": 4, "gru": 3}.get(case.operation, 1)
    if isinstance(sizes, TensorSpec) and (not sizes.numel or sizes.strides != contiguous_strides(sizes.shape)):
        return True
    if not isinstance(input, TensorSpec) or gates == 1:
        return False
    states = [state.shape for state in (hx if isinstance(hx, tuple | list) else (hx,)) if isinstance(state, TensorSpec)]
    if not states or any(len(state) != 3 for state in states):
        return gates == 4
    alike = len(states) != 2 or states[0][:2] == states[1][:2]
    return not weights_fit(case, gates) or not alike or gates == 4 and input.dtype in ("float32", "bfloat16") and not all_fits(case)


LAYERS: dict[str, Any] = {**CELL, "contract": conditioned(32, inner=1), "fatal": out_of_bounds}
define("rnn_tanh rnn_relu", FAMILY, layers(1), **LAYERS)
define("gru", FAMILY, layers(3), **LAYERS)
define("lstm", FAMILY, layers(4), **LAYERS)
