"""Matrices that are drawn for linear algebra: well and ill conditioned, singular, Hermitian, definite, triangular, orthogonal, graded.

Whether a matrix is singular is decided by exact arithmetic only: of a singular matrix a row or a column is zero, so that every elimination meets a
pivot that is exactly 0; the others are far from it, as far as their kind says. (A matrix of which two rows are equal is singular on one machine and
not on the next: who multiplies by the reciprocal of a pivot does not get 1 from it.)
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from random import Random
from typing import Any, Callable, Sequence

from ...accuracy.number_formats import FORMATS, REAL, encode
from ...cases.case import COMPLEX, ITEMSIZE, TensorSpec, element_offsets
from ...drawing.pen import Pen

DTYPES = ("float32", "complex64", "float64", "complex128")
LAYOUTS = ("contiguous", "permuted", "sliced")

Matrix = list[list[Any]]

# The kinds, which are input classes of the rows that draw them.
ORDINARY, SINGULAR, ILL, DOMINANT, HERMITIAN, DEFINITE, GRADED, INTEGERS, PERMUTED, LOW_RANK, INDEFINITE, REPEATED, ZERO_DIAGONAL = (
    "ordinary matrix", "singular matrix", "ill-conditioned matrix", "dominant diagonal", "Hermitian matrix", "positive definite matrix",
    "graded matrix",
    "matrix of small integers", "permutation matrix", "matrix of low rank", "indefinite matrix",
    "repeated eigenvalues", "zeros on the diagonal",
)  # fmt: skip

# Of a matrix of which one triangle is read, the other one holds other numbers: in a symmetric one it would not be seen which.
UPPER_READ, LOWER_READ = "only the upper triangle fits", "only the lower triangle fits"
TRIANGLES = (LOWER_READ, UPPER_READ)


def size(pen: Pen, most: int = 5) -> int:
    """The size of a matrix, mostly 2 or 3, now and then 0 or 1."""
    if pen.force == "empty" and pen.chance(2):
        pen.labels.add("empty")
        return 0
    n = pen.choice([n for n in (2, 3, 1, 2, 3, 4, 5, 6) if n <= most])
    if not pen.grad and pen.chance(12):
        pen.labels.add("empty")
        return 0
    return n


def batch(pen: Pen) -> tuple[int, ...]:
    """The leading dimensions: mostly none."""
    if pen.force == "empty":
        pen.labels.add("empty")
        return (0,)
    chosen = pen.choice(((), (2,), (), (3,), (2, 2), (1,), ())) if pen.force not in ("expanded", "broadcast") else (2,)
    if len(chosen) == 1:
        chosen = (pen.length(chosen, most=33),)  # of large inputs it is the batch that is large: some operations grow with the cube of a size
    return chosen if not pen.grad else chosen[:1]


def kind_of(pen: Pen, kinds: Sequence[str]) -> str:
    """One of the kinds, the one that is forced if it is among them."""
    kind = pen.force if pen.force in kinds else pen.choice(kinds)
    pen.labels.add(str(kind))
    return str(kind)


def tensor(pen: Pen, shape: tuple[int, ...], make: Callable[[Random], list[Any]], dtype: str | None = None) -> TensorSpec:
    """A tensor whose elements ``make`` draws, in row-major order, for each index of the leading dimensions; in any layout in which no two share
    memory, and, where that is forced, with equal matrices along the first dimension of a batch."""
    forced, pen.force = pen.force, None
    layout = forced if forced in LAYOUTS else pen.choice(LAYOUTS)
    repeated = forced == "expanded" and len(shape) > 2
    spec = pen.tensor(shape[1:] if repeated else shape, dtype, mode="ordinary", layout=layout)
    pen.force = forced
    rng = Random(pen.integer(0, 2**16))
    count = prod(spec.shape[:-2])
    fill(pen, spec, [x for _ in range(count) for x in make(rng)])
    if repeated:
        pen.labels.add("expanded")
        spec = replace(spec, shape=shape, strides=(0, *spec.strides))
    return spec


def fill(pen: Pen, spec: TensorSpec, values: Sequence[Any]) -> None:
    """Put these elements into a tensor."""
    width = ITEMSIZE[spec.dtype]
    data = pen.buffers[spec.buffer]
    cells = [data[i : i + width] for i in range(0, len(data), width)]
    for place, value in zip(element_offsets(spec.shape, spec.strides, spec.offset), values, strict=True):
        if spec.dtype not in COMPLEX and isinstance(value, complex):
            value = value.real
        cells[place] = encode([value], spec.dtype)
    pen.buffers[spec.buffer] = b"".join(cells)


def one_triangle(pen: Pen, spec: TensorSpec) -> dict[str, Any]:
    """Where it is forced that only one triangle fits: the other one gets other numbers. Which is to be read, as a keyword argument."""
    if pen.force not in TRIANGLES or not spec.shape:
        return {}
    upper, n = pen.force == UPPER_READ, spec.shape[-1]
    if n > 1:
        pen.labels.add(pen.force)
    width = ITEMSIZE[spec.dtype]
    data = bytearray(pen.buffers[spec.buffer])
    for number, place in enumerate(element_offsets(spec.shape, spec.strides, spec.offset)):
        i, j = number // n % n, number % n
        if i != j and (j > i) != upper:
            data[place * width : (place + 1) * width] = encode([number % 7 - 3.5], spec.dtype)
    pen.buffers[spec.buffer] = bytes(data)
    return {"upper": upper}


# -- elements ------------------------------------------------------------------------------------------


def number(rng: Random, dtype: str, scale: float = 1.0) -> Any:
    """A number of modulus about 1, of all its bits."""
    if dtype in COMPLEX:
        return complex(rng.uniform(-scale, scale), rng.uniform(-scale, scale))
    return rng.uniform(-scale, scale)


def whole(rng: Random, dtype: str) -> Any:
    return complex(rng.randint(-3, 3), rng.randint(-3, 3)) if dtype in COMPLEX else float(rng.randint(-3, 3))


def general(rng: Random, dtype: str, m: int, n: int) -> Matrix:
    return [[number(rng, dtype) for _ in range(n)] for _ in range(m)]


def _product(a: Matrix, b: Matrix) -> Matrix:
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]


def orthonormal(rng: Random, dtype: str, n: int) -> Matrix:
    """A unitary matrix, rounded: a product of reflections."""
    found: Matrix = [[float(i == j) for j in range(n)] for i in range(n)]
    for _ in range(min(n, 3)):
        v = [number(rng, dtype) for _ in range(n)]
        weight = 2.0 / sum(abs(x) ** 2 for x in v)
        found = [[x - weight * sum(row[k] * v[k] for k in range(n)) * v[j].conjugate() for j, x in enumerate(row)] for row in found]
    return found


def with_singular_values(rng: Random, dtype: str, m: int, n: int, values: Sequence[float]) -> Matrix:
    """A matrix with these singular values, but for rounding."""
    left, right = orthonormal(rng, dtype, m), orthonormal(rng, dtype, n)
    return [[sum(left[i][k] * s * right[k][j] for k, s in enumerate(values)) for j in range(n)] for i in range(m)]


def hermitian(rng: Random, dtype: str, values: Sequence[float]) -> Matrix:
    """A Hermitian matrix with these eigenvalues, but for rounding; Hermitian to the bit."""
    n = len(values)
    q = orthonormal(rng, dtype, n)
    found = [[sum(q[i][k] * w * q[j][k].conjugate() for k, w in enumerate(values)) for j in range(n)] for i in range(n)]
    return [[found[i][j] if j < i else complex(found[i][i]).real if i == j else found[j][i].conjugate() for j in range(n)] for i in range(n)]


def singular(rng: Random, dtype: str, m: int, n: int) -> Matrix:
    """Of ordinary numbers, with a row or column of zeros."""
    found = general(rng, dtype, m, n)
    if n and rng.randrange(2):
        j = rng.randrange(n)
        for row in found:
            row[j] = 0.0
    elif m:
        found[rng.randrange(m)] = [0.0] * n
    return found


def of_kind(rng: Random, kind: str, dtype: str, m: int, n: int) -> list[Any]:
    """The elements of one matrix of a kind."""
    k = min(m, n)
    if m != n and kind in (HERMITIAN, DEFINITE, INDEFINITE):
        kind = ORDINARY  # which is drawn to be refused
    precision = FORMATS[REAL.get(dtype, dtype)].precision
    if kind == SINGULAR:
        found = singular(rng, dtype, m, n)
    elif kind == ILL:
        found = with_singular_values(rng, dtype, m, n, [2.0 ** (-(precision - 8) * i / max(k - 1, 1)) for i in range(k)])
    elif kind == LOW_RANK:
        rank = rng.randint(0, max(k - 1, 0))
        found = with_singular_values(rng, dtype, m, n, [rng.uniform(0.5, 2.0) for _ in range(rank)])
    elif kind == DOMINANT:
        found = [[x + (3.0 * n if i == j else 0.0) for j, x in enumerate(row)] for i, row in enumerate(general(rng, dtype, m, n))]
    elif kind == HERMITIAN:
        found = hermitian(rng, dtype, [(-1.0) ** i * (0.5 + i + rng.uniform(0.0, 0.6)) for i in range(n)])
    elif kind == DEFINITE:
        found = hermitian(rng, dtype, [rng.uniform(0.5, 3.0) for _ in range(n)])
    elif kind == ZERO_DIAGONAL:
        found = [[0.0 if i == j else x for j, x in enumerate(row)] for i, row in enumerate(general(rng, dtype, m, n))] if n > 1 else [[1.0] * n] * m
    elif kind == REPEATED:
        found = hermitian(rng, dtype, [rng.choice((1.0, -1.0, 2.0, 0.0)) for _ in range(n)]) if m == n else general(rng, dtype, m, n)
    elif kind == INDEFINITE:
        found = hermitian(rng, dtype, [rng.uniform(0.5, 3.0) for _ in range(n)])
        i = rng.randrange(n) if n else 0
        if n:
            found[i][i] = -found[i][i]
    elif kind == GRADED:
        found = [[x * 2.0 ** (-4 * i - 4 * j) for j, x in enumerate(row)] for i, row in enumerate(general(rng, dtype, m, n))]
    elif kind == INTEGERS:
        found = regular_integers(rng, dtype, m, n)
    elif kind == PERMUTED:
        order = rng.sample(range(m), m)
        found = [[float(order[i] == j) * rng.choice((1.0, -2.0, 4.0)) for j in range(n)] for i in range(m)]
    else:
        found = with_singular_values(rng, dtype, m, n, [rng.uniform(0.5, 2.0) for _ in range(k)])
    return [x for row in found for x in row]


def regular_integers(rng: Random, dtype: str, m: int, n: int) -> Matrix:
    """A product of two unit triangular matrices of integers (whose determinant is 1), of any shape."""
    k = max(m, n)
    lower = [[whole(rng, dtype) if j < i else float(i == j) for j in range(k)] for i in range(m)]
    upper = [[whole(rng, dtype) if j > i else float(i == j) for j in range(n)] for i in range(k)]
    return _product(lower, upper) if m and n else [[] for _ in range(m)]


def matrix(pen: Pen, shape: tuple[int, ...], kinds: Sequence[str], dtype: str | None = None) -> TensorSpec:
    """A batch of matrices of one of these kinds."""
    dtype = dtype or pen.dtype
    kind = kind_of(pen, kinds)
    m, n = shape[-2:]
    if dtype not in DTYPES:
        return pen.tensor(shape, dtype)
    return tensor(pen, shape, lambda rng: of_kind(rng, kind, dtype, m, n), dtype)


def any_tensor(pen: Pen) -> TensorSpec:
    """What is wrong where a matrix is wanted: of too few dimensions, or of a dtype without linear algebra."""
    if pen.chance(2):
        return pen.tensor(pen.shape(0, 1))
    return pen.tensor((2, 2), pen.choice(("int64", "bool", "float16", "bfloat16", "int32")), mode="ordinary")


