"""Copies, casts and moves between devices; and the in-place writes that everything else builds on."""

from __future__ import annotations

from typing import Any

from .. import dtypes
from ..backend import View
from ..devices import device as device_class
from ..devices import kernels_for
from ..dtypes import dtype as dtype_class
from ..layout import broadcast_strides, contiguous_strides, preserved_strides
from ..registry import OperandError, op, refuse_overlap
from ..tensor import (
    Tensor, allocate, contiguous_format, format_strides, memory_format as memory_format_class, preserve_format, wrap,
)  # fmt: skip


def transfer(view: View, out: View) -> None:
    """Copy between devices: through bytes, with any cast on the side of the source."""
    source_kernels, out_kernels = view.storage.kernels, out.storage.kernels
    if source_kernels is out_kernels:
        out_kernels.copy(out, view)
        return
    if view.dtype is not out.dtype:
        cast = allocate(view.shape, out.dtype, source_kernels)._view
        source_kernels.copy(cast, view)
        view = cast
    received = View(out_kernels.from_bytes(source_kernels.to_bytes(view)), 0, view.shape, contiguous_strides(view.shape), view.dtype)
    out_kernels.copy(out, received)


def _strides_for(input: Tensor, format: memory_format_class) -> tuple[int, ...]:
    view = input._view
    if format is preserve_format:
        return preserved_strides(view.shape, view.strides)
    return format_strides(view.shape, format)


@op("method")
def clone(input, *, memory_format=preserve_format):
    """A copy in fresh memory; dense strides are kept, others become dense in the same order.

    >>> x = tensor([[1, 2], [3, 4]]).t()
    >>> clone(x).stride()
    (1, 2)
    """
    view = input._view
    out = allocate(view.shape, view.dtype, view.storage.kernels, _strides_for(input, memory_format))
    view.storage.kernels.copy(out._view, view)
    return out


clone.derivative(input=lambda grad: grad)


@op("only method")
def contiguous(input, memory_format=contiguous_format):
    """The tensor itself if it is contiguous, else a contiguous copy.

    >>> x = arange(6).view(2, 3)
    >>> x.contiguous() is x, x.t().contiguous().stride()
    (True, (2, 1))
    """
    if input.is_contiguous(memory_format=memory_format):
        return input
    if memory_format is preserve_format:
        raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    return input.clone(memory_format=memory_format)


@op("only", name="_to_copy", node="ToCopyBackward0")
def _to_copy(input, *, dtype=None, device=None, memory_format=preserve_format):
    """A copy with another dtype or on another device."""
    kernels = input._view.storage.kernels if device is None else kernels_for(device)
    out = allocate(input._view.shape, dtype or input.dtype, kernels, _strides_for(input, memory_format))
    transfer(input._view, out._view)
    return out


_to_copy.derivative(input=lambda grad, input_view: (
    grad if grad._view.storage.kernels is input_view.storage.kernels else _to_copy(grad, device=_device_of(input_view))))


def _device_of(view: View) -> device_class:
    from ..devices import device_of

    return device_of(view.storage.kernels)


def convert(input: Tensor, dtype: dtype_class | None = None, device: Any = None, copy: bool = False,
            memory_format: memory_format_class = preserve_format) -> Tensor:
    """The input itself if nothing has to change, else a copy."""
    kernels = input._view.storage.kernels if device is None else kernels_for(device)
    same = (dtype is None or dtype is input.dtype) and kernels is input._view.storage.kernels
    if same and not copy and (memory_format is preserve_format or input.is_contiguous(memory_format=memory_format)):
        return input
    return _to_copy(input, dtype=dtype, device=device, memory_format=memory_format)


@op("only method")
def to(input, *args, device=None, dtype=None, non_blocking=False, copy=False, memory_format=preserve_format, other=None):
    """The tensor with another dtype, on another device, or both: ``to(dtype)``, ``to(device, dtype)``, ``to(other)``.

    Returns the tensor itself if it has both already and ``copy`` is False. Casts: a float becomes an integer by truncation toward zero; anything
    becomes bool as ``!= 0``; a complex number loses its imaginary part; integers and floats are rounded once to nearest, ties to even.

    >>> tensor([1.9, -1.9]).to(int64)
    tensor([ 1, -1])
    """
    rest = list(args)
    if rest and isinstance(rest[0], Tensor):
        other = rest.pop(0)
    elif rest and isinstance(rest[0], dtype_class):
        dtype = rest.pop(0)
    elif rest and (rest[0] is None or isinstance(rest[0], (str, int, device_class)) and not isinstance(rest[0], bool)):
        device = rest.pop(0)
        if rest and (rest[0] is None or isinstance(rest[0], dtype_class)):
            dtype = rest.pop(0)
    elif rest:
        raise TypeError(f"to() received an invalid combination of arguments - got ({', '.join(type(a).__name__ for a in args)}), but expected one of:\n"
                        " * (torch.device device = None, torch.dtype dtype = None, bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None)\n"
                        " * (torch.dtype dtype, bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None)\n"
                        " * (Tensor tensor, bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None)\n")
    if other is not None:
        device, dtype = other.device, other.dtype
    if len(rest) > 1:
        copy = rest[1]
    return convert(input, dtype, device, copy, memory_format or preserve_format)


@op("only method")
def type_as(input, other):
    """``input.to(other.dtype)`` on the device of ``other``.

    >>> tensor([1]).type_as(tensor([1.5]))
    tensor([1.])
    """
    return convert(input, other.dtype, other.device)


@op("only method", name="type")
def type_(input, dtype=None, non_blocking=False):
    """The name of the tensor's type (``'torch.FloatTensor'``), or, with a dtype, the cast.

    >>> tensor([1.]).type()
    'torch.FloatTensor'
    """
    if dtype is None:
        prefix = "cuda." if input.is_cuda else ""
        return f"torch.{prefix}{input.dtype.type_name}Tensor"
    if isinstance(dtype, str):
        found = [d for d in dtypes.all_dtypes if dtype == f"torch.{d.type_name}Tensor"]
        if not found:
            raise ValueError(f"invalid type: '{dtype}'")
        dtype = found[0]
    return convert(input, dtype)


def _short_form(name: str, target: dtype_class) -> None:
    def body(input, memory_format=preserve_format):
        return convert(input, target, None, False, memory_format)

    body.__doc__ = f"``input.to({target.name})``.\n\n    >>> tensor([1]).{name}().dtype\n    torch.{target.name}\n    "
    body.__module__ = __name__
    op("only method", name=name)(body)


for _name, _dtype in dtypes.aliases.items():
    _short_form({"bool": "bool"}.get(_name, _name), _dtype)
_short_form("bfloat16", dtypes.bfloat16)
_short_form("char", dtypes.int8)
_short_form("byte", dtypes.uint8)


@op("only method")
def cpu(input, memory_format=preserve_format):
    """The tensor on the host; itself if it is there already.

    >>> tensor([1.]).cpu().device
    device(type='cpu')
    """
    return convert(input, None, "cpu", False, memory_format)


@op("only method")
def cuda(input, device=None, non_blocking=False, memory_format=preserve_format):
    """The tensor on a GPU; itself if it is there already. AssertionError if there is no GPU."""
    target = "cuda" if device is None else device_class(device)
    return convert(input, None, target, False, memory_format)


# -- in-place writes -------------------------------------------------------------------------------


@op("only method", node="CopyBackwards")
def copy_(input, src, non_blocking=False):
    """Write the elements of ``src``, broadcast and cast, into this tensor.

    >>> zeros(2, 2).copy_(tensor([1, 2]))
    tensor([[1., 2.],
            [1., 2.]])
    """
    if not isinstance(src, Tensor):
        raise OperandError(src)
    target, source = input._view, src._view
    if source.shape != target.shape:
        source = View(source.storage, source.offset, target.shape, _expanded(source, target.shape), source.dtype)
    refuse_overlap(input, (src,))
    transfer(source, target)
    return input


def _expanded(source: View, shape: tuple[int, ...]) -> tuple[int, ...]:
    lead = len(shape) - len(source.shape)
    for d, size in enumerate(source.shape):
        if lead < 0 or size not in (1, shape[lead + d]):
            if lead < 0:
                raise RuntimeError(f"The size of tensor a ({shape[0] if shape else 1}) must match the size of tensor b ({source.shape[-1]}) at "
                                   f"non-singleton dimension {len(source.shape) - 1}" if not shape else
                                   f"output with shape {list(shape)} doesn't match the broadcast shape {list(source.shape)}")
            raise RuntimeError(f"The size of tensor a ({shape[lead + d]}) must match the size of tensor b ({size}) at non-singleton dimension {lead + d}")
    return broadcast_strides(source.shape, source.strides, shape)


copy_.derivative(input=lambda grad: grad * 0, src=lambda grad: grad)


@op("only method", node=lambda bound: "FillBackward3" if isinstance(bound["value"], Tensor) else "FillBackward2")
def fill_(input, value):
    """Set every element to ``value``, a number or a 0-d tensor.

    >>> zeros(2).fill_(7)
    tensor([7., 7.])
    """
    view = input._view
    if isinstance(value, Tensor):
        if value.dim():
            raise RuntimeError(f"fill_ only supports 0-dimension value tensor but got tensor with {value.dim()} dimensions.")
        source = value._view
        refuse_overlap(input)
        transfer(View(source.storage, source.offset, view.shape, (0,) * len(view.shape), source.dtype), view)
        return input
    if not isinstance(value, (bool, int, float, complex)):
        raise OperandError(value, "Number")
    refuse_overlap(input)
    view.storage.kernels.fill(view, element_of(value, view.dtype))
    return input


fill_.derivative(input=lambda grad: grad * 0, value=lambda grad: grad.sum())


@op("method")
def fill(input, value):
    """A tensor like the input whose every element is ``value``.

    >>> fill(zeros(2), 7)
    tensor([7., 7.])
    """
    return input.clone().fill_(value)


@op("method")
def zero_(input):
    """Set every element to 0.

    >>> ones(2).zero_()
    tensor([0., 0.])
    """
    refuse_overlap(input)
    input._view.storage.kernels.fill(input._view, 0)
    return input


zero_.derivative(input=lambda grad: grad * 0)


def element_of(value: Any, d: dtype_class) -> Any:
    """A Python number as an element of dtype ``d``: RuntimeError if it is out of the range of an integer or float dtype."""
    category = d.category
    if isinstance(value, complex) and category < 3:
        if value.imag:
            raise RuntimeError(f"value cannot be converted to type {_c_names[d.name]} without overflow")
        value = value.real
    if category == 0:
        return value != 0
    if category == 1:
        limits = dtypes.iinfo(d)
        if isinstance(value, float) and value != value or value in (float("inf"), float("-inf")):
            raise RuntimeError(f"value cannot be converted to type {_c_names[d.name]} without overflow")
        number = int(value)
        if not (limits.min if d.is_signed else -limits.max) <= number <= limits.max:
            raise RuntimeError(f"value cannot be converted to type {_c_names[d.name]} without overflow")
        return number if number >= limits.min else number + limits.max + 1
    if category == 2:
        number = float(value)
        if d.itemsize < 8 and abs(number) != float("inf") and abs(number) > dtypes.finfo(d).max:
            raise RuntimeError(f"value cannot be converted to type {_c_names[d.name]} without overflow")
        return number
    return complex(value)


_c_names = {
    "uint8": "uint8_t", "int8": "int8_t", "int16": "int16_t", "int32": "int", "int64": "int64_t", "bool": "bool", "float16": "at::Half",
    "bfloat16": "at::BFloat16", "float32": "float", "float64": "double",
}  # fmt: skip


@op("only method")
def set_(input, source):
    """Make this tensor the same view as ``source``.

    >>> zeros(2).set_(tensor([1., 2., 3.]))
    tensor([1., 2., 3.])
    """
    input._view = source._view
    return input


@op("only method")
def resize_(input, *size, memory_format=contiguous_format):
    """Give this tensor another shape, contiguous; its storage grows if need be, and new elements are unspecified.

    >>> tensor([1, 2, 3, 4]).resize_(2, 2)
    tensor([[1, 2],
            [3, 4]])
    """
    from .views import sizes

    if input.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    shape = sizes(size, "resize_")
    view = input._view
    strides = contiguous_strides(shape)
    fresh = View(view.storage, view.offset, shape, strides, view.dtype)
    nbytes = (view.offset + fresh.numel) * view.dtype.itemsize if fresh.numel else 0
    if nbytes > view.storage.nbytes:
        view.storage.kernels.resize(view.storage, nbytes)
    input._view = fresh
    return input


def host_copy(input: Tensor) -> Tensor:
    """The tensor on the host, outside of the graph."""
    return wrap(convert(input.detach(), None, "cpu")._view)
