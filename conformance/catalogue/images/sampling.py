"""Sampling at the places of a grid."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Sequence

import torch

from ...accuracy.contracts import accumulated
from ...accuracy.number_formats import FORMATS, decode, encode, is_float
from ...cases.case import Case, TensorSpec, map_values, separated
from ...drawing.pen import Pen
from ..entries import parameters
from ..rows import Arguments, Draw, define
from .layouts import image

FAMILY = "images"
FLOATS = ("float32", "float64", "float16", "bfloat16")
_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")


def _grid(pen: Pen, shape: tuple[int, ...], **options: Any) -> TensorSpec:
    """Coordinates of all kinds: within the image, on its borders and beyond them; as they come in a third of the calls."""
    if pen.force is not None and pen.force not in ("permuted", "sliced", "expanded", "overlapping") or pen.chance(3):
        return pen.tensor(shape, **options)
    inside = [0.25, -0.5, 0.0, 0.75, -0.8125, 0.6875, -0.3125, 0.9375]
    values = inside if pen.grad and pen.chance(2) else [*inside, 1.0, -1.0, 1.25, -1.5, 2.0, -3.25, 0.5, -0.25]
    return pen.tensor(shape, values=values, **options)


def _sampled(pen: Pen, rank: int) -> tuple[TensorSpec, TensorSpec]:
    """An image or a volume, and a grid."""
    batch = pen.length((1, 2, 0 if pen.chance(6) else 1), most=4)
    sizes = tuple([pen.length((2, 3, 1, 4), most=(40, 10)[rank - 2]) for _ in range(rank)])
    places = tuple([pen.length((2, 1, 3, 0 if pen.chance(8) else 2), most=(40, 10)[rank - 2]) for _ in range(rank)])
    shape, grid = (batch, pen.length((1, 2, 0 if pen.chance(8) else 1), most=4), *sizes), (batch, *places, rank)
    if pen.misbehave(3):
        shape = pen.choice((shape[1:], (*shape, 1), (*shape[:-1], 0), (batch + 1, *shape[1:]), (), (*shape[:2], 0, *shape[3:]), shape[:2]))
    elif pen.misbehave(3):
        grid = pen.choice((grid[1:], (*grid, rank), (*grid[:-1], rank + 1), (batch + 2, *grid[1:]), (), (*grid[:-1], 0)))
    dtype = pen.choice(("float64", "float32", "int64")) if pen.misbehave(6) else pen.dtype
    return image(pen, shape), _grid(pen, grid, dtype=dtype)


def beyond_memory(input: TensorSpec, grid: TensorSpec, coordinates: Sequence[float], mode: Any, padding: Any) -> bool:
    """Whether a gradient would end the process: known difference "gradients-of-no-place"."""
    if len(input.shape) != 4 or mode not in (0, "bilinear") or padding not in (1, 2, "border", "reflection") or not is_float(grid.dtype):
        return False
    largest = FORMATS[grid.dtype].largest / (2 * max(*input.shape[2:], 1))
    return any(not abs(x) < largest for x in coordinates)


def _survived(pen: Pen, tensors: tuple[TensorSpec, TensorSpec], mode: Any, padding: Any) -> tuple[TensorSpec, TensorSpec]:
    """An image and a grid of which torch survives that it takes the gradient."""
    input, grid = tensors
    if pen.grad and is_float(grid.dtype):
        values = decode(bytes(pen.buffers[grid.buffer]), grid.dtype)
        if beyond_memory(input, grid, values, mode, padding):
            kept = [x if not beyond_memory(input, grid, [x], mode, padding) else 0.75 for x in values]
            pen.buffers[grid.buffer] = encode(kept, grid.dtype)
    return tensors


def by_numbers(*ranks: int) -> Draw:
    """Modes as numbers."""

    def draw(pen: Pen) -> Arguments:
        rank = pen.choice(ranks)
        mode = pen.choice((0, 1, 2) if rank == 2 or pen.misbehave(3) else (0, 1))
        if pen.misbehave(6):
            rank = 5 - rank
        numbers = {"interpolation_mode": mode, "padding_mode": pen.choice((0, 1, 2)), "align_corners": pen.choice((False, True))}
        tensors = _survived(pen, _sampled(pen, rank), mode, numbers["padding_mode"])
        if pen.chance(3):
            return tensors, numbers
        return (*tensors, *numbers.values()), {}

    return draw


def by_words(pen: Pen) -> Arguments:
    """Modes as words, some of them left out."""
    rank = pen.choice((2, 3, 2))
    mode = pen.choice(_MODES if rank == 2 or pen.misbehave(3) else _MODES[:2]) if not pen.misbehave(5) else "trilinear"
    padding = pen.choice(_PADDINGS) if not pen.misbehave(5) else "reflect"
    tensors = _survived(pen, _sampled(pen, rank), mode, padding)
    if pen.chance(3):
        return (*tensors, mode, padding, pen.choice((False, True, None))), {}
    kwargs = {"mode": mode} if mode != "bilinear" or pen.chance(2) else {}
    kwargs |= {"padding_mode": padding} if padding != "zeros" or pen.chance(2) else {}
    return tensors, kwargs | pen.maybe("align_corners", lambda: pen.choice((True, False, None)), 2)


def fatal(case: Case) -> bool:
    """Modes that are none, which torch takes for granted, and gradients that end the process."""
    named = dict(zip(parameters(case.operation), case.args)) | case.kwargs
    modes = named.get("interpolation_mode", named.get("mode", 0)), named.get("padding_mode", 0)
    if any(isinstance(mode, int) and not 0 <= mode < 3 for mode in modes):
        return True
    input, grid = named.get("input"), named.get("grid")
    if not case.grad or not isinstance(input, TensorSpec) or not isinstance(grid, TensorSpec) or not is_float(grid.dtype):
        return False
    return beyond_memory(input, grid, decode(case.buffers[grid.buffer], grid.dtype), *modes)


# -- bounds ----------------------------------------------------------------------------------------------


def asked(case: Case) -> dict[str, Any]:
    """The arguments by name, the modes as words."""
    named = dict(zip(parameters(case.operation), case.args)) | case.kwargs
    mode, padding = named.get("interpolation_mode", named.get("mode", 0)), named.get("padding_mode", 0)
    named["mode"] = _MODES[mode] if isinstance(mode, int) and 0 <= mode < 3 else mode
    named["padding_mode"] = _PADDINGS[padding] if isinstance(padding, int) and 0 <= padding < 3 else padding
    return named


def nearest(case: Case) -> bool:
    """Nearest elements are moved."""
    return asked(case)["mode"] == "nearest"


def terms(case: Case) -> int:
    """n of the contract: as many as there are neighbours, and as interpolation has it, 3 * 1.5 roundings of the place for each of two weights; a
    place is as many sizes large as the coordinate is beyond 1."""
    named = asked(case)
    sizes = named["input"].shape[2:]
    grid = named["grid"]
    values = [abs(x) for x in decode(case.buffers[grid.buffer], grid.dtype) if math.isfinite(x)] if is_float(grid.dtype) else []
    most = max([1.0, *values])
    return (4 if named["mode"] == "bicubic" else 2) ** len(sizes) + int(9 * sum(sizes) * min(most, 2.0**60))


def largest_of_each_channel(case: Case) -> Case:
    """M of the contract: a place that is off by a rounding moves weight from one element to another, and beyond a border; so that it is the
    largest of a channel, wherever a place lies."""
    named = asked(case)
    spec = named["input"]
    if not is_float(spec.dtype) or len(spec.shape) < 3 or not spec.numel or named["mode"] == "nearest" or spec.dtype != named["grid"].dtype:
        return case
    case = separated(case)
    named = asked(case)
    spec, grid = named["input"], named["grid"]
    numbers = torch.tensor(decode(case.buffers[spec.buffer], spec.dtype), dtype=torch.float64).abs().nan_to_num(0.0, 0.0, 0.0).view(spec.shape)
    whole = numbers.amax(tuple(range(2, numbers.dim())), keepdim=True).expand(spec.shape).flatten().tolist()
    buffers = (*case.buffers, encode(whole, spec.dtype), bytes(len(case.buffers[grid.buffer])))
    changed = {spec.buffer: replace(spec, buffer=len(buffers) - 2), grid.buffer: replace(grid, buffer=len(buffers) - 1)}

    def leaf(value: Any) -> Any:
        return changed.get(value.buffer, value) if isinstance(value, TensorSpec) else value

    args, kwargs = map_values(case.args, leaf), map_values(case.kwargs, leaf)
    return _within_borders(replace(case, buffers=buffers, args=args, kwargs=kwargs))


def _within_borders(case: Case) -> Case:
    """The call with outer elements beyond the borders, and linear weights, which add up to 1."""
    words = case.operation.endswith("grid_sample")
    changes = {"mode": "bilinear", "padding_mode": "border"} if words else {"interpolation_mode": 0, "padding_mode": 1}
    names = parameters(case.operation)
    args = tuple([changes.get(name, value) for name, value in zip(names, case.args)])
    given = {name: changes.get(name, value) for name, value in case.kwargs.items()}
    return replace(case, args=args, kwargs=given | {name: value for name, value in changes.items() if name not in names[: len(args)]})


def on_the_way(case: Case, number: int) -> Any:
    """The largest partial sum: the absolute weights of a cubic kernel add up to less than 1.5 along each dimension."""
    return lambda value, terms: 2.5 * value


_UNSEEN = "torch does not look, and returns what it finds in memory: known difference modes-that-are-none"
_SAMPLING: dict[str, Any] = {
    "dtypes": FLOATS, "forms": "function", "differentiable": True, "contract": accumulated(2), "terms": terms, "magnitude": largest_of_each_channel,
    "partial": on_the_way, "moves": nearest, "weight": 1.5, "fatal": fatal,
}  # fmt: skip
_NUMBERS = _SAMPLING | {"never_alone": {"<= interpolation_mode": _UNSEEN, "<= padding_mode": _UNSEEN}}
define("grid_sampler", FAMILY, by_numbers(2, 3), exercises="_grid_sampler", **_NUMBERS)
define("grid_sampler_2d", FAMILY, by_numbers(2), shares="_grid_sampler", **_NUMBERS)
define("grid_sampler_3d", FAMILY, by_numbers(3), shares="_grid_sampler", **_NUMBERS)
define("nn.functional.grid_sample", FAMILY, by_words, shares="_grid_sampler", **_SAMPLING)
