"""Powers and roots: pow, float_power, square, sqrt, rsqrt, reciprocal, hypot, ldexp."""

from __future__ import annotations

import cmath
import math
from math import inf, nan
from typing import Any

from ...foundation.contracts import EXACT, ulps
from ...foundation.dtypes import bool_, complex128, float16, float64, get_default_dtype
from ...foundation.layout import elementwise_strides, iteration_shape, preserved_strides
from ...foundation.scalars import scalar
from ...operations.registry import op
from ...operations.sharing import refuse_overlap
from ...operations.writing import write_result
from ...tensor import contiguous_format, preserve_format
from ..shared.checks import complex_product, complex_quotient, conjugate, fit, is_number, not_implemented, of_kernel, quotient, recovered_product
from ..shared.elementwise import BOOL_TO_LONG, INT_TO_FLOAT, common_dtype, elementwise
from ..shared.outputs import laid_out
from .exponential import complex_exp, complex_log

# -- roots -------------------------------------------------------------------------------------------


@scalar("sqrt", complex=cmath.sqrt, fast=math.sqrt)
def _sqrt(x):
    return math.sqrt(x) if x >= 0.0 else nan


@op("function method inplace_function out", contract=EXACT)
def sqrt(input):
    """The square root, correctly rounded. Of negative numbers NaN, of -0 it is -0; of complex numbers the root with real part >= 0.

    >>> sqrt(tensor([4., 2., -1.]))
    tensor([2.0000, 1.4142,    nan])
    """
    return elementwise("sqrt", input, promotion=INT_TO_FLOAT)


sqrt.derivative(input=lambda grad, result: grad / (2 * result.conj()))


@scalar("rsqrt", complex=lambda z: complex_quotient(1.0 + 0.0j, cmath.sqrt(z)))
def _rsqrt(x):
    return quotient(1.0, _sqrt(x))


@op("function method inplace_function out", contract=ulps(2))
def rsqrt(input):
    """``1 / sqrt(input)``, rounded once. Zeros give infinities of their sign, negative numbers NaN.

    >>> rsqrt(tensor([4., 0., -1.]))
    tensor([0.5000,    inf,    nan])
    """
    return elementwise("rsqrt", input, promotion=INT_TO_FLOAT)


rsqrt.derivative(input=lambda grad, result: -0.5 * grad * (result * result * result).conj())


@scalar("reciprocal", complex=lambda z: complex_quotient(1.0 + 0.0j, z))
def _reciprocal(x):
    return quotient(1.0, x)


@op("function method inplace_function out", contract=EXACT)
def reciprocal(input):
    """``1 / input``. Zeros give infinities of their sign, infinities zeros. Integers and bool give the default dtype.

    >>> reciprocal(tensor([4, 0]))
    tensor([0.2500,    inf])
    """
    return elementwise("reciprocal", input, promotion=INT_TO_FLOAT)


reciprocal.derivative(input=lambda grad, result: -grad * (result * result).conj())


def _real_hypot(x: float, y: float) -> float:
    return math.hypot(x, y)


scalar("hypot", _real_hypot, fast=math.hypot)


@op("function method inplace out", contract=ulps(1))
def hypot(input, other):
    """``sqrt(input**2 + other**2)`` without intermediate overflow: the hypotenuse. Floating point tensors only.

    An infinite leg gives inf, even beside NaN.

    >>> hypot(tensor([3., inf]), tensor([4., nan]))
    tensor([5., inf])
    """
    d = common_dtype(input, other)
    if d.category != 2:
        not_implemented("hypot_cpu", d, input, other)
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


@scalar("pow", fast=math.pow, integer=lambda base, exponent: _integer_pow(base, exponent), complex=_complex_pow)
def _pow(base, exponent):
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -inf if base < 0.0 and exponent % 2.0 == 1.0 else inf
    except ValueError:  # a zero to a negative power, or a negative base with a fraction
        if base:
            return nan
        return math.copysign(inf, base) if exponent % 2.0 == 1.0 else inf


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
        if d.itemsize == 2:  # in wider dtypes it may be infinite
            try:
                fit(exponent, d)
            except RuntimeError as error:
                raise of_kernel(error, d, None) from None
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


@op("function method inplace out number", operator="pow", reflected=_reflected_pow, node=_pow_node, contract=ulps(2))
def pow(input, exponent):
    """``input ** exponent`` for each element; either may be a number.

    Floats as C's pow: anything to the power 0 and 1 to any power is 1, NaN included; a negative base needs an integral exponent, else NaN;
    ``0 ** -n`` is infinite. A float tensor with the *number* 0.5 is :func:`sqrt`, with -0.5 :func:`rsqrt`, with -1 :func:`reciprocal`.
    Integers wrap around; a negative integer exponent is a RuntimeError as a number, and inside a tensor
    gives 1/base cut off: 1, -1 or 0. Two bool tensors are not supported. Complex: ``exp(exponent * log(input))``.

    >>> pow(tensor([1., 2., 3.]), 2), pow(2, tensor([3, 4])), tensor([4., -inf]) ** 0.5
    (tensor([1., 4., 9.]), tensor([ 8, 16]), tensor([2., nan]))
    """
    d = common_dtype(input, exponent)
    if is_number(exponent) and d.category <= 1:
        if exponent < 0:
            raise RuntimeError("Integers to negative integer powers are not allowed.")
        fit(exponent, d)
        if d is bool_:
            return elementwise("logical_or", input, not exponent)
    if d is bool_:
        not_implemented("pow", d, input, exponent)
    return _power(input, exponent, d)


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
    return complex128 if common_dtype(input, exponent).is_complex else float64


def _float_power_out(function, args, kwargs, outs):
    """The output must have exactly the dtype of the result; that is looked at first."""
    d = _float_power_dtype(**function.operation.bind(args, kwargs))
    if outs[0].dtype is not d:
        raise RuntimeError(f"the output given to float_power has dtype {outs[0].dtype.type_name} but the operation's result requires dtype "
                           f"{d.type_name}")
    return function(*args, **kwargs)


@op("function method out number", contract=ulps(2), out=_float_power_out)
def float_power(input, exponent):
    """``pow`` evaluated in float64, or in complex128 if an operand is complex: the dtype of the result.

    >>> float_power(tensor([1, 2, 3]), -1)
    tensor([1.0000, 0.5000, 0.3333], dtype=torch.float64)
    """
    d = _float_power_dtype(input, exponent)
    return pow(input if is_number(input) else input.to(d), exponent if is_number(exponent) else exponent.to(d))


@op("only method", contract=ulps(2), node=_pow_node)
def float_power_(input, exponent):
    """In place: the tensor must have the result's dtype, float64 or complex128 (else RuntimeError).

    >>> tensor([1., 2.], dtype=float64).float_power_(2)
    tensor([1., 4.], dtype=torch.float64)
    """
    d = _float_power_dtype(input, exponent)
    if input.dtype is not d:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {input.dtype.type_name} but the operation's result requires dtype {d.type_name}"
        )
    refuse_overlap(input, (exponent,))
    write_result(float_power(input, exponent), input)
    return input


float_power_.derivative(input=_base_gradient, exponent=_exponent_gradient)


@op("function method inplace_function out", node="PowBackward0", contract=EXACT)
def square(input):
    """``input ** 2``; bool gives int64.

    >>> square(tensor([-2., 3.]))
    tensor([4., 9.])
    """
    return elementwise("square", input, promotion=BOOL_TO_LONG)


square.derivative(input=lambda grad, input: grad * (2 * input).conj())


@scalar("ldexp", complex=lambda z, n: complex_product(z, complex_exp(n * math.log(2.0))))
def _ldexp(x, n):
    if n != n or math.isinf(n):
        return x * (inf if n > 0 else 0.0) if n == n else nan
    whole = math.floor(n)
    significand, exponent = math.frexp(x)
    try:
        return math.ldexp(significand * 2.0 ** (n - whole), exponent + whole)
    except OverflowError:
        return math.copysign(inf, x)


def _refuse_integers(output):
    if output.dtype.category < 2:
        raise RuntimeError(f"ldexp can't be cast to the desired output type {output.dtype.type_name}")


def _ldexp_in_place(input, other):
    if hasattr(other, "_view"):
        _refuse_integers(input)
    return ldexp.operation.body(input, other)


def _ldexp_out(function, args, kwargs, outs):
    """An integer output is refused before anything else is looked at. One that is resized is laid out by both operands."""
    _refuse_integers(outs[0])
    result, bound = function(*args, **kwargs), function.operation.bind(args, kwargs)
    operands = [bound[name]._view for name in ("input", "other")]
    if operands[0].dtype.category == 2 and operands[1].dtype.category == 1:
        return laid_out(result, elementwise_strides(result._view.shape, [(view.shape, view.strides) for view in operands]))
    return result


@op("function method inplace_function out", contract=ulps(1), out=_ldexp_out, in_place=_ldexp_in_place)
def ldexp(input, other):
    """``input * 2**other``, exactly, also where ``2**other`` alone would overflow. Integers give the default dtype.

    Floats with a bool exponent: NotImplementedError. With exponents of a lower precision than the result's, ``2**other`` is rounded to theirs.

    >>> ldexp(tensor([1., 1.5]), tensor([3, -1]))
    tensor([8.0000, 0.7500])
    """
    if input.dtype.is_floating_point and other.dtype is bool_:
        not_implemented("ldexp_cpu_exp", bool_, input, other)
    if input.is_complex() and other.is_floating_point() and other.dtype.itemsize < 4:
        other = other.float()  # complex numbers begin at that precision
    # A float and integers are evaluated at once, laid out as the float if it has the result's shape. Else the result is laid out as the product
    # of the input and 2**other, which is contiguous for a base of the default dtype (a number, to torch), as the exponents for one of another.
    if input.is_floating_point() and other.dtype.category == 1:
        view, shape = input._view, iteration_shape(input._view.shape, other._view.shape)
        if input.dtype is float16 and other.dtype.itemsize > 2:
            other = other.clamp(-1000, 1000)  # more changes nothing, and beyond 65504 an exponent would become infinite
        return elementwise("ldexp", input, other, layout=preserved_strides(view.shape, view.strides) if view.shape == shape else None)
    of_number = input.dtype.category < 2 or input.dtype is get_default_dtype()
    other = other.clone(memory_format=contiguous_format if of_number else preserve_format)
    base = 2.0 if of_number else input.detach().new_full((), 2.0)
    power = common_dtype(base, other).to_real()  # what 2**other is rounded to
    if other.is_floating_point() and common_dtype(input, other).to_real() is not power:
        return elementwise("mul", input, elementwise("pow", 2.0, other, dtype=power, numbers_are_operands=False))
    return elementwise("ldexp", input, other, promotion=INT_TO_FLOAT)


ldexp.derivative(
    input=lambda grad, other: grad * pow(2.0, other).conj(),
    other=lambda grad, result: grad * result.conj() * math.log(2.0),
)
