"""Views of parts: one index, a range, a diagonal, sliding windows."""

from __future__ import annotations

from math import prod

from ...foundation.layout import counted, wrap_dim
from ...operations.output_kinds import exact
from ...operations.registry import op
from ...operations.sharing import SUMMED
from ...tensor import Tensor, alias, contiguous_format, wrap
from .replacing import replaced


@op("method", view=True)
def select(input, dim, index):
    """The part at ``index`` of dimension ``dim``, which disappears, as a view; a negative index counts from the end.

    IndexError for a 0-d tensor, or a dimension or an index out of range. The gradient is 0 around what arrives.

    >>> select(tensor([[1, 2], [3, 4]]), 1, -1)
    tensor([2, 4])
    """
    source = input._view
    d = wrap_dim(dim, len(source.shape))
    return alias(input, source.shape[:d] + source.shape[d + 1 :], source.strides[:d] + source.strides[d + 1 :],
                 source.offset + (index % source.shape[d]) * source.strides[d])


@select.constraints
def _(require, input, dim, index):
    shape = input._view.shape
    require(shape, IndexError, "select() cannot be applied to a 0-dim tensor.")
    require.dimension(dim, input)
    size = shape[dim]
    require(-size <= index < size, IndexError, "select(): index {} out of range for tensor of size {} at dimension {}",
            index, list(shape), dim % len(shape))  # fmt: skip


@op("only", name="select_backward")
def select_backward(grad, input_shape, dim, index):
    """The gradient of :func:`select`: zeros around it."""
    return replaced(grad.new_zeros(input_shape), lambda x: select(x, dim, index), grad)


select_backward.derivative(grad=lambda grad, dim, index: grad.select(dim, index))


select.derivative(input=lambda grad, input_shape, dim, index: select_backward(grad, input_shape, dim, index))


@op("only", view=True, name="slice")
def slice_(input, dim=0, start=None, end=None, step=1):
    """Elements ``start``, ``start + step``, ... below ``end`` of dimension ``dim``. Ends beyond the size are clamped, as in Python.

    IndexError for a 0-d tensor or a dimension out of range, RuntimeError for a step that is not positive.
    """
    source = input._view
    d = wrap_dim(dim, len(source.shape))
    size, stride = source.shape[d], source.strides[d]
    first, last, _ = slice(start, end, step).indices(size)
    length = max(0, -(-(last - first) // step))
    return alias(input, (*source.shape[:d], length, *source.shape[d + 1 :]), (*source.strides[:d], stride * step, *source.strides[d + 1 :]),
                 source.offset + first * stride)


@slice_.constraints
def _(require, input, dim, start, end, step):
    require(input._view.shape, IndexError, "slice() cannot be applied to a 0-dim tensor.")
    require.dimension(dim, input)
    require(step > 0, RuntimeError, "slice step must be positive")


@op("only", name="slice_backward")
def slice_backward(grad, input_shape, dim, start, end, step):
    """The gradient of a slice: zeros around it."""
    return replaced(grad.new_zeros(input_shape), lambda x: slice_(x, dim, start, end, step), grad)


slice_backward.derivative(grad=lambda grad, dim, start, end, step: slice_(grad, dim, start, end, step))


slice_.derivative(input=lambda grad, input_shape, dim, start, end, step: slice_backward(grad, input_shape, dim, start, end, step))


@op("method")
def narrow(input, dim, start, length):
    """Elements ``start`` to ``start + length - 1`` of a dimension, as a view. ``start`` may be negative, or a 0-d integer tensor.

    IndexError if ``dim`` or ``start`` lies outside; RuntimeError for a 0-d input, a negative length, a range that reaches beyond the end, or a
    tensor of another kind as ``start``. The gradient is 0 around what arrives.

    >>> narrow(tensor([1, 2, 3, 4]), 0, 1, 2)
    tensor([2, 3])
    """
    first = start.item() if isinstance(start, Tensor) else start
    if first < 0:
        first += input._view.shape[dim]
    return slice_(input, dim, first, first + length, 1)


_BEYOND = "start ({}) + length ({}) exceeds dimension size ({})."


@narrow.constraints
def _(require, input, dim, start, length):
    is_tensor = isinstance(start, Tensor)
    require(not is_tensor or not start.dim() and start.dtype.category == 1, RuntimeError, "start must be an 0-dim integral Tensor.")
    require(input.dim(), RuntimeError, "narrow() cannot be applied to a 0-dim tensor.")
    require(length >= 0, RuntimeError, "narrow(): length must be non-negative.")
    require.dimension(dim, input)
    first, size = start.item() if is_tensor else start, input.shape[dim]
    require(-size <= first <= size, IndexError, "start out of range (expected to be in range of [{}, {}], but got {})", -size, size, first)
    first += size if first < 0 else 0
    require(length <= size - first, RuntimeError, _BEYOND, first, length, size)


@op("method out", sharing=SUMMED, out=exact("Expected self.dtype() == output.dtype() to be true, but got false.  (Could this error message be "
                                            "improved?  If so, please report an enhancement request to PyTorch.)"), dtypes="every")  # fmt: skip
def narrow_copy(input, dim, start, length):
    """Elements ``start`` to ``start + length - 1`` of a dimension: :func:`narrow`, as a contiguous copy.

    IndexError and RuntimeError as there. The gradient is 0 around what arrives.

    >>> narrow_copy(tensor([1, 2, 3, 4]), 0, 1, 2)
    tensor([2, 3])
    """
    return wrap(narrow(input.detach(), dim, start, length).clone(memory_format=contiguous_format)._view)


@narrow_copy.constraints
def _(require, input, dim, start, length):
    require(not input.dim() or dim < input.dim(), RuntimeError, "Expected dim < static_cast<int64_t>(self_sizes.size()) to be true, but got "
            "false.  (Could this error message be improved?  If so, please report an enhancement request to PyTorch.)")  # fmt: skip
    require(input.dim(), RuntimeError, "narrow() cannot be applied to a 0-dim tensor.")
    require.dimension(dim, input)
    size = input.shape[dim]
    require(-size <= start <= size, IndexError, "start out of range (expected to be in range of [{}, {}], but got {})", -size, size, start)
    first = start + (size if start < 0 else 0)
    require(0 <= length <= size - first, RuntimeError, _BEYOND, first, length, size)


def _narrow_gradient(grad, input_shape, dim, start, length):
    first = (start.item() if isinstance(start, Tensor) else start) % (input_shape[dim] or 1)
    return slice_backward(grad, input_shape, dim, first, first + length, 1)


narrow_copy.derivative(input=_narrow_gradient)


@op("method", view=True)
def diagonal(input, offset=0, dim1=0, dim2=1):
    """The diagonal of the matrices that ``dim1`` and ``dim2`` span, as a new last dimension of a view: ``out[i] = input[i, i + offset]``.

    ``offset`` > 0 lies above the main diagonal, < 0 below it; outside of the matrix there are no elements.
    IndexError for a dimension out of range, RuntimeError if the two are the same. The gradient is 0 around what arrives.

    >>> diagonal(tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    source = input._view
    a, b = wrap_dim(dim1, len(source.shape)), wrap_dim(dim2, len(source.shape))
    rows, columns = source.shape[a], source.shape[b]
    length = max(min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns), 0)
    start = source.offset
    if length:
        start += offset * source.strides[b] if offset >= 0 else -offset * source.strides[a]
    keep = [d for d in range(len(source.shape)) if d not in (a, b)]
    return alias(input, [*(source.shape[d] for d in keep), length],
                 [*(source.strides[d] for d in keep), source.strides[a] + source.strides[b]], start)


@diagonal.constraints
def _(require, input, dim1, dim2):
    require.dimension(dim1, input)
    require.dimension(dim2, input)
    count = input.dim() or 1
    require(dim1 % count != dim2 % count, RuntimeError, "diagonal dimensions cannot be identical {}, {}", dim1, dim2)


@op("only", name="diagonal_backward")
def diagonal_backward(grad, input_shape, offset, dim1, dim2):
    """The gradient of :func:`diagonal`: zeros around it."""
    return replaced(grad.new_zeros(input_shape), lambda x: diagonal(x, offset, dim1, dim2), grad)


diagonal_backward.derivative(grad=lambda grad, offset, dim1, dim2: grad.diagonal(offset, dim1, dim2))


diagonal.derivative(input=lambda grad, input_shape, offset, dim1, dim2: diagonal_backward(grad, input_shape, offset, dim1, dim2))


@op("only method", view=True)
def unfold(input, dimension, size, step):
    """All windows of ``size`` elements, one every ``step`` elements of a dimension, as a view: ``out[i, j] = input[i * step + j]``.

    The windows' elements become a new last dimension; windows may overlap. A 0-d tensor counts as a vector of one element.
    IndexError for a dimension out of range; RuntimeError if ``size`` exceeds it or is negative, or ``step`` is not positive.
    The gradient adds up what arrives at each element.

    >>> arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    source = input._view
    if not source.shape:
        return alias(input, (size,), (1,))
    d = wrap_dim(dimension, len(source.shape))
    shape, strides = list(source.shape), list(source.strides)
    shape[d] = (shape[d] - size) // step + 1
    strides[d] *= step
    return alias(input, counted((*shape, size)), (*strides, source.strides[d]))


@unfold.constraints
def _(require, input, dimension, size, step):
    require.dimension(dimension, input)
    length = input.shape[dimension] if input.dim() else 1
    require(size >= 0, RuntimeError, "size is {} but must be >= 0", size)
    require(size <= length, RuntimeError, "maximum size for tensor at dimension {} is {} but size is {}",
            dimension % (input.dim() or 1), length, size)  # fmt: skip
    require(step > 0, RuntimeError, "step is {} but must be > 0", step)


def _unfold_gradient(grad, input_shape, dimension, size, step):
    from ..creation.ranges import arange

    places = arange(prod(input_shape), device=grad.device).view(input_shape).unfold(dimension, size, step)
    flat = grad.new_zeros(prod(input_shape))
    return flat.index_put((places.reshape(-1),), grad.reshape(-1), accumulate=True).view(input_shape).clone()


unfold.derivative(input=_unfold_gradient)
