"""Arithmetic: addition, subtraction, multiplication, signs, and the combined forms addcmul, addcdiv, lerp.

Operands of all of these are broadcast together, and a result is laid out in memory as they are. It has their common dtype
(:mod:`refimpl.foundation.promotion`). Floats: the exact result rounded once, with the rules of IEEE 754 for infinities, NaN and signed
zeros. Integers wrap around modulo 2**bits. Complex numbers follow the schoolbook formulas on their parts. Two bool operands: ``+`` is "or",
``*`` is "and", ``-`` is an error. Division is in :mod:`refimpl.ops.pointwise.division`, powers and roots in :mod:`refimpl.ops.pointwise.powers`.
"""

from __future__ import annotations

import math
import operator
from typing import Any

from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import EXACT, accumulated, conditioned
from ...foundation.dtypes import bool_, dtype, stored_dtypes
from ...foundation.layout import preserved_strides
from ...foundation.scalars import scalar
from ...operations.output_kinds import CASTABLE, FOUND_DTYPE, OutputKind, exact
from ...operations.registry import op
from ...operations.sharing import real_apart
from ...operations.writing import overwrite
from ...tensor import Tensor
from ..shared.complex_arithmetic import complex_product, complex_quotient, quotient
from ..shared.elementwise import COMPLEX_TO_FLOAT, common_dtype, elementwise
from ..shared.operands import conjugate, is_number, parameter_dtype

# -- addition and subtraction ------------------------------------------------------------------------


def _plus_product(x: float, product: float, *factors: float) -> float:
    """``x + product``; beside an infinite x a product of finite factors is finite, though it overflows."""
    total = x + product
    return x if total != total and math.isinf(x) and all(map(math.isfinite, factors)) else total


scalar("add", operator.add, integer=operator.add, complex=operator.add, boolean=operator.or_,
       fast=operator.add, fast_integer=operator.add)  # fmt: skip
scalar("sub", operator.sub, integer=operator.sub, complex=operator.sub, fast=operator.sub, fast_integer=operator.sub)
scalar("add_scaled", lambda x, y, alpha: _plus_product(x, alpha * y, alpha, y), integer=lambda x, y, alpha: x + alpha * y,
       boolean=lambda x, y, alpha: bool(x or (alpha and y)), complex=lambda x, y, alpha: x + complex_product(alpha, y))  # fmt: skip
scalar("sub_scaled", lambda x, y, alpha: _plus_product(x, -(alpha * y), alpha, y), integer=lambda x, y, alpha: x - alpha * y,
       complex=lambda x, y, alpha: x - complex_product(alpha, y))  # fmt: skip


def _factor(require: Any, alpha: Any, d: dtype, sign: int) -> None:
    """``alpha`` is of no higher category than the result's dtype ``d``, and ``sign * alpha`` fits it."""
    require(not isinstance(alpha, bool) or d is bool_, RuntimeError, "Boolean alpha only supported for Boolean results.")
    require(not isinstance(alpha, (float, complex)) or d.category >= 2, RuntimeError,
            "For integral input tensors, argument alpha must not be a floating point number.")  # fmt: skip
    require(not isinstance(alpha, complex) or d.is_complex, RuntimeError,
            "For non-complex input tensors, argument alpha must not be a complex number.")  # fmt: skip
    require.fits(alpha if alpha == -(2**63) else sign * alpha, d)  # negated in int64, where the least number is its own negative


def _scaled(grad: Any, alpha: Any) -> Any:
    return grad if alpha == 1 else grad * alpha.conjugate()


@op("function method inplace out number", operator="add", contract=EXACT, graph="wraps_numbers", operands="input other",
    dtypes="ordinary complex32")  # fmt: skip
def add(input, other, *, alpha=1):
    """``input + alpha * other`` for each element, rounded once.

    Either operand may be a number; they are broadcast. The result has their common dtype; two bool operands give bool, ``input or (alpha and
    other)``. Integers wrap around. ``inf - inf`` is NaN, and ``-0. + -0.`` is the only sum of zeros that is -0.
    RuntimeError: a bool ``alpha`` with numbers, a float with integers, a complex one with floats, or one that the result's dtype cannot hold.
    The gradient of ``input`` is the incoming one, that of ``other`` is multiplied by ``alpha``'s conjugate.

    >>> add(tensor([1., 2.]), tensor([10., 20.]), alpha=2)
    tensor([21., 42.])
    """
    if alpha == 1:
        return elementwise("add", input, other)
    return elementwise("add_scaled", input, other, alpha, dtype=common_dtype(input, other), numbers_are_operands=is_number(other))


@add.constraints(defaults_hold=True)
def _(require, input, other, alpha):
    _factor(require, alpha, common_dtype(input, other), 1)


add.derivative(
    input=lambda grad: grad,
    other=lambda grad, alpha: _scaled(grad, alpha),
)


def _is_bool(operand: Any) -> bool:
    if operand.__class__ is Tensor:
        return operand._view.dtype is bool_
    return isinstance(operand, bool) if is_number(operand) else operand.dtype is bool_


def _subtraction(require: Any, input: Any, other: Any, alpha: Any) -> None:
    """No operand of a subtraction is bool, and ``alpha`` suits their dtype. (torch adds ``-alpha`` times the second operand.)"""
    first, second = _is_bool(input), _is_bool(other)
    if first or second:
        _no_masks(require, first, second)
    if alpha.__class__ is not int or alpha != 1:
        _factor(require, alpha, common_dtype(input, other), -1)


def _no_masks(require: Any, first: bool, second: bool) -> None:
    """Neither of two operands is bool."""
    require(not (first and second), RuntimeError, "Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead.")  # fmt: skip
    require(first is second, RuntimeError, "Subtraction, the `-` operator, with a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.")  # fmt: skip


@op("function", contract=EXACT, node=lambda bound: "RsubBackward1" if is_number(bound["other"]) else "RsubBackward0", operands="other input",
    dtypes="ordinary complex32")  # fmt: skip
def rsub(input, other, *, alpha=1):
    """``other - alpha * input``: subtraction with its operands exchanged, what ``2 - x`` computes.

    All else is as for :func:`sub`: broadcasting, the common dtype, integers that wrap around.
    RuntimeError: a bool operand, and an ``alpha`` that :func:`add` would refuse.
    The gradient of ``other`` is the incoming one, that of ``input`` is multiplied by ``-alpha``'s conjugate.

    >>> rsub(tensor([1., 2.]), 10)
    tensor([9., 8.])
    """
    if alpha == 1:
        return elementwise("sub", other, input)
    return elementwise("sub_scaled", other, input, alpha, dtype=common_dtype(input, other), numbers_are_operands=is_number(other))


@rsub.constraints
def _(require, input, other, alpha):
    _subtraction(require, input, other, alpha)


rsub.derivative(
    input=lambda grad, alpha: _scaled(-grad, alpha),
    other=lambda grad: grad,
)


@op("function method inplace out number", operator="sub", reflected=rsub, aliases=("subtract",), contract=EXACT,
    graph="wraps_numbers", operands="input other", dtypes="ordinary complex32")  # fmt: skip
def sub(input, other, *, alpha=1):
    """``input - alpha * other`` for each element, rounded once.

    Either operand may be a number; they are broadcast, and the result has their common dtype. Integers wrap around, ``inf - inf`` is NaN.
    RuntimeError: a bool operand (``^`` is meant, or ``~``), and an ``alpha`` that :func:`add` would refuse.
    The gradient of ``input`` is the incoming one, that of ``other`` is multiplied by ``-alpha``'s conjugate.

    >>> sub(tensor([5, 6]), 7)
    tensor([-2, -1])
    """
    if alpha == 1:
        return elementwise("sub", input, other)
    return elementwise("sub_scaled", input, other, alpha, dtype=common_dtype(input, other), numbers_are_operands=is_number(other))


@sub.constraints
def _(require, input, other, alpha):
    _subtraction(require, input, other, alpha)


sub.derivative(
    input=lambda grad: grad,
    other=lambda grad, alpha: _scaled(-grad, alpha),
)


# -- multiplication and sign -------------------------------------------------------------------------

scalar("mul", operator.mul, integer=operator.mul, complex=complex_product, boolean=operator.and_,
       fast=operator.mul, fast_integer=operator.mul, single_precision_numbers=True)  # fmt: skip


@op("function method inplace out number", operator="mul", aliases=("multiply",), contract=EXACT, graph="wraps_numbers saves_numbers",
    operands="input other", dtypes="ordinary unsigned float8 complex32")  # fmt: skip
def mul(input, other):
    """``input * other`` for each element, rounded once.

    Either operand may be a number; they are broadcast, and the result has their common dtype. Two bool operands give "and"; integers wrap
    around; ``0 * inf`` is NaN. Complex products are (ac - bd) + (ad + bc)i, with no recovery of infinities as in C99, Annex G.
    The gradient of each operand is the incoming one times the conjugate of the other.

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


@op("function method inplace_function out", operator="neg", aliases=("negative",), contract=EXACT, out=FOUND_DTYPE,
    dtypes="ordinary complex32")  # fmt: skip
def neg(input):
    """``-input`` for each element: the sign bit flipped, of zeros and NaN too.

    Shape and dtype are the input's. Unsigned integers and the least signed one wrap around: the least integer stays.
    RuntimeError: a bool tensor (``~`` is meant). The gradient is the incoming one, negated.

    >>> neg(tensor([1, -2, 0]))
    tensor([-1,  2,  0])
    """
    return elementwise("neg", input)


@neg.constraints
def _(require, input):
    require(input._view.dtype is not bool_, RuntimeError, "Negation, the `-` operator, on a bool tensor is not supported. "
            "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.")  # fmt: skip


neg.derivative(input=lambda grad: -grad)


@op("function method", operator="pos", contract=EXACT)
def positive(input):
    """``+input``: the tensor itself, not a copy. Whatever is written into the result is written into the input.

    RuntimeError: a bool tensor. The gradient is the incoming one.

    >>> positive(tensor([1., -2.]))
    tensor([ 1., -2.])
    """
    return input


@positive.constraints
def _(require, input):
    require(input._view.dtype is not bool_, RuntimeError, "The `+` operator, on a bool tensor is not supported.")


def _complex_abs(z: complex) -> float:
    return math.hypot(z.real, z.imag)


def _absolute_output(d: dtype) -> OutputKind:
    """Of complex numbers: any real floating point output, or a complex one of the same dtype."""
    floats = tuple(each for each in stored_dtypes if each.category == 2)
    return exact(f"Found dtype {{out}} but expected {d.type_name}")._replace(
        dtypes=(*floats, d), also=(CASTABLE.cast_words,), layout="contiguous")


scalar("abs", operator.abs, integer=operator.abs, complex=_complex_abs, fast=operator.abs, fast_integer=operator.abs)


@op("function method out", operator="abs", aliases=("absolute",), contract=EXACT, dtypes="integer floating complex float8 complex32",
    sharing=real_apart, out=lambda bound: _absolute_output(bound["input"].dtype) if bound["input"].dtype.is_complex else FOUND_DTYPE)  # fmt: skip
def abs(input):
    """The absolute value of each element: of complex numbers hypot(real, imag), in the real dtype of their parts.

    The shape is the input's, and so is the dtype of real numbers. The least integer has no counterpart and stays (it wraps around); NaN stays
    NaN, but a complex number with an infinite part has absolute value inf. NotImplementedError: a bool tensor.
    The gradient is multiplied by :func:`sgn` of the input, so it is 0 at 0.

    >>> abs(tensor([-1., 2., -0.]))
    tensor([1., 2., 0.])
    """
    view = input._view
    strides = preserved_strides(view.shape, view.strides) if input.dtype.is_complex else None
    return elementwise("abs", input, promotion=COMPLEX_TO_FLOAT, layout=strides)


abs.derivative(input=lambda grad, input: grad * input.sgn())


@op("function method", aliases=("absolute_",), node="AbsBackward0", contract=EXACT, dtypes="integer floating complex float8 complex32")
def abs_(input):
    """:func:`abs` in place: the tensor itself, with the absolute values written into it.

    RuntimeError: a complex tensor, as its absolute values are real. NotImplementedError: a bool tensor.
    The gradient is that of :func:`abs`.

    >>> tensor([-1, 2]).abs_()
    tensor([1, 2])
    """
    return overwrite(input, elementwise("abs", input))


@abs_.constraints
def _(require, input):
    require(not input._view.dtype.is_complex, RuntimeError, "In-place abs is not supported for complex tensors.")


abs_.derivative(input=lambda grad, input: grad * input.sgn())


@scalar("sign", integer=lambda x: (x > 0) - (x < 0), boolean=bool)
def _sign(x):
    return float((x > 0.0) - (x < 0.0))


@op("function method inplace out", contract=EXACT, out=FOUND_DTYPE)
def sign(input):
    """-1, 0 or 1: the sign of each element, in the input's shape and dtype.

    Zeros of both signs and NaN give 0 (not -0). Of bool it is the element itself.
    NotImplementedError: complex numbers, which have :func:`sgn`. The gradient is 0 everywhere.

    >>> sign(tensor([-3., 0., 0.5, nan]))
    tensor([-1.,  0.,  1.,  0.])
    """
    return elementwise("sign", input)


@sign.constraints
def _(require, input):
    require(not input._view.dtype.is_complex, NotImplementedError, "Unlike NumPy, torch.sign is not intended to support complex numbers. "
            "Please use torch.sgn instead.")  # fmt: skip


sign.derivative(input=lambda grad: grad.new_zeros(grad.shape))


# -- combined forms ----------------------------------------------------------------------------------


scalar("addcmul", lambda x, a, b, value: _plus_product(x, value * a * b, value, a, b),
       integer=lambda x, a, b, value: x + value * a * b, single_precision_numbers=True,
       complex=lambda x, a, b, value: x + complex_product(complex_product(value, a), b))  # fmt: skip


@op("function method inplace out", contract=accumulated(2), dtypes="integer floating complex complex32", operands="input tensor1 tensor2")
def addcmul(input, tensor1, tensor2, *, value=1):
    """``input + value * tensor1 * tensor2``, rounded once.

    The three tensors are broadcast, and the result has their common dtype. Integers wrap around; for them a fractional ``value`` is cut off.
    RuntimeError: a ``value`` that the result's dtype cannot hold (float32 for the 16-bit floats). NotImplementedError: three bool tensors.
    The gradients of the factors are the incoming one times the conjugate of ``value`` and the other factor.

    >>> addcmul(tensor([1., 1.]), tensor([2., 3.]), tensor([4., 5.]), value=0.5)
    tensor([5.0000, 8.5000])
    """
    d = common_dtype(input, tensor1, tensor2)
    return elementwise("addcmul", input, tensor1, tensor2, int(value) if d.category == 1 else value, dtype=d, numbers_are_operands=False)


@addcmul.constraints(defaults_hold=True)
def _(require, input, tensor1, tensor2, value):
    require.fits(value, parameter_dtype(common_dtype(input, tensor1, tensor2)))


addcmul.derivative(
    input=lambda grad: grad,
    tensor1=lambda grad, tensor2, value: grad * conjugate(tensor2 * value),
    tensor2=lambda grad, tensor1, value: grad * conjugate(tensor1 * value),
)


@scalar("addcdiv", complex=lambda x, a, b, value: x + complex_quotient(complex_product(value, a), b), single_precision_numbers=True)
def _addcdiv(x, a, b, value):
    return x + quotient(value * a, b)


@op("function method inplace out", contract=accumulated(2), operands="input tensor1 tensor2", dtypes="ordinary unsigned")
def addcdiv(input, tensor1, tensor2, *, value=1):
    """``input + value * tensor1 / tensor2``, rounded once.

    The three tensors are broadcast, and the result has their common dtype. A divisor 0 follows IEEE 754.
    RuntimeError: ``tensor1`` and ``tensor2`` both of integers or bool, or a ``value`` that the result's dtype cannot hold (float32 for
    the 16-bit floats). The gradients are those of the quotient, times the conjugate of ``value``.

    >>> addcdiv(tensor([1., 1.]), tensor([2., 3.]), tensor([4., 0.]))
    tensor([1.5000,    inf])
    """
    return elementwise("addcdiv", input, tensor1, tensor2, value, dtype=common_dtype(input, tensor1, tensor2), numbers_are_operands=False)


@addcdiv.constraints
def _(require, input, tensor1, tensor2, value):
    require(tensor1.dtype.category >= 2 or tensor2.dtype.category >= 2, RuntimeError,
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true "
            "division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * "
            "torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) "
            "for float inputs. The future addcdiv behavior is just the latter implementation: (input + value * tensor1 / "
            "tensor2), for all dtypes.")  # fmt: skip
    require.fits(value, parameter_dtype(common_dtype(input, tensor1, tensor2)))


addcdiv.derivative(
    input=lambda grad: grad,
    tensor1=lambda grad, tensor2, value: grad * conjugate(value / tensor2),
    tensor2=lambda grad, tensor1, tensor2, value: -grad * conjugate(value * tensor1 / (tensor2 * tensor2)),
)


_TINY, _LARGE = 2.0**-900, 2.0**64  # of numbers below the one times the other nothing is subnormal


# Two equal formulas in exact arithmetic; each is exact at its own end (weight 0 gives start, weight 1 gives end).
@scalar("lerp", complex=lambda start, end, weight: _complex_lerp(start, end, weight), single_precision_numbers=True)
def _lerp(start, end, weight):
    way = end - start
    result = start + weight * way if -0.5 < weight < 0.5 else end - way * (1.0 - weight)
    # The product alone may be too large, or subnormal: torch adds to it before it rounds.
    if result - result != 0.0 and way - way == 0.0 and not -0.5 < weight < 0.5:
        return (end * 0.25 - way * 0.25 * (1.0 - weight)) * 4.0
    if way and -_TINY < result < _TINY and -_TINY < way < _TINY:
        start, end, way = start * _LARGE, end * _LARGE, way * _LARGE
        return (start + weight * way if -0.5 < weight < 0.5 else end - way * (1.0 - weight)) / _LARGE
    return result


def _complex_lerp(start: complex, end: complex, weight: complex) -> complex:
    if weight.real * weight.real + weight.imag * weight.imag < 0.25:
        return start + complex_product(weight, end - start)
    return end - complex_product(end - start, 1.0 - weight)


@op("function method inplace out", contract=conditioned(4), operands="input end weight",
    out=lambda bound: CASTABLE if is_number(bound["weight"]) or not bound["weight"].dim() else FOUND_DTYPE,
    node=lambda bound: "LerpBackward0" if is_number(bound["weight"]) else "LerpBackward1")  # fmt: skip
def lerp(input, end, weight):
    """Linear interpolation ``input + weight * (end - input)``; ``weight`` is a number or a tensor.

    All tensors are broadcast and have one floating point or complex dtype, the result's; a 0-d ``weight`` may be of any, and is promoted with the
    others. ``weight`` may lie outside [0, 1]; weight 0 gives
    ``input`` and weight 1 gives ``end`` exactly, if both are finite.
    RuntimeError: ``end`` or ``weight`` of another dtype, a number that the dtype cannot hold (float32 for the 16-bit floats).
    NotImplementedError: integers and bool. The gradients are multiplied by the conjugates of ``1 - weight``, ``weight`` and ``end - input``.

    >>> lerp(tensor([0., 10.]), tensor([1., 20.]), 0.25)
    tensor([ 0.2500, 12.5000])
    """
    own = is_number(weight) or weight.dim()
    return elementwise("lerp", input, end, weight, dtype=input.dtype if own else None, numbers_are_operands=False)


@lerp.constraints
def _(require, input, end, weight):
    d = input.dtype
    common = d if is_number(weight) or weight.dim() else common_dtype(input, end, weight)
    require(common.category >= 2, NotImplementedError, "\"lerp\" not implemented for '{}'", common.type_name)
    require(end.dtype is d, RuntimeError, "expected dtype {} for `end` but got dtype {}", spelled_c_name(d), spelled_c_name(end.dtype))
    if is_number(weight):
        require.fits(weight, parameter_dtype(d))
    else:
        require(not weight.dim() or weight.dtype is d, RuntimeError, "expected dtype {} for `weight` but got dtype {}", spelled_c_name(d),
                spelled_c_name(weight.dtype))  # fmt: skip


lerp.derivative(
    input=lambda grad, weight: grad * conjugate((1 if is_number(weight) else weight.new_ones(())) - weight),
    end=lambda grad, weight: grad * conjugate(weight),
    weight=lambda grad, input, end: grad * conjugate(end - input),
)
