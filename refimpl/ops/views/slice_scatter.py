"""Copies with a part replaced: the transposes of the views of parts."""

from __future__ import annotations

from ...operations.registry import op
from ...tensor import contiguous_format
from ..shared.outputs import same_dtype
from .replacing import replaced
from .slices import diagonal, select, slice_


@op("method")
def select_scatter(input, src, dim, index):
    """A copy of the input whose ``select(dim, index)`` is ``src``, which has that shape.

    >>> select_scatter(zeros(2, 2), ones(2), 0, 0)
    tensor([[1., 1.],
            [0., 0.]])
    """
    return replaced(input, lambda x: select(x, dim, index), src)


select_scatter.derivative(
    input=lambda grad, dim, index, src_shape: select_scatter(grad, grad.new_zeros(src_shape), dim, index),
    src=lambda grad, dim, index: grad.select(dim, index),
)


def _slice_scatter_output(function, args, kwargs, outs):
    """An output that is resized becomes contiguous."""
    return same_dtype(function, args, kwargs, outs).clone(memory_format=contiguous_format)


@op("method out", out=_slice_scatter_output, apart=None)
def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """A copy of the input whose slice along ``dim`` is ``src``, which has that shape.

    >>> slice_scatter(zeros(4), ones(2), 0, 1, 3)
    tensor([0., 1., 1., 0.])
    """
    bounds = [None if b is None else b for b in (start, end)]
    step = step
    return replaced(input, lambda x: slice_(x, dim, *bounds, step), src)


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
    return replaced(input, lambda x: diagonal(x, offset, dim1, dim2), src)


diagonal_scatter.derivative(
    input=lambda grad, offset, dim1, dim2, src_shape: diagonal_scatter(grad, grad.new_zeros(src_shape), offset, dim1, dim2),
    src=lambda grad, offset, dim1, dim2: grad.diagonal(offset, dim1, dim2),
)
