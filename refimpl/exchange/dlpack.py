"""Exchange by DLPack, the protocol of Python's array libraries: a capsule around a C structure that says where the elements lie.

Both of its forms are spoken: the plain one of version 0 and the one with a version number, of version 1. See
https://dmlc.github.io/dlpack/latest/ for the structures and https://data-apis.org/array-api/latest/ for the protocol.
"""

from __future__ import annotations

import ctypes
from enum import IntEnum
from typing import Any

from ..foundation import dtypes
from ..foundation.dtypes import dtype
from ..foundation.layout import contiguous_strides
from ..tensor import Tensor
from .arrays import on_memory

# (type code, bits) of each dtype
_CODES: dict[dtype, tuple[int, int]] = {
    dtypes.int8: (0, 8), dtypes.int16: (0, 16), dtypes.int32: (0, 32), dtypes.int64: (0, 64), dtypes.uint8: (1, 8),
    dtypes.float16: (2, 16), dtypes.float32: (2, 32), dtypes.float64: (2, 64), dtypes.bfloat16: (4, 16),
    dtypes.uint16: (1, 16), dtypes.uint32: (1, 32), dtypes.uint64: (1, 64),
    dtypes.float8_e4m3fn: (10, 8), dtypes.float8_e4m3fnuz: (11, 8), dtypes.float8_e5m2: (12, 8), dtypes.float8_e5m2fnuz: (13, 8),
    dtypes.complex32: (5, 32), dtypes.complex64: (5, 64), dtypes.complex128: (5, 128), dtypes.bool_: (6, 8),
}  # fmt: skip
_DTYPES = {code: d for d, code in _CODES.items()}
_READ_ONLY, _COPIED = 1, 2  # flags of a versioned capsule


class DLDeviceType(IntEnum):
    """DLPack's kinds of devices, as far as there are kernels for them."""

    kDLCPU = 1
    kDLCUDA = 2


_HOST, _GPU = DLDeviceType.kDLCPU, DLDeviceType.kDLCUDA


class _DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16), ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64),
    ]  # fmt: skip


_Deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _Plain(ctypes.Structure):
    """DLManagedTensor."""

    capsule, used = b"dltensor", b"used_dltensor"  # the capsule's name, before and after it was consumed
    _fields_ = [("tensor", _DLTensor), ("context", ctypes.c_void_p), ("deleter", _Deleter)]


class _Versioned(ctypes.Structure):
    """DLManagedTensorVersioned."""

    capsule, used = b"dltensor_versioned", b"used_dltensor_versioned"
    _fields_ = [
        ("major", ctypes.c_uint32), ("minor", ctypes.c_uint32), ("context", ctypes.c_void_p), ("deleter", _Deleter),
        ("flags", ctypes.c_uint64), ("tensor", _DLTensor),
    ]  # fmt: skip


def _api(name: str, result: Any, *arguments: Any) -> Any:
    """A function of the interpreter's C interface. Exceptions that it sets are raised."""
    return ctypes.PYFUNCTYPE(result, *arguments)((name, ctypes.pythonapi))


_new_capsule = _api("PyCapsule_New", ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_set_name = _api("PyCapsule_SetName", ctypes.c_int, ctypes.py_object, ctypes.c_char_p)
_is_valid = _api("PyCapsule_IsValid", ctypes.c_int, ctypes.py_object, ctypes.c_char_p)
_pointer = _api("PyCapsule_GetPointer", ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)

# By address: what must live until the consumer calls the deleter, and the capsule. A capsule that nobody consumes is noticed at the next export:
# a destructor would have to be Python code, which must not run where capsules die, with an exception on its way.
_exported: dict[int, Any] = {}
_capsules: dict[int, Any] = {}


@_Deleter
def _release(address: int, exported: dict[int, Any] = _exported, capsules: dict[int, Any] = _capsules) -> None:
    exported.pop(address, None)
    capsules.pop(address, None)


def _forget_unused() -> None:
    """Let go of the capsules that nobody has any more, and of the memory of those that nobody consumed."""
    from sys import getrefcount

    for address in list(_capsules):
        if getrefcount(_capsules[address]) == 2:  # the dict's and the argument's
            capsule = _capsules.pop(address)
            if any(_is_valid(capsule, structure.capsule) for structure in (_Plain, _Versioned)):
                _exported.pop(address, None)


def device_of(input: Tensor) -> tuple[int, int]:
    """The protocol's ``__dlpack_device__``: the kind of device and its number. ValueError for a device of which the protocol knows nothing."""
    if input.is_meta:
        raise ValueError("Unknown device type meta for Dlpack")
    return (_HOST, 0) if input.is_cpu else (_GPU, input.get_device())


def export(input: Tensor, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: bool | None = None) -> Any:
    """The protocol's ``__dlpack__``: a capsule with the tensor's memory. BufferError for tensors that require grad or are not on the host."""
    if input.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if input.is_conj():
        raise BufferError("Can't export tensors with the conjugate bit set")
    if stream is not None and stream != -1:
        raise AssertionError("stream should be None on cpu.")
    if dl_device is not None and tuple(dl_device) != (_HOST, 0):
        raise BufferError(f"refimpl exports host memory only, not to device {tuple(dl_device)}")
    return capsule_of(input.clone() if copy else input, max_version is not None and max_version[0] >= 1, bool(copy))  # type: ignore[attr-defined]


def capsule_of(input: Tensor, versioned: bool = False, copied: bool = False) -> Any:
    """A capsule with the tensor's memory, whatever its place in a graph. BufferError for one that is not on the host."""
    if not input.is_cpu:
        raise BufferError(f"Cannot pack tensors on {input.device}" if input.is_meta else f"refimpl exports host memory only, not {input.device}")
    view = input._view
    ndim = len(view.shape)
    managed: Any = _Versioned() if versioned else _Plain()
    shape = (ctypes.c_int64 * max(ndim, 1))(*view.shape)
    strides = (ctypes.c_int64 * max(ndim, 1))(*view.strides)
    tensor = managed.tensor
    tensor.data, tensor.device_type, tensor.device_id, tensor.ndim = input.data_ptr(), _HOST, 0, ndim
    (tensor.code, tensor.bits), tensor.lanes = _CODES[view.dtype], 1
    tensor.shape, tensor.strides, tensor.byte_offset = shape, strides, 0
    managed.deleter = _release
    if versioned:
        managed.major, managed.minor, managed.flags = 1, 0, _COPIED if copied else 0
    address = ctypes.addressof(managed)
    _forget_unused()
    _exported[address] = managed, shape, strides, view.storage, view.storage.data
    _capsules[address] = capsule = _new_capsule(address, managed.capsule, None)
    return capsule


class _Imported:
    """A consumed structure: its producer's deleter runs when the last tensor on the memory is gone."""

    def __init__(self, managed: Any) -> None:
        self.managed = managed

    def __del__(self) -> None:
        if self.managed.deleter:
            self.managed.deleter(ctypes.addressof(self.managed))


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor that shares the memory of an object with ``__dlpack__`` or of a capsule, which can be consumed once. Host memory only.

    >>> x = tensor([1, 2])
    >>> from_dlpack(x).data_ptr() == x.data_ptr()
    True
    """
    from ..foundation.devices import kernels_for

    target = None if device is None else kernels_for(device)
    capsule = ext_tensor
    if hasattr(ext_tensor, "__dlpack__"):
        if hasattr(ext_tensor, "__dlpack_device__") and int(ext_tensor.__dlpack_device__()[0]) != _HOST:
            raise BufferError("refimpl imports host memory only")
        options = {"copy": copy} if copy is not None else {}
        try:
            capsule = ext_tensor.__dlpack__(max_version=(1, 0), **options)
        except TypeError:  # a producer of version 0
            capsule = ext_tensor.__dlpack__()
    for structure in (_Versioned, _Plain):
        if _is_valid(capsule, structure.capsule):
            break
    else:
        raise RuntimeError("from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you might have "
                           "already constructed a tensor from it once.")
    managed: Any = structure.from_address(_pointer(capsule, structure.capsule))
    tensor = managed.tensor
    d = _DTYPES.get((tensor.code, tensor.bits))
    if d is None or tensor.lanes != 1:
        raise BufferError(f"refimpl has no dtype for DLPack's type code {tensor.code} of {tensor.bits} bits in {tensor.lanes} lanes")
    shape = tuple(tensor.shape[: tensor.ndim]) if tensor.ndim else ()
    strides = tuple(tensor.strides[: tensor.ndim]) if tensor.ndim and tensor.strides else contiguous_strides(shape)
    if any(s < 0 and n > 1 for s, n in zip(strides, shape)) and 0 not in shape:
        raise BufferError(f"tensors with negative strides are not supported, got strides {list(strides)}")
    strides = tuple([due if s < 0 else s for s, due in zip(strides, contiguous_strides(shape))])  # of a stride along which there is no step
    _set_name(capsule, structure.used)
    made = on_memory((tensor.data or 0) + tensor.byte_offset, shape, strides, d, _Imported(managed))
    if target is not None and target is not made._view.storage.kernels:
        return made.to(device)  # type: ignore[attr-defined, no-any-return]
    return made


def to_dlpack(tensor: Tensor) -> Any:
    """A plain capsule with the tensor's memory."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"_to_dlpack(): argument 'data' (position 1) must be Tensor, not {type(tensor).__name__}")
    return capsule_of(tensor)


to_dlpack.__qualname__ = "_to_dlpack"  # which Python's messages about wrong arguments then say, as torch's do
