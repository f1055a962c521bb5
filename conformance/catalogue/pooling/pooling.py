"""Pooling over lines, images and volumes: greatest elements, means; by windows, and adaptively."""

from __future__ import annotations

from math import prod
from typing import Any

from ...accuracy.contracts import accumulated
from ...cases.case import Case, TensorSpec
from ...drawing.pen import Pen
from ..entries import named_arguments
from ..images.layouts import image
from ..rows import Arguments, Draw, define

FAMILY = "pooling"
ORDERED = ("float32", "int64", "float64", "float16", "bfloat16", "uint8", "int32", "int8", "int16")
FLOATS = ("float32", "float64", "float16", "bfloat16")


def input_of(pen: Pen, sizes: tuple[int, ...]) -> TensorSpec:
    batch = (pen.length((1, 2, 0 if pen.chance(6) else 1), most=270),) if not pen.chance(4) else ()
    shape = (*batch, pen.length((1, 2), most=270), *sizes)
    if pen.misbehave(5):
        shape = pen.choice((shape[1:], (*shape, 1), shape[2:], (*shape[:-1], 0), (*batch, 0, *sizes)))
    return image(pen, shape)


def one_or_all(pen: Pen, values: tuple[int, ...]) -> Any:
    if pen.misbehave(5):
        return pen.choice((0, -1, (*values, 1), values[:1] if len(values) > 2 else (*values, 2), 9))
    return values[0] if len(set(values)) == 1 and pen.chance(2) else values


def windows(rank: int, means: bool = False, indices: bool = False) -> Draw:
    """Windows with every option."""

    def draw(pen: Pen) -> Arguments:
        ceil_mode, drawn = pen.chance(3), []
        for _ in range(rank):
            window, step, spacing = pen.choice((2, 1, 3)), pen.choice((1, 2, 3)), 1 if means else pen.choice((1, 1, 2))
            pads = pen.integer(0, window // 2) if pen.chance(2) else 0
            needed = spacing * (window - 1) + 1  # so many that no window lies in the padding
            least = needed if spacing > 1 or rank == 3 and means else max(needed - 2 * pads, 1)
            drawn.append((window, step, pads, spacing, least - 1 + pen.length((1, 2, 3, 4), most=270 if rank == 1 else 40)))
        kernel, stride, padding, dilation, sizes = zip(*drawn, strict=True)
        kwargs: dict[str, Any] = {}
        args: tuple[Any, ...] = (input_of(pen, sizes), one_or_all(pen, kernel))
        if pen.chance(2):
            kwargs["stride"] = one_or_all(pen, stride)
        elif pen.chance(8) and not means:
            kwargs["stride"] = ()
        if any(padding) or pen.misbehave(4):
            kwargs["padding"] = one_or_all(pen, padding)
        if any(step > 1 for step in dilation) or not means and pen.misbehave(4):
            kwargs["dilation"] = one_or_all(pen, dilation)
        if ceil_mode:
            kwargs["ceil_mode"] = True
        if means:
            kwargs |= pen.maybe("count_include_pad", lambda: pen.chance(2), 3)
            if rank > 1:
                kwargs |= pen.maybe("divisor_override", lambda: pen.choice((3, 1, -2, 0 if pen.invalid else 7)), 4)
        elif not indices and pen.chance(6):
            return (*args, kwargs.get("stride", kernel), kwargs.get("padding", 0), kwargs.get("dilation", 1), ceil_mode), {}
        elif indices:
            kwargs |= pen.maybe("return_indices", lambda: pen.chance(2), 2)
        return args, kwargs

    return draw


def adaptive(rank: int, indices: bool = False, own_size: bool = True) -> Draw:
    """Results of any size, larger than the input, too."""

    def draw(pen: Pen) -> Arguments:
        sizes = tuple([pen.length((2, 3, 1, 5), most=270 if rank == 1 else 40) for _ in range(rank)])
        counts: tuple[Any, ...] = tuple([pen.choice((1, 2, 3, 0 if pen.chance(6) else 5)) for _ in range(rank)])
        if own_size and rank > 1 and pen.chance(5):
            counts = tuple([None if pen.chance(2) else count for count in counts])
        size: Any = counts if rank > 1 or pen.chance(2) else counts[0]
        if pen.chance(4):
            size = pen.choice((1, 2, 3))
        if pen.misbehave(3):
            size = pen.choice((-1, (*counts, 1), counts[:1] if rank > 1 else (1, 1), (-1,) * rank))
        return (input_of(pen, sizes), size), pen.maybe("return_indices", lambda: pen.chance(2), 2) if indices else {}

    return draw


def _window(case: Case) -> int:
    """The terms of each mean: at most as many as an image has elements."""
    spec = case.args[0] if case.args else case.kwargs["input"]
    return max(prod(spec.shape[1:]), 1)


def _sum_of_window(case: Case, number: int) -> Any:
    """What is divided to make a mean."""
    override = named_arguments(case).get("divisor_override")
    return lambda mean, n: mean * abs(override or n)


def of_long_windows(case: Case) -> bool:
    """Windows of 2**31 elements or more: known difference "lines-in-large-windows"."""
    kernel = case.args[1] if len(case.args) > 1 else case.kwargs.get("kernel_size")
    return any(isinstance(size, int) and size >= 2**31 for size in (kernel if isinstance(kernel, (tuple, list)) else (kernel,)))


_MAX: dict[str, Any] = {"dtypes": ORDERED, "forms": "function", "differentiable": True}
_NO_STRIDES = {"Stride calculation": "only of no samples, and of two large numbers"}
_NO_DILATION = "a mean has no dilation"
define("max_pool1d", FAMILY, windows(1), fatal=of_long_windows, **{**_MAX, "dtypes": FLOATS})
define("max_pool1d_with_indices", FAMILY, windows(1), **_MAX)
define("max_pool2d", FAMILY, windows(2), exercises="_max_pool_with_indices", **_MAX,
    never_alone={"_max_pool_with_indices: rank == 2": "images have no such constraint"})  # fmt: skip
define("max_pool3d", FAMILY, windows(3), shares="_max_pool_with_indices", **_MAX)
for _rank in (1, 2, 3):
    _page = f"max_pool{_rank}d_with_indices"
    define(f"nn.functional.max_pool{_rank}d", FAMILY, windows(_rank, indices=True), exercises=_page if _rank > 1 else (), weight=0.5,
        shares="_max_pool_with_indices" if _rank > 1 else (),
        fatal=of_long_windows if _rank == 1 else None, **{**_MAX, "dtypes": FLOATS if _rank == 1 else ORDERED})  # fmt: skip
    define(f"nn.functional.{_page}", FAMILY, windows(_rank), weight=0.5, **_MAX)
_MEAN: dict[str, Any] = {"forms": "function", "differentiable": True, "contract": accumulated(2), "terms": _window, "partial": _sum_of_window}
define("avg_pool1d", FAMILY, windows(1, means=True), shares="_avg_pool", dtypes=("float32", "int64", *FLOATS[1:]), **_MEAN)
define("avg_pool2d", FAMILY, windows(2, means=True), dtypes=("float32", "int64", *FLOATS[1:]), exercises="_avg_pool _avg_pool_backward",
    **{**_MEAN, "forms": "function out"}, never_alone={"_avg_pool: fit[3]": _NO_DILATION, "_avg_pool: min(dilation)": _NO_DILATION,
        "_avg_pool: rank < 3": "images have no such constraint"})  # fmt: skip
define("avg_pool3d", FAMILY, windows(3, means=True), dtypes=("float32", "int64", "float64"), **{**_MEAN, "forms": "function out"},
    shares="_avg_pool", out_layouts=("contiguous",))  # fmt: skip  (torch leaves others partly unwritten)
define("adaptive_avg_pool1d", FAMILY, adaptive(1), shares="_adaptive_avg_pool", dtypes=FLOATS, **_MEAN)
define("adaptive_avg_pool2d", FAMILY, adaptive(2), dtypes=FLOATS, never_alone=_NO_STRIDES,
    exercises="_adaptive_avg_pool _adaptive_avg_pool_backward", **_MEAN)  # fmt: skip
define("adaptive_avg_pool3d", FAMILY, adaptive(3), shares="_adaptive_avg_pool", dtypes=FLOATS, **_MEAN)
define("adaptive_max_pool1d", FAMILY, adaptive(1), shares="_adaptive_max_pool", **{**_MAX, "dtypes": FLOATS})
for _rank in (1, 2, 3):
    _page = f"adaptive_max_pool{_rank}d"
    define(f"nn.functional.{_page}", FAMILY, adaptive(_rank, indices=True), **{**_MAX, "dtypes": FLOATS},
        never_alone=_NO_STRIDES if _rank == 2 else {}, shares="_adaptive_max_pool" if _rank != 2 else (),
        exercises=f"_adaptive_max_pool {_page}" if _rank == 2 else _page if _rank == 3 else ())  # fmt: skip
    define(f"nn.functional.{_page}_with_indices", FAMILY, adaptive(_rank), shares="_adaptive_max_pool", **{**_MAX, "dtypes": FLOATS}, weight=0.5)
