"""Optimizers that update each parameter by itself: what they have in common."""

from __future__ import annotations

from typing import Any

from ..foundation.dtypes import float32, float64, get_default_dtype
from ..ops.creation.from_data import tensor
from ..ops.views.reinterpretation import view_as_real
from ..tensor import Tensor
from .optimizer import Optimizer, to_scalar

__all__ = ["PerParameter", "check_betas", "check_lr", "check_not_negative", "scalar_dtype", "step_counter"]


class PerParameter(Optimizer):
    """An optimizer whose step updates each parameter that has a gradient from that gradient and from what it remembers of the parameter.

    A subclass says what it remembers at first (:meth:`_start`) and how it updates (:meth:`_update_one`). Before that, for all alike: the number
    of steps goes up by 1, the gradient changes its sign with ``maximize``, and ``weight_decay`` times the parameter is added to it, or, with
    ``decoupled_weight_decay``, the parameter is multiplied by ``1 - lr * weight_decay``. A complex parameter is treated as its real and
    imaginary parts.
    """

    # The options that older states lack, and what they are then.
    _since: dict[str, Any] = {"foreach": None, "maximize": False, "differentiable": False, "capturable": False}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for name, default in self._since.items():
                group.setdefault(name, default)
            for param in group["params"]:
                kept = self.state.get(param, {})
                for name in ("step", "eta", "mu", "mu_product"):
                    if name in kept and not isinstance(kept[name], Tensor):
                        kept[name] = step_counter(param, group, float(kept[name]))

    def step(self, closure: Any = None) -> Any:
        """Update all parameters that have a gradient; returns what ``closure`` returned."""
        return self._run(closure, self._update)

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        """What is remembered of a parameter before its first step."""
        raise NotImplementedError

    def _decay(self, param: Any, grad: Any, group: dict[str, Any]) -> Any:
        """The gradient, ``weight_decay`` seen to."""
        if group.get("weight_decay", 0) == 0:
            return grad
        if group.get("decoupled_weight_decay"):
            param.mul_(1 - to_scalar(group["lr"]) * group["weight_decay"])
            return grad
        return grad.add(param, alpha=group["weight_decay"])

    def _update_one(self, param: Any, grad: Any, kept: dict[str, Any], group: dict[str, Any]) -> None:
        """Write the parameter, and what is kept of it, in place."""
        raise NotImplementedError

    def _update(self, group: dict[str, Any]) -> None:
        for param in group["params"]:
            if param.grad is None:
                continue
            kept = self.state[param]
            if not kept:
                kept.update(self._start(param, group))
            self._step_one(param, param.grad, kept, group)

    def _step_one(self, param: Any, grad: Any, kept: dict[str, Any], group: dict[str, Any]) -> None:
        """Update one parameter by a gradient, and what is kept of it."""
        kept["step"] += 1
        grad = self._decay(param, -grad if group["maximize"] else grad, group)
        if param.is_complex():
            parts = {name: view_as_real(t) if isinstance(t, Tensor) and t.is_complex() else t for name, t in kept.items()}
            self._update_one(view_as_real(param), view_as_real(grad), parts, group)
        else:
            self._update_one(param, grad, kept, group)


def scalar_dtype() -> Any:
    """The dtype of the numbers that an optimizer keeps as tensors."""
    return float64 if get_default_dtype() is float64 else float32


def step_counter(param: Any, group: dict[str, Any], value: float = 0.0) -> Any:
    """The number of steps, a 0-d tensor: on the CPU unless the kernels of the parameter's device read it."""
    if group.get("fused"):
        return tensor(value, dtype=float32, device=param.device)
    return tensor(value, dtype=scalar_dtype(), device=param.device if group.get("capturable") else "cpu")


# -- what options must be --------------------------------------------------------------------------


def check_lr(lr: Any) -> None:
    """ValueError for a negative learning rate, and for a tensor of several elements."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    check_not_negative("learning rate", lr, value="")


def check_not_negative(name: str, number: Any, value: str = " value") -> None:
    if not number >= 0.0:
        raise ValueError(f"Invalid {name}{value}: {number}")


def check_betas(betas: Any) -> None:
    for i in range(2):
        if not 0.0 <= betas[i] < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {betas[i]}")
