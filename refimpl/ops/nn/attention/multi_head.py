"""Attention of several heads, between the projections of its inputs and of its output."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

from ....autograd.modes import no_grad
from ....foundation.c_names import c_name
from ....foundation.contracts import conditioned
from ....foundation.dtypes import bool_, float64
from ....operations.registry import op
from ....tensor import Tensor
from ...joining.joining import cat
from ..linear import linear
from ..softmax import wide
from .scaled_dot_product import scaled_dot_product_attention


def _additive(mask: Any, dtype: Any) -> Any:
    """A mask as what is added to the scores: -inf where a bool one is True."""
    if mask is None or mask.is_floating_point():
        return mask
    return mask.new_zeros(mask.shape, dtype=dtype).masked_fill_(mask, -inf)


def _one_more(mask: Any) -> Any:
    """A mask with a column of zeros more, for a key that everybody sees."""
    return None if mask is None else cat((mask, mask.new_zeros((*mask.shape[:-1], 1))), -1)


def _projected(query: Any, key: Any, value: Any, weights: Any, bias: Any) -> list[Any]:
    of_query, of_key, of_value = (None, None, None) if bias is None else bias.chunk(3)
    return [linear(x, w, b) for x, w, b in zip((query, key, value), weights, (of_query, of_key, of_value))]


def _by_head(x: Any, rows: int, head_dim: int) -> Any:
    """(length, batch, heads * head_dim) as (batch * heads, length, head_dim)."""
    return x.view(x.shape[0], rows, head_dim).transpose(0, 1)


def _with_weights(q: Any, k: Any, v: Any, mask: Any, dropout_p: float) -> tuple[Any, Any]:
    scaled = q * sqrt(1.0 / q.shape[-1])
    scores = scaled.bmm(k.transpose(-2, -1)) if mask is None else mask.baddbmm(scaled, k.transpose(-2, -1))
    weights = scores.softmax(-1)
    if dropout_p > 0.0:
        kept = weights.detach().new_zeros(weights.shape)
        weights = weights * (kept.bernoulli_(1.0 - dropout_p) / (1.0 - dropout_p) if dropout_p < 1.0 else kept)
    return weights.bmm(v), weights


def _evaluate(query: Any, key: Any, value: Any, num_heads: int, weights: Any, in_proj_bias: Any, bias_k: Any, bias_v: Any, add_zero_attn: bool,
              dropout_p: float, out_proj_weight: Any, out_proj_bias: Any, key_padding_mask: Any, need_weights: bool, attn_mask: Any, static_k: Any,
              static_v: Any, average_attn_weights: bool, is_causal: bool) -> tuple[Any, Any]:  # fmt: skip
    length, batch, embed_dim = query.shape
    rows, head_dim = batch * num_heads, embed_dim // num_heads
    if len(weights) == 1:
        of_query, of_key, of_value = weights[0].chunk(3)
        weights = (of_query, of_key, of_value)
    q, k, v = _projected(query, key, value, weights, in_proj_bias)
    mask = attn_mask.unsqueeze(0) if attn_mask is not None and attn_mask.dim() == 2 else attn_mask
    if bias_k is not None:
        k, v = cat((k, bias_k.repeat(1, batch, 1))), cat((v, bias_v.repeat(1, batch, 1)))
        mask, key_padding_mask = _one_more(mask), _one_more(key_padding_mask)
    q = _by_head(q, rows, head_dim)
    k = _by_head(k, rows, head_dim) if static_k is None else static_k
    v = _by_head(v, rows, head_dim) if static_v is None else static_v
    if add_zero_attn:
        k, v = (cat((x, x.new_zeros(rows, 1, head_dim)), 1) for x in (k, v))
        mask, key_padding_mask = _one_more(mask), _one_more(key_padding_mask)
    keys = k.shape[1]
    if key_padding_mask is not None:
        hidden = key_padding_mask.view(batch, 1, 1, keys).expand(-1, num_heads, -1, -1).reshape(rows, 1, keys)
        mask = hidden if mask is None else mask + hidden
    shares = None
    if need_weights:
        heads, shares = _with_weights(q, k, v, mask, dropout_p)
        heads = heads.transpose(0, 1)
        shares = shares.view(batch, num_heads, length, keys)
        shares = shares.mean(1) if average_attn_weights else shares
    else:
        if mask is not None:
            mask = mask.unsqueeze(0) if mask.shape[0] == 1 else mask.view(batch, num_heads, -1, keys)
        q, k, v = (x.view(batch, num_heads, x.shape[1], head_dim) for x in (q, k, v))
        heads = scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal).permute(2, 0, 1, 3)
    flat = linear(heads.reshape(length * batch, embed_dim), out_proj_weight, out_proj_bias)
    return flat.view(length, batch, flat.shape[1]), shares


@op("function python", namespace="nn.functional", contract=conditioned(32, inner=1))  # four products, a softmax, and the sums between them
def multi_head_attention_forward(query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn,
                                 dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None, need_weights=True, attn_mask=None,
                                 use_separate_proj_weight=False, q_proj_weight=None, k_proj_weight=None, v_proj_weight=None, static_k=None,
                                 static_v=None, average_attn_weights=True, is_causal=False):  # fmt: skip
    """Project query, key and value, attend with each of ``num_heads`` heads, and project what they found: ``(result, weights)``.

    1. The three projections are the thirds of ``in_proj_weight``, or ``q_proj_weight``, ``k_proj_weight`` and ``v_proj_weight``; their biases the
    thirds of ``in_proj_bias``. Each is cut into as many heads, which attend as :func:`nn.functional.scaled_dot_product_attention` says. 2. ``bias_k``
    and ``bias_v`` are one more key and value, ``add_zero_attn`` adds one of zeros; ``static_k`` and ``static_v`` stand for the projected ones.
    ``key_padding_mask`` and ``attn_mask`` hide where they are True, or are added to the scores; while ``training``, weights are dropped with the
    probability ``dropout_p``. ``is_causal`` says that ``attn_mask`` is the causal one. 3. The weights are their mean over the heads, each head's
    without ``average_attn_weights``, and None without ``need_weights``.

    Shapes: ``query`` (L, N, E), or (L, E) without a batch; ``key`` and ``value`` (S, N, ...); the result as the query, the weights (N, L, S) or
    (N, heads, L, S). Dtypes: floating point ones. Special cases: a query from which all keys are hidden gives NaN, but 0 without ``need_weights``.
    Errors: AssertionError for numbers of dimensions and sizes that do not fit; RuntimeError for masks of another shape, and ``is_causal`` without
    ``attn_mask``; ValueError for a ``dropout_p`` above 1. Gradient: that of the composition.
    Source: A. Vaswani and others, "Attention is all you need", 2017.

    >>> x, one = tensor([[1.], [2.]]), tensor([[1.], [1.], [1.]])
    >>> nn.functional.multi_head_attention_forward(x, x, x, 1, 1, one, None, None, None, False, 0.0, one[:1], None)
    (tensor([[1.7311],
            [1.8808]]), tensor([[0.2689, 0.7311],
            [0.1192, 0.8808]]))
    """
    batched = query.dim() == 3
    if not batched:
        query, key, value = query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    key_padding_mask = _additive(key_padding_mask, query.dtype)
    if is_causal and key_padding_mask is None and not need_weights:
        attn_mask = None
    else:
        attn_mask = _additive(attn_mask, query.dtype)
        is_causal = is_causal and key_padding_mask is None
    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else (in_proj_weight,)
    dropped = dropout_p if training else 0.0

    def evaluate(cast: Any) -> tuple[Any, Any]:
        arguments: list[Any] = [*map(cast, (query, key, value)), num_heads, tuple(map(cast, weights)), *map(cast, (in_proj_bias, bias_k, bias_v)),
                                add_zero_attn, dropped, *map(cast, (out_proj_weight, out_proj_bias, key_padding_mask)), need_weights,
                                *map(cast, (attn_mask, static_k, static_v)), average_attn_weights, is_causal]  # fmt: skip
        return _evaluate(*arguments)

    result, shares = evaluate(lambda x: x)
    if query.dtype is not float64 and dropped == 0.0:  # the exact values, rounded once
        with no_grad():
            exact = evaluate(lambda x: wide(x) if isinstance(x, Tensor) else x)
            for rounded, value in zip((result, shares), exact):
                if rounded is not None:
                    rounded.data.copy_(value)
    if batched:
        return result, shares
    return result.squeeze(1), None if shares is None else shares.squeeze(0)


def _ranks(require: Any, query: Any, key: Any, value: Any, key_padding_mask: Any, attn_mask: Any, num_heads: int) -> None:
    """The constraints of numbers of dimensions."""
    dims = query.dim()
    require(dims in (2, 3), AssertionError, "query should be unbatched 2D or batched 3D tensor but received {}-D query tensor", dims)
    words = "batched (3-D)" if dims == 3 else "unbatched (2-D)"
    require(key.dim() == value.dim() == dims, AssertionError, "For {} `query`, expected `key` and `value` to be {}-D but found {}-D and {}-D tensors "
            "respectively", words, dims, key.dim(), value.dim())  # fmt: skip
    padded = key_padding_mask is None or key_padding_mask.dim() == dims - 1
    require(padded, AssertionError, "For {} `query`, expected `key_padding_mask` to be `None` or {}-D but found {}-D tensor instead", words, dims - 1,
            padded or key_padding_mask.dim())  # fmt: skip
    masked = attn_mask is None or attn_mask.dim() in (2, 3)
    require(masked, AssertionError, "For {} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {}-D tensor instead", words,
            masked or attn_mask.dim())  # fmt: skip
    for name, mask in (("key_padding_mask", key_padding_mask), ("attn_mask", attn_mask)):
        known = mask is None or mask.dtype is bool_ or mask.is_floating_point()
        require(known, AssertionError, "only bool and floating types of {} are supported", name)
        filled = mask is None or mask.dtype is not bool_ or query.dtype.category != 1
        require(filled, RuntimeError, "value cannot be converted to type {} without overflow", c_name(query.dtype))


@multi_head_attention_forward.constraints
def _(require, query, key, value, embed_dim_to_check, num_heads, in_proj_weight, bias_k, bias_v, dropout_p, training, key_padding_mask,
      need_weights, attn_mask, use_separate_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight, static_k, static_v, is_causal):  # fmt: skip
    _ranks(require, query, key, value, key_padding_mask, attn_mask, num_heads)
    require(not is_causal or attn_mask is not None, RuntimeError, "Need attn_mask if specifying the is_causal hint. You may use the Transformer "
            "module method `generate_square_subsequent_mask` to create this mask.")  # fmt: skip
    dropped = need_weights and training and dropout_p > 1.0  # scaled_dot_product_attention asks otherwise
    require(not dropped, ValueError, "dropout probability has to be between 0 and 1, but got {}", dropout_p)
    embed_dim, batch = query.shape[-1], query.shape[1] if query.dim() == 3 else 1
    require(embed_dim == embed_dim_to_check, AssertionError, "was expecting embedding dimension of {}, but got {}", embed_dim_to_check, embed_dim)
    require(embed_dim % num_heads == 0, AssertionError, "embed_dim {} not divisible by num_heads {}", embed_dim, num_heads)
    shapes = [type(x.shape)((x.shape[0], 1, x.shape[1])) if x.dim() == 2 else x.shape for x in (key, value)]
    if use_separate_proj_weight:
        require(key.shape[:-1] == value.shape[:-1], AssertionError, "key's sequence and batch dims {} do not match value's {}",
                *[shape[:2] for shape in shapes])  # fmt: skip
        sizes = (embed_dim, key.shape[-1], value.shape[-1])
        for name, weight, size in zip(("query", "key", "value"), (q_proj_weight, k_proj_weight, v_proj_weight), sizes):
            given = weight is not None
            require(given, AssertionError, "use_separate_proj_weight is True but {}_proj_weight is None", name[0])
            fits = not given or tuple(weight.shape) == (embed_dim, size)
            require(fits, AssertionError, "expecting {} weights shape of {}, but got {}", name, (embed_dim, size), fits or weight.shape)
    else:
        require(key.shape == value.shape, AssertionError, "key shape {} does not match value shape {}", *shapes)
        require(in_proj_weight is not None, AssertionError, "use_separate_proj_weight is False but in_proj_weight is None")
    wanted = {2: (query.shape[0], key.shape[0]), 3: (batch * num_heads, query.shape[0], key.shape[0])}
    of_heads = query.dim() == 2 and attn_mask is not None and attn_mask.dim() == 3  # its shape is looked at first, whether it is used or not
    unused = is_causal and key_padding_mask is None and not need_weights and not of_heads
    unseen = attn_mask is None or attn_mask.dim() not in wanted or unused
    fits = unseen or tuple(attn_mask.shape) == wanted[attn_mask.dim()]
    require(fits, RuntimeError, "The shape of the {}D attn_mask is {}, but should be {}.", fits or attn_mask.dim(), fits or attn_mask.shape,
            fits or wanted[attn_mask.dim()],
            also=() if fits or not of_heads else (
                (AssertionError, f"Expected `attn_mask` shape to be {wanted[3]} but got {attn_mask.shape}"),))  # fmt: skip
    require(bias_k is None or bias_v is not None, AssertionError, "bias_k is set but bias_v is None")
    require(bias_v is None or bias_k is not None, AssertionError, "bias_v is set but bias_k is None")
    require(bias_k is None or static_k is None, AssertionError, "bias cannot be added to static key.")
    require(bias_v is None or static_v is None, AssertionError, "bias cannot be added to static value.")
