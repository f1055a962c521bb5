"""Comparing gradients under a derived bound.

A gradient is a composite of many roundings, and how much each of them matters depends on the formula and on the input: the bound
follows from the condition there. The gradient is evaluated by refimpl in float64, once as it is and a few times with rounding
errors of the size of the dtype's on purpose (:mod:`conformance.judging.rounding_noise`): in every input (values of few bits, such as zeros, ones,
ties and clamp bounds, are left alone in half of the samples, and equal values stay equal, so that no kink is crossed), in every
element of the cotangent, and in every rounded step of the forward and the backward formula. A gradient may be :data:`FACTOR`
times as far away as the farthest of these, and a few roundings of its own. Each element has its own bound. Before one is refused there are
many samples, since few may miss a cancellation; a sample in which an element has jumped, rather than moved in proportion, says nothing of it.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import Callable, Iterator

from ..accuracy.number_formats import FORMATS, REAL, decode, flushing, round_to, ulp_distance
from ..accuracy.vectors import LONG, far_apart
from ..cases.case import ITEMSIZE, Case
from ..cases.deviation import Deviation
from ..execution.oracles import remembered
from ..execution.outcomes import Gradients, Outcome
from .rounding_noise import Noise
from .tiers.subnormals import is_subnormal
from .widening import widen

# Errors of random sign in n steps add up to about sqrt(n) of their sum, and few samples see less than the worst of them.
FACTOR = 8.0
FREE_ULPS = 4.0
_SAMPLES = 32
# A movement by more than this many roundings is looked at again with errors of another size: it must be in proportion to it, but with larger
# errors it may be larger than that, since what is zero but for rounding moves by products of errors.
_SMOOTH = 4096.0
_OTHER_SIZE = 16.0

RunNoisy = Callable[[Case, int, Noise], "Outcome | None"]


def compare_gradients(
    order: str, case: Case, expected: Gradients, got: Gradients, run_wide: Callable[[Case], Outcome | None], run_noisy: RunNoisy,
    trust_refimpl: bool = False, linear: bool = False, flushes: bool = False, recomputed: Callable[[Case], float] | None = None,
) -> Iterator[Deviation]:
    """The gradient elements of ``got`` that are outside their bound around each of ``expected`` (torch's), torch's in float64 and, if that is no
    judge in its own cause (``trust_refimpl``), refimpl's in float64.

    ``run_wide`` runs a widened case on torch, ``run_noisy`` runs it with rounding errors. ``order`` is "first" or "second". ``linear``: the gradient
    is a sum of products like the operation itself, and no inputs of 16 bits need to be moved by more than the roundoff of the accumulator.
    ``flushes``: subnormal numbers may become zero, on the way too. ``recomputed``: the size of exponents that the gradient computes again.
    """
    spread: _Spread | None = None
    exact: Gradients | None = None
    for number, (a, b) in enumerate(zip(expected.values, got.values, strict=True)):
        if a is None or b is None or a[2] == b[2]:
            continue
        dtype = a[0]
        suspects = far_apart(a[2], b[2], dtype, FREE_ULPS) if len(a[2]) == len(b[2]) > LONG else None
        if suspects == []:
            continue
        x, y = decode(a[2], dtype), decode(b[2], dtype)
        for i in range(len(x)) if suspects is None else suspects:
            p, q = x[i], y[i]
            if ulp_distance(p, q, dtype) <= FREE_ULPS or (flushes and q == 0.0 and is_subnormal(p, dtype)):
                continue
            if spread is None:
                spread = _spread_of(order, case, run_noisy, linear, flushes, 1.0 if recomputed is None else recomputed(case))
                exact = remembered.about(case, ("wide gradients", order), lambda: _wide(order, case, run_wide))
            centre = _value(exact, number, i, p)
            centres = [p, centre, *([_value(spread.centre, number, i, p)] if trust_refimpl else [])]
            if dtype in REAL and not _finite(x, i) and not _finite(y, i) and not _determined(p, centre, dtype):
                continue  # a complex number that is not finite: torch's own loops differ in which of its parts are not
            between = math.isfinite(p) and min(p, centre) <= q <= max(p, centre)  # not farther away than torch's own error
            beyond = math.isinf(q) and q == round_to(centre, REAL.get(dtype, dtype))  # what the dtype cannot hold, of which torch has made a NaN
            if between or beyond or spread.allows(number, i, q, centres, dtype):
                continue
            details = {
                "allowed": spread.of(number, i), "exact": centre, "ulps": ulp_distance(p, q, dtype), "order": order, "input": number, "element": i,
            }  # fmt: skip
            yield Deviation("gradients", f"{order} order, input {number}, element {i}", repr(p), repr(q), details)


def _spread_of(order: str, case: Case, run_noisy: RunNoisy, linear: bool, flushes: bool, exponents: float) -> _Spread:
    """The one for all backends: what has been sampled for one serves the next."""
    how = order, linear, flushes, exponents
    return remembered.about(case, ("spread", *how), lambda: _Spread(order, case, run_noisy, linear, flushes, exponents))


def _wide(order: str, case: Case, run_wide: Callable[[Case], Outcome | None]) -> Gradients | None:
    """torch's gradients in a wider dtype."""
    wide = widen(case)
    return None if wide is None else _gradients(order, run_wide(wide))


def _finite(parts: tuple[float, ...], i: int) -> bool:
    """Whether the complex number that component ``i`` belongs to is finite."""
    return math.isfinite(parts[i]) and math.isfinite(parts[i ^ 1])


def _determined(p: float, centre: float, dtype: str) -> bool:
    """Whether torch says the same of a part in both precisions: that it is finite, or which infinity it is. (complex128 has but one.)"""
    return math.isfinite(p) and math.isfinite(centre) or p == centre and dtype != "complex128"


def _value(gradients: Gradients | None, number: int, i: int, fallback: float) -> float:
    if gradients is None or gradients.error is not None or number >= len(gradients.values):
        return fallback
    entry = gradients.values[number]
    if entry is None:
        return fallback
    data, dtype = entry[2], entry[0]
    step = ITEMSIZE[dtype] // (2 if dtype in REAL else 1)
    return decode(data[i * step : (i + 1) * step], REAL.get(dtype, dtype))[0] if (i + 1) * step <= len(data) else fallback


class _Spread:
    """How far each gradient element moves under rounding errors of the case's dtype; ``centre``: the gradient without them.

    Who keeps the logarithm L of a sum of exponential functions for the gradient, and computes exp(x - L) there (FlashAttention: T. Dao et al., 2022),
    is off by a relative u |L| in all of a row, which is what a cotangent does that is off by as much. ``exponents`` is the size of L.
    """

    def __init__(
        self, order: str, case: Case, run_noisy: RunNoisy, linear: bool = False, flushes: bool = False, exponents: float = 1.0
    ) -> None:
        self.order = order
        self.case = case
        self.run_noisy = run_noisy
        forms = [flushing(spec.dtype) if flushes else FORMATS[spec.dtype] for spec in case.tensors() if spec.requires_grad]
        self.u = u = max([2.0**-52, *(form.unit_roundoff for form in forms)])  # less than 2**-52 would round away
        terms = min(u, FORMATS["float32"].unit_roundoff)  # 16-bit floats are added up in float32
        least = max([0.0, *(max(form.smallest_subnormal / 2, 2.0**-1074) for form in forms)])  # less than 2**-1074 would round away
        self.noise = Noise(u, least, terms)
        self.of_inputs = terms / u if linear else 1.0
        self.of_cotangents = min(max(exponents, self.of_inputs), max(2.0**-8 / u, 1.0))  # of more nothing is left
        plain = widen(case)
        found = None if plain is None else _gradients(order, run_noisy(plain, 0, Noise()))
        self.centre = None if found is None or found.error is not None else found
        values = [] if self.centre is None else self.centre.values
        self.rows = [[] if v is None else [0.0] * len(decode(v[2], v[0])) for v in values]
        self.samples = 0

    def of(self, number: int, i: int) -> float:
        """The farthest movement seen of an element, of a complex one that of the part that moves more; 0 where it cannot be found out."""
        if self.centre is None or number >= len(self.rows) or i >= len(self.rows[number]):
            return 0.0
        entry = self.centre.values[number]
        paired = entry is not None and entry[0] in REAL
        return max(self.rows[number][i], self.rows[number][i ^ 1]) if paired else self.rows[number][i]

    def allows(self, number: int, i: int, value: float, centres: list[float], dtype: str) -> bool:
        """Whether a value is near enough to one of ``centres``: sampled until it is, since no sample takes back what another has allowed."""
        while True:
            moved = FACTOR * self.of(number, i)
            if any(value == centre or abs(value - centre) <= moved + FREE_ULPS * FORMATS[dtype].ulp(centre) for centre in centres):
                return True
            if self.samples == _SAMPLES or self.centre is None:
                return False
            self._sample()

    def _sample(self) -> None:
        sample, self.samples = self.samples, self.samples + 1
        moved, again = self._moved(sample, 1.0), None
        times = _OTHER_SIZE if self.u < 2.0**-48 else 1.0 / _OTHER_SIZE  # less than 2**-52 would round away
        if moved is None or self.centre is None:
            return
        for number, (a, b) in enumerate(zip(self.centre.values, moved.values, strict=True)):
            if a is None or b is None:
                continue
            for i, (p, q) in enumerate(zip(decode(a[2], a[0]), decode(b[2], b[0]), strict=True)):
                distance = abs(p - q)
                if not self.rows[number][i] < distance < math.inf:
                    continue
                if distance > _SMOOTH * self.u * max(abs(p), abs(q)):
                    again = again or self._moved(sample, times) or Gradients()
                    other = abs(p - _value(again, number, i, math.nan)) / times
                    if not distance / 4 <= other <= (math.inf if times > 1 else 4 * distance):
                        continue
                self.rows[number][i] = distance

    def _moved(self, sample: int, times: float) -> Gradients | None:
        """The gradient under errors some times as large, otherwise the same. Half of the samples move every value."""
        case = widen(self.case, random.Random(sample), keep_simple=sample % 2 == 0, step=times * self.of_inputs)
        nudge = (sample, self.u * times * self.of_cotangents)
        outcome = None if case is None else self.run_noisy(replace(case, nudge=nudge), sample, self.noise.times(times))
        moved = _gradients(self.order, outcome)
        return None if moved is None or moved.error is not None else moved


def _gradients(order: str, outcome: Outcome | None) -> Gradients | None:
    if outcome is None:
        return None
    return outcome.first if order == "first" else outcome.second
