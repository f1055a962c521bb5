"""Softmax and its logarithm, row by row.

A row that holds NaN or +inf, or nothing but -inf, has a sum that is NaN: those are left to the composition.
"""

from __future__ import annotations

from itertools import repeat
from math import exp, fsum, log
from operator import sub, truediv
from typing import Iterable

from ...foundation.kernels import View
from ..buffers import encode, write
from ..reduce import lanes_of

__all__ = ["softmax", "log_softmax"]


def softmax(out: View, input: View, dim: int) -> bool:
    """``exp(x - max) / sum(exp(x - max))`` of each row along ``dim``, in binary64."""
    found: list[float] = []
    for row in lanes_of(input, _dims(input, dim)):
        terms = list(map(exp, map(sub, row, repeat(max(row)))))
        total = fsum(terms)
        if total != total:
            return False
        found.extend(map(truediv, terms, repeat(total)))
    _write_rows(out, found, dim)
    return True


def log_softmax(out: View, input: View, dim: int) -> bool:
    """``(x - max) - log(sum(exp(x - max)))`` of each row along ``dim``, in binary64."""
    found: list[float] = []
    for row in lanes_of(input, _dims(input, dim)):
        shifted = list(map(sub, row, repeat(max(row))))
        total = fsum(map(exp, shifted))
        if total != total:
            return False
        found.extend(map(sub, shifted, repeat(log(total))))
    _write_rows(out, found, dim)
    return True


def _dims(view: View, dim: int) -> tuple[int, ...]:
    """The dimension to reduce over: none of a view without dimensions, which is one row of one element."""
    return (dim,) if view.shape else ()


def _write_rows(out: View, values: Iterable[float], dim: int) -> None:
    """Write the rows along ``dim``, one after the other."""
    order = [*(d for d in range(len(out.shape)) if d != dim), *_dims(out, dim)]
    rows = View(out.storage, out.offset, tuple([out.shape[d] for d in order]), tuple([out.strides[d] for d in order]), out.dtype)
    write(rows, encode(out.dtype, list(values)))
