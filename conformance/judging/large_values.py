"""Whether a large result is right, for all of its elements at once.

The contracts are those of every result. What is compared with is torch in a wider dtype, rounded once; in float64, where nothing is wider, torch
itself. That does not decide against anybody: what is in doubt here is judged element by element, with refimpl as the arbiter, like any other result.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Mapping

import torch

from ..accuracy.contracts import OF_THE_REFERENCE, Contract
from ..accuracy.number_formats import FORMATS, REAL, is_float
from ..accuracy.vectors import components, distances, nudged, ulp
from ..cases.case import Case
from ..catalogue.rows import Operation
from ..execution.outcomes import Outcome, Output
from .conditioning import with_float_operand
from .other_elements import absolute_values, transformed_scale
from .widening import run_oracle, widen

_SAMPLES = 4  # of inputs moved by one rounding
_SURE = 4.0  # the largest movement in so few samples may be this much smaller than the condition


def settled(case: Case, number: int, a: Output, b: Output, operation: Operation, contract: Contract, accumulators: Mapping[str, str]) -> bool:
    """Whether every element of result ``number`` (``a``: torch's, ``b``: the candidate's, which adds up in ``accumulators``) keeps the contract."""
    dtype = a.reading.dtype
    if a.reading.data == b.reading.data:
        return True
    if not is_float(dtype):
        return False
    got, torchs = components(b.reading.data, dtype), components(a.reading.data, dtype)
    if contract.kind == "exact":
        same = (got == torchs) & (got.signbit() == torchs.signbit()) | got.isnan() & torchs.isnan()
        return bool(same.all())
    slack = OF_THE_REFERENCE.get(dtype, 0.0)
    right = torchs
    if not slack and case.seed is None:
        wide = widen(replace(case, grad=0))
        found = _result(None if wide is None else run_oracle(wide), number, dtype)
        if found is None or found.shape != torchs.shape:
            return False
        right = found.to(torchs.dtype)
    return not bool(_doubtful(case, number, dtype, got, right, operation, contract, slack, accumulators).any())


def _result(outcome: Outcome | None, number: int, dtype: str) -> torch.Tensor | None:
    """A result in float64, its parts in turn if it is complex."""
    if outcome is None or number >= len(outcome.outputs):
        return None
    reading = outcome.outputs[number].reading
    if not is_float(reading.dtype) or (reading.dtype in REAL) != (dtype in REAL):
        return None
    return components(reading.data, reading.dtype).double()


def _doubtful(
    case: Case, number: int, dtype: str, got: torch.Tensor, right: torch.Tensor, operation: Operation, contract: Contract, slack: float,
    accumulators: Mapping[str, str],
) -> torch.Tensor:  # fmt: skip
    """Which components are not seen to keep the contract."""
    form = FORMATS[dtype]
    steps = distances(got, right)
    x, y = right.double(), got.double()
    finite = x.isfinite() & y.isfinite()
    largest = x.abs()
    if dtype in REAL:
        pairs = x.reshape(-1, 2)
        largest = pairs.abs().amax(1, keepdim=True).expand(-1, 2).reshape(-1)
        both_infinite = ~(pairs.isfinite().all(1)) & ~(y.reshape(-1, 2).isfinite().all(1))
        steps = torch.where(finite, torch.minimum(steps, (x - y).abs() / ulp(largest, dtype)), steps)
        steps = torch.where(both_infinite[:, None].expand(-1, 2).reshape(-1), 0.0, steps)
    free = {"ulps": contract.k, "conditioned": contract.k}.get(contract.kind, 1.0) + slack
    doubtful = steps > free
    if dtype not in REAL:
        doubtful |= (x == 0) & (y == 0) & (x.signbit() != y.signbit())
    if contract.kind == "ulps" or not bool(doubtful.any()):
        return doubtful
    if contract.kind == "accumulated":
        terms = operation.terms_of_each(case, x.numel() // (2 if dtype in REAL else 1))
        sums = FORMATS[accumulators.get(dtype, dtype)]
        near = _magnitude(absolute_values(case, operation), number, dtype, largest)
        allowed = contract.k * max(terms, 1) * sums.unit_roundoff * torch.maximum(near, x.abs()) + (1.0 + slack) * ulp(x, dtype)
        allowed += max(terms, 1) * sums.smallest_subnormal
    elif contract.kind == "transformed":
        terms = operation.terms_of_each(case, x.numel() // (2 if dtype in REAL else 1))
        scales = transformed_scale(case, operation, number, x.numel() // (2 if dtype in REAL else 1))
        if scales is None:
            return doubtful
        near = torch.tensor(scales, dtype=torch.float64)
        allowed = contract.k * math.log2(max(terms, 2)) * form.unit_roundoff * near + (1.0 + slack) * ulp(x, dtype)
    else:
        moved = _movement(case, number, dtype, x)
        allowed = contract.k * (ulp(x, dtype) + form.unit_roundoff * contract.inner + moved) + slack * ulp(x, dtype) + form.smallest_subnormal
    return doubtful & ~(finite & (x != y) & ((x - y).abs() <= allowed))


def _magnitude(case: Case, number: int, dtype: str, otherwise: torch.Tensor) -> torch.Tensor:
    """M: the sum of the absolute terms of each component."""
    wide = widen(case)
    found = _result(None if wide is None else run_oracle(wide), number, dtype)
    if found is None or found.shape != otherwise.shape:
        return otherwise
    found = found.abs()
    if dtype not in REAL:
        return found
    return 2 * found.nan_to_num(nan=torch.inf).reshape(-1, 2).amax(1, keepdim=True).expand(-1, 2).reshape(-1)


def _movement(case: Case, number: int, dtype: str, x: torch.Tensor) -> torch.Tensor:
    """How far each component moves when every input moves by one rounding: the largest of a few samples, and some more."""
    moved = torch.zeros_like(x)
    case = with_float_operand(case)
    wide = widen(replace(case, grad=0))
    here = None if wide is None else _result(run_oracle(wide), number, dtype)
    if wide is None or here is None:
        return moved
    u = max((FORMATS[spec.dtype].unit_roundoff for spec in case.tensors() if is_float(spec.dtype)), default=0.0)
    u = max(u, 2.0**-44)  # smaller steps drown in float64
    dtypes = {spec.buffer: spec.dtype for spec in wide.tensors() if is_float(spec.dtype)}
    for seed in range(_SAMPLES):
        buffers = [nudged(data, dtypes[i], u, seed) if i in dtypes else data for i, data in enumerate(wide.buffers)]
        there = _result(run_oracle(replace(wide, buffers=tuple(buffers))), number, dtype)
        if there is not None and there.shape == here.shape:
            moved = torch.maximum(moved, (there - here).abs().nan_to_num(0.0, 0.0, 0.0))
    return _SURE * moved * (FORMATS[dtype].unit_roundoff / u)

