"""Statements that put hooks on tensors and nodes."""

from __future__ import annotations

from ...grammar import Draw, Family, NothingFits, inner, leaf, said, tracked
from ...program import Statement

HOOKS = Family("hooks", 0.8)


def log(draw: Draw) -> str:
    """The list that hooks write into, and the line that makes it."""
    return "" if "log" in draw.names else "log = []\n"


_TOLD = "None if g is None else g.tolist()"


@HOOKS.rule(4, needs="autograd")
def on_a_tensor(draw: Draw) -> Statement:
    x = draw.tensor(tracked)
    action = draw.one((f"log.append({_TOLD})", f"log.append({_TOLD})", "g * 2", "g + 1"))
    text = f"{draw.numbered('handle')} = {x}.register_hook(lambda g: {action})"
    if draw[x]._is_view():  # torch ends the process if the base was written and nobody has asked for the node since (known difference)
        text = f"{x}.grad_fn\n{text}"
    return said("register_hook", (log(draw) if "log" in action else "") + text)


@HOOKS.rule(1, needs="autograd")
def after_accumulation(draw: Draw) -> Statement:
    x = draw.tensor(tracked, leaf)
    action = draw.one(("log.append(p.grad.tolist())", "p.grad.mul_(2)", "setattr(p, 'grad', None)"))
    return said("register_post_accumulate_grad_hook", f"{log(draw)}{x}.register_post_accumulate_grad_hook(lambda p: {action})")


@HOOKS.rule(3, needs="autograd")
def on_a_node(draw: Draw) -> Statement:
    x = draw.tensor(inner)
    several = "[None if g is None else g.tolist() for g in {0}]"
    if draw.chance(0.5):
        told = [f"log.append({several.format(name)})" for name in ("gi", "go")]
        action = draw.one((*told, "tuple(None if g is None else g * 2 for g in gi)"))
        text = f"{x}.grad_fn.register_hook(lambda gi, go: {action})"
        kind = "hook of a node"
    else:
        action = draw.one((f"log.append({several.format('go')})", "tuple(None if g is None else g * 2 for g in go)"))
        text = f"{x}.grad_fn.register_prehook(lambda go: {action})"
        kind = "prehook of a node"
    return said(kind, (log(draw) if "log" in action else "") + f"{draw.numbered('handle')} = {text}")


@HOOKS.rule(1, needs="autograd")
def remove(draw: Draw) -> Statement:
    handles = [name for name in draw.names if name.startswith("handle")]
    if not handles:
        raise NothingFits
    return said("remove a hook", f"{draw.one(handles)}.remove()")


@HOOKS.rule(2, needs="autograd")
def that_keep_tensors(draw: Draw) -> Statement:
    """Hooks that keep what they see, write it, or answer with something else."""
    x = draw.tensor(tracked)
    action = draw.one(("log.append(g)", "log.append(g.clone())", "(log.append(g.sum().item()), g * 3)[1]", "g.zero_()", "torch.zeros_like(g)",
                       "g[..., :1]",
                       "g.double()", "1", "log.append(torch.is_grad_enabled())", "g.expand_as(g)"))  # fmt: skip
    text = f"{draw.numbered('handle')} = {x}.register_hook(lambda g: {action})"
    if draw[x]._is_view():
        text = f"{x}.grad_fn\n{text}"
    return said("register_hook", (log(draw) if "log" in action else "") + text)


@HOOKS.rule(1, needs="autograd")
def and_backward(draw: Draw) -> Statement:
    """Two hooks and a kept gradient, and the backward pass that they see."""
    x = draw.tensor(inner, lambda t: not t.is_complex())
    lines = [f"{x}.grad_fn", f"{x}.register_hook(lambda g: log.append(('first', {_TOLD})))", f"{x}.retain_grad()",
             f"{x}.register_hook(lambda g: {draw.one(('g * 2', 'None', 'g.neg()'))})",
                                                      f"({x} * 2).sum().backward({draw.one(('', 'retain_graph=True'))})"]  # fmt: skip
    return said("hooks and backward", log(draw) + "\n".join(lines))
