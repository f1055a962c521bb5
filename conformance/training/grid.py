"""Short runs in many settings: whatever keeps a state (an optimizer, a scheduler, a module) is watched step by step, beside torch.

A long run shows that a thing is right in a few settings; an option that is wrong in combination with another shows only where the two meet. So a
*grid* is a list of settings, each of which is run for a few steps by the backend, by torch, and by torch in float64. A step is seen as numbers and as
facts. Numbers are compared with those of the float64 run, relative to the largest of a tensor: they may be at most ``factor`` times as far away as
torch's, of any tensor of that quantity, plus ``floor``. Facts (dtypes, shapes, strides, keys, texts, what is None) are torch's or wrong. What
decides by comparing numbers is run in float64, where roundings change no decision. A setting that torch refuses must be refused, with the same type
and words.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import Any, Callable, Iterator, NamedTuple, Sequence

from ..execution import call_recorder
from .place import Place, drawable

# The fact that a step drew random numbers where it computes: a library with a stream of its own draws others.
DRAWN = "random numbers drawn"
# What a step shows, by "QUANTITY NAME": numbers, or a fact.
Snapshot = dict[str, "list[float] | str"]
Trace = tuple[list[Snapshot], tuple[str, str] | None]


class Setting(NamedTuple):
    """One setting of a grid: how it is told, what runs in it, and whether that decides by comparing numbers."""

    label: str
    steps: Callable[[Place], Iterator[Snapshot]]
    decides: bool = False


def look(quantity: str, name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What can be seen of a value: the elements of tensors, numbers, and what they are; of containers, all that is in them."""
    label = f"{quantity} {name}".rstrip()
    if hasattr(value, "detach"):
        yield label, flat(value)
        yield f"{label} is", f"{str(value.dtype).rpartition('.')[2]} of {tuple(value.shape)}, strides {_strides(value)}"
    elif isinstance(value, (bool, str, type(None))):
        yield f"{label} is", repr(value)
    elif isinstance(value, (int, float)):
        yield label, [float(value)]
        yield f"{label} is", type(value).__name__
    elif isinstance(value, dict):
        yield f"{label} is", f"a {type(value).__name__} of {', '.join(sorted(map(str, value)))}"
        for key, item in value.items():
            yield from look(quantity, f"{name} {key}".strip(), item)
    elif isinstance(value, (list, tuple)):
        yield f"{label} is", f"a {type(value).__name__} of {len(value)}"
        for place, item in enumerate(value):
            yield from look(quantity, f"{name} [{place}]".strip(), item)


def _strides(tensor: Any) -> tuple[int, ...]:
    """The strides, but 0 for those that address nothing: of a size of 1, and of an empty tensor."""
    return tuple(stride if size > 1 and tensor.numel() else 0 for size, stride in zip(tensor.shape, tensor.stride(), strict=True))


def flat(tensor: Any) -> list[float]:
    return [float(value) for value in tensor.detach().cpu().reshape(-1).tolist()]


class Departure(NamedTuple):
    """How far a step is from the exact one: in the value that is farthest for what it may be. ``fact``: what is not as torch has it."""

    name: str
    distance: float
    torchs: float
    allowed: float
    fact: str = ""


def departures(mine: list[Snapshot], torchs: list[Snapshot], exact: list[Snapshot], factor: float, floor: float) -> Iterator[Departure]:
    """Step by step. A value that is missing, or that torch does not have, is infinitely far away."""
    worst: dict[str, float] = {}
    torchs_worst: dict[str, float] = {}  # of a quantity, over all names
    for ours, theirs, right in zip(mine, torchs, exact, strict=False):
        for name, value in right.items():
            if not isinstance(value, str) and name in theirs:
                quantity = name.partition(" ")[0]
                torchs_worst[quantity] = max(_distance(theirs[name], value), torchs_worst.get(quantity, 0.0))
        found = []
        for name in dict.fromkeys([*theirs, *ours]):
            torchs_distance = torchs_worst.get(name.partition(" ")[0], 0.0)
            allowed = factor * torchs_distance + floor
            wanted, got = theirs.get(name), ours.get(name)
            if isinstance(wanted, str) or isinstance(got, str) or wanted is None or got is None:
                if wanted != got:
                    found.append(Departure(name, math.inf, 0.0, allowed, f"{got or 'missing'}, torch's {wanted or 'missing'}"))
                continue
            worst[name] = max(_distance(got, right.get(name, wanted)), worst.get(name, 0.0))
            found.append(Departure(name, worst[name], torchs_distance, allowed))
        yield max(found, key=lambda one: one.distance / one.allowed, default=Departure("all facts", 0.0, 0.0, floor))


def _distance(values: Any, exact: Any) -> float:
    """The largest difference, relative to the largest exact value; infinity for another count of values."""
    if len(values) != len(exact):
        return math.inf
    scale = max((abs(value) for value in exact if math.isfinite(value)), default=0.0) or 1.0
    apart = [0.0 if a == b or a != a and b != b else abs(a - b) for a, b in zip(values, exact, strict=True)]
    return max((math.inf if d != d else d for d in apart), default=0.0) / scale


def traced(setting: Setting, place: Place, seed: int) -> Trace:
    """Run a setting, and write down everything."""
    snapshots: list[Snapshot] = []
    place.lib.manual_seed(seed)
    try:
        snapshots.extend(setting.steps(replace(place, dtype="float64") if setting.decides else place))
    except Exception as error:  # noqa: BLE001 - whatever a backend raises is what is being judged
        return snapshots, (type(error).__name__, str(error))
    return snapshots, None


@lru_cache(maxsize=2)
def _torch_traces(settings: Sequence[Setting], places: tuple[Place, Place], seed: int) -> list[tuple[Trace, Trace]]:
    """Torch's own, of which each backend's are held against the same."""
    return [(traced(setting, places[0], seed + i), traced(setting, places[1], seed + i)) for i, setting in enumerate(settings)]


def judge_grid(
    place: Place, torch_places: tuple[Place, Place], settings: tuple[Setting, ...], factor: float, floor: float, own_random: bool = False,
    seed: int = 20,
) -> dict[str, Any]:  # fmt: skip
    """Run every setting on a backend, on torch, and on torch in float64. The result is that of a training run; its steps are those of all
    settings, one after the other. Those that draw random numbers are left out for a backend with numbers of its own."""
    result: dict[str, Any] = {"losses": [], "torch_losses": [], "distances": [], "torch_distances": [], "band": []}
    wrong: list[str] = []
    for number, (setting, torch_traces) in enumerate(zip(settings, _torch_traces(settings, torch_places, seed), strict=True)):
        if call_recorder.recorder is not None:
            call_recorder.recorder.beat()
        (torchs, torch_error), (exact, _) = torch_traces
        if own_random and any(DRAWN in step for step in torchs):
            continue
        mine, error = traced(setting, place, seed + number)
        if error != torch_error or len(mine) != len(torchs):
            said = ["a result" if e is None else ": ".join(e) for e in (error, torch_error)]
            wrong.append(f"{setting.label}: {said[0]}, torch: {said[1]}")
            continue
        for step, far in enumerate(departures(mine, torchs, exact, factor, floor)):
            result["losses"].append(drawable(_loss(mine[step])))
            result["torch_losses"].append(drawable(_loss(torchs[step])))
            for name, value in (("distances", far.distance), ("torch_distances", far.torchs), ("band", far.allowed)):
                result[name].append(drawable(value))
            if not far.distance <= far.allowed:
                told = f" is {far.fact}" if far.fact else f" is {far.distance:.3g} from the float64 run, allowed {far.allowed:.3g}"
                wrong.append(f"{setting.label}: step {step + 1}: {far.name.removesuffix(' is')}{told}")
                break
    text = f"{len(settings)} settings, {len(result['losses'])} steps"
    if wrong:
        text = f"{len(wrong)} of {len(settings)} settings differ; {wrong[0]}"
    furthest = max((d / b for d, b in zip(result["distances"], result["band"], strict=True)), default=0.0)
    return {"status": "failed" if wrong else "passed", "steps": len(result["losses"]), "ratio": drawable(furthest * factor), "text": text, **result}


def _loss(step: Snapshot) -> float:
    """The loss that a step shows, for the plots; 0 where there is none."""
    found = step.get("loss")
    return found[0] if isinstance(found, list) else 0.0
