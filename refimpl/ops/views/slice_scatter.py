"""Copies with a part replaced: the transposes of the views of parts."""

from __future__ import annotations

from ...foundation.kernels import View
from ...foundation.layout import has_internal_overlap
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import alias, allocate, contiguous_format, wrap
from ..shared.outputs import same_dtype
from .slices import diagonal, select, slice_


def _replaced(input, view_of, source):
    result = _whole_copy(input)
    part = view_of(result)
    if part._view.shape != source._view.shape:
        raise RuntimeError("expected src to have a size equal to the slice of self. src size = "
                           f"{list(source.shape)}, slice size = {list(part.shape)}")
    result._view.storage.kernels.copy(part._view, source._view)
    return wrap(result._view)


def _whole_copy(input):
    """A copy of the whole storage, read through the input's strides and offset; of an input with an expanded dimension, a dense copy.

    (Of an input whose elements overlap otherwise the copies overlap, too: a write reaches more elements than were meant.)
    """
    view = input._view
    if has_internal_overlap(view.shape, view.strides):
        return wrap(input.detach().clone()._view)
    count = view.storage.nbytes // view.dtype.itemsize
    whole = allocate((count,), view.dtype, view.storage.kernels)
    view.storage.kernels.copy(whole._view, View(view.storage, 0, (count,), (1,), view.dtype))
    return alias(whole, view.shape, view.strides, view.offset)


@op("method")
def select_scatter(input, src, dim, index):
    """A copy of the input whose ``select(dim, index)`` is ``src``, which has that shape.

    >>> select_scatter(zeros(2, 2), ones(2), 0, 0)
    tensor([[1., 1.],
            [0., 0.]])
    """
    return _replaced(input, lambda x: select(x, dim, index), src)


select_scatter.derivative(
    input=lambda grad, dim, index, src_shape: select_scatter(grad, grad.new_zeros(src_shape), dim, index),
    src=lambda grad, dim, index: grad.select(dim, index),
)


@op("only", name="select_backward")
def select_backward(grad, input_shape, dim, index):
    """The gradient of :func:`select`: zeros around it."""
    return _replaced(grad.new_zeros(input_shape), lambda x: select(x, dim, index), grad)


select_backward.derivative(grad=lambda grad, dim, index: grad.select(dim, index))


@op("only", name="slice_backward")
def slice_backward(grad, input_shape, dim, start, end, step):
    """The gradient of a slice: zeros around it."""
    return _replaced(grad.new_zeros(input_shape), lambda x: slice_(x, dim, start, end, step), grad)


slice_backward.derivative(grad=lambda grad, dim, start, end, step: slice_(grad, dim, start, end, step))


@op("only", name="diagonal_backward")
def diagonal_backward(grad, input_shape, offset, dim1, dim2):
    """The gradient of :func:`diagonal`: zeros around it."""
    return _replaced(grad.new_zeros(input_shape), lambda x: diagonal(x, offset, dim1, dim2), grad)


diagonal_backward.derivative(grad=lambda grad, offset, dim1, dim2: grad.diagonal(offset, dim1, dim2))


def _slice_scatter_output(function, args, kwargs, outs):
    """An output that is resized becomes contiguous."""
    return same_dtype(function, args, kwargs, outs).clone(memory_format=contiguous_format)


@op("method out", out=_slice_scatter_output, sharing=COMPUTED)
def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """A copy of the input whose slice along ``dim`` is ``src``, which has that shape.

    >>> slice_scatter(zeros(4), ones(2), 0, 1, 3)
    tensor([0., 1., 1., 0.])
    """
    bounds = [None if b is None else b for b in (start, end)]
    step = step
    return _replaced(input, lambda x: slice_(x, dim, *bounds, step), src)


slice_scatter.derivative(
    input=lambda grad, dim, start, end, step, src_shape: slice_scatter(grad, grad.new_zeros(src_shape), dim, start, end, step),
    src=lambda grad, dim, start, end, step: slice_(grad, dim, start, end, step),
)


@op("method")
def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    """A copy of the input whose diagonal is ``src``, which has that shape.

    >>> diagonal_scatter(zeros(2, 2), ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return _replaced(input, lambda x: diagonal(x, offset, dim1, dim2), src)


diagonal_scatter.derivative(
    input=lambda grad, offset, dim1, dim2, src_shape: diagonal_scatter(grad, grad.new_zeros(src_shape), offset, dim1, dim2),
    src=lambda grad, offset, dim1, dim2: grad.diagonal(offset, dim1, dim2),
)
