"""Sampling an image at any places, which a grid holds: between its elements, and beyond its borders."""

from __future__ import annotations

import math
from itertools import product
from math import prod
from typing import Any, Iterator, NamedTuple, Sequence

from ...foundation.contracts import accumulated
from ...foundation.dtypes import float64, int64
from ...operations.registry import op
from ...tensor import Tensor
from ..joining.joining import cat, stack
from ..pooling.means import _wide
from .affine import corners_aligned
from .interpolation_weights import cubic_weights

_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")
_FAR = 2.0**53  # places beyond are whole numbers, and no neighbours of any element


# -- along one dimension -----------------------------------------------------------------------------


class Corner(NamedTuple):
    """One of the elements beside each place of a grid, along one dimension: which, whether there is one (None: everywhere), its weight, and the
    derivative of that by the coordinate. Without weights there is one element, which is taken as it is."""

    number: Tensor
    inside: Tensor | None
    weight: Any = None
    slope: Any = None


def _mirrored(place: Any, size: int, align_corners: bool) -> tuple[Any, Any]:
    """A place thrown back at the borders (the outer elements' middles if corners are aligned, else their edges) as often as it needs, and the sign
    that its derivative gets."""
    low, span = (0.0, size - 1) if align_corners else (-0.5, size)
    if not span:
        return place.new_zeros(place.shape), 0.0
    rest = (place - low).abs().fmod(2 * span)
    return rest.minimum(2 * span - rest) + low, ((rest < span) == (place >= low)).to(float64) * 2 - 1


def _clipped(place: Any, size: int) -> tuple[Any, Any]:
    """A place brought to the nearest one between the outer elements, and the factor that its derivative gets; 0 for what is no number."""
    found = place.masked_fill(place.isnan(), 0).clamp(0, size - 1)
    return found, ((place > 0) & (place < size - 1)).to(float64)


def _padded(place: Any, size: int, padding: str, align_corners: bool) -> tuple[Any, Any]:
    sign: Any = 1.0
    if padding == "zeros":
        return place, sign
    if padding == "reflection":
        place, sign = _mirrored(place, size, align_corners)
    found, factor = _clipped(place, size)
    return found, factor * sign


def _number(place: Any) -> Tensor:
    """A whole place as an index; far before the first element what is no number."""
    return place.masked_fill(place.isnan(), -math.inf).clamp(-_FAR, _FAR).to(int64)  # type: ignore[no-any-return]


def _padded_number(number: Any, size: int, padding: str, align_corners: bool) -> Any:
    """Like :func:`_padded`, of indices."""
    if padding == "reflection":
        twice = 2 * (size - align_corners)
        rest = number % twice if twice else number.new_zeros(number.shape)
        number = rest.minimum(twice - (not align_corners) - rest)
    return number if padding == "zeros" else number.clamp(0, size - 1)


def _corner(number: Any, size: int, padding: str, weight: Any = None, slope: Any = None) -> Corner:
    return Corner(number, (number >= 0) & (number < size) if padding == "zeros" else None, weight, slope)


def _corners(coordinate: Any, size: int, mode: str, padding: str, align_corners: bool) -> list[Corner]:
    """The elements beside each place along one dimension. Places are evaluated in float64; weights stay linked to the coordinates."""
    known = coordinate.detach().to(float64)
    scale = (size - 1) / 2 if align_corners else size / 2
    place = (known + 1) * scale if align_corners else (known + 1) * scale - 0.5
    factor: Any = scale
    if mode != "bicubic":
        place, multiplier = _padded(place, size, padding, align_corners)
        factor = multiplier * scale
    if mode == "nearest":
        return [_corner(_number(place.round()), size, padding)]
    first = place.floor()
    number, share = _number(first), place - first
    if coordinate.requires_grad:
        share = share + (coordinate.to(float64) - known) * factor
    if mode == "bilinear":
        behind = number + 1
        last = Corner(behind, (behind >= 0) & (behind < size), share, factor)  # at the last element there is none behind, whatever the padding
        return [_corner(number, size, padding, 1 - share, -1 * factor), last]
    found = []
    for step, (weight, slope) in enumerate(cubic_weights(share)):
        padded = _padded_number(number + (step - 1), size, padding, align_corners)
        if padding == "reflection":  # what is not finite cannot be thrown back
            padded = padded.masked_fill(~place.isfinite(), 0)
        found.append(_corner(padded, size, padding, weight, slope * factor))
    return found


# -- in all dimensions -------------------------------------------------------------------------------


Beside = tuple[Tensor, tuple[Corner, ...]]


def _combinations(grid: Tensor, sizes: Sequence[int], mode: str, padding: str, align_corners: bool) -> Iterator[Beside]:
    """Each of the elements beside the places: its number in row-major order, (N, 1, places), and its corners. Behind the last number comes that of
    the zero outside."""
    rank = len(sizes)
    n, count = grid.shape[0], prod(grid.shape[1:-1])
    lines = [_corners(grid[..., rank - 1 - d].reshape(n, 1, count), size, mode, padding, align_corners) for d, size in enumerate(sizes)]
    for corners in product(*lines):
        number, inside = corners[0].number, corners[0].inside
        for size, corner in zip(sizes[1:], corners[1:]):
            number, inside = number * size + corner.number, _both(inside, corner.inside)
        yield number if inside is None else number.masked_fill(~inside, prod(sizes)), corners


def _both(inside: Tensor | None, other: Tensor | None) -> Tensor | None:
    return other if inside is None else inside if other is None else inside & other  # type: ignore[no-any-return]


def _with_zero(input: Tensor) -> Tensor:
    """The elements of each channel, (N, C, places), and behind them the zero outside."""
    flat = input.flatten(2)
    return cat([flat, flat.new_zeros((*flat.shape[:2], 1))], 2)  # type: ignore[no-any-return]


def _product(factors: Sequence[Any]) -> Any:
    found = factors[0]
    for factor in factors[1:]:
        found = found * factor
    return found


def _node(bound: dict[str, Any]) -> str:
    return f"GridSampler{bound['input'].dim() - 2}DBackward0"


_RANKS = "grid_sampler(): expected {}D input and grid with same number of dimensions, but got input with sizes {} and grid with sizes {}"


@op("only", name="_grid_sampler", node=_node, contract=accumulated(2))
def _grid_sampler(input, grid, mode, padding, align_corners):
    """:func:`nn.functional.grid_sample` of images and volumes.

    >>> nn.functional.grid_sample(tensor([[[[1., 2.]]]]), tensor([[[[0., 0.]]]]), align_corners=False)
    tensor([[[[1.5000]]]])
    """
    data, wide = _with_zero(input.detach()), _wide(input)
    total: Any = None
    for number, corners in _combinations(grid.detach(), input.shape[2:], mode, padding, align_corners):
        part = data.gather(2, number.expand(-1, data.shape[1], -1))
        if corners[0].weight is not None:
            part = part * _product([corner.weight for corner in corners]).to(wide)
        total = part if total is None else total + part
    return total.to(input.dtype).view(*input.shape[:2], *grid.shape[1:-1])


@_grid_sampler.constraints
def _(require, input, grid, mode):
    ungraded = (RuntimeError, f"grid_sampler_{input.dim() - 2}d does not support automatic differentiation for outputs with complex dtype.")
    require(input.dtype.category == 2, NotImplementedError, "\"grid_sampler_cpu\" not implemented for '{}'", input.dtype.type_name,
            also=(ungraded,) if input.is_complex() else ())  # fmt: skip
    require(input.dtype is grid.dtype, RuntimeError, "expected scalar type {} but found {}", input.dtype.type_name, grid.dtype.type_name)
    ndim, shapes = input.dim(), (list(input.shape), list(grid.shape))
    without = (IndexError, "Dimension specified as 0 but tensor has no dimensions")
    require(ndim in (4, 5) and ndim == grid.dim(), RuntimeError, _RANKS, 4 if ndim == 4 else 5, *shapes, also=(without,))
    require(input.shape[0] == grid.shape[0], RuntimeError, "grid_sampler(): expected grid and input to have same batch size, but got input with "
            "sizes {} and grid with sizes {}", *shapes)  # fmt: skip
    require(grid.shape[-1] == ndim - 2, RuntimeError, "grid_sampler(): expected grid to have size {} in last dimension, but got grid with sizes {}",
            ndim - 2, shapes[1])  # fmt: skip
    empty = next((d for d in range(2, ndim) if not input.shape[d]), None)
    require(empty is None, RuntimeError, "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes {} with dimension "
            "{} being empty", shapes[0], empty)  # fmt: skip
    require(mode != "bicubic" or ndim == 4, RuntimeError, "grid_sampler(): bicubic interpolation only supports 4D input")


def _to_input(grad: Tensor, input_shape: Sequence[int], grid: Tensor, mode: str, padding: str, align_corners: bool) -> Tensor:
    """What arrives at a place, with the same weights, for the elements beside it."""
    wide = _wide(grad)
    arriving, count = grad.to(wide).flatten(2), prod(input_shape[2:])
    total = arriving.new_zeros((*input_shape[:2], count + 1))
    for number, corners in _combinations(grid, input_shape[2:], mode, padding, align_corners):
        part = arriving
        if corners[0].weight is not None:
            part = part * _product([corner.weight for corner in corners]).to(wide)
        total = total.scatter_add(2, number.expand(-1, total.shape[1], -1), part)
    return total.narrow(2, 0, count).to(grad.dtype).reshape(input_shape)  # type: ignore[no-any-return]


def _to_grid(grad: Tensor, input: Tensor, grid: Tensor, mode: str, padding: str, align_corners: bool) -> Tensor:
    """How the results move with the coordinates; not at all if they are nearest elements."""
    if mode == "nearest":
        return grid.masked_fill(grid.new_ones(()).bool(), 0)  # type: ignore[no-any-return]
    wide, rank = _wide(grad), input.dim() - 2
    arriving, data = grad.to(wide).flatten(2), _with_zero(input)
    found: list[Any] = [0.0] * rank
    for number, corners in _combinations(grid, input.shape[2:], mode, padding, align_corners):
        moved = (arriving * data.gather(2, number.expand(-1, data.shape[1], -1))).sum(1, keepdim=True)
        for d in range(rank):
            by = _product([corner.slope if d == other else corner.weight for other, corner in enumerate(corners)])
            found[rank - 1 - d] = found[rank - 1 - d] + moved * by.to(wide)
    return stack(found, -1).to(grad.dtype).view(grid.shape)  # type: ignore[no-any-return]


_grid_sampler.derivative(
    input=lambda grad, input_shape, grid, mode, padding, align_corners: _to_input(grad, input_shape, grid, mode, padding, align_corners),
    grid=lambda grad, input, grid, mode, padding, align_corners: _to_grid(grad, input, grid, mode, padding, align_corners),
)


def _chosen(require: Any, interpolation_mode: int, padding_mode: int) -> None:
    """The constraints of modes that are numbers."""
    require(0 <= interpolation_mode < 3, RuntimeError, "grid_sampler(): expected interpolation_mode to be 0, 1 or 2, but got {}", interpolation_mode)
    require(0 <= padding_mode < 3, RuntimeError, "grid_sampler(): expected padding_mode to be 0, 1 or 2, but got {}", padding_mode)


@op("function", contract=accumulated(2))
def grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners):
    """:func:`nn.functional.grid_sample` with numbers for the modes: "bilinear", "nearest", "bicubic", and "zeros", "border", "reflection".

    >>> grid_sampler(tensor([[[[1., 2.]]]]), tensor([[[[0.75, 0.]]]]), 0, 1, False)
    tensor([[[[2.]]]])
    """
    return _grid_sampler(input, grid, _MODES[interpolation_mode], _PADDINGS[padding_mode], align_corners)


@grid_sampler.constraints
def _(require, interpolation_mode, padding_mode):
    _chosen(require, interpolation_mode, padding_mode)


@op("function", contract=accumulated(2))
def grid_sampler_2d(input, grid, interpolation_mode, padding_mode, align_corners):
    """:func:`grid_sampler` of images.

    >>> grid_sampler_2d(tensor([[[[1., 2.]]]]), tensor([[[[0.75, 0.]]]]), 1, 0, False)
    tensor([[[[2.]]]])
    """
    return _grid_sampler(input, grid, _MODES[interpolation_mode], _PADDINGS[padding_mode], align_corners)


@grid_sampler_2d.constraints
def _(require, input, grid, interpolation_mode, padding_mode):
    _of_rank(require, input, grid, 4)
    _chosen(require, interpolation_mode, padding_mode)


def _of_rank(require: Any, input: Any, grid: Any, ndim: int) -> None:
    """The constraint of the function for images, or of that for volumes: that it is given such."""
    require(input.dim() == ndim == grid.dim(), RuntimeError, _RANKS, ndim, list(input.shape), list(grid.shape))


@op("function", contract=accumulated(2))
def grid_sampler_3d(input, grid, interpolation_mode, padding_mode, align_corners):
    """:func:`grid_sampler` of volumes.

    >>> grid_sampler_3d(tensor([[[[[1., 2.]]]]]), tensor([[[[[0.5, 0., 0.]]]]]), 0, 0, True)
    tensor([[[[[1.7500]]]]])
    """
    return _grid_sampler(input, grid, _MODES[interpolation_mode], _PADDINGS[padding_mode], align_corners)


@grid_sampler_3d.constraints
def _(require, input, grid, interpolation_mode, padding_mode):
    _of_rank(require, input, grid, 5)
    _chosen(require, interpolation_mode, padding_mode)


@op("function python", namespace="nn.functional", contract=accumulated(2))
def nn_functional_grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    """The elements of an image, or of a volume, at the places that ``grid`` holds: what lies between is interpolated.

    A coordinate x stands for the place ``((x + 1) * size - 1) / 2``: -1 and 1 are the outer edges of the outer elements. With ``align_corners`` it
    is ``(x + 1) / 2 * (size - 1)``: -1 and 1 are their middles. ``mode`` is "bilinear" (the two neighbours along each dimension, weighted by how near
    they are), "nearest" (the nearest element, of two that are as near the one of even number) or "bicubic" (of images: 4 x 4 neighbours, cubic
    convolution with a = -0.75). Beyond the borders there are, by ``padding_mode``, "zeros", the outer elements ("border") or what lies on this side
    ("reflection", at the edges of the outer elements, at their middles if corners are aligned).

    Shapes: ``input`` (N, C, H, W) and ``grid`` (N, h, w, 2) give (N, C, h, w); (N, C, D, H, W) and (N, d, h, w, 3) give (N, C, d, h, w). The first
    coordinate is that of the last dimension. The result is contiguous. Dtypes: floating point ones, the same for both. Values: places are evaluated
    in float64. Special cases: a coordinate that is no number makes a NaN of an interpolated element; beyond borders it stands for the place 0, and
    among zeros the nearest element is a zero. An infinity with a weight of 0 makes a NaN. Errors: ValueError for other words; RuntimeError for shapes
    and dtypes that do not fit, for an image without elements, and for "bicubic" of volumes; NotImplementedError for other dtypes. A call that does
    not say ``align_corners`` warns, and means False. Gradient: of the elements with the same weights, of the grid by their derivatives; 0 where a
    place has been clipped, and for nearest elements. Speed: each of the 1, 4, 8 or 16 elements that one is made of is gathered and weighted,
    some 300 ns in pure Python. Source: torch.nn.functional.grid_sample.

    >>> image = tensor([[[[1., 2.], [3., 4.]]]])
    >>> nn.functional.grid_sample(image, tensor([[[[0., 0.], [-1., 1.], [0.25, 3.]]]]), padding_mode="border", align_corners=True)
    tensor([[[[2.5000, 3.0000, 3.6250]]]])
    """
    return grid_sampler(input, grid, _MODES.index(mode), _PADDINGS.index(padding_mode), corners_aligned(align_corners))


@nn_functional_grid_sample.constraints
def _(require, mode, padding_mode):
    require(mode in _MODES, ValueError, "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{}'", mode)
    require(padding_mode in _PADDINGS, ValueError, "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but "
            "got: '{}'", padding_mode)  # fmt: skip
