"""Negative logarithms of likelihoods."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ....accuracy.contracts import conditioned
from ....accuracy.number_formats import decode, encode, is_float
from ....cases.case import FLOATS, Case, TensorSpec, contiguous_strides, elements
from ....drawing.naming import in_full
from ....drawing.pen import Pen
from ...entries import parameters
from ...rows import Arguments, define
from ..losses_and_activations import legacy, reduction

FAMILY = "nn"


# -- of counts -----------------------------------------------------------------------------------------


def _counts(pen: Pen) -> tuple[Any, Any, bool]:
    """The logarithm of a rate, or a rate, and counts; whether it is the logarithm."""
    shape = pen.shape()
    other = shape if not pen.chance(4) else pen.broadcastable(2, shape)[1]
    dtype = "int64" if pen.chance(4) else pen.other_dtype() if pen.chance(3) else pen.dtype
    log_input = pen.chance(2) or pen.integer(0, 1) == 0
    counts = (1, 2, 5, 3, 40) if pen.grad else (0, 1, 2, 5, 3, 40)
    target = pen.tensor(other, dtype, values=counts) if not pen.chance(4) or pen.grad else pen.tensor(other, dtype)
    rates = (0.5, 2.0, 1.0, 3.5, 7.25)
    input = pen.tensor(shape, values=None if log_input and not pen.grad or not pen.chance(2) and not pen.grad else rates)
    return input, target, log_input


def poisson_with_a_number(pen: Pen) -> Arguments:
    input, target, log_input = _counts(pen)
    return (input, target, log_input, pen.chance(2), pen.choice((1e-8, 0.5, 1e-3)), pen.choice((0, 1, 2))), {}


def poisson(pen: Pen) -> Arguments:
    input, target, log_input = _counts(pen)
    kwargs = {"log_input": log_input} if not log_input or pen.chance(2) else {}
    kwargs |= pen.maybe("full", lambda: pen.choice((True, False))) | pen.maybe("eps", lambda: pen.choice((1e-8, 0.5, 1e-3)))
    return (input, target), kwargs | legacy(pen) | reduction(pen)


def positive_counts(case: Case) -> bool:
    """Where no count is 0 or less: of Stirling's term there torch's gradient is NaN, though it is left out."""
    named = dict(zip(parameters(case.operation), case.args, strict=False)) | case.kwargs
    target = named["target"]
    return not named.get("full") or target.dtype in FLOATS and all(x > 0 for x in decode(b"".join(elements(case, target)), target.dtype))


def terms(case: Case) -> list[Case]:
    """What is larger than the sum that it goes into, as other losses of the kind: ``t + t * log(t)`` for Stirling's formula; of integers alone, whose
    products are not rounded and have no condition, the absolute terms."""
    named = dict(zip(parameters(case.operation), case.args, strict=False)) | case.kwargs
    input, target, log_input = named["input"], named["target"], named.get("log_input", True)
    if any(spec.dtype.startswith("complex") for spec in (input, target)):
        return []
    buffers = [*case.buffers]

    def absolute(spec: TensorSpec, sign: float = 1.0, least: float = 0.0) -> TensorSpec:
        numbers = map(float, decode(b"".join(elements(case, spec)), spec.dtype))
        buffers.append(encode([sign * max(abs(x), least) for x in numbers], "float64"))
        return TensorSpec(len(buffers) - 1, "float64", spec.shape, contiguous_strides(spec.shape), 0)

    def call(first: TensorSpec, second: TensorSpec, log_input: bool) -> Case:
        values = named | {"input": first, "target": second, "log_input": log_input, "full": False}
        args = tuple([values.pop(name) for name in parameters(case.operation)[: len(case.args)]])
        return replace(case, buffers=tuple(buffers), args=args, kwargs=values, grad=0)

    calls = []
    if named.get("full"):
        shape = _common(input.shape, target.shape)
        both = [_expanded(absolute(target, sign, 1.0), shape) for sign in (1.0, -1.0)]
        calls.append(call(both[0], both[1], False))
    if not (is_float(input.dtype) or is_float(target.dtype)):
        sign = -1.0 if log_input else 1.0
        calls.append(call(absolute(input, sign), absolute(target, -sign), log_input))
    return calls


def _expanded(spec: TensorSpec, shape: tuple[int, ...]) -> TensorSpec:
    more = len(shape) - len(spec.shape)
    strides = [stride if length > 1 else 0 for length, stride in zip(spec.shape, spec.strides, strict=True)]
    return replace(spec, shape=shape, strides=(*([0] * more), *strides))


def _common(shape: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """What two shapes broadcast to."""
    rank = max(len(shape), len(other))
    aligned = [(1,) * (rank - len(each)) + each for each in (shape, other)]
    return tuple([n if m == 1 else m for m, n in zip(*aligned, strict=True)])


# -- of numbers ----------------------------------------------------------------------------------------


def gaussian(pen: Pen) -> Arguments:
    """Numbers, what they ought to be, and variances, some of them less than what they are at least; negative ones, and other sizes, when invalid."""
    shape = pen.shape(0, 4)
    other = shape if not pen.chance(4) else pen.broadcastable(2, shape)[1]
    one_dim = tuple([1 if d == pen.integer(0, max(len(shape) - 1, 0)) else n for d, n in enumerate(shape)])
    if sum([n == 1 for n in one_dim]) - sum([n == 1 for n in shape]) != 1:
        one_dim = shape
    size = pen.choice((shape, shape, shape[:-1], one_dim, (*shape, 2) if pen.invalid else shape))
    values = (1.0, 0.5, 4.0, 2.0, 0.25) if pen.grad else (1.0, 0.5, 4.0, 0.0, 1e-3, *((-1.0,) if pen.misbehave() else ()))
    input, target = pen.tensor(shape), pen.tensor(other, pen.dtype if not pen.chance(4) else pen.other_dtype())
    if pen.chance(4):
        var: Any = pen.choice((2.0, 0.5, 0.0 if not pen.grad else 1.0, -1.0 if pen.invalid else 1.0))
    else:
        dtype = pen.dtype if pen.dtype in FLOATS else "float64" if pen.dtype == "complex128" else "float32"
        var = pen.tensor(size, pen.choice(("int64", "bool", "complex64")) if pen.misbehave() else dtype, values=values)
    kwargs = pen.maybe("full", lambda: pen.choice((True, False))) | pen.maybe("eps", lambda: pen.choice((1e-6, 0.5, 1e-3)), 3)
    return (input, target, var), kwargs | reduction(pen)


def variances_of_nothing(pen: Pen) -> Arguments:
    """No variances along a dimension in which the numbers have one element and what they ought to be has several."""
    return (pen.tensor((1, 3)), pen.tensor((2, 3)), pen.tensor((0, 1))), {}


def varied_enough(case: Case) -> bool:
    """Where every variance is more than ``eps``: torch's gradient is that of those that are not cut off."""
    named = dict(zip(parameters(case.operation), case.args, strict=False)) | case.kwargs
    var, eps = named["var"], named.get("eps", 1e-6)
    numbers = decode(b"".join(elements(case, var)), var.dtype) if isinstance(var, TensorSpec) else (var,)
    return all(x > eps for x in numbers if isinstance(x, (int, float)) and math.isfinite(x)) and is_float(getattr(var, "dtype", "float32"))


POISSON: dict[str, Any] = {"differentiable": True, "forms": "function", "contract": conditioned(4), "derivative": positive_counts,
                           "intermediate": terms}  # fmt: skip
define("poisson_nll_loss", FAMILY, in_full("poisson_nll_loss", poisson_with_a_number), **POISSON)
define("nn.functional.poisson_nll_loss", FAMILY, in_full("nn.functional.poisson_nll_loss", poisson),
       critical=("tails", "paired(1, 2, 40)"), **POISSON)  # fmt: skip
define("gaussian_nll_loss", FAMILY, gaussian, forms="function", differentiable=True, contract=conditioned(4, inner=1), derivative=varied_enough,
       violating=(variances_of_nothing,))  # fmt: skip
