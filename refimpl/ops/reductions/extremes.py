"""Extremes: the greatest and least elements, and their places. NaN counts as the greatest and as the least.

``dim`` as in :mod:`refimpl.ops.reductions.sums`. An extreme of no elements is an error. Complex numbers are not ordered.
"""

from __future__ import annotations

from typing import Any

from ... import return_types
from ...foundation.contracts import EXACT
from ...foundation.dtypes import bool_, int64
from ...foundation.layout import wrap_dim
from ...foundation.promotion import can_cast
from ...operations.registry import op
from ...operations.sharing import SUMMED
from ...tensor import Tensor, allocate_like
from ..shared.checks import not_implemented
from ..shared.outputs import dtype_of_input, pair, same_dtype
from .sums import reduce, reduced_dims, spread, without_dims


def _refuse_empty(input: Tensor, dim: Any, function: str) -> None:
    """Refuse to reduce over no elements."""
    if input.numel():
        return
    if dim is None or isinstance(dim, (tuple, list)) and not dim:
        raise RuntimeError(f"{function}(): Expected reduction dim to be specified for input.numel() == 0. "
                           "Specify the reduction dim with the 'dim' argument.")
    for d in dim if isinstance(dim, (tuple, list)) else (dim,):
        if input.shape[wrap_dim(d, input.dim())] == 0:
            raise IndexError(f"{function}(): Expected reduction dim {d} to have non-zero size.")


def _shared(grad: Tensor, input: Tensor, result: Tensor, dim: Any, keepdim: bool, nan_attained: bool = False) -> Tensor:
    """The gradient of an extreme, in equal parts to all elements that attain it.

    A NaN is attained by the NaNs with ``nan_attained``, else by none: 0/0 makes the gradient NaN everywhere.
    """
    extreme = spread(result, dim, keepdim, input.shape)
    ties = input == extreme
    if nan_attained:
        ties = ties | (input.isnan() & extreme.isnan())
    weights = ties.to(grad.dtype)
    return weights / weights.sum(dim, True) * spread(grad, dim, keepdim, input.shape)


# -- amax and amin ---------------------------------------------------------------------------------


def _real_node(name: str) -> Any:
    """The node of an extreme; complex numbers, of which there are none here but in an empty tensor, have no gradient."""

    def node(bound: dict[str, Any]) -> str:
        if bound["input"].is_complex():
            raise RuntimeError(f"{name} does not support automatic differentiation for outputs with complex dtype.")
        return f"{name.capitalize()}Backward0"

    return node


def _extreme(name: str, input: Tensor, dim: Any, keepdim: bool, function: str, kernel: str) -> Tensor:
    _refuse_empty(input, dim, function)
    dims = reduced_dims(dim, input.dim())
    if input.is_complex() and input.numel():
        not_implemented(kernel, input.dtype)
    return reduce(name, input, dims, keepdim, input.dtype)


@op("method out", contract=EXACT, out=dtype_of_input, node=_real_node("amax"), sharing=SUMMED)
def amax(input, dim=(), keepdim=False):
    """The greatest element; NaN if there is one. Its gradient goes in equal parts to all elements that attain it.

    >>> amax(tensor([[1, 5], [7, 2]]), 1)
    tensor([5, 7])
    """
    return _extreme("amax", input, dim, keepdim, "amax", "max_values_cpu")


amax.derivative(input=lambda grad, input, result, dim, keepdim: _shared(grad, input, result, dim, keepdim))


@op("method out", contract=EXACT, out=dtype_of_input, node=_real_node("amin"), sharing=SUMMED)
def amin(input, dim=(), keepdim=False):
    """The least element; NaN if there is one. Its gradient goes in equal parts to all elements that attain it.

    >>> amin(tensor([[1, 5], [7, 2]]), 1)
    tensor([1, 2])
    """
    return _extreme("amin", input, dim, keepdim, "amin", "min_values_cpu")


amin.derivative(input=lambda grad, input, result, dim, keepdim: _shared(grad, input, result, dim, keepdim))


@op("method out", contract=EXACT, out=pair)
def aminmax(input, *, dim=None, keepdim=False):
    """The least and the greatest element, as a named tuple ``(min, max)``. ``dim`` is one int, or None for all.

    >>> aminmax(tensor([3, 1, 2]))
    torch.return_types.aminmax(
    min=tensor(1),
    max=tensor(3))
    """
    if dim is None and not input.numel():
        raise RuntimeError("aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.")
    dims = reduced_dims(dim, input.dim())
    if dims and not input.numel() and input.shape[dims[0]] == 0 and dim is not None:
        raise IndexError(f"aminmax: Expected reduction dim {dims[0]} to have non-zero size.")
    if input.is_complex():
        if dim is not None and not input.dim():
            raise RuntimeError(f"aminmax not implemented for {input.dtype.type_name}")
        not_implemented("aminmax_cpu", input.dtype)
    return return_types.aminmax([reduce(name, input, dims, keepdim, input.dtype) for name in ("amin", "amax")])


aminmax.derivative(
    input=lambda grads, input, result0, result1, dim, keepdim:
        _shared(grads[0], input, result0, dim, keepdim) + _shared(grads[1], input, result1, dim, keepdim),
)


# -- max and min -----------------------------------------------------------------------------------


def _places(name: str, input: Tensor, d: int) -> Tensor:
    """Where the extremes along dimension ``d`` stand first; size 1 there."""
    view = input._view
    places = allocate_like(input, tuple([1 if k == d else s for k, s in enumerate(view.shape)]), int64)
    view.storage.kernels.arg_reduce(name, places._view, view, d)
    return places


def _along(name: str, input: Tensor, dim: int, keepdim: bool) -> tuple[Tensor, Tensor]:
    """The extremes along one dimension, and where they stand first."""
    d = wrap_dim(dim, input.dim())
    if input.dim() and input.shape[d] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {d} to have non-zero size.")
    if input.is_complex():
        raise RuntimeError(f"{name}(): does not support complex input")
    if not input.dim():
        return input.clone(), input.new_zeros((), dtype=int64)
    places = _places("arg" + name, input, d)
    values = input.gather(d, places)
    return (values, places) if keepdim else (without_dims(values, (d,)), without_dims(places, (d,)))


def _to_places(grads: Any, input_shape: tuple[int, ...], dim: int, keepdim: bool, result1: Tensor) -> Tensor:
    """The gradient of the values goes to the places that were returned."""
    grad, places = grads[0], result1
    if not input_shape:
        return grad
    if not keepdim:
        grad, places = grad.unsqueeze(dim), places.unsqueeze(dim)
    return grad.new_zeros(input_shape).scatter(dim, places, grad)


@op("only", name="_max_dim", node="MaxBackward0")
def _max_dim(input, dim, keepdim):
    """The greatest elements along a dimension, and the first places where they stand."""
    return return_types.max(_along("max", input, dim, keepdim))


_max_dim.derivative(input=_to_places)


@op("only", name="_min_dim", node="MinBackward0")
def _min_dim(input, dim, keepdim):
    """The least elements along a dimension, and the first places where they stand."""
    return return_types.min(_along("min", input, dim, keepdim))


_min_dim.derivative(input=_to_places)


@op("only", name="_max_all", node="MaxBackward1")
def _max_all(input):
    """The greatest of all elements."""
    return _extreme("amax", input, None, False, "max", "max_all")


_max_all.derivative(input=lambda grad, input, result: _shared(grad, input, result, None, False, nan_attained=True))


@op("only", name="_min_all", node="MinBackward1")
def _min_all(input):
    """The least of all elements."""
    return _extreme("amin", input, None, False, "min", "min_all")


_min_all.derivative(input=lambda grad, input, result: _shared(grad, input, result, None, False, nan_attained=True))


def _values_and_places_out(function, args, kwargs, outs):
    """Two outputs, for values and places, must have exactly their dtypes; a single one may have any that the result can be cast to."""
    dim = args[1] if len(args) > 1 else kwargs.get("dim")
    if isinstance(dim, int):
        return pair(function, args, kwargs, outs)
    if len(outs) == 2:
        raise TypeError(f"{function.__name__}(): argument 'out' must be Tensor, not tuple")
    input = args[0] if args else kwargs["input"]
    if dim is None and kwargs.get("other") is None and not can_cast(input.dtype, outs[0].dtype):  # the form of one tensor asks before all else
        raise RuntimeError("Expected canCast( typeMetaToScalarType(self.dtype()), typeMetaToScalarType(out.dtype())) to be true, but got false.  "
                           "(Could this error message be improved?  If so, please report an enhancement request to PyTorch.)")
    return function(*args, **kwargs)


def _dim_and_other(name: str, second: Any, keepdim: Any, other: Any) -> tuple[Any, Any]:
    """The dimension, or the other tensor of the pointwise form: what stands second is that, but beside ``keepdim`` a dimension."""
    if other is not None and second is not None:
        raise TypeError(f"{name}(): dim beside other")
    if not isinstance(second, Tensor):
        return second, other
    return (None, second) if keepdim is False else (second, None)


def _without_keepdim(name: str, input: Tensor, keepdim: Any) -> Tensor:
    """``keepdim`` belongs to the form that has a dimension."""
    if keepdim is not False:
        raise TypeError(f"{name}(): keepdim without dim")
    return input


@op("method out", out=_values_and_places_out)
def max(input, dim=None, keepdim=False, *, other=None):
    """Three overloads: ``max(input)``, the greatest element; ``max(input, dim)``, values and indices; ``max(input, other)``, :func:`maximum`.

    NaN counts as the greatest. The index is the first place of the extreme. The gradient of ``max(input)`` is shared among ties; that of
    ``max(input, dim)`` goes to the place returned.

    >>> max(tensor([[1, 5], [7, 2]]), 1)
    torch.return_types.max(
    values=tensor([5, 7]),
    indices=tensor([1, 0]))
    """
    dim, other = _dim_and_other("max", dim, keepdim, other)
    if other is not None:
        from ..pointwise.selection import maximum

        return maximum(input, other)
    return _max_all(_without_keepdim("max", input, keepdim)) if dim is None else _max_dim(input, dim, keepdim)


@op("method out", out=_values_and_places_out)
def min(input, dim=None, keepdim=False, *, other=None):
    """Three overloads: ``min(input)``, the least element; ``min(input, dim)``, values and indices; ``min(input, other)``, :func:`minimum`.

    NaN counts as the least. The index is the first place of the extreme. The gradient of ``min(input)`` is shared among ties; that of
    ``min(input, dim)`` goes to the place returned.

    >>> min(tensor([[1, 5], [7, 2]]), 1)
    torch.return_types.min(
    values=tensor([1, 2]),
    indices=tensor([0, 1]))
    """
    dim, other = _dim_and_other("min", dim, keepdim, other)
    if other is not None:
        from ..pointwise.selection import minimum

        return minimum(input, other)
    return _min_all(_without_keepdim("min", input, keepdim)) if dim is None else _min_dim(input, dim, keepdim)


# -- places ----------------------------------------------------------------------------------------


def _arg(name: str, input: Tensor, dim: Any, keepdim: bool) -> Tensor:
    for kind, found in (("bool", input.dtype is bool_), ("complex", input.is_complex())):
        if found:
            raise RuntimeError(f"{name}(): does not support {kind} input")
    if dim is None:
        if not input.numel():
            raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
        place = _places(name, input.detach().reshape(-1), 0)
        return place.view((1,) * input.dim() if keepdim else ())
    d = wrap_dim(dim, input.dim())
    if not input.dim():
        return input.new_zeros((), dtype=int64)
    if input.shape[d] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {d} to have non-zero size.")
    places = _places(name, input, d)
    return places if keepdim else without_dims(places, (d,))


@op("method out", differentiable=False, out=same_dtype, sharing=SUMMED)
def argmax(input, dim=None, keepdim=False):
    """The first place of the greatest element (NaN counts as the greatest), in the flattened tensor or along ``dim``.

    >>> argmax(tensor([[1, 5], [7, 2]]))
    tensor(2)
    """
    return _arg("argmax", input, dim, keepdim)


@op("method out", differentiable=False, out=same_dtype, sharing=SUMMED)
def argmin(input, dim=None, keepdim=False):
    """The first place of the least element (NaN counts as the least), in the flattened tensor or along ``dim``.

    >>> argmin(tensor([[1, 5], [7, 2]]), 1)
    tensor([0, 1])
    """
    return _arg("argmin", input, dim, keepdim)
