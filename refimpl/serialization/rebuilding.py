"""What files call to make tensors of storages. Nothing here trusts what a file says of itself."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..foundation.devices import kernels_for
from ..foundation.dtypes import dtype
from ..foundation.kernels import Storage, View, as_lazy, noted
from ..foundation.layout import storage_extent
from ..nn.parameter import Buffer, Parameter
from ..tensor import Tensor
from ..tensor.attributes import STATE

__all__ = ["REBUILDING", "TypedStorage"]


class TypedStorage(NamedTuple):
    """A storage that has been read, and the dtype of its elements (None: bytes)."""

    storage: Storage
    dtype: dtype | None


def _counts(values: Any, what: str) -> tuple[int, ...]:
    if not isinstance(values, (tuple, list)) or any(type(value) is not int or value < 0 for value in values):
        raise RuntimeError(f"the {what} of a tensor are not a tuple of integers that are not negative: {values!r}")
    return tuple(values)


def rebuild_tensor(storage: Any, storage_offset: Any, size: Any, stride: Any, requires_grad: Any = False, backward_hooks: Any = None,
                   metadata: Any = None, *, of: dtype | None = None) -> Tensor:
    """A tensor in a storage; RuntimeError for sizes and strides that do not fit into it."""
    if not isinstance(storage, TypedStorage):
        raise RuntimeError(f"a tensor needs a storage, not {type(storage).__name__}")
    d = storage.dtype if of is None else of
    if d is None:
        raise RuntimeError("a tensor needs a dtype")
    shape, strides = _counts(size, "sizes"), _counts(stride, "strides")
    if len(shape) != len(strides) or type(storage_offset) is not int or storage_offset < 0:
        raise RuntimeError(f"a tensor of sizes {shape} cannot have strides {strides} and offset {storage_offset}")
    if len(shape) > 64:
        raise RuntimeError(f"a tensor has at most 64 dimensions, not {len(shape)}")
    last = storage_offset + sum((n - 1) * s for n, s in zip(shape, strides)) if all(shape) else -1
    if (last + 1) * d.itemsize > storage.storage.nbytes:
        raise RuntimeError(f"setStorage: sizes {list(shape)}, strides {list(strides)}, storage offset {storage_offset}, and itemsize {d.itemsize} "
                           f"requiring a storage size of {(last + 1) * d.itemsize} are out of bounds for storage of size {storage.storage.nbytes}")
    flags = metadata if isinstance(metadata, dict) else {}
    noted(d, storage.storage.kernels)
    view = as_lazy(View(storage.storage, storage_offset, shape, strides, d), bool(flags.get("conj", False)), bool(flags.get("neg", False)))
    made: Any = object.__new__(Tensor)
    made._view = view
    made._requires_grad = False
    made._counter = [0]
    made._inference = False
    if requires_grad is True:
        made.requires_grad_(True)
    return made  # type: ignore[no-any-return]


def rebuild_tensor_v3(storage: Any, storage_offset: Any, size: Any, stride: Any, requires_grad: Any, backward_hooks: Any, d: Any,
                      metadata: Any = None) -> Tensor:
    """As :func:`rebuild_tensor`, of a storage of bytes."""
    if not isinstance(d, dtype):
        raise RuntimeError(f"a tensor needs a dtype, not {type(d).__name__}")
    return rebuild_tensor(storage, storage_offset, size, stride, requires_grad, backward_hooks, metadata, of=d)


def rebuild_meta_tensor(d: Any, size: Any, stride: Any, requires_grad: Any) -> Tensor:
    """A tensor without elements."""
    if not isinstance(d, dtype):
        raise RuntimeError(f"a tensor needs a dtype, not {type(d).__name__}")
    shape, strides = _counts(size, "sizes"), _counts(stride, "strides")
    count = storage_extent(shape, strides, 0) if len(shape) == len(strides) else 0  # what does not fit is refused below
    return rebuild_tensor(TypedStorage(kernels_for("meta").allocate(count * d.itemsize), d), 0, shape, strides, requires_grad)


def rebuild_parameter(data: Any, requires_grad: Any, backward_hooks: Any = None) -> Any:
    """A parameter."""
    return Parameter(_tensor(data), requires_grad is True)


def rebuild_parameter_with_state(data: Any, requires_grad: Any, backward_hooks: Any = None, state: Any = None) -> Any:
    """A parameter with attributes."""
    made = rebuild_parameter(data, requires_grad)
    if isinstance(state, dict):
        made.__dict__.update({key: value for key, value in state.items() if type(key) is str and key not in STATE})
    return made


def rebuild_from_type(function: Any, kind: Any, arguments: Any, state: Any) -> Any:
    """A tensor of a class of its own, or with attributes: here a Tensor, a Parameter or a Buffer."""
    if function not in REBUILDING.values() or kind not in (Tensor, Parameter, Buffer) or not isinstance(arguments, tuple):
        raise RuntimeError(f"a tensor of class {getattr(kind, '__name__', kind)} cannot be made")
    made = function(*arguments)
    if kind is Buffer:
        made = Buffer(made)
    attributes = state[0] if isinstance(state, tuple) and state else state
    if isinstance(attributes, dict):
        made.__dict__.update({key: value for key, value in attributes.items() if type(key) is str and key not in STATE})
    return made


def _tensor(value: Any) -> Tensor:
    if not isinstance(value, Tensor):
        raise RuntimeError(f"a parameter needs a tensor, not {type(value).__name__}")
    return value


REBUILDING = {
    "torch._utils._rebuild_tensor": lambda storage, offset, size, stride: rebuild_tensor(storage, offset, size, stride),
    "torch._utils._rebuild_tensor_v2": rebuild_tensor,
    "torch._utils._rebuild_tensor_v3": rebuild_tensor_v3,
    "torch._utils._rebuild_meta_tensor_no_storage": rebuild_meta_tensor,
    "torch._utils._rebuild_parameter": rebuild_parameter,
    "torch._utils._rebuild_parameter_with_state": rebuild_parameter_with_state,
    "torch._tensor._rebuild_from_type_v2": rebuild_from_type,
}

