"""Rows of decompositions under their old names, which are judged by the equations of the new ones."""

from __future__ import annotations

from typing import Any, Iterator

from ...accuracy.contracts import backward_stable
from ...accuracy.equations import Equation, Property, Solved, adjoint, identity, is_triangular
from ...drawing.pen import Pen
from ..derivatives import matrices_of_one_number
from ..rows import Arguments, define
from . import matrices as m
from .factorisations import SHAPES, cholesky, cholesky_of, indefinite, packed_lu, packed_lu_and_info, rectangular, without_pivots
from .solving import ANY, triangular

FAMILY = "linalg"
OPTIONS: dict[str, Any] = {"differentiable": True, "contract": backward_stable(4), "dtypes": " ".join(m.DTYPES)}
Said = Iterator[Equation | Property]


def of_no_elements(pen: Pen) -> Arguments:
    """Without elements every dtype will do, and the layout is another."""
    n = pen.choice((0, 2))
    return (pen.tensor((*pen.choice(((), (0,), (2, 0))), n, n) if n == 0 else (0, n, n), pen.choice(("int64", "bool", "float16", "float32"))),), {}


def cholesky_or_nothing(pen: Pen) -> Arguments:
    return of_no_elements(pen) if not pen.grad and pen.chance(12) and pen.force not in m.TRIANGLES else cholesky(pen)


def of_integers(pen: Pen) -> Arguments:
    return (pen.tensor((2, 2), pen.choice(("int64", "float16", "bool")), mode="ordinary"),), {}


def qr(pen: Pen) -> Arguments:
    return (rectangular(pen, SHAPES),), pen.maybe("some", lambda: bool(pen.integer(0, 1)), 2)


def differentiable_qr(pen: Pen) -> Arguments:
    """Of independent columns, none of which is added."""
    rows, columns = pen.choice((2, 3, 1, 4)), pen.choice((2, 3, 1, 4))
    return (m.matrix(pen, (*m.batch(pen), rows, columns), (m.ORDINARY,)),), {"some": False} if rows <= columns and pen.chance(3) else {}


def qr_of(solved: Solved) -> Said:
    """``A = Q R``."""
    for a, q, r in zip(solved.argument("input"), solved.result(0), solved.result(1), strict=True):
        yield Property("R is upper triangular", is_triangular(r, upper=True))
        yield Equation("A = Q R", [a], [q, r])
        yield Equation("Q^H Q = 1", [adjoint(q), q], [identity(len(r))])


def triangular_solve(pen: Pen) -> Arguments:
    """A system, its two tensors exchanged, with the matrix on the left."""
    (matrix, right), kwargs = triangular(pen)
    if kwargs.pop("left", True) is False:
        right = m.tensor(pen, (*right.shape[:-2], *right.shape[:-3:-1]), lambda rng: [m.number(rng, right.dtype, 4.0) for _ in range(_count(right))],
                         right.dtype)  # fmt: skip
    if kwargs.get("upper") and pen.chance(2):
        del kwargs["upper"]
    if pen.chance(2):
        kwargs["transpose"] = bool(pen.integer(0, 1))
    return (right, matrix), kwargs


def _count(spec: Any) -> int:
    count = 1
    for n in spec.shape[-2:]:
        count *= n
    return count


def matrix_of_a_vector(pen: Pen) -> Arguments:
    return (pen.tensor((1, 1), mode="ordinary"), pen.tensor((1,), mode="ordinary")), {}


def lu(pen: Pen) -> Arguments:
    kwargs = {"pivot": False} if pen.misbehave(4) else pen.maybe("pivot", lambda: True, 4)
    return (rectangular(pen, ANY),), kwargs | pen.maybe("get_infos", lambda: bool(pen.integer(0, 1)), 2)


def number_of_pivots(pen: Pen) -> Arguments:
    return (m.matrix(pen, (2, 2), (m.ORDINARY,)),), {"pivot": pen.choice((0, 1, 2.5))}


def packed_lu_of(solved: Solved) -> Said:
    yield from (packed_lu_and_info if solved.option("get_infos", False) else packed_lu)(solved)


define("cholesky", FAMILY, cholesky_or_nothing, classes_of_each_dtype=m.TRIANGLES, derivative=matrices_of_one_number, equations=cholesky_of,
       violating=(indefinite, of_integers), **OPTIONS)
define("qr", FAMILY, qr, classes=SHAPES, equations=qr_of, gradient_draw=differentiable_qr, **OPTIONS)
define("triangular_solve", FAMILY, triangular_solve, violating=(matrix_of_a_vector,), **OPTIONS)
define("lu", FAMILY, lu, classes=ANY, equations=packed_lu_of, violating=(without_pivots, number_of_pivots), exercises="_tensor_lu",
       never_alone={"isinstance(A": "rows call operations of tensors",
                    "out": "torch's function in Python takes it, which rows cannot: tests of refimpl"},
       **OPTIONS)  # fmt: skip
