"""Gaussian elimination with partial pivoting, and what follows from it: solutions, inverses, determinants.

Each element of the factors is one sum of products (Crout's form), rounded once and divided once. Source: G. Golub, C. Van Loan, Matrix
Computations, 4th edition, 3.2 and 3.4.
"""

from __future__ import annotations

from math import fsum, log
from typing import Any

from ....foundation.matrix_functions import matrix_function
from .arithmetic import Matrix, Row, divided, identity, plus_products, size, transposed, zero_of


class Factors:
    """``P A = L U``: the rows of L left of the diagonal, negated; the columns of U down to the diagonal; ``order``: which row of A is row i of P A;
    ``pivots``: with which row each was exchanged, from 1 on; ``info``: the first diagonal element of U that is 0, from 1 on, or 0."""

    def __init__(self, a: Matrix, columns: int) -> None:
        rows = len(a)
        self.zero = zero_of(a)
        self.lower: Matrix = [[] for _ in range(rows)]
        self.upper: Matrix = []
        self.order = list(range(rows))
        self.pivots: list[int] = []
        self.info = 0
        lower, order = self.lower, self.order
        for j in range(columns):
            column = [a[i][j] for i in order]
            for i in range(1, rows):
                column[i] = plus_products(column[i], lower[i], column)
            self.upper.append(column[: j + 1])
            if j < rows:
                self._eliminate(j, column)

    def _eliminate(self, j: int, column: Row) -> None:
        """Exchange rows for the largest pivot of column ``j``, and append the multipliers to the rows below it."""
        pivot = max(range(j, len(column)), key=lambda i: abs(column[i].real) + abs(column[i].imag))
        self.pivots.append(pivot + 1)
        exchanged: tuple[list[Any], ...] = (self.lower, self.order, column)
        for each in exchanged:
            each[j], each[pivot] = each[pivot], each[j]
        self.upper[j][j] = column[j]
        if column[j] == 0:
            self.info = self.info or j + 1
        for i in range(j + 1, len(column)):
            self.lower[i].append(-divided(column[i], column[j]) if column[j] != 0 else -column[i])

    def packed(self) -> Matrix:
        """L below the diagonal and U above it, in one matrix."""
        return [[0 - x for x in self.lower[i]] + [column[i] for column in self.upper[len(self.lower[i]) :]] for i in range(len(self.lower))]

    def solve(self, b: Row) -> Row:
        """x with ``A x = b``."""
        x: Row = []
        for i, row in enumerate(self.lower):
            x.append(plus_products(b[self.order[i]], row, x))
        return _back(self.upper, x)


    def solve_transposed(self, b: Row) -> Row:
        """x with ``A^T x = b``."""
        y: Row = []
        for i, column in enumerate(self.upper):
            y.append(divided(plus_products(b[i], [-x for x in column[:i]], y), column[i]))
        n = len(y)
        for i in range(n - 1, -1, -1):
            y[i] = plus_products(y[i], [self.lower[k][i] for k in range(i + 1, n)], y[i + 1 :])
        x = list(y)
        for place, value in zip(self.order, y):
            x[place] = value
        return x


def _back(upper: Matrix, x: Row) -> Row:
    """The solution of an upper triangular system, whose columns are given down to the diagonal; it is written into ``x``."""
    rows = [[-upper[j][i] for j in range(len(upper) - 1, i, -1)] for i in range(len(upper))]
    found: Row = []
    for i in range(len(x) - 1, -1, -1):
        found.append(divided(plus_products(x[i], rows[i], found), upper[i][i]))
    return found[::-1]


@matrix_function("lu")
def lu(a: Matrix, columns: int) -> tuple[Any, ...]:
    """L and U in one matrix, the pivots, info."""
    factors = Factors(a, columns)
    return factors.packed(), factors.pivots, factors.info


@matrix_function("solve")
def solve(a: Matrix, b: Matrix, columns: int, left: bool) -> tuple[Any, ...]:
    """X with ``A X = B``, or ``X A = B`` if it is not on the left; B has so many columns. And info, in both cases that of A."""
    factors = Factors(a, len(a))
    if left:
        return transposed([factors.solve(column) for column in transposed(b, columns)], len(a)), factors.info
    return [factors.solve_transposed(row) for row in b], factors.info


@matrix_function("inverse")
def inverse(a: Matrix) -> tuple[Any, ...]:
    """The inverse, and info."""
    factors = Factors(a, len(a))
    return transposed([factors.solve(column) for column in identity(len(a), factors.zero)], len(a)), factors.info


@matrix_function("lu_solve")
def lu_solve(packed: Matrix, pivots: list[int], b: Matrix, columns: int, adjoint: bool) -> tuple[Any, ...]:
    """X with ``A X = B``, or ``A^H X = B``, from the factors of A."""
    n = len(packed)
    order = permutation(pivots, n)
    if adjoint:
        mirrored = [[x.conjugate() for x in column] for column in transposed(packed, n)]
        found = triangular(mirrored, b, columns, upper=False, unit=False)
        found = triangular(mirrored, found, columns, upper=True, unit=True)
        places = sorted(range(n), key=order.__getitem__)
        return ([found[i] for i in places],)
    found = triangular(packed, [b[i] for i in order], columns, upper=False, unit=True)
    return (triangular(packed, found, columns, upper=True, unit=False),)


def permutation(pivots: list[int], rows: int) -> list[int]:
    """Which row of A is row i of P A, by the exchanges that ``pivots`` are."""
    order = list(range(rows))
    for i, pivot in enumerate(pivots):
        order[i], order[pivot - 1] = order[pivot - 1], order[i]
    return order


def triangular(a: Matrix, b: Matrix, columns: int, upper: bool, unit: bool) -> Matrix:
    """X with ``T X = B``, T one triangle of ``a``; ``unit``: with ones on its diagonal."""
    n = len(a)
    order = range(n - 1, -1, -1) if upper else range(n)
    rows = {i: [-a[i][j] for j in order[: order.index(i)]] for i in order}
    solutions = []
    for column in transposed(b, columns):
        found: Row = []
        for i in order:
            value = plus_products(column[i], rows[i], found)
            found.append(value if unit else divided(value, a[i][i]))
        solutions.append(found[::-1] if upper else found)
    return transposed(solutions, n)


@matrix_function("solve_triangular")
def solve_triangular(a: Matrix, b: Matrix, columns: int, upper: bool, unit: bool) -> tuple[Any, ...]:
    """:func:`triangular`, as the only result."""
    return (triangular(a, b, columns, upper, unit),)


@matrix_function("det")
def det(a: Matrix) -> tuple[Any, ...]:
    """The determinant: the product of the pivots, negated for an odd number of exchanges."""
    factors = Factors(a, len(a))
    value = factors.zero + 1.0
    for j, column in enumerate(factors.upper):
        value = value * column[j]
    return (-value if _is_odd(factors) else value,)


@matrix_function("slogdet")
def slogdet(a: Matrix) -> tuple[Any, ...]:
    """The sign of the determinant (its direction, if it is complex), and the logarithm of its modulus; 0 and -inf for a singular matrix."""
    factors = Factors(a, len(a))
    zero = factors.zero
    if factors.info:
        return zero, -float("inf")
    sign = zero + (-1.0 if _is_odd(factors) else 1.0)
    logarithms = []
    for j, column in enumerate(factors.upper):
        modulus = size(column[j])
        sign *= divided(column[j], modulus)
        logarithms.append(log(modulus) if modulus == modulus else modulus)
    return sign, fsum(logarithms) if all(x - x == 0 for x in logarithms) else sum(logarithms)


def _is_odd(factors: Factors) -> bool:
    return sum(pivot != i for i, pivot in enumerate(factors.pivots, 1)) % 2 == 1


@matrix_function("permutation")
def _permutation(pivots: list[int], rows: int) -> tuple[Any, ...]:
    """:func:`permutation`, as the only result."""
    return (permutation(pivots, rows),)
