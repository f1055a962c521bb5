"""Rows of the LU, Cholesky, QR and LDL decompositions, which are judged by their equations, and of what is solved with them."""

from __future__ import annotations

from random import Random
from typing import Any, Iterator

from ...accuracy.contracts import EXACT, backward_stable
from ...accuracy.equations import Equation, Property, Solved, adjoint, identity, is_triangular, transpose
from ...cases.case import Case, TensorSpec
from ...drawing.pen import Pen
from ..derivatives import matrices_of_one_number, nowhere
from ..rows import Arguments, define
from . import matrices as m
from .decompositions import permuted, with_unit_diagonal
from .solving import ANY, REGULAR, _kinds

FAMILY = "linalg"
Said = Iterator[Equation | Property]

# -- LU --------------------------------------------------------------------------------------------------


def rectangular(pen: Pen, kinds: tuple[str, ...]) -> Any:
    if pen.misbehave(3):
        return m.any_tensor(pen)
    rows = m.size(pen, 4)
    columns = rows if pen.chance(2) else m.size(pen, 4)
    return m.matrix(pen, (*m.batch(pen), rows, columns), _kinds(pen, kinds))


def _pivoting(pen: Pen) -> dict[str, Any]:
    return {"pivot": False} if pen.misbehave(4) else pen.maybe("pivot", lambda: True, 4)


def lu(pen: Pen) -> Arguments:
    return (rectangular(pen, ANY),), _pivoting(pen)


def without_pivots(pen: Pen) -> Arguments:
    return (m.matrix(pen, (2, 2), (m.ORDINARY,)),), {"pivot": False}


def lu_factor(pen: Pen) -> Arguments:
    return (rectangular(pen, REGULAR),), _pivoting(pen)


def zero_pivot(pen: Pen) -> Arguments:
    return (rectangular(pen, (m.SINGULAR,)),), {}


def lu_factor_ex(pen: Pen) -> Arguments:
    checked = pen.chance(3)
    return (rectangular(pen, REGULAR if checked else ANY),), _pivoting(pen) | ({"check_errors": True} if checked else {})


def zero_pivot_checked(pen: Pen) -> Arguments:
    return (rectangular(pen, (m.SINGULAR,)),), {"check_errors": True}


def _pivoted(lower: Any) -> Property:
    """Pivots are the largest of their columns; of complex numbers by the sum of both parts, which the modulus is off by a factor of sqrt(2)."""
    moduli = [(abs(x), 2.0**0.5 if isinstance(x, complex) else 1.0) for row in lower for x in row]
    return Property("no element of L is beyond 1", all(modulus <= most * 1.0001 for modulus, most in moduli))


def lu_of(solved: Solved) -> Said:
    """``A = P L U``."""
    if not solved.option("pivot", True):  # only of matrices without elements
        return
    for a, p, lower, upper in zip(solved.argument("A"), *map(solved.result, range(3)), strict=True):
        yield Equation("A = P L U", [a], [p, lower, upper])
        yield Property("P is a permutation", all(row.count(1.0) == 1 and row.count(0.0) == len(p) - 1 for row in (*p, *transpose(p))))
        yield Property("L is lower triangular", is_triangular(lower, upper=False))
        yield Property("L has ones on its diagonal", all(lower[i][i] == 1.0 for i in range(min(len(lower), len(upper)))))
        yield Property("U is upper triangular", is_triangular(upper, upper=True))
        yield _pivoted(lower)


def packed_lu(solved: Solved) -> Said:
    """``P A = L U``, where L and U stand in one matrix."""
    for a, packed, pivots in zip(solved.argument("A"), solved.result(0), solved.result(1, 1), strict=True):
        lower, upper = with_unit_diagonal(packed)
        yield Property("pivots are rows from their own place on", all(i < pivot <= len(a) for i, pivot in enumerate(pivots)))
        yield Equation("P A = L U", [permuted(a, pivots)], [lower, upper])
        yield _pivoted(lower)


def packed_lu_and_info(solved: Solved) -> Said:
    yield from packed_lu(solved)
    yield Property("info is the first zero on U's diagonal", solved.result(2, 0) == solved.torchs(2, 0))


def _decomposition(pen: Pen, n: int, shape: tuple[int, ...]) -> tuple[Any, TensorSpec]:
    """What a decomposition gives: multipliers of at most 1, diagonal elements that are not 0; and pivots."""
    dtype = pen.dtype

    def packed(rng: Random) -> list[Any]:
        return [m.number(rng, dtype) * 0.7 + (2.0 if i == j else 0.0) for i in range(shape[-2]) for j in range(shape[-1])]

    def pivots(rng: Random) -> list[Any]:
        return [rng.randint(i + 1, shape[-2]) for _ in [0] for i in range(n)]

    return m.tensor(pen, shape, packed), _integers(pen, (*shape[:-2], n), pivots)


def _integers(pen: Pen, shape: tuple[int, ...], make: Any, dtype: str = "int32") -> TensorSpec:
    forced, pen.force = pen.force, None
    spec = pen.tensor(shape, dtype, mode="ordinary", layout="contiguous")
    pen.force = forced
    rng = Random(pen.integer(0, 2**16))
    count = spec.numel // max(shape[-1], 1) if shape else 1
    m.fill(pen, spec, [x for _ in range(count) for x in make(rng)])
    return spec


def unpack(pen: Pen) -> Arguments:
    rows, columns = m.size(pen, 4), m.size(pen, 4)
    shape = (*m.batch(pen), rows, columns)
    data, pivots = _decomposition(pen, min(rows, columns), shape)
    if pen.misbehave(3):
        data = pen.tensor(pen.shape(0, 1))
    elif pen.misbehave(3):
        pivots = pen.tensor(pivots.shape, "int64")
    elif pen.misbehave(2):
        pivots = _integers(pen, pivots.shape, lambda rng: [rng.choice((0, rows + 1, -1)) for _ in range(pivots.shape[-1])])
    kwargs = pen.maybe("unpack_data", lambda: bool(pen.integer(0, 1)), 3) | pen.maybe("unpack_pivots", lambda: bool(pen.integer(0, 1)), 3)
    return (data, pivots), kwargs


def pivots_of_another_shape(case: Case) -> bool:
    """More or fewer pivots than the matrices have: torch does not compare the shapes, and writes into P where it has no rows."""
    named = dict(zip(("LU_data", "LU_pivots"), case.args)) | case.kwargs
    data, pivots = named.get("LU_data"), named.get("LU_pivots")
    if not isinstance(data, TensorSpec) or not isinstance(pivots, TensorSpec) or len(data.shape) < 2:
        return False
    return pivots.shape != (*data.shape[:-2], min(data.shape[-2:]))


def unpacked(pen: Pen) -> Arguments:
    """Where both factors are made: torch's gradient of what is not unpacked fails."""
    rows, columns = m.size(pen, 4), m.size(pen, 4)
    return _decomposition(pen, min(rows, columns), (*m.batch(pen), rows, columns)), {}


def _solver(pen: Pen) -> tuple[TensorSpec, TensorSpec, TensorSpec, dict[str, Any]]:
    """A decomposition, and what stands on the right."""
    n, batch = m.size(pen, 4), m.batch(pen)
    data, pivots = _decomposition(pen, n, (*batch, n, n + (1 if pen.misbehave(5) else 0)))
    if pen.misbehave(4):
        other = pen.choice(((), (n + 1,), (*batch, n, 1), (3, *batch, n)))
        pivots = _integers(pen, other, lambda rng: [1] * (other[-1] if other else 1))
    elif pen.misbehave(4):
        pivots = pen.tensor(pivots.shape, "int64", mode="ordinary")
    elif pen.misbehave(3):
        wrong = pen.choice((0, n + 1))
        pivots = _integers(pen, pivots.shape, lambda rng: [wrong] * pivots.shape[-1])
    left, k = not pen.chance(3), pen.choice((1, 2, 3))
    rows = n + (1 if pen.misbehave(4) else 0)
    front = batch if not pen.chance(4) else ()
    shape = (*front, rows, k) if left else (*front, k, rows)
    if pen.misbehave(5):
        shape = (rows,) if pen.chance(2) else (3, *shape)
    dtype = pen.other_dtype(m.DTYPES) if pen.misbehave(4) else pen.dtype
    count = shape[-1] * (shape[-2] if len(shape) > 1 else 1)
    return data, pivots, m.tensor(pen, shape, lambda rng: [m.number(rng, dtype, 3.0) for _ in range(count)], dtype), {} if left else {"left": False}


def lu_solve(pen: Pen) -> Arguments:
    data, pivots, right, kwargs = _solver(pen)
    if pen.misbehave(6):
        data = m.any_tensor(pen)
    return (data, pivots, right), kwargs | pen.maybe("adjoint", lambda: bool(pen.integer(0, 1)), 2)


def lu_solve_of_integers(pen: Pen) -> Arguments:
    return (pen.tensor((2, 2), "int64"), _integers(pen, (2,), lambda rng: [1, 2]), pen.tensor((2, 1), "int64")), {}


def columns_without_rows(pen: Pen) -> Arguments:
    """A decomposition that is not square, which all else fits: no rows have no pivots, and a right side of no rows."""
    batch = m.batch(pen)
    return (pen.tensor((*batch, 0, 1)), _integers(pen, (*batch, 0), lambda rng: []), pen.tensor((*batch, 0, 2))), {}


def lu_solve_of_vectors(pen: Pen) -> Arguments:
    return (pen.tensor((2,)), _integers(pen, (), lambda rng: [1]), pen.tensor((2, 1))), {}


def lu_solve_of_tensors(pen: Pen) -> Arguments:
    data, pivots, right, kwargs = _solver(pen)
    return (right, data, pivots), {}


# -- Cholesky --------------------------------------------------------------------------------------------


def _upper(pen: Pen) -> dict[str, Any]:
    return pen.maybe("upper", lambda: bool(pen.integer(0, 1)), 2)


def _definite(pen: Pen, kinds: tuple[str, ...]) -> Any:
    if pen.misbehave(3):
        return m.any_tensor(pen)
    n = m.size(pen)
    return m.matrix(pen, (*m.batch(pen), n, n + (1 if pen.misbehave(3) else 0)), kinds)


def cholesky(pen: Pen) -> Arguments:
    matrix = _definite(pen, (m.DEFINITE,))
    return (matrix,), _upper(pen) | m.one_triangle(pen, matrix)


def cholesky_ex(pen: Pen) -> Arguments:
    checked = pen.chance(3)
    kinds = (m.DEFINITE,) if checked or pen.grad else (m.DEFINITE, m.INDEFINITE)
    matrix = _definite(pen, kinds)
    return (matrix,), _upper(pen) | m.one_triangle(pen, matrix) | ({"check_errors": True} if checked else {})


def indefinite(pen: Pen) -> Arguments:
    return (_definite(pen, (m.INDEFINITE,)),), _upper(pen)


def indefinite_checked(pen: Pen) -> Arguments:
    return (_definite(pen, (m.INDEFINITE,)),), {"check_errors": True}


def _factor(solved: Solved, info: Any) -> Said:
    upper = solved.option("upper", False)
    name = "input"
    for number, (a, factor) in enumerate(zip(solved.argument(name), solved.result(0), strict=True)):
        if info is not None and info[number]:
            continue
        lower = adjoint(factor) if upper else factor
        yield Property("the factor is triangular", is_triangular(factor, upper))
        yield Property("the diagonal is positive", all(complex(row[i]).real > 0.0 == complex(row[i]).imag for i, row in enumerate(factor)))
        read = [[a[i][j] if (j >= i if upper else j <= i) else a[j][i].conjugate() for j in range(len(a))] for i in range(len(a))]
        yield Equation("A = L L^H", [read], [lower, adjoint(lower)])


def cholesky_of(solved: Solved) -> Said:
    yield from _factor(solved, None)


def cholesky_and_info(solved: Solved) -> Said:
    info = solved.result(1, 0)
    yield Property("info is the first minor that is not positive", info == solved.torchs(1, 0))
    yield from _factor(solved, info)


def _triangle(pen: Pen) -> Any:
    """A Cholesky factor, whose diagonal is real; what stands in the other triangle is not read."""
    return _definite(pen, (m.DEFINITE,))


def cholesky_solve(pen: Pen) -> Arguments:
    n, batch, k = m.size(pen), m.batch(pen), pen.choice((1, 2, 3))
    factor = m.matrix(pen, (*batch, n, n + (1 if pen.misbehave(4) else 0)), (m.DEFINITE,))
    if pen.misbehave(4):
        factor = m.any_tensor(pen)
    shape = (*(batch if not pen.chance(4) else ()), n + (1 if pen.misbehave(4) else 0), k)
    if pen.misbehave(4):
        shape = (n,)
    dtype = pen.other_dtype(m.DTYPES) if pen.misbehave(4) else pen.dtype
    count = shape[-1] * (shape[-2] if len(shape) > 1 else 1)
    right = m.tensor(pen, shape, lambda rng: [m.number(rng, dtype, 3.0) for _ in range(count)], dtype)
    return (right, factor), _upper(pen) | m.one_triangle(pen, factor)


def cholesky_inverse(pen: Pen) -> Arguments:
    factor = _triangle(pen)
    return (factor,), _upper(pen) | m.one_triangle(pen, factor)


def no_cholesky_inverse(pen: Pen) -> Arguments:
    return (m.tensor(pen, (2, 2), lambda rng: [0.0, m.number(rng, pen.dtype), m.number(rng, pen.dtype), 1.0]),), {}


# -- QR --------------------------------------------------------------------------------------------------

SHAPES = (m.ORDINARY, m.ILL, m.INTEGERS, m.GRADED, m.LOW_RANK, m.SINGULAR)


def qr(pen: Pen) -> Arguments:
    kwargs = {"mode": "x"} if pen.misbehave(4) else pen.maybe("mode", lambda: pen.choice(("reduced", "complete", "r")), 2)
    return (rectangular(pen, SHAPES),), kwargs


def differentiable_qr(pen: Pen) -> Arguments:
    """Of independent columns, in the modes whose gradient torch has."""
    rows = pen.choice((2, 3, 1, 4))
    columns = pen.choice((2, 3, 1, 4))
    mode = {"mode": "complete"} if rows <= columns and pen.chance(3) else {}
    return (m.matrix(pen, (*m.batch(pen), rows, columns), (m.ORDINARY,)),), mode


def qr_of(solved: Solved) -> Said:
    """``A = Q R``; of "r" alone what follows from it for R."""
    for number, (a, r) in enumerate(zip(solved.argument("A"), solved.result(1), strict=True)):
        yield Property("R is upper triangular", is_triangular(r, upper=True))
        if solved.option("mode", "reduced") == "r":
            yield Equation("A^H A = R^H R", [adjoint(a), a], [adjoint(r), r])
            continue
        q = solved.result(0)[number]
        yield Equation("A = Q R", [a], [q, r])
        yield Equation("Q^H Q = 1", [adjoint(q), q], [identity(len(r))])


def packed_qr(pen: Pen) -> Arguments:
    return (rectangular(pen, SHAPES),), {}


def _reflected(packed: Any, tau: Any) -> list[Any]:
    """The product of the reflections, as a matrix."""
    rows = len(packed)
    found = identity(rows)
    for j, factor in enumerate(tau):
        v = [0.0] * j + [1.0] + [packed[i][j] for i in range(j + 1, rows)]
        weights = [sum(x * y for x, y in zip(row, v)) * factor for row in found]
        found = [[x - w * y.conjugate() for x, y in zip(row, v)] for row, w in zip(found, weights)]
    return found


def packed_qr_of(solved: Solved) -> Said:
    """``A = H1 H2 ... Hk R``, of reflections that are unitary."""
    for a, packed, tau in zip(solved.argument("input"), solved.result(0), solved.result(1, 1), strict=True):
        q = _reflected(packed, tau)
        r = [[x if j >= i else 0.0 for j, x in enumerate(row)] for i, row in enumerate(packed)]
        yield Equation("A = H1 ... Hk R", [a], [q, r])
        yield Equation("the reflections are unitary", [adjoint(q), q], [identity(len(q))])


def _reflectors(pen: Pen, wide: bool = False) -> tuple[Any, TensorSpec, int, int, tuple[int, ...]]:
    rows = pen.choice((2, 3, 4) if pen.grad else (2, 3, 1, 4))
    columns = pen.choice([n for n in (2, 1, 3, 4) if wide or n <= rows])
    batch = m.batch(pen)
    k = min(rows, columns) if wide or not pen.chance(3) else pen.integer(1 if pen.grad else 0, columns)
    if pen.misbehave(4):
        k = columns + 1
    dtype = pen.other_dtype(m.DTYPES) if pen.misbehave(4) else pen.dtype
    shape = (*batch, k) if not pen.misbehave(4) else pen.choice(((3, *batch, k), (), (*batch[1:], k)))
    vectors = m.tensor(pen, (*batch, rows, columns), lambda rng: [m.number(rng, pen.dtype, 0.6) for _ in range(rows * columns)])
    # none with tau = 1 / |v|**2: such a factor has no inverse, which torch's gradient takes
    factors = m.tensor(pen, shape, lambda rng: [rng.uniform(1.7, 2.3) + m.number(rng, dtype, 0.3) for _ in range(_count(shape))], dtype)
    return vectors, factors, rows, columns, batch


def _count(shape: tuple[int, ...]) -> int:
    return shape[-1] * (shape[-2] if len(shape) > 1 else 1) if shape else 1


def householder(pen: Pen) -> Arguments:
    vectors, factors, rows, columns, batch = _reflectors(pen)
    if pen.misbehave(3):
        vectors = m.any_tensor(pen) if pen.chance(2) else pen.tensor((*batch, columns, columns + 1), mode="ordinary")
    return (vectors, factors), {}


def ormqr(pen: Pen) -> Arguments:
    vectors, factors, rows, columns, batch = _reflectors(pen, wide=True)
    if pen.misbehave(5):
        vectors = m.any_tensor(pen)
    left, k = not pen.chance(3), pen.choice((1, 2, 3))
    side = rows + (1 if pen.misbehave(4) else 0)
    shape = (*batch, side, k) if left else (*batch, k, side)
    if pen.misbehave(4):
        shape = pen.choice(((side,), (2, *shape), (4, *shape[1:]) if len(shape) > 2 else (side,)))
    dtype = pen.other_dtype(m.DTYPES) if pen.misbehave(4) else pen.dtype
    other = m.tensor(pen, shape, lambda rng: [m.number(rng, dtype, 3.0) for _ in range(_count(shape))], dtype)
    kwargs = {} if left else {"left": False}
    return (vectors, factors, other), kwargs | pen.maybe("transpose", lambda: bool(pen.integer(0, 1)), 2)


OPTIONS: dict[str, Any] = {"differentiable": True, "contract": backward_stable(4), "dtypes": " ".join(m.DTYPES)}
define("linalg.lu", FAMILY, lu, classes=ANY, equations=lu_of, exercises="_linalg_lu", violating=(without_pivots,),
       out_layouts=("contiguous",), **OPTIONS)  # fmt: skip  (torch writes beyond others of several batch dimensions, as tril does)
define("linalg.lu_factor", FAMILY, lu_factor, shares="_linalg_lu_factor_ex", classes=REGULAR, equations=packed_lu, violating=(zero_pivot,), **OPTIONS)
define("linalg.lu_factor_ex", FAMILY, lu_factor_ex, classes=ANY, equations=packed_lu_and_info, exercises="_linalg_lu_factor_ex",
       violating=(zero_pivot_checked, without_pivots), **OPTIONS)  # fmt: skip
define("lu_unpack", FAMILY, unpack, differentiable=True, exercises="_lu_unpack", gradient_draw=unpacked, contract=EXACT, dtypes=" ".join(m.DTYPES),
       fatal=pivots_of_another_shape, out_layouts=("contiguous",))  # fmt: skip  (torch writes beyond others, as tril does)
define("linalg.lu_solve", FAMILY, lu_solve, violating=(lu_solve_of_integers, lu_solve_of_vectors, columns_without_rows), **OPTIONS)
define("lu_solve", FAMILY, lu_solve_of_tensors, **OPTIONS)
define("linalg.cholesky", FAMILY, cholesky, shares="_linalg_cholesky_ex", classes_of_each_dtype=m.TRIANGLES,
    derivative=matrices_of_one_number, equations=cholesky_of,
       violating=(indefinite,), **OPTIONS)
define("linalg.cholesky_ex", FAMILY, cholesky_ex, derivative=matrices_of_one_number, classes=(m.DEFINITE, m.INDEFINITE),
       classes_of_each_dtype=m.TRIANGLES, equations=cholesky_and_info, exercises="_linalg_cholesky_ex",
       violating=(indefinite_checked,), **OPTIONS)  # fmt: skip
define("cholesky_solve", FAMILY, cholesky_solve, classes_of_each_dtype=m.TRIANGLES, derivative=matrices_of_one_number, **OPTIONS)
define("cholesky_inverse", FAMILY, cholesky_inverse, classes_of_each_dtype=m.TRIANGLES, derivative=matrices_of_one_number,
       violating=(no_cholesky_inverse,), **OPTIONS)
define("linalg.qr", FAMILY, qr, classes=SHAPES, equations=qr_of, gradient_draw=differentiable_qr, **OPTIONS)
define("geqrf", FAMILY, packed_qr, classes=SHAPES, equations=packed_qr_of, derivative=nowhere, **OPTIONS)
define("linalg.householder_product orgqr", FAMILY, householder, **OPTIONS)
define("ormqr", FAMILY, ormqr, **OPTIONS)
