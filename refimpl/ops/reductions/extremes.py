"""Extremes: the greatest and least elements, and their places. NaN counts as the greatest and as the least.

``dim`` as in :mod:`refimpl.ops.reductions.sums`. An extreme of no elements is an error. Complex numbers are not ordered.
"""

from __future__ import annotations

from typing import Any

from ... import return_types
from ...foundation.dtypes import bool_, int64
from ...foundation.layout import wrap_dim
from ...operations.output_kinds import CASTABLE, EXACT_OUTPUT, OutputKind, castable, exact
from ...operations.registry import op
from ...operations.sharing import POINTWISE, RUNNING, SUMMED, Sharing
from ...tensor import Tensor, allocate_like
from ..pointwise.extrema import maximum, minimum
from .sums import in_shape, reduce, reduced_dims, spread, without_dims

_ORDERED = "bool integer floating"
_SAME_DTYPE = exact("Expected the dtype for input and out to match, but got {result} for input's dtype and {out} for out's dtype.")


def require_elements(require: Any, input: Tensor, dim: Any, name: str) -> None:
    """The constraints of the dimensions over which an extreme is taken: they exist, and have elements."""
    require.dimensions(dim, input)
    given = (dim,) if isinstance(dim, int) else dim or ()
    require(given or input.numel(), RuntimeError, "{}: Expected reduction dim to be specified for input.numel() == 0. "
            "Specify the reduction dim with the 'dim' argument.", name)  # fmt: skip
    for d in given:
        require(not input.dim() or input.shape[d], IndexError, "{}: Expected reduction dim {} to have non-zero size.", name, d)


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


@op("method out", out=_SAME_DTYPE, sharing=SUMMED, dtypes=_ORDERED)
def amax(input, dim=(), keepdim=False):
    """The greatest element over ``dim``, which is one dimension or several.

    Shapes: the reduced dimensions disappear, or have size 1 with ``keepdim``; no ``dim`` stands for all. Dtypes: all but complex ones.
    Special cases: NaN if there is one; which of the zeros comes out of several is open. Errors: IndexError for a dimension that the
    input does not have, or that has no elements; RuntimeError for one that is given twice, and for no elements without ``dim``;
    NotImplementedError for complex input. Gradient: that of the result, in equal parts to all elements that attain it.

    >>> amax(tensor([[1, 5], [7, 2]]), 1)
    tensor([5, 7])
    """
    return reduce("amax", input, reduced_dims(dim, input.dim()), keepdim, input.dtype)


@amax.constraints
def _(require, input, dim):
    require_elements(require, input, dim, "amax()")


amax.derivative(input=lambda grad, input, result, dim, keepdim: _shared(grad, input, result, dim, keepdim))


@op("method out", out=_SAME_DTYPE, sharing=SUMMED, dtypes=_ORDERED)
def amin(input, dim=(), keepdim=False):
    """The least element over ``dim``, which is one dimension or several.

    Shapes, dtypes, special cases, errors and gradient: as for :func:`amax`.

    >>> amin(tensor([[1, 5], [7, 2]]), 1)
    tensor([1, 2])
    """
    return reduce("amin", input, reduced_dims(dim, input.dim()), keepdim, input.dtype)


@amin.constraints
def _(require, input, dim):
    require_elements(require, input, dim, "amin()")


amin.derivative(input=lambda grad, input, result, dim, keepdim: _shared(grad, input, result, dim, keepdim))


@op("method out", out=EXACT_OUTPUT, sharing=RUNNING)
def aminmax(input, *, dim=None, keepdim=False):
    """The least and the greatest element over ``dim``, as a named tuple ``(min, max)``.

    Shapes: as for :func:`amax`, but ``dim`` is one int, or None for all. Dtypes: all but complex ones. Special cases: both are NaN if an
    element is. Errors: IndexError for a dimension that the input does not have, or that has no elements; RuntimeError for no elements without
    ``dim``; NotImplementedError for complex input. Gradient: the sum of those of :func:`amin` and :func:`amax`.

    >>> aminmax(tensor([3, 1, 2]))
    torch.return_types.aminmax(
    min=tensor(1),
    max=tensor(3))
    """
    dims = reduced_dims(dim, input.dim())
    return return_types.aminmax([reduce(name, input, dims, keepdim, input.dtype) for name in ("amin", "amax")])


@aminmax.constraints
def _(require, input, dim):
    require(not input.is_complex(), NotImplementedError, "\"aminmax\" not implemented for '{}'", input.dtype.type_name,
            also=((RuntimeError, "aminmax not implemented for {}"),))  # fmt: skip
    require.dimensions(dim, input)
    require(dim is not None or input.numel(), RuntimeError, "aminmax(): cannot compute aminmax over an empty dimension as the operation has no "
            "identity.")  # fmt: skip
    require(dim is None or not input.dim() or input.shape[dim], IndexError, "aminmax: Expected reduction dim {} to have non-zero size.",
            dim is None or dim % (input.dim() or 1))  # fmt: skip


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
    if not input.dim():
        return input.clone(), input.new_zeros((), dtype=int64)
    d = wrap_dim(dim, input.dim())
    places = _places("arg" + name, input, d)
    values = input.gather(d, places)
    return (values, places) if keepdim else (without_dims(values, (d,)), without_dims(places, (d,)))


def _one_dimension(require: Any, input: Tensor, dim: int | None, name: str) -> None:
    """The constraints of one dimension along which an extreme is looked for, None if the tensor is flattened for that."""
    require(not input.is_complex(), RuntimeError, "{}(): does not support complex input", name)
    require.dimensions(dim, input)
    if dim is not None:
        require(not input.dim() or input.shape[dim], IndexError, "{}(): Expected reduction dim {} to have non-zero size.", name,
                dim % (input.dim() or 1))  # fmt: skip


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


@_max_dim.constraints
def _(require, input, dim):
    _one_dimension(require, input, dim, "max")


_max_dim.derivative(input=_to_places)


@op("only", name="_max_all", node="MaxBackward1", dtypes=_ORDERED)
def _max_all(input):
    """The greatest of all elements."""
    return reduce("amax", input, reduced_dims(None, input.dim()), False, input.dtype)


@_max_all.constraints
def _(require, input):
    require_elements(require, input, None, "max()")


_max_all.derivative(input=lambda grad, input, result: _shared(grad, input, result, None, False, nan_attained=True))


@op("only", name="_min_dim", node="MinBackward0")
def _min_dim(input, dim, keepdim):
    """The least elements along a dimension, and the first places where they stand."""
    return return_types.min(_along("min", input, dim, keepdim))


@_min_dim.constraints
def _(require, input, dim):
    _one_dimension(require, input, dim, "min")


_min_dim.derivative(input=_to_places)


@op("only", name="_min_all", node="MinBackward1", dtypes=_ORDERED)
def _min_all(input):
    """The least of all elements."""
    return reduce("amin", input, reduced_dims(None, input.dim()), False, input.dtype)


@_min_all.constraints
def _(require, input):
    require_elements(require, input, None, "min()")


_min_all.derivative(input=lambda grad, input, result: _shared(grad, input, result, None, False, nan_attained=True))


def _values_and_places(bound: dict[str, Any]) -> OutputKind:
    """Outputs for values and places must have exactly their dtypes; one for all elements, any to which the input's can be cast."""
    if bound["dim"] is not None:
        return EXACT_OUTPUT
    return _OF_ALL if bound["other"] is None else CASTABLE


_OF_ALL = castable("Expected canCast( typeMetaToScalarType(self.dtype()), typeMetaToScalarType(out.dtype())) to be true, but got false.  "
                   "(Could this error message be improved?  If so, please report an enhancement request to PyTorch.)")  # fmt: skip


def _of_form(bound: dict[str, Any]) -> Sharing:
    """Of all elements the extreme is found before it is written; along a dimension, or of two tensors, extremes are written one by one."""
    return POINTWISE if bound["other"] is not None else SUMMED if bound["dim"] is None else RUNNING


@op("method out", out=_values_and_places, sharing=_of_form)
def max(input, dim=None, keepdim=False, *, other=None):
    """The greatest element: ``max(input)`` of all, ``max(input, dim)`` along a dimension, with its place; ``max(input, other)`` is :func:`maximum`.

    Shapes: the result for all is 0-d; along ``dim``, which disappears or has size 1 with ``keepdim``, there is a named tuple (values, indices).
    Dtypes: all but complex ones; the indices are int64. Special cases: NaN counts as the greatest; the index is the first place of the extreme.
    Errors: IndexError for a dimension that the input does not have, or that has no elements; RuntimeError for no elements without ``dim``, and for
    complex input with ``dim``; NotImplementedError for complex input without. Gradient: without ``dim`` in equal parts to all
    elements that attain the extreme, with ``dim`` to the place that was returned.

    >>> max(tensor([[1, 5], [7, 2]]), 1)
    torch.return_types.max(
    values=tensor([5, 7]),
    indices=tensor([1, 0]))
    """
    if other is not None:
        return maximum(input, other)
    return _max_all(input) if dim is None else _max_dim(input, dim, keepdim)


@op("method out", out=_values_and_places, sharing=_of_form)
def min(input, dim=None, keepdim=False, *, other=None):
    """The least element: ``min(input)`` of all, ``min(input, dim)`` along a dimension, with its place; ``min(input, other)`` is :func:`minimum`.

    Shapes, dtypes, errors and gradient: as for :func:`max`. Special cases: NaN counts as the least; the index is the first place of the extreme.

    >>> min(tensor([[1, 5], [7, 2]]), 1)
    torch.return_types.min(
    values=tensor([1, 2]),
    indices=tensor([0, 1]))
    """
    if other is not None:
        return minimum(input, other)
    return _min_all(input) if dim is None else _min_dim(input, dim, keepdim)


# -- places ------------------------------------------------------------------------------------------


def _arg(name: str, input: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    if dim is None:
        place = _places(name, input.detach().reshape(-1), 0)
        return in_shape(place, (1,) * input.dim() if keepdim else ())
    if not input.dim():
        return input.new_zeros((), dtype=int64)
    d = wrap_dim(dim, input.dim())
    places = _places(name, input, d)
    return places if keepdim else without_dims(places, (d,))


def _has_place(require: Any, input: Tensor, dim: int | None, name: str) -> None:
    """The constraints of :func:`argmax` and :func:`argmin`."""
    require(input.dtype is not bool_, RuntimeError, "{}(): does not support bool input", name)
    require(dim is not None or input.numel(), IndexError, "{}(): Expected reduction dim to be specified for input.numel() == 0.", name)
    _one_dimension(require, input, dim, name)


@op("method out", differentiable=False, out=EXACT_OUTPUT, sharing=SUMMED)
def argmax(input, dim=None, keepdim=False):
    """The first place of the greatest element along ``dim``, without ``dim`` in the flattened tensor.

    Shapes: ``dim`` disappears, or has size 1 with ``keepdim``; without it the result is 0-d. Dtypes: integers and real floating point ones; the
    result is int64. Special cases: NaN counts as the greatest. Errors: IndexError for a dimension that the input does not have, or that has no
    elements, and for no elements at all; RuntimeError for bool and complex input. No gradient.

    >>> argmax(tensor([[1, 5], [7, 2]]))
    tensor(2)
    """
    return _arg("argmax", input, dim, keepdim)


@argmax.constraints
def _(require, input, dim):
    _has_place(require, input, dim, "argmax")


@op("method out", differentiable=False, out=EXACT_OUTPUT, sharing=SUMMED)
def argmin(input, dim=None, keepdim=False):
    """The first place of the least element along ``dim``, without ``dim`` in the flattened tensor.

    Shapes, dtypes and errors: as for :func:`argmax`. Special cases: NaN counts as the least. No gradient.

    >>> argmin(tensor([[1, 5], [7, 2]]), 1)
    tensor([0, 1])
    """
    return _arg("argmin", input, dim, keepdim)


@argmin.constraints
def _(require, input, dim):
    _has_place(require, input, dim, "argmin")
