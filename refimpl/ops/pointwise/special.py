"""Special functions: the error function and its inverse, gamma functions, logit, sinc, xlogy.

Integers and bool are evaluated in the default dtype; complex numbers are supported by ``sinc`` alone (NotImplementedError).
"""

from __future__ import annotations

import math
from math import inf, isinf, nan, pi

from ...foundation.contracts import conditioned, ulps
from ...foundation.scalars import scalar
from ...operations.registry import op
from ...operations.writing import refuse_overlap, write_result
from ...tensor import Tensor
from ..shared.checks import complex_quotient, is_number, not_implemented
from ..shared.elementwise import INT_TO_FLOAT, common_dtype, elementwise
from .exponential import real_log
from .selection import where
from .trigonometric import cosh_or_inf, real_cos, real_sin, sinh_or_inf


def _real_float(kernel, name, input, *operands):
    if common_dtype(input, *(o for o in operands if not is_number(o))).is_complex:
        not_implemented(kernel, common_dtype(input))
    return elementwise(name, input, *operands, promotion=INT_TO_FLOAT)


# -- the error function ------------------------------------------------------------------------------

scalar("erf", math.erf, fast=math.erf)
scalar("erfc", math.erfc, fast=math.erfc)


@op("function method inplace_function out", contract=ulps(2))
def erf(input):
    """The error function: 2/sqrt(pi) times the integral of exp(-t**2) from 0 to x.

    >>> erf(tensor([0., 1., -inf]))
    tensor([ 0.0000,  0.8427, -1.0000])
    """
    return _real_float("erf_vml_cpu", "erf", input)


erf.derivative(input=lambda grad, input: 2.0 / math.sqrt(pi) * (-(input.pow(2))).exp() * grad)


@op("function method inplace_function out", contract=ulps(2))
def erfc(input):
    """The complementary error function ``1 - erf(x)``, without cancellation for large x.

    >>> erfc(tensor([0., 1., -inf]))
    tensor([1.0000, 0.1573, 2.0000])
    """
    return _real_float("erfc_vml_cpu", "erfc", input)


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


@op("function method inplace out", contract=conditioned(4))
def erfinv(input):
    """The inverse of :func:`erf`: infinite at -1 and 1, NaN outside.

    >>> erfinv(tensor([0., 0.5, 1., 2.]))
    tensor([0.0000, 0.4769,    inf,    nan])
    """
    return _real_float("erfinv_vml_cpu", "erfinv", input)


erfinv.derivative(input=lambda grad, result: 0.5 * math.sqrt(pi) * result.pow(2).exp() * grad)

# -- gamma functions ---------------------------------------------------------------------------------


# (zeta(k) - 1) / k for k = 2, 3, ...: up to sign the Taylor coefficients of lgamma(2 + e), after the linear one, 1 - gamma
_LGAMMA_AT_2 = (
    0.3224670334241132, 0.0673523010531981, 0.020580808427784546, 0.007385551028673986, 0.0028905103307415234,
    0.001192753911703261, 0.0005096695247430425, 0.00022315475845357939, 9.945751278180853e-05, 4.492623673813314e-05,
    2.050721277567069e-05, 9.439488275268397e-06, 4.374866789907488e-06, 2.039215753801366e-06, 9.55141213040742e-07,
    4.492469198764566e-07, 2.1207184805554665e-07, 1.0043224823968099e-07,
)  # fmt: skip
_ONE_MINUS_GAMMA = 0.42278433509846714


def _lgamma_near_2(e: float) -> float:
    tail = 0.0
    for coefficient in reversed(_LGAMMA_AT_2):
        tail = e * (coefficient - tail)
    return e * (_ONE_MINUS_GAMMA + tail)


@scalar("lgamma")
def _lgamma(x):
    # Python's lgamma has small absolute errors only, and the function has zeros at 1 and 2.
    if 1.75 < x < 2.25:
        return _lgamma_near_2(x - 2.0)
    if 0.75 < x < 1.25:
        return _lgamma_near_2(x - 1.0) - math.log1p(x - 1.0)
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):  # a pole, or the result is too large
        return inf


@op("function method inplace out", contract=conditioned(4, inner=1))
def lgamma(input):
    """The logarithm of the absolute value of the gamma function: inf at 0, -1, -2, ... and at both infinities.

    >>> lgamma(tensor([0.5, 1., 10., -1.]))
    tensor([ 0.5724,  0.0000, 12.8018,     inf])
    """
    return _real_float("lgamma_vml_cpu", "lgamma", input)


lgamma.derivative(input=lambda grad, input: grad * digamma(input))

# coefficients B(2k) / (2k) of the asymptotic series of digamma
_DIGAMMA_SERIES = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)


@scalar("digamma")
def _digamma(x):
    if x == 0.0:
        return math.copysign(inf, -x)
    if x == inf or x != x:
        return x
    if x < 0.0:
        fraction = 0.0 if isinf(x) else math.fmod(x, 1.0)
        if not fraction:
            return nan  # at a pole both signs occur
        return _digamma(1.0 - x) - pi / math.tan(pi * fraction)
    terms = []
    while x < 10.0:  # digamma(x) = digamma(x + 1) - 1/x, up to where the series converges to the last bit
        terms.append(-1.0 / x)
        x += 1.0
    y = 1.0 / (x * x)
    tail = 0.0
    for coefficient in reversed(_DIGAMMA_SERIES):
        tail = y * (coefficient + tail)
    return math.fsum((math.log(x), -0.5 / x, -tail, *terms))


@op("function method inplace out", contract=conditioned(4, inner=1))
def digamma(input):
    """The derivative of :func:`lgamma`: -inf at 0, inf at -0, NaN at the negative integers and -inf.

    >>> digamma(tensor([1., 0.5, 0.]))
    tensor([-0.5772, -1.9635,    -inf])
    """
    return _real_float("digamma", "digamma", input)


digamma.derivative(input=lambda grad, input: grad * polygamma(1, input))


def hurwitz_zeta(s: int, x: float) -> float:
    """sum over k >= 0 of (x + k)**-s, for s >= 2 and x > 0: ten terms, then the Euler-Maclaurin formula."""
    terms = [(x + k) ** -s for k in range(10)]
    x += 10.0
    terms += [x ** (1 - s) / (s - 1), 0.5 * x**-s]
    factor = s * x ** (-s - 1)
    # B(2j) / (2j)!
    for j, bernoulli in enumerate((1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000)):
        terms.append(bernoulli * factor)
        factor *= (s + 2 * j + 1) * (s + 2 * j + 2) / (x * x)
    return math.fsum(terms)


@scalar("polygamma")
def _polygamma(n, x):
    n = int(n)
    if x != x or x == -inf:
        return nan
    if x == inf:
        return 0.0 if n else inf
    if n == 0:
        return _digamma(x)
    sign = 1.0 if n % 2 else -1.0
    if x <= 0.0:
        if x == math.floor(x):
            return sign * inf
        # downward recurrence: (x + k)**-(n+1) for the terms below zero
        count = math.floor(-x) + 1
        if count > 1000:
            return _reflected_polygamma(n, x)
        nearest = min((x + k for k in range(count)), key=abs)
        if -(n + 1) * math.log2(abs(nearest)) > 1023.0:  # its term alone is beyond the largest float
            return sign * (inf if n % 2 or nearest > 0.0 else -inf)
        low = math.fsum((x + k) ** -(n + 1) for k in range(count))
        return sign * math.factorial(n) * (low + hurwitz_zeta(n + 1, x + count))
    try:
        return sign * math.factorial(n) * hurwitz_zeta(n + 1, x)
    except OverflowError:
        return sign * inf


def _reflected_polygamma(n: int, x: float) -> float:
    """``(-1)**n * polygamma(n, 1 - x) - pi * cot(pi * x)`` differentiated n times: a polynomial in the cotangent, as cot' = -(1 + cot**2)."""
    angle = pi * math.fmod(x, 1.0)
    cotangent = math.cos(angle) / math.sin(angle)
    coefficients = [0.0, 1.0]
    for _ in range(n):
        derivative = [k * c for k, c in enumerate(coefficients)][1:]
        coefficients = [-(a + b) for a, b in zip((*derivative, 0.0, 0.0), (0.0, 0.0, *derivative))]
    try:
        periodic = pi ** (n + 1) * math.fsum(c * cotangent**k for k, c in enumerate(coefficients))
    except OverflowError:
        return nan
    return (-1.0) ** n * _polygamma(n, 1.0 - x) - periodic


def _order(n):
    n = n
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return n


@op("function out", contract=conditioned(4))
def polygamma(n, input):
    """The n-th derivative of :func:`digamma`, for an integer n >= 0.

    >>> polygamma(1, tensor([1., 0.5]))
    tensor([1.6449, 4.9348])
    """
    n = _order(n)
    if n == 0:
        return _real_float("digamma", "digamma", input)
    if input.dtype.is_complex:
        not_implemented("trigamma" if n == 1 else "polygamma", input.dtype)
    return elementwise("polygamma", n, input, promotion=INT_TO_FLOAT, numbers_are_operands=False)


polygamma.derivative(input=lambda grad, n, input: grad * polygamma(n + 1, input))


@op("only method", node="PolygammaBackward0", contract=conditioned(4))
def polygamma_(input, n):
    """:func:`polygamma` in place.

    >>> tensor([1., 0.5]).polygamma_(1)
    tensor([1.6449, 4.9348])
    """
    n = _order(n)
    refuse_overlap(input)
    write_result(polygamma(n, input), input)
    return input


polygamma_.derivative(input=lambda grad, n, input: grad * polygamma(n + 1, input))


def _polygamma_method(self, n):
    """``polygamma(n, self)``."""
    return polygamma(n, self)


Tensor.polygamma = _polygamma_method  # type: ignore[method-assign]  # the function's first parameter is n

# -- logit, sinc, xlogy ------------------------------------------------------------------------------


@scalar("logit")
def _logit(x):
    if 0.0 < x < 1.0:
        return math.log(x / (1.0 - x)) if abs(x - 0.5) > 0.25 else math.log1p((2.0 * x - 1.0) / (1.0 - x))
    return -inf if x == 0.0 else inf if x == 1.0 else nan


@op("function method inplace_function out", contract=conditioned(4))
def logit(input, eps=None):
    """``log(x / (1 - x))``, the inverse of sigmoid; with ``eps``, x is limited to [eps, 1 - eps] first.

    NaN outside [0, 1]. Limited elements have gradient 0 (without ``eps``, elements outside [0, 1] have gradient NaN).

    >>> logit(tensor([0.5, 0.75, 1.]))
    tensor([0.0000, 1.0986,    inf])
    """
    if input.dtype.is_complex:
        not_implemented("logit_cpu", input.dtype)
    if eps is None:
        return elementwise("logit", input, promotion=INT_TO_FLOAT)
    eps = float(eps)
    # not clamp: with eps > 1/2 the lower limit wins below it, the upper one elsewhere
    x = elementwise("mul", input, 1.0)
    limited = where(x < eps, eps, where(x > 1.0 - eps, 1.0 - eps, x))
    return elementwise("logit", limited)


def _logit_gradient(grad, input, eps):
    if eps is None:
        input = input + 0.0  # the slope at -0 is that at 0
    slope = grad / (input * (1.0 - input))
    if eps is None:
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


@op("function method inplace_function out", contract=conditioned(4, inner=1))
def sinc(input):
    """``sin(pi x) / (pi x)``, 1 at 0; NaN at the infinities.

    >>> sinc(tensor([0., 0.5, 0.25]))
    tensor([1.0000, 0.6366, 0.9003])
    """
    return elementwise("sinc", input, promotion=INT_TO_FLOAT)


def _sinc_gradient(grad, input):
    x = input * pi
    return grad * ((x * x.cos() - x.sin()) / (x * input)).conj().masked_fill(input == 0, 0)


sinc.derivative(input=_sinc_gradient)


@scalar("xlogy")
def _xlogy(x, y):
    if y != y:
        return nan
    return x * real_log(y) if x else 0.0


def _xlogy_node(bound):
    return "XlogyBackward1" if is_number(bound["input"]) else "XlogyBackward2" if is_number(bound["other"]) else "XlogyBackward0"


@op("function method inplace_function out number", node=_xlogy_node, contract=ulps(2))
def xlogy(input, other):
    """``input * log(other)``, where 0 times anything but NaN is 0; either may be a number.

    >>> xlogy(tensor([0., 2.]), tensor([0., 3.]))
    tensor([0.0000, 2.1972])
    """
    d = common_dtype(input, other)
    if d.is_complex:
        not_implemented("xlogy_cpu", d, input, other)
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
