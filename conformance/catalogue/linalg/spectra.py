"""Rows of eigenvalues, singular values, and what is made of them."""

from __future__ import annotations

import math
from typing import Any, Iterator

from ...accuracy.contracts import EXACT, backward_stable
from ...accuracy.equations import Equation, Property, Solved, adjoint, diagonal, identity, multiplied, norm
from ...accuracy.number_formats import decode, is_float
from ...cases.case import COMPLEX, Case
from ...drawing.pen import Pen
from ..derivatives import matrices_of_one_number, whole_matrices
from ..rows import Arguments, define
from . import matrices as m
from .factorisations import rectangular
from .solving import _square

FAMILY = "linalg"
Said = Iterator[Equation | Property]
EIGEN = (m.ORDINARY, m.INTEGERS, m.SINGULAR, m.GRADED, m.HERMITIAN, m.PERMUTED)
SPECTRAL = (m.HERMITIAN, m.DEFINITE, m.ORDINARY, m.REPEATED, m.INDEFINITE)
SINGULAR_VALUES = (m.ORDINARY, m.ILL, m.LOW_RANK, m.GRADED, m.SINGULAR, m.REPEATED)


# -- symmetric matrices --------------------------------------------------------------------------------


def symmetric(pen: Pen) -> Arguments:
    """Matrices of which one triangle is read."""
    kwargs = {"UPLO": "x"} if pen.misbehave(4) else pen.maybe("UPLO", lambda: pen.choice(("L", "U", "l", "u")), 2)
    matrix = _gapped(pen, m.HERMITIAN) if pen.grad else _square(pen, SPECTRAL)
    read = m.one_triangle(pen, matrix)
    return (matrix,), {"UPLO": "LU"[read["upper"]]} if read else kwargs


def _gapped(pen: Pen, kind: str) -> Any:
    n = pen.choice((2, 3, 1, 2))
    return m.matrix(pen, (*m.batch(pen), n, n), (kind,))


def _mirrored(a: Any, upper: bool) -> Any:
    def read(i: int, j: int) -> Any:
        if i == j:
            return complex(a[i][i]).real
        return a[i][j] if (j > i) == upper else a[j][i].conjugate()

    return [[read(i, j) for j in range(len(a))] for i in range(len(a))]


def eigh_of(solved: Solved) -> Said:
    """``A V = V diag(L)``, V unitary, L ascending."""
    upper = solved.option("UPLO", "L") in "Uu"
    for a, values, v in zip(solved.argument("input"), solved.result(0, 1), solved.result(1), strict=True):
        a = _mirrored(a, upper)
        yield Equation("A V = V diag(L)", [a, v], [v, diagonal(values)])
        yield Equation("V^H V = 1", [adjoint(v), v], [identity(len(v))])
        yield Property("eigenvalues ascend", all(x <= y for x, y in zip(values, values[1:])))


# -- general matrices ----------------------------------------------------------------------------------


def general(pen: Pen) -> Arguments:
    if pen.grad:
        return (_gapped(pen, m.DOMINANT if pen.chance(2) else m.ORDINARY),), {}
    return (_square(pen, EIGEN),), {}


def infinite(pen: Pen) -> Arguments:
    return (pen.tensor((2, 2), values=(math.nan, math.inf, 1.0, 2.0)),), {}


def not_finite(case: Case) -> bool:
    """torch's eigvals ends the process where an element is not finite."""
    return any(not math.isfinite(x) for spec in case.tensors() if is_float(spec.dtype) for x in decode(case.buffers[spec.buffer], spec.dtype))


def _spectrum(a: Any, values: Any) -> Said:
    """The sums of the powers of the eigenvalues are the traces of the powers of the matrix, which says which they are, and how often each comes:
    of those powers that do not overflow."""
    power, size = identity(len(a)), norm(a)
    for p in range(1, len(a) + 1):
        scale = p * len(a) * math.prod([size] * p)
        if scale == math.inf:
            return
        power = multiplied([power, a])
        trace = sum(power[i][i] for i in range(len(a)))
        yield Equation(f"sum(L**{p}) = trace(A**{p})", [[[sum(math.prod([x] * p) for x in values)]]], [[[trace]]], scale)


def eig_of(solved: Solved) -> Said:
    """``A V = V diag(L)``, columns of length 1."""
    for a, values, v in zip(solved.argument("input"), solved.result(0, 1), solved.result(1), strict=True):
        yield Equation("A V = V diag(L)", [a, v], [v, diagonal(values)])
        lengths = [math.hypot(*[abs(row[j]) for row in v]) for j in range(len(v))]
        yield Equation("columns of V have length 1", [[lengths]], [[[1.0] * len(v)]])
        yield from _spectrum(a, values)


def eigvals_of(solved: Solved) -> Said:
    for a, values in zip(solved.argument("input"), solved.result(0, 1), strict=True):
        yield from _spectrum(a, values)
        if not any(isinstance(x, complex) for row in a for x in row):
            yield Property("complex eigenvalues come in pairs", sorted(x.imag for x in values) == sorted(-x.imag for x in values))


# -- singular values -----------------------------------------------------------------------------------


def _of_shapes(pen: Pen, kinds: tuple[str, ...]) -> Any:
    if pen.grad:
        rows, columns = pen.choice(((2, 2), (3, 2), (2, 3), (3, 3), (1, 2)))
        return m.matrix(pen, (*m.batch(pen), rows, columns), (m.ORDINARY,))
    return rectangular(pen, kinds)


def _driver(pen: Pen) -> dict[str, Any]:
    """The CPU takes none."""
    return {"driver": "gesvd"} if pen.misbehave(4) else pen.maybe("driver", lambda: None, 4)


def svd(pen: Pen) -> Arguments:
    """Gradients of vectors that complete a basis are none: matrices that are not square are drawn without."""
    matrix = _of_shapes(pen, SINGULAR_VALUES)
    square = len(matrix.shape) > 1 and matrix.shape[-1] == matrix.shape[-2]
    full = {} if square and pen.chance(2) or not pen.grad and pen.chance(2) else {"full_matrices": False}
    return (matrix,), full | _driver(pen)


def of_nan(pen: Pen) -> Arguments:
    return (pen.tensor(pen.choice(((2, 2), (2, 2, 2))), values=(math.nan, 1.0, 2.0, 3.0), layout="contiguous"),), {}


def with_driver(pen: Pen) -> Arguments:
    return (m.matrix(pen, (2, 2), (m.ORDINARY,)),), {"driver": "gesvd"}


def svdvals(pen: Pen) -> Arguments:
    return (_of_shapes(pen, SINGULAR_VALUES),), _driver(pen)


def _svd(a: Any, u: Any, values: Any, vh: Any) -> Said:
    wide = len(values)
    yield Equation("A = U S Vh", [a], [u, diagonal(values, len(u[0]) if u else wide, len(vh)), vh])
    yield Equation("U^H U = 1", [adjoint(u), u], [identity(len(u[0]) if u else 0)])
    yield Equation("Vh V = 1", [vh, adjoint(vh)], [identity(len(vh))])
    yield Property("singular values are not negative, and descend", all(x >= y >= 0.0 for x, y in zip(values, [*values[1:], 0.0])))


def svd_of(solved: Solved) -> Said:
    for a, u, values, vh in zip(solved.argument("A"), solved.result(0), solved.result(1, 1), solved.result(2), strict=True):
        yield from _svd(a, u, values, vh)


def deprecated_svd(pen: Pen) -> Arguments:
    matrix = _of_shapes(pen, SINGULAR_VALUES)
    square = len(matrix.shape) > 1 and matrix.shape[-1] == matrix.shape[-2]
    full = {"some": False} if square and pen.chance(2) or not pen.grad and pen.chance(2) else {}
    return (matrix,), full | pen.maybe("compute_uv", lambda: bool(pen.integer(0, 1)), 3)


def deprecated_svd_of(solved: Solved) -> Said:
    """The same with V; without vectors zeros in their place."""
    if solved.option("compute_uv", True):
        for a, u, values, v in zip(solved.argument("input"), solved.result(0), solved.result(1, 1), solved.result(2), strict=True):
            yield from _svd(a, u, values, adjoint(v))
        return
    yield Property("U and V are zeros", not any(x for number in (0, 2) for each in solved.result(number) for row in each for x in row))
    for a, values, right in zip(solved.argument("input"), solved.result(1, 1), solved.torchs(1, 1), strict=True):
        yield Equation("the singular values", [[values]], [[right]], norm(a))


# -- what is made of them --------------------------------------------------------------------------------

RANKED = (m.ORDINARY, m.LOW_RANK, m.SINGULAR, m.INTEGERS)


def _tolerance(pen: Pen, batch: tuple[int, ...], kind: str) -> Any:
    if kind == "tensor":
        dtype = "complex64" if pen.misbehave(3) else pen.choice(("float32", "float64"))
        return pen.tensor(pen.choice(((), batch)), dtype, values=(0.25, 0.125, 0.0625), differentiable=False)
    return pen.choice((0.25, 0.1, 0.3))


def _tolerances(pen: Pen, matrix: Any, older: str) -> dict[str, Any]:
    """One tolerance by its old name, or two by their new ones, numbers or tensors."""
    batch = tuple(matrix.shape[:-2])
    kind = "tensor" if pen.chance(3) and not pen.grad else "number"
    if pen.chance(4):
        return {older: _tolerance(pen, batch, kind)}
    if pen.chance(6):
        return {"atol": 0.0}  # as if none were given; an rtol of 0 would make the rank a matter of roundings
    return pen.maybe("atol", lambda: _tolerance(pen, batch, kind), 3) | pen.maybe("rtol", lambda: _tolerance(pen, batch, kind), 3)


def pinv(pen: Pen) -> Arguments:
    if pen.chance(3):
        matrix = _gapped(pen, m.HERMITIAN) if pen.grad else _square(pen, (m.HERMITIAN, m.DEFINITE))
        return (matrix,), {"hermitian": True, **_tolerances(pen, matrix, "rcond")}
    matrix = _of_shapes(pen, RANKED)
    return (matrix,), _tolerances(pen, matrix, "rcond")


def pinverse(pen: Pen) -> Arguments:
    return (_of_shapes(pen, (m.ORDINARY, m.INTEGERS)),), pen.maybe("rcond", lambda: pen.choice((0.25, 0.1)), 3)


def rank(pen: Pen) -> Arguments:
    if pen.chance(3):
        matrix = _square(pen, (m.HERMITIAN, m.DEFINITE))
        return (matrix,), {"hermitian": True, **_tolerances(pen, matrix, "tol")}
    matrix = rectangular(pen, RANKED)
    return (matrix,), _tolerances(pen, matrix, "tol")


def exponential(pen: Pen) -> Arguments:
    if pen.grad:
        return (_gapped(pen, m.ORDINARY),), {}
    return (_square(pen, (m.ORDINARY, m.INTEGERS, m.GRADED, m.SINGULAR, m.PERMUTED, m.HERMITIAN)),), {}


ORDERS = ("fro", "nuc", 2, -2, 1, -1, math.inf, -math.inf)


def _dtype(pen: Pen) -> dict[str, Any]:
    if pen.grad or not pen.chance(4):
        return {}
    own = ("complex64", "complex128") if pen.dtype in COMPLEX else ("float32", "float64")
    return {"dtype": pen.dtype_argument(own if not pen.misbehave(2) else ("float32", "complex64", "int64", "float16"))}


def _order(pen: Pen) -> Any:
    return pen.choice(("x", 3, 0, 1j, 2.5)) if pen.misbehave(3) else pen.choice(ORDERS)


def matrix_norm(pen: Pen) -> Arguments:
    matrix = _of_shapes(pen, (m.ORDINARY, m.LOW_RANK, m.GRADED, m.INTEGERS))
    kwargs = pen.maybe("keepdim", lambda: True, 3) | _dtype(pen)
    ndim = len(matrix.shape)
    if ndim >= 2 and pen.chance(3):
        first = pen.integer(0, ndim - 1)
        second = (first + 1 + pen.integer(0, ndim - 2)) % ndim
        kwargs["dim"] = (first, second - ndim)
        if pen.misbehave(2):
            kwargs["dim"] = pen.choice(((first, first), (first,), (first, ndim), (0, 1, 1)))
    return (matrix, *((_order(pen),) if pen.chance(2) or "dim" in kwargs else ())), kwargs


def linalg_norm(pen: Pen) -> Arguments:
    """Of a matrix with an order, of all elements without, of vectors along one dimension."""
    if pen.chance(4):
        return (pen.tensor(pen.shape(0, 2), mode="ordinary"),), {}
    args, kwargs = matrix_norm(pen)
    matrix, *order = args
    if not order or pen.chance(3):
        return (matrix,), {key: value for key, value in kwargs.items() if key != "dim"}
    if pen.chance(3):
        return (matrix,), {**kwargs, "dim": pen.integer(0, max(len(matrix.shape) - 1, 0)), "ord": pen.choice((1, 2, 3, math.inf, 0.5))}
    if len(matrix.shape) > 2 and "dim" not in kwargs and not pen.misbehave(2):
        kwargs["dim"] = (-2, -1)
    if pen.misbehave(3):
        kwargs["dim"] = pen.choice(((), tuple(range(-len(matrix.shape), 0))[:3]))
    return (matrix, order[0]), kwargs


def nuclear_norm(pen: Pen) -> Arguments:
    args, kwargs = matrix_norm(pen)
    kwargs.pop("dtype", None)
    return args[:1], kwargs


def condition(pen: Pen) -> Arguments:
    if pen.chance(2) or pen.grad:
        matrix = _gapped(pen, m.ORDINARY) if pen.grad else _square(pen, (m.ORDINARY, m.ILL, m.INTEGERS, m.DOMINANT, m.SINGULAR))
        return (matrix, _order(pen)), {}
    return (rectangular(pen, (m.ORDINARY, m.ILL, m.GRADED)),), pen.maybe("p", lambda: pen.choice((2, -2)), 2)


OPTIONS: dict[str, Any] = {"differentiable": True, "contract": backward_stable(4), "dtypes": " ".join(m.DTYPES)}
NORMS: dict[str, Any] = {**OPTIONS, "contract": backward_stable(8)}
define("linalg.eigh", FAMILY, symmetric, classes=SPECTRAL, classes_of_each_dtype=m.TRIANGLES, equations=eigh_of, derivative=matrices_of_one_number,
       exercises="_linalg_eigh", **OPTIONS)
define("linalg.eigvalsh", FAMILY, symmetric, shares="_linalg_eigh", classes=SPECTRAL, classes_of_each_dtype=m.TRIANGLES,
       derivative=matrices_of_one_number, **OPTIONS)
define("linalg.eig", FAMILY, general, classes=EIGEN, equations=eig_of, violating=(infinite,), **OPTIONS)
define("linalg.eigvals", FAMILY, general, classes=EIGEN, equations=eigvals_of, fatal=not_finite, **OPTIONS, never_alone={
    "should not contain infs or NaNs": "torch does not survive it"})  # fmt: skip
define("linalg.svd", FAMILY, svd, classes=SINGULAR_VALUES, equations=svd_of, exercises="_linalg_svd", violating=(of_nan, with_driver), **OPTIONS)
define("linalg.svdvals", FAMILY, svdvals, classes=SINGULAR_VALUES, exercises="_linalg_svdvals", violating=(of_nan, with_driver), **OPTIONS)
define("svd", FAMILY, deprecated_svd, equations=deprecated_svd_of, **OPTIONS)
define("linalg.pinv", FAMILY, pinv, classes=RANKED, derivative=whole_matrices, exercises="_linalg_pinv", **NORMS)
define("pinverse", FAMILY, pinverse, **NORMS)
define("linalg.matrix_rank", FAMILY, rank, classes=RANKED, contract=EXACT, dtypes=" ".join(m.DTYPES))
define("linalg.matrix_exp matrix_exp", FAMILY, exponential, **NORMS)
define("linalg.matrix_norm", FAMILY, matrix_norm, **NORMS)
define("linalg.norm", FAMILY, linalg_norm, **NORMS)
define("nuclear_norm", FAMILY, nuclear_norm, **NORMS)
define("linalg.cond", FAMILY, condition, **NORMS)
