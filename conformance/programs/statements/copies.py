"""Statements that copy and convert: clones, casts, ``.to``, copies by :mod:`copy`, pickles."""

from __future__ import annotations

from ..grammar import Draw, Family, said
from ..program import Statement

COPIES = Family("copies", 1.3)


@COPIES.rule(3)
def clone(draw: Draw) -> Statement:
    x = draw.tensor()
    name, text = draw.one((
        ("clone", f"{x}.clone()"), ("clone", f"{x}.detach().clone()"), ("contiguous", f"{x}.contiguous()"),
        ("clone", f"{x}.clone(memory_format=torch.contiguous_format)"),
    ))  # fmt: skip
    return said(name, f"{draw.result()} = {text}")


@COPIES.rule(4)
def cast(draw: Draw) -> Statement:
    x = draw.tensor()
    dtype = draw.dtype()
    words = draw.one((f"torch.{dtype}", f"torch.{dtype}", f"torch.{dtype}, copy=True", f"dtype=torch.{dtype}"))
    if draw.chance(0.3):
        name = draw.one(("float", "double", "long", "int", "bool", "half"))
        return said(f"{name}()", f"{draw.result()} = {x}.{name}()")
    if draw.chance(0.2):
        y = draw.tensor()
        name = draw.one(("type_as", "to"))
        return said(f"{name} a tensor", f"{draw.result()} = {x}.{name}({y})")
    return said("to", f"{draw.result()} = {x}.to({words})")


@COPIES.rule(3)
def by_python(draw: Draw) -> Statement:
    x = draw.tensor()
    name, text = draw.one((
        ("copy.copy", f"copy.copy({x})"), ("copy.deepcopy", f"copy.deepcopy({x})"), ("copy.deepcopy", f"copy.deepcopy({x})"),
        ("pickle", f"pickle.loads(pickle.dumps({x}))"),
    ))  # fmt: skip
    return said(name, f"{draw.result()} = {text}")


@COPIES.rule(1.5)
def of_two(draw: Draw) -> Statement:
    """Two tensors copied together keep what they have in common."""
    x, y = draw.tensor(), draw.tensor()
    name, text = draw.one((("copy.deepcopy", f"copy.deepcopy([{x}, {y}])"), ("pickle", f"pickle.loads(pickle.dumps([{x}, {y}]))")))
    return said(f"{name} of two", f"{', '.join(draw.new(2))} = {text}")


@COPIES.rule(1)
def another_name(draw: Draw) -> Statement:
    x = draw.tensor()
    return said("another name", f"{draw.result()} = {x}")


@COPIES.rule(1)
def together(draw: Draw) -> Statement:
    """Tensors, their views and their gradients copied as one."""
    x = draw.tensor(lambda t: t.dim() > 0)
    name, text = draw.one((
        ("copy.deepcopy", f"copy.deepcopy([{x}, {x}[0]])"), ("pickle", f"pickle.loads(pickle.dumps(({x}, {x}.view(-1))))"),
        ("copy.deepcopy", f"copy.deepcopy(dict(a={x}, b={x})).values()"), ("copy.copy", f"copy.copy([{x}, {x}])"),
        ("pickle", f"pickle.loads(pickle.dumps([{x}.detach(), {x}]))"),
    ))  # fmt: skip
    return said(f"{name} of two", f"{', '.join(draw.new(2))} = {text}")
