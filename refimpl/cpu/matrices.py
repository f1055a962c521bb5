"""Matrix functions over batches."""

from __future__ import annotations

from math import prod
from typing import Any, Sequence

from ..foundation.kernels import View
from ..foundation.matrix_functions import functions
from .buffers import read, write
from .encode import encode

__all__ = ["map_matrices"]


def map_matrices(name: str, outs: Sequence[View], inputs: Sequence[View], batch: int, **parameters: Any) -> None:
    """The results of the matrix function ``name`` for each index of the ``batch`` leading dimensions, which all views share."""
    rule = functions[name]
    count = prod((outs or inputs)[0].shape[:batch])
    operands = [_cores(list(read(view)), view.shape[batch:], count) for view in inputs]
    flat: list[list[Any]] = [[] for _ in outs]
    for i in range(count):
        for collected, view, result in zip(flat, outs, rule(*[cores[i] for cores in operands], **parameters)):
            _collect(collected, result, len(view.shape) - batch)
    for view, numbers in zip(outs, flat):
        write(view, encode(view.dtype, numbers))


def _cores(numbers: list[Any], shape: tuple[int, ...], count: int) -> list[Any]:
    """What each index of the batch has: numbers, vectors, or matrices as lists of rows."""
    if not shape:
        return numbers
    size = prod(shape)
    cores = [numbers[i * size : (i + 1) * size] for i in range(count)]
    if len(shape) == 1:
        return cores
    rows, columns = shape
    return [[core[r * columns : (r + 1) * columns] for r in range(rows)] for core in cores]


def _collect(collected: list[Any], result: Any, ndim: int) -> None:
    if ndim == 0:
        collected.append(result)
    elif ndim == 1:
        collected.extend(result)
    else:
        for row in result:
            collected.extend(row)
