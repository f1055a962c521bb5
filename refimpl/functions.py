"""Functions of the package that are no tensor operations: questions about tensors, dtypes and shapes."""

from __future__ import annotations

from typing import Any


from .dtypes import dtype
from .elementwise import common_dtype
from .layout import broadcast_shapes as _broadcast_shapes
from .promotion import can_cast, promote_types
from .tensor import Size, Tensor

__all__ = [
    "broadcast_shapes", "can_cast", "get_num_threads", "is_complex", "is_floating_point", "is_nonzero", "is_storage", "is_tensor", "numel",
    "promote_types", "result_type", "set_default_tensor_type", "set_num_threads", "is_signed", "typename",
]  # fmt: skip


def is_tensor(obj: Any) -> bool:
    """Whether ``obj`` is a tensor."""
    return isinstance(obj, Tensor)


def is_storage(obj: Any) -> bool:
    """Whether ``obj`` is a storage."""
    from .tensor import UntypedStorage

    return isinstance(obj, UntypedStorage)


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype is a real floating point one."""
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    """Whether the dtype is complex."""
    return input.is_complex()


def is_signed(input: Tensor) -> bool:
    """Whether the dtype can hold negative numbers."""
    return input.is_signed()


def is_nonzero(input: Tensor) -> bool:
    """Whether the one element is not zero; RuntimeError for other numbers of elements."""
    return bool(input)


def numel(input: Tensor) -> int:
    """The number of elements."""
    return input.numel()


def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """The dtype that an operation on two tensors or numbers is evaluated in.

    >>> result_type(tensor([1, 2]), 1.0)
    torch.float32
    """
    return common_dtype(tensor1, tensor2)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that shapes (tuples or ints) broadcast to.

    >>> broadcast_shapes((2, 1), (1, 3))
    torch.Size([2, 3])
    """
    tuples = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    for shape in tuples:
        for size in shape:
            if size < 0:
                raise RuntimeError(f"Trying to create tensor with negative dimension ({size}): ({size})")
    try:
        return Size(_broadcast_shapes(*tuples))
    except RuntimeError:
        raise RuntimeError("Shape mismatch: objects cannot be broadcast to a single shape") from None


def set_default_tensor_type(t: Any) -> None:
    """Set the default dtype by the name of a tensor type ("torch.DoubleTensor")."""
    from .dtypes import all_dtypes, set_default_dtype

    name = t if isinstance(t, str) else f"torch.{t.__name__}"
    for d in all_dtypes:
        if name == f"torch.{d.type_name}Tensor":
            set_default_dtype(d)
            return
    raise TypeError(f"invalid type object: {t}")


def get_num_threads() -> int:
    """1: refimpl computes in the calling thread."""
    return 1


def set_num_threads(n: int) -> None:
    """Accepted for the sake of programs; refimpl computes in the calling thread."""
    if n < 1:
        raise RuntimeError("set_num_threads expects a positive integer")


def typename(obj: Any) -> str:
    """The name of an object's type, of a tensor that of its tensor type."""
    if isinstance(obj, Tensor):
        return obj.type()  # type: ignore[attr-defined, no-any-return]
    return f"{type(obj).__module__}.{type(obj).__qualname__}"


