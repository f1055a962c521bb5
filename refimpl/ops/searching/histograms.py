"""How many elements there are of each kind: of each number, or in each of the bins that a range is divided into."""

from __future__ import annotations

import math
from typing import Any, Sequence

from ... import return_types
from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import accumulated
from ...foundation.dtypes import float32, float64, int64
from ...foundation.layout import counted
from ...operations.output_kinds import exact
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor, memory_of
from ..creation.fresh import holdable
from ..creation.ranges import linspace
from ..shared.gradients import no_derivative
from ..shared.operands import anywhere
from .sorted_sequences import bisected


@op("method", contract=accumulated(1), node="NotImplemented", graph="leaves_integers_untracked", dtypes="ordinary float8")
def bincount(input, weights=None, minlength=0):
    """How often each of the numbers 0, 1, ... is in a vector, or the sum of the ``weights`` of the elements that are it.

    Shapes: a vector with a place for each number up to the greatest, and ``minlength`` at least; ``weights`` has one for each element. Dtypes: of the
    input integers, of the weights all (of complex ones the real parts); the result is int64, with weights of float32 float32, with others
    float64: exact sums, rounded once. Special cases: without elements zeros of int64, whatever the weights are. Errors: RuntimeError for negative
    numbers, more dimensions, other shapes of the weights, and a negative ``minlength``; NotImplementedError for bool, floating point and complex
    input. Gradient: none for the weights, RuntimeError in the backward pass. Source: torch.bincount.

    >>> bincount(tensor([1, 3, 1]), tensor([0.5, 1., 2.]))
    tensor([0.0000, 2.5000, 0.0000, 1.0000])
    """
    if not input.numel():
        return input.new_zeros((minlength,), dtype=int64)
    size = max(int(input.max()) + 1, minlength)
    if weights is None:
        return input.new_zeros((size,), dtype=int64).index_add(0, input.to(int64), input.new_ones(input.shape, dtype=int64))
    values = (weights.detach().real if weights.is_complex() else weights.detach()).to(float32 if weights.dtype is float32 else float64)
    return values.new_zeros((size,)).index_add(0, input.to(int64), values)


@bincount.constraints
def _(require, input, weights, minlength):
    require(input.dtype.category == 1, NotImplementedError, "\"bincount_cpu\" not implemented for '{}'", input.dtype.type_name)
    require(minlength >= 0, RuntimeError, "minlength should be >= 0")
    valid = input.dim() == 1 and (input.dtype.category != 1 or not anywhere(input < 0))
    require(valid, RuntimeError, "bincount only supports 1-d non-negative integral inputs.")
    fits = weights is None or not input.numel() or weights.dim() == 1 and weights.shape[0] == input.shape[0]
    require(fits, RuntimeError, "weights should be 1-d and have the same length as input")


bincount.derivative(weights=no_derivative("aten::bincount"))


# -- bins of one size ------------------------------------------------------------------------------


def _outer_edges(input: Tensor, low: Any, high: Any) -> tuple[float, float]:
    """The ends of the range: those that are given, or the least and the greatest element if they are equal; one more to both sides if these are."""
    low, high = float(low.real), float(high.real)
    if low == high and input.numel() and not input.is_meta:
        least, greatest = input.detach().aminmax()
        low, high = least.item(), greatest.item()
    return (low - 1.0, high + 1.0) if low == high else (low, high)


def _counts(places: Tensor, inside: Tensor, size: int, weights: Tensor | None, d: Any) -> Tensor:
    """The weights of the elements, or their number, added up by place, of those that lie inside."""
    amounts = inside.to(d) if weights is None else weights.masked_fill(~inside, 0)
    return amounts.new_zeros((size,)).index_add(0, places.masked_fill(~inside, 0).reshape(-1), amounts.reshape(-1))


@op("method out", differentiable=False, contract=accumulated(1), sharing=COMPUTED, out=exact(
    "torch.histogram: input tensor and hist tensor should have the same dtype, but got input {result_in_c} and hist {out_in_c}").contiguous())
def histc(input, bins=100, min=0, max=0):
    """How many elements lie in each of ``bins`` parts of the same size of the range from ``min`` to ``max``, which belongs to the last one.

    Element x is in part ``floor((x - min) / (max - min) * bins)``, rounded at each step, of 16-bit floats to float32. If ``min`` and ``max`` are
    equal the range is that of the elements, and, if these are equal, too, reaches from one less to one more. Shapes: a vector of ``bins`` numbers.
    Dtypes: real floating point ones, the result's, too. Special cases: NaN, and what lies outside, is not counted. Errors: RuntimeError for no
    parts, a range that is not finite or ends before it begins, and a complex end; NotImplementedError for other dtypes. No gradient. Source:
    torch.histc.

    >>> histc(tensor([0., 0.2, 0.5, 1.]), 2, 0, 1)
    tensor([2., 2.])
    """
    memory_of(counted((bins + 1,)), input.dtype)  # the edges, which torch makes
    low, high = _outer_edges(input, min, max)
    x = input.detach().reshape(-1)
    left, right = x.new_full((), low), x.new_full((), high)
    inside = (x >= left) & (x <= right)
    if x.dtype.itemsize == 2:
        x, left, right = x.to(float32), left.to(float32), right.to(float32)
    scaled = (x - left) / (right - left) * bins
    places = scaled.masked_fill(inside.logical_not() | scaled.isnan(), 0).to(int64).clamp(max=bins - 1)
    return _counts(places, inside, bins, None, input.dtype)


@histc.constraints
def _(require, input, bins, min, max):
    require(input.dtype.category == 2, NotImplementedError, "\"histc\" not implemented for '{}'", input.dtype.type_name, spelled_c_name(input.dtype),
            also=((RuntimeError, "value cannot be converted to type {1} without overflow"),
                  (RuntimeError, "value cannot be converted to type uint8_t without overflow")))  # fmt: skip
    real = not min.imag and not max.imag
    require(real, RuntimeError, "value cannot be converted to type double without overflow")
    require(bins > 0, RuntimeError, "torch.histogram(): bins must be > 0, but got {} for dimension 0", bins)
    low, high = _outer_edges(input, min, max) if real and input.dtype.category == 2 else (0.0, 1.0)
    require(math.isfinite(low) and math.isfinite(high), RuntimeError, "torch.histc: range of [{:g}, {:g}] is not finite", low, high, also=(
        (RuntimeError, "torch.histc: range of [-{:g}, -{:g}] is not finite"), (RuntimeError, "torch.histc: max must be larger than min")))
    require(low < high or low != low or high != high, RuntimeError, "torch.histc: max must be larger than min")


# -- bins of any sizes, in any number of dimensions ---------------------------------------------------


def _edges(points: Tensor, counts: Sequence[int], range: Sequence[float] | None) -> tuple[list[Tensor], list[float]]:
    """For each dimension the edges of bins of the same size between the ends of the range, or the least and the greatest number there; and that
    size, which is exact where the differences of edges have the errors of their roundings."""
    edges, widths = [], []
    for k, count in enumerate(counts):
        low, high = _ends(points, k, range)
        edges.append(linspace(low, high, count + 1, dtype=points.dtype, device=points.device))
        widths.append((high - low) / count)
    return edges, widths


def _ends(points: Tensor, k: int, range: Sequence[float] | None) -> tuple[float, float]:
    if range is not None:
        low, high = range[2 * k], range[2 * k + 1]
    elif points.numel():
        least, greatest = points.select(1, k).aminmax()
        low, high = least.item(), greatest.item()
    else:
        low, high = 0.0, 1.0
    return (low - 0.5, high + 0.5) if low == high else (low, high)


def _filled(points: Tensor, edges: Sequence[Tensor], widths: Sequence[Any], weight: Tensor | None, density: bool) -> Tensor:
    """How many points, or which sum of weights, fall into each bin: that whose left edge is not greater. The last edge belongs to the last bin."""
    sizes = [edge.shape[0] - 1 for edge in edges]
    place = points.new_zeros((points.shape[0],), dtype=int64)
    inside = points.new_ones((points.shape[0],)).bool()
    for k, edge in enumerate(edges):
        x = points.select(1, k).contiguous()
        inside = inside & (x >= edge.select(0, 0)) & (x <= edge.select(0, -1))
        place = place * sizes[k] + (bisected(edge, x, True) - 1).clamp(min=0, max=sizes[k] - 1)
    total = math.prod(sizes)
    inside = inside & bool(edges)  # points without coordinates are in no bin
    hist = _counts(place, inside, total, None if weight is None else weight.detach().reshape(-1), points.dtype).view(sizes)
    if density:
        hist = hist / hist.sum()
        for k, width in enumerate(widths):
            hist = hist / (width.view([-1 if e == k else 1 for e in range(len(sizes))]) if isinstance(width, Tensor) else width)
    return hist


_OUT = exact("torch.histogram: input tensor and hist tensor should have the same dtype, but got input {result_in_c} and hist {out_in_c}")._replace(
    also=("torch.histogram: input tensor and bin_edges tensor should have the same dtype, but got input {result_in_c} and bin_edges {out_in_c} for "
          "dimension 0",)).contiguous()  # fmt: skip


def _dimensions(count: int) -> Sequence[int]:
    return range(count)


def _two_ends(require: Any, range: Any, ndim: int) -> None:
    """The constraint of a range: a lowest and a highest number for each dimension."""
    require(range is None or len(range) == 2 * ndim, RuntimeError, "torch.histogramdd: for a {}-dimensional histogram range should have {} elements, "
            "but got {}", ndim, 2 * ndim, 0 if range is None else len(range))  # fmt: skip


def _binnable(require: Any, points: Tensor, counts: Sequence[int], edges: Sequence[Tensor] | None, range: Any, weight: Any, shape: Any) -> None:
    """What is asked of points, one a row, of bins by their number or by their edges, of ranges and of weights."""
    real = points.dtype in (float32, float64)
    require(real, NotImplementedError, "\"histogramdd\" not implemented for '{}'", points.dtype.type_name)
    for k, edge in enumerate(edges or ()):
        require(edge.dtype is points.dtype, RuntimeError, "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got "
                "input with dtype {} and bins for dimension {} with dtype {}", spelled_c_name(points.dtype), k,
                spelled_c_name(edge.dtype))  # fmt: skip
        require(edge.dim() == 1, RuntimeError, "torch.histogramdd: bins tensor should have one dimension, but got {} dimensions in the bins tensor "
                "for dimension {}", edge.dim(), k)  # fmt: skip
        require(edge.numel(), RuntimeError, "torch.histogramdd: bins tensor should have at least 1 element, but got {} elements in the bins tensor "
                "for dimension {}", edge.numel(), k)  # fmt: skip
    for k, count in enumerate(counts):
        require(count > 0 or edges and not edges[k].numel(), RuntimeError, "torch.histogram(): bins must be > 0, but got {} for dimension {}",
                count, k, also=((RuntimeError, "number of steps must be non-negative" if count < -1 else "torch.histogramdd: bins tensor should have "
                                 "at least 1 element, but got 0 elements in the bins tensor for dimension {1}"),))  # fmt: skip
        if edges is None:
            holdable(require, (count + 1,), points.dtype)
    ndim = points.shape[1]
    require(weight is None or weight.dtype is points.dtype, RuntimeError, "torch.histogramdd: if weight tensor is provided, input tensor and weight "
            "tensor should have the same dtype, but got input({}), and weight({})", spelled_c_name(points.dtype),
            spelled_c_name(points.dtype if weight is None else weight.dtype))  # fmt: skip
    given = list(shape[:-1]) if weight is None else list(weight.shape)
    require(given == list(shape[:-1]), RuntimeError, "torch.histogramdd: if weight tensor is provided it should have the same shape as the input "
            "tensor excluding its innermost dimension, but got input with shape {} and weight with shape {}", list(shape), given)  # fmt: skip
    for k in () if not real or edges is not None or range is not None and len(range) != 2 * ndim else _dimensions(ndim):
        low, high = _ends(points, k, range)
        finite = math.isfinite(low) and math.isfinite(high)
        require(finite, RuntimeError, "torch.histogramdd: dimension {}'s range [{:g}, {:g}] is not finite", k, low, high, also=(
            (RuntimeError, "torch.histogramdd: dimension {}'s range [-{:g}, -{:g}] is not finite"),))  # fmt: skip
        require(low <= high or not finite, RuntimeError, "torch.histogramdd: min should not exceed max, but got min {:g} max {:g} for dimension {}",
                low, high, k)  # fmt: skip


@op("method out", contract=accumulated(2), node="NotImplemented", sharing=COMPUTED._replace(over="bins"), out=_OUT)
def histogram(input, bins=100, *, range=None, weight=None, density=False):
    """How many elements fall into each of several bins, or which sum of their weights, and the edges of the bins: a named tuple (hist, bin_edges).

    ``bins`` are the edges in ascending order, or the number of bins of the same size in a ``range`` of two numbers, without it that from the least to
    the greatest element; equal ends lie half a unit farther apart, and without elements it is [0, 1]. A bin has its left edge, the last one its
    right one, too. With ``density`` each is divided by the sum of all and by its size, which no rounding of the edges changes. Shapes: vectors of
    n and n + 1 numbers; ``weight`` has one for each element. Dtypes: float32 and float64, the same for all. Special cases: NaN, and what lies
    outside, is not counted. Errors: RuntimeError for no bins, edges that are no vector, ranges that are not finite or end before they begin, and
    other dtypes and shapes; NotImplementedError for an input of another dtype. Gradient: none, RuntimeError in the backward pass.
    Source: torch.histogram.

    >>> histogram(tensor([1., 2., 1.]), 2, range=(0., 3.))
    torch.return_types.histogram(
    hist=tensor([2., 1.]),
    bin_edges=tensor([0.0000, 1.5000, 3.0000]))
    """
    points = input.detach().reshape((-1, 1))
    given = isinstance(bins, Tensor)
    edges, widths = ([bins.detach().clone()], [bins.detach().diff()]) if given else _edges(points, (bins,), range)
    return return_types.histogram((_filled(points, edges, widths, weight, density), edges[0]))


@histogram.constraints
def _(require, input, bins, range, weight):
    points = input.detach().reshape((-1, 1))
    edges = [bins] if isinstance(bins, Tensor) else None
    shape = (input.numel(), 1)
    of_weight = weight if weight is None else weight.reshape(-1)
    _two_ends(require, range, 1)
    _binnable(require, points, [bins.numel() - 1 if isinstance(bins, Tensor) else bins], edges, range, of_weight, shape)


histogram.derivative(input=no_derivative("aten::histogram"), weight=no_derivative("aten::histogram"), bins=no_derivative("aten::histogram"))


@op("only", name="_histogramdd_bin_edges", node="NotImplemented")
def _histogramdd_bin_edges(input, bins, range, weight, density):
    """The edges of bins of the same size, for each dimension."""
    return tuple(_edges(_points(input), bins, range)[0])


@op("only", name="_histogramdd_from_bins", node="NotImplemented")
def _histogramdd_from_bins(input, edges, weight, density, name, widths=None):
    """The histogram; ``widths``: of the bins in each dimension, where they have one size."""
    plain = [edge.detach() for edge in edges]
    return _filled(_points(input), plain, [edge.diff() for edge in plain] if widths is None else widths, weight, density)


def _points(input: Tensor) -> Tensor:
    """The points, one a row."""
    return input.detach().reshape((math.prod(input.shape[:-1]), input.shape[-1]))


_no_edges = no_derivative("aten::_histogramdd_bin_edges")
_histogramdd_bin_edges.derivative(input=lambda grads: _no_edges(grads), weight=lambda grads: _no_edges(grads))


def _no_histogram(grad: Any, name: str) -> Any:
    return no_derivative(f"aten::_histogramdd_from_bin_{name}")(grad)


_histogramdd_from_bins.derivative(input=_no_histogram, edges=_no_histogram, weight=_no_histogram)


@op("function", contract=accumulated(2))
def histogramdd(input, bins, range=None, weight=None, density=False):
    """How many points fall into each of several boxes, or which sum of their weights: a named tuple (hist, bin_edges), the edges as a tuple of
    vectors.

    The last dimension of the input holds the coordinates of a point. ``bins`` are the edges in ascending order, a vector for each coordinate, or the
    number of bins for each, or one for all; then ``range`` has the two ends for each coordinate, one after the other, and without it they are the
    least and the greatest. What is said of :func:`histogram` holds for each coordinate. Shapes: ``hist`` has a dimension for each coordinate;
    ``weight`` the input's but for the last. Dtypes: float32 and float64, the same for all. Special cases: points without coordinates are in no bin;
    edges that are given are returned themselves, and a range beside them is not looked at. Errors: RuntimeError for fewer than two dimensions,
    another number of bins than of coordinates, and as for :func:`histogram`. Gradient: none, RuntimeError in the backward pass.
    Source: torch.histogramdd.

    >>> histogramdd(tensor([[0., 0.], [1., 1.], [1., 0.]]), 2).hist
    tensor([[1., 0.],
            [1., 1.]])
    """
    if not isinstance(bins, int) and bins and isinstance(bins[0], Tensor):
        return return_types.histogramdd((_histogramdd_from_bins(input, tuple(bins), weight, density, "tensors"), tuple(bins)))
    counts = [bins] * input.shape[-1] if isinstance(bins, int) else list(bins)
    edges = _histogramdd_bin_edges(input, counts, range, weight, density)
    widths = _edges(_points(input), counts, range)[1]
    return return_types.histogramdd((_histogramdd_from_bins(input, edges, weight, density, "cts", widths), edges))


@histogramdd.constraints
def _(require, input, bins, range, weight):
    require(input.dim() or not isinstance(bins, int), IndexError, "Dimension specified as -1 but tensor has no dimensions")
    require(input.dim() > 1 or not input.dim() and isinstance(bins, int), RuntimeError, "torch.histogramdd: input tensor should have at least 2 "
            "dimensions")
    if input.dim() < 2:
        return
    given: list[Any] = [bins] * input.shape[-1] if isinstance(bins, int) else list(bins)
    edges = given if given and isinstance(given[0], Tensor) else None
    fits = len(given) == input.shape[-1]
    require(fits or edges is None, RuntimeError, "torch.histogramdd: expected {0} sequences of bin edges for a {0}-dimensional histogram but got {1}",
            input.shape[-1], len(given))  # fmt: skip
    require(fits or edges is not None, RuntimeError, "histogramdd: The size of bins must be equal to the innermost dimension of the input.")
    counts = given if edges is None else [edge.numel() - 1 for edge in given]
    _two_ends(require, None if edges else range, input.shape[-1])
    _binnable(require, _points(input), counts, edges, None if edges else range, weight, tuple(input.shape))
