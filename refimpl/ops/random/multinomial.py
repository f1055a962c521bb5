"""Random numbers: places drawn from a list, each with a probability of its own."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from ...foundation.dtypes import float64, int64
from ...operations.output_kinds import exact
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...random.rounding import float32_round
from ...random.streams import sample
from ...tensor import Tensor, allocate_like, memory_of
from ..creation.fresh import like_strides
from ..shared.operands import everywhere
from .drawing import draw, generator_of

_INTO_LONG = exact("multinomial expects Long tensor out, got: {out}")._replace(result=int64, resized=None, layout="contiguous")


@op("method out", differentiable=False, out=_INTO_LONG, sharing=COMPUTED)
def multinomial(input, num_samples, replacement=False, *, generator=None):
    """Draw ``num_samples`` places of each row, each with a probability in proportion to its weight, with or without replacement.

    The input is a vector or a matrix of weights, which need not sum to 1; the result, of dtype int64, has ``num_samples`` as its last size.
    Without replacement the places are those of the largest quotients of weight and an exponential number; with replacement those where uniform
    numbers fall among the running sums. A weight of zero is not drawn, unless there is no other left.

    RuntimeError for an input with other numbers of dimensions or another than a floating point dtype, for weights that are negative, infinite, NaN or
    all zero, and for a number of samples that is not positive or, without replacement, larger than that of weights. There is no gradient.

    >>> multinomial(tensor([0., 1., 0.]), 2, replacement=True)
    tensor([1, 1])
    """
    input = input.detach()
    if not input.numel():
        return input.new_empty((*input.shape[:-1], num_samples), dtype=int64)
    if replacement and num_samples > 1:
        return _with_replacement(input, num_samples, generator)
    quotients = input / draw(allocate_like(input, strides=like_strides(input._view, None)), "exponential", generator, 1.0)
    if num_samples == 1:
        return quotients.argmax(-1, keepdim=True)
    return quotients.sort(-1, descending=True).indices[..., :num_samples].contiguous()


@multinomial.constraints
def _(require, input, num_samples, replacement):
    weights = input.detach()
    require(input.dim() in (1, 2), RuntimeError, "prob_dist must be 1 or 2 dim")
    require(input.dtype.is_floating_point, RuntimeError, "multinomial only supports floating-point dtypes for input, got: {}", input.dtype.type_name)
    require(num_samples > 0, RuntimeError, "cannot sample n_sample <= 0 samples")
    require(replacement or num_samples <= input.shape[-1], RuntimeError,
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement")  # fmt: skip
    require(everywhere((weights >= 0) & (weights < float("inf"))), RuntimeError,
            "probability tensor contains either `inf`, `nan` or element < 0", also=(
                (RuntimeError, "invalid multinomial distribution (encountering probability entry < 0)"),
                (RuntimeError, "invalid multinomial distribution (encountering probability entry = infinity or NaN)")))  # fmt: skip
    require(not input.numel() or everywhere(weights.sum(-1) != 0), RuntimeError, "invalid multinomial distribution (sum of probabilities <= 0)")


def _with_replacement(input: Any, count: int, generator: Any) -> Tensor:
    """Where uniform numbers fall among the running sums of the weights, which are rounded to the dtype (at least float32) step by step."""
    shape = (*input.shape[:-1], count)
    memory_of(shape, int64)
    rounded = float if input.dtype is float64 else float32_round
    places: list[int] = []
    for weights in input.reshape(-1, input.shape[-1]).tolist():
        total, sums = 0.0, []
        for weight in weights:
            total = rounded(total + weight)
            sums.append(total)
        sums = [rounded(s / total) for s in sums]
        sums[-1] = 1.0
        places.extend(bisect_left(sums, u) for u in sample("uniform", count, float64, generator_of(generator), 0.0, 1.0))
    return input.new_tensor(places, dtype=int64).view(shape)  # type: ignore[no-any-return]
