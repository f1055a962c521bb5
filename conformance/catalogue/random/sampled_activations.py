"""Activations that draw random numbers."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import conditioned, ulps
from ...drawing.pen import Pen
from ..derivatives import nowhere
from ..rows import Arguments, define
from .random_numbers import OPTIONS, _generator

FAMILY = "random"
_BOUNDS = ((0.125, 0.25), (0.1, 0.3), (0.25, 0.25), (-0.5, 2.0), (1, 2))


def _bounds(pen: Pen) -> tuple[Any, ...]:
    return pen.choice(_BOUNDS) if not pen.misbehave(2) else pen.choice(((0.5, 0.25), (float("nan"), 1.0), (0.0, float("inf"))))


def leaky(pen: Pen) -> Arguments:
    dtype = pen.choice(("int64", "complex64")) if pen.misbehave(4) else pen.dtype
    tensor = pen.tensor(pen.shape(0, 4), dtype)
    if pen.chance(4):
        return (tensor,), {}
    return (tensor, *_bounds(pen), *((dtype != "float16" and pen.chance(2),) if pen.chance(2) else ())), _generator(pen)


def functional_leaky(pen: Pen) -> Arguments:
    dtype = pen.choice(("int64", "complex64")) if pen.misbehave(4) else pen.dtype
    tensor = pen.tensor(pen.shape(0, 4), dtype)
    bounds = _bounds(pen) if not pen.chance(4) else ()
    return (tensor, *bounds), pen.maybe("training", lambda: dtype != "float16" and pen.chance(2), 2) | pen.maybe("inplace", lambda: pen.chance(2), 4)


def gumbel(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(1, 3), "int64" if pen.misbehave(4) else None, mode="ordinary")
    kwargs = pen.maybe("tau", lambda: pen.choice((0.5, 2, 1.0)), 2) | pen.maybe("hard", lambda: True, 4)
    if pen.chance(4):  # all that the signature has, so that the last ones can be handed over by position, too; eps has no effect
        kwargs = {"tau": 1.0, "hard": False, "eps": pen.choice((1e-10, 0.5)), "dim": pen.dim(len(tensor.shape))} | kwargs
    return (tensor,), kwargs | pen.maybe("dim", lambda: pen.dim(len(tensor.shape)), 2)


_DRAWN: dict[str, Any] = OPTIONS | {"dtypes": ("float32", "float64", "float16", "bfloat16"), "differentiable": True, "derivative": nowhere}
define("rrelu", FAMILY, leaky, forms="function inplace", **(_DRAWN | {"contract": ulps(2)}))
define("nn.functional.rrelu", FAMILY, functional_leaky, forms="function", **(_DRAWN | {"contract": ulps(2)}))
define("nn.functional.gumbel_softmax", FAMILY, gumbel, forms="function", **(_DRAWN | {"contract": conditioned(4)}))
