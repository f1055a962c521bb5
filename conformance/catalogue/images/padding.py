"""Padding in every mode."""

from __future__ import annotations

from ...cases.case import Case
from ...drawing.pen import ALL, Pen
from ..rows import Arguments, define
from .layouts import image

FAMILY = "images"
VALUES = (1, 0, 2.5, -1, True)


def constant(pen: Pen) -> Arguments:
    """Any rank, any of the last dimensions, numbers of both signs."""
    shape = pen.shape()
    pad: list[int] = []
    for size in reversed(shape[: pen.integer(0, len(shape))] if pen.chance(4) else shape):
        before, behind = pen.choice((1, 0, 2, -1, 0)), pen.choice((0, 1, 3, -1))
        if size + min(before, 0) + min(behind, 0) < 0 and not pen.misbehave(2):
            before, behind = abs(before), abs(behind)
        pad += [before, behind]
    if pen.misbehave(3):
        pad += pen.choice(([1], [0, 0], [1, 1]))
    kwargs = {} if not pen.chance(2) else {"value": pen.choice(VALUES) if not pen.misbehave(3) else pen.scalar(complex_too=False)}
    return (image(pen, shape), tuple(pad)), kwargs


def in_any_mode(pen: Pen) -> Arguments:
    """All modes: of those that repeat elements one to three dimensions, of a tensor of one or two more."""
    mode = pen.choice(("reflect", "constant", "replicate", "circular") if not pen.misbehave(5) else ("other",))
    if mode == "constant":
        args, kwargs = constant(pen)
        kwargs = {name: value for name, value in kwargs.items() if not isinstance(value, complex)}
        return args, kwargs | pen.maybe("mode", lambda: mode)
    count = pen.choice((1, 2, 3))
    outer = tuple([pen.length((1, 2, 0 if pen.chance(6) else 3), most=270) for _ in range(pen.choice((1, 2)))])
    if len(outer) == 2 and outer[1] == 0:
        outer = (0, 1)
    elif outer == (0,) and mode != "circular":
        outer = (1,)
    sizes = tuple([pen.length((2, 3, 1, 4), most=60) for _ in range(count)])
    pad: list[int] = []
    for size in reversed(sizes):
        most = size - 1 if mode == "reflect" else size
        before, behind = pen.integer(-1, min(most, 3)), pen.integer(-1, min(most, 3))
        if size + before + behind < 1 or size < 2:
            before, behind = max(before, 0), max(behind, 0)
        if mode == "circular" and max(before, behind) > size + min(before, 0) + min(behind, 0):
            before = behind = 0
        if pen.misbehave(4):
            before = pen.choice((size + 1, -size, size, -size - 1))
        pad += [before, behind]
    if pen.misbehave(5):
        pad = pen.choice((pad[1:], [*pad, 0, 0], pad[2:], pad * 2))
    dtype = pen.dtype if pen.dtype != "bool" or mode == "circular" or pen.misbehave(2) else "uint8"
    kwargs = {"value": pen.choice((0, 1.5) if pen.misbehave(2) else (0,))} if pen.chance(5) else {}
    return (image(pen, (*outer, *sizes), dtype=dtype), tuple(pad), mode), kwargs


def beyond_what_is_left(case: Case) -> bool:
    """Whether a circle is to be gone round more than once because elements were taken away: torch reads memory that it has not written."""
    if not {"circular"} & {value for value in (*case.args, *case.kwargs.values()) if isinstance(value, str)}:
        return False
    pad = case.kwargs.get("pad", case.args[1] if len(case.args) > 1 else ())
    return isinstance(pad, (tuple, list)) and min(pad, default=0) < 0 < max(pad, default=0)


def wrong_reflection(pen: Pen) -> Arguments:
    """Modes that do not fit: more than there is, nothing that is left, inputs without elements."""
    mode = pen.choice(("reflect", "replicate", "circular"))
    shape = pen.choice(((1, 2), (1, 2, 3), (2, 0), (0, 2), (2, 2), (2, 1, 0), (1, 2, 3, 3), (2, 0, 3)))
    count = pen.integer(1, max(len(shape) - 1, 1))
    pad = [pen.choice((1, 0, 2, 3, -1, -2, -3, 0)) for _ in range(2 * count)]
    return (pen.tensor(shape), tuple(pad), mode), {}


define("constant_pad_nd", FAMILY, constant, dtypes=ALL, forms="function", differentiable=True)
define("pad", FAMILY, in_any_mode, dtypes=ALL, exercises="_pad_with_own", forms="function", differentiable=True, violating=(wrong_reflection,),
    fatal=beyond_what_is_left)  # fmt: skip
