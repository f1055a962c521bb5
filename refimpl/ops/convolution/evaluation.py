"""How convolutions are evaluated: as products of matrices, whose exact sums are rounded once.

A convolution is the product of the weights with the matrix of all windows. A transposed one is the product of the transposed weights with the
input, whose results are put where the windows were, and added up there: evaluated in binary64 and rounded once; of float64 the sums over
channels are rounded first.
"""

from __future__ import annotations

from itertools import accumulate
from math import prod
from operator import mul
from typing import Any, Sequence

from ...foundation.kernels import View
from ...foundation.layout import contiguous_strides, is_contiguous
from ...tensor import Tensor, allocate_like
from ..products.evaluation import _evaluation_dtype
from ..shared.windows import copied, filled, fresh, image_strides, padded, strided, window_count, windows

Sizes = Sequence[int]


def correlate(input: Tensor, weight: Tensor, bias: Tensor | None, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int) -> Tensor:
    """``result[n, o, i] = bias[o] + sum(weight[o, c, k] * input[n, c, i * stride + k * dilation - padding] for c, k)``, rounded once; the bias is
    one more term, whose factor is 1."""
    x, kernel = input._view, weight.shape[2:]
    n, (out_channels, per_group) = input.shape[0], weight.shape[:2]
    counts = [max(window_count(*each), 0) for each in zip(input.shape[2:], kernel, stride, padding, dilation)]
    shape = (n, out_channels, *counts)
    result = allocate_like(input, shape, strides=_strides(shape, input, weight))
    if not result.numel():
        return result
    seen = windows(padded(x, padding, padding, 0), counts, kernel, stride, dilation)
    rank, terms = len(kernel), per_group * prod(kernel)
    width, places = terms + (bias is not None), prod(counts)
    columns = fresh(x, (n, groups, places, width))
    step = seen.strides
    split = strided(seen, (n, groups, *counts, per_group, *kernel),
                    (step[0], per_group * step[1], *step[2 : 2 + rank], step[1], *step[2 + rank :]))  # fmt: skip
    inner = contiguous_strides((per_group, *kernel))
    outer = [width * s for s in contiguous_strides((n, groups, *counts))]
    x.storage.kernels.copy(strided(columns, split.shape, (*outer, *inner)), split)
    rows = _rows(weight, bias, terms)
    if bias is not None:
        ones = strided(columns, (n, groups, places, 1), columns.strides, terms)
        x.storage.kernels.fill(ones, 1)
    each = out_channels // groups
    a = strided(rows, (n, groups, each, width), (0, each * width, width, 1))
    b = strided(columns, (n, groups, width, places), (groups * places * width, places * width, 1, width))
    _multiply(_flat(result._view, groups), a, b)
    return result


def _strides(shape: Sizes, input: Tensor, weight: Tensor) -> tuple[int, ...]:
    """How a result is laid out; torch makes a line contiguous first, but not its kernel."""
    return image_strides(shape, weight) if len(shape) == 3 else image_strides(shape, input, weight)


def _rows(weight: Tensor, bias: Tensor | None, terms: int) -> View:
    """The weights as a matrix, one row for each output channel; the bias is its last column."""
    w = weight._view
    if bias is None:
        return w if is_contiguous(w.shape, w.strides) else copied(w)
    out_channels = w.shape[0]
    rows = fresh(w, (out_channels, terms + 1))
    kernels = w.storage.kernels
    kernels.copy(strided(rows, w.shape, (terms + 1, *contiguous_strides(w.shape)[1:])), w)
    kernels.copy(strided(rows, (out_channels,), (terms + 1,), terms), bias._view)
    return rows


def _flat(view: View, groups: int) -> View:
    """A result as a batch of matrices, (n, groups, channels of a group, places); it is contiguous, or channels last."""
    n, channels, *sizes = view.shape
    inner = min([step for size, step in zip(sizes, view.strides[2:]) if size > 1], default=1)
    first, second = view.strides[:2]
    return strided(view, (n, groups, channels // groups, prod(sizes)), (first, channels // groups * second, second, inner))


def _multiply(out: View, a: View, b: View) -> None:
    out.storage.kernels.matmul(out, a, b)


def spread(input: Tensor, weight: Tensor, bias: Tensor | None, stride: Sizes, padding: Sizes, output_padding: Sizes, dilation: Sizes,
           groups: int) -> Tensor:  # fmt: skip
    """``result[n, o, j] = bias[o] + sum(weight[c, o, k] * input[n, c, i] for c, i, k if j == i * stride + k * dilation - padding)``."""
    kernels = input._view.storage.kernels
    n, _, *sizes = input.shape
    each, *kernel = weight.shape[1:]
    counts = spread_sizes(sizes, kernel, stride, padding, output_padding, dilation)
    shape = (n, each * groups, *counts)
    result = allocate_like(input, shape, strides=_strides(shape, input, weight))
    if not result.numel():
        return result
    wide = _evaluation_dtype(input.dtype, kernels.device_type)
    products = _products(input, weight, groups, wide)  # (n, groups, each, *kernel, *sizes)
    taps = prod(kernel) + (bias is not None)
    lead = [max(-p, 0) for p in padding]  # of a negative padding, which only makes room
    whole = [max(more + (size - 1) * s + (k - 1) * d + 1, more + p + count)
             for more, size, s, k, d, p, count in zip(lead, sizes, stride, kernel, dilation, padding, counts)]  # fmt: skip
    added = filled(products, (n * groups * each, taps, *whole), 0)
    line = added.strides[2:]
    if products.numel:
        after = [*list(accumulate(reversed(kernel[1:]), mul, initial=1))[::-1]]
        within = [tap * added.strides[1] + d * step for tap, d, step in zip(after, dilation, line)]
        places = strided(added, (n * groups * each, *kernel, *sizes), (added.strides[0], *within, *[s * step for s, step in zip(stride, line)]),
                         sum(more * step for more, step in zip(lead, line)))  # fmt: skip
        kernels.copy(places, strided(products, places.shape, contiguous_strides(places.shape)))
    inside = strided(added, (n * groups * each, taps, *counts), added.strides, sum(max(p, 0) * step for p, step in zip(padding, line)))
    if bias is not None:
        last = strided(inside, (n, groups * each, *counts), (groups * each * added.strides[0], added.strides[0], *line),
                       (taps - 1) * added.strides[1])  # fmt: skip
        kernels.copy(last, strided(bias._view, last.shape, (0, bias._view.strides[0], *[0] * len(counts))))
    total = result._view if wide is input.dtype else fresh(products, shape)
    lanes = strided(total, (n, groups * each, 1, *counts), (*total.strides[:2], 1, *total.strides[2:]))
    split = strided(inside, (n, groups * each, taps, *counts), (groups * each * added.strides[0], *inside.strides))
    kernels.reduce("sum", lanes, split, (2,))
    if total is not result._view:
        kernels.copy(result._view, total)
    return result


def spread_sizes(sizes: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, output_padding: Sizes, dilation: Sizes) -> list[int]:
    """The sizes of the result of a transposed convolution."""
    return [(size - 1) * s - 2 * p + d * (k - 1) + more + 1
            for size, k, s, p, more, d in zip(sizes, kernel, stride, padding, output_padding, dilation)]  # fmt: skip


def _products(input: Tensor, weight: Tensor, groups: int, wide: Any) -> View:
    """For each element of the input what it adds to each place of its window: the sums over the channels of a group."""
    x, w = input._view, weight._view
    n, channels, *sizes = x.shape
    each, *kernel = w.shape[1:]
    per_group, places, taps = channels // groups, prod(sizes), each * prod(kernel)
    out = fresh(x, (n, groups, taps, places), wide)
    narrow = wide.itemsize < 8 and wide is not x.dtype  # 16-bit floats on a device, which multiplies what has one dtype
    x = copied(x, wide) if narrow else x if is_contiguous(x.shape, x.strides) else copied(x)
    w = copied(w, wide) if narrow else w if is_contiguous(w.shape, w.strides) else copied(w)
    if out.numel:
        a = strided(w, (n, groups, taps, per_group), (0, per_group * taps, 1, taps))
        b = strided(x, (n, groups, per_group, places), (channels * places, per_group * places, places, 1))
        _multiply(out, a, b)
    return out
