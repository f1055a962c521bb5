"""Single operations beside the shortest expression of the standard library that computes the same elements."""

from __future__ import annotations

import random
from array import array
from itertools import chain, compress, cycle, repeat
from math import exp, fsum, log, sqrt
from operator import add, mul
from typing import Iterator

import refimpl as torch
from refimpl.nn.functional import cross_entropy as cross_entropy_of

from .timing import Result, compare

ROWS = COLUMNS = 1000
SIDE = 128
LARGE, PRODUCT, SMALL, SMALL_WITH_GRAD = 1.3, 0.8, 16.0, 40.0  # targets; the bare product sums everything exactly


def floats(count: int, seed: int) -> array[float]:
    """``count`` float32 numbers in [-2, 2), their bits all in use."""
    stream = random.Random(seed)
    return array("f", [stream.uniform(-2, 2) for _ in range(count)])


def tensor(values: array[float], *shape: int) -> torch.Tensor:
    return torch.tensor(values.tolist()).reshape(shape)


def transpose(a: array[float]) -> array[float]:
    out = array("f", bytes(a.itemsize * len(a)))
    for j in range(COLUMNS):
        out[j * ROWS : (j + 1) * ROWS] = a[j::COLUMNS]
    return out


def matmul(a: array[float], b: array[float], terms: int = SIDE) -> array[float]:
    """The exact sum of each element's products, rounded once."""
    width = len(b) // terms
    rows = [a[i : i + terms].tolist() for i in range(0, len(a), terms)]
    columns = [b[j::width].tolist() for j in range(width)]
    return array("f", [fsum(map(mul, row, column)) for row in rows for column in columns])


def check(name: str, result: torch.Tensor, bare: array[float]) -> None:
    """Both ways gave the same bits: otherwise the comparison would mean nothing."""
    if array("f", result.reshape(-1).tolist()) != bare:
        raise AssertionError(f"{name}: the bare expression computes something else")


def large() -> Iterator[Result]:
    """A million float32 elements, and a product of two 128 x 128 matrices."""
    a, b = floats(ROWS * COLUMNS, 0), floats(ROWS * COLUMNS, 1)
    row, column = floats(COLUMNS, 2), floats(ROWS, 3)
    m, n = floats(SIDE * SIDE, 4), floats(SIDE * SIDE, 5)
    x, y = tensor(a, ROWS, COLUMNS), tensor(b, ROWS, COLUMNS)
    x_row, x_column = tensor(row, COLUMNS), tensor(column, ROWS, 1)
    p, q = tensor(m, SIDE, SIDE), tensor(n, SIDE, SIDE)
    v, w = tensor(a[: 64 * COLUMNS], 64, COLUMNS), tensor(b[: 100 * COLUMNS], COLUMNS, 100)
    starts = range(0, ROWS * COLUMNS, COLUMNS)
    cases = {
        "x + y": (lambda: x + y, lambda: array("f", map(add, a, b))),
        "x + row": (lambda: x + x_row, lambda: array("f", map(add, a, cycle(row)))),
        "x + column": (
            lambda: x + x_column,
            lambda: array("f", map(add, a, chain.from_iterable(map(repeat, column, repeat(COLUMNS))))),
        ),
        "x.t().contiguous()": (lambda: x.t().contiguous(), lambda: transpose(a)),
        "x.exp()": (lambda: x.exp(), lambda: array("f", map(exp, a))),
        "x.sum(dim=0)": (lambda: x.sum(dim=0), lambda: array("f", [fsum(a[j::COLUMNS]) for j in range(COLUMNS)])),
        "x.sum(dim=1)": (lambda: x.sum(dim=1), lambda: array("f", [fsum(a[i : i + COLUMNS]) for i in starts])),
        "p @ q, 128 x 128": (lambda: p @ q, lambda: matmul(m, n)),
        "v @ w, 64 x 1000 and 1000 x 100": (lambda: v @ w, lambda: matmul(a[: 64 * COLUMNS], b[: 100 * COLUMNS], COLUMNS)),
    }
    for name, (refimpl, bare) in cases.items():
        check(name, refimpl(), bare())
        yield compare(name, refimpl, bare, PRODUCT if "@" in name else LARGE)


def softmax(rows: list[array[float]]) -> array[float]:
    out = array("f")
    for row in rows:
        terms = [exp(v - max(row)) for v in row]
        total = fsum(terms)
        out.extend([term / total for term in terms])
    return out


def cross_entropy(rows: list[array[float]], classes: list[int]) -> float:
    return fsum([max(row) + log(fsum([exp(v - max(row)) for v in row])) - row[c] for row, c in zip(rows, classes)]) / len(rows)


def adam(p: list[float], g: list[float], mean: list[float], square: list[float]) -> list[float]:
    mean[:] = [0.9 * m + 0.1 * v for m, v in zip(mean, g)]
    square[:] = [0.999 * s + 0.001 * v * v for s, v in zip(square, g)]
    return [v - 1e-3 * m / (sqrt(s) + 1e-8) for v, m, s in zip(p, mean, square)]


def small() -> Iterator[Result]:
    """Three elements, and three rows of three: what a call costs beside its work."""
    a, b, c = floats(3, 6), floats(3, 7), floats(9, 8)
    x, y, square = tensor(a, 3), tensor(b, 3), tensor(c, 3, 3)
    rows, classes, mask = [c[:3], c[3:6], c[6:]], [0, 2, 1], [True, False, True]
    target, masked = torch.tensor(classes), torch.tensor(mask)
    tracked = tensor(a, 3).requires_grad_()
    optimized = tensor(a, 3).requires_grad_()
    optimized.grad = tensor(b, 3)
    optimizer = torch.optim.Adam([optimized])
    moments: tuple[list[float], list[float]] = ([0.0] * 3, [0.0] * 3)

    def backward() -> None:
        (tracked * y + tracked).backward(y)

    def fill() -> None:
        x[masked] = 0.0

    cases = {
        "x + y, 3 elements": (lambda: x + y, lambda: array("f", map(add, a, b)), SMALL),
        "x + y, 3 elements, with grad": (lambda: tracked + y, lambda: array("f", map(add, a, b)), SMALL_WITH_GRAD),
        "x + row, 3 x 3": (lambda: square + y, lambda: array("f", map(add, c, cycle(b))), SMALL),
        "x[mask], 3 elements": (lambda: y[masked], lambda: array("f", compress(b, mask)), 80.0),
        "x[mask] = 0, 3 elements": (fill, lambda: array("f", [0.0 if m else v for v, m in zip(a, mask)]), 80.0),
        "softmax, 3 x 3": (lambda: square.softmax(1), lambda: softmax(rows), 8.0),
        "cross_entropy, 3 x 3": (lambda: cross_entropy_of(square, target), lambda: cross_entropy(rows, classes), 30.0),
        "(z * y + z).backward(y), 3 elements": (backward, lambda: array("f", [u * v + u for u, v in zip(b, b)]), 160.0),
        "a step of Adam, 3 elements": (optimizer.step, lambda: adam(a.tolist(), b.tolist(), *moments), 60.0),
    }
    check("x + y", x + y, array("f", map(add, a, b)))
    check("softmax", square.softmax(1), softmax(rows))
    for name, (refimpl, bare, most) in cases.items():
        yield compare(name, refimpl, bare, most, repeat=15, calls=1000)
