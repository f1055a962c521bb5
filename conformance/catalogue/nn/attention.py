"""Attention: one softmax of scores after another."""

from __future__ import annotations

import math
import operator
from typing import Any

from ...accuracy.contracts import conditioned
from ...accuracy.number_formats import FORMATS, decode, encode
from ...cases.case import FLOATS, Case, TensorSpec, contiguous_strides, elements
from ...drawing.naming import by_name
from ...drawing.pen import Pen
from ..entries import named_arguments
from ..rows import Arguments, define

FAMILY = "nn"
NO_KEYS = "a query without keys"


def scaled_dot_product(pen: Pen) -> Arguments:
    """Queries, keys and values of two to five dimensions, with masks of both kinds, scales, grouped heads."""
    batch = pen.choice(((2, 2), (), (3,), (1, 4), (2, 1, 2))) if pen.force != NO_KEYS or pen.dtype != "float32" else (3,)
    queries, keys, size = (pen.length(range(1, 5), most=40) for _ in range(3))
    values = pen.choice((size, size, size + 1))
    kwargs: dict[str, Any] = {}
    key_batch = batch
    if len(batch) == 2 and pen.chance(3):
        kwargs["enable_gqa"] = True
        batch = (batch[0], 2 * batch[1] + (1 if pen.misbehave(2) else 0))
    mode = "ordinary" if pen.chance(2) else None
    dtype = "float64" if pen.misbehave(6) else pen.dtype
    tensors = (pen.tensor((*batch, queries, size), mode=mode), pen.tensor((*key_batch, keys, size), dtype, mode=mode),
               pen.tensor((*key_batch, keys, values), mode=mode))  # fmt: skip
    kind = pen.integer(0, 3)
    shape = (queries, keys) if not pen.misbehave(3) else (queries, keys + 2)
    if kind == 1:
        kwargs["is_causal"] = True
    elif kind == 2:
        kwargs["attn_mask"] = pen.tensor(shape, "bool" if not pen.misbehave(3) else "int64")
    elif kind == 3:
        kwargs["attn_mask"] = pen.tensor(shape, pen.dtype, values=(0.0, -1.0, 0.5, float("-inf"), 2.0), differentiable=pen.chance(2))
    if pen.force == NO_KEYS:  # a row of the mask that leaves none
        pen.note(NO_KEYS)
        mask = pen.tensor(shape, "bool", layout="contiguous", differentiable=False)
        pen.buffers[mask.buffer] = bytes([int(i >= keys) for i in range(queries * keys)])
        kwargs = {name: value for name, value in kwargs.items() if name != "is_causal"} | {"attn_mask": mask}
    kwargs |= pen.maybe("scale", lambda: pen.choice((1.0, 0.5, -0.25)), 3)
    if pen.misbehave(4):
        kwargs["dropout_p"] = pen.choice((2.0, -1.0))
    elif pen.chance(4):  # all that the signature has before is_causal, so that it can be handed over by position
        kwargs = {"attn_mask": None, "dropout_p": 0.0, "is_causal": False} | kwargs
    return tensors, kwargs


_NAMES = ("query key value embed_dim_to_check num_heads in_proj_weight in_proj_bias bias_k bias_v add_zero_attn dropout_p out_proj_weight "
          "out_proj_bias").split()  # fmt: skip
_DEFAULTS: dict[str, Any] = {
    "training": True, "key_padding_mask": None, "need_weights": True, "attn_mask": None, "use_separate_proj_weight": False, "q_proj_weight": None,
    "k_proj_weight": None, "v_proj_weight": None, "static_k": None, "static_v": None, "average_attn_weights": True, "is_causal": False,
}  # fmt: skip


def several_heads(pen: Pen) -> Arguments:
    """Packed or separate projections, biases, masks, with and without a batch, with and without weights."""
    heads, each = pen.integer(1, 2), pen.integer(1, 2)
    size, batched = heads * each, pen.chance(2) is False
    queries, keys, batch = (pen.length(range(1, most + 1), most=20) for most in (3, 3, 2))
    middle = (batch,) if batched else ()

    def drawn(*shape: int) -> Any:
        return pen.tensor(shape, mode="ordinary")

    separate = pen.chance(3)
    key_size, value_size = (pen.integer(1, 3), pen.integer(1, 3)) if separate else (size, size)
    query, key, value = drawn(queries, *middle, size), drawn(keys, *middle, key_size), drawn(keys, *middle, value_size)
    bias = drawn(3 * size) if pen.chance(2) else None
    one_more = (drawn(1, 1, size), drawn(1, 1, size)) if pen.chance(3) else (None, None)
    dropout = 2.0 if pen.misbehave(6) else 0.0
    args = (query, key, value, size, heads, None if separate else drawn(3 * size, size), bias, *one_more, pen.chance(3), dropout, drawn(size, size),
            drawn(size) if pen.chance(2) else None)  # fmt: skip
    kwargs: dict[str, Any] = {}
    if separate:
        kwargs = {"use_separate_proj_weight": True, "q_proj_weight": drawn(size, size), "k_proj_weight": drawn(size, key_size),
                  "v_proj_weight": drawn(size, value_size)}  # fmt: skip
    if pen.chance(2):
        kwargs |= {"need_weights": False} if pen.chance(2) else {"average_attn_weights": False}
    if pen.chance(3):
        kwargs["key_padding_mask"] = pen.tensor((*middle, keys), "bool", values=(False, False, True) if keys > 1 else (False,))
    if pen.chance(3):
        several = pen.chance(2)
        shape = ((batch if batched else 1) * heads, queries, keys) if several else (queries, keys)
        kwargs["attn_mask"] = pen.tensor(shape, pen.dtype, values=(0.0, -1.0, 0.5), differentiable=False)
    kwargs |= pen.maybe("training", lambda: pen.chance(2), 4)
    if pen.chance(3):  # all that the signature has, so that all can be handed over by position
        kwargs = _DEFAULTS | kwargs
    return by_name(pen, args, _NAMES, kwargs)


def odd_heads(pen: Pen) -> Arguments:
    """Heads that cannot be shared out, of grouped queries."""
    shapes = ((1, 3, 2, 2), (1, 2, 2, 2), (1, 2, 2, 2))
    return tuple([pen.tensor(shape, mode="ordinary") for shape in shapes]), {"enable_gqa": True}


def static_keys(pen: Pen) -> Arguments:
    """One more key or value beside projected ones that are given."""
    x, one, static = (pen.tensor(shape, mode="ordinary") for shape in ((2, 1, 1), (1, 1, 1), (1, 2, 1)))
    weights = pen.tensor((3, 1), mode="ordinary"), None
    args = (x, x, x, 1, 1, *weights, one, one, False, 0.0, pen.tensor((1, 1), mode="ordinary"), None)
    return args, {pen.choice(("static_k", "static_v")): static}


def many_dimensions(pen: Pen) -> Arguments:
    """Queries, keys and values of four dimensions."""
    x = pen.tensor((2, 1, 1, 1), mode="ordinary")
    return (x, x, x, 1, 1, pen.tensor((3, 1), mode="ordinary"), None, None, None, False, 0.0, pen.tensor((1, 1), mode="ordinary"), None), {}


def of_keys(case: Case) -> int:
    return max(spec.shape[-2] if len(spec.shape) > 1 else 1 for spec in case.tensors())


def largest_score(case: Case) -> float:
    """No score is larger: the longest query times the longest key, both after their projections, of which none makes a vector longer than its
    Frobenius norm says."""
    named = named_arguments(case)

    def longest(name: str) -> float:
        spec = named.get(name)
        if not isinstance(spec, TensorSpec):
            return 0.0
        values = [v if math.isfinite(v) else 0.0 for v in decode(b"".join(elements(case, spec)), spec.dtype)]
        size = max(spec.shape[-1], 1) if len(spec.shape) > 1 else max(len(values), 1)
        return max([math.hypot(*values[i : i + size]) for i in range(0, len(values), size)], default=0.0)

    def norm(name: str) -> float:
        spec = named.get(name)
        return longest(name) * math.sqrt(math.prod(spec.shape[:-1])) if isinstance(spec, TensorSpec) else 0.0

    query, key, scale = longest("query"), longest("key"), named.get("scale")
    if "num_heads" in named:
        weight, bias = norm("in_proj_weight"), norm("in_proj_bias")
        query = query * max(weight, norm("q_proj_weight")) + bias
        key = max(key * max(weight, norm("k_proj_weight")) + bias, longest("bias_k"), longest("static_k"))
        size = named["query"].shape[-1] // max(named["num_heads"], 1)
    else:
        size = named["query"].shape[-1]
    factor = abs(scale) if isinstance(scale, (int, float)) else 1 / math.sqrt(max(size, 1))
    return query * key * factor + longest("attn_mask")


def overflowing_scores(case: Case) -> list[Case]:
    """Infinity, and NaN, in each row whose scores may overflow on the way, and be of either sign, or NaN: any weights may come of that."""
    named = named_arguments(case)
    query, key, value = (named[name] for name in ("query", "key", "value"))
    queries, keys = ([abs(v) for v in decode(b"".join(elements(case, spec)), spec.dtype)] for spec in (query, key))
    size = max(query.shape[-1], 1)
    most = [max(keys[d::size], default=0.0) for d in range(size)]
    largest = FORMATS["float64" if query.dtype == "float64" else "float32"].largest
    found: list[float] = []
    for start in range(0, len(queries), size):
        total = sum(map(operator.mul, queries[start : start + size], most))
        found += [math.inf if largest <= total < math.inf else 0.0] * value.shape[-1]
    shape = (*query.shape[:-1], value.shape[-1])
    open_ones = [math.nan if size else 0.0 for size in found]
    spec = TensorSpec(0, "float64", shape, contiguous_strides(shape))
    return [Case("abs", "function", (encode(each, "float64"),), (spec,), {}) for each in (found, open_ones)]


ATTENTION: dict[str, Any] = {"forms": "function", "differentiable": True, "dtypes": FLOATS, "terms": of_keys, "recomputed": largest_score}
define("scaled_dot_product_attention", FAMILY, scaled_dot_product, classes_of_each_dtype=(NO_KEYS,), contract=conditioned(4, inner=1),
    intermediate=overflowing_scores, exercises="_attention", violating=(odd_heads,), never_alone={
        "expected scalar type Float": "torch asks for the dtype of a product",
        "Currently do not support": "torch takes it for none in its other loop",
        "Expected size for first two": "torch reads memory that is not there in its own loop"}, **ATTENTION)  # fmt: skip
define("multi_head_attention_forward", FAMILY, several_heads, contract=conditioned(8, inner=1), violating=(static_keys, many_dimensions),
    never_alone={"only bool and floating": "torch asks for shapes first"}, **ATTENTION)  # fmt: skip
