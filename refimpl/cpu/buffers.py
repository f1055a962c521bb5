"""Buffers of the CPU device: elements of a view to and from arrays of the standard library.

A storage's ``data`` is an ``array.array`` of its dtype's natural typecode, or a writable memoryview of foreign memory. Before
the first access it may be None (zeros) or bytes, since the dtype is not known yet. Three levels lead from there to numbers:

- :func:`typed`: the whole storage as one sequence of a dtype's typecode, in place;
- :func:`raw` and :func:`write`: the elements of a view in row-major order, as bit patterns;
- :func:`read` and :func:`~refimpl.cpu.encode.encode`: the same as Python numbers.

No level runs Python code per element: views are collapsed to as few dimensions as they allow, and the longest
dimension is left to slice assignment, which is a loop in C.
"""

from __future__ import annotations

from array import array
from itertools import product
from math import prod
from struct import unpack
from typing import Any, Sequence

from ..foundation.dtypes import bfloat16, bool_, complex32, dtype, float16
from ..foundation.eight_bits import NUMBERS
from ..foundation.kernels import Number, Storage, View
from .encode import CODES, SIZES, convert, encode, zeros

__all__ = ["CODES", "typed", "raw", "read", "write", "encode", "convert", "gather", "decode", "zeros", "memory_order"]


def typed(storage: Storage, dtype: dtype) -> Any:
    """The whole storage as a mutable sequence of the dtype's typecode: its own array if that matches, else a cast of it.

    Bytes at the end that do not make a whole element are left out.
    """
    data = storage.data
    code = CODES[dtype]
    if data is None or type(data) is bytes:
        # The first access decides the typecode of the storage's array.
        kind = "B" if storage.nbytes % SIZES[code] else code
        data = storage.data = array(kind, bytes(storage.nbytes) if data is None else data)
    if type(data) is array and data.typecode == code:
        return data
    octets = memoryview(data).cast("B")
    partial = octets.nbytes % SIZES[code]
    return (octets[:-partial] if partial else octets).cast(code)


# -- geometry ----------------------------------------------------------------------------------------------------


def collapse(shape: Sequence[int], strides: Sequence[int]) -> tuple[list[int], list[int]]:
    """The same elements in the same order with the fewest dimensions: sizes of 1 dropped, neighbours merged."""
    sizes: list[int] = []
    steps: list[int] = []
    for size, step in zip(shape, strides):
        if size == 1:
            continue
        if sizes and steps[-1] == size * step:
            sizes[-1] *= size
            steps[-1] = step
        else:
            sizes.append(size)
            steps.append(step)
    return sizes, steps


def row_major(shape: Sequence[int]) -> list[int]:
    """The strides of a contiguous view."""
    strides = [1] * len(shape)
    for d in range(len(shape) - 1, 0, -1):
        strides[d - 1] = strides[d] * shape[d]
    return strides


def is_row_major(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether the elements lie one after the other in row-major order (sizes of 1 may have any stride)."""
    expected = 1
    for d in range(len(shape) - 1, -1, -1):
        size = shape[d]
        if size != 1:
            if strides[d] != expected:
                return False
            expected *= size
    return True


def memory_order(shape: Sequence[int], strides: Sequence[int]) -> list[int]:
    """The dimensions from the largest stride to the smallest: the order in which the elements lie in memory."""
    return sorted(range(len(shape)), key=lambda d: (-strides[d], -shape[d]))


# -- bit patterns ------------------------------------------------------------------------------------------------


def raw(view: View) -> array:
    """The elements in row-major order as a new array of the natural typecode (complex: two numbers an element)."""
    offset, shape, strides, dtype = view.offset, view.shape, view.strides, view.dtype
    code = CODES[dtype]
    count = prod(shape)
    if count == 0:
        return array(code)
    data = typed(view.storage, dtype)
    if dtype.is_complex:
        offset, shape, strides = _as_pairs(offset, shape, strides)
        count *= 2
    if is_row_major(shape, strides):
        part = data[offset : offset + count]
        if dtype is bool_:
            return array(code, part.tobytes().translate(_TRUTH))
        return part if type(part) is array else array(code, part.tobytes())
    if type(data) is not array:
        # A memoryview has strided slices, but neither * nor quick conversion: copy the part that the view spans.
        end = offset + 1 + sum((size - 1) * step for size, step in zip(shape, strides))
        data, offset = array(code, data[offset:end].tobytes()), 0
    found = gather(data, offset, shape, strides)
    return array(code, found.tobytes().translate(_TRUTH)) if dtype is bool_ else found


_TRUTH = bytes((0, *[1] * 255))  # a byte that was written as another dtype may be anything; each but 0 is True


def _as_pairs(offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """The geometry of complex elements, in terms of their parts: a last dimension of two."""
    return 2 * offset, (*shape, 2), (*[2 * step for step in strides], 1)


def gather(data: array, offset: int, shape: Sequence[int], strides: Sequence[int]) -> array:
    """The elements of a strided view of ``data`` (not empty) in row-major order as a new array."""
    sizes, steps = collapse(shape, strides)
    if not sizes:
        return data[offset : offset + 1]
    if steps[0] == 0:
        return gather(data, offset, sizes[1:], steps[1:]) * sizes[0]
    if len(sizes) == 1:
        return data[offset : offset + (sizes[0] - 1) * steps[0] + 1 : steps[0]]
    if 0 in steps:
        return _expand(data, offset, sizes, steps)
    longest = max(range(len(sizes)), key=lambda d: (sizes[d], d))
    out = zeros(data.typecode, prod(sizes))
    _move(out, 0, row_major(sizes), data, offset, steps, sizes, longest)
    return out


def _expand(data: array, offset: int, sizes: list[int], steps: list[int]) -> array:
    """:func:`gather` for a view with inner dimensions of stride 0: repeat the other elements, innermost dimension first."""
    kept = [d for d, step in enumerate(steps) if step]
    out = gather(data, offset, [sizes[d] for d in kept], [steps[d] for d in kept])
    for d in range(len(sizes) - 1, -1, -1):
        if steps[d] == 0:
            out = _repeat(out, sizes[d], prod(sizes[d + 1 :]))
    return out


def _repeat(data: array, repeats: int, inner: int) -> array:
    """Each block of ``inner`` elements ``repeats`` times."""
    span = repeats * inner
    outer = len(data) // inner
    out = zeros(data.typecode, outer * span)
    if outer <= span:
        for i in range(outer):
            out[i * span : (i + 1) * span] = data[i * inner : (i + 1) * inner] * repeats
    else:
        for k in range(inner):
            part = data[k::inner]
            for start in range(k, span, inner):
                out[start::span] = part
    return out


def _move(target: Any, start: int, target_steps: Sequence[int], source: array, offset: int, source_steps: Sequence[int],
          sizes: Sequence[int], d: int) -> None:
    """Copy between two strided views of one shape, by one slice assignment for each index of the dimensions but ``d``."""
    count, into, step = sizes[d], target_steps[d], source_steps[d]
    to_end, from_end = (count - 1) * into + 1, (count - 1) * step + 1
    others = [i for i in range(len(sizes)) if i != d]
    if len(others) == 1:
        i = others[0]
        to_step, from_step = target_steps[i], source_steps[i]
        for j in range(sizes[i]):
            t, s = start + j * to_step, offset + j * from_step
            target[t : t + to_end : into] = source[s : s + from_end : step]
        return
    to_starts = product(*[range(0, sizes[i] * target_steps[i], target_steps[i]) for i in others])
    from_starts = product(*[range(0, sizes[i] * source_steps[i], source_steps[i]) for i in others])
    for t, s in zip(map(sum, to_starts), map(sum, from_starts)):
        t += start
        s += offset
        target[t : t + to_end : into] = source[s : s + from_end : step]


def write(out: View, data: array) -> None:
    """Store bit patterns in row-major order into a view. ``data`` belongs to the storage afterwards.

    A view that covers a fresh storage gives it ``data`` itself, reordered if the view is a permutation.
    """
    offset, shape, strides, dtype = out.offset, out.shape, out.strides, out.dtype
    count = len(data)
    if count == 0:
        return
    storage = out.storage
    if dtype.is_complex:
        offset, shape, strides = _as_pairs(offset, shape, strides)
    fresh = storage.data is None and offset == 0 and count * data.itemsize == storage.nbytes
    if is_row_major(shape, strides):
        if fresh:
            storage.data = data
        else:
            typed(storage, dtype)[offset : offset + count] = data
        return
    if fresh:
        order = memory_order(shape, strides)
        if is_row_major([shape[d] for d in order], [strides[d] for d in order]):
            steps = row_major(shape)
            storage.data = gather(data, 0, [shape[d] for d in order], [steps[d] for d in order])
            return
    target = typed(storage, dtype)
    sizes, steps = collapse(shape, strides)
    if len(sizes) < 2:
        step = steps[0] if steps else 1
        target[offset : offset + (count - 1) * step + 1 : step] = data
        return
    longest = max(range(len(sizes)), key=lambda d: (sizes[d], d))
    _move(target, offset, steps, data, 0, row_major(sizes), sizes, longest)


def write_in_order(out: View, data: array) -> None:
    """:func:`write`, one element after the other, as it shows where elements share memory."""
    offset, shape, strides = out.offset, out.shape, out.strides
    if out.dtype.is_complex:
        offset, shape, strides = _as_pairs(offset, shape, strides)
    target = typed(out.storage, out.dtype)
    places = [offset]
    for size, stride in zip(shape, strides):
        places = [place + i * stride for place in places for i in range(size)]
    for place, value in zip(places, data):
        target[place] = value


# -- numbers -----------------------------------------------------------------------------------------------------


def read(view: View) -> Sequence[Number]:
    """The elements in row-major order as a new sequence of Python numbers (bool: 0 and 1)."""
    return decode(raw(view), view.dtype)


def decode(data: array, dtype: dtype) -> Sequence[Number]:
    """Bit patterns as numbers: the array itself where it holds numbers already."""
    if dtype is float16:
        return list(unpack(f"{len(data)}e", data.tobytes()))
    if dtype is bfloat16:
        # The upper half of a float32's bits.
        wide = zeros("H", 2 * len(data))
        wide[1::2] = data
        return array("f", wide.tobytes())
    numbers = NUMBERS.get(dtype)
    if numbers is not None:
        return list(map(numbers.__getitem__, data))
    if dtype.is_complex:
        parts = unpack(f"{len(data)}e", data.tobytes()) if dtype is complex32 else data
        return list(map(complex, parts[::2], parts[1::2]))
    return data

