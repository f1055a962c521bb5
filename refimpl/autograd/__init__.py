"""Automatic differentiation: the tape, its engine, the grad modes, custom functions, and numerical checks."""

from .engine import backward, grad
from .modes import (
    detect_anomaly,
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_detect_anomaly,
    set_grad_enabled,
)
from .nodes import AccumulateGrad, Node

__all__ = [
    "AccumulateGrad", "Function", "Node", "backward", "detect_anomaly", "enable_grad", "grad", "gradcheck", "gradgradcheck", "inference_mode",
    "is_grad_enabled", "is_inference_mode_enabled", "no_grad", "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip


def __getattr__(name: str) -> object:
    """Import the parts that not every program needs when they are first asked for."""
    from importlib import import_module

    if name in ("functional", "graph"):
        return import_module(f"{__name__}.{name}")
    if name in ("function", "Function"):
        module = import_module(f"{__name__}.function")
        return module if name == "function" else module.Function
    if name in ("gradcheck", "gradgradcheck"):
        return getattr(import_module(f"{__name__}.numerical"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
