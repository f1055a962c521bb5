"""Single operations beside the shortest expression of the standard library that computes the same elements."""

from __future__ import annotations

import random
from array import array
from itertools import chain, cycle, repeat
from math import exp, fsum
from operator import add, mul
from typing import Iterator

import refimpl as torch

from .timing import Result, compare

ROWS = COLUMNS = 1000
SIDE = 128
LARGE, SMALL, SMALL_WITH_GRAD = 1.3, 16.0, 40.0  # targets


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


def matmul(a: array[float], b: array[float]) -> array[float]:
    rows = [a[i : i + SIDE].tolist() for i in range(0, SIDE * SIDE, SIDE)]
    columns = [b[j::SIDE].tolist() for j in range(SIDE)]
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
    }
    for name, (refimpl, bare) in cases.items():
        check(name, refimpl(), bare())
        yield compare(name, refimpl, bare, LARGE)


def small() -> Iterator[Result]:
    """Three elements: what a call costs beside its work."""
    a, b = floats(3, 6), floats(3, 7)
    x, y = tensor(a, 3), tensor(b, 3)
    tracked = tensor(a, 3).requires_grad_()
    check("x + y", x + y, array("f", map(add, a, b)))
    settings = {"repeat": 15, "calls": 5000}
    yield compare("x + y, 3 elements", lambda: x + y, lambda: array("f", map(add, a, b)), SMALL, **settings)
    yield compare(
        "x + y, 3 elements, with grad", lambda: tracked + y, lambda: array("f", map(add, a, b)), SMALL_WITH_GRAD, **settings
    )
