"""Gradients that are wrong in some cases only."""

from __future__ import annotations

import random
from typing import Any, Callable

import torch

from ...catalogue.entries import Entry
from ..broken import Differentiation, Engine
from .description import Planted, both, describe, differentiable, having
from .tools import WIDTHS, attempt, elements_at, inputs

GROUP = "gradients"
# The gradient of input number ``i``, and what it becomes; the same one where it is right.
Change = Callable[[Any, int, Differentiation], Any]


def _each(change: Change, order: int | None = 1) -> Engine:
    """Gradients of an order (None: any) changed one by one; what cannot be changed stays right."""

    def engine(d: Differentiation) -> list[Any]:
        found = d.run(d.cotangents)
        if d.context is None or order not in (None, d.order):
            return found
        return [g if g is None else _or(change, g, i, d) for i, g in enumerate(found)]

    return engine


def _or(change: Change, g: Any, i: int, d: Differentiation) -> Any:
    try:
        return change(g, i, d)
    except Exception:  # noqa: BLE001 - a defect that cannot do its harm does none
        return g


def _masked(g: Any, where: Any, factor: float) -> Any:
    """The gradient with some elements multiplied, in the graph that it is in."""
    return g * torch.where(where, torch.full_like(g.detach(), factor), torch.ones_like(g.detach()))


def _tensors(d: Differentiation) -> list[Any]:
    return [] if d.context is None else inputs(d.context)


@describe("the gradient is not summed over a broadcast dimension", GROUP, "gradients", both(differentiable, having("several tensors")))
def _unsummed(draw: random.Random, row: Entry) -> Planted:
    where = draw.choice(("leading", "middle", "last", "missing"))

    def change(g: Any, i: int, d: Differentiation) -> Any:
        shape, result = d.inputs[i].shape, d.outputs[0].shape
        factor = 1
        lead = len(result) - len(shape)
        if lead < 0:
            return g
        if where == "missing":
            factor = result[:lead].numel()
        for dim, size in enumerate(shape):
            place = "leading" if dim == 0 else "last" if dim == len(shape) - 1 else "middle"
            if size == 1 and result[lead + dim] > 1 and place == where:
                factor *= result[lead + dim]
        return g / factor if factor > 1 else g

    return Planted(f"a {where} one", engine=_each(change))


@describe("a leaf that is used twice gets one of the gradients", GROUP, "gradients", both(differentiable, having("several tensors")))
def _twice(draw: random.Random, row: Entry) -> Planted:
    def change(g: Any, i: int, d: Differentiation) -> Any:
        return g * 0.5 if len([t for t in _tensors(d) if t is d.inputs[i]]) > 1 else g

    return Planted("half of both", engine=_each(change))


@describe("the gradient is wrong where operands are equal", GROUP, "gradients", both(differentiable, having("several tensors")))
def _ties(draw: random.Random, row: Entry) -> Planted:
    factor, which = draw.choice((0.0, 2.0, 0.5)), draw.choice((0, 1))

    def change(g: Any, i: int, d: Differentiation) -> Any:
        others = [t.detach() for t in _tensors(d) if t is not d.inputs[i] and t.dtype == g.dtype]
        if i != which or not others:
            return g
        return _masked(g, (d.inputs[i].detach() == others[0]).expand(g.shape), factor)

    return Planted(f"times {factor}, operand {which}", engine=_each(change))


@describe("the gradient is wrong where elements of an operand are repeated", GROUP, "gradients", differentiable)
def _repeated_elements(draw: random.Random, row: Entry) -> Planted:
    factor, last = draw.choice((0.0, 2.0)), draw.random() < 0.5

    def change(g: Any, i: int, d: Differentiation) -> Any:
        flat = d.inputs[i].detach().reshape(-1).tolist()
        if i or len(flat) > 200:
            return g
        where = [flat.index(v) != k if not last else v in flat[k + 1 :] for k, v in enumerate(flat) if v == v]
        return _masked(g, torch.tensor(where).reshape(g.shape), factor)

    return Planted(f"times {factor}, {'all but the last' if last else 'all but the first'}", engine=_each(change))


@describe("the gradient is wrong at one value", GROUP, "gradients", differentiable)
def _at_value(draw: random.Random, row: Entry) -> Planted:
    value = draw.choice((0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -3.0, 6.0, float("inf"), float("nan")))
    factor, which = draw.choice((0.0, 2.0, -1.0)), draw.choice((0, 0, 1))

    def change(g: Any, i: int, d: Differentiation) -> Any:
        x = d.inputs[i].detach()
        where = torch.isnan(x) if value != value else x == value
        if value == 0:
            where &= torch.signbit(x) == (repr(value) == "-0.0")
        return _masked(g, where, factor) if i == which else g

    return Planted(f"{value}: times {factor}, operand {which}", engine=_each(change))


@describe("the gradient is wrong beyond a bound", GROUP, "gradients", differentiable)
def _beyond(draw: random.Random, row: Entry) -> Planted:
    bound, factor = draw.choice((-20.0, -3.0, 3.0, 6.0, 20.0, 80.0)), draw.choice((0.0, 0.9))

    def change(g: Any, i: int, d: Differentiation) -> Any:
        x = d.inputs[i].detach()
        return _masked(g, x < bound if bound < 0 else x > bound, factor)

    return Planted(f"{'below' if bound < 0 else 'above'} {bound}: times {factor}", engine=_each(change))


@describe("the gradient is lost beside an integer operand", GROUP, "gradients", both(differentiable, having("several tensors")))
def _mixed(draw: random.Random, row: Entry) -> Planted:
    kind = draw.choice((torch.bool, torch.int64, torch.int32, torch.uint8, torch.float64, torch.float32))

    def change(g: Any, i: int, d: Differentiation) -> Any:
        return g * 0 if any(t.dtype == kind for t in _tensors(d)) and g.dtype != kind else g

    return Planted(str(kind), engine=_each(change))


@describe("repeated indices get one of the gradients", GROUP, "gradients", both(differentiable, having("index")))
def _indices(draw: random.Random, row: Entry) -> Planted:
    which = draw.choice((0, -1))

    def change(g: Any, i: int, d: Differentiation) -> Any:
        indices = [t for t in _tensors(d) if t.dtype in (torch.int64, torch.int32)]
        repeated = any(len(set(t.reshape(-1).tolist())) < t.numel() for t in indices)
        return g * 0.5 if repeated and i == which % len(d.inputs) else g

    return Planted(f"operand {which}", engine=_each(change))


@describe("the tail of a gradient is not written", GROUP, "gradients", differentiable)
def _tail(draw: random.Random, row: Entry) -> Planted:
    width, which = draw.choice(WIDTHS[:5]), draw.choice((0, 0, -1))

    def change(g: Any, i: int, d: Differentiation) -> Any:
        n = g.numel()
        if n <= width or n % width == 0 or i != which % len(d.inputs):
            return g
        return _masked(g, (torch.arange(n) >= n - n % width).reshape(g.shape), 0.0)

    return Planted(f"w = {width}, operand {which}", engine=_each(change))


@describe("the gradient is wrong for more than r dimensions", GROUP, "gradients", differentiable)
def _rank(draw: random.Random, row: Entry) -> Planted:
    rank = draw.choice((1, 2, 3, 4))
    return Planted(f"r = {rank}", engine=_each(lambda g, i, d: g.flip(0) if g.dim() > rank else g))


@describe("the gradient of a square operand is transposed", GROUP, "gradients", differentiable)
def _transposed(draw: random.Random, row: Entry) -> Planted:
    strided = draw.choice((None, True, False))

    def change(g: Any, i: int, d: Differentiation) -> Any:
        if g.dim() < 2 or g.shape[-1] != g.shape[-2] or strided is d.inputs[i].is_contiguous():
            return g
        return g.transpose(-1, -2)

    return Planted({None: "any", True: "strided", False: "contiguous"}[strided], engine=_each(change))


@describe("the gradient of a strided operand is in the order of its memory", GROUP, "gradients", differentiable)
def _memory_order(draw: random.Random, row: Entry) -> Planted:
    def change(g: Any, i: int, d: Differentiation) -> Any:
        x = d.inputs[i]
        order = sorted(range(x.dim()), key=lambda k: -x.stride(k))
        return g if order == list(range(x.dim())) else g.permute(order).reshape(g.shape)

    return Planted("permuted", engine=_each(change))


@describe("the gradient is wrong for an operand with stride 0", GROUP, "gradients", differentiable)
def _expanded(draw: random.Random, row: Entry) -> Planted:
    factor = draw.choice((0.5, 2.0))

    def change(g: Any, i: int, d: Differentiation) -> Any:
        x = d.inputs[i]
        return g * factor if any(s == 0 and n > 1 for n, s in zip(x.shape, x.stride(), strict=True)) else g

    return Planted(f"times {factor}", engine=_each(change))


@describe("the gradient of one operand is lost for some dtype", GROUP, "gradients", differentiable)
def _dtype(draw: random.Random, row: Entry) -> Planted:
    dtype = draw.choice((torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.complex64, torch.complex128))
    which = draw.choice((0, 0, -1))
    zero = draw.random() < 0.5

    def change(g: Any, i: int, d: Differentiation) -> Any:
        if g.dtype != dtype or i != which % len(d.inputs):
            return g
        return g * 0 if zero else g * 1.5

    return Planted(f"{dtype}, operand {which}, {'zero' if zero else 'too large'}", engine=_each(change))


@describe("the complex gradient is the conjugate", GROUP, "gradients", lambda row: differentiable(row) and "complex128" in row.operation.dtypes)
def _conjugate(draw: random.Random, row: Entry) -> Planted:
    which = draw.choice((0, 0, -1))
    return Planted(f"operand {which}", engine=_each(lambda g, i, d: g.conj() if g.is_complex() and i == which % len(d.inputs) else g))


@describe("the gradient is computed in half precision", GROUP, "gradients", differentiable)
def _half(draw: random.Random, row: Entry) -> Planted:
    dtype, order = draw.choice((torch.float32, torch.float64)), draw.choice((1, 1, 2))
    return Planted(f"{dtype}, order {order}", engine=_each(lambda g, i, d: g.bfloat16().to(dtype) if g.dtype == dtype else g, order))


@describe("the second derivative is lost", GROUP, "gradients", differentiable)
def _second(draw: random.Random, row: Entry) -> Planted:
    which, kind = draw.choice((0, 0, -1)), draw.choice(("detached", "halved"))

    def change(g: Any, i: int, d: Differentiation) -> Any:
        if i != which % len(d.inputs):
            return g
        if kind == "detached":
            return g.detach() if d.order == 1 else g
        return g * 0.5 if d.order == 2 else g

    return Planted(f"operand {which}, {kind}", engine=_each(change, None))


@describe("a cotangent of another layout is misread", GROUP, "gradients", differentiable)
def _cotangent(draw: random.Random, row: Entry) -> Planted:
    kind = draw.choice(("strided", "expanded", "offset"))

    def engine(d: Differentiation) -> list[Any]:
        def misread(c: Any) -> Any:
            if c is None or c.is_conj():
                return c
            if kind == "strided" and not c.is_contiguous() or kind == "expanded" and 0 in c.stride():
                dense = torch.empty(c.shape, device="meta").stride()
                return elements_at(c.detach(), c.shape, dense, c.storage_offset())
            return elements_at(c.detach(), c.shape, c.stride(), 0) if kind == "offset" and c.storage_offset() else c

        wrong = [attempt(misread, c) for c in d.cotangents] if d.context is not None else d.cotangents
        return d.run([c if w is None else w for c, w in zip(d.cotangents, wrong, strict=True)])

    return Planted(kind, engine=engine)


@describe("one of several cotangents is ignored", GROUP, "gradients", differentiable)
def _ignored_cotangent(draw: random.Random, row: Entry) -> Planted:
    def engine(d: Differentiation) -> list[Any]:
        several = len(d.cotangents) > 1 and d.context is not None and d.order == 1
        return d.run([*d.cotangents[:-1], d.cotangents[-1] * 0] if several else d.cotangents)

    return Planted("the last", engine=engine)


@describe("the gradient is wrong unless all operands require one", GROUP, "gradients", both(differentiable, having("several tensors")))
def _some(draw: random.Random, row: Entry) -> Planted:
    kind = draw.choice(("the first only", "all but the first"))

    def change(g: Any, i: int, d: Differentiation) -> Any:
        floats = [t.requires_grad for t in _tensors(d) if t.is_floating_point() or t.is_complex()]
        if len(floats) < 2 or all(floats) or floats[0] != (kind == "the first only"):
            return g
        return g * 0.5

    return Planted(kind, engine=_each(change))


@describe("the gradient through an in-place call is wrong", GROUP, "gradients", lambda row: differentiable(row) and "inplace" in row.forms)
def _in_place(draw: random.Random, row: Entry) -> Planted:
    strided = draw.choice((None, True))

    def change(g: Any, i: int, d: Differentiation) -> Any:
        context = d.context
        if context is None or context.form != "inplace" or strided and context.args[0].is_contiguous():
            return g
        return g * 0.5 if i == 0 else g

    return Planted("strided" if strided else "any", engine=_each(change))


@describe("gradients of 16 bits are accumulated in 16 bits", GROUP, "gradients", differentiable)
def _accumulated(draw: random.Random, row: Entry) -> Planted:
    dtype = draw.choice((torch.float16, torch.bfloat16))

    def change(g: Any, i: int, d: Differentiation) -> Any:
        terms = sum(o.numel() for o in d.outputs) // max(g.numel(), 1)
        if g.dtype != dtype or terms < 16:
            return g
        return g * (1 + torch.finfo(dtype).eps * terms / 4)

    return Planted(str(dtype), engine=_each(change))


@describe("another node is recorded under a condition", GROUP, "gradients", differentiable)
def _node(draw: random.Random, row: Entry) -> Planted:
    return Planted("its name", node=lambda name: None if name is None else name.replace("Backward0", "Backward1"))
