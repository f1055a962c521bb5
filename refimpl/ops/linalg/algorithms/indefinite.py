"""The factors ``P L D L^T P^T`` of a symmetric or Hermitian matrix that need not be definite.

Diagonal pivoting by J. Bunch and L. Kaufman (Some stable methods for calculating inertia and solving symmetric linear systems, Mathematics of
Computation 31, 1977), with LAPACK's conventions (sytrf, lower): pivot ``p > 0`` at place k says that rows k and p were exchanged, two negative ones
``-p`` at places k and k + 1 that these are a block of two of D, and rows k + 1 and p were exchanged.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, Callable

from ....foundation.matrix_functions import matrix_function
from .arithmetic import Matrix, Row, divided, plus_products, transposed, zero_of

_ALPHA = (1.0 + sqrt(17.0)) / 8.0


def _size(x: Any) -> float:
    return abs(x.real) + abs(x.imag)


def _mirror(hermitian: bool) -> Callable[[Any], Any]:
    """What element (j, i) is, of element (i, j)."""
    return (lambda x: x.conjugate()) if hermitian else (lambda x: x)


@matrix_function("ldl")
def ldl(a: Matrix, hermitian: bool) -> tuple[Any, ...]:
    """L below the diagonal and D on it (of blocks of two below it, too), the pivots, and info: the first element of D that is 0, from 1 on."""
    n, zero, mirror = len(a), zero_of(a), _mirror(hermitian)
    w = [[zero + a[i][j].real if hermitian and i == j else a[i][j] if j <= i else mirror(a[j][i]) for j in range(n)] for i in range(n)]
    pivots, info, k = [0] * n, 0, 0
    while k < n:
        chosen, width = _pivot(w, k, n)
        if chosen is None:
            pivots[k] = k + 1
            info = info or k + 1
            k += 1
            continue
        place = k + width - 1
        if chosen != place:
            _exchange(w, place, chosen, k)
        pivots[k : k + width] = [chosen + 1] if width == 1 else [-chosen - 1] * 2
        _eliminate(w, k, width, mirror)
        k += width
    return [[x if j <= i else zero for j, x in enumerate(row)] for i, row in enumerate(w)], pivots, info


def _pivot(w: Matrix, k: int, n: int) -> tuple[int | None, int]:
    """Which row becomes the pivot's (the last one of a block), and of how many the block is; None for a column that is 0, or NaN."""
    here = _size(w[k][k])
    if k == n - 1:
        return (k if here else None), 1
    worst = max(range(k + 1, n), key=lambda i: _size(w[i][k]))
    largest = _size(w[worst][k])
    if max(here, largest) == 0.0 or here != here:
        return None, 1
    if here >= _ALPHA * largest:
        return k, 1
    beside = max(_size(w[worst][j]) for j in range(k, n) if j != worst)
    if here * beside >= _ALPHA * largest * largest:
        return k, 1
    return worst, 1 if _size(w[worst][worst]) >= _ALPHA * beside else 2


def _exchange(w: Matrix, i: int, j: int, start: int) -> None:
    """Rows and columns i and j of what is left; the rows of L that stand before it stay as they are."""
    w[i][start:], w[j][start:] = w[j][start:], w[i][start:]
    for row in w[start:]:
        row[i], row[j] = row[j], row[i]


def _eliminate(w: Matrix, k: int, width: int, mirror: Callable[[Any], Any]) -> None:
    """Columns of L below the block, and what is left of the matrix behind it."""
    rest = range(k + width, len(w))
    real = type(w[k][k]) is complex and mirror(1j) != 1j  # whether the diagonal of complex numbers is
    columns = {i: w[i][k : k + width] for i in rest}
    if width == 1:
        factors = {i: [divided(columns[i][0], w[k][k])] for i in rest}
    else:
        factors = {i: _by_two(columns[i], w[k][k], w[k + 1][k], w[k + 1][k + 1], mirror) for i in rest}
    for i in rest:
        negated = [-x for x in factors[i]]
        for j in range(k + width, i + 1):
            value = plus_products(w[i][j], negated, [mirror(x) for x in columns[j]])
            w[i][j], w[j][i] = value, mirror(value)
        if real:
            w[i][i] = w[i][i] - 1j * w[i][i].imag
    for i in rest:
        w[i][k : k + width] = factors[i]


def _by_two(x: Row, p: Any, q: Any, r: Any, mirror: Callable[[Any], Any]) -> Row:
    """The row ``y`` with ``y D = x``, D = [[p, mirror(q)], [q, r]]: scaled by q, so that nothing cancels more than it must."""
    right = mirror(q)
    a, b = divided(r, right), divided(p, q)
    scale = a * b - 1.0
    u, v = divided(x[0], q), divided(x[1], right)
    return [divided(u * a - v, scale), divided(v * b - u, scale)]


@matrix_function("ldl_solve")
def ldl_solve(packed: Matrix, pivots: list[int], b: Matrix, columns: int, hermitian: bool) -> tuple[Any, ...]:
    """X with ``A X = B`` from the factors of A: one block of D and one column of L at a time, there and back."""
    n, mirror = len(packed), _mirror(hermitian)
    return (transposed([_solved(packed, pivots, column, n, mirror) for column in transposed(b, columns)], n),)


def _solved(packed: Matrix, pivots: list[int], x: Row, n: int, mirror: Callable[[Any], Any]) -> Row:
    blocks, k = [], 0
    while k < n:
        width = 1 if pivots[k] > 0 or k + 1 == n else 2
        blocks.append((k, width, abs(pivots[k]) - 1))
        place, k = k + width - 1, k + width
        x[place], x[blocks[-1][2]] = x[blocks[-1][2]], x[place]
        for i in range(k, n):
            x[i] = plus_products(x[i], [-v for v in packed[i][k - width : k]], x[k - width : k])
    for k, width, _ in blocks:
        if width == 1:
            d = packed[k][k]
            x[k] = divided(x[k], d if mirror(1j) == 1j else d.real)  # of a Hermitian matrix it is real
        else:
            q = packed[k + 1][k]
            x[k : k + 2] = _by_two(x[k : k + 2], packed[k][k], mirror(q), packed[k + 1][k + 1], mirror)
    for k, width, chosen in reversed(blocks):
        below = range(k + width, n)
        for j in range(k, k + width):
            x[j] = plus_products(x[j], [-mirror(packed[i][j]) for i in below], [x[i] for i in below])
        place = k + width - 1
        x[place], x[chosen] = x[chosen], x[place]
    return x
