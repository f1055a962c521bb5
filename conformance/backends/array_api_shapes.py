"""torch's operations on shapes, and its joins, indices and products, in the words of the array API standard.

The second half of :mod:`.array_api_calls`, which says how a translation is written; importing it enters its translations.
"""

from __future__ import annotations

from typing import Any

from .array_api_calls import call, refuse, unpacked

# -- shapes --------------------------------------------------------------------------------------


@call("reshape")
def _reshape(xp: Any, input: Any, *shape: Any) -> Any:
    return xp.reshape(input, unpacked(shape))


@call("view")
def _view(xp: Any, input: Any, *shape: Any) -> Any:
    refuse(bool(shape) and not isinstance(shape[0], (int, tuple, list)), "view as another dtype")
    return xp.reshape(input, unpacked(shape), copy=False)


@call("view_as")
def _view_as(xp: Any, input: Any, other: Any) -> Any:
    return xp.reshape(input, other.shape, copy=False)


@call("reshape_as")
def _reshape_as(xp: Any, input: Any, other: Any) -> Any:
    return xp.reshape(input, other.shape)


@call("flatten")
def _flatten(xp: Any, input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    refuse((start_dim, end_dim) != (0, -1), "flatten of some dimensions")
    return xp.reshape(input, (-1,))


@call("ravel")
def _ravel(xp: Any, input: Any) -> Any:
    flat = xp.reshape(input, (-1,))
    # torch's is contiguous, for which the standard has no word; only libraries with strides can tell.
    refuse(not getattr(getattr(flat, "flags", None), "c_contiguous", True), "a contiguous copy")
    return flat


@call("permute")
def _permute(xp: Any, input: Any, *dims: Any) -> Any:
    # The standard's permute_dims takes 0 ... n-1; torch counts from the end as well.
    ndim = input.ndim
    return xp.permute_dims(input, tuple([d + ndim if isinstance(d, int) and -ndim <= d < 0 else d for d in unpacked(dims)]))


@call("transpose swapdims")
def _transpose(xp: Any, input: Any, dim0: int, dim1: int) -> Any:
    axes = list(range(input.ndim))
    if not axes and {dim0, dim1} <= {0, -1}:  # torch lets a 0-d tensor have dimension 0
        return xp.permute_dims(input, ())
    axes[dim0], axes[dim1] = axes[dim1], axes[dim0]
    return xp.permute_dims(input, tuple(axes))


@call("swapaxes")
def _swapaxes(xp: Any, input: Any, axis0: int, axis1: int) -> Any:
    return _transpose(xp, input, axis0, axis1)


@call("movedim moveaxis")
def _movedim(xp: Any, input: Any, source: Any, destination: Any) -> Any:
    return xp.moveaxis(input, source, destination)


@call("squeeze")
def _squeeze(xp: Any, input: Any, dim: Any = None) -> Any:
    # Without dim torch drops every dimension of size 1; the standard wants them named.
    return xp.squeeze(input, axis=tuple([i for i, size in enumerate(input.shape) if size == 1]) if dim is None else dim)


@call("unsqueeze")
def _unsqueeze(xp: Any, input: Any, dim: int) -> Any:
    return xp.expand_dims(input, axis=dim)


@call("broadcast_to")
def _broadcast_to(xp: Any, input: Any, size: Any) -> Any:
    refuse(-1 in size, "broadcast_to with -1")
    return xp.broadcast_to(input, tuple(size))


@call("expand")
def _expand(xp: Any, input: Any, *size: Any) -> Any:
    sizes = unpacked(size)
    refuse(-1 in sizes, "expand with -1")
    return xp.broadcast_to(input, sizes)


@call("expand_as")
def _expand_as(xp: Any, input: Any, other: Any) -> Any:
    return xp.broadcast_to(input, other.shape)


@call("broadcast_tensors")
def _broadcast_tensors(xp: Any, *tensors: Any) -> Any:
    return tuple(xp.broadcast_arrays(*tensors))


@call("unbind")
def _unbind(xp: Any, input: Any, dim: int = 0) -> Any:
    return tuple(xp.unstack(input, axis=dim))


@call("tril")
def _tril(xp: Any, input: Any, diagonal: int = 0) -> Any:
    return xp.tril(input, k=diagonal)


@call("triu")
def _triu(xp: Any, input: Any, diagonal: int = 0) -> Any:
    return xp.triu(input, k=diagonal)


@call("diagonal")
def _diagonal(xp: Any, input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    refuse(input.ndim != 2 or (dim1, dim2) != (0, 1), "diagonal of other than the last two dimensions")
    return xp.linalg.diagonal(input, offset=offset)


# -- joining, repeating --------------------------------------------------------------------------


@call("cat concat concatenate")
def _cat(xp: Any, tensors: Any, dim: int = 0) -> Any:
    return xp.concat(tensors, axis=dim)


@call("stack")
def _stack(xp: Any, tensors: Any, dim: int = 0) -> Any:
    return xp.stack(tensors, axis=dim)


@call("flip")
def _flip(xp: Any, input: Any, *dims: Any) -> Any:
    return xp.flip(input, axis=unpacked(dims))


@call("roll")
def _roll(xp: Any, input: Any, shifts: Any, dims: Any = None) -> Any:
    return xp.roll(input, shifts, axis=dims)


@call("repeat")
def _repeat(xp: Any, input: Any, *repeats: Any) -> Any:
    sizes = unpacked(repeats)
    refuse(len(sizes) < input.ndim, "repeat with too few sizes")  # the standard's tile fills up, as torch's tile does
    return xp.tile(input, sizes)


@call("tile")
def _tile(xp: Any, input: Any, *dims: Any) -> Any:
    return xp.tile(input, unpacked(dims))


@call("repeat_interleave")
def _repeat_interleave(xp: Any, input: Any, repeats: Any, dim: Any = None, *, output_size: Any = None) -> Any:
    refuse(output_size is not None, "the argument output_size")
    return xp.repeat(input, repeats, axis=dim)


@call("meshgrid")
def _meshgrid(xp: Any, *tensors: Any, indexing: str = "ij") -> Any:
    return tuple(xp.meshgrid(*unpacked(tensors), indexing=indexing))


# -- indexing ------------------------------------------------------------------------------------


@call("index_select")
def _index_select(xp: Any, input: Any, dim: int, index: Any) -> Any:
    return xp.take(input, index, axis=dim)


@call("take_along_dim")
def _take_along_dim(xp: Any, input: Any, indices: Any, dim: Any = None) -> Any:
    refuse(dim is None, "take_along_dim of the flattened tensor")
    return xp.take_along_axis(input, indices, axis=dim)


# -- products ------------------------------------------------------------------------------------


@call("outer ger")
def _outer(xp: Any, input: Any, vec2: Any) -> Any:
    return xp.linalg.outer(input, vec2)


@call("dot")
def _dot(xp: Any, input: Any, tensor: Any) -> Any:
    refuse(input.ndim != 1 or tensor.ndim != 1, "dot of other than vectors")
    return xp.tensordot(input, tensor, axes=1)


@call("vdot")
def _vdot(xp: Any, input: Any, other: Any) -> Any:
    refuse(input.ndim != 1 or other.ndim != 1, "vdot of other than vectors")
    return xp.vecdot(input, other)
