"""Triangles and diagonals of matrices."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import accumulated
from ...drawing.pen import Pen
from ..rows import Arguments, define

FAMILY = "linalg"


def diagonal_of_matrix(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(1, 3 if pen.invalid else 2))
    return (tensor, *((pen.integer(-3, 3),) if pen.chance(2) else ())), {}


def diag(pen: Pen) -> Arguments:
    """A vector, which becomes a matrix, or a matrix."""
    tensor = pen.tensor(pen.shape(1, 3 if pen.invalid else 2, most=300))
    return (tensor, *((pen.integer(-3, 3),) if pen.chance(2) else ())), {}


def embed(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(1, 2, 12))
    kwargs: dict[str, Any] = pen.maybe("offset", lambda: pen.integer(-2, 2))
    if pen.chance(3):
        kwargs |= {"dim1": pen.dim(len(tensor.shape) + 1), "dim2": pen.dim(len(tensor.shape) + 1)}
    return (tensor,), kwargs


def flat_diagonal(pen: Pen) -> Arguments:
    return (pen.tensor(pen.shape(0, 2, 9)), *((pen.integer(-2, 2),) if pen.chance(2) else ())), {}


def square_or_not(pen: Pen) -> Arguments:
    """A matrix; a tensor of another number of dimensions when invalid."""
    return (pen.tensor(pen.shape(0, 4) if pen.misbehave(2) else pen.shape(2, 2)),), {}


define("diag_embed", FAMILY, embed, differentiable=True)
define("diagflat", FAMILY, flat_diagonal, differentiable=True)
define("trace", FAMILY, square_or_not, differentiable=True, contract=accumulated(1))
define("diag", FAMILY, diag, differentiable=True)
# torch writes beyond the memory of an out= of another layout: known difference "triangles-into-strides"
define("tril triu", FAMILY, diagonal_of_matrix, differentiable=True, out_layouts=("contiguous",))
