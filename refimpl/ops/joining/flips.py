"""Rearranging: the elements in another order along their dimensions."""

from __future__ import annotations

from ...foundation.layout import preserved_strides, wrap_dim, wrap_dims
from ...operations.registry import op
from ...tensor import allocate_like, contiguous_format, wrap
from ..shared.operands import as_tuple
from .joining import cat


@op("method")
def flip(input, dims):
    """The order of the elements reversed along ``dims``; a copy with the input's (dense) strides.

    >>> flip(tensor([[1, 2], [3, 4]]), (1,))
    tensor([[2, 1],
            [4, 3]])
    """
    from ..creation.ranges import arange

    wanted = dims
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


flip.derivative(input=lambda grad, dims: grad.flip(dims))


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


@op("method")
def roll(input, shifts, dims=()):
    """The elements moved by ``shifts`` places along ``dims``, those that fall off entering at the other end; flattened first without ``dims``.

    Several dimensions are rolled one after the other.

    >>> roll(tensor([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    shifts, dims = as_tuple(shifts), (as_tuple(() if dims is None else dims))
    if not shifts:
        raise RuntimeError("`shifts` required")
    if not dims and len(shifts) == 1:
        flat = input.detach().contiguous().view(-1)
        return wrap(roll(flat, shifts, (0,)).view(input.shape)._view)
    if len(shifts) != len(dims):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    result = input.detach()
    for shift, dim in zip(shifts, dims):
        if not input.numel():
            result = result.clone()
            continue
        d = wrap_dim(dim, input.dim(), zero_dim=False)
        start = -shift % input.shape[d]
        result = cat([result.narrow(d, start, input.shape[d] - start), result.narrow(d, 0, start)], d)
    return wrap(result._view)


roll.derivative(input=lambda grad, shifts, dims: grad.roll([-s for s in as_tuple(shifts)], () if dims is None else dims))


@op("method")
def rot90(input, k=1, dims=(0, 1)):
    """The input turned ``k`` times by 90 degrees in the plane of two dimensions, from the first towards the second.

    >>> rot90(tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    k, plane = k, dims
    ndim = input.dim()
    if len(plane) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(plane)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    if plane[0] == plane[1] or abs(plane[0] - plane[1]) == ndim:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {plane[0]} and dim1 = {plane[1]}")
    a, b = (wrap_dim(d, ndim) for d in plane)
    source = input.detach()
    if k % 4 == 0:
        return source.clone(memory_format=contiguous_format)
    if k % 4 == 2:
        return source.flip(a, b)
    return wrap(source.flip(b if k % 4 == 1 else a).transpose(a, b)._view)


rot90.derivative(input=lambda grad, k, dims: grad.rot90(-k, dims))
