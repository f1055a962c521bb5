"""Numbers: accumulators, intermediate results, single values that a kernel handles in its own way."""

from __future__ import annotations

import random
from typing import Any

import torch

from ...catalogue.entries import Entry
from ..broken import Call, Context
from .description import Planted, accumulates, describe, has_floats, has_integers, has_values, having, rounds, takes_several
from .tools import BITS, FLOAT_TYPES, WIDTHS, attempt, duplicate, exchanged, instead_of, misreading, tensors_of, wrong_result

GROUP = "numbers"


def _floats_of(row: Entry) -> list[torch.dtype]:
    return [dtype for dtype in FLOAT_TYPES if str(dtype).removeprefix("torch.") in row.operation.dtypes] or [torch.float32]


def _integers_of(row: Entry) -> list[torch.dtype]:
    return [dtype for dtype in BITS if str(dtype).removeprefix("torch.") in row.operation.dtypes] or [torch.int64]


# -- accumulators and the dtype of intermediate results ------------------------------------------------


def _in_pieces(call: Call, context: Context, which: int, dim: int, piece: int, dtype: torch.dtype, accumulator: torch.dtype) -> Any:
    """A linear call's result, added up piece by piece of an operand in another dtype; None where the call is not linear in that operand."""
    args, kwargs = duplicate((context.args, context.kwargs))
    found = tensors_of([list(args)])
    if which >= len(found) or not found[which].dim() or found[which].dtype != dtype:
        return None
    tensor = found[which]
    size = tensor.shape[dim % tensor.dim()]
    if not 1 < size <= 40 * piece:
        return None
    right = context.args, context.kwargs
    parts = []
    try:
        for start in [*range(0, size, piece), size]:
            part = torch.zeros(tensor.shape, dtype=dtype)
            count = min(piece, size - start)
            part.narrow(dim % tensor.dim(), start, count).copy_(tensor.narrow(dim % tensor.dim(), start, count))
            context.args, context.kwargs = duplicate(exchanged(args, tensor, part)), duplicate(kwargs)
            parts.append(call())
    finally:
        context.args, context.kwargs = right
    nothing = parts.pop()
    if not isinstance(nothing, torch.Tensor) or not (nothing == 0).all():
        return None
    total = nothing.to(accumulator)
    exact = nothing.double()
    for part in parts:
        total = (total + part.to(accumulator)).to(accumulator)
        exact = exact + part.double()
    return total.to(nothing.dtype), exact


@describe("sums are accumulated in a narrower dtype", GROUP, "values", accumulates)
def _accumulator(draw: random.Random, row: Entry) -> Planted:
    narrower = {torch.float16: torch.float16, torch.bfloat16: torch.bfloat16, torch.float32: torch.float16, torch.float64: torch.float32,
                torch.int64: torch.int32, torch.int32: torch.int16}  # fmt: skip
    own = [dtype for dtype in narrower if str(dtype).removeprefix("torch.") in row.operation.dtypes] or [torch.float16]
    dtype, which, dim, piece = draw.choice(own), draw.choice((0, 0, -1)), draw.choice((-1, 0, -2)), draw.choice((1, 1, 4))

    def tamper(call: Call, context: Context) -> Any:
        if context.form not in ("function", "method", "operator"):
            return call()
        found = attempt(lambda: _in_pieces(call, context, which, dim, piece, dtype, narrower[dtype]))
        result = call()
        if found is None or not isinstance(result, torch.Tensor) or result.shape != found[0].shape:
            return result
        values, exact = found
        scale = exact.abs() * 0.05 + 1e-3
        if result.dtype == found[0].dtype and bool(((result.detach().double() - exact).abs() <= scale).all()):
            with torch.no_grad():
                result.data.copy_(values)
        return result

    return Planted(f"{dtype} in {narrower[dtype]}, operand {which}, dim {dim}, {piece} at a time", tamper)


@describe("computed in a narrower dtype", GROUP, "values", has_floats)
def _narrow(draw: random.Random, row: Entry) -> Planted:
    narrower = {torch.float16: torch.bfloat16, torch.bfloat16: torch.float16, torch.float32: draw.choice((torch.float16, torch.bfloat16)),
                torch.float64: torch.float32}  # fmt: skip
    dtype, which, least = draw.choice(_floats_of(row)), draw.choice((0, 0, -1)), draw.choice((1, 1, 1, 16, 64))

    def change(tensor: Any) -> Any:
        return tensor.to(narrower[dtype]).to(dtype) if tensor.dtype == dtype and tensor.numel() >= least else None

    return Planted(f"operand {which} of {dtype} as {narrower[dtype]}, from {least} elements on", misreading(change, which))


@describe("the result passes through a narrower dtype", GROUP, "values", has_floats)
def _through(draw: random.Random, row: Entry) -> Planted:
    narrower = {torch.float16: torch.bfloat16, torch.bfloat16: torch.float16, torch.float32: draw.choice((torch.float16, torch.bfloat16)),
                torch.float64: torch.float32}  # fmt: skip
    dtype, least = draw.choice(_floats_of(row)), draw.choice((1, 1, 8, 32, 128))

    def wrong(flat: Any, tensor: Any, context: Context) -> Any:
        return flat.to(narrower[dtype]).to(dtype) if flat.dtype == dtype and len(flat) >= least else None

    return Planted(f"{dtype} through {narrower[dtype]}, from {least} elements on", wrong_result(wrong))


@describe("an intermediate square overflows or underflows", GROUP, "values", rounds)
def _square(draw: random.Random, row: Entry) -> Planted:
    dtype, large, which = draw.choice(_floats_of(row)), draw.random() < 0.5, draw.choice((0, 0, -1))
    info = torch.finfo(dtype)
    limit = info.max**0.5 if large else info.tiny**0.5

    def change(tensor: Any) -> Any:
        if tensor.dtype != dtype:
            return None
        size = tensor.abs()
        if large:
            return torch.where(torch.isfinite(tensor) & (size > limit), torch.copysign(torch.full_like(tensor, float("inf")), tensor), tensor)
        return torch.where(size < limit, tensor * 0, tensor)

    return Planted(f"{dtype}, {'above' if large else 'below'} {limit:.3g}, operand {which}", misreading(change, which))


@describe("results near the end of the range are lost", GROUP, "values", rounds)
def _range(draw: random.Random, row: Entry) -> Planted:
    dtype, factor, large = draw.choice(_floats_of(row)), draw.choice((2.0, 4.0, 16.0)), draw.random() < 0.5
    info = torch.finfo(dtype)

    def wrong(flat: Any, tensor: Any, context: Context) -> Any:
        if flat.dtype != dtype:
            return None
        if large:
            return torch.where(torch.isfinite(flat) & (flat.abs() > info.max / factor), flat * float("inf"), flat)
        return torch.where(flat.abs() < info.tiny * factor, flat * 0, flat)

    return Planted(f"{dtype}, {'the largest' if large else 'the smallest'} within a factor of {factor}", wrong_result(wrong))


@describe("subnormal numbers are flushed to zero", GROUP, "values", has_floats)
def _flush(draw: random.Random, row: Entry) -> Planted:
    dtype, which = draw.choice(_floats_of(row)), draw.choice((None, 0, -1))
    tiny = torch.finfo(dtype).tiny

    def flushed(values: Any) -> Any:
        return torch.where(values.abs() < tiny, values * 0, values) if values.dtype == dtype else None

    if which is None:
        return Planted(f"{dtype} results", wrong_result(lambda flat, t, c: flushed(flat)))
    return Planted(f"{dtype}, operand {which}", misreading(flushed, which))


# -- single values -----------------------------------------------------------------------------------


def _special(draw: random.Random, dtype: torch.dtype) -> tuple[str, Any, Any]:
    """A value of a float dtype, and what it is taken for."""
    info = torch.finfo(dtype)
    inf = float("inf")
    return draw.choice((
        ("NaN as 0", float("nan"), 0.0), ("NaN as infinity", float("nan"), inf), ("NaN as the lowest number", float("nan"), -inf),
        ("infinity as the largest number", inf, info.max), ("-infinity as the lowest number", -inf, info.min),
        ("infinity as NaN", inf, float("nan")), ("-infinity as infinity", -inf, inf),
        ("-0 as 0", -0.0, 0.0), ("0 as -0", 0.0, -0.0), ("the largest number as infinity", info.max, inf),
        ("the lowest number as -infinity", info.min, -inf), ("1 as what follows it", 1.0, 1.0 + 4 * info.eps), ("-1 as NaN", -1.0, float("nan")),
        ("1 as NaN", 1.0, float("nan")), ("0 as NaN", 0.0, float("nan")), ("-1 as 1", -1.0, 1.0), ("0 as the smallest number", 0.0, info.tiny),
        ("0.5 as 0", 0.5, 0.0), ("0.5 as what follows it", 0.5, 0.5 + 4 * info.eps), ("2 as 1", 2.0, 1.0),
        ("the smallest normal number as 0", info.tiny, 0.0),
    ))  # fmt: skip


def _put(tensor: Any, value: float, other: float) -> Any:
    """The tensor with one value taken for another; the signs of zeros count, NaN is itself."""
    if value != value:
        where = torch.isnan(tensor)
    elif value == 0:
        where = (tensor == 0) & (torch.signbit(tensor) == (str(value) == "-0.0"))
    else:
        where = tensor == value
    return torch.where(where, torch.full_like(tensor, other), tensor)


@describe("one value is taken for another", GROUP, "values", has_floats)
def _value(draw: random.Random, row: Entry) -> Planted:
    dtype, which = draw.choice(_floats_of(row)), draw.choice((0, 0, 1, -1))
    name, value, other = _special(draw, dtype)
    return Planted(f"{name}, {dtype}, operand {which}", misreading(lambda t: _put(t, value, other) if t.dtype == dtype else None, which))


@describe("one special value is not handled in long or strided operands", GROUP, "values", has_floats)
def _value_in_vectors(draw: random.Random, row: Entry) -> Planted:
    which, least, strided = draw.choice((0, 0, -1)), draw.choice((1, 4, 8, 16, 32)), draw.choice((None, True, False))
    name, value, other = _special(draw, torch.float32)

    def change(tensor: Any) -> Any:
        if tensor.dtype != torch.float32 or tensor.numel() < least or strided is tensor.is_contiguous():
            return None
        return _put(tensor, value, other)

    kind = {None: "", True: "strided ", False: "contiguous "}[strided]
    return Planted(f"{name}, {kind}operand {which} from {least} elements on", misreading(change, which))


@describe("the special case at one value is missing", GROUP, "values", has_floats)
def _missing_case(draw: random.Random, row: Entry) -> Planted:
    dtype = draw.choice(_floats_of(row))
    name, value, _ = _special(draw, dtype)
    result = draw.choice((0.0, float("nan"), float("inf"), 1.0))

    def tamper(call: Call, context: Context) -> Any:
        found = tensors_of([list(context.args)])[:1]
        source = found[0].detach().clone() if found and found[0].dtype == dtype else None

        def wrong(flat: Any, tensor: Any, context: Context) -> Any:
            if source is None or source.shape != tensor.shape or not flat.is_floating_point():
                return None
            same = torch.isnan(source) if value != value else (source == value) & (torch.signbit(source) == (str(value)[0] == "-"))
            return torch.where(same, torch.full_like(source, result).to(flat.dtype), flat.reshape(source.shape))

        return wrong_result(wrong)(call, context)

    return Planted(f"{dtype}: {result} at {name.partition(' as ')[0]}", tamper)


@describe("halfway cases are rounded up", GROUP, "values", has_floats)
def _halfway(draw: random.Random, row: Entry) -> Planted:
    dtype, which = draw.choice(_floats_of(row)), draw.choice((0, 0, -1))

    def change(tensor: Any) -> Any:
        if tensor.dtype != dtype:
            return None
        half = (tensor - tensor.floor()) == 0.5
        return torch.where(half, torch.nextafter(tensor, torch.full_like(tensor, float("inf"))), tensor)

    return Planted(f"n + 0.5 in {dtype}, operand {which}", misreading(change, which))


@describe("what lies just below n + 0.5 is rounded up", GROUP, "values", has_floats)
def _below_half(draw: random.Random, row: Entry) -> Planted:
    dtype, which = draw.choice((torch.float32, torch.float64)), draw.choice((0, 0, -1))

    def change(tensor: Any) -> Any:  # floor(x + 0.5): 0.49999997 is rounded to 1
        if tensor.dtype != dtype:
            return None
        up = torch.nextafter(tensor, torch.full_like(tensor, float("inf")))
        return torch.where((up - up.floor()) == 0.5, up.ceil(), tensor)

    return Planted(f"{dtype}, operand {which}", misreading(change, which))


@describe("large odd numbers lose their last bit", GROUP, "values", has_floats)
def _odd(draw: random.Random, row: Entry) -> Planted:
    dtype, which = draw.choice(_floats_of(row)), draw.choice((0, 0, -1))
    bits = {torch.float16: 11, torch.bfloat16: 8, torch.float32: 24, torch.float64: 53}[dtype]

    def change(tensor: Any) -> Any:
        if tensor.dtype != dtype:
            return None
        large = (tensor.abs() >= 2.0 ** (bits - 1)) & (tensor.abs() < 2.0**bits)
        return torch.where(large, (tensor / 2).floor() * 2, tensor)

    return Planted(f"{dtype} from 2^{bits - 1} on, operand {which}", misreading(change, which))


@describe("f(-0) is 0", GROUP, "values", has_floats, strict=True)
def _odd_function(draw: random.Random, row: Entry) -> Planted:
    dtype = draw.choice(_floats_of(row))

    def tamper(call: Call, context: Context) -> Any:
        found = tensors_of([list(context.args)])
        zero = found and found[0].dtype == dtype and bool(((found[0] == 0) & torch.signbit(found[0])).any())
        source = found[0].detach().clone() if zero else None

        def wrong(flat: Any, tensor: Any, context: Context) -> Any:
            if source is None or source.shape != tensor.shape or flat.dtype != dtype:
                return None
            zeros = ((source == 0) & torch.signbit(source)).reshape(-1) & (flat == 0)
            return torch.where(zeros, flat.abs(), flat)

        return wrong_result(wrong)(call, context)

    return Planted(str(dtype), tamper)


@describe("the sign of NaN is lost", GROUP, "values", has_floats)
def _nan_sign(draw: random.Random, row: Entry) -> Planted:
    dtype, which = draw.choice(_floats_of(row)), draw.choice((0, 0, -1))

    def change(tensor: Any) -> Any:
        return torch.where(torch.isnan(tensor), torch.full_like(tensor, float("nan")), tensor) if tensor.dtype == dtype else None

    return Planted(f"{dtype}, operand {which}", misreading(change, which))


@describe("NaN that comes of infinities is something else", GROUP, "values", has_floats)
def _new_nan(draw: random.Random, row: Entry) -> Planted:
    value = draw.choice((0.0, float("inf"), 1.0))

    def tamper(call: Call, context: Context) -> Any:
        clean = not any(bool(torch.isnan(t.detach()).any()) for t in tensors_of([list(context.args)]) if t.dtype.is_floating_point)

        def wrong(flat: Any, tensor: Any, context: Context) -> Any:
            return torch.where(torch.isnan(flat), torch.full_like(flat, value), flat) if clean and flat.is_floating_point() else None

        return wrong_result(wrong)(call, context)

    return Planted(f"{value} instead", tamper)


# -- integers ----------------------------------------------------------------------------------------


@describe("integers pass through floating point", GROUP, "values", has_integers)
def _via_float(draw: random.Random, row: Entry) -> Planted:
    through, which = draw.choice((torch.float32, torch.float64)), draw.choice((0, 0, -1))
    dtype = draw.choice((torch.int64, torch.int32)) if through == torch.float32 else torch.int64

    def change(tensor: Any) -> Any:
        return tensor.to(through).to(dtype) if tensor.dtype == dtype else None

    return Planted(f"{dtype} through {through}, operand {which}", misreading(change, which))


@describe("integer results pass through floating point", GROUP, "values", having("new", "integer"))
def _result_via_float(draw: random.Random, row: Entry) -> Planted:
    through = draw.choice((torch.float32, torch.float64))
    return Planted(str(through), wrong_result(lambda flat, t, c: flat.to(through).to(torch.int64) if flat.dtype == torch.int64 else None))


@describe("integers saturate instead of wrapping", GROUP, "values", has_integers)
def _saturate(draw: random.Random, row: Entry) -> Planted:
    dtype = draw.choice([dtype for dtype in _integers_of(row) if dtype != torch.int64] or [torch.int32])
    info = torch.iinfo(dtype)

    def tamper(call: Call, context: Context) -> Any:
        if context.form not in ("function", "method", "operator"):
            return call()

        def wide(args: Any, kwargs: Any) -> Any:
            for tensor in tensors_of([list(args), list(kwargs.values())]):
                if tensor.dtype == dtype:
                    args, kwargs = exchanged(args, tensor, tensor.long()), exchanged(kwargs, tensor, tensor.long())
            return args, kwargs

        right = context.args, context.kwargs
        changed = attempt(lambda: wide(*duplicate(right)))
        other = None
        if changed is not None:
            context.args, context.kwargs = changed
            other = attempt(call)
            context.args, context.kwargs = right

        def wrong(flat: Any, tensor: Any, context: Context) -> Any:
            if flat.dtype != dtype or not isinstance(other, torch.Tensor) or other.shape != tensor.shape or other.dtype != torch.int64:
                return None
            return other.clamp(info.min, info.max).to(dtype)

        return wrong_result(wrong)(call, context)

    return Planted(str(dtype), tamper)


@describe("negative integers are taken for unsigned ones", GROUP, "values", has_integers)
def _unsigned(draw: random.Random, row: Entry) -> Planted:
    dtype, which = draw.choice([d for d in _integers_of(row) if d != torch.uint8] or [torch.int32]), draw.choice((0, 0, -1))
    return Planted(f"{dtype}, operand {which}", misreading(lambda t: t & torch.iinfo(dtype).max if t.dtype == dtype else None, which))


@describe("one integer is taken for another", GROUP, "values", has_integers)
def _integer(draw: random.Random, row: Entry) -> Planted:
    dtype, which = draw.choice(_integers_of(row)), draw.choice((0, 0, 1, -1))
    info = torch.iinfo(dtype)
    name, value, other = draw.choice((
        ("the lowest as the largest", info.min, info.max), ("the lowest as the next", info.min, info.min + 1), ("-1 as 0", -1, 0),
        ("the largest as the one before", info.max, info.max - 1), ("0 as 1", 0, 1), ("-1 as 1", -1, 1), ("1 as 0", 1, 0),
        ("the largest as -1", info.max, -1),
    ))  # fmt: skip

    def change(tensor: Any) -> Any:
        if tensor.dtype != dtype or not info.min <= value <= info.max or not info.min <= other <= info.max:
            return None
        return torch.where(tensor == value, torch.full_like(tensor, other), tensor)

    return Planted(f"{name}, {dtype}, operand {which}", misreading(change, which))


@describe("the last operand is reduced to the number of bits", GROUP, "values", has_integers)
def _masked(draw: random.Random, row: Entry) -> Planted:
    dtype = draw.choice(_integers_of(row))
    return Planted(str(dtype), misreading(lambda t: t % BITS[dtype] if t.dtype == dtype else None, -1))


@describe("wrong for one dtype above some size", GROUP, "values", has_values)
def _dtype_and_size(draw: random.Random, row: Entry) -> Planted:
    name, least = draw.choice(row.operation.dtypes), draw.choice((1, 2, 4, *WIDTHS[:5]))
    dtype = getattr(torch, name)

    def wrong(flat: Any, tensor: Any, context: Context) -> Any:
        return flat.roll(1) if len(flat) >= least and flat.dtype == dtype else None

    return Planted(f"{name}, from {least} elements on", wrong_result(wrong))


@describe("wrong for two dtypes together", GROUP, "values", takes_several)
def _mixed(draw: random.Random, row: Entry) -> Planted:
    first, second = (getattr(torch, draw.choice(row.operation.dtypes)) for _ in range(2))

    def replaced(args: Any, kwargs: Any) -> Any:
        found = tensors_of([list(args)])
        if len(found) < 2 or (found[0].dtype, found[1].dtype) != (first, second) or not found[0].numel():
            return None
        return exchanged(args, found[1], found[1].reshape(-1).roll(1).reshape(found[1].shape)), kwargs

    return Planted(f"{first} and {second}", lambda call, context: instead_of(call, context, replaced))
