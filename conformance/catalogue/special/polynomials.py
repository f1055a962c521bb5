"""Orthogonal polynomials."""

from __future__ import annotations

from math import nan
from typing import Any

from ...accuracy.contracts import conditioned
from ...accuracy.number_formats import decode, encode
from ...cases.case import EVERY_INTEGER, FLOATS, ITEMSIZE, Case, TensorSpec
from ...drawing.critical_points import CRITICAL
from ...drawing.pen import PLAIN, Pen
from ..rows import Arguments, define
from .bessel import FAMILY, REAL

_DEGREES = (0, 1, 2, 3, 4, 5, 7, 12, 30, 8, 9, 6)
_FRACTIONS = (*_DEGREES, 2.75, -0.5, -3, 60, nan, float("inf"))
_FAR, _FARTHEST = 60, 1000


def _near_enough(pen: Pen, spec: TensorSpec) -> TensorSpec:
    """Degrees above 60, or 1,000 where they are critical, are replaced: torch takes a step for each, and at 2**53 it would take weeks (known
    difference ``polynomial-hang``). What is no 64-bit integer counts as a negative degree."""
    farthest = _FARTHEST if (pen.force or "").startswith(CRITICAL) else _FAR
    if spec.dtype in FLOATS or spec.dtype in EVERY_INTEGER:
        numbers = decode(pen.buffers[spec.buffer], spec.dtype)
        if any(farthest < number < 2.0**63 for number in numbers):
            pen.buffers[spec.buffer] = encode([2 if farthest < number < 2.0**63 else number for number in numbers], spec.dtype)
    return spec


def steps_forever(case: Case) -> bool:
    """A degree for which torch takes millions of steps, of a tensor that shares the memory of another one."""
    degree = case.kwargs.get("n", case.args[-1])
    if isinstance(degree, TensorSpec):
        data = case.buffers[degree.buffer]
        size = ITEMSIZE[degree.dtype]
        numbers = decode(data[: len(data) // size * size], degree.dtype) if degree.dtype in FLOATS or degree.dtype in EVERY_INTEGER else ()
    else:
        numbers = (degree,) if isinstance(degree, (int, float)) else ()
    return any(_FARTHEST < number < 2.0**63 for number in numbers)


def _degree(pen: Pen, shape: tuple[int, ...]) -> Any:
    dtype = pen.other_dtype()
    if pen.force is not None or pen.chance(3):
        return _near_enough(pen, pen.tensor(shape, dtype))
    return pen.tensor(shape, dtype, values=_FRACTIONS if dtype in FLOATS else _DEGREES if dtype in EVERY_INTEGER else None)


def polynomial(pen: Pen) -> Arguments:
    """An element, or a number, and a degree, or a number."""
    a, b = pen.broadcastable(2)
    kind = pen.integer(0, 7)
    if kind == 6 or (pen.force == "scalar operand" and kind < 4):
        number = pen.choice((0.5, -1.0, 1.0, 2, 0.25, -0.75, 3))
        pen.labels.add("scalar operand")
        return (number, _degree(pen, b)), {}
    if kind == 7 or pen.force == "scalar operand":
        pen.labels.add("scalar operand")
        return (pen.tensor(a), pen.choice(_FRACTIONS[:-2])), {}
    x = pen.tensor(a)
    if pen.force == PLAIN:  # it may share its memory with the degrees
        x = _near_enough(pen, x)
    return (x, _degree(pen, b)), {}


define("special.chebyshev_polynomial_t special.chebyshev_polynomial_u special.chebyshev_polynomial_v special.chebyshev_polynomial_w "
       "special.shifted_chebyshev_polynomial_t special.shifted_chebyshev_polynomial_u special.shifted_chebyshev_polynomial_v "
       "special.shifted_chebyshev_polynomial_w special.hermite_polynomial_h special.hermite_polynomial_he special.laguerre_polynomial_l "
       "special.legendre_polynomial_p", FAMILY, polynomial, dtypes=REAL, contract=conditioned(4), fixed="n", fatal=steps_forever,
       critical=("near_zero poles(1, -1, 0.5) at(0.7071067811865476, -0.5, 20)", "at(3, 6, 7, 8, 9, 20, 2.75, 128, 129, 512, 513)"))
