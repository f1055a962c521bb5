"""Views: tensors that share their input's storage. No element moves.

A view operation only computes a new shape, strides and offset; an in-place write to any of the views of a storage is seen through all of them.
"""

from __future__ import annotations

from typing import Any, Sequence

from ..backend import View
from ..dtypes import dtype as dtype_class
from ..layout import (
    broadcast_strides, contiguous_strides, infer_size, storage_extent, view_strides, wrap_dim, wrap_dims,
)  # fmt: skip
from ..registry import op
from ..tensor import Tensor, alias, wrap


def sizes(values: Sequence[Any], function: str, name: str = "size") -> tuple[int, ...]:
    """Ints given one by one, or as one tuple or list (``x.view(2, 3)``, ``x.view((2, 3))``)."""
    if len(values) == 1 and isinstance(values[0], (tuple, list)):
        values = values[0]
    if all(type(v) is int for v in values):
        return tuple(values)
    for position, value in enumerate(values):
        if isinstance(value, (bool, float, str)) or value is None or not hasattr(value, "__index__"):
            raise TypeError(f"{function}(): argument '{name}' (position 1) must be tuple of ints, but found element of type "
                            f"{type(value).__name__} at pos {position}")
    return tuple(v.__index__() for v in values)


# -- the general view ------------------------------------------------------------------------------


@op("method", view=True)
def as_strided(input, size, stride, storage_offset=None):
    """The view of the input's storage with the given shape, strides and offset, all in elements.

    Elements may overlap. RuntimeError if the storage is too small, or a size or stride is negative.

    >>> as_strided(tensor([1., 2., 3., 4.]), (2, 2), (1, 2))
    tensor([[1., 3.],
            [2., 4.]])
    """
    shape, strides = sizes((size,), "as_strided"), sizes((stride,), "as_strided", "stride")
    view = input._view
    offset = view.offset if storage_offset is None else storage_offset
    if len(shape) != len(strides):
        raise RuntimeError("mismatch in length of strides and shape")
    for s in strides:
        if s < 0:
            raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(strides)}")
    for s in shape:
        if s < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {s}: {list(shape)}")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    itemsize = view.dtype.itemsize
    extent = storage_extent(shape, strides, offset) * itemsize
    if extent > view.storage.nbytes:
        raise RuntimeError(
            f"setStorage: sizes {list(shape)}, strides {list(strides)}, storage offset {offset}, and itemsize {itemsize} requiring a storage "
            f"size of {extent} are out of bounds for storage of size {view.storage.nbytes}")
    return alias(input, shape, strides, offset)


def _as_strided_gradient(grad, input_view, size, stride, storage_offset):
    """Add up what each storage element contributed to the view, then read the sums through the input's geometry.

    An element that several positions of the input share gets an equal part for each of them.
    """
    from .creation import arange

    offset = input_view.offset if storage_offset is None else storage_offset
    extent = max(storage_extent(input_view.shape, input_view.strides, input_view.offset), storage_extent(tuple(size), tuple(stride), offset), 1)
    places = arange(extent, device=grad.device)
    sums = grad.new_zeros(extent).index_put((places.as_strided(size, stride, offset).reshape(-1),), grad.reshape(-1), accumulate=True)
    positions = places.as_strided(input_view.shape, input_view.strides, input_view.offset)
    flat = positions.reshape(-1)
    counts = grad.new_zeros(extent).index_put((flat,), grad.new_ones(flat.shape), accumulate=True)
    return (sums / counts.clamp(min=1) if bool((counts > 1).any()) else sums)[positions]


as_strided.derivative(input=_as_strided_gradient)


# -- other shapes ----------------------------------------------------------------------------------


@op("only method", view=True)
def view(input, *shape):
    """The same elements in the same order under another shape, without a copy; or, given a dtype, the same bytes as another dtype.

    One size may be -1: it is inferred. RuntimeError if the number of elements differs, or if the strides do not allow it
    (a dimension would span two subspaces that are not contiguous): then use ``reshape``.

    With a dtype of another size the last dimension must be contiguous and is scaled.

    >>> arange(6).view(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    >>> tensor([1.]).view(int32)
    tensor([1065353216], dtype=torch.int32)
    """
    source = input._view
    if len(shape) == 1 and isinstance(shape[0], dtype_class):
        return _view_dtype(input, shape[0])
    new_shape = infer_size(sizes(shape, "view"), source.numel)
    strides = view_strides(source.shape, source.strides, new_shape)
    if strides is None:
        raise RuntimeError("view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
                           "contiguous subspaces). Use .reshape(...) instead.")
    return alias(input, new_shape, strides)


view.derivative(input=lambda grad, input_shape, shape: (
    None if len(shape) == 1 and isinstance(shape[0], dtype_class) else grad.reshape(input_shape)))


def _view_dtype(input: Tensor, dtype: dtype_class) -> Tensor:
    source = input._view
    old, new = source.dtype.itemsize, dtype.itemsize
    if old == new:
        return alias(input, source.shape, source.strides, dtype=dtype)
    if not source.shape:
        raise RuntimeError(f"self.dim() cannot be 0 to view {source.dtype.type_name} as {dtype.type_name} (different element sizes)")
    if source.strides[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 to view {source.dtype.type_name} as {dtype.type_name} (different element sizes), "
                           f"but got {source.strides[-1]}")
    if new < old:
        ratio = old // new
        return alias(input, (*source.shape[:-1], source.shape[-1] * ratio), (*(s * ratio for s in source.strides[:-1]), 1),
                     source.offset * ratio, dtype)
    ratio = new // old
    names = f"to view {source.dtype.type_name} as {dtype.type_name} (different element sizes)"
    if source.shape[-1] % ratio:
        raise RuntimeError(f"self.size(-1) must be divisible by {ratio} {names}, but got {source.shape[-1]}")
    if source.offset % ratio:
        raise RuntimeError(f"self.storage_offset() must be divisible by {ratio} {names}, but got {source.offset}")
    for d, stride in enumerate(source.strides[:-1]):
        if stride % ratio:
            raise RuntimeError(f"self.stride({d}) must be divisible by {ratio} {names}, but got {stride}")
    return alias(input, (*source.shape[:-1], source.shape[-1] // ratio), (*(s // ratio for s in source.strides[:-1]), 1),
                 source.offset // ratio, dtype)


@op("only method")
def view_as(input, other):
    """``input.view(other.shape)``.

    >>> arange(4).view_as(ones(2, 2)).shape
    torch.Size([2, 2])
    """
    return input.view(other.shape)


@op("method")
def reshape(input, *shape):
    """The same elements in the same order under another shape: a view where the strides allow it, else a contiguous copy.

    >>> x = arange(6).view(2, 3)
    >>> x.reshape(6).data_ptr() == x.data_ptr(), x.t().reshape(6).data_ptr() == x.data_ptr()
    (True, False)
    """
    source = input._view
    new_shape = infer_size(sizes(shape, "reshape", "shape"), source.numel)
    if view_strides(source.shape, source.strides, new_shape) is not None:
        return input.view(new_shape)
    return _unsafe_view(input.clone(memory_format=_contiguous()), new_shape)


def _contiguous():
    from ..tensor import contiguous_format

    return contiguous_format


@op("only", name="_unsafe_view")
def _unsafe_view(input, size):
    """A reshape of a fresh contiguous copy: not a view to autograd, since nobody else holds the copy."""
    return alias(input, size, contiguous_strides(tuple(size)))


_unsafe_view.derivative(input=lambda grad, input_shape: grad.reshape(input_shape))


@op("only method")
def reshape_as(input, other):
    """``input.reshape(other.shape)``.

    >>> arange(4).reshape_as(ones(2, 2)).shape
    torch.Size([2, 2])
    """
    return input.reshape(other.shape)


@op("method")
def flatten(input, start_dim=0, end_dim=-1):
    """Merge the dimensions from ``start_dim`` to ``end_dim`` into one; a 0-d tensor becomes 1-d.

    A view where the strides allow it, the input itself if there is nothing to merge.

    >>> flatten(zeros(2, 3, 4), 1).shape
    torch.Size([2, 12])
    """
    shape = input._view.shape
    start, end = wrap_dim(start_dim, len(shape)), wrap_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return input.reshape(1)
    if start == end:
        return input
    merged = 1
    for size in shape[start : end + 1]:
        merged *= size
    return input.reshape((*shape[:start], merged, *shape[end + 1 :]))


@op("method")
def ravel(input):
    """``input.contiguous().view(-1)``.

    >>> ravel(ones(2, 2))
    tensor([1., 1., 1., 1.])
    """
    return input.contiguous().view(-1)


@op("method")
def unflatten(input, dim, sizes):
    """Split one dimension into several; one of the sizes may be -1.

    >>> unflatten(zeros(2, 12), 1, (3, -1)).shape
    torch.Size([2, 3, 4])
    """
    shape = input._view.shape
    d = wrap_dim(dim, len(shape))
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    try:
        inner = infer_size(tuple(sizes), shape[d])
    except RuntimeError as error:
        if "only one" in str(error):
            raise
        raise RuntimeError(f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {d} ({shape[d]}) in the input tensor") from None
    return input.view((*shape[:d], *inner, *shape[d + 1 :]))


@op("method", view=True, node=lambda bound: "SqueezeBackward0" if bound["dim"] is None else (
    "SqueezeBackward2" if isinstance(bound["dim"], (tuple, list)) else "SqueezeBackward1"))
def squeeze(input, dim=None):
    """Drop dimensions of size 1: all of them, or those of ``dim`` (an int or a tuple) that have size 1.

    >>> squeeze(zeros(1, 3, 1)).shape, squeeze(zeros(1, 3, 1), 0).shape
    (torch.Size([3]), torch.Size([3, 1]))
    """
    source = input._view
    ndim = len(source.shape)
    if dim is None:
        drop = range(ndim)
    else:
        drop = wrap_dims(dim, ndim) if isinstance(dim, (tuple, list)) else (wrap_dim(dim, ndim),)
    keep = [d for d in range(ndim) if not (source.shape[d] == 1 and d in drop)]
    return alias(input, [source.shape[d] for d in keep], [source.strides[d] for d in keep])


squeeze.derivative(input=lambda grad, input_shape: grad.reshape(input_shape))


@op("method", view=True)
def unsqueeze(input, dim):
    """Insert a dimension of size 1 at ``dim``, which lies in [-ndim-1, ndim].

    Its stride is that of the dimension it stands before times that dimension's size (1 at the end).

    >>> unsqueeze(zeros(2, 3), 0).shape
    torch.Size([1, 2, 3])
    """
    source = input._view
    d = wrap_dim(dim, len(source.shape) + 1)
    stride = source.shape[d] * source.strides[d] if d < len(source.shape) else 1
    return alias(input, (*source.shape[:d], 1, *source.shape[d:]), (*source.strides[:d], stride, *source.strides[d:]))


unsqueeze.derivative(input=lambda grad, dim, input_shape: grad.squeeze(wrap_dim(dim, len(input_shape) + 1)))


# -- reordered dimensions --------------------------------------------------------------------------


@op("method", view=True, aliases=("swapaxes", "swapdims"))
def transpose(input, dim0, dim1):
    """Exchange two dimensions.

    >>> transpose(arange(6).view(2, 3), 0, 1).stride()
    (1, 3)
    """
    source = input._view
    a, b = wrap_dim(dim0, len(source.shape)), wrap_dim(dim1, len(source.shape))
    shape, strides = list(source.shape), list(source.strides)
    if shape:
        shape[a], shape[b] = shape[b], shape[a]
        strides[a], strides[b] = strides[b], strides[a]
    return alias(input, shape, strides)


transpose.derivative(input=lambda grad, dim0, dim1: grad.transpose(dim0, dim1))


@op("method", view=True)
def t(input):
    """The transpose of a matrix; a tensor of fewer dimensions is returned as a view of itself.

    >>> t(tensor([[1, 2], [3, 4]]))
    tensor([[1, 3],
            [2, 4]])
    """
    source = input._view
    if len(source.shape) > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {len(source.shape)}D")
    return alias(input, source.shape[::-1], source.strides[::-1])


t.derivative(input=lambda grad: grad.t())


@op("method", view=True)
def permute(input, *dims):
    """Dimension ``i`` of the result is dimension ``dims[i]`` of the input.

    >>> permute(zeros(2, 3, 4), (2, 0, 1)).shape
    torch.Size([4, 2, 3])
    """
    source = input._view
    wanted = sizes(dims, "permute", "dims")
    if len(wanted) != len(source.shape):
        raise RuntimeError("permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering of "
                           f"dimensions i.e. input.dim() = {len(source.shape)} is not equal to len(dims) = {len(wanted)}")
    order: list[int] = []
    for d in wanted:
        d = wrap_dim(d, len(source.shape))
        if d in order:
            raise RuntimeError("permute(): duplicate dims are not allowed.")
        order.append(d)
    return alias(input, [source.shape[d] for d in order], [source.strides[d] for d in order])


def _inverse(dims, ndim):
    wanted = sizes(dims, "permute", "dims")
    inverse = [0] * ndim
    for place, d in enumerate(wanted):
        inverse[d % ndim] = place
    return inverse


permute.derivative(input=lambda grad, dims: grad.permute(_inverse(dims, grad.dim())))


@op("method", aliases=("moveaxis",))
def movedim(input, source, destination):
    """Move dimensions ``source`` (an int or a tuple) to ``destination``; the others keep their order.

    >>> movedim(zeros(2, 3, 4), 0, -1).shape
    torch.Size([3, 4, 2])
    """
    sources = (source,) if isinstance(source, int) else tuple(source)
    destinations = (destination,) if isinstance(destination, int) else tuple(destination)
    if len(sources) != len(destinations):
        raise RuntimeError("movedim: Invalid source or destination dims: source "
                           f"({list(sources)} dims) should contain the same number of dims as destination ({list(destinations)} dims)")
    ndim = input.dim()
    origins = [wrap_dim(d, ndim) for d in sources]
    places = [wrap_dim(d, ndim) for d in destinations]
    for dims, which, given in ((origins, "source", sources), (places, "destination", destinations)):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{which}` ({list(given)})")
    if ndim == 0:
        return alias_of(input)
    order: list[int | None] = [None] * ndim
    for origin, place in zip(origins, places):
        order[place] = origin
    rest = iter(d for d in range(ndim) if d not in origins)
    return input.permute([next(rest) if d is None else d for d in order])


@op("only", view=True, name="alias")
def alias_of(input):
    """A view that is the whole input."""
    return alias(input, input._view.shape, input._view.strides)


alias_of.derivative(input=lambda grad: grad)


@op("only property", name="T")
def _T(input):
    """All dimensions reversed; meant for matrices.

    >>> zeros(2, 3).T.shape
    torch.Size([3, 2])
    """
    ndim = input.dim()
    if ndim != 2:
        import warnings

        warnings.warn(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will throw an error in a future "
            "release. Consider `x.mT` to transpose batches of matrices or `x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the "
            "dimensions of a tensor.", stacklevel=3)
    return input.permute(list(range(ndim - 1, -1, -1)))


@op("only property", name="mT")
def _mT(input):
    """The last two dimensions exchanged: the transposes of a batch of matrices.

    >>> zeros(5, 2, 3).mT.shape
    torch.Size([5, 3, 2])
    """
    if input.dim() < 2:
        raise RuntimeError("tensor.mT is only supported on matrices or batches of matrices. Got " + f"{input.dim()}-D tensor.")
    return input.transpose(-2, -1)


@op("only property", name="H")
def _H(input):
    """The conjugate transpose of a matrix.

    >>> tensor([[1 + 2j, 0j]]).H
    tensor([[1.-2.j],
            [0.-0.j]])
    """
    if input.dim() not in (0, 2):
        raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {input.dim()}-D tensor.")
    swapped = input.transpose(0, 1) if input.dim() == 2 else input
    return swapped.conj() if input.is_complex() else swapped


@op("only property", name="mH")
def _mH(input):
    """The conjugate transposes of a batch of matrices.

    >>> zeros(5, 2, 3).mH.shape
    torch.Size([5, 3, 2])
    """
    if input.dim() < 2:
        raise RuntimeError("tensor.mH is only supported on matrices or batches of matrices. Got " + f"{input.dim()}-D tensor.")
    swapped = input.transpose(-2, -1)
    return swapped.conj() if input.is_complex() else swapped


@op("method")
def adjoint(input):
    """The conjugate transposes of a batch of matrices (``mH``).

    >>> adjoint(zeros(2, 3)).shape
    torch.Size([3, 2])
    """
    return input.mH


# -- broadcasting ----------------------------------------------------------------------------------


@op("only method", view=True)
def expand(input, *size, implicit=False):
    """Repeat dimensions of size 1, and add leading ones, without a copy: the repeated dimensions have stride 0. -1 keeps a size.

    >>> tensor([[1], [2]]).expand(2, 3).stride()
    (1, 0)
    """
    source = input._view
    wanted = sizes(size, "expand")
    lead = len(wanted) - len(source.shape)
    if lead < 0:
        raise RuntimeError(f"expand({_legacy_type(input)}{{{list(source.shape)}}}, size={list(wanted)}): the number of sizes provided ({len(wanted)}) "
                           f"must be greater or equal to the number of dimensions in the tensor ({len(source.shape)})")
    shape = []
    for d, s in enumerate(wanted):
        have = source.shape[d - lead] if d >= lead else None
        if s == -1:
            if have is None:
                raise RuntimeError(f"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {d}")
            s = have
        elif have is not None and have not in (1, s):
            raise RuntimeError(f"The expanded size of the tensor ({s}) must match the existing size ({have}) at non-singleton dimension {d}.  "
                               f"Target sizes: {list(wanted)}.  Tensor sizes: {list(source.shape)}")
        elif s < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {s}: {list(wanted)}")
        shape.append(s)
    target = tuple(shape)
    strides = broadcast_strides(source.shape, source.strides, target)
    return alias(input, target, _leading_strides(source, target, strides, lead))


def _leading_strides(source: View, target: tuple[int, ...], strides: tuple[int, ...], lead: int) -> tuple[int, ...]:
    """New dimensions of size 1 continue the strides as torch does (a stride of 0 is for repeated ones)."""
    result = list(strides)
    for d in range(lead - 1, -1, -1):
        following = result[d + 1] * target[d + 1] if d + 1 < len(target) else 1
        result[d] = 0 if target[d] != 1 else following
    return tuple(result)


def _legacy_type(input: Tensor) -> str:
    return f"torch.{input.dtype.type_name}Tensor"


expand.derivative(input=lambda grad: grad)


@op("only method")
def expand_as(input, other):
    """``input.expand(other.shape)``.

    >>> tensor([1]).expand_as(zeros(3))
    tensor([1, 1, 1])
    """
    return input.expand(other.shape)


@op("method")
def broadcast_to(input, size):
    """The input broadcast to a shape, as a view.

    >>> broadcast_to(tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return input.expand(size)


# -- parts -----------------------------------------------------------------------------------------


@op("method", view=True)
def select(input, dim, index):
    """The part at ``index`` of dimension ``dim``, which disappears.

    >>> select(tensor([[1, 2], [3, 4]]), 1, -1)
    tensor([2, 4])
    """
    source = input._view
    if not source.shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    d = wrap_dim(dim, len(source.shape))
    size = source.shape[d]
    i = index.__index__()
    if not -size <= i < size:
        raise IndexError(f"select(): index {i} out of range for tensor of size {list(source.shape)} at dimension {d}")
    return alias(input, source.shape[:d] + source.shape[d + 1 :], source.strides[:d] + source.strides[d + 1 :],
                 source.offset + (i % size) * source.strides[d])


def _select_gradient(grad, input_shape, dim, index):
    result = grad.new_zeros(input_shape)
    return select_scatter(result, grad, dim, index)


select.derivative(input=_select_gradient)


@op("only", view=True, name="slice")
def slice_(input, dim=0, start=None, end=None, step=1):
    """Elements ``start``, ``start + step``, ... below ``end`` of dimension ``dim``. Ends beyond the size are clamped, as in Python."""
    source = input._view
    if not source.shape:
        raise RuntimeError("slice() cannot be applied to a 0-dim tensor.")
    d = wrap_dim(dim, len(source.shape))
    size, stride = source.shape[d], source.strides[d]
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    first, last, _ = slice(start, end, step).indices(size)
    length = max(0, -(-(last - first) // step))
    return alias(input, (*source.shape[:d], length, *source.shape[d + 1 :]), (*source.strides[:d], stride * step, *source.strides[d + 1 :]),
                 source.offset + first * stride)


slice_.derivative(input=lambda grad, input_shape, dim, start, end, step: (
    slice_scatter(grad.new_zeros(input_shape), grad, dim, start, end, step)))


@op("method")
def narrow(input, dim, start, length):
    """Elements ``start`` to ``start + length - 1`` of a dimension.

    >>> narrow(tensor([1, 2, 3, 4]), 0, 1, 2)
    tensor([2, 3])
    """
    source = input._view
    if not source.shape:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    d = wrap_dim(dim, len(source.shape))
    size = source.shape[d]
    if isinstance(start, Tensor):
        if start.dim() or start.dtype.category != 1:
            raise RuntimeError("start must be an 0-dim integral Tensor.")
        start = start.item()
    if not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    first = start + size if start < 0 else start
    if first > size - length:
        raise RuntimeError(f"start ({first}) + length ({length}) exceeds dimension size ({size}).")
    return slice_(input, d, first, first + length, 1)


@op("method", view=True)
def diagonal(input, offset=0, dim1=0, dim2=1):
    """The diagonal of the matrices that ``dim1`` and ``dim2`` span, as a new last dimension; ``offset`` > 0 lies above the main one.

    >>> diagonal(tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
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
    return alias(input, [*(source.shape[d] for d in keep), length], [*(source.strides[d] for d in keep), source.strides[a] + source.strides[b]], start)


diagonal.derivative(input=lambda grad, input_shape, offset, dim1, dim2: diagonal_scatter(grad.new_zeros(input_shape), grad, offset, dim1, dim2))


@op("only method", view=True)
def unfold(input, dimension, size, step):
    """All slices of length ``size``, every ``step`` elements of a dimension; the slices' elements become a new last dimension.

    >>> arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
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
    from .creation import arange

    places = arange(_numel(input_shape), device=grad.device).view(input_shape).unfold(dimension, size, step)
    flat = grad.new_zeros(_numel(input_shape))
    return flat.index_put((places.reshape(-1),), grad.reshape(-1), accumulate=True).view(input_shape)


def _numel(shape: Sequence[int]) -> int:
    total = 1
    for s in shape:
        total *= s
    return total


unfold.derivative(input=_unfold_gradient)


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
    from .joining import stack

    return stack(grads, dim)


unbind.derivative(input=_unbind_gradient)


@op("only", view="multiple", name="_split", node=lambda bound: "SplitBackward0" if isinstance(bound["split_size"], int) else "SplitWithSizesBackward0")
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
    from .joining import cat

    return cat(grads, dim)


_split.derivative(input=_split_gradient)


@op("method")
def split(input, split_size_or_sections, dim=0):
    """Consecutive parts along a dimension, as views: of equal size (the last may be smaller), or of the sizes in a list.

    >>> split(tensor([1, 2, 3, 4, 5]), 2)
    (tensor([1, 2]), tensor([3, 4]), tensor([5]))
    """
    shape = input._view.shape
    if not shape:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    d = wrap_dim(dim, len(shape))
    size = shape[d]
    if isinstance(split_size_or_sections, int):
        step = split_size_or_sections
        if step < 0:
            raise RuntimeError(f"split expects split_size be non-negative, but got split_size={step}")
        if step == 0 and size != 0:
            raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {size}")
        lengths = [min(step, size - start) for start in range(0, size, step or 1)] or [size]
        return _split(input, lengths, d, step)
    lengths = list(split_size_or_sections)
    if sum(lengths) != size or any(n < 0 for n in lengths):
        if any(n < 0 for n in lengths):
            raise RuntimeError(f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={lengths}")
        raise RuntimeError(f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at dimension {d}), "
                           f"but got split_sizes={lengths}")
    return _split(input, lengths, d, lengths)


@op("method")
def chunk(input, chunks, dim=0):
    """At most ``chunks`` parts of equal size along a dimension (the last may be smaller), as views.

    >>> chunk(tensor([1, 2, 3, 4, 5]), 3)
    (tensor([1, 2]), tensor([3, 4]), tensor([5]))
    """
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
def tensor_split(input, indices_or_sections, dim=0):
    """Parts along a dimension as views: a number of nearly equal ones (the first are larger), or split before each index of a list.

    >>> tensor_split(tensor([1, 2, 3, 4, 5]), 2)
    (tensor([1, 2, 3]), tensor([4, 5]))
    """
    shape = input._view.shape
    if not shape:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    d = wrap_dim(dim, len(shape))
    spec = indices_or_sections.tolist() if isinstance(indices_or_sections, Tensor) else indices_or_sections
    if isinstance(spec, int):
        if spec <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {spec}")
        small, larger = divmod(shape[d], spec)
        lengths = [small + 1] * larger + [small] * (spec - larger)
        starts = [sum(lengths[:i]) for i in range(spec)]
        return tuple(slice_(input, d, s, s + n, 1) for s, n in zip(starts, lengths))
    bounds = [0, *spec, shape[d]]
    return tuple(slice_(input, d, a, b, 1) for a, b in zip(bounds, bounds[1:]))


# -- complex numbers -------------------------------------------------------------------------------


@op("only function property", view=True)
def real(input):
    """The real parts of a complex tensor, as a view; a real tensor itself.

    >>> real(tensor([1 + 2j]))
    tensor([1.])
    """
    return _part(input, 0) if input.is_complex() else input


real.derivative(input=lambda grad, input_dtype: grad.to(input_dtype) if input_dtype.is_complex else grad)


@op("only function property", view=True)
def imag(input):
    """The imaginary parts of a complex tensor, as a view. RuntimeError for real tensors.

    >>> imag(tensor([1 + 2j]))
    tensor([2.])
    """
    if not input.is_complex():
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return _part(input, 1)


imag.derivative(input=lambda grad: grad * 1j)


def _part(input: Tensor, which: int) -> Tensor:
    source = input._view
    return alias(input, source.shape, [2 * s for s in source.strides], 2 * source.offset + which, source.dtype.real)


@op("function", view=True)
def view_as_real(input):
    """A complex tensor as a view of real numbers, with a new last dimension of size 2: the real and the imaginary part.

    >>> view_as_real(tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    source = input._view
    if not source.dtype.is_complex:
        raise RuntimeError("view_as_real is only supported for complex tensors")
    return alias(input, (*source.shape, 2), (*(2 * s for s in source.strides), 1), 2 * source.offset, source.dtype.real)


view_as_real.derivative(input=lambda grad: view_as_complex(grad.contiguous()))


@op("function", view=True)
def view_as_complex(input):
    """Real numbers whose last dimension has size 2 and stride 1, as a view of complex numbers.

    >>> view_as_complex(tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    source = input._view
    if source.dtype.name not in ("float32", "float64"):
        raise RuntimeError(f"view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: {source.dtype.type_name}")
    if not source.shape:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if source.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    if source.strides[-1] != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if any(s % 2 for s in source.strides[:-1]):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if source.offset % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    return alias(input, source.shape[:-1], [s // 2 for s in source.strides[:-1]], source.offset // 2, source.dtype.to_complex())


view_as_complex.derivative(input=lambda grad: view_as_real(grad))


# -- outside of the graph --------------------------------------------------------------------------


@op("method", view="detached", differentiable=False)
def detach(input):
    """The same tensor outside of the graph: a view that never requires grad. In-place writes to it are noticed by the graph.

    >>> detach(tensor([1.], requires_grad=True)).requires_grad
    False
    """
    return alias(input, input._view.shape, input._view.strides)


# -- copies with a part replaced: the transposes of the views above ---------------------------------


def _scattered(input, view_of, source):
    result = input.clone()
    part = view_of(result)
    if part._view.shape != source._view.shape:
        raise RuntimeError(f"expected src to have a size equal to the slice of self. src size = {list(source.shape)}, slice size = {list(part.shape)}")
    kernels = result._view.storage.kernels
    kernels.copy(part._view, source._view)
    return wrap(result._view)


@op("method")
def select_scatter(input, src, dim, index):
    """A copy of the input whose ``select(dim, index)`` is ``src``.

    >>> select_scatter(zeros(2, 2), ones(2), 0, 0)
    tensor([[1., 1.],
            [0., 0.]])
    """
    return _scattered(input, lambda x: select(x, dim, index), src)


select_scatter.derivative(
    input=lambda grad, dim, index, src_shape: select_scatter(grad, grad.new_zeros(src_shape), dim, index),
    src=lambda grad, dim, index: grad.select(dim, index),
)


@op("method")
def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    """A copy of the input whose slice along ``dim`` is ``src``.

    >>> slice_scatter(zeros(4), ones(2), 0, 1, 3)
    tensor([0., 1., 1., 0.])
    """
    return _scattered(input, lambda x: slice_(x, dim, start, end, step), src)


slice_scatter.derivative(
    input=lambda grad, dim, start, end, step, src_shape: slice_scatter(grad, grad.new_zeros(src_shape), dim, start, end, step),
    src=lambda grad, dim, start, end, step: slice_(grad, dim, start, end, step),
)


@op("method")
def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    """A copy of the input whose diagonal is ``src``.

    >>> diagonal_scatter(zeros(2, 2), ones(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return _scattered(input, lambda x: diagonal(x, offset, dim1, dim2), src)


diagonal_scatter.derivative(
    input=lambda grad, offset, dim1, dim2, src_shape: diagonal_scatter(grad, grad.new_zeros(src_shape), offset, dim1, dim2),
    src=lambda grad, offset, dim1, dim2: grad.diagonal(offset, dim1, dim2),
)
