"""Joining and rearranging: elements move, none changes."""

from __future__ import annotations

from typing import Any, Sequence

from .. import return_types
from ..dtypes import int64
from ..layout import preserved_strides, wrap_dim, wrap_dims
from ..promotion import promote
from ..registry import OperandError, op
from ..tensor import Tensor, View, allocate_like
from .views import sizes


def _tensors(tensors: Any, function: str) -> list[Tensor]:
    if not isinstance(tensors, (tuple, list)):
        raise OperandError(tensors, "tuple of Tensors")
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(t).__name__}")
    return list(tensors)


def _joint_dtype(tensors: Sequence[Tensor]) -> Any:
    return promote([t.dtype for t in tensors if t.dim()], [t.dtype for t in tensors if not t.dim()], [])


@op("out", aliases=("concat", "concatenate"))
def cat(tensors, dim=0):
    """The tensors one after another along an existing dimension; sizes agree elsewhere. Dtypes promote.

    A 1-d tensor without elements is skipped, whatever the others' rank.

    >>> cat([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    parts = _tensors(tensors, "cat")
    if not parts:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    for i, t in enumerate(parts):
        if not t.dim():
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
    full = [(i, t) for i, t in enumerate(parts) if t._view.shape != (0,)]
    dtype = _joint_dtype(parts)
    if not full:
        wrap_dim(dim, 1)
        return allocate_like(parts[0], (0,), dtype)
    first = full[0][1]._view.shape
    d = wrap_dim(dim, len(first))
    total = 0
    for i, t in full:
        shape = t._view.shape
        if len(shape) != len(first):
            raise RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}")
        for k, (a, b) in enumerate(zip(first, shape)):
            if k != d and a != b:
                raise RuntimeError(f"Sizes of tensors must match except in dimension {d}. Expected size {a} but got size {b} for tensor number {i} in the list.")
        total += shape[d]
    out = allocate_like(full[0][1], (*first[:d], total, *first[d + 1 :]), dtype)
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


@op("out")
def stack(tensors, dim=0):
    """The tensors one after another along a new dimension; all have one shape. Dtypes promote.

    >>> stack([tensor([1, 2]), tensor([3, 4])], 1)
    tensor([[1, 3],
            [2, 4]])
    """
    parts = _tensors(tensors, "stack")
    if not parts:
        raise RuntimeError("stack expects a non-empty TensorList")
    shape = parts[0]._view.shape
    d = wrap_dim(dim, len(shape) + 1)
    for i, t in enumerate(parts):
        if t._view.shape != shape:
            raise RuntimeError(f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 and {list(t.shape)} at entry {i}")
    out = allocate_like(parts[0], (*shape[:d], len(parts), *shape[d:]), _joint_dtype(parts))
    target = out._view
    strides = target.strides[:d] + target.strides[d + 1 :]
    for i, t in enumerate(parts):
        target.storage.kernels.copy(View(target.storage, i * target.strides[d], shape, strides, target.dtype), t._view)
    return out


stack.derivative(tensors=lambda grad, dim: grad.unbind(dim))


@op("out")
def hstack(tensors):
    """The tensors side by side: along dimension 1, of vectors along dimension 0.

    >>> hstack([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    if not tensors:
        raise RuntimeError("hstack expects a non-empty TensorList")
    parts = [t.reshape(1) if not t.dim() else t for t in tensors]
    return cat(parts, 0 if parts[0].dim() == 1 else 1)


@op("out", aliases=("row_stack",))
def vstack(tensors):
    """The tensors on top of each other: vectors count as rows.

    >>> vstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    if not tensors:
        raise RuntimeError("vstack expects a non-empty TensorList")
    return cat([t.reshape(1, -1) if t.dim() < 2 else t for t in tensors], 0)


@op("method")
def flip(input, *dims):
    """The order of the elements reversed along ``dims``; a copy with the input's (dense) strides.

    >>> flip(tensor([[1, 2], [3, 4]]), (1,))
    tensor([[2, 1],
            [4, 3]])
    """
    from .creation import arange

    wanted = sizes(dims, "flip", "dims")
    view = input._view
    for_each = wrap_dims(wanted, len(view.shape))
    out = allocate_like(input, strides=preserved_strides(view.shape, view.strides))
    kernels = view.storage.kernels
    if not view.shape or not for_each or not view.numel:
        kernels.copy(out._view, view)
        return out
    source = input.detach()
    for n, d in enumerate(for_each):
        places = arange(view.shape[d] - 1, -1, -1, device=input.device)._view
        target = out if n == len(for_each) - 1 else allocate_like(input)
        kernels.index(target._view, source._view, [places if k == d else None for k in range(len(view.shape))])
        source = target
    return out


flip.derivative(input=lambda grad, dims: grad.flip(*dims))


@op("method")
def fliplr(input):
    """:func:`flip` along dimension 1.

    >>> fliplr(tensor([[1, 2]]))
    tensor([[2, 1]])
    """
    if input.dim() < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return input.flip(1)


@op("method")
def flipud(input):
    """:func:`flip` along dimension 0.

    >>> flipud(tensor([1, 2]))
    tensor([2, 1])
    """
    if input.dim() < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return input.flip(0)


@op("method", node="RollBackward0")
def roll(input, shifts, dims=None):
    """The elements moved by ``shifts`` places along ``dims``, those that fall off entering at the other end; flattened first without ``dims``.

    >>> roll(tensor([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    shifts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    if dims is None or dims == ():
        if len(shifts) != 1:
            raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:0")
        return roll(input.detach().reshape(-1), shifts, (0,)).view(input.shape)
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    if len(shifts) != len(dims):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    result = input.detach()
    for shift, d in zip(shifts, dims):
        d = wrap_dim(d, input.dim())
        size = input.shape[d] if input.dim() else 1
        if size and input.dim():
            k = shift % size
            result = cat([result.narrow(d, size - k, k), result.narrow(d, 0, size - k)], d)
    return result.clone() if result._view.storage is input._view.storage else result


roll.derivative(input=lambda grad, shifts, dims: grad.roll([-s for s in shifts] if not isinstance(shifts, int) else -shifts, dims))


@op("only method")
def repeat(input, *repeats):
    """Copies of the tensor side by side: ``repeats[d]`` of them along dimension d; more repeats than dimensions add leading ones.

    >>> tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    times = sizes(repeats, "repeat", "repeats")
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
    times = sizes(repeats, "repeat", "repeats")
    lead = len(times) - len(input_shape)
    if not grad.numel():
        return grad.new_zeros(input_shape)
    padded = (1,) * lead + tuple(input_shape)
    both = [n for pair in zip(times, padded) for n in pair]
    if not both:
        return grad
    return grad.reshape(both).sum(list(range(0, 2 * len(times), 2))).reshape(input_shape)


repeat.derivative(input=_repeat_gradient)


@op("method")
def tile(input, *dims):
    """:func:`repeat`, where missing leading repeats are 1.

    >>> tile(tensor([1, 2]), (2,))
    tensor([1, 2, 1, 2])
    """
    times = sizes(dims, "tile", "dims")
    return input.repeat((1,) * (input.dim() - len(times)) + times)


@op("method")
def repeat_interleave(input, repeats, dim=None, *, output_size=None):
    """Each element (or each part along ``dim``) repeated: a number of times, or as often as the vector ``repeats`` says.

    >>> repeat_interleave(tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    """
    if dim is None:
        input, dim = input.reshape(-1), 0
    d = wrap_dim(dim, input.dim())
    size = input.shape[d]
    counts = repeats.reshape(-1).tolist() if isinstance(repeats, Tensor) else [repeats]
    if len(counts) == 1:
        counts = counts * size
    if len(counts) != size:
        raise RuntimeError(f"repeats must have the same size as input along dim, but got repeats.size(0) = {len(counts)} and input.size({d}) = {size}")
    if any(c < 0 for c in counts):
        raise RuntimeError("repeats can not be negative")
    from .creation import tensor

    places = tensor([i for i, c in enumerate(counts) for _ in range(c)], dtype=int64, device=input.device)
    return input.index_select(d, places)


# -- sorting ---------------------------------------------------------------------------------------


@op("method out")
def sort(input, dim=-1, descending=False, *, stable=False):
    """The elements in order along ``dim``, and where each stood: a named tuple (values, indices).

    NaN counts as the greatest. The order of equal elements is kept (torch promises that only with ``stable=True``).

    >>> sort(tensor([3, 1, 2]))
    torch.return_types.sort(
    values=tensor([1, 2, 3]),
    indices=tensor([1, 2, 0]))
    """
    if input.is_complex():
        raise RuntimeError(" Sort does not support complex dtypes on CPU")
    view = input._view
    d = wrap_dim(dim, len(view.shape))
    strides = preserved_strides(view.shape, view.strides)
    values = allocate_like(input, strides=strides)
    indices = allocate_like(input, dtype=int64, strides=strides)
    if not view.shape:
        values.copy_(input.detach())
        indices.zero_()
    else:
        view.storage.kernels.sort(values._view, indices._view, view, d, descending)
    return return_types.sort((values, indices))


sort.derivative(input=lambda grad, input_shape, dim, result1: (
    grad.new_zeros(input_shape).scatter(dim, result1, grad) if input_shape else grad))


@op("method")
def argsort(input, dim=-1, descending=False, *, stable=False):
    """The indices of :func:`sort`.

    >>> argsort(tensor([3, 1, 2]))
    tensor([1, 2, 0])
    """
    return sort(input.detach(), dim, descending, stable=stable)[1]


@op("method out")
def topk(input, k, dim=-1, largest=True, sorted=True):
    """The ``k`` greatest (or least) elements along ``dim`` in order, and where they stood.

    >>> topk(tensor([1, 3, 2]), 2)
    torch.return_types.topk(
    values=tensor([3, 2]),
    indices=tensor([1, 2]))
    """
    d = wrap_dim(dim, input.dim())
    size = input.shape[d] if input.dim() else 1
    if not 0 <= k <= size:
        raise RuntimeError("selected index k out of range")
    values, indices = input.sort(d, largest)
    if not input.dim():
        return return_types.topk((values, indices))
    return return_types.topk((values.narrow(d, 0, k).contiguous(), indices.narrow(d, 0, k).contiguous()))


def _triangle(input: Tensor, diagonal: int, lower: bool, name: str) -> Tensor:
    from .creation import arange

    if input.dim() < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
    rows, columns = input.shape[-2:]
    distance = arange(columns, device=input.device) - arange(rows, device=input.device).unsqueeze(1)
    return input.masked_fill(distance > diagonal if lower else distance < diagonal, 0)


@op("method inplace out")
def tril(input, diagonal=0):
    """The lower triangle of a matrix (or batch), zeros above it; ``diagonal`` says which diagonal is the last kept.

    >>> tril(ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return _triangle(input.detach(), diagonal, True, "tril").contiguous()


tril.derivative(input=lambda grad, diagonal: grad.tril(diagonal))


@op("method inplace out")
def triu(input, diagonal=0):
    """The upper triangle of a matrix (or batch), zeros below it; ``diagonal`` says which diagonal is the first kept.

    >>> triu(ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return _triangle(input.detach(), diagonal, False, "triu").contiguous()


triu.derivative(input=lambda grad, diagonal: grad.triu(diagonal))


@op("method out")
def diag(input, diagonal=0):
    """A matrix with the vector on a diagonal, or a copy of the diagonal of a matrix.

    >>> diag(tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    if input.dim() == 1:
        return diag_embed(input, diagonal)
    if input.dim() == 2:
        return input.diagonal(diagonal).clone()
    raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.dim()}D")


@op("method", node="DiagEmbedBackward0")
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """Matrices that have the vectors along the last dimension on a diagonal.

    >>> diag_embed(tensor([1, 2]), 1)
    tensor([[0, 1, 0],
            [0, 0, 2],
            [0, 0, 0]])
    """
    ndim = input.dim() + 1
    a, b = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    size = input.shape[-1] + abs(offset)
    shape = list(input.shape[:-1])
    for d in sorted((a, b)):
        shape.insert(d, size)
    out = input.detach().new_zeros(shape)
    out.diagonal(offset, a, b).copy_(input.detach())
    return out


diag_embed.derivative(input=lambda grad, offset, dim1, dim2: grad.diagonal(offset, dim1, dim2))


@op("function")
def meshgrid(*tensors, indexing=None):
    """Each vector expanded over the grid that all of them span; ``indexing="xy"`` exchanges the first two dimensions.

    >>> meshgrid(tensor([1, 2]), tensor([3]), indexing="ij")
    (tensor([[1],
            [2]]), tensor([[3],
            [3]]))
    """
    vectors = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else list(tensors)
    if not vectors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    swap = indexing == "xy" and len(vectors) >= 2
    if swap:
        vectors[0], vectors[1] = vectors[1], vectors[0]
    shape = [v.numel() for v in vectors]
    grids = [v.reshape([-1 if k == d else 1 for k in range(len(vectors))]).expand(shape) for d, v in enumerate(vectors)]
    if swap:
        grids = [g.transpose(0, 1) for g in grids]
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)


@op("function")
def broadcast_tensors(*tensors):
    """The tensors expanded to their common shape.

    >>> broadcast_tensors(tensor([1, 2]), tensor([[3]]))
    (tensor([[1, 2]]), tensor([[3, 3]]))
    """
    from ..layout import broadcast_shapes

    shape = broadcast_shapes(*(t.shape for t in tensors))
    return tuple(t.expand(shape) for t in tensors)
