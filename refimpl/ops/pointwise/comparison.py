"""Comparisons and tests: the results are bool tensors, and none of these operations has a gradient.

Operands are broadcast and compared in their common dtype: an integer tensor and a Python float meet in the default dtype, so that
``tensor([16777217]) == 16777216.`` is true. NaN is unequal to everything and not ordered. Complex numbers are not ordered.
"""

from __future__ import annotations

import math
import operator

from ...foundation.contracts import EXACT
from ...foundation.dtypes import bool_, get_default_dtype
from ...foundation.scalars import scalar
from ...operations.output_kinds import exact
from ...operations.registry import op
from ...operations.slices import ASK, elements_of
from ..shared.elementwise import ALWAYS_BOOL, elementwise
from ..shared.operands import is_number

scalar("eq", operator.eq, integer=operator.eq, complex=operator.eq, boolean=operator.eq, fast=operator.eq, fast_integer=operator.eq)
scalar("ne", operator.ne, integer=operator.ne, complex=operator.ne, boolean=operator.ne, fast=operator.ne, fast_integer=operator.ne)
scalar("lt", operator.lt, integer=operator.lt, boolean=operator.lt, fast=operator.lt, fast_integer=operator.lt)
scalar("le", operator.le, integer=operator.le, boolean=operator.le, fast=operator.le, fast_integer=operator.le)
scalar("gt", operator.gt, integer=operator.gt, boolean=operator.gt, fast=operator.gt, fast_integer=operator.gt)
scalar("ge", operator.ge, integer=operator.ge, boolean=operator.ge, fast=operator.ge, fast_integer=operator.ge)

_BOOLEAN = exact("{name} does not support non-boolean outputs.")
_ORDERED = "bool integer floating"


def _node(name):
    return lambda bound: f"{name}Backward0" if is_number(bound["other"]) else f"{name}Backward1"


@op("function method inplace out", operator="eq", node=_node("Eq"), differentiable=False, contract=EXACT, operands="input other", dtypes="every")
def eq(input, other):
    """``input == other`` for each pair of elements, a bool tensor.

    ``other`` may be a number; both are broadcast, and compared in their common dtype. NaN equals nothing, -0 equals 0.
    There is no gradient; into a float tensor in place, the gradient of what was there is 0.

    >>> eq(tensor([1., 2., nan]), tensor([1., 3., nan]))
    tensor([ True, False, False])
    """
    return elementwise("eq", input, other, promotion=ALWAYS_BOOL)


@op("function method inplace out", operator="ne", node=_node("Ne"), aliases=("not_equal",), differentiable=False, contract=EXACT,
    operands="input other", dtypes="every")  # fmt: skip
def ne(input, other):
    """``input != other`` for each pair of elements, a bool tensor.

    ``other`` may be a number; both are broadcast, and compared in their common dtype. NaN is unequal to everything, itself too.
    There is no gradient; into a float tensor in place, the gradient of what was there is 0.

    >>> ne(tensor([1., 2., nan]), tensor([1., 3., nan]))
    tensor([False,  True,  True])
    """
    return elementwise("ne", input, other, promotion=ALWAYS_BOOL)


@op("function method inplace out", operator="lt", node=_node("Lt"), aliases=("less",), differentiable=False, contract=EXACT,
    dtypes=_ORDERED, operands="input other")  # fmt: skip
def lt(input, other):
    """``input < other`` for each pair of elements, a bool tensor; False if either is NaN.

    ``other`` may be a number; both are broadcast, and compared in their common dtype. NotImplementedError: complex numbers.
    There is no gradient; into a float tensor in place, the gradient of what was there is 0.

    >>> lt(tensor([1, 2, 3]), 2)
    tensor([ True, False, False])
    """
    return elementwise("lt", input, other, promotion=ALWAYS_BOOL)


@op("function method inplace out", operator="le", node=_node("Le"), aliases=("less_equal",), differentiable=False, contract=EXACT,
    dtypes=_ORDERED, operands="input other")  # fmt: skip
def le(input, other):
    """``input <= other`` for each pair of elements, a bool tensor; False if either is NaN.

    ``other`` may be a number; both are broadcast, and compared in their common dtype. NotImplementedError: complex numbers.
    There is no gradient; into a float tensor in place, the gradient of what was there is 0.

    >>> le(tensor([1, 2, 3]), 2)
    tensor([ True,  True, False])
    """
    return elementwise("le", input, other, promotion=ALWAYS_BOOL)


@op("function method inplace out", operator="gt", node=_node("Gt"), aliases=("greater",), differentiable=False, contract=EXACT,
    dtypes=_ORDERED, operands="input other")  # fmt: skip
def gt(input, other):
    """``input > other`` for each pair of elements, a bool tensor; False if either is NaN.

    ``other`` may be a number; both are broadcast, and compared in their common dtype. NotImplementedError: complex numbers.
    There is no gradient; into a float tensor in place, the gradient of what was there is 0.

    >>> gt(tensor([1, 2, 3]), 2)
    tensor([False, False,  True])
    """
    return elementwise("gt", input, other, promotion=ALWAYS_BOOL)


@op("function method inplace out", operator="ge", node=_node("Ge"), aliases=("greater_equal",), differentiable=False, contract=EXACT,
    dtypes=_ORDERED, operands="input other")  # fmt: skip
def ge(input, other):
    """``input >= other`` for each pair of elements, a bool tensor; False if either is NaN.

    ``other`` may be a number; both are broadcast, and compared in their common dtype. NotImplementedError: complex numbers.
    There is no gradient; into a float tensor in place, the gradient of what was there is 0.

    >>> ge(tensor([1, 2, 3]), 2)
    tensor([False,  True,  True])
    """
    return elementwise("ge", input, other, promotion=ALWAYS_BOOL)


# -- tests of one element ----------------------------------------------------------------------------

scalar("isnan", math.isnan, integer=lambda x: False, boolean=lambda x: False, complex=lambda z: z != z)


@op("function method", differentiable=False, contract=EXACT, dtypes="every")
def isnan(input):
    """Whether each element is NaN, a bool tensor of the input's shape.

    A complex number is NaN if a part is. Integers and bool never are. There is no gradient.

    >>> isnan(tensor([1., nan, inf]))
    tensor([False,  True, False])
    """
    return elementwise("isnan", input, promotion=ALWAYS_BOOL)


scalar("isinf", math.isinf, integer=lambda x: False, boolean=lambda x: False, complex=lambda z: math.isinf(z.real) or math.isinf(z.imag))


@op("function method", differentiable=False, contract=EXACT, dtypes="ordinary unsigned float8_e5m2 complex32")
def isinf(input):
    """Whether each element is infinite, a bool tensor of the input's shape.

    A complex number is infinite if a part is, even beside NaN. Integers and bool never are. There is no gradient.

    >>> isinf(tensor([1., nan, -inf]))
    tensor([False, False,  True])
    """
    return elementwise("isinf", input, promotion=ALWAYS_BOOL)


scalar("isfinite", math.isfinite, integer=lambda x: True, boolean=lambda x: True,
       complex=lambda z: math.isfinite(z.real) and math.isfinite(z.imag))  # fmt: skip


@op("function method", differentiable=False, contract=EXACT, dtypes="ordinary unsigned float8_e5m2 complex32")
def isfinite(input):
    """Whether each element is neither infinite nor NaN, a bool tensor of the input's shape.

    A complex number is finite if both parts are. Integers and bool always are. There is no gradient.

    >>> isfinite(tensor([1., nan, -inf]))
    tensor([ True, False, False])
    """
    return elementwise("isfinite", input, promotion=ALWAYS_BOOL)


scalar("isposinf", lambda x: x == math.inf, integer=lambda x: False, boolean=lambda x: False)
scalar("isneginf", lambda x: x == -math.inf, integer=lambda x: False, boolean=lambda x: False)


@op("function method out", differentiable=False, contract=EXACT, out=_BOOLEAN, dtypes="ordinary unsigned")
def isposinf(input):
    """Whether each element is positive infinity, a bool tensor of the input's shape.

    Integers and bool never are. RuntimeError: complex numbers, and an output that is not bool. There is no gradient.

    >>> isposinf(tensor([inf, -inf, 1.]))
    tensor([ True, False, False])
    """
    return elementwise("isposinf", input, promotion=ALWAYS_BOOL)


@isposinf.constraints
def _(require, input):
    require(not input.dtype.is_complex, RuntimeError, "isposinf does not support complex inputs.")


@op("function method out", differentiable=False, contract=EXACT, out=_BOOLEAN, dtypes="ordinary unsigned")
def isneginf(input):
    """Whether each element is negative infinity, a bool tensor of the input's shape.

    Integers and bool never are. RuntimeError: complex numbers, and an output that is not bool. There is no gradient.

    >>> isneginf(tensor([inf, -inf, 1.]))
    tensor([False,  True, False])
    """
    return elementwise("isneginf", input, promotion=ALWAYS_BOOL)


@isneginf.constraints
def _(require, input):
    require(not input.dtype.is_complex, RuntimeError, "isneginf does not support complex inputs.")


scalar("isreal", lambda x: True, integer=lambda x: True, boolean=lambda x: True, complex=lambda z: z.imag == 0.0)


@op("function method", differentiable=False, contract=EXACT, dtypes="every")
def isreal(input):
    """Whether each element is real, a bool tensor of the input's shape.

    A complex number is real if its imaginary part is a zero. All others are real, NaN too. There is no gradient.

    >>> isreal(tensor([1 + 1j, 2 + 0j]))
    tensor([False,  True])
    """
    return elementwise("isreal", input, promotion=ALWAYS_BOOL)


scalar("signbit", lambda x: math.copysign(1.0, x) < 0.0, integer=lambda x: x < 0, boolean=lambda x: False)


@op("function method out", differentiable=False, contract=EXACT, out=_BOOLEAN, dtypes="ordinary unsigned")
def signbit(input):
    """Whether the sign bit is set: of negative numbers, of -0, and of NaN with that bit. A bool tensor of the input's shape.

    NotImplementedError: complex numbers. RuntimeError: an output that is not bool. There is no gradient.

    >>> signbit(tensor([-1., -0., 0.]))
    tensor([ True,  True, False])
    """
    return elementwise("signbit", input, promotion=ALWAYS_BOOL)


@signbit.constraints
def _(require, input):
    require(not input.dtype.is_complex, NotImplementedError, "signbit is not implemented for complex tensors.")


def _closeness(require, input, other, rtol, atol):
    """Both tensors have one dtype, and the tolerances are not negative."""
    require(input.dtype is other.dtype, RuntimeError, "{} did not match {}", input.dtype.type_name, other.dtype.type_name)
    require(rtol >= 0, RuntimeError, "rtol must be greater than or equal to zero, but got {:g}", rtol)
    require(atol >= 0, RuntimeError, "atol must be greater than or equal to zero, but got {:g}", atol)


@op("function method", differentiable=False, contract=EXACT, operands="input other", dtypes="ordinary unsigned complex32")
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """``|input - other| <= atol + rtol * |other|``, or equal, for each pair of elements: a bool tensor.

    The tensors are broadcast. Infinities are close to those of their own sign alone; NaN is close to nothing, or to NaN with ``equal_nan``.
    Integers are compared in the default dtype. RuntimeError: different dtypes, a tolerance that is negative or NaN. There is no gradient.

    >>> isclose(tensor([1., inf]), tensor([1.000001, inf]))
    tensor([True, True])
    """
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


@isclose.constraints
def _(require, input, other, rtol, atol):
    _closeness(require, input, other, rtol, atol)


@op("function method", differentiable=False, contract=EXACT, operands="input other", dtypes="ordinary unsigned complex32",
    slices=elements_of("input other", f"vmap over torch.allclose isn't supported yet. {ASK}"))  # fmt: skip
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether :func:`isclose` holds for all pairs of elements: a Python bool.

    Of no elements it is True. RuntimeError: different dtypes, a tolerance that is negative or NaN. There is no gradient.

    >>> allclose(tensor([1., 2.]), tensor([1., 2.000001]))
    True
    """
    return bool(isclose(input.detach(), other.detach(), rtol, atol, equal_nan).all())


@allclose.constraints
def _(require, input, other, rtol, atol):
    _closeness(require, input, other, rtol, atol)


@op("function method", differentiable=False, contract=EXACT, dtypes="ordinary unsigned float8",
    slices=elements_of("input other", "Batching rule not implemented for aten::equal. We could not generate a fallback."))  # fmt: skip
def equal(input, other):
    """Whether two tensors have the same shape and equal elements: a Python bool.

    Nothing is broadcast; tensors of different shapes are not equal. Dtypes may differ: elements are compared in the common one. NaN equals
    nothing, not even itself, and -0 equals 0. There is no gradient.

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


@op("function method inplace out", differentiable=False, contract=EXACT, operands="input other")
def logical_and(input, other):
    """Whether both elements of each pair are nonzero, a bool tensor.

    The tensors are broadcast and may have any dtypes. NaN counts as nonzero, -0 as zero. There is no gradient.

    >>> logical_and(tensor([0, 1, 2]), tensor([1., 0., nan]))
    tensor([False, False,  True])
    """
    return elementwise("logical_and", input, other, promotion=ALWAYS_BOOL)


@op("function method inplace out", differentiable=False, contract=EXACT, operands="input other")
def logical_or(input, other):
    """Whether at least one element of each pair is nonzero, a bool tensor.

    The tensors are broadcast and may have any dtypes. NaN counts as nonzero, -0 as zero. There is no gradient.

    >>> logical_or(tensor([0, 1, 0]), tensor([0., 0., nan]))
    tensor([False,  True,  True])
    """
    return elementwise("logical_or", input, other, promotion=ALWAYS_BOOL)


@op("function method inplace out", differentiable=False, contract=EXACT, operands="input other")
def logical_xor(input, other):
    """Whether exactly one element of each pair is nonzero, a bool tensor.

    The tensors are broadcast and may have any dtypes. NaN counts as nonzero, -0 as zero. There is no gradient.

    >>> logical_xor(tensor([0, 1, 2]), tensor([1., 0., nan]))
    tensor([ True,  True, False])
    """
    return elementwise("logical_xor", input, other, promotion=ALWAYS_BOOL)


@op("function method inplace out", differentiable=False, contract=EXACT)
def logical_not(input):
    """Whether each element is zero, a bool tensor of the input's shape.

    NaN counts as nonzero, -0 as zero; a complex number is zero if both parts are. There is no gradient.

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
