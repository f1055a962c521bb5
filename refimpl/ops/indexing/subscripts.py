"""Indexing: ``x[...]`` read and written, and masks."""

from __future__ import annotations

from typing import Any

from ...foundation.dtypes import bool_, int64, uint8
from ...foundation.layout import broadcast_shapes, broadcast_strides, has_internal_overlap
from ...operations.registry import op
from ...operations.writing import refuse_overlap
from ...tensor import Tensor, View, allocate_like, wrap
from ..creation.conversion import element_of
from ..shared.checks import fit
from ..shared.operands import tensor, tensors
from ..views.shapes import alias_of
from .subscript_rules import expand_indices, result_geometry, split_index


class Indices(tuple):  # type: ignore[type-arg]
    """Indices of one or more dimensions each, None for a whole dimension. (Callers of ``index_put`` may not give None.)"""


@op("only method", name="__getitem__")
def getitem(input, index):
    """``input[index]``: a view for integers, slices, None and ``...``; a copy if the index holds a tensor, list or mask.

    IndexError for an index out of range, too many indices, or a mask of another shape; ValueError for a step that is not positive.

    >>> x = tensor([[1, 2], [3, 4]])
    >>> x[0]
    tensor([1, 2])
    >>> x[x > 1]
    tensor([2, 3, 4])
    """
    view, indices = split_index(input, index)
    if indices:
        return index_(view, Indices(indices))
    return alias_of(view) if view is input else view


@op("only method", name="__setitem__")
def setitem(input, index, value):
    """``input[index] = value``: written in place, broadcast and cast. Leading dimensions of size 1 of the value are dropped.

    >>> x = zeros(3)
    >>> x[1:] = 5
    >>> x
    tensor([0., 5., 5.])
    """
    if not isinstance(value, Tensor):
        value = _number(value, input.dtype)
    if index is False:
        return
    view, indices = (input.unsqueeze(0), []) if index is True else split_index(input, (index,) if isinstance(index, slice) and input.dim() else index)
    if not isinstance(value, Tensor):
        value = input.detach().new_full((), value)
        if not indices:
            view.fill_(value)
            return
    elif not indices and not value.dim() and view.dim() and value.device.type == "cpu":
        view.fill_(value)
        return
    elif indices or value._view.shape != view._view.shape:
        lead = 0
        while lead < value.dim() and value.shape[lead] == 1:
            lead += 1
        if lead or not indices:
            value = value.view(value.shape[lead:])
    if indices:
        if value._view.storage.kernels is not view._view.storage.kernels and not value.dim():
            value = value.to(view.device)
        view.index_put_(Indices(indices), value)
        return
    if value._view.shape != view._view.shape:
        value = value.expand(view.shape)
    view.copy_(value)


def _number(value: Any, d: Any) -> Any:
    """A number to be stored with dtype ``d``: a Python number or a scalar of NumPy's."""
    if type(value).__module__ == "numpy" and type(value).__name__ != "ndarray":
        value = value.item()
    if not isinstance(value, (bool, int, float, complex)):
        raise TypeError(f"can't assign a {type(value).__name__} to a torch.{d.type_name}Tensor")
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        raise ValueError("Overflow when unpacking long long")
    return element_of(value, d)


@op("only", name="index", node="IndexBackward0")
def index_(input, indices):
    """The elements at integer indices, one tensor or None for each dimension; the indices are broadcast together."""
    expanded = expand_indices(input, indices)
    shape, strides = result_geometry(input, expanded)
    out = allocate_like(input, shape, strides=strides)
    kernels = input._view.storage.kernels
    kernels.index(out._view, input._view, [None if i is None else i._view for i in expanded])
    return out


index_.derivative(input=lambda grad, input_shape, indices: grad.new_zeros(input_shape).index_put(Indices(indices), grad, accumulate=True))


@op("function method", node="IndexPutBackward0")
def index_put_(input, indices, values, accumulate=False):
    """Write ``values``, broadcast, at the indices; with ``accumulate`` add them, repeated indices each time.

    ``indices`` is a tuple of tensors. Without ``accumulate`` the last of repeated indices wins (torch leaves that open).
    Integers wrap; accumulated floats are exact sums rounded once. RuntimeError if the dtypes differ (but for one value
    written to masks), the values do not fit the indexed shape, or elements of this tensor share memory.

    >>> zeros(3).index_put_((tensor([0, 0]),), tensor([1., 2.]), accumulate=True)
    tensor([3., 0., 0.])
    """
    if not isinstance(indices, Indices):
        tensors(indices)
    if len(indices) > input.dim():
        raise IndexError(f"too many indices for tensor of dimension {input.dim()} (got {len(indices)})")
    if not indices:
        raise RuntimeError("sym_strides() called on an undefined Tensor")
    given = [i for i in indices if i is not None]
    masked = tensor(values).numel() == 1 and not accumulate and len(given) == 1 and given[0].dtype in (bool_, uint8)
    if masked:
        # torch passes one value for one mask on to masked_fill_
        expand_indices(input, [None if i is None else i.to(bool_) for i in indices])
        if given[0].dtype is uint8:
            raise RuntimeError("masked_fill_ only supports boolean masks, but got mask with dtype unsigned char")
        values = input.detach().new_full((), fit(values.item(), input.dtype))
    target, source = input._view, values._view
    shared = has_internal_overlap(target.shape, target.strides)
    if not shared:
        refuse_overlap(input, (values, *indices), apart=not masked)
    expanded = expand_indices(input, indices)
    shape, _ = result_geometry(input, expanded)
    if any(i is not None and i.numel() and not size for i, size in zip(expanded, target.shape)):
        raise IndexError("index is out of bounds for dimension with size 0")
    lead = len(shape) - len(source.shape)
    if lead < 0 or any(s not in (1, shape[lead + d]) for d, s in enumerate(source.shape)):
        raise RuntimeError(f"shape mismatch: value tensor of shape {list(source.shape)} cannot be broadcast to indexing result of shape "
                           f"{list(shape)}")
    if source.dtype is not target.dtype:
        raise RuntimeError("Index put requires the source and destination dtypes match, got "
                           f"{target.dtype.type_name} for the destination and {source.dtype.type_name} for the source.")
    spread = View(source.storage, source.offset, shape, broadcast_strides(source.shape, source.strides, shape), source.dtype)
    places = [None if i is None else i._view for i in expanded]
    if shared:  # torch only warns; what is wrong otherwise, such as an index out of bounds, which the kernel finds, comes first
        target.storage.kernels.index_put(input.detach().clone()._view, places, spread, accumulate)
        refuse_overlap(input)
    target.storage.kernels.index_put(target, places, spread, accumulate)
    return input


def _bool_masks(indices):
    """The indices with masks of uint8 as masks of bool, which alone take one value for all places."""
    return [i.to(bool_) if i is not None and i.dtype is uint8 else i for i in indices]


index_put_.derivative(
    input=lambda grad, indices, accumulate: grad if accumulate else grad.index_put(Indices(_bool_masks(indices)), grad.new_zeros(())),
    values=lambda grad, indices: index_(grad, indices),
)


@op("method")
def index_put(input, indices, values, accumulate=False):
    """A copy of the input with ``values`` written (or added) at the indices (:meth:`index_put_`).

    >>> index_put(zeros(3), (tensor([1]),), tensor(5.))
    tensor([0., 5., 0.])
    """
    return input.clone().index_put_(indices, tensor(values), accumulate)


# -- masks and places ------------------------------------------------------------------------------


def _long_output(function, args, kwargs, outs):
    if kwargs.get("as_tuple"):
        raise RuntimeError("nonzero does not support the out kwarg when as_tuple is True")
    if outs[0].dtype is not int64:
        raise RuntimeError(f"nonzero: Expected out tensor to have scalar type Long but got scalar type{outs[0].dtype.type_name}")
    return function(*args, **kwargs)


@op("method out", differentiable=False, out=_long_output)
def nonzero(input, *, as_tuple=False):
    """The indices of the elements that are not zero (NaN is not), one a row, in row-major order; as a tuple of vectors with ``as_tuple``.

    >>> nonzero(tensor([[0, 1], [2, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    if as_tuple and not input.dim():
        input = input.detach().reshape(1)
    places = wrap(input._view.storage.kernels.nonzero(input._view))
    return places.unbind(1) if as_tuple else places


@op("method")
def argwhere(input):
    """:func:`nonzero`.

    >>> argwhere(tensor([0, 5]))
    tensor([[1]])
    """
    return input.nonzero()


def _masked_select_output(function, args, kwargs, outs):
    """The output must have the dtype of the input; that comes before the shapes."""
    bound = function.operation.bind(args, kwargs)
    if tensor(bound["mask"]).dtype is bool_ and bound["input"].dtype is not outs[0].dtype:
        raise RuntimeError("masked_select(): self and result must have the same scalar type")
    return function(*args, **kwargs)


@op("method out", out=_masked_select_output, apart=True)
def masked_select(input, mask):
    """The elements where ``mask`` is true, as a vector in row-major order; both are broadcast. RuntimeError if the mask is not bool.

    >>> masked_select(tensor([1, 2, 3]), tensor([True, False, True]))
    tensor([1, 3])
    """
    if tensor(mask).dtype is not bool_:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    shape = broadcast_shapes(mask.shape, input.shape) or (1,)
    return wrap(input.detach().expand(shape)[mask.expand(shape)]._view)


def _masked_select_gradient(grad: Tensor, input_shape: Any, mask: Tensor) -> Tensor:
    shape = broadcast_shapes(mask.shape, input_shape)
    return grad.new_zeros(shape or (1,)).index_put((mask.expand(shape or (1,)),), grad).view(shape)


masked_select.derivative(input=_masked_select_gradient)
