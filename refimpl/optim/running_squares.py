"""Optimizers that divide a gradient by the root of its squares so far: Adagrad, Adadelta, RMSprop."""

from __future__ import annotations

from typing import Any

from ..ops.creation.like_another import full_like, zeros_like
from .optimizer import check_fused, to_scalar
from .per_parameter import PerParameter, check_lr, check_not_negative, step_counter

__all__ = ["Adadelta", "Adagrad", "RMSprop"]


class Adagrad(PerParameter):
    """Adagrad (Duchi, Hazan and Singer 2011).

    For each parameter w with gradient g, at step t::

        s <- s + g * g                                            (at first ``initial_accumulator_value``)
        w <- w - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)

    ``state`` has ``step`` and ``sum`` from the start. ValueError for negative options. ``foreach`` and ``fused`` change nothing here.
    """

    _since = {"foreach": None, "maximize": False, "differentiable": False, "fused": None}

    def __init__(self, params: Any, lr: Any = 1e-2, lr_decay: float = 0, weight_decay: float = 0, initial_accumulator_value: float = 0,
                 eps: float = 1e-10, foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False,
                 fused: bool | None = None) -> None:
        check_lr(lr)
        check_not_negative("lr_decay", lr_decay)
        check_not_negative("weight_decay", weight_decay)
        check_not_negative("initial_accumulator_value", initial_accumulator_value)
        check_not_negative("epsilon", eps)
        defaults = {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay, "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach, "maximize": maximize, "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)
        check_fused(defaults)
        for group in self.param_groups:
            for param in group["params"]:
                self.state[param].update(self._start(param, group))

    def share_memory(self) -> None:
        """Put the state into shared memory, where all memory of the process's tensors is already."""

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        first = self.defaults["initial_accumulator_value"]  # of the constructor: a group's own is not looked at, as in torch
        return {"step": step_counter(param, group), "sum": full_like(param, complex(first, first) if param.is_complex() else first)}

    def _update_one(self, param: Any, grad: Any, kept: dict[str, Any], group: dict[str, Any]) -> None:
        rate = to_scalar(group["lr"]) / (1 + (kept["step"].item() - 1) * group["lr_decay"])
        total = kept["sum"].addcmul_(grad, grad, value=1)
        param.addcdiv_(grad, total.sqrt().add_(group["eps"]), value=-rate)


class Adadelta(PerParameter):
    """Adadelta (Zeiler 2012).

    For each parameter w with gradient g::

        s <- rho * s + (1 - rho) * g * g
        x <- sqrt(u + eps) / sqrt(s + eps) * g
        u <- rho * u + (1 - rho) * x * x
        w <- w - lr * x

    ``state`` has ``step``, ``square_avg`` (s) and ``acc_delta`` (u). ValueError for negative options, and for a ``rho`` above 1.
    """

    def __init__(self, params: Any, lr: Any = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0, foreach: bool | None = None,
                 *, capturable: bool = False, maximize: bool = False, differentiable: bool = False) -> None:
        check_lr(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_not_negative("epsilon", eps)
        check_not_negative("weight_decay", weight_decay)
        super().__init__(params, {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "capturable": capturable, "foreach": foreach,
            "differentiable": differentiable,
        })  # fmt: skip

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": step_counter(param, group), "square_avg": zeros_like(param), "acc_delta": zeros_like(param)}

    def _update_one(self, param: Any, grad: Any, kept: dict[str, Any], group: dict[str, Any]) -> None:
        rho, eps = group["rho"], group["eps"]
        squares = kept["square_avg"].mul_(rho).addcmul_(grad, grad, value=1 - rho)
        change = kept["acc_delta"].add(eps).sqrt_() / squares.add(eps).sqrt() * grad
        kept["acc_delta"].mul_(rho).addcmul_(change, change, value=1 - rho)
        param.add_(change, alpha=-to_scalar(group["lr"]))


class RMSprop(PerParameter):
    """RMSprop (Hinton's lecture, 2012); ``centered`` as in Graves (2013).

    For each parameter w with gradient g::

        s <- alpha * s + (1 - alpha) * g * g
        a <- a + (1 - alpha) * (g - a)                            if centered
        d <- sqrt(s - a * a) + eps  if centered, else  sqrt(s) + eps
        b <- momentum * b + g / d,   w <- w - lr * b              with momentum
        w <- w - lr * g / d                                       without

    ``state`` has ``step``, ``square_avg`` (s), and with these options ``momentum_buffer`` (b) and ``grad_avg`` (a). ValueError for negative options.
    """

    _since = {"momentum": 0, "centered": False, **PerParameter._since}

    def __init__(self, params: Any, lr: Any = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0, momentum: float = 0,
                 centered: bool = False, capturable: bool = False, foreach: bool | None = None, maximize: bool = False,
                 differentiable: bool = False) -> None:
        check_lr(lr)
        check_not_negative("epsilon", eps)
        check_not_negative("momentum", momentum)
        check_not_negative("weight_decay", weight_decay)
        check_not_negative("alpha", alpha)
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered, "weight_decay": weight_decay,
            "capturable": capturable, "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
        })  # fmt: skip

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        kept = {"step": step_counter(param, group), "square_avg": zeros_like(param)}
        if group["momentum"] > 0:
            kept["momentum_buffer"] = zeros_like(param)
        if group["centered"]:
            kept["grad_avg"] = zeros_like(param)
        return kept

    def _update_one(self, param: Any, grad: Any, kept: dict[str, Any], group: dict[str, Any]) -> None:
        lr, alpha = to_scalar(group["lr"]), group["alpha"]
        squares = kept["square_avg"].mul_(alpha).addcmul_(grad, grad, value=1 - alpha)
        if group["centered"]:
            mean = kept["grad_avg"].lerp_(grad, 1 - alpha)
            squares = squares.addcmul(mean, mean, value=-1)
        divisor = squares.sqrt().add_(group["eps"])
        if group["momentum"] > 0:
            buffer = kept["momentum_buffer"].mul_(group["momentum"]).addcdiv_(grad, divisor)
            param.add_(buffer, alpha=-lr)
        else:
            param.addcdiv_(grad, divisor, value=-lr)
