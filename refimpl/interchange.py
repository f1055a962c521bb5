"""Exchange with other libraries: NumPy and DLPack, without a copy where that is possible; and copy and pickle.

NumPy is imported only when one of its functions here is called.
"""

from __future__ import annotations

from typing import Any

from . import dtypes
from .backend import Storage, View
from .devices import kernels_for
from .dtypes import dtype
from .layout import contiguous_strides, storage_extent
from .registry import op
from .tensor import Tensor, wrap

_numpy_names = {
    "bool": dtypes.bool_, "uint8": dtypes.uint8, "int8": dtypes.int8, "int16": dtypes.int16, "int32": dtypes.int32, "int64": dtypes.int64,
    "float16": dtypes.float16, "float32": dtypes.float32, "float64": dtypes.float64, "complex64": dtypes.complex64, "complex128": dtypes.complex128,
}  # fmt: skip


def dtype_of_array(value: Any) -> dtype:
    """The dtype of a NumPy array or scalar; TypeError if there is none."""
    name = value.dtype.name
    if name not in _numpy_names:
        raise TypeError(
            f"can't convert np.ndarray of type {type(value).__module__}.{value.dtype.type.__name__}. The only supported types are: "
            "float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool.")
    return _numpy_names[name]


class _ForeignMemory:
    """Bytes at an address, kept alive by their owner, as a buffer that kernels can read and write."""

    def __new__(cls, address: int, nbytes: int, owner: Any) -> Any:
        import ctypes

        block = (ctypes.c_char * nbytes).from_address(address)
        block._owner = owner  # type: ignore[attr-defined]
        return memoryview(block).cast("B")


def _on_memory(address: int, shape: tuple[int, ...], strides: tuple[int, ...], d: dtype, owner: Any) -> Tensor:
    """A tensor on foreign memory on the host; ``strides`` in elements."""
    nbytes = storage_extent(shape, strides) * d.itemsize
    kernels = kernels_for("cpu")
    storage = Storage(kernels, nbytes, _ForeignMemory(address, nbytes, owner) if nbytes else None)
    return wrap(View(storage, 0, shape, strides, d))


def from_numpy(ndarray: Any) -> Tensor:
    """A tensor that shares the memory of a NumPy array: writes to one are seen in the other.

    TypeError for arrays of other dtypes, ValueError for negative strides or strides that are no whole number of elements.
    """
    if type(ndarray).__module__.partition(".")[0] != "numpy" or not hasattr(ndarray, "__array_interface__"):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    d = dtype_of_array(ndarray)
    if not hasattr(ndarray, "flags") or not ndarray.shape and not hasattr(ndarray, "setflags"):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    if any(s < 0 for s in ndarray.strides):
        raise ValueError("At least one stride in the given numpy array is negative, and tensors with negative strides are not currently supported. "
                         "(You can probably work around this by making a copy of your array  with array.copy().) ")
    if any(s % d.itemsize for s in ndarray.strides):
        raise ValueError("given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate the memory.")
    if not ndarray.flags.writeable:
        import warnings

        warnings.warn("The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means writing to this tensor "
                      "will result in undefined behavior. You may want to copy the array to protect its data or make it writable before converting "
                      "it to a tensor. This type of warning will be suppressed for the rest of this program.", stacklevel=2)
    return _on_memory(ndarray.__array_interface__["data"][0], tuple(ndarray.shape), tuple(s // d.itemsize for s in ndarray.strides), d, ndarray)


@op("only method", differentiable=False)
def numpy(input, *, force=False):
    """A NumPy array on the same memory. TypeError for bfloat16 and for tensors of a GPU, RuntimeError for tensors that require grad (unless ``force``)."""
    import numpy as np

    if force:
        return input.detach().cpu().numpy()
    if not input.is_cpu:
        raise TypeError(f"can't convert {input.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first.")
    if input.requires_grad:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    if input.dtype is dtypes.bfloat16:
        raise TypeError("Got unsupported ScalarType BFloat16")
    view = input._view
    itemsize = view.dtype.itemsize
    nbytes = storage_extent(view.shape, view.strides) * itemsize
    strides = tuple(s * itemsize for s in view.strides)
    if not nbytes:
        return np.empty(view.shape, view.dtype.name)
    import ctypes

    block = (ctypes.c_char * nbytes).from_address(input.data_ptr())
    block._owner = view.storage  # type: ignore[attr-defined]
    return np.ndarray(view.shape, view.dtype.name, block, 0, strides)


@op("only method", name="__array__", differentiable=False)
def array(input, dtype=None, copy=None):
    """The protocol by which NumPy's functions take tensors."""
    made = input.numpy()
    return made if dtype is None else made.astype(dtype, copy=False)


# -- DLPack ----------------------------------------------------------------------------------------

# (type code, bits) of DLPack for each dtype
_dlpack_codes = {
    "int8": (0, 8), "int16": (0, 16), "int32": (0, 32), "int64": (0, 64), "uint8": (1, 8), "float16": (2, 16), "float32": (2, 32), "float64": (2, 64),
    "bfloat16": (4, 16), "complex64": (5, 64), "complex128": (5, 128), "bool": (6, 8),
}  # fmt: skip
_structures: Any = None


def _dlpack_structures() -> Any:
    """The C structures of DLPack 0 (``DLManagedTensor``), and Python's capsule functions."""
    global _structures
    if _structures is not None:
        return _structures
    import ctypes

    class DLTensor(ctypes.Structure):
        _fields_ = [
            ("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32),
            ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16), ("shape", ctypes.POINTER(ctypes.c_int64)),
            ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64),
        ]  # fmt: skip

    class DLManagedTensor(ctypes.Structure):
        pass

    deleter_type = ctypes.CFUNCTYPE(None, ctypes.POINTER(DLManagedTensor))
    DLManagedTensor._fields_ = [("dl_tensor", DLTensor), ("manager_ctx", ctypes.c_void_p), ("deleter", deleter_type)]

    api = ctypes.pythonapi
    new, pointer, valid, rename = api.PyCapsule_New, api.PyCapsule_GetPointer, api.PyCapsule_IsValid, api.PyCapsule_SetName
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    valid.restype, valid.argtypes = ctypes.c_int, [ctypes.py_object, ctypes.c_char_p]
    rename.restype, rename.argtypes = ctypes.c_int, [ctypes.py_object, ctypes.c_char_p]

    @deleter_type
    def release(managed: Any) -> None:
        _exported.pop(ctypes.addressof(managed.contents), None)

    # Runs when a capsule dies; it is given the capsule's address, since no new reference to a dying object may be made.
    raw_valid = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p)(("PyCapsule_IsValid", api))
    raw_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(("PyCapsule_GetPointer", api))

    @ctypes.PYFUNCTYPE(None, ctypes.c_void_p)
    def destroy(capsule: Any) -> None:
        if raw_valid(capsule, b"dltensor"):
            _exported.pop(raw_pointer(capsule, b"dltensor"), None)

    _structures = (ctypes, DLManagedTensor, new, pointer, valid, rename, release, destroy)
    return _structures


_exported: dict[int, Any] = {}  # what must live until a consumer calls the deleter


@op("only method", name="__dlpack__", differentiable=False)
def dlpack(input, *, stream=None, max_version=None, dl_device=None, copy=None):
    """The tensor as a DLPack capsule, sharing its memory. BufferError for tensors that require grad or are not on the host."""
    if input.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if not input.is_cpu:
        raise BufferError(f"refimpl exports host memory only, not {input.device}")
    ctypes, managed_type, new, _, _, _, release, destroy = _dlpack_structures()
    source = input.clone() if copy else input
    view = source._view
    shape = (ctypes.c_int64 * max(len(view.shape), 1))(*view.shape)
    strides = (ctypes.c_int64 * max(len(view.shape), 1))(*view.strides)
    code, bits = _dlpack_codes[view.dtype.name]
    managed = managed_type()
    tensor = managed.dl_tensor
    tensor.data, tensor.device_type, tensor.device_id, tensor.ndim = source.data_ptr(), 1, 0, len(view.shape)
    tensor.code, tensor.bits, tensor.lanes = code, bits, 1
    tensor.shape, tensor.strides, tensor.byte_offset = shape, strides, 0
    managed.deleter = release
    address = ctypes.addressof(managed)
    _exported[address] = (managed, shape, strides, view.storage)
    return new(address, b"dltensor", ctypes.cast(destroy, ctypes.c_void_p))


@op("only method", name="__dlpack_device__", differentiable=False)
def dlpack_device(input):
    """(1, 0) for the host, (2, index) for a GPU."""
    return (1, 0) if input.is_cpu else (2, input.get_device())


class _Imported:
    """A consumed capsule's structure: its producer's deleter runs when the last tensor on the memory is gone."""

    def __init__(self, managed: Any) -> None:
        self.managed = managed

    def __del__(self) -> None:
        if self.managed.contents.deleter:
            self.managed.contents.deleter(self.managed)


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor that shares the memory of an object with ``__dlpack__`` (or of a capsule). Host memory only."""
    ctypes, managed_type, _, pointer, valid, rename, _, _ = _dlpack_structures()
    capsule = ext_tensor
    if hasattr(ext_tensor, "__dlpack__"):
        if hasattr(ext_tensor, "__dlpack_device__") and int(ext_tensor.__dlpack_device__()[0]) != 1:
            raise BufferError("refimpl imports host memory only")
        capsule = ext_tensor.__dlpack__()
    if not valid(capsule, b"dltensor"):
        raise RuntimeError("from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you might have "
                           "already constructed a tensor from it once.")
    managed = ctypes.cast(pointer(capsule, b"dltensor"), ctypes.POINTER(managed_type))
    tensor = managed.contents.dl_tensor
    for name, (code, bits) in _dlpack_codes.items():
        if (code, bits) == (tensor.code, tensor.bits) and tensor.lanes == 1:
            d = next(x for x in dtypes.all_dtypes if x.name == name)
            break
    else:
        raise BufferError(f"Unsupported DLPack type: code {tensor.code}, {tensor.bits} bits")
    shape = tuple(tensor.shape[i] for i in range(tensor.ndim))
    strides = tuple(tensor.strides[i] for i in range(tensor.ndim)) if tensor.strides else contiguous_strides(shape)
    rename(capsule, b"used_dltensor")
    return _on_memory((tensor.data or 0) + tensor.byte_offset, shape, strides, d, _Imported(managed))


# -- copy and pickle -------------------------------------------------------------------------------


@op("only method", name="__deepcopy__", differentiable=False)
def deepcopy(input, memo):
    """A copy with a storage of its own; tensors that shared a storage share one again. RuntimeError for non-leaf tensors."""
    if id(input) in memo:
        return memo[id(input)]
    if not input.is_leaf:
        raise RuntimeError("Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If you were "
                           "attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, see "
                           "https://github.com/pytorch/pytorch/pull/103001")
    view = input._view
    key = ("storage", id(view.storage))
    if key not in memo:
        kernels = view.storage.kernels
        whole = View(view.storage, 0, (view.storage.nbytes,), (1,), dtypes.uint8)
        memo[key] = kernels.from_bytes(kernels.to_bytes(whole))
        memo[("kept", id(view.storage))] = view.storage
    made = object.__new__(type(input))
    made.__dict__.update({k: v for k, v in input.__dict__.items() if not k.startswith("_")})
    made._view = View(memo[key], view.offset, view.shape, view.strides, view.dtype)
    memo[id(input)] = made
    made._requires_grad = input.requires_grad
    if input._grad is not None:
        made._grad = deepcopy(input._grad, memo)
    return made


def _rebuild(cls: Any, storage: _PickledStorage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], d: dtype, requires_grad: bool,
             attributes: dict[str, Any]) -> Tensor:
    made = object.__new__(cls)
    made._view = View(storage.storage, offset, shape, strides, d)
    made._requires_grad = requires_grad
    made.__dict__.update(attributes)
    return made  # type: ignore[no-any-return]


class _PickledStorage:
    """A storage as pickle sees it: its bytes and its device. One object a storage, so that sharing survives."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def __getstate__(self) -> Any:
        kernels = self.storage.kernels
        whole = View(self.storage, 0, (self.storage.nbytes,), (1,), dtypes.uint8)
        return kernels.device_type, kernels.device_index, kernels.to_bytes(whole)

    def __setstate__(self, state: Any) -> None:
        device_type, index, data = state
        self.storage = kernels_for(device_type if index is None else f"{device_type}:{index}").from_bytes(data)


_pickled: Any = None


def _pickled_storage(storage: Storage) -> _PickledStorage:
    """The same wrapper for the same storage, as long as somebody holds it (the pickler's memo does)."""
    global _pickled
    if _pickled is None:
        from weakref import WeakKeyDictionary

        _pickled = WeakKeyDictionary()
    reference = _pickled.get(storage)
    found = reference() if reference is not None else None
    if found is None:
        from weakref import ref

        found = _PickledStorage(storage)
        _pickled[storage] = ref(found)
    return found


@op("only method", name="__reduce_ex__", differentiable=False)
def reduce_ex(input, protocol):
    """Pickle: the storage, the geometry, ``requires_grad``. RuntimeError for non-leaf tensors that require grad is left to the user of the result."""
    view = input._view
    attributes = {k: v for k, v in input.__dict__.items() if not k.startswith("_")}
    return _rebuild, (type(input), _pickled_storage(view.storage), view.offset, view.shape, view.strides, view.dtype, input.requires_grad, attributes)
