"""Dropout, and binomial numbers."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import ulps
from ...drawing.pen import Pen
from ..derivatives import nowhere
from ..rows import Arguments, define
from .random_numbers import OPTIONS, _generator

FAMILY = "random"
FLOATING = ("float32", "float64", "float16", "bfloat16")


def _p(pen: Pen) -> float:
    return pen.choice((0.5, 0.2, 0.75, 0.0, 1.0)) if not pen.misbehave(2) else pen.choice((1.5, -0.1, float("nan")))


def dropped(pen: Pen, least: int = 0, most: int = 4) -> Arguments:
    """An input, a probability, and mostly a true flag."""
    return (pen.tensor(pen.shape(least, most)), _p(pen), not pen.chance(4)), {}


def features(pen: Pen) -> Arguments:
    return dropped(pen, 0 if pen.misbehave(2) else 2, 5)


def native(pen: Pen) -> Arguments:
    args, kwargs = dropped(pen)
    return (*args[:2], pen.choice((True, True, False, None))), kwargs


def functional(least: int, most: int) -> Any:
    """As torch.nn.functional has it: everything but the input has a default, and a flag says whether the input is overwritten."""

    def draw(pen: Pen) -> Arguments:
        tensor = pen.tensor(pen.shape(0 if pen.misbehave(2) else least, most))
        kwargs = pen.maybe("training", lambda: pen.choice((True, False)), 2) | pen.maybe("inplace", lambda: pen.chance(2), 4)
        if pen.chance(2):
            return (tensor, _p(pen)), kwargs
        return (tensor,), kwargs | pen.maybe("p", lambda: _p(pen), 2)

    return draw


def trials(pen: Pen) -> Arguments:
    """Counts and probabilities. No count is infinite or NaN: torch's loop over them does not end."""
    shapes = pen.broadcastable(2, pen.shape(0, 2, 20))
    count = pen.tensor(shapes[0], values=(5.0, 0.0, 1.0, 20.0, 60.0, 300.0, 2.5, -1.0))
    prob = pen.tensor(shapes[1], pen.other_dtype() if pen.misbehave(2) else None, values=(0.5, 0.1, 0.9, 0.0, 1.0, 0.3, 0.7, 1.5, -0.5))
    return (count, prob), _generator(pen)


_DROPPING: dict[str, Any] = OPTIONS | {"contract": ulps(2), "dtypes": FLOATING, "differentiable": True, "derivative": nowhere}
define("dropout alpha_dropout", FAMILY, dropped, forms="function inplace", **_DROPPING)
define("feature_dropout feature_alpha_dropout", FAMILY, features, forms="function inplace", **_DROPPING)
define("native_dropout", FAMILY, native, forms="function", **_DROPPING)
define("nn.functional.dropout nn.functional.alpha_dropout", FAMILY, functional(0, 4), forms="function", **_DROPPING)
define("nn.functional.dropout1d", FAMILY, functional(2, 3), forms="function", **_DROPPING)
define("nn.functional.dropout2d nn.functional.feature_alpha_dropout", FAMILY, functional(2, 5), forms="function", **_DROPPING)
define("nn.functional.dropout3d", FAMILY, functional(2, 5), forms="function", **_DROPPING)
define("binomial", FAMILY, trials, forms="function", dtypes=("float32", "float64"), **OPTIONS)
