"""Automatic differentiation: the tape, its engine, the grad modes, custom functions, and numerical checks."""

from ..foundation.paths import attach, missing
from ..tensor.variable import Variable
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
    "AccumulateGrad", "Function", "Node", "Variable", "backward", "detect_anomaly", "enable_grad", "grad", "gradcheck", "gradgradcheck",
    "inference_mode", "is_grad_enabled", "is_inference_mode_enabled", "no_grad", "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip


# Torch's files, and what is in them.
attach(__name__, {
    "anomaly_mode": "detect_anomaly set_detect_anomaly",
    "grad_mode": "enable_grad inference_mode no_grad set_grad_enabled",
    "variable": "Variable tensor.variable: VariableMeta",
    "profiler": "profiler: record_function profile=_OfAutograd",
    "gradcheck": "autograd.numerical: GradcheckError gradcheck gradgradcheck",
})  # fmt: skip


def __getattr__(name: str) -> object:
    """Import the parts that not every program needs when they are first asked for."""
    from importlib import import_module

    if name in ("forward_ad", "functional", "graph"):
        return import_module(f"{__name__}.{name}")
    if name in ("function", "Function"):
        module = import_module(f"{__name__}.function")
        return module if name == "function" else module.Function
    if name in ("gradcheck", "gradgradcheck"):
        return getattr(import_module(f"{__name__}.numerical"), name)
    raise missing(__name__, name)
