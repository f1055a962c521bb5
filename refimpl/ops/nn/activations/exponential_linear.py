"""Exponential linear units: a straight line for positive numbers, a scaled exponential for others (elu, selu, celu).

Source: D.-A. Clevert, T. Unterthiner and S. Hochreiter, "Fast and accurate deep network learning by exponential linear units", 2015;
G. Klambauer and others, "Self-normalizing neural networks", 2017; J. T. Barron, "Continuously differentiable exponential linear units", 2017.
"""

from __future__ import annotations

import math
from typing import Any

from ....foundation.c_names import c_name
from ....foundation.contracts import ulps
from ....foundation.scalars import scalar
from ....operations.constraints import fits
from ....operations.registry import make_form, op
from ....operations.writing import overwrite
from ...pointwise.exponential import real_exp
from ...shared.elementwise import elementwise
from ...shared.operands import parameter_dtype, real_part
from ..softmax import wide

# -- elu -----------------------------------------------------------------------------------------------


@scalar("elu", single_precision_numbers=True)
def _elu_rule(x, alpha, scale, input_scale):
    if x < 0.0:
        y = x * input_scale
        return alpha * scale * (math.expm1(y) if y < 700.0 else real_exp(y))
    return x * scale


def _evaluated(input: Any, alpha: Any, scale: Any, input_scale: Any) -> Any:
    return elementwise("elu", input, *map(real_part, (alpha, scale, input_scale)), dtype=input.dtype, numbers_are_operands=False)


def _parameters_fit(require: Any, input: Any, *parameters: Any) -> None:
    for parameter in parameters:
        require.fits(parameter, parameter_dtype(input.dtype))


@op("only", name="_elu", node="EluBackward0", contract=ulps(4), dtypes="floating")
def _elu(input, alpha=1, scale=1, input_scale=1):
    """The kernel of :func:`elu` and its kin: ``scale * x``, or ``scale * alpha * (exp(input_scale * x) - 1)`` below 0."""
    return _evaluated(input, alpha, scale, input_scale)


@_elu.constraints
def _(require, input, alpha, scale, input_scale):
    _parameters_fit(require, input, alpha, scale, input_scale)


def _gradient(grad: Any, input: Any, alpha: Any, scale: Any, input_scale: Any) -> Any:
    alpha, scale, input_scale = map(real_part, (alpha, scale, input_scale))
    x, g = wide(input), wide(grad)
    # of second order, 0 counts as positive
    below = g * (input_scale * alpha * scale) * (x.masked_fill(x >= 0, 0) * input_scale).exp()
    return below.where(x <= 0, g * scale)


_elu.derivative(input=_gradient)
_out_of_place_elu = make_form(_elu.operation, "elu", False)

_HIDDEN_SIGN = (
    "In-place elu backward calculation is triggered with a negative slope which is not supported. This is caused by calling in-place forward "
    "function with a negative slope, please call out-of-place version instead."
)


def _gradient_in_place(grad: Any, result: Any, alpha: Any, scale: Any, input_scale: Any) -> Any:
    alpha, scale, input_scale = map(real_part, (alpha, scale, input_scale))
    if alpha < 0.0:
        raise RuntimeError(_HIDDEN_SIGN)
    y, g = wide(result), wide(grad)
    return (g * input_scale * (y.masked_fill(y >= 0, 0) + alpha * scale)).where(y <= 0, g * scale)


@op("function", namespace="nn.functional", node="EluBackward1", contract=ulps(4), dtypes="floating")
def elu_(input, alpha=1, scale=1, input_scale=1):
    """:func:`elu` in place, scaled: ``scale * x``, or ``scale * alpha * (exp(input_scale * x) - 1)`` below 0, written into the tensor.

    Shapes, dtypes and special cases: as for :func:`elu`. Errors: as there, and RuntimeError for a tensor whose elements share memory.
    Gradient: as there, found from the results alone; for a negative ``alpha``, which hides the sign of the input, backward is a RuntimeError.

    >>> nn.functional.elu_(tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    return overwrite(input, _evaluated(input, alpha, scale, input_scale))


@elu_.constraints
def _(require, input, alpha, scale, input_scale):
    _parameters_fit(require, input, alpha, scale, input_scale)


elu_.derivative(input=_gradient_in_place)


@op("function python", namespace="nn.functional", contract=ulps(4))
def elu(input, alpha=1.0, inplace=False):
    """``x`` for positive elements, ``alpha * (exp(x) - 1)`` for others; ``inplace=True`` is :func:`elu_`.

    Shapes: that of the input. Dtypes: floating point ones. Special cases: ``-alpha`` at -inf, inf at inf, NaN stays NaN, zeros keep their sign.
    Errors: NotImplementedError for other dtypes, RuntimeError for an ``alpha`` that the dtype (float32 for the 16-bit floats) cannot hold.
    Gradient: ``alpha * exp(x)`` times that of the result up to 0, that of the result above 0 and at NaN.

    >>> nn.functional.elu(tensor([-1., 0., 2.]))
    tensor([-0.6321,  0.0000,  2.0000])
    """
    return elu_(input, alpha) if inplace else _out_of_place_elu(input, alpha)


# -- selu ----------------------------------------------------------------------------------------------

_ALPHA = 1.6732632423543772848170429916717
_SCALE = 1.0507009873554804934193349852946


@op("function", contract=ulps(4))
def selu(input):
    """``scale * x`` for positive elements, ``scale * alpha * (exp(x) - 1)`` for others, with alpha = 1.67326... and scale = 1.05070...

    The two numbers make 0 and 1 a fixed point of the mean and the variance of a layer's results.
    Shapes: that of the input. Dtypes: floating point ones. Special cases: -1.7581 at -inf, inf at inf, NaN stays NaN, zeros keep their sign.
    Errors: NotImplementedError for other dtypes. Gradient: that of :func:`nn.functional.elu`, with the scale.

    >>> selu(tensor([-1., 0., 2.]))
    tensor([-1.1113,  0.0000,  2.1014])
    """
    return _elu(input, _ALPHA, _SCALE)


@op("function", aliases=("nn.functional.selu_",), node="EluBackward1", contract=ulps(4), dtypes="floating")
def selu_(input):
    """:func:`selu` in place: the tensor itself, with the results written into it.

    Shapes, dtypes, special cases and errors: as for :func:`selu`; RuntimeError for a tensor whose elements share memory.
    Gradient: as there, found from the results alone.

    >>> selu_(tensor([-1., 2.]))
    tensor([-1.1113,  2.1014])
    """
    return overwrite(input, _evaluated(input, _ALPHA, _SCALE, 1.0))


selu_.derivative(input=lambda grad, result: _gradient_in_place(grad, result, _ALPHA, _SCALE, 1.0))


@op("function python", namespace="nn.functional", contract=ulps(4))
def nn_functional_selu(input, inplace=False):
    """:func:`selu` of each element; ``inplace=True`` is :func:`selu_`.

    Shapes, dtypes, special cases, errors and gradient: as there.

    >>> nn.functional.selu(tensor([-1., 0., 2.]))
    tensor([-1.1113,  0.0000,  2.1014])
    """
    return selu_(input) if inplace else selu(input)


# -- celu ----------------------------------------------------------------------------------------------


@scalar("celu", single_precision_numbers=True)
def _celu_rule(x, alpha):
    if x < 0.0:
        y = x / alpha if alpha else -math.inf  # which the page does not allow
        return alpha * (math.expm1(y) if y < 700.0 else real_exp(y))
    return x


def _celu(input: Any, alpha: Any) -> Any:
    return elementwise("celu", input, real_part(alpha), dtype=input.dtype, numbers_are_operands=False)


def _has_inverse(require: Any, input: Any, alpha: Any) -> None:
    require(alpha, RuntimeError, "ZeroDivisionError: alpha cannot be 0 for CELU")
    d = parameter_dtype(input.dtype)
    for parameter in (alpha, 1.0 / alpha):
        require(not parameter.imag and fits(parameter, d), RuntimeError, "value cannot be converted to type {} without overflow", c_name(d),
                also=((RuntimeError, "value cannot be converted to type double without overflow"),))  # fmt: skip


@op("function", contract=ulps(4), dtypes="floating")
def celu(input, alpha=1.0):
    """``x`` for positive elements, ``alpha * (exp(x / alpha) - 1)`` for others: :func:`nn.functional.elu` with a slope of 1 at 0.

    Shapes: that of the input. Dtypes: floating point ones. Special cases: ``-alpha`` at -inf, inf at inf, NaN stays NaN, zeros keep their sign.
    Errors: NotImplementedError for other dtypes; RuntimeError for an ``alpha`` of 0, and for one that the dtype (float32 for the 16-bit floats)
    cannot hold, or whose inverse it cannot hold. Gradient: ``exp(x / alpha)`` times that of the result up to 0, that of the result elsewhere.

    >>> celu(tensor([-1., 0., 2.]), 2.0)
    tensor([-0.7869,  0.0000,  2.0000])
    """
    return _celu(input, alpha)


@celu.constraints
def _(require, input, alpha):
    _has_inverse(require, input, alpha)


celu.derivative(input=lambda grad, input, alpha: _gradient(grad, input, alpha, 1.0, 1.0 / alpha))


@op("function", aliases=("nn.functional.celu_",), node="CeluBackward1", contract=ulps(4), dtypes="floating")
def celu_(input, alpha=1.0):
    """:func:`celu` in place: the tensor itself, with the results written into it.

    Shapes, dtypes and special cases: as for :func:`celu`. Errors: as there, and RuntimeError for a tensor whose elements share memory.
    Gradient: as there, found from the results alone; for a negative ``alpha``, which hides the sign of the input, backward is a RuntimeError.

    >>> celu_(tensor([-1., 2.]), 2.0)
    tensor([-0.7869,  2.0000])
    """
    return overwrite(input, _celu(input, alpha))


@celu_.constraints
def _(require, input, alpha):
    _has_inverse(require, input, alpha)


celu_.derivative(input=lambda grad, result, alpha: _gradient_in_place(grad, result, alpha, 1.0, 1.0 / alpha))


@op("function python", namespace="nn.functional", contract=ulps(4))
def nn_functional_celu(input, alpha=1.0, inplace=False):
    """:func:`celu` of each element; ``inplace=True`` is :func:`celu_`.

    Shapes, dtypes, special cases, errors and gradient: as there.

    >>> nn.functional.celu(tensor([-1., 0., 2.]), 2.0)
    tensor([-0.7869,  0.0000,  2.0000])
    """
    return celu_(input, alpha) if inplace else celu(input, alpha)
