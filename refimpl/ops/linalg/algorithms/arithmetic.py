"""Sums of products and quotients of numbers that are all real or all complex, and small things that every algorithm needs.

A sum of products of real numbers is exact but for the rounding of its products, and rounded once. Nothing raises: what overflows is infinite.
"""

from __future__ import annotations

from itertools import chain
from math import fsum, hypot, inf, sqrt
from operator import mul
from typing import Any, Sequence

from ...shared.complex_arithmetic import complex_quotient, quotient

Row = list[Any]
Matrix = list[Row]

EPSILON = 2.0**-52  # of binary64


def plus_products(start: Any, xs: Sequence[Any], ys: Sequence[Any]) -> Any:
    """``start + sum(xs[k] * ys[k])``."""
    if type(start) is complex:
        return sum(map(mul, xs, ys), start)
    try:
        return fsum(chain((start,), map(mul, xs, ys)))
    except (OverflowError, ValueError):
        return sum(map(mul, xs, ys), start)


def divided(x: Any, y: Any) -> Any:
    """``x / y`` in IEEE 754."""
    if type(x) is complex or type(y) is complex:
        return complex_quotient(complex(x), complex(y))
    return quotient(x, y)


def size(x: Any) -> float:
    """The modulus, infinite where it overflows."""
    return hypot(x.real, x.imag) if type(x) is complex else abs(x)


def square_root(x: float) -> float:
    """The square root; NaN of a negative number."""
    return sqrt(x) if x >= 0.0 else x - x if x == inf else float("nan")


def norm(xs: Sequence[Any]) -> float:
    """The Euclidean norm of a vector; no square overflows or vanishes."""
    if xs and type(xs[0]) is complex:
        return hypot(*[part for x in xs for part in (x.real, x.imag)])
    return hypot(*xs)


def conjugates(xs: Sequence[Any]) -> Row:
    """The conjugates of a vector's elements: itself if they are real."""
    return [x.conjugate() for x in xs] if xs and type(xs[0]) is complex else list(xs)


def transposed(a: Matrix, columns: int) -> Matrix:
    """The transpose of a matrix with so many columns."""
    return [list(column) for column in zip(*a)] if a else [[] for _ in range(columns)]


def adjoint(a: Matrix, columns: int) -> Matrix:
    """The conjugate transpose."""
    return [conjugates(column) for column in transposed(a, columns)]


def zero_of(a: Matrix) -> Any:
    """The zero of the numbers that a matrix holds."""
    return 0j if a and a[0] and type(a[0][0]) is complex else 0.0


def identity(n: int, zero: Any = 0.0, columns: int | None = None) -> Matrix:
    """Ones on the diagonal."""
    return [[zero + (i == j) for j in range(n if columns is None else columns)] for i in range(n)]


def product(a: Matrix, b: Matrix, columns: int) -> Matrix:
    """The product of two matrices, the second with so many columns."""
    zero = zero_of(a) + zero_of(b)
    across = transposed(b, columns)
    return [[plus_products(zero, row, column) for column in across] for row in a]


def is_finite(a: Matrix) -> bool:
    """Whether no element is infinite or NaN."""
    return all(x - x == 0 for row in a for x in row)
