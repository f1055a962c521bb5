"""Statements of training loops: schedulers, clipping, parameters as vectors, layers with statistics, rows that are written one by one."""

from __future__ import annotations

from typing import Any

from ...grammar import Draw, Family, NothingFits, is_float, not_empty, rank, said, tracked
from ...program import Statement
from .modules import module
from .optimizers import optimizer

TRAINING = Family("training loops", 0.8)
_SCHEDULERS = (
    "StepLR({0}, 1, gamma=0.5)", "StepLR({0}, step_size=2)", "MultiStepLR({0}, [1, 3], 0.5)", "ExponentialLR({0}, 0.5)",
    "LambdaLR({0}, lambda epoch: 1 / (epoch + 1))", "MultiplicativeLR({0}, lambda epoch: 0.5)", "ConstantLR({0}, 0.5, 2)",
    "LinearLR({0}, 0.25, 1.0, 2)", "PolynomialLR({0}, 4)", "CosineAnnealingLR({0}, 4)", "CosineAnnealingWarmRestarts({0}, 2, 2)",
    "OneCycleLR({0}, 1.0, total_steps=9)", "CyclicLR({0}, 0.25, 1.0, 2, cycle_momentum=False)", "ReduceLROnPlateau({0}, factor=0.5, patience=0)",
)  # fmt: skip


def scheduler(value: Any) -> bool:
    return hasattr(value, "get_last_lr")


@TRAINING.rule(2, needs="autograd")
def schedule(draw: Draw) -> Statement:
    if sum(scheduler(value) for value in draw.names.values()) >= 2:
        raise NothingFits
    text = draw.one(_SCHEDULERS).format(draw.object(optimizer))
    return said(text.partition("(")[0], f"{draw.numbered('scheduler')} = torch.optim.lr_scheduler.{text}", rounds=True)


@TRAINING.rule(4, needs="autograd")
def scheduled(draw: Draw) -> Statement:
    """A step of a scheduler, its state, or a copy of it."""
    name = draw.object(scheduler)
    step = f"{name}.step(1.0)" if type(draw[name]).__name__ == "ReduceLROnPlateau" else f"{name}.step()"
    kind, text = draw.one((
        ("scheduler.step", step), ("scheduler.step", f"for _ in range(3):\n    {step}"),
        ("get_last_lr", f"{draw.numbered('value')} = {name}.get_last_lr()"),
        ("load_state_dict of a scheduler", f"{name}.load_state_dict(copy.deepcopy({name}.state_dict()))"),
        ("lr of a group", f"{draw.numbered('value')} = [group['lr'] for group in {name}.optimizer.param_groups]"),
    ))  # fmt: skip
    return said(kind, text, rounds=True)


@TRAINING.rule(2, needs="autograd")
def utilities(draw: Draw) -> Statement:
    """What is done to all parameters of a module between two steps."""
    net = draw.object(module)
    utils = "torch.nn.utils"
    kind, text, rounds = draw.one((
        ("clip_grad_norm_", f"{draw.result()} = {utils}.clip_grad_norm_({net}.parameters(), 2.0)", True),
        ("clip_grad_norm_", f"{draw.result()} = {utils}.clip_grad_norm_({net}.parameters(), 1.0, norm_type=float('inf'))", True),
        ("clip_grad_value_", f"{utils}.clip_grad_value_({net}.parameters(), 0.5, foreach=False)", False),
        ("parameters_to_vector", f"{draw.result()} = {utils}.parameters_to_vector({net}.parameters())", False),
        ("vector_to_parameters", f"{utils}.vector_to_parameters({utils}.parameters_to_vector({net}.parameters()) * 2, {net}.parameters())", False),
        ("average of parameters", f"with torch.no_grad():\n    for p in {net}.parameters():\n        p.lerp_(torch.ones_like(p), 0.5)", False),
        ("gradients by hand", f"for p in {net}.parameters():\n    p.grad = torch.ones_like(p)", False),
        ("functional_call", f"{draw.result()} = torch.func.functional_call({net}, {{n: p * 2 for n, p in {net}.named_parameters()}}, "
         f"({draw.tensor(is_float, rank(1))},))", True),
    ))  # fmt: skip
    return said(kind, text, rounds=rounds)


@TRAINING.rule(2, needs="autograd")
def layers(draw: Draw) -> Statement:
    """A layer with statistics, that sees a batch in training and is then asked as in evaluation. (Of a batch in training itself the result may be
    nothing but rounding: of equal elements it is a difference of equal numbers, times a thousand.)"""
    if sum(module(value) for value in draw.names.values()) >= 4:
        raise NothingFits
    x = draw.tensor(is_float, rank(2, 3), not_empty, lambda t: t.shape[0] > 1)
    name, result, width = draw.numbered("net"), draw.result(), draw[x].shape[1]
    layer = draw.one((f"BatchNorm1d({width})", f"BatchNorm1d({width}, momentum=0.5)", f"BatchNorm1d({width}, affine=False)", "PReLU()",
                      f"Sequential(torch.nn.BatchNorm1d({width}), torch.nn.ReLU())"))  # fmt: skip
    lines = [f"{name} = torch.nn.{layer}.to({x}.dtype)", f"{name}({x})", f"{name}.eval()", f"{result} = {name}({x})"]
    return said(layer.partition("(")[0], "\n".join(lines), rounds=True)


@TRAINING.rule(1.5)
def rows_written(draw: Draw) -> Statement:
    """Rows, in a loop or by unpacking, and writes through them."""
    x = draw.tensor(rank(1), lambda t: 0 < t.shape[0] < 4)
    count = draw[x].shape[0]
    names = draw.new(count)
    kind, text = draw.one((
        ("write into rows", f"for row in {x}:\n    row.mul_(2)\ndel row"), ("unpack rows", f"{', '.join(names)}{',' * (count == 1)} = {x}"),
        ("write into rows", f"for i, row in enumerate({x}.detach()):\n    row += i\ndel row"),
        ("unpack rows", f"*_, {names[0]} = {x}\n{names[0]}.add_(1)\ndel _"),
        ("write into rows", f"for i in range(len({x})):\n    {x}[i] = {x}[-1] * i"),
        ("write into rows", f"for row, other in zip({x}, {x}.flip(0)):\n    row.copy_(other)\ndel row, other"),
    ))  # fmt: skip
    return said(kind, text)


@TRAINING.rule(1.5, needs="autograd")
def accumulated(draw: Draw) -> Statement:
    """Losses that are summed over a loop, cut between its rounds, and run backward."""
    x = draw.tensor(tracked, is_float)
    name = draw.result()
    body = draw.one((f"{name} = {name} + ({x} * i).sum()", f"{name} = ({name} + {x} * {x}).detach()", f"({x} * i).sum().backward()",
                     f"{name} = ({name} * 2 + {x}.sum()).clone()"))  # fmt: skip
    end = draw.one(("", f"\n{name}.sum().backward()", f"\n{name}.retain_grad()\n{name}.sum().backward(retain_graph=True)"))
    return said("a loop of losses", f"{name} = {x} * 0\nfor i in range(3):\n    {body}{end}")
