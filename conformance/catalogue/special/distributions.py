"""The normal distribution, entropies, incomplete gamma functions, zeta."""

from __future__ import annotations

from math import floor, inf

from ...accuracy.contracts import EXACT, conditioned, ulps
from ...accuracy.number_formats import decode
from ...cases.case import FLOATS, ITEMSIZE, Case, TensorSpec
from ...drawing.pen import Pen
from ..pointwise.elementwise import binary, either_scalar, near_enough
from ..rows import Arguments, define
from .bessel import FAMILY, REAL, unary


def rounding(pen: Pen) -> Arguments:
    return (pen.tensor(),), pen.maybe("decimals", lambda: pen.choice((1, 2, 0, -1, 3)), 2)


def multivariate(pen: Pen) -> Arguments:
    return (pen.tensor(), pen.choice((1, 2, 3, 4, 7, 0, -1) if pen.invalid else (1, 2, 3, 4, 7))), {}


def shapes_and_points(pen: Pen) -> Arguments:
    """Two tensors: positive numbers mostly, large ones beside each other."""
    a, b = pen.broadcastable(2)
    if pen.form == "inplace" and len(b) > len(a) and not pen.invalid:
        a, b = b, a
    if pen.force is not None or pen.chance(3) or pen.dtype not in FLOATS:
        return (pen.tensor(a), pen.tensor(b, pen.other_dtype())), {}
    numbers = (0.5, 1.0, 2.5, 0.01, 30.0, 29.75, 100.0, 104.0, 1.1, 7.0, 250.0, 240.0, 0.0, 3.0, 60.0, float("inf"), 1000.0, 12.5)
    return (pen.tensor(a, values=numbers), pen.tensor(b, values=numbers)), {}


def orders_and_points(pen: Pen) -> Arguments:
    """An order above 1 mostly; either may be a number. torch takes a step for each integer between a negative point and 0, and does not return from
    -2**52 + 0.5 (known difference ``zeta-hang``): such points are replaced."""
    if pen.force is not None or pen.chance(3):
        args, kwargs = either_scalar(pen)
        return tuple(near_enough(pen, arg) if isinstance(arg, TensorSpec) else arg for arg in args), kwargs
    a, b = pen.broadcastable(2)
    orders = (2.0, 3.0, 1.5, 4.0, 1.0, 10.0, 40.0, 0.5, 2.5, 1.0009765625)
    points = (1.0, 0.5, 2.0, -0.5, 10.0, -3.25, 0.01, 100.0, -1.0, 0.0, 1e4, 7.75)
    if pen.dtype in FLOATS:
        return (pen.tensor(a, values=orders), pen.tensor(b, values=points)), {}
    return binary(pen)


def steps_forever(case: Case) -> bool:
    """A negative point from which torch takes millions of steps, of a tensor that shares the memory of another one."""
    point = case.kwargs.get("other", case.args[-1])
    if isinstance(point, TensorSpec) and point.dtype in FLOATS:
        data, size = case.buffers[point.buffer], ITEMSIZE[point.dtype]
        return any(-inf < number < -(2.0**16) and number != floor(number) for number in decode(data[: len(data) // size * size], point.dtype))
    return isinstance(point, float) and -inf < point < -(2.0**16) and point != floor(point)


define("special.ndtr", FAMILY, unary, dtypes=REAL, differentiable=True, contract=conditioned(4, inner=1),
       critical="near_zero tails at(-1, -5, -8.3, 8.3, -37, -38.4)")
define("special.log_ndtr special.erfcx", FAMILY, unary, dtypes=REAL, differentiable=True, contract=conditioned(8),
       critical="near_zero tails at(-1, -5, -8.3, 8.3, -26.6, -26.62, -27, 9.9, -38.4)")
define("special.ndtri", FAMILY, unary, dtypes=REAL, differentiable=True, contract=conditioned(8),
       critical="near_zero poles(0, 1, 0.5) at(0.25, 0.75, 0.13533528323661269, 0.86466471676338730811, 1e-30)")
define("special.entr", FAMILY, unary, dtypes=REAL, differentiable=True, contract=ulps(2), critical="near_zero poles(0, 1)")
define("special.xlog1py", FAMILY, either_scalar, dtypes=REAL, differentiable=True, contract=ulps(2), critical="near_zero poles(0, -1)")
define("special.round", FAMILY, rounding, differentiable=True, contract=EXACT,
       critical="halves odd at(0.125, 0.375, 1.005, 2.675, 5, 15, 25, -5, 0.05, 0.25, 45)", critical_given={"decimals": (0, 2, -1)})
define("mvlgamma", FAMILY, multivariate, dtypes=REAL, differentiable=True, contract=conditioned(8, inner=8), critical="poles(0, -1, 0.5, 1, 1.5, 2)",
       critical_given={"p": (1, 2, 3)})
define("igamma igammac", FAMILY, shapes_and_points, dtypes=REAL, differentiable=True, contract=conditioned(16), fixed="input",
       critical=("poles(0) at(30, 29.99, 100, 1e6, 1e-3, 20)", "poles(0) at(1.1, 0.5, 30, 101, 1e6, 1e-3, 40)"))
define("special.zeta", FAMILY, orders_and_points, dtypes=REAL, differentiable=True, contract=conditioned(8), fixed="input", fatal=steps_forever,
       critical=("poles(1, 0) at(2, 3, 40, 1.5)", "poles(0, -1, 1) at(-0.5, -3.25, 100, 1e8, 0.01)"))
