"""Reductions: many elements to one, over all dimensions or some.

``dim`` is an int, a tuple of ints, or None (or an empty tuple) for all. The reduced dimensions disappear, or stay with size 1 with ``keepdim``. Results are
contiguous. Sums of every kind are exact sums rounded once, so they do not depend on the order of the terms.
"""

from __future__ import annotations

import math
from typing import Any

from .. import return_types
from ..dtypes import bool_, dtype as dtype_class, int64, uint8
from ..layout import wrap_dim, wrap_dims
from ..registry import EXACT, OperandError, accumulated, op
from ..tensor import Tensor, View, allocate_like
from .checks import not_implemented


def reduced_dims(dim: Any, ndim: int) -> tuple[int, ...]:
    """The dimensions to reduce."""
    if dim is None or isinstance(dim, (tuple, list)) and not dim:
        return tuple(range(ndim))
    if isinstance(dim, (tuple, list)):
        return wrap_dims(dim, ndim) if ndim else tuple(() for d in dim if wrap_dim(d, 0) < 0)
    d = wrap_dim(dim, ndim)
    return (d,) if ndim else ()


def reduce(name: str, input: Tensor, dim: Any, keepdim: bool, dtype: dtype_class, **parameters: Any) -> Tensor:
    """A fresh tensor with the reduction ``name`` over ``dim``."""
    view = input._view
    dims = reduced_dims(dim, len(view.shape))
    if keepdim not in (True, False) or not isinstance(keepdim, bool):
        raise TypeError(f"argument 'keepdim' must be bool, not {type(keepdim).__name__}")
    kept = tuple(1 if d in dims else s for d, s in enumerate(view.shape))
    out = allocate_like(input, kept, dtype)
    view.storage.kernels.reduce(name, out._view, view, dims, **parameters)
    if keepdim or not dims:
        return out
    return allocate_view(out, tuple(s for d, s in enumerate(view.shape) if d not in dims))


def allocate_view(out: Tensor, shape: tuple[int, ...]) -> Tensor:
    """A fresh contiguous tensor under another shape."""
    from ..layout import contiguous_strides
    from ..tensor import wrap

    view = out._view
    return wrap(View(view.storage, 0, shape, contiguous_strides(shape), view.dtype))


def spread(grad: Tensor, dim: Any, keepdim: bool, shape: tuple[int, ...]) -> Tensor:
    """A reduced tensor expanded over the dimensions that were reduced."""
    if not keepdim:
        for d in sorted(reduced_dims(dim, len(shape))):
            grad = grad.unsqueeze(d)
    return grad.expand(shape)


def _overload(name: str, plain: int, with_dim: int) -> Any:
    def node(bound: dict[str, Any]) -> str:
        return f"{name}Backward{plain if bound['dim'] is None else with_dim}"

    return node


# -- sums ------------------------------------------------------------------------------------------


@op("method out", contract=accumulated(1), node=_overload("Sum", 0, 1))
def sum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum: exact, rounded once to the result dtype. No terms give 0; NaN, and inf - inf, give NaN.

    Integers and bool are added as int64 (modulo 2**64). With ``dtype`` the elements are cast first.

    >>> sum(tensor([[1, 2], [3, 4]]), 0)
    tensor([4, 6])
    """
    target = dtype or (int64 if input.dtype.category < 2 else input.dtype)
    return reduce("sum", input, dim, keepdim, target)


sum.derivative(input=lambda grad, input_shape, dim, keepdim: spread(grad, dim, keepdim, input_shape))


@op("method out", contract=accumulated(1))
def nansum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum of the elements that are not NaN.

    >>> nansum(tensor([1., nan]))
    tensor(1.)
    """
    if input.is_complex():
        raise RuntimeError("nansum on CPU does not support complex inputs")
    kept = input if input.dtype.category < 2 else input.masked_fill(input.isnan(), 0)
    return kept.sum(dim, keepdim, dtype=dtype)


@op("method out", contract=accumulated(2), node=_overload("Mean", 0, 1))
def mean(input, dim=None, keepdim=False, *, dtype=None):
    """The exact sum divided by the number of elements, rounded once; NaN for no elements.

    RuntimeError for integers and bool, unless ``dtype`` is given.

    >>> mean(tensor([1., 2., 4.]))
    tensor(2.3333)
    """
    target = dtype or input.dtype
    if target.category < 2:
        what = "Input" if dtype is None else "Optional"
        raise RuntimeError(f"mean(): could not infer output dtype. {what} dtype must be either a floating point or complex dtype. "
                           f"Got: {target.type_name}")
    return reduce("mean", input, dim, keepdim, target)


def _mean_gradient(grad, input_shape, dim, keepdim):
    count = math.prod(input_shape[d] for d in reduced_dims(dim, len(input_shape)))
    return spread(grad, dim, keepdim, input_shape) / count


mean.derivative(input=_mean_gradient)


@op("method out", contract=accumulated(2), node=lambda bound: "ProdBackward0" if bound["dim"] is None else "ProdBackward1")
def prod(input, dim=None, keepdim=False, *, dtype=None):
    """The product; 1 for no elements. Integers and bool are multiplied as int64 (modulo 2**64). ``dim`` is one int.

    >>> prod(tensor([[1, 2], [3, 4]]), 1)
    tensor([ 2, 12])
    """
    if isinstance(dim, (tuple, list)):
        raise TypeError(f"prod() received an invalid combination of arguments - got ({type(dim).__name__}), but expected one of:\n"
                        " * (*, torch.dtype dtype = None)\n * (int dim, bool keepdim = False, *, torch.dtype dtype = None)\n")
    target = dtype or (int64 if input.dtype.category < 2 else input.dtype)
    return reduce("prod", input, dim, keepdim, target)


def _prod_gradient(grad, input, dim, keepdim):
    """The product of all other elements: computed from running products, so that zeros do no harm."""
    from .joining import cat

    if not input.dim():
        return grad
    if dim is None:
        flat = _prod_gradient(grad.reshape(1), input.reshape(-1), 0, True)
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


# -- variance --------------------------------------------------------------------------------------


def _variance_arguments(dim: Any, unbiased: Any, correction: Any) -> tuple[Any, float]:
    """torch's three signatures: ``(dim, unbiased)``, ``(dim, *, correction)`` and ``(unbiased)``."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        if not isinstance(unbiased, bool) or correction is not None:
            raise OperandError(unbiased, "bool")
        return dim, 1 if unbiased else 0
    return dim, 1 if correction is None else correction


def _variance(name: str, input: Tensor, dim: Any, unbiased: Any, keepdim: bool, correction: Any) -> Tensor:
    if input.dtype.category < 2:
        raise RuntimeError("std and var only support floating point and complex dtypes")
    dims, minus = _variance_arguments(dim, unbiased, correction)
    count = math.prod(input._view.shape[d] for d in reduced_dims(dims, input.dim()))
    if count - minus <= 0:
        import warnings

        warnings.warn(f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor (input numel divided by "
                      "output numel).", stacklevel=4)
    return reduce(name, input, dims, keepdim, input.dtype.real, correction=minus)


@op("method out", contract=accumulated(4), node="VarBackward0")
def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The variance: the sum of the squared distances from the mean, divided by n - ``correction`` (1 unless given; ``unbiased=False`` means 0).

    Real for complex input. NaN or inf, with a warning, if n <= correction. Not for integers.

    >>> var(tensor([1., 2., 4.]))
    tensor(2.3333)
    """
    return _variance("var", input, dim, unbiased, keepdim, correction)


def _centred(input: Tensor, dim: Any, unbiased: Any, correction: Any) -> tuple[Tensor, Any, float]:
    """Distances from the mean, the dimensions, and the divisor."""
    dims, minus = _variance_arguments(dim, unbiased, correction)
    count = math.prod(input._view.shape[d] for d in reduced_dims(dims, input.dim()))
    return input - input.mean(dims, True), dims, max_(count - minus, 0)


def max_(a: float, b: float) -> float:
    return a if a > b else b


def _var_gradient(grad, input, dim, unbiased, keepdim, correction):
    centred, dims, divisor = _centred(input, dim, unbiased, correction)
    factor = 2.0 / divisor if divisor else math.inf
    return spread(grad, dims, keepdim, input.shape) * (factor * centred)


var.derivative(input=_var_gradient)


@op("method out", contract=accumulated(4), node="StdBackward0")
def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The square root of the variance (see :func:`var`), rounded once.

    >>> std(tensor([1., 2., 4.]))
    tensor(1.5275)
    """
    return _variance("std", input, dim, unbiased, keepdim, correction)


def _std_gradient(grad, result, input, dim, unbiased, keepdim, correction):
    slope = (grad / (result * 2)).masked_fill(result == 0, 0)
    return _var_gradient(slope, input, dim, unbiased, keepdim, correction)


std.derivative(input=_std_gradient)


@op("function")
def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """``(var, mean)``.

    >>> var_mean(tensor([1., 3.]))
    (tensor(2.), tensor(2.))
    """
    dims, _ = _variance_arguments(dim, unbiased, correction)
    return input.var(dim, unbiased, keepdim, correction=correction), input.mean(dims, keepdim)


@op("function")
def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """``(std, mean)``.

    >>> std_mean(tensor([1., 3.]))
    (tensor(1.4142), tensor(2.))
    """
    dims, _ = _variance_arguments(dim, unbiased, correction)
    return input.std(dim, unbiased, keepdim, correction=correction), input.mean(dims, keepdim)


# -- extremes --------------------------------------------------------------------------------------


def _check_extreme(input: Tensor, dim: Any, function: str, kernel: str, error: type[Exception] = RuntimeError) -> None:
    if input.is_complex():
        not_implemented(kernel, input.dtype)
    if not input.numel():
        if dim is None or dim == ():
            raise error(f"{function}(): Expected reduction dim to be specified for input.numel() == 0."
                        + (" Specify the reduction dim with the 'dim' argument." if error is RuntimeError else ""))
        for d in reduced_dims(dim, input.dim()):
            if input.shape[d] == 0:
                raise IndexError(f"{function}(): Expected reduction dim {d} to have non-zero size.")


def _shared(grad: Tensor, input: Tensor, result: Tensor, dim: Any, keepdim: bool, nan_is_attained: bool = False) -> Tensor:
    """The gradient of an extreme, in equal parts to all elements that attain it; a NaN is attained by the NaNs, or by none (NaN everywhere)."""
    dims = None if dim == () else dim
    extreme = spread(result, dims, keepdim, input.shape)
    ties = input == extreme
    if nan_is_attained:
        ties = ties | (input.isnan() & extreme.isnan())
    weights = ties.to(grad.dtype)
    return weights / weights.sum(dims, True) * spread(grad, dims, keepdim, input.shape)


@op("method out", contract=EXACT)
def amax(input, dim=(), keepdim=False):
    """The greatest element; NaN if there is one. Its gradient goes in equal parts to all elements that attain it.

    >>> amax(tensor([[1, 5], [7, 2]]), 1)
    tensor([5, 7])
    """
    _check_extreme(input, dim, "amax", "max_values_cpu")
    return reduce("amax", input, dim, keepdim, input.dtype)


amax.derivative(input=lambda grad, input, result, dim, keepdim: _shared(grad, input, result, dim, keepdim))


@op("method out", contract=EXACT)
def amin(input, dim=(), keepdim=False):
    """The least element; NaN if there is one. Its gradient goes in equal parts to all elements that attain it.

    >>> amin(tensor([[1, 5], [7, 2]]), 1)
    tensor([1, 2])
    """
    _check_extreme(input, dim, "amin", "min_values_cpu")
    return reduce("amin", input, dim, keepdim, input.dtype)


amin.derivative(input=lambda grad, input, result, dim, keepdim: _shared(grad, input, result, dim, keepdim))


@op("method", name="aminmax")
def aminmax(input, *, dim=None, keepdim=False):
    """The least and the greatest element, as a named tuple ``(min, max)``.

    >>> aminmax(tensor([3, 1, 2]))
    torch.return_types.aminmax(
    min=tensor(1),
    max=tensor(3))
    """
    dims = () if dim is None else dim
    return return_types.aminmax((input.amin(dims, keepdim), input.amax(dims, keepdim)))


def _along(name: str, input: Tensor, dim: int, keepdim: bool) -> tuple[Tensor, Tensor]:
    """The extreme along one dimension and where it stands first."""
    view = input._view
    if not view.shape:
        wrap_dim(dim, 0)
        return input.clone(), allocate_like(input, (), int64).zero_()
    d = wrap_dim(dim, len(view.shape))
    kept = tuple(1 if k == d else s for k, s in enumerate(view.shape))
    places = allocate_like(input, kept, int64)
    view.storage.kernels.arg_reduce("argmax" if name == "max" else "argmin", places._view, view, d)
    values = input.detach().gather(d, places)
    if keepdim:
        return values, places
    shape = kept[:d] + kept[d + 1 :]
    return allocate_view(values, shape), allocate_view(places, shape)


def _from_places(grad: Tensor, shape: tuple[int, ...], dim: int, keepdim: bool, places: Tensor) -> Tensor:
    if not shape:
        return grad
    if not keepdim:
        grad, places = grad.unsqueeze(dim), places.unsqueeze(dim)
    return grad.new_zeros(shape).scatter(dim, places, grad)


@op("only", name="_max_dim", node="MaxBackward0")
def _max_dim(input, dim, keepdim):
    """The greatest elements along a dimension, and the first places where they stand."""
    _check_extreme(input, dim, "max", "max_cpu")
    return return_types.max(_along("max", input, dim, keepdim))


_max_dim.derivative(input=lambda grad, input_shape, dim, keepdim, result1: _from_places(grad, input_shape, dim, keepdim, result1))


@op("only", name="_min_dim", node="MinBackward0")
def _min_dim(input, dim, keepdim):
    """The least elements along a dimension, and the first places where they stand."""
    _check_extreme(input, dim, "min", "min_cpu")
    return return_types.min(_along("min", input, dim, keepdim))


_min_dim.derivative(input=lambda grad, input_shape, dim, keepdim, result1: _from_places(grad, input_shape, dim, keepdim, result1))


@op("only", name="_max_all", node="MaxBackward1")
def _max_all(input):
    """The greatest of all elements."""
    _check_extreme(input, None, "max", "max_all")
    return reduce("amax", input, None, False, input.dtype)


_max_all.derivative(input=lambda grad, input, result: _shared(grad, input, result, None, False, True))


@op("only", name="_min_all", node="MinBackward1")
def _min_all(input):
    """The least of all elements."""
    _check_extreme(input, None, "min", "min_all")
    return reduce("amin", input, None, False, input.dtype)


_min_all.derivative(input=lambda grad, input, result: _shared(grad, input, result, None, False, True))


@op("method out")
def max(input, dim=None, keepdim=False, *, other=None):
    """Three overloads: ``max(input)``, the greatest element; ``max(input, dim)``, values and indices; ``max(input, other)``, :func:`maximum`.

    NaN counts as the greatest. The index is the first place of the extreme. The gradient of ``max(input)`` is shared among ties; that of
    ``max(input, dim)`` goes to the place returned.

    >>> max(tensor([[1, 5], [7, 2]]), 1)
    torch.return_types.max(
    values=tensor([5, 7]),
    indices=tensor([1, 0]))
    """
    second = other if other is not None else dim
    if isinstance(second, Tensor):
        from .comparison import maximum

        return maximum(input, second)
    return _max_all(input) if dim is None else _max_dim(input, dim, keepdim)


@op("method out")
def min(input, dim=None, keepdim=False, *, other=None):
    """Three overloads: ``min(input)``, the least element; ``min(input, dim)``, values and indices; ``min(input, other)``, :func:`minimum`.

    NaN counts as the least. The index is the first place of the extreme. The gradient of ``min(input)`` is shared among ties; that of
    ``min(input, dim)`` goes to the place returned.

    >>> min(tensor([[1, 5], [7, 2]]), 1)
    torch.return_types.min(
    values=tensor([1, 2]),
    indices=tensor([0, 1]))
    """
    second = other if other is not None else dim
    if isinstance(second, Tensor):
        from .comparison import minimum

        return minimum(input, second)
    return _min_all(input) if dim is None else _min_dim(input, dim, keepdim)


def _arg(name: str, input: Tensor, dim: Any, keepdim: bool) -> Tensor:
    for kind, yes in (("bool", input.dtype is bool_), ("complex", input.is_complex())):
        if yes:
            raise RuntimeError(f"{name}(): does not support {kind} input")
    if isinstance(dim, (tuple, list)):
        raise OperandError(dim, "int")
    _check_extreme(input, dim, name, name, IndexError)
    if dim is None:
        _, place = _along(name[3:], input.detach().reshape(-1), 0, False)
        return place.view((1,) * input.dim()) if keepdim else place
    return _along(name[3:], input.detach(), dim, keepdim)[1]


@op("method out", differentiable=False)
def argmax(input, dim=None, keepdim=False):
    """The first place of the greatest element (NaN counts as the greatest), in the flattened tensor or along ``dim``.

    >>> argmax(tensor([[1, 5], [7, 2]]))
    tensor(2)
    """
    return _arg("argmax", input, dim, keepdim)


@op("method out", differentiable=False)
def argmin(input, dim=None, keepdim=False):
    """The first place of the least element (NaN counts as the least), in the flattened tensor or along ``dim``.

    >>> argmin(tensor([[1, 5], [7, 2]]), 1)
    tensor([0, 1])
    """
    return _arg("argmin", input, dim, keepdim)


# -- truth -----------------------------------------------------------------------------------------


@op("method out", differentiable=False)
def any(input, dim=None, keepdim=False):
    """Whether at least one element is not zero (NaN is not); False for none. bool, but uint8 for uint8.

    >>> any(tensor([[0, 1], [0, 0]]), 1)
    tensor([ True, False])
    """
    return reduce("any", input, dim, keepdim, uint8 if input.dtype is uint8 else bool_)


@op("method out", differentiable=False)
def all(input, dim=None, keepdim=False):
    """Whether no element is zero; True for none. bool, but uint8 for uint8.

    >>> all(tensor([[0, 1], [2, 3]]), 1)
    tensor([False,  True])
    """
    return reduce("all", input, dim, keepdim, uint8 if input.dtype is uint8 else bool_)


@op("method", differentiable=False)
def count_nonzero(input, dim=None):
    """The number of elements that are not zero.

    >>> count_nonzero(tensor([0, 1, 2]))
    tensor(2)
    """
    return (input.detach() != 0).sum(dim)


# -- norms -----------------------------------------------------------------------------------------


@op("only out", name="_vector_norm", contract=accumulated(2), node="LinalgVectorNormBackward0")
def _vector_norm(input, ord, dim, keepdim, dtype=None):
    """(sum |x|**ord) ** (1/ord); the greatest or least |x| for inf and -inf, the number of elements that are not 0 for ord 0."""
    target = dtype or input.dtype
    if target.category < 2:
        raise RuntimeError(f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {input.dtype.type_name}")
    source = input if dtype is None or dtype is input.dtype else input.to(dtype)
    return reduce("norm", source, dim, keepdim, target.real, ord=float(ord))


def _norm_gradient(grad, input, result, ord, dim, keepdim):
    """x/|x| times |x|**(p-1) / norm**(p-1); 0 where the norm is 0."""
    p = float(ord)
    norm = spread(result, dim, keepdim, input.shape)
    grad = spread(grad, dim, keepdim, input.shape)
    if p == 0:
        return input.new_zeros(input.shape)
    if p == 1:
        return input.sgn() * grad
    if p == 2:
        return grad * (input / norm).masked_fill(norm == 0, 0)
    if math.isinf(p):
        size = input.abs()
        ties = (size == norm) | (size.isnan() & norm.isnan())
        weights = ties.to(norm.dtype)
        return input.sgn() * (weights / weights.sum(dim, True) * grad)
    if p < 1:
        power = (input.sgn() * input.abs().pow(p - 1)).masked_fill(input == 0, 0)
        return power * (grad * norm.pow(1 - p))
    if p < 2:
        return input.sgn() * input.abs().pow(p - 1) * (grad / norm.pow(p - 1)).masked_fill(norm == 0, 0)
    return input * input.abs().pow(p - 2) * (grad / norm.pow(p - 1)).masked_fill(norm == 0, 0)


_vector_norm.derivative(input=_norm_gradient)


@op("method")
def norm(input, p="fro", dim=None, keepdim=False, *, dtype=None):
    """The vector norm of order ``p`` (a number, inf, -inf, or "fro", which is 2) over ``dim``.

    0 at the zero vector has gradient 0.

    >>> norm(tensor([3., 4.]))
    tensor(5.)
    """
    if isinstance(p, str) and p != "fro":
        if p == "nuc":
            raise RuntimeError("norm: the nuclear norm needs a singular value decomposition, which refimpl does not have yet")
        raise RuntimeError(f"linalg.matrix_norm: Order {p} not supported.")
    return _vector_norm(input, 2.0 if p == "fro" or p is None else p, dim, keepdim, dtype)


# -- running sums and products ---------------------------------------------------------------------


def _scan(name: str, input: Tensor, dim: int, dtype: dtype_class | None) -> Tensor:
    target = dtype or (int64 if input.dtype.category < 2 else input.dtype)
    view = input._view
    d = wrap_dim(dim, len(view.shape))
    out = allocate_like(input, dtype=target)
    source = input if target is input.dtype else input.detach().to(target)
    if not view.shape:
        out.copy_(source)
        return out
    view.storage.kernels.scan(name, out._view, source._view, d)
    return out


@op("method inplace out", contract=accumulated(1))
def cumsum(input, dim, *, dtype=None):
    """Running sums along ``dim``: each is the exact sum of the elements up to here, rounded once. Integers become int64.

    >>> cumsum(tensor([1, 2, 3]), 0)
    tensor([1, 3, 6])
    """
    return _scan("cumsum", input, dim, dtype)


def _cumsum_gradient(grad, dim):
    return grad if not grad.dim() or grad.numel() < 2 else grad.flip(dim).cumsum(dim).flip(dim)


cumsum.derivative(input=_cumsum_gradient)


@op("method inplace out", contract=accumulated(2))
def cumprod(input, dim, *, dtype=None):
    """Running products along ``dim``. Integers become int64.

    >>> cumprod(tensor([1, 2, 3]), 0)
    tensor([1, 2, 6])
    """
    return _scan("cumprod", input, dim, dtype)


def _cumprod_gradient(grad, input, dim):
    """Element k is a factor of every later product: the sum over these of the products without it."""
    from .joining import stack

    if not input.dim() or not input.numel():
        return grad
    d = wrap_dim(dim, input.dim())
    size = input.shape[d]
    parts = []
    for k in range(size):
        before = input.narrow(d, 0, k).prod(d, True)
        after = input.narrow(d, k + 1, size - k - 1)
        following = after.cumprod(d)
        later = before * following
        total = (grad.narrow(d, k + 1, size - k - 1) * later.conj()).sum(d, True) + grad.narrow(d, k, 1) * before.conj()
        parts.append(total.squeeze(d))
    return stack(parts, d)


cumprod.derivative(input=_cumprod_gradient)
