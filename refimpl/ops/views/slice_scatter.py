"""Copies with a part replaced: the transposes of the views of parts."""

from __future__ import annotations

from ...foundation.dtypes import bool_
from ...foundation.layout import has_internal_overlap
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import COMPUTED, SHARED_ELEMENTS
from ...tensor import alias
from .replacing import replaced
from .shapes import as_strided, in_storage, strided_constraints
from .slices import diagonal, select, slice_


def _source_fits(require, part, src):
    require(part.shape == src.shape, RuntimeError, "expected src to have a size equal to the slice of self. src size = {}, slice size = {}",
            list(src.shape), list(part.shape))  # fmt: skip


@op("method", dtypes="every", elsewhere="src", graph="real_alone")
def select_scatter(input, src, dim, index):
    """A copy of the input whose ``select(dim, index)`` is ``src``, which has that shape and is cast to the input's dtype.

    IndexError as for :func:`select`, RuntimeError for a source of another shape, and for complex numbers that require grad.
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


@op("method out", out=EXACT_OUTPUT.contiguous(), sharing=COMPUTED, dtypes="every", elsewhere="src", graph="real_alone")
def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """A copy of the input whose elements ``start``, ``start + step``, ... below ``end`` of dimension ``dim`` are ``src``, which has that shape.

    Ends beyond the size are clamped; the source is cast to the input's dtype.
    IndexError for a 0-d input or a dimension out of range, RuntimeError for a step that is not positive, a source of another shape, and for complex
    numbers that require grad.
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


@op("method", dtypes="every", elsewhere="src")
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


@op("method", dtypes="every", elsewhere="src")
def as_strided_scatter(input, src, size, stride, storage_offset=None):
    """A copy of the input whose ``as_strided(size, stride, storage_offset)`` is ``src``, which has that shape and is cast to the input's dtype.

    The copy has the input's strides, and the elements of its storage that the input does not show are copied, too; of an input that is expanded
    the copy is contiguous. Of places that the view has several times the last one counts.
    Errors: those of :func:`as_strided`, RuntimeError for a source of another shape, and for a stride of 0.
    Dtypes: all. The gradient of the input is 0 at the places that were replaced; that of the source is what arrives there, read as the view is.
    Source: torch.as_strided_scatter.

    >>> as_strided_scatter(zeros(2, 2), ones(2), (2,), (3,))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return replaced(input, lambda x: as_strided(x, size, stride, storage_offset), src)


@as_strided_scatter.constraints
def _(require, input, src, size, stride, storage_offset):
    view = input._view
    copied = input.detach().clone() if has_internal_overlap(view.shape, view.strides) else input
    strided_constraints(require, copied, size, stride, storage_offset)
    require(not has_internal_overlap(tuple(size), tuple(stride)), RuntimeError, SHARED_ELEMENTS)
    require(min(size, default=0) < 0 or tuple(size) == src.shape, RuntimeError, "expected src to have a size equal to the slice of self. "
            "src size = {}, slice size = {}", list(src.shape), list(size))  # fmt: skip


def _places(view, device):
    """The places in memory of the elements of a copy that has a view's strides; and of the whole memory."""
    from ..creation.ranges import arange

    if has_internal_overlap(view.shape, view.strides):  # the copy is contiguous
        memory = arange(max(view.numel, 1), device=device)
        return memory[: view.numel].reshape(view.shape), memory, 0
    memory = arange(max(view.storage.nbytes // view.dtype.itemsize, 1), device=device)
    return memory.as_strided(view.shape, view.strides, view.offset), memory, view.offset


def _gradient_around(grad, input_view, size, stride, storage_offset):
    places, memory, offset = _places(input_view, grad.device)
    replaced_places = memory.as_strided(size, stride, offset if storage_offset is None else storage_offset).reshape(-1)
    covered = memory.new_zeros(memory.shape, dtype=bool_).index_fill(0, replaced_places, True)
    return grad.masked_fill(covered[places], 0)


def _gradient_inside(grad, input_view, size, stride, storage_offset):
    places, memory, offset = _places(input_view, grad.device)
    sums = grad.new_zeros(memory.shape).index_put((places.reshape(-1),), grad.reshape(-1), accumulate=True)
    return sums.as_strided(size, stride, offset if storage_offset is None else storage_offset)


as_strided_scatter.derivative(input=_gradient_around, src=_gradient_inside)


@op("method", view=True, graph="real_alone")
def slice_inverse(input, src, dim=0, start=None, end=None, step=1):
    """What ``input`` is a slice of: a view of the input's memory with the shape, the strides and the offset of ``src``.

    The slice, ``src.slice(dim, start, end, step)``, is only looked at by the gradient. Errors: RuntimeError if the input's storage is too small.
    Dtypes: all. The gradient of the input is that of the result in the slice; that of ``src`` is the rest. Source: torch.slice_inverse.

    >>> x = tensor([1, 2, 3])
    >>> slice_inverse(x[1:], x, 0, 1)
    tensor([1, 2, 3])
    """
    whole = src._view
    return alias(input, whole.shape, whole.strides, whole.offset)


@slice_inverse.constraints
def _(require, input, src):
    whole = src._view
    in_storage(require, input, whole.shape, whole.strides, whole.offset)


slice_inverse.derivative(
    input=lambda grad, dim, start, end, step: slice_(grad, dim, start, end, step),
    src=lambda grad, input_shape, dim, start, end, step: slice_scatter(grad, grad.new_zeros(input_shape), dim, start, end, step),
)
