"""Trigonometric functions and their inverses; angles are in radians.

Integers and bool are evaluated in the default dtype. Infinite angles and arguments outside the domain of an inverse give NaN. The inverses
of complex numbers are the principal values, with the branch cuts of C99 (the sign of a zero part tells the side).
"""

from __future__ import annotations

import cmath
import math
from math import inf, nan, pi

from ...foundation.contracts import ulps
from ...foundation.layout import preserved_strides
from ...foundation.scalars import scalar
from ...operations.registry import op
from ..shared.elementwise import INT_TO_FLOAT, elementwise


def cosh_or_inf(x: float) -> float:
    try:
        return math.cosh(x)
    except OverflowError:
        return inf


def sinh_or_inf(x: float) -> float:
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(inf, x)


def real_sin(x: float) -> float:
    return math.sin(x) if math.isfinite(x) else nan


def real_cos(x: float) -> float:
    return math.cos(x) if math.isfinite(x) else nan


def times(a: float, b: float) -> float:
    """``a * b``, but a zero ``a`` gives a zero even if ``b`` is infinite: the sine of an exact 0 is an exact 0."""
    return a * b if a else a * math.copysign(1.0, b)


def _complex_sin(z: complex) -> complex:
    return complex(times(real_sin(z.real), cosh_or_inf(z.imag)), times(sinh_or_inf(z.imag), real_cos(z.real)))


def _complex_cos(z: complex) -> complex:
    return complex(real_cos(z.real) * cosh_or_inf(z.imag), -times(real_sin(z.real), sinh_or_inf(z.imag)))


def guarded(function, otherwise):
    """``function``, with ``otherwise`` where cmath raises: at poles and for infinite parts."""

    def rule(z: complex) -> complex:
        try:
            return function(z)
        except (ValueError, OverflowError):
            return otherwise(z)

    return rule


def _no_tangent(z: complex) -> complex:
    return complex(nan, nan if z.imag else z.imag)


scalar("sin", real_sin, complex=_complex_sin, fast=math.sin)


@op("function method inplace_function out", contract=ulps(2), dtypes="ordinary unsigned")
def sin(input):
    """The sine of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Infinities give NaN, zeros keep their sign.
    The gradient is multiplied by the conjugate of the cosine.

    >>> sin(tensor([0., 1., inf]))
    tensor([0.0000, 0.8415,    nan])
    """
    return elementwise("sin", input, promotion=INT_TO_FLOAT)


sin.derivative(input=lambda grad, input: grad * input.cos().conj())

scalar("cos", real_cos, complex=_complex_cos, fast=math.cos)


@op("function method inplace_function out", contract=ulps(2), dtypes="ordinary unsigned")
def cos(input):
    """The cosine of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Infinities give NaN.
    The gradient is multiplied by the conjugate of the negated sine.

    >>> cos(tensor([0., 1., inf]))
    tensor([1.0000, 0.5403,    nan])
    """
    return elementwise("cos", input, promotion=INT_TO_FLOAT)


cos.derivative(input=lambda grad, input: grad * -input.sin().conj())


def complex_tanh(z: complex) -> complex:
    """``(sinh(2x) + i sin(2y)) / (cosh(2x) + cos(2y))``: fewer roundings than by way of real tangents, which is what cmath does. The denominator is
    ``2 (sinh(x)**2 + cos(y)**2)`` where the cosines have two signs."""
    x, y = z.real, z.imag
    if not 0.0 < abs(x) < 20.0 or not 0.0 < abs(y) < 2.0**1023:
        return cmath.tanh(z)
    cosine = math.cos(2.0 * y)
    denominator = math.cosh(2.0 * x) + cosine if cosine >= 0.0 else 2.0 * (math.sinh(x) ** 2 + math.cos(y) ** 2)
    return complex(math.sinh(2.0 * x) / denominator, math.sin(2.0 * y) / denominator)


def _complex_tan(z: complex) -> complex:
    turned = complex_tanh(complex(-z.imag, z.real))
    return complex(turned.imag, -turned.real)


@scalar("tan", complex=guarded(_complex_tan, _no_tangent), fast=math.tan)
def _tan(x):
    return math.tan(x) if math.isfinite(x) else nan


@op("function method inplace_function out", contract=ulps(2), dtypes="ordinary unsigned")
def tan(input):
    """The tangent of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Infinities give NaN, zeros keep their sign.
    The gradient is multiplied by the conjugate of 1 plus the result's square.

    >>> tan(tensor([0., 1., inf]))
    tensor([0.0000, 1.5574,    nan])
    """
    return elementwise("tan", input, promotion=INT_TO_FLOAT)


tan.derivative(input=lambda grad, result: grad * (1 + result.pow(2)).conj())


@scalar("asin", complex=cmath.asin, fast=math.asin)
def _asin(x):
    return math.asin(x) if -1.0 <= x <= 1.0 else nan


@op("function method inplace_function out", aliases=("arcsin",), contract=ulps(2), dtypes="ordinary unsigned")
def asin(input):
    """The inverse sine of each element, in [-pi/2, pi/2].

        The shape is the input's, and so is the dtype; integers and bool give the default dtype. Real numbers outside [-1, 1] give NaN; zeros
    keep their sign.
    The gradient is divided by the conjugate of ``sqrt(1 - x**2)``: it is infinite at -1 and 1.

    >>> asin(tensor([0.5, 1., 2.]))
    tensor([0.5236, 1.5708,    nan])
    """
    return elementwise("asin", input, promotion=INT_TO_FLOAT)


asin.derivative(input=lambda grad, input: grad * (-input * input + 1).rsqrt().conj())


@scalar("acos", complex=cmath.acos, fast=math.acos)
def _acos(x):
    return math.acos(x) if -1.0 <= x <= 1.0 else nan


@op("function method inplace_function out", aliases=("arccos",), contract=ulps(2), dtypes="ordinary unsigned")
def acos(input):
    """The inverse cosine of each element, in [0, pi].

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Real numbers outside [-1, 1] give NaN.
    The gradient is divided by the conjugate of ``-sqrt(1 - x**2)``: it is infinite at -1 and 1.

    >>> acos(tensor([0.5, -1., 2.]))
    tensor([1.0472, 3.1416,    nan])
    """
    return elementwise("acos", input, promotion=INT_TO_FLOAT)


acos.derivative(input=lambda grad, input: grad * -(-input * input + 1).rsqrt().conj())


def _atan_pole(z: complex) -> complex:
    return complex(0.0, math.copysign(inf, z.imag))


scalar("atan", math.atan, complex=guarded(cmath.atan, _atan_pole), fast=math.atan)


@op("function method inplace_function out", aliases=("arctan",), contract=ulps(2), dtypes="ordinary unsigned")
def atan(input):
    """The inverse tangent of each element, in [-pi/2, pi/2].

        The shape is the input's, and so is the dtype; integers and bool give the default dtype. Infinities give pi/2 and -pi/2, zeros keep their
    sign.
    The gradient is divided by the conjugate of ``x**2 + 1``.

    >>> atan(tensor([1., -inf]))
    tensor([ 0.7854, -1.5708])
    """
    return elementwise("atan", input, promotion=INT_TO_FLOAT)


atan.derivative(input=lambda grad, input: grad / (input * input + 1).conj())

scalar("atan2", math.atan2, fast=math.atan2)


@op("function method inplace out", aliases=("arctan2",), contract=ulps(2), dtypes="bool integer floating unsigned", operands="input other")
def atan2(input, other):
    """The angle, in [-pi, pi], of the point with ordinate ``input`` and abscissa ``other``.

    The tensors are broadcast; integers and bool give the default dtype. Zeros count with their sign: ``atan2(0, -0)`` is pi, ``atan2(-0, -0)``
    is -pi. NaN in either gives NaN. NotImplementedError: complex numbers.
    The gradients are multiplied by ``other / r**2`` and ``-input / r**2``, where r is the distance from the origin; they are 0 there.

    >>> atan2(tensor([1., 0., -0.]), tensor([1., -1., -1.]))
    tensor([ 0.7854,  3.1416, -3.1416])
    """
    return elementwise("atan2", input, other, promotion=INT_TO_FLOAT)


def _inverse_square(input, other):
    """1 / r**2; the gradient at the origin is taken as 0."""
    return (input * input + other * other).reciprocal().masked_fill((input == 0) & (other == 0), 0)


atan2.derivative(
    input=lambda grad, input, other: grad * other * _inverse_square(input, other),
    other=lambda grad, input, other: grad * -input * _inverse_square(input, other),
)


@scalar("deg2rad")
def _deg2rad(x):
    return x * (pi / 180.0)


@op("function method inplace_function out", node="Deg2RadBackward0", contract=ulps(2), dtypes="ordinary unsigned")
def deg2rad(input):
    """Degrees to radians: ``input * pi / 180`` for each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. RuntimeError: complex numbers.
    The gradient is multiplied by pi / 180.

    >>> deg2rad(tensor([180., 90.]))
    tensor([3.1416, 1.5708])
    """
    return elementwise("deg2rad", input, promotion=INT_TO_FLOAT, layout=preserved_strides(input._view.shape, input._view.strides))


@deg2rad.constraints
def _(require, input):
    require(not input.dtype.is_complex, RuntimeError, "deg2rad is not supported for complex tensors.")


deg2rad.derivative(input=lambda grad: grad * (pi / 180.0))


@scalar("rad2deg")
def _rad2deg(x):
    return x * (180.0 / pi)


@op("function method inplace_function out", node="Rad2DegBackward0", contract=ulps(2), dtypes="ordinary unsigned")
def rad2deg(input):
    """Radians to degrees: ``input * 180 / pi`` for each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. RuntimeError: complex numbers.
    The gradient is multiplied by 180 / pi.

    >>> rad2deg(tensor([1., 0.5]))
    tensor([57.2958, 28.6479])
    """
    return elementwise("rad2deg", input, promotion=INT_TO_FLOAT, layout=preserved_strides(input._view.shape, input._view.strides))


@rad2deg.constraints
def _(require, input):
    require(not input.dtype.is_complex, RuntimeError, "rad2deg is not supported for complex tensors.")


rad2deg.derivative(input=lambda grad: grad * (180.0 / pi))
