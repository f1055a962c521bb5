"""Every combination of the options of a scheduler of learning rates (a :mod:`.grid`): the options of an optimizer's groups, epoch by epoch.

Two groups have learning rates of their own. In turn the combinations drive SGD with momentum or Adam, whose momentum some of them move, too; save the
scheduler's and the optimizer's states in the middle and go on with new ones that load them; or go on with a scheduler that is told the last epoch.
"""

from __future__ import annotations

import copy
from itertools import product
from typing import Any, Callable, Iterator, NamedTuple

from .grid import Setting, Snapshot, look
from .place import Place

EPOCHS, FEW = 9, 8

# What becomes of a scheduler in the middle.
GOES_ON, RELOADED, TOLD_THE_EPOCH = "", "states saved and loaded", "last_epoch given"


def _chained(lib: Any, optimizer: Any, last_epoch: int = -1) -> Any:
    rates = lib.optim.lr_scheduler
    return rates.ChainedScheduler([rates.ConstantLR(optimizer, 0.5, 3), rates.ExponentialLR(optimizer, 0.9)])


def _sequential(lib: Any, optimizer: Any, milestones: list[int], last_epoch: int = -1) -> Any:
    rates = lib.optim.lr_scheduler
    parts = [rates.LinearLR(optimizer, 0.25, total_iters=3), rates.StepLR(optimizer, 2, 0.5), rates.ExponentialLR(optimizer, 0.9)]
    return rates.SequentialLR(optimizer, parts[: len(milestones) + 1], milestones)


def _averaging(lib: Any, optimizer: Any, **options: Any) -> Any:
    return lib.optim.swa_utils.SWALR(optimizer, **options)


class Grid(NamedTuple):
    """The values of a scheduler's options that are combined. ``make`` instead of the class of this name; ``told``: it takes ``last_epoch``;
    ``metrics``: what its step is given in turn."""

    options: dict[str, tuple[Any, ...]]
    make: Callable[..., Any] | None = None
    told: bool = True
    metrics: tuple[float, ...] = ()


_CYCLE = {"base_lr": (0.01, [0.02, 0.03]), "max_lr": (0.3,), "step_size_up": (2,), "step_size_down": (None, 3)}
GRIDS: dict[str, Grid] = {
    "LambdaLR": Grid({"lr_lambda": (lambda epoch: 1 / (1 + epoch), [lambda epoch: 0.9**epoch, lambda epoch: float(epoch < 4)])}),
    "MultiplicativeLR": Grid({"lr_lambda": (lambda epoch: 0.9, [lambda epoch: 1 - epoch / 20, lambda epoch: 1.1])}, told=False),
    "StepLR": Grid({"step_size": (1, 3), "gamma": (0.1, 0.5)}),
    "MultiStepLR": Grid({"milestones": ([2, 5], [4, 1, 4]), "gamma": (0.1, 0.5)}),
    "ConstantLR": Grid({"factor": (1 / 3, 0.25), "total_iters": (5, 2)}),
    "LinearLR": Grid({"start_factor": (1 / 3, 0.5), "end_factor": (1.0, 0.75), "total_iters": (5, 3)}),
    "PolynomialLR": Grid({"total_iters": (5, 7), "power": (1.0, 2.0)}),
    "ExponentialLR": Grid({"gamma": (0.9, 0.5)}),
    "CosineAnnealingLR": Grid({"T_max": (3, 8), "eta_min": (0.0, 0.02)}),
    "CosineAnnealingWarmRestarts": Grid({"T_0": (2, 3), "T_mult": (1, 2), "eta_min": (0.0, 0.02)}),
    "CyclicLR": Grid({**_CYCLE, "mode": ("triangular", "triangular2", "exp_range"), "gamma": (0.9,), "cycle_momentum": (True, False)}),
    "OneCycleLR": Grid({
        "max_lr": (0.5, [0.3, 0.2]), "total_steps": (10,), "pct_start": (0.3, 0.5), "anneal_strategy": ("cos", "linear"),
        "cycle_momentum": (True, False), "three_phase": (False, True),
    }, told=False),
    "ReduceLROnPlateau": Grid({
        "mode": ("min", "max"), "factor": (0.5,), "patience": (0, 2), "threshold_mode": ("rel", "abs"), "threshold": (1e-4, 0.4),
        "cooldown": (0, 2), "min_lr": ([0.02, 0.01],),
    }, told=False, metrics=(1.0, 0.7, 0.7, 0.9, 1.5, 1.5, 0.65, 0.65, 2.0)),
    "SWALR": Grid({"swa_lr": (0.3, [0.3, 0.2]), "anneal_epochs": (0, 3), "anneal_strategy": ("cos", "linear")}, _averaging, told=False),
    "ChainedScheduler": Grid({}, _chained, told=False),
    "SequentialLR": Grid({"milestones": ([2], [2, 5])}, _sequential, told=False),
}  # fmt: skip


def made(lib: Any, name: str, optimizer: Any, options: dict[str, Any]) -> Any:
    """A scheduler of this name in :data:`GRIDS`."""
    make = GRIDS[name].make
    return make(lib, optimizer, **options) if make else getattr(lib.optim.lr_scheduler, name)(optimizer, **options)


def settings() -> tuple[Setting, ...]:
    """Of all schedulers."""
    found = []
    for name, grid in GRIDS.items():
        middles = (GOES_ON, RELOADED, TOLD_THE_EPOCH) if grid.told else (GOES_ON, RELOADED)
        combinations = list(product(*grid.options.values()))
        for number, values in enumerate(combinations):
            chosen = dict(zip(grid.options, values, strict=True))
            # A scheduler with few combinations has each of them in every way.
            ways = middles if len(combinations) <= FEW else middles[number % len(middles) :][:1]
            found += [_setting(name, chosen, middle, ("SGD", "Adam")[number // 2 % 2]) for middle in ways]
    return tuple(found)


def _setting(name: str, options: dict[str, Any], middle: str, optimizer: str) -> Setting:
    told = ", ".join(f"{option}={_text(value)}" for option, value in options.items())
    label = f"{name}({told}) of {optimizer}" + (f", {middle}" if middle else "")
    return Setting(label, lambda place: _epochs(place, name, options, middle, optimizer))


def _text(value: Any) -> str:
    return "..." if callable(value) or isinstance(value, list) and callable(value[0]) else repr(value)


def _epochs(place: Place, name: str, options: dict[str, Any], middle: str, optimizer: str) -> Iterator[Snapshot]:
    lib, grid = place.lib, GRIDS[name]
    leaves = [place.leaf(lib.ones(2)), place.leaf(lib.ones(3))]
    of_optimizer: dict[str, Any] = {"momentum": 0.9} if optimizer == "SGD" else {}

    def optimizing() -> Any:
        return getattr(lib.optim, optimizer)([{"params": leaves[:1]}, {"params": leaves[1:], "lr": 0.04}], lr=0.1, **of_optimizer)

    by = optimizing()
    scheduler = made(lib, name, by, options)
    yield dict(_seen(by, scheduler))
    for epoch in range(EPOCHS):
        by.step()
        if middle and epoch == EPOCHS // 2:
            saved = copy.deepcopy((by.state_dict(), scheduler.state_dict()))
            by = optimizing()
            if middle == RELOADED:
                scheduler = made(lib, name, by, options)
                scheduler.load_state_dict(saved[1])
                by.load_state_dict(saved[0])
            else:
                by.load_state_dict(saved[0])
                scheduler = made(lib, name, by, {**options, "last_epoch": scheduler.last_epoch})
        scheduler.step(*grid.metrics[epoch : epoch + 1])
        yield dict(_seen(by, scheduler))


def _seen(optimizer: Any, scheduler: Any) -> Iterator[tuple[str, Any]]:
    for number, group in enumerate(optimizer.param_groups):
        yield from look("group", str(number), {name: value for name, value in group.items() if name != "params"})
    yield from look("last", "", scheduler.get_last_lr())
    yield from look("state", "", {name: value for name, value in scheduler.state_dict().items() if name != "_schedulers"})
