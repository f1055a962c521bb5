"""Power-average pooling: the norm of each window, but for the signs of its elements."""

from __future__ import annotations

from math import inf, prod
from typing import Any, Callable

from ...foundation.contracts import conditioned
from ...foundation.dtypes import get_default_dtype
from ...operations.registry import op
from ..nn.loss_reduction import round_once
from ..shared.windows import repeated
from .maxima import max_pool1d, max_pool2d, max_pool3d
from .means import avg_pool1d, avg_pool2d, avg_pool3d

_CONTRACT = conditioned(8)  # a power, a sum, a quotient, a product, and a root whose order is rounded, too


def _pooled(input: Any, p: Any, kernel_size: Any, stride: Any, ceil_mode: Any, rank: int, greatest: Any, mean: Callable[..., Any]) -> Any:
    if isinstance(p, (int, float)) and abs(p) == inf:
        sign = 1 if p > 0 else -1
        found = greatest(input.abs() if sign > 0 else -input.abs(), kernel_size, stride, 0, 1, ceil_mode)
        return found if sign > 0 else -found

    def root(x: Any) -> Any:
        means = mean(x.pow(p), kernel_size, stride, 0, ceil_mode)
        area = kernel_size if rank == 1 else prod(repeated(kernel_size, rank))
        return (means.sign() * means.abs().relu()).mul(area).pow(1.0 / p)  # relu lets no gradient through where the sum is zero

    held = input.dtype.is_floating_point or not isinstance(p, float)
    return round_once(root(input), root, input if held else input.to(get_default_dtype()))


def _no_zero(require: Any, norm_type: Any) -> None:
    """The constraint of the order."""
    zero = isinstance(norm_type, (int, float)) and norm_type == 0
    require(not zero, ZeroDivisionError, "float division by zero", also=((ZeroDivisionError, "division by zero"),))


def _fits(require: Any, norm_type: Any, kernel_size: Any, rank: int) -> None:
    """The constraints of the numbers that are not handed on: an order that is not zero, and a size for each dimension."""
    _no_zero(require, norm_type)
    given = len(repeated(kernel_size, rank))
    require(given >= rank, ValueError, "not enough values to unpack (expected {}, got {})", rank, given)
    require(given <= rank, ValueError, "too many values to unpack (expected {})", rank, given,
            also=((ValueError, "too many values to unpack (expected {0}, got {1})"),))  # fmt: skip


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """:func:`nn.functional.lp_pool2d` for lines: (N, C, L) or (C, L). Dtypes: for infinite orders floating point ones.

    >>> nn.functional.lp_pool1d(tensor([[3., 4., 6., 8.]]), 2, 2)
    tensor([[ 5., 10.]])
    """
    return _pooled(input, norm_type, kernel_size, stride, ceil_mode, 1, max_pool1d, avg_pool1d)


@lp_pool1d.constraints
def _(require, norm_type):
    _no_zero(require, norm_type)


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """``sum(x ** norm_type) ** (1 / norm_type)`` over each window of ``kernel_size`` elements that moves by ``stride`` over images, rounded once.

    For an infinite ``norm_type`` it is the greatest absolute value, for a negative infinite one the least. Shapes and layout: as of
    :func:`nn.functional.avg_pool2d`. With ``ceil_mode`` the sum of a window that reaches beyond the input is multiplied by the share of its elements
    that are missing: as many means as ``kernel_size`` has elements. Dtypes: those of the mean: floating point ones, and int64 raised to an integer,
    whose means are cut off; integers raised to a fraction are of the default dtype; for infinite orders those of :func:`max_pool2d`, and complex
    ones. Special cases: a negative sum has no root but for orders like 1 and -1: NaN; a NaN stays one. Errors: ZeroDivisionError for ``norm_type``
    0; ValueError for another number of sizes; those of the mean and the maximum. Gradient: ``grad * (x / norm) ** (norm_type - 1)``, and zero where
    the sum is. Source: torch.nn.functional.lp_pool2d.

    >>> nn.functional.lp_pool2d(tensor([[[3., 4., 6., 8.]]]), 2, (1, 2))
    tensor([[[ 5., 10.]]])
    """
    return _pooled(input, norm_type, kernel_size, stride, ceil_mode, 2, max_pool2d, avg_pool2d)


@lp_pool2d.constraints
def _(require, norm_type, kernel_size):
    _fits(require, norm_type, kernel_size, 2)


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """:func:`nn.functional.lp_pool2d` for volumes: (N, C, D, H, W) or (C, D, H, W), of 16 bits for infinite orders only.

    >>> nn.functional.lp_pool3d(tensor([[[[3., 4., 6., 8.]]]]), 2, (1, 1, 2))
    tensor([[[[ 5., 10.]]]])
    """
    return _pooled(input, norm_type, kernel_size, stride, ceil_mode, 3, max_pool3d, avg_pool3d)


@lp_pool3d.constraints
def _(require, norm_type, kernel_size):
    _fits(require, norm_type, kernel_size, 3)
