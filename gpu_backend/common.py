"""What the torch and the CuPy kernels share: look-ups, errors, and the properties of dtypes and functions."""

from __future__ import annotations

from math import frexp, isfinite
from typing import Any, Callable, Sequence

from refimpl.backend import Kernels, Number, Storage, View
from refimpl.cpu import CPU
from refimpl.foundation.dtypes import dtype, float8, float16
from refimpl.foundation.eight_bits import round_to_eight_bits
from refimpl.foundation.layout import contiguous_strides
from refimpl.foundation.scalars import functions


def is_narrow_float(d: dtype) -> bool:
    """Whether one element of ``d`` is evaluated in float32."""
    return d.category == 2 and d.itemsize < 4


def mean_in_float32(out: dtype, input: dtype) -> bool:
    """Whether the elements of a mean become float32 before they are added up: those of another dtype than a result of fewer bits."""
    return is_narrow_float(out) and input is not out


def look_up(table: dict[str, Callable[..., Any]], name: str, what: str, device_type: str) -> Callable[..., Any]:
    """``table[name]``; NotImplementedError, which names the table to extend, if it is not there."""
    function = table.get(name)
    if function is None:
        raise NotImplementedError(f"device '{device_type}' has no {what} named {name!r}; add it to the table in gpu_backend")
    return function


def on_the_host(kernels: Kernels, name: str, out: View, inputs: Sequence[View | Number], d: dtype) -> bool:
    """Evaluate a scalar function that the device's tables do not have yet by refimpl's own rule; False if there is none of this name.

    Operands go to the host and the result comes back: slow, and right, so that an operation runs everywhere as soon as its page is there.
    """
    if name not in functions:
        return False
    here = [CPU.from_bytes(kernels.to_bytes(x)) if isinstance(x, View) else None for x in inputs]
    views = [x if s is None else _contiguous(s, x) for s, x in zip(here, inputs)]  # type: ignore[arg-type]
    result = _contiguous(CPU.allocate(out.numel * out.dtype.itemsize), out)
    CPU.map(name, result, views, d)
    kernels.copy(out, _contiguous(kernels.from_bytes(CPU.to_bytes(result)), out))
    return True


def matrices_on_the_host(kernels: Kernels, name: str, outs: Sequence[View], inputs: Sequence[View], batch: int, **parameters: Any) -> None:
    """The primitive ``map_matrices`` by refimpl's own rules: operands go to the host, and the results come back."""
    views = [_contiguous(CPU.from_bytes(kernels.to_bytes(x)), x) for x in inputs]
    results = [_contiguous(CPU.allocate(out.numel * out.dtype.itemsize), out) for out in outs]
    CPU.map_matrices(name, results, views, batch, **parameters)
    for out, result in zip(outs, results):
        kernels.copy(out, _contiguous(kernels.from_bytes(CPU.to_bytes(result)), out))


def _contiguous(storage: Storage, like: View) -> View:
    return View(storage, 0, like.shape, contiguous_strides(like.shape), like.dtype)


def division_by_zero() -> RuntimeError:
    """torch's error for an integer division by zero."""
    return RuntimeError("ZeroDivisionError")


def out_of_bounds(kind: type[Exception], index: int, dim: int, size: int) -> Exception:
    """torch's error for an index that is not there."""
    return kind(f"index {index} is out of bounds for dimension {dim} with size {size}")


def check_indexed_sizes(shape: Sequence[int], indices: Sequence[View | None]) -> None:
    """torch's IndexError where an index with elements indexes a dimension that has none."""
    if any(view is not None and view.numel and shape[d] == 0 for d, view in enumerate(indices)):
        raise IndexError("index is out of bounds for dimension with size 0")


# The functions of complex numbers that only move, negate, add or compare parts: evaluating them in complex128 changes nothing.
PARTWISE = frozenset("add sub neg conj complex where eq ne isnan isinf isfinite isreal nan_to_num logical_not".split())

_SIGNIFICAND = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


def significand_bits(d: dtype) -> int:
    """How many bits a number of the float dtype ``d`` holds, the hidden one included; 53 for other dtypes."""
    return _SIGNIFICAND.get(d.name, 53)


def fits_narrow_float(x: Number, d: dtype) -> bool:
    """Whether a Python number is a (normal) number of the float dtype ``d`` of 8 or 16 bits, an infinity or NaN."""
    x = float(x)  # type: ignore[arg-type]
    if x == 0.0 or not isfinite(x):
        return True
    if d in float8:
        return x == round_to_eight_bits(x, d)
    mantissa, exponent = frexp(x)
    low, high = (-13, 16) if d is float16 else (-125, 128)
    return low <= exponent <= high and (mantissa * 2 ** significand_bits(d)).is_integer()


def random_integer_bound(d: dtype) -> int:
    """The largest integer of ``random_()`` without bounds: the dtype's, or the largest up to which floats are exact."""
    if d.category == 2:
        return 2 ** significand_bits(d)
    return 1 if d.category == 0 else 2 ** (8 * d.itemsize - d.is_signed) - 1


def device_seed(generator: Any) -> int:
    """64 bits drawn from a refimpl generator (None: the default one), which seed the device's own generator for one call.

    So the device's stream follows ``manual_seed``, ``get_state`` and ``set_state`` of the refimpl generator.
    """
    if generator is None:
        from refimpl.random import default_generator as generator
    return int(generator.long_draws(1)[0])
