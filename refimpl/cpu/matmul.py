"""Matrix products: each element is the exact sum of its products, rounded once."""

from __future__ import annotations

from array import array
from itertools import compress, product
from math import fsum, isfinite, prod, sqrt
from operator import add, mul, ne, neg, not_, sub
from sys import version_info
from typing import Any, Sequence

from ..foundation.dtypes import dtype, float32, float64
from ..foundation.kernels import View
from .buffers import encode, raw, read, write
from .exact import exact_sum, quotient, scaled_integer, settle

__all__ = ["matmul"]


def matmul(out: View, a: View, b: View) -> None:
    """``out[..., m, n] = sum_k a[..., m, k] * b[..., k, n]``; equal dtypes, equal batch dimensions (stride 0 if broadcast).

    A float sum is the exact one, rounded once. Products of float32 and 16-bit floats are exact in binary64; those of float64
    are rounded. A complex product has the real part ``sum(re*re - im*im)`` and the imaginary part ``sum(re*im + im*re)``, each
    one exact sum of such products. Integers are taken modulo 2**bits. Without terms (k = 0) the sum is 0.
    """
    dtype = out.dtype
    inner, columns_per_matrix = b.shape[-2:]
    count = prod(a.shape[:-1])
    if not count or not columns_per_matrix:
        return
    if dtype.is_complex:
        columns_per_matrix *= 2
        rows, columns = _complex_rows(a), _complex_columns(_transposed(_unbroadcast(b)))
    else:
        rows = _split(list(read(a)), inner, count)
        transposed = _transposed(_unbroadcast(b))
        columns = _split(list(read(transposed)), inner, prod(transposed.shape[:-1]))
    # One matrix b for the whole batch: its columns meet every row of the batch.
    rows_per_matrix = a.shape[-2] if len(columns) > columns_per_matrix else len(rows)
    element = dtype.real
    products: Any = _floats if element.is_floating_point else _integers
    results: list[Any] = []
    for i in range(len(rows) // rows_per_matrix):
        results += products(
            element,
            rows[i * rows_per_matrix : (i + 1) * rows_per_matrix],
            columns[i * columns_per_matrix : (i + 1) * columns_per_matrix],
        )
    write(out, encode(element, results))


def _split(values: list[Any], size: int, count: int) -> list[list[Any]]:
    return [values[i * size : (i + 1) * size] for i in range(count)]


def _unbroadcast(view: View) -> View:
    """The view of one matrix, if the whole batch is that matrix."""
    if any(view.strides[d] and view.shape[d] > 1 for d in range(len(view.shape) - 2)):
        return view
    return View(view.storage, view.offset, view.shape[-2:], view.strides[-2:], view.dtype)


def _transposed(view: View) -> View:
    *batch, rows, columns = range(len(view.shape))
    order = [*batch, columns, rows]
    return View(view.storage, view.offset, tuple(view.shape[d] for d in order), tuple(view.strides[d] for d in order), view.dtype)


def _integers(element: dtype, rows: Sequence[list[Any]], columns: Sequence[list[Any]]) -> list[int]:
    return [sum(map(mul, row, column)) for row in rows for column in columns]


def _floats(element: dtype, rows: Sequence[list[float]], columns: Sequence[list[float]]) -> list[float]:
    if element is not float64 and len(columns[0]) >= _WORTHWHILE:
        filtered = _filtered(element, rows, columns)
        if filtered is not None:
            return filtered
    return _exact(element, list(product(rows, columns)))


def _exact(element: dtype, factors: Sequence[tuple[list[float], list[float]]]) -> list[float]:
    """The exact sum of the products of each row and column, ready to be rounded to ``element``."""
    try:
        results = [fsum(map(mul, row, column)) for row, column in factors]
    except (ValueError, OverflowError):
        results = [exact_sum(list(map(mul, row, column))) for row, column in factors]
    for i in compress(range(len(results)), map(not_, map(isfinite, results))):
        results[i] = _large_dot(*factors[i])
    return settle(element, results, lambda i: map(mul, *factors[i]))


_WORTHWHILE = 8  # terms; of fewer the exact sum costs less than the filter


if version_info >= (3, 12):
    from math import sumprod

    def _quick_sums(rows: Sequence[list[float]], columns: Sequence[list[float]]) -> list[float]:
        return [sumprod(row, column) for row in rows for column in columns]
else:

    def _quick_sums(rows: Sequence[list[float]], columns: Sequence[list[float]]) -> list[float]:
        return [sum(map(mul, row, column)) for row in rows for column in columns]


def _filtered(element: dtype, rows: Sequence[list[float]], columns: Sequence[list[float]]) -> list[float] | None:
    """Numbers of binary64 that round to ``element`` as the exact sums do: quick sums where their error cannot matter, and the few others exactly.
    None where a factor is not finite.

    The K products of numbers of ``element`` are exact in binary64. A quick sum r of them, added in any order, is off by at most
    ``(K - 1) u T / (1 - (K - 1) u)``, ``u = 2**-53`` and T the sum of their absolute values (N. Higham, "Accuracy and Stability of Numerical
    Algorithms", 2002, section 4.2; a compensated sum is off by less), and T is at most the product e of the two vectors' lengths (Cauchy). The sum
    lies between ``r - e`` and ``r + e`` for ``e = (K + 4) u |row| |column|``: the surplus covers what rounding does to these bounds and to the
    lengths. If both ends round to one number of ``element``, so does everything between them.
    """
    share = (len(columns[0]) + 4) * 2.0**-53 * (1 + 2.0**-20)
    heights, widths = ([sqrt(share * sum(map(mul, vector, vector))) for vector in vectors] for vectors in (rows, columns))
    if not isfinite(max(heights) * max(widths) + sum(heights) + sum(widths)):
        return None
    results = _quick_sums(rows, columns)
    errors = [height * width for height in heights for width in widths]
    low, high = (encode(element, list(map(shifted, results, errors))).tobytes() for shifted in (sub, add))
    if low != high:
        n = len(columns)
        code = "I" if element is float32 else "H"
        doubtful = [i for i, apart in enumerate(map(ne, array(code, low), array(code, high))) if apart]
        for i, result in zip(doubtful, _exact(element, [(rows[i // n], columns[i % n]) for i in doubtful])):
            results[i] = result
    return results


def _large_dot(row: list[float], column: list[float]) -> float:
    """The exact sum of products, rounded once, where it or a product overflows binary64: products of finite factors count as finite."""
    special = [x * y for x, y in zip(row, column) if not (isfinite(x) and isfinite(y))]
    if special:
        return exact_sum(special)
    return quotient(sum(map(mul, map(scaled_integer, row), map(scaled_integer, column))), 1 << 2 * 1074)


# A complex product is a real one with twice the terms: of a row (re, im), with a column (re, -im) for the real part and
# (im, re) for the imaginary part. The two columns stand next to each other, so the results come out interleaved.


def _complex_rows(view: View) -> list[list[float]]:
    inner, data = view.shape[-1], raw(view)
    real, imag = list(data[::2]), list(data[1::2])
    starts = [i * inner for i in range(prod(view.shape[:-1]))]
    return [real[i : i + inner] + imag[i : i + inner] for i in starts]


def _complex_columns(view: View) -> list[list[float]]:
    inner, data = view.shape[-1], raw(view)
    real, imag = list(data[::2]), list(data[1::2])
    columns = []
    for i in range(prod(view.shape[:-1])):
        re, im = real[i * inner : (i + 1) * inner], imag[i * inner : (i + 1) * inner]
        columns += [re + list(map(neg, im)), im + re]
    return columns
