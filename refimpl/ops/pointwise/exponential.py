"""Exponentials and logarithms.

Integers and bool are evaluated in the default dtype. Poles and arguments outside the domain follow IEEE 754: the logarithm of 0 is
-inf, of a negative number NaN, and overflow gives inf. NaN gives NaN. Complex logarithms are the principal values, their
imaginary part in [-pi, pi], the sign of a zero imaginary part telling the side of the cut along the negative axis.
"""

from __future__ import annotations

import cmath
import math
from math import inf, nan

from ...foundation.contracts import conditioned, ulps
from ...foundation.scalars import scalar
from ...operations.registry import op
from ..shared.elementwise import INT_TO_FLOAT, elementwise

LN2 = math.log(2.0)
LN10 = math.log(10.0)

# -- exponentials ------------------------------------------------------------------------------------


def real_exp(x: float) -> float:
    """e**x; inf where it overflows."""
    try:
        return math.exp(x)
    except OverflowError:
        return inf


def polar(length: float, angle: float) -> complex:
    """length * (cos(angle) + i sin(angle)); an infinite angle gives NaN, except that 0 stays 0 and an angle 0 stays real."""
    if not angle:
        return complex(length, angle)
    if math.isinf(angle) or angle != angle:
        return complex(length * nan, length * nan) if length else complex(0.0, 0.0)
    return complex(length * math.cos(angle), length * math.sin(angle))


def complex_exp(z: complex) -> complex:
    """e**z = e**x (cos y + i sin y); an infinite y beside a finite x gives NaN, however small e**x is."""
    try:
        return cmath.exp(z)
    except ValueError:
        return complex(nan, nan) if math.isfinite(z.real) else polar(real_exp(z.real), z.imag)
    except OverflowError:
        return polar(real_exp(z.real), z.imag)


scalar("exp", real_exp, complex=complex_exp, fast=math.exp)


@op("function method inplace_function out", contract=ulps(2), dtypes="ordinary unsigned")
def exp(input):
    """e**x for each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. ``exp(-inf)`` is 0, ``exp(inf)`` inf, NaN stays.
    The gradient is multiplied by the result's conjugate.

    >>> exp(tensor([0., 1., -inf]))
    tensor([1.0000, 2.7183, 0.0000])
    """
    return elementwise("exp", input, promotion=INT_TO_FLOAT)


exp.derivative(input=lambda grad, result: grad * result.conj())


@scalar("exp2", complex=lambda z: complex_exp(complex(z.real * LN2, z.imag * LN2)))
def _exp2(x):
    try:
        return 2.0**x
    except OverflowError:
        return inf


@op("function method inplace_function out", aliases=("special.exp2",), contract=ulps(2), dtypes="ordinary unsigned")
def exp2(input):
    """2**x for each element, exact for integral x.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. ``exp2(-inf)`` is 0, ``exp2(inf)`` inf, NaN stays.
    The gradient is multiplied by the result's conjugate and log(2).

    >>> exp2(tensor([3., -1., 0.5]))
    tensor([8.0000, 0.5000, 1.4142])
    """
    return elementwise("exp2", input, promotion=INT_TO_FLOAT)


exp2.derivative(input=lambda grad, result: grad * result.conj() * LN2)


def _complex_expm1(z: complex) -> complex:
    # e^x cos y - 1 = (e^x - 1) cos y - 2 sin(y/2)^2: no cancellation near 0
    if not math.isfinite(z.imag):
        return complex_exp(z) - 1.0
    e = complex_exp(z)
    return complex(_expm1(z.real) * math.cos(z.imag) - 2.0 * math.sin(z.imag / 2.0) ** 2, e.imag)


@scalar("expm1", complex=_complex_expm1, fast=math.expm1)
def _expm1(x):
    try:
        return math.expm1(x)
    except OverflowError:
        return inf


@op("function method inplace_function out", aliases=("special.expm1",), contract=ulps(2), dtypes="ordinary unsigned")
def expm1(input):
    """``exp(x) - 1`` for each element, without the cancellation near 0.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. ``expm1(-inf)`` is -1, zeros keep their sign.
    The gradient is multiplied by the conjugate of the result plus 1.

    >>> expm1(tensor([0., 1e-6, -inf]))
    tensor([ 0.0000e+00,  1.0000e-06, -1.0000e+00])
    """
    return elementwise("expm1", input, promotion=INT_TO_FLOAT)


expm1.derivative(input=lambda grad, result: grad * (result.conj() + 1))

# -- logarithms --------------------------------------------------------------------------------------


def real_log(x: float) -> float:
    """The natural logarithm: -inf at zeros, NaN below."""
    if x > 0.0:
        return math.log(x)
    return nan if x else -inf


def complex_log(z: complex) -> complex:
    """The principal logarithm ln|z| + i arg(z)."""
    try:
        return cmath.log(z)
    except ValueError:
        return complex(-inf, math.atan2(z.imag, z.real))


scalar("log", real_log, complex=complex_log, fast=math.log)


@op("function method inplace_function out", contract=ulps(2), dtypes="ordinary unsigned")
def log(input):
    """The natural logarithm of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Zeros of either sign give -inf, negative numbers NaN;
    complex numbers have their principal value. The gradient is divided by the input's conjugate.

    >>> log(tensor([1., 10., 0., -1.]))
    tensor([0.0000, 2.3026,   -inf,    nan])
    """
    return elementwise("log", input, promotion=INT_TO_FLOAT)


log.derivative(input=lambda grad, input: grad / input.conj())


def _complex_log2(z: complex) -> complex:
    w = complex_log(z)
    return complex(w.real / LN2, w.imag / LN2)


@scalar("log2", complex=_complex_log2, fast=math.log2)
def _log2(x):
    if x > 0.0:
        return math.log2(x)
    return nan if x else -inf


@op("function method inplace_function out", contract=ulps(2), dtypes="ordinary unsigned")
def log2(input):
    """The logarithm to base 2 of each element, exact for powers of 2.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Zeros of either sign give -inf, negative numbers NaN.
    The gradient is divided by the input's conjugate and log(2).

    >>> log2(tensor([8., 0.5]))
    tensor([ 3., -1.])
    """
    return elementwise("log2", input, promotion=INT_TO_FLOAT)


log2.derivative(input=lambda grad, input: grad / (input.conj() * LN2))


def _complex_log10(z: complex) -> complex:
    try:
        return cmath.log10(z)
    except ValueError:
        return complex(-inf, math.atan2(z.imag, z.real) / LN10)


@scalar("log10", complex=_complex_log10, fast=math.log10)
def _log10(x):
    if x > 0.0:
        return math.log10(x)
    return nan if x else -inf


@op("function method inplace_function out", contract=ulps(2), dtypes="ordinary unsigned")
def log10(input):
    """The logarithm to base 10 of each element, exact for powers of 10.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Zeros of either sign give -inf, negative numbers NaN.
    The gradient is divided by the input's conjugate and log(10).

    >>> log10(tensor([1000., 2.]))
    tensor([3.0000, 0.3010])
    """
    return elementwise("log10", input, promotion=INT_TO_FLOAT)


log10.derivative(input=lambda grad, input: grad / (input.conj() * LN10))


def _complex_log1p(z: complex) -> complex:
    x, y = z.real, z.imag
    if abs(x) < 0.5 and abs(y) < 0.5:
        # |1 + z|^2 - 1 = x (2 + x) + y^2: no cancellation near 0
        return complex(0.5 * math.log1p(x * (2.0 + x) + y * y), math.atan2(y, 1.0 + x))
    return complex_log(complex(1.0 + x, y))


@scalar("log1p", complex=_complex_log1p, fast=math.log1p)
def _log1p(x):
    if x > -1.0:
        return math.log1p(x)
    return -inf if x == -1.0 else nan


@op("function method inplace_function out", aliases=("special.log1p",), node="Log1PBackward0", contract=ulps(2), dtypes="ordinary unsigned")
def log1p(input):
    """``log(1 + x)`` for each element, without the rounding of ``1 + x``.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. ``log1p(-1)`` is -inf, below it is NaN; zeros keep
    their sign. The gradient is divided by the conjugate of the input plus 1.

    >>> log1p(tensor([0., 1e-6, -1.]))
    tensor([0.0000e+00, 1.0000e-06,       -inf])
    """
    return elementwise("log1p", input, promotion=INT_TO_FLOAT)


log1p.derivative(input=lambda grad, input: grad / (input + 1).conj())

# -- logarithms of sums ------------------------------------------------------------------------------


def _complex_logaddexp(a: complex, b: complex) -> complex:
    if a != a or b != b:  # also beside a real part of -inf, whose exponential would be 0
        return complex(math.nan, math.nan)
    if a.real < b.real:
        a, b = b, a
    return a + _complex_log1p(complex_exp(b - a)) if math.isfinite(a.real) else complex_log(complex_exp(a) + complex_exp(b))


@scalar("logaddexp", complex=_complex_logaddexp)
def _logaddexp(a, b):
    if a == b and math.isinf(a):
        return a
    return max(a, b) + math.log1p(math.exp(-abs(a - b))) if a == a and b == b else nan


@op("function method out", contract=conditioned(4), dtypes="floating complex unsigned", operands="input other")
def logaddexp(input, other):
    """``log(exp(input) + exp(other))`` for each pair of elements, without overflow.

    The tensors are broadcast, and the result has their common dtype. -inf counts as the logarithm of 0; NaN in either operand gives NaN.
    NotImplementedError: a common dtype of integers or bool. The gradients are the shares of the two exponentials in their sum.

    >>> logaddexp(tensor([1000., -inf]), tensor([1000., 2.]))
    tensor([1000.6932,    2.0000])
    """
    return elementwise("logaddexp", input, other)


logaddexp.derivative(
    input=lambda grad, input, other: grad / (1 + exp(other - input)).conj(),
    other=lambda grad, input, other: grad / (1 + exp(input - other)).conj(),
)


@scalar("logaddexp2")
def _logaddexp2(a, b):
    if a == b and math.isinf(a):
        return a
    return max(a, b) + math.log1p(2.0 ** -abs(a - b)) / LN2 if a == a and b == b else nan


@op("function method out", contract=conditioned(4), dtypes="floating unsigned", operands="input other")
def logaddexp2(input, other):
    """``log2(2**input + 2**other)`` for each pair of elements, without overflow.

    The tensors are broadcast, and the result has their common dtype. -inf counts as the logarithm of 0; NaN in either operand gives NaN.
    NotImplementedError: a common dtype that is not floating point. The gradients are the shares of the two powers in their sum.

    >>> logaddexp2(tensor([3., -inf]), tensor([3., 2.]))
    tensor([4., 2.])
    """
    return elementwise("logaddexp2", input, other)


logaddexp2.derivative(
    input=lambda grad, input, other: grad / (1 + exp2(other - input)),
    other=lambda grad, input, other: grad / (1 + exp2(input - other)),
)
