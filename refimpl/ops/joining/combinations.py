"""Combinations of elements of vectors, and matrices that are put together from blocks or powers.

But for :func:`block_diag` composites: their gradients are those of the operations that they are made of.
"""

from __future__ import annotations

from ...foundation.contracts import accumulated
from ...foundation.dtypes import int64
from ...foundation.promotion import promote_types
from ...operations.dtype_support import operand_dtype
from ...operations.registry import op
from ..creation.ranges import arange
from .joining import stack
from .repeats import meshgrid


@op("python")
def cartesian_prod(*tensors):
    """Every combination of one element of each vector, one a row, the last vector changing fastest; of a single vector that one itself.

    Dtypes: all, the same for all tensors. Errors: RuntimeError for no tensors, other dtypes and other ranks; TypeError for something else than
    tensors. Source: torch.cartesian_prod.

    >>> cartesian_prod(tensor([1, 2]), tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    if len(tensors) == 1:
        return tensors[0]
    return stack([grid.flatten() for grid in meshgrid(*tensors, indexing="ij")], 1)


@cartesian_prod.constraints
def _(require, tensors):
    require.tensors(tensors)
    for t in tensors:
        require(t.dim() == 1, RuntimeError, "Expect a 1D vector, but got shape {}", list(t.shape))
    require(tensors, RuntimeError, "meshgrid expects a non-empty TensorList")
    require(len({t.dtype for t in tensors}) < 2, RuntimeError, "meshgrid expects all tensors to have the same dtype")


@op("function")
def combinations(input, r=2, with_replacement=False):
    """Every combination of ``r`` elements of a vector, one a row, in the order of their places; each once, or any number of times with replacement.

    Shapes: r columns; for r = 0 an empty vector. Dtypes: all. Errors: RuntimeError for another rank and a negative ``r``. Source:
    torch.combinations.

    >>> combinations(tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    if r == 0:
        return input.new_empty((0,))
    places = arange(input.shape[0], device=input.device).unsqueeze(1)
    chosen = places
    for _ in range(r - 1):  # the rows so far, each with every place behind its last one
        following = chosen.select(1, -1).unsqueeze(1) <= places.t() if with_replacement else chosen.select(1, -1).unsqueeze(1) < places.t()
        rows, columns = following.nonzero().unbind(1)
        chosen = stack([*chosen.index_select(0, rows).unbind(1), columns], 1)
    return stack([input.index_select(0, column) for column in chosen.unbind(1)], 1)


@combinations.constraints
def _(require, input, r):
    require(input.dim() == 1, RuntimeError, "Expect a 1D vector, but got shape {}", list(input.shape))
    require(r >= 0, RuntimeError, "Expect a non-negative number, but got {}", r)


def _blocks(tensors):
    """Each block's rows and columns: the first, and how many."""
    row = column = 0
    for t in tensors:
        height, width = (1,) * (2 - t.dim()) + tuple(t.shape)
        yield row, column, height, width
        row, column = row + height, column + width


@op("python", dtypes="every")
def block_diag(*tensors):
    """A matrix with blocks along its diagonal, and 0 elsewhere. 0-d tensors and vectors count as matrices of one row.

    Dtypes: all, promoted. Special cases: no tensors give a matrix of one row and no columns. Errors: RuntimeError for more dimensions; TypeError for
    something else than tensors. Gradient: of each block what arrives there. Source: torch.block_diag.

    >>> block_diag(tensor([[1, 2]]), tensor([[3], [4]]))
    tensor([[1, 2, 0],
            [0, 0, 3],
            [0, 0, 4]])
    """
    from ..creation.filled import zeros

    if not tensors:
        return zeros((1, 0))
    places = list(_blocks(tensors))
    size = (places[-1][0] + places[-1][2], places[-1][1] + places[-1][3])
    result = tensors[0].new_zeros(size, dtype=operand_dtype([tensors]))
    for t, (row, column, height, width) in zip(tensors, places):
        result.narrow(0, row, height).narrow(1, column, width).copy_(t.detach().reshape((height, width)))
    return result


@block_diag.constraints
def _(require, tensors):
    require.tensors(tensors)
    for number, t in enumerate(tensors):
        require(t.dim() <= 2, RuntimeError, "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {} has {} dimensions", number,
                t.dim())  # fmt: skip


def _block_gradients(grad, tensors):
    return [grad.narrow(0, row, height).narrow(1, column, width).reshape(t.shape) for t, (row, column, height, width) in
            zip(tensors, _blocks(tensors))]  # fmt: skip


block_diag.derivative(tensors=_block_gradients)


@op("function", contract=accumulated(2))
def vander(x, N=None, increasing=False):
    """The powers of the elements of a vector, one element a row: from ``N - 1`` down to 0, or from 0 up with ``increasing``.

    Shapes: ``N`` columns, without it as many as rows. Dtypes: all; bool and narrow integers give int64. Each power is the one before it times the
    element, rounded. Special cases: the power 0 of NaN, infinities and 0 is 1. Errors: RuntimeError for another rank and a negative ``N``.
    Source: torch.vander.

    >>> vander(tensor([1, 2, 3]))
    tensor([[1, 1, 1],
            [4, 2, 1],
            [9, 3, 1]])
    """
    count = x.shape[0] if N is None else N
    result = x.new_ones((x.shape[0], count), dtype=promote_types(x.dtype, int64))
    if count > 1:
        result.narrow(1, 1, count - 1).copy_(x.to(result.dtype).unsqueeze(1).expand(x.shape[0], count - 1).cumprod(1))
    return result if increasing else result.flip((1,))


@vander.constraints
def _(require, x, N):
    require(x.dim() == 1, RuntimeError, "x must be a one-dimensional tensor.")
    require(N is None or N >= 0, RuntimeError, "N must be non-negative.")
