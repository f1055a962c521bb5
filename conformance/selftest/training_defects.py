"""Planted defects of the training runs: torch with one wrong optimizer, loss or module."""

from __future__ import annotations

from typing import Any

import torch

from ..backends.torch_backend import Torch


class Patched:
    """A module that is torch but for a few names (dotted)."""

    def __init__(self, original: Any, changes: dict[str, Any]) -> None:
        self._original = original
        self._here = {name: value for name, value in changes.items() if "." not in name}
        deeper: dict[str, dict[str, Any]] = {}
        for name, value in changes.items():
            head, _, rest = name.partition(".")
            if rest:
                deeper.setdefault(head, {})[rest] = value
        for name, inner in deeper.items():
            self._here[name] = Patched(getattr(original, name), inner)

    def __getattr__(self, name: str) -> Any:
        here = self.__dict__["_here"]
        return here[name] if name in here else getattr(self.__dict__["_original"], name)


class WrongMomentum(torch.optim.SGD):
    """Applies the gradient first and decays the sum of both: momentum in the wrong order."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for parameter in group["params"]:
                state = self.state[parameter]
                gradient = parameter.grad + group["weight_decay"] * parameter
                momentum = group["momentum"] * (state.get("sum", torch.zeros_like(parameter)) + gradient)
                state["sum"] = momentum
                parameter.sub_(group["lr"] * (gradient if not group["momentum"] else momentum))


class NoBiasCorrection(torch.optim.Adam):
    """Adam without the division by 1 - beta**t."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for parameter in group["params"]:
                state = self.state[parameter]
                gradient = parameter.grad + group["weight_decay"] * parameter
                first = state["m"] = b1 * state.get("m", torch.zeros_like(parameter)) + (1 - b1) * gradient
                second = state["v"] = b2 * state.get("v", torch.zeros_like(parameter)) + (1 - b2) * gradient * gradient
                parameter.sub_(group["lr"] * first / (second.sqrt() + group["eps"]))


def _sgd(**changes: Any) -> Any:
    return lambda parameters, **options: torch.optim.SGD(parameters, **(options | changes))


def _adam(**changes: Any) -> Any:
    return lambda parameters, **options: torch.optim.Adam(parameters, **(options | changes))


class KeepsGradients(torch.optim.SGD):
    """zero_grad does nothing: gradients accumulate from step to step."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        return


class LeakyReLU(torch.nn.Module):
    """Lets a thousandth of the negative side through."""

    def forward(self, x: Any) -> Any:
        return torch.nn.functional.leaky_relu(x, 1e-3)


class Summed(torch.nn.Module):
    """A loss with the sum where the mean belongs."""

    def forward(self, x: Any, y: Any) -> Any:
        return torch.nn.functional.mse_loss(x, y, reduction="sum")


class Smoothed(torch.nn.CrossEntropyLoss):
    def __init__(self) -> None:
        super().__init__(label_smoothing=1e-4)


def _halved_seed(seed: int) -> Any:
    return torch.manual_seed(seed // 2)


TRAINING_DEFECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "momentum applied in the wrong order": ("SGD with momentum", {"optim.SGD": WrongMomentum}),
    "nesterov ignored": ("SGD with momentum", {"optim.SGD": _sgd(nesterov=False)}),
    "weight decay ignored": ("SGD with momentum", {"optim.SGD": _sgd(weight_decay=0.0)}),
    "learning rate slightly off": ("SGD", {"optim.SGD": _sgd(lr=0.05 * (1 + 1e-5))}),
    "gradients not zeroed": ("SGD", {"optim.SGD": KeepsGradients}),
    "no bias correction": ("Adam", {"optim.Adam": NoBiasCorrection}),
    "eps outside of its place": ("Adam", {"optim.Adam": _adam(eps=1e-5)}),
    "amsgrad ignored": ("Adam with amsgrad", {"optim.Adam": _adam(amsgrad=False)}),
    "betas swapped": ("Adam with amsgrad", {"optim.Adam": _adam(betas=(0.99, 0.8))}),
    "weight decay decoupled": ("Adam with amsgrad", {"optim.Adam": lambda p, **o: torch.optim.AdamW(p, **o)}),
    "loss summed instead of averaged": ("modules", {"nn.MSELoss": Summed}),
    "relu leaks": ("modules", {"nn.ReLU": LeakyReLU}),
    "labels smoothed": ("Adam", {"nn.CrossEntropyLoss": Smoothed}),
    "another seed": ("hand-written gradients", {"manual_seed": _halved_seed}),
}


class BrokenTrainer(Torch):
    """torch's CPU whose module has been tampered with."""

    def __init__(self, name: str, changes: dict[str, Any]) -> None:
        super().__init__("cpu")
        self.name = f"broken:{name}"
        self.module = Patched(torch, changes)  # type: ignore[assignment]


