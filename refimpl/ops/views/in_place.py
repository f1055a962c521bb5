"""A tensor's own shape, strides and storage changed in place: no element is written, and other views do not notice.

``x.t_()`` makes ``x`` itself the view that ``x.t()`` returns; to autograd it is an in-place operation like any other.
"""

from __future__ import annotations

from math import prod

from ...autograd.modes import modes
from ...foundation.c_names import spelled_c_name
from ...foundation.kernels import View, as_lazy
from ...foundation.layout import contiguous_strides, counted, storage_extent, wrap_dim
from ...operations.registry import op
from ...tensor import Tensor, TypedStorage, contiguous_format, format_strides, preserve_format, suggested_format
from ..shared.gradients import no_derivative
from ..shared.operands import as_tuple
from .axes import matrix_transposed_geometry, transposed_geometry
from .shapes import as_strided_gradient, overload_of_dim, squeezed_geometry, strided_constraints, unsqueezed_geometry  # fmt: skip


def _become(input: Tensor, shape, strides, offset=None) -> Tensor:
    view = input._view
    input._view = as_lazy(View(view.storage, view.offset if offset is None else offset, tuple(shape), tuple(strides), view.dtype),
                          view.conjugated, view.negated)
    return input


@op("only method", view=True, node="TBackward1")
def t_(input):
    """:func:`t` in place: the tensor becomes its own transpose. RuntimeError for a tensor of more than two dimensions.

    >>> arange(6).view(2, 3).t_().shape
    torch.Size([3, 2])
    """
    return _become(input, *matrix_transposed_geometry(input))


@t_.constraints
def _(require, input):
    require(input.dim() <= 2, RuntimeError, "t_() expects a tensor with <= 2 dimensions, but self is {}D", input.dim())


t_.derivative(input=lambda grad: grad.t())


@op("only method", view=True, node="TransposeBackward1", aliases=("swapaxes_", "swapdims_"))
def transpose_(input, dim0, dim1):
    """:func:`transpose` in place: two dimensions of the tensor itself are exchanged. IndexError for a dimension out of range.

    >>> zeros(2, 3).transpose_(0, 1).shape
    torch.Size([3, 2])
    """
    return _become(input, *transposed_geometry(input, dim0, dim1))


@transpose_.constraints
def _(require, input, dim0, dim1):
    require.dimension(dim0, input)
    require.dimension(dim1, input)


transpose_.derivative(input=lambda grad, dim0, dim1: grad.transpose(dim0, dim1))


@op("only method", view=True, node=overload_of_dim("SqueezeBackward", 3))
def squeeze_(input, dim=None):
    """:func:`squeeze` in place: the tensor itself loses dimensions of size 1.

    IndexError for a dimension out of range, RuntimeError for one that is named twice.

    >>> zeros(1, 3, 1).squeeze_().shape
    torch.Size([3])
    """
    return _become(input, *squeezed_geometry(input, dim))


@squeeze_.constraints
def _(require, input, dim):
    require.dimensions(() if dim is None else as_tuple(dim), input)


squeeze_.derivative(input=lambda grad, input_shape: grad.reshape(input_shape))


@op("only method", view=True, node="UnsqueezeBackward1")
def unsqueeze_(input, dim):
    """:func:`unsqueeze` in place: the tensor itself gains a dimension of size 1. IndexError for a dimension out of range.

    >>> zeros(3).unsqueeze_(0).shape
    torch.Size([1, 3])
    """
    return _become(input, *unsqueezed_geometry(input, dim))


@unsqueeze_.constraints
def _(require, input, dim):
    require.new_dimension(dim, input)


unsqueeze_.derivative(input=lambda grad, dim, input_shape: grad.squeeze(wrap_dim(dim, len(input_shape) + 1)))


@op("function method", view=True, node="AsStridedBackward1")
def as_strided_(input, size, stride, storage_offset=None):
    """:func:`as_strided` in place: the tensor itself gets another shape, strides and offset in its storage.

    RuntimeError if the storage is too small, a size, stride or offset is negative, or size and stride differ in length.

    >>> arange(4).as_strided_((2,), (2,))
    tensor([0, 2])
    """
    return _become(input, counted(size), stride, storage_offset)


@as_strided_.constraints
def _(require, input, size, stride, storage_offset):
    strided_constraints(require, input, size, stride, storage_offset)


as_strided_.derivative(input=as_strided_gradient)

# -- another size ----------------------------------------------------------------------------------


def _resize(input: Tensor, shape: tuple[int, ...], format) -> Tensor:
    view = input._view
    if shape == view.shape and format is None:
        return input
    strides = format_strides(shape, format or contiguous_format)
    nbytes = (view.offset + prod(shape)) * view.dtype.itemsize if prod(shape) else 0
    if nbytes > view.storage.nbytes:
        view.storage.kernels.resize(view.storage, nbytes)
    return _become(input, shape, strides)


@op("only method", differentiable=False, graph="resizes", lazy=True, dtypes="every")
def resize_(input, size, *, memory_format=None):
    """Give this tensor another shape, contiguous or in ``memory_format``; nothing happens if it has the shape already and no format is given.

    The elements keep their places in the storage, which grows if need be; new elements are unspecified.
    RuntimeError for a tensor that requires grad (but not for an inference tensor, nor in inference mode), a negative size, or ``preserve_format``.

    >>> tensor([1, 2, 3, 4]).resize_(2, 2)
    tensor([[1, 2],
            [3, 4]])
    """
    return _resize(input, size, memory_format)


@resize_.constraints
def _(require, input, size, memory_format):
    require(not input.requires_grad or modes.inference or input.is_inference(), RuntimeError, "cannot resize variables that require grad")
    require(0 in size or all(s >= 0 for s in size), RuntimeError, "numel: integer multiplication overflow")
    require(memory_format is not preserve_format, RuntimeError, "Unsupported memory formatPreserve")


@op("function method", differentiable=False, graph="resizes", lazy=True, dtypes="every", elsewhere="the_template")
def resize_as_(input, the_template, *, memory_format=None):
    """Give this tensor the shape of another: ``input.resize_(the_template.shape)``; with ``preserve_format`` also its memory format.

    RuntimeError for a tensor that requires grad (but not if both are inference tensors, nor in inference mode).

    >>> tensor([1, 2, 3, 4]).resize_as_(zeros(2, 2)).shape
    torch.Size([2, 2])
    """
    format = suggested_format(the_template._view) if memory_format is preserve_format else memory_format
    return _resize(input, the_template._view.shape, format)


@resize_as_.constraints
def _(require, input, the_template):
    outside = modes.inference or input.is_inference() and the_template.is_inference()
    require(not input.requires_grad or outside, RuntimeError, "cannot resize variables that require grad")


# -- another storage -------------------------------------------------------------------------------


def _source_as_memory(bound):
    return () if isinstance(bound["source"], Tensor) and bound["size"] is None else ("source",)


@op("only method", node="NotImplemented", lazy=True, outside_graph=_source_as_memory, dtypes="every")
def set_(input, source=None, storage_offset=None, size=None, stride=None):
    """Make this tensor the same view as ``source``, or, given a storage and perhaps a geometry, a view of that storage.

    With a contiguous tensor and a geometry, a view of the tensor's storage whose offset counts from the tensor's first element; without a
    source, a tensor without elements. The dtype stays, and that elements count as conjugates or negatives. A storage that is too small grows,
    but not for the sizes and strides that the tensor has.
    RuntimeError if the source's dtype differs and no geometry says how to read it, the source is a tensor that is not contiguous and there is
    a geometry, or that has negative sizes, strides or offset, or fewer strides than sizes, or if the storage is too small and does not grow.
    The gradient is not defined: RuntimeError in backward. A source that is read as memory is no part of the graph.

    >>> zeros(2).set_(tensor([1., 2., 3.]))
    tensor([1., 2., 3.])
    """
    before = input._view
    d = before.dtype
    input._accumulator = None  # gradients of what is computed from now on have the new shape
    if source is None:
        strides = before.strides if before.shape == (0,) else (1,)  # nothing is laid out anew that has the size already
        input._view = as_lazy(View(before.storage.kernels.allocate(0), 0, (0,), strides, d), before.conjugated, before.negated)
        return input
    base = source._view if isinstance(source, Tensor) else View(source._storage, 0, (source._storage.nbytes // d.itemsize,), (1,), d)
    if size is None:
        input._view = as_lazy(base, before.conjugated, before.negated)
        return input
    offset, strides = base.offset + storage_offset, stride or contiguous_strides(size)
    needed = storage_extent(size, strides, offset) * d.itemsize
    if needed > base.storage.nbytes:
        base.storage.kernels.resize(base.storage, needed)
    input._view = as_lazy(View(base.storage, offset, size, strides, d), before.conjugated, before.negated)
    return input


@set_.constraints
def _(require, input, source, storage_offset, size, stride):
    from_tensor = isinstance(source, Tensor)
    require(not from_tensor or size is None or source.is_contiguous(), RuntimeError,
            "passed in tensor to be used as storage must be contiguous")  # fmt: skip
    typed = isinstance(source, TypedStorage) or from_tensor and size is None
    require(not typed or source.dtype is input.dtype, RuntimeError, "Could not set tensor of type {} to a tensor of type {}",
            spelled_c_name(source.dtype) if typed else "", spelled_c_name(input.dtype))  # fmt: skip
    offset, sizes, strides = storage_offset or 0, size or (), stride or contiguous_strides(size or ())
    offset += source._view.offset if from_tensor else 0
    require(offset >= 0, RuntimeError, "Tensor: invalid storage offset {}", offset)
    require(len(sizes) == len(strides), RuntimeError, "unequal size length ({}) and stride length ({})", len(sizes), len(strides))
    require(0 in sizes or all(s >= 0 for s in sizes), RuntimeError, "numel: integer multiplication overflow")
    require(all(s >= 0 for s in strides), RuntimeError, "Storage size calculation overflowed with sizes={} and strides={}",
            list(sizes), list(strides))  # fmt: skip
    size_in_bytes = 0 if source is None else source._view.storage.nbytes if from_tensor else source._storage.nbytes
    itemsize, extent = input.dtype.itemsize, storage_extent(sizes, strides, offset) * input.dtype.itemsize
    same = size is not None and (tuple(sizes), tuple(strides)) == (input._view.shape, input._view.strides)
    require(not same or extent <= size_in_bytes, RuntimeError, "setStorage: sizes {}, strides {}, storage offset {}, and itemsize {} requiring a "
            "storage size of {} are out of bounds for storage of size {}",
            list(sizes), list(strides), offset, itemsize, extent, size_in_bytes)  # fmt: skip


set_.derivative(input=no_derivative("set_"), source=no_derivative("set_"))
