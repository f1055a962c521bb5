"""Choosing between elements: maximum and minimum in both treatments of NaN, clamp, where, masked_fill, heaviside, nan_to_num.

``maximum``, ``minimum`` and ``clamp`` pass NaN on; ``fmax`` and ``fmin`` prefer the other operand. Of two equal elements (zeros of
either sign too) the first is taken. None of these round: the results are elements of the operands.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import EXACT
from ...foundation.dtypes import bool_, finfo, float64, uint8
from ...foundation.layout import broadcast_shapes, contiguous_strides, preserved_strides
from ...foundation.scalars import scalar
from ...operations.operation import OperandError
from ...operations.registry import op
from ...tensor import Tensor, allocate_like
from ..shared.checks import fit, is_number, no_derivative, not_implemented, of_kernel, require_tensor
from ..shared.elementwise import common_dtype, elementwise
from ..shared.operands import real_number
from ..shared.outputs import found_dtype_with_numbers, laid_out, no_cast, usual_strides

# -- maximum and minimum -----------------------------------------------------------------------------


@scalar("maximum", integer=lambda a, b: a if a >= b else b, boolean=lambda a, b: a or b)
def _maximum(a, b):
    return a if a >= b or a != a else b


@scalar("minimum", integer=lambda a, b: a if a <= b else b, boolean=lambda a, b: a and b)
def _minimum(a, b):
    return a if a <= b or a != a else b


@scalar("fmax", integer=lambda a, b: a if a >= b else b, boolean=lambda a, b: a or b)
def _fmax(a, b):
    return a if a >= b or b != b else b


@scalar("fmin", integer=lambda a, b: a if a <= b else b, boolean=lambda a, b: a and b)
def _fmin(a, b):
    return a if a <= b or b != b else b


def _extreme(name, input, other):
    if is_number(other):
        raise OperandError(other)
    if common_dtype(input, other).is_complex:
        raise RuntimeError(f"{name} not implemented for complex tensors.")
    return elementwise(name, input, other)


@op("function method out", contract=EXACT)
def maximum(input, other):
    """The greater of each pair; NaN if either is NaN. Complex numbers: RuntimeError. Where both are equal each gets half the gradient.

    >>> maximum(tensor([1., nan, 3.]), tensor([2., 0., nan]))
    tensor([2., nan, nan])
    """
    return _extreme("maximum", input, other)


maximum.derivative(
    input=lambda grad, input, other: where(input == other, grad / 2, grad).masked_fill(input < other, 0),
    other=lambda grad, input, other: where(input == other, grad / 2, grad).masked_fill(input > other, 0),
)


@op("function method out", contract=EXACT)
def minimum(input, other):
    """The smaller of each pair; NaN if either is NaN. Complex numbers: RuntimeError. Where both are equal each gets half the gradient.

    >>> minimum(tensor([1., nan, 3.]), tensor([2., 0., nan]))
    tensor([1., nan, nan])
    """
    return _extreme("minimum", input, other)


minimum.derivative(
    input=lambda grad, input, other: where(input == other, grad / 2, grad).masked_fill(input > other, 0),
    other=lambda grad, input, other: where(input == other, grad / 2, grad).masked_fill(input < other, 0),
)


@op("function method out", contract=EXACT)
def fmax(input, other):
    """The greater of each pair; if one is NaN, the other. Equal elements: the gradient goes to ``input``.

    >>> fmax(tensor([1., nan, nan]), tensor([2., 0., nan]))
    tensor([2., 0., nan])
    """
    return _extreme("fmax", input, other)


fmax.derivative(
    input=lambda grad, input, other: grad.masked_fill(((input >= other) | other.isnan()).logical_not(), 0),
    other=lambda grad, input, other: grad.masked_fill((input >= other) | other.isnan(), 0),
)


@op("function method out", contract=EXACT)
def fmin(input, other):
    """The smaller of each pair; if one is NaN, the other. Equal elements: the gradient goes to ``input``.

    >>> fmin(tensor([1., nan, nan]), tensor([2., 0., nan]))
    tensor([1., 0., nan])
    """
    return _extreme("fmin", input, other)


fmin.derivative(
    input=lambda grad, input, other: grad.masked_fill(((input <= other) | other.isnan()).logical_not(), 0),
    other=lambda grad, input, other: grad.masked_fill((input <= other) | other.isnan(), 0),
)

# -- clamp -------------------------------------------------------------------------------------------


@scalar("clamp", integer=lambda x, low, high: _integer_clamp(x, low, high), boolean=lambda x, low, high: (x or low) and high)
def _clamp(x, low, high):
    return _minimum(_maximum(x, low), high)


def _integer_clamp(x, low, high):
    if x < low:
        x = low
    return high if x > high else x


# A number as a bound, in one direction; separate names because devices have such kernels.
scalar("clamp_min", _maximum, integer=lambda a, b: a if a >= b else b, boolean=lambda a, b: a or b)
scalar("clamp_max", _minimum, integer=lambda a, b: a if a <= b else b, boolean=lambda a, b: a and b)


def _clamp_dtype(kernel, input, *bounds):
    """The dtype of the evaluation, into which number bounds must fit. ``kernel``: torch's name of the kernel for tensor bounds."""
    d = common_dtype(input, *bounds)
    if not is_number(bounds[0]):
        if d.is_complex or (d is bool_ and len(bounds) == 2):
            not_implemented(kernel, d, input, *bounds)
        return d
    if d.is_complex:
        raise NotImplementedError("clamp is not supported for complex types")
    if d is bool_:
        not_implemented({"maximum_cpu": "clamp_min", "minimum_cpu": "clamp_max"}.get(kernel, "clamp") + "_scalar_cpu", d)
    if all(bound == bound for bound in bounds):  # a NaN makes all results NaN, whatever the other bound is
        for bound in bounds:
            try:
                fit(bound, d)
            except RuntimeError as error:
                raise of_kernel(error, d, input.shape) from None
    return d


def _bounded(grad, inside):
    return where(inside, grad, 0)


def _keeps_its_dtype(input: Tensor, *bounds: Any) -> None:
    """In place, a number as a bound may not raise the dtype of integers or bool. (Of tensors, the words are those of other operations.)"""
    if input.dtype.category < 2 and all(is_number(bound) for bound in bounds):
        d = common_dtype(input, *bounds)
        if d is not input.dtype:
            raise RuntimeError(f"result type {d.type_name} can't be cast to the desired output type {spelled_c_name(input.dtype)}")


def _clamp_in_place(input, min=None, max=None):
    bounds = [bound for bound in (min, max) if bound is not None]
    if bounds:
        _keeps_its_dtype(input, *bounds)
    return clamp.operation.body(input, min, max)


def _bound_in_place(function: Any, input: Tensor, bound: Any) -> Any:
    """The in-place form of an operation with one bound."""
    if not isinstance(bound, complex):
        _keeps_its_dtype(input, bound)
    return function.operation.body(input, bound)


@op("function method inplace_function out", aliases=("clip",), contract=EXACT,
    node=lambda bound: "ClampBackward1" if is_number(bound["min"]) or is_number(bound["max"]) else "ClampBackward0",
    out=found_dtype_with_numbers, in_place=_clamp_in_place)  # fmt: skip
def clamp(input, min=None, max=None):
    """Limit each element to [min, max]: ``minimum(maximum(input, min), max)``. Each bound is None, a number or a tensor (not one of each).

    If ``min > max`` the result is ``max``. NaN in any operand gives NaN. The dtype is the common one: integers with a bound 0.5 give
    the default dtype. Both bounds count as inside for the gradient. No bound at all, or a number that does
    not fit the dtype: RuntimeError; complex numbers: NotImplementedError.

    >>> clamp(tensor([-1., 0.5, 2., nan]), min=0, max=1)
    tensor([0.0000, 0.5000, 1.0000,    nan])
    """
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    bounds = [bound for bound in (min, max) if bound is not None]
    if len(bounds) == 2 and is_number(min) != is_number(max):
        kinds = ", ".join(type(argument).__name__ for argument in (input, min, max))
        raise TypeError(
            f"clamp() received an invalid combination of arguments - got ({kinds}), but expected one of:\n"
            " * (Tensor input, Tensor min = None, Tensor max = None, *, Tensor out = None)\n"
            " * (Tensor input, Number min = None, Number max = None, *, Tensor out = None)\n"
        )
    if input.dtype.is_complex:
        raise NotImplementedError("clamp is not supported for complex types")
    if input.dtype.is_floating_point:
        for bound in bounds:
            if isinstance(bound, complex):
                fit(bound, float64)
    d = _clamp_dtype("minimum_cpu" if min is None else "maximum_cpu" if max is None else "clamp_cpu", input, *bounds)
    if min is None:
        return elementwise("clamp_max", input, max, dtype=d, numbers_are_operands=False)
    if max is None:
        return elementwise("clamp_min", input, min, dtype=d, numbers_are_operands=False)
    return elementwise("clamp", input, min, max, dtype=d, numbers_are_operands=False)


def _clamp_input_gradient(grad, input, min, max):
    if min is None:
        return _bounded(grad, input <= max)
    if max is None:
        return _bounded(grad, input >= min)
    return _bounded(grad, (input >= min) & (input <= max))


# Where min > max the result is max, which then takes the whole gradient.
clamp.derivative(
    input=_clamp_input_gradient,
    min=lambda grad, input, min, max: _bounded(grad, input < min if max is None else (input < min) & (min < max)),
    max=lambda grad, input, min, max: _bounded(grad, input > max if min is None else (input > max) | (max < min)),
)


@op("function method inplace_function out", contract=EXACT,
    node=lambda bound: "ClampMinBackward0" if is_number(bound["min"]) else "ClampMinBackward1", out=found_dtype_with_numbers,
    in_place=lambda input, min: _bound_in_place(clamp_min, input, min))  # fmt: skip
def clamp_min(input, min):
    """``maximum(input, min)``, where ``min`` may be a number; its gradient at equality goes to ``input``.

    >>> clamp_min(tensor([-1., 2.]), 0)
    tensor([0., 2.])
    """
    return elementwise("clamp_min", input, min, dtype=_clamp_dtype("maximum_cpu", input, min), numbers_are_operands=False)


clamp_min.derivative(
    input=lambda grad, input, min: _bounded(grad, input >= min),
    min=lambda grad, input, min: _bounded(grad, input < min),
)


@op("function method inplace_function out", contract=EXACT,
    node=lambda bound: "ClampMaxBackward0" if is_number(bound["max"]) else "ClampMaxBackward1", out=found_dtype_with_numbers,
    in_place=lambda input, max: _bound_in_place(clamp_max, input, max))  # fmt: skip
def clamp_max(input, max):
    """``minimum(input, max)``, where ``max`` may be a number; its gradient at equality goes to ``input``.

    >>> clamp_max(tensor([-1., 2.]), 0)
    tensor([-1.,  0.])
    """
    return elementwise("clamp_max", input, max, dtype=_clamp_dtype("minimum_cpu", input, max), numbers_are_operands=False)


clamp_max.derivative(
    input=lambda grad, input, max: _bounded(grad, input <= max),
    max=lambda grad, input, max: _bounded(grad, input > max),
)

# -- selection by a mask -----------------------------------------------------------------------------


def _where(condition, a, b):
    return a if condition else b


scalar("where", _where, integer=_where, complex=_where, boolean=_where)


def _where_out(function, args, kwargs, outs):
    """Only tensors, and an output of exactly the result's dtype: numbers have forms without ``out``."""
    bound = function.operation.bind(args, kwargs)
    for position, name in enumerate(("condition", "input", "other"), 1):
        require_tensor(bound[name], "where", name, position)
    expected = common_dtype(bound["input"], bound["other"])
    if expected is not outs[0].dtype:
        raise RuntimeError(f"Expected out type to be {expected.type_name} but got {outs[0].dtype.type_name}")
    return function(*args, **kwargs)


@op("function out", contract=EXACT, out=_where_out, wraps_numbers=True)
def where(condition, input=None, other=None):
    """``input`` where ``condition`` holds, else ``other``: each a tensor or a number; all three are broadcast.

    The condition is a bool tensor (uint8 is accepted with a warning, else RuntimeError); the other two promote to their common dtype. An
    element that is not chosen has no influence, NaN included, and its gradient is 0. A number that the common dtype cannot hold is a
    RuntimeError (not with float16 and bfloat16, where it becomes infinite). With the condition alone:
    the tuple of indices of its nonzero elements (``nonzero(condition, as_tuple=True)``).

    >>> where(tensor([True, False]), tensor([1., 2.]), 0)
    tensor([1., 0.])
    """
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if is_number(condition) or condition is None or input is None or other is None:
        kinds = ", ".join(type(argument).__name__ for argument in (condition, input, other) if argument is not None)
        raise TypeError(
            f"where() received an invalid combination of arguments - got ({kinds}), but expected one of:\n"
            " * (Tensor condition)\n"
            " * (Tensor condition, Tensor input, Tensor other, *, Tensor out = None)\n"
            " * (Tensor condition, Number self, Tensor other)\n"
            " * (Tensor condition, Tensor input, Number other)\n"
            " * (Tensor condition, Number self, Number other)\n"
        )
    if condition.dtype is uint8:
        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future version of PyTorch. "
            "Use a boolean condition instead.",
            stacklevel=3,
        )
        condition = elementwise("ne", condition, 0, promotion="always_bool")
    elif condition.dtype is not bool_:
        raise RuntimeError(f"where expected condition to be a boolean tensor, but got a tensor with dtype {condition.dtype.type_name}")
    d = common_dtype(condition, input, other)
    if d.category == 1 or d.itemsize > 2:  # the short floats take any number
        for operand in (input, other):
            if is_number(operand):
                fit(operand, d)
    return elementwise("where", condition, input, other, dtype=d)


where.derivative(
    input=lambda grad, condition: where(condition, grad, 0),
    other=lambda grad, condition: where(condition, 0, grad),
)

def _where_method(self, condition, other):
    """``where(condition, self, other)``: this tensor where ``condition`` holds, else ``other``."""
    return where(condition, self, other)


Tensor.where = _where_method  # unlike the function's, the method's tensor is the second operand


def _masked_fill_in_place(input, mask, value):
    """In place the tensor counts as the first, and may not grow."""
    if isinstance(mask, Tensor):
        broadcast_shapes(input.shape, mask.shape)
    result = masked_fill.operation.body(input, mask, value)
    if result.shape != input.shape:
        raise RuntimeError(f"output with shape {list(input.shape)} doesn't match the broadcast shape {list(result.shape)}")
    return result


@op("function method inplace", contract=EXACT, in_place=_masked_fill_in_place,
    node=lambda bound: "MaskedFillBackward0" if is_number(bound["value"]) else "MaskedFillBackward1")  # fmt: skip
def masked_fill(input, mask, value):
    """``value`` where ``mask`` holds, else ``input``; the dtype is the input's. ``value`` is a number or a 0-d tensor.

    The mask is a bool tensor that broadcasts with the input. A value that the dtype cannot hold (a complex one for floats, one
    out of range; a fraction is cut off for integers) is a RuntimeError.

    >>> masked_fill(tensor([1., 2., 3.]), tensor([True, False, True]), 0)
    tensor([0., 2., 0.])
    """
    if not isinstance(mask, Tensor):
        raise OperandError(mask)
    common_dtype(value)  # its TypeError or OverflowError
    broadcast_shapes(mask.shape, input.shape)  # the mask counts as the first
    if not is_number(value) and value.dim() != 0:
        raise RuntimeError(
            f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.dim()} dimension(s)."
        )
    if mask.dtype is not bool_:
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {spelled_c_name(mask.dtype)}")
    value = fit(value if is_number(value) else value.item(), input.dtype)
    if isinstance(value, complex) and not input.dtype.is_complex:
        value = value.real if input.dtype.category else bool(value)
    filled = elementwise("where", mask, value, input, dtype=input.dtype)
    strides = contiguous_strides(filled._view.shape)
    if filled._view.strides == strides:
        return filled
    result = allocate_like(filled)  # unlike other pointwise results, always contiguous
    result._view.storage.kernels.copy(result._view, filled._view)
    return result


masked_fill.derivative(
    input=lambda grad, mask: grad.masked_fill(mask, 0),
    value=lambda grad, mask: where(mask, grad, 0).sum(),
)

# -- steps and replacements --------------------------------------------------------------------------


@scalar("heaviside", integer=lambda x, value: value if x == 0 else int(x > 0), boolean=lambda x, value: x or value)
def _heaviside(x, value):
    return value if x == 0.0 else float(x > 0.0)


def _heaviside_out(function, args, kwargs, outs):
    """The output's dtype is looked at with those of the operands, before their shapes."""
    tensors = [*args, *kwargs.values()]
    if all(isinstance(t, Tensor) and not t.dtype.is_complex for t in tensors) and any(t.dtype is not outs[0].dtype for t in tensors):
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    return function(*args, **kwargs)


@op("function method inplace out", node="NotImplemented", contract=EXACT, out=_heaviside_out, required_edges_only=True)
def heaviside(input, values):
    """The unit step: 0 below zero, 1 above, ``values`` at zero; NaN gives 0. One real dtype for both. It has no gradient.

    >>> heaviside(tensor([-1., 0., 2.]), tensor([0.5]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    if not isinstance(values, Tensor):
        raise OperandError(values)
    if input.dtype.is_complex or values.dtype.is_complex:
        raise RuntimeError("heaviside is not yet implemented for complex tensors.")
    if input.dtype is not values.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    return elementwise("heaviside", input, values)


heaviside.derivative(input=no_derivative("aten::heaviside"), values=no_derivative("aten::heaviside"))


def _nan_to_num(x, nan, posinf, neginf):
    if x != x:
        return nan
    return posinf if x == math.inf else neginf if x == -math.inf else x


def _unchanged(x, nan, posinf, neginf):
    return x


scalar("nan_to_num", _nan_to_num, integer=_unchanged, boolean=_unchanged,
       complex=lambda z, *values: complex(*(_nan_to_num(part, *(v.real for v in values)) for part in (z.real, z.imag))))  # fmt: skip


def _check_replacements(*values):
    for value in values:
        if value is not None:
            real_number(value)


def _nan_to_num_in_place(input, nan=None, posinf=None, neginf=None):
    """Of integers there is nothing to do."""
    _check_replacements(nan, posinf, neginf)
    return input if input.dtype.category < 2 else nan_to_num.operation.body(input, nan, posinf, neginf)


_same_as_input = no_cast("{name}: dtype of out: {out} should be same as input: {result}")


def _nan_to_num_out(function, args, kwargs, outs):
    """An output that takes the result's shape is contiguous for integers, which are copied, and laid out as a pointwise result otherwise."""
    result = _same_as_input(function, args, kwargs, outs)
    if result.shape == outs[0].shape:
        return result
    if result.dtype.category < 2:
        return laid_out(result, contiguous_strides(result._view.shape))
    return laid_out(result, usual_strides(args[0] if args else kwargs["input"]))


@op("function method inplace_function out", contract=EXACT, out=_nan_to_num_out,
    in_place=_nan_to_num_in_place)  # fmt: skip
def nan_to_num(input, nan=None, posinf=None, neginf=None):
    """Replace NaN (by 0) and infinities (by the dtype's largest and least finite numbers), or by the values given.

    In complex numbers each part is replaced. Integers stay. The gradient of a replaced element is 0.

    >>> nan_to_num(tensor([nan, inf, 1.]), posinf=9.)
    tensor([0., 9., 1.])
    """
    _check_replacements(nan, posinf, neginf)
    d = input.dtype
    strides = preserved_strides(input._view.shape, input._view.strides)
    if d.category < 2:
        return elementwise("nan_to_num", input, 0, 0, 0, dtype=d, layout=strides)
    largest = finfo(d).max
    nan = 0.0 if nan is None else nan
    posinf = largest if posinf is None else posinf
    neginf = -largest if neginf is None else neginf
    return elementwise("nan_to_num", input, nan, posinf, neginf, dtype=d, layout=strides)


nan_to_num.derivative(input=lambda grad, input: grad * input.isfinite())
