"""Autocast: products in a lower precision, what needs more in float32, without a change of the program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial, wraps
from typing import Any, Literal
from warnings import warn

from ..autograd.modes import modes
from ..foundation.devices import load_optional_backends
from ..foundation.dtypes import bfloat16, float16, float64
from ..tensor import Tensor
from .policies import install
from .state import get_autocast_dtype, is_autocast_available

__all__ = ["autocast", "autocast_decorator", "custom_bwd", "custom_fwd", "is_autocast_available"]

install()


class autocast:
    """In this block, or in the functions that it decorates, operations cast their floating point arguments (not float64) as torch's lists say: to
    ``dtype`` for products and convolutions, to float32 for losses, decompositions, transforms and others, and nothing else.

    The dtype is bfloat16 on the CPU unless said (float16 on a GPU, where the lists are those of the CPU). Gradients are cast back. A warning, and
    no effect, for another dtype than these two and for a GPU that is not there; ValueError for a device type that is no string, RuntimeError for an
    unknown one.

    >>> with autocast("cpu"):
    ...     y = ones(2, 2) @ ones(2, 2)
    >>> y.dtype
    torch.bfloat16
    """

    def __init__(self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        if not is_autocast_available(device_type):
            raise RuntimeError(f"User specified an unsupported autocast device_type '{device_type}'")
        self.device = device_type
        self.fast_dtype = get_autocast_dtype(device_type) if dtype is None else dtype
        self._cache_enabled = modes.autocast_cache if cache_enabled is None else cache_enabled
        if enabled and device_type == "cuda" and not load_optional_backends("cuda"):
            warn("CUDA is not available or torch_xla is imported. Disabling autocast.", stacklevel=2)
            enabled = False
        elif enabled and self.fast_dtype not in (bfloat16, float16):
            name = device_type.upper()
            warn(
                f"In {name} autocast, but the target dtype is not supported. Disabling autocast.\n"
                f"{name} Autocast only supports dtypes of torch.bfloat16, torch.float16 currently.",
                stacklevel=2,
            )
            enabled = False
        self._enabled = enabled
        self._before: list[Any] = []

    def __enter__(self) -> autocast:
        self._before.append((modes.autocast, modes.autocast_dtypes, modes.autocast_cache))
        targets = {kind: target for kind, target in (modes.autocast or {}).items() if kind != self.device}
        if self._enabled:
            targets[self.device] = self.fast_dtype
        modes.autocast = targets or None
        modes.autocast_dtypes = {**(modes.autocast_dtypes or {}), self.device: self.fast_dtype}
        modes.autocast_cache = self._cache_enabled
        modes.autocast_nesting += 1
        return self

    def __exit__(self, *exception: object) -> Literal[False]:
        modes.autocast, modes.autocast_dtypes, modes.autocast_cache = self._before.pop()
        modes.autocast_nesting -= 1
        return False

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        if not callable(func):
            raise TypeError(
                f"autocast()(func) requires a callable, but got {type(func).__name__}. Did you mean to use autocast as a context manager? "
                "For example:\n    with torch.autocast(device_type=...):\n        output = model(input)"
            )
        return autocast_decorator(self, func)


def autocast_decorator(autocast_instance: autocast, func: Callable[..., Any]) -> Callable[..., Any]:
    """The function, run inside of an autocast."""

    @wraps(func)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        with autocast_instance:
            return func(*args, **kwargs)

    return decorated


# -- custom functions ------------------------------------------------------------------------------


def _require_string(device_type: Any) -> None:
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")


def _cast(value: Any, device_type: str, dtype: Any) -> Any:
    if isinstance(value, Tensor):
        eligible = value.is_floating_point() and value.device.type == device_type and value.dtype is not float64
        return value.to(dtype) if eligible else value
    if isinstance(value, Mapping):
        return {_cast(key, device_type, dtype): _cast(each, device_type, dtype) for key, each in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        cast = (_cast(each, device_type, dtype) for each in value)
        return type(value)(cast) if isinstance(value, (list, tuple)) else cast  # type: ignore[call-arg]
    return value


def custom_fwd(fwd: Any = None, *, device_type: str, cast_inputs: Any = None) -> Any:
    """A decorator of a custom function's ``forward``: inside of an autocast its inputs are cast to ``cast_inputs`` and nothing else is cast; without
    it, ``forward`` is autocast, and ``backward`` in the same way."""
    _require_string(device_type)
    if fwd is None:
        return partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @wraps(fwd)
    def forward(*args: Any, **kwargs: Any) -> Any:
        ctx, active = args[0], device_type in (modes.autocast or {})
        ctx._dtype = get_autocast_dtype(device_type)
        ctx._fwd_used_autocast = active and cast_inputs is None
        if cast_inputs is None or not active:
            return fwd(*args, **kwargs)
        with autocast(device_type, enabled=False):
            return fwd(*_cast(args, device_type, cast_inputs), **_cast(kwargs, device_type, cast_inputs))

    return forward


def custom_bwd(bwd: Any = None, *, device_type: str) -> Any:
    """A decorator of a custom function's ``backward``, which is autocast if its ``forward`` was."""
    _require_string(device_type)
    if bwd is None:
        return partial(custom_bwd, device_type=device_type)

    @wraps(bwd)
    def backward(*args: Any, **kwargs: Any) -> Any:
        with autocast(device_type, enabled=args[0]._fwd_used_autocast, dtype=args[0]._dtype):
            return bwd(*args, **kwargs)

    return backward
