"""Rounding to integers, fractional parts, and the neighbours of a number. Zeros keep the sign of the argument.

Infinities and NaN stay. Integers stay as they are. Piecewise constant functions have gradient 0.
"""

from __future__ import annotations

import math
from math import isfinite, nan

from ... import return_types
from ...foundation.contracts import EXACT
from ...foundation.dtypes import finfo, float32, float64, int16, int32, int64
from ...foundation.scalars import scalar
from ...operations.output_kinds import FOUND_DTYPE, exact
from ...operations.registry import op
from ..shared.elementwise import INT_TO_FLOAT, common_dtype, elementwise, pointwise_strides
from ..shared.operands import is_number
from .replacement import where


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


@op("function method inplace_function out", contract=EXACT, dtypes="integer floating complex unsigned", out=FOUND_DTYPE)
def floor(input):
    """The greatest integer not above each element.

    Shape and dtype are the input's; integers stay as they are, and so do infinities and NaN.
    NotImplementedError: bool and complex numbers. The gradient is 0.

    >>> floor(tensor([1.5, -1.5]))
    tensor([ 1., -2.])
    """
    return elementwise("floor", input)


@floor.constraints
def _(require, input):
    require(not input.dtype.is_complex, NotImplementedError, "floor is not supported for complex inputs")


floor.derivative(input=_zeros)


@op("function method inplace_function out", contract=EXACT, dtypes="integer floating complex unsigned", out=FOUND_DTYPE)
def ceil(input):
    """The least integer not below each element.

    Shape and dtype are the input's; integers stay as they are, and so do infinities and NaN. Numbers between -1 and 0 give -0.
    NotImplementedError: bool and complex numbers. The gradient is 0.

    >>> ceil(tensor([1.5, -1.5]))
    tensor([ 2., -1.])
    """
    return elementwise("ceil", input)


@ceil.constraints
def _(require, input):
    require(not input.dtype.is_complex, NotImplementedError, "ceil is not supported for complex inputs")


ceil.derivative(input=_zeros)


@op("function method inplace_function out", aliases=("fix",), contract=EXACT, dtypes="integer floating complex unsigned", out=FOUND_DTYPE)
def trunc(input):
    """Each element without its fraction: rounded towards zero.

    Shape and dtype are the input's; integers stay as they are, and so do infinities and NaN. Zeros have the sign of the element.
    NotImplementedError: bool and complex numbers. The gradient is 0.

    >>> trunc(tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """
    return elementwise("trunc", input)


@trunc.constraints
def _(require, input):
    require(not input.dtype.is_complex, NotImplementedError, "trunc is not supported for complex inputs")


trunc.derivative(input=_zeros)


@op("function method inplace_function out", contract=EXACT, dtypes="integer floating unsigned", out=FOUND_DTYPE,
    node=lambda bound: "RoundBackward1" if bound["decimals"] is not None else "RoundBackward0")  # fmt: skip
def round(input, *, decimals=None):
    """The nearest integer, ties to the even one; with ``decimals``, the nearest multiple of ``10**-decimals``.

    Shape and dtype are the input's. With decimals it is ``round(input * 10**decimals) / 10**decimals``, each step rounded to the dtype, to
    float32 at least (for negative decimals the division comes first). Infinities and NaN stay, zeros have the sign of the element.
    NotImplementedError: bool and complex numbers, and integers with ``decimals``. The gradient is 0.

    >>> round(tensor([0.5, 1.5, -2.5])), round(tensor([1.2345]), decimals=2)
    (tensor([ 0.,  2., -2.]), tensor([1.2300]))
    """
    if decimals is not None and (isinstance(decimals, bool) or not isinstance(decimals, int)):
        raise TypeError(
            f"round() received an invalid combination of arguments - got (Tensor, decimals={type(decimals).__name__}), "
            "but expected one of:\n * (Tensor input, *, Tensor out = None)\n * (Tensor input, *, int decimals, Tensor out = None)\n"
        )
    if not decimals:
        return elementwise("round", input)
    first, last = ("mul", "div") if decimals > 0 else ("div", "mul")
    scale = 10.0 ** abs(decimals)
    d = float64 if input.dtype is float64 else float32
    scaled = elementwise(first, input, scale, dtype=d)
    return elementwise(last, elementwise("round", scaled), scale).to(input.dtype)


@round.constraints(defaults_hold=True)
def _(require, input, decimals):
    require(decimals is None or input.dtype.category == 2, NotImplementedError, "\"round\" not implemented for '{}'", input.dtype.type_name)


round.derivative(input=_zeros)


@scalar("frac")
def _frac(x):
    return x - _trunc(x) if isfinite(x) else nan


@op("function method inplace_function out", contract=EXACT, dtypes="floating", out=FOUND_DTYPE)
def frac(input):
    """The fractional part ``input - trunc(input)`` of each element.

    Shape and dtype are the input's. Infinities give NaN, whole numbers of either sign give 0, not -0.
    NotImplementedError: all but floating point tensors. The gradient is the incoming one.

    >>> frac(tensor([1.5, -2.25]))
    tensor([ 0.5000, -0.2500])
    """
    return elementwise("frac", input)


frac.derivative(input=lambda grad: grad)

# -- signs and neighbours ----------------------------------------------------------------------------

scalar("copysign", math.copysign, fast=math.copysign)


@op("function method inplace out", contract=EXACT, dtypes="bool integer floating unsigned", operands="input other",
    node=lambda bound: "CopysignBackward1" if is_number(bound["other"]) else "CopysignBackward0")  # fmt: skip
def copysign(input, other):
    """The magnitude of each element of ``input`` with the sign of ``other``: of -0 and NaN too.

    ``other`` may be a number; both are broadcast. The result has the common dtype; integers and bool give the default dtype.
    NotImplementedError: complex numbers. The gradient of ``input`` is multiplied by -1 where the sign changes, and 0 at 0; that of ``other`` is 0.

    >>> copysign(tensor([1., -2.]), tensor([-0., 3.]))
    tensor([-1.,  2.])
    """
    return elementwise("copysign", input, other, promotion=INT_TO_FLOAT)


copysign.derivative(
    input=lambda grad, input, result: grad * (result / input).masked_fill(input == 0, 0),
    other=lambda grad: _zeros(grad),
)


@op("function method inplace out", contract=EXACT, dtypes="floating unsigned", operands="input other")
def nextafter(input, other):
    """The next number of the dtype after ``input`` in the direction of ``other``; ``other`` if both are equal.

    The tensors are broadcast, and the result has their common dtype. After a zero comes the smallest subnormal number, after the largest one
    infinity; NaN in either gives NaN (IEEE 754, nextUp and nextDown). NotImplementedError: a common dtype that is not floating point.
    The gradient goes to ``input``, to nothing where both are equal.

    >>> nextafter(tensor([1.]), tensor([2.])) - 1
    tensor([1.1921e-07])
    """
    d = common_dtype(input, other)
    x, y = input.to(d), other.to(d)
    # Among numbers of one sign the next larger magnitude has the next larger bit pattern.
    pattern = x.view({2: int16, 4: int32, 8: int64}[d.itemsize])
    moved = (pattern + where((x < y) == (x > 0), 1, -1).to(pattern.dtype)).view(d)
    smallest = finfo(d).smallest_normal * finfo(d).eps
    moved = where(x == 0, elementwise("where", x < y, smallest, -smallest, dtype=d), moved)
    moved = where(x == y, y, moved)
    return elementwise("where", x.isnan() | y.isnan(), x + y, moved, layout=pointwise_strides(input, other))


nextafter.derivative(
    input=lambda grad, input, other: where(input != other, grad, 0),
    other=lambda grad: _zeros(grad),
)

# -- mantissa and exponent -------------------------------------------------------------------------


@scalar("frexp_mantissa")
def _frexp_mantissa(x):
    return math.frexp(x)[0]


@scalar("frexp_exponent")
def _frexp_exponent(x):
    return float(math.frexp(x)[1])


_FREXP = exact("torch.frexp() expects mantissa to have dtype {result_in_c} but got {out_in_c}")._replace(
    also=("torch.frexp() expects exponent to have int dtype but got {out_in_c}",))


@op("method out", contract=EXACT, out=_FREXP)
def frexp(input):
    """Each element as ``mantissa * 2**exponent``, with a mantissa between 0.5 and 1 (or -1 and -0.5): a named tuple (mantissa, exponent).

    Shapes: that of the input. Dtypes: real floating point ones; the exponents are int32. Special cases: zeros, infinities and NaN are their own
    mantissas, with the exponent 0. Errors: RuntimeError for other dtypes. Gradient: that of the mantissa, divided by ``2**exponent``. Source:
    torch.frexp.

    >>> frexp(tensor([3., -0.25]))
    torch.return_types.frexp(
    mantissa=tensor([ 0.7500, -0.5000]),
    exponent=tensor([ 2, -1], dtype=torch.int32))
    """
    exponent = elementwise("frexp_exponent", input)
    return return_types.frexp((elementwise("frexp_mantissa", input), exponent.to(int32)))


@frexp.constraints
def _(require, input):
    require(input.dtype.is_floating_point, RuntimeError, "torch.frexp() only supports floating-point dtypes")


frexp.derivative(input=lambda grads, result1: grads[0] / result1.exp2())
