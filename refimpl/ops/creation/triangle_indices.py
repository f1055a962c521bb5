"""The row and column numbers of the elements of a triangle of a matrix."""

from __future__ import annotations

from typing import Any

from ...foundation.dtypes import dtype as dtype_class
from ...foundation.dtypes import int32, int64
from ...foundation.layout import as_int64
from ...operations.registry import op
from ...tensor import Tensor, memory_of
from .fresh import from_numbers, options


def _count(row: int, col: int, offset: int) -> int:
    """How many elements the lower triangle has: those of the rows that the diagonal cuts, one more in each, and those of whole rows below."""
    first = min(max(-offset, 0), row)
    whole = min(max(col - offset, first), row)
    return (whole - first) * (first + whole + 2 * offset + 1) // 2 + (row - whole) * col


def _triangle(row: int, col: int, offset: int, lower: bool, d: dtype_class, device: Any, requires_grad: Any) -> Tensor:
    count = _count(row, col, offset) if lower else row * col - _count(row, col, offset - 1)
    told = as_int64(count)  # the number that torch takes it for
    if told < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {told}: [2, {told}]")
    for n in (told, count):
        memory_of((2, n), d)
    rows: list[int] = []
    cols: list[int] = []
    start, stop = (min(max(-offset, 0), row), row) if lower else (0, min(max(col - offset, 0), row))  # the rows that have elements
    for i in range(start, stop if col else start):
        edge = min(max(i + offset + lower, 0), col)  # where the diagonal cuts the row
        columns = range(edge) if lower else range(edge, col)
        rows.extend([i] * len(columns))
        cols.extend(columns)
    return from_numbers(rows + cols, (2, len(rows)), d, device, requires_grad)


def _triangular(require: Any, row: int, col: int, d: dtype_class, requires_grad: Any, pin_memory: Any) -> None:
    require(row >= 0, RuntimeError, "row must be non-negative, got{}", row)
    require(col >= 0, RuntimeError, "col must be non-negative, got{}", col)
    require(d in (int32, int64), NotImplementedError, "\"triangle\" not implemented for '{}'", d.type_name)
    options(require, d, requires_grad, pin_memory)


@op("function", differentiable=False)
def tril_indices(row, col, offset=0, *, dtype=int64, layout=None, device=None, requires_grad=False, pin_memory=False):
    """The row and column numbers of the lower triangle of a ``row`` by ``col`` matrix, a (2, n) tensor in row-major order.

    An element belongs to it if column <= row + offset. The dtype is int64 unless given.
    RuntimeError for a negative number of rows or columns, for more elements than memory can hold, and for ``requires_grad``, NotImplementedError for
    other dtypes than int32 and int64. There is no gradient.

    >>> tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _triangle(row, col, offset, True, dtype or int64, device, requires_grad)


@tril_indices.constraints
def _(require, row, col, dtype, requires_grad, pin_memory):
    _triangular(require, row, col, dtype or int64, requires_grad, pin_memory)


@op("function", differentiable=False)
def triu_indices(row, col, offset=0, *, dtype=int64, layout=None, device=None, requires_grad=False, pin_memory=False):
    """The row and column numbers of the upper triangle of a ``row`` by ``col`` matrix, a (2, n) tensor in row-major order.

    An element belongs to it if column >= row + offset. The dtype is int64 unless given.
    RuntimeError for a negative number of rows or columns, for more elements than memory can hold, and for ``requires_grad``, NotImplementedError for
    other dtypes than int32 and int64. There is no gradient.

    >>> triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _triangle(row, col, offset, False, dtype or int64, device, requires_grad)


@triu_indices.constraints
def _(require, row, col, dtype, requires_grad, pin_memory):
    _triangular(require, row, col, dtype or int64, requires_grad, pin_memory)
