"""Segments of a dimension, each reduced to one element."""

from __future__ import annotations

from math import inf, nan, prod
from typing import Any

from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import accumulated
from ...foundation.dtypes import float64, int32, int64
from ...foundation.layout import wrap_dim
from ...operations.constraints import fits
from ...operations.registry import op
from ...tensor import Tensor
from ..creation.ranges import arange
from ..pointwise.replacement import where
from ..shared.gradients import no_derivative
from ..shared.operands import anywhere, everywhere

_NAMES = {"sum": "sum", "mean": "mean", "prod": "prod", "max": "amax", "amax": "amax", "min": "amin", "amin": "amin"}
_EMPTY = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "amax": -inf, "amin": inf}
_UNWORDED = " to be true, but got false.  (Could this error message be improved?  If so, please report an enhancement request to PyTorch.)"


def _segments(data: Tensor, lengths: Tensor | None, offsets: Tensor | None, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """Where in the data, seen as rows of what follows the dimension, the elements of the segments are, and to which segment each belongs; the
    lengths."""
    if offsets is not None:
        starts = offsets.to(int64).narrow(-1, 0, offsets.shape[-1] - 1)
        counts = offsets.to(int64).narrow(-1, 1, offsets.shape[-1] - 1) - starts
    else:
        counts = lengths.to(int64)  # type: ignore[union-attr]
        starts = counts.cumsum(-1) - counts
    rows = arange(counts[..., 0].numel() if counts.shape[-1] else 0, device=data.device).reshape(counts.shape[:-1] if counts.shape[-1] else (0,))
    first = (starts + rows.unsqueeze(-1) * data.shape[axis]).reshape(-1) if counts.shape[-1] else counts.reshape(-1)
    sizes = counts.reshape(-1)
    segment = arange(sizes.numel(), device=data.device).repeat_interleave(sizes)
    within = arange(segment.numel(), device=data.device) - (sizes.cumsum(0) - sizes).index_select(0, segment)
    return first.index_select(0, segment) + within, segment, sizes


def _rows(t: Tensor, axis: int) -> Tensor:
    """The elements along and before a dimension as rows, those behind it as columns."""
    return t.reshape((prod(t.shape[: axis + 1]), prod(t.shape[axis + 1 :])))  # type: ignore[no-any-return]


@op("function", contract=accumulated(2), dtypes="floating", node="SegmentReduceBackward0")
def segment_reduce(data, reduce, *, lengths=None, indices=None, offsets=None, axis=0, unsafe=False, initial=None):
    """The reductions of consecutive segments of dimension ``axis``: ``reduce`` is "sum", "mean", "prod", "max" (or "amax") or "min" ("amin").

    ``lengths`` gives the number of elements of each segment, ``offsets`` where each begins and the last one ends, for each index of the dimensions
    before ``axis``; ``offsets`` count if both are given. ``initial`` is one more element of each segment, which a mean does not count.
    Shapes: ``axis``, which is the last dimension of ``lengths``, has a place for each segment. Dtypes: real floating point ones; the lengths are
    int32 or int64. Sums are exact, and rounded once. Special cases: a segment without elements gives ``initial``, or what changes nothing (0, 1,
    -inf, inf), and NaN for a mean; NaN is an extreme. Errors: IndexError for a dimension that there is not; RuntimeError for another word, for
    indices, for neither lengths nor offsets, for lengths of other dimensions, negative ones and, unless ``unsafe``, ones that do not add up to the
    size of the dimension, for segments beyond the data, and for an ``initial`` that the dtype cannot hold; NotImplementedError for other dtypes.
    Gradient: of sums and means to all alike, of products the product of the others, of extremes in equal parts to all that attain them; once.
    Source: torch.segment_reduce.

    >>> segment_reduce(tensor([1., 2., 3., 4.]), "sum", lengths=tensor([1, 3]))
    tensor([1., 9.])
    """
    d, kind = wrap_dim(axis, data.dim()), _NAMES[reduce]
    rows = _rows(data.detach(), d)
    places, segment, sizes = _segments(data, lengths, offsets, d)
    values = rows.index_select(0, places).to(float64)
    begin = values.new_full((sizes.numel(), rows.shape[1]), _EMPTY[kind] if initial is None else initial.real)
    if kind in ("sum", "mean"):
        found = begin.index_add(0, segment, values)
    else:
        found = begin.scatter_reduce(0, segment.unsqueeze(1).expand(values.shape), values, kind)
    if kind == "mean":
        count = sizes.unsqueeze(1)
        found = found / (count if initial is None else count.clamp(min=1))
    shape = list((lengths if offsets is None else offsets).shape)
    shape[-1] -= offsets is not None
    return found.to(data.dtype).reshape((*shape, *data.shape[d + 1 :]))


@segment_reduce.constraints
def _(require, data, reduce, lengths, indices, offsets, axis, unsafe, initial):
    require(reduce in _NAMES, RuntimeError, "reduce argument must be either sum, prod, mean, amax or amin, got {}", reduce)
    require(indices is None, RuntimeError, "segment_reduce(): indices based reduction is not supported yet.")
    require(lengths is not None or offsets is not None, RuntimeError, "segment_reduce(): Either lengths or offsets must be defined.")
    require.dimension(axis, data)
    require(data.dim() or lengths is None and offsets is None, RuntimeError, "Expected data.dim() >= {}_value.dim()" + _UNWORDED,
            "lengths" if offsets is None else "offsets")  # fmt: skip
    real = initial is not None and data.dtype.category == 2 and not initial.imag
    require(initial is None or real and fits(initial.real, data.dtype), RuntimeError, "value cannot be converted to type {} without overflow",
            spelled_c_name(data.dtype))  # fmt: skip
    name, given = ("lengths", lengths) if offsets is None else ("offsets", offsets)
    if given is None or not -max(data.dim(), 1) <= axis < max(data.dim(), 1):
        return
    d = wrap_dim(axis, data.dim())
    require(given.dtype in (int32, int64), NotImplementedError, "\"_segment_reduce_lengths_cpu_kernel1\" not implemented for '{}'",
            given.dtype.type_name)  # fmt: skip
    require(given.dim() <= data.dim() or not data.dim(), RuntimeError, "Expected data.dim() >= {}_value.dim()" + _UNWORDED, name)
    require(given.dim() == d + 1 or given.dim() > data.dim(), RuntimeError, "segment_reduce(): Expected axis to be the last dimension of {} but "
            "got {}.", name, d)  # fmt: skip
    if not given.is_complex() and given.dim() == d + 1 <= data.dim():
        _within(require, data, name, given, d, unsafe)


def _within(require: Any, data: Tensor, name: str, given: Tensor, d: int, unsafe: bool) -> None:
    """The segments lie in the data."""
    require(unsafe or name == "offsets" or given.numel(), RuntimeError, "min(): Expected reduction dim to be specified for input.numel() == 0. "
            "Specify the reduction dim with the 'dim' argument.")  # fmt: skip
    require(given.shape[:-1] == data.shape[:d], RuntimeError, "segment_reduce(): Expected {} to have the sizes of data before axis", name)
    size = data.shape[d]
    counts = given if name == "lengths" else given.to(int64).diff()
    negative = counts.numel() and anywhere(counts < 0)
    require(not negative or unsafe or name == "offsets", RuntimeError, "lengths contains negative value!")
    require(not negative or not unsafe and name == "lengths", RuntimeError, "Expected segment_length >= 0" + _UNWORDED)
    if name == "offsets":
        require(given.shape[-1] and everywhere((given >= 0) & (given <= size)), RuntimeError,
                "segment_reduce(): Expected offsets from 0 to data.size(axis)")  # fmt: skip
        return
    sums = counts.sum(-1)
    exact = not sums.numel() or everywhere(sums == size)
    beyond = sums.numel() and anywhere(sums > size)
    require(exact or unsafe and not beyond, RuntimeError, "segment_reduce(): Expected all rows of lengths along axis to sum to "
            "data.size(lengths.dim()-1) when !unsafe.")  # fmt: skip


@op("only", name="_segment_reduce_backward", node="NotImplemented")
def _segment_reduce_backward(grad, output, data, reduce, lengths, offsets, axis, initial):
    """The gradient of the data of :func:`segment_reduce`, which has none itself."""
    d, kind = wrap_dim(axis, data.dim()), _NAMES[reduce]
    rows = _rows(data.detach(), d)
    places, segment, sizes = _segments(data, lengths, offsets, d)
    values = rows.index_select(0, places).to(float64)

    def spread(t: Tensor) -> Tensor:
        return _rows(t, d).index_select(0, segment)

    arriving = spread(grad.detach()).to(float64)
    if kind == "mean":
        arriving = arriving / sizes.index_select(0, segment).unsqueeze(1)
    elif kind in ("amax", "amin"):
        chosen = values.isnan() | (values == spread(output.detach()).to(float64))
        shares = values.new_zeros((sizes.numel(), rows.shape[1])).index_add(0, segment, chosen.to(float64))
        arriving = (arriving / shares.index_select(0, segment)).masked_fill(chosen.logical_not(), 0)
    elif kind == "prod":
        arriving = arriving * _of_the_others(values, segment, sizes.numel(), 1.0 if initial is None else float(initial.real), spread(output.detach()))
    result = rows.new_zeros(rows.shape).index_copy(0, places, arriving.to(rows.dtype))
    return result.reshape(data.shape)


def _of_the_others(values: Tensor, segment: Tensor, count: int, initial: float, result: Tensor) -> Tensor:
    """For each element the product of the others in its segment: the quotient, but for zeros and NaN."""
    zero, missing = values == 0, values.isnan()
    special = zero | missing
    index = segment.unsqueeze(1).expand(values.shape)
    begin = values.new_full((count, values.shape[1]), initial)
    plain = begin.scatter_reduce(0, index, values.masked_fill(special, 1), "prod").index_select(0, segment)

    def others(chosen: Tensor) -> Tensor:
        number = chosen.to(float64)
        return values.new_zeros(begin.shape).index_add(0, segment, number).index_select(0, segment) - number

    alone = where(others(zero) > 0, plain * 0.0, plain).masked_fill(others(missing) > 0, nan)
    return where(special, alone, result.to(float64) / values)


_second = no_derivative("aten::_segment_reduce_backward")
_segment_reduce_backward.derivative(grad=_second, data=_second)
segment_reduce.derivative(data=lambda grad, result, data, reduce, lengths, offsets, axis, initial: _segment_reduce_backward(
    grad, result, data, reduce, lengths, offsets, axis, initial))  # fmt: skip
