"""Padding: more elements before and behind a tensor's own, along its last dimensions."""

from __future__ import annotations

from typing import Any, Callable, Iterator, Sequence

from ...foundation.dtypes import bool_
from ...operations.registry import op
from ...operations.sharing import SHARED_INPUT
from ...tensor import allocate_like, contiguous_format, preserve_format, suggested_format
from ..creation.fresh import NEGATIVE
from ..creation.ranges import arange
from ..shared.elementwise import number_as
from ..shared.windows import image_strides, strided


def _pairs(pad: Sequence[int], ndim: int) -> list[tuple[int, int]]:
    """For each dimension what is added before and behind it; ``pad`` begins with the last one."""
    given = list(zip(pad[::2], pad[1::2]))[::-1]
    return [(0, 0)] * (ndim - len(given)) + given


@op("function", dtypes="every")
def constant_pad_nd(input, pad, value=0):
    """``input`` with further elements ``value`` around it; negative numbers in ``pad`` take elements away.

    ``pad`` is (before, behind) of the last dimension, then of the last but one, and so on. Shapes: each such dimension grows by its two numbers.
    Dtypes: all. The result is channels last if the input is, else contiguous; if nothing is added it is laid out as the input. Special
    cases: for integers a fraction of ``value`` is cut off. Errors: RuntimeError for an odd number of numbers, for more than two for each dimension,
    for a dimension that would be of negative size, and for a ``value`` that the dtype cannot hold. Gradient: of the elements that stay that of the
    result; 0 for those that were taken away.

    >>> constant_pad_nd(tensor([1, 2, 3]), (-1, 2), 7)
    tensor([2, 3, 7, 7])
    """
    view = input._view
    pairs = _pairs(pad, input.dim())
    kept = strided(view, [size + min(b, 0) + min(a, 0) for size, (b, a) in zip(view.shape, pairs)], view.strides,
                   sum(max(-b, 0) * step for step, (b, _) in zip(view.strides, pairs)))  # fmt: skip
    shape = tuple([size + b + a for size, (b, a) in zip(view.shape, pairs)])
    if not _grows(pad):
        result = input.detach().as_strided(kept.shape, kept.strides, kept.offset).clone(memory_format=preserve_format)
        return result
    result = allocate_like(input, shape, strides=image_strides(shape, input) if len(shape) > 3 else None)
    out, kernels = result._view, view.storage.kernels
    kernels.fill(out, number_as(value, input.dtype))
    inside = strided(out, kept.shape, out.strides, sum(max(b, 0) * step for step, (b, _) in zip(out.strides, pairs)))
    kernels.copy(inside, kept)
    return result


def _grows(pad: Sequence[int]) -> bool:
    return any(count > 0 for count in pad)


@constant_pad_nd.constraints
def _(require, input, pad, value):
    require(len(pad) % 2 == 0, RuntimeError, "Length of pad must be even but instead it equals {}", len(pad))
    require(len(pad) <= 2 * input.dim(), RuntimeError, "Length of pad should be no more than twice the number of dimensions of the input. Pad length "
            "is {}while the input has {}dimensions.", len(pad), input.dim())  # fmt: skip
    require(all(size + min(b, 0) + min(a, 0) >= 0 for size, (b, a) in zip(input.shape, _pairs(pad, input.dim()))), RuntimeError,
            "narrow(): length must be non-negative.")  # fmt: skip
    if _grows(pad):
        require.fits(value, input.dtype)


constant_pad_nd.derivative(input=lambda grad, pad: constant_pad_nd(grad, [-count for count in pad], 0))


def at_ends(pads: Sequence[tuple[int, int]]) -> list[int]:
    """Pairs of numbers, the first of the first dimension, in the order of :func:`constant_pad_nd`."""
    return [count for pair in reversed(pads) for count in pair]




# -- in other modes ------------------------------------------------------------------------------------


# Which element stands at a place, that may lie before the first or behind the last one; of a circle of so many elements from the given one on.
_PLACES: dict[str, Callable[[Any, int, int, int], Any]] = {
    "reflect": lambda place, size, first, count: size - 1 - (size - 1 - place.abs()).abs(),
    "replicate": lambda place, size, first, count: place.clamp(0, size - 1),
    "circular": lambda place, size, first, count: (place - first).remainder(max(count, 1)) + first,
}


def _places(input: Any, pad: Sequence[int], mode: str) -> Iterator[tuple[int, Any]]:
    """Each dimension that changes, with the places in it from which the elements of the result come."""
    for d, (before, behind) in enumerate(_pairs(pad, input.dim())):
        if before or behind:
            size, first = input.shape[d], max(-before, 0)
            places = arange(-before, size + behind, device=input.device)
            yield d, _PLACES[mode](places, size, first, size - first + min(behind, 0))


def _node(bound: dict[str, Any]) -> str:
    """torch has three operations of each kind, and puts a circle together of slices."""
    kind = {"reflect": "Reflection", "replicate": "Replication"}.get(bound["mode"])
    return f"{kind}Pad{len(bound['pad']) // 2}DBackward0" if kind else "CopySlices"


@op("only", name="_pad_with_own", node=_node)
def _pad_with_own(input, pad, mode):
    """:func:`nn.functional.pad` with elements of the input itself.

    >>> nn.functional.pad(tensor([[1, 2]]), (1, 2), "circular")
    tensor([[2, 1, 2, 1, 2]])
    """
    result = input.detach()
    for d, places in _places(input, pad, mode):
        result = result.index_select(d, places)
    layout = contiguous_format if mode == "circular" else suggested_format(input._view)
    return result.contiguous(memory_format=layout) if any(pad) else result.clone(memory_format=layout)


def _from_own(grad: Any, input: Any, pad: Sequence[int], mode: str) -> Any:
    """The gradient: each element gets those of all its copies."""
    for d, places in reversed(list(_places(input, pad, mode))):
        shape = [*grad.shape[:d], input.shape[d], *grad.shape[d + 1 :]]
        grad = grad.new_zeros(shape).index_add(d, places, grad)
    return grad


_pad_with_own.derivative(input=lambda grad, input, pad, mode: _from_own(grad, input, pad, mode))


@op("handed_on", namespace="nn.functional")
def pad(input, pad, mode="constant", value=None):
    """``input`` with further elements around it: a constant, or its own ones, reflected, replicated or taken from the other end.

    ``pad`` is (before, behind) of the last dimension, then of the last but one, and so on; negative numbers take elements away. ``mode`` is
    "constant" (:func:`constant_pad_nd` with ``value``, 0 unless it is given), "reflect" (at the first and the last element, which are not repeated),
    "replicate" (the first and the last element again and again) or "circular" (as if what is left of the
    tensor went on from its start).
    Shapes: each dimension grows by its two numbers. But for constants one to three dimensions are padded, of a tensor that has one or two more.
    Dtypes: all; bool is not reflected nor replicated. Results are channels last if the input is, circular ones contiguous.
    Errors: RuntimeError for an odd number of numbers, for a ``value`` in another mode, for more than a dimension has elements for, and for a result
    or (but for constants) an input without elements; NotImplementedError for another mode, for a rank that does not fit, and for bool. Gradient: each
    element of the input gets those of all its copies. Source: torch.nn.functional.pad.

    >>> nn.functional.pad(tensor([[1, 2, 3]]), (2, 1), "reflect")
    tensor([[3, 2, 1, 2, 3, 2]])
    """
    if mode == "constant":
        return constant_pad_nd(input, pad, 0 if value is None else value)
    return _pad_with_own(input, tuple(pad), mode)


@pad.constraints
def _(require, input, pad, mode, value):
    require(len(pad) % 2 == 0, RuntimeError, "Padding length must be divisible by 2")
    require(len(pad) <= 2 * input.dim(), RuntimeError, "Padding length should be less than or equal to two times the input dimension but got padding "
            "length {} and input of dimension {}", len(pad), input.dim())  # fmt: skip
    if mode == "constant":
        return
    require(value is None or value == 0, RuntimeError, "Padding mode \"{}\" doesn't take in value argument", mode)
    ndim, count = input.dim(), len(pad) // 2
    require(0 < count < 4 and ndim in (count + 1, count + 2), NotImplementedError, "Padding size {} is not supported for {}D input tensor.\n"
            "Supported combinations for non-constant padding:\n  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
            "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)",
            len(pad), ndim)  # fmt: skip
    require(mode in _PLACES, NotImplementedError, "Unrecognised padding mode {}", mode)
    pairs, sizes = _pairs(pad, ndim)[-count:], list(input.shape[-count:])
    if mode == "circular":
        kept = [size + min(before, 0) + min(behind, 0) for size, (before, behind) in zip(sizes, pairs)]
        require(all(max(pair) <= size for pair, size in zip(pairs, kept)), RuntimeError, "Padding value causes wrapping around more than once.",
                also=((RuntimeError, SHARED_INPUT),))  # fmt: skip
        require(all(size + sum(pair) >= 0 for pair, size in zip(pairs, sizes)), RuntimeError, "Negative padding value is resulting in an empty "
                "dimension")  # fmt: skip
        return
    require(input.dtype is not bool_, NotImplementedError, "\"reflection_pad1d\" not implemented for 'Bool'")
    inner = input.shape[ndim == count + 2 :]
    require(0 not in inner, RuntimeError, "Expected {}D or {}D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for "
            "input, but got: {}", count + 1, count + 2, list(input.shape))  # fmt: skip
    if mode == "reflect":
        for number, (d, (before, behind)) in enumerate(reversed(list(enumerate(pairs, ndim - count)))):
            require(max(before, behind) < input.shape[d], RuntimeError, "Argument #{}: Padding size should be less than the corresponding input "
                    "dimension, but got: padding ({}, {}) at dimension {} of input {}", 2 * number + 4, before, behind, d,
                    list(input.shape))  # fmt: skip
    names = ("D", "H", "W")[-count:]
    results = [size + sum(pair) for size, pair in zip(sizes, pairs)]
    require(min(results) >= 0 < max(results), RuntimeError, "input ({}) is too small. Calculated output {}", _named(names, sizes),
            _named(names, results), min(results), [*input.shape[:-count], *results],
            also=((RuntimeError, "Trying to create tensor with negative dimension {2}: {3}"), *NEGATIVE))  # fmt: skip


def _named(names: Sequence[str], sizes: Sequence[int]) -> str:
    return " ".join(f"{name}: {size}" for name, size in zip(names, sizes))
