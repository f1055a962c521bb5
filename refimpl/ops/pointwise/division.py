"""Division: true, floored and truncated quotients, the two remainders, gcd and lcm.

For integers ``a = quotient * b + remainder`` holds exactly, with the quotient rounded down (``div_floor``,
``remainder``: the remainder has the divisor's sign) or towards zero (``div_trunc``, ``fmod``: the dividend's sign).
An integer divisor 0 is RuntimeError("ZeroDivisionError"); a floating point divisor 0 follows IEEE 754.
Operands are broadcast, and the result has their common dtype (true division of integers: the default dtype).
"""

from __future__ import annotations

import math
import operator
from math import isinf, nan
from typing import Any, NoReturn

from ...foundation.contracts import EXACT, ulps
from ...foundation.scalars import scalar
from ...operations.registry import op
from ...tensor import Tensor
from ..shared.complex_arithmetic import complex_quotient, quotient
from ..shared.elementwise import INT_TO_FLOAT, common_dtype, elementwise
from ..shared.gradients import no_derivative
from ..shared.operands import anywhere, conjugate, is_number

# -- quotients ---------------------------------------------------------------------------------------


scalar("div", quotient, complex=complex_quotient, fast=operator.truediv, single_precision_numbers=True)


def _zero_divisor() -> NoReturn:
    raise RuntimeError("ZeroDivisionError")


def _nonzero_divisor(require: Any, input: Any, other: Any) -> None:
    require.elements(lambda: not _divides_by_zero(input, other), RuntimeError, "ZeroDivisionError")


def _divides_by_zero(input: Any, other: Any) -> bool:
    """Whether integers are divided by 0 anywhere, in their common dtype: -2**63 is 0 there unless it has 64 bits."""
    d = common_dtype(input, other)
    if d.category != 1:
        return False
    zero = anywhere(other.to(d) == 0) if isinstance(other, Tensor) else other % 2 ** (8 * d.itemsize) == 0
    return zero and not (isinstance(input, Tensor) and not input.numel())


def _floor_int(a: int, b: int) -> int:
    return a // b if b else _zero_divisor()


def _trunc_int(a: int, b: int) -> int:
    if not b:
        _zero_divisor()
    magnitude = abs(a) // abs(b)
    return magnitude if (a < 0) == (b < 0) else -magnitude


@scalar("div_floor", integer=_floor_int, fast_integer=operator.floordiv, single_precision_numbers=True)
def _div_floor(a, b):
    # Python's float // takes the floor of the exact quotient, but raises for a zero divisor.
    return a // b if b else quotient(a, b)


scalar("div_trunc", integer=_trunc_int)  # floats: div, then trunc, as the quotient is rounded to its dtype in between


def _reflected_div(self: Any, other: Any) -> Any:
    return self.reciprocal() * other  # torch's rule for 2 / x: two roundings


@op("function method inplace out number", operator="truediv", reflected=_reflected_div, aliases=("divide",), contract=EXACT,
    graph="wraps_numbers saves_numbers",
    node=lambda bound: "DivBackward0" if bound["rounding_mode"] is None else "DivBackward2", operands="input other",
    dtypes="ordinary unsigned")  # fmt: skip
def div(input, other, *, rounding_mode=None):
    """The quotient of each pair: true division, or rounded with ``rounding_mode`` "floor" (down) or "trunc" (towards 0).

    Either operand may be a number; they are broadcast. The result has their common dtype, but true division of integers and bool gives the
    default dtype. For floats "floor" is the floor of the exact quotient, and "trunc" cuts off the quotient that has been rounded to the
    dtype: 0.5 / 0.1 in float32 gives 5. A divisor 0 gives infinities and NaN.
    RuntimeError: an integer divisor 0 with a rounding mode ("ZeroDivisionError"), another rounding mode.
    NotImplementedError: bool or complex numbers with a rounding mode.
    The gradients are those of the quotient; a rounded one is piecewise constant, its gradient is 0.

    >>> div(tensor([-7, 7]), 2), div(tensor([-7, 7]), 2, rounding_mode="floor"), div(tensor([-7, 7]), 2, rounding_mode="trunc")
    (tensor([-3.5000,  3.5000]), tensor([-4,  3]), tensor([-3,  3]))
    """
    if rounding_mode is None:
        return elementwise("div", input, other, promotion=INT_TO_FLOAT)
    if rounding_mode == "floor" or common_dtype(input, other).category == 1:
        return elementwise("div_" + rounding_mode, input, other)
    quotient = elementwise("div", input, other)
    return elementwise("trunc", quotient, layout=quotient._view.strides)


@div.constraints(defaults_hold=True)
def _(require, input, other, rounding_mode):
    require(rounding_mode in (None, "trunc", "floor"), RuntimeError,
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{}'", rounding_mode)  # fmt: skip
    d = common_dtype(input, other)
    require(rounding_mode is None or d.category in (1, 2) and not d.limited, NotImplementedError, "\"div\" not implemented for '{}'", d.type_name)
    if rounding_mode is not None:
        _nonzero_divisor(require, input, other)


div.derivative(
    input=lambda grad, other, rounding_mode: grad / conjugate(other) if rounding_mode is None else grad.new_zeros(grad.shape),
    other=lambda grad, input, other, rounding_mode: (
        -grad * conjugate((input / other) / other) if rounding_mode is None else grad.new_zeros(grad.shape)
    ),
)


@op("function method inplace out number", node="DivBackward0", contract=EXACT, graph="saves_numbers", operands="input other",
    dtypes="ordinary unsigned")
def true_divide(input, other):
    """:func:`div` without a rounding mode: the quotient of each pair, rounded once.

    Either operand may be a number; they are broadcast. The result has their common dtype, or the default dtype for integers and bool.
    A divisor 0 gives infinities and NaN. The gradients are ``1 / other`` and ``-input / other**2``, conjugated, times the incoming one.

    >>> true_divide(tensor([1, 2]), 4)
    tensor([0.2500, 0.5000])
    """
    return elementwise("div", input, other, promotion=INT_TO_FLOAT)


true_divide.derivative(
    input=lambda grad, other: grad / conjugate(other),
    other=lambda grad, input, other: -grad * conjugate((input / other) / other),
)


def _reflected_floor_divide(self: Any, other: Any) -> Any:
    return floor_divide(other, self)


@op("function method inplace out number", operator="floordiv", reflected=_reflected_floor_divide, node="NotImplemented",
    contract=ulps(2), graph="required_edges_only", dtypes="integer floating", operands="input other")  # fmt: skip
def floor_divide(input, other):
    """The floor of the exact quotient: ``div`` with rounding mode "floor", what ``//`` computes.

    Either operand may be a number; they are broadcast, and the result has their common dtype. A floating point divisor 0 gives infinities
    and NaN. RuntimeError: an integer divisor 0 ("ZeroDivisionError"). NotImplementedError: two bool operands, complex numbers.
    It has no gradient (use ``div``): backward is a RuntimeError.

    >>> floor_divide(tensor([5., -5.]), 3)
    tensor([ 1., -2.])
    """
    return elementwise("div_floor", input, other)


@floor_divide.constraints
def _(require, input, other):
    _nonzero_divisor(require, input, other)


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


@op("function method inplace out number", operator="mod", reflected=_reflected_remainder, node=_remainder_node, contract=EXACT,
    dtypes="integer floating", operands="input other")  # fmt: skip
def remainder(input, other):
    """``input - other * floor(input / other)``, exactly: Python's ``%``. The result has the sign of ``other``, or is a zero.

    Either operand may be a number; they are broadcast, and the result has their common dtype. Floats: a zero result has the sign of ``input``;
    ``remainder(inf, y)``, ``remainder(x, 0)`` are NaN; ``remainder(x, inf)`` is x if the signs agree and the infinity else.
    RuntimeError: an integer divisor 0 ("ZeroDivisionError"). NotImplementedError: two bool operands, complex numbers.
    The gradient of ``input`` is the incoming one; that of ``other`` is multiplied by ``-floor(input / other)``, and
    a RuntimeError if ``input`` is a number.

    >>> remainder(tensor([-3., -1., 2.]), 2)
    tensor([1., 1., 0.])
    """
    return elementwise("remainder", input, other)


@remainder.constraints
def _(require, input, other):
    _nonzero_divisor(require, input, other)


remainder.derivative(
    input=lambda grad: grad,
    other=lambda grad, input, other: (
        no_derivative("aten::remainder")(grad) if is_number(input) else -grad * input.div(other, rounding_mode="floor")
    ),
)


@op("function method inplace out", contract=EXACT, dtypes="integer floating", operands="input other",
    node=lambda bound: "FmodBackward0" if is_number(bound["other"]) else "FmodBackward1")  # fmt: skip
def fmod(input, other):
    """``input - other * trunc(input / other)``, exactly: C's ``fmod``. The result has the sign of ``input``.

    ``other`` may be a number; both are broadcast, and the result has their common dtype. ``fmod(inf, y)`` and ``fmod(x, 0)`` are NaN,
    ``fmod(x, inf)`` is x; a zero result has the sign of ``input``.
    RuntimeError: an integer divisor 0 ("ZeroDivisionError"). NotImplementedError: two bool operands, complex numbers.
    The gradient of ``input`` is the incoming one; that of ``other`` is multiplied by ``-trunc(input / other)``.

    >>> fmod(tensor([-3., -1., 2.5]), 2)
    tensor([-1.0000, -1.0000,  0.5000])
    """
    return elementwise("fmod", input, other)


@fmod.constraints
def _(require, input, other):
    _nonzero_divisor(require, input, other)


fmod.derivative(
    input=lambda grad: grad,
    other=lambda grad, input, other: -grad * input.div(other, rounding_mode="trunc"),
)

# -- common divisors ---------------------------------------------------------------------------------

scalar("gcd", integer=math.gcd, fast_integer=math.gcd)
scalar("lcm", integer=math.lcm, fast_integer=math.lcm)


@op("function method inplace_function out", differentiable=False, contract=EXACT, dtypes="integer", operands="input other",
    graph="no_derivative")  # fmt: skip
def gcd(input, other):
    """The greatest common divisor of each pair, not negative; ``gcd(0, 0) = 0``.

    The tensors are broadcast, and the result has their common dtype. The divisor of two least integers does not fit, and wraps around.
    NotImplementedError: a common dtype that is no integer's. There is no gradient.

    >>> gcd(tensor([12, -4, 0]), tensor([18, 6, 0]))
    tensor([6, 2, 0])
    """
    return elementwise("gcd", input, other)


@op("function method inplace_function out", differentiable=False, contract=EXACT, dtypes="integer", operands="input other",
    graph="no_derivative")  # fmt: skip
def lcm(input, other):
    """The least common multiple of each pair, not negative; 0 if an operand is 0.

    The tensors are broadcast, and the result has their common dtype. A multiple beyond the range wraps around; of int32 and int64 the absolute
    value is taken after that. NotImplementedError: a common dtype that is no integer's. There is no gradient.

    >>> lcm(tensor([12, -4, 0]), tensor([18, 6, 5]))
    tensor([36, 12,  0])
    """
    result = elementwise("lcm", input, other)
    return elementwise("abs", result) if result.dtype.itemsize >= 4 else result
