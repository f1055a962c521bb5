"""Householder reflections ``H = I - tau v v^H``, and the QR decomposition that they make.

The conventions are LAPACK's: ``v`` has a 1 at its first place, which is not stored, and ``H^H`` takes the vector to a real multiple of the first unit
vector, of the sign opposite to that of its first element; a vector that is such a multiple already stays (tau is 0). Source: G. Golub, C. Van
Loan, Matrix Computations, 4th edition, 5.1 and 5.2; LAPACK Users' Guide, 5.4.
"""

from __future__ import annotations

from math import copysign
from typing import Any

from ....foundation.matrix_functions import matrix_function
from .arithmetic import Matrix, Row, conjugates, divided, identity, norm, plus_products, transposed, zero_of


def reflection(x: Row) -> tuple[Any, Any, Row]:
    """``tau``, what becomes of the first element, and ``v`` without its 1."""
    first, tail = x[0], x[1:]
    if not any(tail) and first.imag == 0:
        return 0 * first, first, tail
    beta = -copysign(norm(x), first.real)
    tau = divided(beta - first, beta)
    return tau, first - first + beta, [divided(t, first - beta) for t in tail]


def apply(tau: Any, v: Row, column: Row, start: int) -> None:
    """``(I - tau v v^H) column``, in place; ``v`` with its 1 stands at ``start``."""
    weight = plus_products(column[start] * 1, conjugates(v), column[start + 1 :]) * -tau
    column[start] += weight
    for i, value in enumerate(v, start + 1):
        column[i] += weight * value


@matrix_function("geqrf")
def geqrf(a: Matrix, columns: int) -> tuple[Any, ...]:
    """R on and above the diagonal, the vectors of the reflections below it; and their ``tau``."""
    work = transposed(a, columns)
    taus: Row = []
    for j in range(min(len(a), columns)):
        tau, beta, v = reflection(work[j][j:])
        work[j][j:] = [beta, *v]
        taus.append(tau)
        if tau != 0:
            for column in work[j + 1 :]:
                apply(tau.conjugate(), v, column, j)
    return transposed(work, len(a)), taus


def reflected(vectors: Matrix, taus: Row, work: Matrix, adjoint: bool) -> None:
    """``H1 H2 ... Hk`` times the matrix whose columns are ``work``, in place, or its adjoint; ``vectors``: columns below whose diagonal they
    stand."""
    order = range(len(taus)) if adjoint else range(len(taus) - 1, -1, -1)
    for j in order:
        tau = taus[j].conjugate() if adjoint else taus[j]
        v = vectors[j][j + 1 :]
        if tau != 0:
            for column in work:
                apply(tau, v, column, j)


@matrix_function("householder_product")
def householder_product(a: Matrix, taus: Row, columns: int) -> tuple[Any, ...]:
    """The first columns of ``H1 H2 ... Hk``."""
    rows = len(a)
    work = [[zero_of(a) + (i == j) for i in range(rows)] for j in range(columns)]
    reflected(transposed(a, columns), taus, work, False)
    return (transposed(work, rows),)


@matrix_function("ormqr")
def ormqr(a: Matrix, taus: Row, other: Matrix, columns: int, adjoint: bool) -> tuple[Any, ...]:
    """``H1 H2 ... Hk`` times another matrix, or its adjoint."""
    work = transposed(other, columns)
    reflected(transposed(a, len(a[0]) if a else 0), taus, work, adjoint)
    return (transposed(work, len(other)),)


@matrix_function("qr")
def qr(a: Matrix, columns: int, complete: bool) -> tuple[Any, ...]:
    """Q and R; Q has as many columns as R has rows: those of A, if it is ``complete``, or as few as possible."""
    rows = len(a)
    packed, taus = geqrf(a, columns)
    width = rows if complete else min(rows, columns)
    zero = zero_of(a)
    q = identity(width, zero, rows)  # its columns
    reflected(transposed(packed, columns), taus, q, False)
    r = [[packed[i][j] if j >= i else zero for j in range(columns)] for i in range(width)]
    return transposed(q, rows), r
