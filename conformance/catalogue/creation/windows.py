"""Windows of torch and of torch.signal.windows."""

from __future__ import annotations

import math
from typing import Any, Callable

from ...accuracy.contracts import conditioned
from ...accuracy.number_formats import encode
from ...cases.case import Case, DType, TensorSpec
from ...drawing.naming import by_name
from ...drawing.pen import Pen
from ..entries import named_arguments
from ..rows import Arguments, define
from .factories import factory

FAMILY = "creation"


def _size(pen: Pen) -> int:
    return pen.length((4, 0, 1, 2, 3, 5, 8, 13, 32, 61), most=5000) if not pen.misbehave(3) else -1


def window(**parameters: Callable[[Pen], Any]) -> Callable[[Pen], Arguments]:
    """A window of torch: a length, whether it is periodic, and what else there is."""

    def draw(pen: Pen) -> Arguments:
        kwargs = factory(pen)
        if pen.misbehave(3):
            kwargs["dtype"] = DType(pen.choice(("int64", "bool", "complex64")))
        count = pen.integer(0, 1 + len(parameters))
        periodic = [pen.chance(2)] if count else []
        numbers = [parameter(pen) for parameter in list(parameters.values())[: max(count - 1, 0)]]
        return by_name(pen, (_size(pen), *periodic, *numbers), ("window_length", "periodic", *parameters), kwargs)

    return draw


def long(pen: Pen) -> Arguments:
    """More elements than there can be."""
    return (pen.choice((1 << 62, 1 << 60, 1 << 48)),), factory(pen)


def signal(**parameters: Callable[[Pen], Any]) -> Callable[[Pen], Arguments]:
    """A window of torch.signal.windows. None that requires a gradient: torch's windows of two samples or more would not be leaves."""

    def draw(pen: Pen) -> Arguments:
        kwargs = factory(pen, without="pin_memory requires_grad") | pen.maybe("requires_grad", lambda: False, 8)
        if pen.misbehave(3):
            kwargs["dtype"] = DType(pen.choice(("int64", "float16", "complex64")))
        kwargs |= pen.maybe("sym", lambda: pen.chance(2), 2)
        for name, draw_parameter in parameters.items():
            if name == "a" or pen.chance(2):
                kwargs[name] = draw_parameter(pen)
        if kwargs.get("sym") is not False and not pen.misbehave(2):
            kwargs.pop("center", None)
        return (_size(pen),), kwargs

    return draw


def _coefficients(pen: Pen) -> Any:
    if pen.misbehave(2):
        return pen.choice(([], (), 3))
    return pen.choice(([0.5, 0.5], [1.0], (0.42, 0.5, 0.08), [0.2, 0.3, 0.1, 0.4], [1, 2]))


def _positive(pen: Pen) -> float:
    return pen.choice((1.0, 0.5, 2.5, 7.0)) if not pen.misbehave(2) else pen.choice((0.0, -1.0))


def _positions(case: Case, width: float) -> list[float]:
    """The distances of the samples from the centre in units of the width."""
    named = named_arguments(case)
    count = named["M"]
    centre = named.get("center")
    middle = (count if not named.get("sym", True) and count > 1 else count - 1) / 2 if centre is None else centre
    return [(k - middle) / width for k in range(count)]


def _sizes(values: list[float]) -> list[Case]:
    return [Case("abs", "function", (encode(values, "float64"),), (TensorSpec(0, "float64", (len(values),), (1,)),), {})]


def exponents(case: Case) -> list[Case]:
    """Equally spaced numbers are off by roundings of the largest of them, and each of these is an exponent."""
    positions = [abs(x) for x in _positions(case, named_arguments(case).get("tau", 1.0))]
    return _sizes([max(positions) * math.exp(-x) for x in positions])


def squares(case: Case) -> list[Case]:
    """Likewise, and their squares are exponents."""
    positions = [abs(x) / math.sqrt(2) for x in _positions(case, named_arguments(case).get("std", 1.0))]
    return _sizes([2 * max(positions) * x * math.exp(-x * x) for x in positions])


FLOATING = ("float32", "float64", "float16", "bfloat16")
_OPTIONS: dict[str, Any] = {"forms": "function", "draws_tensors": False}
_WITHIN_ONE, _OF_COSINES, _OF_BESSEL = (conditioned(4, inner=inner) for inner in (4.0, 8.0, 16.0))
_ORDINARY: dict[str, Any] = _OPTIONS | {"dtypes": FLOATING, "violating": (long,)}
define("bartlett_window blackman_window hann_window", FAMILY, window(), contract=_WITHIN_ONE, **_ORDINARY)
define("hamming_window", FAMILY, window(alpha=lambda pen: pen.choice((0.54, 0.3, 1.0, 0.0)), beta=lambda pen: pen.choice((0.46, 0.2, -0.5))),
       contract=_WITHIN_ONE, **_ORDINARY)  # fmt: skip
define("kaiser_window", FAMILY, window(beta=lambda pen: pen.choice((12.0, 0.0, 2.5, 8.6, -3.0))), contract=_OF_BESSEL, **_ORDINARY)
_SIGNAL: dict[str, Any] = _OPTIONS | {"dtypes": ("float32", "float64")}
define("signal.windows.bartlett signal.windows.blackman signal.windows.cosine signal.windows.hamming signal.windows.hann signal.windows.nuttall",
       FAMILY, signal(), contract=_WITHIN_ONE, **_SIGNAL)  # fmt: skip
define("signal.windows.exponential", FAMILY, signal(tau=_positive, center=lambda pen: pen.choice((1.0, 0.0, 2.5, 10))),
       contract=_WITHIN_ONE, intermediate=exponents, **_SIGNAL)  # fmt: skip
define("signal.windows.gaussian", FAMILY, signal(std=_positive), contract=_WITHIN_ONE, intermediate=squares, **_SIGNAL)
define("signal.windows.general_cosine", FAMILY, signal(a=_coefficients), contract=_OF_COSINES, **_SIGNAL)
define("signal.windows.general_hamming", FAMILY, signal(alpha=lambda pen: pen.choice((0.54, 0.3, 1.0, 0.0, 2.0))), contract=_WITHIN_ONE, **_SIGNAL)
define("signal.windows.kaiser", FAMILY, signal(beta=lambda pen: pen.choice((12.0, 0.0, 2.5, 8.6, -1.0 if pen.invalid else 14.0))),
       contract=_OF_BESSEL, **_SIGNAL)  # fmt: skip
