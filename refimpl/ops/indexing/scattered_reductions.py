"""Elements that are combined with those at the places that indices name: sums, products, means and extremes of all that meet there."""

from __future__ import annotations

from typing import Any, Callable

from ...foundation.contracts import accumulated
from ...foundation.dtypes import complex128, float64, int32, int64
from ...foundation.layout import contiguous_strides, wrap_dim
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import JOINED, PICKED
from ...tensor import Tensor
from ..creation.ranges import arange
from ..pointwise.extrema import maximum, minimum
from ..pointwise.replacement import where
from ..shared.operands import anywhere, outside
from .along_dimension import OUT_OF_BOUNDS, all_but, contiguous_copy, each_of, size_along
from .gather_scatter import _ranges, _scatter_constraints
from .subscripts import Indices, getitem

_COMBINE: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"prod": lambda a, b: a * b, "amax": maximum, "amin": minimum}


# -- what all of them are made of ------------------------------------------------------------------


def _places(shape: tuple[int, ...], d: int, index: Tensor) -> Tensor:
    """Where in a contiguous tensor each element of a source goes: to ``index`` along dimension ``d``, to its own place along the others."""
    strides = contiguous_strides(shape)
    places = index.to(int64) * strides[d]
    for k, stride in enumerate(strides):
        if k != d:
            places = places + (arange(index.shape[k], device=index.device) * stride).view([-1 if e == k else 1 for e in range(len(shape))])
    return places.reshape(-1)


def _met(places: Tensor, values: Tensor, combine: Callable[[Tensor, Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Each place once, with all of its values combined: neighbours of the same place, two by two, until no place has two."""
    places, order = places.sort(stable=True)
    values = values.index_select(0, order)
    while True:
        count = places.shape[0]
        same = places.narrow(0, 1, count - 1) == places.narrow(0, 0, count - 1)
        if not anywhere(same):
            return places, values
        begins = same.new_ones((count,))
        begins.narrow(0, 1, count - 1).copy_(same.logical_not())
        starts = begins.nonzero().select(1, 0).index_select(0, begins.cumsum(0) - 1)
        even = ((arange(count, device=places.device) - starts) % 2 == 0).nonzero().select(1, 0)
        partner = (even + 1).clamp(max=count - 1)
        paired = (partner > even) & (places.index_select(0, partner) == places.index_select(0, even))
        mine = values.index_select(0, even)
        places, values = places.index_select(0, even), where(paired, combine(mine, values.index_select(0, partner)), mine)


def _wide(t: Tensor) -> Tensor:
    """In binary64, of floating point and complex numbers."""
    return t if t.dtype.category < 2 else t.to(complex128 if t.is_complex() else float64)


def _combined(input: Tensor, places: Tensor, source: Tensor, reduce: str, include_self: bool) -> Tensor:
    """A contiguous copy of the input with the elements of a source combined with those at places of the flattened input."""
    flat, values = _wide(contiguous_copy(input).view(-1)), _wide(source.detach().reshape(-1))
    if not places.numel():
        return contiguous_copy(input)
    if reduce in _COMBINE:
        met, found = _met(places, values, _COMBINE[reduce])
        result = flat.index_copy(0, met, _COMBINE[reduce](flat.index_select(0, met), found) if include_self else found)
    else:
        result = (flat if include_self else flat.index_fill(0, places, 0)).index_add(0, places, values)
        if reduce == "mean":
            count = (flat.new_ones if include_self else flat.new_zeros)(flat.shape, dtype=int64)
            count = count.index_add(0, places, places.new_ones(places.shape)).clamp(min=1)
            result = result.div(count, rounding_mode="floor") if input.dtype.category < 2 else result / count
    return result.to(input.dtype).view(input.shape)


@op("only", name="_differentiable_once", node="DelayedError")
def _differentiable_once(input, words):
    """The input, whose gradient cannot be asked for: RuntimeError."""
    return input.clone()


def _refused(words: str) -> Any:
    raise RuntimeError(words)


_differentiable_once.derivative(input=lambda grad, words: _refused(words))


def _gradients(name: str, grad: Tensor, result: Tensor, input: Tensor, source: Tensor, reduce: str, include_self: bool,
               read: Callable[[Tensor], Tensor], add: Callable[[Tensor, Tensor], Tensor], again: Callable[[Tensor, Tensor], Tensor]
               ) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The gradients of the input, not yet 0 where it does not count, and of the source.

    ``read`` gives for each element of the source that of a tensor like the input at its place, ``add`` adds elements there, ``again`` is the
    operation itself of another input and source.
    """
    if reduce == "sum":
        return grad, read(grad)
    if reduce == "mean":
        count = add((input.new_ones if include_self else input.new_zeros)(input.shape), source.new_ones(source.shape))
        count = count.masked_fill(count == 0, 1)
        return grad / count, read(grad) / read(count)
    if reduce == "prod":
        filled, zero = input.masked_fill(input == 0, 1), source == 0
        of_input = grad * (again(filled, source) / filled).conj()
        zeros = read(add(input.new_zeros(input.shape), zero.to(source.dtype)))
        alone = zero & (zeros == 1)  # the product of the others is that without it
        of_source = where(alone, read(grad * again(input, source.masked_fill(alone, 1)).conj()),
                          read(grad * result.conj()) / source.masked_fill(zero, 1).conj())
        if (zero & (zeros != 1)).any():
            of_source = _differentiable_once(of_source, f"{name}(): Double backward is unsupported for {'src' if name[0] == 's' else 'source'} when "
                                                        f">1 zeros in {'src' if name[0] == 's' else 'source'} are scattered to the same position "
                                                        "in self")  # fmt: skip
        return of_input, of_source
    mine, theirs = (input == result).to(grad.dtype), (source == read(result)).to(grad.dtype)
    if not include_self:
        mine = mine * (add(mine.new_zeros(mine.shape), theirs.new_ones(theirs.shape)) == 0)
    shared = grad / add(mine, theirs)
    return mine * shared, theirs * read(shared)


# -- by an index of the same rank ------------------------------------------------------------------


@op("method inplace out", contract=accumulated(2), out=EXACT_OUTPUT, sharing=PICKED)
def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    """A copy of the input, of which element ``index[i][j], j`` is combined with ``src[i][j]`` for dim 0, and so on.

    ``reduce`` is "sum", "prod", "mean", "amax" or "amin" of all that meet at a place, and of what stands there unless ``include_self`` is false. Sums
    are exact, and rounded once; means of integers are rounded down. Shapes and dtypes: as for :func:`scatter_add`; means not of bool,
    extremes not of complex numbers. Special cases: NaN is an extreme; where no element of the source comes the input's stays.
    Errors: IndexError for a dimension out of range; RuntimeError for other dtypes or shapes, an index out of range, and another word as
    ``reduce``; NotImplementedError for bool and complex numbers as above. Gradient: of sums and means to all alike, of products the product of
    the others, of extremes in equal parts to all that attain them; twice but for the product of several zeros. Source: torch.scatter_reduce.

    >>> scatter_reduce(tensor([1., 2., 3.]), 0, tensor([0, 0, 2]), tensor([4., 5., 6.]), "amax", include_self=False)
    tensor([5., 2., 6.])
    """
    if not index.numel():
        return contiguous_copy(input)
    window = _window(src.detach(), index)
    shape = input.shape or (1,)
    places = _places(shape, wrap_dim(dim, input.dim()), index if index.dim() else index.reshape(1))
    return _combined(input, places, window, reduce, include_self)


@scatter_reduce.constraints
def _(require, input, dim, index, src, reduce):
    require(reduce in ("sum", "prod", "mean", "amax", "amin"), RuntimeError, "reduce argument must be either sum, prod, mean, amax or amin, got {}",
            reduce)  # fmt: skip
    refused = (3,) if reduce[0] == "a" else (0,) if reduce == "mean" else ()
    possible = input.dtype.category not in refused or not index.numel() and reduce != "mean"  # which divides whatever was added
    require(possible, NotImplementedError, "\"scatter_gather_tensor_cpu_reduce_{}\" not implemented for '{}'", reduce, input.dtype.type_name)
    _scatter_constraints(require, input, dim, index, src)


def _window(src: Tensor, index: Tensor) -> Tensor:
    """The leading part of a source that an index reads; a 0-d source or index counts as a vector of one element."""
    if index.dim() != src.dim():
        return src.reshape(-1).narrow(0, 0, 1).reshape(index.shape)
    return getitem(src, tuple(slice(n) for n in index.shape))


def _scatter_reduce_gradients(grad, result, input, dim, index, src, reduce, include_self):
    src = _window(src, index)
    found = _gradients(
        "scatter_reduce", grad, result, input, src, reduce, include_self, lambda t: t.gather(dim, index).view(src.shape),
        lambda t, added: t.scatter_add(dim, index, added),
        lambda one, other: scatter_reduce(one, dim, index, other, reduce, include_self=include_self))  # fmt: skip
    return found[0] if include_self else found[0].scatter(dim, index, 0), found[1]



scatter_reduce.derivative(
    input=lambda grad, result, input, dim, index, src, reduce, include_self: grad if _nowhere(index, input) else
        _scatter_reduce_gradients(grad, result, input, dim, index, src, reduce, include_self)[0],
    src=lambda grad, result, input, dim, index, src, reduce, include_self: src.new_zeros(src.shape) if _nowhere(index, input) else
        _of_window(_scatter_reduce_gradients(grad, result, input, dim, index, src, reduce, include_self)[1], src),
)  # fmt: skip


def _nowhere(index: Tensor, input: Tensor) -> bool:
    """An index without elements may have another rank."""
    return not index.numel() and index.dim() != input.dim()


def _of_window(grad: Tensor, src: Tensor) -> Tensor:
    """The gradient of a source of which a leading part was read."""
    if grad.numel() == src.numel():
        return grad.reshape(src.shape)
    return grad.new_zeros(src.shape).index_put(Indices(_ranges(grad)), grad)


# -- whole slices ----------------------------------------------------------------------------------


@op("method inplace out", contract=accumulated(2), out=EXACT_OUTPUT, sharing=JOINED)
def index_reduce(input, dim, index, source, reduce, *, include_self=True):
    """A copy of the input, of which slice ``index[i]`` along ``dim`` is combined with slice ``i`` of ``source``.

    ``reduce`` is "prod", "mean", "amax" or "amin" of all slices that meet, and of the one that is there unless ``include_self`` is false. Means of
    integers are rounded down. Shapes: as for :func:`index_add`. Dtypes: the same for both, integers and real floating point ones; in two dimensions
    or more also bool, but for means, and complex numbers, but for extremes; ``index`` is of int32 or int64. Special cases: NaN is an extreme.
    Errors: as for :func:`index_add`; RuntimeError for another word as ``reduce``; NotImplementedError for other dtypes. Gradient: as for
    :func:`scatter_reduce`. Source: torch.Tensor.index_reduce.

    >>> index_reduce(tensor([1., 2., 3.]), 0, tensor([0, 0, 2]), tensor([4., 5., 6.]), "prod")
    tensor([20.,  2., 18.])
    """
    if not index.numel() or not source.numel():
        return contiguous_copy(input)
    d = wrap_dim(dim, input.dim())
    shape = source.shape or (1,)
    spread = index.reshape([-1 if k == d else 1 for k in range(len(shape))]).expand(shape)
    return _combined(input, _places(input.shape or (1,), d, spread), source, reduce, include_self)


@index_reduce.constraints
def _(require, input, dim, index, source, reduce):
    require(reduce in ("prod", "mean", "amax", "amin"), RuntimeError,
            "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {}.", reduce)  # fmt: skip
    others = ("prod", "mean") if input.is_complex() else ("prod", "amax", "amin")
    possible = input.dtype.category in (1, 2) or input.dim() > 1 and (reduce in others or not index.numel())
    require(possible, NotImplementedError, "\"index_reduce\" not implemented for '{}'", input.dtype.type_name)
    require.dimension(dim, input)
    require(index.dim() <= 1, IndexError, "index_reduce_(): Index is supposed to be a vector, but got dim: {} with type: {} and size: {}",
            index.dim(), index.dtype.type_name, list(index.shape))  # fmt: skip
    require(index.dtype in (int32, int64), RuntimeError, "index_reduce_(): Expected dtype int32/int64 for index but got: {}", index.dtype.type_name)
    require(source.dtype is input.dtype, RuntimeError, "index_reduce_(): self ({}) and source ({}) must have the same scalar type",
            input.dtype.type_name, source.dtype.type_name)  # fmt: skip
    d = wrap_dim(dim, input.dim())
    require(d < max(source.dim(), 1), RuntimeError, "index_reduce_(): Indexing dim {} is out of bounds of the source tensor with dim {}",
            d, source.dim())  # fmt: skip
    require(source.dim() or index.numel() == 1, IndexError, "Dimension specified as {} but tensor has no dimensions", d)
    require(index.numel() == size_along(source, d) or not source.dim(), RuntimeError,
            "index_reduce_(): Number of indices ({}) should be equal to source.size(dim): ({}), for dim: {}",
            index.numel(), size_along(source, d), d)  # fmt: skip
    alike = bool(input.dim()) is bool(source.dim()) and all_but(d, input.shape) == all_but(d, source.shape)
    require(alike, RuntimeError, "source tensor shape must match self tensor shape, excluding the "
            "specified dimension. Got self.shape = {} source.shape = {}", list(input.shape), list(source.shape))  # fmt: skip
    if input.dim() < 2 or input.numel():  # where slices have no elements, their places are not looked at
        size = size_along(input, dim)
        wrong = outside(index, 0, size)
        require(not wrong, IndexError, "index out of range in self", also=each_of(IndexError, OUT_OF_BOUNDS, wrong, d, size))


def _index_reduce_gradients(grad, result, input, dim, index, source, reduce, include_self):
    found = _gradients(
        "index_reduce", grad, result, input, source, reduce, include_self, lambda t: t.index_select(dim, index).view(source.shape),
        lambda t, added: t.index_add(dim, index, added),
        lambda one, other: index_reduce(one, dim, index, other, reduce, include_self=include_self))  # fmt: skip
    return found[0] if include_self else found[0].index_fill(dim, index, 0), found[1]


index_reduce.derivative(
    input=lambda grad, result, input, dim, index, source, reduce, include_self:
        _index_reduce_gradients(grad, result, input, dim, index, source, reduce, include_self)[0],
    source=lambda grad, result, input, dim, index, source, reduce, include_self:
        _index_reduce_gradients(grad, result, input, dim, index, source, reduce, include_self)[1],
)
