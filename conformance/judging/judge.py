"""The judge: runs a case on torch, on the reference and on the candidate, and says what deviates.

Oracle for semantics (shape, dtype, strides, aliasing, errors, which gradients exist) is torch on the CPU. Oracle for
values is refimpl's correctly rounded result. Where torch and refimpl disagree, a third opinion decides: torch in a wider
dtype, rounded once. So there are three verdicts: the candidate is outside its contract (a failure), torch is (a finding),
or both are within.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, Iterable, Iterator

from .. import known_differences
from ..accuracy.contracts import Contract
from ..accuracy.number_formats import is_float
from ..backends import Backend, Unsupported, find_backend, missing_piece
from ..backends.base import lacking
from ..cases.asked import asked
from ..cases.case import COMPLEX, SEQUENCE, Case, DType, canonical, map_values
from ..cases.deviation import Deviation
from ..catalogue.rows import TABLE, Operation
from ..declared_deviations.declarations import Ledger
from ..drawing.large_pen import LARGE
from ..execution.oracles import ORACLE, REFERENCE, reference_backend, remembered
from ..execution.outcomes import Gradients, Outcome, Output, execute, refuses_shared_memory
from . import comparators
from .gradients import compare_gradients
from .linear_algebra.equations import alike, unsatisfied
from .pointed import points_alike
from .refusals import acceptable, reported, wants_memory
from .rounding_noise import Noise, Noisy
from .state import beyond_a_call
from .statistics import Statistics
from .tiers.refusals_by_values import refused_by_values
from .tiers.subnormals import flushed
from .values import ValueJudge, element
from .widening import run_oracle

NODE_NAME = "name of grad_fn"
# Why the values of an example, or all of it, were not judged.
BY_VALUES = "torch refuses the call because of its elements, at which the backend does not look"
BY_MEMORY = "torch finds no memory for the result here, which a call elsewhere may"
NOT_OF_THE_TWELVE, OWN_RANDOM = "torch's result is of none of the twelve dtypes", "values of a random stream of the backend's own"
# Excuses: nobody can say what is right; the candidate does what refimpl does, and torch does not; the deviation is declared.
OPEN, AS_REFIMPL, DECLARED, FLUSHED = "open", "as refimpl", "declared", "flushed"


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
        self.beside = self.oracle  # what several calls are held against
        self.ledger = Ledger(backend.name, operation.name)
        self.asked = asked()
        self._last: tuple[Case, Outcome | None] | None = None  # what refimpl last said, and of which case
        self._of_flushed: tuple[Outcome, list[set[tuple[Any, ...]] | None]] | None = None  # where it differs from calls without subnormals
        self._apart: tuple[Outcome, bool, set[tuple[Any, ...]]] | None = None  # where an outcome differs from refimpl's, and whether in all

    def check(self, case: Case) -> list[Deviation]:
        """Every deviation of this case that is neither a known difference nor declared; an empty list if it conforms."""
        missing = missing_piece(self.backend, case) or lacking(self.backend, self.operation.needs)
        if missing is not None:
            self.statistics.unsupported(case, missing)
            return []
        expected = remembered.outcome(self.oracle, case)
        try:
            got = execute(self.backend, case)
        except Unsupported as error:
            self.statistics.unsupported(case, str(error))
            return []
        remembered.put(self.backend, case, got)
        if _outside(case, expected):
            self.statistics.leave_out(NOT_OF_THE_TWELVE)
            return []
        if expected.error is not None and got.error is None and not self.backend.capabilities.strides and self._refused_for_layout(case):
            self.statistics.unsupported(case, "a layout that torch refuses")
            return []
        self.statistics.example(case, expected)
        self.ledger.example(case)
        if case.violates:
            self.statistics.violation(case.violates, reported(expected, self._reference(case, got)))
        with_gradients = self.statistics.classes["grad"]
        found = self._unexcused(case, expected, got)
        if found:
            if self.statistics.classes["grad"] == with_gradients:
                self._drawn_with_gradients(case)  # but the comparison did not come to them
            self.statistics.failed(case, found)
        else:
            self.statistics.passed(case)
        return found

    def _refused_for_layout(self, case: Case) -> bool:
        """Whether torch takes the same elements contiguous, as a backend without strides has them."""
        plain = canonical(case)
        return plain is not None and execute(self.oracle, plain).error is None

    def _unexcused(self, case: Case, expected: Outcome, got: Outcome) -> list[Deviation]:
        """Of each group of deviations (the wrong elements of one result) the first that is neither a known difference nor declared."""
        found: list[Deviation] = []
        noted: set[str] = set()
        for group in self._deviations(case, expected, got):
            for deviation in filter(self.asked.concerns, group):
                excuse = self._excuse(case, deviation, got, noted)
                if excuse is None:
                    found.append(deviation)
                    break
                if excuse == AS_REFIMPL and _ends_the_comparison(deviation) and self.backend.name != REFERENCE:
                    found += self._beside_reference(case, got)
            if found and found[-1].property == "gradients" and found[-1].rule != NODE_NAME:
                break  # the second order follows from the first
        return found

    def _excuse(self, case: Case, deviation: Deviation, got: Outcome, noted: set[str]) -> str | None:
        """Why a deviation is no failure, if it is none. An excuse is counted once for an example: ``noted`` holds what was."""
        known = known_differences.find(case, deviation, self.operation.name)
        if known is not None and (known.open or self._agrees_with_reference(case, deviation, got)):
            if known.identifier not in noted:
                self.statistics.known(known.identifier, case)
            noted.add(known.identifier)
            return OPEN if known.open else AS_REFIMPL
        if not self.backend.capabilities.subnormals and self._agrees_flushed(case, deviation, got):
            return FLUSHED
        declared = self.ledger.match(case, deviation, noted)
        if declared is None:
            return None
        noted.add(declared)
        return DECLARED

    def _agrees_with_reference(self, case: Case, deviation: Deviation, got: Outcome) -> bool:
        """Whether the candidate does what refimpl does, in the property, and at the element, in which it differs from torch: a difference that
        is torch's own fault excuses nothing else."""
        if self.backend.name == REFERENCE:
            return True
        reference = self._reference(case, got)
        if reference is None:
            return False
        if self._apart is None or self._apart[0] is not got:  # asked for each of many wrong elements
            apart = [other for group in self._quiet()._deviations(case, reference, got) for other in group]
            self._apart = got, any(map(_ends_the_comparison, apart)), {_place(other) for other in apart}
        _, ended, places = self._apart
        return not ended and _place(deviation) not in places

    def _agrees_flushed(self, case: Case, deviation: Deviation, got: Outcome) -> bool:
        """Whether the candidate, in the property and at the element in which it differs, has what torch or refimpl has where the subnormals that the
        call reads are zeros."""
        if self._of_flushed is None or self._of_flushed[0] is not got:
            self._of_flushed = got, [self._places(other, got) for other in flushed(case)]
        return any(places is not None and _place(deviation) not in places for places in self._of_flushed[1])

    def _places(self, case: Case, got: Outcome) -> set[tuple[Any, ...]] | None:
        """Where an outcome differs from torch's in a case; None if there is nothing to be compared with."""
        apart = [each for group in self._quiet()._deviations(case, execute(self.oracle, case), got) for each in group]
        return None if any(map(_ends_the_comparison, apart)) else {_place(each) for each in apart if not _zeros(each)}

    def _beside_reference(self, case: Case, got: Outcome) -> list[Deviation]:
        """What deviates from refimpl's outcome, where torch's says nothing of it: torch refuses the call, wrongly, or has another shape."""
        reference = self._reference(case, got)
        return [] if reference is None else self._quiet()._unexcused(case, reference, got)

    def _quiet(self, beside: Backend | None = None) -> Judge:
        """The same judge, which counts nothing and holds the backend against refimpl, or another one."""
        judge = Judge(self.backend, self.operation, self.contract, Statistics(self.operation.name, self.backend.name))
        judge.beside = beside or reference_backend() or self.oracle
        return judge

    # -- property by property --------------------------------------------------------------------
    def _deviations(self, case: Case, expected: Outcome, got: Outcome) -> Iterator[Iterable[Deviation]]:
        """Groups of deviations: each by itself, those of the elements of one result together, the worst first."""
        count = self._count
        capabilities = self.backend.capabilities
        error = comparators.compare_errors(expected, got, capabilities.messages and self.asked.messages, capabilities.error_types)
        count("errors")
        if error is not None:
            if case.unspecified and refuses_shared_memory(got):
                return  # torch leaves anything there
            if not capabilities.values_decide and got.error is None and refused_by_values(self.oracle, case):
                self.statistics.leave_out(BY_VALUES)
                return
            if got.error is None and wants_memory(expected):
                self.statistics.leave_out(BY_MEMORY)
                return
            both = expected.error is not None and got.error is not None
            if not both or not acceptable(expected, got, self._reference(case, got)):
                yield [error]
            return
        # Elements that cannot be read are taken to be torch's: the metadata of the arguments is left to compare.
        read = got if capabilities.values else replace(got, buffers=expected.buffers)
        purity = list(comparators.compare_purity(case, expected, read, capabilities.strides))
        count("purity")
        yield from ([deviation] for deviation in purity)
        state = comparators.compare_global_state(expected, got)
        if state is not None:
            yield [state]
        if expected.error is not None:
            return
        structure = comparators.compare_structures(expected, got)
        if structure is not None:
            yield [structure]
            return
        own_stream = case.seed is not None and capabilities.own_random
        if case.seed is not None and not own_stream and expected.random_state != got.random_state:
            yield [Deviation("values", "state of the generator afterwards", "torch's", "another")]
        comparable = True
        for a, b in zip(expected.outputs, got.outputs, strict=True):
            lies = capabilities.empty_layout or 0 not in a.reading.shape  # somewhere
            for name in ("dtype", "shape", "strides") if capabilities.strides and lies else ("dtype", "shape"):
                count(name)
            for deviation in comparators.compare_metadata(a, b, capabilities.strides and lies):
                comparable = comparable and deviation.property == "strides"
                yield [deviation]
            if capabilities.aliasing and lies:
                count("aliasing")
                deviation_of_alias = comparators.compare_aliasing(a, b, capabilities.strides)
                if deviation_of_alias is not None:
                    yield [deviation_of_alias]
        if not comparable:
            return
        if own_stream and self.operation.values and capabilities.values:
            self.statistics.leave_out(OWN_RANDOM)
        if self.operation.values and capabilities.values and not own_stream and not case.unspecified and self.asked.of_values():
            if self.asked.about("values"):
                yield from self._values(case, expected, got)
            yield from self._again(case, got)
        if case.grad and capabilities.autograd and not case.unspecified:
            if self.asked.about("gradients"):
                yield from self._gradients(case, expected, got)
            else:
                self._drawn_with_gradients(case)
        if SEQUENCE in case.labels:
            count("determinism")
            values = self.operation.values and capabilities.values and not case.unspecified
            deviations = beyond_a_call(self.backend, self.beside, case, got, self._another, values, self.operation.fatal)
            yield from ([deviation] for deviation in deviations)

    def _another(self, case: Case) -> list[Deviation]:
        """What deviates in a call that is made beside another one."""
        expected = execute(self.oracle, case)
        return [] if _outside(case, expected) else self._quiet(self.oracle)._unexcused(case, expected, execute(self.backend, case))

    def _count(self, name: str) -> None:
        """A property is judged, if that is asked for."""
        if self.asked.about(name):
            self.statistics.checked(name)

    # -- values ----------------------------------------------------------------------------------
    def _values(self, case: Case, expected: Outcome, got: Outcome) -> Iterator[Iterable[Deviation]]:
        if self.operation.open_indices(case) and points_alike(case, expected.outputs, got.outputs):
            for output in expected.outputs:
                self.statistics.elements(output.reading.shape)
                self.statistics.checked("values")
            return
        if self.operation.equations is not None:
            yield from self._by_equations(case, expected, got)
            return
        for number, (a, b) in enumerate(zip(expected.outputs, got.outputs, strict=True)):
            self.statistics.elements(a.reading.shape)
            self.statistics.checked("values")
            dtype = a.reading.dtype
            if a.reading.data == b.reading.data and (self.contract.kind == "exact" or not is_float(dtype)):
                continue
            judge = self._value_judge(self.statistics)
            if LARGE in case.labels and judge.settled(case, number, a, b):
                continue
            right = _elements_like(self._reference(case, got), number, a)
            yield judge.deviations(case, number, a, b, right)

    def _by_equations(self, case: Case, expected: Outcome, got: Outcome) -> Iterator[Iterable[Deviation]]:
        """The equations that the results do not satisfy; where torch's do not, that is a finding."""
        for output in expected.outputs:
            self.statistics.elements(output.reading.shape)
            self.statistics.checked("values")
        for deviation in unsatisfied(self.operation.equations, case, expected.outputs, expected.outputs):
            self.statistics.finding(case, deviation)
        for deviation in unsatisfied(self.operation.equations, case, got.outputs, expected.outputs):
            yield [deviation]

    def _value_judge(self, statistics: Statistics) -> ValueJudge:
        allowed = self.backend.capabilities
        return ValueJudge(
            self.operation, self.contract, self.oracle, self.backend.name == REFERENCE, statistics, allowed.accumulators,
            flushes=not allowed.subnormals, excess=allowed.excess_precision,
        )  # fmt: skip

    def _reference(self, case: Case, got: Outcome | None) -> Outcome | None:
        """The outcome on refimpl's CPU (``got``, if that is the candidate), or None where it has none."""
        backend = reference_backend()
        if backend is None:
            return None
        if self.backend.name == REFERENCE and got is not None:
            return got
        if self._last is None or self._last[0] is not case:
            try:
                self._last = case, remembered.outcome(backend, case)
            except Unsupported:
                self._last = case, None
        return self._last[1]

    def _run_noisy(self, case: Case, seed: int, noise: Noise) -> Outcome | None:
        """A widened case on refimpl with rounding errors; on torch, without them, where refimpl cannot run it."""
        noisy = noisy_backend()
        if noisy is None:
            return run_oracle(case)
        noisy.disturb(seed, noise)
        try:
            outcome = execute(noisy, case)
        except Unsupported:
            return run_oracle(case)
        return None if outcome.error is not None else outcome

    # -- determinism and layout ------------------------------------------------------------------
    def _again(self, case: Case, got: Outcome) -> Iterator[Iterable[Deviation]]:
        second = self._attempt(case) if "again" in case.labels else None
        if second is not None:
            self._count("determinism")
            same = [x.reading.data for x in got.outputs] == [x.reading.data for x in second.outputs]
            if not same or second.error is not None:
                yield [Deviation("determinism", "the same call twice", "the same bits", _error_or(second, "other bits"))]
        independent = self.operation.layout_independent and not self.operation.open_indices(case) and self.operation.equations is None
        if "relayout" in case.labels and independent and not case.grad and case.form != "out":
            plain = canonical(case)
            if plain is not None:
                yield from self._layout(plain, got)

    def _attempt(self, case: Case) -> Outcome | None:
        """A further call; None where the backend does not support it: that it has no such layout says nothing of the first one."""
        try:
            return execute(self.backend, case)
        except Unsupported:
            return None

    def _layout(self, plain: Case, got: Outcome) -> Iterator[Iterable[Deviation]]:
        other = self._attempt(plain)
        if other is None:
            return
        self._count("layout")
        oracle = execute(self.oracle, plain)
        if oracle.error is not None:
            return
        if other.error is not None:
            yield [Deviation("layout", "contiguous operands", "a result", f"{other.error[0]}: {other.error[1]}")]
            return
        for number, (a, b) in enumerate(zip(got.outputs, other.outputs, strict=False)):
            if (a.reading.dtype, a.reading.shape) != (b.reading.dtype, b.reading.shape):
                one, two = [f"{reading.dtype} {reading.shape}" for reading in (a.reading, b.reading)]
                yield [Deviation("layout", "dtype and shape", one, two)]
                return
            if a.reading.data != b.reading.data:
                self.statistics.layout_difference()
                yield self._layout_of(plain, number, a, b, oracle.outputs[number], other)

    def _layout_of(self, plain: Case, number: int, a: Output, b: Output, torchs: Output, other: Outcome) -> Iterator[Deviation]:
        """Where the result for contiguous operands (``b``) is wrong, which that for the others (``a``), judged already, is not. Both may be off by
        what the contract allows."""
        quiet = self._quiet()
        right = _elements_like(quiet._reference(plain, other), number, torchs)
        for deviation in quiet._value_judge(quiet.statistics).deviations(plain, number, torchs, b, right):
            if quiet._excuse(plain, deviation, other, set()) is None:
                i, dtype = deviation.details["element"], deviation.details["dtype"]
                one, two = [repr(element(output.reading.data, output.reading.dtype, i)) for output in (a, b)]
                details = {"element": i, "output": number, "units": deviation.details["units"], "dtype": dtype}
                yield Deviation("layout", f"the same elements contiguous, element {i}", one, two, details)

    # -- gradients -------------------------------------------------------------------------------
    def _drawn_with_gradients(self, case: Case) -> None:
        """The example counts as one with gradients, which nobody asked to be judged."""
        for name in ("grad", "double grad")[: case.grad]:
            self.statistics.label(name)

    def _gradients(self, case: Case, expected: Outcome, got: Outcome) -> Iterator[Iterable[Deviation]]:
        for a, b in zip(expected.outputs, got.outputs, strict=True):
            if a.requires_grad != b.requires_grad:
                yield [Deviation("gradients", "requires_grad of the result", str(a.requires_grad), str(b.requires_grad))]
                return
            if a.node != b.node and self.backend.capabilities.node_names:
                yield [Deviation("gradients", NODE_NAME, str(a.node), str(b.node))]
        if self.operation.equations is not None and self.backend.capabilities.values and not alike(expected, got):
            return  # of other vectors that are as right
        for order in ("first", "second"):
            x, y = getattr(expected, order), getattr(got, order)
            if x is None and y is None:
                return
            if order == "second" and (x is None or y is None) and _all_zero(x or y):
                return  # one of the two knows that the second derivative is zero, the other computes it
            if x is None or y is None:
                exists = ("no gradients", "gradients")
                yield [Deviation("gradients", f"{order} order", exists[x is not None], exists[y is not None])]
                return
            self.statistics.checked("gradients")
            self.statistics.label("grad" if order == "first" else "double grad")
            if x.error is not None and y.error is None and not self.backend.capabilities.values_decide:
                return  # what a gradient is refused for once the call has been made is its elements
            deviation = comparators.compare_gradient_metadata(order, x, y)
            if deviation is not None:
                yield [deviation]
                return
            drawn_apart = self.operation.random and self.backend.capabilities.own_random
            if x.error is None and self.backend.capabilities.values and not drawn_apart:
                trust = not self.backend.name.startswith("refimpl")
                linear = self.contract.kind in ("exact", "accumulated", "transformed")
                flushes, recomputed = not self.backend.capabilities.subnormals, self.operation.recomputed
                yield compare_gradients(order, case, x, y, run_oracle, self._run_noisy, trust, linear, flushes, recomputed)


def _ends_the_comparison(deviation: Deviation) -> bool:
    """Whether what stands behind it cannot be compared with torch's: there is no result, or one of another kind."""
    if deviation.property == "gradients":
        return deviation.rule != NODE_NAME and "element" not in deviation.details
    return deviation.property in ("errors", "crash", "dtype", "shape") or deviation.rule == comparators.STRUCTURE


def _place(deviation: Deviation) -> tuple[Any, ...]:
    """In which property, and at which element, a deviation is."""
    rule = "" if "element" in deviation.details else deviation.rule
    order = deviation.details.get("order")
    return (deviation.property, rule, order, *[deviation.details.get(name) for name in ("output", "input", "element")])


def _zeros(deviation: Deviation) -> bool:
    """Whether nothing but the sign of zero deviates."""
    return {deviation.expected, deviation.got} == {"0.0", "-0.0"}


def _elements_like(reference: Outcome | None, number: int, expected: Output) -> bytes | None:
    """The elements of the reference's result, if it is of the same dtype and shape as torch's."""
    if reference is None or reference.error is not None or number >= len(reference.outputs):
        return None
    reading = reference.outputs[number].reading
    same = (reading.dtype, reading.shape) == (expected.reading.dtype, expected.reading.shape)
    return reading.data if same else None


def _outside(case: Case, expected: Outcome) -> bool:
    """Whether torch computes in complex32 though no operand is of it (float16 with a complex number), as refimpl does not."""
    dtypes = {spec.dtype for spec in case.tensors()}
    row = TABLE.get(case.operation)
    named = "complex32" in dtypes or DType("complex32") in (*case.args, *case.kwargs.values()) or row is not None and "complex32" in row.limited
    if named and not ("float16" in dtypes and _with_complex_numbers(case, dtypes)):
        return False
    if expected.error is not None:
        return "ComplexHalf" in expected.error[1]
    return any(output.reading.dtype == "complex32" for output in expected.outputs)


def _with_complex_numbers(case: Case, dtypes: set[str]) -> bool:
    found: list[Any] = []
    map_values((case.args, tuple(case.kwargs.values())), found.append)
    return not dtypes.isdisjoint(COMPLEX) or any(isinstance(value, complex) for value in found)


def _all_zero(gradients: Gradients | None) -> bool:
    if gradients is None or gradients.error is not None:
        return False
    return all(map(comparators.all_zero, gradients.values))


def _error_or(outcome: Outcome, otherwise: str) -> str:
    return otherwise if outcome.error is None else f"{outcome.error[0]}: {outcome.error[1]}"
