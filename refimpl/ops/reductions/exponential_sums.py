"""Logarithms of sums of exponentials, evaluated in binary64 and rounded once.

The greatest element is subtracted first, so that no exponential overflows: log(sum(exp(x))) = c + log(sum(exp(x - c))) for every number c.
"""

from __future__ import annotations

from typing import Any

from ...foundation.contracts import conditioned
from ...foundation.dtypes import complex128, float64, get_default_dtype, range_of
from ...foundation.layout import wrap_dim
from ...operations.output_kinds import castable, exact
from ...operations.registry import op
from ...operations.sharing import COMPUTED, RUNNING
from ...tensor import Tensor, allocate_like, contiguous_format
from ..pointwise.replacement import where
from .sums import reduced_dims, short, spread, without_dims

_FLOATING = castable("logsumexp(): Expected floating point type for result tensor, but got: {out}")


def _shift(x: Tensor, dims: tuple[int, ...]) -> Any:
    """What is subtracted from all elements: the greatest (of real parts), but 0 where that is infinite, and for no elements."""
    if not x.numel():
        return 0.0
    greatest = (x.real if x.is_complex() else x).amax(dims, True)
    return greatest.masked_fill(greatest.isinf(), 0.0)


@op("method out", aliases=("special.logsumexp",), contract=conditioned(4, inner=1), out=_FLOATING, sharing=COMPUTED, dtypes="ordinary unsigned")
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


def _running(x: Tensor, d: int) -> Tensor:
    """Running logarithms of sums along ``d``, by pairs: those of the pairs are every second one; the others lack one element.

    Each element goes into few sums on its way, and the whole takes about two additions an element.
    """
    from ..joining.joining import cat, stack

    size = x.shape[d]
    if size < 2:
        return x
    half = size // 2
    pairs = x.narrow(d, 0, 2 * half).unflatten(d, (half, 2))
    first, second = pairs.select(d + 1, 0), pairs.select(d + 1, 1)
    at_odd = _running(first.logaddexp(second), d)
    at_even = cat((first.narrow(d, 0, 1), at_odd.narrow(d, 0, half - 1).logaddexp(first.narrow(d, 1, half - 1))), d)
    result = stack((at_even, at_odd), d + 1).flatten(d, d + 1)
    return result if size % 2 == 0 else cat((result, at_odd.narrow(d, half - 1, 1).logaddexp(x.narrow(d, size - 1, 1))), d)


def _one_by_one(x: Tensor, d: int) -> Tensor:
    """The same, one element after the other."""
    from ..joining.joining import stack

    results = [x.select(d, 0)]
    for k in range(1, x.shape[d]):
        results.append(x.select(d, k).logaddexp(results[-1]))
    return stack(results, d)


@op("method out", contract=conditioned(4, inner=1), out=exact("expected scalar_type {result} but found {out}"), sharing=RUNNING,
    dtypes="floating complex")  # fmt: skip
def logcumsumexp(input, dim):
    """Running logarithms of sums of exponentials along ``dim``: each of the elements up to here, evaluated in binary64 and rounded once.

    Shapes: that of the input; a 0-d tensor counts as one element. Dtypes: floating point and complex ones. Special cases: elements that are all -inf
    give -inf; inf gives inf from where it stands, NaN gives NaN; large elements do not overflow; the imaginary part of a complex result, which is
    determined up to multiples of 2 pi, is that of the element or of the sum before it, whichever has the larger real part, up to pi (so that these
    are added one after the other, a slice at a time). Errors: IndexError for a dimension that the input does not have; NotImplementedError for
    integers and bool; RuntimeError for an output of another dtype. Gradient: for each element the sum, over all results that it went into, of
    theirs times ``exp(input - result)``. Source: torch.logcumsumexp.

    >>> logcumsumexp(tensor([1., 2., 1000.]), 0)
    tensor([   1.0000,    2.3133, 1000.0000])
    """
    if not input.dim() or not input.numel():
        return input.detach().clone(memory_format=contiguous_format)
    running = _one_by_one if input.is_complex() else _running
    result = allocate_like(input)
    sums = running(input.detach().to(complex128 if input.is_complex() else float64), wrap_dim(dim, input.dim()))
    result._view.storage.kernels.copy(result._view, sums._view)
    return result


@logcumsumexp.constraints
def _(require, input, dim):
    require.dimension(dim, input)


def _logcumsumexp_gradient(grad: Any, input: Tensor, result: Tensor, dim: int) -> Any:
    """For each element the sum, from the end, of ``grad * exp(input - result)``: of its logarithms, so that nothing overflows on the way.

    Negative numbers have no real logarithm: the two signs go apart.
    """
    if not input.dim() or not input.numel():
        return grad
    if short(input.dtype):
        return _logcumsumexp_gradient(grad.to(float64), input.to(float64), result.to(float64), dim).to(input.dtype)
    if input.is_complex():
        return ((_from_the_end(grad.conj().log() - result, dim) + input).exp()).conj()
    logs, none = grad.abs().log(), -range_of(input.dtype)[1]  # so low that its exponential is 0, and finite, for it has derivatives itself
    plus, minus = [(_from_the_end(where(chosen, logs, none) - result, dim) + input).exp() for chosen in (grad > 0, grad < 0)]
    return plus - minus


def _from_the_end(x: Any, dim: int) -> Any:
    return x.flip(dim).logcumsumexp(dim).flip(dim)


logcumsumexp.derivative(input=_logcumsumexp_gradient)
