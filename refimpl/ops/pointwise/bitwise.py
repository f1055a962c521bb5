"""Bitwise operations and shifts, for integers and (shifts aside) bool. Integers are two's complement numbers of their width.

Operands are broadcast, and the result has their common dtype. None of these has a gradient.
"""

from __future__ import annotations

import operator

from ...foundation.contracts import EXACT
from ...foundation.scalars import scalar
from ...operations.output_kinds import FOUND_DTYPE
from ...operations.registry import op
from ...tensor import Tensor
from ..shared.elementwise import elementwise

scalar("bitwise_and", integer=operator.and_, boolean=operator.and_, fast_integer=operator.and_)
scalar("bitwise_or", integer=operator.or_, boolean=operator.or_, fast_integer=operator.or_)
scalar("bitwise_xor", integer=operator.xor, boolean=operator.xor, fast_integer=operator.xor)
scalar("bitwise_not", integer=operator.invert, boolean=operator.not_, fast_integer=operator.invert)


@op("function method inplace out number", operator="and", differentiable=False, contract=EXACT, dtypes="bool integer unsigned",
    operands="input other", graph="no_derivative")  # fmt: skip
def bitwise_and(input, other):
    """``input & other``: bit by bit for integers, "and" for bool.

    Either operand may be a number; they are broadcast, and the result has their common dtype.
    NotImplementedError: a common dtype that is floating point or complex. There is no gradient.

    >>> bitwise_and(tensor([6, -1]), 3)
    tensor([2, 3])
    """
    return elementwise("bitwise_and", input, other)


@op("function method inplace out number", operator="or", differentiable=False, contract=EXACT, dtypes="bool integer unsigned",
    operands="input other", graph="no_derivative")  # fmt: skip
def bitwise_or(input, other):
    """``input | other``: bit by bit for integers, "or" for bool.

    Either operand may be a number; they are broadcast, and the result has their common dtype.
    NotImplementedError: a common dtype that is floating point or complex. There is no gradient.

    >>> bitwise_or(tensor([6, -4]), 3)
    tensor([ 7, -1])
    """
    return elementwise("bitwise_or", input, other)


@op("function method inplace out number", operator="xor", differentiable=False, contract=EXACT, dtypes="bool integer unsigned",
    operands="input other", graph="no_derivative")  # fmt: skip
def bitwise_xor(input, other):
    """``input ^ other``: bit by bit for integers, "either, not both" for bool.

    Either operand may be a number; they are broadcast, and the result has their common dtype.
    NotImplementedError: a common dtype that is floating point or complex. There is no gradient.

    >>> bitwise_xor(tensor([6, -1]), 3)
    tensor([ 5, -4])
    """
    return elementwise("bitwise_xor", input, other)


@op("function method inplace out", differentiable=False, contract=EXACT, dtypes="bool integer", out=FOUND_DTYPE)
def bitwise_not(input):
    """``~input``: each bit flipped (``-x - 1`` for signed integers), "not" for bool.

    Shape and dtype are the input's. NotImplementedError: floating point and complex tensors (for the operator ``~`` it is a TypeError).
    There is no gradient.

    >>> bitwise_not(tensor([0, 5])), bitwise_not(tensor([True, False]))
    (tensor([-1, -6]), tensor([False,  True]))
    """
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


@op("function method inplace out number", operator="lshift", reflected=_reflected_left_shift, differentiable=False, contract=EXACT,
    dtypes="integer", operands="input other", graph="no_derivative")  # fmt: skip
def bitwise_left_shift(input, other):
    """``input << other`` modulo 2**bits, for each element.

    Either operand may be a number; they are broadcast, and the result has their common dtype. Counts that are negative or at least the width
    give 0. NotImplementedError: a common dtype that is bool, floating point or complex. There is no gradient.

    >>> bitwise_left_shift(tensor([1, 3, -1]), tensor([4, 64, -1]))
    tensor([16,  0,  0])
    """
    return elementwise("bitwise_left_shift", input, other)


@op("function method inplace out number", operator="rshift", reflected=_reflected_right_shift, differentiable=False, contract=EXACT,
    dtypes="integer", operands="input other", graph="no_derivative")  # fmt: skip
def bitwise_right_shift(input, other):
    """``input >> other``, rounding down, for each element.

    Either operand may be a number; they are broadcast, and the result has their common dtype. Counts that are negative or at least the width
    leave only the sign: 0 or -1. NotImplementedError: a common dtype that is bool, floating point or complex. There is no gradient.

    >>> bitwise_right_shift(tensor([16, -5, -5]), tensor([2, 1, 64]))
    tensor([ 4, -3, -1])
    """
    return elementwise("bitwise_right_shift", input, other)
