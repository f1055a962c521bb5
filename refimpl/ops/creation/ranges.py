"""Sequences of numbers: at a given distance, and in a given count.

Numbers of the floating point dtypes are evaluated in float64 and rounded once. (torch evaluates them in the dtype itself, a processor's
vector at a time; it is up to one unit in the last place of the larger bound away.)
"""

from __future__ import annotations

import math
from typing import Any, Sequence

from ...cpu.buffers import decode
from ...cpu.encode import convert, encode
from ...foundation import dtypes
from ...foundation.c_names import c_name
from ...foundation.dtypes import bfloat16, float16, float32, float64, get_default_dtype, int64
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.layout import as_int64
from ...operations.output_kinds import FILLED, RANGED
from ...operations.registry import op
from ...operations.sharing import RUNNING
from ...random.rounding import float32_round, fma
from ...tensor import Tensor
from .conversion import element_of
from .fresh import NEGATIVE, fillable, from_numbers, holdable, options, warn

# -- at a given distance ---------------------------------------------------------------------------

_UNEXPECTED_COUNT = ("The number of elements in the out tensor of shape {had} is {had_count} which does not match the computed number of elements "
                     "{count}. Note that this may occur as a result of rounding error. The out tensor will be resized to a tensor of shape "
                     "({count},).")  # fmt: skip


@op("out", differentiable=False, out=RANGED._replace(resized=_UNEXPECTED_COUNT), sharing=RUNNING)
def arange(start=0, end=None, step=1, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """``start, start + step, ...`` below ``end``: ``arange(end)``, ``arange(start, end)``, ``arange(start, end, step)``.

    With a negative step the numbers fall, and stay above ``end``. The result has one dimension of ceil((end - start) / step) elements, counted in
    float64 (for int64 in 64-bit integers, to which the three are truncated first). The dtype, unless given, is int64 if all three are ints,
    else the default dtype. Element i is start + i * step: in float64, rounded once; for the integer dtypes in 64-bit integers, modulo 2**bits.

    RuntimeError if step is 0 (ValueError if it becomes 0 by truncation), if it points away from ``end``, if a bound is infinite, NaN or
    not real, and for more elements than there can be; NotImplementedError for bool and complex dtypes. There is no gradient.

    >>> arange(1, 4, 2)
    tensor([1, 3])
    >>> arange(0, 1, 0.25)
    tensor([0.0000, 0.2500, 0.5000, 0.7500])
    """
    d = dtype or _range_dtype(start, end, step)
    count = _count(start, end, step, d)
    if d.category == 1:
        first, by = element_of(start, int64), element_of(step, int64)
        values: Sequence[Any] = range(first, first + count * by, by) if by else [first] * count
    else:
        first, by = float(start), float(step)
        values = [first + n * by for n in range(count)]
    return from_numbers(values, (count,), d, device, requires_grad)


@arange.constraints
def _(require, start, end, step, dtype, requires_grad, pin_memory):
    d = dtype or _range_dtype(start, end, step)
    _ranging(require, start, end, step, d)
    if d.category == 1:
        for bound in (start, step) if d is not int64 else (start, end, step):
            require.fits(bound, int64)
    require(d is not int64 or element_of(step, int64), ValueError, "step must be nonzero")
    count = _count(start, end, step, d)
    require(0 <= count < 1 << 63, RuntimeError, "invalid size, possible overflow?", also=(
        (RuntimeError, "IntArrayRef contains an int that cannot be represented as a SymInt: -9223372036854775808"),))  # fmt: skip
    options(require, d, requires_grad, pin_memory)
    if count < 1 << 63:
        holdable(require, (count,), d)


def _range_dtype(*bounds: Any) -> dtype_class:
    return get_default_dtype() if any(isinstance(bound, float) for bound in bounds) else int64


def _ranging(require: Any, start: Any, end: Any, step: Any, d: dtype_class, held_in: dtype_class = float64) -> None:
    """The bounds are real and finite, and the step leads from the first to the second; the dtype is one of numbers that have an order."""
    require(d.category in (1, 2), NotImplementedError, "\"arange\" not implemented for '{}'", d.type_name)
    for bound in (start, end, step):
        require.fits(bound, held_in)
    a, b, s = element_of(start, float64), element_of(end, float64), element_of(step, float64)
    require(s > 0 or s < 0, RuntimeError, "step must be nonzero")
    require(math.isfinite(a) and math.isfinite(b), RuntimeError, "unsupported range: {:g} -> {:g}", a, b)
    require(s > 0 and b >= a or s < 0 and b <= a or not (s > 0 or s < 0), RuntimeError, "upper bound and lower bound inconsistent with step sign")


def _count(start: Any, end: Any, step: Any, d: dtype_class) -> int:
    if d is not int64:
        return math.ceil((float(end) - float(start)) / float(step))
    first, last, by = (element_of(bound, int64) for bound in (start, end, step))
    span = as_int64(last - first + by - (1 if by > 0 else -1))
    return int(float(span // by if (span < 0) == (by < 0) else -(-span // by)))  # C's division truncates; the count is kept in float64


@op("out", differentiable=False, name="range", out=FILLED, sharing=RUNNING)
def range_(start, end, step=1, *, dtype=None, layout=None, device=None, requires_grad=False):
    """``start, start + step, ...`` up to and including ``end``. Deprecated by torch in favour of :func:`arange`; it warns.

    The result has one dimension of floor((end - start) / step) + 1 elements, of the default dtype unless given; integer dtypes truncate the three
    first. RuntimeError if step is 0 or points away from ``end``, if a bound is infinite, NaN or not real, and for more elements than
    there can be; NotImplementedError for bool and complex dtypes. There is no gradient.

    >>> range(1, 3)
    tensor([1., 2., 3.])
    """
    d = dtype or get_default_dtype()
    warn("torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with Python's "
         "range builtin. Instead, use torch.arange, which produces values in [start, end).")
    count, first, by = _count_with_end(start, end, step, d)
    values = range(first, first + count * by, by) if d.category == 1 else [first + n * by for n in range(count)]
    return from_numbers(values, (count,), d, device, requires_grad)


@range_.constraints
def _(require, start, end, step, dtype, requires_grad):
    d = dtype or get_default_dtype()
    whole = d.category == 1
    for bound in (start, end, step):
        require.fits(bound, int64 if whole else float64)
    _ranging(require, start, end, element_of(step, int64) if whole else step, d, float32 if d in (float16, bfloat16) else float64)
    options(require, d, requires_grad)
    count = _count_with_end(start, end, step, d)[0]
    require(count < 1 << 63, RuntimeError, "IntArrayRef contains an int that cannot be represented as a SymInt: {}",
            as_int64(count) if whole else -(1 << 63))  # fmt: skip
    if count < 1 << 63:
        holdable(require, (count,), d)


def _count_with_end(start: Any, end: Any, step: Any, d: dtype_class) -> tuple[int, Any, Any]:
    """The number of elements, the first of them, and their distance. Of 16-bit floats they are those of float32."""
    first, last, by = (element_of(bound, int64 if d.category == 1 else float64) for bound in (start, end, step))
    if d.category == 1:
        return (last - first) // by + 1, first, by
    if d.itemsize == 2:
        first, last, by = map(float32_round, (first, last, by))
        return math.floor(float32_round(float32_round(float32_round(last - first) / by) + 1.0)), first, by
    return math.floor((last - first) / by + 1.0), first, by


# -- a given number of elements --------------------------------------------------------------------


@op("out", differentiable=False, out=RANGED, sharing=RUNNING)
def linspace(start, end, steps, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """``steps`` numbers at equal distances from ``start`` to ``end``, both included. The bounds are numbers or 0-d tensors.

    With step = (end - start) / (steps - 1), the first half is start + i * step and the second end - (steps - 1 - i) * step, so that both ends are
    met exactly. The bounds are converted to the dtype first. Integer dtypes truncate toward zero what float64 gives, the
    product not being rounded. The dtype, unless given, is the default dtype, or its complex dtype if a bound is complex.

    RuntimeError for a negative number of steps, for bounds that are out of the range of the dtype, complex bounds with a real dtype, and bounds
    that are tensors with dimensions; NotImplementedError for more than one bool. There is no gradient.

    >>> linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    >>> linspace(0, 10, 4, dtype=int64)
    tensor([ 0,  3,  6, 10])
    """
    first, last = _number(start), _number(end)
    d = dtype or _spaced_dtype(first, last)
    return from_numbers(_linspace(first, last, steps, d), (steps,), d, device, requires_grad)


@linspace.constraints
def _(require, start, end, steps, dtype, requires_grad, pin_memory):
    _spaced(require, "linspace", start, end, steps, dtype, requires_grad, pin_memory)
    d = dtype or _spaced_dtype(_number(start), _number(end))
    for bound in (start, end)[:steps]:
        fillable(require, _number(bound), d, steps)


def _spaced(require: Any, name: str, start: Any, end: Any, steps: int, d: dtype_class | None, requires_grad: Any, pin_memory: Any) -> None:
    """What :func:`linspace` and :func:`logspace` ask."""
    for which, bound in (("start", start), ("end", end)):
        require(not isinstance(bound, Tensor) or not bound.dim(), RuntimeError,
                "{} only supports 0-dimensional start and end tensors, but got {} with {} dimension(s).",
                name, which, bound.dim() if isinstance(bound, Tensor) else 0)  # fmt: skip
    inferred = _spaced_dtype(_number(start), _number(end))
    require(not inferred.is_complex or d is None or d.is_complex, RuntimeError,
            "torch.{}(): inferred dtype {} can't be safely cast to passed dtype {}", name, c_name(inferred), d.type_name if d else "")  # fmt: skip
    require(steps >= 0, RuntimeError, "number of steps must be non-negative", also=NEGATIVE)
    d = d or inferred
    require(d.category or steps < 2, NotImplementedError, "\"{}\" not implemented for '{}'", name, d.type_name)
    options(require, d, requires_grad, pin_memory)
    holdable(require, (steps,), d)


def _spaced_dtype(first: Any, last: Any) -> dtype_class:
    return dtypes.default_complex() if isinstance(first, complex) or isinstance(last, complex) else get_default_dtype()


def _number(bound: Any) -> Any:
    """A bound as a number: no gradient is taken from a 0-d tensor."""
    return bound.item() if isinstance(bound, Tensor) else bound


def _at_equal_distances(first: Any, last: Any, steps: int, fused: bool = False) -> list[Any]:
    """The first half counts from the start and the second from the end, so that both are met exactly."""
    half = steps // 2
    step = (last - first) / (steps - 1)
    if fused:
        return [fma(step, i, first) if i < half else fma(-step, steps - 1 - i, last) for i in range(steps)]
    return [first + step * i if i < half else last - step * (steps - 1 - i) for i in range(steps)]


def _linspace(first: Any, last: Any, steps: int, d: dtype_class) -> Sequence[Any]:
    if steps < 2:
        return [element_of(first, d)] if steps else []
    first, last = _held(first, d), _held(last, d)
    if d.category == 1:
        return _truncated(_at_equal_distances(float(first), float(last), steps, fused=True), d)
    return _at_equal_distances(first, last, steps)


def _held(value: Any, d: dtype_class) -> Any:
    """A bound as an element of the dtype, rounded to it."""
    value = element_of(value, d)
    if d.category < 2 or d.itemsize == 8 * (1 + d.is_complex):
        return value
    if d.is_complex:
        return complex(float32_round(value.real), float32_round(value.imag))
    return decode(encode(d, (value,)), d)[0]


def _truncated(values: Sequence[Any], d: dtype_class) -> Sequence[int]:
    """Floats as integers of the dtype, the way the processor casts them."""
    return convert(values, float64, d)


@op("out", differentiable=False, out=RANGED, sharing=RUNNING)
def logspace(start, end, steps, base=10.0, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """``base`` to the powers of ``linspace(start, end, steps)``. The bounds are numbers or 0-d tensors.

    Integer dtypes truncate the bounds and the powers. A power that is too large is infinite, a fractional power of a negative base is NaN.
    The dtype, unless given, is the default dtype, or its complex dtype if a bound is complex.

    RuntimeError for a negative number of steps, for bounds (of a single step: a power) that are out of the range of the dtype, complex bounds with a
    real dtype, and bounds that are tensors with dimensions; NotImplementedError for more than one bool. There is no gradient.

    >>> logspace(0, 3, 4)
    tensor([   1.,   10.,  100., 1000.])
    """
    first, last = _number(start), _number(end)
    d = dtype or _spaced_dtype(first, last)
    return from_numbers(_logspace(first, last, steps, float(base), d), (steps,), d, device, requires_grad)


@logspace.constraints
def _(require, start, end, steps, base, dtype, requires_grad, pin_memory):
    _spaced(require, "logspace", start, end, steps, dtype, requires_grad, pin_memory)
    d = dtype or _spaced_dtype(_number(start), _number(end))
    if steps == 1:
        fillable(require, _power(float(base), _number(start)), d, 1)
    else:
        for bound in (start, end)[:steps]:
            require.fits(_number(bound), d)


def _logspace(first: Any, last: Any, steps: int, base: float, d: dtype_class) -> Sequence[Any]:
    if steps < 2:  # filled with the power as a number, whose exponent is not cut off for integers
        return [element_of(_power(base, first), d)] if steps else []
    first, last = _held(first, d), _held(last, d)
    if d.category == 1:
        return _truncated([_power(base, e) for e in _at_equal_distances(float(first), float(last), steps)], d)
    return [_power(base, e) for e in _at_equal_distances(first, last, steps)]


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
