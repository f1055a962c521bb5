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


@INDEXING.rule(2)
def unusual(draw: Draw) -> Statement:
    """Indices that are bools, None, tensors without dimensions, several lists; slices by tensors."""
    x = draw.tensor(rank(1), not_empty)
    t = draw[x]
    size = t.shape[0]
    forms = ["True", "False", "None, ...", "..., None", "torch.tensor(0)", "torch.tensor(True)", f"torch.tensor([{size - 1}, 0])", "[0, 0]", "()",
             f"range({size})", f"torch.arange({size}) % 2 == 0", "torch.tensor(0):", f"[[0], [{size - 1}]]", "-1",
             "torch.tensor([0], dtype=torch.int32)",
             "[True] + [False] * " + str(size - 1), f"slice(0, {size}, 2)", "[-1]", "0:1, ...", "..., [0]", "None, [0]"]  # fmt: skip
    if t.dim() > 1:
        forms += ["0, [0]", "[0], :, None", ":, torch.tensor([0])", "[0, 0], [0, 0]", "..., 0, None", "[[0]], [0, 0]", ":, [0], None", "None, 0, [0]"]
    index = draw.one(forms)
    if draw.chance(0.45):
        return said("read by unusual indices", f"{draw.result()} = {x}[{index}]")
    sign = draw.one(("=", "=", "+=", "*="))
    return said("write by unusual indices",
                f"{x}[{index}] {sign} {draw.one((draw.number_for(t), draw.number_for(t), f'{x}[0]', 'torch.tensor(2.)'))}")


@INDEXING.rule(1.5)
def scattered(draw: Draw) -> Statement:
    """Operations that put values at places, out of place and in place."""
    x = draw.tensor(rank(1), not_empty)
    t = draw[x]
    y = draw.tensor(lambda v: v.dtype == t.dtype and v.dim() == t.dim() - 1 and tuple(v.shape) == tuple(t.shape[1:]))
    form = draw.one(("{0}.index_add(0, torch.tensor([0, 0]), torch.stack([{1}, {1}]))", "{0}.select_scatter({1}, 0, 0)",
                     "{0}.index_copy(0, torch.tensor([0]), "
                     "{1}[None])", "{0}.index_put((torch.tensor([0, 0]),), {1}, accumulate=True)", "{0}.slice_scatter({1}[None], 0, 0, 1)",
                     "{0}.take_along_dim(torch.zeros_like({0}, dtype=torch.long), 0)",
                     "{0}.scatter(0, torch.zeros_like({0}, dtype=torch.long)[:1], {0})",
                     "{0}.scatter_add(0, torch.zeros_like({0}, dtype=torch.long), {0})", "{0}.repeat_interleave(2, 0)",
                     "{0}.index_fill(0, torch.tensor([0]), "
                     "2)", "{0}.index_add_(0, torch.tensor([0, 0]), torch.stack([{1}, {1}]), alpha=2)", "{0}.scatter_(0, torch.zeros_like({0}, "
                     "dtype=torch.long)[:1], 2)", "{0}.index_put_((None, torch.tensor([0])), {1}[..., :1])"))  # fmt: skip
    text = form.format(x, y)
    name = form.partition(".")[2].partition("(")[0]
    return said(name, text if name.endswith("_") else f"{draw.result()} = {text}")
