"""Running sums, products and extremes along one dimension: element k is made of the elements up to k. The result is contiguous."""

from __future__ import annotations

from math import inf
from typing import Any, Callable

from ... import return_types
from ...foundation.contracts import accumulated
from ...foundation.dtypes import bool_, finfo, float64, int64
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.layout import wrap_dim
from ...operations.output_kinds import EVALUATED, exact
from ...operations.registry import op
from ...operations.sharing import RUNNING, SUMMED
from ...tensor import Tensor, allocate_like, contiguous_format
from ..creation.ranges import arange
from ..pointwise.replacement import where
from .sums import short


def _scan(name: str, input: Tensor, dim: int, dtype: dtype_class | None) -> Tensor:
    view = input._view
    out = allocate_like(input, dtype=dtype or (int64 if input.dtype.category < 2 else input.dtype))
    if view.shape:
        view.storage.kernels.scan(name, out._view, view, wrap_dim(dim, len(view.shape)))
    else:
        view.storage.kernels.copy(out._view, view)
    return out


def _scannable(require: Any, input: Tensor, dim: int, dtype: dtype_class | None, name: str) -> None:
    require.dimension(dim, input)
    require(dtype is not bool_ or not input.dim() or not input.numel(), NotImplementedError, "\"{}\" not implemented for 'Bool'", name)


@op("method inplace out", contract=accumulated(1), out=EVALUATED, sharing=RUNNING, dtypes="ordinary unsigned")
def cumsum(input, dim, *, dtype=None):
    """Running sums along ``dim``: each is the exact sum of the elements up to here, rounded once.

    Shapes: that of the input; a 0-d tensor counts as one element. Dtypes: all; integers and bool become int64, modulo 2**64. With ``dtype``,
    ``out=``, and in place, the elements are cast to that dtype first, which is bool only if there is nothing to add. Special cases: a NaN, and
    infinities of both signs, make all that follows NaN. Errors: IndexError for a dimension that the input does not have, NotImplementedError for
    sums in bool (of a tensor that has dimensions and elements), RuntimeError for an output, or a tensor written in place, of another dtype than
    ``dtype``. Gradient: running sums from the end.

    >>> cumsum(tensor([1, 2, 3]), 0)
    tensor([1, 3, 6])
    """
    return _scan("cumsum", input, dim, dtype)


@cumsum.constraints
def _(require, input, dim, dtype):
    _scannable(require, input, dim, dtype, "cumsum")


def _backwards_sums(grad: Any, dim: int) -> Any:
    """The transpose of running sums: running sums from the end."""
    return grad if not grad.dim() or grad.numel() < 2 else grad.flip(dim).cumsum(dim).flip(dim)


cumsum.derivative(input=_backwards_sums)


@op("method inplace out", contract=accumulated(2), out=EVALUATED, sharing=RUNNING, dtypes="ordinary unsigned")
def cumprod(input, dim, *, dtype=None):
    """Running products along ``dim``: each is the product of the elements up to here.

    Shapes, dtypes and errors: as for :func:`cumsum`. Special cases: a NaN, and an infinity behind a zero, make all that follows NaN.
    Gradient: of an element, over all products that contain it, the product of their other factors, so that zeros do no harm.

    >>> cumprod(tensor([1, 2, 3]), 0)
    tensor([1, 2, 6])
    """
    return _scan("cumprod", input, dim, dtype)


@cumprod.constraints
def _(require, input, dim, dtype):
    _scannable(require, input, dim, dtype, "cumprod")


def _cumprod_gradient(grad, input, dim):
    """Element k is a factor of every product from k on: the sum over these of the products without it.

    Where no product is 0, infinite or so small that it has lost digits, those are the products divided by it. Else there is no division, and the
    work is quadratic in the number of elements.
    """
    from ..joining.joining import stack

    if not input.dim() or not input.numel() or input.shape[dim] == 1:
        return grad
    if short(input.dtype):
        return _cumprod_gradient(grad.to(float64), input.to(float64), dim).to(input.dtype)
    d = wrap_dim(dim, input.dim())
    size = input.shape[d]
    products = input.cumprod(d)
    if _divisible(products.detach()):
        return _backwards_sums(grad * products.conj(), d) / input.conj()
    parts = []
    for k in range(size):
        before = input.narrow(d, 0, k).prod(d, True).conj()
        following = input.narrow(d, k + 1, size - k - 1).cumprod(d).conj()
        terms = grad.narrow(d, k, 1) + (grad.narrow(d, k + 1, size - k - 1) * following).sum(d, True)
        parts.append((terms * before).squeeze(d))
    return stack(parts, d)


def _divisible(products: Tensor) -> bool:
    """Whether all are normal numbers, whose factors can be divided out."""
    sizes = products.abs()
    return finfo(sizes.dtype).smallest_normal <= sizes.min().item() and sizes.max().item() < inf


cumprod.derivative(input=lambda grad, input, dim, result: _cumprod_gradient(grad, input, dim))  # torch's keeps the result, too


# -- extremes --------------------------------------------------------------------------------------

_SCALAR_TYPE = exact("expected scalar_type {result} but found {out}")


def _extreme_places(input: Tensor, dim: int, reaches: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Where the extreme of the elements up to each one stands last; ``reaches(b, a)`` says whether a later ``b`` takes the place of ``a``.

    By doubling: the extreme of the last 2n elements is that of the last n, or that of the n before them.
    """
    from ..joining.joining import cat

    shape = input.shape
    size = shape[dim]
    places = arange(size, device=input.device).view([size if d == dim else 1 for d in range(len(shape))]).expand(shape).contiguous()
    step = 1
    while step < size:
        before, after = places.narrow(dim, 0, size - step), places.narrow(dim, step, size - step)
        a, b = input.gather(dim, before), input.gather(dim, after)
        places = cat([places.narrow(dim, 0, step), where(reaches(b, a) | (b != b), after, before)], dim)
        step *= 2
    return places


def _running_extreme(input: Tensor, dim: int, reaches: Callable[[Tensor, Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """The running extremes along a dimension and their places, both contiguous."""
    if not input.dim() or not input.numel():
        return input.clone(memory_format=contiguous_format), input.new_zeros(input.shape, dtype=int64)
    d = wrap_dim(dim, input.dim())
    places = _extreme_places(input, d, reaches)
    return input.gather(d, places), places


def _can_run(require: Any, input: Tensor, dim: int, name: str) -> None:
    """The constraint of the dimension along which extremes run; a tensor without elements needs none."""
    require(input.dim() or dim in (-1, 0), IndexError, "{}(): Expected reduction dim -1 or 0 for scalar but got {}", name, dim)
    if input.numel() and input.dim():
        require.dimension(dim, input)


def _to_extremes(grads: Any, input_shape: tuple[int, ...], dim: int, result1: Tensor) -> Tensor:
    """The gradient of each running extreme, added at the place where it stands."""
    grad = grads[0]
    return grad.new_zeros(input_shape).scatter_add(dim, result1, grad) if input_shape and grad.numel() else grad


@op("method out", out=_SCALAR_TYPE, sharing=SUMMED, dtypes="bool integer floating")
def cummax(input, dim):
    """The running maximum along ``dim``, and where it stands: a named tuple (values, indices) of the greatest of the elements up to each one.

    Shapes: those of the input; a 0-d tensor counts as one element. Dtypes: all but complex ones; the indices are int64. Special cases: of equal
    elements (zeros of both signs are) the last one so far counts; a NaN is the maximum from where it stands, and the next NaN after it. Errors:
    IndexError for a dimension that an input with elements does not have; NotImplementedError for complex input; RuntimeError for
    outputs of other dtypes. Gradient: that of each value is added at its index. Source: torch.cummax.

    >>> cummax(tensor([1, 3, 2, 3]), 0)
    torch.return_types.cummax(
    values=tensor([1, 3, 3, 3]),
    indices=tensor([0, 1, 1, 3]))
    """
    return return_types.cummax(_running_extreme(input.detach(), dim, Tensor.__ge__))


@cummax.constraints
def _(require, input, dim):
    _can_run(require, input, dim, "cummax")


cummax.derivative(input=_to_extremes)


@op("method out", out=_SCALAR_TYPE, sharing=SUMMED, dtypes="bool integer floating")
def cummin(input, dim):
    """The running minimum along ``dim``, and where it stands: a named tuple (values, indices) of the least of the elements up to each one.

    Shapes, dtypes, errors and gradient: as for :func:`cummax`. Special cases: of equal elements (zeros of both signs are) the last one so far
    counts; a NaN is the minimum from where it stands, and the next NaN after it. Source: torch.cummin.

    >>> cummin(tensor([3, 1, 2, 1]), 0)
    torch.return_types.cummin(
    values=tensor([3, 1, 1, 1]),
    indices=tensor([0, 1, 1, 3]))
    """
    return return_types.cummin(_running_extreme(input.detach(), dim, Tensor.__le__))


@cummin.constraints
def _(require, input, dim):
    _can_run(require, input, dim, "cummin")


cummin.derivative(input=_to_extremes)
