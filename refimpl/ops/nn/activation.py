"""Activations that work element by element: relu, leaky_relu and sigmoid (softmax and its kin are reductions, elsewhere)."""

from __future__ import annotations

import math
from typing import Any

from ...foundation.contracts import EXACT, ulps
from ...foundation.dtypes import bool_
from ...foundation.scalars import scalar
from ...operations.registry import op
from ...operations.writing import overwrite
from ..pointwise.exponential import complex_exp
from ..shared.complex_arithmetic import complex_quotient
from ..shared.elementwise import ALWAYS_BOOL, INT_TO_FLOAT, elementwise
from ..shared.operands import parameter_dtype, real_part


@scalar("relu", integer=lambda x: x if x > 0 else 0)
def _relu(x):
    return 0.0 if x < 0.0 else x


@op("function method inplace_function", contract=EXACT)
def relu(input):
    """``maximum(input, 0)`` for each element.

    Shapes: that of the input. Dtypes: integers and real floating point ones. Special cases: NaN stays NaN, -0 stays -0. Errors: RuntimeError for
    bool, NotImplementedError for complex input. Gradient: that of the result where the input is greater than 0 (or NaN), else 0; at 0 it is 0.

    >>> relu(tensor([-1., 0., 2., nan]))
    tensor([0., 0., 2., nan])
    """
    return elementwise("relu", input)


@relu.constraints
def _(require, input):
    require(input.dtype is not bool_, RuntimeError, "Boolean inputs not supported for relu")
    require(not input.dtype.is_complex, NotImplementedError, "clamp is not supported for complex types")


relu.derivative(input=lambda grad, result: threshold_backward(grad, result, 0))


@op("only", node="ThresholdBackwardBackward0", contract=EXACT)
def threshold_backward(grad_output, input, threshold):
    """``grad_output`` where ``input > threshold`` (or is NaN), else 0: the gradient of relu, itself differentiable.

    >>> relu(tensor([1., 2.]))
    tensor([1., 2.])
    """
    return elementwise("where", elementwise("le", input, threshold, promotion=ALWAYS_BOOL), 0, grad_output)


threshold_backward.derivative(
    grad_output=lambda grad, input, threshold: threshold_backward(grad, input, threshold),
    input=lambda grad: grad.new_zeros(grad.shape),
)


def _complex_sigmoid(z: complex) -> complex:
    return complex_quotient(1.0 + 0.0j, 1.0 + complex_exp(-z))


@scalar("sigmoid", complex=_complex_sigmoid)
def _sigmoid(x):
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)  # for negative x this form neither overflows nor cancels
    return e / (1.0 + e)


@op("function method inplace_function out", aliases=("special.expit",), contract=ulps(2), dtypes="ordinary unsigned")
def sigmoid(input):
    """``1 / (1 + exp(-x))`` for each element, the logistic function.

    Shapes: that of the input. Dtypes: all; integers and bool give the default dtype. Special cases: 0 at -inf, 1 at inf, NaN at NaN; large negative
    numbers neither overflow nor cancel. Gradient: ``y (1 - y)`` times that of the result y, conjugated for complex numbers.

    >>> sigmoid(tensor([-inf, 0., 2.]))
    tensor([0.0000, 0.5000, 0.8808])
    """
    return elementwise("sigmoid", input, promotion=INT_TO_FLOAT)


sigmoid.derivative(input=lambda grad, result: grad * ((1 - result) * result).conj())


def _leaky(x: Any, negative_slope: float) -> Any:
    return elementwise("where", elementwise("gt", x, 0, promotion=ALWAYS_BOOL), x, elementwise("mul", x, real_part(negative_slope)))


@op("inplace_flag", namespace="nn.functional", contract=ulps(1), dtypes="floating")
def leaky_relu(input, negative_slope=0.01):
    """``input`` where it is greater than 0, else ``negative_slope * input``, rounded once; ``inplace=True`` is :func:`leaky_relu_`.

    Shapes: that of the input. Dtypes: floating point ones. Special cases: NaN stays NaN; a zero is multiplied, and its sign may change; -inf times a
    slope of 0 is NaN. Errors: NotImplementedError for other dtypes, RuntimeError for a slope that the dtype (float32 for the 16-bit floats) cannot
    hold. Gradient: that of the result where the input is greater than 0, else (at 0 and NaN, too) ``negative_slope`` times it.
    Source: torch.nn.functional.leaky_relu; A. L. Maas and others, "Rectifier nonlinearities improve neural network acoustic models", 2013.

    >>> nn.functional.leaky_relu(tensor([-1., 0., 2., nan]), 0.5)
    tensor([-0.5000,  0.0000,  2.0000,     nan])
    """
    return _leaky(input.detach(), negative_slope)


@leaky_relu.constraints
def _(require, input, negative_slope):
    require.fits(negative_slope, parameter_dtype(input.dtype))


def _leaky_gradient(grad: Any, side: Any, negative_slope: float) -> Any:
    return (grad * real_part(negative_slope)).where(~(side > 0), grad)


leaky_relu.derivative(input=lambda grad, input, negative_slope: _leaky_gradient(grad, input, negative_slope))


@op("function", namespace="nn.functional", node="LeakyReluBackward1", contract=ulps(1), dtypes="floating")
def leaky_relu_(input, negative_slope=0.01):
    """:func:`leaky_relu` in place: the tensor itself, with the results written into it.

    Shapes, dtypes and special cases: as for :func:`leaky_relu`. Errors: as there, and RuntimeError for a tensor whose elements share memory.
    Gradient: as there, found from the results alone; for a negative slope, which hides the sign of the input, backward is a RuntimeError.

    >>> nn.functional.leaky_relu_(tensor([-1., 2.]), 0.5)
    tensor([-0.5000,  2.0000])
    """
    return overwrite(input, _leaky(input, negative_slope))


@leaky_relu_.constraints
def _(require, input, negative_slope):
    require.fits(negative_slope, parameter_dtype(input.dtype))


_HIDDEN_SIGN = (
    "In-place leakyReLu backward calculation is triggered with a negative slope which is not supported. This is caused by calling in-place forward "
    "function with a negative slope, please call out-of-place version instead. File an issue at https://github.com/pytorch/pytorch if you do require "
    "supporting in-place leakRelu backward calculation with negative slope"
)


def _leaky_gradient_in_place(grad, result, negative_slope):
    if real_part(negative_slope) < 0.0:
        raise RuntimeError(_HIDDEN_SIGN)
    return _leaky_gradient(grad, result, negative_slope)


leaky_relu_.derivative(input=_leaky_gradient_in_place)
