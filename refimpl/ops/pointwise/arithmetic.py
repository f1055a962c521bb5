"""Arithmetic: addition, subtraction, multiplication, signs, and the combined forms addcmul, addcdiv, lerp.

Floats: the exact result rounded once, with the rules of IEEE 754 for infinities, NaN and signed zeros. Integers wrap
around modulo 2**bits. Complex numbers follow the schoolbook formulas on their parts. Two bool operands: ``+`` is "or",
``*`` is "and", ``-`` is an error. Division is in :mod:`refimpl.ops.pointwise.division`, powers and roots in :mod:`refimpl.ops.pointwise.powers`.
"""

from __future__ import annotations

import math
import operator
from typing import Any

from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import EXACT, accumulated, conditioned
from ...foundation.dtypes import bool_, dtype, float32
from ...foundation.layout import iteration_shape, preserved_strides
from ...foundation.promotion import number_dtype
from ...foundation.scalars import scalar
from ...operations.operation import OperandError
from ...operations.registry import op
from ...operations.writing import refuse_overlap, write_result
from ...tensor import Tensor
from ..shared.checks import complex_product, complex_quotient, conjugate, fit, is_number, not_implemented, of_kernel, quotient
from ..shared.elementwise import COMPLEX_TO_FLOAT, common_dtype, elementwise
from ..shared.outputs import found_dtype, found_dtype_of_reals

# -- addition and subtraction ------------------------------------------------------------------------


def _add_scaled(x: Any, y: Any, alpha: Any) -> Any:
    return x + alpha * y


def _sub_scaled(x: Any, y: Any, alpha: Any) -> Any:
    return x - alpha * y


scalar("add", operator.add, integer=operator.add, complex=operator.add, boolean=operator.or_,
       fast=operator.add, fast_integer=operator.add)  # fmt: skip
scalar("sub", operator.sub, integer=operator.sub, complex=operator.sub, fast=operator.sub, fast_integer=operator.sub)
scalar("add_scaled", _add_scaled, integer=_add_scaled, boolean=lambda x, y, alpha: bool(x or (alpha and y)),
       complex=lambda x, y, alpha: x + complex_product(alpha, y))  # fmt: skip
scalar("sub_scaled", _sub_scaled, integer=_sub_scaled, complex=lambda x, y, alpha: x - complex_product(alpha, y))


def _check_alpha(d: dtype, alpha: Any, *operands: Any, sign: int = 1) -> Any:
    """``alpha`` as a number. It may not be of a higher category than the result, and ``sign * alpha``, by which torch multiplies, must fit its dtype.

    Operands that do not broadcast come first, and an output that cannot hold the result.
    """
    if isinstance(alpha, Tensor) and alpha.numel() == 1 and not alpha.requires_grad:
        alpha = alpha.item()
    if not is_number(alpha):
        raise OperandError(alpha, "Number")
    number_dtype(alpha)  # OverflowError for an integer of more than 64 bits
    shape = iteration_shape(*(operand.shape for operand in operands if isinstance(operand, Tensor)))
    try:
        _fit_alpha(d, alpha, sign)
    except RuntimeError as error:
        raise of_kernel(error, d, shape) from None
    return alpha


def _fit_alpha(d: dtype, alpha: Any, sign: int) -> None:
    if isinstance(alpha, bool) and d is not bool_:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, (float, complex)) and d.category < 2:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if isinstance(alpha, complex) and d.category < 3:
        raise RuntimeError("For non-complex input tensors, argument alpha must not be a complex number.")
    fit(sign * alpha, d)


def _number_dtype(d: dtype) -> dtype:
    """The dtype in which the number of a combined form is kept: float32 for the 16-bit floats."""
    return float32 if d.category == 2 and d.itemsize == 2 else d


def _scaled(grad: Any, alpha: Any) -> Any:
    return grad if alpha == 1 else grad * alpha.conjugate()


@op("function method inplace out number", operator="add", contract=EXACT, wraps_numbers=True)
def add(input, other, *, alpha=1):
    """``input + alpha * other`` for each element.

    Two bool operands give bool: ``input or (alpha and other)``. ``alpha`` may not be of a higher category than the
    result: a float with integers, a complex number with floats, a bool with numbers is a RuntimeError.

    >>> add(tensor([1., 2.]), tensor([10., 20.]), alpha=2)
    tensor([21., 42.])
    """
    if alpha == 1 and type(alpha) is int:
        return elementwise("add", input, other)
    d = common_dtype(input, other)
    alpha = _check_alpha(d, alpha, input, other)
    return elementwise("add_scaled", input, other, alpha, dtype=d, numbers_are_operands=is_number(other))


add.derivative(
    input=lambda grad: grad,
    other=lambda grad, alpha: _scaled(grad, alpha),
)


def _check_subtraction(input: Any, other: Any) -> None:
    first = isinstance(input, bool) or getattr(input, "dtype", None) is bool_
    second = isinstance(other, bool) or getattr(other, "dtype", None) is bool_
    if first or second:
        common_dtype(input, other)  # the TypeError of an operand that is none comes first
    if first and second:
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead."
        )
    if first or second:
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )


@op("function", contract=EXACT, node=lambda bound: "RsubBackward1" if is_number(bound["other"]) else "RsubBackward0")
def rsub(input, other, *, alpha=1):
    """``other - alpha * input``: subtraction with its operands exchanged; what ``2 - x`` computes.

    >>> rsub(tensor([1., 2.]), 10)
    tensor([9., 8.])
    """
    _check_subtraction(input, other)
    if alpha == 1 and type(alpha) is int:
        return elementwise("sub", other, input)
    d = common_dtype(input, other)
    alpha = _check_alpha(d, alpha, other, input, sign=-1)
    return elementwise("sub_scaled", other, input, alpha, dtype=d, numbers_are_operands=is_number(other))


rsub.derivative(
    input=lambda grad, alpha: _scaled(-grad, alpha),
    other=lambda grad: grad,
)


@op("function method inplace out number", operator="sub", reflected=rsub, aliases=("subtract",), contract=EXACT,
    wraps_numbers=True)  # fmt: skip
def sub(input, other, *, alpha=1):
    """``input - alpha * other`` for each element. A bool operand is a RuntimeError; ``alpha`` as in :func:`add`.

    >>> sub(tensor([5, 6]), 7)
    tensor([-2, -1])
    """
    _check_subtraction(input, other)
    if alpha == 1 and type(alpha) is int:
        return elementwise("sub", input, other)
    d = common_dtype(input, other)
    alpha = _check_alpha(d, alpha, input, other, sign=-1)
    return elementwise("sub_scaled", input, other, alpha, dtype=d, numbers_are_operands=is_number(other))


sub.derivative(
    input=lambda grad: grad,
    other=lambda grad, alpha: _scaled(-grad, alpha),
)


# -- multiplication and sign -------------------------------------------------------------------------

scalar("mul", operator.mul, integer=operator.mul, complex=complex_product, boolean=operator.and_,
       fast=operator.mul, fast_integer=operator.mul)  # fmt: skip


@op("function method inplace out number", operator="mul", aliases=("multiply",), contract=EXACT, wraps_numbers=True,
    saves_numbers=True)  # fmt: skip
def mul(input, other):
    """``input * other`` for each element. Two bool operands give "and".

    >>> mul(tensor([1., 2.]), tensor([[3.], [4.]]))
    tensor([[3., 6.],
            [4., 8.]])
    """
    return elementwise("mul", input, other)


mul.derivative(
    input=lambda grad, other: grad * conjugate(other),
    other=lambda grad, input: grad * conjugate(input),
)

scalar("neg", operator.neg, integer=operator.neg, complex=lambda z: complex(-z.real, -z.imag), fast=operator.neg,
       fast_integer=operator.neg)  # fmt: skip


@op("function method inplace_function out", operator="neg", aliases=("negative",), contract=EXACT, out=found_dtype)
def neg(input):
    """``-input`` for each element: the sign bit flipped, of zeros and NaN too. Unsigned and least integers wrap around.

    A bool tensor is a RuntimeError.

    >>> neg(tensor([1, -2, 0]))
    tensor([-1,  2,  0])
    """
    if input.dtype is bool_:
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )
    return elementwise("neg", input)


neg.derivative(input=lambda grad: -grad)


@op("function method", operator="pos", contract=EXACT)
def positive(input):
    """``+input``: the tensor itself. A bool tensor is a RuntimeError.

    >>> positive(tensor([1., -2.]))
    tensor([ 1., -2.])
    """
    if input.dtype is bool_:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


def _complex_abs(z: complex) -> float:
    return math.hypot(z.real, z.imag)


scalar("abs", operator.abs, integer=operator.abs, complex=_complex_abs, fast=operator.abs, fast_integer=operator.abs)


@op("function method out", operator="abs", aliases=("absolute",), contract=EXACT, out=found_dtype_of_reals)
def abs(input):
    """The absolute value of each element: of complex numbers hypot(real, imag), a real dtype.

    The least integer has no counterpart and stays (wraps around). Bool has none: NotImplementedError.

    >>> abs(tensor([-1., 2., -0.]))
    tensor([1., 2., 0.])
    """
    if input.dtype is bool_:
        not_implemented("abs_cpu", bool_)
    view = input._view
    strides = preserved_strides(view.shape, view.strides) if input.dtype.is_complex else None
    return elementwise("abs", input, promotion=COMPLEX_TO_FLOAT, layout=strides)


abs.derivative(input=lambda grad, input: grad * input.sgn())  # 0 at 0


@op("function method", aliases=("absolute_",), node="AbsBackward0", contract=EXACT)
def abs_(input):
    """The absolute value in place. Complex tensors, whose absolute values are real, are a RuntimeError.

    >>> tensor([-1, 2]).abs_()
    tensor([1, 2])
    """
    if input.dtype.is_complex:
        raise RuntimeError("In-place abs is not supported for complex tensors.")
    refuse_overlap(input)
    write_result(abs(input), input)
    return input


abs_.derivative(input=lambda grad, input: grad * input.sgn())


@scalar("sign", integer=lambda x: (x > 0) - (x < 0), boolean=bool)
def _sign(x):
    return float((x > 0.0) - (x < 0.0))


@op("function method inplace out", contract=EXACT, out=found_dtype)
def sign(input):
    """-1, 0 or 1: the sign of each element. Zeros of both signs and NaN give 0. Complex numbers have :func:`sgn`.

    >>> sign(tensor([-3., 0., 0.5, nan]))
    tensor([-1.,  0.,  1.,  0.])
    """
    if input.dtype.is_complex:
        raise NotImplementedError(
            "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead."
        )
    return elementwise("sign", input)


sign.derivative(input=lambda grad: grad.new_zeros(grad.shape))


# -- combined forms ----------------------------------------------------------------------------------


def _addcmul(x: Any, a: Any, b: Any, value: Any) -> Any:
    return x + value * a * b


scalar("addcmul", _addcmul, integer=_addcmul,
       complex=lambda x, a, b, value: x + complex_product(complex_product(value, a), b))  # fmt: skip


@op("function method inplace out", contract=accumulated(2))
def addcmul(input, tensor1, tensor2, *, value=1):
    """``input + value * tensor1 * tensor2``, rounded once. Bool is not supported.

    For integers a fractional ``value`` is cut off; a value that the result's dtype cannot hold is a RuntimeError.

    >>> addcmul(tensor([1., 1.]), tensor([2., 3.]), tensor([4., 5.]), value=0.5)
    tensor([5.0000, 8.5000])
    """
    for tensor in (tensor1, tensor2):
        if is_number(tensor):
            raise OperandError(tensor)
    d = common_dtype(input, tensor1, tensor2)
    if d is bool_:
        not_implemented("addcmul_cpu_out", d, input, tensor1, tensor2)
    fit(value, d)
    return elementwise("addcmul", input, tensor1, tensor2, int(value) if d.category == 1 else value, dtype=d,
                       numbers_are_operands=False)


addcmul.derivative(
    input=lambda grad: grad,
    tensor1=lambda grad, tensor2, value: grad * conjugate(tensor2 * value),
    tensor2=lambda grad, tensor1, value: grad * conjugate(tensor1 * value),
)


@scalar("addcdiv", complex=lambda x, a, b, value: x + complex_quotient(complex_product(value, a), b))
def _addcdiv(x, a, b, value):
    return x + quotient(value * a, b)


@op("function method inplace out", contract=accumulated(2))
def addcdiv(input, tensor1, tensor2, *, value=1):
    """``input + value * tensor1 / tensor2``, rounded once. ``tensor1`` and ``tensor2`` may not both be integers.

    >>> addcdiv(tensor([1., 1.]), tensor([2., 3.]), tensor([4., 0.]))
    tensor([1.5000,    inf])
    """
    d = common_dtype(input, tensor1, tensor2)
    for tensor in (tensor1, tensor2):
        if is_number(tensor):
            raise OperandError(tensor)
    if tensor1.dtype.category < 2 and tensor2.dtype.category < 2:
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true "
            "division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * "
            "torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) "
            "for float inputs. The future addcdiv behavior is just the latter implementation: (input + value * tensor1 / "
            "tensor2), for all dtypes."
        )
    return elementwise("addcdiv", input, tensor1, tensor2, fit(value, _number_dtype(d)), dtype=d, numbers_are_operands=False)


addcdiv.derivative(
    input=lambda grad: grad,
    tensor1=lambda grad, tensor2, value: grad * conjugate(value / tensor2),
    tensor2=lambda grad, tensor1, tensor2, value: -grad * conjugate(value * tensor1 / (tensor2 * tensor2)),
)


# Two equal formulas in exact arithmetic; each is exact at its own end (weight 0 gives start, weight 1 gives end).
@scalar("lerp", complex=lambda start, end, weight: _complex_lerp(start, end, weight))
def _lerp(start, end, weight):
    if -0.5 < weight < 0.5:
        return start + weight * (end - start)
    way = end - start
    result = end - way * (1.0 - weight)
    if result - result != 0.0 and way - way == 0.0:  # only the product is too large: torch adds to it before it rounds
        return (end * 0.25 - way * 0.25 * (1.0 - weight)) * 4.0
    return result


def _complex_lerp(start: complex, end: complex, weight: complex) -> complex:
    if weight.real * weight.real + weight.imag * weight.imag < 0.25:
        return start + complex_product(weight, end - start)
    return end - complex_product(end - start, 1.0 - weight)


def _lerp_out(function, args, kwargs, outs):
    """With a weight that is a tensor of some dimensions the output must have exactly the dtype of the result."""
    weight = args[2] if len(args) > 2 else kwargs.get("weight")
    is_tensor = isinstance(weight, Tensor) and weight.dim() > 0
    return found_dtype(function, args, kwargs, outs) if is_tensor else function(*args, **kwargs)


@op("function method inplace out", contract=conditioned(4), out=_lerp_out,
    node=lambda bound: "LerpBackward0" if is_number(bound["weight"]) else "LerpBackward1")  # fmt: skip
def lerp(input, end, weight):
    """Linear interpolation ``input + weight * (end - input)``; ``weight`` is a number or a tensor.

    All tensors have one floating point or complex dtype: another one is a RuntimeError. ``weight`` may lie outside [0, 1].

    >>> lerp(tensor([0., 10.]), tensor([1., 20.]), 0.25)
    tensor([ 0.2500, 12.5000])
    """
    for operand in (end, weight):
        if not isinstance(operand, Tensor) and not (is_number(operand) and operand is weight):
            raise OperandError(operand)
    if is_number(weight):
        number_dtype(weight)  # an error for integers of more than 64 bits
    d = input.dtype
    if end.dtype is not d:
        raise RuntimeError(f"expected dtype {spelled_c_name(d)} for `end` but got dtype {spelled_c_name(end.dtype)}")
    if is_number(weight):
        kernel = "lerp_kernel_scalar"
    else:
        kernel = "lerp_kernel_tensor"
        if weight.dtype is not d:
            raise RuntimeError(f"expected dtype {spelled_c_name(d)} for `weight` but got dtype {spelled_c_name(weight.dtype)}")
    if d.category < 2:
        not_implemented(kernel, d, input, end, weight)
    if is_number(weight):
        fit(weight, _number_dtype(d))
    return elementwise("lerp", input, end, weight, dtype=d, numbers_are_operands=False)


lerp.derivative(
    input=lambda grad, weight: grad * conjugate(1 - weight),
    end=lambda grad, weight: grad * conjugate(weight),
    weight=lambda grad, input, end: grad * conjugate(end - input),
)
