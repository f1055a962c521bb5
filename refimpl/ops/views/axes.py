"""Views with reordered or repeated dimensions."""

from __future__ import annotations

import warnings

from ...foundation.layout import broadcast_shapes, counted, wrap_dim
from ...operations.registry import op
from ...tensor import alias
from ..shared.operands import as_tuple, several, type_text
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
    """The input with two dimensions exchanged, as a view: ``out[j, i] = input[i, j]``.

    IndexError for a dimension out of range; a 0-d tensor has the dimensions 0 and -1. The gradient is transposed back.

    >>> transpose(arange(6).view(2, 3), 0, 1).stride()
    (1, 3)
    """
    return alias(input, *transposed_geometry(input, dim0, dim1))


@transpose.constraints
def _(require, input, dim0, dim1):
    require.dimension(dim0, input)
    require.dimension(dim1, input)


transpose.derivative(input=lambda grad, dim0, dim1: grad.transpose(dim0, dim1))


@op("method")
def swapaxes(input, axis0, axis1):
    """:func:`transpose`, by NumPy's name: a view with two dimensions exchanged. IndexError for a dimension out of range.

    >>> swapaxes(zeros(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    return transpose(input, axis0, axis1)


def matrix_transposed_geometry(input):
    """Shape and strides of the transpose of a matrix, vector or number."""
    source = input._view
    return source.shape[::-1], source.strides[::-1]


@op("method", view=True)
def t(input):
    """The transpose of a matrix, as a view; a tensor of fewer dimensions is returned as a view of itself.

    RuntimeError for a tensor of more than two dimensions. The gradient is transposed back.

    >>> t(tensor([[1, 2], [3, 4]]))
    tensor([[1, 3],
            [2, 4]])
    """
    return alias(input, *matrix_transposed_geometry(input))


@t.constraints
def _(require, input):
    require(input.dim() <= 2, RuntimeError, "t() expects a tensor with <= 2 dimensions, but self is {}D", input.dim())


t.derivative(input=lambda grad: grad.t())


@op("method", view=True)
def permute(input, dims):
    """A view whose dimension ``i`` is the input's dimension ``dims[i]``; each dimension is named once.

    RuntimeError if there are fewer or more ``dims`` than dimensions, or one is named twice; IndexError for a dimension out of range.
    The gradient is permuted back.

    >>> permute(zeros(2, 3, 4), (2, 0, 1)).shape
    torch.Size([4, 2, 3])
    """
    source = input._view
    return alias(input, [source.shape[d] for d in dims], [source.strides[d] for d in dims])


@permute.constraints
def _(require, input, dims):
    ndim = input.dim()
    require(len(dims) == ndim, RuntimeError, "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
            "desired ordering of dimensions i.e. input.dim() = {} is not equal to len(dims) = {}", ndim, len(dims))  # fmt: skip
    for d in dims:
        require.dimension(d, input)
    require(len({d % (ndim or 1) for d in dims}) == len(dims), RuntimeError, "permute(): duplicate dims are not allowed.")


def _inverse(dims, ndim):
    inverse = [0] * ndim
    for place, d in enumerate(dims):
        inverse[d % ndim] = place
    return inverse


permute.derivative(input=lambda grad, dims: grad.permute(_inverse(dims, grad.dim())))


@op("method", aliases=("moveaxis",))
def movedim(input, source, destination):
    """A view with the dimensions ``source`` (an int or a tuple) at the places ``destination``; the others keep their order.

    RuntimeError if the two differ in number, or a dimension is named twice; IndexError for a dimension out of range.

    >>> movedim(zeros(2, 3, 4), 0, -1).shape
    torch.Size([3, 4, 2])
    """
    ndim = input.dim()
    if ndim == 0:
        return alias_of(input)
    origins, places = ([d % ndim for d in as_tuple(dims)] for dims in (source, destination))
    order: list[int | None] = [None] * ndim
    for origin, place in zip(origins, places):
        order[place] = origin
    rest = iter(d for d in range(ndim) if d not in origins)
    return input.permute([next(rest) if d is None else d for d in order])


@movedim.constraints
def _(require, input, source, destination):
    sources, destinations = as_tuple(source), as_tuple(destination)
    require(len(sources) == len(destinations), RuntimeError, "movedim: Invalid source or destination dims: source ({} dims) should contain the "
            "same number of dims as destination ({} dims)", list(sources), list(destinations))  # fmt: skip
    for d in (*sources, *destinations):
        require.dimension(d, input)
    for dims, which in ((sources, "source"), (destinations, "destination")):
        once = len({d % (input.dim() or 1) for d in dims}) == len(dims)
        require(once, RuntimeError, "movedim: repeated dim in `{}` ({})", which, list(dims))


@op("only property", name="T")
def _T(input):
    """The input with all dimensions reversed, as a view. It is meant for matrices: others give a warning.

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


def _warn_of_number(input, name, advice):
    if input.dim() == 0:
        warnings.warn(f"{name} is deprecated on 0-D tensors. {advice}", stacklevel=4)


def _transposed(input):
    """The transposes of a batch of matrices; a 0-d tensor itself."""
    return input.transpose(-2, -1) if input.dim() else input


def _conjugate(input):
    return input.conj() if input.is_complex() else input


_IDENTITY, _CONJ = "This function is the identity in these cases.", "Consider using x.conj()."
_MATRICES = "tensor.{} is only supported on matrices or batches of matrices. Got 1-D tensor."


@op("only property", name="mT")
def _mT(input):
    """The transposes of a batch of matrices: a view with the last two dimensions exchanged. A 0-d tensor is itself, with a warning.

    RuntimeError for a vector.

    >>> zeros(5, 2, 3).mT.shape
    torch.Size([5, 3, 2])
    """
    _warn_of_number(input, "Tensor.mT", _IDENTITY)
    return _transposed(input)


@_mT.constraints
def _(require, input):
    require(input.dim() != 1, RuntimeError, _MATRICES, "mT")


@op("only property", name="H")
def _H(input):
    """The conjugate transpose of a matrix. A 0-d tensor is conjugated, with a warning.

    RuntimeError for a tensor of another rank.

    >>> tensor([[1 + 2j, 0j]]).H
    tensor([[1.-2.j],
            [0.-0.j]])
    """
    _warn_of_number(input, "Tensor.H", _CONJ)
    return _conjugate(_transposed(input))


@_H.constraints
def _(require, input):
    require(input.dim() in (0, 2), RuntimeError, "tensor.H is only supported on matrices (2-D tensors). Got {}-D tensor.{}",
            input.dim(), " For batches of matrices, consider using tensor.mH" if input.dim() > 2 else "")  # fmt: skip


@op("only property", name="mH")
def _mH(input):
    """The conjugate transposes of a batch of matrices. A 0-d tensor is conjugated, with a warning.

    RuntimeError for a vector.

    >>> zeros(5, 2, 3).mH.shape
    torch.Size([5, 3, 2])
    """
    _warn_of_number(input, "Tensor.mH", _CONJ)
    return _conjugate(_transposed(input))


@_mH.constraints
def _(require, input):
    require(input.dim() != 1, RuntimeError, _MATRICES, "mH")


@op("method")
def adjoint(input):
    """The conjugate transposes of a batch of matrices, as ``mH``. A 0-d tensor is conjugated, with a warning.

    RuntimeError for a vector.

    >>> adjoint(zeros(2, 3)).shape
    torch.Size([3, 2])
    """
    _warn_of_number(input, "adjoint()", _CONJ)
    return _conjugate(_transposed(input))


@adjoint.constraints
def _(require, input):
    require(input.dim() != 1, RuntimeError, _MATRICES, "adjoint()")


# -- broadcasting ----------------------------------------------------------------------------------


@op("only method", view=True)
def expand(input, size, *, implicit=False):
    """The input broadcast to ``size``, as a view: repeated dimensions, of size 1 or new in front, have stride 0. -1 keeps a size.

    Elements that were repeated share memory, which in-place writes refuse. ``implicit`` says nothing to a user.
    RuntimeError for fewer sizes than dimensions, another size where the input's is not 1, or -1 for a new dimension.
    The gradient is summed over the repeated dimensions.

    >>> tensor([[1], [2]]).expand(2, 3).stride()
    (1, 0)
    """
    source = input._view
    target, lead = list(size), len(size) - len(source.shape)
    strides = [0] * len(target)
    if source.shape:
        for d in range(len(target) - 1, -1, -1):
            # A new dimension of size 1 continues the strides; a repeated one has stride 0.
            have, stride = (source.shape[d - lead], source.strides[d - lead]) if d >= lead else (1, target[d + 1] * strides[d + 1])
            if target[d] == -1:
                target[d] = have
            if target[d] == have:
                strides[d] = stride
    return alias(input, counted(target), strides)


@expand.constraints
def _(require, input, size, implicit):
    expandable(require, input, size)


def expandable(require, input, size):
    """The input can be broadcast to ``size``, in which -1 keeps a size."""
    shape, given = input.shape, list(size)
    lead = len(given) - len(shape)
    require(lead >= 0, RuntimeError, "expand({}{{{}}}, size={}): the number of sizes provided ({}) must be greater or equal to the number of "
            "dimensions in the tensor ({})", type_text(input), list(shape), given, len(given), len(shape))  # fmt: skip
    for d, wanted in enumerate(given):
        have = shape[d - lead] if d >= lead else 1
        require(wanted != -1 or d >= lead or not shape, RuntimeError,
                "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {}", d)  # fmt: skip
        require(wanted in (have, -1) or have == 1, RuntimeError, "The expanded size of the tensor ({}) must match the existing size ({}) at "
                "non-singleton dimension {}.  Target sizes: {}.  Tensor sizes: {}", wanted, have, d, given, list(shape))  # fmt: skip
        require(wanted >= 0 or 0 in given or wanted == -1 and (d >= lead or bool(shape)), RuntimeError, "numel: integer multiplication overflow")


expand.derivative(input=lambda grad: grad)


@op("only method", elsewhere="other")
def expand_as(input, other):
    """The input broadcast to the shape of another tensor, as a view: ``input.expand(other.shape)``, which see for its errors (RuntimeError).

    >>> tensor([1]).expand_as(zeros(3))
    tensor([1, 1, 1])
    """
    return input.expand(other.shape)


@op("method")
def broadcast_to(input, size):
    """The input broadcast to a shape, as a view: ``input.expand(size)``, which see for its errors (RuntimeError).

    >>> broadcast_to(tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return input.expand(size)


@op("function", elsewhere="tensors")
def broadcast_tensors(*tensors):
    """The tensors expanded to their common shape, as a tuple of views; one that has the shape already is itself.

    Shapes are aligned from the right; sizes are equal, or 1, which repeats. RuntimeError if they are not, TypeError for something
    else than tensors.

    >>> broadcast_tensors(tensor([1, 2]), tensor([[3]]))
    (tensor([[1, 2]]), tensor([[3, 3]]))
    """
    given = several(tensors)
    shape = broadcast_shapes(*(t._view.shape for t in given))
    return tuple(t if t._view.shape == shape else t.expand(shape) for t in given)


@broadcast_tensors.constraints
def _(require, tensors):
    require.tensors(several(tensors))
