"""Exchange with NumPy and with buffers, without a copy where that is possible. NumPy is imported when one of its arrays is asked for."""

from __future__ import annotations

from typing import Any

from ..foundation import dtypes
from ..foundation.devices import kernels_for
from ..foundation.dtypes import dtype
from ..foundation.kernels import Storage, View, noted
from ..foundation.layout import storage_extent
from ..tensor import Tensor, wrap

_warned: set[str] = set()  # torch gives these warnings once
_numpy_names = {d.name: d for d in (*dtypes.all_dtypes, *dtypes.wide_unsigned) if d is not dtypes.bfloat16}


def dtype_of_array(value: Any) -> dtype:
    """The dtype of a NumPy array or scalar; TypeError if there is none."""
    name = value.dtype.name
    found = _numpy_names.get(name)
    if found is not None:
        return found
    raise TypeError(
        f"can't convert np.ndarray of type {type(value).__module__}.{value.dtype.type.__name__}. The only supported types are: "
        "float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool.")


# -- memory of others ------------------------------------------------------------------------------


def on_memory(address: int, shape: tuple[int, ...], strides: tuple[int, ...], d: dtype, owner: Any) -> Tensor:
    """A tensor on foreign memory on the host, which ``owner`` keeps alive; ``strides`` in elements."""
    nbytes = storage_extent(shape, strides) * d.itemsize
    storage = Storage(kernels_for("cpu"), nbytes)
    if nbytes:
        import ctypes

        block = (ctypes.c_char * nbytes).from_address(address)
        block._owner = owner  # type: ignore[attr-defined]
        storage.data = memoryview(block).cast("B")
    return wrap(View(storage, 0, shape, strides, noted(d, storage.kernels)))


# -- NumPy -----------------------------------------------------------------------------------------


def from_numpy(ndarray: Any) -> Tensor:
    """A tensor that shares the memory of a NumPy array: writes to one are seen in the other.

    TypeError for arrays of other dtypes, ValueError for negative strides, for strides that are no whole number of elements and for
    another byte order. An array that is not writable gives a warning.
    """
    import sys

    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(ndarray, numpy.ndarray):
        from ..signatures.types import type_name

        raise TypeError(f"expected np.ndarray (got {type_name(ndarray)})")
    return share_numpy(ndarray)


def share_numpy(ndarray: Any, writable: bool = True) -> Tensor:
    """:func:`from_numpy` for what is known to be an array; ``writable``: whether the tensor may be written to."""
    if writable and not ndarray.flags.writeable and "array" not in _warned:
        import warnings

        _warned.add("array")
        warnings.warn("The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means writing to this "
                      "tensor will result in undefined behavior. You may want to copy the array to protect its data or make it writable "
                      "before converting it to a tensor. This type of warning will be suppressed for the rest of this program.", stacklevel=4)
    strides = ndarray.strides if ndarray.size else (0,) * ndarray.ndim
    itemsize = ndarray.dtype.itemsize
    if any(s < 0 for s in ndarray.strides):
        raise ValueError("At least one stride in the given numpy array is negative, and tensors with negative strides are not currently supported. "
                         "(You can probably work around this by making a copy of your array  with array.copy().) ")
    if itemsize and any(s % itemsize for s in strides):
        raise ValueError("given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate the memory.")
    if not ndarray.dtype.isnative:
        raise ValueError("given numpy array has byte order different from the native byte order. Conversion between byte orders is currently "
                         "not supported.")
    d = dtype_of_array(ndarray)
    return on_memory(ndarray.__array_interface__["data"][0], tuple(ndarray.shape), tuple(s // d.itemsize for s in strides), d, ndarray)


def to_numpy(input: Tensor, force: bool = False) -> Any:
    """A NumPy array on the same memory; with ``force`` a copy where that cannot be.

    TypeError for bfloat16, floats of 8 bits, complex32 and tensors of a GPU, RuntimeError for tensors that require grad (outside of ``no_grad``).
    """
    import numpy as np

    from ..autograd.modes import modes

    if force:
        input = input.detach().cpu().resolve_conj().resolve_neg()  # type: ignore[attr-defined]
    if not input.is_cpu:
        raise TypeError(f"can't convert {input.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first.")
    if modes.grad and input.requires_grad:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    view = input._view
    for marked, bit, method in ((view.conjugated, "conjugate", "conj"), (view.negated, "negative", "neg")):
        if marked:
            raise RuntimeError(f"Can't call numpy() on Tensor that has {bit} bit set. Use tensor.resolve_{method}().numpy() instead.")
    if view.dtype.name not in _numpy_names:
        raise TypeError(f"Got unsupported ScalarType {view.dtype.type_name}")
    itemsize = view.dtype.itemsize
    if not view.numel:
        return np.lib.stride_tricks.as_strided(np.empty(0, view.dtype.name), view.shape, (0,) * len(view.shape))
    view.storage.kernels.data_ptr(view.storage)  # from now on there is memory to share
    return np.ndarray(view.shape, view.dtype.name, view.storage.data, view.offset * itemsize, tuple(s * itemsize for s in view.strides))


def to_array(input: Tensor, dtype: Any = None, copy: bool | None = None) -> Any:
    """NumPy's protocol ``__array__``: the array of :func:`to_numpy`, with another dtype or copied if need be."""
    made = to_numpy(input)
    if dtype is not None and made.dtype != dtype:
        if copy is False:
            raise ValueError("Unable to avoid copy while creating an array as requested.")
        return made.astype(dtype)
    return made.copy(order="K") if copy else made


def wrap_array(array: Any) -> Any:
    """NumPy's protocol ``__array_wrap__``: the result of one of its functions as a tensor; truth values as uint8, like torch."""
    import numpy as np

    array = np.asarray(array)
    return share_numpy(array.astype("uint8") if array.dtype == bool else array)
