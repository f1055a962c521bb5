"""Copies, casts and moves between devices, and Python numbers as elements."""

from __future__ import annotations

import warnings
from typing import Any

from ...foundation import dtypes
from ...foundation.devices import device as device_class
from ...foundation.devices import device_of, kernels_for
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.kernels import View
from ...foundation.layout import contiguous_strides, preserved_strides
from ...operations.registry import op
from ...tensor import Tensor, allocate, contiguous_format, format_strides, preserve_format, suggested_format  # fmt: skip
from ...tensor import memory_format as memory_format_class


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


@op("method", dtypes="every")
def clone(input, *, memory_format=preserve_format):
    """A copy in fresh memory, of the input's dtype and on its device.

    Dense strides are kept, others become dense in the same order, unless ``memory_format`` says how the copy shall lie: RuntimeError if that does
    not fit the number of dimensions. The gradient is the result's.

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

    RuntimeError for ``preserve_format`` where a copy would be needed, and for a format that does not fit the number of dimensions.
    The gradient is the result's.

    >>> x = arange(6).view(2, 3)
    >>> x.contiguous() is x, x.t().contiguous().stride()
    (True, (2, 1))
    """
    format = memory_format or contiguous_format
    if input.is_contiguous(memory_format=format):
        return input
    return input.clone(memory_format=format)


@contiguous.constraints
def _(require, input, memory_format):
    require(memory_format is not preserve_format or input.is_contiguous(), RuntimeError,
            "preserve memory format is unsupported by the contiguous operator")  # fmt: skip


@op("only", name="_to_copy", node="ToCopyBackward0", graph="leaves_integers_untracked", dtypes="every")
def _to_copy(input, *, dtype=None, device=None, memory_format=preserve_format):
    """A copy with another dtype, on another device or with other strides: what :func:`to` records when something has to change.

    The gradient is the result's, cast back and moved back.
    """
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


@op("only method", elsewhere="tensor")
def to(input, device=None, dtype=None, non_blocking=False, copy=False, *, tensor=None, memory_format=preserve_format):
    """The tensor with another dtype, on another device, or both: ``to(dtype)``, ``to(device, dtype)``, ``to(other)``.

    A float, complex number or bool as ``other`` stands for its kind: float64, complex128 or bool.

    Each form may go on with ``non_blocking`` and ``copy``. Returns the tensor itself if it has both already, lies in
    ``memory_format`` if one is given, and ``copy`` is False.

    Casts: a float becomes an integer by truncation toward zero (its value must lie in the range, else the result is the processor's);
    anything becomes bool as ``!= 0``, NaN as True; a complex number loses its imaginary part, with a warning; integers and floats are rounded once
    to nearest, ties to even, beyond the largest finite number to infinity; integers keep the low bits.

    RuntimeError for a device that there is not, and for a memory format that does not fit the number of dimensions. The gradient is the
    result's, cast back and moved back. Source of the rounding: IEEE 754-2019, section 4.3.1.

    >>> tensor([1.9, -1.9]).to(int64)
    tensor([ 1, -1])
    """
    if isinstance(tensor, Tensor):
        device, dtype = tensor.device, tensor.dtype
    elif tensor is not None:
        dtype = dtypes.of_python[type(tensor)]
    return convert(input, dtype, device, copy, memory_format)


@op("only method", elsewhere="other")
def type_as(input, other):
    """The tensor with the dtype and on the device of ``other``: ``input.to(other)``.

    Casts, errors and gradient are those of :func:`to`.

    >>> tensor([1]).type_as(tensor([1.5]))
    tensor([1.])
    """
    return convert(input, other.dtype, other.device)


@op("only method", name="type")
def type_(input, dtype=None, non_blocking=False):
    """The name of the tensor's type (``'torch.FloatTensor'``), or, with a dtype or such a name, the cast.

    ValueError for a name that is none, TypeError for a dtype that is neither a dtype, a type nor a name. Casts and gradient are those of :func:`to`.

    >>> tensor([1.]).type()
    'torch.FloatTensor'
    """
    if dtype is None:
        prefix = f"{input.device.type}." if input.is_cuda or input.is_meta else ""
        return f"torch.{prefix}{input.dtype.type_name}Tensor"
    return convert(input, dtype if isinstance(dtype, dtype_class) else _of_legacy_name[_legacy_name(dtype)])


_of_legacy_name = {f"torch.{d.type_name}Tensor": d for d in dtypes.all_dtypes}


def _legacy_name(dtype: Any) -> str:
    return dtype if isinstance(dtype, str) else f"{dtype.__module__}.{dtype.__name__}".removeprefix("builtins.")


@type_.constraints
def _(require, dtype):
    named = not isinstance(dtype, (dtype_class, type(None)))
    require(not named or isinstance(dtype, (str, type)), TypeError, "dtype must be a type, str, or dtype object")
    require(not named or _legacy_name(dtype) in _of_legacy_name, ValueError, "invalid type: '{}'", _legacy_name(dtype) if named else "")


def _short_form(name: str, target: dtype_class) -> None:
    def body(input, *, memory_format=preserve_format):
        return convert(input, target, None, False, memory_format)

    body.__doc__ = (f"``input.to({target.name})``: the tensor itself if it has that dtype, else a cast copy.\n\n"
                    f"    Casts, errors and gradient are those of :func:`to`.\n\n    >>> tensor([1]).{name}().dtype\n    torch.{target.name}\n    ")
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

    RuntimeError for a memory format that does not fit the number of dimensions. The gradient is the result's, moved back.

    >>> tensor([1.]).cpu().device
    device(type='cpu')
    """
    return convert(input, None, "cpu", False, memory_format)


@op("only method")
def cuda(input, device=None, non_blocking=False, *, memory_format=preserve_format):
    """The tensor on a GPU, the current one unless ``device`` names another; itself if it is there already.

    AssertionError if there is no GPU, RuntimeError for a device of another kind. The gradient is the result's, moved back.

    >>> x = tensor([1.])
    >>> (x.cuda() if torch.cuda.is_available() else x).tolist()
    [1.0]
    """
    return convert(input, None, device_class("cuda" if device is None else device), False, memory_format)


@cuda.constraints
def _(require, device):
    require(device_class("cuda" if device is None else device).type == "cuda", RuntimeError, "Invalid device, must be cuda device")


# -- numbers ---------------------------------------------------------------------------------------


def element_of(value: Any, d: dtype_class) -> Any:
    """A Python number as an element of dtype ``d``, which can hold it: fractions are cut off for integers, negative numbers count from the end of
    an unsigned dtype, and of a complex number beside a real dtype the real part is taken.
    """
    category = d.category
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
