"""Running sums and products along one dimension: element k is made of the elements up to k. The result is contiguous."""

from __future__ import annotations

from typing import Any

from ...foundation.contracts import accumulated
from ...foundation.dtypes import bool_, int64
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.layout import wrap_dim
from ...operations.output_kinds import EVALUATED
from ...operations.registry import op
from ...operations.sharing import RUNNING
from ...tensor import Tensor, allocate_like


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


@op("method inplace out", contract=accumulated(1), out=EVALUATED, sharing=RUNNING)
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


@op("method inplace out", contract=accumulated(2), out=EVALUATED, sharing=RUNNING)
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

    No division, so that zeros do no harm; quadratic in the number of elements.
    """
    from ..joining.joining import stack

    if not input.dim() or not input.numel():
        return grad
    d = wrap_dim(dim, input.dim())
    size = input.shape[d]
    parts = []
    for k in range(size):
        before = input.narrow(d, 0, k).prod(d, True).conj()
        following = input.narrow(d, k + 1, size - k - 1).cumprod(d).conj()
        terms = grad.narrow(d, k, 1) + (grad.narrow(d, k + 1, size - k - 1) * following).sum(d, True)
        parts.append((terms * before).squeeze(d))
    return stack(parts, d)


cumprod.derivative(input=lambda grad, input, dim, result: _cumprod_gradient(grad, input, dim))  # torch's keeps the result, too
