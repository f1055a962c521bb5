"""Distances, and vectors that are cut to a length."""

from __future__ import annotations

import math
from itertools import zip_longest

from ...accuracy.contracts import accumulated, conditioned
from ...cases.case import Case
from ...drawing.pen import Pen
from ..reductions.sums_and_extremes import powers_of_norm, reduced_terms
from ..rows import Arguments, define

FAMILY = "linalg"
_FLOATS = ("float32", "float64", "float16", "bfloat16", "complex64", "complex128")


def dist(pen: Pen) -> Arguments:
    a, b = pen.broadcastable(2)
    other = pen.tensor(b, pen.other_dtype(), mode="ordinary")
    orders = (2, 1, 3, 0.5, 1.5, math.inf) if pen.grad else (2, 1, 0, math.inf, -math.inf, 3, 0.5, -1, 1.5)
    kwargs = pen.maybe("p", lambda: pen.choice(orders) if not pen.misbehave() else 1j)
    args = (pen.tensor(a, mode="ordinary"), other)
    return ((*args, *kwargs.values()), {}) if pen.chance(2) else (args, kwargs)


def differences(case: Case) -> int:
    """How many elements the difference of the two has, which are broadcast."""
    shapes = [spec.shape[::-1] for spec in case.tensors()]
    return math.prod(0 if 0 in sizes else max(sizes) for sizes in zip_longest(*shapes, fillvalue=1))


def renorm(pen: Pen) -> Arguments:
    tensor = pen.tensor(pen.shape(1 if pen.misbehave(3) else 2, 3), mode="ordinary")
    p = pen.choice((2, 1, 3, 2.0, 0.5, math.inf, 1.5)) if not pen.misbehave(4) else pen.choice((0, -1, 1j))
    most = pen.choice((1.0, 2, 0.5, 0.0, 1000.0)) if not pen.misbehave(4) else pen.choice((-1.0, 1j))
    dim = pen.dim(len(tensor.shape))
    return ((tensor,), {"p": p, "dim": dim, "maxnorm": most}) if pen.chance(4) else ((tensor, p, dim, most), {})


define("dist", FAMILY, dist, dtypes=(*_FLOATS, "int64", "bool"), differentiable=True, contract=accumulated(2), terms=differences,
    partial=powers_of_norm)  # fmt: skip
define("renorm", FAMILY, renorm, dtypes=_FLOATS, differentiable=True, contract=conditioned(8), terms=reduced_terms, never_alone={
    "isinstance(ord, complex)": "p is found to be complex before", "defined or dims or": "there are dimensions"})  # fmt: skip
