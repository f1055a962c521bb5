"""Storage of the CPU device: raw bytes, allocated when they are first used."""

from __future__ import annotations

from array import array
from typing import Any

from ..foundation.kernels import Storage, View
from .buffers import raw

__all__ = ["from_bytes", "to_bytes", "data_ptr", "resize"]


def from_bytes(kernels: Any, data: bytes) -> Storage:
    """A new storage that holds a copy of ``data``."""
    return Storage(kernels, len(data), bytes(data))


def to_bytes(view: View) -> bytes:
    """The elements in row-major order as raw bytes."""
    return raw(view).tobytes()


def data_ptr(storage: Storage) -> int:
    """The address of the first byte; 0 for an empty storage."""
    if storage.nbytes == 0:
        return 0
    data = storage.data
    if data is None or type(data) is bytes:
        data = storage.data = array("B", data or bytes(storage.nbytes))
    if type(data) is array:
        return data.buffer_info()[0]
    from ctypes import addressof, c_char  # slow to import, and only foreign memory needs it

    return addressof(c_char.from_buffer(data))


def resize(storage: Storage, nbytes: int) -> None:
    """Grow or shrink in place. The bytes that fit are kept; new ones are zero."""
    data = storage.data
    if data is not None and nbytes != storage.nbytes:
        kept = memoryview(data).cast("B")[:nbytes].tobytes()
        storage.data = kept + bytes(nbytes - len(kept))
    storage.nbytes = nbytes
