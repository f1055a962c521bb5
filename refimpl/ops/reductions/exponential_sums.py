"""Logarithms of sums of exponentials, evaluated in binary64 and rounded once.

The greatest element is subtracted first, so that no exponential overflows: log(sum(exp(x))) = c + log(sum(exp(x - c))) for every number c.
"""

from __future__ import annotations

from typing import Any

from ...foundation.contracts import conditioned
from ...foundation.dtypes import complex128, float64, get_default_dtype
from ...operations.output_kinds import castable
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor
from .sums import reduced_dims, spread, without_dims

_FLOATING = castable("logsumexp(): Expected floating point type for result tensor, but got: {out}")


def _shift(x: Tensor, dims: tuple[int, ...]) -> Any:
    """What is subtracted from all elements: the greatest (of real parts), but 0 where that is infinite, and for no elements."""
    if not x.numel():
        return 0.0
    greatest = (x.real if x.is_complex() else x).amax(dims, True)
    return greatest.masked_fill(greatest.isinf(), 0.0)


@op("method out", aliases=("special.logsumexp",), contract=conditioned(4, inner=1), out=_FLOATING, sharing=COMPUTED)
def logsumexp(input, dim, keepdim=False):
    """The logarithm of the sum of the exponentials of the elements over ``dim``, evaluated in binary64 and rounded once.

    Shapes: the reduced dimensions disappear, or have size 1 with ``keepdim``; ``dim`` is one dimension or several. Dtypes: all; integers and bool
    give the default dtype. Special cases: no elements give -inf, and so do elements that are all -inf; inf among them gives inf, NaN gives NaN; large
    elements do not overflow. Errors: IndexError for a dimension that the input does not have; RuntimeError for one that is given twice, for an
    empty ``dim`` and an input with dimensions and elements unless ``keepdim`` is true, and for an output of integers. Gradient: that of the result
    times ``exp(input - result)``, conjugated for complex numbers. Source: torch.logsumexp.

    >>> logsumexp(tensor([[1., 2.], [1000., 1000.]]), 1)
    tensor([   2.3133, 1000.6932])
    """
    x = input.detach().to(complex128 if input.is_complex() else float64)
    dims = reduced_dims(dim, input.dim())
    shift = _shift(x, dims)
    result = ((x - shift).exp().sum(dims, True).log() + shift).to(input.dtype if input.dtype.category > 1 else get_default_dtype())
    return result if keepdim or not dims else without_dims(result, dims)


@logsumexp.constraints
def _(require, input, dim, keepdim):
    require.dimensions(dim, input)
    require(dim != () or keepdim or not input.dim() or not input.numel(), RuntimeError, "output with shape [] doesn't match the broadcast shape {}",
            [1] * input.dim())  # fmt: skip


logsumexp.derivative(
    input=lambda grad, input, result, dim, keepdim:
        spread(grad, dim, keepdim, input.shape) * (input - spread(result, dim, keepdim, input.shape)).exp().conj(),
)
