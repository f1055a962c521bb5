"""Reductions: many elements to one, over all dimensions or some. Here: sums, products and truth.

``dim`` is an int, a tuple of ints, or None (or, but for ``any`` and ``all``, an empty tuple) for all dimensions. The reduced dimensions
disappear, or stay with size 1 with ``keepdim``. Results are contiguous. Sums of every kind are exact sums rounded once, so they do
not depend on the order of the terms. The other reductions are in :mod:`refimpl.ops.reductions.extremes`, :mod:`refimpl.ops.reductions.statistics`,
:mod:`refimpl.ops.linalg.norms`; running sums and products in :mod:`refimpl.ops.reductions.cumulative`.
"""

from __future__ import annotations

import math
from typing import Any

from ...foundation.contracts import accumulated
from ...foundation.dtypes import bool_, int64, uint8
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.layout import contiguous_strides, wrap_dim, wrap_dims
from ...foundation.promotion import can_cast
from ...operations.registry import op
from ...tensor import Tensor, View, allocate_like, wrap
from ..shared.checks import not_implemented
from ..shared.outputs import evaluated_in_its_dtype, evaluated_in_its_float_dtype


def reduced_dims(dim: Any, ndim: int) -> tuple[int, ...]:
    """The dimensions to reduce, counted from the front. A 0-d tensor counts as one dimension of size 1, which is not among them."""
    if dim is None or isinstance(dim, (tuple, list)) and not dim:
        return tuple(range(ndim))
    dims = wrap_dims(dim, ndim or 1) if isinstance(dim, (tuple, list)) else (wrap_dim(dim, ndim),)
    return dims if ndim else ()


def reduce(name: str, input: Tensor, dims: tuple[int, ...], keepdim: bool, dtype: dtype_class, **parameters: Any) -> Tensor:
    """A fresh tensor with the reduction ``name`` over ``dims``."""
    view = input._view
    out = allocate_like(input, tuple([1 if d in dims else s for d, s in enumerate(view.shape)]), dtype)
    view.storage.kernels.reduce(name, out._view, view, dims, **parameters)
    return out if keepdim or not dims else without_dims(out, dims)


def without_dims(tensor: Tensor, dims: tuple[int, ...]) -> Tensor:
    """A fresh contiguous tensor without some dimensions of size 1."""
    view = tensor._view
    shape = tuple([s for d, s in enumerate(view.shape) if d not in dims])
    return wrap(View(view.storage, 0, shape, contiguous_strides(shape), view.dtype))


def spread(tensor: Tensor, dim: Any, keepdim: bool, shape: tuple[int, ...]) -> Tensor:
    """A reduced tensor expanded over the dimensions that were reduced."""
    if not keepdim and tensor.dim():
        for d in sorted(reduced_dims(dim, len(shape))):
            tensor = tensor.unsqueeze(d)
    return tensor.expand(shape)


def reduced_count(dim: Any, shape: tuple[int, ...]) -> int:
    """How many elements each result is made of."""
    return math.prod([shape[d] for d in reduced_dims(dim, len(shape))])


def _all_or_some(name: str) -> Any:
    """torch's names of the two nodes: for all dimensions (no ``dim``), and for some."""
    return lambda bound: f"{name}Backward{0 if bound['dim'] is None else 1}"


def _sum_dtype(input: Tensor, dtype: dtype_class | None) -> dtype_class:
    return dtype or (int64 if input.dtype.category < 2 else input.dtype)


# -- sums and products -------------------------------------------------------------------------------


def _in_dtype_of_output(function, args, kwargs, outs):
    """Evaluated in the dtype of the output; only the form with ``dim`` has one."""
    if len(args) < 2 and "dim" not in kwargs:
        raise TypeError(f'{function.__name__}() missing 1 required positional arguments: "dim"')
    return evaluated_in_its_dtype(function, args, kwargs, outs)


@op("method out", contract=accumulated(1), node=_all_or_some("Sum"), out=_in_dtype_of_output, apart=None)
def sum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum: exact, rounded once to the result dtype. No terms give 0; NaN, and inf - inf, give NaN.

    Integers and bool are added as int64 (modulo 2**64). With ``dtype``, or ``out=``, the elements are cast first.

    >>> sum(tensor([[1, 2], [3, 4]]), 0)
    tensor([4, 6])
    """
    return reduce("sum", input, reduced_dims(dim, input.dim()), keepdim, _sum_dtype(input, dtype))


sum.derivative(input=lambda grad, input_shape, dim, keepdim: spread(grad, dim, keepdim, input_shape))


def _nansum_out(function, args, kwargs, outs):
    """As for :func:`sum`, but floats are not added as integers, unless ``dtype`` casts them first."""
    input, target = args[0] if args else kwargs["input"], outs[0].dtype
    given = kwargs.get("dtype")
    if input.is_floating_point() and given is None and input.numel() and target.category < 2:
        not_implemented("nansum_cpu", target)
    if input.is_floating_point() and given is not None and given.category >= 2 and given is not target:
        raise RuntimeError(f"nansum: provided dtype must match dtype of result. Got {target.type_name} and {given.type_name}.")
    return evaluated_in_its_dtype(function, args, kwargs, outs)


@op("method out", contract=accumulated(1), out=_nansum_out, apart=None)
def nansum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum of the elements that are not NaN; as :func:`sum` otherwise. Complex numbers: RuntimeError.

    >>> nansum(tensor([1., nan]))
    tensor(1.)
    """
    dims = reduced_dims(dim, input.dim())
    if input.is_complex():
        raise RuntimeError("nansum on CPU does not support complex inputs")
    if input.dtype.category < 2:
        return input.sum(dim, keepdim, dtype=dtype)
    if dtype is not None and dtype.is_complex and input.numel():
        not_implemented("nansum_cpu", dtype)
    return reduce("sum", input.masked_fill(input.isnan(), 0), dims, keepdim, dtype or input.dtype)


nansum.derivative(
    input=lambda grad, input, dim, keepdim: spread(grad, dim, keepdim, input.shape) * input.isnan().logical_not(),
)


def _mean_out(function, args, kwargs, outs):
    """As :func:`evaluated_in_its_float_dtype`; without ``dim`` torch looks first whether the input can be cast to the output's dtype."""
    input, target = args[0] if args else kwargs["input"], outs[0].dtype
    if len(args) < 2 and "dim" not in kwargs and not can_cast(input.dtype, target):
        raise RuntimeError(f"mean.dtype_out(): input types can't be cast to the desired output type {target.type_name}")
    return evaluated_in_its_float_dtype(function, args, kwargs, outs)


@op("method out", contract=accumulated(2), node=_all_or_some("Mean"), out=_mean_out, apart=None)
def mean(input, dim=None, keepdim=False, *, dtype=None):
    """The exact sum divided by the number of elements, rounded once; NaN for no elements.

    RuntimeError for integers and bool, unless a floating point ``dtype`` is given, to which the elements are cast first.

    >>> mean(tensor([1., 2., 4.]))
    tensor(2.3333)
    """
    target = dtype or input.dtype
    if target.category < 2:
        what = "Input" if dtype is None else "Optional"
        raise RuntimeError(f"mean(): could not infer output dtype. {what} dtype must be either a floating point or complex dtype. "
                           f"Got: {target.type_name}")
    return reduce("mean", input, reduced_dims(dim, input.dim()), keepdim, target)


mean.derivative(
    input=lambda grad, input_shape, dim, keepdim: spread(grad, dim, keepdim, input_shape) / reduced_count(dim, input_shape),
)


@op("method out", contract=accumulated(2), node=_all_or_some("Prod"), out=_in_dtype_of_output, apart=None)
def prod(input, dim=None, keepdim=False, *, dtype=None):
    """The product; 1 for no elements. Integers and bool are multiplied as int64 (modulo 2**64). ``dim`` is one int.

    >>> prod(tensor([[1, 2], [3, 4]]), 1)
    tensor([ 2, 12])
    """
    if dim is None and keepdim:
        raise TypeError("prod(): argument 'dim' must be int, not NoneType")
    return reduce("prod", input, reduced_dims(dim, input.dim()), keepdim, _sum_dtype(input, dtype))


def _prod_gradient(grad, input, dim, keepdim):
    """The product of all other elements: of running products from both sides, so that zeros do no harm."""
    from ..joining.joining import cat

    if not input.dim():
        return grad
    if dim is None:
        flat = _prod_gradient(grad.reshape(1), input.reshape(-1), 0, True)
        if (input == 0).sum() > 1:  # zero everywhere, even where the other elements multiply to infinity or NaN
            flat = flat.masked_fill(flat != 0, 0)
        return flat.view(input.shape)
    d = wrap_dim(dim, input.dim())
    if not keepdim:
        grad = grad.unsqueeze(d)
    if not input.numel():
        return input.new_zeros(input.shape)
    size = input.shape[d]
    one = input.new_ones([1 if k == d else s for k, s in enumerate(input.shape)])
    before = cat([one, input.narrow(d, 0, size - 1).cumprod(d)], d)
    after = cat([one, input.narrow(d, 1, size - 1).flip(d).cumprod(d)], d).flip(d)
    return grad * (before * after).conj()


prod.derivative(input=_prod_gradient)


# -- truth -----------------------------------------------------------------------------------------


def _truth_out(function, args, kwargs, outs):
    """The output may be bool or uint8, whatever the input is."""
    function.operation.bind(args, kwargs)  # its TypeError comes first
    target = outs[0].dtype
    if target is not bool_ and target is not uint8:
        raise RuntimeError(f"{function.__name__} only supports bool tensor for result, got: {target.type_name}")
    return function(*args, **kwargs).to(target)


def _truth(name: str, input: Tensor, dim: Any, keepdim: bool) -> Tensor:
    dims = () if isinstance(dim, (tuple, list)) and not dim else reduced_dims(dim, input.dim())
    return reduce(name, input, dims, keepdim, uint8 if input.dtype is uint8 else bool_)


@op("method out", differentiable=False, out=_truth_out, apart=None)
def any(input, dim=None, keepdim=False):
    """Whether at least one element is not zero (NaN is not); False for none. bool, but uint8 for uint8.

    An empty tuple of dimensions reduces none.

    >>> any(tensor([[0, 1], [0, 0]]), 1)
    tensor([ True, False])
    """
    return _truth("any", input, dim, keepdim)


@op("method out", differentiable=False, out=_truth_out, apart=None)
def all(input, dim=None, keepdim=False):
    """Whether no element is zero; True for none. bool, but uint8 for uint8. An empty tuple of dimensions reduces none.

    >>> all(tensor([[0, 1], [2, 3]]), 1)
    tensor([False,  True])
    """
    return _truth("all", input, dim, keepdim)


@op("method", differentiable=False)
def count_nonzero(input, dim=None):
    """The number of elements that are not zero. NaN is not zero.

    >>> count_nonzero(tensor([0, 1, 2]))
    tensor(2)
    """
    return (input.detach() != 0).sum(dim)
