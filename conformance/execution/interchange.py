"""Memory of other libraries: arrays as arguments, and what a call hands over to others: arrays of NumPy and DLPack's capsules.

Whose memory such an object is, is found out by what sharing means: a byte that is changed in one is seen in the other.
"""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Sequence

import torch

from ..backends.base import Backend, Reading, Unsupported
from ..backends.torch_backend import Torch
from ..cases.case import ITEMSIZE, ArraySpec

_BITS = 1  # of each byte; a truth value stays one


@dataclass
class Given:
    """The arrays among the arguments: by the number of their buffer the memory that they lie in."""

    memories: dict[int, bytearray] = field(default_factory=dict)

    def make(self, spec: ArraySpec, data: bytes) -> Any:
        """The object that a spec describes. Raises :class:`Unsupported` without NumPy."""
        memory = self.memories.setdefault(spec.buffer, bytearray(data))
        if spec.kind == "buffer":
            return memory
        if spec.kind == "numpy":
            try:
                import numpy
            except ImportError:
                raise Unsupported("NumPy") from None
            array = numpy.ndarray(spec.shape, spec.dtype, memory, spec.offset, spec.strides)
            array.flags.writeable = spec.writable
            return array
        size = ITEMSIZE[spec.dtype]
        flat = torch.frombuffer(memory, dtype=getattr(torch, spec.dtype)) if memory else torch.empty(0, dtype=getattr(torch, spec.dtype))
        exported = flat.as_strided(spec.shape, tuple(stride // size for stride in spec.strides), spec.offset // size)
        return torch.utils.dlpack.to_dlpack(exported) if spec.kind == "capsule" else _PRODUCERS[spec.kind](exported)

    def owner(self, backend: Backend, tensor: Any) -> tuple[Any, ...]:
        """Whether a tensor's elements are those of one of the arrays."""
        for number, memory in self.memories.items():
            before = backend.read(tensor).data
            _flip(memory)
            after = backend.read(tensor).data
            _flip(memory)
            if before != after:
                return "array", number
        return ("new",)


class _Producer:
    """An object that hands over its memory by DLPack, and can do nothing else: of version 0 of the protocol."""

    def __init__(self, exported: Any) -> None:
        self.exported = exported

    def __dlpack__(self, stream: Any = None) -> Any:
        return torch.utils.dlpack.to_dlpack(self.exported)

    def __dlpack_device__(self) -> Any:
        return self.exported.__dlpack_device__()


class _VersionedProducer(_Producer):
    """The same of version 1."""

    def __dlpack__(self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None) -> Any:  # type: ignore[override]
        return self.exported.__dlpack__(max_version=max_version, copy=copy)


_PRODUCERS = {"dlpack": _Producer, "versioned dlpack": _VersionedProducer}


def _flip(memory: bytearray) -> None:
    memory[:] = bytes([byte ^ _BITS for byte in memory])


@dataclass
class HandedOver:
    """What a call handed over: ``kind`` names it, ``read`` reads it, ``address`` is that of its first element (0: it has none)."""

    kind: str
    read: Callable[[], Reading]
    address: int

    def placed(self, backend: Backend, storages: Sequence[Any], used: Sequence[int]) -> tuple[Reading, tuple[Any, ...]]:
        """A reading with its offset in the storage whose memory it is, and whose that is: of the buffers ``used`` by tensors."""
        reading = self.read()
        if not self.address:
            return reading, ("new",)
        first = ctypes.c_ubyte.from_address(self.address)
        before = {number: backend.storage_bytes(storages[number]) for number in used}
        first.value ^= _BITS
        after = {number: backend.storage_bytes(storages[number]) for number in used}
        first.value ^= _BITS
        for number in used:
            changed = [i for i, (a, b) in enumerate(zip(before[number], after[number], strict=True)) if a != b]
            if changed:
                return replace(reading, offset=changed[0] // ITEMSIZE.get(reading.dtype, 1)), ("input", number)
        return reading, ("new",)


def handed_over(value: Any) -> HandedOver | None:
    """An array of NumPy, or a capsule, which is consumed; None of anything else."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        address = value.__array_interface__["data"][0] if value.size else 0
        return HandedOver("array" if value.flags.writeable else "read-only array", lambda: _of_array(value), address)
    if type(value).__name__ == "PyCapsule":
        name = repr(value).partition('"')[2].partition('"')[0]
        tensor = torch.utils.dlpack.from_dlpack(value)
        return HandedOver(f"capsule {name}", lambda: replace(Torch("cpu").read(tensor), offset=0), tensor.data_ptr() if tensor.numel() else 0)
    return None


def _of_array(array: Any) -> Reading:
    size = array.dtype.itemsize or 1
    strides = tuple([stride // size for stride in array.strides])
    return Reading(array.dtype.name, tuple(array.shape), strides, 0, array.tobytes(), ("array", id(array)))


def read(backend: Backend, result: Any) -> Reading:
    """A tensor of the backend's, or what it handed over."""
    return result.read() if isinstance(result, HandedOver) else backend.read(result)
