"""Statements that change what autograd thinks of a tensor: flags, gradients that are assigned, modes."""

from __future__ import annotations

from ...grammar import Draw, Family, differentiable, inner, leaf, like, said, tracked
from ...program import Statement

FLAGS = Family("flags", 1.5)


@FLAGS.rule(5, needs="autograd")
def requires_grad(draw: Draw) -> Statement:
    x = draw.tensor(differentiable, leaf) if draw.chance(0.9) else draw.tensor()
    words = ("requires_grad_()", "requires_grad_()", "requires_grad = True", "requires_grad_(False)", "requires_grad = False")
    text = f"{x}.{draw.one(words)}"
    return said("requires_grad = False" if "False" in text else "requires_grad = True", text)


@FLAGS.rule(2, needs="autograd")
def retain_grad(draw: Draw) -> Statement:
    return said("retain_grad", f"{draw.tensor(inner)}.retain_grad()")


@FLAGS.rule(1, needs="autograd")
def detach_(draw: Draw) -> Statement:
    return said("detach_", f"{draw.tensor(tracked)}.detach_()")


@FLAGS.rule(3, needs="autograd")
def gradient(draw: Draw) -> Statement:
    x = draw.tensor(tracked)
    if draw[x].grad is not None and draw.chance(0.7):
        text = draw.one((f"{x}.grad.zero_()", f"{x}.grad *= 2", f"{x}.grad.add_(1)", f"{x}.grad = None", f"{draw.result()} = {x}.grad"))
        return said("write into grad" if "grad." in text or "*=" in text else "grad = None" if "None" in text else "read grad", text)
    value = draw.one((f"torch.ones_like({x})", f"{x}.detach().clone()", "None"))
    if draw.chance(0.3):
        value = draw.tensor(like(draw[x]))
    return said("grad =", f"{x}.grad = {value}")


@FLAGS.rule(0.4, needs="autograd")
def mode(draw: Draw) -> Statement:
    enabled = draw.names["torch"].is_grad_enabled()
    if enabled and draw.chance(0.6):
        return said("set_grad_enabled", "torch.set_grad_enabled(False)")
    return said("set_grad_enabled", "torch.set_grad_enabled(True)")


@FLAGS.rule(1)
def forget(draw: Draw) -> Statement:
    return said("del", f"del {draw.tensor()}")
