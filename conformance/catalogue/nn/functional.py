"""Functions of ``nn.functional`` that are not the ones of the same name elsewhere: they have other parameters."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import conditioned, ulps
from ...drawing.pen import Pen
from ..pointwise.elementwise import REAL
from ..rows import Arguments, define
from .losses_and_activations import along_a_dimension, softmax

FAMILY = "nn"


def unary(pen: Pen) -> Arguments:
    return (pen.tensor(),), {}


def relu(pen: Pen) -> Arguments:
    return (pen.tensor(),), pen.maybe("inplace", lambda: pen.chance(2), 3)


def softmax_of_any_dim(pen: Pen) -> Arguments:
    args, kwargs = softmax(pen)
    return (args if pen.chance(2) else args[:1]), kwargs


def _name(name: str) -> str:
    return f"nn.functional.{name}"


define(_name("relu"), FAMILY, relu, forms="function", dtypes=REAL, differentiable=True, weight=0.5)
define(_name("relu_"), FAMILY, unary, forms="function", dtypes=REAL, differentiable=True, weight=0.5)
define(_name("sigmoid"), FAMILY, unary, forms="function", differentiable=True, contract=ulps(2), weight=0.5)
define(_name("tanh"), FAMILY, unary, forms="function", differentiable=True, contract=ulps(2), weight=0.5)
SOFTMAX: dict[str, Any] = {"forms": "function", "differentiable": True, "terms": along_a_dimension, "weight": 0.5}
define(_name("softmax"), FAMILY, softmax_of_any_dim, contract=conditioned(4), **SOFTMAX)
define(_name("log_softmax"), FAMILY, softmax_of_any_dim, contract=conditioned(4, inner=1), **SOFTMAX)
