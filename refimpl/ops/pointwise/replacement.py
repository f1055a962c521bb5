"""Elements replaced by others: where a mask holds (where, masked_fill), at zero (heaviside), NaN and infinities (nan_to_num).

None of these round: the results are elements of the operands.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import EXACT
from ...foundation.dtypes import bool_, finfo, uint8
from ...foundation.layout import broadcast_shapes, contiguous_strides, preserved_strides
from ...foundation.scalars import scalar
from ...operations.output_kinds import OutputKind, exact
from ...operations.registry import op
from ...operations.slices import shape_of
from ...tensor import Tensor
from ..shared.elementwise import ALWAYS_BOOL, common_dtype, elementwise
from ..shared.gradients import no_derivative
from ..shared.operands import is_number, number_of

# -- by a mask ---------------------------------------------------------------------------------------


def _where(condition, a, b):
    return a if condition else b


scalar("where", _where, integer=_where, complex=_where, boolean=_where, own_dtype=(0,))


@op("function out", contract=EXACT, out=exact("Expected out type to be {result} but got {out}"), graph="wraps_numbers",
    operands="condition input other", dtypes="every", slices=shape_of("condition", "where", lambda bound: bound["input"] is None))  # fmt: skip
def where(condition, input=None, other=None):
    """``input`` where ``condition`` holds, else ``other``: each a tensor or a number.

    All three are broadcast. The condition is a bool tensor (uint8 is accepted with a warning); the other two promote to their common dtype. An
    element that is not chosen has no influence, NaN included, and its gradient is 0. With float16 and bfloat16 a number that is too large
    becomes infinite. With the condition alone: the tuple of indices of its nonzero elements, ``nonzero(condition, as_tuple=True)``.
    RuntimeError: a condition of another dtype, and a number that the common dtype cannot hold.

    >>> where(tensor([True, False]), tensor([1., 2.]), 0)
    tensor([1., 0.])
    """
    if input is None:
        return condition.nonzero(as_tuple=True)
    if condition.dtype is uint8:
        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future version of PyTorch. "
            "Use a boolean condition instead.",
            stacklevel=3,
        )
        condition = elementwise("ne", condition, 0, promotion=ALWAYS_BOOL)
    return elementwise("where", condition, input, other, dtype=common_dtype(input, other))


@where.constraints
def _(require, condition, input, other):
    if input is None:
        return
    require(condition.dtype in (bool_, uint8), RuntimeError, "where expected condition to be a boolean tensor, but got a tensor with dtype {}",
            condition.dtype.type_name)  # fmt: skip
    d = common_dtype(input, other)
    for operand in (input, other):
        if is_number(operand) and (d.category == 1 or d.itemsize > 2):  # the short floats take any number
            require.fits(operand, d)


where.derivative(
    input=lambda grad, condition: where(condition, grad, 0),
    other=lambda grad, condition: where(condition, 0, grad),
)


def _where_method(self, condition, other):
    """``where(condition, self, other)``: this tensor where ``condition`` holds, else ``other``."""
    return where(condition, self, other)


Tensor.where = _where_method  # type: ignore[method-assign]  # unlike the function's, the method's tensor is the second operand


@op("function method inplace", contract=EXACT, dtypes="ordinary complex32",
    node=lambda bound: "MaskedFillBackward0" if is_number(bound["value"]) else "MaskedFillBackward1")  # fmt: skip
def masked_fill(input, mask, value):
    """``value`` where ``mask`` holds, else ``input``. ``value`` is a number or a 0-d tensor.

    The bool ``mask`` and the input are broadcast (in place the input keeps its shape). The dtype is the input's; for integers a fraction is cut
    off. The result is contiguous, unlike that of other pointwise operations.
    RuntimeError: a mask of another dtype, a value that has dimensions, and one that the dtype cannot hold (a complex one for floats, one out
    of range). The gradient of the input is 0 where the mask holds, that of ``value`` the sum of the incoming one there.

    >>> masked_fill(tensor([1., 2., 3.]), tensor([True, False, True]), 0)
    tensor([0., 2., 0.])
    """
    number = value if is_number(value) else number_of(value)
    if isinstance(number, complex) and not input.dtype.is_complex:
        number = number.real if input.dtype.category else bool(number)
    strides = contiguous_strides(broadcast_shapes(mask.shape, input.shape))
    return elementwise("where", mask, number, input, dtype=input.dtype, layout=strides)


@masked_fill.constraints
def _(require, input, mask, value):
    require(mask.dtype is bool_, RuntimeError, "masked_fill_ only supports boolean masks, but got mask with dtype {}", spelled_c_name(mask.dtype))
    require.broadcast(mask, input)
    require(is_number(value) or not value.dim(), RuntimeError,
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).",
            0 if is_number(value) else value.dim())  # fmt: skip
    require.fits(value if is_number(value) else number_of(value), input.dtype)


masked_fill.derivative(
    input=lambda grad, mask: grad.masked_fill(mask, 0),
    value=lambda grad, mask: where(mask, grad, 0).sum(),
)

# -- by value ----------------------------------------------------------------------------------------


@scalar("heaviside", integer=lambda x, value: value if x == 0 else int(x > 0), boolean=lambda x, value: x or value)
def _heaviside(x, value):
    return value if x == 0.0 else float(x > 0.0)


_ONE_DTYPE = "heaviside is not yet implemented for tensors with different dtypes."
_NOT_COMPLEX = "heaviside is not yet implemented for complex tensors."


@op("function method inplace out", node="NotImplemented", contract=EXACT, out=exact(_ONE_DTYPE)._replace(also=(_NOT_COMPLEX,)),
    graph="required_edges_only", operands="input values")  # fmt: skip
def heaviside(input, values):
    """The unit step: 0 below zero, 1 above, ``values`` at zeros of either sign; NaN gives 0.

    The tensors are broadcast and have one real dtype, the result's. RuntimeError: different dtypes, and complex numbers.
    It has no gradient: backward is a RuntimeError.

    >>> heaviside(tensor([-1., 0., 2.]), tensor([0.5]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return elementwise("heaviside", input, values)


@heaviside.constraints
def _(require, input, values):
    require(not input.dtype.is_complex and not values.dtype.is_complex, RuntimeError, _NOT_COMPLEX)
    require(input.dtype is values.dtype, RuntimeError, _ONE_DTYPE)


heaviside.derivative(input=no_derivative("aten::heaviside"), values=no_derivative("aten::heaviside"))


def _nan_to_num(x, nan, posinf, neginf):
    if x != x:
        return nan
    return posinf if x == math.inf else neginf if x == -math.inf else x


def _unchanged(x, nan, posinf, neginf):
    return x


scalar("nan_to_num", _nan_to_num, integer=_unchanged, boolean=_unchanged,
       complex=lambda z, *values: complex(*(_nan_to_num(part, *(v.real for v in values)) for part in (z.real, z.imag))))  # fmt: skip


_REPLACED = exact("{name}: dtype of out: {out} should be same as input: {result}")


def _replaced_output(bound: dict[str, Any]) -> OutputKind:
    """Integers, which stay as they are, are copied into an output that is made contiguous."""
    return _REPLACED if bound["input"].dtype.category >= 2 else _REPLACED.contiguous()


@op("function method inplace_function out", contract=EXACT, out=_replaced_output, graph="real_alone", dtypes="ordinary unsigned")
def nan_to_num(input, nan=None, posinf=None, neginf=None):
    """Replace NaN by 0 and infinities by the dtype's largest and least finite numbers, or by the values given.

    Shape and dtype are the input's. In complex numbers each part is replaced; integers and bool stay as they are. A value that the dtype cannot
    hold becomes infinite. RuntimeError: an output of another dtype, and complex numbers that require grad. The gradient of a replaced element is 0.

    >>> nan_to_num(tensor([nan, inf, 1.]), posinf=9.)
    tensor([0., 9., 1.])
    """
    d = input.dtype
    largest = finfo(d).max if d.category >= 2 else 0
    values = [default if value is None else value for value, default in ((nan, 0), (posinf, largest), (neginf, -largest))]
    return elementwise("nan_to_num", input, *(values if d.category >= 2 else (0, 0, 0)), dtype=d,
                       layout=preserved_strides(input._view.shape, input._view.strides))  # fmt: skip


nan_to_num.derivative(input=lambda grad, input: grad * input.isfinite())
