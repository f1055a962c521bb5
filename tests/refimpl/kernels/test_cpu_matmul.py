"""The filter of the product kernel: quick sums where their error cannot matter, the few others exactly."""

from __future__ import annotations

import importlib
import random
from fractions import Fraction
from math import inf, nan

import pytest

import refimpl
from refimpl.cpu.encode import encode
from refimpl.foundation.dtypes import bfloat16, float16, float32

kernel = importlib.import_module("refimpl.cpu.matmul")  # beside it stands the function of that name
SIZES = [kernel._WORTHWHILE, 33, 400]


def _vectors(rng, kind, size, d):
    """Vectors whose products are hard to add: of all magnitudes, cancelling, exact ties of the result, and sums that are zero."""
    if kind == "magnitudes":
        spread = 10 if d is float16 else 100
        return [[rng.uniform(-1, 1) * 2.0 ** rng.randrange(-spread, spread) for _ in range(size)] for _ in range(4)]
    if kind == "cancelling":
        half = [[rng.gauss(0, 1) * 2.0 ** rng.randrange(-8, 8) for _ in range(size // 2)] for _ in range(4)]
        return [[*v, *[-x for x in v], *[2.0**-30] * (size % 2)] for v in half]
    if kind == "ties":
        return [[1.0, 2.0**-12, *[rng.choice((0.0, 2.0**-12, 2.0**-20, -(2.0**-20), 1.0)) for _ in range(size - 2)]] for _ in range(4)]
    return [[rng.choice((0.0, -0.0, 1.0, -1.0, 2.0**-140)) for _ in range(size)] for _ in range(4)]


def _representable(vectors, d):
    return refimpl.tensor(vectors, dtype=d).tolist()


def _rounded(d, exact):
    """A fraction rounded once to ``d``: binary64's nearest number, moved off a tie by what it lost."""
    nearest = exact.numerator / exact.denominator
    lost = exact - Fraction(nearest)
    low, high = ((nearest, refimpl.nextafter(refimpl.tensor(nearest, dtype=refimpl.float64), refimpl.tensor(inf)).item()),
                 (refimpl.nextafter(refimpl.tensor(nearest, dtype=refimpl.float64), refimpl.tensor(-inf)).item(), nearest))[lost < 0]
    return encode(d, [nearest if not lost else high if lost > 0 else low])


@pytest.mark.parametrize("d", [float32, float16, bfloat16], ids=str)
@pytest.mark.parametrize("kind", ["magnitudes", "cancelling", "ties", "zeros"])
@pytest.mark.parametrize("size", SIZES)
def test_filtered_products_are_the_exact_sums_rounded_once(d, kind, size):
    rng = random.Random(f"{d} {kind} {size}")
    rows, columns = (_representable(_vectors(rng, kind, size, d), d) for _ in range(2))
    found = kernel._filtered(d, rows, columns)
    assert found is not None
    sums = [sum(Fraction(x) * Fraction(y) for x, y in zip(row, column)) for row in rows for column in columns]
    assert encode(d, found).tobytes() == b"".join(_rounded(d, exact).tobytes() for exact in sums)


@pytest.mark.parametrize("special", [inf, -inf, nan])
def test_what_is_not_finite_is_left_to_the_exact_sums(special):
    rows = [[1.0] * 40, [special] + [0.0] * 39]
    assert kernel._filtered(float32, rows, rows) is None
    assert kernel._filtered(float32, [[0.0] * 40], rows) is None
    result = refimpl.tensor([[special] * 40]) @ refimpl.zeros(40, 2)
    assert result.isnan().all()
