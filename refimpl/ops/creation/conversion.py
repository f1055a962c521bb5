"""Copies, casts and moves between devices; and the in-place writes that everything else builds on."""

from __future__ import annotations

import warnings
from typing import Any

from ...foundation import dtypes
from ...foundation.devices import device as device_class
from ...foundation.devices import device_of, kernels_for
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.kernels import View
from ...foundation.layout import broadcast_shapes, broadcast_strides, contiguous_strides, preserved_strides
from ...operations.registry import op
from ...operations.sharing import refuse_overlap
from ...tensor import Tensor, allocate, contiguous_format, format_strides, preserve_format, suggested_format, wrap  # fmt: skip
from ...tensor import memory_format as memory_format_class
from ..shared.checks import fit


def transfer(view: View, out: View) -> None:
    """Copy between devices: through bytes, with any cast on the side of the source. A warning where imaginary parts are lost."""
    if view.dtype.is_complex and out.dtype.category in (1, 2) and view.numel:
        warnings.warn("Casting complex values to real discards the imaginary part", stacklevel=5)
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
    strides = _strides_for(input, memory_format or preserve_format)
    out = allocate(view.shape, view.dtype, view.storage.kernels, strides)
    view.storage.kernels.copy(out._view, view)
    return out


clone.derivative(input=lambda grad: grad)


@op("only method")
def contiguous(input, *, memory_format=contiguous_format):
    """The tensor itself if it is contiguous (or lies in ``memory_format``), else a copy that is.

    >>> x = arange(6).view(2, 3)
    >>> x.contiguous() is x, x.t().contiguous().stride()
    (True, (2, 1))
    """
    format = memory_format or contiguous_format
    if input.is_contiguous(memory_format=format):
        return input
    if format is preserve_format:
        raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    return input.clone(memory_format=format)


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
    return device_of(view.storage.kernels)


def convert(input: Tensor, dtype: dtype_class | None = None, device: Any = None, copy: bool = False,
            memory_format: memory_format_class | None = preserve_format) -> Tensor:
    """The input itself if nothing has to change, else a copy."""
    format = memory_format or preserve_format
    view = input._view
    kernels = view.storage.kernels if device is None else kernels_for(device)
    same = (dtype is None or dtype is view.dtype) and kernels is view.storage.kernels
    if same and not copy and (format is preserve_format or suggested_format(view) is format):
        return input
    return _to_copy(input, dtype=dtype, device=device, memory_format=format)


# Python's own types stand for the dtypes of their numbers.
_of_python: dict[Any, dtype_class] = {float: dtypes.float64, int: dtypes.int64, bool: dtypes.bool_, complex: dtypes.complex128}


@op("only method")
def to(input, device=None, dtype=None, non_blocking=False, copy=False, *, tensor=None, memory_format=preserve_format):
    """The tensor with another dtype, on another device, or both: ``to(dtype)``, ``to(device, dtype)``, ``to(other)``.

    Each form may go on with ``non_blocking`` and ``copy``. Returns the tensor itself if it has both already, lies in
    ``memory_format`` if one is given, and ``copy`` is False. Casts: a float becomes an integer by truncation
    toward zero (its value must lie in the range); anything becomes bool as ``!= 0``; a complex number loses its
    imaginary part, with a warning; integers and floats are rounded once to nearest, ties to even.

    >>> tensor([1.9, -1.9]).to(int64)
    tensor([ 1, -1])
    """
    if tensor is not None:
        device, dtype = tensor.device, tensor.dtype
    return convert(input, dtype, device, copy, memory_format)


@op("only method")
def type_as(input, other):
    """``input.to(other.dtype)`` on the device of ``other``.

    >>> tensor([1]).type_as(tensor([1.5]))
    tensor([1.])
    """
    return convert(input, other.dtype, other.device)


@op("only method", name="type")
def type_(input, dtype=None, non_blocking=False):
    """The name of the tensor's type (``'torch.FloatTensor'``), or, with a dtype or such a name, the cast.

    ValueError for a name that is none.

    >>> tensor([1.]).type()
    'torch.FloatTensor'
    """
    if dtype is None:
        prefix = "cuda." if input.is_cuda else ""
        return f"torch.{prefix}{input.dtype.type_name}Tensor"
    if isinstance(dtype, dtype_class):
        return convert(input, dtype)
    if not isinstance(dtype, (str, type)):
        raise TypeError("dtype must be a type, str, or dtype object")
    name = dtype if isinstance(dtype, str) else f"{dtype.__module__}.{dtype.__name__}".removeprefix("builtins.")
    for d in dtypes.all_dtypes:
        if name == f"torch.{d.type_name}Tensor":
            return convert(input, d)
    raise ValueError(f"invalid type: '{name}'")


def _short_form(name: str, target: dtype_class) -> None:
    def body(input, *, memory_format=preserve_format):
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
def cpu(input, *, memory_format=preserve_format):
    """The tensor on the host; itself if it is there already.

    >>> tensor([1.]).cpu().device
    device(type='cpu')
    """
    return convert(input, None, "cpu", False, memory_format)


@op("only method")
def cuda(input, device=None, non_blocking=False, *, memory_format=preserve_format):
    """The tensor on a GPU; itself if it is there already. AssertionError if there is no GPU.

    >>> x = tensor([1.])
    >>> (x.cuda() if torch.cuda.is_available() else x).tolist()
    [1.0]
    """
    target = device_class("cuda" if device is None else device)
    if target.type != "cuda":
        raise RuntimeError("Invalid device, must be cuda device")
    return convert(input, None, target, False, memory_format)


# -- in-place writes -------------------------------------------------------------------------------


@op("only method", node="CopyBackwards", graph="leaves_integers_untracked")
def copy_(input, other, non_blocking=False):
    """Write the elements of ``other`` (a tensor or a number), broadcast and cast, into this tensor.

    RuntimeError if the shape would have to grow, if elements of this tensor share memory, or if the two overlap in part.

    >>> zeros(2, 2).copy_(tensor([1, 2]))
    tensor([[1., 2.],
            [1., 2.]])
    """
    target = input._view
    if not isinstance(other, Tensor):
        wide = dtypes.complex128 if isinstance(other, complex) else dtypes.float64 if isinstance(other, float) else dtypes.int64
        number = element_of(other, wide)
        other = allocate((), wide, kernels_for("cpu"))
        source = other._view
        source.storage.kernels.fill(source, number)
    else:
        source = other._view
        if source.storage is target.storage and (source.offset, source.shape, source.strides, source.dtype) == (
                target.offset, target.shape, target.strides, target.dtype):
            return input
    refuse_overlap(input, (other,))
    if source.shape != target.shape:
        shape = broadcast_shapes(target.shape, source.shape)
        if shape != target.shape:
            raise RuntimeError(f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(shape)}")
        source = View(source.storage, source.offset, shape, broadcast_strides(source.shape, source.strides, shape), source.dtype)
    transfer(source, target)
    return input


def _zeros(grad: Tensor) -> Tensor:
    return grad.new_zeros(grad._view.shape)


copy_.derivative(input=_zeros, other=lambda grad: grad)


@op("function method", node=lambda bound: "FillBackward3" if isinstance(bound["value"], Tensor) else "FillBackward2")
def fill_(input, value):
    """Set every element to ``value``, a number or a 0-d tensor. With a number even an expanded tensor will do.

    RuntimeError if a number does not fit the dtype (a fraction is cut off for integers); a tensor is cast.

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
    view.storage.kernels.fill(_written_once(view), filling(value, view))
    return input


fill_.derivative(input=_zeros, value=lambda grad: grad.sum())


def _written_once(view: View) -> View:
    """The view with expanded dimensions reduced to one element, so that no element is written twice."""
    if 0 not in view.strides:
        return view
    shape = tuple(1 if stride == 0 and size > 1 else size for size, stride in zip(view.shape, view.strides))
    return View(view.storage, view.offset, shape, view.strides, view.dtype)


@op("function", node=lambda bound: f"FillBackward{int(isinstance(bound['value'], Tensor))}")
def fill(input, value):
    """A tensor like the input whose every element is ``value``, a number or a 0-d tensor.

    >>> fill(zeros(2), 7)
    tensor([7., 7.])
    """
    return wrap(input.detach().clone().fill_(value.detach() if isinstance(value, Tensor) else value)._view)


fill.derivative(input=_zeros, value=lambda grad: grad.sum())


@op("method")
def zero_(input):
    """Set every element to 0.

    >>> ones(2).zero_()
    tensor([0., 0.])
    """
    input._view.storage.kernels.fill(_written_once(input._view), 0)
    return input


zero_.derivative(input=_zeros)


def filling(value: Any, view: View) -> Any:
    """A Python number as what fills a view; RuntimeError if its dtype cannot hold it (but a single float16 or bfloat16 becomes infinite)."""
    _refuse_beyond_64_bits(value)
    if view.numel != 1:
        fit(value, view.dtype)
    return element_of(value, view.dtype)


def _refuse_beyond_64_bits(value: Any) -> None:
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 64:
        raise OverflowError("int too big to convert" if value > 0 else "can't convert negative int to unsigned")


def element_of(value: Any, d: dtype_class) -> Any:
    """A Python number as an element of dtype ``d``; RuntimeError if the dtype cannot hold it.

    A finite number that is too large for float16 or bfloat16 becomes infinite.
    """
    _refuse_beyond_64_bits(value)
    category = d.category
    fit(value, dtypes.float64 if category == 2 and d.itemsize == 2 else d)
    if category == 3:
        return complex(value)
    if isinstance(value, complex):
        value = value.real if category else value != 0
    if category == 0:
        return value != 0
    if category == 2:
        return float(value)
    number = int(value)
    if number == 1 << 63:  # the float 2**63 passes for an int64, which it overflows
        return -number
    return number if d.is_signed or number >= 0 else number + (1 << 8 * d.itemsize)


def host_copy(input: Tensor) -> Tensor:
    """The tensor on the host, outside of the graph."""
    return wrap(convert(input.detach(), None, "cpu")._view)
