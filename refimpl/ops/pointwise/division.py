"""Division: true, floored and truncated quotients, the two remainders, gcd and lcm.

For integers ``a = quotient * b + remainder`` holds exactly, with the quotient rounded down (``div_floor``,
``remainder``: the remainder has the divisor's sign) or towards zero (``div_trunc``, ``fmod``: the dividend's sign).
An integer divisor 0 is RuntimeError("ZeroDivisionError"); a floating point divisor 0 follows IEEE 754.
"""

from __future__ import annotations

import math
import operator
from math import isinf, nan
from typing import Any, NoReturn

from ...foundation.contracts import EXACT, ulps
from ...foundation.layout import iteration_shape
from ...foundation.scalars import scalar
from ...operations.operation import OperandError
from ...operations.registry import op
from ...operations.writing import write_result
from ..shared.checks import complex_quotient, conjugate, is_number, no_derivative, not_implemented, of_kernel, quotient
from ..shared.elementwise import INT_TO_FLOAT, common_dtype, elementwise

# -- quotients ---------------------------------------------------------------------------------------


scalar("div", quotient, complex=complex_quotient, fast=operator.truediv)


def _zero_divisor() -> NoReturn:
    raise RuntimeError("ZeroDivisionError")


def _floor_int(a: int, b: int) -> int:
    return a // b if b else _zero_divisor()


def _trunc_int(a: int, b: int) -> int:
    if not b:
        _zero_divisor()
    magnitude = abs(a) // abs(b)
    return magnitude if (a < 0) == (b < 0) else -magnitude


@scalar("div_floor", integer=_floor_int, fast_integer=operator.floordiv)
def _div_floor(a, b):
    # Python's float // takes the floor of the exact quotient, but raises for a zero divisor.
    return a // b if b else quotient(a, b)


scalar("div_trunc", integer=_trunc_int)  # floats: div, then trunc, as the quotient is rounded to its dtype in between


def _divide(name: str, kernel: str, input: Any, other: Any) -> Any:
    d = common_dtype(input, other)
    if d.category in (0, 3):
        not_implemented(kernel, d, input, other)
    try:
        return elementwise(name, input, other)
    except RuntimeError as error:
        if str(error) == "ZeroDivisionError":  # see checks.not_implemented
            of_kernel(error, d, iteration_shape(*(x.shape for x in (input, other) if not is_number(x))))
        raise


def _quotient(input: Any, other: Any, rounding_mode: str | None) -> Any:
    if rounding_mode is None:
        return elementwise("div", input, other, promotion=INT_TO_FLOAT)
    if rounding_mode == "floor":
        return _divide("div_floor", "div_floor_cpu", input, other)
    if rounding_mode == "trunc":
        if common_dtype(input, other).category != 2:
            return _divide("div_trunc", "div_trunc_cpu", input, other)
        result = elementwise("div", input, other)
        write_result(elementwise("trunc", result), result)  # where it is: it keeps the layout of the quotient
        return result
    raise RuntimeError(
        f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
    )


def _reflected_div(self: Any, other: Any) -> Any:
    return self.reciprocal() * other  # torch's rule for 2 / x: two roundings


@op("function method inplace out number", operator="truediv", reflected=_reflected_div, aliases=("divide",), contract=EXACT, wraps_numbers=True,
    saves_numbers=True,
    node=lambda bound: "DivBackward0" if bound["rounding_mode"] is None else "DivBackward2")  # fmt: skip
def div(input, other, *, rounding_mode=None):
    """The quotient of each pair: true division, or rounded with ``rounding_mode`` "floor" (down) or "trunc" (towards 0).

    True division of integers and bool gives the default dtype; with a rounding mode integers stay integers. For floats "floor" is
    the floor of the exact quotient, but "trunc" cuts the quotient rounded to the dtype: 0.5 / 0.1 in float32 gives 5. Division
    by zero: infinities and NaN for floats; for rounded integers RuntimeError. Rounded division has no bool and no complex form.

    >>> div(tensor([-7, 7]), 2), div(tensor([-7, 7]), 2, rounding_mode="floor"), div(tensor([-7, 7]), 2, rounding_mode="trunc")
    (tensor([-3.5000,  3.5000]), tensor([-4,  3]), tensor([-3,  3]))
    """
    return _quotient(input, other, rounding_mode)


# A rounded quotient is piecewise constant: its gradient is zero.
div.derivative(
    input=lambda grad, other, rounding_mode: grad / conjugate(other) if rounding_mode is None else grad.new_zeros(grad.shape),
    other=lambda grad, input, other, rounding_mode: (
        -grad * conjugate((input / other) / other) if rounding_mode is None else grad.new_zeros(grad.shape)
    ),
)


@op("function method inplace out number", node="DivBackward0", contract=EXACT, saves_numbers=True)
def true_divide(input, other):
    """:func:`div` without a rounding mode.

    >>> true_divide(tensor([1, 2]), 4)
    tensor([0.2500, 0.5000])
    """
    return _quotient(input, other, None)


true_divide.derivative(
    input=lambda grad, other: grad / conjugate(other),
    other=lambda grad, input, other: -grad * conjugate((input / other) / other),
)


def _reflected_floor_divide(self: Any, other: Any) -> Any:
    return floor_divide(other, self)


@op("function method inplace out number", operator="floordiv", reflected=_reflected_floor_divide, node="NotImplemented",
    contract=ulps(2), required_edges_only=True)  # fmt: skip
def floor_divide(input, other):
    """``div`` with rounding mode "floor": what ``//`` computes. It has no gradient (use ``div``): backward is a RuntimeError.

    >>> floor_divide(tensor([5., -5.]), 3)
    tensor([ 1., -2.])
    """
    return _divide("div_floor", "div_floor_cpu", input, other)


floor_divide.derivative(input=no_derivative("aten::floor_divide"), other=no_derivative("aten::floor_divide"))

# -- remainders --------------------------------------------------------------------------------------


def _remainder_int(a: int, b: int) -> int:
    return a % b if b else _zero_divisor()


@scalar("remainder", integer=_remainder_int, fast_integer=operator.mod)
def _remainder(a, b):
    r = _fmod(a, b)
    if r and (r < 0.0) != (b < 0.0):
        r += b
    return r


@scalar("fmod", fast=math.fmod, integer=lambda a, b: a - b * _trunc_int(a, b))
def _fmod(a, b):
    if isinf(a) or not b or a != a or b != b:
        return nan
    return math.fmod(a, b)


def _remainder_node(bound: dict[str, Any]) -> str:
    if is_number(bound["input"]):
        return "NotImplemented"
    return "RemainderBackward0" if is_number(bound["other"]) else "RemainderBackward1"


def _reflected_remainder(self: Any, other: Any) -> Any:
    return remainder(other, self)


def _remainder_out(function: Any, args: Any, kwargs: Any, outs: Any) -> Any:
    """The form for a number and a tensor has no output."""
    input = args[0] if args else kwargs["input"]
    if is_number(input):
        from ...signatures.parser import combination  # read by the first such error

        raise TypeError(combination("remainder", args, {**kwargs, "out": outs[0]}, (
            "Tensor input, Tensor other, *, Tensor out = None", "Number self, Tensor other", "Tensor input, Number other, *, Tensor out = None")))
    return function(*args, **kwargs)


@op("function method inplace out number", operator="mod", out=_remainder_out, reflected=_reflected_remainder, node=_remainder_node, contract=EXACT)
def remainder(input, other):
    """``input - other * floor(input / other)``, exactly: Python's ``%``. The result has the sign of ``other``, or is a zero.

    Floats: a zero result has the sign of ``input``; ``remainder(inf, y)``, ``remainder(x, 0)`` are NaN; ``remainder(x, inf)``
    is x if the signs agree and the infinity else. Integers: a zero divisor is a RuntimeError. No bool, no complex numbers.

    >>> remainder(tensor([-3., -1., 2.]), 2)
    tensor([1., 1., 0.])
    """
    return _divide("remainder", "remainder_cpu", input, other)


remainder.derivative(
    input=lambda grad: grad,
    other=lambda grad, input, other: (
        no_derivative("aten::remainder")(grad) if is_number(input) else -grad * input.div(other, rounding_mode="floor")
    ),
)


@op("function method inplace out", contract=EXACT,
    node=lambda bound: "FmodBackward0" if is_number(bound["other"]) else "FmodBackward1")  # fmt: skip
def fmod(input, other):
    """``input - other * trunc(input / other)``, exactly: C's ``fmod``. The result has the sign of ``input``.

    ``fmod(inf, y)`` and ``fmod(x, 0)`` are NaN, ``fmod(x, inf)`` is x. Integers: a zero divisor is a RuntimeError.

    >>> fmod(tensor([-3., -1., 2.5]), 2)
    tensor([-1.0000, -1.0000,  0.5000])
    """
    return _divide("fmod", "fmod_cpu", input, other)


fmod.derivative(
    input=lambda grad: grad,
    other=lambda grad, input, other: -grad * input.div(other, rounding_mode="trunc"),
)

# -- common divisors ---------------------------------------------------------------------------------

scalar("gcd", integer=math.gcd, fast_integer=math.gcd)
scalar("lcm", integer=math.lcm, fast_integer=math.lcm)


def _check_integers(input: Any, other: Any, kernel: str) -> None:
    if is_number(other):
        raise OperandError(other)
    d = common_dtype(input, other)
    if d.category != 1:
        not_implemented(kernel, d, input, other)


@op("function method inplace_function out", differentiable=False, contract=EXACT)
def gcd(input, other):
    """The greatest common divisor, not negative; ``gcd(0, 0) = 0``. Integer tensors only.

    >>> gcd(tensor([12, -4, 0]), tensor([18, 6, 0]))
    tensor([6, 2, 0])
    """
    _check_integers(input, other, "gcd_cpu")
    return elementwise("gcd", input, other)


@op("function method inplace_function out", differentiable=False, contract=EXACT)
def lcm(input, other):
    """The least common multiple, not negative; 0 if an operand is 0. Integer tensors only.

    A multiple beyond the range wraps around; of int32 and int64 the absolute value is taken after that.

    >>> lcm(tensor([12, -4, 0]), tensor([18, 6, 5]))
    tensor([36, 12,  0])
    """
    _check_integers(input, other, "lcm_cpu")
    result = elementwise("lcm", input, other)
    return elementwise("abs", result) if result.dtype.itemsize >= 4 else result
