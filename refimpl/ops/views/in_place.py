"""A tensor's own shape, strides and storage changed in place: no element is written, and other views do not notice.

``x.t_()`` makes ``x`` itself the view that ``x.t()`` returns; to autograd it is an in-place operation like any other.
"""

from __future__ import annotations

from math import prod

from ...foundation.c_names import spelled_c_name
from ...foundation.kernels import View, as_lazy
from ...foundation.layout import contiguous_strides, storage_extent, wrap_dim
from ...operations.operation import OperandError
from ...operations.registry import op
from ...tensor import Tensor, TypedStorage, UntypedStorage, contiguous_format, format_strides, preserve_format, suggested_format
from ..shared.checks import no_derivative
from ..shared.operands import format_argument, int_tuple, integer, sizes, tensor
from .axes import matrix_transposed_geometry, transposed_geometry
from .shapes import as_strided_gradient, overload_of_dim, squeezed_geometry, strided_geometry, unsqueezed_geometry  # fmt: skip


def _become(input: Tensor, shape, strides, offset=None) -> Tensor:
    view = input._view
    input._view = as_lazy(View(view.storage, view.offset if offset is None else offset, tuple(shape), tuple(strides), view.dtype),
                          view.conjugated, view.negated)
    return input


@op("only method", view=True, node="TBackward1")
def t_(input):
    """:func:`t` in place.

    >>> arange(6).view(2, 3).t_().shape
    torch.Size([3, 2])
    """
    return _become(input, *matrix_transposed_geometry(input, "t_"))


t_.derivative(input=lambda grad: grad.t())


@op("only method", view=True, node="TransposeBackward1", aliases=("swapaxes_", "swapdims_"), keywords={"axis0": "dim0", "axis1": "dim1"})
def transpose_(input, dim0, dim1):
    """:func:`transpose` in place.

    >>> zeros(2, 3).transpose_(0, 1).shape
    torch.Size([3, 2])
    """
    return _become(input, *transposed_geometry(input, dim0, dim1))


transpose_.derivative(input=lambda grad, dim0, dim1: grad.transpose(dim0, dim1))


@op("only method", view=True, node=overload_of_dim("SqueezeBackward", 3))
def squeeze_(input, dim=None):
    """:func:`squeeze` in place.

    >>> zeros(1, 3, 1).squeeze_().shape
    torch.Size([3])
    """
    return _become(input, *squeezed_geometry(input, dim))


squeeze_.derivative(input=lambda grad, input_shape: grad.reshape(input_shape))


@op("only method", view=True, node="UnsqueezeBackward1")
def unsqueeze_(input, dim):
    """:func:`unsqueeze` in place.

    >>> zeros(3).unsqueeze_(0).shape
    torch.Size([1, 3])
    """
    return _become(input, *unsqueezed_geometry(input, dim))


unsqueeze_.derivative(input=lambda grad, dim, input_shape: grad.squeeze(wrap_dim(dim, len(input_shape) + 1)))


@op("function method", view=True, node="AsStridedBackward1")
def as_strided_(input, size, stride, storage_offset=None):
    """:func:`as_strided` in place.

    >>> arange(4).as_strided_((2,), (2,))
    tensor([0, 2])
    """
    return _become(input, *strided_geometry(input, size, stride, storage_offset))


as_strided_.derivative(input=as_strided_gradient)

# -- another size ----------------------------------------------------------------------------------


def _resize(input: Tensor, shape: tuple[int, ...], format) -> Tensor:
    if input.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    if any(s < 0 for s in shape):
        raise RuntimeError("numel: integer multiplication overflow")
    if format is preserve_format:
        raise RuntimeError("Unsupported memory formatPreserve")
    view = input._view
    if shape == view.shape and format is None:
        return input
    strides = format_strides(shape, format or contiguous_format)
    nbytes = (view.offset + prod(shape)) * view.dtype.itemsize if prod(shape) else 0
    if nbytes > view.storage.nbytes:
        view.storage.kernels.resize(view.storage, nbytes)
    return _become(input, shape, strides)


@op("only method", differentiable=False, resizes=True)
def resize_(input, *size, memory_format=None):
    """Give this tensor another shape, contiguous or in ``memory_format``; nothing happens if it has the shape already.

    The elements keep their places in the storage, which grows if need be; new elements are
    unspecified. RuntimeError for a tensor that requires grad.

    >>> tensor([1, 2, 3, 4]).resize_(2, 2)
    tensor([[1, 2],
            [3, 4]])
    """
    return _resize(input, sizes(size, "resize_"), format_argument(memory_format))


@op("function method", differentiable=False, resizes=True)
def resize_as_(input, the_template, *, memory_format=None):
    """``input.resize_(the_template.shape)``; with ``preserve_format`` in the memory format of the template.

    >>> tensor([1, 2, 3, 4]).resize_as_(zeros(2, 2)).shape
    torch.Size([2, 2])
    """
    format = format_argument(memory_format)
    if format is preserve_format:
        format = suggested_format(tensor(the_template)._view)
    return _resize(input, tensor(the_template)._view.shape, format)


# -- another storage -------------------------------------------------------------------------------


@op("only method", node="NotImplemented")
def set_(input, source=None, storage_offset=None, size=None, stride=None):
    """Make this tensor the same view as ``source``; or, given a storage and perhaps a geometry, a view of that storage.

    With a contiguous tensor and a geometry, a view of the tensor's storage whose offset counts from the tensor's first element; without a
    source, a tensor without elements. The dtype stays: RuntimeError if the source's dtype differs and no geometry says how to read it. A
    storage that is too small grows.

    >>> zeros(2).set_(tensor([1., 2., 3.]))
    tensor([1., 2., 3.])
    """
    view = input._view
    if size is None and storage_offset is not None:
        raise TypeError("set_(): storage_offset without size")
    if source is None:
        input._view = View(view.storage.kernels.allocate(0), 0, (0,), (1,), view.dtype)
        return input
    if isinstance(source, Tensor) and size is not None and not source.is_contiguous():
        raise RuntimeError("passed in tensor to be used as storage must be contiguous")
    if not isinstance(source, (Tensor, UntypedStorage)):
        raise OperandError(source, "Storage")
    if (isinstance(source, TypedStorage) or isinstance(source, Tensor) and size is None) and source.dtype is not view.dtype:
        raise RuntimeError(f"Could not set tensor of type {spelled_c_name(source.dtype)} to a tensor of type {spelled_c_name(view.dtype)}")
    if isinstance(source, Tensor) and size is None:
        input._view = source._view
        return input
    storage = source._view.storage if isinstance(source, Tensor) else source._storage
    if size is None:
        input._view = View(storage, 0, (storage.nbytes // view.dtype.itemsize,), (1,), view.dtype)
        return input
    shape, offset = int_tuple(size, "set_", "size"), integer(storage_offset)
    if isinstance(source, Tensor):
        offset += source._view.offset
    strides = int_tuple(stride, "set_", "stride") if stride else contiguous_strides(shape)
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    if len(shape) != len(strides):
        raise RuntimeError(f"unequal size length ({len(shape)}) and stride length ({len(strides)})")
    if any(s < 0 for s in (*shape, *strides)):
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)} and strides={list(strides)}")
    needed = storage_extent(shape, strides, offset) * view.dtype.itemsize
    if needed > storage.nbytes:
        storage.kernels.resize(storage, needed)
    input._view = View(storage, offset, shape, strides, view.dtype)
    return input


set_.derivative(input=no_derivative("set_"), source=no_derivative("set_"))
