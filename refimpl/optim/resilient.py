"""Optimizers of another kind: averaged stochastic gradients, resilient backpropagation."""

from __future__ import annotations

from typing import Any

from ..ops.creation.filled import ones
from ..ops.creation.from_data import as_tensor
from ..ops.creation.like_another import full_like, ones_like, zeros_like
from .optimizer import to_scalar
from .per_parameter import PerParameter, check_lr, check_not_negative, scalar_dtype, step_counter

__all__ = ["ASGD", "Rprop"]


class ASGD(PerParameter):
    """Averaged stochastic gradient descent (Polyak and Juditsky 1992).

    For each parameter w with gradient g, at step t::

        w <- w * (1 - lambd * eta) - eta * g
        a <- w  if mu == 1, else  a + (w - a) * mu
        eta <- lr / (1 + lambd * lr * t)**alpha                   (at first lr)
        mu <- 1 / max(1, t - t0)                                  (at first 1)

    ``state`` has ``step``, ``eta``, ``mu`` and ``ax`` (a). ValueError for a negative ``lr`` or ``weight_decay``.
    """

    def __init__(self, params: Any, lr: Any = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6, weight_decay: float = 0,
                 foreach: bool | None = None, maximize: bool = False, differentiable: bool = False, capturable: bool = False) -> None:
        check_lr(lr)
        check_not_negative("weight_decay", weight_decay)
        super().__init__(params, {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "capturable": capturable,
        })  # fmt: skip

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        rate = as_tensor(to_scalar(group["lr"]), dtype=scalar_dtype(), device=param.device).clone().detach()
        share = ones((), dtype=scalar_dtype(), device=param.device)
        return {"step": step_counter(param, group), "eta": rate, "mu": share, "ax": zeros_like(param)}

    def _update_one(self, param: Any, grad: Any, kept: dict[str, Any], group: dict[str, Any]) -> None:
        lr, lambd, steps = to_scalar(group["lr"]), group["lambd"], kept["step"].item()
        rate, share, average = kept["eta"].item(), kept["mu"].item(), kept["ax"]
        param.mul_(1 - lambd * rate)
        param.add_(grad, alpha=-rate)
        if share == 1:
            average.copy_(param)
        else:
            average.add_(param.sub(average).mul_(share))
        kept["eta"].copy_(as_tensor(lr / (1 + lambd * lr * steps) ** group["alpha"]))
        kept["mu"].copy_(as_tensor(1 / max(1, steps - group["t0"])))


class Rprop(PerParameter):
    """Resilient backpropagation (Riedmiller and Braun 1993): each element has a step size of its own, and only the gradient's sign counts.

    For each element w with gradient g, h the gradient of the step before (0 at first)::

        s <- s * eta_plus  if g * h > 0,   s * eta_minus  if g * h < 0,   within ``step_sizes``       (at first lr)
        g <- 0  if g * h < 0
        w <- w - sign(g) * s,   h <- g

    ``state`` has ``step``, ``prev`` (h) and ``step_size`` (s). ValueError for a negative ``lr``, and unless ``0 < eta_minus < 1 < eta_plus``.
    """

    def __init__(self, params: Any, lr: Any = 1e-2, etas: Any = (0.5, 1.2), step_sizes: Any = (1e-6, 50), *, capturable: bool = False,
                 foreach: bool | None = None, maximize: bool = False, differentiable: bool = False) -> None:
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        super().__init__(params, {
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
            "capturable": capturable,
        })  # fmt: skip

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        lr = to_scalar(group["lr"])
        first = complex(lr, lr) if param.is_complex() else lr
        return {"step": step_counter(param, group), "prev": zeros_like(param), "step_size": full_like(param, first)}

    def _update_one(self, param: Any, grad: Any, kept: dict[str, Any], group: dict[str, Any]) -> None:
        (shrink, grow), (least, most) = group["etas"], group["step_sizes"]
        before, size = kept["prev"], kept["step_size"]
        agreement = grad.mul(before.clone() if group["differentiable"] else before)
        size.mul_(ones_like(grad).masked_fill_(agreement > 0, grow).masked_fill_(agreement < 0, shrink)).clamp_(least, most)
        grad = grad.masked_fill(agreement < 0, 0)
        param.addcmul_(grad.sign(), size, value=-1)
        before.copy_(grad)
