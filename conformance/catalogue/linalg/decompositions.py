"""What stands in the packed results of decompositions."""

from __future__ import annotations

from typing import Any, Sequence

Matrix = list[list[Any]]


def with_unit_diagonal(packed: Matrix) -> tuple[Matrix, Matrix]:
    """L with its ones and U, which stand in one matrix."""
    columns = len(packed[0]) if packed else 0
    k = min(len(packed), columns)
    lower = [[row[j] if j < i else float(i == j) for j in range(k)] for i, row in enumerate(packed)]
    upper = [[x if j >= i else 0.0 for j, x in enumerate(row)] for i, row in enumerate(packed[:k])]
    return lower, upper


def permuted(a: Matrix, pivots: Sequence[int]) -> Matrix:
    """The rows of a matrix, exchanged one after the other."""
    rows = list(a)
    for i, pivot in enumerate(pivots):
        if 0 < pivot <= len(rows):
            rows[i], rows[pivot - 1] = rows[pivot - 1], rows[i]
    return rows
