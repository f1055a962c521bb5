"""Different elements, and which elements are among those of another tensor."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from ...accuracy.number_formats import encode
from ...cases.case import FLOATS
from ...drawing.pen import Pen
from ..pointwise.elementwise import REAL
from ..rows import Arguments, define

FAMILY = "searching"
SPECIAL = "NaN, infinities and zeros twice"


def _repeated(pen: Pen, shape: tuple[int, ...] | None = None) -> Any:
    """A tensor with equal elements, often few different ones, so that slices are equal, too."""
    if pen.force == SPECIAL:
        pen.note(SPECIAL)
        dtype = pen.dtype if pen.dtype in FLOATS else "float32"
        values = (0.0, nan, inf, -0.0, nan, -inf)
        spec = pen.tensor((12,) if shape is None else shape, dtype, layout="contiguous", mode="ordinary")
        pen.buffers[spec.buffer] = encode([values[i // 2 % 6] for i in range(spec.numel)], dtype)
        return spec
    few = pen.chance(3) and pen.dtype != "bool" and not pen.grad
    return pen.tensor(shape, values=(0, 1, 2), mode=None) if few else pen.tensor(shape, mode="ties" if pen.chance(2) else None)


def _flags(pen: Pen) -> dict[str, Any]:
    return pen.maybe("return_inverse", lambda: not pen.chance(5)) | pen.maybe("return_counts", lambda: not pen.chance(5))


def unique(pen: Pen) -> Arguments:
    tensor = _repeated(pen)
    if pen.force == SPECIAL:
        return (tensor,), {"return_counts": True}
    if pen.chance(6):
        args = (tensor, not pen.chance(3), pen.chance(2), pen.chance(2))
        return (*args, pen.dim(len(tensor.shape))) if tensor.shape and pen.chance(2) else args, {}
    kwargs = _flags(pen) | pen.maybe("sorted", lambda: pen.chance(2), 4)
    return (tensor,), kwargs | pen.maybe("dim", lambda: pen.dim(len(tensor.shape)))


def unique_consecutive(pen: Pen) -> Arguments:
    """By position flags are given to the method alone: torch's function takes one for the other."""
    tensor = _repeated(pen)
    if pen.force == SPECIAL:
        return (tensor,), {"return_counts": True}
    if pen.form == "method" and pen.chance(4):
        args = (tensor, pen.chance(2), pen.chance(2))
        return (*args, pen.dim(len(tensor.shape))) if tensor.shape and pen.chance(2) else args, {}
    return (tensor,), _flags(pen) | pen.maybe("dim", lambda: pen.dim(len(tensor.shape)))


def slices_of_nothing(pen: Pen) -> Arguments:
    """Slices without elements, of which there are some, or none."""
    sizes = [pen.choice((2, 0, 3)), pen.choice((0, 2))]
    return (pen.tensor((*sizes, 0)[pen.integer(0, 1) :]),), {"dim": pen.choice((0, -1, 1, 2**63))}


_DIFFERENT = 127  # elements of a tensor, more than a tensor has


def isin(pen: Pen) -> Arguments:
    """A tensor and another one with some of its elements, or a number on either side."""
    kwargs = pen.maybe("invert", lambda: pen.chance(2), 3) | pen.maybe("assume_unique", lambda: pen.dtype != "bool" and pen.chance(2), 5)
    different = _DIFFERENT if kwargs.get("assume_unique") else None  # or what is found is not specified
    elements: Any = pen.tensor(mode="ties" if pen.chance(2) else None, rotation=different)
    other = pen.dtype if not pen.chance(4) else pen.choice(("int64", "float64"))
    tested: Any = pen.tensor(pen.shape(0, 2), other, mode="ties", rotation=different)
    kind = pen.integer(0, 5)
    if kind == 0:
        elements = pen.scalar(complex_too=False)
    elif kind == 1:
        tested = pen.scalar(complex_too=False)
    if pen.chance(4):
        name = "element" if kind == 0 else "elements"
        return (), {name: elements, "test_element" if kind == 1 else "test_elements": tested, **kwargs}
    return (elements, tested), kwargs


OF_TENSORS = {"isinstance(input": "rows call operations of tensors"}
define("unique", FAMILY, unique, dtypes=REAL, classes_of_each_dtype=(SPECIAL,), differentiable=True, critical="", exercises="_unique2 _unique_dim",
    violating=(slices_of_nothing,), never_alone=OF_TENSORS)  # fmt: skip
define("unique_consecutive", FAMILY, unique_consecutive, dtypes=REAL, classes_of_each_dtype=(SPECIAL,), differentiable=True, critical="",
    exercises="_unique_consecutive", violating=(slices_of_nothing,), never_alone=OF_TENSORS)  # fmt: skip
define("isin", FAMILY, isin)
