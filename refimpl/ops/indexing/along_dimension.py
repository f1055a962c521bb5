"""Whole slices along one dimension, picked, added, copied or filled by a vector of indices."""

from __future__ import annotations

import warnings
from typing import Any, Sequence

from ...foundation.contracts import accumulated
from ...foundation.dtypes import int32, int64
from ...foundation.layout import has_internal_overlap, storage_extent, wrap_dim
from ...foundation.promotion import number_dtype
from ...operations.output_kinds import EXACT_OUTPUT, exact
from ...operations.registry import op
from ...operations.sharing import JOINED, PICKED, refuse_shared_inputs
from ...tensor import Tensor, View, allocate_like, wrap
from ..shared.elementwise import number_as
from ..shared.operands import number_of, outside


def size_along(input: Tensor, dim: int) -> int:
    """The number of slices along a dimension; a 0-d tensor has one."""
    return input._view.shape[dim] if input._view.shape else 1


def at_least_1d(view: View) -> View:
    """The view; of a single element without dimensions, a vector of that one."""
    return view if view.shape else View(view.storage, view.offset, (1,), (1,), view.dtype)


def contiguous_copy(input: Tensor) -> Tensor:
    """A copy outside of the graph, in row-major order."""
    result = allocate_like(input)
    input._view.storage.kernels.copy(result._view, input._view)
    return result


def each_of(error: type[Exception], words: str, wrong: Sequence[int], *rest: Any) -> tuple[tuple[type[Exception], str], ...]:
    """What may be said of several wrong indices: it is about any of them."""
    return tuple([(error, words.format(i, *rest)) for i in wrong])


OUT_OF_BOUNDS = "index {} is out of bounds for dimension {} with size {}"
NO_ELEMENT = "out of range: tried to access index {} on a tensor of {} elements."
_NO_COPY = "index_copy_(): index {} is out of bounds for dimension {} with size {}"


def all_but(d: int, shape: Sequence[int]) -> list[int]:
    return [s for k, s in enumerate(shape) if k != d]


def _index_view(index: Tensor, ndim: int, d: int) -> list[View | None]:
    long = index.reshape(-1).to(int64)._view
    return [long if k == d else None for k in range(ndim)]


@op("method out", out=exact("index_select(): self and result must have the same scalar type"), sharing=PICKED, dtypes="every")
def index_select(input, dim, index):
    """The slices ``index[0]``, ``index[1]``, ... of ``input`` along ``dim``, as a new tensor: ``out[i] = input[index[i]]`` for dim 0.

    ``index`` is a vector, or 0-d, of int32 or int64. The result has the input's shape, but ``index.numel()`` slices along ``dim``. A 0-d
    input has one slice, itself, and takes one index. Indices may repeat; negative ones do not count from the end.
    IndexError for a dimension or an index out of range, or an index of more dimensions; RuntimeError for an index of another dtype, or
    of more or fewer than one element into a 0-d input.
    The gradient adds up what arrives at each slice, once for each time that it was picked; the index has none.

    >>> index_select(tensor([[1, 2], [3, 4]]), 1, tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    shape = input._view.shape
    if not shape:
        return contiguous_copy(input)
    d = wrap_dim(dim, len(shape))
    out = allocate_like(input, (*shape[:d], index.numel(), *shape[d + 1 :]))
    input._view.storage.kernels.index(out._view, input._view, _index_view(index, len(shape), d))
    return out


@index_select.constraints
def _(require, input, dim, index):
    require.dimension(dim, input)
    require(index.dim() <= 1, IndexError, "index_select(): Index is supposed to be a vector")
    require(index.dtype in (int32, int64), RuntimeError, "index_select(): Expected dtype int32 or int64 for index")
    require(input.dim() or index.numel() == 1, RuntimeError, "index_select(): Index to scalar can have only 1 value, got {} value(s)", index.numel())
    require.indices(index, size_along(input, dim), wrap_dim(dim, input.dim()))


index_select.derivative(input=lambda grad, input_shape, dim, index: grad.new_zeros(input_shape).index_add(
    dim, index, grad if input_shape else grad.reshape(())))


@op("method inplace out", contract=accumulated(1), out=EXACT_OUTPUT, sharing=JOINED, dtypes="ordinary complex32")
def index_add(input, dim, index, source, *, alpha=1):
    """A copy of ``input`` with ``alpha * source[i]`` added to its slice ``index[i]`` along ``dim``: exact sums, rounded once.

    ``index`` is a vector, or 0-d, of int32 or int64 and may repeat. ``source`` has the input's dtype, and its shape but for ``dim``, where
    it has one slice for each index; both may be 0-d. Integers wrap around; the bool sum is true if anything true was added.
    IndexError for a dimension or an index out of range, or an index of more dimensions; RuntimeError for other dtypes or shapes, or an
    ``alpha`` that the dtype cannot hold.
    The gradient of the source is ``alpha`` (conjugated) times what arrives at the slices that it was added to.

    >>> index_add(zeros(3), 0, tensor([0, 0]), tensor([1., 2.]))
    tensor([3., 0., 0.])
    """
    if not index.numel() or not input.numel():
        return contiguous_copy(input)
    if input.dtype.category < 2:
        alpha = number_as(alpha.real, input.dtype)
    scaled = source.detach() if alpha == 1 else source.detach() * alpha
    result = contiguous_copy(input)
    target = at_least_1d(result._view)
    places = _index_view(index, len(target.shape), wrap_dim(dim, input.dim()))
    result._view.storage.kernels.index_put(target, places, at_least_1d(scaled._view), True)
    return result


@index_add.constraints
def _(require, input, dim, index, source, alpha):
    require.dimension(dim, input)
    require(index.dim() <= 1, IndexError, "index_add_(): Index is supposed to be a vector, but got dim: {} with type: {} and size: {}",
            index.dim(), index.dtype.type_name, list(index.shape))  # fmt: skip
    require(index.dtype in (int32, int64), RuntimeError, "index_add_(): Expected dtype int32/int64 for index but got: {}", index.dtype.type_name)
    require(source.dtype is input.dtype, RuntimeError, "index_add_(): self ({}) and source ({}) must have the same scalar type",
            input.dtype.type_name, source.dtype.type_name)  # fmt: skip
    d, added = wrap_dim(dim, input.dim()), bool(index.numel() and input.numel())
    require.fits(alpha if input.dim() < 2 or added else 1, input.dtype)
    require(d < max(source.dim(), 1), RuntimeError, "index_add_(): Indexing dim {} is out of bounds of the source tensor with dim {}",
            d, source.dim())  # fmt: skip
    require(source.dim() or index.numel() == 1, IndexError, "Dimension specified as {} but tensor has no dimensions", d)
    require(index.numel() == size_along(source, d) or not source.dim(), RuntimeError,
            "index_add_(): Number of indices ({}) should be equal to source.size(dim): ({}), for dim: {}",
            index.numel(), size_along(source, d), d)  # fmt: skip
    alike = bool(input.dim()) is bool(source.dim()) and all_but(d, input.shape) == all_but(d, source.shape)
    require(alike, RuntimeError, "source tensor shape must match self tensor shape, excluding the "
            "specified dimension. Got self.shape = {} source.shape = {}", list(input.shape), list(source.shape))  # fmt: skip
    if input.dim() < 2 or input.numel():  # where slices have no elements, their places are not looked at
        require.indices(index, size_along(input, dim), d)


index_add.derivative(
    input=lambda grad: grad,
    source=lambda grad, dim, index, alpha, source: _scaled(grad.index_select(dim, index).reshape(source.shape), alpha),
)


def _scaled(grad: Any, alpha: Any) -> Any:
    return grad if alpha == 1 else grad * (alpha.conjugate() if isinstance(alpha, complex) else alpha)


@op("method inplace out", out=EXACT_OUTPUT, sharing=JOINED, dtypes="ordinary complex32")
def index_copy(input, dim, index, source):
    """A copy of ``input`` whose slice ``index[i]`` along ``dim`` is slice ``i`` of ``source``.

    ``index`` is a vector, or 0-d, of int64. ``source`` has the input's dtype, and its shape but for ``dim``, where it has one slice for each
    index; either of the two may be 0-d. Of repeated indices the last wins (torch leaves that open).
    IndexError for a dimension or an index out of range, an index of more dimensions, or a source of another rank or with another number of
    slices; RuntimeError for other dtypes or slices of another shape.
    The gradient of the input is 0 in the slices that were replaced; what arrives there is the gradient of the source.

    >>> index_copy(zeros(3), 0, tensor([2, 0]), tensor([1., 2.]))
    tensor([2., 0., 1.])
    """
    result = contiguous_copy(input)
    target = at_least_1d(result._view)
    places = _index_view(index, len(target.shape), wrap_dim(dim, input.dim()))
    result._view.storage.kernels.index_put(target, places, at_least_1d(source._view), False)
    return result


@index_copy.constraints
def _(require, input, dim, index, source):
    require.dimension(dim, input)
    require(index.dim() <= 1, IndexError, "index_copy_(): Index should have dimension 1 or 0 (got {})", index.dim())
    require(index.dtype is int64, RuntimeError, "index_copy_(): Expected a long tensor for index, but got {}", index.dtype.type_name)
    require(source.dtype is input.dtype, RuntimeError, "index_copy_(): self and source expected to have the same dtype, but got (self) {} and "
            "(source) {}", input.dtype.type_name, source.dtype.type_name)  # fmt: skip
    require(source.dim() or index.numel() == 1, IndexError, "index_copy_(): When source is scalar, index should have one element (got {})",
            index.numel())  # fmt: skip
    require(not source.dim() or not input.dim() or source.dim() == input.dim(), IndexError,
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source dimensionality ({}), "
            "destination dimensionality ({})", source.dim(), input.dim())  # fmt: skip
    d = wrap_dim(dim, input.dim())
    ours, theirs = all_but(d, input.shape), all_but(d, source.shape)
    require(ours == theirs, RuntimeError, "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: {} at "
            "dimension {} and source slice shape: {} at dimension 0.", " ".join(map(str, ours)), d, " ".join(map(str, theirs)))  # fmt: skip
    require(not source.dim() or index.numel() == source.shape[d], IndexError,
            "index_copy_(): Number of indices ({}) should be equal to source.size(dim) ({})", index.numel(), size_along(source, d))  # fmt: skip
    wrong = [] if 0 in ours else outside(index, 0, size_along(input, d))
    require(not wrong, IndexError, _NO_COPY, *(wrong[:1] or [0]), d, size_along(input, d),
            also=_beyond_storage(input, d, index) + each_of(IndexError, _NO_COPY, wrong, d, size_along(input, d)))  # fmt: skip


index_copy.derivative(
    input=lambda grad, dim, index: grad.index_fill(dim, index, 0),
    source=lambda grad, dim, index, source: grad.index_select(dim, index).reshape(source.shape),
)


def _fill(view: View, dim: int, index: Tensor, value: Any, input: Tensor) -> None:
    """Write a number to slices of a view of the input's dtype."""
    if not index.numel():
        return
    target = at_least_1d(view)
    d = wrap_dim(dim, len(target.shape))
    number = input.detach().new_full((), number_of(value) if isinstance(value, Tensor) else value)._view
    shape = (*target.shape[:d], index.numel(), *target.shape[d + 1 :])
    values = View(number.storage, number.offset, shape, (0,) * len(shape), number.dtype)
    target.storage.kernels.index_put(target, _index_view(index.remainder(target.shape[d]), len(shape), d), values, False)


def _fill_in_place(input, dim, index, value):
    """In place elements that share memory are filled together, with a warning."""
    view = input._view
    refuse_shared_inputs(input, (index,), "apart")
    if has_internal_overlap(view.shape, view.strides):
        warnings.warn("Use of index_fill_ on expanded tensors is deprecated. Please clone() the tensor before performing this operation. "
                      "This also applies to advanced indexing e.g. tensor[mask] = scalar", stacklevel=4)
    _fill(view, dim, index, value, input)
    return input


@op("method inplace", node=lambda bound: "IndexFillBackward1" if isinstance(bound["value"], Tensor) else "IndexFillBackward0",
    sharing=JOINED, dtypes="ordinary complex32", in_place=_fill_in_place)  # fmt: skip
def index_fill(input, dim, index, value):
    """A copy of the input whose slices ``index`` along ``dim`` are filled with ``value``, a number or a 0-d tensor.

    ``index`` is a vector, or 0-d, of int64; negative indices count from the end. The value is cast to the input's dtype: a fraction is cut off.
    In place, elements that share memory are filled together, with a warning.
    IndexError for a dimension or an index out of range, or an index of another dtype; RuntimeError for an index or a value of more dimensions,
    or a value that the dtype cannot hold; OverflowError for an integer of more than 64 bits.
    The gradient of the input is 0 in the slices that were filled; that of a tensor value is the sum of what arrives there.

    >>> index_fill(zeros(3), 0, tensor([0, 2]), 1)
    tensor([1., 0., 1.])
    """
    result = wrap(input.detach().clone()._view)
    _fill(result._view, dim, index, value, input)
    return result


@index_fill.constraints
def _(require, input, dim, index, value):
    require.dimension(dim, input)
    require(index.dtype is int64, IndexError, "index_fill_(): Expected dtype int64 for index.")
    require(index.dim() <= 1, RuntimeError, "Index has to be a vector/scalar")
    is_tensor = isinstance(value, Tensor)
    require(not is_tensor or not value.dim(), RuntimeError,
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).",
            value.dim() if is_tensor else 0)  # fmt: skip
    number = number_of(value) if is_tensor else value
    number_dtype(number)  # OverflowError for an integer of more than 64 bits
    require(not isinstance(number, complex) or input.dtype.is_complex, RuntimeError,
            "index_fill_(): Converting complex Scalar to non-complex type is not supported")  # fmt: skip
    require.fits(number, input.dtype)
    d, size = wrap_dim(dim, input.dim()), size_along(input, dim)
    wrong = [] if 0 in all_but(d, input.shape) else outside(index, -size, size)
    require(not wrong, IndexError, OUT_OF_BOUNDS, *(wrong[:1] or [0]), d, size,
            also=_beyond_storage(input, d, index) + each_of(IndexError, OUT_OF_BOUNDS, wrong, d, size))  # fmt: skip


def _beyond_storage(input: Tensor, d: int, index: Tensor) -> tuple[tuple[type[Exception], str], ...]:
    """What torch says of slices of a dimension of size 0: it takes the slices for a view, for which there is no memory. (In place it is the
    input's, else that of its copy.)"""
    if not input.dim() or input.shape[d]:
        return ()
    found = []
    for view in (input._view, input.detach().clone()._view):
        sizes, strides = list(view.shape), list(view.strides)
        sizes[d], strides[d] = index.numel(), 0
        extent = storage_extent(tuple(sizes), tuple(strides), view.offset) * view.dtype.itemsize
        if extent > view.storage.nbytes:
            words = f"setStorage: sizes {sizes}, strides {strides}, storage offset {view.offset}, and itemsize {view.dtype.itemsize} requiring a " \
                    f"storage size of {extent} are out of bounds for storage of size {view.storage.nbytes}"
            found.append((RuntimeError, words))
    return tuple(found)


index_fill.derivative(
    input=lambda grad, dim, index: grad.index_fill(dim, index, 0),
    value=lambda grad, dim, index: grad.index_select(dim, _once(index, grad, dim)).sum(),
)


def _once(index: Tensor, grad: Tensor, dim: int) -> Tensor:
    """The indices without repetition, counted from the start."""
    size = size_along(grad, dim)
    return index.new_tensor(sorted({i % size for i in index.reshape(-1).tolist()}))
