"""Sorting: elements in order along a dimension, and where they stood."""

from __future__ import annotations

from typing import Any

from ... import return_types
from ...foundation.dtypes import bool_, int64
from ...foundation.layout import preserved_strides, wrap_dim
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import RUNNING
from ...tensor import Tensor, allocate_like


def _sortable(require: Any, input: Tensor, dim: int) -> None:
    require.dimension(dim, input)
    _ordered(require, input)


def _ordered(require: Any, input: Tensor) -> None:
    require(not input.is_complex(), RuntimeError, " Sort does not support complex dtypes on CPU")


@op("method out", out=EXACT_OUTPUT, sharing=RUNNING, node=lambda bound: f"SortBackward{int(bound['stable'] is not None)}", dtypes="ordinary unsigned")
def sort(input, dim=-1, descending=False, *, stable=None):
    """The elements in order along ``dim``, and where each stood: a named tuple (values, indices).

    Shapes: that of the input; a 0-d tensor counts as one element. Both results keep the input's order of dimensions in memory. Dtypes: all but
    complex ones; the indices are int64. Special cases: NaN counts as the greatest, and the zeros as equal. The order of equal elements is kept
    (torch promises that only with ``stable=True``). Errors: IndexError for a dimension that the input does not have, RuntimeError for complex
    input. Gradient: that of each value, for the element that it was.

    >>> sort(tensor([3, 1, 2]))
    torch.return_types.sort(
    values=tensor([1, 2, 3]),
    indices=tensor([1, 2, 0]))
    """
    view = input._view
    d = wrap_dim(dim, len(view.shape))
    strides = preserved_strides(view.shape, view.strides)
    values = allocate_like(input, strides=strides)
    indices = allocate_like(input, dtype=int64, strides=strides)
    if not view.shape:
        values.copy_(input.detach())
        indices.zero_()
    else:
        view.storage.kernels.sort(values._view, indices._view, view, d, descending)
    return return_types.sort((values, indices))


@sort.constraints
def _(require, input, dim):
    _sortable(require, input, dim)


sort.derivative(input=lambda grad, input_shape, dim, result1: (
    grad.new_zeros(input_shape).scatter(dim, result1, grad) if input_shape else grad))


@op("method out", out=EXACT_OUTPUT, sharing=RUNNING)
def argsort(input, dim=-1, descending=False, *, stable=False):
    """The indices of :func:`sort`: where along ``dim`` the elements stand that would be in order.

    Shapes, special cases and errors: as for :func:`sort`. Dtypes: all but complex ones; the result is int64. No gradient.

    >>> argsort(tensor([3, 1, 2]))
    tensor([1, 2, 0])
    """
    return sort(input.detach(), dim=dim, descending=descending, stable=stable)[1]


@argsort.constraints
def _(require, input, dim):
    _sortable(require, input, dim)


@op("method out", out=EXACT_OUTPUT, sharing=RUNNING)
def msort(input):
    """The elements in order along the first dimension: the values of ``sort(input, 0)``.

    Shapes, dtypes, special cases, errors and gradient: as for :func:`sort`.

    >>> msort(tensor([3, 1, 2]))
    tensor([1, 2, 3])
    """
    return sort(input, 0)[0]


@msort.constraints
def _(require, input):
    _ordered(require, input)


@op("method out", out=EXACT_OUTPUT, sharing=RUNNING)
def topk(input, k, dim=-1, largest=True, sorted=True):
    """The ``k`` greatest (or least) elements along ``dim`` in order, and where they stood: a named tuple (values, indices).

    Shapes: that of the input, but ``k`` along ``dim``; a 0-d tensor counts as one element. Both results are contiguous. Dtypes: integers and real
    floating point ones; the indices are int64. Special cases: NaN counts as the greatest; of equal elements the first are taken (torch leaves that
    open). Errors: IndexError for a dimension that the input does not have, RuntimeError for more elements than there are, for bool and for complex
    input. Gradient: that of each value, for the element that it was.

    >>> topk(tensor([1, 3, 2]), 2)
    torch.return_types.topk(
    values=tensor([3, 2]),
    indices=tensor([1, 2]))
    """
    d = wrap_dim(dim, input.dim())
    values, indices = sort(input.detach(), d, largest)
    if input.dim():
        values, indices = values.narrow(d, 0, k), indices.narrow(d, 0, k)
    return return_types.topk((_packed(values), _packed(indices)))


@topk.constraints
def _(require, input, k, dim):
    require.dimension(dim, input)
    require(input.dtype is not bool_, RuntimeError, "topk does not support bool dtypes on CPU")
    require(not input.is_complex(), RuntimeError, " topk does not support complex dtypes on CPU")
    require(0 <= k <= (input.shape[dim] if input.dim() else 1), RuntimeError, "selected index k out of range")


def _packed(part):
    result = allocate_like(part)
    result._view.storage.kernels.copy(result._view, part._view)
    return result


topk.derivative(input=lambda grad, input_shape, dim, result1: (
    grad.new_zeros(input_shape).scatter(dim, result1, grad) if input_shape else grad))
