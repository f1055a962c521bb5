"""Every combination of an optimizer's options, on a tiny model (a :mod:`.grid`): parameters, gradients and the optimizer's state are compared.

Each combination trains for :data:`STEPS` steps, in two groups of parameters. The second group has the other value of each option, and a learning
rate of its own. One parameter never gets a gradient, one is 0-d, and of two matrices of the same shape one is transposed. In turn the combinations
clear gradients in each of the three ways that there are (None, zeros, not at all), leave the loss to a closure or not, save the optimizer's state in
the middle and go on with a new one that loads it, and have a learning rate that is a tensor, which is written between the steps.
"""

from __future__ import annotations

import copy
from itertools import product
from typing import Any, Iterator, NamedTuple

from .grid import Setting, Snapshot, look
from .place import Place

STEPS = 5
# How gradients are cleared before a step: the argument of zero_grad, or not at all.
CLEARED = ({"set_to_none": True}, {"set_to_none": False}, None)


class Grid(NamedTuple):
    """The values of an optimizer's options that are combined, whether it has groups, takes parameters of any layout, and decides by comparing
    numbers, and a learning rate with which steps do not amplify roundings."""

    options: dict[str, tuple[Any, ...]]
    has_groups: bool = True
    any_layout: bool = True
    decides: bool = False
    rate: float = 0.05


GRIDS: dict[str, Grid] = {
    "SGD": Grid({
        "momentum": (0.0, 0.9), "dampening": (0.0, 0.3), "nesterov": (False, True), "maximize": (False, True), "weight_decay": (0.0, 0.1),
    }),
    "Adam": Grid({
        "betas": ((0.9, 0.999), (0.5, 0.75)), "eps": (1e-8, 1e-2), "amsgrad": (False, True), "maximize": (False, True), "weight_decay": (0.0, 0.1),
    }),
    "AdamW": Grid({"betas": ((0.9, 0.999), (0.5, 0.75)), "amsgrad": (False, True), "maximize": (False, True), "weight_decay": (0.0, 0.1)}),
    "Adadelta": Grid({"rho": (0.9, 0.5), "eps": (1e-6, 1e-2), "maximize": (False, True), "weight_decay": (0.0, 0.1)}),
    "Adafactor": Grid({
        "beta2_decay": (-0.8, -0.2), "eps": ((None, 1e-3), (0.05, 0.2)), "d": (1.0, 1.5),
        "maximize": (False, True), "weight_decay": (0.0, 0.1)
    }),
    "Adagrad": Grid({
        "lr_decay": (0, 0.3), "initial_accumulator_value": (0, 0.2), "eps": (1e-10, 1e-2),
        "maximize": (False, True), "weight_decay": (0.0, 0.1)
    }),
    "Adamax": Grid({"betas": ((0.9, 0.999), (0.5, 0.75)), "eps": (1e-8, 1e-2), "maximize": (False, True), "weight_decay": (0.0, 0.1)}),
    "ASGD": Grid({"lambd": (1e-4, 0.3), "alpha": (0.75, 2.0), "t0": (1e6, 2.0), "maximize": (False, True), "weight_decay": (0.0, 0.1)}),
    "LBFGS": Grid({
        "max_iter": (1, 4), "history_size": (100, 2), "line_search_fn": (None, "strong_wolfe"),
    }, has_groups=False, any_layout=False, decides=True),
    "NAdam": Grid({
        "betas": ((0.9, 0.999), (0.5, 0.75)), "momentum_decay": (4e-3, 0.5), "decoupled_weight_decay": (False, True), "maximize": (False, True),
        "weight_decay": (0.0, 0.1),
    }),
    "RAdam": Grid({
        "betas": ((0.9, 0.999), (0.3, 0.75)), "decoupled_weight_decay": (False, True),
        "maximize": (False, True), "weight_decay": (0.0, 0.1)
    }),
    "RMSprop": Grid({
        "alpha": (0.99, 0.5), "momentum": (0.0, 0.9), "centered": (False, True), "maximize": (False, True), "weight_decay": (0.0, 0.1),
    }, rate=0.004),
    "Rprop": Grid({
        "etas": ((0.5, 1.2), (0.3, 2.5)), "step_sizes": ((1e-6, 50), (0.01, 0.06)), "maximize": (False, True),
    }, decides=True),
}  # fmt: skip


class Combination(NamedTuple):
    """One setting of an optimizer: its options and those of the second group, how gradients are cleared, whether a closure computes the loss, whether
    the state is saved and loaded in the middle, whether the learning rate is a tensor."""

    options: dict[str, Any]
    others: dict[str, Any]
    cleared: dict[str, bool] | None
    closure: bool
    reloaded: bool
    tensor_rate: bool

    def __str__(self) -> str:
        parts = [", ".join(f"{name}={value!r}" for name, value in self.options.items())]
        parts.append("gradients add up" if self.cleared is None else f"zero_grad(set_to_none={self.cleared['set_to_none']})")
        parts += ["a closure"] * self.closure + ["state saved and loaded"] * self.reloaded + ["lr a tensor"] * self.tensor_rate
        return "; ".join(parts)


def combinations(optimizer: str) -> list[Combination]:
    """The settings of an optimizer, in the order in which they run."""
    grid = GRIDS[optimizer].options
    found = []
    for number, values in enumerate(product(*grid.values())):
        others = [next(other for other in choices if other != value) for value, choices in zip(values, grid.values(), strict=True)]
        turns = CLEARED[number % 3], optimizer == "LBFGS" or number // 3 % 2 == 1, number // 6 % 2 == 1, number % 5 == 2
        found.append(Combination(dict(zip(grid, values, strict=True)), dict(zip(grid, others, strict=True)), *turns))
    return found


def settings(optimizer: str) -> tuple[Setting, ...]:
    """The grid of an optimizer."""

    def setting(chosen: Combination) -> Setting:
        return Setting(str(chosen), lambda place: train(place, optimizer, chosen), GRIDS[optimizer].decides)

    return tuple(map(setting, combinations(optimizer)))


def _parameters(place: Place, grid: Grid) -> dict[str, Any]:
    lib = place.lib
    second = lib.randn(4, 4)
    second = second.t() if grid.any_layout else second
    drawn = {"w1": lib.randn(4, 4), "b1": lib.randn(4), "w2": second, "scale": lib.randn(()), "unused": lib.randn(4)}
    return {name: place.leaf(tensor) for name, tensor in drawn.items()}


def _groups(p: dict[str, Any], grid: Grid, chosen: Combination, rate: Any) -> list[Any]:
    if not grid.has_groups:
        return list(p.values())
    return [
        {"params": [p["w1"], p["w2"], p["unused"]]},
        {"params": [p["b1"], p["scale"]], "lr": rate * 0.4, **chosen.others},
    ]


def train(place: Place, optimizer: str, chosen: Combination) -> Iterator[Snapshot]:
    """Train for a few steps, and look at everything after each."""
    lib = place.lib
    make, grid = getattr(lib.optim, optimizer), GRIDS[optimizer]
    p = _parameters(place, grid)
    x, y = place.put(lib.randn(6, 4)), place.put(lib.randn(6, 4))
    losses: list[Any] = []
    left: list[str] = []  # what is cleared

    def loss() -> Any:
        if chosen.cleared is not None:
            by.zero_grad(**chosen.cleared)
            left.append(", ".join(name for name, tensor in p.items() if tensor.grad is None))
        found = (((x.mm(p["w1"]) + p["b1"]).tanh().mm(p["w2"]) * p["scale"] - y) ** 2).mean()
        found.backward()
        losses.append(found)
        return found

    rate: Any = place.put(lib.tensor(grid.rate)) if chosen.tensor_rate else grid.rate
    by = make(_groups(p, grid, chosen, rate), lr=rate, **chosen.options)
    for step in range(STEPS):
        if chosen.reloaded and step == STEPS // 2:
            saved = copy.deepcopy(by.state_dict())
            by = make(_groups(p, grid, chosen, 1.0), lr=1.0)
            by.load_state_dict(saved)
        if chosen.closure:
            by.step(loss)
        else:
            loss()
            by.step()
        if chosen.tensor_rate:
            rate.mul_(0.5)
        yield {"loss": [losses[-1].item()], "cleared": str(left), **dict(_seen(p, by))}


def _seen(p: dict[str, Any], optimizer: Any) -> Iterator[tuple[str, Any]]:
    """The parameters and their gradients, and what an optimizer keeps of each and has for its groups."""
    for name, tensor in p.items():
        yield from look("parameter", name, tensor)
        yield from look("gradient", name, tensor.grad)
    saved = optimizer.state_dict()
    for number, kept in saved["state"].items():
        for name, value in kept.items():
            yield from look(name, f"of {number}", value)
    for number, group in enumerate(saved["param_groups"]):
        yield from look("group", str(number), group)
