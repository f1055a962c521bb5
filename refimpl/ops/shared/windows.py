"""Windows: what a kernel sees of a signal, as views and copies of them.

Conventions of all that slides a kernel over a tensor: the last ``len(kernel)`` dimensions are the signal's (a line, an image, a volume). Along each,
``padding`` elements are added at both ends, the elements of one window are ``dilation`` apart, and the windows ``stride``.
"""

from __future__ import annotations

from math import prod
from typing import Any, Iterable, Sequence

from ...foundation.dtypes import dtype as dtype_class
from ...foundation.errors import MOST_BYTES, unallocatable
from ...foundation.kernels import View
from ...foundation.layout import contiguous_strides, suggests_channels_last
from ...tensor import Tensor, channels_last_strides


def fresh(like: View, shape: Sequence[int], d: dtype_class | None = None) -> View:
    """A contiguous view of unspecified elements on the device of another one."""
    d = d or like.dtype
    sizes = tuple(shape)
    nbytes = prod(sizes) * d.itemsize
    if nbytes >= MOST_BYTES:
        raise unallocatable(sizes, nbytes)
    return View(like.storage.kernels.allocate(nbytes), 0, sizes, contiguous_strides(sizes), d)


def filled(like: View, shape: Sequence[int], value: Any, d: dtype_class | None = None) -> View:
    """A contiguous view of equal elements on the device of another one."""
    out = fresh(like, shape, d)
    out.storage.kernels.fill(out, value)
    return out


def strided(view: View, shape: Sequence[int], strides: Sequence[int], offset: int = 0) -> View:
    """Other dimensions of the same elements; ``offset`` is counted from the view's first one."""
    return View(view.storage, view.offset + offset, tuple(shape), tuple(strides), view.dtype)


def copied(view: View, d: dtype_class | None = None) -> View:
    """A contiguous copy, in another dtype if one is given."""
    out = fresh(view, view.shape, d)
    out.storage.kernels.copy(out, view)
    return out


def padded(view: View, before: Sequence[int], after: Sequence[int], value: Any) -> View:
    """The signal with so many more elements (of ``value``) before and behind it along its last dimensions; itself if there are none."""
    if not any(before) and not any(after):
        return view
    lead = len(view.shape) - len(before)
    sizes = view.shape[lead:]
    out = filled(view, (*view.shape[:lead], *[b + s + a for b, s, a in zip(before, sizes, after)]), value)
    inside = strided(out, view.shape, out.strides, sum(b * stride for b, stride in zip(before, out.strides[lead:])))
    out.storage.kernels.copy(inside, view)
    return out


def repeated(values: Any, rank: int) -> tuple[Any, ...]:
    """A number for each dimension: what is no sequence holds for all of them; a sequence stays as it is, whatever its length."""
    return tuple(values) if isinstance(values, Iterable) else (values,) * rank


def window_count(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """How many whole windows there are along one dimension; less than 1 if not even one."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def windows(view: View, counts: Sequence[int], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> View:
    """All windows of a signal, without a copy: the signal's dimensions are replaced by those of windows, and behind them those within a window."""
    lead = len(view.shape) - len(kernel)
    steps = view.strides[lead:]
    outer, inner = ([s * step for s, step in zip(spacing, steps)] for spacing in (stride, dilation))
    return strided(view, (*view.shape[:lead], *counts, *kernel), (*view.strides[:lead], *outer, *inner))


def image_strides(shape: Sequence[int], *operands: Tensor) -> tuple[int, ...]:
    """How a result of this shape is laid out: channels last if one of the operands is, else contiguous. Lines count as images of height 1."""
    sizes = tuple(shape)
    line = len(sizes) == 3
    for operand in operands:
        size, step = operand._view.shape, operand._view.strides
        if line and len(size) == 3:
            size, step = (*size[:2], 1, size[2]), (*step[:2], step[2] * size[2], step[2])
        if suggests_channels_last(size, step):
            if not line:
                return channels_last_strides(sizes)
            first, second, _, last = channels_last_strides((*sizes[:2], 1, sizes[2]))
            return first, second, last
    return contiguous_strides(sizes)
