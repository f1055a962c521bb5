"""Arrays of other libraries as arguments: drawn as tensors are, and as only they can be."""

from __future__ import annotations

from dataclasses import replace

from ...cases.case import ITEMSIZE, ArraySpec
from ...drawing.pen import Pen

_OTHERS = ("longdouble", "datetime64[s]", "U2", "S3", "V4")  # none of the twelve dtypes


def foreign(pen: Pen, kind: str) -> ArraySpec:
    """An array over the memory of a drawn tensor; of NumPy now and then in the other order of its elements, or of its bytes."""
    tensor = pen.tensor(differentiable=False)
    size = ITEMSIZE[tensor.dtype]
    strides = tuple([stride * size for stride in tensor.strides])
    array = ArraySpec(kind, tensor.buffer, tensor.dtype, tensor.shape, strides, tensor.offset * size)
    if kind != "numpy":
        return array
    if pen.chance(6):
        array = replace(array, writable=False)
    return _unusual(pen, array) if pen.misbehave(1) else array


def _unusual(pen: Pen, array: ArraySpec) -> ArraySpec:
    """What torch does not take: backwards, strides between elements, another order of bytes, other dtypes."""
    size = ITEMSIZE[array.dtype]
    kind = pen.integer(0, 3)
    if kind == 0 and array.shape and 0 not in array.shape:
        last = array.offset + (array.shape[-1] - 1) * array.strides[-1]
        return replace(array, strides=(*array.strides[:-1], -array.strides[-1]), offset=last)
    if kind == 1 and size > 1:
        return replace(array, dtype=f">{ {'b': 'c', 'f': 'f', 'i': 'i', 'c': 'c'}[array.dtype[0]]}{size}")
    if kind == 2 and size > 1 and array.shape and array.shape[-1] > 1 and array.strides[-1] == size and 0 not in array.shape:
        return replace(array, shape=(*array.shape[:-1], 1 + (array.shape[-1] - 1) * size // (size + 1)), strides=(*array.strides[:-1], size + 1))
    other = pen.choice(_OTHERS)
    pen.buffers[array.buffer] = bytes(64)
    return replace(array, dtype=other, shape=(), strides=(), offset=0)
