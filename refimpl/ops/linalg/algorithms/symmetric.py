"""The eigenvalues and eigenvectors of a symmetric or Hermitian matrix, by Jacobi's rotations.

Each rotation makes one element off the diagonal 0, where it is not negligible beside the diagonal elements of its row and column. Sweeps over all of
them converge quadratically; small eigenvalues of graded matrices are found with many digits. Source: C. Jacobi, Über ein leichtes Verfahren, die in
der Theorie der Säcularstörungen vorkommenden Gleichungen numerisch aufzulösen, 1846; G. Golub, C. Van Loan, Matrix Computations, 4th edition, 8.5.
"""

from __future__ import annotations

from math import copysign, hypot, nan
from typing import Any

from ....foundation.matrix_functions import matrix_function
from .arithmetic import EPSILON, Matrix, identity, is_finite, size, transposed, zero_of

_SWEEPS = 60


@matrix_function("eigh")
def eigh(a: Matrix) -> tuple[Any, ...]:
    """The eigenvalues in ascending order, and a matrix whose columns are eigenvectors of length 1. Only the lower triangle of A is read."""
    n, zero = len(a), zero_of(a)
    if not is_finite(a):
        return [nan] * n, [[zero + nan] * n for _ in a]
    scale = max((size(a[i][j]) for i in range(n) for j in range(i + 1)), default=0.0)
    exponent = scale if scale > 0.0 and not 2.0**-400 < scale < 2.0**400 else 1.0
    w = [[a[i][j] / exponent if j < i else a[j][i].conjugate() / exponent for j in range(n)] for i in range(n)]
    for i in range(n):
        w[i][i] = zero + a[i][i].real / exponent
    vectors = identity(n, zero)  # its rows
    for _ in range(_SWEEPS):
        rotated = [_rotate(w, vectors, p, q) for p in range(n - 1) for q in range(p + 1, n)]
        if not any(rotated):
            break
    values = [w[i][i].real * exponent for i in range(n)]
    order = sorted(range(n), key=values.__getitem__)
    return [values[i] for i in order], transposed([vectors[i] for i in order], n)


def _rotate(w: Matrix, vectors: Matrix, p: int, q: int) -> bool:
    """Make element (p, q) 0 by a rotation of rows and columns p and q; False if it is negligible."""
    element = w[p][q]
    modulus = size(element)
    first, second = w[p][p].real, w[q][q].real
    if modulus <= EPSILON / 8 * (abs(first) * abs(second)) ** 0.5 or modulus < 2.0**-1000:
        return False
    phase = element / modulus
    theta = (second - first) / (2.0 * modulus)
    t = copysign(1.0, theta) / (abs(theta) + hypot(theta, 1.0))
    c = 1.0 / hypot(t, 1.0)
    s = t * c
    turn(vectors, p, q, c, s, phase.conjugate())
    turn(w, p, q, c, s, phase)
    for i, row in enumerate(w):
        if i != p and i != q:
            row[p], row[q] = w[p][i].conjugate(), w[q][i].conjugate()
    zero = element - element
    w[p][p], w[q][q] = zero + (first - t * modulus), zero + (second + t * modulus)
    w[p][q], w[q][p] = zero, zero
    return True


def turn(rows: Matrix, p: int, q: int, c: float, s: float, phase: Any) -> None:
    """Rows p and q become ``c * p - s * phase * q`` and ``s * conj(phase) * p + c * q``."""
    x, y = rows[p], rows[q]
    forward, back = s * phase, s * phase.conjugate()
    rows[p] = [c * u - forward * v for u, v in zip(x, y)]
    rows[q] = [back * u + c * v for u, v in zip(x, y)]
