"""Hyperbolic functions and their inverses. Integers and bool are evaluated in the default dtype."""

from __future__ import annotations

import cmath
import math
from math import copysign, inf, nan

from ...foundation.contracts import ulps
from ...foundation.scalars import scalar
from ...operations.registry import op
from ..shared.elementwise import INT_TO_FLOAT, elementwise
from .trigonometric import complex_tanh, cosh_or_inf, guarded, real_cos, real_sin, sinh_or_inf, times


def _complex_sinh(z: complex) -> complex:
    return complex(times(sinh_or_inf(z.real), real_cos(z.imag)), times(real_sin(z.imag), cosh_or_inf(z.real)))


def _complex_cosh(z: complex) -> complex:
    return complex(cosh_or_inf(z.real) * real_cos(z.imag), times(real_sin(z.imag), sinh_or_inf(z.real)))


scalar("sinh", sinh_or_inf, complex=_complex_sinh, fast=math.sinh)


@op("function method inplace_function out", contract=ulps(2), dtypes="ordinary unsigned")
def sinh(input):
    """The hyperbolic sine ``(exp(x) - exp(-x)) / 2`` of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Zeros keep their sign, infinities stay.
    The gradient is multiplied by the conjugate of :func:`cosh`.

    >>> sinh(tensor([0., 1., -inf]))
    tensor([0.0000, 1.1752,   -inf])
    """
    return elementwise("sinh", input, promotion=INT_TO_FLOAT)


sinh.derivative(input=lambda grad, input: grad * input.cosh().conj())

scalar("cosh", cosh_or_inf, complex=_complex_cosh, fast=math.cosh)


@op("function method inplace_function out", contract=ulps(2), dtypes="ordinary unsigned")
def cosh(input):
    """The hyperbolic cosine ``(exp(x) + exp(-x)) / 2`` of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Both infinities give inf.
    The gradient is multiplied by the conjugate of :func:`sinh`.

    >>> cosh(tensor([0., 1., -inf]))
    tensor([1.0000, 1.5431,    inf])
    """
    return elementwise("cosh", input, promotion=INT_TO_FLOAT)


cosh.derivative(input=lambda grad, input: grad * input.sinh().conj())

scalar("tanh", math.tanh, complex=guarded(complex_tanh, lambda z: complex(nan if z.real else z.real, nan)), fast=math.tanh)


@op("function method inplace_function out", contract=ulps(2), dtypes="ordinary unsigned")
def tanh(input):
    """The hyperbolic tangent ``sinh(x) / cosh(x)`` of each element, in [-1, 1].

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Zeros keep their sign, infinities give 1 and -1.
    The gradient is multiplied by the conjugate of 1 minus the result's square.

    >>> tanh(tensor([0., 1., -inf]))
    tensor([ 0.0000,  0.7616, -1.0000])
    """
    return elementwise("tanh", input, promotion=INT_TO_FLOAT)


tanh.derivative(input=lambda grad, result: grad * (1 - result * result).conj())

scalar("asinh", math.asinh, complex=cmath.asinh, fast=math.asinh)


@op("function method inplace_function out", aliases=("arcsinh",), contract=ulps(2), dtypes="ordinary unsigned")
def asinh(input):
    """The inverse hyperbolic sine of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Zeros keep their sign, infinities stay.
    The gradient is divided by the conjugate of ``sqrt(x**2 + 1)``.

    >>> asinh(tensor([0., 1., inf]))
    tensor([0.0000, 0.8814,    inf])
    """
    return elementwise("asinh", input, promotion=INT_TO_FLOAT)


asinh.derivative(input=lambda grad, input: grad * (input.pow(2) + 1).rsqrt().conj())


@scalar("acosh", complex=cmath.acosh, fast=math.acosh)
def _acosh(x):
    return math.acosh(x) if x >= 1.0 else nan


@op("function method inplace_function out", aliases=("arccosh",), contract=ulps(2), dtypes="ordinary unsigned")
def acosh(input):
    """The inverse hyperbolic cosine of each element, not negative.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Real numbers below 1 give NaN.
    The gradient is divided by the conjugate of ``sqrt(x**2 - 1)``: it is infinite at 1.

    >>> acosh(tensor([1., 2., 0.]))
    tensor([0.0000, 1.3170,    nan])
    """
    return elementwise("acosh", input, promotion=INT_TO_FLOAT)


def _acosh_gradient(grad, input):
    if input.is_complex():
        return grad * ((input + 1).rsqrt() * (input - 1).rsqrt()).conj()
    return grad * (input * input - 1).rsqrt()


acosh.derivative(input=_acosh_gradient)


def _atanh_pole(z: complex) -> complex:
    return complex(copysign(inf, z.real), z.imag)


@scalar("atanh", complex=guarded(cmath.atanh, _atanh_pole), fast=math.atanh)
def _atanh(x):
    if -1.0 < x < 1.0:
        return math.atanh(x)
    return copysign(inf, x) if x == 1.0 or x == -1.0 else nan


@op("function method inplace_function out", aliases=("arctanh",), contract=ulps(2), dtypes="ordinary unsigned")
def atanh(input):
    """The inverse hyperbolic tangent of each element.

        The shape is the input's, and so is the dtype; integers and bool give the default dtype. It is infinite at -1 and 1, real numbers outside
    [-1, 1] give NaN;
    zeros keep their sign. The gradient is divided by the conjugate of ``1 - x**2``.

    >>> atanh(tensor([0.5, 1., 2.]))
    tensor([0.5493,    inf,    nan])
    """
    return elementwise("atanh", input, promotion=INT_TO_FLOAT)


atanh.derivative(input=lambda grad, input: grad / (1 - input.pow(2)).conj())
