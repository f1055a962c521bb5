"""Automatic differentiation: the tape, its engine, the grad modes, custom functions, and numerical checks."""

from .engine import backward, grad
from .function import Function
from .gradcheck import gradcheck, gradgradcheck
from .graph import AccumulateGrad, Node
from .modes import detect_anomaly, enable_grad, inference_mode, is_grad_enabled, is_inference_mode_enabled, no_grad, set_detect_anomaly, set_grad_enabled

__all__ = [
    "AccumulateGrad", "Function", "Node", "backward", "detect_anomaly", "enable_grad", "grad", "gradcheck", "gradgradcheck", "inference_mode",
    "is_grad_enabled", "is_inference_mode_enabled", "no_grad", "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip
