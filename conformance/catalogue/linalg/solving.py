"""Rows of linear systems, inverses and determinants."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import backward_stable
from ...drawing.pen import Pen
from ..rows import Arguments, define
from . import matrices as m

FAMILY = "linalg"
REGULAR = (m.ORDINARY, m.DOMINANT, m.INTEGERS, m.ILL, m.PERMUTED)
ANY = (*REGULAR, m.SINGULAR)


def _kinds(pen: Pen, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds whose gradients are not dominated by rounding, where gradients are drawn."""
    return (m.ORDINARY, m.DOMINANT) if pen.grad else kinds


def _square(pen: Pen, kinds: tuple[str, ...]) -> Any:
    if pen.misbehave(3):
        return m.any_tensor(pen)
    n = m.size(pen)
    return m.matrix(pen, (*m.batch(pen), n, n + (1 if pen.misbehave(3) else 0)), _kinds(pen, kinds))


def square(pen: Pen) -> Arguments:
    return (_square(pen, ANY),), {}


def with_cofactors(pen: Pen) -> Arguments:
    """A determinant has a gradient at singular matrices, too."""
    n = pen.choice((2, 3, 1, 2))
    return (m.matrix(pen, (*m.batch(pen), n, n), (m.ORDINARY, m.DOMINANT, m.SINGULAR)),), {}


def determined(pen: Pen) -> Arguments:
    """Where no pivot is 0; those are drawn to be refused."""
    return (_square(pen, REGULAR),), {}


def refused(pen: Pen) -> Arguments:
    return (_square(pen, (m.SINGULAR,)),), {}


def inverse_ex(pen: Pen) -> Arguments:
    """A singular matrix is an error with ``check_errors`` alone."""
    checked = pen.chance(3)
    return (_square(pen, REGULAR if checked else ANY),), {"check_errors": True} if checked else {}


def refused_ex(pen: Pen) -> Arguments:
    return (_square(pen, (m.SINGULAR,)),), {"check_errors": True}


def _system(pen: Pen, kinds: tuple[str, ...], triangular: bool = False) -> tuple[tuple[Any, Any], dict[str, Any]]:
    """A matrix and what stands on the right: matrices on one side or the other, vectors; batches that broadcast."""
    n = m.size(pen)
    ours = theirs = m.batch(pen)
    if pen.force == "broadcast" or pen.chance(3):
        ours, theirs = pen.choice((((2,), ()), ((), (2,)), ((2, 1), (3,)), ((1,), (2,))))
        pen.labels.add("broadcast")
    matrix = m.any_tensor(pen) if pen.misbehave(4) else m.matrix(pen, (*ours, n, n + (1 if pen.misbehave(4) else 0)), _kinds(pen, kinds))
    left, k = not pen.chance(3), pen.choice((1, 2, 3, 0))
    rows = n + (1 if pen.misbehave(4) else 0)
    shape = (*theirs, rows, k) if left else (*theirs, k, rows)
    if pen.misbehave(5):
        shape = (3, *shape) if theirs else ()
    elif not triangular and left and pen.chance(3):
        shape = (*ours, rows) if pen.chance(2) else (rows,)
    dtype = pen.other_dtype(m.DTYPES) if pen.misbehave(3) else pen.dtype
    right = m.tensor(pen, shape, lambda rng: [m.number(rng, dtype, 4.0) for _ in range(_count(shape))], dtype)
    return (matrix, right), {} if left else {"left": False}


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for n in shape[-2:]:
        count *= n
    return count


def system(pen: Pen) -> Arguments:
    return _system(pen, REGULAR)


def system_ex(pen: Pen) -> Arguments:
    checked = pen.chance(3)
    args, kwargs = _system(pen, REGULAR if checked else ANY)
    return args, kwargs | ({"check_errors": True} if checked else {})


def no_solution(pen: Pen) -> Arguments:
    return _system(pen, (m.SINGULAR,))


def no_solution_ex(pen: Pen) -> Arguments:
    args, kwargs = _system(pen, (m.SINGULAR,))
    return args, kwargs | {"check_errors": True}


def vector_on_the_left(pen: Pen) -> Arguments:
    """The one case in which a vector fits a matrix that it is multiplied by from the left, and is refused."""
    return (m.matrix(pen, (1, 1), (m.ORDINARY,)), pen.tensor((1,), mode="ordinary")), {"left": False}


def triangular(pen: Pen) -> Arguments:
    args, kwargs = _system(pen, (m.ORDINARY, m.DOMINANT, m.INTEGERS, m.DOMINANT), triangular=True)
    return args, kwargs | {"upper": bool(pen.integer(0, 1))} | pen.maybe("unitriangular", lambda: bool(pen.integer(0, 1)), 3)


OPTIONS: dict[str, Any] = {"differentiable": True, "contract": backward_stable(4), "dtypes": " ".join(m.DTYPES)}
def power(pen: Pen) -> Arguments:
    """A matrix that has an inverse, for negative powers, of the dtypes that have them."""
    n = pen.choice((2, 3, 1, 0, 4, 5, 7))
    if pen.dtype in m.DTYPES and pen.chance(3) or pen.misbehave(3):
        n = -pen.choice((1, 2, 3))
    if pen.dtype in m.DTYPES or pen.grad:
        return (_square(pen, REGULAR if n < 0 or pen.grad else ANY), n), {}
    size = m.size(pen)
    tensor = m.any_tensor(pen) if pen.misbehave(3) else pen.tensor((*m.batch(pen), size, size + (1 if pen.misbehave(3) else 0)), mode="ordinary")
    if pen.dtype == "bool" and not pen.misbehave(3):
        n = pen.choice((0, 1))
    return (tensor, n), {}


def no_power(pen: Pen) -> Arguments:
    return (_square(pen, (m.SINGULAR,)), -pen.choice((1, 2))), {}


define("linalg.matrix_power", FAMILY, power, forms="function out", differentiable=True, contract=backward_stable(4), violating=(no_power,))
define("matrix_power", FAMILY, power, differentiable=True, contract=backward_stable(4), violating=(no_power,))
define("linalg.det", FAMILY, square, classes=ANY, exercises="_linalg_det", forms="function out", gradient_draw=with_cofactors, **OPTIONS)
define("det", FAMILY, square, shares="_linalg_det", gradient_draw=with_cofactors, **OPTIONS)
define("linalg.slogdet", FAMILY, square, classes=ANY, exercises="_linalg_slogdet", forms="function out", **OPTIONS)
define("slogdet logdet", FAMILY, square, shares="_linalg_slogdet", **OPTIONS)
define("linalg.inv_ex", FAMILY, inverse_ex, classes=ANY, exercises="_linalg_inv_ex", violating=(refused_ex,), **OPTIONS)
define("linalg.inv inverse", FAMILY, determined, shares="_linalg_inv_ex", classes=REGULAR, violating=(refused,), **OPTIONS)
define("linalg.solve_ex", FAMILY, system_ex, classes=ANY, exercises="_linalg_solve_ex", violating=(no_solution_ex, vector_on_the_left), **OPTIONS)
define("linalg.solve", FAMILY, system, shares="_linalg_solve_ex", classes=REGULAR, violating=(no_solution,), **OPTIONS)
define("linalg.solve_triangular", FAMILY, triangular, **OPTIONS)
