"""Statements that read and write by indices: integers, slices, None, an ellipsis, masks, index tensors."""

from __future__ import annotations

from typing import Any

from ..grammar import Draw, Family, NothingFits, broadcastable, differentiable, is_bool, is_long, like, not_empty, rank, said
from ..program import Statement

INDEXING = Family("indexing", 2.0)


def basic(draw: Draw, t: Any) -> str:
    """An index of integers, slices, None and an ellipsis."""
    parts: list[str] = []
    sizes = list(t.shape[: draw.random.randint(1, max(t.dim(), 1))])
    for size in sizes:
        parts.append(draw.slice(size) if draw.chance(0.6) else str(draw.index(size)))
    if draw.chance(0.15):
        parts.insert(draw.random.randrange(len(parts) + 1), "None")
    if draw.chance(0.2) or not parts:
        parts = ["...", *parts] if len(parts) < t.dim() and draw.chance(0.3) else [*parts, "..."]
    return ", ".join(parts)


def advanced(draw: Draw, x: str) -> tuple[str, bool]:
    """An index with a mask, a list or a tensor of integers, and whether its values decide the result's shape."""
    t = draw[x]
    choice = draw.random.randrange(6)
    size = t.shape[0] if t.dim() else 1
    if not size:
        raise NothingFits
    places = f"[{', '.join(str(draw.index(size)) for _ in range(draw.random.randint(1, 3)))}]"
    if choice == 0:
        return f"{x} > 0" if not t.is_complex() else f"{x} != 0", True
    if choice == 1:
        return draw.tensor(is_bool, lambda m: tuple(m.shape) == tuple(t.shape[: m.dim()])), True
    if choice == 2:
        return draw.tensor(is_long) + f" % {max(size, 1)}", False
    if choice == 3 and t.dim() > 1:
        return f"{draw.slice(size)}, torch.tensor([{draw.index(t.shape[1])}, {draw.index(t.shape[1])}])", False
    if choice == 4 and t.dim() > 1:
        return f"{places}, {draw.index(t.shape[1])}", False
    return places, False


@INDEXING.rule(2)
def read(draw: Draw) -> Statement:
    x = draw.tensor(rank(1))
    if draw.chance(0.4):
        return said("read by basic indices", f"{draw.result()} = {x}[{basic(draw, draw[x])}]")
    index, by_values = advanced(draw, x)
    return said("read by a mask" if by_values else "read by index tensors", f"{draw.result()} = {x}[{index}]", by_values=by_values)


@INDEXING.rule(4)
def write(draw: Draw) -> Statement:
    x = draw.tensor(rank(0 if draw.chance(0.1) else 1))
    t = draw[x]
    by_values = False
    if draw.chance(0.65):
        index, kind = basic(draw, t), "write by basic indices"
    else:
        index, by_values = advanced(draw, x)
        kind = "write by a mask" if by_values else "write by index tensors"
    value = draw.number_for(t)
    if draw.chance(0.6) and not by_values:
        value = value_for(draw, x, index)
    elif draw.chance(0.2):
        value = draw.tensor(rank(0, 0))
    sign = draw.one(("=", "=", "=", "+=", "*="))
    return said(kind if sign == "=" else f"{kind} {sign}", f"{x}[{index}] {sign} {value}", by_values=by_values)


def value_for(draw: Draw, x: str, index: str) -> str:
    """A tensor that fits the place; a number where the place does not exist."""
    try:
        place = eval(f"{x}[{index}]", dict(draw.names))
    except (IndexError, RuntimeError, TypeError, ValueError):
        return draw.number()
    return draw.tensor(broadcastable(place), lambda t: t.dim() <= place.dim() + 1)


@INDEXING.rule(1)
def counted(draw: Draw) -> Statement:
    x = draw.tensor()
    text = draw.one((f"torch.nonzero({x})", f"{x}.nonzero(as_tuple=True)", f"torch.masked_select({x}, {x} != 1)", f"{x}.unique()"))
    kind = "unique" if "unique" in text else "masked_select" if "select" in text else "nonzero"
    return said(kind, f"{draw.result()} = {text}", by_values=True)


@INDEXING.rule(2)
def by_operation(draw: Draw) -> Statement:
    x = draw.tensor(rank(1), not_empty)
    t = draw[x]
    dim = draw.random.randrange(t.dim())
    size = t.shape[dim]
    index = f"torch.tensor([{draw.index(size) % max(size, 1)}])"
    name = draw.one(("index_fill_", "index_copy_", "index_add_", "scatter_", "index_put_", "scatter_add_", "masked_fill_", "index_fill", "index_add"))
    result = "" if name.endswith("_") else f"{draw.result()} = "
    if name == "masked_fill_":
        mask = draw.tensor(is_bool, broadcastable(t))
        return said(name, f"{x}.masked_fill_({mask}, {draw.number_for(t)})")
    if name == "index_put_":
        accumulate = draw.one(("", ", accumulate=True"))
        value = draw.tensor(lambda v: v.dtype == t.dtype, lambda v: v.dim() < t.dim(), lambda v: v.dim() == 0 or v.shape == t.shape[1:])
        return said(name, f"{x}.index_put_((torch.tensor([{draw.index(t.shape[0])}]),), {value}{accumulate})")
    if name.startswith("index_fill"):
        return said(name, f"{result}{x}.{name}({dim}, {index}, {draw.number_for(t)})")
    if name.startswith("scatter"):
        index = draw.tensor(is_long, lambda i: i.dim() == t.dim(), lambda i: all(a <= b for a, b in zip(i.shape, t.shape)))
        source = draw.tensor(like(draw[index]), lambda v: v.dtype == t.dtype)
        return said(name, f"{x}.{name}({dim}, {index} * 0 + {max(size - 1, 0)}, {source})", by_values=True)
    shape = (*t.shape[:dim], 1, *t.shape[dim + 1 :])
    source = draw.tensor(differentiable, lambda v: v.dtype == t.dtype and tuple(v.shape) == shape)
    return said(name, f"{result}{x}.{name}({dim}, {index}, {source})")
