"""Activations that work element by element: relu and sigmoid (softmax and its kin are reductions, elsewhere)."""

from __future__ import annotations

import math

from ...foundation.contracts import EXACT, ulps
from ...foundation.dtypes import bool_
from ...foundation.scalars import scalar
from ...operations.registry import op
from ..pointwise.exponential import complex_exp
from ..shared.complex_arithmetic import complex_quotient
from ..shared.elementwise import ALWAYS_BOOL, INT_TO_FLOAT, elementwise


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


@op("function method inplace_function out", contract=ulps(2))
def sigmoid(input):
    """``1 / (1 + exp(-x))`` for each element, the logistic function.

    Shapes: that of the input. Dtypes: all; integers and bool give the default dtype. Special cases: 0 at -inf, 1 at inf, NaN at NaN; large negative
    numbers neither overflow nor cancel. Gradient: ``y (1 - y)`` times that of the result y, conjugated for complex numbers.

    >>> sigmoid(tensor([-inf, 0., 2.]))
    tensor([0.0000, 0.5000, 0.8808])
    """
    return elementwise("sigmoid", input, promotion=INT_TO_FLOAT)


sigmoid.derivative(input=lambda grad, result: grad * ((1 - result) * result).conj())
