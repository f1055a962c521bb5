"""Statements that give a tensor other memory: ``set_``, ``resize_``, ``.data =``."""

from __future__ import annotations

from ..grammar import Draw, Family, like, not_empty, rank, said
from ..program import Statement

REPLACING = Family("replacing", 0.5)


@REPLACING.rule(2)
def set_(draw: Draw) -> Statement:
    x = draw.tensor()
    y = draw.tensor(lambda t: t.dtype == draw[x].dtype) if draw.chance(0.9) else draw.tensor()
    text = f"{x}.set_({y})"
    if draw.chance(0.15):
        text = f"{x}.set_()"
    elif draw.chance(0.25) and draw[y].untyped_storage().nbytes() >= 2 * draw[x].element_size():
        text = f"{x}.set_({y}, 0, (1, 2), (1, 1))"
    return said("set_", text)


@REPLACING.rule(2)
def resize(draw: Draw) -> Statement:
    x = draw.tensor(not_empty, lambda t: t.is_contiguous())
    t = draw[x]
    if draw.chance(0.25):
        y = draw.tensor(lambda o: o.numel() <= t.numel())
        return said("resize_as_", f"{x}.resize_as_({y})")
    count = t.numel()  # never more: what is beyond the end is not specified
    shape = draw.one([(count,), (1, count), tuple(t.shape), (max(count - 1, 1),), (1,)])
    return said("resize_", f"{x}.resize_({', '.join(map(str, shape)) or '()'})")


@REPLACING.rule(3)
def data(draw: Draw) -> Statement:
    x = draw.tensor()
    y = draw.tensor(like(draw[x]), lambda t: t.dtype == draw[x].dtype) if draw.chance(0.7) else draw.tensor()
    value = draw.one((y, f"{y}.clone()", f"{y}.detach()", f"{x}.data * 2"))
    return said("data =", f"{x}.data = {value}")


@REPLACING.rule(1)
def swapped_halves(draw: Draw) -> Statement:
    """A row read before it is overwritten by another."""
    x = draw.tensor(rank(1), lambda t: t.shape[0] >= 2)
    return said("swap rows", f"{x}[0], {x}[1] = {x}[1].clone(), {x}[0].clone()")
