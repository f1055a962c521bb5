"""Stable sorting along one dimension."""

from __future__ import annotations

from array import array
from typing import Any, Sequence

from ..foundation.dtypes import float32
from ..foundation.kernels import View
from .buffers import decode, raw, write
from .exact import has_nan

__all__ = ["sort"]


def sort(values: View, indices: View, input: View, dim: int, descending: bool) -> None:
    """Stable sort along ``dim``: NaN counts as the greatest value; ``indices`` (int64) are the elements' old places.

    Equal elements (zeros of both signs among them, and NaN) keep their order, also when ``descending``.
    """
    data = raw(_last(input, dim))
    if not data:
        return
    keys = decode(data, input.dtype)
    size = input.shape[dim] if input.shape else 1
    nan = has_nan(keys)
    order_of = _order_with_nan if nan else _order
    if nan and input.dtype is float32:
        # A signalling NaN becomes a quiet one on the way through binary64; an integer keeps its bits.
        data = array("I", data.tobytes())
    sorted_data: array[Any] = array(data.typecode)
    places = array("q")
    for start in range(0, len(data), size):
        lane = keys[start : start + size]
        order = order_of(lane, descending)
        places.extend(order)
        sorted_data.extend(map(data[start : start + size].__getitem__, order))
    if sorted_data.typecode == "I":
        sorted_data = array("f", sorted_data.tobytes())
    write(_last(values, dim), sorted_data)
    write(_last(indices, dim), places)


def _last(view: View, dim: int) -> View:
    """The view with ``dim`` moved to the end."""
    order = sorted(range(len(view.shape)), key=lambda d: d == dim)
    return View(view.storage, view.offset, tuple(view.shape[d] for d in order), tuple(view.strides[d] for d in order), view.dtype)


def _order(lane: Sequence[Any], descending: bool) -> list[int]:
    return sorted(range(len(lane)), key=lane.__getitem__, reverse=descending)


def _order_with_nan(lane: Sequence[Any], descending: bool) -> list[int]:
    nans = [i for i, x in enumerate(lane) if x != x]
    numbers = sorted((i for i, x in enumerate(lane) if x == x), key=lane.__getitem__, reverse=descending)
    return nans + numbers if descending else numbers + nans
