"""Adam and AdamW."""

from __future__ import annotations

from typing import Any

from ..ops.creation.like_another import zeros_like
from ..ops.pointwise.extrema import maximum
from ..ops.views.reinterpretation import view_as_real
from ..tensor import Tensor
from .optimizer import Optimizer, check_fused, to_scalar
from .per_parameter import step_counter

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015), optionally AMSGrad (Reddi et al. 2018) or with decoupled weight decay (AdamW).

    For each parameter w with gradient g, at step t, in this order::

        g <- -g                                      if maximize
        w <- w * (1 - lr * weight_decay)             if decoupled_weight_decay, else  g <- g + weight_decay * w
        m <- m + (1 - beta1) * (g - m)
        v <- beta2 * v + (1 - beta2) * g * g
        d <- sqrt(v) / sqrt(1 - beta2**t) + eps      (with amsgrad, of the largest v so far)
        w <- w - lr / (1 - beta1**t) * m / d

    A complex parameter is treated as its real and imaginary parts. ``foreach`` and ``fused`` choose among torch's
    implementations and change nothing here.
    """

    def __init__(self, params: Any, lr: Any = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
                 amsgrad: bool = False, *, foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
                 differentiable: bool = False, fused: bool | None = None, decoupled_weight_decay: bool = False) -> None:
        if isinstance(lr, Tensor):
            if foreach and not capturable:
                raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
            if lr.numel() != 1:
                raise ValueError("Tensor lr must be 1-element")
        if not lr >= 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for i in range(2):
            if not 0.0 <= betas[i] < 1.0:
                raise ValueError(f"Invalid beta parameter at index {i}: {betas[i]}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if not any(isinstance(betas[0], kind) and isinstance(betas[1], kind) for kind in (float, Tensor)):
            raise ValueError("betas must be either both floats or both Tensors")
        for i in range(2):
            if isinstance(betas[i], Tensor):
                if not capturable and foreach:
                    raise ValueError(f"betas[{i}] as a Tensor is not supported for capturable=False and foreach=True")
                if betas[i].numel() != 1:
                    raise ValueError(f"Tensor betas[{i}] must be 1-element")
        defaults = {
            "lr": lr, "betas": tuple(map(to_scalar, betas)), "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize, "foreach": foreach, "capturable": capturable, "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)
        check_fused(defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        missing = {"amsgrad": False, "maximize": False, "foreach": None, "capturable": False, "differentiable": False,
                   "decoupled_weight_decay": False, "fused": None}  # fmt: skip
        for group in self.param_groups:
            for name, default in missing.items():
                group.setdefault(name, default)
            for param in group["params"]:
                param_state = self.state.get(param, {})
                if param_state and not isinstance(param_state["step"], Tensor):
                    param_state["step"] = step_counter(param, group, float(param_state["step"]))

    def step(self, closure: Any = None) -> Any:
        """Update all parameters that have a gradient; returns what ``closure`` returned."""
        return self._run(closure, self._update)

    def _update(self, group: dict[str, Any]) -> None:
        group["betas"]  # KeyError for the state of another optimizer
        for param in group["params"]:
            if param.grad is not None:
                self._step_one(param, param.grad, self._state_of(param, group), group)

    def _state_of(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        state = self.state[param]
        if not state:
            state["step"] = step_counter(param, group, 0.0)
            state["exp_avg"] = zeros_like(param)
            state["exp_avg_sq"] = zeros_like(param)
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = zeros_like(param)
        if group["differentiable"] and state["step"].requires_grad:
            raise RuntimeError("`requires_grad` is not supported for `step` in differentiable mode")
        if group["foreach"] and isinstance(group["lr"], Tensor) and not group["capturable"]:
            raise RuntimeError("lr as a Tensor is not supported for capturable=False and foreach=True")
        return state

    def _step_one(self, param: Any, grad: Any, kept: dict[str, Any], group: dict[str, Any]) -> None:
        """Update one parameter by a gradient, and what is kept of it."""
        lr, (beta1, beta2) = to_scalar(group["lr"]), map(to_scalar, group["betas"])
        weight_decay, differentiable = group["weight_decay"], group["differentiable"]
        grad = -grad if group["maximize"] else grad
        kept["step"] += 1
        if weight_decay != 0:
            if group["decoupled_weight_decay"]:
                param.mul_(1 - lr * weight_decay)
            else:
                grad = grad.add(param, alpha=weight_decay)
        mean, square = kept["exp_avg"], kept["exp_avg_sq"]
        largest: Any = kept.get("max_exp_avg_sq")
        if param.is_complex():
            grad, mean, square, param = (view_as_real(t) for t in (grad, mean, square, param))
            largest = None if largest is None else view_as_real(largest)
        mean.lerp_(grad, 1 - _beside(beta1, param))
        square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        if group["amsgrad"]:
            largest.copy_(maximum(largest.clone() if differentiable else largest, square))
            square = largest
        if group["capturable"] or differentiable:
            # the number of steps stays a tensor, for the graph
            step = kept["step"]
            step_size = (lr / (1 - beta1**step)).neg()
            correction = (1 - beta2**step).sqrt()
            denominator = (square.sqrt() / (correction * step_size)).add_(group["eps"] / step_size)
            param.addcdiv_(mean.clone() if differentiable else mean, denominator)
        else:
            steps = kept["step"].item()
            step_size = lr / (1 - beta1**steps)
            denominator = (square.sqrt() / (1 - beta2**steps) ** 0.5).add_(group["eps"])
            param.addcdiv_(mean, denominator, value=-step_size)


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019): ``decoupled_weight_decay`` is always True."""

    def __init__(self, params: Any, lr: Any = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 1e-2,
                 amsgrad: bool = False, *, maximize: bool = False, foreach: bool | None = None, capturable: bool = False,
                 differentiable: bool = False, fused: bool | None = None) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize, capturable=capturable,
                         differentiable=differentiable, fused=fused, decoupled_weight_decay=True)  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True


def _beside(beta: Any, param: Any) -> Any:
    """A tensor ``beta`` on the device and in the dtype of the parameter."""
    if not isinstance(beta, Tensor):
        return beta
    tensor: Any = beta
    return tensor.to(device=param.device, dtype=param.dtype)
