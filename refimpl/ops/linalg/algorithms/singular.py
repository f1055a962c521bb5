"""The singular value decomposition, by rotations of columns.

One-sided Jacobi: pairs of columns are rotated until all of them are orthogonal; their lengths are the singular values. Each is found nearly as
accurately as the columns allow, however small it is beside the largest. Source: M. Hestenes, Inversion of matrices by biorthogonalization and related
results, 1958; J. Demmel, K. Veselić, Jacobi's method is more accurate than QR, 1992.
"""

from __future__ import annotations

from math import copysign, hypot, nan
from typing import Any

from ....foundation.matrix_functions import matrix_function
from .arithmetic import EPSILON, Matrix, adjoint, conjugates, identity, is_finite, norm, plus_products, size, transposed, zero_of
from .reflections import geqrf, reflected
from .symmetric import turn

_SWEEPS = 60


@matrix_function("svd")
def svd(a: Matrix, columns: int, full: bool, vectors: bool) -> tuple[Any, ...]:
    """U, the singular values in descending order, V^H, and info: 1 if an element is NaN. ``full``: U and V are square; else they have as many columns
    as there are singular values. Without ``vectors`` the values and info alone."""
    rows = len(a)
    zero, count = zero_of(a), min(rows, columns)
    if not is_finite(a):
        widths = [n if full else count for n in (rows, columns)]
        info = int(any(x != x for row in a for x in row))
        values = [nan] * count
        return (_nans(rows, widths[0], zero), values, _nans(widths[1], columns, zero), info) if vectors else (values, info)
    if rows < columns:
        right, values, left = _tall(adjoint(a, columns), rows, full, vectors)
    else:
        left, values, right = _tall(a, columns, full, vectors)
    return (transposed(left, rows), values, [conjugates(column) for column in right], 0) if vectors else (values, 0)


def _nans(rows: int, columns: int, zero: Any) -> Matrix:
    return [[zero + nan] * columns for _ in range(rows)]


def _tall(a: Matrix, columns: int, full: bool, vectors: bool) -> tuple[Matrix, list[float], Matrix]:
    """The columns of U, the singular values and the columns of V of a matrix that has no fewer rows than columns."""
    rows, zero = len(a), zero_of(a)
    largest = max((size(x) for row in a for x in row), default=0.0)
    scale = largest if largest > 0.0 and not 2.0**-400 < largest < 2.0**400 else 1.0
    work = transposed([[x / scale for x in row] for row in a], columns)
    turned = identity(columns, zero) if vectors else []
    for _ in range(_SWEEPS):
        rotated = [_rotate(work, turned, p, q) for p in range(columns - 1) for q in range(p + 1, columns)]
        if not any(rotated):
            break
    lengths = [norm(column) for column in work]
    order = sorted(range(columns), key=lambda i: -lengths[i])
    values = [lengths[i] for i in order]
    left: Matrix = []
    if vectors:
        least = max(rows, columns) * EPSILON * max(values, default=0.0)
        left = _completed([[x / lengths[i] for x in work[i]] for i in order if lengths[i] > least], rows if full else columns, rows, zero)
    return left, [value * scale for value in values], [turned[i] for i in order] if vectors else []


def _rotate(work: Matrix, turned: Matrix, p: int, q: int) -> bool:
    """Make columns p and q orthogonal; False if they are."""
    x, y = work[p], work[q]
    first, second = norm(x), norm(y)
    inner = plus_products(x[0] - x[0], conjugates(x), y)
    modulus = size(inner)
    if modulus <= 4 * EPSILON * first * second or modulus < 2.0**-900:
        return False
    phase = inner / modulus
    theta = (second - first) * (second + first) / (2.0 * modulus)
    t = copysign(1.0, theta) / (abs(theta) + hypot(theta, 1.0))
    c = 1.0 / hypot(t, 1.0)
    turn(work, p, q, c, t * c, phase.conjugate())
    if turned:
        turn(turned, p, q, c, t * c, phase.conjugate())
    return True


def _completed(columns: Matrix, count: int, rows: int, zero: Any) -> Matrix:
    """Orthonormal columns, and others that are orthogonal to them, so many in all."""
    if len(columns) == count:
        return columns
    packed, taus = geqrf(transposed(columns, rows), len(columns))
    others = [[zero + (i == j) for i in range(rows)] for j in range(len(columns), count)]
    reflected(transposed(packed, len(columns)), taus, others, False)
    return columns + others
