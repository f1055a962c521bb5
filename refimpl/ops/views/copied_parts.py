"""Contiguous copies of all parts of a tensor along a dimension: each part has memory of its own."""

from __future__ import annotations

from ...operations.output_kinds import Listed
from ...operations.registry import op
from .copies import contiguous_copy
from .splits import split, split_with_sizes, unbind

_LENGTH = " expected an out= argument of size {}, got size {}"


def _parts(views):
    return tuple([contiguous_copy(part) for part in views])


def _joined(grads, dim):
    from ..joining.joining import cat

    return cat(grads, dim)


@op("function out", node="SplitBackward0_copy", out=Listed(split, "split_copy_Tensor_out()" + _LENGTH, assigned=True), dtypes="every")
def split_copy(input, split_size, dim=0):
    """Contiguous copies of consecutive parts of equal size along a dimension (the last may be smaller), as a tuple.

    With ``out``, a list of as many tensors, the result is None: each part is copied into its tensor, broadcast and cast as :meth:`copy_` does.
    Shapes, errors: as for :func:`split`; RuntimeError for a list of another length. Dtypes: all. Gradient: what arrives at the parts, joined.
    Source: torch.split_copy.

    >>> split_copy(tensor([1, 2, 3]), 2)
    (tensor([1, 2]), tensor([3]))
    """
    return _parts(split(input.detach(), split_size, dim))


split_copy.derivative(input=_joined)


@op("function out", node="SplitWithSizesBackward0_copy", out=Listed(split_with_sizes, "split_with_sizes_copy_out" + _LENGTH), dtypes="every")
def split_with_sizes_copy(input, split_sizes, dim=0):
    """Contiguous copies of consecutive parts of the given sizes along a dimension, as a tuple.

    With ``out``, a list of as many tensors of the input's dtype, the result is None.
    Shapes, errors: as for :func:`split_with_sizes`; RuntimeError for a list of another length. Dtypes: all. Gradient: what arrives at the parts,
    joined. Source: torch.split_with_sizes_copy.

    >>> split_with_sizes_copy(tensor([1, 2, 3]), [1, 2])
    (tensor([1]), tensor([2, 3]))
    """
    return _parts(split_with_sizes(input.detach(), split_sizes, dim))


split_with_sizes_copy.derivative(input=_joined)


def _stacked(grads, dim):
    from ..joining.joining import stack

    return stack(grads, dim)


@op("function out", node="UnbindBackward0_copy", out=Listed(unbind, "unbind_copy_int_out" + _LENGTH), dtypes="every")
def unbind_copy(input, dim=0):
    """Contiguous copies of the parts along a dimension, which disappears, as a tuple.

    With ``out``, a list of as many tensors of the input's dtype, the result is None.
    Shapes, errors: as for :func:`unbind`; RuntimeError for a list of another length. Dtypes: all. Gradient: what arrives at the parts, stacked.
    Source: torch.unbind_copy.

    >>> unbind_copy(tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    return _parts(unbind(input.detach(), dim))


unbind_copy.derivative(input=_stacked)
