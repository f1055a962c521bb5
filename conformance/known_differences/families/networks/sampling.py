"""Known differences of sampling at the places of a grid."""

from __future__ import annotations

import math
from itertools import product

from ....accuracy.number_formats import FORMATS
from ....cases.case import Case, TensorSpec, contiguous_strides
from ....cases.deviation import Deviation
from ...entry import KnownDifference, arguments, differentiated, finite, numbers

_NUMBERED = ("grid_sampler", "grid_sampler_2d", "grid_sampler_3d")
_SAMPLERS = (*_NUMBERED, "nn.functional.grid_sample")
_VOLUMES = ("grid_sampler", "grid_sampler_3d", "nn.functional.grid_sample")
_IMAGES = ("grid_sampler", "grid_sampler_2d", "nn.functional.grid_sample")
_MODES, _PADDINGS = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")


def _asked(case: Case) -> tuple[TensorSpec, TensorSpec, str, str, bool]:
    """The two tensors, the modes as words, and whether corners are aligned."""
    named = arguments(case)
    mode, padding = named.get("interpolation_mode", named.get("mode", 0)), named.get("padding_mode", 0)
    return (named["input"], named["grid"], mode if isinstance(mode, str) else _MODES[mode],
            padding if isinstance(padding, str) else _PADDINGS[padding], bool(named.get("align_corners")))  # fmt: skip


def _coordinates(case: Case, item: int, place: int | None = None) -> list[float]:
    """Those of one place of an item of the batch, or of all of its places."""
    grid = _asked(case)[1]
    found, rank = numbers(case, grid), grid.shape[-1]
    count = math.prod(grid.shape[1:-1])
    first, last = (0, count) if place is None else (place, place + 1)
    return list(found[(item * count + first) * rank : (item * count + last) * rank])


def _index(shape: tuple[int, ...], element: int) -> list[int]:
    return [element // step % size for size, step in zip(shape, contiguous_strides(shape))]


def _concerned(case: Case, deviation: Deviation) -> list[float]:
    """The coordinates that an element depends on: of a result those of its place, of a gradient of the image all of its item of the batch."""
    input, grid = _asked(case)[:2]
    count = math.prod(grid.shape[1:-1])
    if deviation.property == "values":
        element = deviation.details["element"]
        return _coordinates(case, element // (count * input.shape[1]), element % count)
    moved = differentiated(case, deviation)
    if moved is None:
        return []
    if moved[1] is grid and deviation.details["order"] == "first":
        element = deviation.details["element"] // grid.shape[-1]
        return _coordinates(case, element // count, element % count)
    return [x for item in range(grid.shape[0]) for x in _coordinates(case, item)]


def _volume_at_no_place(case: Case, deviation: Deviation) -> bool:
    """A coordinate is no number, or the place that it stands for is beyond what an int holds."""
    input, grid = _asked(case)[:2]
    largest = min(2.0**30, FORMATS[grid.dtype].largest)
    return len(input.shape) == 5 and any(not abs(x) * max(input.shape[2:]) < largest for x in _concerned(case, deviation))


def _second_of_nothing(case: Case, deviation: Deviation) -> bool:
    _, grid, mode, _, _ = _asked(case)
    refused = deviation.rule == "error" and "cannot reshape tensor of 0 elements" in deviation.expected and deviation.got == "None"
    return refused and mode == "bicubic" and grid.numel == 0


# -- elements that are not finite -------------------------------------------------------------------------


def _place(x: float, size: int, padding: str, aligned: bool) -> float:
    """Where a finite coordinate lies, thrown back at the borders or brought between them."""
    place = (x + 1) / 2 * (size - 1) if aligned else ((x + 1) * size - 1) / 2
    if padding == "reflection":
        low, span = (0.0, size - 1.0) if aligned else (-0.5, float(size))
        rest = math.fmod(abs(place - low), 2 * span) if span else 0.0
        place = min(rest, 2 * span - rest) + low
    return place if padding == "zeros" else min(max(place, 0.0), size - 1.0)


def _doubtful(case: Case, element: int) -> bool:
    """Whether an element that is not finite lies beside a place, and its weight may be 0 or just not: the place is, but for a rounding, a whole
    number, along some dimension."""
    input, grid, mode, padding, aligned = _asked(case)
    if mode == "nearest":
        return False
    count = math.prod(grid.shape[1:-1])
    item, channel = divmod(element // count, input.shape[1])
    sizes = input.shape[2:]
    reached: list[list[int]] = []
    doubtful = False
    for x, size in zip(reversed(_coordinates(case, item, element % count)), sizes):
        if not math.isfinite(x):
            return False
        place = _place(x, size, "zeros" if mode == "bicubic" else padding, aligned)
        off = 8 * FORMATS[grid.dtype].unit_roundoff * (abs(x) + 1) * size
        doubtful = doubtful or abs(place - round(place)) <= off
        first, last = math.floor(place - off), math.floor(place + off) + 1
        steps = range(first - (mode == "bicubic"), min(last + (mode == "bicubic"), first + 8) + 1)
        reached.append([round(_back(step, size, padding, aligned)) for step in steps if padding != "zeros" or 0 <= step < size])
    found, steps_of = numbers(case, input), contiguous_strides(input.shape)
    places = [sum(i * step for i, step in zip((item, channel, *index), steps_of)) for index in product(*reached)]
    return doubtful and any(not math.isfinite(found[place]) for place in places)


def _back(step: int, size: int, padding: str, aligned: bool) -> float:
    """Where a whole place beside another one is taken from."""
    if aligned:
        return _place(2 * step / (size - 1) - 1 if size > 1 else 0.0, size, padding, True)
    return _place((2 * step + 1) / size - 1, size, padding, False)


def _not_finite(case: Case, deviation: Deviation) -> bool:
    return not finite(deviation.got) and _doubtful(case, deviation.details["element"])


def _not_finite_in_torch(case: Case, deviation: Deviation) -> bool:
    return not finite(deviation.expected) and finite(deviation.got) and _doubtful(case, deviation.details["element"])


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "modes-that-are-none", _NUMBERED, (), "an interpolation_mode or padding_mode that is neither 0, 1 nor 2",
        "torch does not look at the numbers, and returns what it finds in memory; refimpl refuses the call by a RuntimeError",
        "import torch\n\nassert torch.grid_sampler(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 1, 2), 7, 0, False).shape == (1, 1, 1, 1)\n",
        avoided=True,
    ),
    KnownDifference(
        "gradients-of-no-place", _IMAGES, (), "the gradient of an image in mode bilinear, with another padding than zeros, and a coordinate that is "
        "NaN (or infinite, if it is thrown back)",
        "torch takes the place that is no number for an index, and its process ends; what lies at such a place is taken from the first element",
        "import torch\n\nx, grid = torch.ones(1, 1, 2, 2, requires_grad=True), torch.full((1, 1, 1, 2), torch.nan)\n"
        "torch.grid_sampler(x, grid, 0, 1, False).sum().backward()  # ends the process\n", avoided=True, signal="SIGSEGV",
    ),
    KnownDifference(
        "volumes-at-no-place", _VOLUMES, ("values", "gradients"), "volumes, a coordinate that is no number or stands for a place beyond 2**30",
        "torch compares such a coordinate in another order than in images: it takes 0, or the last element, where these give NaN or the first",
        "import torch\n\nx, grid = torch.ones(1, 1, 2, 2, 2), torch.full((1, 1, 1, 1, 3), torch.nan)\n"
        "assert torch.grid_sampler(x, grid, 0, 0, False).item() == 0\n"
        "assert torch.grid_sampler(x[0], grid[0, ..., :2], 0, 0, False).isnan().all()\n", _volume_at_no_place,
    ),
    KnownDifference(
        "second-gradients-of-no-places", _IMAGES, ("gradients",), "mode bicubic, a grid of no places, gradients of second order",
        "torch reshapes what has no elements to a size that it cannot infer",
        "import torch\n\nx, grid = torch.ones(1, 1, 2, 2, requires_grad=True), torch.ones(1, 0, 1, 2, requires_grad=True)\n"
        "first = torch.autograd.grad(torch.grid_sampler(x, grid, 2, 0, False).sum(), [x, grid], create_graph=True)\n"
        "try:\n    (first[0].sum() + first[1].sum()).backward()\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'cannot reshape' in str(error)\n", _second_of_nothing,
    ),
    KnownDifference(
        "sampled-beside-what-is-not-finite", _SAMPLERS, ("values",), "a place that is a whole number but for a rounding, an element beside it that "
        "is not finite",
        "a place is rounded, with fused multiply-adds or without: a weight may be 0 or just not, which makes NaN or an infinity of an infinity",
        "import torch\n\nx = torch.tensor([1.0, torch.inf, 2.0]).view(1, 1, 1, 3)\ngrid = torch.tensor([1 / 3 - 1, 0.0]).view(1, 1, 1, 2)\n"
        "found = [torch.grid_sampler(x.to(d), grid.to(d), 0, 1, False).item() for d in (torch.float32, torch.float64)]\n"
        "assert not any(abs(x) < torch.inf for x in found)  # NaN where the weight is 0\n", _not_finite, open=True,
    ),
    KnownDifference(
        "sampling-what-is-not-finite", _SAMPLERS, ("values",), "a place that is a whole number but for a rounding, an element beside it that is "
        "not finite",
        "torch rounds the place, and gives a weight of some 1e-8 to an element that is none of its neighbours",
        "import torch\n\nx = torch.tensor([1.0, 2.0, torch.inf, 4.0]).view(1, 1, 1, 4)\n"
        "below = torch.nextafter(torch.tensor(-0.25), torch.tensor(-1.0))\ngrid = torch.stack([below, below.new_zeros(())]).view(1, 1, 1, 2)\n"
        "assert ((grid[..., 0].double() + 1) * 4 - 1) / 2 < 1  # between 1.0 and 2.0\n"
        "assert torch.grid_sampler(x, grid, 0, 0, False).isnan()\n", _not_finite_in_torch,
    ),
]  # fmt: skip
