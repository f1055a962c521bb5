"""Grids of affine maps."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

import torch

from ...accuracy.contracts import accumulated
from ...accuracy.number_formats import decode, encode, is_float
from ...cases.case import Case, TensorSpec, separated
from ...drawing.pen import Pen
from ..rows import Arguments, define

FAMILY = "images"
FLOATS = ("float32", "float64", "float16", "bfloat16")


def _mapped(pen: Pen) -> tuple[TensorSpec, tuple[int, ...]]:
    rank = pen.choice((2, 3))
    batch = pen.length((1, 2, 3), most=40)
    sizes = tuple([pen.length((2, 3, 1, 4), most=(40, 10)[rank - 2]) for _ in range(rank)])
    if pen.dtype in ("float16", "bfloat16"):
        sizes = tuple([max(size, 2) for size in sizes])
    size: tuple[int, ...] = (batch, pen.choice((1, 3)), *sizes)
    shape: tuple[int, ...] = (batch, rank, rank + 1)
    if pen.misbehave(3):
        shape = pen.choice((shape[1:], (*shape, 1), (batch, rank, rank), (batch, rank + 1, rank + 1), (batch + 1, *shape[1:]), (), (6,), (1, *shape)))
    elif pen.misbehave(3):
        size = pen.choice((size[1:], (*size[:-1], 0), (*size[:-1], -1), size[:2], (batch, 0, *sizes), (*size, 2), (-1, *size[1:])))
    return pen.tensor(shape), size


def grids(pen: Pen) -> Arguments:
    """By position and by name; corners left out."""
    theta, size = _mapped(pen)
    kwargs = pen.maybe("align_corners", lambda: pen.choice((True, False, None)), 2)
    if pen.chance(3):
        return (theta,), {"size": size} | kwargs
    return ((theta, size, pen.choice((False, True))), {}) if pen.chance(3) else ((theta, size), kwargs)


def generated(pen: Pen) -> Arguments:
    """As :func:`grids`, but the corners are told in any case."""
    theta, size = _mapped(pen)
    aligned = pen.choice((False, True))
    if pen.chance(3):
        return (theta,), {"size": size, "align_corners": aligned}
    return ((theta, size, aligned), {}) if pen.chance(2) else ((theta, size), {"align_corners": aligned})


def row_sums(case: Case) -> Case:
    """M of the contract: coordinates are at most 1, so that it is the sum of the absolute numbers of a row, which stands in its last column."""
    theta = case.args[0]
    if not is_float(theta.dtype) or len(theta.shape) != 3 or not theta.numel:
        return case
    case = separated(case)
    theta = case.args[0]
    parts = torch.tensor(decode(case.buffers[theta.buffer], theta.dtype), dtype=torch.float64).abs().view(*theta.shape, -1)
    sums = parts.sum((-1, -2)).unsqueeze(-1)
    rows = torch.cat([torch.zeros_like(parts[..., 1:, 0]), sums], -1).flatten().tolist()
    buffers = (*case.buffers, encode([complex(x, x) for x in rows] if theta.dtype.startswith("complex") else rows, theta.dtype))
    return replace(case, buffers=buffers, args=(replace(theta, buffer=len(buffers) - 1), *case.args[1:]))


def columns(case: Case) -> int:
    """The terms of a coordinate."""
    shape = case.args[0].shape
    return prod(shape[-1:])


def too_far_apart(pen: Pen) -> Arguments:
    """No grids, each of which would have more numbers than 64 bits count."""
    return (pen.tensor((0, 2, 3)), (0, 1, 2**62, 2), False), {}


def wrong_matrices(pen: Pen) -> Arguments:
    """Matrices of too few and of too many dimensions; sizes below 0, as many in the matrices' first dimension as there can be."""
    shape, size = pen.choice((((), (1, 1, 2, 3)), ((6,), (1, 1, 2, 3)), ((2, 3), (1, 1, 2, 3)), ((1, 1, 2, 3), (1, 1, 2, 3)),
                              ((1, 3, 3), (1, 1, 2, 2)), ((1, 2, 3), (1, 1, -1, 3)), ((1, 3, 4), (1, 1, 2, -1, 2)),
                              ((1, 1, 3), (1, 1, 1, 1))))  # fmt: skip
    return (pen.tensor(shape), size, pen.choice((False, True))), {}


_AFFINE: dict[str, Any] = {"forms": "function", "differentiable": True, "contract": accumulated(2), "terms": columns, "magnitude": row_sums}
define("affine_grid_generator", FAMILY, generated, dtypes=(*FLOATS, "complex64", "complex128"), violating=(wrong_matrices, too_far_apart), **_AFFINE)
define("nn.functional.affine_grid", FAMILY, grids, dtypes=FLOATS, **_AFFINE)
