"""Quantiles: what stands at a fraction of the way through the elements in order."""

from __future__ import annotations

from typing import Any

from ...foundation.contracts import conditioned
from ...foundation.dtypes import float32, float64, int64
from ...foundation.layout import wrap_dim
from ...operations.output_kinds import exact
from ...operations.registry import op
from ...operations.sharing import SUMMED
from ...tensor import Tensor
from ..shared.operands import everywhere
from .sorting import sort

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")
_SAME_DTYPE = exact("quantile() out tensor must be same dtype as the input tensor").contiguous()


def _measurable(require: Any, input: Tensor, q: Any, dim: int | None, interpolation: str) -> None:
    is_tensor = isinstance(q, Tensor)
    require(input.numel(), RuntimeError, "quantile() input tensor must be non-empty")
    require(input.dtype in (float32, float64), RuntimeError, "quantile() input tensor must be either float or double dtype")
    require(not is_tensor or q.dim() < 2, RuntimeError, "quantile() q must be a scalar or 1D tensor")
    require(not is_tensor or q.dtype is input.dtype, RuntimeError, "quantile() q tensor must be same dtype as the input tensor")
    require(is_tensor or 0 <= q <= 1, RuntimeError, "quantile() q must be in the range [0, 1] but got {}", "" if is_tensor else f"{q:g}")
    require(interpolation in _INTERPOLATIONS, RuntimeError,
            "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {}", interpolation)  # fmt: skip
    if dim is not None:
        require.dimension(dim, input)
    require(not is_tensor or everywhere((q.detach() >= 0) & (q.detach() <= 1)), RuntimeError, "quantile() q values must be in the range [0, 1]")


def _ranks(q: Tensor, ordered: Tensor, ignore_nan: bool) -> Tensor:
    """The place of each quantile among the elements in order, counted from 0, not rounded: of a NaN, if there is one that counts."""
    nans = ordered.detach().isnan()
    if ignore_nan:
        ranks = q * (nans.logical_not().sum(-1, True) - 1)
        return ranks.masked_fill(ranks < 0, 0)
    last = ordered.shape[-1] - 1
    hit = nans.any(-1, True)
    return (q * last).expand((*hit.shape[:-1], *q.shape)).masked_fill(hit, last)


def _quantile(input: Tensor, q: Any, dim: int | None, keepdim: bool, interpolation: str, ignore_nan: bool) -> Tensor:
    scalar = not isinstance(q, Tensor) or not q.dim()
    fractions = (q if isinstance(q, Tensor) else input.new_full((), q)).reshape(-1)
    if dim is None:
        ordered = sort(input.flatten())[0]
        kept = (1,) * input.dim()
    else:
        d = wrap_dim(dim, input.dim())
        kept = tuple([1 if k == d else n for k, n in enumerate(input.shape)])
        ordered = sort(input)[0] if d == input.dim() - 1 or not input.dim() else sort(input.unsqueeze(-1).transpose(d, -1))[0]
    shape = kept if keepdim else () if dim is None else tuple([n for k, n in enumerate(input.shape) if k != d])
    ordered = ordered.reshape((*shape, ordered.shape[-1] if ordered.dim() else 1))
    ranks = _ranks(fractions, ordered, ignore_nan)
    if interpolation in ("lower", "higher", "nearest"):
        ranks = {"lower": Tensor.floor, "higher": Tensor.ceil, "nearest": Tensor.round}[interpolation](ranks)
    below = ranks.to(int64)
    values = ordered.gather(-1, below)
    if interpolation in ("linear", "midpoint"):
        weights = ranks - below if interpolation == "linear" else ranks.detach().new_full(ranks.shape, 0.5)
        values = values.lerp(ordered.gather(-1, ranks.detach().ceil().to(int64)), weights)
    return values.squeeze_(-1) if scalar else values.unsqueeze_(0).transpose_(0, -1).squeeze_(-1)


@op("method out", contract=conditioned(4), out=_SAME_DTYPE, sharing=SUMMED)
def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """What stands at the fraction ``q`` of the way through the elements in order, over all dimensions or over ``dim``.

    Of n elements the place, counted from 0, is ``q * (n - 1)``, rounded to the input's dtype. Between two places the result is interpolated between
    the elements ``a`` and ``b`` that stand there: ``linear`` in between, as :func:`lerp`; ``lower`` a; ``higher`` b; ``midpoint`` halfway;
    ``nearest`` the nearer one, of two as near the one at the even place.
    Shapes: ``dim``, or all dimensions, disappear, or have size 1 with ``keepdim``; a vector ``q`` adds a first dimension, of its size. Dtypes:
    float32 and float64, for ``q`` as a tensor the input's. Special cases: NaN where there is one; interpolation between infinities of both signs,
    and, but for places between elements, from infinity, gives NaN. Errors: RuntimeError for other dtypes, no elements, a ``q`` of more dimensions,
    or outside of [0, 1], and another interpolation; IndexError for a dimension that the input does not have. Gradient: that of the interpolation,
    for the two elements; also for ``q``. Source: torch.quantile.

    >>> quantile(tensor([1., 2., 4., 8.]), tensor([0.5, 0.75]))
    tensor([3., 5.])
    """
    return _quantile(input, q, dim, keepdim, interpolation, False)


@quantile.constraints
def _(require, input, q, dim, interpolation):
    _measurable(require, input, q, dim, interpolation)


@op("method out", contract=conditioned(4), out=_SAME_DTYPE, sharing=SUMMED)
def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """:func:`quantile` of the elements that are not NaN.

    Shapes, dtypes, errors and gradient: as for :func:`quantile`. Special cases: NaN where all elements are. Source: torch.nanquantile.

    >>> nanquantile(tensor([1., nan, 4.]), 0.5)
    tensor(2.5000)
    """
    return _quantile(input, q, dim, keepdim, interpolation, True)


@nanquantile.constraints
def _(require, input, q, dim, interpolation):
    _measurable(require, input, q, dim, interpolation)
