"""Statements about optimizers: making, stepping, clearing, changing options, loading states."""

from __future__ import annotations

from typing import Any

from ...grammar import Draw, Family, NothingFits, is_float, leaf, said, tracked
from ...program import Statement
from .modules import module

OPTIMIZERS = Family("optimizers", 0.8)
_OPTIONS = {
    "SGD": ("lr=0.5", "lr=1.0, momentum=0.5", "lr=0.5, momentum=0.5, nesterov=True", "lr=0.25, weight_decay=0.5", "lr=0.5, maximize=True",
            "lr=0.5, momentum=0.5, dampening=0.5"),
    "Adam": ("lr=0.5", "lr=0.25, betas=(0.5, 0.5)", "lr=0.5, amsgrad=True", "lr=0.5, weight_decay=0.5"),
    "AdamW": ("lr=0.5", "lr=0.25, weight_decay=0.5"),
}  # fmt: skip


def optimizer(value: Any) -> bool:
    return hasattr(value, "param_groups")


@OPTIMIZERS.rule(2, needs="autograd")
def make(draw: Draw) -> Statement:
    if sum(optimizer(value) for value in draw.names.values()) >= 2:
        raise NothingFits
    name = draw.one(("SGD", "SGD", "SGD", "Adam", "Adam", "AdamW"))
    if draw.chance(0.5) and any(module(value) for value in draw.names.values()):
        parameters = f"{draw.object(module)}.parameters()"
    else:
        parameters = f"[{draw.tensor(leaf, tracked, is_float)}]"
    return said(name, f"{draw.numbered('optimizer')} = torch.optim.{name}({parameters}, {draw.one(_OPTIONS[name])})")


@OPTIMIZERS.rule(4, needs="autograd")
def step(draw: Draw) -> Statement:
    name = draw.object(optimizer)
    return said(f"{type(draw[name]).__name__}.step", f"{name}.step()", rounds=True)


@OPTIMIZERS.rule(3, needs="autograd")
def train(draw: Draw) -> Statement:
    """A whole step."""
    name = draw.object(optimizer)
    loop = [f"for group in {name}.param_groups:", "    for p in group['params']:", "        (p * 2).sum().backward()"]
    lines = [f"{name}.zero_grad()", *loop, f"{name}.step()"]
    return said(f"{type(draw[name]).__name__} trains", "\n".join(lines), rounds=True)


@OPTIMIZERS.rule(3, needs="autograd")
def change(draw: Draw) -> Statement:
    name = draw.object(optimizer)
    kind, text = draw.one((
        ("optimizer.zero_grad", f"{name}.zero_grad()"), ("optimizer.zero_grad", f"{name}.zero_grad(set_to_none=False)"),
        ("param_groups", f"{name}.param_groups[0]['lr'] = 0.25"), ("load_state_dict of an optimizer", f"{name}.load_state_dict({name}.state_dict())"),
        ("load_state_dict of an optimizer", f"{name}.load_state_dict(copy.deepcopy({name}.state_dict()))"),
    ))  # fmt: skip
    return said(kind, text)


@OPTIMIZERS.rule(0.7, needs="autograd")
def add(draw: Draw) -> Statement:
    name = draw.object(optimizer)
    return said("add_param_group", f"{name}.add_param_group({{'params': [{draw.tensor(leaf, tracked, is_float)}], 'lr': 0.5}})")


@OPTIMIZERS.rule(1.5, needs="autograd")
def minimized(draw: Draw) -> Statement:
    """Two steps on a loss, with a closure or by hand, cleared in either way."""
    name = draw.object(optimizer)
    clear = f"{name}.zero_grad({draw.one(('', 'set_to_none=False', 'set_to_none=True'))})"
    loss = f"sum((p * p).sum() for group in {name}.param_groups for p in group['params'])"
    if draw.chance(0.4):
        lines = ["def closure():", f"    {clear}", f"    loss = {loss}", "    loss.backward()", "    return loss",
                 f"{draw.result()} = {name}.step(closure)", "del closure"]  # fmt: skip
    else:
        lines = ["for _ in range(2):", f"    {clear}", f"    ({loss}).backward()", f"    {name}.step()"]
    return said(f"{type(draw[name]).__name__} minimizes", "\n".join(lines), rounds=True)


@OPTIMIZERS.rule(0.7, needs="autograd")
def copied(draw: Draw) -> Statement:
    name = draw.object(optimizer)
    kind, text = draw.one((("copy.deepcopy of an optimizer", f"{draw.numbered('optimizer')} = copy.deepcopy({name})"),
                           ("optimizer.state", f"{draw.numbered('value')} = len({name}.state)"), ("optimizer.state", f"{name}.state.clear()"),
                           ("pickle of an optimizer", f"{draw.numbered('optimizer')} = pickle.loads(pickle.dumps({name}))")))  # fmt: skip
    return said(kind, text)
