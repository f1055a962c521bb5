"""Bitwise operations and shifts, for integers and (shifts aside) bool. Integers are two's complement numbers of their width."""

from __future__ import annotations

import operator

from ...foundation.contracts import EXACT
from ...foundation.scalars import scalar
from ...operations.registry import op
from ...tensor import Tensor
from ..shared.checks import not_implemented
from ..shared.elementwise import common_dtype, elementwise
from ..shared.outputs import found_dtype

scalar("bitwise_and", integer=operator.and_, boolean=operator.and_, fast_integer=operator.and_)
scalar("bitwise_or", integer=operator.or_, boolean=operator.or_, fast_integer=operator.or_)
scalar("bitwise_xor", integer=operator.xor, boolean=operator.xor, fast_integer=operator.xor)
scalar("bitwise_not", integer=operator.invert, boolean=operator.not_, fast_integer=operator.invert)


def _bitwise(name, kernel, least_category, input, other):
    d = common_dtype(input, other)
    if not least_category <= d.category <= 1:
        not_implemented(kernel, d, input, other)
    return elementwise(name, input, other)


@op("function method inplace out number", operator="and", differentiable=False, contract=EXACT)
def bitwise_and(input, other):
    """``input & other``: bit by bit for integers, "and" for bool. Floats: NotImplementedError.

    >>> bitwise_and(tensor([6, -1]), 3)
    tensor([2, 3])
    """
    return _bitwise("bitwise_and", "bitwise_and_cpu", 0, input, other)


@op("function method inplace out number", operator="or", differentiable=False, contract=EXACT)
def bitwise_or(input, other):
    """``input | other``: bit by bit for integers, "or" for bool. Floats: NotImplementedError.

    >>> bitwise_or(tensor([6, -4]), 3)
    tensor([ 7, -1])
    """
    return _bitwise("bitwise_or", "bitwise_or_cpu", 0, input, other)


@op("function method inplace out number", operator="xor", differentiable=False, contract=EXACT)
def bitwise_xor(input, other):
    """``input ^ other``: bit by bit for integers, "either, not both" for bool. Floats: NotImplementedError.

    >>> bitwise_xor(tensor([6, -1]), 3)
    tensor([ 5, -4])
    """
    return _bitwise("bitwise_xor", "bitwise_xor_cpu", 0, input, other)


@op("function method inplace out", differentiable=False, contract=EXACT, out=found_dtype)
def bitwise_not(input):
    """``~input``: each bit flipped (``-x - 1`` for signed integers), "not" for bool. Floats: NotImplementedError.

    >>> bitwise_not(tensor([0, 5])), bitwise_not(tensor([True, False]))
    (tensor([-1, -6]), tensor([False,  True]))
    """
    if input.dtype.category > 1:
        not_implemented("bitwise_not_cpu", input.dtype)
    return elementwise("bitwise_not", input)


def _invert(self):
    if self.dtype.category > 1:
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return bitwise_not(self)


Tensor.__invert__ = _invert  # type: ignore[method-assign]  # the operator has an error of its own

# -- shifts ------------------------------------------------------------------------------------------

# No integer has more than 64 bits; narrower ones lose the excess when the result is taken modulo 2**bits.
scalar("bitwise_left_shift", integer=lambda x, count: x << count if 0 <= count < 64 else 0)
scalar("bitwise_right_shift", integer=lambda x, count: x >> count if 0 <= count < 64 else -1 if x < 0 else 0)


def _reflected_left_shift(self, other):
    return bitwise_left_shift(other, self)


def _reflected_right_shift(self, other):
    return bitwise_right_shift(other, self)


@op("function method inplace out number", operator="lshift", reflected=_reflected_left_shift, differentiable=False, contract=EXACT)
def bitwise_left_shift(input, other):
    """``input << other`` modulo 2**bits; 0 for counts that are negative or at least the width. Integers only (bool with an integer is one).

    >>> bitwise_left_shift(tensor([1, 3, -1]), tensor([4, 64, -1]))
    tensor([16,  0,  0])
    """
    return _bitwise("bitwise_left_shift", "lshift_cpu", 1, input, other)


@op("function method inplace out number", operator="rshift", reflected=_reflected_right_shift, differentiable=False, contract=EXACT)
def bitwise_right_shift(input, other):
    """``input >> other``, rounding down; counts that are negative or at least the width leave only the sign: 0 or -1. Integers only.

    >>> bitwise_right_shift(tensor([16, -5, -5]), tensor([2, 1, 64]))
    tensor([ 4, -3, -1])
    """
    return _bitwise("bitwise_right_shift", "rshift_cpu", 1, input, other)
