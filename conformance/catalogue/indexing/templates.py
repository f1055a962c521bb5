"""Templates of indices: each shape that an index can have, as an input class of its own, for reading and for writing.

A template makes an index for a tensor of at least three dimensions of two or more elements. What chance rarely puts together is named here: advanced
indices with a slice, an ellipsis or None between them (their dimensions go to the front), masks beside slices, empty lists, numbers of no dimensions.
"""

from __future__ import annotations

from typing import Any, Callable

from ...cases.case import Slice, TensorSpec
from ...drawing.pen import Pen

Template = Callable[[Pen, tuple[int, ...]], Any]
FULL = Slice()


def places(pen: Pen, size: int, shape: tuple[int, ...], dtype: str = "int64", low: int | None = None) -> TensorSpec:
    """An integer tensor of valid positions, negative ones included."""
    return pen.tensor(shape, dtype, values=range(-size if low is None else low, size), differentiable=False)


def mask(pen: Pen, shape: tuple[int, ...], dtype: str = "bool") -> TensorSpec:
    return pen.tensor(shape, dtype, values=(1, 0, 1), differentiable=False)


def one(pen: Pen, size: int) -> int:
    return pen.integer(-size, size - 1)


def part(pen: Pen, size: int) -> Slice:
    """A slice that leaves out the first element or the last."""
    return Slice(1, None) if pen.chance(2) else Slice(None, -1)


TEMPLATES: dict[str, Template] = {
    "index: one integer": lambda pen, s: one(pen, s[0]),
    "index: integers for all dimensions": lambda pen, s: tuple([one(pen, size) for size in s]),
    "index: slices with steps": lambda pen, s: (Slice(None, None, 2), Slice(1, None, 3), Slice(-2, None)),
    "index: slices of nothing": lambda pen, s: (FULL, Slice(s[1], None), Slice(2, 1)),
    "index: a slice beyond the end": lambda pen, s: (Slice(-100, 100), Slice(100, None)),
    "index: a negative step": lambda pen, s: (FULL, Slice(None, None, -1)),
    "index: an ellipsis alone": lambda pen, s: Ellipsis,
    "index: an ellipsis first": lambda pen, s: (Ellipsis, one(pen, s[-1])),
    "index: an ellipsis in the middle": lambda pen, s: (one(pen, s[0]), Ellipsis, part(pen, s[-1])),
    "index: an ellipsis last": lambda pen, s: (part(pen, s[0]), one(pen, s[1]), Ellipsis),
    "index: an ellipsis for no dimension": lambda pen, s: (*[part(pen, size) for size in s], Ellipsis),
    "index: None alone": lambda pen, s: None,
    "index: None between slices": lambda pen, s: (None, part(pen, s[0]), None, one(pen, s[1]), None),
    "index: None between tensors": lambda pen, s: (places(pen, s[0], (3,)), None, places(pen, s[1], (3,))),
    "index: None beside neighbouring tensors": lambda pen, s: (None, places(pen, s[0], (2,)), places(pen, s[1], (2,))),
    "index: one tensor": lambda pen, s: places(pen, s[0], (4,)),
    "index: a tensor of two dimensions": lambda pen, s: (FULL, places(pen, s[1], (2, 3))),
    "index: neighbouring tensors": lambda pen, s: (FULL, places(pen, s[1], (3,)), places(pen, s[2], (3,))),
    "index: tensors apart, a slice between": lambda pen, s: (places(pen, s[0], (3,)), part(pen, s[1]), places(pen, s[2], (3,))),
    "index: tensors apart, a whole dimension between": lambda pen, s: (places(pen, s[0], (3,)), FULL, places(pen, s[2], (3,))),
    "index: tensors apart, behind a whole dimension": lambda pen, s: (FULL, places(pen, s[1], (2,)), None, places(pen, s[2], (2,))),
    "index: tensors apart, an ellipsis between": lambda pen, s: (places(pen, s[0], (3,)), Ellipsis, places(pen, s[-1], (3,))),
    "index: a tensor and an integer apart": lambda pen, s: (places(pen, s[0], (3,)), FULL, one(pen, s[2])),
    "index: an integer before a tensor": lambda pen, s: (one(pen, s[0]), places(pen, s[1], (3,)), part(pen, s[2])),
    "index: tensors that broadcast": lambda pen, s: (places(pen, s[0], (3, 1)), places(pen, s[1], (1, 2)), places(pen, s[2], (2,))),
    "index: a tensor of no dimensions": lambda pen, s: (places(pen, s[0], ()), FULL, places(pen, s[2], (2,))),
    "index: a tensor of no dimensions alone": lambda pen, s: places(pen, s[0], ()),
    "index: a tensor of no elements": lambda pen, s: (places(pen, s[0], (0,)), part(pen, s[1])),
    "index: int32 positions": lambda pen, s: (places(pen, s[0], (3,), "int32"), places(pen, s[1], (3,), "int32")),
    "index: int16 positions": lambda pen, s: places(pen, s[0], (3,), "int16"),
    "index: int8 beside int64 positions": lambda pen, s: (places(pen, s[0], (3,), "int8"), places(pen, s[1], (3,))),
    "index: the same positions": lambda pen, s: pen.tensor((4,), "int64", values=(1,), differentiable=False),
    "index: a mask of the whole": lambda pen, s: mask(pen, s),
    "index: a mask of one dimension": lambda pen, s: mask(pen, s[:1]),
    "index: a mask, then a slice": lambda pen, s: (mask(pen, s[:2]), part(pen, s[2])),
    "index: a slice, then a mask": lambda pen, s: (part(pen, s[0]), mask(pen, s[1:])),
    "index: a mask and positions": lambda pen, s: (pen.tensor(s[:1], "bool", values=(1,), differentiable=False), places(pen, s[1], s[:1])),
    "index: two masks apart": lambda pen, s: (
        pen.tensor(s[:1], "bool", rotation=2, differentiable=False), FULL, places(pen, s[2], (1,)),
    ),
    "index: a mask of nothing": lambda pen, s: pen.tensor(s[:2], "bool", values=(0,), differentiable=False),
    "index: a bare uint8 mask": lambda pen, s: mask(pen, s[:1], "uint8"),
    "index: a uint8 mask in a tuple": lambda pen, s: (part(pen, s[0]), mask(pen, s[1:2], "uint8")),
    "index: a bool tensor of no dimensions": lambda pen, s: pen.tensor((), "bool", values=(1, 0), differentiable=False),
    "index: a bool": lambda pen, s: bool(pen.integer(0, 1)),
    "index: a bool beside others": lambda pen, s: (part(pen, s[0]), True, places(pen, s[1], (2,))),
    "index: a list": lambda pen, s: [one(pen, s[0]) for _ in range(3)],
    "index: an empty list": lambda pen, s: [],
    "index: an empty tuple": lambda pen, s: (),
    "index: an empty list in a tuple": lambda pen, s: (FULL, []),
    "index: lists apart": lambda pen, s: ([0, 1, 1], FULL, [one(pen, s[2]) for _ in range(3)]),
    "index: a list of bools": lambda pen, s: [bool(i % 2) for i in range(s[0])],
    "index: a nested list": lambda pen, s: ([[0, 1], [1, 0]], one(pen, s[1])),
    "index: too many": lambda pen, s: (0,) * (len(s) + 1),
    "index: out of range": lambda pen, s: (FULL, pen.tensor((2,), "int64", values=(s[1], -s[1] - 1), differentiable=False)),
    "index: tensors that do not broadcast": lambda pen, s: (places(pen, s[0], (3,)), places(pen, s[1], (2,))),
    "index: a mask of another shape": lambda pen, s: mask(pen, (s[0] + 1,)),
    "index: a float": lambda pen, s: (FULL, 1.0),
}
PUT: dict[str, Callable[[Pen, tuple[int, ...]], tuple[Any, ...]]] = {
    "indices: one": lambda pen, s: (places(pen, s[0], (3,)),),
    "indices: for all dimensions": lambda pen, s: tuple([places(pen, size, (4,)) for size in s]),
    "indices: that broadcast": lambda pen, s: (places(pen, s[0], (3, 1)), places(pen, s[1], (2,))),
    "indices: None first": lambda pen, s: (None, places(pen, s[1], (3,))),
    "indices: None between": lambda pen, s: (places(pen, s[0], (3,)), None, places(pen, s[2], (3,))),
    "indices: a mask": lambda pen, s: (mask(pen, s[:2]),),
    "indices: a uint8 mask": lambda pen, s: (mask(pen, s[:1], "uint8"),),
    "indices: int32": lambda pen, s: (places(pen, s[0], (3,), "int32"),),
    "indices: of no dimensions": lambda pen, s: (places(pen, s[0], ()),),
    "indices: of no elements": lambda pen, s: (places(pen, s[0], (0,)),),
    "indices: the same": lambda pen, s: (pen.tensor((4,), "int64", values=(1,), differentiable=False),),
}


def template(pen: Pen, written: bool = False) -> tuple[TensorSpec, Any] | None:
    """The tensor and the index of the template that is forced; None if none is. Tensors that are ``written`` share no elements."""
    make = TEMPLATES.get(pen.force or "") or PUT.get(pen.force or "")
    if make is None:
        return None
    pen.labels.add(str(pen.force))
    shape = tuple([pen.integer(2, 4) for _ in range(pen.choice((3, 3, 4)))])
    layout = pen.choice(("contiguous", "permuted", "sliced")) if written else None
    return pen.tensor(shape, mode="ordinary", layout=layout), make(pen, shape)
