"""Losses of distances and angles between vectors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Sequence

from ....accuracy.contracts import conditioned
from ....cases.case import Case
from ....drawing.naming import in_full
from ....drawing.pen import Pen
from ...entries import parameters
from ...rows import Arguments, define
from ..losses_and_activations import legacy, reduction

FAMILY = "nn"
_SIGNS = (1, -1, 1, -1, 0)


def _number(pen: Pen) -> dict[str, Any]:
    return pen.maybe("reduction", lambda: pen.choice((0, 1, 2)))


# -- of an angle ---------------------------------------------------------------------------------------


def _angle(pen: Pen) -> Arguments:
    """Two rows of vectors, or two vectors, and signs, of which some are none; other ranks and sizes when invalid."""
    shape = pen.shape(1, 2)
    other = shape if not pen.chance(4) else pen.broadcastable(2, shape)[1]
    if len(other) != len(shape) and not pen.invalid:
        other = (1,) * (len(shape) - len(other)) + other
    signs: tuple[int, ...] = tuple(max(m, n) if m and n else 0 for m, n in zip(shape[:-1], other[:-1], strict=False))
    signs = signs if not pen.misbehave() else pen.choice(((*signs, 2), (7,), ()))
    dtype = pen.choice(("int64", "float64", "bool")) if pen.chance(3) else pen.dtype
    values = (1, 1, 0) if dtype in ("bool", "uint8") else _SIGNS
    pair = pen.tensor(shape), pen.tensor(other, pen.other_dtype())
    return (*pair, pen.tensor(signs, dtype, values=values, differentiable=False)), pen.maybe("margin", lambda: pen.choice((0.0, 0.5, -0.5, 0.25)))


def angle_with_a_number(pen: Pen) -> Arguments:
    args, kwargs = _angle(pen)
    return args, kwargs | _number(pen)


def angle(pen: Pen) -> Arguments:
    args, kwargs = _angle(pen)
    return args, kwargs | legacy(pen) | reduction(pen)


# -- of triplets ---------------------------------------------------------------------------------------


def _triplet(pen: Pen) -> tuple[Any, ...]:
    """Three tensors of one rank, which may have to be broadcast; of another rank when invalid."""
    shape = pen.shape(0 if pen.chance(6) else 1, 3)
    shapes = [shape, shape, shape]
    if pen.chance(4):
        shapes[pen.integer(0, 2)] = tuple([1 if pen.chance(2) else n for n in shape])
    if pen.misbehave():
        shapes[pen.integer(0, 2)] = pen.choice(((*shape, 2), shape[1:], tuple([n + 1 for n in shape])))
    return tuple([pen.tensor(each, pen.dtype if i == 0 else pen.other_dtype()) for i, each in enumerate(shapes)])


def _swap(pen: Pen) -> dict[str, Any]:
    return pen.maybe("swap", lambda: pen.choice((True, False)))


def _margin(pen: Pen, positive: bool) -> dict[str, Any]:
    return pen.maybe("margin", lambda: pen.choice((1.0, 0.5, 2.0, 0.0 if pen.invalid or not positive else 4.0, -1.0 if pen.invalid else 1.0)))


def _distance(pen: Pen) -> dict[str, Any]:
    return pen.maybe("p", lambda: pen.choice((2.0, 1.0, 3.0, float("inf"), 1.5, 2.0 if pen.grad else 0.0))) | pen.maybe(
        "eps", lambda: pen.choice((1e-6, 0.0 if not pen.grad else 1e-3, 0.5)))  # fmt: skip


def triplet_with_a_number(pen: Pen) -> Arguments:
    return _triplet(pen), _margin(pen, False) | _distance(pen) | _swap(pen) | _number(pen)


def triplet(pen: Pen) -> Arguments:
    return _triplet(pen), _margin(pen, True) | _distance(pen) | _swap(pen) | legacy(pen) | reduction(pen)


def triplet_with_a_distance(pen: Pen) -> Arguments:
    return _triplet(pen), _margin(pen, True) | _swap(pen) | reduction(pen) | pen.maybe("distance_function", lambda: None, 5)


def _sizes(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...] | None:
    """What shapes of one rank broadcast to."""
    if len({len(shape) for shape in shapes}) > 1:
        return None
    return tuple([max(sizes) if 0 not in sizes else 0 for sizes in zip(*shapes, strict=True)])


def distances(case: Case) -> list[Case]:
    """The distances whose difference is taken: the same loss of tensors of which the third is the first one."""
    named = dict(zip(parameters(case.operation), case.args, strict=False)) | case.kwargs
    specs = [named.pop(name) for name in ("anchor", "positive", "negative")]
    shape = _sizes([spec.shape for spec in specs])
    if shape is None:
        return []
    pairs = [(0, 1), (0, 2), *([(1, 2)] if named.pop("swap", False) else [])]
    calls = []
    for i, k in pairs:
        strides = tuple([stride if length > 1 else 0 for length, stride in zip(specs[i].shape, specs[i].strides, strict=True)])
        first = replace(specs[i], shape=shape, strides=strides)
        calls.append(replace(case, args=(first, specs[k], first), kwargs={name: value for name, value in named.items() if name != "swap"}, grad=0))
    return calls


def coordinates(case: Case) -> int:
    return max([spec.shape[-1] for spec in case.tensors() if spec.shape] or [1])


LOSS: dict[str, Any] = {"differentiable": True, "forms": "function", "terms": coordinates}
ANGLE = LOSS | {"contract": conditioned(8, inner=1), "fixed": "target"}
TRIPLET = LOSS | {"contract": conditioned(4), "intermediate": distances}
define("cosine_embedding_loss", FAMILY, in_full("cosine_embedding_loss", angle_with_a_number), **ANGLE)
define("nn.functional.cosine_embedding_loss", FAMILY, in_full("nn.functional.cosine_embedding_loss", angle), **ANGLE)
define("triplet_margin_loss", FAMILY, in_full("triplet_margin_loss", triplet_with_a_number), **TRIPLET)
define("nn.functional.triplet_margin_loss", FAMILY, in_full("nn.functional.triplet_margin_loss", triplet), **TRIPLET)
define("triplet_margin_with_distance_loss", FAMILY, triplet_with_a_distance, **TRIPLET)
