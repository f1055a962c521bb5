"""Parts of a tensor that are no views of it, and a view replaced or undone: drawn as the views are."""

from __future__ import annotations

from ...cases.case import ITEMSIZE, TensorSpec
from ...drawing.pen import ALL, Pen
from ..derivatives import nowhere, places_of_a_view_distinct
from ..rows import Arguments, define
from .copies import in_one
from .shapes_and_slices import FAMILY, LAYOUT, as_strided, chunk, complex_pairs, one_dim_optional, pairs_apart, split, split_with_sizes, unary, view


def equal_parts(pen: Pen) -> Arguments:
    """As for split, with a number."""
    (tensor, sections), kwargs = split(pen)
    return (tensor, sections[0] if isinstance(sections, tuple) else sections), kwargs


def strided_source(pen: Pen) -> Arguments:
    """A view of the storage of a tensor, and a source of its shape."""
    (tensor, size, stride), kwargs = as_strided(pen)
    cells = len(pen.buffers[tensor.buffer]) // ITEMSIZE[tensor.dtype]
    if 0 in stride and not pen.misbehave():
        stride = tuple([max(s, 1) for s in stride])
        last = sum((n - 1) * s for n, s in zip(size, stride, strict=False)) + kwargs.get("storage_offset", tensor.offset)
        if last >= cells and not pen.invalid:
            size, stride, kwargs = (), (), {}
    shape = (*size, 2) if pen.misbehave(3) else size
    source = pen.tensor(tuple([max(n, 0) for n in shape]), pen.other_dtype())
    return (tensor, source, size, stride), kwargs


def slice_and_whole(pen: Pen) -> Arguments:
    """A slice of a tensor, and that tensor; or one in other memory, mostly too small."""
    whole = pen.tensor(pen.shape(1, 3))
    as_it_is = pen.chance(4)
    d = 0 if as_it_is else pen.integer(0, len(whole.shape) - 1)
    start, step = (0, 1) if as_it_is else (pen.integer(0, 2), pen.integer(1, 2))
    length = len(range(whole.shape[d])[start::step])
    shape = (*whole.shape[:d], length, *whole.shape[d + 1 :])
    strides = (*whole.strides[:d], whole.strides[d] * step, *whole.strides[d + 1 :])
    offset = whole.offset + start * whole.strides[d] if length else whole.offset
    part = TensorSpec(whole.buffer, whole.dtype, shape, strides, offset, whole.requires_grad)
    if pen.misbehave(2):
        part = pen.tensor(shape)
    if as_it_is:
        return (part, whole, *[0] * pen.integer(0, 1)), {}
    return (part, whole, d if pen.chance(2) else d - len(whole.shape), start, *[None] * (step > 1), *[step] * (step > 1)), {}


define("unsafe_split", FAMILY, equal_parts, differentiable=True)
define("unsafe_split_with_sizes", FAMILY, split_with_sizes, differentiable=True)
define("unsafe_chunk", FAMILY, chunk, differentiable=True)
define("split_copy", FAMILY, equal_parts, forms="function out", differentiable=True)
define("split_with_sizes_copy", FAMILY, split_with_sizes, forms="function out", differentiable=True)
define("unbind_copy", FAMILY, one_dim_optional, forms="function out", differentiable=True)
define("detach_copy", FAMILY, unary, forms="function out", differentiable=True, derivative=nowhere)
define("as_strided_copy", FAMILY, as_strided, forms="function out", differentiable=True, derivative=nowhere, **LAYOUT)
define("view_copy", FAMILY, in_one(view), forms="function out", differentiable=True)
define("view_as_complex_copy", FAMILY, complex_pairs, forms="function out", dtypes=tuple(d for d in ALL if d != "float16"), violating=(pairs_apart,),
       **LAYOUT)  # fmt: skip
define("as_strided_scatter", FAMILY, strided_source, differentiable=True, derivative=places_of_a_view_distinct, **LAYOUT)
define("slice_inverse", FAMILY, slice_and_whole, differentiable=True, derivative=nowhere, **LAYOUT)
