"""Triangles and diagonals of matrices."""

from __future__ import annotations

from ...foundation.layout import wrap_dim
from ...foundation.promotion import can_cast
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor, allocate_like, contiguous_format, wrap
from ..shared.outputs import same_dtype
from ..views.slices import diagonal_backward


def _triangle(input: Tensor, diagonal: int, lower: bool, name: str) -> Tensor:
    from ..creation.ranges import arange

    diagonal = diagonal
    if input.dim() < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
    rows, columns = input.shape[-2:]
    distance = arange(columns, device=input.device) - arange(rows, device=input.device).unsqueeze(1)
    masked = input.masked_fill(distance > diagonal if lower else distance < diagonal, 0)
    result = allocate_like(input)
    result._view.storage.kernels.copy(result._view, masked._view)
    return result


@op("method inplace out", out=same_dtype, sharing=COMPUTED)
def tril(input, diagonal=0):
    """The lower triangle of a matrix (or batch), zeros above it; ``diagonal`` says which diagonal is the last kept.

    >>> tril(ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return _triangle(input.detach(), diagonal, True, "tril")


tril.derivative(input=lambda grad, diagonal: grad.tril(diagonal))


@op("method inplace out", out=same_dtype, sharing=COMPUTED)
def triu(input, diagonal=0):
    """The upper triangle of a matrix (or batch), zeros below it; ``diagonal`` says which diagonal is the first kept.

    >>> triu(ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return _triangle(input.detach(), diagonal, False, "triu")


triu.derivative(input=lambda grad, diagonal: grad.triu(diagonal))


def _diag_output(function, args, kwargs, outs):
    """As :func:`same_dtype`; of a vector's matrix torch looks whether it can be cast first."""
    input = args[0] if args else kwargs["input"]
    if isinstance(input, Tensor) and input.dim() not in (1, 2):
        raise RuntimeError(f"Supports 1D or 2D tensors. Got {input.dim()}D")
    result, target = function(*args, **kwargs), outs[0].dtype
    if input.dim() == 1 and not can_cast(input.dtype, target):
        raise RuntimeError(f"diag: result type {input.dtype.type_name} can't be cast to the desired out= type {target.type_name}")
    return same_dtype(lambda: result, (), {}, outs)


@op("method out", out=_diag_output, sharing=COMPUTED)
def diag(input, diagonal=0):
    """A matrix with the vector on a diagonal, or a copy of the diagonal of a matrix. RuntimeError for other ranks.

    >>> diag(tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    diagonal = diagonal
    if input.dim() == 1:
        return diag_embed(input, diagonal)
    if input.dim() == 2:
        return diagonal_copy(input, diagonal)
    raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.dim()}D")


@op("function out", node="DiagonalBackward0_copy", out=same_dtype, sharing=COMPUTED)
def diagonal_copy(input, offset=0, dim1=0, dim2=1):
    """:func:`diagonal`, as a contiguous copy.

    >>> diagonal_copy(tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return wrap(input.detach().diagonal(offset, dim1, dim2).clone(memory_format=contiguous_format)._view)


diagonal_copy.derivative(input=lambda grad, input_shape, offset, dim1, dim2: diagonal_backward(grad, input_shape, offset, dim1, dim2))


@op("method")
def diagflat(input, offset=0):
    """A matrix that has the flattened input on a diagonal.

    >>> diagflat(tensor([[1, 2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag(input.contiguous().view(-1), offset)


@op("method")
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """Matrices that have the vectors along the last dimension on a diagonal.

    >>> diag_embed(tensor([1, 2]), 1)
    tensor([[0, 1, 0],
            [0, 0, 2],
            [0, 0, 0]])
    """
    offset = offset
    ndim = input.dim() + 1
    a, b = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    size = input.shape[wrap_dim(-1, input.dim(), zero_dim=False)] + abs(offset)
    shape = list(input.shape[:-1])
    for d in sorted((a, b)):
        shape.insert(d, size)
    out = input.detach().new_zeros(shape)
    out.diagonal(offset, a, b).copy_(input.detach())
    return out


diag_embed.derivative(input=lambda grad, offset, dim1, dim2: grad.diagonal(offset, dim1, dim2))
