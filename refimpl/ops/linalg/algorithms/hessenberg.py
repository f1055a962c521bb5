"""Schur's form ``A = Z T Z^H``, by Hessenberg's form and shifted QR steps: of a real matrix with Francis's double steps, so that its complex
eigenvalues come in exact pairs, and its real ones are real.

Source: J. Francis, The QR transformation, 1961; G. Golub, C. Van Loan, Matrix Computations, 4th edition, 7.4 and 7.5. The shifts of every tenth step
that makes no progress are arbitrary ones, as usual.
"""

from __future__ import annotations

import cmath
from math import hypot
from typing import Any

from .arithmetic import EPSILON, Matrix, Row, conjugates, identity, plus_products, size, zero_of
from .reflections import reflection

_STEPS = 60  # for each eigenvalue


def _from_left(w: Matrix, tau: Any, v: Row, start: int, first: int) -> None:
    """``(I - conj(tau) v v^H) w`` on the rows from ``start`` on and the columns from ``first`` on; ``v`` with its 1."""
    rows = w[start : start + len(v)]
    mirrored = conjugates(v)
    for j in range(first, len(w)):
        weight = -tau.conjugate() * plus_products(w[0][0] * 0, mirrored, [row[j] for row in rows])
        for row, x in zip(rows, v):
            row[j] += weight * x


def _from_right(w: Matrix, tau: Any, v: Row, start: int, last: int) -> None:
    """``w (I - tau v v^H)`` on the columns from ``start`` on and the rows before ``last``."""
    end = start + len(v)
    negated = [-tau * x for x in conjugates(v)]
    for row in w[:last]:
        weight = plus_products(row[start] * 0, row[start:end], v)
        row[start:end] = [x + weight * y for x, y in zip(row[start:end], negated)]


def reduced(a: Matrix) -> tuple[Matrix, Matrix]:
    """Hessenberg's form and the unitary matrix Z."""
    n, w = len(a), [list(row) for row in a]
    z = identity(n, zero_of(a))
    for k in range(n - 2):
        tau, beta, tail = reflection([row[k] for row in w[k + 1 :]])
        if tau == 0:
            continue
        v = [1.0 + 0 * beta, *tail]
        _from_left(w, tau, v, k + 1, k)
        _from_right(w, tau, v, k + 1, n)
        _from_right(z, tau, v, k + 1, n)
        for row in w[k + 2 :]:
            row[k] *= 0
    return w, z


def schur(a: Matrix) -> tuple[Matrix, Matrix, list[int]]:
    """T and Z, and where blocks of two begin (of real matrices, each with a pair of complex eigenvalues)."""
    w, z = reduced(a)
    n = len(w)
    is_complex = bool(n) and type(w[0][0]) is complex
    scale = max((size(x) for row in w for x in row), default=0.0)
    blocks: list[int] = []
    end, step = n - 1, 0
    while end >= 0:
        start = _split(w, end, scale)
        if start == end or start == end - 1 and not is_complex:
            if start < end and _standardised(w, z, start):
                blocks.append(start)
            end, step = start - 1, 0
        elif step > _STEPS:
            break  # elements below the diagonal stay, small ones
        else:
            step += 1
            (_single_step if is_complex else _double_step)(w, z, start, end, step)
    return w, z, blocks


def _split(w: Matrix, end: int, scale: float) -> int:
    """Where the last part that is not split begins; negligible elements become 0."""
    for k in range(end, 0, -1):
        beside = size(w[k - 1][k - 1]) + size(w[k][k])
        if size(w[k][k - 1]) <= EPSILON / 2 * (beside or scale):
            w[k][k - 1] *= 0
            return k
    return 0


def _single_step(w: Matrix, z: Matrix, start: int, end: int, step: int) -> None:
    """One QR step of a complex matrix, with the eigenvalue of the last two rows that is nearer to the last element."""
    p, q, r, s = w[end - 1][end - 1], w[end - 1][end], w[end][end - 1], w[end][end]
    half = (p - s) / 2
    root = cmath.sqrt(half * half + q * r)
    larger = half + root if size(half + root) > size(half - root) else half - root
    shift = s - q * r / larger if larger else s
    if step % 10 == 0:
        shift = s + size(r)
    x, y = w[start][start] - shift, w[start + 1][start]
    for k in range(start, end):
        tau, beta, tail = reflection([x, y])
        v = [1.0 + 0j, *tail]
        if tau != 0:
            _from_left(w, tau, v, k, max(k - 1, 0))
            _from_right(w, tau, v, k, min(k + 3, end + 1))
            _from_right(z, tau, v, k, len(z))
        if k > start:
            w[k + 1][k - 1] = 0j
        if k + 2 <= end:
            x, y = w[k + 1][k], w[k + 2][k]


def _double_step(w: Matrix, z: Matrix, start: int, end: int, step: int) -> None:
    """Two QR steps of a real matrix at once, with the eigenvalues of the last two rows."""
    p, q, r, s = w[end - 1][end - 1], w[end - 1][end], w[end][end - 1], w[end][end]
    trace, det = p + s, p * s - q * r
    if step % 10 == 0:
        off = abs(r) + abs(w[end - 1][end - 2])
        trace, det = 1.5 * off + 2 * s, (s + 0.75 * off) ** 2 + 0.4375 * off * off
    a, b, c = w[start][start], w[start][start + 1], w[start + 1][start]
    d = w[start + 1][start + 1]
    column = [a * (a - trace) + det + b * c, c * (a + d - trace), c * w[start + 2][start + 1]]
    for k in range(start, end):
        tau, beta, tail = reflection(column)
        v = [1.0, *tail]
        if tau != 0:
            _from_left(w, tau, v, k, max(k - 1, 0))
            _from_right(w, tau, v, k, min(k + 4, end + 1))
            _from_right(z, tau, v, k, len(z))
        if k > start:
            for i in range(k + 1, min(k + 3, end + 1)):
                w[i][k - 1] = 0.0
        column = [w[i][k] for i in range(k + 1, min(k + 4, end + 1))]


def _standardised(w: Matrix, z: Matrix, k: int) -> bool:
    """Make a real block of two triangular by a rotation, if its eigenvalues are real; whether they are complex."""
    p, q, r, s = w[k][k], w[k][k + 1], w[k + 1][k], w[k + 1][k + 1]
    half = (p - s) / 2
    square = half * half + q * r
    if square < 0.0:
        return True
    root = square**0.5
    larger = half + root if half >= 0.0 else half - root  # of eigenvalue s + larger: its eigenvector is (larger, r)
    length = hypot(larger, r)
    if length == 0.0:
        return False
    c, t = larger / length, r / length
    for each, last in ((w, k + 2), (z, len(z))):
        for row in each[:last]:
            row[k], row[k + 1] = c * row[k] + t * row[k + 1], c * row[k + 1] - t * row[k]
    top, bottom = w[k], w[k + 1]
    for j in range(k, len(w)):
        top[j], bottom[j] = c * top[j] + t * bottom[j], c * bottom[j] - t * top[j]
    bottom[k] = 0.0
    return False


