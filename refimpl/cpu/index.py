"""Reading and writing elements at computed places: gather, scatter, advanced indexing, nonzero.

All of them come down to a list of places in a storage, made of whole-list sums of offsets, and one pass that picks or
stores the elements there as bit patterns.
"""

from __future__ import annotations

from array import array
from itertools import chain, compress, repeat
from math import copysign, prod
from operator import add, floordiv, mod, mul
from typing import Any, Iterable, Sequence

from ..foundation.dtypes import complex32, complex64, complex128, dtype, float32, int64
from ..foundation.kernels import Number, Storage, View
from .buffers import CODES, collapse, decode, encode, is_row_major, raw, read, typed, write
from .exact import exact_sum, has_nan, settle
from .reduce import interleave

__all__ = ["gather", "scatter", "index", "index_put", "nonzero"]

# From how many elements on a contiguous block is moved as a slice.
_BLOCK = 6


# -- the primitives ----------------------------------------------------------------------------------------------


def gather(out: View, input: View, dim: int, index: View) -> None:
    """``out[i, j, k] = input[i, index[i, j, k], k]`` for dim 1, and so on. Raises RuntimeError for an index out of range."""
    places = _places_along(input, dim, index)
    if places:
        write(out, _pick(input, places))


def scatter(name: str, out: View, dim: int, index: View, source: View | Number) -> None:
    """``out[i, index[i, j, k], k] = source[i, j, k]`` (name ``set``) or ``+=`` (``add``), other elements unchanged.

    Of several elements for one place, ``set`` takes the last in row-major order; ``add`` adds all of them to what
    is there as one exact sum. The source may be larger than the index: its leading part counts.
    """
    places = _places_along(out, dim, index)
    if not places:
        return
    if isinstance(source, View):
        data = raw(View(source.storage, source.offset, index.shape, source.strides, source.dtype))
    else:
        data = encode(out.dtype, [source]) * len(places)
    if name == "add":
        _accumulate(out, places, data)
    else:
        _put(out, places, data)


def index(out: View, input: View, indices: Sequence[View | None]) -> None:
    """Advanced indexing. ``indices[d]`` is None (the whole dimension ``d``) or an int64 view; all have one shape.

    The index dimensions stand in ``out`` where the indexed dimensions stood if those are adjacent, else first.
    Negative indices count from the end. Raises IndexError for an index out of range.
    """
    starts, inner, _ = _indexed(input, indices)
    if not starts or inner.numel == 0:
        return
    if _is_block(inner):
        octets = memoryview(typed(input.storage, input.dtype)).cast("B")
        size = input.dtype.itemsize
        block = inner.numel * size
        blocks = [octets[start : start + block] for start in map(mul, starts, repeat(size))]
        data = array(CODES[out.dtype], b"".join(blocks))
    else:
        data = _pick(input, _outer(starts, inner.shape, inner.strides))
    write(out, data)


def index_put(out: View, indices: Sequence[View | None], values: View, accumulate: bool) -> None:
    """``out[indices] = values`` (``+=`` with ``accumulate``), ``values`` broadcast to the indexed shape.

    Of several values for one element the last in row-major order is stored; ``accumulate`` adds all of them to what is there
    as one exact sum.
    """
    starts, inner, shape = _indexed(out, indices)
    if not starts or inner.numel == 0:
        return
    missing = len(shape) - len(values.shape)
    strides = (0,) * missing + tuple(0 if size == 1 else step for size, step in zip(values.shape, values.strides))
    data = raw(View(values.storage, values.offset, shape, strides, values.dtype))
    if accumulate:
        _accumulate(out, _outer(starts, inner.shape, inner.strides), data)
    elif _is_block(inner):
        target, source = (memoryview(buffer).cast("B") for buffer in (typed(out.storage, out.dtype), data))
        size = out.dtype.itemsize
        block = inner.numel * size
        for start, origin in zip(map(mul, starts, repeat(size)), range(0, len(source), block)):
            target[start : start + block] = source[origin : origin + block]
    else:
        _put(out, _outer(starts, inner.shape, inner.strides), data)


def nonzero(input: View) -> View:
    """The indices of the elements that are not zero, an int64 view of shape (count, ndim), in row-major order.

    NaN is not zero. As in torch, the result lies in memory dimension by dimension: its strides are (1, count).
    """
    places: Iterable[int] = compress(range(input.numel), read(input))
    columns = []
    for size in reversed(input.shape[1:]):
        places = array("q", places)
        columns.append(array("q", map(mod, places, repeat(size))))
        places = map(floordiv, places, repeat(size))
    data = array("q", places)
    count = len(data)
    for column in reversed(columns):
        data.extend(column)
    ndim = len(input.shape)
    if ndim == 0:
        del data[:]
    kernels = input.storage.kernels
    return View(Storage(kernels, 8 * len(data), data), 0, (count, ndim), (1, count), int64)


# -- places ------------------------------------------------------------------------------------------------------


def _outer(starts: Sequence[int], shape: Sequence[int], strides: Sequence[int]) -> Sequence[int]:
    """The places of all elements of a view of this shape, once from each start, in row-major order."""
    for size, step in zip(*collapse(shape, strides)):
        if step:
            starts = [start + i for start in starts for i in range(0, size * step, step)]
        else:
            starts = [start for start in starts for _ in range(size)]
    return starts


def _places_along(view: View, dim: int, index: View) -> list[int]:
    """The places ``view[i, index[i, j, k], k]`` for all elements of ``index`` (dim 1)."""
    if index.numel == 0:
        return []
    numbers = raw(index)
    # A tensor without dimensions is indexed as one of a single element.
    size, step = (view.shape[dim], view.strides[dim]) if view.shape else (1, 1)
    if min(numbers) < 0 or max(numbers) >= size:
        wrong = next(i for i in numbers if not 0 <= i < size)
        raise RuntimeError(f"index {wrong} is out of bounds for dimension {dim} with size {size}")
    others = [0 if d == dim else step for d, step in enumerate(view.strides or (1,))]
    lanes = _outer([view.offset], index.shape, others)
    if step == 1:
        return list(map(add, lanes, numbers))
    return [lane + i * step for lane, i in zip(lanes, numbers)]


def _indexed(view: View, indices: Sequence[View | None]) -> tuple[Sequence[int], View, tuple[int, ...]]:
    """What advanced indexing of ``view`` selects: the places where blocks start, the block as a view, and the whole shape.

    A block consists of the whole dimensions behind the last indexed one (behind none if that is moved to the front).
    """
    tensors = [(d, tensor) for d, tensor in enumerate(indices) if tensor is not None]
    first, last = tensors[0][0], tensors[-1][0]
    shape, strides = view.shape, view.strides
    adjacent = last - first + 1 == len(tensors)
    whole = [d for d in range(len(shape)) if d >= len(indices) or indices[d] is None]
    before = [d for d in whole if d < first] if adjacent else []
    behind = [d for d in whole if d not in before]
    index_shape = tensors[0][1].shape

    inner = View(view.storage, 0, tuple(shape[d] for d in behind), tuple(strides[d] for d in behind), view.dtype)
    result_shape = (*[shape[d] for d in before], *index_shape, *inner.shape)
    count = prod(index_shape)
    if count and any(shape[d] == 0 for d, _ in tensors):
        raise IndexError("index is out of bounds for dimension with size 0")
    if prod(result_shape) == 0:
        return [], inner, result_shape

    numbers = [raw(tensor) for _, tensor in tensors]
    sizes = [shape[d] for d, _ in tensors]
    offsets: Iterable[int] = repeat(0, count)
    for (d, _), values, size in zip(tensors, numbers, sizes):
        least = min(values)
        if least < -size or max(values) >= size:
            raise IndexError(_out_of_bounds(numbers, sizes))
        wrapped = [i + size if i < 0 else i for i in values] if least < 0 else values
        offsets = map(add, offsets, map(mul, wrapped, repeat(strides[d])))
    origins = _outer([view.offset], [shape[d] for d in before], [strides[d] for d in before])
    if len(origins) == 1:
        return list(map(add, offsets, repeat(view.offset))), inner, result_shape
    steps = list(offsets)
    return [origin + step for origin in origins for step in steps], inner, result_shape


def _out_of_bounds(numbers: Sequence[Sequence[int]], sizes: Sequence[int]) -> str:
    """torch's message for the first wrong index. It counts the dimensions among the indexed ones."""
    return next(
        f"index {i} is out of bounds for dimension {d} with size {size}"
        for element in zip(*numbers)
        for d, (i, size) in enumerate(zip(element, sizes))
        if not -size <= i < size
    )


def _is_block(inner: View) -> bool:
    return inner.numel >= _BLOCK and is_row_major(inner.shape, inner.strides)


# -- picking and storing bit patterns ----------------------------------------------------------------------------


def _pairs(places: Sequence[int]) -> Iterable[int]:
    """The places of both parts of each complex number."""
    return chain.from_iterable([(2 * place, 2 * place + 1) for place in places])


def _pick(view: View, places: Sequence[int]) -> array:
    """The elements at these places of the view's storage, as an array of the natural typecode."""
    dtype = view.dtype
    data = typed(view.storage, dtype)
    if dtype is complex128:
        return array("d", map(data.__getitem__, _pairs(places)))
    if dtype is complex64:
        pairs = _cast(data, "d")
        return array("f", array("d", map(pairs.__getitem__, places)).tobytes())
    if dtype is complex32:
        pairs = _cast(data, "I")
        return array("H", array("I", map(pairs.__getitem__, places)).tobytes())
    picked = array("f" if dtype is float32 else _code(data), map(data.__getitem__, places))
    if dtype is float32 and has_nan(picked):
        # A signalling NaN becomes a quiet one on the way through binary64; an integer keeps its bits.
        patterns = _cast(data, "I")
        return array("f", array("I", map(patterns.__getitem__, places)).tobytes())
    return picked


def _code(data: Any) -> str:
    return data.typecode if isinstance(data, array) else data.format


def _cast(data: Any, code: Any) -> Any:
    """The same bytes as numbers of another typecode, in place; what does not fill a number at the end is left out."""
    octets = memoryview(data).cast("B")
    partial = octets.nbytes % array(code).itemsize
    return (octets[:-partial] if partial else octets).cast(code)


def _put(view: View, places: Sequence[int], data: array) -> None:
    """Store elements (an array of the natural typecode) at places of the view's storage, in this order."""
    dtype = view.dtype
    target: Any = typed(view.storage, dtype)
    source: Any = data
    order: Iterable[int] = places
    if dtype is complex128:
        order = _pairs(places)
    elif dtype is complex64:
        target, source = _cast(target, "d"), _cast(data, "d")
    elif dtype is complex32 or dtype is float32 and has_nan(data):
        target, source = _cast(target, "I"), _cast(data, "I")
    for place, element in zip(order, source):
        target[place] = element


def _accumulate(view: View, places: Sequence[int], data: array) -> None:
    """Add elements to those at places of the view's storage: one exact sum for each place, rounded once."""
    dtype = view.dtype
    contributions = decode(data, dtype)
    once = list(dict.fromkeys(places))
    old = decode(_pick(view, once), dtype)
    if len(once) == len(places):
        _put(view, once, encode(dtype, list(map(add, old, contributions))))
        return
    if not (dtype.is_floating_point or dtype.is_complex):
        totals = dict(zip(once, old))
        for place, x in zip(places, contributions):
            totals[place] += x
        _put(view, once, encode(dtype, totals.values()))
        return
    groups = {place: [x] for place, x in zip(once, old)}
    for place, x in zip(places, contributions):
        groups[place].append(x)
    terms: list[Any] = list(groups.values())
    if dtype.is_complex:
        parts = [[[z.real for z in group] for group in terms], [[z.imag for z in group] for group in terms]]
        _put(view, once, interleave(dtype, *[_totals(dtype.real, part) for part in parts]))
    else:
        _put(view, once, encode(dtype, _totals(dtype, terms)))


def _totals(dtype: dtype, groups: list[list[float]]) -> list[float]:
    """The exact sums of the groups; -0.0 where all terms are, as when they are added one by one."""
    totals = [exact_sum(group) for group in groups]
    for i, total in enumerate(totals):
        if total == 0.0 and all(copysign(1.0, x) < 0.0 for x in groups[i]):
            totals[i] = -0.0
    return settle(dtype, totals, groups.__getitem__)
