"""Results that are judged by the equations that define them, because the equations leave something open: signs and phases of vectors, the order of
what is equal, the choice of a pivot.

A row of the catalogue says which equations hold (``equations``). Each is one of products of matrices, and holds within ``k * n * u`` times the
products of the factors' Frobenius norms: so much a backward stable algorithm leaves, with n the largest size of a matrix and u the unit roundoff of
the dtype in which the operation is evaluated, or to which ``out=`` rounds its results. What is a property rather than an equation (a triangle of
zeros, an order) holds exactly. torch's own result is held to the same: where it does not satisfy them, that is a finding. Of operands that are not
finite nothing is said, but that a NaN among them, where torch has one among the results, is one there; of finite ones results are finite where
torch's are.
"""

from __future__ import annotations

import math
from typing import Any, Iterator, Sequence

from ...accuracy.equations import Equation, Property, Solved, multiplied, norm
from ...accuracy.number_formats import FORMATS, decode, is_float
from ...cases.case import Case, TensorSpec, elements
from ...cases.deviation import Deviation
from ...catalogue.entries import parameters
from ...execution.outcomes import Outcome, Output
from .backward_errors import largest_size

K = 16.0


# -- the verdict ---------------------------------------------------------------------------------------


def unsatisfied(equations: Any, case: Case, outputs: Sequence[Output], expected: Sequence[Output]) -> Iterator[Deviation]:
    """The equations that results do not satisfy, and the properties that they do not have."""
    floats = [spec for spec in _inputs(case) if is_float(spec.dtype)]
    if not floats or says_nothing(case):  # nothing to solve for: torch accepts integers where they are none
        if any(map(_has_nan, expected)) and not any(map(_has_nan, outputs)) and any(x != x for x in _numbers(case)):
            yield Deviation("values", "a product that is NaN has a factor that is NaN", "NaN among the results", "none", {})
        return
    if all(map(_is_finite, expected)) and not all(map(_is_finite, outputs)):
        yield Deviation("values", "results are finite", "finite numbers", "an infinity or NaN", {})
        return
    written = [output.reading.dtype for output in expected if is_float(output.reading.dtype)]  # out= may be of a narrower dtype
    u = max(FORMATS[dtype].unit_roundoff for dtype in (*[spec.dtype for spec in floats], *written))
    least = min(FORMATS[spec.dtype].smallest_subnormal for spec in floats)
    size = largest_size(case)
    for said in equations(Solved(case, parameters(case.operation), outputs, expected)):
        if isinstance(said, Property):
            if not said.holds:
                yield Deviation("values", said.words, "holds", "does not hold", {})
            continue
        residual, allowed = _residual(said), K * size * (u * _scale(said) + least)
        if not residual <= allowed:
            yield Deviation("values", said.words, f"a residual of at most {allowed:.3g}", f"{residual:.3g}", {"units": residual / allowed})


def says_nothing(case: Case) -> bool:
    """Whether the equations say nothing of a call's results, beside that NaN makes NaN: elements of its operands are not finite."""
    return not all(map(math.isfinite, _numbers(case)))


def _numbers(case: Case) -> Iterator[float]:
    for spec in _inputs(case):
        if is_float(spec.dtype):
            yield from decode(b"".join(elements(case, spec)), spec.dtype)


def _has_nan(output: Output) -> bool:
    return is_float(output.reading.dtype) and any(x != x for x in decode(output.reading.data, output.reading.dtype))


def _is_finite(output: Output) -> bool:
    return not is_float(output.reading.dtype) or all(map(math.isfinite, decode(output.reading.data, output.reading.dtype)))


def _inputs(case: Case) -> Iterator[TensorSpec]:
    kept = {name: value for name, value in case.kwargs.items() if name != "out"}
    yield from Case(case.operation, case.form, (), case.args, kwargs=kept).tensors()


def _residual(equation: Equation) -> float:
    try:
        left, right = multiplied(equation.left), multiplied(equation.right)
    except (ValueError, OverflowError):  # infinities of both signs
        return math.inf
    moduli = [abs(x - y) for one, two in zip(left, right, strict=True) for x, y in zip(one, two, strict=True)]
    return math.nan if any(m != m for m in moduli) else max(moduli, default=0.0)


def _scale(equation: Equation) -> float:
    return max(sum(math.prod(norm(factor) for factor in factors) for factors in (equation.left, equation.right)), equation.scale)


def alike(expected: Outcome, got: Outcome) -> bool:
    """Whether what the equations leave open has been decided as torch decides it, so that gradients can be compared: results are near."""
    for a, b in zip(expected.outputs, got.outputs, strict=True):
        x, y = decode(a.reading.data, a.reading.dtype), decode(b.reading.data, b.reading.dtype)
        largest = max([abs(v) for v in x if math.isfinite(v)], default=0.0)
        if not all(abs(v - w) <= 0.01 * largest for v, w in zip(x, y, strict=True) if math.isfinite(v)):
            return False
    return True
