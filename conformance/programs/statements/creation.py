"""Statements that make tensors from nothing but numbers."""

from __future__ import annotations

from ..grammar import Draw, Family, differentiable, like, literal, said
from ..program import Statement

CREATION = Family("creation", 1.2)


@CREATION.rule(4)
def tensor(draw: Draw) -> Statement:
    dtype, shape = draw.dtype(), draw.shape()
    words = [literal(draw, shape, dtype)]
    plain = dtype in ("float32", "int64", "bool") and 0 not in shape
    words += [] if plain else [f"dtype=torch.{dtype}"]
    words += ["requires_grad=True"] if dtype.startswith(("float", "bfloat", "complex")) and draw.chance(0.45) else []
    return said("tensor", f"{draw.result()} = torch.tensor({', '.join(words)})")


@CREATION.rule(3)
def arange(draw: Draw) -> Statement:
    shape = draw.shape()
    count = 1
    for size in shape:
        count *= size
    floating = draw.chance(0.8)
    text = f"torch.arange({count}{'.' if floating else ''}).reshape({', '.join(map(str, shape)) or '()'})"
    if floating and draw.chance(0.4):
        text += ".requires_grad_()"
    elif floating and draw.chance(0.3):
        text = f"torch.arange({count}., requires_grad=True)"
    return said("arange", f"{draw.result()} = {text}")


@CREATION.rule(3)
def filled(draw: Draw) -> Statement:
    shape = ", ".join(map(str, draw.shape())) or "()"
    name = draw.one(("ones", "zeros", "ones", "full", "eye"))
    words = [shape] if name != "full" else [f"({shape},)" if shape != "()" else "()", draw.number()]
    if name == "eye":
        words = [str(draw.random.randint(1, 3))]
    if draw.chance(0.3):
        words.append(f"dtype=torch.{draw.dtype()}")
    if draw.chance(0.35):
        words.append("requires_grad=True")
    return said(name, f"{draw.result()} = torch.{name}({', '.join(words)})")


@CREATION.rule(2)
def after_another(draw: Draw) -> Statement:
    x = draw.tensor()
    name = draw.one(("zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_tensor", "new_full"))
    if name.endswith("_like"):
        words = [x] + ([draw.integer()] if name == "full_like" else [])
        words += ["requires_grad=True"] if differentiable(draw[x]) and draw.chance(0.3) else []
        words += [f"dtype=torch.{draw.dtype()}"] if draw.chance(0.15) else []
        text = f"torch.{name}({', '.join(words)})"
    elif name == "new_tensor":
        text = f"{x}.new_tensor({literal(draw, draw.shape(2), 'int64')})"
    else:
        shape = f"({', '.join(map(str, draw.shape()))},)".replace("(,)", "()")
        text = f"{x}.{name}({shape}{', ' + draw.integer() if name == 'new_full' else ''})"
    return said(name, f"{draw.result()} = {text}")


@CREATION.rule()
def as_tensor(draw: Draw) -> Statement:
    x = draw.tensor()
    text = draw.one((f"torch.as_tensor({x})", f"torch.asarray({x})", f"torch.as_tensor({draw.number()})", f"torch.tensor({x}.tolist())"))
    return said("as_tensor", f"{draw.result()} = {text}")


@CREATION.rule()
def complex_tensor(draw: Draw) -> Statement:
    x = draw.tensor(lambda t: t.dtype.is_floating_point and t.element_size() >= 4)
    y = draw.tensor(like(draw[x]), lambda t: t.dtype == draw[x].dtype)
    return said("complex", f"{draw.result()} = torch.complex({x}, {y})")
