"""Special functions: the error function and its inverse, logit, sinc, xlogy. (Gamma functions: :mod:`refimpl.ops.pointwise.gamma`.)

Integers and bool are evaluated in the default dtype; complex numbers are supported by ``sinc`` alone (NotImplementedError).
"""

from __future__ import annotations

import math
from math import inf, nan, pi

from ...foundation.contracts import conditioned, ulps
from ...foundation.dtypes import get_default_dtype
from ...foundation.scalars import scalar
from ...operations.registry import op
from ..shared.complex_arithmetic import complex_quotient
from ..shared.elementwise import INT_TO_FLOAT, elementwise
from ..shared.operands import is_number
from .exponential import real_log
from .replacement import where
from .trigonometric import cosh_or_inf, real_cos, real_sin, sinh_or_inf

# -- the error function ------------------------------------------------------------------------------

scalar("erf", math.erf, fast=math.erf)
scalar("erfc", math.erfc, fast=math.erfc)


@op("function method inplace_function out", aliases=("special.erf",), contract=ulps(2), dtypes="bool integer floating unsigned")
def erf(input):
    """The error function of each element: 2/sqrt(pi) times the integral of exp(-t**2) from 0 to x.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Infinities give 1 and -1, zeros keep their
    sign. NotImplementedError: complex numbers. The gradient is multiplied by ``2/sqrt(pi) * exp(-x**2)``.

    >>> erf(tensor([0., 1., -inf]))
    tensor([ 0.0000,  0.8427, -1.0000])
    """
    return elementwise("erf", input, promotion=INT_TO_FLOAT)


erf.derivative(input=lambda grad, input: 2.0 / math.sqrt(pi) * (-(input.pow(2))).exp() * grad)


@op("function method inplace_function out", aliases=("special.erfc",), contract=ulps(2), dtypes="bool integer floating unsigned")
def erfc(input):
    """The complementary error function ``1 - erf(x)`` of each element, without cancellation for large x.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Infinities give 0 and 2.
    NotImplementedError: complex numbers. The gradient is multiplied by ``-2/sqrt(pi) * exp(-x**2)``.

    >>> erfc(tensor([0., 1., -inf]))
    tensor([1.0000, 0.1573, 2.0000])
    """
    return elementwise("erfc", input, promotion=INT_TO_FLOAT)


erfc.derivative(input=lambda grad, input: -2.0 / math.sqrt(pi) * (-(input.pow(2))).exp() * grad)


@scalar("erfinv")
def _erfinv(y):
    if not -1.0 < y < 1.0:
        return math.copysign(inf, y) if y in (1.0, -1.0) else nan
    a = abs(y)
    if a < 1e-9:
        return y * (math.sqrt(pi) / 2.0)
    # Winitzki's closed form (relative error 2e-3) starts Halley's iteration, which triples the number of right digits each time.
    # Beyond 1/2 the equation is solved for erfc and 1 - y, which is exact there.
    w = math.log((1.0 - a) * (1.0 + a))
    b = 2.0 / (pi * 0.147) + w / 2.0
    x = math.sqrt(math.sqrt(b * b - w / 0.147) - b)
    for _ in range(3):
        error = math.erf(x) - a if a < 0.5 else (1.0 - a) - math.erfc(x)
        step = error / (2.0 / math.sqrt(pi) * math.exp(-x * x))
        x -= step / (1.0 + x * step)
    return math.copysign(x, y)


@op("function method inplace out", aliases=("special.erfinv",), contract=conditioned(4), dtypes="bool integer floating unsigned")
def erfinv(input):
    """The inverse of :func:`erf`, of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. It is infinite at -1 and 1, NaN outside [-1, 1].
    NotImplementedError: complex numbers. The gradient is multiplied by ``sqrt(pi)/2 * exp(result**2)``.
    Source: S. Winitzki, A handy approximation for the error function and its inverse (2008), refined by Halley's iteration.

    >>> erfinv(tensor([0., 0.5, 1., 2.]))
    tensor([0.0000, 0.4769,    inf,    nan])
    """
    return elementwise("erfinv", input, promotion=INT_TO_FLOAT)


erfinv.derivative(input=lambda grad, input: 0.5 * math.sqrt(pi) * input.erfinv().pow(2).exp() * grad)

# -- logit, sinc, xlogy ------------------------------------------------------------------------------


@scalar("logit")
def _logit(x):
    if 0.0 < x < 1.0:
        return math.log(x / (1.0 - x)) if abs(x - 0.5) > 0.25 else math.log1p((2.0 * x - 1.0) / (1.0 - x))
    return -inf if x == 0.0 else inf if x == 1.0 else nan


@op("function method inplace_function out", aliases=("special.logit",), contract=conditioned(4), dtypes="bool integer floating unsigned")
def logit(input, eps=None):
    """``log(x / (1 - x))`` for each element, the inverse of sigmoid; with ``eps``, x is limited to [eps, 1 - eps] first.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. 0 gives -inf and 1 gives inf, numbers outside
    [0, 1] give NaN (without ``eps``). Errors: NotImplementedError for complex numbers, RuntimeError for an ``eps`` that the dtype cannot hold.
    The gradient is divided by ``x * (1 - x)``; it is 0 for limited elements, and NaN outside [0, 1] without ``eps`` or with
    a negative one.

    >>> logit(tensor([0.5, 0.75, 1.]))
    tensor([0.0000, 1.0986,    inf])
    """
    if eps is None:
        return elementwise("logit", input, promotion=INT_TO_FLOAT)
    # not clamp: with eps > 1/2 the lower limit wins below it, the upper one elsewhere
    x = elementwise("mul", input, 1.0)
    limited = where(x < eps, eps, where(x > 1.0 - eps, 1.0 - eps, x))
    return elementwise("logit", limited)


@logit.constraints
def _(require, input, eps):
    if eps is not None:
        require.fits(eps, input.dtype if input.dtype.category == 2 else get_default_dtype())


def _logit_gradient(grad, input, eps):
    unlimited = eps is None or eps < 0.0
    if unlimited:
        input = input + 0.0  # the slope at -0 is that at 0
    slope = grad / (input * (1.0 - input))
    if unlimited:
        return slope.masked_fill((input < 0.0) | (input > 1.0), nan)
    eps = float(eps)
    return slope.masked_fill((input < eps) | (input > 1.0 - eps), 0.0)


logit.derivative(input=_logit_gradient)


@scalar("sinc", complex=lambda z: _complex_sinc(z))
def _sinc(x):
    if not x:
        return 1.0
    return real_sin(pi * x) / (pi * x) if math.isfinite(x) else nan


def _complex_sinc(z: complex) -> complex:
    if not z:
        return 1.0 + 0.0j
    x, y = pi * z.real, pi * z.imag
    return complex_quotient(complex(real_sin(x) * cosh_or_inf(y), real_cos(x) * sinh_or_inf(y)), complex(x, y))


@op("function method inplace_function out", aliases=("special.sinc",), contract=conditioned(4, inner=1), dtypes="ordinary unsigned")
def sinc(input):
    """``sin(pi x) / (pi x)`` for each element, 1 at 0.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Infinities give NaN.
    The gradient is multiplied by the conjugate of the derivative ``(pi x cos(pi x) - sin(pi x)) / (pi x**2)``, 0 where x**2 is 0.

    >>> sinc(tensor([0., 0.5, 0.25]))
    tensor([1.0000, 0.6366, 0.9003])
    """
    return elementwise("sinc", input, promotion=INT_TO_FLOAT)


def _sinc_gradient(grad, input):
    x = input * pi
    return grad * ((x * x.cos() - x.sin()) / (x * input)).conj().masked_fill(input * input == 0, 0)


sinc.derivative(input=_sinc_gradient)


@scalar("xlogy")
def _xlogy(x, y):
    if y != y:
        return nan
    return x * real_log(y) if x else 0.0


def _xlogy_node(bound):
    return "XlogyBackward1" if is_number(bound["input"]) else "XlogyBackward2" if is_number(bound["other"]) else "XlogyBackward0"


@op("function method inplace_function out number", aliases=("special.xlogy",), node=_xlogy_node, contract=ulps(2),
    dtypes="bool integer floating unsigned", operands="input other")  # fmt: skip
def xlogy(input, other):
    """``input * log(other)`` for each pair of elements, where 0 times anything but NaN is 0; either may be a number.

    The operands are broadcast. The result has their common dtype; integers and bool give the default dtype. A negative ``other`` gives NaN
    unless ``input`` is 0. NotImplementedError: complex numbers.
    The gradient of ``input`` is multiplied by ``log(other)`` (0 where both vanish), that of ``other`` by ``input / other``.

    >>> xlogy(tensor([0., 2.]), tensor([0., 3.]))
    tensor([0.0000, 2.1972])
    """
    return elementwise("xlogy", input, other, promotion=INT_TO_FLOAT)


def _xlogy_input_gradient(grad, input, other):
    flat = input == 0
    if is_number(other):
        return xlogy(grad, other) if other > 0 else xlogy(grad, other).masked_fill(flat, 0.0)
    return xlogy(grad, other).masked_fill(flat & (other <= 0), 0.0)


xlogy.derivative(
    input=_xlogy_input_gradient,
    other=lambda grad, input, other: grad * input / other,
)
