"""Statements that draw random numbers, which are torch's for the same seed."""

from __future__ import annotations

from ..grammar import Draw, Family, is_float, said
from ..program import Statement

RANDOM = Family("random numbers", 0.5)


@RANDOM.rule(1, needs="random")
def seed(draw: Draw) -> Statement:
    return said("manual_seed", f"torch.manual_seed({draw.random.randint(0, 9)})")


@RANDOM.rule(4, needs="random")
def integers(draw: Draw) -> Statement:
    shape = ", ".join(map(str, draw.shape()))
    text = draw.one((f"torch.randint(0, 4, ({shape}{',' if shape else ''}))", f"torch.randperm({draw.random.randint(1, 5)})"))
    if "randint" in text and draw.chance(0.5):
        text += ".float()"
    return said("randint" if "randint" in text else "randperm", f"{draw.result()} = {text}")


@RANDOM.rule(2, needs="random")
def floats(draw: Draw) -> Statement:
    shape = ", ".join(map(str, draw.shape()))
    text = draw.one((f"torch.rand({shape})", f"torch.randn({shape})", f"torch.rand({shape}, requires_grad=True)" if shape else "torch.rand(2)"))
    return said(text[6:].partition("(")[0], f"{draw.result()} = {text}", rounds=True)


@RANDOM.rule(2, needs="random")
def in_place(draw: Draw) -> Statement:
    x = draw.tensor(is_float)
    name = draw.one(("uniform_()", "normal_()", "random_(0, 4)", "bernoulli_(0.5)"))
    return said(name.partition("(")[0], f"{x}.{name}", rounds=name[0] in "un")


@RANDOM.rule(1, needs="random")
def dropout(draw: Draw) -> Statement:
    x = draw.tensor(is_float)
    return said("dropout", f"{draw.result()} = torch.nn.functional.dropout({x}, 0.5)")
