"""Activations without a kink: gelu, silu, mish, softplus, logsigmoid, glu.

Each is evaluated in binary64 in a form that neither overflows nor cancels where the exact value does not, and is rounded once.
"""

from __future__ import annotations

import math
from math import inf, nan, pi, sqrt
from typing import Any

from ....foundation.contracts import conditioned, ulps
from ....foundation.layout import contiguous_strides
from ....foundation.scalars import scalar
from ....operations.output_kinds import FOUND_DTYPE, exact
from ....operations.registry import make_form, op
from ...joining.joining import cat
from ...pointwise.exponential import complex_exp
from ...shared.complex_arithmetic import complex_quotient
from ...shared.elementwise import elementwise
from ...shared.operands import parameter_dtype, real_part
from ..softmax import wide

# -- gelu ----------------------------------------------------------------------------------------------

_SLOPE = sqrt(2.0 / pi)
_CUBIC = 0.044715


@scalar("gelu")
def _gelu(x):
    return 0.5 * x * math.erfc(-x / sqrt(2.0))


@scalar("gelu_tanh")
def _gelu_tanh(x):
    # (1 + tanh(y)) / 2 = 1 / (1 + exp(-2 y)), which does not cancel for negative y
    return x * _logistic(2.0 * _SLOPE * (x + _CUBIC * x * x * x))


def _logistic(x: float) -> float:
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


@op("function out", namespace="nn.functional", contract=conditioned(4, inner=1), dtypes="floating", out=FOUND_DTYPE)
def gelu(input, *, approximate="none"):
    """``x * P(Z <= x)`` for each element, Z a standard normal variable; ``approximate="tanh"`` replaces the distribution function.

    1. ``"none"``: ``x/2 * (1 + erf(x / sqrt(2)))``.
    2. ``"tanh"``: ``x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x**3)))``.

    Shapes: that of the input. Dtypes: floating point ones. Special cases: inf stays, -inf and NaN give NaN, zeros keep their sign; large negative
    numbers do not cancel, but the contract allows for it. Errors: RuntimeError for another ``approximate``, NotImplementedError for other dtypes.
    Gradient: that of the formula; NaN at both infinities.
    Source: D. Hendrycks and K. Gimpel, "Gaussian error linear units (GELUs)", 2016.

    >>> nn.functional.gelu(tensor([-1., 0., 2.]))
    tensor([-0.1587,  0.0000,  1.9545])
    """
    return elementwise("gelu" if approximate == "none" else "gelu_tanh", input)


@gelu.constraints
def _(require, approximate):
    require(approximate in ("none", "tanh"), RuntimeError, "approximate argument must be either none or tanh.")


def _gelu_gradient(grad: Any, input: Any, approximate: str) -> Any:
    x = wide(input)
    if approximate == "none":
        return wide(grad) * (((x / sqrt(2.0)).erf() + 1.0) * 0.5 + x * (x * x * -0.5).exp() / sqrt(2.0 * pi))
    t = ((x + x.pow(3) * _CUBIC) * _SLOPE).tanh()
    return wide(grad) * 0.5 * ((t + 1.0) + x * (1.0 - t * t) * (x.square() * (3.0 * _CUBIC) + 1.0) * _SLOPE)


gelu.derivative(input=_gelu_gradient)

# -- silu and mish -------------------------------------------------------------------------------------


def _complex_silu(z: complex) -> complex:
    return complex_quotient(z, 1.0 + complex_exp(-z))


@scalar("silu", complex=_complex_silu)
def _silu(x):
    return x * _logistic(x)


@op("inplace_flag", namespace="nn.functional", contract=conditioned(4), dtypes="floating complex", graph="real_alone")
def silu(input):
    """``x / (1 + exp(-x))`` for each element, the sigmoid linear unit or swish; ``inplace=True`` overwrites the input.

    Shapes: that of the input. Dtypes: floating point and complex ones. Special cases: inf stays, -inf and NaN give NaN, zeros keep their sign.
    Errors: NotImplementedError for other dtypes; RuntimeError for complex input that requires grad. Gradient: ``s + x s (1 - s)`` times that of the
    result, ``s = sigmoid(x)``; NaN at both infinities.
    Source: S. Elfwing, E. Uchibe and K. Doya, "Sigmoid-weighted linear units for neural network function approximation", 2017.

    >>> nn.functional.silu(tensor([-1., 0., 2.]))
    tensor([-0.2689,  0.0000,  1.7616])
    """
    return elementwise("silu", input)


def _silu_gradient(grad: Any, input: Any) -> Any:
    if input.is_complex():
        s = input.sigmoid()
        return grad * (s * (input * (1 - s) + 1))  # torch does not conjugate
    x = wide(input)
    s = x.sigmoid()
    return wide(grad) * (s * (x * (1.0 - s) + 1.0))


silu.derivative(input=_silu_gradient)


@scalar("mish")
def _mish(x):
    if x > 20.0:
        return x
    # tanh(log(1 + e)) = ((1 + e)^2 - 1) / ((1 + e)^2 + 1)
    e = math.exp(x)
    return x * (e * (e + 2.0) / (e * (e + 2.0) + 2.0))


@op("inplace_flag", namespace="nn.functional", contract=conditioned(4), dtypes="floating")
def mish(input):
    """``x * tanh(log(1 + exp(x)))`` for each element; ``inplace=True`` overwrites the input.

    Shapes: that of the input. Dtypes: floating point ones. Special cases: inf stays, -inf and NaN give NaN, zeros keep their sign.
    Errors: NotImplementedError for other dtypes. Gradient: ``t + x (1 - t**2) sigmoid(x)`` times that of the result, t the hyperbolic tangent; NaN
    at both infinities. Source: D. Misra, "Mish: a self regularized non-monotonic activation function", 2019.

    >>> nn.functional.mish(tensor([-1., 0., 2.]))
    tensor([-0.3034,  0.0000,  1.9440])
    """
    return elementwise("mish", input)


def _mish_gradient(grad: Any, input: Any) -> Any:
    x = wide(input)
    t = softplus(x).tanh()
    return wide(grad) * (t + x * (1.0 - t * t) * x.sigmoid())


mish.derivative(input=_mish_gradient)

# -- softplus and logsigmoid ---------------------------------------------------------------------------


@scalar("softplus", single_precision_numbers=True)
def _softplus(x, beta, threshold):
    y = x * beta
    if y > threshold:
        return x
    positive = y if y > 0.0 else 0.0
    total = positive + math.log1p(math.exp(-abs(y)))
    return total / beta if beta else nan if total != total else math.copysign(inf, beta)


@op("function out", namespace="nn.functional", contract=conditioned(4), dtypes="floating", out=FOUND_DTYPE)
def softplus(input, beta=1, threshold=20):
    """``log(1 + exp(beta * x)) / beta`` for each element, and x itself where ``beta * x > threshold``.

    Shapes: that of the input. Dtypes: floating point ones. Special cases: 0 at -inf (for a positive ``beta``), inf at inf, NaN stays NaN; a ``beta``
    of 0 gives infinities; a NaN threshold is never exceeded. Errors: NotImplementedError for other dtypes; RuntimeError for a ``beta`` or
    ``threshold`` that the dtype (float32 for the 16-bit floats) cannot hold. Gradient: ``sigmoid(beta * x)`` times that of the result, or that of the
    result itself where the threshold is exceeded. Source: C. Dugas and others, "Incorporating second-order functional knowledge", 2001.

    >>> nn.functional.softplus(tensor([-1., 0., 30.]))
    tensor([ 0.3133,  0.6931, 30.0000])
    """
    return elementwise("softplus", input, real_part(beta), real_part(threshold), dtype=input.dtype, numbers_are_operands=False)


@softplus.constraints
def _(require, input, beta, threshold):
    require.fits(beta, parameter_dtype(input.dtype))
    require.fits(threshold, parameter_dtype(input.dtype))


def _softplus_gradient(grad: Any, input: Any, beta: Any, threshold: Any) -> Any:
    y, limit = wide(input) * real_part(beta), real_part(threshold)
    # of second order, the limit counts as exceeded
    return (wide(grad) * y.masked_fill(y >= limit, limit).sigmoid()).where(~(y > limit), wide(grad))


softplus.derivative(input=_softplus_gradient)


@scalar("log_sigmoid")
def _log_sigmoid(x):
    return (x if x < 0.0 else 0.0) - math.log1p(math.exp(-abs(x)))


@op("function out", namespace="nn.functional", name="log_sigmoid", public="logsigmoid", contract=conditioned(4, inner=1), dtypes="floating",
    out=exact("expected scalar type {result} but found {out}").contiguous())  # fmt: skip
def log_sigmoid(input):
    """``log(1 / (1 + exp(-x)))`` for each element, without the underflow of the sigmoid.

    Shapes: that of the input; the result is contiguous. Dtypes: floating point ones. Special cases: -inf stays, inf gives 0, NaN stays NaN.
    Errors: NotImplementedError for other dtypes. Gradient: ``sigmoid(-x)`` times that of the result.

    >>> nn.functional.logsigmoid(tensor([-200., 0., 2.]))
    tensor([-2.0000e+02, -6.9315e-01, -1.2693e-01])
    """
    return elementwise("log_sigmoid", input, layout=contiguous_strides(tuple(input.shape)))


log_sigmoid.derivative(input=lambda grad, input: wide(grad) * (-wide(input)).sigmoid())

# -- glu -----------------------------------------------------------------------------------------------


@scalar("glu")
def _gated(a, b):
    return a * _logistic(b)


def _halves(input: Any, dim: int) -> tuple[Any, Any]:
    size = input.shape[dim] // 2
    return input.narrow(dim, 0, size), input.narrow(dim, size, size)


@op("only", name="_glu", node="GluBackward0", contract=ulps(4), dtypes="floating")
def _glu(input, dim=-1):
    """The kernel of :func:`glu`."""
    return elementwise("glu", *_halves(input, dim))


@_glu.constraints
def _(require, input, dim):
    require.dimension(dim, input)
    size = input.shape[dim] if input.dim() else 0
    require(size % 2 == 0, RuntimeError, "Halving dimension must be even, but dimension {} is size {}", dim % max(input.dim(), 1), size)


def _glu_gradient(grad: Any, input: Any, dim: int) -> Any:
    a, b = _halves(wide(input), dim)
    g, s = wide(grad), b.sigmoid()
    return cat((g * s, g * a * s * (1.0 - s)), dim)


_glu.derivative(input=_glu_gradient)
_gated_by_half = make_form(_glu.operation, "glu", False)


@op("function python", namespace="nn.functional", contract=ulps(4))
def glu(input, dim=-1):
    """``a * sigmoid(b)`` for the two halves ``a`` and ``b`` of ``input`` along ``dim``: the gated linear unit.

    Shapes: the result has half the size in ``dim``, which must be even. Dtypes: floating point ones. Special cases: as for the product and the
    sigmoid, which does not overflow. Errors: RuntimeError for a 0-d input and for an odd size; IndexError for a dimension that the input does not
    have; NotImplementedError for other dtypes. Gradient: ``g sigmoid(b)`` for ``a``, ``g a sigmoid(b) (1 - sigmoid(b))`` for ``b``, g that of the
    result. Source: Y. N. Dauphin and others, "Language modeling with gated convolutional networks", 2016.

    >>> nn.functional.glu(tensor([1., 2., 0., inf]))
    tensor([0.5000, 2.0000])
    """
    return _gated_by_half(input, dim)


@glu.constraints
def _(require, input):
    require(input.dim(), RuntimeError, "glu does not support scalars because halving size must be even")
