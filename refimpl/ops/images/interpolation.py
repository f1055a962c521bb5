"""Interpolation: tensors resampled to another size, line by line along each of their last dimensions."""

from __future__ import annotations

from math import isinf, isnan
from typing import Any, Sequence

from ...foundation.contracts import accumulated
from ...foundation.dtypes import uint8
from ...operations.registry import op
from ...signatures.matching import Door
from ...tensor import Tensor, allocate_like
from ..pooling.adaptive import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from ..pooling.means import _wide
from ..shared.windows import image_strides
from .interpolation_weights import Line, Tap, antialiased, cubic, in_bytes, linear, nearest

# By mode: what the operation is called for lines, images and volumes.
_NAMES: dict[str, tuple[str | None, str | None, str | None]] = {
    "nearest": ("UpsampleNearest1D", "UpsampleNearest2D", "UpsampleNearest3D"),
    "nearest-exact": ("UpsampleNearestExact1D", "UpsampleNearestExact2D", "UpsampleNearestExact3D"),
    "linear": ("UpsampleLinear1D", None, None),
    "bilinear": (None, "UpsampleBilinear2D", None),
    "trilinear": (None, None, "UpsampleTrilinear3D"),
    "bicubic": (None, "UpsampleBicubic2D", None),
    "lanczos": (None, "UpsampleLanczos2D", None),
    "area": ("AdaptiveAvgPool1D", "AdaptiveAvgPool2D", "AdaptiveAvgPool3D"),
}
_LINEAR = {"linear": 3, "bilinear": 4, "trilinear": 5}  # with the rank of what it resamples
_FILTERED = ("bilinear", "bicubic", "lanczos")


def _lines(shape: Sequence[int], counts: Sequence[int], factors: Any, align_corners: bool, device: Any) -> list[Line]:
    factors = factors or [None] * len(counts)
    return [Line(size, count, factor, align_corners, device) for size, count, factor in zip(shape[-len(counts) :], counts, factors)]


def _taps(line: Line, mode: str, antialias: bool, rank: int, d: Any) -> list[Tap]:
    if mode.startswith("nearest"):
        return nearest(line, mode == "nearest-exact", rank == 2, d)
    if antialias:
        return antialiased(line, "linear" if mode == "bilinear" else "cubic" if mode == "bicubic" else mode)
    return cubic(line) if mode == "bicubic" else linear(line)


def _shaped(line: Tensor, rank: int, dim: int) -> Tensor:
    """Numbers along one dimension, to be broadcast to the others; ``dim`` is negative."""
    return line.view([1] * (rank + dim) + [-1] + [1] * (-1 - dim))  # type: ignore[no-any-return]


def _weighted(part: Tensor, tap: Tap, dim: int) -> Tensor:
    """What a tap adds to each element of a result: -0 where there is none, which changes nothing."""
    if tap.weights is not None:
        part = part * _shaped(tap.weights.to(_wide(part) if part.dtype.is_floating_point else tap.weights.dtype), part.dim(), dim)
    return part if tap.missing is None else part.masked_fill(_shaped(tap.missing, part.dim(), dim), -0.0)  # type: ignore[no-any-return]


def _resampled(input: Tensor, lines: Sequence[Line], mode: str, antialias: bool) -> Tensor:
    """The dimensions one after the other, from the last; bytes are rounded behind each."""
    found, rank = input, len(lines)
    for dim in range(-1, -1 - rank, -1):
        line = lines[dim]
        taps = _taps(line, mode, antialias, rank, input.dtype)
        bits = 0
        if input.dtype is uint8 and taps[0].weights is not None:
            if line.new_size == line.size:
                continue
            taps, bits = in_bytes(taps)
        parts = [_weighted(found.index_select(dim, tap.places), tap, dim) for tap in taps]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        found = ((total + (1 << bits >> 1)) >> bits).clamp(0, 255) if bits else total
    return found


def _sizes(input: Any, size: Sequence[int] | None, factors: Sequence[float] | None) -> list[int]:
    if size is not None:
        return list(size)
    return [int(n * factor) for n, factor in zip(input.shape[2:], factors or ())]


def _node(bound: dict[str, Any]) -> str:
    return f"{_NAMES[bound['mode']][bound['input'].dim() - 3]}{'Aa' if bound['antialias'] else ''}Backward0"


def _parsed(input: Any, size: Any, factors: Any, mode: str, align_corners: Any, antialias: Any) -> tuple[Any, Any]:
    """Sizes and factors as the function of torch takes them that has this mode; its TypeError if it takes others."""
    kind = f"upsample_{mode.replace('-', '_')}{input.dim() - 2}d"
    name = f"_{kind}_aa" if antialias else f"_{kind}" if mode == "nearest-exact" else kind
    corners = () if mode.startswith("nearest") else (bool(align_corners),)
    if name not in _DOORS:
        names = ("input", "output_size", *["align_corners"] * len(corners), "scale_factors", "scales", "scales_d", "scales_h", "scales_w")
        _DOORS[name] = Door(name, False, names, (), dict.fromkeys(names))
    values = _DOORS[name].parse((input, size, *corners, factors), {})[0]
    return values[1], values[2 + len(corners)]


_DOORS: dict[str, Door] = {}
_AREA = Door("adaptive_avg_pool2d", False, ("input", "output_size"), (), {})  # lines and volumes ask for the same


@op("only", name="_interpolate", node=_node, contract=accumulated(2))
def _interpolate(input, size, factors, mode, align_corners, antialias):
    """:func:`nn.functional.interpolate` in all modes but "area", with numbers for each dimension.

    >>> nn.functional.interpolate(tensor([[[1., 2.]]]), 4)
    tensor([[[1., 1., 2., 2.]]])
    """
    shape = (*input.shape[:2], *_sizes(input, size, factors))
    result = allocate_like(input, shape, strides=image_strides(shape, input) if len(shape) > 3 else None)
    source = input.detach()
    if not (antialias and shape == input._view.shape):
        source = _resampled(source, _lines(input.shape, shape[2:], factors, align_corners, input.device), mode, antialias)
    result._view.storage.kernels.copy(result._view, source._view)
    return result


@_interpolate.constraints
def _(require, input, size, factors, mode, antialias):
    name, narrow = input.dtype.name, ("float16", "bfloat16") if not antialias else ()
    bytes_too = ("uint8",) if antialias or mode not in ("linear", "trilinear") else ()
    require(size is not None or all(abs(n * factor) < 2**63 for n, factor in zip(input.shape[2:], factors)), RuntimeError,
            "value cannot be converted to type int64_t without overflow")  # fmt: skip
    kept = antialias and _sizes(input, size, factors) == list(input.shape[2:])  # elements are copied
    require(kept or name in ("float32", "float64", *narrow, *bytes_too), NotImplementedError, "\"compute_indices_weights\" not implemented for '{}'",
            input.dtype.type_name)  # fmt: skip
    counts, given = _sizes(input, size, factors), list(input.shape)
    axes = "DHW"[-len(counts) :]
    middle = " and output" if len(counts) == 1 else " output"
    require(min(*given[2:], *counts) > 0, RuntimeError, "Input and output sizes should be greater than 0, but got input ({}){} ({})",
            _named(axes, given[2:]), middle, _named(axes, counts))  # fmt: skip
    require(0 not in given[1:], RuntimeError, "Non-empty {}D data tensor expected but got a tensor with sizes {}", len(given), given)


def _named(axes: str, sizes: Sequence[int]) -> str:
    return ", ".join([f"{axis}: {size}" for axis, size in zip(axes, sizes)])


@op("only", name="_interpolate_backward", contract=accumulated(2))
def _interpolate_backward(grad, input_shape, factors, mode, align_corners, antialias):
    """The gradient of :func:`_interpolate`: what arrives at an element, with the same weights, for those that it is made of."""
    rank = len(input_shape) - 2
    found = grad.detach().to(_wide(grad))
    for dim, line in enumerate(_lines(input_shape, grad.shape[2:], factors, align_corners, grad.device), -rank):
        total = found.new_zeros([*found.shape[:dim], line.size, *found.shape[dim:][1:]])
        for tap in _taps(line, mode, antialias, rank, grad.dtype):
            total = total.index_add(dim, tap.places, _weighted(found, tap, dim))
        found = total
    shape = tuple(input_shape)
    result = allocate_like(grad, shape, strides=image_strides(shape, grad) if len(shape) > 3 else None)
    result._view.storage.kernels.copy(result._view, found._view)
    return result


_interpolate.derivative(
    input=lambda grad, input_shape, factors, mode, align_corners, antialias:
        _interpolate_backward(grad, input_shape, factors, mode, align_corners, antialias),
)
_interpolate_backward.derivative(
    grad=lambda grad, grad_shape, factors, mode, align_corners, antialias:
        _interpolate(grad, grad_shape[2:], factors, mode, align_corners, antialias),
)


@op("function python", namespace="nn.functional", contract=accumulated(2))
def nn_functional_interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False):
    """A line, an image or a volume resampled to ``size``, or to its own size times ``scale_factor``, rounded down.

    Along each dimension, with ``step`` the reciprocal of the factor, or ``old size / new size`` (if ``size`` is given, or
    ``recompute_scale_factor`` is true), element i of the result lies at ``(i + 0.5) * step - 0.5`` of the input; with ``align_corners`` at
    ``i * (old size - 1) / (new size - 1)``.

    ``mode`` is "nearest" (element ``floor(i * step)``), "nearest-exact" (element ``floor((i + 0.5) * step)``; the product is rounded to
    float32, and so is the step, but for lines and volumes of float64), "linear", "bilinear" and "trilinear" (for a line, an image, a volume: the
    neighbours of the place, weighted by how near they are), "bicubic" (4 x 4 neighbours, cubic convolution with a = -0.75) or "area"
    (:func:`nn.functional.adaptive_avg_pool2d`). With ``antialias``, "bilinear", "bicubic" (a = -0.5) and "lanczos" (a sinc windowed by a sinc three
    times as wide, which is always antialiased) average all that lies below the filter; in a smaller image it is stretched by the step.

    Shapes: ``input`` (N, C, L), (N, C, H, W) or (N, C, D, H, W), each number one for all dimensions behind the first two, or one for each. Images and
    volumes are channels last if the input is. Dtypes: floating point ones, with ``antialias`` none of 16 bits, and uint8 for what is done to
    images and for nearest elements. Bytes are rounded and brought into 0 ... 255 after the width, and again after the height; weights are multiples
    of a power of two, as Pillow has them. Special cases: an infinity with a weight of 0 makes a NaN, but under a filter it does not count. In mode
    "nearest" an image of the same size keeps its elements, and one of twice the size doubles them, whatever the factor; a dimension that keeps its
    size keeps its elements in the other modes, too, but "bicubic" without filter and "nearest-exact". Errors: ValueError for both sizes and factors,
    for none, for too many, and for options that the mode does not have; NotImplementedError for modes and dtypes that do not fit; RuntimeError for
    sizes of 0. Gradient: what arrives at an element, with the same weights. Source: torch.nn.functional.interpolate.

    >>> nn.functional.interpolate(tensor([[[1., 2., 4.]]]), 5, mode="linear", align_corners=True)
    tensor([[[1.0000, 1.5000, 2.0000, 3.0000, 4.0000]]])
    >>> nn.functional.interpolate(tensor([[[[0., 4.], [8., 12.]]]]), scale_factor=1.5, mode="bilinear")
    tensor([[[[ 0.,  2.,  4.],
              [ 4.,  6.,  8.],
              [ 8., 10., 12.]]]])
    """
    rank = input.dim() - 2
    counts, factors = [value if value is None or isinstance(value, (tuple, list)) else [value] * rank for value in (size, scale_factor)]
    if factors is not None and (recompute_scale_factor or mode == "area"):
        counts, factors = [int(n * factor) for n, factor in zip(input.shape[2:], factors)], None
    if mode == "area":
        sizes = _AREA.parse((input, counts), {})[0][1]
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[rank - 1](input, sizes)
    counts, factors = _parsed(input, counts, factors, mode, align_corners, antialias)
    return _interpolate(input, counts, factors, mode, bool(align_corners), bool(antialias))


@nn_functional_interpolate.constraints
def _(require, input, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias):
    rank = input.dim() - 2
    require(mode not in ("nearest", "area", "nearest-exact") or align_corners is None, ValueError, "align_corners option can only be set with the "
            "interpolating modes: linear | bilinear | bicubic | trilinear")  # fmt: skip
    require(size is None or scale_factor is None, ValueError, "only one of size or scale_factor should be defined")
    require(size is not None or scale_factor is not None, ValueError, "either size or scale_factor should be defined")
    several = isinstance(size, (tuple, list))
    require(not several or len(size) == rank, ValueError, "Input and output must have the same number of spatial dimensions, but got input with "
            "spatial dimensions of {} and output size of {}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and output size in "
            "(o1, o2, ...,oK) format.", list(input.shape[2:]), size)  # fmt: skip
    require(not several or all(isinstance(count, (int, Tensor)) for count in size), TypeError, "expected size to be one of int or Tuple[int] or "
            "Tuple[int, int] or Tuple[int, int, int], but got size with types {}", [type(count) for count in size] if several else "")  # fmt: skip
    require(not isinstance(scale_factor, (tuple, list)) or len(scale_factor) == rank, ValueError, "Input and scale_factor must have the same number "
            "of spatial dimensions, but got input with spatial dimensions of {} and scale_factor of shape {}. Please provide input tensor in "
            "(N, C, d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format.", list(input.shape[2:]), scale_factor)  # fmt: skip
    require(not recompute_scale_factor or size is None, ValueError, "recompute_scale_factor is not meaningful with an explicit size.")
    require(not antialias or mode in _FILTERED and rank == 2, ValueError, "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes "
            "and requires a 4-D tensor as input")  # fmt: skip
    if recompute_scale_factor or mode == "area":
        factors = scale_factor if isinstance(scale_factor, (tuple, list)) else [scale_factor] * max(rank, 0)
        numbers = [factor * count for factor, count in zip(factors, input.shape[2:]) if isinstance(factor, float)]
        require(not any(map(isnan, numbers)), ValueError, "cannot convert float NaN to integer")
        require(not any(map(isinf, numbers)), OverflowError, "cannot convert float infinity to integer")
    needs = _LINEAR.get(mode)
    if needs is not None and rank in (1, 2, 3):
        require(needs == rank + 2, NotImplementedError, "Got {}D input, but {} mode needs {}D input", rank + 2, mode, needs)
        return
    known = rank in (1, 2, 3) and _NAMES.get(mode, (None,) * 3)[rank - 1] is not None
    require(known, NotImplementedError, "Input Error: Only 3D, 4D and 5D input Tensors supported (got {}D) for the modes: nearest | linear | "
            "bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got {})", rank + 2, mode)  # fmt: skip
    if mode == "lanczos" and rank == 2:
        require(not align_corners, ValueError, "Lanczos mode does not support align_corners=True")
        require(antialias, ValueError, "Lanczos mode requires antialias=True")
