"""Pooling undone, and pooling at random places."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

from ...cases.case import Case, TensorSpec
from ...drawing.naming import in_full
from ...drawing.pen import Pen
from ..derivatives import numbers_of
from ..rows import Arguments, Draw, define
from .pooling import FAMILY, FLOATS, input_of, one_or_all


def _indices(pen: Pen, shape: tuple[int, ...], rank: int, area: int) -> TensorSpec:
    """Different places for the elements of a plane, out of so many: one after the other, with gaps, or turned, the same for all planes or not."""
    if pen.misbehave(4):
        dtype = pen.choice(("int64", "int64", "int32", "float32"))
        return pen.tensor(pen.choice((shape, shape[1:], (*shape, 1))), dtype, rotation=pen.choice((area, area + 2)), layout="contiguous")
    plane, lead = shape[-rank:], len(shape) - rank
    held = prod(plane)
    if pen.chance(3) or len(plane) < rank or held > area:
        return pen.tensor(shape, "int64", rotation=max(area, 1), layout="contiguous")
    step = area // max(held, 1)
    made = pen.tensor((max(held, 1) * step,), "int64", rotation=area, layout="contiguous")
    steps, behind = [0] * rank, step
    for d in range(rank) if pen.chance(2) else reversed(range(rank)):
        steps[d], behind = behind, behind * plane[d]
    pen.labels.add("expanded")
    return replace(made, shape=shape, strides=(*[0] * lead, *steps))


def unpooled(rank: int) -> Draw:
    """As max pooling leaves it; now and then of an input whose size is not the smallest that fits."""

    def draw(pen: Pen) -> Arguments:
        drawn = []
        for _ in range(rank):
            k, s = pen.choice((2, 1, 3)), pen.choice((2, 1, 3))
            pads, size = pen.integer(0, (k - 1) // 2), pen.length((2, 1, 3), most=30)
            smallest = (size - 1) * s + k - 2 * pads
            wanted = max(smallest + (pen.integer(1 - s, s - 1) if pen.chance(2) else 0), size)
            drawn.append((k, s, pads, size, smallest, wanted))
        columns: Any = zip(*drawn, strict=True)
        kernel, stride, padding, sizes, least, asked = columns
        given = asked != least or pen.chance(4)
        input = input_of(pen, sizes)
        indices = _indices(pen, input.shape, rank, prod(asked))
        kwargs: dict[str, Any] = {}
        if stride != kernel or pen.chance(4):
            kwargs["stride"] = one_or_all(pen, stride)
        if any(padding) or pen.misbehave(4):
            kwargs["padding"] = one_or_all(pen, padding)
        if given:
            kwargs["output_size"] = pen.choice((asked, asked, (2, 1, *asked)))
        if pen.misbehave(4):
            kwargs["output_size"] = pen.choice(((*asked, 3), (50,) * rank, asked[1:], (-1,) * rank))
        return (input, indices, one_or_all(pen, kernel)), kwargs

    return draw


def by_numbers_alone(rank: int) -> Draw:
    """Numbers that say nothing of the input: too few, too many, such that sizes are negative."""

    def draw(pen: Pen) -> Arguments:
        shape = (1, *[2] * rank)
        indices = pen.tensor(shape, "int64", rotation=2, layout="contiguous")
        kernel = pen.choice(((2,) * rank, (2,) * (rank - 1), (2,) * (rank + 1), 2, -4))
        kwargs: dict[str, Any] = {"stride": pen.choice((2, (2,) * (rank + 1), (2,) * (rank - 1), (0,) * rank, (-1,) * rank))} if pen.chance(2) else {}
        if pen.chance(2):
            kwargs["padding"] = pen.choice((0, (0,) * (rank + 1), (0,) * (rank - 1), 9))
        return (pen.tensor(shape), indices, kernel), kwargs

    return draw


def beyond_the_machine(rank: int) -> Draw:
    """Sizes that the steps allow, and no memory holds."""

    def draw(pen: Pen) -> Arguments:
        shape, size = (1, *[1] * rank), pen.choice((2**50, 2**52, 2**61))
        sizes = tuple([size if d == 0 or pen.chance(2) else 1 for d in range(rank)])
        return (pen.tensor(shape), pen.tensor(shape, "int64", rotation=1), 1), {"stride": 2**62, "output_size": sizes}

    return draw


def _chosen(pen: Pen, rank: int) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Sizes of windows, how many, and of how many elements."""
    kernel = tuple([pen.choice((2, 1, 3)) for _ in range(rank)])
    counts = tuple([pen.length((2, 1, 3, 2, 0 if pen.chance(6) else 2), most=30) for _ in range(rank)])
    room = [max(count, 1) + k - 1 + rank - 2 for k, count in zip(kernel, counts, strict=True)]
    return kernel, counts, tuple([least + pen.choice((0, 1, 2, 3, 8)) for least in room])


def _samples(pen: Pen, shape: tuple[int, ...], rank: int) -> TensorSpec:
    batch = shape[0] if len(shape) == rank + 2 else 1
    asked: tuple[int, ...] = (batch + pen.integer(0, 1), shape[-rank - 1] if len(shape) > rank else 1, rank)
    if pen.misbehave(4):
        asked = pen.choice(((0, *asked[1:]), (asked[0], asked[1] + 1, rank), (*asked[:2], rank + 1), asked[1:], (*asked, 1)))
    return pen.tensor(asked, pen.choice(("float32", "float64")) if pen.misbehave(4) else None, values=(0.25, 0.75, 0.5, 0.0, 0.875, 0.375, 0.625),
                      differentiable=pen.misbehave(6))  # fmt: skip


def at_random(rank: int) -> Draw:
    """Sizes that are given, or parts of the input's; random numbers that are given, or drawn."""

    def draw(pen: Pen) -> Arguments:
        kernel, counts, sizes = _chosen(pen, rank)
        input = input_of(pen, sizes)
        kwargs: dict[str, Any] = {}
        if pen.chance(3):
            ratio: Any = tuple([count / size for count, size in zip(counts, sizes, strict=True)])
            kwargs["output_ratio"] = pen.choice(((0.5,) * rank, ratio[1:], (*ratio, 0.5), 0.25)) if pen.misbehave(3) else ratio
        elif not pen.misbehave(6):
            kwargs["output_size"] = pen.choice(((*counts, 1), counts[1:], (-1,) * rank, (9,) * rank)) if pen.misbehave(3) else counts
            if len(set(counts)) == 1 and pen.chance(2):
                kwargs["output_size"] = counts[0]
        if not pen.chance(4):
            kwargs["_random_samples"] = _samples(pen, input.shape, rank)
        kwargs |= pen.maybe("return_indices", lambda: pen.chance(2), 2)
        window: Any = kernel[0] if len(set(kernel)) == 1 and pen.chance(2) else kernel
        return (input, pen.choice(((*kernel, 1), kernel[1:], 9)) if pen.misbehave(5) else window), kwargs

    return draw


def beyond_memory(case: Case) -> bool:
    """Windows without elements, or of more than torch counts, or at places beyond the input: torch reads what is none of its memory."""
    named = dict(zip(("input", "kernel_size", "output_size", "output_ratio", "return_indices", "_random_samples"), case.args)) | case.kwargs
    kernel, samples = named.get("kernel_size"), named.get("_random_samples")
    sizes = kernel if isinstance(kernel, (tuple, list)) else (kernel,)
    drawn = numbers_of(case, samples) if isinstance(samples, TensorSpec) else ()
    return any(isinstance(size, int) and not 0 < size < 2**31 for size in sizes) or not all(isinstance(u, float) and 0 <= u < 1 for u in drawn)


_MOVED: dict[str, Any] = {"dtypes": FLOATS, "forms": "function", "differentiable": True}
for _rank in (1, 2, 3):
    define(f"nn.functional.max_unpool{_rank}d", FAMILY, unpooled(_rank), exercises=f"max_unpool{_rank}d" if _rank > 1 else (),
        violating=(by_numbers_alone(_rank), beyond_the_machine(_rank)), **_MOVED)  # fmt: skip
for _rank in (2, 3):
    _page = f"fractional_max_pool{_rank}d"
    _title = f"nn.functional.{_page}_with_indices"
    define(_title, FAMILY, in_full(_title, at_random(_rank)), exercises=_page, random=True, fatal=beyond_memory,
        never_alone={"smallest > 0": "torch reads what is none of its memory"}, **_MOVED)  # fmt: skip
    define(f"nn.functional.{_page}", FAMILY, at_random(_rank), random=True, fatal=beyond_memory, weight=0.5, **_MOVED)
