"""Fresh tensors: what every function that makes one asks of its options, and how it is filled."""

from __future__ import annotations

import warnings
from math import prod
from typing import Any, Sequence

from ...autograd.modes import modes
from ...cpu.buffers import write
from ...cpu.encode import encode
from ...foundation.devices import kernels_for
from ...foundation.dtypes import complex32, complex64, float64, narrow_floats
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.errors import MOST_BYTES
from ...foundation.kernels import Kernels, View
from ...foundation.layout import contiguous_strides, preserved_strides, uncountable
from ...tensor import Tensor, allocate, channels_last, channels_last_3d, contiguous_format, format_strides, preserve_format, wrap
from .conversion import element_of

# -- constraints -----------------------------------------------------------------------------------

# What torch says of a negative size where it stands in another function of its own, or resizes an output to it.
NEGATIVE = ((RuntimeError, "numel: integer multiplication overflow"),)


def creatable(require: Any, size: Sequence[int], d: dtype_class, requires_grad: Any, pin_memory: Any = False) -> None:
    """What every function asks that makes a tensor of sizes that it is given."""
    options(require, d, requires_grad, pin_memory)
    negative = next((s for s in size if s < 0), None)
    require(negative is None, RuntimeError, "Trying to create tensor with negative dimension {}: {}", negative, list(size),
            also=NEGATIVE)  # fmt: skip
    holdable(require, size, d)


def holdable(require: Any, size: Sequence[int], d: dtype_class, counted: Sequence[int] | None = None) -> None:
    """There is memory for a tensor of this size, if none is negative. ``counted``: the size as a message may tell it, too."""
    if min(size, default=0) >= 0 and (prod(size) * d.itemsize >= MOST_BYTES or 0 in size):
        addressable(require, tuple(size), d.itemsize, tuple(counted or size))


def creatable_like(require: Any, view: View, dtype: dtype_class | None, requires_grad: Any, pin_memory: Any) -> None:
    """What every function asks that makes a tensor of another's size, and of its dtype unless one is given."""
    d = dtype or view.dtype
    options(require, d, requires_grad, pin_memory)
    holdable(require, view.shape, d)


def pinnable(require: Any, pin_memory: Any) -> None:
    """The memory need not be pinned: the host has none that is."""
    require(not pin_memory, RuntimeError,
            "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator is available on this system.")  # fmt: skip


def addressable(require: Any, size: tuple[int, ...], itemsize: int, counted: tuple[int, ...] | None = None) -> None:
    """The bytes and the strides of a tensor of this size can be counted in 64 bits, and a process can address as many."""
    strides, told = contiguous_strides(size), counted or size
    require(max(strides) < 1 << 63 or uncountable(size, itemsize), RuntimeError, "Stride calculation overflowed")
    require(not uncountable(size, itemsize), RuntimeError, "Storage size calculation overflowed with sizes={}", list(size), list(strides), list(told),
            also=((RuntimeError, "numel: integer multiplication overflow"),
                  (RuntimeError, "Storage size calculation overflowed with sizes={} and strides={}"),
                  (RuntimeError, "Storage size calculation overflowed with sizes={2}")))  # fmt: skip
    nbytes = prod(size) * itemsize
    require(nbytes < MOST_BYTES or uncountable(size, itemsize), RuntimeError,
            "DefaultCPUAllocator: can't allocate memory: you tried to allocate {} bytes. Error code 12 (Cannot allocate memory)", nbytes,
            prod(told) * itemsize, also=((RuntimeError, "DefaultCPUAllocator: can't allocate memory: you tried to allocate {1} bytes. Error code 12 "
                                                        "(Cannot allocate memory)"),))  # fmt: skip


def options(require: Any, d: dtype_class, requires_grad: Any, pin_memory: Any = False) -> None:
    """What every function asks that makes a tensor of dtype ``d``."""
    pinnable(require, pin_memory)
    require(not requires_grad or d.category > 1, RuntimeError, "Only Tensors of floating point and complex dtype can require gradients")


def arrangeable(require: Any, memory_format: Any, ndim: int) -> None:
    """The memory format is one for as many dimensions."""
    wanted = {channels_last: 4, channels_last_3d: 5}.get(memory_format, ndim)
    require(ndim == wanted, RuntimeError, "required rank {} tensor to use {} format", wanted, getattr(memory_format, "name", ""))


def fillable(require: Any, value: Any, d: dtype_class, count: int) -> None:
    """The number fits the dtype of ``count`` elements. A single float of 8 or 16 bits is what a finite number that is too large becomes by a cast,
    and so are several elements of complex32, by a cast from complex64."""
    wider = float64 if count == 1 and d in narrow_floats else complex64 if count != 1 and d is complex32 else d
    require.fits(value, wider)


# -- making tensors --------------------------------------------------------------------------------


def filled(size: Sequence[int], value: Any, d: dtype_class, kernels: Kernels, requires_grad: Any, strides: tuple[int, ...] | None = None) -> Tensor:
    """A tensor whose every element is ``value``, a Python number; unspecified for None."""
    made = allocate(tuple(size), d, kernels, strides)
    if value is not None:
        kernels.fill(made._view, element_of(value, d))
    return finish(made, requires_grad)


def from_numbers(values: Sequence[Any], shape: tuple[int, ...], dtype: dtype_class, device: Any, requires_grad: Any) -> Tensor:
    """A contiguous tensor of Python numbers: floats rounded once, integers modulo 2**bits."""
    return finish(from_encoded(encode(dtype, values), shape, dtype, kernels_for(device)), requires_grad)


def from_encoded(data: Any, shape: tuple[int, ...], dtype: dtype_class, kernels: Kernels) -> Tensor:
    """A contiguous tensor of bit patterns (see :mod:`refimpl.cpu.encode`), on any device."""
    host = kernels_for("cpu")
    out = allocate(shape, dtype, host)
    write(out._view, data)
    if kernels is host:
        return out
    view = out._view
    return wrap(View(kernels.from_bytes(host.to_bytes(view)), 0, shape, contiguous_strides(shape), dtype))


def finish(tensor: Tensor, requires_grad: Any) -> Tensor:
    """Give a fresh tensor its ``requires_grad``."""
    if requires_grad:
        tensor._requires_grad = True
    if modes.inference:
        tensor._inference = True
    return tensor


def finish_read(tensor: Tensor, requires_grad: Any) -> Tensor:
    """:func:`finish` of a tensor whose dtype is known only when its data have been read."""
    refuse_gradient(tensor, requires_grad)
    return finish(tensor, requires_grad)


def refuse_gradient(tensor: Tensor, requires_grad: Any) -> None:
    """RuntimeError if a tensor is to require grad whose dtype is none that can."""
    if requires_grad and tensor._view.dtype.category < 2:
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")


def like_strides(view: View, memory_format: Any) -> tuple[int, ...]:
    """The strides of a tensor like the view: the view's order of the dimensions without gaps, or those of a memory format."""
    if memory_format is None or memory_format is preserve_format:
        return preserved_strides(view.shape, view.strides)
    return format_strides(view.shape, memory_format)


def format_of_new(memory_format: Any) -> Any:
    """The memory format of a tensor that is made from nothing."""
    return contiguous_format if memory_format is None else memory_format


def warn(text: str, deep: int = 0) -> None:
    """A warning, at the line that called the operation whose body, or a function so ``deep`` below it, calls this."""
    warnings.warn(text, stacklevel=4 + deep)
