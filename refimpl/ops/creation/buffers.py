"""Tensors on the memory of Python's buffers."""

from __future__ import annotations

import warnings
from typing import Any

from ...foundation.devices import kernels_for
from ...foundation.kernels import Storage, View
from ...signatures.types import type_name
from ...tensor import Tensor, wrap
from .fresh import finish

_warned: list[bool] = []


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A 1-d tensor on the memory of an object with Python's buffer protocol, whose bytes from ``offset`` on are taken for elements of ``dtype``.

    >>> frombuffer(bytearray(b"abcd"), dtype=int16)
    tensor([25185, 25699], dtype=torch.int16)
    """
    d = dtype
    if requires_grad and d.category < 2:
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    try:
        octets = memoryview(buffer)
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    if octets.readonly and not _warned:
        _warned.append(True)
        warnings.warn("The given buffer is not writable, and PyTorch does not support non-writable tensors. This means you can write to the "
                      "underlying (supposedly non-writable) buffer using the tensor. You may want to copy the buffer to protect its data or "
                      "make it writable before converting it to a tensor. This type of warning will be suppressed for the rest of this program.",
                      stacklevel=3)
    length, itemsize = octets.nbytes, d.itemsize
    if not length or not count:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({length} bytes) minus 1")
    if count < 0 and (length - offset) % itemsize:
        raise ValueError(f"buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a multiple of element size ({itemsize})")
    size = (length - offset) // itemsize if count < 0 else count
    if offset + size * itemsize > length:
        raise ValueError(f"requested buffer length ({size} * {itemsize} bytes) after offset ({offset} bytes) must not be greater than "
                         f"actual buffer length ({length} bytes)")
    if type_name(buffer) == "Tensor" or not octets.c_contiguous:
        raise ValueError("the buffer is not contiguous")
    part = octets.cast("B")[offset : offset + size * itemsize]
    data: Any = bytearray(part) if octets.readonly else part  # memory that must not be written is copied
    return finish(wrap(View(Storage(kernels_for("cpu"), size * itemsize, memoryview(data)), 0, (size,), (1,), d)), requires_grad)
