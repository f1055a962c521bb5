"""The eigenvalues and eigenvectors of a general matrix. They are complex, of real matrices too.

From Schur's form: the eigenvalues stand on the diagonal of the triangular matrix, an eigenvector of it follows by back substitution, and Z takes it
to one of A. Source: G. Golub, C. Van Loan, Matrix Computations, 4th edition, 7.6.
"""

from __future__ import annotations

import sys
from math import frexp, ldexp
from typing import Any

from ....foundation.matrix_functions import matrix_function
from .arithmetic import EPSILON, Matrix, Row, norm, plus_products, size, transposed
from .hessenberg import schur

_LARGEST = sys.float_info.max


@matrix_function("eig")
def eig(a: Matrix, vectors: bool) -> tuple[Any, ...]:
    """The eigenvalues, and a matrix whose columns are eigenvectors of length 1, of which the largest element is real."""
    n = len(a)
    unit = _unit(a)
    a = [[x * (1.0 / unit) for x in row] for row in a]
    scales = _balanced(a)
    t, z, blocks = schur([[x * scales[j] / scales[i] for j, x in enumerate(row)] for i, row in enumerate(a)])
    is_real = bool(n) and type(a[0][0]) is not complex
    scaled = _eigenvalues(t, blocks)
    values = [x * unit for x in scaled]
    if not vectors:
        return (values,)
    if is_real:
        t, z = [[complex(x) for x in row] for row in t], [[complex(x) for x in row] for row in z]
        for k in blocks:
            _rotated(t, z, k, scaled[k])
    found: list[Row] = []
    for k in range(n):
        if k - 1 in blocks:
            found.append([x.conjugate() for x in found[-1]])
            continue
        vector = [plus_products(0j, row, _eigenvector(t, k)) * scales[i] for i, row in enumerate(z)]
        found.append(_normal(vector, is_real and k not in blocks))
    return values, transposed(found, n)


def _unit(a: Matrix) -> float:
    """A power of two near the largest element, where products of a few elements could leave the range; else 1."""
    largest = max((size(x) for row in a for x in row), default=0.0)
    exponent = min(max(frexp(min(largest, _LARGEST))[1], -1022), 1023)
    return ldexp(1.0, exponent) if abs(exponent) > 250 and largest > 0.0 else 1.0


def _balanced(a: Matrix) -> list[float]:
    """Powers of two by which the columns are multiplied, and the rows divided, so that both are about equally long (B. Parlett, C. Reinsch, 1969)."""
    n = len(a)
    scales = [1.0] * n
    moduli = [[size(x) for x in row] for row in a]
    for _ in range(20):
        settled = True
        for i in range(n):
            column = sum(moduli[j][i] for j in range(n) if j != i)
            row = sum(moduli[i][j] for j in range(n) if j != i)
            if not 0.0 < column < 2.0**1000 or not 0.0 < row < 2.0**1000:
                continue
            factor, total = 1.0, column + row
            while column * factor * factor < row / 2.0:
                factor *= 2.0
            while column * factor * factor > row * 2.0:
                factor /= 2.0
            if factor != 1.0 and column * factor + row / factor < 0.95 * total:
                settled = False
                scales[i] *= factor
                for j in range(n):
                    moduli[j][i] *= factor
                    moduli[i][j] /= factor
        if settled:
            break
    return scales


def _eigenvalues(t: Matrix, blocks: list[int]) -> Row:
    values = [complex(t[i][i]) for i in range(len(t))]
    for k in blocks:
        p, q, r, s = t[k][k], t[k][k + 1], t[k + 1][k], t[k + 1][k + 1]
        half = (p - s) / 2
        imag = abs(half * half + q * r) ** 0.5
        values[k], values[k + 1] = complex(s + half, imag), complex(s + half, -imag)
    return values


def _rotated(t: Matrix, z: Matrix, k: int, value: complex) -> None:
    """Make a block of two triangular, with this eigenvalue first, by a unitary matrix."""
    x, y = value - t[k + 1][k + 1], t[k + 1][k]  # its eigenvector
    length = norm([x, y])
    x, y = x / length, y / length
    for row in [*t[: k + 2], *z]:
        row[k], row[k + 1] = x * row[k] + y * row[k + 1], x.conjugate() * row[k + 1] - y.conjugate() * row[k]
    top, bottom = t[k], t[k + 1]
    for j in range(k, len(t)):
        top[j], bottom[j] = x.conjugate() * top[j] + y.conjugate() * bottom[j], x * bottom[j] - y * top[j]
    t[k][k], t[k + 1][k], t[k + 1][k + 1] = value, 0j, value.conjugate()


def _eigenvector(t: Matrix, k: int) -> Row:
    """The eigenvector of a triangular matrix for its k-th eigenvalue; of equal eigenvalues one is moved by a rounding."""
    value, n = t[k][k], len(t)
    least = EPSILON * max(max(size(x) for x in row) for row in t) or 1.0
    x = [0j] * n
    x[k] = 1.0 + 0j
    for i in range(k - 1, -1, -1):
        gap = t[i][i] - value
        if size(gap) < least:
            gap = complex(least)
        x[i] = -plus_products(0j, t[i][i + 1 : k + 1], x[i + 1 : k + 1]) / gap
        largest = size(x[i])
        if largest > 2.0**500:
            x = [v / largest for v in x]
    return x


def _normal(vector: Row, real: bool) -> Row:
    """Of length 1, its largest element real; of a ``real`` eigenvalue of a real matrix wholly real."""
    largest = max(vector, key=size)
    if size(largest) == 0.0:
        return vector
    phase = (largest / size(largest)).conjugate()
    scaled = [x / size(largest) * phase for x in vector]
    if real:
        scaled = [complex(x.real) for x in scaled]
    length = norm(scaled)
    return [x / length if x is not largest else complex(x.real / length) for x in scaled]
