"""Tensors on the memory of Python's buffers, and on that of files."""

from __future__ import annotations

import warnings
from typing import Any

from ...foundation.devices import kernels_for
from ...foundation.dtypes import get_default_dtype
from ...foundation.kernels import Storage, View, noted
from ...signatures.matching import parsed
from ...signatures.types import type_name
from ...tensor import Tensor, wrap
from .fresh import finish, finish_read

_warned: list[bool] = []


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A 1-d tensor on the memory of an object with Python's buffer protocol, whose bytes from ``offset`` on are taken for elements of ``dtype``.

    >>> frombuffer(bytearray(b"abcd"), dtype=int16)
    tensor([25185, 25699], dtype=torch.int16)
    """
    d = dtype
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
    kernels = kernels_for("cpu")
    return finish_read(wrap(View(Storage(kernels, size * itemsize, memoryview(data)), 0, (size,), (1,), noted(d, kernels))), requires_grad)


@parsed
def from_file(filename: str, shared: Any = None, size: Any = 0, *, dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: Any = False,
              requires_grad: Any = False) -> Tensor:  # fmt: skip
    """A vector of the first ``size`` elements of a file, which is mapped into memory.

    With ``shared`` what is written to the tensor is written to the file, which is made, or made longer, if need be; without it the file is not
    changed. Dtypes: all; the default dtype unless given. Errors: RuntimeError for a file that cannot be opened or is too short, a negative size, and
    memory that is to be pinned. There is no gradient. Source: torch.from_file.
    """
    d, count = dtype or get_default_dtype(), size or 0
    if pin_memory:
        raise RuntimeError("tensors constructed from a file cannot be pinned")
    memory = _mapped(filename, bool(shared), count * d.itemsize)
    storage = Storage(kernels_for("cpu"), count * d.itemsize, memoryview(memory)[: count * d.itemsize])
    return finish(wrap(View(storage, 0, (count,), (1,), noted(d, kernels_for("cpu")))), requires_grad)


def _mapped(filename: str, shared: bool, nbytes: int) -> Any:
    """The memory of a file."""
    import mmap
    import os

    name = f"file <{filename}>"
    if nbytes < 0:
        raise RuntimeError(f"unable to mmap {nbytes} bytes from {name}: Cannot allocate memory (12)")
    try:
        handle = os.open(filename, os.O_RDWR | os.O_CREAT if shared else os.O_RDONLY, 0o666)
    except OSError as error:
        mode = "read-write" if shared else "read-only"
        raise RuntimeError(f"unable to open {name} in {mode} mode: {error.strerror} ({error.errno})") from None
    try:
        length = os.fstat(handle).st_size
        if length < nbytes:
            if not shared:
                raise RuntimeError(f"{name} size <{length}> is smaller than the required mapping size <{nbytes}>")
            os.ftruncate(handle, nbytes)
        return mmap.mmap(handle, nbytes, access=mmap.ACCESS_WRITE if shared else mmap.ACCESS_COPY) if nbytes else bytearray()
    finally:
        os.close(handle)
