"""``nn.init``: what fills the parameters of a network."""

from __future__ import annotations

from typing import Any

from ...cases.case import GeneratorSpec
from ...drawing.pen import Pen
from ..rows import Arguments, define

FAMILY = "random"
FLOATING = ("float32", "float64", "float16", "bfloat16")
NONLINEARITIES = ("linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu")


def _generator(pen: Pen) -> dict[str, Any]:
    return pen.maybe("generator", lambda: GeneratorSpec(pen.choice((0, 7, 123))), 5)


def plain(pen: Pen) -> Arguments:
    return (pen.tensor(differentiable=False),), {}


def constant(pen: Pen) -> Arguments:
    return (pen.tensor(differentiable=False), pen.scalar()), {}


def matrix(pen: Pen) -> Arguments:
    shape = (pen.length(range(5)), pen.length(range(5))) if not pen.misbehave(2) else pen.shape(0, 3)
    return (pen.tensor(shape, differentiable=False),), {}


def _weight(pen: Pen, most: int | None = None) -> Any:
    shape = tuple([pen.length(range(1, 5), most) for _ in range(pen.integer(2, 4))]) if not pen.misbehave(2) else pen.shape(0, 1)
    return pen.tensor(shape, differentiable=False)


def two_numbers(pen: Pen) -> Arguments:
    low, more = pen.choice((0.0, -1.0, 2.5)), pen.choice((0.5, 1.0, 3.0))
    return (_weight(pen), *((low, low + more) if pen.chance(2) else ())), _generator(pen)


def mean_and_deviation(pen: Pen) -> Arguments:
    return (_weight(pen), *((pen.choice((0.0, -1.5)), pen.choice((0.5, 2.0))) if pen.chance(2) else ())), _generator(pen)


def xavier(pen: Pen) -> Arguments:
    return (_weight(pen),), pen.maybe("gain", lambda: pen.choice((1.0, 0.5, 2.0)), 2) | _generator(pen)


def kaiming(pen: Pen) -> Arguments:
    modes = ("fan_in", "fan_out", "FAN_IN", *(("fan",) if pen.invalid else ()))
    kwargs = pen.maybe("a", lambda: pen.choice((0, 0.01, 5**0.5)), 2) | pen.maybe("mode", lambda: pen.choice(modes), 2)
    return (_weight(pen),), kwargs | pen.maybe("nonlinearity", lambda: pen.choice(NONLINEARITIES), 2) | _generator(pen)


def truncated(pen: Pen) -> Arguments:
    """Bounds near the mean, where most numbers lie within, and far from it.

    Where one number in 16 is kept, all of 131,074 elements are drawn anew some 180 times, by torch as well: of those a quarter is the most.
    """
    bounds = pen.choice(((-2.0, 2.0), (-0.5, 0.25), (1.5, 4.0), (-8.0, -5.0)))
    kwargs: dict[str, Any] = dict(zip(("mean", "std"), pen.choice(((0.0, 1.0), (0.5, 2.0))))) if pen.chance(2) else {}
    if pen.chance(2):
        kwargs |= dict(zip("ab", bounds))
    return (_weight(pen, 33_000 if kwargs.get("b") == -5.0 else None),), kwargs | _generator(pen)


def convolution_weight(pen: Pen) -> Arguments:
    groups = pen.choice((1, 2))
    shape = (groups * pen.integer(1, 3), pen.integer(1, 3), *[pen.length(range(1, 4)) for _ in range(pen.integer(1, 3))])
    if pen.misbehave(2):
        shape = (3, *pen.shape(0, 2))
    return (pen.tensor(shape, differentiable=False), groups), {}


def sparse(pen: Pen) -> Arguments:
    shape = (pen.length(range(1, 6)), pen.length(range(5))) if not pen.misbehave(2) else pen.shape(0, 1)
    kwargs = pen.maybe("std", lambda: pen.choice((0.01, 2.0)), 2) | _generator(pen)
    return (pen.tensor(shape, differentiable=False), pen.choice((0.0, 0.3, 0.5, 1.0))), kwargs


def nonlinearity(pen: Pen) -> Arguments:
    name = pen.choice((*NONLINEARITIES, "leaky_relu", "leaky_relu", *(("swish",) if pen.invalid else ())))
    return ((name, pen.choice((0, 0.25, 1, None, *((True, "x") if pen.invalid else ())))) if pen.chance(2) else (name,)), {}


def _name(name: str) -> str:
    return f"nn.init.{name}"


for _each in ("ones_", "zeros_"):
    define(_name(_each), FAMILY, plain, forms="function", weight=0.3)
define(_name("constant_"), FAMILY, constant, forms="function", weight=0.5)
define(_name("eye_"), FAMILY, matrix, forms="function", weight=0.5)
define(_name("uniform_"), FAMILY, two_numbers, forms="function", dtypes=FLOATING, random=True, layout_independent=False, weight=0.5)
define(_name("normal_"), FAMILY, mean_and_deviation, forms="function", dtypes=FLOATING, random=True, layout_independent=False, weight=0.5)
for _each in ("xavier_uniform_", "xavier_normal_"):
    define(_name(_each), FAMILY, xavier, forms="function", dtypes=FLOATING, random=True, layout_independent=False, weight=0.5)
for _each in ("kaiming_uniform_", "kaiming_normal_"):
    define(_name(_each), FAMILY, kaiming, forms="function", dtypes=FLOATING, random=True, layout_independent=False, weight=0.5)
define(_name("trunc_normal_"), FAMILY, truncated, forms="function", dtypes=FLOATING, random=True, layout_independent=False, weight=0.5)
define(_name("sparse_"), FAMILY, sparse, forms="function", dtypes=FLOATING, random=True, layout_independent=False, weight=0.5)
define(_name("dirac_"), FAMILY, convolution_weight, forms="function", weight=0.5)
define(_name("calculate_gain"), FAMILY, nonlinearity, forms="function", draws_tensors=False)
