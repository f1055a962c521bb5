"""Views with another shape: tensors that share their input's storage. No element moves.

A view operation only computes a new shape, strides and offset; an in-place write to any of the views of a storage is seen
through all of them. Where no strides fit, ``view`` refuses and ``reshape`` copies.
"""

from __future__ import annotations

from math import prod

from ...foundation.dtypes import dtype as dtype_class
from ...foundation.layout import contiguous_strides, counted, infer_size, is_contiguous, storage_extent, view_strides, wrap_dim
from ...operations.registry import op
from ...tensor import Tensor, alias, contiguous_format
from ..shared.operands import anywhere, as_tuple, several
from .reinterpretation import view_dtype

# -- the general view ------------------------------------------------------------------------------


def strided_constraints(require, input, size, stride, storage_offset):
    """What :func:`as_strided` asks of a shape, strides and an offset."""
    view = input._view
    offset = view.offset if storage_offset is None else storage_offset
    require(len(size) == len(stride), RuntimeError, "mismatch in length of strides and shape")
    require(all(s >= 0 for s in stride), RuntimeError, "as_strided: Negative strides are not supported at the moment, got strides: {}",
            list(stride))  # fmt: skip
    require(offset >= 0, RuntimeError, "Tensor: invalid storage offset {}", offset)
    require(0 in size or all(s >= 0 for s in size), RuntimeError, "Storage size calculation overflowed with sizes={} and strides={}",
            list(size), list(stride), also=((RuntimeError, "numel: integer multiplication overflow"),))  # fmt: skip
    in_storage(require, input, size, stride, offset)


def in_storage(require, input, size, stride, offset):
    """The storage holds the elements of a view with this geometry."""
    itemsize, storage = input.dtype.itemsize, input._view.storage
    extent = storage_extent(size, stride, offset) * itemsize
    require(extent <= storage.nbytes, RuntimeError, "setStorage: sizes {}, strides {}, storage offset {}, and itemsize {} requiring a storage "
            "size of {} are out of bounds for storage of size {}",
            list(size), list(stride), offset, itemsize, extent, storage.nbytes, also=() if extent < 1 << 63 else (
                (RuntimeError, "Storage size calculation overflowed with sizes={0} and strides={1}" if size else
                               "Storage size calculation overflowed with sizes={0}"),))  # fmt: skip


@op("method", view=True)
def as_strided(input, size, stride, storage_offset=None):
    """The view of the input's storage with the given shape, strides and offset, all in elements: ``out[i, j]`` lies at offset + i*s0 + j*s1.

    Elements may share memory. Without an offset it is the input's.
    RuntimeError if the storage is too small, a size, stride or offset is negative, or size and stride differ in length.
    The gradient of an element is the sum of what arrives at its place in the storage, divided equally among the input's elements there.

    >>> as_strided(tensor([1., 2., 3., 4.]), (2, 2), (1, 2))
    tensor([[1., 3.],
            [2., 4.]])
    """
    return alias(input, counted(size), stride, input._view.offset if storage_offset is None else storage_offset)


@as_strided.constraints
def _(require, input, size, stride, storage_offset):
    strided_constraints(require, input, size, stride, storage_offset)


def as_strided_gradient(grad, input_view, size, stride, storage_offset):
    """Add up what each storage element contributed to the view, then read the sums through the input's geometry.

    An element that several positions of the input share gets an equal part for each of them.
    """
    from ..creation.ranges import arange

    offset = input_view.offset if storage_offset is None else storage_offset
    extent = max(storage_extent(input_view.shape, input_view.strides, input_view.offset), storage_extent(tuple(size), tuple(stride), offset), 1)
    places = arange(extent, device=grad.device)
    sums = grad.new_zeros(extent).index_put((places.as_strided(size, stride, offset).reshape(-1),), grad.reshape(-1), accumulate=True)
    positions = places.as_strided(input_view.shape, input_view.strides, input_view.offset)
    flat = positions.reshape(-1)
    real = grad.dtype.real  # of complex elements, whose counts are to be compared
    counts = grad.new_zeros(extent, dtype=real).index_put((flat,), grad.new_ones(flat.shape, dtype=real), accumulate=True)
    return (sums / counts.clamp(min=1) if anywhere(counts > 1) else sums)[positions]


as_strided.derivative(input=as_strided_gradient)


# -- other shapes ----------------------------------------------------------------------------------


@op("only method")
def view(input, size):
    """The same elements in the same order under another shape, without a copy; or, given a dtype, the same bytes as another dtype.

    One size may be -1: it is inferred. With a dtype of another size the last dimension, which must be contiguous, is scaled:
    ``view(int8)`` of n float32 elements has 4n; that is outside of the graph.
    RuntimeError if the number of elements differs, if the strides do not allow it (a dimension would span two subspaces that are not
    contiguous: then use ``reshape``), or if size, strides or offset are not divisible by the ratio of the sizes of the two dtypes.
    The gradient has the elements in the old shape again.

    >>> arange(6).view(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    >>> tensor([1.]).view(int32)
    tensor([1065353216], dtype=torch.int32)
    """
    if isinstance(size, dtype_class):
        return view_dtype(input, size)
    return _view(input, size)


@op("only", view=True, name="_view", node="ViewBackward0")
def _view(input, size):
    """The same elements in the same order under another shape. RuntimeError if the number of elements or the strides do not allow it."""
    source = input._view
    shape = infer_size(size, source.numel)
    return alias(input, shape, view_strides(source.shape, source.strides, shape) or ())


@_view.constraints
def _(require, input, size):
    source = input._view
    require(is_contiguous(source.shape, source.strides) or view_strides(source.shape, source.strides, infer_size(size, source.numel)) is not None,
            RuntimeError, "view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous "
            "subspaces). Use .reshape(...) instead.")  # fmt: skip


_view.derivative(input=lambda grad, input_shape: grad.reshape(input_shape))


@op("only method", elsewhere="other")
def view_as(input, other):
    """The same elements under the shape of another tensor, without a copy: ``input.view(other.shape)``, which see for its errors (RuntimeError).

    >>> arange(4).view_as(ones(2, 2)).shape
    torch.Size([2, 2])
    """
    return input.view(other.shape)


@op("method")
def reshape(input, shape):
    """The same elements in the same order under another shape: a view where the strides allow it, else a contiguous copy.

    One size may be -1: it is inferred. RuntimeError if the number of elements differs, or a size cannot be inferred.

    >>> x = arange(6).view(2, 3)
    >>> x.reshape(6).data_ptr() == x.data_ptr(), x.t().reshape(6).data_ptr() == x.data_ptr()
    (True, False)
    """
    source = input._view
    new_shape = infer_size(shape, source.numel)
    if is_contiguous(source.shape, source.strides):
        return _view(input, new_shape)
    strides = view_strides(source.shape, source.strides, new_shape)
    if strides is not None:
        return _reshape_alias(input, new_shape, strides)
    return _unsafe_view(input.clone(memory_format=contiguous_format), new_shape)


@op("only", view=True, name="_reshape_alias")
def _reshape_alias(input, size, stride):
    """The view that a reshape is where the strides allow it."""
    return alias(input, size, stride)


_reshape_alias.derivative(input=lambda grad, input_shape: grad.reshape(input_shape))


@op("only", name="_unsafe_view", dtypes="every")
def _unsafe_view(input, size):
    """A reshape of a fresh tensor, of a copy if its strides do not allow it: not a view to autograd, since nobody else holds the tensor."""
    view = input._view
    strides = view_strides(view.shape, view.strides, tuple(size))
    if strides is None:
        input, strides = input.clone(memory_format=contiguous_format), contiguous_strides(tuple(size))
    return alias(input, size, strides)


_unsafe_view.derivative(input=lambda grad, input_shape: grad.reshape(input_shape))


@op("only method", elsewhere="other")
def reshape_as(input, other):
    """The same elements under the shape of another tensor: ``input.reshape(other.shape)``, a view where the strides allow it, else a copy.

    RuntimeError if the number of elements differs.

    >>> arange(4).reshape_as(ones(2, 2)).shape
    torch.Size([2, 2])
    """
    return input.reshape(other.shape)


@op("method")
def flatten(input, start_dim=0, end_dim=-1):
    """The dimensions from ``start_dim`` to ``end_dim`` merged into one; a 0-d tensor becomes 1-d.

    A view where the strides allow it, else a copy; the input itself if there is nothing to merge.
    IndexError for a dimension out of range; RuntimeError if ``start_dim`` lies behind ``end_dim``.

    >>> flatten(zeros(2, 3, 4), 1).shape
    torch.Size([2, 12])
    """
    shape = input._view.shape
    start, end = wrap_dim(start_dim, len(shape)), wrap_dim(end_dim, len(shape))
    if not shape:
        return input.reshape(1)
    if start == end:
        return input
    return input.reshape((*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :]))


@flatten.constraints
def _(require, input, start_dim, end_dim):
    require.dimension(start_dim, input)
    require.dimension(end_dim, input)
    count = input.dim() or 1
    require(start_dim % count <= end_dim % count, RuntimeError, "flatten() has invalid args: start_dim cannot come after end_dim")


@op("method")
def ravel(input):
    """All elements as a vector, in row-major order: ``input.contiguous().view(-1)``, a view of a contiguous tensor, else a copy.

    >>> ravel(ones(2, 2))
    tensor([1., 1., 1., 1.])
    """
    return input.contiguous().view(-1)


@op("method")
def unflatten(input, dim, sizes):
    """One dimension split into several, as a view; one of the sizes may be -1: it is inferred.

    IndexError for a dimension out of range; RuntimeError for a 0-d tensor, no sizes, or sizes that do not multiply up to that of the dimension.

    >>> unflatten(zeros(2, 12), 1, (3, -1)).shape
    torch.Size([2, 3, 4])
    """
    shape = input._view.shape
    d = wrap_dim(dim, len(shape))
    return input.view((*shape[:d], *infer_size(sizes, shape[d]), *shape[d + 1 :]))


@unflatten.constraints
def _(require, input, dim, sizes):
    require(sizes, RuntimeError, "unflatten: sizes must be non-empty")
    require.dimension(dim, input)
    require(input.dim(), RuntimeError, "unflatten got an unexpected error:\nDimension specified as {} but tensor has no dimensions",
            wrap_dim(dim, input.dim()))  # fmt: skip
    size, holes = input.shape[dim], [d for d, s in enumerate(sizes) if s == -1]
    require(len(holes) < 2, RuntimeError, "unflatten got an unexpected error:\nonly one dimension can be inferred")
    negative = next((d for d, s in enumerate(sizes) if s < -1), None)
    require(negative is None, RuntimeError, "unflatten got an unexpected error:\ninvalid shape dimension {} at index {} of shape {}",
            None if negative is None else sizes[negative], negative, list(sizes))  # fmt: skip
    known = prod(s for s in sizes if s != -1)
    require(not holes or known or size, RuntimeError, "unflatten got an unexpected error:\ncannot reshape tensor of 0 elements into shape {} "
            "because the unspecified dimension size -1 can be any value and is ambiguous", list(sizes))  # fmt: skip
    require((size % known == 0 if known else not size) if holes else known == size, RuntimeError,
            "unflatten: Provided sizes {} don't multiply up to the size of dim {} ({}) in the input tensor",
            list(sizes), wrap_dim(dim, input.dim()), size)  # fmt: skip


def squeezed_geometry(input, dim):
    """Shape and strides without the dimensions of size 1 that are meant."""
    source = input._view
    ndim = len(source.shape)
    drop = range(ndim) if dim is None else [wrap_dim(d, ndim) for d in as_tuple(dim)]
    keep = [d for d in range(ndim) if not (source.shape[d] == 1 and d in drop)]
    return [source.shape[d] for d in keep], [source.strides[d] for d in keep]


def overload_of_dim(name: str, first: int):
    """torch's node name of squeeze: without a dim, with one, with several."""
    return lambda bound: f"{name}{first + (0 if bound['dim'] is None else 2 if isinstance(bound['dim'], (tuple, list)) else 1)}"


@op("method", view=True, node=overload_of_dim("SqueezeBackward", 0))
def squeeze(input, dim=None):
    """A view without dimensions of size 1: all of them, or those of ``dim`` (an int or a tuple) that have size 1; others stay.

    IndexError for a dimension out of range, RuntimeError for one that is named twice. The gradient has the old shape again.

    >>> squeeze(zeros(1, 3, 1)).shape, squeeze(zeros(1, 3, 1), 0).shape
    (torch.Size([3]), torch.Size([3, 1]))
    """
    return alias(input, *squeezed_geometry(input, dim))


@squeeze.constraints
def _(require, input, dim):
    require.dimensions(() if dim is None else as_tuple(dim), input)


squeeze.derivative(input=lambda grad, input_shape: grad if grad._view.shape == input_shape else grad.reshape(input_shape))


def unsqueezed_geometry(input, dim):
    """Shape and strides with a dimension of size 1 inserted."""
    source = input._view
    d = wrap_dim(dim, len(source.shape) + 1)
    stride = source.shape[d] * source.strides[d] if d < len(source.shape) else 1
    return (*source.shape[:d], 1, *source.shape[d:]), (*source.strides[:d], stride, *source.strides[d:])


@op("method", view=True)
def unsqueeze(input, dim):
    """A view with a dimension of size 1 inserted at ``dim``, which lies in [-ndim-1, ndim].

    Its stride is that of the dimension it stands before times that dimension's size (1 at the end).
    IndexError for a dimension out of range. The gradient has the old shape again.

    >>> unsqueeze(zeros(2, 3), 0).shape
    torch.Size([1, 2, 3])
    """
    return alias(input, *unsqueezed_geometry(input, dim))


@unsqueeze.constraints
def _(require, input, dim):
    require.new_dimension(dim, input)


unsqueeze.derivative(input=lambda grad, dim, input_shape: grad.squeeze(wrap_dim(dim, len(input_shape) + 1)))


@op("function")
def atleast_1d(*tensors):
    """The tensor with at least one dimension: 0-d becomes 1-d, others are themselves. Of several tensors, a tuple of these.

    TypeError for something else than tensors.

    >>> atleast_1d(tensor(1))
    tensor([1])
    """
    return _each(tensors, lambda x: x.reshape(1) if x.dim() == 0 else x)


@atleast_1d.constraints
def _(require, tensors):
    require.tensors(several(tensors))


@op("function")
def atleast_2d(*tensors):
    """The tensor with at least two dimensions: a vector becomes a row, others are themselves. Of several tensors, a tuple of these.

    TypeError for something else than tensors.

    >>> atleast_2d(tensor([1, 2]))
    tensor([[1, 2]])
    """
    return _each(tensors, lambda x: x.reshape(1, 1) if x.dim() == 0 else x.unsqueeze(0) if x.dim() == 1 else x)


@atleast_2d.constraints
def _(require, tensors):
    require.tensors(several(tensors))


@op("function")
def atleast_3d(*tensors):
    """The tensor with at least three dimensions: (n) becomes (1, n, 1), (m, n) becomes (m, n, 1). Of several tensors, a tuple of these.

    TypeError for something else than tensors.

    >>> atleast_3d(tensor([1, 2])).shape
    torch.Size([1, 2, 1])
    """
    def body(x):
        if x.dim() < 2:
            return x.reshape(1, 1, 1) if x.dim() == 0 else x.unsqueeze(0).unsqueeze(-1)
        return x.unsqueeze(-1) if x.dim() == 2 else x

    return _each(tensors, body)


@atleast_3d.constraints
def _(require, tensors):
    require.tensors(several(tensors))


def _each(values, body):
    return body(values[0]) if len(values) == 1 and isinstance(values[0], Tensor) else tuple(body(x) for x in several(values))


# -- outside of the graph --------------------------------------------------------------------------


@op("only", view=True, name="alias")
def alias_of(input):
    """A view that is the whole input."""
    return alias(input, input._view.shape, input._view.strides)


alias_of.derivative(input=lambda grad: grad)


@op("method", view="detached", differentiable=False)
def detach(input):
    """The same tensor outside of the graph: a view of the whole that does not require grad. In-place writes to it are noticed by the graph.

    >>> detach(tensor([1.], requires_grad=True)).requires_grad
    False
    """
    return alias(input, input._view.shape, input._view.strides)
