"""Views with reordered or repeated dimensions."""

from __future__ import annotations

import warnings

from ...foundation.layout import broadcast_shapes, wrap_dim
from ...operations.registry import op
from ...tensor import alias
from ..shared.operands import as_tuple, type_text
from .shapes import alias_of

# -- reordered dimensions --------------------------------------------------------------------------


def transposed_geometry(input, dim0, dim1):
    """Shape and strides with two dimensions exchanged."""
    source = input._view
    a, b = wrap_dim(dim0, len(source.shape)), wrap_dim(dim1, len(source.shape))
    shape, strides = list(source.shape), list(source.strides)
    if shape:
        shape[a], shape[b] = shape[b], shape[a]
        strides[a], strides[b] = strides[b], strides[a]
    return shape, strides


@op("method", view=True, aliases=("swapdims",))
def transpose(input, dim0, dim1):
    """Exchange two dimensions.

    >>> transpose(arange(6).view(2, 3), 0, 1).stride()
    (1, 3)
    """
    return alias(input, *transposed_geometry(input, dim0, dim1))


transpose.derivative(input=lambda grad, dim0, dim1: grad.transpose(dim0, dim1))


@op("method")
def swapaxes(input, axis0, axis1):
    """:func:`transpose`, by NumPy's name.

    >>> swapaxes(zeros(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    return transpose(input, axis0, axis1)


def matrix_transposed_geometry(input, name="t"):
    """Shape and strides of the transpose of a matrix, vector or number."""
    source = input._view
    if len(source.shape) > 2:
        raise RuntimeError(f"{name}() expects a tensor with <= 2 dimensions, but self is {len(source.shape)}D")
    return source.shape[::-1], source.strides[::-1]


@op("method", view=True)
def t(input):
    """The transpose of a matrix; a tensor of fewer dimensions is returned as a view of itself. RuntimeError for more dimensions.

    >>> t(tensor([[1, 2], [3, 4]]))
    tensor([[1, 3],
            [2, 4]])
    """
    return alias(input, *matrix_transposed_geometry(input))


t.derivative(input=lambda grad: grad.t())


@op("method", view=True)
def permute(input, dims):
    """Dimension ``i`` of the result is dimension ``dims[i]`` of the input; each dimension is named once.

    >>> permute(zeros(2, 3, 4), (2, 0, 1)).shape
    torch.Size([4, 2, 3])
    """
    source = input._view
    wanted = dims
    if len(wanted) != len(source.shape):
        raise RuntimeError("permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
                           f"ordering of dimensions i.e. input.dim() = {len(source.shape)} is not equal to len(dims) = {len(wanted)}")
    order: list[int] = []
    for d in wanted:
        d = wrap_dim(d, len(source.shape))
        if d in order:
            raise RuntimeError("permute(): duplicate dims are not allowed.")
        order.append(d)
    return alias(input, [source.shape[d] for d in order], [source.strides[d] for d in order])


def _inverse(dims, ndim):
    inverse = [0] * ndim
    for place, d in enumerate(dims):
        inverse[d % ndim] = place
    return inverse


permute.derivative(input=lambda grad, dims: grad.permute(_inverse(dims, grad.dim())))


@op("method", aliases=("moveaxis",))
def movedim(input, source, destination):
    """Move dimensions ``source`` (an int or a tuple) to ``destination``; the others keep their order.

    >>> movedim(zeros(2, 3, 4), 0, -1).shape
    torch.Size([3, 4, 2])
    """
    if isinstance(source, (tuple, list)) != isinstance(destination, (tuple, list)):
        raise TypeError("movedim() received an invalid combination of arguments: source and destination must both be ints or both be tuples")
    sources, destinations = as_tuple(source), as_tuple(destination)
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


@op("only property", name="T")
def _T(input):
    """All dimensions reversed; meant for matrices, others give a warning.

    >>> zeros(2, 3).T.shape
    torch.Size([3, 2])
    """
    ndim = input.dim()
    if ndim == 0:
        warnings.warn("Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases.", stacklevel=3)
    elif ndim != 2:
        warnings.warn(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will throw an error in a "
            "future release. Consider `x.mT` to transpose batches of matrices or `x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse "
            "the dimensions of a tensor.", stacklevel=3)
    return input.permute(list(range(ndim - 1, -1, -1)))


def _batched(input, name, advice):
    """Refuse vectors; whether the input is 0-d, which is deprecated."""
    if input.dim() == 1:
        raise RuntimeError(f"tensor.{name} is only supported on matrices or batches of matrices. Got 1-D tensor.")
    if input.dim() == 0:
        warnings.warn(f"{name if name == 'adjoint()' else 'Tensor.' + name} is deprecated on 0-D tensors. {advice}", stacklevel=4)
    return input.dim() > 1


def _conjugate(input):
    return input.conj() if input.is_complex() else input


@op("only property", name="mT")
def _mT(input):
    """The last two dimensions exchanged: the transposes of a batch of matrices. RuntimeError for a vector.

    >>> zeros(5, 2, 3).mT.shape
    torch.Size([5, 3, 2])
    """
    return input.transpose(-2, -1) if _batched(input, "mT", "This function is the identity in these cases.") else input


@op("only property", name="H")
def _H(input):
    """The conjugate transpose of a matrix.

    >>> tensor([[1 + 2j, 0j]]).H
    tensor([[1.-2.j],
            [0.-0.j]])
    """
    if input.dim() not in (0, 2):
        more = " For batches of matrices, consider using tensor.mH" if input.dim() > 2 else ""
        raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {input.dim()}-D tensor.{more}")
    if not input.dim():
        warnings.warn("Tensor.H is deprecated on 0-D tensors. Consider using x.conj().", stacklevel=3)
        return _conjugate(input)
    return _conjugate(input.transpose(0, 1))


@op("only property", name="mH")
def _mH(input):
    """The conjugate transposes of a batch of matrices. RuntimeError for a vector.

    >>> zeros(5, 2, 3).mH.shape
    torch.Size([5, 3, 2])
    """
    return _conjugate(input.transpose(-2, -1) if _batched(input, "mH", "Consider using x.conj().") else input)


@op("method")
def adjoint(input):
    """The conjugate transposes of a batch of matrices (``mH``).

    >>> adjoint(zeros(2, 3)).shape
    torch.Size([3, 2])
    """
    return _conjugate(input.transpose(-2, -1) if _batched(input, "adjoint()", "Consider using x.conj().") else input)


# -- broadcasting ----------------------------------------------------------------------------------


@op("only method", view=True)
def expand(input, size, *, implicit=False):
    """Repeat dimensions of size 1, and add leading ones, without a copy: the repeated dimensions have stride 0. -1 keeps a size.

    ``implicit`` says nothing to a user. RuntimeError if a size that is not 1 would change, or if there are fewer sizes than dimensions.

    >>> tensor([[1], [2]]).expand(2, 3).stride()
    (1, 0)
    """
    source = input._view
    target = list(size)
    ndim = len(target)
    lead = ndim - len(source.shape)
    if lead < 0:
        raise RuntimeError(f"expand({type_text(input)}{{{list(source.shape)}}}, size={target}): the number of sizes "
                           f"provided ({ndim}) must be greater or equal to the number of dimensions in the tensor ({len(source.shape)})")
    if not source.shape:
        return alias(input, _countable(target), (0,) * ndim)
    strides = [0] * ndim
    given = list(target)
    for d in range(ndim - 1, -1, -1):
        # A new dimension of size 1 continues the strides; a repeated one has stride 0.
        have, stride = (source.shape[d - lead], source.strides[d - lead]) if d >= lead else (1, target[d + 1] * strides[d + 1])
        if target[d] == -1:
            if d < lead:
                raise RuntimeError(f"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {d}")
            target[d] = have
        if target[d] == have:
            strides[d] = stride
        elif have != 1:
            raise RuntimeError(f"The expanded size of the tensor ({target[d]}) must match the existing size ({have}) at non-singleton "
                               f"dimension {d}.  Target sizes: {given}.  Tensor sizes: {list(source.shape)}")
    return alias(input, _countable(target), strides)


def _countable(shape):
    if any(s < 0 for s in shape):
        raise RuntimeError("numel: integer multiplication overflow")
    return shape


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
    """The input broadcast to a shape, as a view (:func:`expand`).

    >>> broadcast_to(tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return input.expand(size)


@op("function")
def broadcast_tensors(*tensors):
    """The tensors expanded to their common shape, as a tuple of views.

    >>> broadcast_tensors(tensor([1, 2]), tensor([[3]]))
    (tensor([[1, 2]]), tensor([[3, 3]]))
    """
    several = (tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors)
    shape = broadcast_shapes(*(t._view.shape for t in several))
    return tuple(t if t._view.shape == shape else t.expand(shape) for t in several)
