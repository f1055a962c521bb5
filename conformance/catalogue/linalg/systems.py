"""Rows of least squares, of the decomposition of indefinite matrices, and of tensors that count as matrices."""

from __future__ import annotations

from random import Random
from typing import Any, Iterator

from ...accuracy.contracts import EXACT, accumulated, backward_stable
from ...accuracy.equations import Equation, Property, Solved, adjoint, multiplied, transpose
from ...accuracy.number_formats import decode
from ...cases.case import COMPLEX, INTEGERS, Case, TensorSpec, elements
from ...drawing.pen import Pen
from ..derivatives import refused, without_singular_values
from ..rows import Arguments, define
from . import matrices as m
from .factorisations import _integers
from .solving import _square

FAMILY = "linalg"
Said = Iterator[Equation | Property]

# -- least squares ---------------------------------------------------------------------------------------


def least_squares(pen: Pen) -> Arguments:
    """Matrices of full rank, or of one that is far from the next; tall and wide ones, with several right sides or one."""
    rows, columns = pen.choice(((3, 2), (2, 2), (2, 3), (4, 2), (1, 1), (3, 3), (1, 2)))
    batch = m.batch(pen)
    driver = pen.choice((None, "gelsy", "gels", "gelsd", "gelss"))
    kinds = (m.ORDINARY,) if pen.grad or driver in (None, "gels", "gelsy") else (m.ORDINARY, m.INTEGERS, m.LOW_RANK)
    matrix = m.any_tensor(pen) if pen.misbehave(4) else m.matrix(pen, (*batch, rows, columns), kinds)
    side = rows + (1 if pen.misbehave(4) else 0)
    shape = (*batch, side) if pen.chance(4) else (*batch, side, pen.choice((1, 2)))
    if pen.misbehave(4):
        shape = pen.choice(((), (2, *shape), (side,) if len(batch) else (1, 1, side, 1)))
    dtype = pen.other_dtype(m.DTYPES) if pen.misbehave(4) else pen.dtype
    count = shape[-1] * (shape[-2] if len(shape) > 1 else 1) if shape else 1
    right = m.tensor(pen, shape, lambda rng: [m.number(rng, dtype, 3.0) for _ in range(count)], dtype)
    kwargs: dict[str, Any] = {} if driver is None else {"driver": driver}
    kwargs |= pen.maybe("rcond", lambda: pen.choice((None, 1e-4, 1e-5)), 3)  # below all singular values that are not 0
    return (matrix, right), {"driver": "x"} if pen.misbehave(4) else kwargs


# -- indefinite matrices ---------------------------------------------------------------------------------

INDEFINITE = (m.HERMITIAN, m.INDEFINITE, m.DEFINITE, m.ZERO_DIAGONAL)


def ldl_ex(pen: Pen) -> Arguments:
    args, kwargs = ldl(pen)
    return args, kwargs | pen.maybe("check_errors", lambda: pen.chance(2), 3)


def ldl(pen: Pen) -> Arguments:
    kwargs = pen.maybe("hermitian", lambda: True, 2)
    matrix = _square(pen, INDEFINITE)
    m.one_triangle(pen, matrix)
    return (matrix,), kwargs


def _block(packed: Any, k: int, width: int, mirror: Any) -> list[list[Any]]:
    if width == 1:
        return [[packed[k][k]]]
    return [[packed[k][k], mirror(packed[k + 1][k])], [packed[k + 1][k], packed[k + 1][k + 1]]]


def _ldl(a: Any, packed: Any, pivots: Any, hermitian: bool) -> Said:
    """``A = P L D L^T P^T``: the exchanges and the columns of L one block after the other, from the last."""
    n = len(a)
    mirror = (lambda x: x.conjugate()) if hermitian else (lambda x: x)
    yield Property("pivots are rows, in pairs where they are negative", _are_pivots(pivots))
    if not _are_pivots(pivots):
        return
    lower = [[float(i == j) for j in range(n)] for i in range(n)]
    middle: list[list[Any]] = [[0.0] * n for _ in range(n)]
    blocks, k = [], 0
    while k < n:
        width = 1 if pivots[k] > 0 else 2
        blocks.append((k, width))
        for i, row in enumerate(_block(packed, k, width, mirror)):
            middle[k + i][k : k + width] = row
        k += width
    for k, width in reversed(blocks):
        step = [[float(i == j) for j in range(n)] for i in range(n)]
        for i in range(k + width, n):
            step[i][k : k + width] = packed[i][k : k + width]
        lower = multiplied([step, lower])
        place, other = k + width - 1, abs(pivots[k]) - 1
        lower[place], lower[other] = lower[other], lower[place]
    read = [[a[i][j] if j <= i else mirror(a[j][i]) for j in range(n)] for i in range(n)]
    if hermitian:
        for i in range(n):
            read[i][i] = complex(read[i][i]).real
    yield Equation("A = P L D L^T P^T", [read], [lower, middle, adjoint(lower) if hermitian else transpose(lower)])


def _are_pivots(pivots: Any) -> bool:
    n, k = len(pivots), 0
    while k < n:
        width = 1 if pivots[k] > 0 else 2
        if not k + width - 1 <= abs(pivots[k]) - 1 < n or width == 2 and (k + 1 == n or pivots[k + 1] != pivots[k]):
            return False
        k += width
    return True


def ldl_of(solved: Solved) -> Said:
    hermitian = solved.option("hermitian", False)
    for a, packed, pivots in zip(solved.argument("input"), solved.result(0), solved.result(1, 1), strict=True):
        yield from _ldl(a, packed, pivots, hermitian)


def ldl_and_info(solved: Solved) -> Said:
    yield from ldl_of(solved)
    yield Property("info is the first zero on D's diagonal", solved.result(2, 0) == solved.torchs(2, 0))


def ldl_solve(pen: Pen) -> Arguments:
    """What a decomposition gives: blocks of one, or a block of two at the start."""
    n, batch, k = pen.choice((2, 3, 1, 2)), m.batch(pen), pen.choice((1, 2, 3))
    dtype, hermitian = pen.dtype, pen.chance(2)
    pair = n > 1 and pen.chance(2)

    def packed(rng: Random) -> list[Any]:
        rows = [[m.number(rng, dtype) * 0.7 if j < i else 0.0 for j in range(n)] for i in range(n)]
        for i in range(n):
            rows[i][i] = rng.choice((-1.0, 1.0)) * rng.uniform(1.0, 2.0)
        if pair:
            rows[0][0], rows[1][1], rows[1][0] = 0.25, -0.125, rng.uniform(1.0, 2.0)
        return [x for row in rows for x in row]

    def pivots(rng: Random) -> list[Any]:
        found = [rng.randint(i + 1, n) for i in range(n)]
        if pair:
            found[:2] = [-rng.randint(2, n)] * 2
        return found

    data = m.tensor(pen, (*batch, n, n), packed) if not pen.misbehave(4) else m.matrix(pen, (*batch, n, n + 1), (m.ORDINARY,))
    if pen.misbehave(4):
        data = m.any_tensor(pen)
    places = _integers(pen, (*batch, n), pivots)
    if pen.misbehave(3):
        places = pen.tensor((*batch, n), "float32") if pen.chance(2) else _integers(pen, (*batch, n + 1), lambda rng: [1] * (n + 1))
    shape = (*(batch if not pen.chance(4) else ()), n + (1 if pen.misbehave(4) else 0), k)
    if pen.misbehave(4):
        shape = (n,)
    kind = pen.other_dtype(m.DTYPES) if pen.misbehave(4) else dtype
    count = shape[-1] * (shape[-2] if len(shape) > 1 else 1)
    right = m.tensor(pen, shape, lambda rng: [m.number(rng, kind, 3.0) for _ in range(count)], kind)
    return (data, places, right), {"hermitian": True} if hermitian else {}


def no_decomposition(case: Case) -> bool:
    """Pivots that no decomposition gives: LAPACK exchanges rows that are not there."""
    named = dict(zip(("LD", "pivots"), case.args)) | case.kwargs
    packed, pivots = named.get("LD"), named.get("pivots")
    if not isinstance(packed, TensorSpec) or not isinstance(pivots, TensorSpec) or pivots.dtype != "int32" or not pivots.shape:
        return False
    n, places = pivots.shape[-1], decode(b"".join(elements(case, pivots)), pivots.dtype)
    return not all(_are_pivots(places[i : i + n]) for i in range(0, len(places), n))


def ldl_of_integers(pen: Pen) -> Arguments:
    return (pen.tensor((2, 2), "int64"), _integers(pen, (2,), lambda rng: [1, 2]), pen.tensor((2, 1), "int64")), {}


# -- tensors ---------------------------------------------------------------------------------------------

_SHAPES = (((2,), (2,)), ((2, 3), (6,)), ((4,), (2, 2)), ((1,), (1, 1)), ((3,), (3,)))


def _shapes(pen: Pen) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What counts as rows, and as columns; a matrix may be large."""
    rows, columns = pen.choice(_SHAPES)
    if len(columns) == 1 == len(rows):
        rows = columns = (pen.length(rows, most=17),)
    return rows, columns


def _as_matrix(pen: Pen, rows: tuple[int, ...], columns: tuple[int, ...]) -> Any:
    """A tensor whose first dimensions are the rows of a regular matrix."""
    count = 1
    for n in rows:
        count *= n
    forced, pen.force = pen.force, None
    spec = pen.tensor((*rows, *columns), mode="ordinary", layout=pen.choice(m.LAYOUTS))
    pen.force = forced
    if spec.dtype in m.DTYPES and spec.numel == count * count:
        m.fill(pen, spec, m.of_kind(Random(pen.integer(0, 2**16)), m.DOMINANT if pen.grad else m.ORDINARY, spec.dtype, count, count))
    return spec


def tensorinv(pen: Pen) -> Arguments:
    rows, columns = _shapes(pen)
    ind = len(rows)
    if pen.misbehave(2):
        ind = pen.choice((0, -1, len(rows) + len(columns) + 1, ind))
        columns = pen.choice((columns, (*columns, 2)))
    return (_as_matrix(pen, rows, columns), *((ind,) if ind != 2 or pen.chance(2) else ())), {}


def singular_tensor(pen: Pen) -> Arguments:
    return (pen.tensor((2, 2), mode="ordinary", values=(0.0,)), 1), {}


def tensorsolve(pen: Pen) -> Arguments:
    rows, columns = _shapes(pen)
    if pen.chance(2):
        rows, columns = columns, rows
    right = pen.tensor(rows if not pen.misbehave(4) else (*rows, 2), mode="ordinary")
    if pen.misbehave(4):
        return (_as_matrix(pen, rows, columns), right), {"dims": pen.choice((7, -9, (0, 0)))}
    if pen.chance(3):  # the columns come first, and are moved to the end
        dims = [d - pen.choice((0, len(rows) + len(columns))) for d in range(len(columns))]
        return (_as_matrix(pen, columns, rows), right), {"dims": tuple(dims)}
    return (_as_matrix(pen, rows, columns), right), {}


def vander(pen: Pen) -> Arguments:
    shape = pen.shape(1, 2, 12)
    if not pen.misbehave(3) and shape[-1] < 2:
        shape = (*shape[:-1], 2)
    x = pen.tensor(() if pen.misbehave(4) else shape, mode="ordinary")
    kwargs = pen.maybe("N", lambda: pen.choice((2, 3, 4)), 2)
    return (x,), {"N": pen.choice((0, 1, -1))} if pen.misbehave(3) else kwargs


def diagonal(pen: Pen) -> Arguments:
    x = pen.tensor(pen.shape(2, 4) if not pen.misbehave(3) else pen.shape(0, 1))
    kwargs: dict[str, Any] = pen.maybe("offset", lambda: pen.integer(-2, 2))
    if pen.chance(3):
        kwargs |= {"dim1": pen.dim(len(x.shape)), "dim2": pen.dim(len(x.shape))}
    return (x,), kwargs


OPTIONS: dict[str, Any] = {"differentiable": True, "contract": backward_stable(4), "dtypes": " ".join(m.DTYPES)}
define("linalg.lstsq", FAMILY, least_squares, forms="function",
       derivative=without_singular_values, exercises="_linalg_lstsq", **{**OPTIONS, "contract": backward_stable(16)})
define("linalg.ldl_factor_ex", FAMILY, ldl_ex, classes=INDEFINITE, classes_of_each_dtype=(m.LOWER_READ,), equations=ldl_and_info,
       exercises="_linalg_ldl_factor_ex", derivative=refused, **OPTIONS)
define("linalg.ldl_factor", FAMILY, ldl, shares="_linalg_ldl_factor_ex", classes_of_each_dtype=(m.LOWER_READ,), equations=ldl_of,
    derivative=refused, **OPTIONS)
define("linalg.ldl_solve", FAMILY, ldl_solve, derivative=refused, fatal=no_decomposition, violating=(ldl_of_integers,), **OPTIONS)
define("linalg.tensorinv", FAMILY, tensorinv, violating=(singular_tensor,), **OPTIONS)
define("linalg.tensorsolve", FAMILY, tensorsolve, **OPTIONS)
define("linalg.vander", FAMILY, vander, differentiable=True, contract=accumulated(1), multiplies=True,
       dtypes=(*[d for d in m.DTYPES if d not in COMPLEX], "complex64", *INTEGERS))  # fmt: skip
define("linalg.diagonal", FAMILY, diagonal, differentiable=True, contract=EXACT)
