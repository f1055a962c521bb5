"""Distances and angles between vectors, and the bilinear layer."""

from __future__ import annotations

import math
from typing import Any

from ...accuracy.contracts import accumulated
from ...cases.case import FLOATS, Case
from ...drawing.critical_points import CRITICAL
from ...drawing.pen import Pen
from ..reductions.sums_and_extremes import power
from ..rows import Arguments, define
from .matrix_products import FAMILY, OPTIONS

_ORDERS = (2, 1, float("inf"), 0, 3, 0.5, 1.5, 2.0)
_NEGATIVE = (-1, -0.5, float("nan"))


def _order(pen: Pen) -> Any:
    return pen.choice(_NEGATIVE) if pen.misbehave(2) else pen.choice(_ORDERS)


def _second(pen: Pen) -> str:
    return pen.dtype if not pen.misbehave(3) else pen.other_dtype()


def cdist(pen: Pen) -> Arguments:
    """Batches of few rows; by products of matrices where nothing is differentiated."""
    batches = pen.broadcastable(2, pen.shape(0, 2, 4))
    columns = pen.length((2, 3, 1, 9, 0), most=40)
    shapes = [(*batch, pen.length(range(4), most=25), columns + 1 if pen.misbehave(5) else columns) for batch in batches]
    if pen.misbehave(5):
        shapes[pen.integer(0, 1)] = shapes[0][-1:]
    tensors = pen.tensor(shapes[0]), pen.tensor(shapes[1], _second(pen))
    kwargs = pen.maybe("p", lambda: _order(pen))
    if pen.misbehave(4):
        return tensors, kwargs | pen.choice(({"compute_mode": "use_mm"}, {"compute_mode": 1}, {"p": "2"}, {"p": 2j}))
    return tensors, kwargs | pen.maybe("compute_mode", lambda: pen.choice(("donot_use_mm_for_euclid_dist", "use_mm_for_euclid_dist_if_necessary")))


def pdist(pen: Pen) -> Arguments:
    """A matrix; torch does not survive the gradient of one without rows, nor has it that of 16-bit floats."""
    rows = pen.length((3, 2, 4) if pen.grad else (3, 2, 4, 1, 0), most=12)
    shape = pen.shape(0, 3, 20) if pen.misbehave(2) else (rows, pen.length((2, 3, 1, 9) if pen.grad else (2, 3, 1, 9, 0), most=20))
    return (pen.tensor(shape), *((_order(pen),) if pen.chance(2) else ())), {}


def _pair(pen: Pen) -> tuple[Any, Any]:
    a, b = pen.broadcastable(2)
    return pen.tensor(a), pen.tensor(b, pen.other_dtype())


def pairwise_distance(pen: Pen) -> Arguments:
    kwargs = pen.maybe("p", lambda: pen.choice((*_ORDERS, -1.0, float("-inf")))) | pen.maybe("eps", lambda: pen.choice((1e-6, 0.0, 0.5)))
    return _pair(pen), kwargs | pen.maybe("keepdim", lambda: pen.chance(2))


def cosine_similarity(pen: Pen) -> Arguments:
    pair = _pair(pen)
    rank = max(len(spec.shape) for spec in pair)
    kwargs = {"dim": pen.dim(rank)} if rank < 2 or pen.chance(2) else {}
    # where a device has nothing wider, a length below the normal numbers has few bits, and nothing but eps takes its place
    least = (1e-8, 0.5) if pen.force == CRITICAL else (1e-8, 0.0, 0.5)
    return pair, kwargs | pen.maybe("eps", lambda: -1.0 if pen.misbehave(2) else pen.choice(least), 3)


def vector_terms(case: Case) -> int:
    """The longest dimension, and a rounding of the difference and of what is added."""
    return max([size for spec in case.tensors() for size in spec.shape] or [1]) + 2


def powers(case: Case, number: int) -> Any:
    """The sum of the powers, for the orders that have one."""
    order = next((value for value in (*case.args, case.kwargs.get("p")) if isinstance(value, (int, float))), 2)
    return (lambda norm, n: power(norm, order)) if 0 < order < math.inf else None


def bilinear(pen: Pen) -> Arguments:
    lead = pen.shape(0, 2, 4, most=100)
    n, m = (0 if pen.misbehave(12) else pen.length(sizes, most=40) for sizes in ((2, 3, 1, 4), (3, 2, 1, 4)))
    outputs = pen.length((2, 1, 3, 0), most=10)
    first = (*lead, n + 1 if pen.misbehave(6) else n)
    second = (*[size + 1 if pen.misbehave(6) else size for size in lead], m + 1 if pen.misbehave(8) else m)
    if pen.misbehave(6):
        first = first[1:]
    weight = (outputs, n, m)[: 3 if not pen.misbehave(6) else pen.integer(0, 2)]
    args: tuple[Any, ...] = (pen.tensor(first), pen.tensor(second, _second(pen)), pen.tensor(weight, _second(pen)))
    if pen.chance(2):
        args = (*args, pen.tensor((outputs + 1 if pen.misbehave(4) else outputs,) if not pen.misbehave(8) else (), _second(pen)))
    return args, {}


def bilinear_of_nothing(pen: Pen) -> Arguments:
    """Numbers, vectors without elements, or a number for weights."""
    kind = pen.integer(0, 2)
    shape = () if kind == 0 else (*pen.shape(0, 2, 4), 0 if kind == 1 else 2)
    return (pen.tensor(shape), pen.tensor(shape), pen.tensor(() if kind == 2 else (2, 0, 0) if kind == 1 else (2, 1, 1))), {}


def bilinear_terms(case: Case) -> int:
    """The products with both vectors one after the other, and the bias."""
    return sum(spec.shape[-1] for spec in case.tensors()[:2] if spec.shape) + 1


OF_NORMS: dict[str, Any] = {"differentiable": True, "contract": accumulated(2), "terms": vector_terms, "subtracted": ("x2",), "partial": powers}
define("cdist", FAMILY, cdist, forms="function", dtypes=FLOATS, **OF_NORMS)
define("pdist", FAMILY, pdist, forms="function", dtypes=FLOATS, **OF_NORMS | {"subtracted": ()})
define("pairwise_distance", FAMILY, pairwise_distance, forms="function", **OF_NORMS)
define("cosine_similarity", FAMILY, cosine_similarity, forms="function", dtypes=FLOATS, differentiable=True, contract=accumulated(4),
       terms=vector_terms)  # fmt: skip
define("bilinear", FAMILY, bilinear, forms="function", violating=(bilinear_of_nothing,),
       **OPTIONS | {"contract": accumulated(2), "terms": bilinear_terms})  # fmt: skip
