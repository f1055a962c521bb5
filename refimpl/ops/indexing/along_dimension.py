"""Elements picked and put along one dimension, by tensors of indices."""

from __future__ import annotations

import warnings
from typing import Any, Sequence

from ...foundation.contracts import accumulated
from ...foundation.dtypes import int32, int64
from ...foundation.layout import broadcast_shapes, has_internal_overlap, preserved_strides, wrap_dim
from ...foundation.promotion import number_dtype
from ...operations.output_kinds import EXACT_OUTPUT, exact
from ...operations.registry import op
from ...operations.writing import refuse_overlap
from ...tensor import Tensor, View, allocate_like, wrap
from ..creation.conversion import element_of
from ..shared.checks import fit, of_kernel
from ..shared.elementwise import number_as
from ..shared.outputs import input_dtype, input_dtype_before_values, same_dtype
from .subscripts import Indices, getitem


def _all_but(d: int, shape: Sequence[int]) -> list[int]:
    return [s for k, s in enumerate(shape) if k != d]


def _index_view(index: Tensor, ndim: int, d: int) -> list[View | None]:
    long = index.reshape(-1).to(int64)._view
    return [long if k == d else None for k in range(ndim)]


def _size(input: Tensor, dim: int) -> int:
    """The number of slices along a dimension; a 0-d tensor has one."""
    return input._view.shape[dim] if input._view.shape else 1


def _bounds(index: Tensor, size: int, message: str = "index out of range in self") -> None:
    for i in index.reshape(-1).tolist():
        if not 0 <= i < size:
            raise IndexError(message.format(i))


# -- whole slices, by a vector of indices ----------------------------------------------------------


@op("method out", out=exact("index_select(): self and result must have the same scalar type"), apart=True)
def index_select(input, dim, index):
    """The slices ``index[0], index[1], ...`` of ``input`` along ``dim``, as a new tensor.

    ``index`` is a vector (or 0-d) of int32 or int64; negative indices do not count from the end. A 0-d input has one slice, itself.

    >>> index_select(tensor([[1, 2], [3, 4]]), 1, tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    shape = input._view.shape
    if not shape:
        return _contiguous_copy(input)
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
    require.indices(index, _size(input, dim), dim)


index_select.derivative(input=lambda grad, input_shape, dim, index: grad.new_zeros(input_shape).index_add(
    dim, index, grad if input_shape else grad.reshape(())))


@op("method inplace out", contract=accumulated(1), out=EXACT_OUTPUT, apart=True)
def index_add(input, dim, index, source, *, alpha=1):
    """A copy of ``input`` with ``alpha * source[i]`` added to its slice ``index[i]`` along ``dim``: exact sums, rounded once.

    ``source`` has the input's dtype, and its shape but for ``dim``, where it has one slice for each index.

    >>> index_add(zeros(3), 0, tensor([0, 0]), tensor([1., 2.]))
    tensor([3., 0., 0.])
    """
    if input.dtype.category < 2:
        alpha = number_as(alpha.real, input.dtype)
    scaled = source.detach() if alpha == 1 else source.detach() * alpha
    result = _contiguous_copy(input)
    target = _at_least_1d(result._view)
    places = _index_view(index, len(target.shape), wrap_dim(dim, input.dim()))
    result._view.storage.kernels.index_put(target, places, _at_least_1d(scaled._view), True)
    return result


@index_add.constraints
def _(require, input, dim, index, source, alpha):
    require.dimension(dim, input)
    require(index.dim() <= 1, IndexError, "index_add_(): Index is supposed to be a vector, but got dim: {} with type: {} and size: {}",
            index.dim(), index.dtype.type_name, list(index.shape))  # fmt: skip
    require(index.dtype in (int32, int64), RuntimeError, "index_add_(): Expected dtype int32/int64 for index but got: {}", index.dtype.type_name)
    require(source.dtype is input.dtype, RuntimeError, "index_add_(): self ({}) and source ({}) must have the same scalar type",
            input.dtype.type_name, source.dtype.type_name)  # fmt: skip
    d = wrap_dim(dim, input.dim())
    require(d < max(source.dim(), 1), RuntimeError, "index_add_(): Indexing dim {} is out of bounds of the source tensor with dim {}",
            d, source.dim())  # fmt: skip
    slices = source.shape[d] if source.dim() else 1
    require(index.numel() == slices, RuntimeError, "index_add_(): Number of indices ({}) should be equal to source.size(dim): ({}), for dim: {}",
            index.numel(), slices, d)  # fmt: skip
    alike = bool(input.dim()) is bool(source.dim()) and _all_but(d, input.shape) == _all_but(d, source.shape)
    require(alike, RuntimeError, "source tensor shape must match self tensor shape, excluding the "
            "specified dimension. Got self.shape = {} source.shape = {}", list(input.shape), list(source.shape))  # fmt: skip
    require.fits(alpha, input.dtype)
    require.indices(index, _size(input, dim), dim)


index_add.derivative(
    input=lambda grad: grad,
    source=lambda grad, dim, index, alpha, source_shape: _scaled(grad.index_select(dim, index).reshape(source_shape), alpha),
)


def _scaled(grad: Any, alpha: Any) -> Any:
    return grad if alpha == 1 else grad * (alpha.conjugate() if isinstance(alpha, complex) else alpha)


def _index_copy_in_place(input, dim, index, source):
    """In place torch looks for overlaps before it looks at the index."""
    wrap_dim(dim, input.dim())
    refuse_overlap(input, (index, source), apart=True)
    return index_copy.operation.body(input, dim, index, source)


@op("method inplace out", out=input_dtype, apart=True, in_place=_index_copy_in_place)
def index_copy(input, dim, index, source):
    """A copy of the input whose part ``index[i]`` along a dimension is part ``i`` of ``source``.

    ``source`` has the input's dtype and shape, but for the dimension; either may be 0-d. Of repeated indices the last wins
    (torch leaves that open).

    >>> index_copy(zeros(3), 0, tensor([2, 0]), tensor([1., 2.]))
    tensor([2., 0., 1.])
    """
    shape, taken = input._view.shape, source._view.shape
    d = wrap_dim(dim, len(shape))
    count = index.numel()
    if index.dim() > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {index.dim()})")
    if not taken and count != 1:
        raise IndexError(f"index_copy_(): When source is scalar, index should have one element (got {count})")
    if taken and shape and len(taken) != len(shape):
        raise IndexError("index_copy_(): When source and destination are not scalars, their dimensionality must match. Source dimensionality "
                         f"({len(taken)}), destination dimensionality ({len(shape)})")
    if index.dtype is not int64:
        raise RuntimeError("index_copy_(): Expected a long tensor for index, but got " + index.dtype.type_name)
    if source.dtype is not input.dtype:
        raise RuntimeError(f"index_copy_(): self and source expected to have the same dtype, but got (self) {input.dtype.type_name} and "
                           f"(source) {source.dtype.type_name}")
    ours, theirs = _all_but(d, shape), _all_but(d, taken)
    if ours != theirs:
        raise RuntimeError("index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
                           f"{' '.join(map(str, ours))} at dimension {d} and source slice shape: {' '.join(map(str, theirs))} at dimension 0.")
    if taken and count != taken[d]:
        raise IndexError(f"index_copy_(): Number of indices ({count}) should be equal to source.size(dim) ({taken[d]})")
    size = shape[d] if shape else 1
    _bounds(index, size, f"index_copy_(): index {{}} is out of bounds for dimension {d} with size {size}")
    result = _contiguous_copy(input)
    target = _at_least_1d(result._view)
    result._view.storage.kernels.index_put(target, _index_view(index, len(target.shape), d), _at_least_1d(source._view), False)
    return result


index_copy.derivative(
    input=lambda grad, dim, index: grad.index_fill(dim, index, 0),
    source=lambda grad, dim, index, source_shape: grad.index_select(dim, index).reshape(source_shape),
)


def _index_fill_in_place(input, dim, index, value):
    """In place elements that share memory are filled together, with a warning."""
    result = index_fill.operation.body(input, dim, index, value)
    view = input._view
    if not has_internal_overlap(view.shape, view.strides):
        refuse_overlap(input, (index,), apart=True)
        view.storage.kernels.copy(view, result._view)
        return input
    warnings.warn("Use of index_fill_ on expanded tensors is deprecated. Please clone() the tensor before performing this operation. "
                  "This also applies to advanced indexing e.g. tensor[mask] = scalar", stacklevel=4)
    d = wrap_dim(dim, len(view.shape))
    shape = (*view.shape[:d], index.numel(), *view.shape[d + 1 :])
    filler = input.detach().new_full((), value.item() if isinstance(value, Tensor) else value)._view
    values = View(filler.storage, filler.offset, shape, (0,) * len(shape), filler.dtype)
    if index.numel():
        places = _index_view(index.remainder(view.shape[d]), len(shape), d)
        view.storage.kernels.index_put(view, places, values, False)
    return input


@op("method inplace", node=lambda bound: "IndexFillBackward1" if isinstance(bound["value"], Tensor) else "IndexFillBackward0", apart=True,
    in_place=_index_fill_in_place)
def index_fill(input, dim, index, value):
    """A copy of the input whose parts ``index`` along a dimension are filled with a number or a 0-d tensor. Negative indices count from the end.

    >>> index_fill(zeros(3), 0, tensor([0, 2]), 1)
    tensor([1., 0., 1.])
    """
    if isinstance(value, Tensor) and value.dim():
        raise RuntimeError(f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.dim()} dimension(s).")
    if index.dtype is not int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    number = value.item() if isinstance(value, Tensor) else value
    number_dtype(number)  # OverflowError for an integer of more than 64 bits
    if isinstance(number, complex) and not input.dtype.is_complex:
        raise RuntimeError("index_fill_(): Converting complex Scalar to non-complex type is not supported")
    shape = input._view.shape
    d = wrap_dim(dim, len(shape))
    if index.dim() > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    filler = input.detach().new_full((), fit(number, input.dtype))
    size = shape[d] if shape else 1
    for i in index.reshape(-1).tolist():
        if not -size <= i < size:
            raise IndexError(f"index {i} is out of bounds for dimension {d} with size {size}")
    result = input.detach().clone()
    if not index.numel():
        return wrap(result._view)
    (result if shape else result.view(1)).index_put_(Indices([None] * d + [index.reshape(-1)]), filler)
    return wrap(result._view)


index_fill.derivative(
    input=lambda grad, dim, index: grad.index_fill(dim, index, 0),
    value=lambda grad, dim, index: grad.index_select(dim, _once(index, grad, dim)).sum(),
)


def _once(index: Tensor, grad: Tensor, dim: int) -> Tensor:
    """The indices without repetition, counted from the start."""
    size = grad.shape[dim] if grad.dim() else 1
    return index.new_tensor(sorted({i % size for i in index.reshape(-1).tolist()}))


# -- single elements, by an index of the same rank -------------------------------------------------


@op("method out", out=input_dtype, apart=True)
def gather(input, dim, index, *, sparse_grad=False):
    """``out[i][j] = input[index[i][j]][j]`` for dim 0, ``input[i][index[i][j]]`` for dim 1, and so on.

    ``index`` has the input's rank and is not larger in any other dimension; an empty one may have any shape.

    >>> gather(tensor([[1, 2], [3, 4]]), 1, tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    d = wrap_dim(dim, input.dim())
    out = allocate_like(input, index._view.shape)
    if not index.numel():
        return out
    if index.dtype not in (int64, int32):
        raise RuntimeError("gather(): Expected dtype int32/int64 for index")
    if max(index.dim(), 1) != max(input.dim(), 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    for k in range(index.dim()):
        if k != d and input.dim() and index.shape[k] > input.shape[k]:
            raise RuntimeError(f"Size does not match at dimension {k} expected index {list(index.shape)} to be no larger than self "
                               f"{list(input.shape)} apart from dimension {d}")
    kernels = input._view.storage.kernels
    try:
        kernels.gather(_at_least_1d(out._view), _at_least_1d(input._view), d, _at_least_1d(index.to(int64)._view))
    except RuntimeError as error:  # an index that is out of range
        raise of_kernel(error, input.dtype, None) from None
    return out


gather.derivative(input=lambda grad, input_shape, dim, index: grad.new_zeros(input_shape).scatter_add(dim, index, grad))


def _at_least_1d(view: View) -> View:
    return view if view.shape else View(view.storage, view.offset, (1,), (1,), view.dtype)


def _contiguous_copy(input: Tensor) -> Tensor:
    result = allocate_like(input)
    input._view.storage.kernels.copy(result._view, input._view)
    return result


def _scattered(input: Tensor, dim: int, index: Tensor, source: Any, name: str) -> Tensor:
    d = wrap_dim(dim, input.dim())
    _check_scatter(input, d, index, source)
    result = _contiguous_copy(input)
    if not index.numel():
        return result
    places = _at_least_1d(index.to(int64)._view)
    if isinstance(source, Tensor):
        view = _at_least_1d(source._view)
        values: Any = View(view.storage, view.offset, places.shape, view.strides, view.dtype)
    else:
        values = _number_at(index, d, source, input)
    try:
        result._view.storage.kernels.scatter(name, _at_least_1d(result._view), d, places, values)
    except RuntimeError as error:  # an index that is out of range
        raise of_kernel(error, input.dtype, result._view.shape) from None
    return result


def _number_at(index: Tensor, d: int, value: Any, input: Tensor) -> Any:
    """A number as an element of the input. torch converts it at each index anew: what it says first of a number that does not fit is
    that the first index is out of range, and nothing if there are no indices."""
    try:
        return element_of(fit(value, input.dtype), input.dtype)
    except RuntimeError:
        if index.numel() and 0 <= index.reshape(-1)[0].item() < (input.shape[d] if input.dim() else 1):
            raise
        return 0


def _check_scatter(input: Tensor, d: int, index: Tensor, source: Any) -> None:
    if index.dtype not in (int64, int32) and index.numel():
        raise RuntimeError("scatter(): Expected dtype int32/int64 for index")
    from_tensor = isinstance(source, Tensor)
    if from_tensor and source.dtype is not input.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    if not index.numel():
        return
    shape = index.shape
    if max(len(shape), 1) != max(input.dim(), 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as self tensor")
    fits = all(k == d or size <= input.shape[k] for k, size in enumerate(shape) if input.dim())
    detail = f"Expected index {list(shape)} to be no larger than self {list(input.shape)} apart from dimension {d}"
    if from_tensor:
        if max(len(shape), 1) != max(source.dim(), 1):
            raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
        fits = fits and all(size <= source.shape[k] for k, size in enumerate(shape) if source.dim())
        detail += f" and to be no larger size than src {list(source.shape)}"
    if not fits:
        raise RuntimeError(detail)


def _multiplied(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """One slice of the index along the dimension after the other: within a slice no two elements meet."""
    d = wrap_dim(dim, input.dim())
    _check_scatter(input, d, index, source)
    result = _contiguous_copy(input)
    line, places, factors = (t.reshape(1) if not t.dim() else t for t in (result, index, source.detach()))
    for k in range(places.shape[d] if index.numel() else 0):
        here = places.narrow(d, k, 1)
        window = getitem(factors, tuple(slice(k, k + 1) if e == d else slice(n) for e, n in enumerate(places.shape)))
        line = _scattered(line, d, here, gather(line, d, here) * window, "set")
    return line.view(result.shape)


def _scatter_node(bound: dict[str, Any]) -> str:
    return "NotImplemented" if bound["reduce"] else f"ScatterBackward{int(not isinstance(bound['src'], Tensor))}"


@op("method inplace out", node=_scatter_node, out=input_dtype_before_values, apart=True)
def scatter(input, dim, index, src=None, *, value=None, reduce=None):
    """A copy of the input with ``out[index[i][j]][j] = src[i][j]`` for dim 0, and so on; ``src`` may be a number.

    ``index`` has the input's rank, is not larger in any other dimension, and not larger than ``src`` in any. Of repeated
    indices the last in row-major order wins (torch leaves that open). ``reduce`` is None, "add" or "multiply": each
    element is then combined with what is there; that has no gradient.

    >>> scatter(zeros(3), 0, tensor([2, 0]), tensor([1., 2.]))
    tensor([2., 0., 1.])
    """
    source = value if src is None else src
    if not isinstance(source, (Tensor, bool, int, float, complex)):
        raise TypeError("scatter() received an invalid combination of arguments")
    if not isinstance(source, Tensor):
        number_dtype(source)  # OverflowError for an integer of more than 64 bits
    if reduce is None:
        return _scattered(input, dim, index, source, "set")
    if isinstance(source, Tensor):
        warnings.warn("The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future PyTorch release. "
                      "Use torch.scatter_reduce instead for more reduction options.", stacklevel=3)
    d = wrap_dim(dim, input.dim())
    _check_scatter(input, d, index, source)
    if reduce not in ("add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    if not isinstance(source, Tensor):
        source = input.detach().new_full(index.shape, _number_at(index, d, source, input))
    return _scattered(input, dim, index, source, "add") if reduce == "add" else _multiplied(input, dim, index, source)


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
    if picked.shape == shape:
        return picked
    return grad.new_zeros(shape).index_put(_ranges(picked), picked)


def _ranges(part: Tensor) -> tuple[Tensor, ...]:
    from ..creation.ranges import arange

    return tuple(arange(n, device=part.device).view((-1,) + (1,) * (part.dim() - 1 - d)) for d, n in enumerate(part.shape))


@op("method inplace out", contract=accumulated(1), out=input_dtype_before_values, apart=True)
def scatter_add(input, dim, index, src):
    """A copy of the input with ``out[index[i][j]][j] += src[i][j]`` for dim 0, and so on: exact sums rounded once.

    Shapes as for :func:`scatter`.

    >>> scatter_add(zeros(3), 0, tensor([0, 0]), tensor([1., 2.]))
    tensor([3., 0., 0.])
    """
    return _scattered(input, dim, index, src, "add")


scatter_add.derivative(input=lambda grad: grad, src=lambda grad, dim, index, src_shape: _source_gradient(grad, dim, index, src_shape))

# -- places in the flattened tensor, and broadcast indices -----------------------------------------


def _take_output(function, args, kwargs, outs):
    input = args[0] if args else kwargs["input"]
    try:
        result = function(*args, **kwargs)
    except IndexError:
        _check_take_output(input, outs[0])
        raise
    _check_take_output(input, outs[0])
    index = args[1] if len(args) > 1 else kwargs["index"]
    if index.is_contiguous():
        return result
    # an output that is resized gets the index's order of dimensions
    ordered = allocate_like(result, strides=preserved_strides(index._view.shape, index._view.strides))
    result._view.storage.kernels.copy(ordered._view, result._view)
    return ordered


def _check_take_output(input: Tensor, out: Tensor) -> None:
    if input.dtype is not out.dtype:
        raise RuntimeError(f"take(): self and out expected to have the same dtype, but got self.dtype = {input.dtype.type_name} and "
                           f"out.dtype = {out.dtype.type_name}")


@op("method out", out=_take_output, apart=True)
def take(input, index):
    """The elements at places in the flattened input; negative ones count from the end. ``index`` is int64.

    >>> take(tensor([[1, 2], [3, 4]]), tensor([0, 3]))
    tensor([1, 4])
    """
    if index.dtype is not int64:
        raise RuntimeError(f"take(): Expected a long tensor for index, but got {index.dtype.type_name}")
    count = input.numel()
    if index.numel() and not count:
        raise IndexError("take(): tried to take from an empty tensor")
    for i in index.reshape(-1).tolist():
        if not -count <= i < count:
            raise IndexError(f"out of range: tried to access index {i} on a tensor of {count} elements.")
    return wrap(input.detach().reshape(-1)[index.reshape(-1)].view(index.shape)._view)


def _take_gradient(grad: Tensor, input_shape: Any, index: Tensor) -> Tensor:
    flat = grad.new_zeros(input_shape).view(-1)
    return flat.index_put((index.reshape(-1),), grad.reshape(-1), accumulate=True).view(input_shape)


take.derivative(input=_take_gradient)


@op("method out", out=same_dtype)
def take_along_dim(input, indices, dim=None):
    """:func:`gather` with indices broadcast against the input and taken modulo the size; without ``dim`` from the flattened input.

    >>> take_along_dim(tensor([[3, 1]]), tensor([[1, 0]]), 1)
    tensor([[1, 3]])
    """
    if dim is None:
        _check_long(indices)
        return input.view(-1).gather(0, indices.view(-1))
    if input.dim() != indices.dim():
        raise RuntimeError("torch.take_along_dim(): input and indices should have the same number of dimensions, "
                           f"but got {input.dim()} dimensions for input, and {indices.dim()} dimensions for indices")
    _check_long(indices)
    d = wrap_dim(dim, input.dim(), zero_dim=False)
    ours, theirs = list(input.shape), list(indices.shape)
    common = broadcast_shapes(*([1 if k == d else s for k, s in enumerate(shape)] for shape in (ours, theirs)))
    spread = input.expand([ours[d] if k == d else s for k, s in enumerate(common)])
    places = indices.expand([theirs[d] if k == d else s for k, s in enumerate(common)])
    return spread.gather(d, places.remainder(ours[d]))


def _check_long(indices: Tensor) -> None:
    if indices.dtype is not int64:
        raise RuntimeError(f"torch.take_along_dim(): dtype of indices should be Long but got {indices.dtype.type_name}")
