"""Shapes and strides: pure functions, on tuples of ints alone.

Strides count elements. Everything that torch decides about where the elements of a result lie is decided here:
broadcasting, the strides of elementwise results, which reshapes are views, and when memory overlaps. A program meets few
shapes many times, so what each call asks for is remembered.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any, Callable, Iterable, Sequence, TypeVar

Shape = tuple[int, ...]
Strides = tuple[int, ...]

if TYPE_CHECKING:
    _Function = TypeVar("_Function", bound=Callable[..., Any])

    def _remembered(function: _Function) -> _Function: ...
else:
    _remembered = lru_cache(maxsize=4096)


def as_int64(number: int) -> int:
    """A size, or a step, as 64-bit arithmetic leaves it, which wraps around."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def uncountable(size: Iterable[int], itemsize: int = 1) -> bool:
    """Whether the sizes, multiplied one after the other, leave 64 bits, or the number of bytes 63."""
    count = 1
    for s in size:
        count *= s
        if count >= 1 << 64:
            return True
    return count * itemsize >= 1 << 63


def counted(shape: Sequence[int]) -> Sequence[int]:
    """The shape, of a view that may repeat elements and so needs no memory. RuntimeError if there are more of them than can be counted."""
    if uncountable(shape):
        raise RuntimeError("numel: integer multiplication overflow")
    return shape


@_remembered
def contiguous_strides(shape: Shape) -> Strides:
    """Row-major strides: the last dimension has stride 1; a size of 0 counts as 1.

    >>> contiguous_strides((2, 3, 4))
    (12, 4, 1)
    """
    strides = []
    step = 1
    for size in reversed(shape):
        strides.append(step)
        if size > 1:
            step *= size
    return tuple(reversed(strides))


@_remembered
def is_contiguous(shape: Shape, strides: Strides) -> bool:
    """Whether the elements lie in row-major order without gaps. Strides of dimensions of size 1 do not matter, nor any if there are no elements."""
    expected = 1
    for size, stride in zip(reversed(shape), reversed(strides)):
        if size != 1:
            if stride != expected:
                return 0 in shape
            expected *= size
    return True


@_remembered
def is_non_overlapping_and_dense(shape: Shape, strides: Strides) -> bool:
    """Whether some permutation of the dimensions makes the view contiguous: every byte of its span belongs to one element."""
    dims = sorted((stride, size) for size, stride in zip(shape, strides) if size != 1)
    if any(size == 0 for _, size in dims):
        return True
    expected = 1
    for stride, size in dims:
        if stride != expected:
            return False
        expected *= size
    return True


def storage_extent(shape: Shape, strides: Strides, offset: int = 0) -> int:
    """The least number of elements that a storage must have to hold the view."""
    if 0 in shape:
        return 0
    return offset + 1 + sum((size - 1) * stride for size, stride in zip(shape, strides))


@_remembered
def has_internal_overlap(shape: Shape, strides: Strides) -> bool:
    """Whether torch refuses to write to the view because it knows that two elements share memory (an expanded dimension)."""
    return 0 not in shape and any(stride == 0 and size > 1 for size, stride in zip(shape, strides))


@_remembered
def may_overlap(shape: Shape, strides: Strides) -> bool:
    """Whether two elements may share memory. Sorted by stride, each dimension must step over all that the smaller ones span, else they may."""
    if 0 in shape:
        return False
    span = 0
    for stride, size in sorted((stride, size) for stride, size in zip(strides, shape) if size != 1):
        if stride <= span:
            return True
        span += stride * (size - 1)
    return False


@_remembered
def broadcast_shapes(*shapes: Shape) -> Shape:
    """The common shape: align from the right; sizes must match, or be 1, which repeats.

    On a mismatch the rightmost offending dimension is reported, as torch does.

    >>> broadcast_shapes((8, 1, 6, 1), (7, 1, 5))
    (8, 7, 6, 5)
    """
    result: Sequence[int] = ()
    for shape in shapes:
        result = _broadcast_pair(result, shape)
    return tuple(result)


def _broadcast_pair(a: Sequence[int], b: Sequence[int]) -> list[int]:
    ndim = max(len(a), len(b))
    out = [0] * ndim
    for i in range(1, ndim + 1):
        m = a[-i] if i <= len(a) else 1
        n = b[-i] if i <= len(b) else 1
        if m != n and m != 1 and n != 1:
            raise RuntimeError(
                f"The size of tensor a ({m}) must match the size of tensor b ({n}) at non-singleton dimension {ndim - i}"
            )
        out[-i] = n if m == 1 else m
    return out


@_remembered
def broadcast_strides(shape: Shape, strides: Strides, target: Shape) -> Strides:
    """Strides of the view broadcast to ``target``: new and repeated dimensions get stride 0."""
    lead = len(target) - len(shape)
    return (0,) * lead + tuple(
        0 if size == 1 and target[lead + d] != 1 else stride for d, (size, stride) in enumerate(zip(shape, strides))
    )


@_remembered
def elementwise_strides(shape: Shape, operands: tuple[tuple[Shape, Strides], ...]) -> Strides:
    """The strides of a fresh elementwise result, given the operands' own shapes and strides.

    The rule of torch's TensorIterator. (1) If all operands have the result's shape and are contiguous, so is the result.
    (2) If all have its shape, are dense without overlap and agree in their strides, it gets those strides. (3) Else the dimensions are
    sorted by the operands' strides, smallest innermost: the first operand that tells two dimensions apart decides; a stride of 0
    (broadcast) tells nothing, and of two equal strides the larger size goes outside. The result is dense in that order.
    """
    ndim = len(shape)
    if ndim < 2:
        return contiguous_strides(shape)
    same_shape = all(s == shape for s, _ in operands)
    if same_shape:
        if all(is_contiguous(s, t) for s, t in operands):
            return contiguous_strides(shape)
        if ndim == 4 and all(is_channels_last(s, t) for s, t in operands):
            return channels_last_strides(shape)
        first = operands[0][1]
        if all(t == first for _, t in operands) and is_non_overlapping_and_dense(shape, first):
            return first
    return dense_strides_in_order(shape, iteration_order(shape, [broadcast_strides(s, t, shape) for s, t in operands]))


def iteration_order(shape: Shape, strides_of_operands: Sequence[Strides]) -> list[int]:
    """The dimensions from the innermost (fastest) to the outermost, as torch's TensorIterator sorts them."""
    order = list(range(len(shape) - 1, -1, -1))
    if not strides_of_operands:
        return order

    def compare(inner: int, outer: int) -> int:
        for strides in strides_of_operands:
            a, b = strides[inner], strides[outer]
            if a == 0 or b == 0:
                continue
            if a != b:
                return -1 if a < b else 1
            if shape[inner] > shape[outer]:
                return 1
        return 0

    # An insertion sort that stops at the first certain answer: the comparison is not transitive, so the algorithm is part of the rule.
    for i in range(1, len(order)):
        moving = i
        for j in range(i - 1, -1, -1):
            answer = compare(order[j], order[moving])
            if answer > 0:
                order[j], order[moving] = order[moving], order[j]
                moving = j
            elif answer < 0:
                break
    return order


def dense_strides_in_order(shape: Shape, order: Sequence[int]) -> Strides:
    """Strides without gaps, where ``order`` lists the dimensions from the innermost to the outermost."""
    strides = [0] * len(shape)
    step = 1
    for d in order:
        strides[d] = step
        step *= shape[d]
    if 0 in shape:
        return contiguous_strides(shape) if list(order) == list(range(len(shape) - 1, -1, -1)) else tuple(strides)
    return tuple(strides)


@_remembered
def preserved_strides(shape: Shape, strides: Strides) -> Strides:
    """Strides of a copy that keeps the layout (``torch.preserve_format``): the same if dense, else dense in the same order."""
    if is_non_overlapping_and_dense(shape, strides):
        return strides
    return elementwise_strides(shape, ((shape, strides),))


def channels_last_strides(shape: Shape) -> Strides:
    """Strides of the channels-last memory format of a 4-d (NCHW) or 5-d (NCDHW) shape: the channels are innermost."""
    order = [1, *range(len(shape) - 1, 1, -1), 0]
    strides = [0] * len(shape)
    step = 1
    for d in order:
        strides[d] = step
        step *= shape[d]
    return tuple(strides)


def is_channels_last(shape: Shape, strides: Strides) -> bool:
    """Whether the view is contiguous in channels-last order (sizes of 1 do not matter)."""
    if len(shape) not in (4, 5):
        return False
    expected = 1
    for d in [1, *range(len(shape) - 1, 1, -1), 0]:
        if shape[d] != 1:
            if strides[d] != expected:
                return False
            expected *= shape[d]
    return True


def suggests_channels_last(shape: Shape, strides: Strides) -> bool:
    """Whether torch takes a 4-d or 5-d layout for channels-last: the strides grow in the order channels, width, height, (depth,) batch.

    Where sizes of 1 leave both readings open, it is not.
    """
    if len(shape) not in (4, 5) or 0 in shape or strides[1] == 0:
        return False
    least = 0
    for d in [1, *range(len(shape) - 1, 1, -1), 0]:
        if strides[d] < least or d == 0 and least == strides[1]:
            return False
        least = strides[d] * max(shape[d], 1)
    return True


@_remembered
def view_strides(shape: Shape, strides: Strides, new_shape: Shape) -> Strides | None:
    """The strides with which the same elements in the same order have ``new_shape``, or None if no strides do.

    Dimensions that lie contiguously after one another form a chunk; each chunk must be split up by whole new dimensions.
    """
    if prod(shape) == 0:
        return strides if shape == new_shape else contiguous_strides(new_shape)
    if not shape:
        return (1,) * len(new_shape)
    out = [0] * len(new_shape)
    d = len(new_shape) - 1
    step = strides[-1]
    chunk = wanted = 1
    for i in range(len(shape) - 1, -1, -1):
        chunk *= shape[i]
        if i == 0 or (shape[i - 1] != 1 and strides[i - 1] != chunk * step):
            while d >= 0 and (wanted < chunk or new_shape[d] == 1):
                out[d] = wanted * step
                wanted *= new_shape[d]
                d -= 1
            if wanted != chunk:
                return None
            if i > 0:
                step = strides[i - 1]
                chunk = wanted = 1
    return tuple(out) if d == -1 else None


def infer_size(shape: Sequence[int], numel: int) -> Shape:
    """Replace the one -1 in ``shape`` by the size that makes it hold ``numel`` elements.

    >>> infer_size((-1, 6), 12)
    (2, 6)
    """
    inferred = None
    known = 1
    for d, size in enumerate(shape):
        if size == -1:
            if inferred is not None:
                raise RuntimeError("only one dimension can be inferred")
            inferred = d
        elif size < 0:
            raise RuntimeError(f"invalid shape dimension {size} at index {d} of shape {list(shape)}")
        else:
            known *= size
    if inferred is None:
        if known != numel:
            raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")
        return tuple(shape)
    if known == 0 and numel == 0:
        raise RuntimeError(f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension size -1 can be any "
                           "value and is ambiguous")
    if known == 0 or numel % known:
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")
    return (*shape[:inferred], numel // known, *shape[inferred + 1 :])


def wrap_dim(dim: int, ndim: int, zero_dim: bool = True) -> int:
    """A dimension in ``range(ndim)``; negative ones count from the end. A 0-d tensor accepts 0 and -1, as 0, unless ``zero_dim`` is False."""
    if type(dim) is not int:
        dim = as_dim(dim)
    if not ndim:
        if not zero_dim:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        ndim = 1
    if not -ndim <= dim < ndim:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {dim})")
    return dim + ndim if dim < 0 else dim


def as_dim(dim: object) -> int:
    """A dimension argument as an int: Python ints and what has ``__index__``, but no bool and no float."""
    if isinstance(dim, (bool, float, str)) or not hasattr(dim, "__index__"):
        raise TypeError(f"argument 'dim' must be int, not {type(dim).__name__}")
    return dim.__index__()


def wrap_dims(dims: Iterable[int], ndim: int) -> tuple[int, ...]:
    """Each dimension wrapped; a dimension named twice is an error."""
    seen: list[int] = []
    for dim in dims:
        d = wrap_dim(dim, ndim)
        if d in seen:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
        seen.append(d)
    return tuple(seen)
