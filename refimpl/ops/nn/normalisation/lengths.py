"""Numbers divided by the length of the vector that they belong to (normalize), or by a mean over neighbouring channels (local_response_norm)."""

from __future__ import annotations

from typing import Any

from ....foundation.contracts import conditioned
from ....foundation.dtypes import int64
from ....operations.registry import op
from ...joining.joining import cat
from ...pointwise.division import div
from ..loss_reduction import round_once


def _lengths(input: Any, p: Any, dim: Any, eps: Any) -> Any:
    return input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)


def _normalized(input: Any, p: Any, dim: Any, eps: Any) -> Any:
    return input / _lengths(input, p, dim, eps)


@op("function python", namespace="nn.functional", contract=conditioned(8))
def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """``input / max(norm, eps)``, the norm of order ``p`` taken along ``dim``: vectors of length 1.

    Shapes: that of the input; several dimensions, or None for all, make longer vectors. Dtypes: floating point and complex ones. Special cases: the
    zero vector stays 0, NaN makes the whole vector NaN. Errors: those of :func:`norm`: RuntimeError for other dtypes, IndexError for a dimension that
    the input does not have; RuntimeError for ``out`` beside an input that requires grad. Gradient: that of the quotient, ``(g - y sum(g y)) / norm``
    for p = 2, where the norm is greater than ``eps``.

    >>> nn.functional.normalize(tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])
    """
    result = round_once(_normalized(input, p, dim, eps), lambda x: _normalized(x, p, dim, eps), input)
    if out is None:
        return result
    div(input, _lengths(input, p, dim, eps), out=out).data.copy_(result)
    return out


def _window_means(squares: Any, size: int) -> Any:
    """The mean over channels c - size // 2 to c + (size - 1) // 2, those that are not there counted as 0."""
    shape = list(squares.shape)
    before, behind = ([*shape[:1], n, *shape[2:]] for n in (size // 2, (size - 1) // 2))
    padded = cat((squares.new_zeros(before), squares, squares.new_zeros(behind)), 1)
    sums = padded.unfold(1, size, 1).sum(-1)
    return sums.div(size, rounding_mode="trunc") if squares.dtype is int64 else sums / size


def _response(input: Any, size: int, alpha: Any, beta: Any, k: Any) -> Any:
    return input / _window_means(input.mul(input), size).mul(alpha).add(k).pow(beta)


@op("function python", namespace="nn.functional", contract=conditioned(4))
def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """``input / (k + alpha * mean)**beta``, the mean that of the squares over ``size`` neighbouring channels, rounded once.

    The mean at channel c is taken over channels ``c - size // 2`` to ``c + (size - 1) // 2``; those that the input does not have count as 0.
    Shapes: ``input`` (N, C, ...) of three or more dimensions. Dtypes: floating point ones, and int64, whose mean drops its fraction. Special cases:
    an input without elements is returned as it is. Errors: ValueError for fewer dimensions; RuntimeError for a ``size`` that is not positive;
    NotImplementedError for other dtypes, and for 16-bit floats beyond three dimensions. Gradient: that of the quotient.
    Source: A. Krizhevsky, I. Sutskever and G. E. Hinton, "ImageNet classification with deep convolutional neural networks", 2012.

    >>> nn.functional.local_response_norm(tensor([[[3.], [4.]]]), 2, alpha=2.0, beta=1.0)
    tensor([[[0.3000],
             [0.1538]]])
    """
    if input.numel() == 0:
        return input
    return round_once(_response(input, size, alpha, beta, k), lambda x: _response(x, size, alpha, beta, k), input)


@local_response_norm.constraints
def _(require, input, size):
    dims = input.dim()
    require(dims >= 3, ValueError, "Expected 3D or higher dimensionality                          input (got {} dimensions)", dims)
    if input.numel() and dims >= 3:
        whole = isinstance(size // 2, int)
        require(whole, TypeError, "pad(): argument 'pad' failed to unpack the object at pos {} with error \"type must be tuple of ints,but got "
                "float\"", 3 if dims == 3 else 5)  # fmt: skip
        if not whole:
            return
        window = f"kH: {size} kW: 1" if dims == 3 else f"kT: {size} kH: 1 kW: 1"
        require(size > 0, RuntimeError, "kernel size should be greater than zero, but got {}", window,
                also=((RuntimeError, "narrow(): length must be non-negative."), (RuntimeError, "pad should be at most half of effective kernel "
                f"size, but got pad=0, kernel_size={size} and dilation=1")))  # fmt: skip
        d = input.dtype
        supported = d.is_floating_point and (dims == 3 or d.itemsize > 2) or d is int64
        require(supported, NotImplementedError, "\"avg_pool2d\" not implemented for '{}'", d.type_name)
