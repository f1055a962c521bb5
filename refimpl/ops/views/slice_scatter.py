"""Copies with a part replaced: the transposes of the views of parts."""

from __future__ import annotations

from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from .replacing import replaced
from .slices import diagonal, select, slice_


def _source_fits(require, part, src):
    require(part.shape == src.shape, RuntimeError, "expected src to have a size equal to the slice of self. src size = {}, slice size = {}",
            list(src.shape), list(part.shape))  # fmt: skip


@op("method")
def select_scatter(input, src, dim, index):
    """A copy of the input whose ``select(dim, index)`` is ``src``, which has that shape and is cast to the input's dtype.

    IndexError as for :func:`select`, RuntimeError for a source of another shape.
    The gradient of the input is 0 in the part that was replaced; what arrives there is the gradient of the source.

    >>> select_scatter(zeros(2, 2), ones(2), 0, 0)
    tensor([[1., 1.],
            [0., 0.]])
    """
    return replaced(input, lambda x: select(x, dim, index), src)


@select_scatter.constraints
def _(require, input, src, dim, index):
    _source_fits(require, select(input.detach(), dim, index), src)


select_scatter.derivative(
    input=lambda grad, dim, index, src_shape: select_scatter(grad, grad.new_zeros(src_shape), dim, index),
    src=lambda grad, dim, index: grad.select(dim, index),
)


@op("method out", out=EXACT_OUTPUT.contiguous(), sharing=COMPUTED)
def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """A copy of the input whose elements ``start``, ``start + step``, ... below ``end`` of dimension ``dim`` are ``src``, which has that shape.

    Ends beyond the size are clamped; the source is cast to the input's dtype.
    IndexError for a 0-d input or a dimension out of range, RuntimeError for a step that is not positive or a source of another shape.
    The gradient of the input is 0 in the part that was replaced; what arrives there is the gradient of the source.

    >>> slice_scatter(zeros(4), ones(2), 0, 1, 3)
    tensor([0., 1., 1., 0.])
    """
    return replaced(input, lambda x: slice_(x, dim, start, end, step), src)


@slice_scatter.constraints
def _(require, input, src, dim, start, end, step):
    _source_fits(require, slice_(input.detach(), dim, start, end, step), src)


slice_scatter.derivative(
    input=lambda grad, dim, start, end, step, src_shape: slice_scatter(grad, grad.new_zeros(src_shape), dim, start, end, step),
    src=lambda grad, dim, start, end, step: slice_(grad, dim, start, end, step),
)


@op("method")
def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    """A copy of the input whose ``diagonal(offset, dim1, dim2)`` is ``src``, which has that shape and is cast to the input's dtype.

    IndexError for a dimension out of range, RuntimeError if the two are the same or for a source of another shape.
    The gradient of the input is 0 in the part that was replaced; what arrives there is the gradient of the source.

    >>> diagonal_scatter(zeros(2, 2), ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return replaced(input, lambda x: diagonal(x, offset, dim1, dim2), src)


@diagonal_scatter.constraints
def _(require, input, src, offset, dim1, dim2):
    _source_fits(require, diagonal(input.detach(), offset, dim1, dim2), src)


diagonal_scatter.derivative(
    input=lambda grad, offset, dim1, dim2, src_shape: diagonal_scatter(grad, grad.new_zeros(src_shape), offset, dim1, dim2),
    src=lambda grad, offset, dim1, dim2: grad.diagonal(offset, dim1, dim2),
)
