"""Tensors repeated: as a whole, or element by element; and vectors spread over the grid that they span."""

from __future__ import annotations

import warnings

from ...foundation.layout import wrap_dim
from ...operations.registry import op
from ...printing.in_cpp import cpp_str
from ...tensor import Tensor, View, allocate_like, contiguous_format
from ..shared.operands import several, type_text


@op("only method", dtypes="every")
def repeat(input, repeats):
    """Copies of the tensor side by side: ``repeats[d]`` of them along dimension d; more repeats than dimensions add leading ones.

    RuntimeError for fewer repeats than dimensions, or a negative one. The gradient is the sum over the copies.

    >>> tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    view = input._view
    lead = len(repeats) - len(view.shape)
    padded = (1,) * lead + view.shape
    out = allocate_like(input, tuple(t * s for t, s in zip(repeats, padded)))
    if not out._view.numel:
        return out
    # Both sides get a dimension for the copies in front of each dimension: in the source it has stride 0.
    target = out._view
    both = tuple(n for pair in zip(repeats, padded) for n in pair)
    source_strides = tuple(n for s in (0,) * lead + view.strides for n in (0, s))
    target_strides = tuple(n for size, s in zip(padded, target.strides) for n in (size * s, s))
    view.storage.kernels.copy(View(target.storage, 0, both, target_strides, target.dtype),
                              View(view.storage, view.offset, both, source_strides, view.dtype))
    return out


@repeat.constraints
def _(require, input, repeats):
    lead = len(repeats) - input.dim()
    require(lead >= 0, RuntimeError, "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    shape = [t * s for t, s in zip(repeats, (1,) * lead + input.shape)]
    for s in shape:
        require(s >= 0, RuntimeError, "Trying to create tensor with negative dimension {}: {}", s, shape)


def _repeat_gradient(grad, input_shape, repeats):
    lead = len(repeats) - len(input_shape)
    padded = (1,) * lead + tuple(input_shape)
    both = [n for pair in zip(repeats, padded) for n in pair]
    if not both:
        return grad
    return grad.reshape(both).sum(list(range(0, 2 * len(repeats), 2))).reshape(input_shape).clone()


repeat.derivative(input=_repeat_gradient)


@op("method")
def tile(input, dims):
    """Copies of the tensor side by side: :func:`repeat`, where missing leading repeats are 1. RuntimeError for a negative one.

    >>> tile(tensor([1, 2]), (2,))
    tensor([1, 2, 1, 2])
    """
    return input.repeat((1,) * (input.dim() - len(dims)) + tuple(dims))


@op("method", dtypes="int32 int64", operands="repeats")
def repeat_interleave(input=None, repeats=None, dim=None, *, output_size=None):
    """Each element (or each part along ``dim``) repeated: a number of times, or as often as the vector ``repeats`` says.

    With one argument, a vector of counts: the number ``i`` as often as its count says. Without ``dim`` the input is flattened. Counts are of
    int32 or int64; a single one holds for all. ``output_size`` must be the size that results.
    IndexError for a dimension out of range; RuntimeError for negative counts, counts of more dimensions or for another number of parts, or another
    ``output_size``; NotImplementedError for counts of another dtype.
    The gradient of a part is the sum of what arrives at its copies.

    >>> repeat_interleave(tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    """
    if input is None:
        return _repeated_places(repeats.detach(), output_size)
    if dim is None:
        input = input.flatten()
    d = wrap_dim(0 if dim is None else dim, input.dim())
    if isinstance(repeats, Tensor):
        counts = repeats.reshape(1).expand(input.shape[d]) if repeats.numel() == 1 else repeats
        return input.index_select(d, _repeated_places(counts, output_size))
    spread = input.unsqueeze(d + 1)
    return spread.expand((*spread.shape[: d + 1], repeats, *spread.shape[d + 2 :])).clone(memory_format=contiguous_format).flatten(d, d + 1)


@repeat_interleave.constraints
def _(require, input, repeats, dim, output_size):
    counts, size = repeats, None
    if input is not None:
        d = 0 if dim is None else dim
        if dim is not None:
            require.dimension(d, input, zero_dim=not isinstance(repeats, Tensor))
            require.new_dimension(d % (input.dim() or 1) + 1, input)
        size = input.numel() if dim is None else input.shape[d] if input.dim() else 1
    if isinstance(repeats, Tensor):
        require(size is None or repeats.dim() <= 1, RuntimeError, "repeats must be 0-dim or 1-dim tensor")
        require(size is not None or repeats.dim() == 1, RuntimeError, "repeat_interleave only accept 1D vector as repeat")
        require(size is None or repeats.numel() in (1, size), RuntimeError,
                "repeats must have the same size as input along dim, but got repeats.size(0) = {} and input.size({}) = {}",
                repeats.numel(), dim or 0, size)  # fmt: skip
        counts = [] if repeats.is_meta else repeats.reshape(-1).tolist()
        require(all(c >= 0 for c in counts), RuntimeError, "repeats can not be negative")
        total = sum(counts) * (size if size is not None and len(counts) == 1 else 1)
        nothing = not counts or size == 0  # is repeated: torch does not look
        require(output_size in (None, total) or nothing, RuntimeError, "allocated size does not match required size",
                output_size, 8 * (output_size or 0), also=_UNALLOCATED)  # fmt: skip
    else:
        require(repeats >= 0, RuntimeError, "Repeats must be non-negative")
        require(output_size in (None, repeats * size), RuntimeError, "repeat_interleave: Invalid output_size, expected {} but got {}",
                repeats * size, output_size)  # fmt: skip


_UNALLOCATED = tuple((RuntimeError, words) for words in (  # where there cannot be so many places at all
    "Trying to create tensor with negative dimension {0}: [{0}]",
    "Storage size calculation overflowed with sizes=[{0}]",
    "DefaultCPUAllocator: can't allocate memory: you tried to allocate {1} bytes. Error code 12 (Cannot allocate memory)",
))  # fmt: skip


def _repeated_places(counts: Tensor, output_size: int | None) -> Tensor:
    if counts.is_meta and output_size is not None:
        return counts.new_empty(output_size)
    places: list[int] = []
    for i, count in enumerate(counts.tolist()):
        places += [i] * count  # a MemoryError at once where there cannot be so many
    return counts.new_tensor(places)


@op("function")
def meshgrid(*tensors, indexing=None):
    """Each vector expanded over the grid that all of them span, as a view; ``indexing="xy"`` exchanges the first two dimensions.

    With "ij", which is meant if it is not given (a warning says so), vector ``d`` varies along dimension ``d``; 0-d tensors count as vectors.
    RuntimeError for no tensors, for one of more than one dimension, for different dtypes, or another word as ``indexing``; TypeError for
    something else than tensors.

    >>> meshgrid(tensor([1, 2]), tensor([3]), indexing="ij")
    (tensor([[1],
            [2]]), tensor([[3],
            [3]]))
    """
    vectors = several(tensors)
    if indexing is None:
        warnings.warn("torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.", stacklevel=3)
    order = list(range(len(vectors)))
    if indexing == "xy":
        order[:2] = reversed(order[:2])
    shape = [vectors[d].numel() for d in order]
    return tuple(v.view([-1 if k == d else 1 for k in order]).expand(shape) for d, v in enumerate(vectors))


@meshgrid.constraints
def _(require, tensors, indexing):
    vectors = several(tensors)
    require.tensors(vectors)
    require(vectors, RuntimeError, "meshgrid expects a non-empty TensorList")
    require(all(v.dtype is vectors[0].dtype for v in vectors), RuntimeError, "meshgrid expects all tensors to have the same dtype")
    require(indexing in (None, "ij", "xy"), RuntimeError, 'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {}', indexing)
    for v in vectors:
        if v.dim() > 1:
            printed = cpp_str(v).rpartition("[ ")[0] + f"[ {type_text(v)}{{{','.join(map(str, v.shape))}}} ]"
            require(False, RuntimeError, "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {}", printed)
