"""Rearranging: the elements in another order along their dimensions."""

from __future__ import annotations

from ...foundation.layout import preserved_strides, wrap_dim, wrap_dims
from ...operations.registry import op
from ...tensor import allocate_like, contiguous_format, wrap
from ..shared.operands import as_tuple
from .joining import cat


@op("method", dtypes="every")
def flip(input, dims):
    """The order of the elements reversed along ``dims``, as a copy with the input's strides (dense ones): ``out[i] = input[size - 1 - i]``.

    IndexError for a dimension out of range, RuntimeError for one that is named twice. The gradient is flipped, too.

    >>> flip(tensor([[1, 2], [3, 4]]), (1,))
    tensor([[2, 1],
            [4, 3]])
    """
    from ..creation.ranges import arange

    view = input._view
    out = allocate_like(input, strides=preserved_strides(view.shape, view.strides))
    kernels = view.storage.kernels
    if not view.shape or not dims or not view.numel:
        kernels.copy(out._view, view)
        return out
    source = input.detach()
    for n, d in enumerate(wrap_dims(dims, len(view.shape)), 1):
        places = arange(view.shape[d] - 1, -1, -1, device=input.device)._view
        target = out if n == len(dims) else allocate_like(input)
        kernels.index(target._view, source._view, [places if k == d else None for k in range(len(view.shape))])
        source = target
    return out


@flip.constraints
def _(require, input, dims):
    require.dimensions(dims, input)


flip.derivative(input=lambda grad, dims: grad.flip(dims))


@op("method")
def fliplr(input):
    """The order of the columns reversed, as a copy: :func:`flip` along dimension 1. RuntimeError for a tensor of less than two dimensions.

    >>> fliplr(tensor([[1, 2]]))
    tensor([[2, 1]])
    """
    return input.flip(1)


@fliplr.constraints
def _(require, input):
    require(input.dim() >= 2, RuntimeError, "Input must be >= 2-d.")


@op("method")
def flipud(input):
    """The order of the rows reversed, as a copy: :func:`flip` along dimension 0. RuntimeError for a 0-d tensor.

    >>> flipud(tensor([1, 2]))
    tensor([2, 1])
    """
    return input.flip(0)


@flipud.constraints
def _(require, input):
    require(input.dim() >= 1, RuntimeError, "Input must be >= 1-d.")


@op("method", dtypes="every")
def roll(input, shifts, dims=()):
    """The elements moved by ``shifts`` places along ``dims``, those that fall off entering at the other end; a copy.

    Several dimensions are rolled one after the other, each by its shift; without ``dims`` the tensor is flattened, rolled, and gets its shape
    again. Of a tensor without elements the dimensions are not looked at.
    RuntimeError without shifts, or if there are more or fewer than dimensions; IndexError for a dimension out of range.
    The gradient is rolled back.

    >>> roll(tensor([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    shifts, dims = as_tuple(shifts), as_tuple(() if dims is None else dims)
    if not dims:
        flat = input.detach().contiguous().view(-1)
        return wrap(roll(flat, shifts, (0,)).view(input.shape)._view)
    result = input.detach()
    if not input.numel():
        return wrap(result.clone()._view)
    for shift, dim in zip(shifts, dims):
        d = wrap_dim(dim, input.dim())
        start = -shift % input.shape[d]
        result = cat([result.narrow(d, start, input.shape[d] - start), result.narrow(d, 0, start)], d)
    return wrap(result._view)


@roll.constraints
def _(require, input, shifts, dims):
    shifts, dims = as_tuple(shifts), as_tuple(() if dims is None else dims)
    require(shifts, RuntimeError, "`shifts` required")
    require(len(shifts) == len(dims) or len(shifts) == 1 and not dims, RuntimeError, "shifts and dimensions must align. shifts: {}, dims:{}",
            len(shifts), len(dims))  # fmt: skip
    for dim in dims if input.numel() else ():
        require.dimension(dim, input, zero_dim=False)


roll.derivative(input=lambda grad, shifts, dims: grad.roll([-s for s in as_tuple(shifts)], () if dims is None else dims))


@op("method", dtypes="every")
def rot90(input, k=1, dims=(0, 1)):
    """The input turned ``k`` times by 90 degrees in the plane of two dimensions, from the first towards the second; a copy.

    RuntimeError for a tensor of less than two dimensions, or dims that are not two different ones; IndexError for a dimension out of range.
    The gradient is turned back.

    >>> rot90(tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    a, b = (wrap_dim(d, input.dim()) for d in dims)
    source = input.detach()
    if k % 4 == 0:
        return source.clone(memory_format=contiguous_format)
    if k % 4 == 2:
        return source.flip(a, b)
    return wrap(source.flip(b if k % 4 == 1 else a).transpose(a, b)._view)


@rot90.constraints
def _(require, input, dims):
    ndim = input.dim()
    require(len(dims) == 2, RuntimeError, "expected total rotation dims == 2, but got dims = {}", len(dims))
    require(ndim >= 2, RuntimeError, "expected total dims >= 2, but got total dims = {}", ndim)
    a, b = dims
    require(a != b and abs(a - b) != ndim or ndim < 2, RuntimeError, "expected rotation dims to be different, but got dim0 = {} and dim1 = {}", a, b)
    require.dimension(a, input)
    require.dimension(b, input)


rot90.derivative(input=lambda grad, k, dims: grad.rot90(-k, dims))
