"""The judge: runs a case on torch, on the reference and on the candidate, and says what deviates.

Oracle for semantics (shape, dtype, strides, aliasing, errors, which gradients exist) is torch on the CPU. Oracle for
values is refimpl's correctly rounded result. Where torch and refimpl disagree, a third opinion decides: torch in a wider
dtype, rounded once. So there are three verdicts: the candidate is outside its contract (a failure), torch is (a finding),
or both are within.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import Any, Callable, Iterator

from .. import known_differences
from ..accuracy.contracts import COMPLEX_ARITHMETIC, Comparison, Contract, Factors, accumulated, compare, complex_function
from ..accuracy.number_formats import FORMATS, REAL, decode, encode, is_float
from ..backends import Backend, Unsupported, find_backend, missing_piece
from ..cases.case import ITEMSIZE, Case, canonical
from ..cases.deviation import Deviation
from ..catalogue.rows import Operation
from ..declared_deviations.declarations import Ledger
from ..execution.oracles import ORACLE, REFERENCE, reference_backend
from ..execution.outcomes import Gradients, Outcome, Output, execute, refuses_shared_memory
from . import comparators
from .conditioning import condition
from .gradients import compare_gradients, widen
from .other_elements import absolute_values, growing_factors, shrinking_factors
from .refusals import acceptable
from .rounding_noise import Noisy
from .statistics import Statistics


@lru_cache(maxsize=1)
def noisy_backend() -> Noisy | None:
    """refimpl with rounding errors, which says how far gradients may be off."""
    return None if reference_backend() is None else Noisy()


class Judge:
    """Judges one operation on one backend; what it saw is added to ``statistics``."""

    def __init__(self, backend: Backend, operation: Operation, contract: Contract, statistics: Statistics) -> None:
        self.backend = backend
        self.operation = operation
        self.contract = contract
        self.statistics = statistics
        self.oracle = find_backend(ORACLE)
        self.ledger = Ledger(backend.name, operation.name)

    def check(self, case: Case) -> list[Deviation]:
        """Every deviation of this case that is neither a known difference nor declared; an empty list if it conforms."""
        missing = missing_piece(self.backend, case)
        if missing is not None:
            self.statistics.unsupported(case, missing)
            return []
        expected = execute(self.oracle, case)
        try:
            got = execute(self.backend, case)
        except Unsupported as error:
            self.statistics.unsupported(case, str(error))
            return []
        if _outside(expected):
            return []  # torch itself leaves the twelve dtypes here
        self.statistics.example(case, expected)
        self.ledger.example(case)
        found = []
        for deviation in self._deviations(case, expected, got):
            known = known_differences.find(case, deviation, self.operation.name)
            if known is not None and (known.open or self._agrees_with_reference(case, deviation, got)):
                self.statistics.known(known.identifier, case)
            elif self.ledger.match(case, deviation) is None:
                found.append(deviation)
        if found:
            self.statistics.failed(case, found)
        else:
            self.statistics.passed(case)
        return found

    def _agrees_with_reference(self, case: Case, deviation: Deviation, got: Outcome) -> bool:
        """Whether the candidate does what refimpl does, in the property in which it differs from torch: a difference that is torch's
        own fault excuses nothing else."""
        reference = None if self.backend.name == REFERENCE else self._reference(case, got)
        if reference is None:
            return True
        quiet = Judge(self.backend, self.operation, self.contract, Statistics(self.operation.name, self.backend.name))
        return all(other.property != deviation.property for other in quiet._deviations(case, reference, got))

    # -- property by property --------------------------------------------------------------------
    def _deviations(self, case: Case, expected: Outcome, got: Outcome) -> Iterator[Deviation]:
        count = self.statistics.checked
        capabilities = self.backend.capabilities
        error = comparators.compare_errors(expected, got, capabilities.messages, capabilities.error_types)
        count("errors")
        if error is not None:
            if case.unspecified and refuses_shared_memory(got):
                return  # torch leaves anything there
            both = expected.error is not None and got.error is not None
            if not both or not acceptable(expected, got, self._reference(case, got)):
                yield error
            return
        # Elements that cannot be read are taken to be torch's: the metadata of the arguments is left to compare.
        read = got if capabilities.values else replace(got, buffers=expected.buffers)
        purity = list(comparators.compare_purity(case, expected, read, capabilities.strides))
        count("purity")
        yield from purity
        if expected.error is not None:
            return
        structure = comparators.compare_structures(expected, got)
        if structure is not None:
            yield structure
            return
        own_stream = case.seed is not None and capabilities.own_random
        if case.seed is not None and not own_stream and expected.random_state != got.random_state:
            yield Deviation("values", "state of the generator afterwards", "torch's", "another")
        comparable = True
        for a, b in zip(expected.outputs, got.outputs, strict=True):
            for name in ("dtype", "shape", "strides") if capabilities.strides else ("dtype", "shape"):
                count(name)
            for deviation in comparators.compare_metadata(a, b, capabilities.strides):
                comparable = comparable and deviation.property == "strides"
                yield deviation
            if capabilities.aliasing:
                count("aliasing")
                deviation_of_alias = comparators.compare_aliasing(a, b, capabilities.strides)
                if deviation_of_alias is not None:
                    yield deviation_of_alias
        if not comparable:
            return
        if self.operation.values and capabilities.values and not own_stream and not case.unspecified:
            yield from self._values(case, expected, got)
            yield from self._again(case, got)
        if case.grad and capabilities.autograd and not case.unspecified:
            yield from self._gradients(case, expected, got)

    # -- values ----------------------------------------------------------------------------------
    def _values(self, case: Case, expected: Outcome, got: Outcome) -> Iterator[Deviation]:
        reference: Outcome | None = None
        asked = False
        for number, (a, b) in enumerate(zip(expected.outputs, got.outputs, strict=True)):
            self.statistics.elements(a.reading.shape)
            self.statistics.checked("values")
            dtype = a.reading.dtype
            if a.reading.data == b.reading.data and (self.contract.kind == "exact" or not is_float(dtype)):
                continue
            if not asked:
                reference, asked = self._reference(case, got), True
            right = self._reference_data(reference, number, a)
            for deviation in self._judge_values(case, number, a, b, right, expected):
                yield replace(deviation, details=deviation.details | {"output": number})

    def _reference(self, case: Case, got: Outcome) -> Outcome | None:
        """The outcome on refimpl's CPU, or None where it has none."""
        backend = reference_backend()
        if backend is None:
            return None
        if self.backend.name == REFERENCE:
            return got
        try:
            return execute(backend, case)
        except Unsupported:
            return None

    def _reference_data(self, reference: Outcome | None, number: int, expected: Output) -> bytes | None:
        if reference is None or reference.error is not None or number >= len(reference.outputs):
            return None
        reading = reference.outputs[number].reading
        if (reading.dtype, reading.shape) != (expected.reading.dtype, expected.reading.shape):
            return None
        return reading.data

    def _judge_values(
        self, case: Case, number: int, a: Output, b: Output, right: bytes | None, expected: Outcome
    ) -> Iterator[Deviation]:
        dtype, torch_data, data = a.reading.dtype, a.reading.data, b.reading.data
        reference_name = "refimpl's correctly rounded result"
        if right is None:
            wide = self._wide_data(case, number, a, dtype)
            right, reference_name = (torch_data, "torch's result") if wide is None else (wide, "torch's float64 result, rounded")
        natural = self._natural_dtype(case, number, dtype)
        if natural != dtype:
            # out= of a wider dtype, or of a complex one: the result was computed, and rounded, in a narrower one
            right, torch_data, data = (reencode(d, dtype, natural) for d in (right, torch_data, data))
            dtype = natural
        bound = self._bound(case, number, dtype, right, [data, torch_data])
        candidate, oracle = bound(right, data), bound(right, torch_data)
        self.statistics.errors(dtype, candidate, oracle, len(decode(data, dtype)))
        if candidate.ok and oracle.ok:
            return
        if self.backend.name == REFERENCE and not oracle.ok:
            # The candidate is the reference itself: torch in a wider dtype says which of the two is wrong.
            wide = self._wide_data(case, number, a, dtype)
            if wide is None:
                yield self._value_deviation(dtype, torch_data, data, oracle, "torch's result")
                return
            mine, torchs = bound(wide, data), bound(wide, torch_data)
            if mine.ok and not torchs.ok or mine.units < torchs.units:
                self._finding(case, dtype, right, torch_data, oracle)
            elif not mine.ok:
                yield self._value_deviation(dtype, wide, data, mine, "torch's float64 result, rounded")
            return
        if not oracle.ok and (candidate.ok or candidate.units <= oracle.units):
            self._finding(case, dtype, right, torch_data, oracle)
            return
        if not candidate.ok:
            yield self._value_deviation(dtype, right, data, candidate, reference_name)

    def _bound(self, case: Case, number: int, dtype: str, right: bytes, results: list[bytes]) -> Callable[..., Comparison]:
        """The comparison of (reference, result) that the contract asks for at this input. What is costly (the sum of the absolute terms,
        the condition) is computed only if one of ``results`` needs it."""
        contract = self._contract(case, dtype)
        magnitude: list[float] | None = None
        factors: list[Factors] | None = None
        terms = 1
        if contract.kind == "accumulated" and is_float(dtype):
            terms = self.operation.terms(case)
            magnitude = self._scale(absolute_values(case, self.operation), number, right, dtype)
            if self.operation.multiplies and not all(compare(contract, dtype, right, data, magnitude, terms).ok for data in results):
                changes = [self._scale(change(case), number, right, dtype) for change in (growing_factors, shrinking_factors)]
                factors = None if None in changes else [Factors(*pair) for pair in zip(*changes, strict=True)]
        elif contract.kind == "conditioned" and not all(compare(contract, dtype, right, data).ok for data in results):
            reference = reference_backend() or self.oracle
            magnitude = condition(reference, case, number)
            if magnitude is not None and len(magnitude) != len(decode(right, dtype)):
                magnitude = None
        return lambda reference, data, **how: compare(contract, dtype, reference, data, magnitude, terms, factors, **how)

    def _natural_dtype(self, case: Case, number: int, dtype: str) -> str:
        """The dtype in which an ``out=`` call computes: that of the result without ``out``, if it is narrower."""
        if case.form != "out" or not is_float(dtype):
            return dtype
        plain = replace(case, form="function", kwargs={key: value for key, value in case.kwargs.items() if key != "out"})
        outcome = execute(self.oracle, plain)
        if outcome.error is not None or number >= len(outcome.outputs):
            return dtype
        found = outcome.outputs[number].reading.dtype
        narrower = is_float(found) and found != dtype and FORMATS[found].precision <= FORMATS[dtype].precision
        return found if narrower else dtype

    def _contract(self, case: Case, dtype: str) -> Contract:
        """The operation's contract; on complex numbers exact arithmetic, which IEEE 754 does not define, and functions have their own.

        With ``alpha`` or ``accumulate`` an exact operation becomes a sum of products, or of terms in any order.
        """
        if self.contract.kind == "exact" and ("alpha" in case.kwargs or case.kwargs.get("accumulate")):
            return accumulated(2)
        if not is_float(dtype) or (dtype not in REAL and not any(spec.dtype in REAL for spec in case.tensors())):
            return self.contract  # the absolute value of a complex number is real
        if self.contract.kind == "exact" and self.operation.complex_arithmetic:
            return COMPLEX_ARITHMETIC
        return complex_function(self.contract) if self.contract.kind == "ulps" else self.contract

    def _finding(self, case: Case, dtype: str, right: bytes, torch_data: bytes, comparison: Comparison) -> None:
        deviation = self._value_deviation(dtype, right, torch_data, comparison, "the correctly rounded result")
        self.statistics.finding(case, deviation)

    def _value_deviation(self, dtype: str, right: bytes, data: bytes, comparison: Comparison, source: str) -> Deviation:
        i = comparison.worst
        a, b = element(right, dtype, i), element(data, dtype, i)
        details = {"element": i, "ulps": comparison.ulps, "units": comparison.units, "reference": source, "dtype": dtype}
        return Deviation("values", f"{comparison.contract} around {source}, element {i}", repr(a), repr(b), details)

    def _scale(self, case: Case, number: int, right: bytes, dtype: str) -> list[float] | None:
        """The results of a case in float64, one number for each component: M of an accumulated contract, if the case has absolute values."""
        wide = widen(case)
        outcome = None if wide is None else self._run_oracle(wide)
        components = len(decode(right, dtype))
        if outcome is None or number >= len(outcome.outputs):
            return None
        reading = outcome.outputs[number].reading
        values = [abs(value) for value in decode(reading.data, reading.dtype)] if is_float(reading.dtype) else []
        if dtype in REAL and len(values) == components:
            # Both parts of a complex result draw from both parts of its terms.
            values = [math.inf if v != v else v for v in values]  # differences of terms, which may both overflow
            values = [max(values[i], values[i ^ 1]) * 2 for i in range(len(values))]
        return values if len(values) == components else None

    def _wide_data(self, case: Case, number: int, expected: Output, dtype: str) -> bytes | None:
        """torch's result in a wider dtype, rounded once to ``dtype``; None where nothing wider exists."""
        if dtype not in FORMATS or dtype in ("float64", "complex128"):
            return None
        wide = widen(replace(case, grad=0))
        outcome = None if wide is None else self._run_oracle(wide)
        if outcome is None or number >= len(outcome.outputs):
            return None
        reading = outcome.outputs[number].reading
        if reading.shape != expected.reading.shape or not is_float(reading.dtype):
            return None
        values: list[Any] = list(decode(reading.data, reading.dtype))
        if dtype in REAL:
            if reading.dtype not in REAL:
                return None
            values = [complex(re, im) for re, im in zip(values[::2], values[1::2], strict=True)]
        return encode(values, dtype)

    def _run_oracle(self, case: Case) -> Outcome | None:
        """A widened case on torch; integers become float64 there, not float32."""
        import torch

        previous = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        try:
            outcome = execute(self.oracle, case)
        finally:
            torch.set_default_dtype(previous)
        return None if outcome.error is not None else outcome

    def _run_noisy(self, case: Case, seed: int, u: float) -> Outcome | None:
        """A widened case on refimpl with rounding errors of a relative size ``u``; on torch, without them, where refimpl cannot run it."""
        noisy = noisy_backend()
        if noisy is None:
            return self._run_oracle(case)
        noisy.disturb(seed, u)
        try:
            outcome = execute(noisy, case)
        except Unsupported:
            return self._run_oracle(case)
        return None if outcome.error is not None else outcome

    # -- determinism and layout ------------------------------------------------------------------
    def _again(self, case: Case, got: Outcome) -> Iterator[Deviation]:
        second = self._attempt(case) if "again" in case.labels else None
        if second is not None:
            self.statistics.checked("determinism")
            same = [x.reading.data for x in got.outputs] == [x.reading.data for x in second.outputs]
            if not same or second.error is not None:
                yield Deviation("determinism", "the same call twice", "the same bits", _error_or(second, "other bits"))
        if "relayout" in case.labels and self.operation.layout_independent and not case.grad and case.form != "out":
            plain = canonical(case)
            if plain is not None:
                yield from self._layout(case, plain, got)

    def _attempt(self, case: Case) -> Outcome | None:
        """A further call; None where the backend does not support it: that it has no such layout says nothing of the first one."""
        try:
            return execute(self.backend, case)
        except Unsupported:
            return None

    def _layout(self, case: Case, plain: Case, got: Outcome) -> Iterator[Deviation]:
        other = self._attempt(plain)
        if other is None:
            return
        self.statistics.checked("layout")
        oracle = execute(self.oracle, plain)
        if oracle.error is not None:
            return
        if other.error is not None:
            yield Deviation("layout", "contiguous operands", "a result", f"{other.error[0]}: {other.error[1]}")
            return
        for number, (a, b) in enumerate(zip(got.outputs, other.outputs, strict=False)):
            if (a.reading.dtype, a.reading.shape) != (b.reading.dtype, b.reading.shape):
                yield Deviation("layout", "dtype and shape", f"{a.reading.dtype} {a.reading.shape}", f"{b.reading.dtype} {b.reading.shape}")
                return
            if a.reading.data == b.reading.data:
                continue
            self.statistics.layout_difference()
            # Both results may be off by what the contract allows, in opposite directions.
            dtype = a.reading.dtype
            bound = self._bound(case, number, dtype, a.reading.data, [b.reading.data])
            comparison = bound(a.reading.data, b.reading.data, mutual=True)
            comparison = replace(comparison, ok=comparison.units <= 2.0)
            if not comparison.ok and oracle.outputs[number].reading.data != b.reading.data:
                i = comparison.worst
                yield Deviation(
                    "layout", f"the same elements contiguous, element {i}",
                    repr(element(a.reading.data, dtype, i)), repr(element(b.reading.data, dtype, i)),
                    {"element": i, "output": number, "units": comparison.units / 2, "dtype": dtype},
                )  # fmt: skip

    # -- gradients -------------------------------------------------------------------------------
    def _gradients(self, case: Case, expected: Outcome, got: Outcome) -> Iterator[Deviation]:
        for a, b in zip(expected.outputs, got.outputs, strict=True):
            if a.requires_grad != b.requires_grad:
                yield Deviation("gradients", "requires_grad of the result", str(a.requires_grad), str(b.requires_grad))
                return
            if a.node != b.node and self.backend.capabilities.node_names:
                yield Deviation("gradients", "name of grad_fn", str(a.node), str(b.node))
        for order in ("first", "second"):
            x, y = getattr(expected, order), getattr(got, order)
            if x is None and y is None:
                return
            if order == "second" and (x is None or y is None) and _all_zero(x or y):
                return  # one of the two knows that the second derivative is zero, the other computes it
            if x is None or y is None:
                exists = ("no gradients", "gradients")
                yield Deviation("gradients", f"{order} order", exists[x is not None], exists[y is not None])
                return
            self.statistics.checked("gradients")
            self.statistics.label("grad" if order == "first" else "double grad")
            deviation = comparators.compare_gradient_metadata(x, y)
            if deviation is None and x.error is None and self.backend.capabilities.values:
                deviation = compare_gradients(
                    order, case, x, y, self._run_oracle, self._run_noisy, trust_refimpl=not self.backend.name.startswith("refimpl")
                )
            if deviation is not None:
                yield deviation
                return


def _outside(expected: Outcome) -> bool:
    """Whether torch computes in complex32 (float16 with a complex number), which is not one of the twelve dtypes."""
    if expected.error is not None:
        return "ComplexHalf" in expected.error[1]
    return any(output.reading.dtype not in ITEMSIZE for output in expected.outputs)


def element(data: bytes, dtype: str, i: int) -> Any:
    """Element ``i`` (row-major) of raw bytes, as a Python number."""
    values = decode(data, dtype)
    return complex(values[2 * i], values[2 * i + 1]) if dtype in REAL else values[i]


def reencode(data: bytes, source: str, target: str) -> bytes:
    """Elements of one float dtype rounded to another; of complex numbers as real ones the real parts."""
    values: list[Any] = list(decode(data, source))
    if source in REAL:
        values = [complex(re, im) for re, im in zip(values[::2], values[1::2], strict=True)] if target in REAL else values[::2]
    return encode(values, target)


def _all_zero(gradients: Gradients | None) -> bool:
    if gradients is None or gradients.error is not None:
        return False
    return all(not any(decode(entry[2], entry[0])) for entry in gradients.values if entry is not None)


def _error_or(outcome: Outcome, otherwise: str) -> str:
    return otherwise if outcome.error is None else f"{outcome.error[0]}: {outcome.error[1]}"
