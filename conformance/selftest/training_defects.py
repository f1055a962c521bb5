"""Planted defects of the training runs: torch with one wrong optimizer, loss or module."""

from __future__ import annotations

from typing import Any, Callable

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


# An update formula: (parameter, gradient, state, options of the group) to what is subtracted from the parameter.
Formula = Callable[[Any, Any, dict[str, Any], dict[str, Any]], Any]


def by_formula(base: Any, formula: Formula) -> Any:
    """An optimizer with the options of ``base`` and an update of its own."""

    class Own(base):  # type: ignore[misc, valid-type]
        @torch.no_grad()
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                for number, parameter in enumerate(group["params"]):
                    state = self.state[parameter]
                    state["number"], state["t"] = number, state.get("t", 0) + 1
                    parameter.sub_(formula(parameter, parameter.grad, state, group))

    return Own


def momentum(gradient: Any, state: dict[str, Any], factor: float, share: float = 1.0) -> Any:
    """The running sum ``factor * sum + share * gradient``; it begins with the gradient."""
    state["sum"] = gradient.clone() if "sum" not in state else factor * state["sum"] + share * gradient
    return state["sum"]


def nesterov(
    decay: float = 1.0, factor: float = 1.0, share: float = 1.0, late: bool = False, forget: int = 0, skip: int = -1, rounded: bool = False
) -> Formula:
    """SGD with Nesterov's momentum as torch has it, but for one number: the factor of the weight decay, of the look-ahead, the gradient's share in
    the running sum; ``late``: the decay is added to the update; ``forget``: the sum is dropped each so many steps; ``skip``: a parameter that
    is left out; ``rounded``: the update is rounded to bfloat16."""

    def formula(parameter: Any, gradient: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        weights = decay * group["weight_decay"] * parameter
        gradient = gradient if late else gradient + weights
        if forget and state["t"] % forget == 0:
            state.pop("sum", None)
        update = gradient + factor * group["momentum"] * momentum(gradient, state, group["momentum"], share)
        update = (update + weights if late else update) * (state["number"] != skip)
        return group["lr"] * (update.bfloat16().float() if rounded else update)

    return formula


def wrong_order(parameter: Any, gradient: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
    """The gradient is added first and the sum of both decays: momentum in the wrong order."""
    gradient = gradient + group["weight_decay"] * parameter
    state["sum"] = group["momentum"] * (state.get("sum", 0) + gradient)
    return group["lr"] * state["sum"]


def adam(
    first: bool = True, second: bool = True, inside: bool = False, eps: float = 1.0, shift: int = 0, square: str = "gradient", decay: float = 1.0,
    corrected: bool = False,
) -> Formula:  # fmt: skip
    """Adam as torch has it, but for one thing: which moments are corrected for their start (``first``, ``second``), where eps stands and how large
    it is, from where the steps count, what is squared, the weight decay's factor, and whether amsgrad takes the maximum of what is
    ``corrected`` already."""

    def formula(parameter: Any, gradient: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        b1, b2 = group["betas"]
        gradient = gradient + decay * group["weight_decay"] * parameter
        m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * gradient
        squared = {"gradient": gradient * gradient, "moment": m * m, "absolute": gradient.abs()}[square]
        v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * squared
        t = state["t"] + shift
        c1, c2 = (1 - b1**t if first else 1.0), (1 - b2**t if second else 1.0)
        if group["amsgrad"]:
            v = state["max"] = torch.maximum(state.get("max", v * 0), v / c2 if corrected else v)
            c2 = 1.0 if corrected else c2
        v, small = v / c2, eps * group["eps"]
        return group["lr"] * (m / c1) / ((v + small).sqrt() if inside else v.sqrt() + small)

    return formula


def _sgd(**changes: Any) -> Any:
    return lambda parameters, **options: torch.optim.SGD(parameters, **(options | changes))


def _adam(**changes: Any) -> Any:
    return lambda parameters, **options: torch.optim.Adam(parameters, **(options | changes))


def stepping(base: Any, when: Callable[[dict[str, Any]], bool] = lambda group: True, **changes: Any) -> Any:
    """An optimizer that steps with other options than it was given, in groups of a kind, and shows those that it was given."""

    class Other(base):  # type: ignore[misc, valid-type]
        def step(self, closure: Any = None) -> None:
            given = [dict(group) for group in self.param_groups]
            for group in self.param_groups:
                group.update(changes if when(group) else {})
            super().step(closure)
            for group, options in zip(self.param_groups, given, strict=True):
                group.update(options)

    return Other


def loading(base: Any, forget: Callable[[Any], None]) -> Any:
    """An optimizer that forgets something when it loads a state."""

    class Forgetful(base):  # type: ignore[misc, valid-type]
        def load_state_dict(self, state_dict: Any) -> None:
            super().load_state_dict(state_dict)
            forget(self)

    return Forgetful


def _restart(optimizer: Any) -> None:
    for kept in optimizer.state.values():
        kept["step"].zero_()


class KeepsGradients(torch.optim.SGD):
    """zero_grad does nothing: gradients accumulate from step to step."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        return


class Linear(torch.nn.Linear):
    """A layer with parameters that start elsewhere."""

    start: Callable[[Any], None] = staticmethod(lambda layer: None)

    def reset_parameters(self) -> None:
        super().reset_parameters()
        with torch.no_grad():
            type(self).start(self)


def starting(start: Callable[[Any], Any]) -> Any:
    return type("Linear", (Linear,), {"start": staticmethod(start)})


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


class _Leak(torch.autograd.Function):
    """ReLU whose gradient passes a hundredth of what the negative side gets."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:  # type: ignore[override]
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:  # type: ignore[override]
        (x,) = ctx.saved_tensors
        return torch.where(x > 0, grad, grad * 0.01)


class StaysAfterAnError(torch.no_grad):
    """A block that an error leaves without restoring what was before."""

    def __exit__(self, kind: Any, *of_error: Any) -> None:
        if kind is None:
            super().__exit__(kind, *of_error)


class KeepsZeros(torch.optim.SGD):
    """Leaves zeros where there is to be no gradient."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        super().zero_grad(set_to_none=False)


def applying(function: Callable[..., Any]) -> Any:
    """A module, or a loss, that is this function."""
    return type("Module", (torch.nn.Module,), {"forward": lambda self, *arguments: function(*arguments)})


def _halved_seed(seed: int) -> Any:
    return torch.manual_seed(seed // 2)


_functional = torch.nn.functional
_MOMENTUM, _AMSGRAD = "SGD with momentum", "Adam with amsgrad"
_EVERY_SGD, _EVERY_ADAM = "SGD with every option", "Adam with every option"
TRAINING_DEFECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "momentum applied in the wrong order": (_MOMENTUM, {"optim.SGD": by_formula(torch.optim.SGD, wrong_order)}),
    "nesterov ignored": (_MOMENTUM, {"optim.SGD": _sgd(nesterov=False)}),
    "weight decay ignored": (_MOMENTUM, {"optim.SGD": _sgd(weight_decay=0.0)}),
    "weight decay of the wrong sign": (_MOMENTUM, {"optim.SGD": by_formula(torch.optim.SGD, nesterov(decay=-1.0))}),
    "weight decay halved": (_MOMENTUM, {"optim.SGD": by_formula(torch.optim.SGD, nesterov(decay=0.5))}),
    "weight decay after the momentum": (_MOMENTUM, {"optim.SGD": by_formula(torch.optim.SGD, nesterov(late=True))}),
    "look-ahead without the factor": (_MOMENTUM, {"optim.SGD": by_formula(torch.optim.SGD, nesterov(factor=1 / 0.9))}),
    "gradient dampened": (_MOMENTUM, {"optim.SGD": by_formula(torch.optim.SGD, nesterov(share=0.9))}),
    "momentum forgotten now and then": (_MOMENTUM, {"optim.SGD": by_formula(torch.optim.SGD, nesterov(forget=40))}),
    "last bias not trained": (_MOMENTUM, {"optim.SGD": by_formula(torch.optim.SGD, nesterov(skip=3))}),
    "updates rounded to bfloat16": (_MOMENTUM, {"optim.SGD": by_formula(torch.optim.SGD, nesterov(rounded=True))}),
    "learning rate slightly off": ("SGD", {"optim.SGD": _sgd(lr=0.05 * (1 + 1e-5))}),
    "climbs": ("SGD", {"optim.SGD": _sgd(maximize=True)}),
    "gradients not zeroed": ("SGD", {"optim.SGD": KeepsGradients}),
    "no bias correction": ("Adam", {"optim.Adam": by_formula(torch.optim.Adam, adam(first=False, second=False))}),
    "no bias correction of the first moment": ("Adam", {"optim.Adam": by_formula(torch.optim.Adam, adam(first=False))}),
    "no bias correction of the second moment": ("Adam", {"optim.Adam": by_formula(torch.optim.Adam, adam(second=False))}),
    "steps counted from two": ("Adam", {"optim.Adam": by_formula(torch.optim.Adam, adam(shift=1))}),
    "eps under the root": ("Adam", {"optim.Adam": by_formula(torch.optim.Adam, adam(inside=True))}),
    "eps too large": ("Adam", {"optim.Adam": _adam(eps=1e-5)}),
    "second moment of the first": ("Adam", {"optim.Adam": by_formula(torch.optim.Adam, adam(square="moment"))}),
    "absolute values for squares": ("Adam", {"optim.Adam": by_formula(torch.optim.Adam, adam(square="absolute"))}),
    "amsgrad ignored": (_AMSGRAD, {"optim.Adam": _adam(amsgrad=False)}),
    "amsgrad of corrected moments": (_AMSGRAD, {"optim.Adam": by_formula(torch.optim.Adam, adam(corrected=True))}),
    "betas swapped": (_AMSGRAD, {"optim.Adam": _adam(betas=(0.99, 0.8))}),
    "weight decay decoupled": (_AMSGRAD, {"optim.Adam": lambda p, **o: torch.optim.AdamW(p, **o)}),
    "weight decay doubled": (_AMSGRAD, {"optim.Adam": by_formula(torch.optim.Adam, adam(decay=2.0))}),
    "loss summed instead of averaged": ("modules", {"nn.MSELoss": Summed}),
    "loss halved": ("modules", {"nn.MSELoss": applying(lambda x, y: _functional.mse_loss(x, y) / 2)}),
    "absolute for squared errors": ("modules", {"nn.MSELoss": applying(_functional.l1_loss)}),
    "large errors cut": ("modules", {"nn.MSELoss": applying(lambda x, y: 2 * _functional.huber_loss(x, y, delta=3.0))}),
    "relu leaks": ("modules", {"nn.ReLU": LeakyReLU}),
    "relu leaks in its gradient": ("modules", {"nn.ReLU": applying(_Leak.apply)}),
    "relu is capped": ("modules", {"nn.ReLU": applying(lambda x: x.clamp(0, 2))}),
    "weights start too small": ("modules", {"nn.Linear": starting(lambda layer: layer.weight.mul_(0.999))}),
    "bias starts at zero": ("modules", {"nn.Linear": starting(lambda layer: layer.bias.zero_())}),
    "weights start in another order": ("modules", {"nn.Linear": starting(lambda layer: layer.weight.copy_(layer.weight.flip(0)))}),
    "one layer draws a number too many": ("modules", {"nn.Linear": starting(lambda layer: torch.rand(1))}),
    "labels smoothed": ("Adam", {"nn.CrossEntropyLoss": Smoothed}),
    "a class ignored": ("SGD", {"nn.CrossEntropyLoss": applying(lambda x, y: _functional.cross_entropy(x, y, ignore_index=0))}),
    "loss of a batch summed": ("SGD", {"nn.CrossEntropyLoss": applying(lambda x, y: _functional.cross_entropy(x, y, reduction="sum"))}),
    "classes weighted": ("SGD", {"nn.CrossEntropyLoss": applying(
        lambda x, y: _functional.cross_entropy(x, y, weight=torch.tensor([1.0, 1.0, 1.0, 1.01], dtype=x.dtype)))}),
    "dampening ignored": (_EVERY_SGD, {"optim.SGD": stepping(torch.optim.SGD, dampening=0.0)}),
    "weight decay ignored where it climbs": (_EVERY_SGD, {"optim.SGD": stepping(torch.optim.SGD, lambda g: g["maximize"], weight_decay=0.0)}),
    "learning rate of the first group for all": (_EVERY_SGD, {"optim.SGD": stepping(torch.optim.SGD, lr=0.05)}),
    "momentum lost when a state is loaded": (_EVERY_SGD, {"optim.SGD": loading(torch.optim.SGD, lambda o: o.state.clear())}),
    "amsgrad ignored where it climbs": (_EVERY_ADAM, {"optim.Adam": stepping(torch.optim.Adam, lambda g: g["maximize"], amsgrad=False)}),
    "a large eps cut": (_EVERY_ADAM, {"optim.Adam": stepping(torch.optim.Adam, lambda g: g["eps"] > 1e-3, eps=1e-3)}),
    "steps counted anew when a state is loaded": (_EVERY_ADAM, {"optim.Adam": loading(torch.optim.Adam, _restart)}),
    "weight decay not decoupled": ("AdamW with every option", {"optim.AdamW": torch.optim.Adam}),
    "options of the first group for all": (_EVERY_ADAM, {"optim.Adam": stepping(torch.optim.Adam, betas=(0.9, 0.999))}),
    "gradients cleared to zeros": (_EVERY_SGD, {"optim.SGD": KeepsZeros}),
    "a rate reached one epoch late": ("learning rate schedulers", {"optim.lr_scheduler.LinearLR": lambda o, *a, total_iters=5, **k: (
        torch.optim.lr_scheduler.LinearLR(o, *a, total_iters=total_iters + 1, **k))}),
    "batches not averaged cumulatively": ("layers", {"nn.BatchNorm1d": lambda size, *a, momentum=0.1, **k: (
        torch.nn.BatchNorm1d(size, *a, momentum=momentum or 0.1, **k))}),
    "the largest norm taken for a sum": ("utilities", {"nn.utils.clip_grad_norm_": lambda p, most, norm_type=2.0, **k: (
        torch.nn.utils.clip_grad_norm_(p, most, 1.0 if norm_type == float("inf") else norm_type, **k))}),
    "a negative number taken for an option": ("what is refused", {"optim.Adam": lambda p, eps=1e-8, **k: torch.optim.Adam(p, eps=abs(eps), **k)}),
    "a word that is none taken for the first": ("what is refused", {"optim.lr_scheduler.OneCycleLR": lambda o, *a, anneal_strategy="cos", **k: (
        torch.optim.lr_scheduler.OneCycleLR(o, *a, anneal_strategy="linear" if anneal_strategy == "linear" else "cos", **k))}),
    "sizes that do not fit cut": ("what is refused", {"nn.LayerNorm": lambda shape, *a, **k: (
        torch.nn.LayerNorm(min(shape, 3) if isinstance(shape, int) else shape, *a, **k))}),
    "another default": ("what is refused", {"nn.GroupNorm": lambda groups, channels, eps=1e-3, *a, **k: (
        torch.nn.GroupNorm(groups, channels, eps, *a, **k))}),
    "gradients stay off after an error": ("graphs between calls", {"no_grad": StaysAfterAnError}),
    "another seed": ("hand-written gradients", {"manual_seed": _halved_seed}),
    "random numbers rounded": ("autograd", {"randn": lambda *size: torch.randn(*size).bfloat16().float()}),
}  # fmt: skip


class BrokenTrainer(Torch):
    """torch's CPU whose module has been tampered with."""

    def __init__(self, name: str, changes: dict[str, Any]) -> None:
        super().__init__("cpu")
        self.name = f"broken:{name}"
        self.module = Patched(torch, changes)  # type: ignore[assignment]


