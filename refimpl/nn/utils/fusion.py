"""A batch normalisation in evaluation, whose statistics are fixed, made a part of the layer before it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ...ops.creation.like_another import ones_like, zeros_like
from ..parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]


def _require(condition: bool, text: str) -> None:
    if not condition:
        raise AssertionError(text)


def _fused(layer: Any, bn: Any, fuse: Any, *options: Any) -> Any:
    _require(not (layer.training or bn.training), "Fusion only for eval!")
    _require(bn.running_mean is not None and bn.running_var is not None, "bn.running_mean and bn.running_var must not be None")
    fused = deepcopy(layer)
    fused.weight, fused.bias = fuse(fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, *options)
    return fused


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """A copy of a convolution that computes what it and a batch normalisation behind it compute, both in evaluation (AssertionError otherwise)."""
    return _fused(conv, bn, fuse_conv_bn_weights, transpose)


def fuse_conv_bn_weights(conv_w: Any, conv_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any,
                         transpose: bool = False) -> tuple[Any, Any]:  # fmt: skip
    """The weight and the bias of the fused convolution; ``transpose`` for a transposed one."""
    kind = conv_w.dtype if conv_b is None else conv_b.dtype
    conv_b = zeros_like(bn_rm) if conv_b is None else conv_b
    bn_w = ones_like(bn_rm) if bn_w is None else bn_w
    bn_b = zeros_like(bn_rm) if bn_b is None else bn_b
    scale = (bn_rv + bn_eps).rsqrt()
    shape = [1, -1] if transpose else [-1, 1]
    weight = (conv_w * (bn_w * scale).reshape(*shape, *[1] * (conv_w.dim() - 2))).to(conv_w.dtype)
    bias = ((conv_b - bn_rm) * scale * bn_w + bn_b).to(kind)
    return Parameter(weight, conv_w.requires_grad), Parameter(bias, conv_b.requires_grad)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A copy of a linear layer that computes what it and a batch normalisation behind it compute, both in evaluation; AssertionError otherwise, and
    if they do not have equally many features (or the normalisation one)."""
    fits = linear.out_features == bn.num_features or bn.num_features == 1
    _require(not (linear.training or bn.training), "Fusion only for eval!")
    _require(fits, "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
             f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}")  # fmt: skip
    return _fused(linear, bn, fuse_linear_bn_weights)


def fuse_linear_bn_weights(linear_w: Any, linear_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any) -> tuple[Any, Any]:
    """The weight and the bias of the fused linear layer."""
    kind = linear_w.dtype if linear_b is None else linear_b.dtype
    linear_b = zeros_like(bn_rm) if linear_b is None else linear_b
    scale = bn_w * (bn_rv + bn_eps).rsqrt()
    weight = linear_w * scale.unsqueeze(-1).to(linear_w.dtype)
    bias = ((linear_b - bn_rm) * scale + bn_b).to(kind)
    return Parameter(weight, linear_w.requires_grad), Parameter(bias, linear_b.requires_grad)
