"""Random views for the tests of the device kernels: the same bytes and the same geometry on two devices."""

from __future__ import annotations

import math
import random
from typing import Any, Iterator, Sequence

from refimpl.cpu import CPU
from refimpl.cpu.encode import encode
from refimpl.foundation.dtypes import dtype, finfo, iinfo, uint8
from refimpl.foundation.kernels import Storage, View

SHAPES: tuple[tuple[int, ...], ...] = ((), (1,), (7,), (0,), (3, 4), (2, 0, 3), (2, 3, 2), (5, 1, 2, 1))
LAYOUTS = ("contiguous", "permuted", "sliced", "expanded")


def values(rng: random.Random, d: dtype, count: int, special: bool = True) -> list[Any]:
    """Numbers of dtype ``d``: ordinary ones, with the dtype's special ones among them if ``special``."""
    if d.category == 0:
        return [rng.random() < 0.5 for _ in range(count)]
    if d.category == 1:
        info = iinfo(d)
        pool = [0, 1, 2, 3, 7, info.min, info.max, info.max // 2] + ([-1, -2, -7] if d.is_signed else [])
        return [rng.choice(pool) if special and rng.random() < 0.5 else rng.randint(max(info.min, -20), 20) for _ in range(count)]
    if d.category == 3:
        parts = [values(rng, d.real, count, special and rng.random() < 0.2) for _ in range(2)]
        return [complex(re, im) for re, im in zip(*parts)]
    info = finfo(d)
    pool = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.5, math.inf, -math.inf, math.nan, info.tiny, info.tiny / 4, -info.max, info.max]
    return [rng.choice(pool) if special and rng.random() < 0.3 else rng.uniform(-1, 1) * rng.choice((1, 20)) for _ in range(count)]


def geometry(rng: random.Random, shape: Sequence[int], layout: str) -> tuple[int, int, tuple[int, ...]]:
    """(elements in the storage, offset, strides) of a view of this shape."""
    order = list(range(len(shape)))
    if layout == "permuted":
        rng.shuffle(order)
    strides = [0] * len(shape)
    step, offset = 1, 0
    if layout == "sliced":
        step, offset = rng.randint(1, 3), rng.randint(0, 5)
    for d in reversed(order):
        if layout == "expanded" and rng.random() < 0.5:
            continue
        strides[d] = step
        step *= max(shape[d], 1) * (rng.randint(1, 2) if layout == "sliced" else 1)
    span = sum((n - 1) * s for n, s in zip(shape, strides)) + 1 if 0 not in shape else 0
    return offset + max(span, 0) + rng.randint(0, 2), offset, tuple(strides)


def pair(rng: random.Random, kernels: Any, d: dtype, shape: Sequence[int], layout: str, numbers: Any = None,
         special: bool = True) -> tuple[View, View]:  # fmt: skip
    """Two equal views, one on the CPU and one on ``kernels``; of drawn ``numbers``, or from a list to choose from."""
    count, offset, strides = geometry(rng, shape, layout)
    drawn = values(rng, d, count, special) if numbers is None else [rng.choice(numbers) for _ in range(count)]
    data = encode(d, drawn).tobytes()
    return tuple(View(k.from_bytes(data), offset, tuple(shape), strides, d) for k in (CPU, kernels))  # type: ignore[return-value]


def outputs(rng: random.Random, kernels: Any, d: dtype, shape: Sequence[int]) -> tuple[View, View]:
    """Two equal views to write to, whose elements do not overlap."""
    return pair(rng, kernels, d, shape, rng.choice(LAYOUTS[:3]), special=False)


def whole(view: View) -> bytes:
    """All bytes of a view's storage: what lies between its elements too."""
    storage: Storage = view.storage
    return bytes(storage.kernels.to_bytes(View(storage, 0, (storage.nbytes,), (1,), uint8)))


def bits(view: View) -> list[int]:
    """The elements' bit patterns as integers; every NaN as the same one."""
    data = view.storage.kernels.to_bytes(view)
    size = view.dtype.itemsize if not view.dtype.is_complex else view.dtype.itemsize // 2
    numbers = view.storage.kernels.tolist(view)
    parts: Iterator[Any] = iter([p for z in numbers for p in (z.real, z.imag)] if view.dtype.is_complex else numbers)
    return [-1 if x != x else int.from_bytes(data[i * size : (i + 1) * size], "little") for i, x in enumerate(parts)]


def ulps_apart(a: View, b: View) -> float:
    """The largest distance of corresponding elements, in units in the last place (of 0 and -0: a half); complex: per part."""
    width = 8 * (a.dtype.itemsize if not a.dtype.is_complex else a.dtype.itemsize // 2)
    top = 1 << (width - 1)
    worst: float = 0
    for x, y in zip(bits(a), bits(b)):
        if x == y:
            continue
        if (x == -1) != (y == -1):
            return math.inf
        x, y = (-(z & (top - 1)) if z & top else z for z in (x, y))
        worst = max(worst, abs(x - y) or 0.5)
    return worst
