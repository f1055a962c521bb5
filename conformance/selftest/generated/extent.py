"""Sizes: what a kernel does in tails, blocks, tiles, and in more dimensions than it was written for."""

from __future__ import annotations

import random
from typing import Any

import torch

from ...catalogue.entries import Entry
from ..broken import Context
from .description import Planted, accumulates, describe, has_floats, has_values, having, takes_tensors
from .tools import FILLS, WIDTHS, elements_at, exchanged, fill, inputs, instead_of, misreading, off, tensors_of, wrong_result

GROUP = "sizes"


@describe("the tail of n % w elements is not written", GROUP, "values", has_values)
def _tail(draw: random.Random, row: Entry) -> Planted:
    width, kind = draw.choice(WIDTHS), draw.choice(FILLS)

    def wrong(flat: Any, tensor: Any, context: Context) -> Any:
        rest = len(flat) % width
        return fill(flat, slice(len(flat) - rest, None), kind) if rest and len(flat) > width else None

    return Planted(f"w = {width}, holds {kind}", wrong_result(wrong))


@describe("the tail of n % w elements follows another formula", GROUP, "values", has_floats)
def _other_tail(draw: random.Random, row: Entry) -> Planted:
    width = draw.choice(WIDTHS)
    name, change = draw.choice((
        ("drops NaN", lambda t: torch.nan_to_num(t, nan=0.0, posinf=float("inf"), neginf=float("-inf"))),
        ("has 8 bits", lambda t: t.bfloat16().to(t.dtype) if t.dtype in (torch.float32, torch.float64) else t),
        ("has no subnormal numbers", lambda t: torch.where(t.abs() < torch.finfo(t.dtype).tiny, torch.zeros_like(t), t)),
        ("has the largest number for infinity", lambda t: torch.nan_to_num(t, nan=float("nan"))),
    ))  # fmt: skip

    def wrong(flat: Any, tensor: Any, context: Context) -> Any:
        rest = len(flat) % width
        if not rest or len(flat) < width or not flat.is_floating_point():
            return None
        flat[-rest:] = change(flat[-rest:])
        return flat

    return Planted(f"w = {width}, {name}", wrong_result(wrong))


@describe("only the first b elements are right", GROUP, "values", has_values)
def _block(draw: random.Random, row: Entry) -> Planted:
    size, kind = draw.choice(WIDTHS) + draw.choice((-1, 0, 1)), draw.choice(FILLS)
    return Planted(f"b = {size}, then {kind}", wrong_result(lambda flat, t, c: fill(flat, slice(size, None), kind) if len(flat) > size else None))


@describe("one lane of the vector loop is wrong", GROUP, "values", has_values)
def _lane(draw: random.Random, row: Entry) -> Planted:
    width = draw.choice((4, 8, 16, 32))
    lane = draw.randrange(width)

    def wrong(flat: Any, tensor: Any, context: Context) -> Any:
        whole = len(flat) - len(flat) % width
        flat[lane:whole:width] = off(flat[lane:whole:width])
        return flat if whole else None

    return Planted(f"lane {lane} of {width}", wrong_result(wrong))


@describe("the elements after the first block repeat it", GROUP, "values", takes_tensors)
def _repeated(draw: random.Random, row: Entry) -> Planted:
    size = draw.choice(WIDTHS)
    return Planted(f"b = {size}", wrong_result(lambda flat, t, c: flat[torch.arange(len(flat)) % size] if len(flat) > size else None))


@describe("the last row or column of a tile is wrong", GROUP, "values", has_values)
def _tile(draw: random.Random, row: Entry) -> Planted:
    dim, size, kind = draw.choice((-1, -2, 0)), draw.choice((4, 8, 16, 32, 64)), draw.choice(FILLS)

    def wrong(flat: Any, tensor: Any, context: Context) -> Any:
        if tensor.dim() < 2 or tensor.shape[dim] <= size or tensor.shape[dim] % size == 0:
            return None
        values = flat.reshape(tensor.shape)
        rest = tensor.shape[dim] % size
        last = values.narrow(dim, tensor.shape[dim] - rest, rest)
        last.copy_(fill(last.clone().reshape(-1), slice(None), kind).reshape(last.shape))
        return values

    return Planted(f"dim {dim}, tiles of {size}, holds {kind}", wrong_result(wrong))


@describe("a grid of blocks is one too short along a dimension", GROUP, "values", takes_tensors)
def _grid(draw: random.Random, row: Entry) -> Planted:
    dim, size = draw.choice((-1, 0, 1)), draw.choice((8, 16, 32, 64, 128, 256))

    def wrong(flat: Any, tensor: Any, context: Context) -> Any:
        if not -tensor.dim() <= dim < tensor.dim() or tensor.shape[dim] <= size:
            return None
        values = flat.reshape(tensor.shape)
        start = (tensor.shape[dim] - 1) // size * size
        values.narrow(dim, start, tensor.shape[dim] - start).fill_(0)
        return values

    return Planted(f"dim {dim}, blocks of {size}", wrong_result(wrong))


@describe("more than r dimensions are collapsed wrongly", GROUP, "values", takes_tensors)
def _rank(draw: random.Random, row: Entry) -> Planted:
    rank, which = draw.choice((2, 3, 4, 5, 6, 7)), draw.choice((0, 0, -1))

    def change(tensor: Any) -> Any:
        if tensor.dim() <= rank or tensor.is_contiguous():
            return None
        order = [0, *range(2, tensor.dim()), 1] if tensor.dim() > 2 else [1, 0]  # as if the strides of two dimensions were exchanged
        strides = [tensor.stride()[d] for d in order]
        return elements_at(tensor, tensor.shape, strides, tensor.storage_offset())

    return Planted(f"r = {rank}, operand {which}", misreading(change, which))


@describe("a result of more than r dimensions is wrong", GROUP, "values", has_values)
def _high_rank(draw: random.Random, row: Entry) -> Planted:
    rank = draw.choice((3, 4, 5, 6, 7))

    def wrong(flat: Any, tensor: Any, context: Context) -> Any:
        return flat.roll(1) if tensor.dim() > rank else None

    return Planted(f"r = {rank}", wrong_result(wrong))


@describe("two dimensions are exchanged where their sizes are equal", GROUP, "values", has_values)
def _square(draw: random.Random, row: Entry) -> Planted:
    first, second = draw.choice(((-1, -2), (0, 1), (0, -1), (1, -1)))

    def wrong(flat: Any, tensor: Any, context: Context) -> Any:
        n = tensor.dim()
        if not all(-n <= d < n for d in (first, second)) or tensor.shape[first] != tensor.shape[second]:
            return None
        return flat.reshape(tensor.shape).transpose(first, second).contiguous()

    return Planted(f"dims {first} and {second}", wrong_result(wrong))


@describe("of a long dimension of an operand the end is not read", GROUP, "values", takes_tensors)
def _inner(draw: random.Random, row: Entry) -> Planted:
    dim, size, which = draw.choice((-1, 0, 1)), draw.choice((8, 16, 32, 64, 128, 256, 1024)), draw.choice((0, 0, 1, -1))
    tail = draw.random() < 0.5

    def change(tensor: Any) -> Any:
        if not -tensor.dim() <= dim < tensor.dim() or tensor.shape[dim] <= size:
            return None
        kept = tensor.shape[dim] - tensor.shape[dim] % size if tail else size
        if kept == tensor.shape[dim]:
            return None
        values = tensor.clone()
        rest = values.narrow(dim, kept, tensor.shape[dim] - kept)
        rest.copy_(tensor.narrow(dim, 0, 1).expand(rest.shape))
        return values

    how = f"the tail of n % {size}" if tail else f"all after {size}"
    return Planted(f"operand {which}, dim {dim}, {how}", misreading(change, which))


@describe("of many operands the last ones are taken for the first", GROUP, "values", having("new", "list"))
def _operands(draw: random.Random, row: Entry) -> Planted:
    count = draw.choice((2, 3, 4, 5, 6))

    def replaced(args: Any, kwargs: Any) -> Any:
        lists = [arg for arg in args if isinstance(arg, (tuple, list)) and len(tensors_of(arg)) > count]
        if not lists:
            return None
        items = lists[0]
        return exchanged(args, items, type(items)([*items[:count], *[items[0]] * (len(items) - count)])), kwargs

    return Planted(f"after {count}", lambda call, context: instead_of(call, context, replaced))


@describe("wrong where an operand has size 1 in a dimension", GROUP, "values", takes_tensors)
def _size_one(draw: random.Random, row: Entry) -> Planted:
    dim, which = draw.choice((0, -1, 1)), draw.choice((0, -1))

    def when(context: Context) -> bool:
        found = inputs(context)
        tensor = found[which] if found else None
        return tensor is not None and -tensor.dim() <= dim < tensor.dim() and tensor.shape[dim] == 1 and tensor.numel() > 1

    return Planted(f"operand {which}, dim {dim}", wrong_result(lambda flat, t, c: flat.roll(1), when))


@describe("partial results beyond a block are lost", GROUP, "values", accumulates)
def _partial(draw: random.Random, row: Entry) -> Planted:
    size, dim, which = draw.choice((4, 8, 16, 32, 64, 128, 256, 1024)), draw.choice((-1, 0, -2)), draw.choice((0, 0, -1))

    def change(tensor: Any) -> Any:
        if not -tensor.dim() <= dim < tensor.dim() or tensor.shape[dim] <= size:
            return None
        values = tensor.clone()
        values.narrow(dim, size, tensor.shape[dim] - size).fill_(0)
        return values

    return Planted(f"operand {which}, dim {dim}, blocks of {size}", misreading(change, which))
