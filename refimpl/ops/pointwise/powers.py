"""Powers and roots: pow, float_power, square, sqrt, rsqrt, reciprocal, hypot, ldexp."""

from __future__ import annotations

import cmath
import math
from math import inf, nan
from typing import Any

from ...foundation.contracts import EXACT, ulps
from ...foundation.dtypes import bfloat16, bool_, complex128, float16, float32, float64
from ...foundation.layout import broadcast_shapes, preserved_strides
from ...foundation.scalars import scalar
from ...operations.output_kinds import CASTABLE, castable, exact
from ...operations.registry import op
from ...operations.sharing import POINTWISE, Sharing
from ...operations.writing import overwrite
from ...tensor import contiguous_format, preserve_format
from ..shared.complex_arithmetic import complex_product, complex_quotient, quotient, recovered_product
from ..shared.elementwise import BOOL_TO_LONG, INT_TO_FLOAT, common_dtype, elementwise
from ..shared.operands import conjugate, is_number
from .exponential import complex_exp, complex_log

# -- roots -------------------------------------------------------------------------------------------


@scalar("sqrt", complex=cmath.sqrt, fast=math.sqrt)
def _sqrt(x):
    return math.sqrt(x) if x >= 0.0 else nan


@op("function method inplace_function out", contract=EXACT, dtypes="ordinary unsigned")
def sqrt(input):
    """The square root of each element, correctly rounded.

        The shape is the input's, and so is the dtype; integers and bool give the default dtype. Of negative numbers it is NaN, of -0 it is -0;
    of complex numbers
    the root with real part >= 0. The gradient is divided by twice the result's conjugate.

    >>> sqrt(tensor([4., 2., -1.]))
    tensor([2.0000, 1.4142,    nan])
    """
    return elementwise("sqrt", input, promotion=INT_TO_FLOAT)


sqrt.derivative(input=lambda grad, result: grad / (2 * result.conj()))


@scalar("rsqrt", complex=lambda z: complex_quotient(1.0 + 0.0j, cmath.sqrt(z)))
def _rsqrt(x):
    return quotient(1.0, _sqrt(x))


@op("function method inplace_function out", contract=ulps(2), dtypes="ordinary unsigned")
def rsqrt(input):
    """``1 / sqrt(input)`` for each element, rounded once.

        The shape is the input's, and so is the dtype; integers and bool give the default dtype. Zeros give infinities of their sign, inf gives
    0, negative
    numbers give NaN. The gradient is multiplied by -1/2 and the conjugate of the result's cube.

    >>> rsqrt(tensor([4., 0., -1.]))
    tensor([0.5000,    inf,    nan])
    """
    return elementwise("rsqrt", input, promotion=INT_TO_FLOAT)


rsqrt.derivative(input=lambda grad, result: -0.5 * grad * (result * result * result).conj())


@scalar("reciprocal", complex=lambda z: complex_quotient(1.0 + 0.0j, z))
def _reciprocal(x):
    return quotient(1.0, x)


@op("function method inplace_function out", contract=EXACT, dtypes="ordinary unsigned")
def reciprocal(input):
    """``1 / input`` for each element, rounded once.

        The shape is the input's, and so is the dtype; integers and bool give the default dtype. Zeros give infinities of their sign, infinities
    zeros.
    The gradient is multiplied by the conjugate of the result's square, negated.

    >>> reciprocal(tensor([4, 0]))
    tensor([0.2500,    inf])
    """
    return elementwise("reciprocal", input, promotion=INT_TO_FLOAT)


reciprocal.derivative(input=lambda grad, result: -grad * (result * result).conj())


def _real_hypot(x: float, y: float) -> float:
    return math.hypot(x, y)


scalar("hypot", _real_hypot, fast=math.hypot)


@op("function method inplace out", contract=ulps(1), dtypes="floating unsigned", operands="input other")
def hypot(input, other):
    """``sqrt(input**2 + other**2)`` for each pair of elements, without intermediate overflow: the hypotenuse.

    The tensors are broadcast, and the result has their common dtype. An infinite leg gives inf, even beside NaN.
    NotImplementedError: a common dtype that is not floating point. The gradients are the legs divided by the hypotenuse: NaN where it is 0.

    >>> hypot(tensor([3., inf]), tensor([4., nan]))
    tensor([5., inf])
    """
    return elementwise("hypot", input, other)


hypot.derivative(
    input=lambda grad, input, result: grad * input / result,
    other=lambda grad, other, result: grad * other / result,
)

# -- powers ------------------------------------------------------------------------------------------


_modular_pow = pow  # Python's, which the operation below hides


def _complex_pow(base: complex, exponent: complex) -> complex:
    """``exp(exponent * log(base))`` by C99's product: see :func:`recovered_product`."""
    return complex_exp(recovered_product(exponent, complex_log(base)))


def _is_odd(x: float) -> bool:
    return abs(math.fmod(x, 2.0)) == 1.0  # exact, as ``x % 2.0`` is not: of -0.9999999999999999 it is 1.0


@scalar("pow", fast=math.pow, integer=lambda base, exponent: _integer_pow(base, exponent), complex=_complex_pow)
def _pow(base, exponent):
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -inf if base < 0.0 and _is_odd(exponent) else inf
    except ValueError:  # a zero to a negative power, or a negative base with a fraction
        if base:
            return nan
        return math.copysign(inf, base) if _is_odd(exponent) else inf


def _integer_pow(base: int, exponent: int) -> int:
    if exponent >= 0:
        return _modular_pow(base, exponent, 1 << 64)  # the result wraps around anyway
    if base == 1 or base == -1:
        return base if exponent % 2 else 1
    return 0  # the fraction 1/base**n cut off; also for base 0


scalar("square", lambda x: x * x, integer=lambda x: x * x, complex=lambda z: complex_product(z, z))

# Numbers for which torch takes another form, which decides over special cases: (-inf)**0.5 is NaN where C's pow gives inf.
_SPECIAL_EXPONENTS = {2: "square", 0.5: "sqrt", -0.5: "rsqrt", -1: "reciprocal"}


def _power(base: Any, exponent: Any, d: Any) -> Any:
    if is_number(exponent) and d.category >= 2:
        if exponent == 0:
            return elementwise("pow", base, 0, dtype=d.to_real()).to(d) if d.is_complex else elementwise("pow", base, 0, dtype=d)
        if exponent == 1 and d.is_complex:
            return elementwise("sub", base, 0, dtype=d)  # the number itself: exp(log(z)) would round
        if exponent in _SPECIAL_EXPONENTS and (exponent != -0.5 or d is not float16):
            return elementwise(_SPECIAL_EXPONENTS[exponent], base, dtype=d)
    if is_number(base):
        if base == 1 and base is not True and d.is_complex:
            exponent = exponent.new_zeros(exponent.shape)  # the power is 1, also to NaN
        exponent = exponent.contiguous()  # the power of a number is contiguous, whatever the layout of the exponents
    return elementwise("pow", base, exponent, dtype=d, numbers_are_operands=False)


def _pow_node(bound: dict[str, Any]) -> str:
    return "PowBackward2" if is_number(bound["input"]) else "PowBackward0" if is_number(bound["exponent"]) else "PowBackward1"


def _reflected_pow(self: Any, other: Any) -> Any:
    return pow(other, self)


@op("function method inplace out number", operator="pow", reflected=_reflected_pow, node=_pow_node, contract=ulps(2), operands="input exponent")
def pow(input, exponent):
    """``input ** exponent`` for each pair of elements; either may be a number.

    The operands are broadcast, and the result has their common dtype. Floats as C's pow: anything to the power 0 and 1 to any power is 1, NaN
    included; a negative base needs an integral exponent, else NaN; ``0 ** -n`` is infinite. A float tensor with the *number* 0.5 is
    :func:`sqrt`, with -0.5 :func:`rsqrt`, with -1 :func:`reciprocal`. Integers wrap around; a negative exponent inside an integer tensor
    gives 1/base cut off: 1, -1 or 0. Complex: ``exp(exponent * log(input))``.
    RuntimeError: a negative integer as exponent of integers, one that their dtype cannot hold, or a 16-bit float's.
    NotImplementedError: two bool operands, unless the exponent is a number.
    The gradient of the base is ``exponent * input ** (exponent - 1)``, and 0 for exponent 0; that of the exponent is ``result * log(input)``,
    and 0 for a base 0 with an exponent that is not negative.

    >>> pow(tensor([1., 2., 3.]), 2), pow(2, tensor([3, 4])), tensor([4., -inf]) ** 0.5
    (tensor([1., 4., 9.]), tensor([ 8, 16]), tensor([2., nan]))
    """
    d = common_dtype(input, exponent)
    if d is bool_:
        return elementwise("logical_or", input, not exponent)
    return _power(input, exponent, d)


@pow.constraints
def _(require, input, exponent):
    d = common_dtype(input, exponent)
    if is_number(exponent):
        require(d.category > 1 or exponent >= 0, RuntimeError, "Integers to negative integer powers are not allowed.")
        if d.category <= 1 or d.itemsize == 2:  # in wider dtypes it may be infinite
            require.fits(exponent, d)
    else:
        require(d is not bool_, NotImplementedError, "\"pow\" not implemented for 'Bool'")


def _base_gradient(grad, input, exponent):
    if is_number(exponent):
        if exponent == 0:
            return grad.new_zeros(grad.shape)
        return grad * conjugate(exponent * input.pow(exponent - 1))
    return (grad * (exponent * input.pow(exponent - 1)).conj()).masked_fill(exponent == 0, 0)


def _exponent_gradient(grad, input, exponent, result):
    # 0 ** x is constant for x >= 0, though log(0) is not finite
    constant = exponent.real >= 0 if exponent.is_complex() else exponent >= 0
    if exponent.is_complex():
        constant = constant.logical_and(exponent.imag == 0)
    if is_number(input):
        factor = (result * (complex_log(input) if isinstance(input, complex) or result.is_complex() else _log(input))).conj()
        return grad * factor.masked_fill(constant, 0) if input == 0 else grad * factor
    base = input.to(result.dtype)
    return grad * (result * base.log()).conj().masked_fill((input == 0).logical_and(constant), 0)


def _log(x: Any) -> float:
    return math.log(x) if x > 0 else -inf if x == 0 else nan


pow.derivative(input=_base_gradient, exponent=_exponent_gradient)


def _float_power_dtype(input, exponent):
    return complex128 if any(common_dtype(operand).is_complex for operand in (input, exponent)) else float64


@op("function method out number", contract=ulps(2),
    out=exact("the output given to float_power has dtype {out} but the operation's result requires dtype {result}"),
    operands="input exponent", promoted=False, dtypes="every")  # fmt: skip
def float_power(input, exponent):
    """:func:`pow` evaluated in float64, or in complex128 if an operand is complex: the dtype of the result.

    Either operand may be a number; they are broadcast. Special cases and gradients are those of :func:`pow`; no exponent is refused.
    RuntimeError: an output of another dtype than the result's.

    >>> float_power(tensor([1, 2, 3]), -1)
    tensor([1.0000, 0.5000, 0.3333], dtype=torch.float64)
    """
    d = _float_power_dtype(input, exponent)
    return pow(input if is_number(input) else input.to(d), exponent if is_number(exponent) else exponent.to(d))


@op("only method", contract=ulps(2), node=_pow_node, operands="input exponent", promoted=False, dtypes="every")
def float_power_(input, exponent):
    """:func:`float_power` in place: the tensor itself, with the powers written into it.

    RuntimeError: a tensor that has not the result's dtype, float64 or complex128.
    The gradients are those of :func:`pow`.

    >>> tensor([1., 2.], dtype=float64).float_power_(2)
    tensor([1., 4.], dtype=torch.float64)
    """
    return overwrite(input, float_power(input, exponent), (exponent,))


@float_power_.constraints
def _(require, input, exponent):
    d = _float_power_dtype(input, exponent)
    require(input.dtype is d, RuntimeError, "the base given to float_power_ has dtype {} but the operation's result requires dtype {}",
            input.dtype.type_name, d.type_name)  # fmt: skip


float_power_.derivative(input=_base_gradient, exponent=_exponent_gradient)


@op("function method inplace_function out", node="PowBackward0", contract=EXACT)
def square(input):
    """``input ** 2`` for each element, rounded once.

    The shape is the input's, and so is the dtype, but bool gives int64. Integers wrap around.
    The gradient is multiplied by twice the input's conjugate.

    >>> square(tensor([-2., 3.]))
    tensor([4., 9.])
    """
    return elementwise("square", input, promotion=BOOL_TO_LONG)


square.derivative(input=lambda grad, input: grad * (2 * input).conj())


def _two_to_the(n: complex) -> complex:
    """``2**n``; the parts are multiplied one by one, since infinity times the imaginary zero of a real number would be NaN."""
    return complex_exp(complex(n.real * math.log(2.0), n.imag * math.log(2.0)))


@scalar("ldexp", complex=lambda z, n: complex_product(z, _two_to_the(n)))
def _ldexp(x, n):
    if n != n or math.isinf(n):
        return x * (inf if n > 0 else 0.0) if n == n else nan
    whole = math.floor(n)
    significand, exponent = math.frexp(x)
    try:
        return math.ldexp(significand * 2.0 ** (n - whole), exponent + whole)
    except OverflowError:
        return math.copysign(inf, x)


def _sharing(bound: dict[str, Any]) -> Sharing:
    """Of a float and integers both are read while the result is written; else ``2**other``, which is a tensor of its own, and only the input."""
    at_once = bound["input"].is_floating_point() and bound["other"].dtype.category == 1
    return POINTWISE if at_once else POINTWISE._replace(inputs="any", over="input")


@op("function method inplace_function out", contract=ulps(1), sharing=_sharing,
    out=castable("ldexp can't be cast to the desired output type {out}")._replace(also=(CASTABLE.cast_words,)),
    operands="input other", dtypes="ordinary unsigned")  # fmt: skip
def ldexp(input, other):
    """``input * 2**other`` for each pair of elements, exactly, also where ``2**other`` alone would overflow.

    The tensors are broadcast, and the result has their common dtype; integers and bool give the default dtype. With exponents of a lower
    precision than the result's, ``2**other`` is rounded to theirs. Exponents that are not integers are allowed.
    RuntimeError: an output, or a tensor in place, that cannot hold the result. NotImplementedError: floats with a bool exponent.
    The gradients are multiplied by the conjugates of ``2**other``, and of the result and log(2).

    >>> ldexp(tensor([1., 1.5]), tensor([3, -1]))
    tensor([8.0000, 0.7500])
    """
    if input.is_complex() and other.is_floating_point() and other.dtype.itemsize < 4:
        other = other.float()  # complex numbers begin at that precision
    # A float and integers are evaluated at once, laid out as the float if it has the result's shape. Else the result is laid out as the product
    # of the input and 2**other, which is contiguous for a base of float32 (a number, to torch), as the exponents for one of another dtype.
    if input.is_floating_point() and other.dtype.category == 1:
        view, shape = input._view, broadcast_shapes(input._view.shape, other._view.shape)
        if input.dtype is float16 and other.dtype.itemsize > 2:
            other = other.clamp(-1000, 1000)  # more changes nothing, and beyond 65504 an exponent would become infinite
        layout = preserved_strides(view.shape, view.strides) if view.shape == shape else None
        if input.dtype is bfloat16:  # which has no 257; in float32 both operands are what they are
            return elementwise("ldexp", input.float(), other, layout=layout).to(bfloat16)
        return elementwise("ldexp", input, other, layout=layout)
    of_number = input.dtype.category < 2 or input.dtype is float32
    other = other.clone(memory_format=contiguous_format if of_number else preserve_format)
    base = 2.0 if of_number else input.detach().new_full((), 2.0)
    power = common_dtype(base, other).to_real()  # what 2**other is rounded to
    if other.is_floating_point() and common_dtype(input, other).to_real() is not power:
        # In binary64 first: a device's narrower power may be an ulp off, which is millions of the result's.
        return elementwise("mul", input, elementwise("pow", 2.0, other, dtype=float64, numbers_are_operands=False).to(power))
    return elementwise("ldexp", input, other, promotion=INT_TO_FLOAT)


@ldexp.constraints
def _(require, input, other):
    require(not input.dtype.is_floating_point or other.dtype is not bool_, NotImplementedError, "\"ldexp\" not implemented for 'Bool'")


ldexp.derivative(
    input=lambda grad, other: grad * pow(2.0, other).conj(),
    other=lambda grad, result: grad * (result.conj() * math.log(2.0)),  # in this order only a large gradient overflows
)
