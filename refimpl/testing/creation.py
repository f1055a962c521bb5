"""Tensors of random numbers for tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from warnings import warn

from ..foundation import dtypes
from ..ops.creation.filled import empty
from ..ops.random.random_tensors import randint
from ..ops.views.reinterpretation import view_as_real

__all__ = ["make_tensor"]


def _is_narrow(dtype: Any) -> bool:
    """Whether numbers are floating point numbers of 8 bits, which cannot be drawn."""
    return bool(dtype.is_floating_point and dtype.itemsize == 1)


def _interval(dtype: Any, low: Any, high: Any, least: Any, end: Any, defaults: tuple[int, int]) -> tuple[Any, Any]:
    """The interval ``[low, high)`` within what the dtype has, ``[least, end)``."""
    low, high = (default if given is None else given for given, default in zip((low, high), defaults))
    if any(isinstance(value, float) and math.isnan(value) for value in (low, high)):
        raise ValueError(f"`low` and `high` cannot be NaN, but got {low=} and {high=}")
    if low == high and dtype.category >= 2 and not _is_narrow(dtype):
        warn("Passing `low==high` to `torch.testing.make_tensor` for floating or complex types is deprecated since 2.1 and will be removed in 2.3. "
             "Use `torch.full(...)` instead.", FutureWarning, stacklevel=3)
    elif low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    elif high < least or low >= end:
        raise ValueError(f"The value interval specified by `low` and `high` is [{low}, {high}), but {dtype} only supports [{least}, {end})")
    return min(max(low, least), end), min(max(high, least), end)


def make_tensor(*shape: Any, dtype: Any, device: Any, low: Any = None, high: Any = None, requires_grad: bool = False, noncontiguous: bool = False,
                exclude_zero: bool = False, memory_format: Any = None) -> Any:
    """A tensor of uniform random numbers from ``[low, high)``; integers are rounded up at both ends.

    Without bounds: 0 or 1 for bool, 0 to 9 for unsigned integers, -9 to 9 for the others. Bounds beyond what the dtype has are moved there.
    ``noncontiguous`` takes every second number of a larger tensor, where there is more than one; ``exclude_zero`` puts 1, or the smallest normal
    number, in the place of 0. ``requires_grad`` has no effect for floating point numbers of 8 bits, as in torch. ValueError for bounds that are NaN
    or in the wrong order or leave nothing, for ``requires_grad`` with bool or integers, and for ``noncontiguous`` with a ``memory_format``; TypeError
    for other dtypes.
    """
    size = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
    whole = dtype.category < 2
    if noncontiguous and memory_format is not None:
        raise ValueError(f"The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got {noncontiguous=} and {memory_format=}")
    if requires_grad and whole:
        raise ValueError(f"`requires_grad=True` is not supported for boolean and integral dtypes, but got {dtype=}")
    noncontiguous = noncontiguous and math.prod(size) > 1
    if noncontiguous:
        size = (*size[:-1], 2 * size[-1])
    result: Any
    if whole:
        if dtype is dtypes.bool_:
            bounds = _interval(dtype, low, high, 0, 2, (0, 2))
        else:
            limits = dtypes.iinfo(dtype)
            bounds = _interval(dtype, low, high, limits.min, limits.max + (dtype is not dtypes.int64), (-9, 10))  # what randint can draw
        result = randint(math.ceil(bounds[0]), math.ceil(bounds[1]), size, device=device, dtype=dtype)
    else:
        info: Any = dtypes.finfo(dtype)
        bounds = _interval(dtype, low, high, info.min, info.max, (-9, 9))
        result = empty(size, device=device, dtype=dtypes.float32 if _is_narrow(dtype) else dtype)
        _draw(view_as_real(result) if dtype.is_complex else result, *bounds)
        result = result.to(dtype)
    if noncontiguous:
        result = result[..., 1::2]
    elif memory_format is not None:
        result = result.clone(memory_format=memory_format)
    if exclude_zero:
        result = result.masked_fill_(result == 0, 1 if whole else dtypes.finfo(dtype).tiny)
    return result if whole or _is_narrow(dtype) else result.requires_grad_(requires_grad)


def _draw(tensor: Any, low: float, high: float) -> None:
    """Uniform numbers, in half the interval where ``uniform_`` refuses the whole."""
    if high - low >= dtypes.finfo(tensor.dtype).max:
        tensor.uniform_(low / 2, high / 2).mul_(2)
    else:
        tensor.uniform_(low, high)
