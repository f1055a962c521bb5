"""All parts of a tensor along a dimension, as a tuple of views: one by one, of equal size, or of given sizes."""

from __future__ import annotations

from ...foundation.dtypes import int64
from ...foundation.layout import wrap_dim
from ...operations.registry import op
from ...tensor import Tensor, alias
from .slices import slice_


@op("method", view="multiple")
def unbind(input, dim=0):
    """The parts along a dimension, which disappears, as a tuple of views: ``(input[0], input[1], ...)`` for dim 0.

    IndexError for a 0-d tensor or a dimension out of range. The gradient stacks what arrives at the parts.

    >>> unbind(tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    source = input._view
    d = wrap_dim(dim, len(source.shape))
    shape, strides = source.shape[:d] + source.shape[d + 1 :], source.strides[:d] + source.strides[d + 1 :]
    return tuple(alias(input, shape, strides, source.offset + i * source.strides[d]) for i in range(source.shape[d]))


@unbind.constraints
def _(require, input, dim):
    require.dimension(dim, input)
    require(input.dim(), IndexError, "Dimension specified as 0 but tensor has no dimensions")


def _unbind_gradient(grads, dim):
    from ..joining.joining import stack

    return stack(grads, dim)


unbind.derivative(input=_unbind_gradient)


@op("only", view="multiple", name="_split",
    node=lambda bound: "SplitBackward0" if isinstance(bound["split_size"], int) else "SplitWithSizesBackward0")  # fmt: skip
def _split(input, lengths, dim, split_size):
    """Consecutive parts of given lengths along a dimension."""
    source = input._view
    parts = []
    start = source.offset
    for length in lengths:
        parts.append(alias(input, (*source.shape[:dim], length, *source.shape[dim + 1 :]), source.strides, start))
        start += length * source.strides[dim]
    return tuple(parts)


def _split_gradient(grads, dim):
    from ..joining.joining import cat

    return cat(grads, dim)


_split.derivative(input=_split_gradient)


@op("method")
def split(input, split_size_or_sections, dim=0):
    """Consecutive parts along a dimension, as a tuple of views: of equal size (the last may be smaller), or of the sizes in a tuple.

    IndexError for a dimension out of range; RuntimeError for a 0-d tensor, a negative size, size 0 of a dimension that has elements, or sizes
    that do not sum up to that of the dimension; TypeError for something else than an int or a tuple of ints.
    The gradient joins what arrives at the parts.

    >>> split(tensor([1, 2, 3, 4, 5]), 2)
    (tensor([1, 2]), tensor([3, 4]), tensor([5]))
    """
    if isinstance(split_size_or_sections, (tuple, list)):
        return split_with_sizes(input, split_size_or_sections, dim)
    step, d = split_size_or_sections.__index__(), wrap_dim(dim, input.dim())
    size = input.shape[d]
    return _split(input, [min(step, size - start) for start in range(0, size, step or 1)] or [size], d, step)


@split.constraints
def _(require, input, split_size_or_sections, dim):
    if isinstance(split_size_or_sections, (tuple, list)):
        return  # those of split_with_sizes
    step = split_size_or_sections
    require(input.dim(), RuntimeError, "split expects at least a 1-dimensional tensor")
    require(step >= 0, RuntimeError, "split expects split_size be non-negative, but got split_size={}", step)
    require.dimension(dim, input)
    require(step or not input.shape[dim], RuntimeError, "split_size can only be 0 if dimension size is 0, but got dimension size of {}",
            input.shape[dim])  # fmt: skip


@op("method")
def split_with_sizes(input, split_sizes, dim=0):
    """Consecutive parts of the given sizes along a dimension, as a tuple of views: :func:`split` with a tuple.

    IndexError for a dimension out of range; RuntimeError for a 0-d tensor, a negative size, or sizes that do not sum up to that of the dimension.
    The gradient joins what arrives at the parts.

    >>> split_with_sizes(tensor([1, 2, 3]), [1, 2])
    (tensor([1]), tensor([2, 3]))
    """
    lengths = list(split_sizes)
    return _split(input, lengths, wrap_dim(dim, input.dim()), lengths)


@split_with_sizes.constraints
def _(require, input, split_sizes, dim):
    lengths = list(split_sizes)
    require(input.dim(), RuntimeError, "split expects at least a 1-dimensional tensor")
    require(all(n >= 0 for n in lengths), RuntimeError, "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={}",
            lengths)  # fmt: skip
    require.dimension(dim, input)
    require(sum(lengths) == input.shape[dim], RuntimeError, "split_with_sizes expects split_sizes to sum exactly to {} (input tensor's size at "
            "dimension {}), but got split_sizes={}", input.shape[dim], dim, lengths)  # fmt: skip


@op("method")
def chunk(input, chunks, dim=0):
    """At most ``chunks`` parts of equal size along a dimension (the last may be smaller), as a tuple of views.

    IndexError for a dimension out of range; RuntimeError for a 0-d tensor, or a number that is not positive.

    >>> chunk(tensor([1, 2, 3, 4, 5]), 3)
    (tensor([1, 2]), tensor([3, 4]), tensor([5]))
    """
    d = wrap_dim(dim, input.dim())
    size = input.shape[d]
    return split(input, -(-size // chunks), d) if size else _split(input, [0] * chunks, d, [0] * chunks)


@chunk.constraints
def _(require, input, chunks, dim):
    require(input.dim(), RuntimeError, "chunk expects at least a 1-dimensional tensor")
    require(chunks > 0, RuntimeError, "chunk expects `chunks` to be greater than 0, got: {}", chunks)
    require.dimension(dim, input)


@op("method", elsewhere="indices")
def tensor_split(input, indices, dim=0):
    """Parts along a dimension as a tuple of views: a number of nearly equal ones (the first are larger), or split before each index of a tuple.

    ``indices`` is an int, a tuple of ints that are read as the ends of slices (so they may be negative or too large), or an int64 tensor of 0
    or 1 dimensions that holds either.
    IndexError for a dimension out of range; RuntimeError for a 0-d input, a number that is not positive, or a tensor of another dtype or rank.

    >>> tensor_split(tensor([1, 2, 3, 4, 5]), 2)
    (tensor([1, 2, 3]), tensor([4, 5]))
    """
    spec = indices.tolist() if isinstance(indices, Tensor) else indices
    d = wrap_dim(dim, input.dim())
    size = input.shape[d]
    if isinstance(spec, int):
        small, larger = divmod(size, spec)
        bounds = [i * small + min(i, larger) for i in range(spec + 1)]
    else:
        bounds = [0, *spec, size]
    return tuple(slice_(input, d, a, b, 1) for a, b in zip(bounds, bounds[1:]))


@tensor_split.constraints
def _(require, input, indices, dim):
    require(input.dim(), RuntimeError, "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    is_tensor = isinstance(indices, Tensor)
    require(not is_tensor or indices.dtype is int64, RuntimeError,
            "tensor_split expected tensor_indices_or_sections to have dtype of long, but got {}",
            indices.dtype.type_name if is_tensor else "")  # fmt: skip
    require(not is_tensor or indices.dim() <= 1, RuntimeError, "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or "
            "one-dimensional tensor, but got a tensor with {} dims", indices.dim() if is_tensor else 0)  # fmt: skip
    require.dimension(dim, input)
    spec = indices.tolist() if is_tensor else indices
    require(not isinstance(spec, int) or spec > 0, RuntimeError, "number of sections must be larger than 0, got {}", spec)


def _split_constraints(require, function, input, indices, d, least):
    require(input.dim() >= least, RuntimeError, "torch.{} requires a tensor with at least {} dimension, but got a tensor with {} dimensions!",
            function, least, input.dim())  # fmt: skip
    equal = not isinstance(indices, int) or indices and input.shape[d] % indices == 0
    require(equal, RuntimeError, "torch.{} attempted to split along dimension {}, but the size of the dimension {} is not divisible by the "
            "split_size {}!", function, d, input.shape[d], indices)  # fmt: skip


@op("method")
def hsplit(input, indices):
    """Parts side by side, as a tuple of views: equal ones along dimension 1 (of vectors, 0), or split before each index of a tuple.

    RuntimeError for a 0-d tensor, or a number of parts that does not divide the dimension's size.

    >>> hsplit(tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1],
            [3]]), tensor([[2],
            [4]]))
    """
    return tensor_split(input, indices, 0 if input.dim() == 1 else 1)


@hsplit.constraints
def _(require, input, indices):
    _split_constraints(require, "hsplit", input, indices, 0 if input.dim() == 1 else 1, 1)


@op("method")
def vsplit(input, indices):
    """Parts on top of each other, as a tuple of views: equal ones along dimension 0, or split before each index of a tuple.

    RuntimeError for a tensor of less than two dimensions, or a number of parts that does not divide the dimension's size.

    >>> vsplit(tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1, 2]]), tensor([[3, 4]]))
    """
    return tensor_split(input, indices, 0)


@vsplit.constraints
def _(require, input, indices):
    _split_constraints(require, "vsplit", input, indices, 0, 2)


@op("method")
def dsplit(input, indices):
    """Parts behind each other, as a tuple of views: equal ones along dimension 2, or split before each index of a tuple.

    RuntimeError for a tensor of less than three dimensions, or a number of parts that does not divide the dimension's size.

    >>> dsplit(tensor([[[1, 2]]]), 2)
    (tensor([[[1]]]), tensor([[[2]]]))
    """
    return tensor_split(input, indices, 2)


@dsplit.constraints
def _(require, input, indices):
    _split_constraints(require, "dsplit", input, indices, 2, 3)
