"""Tools for networks: the size of gradients, parameters as one vector, parametrized and normalised weights, sequences of different lengths."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ...foundation.paths import attach, missing
from . import parametrizations, parametrize, rnn
from .fusion import fuse_conv_bn_eval, fuse_conv_bn_weights, fuse_linear_bn_eval, fuse_linear_bn_weights
from .gradients import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
    parameters_to_vector,
    vector_to_parameters,
)
from .init import skip_init
from .memory_format import convert_conv2d_weight_memory_format, convert_conv3d_weight_memory_format
from .spectral_norm import remove_spectral_norm, spectral_norm
from .weight_norm import remove_weight_norm, weight_norm

if TYPE_CHECKING:
    from . import prune as prune

__all__ = [
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "convert_conv2d_weight_memory_format",
    "convert_conv3d_weight_memory_format", "fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights",
    "get_total_norm", "parameters_to_vector", "parametrizations", "parametrize", "remove_spectral_norm", "remove_weight_norm", "rnn", "skip_init",
    "spectral_norm", "vector_to_parameters", "weight_norm",
]  # fmt: skip

# Torch's files, and what is in them.
attach(__name__, {
    "clip_grad": "clip_grad_norm clip_grad_norm_ clip_grad_value_ clip_grads_with_norm_ get_total_norm _clip_grads_with_norm_=clip_grads_with_norm_ "
    "_get_total_norm=get_total_norm",
    "convert_parameters": "parameters_to_vector vector_to_parameters",
    "stateless": "func.modules: functional_call=_deprecated_functional_call",
})  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import what not every program needs when it is first asked for."""
    if name == "prune":
        return import_module(f"{__name__}.prune")
    raise missing(__name__, name)
