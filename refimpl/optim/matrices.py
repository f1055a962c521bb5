"""Optimizers that treat a parameter as a matrix: Adafactor, Muon."""

from __future__ import annotations

import math
from typing import Any

from ..foundation.dtypes import bfloat16, finfo
from ..ops.creation.like_another import zeros_like
from ..ops.products.added_products import addmm
from ..tensor import Tensor
from .optimizer import Optimizer, to_scalar
from .per_parameter import PerParameter, step_counter

__all__ = ["Adafactor", "Muon"]


def _require(met: bool, text: str) -> None:
    if not met:
        raise ValueError(text)


def _check_lr(lr: Any) -> None:
    _require(not (isinstance(lr, Tensor) and lr.numel() != 1), "Tensor lr must be 1-element")
    _require(lr >= 0.0, f"Learning rate should be >= 0 but is: {lr}")


class Adafactor(PerParameter):
    """Adafactor (Shazeer and Stern 2018): the squares of a matrix's gradients are kept as the product of a column and a row.

    For each parameter w with gradient g, at step t, with ``|x|`` the root of the mean of squares::

        k = t**beta2_decay,   a = max(eps2, |w|) * min(lr, 1 / sqrt(t))
        w <- w * (1 - lr * weight_decay)
        r <- r + k * (mean of g * g over rows - r),   c <- c + k * (mean over columns - c),   v = r c / max(mean of r, eps1)
        v <- v + k * (g * g - v)                                  for parameters with fewer than 2 dimensions
        u = g / sqrt(max(v, eps1**2))
        w <- w - a / max(1, |u| / d) * u

    ``eps`` is (eps1, eps2); None stands for the dtype's eps. ``state`` has ``step`` and ``row_var`` (r) and ``col_var`` (c), or ``variance`` (v).
    ValueError for options out of range; RuntimeError for complex parameters.
    """

    _since = {"foreach": None}

    def __init__(self, params: Any, lr: Any = 1e-2, beta2_decay: float = -0.8, eps: Any = (None, 1e-3), d: float = 1.0, weight_decay: float = 0.0,
                 *, foreach: bool | None = None, maximize: bool = False) -> None:
        _check_lr(lr)
        _require(beta2_decay <= 0.0, f"beta2_decay should be <= 0 but is: {beta2_decay}")
        _require(eps[0] is None or eps[0] >= 0.0, f"epsilon1 should be >= 0 but is: {eps[0]}")
        _require(eps[1] >= 0.0, f"epsilon2 should be >= 0 but is: {eps[1]}")
        _require(d >= 1.0, f"Clipping threshold d should be >= 1 but is: {d}")
        _require(weight_decay >= 0.0, f"weight_decay should be >= 0 but is: {weight_decay}")
        super().__init__(params, {"lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d, "weight_decay": weight_decay, "foreach": foreach,
                                  "maximize": maximize})  # fmt: skip

    def _start(self, param: Any, group: dict[str, Any]) -> dict[str, Any]:
        if param.is_complex():
            raise RuntimeError("Adafactor does not support complex parameters")
        kept = {"step": step_counter(param, group)}
        if param.dim() > 1:
            return {**kept, "row_var": param.new_zeros((*param.shape[:-1], 1)), "col_var": param.new_zeros((*param.shape[:-2], 1, param.shape[-1]))}
        return {**kept, "variance": zeros_like(param)}

    def _decay(self, param: Any, grad: Any, group: dict[str, Any]) -> Any:
        return grad  # the parameter decays after it has been measured

    def _update_one(self, param: Any, grad: Any, kept: dict[str, Any], group: dict[str, Any]) -> None:
        lr, steps, (least, smallest) = to_scalar(group["lr"]), kept["step"].item(), group["eps"]
        least = finfo(param.dtype).eps if least is None else least
        share = steps ** group["beta2_decay"]
        rate = max(smallest, _root_mean_square(param)) * min(lr, 1 / math.sqrt(steps))
        param.mul_(1 - lr * group["weight_decay"])
        if grad.dim() > 1:
            row, column = kept["row_var"], kept["col_var"]
            row.lerp_(grad.norm(dim=-1, keepdim=True).square_().div_(grad.shape[-1]), share)
            column.lerp_(grad.norm(dim=-2, keepdim=True).square_().div_(grad.shape[-2]), share)
            variance = (row @ column).div_(row.mean(dim=-2, keepdim=True).clamp_(min=least))
        else:
            variance = kept["variance"].lerp_(grad * grad, share).clone()
        change = variance.clamp_(min=least * least).rsqrt_().mul_(grad)
        param.add_(change, alpha=-rate / max(1.0, _root_mean_square(change) / group["d"]))


def _root_mean_square(x: Any) -> float:
    return float(x.norm(2).item() / math.sqrt(x.numel()))


class Muon(Optimizer):
    """Muon (Jordan et al. 2024): momentum whose matrix is made nearly orthogonal; for parameters with two dimensions.

    For each parameter w with gradient g::

        b <- b + (1 - momentum) * (g - b)
        u = orthogonal part of  g + momentum * (b - g)  if nesterov, else of b
        w <- w * (1 - lr * weight_decay) - lr * f * u

    The orthogonal part is that of ``ns_steps`` iterations ``x <- a x + (b x x' + c (x x')**2) x``, (a, b, c) the ``ns_coefficients``, in
    bfloat16, from ``x / max(norm, eps)``. The factor f is ``sqrt(max(1, rows / columns))``, with ``adjust_lr_fn="match_rms_adamw"`` it is
    ``0.2 * sqrt(max(rows, columns))``. ``state`` has ``momentum_buffer`` (b). ValueError for options out of range and for other parameters.
    """

    def __init__(self, params: Any, lr: float = 1e-3, weight_decay: float = 0.1, momentum: float = 0.95, nesterov: bool = True,
                 ns_coefficients: Any = (3.4445, -4.775, 2.0315), eps: float = 1e-7, ns_steps: int = 5, adjust_lr_fn: str | None = None) -> None:
        _check_lr(lr)
        _require(momentum >= 0.0, f"momentum should be >= 0 but is: {momentum}")
        _require(weight_decay >= 0.0, f"weight decay should be >= 0 but is: {weight_decay}")
        known = adjust_lr_fn in (None, "original", "match_rms_adamw")
        _require(known, f"Adjust learning rate function {adjust_lr_fn} is not supported")
        super().__init__(params, {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov, "ns_coefficients": ns_coefficients, "eps": eps,
            "ns_steps": ns_steps, "adjust_lr_fn": adjust_lr_fn,
        })  # fmt: skip
        for group in self.param_groups:
            for param in group["params"]:
                _require(param.dim() == 2, f"Muon only supports 2D parameters whereas we found a parameter with size: {param.size()}")

    def step(self, closure: Any = None) -> Any:
        """Update all parameters that have a gradient; returns what ``closure`` returned."""
        return self._run(closure, self._update)

    def _update(self, group: dict[str, Any]) -> None:
        lr = to_scalar(group["lr"])
        for param in group["params"]:
            if param.grad is None:
                continue
            if param.is_complex():
                raise RuntimeError("Muon does not support complex parameters")
            kept, grad = self.state[param], param.grad
            if not kept:
                kept["momentum_buffer"] = zeros_like(grad)
            buffer = kept["momentum_buffer"].lerp_(grad, 1 - group["momentum"])
            change = _orthogonal(grad.lerp(buffer, group["momentum"]) if group["nesterov"] else buffer, group)
            rows, columns = param.shape
            if group["adjust_lr_fn"] == "match_rms_adamw":
                factor = 0.2 * math.sqrt(max(rows, columns))
            else:
                factor = math.sqrt(max(1, rows / columns))
            param.mul_(1 - lr * group["weight_decay"]).add_(change, alpha=-lr * factor)


def _orthogonal(matrix: Any, group: dict[str, Any]) -> Any:
    """``matrix`` with singular values near 1, by Newton and Schulz's iteration in bfloat16."""
    _require(group["ns_steps"] < 100, "Number of steps must be less than 100 for computational efficiency")
    _require(len(group["ns_coefficients"]) == 3, "Coefficients must be a tuple of exactly 3 values")
    a, b, c = group["ns_coefficients"]
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.to(bfloat16)
    x = x.t() if tall else x
    x = x / x.norm().clamp(min=group["eps"])
    for _ in range(group["ns_steps"]):
        gram = x @ x.t()
        x = addmm(x, addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.t() if tall else x
