"""Statements that write into ``out=``: views, several outputs, outputs that are inputs."""

from __future__ import annotations

from ..grammar import Draw, Family, broadcastable, is_bool, is_complex, is_long, like, not_empty, rank, said
from ..program import Statement

OUTPUTS = Family("outputs", 0.5)


@OUTPUTS.rule(3)
def into_a_view(draw: Draw) -> Statement:
    x = draw.tensor(rank(1), not_empty)
    y = draw.tensor(like(draw[x]))
    view = draw.one(("{0}[0]", "{0}[:1]", "{0}.view(-1)", "{0}.detach()", "{0}.data", "{0}[...]", "{0}.unsqueeze(0)", "{0}.flatten()[:1]")).format(x)
    value = draw.one(("{0}[0]", "{0}[:1]", "{0}.view(-1)", "{0}", "{0}.clone()")).format(y)
    name, more = draw.one((("add", ", 1"), ("mul", ", 2"), ("neg", ""), ("abs", ""), ("clamp", ", 0, 2"), ("square", "")))
    return said(f"{name}(out=a view)", f"torch.{name}({value}{more}, out={view})", rounds=name == "square" and is_complex(draw[y]))


@OUTPUTS.rule(2)
def into_an_input(draw: Draw) -> Statement:
    x = draw.tensor()
    y = draw.tensor(broadcastable(draw[x]))
    form = draw.one(("torch.add({0}, {1}, out={0})", "torch.mul({0}, {1}, out={1})", "torch.sub({0}, {0}, out={0})", "torch.neg({0}, out={0})",
                     "torch.where({0} != 0, {0}, {1}, out={0})", "torch.maximum({0}, {1}, out={0})", "torch.clamp({0}, min=0, out={0})",
                     "torch.addcmul({0}, {1}, {1}, out={0})", "torch.cumsum({0}, 0, out={0})", "torch.relu({0})",
                     "torch.add({0}, {1}, alpha=2, out={1})",
                     "torch.pow({0}, 2, out={0})", "torch.lerp({0}, {1}, 0.5, out={0})"))  # fmt: skip
    return said("out= an input", form.format(x, y), rounds=is_complex(draw[x]))


@OUTPUTS.rule(2)
def several(draw: Draw) -> Statement:
    """Functions of two results."""
    x = draw.tensor(rank(1), not_empty, lambda t: not is_complex(t))
    t = draw[x]
    values, places = draw.tensor(lambda v: v.dtype == t.dtype), draw.tensor(is_long)
    name, words = draw.one((("max", "0"), ("min", "-1"), ("sort", "0"), ("max", "0, keepdim=True"), ("sort", "-1, True")))
    if draw.chance(0.4):
        first, second = draw.new(2)
        return said(name, f"{first}, {second} = torch.{name}({x}, {words})", by_values=True)
    return said(f"{name}(out=)", f"torch.{name}({x}, {words}, out=({values}, {places}))", by_values=True)


@OUTPUTS.rule(2)
def of_another_kind(draw: Draw) -> Statement:
    """An output of another dtype or shape than the result's."""
    x, target = draw.tensor(), draw.tensor()
    form = draw.one(("torch.add({0}, 1, out={1})", "torch.gt({0}, 0, out={1})", "torch.sum({0}, out={1})", "torch.all({0}, out={1})",
                     "torch.ones(2, out={1})", "torch.cat([{0}.flatten(), {0}.flatten()], out={1})", "torch.mul({0}, 0.5, out={1})",
                     "torch.argmax({0}, out={1})", "torch.isfinite({0}, out={1})", "torch.logical_not({0}, out={1})", "torch.zeros((), out={1})",
                     "torch.full((2,), 3, out={1})", "torch.eye(2, out={1})", "torch.prod({0}, 0, out={1})",
                     "torch.index_select({0}, 0, torch.tensor([0]), "
                     "out={1})", "torch.gather({0}, 0, torch.zeros_like({0}, dtype=torch.long), out={1})", "torch.mean({0}, 0, out={1})",
                     "torch.bitwise_and({0}, 1, out={1})", "torch.arange(2, out={1})", "torch.linspace(0, 4, 3, out={1})"))  # fmt: skip
    if is_complex(draw[x]) and any(word in form for word in ("gt(", "argmax", "prod")):
        form = "torch.add({0}, 1, out={1})"
    rounds = any(word in form for word in ("mean", "prod", "linspace"))
    return said(form.partition("(")[0].partition(".")[2] + "(out=)", form.format(x, target), rounds=rounds, by_values="argmax" in form)


@OUTPUTS.rule(1)
def of_a_mask(draw: Draw) -> Statement:
    x = draw.tensor()
    mask = draw.tensor(is_bool, broadcastable(draw[x]))
    target = draw.tensor(lambda t: t.dtype == draw[x].dtype)
    return said("masked_select(out=)", f"torch.masked_select({x}, {mask}, out={target})", by_values=True)
