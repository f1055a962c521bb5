"""Rows of decompositions in a random subspace: the numbers that are drawn are torch's, and what is made of them is judged by equations.

With fewer vectors than the matrix has, the subspace itself is random: that of B R and of what follows it, where R has normal numbers. An error of a
few roundings of the products turns it by as many times the condition of R, which no row can see. The condition of n rows and q < n columns of normal
numbers is above x n with a probability of less than (7 / x)**2 (Z. Chen, J. Dongarra, Condition Numbers of Gaussian Random Matrices, 2005): what is
compared with torch's is allowed 100 times as much as the other equations, and the ratio of the singular values besides.
"""

from __future__ import annotations

from math import prod
from typing import Any, Iterator

from ...accuracy.contracts import backward_stable
from ...accuracy.equations import Equation, Property, Solved, adjoint, diagonal, identity, multiplied, norm
from ...cases.case import INTEGERS
from ...drawing.pen import Pen
from ..rows import Arguments, define
from . import matrices as m

FAMILY = "linalg"
Said = Iterator[Equation | Property]
KINDS = (m.ORDINARY, m.LOW_RANK, m.GRADED, m.INTEGERS, m.SINGULAR, m.ILL)
_CONDITION = 100.0


def _matrix(pen: Pen) -> tuple[Any, int]:
    """A matrix, and how many singular values it has."""
    if pen.misbehave(4):
        return m.any_tensor(pen), 2
    rows, columns = (pen.choice((3, 4, 2)), pen.choice((2, 3, 4))) if pen.grad else (m.size(pen, 6), m.size(pen, 6))
    return m.matrix(pen, (*m.batch(pen), rows, columns), (m.ORDINARY,) if pen.grad else KINDS), min(rows, columns)


def _count(pen: Pen, least: int, kind_is_known: bool) -> int:
    """How many vectors; of a matrix whose last singular values are nothing, all."""
    return pen.integer(1 if pen.grad else 0, least) if kind_is_known else least


def _known(pen: Pen) -> bool:
    return m.ORDINARY in pen.labels or m.INTEGERS in pen.labels


def svd_lowrank(pen: Pen) -> Arguments:
    matrix, least = _matrix(pen)
    kwargs: dict[str, Any] = {}
    if pen.grad or pen.chance(2):
        kwargs["q"] = max(_count(pen, least, _known(pen)), int(pen.grad)) if not pen.misbehave(3) else -1
    elif pen.chance(3):
        kwargs["q"] = pen.choice((None, least + 1, 9))
    kwargs |= pen.maybe("niter", lambda: pen.choice((0, 1, 2, 3, None, *(() if pen.grad else (-1,)))), 2)
    if len(matrix.shape) > 1 and pen.chance(3):
        kwargs["M"] = _subtracted(pen, matrix.shape)
    if pen.chance(4) and "q" in kwargs:
        return (matrix, kwargs.pop("q")), kwargs
    return (matrix,), kwargs


def _subtracted(pen: Pen, shape: tuple[int, ...]) -> Any:
    """Of the shape of the matrix, or one that is broadcast to it."""
    if pen.misbehave(3):
        return pen.choice((pen.tensor((2, *shape), mode="ordinary"), pen.tensor(shape[-1:], pen.other_dtype(m.DTYPES), mode="ordinary")))
    chosen = pen.choice((shape, shape[-1:], (*shape[:-2], 1, shape[-1]), (*shape[:-1], 1), ()))
    return m.tensor(pen, chosen, lambda rng: [m.number(rng, pen.dtype, 0.25) for _ in range(prod(chosen[-2:]))])


def subtracted_bool(pen: Pen) -> Arguments:
    shape = pen.choice(((2, 3), (2, 2, 3), (3, 2)))
    if pen.chance(2):
        return (pen.tensor(shape, "bool"),), {}
    return (m.matrix(pen, shape, (m.ORDINARY,)),), {"M": pen.tensor(shape[-1:], "bool")}


def pca_lowrank(pen: Pen) -> Arguments:
    """A centred matrix has one singular value of nothing at least if it is no taller than wide: then all vectors are asked for."""
    matrix, least = _matrix(pen)
    shape = matrix.shape
    kwargs: dict[str, Any] = pen.maybe("center", lambda: bool(pen.integer(0, 1)), 2)
    tall = len(shape) > 1 and (shape[-2] > shape[-1] or kwargs.get("center") is False)
    if pen.misbehave(3):
        kwargs["q"] = pen.choice((-1, least + 1))
    elif pen.grad or pen.chance(2):
        kwargs["q"] = _count(pen, least, _known(pen) and tall) if not pen.grad else max(least - (0 if tall else 1), 1)
    kwargs |= {"niter": -1} if pen.misbehave(3) else pen.maybe("niter", lambda: pen.choice((0, 1, 2, 3)), 2)
    return (matrix,), kwargs


def of_integers(pen: Pen) -> Arguments:
    return (pen.tensor((2, 3), pen.choice(INTEGERS[:4]), mode="ordinary"),), {}


def _decomposed(b: Any, size: float, rows: int, columns: int, results: tuple[Any, Any, Any], theirs: tuple[Any, Any, Any], asked: int) -> Said:
    """Of the matrix or its adjoint, the one that is taller: ``U^H B = S V^H``, whatever the subspace is. ``size``: the norm of what it is the
    difference of, at which its elements are rounded."""
    u, values, v = results
    count = len(values)
    yield Property("singular values are not negative, and descend", all(x >= y >= 0.0 for x, y in zip(values, [*values[1:], 0.0])))
    if not count:
        return
    yield Equation("U^H U = 1", [adjoint(u), u], [identity(count)])
    yield Equation("V^H V = 1", [adjoint(v), v], [identity(count)])
    if rows >= columns:
        yield Equation("U^H A = S V^H", [adjoint(u), b], [diagonal(values), adjoint(v)], size)
    else:
        yield Equation("A V = U S", [b, v], [u, diagonal(values)], size)
    if asked >= min(rows, columns):
        yield Equation("A = U S V^H", [b], [u, diagonal(values), adjoint(v)], size)
    elif theirs[1][-1] > 0.0:
        amplified = _CONDITION * theirs[1][0] / theirs[1][-1]
        yield Equation("the singular values are those of torch's subspace", [[values]], [[theirs[1]]], amplified * size)
        yield Equation("the vectors span what torch's span", [u, adjoint(u)], [theirs[0], adjoint(theirs[0])], amplified)


def _of(solved: Solved, matrices: list[Any], sizes: list[float], asked: int) -> Said:
    rows, columns = solved.shape("A")[-2:]
    ours = zip(solved.result(0), solved.result(1, 1), solved.result(2), strict=True)
    theirs = zip(solved.torchs(0), solved.torchs(1, 1), solved.torchs(2), strict=True)
    for b, size, results, torchs in zip(matrices, sizes, ours, theirs, strict=True):
        yield from _decomposed(b, size, rows, columns, results, torchs, asked)


def _difference(a: Any, b: Any) -> Any:
    return [[x - y for x, y in zip(one, two, strict=True)] for one, two in zip(a, b, strict=True)]


def _broadcast(solved: Solved, name: str, shape: tuple[int, ...]) -> list[Any]:
    """An argument as it counts in an operation with a tensor of that shape."""
    numbers, own = solved.argument(name, 0), solved.shape(name)
    sizes = (1,) * (len(shape) - len(own)) + own
    places = [0]
    for size, wanted in zip(sizes, shape, strict=True):
        places = [place * size + (i if size > 1 else 0) for place in places for i in range(wanted)]
    *batch, rows, columns = shape
    return [[[numbers[places[(k * rows + i) * columns + j]] for j in range(columns)] for i in range(rows)] for k in range(prod(batch))]


def svd_of(solved: Solved) -> Said:
    matrices = solved.argument("A")
    sizes = [norm(a) for a in matrices]
    if solved.option("M", None) is not None:
        subtracted = _broadcast(solved, "M", solved.shape("A"))
        matrices = [_difference(a, b) for a, b in zip(matrices, subtracted, strict=True)]
        sizes = [size + norm(b) for size, b in zip(sizes, subtracted, strict=True)]
    asked = solved.option("q", 6)
    yield from _of(solved, matrices, sizes, 6 if asked is None else asked)


def pca_of(solved: Solved) -> Said:
    rows, columns = solved.shape("A")[-2:]
    matrices = solved.argument("A")
    sizes = [norm(a) for a in matrices]
    if solved.option("center", True) and rows and columns:
        means = [multiplied([[[1.0 / rows] * rows], a])[0] for a in matrices]
        matrices = [_difference(a, [mean] * rows) for a, mean in zip(matrices, means, strict=True)]
    asked = solved.option("q", None)
    yield from _of(solved, matrices, sizes, min(6, rows, columns) if asked is None else asked)


OPTIONS: dict[str, Any] = {"forms": "function", "differentiable": True, "contract": backward_stable(8), "dtypes": " ".join(m.DTYPES), "random": True,
                           "classes": KINDS}  # fmt: skip
define("svd_lowrank", FAMILY, svd_lowrank, equations=svd_of, violating=(subtracted_bool, of_integers), **OPTIONS)
define("pca_lowrank", FAMILY, pca_lowrank, equations=pca_of, violating=(of_integers,), **OPTIONS)
