"""L-BFGS."""

from __future__ import annotations

from typing import Any, Callable

from ..autograd.modes import enable_grad, no_grad
from ..ops.joining.joining import cat
from ..ops.views.reinterpretation import view_as_real
from ..tensor import Tensor
from .line_search import strong_wolfe
from .optimizer import Optimizer, to_scalar
from .per_parameter import check_lr

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """Limited-memory BFGS (Nocedal 1980), optionally with a line search for the strong Wolfe conditions.

    One call of :meth:`step` makes up to ``max_iter`` iterations, each along ``-H g``, H the inverse Hessian that the last ``history_size`` pairs of
    steps and changes of the gradient imply, and evaluates ``closure`` up to ``max_eval`` times (5/4 of ``max_iter`` unless given). It ends
    when the largest element of the gradient is at most ``tolerance_grad``, or when the step or the change of the loss is at most
    ``tolerance_change``. All parameters stand in one group (ValueError), which makes one vector of them; ``state`` of the first has all that is
    kept. ``line_search_fn`` is None, for steps of ``lr`` (the first of all at most 1 / the sum of absolute gradients), or "strong_wolfe".
    """

    def __init__(self, params: Any, lr: Any = 1, max_iter: int = 20, max_eval: int | None = None, tolerance_grad: float = 1e-7,
                 tolerance_change: float = 1e-9, history_size: int = 100, line_search_fn: str | None = None) -> None:
        check_lr(lr)
        super().__init__(params, {
            "lr": lr, "max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval, "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change, "history_size": history_size, "line_search_fn": line_search_fn,
        })  # fmt: skip
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        self._params = self.param_groups[0]["params"]

    # -- all parameters as one vector ----------------------------------------------------------------
    def _gradient(self) -> Any:
        parts = []
        for p in self._params:
            part = p.new_zeros(p.numel()) if p.grad is None else p.grad.reshape(-1)
            parts.append(view_as_real(part).reshape(-1) if part.is_complex() else part)
        return cat(parts, 0)

    def _move(self, length: Any, direction: Any) -> None:
        """``w <- w + length * direction``."""
        start = 0
        for p in self._params:
            part = view_as_real(p) if p.is_complex() else p
            part.add_(direction[start : start + part.numel()].view_as(part), alpha=length)
            start += part.numel()

    def _tried(self, closure: Callable[[], Any], length: Any, direction: Any) -> tuple[float, Any]:
        """The loss and the gradient of a step, which is taken back."""
        before = [p.clone() for p in self._params]
        self._move(length, direction)
        loss = _number(closure())
        gradient = self._gradient()
        for p, old in zip(self._params, before):
            p.copy_(old)
        return loss, gradient

    # -- the step ----------------------------------------------------------------------------------
    @no_grad()
    def step(self, closure: Any) -> Any:  # type: ignore[override]
        """Several iterations; returns the loss at the start, as ``closure`` gave it."""
        closure = enable_grad()(closure)
        group = self.param_groups[0]
        kept = self.state[self._params[0]]
        kept.setdefault("func_evals", 0)
        kept.setdefault("n_iter", 0)
        first = closure()
        loss = _number(first)
        evaluations = 1
        kept["func_evals"] += 1
        gradient = self._gradient()
        if gradient.abs().max() <= group["tolerance_grad"]:
            return first
        memory = {name: kept.get(name) for name in ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")}
        for iteration in range(1, group["max_iter"] + 1):
            kept["n_iter"] += 1
            self._remember(kept, memory, gradient, group["history_size"])
            direction, previous_loss = memory["d"], loss
            memory["prev_flat_grad"], memory["prev_loss"] = gradient.clone(), loss
            lr = to_scalar(group["lr"])
            length: Any = min(1.0, 1.0 / gradient.abs().sum()) * lr if kept["n_iter"] == 1 else lr
            memory["t"] = length
            slope = gradient.dot(direction)
            if slope > -group["tolerance_change"]:
                break
            used = 0
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                loss, gradient, length, used = strong_wolfe(
                    lambda t: self._tried(closure, t, direction), length, direction.abs().max(), loss, gradient, slope,  # noqa: B023
                    lambda g: g.dot(direction), group["max_eval"] - evaluations)  # noqa: B023
                self._move(length, direction)
                done = bool(gradient.abs().max() <= group["tolerance_grad"])
            else:
                self._move(length, direction)
                done = False
                if iteration != group["max_iter"]:
                    with enable_grad():
                        loss = _number(closure())
                    gradient = self._gradient()
                    done = bool(gradient.abs().max() <= group["tolerance_grad"])
                    used = 1
            memory["t"] = length
            evaluations += used
            kept["func_evals"] += used
            if (evaluations >= group["max_eval"] or done or bool(direction.mul(length).abs().max() <= group["tolerance_change"])
                    or abs(loss - previous_loss) < group["tolerance_change"]):
                break
        kept.update(memory)
        return first

    def _remember(self, kept: dict[str, Any], memory: dict[str, Any], gradient: Any, history: int) -> None:
        """The next direction, from the pairs that are kept and the one that the last step adds."""
        if kept["n_iter"] == 1:
            memory.update(d=gradient.neg(), t=None, old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return
        change, step = gradient.sub(memory["prev_flat_grad"]), memory["d"].mul(memory["t"])
        curvature = change.dot(step)
        if curvature > 1e-10:
            if len(memory["old_dirs"]) == history:
                for name in ("old_dirs", "old_stps", "ro"):
                    memory[name].pop(0)
            memory["old_dirs"].append(change)
            memory["old_stps"].append(step)
            memory["ro"].append(1.0 / curvature)
            memory["H_diag"] = curvature / change.dot(change)
        kept.setdefault("al", [None] * history)
        direction = gradient.neg()
        pairs = list(zip(memory["old_dirs"], memory["old_stps"], memory["ro"]))
        for i in range(len(pairs) - 1, -1, -1):
            changed, stepped, weight = pairs[i]
            kept["al"][i] = stepped.dot(direction) * weight
            direction.add_(changed, alpha=-kept["al"][i])
        direction = direction.mul(memory["H_diag"])
        for i, (changed, stepped, weight) in enumerate(pairs):
            direction.add_(stepped, alpha=kept["al"][i] - changed.dot(direction) * weight)
        memory["d"] = direction


def _number(loss: Any) -> float:
    """What ``closure`` returned as a number: a tensor of one element, or a number."""
    return float(loss.detach() if isinstance(loss, Tensor) else loss)
