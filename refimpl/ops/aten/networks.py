"""The overloads of aten that a graph of a network's training has: the batch norms, and the formulas of gradients as operators of their own.

A gradient that ``output_mask`` does not ask for is None. All is evaluated in binary64, or in exact sums, and rounded once.
"""

from __future__ import annotations

from typing import Any

from ...foundation.dtypes import float64
from ...operations.operation import operations
from ...tensor import suggested_format
from ..convolution import convolution as conv
from ..nn.embeddings.bags import SUM, _bags
from ..nn.embeddings.lookup import _embedding_gradient
from ..nn.normalisation.layers import _by_channel, _in_channels, _in_groups
from ..nn.softmax import wide


def _batch_norm(input: Any, weight: Any, bias: Any, running_mean: Any = None, running_var: Any = None, training: bool = False, *,
                momentum: float, eps: float) -> Any:  # fmt: skip
    return operations["native_batch_norm"].function(input, weight, bias, running_mean, running_var, training, momentum, eps)


def _embedding_bag(weight: Any, indices: Any, offsets: Any, scale_grad_by_freq: bool, mode: int, sparse: bool, per_sample_weights: Any,
                   include_last_offset: bool, padding_idx: int) -> Any:  # fmt: skip
    """The bags, and what aten keeps for the gradient: the bag of each index, and how many count in each bag; nothing of that where it sums rows as
    they are."""
    padding = None if padding_idx < 0 else padding_idx
    result, _, sizes, rows = operations["embedding_bag"].function(
        weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights, include_last_offset, padding)  # fmt: skip
    if mode == SUM:
        sizes, rows = sizes.new_zeros(sizes.shape), sizes.new_zeros(sizes.shape)
    if mode == SUM and padding is None and weight.dtype is not float64:
        return result, sizes.new_empty(0), sizes, rows
    return result, _bags(indices, offsets, include_last_offset, None, weight.shape[0])[1], sizes, rows


def _embedding_dense_backward(grad_output: Any, indices: Any, num_weights: int, padding_idx: int, scale_grad_by_freq: bool) -> Any:
    """The gradient of the rows: an index that names none adds to none."""
    named = (indices >= 0) & (indices < num_weights)
    shape = num_weights, grad_output.shape[-1]
    return _embedding_gradient(grad_output[named], shape, indices[named], padding_idx, scale_grad_by_freq, False).to(grad_output.dtype)


def _convolution_backward(grad_output: Any, input: Any, weight: Any, bias_sizes: Any, stride: Any, padding: Any, dilation: Any, transposed: bool,
                          output_padding: Any, groups: int, output_mask: Any) -> Any:  # fmt: skip
    numbers: Any = (tuple(stride), tuple(padding), tuple(dilation), groups)
    of_input, of_weight = conv._spread_gradient if transposed else conv._input_gradient, conv._weight_gradient
    signals = (grad_output, input.conj()) if transposed else (input.conj(), grad_output)
    return (
        of_input(grad_output, input.shape, weight, *numbers) if output_mask[0] else None,
        of_weight(*signals, weight.shape, *numbers).contiguous(memory_format=suggested_format(weight._view)) if output_mask[1] else None,
        grad_output.sum((0, *range(2, grad_output.dim()))) if output_mask[2] else None,
    )


def _standardised_backward(grad: Any, x: Any, mean: Any, rstd: Any, dim: tuple[int, ...]) -> tuple[Any, Any]:
    """The gradient of ``x``, by the statistics that are given, and the standardised numbers."""
    y = (x - mean) * rstd
    if not x.numel():
        return y, y
    return rstd * (grad - grad.mean(dim, True) - y * (grad * y).mean(dim, True)), y


def _native_layer_norm_backward(grad_out: Any, input: Any, normalized_shape: Any, mean: Any, rstd: Any, weight: Any, bias: Any,
                                output_mask: Any) -> Any:  # fmt: skip
    first = input.dim() - len(normalized_shape)
    shape, outer = (*input.shape[:first], *[1] * len(normalized_shape)), tuple(range(first))
    g, x = wide(grad_out), wide(input)
    of_input, y = _standardised_backward(g if weight is None else g * wide(weight), x, wide(mean).view(shape), wide(rstd).view(shape),
                                         tuple(range(first, input.dim())))  # fmt: skip
    products = g * y
    return (
        of_input.to(input.dtype).contiguous() if output_mask[0] else None,
        (products.sum(outer) if outer else products).to(weight.dtype) if output_mask[1] and weight is not None else None,
        (g.sum(outer) if outer else g).to(bias.dtype) if output_mask[2] and bias is not None else None,
    )


def _native_group_norm_backward(grad_out: Any, input: Any, mean: Any, rstd: Any, weight: Any, N: int, C: int, HxW: int, group: int,
                                output_mask: Any) -> Any:  # fmt: skip
    x, d = _in_groups(input, N, group), input.dtype if weight is None else weight.dtype
    g = _in_channels(grad_out, N, C)
    weighted = g if weight is None else g * _by_channel(wide(weight))
    of_input, y = _standardised_backward(weighted.view(x.shape), x, wide(mean).view(N, group, 1), wide(rstd).view(N, group, 1), (2,))
    return (
        of_input.view(input.shape).to(input.dtype).contiguous(memory_format=suggested_format(input._view)) if output_mask[0] else None,
        (g * _in_channels(y, N, C)).sum((0, 2)).to(d) if output_mask[1] and weight is not None else None,
        g.sum((0, 2)).to(d) if output_mask[2] else None,
    )


NETWORKS: dict[str, Any] = {
    "_embedding_bag.default": (("embedding_bag",), _embedding_bag),
    "_native_batch_norm_legit.default": (("native_batch_norm",), _batch_norm),
    "_native_batch_norm_legit.no_stats": (("native_batch_norm",), _batch_norm),
    "_native_batch_norm_legit_no_training.default": (("native_batch_norm",), _batch_norm),
    "convolution_backward.default": (("_convolution", "_transposed_convolution"), _convolution_backward),
    "embedding_dense_backward.default": (("embedding",), _embedding_dense_backward),
    "native_group_norm_backward.default": (("native_group_norm",), _native_group_norm_backward),
    "native_layer_norm_backward.default": (("native_layer_norm",), _native_layer_norm_backward),
}
