"""Judging the values of one result, component by component, under the operation's contract.

Each component is held against two numbers: the correctly rounded one (refimpl's) and torch's. It must keep the contract around one of them;
where torch itself leaves the contract, it may also lie between the two. So what torch does at one component excuses nothing at
another, and nowhere more than torch's own error.
"""

from __future__ import annotations

import math
from dataclasses import replace
from math import prod
from typing import Any, Callable, Iterator, Mapping, Sequence

from ..accuracy.contracts import (
    COMPLEX_ARITHMETIC,
    EXACT,
    Adding,
    Comparison,
    Contract,
    Factors,
    accumulated,
    compare,
    complex_function,
    of_many_terms,
)  # fmt: skip
from ..accuracy.number_formats import FORMATS, REAL, decode, encode, is_float
from ..backends.base import ACCUMULATORS, Backend
from ..cases.case import ITEMSIZE, Case
from ..cases.deviation import Deviation
from ..catalogue.entries import parameters
from ..catalogue.rows import Operation
from ..execution.oracles import reference_backend, remembered
from ..execution.outcomes import Output, execute
from .conditioning import condition
from .large_values import settled
from .linear_algebra.backward_errors import backward_movement, largest_size
from .other_elements import absolute_values, finite_values, growing_factors, of_each_component, scale, shrinking_factors, transformed_scale
from .statistics import Statistics
from .tiers.excess_precision import in_wider_dtype
from .widening import wide_data, wide_values

REFIMPL, TORCH, WIDER = "refimpl's correctly rounded result", "torch's result", "torch's float64 result, rounded"


class ValueJudge:
    """Judges the elements of an operation's results. ``is_reference``: the candidate is refimpl's CPU itself, and nothing to be held against.
    ``accumulators``: the dtypes in which the candidate adds up, where they are not those of the elements; ``flushes``, ``excess``: it may flush
    subnormals to zero, and compute in a wider dtype (:mod:`.tiers`)."""

    def __init__(
        self, operation: Operation, contract: Contract, oracle: Backend, is_reference: bool, statistics: Statistics,
        accumulators: Mapping[str, str] = ACCUMULATORS, flushes: bool = False, excess: bool = False,
    ) -> None:  # fmt: skip
        self.operation = operation
        self.contract = contract
        self.oracle = oracle
        self.is_reference = is_reference
        self.statistics = statistics
        self.accumulators = accumulators
        self.flushes = flushes
        self.excess = excess

    def settled(self, case: Case, number: int, a: Output, b: Output) -> bool:
        """Whether a large result is seen to keep the contract without a look at each element."""
        if self._natural_dtype(case, number, a.reading.dtype, [a.reading.data]) != a.reading.dtype:
            return False
        contract = of_many_terms(self._contract(case, a.reading.dtype), self.operation.summed(case, prod(a.reading.shape)), a.reading.dtype)
        return settled(case, number, a, b, self.operation, contract, self.accumulators)

    def deviations(self, case: Case, number: int, a: Output, b: Output, right: bytes | None) -> Iterator[Deviation]:
        """What is wrong with result ``number`` (``b``, torch's is ``a``), one deviation for each wrong component, the worst first; ``right``: the
        elements of the reference, if it has them."""
        dtype, torch_data, data = a.reading.dtype, a.reading.data, b.reading.data
        source = REFIMPL
        if right is None:
            wide = wide_data(case, number, a, dtype)
            right, source = (torch_data, TORCH) if wide is None else (wide, WIDER)
        natural = self._natural_dtype(case, number, dtype, [torch_data, right])
        if natural != dtype:
            # out= of a wider dtype, or of a complex one: the result was computed, and rounded, in a narrower one
            yield from self._unrounded(case, number, dtype, natural, right, torch_data, data, source)
            right, torch_data, data = (reencode(d, dtype, natural) for d in (right, torch_data, data))
            dtype = natural
        bound = self.bound(case, number, dtype, right, [data, torch_data])
        candidate, oracle = bound(right, data, self.accumulators, self.flushes), bound(right, torch_data)
        self.statistics.errors(dtype, candidate, oracle, len(decode(data, dtype)))
        if candidate.ok and oracle.ok:
            return
        if self.is_reference:
            if not oracle.ok:
                yield from self._against_torch(case, number, a, dtype, torch_data, data, bound, oracle)
            return
        if not oracle.ok:
            self._finding(case, number, dtype, right, torch_data, oracle)
        beside = bound(torch_data, data, self.accumulators, self.flushes)
        wrong = beyond_both(candidate, oracle, beside, *(decode(each, dtype) for each in (right, torch_data, data)))
        wide = in_wider_dtype(case, number, a) if wrong and self.excess and dtype == a.reading.dtype else None
        if wide is not None:
            held = bound(wide, data, self.accumulators, self.flushes)
            wrong = [i for i in wrong if not (held.keeps(i) or _between(*(decode(each, dtype)[i] for each in (right, wide, data))))]
        narrow = self._narrowest(case, dtype) if wrong else dtype
        if narrow != dtype:
            others = [reencode(each, dtype, narrow) for each in (right, torch_data, data)]
            rounded = self.bound(case, number, narrow, others[0], others[1:])(others[0], others[2], self.accumulators, self.flushes)
            wrong = [i for i in wrong if source != TORCH and oracle.keeps(i) or not rounded.keeps(i)]
        for i in wrong:
            yield value_deviation(dtype, right, data, candidate, source, number, i)

    def _narrowest(self, case: Case, dtype: str) -> str:
        """The narrowest dtype of what a composite reads: where torch shows that it rounds to that on the way, others may."""
        if self.contract.kind in ("exact", "ulps") or not is_float(dtype):
            return dtype
        kinds = [spec.dtype for spec in case.tensors() if is_float(spec.dtype) and spec is not case.kwargs.get("out")]
        real = min([REAL.get(kind, kind) for kind in (*kinds, dtype)], key=lambda kind: FORMATS[kind].precision)
        return next((kind for kind, part in REAL.items() if part == real), dtype) if dtype in REAL else real

    def _against_torch(
        self, case: Case, number: int, a: Output, dtype: str, torch_data: bytes, data: bytes, bound: Callable[..., Comparison], apart: Comparison
    ) -> Iterator[Deviation]:
        """The candidate is the reference itself: where the two are ``apart``, torch in a wider dtype says which of them is wrong."""
        wide = wide_data(case, number, a, dtype)
        if wide is None:
            around = bound(torch_data, data)  # either may have overflowed on the way
            for i in [i for i in apart.outside() if not around.keeps(i)]:
                yield value_deviation(dtype, torch_data, data, apart, TORCH, number, i)
            return
        mine, torchs = bound(wide, data), bound(wide, torch_data)
        found = False
        vanished = self._vanished(case, number, a, dtype, data, wide, mine)
        for i in apart.outside():
            better = mine.keeps(i) and not torchs.keeps(i) or i in vanished
            if better or not mine.keeps(i) and mine.each[i] < (torchs.each[i] if torchs.each else 0.0):
                found = True
            elif not mine.keeps(i):
                yield value_deviation(dtype, wide, data, mine, WIDER, number, i)
        if found:
            self._finding(case, number, dtype, data, torch_data, apart)

    def _vanished(self, case: Case, number: int, a: Output, dtype: str, data: bytes, wide: bytes, mine: Comparison) -> set[int]:
        """The zeros of a sum, of another sign than torch's in a wider dtype, that are rounded from numbers of that sign. torch loses a small term
        beside large ones that cancel in every dtype, the reference does not."""
        ours, theirs = decode(data, dtype), decode(wide, dtype)
        zeros = [i for i in mine.outside() if ours[i] == theirs[i] == 0] if self.contract.kind == "accumulated" else []
        exact = wide_values(case, number, a, dtype, reference_backend()) if zeros else None
        return set() if exact is None else {i for i in zeros if exact[i] and math.copysign(1.0, exact[i]) == math.copysign(1.0, ours[i])}

    def _finding(self, case: Case, number: int, dtype: str, right: bytes, torch_data: bytes, comparison: Comparison) -> None:
        self.statistics.finding(case, value_deviation(dtype, right, torch_data, comparison, "the correctly rounded result", number))

    # -- bounds ------------------------------------------------------------------------------------
    def bound(self, case: Case, number: int, dtype: str, right: bytes, candidates: list[bytes]) -> Callable[..., Comparison]:
        """The comparison of (reference, result, dtypes of accumulators) that the contract asks for at this input. What is costly (the sum of
        the absolute terms, the condition) is computed only if one of ``candidates`` needs it."""
        results = len(right) // ITEMSIZE[dtype]
        contract = of_many_terms(self._contract(case, dtype), self.operation.summed(case, results), dtype)
        magnitude: list[float] | None = None
        factors: list[Factors] | None = None
        terms = self.operation.terms_of_each(case, results) if contract.kind != "exact" else 1
        overflowing: list[bool] = []
        partial = None if self.operation.partial is None else self.operation.partial(case, number)
        if contract.kind == "accumulated" and is_float(dtype):
            magnitude = scale(absolute_values(case, self.operation), number, right, dtype)
            if magnitude is not None and math.inf in magnitude and any(data != right for data in candidates):  # of infinite terms, or too many
                finite = scale(absolute_values(finite_values(case), self.operation), number, right, dtype) or magnitude
                magnitude = [b if a == math.inf else a for a, b in zip(magnitude, finite, strict=True)]
            kept = all(compare(contract, dtype, right, data, magnitude, terms).ok for data in candidates)
            if self.operation.cancelling is not None and magnitude is not None and not kept:
                times = self.operation.cancelling(case)  # the sum of terms is divided by so much less, and the quotient by a sum that is off
                if times > 1.0:
                    magnitude = [times * (size + abs(value)) for size, value in zip(magnitude, decode(right, dtype), strict=True)]
            if self.operation.multiplies and not kept:
                changes = [scale(change(case), number, right, dtype) for change in (growing_factors, shrinking_factors)]
                factors = None if None in changes else [Factors(*pair) for pair in zip(*changes, strict=True)]
        elif contract.kind == "transformed" and is_float(dtype):
            magnitude = None if all(compare(contract, dtype, right, data).ok for data in candidates) else transformed_scale(
                case, self.operation, number, results)  # fmt: skip
        elif contract.kind == "conditioned" and not all(compare(contract, dtype, right, data).ok for data in candidates):
            reference = reference_backend() or self.oracle
            fixed = self.operation.fixed
            magnitude = remembered.about(case, ("condition", number, fixed), lambda: condition(reference, case, number, fixed))
            magnitude = of_each_component(magnitude, len(decode(right, dtype)), dtype)
            if self.operation.intermediate is not None:
                magnitude = magnitude or [0.0] * len(decode(right, dtype))
                rounded, overflowing = self._intermediate(case, number, right, dtype)
                magnitude = [a + b for a, b in zip(magnitude, rounded, strict=True)]
        elif contract.kind == "backward":
            terms = largest_size(case)
            if not all(compare(contract, dtype, right, data, None, terms).ok for data in candidates):
                magnitude = backward_movement(reference_backend() or self.oracle, case, number)
                magnitude = of_each_component(magnitude, len(decode(right, dtype)), dtype)

        def within(reference: bytes, data: bytes, accumulators: Mapping[str, str] = ACCUMULATORS, flushes: bool = False) -> Comparison:
            adding = Adding(accumulators.get(dtype, ""), None if partial is None else lambda value: partial(value, terms), flushes, overflowing)
            return compare(contract, dtype, reference, data, magnitude, terms, factors, adding)

        return within

    def _intermediate(self, case: Case, number: int, right: bytes, dtype: str) -> tuple[list[float], list[bool]]:
        """For each component the size of what is rounded on the way to it, as the operation's row computes it, and whether any of that overflows."""
        none = [0.0] * len(decode(right, dtype))
        calls = self.operation.intermediate(case) if self.operation.intermediate is not None else ()
        each = [scale(call, number, right, dtype) or none for call in calls]
        if not each:
            return none, []
        sums = [sum(size for size in component if size == size) for component in zip(*each, strict=True)]
        return sums, [any(size != size for size in component) for component in zip(*each, strict=True)]

    def _contract(self, case: Case, dtype: str) -> Contract:
        """The operation's contract; on complex numbers exact arithmetic, which IEEE 754 does not define, and functions have their own.

        With ``alpha``, ``accumulate`` or ``reduce`` an exact operation becomes a sum of products, or of terms, or a product, in any order.
        """
        if self.operation.moves(case):
            return EXACT
        named = dict(zip(parameters(case.operation), case.args)) | case.kwargs
        if self.contract.kind == "exact" and ("alpha" in named or named.get("accumulate") or named.get("reduce") in ("add", "multiply")):
            return accumulated(2)
        if not is_float(dtype) or (dtype not in REAL and not any(spec.dtype in REAL for spec in case.tensors())):
            return self.contract  # the absolute value of a complex number is real
        if self.contract.kind == "exact" and self.operation.complex_arithmetic:
            return COMPLEX_ARITHMETIC
        return complex_function(self.contract) if self.contract.kind == "ulps" else self.contract

    # -- out= of another dtype -----------------------------------------------------------------------
    def _natural_dtype(self, case: Case, number: int, dtype: str, results: list[bytes]) -> str:
        """The dtype in which an ``out=`` call computes: that of the result without ``out``, if it is narrower, and holds one of the results."""
        if case.form != "out" or not is_float(dtype):
            return dtype
        plain = replace(case, form="function", kwargs={key: value for key, value in case.kwargs.items() if key != "out"})
        outcome = execute(self.oracle, plain)
        if outcome.error is not None or number >= len(outcome.outputs):
            return dtype
        found = outcome.outputs[number].reading.dtype
        narrower = is_float(found) and found != dtype and FORMATS[found].precision <= FORMATS[dtype].precision
        return found if narrower and any(all(_held(data, dtype, found)) for data in results) else dtype

    def _unrounded(
        self, case: Case, number: int, dtype: str, natural: str, right: bytes, torch_data: bytes, data: bytes, source: str
    ) -> Iterator[Deviation]:
        """Components that are no number of the dtype in which torch computes (an imaginary part where that is real), nor right in that of ``out``."""
        comparison = compare(self._contract(case, dtype), dtype, right, data)
        held, torchs = _held(data, dtype, natural), _held(torch_data, dtype, natural)
        for i in comparison.outside():
            if torchs[i] and not held[i]:
                yield value_deviation(dtype, torch_data, data, comparison, source, number, i)


def _held(data: bytes, dtype: str, narrower: str) -> list[bool]:
    """Of each component, whether it is a number of a narrower dtype; of a real one: an imaginary part that is 0."""
    there = decode(reencode(reencode(data, dtype, narrower), narrower, dtype), dtype)
    return [x == y or (x != x and y != y) for x, y in zip(decode(data, dtype), there, strict=True)]


def _between(a: float, b: float, value: float) -> bool:
    """Whether a value lies between two others, all of them numbers."""
    return not any(map(math.isnan, (a, b, value))) and min(a, b) <= value <= max(a, b)


def beyond_both(
    candidate: Comparison, oracle: Comparison, beside: Comparison, right: Sequence[Any], torchs: Sequence[Any], mine: Sequence[Any]
) -> list[int]:
    """The components of a candidate that neither keep the contract around the reference nor, where torch leaves it, around torch's value
    (``beside``), and do not lie between the two, where a contract leaves room there; the worst first."""

    def between(i: int) -> bool:
        numbers = right[i], torchs[i], mine[i]
        measured = candidate.contract.kind != "exact" and math.isfinite(torchs[i]) and not any(map(math.isnan, numbers))
        return measured and sorted(numbers)[1] == mine[i]

    return [i for i in candidate.outside() if oracle.keeps(i) or not (beside.keeps(i) or between(i))]


def value_deviation(
    dtype: str, right: bytes, data: bytes, comparison: Comparison, source: str, number: int, component: int | None = None
) -> Deviation:
    """The deviation of one component of result ``number``; of the worst one, unless it is given."""
    worst = comparison.outside()[0] if component is None else component
    i = worst // (2 if dtype in REAL else 1)
    a, b = element(right, dtype, i), element(data, dtype, i)
    sizes = {"ulps": comparison.distances[worst], "units": comparison.each[worst]}
    details = {"element": i, **sizes, "reference": source, "dtype": dtype, "output": number}
    return Deviation("values", f"{comparison.contract} around {source}, element {i}", repr(a), repr(b), details)


def element(data: bytes, dtype: str, i: int) -> Any:
    """Element ``i`` (row-major) of raw bytes, as a Python number."""
    size = ITEMSIZE[dtype]
    values = decode(data[i * size : (i + 1) * size], dtype)
    return complex(*values) if dtype in REAL else values[0]


def reencode(data: bytes, source: str, target: str) -> bytes:
    """Elements of one float dtype rounded to another; of complex numbers as real ones the real parts."""
    values: list[Any] = list(decode(data, source))
    if source in REAL:
        values = [complex(re, im) for re, im in zip(values[::2], values[1::2], strict=True)] if target in REAL else values[::2]
    return encode(values, target)
