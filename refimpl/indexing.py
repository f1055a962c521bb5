"""What ``x[...]`` means: the index expression taken apart into views and advanced indices.

An index expression is a tuple of items (anything else stands for a tuple of one), applied from left to right:

- an int, or a 0-d integer tensor, selects and drops a dimension;
- a slice keeps a dimension; its step must be positive;
- ``None`` inserts a dimension of size 1; ``...`` skips the dimensions that the other items do not name;
- a bool, or a 0-d bool tensor, inserts a dimension of size 1 and then masks it;
- a list, or a tensor with dimensions, is an advanced index: of integers for one dimension, a bool mask of rank k for k dimensions.

Without advanced indices the result is a view. With them it is a copy: all are broadcast together, and their common shape
stands where the indexed dimensions stood if those are adjacent, else in front.
"""

from __future__ import annotations

from typing import Any

from .dtypes import bool_, int32, int64, uint8
from .tensor import Tensor

Advanced = "list[Tensor | None]"


def split_index(input: Tensor, index: Any) -> tuple[Tensor, list[Any]]:
    """Apply the basic items as views; return the view, and for each of its dimensions an advanced index or None (an empty list if there is none)."""
    from .ops.views import select, slice_, unsqueeze

    items = _as_tuple(index)
    named = _dimensions_named(items)
    if named > input.dim():
        if input.dim() == 0 and len(items) == 1 and isinstance(items[0], int):
            raise IndexError("invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim "
                             "tensor to a number")
        raise IndexError(f"too many indices for tensor of dimension {input.dim()}")
    result = input
    dim = 0
    advanced: dict[int, Tensor] = {}
    skipped = False
    for position, item in enumerate(items):
        if item is None:
            result = unsqueeze(result, dim)
            dim += 1
        elif item is Ellipsis:
            if not skipped:
                dim += input.dim() - named
                skipped = True
        elif isinstance(item, bool) or isinstance(item, Tensor) and item.dim() == 0 and item.dtype in (bool_, uint8):
            result = unsqueeze(result, dim)
            advanced[dim] = _places(1 if bool(item) else 0, input)
            dim += 1
        elif isinstance(item, slice):
            result = _sliced(result, dim, item, slice_)
            dim += 1
        elif isinstance(item, int) or isinstance(item, Tensor) and item.dim() == 0 and item.dtype.category == 1:
            result = select(result, dim, _in_range(int(item), result.shape[dim], position, result))
        elif isinstance(item, (Tensor, list, tuple, range)) or hasattr(item, "__array_interface__"):
            tensor = _index_tensor(item, input)
            advanced[dim] = tensor
            dim += tensor.dim() if tensor.dtype in (bool_, uint8) else 1
        elif isinstance(item, str):
            raise TypeError("new(): invalid data type 'str'")
        elif hasattr(item, "__index__"):
            result = select(result, dim, _in_range(item.__index__(), result.shape[dim], position, result))
        else:
            raise IndexError("only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
                             f"(got {type(item).__name__})")
    if not advanced:
        return result, []
    indices: list[Any] = []
    for d in sorted(advanced):
        indices.extend([None] * (d - len(indices)))
        tensor = advanced[d]
        indices.append(tensor)
        if tensor.dtype in (bool_, uint8):
            indices.extend(_CONTINUED for _ in range(tensor.dim() - 1))
    return result, [i for i in indices if i is not _CONTINUED]


_CONTINUED = object()


def _as_tuple(index: Any) -> tuple[Any, ...]:
    """A list that holds slices, sequences, tensors, None or ``...`` counts as a tuple."""
    if isinstance(index, tuple):
        return index
    if isinstance(index, list) and len(index) < 32 and any(
            isinstance(i, (slice, list, tuple, Tensor)) or i is None or i is Ellipsis for i in index):
        return tuple(index)
    return (index,)


def _dimensions_named(items: tuple[Any, ...]) -> int:
    count = 0
    for item in items:
        if item is None or item is Ellipsis or isinstance(item, bool):
            continue
        if isinstance(item, Tensor) and item.dtype in (bool_, uint8):
            count += item.dim()
        elif isinstance(item, list) and item and _all_bools(item):
            count += _depth(item)
        else:
            count += 1
    return count


def _all_bools(item: Any) -> bool:
    return all(_all_bools(i) for i in item) if isinstance(item, (list, tuple)) else isinstance(item, bool)


def _depth(item: Any) -> int:
    return 1 + _depth(item[0]) if isinstance(item, (list, tuple)) and item else 0


def _in_range(index: int, size: int, position: int, result: Tensor) -> int:
    if not -(1 << 63) <= index < 1 << 63:
        raise ValueError("Overflow when unpacking long long")
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for dimension {position} with size {size}")
    return index


def _sliced(result: Tensor, dim: int, item: slice, slice_: Any) -> Tensor:
    bounds = []
    for value in (item.start, item.stop, item.step):
        if value is None:
            bounds.append(None)
        elif isinstance(value, (float, str)) or not hasattr(value, "__index__"):
            raise TypeError("slice indices must be integers or None or have an __index__ method")
        else:
            bounds.append(value.__index__())
    start, stop, step = bounds
    if step == 0:
        raise ValueError("slice step cannot be zero")
    if step is not None and step < 0:
        raise ValueError("step must be greater than zero")
    if start is None and stop is None and step in (None, 1):
        return result
    return slice_(result, dim, start, stop, 1 if step is None else step)


def _places(count: int, like: Tensor) -> Tensor:
    from .ops.creation import zeros

    return zeros(count, dtype=int64, device=like.device)


def _index_tensor(item: Any, input: Tensor) -> Tensor:
    if isinstance(item, Tensor):
        tensor = item
    else:
        from .ops.creation import tensor as make

        values = list(item) if isinstance(item, range) else item
        tensor = make(values)
        if tensor.dtype is not bool_ and not hasattr(item, "__array_interface__"):
            tensor = tensor.to(int64)
    if tensor.dtype not in (bool_, uint8, int32, int64):
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return tensor


def expand_indices(input: Tensor, indices: Any) -> list[Tensor | None]:
    """Integer indices for each dimension: masks become the places of their true elements; all are broadcast to one shape and made int64."""
    from .layout import broadcast_shapes

    result: list[Tensor | None] = []
    for index in indices:
        if index is None:
            result.append(None)
            continue
        if index.dtype not in (bool_, uint8, int32, int64):
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        if index.dtype not in (bool_, uint8):
            result.append(index)
            continue
        if index.dtype is uint8:
            import warnings

            warnings.warn("indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.", stacklevel=2)
        for d in range(index.dim()):
            at = len(result) + d
            if at >= input.dim() or index.shape[d] != input.shape[at]:
                raise IndexError(f"The shape of the mask {list(index.shape)} at index {d} does not match the shape of the indexed tensor "
                                 f"{list(input.shape)} at index {at}")
        result.extend(index.nonzero().unbind(1))
    if len(result) > input.dim():
        raise IndexError(f"too many indices for tensor of dimension {input.dim()} (got {len(result)})")
    tensors = [i for i in result if i is not None]
    try:
        shape = broadcast_shapes(*(i.shape for i in tensors))
    except RuntimeError:
        shapes = ", ".join(str(list(i.shape)) for i in tensors)
        raise IndexError(f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}") from None
    kernels = input._view.storage.kernels
    return [None if i is None else _on(i, kernels, input).to(int64).expand(shape) for i in result] + [None] * (input.dim() - len(result))


def _on(index: Tensor, kernels: Any, input: Tensor) -> Tensor:
    return index if index._view.storage.kernels is kernels else index.to(input.device)


def result_geometry(input: Tensor, indices: list[Tensor | None]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shape and strides of ``input[indices]``: laid out as an elementwise result of the input's remaining dimensions and the indices."""
    from .layout import elementwise_strides

    view = input._view
    indexed = [d for d, i in enumerate(indices) if i is not None]
    first = indices[indexed[0]]
    assert first is not None  # taken from the dimensions that have an index
    common = first._view.shape
    adjacent = indexed == list(range(indexed[0], indexed[0] + len(indexed)))
    before = [d for d in range(len(view.shape)) if indices[d] is None and adjacent and d < indexed[0]]
    after = [d for d in range(len(view.shape)) if indices[d] is None and d not in before]
    shape = (*(view.shape[d] for d in before), *common, *(view.shape[d] for d in after))
    operands = [(shape, (*(view.strides[d] for d in before), *(0,) * len(common), *(view.strides[d] for d in after)))]
    for i in indices:
        if i is not None:
            operands.append((shape, (*(0,) * len(before), *i._view.strides, *(0,) * len(after))))
    return shape, elementwise_strides(shape, operands)
