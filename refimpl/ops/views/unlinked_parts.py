"""Parts of a tensor that share its memory without being views of it: autograd does not see what is written into one of them."""

from __future__ import annotations

from ...autograd.modes import modes
from ...foundation.layout import wrap_dim
from ...operations.registry import op
from ...tensor import wrap
from .copied_parts import _joined
from .splits import chunk, split, split_with_sizes


def _unlinked(split, input, sizes, dim):
    """The parts with a count of writes of their own. In inference mode, where nothing is counted, they are the views themselves."""
    if modes.inference:
        return split(input, sizes, dim)
    return tuple([wrap(part._view) for part in split(input.detach(), sizes, dim)])


@op("method", dtypes="every")
def unsafe_split(input, split_size, dim=0):
    """Consecutive parts of equal size along a dimension (the last may be smaller), as a tuple of tensors in the input's memory.

    They are no views of the input in the graph: each may be written in place, and neither the input nor the other parts count that as a change.
    Shapes, errors: as for :func:`split`. Dtypes: all. Gradient: what arrives at the parts, joined. Source: torch.unsafe_split.

    >>> unsafe_split(tensor([1, 2, 3]), 2)
    (tensor([1, 2]), tensor([3]))
    """
    return _unlinked(split, input, split_size, dim)


unsafe_split.derivative(input=_joined)


@op("method", dtypes="every")
def unsafe_split_with_sizes(input, split_sizes, dim=0):
    """Consecutive parts of the given sizes along a dimension, as a tuple of tensors in the input's memory: :func:`unsafe_split` with sizes.

    Shapes, errors: as for :func:`split_with_sizes`. Dtypes: all. Gradient: what arrives at the parts, joined.
    Source: torch.unsafe_split_with_sizes.

    >>> unsafe_split_with_sizes(tensor([1, 2, 3]), [1, 2])
    (tensor([1]), tensor([2, 3]))
    """
    return _unlinked(split_with_sizes, input, split_sizes, dim)


unsafe_split_with_sizes.derivative(input=_joined)


@op("method")
def unsafe_chunk(input, chunks, dim=0):
    """At most ``chunks`` parts of equal size along a dimension (the last may be smaller), as a tuple of tensors in the input's memory.

    They are no views of the input in the graph, as those of :func:`unsafe_split`.
    Shapes, errors: as for :func:`chunk`. Dtypes: all. Gradient: what arrives at the parts, joined. Source: torch.unsafe_chunk.

    >>> unsafe_chunk(tensor([1, 2, 3, 4, 5]), 3)
    (tensor([1, 2]), tensor([3, 4]), tensor([5]))
    """
    d = wrap_dim(dim, input.dim())
    size = input.shape[d]
    return unsafe_split(input, -(-size // chunks), d) if size else unsafe_split_with_sizes(input, [0] * chunks, d)


@unsafe_chunk.constraints
def _(require, input, chunks, dim):
    chunk.operation.constraints.function(require, input, chunks, dim)
