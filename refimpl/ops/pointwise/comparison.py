"""Comparisons and tests: the results are bool tensors, and none of these operations has a gradient.

Operands are compared in their common dtype: an integer tensor and a Python float meet in the default dtype, so that
``tensor([16777217]) == 16777216.`` is true. NaN is unequal to everything and not ordered. Complex numbers are not ordered.
"""

from __future__ import annotations

import math
import operator

from ...foundation.contracts import EXACT
from ...foundation.dtypes import bool_, get_default_dtype
from ...foundation.scalars import scalar
from ...operations.registry import op
from ..shared.checks import is_number, not_implemented
from ..shared.elementwise import ALWAYS_BOOL, common_dtype, elementwise
from ..shared.outputs import boolean_output

scalar("eq", operator.eq, integer=operator.eq, complex=operator.eq, boolean=operator.eq, fast=operator.eq, fast_integer=operator.eq)
scalar("ne", operator.ne, integer=operator.ne, complex=operator.ne, boolean=operator.ne, fast=operator.ne, fast_integer=operator.ne)
scalar("lt", operator.lt, integer=operator.lt, boolean=operator.lt, fast=operator.lt, fast_integer=operator.lt)
scalar("le", operator.le, integer=operator.le, boolean=operator.le, fast=operator.le, fast_integer=operator.le)
scalar("gt", operator.gt, integer=operator.gt, boolean=operator.gt, fast=operator.gt, fast_integer=operator.gt)
scalar("ge", operator.ge, integer=operator.ge, boolean=operator.ge, fast=operator.ge, fast_integer=operator.ge)


def _node(name):
    return lambda bound: f"{name}Backward0" if is_number(bound["other"]) else f"{name}Backward1"


def _ordered(name, input, other):
    d = common_dtype(input, other)
    if d.is_complex:
        not_implemented(f"{name}_cpu", d, input, other, result=bool_)
    return elementwise(name, input, other, promotion=ALWAYS_BOOL)


@op("function method inplace out", operator="eq", node=_node("Eq"), differentiable=False, contract=EXACT)
def eq(input, other):
    """``input == other``. NaN equals nothing, -0 equals 0.

    >>> eq(tensor([1., 2., nan]), tensor([1., 3., nan]))
    tensor([ True, False, False])
    """
    return elementwise("eq", input, other, promotion=ALWAYS_BOOL)


@op("function method inplace out", operator="ne", node=_node("Ne"), aliases=("not_equal",), differentiable=False, contract=EXACT)
def ne(input, other):
    """``input != other``. NaN is unequal to everything, itself too.

    >>> ne(tensor([1., 2., nan]), tensor([1., 3., nan]))
    tensor([False,  True,  True])
    """
    return elementwise("ne", input, other, promotion=ALWAYS_BOOL)


@op("function method inplace out", operator="lt", node=_node("Lt"), aliases=("less",), differentiable=False, contract=EXACT)
def lt(input, other):
    """``input < other``; False if either is NaN. Complex numbers: NotImplementedError.

    >>> lt(tensor([1, 2, 3]), 2)
    tensor([ True, False, False])
    """
    return _ordered("lt", input, other)


@op("function method inplace out", operator="le", node=_node("Le"), aliases=("less_equal",), differentiable=False, contract=EXACT)
def le(input, other):
    """``input <= other``; False if either is NaN. Complex numbers: NotImplementedError.

    >>> le(tensor([1, 2, 3]), 2)
    tensor([ True,  True, False])
    """
    return _ordered("le", input, other)


@op("function method inplace out", operator="gt", node=_node("Gt"), aliases=("greater",), differentiable=False, contract=EXACT)
def gt(input, other):
    """``input > other``; False if either is NaN. Complex numbers: NotImplementedError.

    >>> gt(tensor([1, 2, 3]), 2)
    tensor([False, False,  True])
    """
    return _ordered("gt", input, other)


@op("function method inplace out", operator="ge", node=_node("Ge"), aliases=("greater_equal",), differentiable=False, contract=EXACT)
def ge(input, other):
    """``input >= other``; False if either is NaN. Complex numbers: NotImplementedError.

    >>> ge(tensor([1, 2, 3]), 2)
    tensor([False,  True,  True])
    """
    return _ordered("ge", input, other)


# -- tests of one element ----------------------------------------------------------------------------

scalar("isnan", math.isnan, integer=lambda x: False, boolean=lambda x: False, complex=lambda z: z != z)


@op("function method", differentiable=False, contract=EXACT)
def isnan(input):
    """Whether each element is NaN; of a complex number, whether a part is.

    >>> isnan(tensor([1., nan, inf]))
    tensor([False,  True, False])
    """
    return elementwise("isnan", input, promotion=ALWAYS_BOOL)


scalar("isinf", math.isinf, integer=lambda x: False, boolean=lambda x: False, complex=lambda z: math.isinf(z.real) or math.isinf(z.imag))


@op("function method", differentiable=False, contract=EXACT)
def isinf(input):
    """Whether each element is infinite; of a complex number, whether a part is.

    >>> isinf(tensor([1., nan, -inf]))
    tensor([False, False,  True])
    """
    return elementwise("isinf", input, promotion=ALWAYS_BOOL)


scalar("isfinite", math.isfinite, integer=lambda x: True, boolean=lambda x: True,
       complex=lambda z: math.isfinite(z.real) and math.isfinite(z.imag))  # fmt: skip


@op("function method", differentiable=False, contract=EXACT)
def isfinite(input):
    """Whether each element is neither infinite nor NaN; of a complex number, whether both parts are so.

    >>> isfinite(tensor([1., nan, -inf]))
    tensor([ True, False, False])
    """
    return elementwise("isfinite", input, promotion=ALWAYS_BOOL)


scalar("isposinf", lambda x: x == math.inf, integer=lambda x: False, boolean=lambda x: False)
scalar("isneginf", lambda x: x == -math.inf, integer=lambda x: False, boolean=lambda x: False)


@op("function method out", differentiable=False, contract=EXACT, out=boolean_output)
def isposinf(input):
    """Whether each element is positive infinity. Complex numbers: RuntimeError.

    >>> isposinf(tensor([inf, -inf, 1.]))
    tensor([ True, False, False])
    """
    if input.dtype.is_complex:
        raise RuntimeError("isposinf does not support complex inputs.")
    return elementwise("isposinf", input, promotion=ALWAYS_BOOL)


@op("function method out", differentiable=False, contract=EXACT, out=boolean_output)
def isneginf(input):
    """Whether each element is negative infinity. Complex numbers: RuntimeError.

    >>> isneginf(tensor([inf, -inf, 1.]))
    tensor([False,  True, False])
    """
    if input.dtype.is_complex:
        raise RuntimeError("isneginf does not support complex inputs.")
    return elementwise("isneginf", input, promotion=ALWAYS_BOOL)


scalar("isreal", lambda x: True, integer=lambda x: True, boolean=lambda x: True, complex=lambda z: z.imag == 0.0)


@op("function method", differentiable=False, contract=EXACT)
def isreal(input):
    """Whether each element is real: of complex numbers, whether the imaginary part is zero.

    >>> isreal(tensor([1 + 1j, 2 + 0j]))
    tensor([False,  True])
    """
    return elementwise("isreal", input, promotion=ALWAYS_BOOL)


scalar("signbit", lambda x: math.copysign(1.0, x) < 0.0, integer=lambda x: x < 0, boolean=lambda x: False)


@op("function method out", differentiable=False, contract=EXACT, out=boolean_output)
def signbit(input):
    """Whether the sign bit is set: of negative numbers and of -0. Complex numbers: NotImplementedError.

    >>> signbit(tensor([-1., -0., 0.]))
    tensor([ True,  True, False])
    """
    if input.dtype.is_complex:
        raise NotImplementedError("signbit is not implemented for complex tensors.")
    return elementwise("signbit", input, promotion=ALWAYS_BOOL)


@op("function method", differentiable=False, contract=EXACT)
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """``|input - other| <= atol + rtol * |other|``, or equal (infinities of one sign are close).

    The dtypes must be the same. NaN is close to nothing, or to NaN with ``equal_nan``. Negative tolerances: RuntimeError.

    >>> isclose(tensor([1., inf]), tensor([1.000001, inf]))
    tensor([True, True])
    """
    if input.dtype is not other.dtype:
        raise RuntimeError(f"{input.dtype.type_name} did not match {other.dtype.type_name}")
    rtol, atol = float(rtol), float(atol)
    if not rtol >= 0:
        raise RuntimeError(f"rtol must be greater than or equal to zero, but got {rtol:g}")
    if not atol >= 0:
        raise RuntimeError(f"atol must be greater than or equal to zero, but got {atol:g}")
    close = input == other
    if input.dtype.category < 2:
        other = other.to(get_default_dtype())  # no wrapping around below
    if equal_nan and input.dtype.category >= 2:
        close = close | (isnan(input) & isnan(other))
    if rtol == 0 and atol == 0:
        return close
    allowed = atol + (rtol * other).abs()
    difference = (input - other).abs() if input.dtype is not bool_ else (input.to(other.dtype) - other).abs()
    return close | (isfinite(difference) & (difference <= allowed))


@op("function method", differentiable=False, contract=EXACT)
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether :func:`isclose` holds for all elements: a Python bool.

    >>> allclose(tensor([1., 2.]), tensor([1., 2.000001]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


@op("function method", differentiable=False, contract=EXACT)
def equal(input, other):
    """Whether two tensors have the same shape and equal elements: a Python bool. NaN equals nothing, -0 equals 0.

    Dtypes may differ; elements are compared in the common one. Nothing is broadcast.

    >>> equal(tensor([1., 2.]), tensor([1, 2])), equal(tensor([1., nan]), tensor([1., nan]))
    (True, False)
    """
    return input.shape == other.shape and bool((input.detach() == other.detach()).all())


# -- logical -----------------------------------------------------------------------------------------


def _and(a, b):
    return bool(a) and bool(b)


def _or(a, b):
    return bool(a) or bool(b)


def _xor(a, b):
    return bool(a) is not bool(b)


scalar("logical_and", _and, integer=_and, complex=_and, boolean=_and)
scalar("logical_or", _or, integer=_or, complex=_or, boolean=_or)
scalar("logical_xor", _xor, integer=_xor, complex=_xor, boolean=_xor)
scalar("logical_not", operator.not_, integer=operator.not_, complex=operator.not_, boolean=operator.not_)


def _logical(name, input, other):
    return elementwise(name, input, other, promotion=ALWAYS_BOOL)


@op("function method inplace out", differentiable=False, contract=EXACT)
def logical_and(input, other):
    """Whether both elements are nonzero. NaN counts as nonzero.

    >>> logical_and(tensor([0, 1, 2]), tensor([1., 0., nan]))
    tensor([False, False,  True])
    """
    return _logical("logical_and", input, other)


@op("function method inplace out", differentiable=False, contract=EXACT)
def logical_or(input, other):
    """Whether at least one element is nonzero. NaN counts as nonzero.

    >>> logical_or(tensor([0, 1, 0]), tensor([0., 0., nan]))
    tensor([False,  True,  True])
    """
    return _logical("logical_or", input, other)


@op("function method inplace out", differentiable=False, contract=EXACT)
def logical_xor(input, other):
    """Whether exactly one element is nonzero. NaN counts as nonzero.

    >>> logical_xor(tensor([0, 1, 2]), tensor([1., 0., nan]))
    tensor([ True,  True, False])
    """
    return _logical("logical_xor", input, other)


@op("function method inplace out", differentiable=False, contract=EXACT)
def logical_not(input):
    """Whether each element is zero. NaN counts as nonzero.

    >>> logical_not(tensor([0., 2., nan]))
    tensor([ True, False, False])
    """
    return elementwise("logical_not", input, promotion=ALWAYS_BOOL)


def _no_gradient(grad):
    return grad.new_zeros(grad.shape)


# A comparison written into a float tensor in place cuts it off: nothing of a later gradient passes back. (Writing a logical operation's
# result in place leaves the graph as it was, in torch too.)
for _operation in (eq, ne, lt, le, gt, ge):
    _operation.derivative(input=_no_gradient, other=_no_gradient)
