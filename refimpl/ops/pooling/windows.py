"""What all poolings share: the numbers of their windows, and what they ask of them."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple, Sequence

from ...tensor import Tensor, wrap
from ..creation.ranges import arange
from ..shared.windows import padded, strided, windows

Sizes = tuple[int, ...]


class Geometry(NamedTuple):
    """The windows of a signal, by dimension: sizes of a window, steps, padding at both ends, and how many windows there are."""

    kernel: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes
    counts: Sizes


def each(values: Any, rank: int, default: Any = None) -> Sizes:
    """A number for each dimension: one holds for all, none is the default."""
    if values is None or isinstance(values, (tuple, list)) and not values:
        return each(default, rank)
    if isinstance(values, int):
        return (values,) * rank
    return tuple(values) * rank if len(values) == 1 else tuple(values)


def count_of(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    """How many windows: those that fit; with ``ceil_mode`` also one that reaches beyond the end, if it begins before the padding there."""
    count = (size + 2 * padding - dilation * (kernel - 1) - 1 + (stride - 1 if ceil_mode else 0)) // stride + 1
    return count - 1 if ceil_mode and (count - 1) * stride >= size + padding else count


def geometry(input: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, rank: int) -> Geometry:
    kernel, stride, padding, dilation = each(kernel, rank), each(stride, rank, kernel), each(padding, rank), each(dilation, rank)
    numbers = zip(input.shape[-rank:], kernel, stride, padding, dilation)
    return Geometry(kernel, stride, padding, dilation, tuple([count_of(*numbers_of_one, ceil_mode) for numbers_of_one in numbers]))


def seen(input: Tensor, g: Geometry, value: Any) -> Tensor:
    """All windows, (..., windows, places in a window), over a padding of equal elements; a view where there is none."""
    view, rank = input._view, len(g.kernel)
    numbers = zip(view.shape[-rank:], g.kernel, g.stride, g.padding, g.dilation, g.counts)
    behind = [max((count - 1) * s + d * (k - 1) + 1 - size - p, 0) for size, k, s, p, d, count in numbers]
    return wrap(windows(padded(view, g.padding, behind, value), g.counts, g.kernel, g.stride, g.dilation))


def places(input: Tensor, g: Geometry) -> Tensor:
    """For each window the numbers of its elements, as the elements of the signal are counted in row-major order; they go on in the padding."""
    rank = len(g.kernel)
    found: Any = 0
    for d, (size, k, s, p, spacing, count) in enumerate(zip(input.shape[-rank:], g.kernel, g.stride, g.padding, g.dilation, g.counts)):
        line = arange(-p, count * s - p, s, device=input.device).unsqueeze(1) + arange(0, k * spacing, spacing, device=input.device)
        shape = [1] * (2 * rank)
        shape[d], shape[rank + d] = count, k
        found = found * size + line.view(shape)
    return found


def lead(input: Any, rank: int) -> Sizes:
    return tuple(input.shape[: input.dim() - rank])


def added_back(values: Tensor, input_shape: Sequence[int], g: Geometry) -> Tensor:
    """What stands at the places of windows, added up where these lie in the signal: the transpose of :func:`seen`. ``values`` is laid out as that."""
    view, rank = values._view, len(g.kernel)
    outer, sizes = tuple(input_shape[:-rank]), tuple(input_shape[-rank:])
    whole = [max((count - 1) * s + d * (k - 1) + 1, p + size)
             for count, s, d, k, p, size in zip(g.counts, g.stride, g.dilation, g.kernel, g.padding, sizes)]  # fmt: skip
    taps, area = prod(g.kernel), prod(whole)
    spread = values.new_zeros((*outer, taps, *whole))
    line = spread.stride()[len(outer) + 1 :]
    after = [prod(g.kernel[d + 1 :]) for d in range(rank)]
    target = strided(spread._view, view.shape, (*spread.stride()[: len(outer)], *[s * step for s, step in zip(g.stride, line)],
                                                *[n * area + d * step for n, d, step in zip(after, g.dilation, line)]))  # fmt: skip
    view.storage.kernels.copy(target, view)
    inside = strided(spread._view, (*outer, taps, *sizes), spread.stride(), sum(p * step for p, step in zip(g.padding, line)))
    return wrap(inside).sum(len(outer))


def numbers_fit(require: Any, name: str, rank: int, kernel: Any, stride: Any, padding: Any, dilation: Any = 1) -> None:
    """The constraints of tuples with a number for each dimension."""
    ints = f"a single int, or a tuple of {'two' if rank == 2 else 'three'} ints"
    either = "" if name == "avg_pool3d" else "either "
    fit = [isinstance(values, int) or len(values) in (1, rank) for values in (kernel, stride or 1, padding, dilation)]
    require(fit[0], RuntimeError, "{}: kernel_size must {}be {}", name, either, ints)
    require(fit[1], RuntimeError, "{}: stride must {}be omitted, {}", name, either, ints)
    require(fit[2], RuntimeError, "{}: padding must {}be {}", name, either, ints)
    require(fit[3], RuntimeError, "{}: dilation must be either {}", name, ints)


def windows_fit(require: Any, input: Any, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, ceil_mode: bool) -> None:
    """The constraints of windows: that they have elements, move, and begin within the input; and that there is one."""
    rank = len(kernel)
    require(max(map(abs, (*kernel, *stride, *padding, *dilation))) < 2**31, RuntimeError, "value cannot be converted to type int without overflow")
    require(min(kernel) > 0, RuntimeError, "kernel size should be greater than zero, but got {}", named("k", kernel),
            also=((RuntimeError, "stride should not be zero"),))  # fmt: skip
    require(min(stride) > 0, RuntimeError, "stride should not be zero", named("d", stride),
            also=((RuntimeError, "stride should be greater than zero, but got {0}"),))  # fmt: skip
    require(min(dilation) > 0, RuntimeError, "dilation should be greater than zero, but got {}", named("dilation", dilation))
    require(min(padding) >= 0, RuntimeError, "pad must be non-negative, but got pad: {}", min(padding))
    for p, k, d in zip(padding, kernel, dilation):
        require(p <= ((k - 1) * d + 1) // 2, RuntimeError, "pad should be at most half of effective kernel size, but got pad={}, kernel_size={} and "
                "dilation={}", p, k, d)  # fmt: skip
    sizes = input.shape[-rank:]
    numbers = zip(sizes, kernel, stride, padding, dilation)
    counts = [count_of(size, k, max(s, 1), p, d, ceil_mode) for size, k, s, p, d in numbers]
    planes = input.shape[-rank - 1]
    require(min(counts) > 0, RuntimeError, "Given input size: ({}x{}). Calculated output size: ({}x{}). Output size is too small", planes, _by(sizes),
            planes, _by(counts))  # fmt: skip


def _by(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))


def named(name: str, values: Sequence[int]) -> str:
    return " ".join(f"{name}{axis}: {value}" for axis, value in zip("THW"[-len(values) :], values))


def not_empty(require: Any, input: Any, rank: int, name: str) -> None:
    """The constraints of the input: its rank, and elements in all dimensions but that of samples."""
    ranks = f"{rank + 1}D or {rank + 2}D"
    require(input.dim() in (rank + 1, rank + 2), RuntimeError, "non-empty {} (batch mode) tensor expected for input", ranks,
            list(input.shape), -input.dim(), input.dim() - 1, also=(
        (IndexError, "Dimension out of range (expected to be in range of [{2}, {3}], but got -3)"),
        (IndexError, "Dimension specified as -3 but tensor has no dimensions"),
        (RuntimeError, "Expected {0} (batch mode) tensor with optional 0 dim batch size for input, but got:{1}"),
        (RuntimeError, "Unsupported memory format. Supports only ChannelsLast, Contiguous"),
    ))  # fmt: skip
    inner = input.shape[-rank - 1 :]
    require(0 not in inner, RuntimeError, "Expected {} (batch mode) tensor with optional 0 dim batch size for input, but got:{}", ranks,
            list(input.shape), name, also=(
        (RuntimeError, "{2}(): Expected input's non-batch dimensions to have positive length, but input has a shape of {1} and non-batch dimension "
                       "0 has length zero!"),
    ))  # fmt: skip
