"""Layers of neural networks as operations."""

from __future__ import annotations

from math import prod
from typing import Any

from ...foundation.contracts import accumulated
from ...foundation.layout import broadcast_shapes
from ...operations.registry import op
from ..shared.checks import require_tensor


@op("only", contract=accumulated())
def linear(input, weight, bias=None):
    """``input @ weight.T + bias``: the last dimension of ``input`` (..., in) becomes (..., out).

    ``weight`` is (out, in), or (in), which takes the last dimension away; ``bias`` broadcasts to the result. A bias of one
    row is added within the product (:func:`addmm`), whose exact sum is rounded once, if ``input`` has two dimensions or is contiguous, as the
    bias; else the product is rounded first. Errors: both operands need a
    dimension; the inner sizes must agree.

    >>> nn.functional.linear(tensor([[1., 2.]]), tensor([[3., 4.], [5., 6.]]), tensor([1., 2.]))
    tensor([[12., 19.]])
    """
    require_tensor(weight, "linear", "weight", 2)
    if input.dim() == 0 or weight.dim() == 0:
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {input.dim()}D and {weight.dim()}D"
        )
    if bias is None:
        return input.matmul(weight.t())
    require_tensor(bias, "linear", "bias", 3)
    if input.dim() == 2:
        return bias.addmm(input, weight.t())
    if _is_one_row(bias) and bias.is_contiguous() and input.is_contiguous():
        *batch, size = input.shape
        product = bias.addmm(input.view(prod(batch), size), weight.t())
        return product.view(*batch, product.shape[1])
    product = input.matmul(weight.t())
    shape = broadcast_shapes(tuple(product.shape), tuple(bias.shape))
    if shape != tuple(product.shape):
        raise RuntimeError(f"output with shape {list(product.shape)} doesn't match the broadcast shape {list(shape)}")
    return product + bias


def _is_one_row(bias: Any) -> bool:
    return bias.dim() == 1 or sum(size != 1 for size in bias.shape) == 1
