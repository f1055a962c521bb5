"""Interpolation in every mode."""

from __future__ import annotations

import math
from typing import Any

import torch

from ...accuracy.contracts import accumulated
from ...accuracy.number_formats import decode, is_float
from ...cases.case import Case, separated
from ...cases.resampling import asked, factor_is_ignored, new_sizes
from ...drawing.pen import Pen
from ..other_numbers import with_numbers
from ..rows import Arguments, define
from .layouts import image

FAMILY = "images"
NARROW = ("float16", "bfloat16")
_MODES: dict[int, tuple[str, ...]] = {
    1: ("linear", "nearest", "nearest-exact", "area"),
    2: ("bilinear", "nearest", "bicubic", "antialiased bilinear", "area", "nearest-exact", "antialiased bicubic", "antialiased lanczos"),
    3: ("trilinear", "nearest", "area", "nearest-exact"),
}
_FACTORS = (2.0, 1.5, 0.5, 1, 3.0, 1.19, 2.3, 0.7, 2)
_NO_BYTES = ("linear", "trilinear", "area")
_OPTIONS = ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias")


def _fits(mode: str, dtype: str) -> bool:
    return not (dtype == "uint8" and mode in _NO_BYTES or dtype in NARROW and mode.startswith("antialiased"))


def _asked_for(pen: Pen, sizes: tuple[int, ...], ceiling: int) -> dict[str, Any]:
    """New sizes, or factors, of which none leaves nothing."""
    one = pen.chance(3)
    if pen.chance(2):
        counts = tuple([pen.length((2, 3, 5, 1, 4, size, 2 * size), most=ceiling) for size in sizes])
        if pen.misbehave(4):
            return {"size": pen.choice((0, -1, (*counts, 1), counts[1:], 1.5, (1.5, *counts[1:]), None))}
        return {"size": counts[0] if one else counts}
    factors = tuple([pen.choice([factor for factor in _FACTORS if int(size * factor)]) for size in sizes])
    if one:
        shared = [factor for factor in _FACTORS if all(int(size * factor) for size in sizes)]
        factors = (pen.choice(shared),)
    if pen.misbehave(4):
        return {"scale_factor": pen.choice((0.0, -1.0, math.nan, math.inf, 1e30, (*factors, 1.0), factors[1:], 0.01, "2"))}
    return {"scale_factor": factors[0] if one else factors} | pen.maybe("recompute_scale_factor", lambda: pen.choice((True, False)), 3)


def resampled(pen: Pen) -> Arguments:
    """Lines, images and volumes; to sizes and by factors; in every mode that their dtype has."""
    rank = pen.choice((2, 1, 3, 2))
    mode = pen.choice([mode for mode in _MODES[rank] if _fits(mode, pen.dtype) or pen.misbehave(12)])
    sizes = tuple([pen.length((3, 2, 1, 4), most=(60, 40, 12)[rank - 1]) for _ in range(rank)])
    shape = (pen.length((1, 2, 0 if pen.chance(6) else 1), most=3), pen.length((1, 2, 3), most=5), *sizes)
    given = _asked_for(pen, sizes, (100, 50, 14)[rank - 1])
    antialias = mode.startswith("antialiased")
    if mode != "nearest" or pen.chance(2):
        given["mode"] = mode.removeprefix("antialiased ")
    if mode not in ("nearest", "nearest-exact", "area"):
        given |= pen.maybe("align_corners", lambda: pen.choice((True, False)) and "lanczos" not in mode, 2)
    if antialias:
        given["antialias"] = True
    if pen.misbehave(3):
        given |= pen.choice(({"align_corners": True}, {"antialias": True}, {"mode": "trilinear"}, {"mode": "linear"}, {"mode": "lanczos"},
                             {"mode": "x"}, {"antialias": False}, {"recompute_scale_factor": True}, {"size": 2, "scale_factor": 2.0}))  # fmt: skip
    if pen.misbehave(5):
        shape = pen.choice((shape[1:], (*shape, 1), (shape[0], 0, *shape[2:]), (*shape[:-1], 0), (), (3,), (*shape, 1, 1)))
    if pen.chance(4):
        values = [given.get(name, default) for name, default in zip(_OPTIONS, (None, None, "nearest", None, None, False), strict=True)]
        return (image(pen, shape), *values), {}
    return (image(pen, shape),), given


def moves(case: Case) -> bool:
    """Nearest elements are moved."""
    return str(asked(case).get("mode", "nearest")).startswith("nearest")


# -- gradients and bounds ---------------------------------------------------------------------------------


def derivative_of_the_rule(case: Case) -> bool:
    """Where torch's gradient is the derivative."""
    return not factor_is_ignored(case)


def terms(case: Case) -> int:
    """n of the contract. A result has as many terms as a kernel has elements: 2, 4, or below a filter 6 times the step, along each dimension. A
    weight depends on a place, at most the size of a dimension, which is rounded three times on the way (the step, the product, the difference):
    with a slope of at most 1.5 (Keys's cubic, and Lanczos's window, at their steepest) it is off by 3 * 1.5 * size * u, and so is the next one."""
    named = asked(case)
    old, mode = named["input"].shape[2:], named.get("mode", "nearest")
    if not isinstance(mode, str) or mode.startswith("nearest") or not old:
        return 1
    new = new_sizes(case)
    along = [6 * max(size // max(count, 1), 1) + 1 if named.get("antialias") else 4 if mode == "bicubic" else 2 for size, count in zip(old, new)]
    return math.prod(along) + 9 * sum(old) if mode != "area" else max(math.prod(old), 1)


def local_maxima(case: Case) -> Case:
    """M of the contract: a place that is off by a rounding moves weight from one neighbour to the next, so that in the place of each element
    stands the largest of those that weights reach."""
    named = asked(case)
    spec, mode = named["input"], named.get("mode", "nearest")
    if not is_float(spec.dtype) or len(spec.shape) < 3 or spec.numel == 0 or mode in ("nearest", "nearest-exact", "area"):
        return case
    case = separated(case)
    spec = next(each for each in case.tensors() if each.shape == spec.shape)
    numbers = torch.tensor(decode(case.buffers[spec.buffer], spec.dtype), dtype=torch.float64).abs().nan_to_num(0.0, 0.0, 0.0).view(spec.shape)
    dims = range(2, len(spec.shape))
    if named.get("antialias") or mode == "bicubic":
        numbers = numbers.amax(tuple(dims), keepdim=True).expand(spec.shape)
    else:
        for d in dims:
            numbers = _beside(numbers, d)
    return with_numbers(case, spec, numbers.flatten().tolist())


def _beside(numbers: torch.Tensor, d: int) -> torch.Tensor:
    """The largest of each element and its two neighbours."""
    size = numbers.shape[d]
    before, behind = (torch.arange(size).add(step).clamp(0, size - 1) for step in (-1, 1))
    return numbers.maximum(numbers.index_select(d, before)).maximum(numbers.index_select(d, behind))


def on_the_way(case: Case, number: int) -> Any:
    """The largest partial sum: along each dimension the absolute weights of a cubic kernel add up to less than 1.5, of Lanczos's to less than 2."""
    return lambda value, terms: 4.0 * value


define("nn.functional.interpolate", FAMILY, resampled, dtypes=("float32", "uint8", "float64", *NARROW), forms="function", differentiable=True,
    contract=accumulated(2), terms=terms, magnitude=local_maxima, partial=on_the_way, moves=moves, weight=2.0,
    exercises="_interpolate _interpolate_backward", derivative=derivative_of_the_rule)  # fmt: skip
