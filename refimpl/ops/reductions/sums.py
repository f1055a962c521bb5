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
from ...foundation.dtypes import bool_, float64, int64, uint8
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.layout import contiguous_strides, wrap_dim, wrap_dims
from ...operations.output_kinds import BOOLEAN, EVALUATED, EXACT_OUTPUT, OutputKind
from ...operations.registry import op
from ...operations.sharing import COMPUTED, SUMMED
from ...tensor import Tensor, View, allocate_like, wrap


def reduced_dims(dim: Any, ndim: int) -> tuple[int, ...]:
    """The dimensions to reduce, counted from the front. A 0-d tensor counts as one dimension of size 1, which is not among them."""
    if dim is None or isinstance(dim, (tuple, list)) and not dim:
        return tuple(range(ndim))
    dims = wrap_dims(dim, ndim or 1) if isinstance(dim, (tuple, list)) else (wrap_dim(dim, ndim),)
    return dims if ndim else ()


def reduce(name: str, input: Tensor, dims: tuple[int, ...], keepdim: bool, dtype: dtype_class, **parameters: Any) -> Tensor:
    """A fresh tensor with the reduction ``name`` over ``dims``."""
    view = input._view
    shape = tuple([1 if d in dims else s for d, s in enumerate(view.shape)])
    out = allocate_like(input, shape if keepdim else tuple([s for d, s in enumerate(view.shape) if d not in dims]), dtype)
    target = out._view if keepdim or not dims else View(out._view.storage, 0, shape, contiguous_strides(shape), dtype)
    view.storage.kernels.reduce(name, target, view, dims, **parameters)
    return out


def without_dims(tensor: Tensor, dims: tuple[int, ...]) -> Tensor:
    """A fresh contiguous tensor without some dimensions of size 1."""
    return in_shape(tensor, tuple([s for d, s in enumerate(tensor._view.shape) if d not in dims]))


def in_shape(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """A fresh contiguous tensor in another shape: no view, unlike what ``view`` gives."""
    view = tensor._view
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


def short(d: dtype_class) -> bool:
    """Whether it is one of the 16-bit floats, of which running products are evaluated in a wider dtype: they leave the dtype's range on the way."""
    return d.category == 2 and d.itemsize == 2


def _all_or_some(name: str) -> Any:
    """torch's names of the two nodes: for all dimensions (no ``dim``), and for some."""
    return lambda bound: f"{name}Backward{0 if bound['dim'] is None else 1}"


def _sum_dtype(input: Tensor, dtype: dtype_class | None) -> dtype_class:
    return dtype or (int64 if input.dtype.category < 2 else input.dtype)


# -- sums and products -------------------------------------------------------------------------------


@op("method out", contract=accumulated(1), node=_all_or_some("Sum"), out=EVALUATED, sharing=SUMMED, dtypes="ordinary unsigned")
def sum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum of the elements over ``dim``: the exact sum, rounded once to the dtype of the result.

    Shapes: the reduced dimensions disappear, or have size 1 with ``keepdim``; no ``dim``, or an empty one, stands for all.
    Dtypes: all; integers and bool are added as int64, modulo 2**64. With ``dtype``, or ``out=``, the elements are cast to that dtype first.
    Special cases: no terms give 0; NaN, and infinities of both signs, give NaN; a sum that overflows is infinite.
    Errors: IndexError for a dimension that the input does not have, RuntimeError for one that is given twice.
    Gradient: that of the result, for every element.

    >>> sum(tensor([[1, 2], [3, 4]]), 0)
    tensor([4, 6])
    """
    return reduce("sum", input, reduced_dims(dim, input.dim()), keepdim, _sum_dtype(input, dtype))


@sum.constraints
def _(require, input, dim):
    require.dimensions(dim, input)


sum.derivative(input=lambda grad, input_shape, dim, keepdim: spread(grad, dim, keepdim, input_shape))


def _nansum_output(bound: dict[str, Any]) -> OutputKind:
    """Floats are not added as integers, unless ``dtype`` casts them first."""
    return EVALUATED if bound["input"].dtype.category < 2 or bound["dtype"] is not None and bound["dtype"].category < 2 else _FLOAT_SUM


_FLOAT_SUM = EVALUATED._replace(words="{name}: provided dtype must match dtype of result. Got {out} and {result}.", least_category=2,
                                cast_error=NotImplementedError, cast_words="\"{name}\" not implemented for '{out}'")  # fmt: skip


@op("method out", contract=accumulated(1), out=_nansum_output, sharing=SUMMED, dtypes="ordinary unsigned")
def nansum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum of the elements that are not NaN over ``dim``: exact, rounded once, otherwise as :func:`sum`.

    Shapes: as for :func:`sum`. Dtypes: all but complex ones; integers and bool are added as int64, and floats only with ``dtype`` as integers,
    to which they are cast after the NaNs have been replaced by 0, and infinities by the largest numbers. Special cases: NaN alone, and no terms,
    give 0.
    Errors: RuntimeError for complex input and for a dimension that is given twice; NotImplementedError for floats and a complex ``dtype``;
    IndexError for a dimension that the input does not have. Gradient: that of the result, but 0 for NaN.

    >>> nansum(tensor([1., nan]))
    tensor(1.)
    """
    if input.dtype.category < 2:
        return input.sum(dim, keepdim, dtype=dtype)
    terms = input.nan_to_num(0.0) if dtype is not None and dtype.category < 2 else input.masked_fill(input.isnan(), 0)
    return reduce("sum", terms, reduced_dims(dim, input.dim()), keepdim, dtype or input.dtype)


@nansum.constraints
def _(require, input, dim, dtype):
    require.dimensions(dim, input)
    require(not input.is_complex(), RuntimeError, "nansum on CPU does not support complex inputs")
    require(dtype is None or not dtype.is_complex or input.dtype.category < 2, NotImplementedError, "\"nansum\" not implemented for '{}'",
            dtype and dtype.type_name)  # fmt: skip


nansum.derivative(
    input=lambda grad, input, dim, keepdim: spread(grad, dim, keepdim, input.shape) * input.isnan().logical_not(),
)


def _mean_output(bound: dict[str, Any]) -> OutputKind:
    """Evaluated in the output's dtype, which is a floating point or complex one: a quotient is not cast to an integer."""
    category = bound["input"].dtype.category
    kind = EVALUATED if category >= 2 or bound["dtype"] is not None else EXACT_OUTPUT
    return kind._replace(least_category=2) if bound["dim"] is not None else kind._replace(least_category=category, also=(_MEAN_OF_ALL,))


_MEAN_OF_ALL = "mean.dtype_out(): input types can't be cast to the desired output type {out}"


@op("method out", contract=accumulated(2), node=_all_or_some("Mean"), out=_mean_output, sharing=COMPUTED, dtypes="ordinary unsigned")
def mean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean of the elements over ``dim``: their exact sum divided by their number, rounded once.

    Shapes: as for :func:`sum`. Dtypes: floating point and complex ones, and integers and bool if ``dtype`` is a floating point or complex one;
    with ``dtype``, or ``out=``, the elements are cast to that dtype first. Special cases: NaN for no elements; a sum that overflows does
    not matter if the mean does not overflow. Errors: RuntimeError for another dtype and for a dimension that is given twice, IndexError for one
    that the input does not have. Gradient: that of the result divided by the number of elements, for every element.

    >>> mean(tensor([1., 2., 4.]))
    tensor(2.3333)
    """
    return reduce("mean", input, reduced_dims(dim, input.dim()), keepdim, dtype or input.dtype)


@mean.constraints
def _(require, input, dim, dtype):
    require.dimensions(dim, input)
    require(dtype is not None or input.dtype.category >= 2, RuntimeError, "mean(): could not infer output dtype. "
            "Input dtype must be either a floating point or complex dtype. Got: {}", input.dtype.type_name)  # fmt: skip
    require(dtype is None or dtype.category >= 2, RuntimeError, "mean(): could not infer output dtype. "
            "Optional dtype must be either a floating point or complex dtype. Got: {}", dtype and dtype.type_name)  # fmt: skip


mean.derivative(
    input=lambda grad, input_shape, dim, keepdim: spread(grad, dim, keepdim, input_shape) / reduced_count(dim, input_shape),
)


_NANMEAN = EVALUATED._replace(words="nansum: provided dtype must match dtype of result. Got {out} and {result}.", least_category=2,
                              cast_error=NotImplementedError, cast_words="\"nansum_cpu\" not implemented for '{out}'")  # fmt: skip


@op("method out", contract=accumulated(2), node="DivBackward0", out=_NANMEAN, sharing=SUMMED)
def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean of the elements that are not NaN over ``dim``: their exact sum divided by their number, rounded once.

    Shapes: as for :func:`sum`. Dtypes: real floating point ones; with ``dtype``, or ``out=``, one of them too, the elements are cast to that dtype
    first. Special cases: NaN alone, and no elements, give NaN; a sum that overflows does not matter if the mean does not overflow.
    Errors: RuntimeError for another dtype, and for a dimension that is given twice; NotImplementedError for a complex ``dtype``; IndexError for a
    dimension that the input does not have. Gradient: that of the result divided by the number of elements that count, 0 for NaN.

    >>> nanmean(tensor([1., nan, 4.]))
    tensor(2.5000)
    """
    d = dtype or input.dtype
    values = input.detach().to(d).to(float64)
    counted = values.isnan().logical_not()
    return (values.masked_fill(values.isnan(), 0).sum(dim, keepdim) / counted.sum(dim, keepdim)).to(d)


@nanmean.constraints
def _(require, input, dim, dtype):
    require(input.dtype.category >= 2, RuntimeError, "nanmean(): expected input to have floating point or complex dtype but got {}",
            input.dtype.type_name, also=(
                (RuntimeError, "nanmean(): integral types and 'Bool' are not supported for nanmean, even for empty tensors."),))  # fmt: skip
    require(not input.is_complex(), RuntimeError, "nansum on CPU does not support complex inputs")
    require.dimensions(dim, input)
    require(dtype is None or dtype.category >= 2, RuntimeError, "nanmean(): could not infer output dtype. "
            "Optional dtype must be either a floating point or complex dtype. Got: {}", dtype and dtype.type_name)  # fmt: skip
    require(dtype is None or not dtype.is_complex, NotImplementedError, "\"nansum_cpu\" not implemented for '{}'", dtype and dtype.type_name)


def _nanmean_gradient(grad: Any, input: Tensor, dim: Any, keepdim: bool) -> Any:
    counted = input.isnan().logical_not()
    return spread(grad / counted.sum(dim, keepdim), dim, keepdim, input.shape) * counted


nanmean.derivative(input=_nanmean_gradient)


@op("method out", contract=accumulated(2), node=_all_or_some("Prod"), out=EVALUATED, sharing=SUMMED, dtypes="ordinary unsigned")
def prod(input, dim=None, keepdim=False, *, dtype=None):
    """The product of the elements over one dimension, or of all without ``dim``.

    Shapes: as for :func:`sum`, but ``dim`` is one int. Dtypes: all; integers and bool are multiplied as int64, modulo 2**64. With ``dtype``, or
    ``out=``, the elements are cast to that dtype first. Special cases: no factors give 1; NaN, and 0 times an infinity, give NaN.
    Errors: IndexError for a dimension that the input does not have. Gradient: the product of all other factors, so that zeros do no harm.

    >>> prod(tensor([[1, 2], [3, 4]]), 1)
    tensor([ 2, 12])
    """
    return reduce("prod", input, reduced_dims(dim, input.dim()), keepdim, _sum_dtype(input, dtype))


@prod.constraints
def _(require, input, dim):
    require.dimensions(dim, input)


def _prod_gradient(grad, input, dim, keepdim):
    """The product of all other elements: of running products from both sides, so that zeros do no harm."""
    from ..joining.joining import cat

    if not input.dim():
        return grad
    if short(input.dtype):
        return _prod_gradient(grad.to(float64), input.to(float64), dim, keepdim).to(input.dtype)
    if dim is None:
        flat = _prod_gradient(grad.reshape(1), input.reshape(-1), 0, True)
        if (input == 0).sum() > 1:  # zero everywhere, even where the other elements multiply to infinity or NaN
            flat = flat.masked_fill(flat != 0, 0)
        return flat.view(input.shape)
    d = wrap_dim(dim, input.dim())
    if not keepdim:
        grad = grad.unsqueeze(d)
    if not input.numel():
        return grad * input.conj()
    size = input.shape[d]
    one = input.new_ones([1 if k == d else s for k, s in enumerate(input.shape)])
    before = cat([one, input.narrow(d, 0, size - 1).cumprod(d)], d)
    after = cat([one, input.narrow(d, 1, size - 1).flip(d).cumprod(d)], d).flip(d)
    return grad * (before * after).conj()


prod.derivative(input=lambda grad, input, dim, keepdim, result: _prod_gradient(grad, input, dim, keepdim))  # torch's keeps the result, too


# -- truth -----------------------------------------------------------------------------------------


def _truth(name: str, input: Tensor, dim: Any, keepdim: bool) -> Tensor:
    dims = () if isinstance(dim, (tuple, list)) and not dim else reduced_dims(dim, input.dim())
    return reduce(name, input, dims, keepdim, uint8 if input.dtype is uint8 else bool_)


@op("method out", differentiable=False, out=BOOLEAN, sharing=SUMMED, dtypes="every")
def any(input, dim=None, keepdim=False):
    """Whether at least one element over ``dim`` is not zero.

    Shapes: as for :func:`sum`, but an empty tuple of dimensions reduces none. Dtypes: all; the result is bool, but uint8 for uint8.
    Special cases: False for no elements; NaN is not zero, -0 is. Errors: IndexError for a dimension that the input does not have, RuntimeError for
    one that is given twice. No gradient.

    >>> any(tensor([[0, 1], [0, 0]]), 1)
    tensor([ True, False])
    """
    return _truth("any", input, dim, keepdim)


@any.constraints
def _(require, input, dim):
    require.dimensions(dim, input)


@op("method out", differentiable=False, out=BOOLEAN, sharing=SUMMED, dtypes="every")
def all(input, dim=None, keepdim=False):
    """Whether no element over ``dim`` is zero.

    Shapes: as for :func:`sum`, but an empty tuple of dimensions reduces none. Dtypes: all; the result is bool, but uint8 for uint8.
    Special cases: True for no elements; NaN is not zero, -0 is. Errors: IndexError for a dimension that the input does not have, RuntimeError for
    one that is given twice. No gradient.

    >>> all(tensor([[0, 1], [2, 3]]), 1)
    tensor([False,  True])
    """
    return _truth("all", input, dim, keepdim)


@all.constraints
def _(require, input, dim):
    require.dimensions(dim, input)


@op("method", differentiable=False, dtypes="ordinary unsigned complex32")
def count_nonzero(input, dim=None):
    """The number of elements over ``dim`` that are not zero.

    Shapes: the reduced dimensions disappear; no ``dim``, or an empty one, stands for all. Dtypes: all; the result is int64. Special
    cases: NaN is not zero, -0 is; 0 for no elements. Errors: IndexError for a dimension that the input does not have, RuntimeError for one that is
    given twice. No gradient.

    >>> count_nonzero(tensor([0, 1, 2]))
    tensor(2)
    """
    return (input.detach() != 0).sum(dim)


@count_nonzero.constraints
def _(require, input, dim):
    require.dimensions(dim, input)
