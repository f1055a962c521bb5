"""Adaptive pooling: windows of about the same size, so many that the result has the size that is asked for.

Window i of ``count`` along a dimension of ``size`` elements begins at ``i * size // count``, and ends before ``ceil((i + 1) * size / count)``.
"""

from __future__ import annotations

from math import prod
from typing import Any, Iterator, Sequence

from ...foundation.contracts import accumulated
from ...operations.registry import op
from ...signatures.matching import Door
from ...tensor import Tensor, allocate_like, contiguous_format, suggested_format
from ..creation.fresh import holdable
from ..creation.ranges import arange
from ..shared.windows import image_strides
from .maxima import greatest_of_rows, put_back
from .means import _wide


def sizes_of(output_size: Any, input: Any) -> Any:
    """``output_size`` of the functions that take None for a dimension's own size, as torch hands it on."""
    own = input.size()
    if isinstance(output_size, int):
        return output_size
    given = len(output_size)
    if len(own) <= given:
        raise ValueError(f"Input dimension should be at least {given + 1}")
    return [size if count is None else count for count, size in zip(output_size, own[-given:])]


_DOORS = {rank: Door(f"adaptive_avg_pool{rank}d", False, ("input", "output_size"), (), {}) for rank in (2, 3)}


def _mean(input: Any, output_size: Any, rank: int) -> Any:
    input, counts = _DOORS[rank].parse((input, sizes_of(output_size, input)), {})[0]
    return _adaptive_avg_pool(input, counts, f"adaptive_avg_pool{rank}d")


def _lines(input: Any, counts: Sequence[int]) -> Iterator[tuple[int, int, Any, Any]]:
    """For each dimension, from the last: the dimension, how many places a window has, which elements stand there, and which of these count."""
    for d, (size, count) in enumerate(zip(input.shape[-len(counts) :], counts), -len(counts)):
        longest = _longest(size, count)
        window = arange(count, device=input.device).unsqueeze(1)
        start, end = window * size // max(count, 1), (window + 1) * size
        end = -(-end // max(count, 1))
        places = start + arange(longest, device=input.device)
        yield d, longest, places.clamp(max=size - 1), places < end


def _longest(size: int, count: int) -> int:
    """The length of the longest window: beside the whole part of ``size / count`` it holds parts of one element, or of two."""
    whole, rest = divmod(size, max(count, 1))
    return whole + (0 if not rest else 1 if count % rest == 0 else 2)


def _columns(input: Tensor, counts: Sequence[int], value: Any) -> Tensor:
    """The windows, (..., windows, places in a window); places beyond the end of a window hold ``value``."""
    rank, lengths, found = len(counts), [], input
    for d, longest, places, inside in _lines(input, counts):
        found = found.index_select(d, places.flatten())
        shape = [1] * rank
        shape[d] = -1
        if counts[d] and input.shape[d] % counts[d]:
            found = found.masked_fill(inside.logical_not().view(shape), value)
        lengths.append(longest)
    outer = found.shape[: found.dim() - rank]
    split = found.reshape(*outer, *[n for pair in zip(counts, lengths) for n in pair])
    order = [*range(len(outer)), *range(len(outer), split.dim(), 2), *range(len(outer) + 1, split.dim(), 2)]
    return split.permute(order).flatten(-rank) if rank > 1 else split


def _lengths(input: Any, counts: Sequence[int]) -> Any:
    """How many elements the windows have."""
    rank, found = len(counts), 1
    for d, _, _, inside in _lines(input, counts):
        shape = [1] * rank
        shape[d] = -1
        found = found * inside.sum(1).view(shape)
    return found


def _laid_out(value: Tensor, input: Tensor, rank: int, d: Any = None) -> Tensor:
    """A result rounded to the input's dtype: images are channels last if the input is."""
    shape = tuple(value.shape)
    result = allocate_like(input, shape, d, image_strides(shape, input) if rank == 2 and len(shape) == 4 else None)
    result._view.storage.kernels.copy(result._view, value._view)
    return result


# -- means -------------------------------------------------------------------------------------------


def _mean_node(bound: dict[str, Any]) -> str:
    input, rank = bound["input"], len(bound["counts"])
    if set(bound["counts"]) == {1}:
        channels_last = input.dim() == rank + 2 and suggested_format(input._view) is not contiguous_format
        return "AsStridedBackward1" if channels_last else "MeanBackward1"
    return f"AdaptiveAvgPool{rank}DBackward0"


@op("only", name="_adaptive_avg_pool", node=_mean_node, contract=accumulated(2))
def _adaptive_avg_pool(input, counts, layer):
    """The means of so many windows.

    >>> nn.functional.adaptive_avg_pool2d(tensor([[[1., 5.], [7., 2.]]]), 1)
    tensor([[[3.7500]]])
    """
    data, rank, whole = input.detach(), len(counts), set(counts) == {1}
    if whole:
        return data.mean(tuple(range(-rank, 0)), keepdim=True).clone(memory_format=contiguous_format)
    total = _columns(data, counts, 0).sum(-1, dtype=_wide(data))
    return _laid_out(total / _lengths(data, counts), data, rank)


@_adaptive_avg_pool.constraints
def _(require, input, counts, layer):
    rank = int(layer[-2])
    whole = set(counts) == {1}
    kind = input.dtype.category
    require(kind == 2 or whole, NotImplementedError, "\"adaptive_avg_pool2d\" not implemented for '{}'", input.dtype.type_name)
    require(kind >= 2 or not whole, RuntimeError, "mean(): could not infer output dtype. Input dtype must be either a floating point or complex "
            "dtype. Got: {}", input.dtype.type_name)  # fmt: skip
    require(len(counts) == rank, RuntimeError, "{}: output_size must be {}", layer, rank)
    if whole:
        require(input.dim() >= rank, IndexError, "Dimension out of range (expected to be in range of [{}, {}], but got {})", -max(input.dim(), 1),
                max(input.dim() - 1, 0), -max(input.dim(), 1) - 1)  # fmt: skip
    else:
        _shape_fits(require, input, rank, layer, input.dim() - 2 if rank == 2 else 1)
    require(min(counts) >= 0, RuntimeError, "{}: elements of output_size must be greater than or equal to 0 but received {{{}}}", layer,
            ", ".join(map(str, counts)) if rank == 2 else f"{counts[0]}, {','.join(map(str, counts[1:]))}")  # fmt: skip
    holdable(require, (*input.shape[: max(input.dim() - rank, 0)], *counts), input.dtype)


def _shape_fits(require: Any, input: Any, rank: int, layer: str, first: int) -> None:
    """The constraints of the input: its rank, and elements in the dimensions from the ``first`` on."""
    ranks = f"{rank + 1}D or {rank + 2}D"
    require(input.dim() in (rank + 1, rank + 2), RuntimeError, "{}(): Expected {} tensor, but got {}", layer, ranks, list(input.shape),
            -input.dim(), input.dim() - 1, also=(
        (RuntimeError, "{0}(): Expected {1} tensor, but got: {2}"),
        (IndexError, "Dimension out of range (expected to be in range of [{3}, {4}], but got -3)"),
        (IndexError, "Dimension specified as -3 but tensor has no dimensions"),
    ))  # fmt: skip
    empty = next((d for d in range(max(first, 0), input.dim()) if not input.shape[d]), None)
    require(empty is None, RuntimeError, "{}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes {} with dimension "
            "{} being empty", layer, list(input.shape), empty)  # fmt: skip


@op("only", name="_adaptive_avg_pool_backward", contract=accumulated(2))
def _adaptive_avg_pool_backward(grad, input_shape, counts):
    """The gradient of :func:`_adaptive_avg_pool`: what arrives at a window, in equal parts for its elements."""
    signal = grad.new_empty(1).expand(input_shape)
    found = grad.to(_wide(grad)) / _lengths(signal, counts)
    for d, longest, places, inside in _lines(signal, counts):
        axis = found.dim() + d
        spread = found.unsqueeze(axis + 1).expand(*found.shape[: axis + 1], longest, *found.shape[axis + 1 :])
        spread = spread.masked_fill(inside.logical_not().view(*inside.shape, *[1] * (-1 - d)), 0).flatten(axis, axis + 1)
        shape = [*found.shape[:axis], input_shape[d], *found.shape[axis + 1 :]]
        found = found.new_zeros(shape).index_add(axis, places.flatten(), spread)
    return found.to(grad.dtype)


_adaptive_avg_pool.derivative(input=lambda grad, input_shape, counts: _adaptive_avg_pool_backward(grad, input_shape, counts))
_adaptive_avg_pool_backward.derivative(grad=lambda grad, counts: _adaptive_avg_pool(grad, counts, f"adaptive_avg_pool{len(counts)}d"))


@op("function", aliases=("nn.functional.adaptive_avg_pool1d",), contract=accumulated(2))
def adaptive_avg_pool1d(input, output_size):
    """The means of ``output_size`` windows over lines: (N, C, L) or (C, L). All else: as for :func:`nn.functional.adaptive_avg_pool2d`.

    Source: torch.nn.functional.adaptive_avg_pool1d.

    >>> adaptive_avg_pool1d(tensor([[1., 5., 7.]]), 2)
    tensor([[3., 6.]])
    """
    count = output_size if isinstance(output_size, int) else output_size[0]
    return _adaptive_avg_pool(input.unsqueeze(-2), (1, count), "adaptive_avg_pool2d").squeeze(-2)


@adaptive_avg_pool1d.constraints
def _(require, input, output_size):
    _one_line(require, input, output_size, "adaptive_avg_pool1d")


def _one_line(require: Any, input: Any, output_size: Any, name: str) -> None:
    """The constraints of lines."""
    require(input.dim() in (2, 3), RuntimeError, "Expected 2 to 3 dimensions, but got {}-dimensional tensor for argument #1 'self' (while checking "
            "arguments for {})", input.dim(), name)  # fmt: skip
    given = 1 if isinstance(output_size, int) else len(output_size)
    require(given == 1, RuntimeError, "{}() argument 'output_size' should contain one int (got {})", name, given)


@op("function python", namespace="nn.functional", contract=accumulated(2))
def adaptive_avg_pool2d(input, output_size):
    """The means of ``output_size`` windows of about the same size over images: (N, C, H, W) or (C, H, W).

    ``output_size`` is two numbers, or one for both; None keeps a dimension's size. Window i of n along a dimension of ``size`` elements begins at
    ``i * size // n``, and ends before ``ceil((i + 1) * size / n)``. The result is channels last if the input is. Dtypes: floating point
    ones (a single window has complex ones, too). Errors: RuntimeError for another rank, for negative and for too many numbers, for dimensions without
    elements; NotImplementedError for other dtypes. Gradient: that of the result in equal parts, for each element of the window.
    Source: torch.nn.functional.adaptive_avg_pool2d.

    >>> nn.functional.adaptive_avg_pool2d(tensor([[[1., 5., 7.]]]), (None, 2))
    tensor([[[3., 6.]]])
    """
    return _mean(input, output_size, 2)


@adaptive_avg_pool2d.constraints
def _(require, input, output_size):
    _more_dimensions(require, input, output_size)


def _more_dimensions(require: Any, input: Any, output_size: Any) -> None:
    """The constraint of numbers for single dimensions: that the input has more dimensions."""
    given = len(output_size) if isinstance(output_size, (tuple, list)) else -1
    require(len(input.size()) > given, ValueError, "Input dimension should be at least {}", given + 1)


@op("function python", namespace="nn.functional", contract=accumulated(2))
def adaptive_avg_pool3d(input, output_size):
    """The means of ``output_size`` windows over volumes: (N, C, D, H, W) or (C, D, H, W); the result is contiguous.

    All else: as for :func:`nn.functional.adaptive_avg_pool2d`. Source: torch.nn.functional.adaptive_avg_pool3d.

    >>> nn.functional.adaptive_avg_pool3d(ones(1, 2, 2, 2), 1)
    tensor([[[[1.]]]])
    """
    return _mean(input, output_size, 3)


@adaptive_avg_pool3d.constraints
def _(require, input, output_size):
    _more_dimensions(require, input, output_size)


# -- maxima ------------------------------------------------------------------------------------------


def _max_node(bound: dict[str, Any]) -> str:
    return f"AdaptiveMaxPool{len(bound['counts'])}DBackward0"


@op("only", name="_adaptive_max_pool", node=_max_node, dtypes="floating")
def _adaptive_max_pool(input, counts, layer):
    """The greatest elements of so many windows, and where they stand.

    >>> nn.functional.adaptive_max_pool2d(tensor([[[1., 5.], [7., 2.]]]), 1)
    tensor([[[7.]]])
    """
    data, rank = input.detach(), len(counts)
    columns = _columns(data, counts, float("-inf"))
    values, place = greatest_of_rows(columns)
    plane = arange(prod(data.shape[-rank:]), device=data.device).view([1] * (data.dim() - rank) + list(data.shape[-rank:]))
    at = _columns(plane, counts, 0).expand(*place.shape, columns.shape[-1])
    found = at.gather(-1, place.unsqueeze(-1)).squeeze(-1)
    return _laid_out(values, data, rank), _laid_out(found, data, rank, found.dtype)


@_adaptive_max_pool.constraints
def _(require, input, counts, layer):
    rank = int(layer[-2])
    ranks = f"{rank + 1}D or {rank + 2}D"
    require(len(counts) == max(rank, 2), RuntimeError, "{}(): internal error: output_size.size() must be {}", layer, rank, ranks, list(input.shape),
            also=() if input.dim() in (rank + 1, rank + 2) else ((RuntimeError, "{0}(): Expected {2} tensor, but got: {3}"),))  # fmt: skip
    _shape_fits(require, input, len(counts), layer, 1)
    shape = [*input.shape[: input.dim() - len(counts)], *counts]
    require(min(counts) >= 0, RuntimeError, "Trying to create tensor with negative dimension {}: {}", min(counts), shape)
    holdable(require, shape, input.dtype)


_adaptive_max_pool.derivative(input=lambda grads, input_shape, counts, result1: put_back(grads[0], result1, input_shape, len(counts)))


@op("function")
def adaptive_max_pool1d(input, output_size):
    """The greatest elements of ``output_size`` windows over lines, (N, C, L) or (C, L), and where they stand: (values, indices).

    The windows are those of :func:`nn.functional.adaptive_avg_pool2d`. Dtypes: floating point ones. Special cases: NaN if there is one in the window,
    of several the last one's place. Errors: as there. Gradient: that of the values goes to the elements that were found.
    Source: torch.nn.functional.adaptive_max_pool1d.

    >>> adaptive_max_pool1d(tensor([[1., 5., 7.]]), 2)
    (tensor([[5., 7.]]), tensor([[1, 2]]))
    """
    count = output_size if isinstance(output_size, int) else output_size[0]
    return tuple([each.squeeze(-2) for each in _adaptive_max_pool(input.unsqueeze(-2), (1, count), "adaptive_max_pool2d")])


@adaptive_max_pool1d.constraints
def _(require, input, output_size):
    _one_line(require, input, output_size, "adaptive_max_pool1d")
    empty = next((d for d in range(1, input.dim()) if not input.shape[d]), None)
    require(empty is None, RuntimeError, "adaptive_max_pool1d(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
            "{} with dimension {} being empty", list(input.shape), empty)  # fmt: skip


@op("only")
def adaptive_max_pool2d(input, output_size):
    """:func:`adaptive_max_pool1d` over images, (N, C, H, W) or (C, H, W): places are counted in row-major order within an image.

    >>> nn.functional.adaptive_max_pool2d(tensor([[[1., 5.], [7., 2.]]]), 1, True)
    (tensor([[[7.]]]), tensor([[[2]]]))
    """
    return _adaptive_max_pool(input, output_size, "adaptive_max_pool2d")


@op("only")
def adaptive_max_pool3d(input, output_size):
    """:func:`adaptive_max_pool1d` over volumes, (N, C, D, H, W) or (C, D, H, W): places are counted in row-major order within a volume.

    >>> nn.functional.adaptive_max_pool3d(tensor([[[[1., 5.], [7., 2.]]]]), 1, True)
    (tensor([[[[7.]]]]), tensor([[[[2]]]]))
    """
    return _adaptive_max_pool(input, output_size, "adaptive_max_pool3d")
