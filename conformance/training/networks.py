"""Training runs: a network trained step by step on the backend, on torch, and on torch in float64, from one seed.

No fixed tolerance fits five hundred steps: rounding errors feed back. So the distance of each float32 run from the
float64 run is measured, as the largest relative departure so far of the loss and of the parameters, and a backend may be at
most :data:`FACTOR` times as far away as torch itself at the same step, plus :data:`FLOOR` roundings (torch's first steps can be
exact by luck). Data and parameters are drawn on the CPU, in float32, and then moved or widened.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, Callable, Iterator

from ..backends import Unsupported, find_backend
from ..execution import call_recorder
from . import graphs, layers, options, refused, schedulers, utilities
from .grid import Setting, judge_grid
from .place import Place, drawable

FACTOR = 4.0
FLOOR = 32.0
UNIT_ROUNDOFF = 2.0**-24
CHECKPOINTS = 10

# A step's loss, and the parameters wherever they are looked at.
Step = tuple[float, list[Any]]


def hand_written(place: Place, full: bool) -> Iterator[Step]:
    """The tutorials' first network: gradients written by hand, parameters replaced at each step."""
    lib = place.lib
    n, d_in, hidden, d_out = 100, 3, 32, 1
    x = lib.randn(n, d_in)
    y = x[:, 0:1] * 0.2 - x[:, 1:2] * 1.3 - x[:, 2:3] * 0.5 + lib.randn(n, 1)
    w1, w2 = lib.randn(d_in, hidden), lib.randn(hidden, d_out)
    x, y, w1, w2 = (place.put(t) for t in (x, y, w1, w2))
    b1, b2 = place.put(lib.zeros(1, hidden)), place.put(lib.zeros(1, d_out))
    rate = 1e-4
    for _ in range(200):
        h = x.mm(w1) + b1
        h_relu = h.clamp(min=0)
        y_pred = h_relu.mm(w2) + b2
        loss = (y_pred - y).pow(2).sum()
        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h_relu.t().mm(grad_y_pred)
        grad_h_relu = grad_y_pred.mm(w2.t())
        grad_h = grad_h_relu.clone()
        grad_h[h < 0] = 0
        grad_b2 = grad_y_pred.sum()
        grad_w1 = x.t().mm(grad_h)
        grad_b1 = grad_h.sum(dim=0)
        w2 = w2 - rate * grad_w2
        b2 = b2 - rate * grad_b2
        w1 = w1 - rate * grad_w1
        b1 = b1 - rate * grad_b1
        yield loss.item(), [w1, b1, w2, b2]


def autograd(place: Place, full: bool) -> Iterator[Step]:
    """Two matrices and backward(); N=64, D_in=1000, H=100, D_out=10 in full, a smaller network with as many steps otherwise."""
    lib = place.lib
    n, d_in, hidden, d_out, rate = (64, 1000, 100, 10, 1e-6) if full else (32, 60, 20, 10, 2e-5)
    x, y = place.put(lib.randn(n, d_in)), place.put(lib.randn(n, d_out))
    w1, w2 = place.leaf(lib.randn(d_in, hidden)), place.leaf(lib.randn(hidden, d_out))
    for _ in range(500):
        y_pred = x.mm(w1).clamp(min=0).mm(w2)
        loss = (y_pred - y).pow(2).sum()
        loss.backward()
        with lib.no_grad():
            w1 -= rate * w1.grad
            w2 -= rate * w2.grad
            w1.grad.zero_()
            w2.grad.zero_()
        yield loss.item(), [w1, w2]


def _model(place: Place, sizes: tuple[int, int, int]) -> Any:
    lib = place.lib
    d_in, hidden, d_out = sizes
    model = lib.nn.Sequential(lib.nn.Linear(d_in, hidden), lib.nn.ReLU(), lib.nn.Linear(hidden, d_out))
    model = model.to(getattr(lib, place.dtype))
    return model if place.device == "cpu" else model.to(place.device)


def modules(place: Place, full: bool) -> Iterator[Step]:
    """Linear, ReLU, Linear in a Sequential; MSELoss; parameters updated by hand under no_grad."""
    lib = place.lib
    model = _model(place, (3, 16, 1))
    x = lib.randn(100, 3)
    y = place.put(x[:, 0:1] * 0.2 - x[:, 1:2] * 1.3 - x[:, 2:3] * 0.5 + lib.randn(100, 1))
    x = place.put(x)
    criterion = lib.nn.MSELoss()
    for _ in range(150):
        loss = criterion(model(x), y)
        model.zero_grad()
        loss.backward()
        with lib.no_grad():
            for parameter in model.parameters():
                parameter.sub_(0.05 * parameter.grad)
        yield loss.item(), list(model.parameters())


def _classifier(make_optimizer: Callable[[Any, Any], Any], steps: int) -> Callable[[Place, bool], Iterator[Step]]:
    def run(place: Place, full: bool) -> Iterator[Step]:
        lib = place.lib
        model = _model(place, (8, 24, 4))
        x = lib.randn(60, 8)
        labels = (x[:, 0] > 0).long() + 2 * (x[:, 1] + x[:, 2] > 0).long()
        if place.device != "cpu":
            labels = labels.to(place.device)
        x = place.put(x)
        criterion = lib.nn.CrossEntropyLoss()
        optimizer = make_optimizer(lib, model.parameters())
        for _ in range(steps):
            optimizer.zero_grad()
            loss = criterion(model(x), labels)
            loss.backward()
            optimizer.step()
            yield loss.item(), list(model.parameters())

    return run


RUNS: dict[str, Callable[[Place, bool], Iterator[Step]]] = {
    "hand-written gradients": hand_written,
    "autograd": autograd,
    "modules": modules,
    "SGD": _classifier(lambda lib, parameters: lib.optim.SGD(parameters, lr=0.05), 100),
    "SGD with momentum": _classifier(lambda lib, parameters: lib.optim.SGD(parameters, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3), 100),
    "Adam": _classifier(lambda lib, parameters: lib.optim.Adam(parameters, lr=0.01), 140),  # beyond what 7 bits can count
    "Adam with amsgrad": _classifier(
        lambda lib, parameters: lib.optim.Adam(parameters, lr=0.01, betas=(0.8, 0.99), weight_decay=1e-2, amsgrad=True), 60
    ),
}

GRIDS: dict[str, tuple[Setting, ...]] = {f"{optimizer} with every option": options.settings(optimizer) for optimizer in options.GRIDS}
GRIDS |= {
    "layers": layers.settings(),
    "learning rate schedulers": schedulers.settings(),
    "utilities": utilities.settings(),
    "graphs between calls": graphs.settings(),
    "what is refused": refused.settings(),
}
NAMES = (*RUNS, *GRIDS)


@dataclass
class Record:
    """A run as numbers: each step's loss, and the parameters at the checkpoints."""

    losses: list[float]
    parameters: dict[int, list[float]]


def record(name: str, place: Place, full: bool, seed: int = 20) -> Record:
    """Run and write down. The parameters are looked at :data:`CHECKPOINTS` times and at the end."""
    place.lib.manual_seed(seed)
    losses: list[float] = []
    parameters: dict[int, list[float]] = {}
    latest: list[Any] = []
    for step, (loss, tensors) in enumerate(RUNS[name](place, full)):
        losses.append(float(loss))
        latest = tensors
        if call_recorder.recorder is not None:
            call_recorder.recorder.beat()
        if step % 20 == 0:
            parameters[step] = _flatten(tensors)
    parameters[len(losses) - 1] = _flatten(latest)
    return Record(losses, parameters)


def _flatten(tensors: list[Any]) -> list[float]:
    flat: list[float] = []
    for tensor in tensors:
        flat += tensor.detach().cpu().reshape(-1).tolist()
    return flat


def distances(run: Record, exact: Record) -> list[float]:
    """The largest relative departure from the float64 run so far, step by step: of the loss, and of the parameters relative
    to their largest."""
    worst = 0.0
    result = []
    for step, (a, b) in enumerate(zip(run.losses, exact.losses, strict=True)):
        worst = max(worst, abs(a - b) / max(abs(b), 1e-30) if a == a else math.inf)
        if step in run.parameters and step in exact.parameters:
            x, y = run.parameters[step], exact.parameters[step]
            scale = max((abs(value) for value in y), default=1.0) or 1.0
            worst = max(worst, max((abs(p - q) if p == p else math.inf for p, q in zip(x, y, strict=True)), default=0.0) / scale)
        result.append(worst)
    return result


_cache: dict[tuple[str, str, bool], Record] = {}


def _torch_record(name: str, dtype: str, full: bool) -> Record:
    import torch

    key = (name, dtype, full)
    if key not in _cache:
        _cache[key] = record(name, Place(torch, "cpu", dtype), full)
    return _cache[key]


def _torch_places() -> tuple[Place, Place]:
    import torch

    return Place(torch, "cpu", "float32"), Place(torch, "cpu", "float64")


def not_run(name: str, backend_name: str, status: str, text: str, seconds: float = 0.0) -> dict[str, Any]:
    """The result of a run of which there are no numbers."""
    empty: dict[str, Any] = {"losses": [], "torch_losses": [], "distances": [], "torch_distances": [], "band": []}
    said = {"status": status, "text": text, "seconds": round(seconds, 2)}
    return {"run": name, "backend": backend_name, "steps": 0, "ratio": None, "allowed": FACTOR, **empty, **said}


def train(name: str, backend_name: str, scale: str, backend: Any = None) -> dict[str, Any]:
    """One training run on one backend; the result is JSON-ready."""
    started = time.perf_counter()
    backend = find_backend(backend_name) if backend is None else backend
    full = scale == "full"
    module = getattr(backend, "module", None)
    if module is None or not backend.capabilities.autograd:
        return not_run(name, backend_name, "unsupported", "the backend has no autograd or no modules")
    if name in GRIDS:
        _begin(backend_name)
        try:
            here = Place(module, getattr(backend, "device", "cpu"), "float32")
            result = judge_grid(here, _torch_places(), GRIDS[name], FACTOR, FLOOR * UNIT_ROUNDOFF, backend.capabilities.own_random)
        finally:
            if call_recorder.recorder is not None:
                call_recorder.recorder.end()
        return not_run(name, backend_name, "", "") | result | {"seconds": round(time.perf_counter() - started, 2)}
    _begin("torch:cpu")
    exact, torchs = _torch_record(name, "float64", full), _torch_record(name, "float32", full)
    torch_distances = distances(torchs, exact)
    _begin(backend_name)
    try:
        mine = record(name, Place(module, getattr(backend, "device", "cpu"), "float32"), full)
    except Unsupported as error:
        return not_run(name, backend_name, "unsupported", str(error), time.perf_counter() - started)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a backend raises is what is being judged
        return not_run(name, backend_name, "failed", f"{type(error).__name__}: {error}", time.perf_counter() - started)
    finally:
        if call_recorder.recorder is not None:
            call_recorder.recorder.end()
    result = judge_run(mine, torchs, exact, torch_distances)
    return not_run(name, backend_name, "", "") | result | {"seconds": round(time.perf_counter() - started, 2)}


def _begin(where: str) -> None:
    """In a watched worker: from here on ``where`` is at work, and each of its steps is a sign of life."""
    if call_recorder.recorder is not None:
        call_recorder.recorder.begin(where)


def judge_run(mine: Record, torchs: Record, exact: Record, torch_distances: list[float]) -> dict[str, Any]:
    """Hold a run against torch's and the float64 one."""
    my_distances = distances(mine, exact)
    band = [FACTOR * distance + FLOOR * UNIT_ROUNDOFF for distance in torch_distances]
    late = next((i for i, (a, b) in enumerate(zip(my_distances, band, strict=True)) if not a <= b), None)
    ratio = my_distances[-1] / torch_distances[-1] if torch_distances[-1] else 0.0
    if late is None:
        text = f"first loss {mine.losses[0]:.6g}, last {mine.losses[-1]:.6g} (torch {torchs.losses[-1]:.6g})"
    else:
        text = f"step {late + 1}: distance {my_distances[late]:.3g} from the float64 run, allowed {band[late]:.3g}; loss {mine.losses[late]!r}"
        text += f", torch's {torchs.losses[late]!r}"
    keep = max(1, len(band) // 250)
    return {
        "status": "passed" if late is None else "failed",
        "steps": len(mine.losses),
        "ratio": ratio if math.isfinite(ratio) else None,
        "text": text,
        "losses": [drawable(v) for v in mine.losses[::keep]],
        "torch_losses": [drawable(v) for v in torchs.losses[::keep]],
        "distances": [drawable(v) for v in my_distances[::keep]],
        "torch_distances": torch_distances[::keep],
        "band": band[::keep],
    }
