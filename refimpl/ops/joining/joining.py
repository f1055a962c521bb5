"""Joining: tensors put together into one, and tensors repeated. Elements move, none changes but for a cast."""

from __future__ import annotations

import warnings
from typing import Any, Sequence

from ...exchange.printing_cpp import cpp_str
from ...foundation.dtypes import int32, int64
from ...foundation.layout import contiguous_strides, view_strides, wrap_dim
from ...foundation.promotion import can_cast, promote
from ...operations.registry import op
from ...operations.sharing import JOINED, refuse_overlap
from ...operations.writing import resize_output
from ...tensor import Tensor, View, alias, allocate_like, contiguous_format, format_strides, suggested_format
from ..shared.checks import not_implemented
from ..shared.operands import type_text


def _joint_dtype(parts: Sequence[Tensor]) -> Any:
    return promote([t.dtype for t in parts if t.dim()], [t.dtype for t in parts if not t.dim()], [])


def _joint_format(parts: Sequence[Tensor]) -> Any:
    """The memory format that all parts speak for, else the contiguous one."""
    formats = [suggested_format(t._view) for t in parts]
    return formats[0] if all(f is formats[0] for f in formats) else contiguous_format


def _cat_output(function: Any, args: Any, kwargs: Any, outs: Any) -> Any:
    """What torch says of outputs of ``cat`` and its kin: TypeError if the dtype cannot hold the result; no input may share its memory."""
    out = outs[0]
    try:
        result = function(*args, **kwargs)
    except RuntimeError as error:
        if str(error).startswith(("Tensors must have same", "Sizes of tensors must match")):
            _check_cat_cast(_joint_dtype(list(args[0] if args else kwargs["tensors"])), out.dtype)
        raise
    _check_cat_cast(result.dtype, out.dtype)
    inputs = args[0] if args else kwargs["tensors"]
    if out._view.shape != result._view.shape and any(t._view.storage is out._view.storage for t in inputs):
        resize_output(out, result._view.shape, result._view.strides)
    refuse_overlap(out, inputs, JOINED)
    if result.dtype is out.dtype:
        return result
    cast = [t.detach().to(out.dtype) for t in inputs]  # each is written as it is, not by way of the common dtype
    return function(cast, *args[1:], **{key: value for key, value in kwargs.items() if key != "tensors"})


def _check_cat_cast(source: Any, target: Any) -> None:
    if not can_cast(source, target):
        raise TypeError(f"torch.cat(): input types can't be cast to the desired output type {target.type_name}")


def _stack_output(function: Any, args: Any, kwargs: Any, outs: Any) -> Any:
    """As for ``cat``; an output that is resized becomes contiguous."""
    return _cat_output(function, args, kwargs, outs).contiguous()


@op("out", aliases=("concat", "concatenate"), out=_cat_output)
def cat(tensors, dim=0):
    """The tensors one after another along an existing dimension; sizes agree elsewhere. Dtypes promote.

    A 1-d tensor without elements is skipped, whatever the others' rank. The result is contiguous, or channels-last if
    all inputs are. ValueError for an empty list; RuntimeError for 0-d tensors or sizes that do not match.

    >>> cat([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    parts = tensors
    dim = dim
    for i, t in enumerate(parts):
        if not t.dim():
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
    full = [(i, t) for i, t in enumerate(parts) if t._view.shape != (0,)]
    if full:
        first = full[0][1]._view.shape
        d = wrap_dim(dim, len(first))
    if not parts:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    dtype = _joint_dtype(parts)
    if not full:
        return allocate_like(parts[0], (0,), dtype)
    total = 0
    for i, t in full:
        shape = t._view.shape
        if len(shape) != len(first):
            raise RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}")
        for k, (a, b) in enumerate(zip(first, shape)):
            if k != d and a != b:
                raise RuntimeError(f"Sizes of tensors must match except in dimension {d}. Expected size {a} but got size {b} for tensor "
                                   f"number {i} in the list.")
        total += shape[d]
    joined = (*first[:d], total, *first[d + 1 :])
    out = allocate_like(full[0][1], joined, dtype, format_strides(joined, _joint_format(parts)))
    target = out._view
    start = 0
    for _, t in full:
        source = t._view
        part = View(target.storage, start * target.strides[d], source.shape, target.strides, dtype)
        target.storage.kernels.copy(part, source)
        start += source.shape[d]
    return out


def _cat_gradient(grad, tensors_shape, dim):
    if not grad.numel() and grad.shape == (0,):
        return [grad.reshape(s) for s in tensors_shape]
    d = wrap_dim(dim, grad.dim())
    parts = []
    start = 0
    for shape in tensors_shape:
        if shape == (0,) and grad.dim() != 1:
            parts.append(grad.new_zeros(0))
            continue
        parts.append(grad.narrow(d, start, shape[d]))
        start += shape[d]
    return parts


cat.derivative(tensors=_cat_gradient)


@op("out", out=_stack_output)
def stack(tensors, dim=0):
    """The tensors one after another along a new dimension; all have one shape. Dtypes promote.

    >>> stack([tensor([1, 2]), tensor([3, 4])], 1)
    tensor([[1, 3],
            [2, 4]])
    """
    parts = tensors
    if not parts:
        raise RuntimeError("stack expects a non-empty TensorList")
    shape = parts[0]._view.shape
    d = wrap_dim(dim, len(shape) + 1)
    for i, t in enumerate(parts):
        if t._view.shape != shape:
            raise RuntimeError(f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 and {list(t.shape)} at entry {i}")
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


stack.derivative(tensors=lambda grad, dim: grad.unbind(dim))


def _stacked(tensors: Any, function: str, least: Any, dim: Any) -> Tensor:
    parts = tensors
    if not parts:
        raise RuntimeError(f"{function} expects a non-empty TensorList")
    raised = [least(t) for t in parts]
    return cat(raised, dim(raised[0]))


@op("out", out=_cat_output)
def hstack(tensors):
    """The tensors side by side: along dimension 1, of vectors along dimension 0.

    >>> hstack([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    from ..views.shapes import atleast_1d

    return _stacked(tensors, "hstack", atleast_1d, lambda first: 0 if first.dim() == 1 else 1)


@op("out", aliases=("row_stack",), out=_cat_output)
def vstack(tensors):
    """The tensors on top of each other: vectors count as rows.

    >>> vstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    from ..views.shapes import atleast_2d

    return _stacked(tensors, "vstack", atleast_2d, lambda first: 0)


@op("out", out=_cat_output)
def dstack(tensors):
    """The tensors behind each other, along dimension 2: (n) counts as (1, n, 1), (m, n) as (m, n, 1).

    >>> dstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    from ..views.shapes import atleast_3d

    return _stacked(tensors, "dstack", atleast_3d, lambda first: 2)


@op("out", out=_cat_output)
def column_stack(tensors):
    """The tensors side by side, where vectors count as columns.

    >>> column_stack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    return _stacked(tensors, "column_stack", lambda t: t.reshape(t.numel(), 1) if t.dim() < 2 else t, lambda first: 1)


# -- repeated --------------------------------------------------------------------------------------


@op("only method")
def repeat(input, repeats):
    """Copies of the tensor side by side: ``repeats[d]`` of them along dimension d; more repeats than dimensions add leading ones.

    RuntimeError for fewer repeats than dimensions, or a negative one.

    >>> tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    times = repeats
    view = input._view
    if len(times) < len(view.shape):
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    lead = len(times) - len(view.shape)
    padded = (1,) * lead + view.shape
    shape = tuple(t * s for t, s in zip(times, padded))
    for s in shape:
        if s < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {s}: {list(shape)}")
    out = allocate_like(input, shape)
    if not out._view.numel:
        return out
    # Both sides get a dimension for the copies in front of each dimension: in the source it has stride 0.
    target = out._view
    both = tuple(n for pair in zip(times, padded) for n in pair)
    source_strides = tuple(n for s in (0,) * lead + view.strides for n in (0, s))
    target_strides = tuple(n for size, s in zip(padded, target.strides) for n in (size * s, s))
    view.storage.kernels.copy(View(target.storage, 0, both, target_strides, target.dtype),
                              View(view.storage, view.offset, both, source_strides, view.dtype))
    return out


def _repeat_gradient(grad, input_shape, repeats):
    times = repeats
    lead = len(times) - len(input_shape)
    padded = (1,) * lead + tuple(input_shape)
    both = [n for pair in zip(times, padded) for n in pair]
    if not both:
        return grad
    return grad.reshape(both).sum(list(range(0, 2 * len(times), 2))).reshape(input_shape)


repeat.derivative(input=_repeat_gradient)


@op("method")
def tile(input, dims):
    """:func:`repeat`, where missing leading repeats are 1.

    >>> tile(tensor([1, 2]), (2,))
    tensor([1, 2, 1, 2])
    """
    times = dims
    return input.repeat((1,) * (input.dim() - len(times)) + times)


@op("method")
def repeat_interleave(input=None, repeats=None, dim=None, *, output_size=None):
    """Each element (or each part along ``dim``) repeated: a number of times, or as often as the vector ``repeats`` says.

    With one argument, a vector of counts: the number ``i`` as often as its count says. ``output_size`` must be what results.

    >>> repeat_interleave(tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    """
    if input is None:
        return _repeated_places(repeats.detach(), output_size)
    if isinstance(repeats, Tensor):
        return _repeated_as_told(input, repeats, dim, output_size)
    repeats = repeats
    if dim is None:
        input = input.flatten()
    d = wrap_dim(0 if dim is None else dim, input.dim())
    if repeats < 0:
        raise RuntimeError("Repeats must be non-negative")
    spread = input.unsqueeze(d + 1)
    shape = list(spread.shape)
    shape[d + 1] = repeats
    if output_size is not None and output_size != repeats * shape[d]:
        raise RuntimeError(f"repeat_interleave: Invalid output_size, expected {repeats * shape[d]} but got {output_size}")
    return spread.expand(shape).clone(memory_format=contiguous_format).flatten(d, d + 1)


def _repeated_as_told(input: Tensor, repeats: Tensor, dim: Any, output_size: Any) -> Tensor:
    if dim is None:
        input = input.flatten()
    if repeats.dim() > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    d = wrap_dim(0 if dim is None else dim, input.dim(), zero_dim=False)
    size = input.shape[d]
    if repeats.numel() == 1:
        repeats = repeats.reshape(1).expand(size)
    elif repeats.numel() != size:
        raise RuntimeError(f"repeats must have the same size as input along dim, but got repeats.size(0) = {repeats.numel()} and "
                           f"input.size({dim or 0}) = {size}")
    return input.index_select(d, _repeated_places(repeats, output_size))


def _repeated_places(counts: Tensor, output_size: Any) -> Tensor:
    if counts.dtype not in (int32, int64):
        not_implemented("repeat_interleave_cpu", counts.dtype)
    if counts.dim() != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    times = counts.tolist()
    if any(c < 0 for c in times):
        raise RuntimeError("repeats can not be negative")
    if output_size is not None and output_size != sum(times):
        raise RuntimeError("allocated size does not match required size")
    return counts.new_tensor([i for i, c in enumerate(times) for _ in range(c)])


@op("function")
def meshgrid(*tensors, indexing=None):
    """Each vector expanded over the grid that all of them span, as a view; ``indexing="xy"`` exchanges the first two dimensions.

    A warning without ``indexing`` ("ij" is meant). RuntimeError for tensors of more than one dimension or different dtypes.

    >>> meshgrid(tensor([1, 2]), tensor([3]), indexing="ij")
    (tensor([[1],
            [2]]), tensor([[3],
            [3]]))
    """
    vectors = list(tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors)
    if indexing is None:
        warnings.warn("torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.", stacklevel=3)
    if not vectors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for v in vectors:
        if v.dtype is not vectors[0].dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    swap = indexing == "xy" and len(vectors) >= 2
    if swap:
        vectors[0], vectors[1] = vectors[1], vectors[0]
    for v in vectors:
        if v.dim() > 1:
            printed = cpp_str(v).rpartition("[ ")[0] + f"[ {type_text(v)}{{{','.join(map(str, v.shape))}}} ]"
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {printed}")
    shape = [v.numel() for v in vectors]
    grids = [v.view([-1 if k == d else 1 for k in range(len(vectors))]).expand(shape) for d, v in enumerate(vectors)]
    if swap:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)
