"""Indexing: ``x[...]`` read and written."""

from __future__ import annotations

from typing import Any

from ...foundation.dtypes import bool_, float64, int32, int64, narrow_floats, uint8
from ...foundation.layout import broadcast_strides, has_internal_overlap
from ...operations.constraints import Require
from ...operations.registry import op
from ...operations.sharing import SHARED_ELEMENTS, SHARED_INPUT, overlap
from ...operations.slices import masks_of
from ...tensor import Tensor, View, allocate_like
from ..creation.conversion import element_of
from ..creation.fresh import filled
from ..shared.elementwise import elementwise
from ..shared.operands import number_of
from ..views.shapes import alias_of
from .subscript_rules import expand_indices, on_device_of, out_of_range, result_geometry, split_index, warn_of_bytes

_OUT_OF_RANGE = "index {} is out of bounds for dimension {} with size {}"


class Indices(tuple):  # type: ignore[type-arg]
    """Indices of one or more dimensions each, None for a whole dimension. (Callers of ``index_put`` may not give None.)"""


@op("only method", name="__getitem__", elsewhere="index", slices=masks_of("index"))
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


@op("only method", name="__setitem__", elsewhere="index value", slices=masks_of("index"))
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
        value = filled((), value, input.dtype, input._view.storage.kernels, False)
        if not indices:
            (view.fill_ if view.dim() else view.copy_)(value)
            return
    elif not indices and not value.dim() and view.dim() and (value.device.type == "cpu" or value.device == view.device):
        view.fill_(value)
        return
    scalar = not value.dim()  # copied as it is
    if indices or value._view.shape != view._view.shape:
        lead = 0
        while lead < value.dim() and value.shape[lead] == 1:
            lead += 1
        if lead or not indices and not scalar:
            value = value.view(value.shape[lead:])
    if indices:
        if value._view.storage.kernels is not view._view.storage.kernels and not value.dim():
            value = value.to(view.device)
        view.index_put_(Indices(indices), value)
        return
    if not scalar and value._view.shape != view._view.shape:
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
    Require().fits(value, float64 if d in narrow_floats else d)
    return element_of(value, d)


@op("only", name="index", node="IndexBackward0", dtypes="every", elsewhere="indices")
def index_(input, indices):
    """The elements at integer indices, one tensor or None for each dimension; the indices are broadcast together."""
    warn_of_bytes(indices)
    expanded = expand_indices(input, indices)
    shape, strides = result_geometry(input, expanded)
    out = allocate_like(input, shape, strides=strides)
    kernels = input._view.storage.kernels
    kernels.index(out._view, input._view, [None if i is None else i._view for i in expanded])
    return out


def _index_constraints(require, input, indices, in_words="too many indices for tensor of dimension {2} (got {1})"):
    """``in_words``: what torch says where masks and indices together stand for more dimensions than there are."""
    kinds = (bool_, uint8, int32, int64)
    sizes = input._view.shape
    require(len(indices) <= len(sizes), IndexError, "too many indices for tensor of dimension {} (got {})", len(sizes), len(indices))
    require(all(i is None or i.dtype in kinds for i in indices), IndexError, "tensors used as indices must be long, int, byte or bool tensors")
    first = 0
    for i in indices:
        is_mask = i is not None and i.dtype in (bool_, uint8)
        mask = i._view.shape if is_mask else ()
        wrong = next((d for d, size in enumerate(mask, first) if d >= len(sizes) or size != sizes[d]), None)
        require(wrong is None, IndexError, "The shape of the mask {} at index {} does not match the shape of the indexed tensor {} at index {}",
                *(() if wrong is None else (list(mask), wrong - first, list(sizes), wrong)))  # fmt: skip
        first += len(mask) if is_mask else 1
    ndim = len(sizes)
    require(first <= ndim or len(indices) > ndim, IndexError, in_words, ndim - 1, first, ndim)


@index_.constraints
def _(require, input, indices):
    _index_constraints(require, input, indices)
    require.each_element(lambda: out_of_range(input, expand_indices(input, indices)), IndexError, _OUT_OF_RANGE)


index_.derivative(input=lambda grad, input_shape, indices: grad.new_zeros(input_shape).index_put(Indices(indices), grad, accumulate=True))


def _is_masked_fill(indices, values, accumulate):
    """Whether one value is written for one mask, which torch passes on to masked_fill_: it is cast, and the mask may be the tensor itself."""
    given = [i for i in indices if i is not None]
    return values.numel() == 1 and not accumulate and len(given) == 1 and given[0].dtype in (bool_, uint8)


def _spread_mask(indices, input):
    """The one mask among the indices, with a dimension of size 1 for each of the input's behind those that it stands for."""
    first, given = next((d, i) for d, i in enumerate(indices) if i is not None)
    mask = on_device_of(given, input)
    behind = [1] * (input.dim() - first - mask.dim())
    return mask.reshape([*mask.shape, *behind]) if behind else mask


def _without_dimension(indices):
    """Whether there are masks, and none has a dimension."""
    return bool(indices) and all(i is not None and i.dtype in (bool_, uint8) and not i.dim() for i in indices)


@op("function method", node="IndexPutBackward0", dtypes="ordinary float8 complex32", elsewhere="indices", slices=masks_of("indices"))
def index_put_(input, indices, values, accumulate=False):
    """Write ``values`` at the indices, broadcast to the shape that indexing gives; with ``accumulate`` add them, repeated indices each time.

    ``indices`` is a tuple with a tensor for each leading dimension, or for several if it is a mask: integers, of which negative ones count from
    the end, and bool masks are broadcast together as in ``x[indices]``. ``values`` has this tensor's dtype; one value for one mask is cast.
    Without ``accumulate`` the last of repeated indices wins (torch leaves that open). Integers wrap around; accumulated floats are exact sums,
    rounded once.
    IndexError for an index out of range or of another dtype, too many indices, a mask of another shape, or indices that do not broadcast;
    RuntimeError for no index at all, for values of another dtype or shape, or one that the dtype cannot hold, or if elements that are written
    share memory with each other or with what is read.
    The gradient of this tensor is 0 where something was written (but with ``accumulate``); that of the values is what arrives there.

    >>> zeros(3).index_put_((tensor([0, 0]),), tensor([1., 2.]), accumulate=True)
    tensor([3., 0., 0.])
    """
    if _is_masked_fill(indices, values, accumulate):
        mask = _spread_mask(indices, input)
        written = elementwise("where", mask, element_of(number_of(values), input.dtype), input.detach(), dtype=input.dtype)
        target = input._view
        target.storage.kernels.copy(target, written._view)
        return input
    warn_of_bytes(indices)
    if input.is_meta:
        return input
    if _without_dimension(indices):  # all of the elements, or none
        if all(indices):
            input.detach().copy_(values.expand(input.shape))
        return input
    expanded = expand_indices(input, indices)
    shape, _ = result_geometry(input, expanded)
    target, source = input._view, values._view
    spread = View(source.storage, source.offset, shape, broadcast_strides(source.shape, source.strides, shape), source.dtype)
    target.storage.kernels.index_put(target, [None if i is None else i._view for i in expanded], spread, accumulate)
    return input


def _index_put_constraints(require, input, indices, values, accumulate):
    require(indices or not input.numel(), RuntimeError, "sym_strides() called on an undefined Tensor", also=(
        (RuntimeError, 'ntensor >= 3 INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/aten/src/ATen/native/cpu/IndexKernelUtils.h":8, '
                       "please report a bug to PyTorch."),))  # fmt: skip
    _index_constraints(require, input, indices, "Dimension out of range (expected to be in range of [-{2}, {0}], but got {2})")
    masked = _is_masked_fill(indices, values, accumulate)
    require(not masked or all(i is None or i.dtype is bool_ for i in indices), RuntimeError,
            "masked_fill_ only supports boolean masks, but got mask with dtype unsigned char")  # fmt: skip
    require.fits(number_of(values) if masked and values.dtype is not input.dtype else 0, input.dtype)
    if masked and input.numel():  # the value may have any shape, and nothing is out of range
        return
    without_dimension = _without_dimension(indices)
    expanded: list[Any] = expand_indices(input, indices) if indices and not without_dimension else [None] * input.dim()
    nowhere = any(i is not None and i.numel() and not size for i, size in zip(expanded, input.shape))
    require(not nowhere, IndexError,
            "index is out of bounds for dimension with size 0")  # fmt: skip
    shape = result_geometry(input, expanded)[0] if indices and not without_dimension else input.shape
    lead = len(shape) - values.dim()
    fit = lead >= 0 and all(s in (1, shape[lead + d]) for d, s in enumerate(values.shape))
    require(fit, RuntimeError, "shape mismatch: value tensor of shape {} cannot be broadcast to indexing result of shape {}",
            list(values.shape), list(shape))  # fmt: skip
    looked_at = not (0 in shape or nowhere or not indices)  # where nothing is written torch does not look
    wrong = list(out_of_range(input, expanded)) if looked_at else []
    require(not wrong, IndexError, _OUT_OF_RANGE, *(wrong[0] if wrong else ()),
            also=[(IndexError, _OUT_OF_RANGE.format(*other)) for other in wrong[1:]])  # fmt: skip
    ours, theirs = input.dtype, values.dtype
    require(masked or ours is theirs, RuntimeError, "Index put requires the source and destination dtypes match, got {} for the destination and "
            "{} for the source.", ours.type_name, theirs.type_name)  # fmt: skip
    taken = masked or not without_dimension or not input.numel()
    require(taken, RuntimeError, "index_put: masks without a dimension take one value, which is not added",
            also=((RuntimeError, 'ntensor >= 3 INTERNAL ASSERT FAILED at "/__w/pytorch/pytorch/aten/src/ATen/native/cpu/IndexKernelUtils.h":8, '
                                 "please report a bug to PyTorch."),))  # fmt: skip


@index_put_.constraints
def _(require, input, indices, values, accumulate):
    _index_put_constraints(require, input, indices, values, accumulate)
    view, masked = input._view, _is_masked_fill(indices, values, accumulate)
    read = [i for i in (indices if masked else (values, *indices)) if i is not None]
    require(not has_internal_overlap(view.shape, view.strides), RuntimeError, SHARED_ELEMENTS)
    require(not any(i is input and not masked or overlap(view, i._view, not masked) for i in read), RuntimeError, SHARED_INPUT)


def _bool_masks(indices):
    """The indices with masks of uint8 as masks of bool, which alone take one value for all places."""
    return [i.to(bool_) if i is not None and i.dtype is uint8 else i for i in indices]


index_put_.derivative(
    input=lambda grad, indices, accumulate: grad if accumulate else grad.index_put(Indices(_bool_masks(indices)), grad.new_zeros(())),
    values=lambda grad, indices: index_(grad, indices),
)


@op("method", node="IndexPutBackward0", dtypes="ordinary float8 complex32", elsewhere="indices", slices=masks_of("indices"))
def index_put(input, indices, values, accumulate=False):
    """A copy of the input with ``values`` written (or added) at the indices, as :meth:`index_put_` does, with the same constraints and gradient.

    IndexError and RuntimeError as there, but that the elements of the input may share memory.

    >>> index_put(zeros(3), (tensor([1]),), tensor(5.))
    tensor([0., 5., 0.])
    """
    return index_put_.operation.body(input.clone(), indices, values, accumulate)


@index_put.constraints
def _(require, input, indices, values, accumulate):
    _index_put_constraints(require, input, indices, values, accumulate)


index_put.derivative(**index_put_.operation.gradients)
