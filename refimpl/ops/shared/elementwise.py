"""Elementwise evaluation: promotion, broadcasting and the layout of the result, in one place for every pointwise operation.

Six named kinds of promotion cover the library:

===================  ==========================================================  ===========================
kind                 rule                                                        examples
===================  ==========================================================  ===========================
DEFAULT              evaluated in the operands' common dtype                     add, maximum, where
INT_TO_FLOAT         as DEFAULT, but integers and bool become the default dtype  exp, div, sigmoid
ALWAYS_BOOL          evaluated in the common dtype, the result is bool           eq, isnan, logical_and
COMPLEX_TO_FLOAT     as DEFAULT, but a complex evaluation has a real result      abs, angle
BOOL_TO_LONG         as DEFAULT, but bool becomes int64                          pow of integers
INT_TO_FLOAT_REAL    INT_TO_FLOAT, then COMPLEX_TO_FLOAT                         angle of integers
===================  ==========================================================  ===========================
"""

from __future__ import annotations

from array import array
from math import copysign, inf
from struct import pack, unpack
from typing import Any

from ...foundation.devices import kernels_for
from ...foundation.dtypes import bool_, dtype, float16, get_default_dtype, int64
from ...foundation.eight_bits import round_to_eight_bits
from ...foundation.errors import MOST_BYTES, unallocatable
from ...foundation.kernels import Number, View
from ...foundation.layout import Strides, broadcast_shapes, broadcast_strides, contiguous_strides, elementwise_strides, preserved_strides
from ...foundation.scalars import functions
from ...operations.device_support import common_kernels
from ...operations.dtype_support import common_dtype
from ...tensor import Tensor, wrap

DEFAULT = "default"
INT_TO_FLOAT = "int_to_float"
ALWAYS_BOOL = "always_bool"
COMPLEX_TO_FLOAT = "complex_to_float"
BOOL_TO_LONG = "bool_to_long"
INT_TO_FLOAT_REAL = "int_to_float_real"

_Operand = "Tensor | Number"


def result_dtype(common: dtype, promotion: str) -> tuple[dtype, dtype]:
    """The dtype of the evaluation and that of the result, for operands whose common dtype is ``common``."""
    if promotion is DEFAULT:
        return common, common
    if promotion is ALWAYS_BOOL:
        return common, bool_
    if promotion is BOOL_TO_LONG:
        return (int64, int64) if common is bool_ else (common, common)
    if promotion is COMPLEX_TO_FLOAT:
        return common, common.real
    compute = get_default_dtype() if common.category < 2 else common
    return compute, compute.real if promotion is INT_TO_FLOAT_REAL else compute


def number_as(value: Number, d: dtype, single: bool = False) -> Number:
    """A number as an operand of an evaluation in dtype ``d``: rounded to it (to float32 at least with ``single``), integers modulo 2**bits."""
    category = d.category
    if category == 2:
        value = float(value)  # type: ignore[arg-type]
        if d.itemsize == 8:
            return value
        if d.itemsize == 1:
            return round_to_eight_bits(value, d)
        value = array("f", (value,))[0]
        return value if single or d.itemsize == 4 else _round_to_16_bits(value, d)
    if category == 1:
        bits = 8 * d.itemsize
        value = int(value) & (1 << bits) - 1  # type: ignore[arg-type]
        return value - (1 << bits) if d.is_signed and value >> (bits - 1) else value
    if category == 3:
        value = complex(value)
        if d.itemsize == 16:
            return value
        parts = array("f", (value.real, value.imag))
        return complex(*parts) if single or d.itemsize == 8 else complex(*(_round_to_16_bits(part, d.real) for part in parts))
    return bool(value)


def _round_to_16_bits(value: float, d: dtype) -> float:
    """A float32 rounded to float16 or bfloat16, ties to even."""
    if d is float16:
        try:
            return unpack("<e", pack("<e", value))[0]
        except OverflowError:
            return copysign(inf, value)
    if value - value != 0.0:  # infinite or NaN
        return value
    bits = unpack("<I", pack("<f", value))[0]
    return unpack("<f", pack("<I", bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000))[0]


def _of_number(number: Number) -> Tensor:
    """A number where torch takes one for a tensor, beside nothing but numbers: a 0-d tensor on the current device."""
    kernels, d = kernels_for(None), common_dtype(number)
    view = View(kernels.allocate(d.itemsize), 0, (), (), d)
    kernels.fill(view, number)
    return wrap(view)


def elementwise(name: str, *operands: Any, promotion: str = DEFAULT, dtype: dtype | None = None,
                numbers_are_operands: bool = True, layout: Strides | None = None) -> Tensor:
    """A fresh tensor: the scalar function ``name`` of each group of corresponding elements.

    ``operands`` are tensors and Python numbers. ``dtype`` forces the dtype of the evaluation. In torch a number is a 0-d tensor that has a say
    in the layout of the result (``x + 1``), or a parameter of the function that has none (``x.clamp(1)``): ``numbers_are_operands`` says which.
    ``layout``: the strides of the result where they do not follow from the operands' by the usual rule (they must be the usual ones if the
    operands are contiguous).
    """
    first = operands[0]
    if promotion is DEFAULT and dtype is None and numbers_are_operands and first.__class__ is Tensor:
        # The commonest calls need no promotion and no broadcasting.
        view = first._view
        shape, strides, d = view.shape, view.strides, view.dtype
        if contiguous_strides(shape) == strides and 0 not in shape:
            inputs: list[View | Number] = [view]
            for operand in operands[1:]:
                if operand.__class__ is Tensor:
                    other = operand._view
                    if other.dtype is not d or other.shape != shape or other.strides != strides or other.storage.kernels is not view.storage.kernels:
                        break
                    inputs.append(other)
                elif d.category == 2 and operand.__class__ is float:
                    inputs.append(number_as(operand, d, functions[name].single_precision_numbers))
                else:
                    break
            else:
                return _evaluate(name, shape, strides, d, d, inputs, view.storage.kernels)
    compute, result = result_dtype(common_dtype(*operands) if dtype is None else dtype, promotion)
    tensors = [operand for operand in operands if isinstance(operand, Tensor)]
    if not tensors:
        operands = (_of_number(first), *operands[1:])
        tensors = [operands[0]]
    kernels = common_kernels(tensors)
    shape = broadcast_shapes(*(t._view.shape for t in tensors))
    function = functions[name]
    strides = layout or elementwise_strides(
        shape, tuple([_layout(o._view, o._view.dtype if place in function.own_dtype else compute)
                      if isinstance(o, Tensor) else ((), ()) for place, o in enumerate(operands if numbers_are_operands else tensors)]))
    single = function.single_precision_numbers
    inputs = []
    for operand in operands:
        if not isinstance(operand, Tensor):
            inputs.append(number_as(operand, compute, single and bool(inputs)))
            continue
        view = operand._view
        if view.storage.kernels is not kernels or (
            # a 0-d tensor counts as a number there, unless it is a tensor among tensors (of three operands)
            single and inputs and not view.shape and shape and view.dtype is not compute and len(operands) == 2
            and not operand.is_meta
        ):
            inputs.append(number_as(operand.item(), compute, single and bool(inputs)))
        elif view.shape == shape:
            inputs.append(view)
        else:
            inputs.append(View(view.storage, view.offset, shape, broadcast_strides(view.shape, view.strides, shape), view.dtype))
    return _evaluate(name, shape, strides, compute, result, inputs, kernels)


def _layout(view: View, compute: dtype) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shape and strides that an operand has when the result is laid out: torch casts operands of another dtype first, into dense copies."""
    return view.shape, view.strides if view.dtype is compute else preserved_strides(view.shape, view.strides)


def pointwise_strides(*operands: Tensor) -> tuple[int, ...]:
    """The strides of the result of a pointwise operation that is evaluated in the operands' common dtype."""
    compute = common_dtype(*operands)
    return elementwise_strides(broadcast_shapes(*(o._view.shape for o in operands)), tuple([_layout(o._view, compute) for o in operands]))


def _evaluate(name: str, shape: tuple[int, ...], strides: tuple[int, ...], compute: dtype, result: dtype, inputs: Any, kernels: Any) -> Tensor:
    size = result.itemsize
    for n in shape:
        size *= n
    if size >= MOST_BYTES:
        raise unallocatable(shape, size)
    out = View(kernels.allocate(size), 0, shape, strides, result)
    kernels.map(name, out, inputs, compute)
    return wrap(out)
