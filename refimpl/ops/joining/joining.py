"""Joining: tensors put together into one. Elements move, none changes but for a cast."""

from __future__ import annotations

from typing import Any, Sequence

from ...foundation.layout import contiguous_strides, view_strides, wrap_dim
from ...foundation.promotion import promote
from ...operations.output_kinds import castable
from ...operations.registry import op
from ...operations.sharing import JOINED
from ...tensor import Tensor, View, alias, allocate_like, contiguous_format, format_strides, suggested_format


def _joint_dtype(parts: Sequence[Tensor]) -> Any:
    return promote([t.dtype for t in parts if t.dim()], [t.dtype for t in parts if not t.dim()], [])


def _joint_format(parts: Sequence[Tensor]) -> Any:
    """The memory format that all parts speak for, else the contiguous one."""
    formats = [suggested_format(t._view) for t in parts]
    return formats[0] if all(f is formats[0] for f in formats) else contiguous_format


_JOINED_OUTPUT = castable("torch.cat(): input types can't be cast to the desired output type {out}", TypeError).in_parts()


@op("out", aliases=("concat", "concatenate"), out=_JOINED_OUTPUT, sharing=JOINED, dtypes="every")
def cat(tensors, dim=0):
    """The tensors one after another along an existing dimension; sizes agree elsewhere. Dtypes promote.

    A 1-d tensor without elements is skipped, whatever the others' rank. The result is contiguous, or channels-last if all inputs are.
    ValueError for an empty list; RuntimeError for a 0-d tensor, or ranks or sizes that do not match; IndexError for a dimension out of range;
    TypeError for an ``out`` whose dtype cannot hold the result.
    The gradient of each tensor is what arrives at its part; of one that is skipped a constant.

    >>> cat([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    parts, dtype = [t for t in tensors if t._view.shape != (0,)], _joint_dtype(tensors)
    if not parts:
        return allocate_like(tensors[0], (0,), dtype)
    first = parts[0]._view.shape
    d = wrap_dim(dim, len(first))
    joined = (*first[:d], sum(t._view.shape[d] for t in parts), *first[d + 1 :])
    out = allocate_like(parts[0], joined, dtype, format_strides(joined, _joint_format(tensors)))
    target = out._view
    start = 0
    for t in parts:
        source = t._view
        target.storage.kernels.copy(View(target.storage, start * target.strides[d], source.shape, target.strides, dtype), source)
        start += source.shape[d]
    return out


@cat.constraints
def _(require, tensors, dim):
    require(tensors, ValueError, "torch.cat(): expected a non-empty list of Tensors")
    for i, t in enumerate(tensors):
        require(t._view.shape != (), RuntimeError, "zero-dimensional tensor (at position {}) cannot be concatenated", i)
    full = [(i, t) for i, t in enumerate(tensors) if t._view.shape != (0,)]
    if not full:
        return
    first = full[0][1]._view.shape
    require.dimension(dim, full[0][1])
    for i, t in full:
        shape = t._view.shape
        require(len(shape) == len(first), RuntimeError, "Tensors must have same number of dimensions: got {} and {}", len(first), len(shape))
        d = dim % len(first)
        other = next((k for k, (a, b) in enumerate(zip(first, shape)) if k != d and a != b), None)
        require(other is None, RuntimeError, "Sizes of tensors must match except in dimension {}. Expected size {} but got size {} for tensor "
                "number {} in the list.", d, first[other or 0], shape[other or 0], i)  # fmt: skip


def _cat_gradient(grad, tensors_shape, dim):
    parts = []
    start = 0
    for shape in tensors_shape:
        if shape == (0,):
            parts.append(grad.new_zeros(0))
            continue
        d = wrap_dim(dim, grad.dim())
        parts.append(grad.narrow(d, start, shape[d]))
        start += shape[d]
    return parts


cat.derivative(tensors=_cat_gradient)


@op("out", out=_JOINED_OUTPUT.contiguous(), sharing=JOINED, dtypes="every")
def stack(tensors, dim=0):
    """The tensors one after another along a new dimension; all have one shape. Dtypes promote.

    RuntimeError for an empty list, or shapes that differ; IndexError for a dimension out of range; TypeError for an ``out`` whose dtype cannot
    hold the result. The gradient of each tensor is what arrives at its part.

    >>> stack([tensor([1, 2]), tensor([3, 4])], 1)
    tensor([[1, 3],
            [2, 4]])
    """
    parts = tensors
    shape = parts[0]._view.shape
    d = wrap_dim(dim, len(shape) + 1)
    stacked = (*shape[:d], len(parts), *shape[d:])
    if d == len(shape):
        padded = (*shape, 1)
        strides = format_strides((*shape, len(parts)), _joint_format([t.detach().unsqueeze(d) for t in parts]))
        step = strides[d]
    else:  # joined along dimension d, which is then split
        padded = shape
        joined = (*shape[:d], shape[d] * len(parts), *shape[d + 1 :])
        strides = format_strides(joined, _joint_format(parts))
        step = shape[d] * strides[d]
    out = allocate_like(parts[0], stacked, _joint_dtype(parts))
    if d < len(shape):
        out = alias(out, stacked, view_strides(joined, strides, stacked) or contiguous_strides(stacked))
    elif strides != out._view.strides:
        out = alias(out, stacked, strides)
    for i, t in enumerate(parts):
        source = t._view
        part = View(out._view.storage, i * step, padded, strides, out._view.dtype)
        out._view.storage.kernels.copy(part, View(source.storage, source.offset, padded, (*source.strides, 1)[: len(padded)], source.dtype))
    return out


@stack.constraints
def _(require, tensors, dim):
    require(tensors, RuntimeError, "stack expects a non-empty TensorList")
    require.new_dimension(dim, tensors[0])
    shape = tensors[0]._view.shape
    for i, t in enumerate(tensors):
        require(t._view.shape == shape, RuntimeError, "stack expects each tensor to be equal size, but got {} at entry 0 and {} at entry {}",
                list(shape), list(t.shape), i)  # fmt: skip


stack.derivative(tensors=lambda grad, dim: grad.unbind(dim))


def _stacked(tensors: Any, least: Any, dim: Any) -> Tensor:
    raised = [least(t) for t in tensors]
    return cat(raised, dim(raised[0]))


def _nonempty(require, tensors, function):
    require(tensors, RuntimeError, "{} expects a non-empty TensorList", function)


@op("out", out=_JOINED_OUTPUT, sharing=JOINED)
def hstack(tensors):
    """The tensors side by side: along dimension 1, of vectors along dimension 0; 0-d tensors count as vectors. Dtypes promote.

    RuntimeError for an empty list, or ranks or sizes that do not match; TypeError for an ``out`` whose dtype cannot hold the result.

    >>> hstack([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    from ..views.shapes import atleast_1d

    return _stacked(tensors, atleast_1d, lambda first: 0 if first.dim() == 1 else 1)


@hstack.constraints
def _(require, tensors):
    _nonempty(require, tensors, "hstack")


@op("out", aliases=("row_stack",), out=_JOINED_OUTPUT, sharing=JOINED)
def vstack(tensors):
    """The tensors on top of each other, along dimension 0: vectors and 0-d tensors count as rows. Dtypes promote.

    RuntimeError for an empty list, or ranks or sizes that do not match; TypeError for an ``out`` whose dtype cannot hold the result.

    >>> vstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    from ..views.shapes import atleast_2d

    return _stacked(tensors, atleast_2d, lambda first: 0)


@vstack.constraints
def _(require, tensors):
    _nonempty(require, tensors, "vstack")


@op("out", out=_JOINED_OUTPUT, sharing=JOINED)
def dstack(tensors):
    """The tensors behind each other, along dimension 2: (n) counts as (1, n, 1), (m, n) as (m, n, 1). Dtypes promote.

    RuntimeError for an empty list, or ranks or sizes that do not match; TypeError for an ``out`` whose dtype cannot hold the result.

    >>> dstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    from ..views.shapes import atleast_3d

    return _stacked(tensors, atleast_3d, lambda first: 2)


@dstack.constraints
def _(require, tensors):
    _nonempty(require, tensors, "dstack")


@op("out", out=_JOINED_OUTPUT, sharing=JOINED)
def column_stack(tensors):
    """The tensors side by side, along dimension 1, where vectors and 0-d tensors count as columns. Dtypes promote.

    RuntimeError for an empty list, or ranks or sizes that do not match; TypeError for an ``out`` whose dtype cannot hold the result.

    >>> column_stack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    return _stacked(tensors, lambda t: t.reshape(t.numel(), 1) if t.dim() < 2 else t, lambda first: 1)


@column_stack.constraints
def _(require, tensors):
    _nonempty(require, tensors, "column_stack")
