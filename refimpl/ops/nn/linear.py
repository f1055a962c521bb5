"""Layers of neural networks as operations."""

from __future__ import annotations

from math import prod
from typing import Any

from ...foundation.contracts import accumulated
from ...foundation.layout import broadcast_shapes
from ...operations.registry import op


@op("function", namespace="nn.functional", contract=accumulated())
def linear(input, weight, bias=None):
    """``input @ weight.T + bias``: a layer of a network, which maps the last dimension of its input.

    Shapes: ``input`` (..., in), ``weight`` (out, in) or (in), which takes the last dimension away; ``bias`` broadcasts to the result (..., out).
    Dtypes: all but bool, the same for all. A bias of one row is added within the product (:func:`addmm`), whose exact sum is rounded once, if
    ``input`` has two dimensions or is contiguous, as the bias; else the product is rounded first. Errors: RuntimeError for 0-d operands, sizes that
    do not fit, and two dtypes; NotImplementedError for bool. Gradient: that of :func:`matmul` and of the sum.

    >>> nn.functional.linear(tensor([[1., 2.]]), tensor([[3., 4.], [5., 6.]]), tensor([1., 2.]))
    tensor([[12., 19.]])
    """
    if bias is None:
        return input.matmul(weight.t())
    if input.dim() == 2:
        return bias.addmm(input, weight.t())
    if _is_one_row(bias) and bias.is_contiguous() and input.is_contiguous():
        *batch, size = input.shape
        product = bias.addmm(input.view(prod(batch), size), weight.t())
        return product.view(*batch, product.shape[1])
    return input.matmul(weight.t()).add_(bias)


@linear.constraints
def _(require, input, weight, bias):
    require(input.dim() and weight.dim(), RuntimeError, "both arguments to linear need to be at least 1D, but they are {}D and {}D", input.dim(),
            weight.dim())  # fmt: skip
    fit = input.shape[-1] == weight.shape[-1]  # else the product says so
    if fit and bias is not None and input.dim() != 2 and not _is_one_row(bias):
        shape = (*input.shape[:-1], *weight.shape[:-1])
        common = broadcast_shapes(shape, tuple(bias.shape))
        require(common == shape, RuntimeError, "output with shape {} doesn't match the broadcast shape {}", list(shape), list(common))


def _is_one_row(bias: Any) -> bool:
    return bias.dim() == 1 or sum(size != 1 for size in bias.shape) == 1
