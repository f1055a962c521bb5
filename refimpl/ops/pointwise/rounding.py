"""Rounding to integers, fractional parts, and the neighbours of a number. Zeros keep the sign of the argument.

Infinities and NaN stay. Integers stay as they are. Piecewise constant functions have gradient 0.
"""

from __future__ import annotations

import math
from math import isfinite, nan

from ...foundation.contracts import EXACT
from ...foundation.dtypes import bool_, finfo, float32, float64, int16, int32, int64
from ...foundation.scalars import scalar
from ...operations.registry import op
from ..shared.checks import is_number, not_implemented
from ..shared.elementwise import common_dtype, elementwise, pointwise_strides
from ..shared.outputs import found_dtype, laid_out
from .selection import where


def _same(x):
    return x


@scalar("floor", integer=_same)
def _floor(x):
    return math.copysign(float(math.floor(x)), x) if isfinite(x) else x


@scalar("ceil", integer=_same)
def _ceil(x):
    return math.copysign(float(math.ceil(x)), x) if isfinite(x) else x


@scalar("trunc", integer=_same)
def _trunc(x):
    return math.copysign(float(math.trunc(x)), x) if isfinite(x) else x


_round_half_even = round  # Python's, which the operation below hides


@scalar("round", integer=_same)
def _round(x):
    return math.copysign(float(_round_half_even(x)), x) if isfinite(x) else x


def _zeros(grad):
    return grad.new_zeros(grad.shape)


def _rounded(name, input, complex_message):
    if input.dtype is bool_:
        not_implemented(f"{name}_vml_cpu", bool_)
    if input.dtype.is_complex:
        raise NotImplementedError(complex_message)
    return elementwise(name, input)


@op("function method inplace_function out", contract=EXACT, out=found_dtype)
def floor(input):
    """The greatest integer not above each element. Not for bool and complex numbers.

    >>> floor(tensor([1.5, -1.5]))
    tensor([ 1., -2.])
    """
    return _rounded("floor", input, "floor is not supported for complex inputs")


floor.derivative(input=_zeros)


@op("function method inplace_function out", contract=EXACT, out=found_dtype)
def ceil(input):
    """The least integer not below each element; ceil(-0.5) is -0. Not for bool and complex numbers.

    >>> ceil(tensor([1.5, -1.5]))
    tensor([ 2., -1.])
    """
    return _rounded("ceil", input, "ceil is not supported for complex inputs")


ceil.derivative(input=_zeros)


@op("function method inplace_function out", aliases=("fix",), contract=EXACT, out=found_dtype)
def trunc(input):
    """Each element without its fraction: rounded towards zero. Not for bool and complex numbers.

    >>> trunc(tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """
    return _rounded("trunc", input, "trunc is not supported for complex inputs")


trunc.derivative(input=_zeros)


@op("function method inplace_function out", contract=EXACT,
    node=lambda bound: "RoundBackward1" if bound["decimals"] is not None else "RoundBackward0", out=found_dtype)  # fmt: skip
def round(input, *, decimals=None):
    """The nearest integer, ties to the even one; with ``decimals``, the nearest multiple of ``10**-decimals``.

    With decimals it is ``round(input * 10**decimals) / 10**decimals``, each step rounded to the dtype, to
    float32 at least (for negative decimals the division comes first), and integers are not supported. Not for bool and complex numbers.

    >>> round(tensor([0.5, 1.5, -2.5])), round(tensor([1.2345]), decimals=2)
    (tensor([ 0.,  2., -2.]), tensor([1.2300]))
    """
    if decimals is not None and (isinstance(decimals, bool) or not isinstance(decimals, int)):
        raise TypeError(
            f"round() received an invalid combination of arguments - got (Tensor, decimals={type(decimals).__name__}), "
            "but expected one of:\n * (Tensor input, *, Tensor out = None)\n * (Tensor input, *, int decimals, Tensor out = None)\n"
        )
    if input.dtype.category in (0, 3) or (decimals is not None and input.dtype.category == 1):
        not_implemented("round_cpu" if decimals else "round_vml_cpu", input.dtype)
    if not decimals:
        return elementwise("round", input)
    first, last = ("mul", "div") if decimals > 0 else ("div", "mul")
    scale = 10.0 ** abs(decimals)
    d = float64 if input.dtype is float64 else float32
    scaled = elementwise(first, input, scale, dtype=d)
    return elementwise(last, elementwise("round", scaled), scale).to(input.dtype)


round.derivative(input=_zeros)


@scalar("frac")
def _frac(x):
    return x - _trunc(x) if isfinite(x) else nan


@op("function method inplace_function out", contract=EXACT, out=found_dtype)
def frac(input):
    """The fractional part ``input - trunc(input)``; of infinities NaN. Floating point tensors only.

    >>> frac(tensor([1.5, -2.25]))
    tensor([ 0.5000, -0.2500])
    """
    if input.dtype.category != 2:
        not_implemented("frac_cpu", input.dtype)
    return elementwise("frac", input)


frac.derivative(input=lambda grad: grad)

# -- signs and neighbours ----------------------------------------------------------------------------

scalar("copysign", math.copysign, fast=math.copysign)


@op("function method inplace out", contract=EXACT,
    node=lambda bound: "CopysignBackward1" if is_number(bound["other"]) else "CopysignBackward0")  # fmt: skip
def copysign(input, other):
    """The magnitude of ``input`` with the sign of ``other`` (of -0 and NaN too). Integers give the default dtype.

    >>> copysign(tensor([1., -2.]), tensor([-0., 3.]))
    tensor([-1.,  2.])
    """
    d = common_dtype(input, other)
    if d.is_complex:
        not_implemented("copysign_cpu", d, input, other)
    return elementwise("copysign", input, other, promotion="int_to_float")


copysign.derivative(
    input=lambda grad, input, result: grad * (result / input).masked_fill(input == 0, 0),
    other=lambda grad: _zeros(grad),
)


@op("function method inplace out", contract=EXACT)
def nextafter(input, other):
    """The next number of the dtype after ``input`` in the direction of ``other``; ``other`` if both are equal.

    >>> nextafter(tensor([1.]), tensor([2.])) - 1
    tensor([1.1921e-07])
    """
    d = common_dtype(input, other)
    if d.category != 2:
        not_implemented("nextafter_cpu", d, input, other)
    x, y = input.to(d), other.to(d)
    # Among numbers of one sign the next larger magnitude has the next larger bit pattern.
    pattern = x.view({2: int16, 4: int32, 8: int64}[d.itemsize])
    moved = (pattern + where((x < y) == (x > 0), 1, -1).to(pattern.dtype)).view(d)
    smallest = finfo(d).smallest_normal * finfo(d).eps
    moved = where(x == 0, elementwise("where", x < y, smallest, -smallest, dtype=d), moved)
    moved = where(x == y, y, moved)
    last = where(x.isnan() | y.isnan(), x + y, moved)
    return laid_out(last, pointwise_strides(input, other))


nextafter.derivative(
    input=lambda grad, input, other: where(input != other, grad, 0),
    other=lambda grad: _zeros(grad),
)
