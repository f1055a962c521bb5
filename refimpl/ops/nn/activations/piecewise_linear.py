"""Activations made of straight lines: relu6, hardtanh, hardswish, hardsigmoid, hardshrink, softshrink, threshold, prelu."""

from __future__ import annotations

from typing import Any

from ....foundation.contracts import EXACT, ulps
from ....foundation.dtypes import bool_, finfo, float64, int64
from ....foundation.scalars import scalar
from ....operations.output_kinds import FOUND_DTYPE
from ....operations.registry import make_form, op
from ....operations.sharing import SUMMED
from ....operations.writing import overwrite, write_result
from ...shared.elementwise import ALWAYS_BOOL, elementwise
from ...shared.operands import parameter_dtype, real_part
from ..activation import threshold_backward
from ..softmax import wide


@op("only", name="_passed", node="MaskedFillBackward0", contract=EXACT)
def _passed(grad_output, input, blocked):
    """``grad_output``, but 0 where ``blocked`` holds: the gradient of a function that is made of lines of slope 0 and 1, whose own is 0."""
    return grad_output.masked_fill(blocked, 0)


_passed.derivative(
    grad_output=lambda grad, input, blocked: _passed(grad, input, blocked),
    input=lambda grad: grad.new_zeros(grad.shape),
)

# -- hardtanh and relu6 --------------------------------------------------------------------------------


def _limited(input: Any, min_val: Any, max_val: Any) -> Any:
    return elementwise("clamp", input, real_part(min_val), real_part(max_val), dtype=input.dtype, numbers_are_operands=False)


def _limits(require: Any, input: Any, min_val: Any, max_val: Any) -> None:
    d = input.dtype
    require(d is not bool_, RuntimeError, "Bool inputs not supported for hardtanh")
    require(not d.is_complex, NotImplementedError, "clamp is not supported for complex types")
    if d.category == 1:
        require.fits(min_val, int64)
        require.fits(max_val, int64)
        min_val, max_val = int(real_part(min_val)), int(real_part(max_val))
        negative = not d.is_signed and (min_val < 0 or max_val < 0)
        require(not negative, RuntimeError, "cannot do hardtanh on an unsigned type with negative limits")
    if d.category and min_val == min_val and max_val == max_val:  # a NaN makes all results NaN, whatever the other limit is
        require.fits(min_val, d)
        require.fits(max_val, d)


@op("only", name="_hardtanh", node="HardtanhBackward0", contract=EXACT)
def _hardtanh(input, min_val=-1, max_val=1):
    """The kernel of :func:`hardtanh`: limits in the wrong order make all results ``max_val``."""
    return _limited(input, min_val, max_val)


@_hardtanh.constraints
def _(require, input, min_val, max_val):
    _limits(require, input, min_val, max_val)


def _inside(grad: Any, input: Any, min_val: Any, max_val: Any) -> Any:
    min_val, max_val = real_part(min_val), real_part(max_val)
    return _passed(grad, input, (input <= min_val) | (input >= max_val))


_hardtanh.derivative(input=_inside)
_out_of_place_hardtanh = make_form(_hardtanh.operation, "hardtanh", False)


@op("function", namespace="nn.functional", node="HardtanhBackward0", contract=EXACT)
def hardtanh_(input, min_val=-1, max_val=1):
    """:func:`hardtanh` in place: the tensor itself, with the results written into it. Limits in the wrong order make all results ``max_val``.

    Shapes, dtypes and special cases: as for :func:`hardtanh`. Errors: RuntimeError as there, and for a tensor whose elements share memory;
    NotImplementedError for complex input. Gradient: as there.

    >>> nn.functional.hardtanh_(tensor([-3., 0.5]))
    tensor([-1.0000,  0.5000])
    """
    return overwrite(input, _limited(input, min_val, max_val))


@hardtanh_.constraints
def _(require, input, min_val, max_val):
    _limits(require, input, min_val, max_val)


hardtanh_.derivative(input=_inside)


@op("function python", namespace="nn.functional", contract=EXACT)
def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """Each element limited to [min_val, max_val]; ``inplace=True`` is :func:`hardtanh_`.

    Shapes: that of the input. Dtypes: integers, for which fractions of the limits are dropped, and floating point ones. Special cases: NaN in the
    input or a limit gives NaN; a zero keeps its sign. Errors: ValueError for limits in the wrong order; RuntimeError for bool, for uint8 with a
    negative limit, and for limits that the dtype cannot hold; NotImplementedError for complex input. Gradient: that of the result strictly between
    the limits, 0 at them and beyond.

    >>> nn.functional.hardtanh(tensor([-3., 0.5, 2., nan]))
    tensor([-1.0000,  0.5000,  1.0000,     nan])
    """
    return hardtanh_(input, min_val, max_val) if inplace else _out_of_place_hardtanh(input, min_val, max_val)


@hardtanh.constraints
def _(require, min_val, max_val):
    require(not min_val > max_val, ValueError, "min_val cannot be greater than max_val")


@op("function python", namespace="nn.functional", contract=EXACT)
def relu6(input, inplace=False):
    """``minimum(maximum(x, 0), 6)`` for each element; ``inplace=True`` overwrites the input.

    Shapes: that of the input. Dtypes: integers and floating point ones. Special cases: NaN stays NaN, -0 stays -0. Errors: RuntimeError for bool,
    NotImplementedError for complex input. Gradient: that of the result strictly between 0 and 6, else 0.
    Source: A. Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.

    >>> nn.functional.relu6(tensor([-1., 3., 8.]))
    tensor([0., 3., 6.])
    """
    return hardtanh_(input, 0, 6) if inplace else _out_of_place_hardtanh(input, 0, 6)


# -- hardsigmoid and hardswish -------------------------------------------------------------------------


@scalar("hardsigmoid")
def _hardsigmoid(x):
    return 0.0 if x <= -3.0 else 1.0 if x >= 3.0 else (x + 3.0) / 6.0


@op("inplace_flag", namespace="nn.functional", contract=ulps(2), dtypes="floating")
def hardsigmoid(input):
    """``(x + 3) / 6`` limited to [0, 1], for each element; ``inplace=True`` overwrites the input.

    Shapes: that of the input. Dtypes: floating point ones. Special cases: 0 at -inf, 1 at inf, NaN stays NaN. Errors: NotImplementedError for other
    dtypes. Gradient: a sixth of that of the result strictly between -3 and 3, else (at NaN, too) 0.

    >>> nn.functional.hardsigmoid(tensor([-4., 0., 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """
    return elementwise("hardsigmoid", input)


hardsigmoid.derivative(input=lambda grad, input: _passed(wide(grad) / 6.0, input, ~((input > -3) & (input < 3))))


@scalar("hardswish")
def _hardswish(x):
    return x * _hardsigmoid(x)


@op("inplace_flag", namespace="nn.functional", contract=ulps(4), dtypes="floating")
def hardswish(input):
    """``x * hardsigmoid(x)`` for each element: 0 up to -3, x from 3 on; ``inplace=True`` overwrites the input.

    Shapes: that of the input. Dtypes: floating point ones. Special cases: inf stays, -inf and NaN give NaN; 0 times a negative number is -0.
    Errors: NotImplementedError for other dtypes. Gradient: ``x / 3 + 1/2`` times that of the result strictly between -3 and 3, 0 up to -3, that of
    the result from 3 on and at NaN. Source: A. Howard and others, "Searching for MobileNetV3", 2019.

    >>> nn.functional.hardswish(tensor([-1., 1., 5.]))
    tensor([-0.3333,  0.6667,  5.0000])
    """
    return elementwise("hardswish", input)


def _hardswish_gradient(grad: Any, input: Any) -> Any:
    x, g = wide(input), wide(grad)
    return (g * (x / 3.0 + 0.5)).where(x < 3, g).masked_fill(x <= -3, 0)


hardswish.derivative(input=_hardswish_gradient)

# -- shrinking -----------------------------------------------------------------------------------------


@scalar("hardshrink")
def _hardshrink(x, lambd):
    return 0.0 if -lambd <= x <= lambd else x


@op("function method out", aliases=("nn.functional.hardshrink",), contract=EXACT, dtypes="floating", out=FOUND_DTYPE)
def hardshrink(input, lambd=0.5):
    """0 for elements in [-lambd, lambd], others as they are.

    Shapes: that of the input. Dtypes: floating point ones. Special cases: NaN stays NaN; a negative or NaN ``lambd`` changes nothing.
    Errors: NotImplementedError for other dtypes; RuntimeError for a ``lambd`` that the dtype cannot hold. Gradient: that of the result for
    elements that stay, else 0.

    >>> hardshrink(tensor([-1., -0.5, 0.25, 2.]))
    tensor([-1.,  0.,  0.,  2.])
    """
    return elementwise("hardshrink", input, real_part(lambd), dtype=input.dtype, numbers_are_operands=False)


@hardshrink.constraints
def _(require, input, lambd):
    require.fits(lambd, input.dtype)


def _outside(grad: Any, input: Any, lambd: Any) -> Any:
    lambd = real_part(lambd)
    return _passed(grad, input, (input >= -lambd) & (input <= lambd))


hardshrink.derivative(input=_outside)


@scalar("softshrink")
def _softshrink(x, lambd):
    return x - lambd if x > lambd else x + lambd if x < -lambd else x * 0.0


@op("function out", namespace="nn.functional", contract=EXACT, dtypes="floating", out=FOUND_DTYPE)
def softshrink(input, lambd=0.5):
    """Each element brought nearer to 0 by ``lambd``: 0 for elements in [-lambd, lambd], with the sign of the element.

    Shapes: that of the input. Dtypes: floating point ones. Special cases: infinities stay, NaN stays NaN. Errors: NotImplementedError for other
    dtypes; RuntimeError for a ``lambd`` that is negative, NaN, or greater than every number of the dtype. Gradient: that of the result outside of
    [-lambd, lambd], else 0.

    >>> nn.functional.softshrink(tensor([-1., 0.25, 2.]))
    tensor([-0.5000,  0.0000,  1.5000])
    """
    return elementwise("softshrink", input, real_part(lambd), dtype=input.dtype, numbers_are_operands=False)


@softshrink.constraints
def _(require, input, lambd):
    require.fits(lambd, float64)
    if input.is_floating_point():
        lambd = real_part(lambd)
        largest = finfo(input.dtype).max
        require(0 <= lambd <= largest, RuntimeError, "lambda must be in range [0, {:g}] for input dtype {}, but found {:g}", largest,
                input.dtype.type_name, lambd)  # fmt: skip


softshrink.derivative(input=_outside)

# -- threshold -----------------------------------------------------------------------------------------


def _replaced(x, threshold, value):
    return value if x <= threshold else x


scalar("threshold", _replaced, integer=_replaced, single_precision_numbers=True)



def _threshold(input: Any, threshold: Any, value: Any) -> Any:
    return elementwise("threshold", input, real_part(threshold), real_part(value), dtype=input.dtype, numbers_are_operands=False)


@op("function out", sharing=SUMMED, contract=EXACT, dtypes="integer floating")
def threshold(input, threshold, value):
    """``input`` where it is greater than ``threshold``, else ``value``.

    Shapes: that of the input. Dtypes: integers, for which fractions of the numbers are dropped, and floating point ones. Special cases: NaN stays
    NaN; a NaN threshold changes nothing. Errors: NotImplementedError for other dtypes; RuntimeError for numbers that the dtype cannot hold.
    Gradient: that of the result where the input is greater than the threshold (or NaN), else 0.

    >>> threshold(tensor([-1., 0.5, 2., nan]), 0.5, 9.0)
    tensor([9., 9., 2., nan])
    """
    return _threshold(input, threshold, value)


@threshold.constraints
def _(require, input, threshold, value):
    require.fits(threshold, parameter_dtype(input.dtype))
    require.fits(value, input.dtype)


threshold.derivative(input=lambda grad, input, threshold: threshold_backward(grad, input, threshold))
_out_of_place = threshold  # a name that no parameter has


@op("function", aliases=("nn.functional.threshold_",), node="ThresholdBackward1", contract=EXACT, dtypes="integer floating")
def threshold_(input, threshold, value):
    """:func:`threshold` in place: the tensor itself, with the results written into it, even if its elements share memory.

    Shapes, dtypes, special cases and errors: as for :func:`threshold`. Gradient: as there.

    >>> threshold_(tensor([-1., 2.]), 0.5, 9.0)
    tensor([9., 2.])
    """
    write_result(_threshold(input, threshold, value), input)
    return input


@threshold_.constraints
def _(require, input, threshold, value):
    require.fits(threshold, parameter_dtype(input.dtype))
    require.fits(value, input.dtype)


threshold_.derivative(input=lambda grad, input, threshold: threshold_backward(grad, input, threshold))


@op("function python", namespace="nn.functional", spelled="_threshold", contract=EXACT)
def nn_functional_threshold(input, threshold, value, inplace=False):
    """:func:`threshold` of each element; ``inplace=True`` is :func:`threshold_`.

    Shapes, dtypes, special cases, errors and gradient: as there.

    >>> nn.functional.threshold(tensor([-1., 0.5, 2.]), 0.5, 9.0)
    tensor([9., 9., 2.])
    """
    return threshold_(input, threshold, value) if inplace else _out_of_place(input, threshold, value)


# -- prelu ---------------------------------------------------------------------------------------------


def _sloping(positive: Any, x: Any, weight: Any) -> Any:
    """``x`` where ``positive`` is greater than 0, else ``weight * x``."""
    return elementwise("where", elementwise("gt", positive, 0, promotion=ALWAYS_BOOL), x, elementwise("mul", x, weight))


@op("only", name="_prelu_kernel", node="PreluKernelBackward0", contract=EXACT)
def _prelu_kernel(input, weight):
    """The kernel of :func:`prelu`: a weight that broadcasts to the input."""
    return _sloping(input, input, weight)


_prelu_kernel.derivative(
    input=lambda grad, input, weight: _prelu_input_backward(grad, input, weight),
    weight=lambda grad, input, weight: _prelu_weight_backward(grad, input, weight),
)


@op("only", name="_prelu_input_backward", node="PreluKernelBackwardBackward0", contract=EXACT)
def _prelu_input_backward(grad_output, input, weight):
    """``grad_output`` for positive elements, else ``weight`` times it. Of second order, 0 counts as positive."""
    return _sloping(input, grad_output, weight)


_prelu_input_backward.derivative(
    grad_output=lambda grad, input, weight: grad.where(input >= 0, grad * weight),
    input=lambda grad: grad * 0,
    weight=lambda grad, grad_output, input: (grad * grad_output).masked_fill(input >= 0, 0),
)


@op("only", name="_prelu_weight_backward", node="PreluKernelBackwardBackward0", contract=EXACT)
def _prelu_weight_backward(grad_output, input, weight):
    """0 for positive elements, else the product. Of second order, 0 counts as positive. It does not depend on ``weight``, but is in its graph."""
    return (grad_output * input).masked_fill(input > 0, 0)


_prelu_weight_backward.derivative(
    grad_output=lambda grad, input: (grad * input).masked_fill(input >= 0, 0),
    input=lambda grad, grad_output, input: (grad * grad_output).masked_fill(input >= 0, 0),
    weight=lambda grad: grad * 0,
)


@op("function method", aliases=("nn.functional.prelu",), contract=EXACT, dtypes="floating")
def prelu(input, weight):
    """``x`` for positive elements, ``weight * x`` for others, where each channel (dimension 1) may have a weight of its own.

    Shapes: ``weight`` has one element, or is (C) for an ``input`` (N, C, ...); the result has the input's shape. Dtypes: floating point ones, the
    same for both. Special cases: NaN stays NaN; a zero is multiplied, and its sign may change. Errors: RuntimeError for a ``weight`` of two or more
    dimensions, of another size or dtype; NotImplementedError for other dtypes. Gradient: that of the result for positive elements, else ``weight``
    times it; that of the weight is the sum of ``x`` times it over elements that are not positive.
    Source: K. He and others, "Delving deep into rectifiers", 2015.

    >>> prelu(tensor([[-1., 2.], [3., -4.]]), tensor([0.5, 0.25]))
    tensor([[-0.5000,  2.0000],
            [ 3.0000, -1.0000]])
    """
    if weight.numel() != 1 or weight.dim() and input.dim() > 1:
        weight = weight.view(*(-1 if d == 1 else 1 for d in range(max(input.dim(), 1))))
    elif weight.dim() > input.dim():
        weight = weight.view(())
    return _prelu_kernel(input, weight)


@prelu.constraints
def _(require, input, weight):
    require(input.dtype is weight.dtype, RuntimeError, "prelu: Type promoting not supported. Got {} and {}", input.dtype.type_name,
            weight.dtype.type_name)  # fmt: skip
    require(weight.dim() <= 1, RuntimeError, "prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {}", weight.dim())
    if weight.numel() != 1:
        require(input.dim(), RuntimeError, "Not allow zero-dim input tensor.")
        channels = input.shape[1] if input.dim() > 1 else 1
        fits = not input.dim() or weight.numel() == channels
        require(fits, RuntimeError, "Mismatch of parameter numbers and input channel size. Found parameter numbers = {} and channel size = {}.",
                weight.numel(), channels)  # fmt: skip
