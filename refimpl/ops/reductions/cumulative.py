"""Running sums and products along one dimension: element k is made of the elements up to k. The result is contiguous."""

from __future__ import annotations

from typing import Any

from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import accumulated
from ...foundation.dtypes import bool_, int64
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.layout import wrap_dim
from ...operations.registry import op
from ...tensor import Tensor, allocate_like
from ..shared.checks import not_implemented
from ..shared.outputs import evaluated_in_its_dtype


def _scan(name: str, input: Tensor, dim: int, dtype: dtype_class | None) -> Tensor:
    target = dtype or (int64 if input.dtype.category < 2 else input.dtype)
    view = input._view
    d = wrap_dim(dim, len(view.shape))
    if target is bool_ and view.shape and view.numel:
        not_implemented(f"{name}_out_cpu", bool_)
    out = allocate_like(input, dtype=target)
    view.storage.kernels.scan(name, out._view, view, d)
    return out


def _in_its_own_dtype(name: str) -> Any:
    """The in-place form: the tensor's dtype is that of the sums; another one cannot be asked for."""

    def in_place(input, dim, *, dtype=None):
        wrap_dim(dim, input.dim())
        if dtype is not None and dtype is not input.dtype:
            raise RuntimeError(f"Bad in-place call: input tensor dtype {spelled_c_name(input.dtype)} and output tensor dtype "
                               f"{spelled_c_name(dtype)} should match")
        if input.dtype is bool_ and input.dim() and input.numel():  # found before an overlap, unlike in pointwise operations
            raise NotImplementedError(f"\"{name}_out_cpu\" not implemented for 'Bool'")
        return _scan(name, input, dim, input.dtype)

    return in_place


@op("method inplace out", contract=accumulated(1), out=evaluated_in_its_dtype, in_place=_in_its_own_dtype("cumsum"))
def cumsum(input, dim, *, dtype=None):
    """Running sums along ``dim``: each is the exact sum of the elements up to here, rounded once.

    Integers and bool become int64, unless ``dtype`` is given (not bool), to which the elements are cast first.

    >>> cumsum(tensor([1, 2, 3]), 0)
    tensor([1, 3, 6])
    """
    return _scan("cumsum", input, dim, dtype)


def _backwards_sums(grad: Any, dim: int) -> Any:
    """The transpose of running sums: running sums from the end."""
    return grad if not grad.dim() or grad.numel() < 2 else grad.flip(dim).cumsum(dim).flip(dim)


cumsum.derivative(input=_backwards_sums)


@op("method inplace out", contract=accumulated(2), out=evaluated_in_its_dtype, in_place=_in_its_own_dtype("cumprod"))
def cumprod(input, dim, *, dtype=None):
    """Running products along ``dim``. Integers and bool become int64, unless ``dtype`` is given (not bool).

    >>> cumprod(tensor([1, 2, 3]), 0)
    tensor([1, 2, 6])
    """
    return _scan("cumprod", input, dim, dtype)


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


cumprod.derivative(input=_cumprod_gradient)
