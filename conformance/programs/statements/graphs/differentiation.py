"""Statements that run a graph backward: ``backward`` and ``autograd.grad`` with their options."""

from __future__ import annotations

from ...grammar import Draw, Family, inner, is_complex, is_float, leaf, said, tracked
from ...program import Statement

DIFFERENTIATION = Family("differentiation", 1.6)


def scalar(draw: Draw, name: str) -> str:
    """The tensor as one number."""
    t = draw[name]
    if is_complex(t):
        return f"torch.view_as_real({name}).sum()" if draw.chance(0.5) else f"{name}.real.sum()"
    if not t.dim() and draw.chance(0.7):
        return name
    return str(draw.one((f"{name}.sum()", f"{name}.sum()", f"({name} * {name}).sum()", f"({name} * 2).sum()")))


def options(draw: Draw) -> str:
    return str(draw.one(("", "", "", "retain_graph=True", "create_graph=True")))


@DIFFERENTIATION.rule(5, needs="autograd")
def backward(draw: Draw) -> Statement:
    y = draw.tensor(tracked) if draw.chance(0.25) else draw.tensor(inner)
    if draw.chance(0.01):
        return said("backward", f"{y}.backward()")
    words = options(draw)
    kind = "backward" + (f"({words})" if words else "")
    if draw.chance(0.25):
        gradient = draw.one((f"torch.ones_like({y})", f"{y}.detach()", f"torch.ones_like({y}) * 2"))
        return said(kind, f"{y}.backward({gradient}{', ' + words if words else ''})")
    if draw.chance(0.12):
        inputs = draw.tensor(tracked)
        return said("backward(inputs=)", f"{scalar(draw, y)}.backward(inputs=[{inputs}]{', ' + words if words else ''})")
    return said(kind, f"{scalar(draw, y)}.backward({words})")


@DIFFERENTIATION.rule(2, needs="autograd")
def again(draw: Draw) -> Statement:
    """Forward and backward in one: the commonest line of all."""
    x = draw.tensor(leaf, tracked, is_float)
    return said("backward", draw.one((f"({x} * 2).sum().backward()", f"({x} ** 2).sum().backward()", f"({x} * {x}.detach()).sum().backward()")))


@DIFFERENTIATION.rule(3, needs="autograd")
def grad(draw: Draw) -> Statement:
    y, x = draw.tensor(inner), draw.tensor(tracked)
    words = [word for word in (options(draw), draw.one(("", "allow_unused=True", "allow_unused=True", "materialize_grads=True"))) if word]
    kind = "autograd.grad" + (f"({', '.join(words)})" if words else "")
    more = "".join(f", {word}" for word in words)
    if draw.chance(0.25):
        other = draw.tensor(tracked)
        return said(kind, f"{', '.join(draw.new(2))} = torch.autograd.grad({scalar(draw, y)}, [{x}, {other}]{more})")
    if draw.chance(0.25):
        return said(kind, f"{draw.result()}, = torch.autograd.grad({y}, {x}, torch.ones_like({y}){more})")
    return said(kind, f"{draw.result()}, = torch.autograd.grad({scalar(draw, y)}, {x}{more})")


@DIFFERENTIATION.rule(1, needs="autograd")
def twice(draw: Draw) -> Statement:
    x = draw.tensor(leaf, tracked, is_float)
    name = draw.result()
    return said("double backward", f"{name}, = torch.autograd.grad(({x} ** 3).sum(), {x}, create_graph=True)\n{name}.sum().backward()")
