"""Views of parts: one index, a range, a diagonal, sliding windows, and the ways to cut a tensor into pieces."""

from __future__ import annotations

from math import prod

from ...foundation.layout import wrap_dim
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor, alias, contiguous_format, wrap

# -- one part --------------------------------------------------------------------------------------


@op("method", view=True)
def select(input, dim, index):
    """The part at ``index`` of dimension ``dim``, which disappears. IndexError if there is no such part.

    >>> select(tensor([[1, 2], [3, 4]]), 1, -1)
    tensor([2, 4])
    """
    i = index
    source = input._view
    if not source.shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    d = wrap_dim(dim, len(source.shape))
    size = source.shape[d]
    if not -size <= i < size:
        raise IndexError(f"select(): index {i} out of range for tensor of size {list(source.shape)} at dimension {d}")
    return alias(input, source.shape[:d] + source.shape[d + 1 :], source.strides[:d] + source.strides[d + 1 :],
                 source.offset + (i % size) * source.strides[d])


def _select_gradient(grad, input_shape, dim, index):
    from .slice_scatter import select_backward

    return select_backward(grad, input_shape, dim, index)


select.derivative(input=_select_gradient)


@op("only", view=True, name="slice")
def slice_(input, dim=0, start=None, end=None, step=1):
    """Elements ``start``, ``start + step``, ... below ``end`` of dimension ``dim``. Ends beyond the size are clamped, as in Python."""
    source = input._view
    if not source.shape:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    d = wrap_dim(dim, len(source.shape))
    size, stride = source.shape[d], source.strides[d]
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    first, last, _ = slice(start, end, step).indices(size)
    length = max(0, -(-(last - first) // step))
    return alias(input, (*source.shape[:d], length, *source.shape[d + 1 :]), (*source.strides[:d], stride * step, *source.strides[d + 1 :]),
                 source.offset + first * stride)


def _slice_gradient(grad, input_shape, dim, start, end, step):
    from .slice_scatter import slice_backward

    return slice_backward(grad, input_shape, dim, start, end, step)


slice_.derivative(input=_slice_gradient)


@op("method")
def narrow(input, dim, start, length):
    """Elements ``start`` to ``start + length - 1`` of a dimension. ``start`` may be negative, or a 0-d integer tensor.

    IndexError if ``start`` lies outside; RuntimeError if the range reaches beyond the end.

    >>> narrow(tensor([1, 2, 3, 4]), 0, 1, 2)
    tensor([2, 3])
    """
    length = length
    if isinstance(start, Tensor):
        if start.dim() or start.dtype.category != 1:
            raise RuntimeError("start must be an 0-dim integral Tensor.")
        start = start.item()
    start = start
    shape = input._view.shape
    if not shape:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    d = wrap_dim(dim, len(shape))
    size = shape[d]
    if not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    first = start + size if start < 0 else start
    if first > size - length:
        raise RuntimeError(f"start ({first}) + length ({length}) exceeds dimension size ({size}).")
    return slice_(input, d, first, first + length, 1)


def _narrow_copy_output(function, args, kwargs, outs):
    input = args[0] if args else kwargs["input"]
    if input.dtype is not outs[0].dtype and input.dim():
        raise RuntimeError(_internal("self.dtype() == output.dtype()"))
    return function(*args, **kwargs)


def _internal(condition):
    """What torch says where a condition does not hold for which it has no message."""
    return (f"Expected {condition} to be true, but got false.  (Could this error message be improved?  If so, please report an "
            "enhancement request to PyTorch.)")


@op("method out", out=_narrow_copy_output, sharing=COMPUTED)
def narrow_copy(input, dim, start, length):
    """:func:`narrow`, as a contiguous copy.

    >>> narrow_copy(tensor([1, 2, 3, 4]), 0, 1, 2)
    tensor([2, 3])
    """
    shape = input._view.shape
    if shape and dim >= len(shape):
        raise RuntimeError(_internal("dim < static_cast<int64_t>(self_sizes.size())"))
    if shape and length < 0 and not isinstance(start, Tensor):
        size = shape[wrap_dim(dim, len(shape))]
        if -size <= start <= size:
            raise RuntimeError(f"start ({start + size if start < 0 else start}) + length ({length}) exceeds dimension size ({size}).")
        length = 0
    return wrap(narrow(input.detach(), dim, start, length).clone(memory_format=contiguous_format)._view)


def _narrow_gradient(grad, input_shape, dim, start, length):
    first = (start.item() if isinstance(start, Tensor) else start) % (input_shape[dim] or 1)
    return _slice_gradient(grad, input_shape, dim, first, first + length, 1)


narrow_copy.derivative(input=_narrow_gradient)


@op("method", view=True)
def diagonal(input, offset=0, dim1=0, dim2=1):
    """The diagonal of the matrices that ``dim1`` and ``dim2`` span, as a new last dimension; ``offset`` > 0 lies above the main one.

    An offset outside of the matrix gives no elements.

    >>> diagonal(tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    offset = offset
    source = input._view
    a, b = wrap_dim(dim1, len(source.shape)), wrap_dim(dim2, len(source.shape))
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    rows, columns = source.shape[a], source.shape[b]
    length = max(min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns), 0)
    start = source.offset
    if length:
        start += offset * source.strides[b] if offset >= 0 else -offset * source.strides[a]
    keep = [d for d in range(len(source.shape)) if d not in (a, b)]
    return alias(input, [*(source.shape[d] for d in keep), length],
                 [*(source.strides[d] for d in keep), source.strides[a] + source.strides[b]], start)


def _diagonal_gradient(grad, input_shape, offset, dim1, dim2):
    from .slice_scatter import diagonal_backward

    return diagonal_backward(grad, input_shape, offset, dim1, dim2)


diagonal.derivative(input=_diagonal_gradient)


@op("only method", view=True)
def unfold(input, dimension, size, step):
    """All slices of length ``size``, every ``step`` elements of a dimension; the slices' elements become a new last dimension.

    RuntimeError if ``size`` exceeds the dimension or is negative, or ``step`` is not positive.

    >>> arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    size, step = size, step
    source = input._view
    d = wrap_dim(dimension, len(source.shape))
    length = source.shape[d] if source.shape else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > length:
        raise RuntimeError(f"maximum size for tensor at dimension {d} is {length} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if not source.shape:
        return alias(input, (size,), (1,))
    shape, strides = list(source.shape), list(source.strides)
    shape[d] = (length - size) // step + 1
    strides[d] *= step
    return alias(input, (*shape, size), (*strides, source.strides[d]))


def _unfold_gradient(grad, input_shape, dimension, size, step):
    from ..creation.ranges import arange

    places = arange(prod(input_shape), device=grad.device).view(input_shape).unfold(dimension, size, step)
    flat = grad.new_zeros(prod(input_shape))
    return flat.index_put((places.reshape(-1),), grad.reshape(-1), accumulate=True).view(input_shape)


unfold.derivative(input=_unfold_gradient)

# -- all parts -------------------------------------------------------------------------------------


@op("method", view="multiple")
def unbind(input, dim=0):
    """The parts along a dimension, as a tuple of views.

    >>> unbind(tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    source = input._view
    d = wrap_dim(dim, len(source.shape))
    if not source.shape:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    shape, strides = source.shape[:d] + source.shape[d + 1 :], source.strides[:d] + source.strides[d + 1 :]
    return tuple(alias(input, shape, strides, source.offset + i * source.strides[d]) for i in range(source.shape[d]))


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
    """Consecutive parts along a dimension, as views: of equal size (the last may be smaller), or of the sizes in a list.

    RuntimeError if a size is negative, or the sizes in a list do not sum up to that of the dimension.

    >>> split(tensor([1, 2, 3, 4, 5]), 2)
    (tensor([1, 2]), tensor([3, 4]), tensor([5]))
    """
    if isinstance(split_size_or_sections, (tuple, list)):
        return split_with_sizes(input, split_size_or_sections, dim)
    if isinstance(split_size_or_sections, Tensor) and split_size_or_sections.dim() or not hasattr(split_size_or_sections, "__index__"):
        raise TypeError("split_with_sizes(): argument 'split_sizes' (position 2) must be tuple of ints, not "
                        f"{type(split_size_or_sections).__name__}")
    step = split_size_or_sections
    shape = input._view.shape
    if not shape:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = dim
    if step < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={step}")
    d = wrap_dim(dim, len(shape))
    size = shape[d]
    if step == 0 and size != 0:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {size}")
    lengths = [min(step, size - start) for start in range(0, size, step or 1)] or [size]
    return _split(input, lengths, d, step)


@op("method")
def split_with_sizes(input, split_sizes, dim=0):
    """Consecutive parts of the given sizes along a dimension, as views: :func:`split` with a list.

    >>> split_with_sizes(tensor([1, 2, 3]), [1, 2])
    (tensor([1]), tensor([2, 3]))
    """
    lengths = list(split_sizes)
    shape = input._view.shape
    if not shape:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    d = wrap_dim(dim, len(shape))
    size = shape[d]
    if any(n < 0 for n in lengths):
        raise RuntimeError(f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={lengths}")
    if sum(lengths) != size:
        raise RuntimeError(f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at dimension {dim}), "
                           f"but got split_sizes={lengths}")
    return _split(input, lengths, d, lengths)


@op("method")
def chunk(input, chunks, dim=0):
    """At most ``chunks`` parts of equal size along a dimension (the last may be smaller), as views.

    >>> chunk(tensor([1, 2, 3, 4, 5]), 3)
    (tensor([1, 2]), tensor([3, 4]), tensor([5]))
    """
    chunks = chunks
    shape = input._view.shape
    if not shape:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    d = wrap_dim(dim, len(shape))
    if shape[d] == 0:
        return _split(input, [0] * chunks, d, [0] * chunks)
    return split(input, -(-shape[d] // chunks), d)


@op("method")
def tensor_split(input, indices, dim=0):
    """Parts along a dimension as views: a number of nearly equal ones (the first are larger), or split before each index of a list.

    ``indices`` is an int, a tuple of ints that are read as the ends of slices (so they may be negative or
    too large), or an int64 tensor of 0 or 1 dimensions that holds either.

    >>> tensor_split(tensor([1, 2, 3, 4, 5]), 2)
    (tensor([1, 2, 3]), tensor([4, 5]))
    """
    shape = input._view.shape
    spec = indices
    if isinstance(spec, Tensor):
        _check_dimension("tensor_split", shape)
        if spec.dtype.name != "int64":
            raise RuntimeError(f"tensor_split expected tensor_indices_or_sections to have dtype of long, but got {spec.dtype.type_name}")
        if spec.dim() > 1:
            raise RuntimeError("tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, but got "
                               f"a tensor with {spec.dim()} dims")
        spec = spec.tolist()
    spec = spec if isinstance(spec, (tuple, list)) else spec
    _check_dimension("tensor_split", shape)
    d = wrap_dim(dim, len(shape))
    if isinstance(spec, int):
        if spec <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {spec}")
        small, larger = divmod(shape[d], spec)
        bounds = [i * small + min(i, larger) for i in range(spec + 1)]
    else:
        bounds = [0, *spec, shape[d]]
    return tuple(slice_(input, d, a, b, 1) for a, b in zip(bounds, bounds[1:]))


def _check_dimension(function, shape):
    if not shape:
        raise RuntimeError(f"{function} expected at least a 1-dimensional tensor, but got a tensor with 0 dims")


def _split_along(function, input, indices, d, least):
    """hsplit, vsplit and dsplit: tensor_split along one dimension, into parts that must be equal if their number is given."""
    spec = indices if isinstance(indices, (tuple, list)) else indices
    shape = input._view.shape
    if len(shape) < least:
        raise RuntimeError(f"torch.{function} requires a tensor with at least {least} dimension, but got a tensor with {len(shape)} dimensions!")
    if isinstance(spec, int) and (spec == 0 or shape[d] % spec):
        raise RuntimeError(f"torch.{function} attempted to split along dimension {d}, but the size of the dimension {shape[d]} is not "
                           f"divisible by the split_size {spec}!")
    return tensor_split(input, spec, d)


@op("method")
def hsplit(input, indices):
    """Parts side by side: equal ones along dimension 1 (of vectors, 0), or split before each index of a list.

    >>> hsplit(tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1],
            [3]]), tensor([[2],
            [4]]))
    """
    return _split_along("hsplit", input, indices, 0 if input.dim() == 1 else 1, 1)


@op("method")
def vsplit(input, indices):
    """Parts on top of each other: equal ones along dimension 0 of a tensor of at least two, or split before each index of a list.

    >>> vsplit(tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1, 2]]), tensor([[3, 4]]))
    """
    return _split_along("vsplit", input, indices, 0, 2)


@op("method")
def dsplit(input, indices):
    """Parts behind each other: equal ones along dimension 2, or split before each index of a list.

    >>> dsplit(tensor([[[1, 2]]]), 2)
    (tensor([[[1]]]), tensor([[[2]]]))
    """
    return _split_along("dsplit", input, indices, 2, 3)
