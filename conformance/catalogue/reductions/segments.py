"""Reductions of segments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...accuracy.contracts import accumulated
from ...accuracy.number_formats import encode
from ...cases.case import INTEGERS, Case, TensorSpec, contiguous_strides
from ...drawing.pen import Pen
from ...known_differences.entry import numbers
from ..rows import Arguments, define


def _cut(pen: Pen, length: int, count: int) -> list[int]:
    """Lengths of so many segments, some of them 0."""
    cuts = sorted(pen.integer(0, length) for _ in range(count - 1))
    return [b - a for a, b in zip([0, *cuts], [*cuts, length], strict=True)]


def _integers(pen: Pen, shape: tuple[int, ...], numbers: list[int], dtype: str) -> TensorSpec:
    spec = pen.tensor(shape, dtype, values=(0,), layout="contiguous")
    pen.buffers[spec.buffer] = encode([abs(number) for number in numbers] if dtype.startswith("u") else numbers, dtype)
    return spec


def odd_stride(spec: TensorSpec) -> bool:
    """Whether the elements lie as in contiguous memory, but a dimension of size 1 has another stride: known difference
    "segments-of-a-dimension-of-size-one"."""
    plain = contiguous_strides(spec.shape)
    apart = [size for size, stride, step in zip(spec.shape, spec.strides, plain) if stride != step]
    return bool(apart) and (set(apart) == {1} or spec.numel < 2)


def _as_contiguous(spec: TensorSpec) -> TensorSpec:
    return replace(spec, strides=contiguous_strides(spec.shape)) if odd_stride(spec) else spec


def segments(pen: Pen) -> Arguments:
    shape = pen.shape(1, 3, most=300)
    axis = 0 if pen.chance(2) else pen.integer(0, len(shape) - 1)
    tensor = _as_contiguous(pen.tensor(shape))
    rows, count, size = 1, pen.choice((2, 1, 3, 4)), shape[axis]
    for n in shape[:axis]:
        rows *= n
    lengths = [n for _ in range(rows) for n in _cut(pen, size, count)]
    kwargs: dict[str, Any] = {"axis": axis if not pen.misbehave(4) else pen.dim(len(shape))} if axis or pen.chance(4) else {}
    if pen.chance(4) and axis and not pen.invalid:
        kwargs["axis"] = axis - len(shape)
    dtype = pen.choice(("int64", "int32")) if not pen.misbehave(4) else pen.choice(("float32", "int8", "uint8"))
    if pen.misbehave(4) and lengths:
        if count > 1 and pen.chance(2):
            lengths[:2] = -1, lengths[0] + lengths[1] + 1
        else:
            lengths[0] = pen.choice((-1, size + 1, lengths[0] + 1))
    given = "offsets" if pen.chance(3) and not pen.invalid else "lengths"
    if given == "offsets":
        lengths = [sum(lengths[k * count : k * count + i]) for k in range(rows) for i in range(count + 1)]
        count += 1
    elif not pen.invalid and pen.chance(6):
        kwargs["unsafe"] = True
    before = shape[:axis] if not pen.misbehave(5) else (1, *shape[:axis])
    kwargs[given] = _integers(pen, (*before, count), lengths, dtype) if not pen.misbehave(6) else None
    kwargs |= pen.maybe("indices", lambda: None, 8)
    if pen.misbehave(6):
        kwargs["indices"] = pen.tensor((2,), "int64", values=(0, 1))
    initials = (1.5, 0, -2.0, 3, float("inf"), complex(2, 0)) if not pen.misbehave(4) else (1e300, 1j)
    kwargs |= pen.maybe("initial", lambda: pen.choice(initials), 3)
    kind = pen.choice(("sum", "mean", "max", "min", "prod", "amax", "amin")) if not pen.misbehave(5) else "median"
    return (tensor, kind), kwargs


def longest(case: Case) -> int:
    """A segment may have all of a dimension, and one more."""
    return max([1, *[size + 1 for size in case.tensors()[0].shape]])


def without_ties(case: Case) -> bool:
    """Sums and means: of equal greatest elements torch gives all of a negative gradient to each."""
    return (case.args[1] if len(case.args) > 1 else case.kwargs.get("reduce")) in ("sum", "mean")


def beyond_the_data(case: Case) -> bool:
    """Where torch reads what is no data: segments lie outside of it (known difference "segments-beyond-the-data"), or a stride leads there, of the
    data or of their lengths."""
    if any(map(odd_stride, case.tensors()[:2])):
        return True
    given = case.kwargs.get("offsets") or case.kwargs.get("lengths")
    data, axis = case.tensors()[0], case.kwargs.get("axis", 0)
    ndim = len(data.shape)
    if not isinstance(given, TensorSpec) or given.dtype not in INTEGERS or not isinstance(axis, int):
        return False
    if not -ndim <= axis < ndim or len(given.shape) != axis % ndim + 1:
        return False
    size, places = data.shape[axis], numbers(case, given)
    if given.shape[:-1] != data.shape[: axis % ndim]:
        return True
    if case.kwargs.get("offsets") is not None:
        return not given.shape[-1] or any(not 0 <= place <= size for place in places)
    return case.kwargs.get("unsafe") is True and (sum(places) > size or any(n < 0 for n in places))


_UNSAFE = "torch does not look, and reads what is behind the data, or ends: known difference segments-beyond-the-data"
define("segment_reduce", "reductions", segments, forms="function", dtypes="float32 float64 float16 bfloat16", differentiable=True,
       contract=accumulated(2), terms=longest, multiplies=True, derivative=without_ties, fatal=beyond_the_data, never_alone={
       "given.shape[:-1]": _UNSAFE, "given.shape[-1] and": _UNSAFE, "not unsafe and name": _UNSAFE})  # fmt: skip
