"""Single elements picked and put along one dimension, or in the flattened tensor, by a tensor of indices."""

from __future__ import annotations

import warnings
from typing import Any

from ...foundation.contracts import accumulated
from ...foundation.dtypes import bfloat16, float16, float32, int32, int64
from ...foundation.layout import broadcast_shapes, wrap_dim
from ...foundation.promotion import number_dtype
from ...operations.output_kinds import EXACT_OUTPUT, exact
from ...operations.registry import op
from ...operations.sharing import JOINED, PICKED, VIEWED
from ...tensor import Tensor, View, allocate_like, wrap
from ..creation.conversion import element_of
from ..shared.operands import outside
from .along_dimension import NO_ELEMENT, OUT_OF_BOUNDS, at_least_1d, contiguous_copy, each_of, size_along
from .subscripts import getitem

# -- along a dimension, by an index of the same rank -----------------------------------------------


def _rank(tensor: Tensor) -> int:
    """The number of dimensions, where a 0-d tensor counts as a vector."""
    return max(tensor.dim(), 1)


def _no_larger(index: Tensor, other: Tensor, d: int | None) -> bool:
    """Whether the index is nowhere larger than another tensor (but along ``d``)."""
    return all(k == d or size <= limit for k, (size, limit) in enumerate(zip(index.shape, other.shape or (1,))))


def _indices_in_range(require, index, d, input):
    size = size_along(input, d)
    wrong = outside(index, 0, size)
    require(not wrong, RuntimeError, OUT_OF_BOUNDS, *(wrong[:1] or [0]), d, size,
            also=((IndexError, "index out of range in self"), *each_of(RuntimeError, OUT_OF_BOUNDS, wrong, d, size)))  # fmt: skip


@op("method out", out=EXACT_OUTPUT, sharing=JOINED._replace(over="index"))
def gather(input, dim, index, *, sparse_grad=False):
    """``out[i][j] = input[index[i][j]][j]`` for dim 0, ``input[i][index[i][j]]`` for dim 1, and so on.

    The result has the shape of ``index``, which is of int32 or int64, has the input's rank (0-d counts as 1-d) and is not larger than the
    input in any other dimension than ``dim``; of an index without elements nothing is asked. Negative indices do not count from the end.
    ``sparse_grad`` says nothing here: gradients are dense.
    IndexError for a dimension out of range; RuntimeError for another dtype or shape of the index, or an index out of range.
    The gradient adds up what arrives at each element, once for each time that it was picked.

    >>> gather(tensor([[1, 2], [3, 4]]), 1, tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    out = allocate_like(input, index._view.shape)
    if index.numel():
        d = wrap_dim(dim, input.dim())
        input._view.storage.kernels.gather(at_least_1d(out._view), at_least_1d(input._view), d, at_least_1d(index.to(int64)._view))
    return out


@gather.constraints
def _(require, input, dim, index):
    require.dimension(dim, input)
    none = not index.numel()
    require(none or index.dtype in (int64, int32), RuntimeError, "gather(): Expected dtype int32/int64 for index")
    require(none or _rank(index) == _rank(input), RuntimeError, "Index tensor must have the same number of dimensions as input tensor")
    d = wrap_dim(dim, input.dim())
    larger = next((k for k, (ours, theirs) in enumerate(zip(input.shape, index.shape)) if k != d and theirs > ours), None)
    require(none or larger is None, RuntimeError, "Size does not match at dimension {} expected index {} to be no larger than self {} apart "
            "from dimension {}", larger, list(index.shape), list(input.shape), d)  # fmt: skip
    _indices_in_range(require, index, d, input)


gather.derivative(input=lambda grad, input, dim, index: grad.new_zeros(input.shape).scatter_add(dim, index, grad))


def _scatter_constraints(require, input, dim, index, source):
    require.dimension(dim, input)
    from_tensor, none = isinstance(source, Tensor), not index.numel()
    require(none or index.dtype in (int64, int32), RuntimeError, "scatter(): Expected dtype int32/int64 for index")
    require(not from_tensor or source.dtype is input.dtype, RuntimeError, "scatter(): Expected self.dtype to be equal to src.dtype")
    require(none or _rank(index) == _rank(input), RuntimeError, "Index tensor must have the same number of dimensions as self tensor")
    require(none or not from_tensor or _rank(index) == _rank(source), RuntimeError,
            "Index tensor must have the same number of dimensions as src tensor", *_bounds(source), also=(
                (IndexError, "Dimension out of range (expected to be in range of [-{0}, {1}], but got {0})"),))  # fmt: skip
    d = wrap_dim(dim, input.dim())
    require(none or from_tensor or _no_larger(index, input, d), RuntimeError,
            "Expected index {} to be no larger than self {} apart from dimension {}", list(index.shape), list(input.shape), d)  # fmt: skip
    require(none or not from_tensor or _no_larger(index, input, d) and _no_larger(index, source, None), RuntimeError,
            "Expected index {} to be no larger than self {} apart from dimension {} and to be no larger size than src {}",
            list(index.shape), list(input.shape), d, list(source.shape) if from_tensor else ())  # fmt: skip
    require.fits(0 if none or from_tensor else source, input.dtype)
    _indices_in_range(require, index, d, input)


def _bounds(source: Any) -> tuple[int, int]:
    """The rank of the source, and its last dimension."""
    rank = _rank(source) if isinstance(source, Tensor) else 1
    return rank, rank - 1


def _scattered(input: Tensor, dim: int, index: Tensor, source: Any, how: str) -> Tensor:
    """A contiguous copy of the input, in which the source has been put (``how`` is "set") or added ("add") at the indices."""
    result = contiguous_copy(input)
    if not index.numel():
        return result
    places = at_least_1d(index.to(int64)._view)
    values = source if not isinstance(source, Tensor) else at_least_1d(source._view)
    if isinstance(values, View):
        values = View(values.storage, values.offset, places.shape, values.strides, values.dtype)
    else:
        values = element_of(values, input.dtype)
    result._view.storage.kernels.scatter(how, at_least_1d(result._view), wrap_dim(dim, input.dim()), places, values)
    return result


def _multiplied(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """One slice of the index along the dimension after the other: within a slice no two elements meet. 16-bit floats are multiplied in float32."""
    if input.dtype in (float16, bfloat16):
        return _multiplied(input.detach().to(float32), dim, index, source.detach().to(float32)).to(input.dtype)
    d = wrap_dim(dim, input.dim())
    result = contiguous_copy(input)
    line, places, factors = (t.reshape(1) if not t.dim() else t for t in (result, index, source.detach()))
    for k in range(places.shape[d] if index.numel() else 0):
        here = places.narrow(d, k, 1)
        window = getitem(factors, tuple(slice(k, k + 1) if e == d else slice(n) for e, n in enumerate(places.shape)))
        line = _scattered(line, d, here, gather(line, d, here) * window, "set")
    return line.view(result.shape)


def _scatter_node(bound: dict[str, Any]) -> str:
    return "NotImplemented" if bound["reduce"] else f"ScatterBackward{int(not isinstance(bound['src'], Tensor))}"


@op("method inplace out", node=_scatter_node, out=EXACT_OUTPUT, sharing=PICKED,
    outside_graph=lambda bound: () if isinstance(bound["src"], Tensor) else ("src",))  # fmt: skip
def scatter(input, dim, index, src=None, *, value=None, reduce=None):
    """A copy of the input with ``out[index[i][j]][j] = src[i][j]`` for dim 0, and so on; ``src`` may be a number.

    ``index`` is of int32 or int64, has the input's rank (0-d counts as 1-d), is not larger in any other dimension than ``dim``, and not larger
    than ``src``, which has the input's dtype, in any; an index without elements may have any shape, and nothing happens. Of repeated indices
    the last in row-major order wins (torch leaves that open). With ``reduce``, "add" or "multiply", each element is combined with what
    is there; products of 16-bit floats are rounded once from float32.
    IndexError for a dimension out of range; RuntimeError for other dtypes or shapes, an index out of range, a number that the dtype cannot
    hold, or another word as ``reduce``; OverflowError for an integer of more than 64 bits.
    The gradient of the input is 0 where something was put; that of the source is what arrives there. With ``reduce`` there is none.

    >>> scatter(zeros(3), 0, tensor([2, 0]), tensor([1., 2.]))
    tensor([2., 0., 1.])
    """
    source = value if src is None else src
    if reduce is None:
        return _scattered(input, dim, index, source, "set")
    if isinstance(source, Tensor):
        warnings.warn("The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future PyTorch release. "
                      "Use torch.scatter_reduce instead for more reduction options.", stacklevel=3)
    else:
        source = input.detach().new_full(index.shape, source if index.numel() else 0)
    return _scattered(input, dim, index, source, "add") if reduce == "add" else _multiplied(input, dim, index, source)


@scatter.constraints
def _(require, input, dim, index, src, value, reduce):
    source = value if src is None else src
    if not isinstance(source, Tensor):
        number_dtype(source)  # OverflowError for an integer of more than 64 bits
    require(reduce in (None, "add", "multiply"), RuntimeError, "reduce argument must be either add or multiply.")
    _scatter_constraints(require, input, dim, index, source)


def _scatter_gradient(grad: Tensor, dim: int, index: Tensor, reduce: Any) -> Tensor:
    if reduce is not None:
        raise RuntimeError("derivative for aten::scatter is not implemented")
    return grad.scatter(dim, index, 0)


scatter.derivative(
    input=_scatter_gradient,
    src=lambda grad, dim, index, src_shape: _source_gradient(grad, dim, index, src_shape),
)


def _source_gradient(grad: Tensor, dim: int, index: Tensor, shape: tuple[int, ...]) -> Tensor:
    """What was read at the indices; elements of the source beyond the index got nothing."""
    if not index.numel():
        return grad.new_zeros(shape)
    picked = grad.gather(dim, index)
    if picked.shape == shape or not shape:  # a 0-d source counts as one of one element
        return picked.reshape(shape)
    return grad.new_zeros(shape).index_put(_ranges(picked), picked)


def _ranges(part: Tensor) -> tuple[Tensor, ...]:
    from ..creation.ranges import arange

    return tuple(arange(n, device=part.device).view((-1,) + (1,) * (part.dim() - 1 - d)) for d, n in enumerate(part.shape))


@op("method inplace out", contract=accumulated(1), out=EXACT_OUTPUT, sharing=PICKED)
def scatter_add(input, dim, index, src):
    """A copy of the input with ``out[index[i][j]][j] += src[i][j]`` for dim 0, and so on: exact sums, rounded once.

    Shapes and dtypes are as for :func:`scatter`; indices may repeat. Integers wrap around; the bool sum is true if anything true was added.
    IndexError for a dimension out of range; RuntimeError for other dtypes or shapes, or an index out of range.
    The gradient of the source is what arrives at the elements that it was added to.

    >>> scatter_add(zeros(3), 0, tensor([0, 0]), tensor([1., 2.]))
    tensor([3., 0., 0.])
    """
    return _scattered(input, dim, index, src, "add")


@scatter_add.constraints
def _(require, input, dim, index, src):
    _scatter_constraints(require, input, dim, index, src)


scatter_add.derivative(input=lambda grad: grad, src=lambda grad, dim, index, src_shape: _source_gradient(grad, dim, index, src_shape))

# -- places in the flattened tensor, and broadcast indices -----------------------------------------


@op("method out", out=exact("take(): self and out expected to have the same dtype, but got self.dtype = {result} and out.dtype = {out}"),
    sharing=PICKED)  # fmt: skip
def take(input, index):
    """The elements at places in the flattened input: ``out[i] = input.reshape(-1)[index[i]]``, in the shape of ``index``.

    ``index`` is of int64 and may have any shape; negative places count from the end.
    IndexError for a place out of range, or any place in a tensor without elements; RuntimeError for an index of another dtype.
    The gradient adds up what arrives at each element, once for each time that it was taken.

    >>> take(tensor([[1, 2], [3, 4]]), tensor([0, 3]))
    tensor([1, 4])
    """
    return wrap(input.detach().reshape(-1)[index.reshape(-1)].view(index.shape)._view)


@take.constraints
def _(require, input, index):
    count = input.numel()
    require(index.dtype is int64, RuntimeError, "take(): Expected a long tensor for index, but got {}", index.dtype.type_name)
    require(count or not index.numel(), IndexError, "take(): tried to take from an empty tensor")
    wrong = outside(index, -count, count) if count else []
    require(not wrong, IndexError, NO_ELEMENT, *(wrong[:1] or [0]), count, also=each_of(IndexError, NO_ELEMENT, wrong, count))


def _take_gradient(grad: Tensor, input: Tensor, index: Tensor) -> Tensor:
    flat = grad.new_zeros(input.shape).view(-1)
    return flat.index_put((index.reshape(-1),), grad.reshape(-1), accumulate=True).view(input.shape)


take.derivative(input=_take_gradient)


@op("method out", out=EXACT_OUTPUT, sharing=VIEWED._replace(over="indices"))
def take_along_dim(input, indices, dim=None):
    """:func:`gather` with indices that are broadcast against the input and taken modulo its size; without ``dim`` from the flattened input.

    ``indices`` is of int64 and has the input's rank; the two are broadcast in all dimensions but ``dim``. Without ``dim`` both are flattened,
    which their strides must allow, and the indices, of int32 or int64, must lie in the range of the elements.
    IndexError for a dimension out of range; RuntimeError for indices of another dtype or rank, for shapes that do not broadcast, and without
    ``dim`` for strides that do not allow a view or an index out of range.
    The gradient adds up what arrives at each element, once for each time that it was taken.

    >>> take_along_dim(tensor([[3, 1]]), tensor([[1, 0]]), 1)
    tensor([[1, 3]])
    """
    if dim is None:
        return input.view(-1).gather(0, indices.view(-1))
    d = wrap_dim(dim, input.dim(), zero_dim=False)
    ours, theirs = list(input.shape), list(indices.shape)
    common = broadcast_shapes(*(tuple([1 if k == d else s for k, s in enumerate(shape)]) for shape in (ours, theirs)))
    spread = input.expand([ours[d] if k == d else s for k, s in enumerate(common)])
    places = indices.expand([theirs[d] if k == d else s for k, s in enumerate(common)])
    return spread.gather(d, places.remainder(ours[d]))


@take_along_dim.constraints
def _(require, input, indices, dim):
    if dim is None:
        return  # those of view and gather
    require(indices.dtype is int64, RuntimeError, "torch.take_along_dim(): dtype of indices should be Long but got {}", indices.dtype.type_name)
    require(input.dim() == indices.dim(), RuntimeError, "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            "but got {} dimensions for input, and {} dimensions for indices", input.dim(), indices.dim())  # fmt: skip
    require.dimension(dim, input, zero_dim=False)
