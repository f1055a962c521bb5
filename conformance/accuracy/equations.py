"""Equations between matrices that results of linear algebra satisfy, as rows of the catalogue state them, and what they are stated with."""

from __future__ import annotations

import math
from math import prod
from typing import Any, NamedTuple, Sequence

from ..cases.case import Case, elements
from .number_formats import REAL, decode

Matrix = list[list[Any]]


class Equation(NamedTuple):
    """The product of the matrices on the left is that of the matrices on the right; ``scale``: the least norm of what cancels in them."""

    words: str
    left: Sequence[Matrix]
    right: Sequence[Matrix]
    scale: float = 0.0


class Property(NamedTuple):
    """What holds exactly, or does not."""

    words: str
    holds: bool


class Solved:
    """A call and its results, as Python numbers: ``argument`` by name, ``result`` by number, each a list of what the batch has: matrices (lists of
    rows), vectors, numbers. ``expected``: torch's results in the same way."""

    def __init__(self, case: Case, parameters: Sequence[str], outputs: Sequence[Any], expected: Sequence[Any]) -> None:
        self._named = dict(zip(parameters, case.args)) | case.kwargs
        self._case = case
        self._outputs = outputs
        self._expected = expected

    def argument(self, name: str, ndim: int = 2) -> list[Any]:
        """A tensor argument, whose last ``ndim`` dimensions are what one index of the batch has."""
        spec = self._named[name]
        return _items(decode(b"".join(elements(self._case, spec)), spec.dtype), spec.dtype, spec.shape, ndim)

    def option(self, name: str, default: Any) -> Any:
        """An argument that is no tensor."""
        return self._named.get(name, default)

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self._named[name].shape)

    def result(self, number: int, ndim: int = 2) -> list[Any]:
        return _read(self._outputs[number], ndim)

    def torchs(self, number: int, ndim: int = 2) -> list[Any]:
        return _read(self._expected[number], ndim)


def _read(output: Any, ndim: int) -> list[Any]:
    reading = output.reading
    return _items(decode(reading.data, reading.dtype), reading.dtype, reading.shape, ndim)


def _items(numbers: Sequence[Any], dtype: str, shape: Sequence[int], ndim: int) -> list[Any]:
    if dtype in REAL:
        numbers = [complex(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
    split = len(shape) - ndim
    core = tuple(shape[split:])
    size = prod(core)
    items = [list(numbers[i * size : (i + 1) * size]) for i in range(prod(shape[:split]))]
    if ndim == 2:
        return [[item[r * core[1] : (r + 1) * core[1]] for r in range(core[0])] for item in items]
    return items if ndim == 1 else [item[0] for item in items]


# -- small matrices ------------------------------------------------------------------------------------


def adjoint(a: Matrix) -> Matrix:
    return [[x.conjugate() for x in column] for column in zip(*a)]


def transpose(a: Matrix) -> Matrix:
    return [list(column) for column in zip(*a)]


def diagonal(values: Sequence[Any], rows: int | None = None, columns: int | None = None) -> Matrix:
    """A matrix with these elements on its diagonal."""
    n = len(values)
    return [[values[i] if i == j else 0.0 for j in range(n if columns is None else columns)] for i in range(n if rows is None else rows)]


def identity(n: int) -> Matrix:
    return diagonal([1.0] * n)


def multiplied(factors: Sequence[Matrix]) -> Matrix:
    """The product of matrices; sums of real products are exact."""
    found = factors[0]
    for factor in factors[1:]:
        columns = [list(column) for column in zip(*factor)]
        found = [[_dot(row, column) for column in columns] for row in found]
    return found


def _dot(row: Sequence[Any], column: Sequence[Any]) -> Any:
    terms = [x * y for x, y in zip(row, column, strict=True)]
    if any(isinstance(term, complex) for term in terms):
        return complex(math.fsum(complex(term).real for term in terms), math.fsum(complex(term).imag for term in terms))
    return math.fsum(terms)


def norm(a: Matrix) -> float:
    """Frobenius's norm."""
    return math.hypot(*[abs(x) for row in a for x in row])


def is_triangular(a: Matrix, upper: bool, strictly: bool = False) -> bool:
    """Whether the other triangle holds zeros alone (and the diagonal, if ``strictly``)."""
    wrong = [x for i, row in enumerate(a) for j, x in enumerate(row) if (i > j if upper else i < j) or strictly and i == j]
    return not any(x != 0 for x in wrong)
