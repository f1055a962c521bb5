"""Places in sorted sequences."""

from __future__ import annotations

from typing import Any

from ...accuracy.number_formats import decode
from ...cases.case import COMPLEX, ITEMSIZE, TensorSpec, element_offsets
from ...drawing.pen import Pen
from ..pointwise.elementwise import REAL
from ..rows import Arguments, define

FAMILY = "searching"
SORTER = "a sequence that a sorter brings into order"


def ascending(pen: Pen, shape: tuple[int, ...], dtype: str | None = None) -> TensorSpec:
    """A tensor that is in order along its last dimension, NaN at the end."""
    spec = pen.tensor(shape, dtype, layout=pen.choice(("contiguous", "permuted", "sliced")), differentiable=False)
    if not spec.numel or not shape or spec.dtype in COMPLEX:
        return spec
    step, data = ITEMSIZE[spec.dtype], bytearray(pen.buffers[spec.buffer])
    places = [step * place for place in element_offsets(spec.shape, spec.strides, spec.offset)]
    for start in range(0, len(places), shape[-1]):
        line = places[start : start + shape[-1]]
        elements = [bytes(data[place : place + step]) for place in line]
        numbers = decode(b"".join(elements), spec.dtype)
        for place, k in zip(line, sorted(range(len(line)), key=lambda k: (numbers[k] != numbers[k], numbers[k])), strict=True):
            data[place : place + step] = elements[k]
    pen.buffers[spec.buffer] = bytes(data)
    return spec


def _options(pen: Pen) -> dict[str, Any]:
    return pen.maybe("out_int32", lambda: pen.chance(2), 3) | pen.maybe("right", lambda: pen.chance(2))


def _reversed(pen: Pen, spec: TensorSpec) -> tuple[TensorSpec, TensorSpec]:
    """A sequence in descending order, and the indices that bring it into ascending order."""
    n, width = spec.shape[-1], ITEMSIZE[spec.dtype]
    data = bytearray(pen.buffers[spec.buffer])
    places = [width * place for place in element_offsets(spec.shape, spec.strides, spec.offset)]
    found = [bytes(data[place : place + width]) for place in places]
    for number, place in enumerate(places):
        data[place : place + width] = found[number - number % n + n - 1 - number % n]
    pen.buffers[spec.buffer] = bytes(data)
    sorter = pen.tensor(spec.shape, "int64", layout="contiguous", differentiable=False)
    pen.buffers[sorter.buffer] = b"".join([(n - 1 - number % n).to_bytes(8, "little") for number in range(len(places))])
    return spec, sorter


def searchsorted(pen: Pen) -> Arguments:
    lead = pen.shape(0, 2, 8)
    shape = (*lead, pen.length((3, 1, 5, 0, 8, 2)))
    wrong = (*shape, 2) if pen.misbehave(3) else shape
    alone = not lead or pen.chance(2)
    sequence = ascending(pen, wrong[-1:] if alone and not pen.misbehave(4) else wrong)
    kwargs = _options(pen) | pen.maybe("side", lambda: pen.choice(("right", "left", "right") if not pen.misbehave(2) else ("middle", "left")), 4)
    if kwargs.get("side") == "left" and not pen.invalid:
        kwargs.pop("right", None)
    if pen.force == SORTER and sequence.shape[-1] > 1:
        pen.note(SORTER)
        sequence, order = _reversed(pen, sequence)
        kwargs = {"right": True, "sorter": order}
    elif not pen.grad and pen.chance(5):
        values = range(max(sequence.shape[-1] if sequence.shape else 1, 1) + pen.misbehave(3))
        sorter = sequence.shape if not pen.misbehave(4) else (*sequence.shape, 1)
        kind = "int64" if not pen.misbehave(4) else "int32"
        kwargs["sorter"] = pen.tensor(sorter, kind, values=[pen.choice(tuple(values))] if values else [0], differentiable=False)
    if len(sequence.shape) == 1 and pen.chance(4) or pen.misbehave(5):
        return (sequence, pen.scalar(complex_too=False) if not pen.chance(3) else pen.tensor((), pen.other_dtype(REAL))), kwargs
    sought = (*lead, pen.length((4, 1, 2, 0, 6))) if not pen.misbehave(4) else (3, 1, 2)
    return (sequence, pen.tensor(sought, pen.other_dtype(REAL))), kwargs


def bucketize(pen: Pen) -> Arguments:
    boundaries = ascending(pen, (pen.length((3, 1, 5, 0, 8, 2)),) if not pen.misbehave(3) else pen.choice(((), (2, 1))), pen.other_dtype(REAL))
    number = pen.form == "function" and pen.chance(4)
    values: Any = pen.scalar(complex_too=False) if number else pen.tensor()
    if pen.chance(4):
        return (values,), {"boundaries": boundaries, **_options(pen)}
    return (values, boundaries), _options(pen)


define("searchsorted", FAMILY, searchsorted, dtypes=REAL, classes_of_each_dtype=(SORTER,))
define("bucketize", FAMILY, bucketize, dtypes=REAL)
