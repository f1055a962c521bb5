"""Strides, offsets, and arguments that have something to do with each other."""

from __future__ import annotations

import random
from typing import Any

import torch

from ...catalogue.entries import Entry
from ..broken import Call, Context
from .description import Planted, describe, has_form, having, takes_several, takes_tensors
from .tools import (
    Writer,
    attempt,
    duplicate,
    elements_at,
    exchanged,
    inputs,
    instead_of,
    misreading,
    outs,
    tensors_of,
    written,
    wrong_result,
)  # fmt: skip

GROUP = "layouts"


def _dense(shape: Any) -> list[int]:
    return list(torch.empty(shape, device="meta").stride())


@describe("the stride of one dimension is taken to be that of a new tensor", GROUP, "values", takes_tensors)
def _one_stride(draw: random.Random, row: Entry) -> Planted:
    dim, which = draw.choice((-1, 0, -2, 1)), draw.choice((0, 0, 1, -1))

    def change(tensor: Any) -> Any:
        if not -tensor.dim() <= dim < tensor.dim():
            return None
        strides = list(tensor.stride())
        strides[dim] = _dense(tensor.shape)[dim]
        return elements_at(tensor, tensor.shape, strides, tensor.storage_offset())

    return Planted(f"operand {which}, dim {dim}", misreading(change, which))


@describe("strides are ignored above some size", GROUP, "values", takes_tensors)
def _strides(draw: random.Random, row: Entry) -> Planted:
    least, which = draw.choice((2, 4, 8, 16, 32, 64)), draw.choice((0, 0, 1, -1))

    def change(tensor: Any) -> Any:
        return elements_at(tensor, tensor.shape, _dense(tensor.shape), tensor.storage_offset()) if tensor.numel() >= least else None

    return Planted(f"operand {which}, from {least} elements on", misreading(change, which))


@describe("a stride of 0 is not expected", GROUP, "values", takes_tensors)
def _stride_zero(draw: random.Random, row: Entry) -> Planted:
    which = draw.choice((0, 0, 1, -1))

    def change(tensor: Any) -> Any:
        dense = _dense(tensor.shape)
        strides = [d if s == 0 and size > 1 else s for size, s, d in zip(tensor.shape, tensor.stride(), dense, strict=True)]
        return elements_at(tensor, tensor.shape, strides, tensor.storage_offset()) if strides != list(tensor.stride()) else None

    return Planted(f"operand {which}", misreading(change, which))


@describe("the offset is forgotten", GROUP, "values", takes_tensors)
def _offset(draw: random.Random, row: Entry) -> Planted:
    which, strided = draw.choice((0, 0, 1, -1)), draw.choice((None, True, False))

    def change(tensor: Any) -> Any:
        if not tensor.storage_offset() or strided is tensor.is_contiguous():
            return None
        return elements_at(tensor, tensor.shape, tensor.stride(), 0)

    kind = {None: "any", True: "a strided", False: "a contiguous"}[strided]
    return Planted(f"{kind} operand {which}", misreading(change, which))


@describe("the stride of a dimension of size 1 is used", GROUP, "values", takes_tensors)
def _stride_of_one(draw: random.Random, row: Entry) -> Planted:
    which = draw.choice((0, 0, 1, -1))

    def change(tensor: Any) -> Any:
        dense = _dense(tensor.shape)
        odd = any(size == 1 and s != d for size, s, d in zip(tensor.shape, tensor.stride(), dense, strict=True))
        return tensor.reshape(-1).roll(1) if odd else None  # which is not what the dense loop expects

    return Planted(f"operand {which}", misreading(change, which))


@describe("a transposed square operand is taken to be contiguous", GROUP, "values", takes_tensors)
def _transposed(draw: random.Random, row: Entry) -> Planted:
    which = draw.choice((0, 0, 1, -1))

    def change(tensor: Any) -> Any:
        if tensor.dim() < 2 or tensor.shape[-1] != tensor.shape[-2] or tensor.stride(-1) <= tensor.stride(-2):
            return None
        return tensor.transpose(-1, -2)

    return Planted(f"operand {which}", misreading(change, which))


@describe("an operand with overlapping elements is read as if they were apart", GROUP, "values", takes_tensors)
def _overlap(draw: random.Random, row: Entry) -> Planted:
    which = draw.choice((0, 0, 1, -1))

    def change(tensor: Any) -> Any:
        reach = sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True)) + 1
        if reach >= tensor.numel() or 0 in tensor.stride():
            return None
        return elements_at(tensor, tensor.shape, _dense(tensor.shape), tensor.storage_offset())

    return Planted(f"operand {which}", misreading(change, which))


@describe("a strided target is written in the order of its memory", GROUP, "values", has_form("out", "inplace"))
def _target_order(draw: random.Random, row: Entry) -> Planted:
    form = draw.choice([form for form in ("out", "inplace") if form in row.forms])

    def wrong(flat: Any, tensor: Any, context: Context) -> Any:
        if tensor.is_contiguous():
            return None
        order = sorted(range(tensor.dim()), key=lambda d: -tensor.stride(d))
        values = torch.empty([tensor.shape[d] for d in order], dtype=flat.dtype)
        values.copy_(flat.reshape(values.shape))
        back = [order.index(d) for d in range(tensor.dim())]
        return values.permute(back).contiguous()

    return Planted(form, wrong_result(wrong, lambda context: context.form == form))


@describe("rows next to a strided target are written", GROUP, "purity", has_form("out", "inplace"))
def _next_row(draw: random.Random, row: Entry) -> Planted:
    form, least = draw.choice([form for form in ("out", "inplace") if form in row.forms]), draw.choice((1, 4, 16))

    def tamper(call: Call, context: Context) -> Any:
        result = call()
        if context.form == form:
            for tensor in written(context):
                if tensor.numel() >= least and not tensor.is_contiguous() and not tensor.requires_grad:
                    cells = torch.empty(0, dtype=tensor.dtype).set_(tensor.untyped_storage())
                    reach = [tensor.storage_offset()]
                    for size, stride in zip(tensor.shape, tensor.stride(), strict=True):
                        reach = [place + i * stride for place in reach for i in range(size)]
                    gaps = sorted(set(range(reach[0], len(cells))) - set(reach))
                    if gaps:
                        attempt(cells[gaps[0]].copy_, cells[reach[0]])
        return result

    return Planted(f"{form}, from {least} elements on", tamper)


# -- arguments that are related ----------------------------------------------------------------------


def _overlapping(first: Any, second: Any) -> bool:
    return bool(first.untyped_storage()._cdata == second.untyped_storage()._cdata and first.numel() and second.numel())


@describe("out= inside an input: what was just written is read", "relations", "values", has_form("out"))
def _read_after_write(draw: random.Random, row: Entry) -> Planted:
    part = draw.choice((0.5, 0.25, 0.9))

    def tamper(call: Call, context: Context) -> Any:
        related = [out for out in outs(context) if any(_overlapping(out, source) for source in inputs(context))]
        if context.form != "out" or not related:
            return call()

        def half_done(args: Any, kwargs: Any) -> Any:
            right = context.args, context.kwargs
            context.args, context.kwargs = duplicate((args, kwargs))
            first = tensors_of(call())
            context.args, context.kwargs = right
            for out, values in zip(tensors_of([kwargs.get("out")]), first, strict=True):
                count = max(1, int(values.numel() * part))
                places = torch.arange(values.numel())[:count]
                held = out.reshape(-1).clone()
                held[places] = values.reshape(-1)[places]
                out.copy_(held.reshape(out.shape))
            return args, kwargs

        return instead_of(call, context, half_done)

    return Planted(f"after {part} of the elements", tamper)


@describe("an input that shares memory with the target is read after it was written", "relations", "values", has_form("inplace"))
def _input_after_write(draw: random.Random, row: Entry) -> Planted:
    def tamper(call: Call, context: Context) -> Any:
        target = context.args[0]
        others = [t for t in inputs(context)[1:] if isinstance(target, torch.Tensor) and _overlapping(t, target)]
        if context.form != "inplace" or not others:
            return call()

        def half_done(args: Any, kwargs: Any) -> Any:
            right = context.args, context.kwargs
            context.args, context.kwargs = duplicate((args, kwargs))
            values = call()
            context.args, context.kwargs = right
            old, count = args[0].clone(), args[0].numel() // 2
            args[0].copy_(torch.cat((values.reshape(-1)[:count], old.reshape(-1)[count:])).reshape(old.shape))
            return exchanged(args, args[0], old), kwargs

        return instead_of(call, context, half_done)

    return Planted("second half", tamper)


@describe("two operands over the same memory are taken for the same", "relations", "values", takes_several)
def _same_memory(draw: random.Random, row: Entry) -> Planted:
    def replaced(args: Any, kwargs: Any) -> Any:
        found = tensors_of([list(args), list(kwargs.values())])
        for number, second in enumerate(found):
            for first in found[:number]:
                same = (first.shape, first.dtype) == (second.shape, second.dtype) and _overlapping(first, second)
                if same and first is not second:
                    return exchanged(args, second, first), exchanged(kwargs, second, first)
        return None

    return Planted("the second is read as the first", lambda call, context: instead_of(call, context, replaced))


@describe("the same operand twice takes a short cut that is wrong", "relations", "values", takes_several)
def _same_twice(draw: random.Random, row: Entry) -> Planted:
    exact = draw.choice((True, False))

    def when(context: Context) -> bool:
        found = inputs(context)
        if not found:
            return False
        first = found[0]

        def same(t: Any) -> bool:
            if exact:
                return t is first or t.untyped_storage()._cdata == first.untyped_storage()._cdata and t.stride() == first.stride()
            return _overlapping(t, first)

        return any(same(t) for t in found[1:])

    return Planted("same elements" if exact else "same memory", wrong_result(lambda flat, t, c: flat.roll(1), when))


@describe("a copy that aliases where nothing has to be computed", "relations", "aliasing", having("new", "tensor"))
def _aliases(draw: random.Random, row: Entry) -> Planted:
    least = draw.choice((1, 2, 8, 32))

    def tamper(call: Call, context: Context) -> Any:
        result = call()
        if not isinstance(result, torch.Tensor) or result.requires_grad or written(context) or not Writer(context).may(result):
            return result
        for source in inputs(context):
            same = (source.shape, source.dtype, source.stride()) == (result.shape, result.dtype, result.stride()) and source.numel() >= least
            if same and not source.requires_grad and torch.equal(*[t.reshape(-1).view(torch.uint8) for t in (source, result)]):
                return source.view_as(source)
        return result

    return Planted(f"from {least} elements on", tamper)
