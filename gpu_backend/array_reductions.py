"""Reductions and scans on CuPy and NumPy arrays, one line a name.

Each takes the array module, the operand in its accumulation dtype, and the dimensions to reduce, which are kept
with size 1. Neither library raises for an empty ``sum``, ``prod``, ``any`` or ``all``.
"""

from __future__ import annotations

from math import inf, prod
from typing import Any, Callable

Array = Any


def _count(x: Array, dims: tuple[int, ...]) -> int:
    return prod([x.shape[d] for d in dims])


def _sum(xp: Any, x: Array, dims: tuple[int, ...]) -> Array:
    # The dtype is named because narrow integers would otherwise be widened.
    return xp.sum(x, axis=dims, keepdims=True, dtype=x.dtype)


def _mean(xp: Any, x: Array, dims: tuple[int, ...]) -> Array:
    """Elements are divided first where their sum overflows."""
    count = xp.asarray(_count(x, dims), x.dtype)
    found = _sum(xp, x, dims) / count
    return xp.where(xp.isfinite(found), found, _sum(xp, x / count, dims)) if _count(x, dims) else found


def _var(xp: Any, x: Array, dims: tuple[int, ...], correction: float = 1) -> Array:
    """The sum of squared distances from the mean by ``count - correction``; by 0, less, or NaN, infinite, or NaN where all are equal.

    The distances are taken from an element first, which makes those of equal elements 0, and what rounding the mean adds to the
    squares is taken back. Elements are halved, and divided by their count before they are added, so that nothing but a square overflows.
    """
    count = _count(x, dims)
    halves = x * 0.5
    distances = halves - halves[tuple([slice(0, 1) if d in dims else slice(None) for d in range(x.ndim)])]
    distances = (distances - _sum(xp, distances / xp.asarray(count, x.dtype), dims)) * 2.0
    size, offset = abs(distances), abs(_sum(xp, distances, dims))
    squares = _sum(xp, size * size, dims)
    squares = xp.where(xp.isinf(squares), squares, xp.maximum(squares - offset * offset / max(count, 1), 0))
    return squares / xp.asarray(max(0, count - correction) if count else xp.nan, squares.dtype)


def _std(xp: Any, x: Array, dims: tuple[int, ...], correction: float = 1) -> Array:
    """The root of the variance of smaller numbers where their squares would overflow."""
    if not _count(x, dims):
        return xp.sqrt(_var(xp, x, dims, correction))
    root = xp.asarray(2.0 ** (xp.finfo(x.dtype).maxexp // 2 + 4), abs(x).dtype)
    largest = _amax(xp, abs(x), dims)
    unit = xp.where((largest > root / 2.0**16) & (largest < inf), root, 1).astype(root.dtype)
    return xp.sqrt(_var(xp, x / unit, dims, correction)) * unit


def _norm(xp: Any, x: Array, dims: tuple[int, ...], ord: float = 2.0, scaled: bool = False) -> Array:
    """``scaled``: divided by a power of two first, so that no square overflows (only float64 itself needs it)."""
    sizes = abs(x)
    if ord != ord and _count(x, dims) < 2:  # no powers are formed, of which NaN would come
        return _sum(xp, sizes, dims)
    if scaled and ord not in (0, 1, inf, -inf) and _count(x, dims):
        leading = (_amin if ord < 0 else _amax)(xp, sizes, dims)
        plain = (leading > 0) & (leading < inf)
        exponent = xp.floor(xp.log2(xp.where(plain, leading, 1)))  # which rounds up next to 2**1024
        unit = xp.exp2(xp.minimum(exponent, 1023))
        return _norm(xp, sizes / unit, dims, ord) * unit
    if ord == inf:
        return _amax(xp, sizes, dims) if _count(x, dims) else _sum(xp, sizes, dims)
    if ord == -inf:
        return _amin(xp, sizes, dims)
    if ord == 0:
        return _sum(xp, (sizes != 0).astype(sizes.dtype), dims)
    if ord == 1:
        return _sum(xp, sizes, dims)
    if ord == 2:
        return xp.sqrt(_sum(xp, sizes * sizes, dims))
    return _sum(xp, sizes**ord, dims) ** (1.0 / ord)


def _amax(xp: Any, x: Array, dims: tuple[int, ...]) -> Array:
    return xp.max(x, axis=dims, keepdims=True)


def _amin(xp: Any, x: Array, dims: tuple[int, ...]) -> Array:
    return xp.min(x, axis=dims, keepdims=True)


REDUCTIONS: dict[str, Callable[..., Array]] = {
    "sum": _sum,
    "prod": lambda xp, x, dims: xp.prod(x, axis=dims, keepdims=True, dtype=x.dtype),
    "mean": _mean,
    "amax": _amax,
    "amin": _amin,
    "any": lambda xp, x, dims: xp.any(x != 0, axis=dims, keepdims=True),
    "all": lambda xp, x, dims: xp.all(x != 0, axis=dims, keepdims=True),
    "var": _var,
    "std": _std,
    "norm": _norm,
}

SCANS: dict[str, Callable[..., Array]] = {
    "cumsum": lambda xp, x, dim: xp.cumsum(x, axis=dim, dtype=x.dtype),
    "cumprod": lambda xp, x, dim: xp.cumprod(x, axis=dim, dtype=x.dtype),
}
