"""The factors of a Hermitian positive definite matrix. Source: G. Golub, C. Van Loan, Matrix Computations, 4th edition, 4.2."""

from __future__ import annotations

from typing import Any

from ....foundation.matrix_functions import matrix_function
from .arithmetic import Matrix, Row, adjoint, conjugates, divided, identity, plus_products, square_root, zero_of
from .elimination import triangular


@matrix_function("cholesky")
def cholesky(a: Matrix) -> tuple[Any, ...]:
    """L with ``L L^H = A``, and info: the order of the first leading minor that is not positive, or 0. Only the lower triangle of A is read."""
    n, zero = len(a), zero_of(a)
    rows: Matrix = []
    for i in range(n):
        row: Row = []
        for j in range(i):
            negated = [-x for x in conjugates(rows[j][:j])]
            row.append(divided(plus_products(a[i][j], row, negated), rows[j][j]))
        square = plus_products(zero + a[i][i].real, row, [-x for x in conjugates(row)]).real
        if not square > 0.0:
            rest = [[*a[k][: k + 1], *[zero] * (n - k - 1)] for k in range(i, n)]
            return [*[[*row, *[zero] * (n - len(row))] for row in rows], *rest], i + 1
        rows.append([*row, zero + square_root(square)])
    return [[*row, *[zero] * (n - len(row))] for row in rows], 0


def _solve(lower: Matrix, b: Matrix, columns: int) -> Matrix:
    found = triangular(lower, b, columns, upper=False, unit=False)
    return triangular(adjoint(lower, len(lower)), found, columns, upper=True, unit=False)


@matrix_function("cholesky_solve")
def cholesky_solve(lower: Matrix, b: Matrix, columns: int) -> tuple[Any, ...]:
    """X with ``L L^H X = B``."""
    return (_solve(lower, b, columns),)


@matrix_function("cholesky_inverse")
def cholesky_inverse(lower: Matrix) -> tuple[Any, ...]:
    """The inverse of ``L L^H``, and info: the first diagonal element that is 0, from 1 on, or 0. It is Hermitian to the bit."""
    n = len(lower)
    found = _solve(lower, identity(n, zero_of(lower)), n)
    info = next((i + 1 for i in range(n) if lower[i][i] == 0), 0)
    return [[found[i][j] if j <= i else found[j][i].conjugate() for j in range(n)] for i in range(n)], info
