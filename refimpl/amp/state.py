"""The state of autocast: what is switched on, and for which dtype. An :class:`refimpl.amp.autocast` sets and restores it."""

from __future__ import annotations

from typing import Any, overload
from warnings import warn

from ..autograd.modes import modes
from ..foundation.devices import device
from ..foundation.dtypes import bfloat16, dtype, float16

__all__ = [
    "autocast_decrement_nesting", "autocast_increment_nesting", "clear_autocast_cache", "get_autocast_cpu_dtype", "get_autocast_dtype",
    "get_autocast_gpu_dtype", "is_autocast_available", "is_autocast_cache_enabled", "is_autocast_cpu_enabled", "is_autocast_enabled",
    "set_autocast_cache_enabled", "set_autocast_cpu_dtype", "set_autocast_cpu_enabled", "set_autocast_dtype", "set_autocast_enabled",
    "set_autocast_gpu_dtype",
]  # fmt: skip

_DEFAULTS = {"cpu": bfloat16, "cuda": float16}


def is_autocast_available(device_type: str) -> bool:
    """Whether there is autocast for a type of device; RuntimeError if there is no such type."""
    return device(device_type).type in _DEFAULTS


def _available(device_type: Any, message: str, function: str) -> str:
    if not isinstance(device_type, str):
        raise TypeError(f"{function}(): argument 'device_type' (position 1) must be str, not {type(device_type).__name__}")
    if not is_autocast_available(device_type):
        raise RuntimeError(message)
    return device_type


def get_autocast_dtype(device_type: str) -> dtype:
    """The lower dtype of a type of device: that of the autocast one is in, switched on or not. RuntimeError where there is no autocast."""
    kind = _available(device_type, "unsupported scalarType", "get_autocast_dtype")
    return (modes.autocast_dtypes or _DEFAULTS).get(kind, _DEFAULTS[kind])


def set_autocast_dtype(device_type: str, dtype: dtype) -> None:
    """Set the lower dtype of a type of device."""
    kind = _available(device_type, "unknown device type for autocast in get_autocast_dispatch_key_from_device_type", "set_autocast_dtype")
    _require_dtype(dtype, "set_autocast_dtype(): argument 'dtype' (position 2) must be torch.dtype, not {}")
    modes.autocast_dtypes = {**(modes.autocast_dtypes or {}), kind: dtype}
    if kind in (modes.autocast or {}):
        modes.autocast = {**modes.autocast, kind: dtype}


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether calls on a type of device are cast now; RuntimeError where there is no autocast."""
    message = "unknown device type for autocast in get_autocast_dispatch_key_from_device_type"
    return _available(device_type, message, "is_autocast_enabled") in (modes.autocast or {})


@overload
def set_autocast_enabled(device_type: str, enabled: bool) -> None: ...
@overload
def set_autocast_enabled(device_type: bool) -> None: ...
def set_autocast_enabled(device_type: Any, enabled: Any = None) -> None:
    """Switch the casts on or off for a type of device, or, with a bool alone, for a GPU."""
    kind, value = ("cuda", device_type) if enabled is None else (device_type, enabled)
    if not isinstance(value, bool):
        raise TypeError(f"set_autocast_enabled(): argument 'enabled' (position {2 - (enabled is None)}) must be bool, not {type(value).__name__}")
    kind = _available(kind, "unknown device type for autocast in get_autocast_dispatch_key_from_device_type", "set_autocast_enabled")
    targets = {other: target for other, target in (modes.autocast or {}).items() if other != kind}
    if value:
        targets[kind] = get_autocast_dtype(kind)
    modes.autocast = targets or None


def is_autocast_cache_enabled() -> bool:
    """Whether torch would keep the casts of weights. (Here nothing is kept: casting once or twice makes no difference to a value.)"""
    return modes.autocast_cache


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Say whether casts of weights are kept; without effect on values."""
    if not isinstance(enabled, bool):
        raise TypeError(f"enabled must be a bool (got {type(enabled).__name__})")
    modes.autocast_cache = enabled


def clear_autocast_cache() -> None:
    """Forget the casts that are kept: there are none."""


def autocast_increment_nesting() -> int:
    """Count one more autocast around what follows."""
    modes.autocast_nesting += 1
    return modes.autocast_nesting


def autocast_decrement_nesting() -> int:
    """Count one less autocast around what follows."""
    modes.autocast_nesting -= 1
    return modes.autocast_nesting


def _require_dtype(value: Any, message: str = "dtype must be a torch.dtype (got {})") -> None:
    if not isinstance(value, dtype):
        raise TypeError(message.format(type(value).__name__))


# -- the names of old ------------------------------------------------------------------------------


def _deprecated(name: str, arguments: str, instead: str) -> None:
    warn(f"torch.{name}({arguments}) is deprecated. Please use torch.{instead} instead.", DeprecationWarning, stacklevel=3)


def is_autocast_cpu_enabled() -> bool:
    """``is_autocast_enabled("cpu")``; deprecated."""
    _deprecated("is_autocast_cpu_enabled", "", "is_autocast_enabled('cpu')")
    return is_autocast_enabled("cpu")


def set_autocast_cpu_enabled(enabled: bool) -> None:
    """``set_autocast_enabled("cpu", enabled)``; deprecated."""
    _deprecated("set_autocast_cpu_enabled", "enabled", "set_autocast_enabled('cpu', enabled)")
    if not isinstance(enabled, bool):
        raise TypeError(f"enabled must be a bool (got {type(enabled).__name__})")
    set_autocast_enabled("cpu", enabled)


def get_autocast_cpu_dtype() -> dtype:
    """``get_autocast_dtype("cpu")``; deprecated."""
    _deprecated("get_autocast_cpu_dtype", "", "get_autocast_dtype('cpu')")
    return get_autocast_dtype("cpu")


def get_autocast_gpu_dtype() -> dtype:
    """``get_autocast_dtype("cuda")``; deprecated."""
    _deprecated("get_autocast_gpu_dtype", "", "get_autocast_dtype('cuda')")
    return get_autocast_dtype("cuda")


def set_autocast_cpu_dtype(dtype: dtype) -> None:
    """``set_autocast_dtype("cpu", dtype)``; deprecated."""
    _deprecated("set_autocast_cpu_dtype", "dtype", "set_autocast_dtype('cpu', dtype)")
    _require_dtype(dtype)
    set_autocast_dtype("cpu", dtype)


def set_autocast_gpu_dtype(dtype: dtype) -> None:
    """``set_autocast_dtype("cuda", dtype)``; deprecated."""
    _deprecated("set_autocast_gpu_dtype", "dtype", "set_autocast_dtype('cuda', dtype)")
    _require_dtype(dtype)
    set_autocast_dtype("cuda", dtype)
