"""Attention: means of values, weighted by how well a query fits their keys.

Evaluated in binary64 and rounded once. Source: A. Vaswani and others, "Attention is all you need", 2017; grouped queries: J. Ainslie and others,
"GQA: training generalized multi-query transformer models from multi-head checkpoints", 2023.
"""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

from ....autograd.modes import no_grad
from ....foundation.c_names import spelled_c_name
from ....foundation.contracts import conditioned
from ....foundation.dtypes import bool_, float32
from ....foundation.layout import broadcast_shapes, is_contiguous, preserved_strides
from ....operations.registry import op
from ....tensor import allocate_like
from ..softmax import wide


def _weights(query: Any, key: Any, attn_mask: Any, is_causal: bool, scale: float) -> Any:
    """The softmax of the scores: 0 for a query that no key fits, with a score of -inf for all of them."""
    scores = query @ key.transpose(-2, -1) * scale
    if is_causal:
        hidden = scores.new_ones(scores.shape[-2:], dtype=bool_).tril().logical_not()
        scores = scores.masked_fill(hidden, -inf)
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, -inf) if attn_mask.dtype is bool_ else scores + wide(attn_mask)
    if not scores.shape[-1]:
        return scores
    blind = (scores == -inf).all(-1, True)
    return scores.masked_fill(blind, 0).softmax(-1).masked_fill(blind, 0)


def _fused(query: Any, key: Any, value: Any, attn_mask: Any, dropped: bool) -> bool:
    """Whether torch has a loop of its own for the call: the result lies as the query does, and its node has another name."""
    tensors = (query, key, value)
    return (not dropped and all(t.dim() == 4 for t in tensors) and query.shape[-1] == key.shape[-1] == value.shape[-1]
            and all(t.shape[0] == query.shape[0] for t in tensors) and all(t.shape[-2] and t.stride(-1) == 1 for t in tensors)
            and (attn_mask is None or not attn_mask.requires_grad) and query.shape[1] > 0 and query.shape[-1] > 0)  # fmt: skip


def _node(bound: dict[str, Any]) -> str:
    if bound["fused"]:
        return "ScaledDotProductFlashAttentionForCpuBackward0"
    if bound["query"].dtype.itemsize == 2:
        return "ToCopyBackward0"
    return "MmBackward0" if bound["query"].dim() == bound["value"].dim() == 2 else "UnsafeViewBackward0"


@op("only", name="_attention", node=_node, contract=conditioned(4, inner=1))
def _attention(query, key, value, attn_mask, kept, is_causal, scale, fused):
    """The kernel of :func:`scaled_dot_product_attention`: ``kept`` multiplies the weights, None if nothing is dropped."""
    weights = _weights(wide(query), wide(key), attn_mask, is_causal, scale)
    result = ((weights if kept is None else weights * kept) @ wide(value)).to(query.dtype)
    if not fused:
        return result.contiguous()
    strides = preserved_strides(tuple(query.shape), tuple(query.stride()))
    if is_contiguous(tuple(query.shape), strides):
        return result.contiguous()
    return allocate_like(query, strides=strides).copy_(result)


def _gradients(grad: Any, query: Any, key: Any, value: Any, attn_mask: Any, kept: Any, is_causal: bool, scale: float) -> tuple[Any, Any, Any]:
    """The gradient of the scores, the widened query and key."""
    q, k = wide(query), wide(key)
    weights = _weights(q, k, attn_mask, is_causal, scale)
    g = wide(grad) @ wide(value).transpose(-2, -1)
    g = g if kept is None else g * kept
    return weights * (g - (g * weights).sum(-1, True)), q, k


def _query_gradient(grad, query, key, value, attn_mask, kept, is_causal, scale):
    scores, _, k = _gradients(grad, query, key, value, attn_mask, kept, is_causal, scale)
    return scores @ k * scale


def _key_gradient(grad, query, key, value, attn_mask, kept, is_causal, scale):
    scores, q, _ = _gradients(grad, query, key, value, attn_mask, kept, is_causal, scale)
    return scores.transpose(-2, -1) @ q * scale


def _value_gradient(grad, query, key, attn_mask, kept, is_causal, scale):
    weights = _weights(wide(query), wide(key), attn_mask, is_causal, scale)
    return (weights if kept is None else weights * kept).transpose(-2, -1) @ wide(grad)


_attention.derivative(
    query=_query_gradient,
    key=_key_gradient,
    value=_value_gradient,
    attn_mask=lambda grad, query, key, value, attn_mask, kept, is_causal, scale: _gradients(
        grad, query, key, value, attn_mask, kept, is_causal, scale)[0],
)  # fmt: skip


def _repeated(tensor: Any, heads: int) -> Any:
    """Each head as often as it takes for ``heads`` of them."""
    count = tensor.shape[-3]
    return tensor if count == heads else tensor.repeat_interleave(heads // count, -3)


def _nothing_attends(query: Any, value: Any) -> bool:
    """Whether there are no queries, or no elements of values."""
    return not query.shape[-2] or not value.numel()


@op("function", namespace="nn.functional", contract=conditioned(4, inner=1))
def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, *, scale=None, enable_gqa=False):
    """``softmax(query @ key.T * scale + mask) @ value`` over the last two dimensions, whose queries, keys and values are rows.

    1. ``attn_mask``, which is broadcast, hides a key from a query where it is False, or is added to the scores.
    2. ``is_causal`` hides keys with a greater number than the query.
    3. ``scale`` is ``1 / sqrt(E)`` unless it is given.
    4. ``dropout_p``: each weight becomes 0 with this probability, the others are divided by what is left of 1.
    5. ``enable_gqa``: each head of ``key`` and ``value`` (dimension -3) serves several heads of ``query`` that follow each other.

    Shapes: ``query`` (..., L, E), ``key`` (..., S, E), ``value`` (..., S, V), result (..., L, V); leading dimensions are broadcast. Dtypes: floating
    point ones, the same for all; the mask bool, the same, or float32. Special cases: a query from which all keys are hidden gives 0; NaN in its
    scores makes its result NaN. Without queries, or without elements in ``value``, the result is zeros of the shape ``(*query.shape[:-1], V)``,
    whatever the other shapes, the mask's values and ``dropout_p`` are, and other dtypes are allowed, too. Errors: RuntimeError for fewer than two
    dimensions, other dtypes, shapes that do not fit, a probability outside [0, 1], and heads that cannot be shared out; NotImplementedError for
    complex numbers. Gradient: that of the formula, for the mask, too.

    >>> nn.functional.scaled_dot_product_attention(tensor([[1., 0.]]), tensor([[1., 0.], [0., 1.]]), tensor([[1.], [2.]]))
    tensor([[1.3302]])
    """
    if _nothing_attends(query, value):  # sums of no elements have gradients of zeros
        return query.new_zeros((*query.shape[:-1], value.shape[-1])) + (query[..., :0].sum() + key[..., :0].sum() + value[..., :0].sum())
    fused = _fused(query, key, value, attn_mask, dropout_p > 0.0)
    if enable_gqa:
        key, value = _repeated(key, query.shape[-3]), _repeated(value, query.shape[-3])
    factor = (1.0 / sqrt(query.shape[-1]) if query.shape[-1] else inf) if scale is None else float(scale)
    kept = None
    if dropout_p > 0.0:
        with no_grad():
            shape = (query.detach() @ key.detach().transpose(-2, -1)).shape
            kept = query.new_zeros(shape)
            if dropout_p < 1.0:
                kept = wide(kept.bernoulli_(1.0 - dropout_p)) / (1.0 - dropout_p)
    return _attention(query, key, value, attn_mask, kept, is_causal, factor, fused)


@scaled_dot_product_attention.constraints
def _(require, query, key, value, attn_mask, dropout_p, is_causal, enable_gqa):
    tensors = (query, key, value)
    require(all(t.dim() >= 2 for t in tensors), RuntimeError, "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            "{} key.dim: {} and value.dim: {} instead.", *[t.dim() for t in tensors])  # fmt: skip
    require(query.dtype is key.dtype is value.dtype, RuntimeError, "Expected query, key, and value to have the same dtype, but got query.dtype: {} "
            "key.dtype: {} and value.dtype: {} instead.", *[spelled_c_name(t.dtype) for t in tensors])  # fmt: skip
    fits = attn_mask is None or attn_mask.dtype in (bool_, float32, query.dtype)
    require(fits, RuntimeError, "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: {} and  query.dtype: "
            "{} instead.", fits or spelled_c_name(attn_mask.dtype), spelled_c_name(query.dtype))  # fmt: skip
    if not all(t.dim() >= 2 for t in tensors) or _nothing_attends(query, value):
        return
    require(query.dtype.category > 1, RuntimeError, "expected scalar type Float but found {}", query.dtype.type_name,
            also=((RuntimeError, f"expected m1 and m2 to have the same dtype, but got: float != {spelled_c_name(query.dtype)}"),))  # fmt: skip
    require(not query.is_complex(), NotImplementedError, "\"softmax\" not implemented for '{}'", query.dtype.type_name)
    require(not dropout_p > 1.0, RuntimeError, "dropout probability has to be between 0 and 1, but got {:g}", dropout_p)
    refused = dropout_p < 0.0 and _fused(query, key, value, attn_mask, False)
    require(not refused, RuntimeError, "scaled_dot_product_attention_flash_attention: Currently do not support dropout > 0")
    if attn_mask is not None:
        of_key = tuple(key.shape[:-2]) if not enable_gqa else (*key.shape[:-3], *query.shape[-3:-2])
        shape = (*broadcast_shapes(tuple(query.shape[:-2]), of_key), query.shape[-2], key.shape[-2])
        common = broadcast_shapes(shape, tuple(attn_mask.shape))
        require(common == shape, RuntimeError, "output with shape {} doesn't match the broadcast shape {}", list(shape), list(common))
    both = attn_mask is not None and is_causal and not _fused(query, key, value, attn_mask, dropout_p > 0.0)  # torch's own loop takes both
    require(not both, RuntimeError, "_scaled_dot_product_attention: Explicit attn_mask should not be set when "
            "is_causal=True")  # fmt: skip
    if enable_gqa:
        for t in tensors:
            require(t.dim() >= 3, IndexError, "Dimension out of range (expected to be in range of [{}, {}], but got -3)", -t.dim(), t.dim() - 1)
        heads = [t.shape[-3] for t in tensors]
        require(all(h and heads[0] % h == 0 for h in heads[1:]), RuntimeError, "Number of heads in key and value must divide the number of heads in ")
    alike = key.shape[-2] == value.shape[-2]
    require(alike, RuntimeError, "Expected size for first two dimensions of batch2 tensor to be: [{}, {}] but got: [{}, {}].",
            value.shape[:-2].numel(), key.shape[-2], value.shape[:-2].numel(), value.shape[-2])  # fmt: skip
