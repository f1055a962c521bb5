"""Relatives of Adam: Adamax, NAdam, RAdam."""

from __future__ import annotations

import math
from typing import Any

from ..ops.creation.filled import ones
from ..ops.creation.like_another import zeros_like
from ..ops.pointwise.extrema import maximum
from .optimizer import to_scalar
from .per_parameter import PerParameter, check_betas, check_lr, check_not_negative, scalar_dtype, step_counter

__all__ = ["Adamax", "NAdam", "RAdam"]


class Adamax(PerParameter):
    """Adamax (Kingma and Ba 2015): Adam with the largest gradient so far, decaying, in place of the root of squares.

    For each parameter w with gradient g, at step t::

        m <- m + (1 - beta1) * (g - m)
        u <- max(beta2 * u, abs(g) + eps)
        w <- w - lr / (1 - beta1**t) * m / u

    ``state`` has ``step``, ``exp_avg`` (m) and ``exp_inf`` (u). ValueError for negative options, and for betas outside [0, 1).
    """

    def __init__(self, params: Any, lr: Any = 2e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
                 foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False, capturable: bool = False) -> None:
        check_lr(lr)
        check_not_negative("epsilon", eps)
        check_betas(betas)
        check_not_negative("weight_decay", weight_decay)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "capturable": capturable,
        })  # fmt: skip

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": step_counter(param, group), "exp_avg": zeros_like(param), "exp_inf": zeros_like(param)}

    def _update_one(self, param: Any, grad: Any, kept: dict[str, Any], group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        mean, largest = kept["exp_avg"].lerp_(grad, 1 - beta1), kept["exp_inf"]
        largest.copy_(maximum(largest * beta2, grad.abs().add_(group["eps"])))
        rate = to_scalar(group["lr"]) / (1 - beta1 ** kept["step"].item())
        param.addcdiv_(mean, largest.clone() if group["differentiable"] else largest, value=-rate)


class NAdam(PerParameter):
    """NAdam (Dozat 2016): Adam with Nesterov's momentum.

    For each parameter w with gradient g, at step t::

        k(t) = beta1 * (1 - 0.96**(t * momentum_decay) / 2)
        p <- p * k(t)                                             (at first 1)
        m <- m + (1 - beta1) * (g - m)
        v <- beta2 * v + (1 - beta2) * g * g
        d <- sqrt(v / (1 - beta2**t)) + eps
        w <- w - lr * (1 - k(t)) / (1 - p) * g / d
        w <- w - lr * k(t + 1) / (1 - p * k(t + 1)) * m / d

    ``state`` has ``step``, ``mu_product`` (p), ``exp_avg`` (m) and ``exp_avg_sq`` (v). ValueError for negative options, and for betas outside [0, 1).
    """

    _since = {**PerParameter._since, "decoupled_weight_decay": False}

    def __init__(self, params: Any, lr: Any = 2e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
                 momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *, foreach: bool | None = None, maximize: bool = False,
                 capturable: bool = False, differentiable: bool = False) -> None:
        check_lr(lr)
        check_not_negative("epsilon", eps)
        check_betas(betas)
        check_not_negative("weight_decay", weight_decay)
        check_not_negative("momentum_decay", momentum_decay)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable,
        })  # fmt: skip

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        product = ones((), dtype=scalar_dtype(), device=param.device)
        return {"step": step_counter(param, group), "mu_product": product, "exp_avg": zeros_like(param), "exp_avg_sq": zeros_like(param)}

    def _update_one(self, param: Any, grad: Any, kept: dict[str, Any], group: dict[str, Any]) -> None:
        lr, (beta1, beta2), steps = to_scalar(group["lr"]), group["betas"], kept["step"].item()
        now, then = (beta1 * (1.0 - 0.5 * 0.96 ** (t * group["momentum_decay"])) for t in (steps, steps + 1))
        kept["mu_product"] *= now
        product = kept["mu_product"].item()
        mean = kept["exp_avg"].lerp_(grad, 1 - beta1)
        squares = kept["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        divisor = squares.div(1 - beta2**steps).sqrt().add(group["eps"])
        param.addcdiv_(grad, divisor, value=-lr * (1.0 - now) / (1.0 - product))
        param.addcdiv_(mean.clone() if group["differentiable"] else mean, divisor, value=-lr * then / (1.0 - product * then))


class RAdam(PerParameter):
    """RAdam (Liu et al. 2020): Adam whose step is adaptive only once the variance of its divisor can be estimated.

    For each parameter w with gradient g, at step t::

        m <- m + (1 - beta1) * (g - m),   v <- beta2 * v + (1 - beta2) * g * g,   h <- m / (1 - beta1**t)
        R = 2 / (1 - beta2) - 1,   r = R - 2 * t * beta2**t / (1 - beta2**t)
        w <- w - lr * h * sqrt(1 - beta2**t) / (sqrt(v) + eps) * sqrt((r - 4) * (r - 2) * R / ((R - 4) * (R - 2) * r))     if r > 5
        w <- w - lr * h                                                                                                   otherwise

    ``state`` has ``step``, ``exp_avg`` (m) and ``exp_avg_sq`` (v). ValueError for negative options, and for betas outside [0, 1).
    """

    _since = {**PerParameter._since, "decoupled_weight_decay": False}

    def __init__(self, params: Any, lr: Any = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
                 decoupled_weight_decay: bool = False, *, foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
                 differentiable: bool = False) -> None:
        check_lr(lr)
        check_not_negative("epsilon", eps)
        check_betas(betas)
        check_not_negative("weight_decay", weight_decay)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "foreach": foreach,
            "capturable": capturable, "decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable,
        })  # fmt: skip

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        return {"step": step_counter(param, group), "exp_avg": zeros_like(param), "exp_avg_sq": zeros_like(param)}

    def _update_one(self, param: Any, grad: Any, kept: dict[str, Any], group: dict[str, Any]) -> None:
        lr, (beta1, beta2), steps = to_scalar(group["lr"]), group["betas"], kept["step"].item()
        mean = kept["exp_avg"].lerp_(grad, 1 - beta1) / (1 - beta1**steps)
        squares = kept["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        correction = 1 - beta2**steps
        most = 2 / (1 - beta2) - 1
        length = most - 2 * steps * beta2**steps / correction
        change = mean * lr
        if length > 5.0:
            rectified = math.sqrt((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length))
            change = change * (math.sqrt(correction) / squares.sqrt().add(group["eps"])) * rectified
        param.add_(change, alpha=-1.0)
