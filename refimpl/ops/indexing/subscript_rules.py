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

import warnings
from typing import Any, Iterator

from ...foundation.dtypes import bool_, int64, uint8
from ...foundation.layout import broadcast_shapes, contiguous_strides, elementwise_strides, view_strides
from ...tensor import Tensor, View, wrap
from ..shared.operands import outside
from ..views.shapes import unsqueeze
from ..views.slices import select, slice_

Advanced = "list[Tensor | None]"


def split_index(input: Tensor, index: Any) -> tuple[Tensor, list[Any]]:
    """Apply the basic items as views; return the view, and for each of its dimensions an advanced index or None (an empty list if there is none)."""
    if index.__class__ is Tensor and 0 < index.dim() <= input.dim():  # nothing to take apart
        return input, [index]
    items = tuple(_plain(item) for item in _as_tuple(index))
    if not input.dim() and not isinstance(index, tuple) and len(items) == 1:
        _refuse_on_number(items[0])
    named = _dimensions_named(items)
    if named > input.dim():
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
            start, stop, step = _slice_bounds(item)
            whole = not start and (stop is None or stop >= result.shape[dim]) and step == 1
            if not whole or item is index:  # x[:] is a slice to the graph, x[:, 0] is not
                result = slice_(result, dim, start, stop, step)
            dim += 1
        elif isinstance(item, int) or isinstance(item, Tensor) and item.dim() == 0 and item.dtype.category == 1:
            result = select(result, dim, _in_range(int(item), result.shape[dim], position, result))
        elif isinstance(item, (Tensor, list, tuple, range)):
            tensor = _index_tensor(item)
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
    """A list that holds slices, sequences, tensors, None or ``...`` counts as a tuple, with a warning."""
    if isinstance(index, tuple):
        return index
    if isinstance(index, list) and len(index) < 32 and any(
            isinstance(i, (slice, list, tuple, Tensor)) or i is None or i is Ellipsis for i in index):
        warnings.warn(
            "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; use x[tuple(seq)] "
            "instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, x[torch.tensor(seq)], which will result either in "
            "an error or a different result", stacklevel=6)
        return tuple(index)
    return (index,)


def _plain(item: Any) -> Any:
    """NumPy's integers and bools as Python's, its arrays as lists; those of uint8 as tensors, which count as masks."""
    if isinstance(item, Tensor) or not hasattr(item, "__array_interface__"):
        return item
    values = item.tolist()
    if isinstance(values, list) and item.dtype.name == "uint8":
        from ..creation.from_data import tensor

        return tensor(values, dtype=uint8)
    return values


def _refuse_on_number(item: Any) -> None:
    """What torch says of ``x[item]`` for a 0-d tensor and an item that names a dimension."""
    if isinstance(item, slice):
        _slice_bounds(item)
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    if isinstance(item, int) and not isinstance(item, bool):
        if _in_range(item, 1 << 64, 0, None) == 0:
            raise IndexError("invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim "
                             "tensor to a number")
        raise IndexError(f"index {item} is out of bounds for dimension 0 with size 0")


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


def _in_range(index: int, size: int, position: int, result: Any) -> int:
    if not -(1 << 63) <= index < 1 << 63:
        raise ValueError("Overflow when unpacking long long")
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for dimension {position} with size {size}")
    return index


def _slice_bounds(item: slice) -> tuple[int | None, int | None, int]:
    bounds = []
    for value in (item.start, item.stop, item.step):
        if value is not None:
            if isinstance(value, (float, str)) or not hasattr(value, "__index__"):
                raise TypeError("slice indices must be integers or None or have an __index__ method")
            value = value.__index__()
        bounds.append(value)
    start, stop, step = bounds
    if step == 0:
        raise ValueError("slice step cannot be zero")
    if step is not None and step < 0:
        raise ValueError("step must be greater than zero")
    return start, stop, 1 if step is None else step


def _places(count: int, like: Tensor) -> Tensor:
    from ..creation.filled import zeros

    return zeros(count, dtype=int64, device=like.device)


def _has_text(item: Any) -> bool:
    """Whether an index is a string, or a sequence that has one somewhere in it."""
    return isinstance(item, str) or isinstance(item, (list, tuple)) and any(map(_has_text, item))


def _index_tensor(item: Any) -> Tensor:
    if not isinstance(item, Tensor):
        from ..creation.from_data import tensor

        if _has_text(item):
            raise TypeError("new(): invalid data type 'str'")
        made = tensor(list(item) if isinstance(item, range) else item)
        return made if made.dtype is bool_ else made.to(int64)
    return item


def expand_indices(input: Tensor, indices: Any) -> list[Tensor | None]:
    """Integer indices for each dimension: masks become the places of their true elements; all are broadcast to one shape and made int64."""
    result: list[Tensor | None] = []
    for index in indices:
        if index is None:
            result.append(None)
            continue
        if index.dtype not in (bool_, uint8):
            result.append(index)
            continue
        result.extend(_places_in_mask(index))
    tensors = [i for i in result if i is not None]
    try:
        shape = broadcast_shapes(*(i.shape for i in tensors))
    except RuntimeError:
        shapes = ", ".join(str(list(i.shape)) for i in tensors)
        raise IndexError(f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}") from None
    found = [None if i is None else on_device_of(i, input) for i in result]
    found = [i if i is None or i.dtype is int64 and i._view.shape == shape else i.to(int64).expand(shape) for i in found]
    return found + [None] * (input.dim() - len(found))


def _places_in_mask(mask: Tensor) -> list[Tensor]:
    """Where the elements are that hold: the integer indices of each of the mask's dimensions."""
    view = mask._view.storage.kernels.nonzero(mask._view)
    return [wrap(View(view.storage, view.offset + d * view.strides[1], view.shape[:1], view.strides[:1], int64)) for d in range(mask.dim())]


def out_of_range(input: Tensor, expanded: list[Tensor | None]) -> Iterator[tuple[int, int, int]]:
    """Each index that is out of range, which of the indexed dimensions it is for, and that one's size."""
    indexed = [(i, size) for i, size in zip(expanded, input._view.shape) if i is not None]
    wrong = [outside(i, -size, size) for i, size in indexed]
    if input.is_meta:
        yield from ((found[0], d, size) for d, (found, (_, size)) in enumerate(zip(wrong, indexed)) if found)
    if not any(wrong) or input.is_meta:
        return
    for element in zip(*(i.reshape(-1).tolist() for i, _ in indexed)):
        yield from ((i, d, size) for d, (i, (_, size)) in enumerate(zip(element, indexed)) if not -size <= i < size)


def warn_of_bytes(indices: Any) -> None:
    """Warn of masks of uint8."""
    if any(i is not None and i.dtype is uint8 for i in indices):
        warnings.warn("indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.", stacklevel=3)


def on_device_of(index: Tensor, input: Tensor) -> Tensor:
    """An index, brought from the host to where the input lies. RuntimeError for one on another device."""
    if index._view.storage.kernels is input._view.storage.kernels:
        return index
    if not index.is_cpu:
        raise RuntimeError(f"indices should be either on cpu or on the same device as the indexed tensor ({input.device})")
    return index.to(input.device)


def result_geometry(input: Tensor, indices: list[Tensor | None]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shape and strides of ``input[indices]``: laid out as an elementwise result of the input's remaining dimensions and the indices."""
    view = input._view
    indexed = [(d, i) for d, i in enumerate(indices) if i is not None]
    places = [d for d, _ in indexed]
    common = indexed[0][1]._view.shape
    adjacent = places == list(range(places[0], places[0] + len(places)))
    before = [d for d in range(len(view.shape)) if indices[d] is None and adjacent and d < places[0]]
    after = [d for d in range(len(view.shape)) if indices[d] is None and d not in before]
    shape = (*(view.shape[d] for d in before), *common, *(view.shape[d] for d in after))
    operands = [(shape, (*(view.strides[d] for d in before), *(0,) * len(common), *(view.strides[d] for d in after)))]
    padded = (*(1,) * len(before), *common, *(1,) * len(after))
    for _, i in indexed:
        operands.append((padded, view_strides(i._view.shape, i._view.strides, padded) or contiguous_strides(padded)))
    return shape, elementwise_strides(shape, tuple(operands))
