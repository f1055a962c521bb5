"""Activations: one number in, one number out, with bends and tails where kernels go wrong."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import conditioned, ulps
from ...drawing.pen import Pen
from ..derivatives import off_zero, real_operands
from ..rows import Arguments, define
from .losses_and_activations import along_a_dimension

FAMILY = "nn"


def unary(pen: Pen) -> Arguments:
    return (pen.tensor(),), {}


def flagged(pen: Pen) -> Arguments:
    """A function whose last parameter says whether it overwrites its input."""
    return (pen.tensor(),), _flag(pen)


def _flag(pen: Pen) -> dict[str, Any]:
    return pen.maybe("inplace", lambda: pen.chance(2), 4) if pen.form == "function" else {}


def with_number(name: str, values: tuple[Any, ...], wrong: tuple[Any, ...] = (), flag: bool = True) -> Any:
    """A parameter of a few values, by position or by name; when invalid also one of ``wrong``."""

    def draw(pen: Pen) -> Arguments:
        tensor = pen.tensor()
        value = pen.choice(values + wrong if pen.invalid else values)
        kwargs = _flag(pen) if flag else {}
        kind = pen.integer(0, 2)
        return ((tensor,), kwargs) if kind == 0 else ((tensor, value), kwargs) if kind == 1 else ((tensor,), {name: value} | kwargs)

    return draw


def gelu(pen: Pen) -> Arguments:
    return (pen.tensor(),), pen.maybe("approximate", lambda: pen.choice(("none", "tanh", "tanh", "wrong" if pen.invalid else "none")))


def softplus(pen: Pen) -> Arguments:
    return (pen.tensor(),), pen.maybe("beta", lambda: pen.choice((1, 2.0, 0.5, -1, 1e300 if pen.invalid else 3)), 2) | pen.maybe(
        "threshold", lambda: pen.choice((20, 1.0, -1.0, 1e300 if pen.invalid else 0)), 3)


def scaled(pen: Pen) -> Arguments:
    """The C++ function, which has more parameters than Python's."""
    parameters = [pen.choice((1.0, 0.5, 2, 1e300 if pen.invalid else 3.0)) for _ in range(pen.integer(0, 3))]
    return (pen.tensor(), *parameters), {}


def limits(pen: Pen) -> Arguments:
    low, high = pen.choice((-1.0, -2, 0, -0.5, 0.25)), pen.choice((1.0, 3, 6, 0.5))
    if pen.misbehave(2):
        low, high = pen.choice(((2, 1), (-300, 300), (-1e300, 1.0), (0, 1e300), (0, 1e10)))
    kind = pen.integer(0, 2)
    return ((pen.tensor(),), _flag(pen)) if kind == 0 else (
        (pen.tensor(), low, high), _flag(pen)) if kind == 1 else ((pen.tensor(),), {"max_val": high, "min_val": low} | _flag(pen))


def limits_of_integers(pen: Pen) -> Arguments:
    """Limits that the dtype cannot hold, or in the wrong order."""
    return (pen.tensor(), pen.choice((0, -300, -1, 3)), pen.choice((1, 1e300, 1e15, 300, 2))), {}


def threshold(pen: Pen) -> Arguments:
    numbers = pen.choice((0.0, 1.0, -0.5, 2, 20)), pen.choice((0.0, -1.0, 20, 0.5))
    if pen.misbehave(2):
        numbers = pen.choice(((1e300, 0), (0, 1e300), (-300, 1), (1, 1000)))
    return (pen.tensor(), *numbers), _flag(pen)


def threshold_alone(pen: Pen) -> Arguments:
    numbers = pen.choice((0.0, 1.0, -0.5, 2, 20)), pen.choice((0.0, -1.0, 20, 0.5))
    if pen.misbehave(2):
        numbers = pen.choice(((1e300, 0), (0, 1e300), (-300, 1), (1, 1000)))
    return (pen.tensor(), *numbers), {}


def glu(pen: Pen) -> Arguments:
    """An even size along a dimension; when invalid, an odd one or none."""
    shape = list(pen.shape(0 if pen.invalid else 1, 4))
    dim = pen.dim(len(shape))
    if -len(shape) <= dim < len(shape) and not pen.misbehave():
        shape[dim] = 2 * (1 if shape[dim] else 0) * pen.length((1, 2, 3))
    tensor = pen.tensor(tuple(shape))
    last = dim in (-1, len(shape) - 1)
    return ((tensor,), {}) if last and pen.chance(2) else ((tensor, dim), {})


def prelu(pen: Pen) -> Arguments:
    """A weight for all, or for each channel."""
    shape = pen.shape(0, 4)
    channels = shape[1] if len(shape) > 1 else 1
    weights: tuple[int, ...] = pen.choice(((channels,), (1,), ()))
    if pen.misbehave():
        weights = pen.choice(((channels + 1,), (1, channels), (2,)))
    dtype = pen.other_dtype(("float32", "float64")) if pen.misbehave() else pen.dtype
    return (pen.tensor(shape), pen.tensor(weights, dtype)), {}


def softmin(pen: Pen) -> Arguments:
    tensor = pen.tensor()
    kwargs: dict[str, Any] = pen.maybe("_stacklevel", lambda: pen.choice((3, 2)), 3)  # of the warning about a missing dim
    if not pen.grad:
        kwargs |= pen.maybe("dtype", lambda: pen.dtype_argument(("float32", "float64", "float16", "int64")), 3)
    return ((tensor, pen.dim(len(tensor.shape))), kwargs) if pen.chance(4) is False else ((tensor,), kwargs)


BENDS = "tails near_zero kinks(0.5, 1, 2, 3, 6, 20)"
ACTIVATION: dict[str, Any] = {"forms": "function", "differentiable": True, "critical": BENDS}
IN_PLACE: dict[str, Any] = {**ACTIVATION, "forms": "function inplace"}
define("silu", FAMILY, flagged, contract=conditioned(4), derivative=real_operands, **ACTIVATION)
define("mish hardsigmoid hardswish relu6", FAMILY, flagged, contract=conditioned(4), **ACTIVATION)
define("softsign tanhshrink", FAMILY, unary, contract=conditioned(4, inner=1), **ACTIVATION)
define("nn.functional.logsigmoid", FAMILY, unary, **{**ACTIVATION, "forms": "function out"})
define("gelu", FAMILY, gelu, **{**ACTIVATION, "forms": "function out"}, critical_given={"approximate": ("none", "tanh")})
define("softplus", FAMILY, softplus, **{**ACTIVATION, "forms": "function out"})
ALPHAS = (1.0, 0.5, 2, 3.0)
define("elu", FAMILY, with_number("alpha", (*ALPHAS, 0.0, -1.0), (1e300,)), exercises="_elu", contract=ulps(4), **IN_PLACE)
define("elu_", FAMILY, scaled, contract=ulps(4), **ACTIVATION)
define("selu", FAMILY, unary, contract=ulps(4), **IN_PLACE)
define("nn.functional.selu", FAMILY, flagged, contract=ulps(4), **ACTIVATION)
define("celu", FAMILY, with_number("alpha", (*ALPHAS, -1.0), (0, 1e300, 1e-300, 1j), False), contract=ulps(4), **IN_PLACE)
define("nn.functional.celu", FAMILY, with_number("alpha", ALPHAS, (0, 1e300, 1e-300, 1j)), contract=ulps(4), **ACTIVATION)
define("hardtanh", FAMILY, limits, exercises="_hardtanh", violating=(limits_of_integers,), **IN_PLACE)
define("hardshrink", FAMILY, with_number("lambd", (0.5, 1.0, 0.0, -1, 2), (1e300,), False), **{**ACTIVATION, "forms": "function method out"})
define("softshrink", FAMILY, with_number("lambd", (0.5, 1.0, 0.0, 2), (1e300, -1), False), **{**ACTIVATION, "forms": "function out"})
define("threshold", FAMILY, threshold_alone, **{**ACTIVATION, "forms": "function inplace out"})
define("nn.functional.threshold", FAMILY, threshold, **ACTIVATION)
define("glu", FAMILY, glu, exercises="_glu", contract=ulps(4), forms="function", differentiable=True, critical=(BENDS, "tails"))
define("prelu", FAMILY, prelu, exercises="_prelu_kernel", derivative=off_zero, forms="function method", differentiable=True,
    critical=(BENDS, "at(0.5, -1)"))  # fmt: skip
define("softmin", FAMILY, softmin, differentiable=True, contract=conditioned(4), forms="function", critical="tails", terms=along_a_dimension)
