"""Scaling of losses, so that small gradients do not vanish in float16."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any
from warnings import warn

from ..autograd.modes import no_grad
from ..foundation.devices import load_optional_backends
from ..foundation.dtypes import float16, float32, int32
from ..ops.creation.filled import full
from ..tensor import Tensor

__all__ = ["GradScaler", "OptState"]


class OptState(Enum):
    """What has been done with an optimizer's gradients since the last update."""

    READY = 0
    UNSCALED = 1
    STEPPED = 2


class _OfOptimizer:
    """The stage of one optimizer, and on each device whether it had a gradient that is not finite (1) or not (0)."""

    def __init__(self) -> None:
        self.stage = OptState.READY
        self.found_inf: dict[Any, Any] = {}


def _require(condition: bool, text: str) -> None:
    if not condition:
        raise AssertionError(text)


_LATE = "Attempted {0} but {1} is None.  This may indicate your script did not use scaler.scale(loss or outputs) earlier in the iteration."
_NEW_SCALE = "new_scale should be a float or a 1-element torch.cuda.FloatTensor or torch.FloatTensor with requires_grad=False."


class GradScaler:
    """Multiplies losses by a scale, divides gradients by it, and leaves out the steps whose gradients are not finite.

    ``scaler.scale(loss).backward(); scaler.step(optimizer); scaler.update()``. The update multiplies the scale by ``backoff_factor`` after a step
    that was left out, and by ``growth_factor`` after ``growth_interval`` steps in a row that were not. ``unscale_(optimizer)`` divides before the
    step, for clipping. RuntimeError for calls in another order; AssertionError for factors that do not grow or shrink. Disabled, with a warning,
    for a GPU that is not there.
    """

    def __init__(self, device: str = "cuda", init_scale: float = 2.0**16, growth_factor: float = 2.0, backoff_factor: float = 0.5,
                 growth_interval: int = 2000, enabled: bool = True) -> None:  # fmt: skip
        self._device = device
        if enabled and device == "cuda" and not load_optional_backends("cuda"):
            warn("torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.", stacklevel=2)
            enabled = False
        self._enabled = enabled
        if not enabled:
            return
        _require(growth_factor > 1.0, "The growth factor must be > 1.0.")
        _require(backoff_factor < 1.0, "The backoff factor must be < 1.0.")
        self._init_scale, self._init_growth_tracker = init_scale, 0
        self._growth_factor, self._backoff_factor, self._growth_interval = growth_factor, backoff_factor, growth_interval
        self._scale: Any = None
        self._growth_tracker: Any = None
        self._optimizers: dict[int, _OfOptimizer] = {}

    def _of(self, optimizer: Any) -> _OfOptimizer:
        return self._optimizers.setdefault(id(optimizer), _OfOptimizer())

    def _check_started(self, caller: str) -> None:
        _require(self._scale is not None, _LATE.format(caller, "_scale"))
        _require(self._growth_tracker is not None, _LATE.format(caller, "_growth_tracker"))

    def scale(self, outputs: Any) -> Any:
        """A tensor, or the tensors of an iterable, times the scale; ValueError for anything else."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            if self._scale is None:
                self._scale = full((), self._init_scale, dtype=float32, device=outputs.device)
                self._growth_tracker = full((), self._init_growth_tracker, dtype=int32, device=outputs.device)
            return outputs * self._scale.to(outputs.device)
        if isinstance(outputs, Iterable):
            scaled = map(self.scale, outputs)
            return type(outputs)(scaled) if isinstance(outputs, (list, tuple)) else scaled  # type: ignore[call-arg]
        raise ValueError("outputs must be a Tensor or an iterable of Tensors")

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of an optimizer's parameters by the scale; ValueError for gradients in float16."""
        if not self._enabled:
            return
        self._check_started("unscale_")
        state = self._of(optimizer)
        if state.stage is OptState.UNSCALED:
            raise RuntimeError("unscale_() has already been called on this optimizer since the last update().")
        if state.stage is OptState.STEPPED:
            raise RuntimeError("unscale_() is being called after step().")
        inverse = self._scale.double().reciprocal().float()
        with no_grad():
            for gradient in [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]:
                if gradient.dtype is float16:
                    raise ValueError("Attempting to unscale FP16 gradients.")
                where = gradient.device
                found = state.found_inf.get(where, full((), 0.0, dtype=float32, device=where))
                if not gradient.isfinite().all():
                    found = full((), 1.0, dtype=float32, device=where)
                state.found_inf[where] = found
                gradient.mul_(inverse.to(where))
        state.stage = OptState.UNSCALED

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """The optimizer's step, unless a gradient is not finite; gradients are divided by the scale first, if that has not been done."""
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        self._check_started("step")
        state = self._of(optimizer)
        if state.stage is OptState.STEPPED:
            raise RuntimeError("step() has already been called since the last update().")
        if state.stage is OptState.READY:
            self.unscale_(optimizer)
        _require(bool(state.found_inf), "No inf checks were recorded for this optimizer.")
        result = None if any(found.item() for found in state.found_inf.values()) else optimizer.step(*args, **kwargs)
        state.stage = OptState.STEPPED
        return result

    def update(self, new_scale: Any = None) -> None:
        """Change the scale as the last steps went, or to a given one."""
        if not self._enabled:
            return
        self._check_started("update")
        if isinstance(new_scale, float):
            self._scale.fill_(new_scale)
        elif new_scale is not None:
            _require(new_scale.device.type == self._device and new_scale.numel() == 1 and not new_scale.requires_grad, _NEW_SCALE)
            self._scale.copy_(new_scale)
        else:
            found = [found for state in self._optimizers.values() for found in state.found_inf.values()]
            _require(bool(found), "No inf checks were recorded prior to update.")
            if any(each.item() for each in found):
                self._scale.mul_(self._backoff_factor)
                self._growth_tracker.fill_(0)
            elif self._growth_tracker.item() + 1 == self._growth_interval:
                grown = self._scale * self._growth_factor
                if grown.isfinite():
                    self._scale.copy_(grown)
                self._growth_tracker.fill_(0)
            else:
                self._growth_tracker.add_(1)
        self._optimizers = {}

    def get_scale(self) -> float:
        """The scale; 1 if disabled."""
        if not self._enabled:
            return 1.0
        return self._init_scale if self._scale is None else self._scale.item()

    def get_growth_factor(self) -> float:
        """By what the scale grows."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set by what the scale grows."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """By what the scale shrinks."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set by what the scale shrinks."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """After how many steps the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set after how many steps the scale grows."""
        self._growth_interval = new_interval

    def _get_growth_tracker(self) -> int:
        if not self._enabled:
            return 0
        return self._init_growth_tracker if self._growth_tracker is None else self._growth_tracker.item()

    def is_enabled(self) -> bool:
        """Whether it scales anything."""
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """The scale, the factors, the interval, and the steps since the scale changed; empty if disabled."""
        if not self._enabled:
            return {}
        return {"scale": self.get_scale(), "growth_factor": self._growth_factor, "backoff_factor": self._backoff_factor,
                "growth_interval": self._growth_interval, "_growth_tracker": self._get_growth_tracker()}  # fmt: skip

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a :meth:`state_dict`; RuntimeError for that of a disabled scaler."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError("The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler.")
        self._init_scale, self._init_growth_tracker = state_dict["scale"], state_dict["_growth_tracker"]
        self._growth_factor, self._backoff_factor = state_dict["growth_factor"], state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        if self._scale is not None:
            self._scale.fill_(state_dict["scale"])
            self._growth_tracker.fill_(state_dict["_growth_tracker"])

    def __getstate__(self) -> dict[str, Any]:
        state = dict(vars(self))
        if self._enabled:
            _require(not self._optimizers, "A GradScaler instance may only be pickled at the beginning of an iteration, or at the end after "
                     "scaler.update().")  # fmt: skip
            state |= {"_init_scale": self.get_scale(), "_init_growth_tracker": self._get_growth_tracker(), "_scale": None, "_growth_tracker": None}
        return state
