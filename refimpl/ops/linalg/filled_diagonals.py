"""Diagonals that are filled in place."""

from __future__ import annotations

from typing import Any, Iterator

from ...operations.registry import op
from ...tensor import Tensor, View, contiguous_format
from ..creation.conversion import element_of
from ..creation.fresh import fillable


def _diagonals(view: View, wrap: bool) -> Iterator[View]:
    """The elements whose indices are all the same, and with ``wrap`` those behind them in memory, a row after where the matrix was left."""
    size, stride = min(view.shape), sum(view.strides)
    yield View(view.storage, view.offset, (size if stride else min(size, 1),), (stride or 1,), view.dtype)
    width = view.shape[1]
    if wrap and len(view.shape) == 2 and view.shape[0] > width + 1 and view.numel:
        more = -(-view.numel // (width + 1)) - size
        yield View(view.storage, view.offset + view.strides[0] * (width + 1), (more,), (stride,), view.dtype)


@op("only method", node="CopySlices", dtypes="every")
def fill_diagonal_(input, fill_value, wrap=False):
    """Write a number to the main diagonal, the elements whose indices are all the same, in place.

    With ``wrap`` the diagonal of a matrix that is higher than wide begins again behind a row that is left out. Shapes: two dimensions or more; of
    more than two all sizes are the same. Dtypes: all; the number is cast. Errors: RuntimeError for fewer dimensions, different sizes, and a number
    that the dtype cannot hold. Gradient: 0 on the diagonal. Source: torch.Tensor.fill_diagonal_.

    >>> zeros(2, 3).fill_diagonal_(5)
    tensor([[5., 0., 0.],
            [0., 5., 0.]])
    """
    view = input._view
    for diagonal in _diagonals(view, wrap):
        if diagonal.shape[0]:
            view.storage.kernels.fill(diagonal, element_of(fill_value, view.dtype))
    return input


@fill_diagonal_.constraints
def _(require, input, fill_value):
    require(input.dim() > 1, RuntimeError, "dimensions must larger than 1")
    require(input.dim() < 3 or len(set(input.shape)) == 1, RuntimeError, "all dimensions of input must be of equal length")
    fillable(require, fill_value, input.dtype, min(input.shape, default=0))


def _without_diagonal(grad: Tensor, wrap: bool) -> Any:
    return grad.clone(memory_format=contiguous_format).fill_diagonal_(0, wrap)


fill_diagonal_.derivative(input=_without_diagonal)
