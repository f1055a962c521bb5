"""Patches of images as columns, and back."""

from __future__ import annotations

from math import prod
from typing import Any

from ...accuracy.contracts import accumulated
from ...cases.case import Case
from ...drawing.pen import Pen
from ..rows import Arguments, define
from .layouts import image

FAMILY = "images"
DTYPES = ("float32", "bool", "complex64", "float64", "float16", "bfloat16", "complex128")


def _numbers(pen: Pen) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...], tuple[int, ...]]:
    """Kernel, dilation, padding and stride, the sizes of an image, and how many patches it has along each."""
    drawn = []
    for _ in range(2):
        kernel, dilation, padding, stride = pen.choice((2, 1, 3)), pen.choice((1, 1, 2)), pen.choice((0, 1, 0, 2)), pen.choice((1, 2, 1, 3))
        reach = dilation * (kernel - 1) + 1
        size = max(reach - 2 * padding, 1) - 1 + pen.length((1, 2, 3), most=40)
        drawn.append((kernel, dilation, padding, stride, size, (size + 2 * padding - reach) // stride + 1))
    *numbers, sizes, counts = zip(*drawn, strict=True)
    return tuple(numbers), sizes, counts


def _one_or_two(pen: Pen, values: tuple[int, ...], wrong: tuple[Any, ...] = (0, -1, (), (1,), (1, 1, 1), (0, 1), (2, -1), 9)) -> Any:
    if pen.misbehave(5):
        return pen.choice(wrong)
    return values[0] if len(set(values)) == 1 and pen.chance(2) else values


def _options(pen: Pen, numbers: tuple[tuple[int, ...], ...]) -> dict[str, Any]:
    plain = {"dilation": (1, 1), "padding": (0, 0), "stride": (1, 1)}
    return {name: _one_or_two(pen, values) for (name, usual), values in zip(plain.items(), numbers, strict=True) if values != usual or pen.chance(4)}


def _batch(pen: Pen) -> tuple[int, ...]:
    return () if pen.chance(3) else (pen.length((1, 2, 0 if pen.chance(6) else 1), most=30),)


def patches(pen: Pen) -> Arguments:
    """An image, and all that says which patches of it are meant."""
    (kernel, *options), sizes, _ = _numbers(pen)
    shape = (*_batch(pen), pen.length((1, 2), most=30), *sizes)
    if pen.misbehave(4):
        shape = pen.choice((shape[1:], (*shape, 1), shape[2:], (*shape[:-1], 0), shape[3:], (*shape[:-3], 0, *sizes), (*shape[:-2], 1, 1)))
    return (image(pen, shape), _one_or_two(pen, kernel)), _options(pen, tuple(options))


def columns(pen: Pen) -> Arguments:
    """Columns of the size of a kernel, as many as an image has patches."""
    (kernel, *options), sizes, counts = _numbers(pen)
    channels = prod(kernel) * pen.length((1, 2), most=30)
    shape = (*_batch(pen), channels, prod(counts))
    if pen.misbehave(3):
        shape = pen.choice((shape[1:], (*shape, 1), (1, *shape), (*shape[:-1], 0), (*shape[:-1], shape[-1] + 1), (*shape[:-2], channels + 1, 4)))
    return (pen.tensor(shape), _one_or_two(pen, sizes), _one_or_two(pen, kernel)), _options(pen, tuple(options))


def no_patches(pen: Pen) -> Arguments:
    """Images smaller than a kernel along both dimensions, whose numbers of patches, both negative, have a positive product; images of no height."""
    size, kernel, padding, count = pen.choice((((1, 1), 3, 0, 1), ((0, 1), 2, 1, 2), ((0, 3), 2, 1, 4), ((1, 2), 4, 0, 2)))
    return (pen.tensor((1, kernel * kernel, count)), size, kernel, 1, padding), {}


def terms(case: Case) -> int:
    """How many patches an element of an image lies in at most: as many as a kernel has elements."""
    kernel = case.kwargs.get("kernel_size", case.args[-1] if len(case.args) > 1 else 1)
    return prod(kernel) if isinstance(kernel, tuple) else int(kernel) ** 2


def beyond_32_bits(case: Case) -> bool:
    """Numbers with which torch counts patches that are not there: it cuts their number off at 32 bits, and reads what is none of the image's."""
    values = (*case.args, *case.kwargs.values())
    numbers = [number for value in values for number in (value if isinstance(value, tuple) else (value,))]
    return any(abs(number) >= 2**31 for number in numbers if isinstance(number, int))


define("nn.functional.unfold", FAMILY, patches, dtypes=DTYPES, forms="function", exercises="im2col", differentiable=True, fatal=beyond_32_bits)
define("nn.functional.fold", FAMILY, columns, dtypes=DTYPES, forms="function", exercises="col2im", differentiable=True, contract=accumulated(1),
    terms=terms, violating=(no_patches,), fatal=beyond_32_bits)  # fmt: skip
