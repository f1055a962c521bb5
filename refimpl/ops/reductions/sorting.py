"""Sorting: elements in order along a dimension, and where they stood."""

from __future__ import annotations

from ... import return_types
from ...foundation.dtypes import bool_, int64
from ...foundation.layout import preserved_strides, wrap_dim
from ...operations.registry import op
from ...tensor import allocate_like
from ..shared.outputs import same_dtype


@op("method out", out=same_dtype, node=lambda bound: f"SortBackward{int(bound['stable'] is not None)}")
def sort(input, dim=-1, descending=False, *, stable=None):
    """The elements in order along ``dim``, and where each stood: a named tuple (values, indices).

    NaN counts as the greatest. The order of equal elements is kept (torch promises that only with ``stable=True``).

    >>> sort(tensor([3, 1, 2]))
    torch.return_types.sort(
    values=tensor([1, 2, 3]),
    indices=tensor([1, 2, 0]))
    """
    view = input._view
    d = wrap_dim(dim, len(view.shape))
    if input.is_complex():
        raise RuntimeError(" Sort does not support complex dtypes on CPU")
    strides = preserved_strides(view.shape, view.strides)
    values = allocate_like(input, strides=strides)
    indices = allocate_like(input, dtype=int64, strides=strides)
    if not view.shape:
        values.copy_(input.detach())
        indices.zero_()
    else:
        view.storage.kernels.sort(values._view, indices._view, view, d, descending)
    return return_types.sort((values, indices))


sort.derivative(input=lambda grad, input_shape, dim, result1: (
    grad.new_zeros(input_shape).scatter(dim, result1, grad) if input_shape else grad))


@op("method out", out=same_dtype)
def argsort(input, dim=-1, descending=False, *, stable=False):
    """The indices of :func:`sort`.

    >>> argsort(tensor([3, 1, 2]))
    tensor([1, 2, 0])
    """
    return sort(input.detach(), dim=dim, descending=descending, stable=stable)[1]


@op("method out", out=same_dtype)
def msort(input):
    """The elements in order along the first dimension: the values of ``sort(input, 0)``.

    >>> msort(tensor([3, 1, 2]))
    tensor([1, 2, 3])
    """
    return sort(input, 0)[0]


@op("method out", out=same_dtype)
def topk(input, k, dim=-1, largest=True, sorted=True):
    """The ``k`` greatest (or least) elements along ``dim`` in order, and where they stood: a named tuple (values, indices).

    NaN counts as the greatest. Of equal elements the first are taken (torch leaves that open).

    >>> topk(tensor([1, 3, 2]), 2)
    torch.return_types.topk(
    values=tensor([3, 2]),
    indices=tensor([1, 2]))
    """
    k = k
    d = wrap_dim(dim, input.dim())
    size = input.shape[d] if input.dim() else 1
    if not 0 <= k <= size:
        raise RuntimeError("selected index k out of range")
    if input.dtype is bool_:
        raise RuntimeError("topk does not support bool dtypes on CPU")
    if input.is_complex():
        raise RuntimeError(" topk does not support complex dtypes on CPU")
    values, indices = sort(input.detach(), d, largest)
    if input.dim():
        values, indices = values.narrow(d, 0, k), indices.narrow(d, 0, k)
    return return_types.topk((_packed(values), _packed(indices)))


def _packed(part):
    result = allocate_like(part)
    result._view.storage.kernels.copy(result._view, part._view)
    return result


topk.derivative(input=lambda grad, input_shape, dim, result1: (
    grad.new_zeros(input_shape).scatter(dim, result1, grad) if input_shape else grad))
