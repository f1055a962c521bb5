"""Triangles and diagonals of matrices."""

from __future__ import annotations

from ...foundation.contracts import accumulated
from ...foundation.layout import wrap_dim
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor, allocate_like, contiguous_format, wrap
from ..creation.ranges import arange
from ..views.slices import diagonal_backward


def _triangle(input: Tensor, diagonal: int, lower: bool) -> Tensor:
    rows, columns = input.shape[-2:]
    distance = arange(columns, device=input.device) - arange(rows, device=input.device).unsqueeze(1)
    masked = input.masked_fill(distance > diagonal if lower else distance < diagonal, 0)
    result = allocate_like(input)
    result._view.storage.kernels.copy(result._view, masked._view)
    return result


@op("method inplace out", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="ordinary complex32")
def tril(input, diagonal=0):
    """The lower triangle of a matrix, or of each matrix in a batch; the elements above it are 0.

    ``diagonal`` says which diagonal is the last that is kept: 0 the main one, positive ones above it. Shapes: that of the input, which has two
    dimensions or more. Dtypes: all. Special cases: what is above is 0 whatever it was, NaN too. Errors: RuntimeError for fewer than two
    dimensions. Gradient: the lower triangle of that of the result.

    >>> tril(ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return _triangle(input.detach(), diagonal, True)


@tril.constraints
def _(require, input):
    require(input.dim() >= 2, RuntimeError, "tril: input tensor must have at least 2 dimensions")


tril.derivative(input=lambda grad, diagonal: grad.tril(diagonal))


@op("method inplace out", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="ordinary complex32")
def triu(input, diagonal=0):
    """The upper triangle of a matrix, or of each matrix in a batch; the elements below it are 0.

    ``diagonal`` says which diagonal is the first that is kept: 0 the main one, positive ones above it. Shapes, dtypes and errors: as for
    :func:`tril`. Special cases: what is below is 0 whatever it was, NaN too. Gradient: the upper triangle of that of the result.

    >>> triu(ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return _triangle(input.detach(), diagonal, False)


@triu.constraints
def _(require, input):
    require(input.dim() >= 2, RuntimeError, "triu: input tensor must have at least 2 dimensions")


triu.derivative(input=lambda grad, diagonal: grad.triu(diagonal))


_DIAGONAL = EXACT_OUTPUT._replace(also=("diag: result type {result} can't be cast to the desired out= type {out}",))


@op("method out", out=_DIAGONAL, sharing=COMPUTED)
def diag(input, diagonal=0):
    """A matrix with the vector on a diagonal, or a copy of the diagonal of a matrix.

    Shapes: of a vector (n) a square matrix with n + |diagonal| rows; of a matrix a vector. Dtypes: all. Errors: RuntimeError for other ranks.
    Gradient: that of :func:`diag_embed` or :func:`diagonal_copy`.

    >>> diag(tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag_embed(input, diagonal) if input.dim() == 1 else diagonal_copy(input, diagonal)


@diag.constraints
def _(require, input):
    require(input.dim() in (1, 2), RuntimeError, "diag(): Supports 1D or 2D tensors. Got {}D", input.dim(),
            also=((RuntimeError, "Supports 1D or 2D tensors. Got {}D"),))  # fmt: skip


@op("function out", node="DiagonalBackward0_copy", out=EXACT_OUTPUT, sharing=COMPUTED, dtypes="every")
def diagonal_copy(input, offset=0, dim1=0, dim2=1):
    """A contiguous copy of what :func:`diagonal` is a view of: the elements whose indices in two dimensions differ by ``offset``.

    Shapes: the two dimensions disappear, a new last one has the diagonal. Dtypes: all. Errors: IndexError for a dimension that the input does not
    have, RuntimeError if the two are the same. Gradient: zeros, with that of the result on the diagonal.

    >>> diagonal_copy(tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return wrap(input.detach().diagonal(offset, dim1, dim2).clone(memory_format=contiguous_format)._view)


diagonal_copy.derivative(
    input=lambda grad, input_shape, offset, dim1, dim2: diagonal_backward(grad, input_shape, offset, dim1, dim2),
)


@op("method")
def diagflat(input, offset=0):
    """A matrix that has the elements of the flattened input on a diagonal, and zeros elsewhere.

    Shapes: n elements of any shape give a square matrix with n + |offset| rows. Dtypes: all. Gradient: that of :func:`diag_embed`.

    >>> diagflat(tensor([[1, 2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag(input.contiguous().view(-1), offset)


@op("method", dtypes="every")
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """Matrices that have the vectors along the last dimension on a diagonal, and zeros elsewhere.

    Shapes: the last dimension (n) is replaced by two of n + |offset|, which are ``dim1`` and ``dim2`` of the result; a positive ``offset`` stands for
    a diagonal above the main one. Dtypes: all. Errors: IndexError for a dimension that the result does not have and for a 0-d input, RuntimeError
    if the two dimensions are the same. Gradient: the diagonal of that of the result.

    >>> diag_embed(tensor([1, 2]), 1)
    tensor([[0, 1, 0],
            [0, 0, 2],
            [0, 0, 0]])
    """
    ndim = input.dim() + 1
    a, b = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    size = input.shape[-1] + abs(offset)
    shape = list(input.shape[:-1])
    for d in sorted((a, b)):
        shape.insert(d, size)
    out = input.detach().new_zeros(shape)
    out.diagonal(offset, a, b).copy_(input.detach())
    return out


@diag_embed.constraints
def _(require, input, dim1, dim2):
    count = input.dim() + 1
    for dim in (dim1, dim2):
        require(-count <= dim < count, IndexError, "Dimension out of range (expected to be in range of [{}, {}], but got {})", -count, count - 1, dim)
    require(dim1 % count != dim2 % count, RuntimeError, "diagonal dimensions cannot be identical {}, {}", dim1, dim2)


diag_embed.derivative(input=lambda grad, offset, dim1, dim2: grad.diagonal(offset, dim1, dim2))


@op("method", contract=accumulated(1), dtypes="integer floating complex")
def trace(input):
    """The sum of the elements on the main diagonal of a matrix: the exact sum, rounded once.

    Shapes: the input has two dimensions, the result none. Dtypes: all but bool; integers are added as int64, modulo 2**64. Special cases: a matrix
    without elements has trace 0; NaN, and infinities of both signs, give NaN; what stands off the diagonal does not matter. Errors: RuntimeError for
    another number of dimensions, NotImplementedError for bool. Gradient: that of the result on the diagonal, zeros elsewhere.
    Source: torch.trace.

    >>> trace(tensor([[1., 2.], [3., 4.]]))
    tensor(5.)
    """
    return input.detach().diagonal().sum()


@trace.constraints
def _(require, input):
    require(input.dim() == 2, RuntimeError, "trace: expected a matrix, but got tensor with dim {}", input.dim())


trace.derivative(input=lambda grad, input_shape: diagonal_backward(grad.expand(min(input_shape)), input_shape, 0, 0, 1))
