"""The exponential of a matrix, by scaling and squaring.

``exp(A) = exp(A / 2**s) ** (2**s)``, with s so large that Padé's approximant of degree 13 is exact to binary64's precision there. Source: N. Higham,
The scaling and squaring method for the matrix exponential revisited, SIAM Journal on Matrix Analysis and Applications 26, 2005, where the
coefficients and the limit 5.37 stand.
"""

from __future__ import annotations

import cmath
from math import ceil, exp, inf, log2, nan
from typing import Any, Sequence

from ....foundation.matrix_functions import matrix_function
from .arithmetic import Matrix, identity, is_finite, product, size, transposed, zero_of
from .elimination import Factors

_LIMIT = 5.371920351148152
_BITS = 16  # by which a matrix is scaled down so that its norm is finite
_PADE = (
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0, 10559470521600.0, 670442572800.0,
    33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0,
)  # fmt: skip


@matrix_function("matrix_exp")
def matrix_exp(a: Matrix) -> tuple[Any, ...]:
    """The exponential; NaN everywhere if an element is infinite or NaN."""
    n, zero = len(a), zero_of(a)
    if not is_finite(a):
        return ([[zero + nan] * n for _ in a],)
    if all(x == 0 for i, row in enumerate(a) for j, x in enumerate(row) if i != j):
        return ([[_scalar(row[i]) if i == j else zero for j in range(n)] for i, row in enumerate(a)],)
    length = max(sum(size(x * 2.0**-_BITS) for x in column) for column in zip(*a))  # the sum does not overflow
    squarings = max(0, ceil(log2(length / _LIMIT)) + _BITS) if length > 0.0 else 0
    found = _approximant([[x * 2.0**-squarings for x in row] for row in a])
    for _ in range(squarings):
        found = product(found, found, n)
    return (found,)


def _scalar(x: Any) -> Any:
    try:
        return cmath.exp(x) if type(x) is complex else exp(x)
    except OverflowError:
        return inf if type(x) is not complex else complex(inf * cmath.exp(1j * x.imag).real, inf * cmath.exp(1j * x.imag).imag)


def _sum(terms: Sequence[tuple[float, Matrix]]) -> Matrix:
    """The sum of multiples of matrices."""
    n = len(terms[0][1])
    return [[sum(c * m[i][j] for c, m in terms) for j in range(n)] for i in range(n)]


def _approximant(a: Matrix) -> Matrix:
    """``(V - U)^-1 (V + U)``: U has the odd powers of A, V the even ones."""
    n, c = len(a), _PADE
    one = identity(n, zero_of(a))
    second = product(a, a, n)
    fourth = product(second, second, n)
    sixth = product(fourth, second, n)
    inner = product(sixth, _sum([(c[13], sixth), (c[11], fourth), (c[9], second)]), n)
    odd = product(a, _sum([(1.0, inner), (c[7], sixth), (c[5], fourth), (c[3], second), (c[1], one)]), n)
    inner = product(sixth, _sum([(c[12], sixth), (c[10], fourth), (c[8], second)]), n)
    even = _sum([(1.0, inner), (c[6], sixth), (c[4], fourth), (c[2], second), (c[0], one)])
    factors = Factors(_sum([(1.0, even), (-1.0, odd)]), n)
    return transposed([factors.solve(column) for column in transposed(_sum([(1.0, even), (1.0, odd)]), n)], n)
