"""A grid of short runs of a tiny model: every combination of an optimizer's options, its state compared as well as the parameters.

A long run shows that an optimizer is right in a few settings; an option that is wrong in combination with another shows only where the two meet. So
each combination trains for :data:`STEPS` steps. Two groups of parameters have learning rates and weight decays of their own, one parameter never
gets a gradient, one is 0-d. In turn the combinations clear gradients in each of the three ways that there are (None, zeros, not at all), and
save the optimizer's state in the middle and go on with a new one that loads it. After each step every parameter, and every tensor of the state, is
compared with that of the float64 run, relative to its largest element: it may be at most ``factor`` times as far away as torch's, of any
parameter, plus ``floor``. An optimizer that decides by comparing numbers is run in float64, where roundings change no decision. A combination
that torch refuses must be refused, with the same type and words.
"""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from itertools import product
from typing import Any, Iterator, NamedTuple

from ..execution import call_recorder
from .place import Place, drawable

STEPS = 5
# How gradients are cleared before a step: the argument of zero_grad, or not at all.
CLEARED = ({"set_to_none": True}, {"set_to_none": False}, None)

class Grid(NamedTuple):
    """The values of an optimizer's options that are combined, whether it has groups and weight decay, whether it decides by comparing numbers,
    and a learning rate with which steps do not amplify roundings."""

    options: dict[str, tuple[Any, ...]]
    has_groups: bool = True
    has_decay: bool = True
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
    "LBFGS": Grid({"max_iter": (1, 4), "history_size": (100, 2), "line_search_fn": (None, "strong_wolfe")}, has_groups=False, decides=True),
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
    }, has_decay=False, decides=True),
}  # fmt: skip


class Combination(NamedTuple):
    """One setting of an optimizer: its options, how gradients are cleared, whether the state is saved and loaded in the middle."""

    options: dict[str, Any]
    cleared: dict[str, bool] | None
    reloaded: bool

    def __str__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        clearing = "gradients add up" if self.cleared is None else f"zero_grad(set_to_none={self.cleared['set_to_none']})"
        return f"{options}; {clearing}" + ("; state saved and loaded" if self.reloaded else "")


def combinations(optimizer: str) -> list[Combination]:
    """The settings of a grid, in the order in which they run."""
    grid = GRIDS[optimizer].options
    return [
        Combination(dict(zip(grid, values, strict=True)), CLEARED[number % 3], number // 3 % 2 == 1)
        for number, values in enumerate(product(*grid.values()))
    ]


# What is compared after a step: the loss, the parameters and the state by name; or the type and the words of an error.
Snapshot = dict[str, list[float]]
Trace = tuple[list[Snapshot], tuple[str, str] | None]


def _parameters(place: Place) -> dict[str, Any]:
    lib = place.lib
    drawn = {"w1": lib.randn(3, 4), "b1": lib.randn(4), "w2": lib.randn(4, 2), "scale": lib.randn(()), "unused": lib.randn(2)}
    return {name: place.leaf(tensor) for name, tensor in drawn.items()}


def _groups(p: dict[str, Any], grid: Grid, options: dict[str, Any]) -> list[Any]:
    if not grid.has_groups:
        return list(p.values())
    decay = {"weight_decay": options["weight_decay"] / 2} if grid.has_decay else {}
    return [{"params": [p["w1"], p["w2"], p["unused"]]}, {"params": [p["b1"], p["scale"]], "lr": grid.rate * 0.4, **decay}]


def trace(place: Place, optimizer: str, combination: Combination, seed: int) -> Trace:
    """Train for a few steps, and write down everything."""
    lib = place.lib
    lib.manual_seed(seed)
    p = _parameters(place)
    x, y = place.put(lib.randn(6, 3)), place.put(lib.randn(6, 2))
    make, grid = getattr(lib.optim, optimizer), GRIDS[optimizer]
    snapshots: list[Snapshot] = []
    losses: list[Any] = []

    def closure() -> Any:
        if combination.cleared is not None:
            chosen.zero_grad(**combination.cleared)
        loss = (((x.mm(p["w1"]) + p["b1"]).tanh().mm(p["w2"]) * p["scale"] - y) ** 2).mean()
        loss.backward()
        losses.append(loss)
        return loss

    try:
        chosen = make(_groups(p, grid, combination.options), lr=grid.rate, **combination.options)
        for step in range(STEPS):
            if combination.reloaded and step == STEPS // 2:
                saved = copy.deepcopy(chosen.state_dict())
                chosen = make(_groups(p, grid, combination.options), lr=1.0)
                chosen.load_state_dict(saved)
            chosen.step(closure)
            snapshots.append({"loss": [losses[-1].item()], **_numbers(p), **_state(chosen)})
    except Exception as error:  # noqa: BLE001 - whatever a backend raises is what is being judged
        return snapshots, (type(error).__name__, str(error))
    return snapshots, None


def _numbers(tensors: dict[str, Any]) -> Snapshot:
    return {name: _flat(tensor) for name, tensor in tensors.items()}


def _flat(tensor: Any) -> list[float]:
    return [float(value) for value in tensor.detach().cpu().reshape(-1).tolist()]


def _state(optimizer: Any) -> Snapshot:
    """The tensors and numbers that an optimizer keeps of each parameter, and the options of its groups that are numbers."""
    saved = optimizer.state_dict()
    found: Snapshot = {}
    for number, kept in saved["state"].items():
        for name, value in kept.items():
            label = f"state {number} {name}"
            values = [v for v in value if v is not None] if isinstance(value, list) else [] if value is None else [value]
            found[label] = [number for v in values for number in (_flat(v) if hasattr(v, "detach") else [float(v)])]
    for number, group in enumerate(saved["param_groups"]):
        found |= {f"group {number} {name}": [float(v)] for name, v in group.items() if isinstance(v, (int, float))}
    return found


class Departure(NamedTuple):
    """How far a step is from the exact one: in the value that is farthest for what it may be."""

    name: str
    distance: float
    torchs: float
    allowed: float


def departures(mine: list[Snapshot], torchs: list[Snapshot], exact: list[Snapshot], factor: float, floor: float) -> Iterator[Departure]:
    """Step by step. A value that is missing, or that torch does not have, is infinitely far away."""
    worst: dict[str, float] = {}
    torchs_worst: dict[str, float] = {}  # of a quantity, over all parameters
    for ours, theirs, right in zip(mine, torchs, exact, strict=False):
        for name in right:
            torchs_worst[_quantity(name)] = max(_distance(theirs[name], right[name]), torchs_worst.get(_quantity(name), 0.0))
        found = []
        for name in dict.fromkeys([*right, *ours]):
            same = name in right and len(ours.get(name, ())) == len(right[name])
            distance = _distance(ours[name], right[name]) if same and name in ours else math.inf
            worst[name] = max(distance, worst.get(name, 0.0))
            torchs_distance = torchs_worst.get(_quantity(name), 0.0)
            found.append(Departure(name, worst[name], torchs_distance, factor * torchs_distance + floor))
        yield max(found, key=lambda one: one.distance / one.allowed)


def _quantity(name: str) -> str:
    """What a value is: a parameter, or the state of some name."""
    kind, _, rest = name.partition(" ")
    return f"{kind} {rest.partition(' ')[2]}" if rest else "loss" if kind == "loss" else "parameter"


def _distance(values: list[float], exact: list[float]) -> float:
    """The largest difference, relative to the largest exact value."""
    scale = max((abs(value) for value in exact if math.isfinite(value)), default=0.0) or 1.0
    apart = [0.0 if a == b or a != a and b != b else abs(a - b) for a, b in zip(values, exact, strict=True)]
    return max((math.inf if d != d else d for d in apart), default=0.0) / scale


def judge_grid(
    place: Place, torch_places: tuple[Place, Place], optimizer: str, factor: float, floor: float, seed: int = 20
) -> dict[str, Any]:
    """Run every combination on a backend, on torch, and on torch in float64. The result is that of a training run; its steps are those of all
    combinations, one after the other."""
    result: dict[str, Any] = {"losses": [], "torch_losses": [], "distances": [], "torch_distances": [], "band": []}
    wrong: list[str] = []
    chosen = combinations(optimizer)
    if GRIDS[optimizer].decides:
        place, torch_places = replace(place, dtype="float64"), (torch_places[1], torch_places[1])
    for number, combination in enumerate(chosen):
        if call_recorder.recorder is not None:
            call_recorder.recorder.beat()
        (mine, error), (torchs, torch_error), (exact, _) = (
            trace(where, optimizer, combination, seed + number) for where in (place, *torch_places))  # fmt: skip
        if error != torch_error or len(mine) != len(torchs):
            said = ["a result" if e is None else ": ".join(e) for e in (error, torch_error)]
            wrong.append(f"{combination}: {said[0]}, torch: {said[1]}")
            continue
        for step, far in enumerate(departures(mine, torchs, exact, factor, floor)):
            result["losses"].append(drawable(mine[step]["loss"][0]))
            result["torch_losses"].append(drawable(torchs[step]["loss"][0]))
            for name, value in (("distances", far.distance), ("torch_distances", far.torchs), ("band", far.allowed)):
                result[name].append(drawable(value))
            if not far.distance <= far.allowed:
                wrong.append(f"{combination}: step {step + 1}: {far.name} is {far.distance:.3g} from the float64 run, allowed {far.allowed:.3g}")
                break
    text = f"{len(chosen)} combinations of options, {STEPS} steps each"
    if wrong:
        text = f"{len(wrong)} of {len(chosen)} combinations differ; {wrong[0]}"
    furthest = max((d / b for d, b in zip(result["distances"], result["band"], strict=True)), default=0.0)
    return {"status": "failed" if wrong else "passed", "steps": len(result["losses"]), "ratio": drawable(furthest * factor), "text": text, **result}
