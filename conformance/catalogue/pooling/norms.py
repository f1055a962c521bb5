"""Norms of windows."""

from __future__ import annotations

from math import inf, prod
from typing import Any

from ...accuracy.contracts import conditioned
from ...cases.case import Case, TensorSpec
from ...drawing.pen import Pen
from ..derivatives import numbers_of
from ..rows import Arguments, Draw, define
from .pooling import FAMILY, FLOATS, input_of, one_or_all


def _order(pen: Pen, rank: int) -> Any:
    """An order of which the dtype has norms; 0 when invalid."""
    if pen.misbehave(3):
        return pen.choice((0, 0.0, -1, inf))
    if pen.dtype in FLOATS:
        greatest = (inf, -inf)
        if rank == 3 and pen.dtype in ("float16", "bfloat16"):
            return pen.choice(greatest)
        return pen.choice((2, 2.0, 3, 1, 4.0, *greatest) if pen.grad else (2, 2.0, 3, 1, 0.5, -1.0, 4.0, 1.5, -2, *greatest))
    if pen.dtype == "int64":
        return pen.choice((2, 2.0, 3, 1, 0.5, 1.5, *((inf, -inf) if rank > 1 else ())))
    return pen.choice((2.0, 3.0, 1.0, 0.5))


def norms(rank: int) -> Draw:
    """Windows that need not fit, with ``ceil_mode``."""

    def draw(pen: Pen) -> Arguments:
        kernel = tuple([pen.choice((2, 1, 3)) for _ in range(rank)])
        stride = tuple([pen.choice((1, 2, 3)) for _ in range(rank)])
        sizes = tuple([k - 1 + pen.length((1, 2, 3, 4), most=40) for k in kernel])
        window: Any = kernel[0] if rank == 1 else one_or_all(pen, kernel)
        args = (input_of(pen, sizes), _order(pen, rank), window)
        step = one_or_all(pen, stride) if pen.chance(2) else None
        if pen.chance(4):
            return (*args, step, pen.chance(2)), {}
        return args, ({} if step is None else {"stride": step}) | pen.maybe("ceil_mode", lambda: True, 3)

    return draw


def _smooth(case: Case) -> bool:
    """Where no sum can be zero: there torch lets no gradient through."""
    values = numbers_of(case, case.args[0])
    order = case.args[1] if len(case.args) > 1 else case.kwargs.get("norm_type")
    return order in (inf, -inf) or order in (2, 4) and 0 not in values or all(isinstance(v, float) and v > 0 for v in values)


def _window(case: Case) -> int:
    """The terms of each sum: at most as many as an image has elements."""
    spec = case.args[0] if case.args else case.kwargs["input"]
    return max(prod(spec.shape[1:]), 1) if isinstance(spec, TensorSpec) else 1


_NORM: dict[str, Any] = {"forms": "function", "differentiable": True, "contract": conditioned(8), "terms": _window, "derivative": _smooth}
for _rank in (1, 2, 3):
    define(f"lp_pool{_rank}d", FAMILY, norms(_rank), dtypes=(*FLOATS, "int64", "int32", "uint8"), **_NORM)
