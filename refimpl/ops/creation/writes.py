"""The in-place writes that everything else builds on: of another tensor's elements, and of one number everywhere."""

from __future__ import annotations

from typing import Any

from ...foundation import dtypes
from ...foundation.devices import kernels_for
from ...foundation.kernels import LazyView, View
from ...foundation.layout import broadcast_shapes, broadcast_strides
from ...foundation.lazy_views import materialised
from ...operations.registry import op
from ...operations.sharing import refuse_overlap
from ...tensor import Tensor, allocate, wrap
from ...tensor.lazy import write_through
from .conversion import element_of, transfer
from .fresh import fillable, filled


def _zeros(grad: Tensor) -> Tensor:
    return grad.new_zeros(grad._view.shape)  # type: ignore[no-any-return]


@op("only method", node="CopyBackwards", graph="leaves_integers_untracked", lazy=True, dtypes="every", elsewhere="other")
def copy_(input, other, non_blocking=False):
    """Write the elements of ``other`` (a tensor or a number), broadcast and cast, into this tensor, which is returned.

    The casts are those of :func:`to`. RuntimeError if the shape would have to grow, if elements of this tensor share memory, if the two overlap
    in part, or if a number is out of the range of 64 bits. The gradient of ``other`` is the result's, that of what was overwritten is zero.

    >>> zeros(2, 2).copy_(tensor([1, 2]))
    tensor([[1., 2.],
            [1., 2.]])
    """
    target = input._view
    if not isinstance(other, Tensor):
        wide = dtypes.complex128 if isinstance(other, complex) else dtypes.float64 if isinstance(other, float) else dtypes.int64
        other = filled((), other, wide, kernels_for("cpu"), False)
    source = other._view
    if source.storage is target.storage and _marks(source) == _marks(target):
        return input
    refuse_overlap(input, (other,))
    source = _broadcast_to(materialised(source), target)
    if target.__class__ is LazyView:
        plain = allocate(target.shape, target.dtype, target.storage.kernels)._view
        transfer(source, plain)
        write_through(target, plain)
    else:
        transfer(source, target)
    return input


def _marks(view: View) -> tuple[Any, ...]:
    return view.offset, view.shape, view.strides, view.dtype, view.conjugated, view.negated


def _broadcast_to(source: View, target: View) -> View:
    """The source with the target's shape. RuntimeError if that is not what they broadcast to."""
    if source.shape == target.shape:
        return source
    shape = broadcast_shapes(target.shape, source.shape)
    if shape != target.shape:
        raise RuntimeError(f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(shape)}")
    return View(source.storage, source.offset, shape, broadcast_strides(source.shape, source.strides, shape), source.dtype)


copy_.derivative(input=_zeros, other=lambda grad: grad)


@op("function method", node=lambda bound: "FillBackward3" if isinstance(bound["value"], Tensor) else "FillBackward2", dtypes="every")
def fill_(input, value):
    """Set every element to ``value``, a number or a 0-d tensor, and return the tensor. With a number even an expanded tensor will do.

    A number is converted as by :func:`full`, a tensor is cast as by :func:`to`. RuntimeError if a number does not fit the dtype, if the value is a
    tensor with dimensions, and, for a tensor, if elements share memory. The gradient of a tensor ``value`` is the sum of the result's, that of
    what was overwritten is zero.

    >>> zeros(2).fill_(7)
    tensor([7., 7.])
    """
    view = input._view
    if isinstance(value, Tensor):
        source = value._view
        refuse_overlap(input)
        transfer(View(source.storage, source.offset, view.shape, (0,) * len(view.shape), source.dtype), view)
        return input
    view.storage.kernels.fill(_written_once(view), element_of(value, view.dtype))
    return input


@fill_.constraints
def _(require, input, value):
    _filler(require, input, value)


def _filler(require: Any, input: Tensor, value: Any) -> None:
    if isinstance(value, Tensor):
        require(not value.dim(), RuntimeError, "fill_ only supports 0-dimension value tensor but got tensor with {} dimensions.", value.dim())
    else:
        fillable(require, value, input._view.dtype, input._view.numel)


fill_.derivative(input=_zeros, value=lambda grad: grad.sum())


def _written_once(view: View) -> View:
    """The view with expanded dimensions reduced to one element, so that no element is written twice."""
    if 0 not in view.strides:
        return view
    shape = tuple(1 if stride == 0 and size > 1 else size for size, stride in zip(view.shape, view.strides))
    return View(view.storage, view.offset, shape, view.strides, view.dtype)


@op("function", node=lambda bound: f"FillBackward{int(isinstance(bound['value'], Tensor))}", dtypes="every")
def fill(input, value):
    """A tensor like the input whose every element is ``value``, a number or a 0-d tensor, converted as by :func:`fill_`.

    RuntimeError if a number does not fit the dtype, or if the value is a tensor with dimensions. The gradient of a tensor ``value`` is the sum
    of the result's, that of the input is zero.

    >>> fill(zeros(2), 7)
    tensor([7., 7.])
    """
    return wrap(input.detach().clone().fill_(value.detach() if isinstance(value, Tensor) else value)._view)


@fill.constraints
def _(require, input, value):
    _filler(require, input, value)


fill.derivative(input=_zeros, value=lambda grad: grad.sum())


@op("method", dtypes="every")
def zero_(input):
    """Set every element to 0, and return the tensor. It may be expanded: each element is written once.

    The gradient of what was overwritten is zero.

    >>> ones(2).zero_()
    tensor([0., 0.])
    """
    input._view.storage.kernels.fill(_written_once(input._view), 0)
    return input


zero_.derivative(input=_zeros)
