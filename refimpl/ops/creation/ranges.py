"""Sequences of numbers: at a given distance, in a given count, and the places of a triangle.

Numbers of the floating point dtypes are evaluated in float64 and rounded once. (torch evaluates them in the dtype itself, a processor's
vector at a time; it is up to one unit in the last place of the larger bound away.)
"""

from __future__ import annotations

import math
from typing import Any, Sequence

from ...foundation import dtypes
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.dtypes import float64, get_default_dtype, int64
from ...operations.registry import op
from ...random.streams import float32_round, fma
from ...tensor import Tensor
from ..shared.checks import fit
from .conversion import element_of
from .filled import filled, finish, from_numbers, options, warn

_INT64_MIN = -(1 << 63)


def _int64(value: Any) -> int:
    return element_of(value, int64)  # type: ignore[no-any-return]


def _wrapped(value: int) -> int:
    """A number as 64-bit arithmetic leaves it."""
    return (value - _INT64_MIN) % (1 << 64) + _INT64_MIN


def _double(value: Any) -> float:
    """A bound as a float64: RuntimeError for a complex number that is not real."""
    return element_of(value, float64)  # type: ignore[no-any-return]


def _check_range(first: Any, last: Any, step: Any) -> tuple[float, float, float]:
    """The bounds as float64, which must be finite and in the order that the step goes."""
    a, b, s = _double(first), _double(last), _double(step)
    if not (s > 0 or s < 0):
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(a) and math.isfinite(b)):
        raise RuntimeError(f"unsupported range: {a:g} -> {b:g}")
    if not (s > 0 and b >= a or s < 0 and b <= a):
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    return a, b, s


def _no_kernel(kernel: str, d: dtype_class) -> None:
    if d.category in (0, 3):
        raise NotImplementedError(f'"{kernel}" not implemented for \'{d.type_name}\'')


def _filled_or_warned(function: Any, args: Sequence[Any], kwargs: dict[str, Any], outs: Sequence[Tensor]) -> Tensor:
    """As :func:`~refimpl.ops.creation.filled.filled`; an output with another number of elements, unless it has none, is replaced with a warning."""
    out, had, shape = outs[0], outs[0].numel(), list(outs[0].shape)
    result = filled(function, args, kwargs, outs, keep_shape=True)
    if had and result.numel() != had:
        warn(f"The number of elements in the out tensor of shape {shape} is {had} which does not match the computed number of elements "
             f"{result.numel()}. Note that this may occur as a result of rounding error. The out tensor will be resized to a tensor "
             f"of shape ({out.numel()},).")
    return result


def _filled_in_its_shape(function: Any, args: Sequence[Any], kwargs: dict[str, Any], outs: Sequence[Tensor]) -> Tensor:
    return filled(function, args, kwargs, outs, keep_shape=True)



@op("out", differentiable=False, out=_filled_or_warned)
def arange(start=0, end=None, step=1, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """``start, start + step, ...`` below ``end``: ``arange(end)``, ``arange(start, end)``, ``arange(start, end, step)``.

    With a negative step the numbers fall, and stay above ``end``.
    int64 if all three are ints, else the default dtype. There are ceil((end - start) / step) elements, counted in float64 (for int64
    in 64-bit integers, to which the three are truncated first). Element i is start + i * step: in float64, rounded once;
    for the integer dtypes in 64-bit integers, modulo 2**bits.
    RuntimeError if step is 0 or points away from ``end``, or the range is not finite.

    >>> arange(1, 4, 2)
    tensor([1, 3])
    >>> arange(0, 1, 0.25)
    tensor([0.0000, 0.2500, 0.5000, 0.7500])
    """
    d = options(dtype, layout, requires_grad, pin_memory)
    if d is None:
        d = get_default_dtype() if any(isinstance(v, float) for v in (start, end, step)) else int64
    values = _arange(start, end, step, d)
    return from_numbers(values, (len(values),), d, device, requires_grad)


def _arange(first: Any, last: Any, by: Any, d: dtype_class) -> Sequence[Any]:
    _no_kernel("arange_cpu", d)
    a, b, s = _check_range(first, last, by)
    if d is int64:
        i, j, k = _int64(first), _int64(last), _int64(by)
        if k == 0:
            raise ValueError("step must be nonzero")
        span = _wrapped(j - i + k - (1 if k > 0 else -1))
        count = span // k if (span < 0) == (k < 0) else -(-span // k)  # C's division truncates
        if count < 0:
            raise RuntimeError("invalid size, possible overflow?")
        return range(i, i + count * k, k)
    size = math.ceil((b - a) / s)
    if not 0 <= size <= 1 << 63:
        raise RuntimeError("invalid size, possible overflow?")
    if size == 1 << 63:
        raise RuntimeError(f"IntArrayRef contains an int that cannot be represented as a SymInt: {_INT64_MIN}")
    if d.category == 1:
        i, k = _int64(first), _int64(by)
        return range(i, i + size * k, k) if k else [i] * size
    return [a + n * s for n in range(size)]


@op("out", differentiable=False, name="range", out=filled)
def range_(start, end, step=1, *, dtype=None, layout=None, device=None, requires_grad=False):
    """``start, start + step, ...`` up to and including ``end``, in the default dtype. Deprecated by torch in favour of :func:`arange`.

    >>> range(1, 3)
    tensor([1., 2., 3.])
    """
    d = options(dtype, layout, requires_grad) or get_default_dtype()
    first, last, by = start, end, step
    warn("torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with Python's "
                    "range builtin. Instead, use torch.arange, which produces values in [start, end).")
    _no_kernel("range_cpu", d)
    if d.category == 1:
        i, j, k = map(_int64, (first, last, by))
        _check_range(i, j, k)
        values: Sequence[Any] = range(i, i + ((j - i) // k + 1) * k, k)
    else:
        a, b, s = _check_range(first, last, by)
        values = [a + n * s for n in range(math.floor((b - a) / s) + 1)]
    return from_numbers(values, (len(values),), d, device, requires_grad)


# -- a given number of elements --------------------------------------------------------------------


def _spaced_dtype(function: str, first: Any, last: Any, d: dtype_class | None) -> dtype_class:
    if isinstance(first, complex) or isinstance(last, complex):
        inferred = dtypes.default_complex()
        if d is not None and not d.is_complex:
            name = "c10::complex<float>" if inferred is dtypes.complex64 else "c10::complex<double>"
            raise RuntimeError(f"torch.{function}(): inferred dtype {name} can't be safely cast to passed dtype {d.type_name}")
        return d or inferred
    return d or get_default_dtype()


def _end(value: Any, function: str, name: str) -> Any:
    """A bound: a number, or a 0-d tensor, from which no gradient is taken."""
    if isinstance(value, Tensor):
        if value.dim():
            raise RuntimeError(f"{function} only supports 0-dimensional start and end tensors, but got {name} with {value.dim()} dimension(s).")
        return value.item()
    return value


def _at_equal_distances(first: Any, last: Any, steps: int, fused: bool = False) -> list[Any]:
    """The first half counts from the start and the second from the end, so that both are met exactly."""
    half = steps // 2
    step = (last - first) / (steps - 1)
    if fused:
        return [fma(step, i, first) if i < half else fma(-step, steps - 1 - i, last) for i in range(steps)]
    return [first + step * i if i < half else last - step * (steps - 1 - i) for i in range(steps)]


@op("out", differentiable=False, out=_filled_in_its_shape)
def linspace(start, end, steps, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """``steps`` numbers at equal distances from ``start`` to ``end``, both included.

    With step = (end - start) / (steps - 1), the first half is start + i * step and the second end - (steps - 1 - i) * step, so that both ends are
    met exactly. The bounds are converted to the dtype first. Integer dtypes truncate toward zero what float64 gives, the
    product not being rounded. RuntimeError for a negative number of steps.

    >>> linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    >>> linspace(0, 10, 4, dtype=int64)
    tensor([ 0,  3,  6, 10])
    """
    d = options(dtype, layout, requires_grad, pin_memory)
    steps = steps
    first, last = _end(start, "linspace", "start"), _end(end, "linspace", "end")
    d = _spaced_dtype("linspace", first, last, d)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    return from_numbers(_linspace(first, last, steps, d), (steps,), d, device, requires_grad)


def _linspace(first: Any, last: Any, steps: int, d: dtype_class) -> Sequence[Any]:
    if steps < 2:
        return [element_of(first, d)] if steps else []
    if d.category == 0:
        raise NotImplementedError(f'"linspace_cpu" not implemented for \'{d.type_name}\'')
    first, last = _held(first, d), _held(last, d)
    if d.category == 1:
        return _truncated(_at_equal_distances(float(first), float(last), steps, fused=True), d)
    return _at_equal_distances(first, last, steps)


def _held(value: Any, d: dtype_class) -> Any:
    """A bound as an element of the dtype, rounded to it."""
    value = element_of(fit(value, d), d)
    if d.category < 2 or d.itemsize == 8 * (1 + d.is_complex):
        return value
    if d.is_complex:
        return complex(float32_round(value.real), float32_round(value.imag))
    from ...cpu.buffers import decode
    from ...cpu.encode import encode

    return decode(encode(d, (value,)), d)[0]


def _truncated(values: Sequence[Any], d: dtype_class) -> Sequence[int]:
    """Floats as integers of the dtype, the way the processor casts them."""
    from ...cpu.encode import convert

    return convert(values, float64, d)


@op("out", differentiable=False, out=_filled_in_its_shape)
def logspace(start, end, steps, base=10.0, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """``base`` to the powers of ``linspace(start, end, steps)``.

    Integer dtypes truncate the bounds and the powers. RuntimeError for a negative number of steps.

    >>> logspace(0, 3, 4)
    tensor([   1.,   10.,  100., 1000.])
    """
    d = options(dtype, layout, requires_grad, pin_memory)
    steps = steps
    first, last, radix = _end(start, "logspace", "start"), _end(end, "logspace", "end"), float(base)
    d = _spaced_dtype("logspace", first, last, d)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    return from_numbers(_logspace(first, last, steps, radix, d), (steps,), d, device, requires_grad)


def _logspace(first: Any, last: Any, steps: int, base: float, d: dtype_class) -> Sequence[Any]:
    if d.category == 0 and steps > 1:
        raise NotImplementedError(f'"logspace_cpu" not implemented for \'{d.type_name}\'')
    if not steps:
        return []
    if steps == 1:  # filled with the power as a number, whose bounds are not cut off for integers
        return [element_of(_power(base, first), d)]
    if d.category == 1:
        first, last = float(element_of(first, d)), float(element_of(last, d))
    else:
        first, last = _held(first, d), _held(last, d)
    powers = [_power(base, e) for e in _at_equal_distances(first, last, steps)]
    return _truncated(powers, d) if d.category == 1 else powers


def _power(base: float, exponent: Any) -> Any:
    if isinstance(exponent, complex):
        try:
            return base**exponent
        except (OverflowError, ZeroDivisionError):
            return complex(math.nan, math.nan)
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf if base > 0 or math.fmod(exponent, 2) == 0 else -math.inf
    except ValueError:  # a zero to a negative power, or a fractional power of a negative number
        return math.inf if base == 0 else math.nan


# -- triangles -------------------------------------------------------------------------------------


def _triangle(name: str, row: Any, col: Any, offset: Any, lower: bool, d: dtype_class, device: Any, requires_grad: bool) -> Tensor:
    row, col, offset = row, col, offset
    for side, size in (("row", row), ("col", col)):
        if size < 0:
            raise RuntimeError(f"{side} must be non-negative, got{size}")
    if d not in (dtypes.int32, int64):
        raise NotImplementedError(f'"{name}" not implemented for \'{d.type_name}\'')
    rows: list[int] = []
    cols: list[int] = []
    for i in range(row):
        edge = min(max(i + offset + lower, 0), col)  # where the diagonal cuts the row
        columns = range(edge) if lower else range(edge, col)
        rows.extend([i] * len(columns))
        cols.extend(columns)
    made = from_numbers(rows + cols, (2, len(rows)), d, device, False)
    return finish(made, requires_grad)


@op("function", differentiable=False)
def tril_indices(row, col, offset=0, *, dtype=int64, layout=None, device=None, requires_grad=False, pin_memory=False):
    """The row and column numbers of the lower triangle, a (2, n) tensor in row-major order.

    An element belongs to it if column <= row + offset. int64 or int32.

    >>> tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    d = options(dtype, layout, requires_grad, pin_memory) or int64
    return _triangle("tril_indices", row, col, offset, True, d, device, requires_grad)


@op("function", differentiable=False)
def triu_indices(row, col, offset=0, *, dtype=int64, layout=None, device=None, requires_grad=False, pin_memory=False):
    """The row and column numbers of the upper triangle, a (2, n) tensor in row-major order.

    An element belongs to it if column >= row + offset. int64 or int32.

    >>> triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    d = options(dtype, layout, requires_grad, pin_memory) or int64
    return _triangle("triu_indices", row, col, offset, False, d, device, requires_grad)
