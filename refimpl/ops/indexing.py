"""Indexing: ``x[...]`` read and written, and the operations that pick elements by index tensors."""

from __future__ import annotations

from typing import Any

from ..dtypes import bool_, int32, int64
from ..indexing import expand_indices, result_geometry, split_index
from ..layout import broadcast_strides, wrap_dim
from ..registry import op, refuse_overlap
from ..tensor import Tensor, View, allocate_like, wrap


@op("only method", name="__getitem__")
def getitem(input, index):
    """``input[index]``: a view for integers, slices, None and ``...``; a copy if the index holds a tensor, list or mask.

    >>> x = tensor([[1, 2], [3, 4]])
    >>> x[0]
    tensor([1, 2])
    >>> x[x > 1]
    tensor([2, 3, 4])
    """
    view, indices = split_index(input, index)
    if indices:
        return index_(view, indices)
    if view is input:
        from .views import alias_of

        return alias_of(view)
    return view


@op("only method", name="__setitem__")
def setitem(input, index, value):
    """``input[index] = value``: written in place, broadcast and cast.

    >>> x = zeros(3)
    >>> x[1:] = 5
    >>> x
    tensor([0., 5., 5.])
    """
    if not isinstance(value, (Tensor, bool, int, float, complex)):
        raise TypeError(f"can't assign a {type(value).__name__} to a torch.{input.dtype.type_name}Tensor")
    if isinstance(index, bool) and not index:
        return
    view, indices = split_index(input, index)
    if not isinstance(value, Tensor):
        from .conversion import element_of

        element_of(value, input.dtype)
        if not indices:
            view.fill_(value)
            return
        value = input.detach().new_full((), value)
    else:
        lead = 0
        while lead < value.dim() and value.shape[lead] == 1:
            lead += 1
        target = len(value.shape) - lead
        if lead and value.dim() > view.dim() and target <= view.dim():
            value = value.view(value.shape[lead:]) if value.is_contiguous() else value.reshape(value.shape[lead:])
    if indices:
        if value._view.storage.kernels is not view._view.storage.kernels and not value.dim():
            value = value.to(view.device)
        view.index_put_(indices, value)
        return
    if view.dim() < value.dim() or any(s not in (1, view.shape[view.dim() - value.dim() + d]) for d, s in enumerate(value.shape)):
        value = value.expand(view.shape)
    view.copy_(value)


@op("only", name="index", node="IndexBackward0")
def index_(input, indices):
    """The elements at integer indices, one tensor or None for each dimension; the indices are broadcast together."""
    expanded = expand_indices(input, indices)
    shape, strides = result_geometry(input, expanded)
    out = allocate_like(input, shape, strides=strides)
    kernels = input._view.storage.kernels
    kernels.index(out._view, input._view, [None if i is None else i._view for i in expanded])
    return out


index_.derivative(input=lambda grad, input_shape, indices: grad.new_zeros(input_shape).index_put(indices, grad, accumulate=True))


def _check_values(input: Tensor, indices: Any, values: Any) -> None:
    if not isinstance(values, Tensor):
        raise TypeError(f"index_put_(): argument 'values' (position 2) must be Tensor, not {type(values).__name__}")
    if values.dtype is not input.dtype:
        raise RuntimeError("Index put requires the source and destination dtypes match, got "
                           f"{input.dtype.type_name} for the destination and {values.dtype.type_name} for the source.")
    if len(indices) > input.dim():
        raise IndexError(f"too many indices for tensor of dimension {input.dim()} (got {len(indices)})")


@op("only method", node="IndexPutBackward0")
def index_put_(input, indices, values, accumulate=False):
    """Write ``values``, broadcast, at the indices; with ``accumulate`` add them, repeated indices each time.

    Without ``accumulate`` the last of repeated indices wins (torch leaves that open). Integers wrap; accumulated floats
    are exact sums rounded once. RuntimeError if the dtypes differ.

    >>> zeros(3).index_put_((tensor([0, 0]),), tensor([1., 2.]), accumulate=True)
    tensor([3., 0., 0.])
    """
    _check_values(input, indices, values)
    refuse_overlap(input, (values,))
    expanded = expand_indices(input, indices)
    shape, _ = result_geometry(input, expanded)
    source = values._view
    lead = len(shape) - len(source.shape)
    if lead < 0 or any(s not in (1, shape[lead + d]) for d, s in enumerate(source.shape)):
        raise RuntimeError(f"shape mismatch: value tensor of shape {list(source.shape)} cannot be broadcast to indexing result of shape {list(shape)}")
    spread = View(source.storage, source.offset, shape, broadcast_strides(source.shape, source.strides, shape), source.dtype)
    input._view.storage.kernels.index_put(input._view, [None if i is None else i._view for i in expanded], spread, accumulate)
    return input


def _index_put_input(grad, indices, values_shape, accumulate):
    return grad if accumulate else grad.index_put(indices, grad.new_zeros(()))


index_put_.derivative(input=_index_put_input, values=lambda grad, indices: index_(grad, indices))


@op("method")
def index_put(input, indices, values, accumulate=False):
    """A copy of the input with ``values`` written (or added) at the indices.

    >>> index_put(zeros(3), (tensor([1]),), tensor(5.))
    tensor([0., 5., 0.])
    """
    return input.clone().index_put_(indices, values, accumulate)


# -- one dimension ---------------------------------------------------------------------------------


def _index_vector(index: Any, function: str) -> Tensor:
    if not isinstance(index, Tensor):
        raise TypeError(f"{function}(): argument 'index' (position 2) must be Tensor, not {type(index).__name__}")
    if index.dtype not in (int32, int64):
        raise RuntimeError(f"{function}(): Expected dtype int32 or int64 for index" if function == "index_select" else
                           f"{function}(): Expected dtype int32/int64 for index but got: {index.dtype}")
    if index.dim() > 1:
        raise IndexError(f"{function}(): Index is supposed to be a vector" if function != "index_select" else
                         "index_select(): Index is supposed to be a vector")
    return index


@op("method out")
def index_select(input, dim, index):
    """The parts ``index[0], index[1], ...`` along a dimension.

    >>> index_select(tensor([[1, 2], [3, 4]]), 1, tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    index = _index_vector(index, "index_select")
    d = wrap_dim(dim, input.dim())
    shape = input._view.shape
    if shape and index.dim() == 0:
        index = index.reshape(1)
    if not shape:
        if index.numel() != 1:
            raise IndexError("index_select(): Index to scalar can have only 1 value, got " + f"{index.numel()} value(s)")
        _bounds(index, 1)
        return input.clone()
    _bounds(index, shape[d])
    kernels = input._view.storage.kernels
    out = allocate_like(input, (*shape[:d], index.numel(), *shape[d + 1 :]))
    long = index.to(int64)._view
    kernels.index(out._view, input._view, [long if i == d else None for i in range(len(shape))])
    return out


def _bounds(index: Tensor, size: int) -> None:
    for i in index.tolist() if index.dim() else [index.item()]:
        if not 0 <= i < size:
            raise RuntimeError("index out of range in self")


index_select.derivative(input=lambda grad, input_shape, dim, index: grad.new_zeros(input_shape).index_add(dim, index, grad))


@op("method inplace")
def index_add(input, dim, index, source, *, alpha=1):
    """A copy of the input with ``alpha * source[i]`` added to its part ``index[i]`` along a dimension.

    >>> index_add(zeros(3), 0, tensor([0, 0]), tensor([1., 2.]))
    tensor([3., 0., 0.])
    """
    index = _index_vector(index, "index_add")
    d = wrap_dim(dim, input.dim())
    if source.dtype is not input.dtype:
        raise RuntimeError(f"index_add_(): self ({input.dtype.type_name}) and source ({source.dtype.type_name}) must have the same scalar type")
    if input.dim() and source.dim() and source.shape[d] != index.numel():
        raise RuntimeError(f"index_add_(): Number of indices ({index.numel()}) should be equal to source.size(dim): ({source.shape[d]}), for dim: {d}")
    scaled = source if alpha == 1 else source * alpha
    result = input.clone()
    if not input.dim():
        return result + scaled.reshape(())
    long = index.reshape(-1).to(int64)
    for i in long.tolist():
        if not 0 <= i < input.shape[d]:
            raise IndexError("index out of range in self")
    kernels = result._view.storage.kernels
    kernels.index_put(result._view, [long._view if k == d else None for k in range(input.dim())], scaled._view, True)
    return wrap(result._view)


index_add.derivative(
    input=lambda grad: grad,
    source=lambda grad, dim, index, alpha, source_shape: (
        grad.index_select(dim, index).reshape(source_shape) * alpha if alpha != 1 else grad.index_select(dim, index).reshape(source_shape)),
)


@op("method out")
def gather(input, dim, index, *, sparse_grad=False):
    """``out[i][j] = input[index[i][j]][j]`` for dim 0, ``input[i][index[i][j]]`` for dim 1, and so on.

    ``index`` has the input's rank and is not larger in any other dimension.

    >>> gather(tensor([[1, 2], [3, 4]]), 1, tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    d = wrap_dim(dim, input.dim())
    _check_gather(input, d, index, "gather")
    out = allocate_like(input, index._view.shape)
    kernels = input._view.storage.kernels
    kernels.gather(_at_least_1d(out._view), _at_least_1d(input._view), d, _at_least_1d(index.to(int64)._view))
    return out


def _at_least_1d(view: View) -> View:
    return view if view.shape else View(view.storage, view.offset, (1,), (1,), view.dtype)


def _check_gather(input: Tensor, d: int, index: Tensor, function: str) -> None:
    if index.dtype not in (int64, int32) and index.numel():
        raise RuntimeError(f"{function}(): Expected dtype int32/int64 for index")
    if max(index.dim(), 1) != max(input.dim(), 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    for k in range(index.dim()):
        if k != d and input.dim() and index.shape[k] > input.shape[k]:
            raise RuntimeError(f"Size does not match at dimension {k} expected index {list(index.shape)} to be no larger than self "
                               f"{list(input.shape)} apart from dimension {d}")


gather.derivative(input=lambda grad, input_shape, dim, index: grad.new_zeros(input_shape).scatter_add(dim, index, grad))


def _scattered(input: Tensor, dim: int, index: Tensor, source: Any, name: str) -> Tensor:
    d = wrap_dim(dim, input.dim())
    function = "scatter" if name == "set" else "scatter_add"
    if index.dtype not in (int64, int32) and index.numel():
        raise RuntimeError(f"{function}(): Expected dtype int32/int64 for index")
    if isinstance(source, Tensor):
        if source.dtype is not input.dtype:
            raise RuntimeError(f"{function}(): Expected self.dtype to be equal to src.dtype")
        if max(index.dim(), 1) != max(source.dim(), 1) and index.numel():
            raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    if index.numel() and max(index.dim(), 1) != max(input.dim(), 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as self tensor")
    for k in range(index.dim() if index.numel() else 0):
        too_large = k != d and input.dim() and index.shape[k] > input.shape[k]
        if too_large or isinstance(source, Tensor) and source.dim() and index.shape[k] > source.shape[k]:
            detail = f"Expected index {list(index.shape)} to be no larger than self {list(input.shape)} apart from dimension {d}"
            if isinstance(source, Tensor):
                detail += f" and to be no larger size than src {list(source.shape)}"
            raise RuntimeError(detail)
    result = input.clone()
    if not index.numel():
        return result
    places = _at_least_1d(index.to(int64)._view)
    if isinstance(source, Tensor):
        view = _at_least_1d(source._view)
        values: Any = View(view.storage, view.offset, places.shape, view.strides, view.dtype)
    else:
        from .conversion import element_of

        values = element_of(source, input.dtype)
    result._view.storage.kernels.scatter(name, _at_least_1d(result._view), d, places, values)
    return wrap(result._view)


@op("method inplace out", node=lambda bound: "ScatterBackward1" if bound["value"] is not None or not isinstance(bound["src"], Tensor) else "ScatterBackward0")
def scatter(input, dim, index, src=None, *, value=None):
    """A copy of the input with ``out[index[i][j]][j] = src[i][j]`` for dim 0, and so on; ``src`` may be a number.

    Of repeated indices the last in row-major order wins (torch leaves that open).

    >>> scatter(zeros(3), 0, tensor([2, 0]), tensor([1., 2.]))
    tensor([2., 0., 1.])
    """
    return _scattered(input, dim, index, value if src is None else src, "set")


scatter.derivative(
    input=lambda grad, dim, index: grad.scatter(dim, index, 0),
    src=lambda grad, dim, index, src_shape: _source_gradient(grad, dim, index, src_shape),
)


def _source_gradient(grad: Tensor, dim: int, index: Tensor, shape: tuple[int, ...]) -> Tensor:
    """What was read at the indices; elements of the source beyond the index got nothing."""
    picked = grad.gather(dim, index)
    if picked.shape == shape:
        return picked
    padded = grad.new_zeros(shape)
    return padded.index_put(_ranges(picked), picked)


def _ranges(part: Tensor) -> tuple[Tensor, ...]:
    from .creation import arange

    return tuple(arange(n, device=part.device).view((-1,) + (1,) * (part.dim() - 1 - d)) for d, n in enumerate(part.shape))


@op("method inplace out")
def scatter_add(input, dim, index, src):
    """A copy of the input with ``out[index[i][j]][j] += src[i][j]`` for dim 0, and so on: exact sums rounded once.

    >>> scatter_add(zeros(3), 0, tensor([0, 0]), tensor([1., 2.]))
    tensor([3., 0., 0.])
    """
    return _scattered(input, dim, index, src, "add")


scatter_add.derivative(input=lambda grad: grad, src=lambda grad, dim, index, src_shape: _source_gradient(grad, dim, index, src_shape))


# -- masks and places ------------------------------------------------------------------------------


@op("method out", differentiable=False)
def nonzero(input, *, as_tuple=False):
    """The indices of the elements that are not zero, one a row, in row-major order; as a tuple of vectors with ``as_tuple``.

    >>> nonzero(tensor([[0, 1], [2, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    if as_tuple:
        return input.reshape(1).nonzero().unbind(1) if not input.dim() else wrap(input._view.storage.kernels.nonzero(input._view)).unbind(1)
    return wrap(input._view.storage.kernels.nonzero(input._view))


@op("method")
def argwhere(input):
    """:func:`nonzero`.

    >>> argwhere(tensor([0, 5]))
    tensor([[1]])
    """
    return input.nonzero()


@op("method out")
def masked_select(input, mask):
    """The elements where ``mask`` is true, as a vector in row-major order; both are broadcast.

    >>> masked_select(tensor([1, 2, 3]), tensor([True, False, True]))
    tensor([1, 3])
    """
    if mask.dtype is not bool_:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    from ..layout import broadcast_shapes

    shape = broadcast_shapes(input.shape, mask.shape) or (1,)
    return input.expand(shape)[mask.expand(shape)]


@op("method out")
def take(input, index):
    """The elements at places in the flattened input.

    >>> take(tensor([[1, 2], [3, 4]]), tensor([0, 3]))
    tensor([1, 4])
    """
    if index.dtype is not int64:
        raise RuntimeError(f"take(): Expected a long tensor for index, but got {index.dtype.type_name}")
    if index.numel() and not input.numel():
        raise IndexError("take(): tried to take from an empty tensor")
    for i in index.reshape(-1).tolist():
        if not -input.numel() <= i < input.numel():
            raise IndexError(f"out of range: tried to access index {i} on a tensor of {input.numel()} elements.")
    return input.reshape(-1)[index]


@op("method")
def take_along_dim(input, indices, dim=None):
    """:func:`gather` with indices broadcast against the input; without ``dim`` from the flattened input.

    >>> take_along_dim(tensor([[3, 1]]), tensor([[1, 0]]), 1)
    tensor([[1, 3]])
    """
    if indices.dtype is not int64:
        raise RuntimeError(f"torch.take_along_dim(): dtype of indices should be Long but got {indices.dtype.type_name}")
    if dim is None:
        return input.reshape(-1).gather(0, indices.reshape(-1))
    if input.dim() != indices.dim():
        raise RuntimeError("torch.take_along_dim(): input and indices should have the same number of dimensions, "
                           f"but got {input.dim()} dimensions for input, and {indices.dim()} dimensions for indices")
    d = wrap_dim(dim, input.dim())
    from ..layout import broadcast_shapes

    left = broadcast_shapes([1 if k == d else s for k, s in enumerate(input.shape)], [1 if k == d else s for k, s in enumerate(indices.shape)])
    spread = input.expand([input.shape[d] if k == d else s for k, s in enumerate(left)])
    return spread.gather(d, indices.expand([indices.shape[d] if k == d else s for k, s in enumerate(left)]))


@op("method inplace")
def index_fill(input, dim, index, value):
    """A copy of the input whose parts ``index`` along a dimension are filled with a number.

    >>> index_fill(zeros(3), 0, tensor([0, 2]), 1)
    tensor([1., 0., 1.])
    """
    if index.dtype is not int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    d = wrap_dim(dim, input.dim())
    filler = value.detach().to(input.dtype) if isinstance(value, Tensor) else input.detach().new_full((), value)
    return wrap(input.detach().index_put([None] * d + [index.reshape(-1)], filler)._view) if input.dim() else filler.clone()


index_fill.derivative(input=lambda grad, dim, index: grad.index_fill(dim, index, 0))


@op("method inplace out")
def index_copy(input, dim, index, source):
    """A copy of the input whose part ``index[i]`` along a dimension is part ``i`` of ``source``.

    >>> index_copy(zeros(3), 0, tensor([2, 0]), tensor([1., 2.]))
    tensor([2., 0., 1.])
    """
    if index.dtype is not int64:
        raise RuntimeError("index_copy_(): Expected a long tensor for index, but got " + index.dtype.type_name)
    if source.dtype is not input.dtype:
        raise RuntimeError(f"index_copy_(): self and source expected to have the same dtype, but got (self) {input.dtype.type_name} and "
                           f"(source) {source.dtype.type_name}")
    d = wrap_dim(dim, input.dim())
    return wrap(input.detach().index_put([None] * d + [index.reshape(-1)], source.detach())._view)


index_copy.derivative(input=lambda grad, dim, index: grad.index_fill(dim, index, 0), source=lambda grad, dim, index: grad.index_select(dim, index))
