"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from .optimizer import Optimizer, check_fused, to_scalar

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent, optionally with momentum (Sutskever et al. 2013).

    For each parameter w with gradient g, in this order::

        g <- -g                                     if maximize
        g <- g + weight_decay * w
        b <- momentum * b + (1 - dampening) * g     (the first time: b <- g)
        g <- g + momentum * b  if nesterov, else b
        w <- w - lr * g

    Every line is one operation on tensors, rounded once. ``foreach`` and ``fused`` choose among torch's implementations and
    change nothing here.
    """

    def __init__(self, params: Any, lr: Any = 1e-3, momentum: float = 0, dampening: float = 0, weight_decay: Any = 0,
                 nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None, differentiable: bool = False,
                 fused: bool | None = None) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)
        check_fused(defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        missing = {"nesterov": False, "maximize": False, "foreach": None, "differentiable": False, "fused": False}
        for group in self.param_groups:
            for name, default in missing.items():
                group.setdefault(name, default)

    def step(self, closure: Any = None) -> Any:
        """Update all parameters that have a gradient; returns what ``closure`` returned."""
        return self._run(closure, self._update)

    def _update(self, group: dict[str, Any]) -> None:
        for name in ("weight_decay", "momentum", "lr", "dampening", "nesterov", "maximize"):
            group[name]  # KeyError for the state of another optimizer
        for param in group["params"]:
            if param.grad is not None:
                kept = self.state[param] if group["momentum"] != 0 else {}
                self._step_one(param, param.grad, kept, group)

    def _step_one(self, param: Any, grad: Any, kept: dict[str, Any], group: dict[str, Any]) -> None:
        """Update one parameter by a gradient, and what is kept of it."""
        lr, momentum, weight_decay = to_scalar(group["lr"]), group["momentum"], group["weight_decay"]
        grad = -grad if group["maximize"] else grad
        if weight_decay != 0:
            if isinstance(weight_decay, Tensor) and weight_decay.requires_grad:
                grad = grad.addcmul_(param.clone(), weight_decay)
            else:
                grad = grad.add(param, alpha=weight_decay)
        if momentum != 0:
            buffer = kept.get("momentum_buffer")
            if buffer is None:
                buffer = grad.detach().clone()
                kept["momentum_buffer"] = buffer
            else:
                buffer.mul_(momentum).add_(grad, alpha=1 - group["dampening"])
            grad = grad.add(buffer, alpha=momentum) if group["nesterov"] else buffer
        if isinstance(lr, Tensor) and lr.requires_grad:
            param.addcmul_(grad, lr, value=-1)
        else:
            param.add_(grad, alpha=-lr)
