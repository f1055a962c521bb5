"""Running a program on a backend beside torch, statement by statement."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..backends import find_backend
from ..cases.asked import asked
from ..execution import call_recorder
from .comparing import COUNTER, WORDS, Difference, Latitude, changed_tensors, compare, compare_errors, float_dtypes, new_graphs
from .observing import Observation, Raised, Seen, Session
from .program import Program, Statement

ORACLE = "torch:cpu"


@dataclass
class Step:
    """What torch shows after a statement. ``texts``: how the tensors that look otherwise than before are printed."""

    raised: Raised | None
    seen: Observation
    texts: dict[str, str]


@dataclass
class Outcome:
    """How a program went: the differences, and the errors whose words differ. A program ends at its first difference, unless that is one of a version
    counter: then counters are not looked at any more. ``drifted``: rounding led to different decisions, so that the rest could not be compared."""

    differences: list[Difference] = field(default_factory=list)
    words: list[Difference] = field(default_factory=list)
    statements: int = 0
    drifted: bool = False


def trace(program: Program, oracle: Any = None) -> list[Step]:
    """The whole program on torch."""
    oracle = find_backend(ORACLE) if oracle is None else oracle
    steps = []
    identities = _Identities()
    held: list[Any] = []  # the memory that the last statement left: freed, it could be taken for what this one makes
    with Session(oracle) as session:
        before = session.observe()
        for statement in program.statements:
            raised = session.run(statement)
            seen = session.observe()
            texts = {path: session.text(seen[path].tensor) for path in changed_tensors(before, seen)}  # type: ignore[union-attr]
            held[:] = [each.tensor.untyped_storage() for each in seen.values() if isinstance(each, Seen) and "dtype" in each.fields]
            for tensor in seen.values():
                if isinstance(tensor, Seen):  # it must not live longer on torch than on the backend, where nobody keeps it either
                    tensor.tensor = identities.of(tensor.tensor)
            steps.append(Step(raised, seen, texts))
            before = seen
    return steps


class _Identities:
    """What stands for each tensor of a session when it is gone: the same object as long as it is the same tensor."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Any], object]] = {}

    def of(self, tensor: Any) -> object:
        reference, identity = self._known.get(id(tensor), (None, None))
        if reference is None or reference() is not tensor:
            identity = object()
            self._known[id(tensor)] = weakref.ref(tensor), identity
        return identity


class LastStatement:
    """How a statement of a program went on torch: what was seen ``before``, and whether it ``raised``."""

    def __init__(self, program: Program, place: int) -> None:
        self._program, self._place = program, place

    @cached_property
    def _steps(self) -> list[Step]:
        return trace(self._program.first(self._place + 1))

    @property
    def before(self) -> Observation:
        return self._steps[-2].seen if self._place else {}

    @property
    def raised(self) -> bool:
        return self._steps[-1].raised is not None


def run_program(program: Program, backend: Any, steps: list[Step] | None = None) -> Outcome:
    """The program on the backend beside torch."""
    capabilities = backend.capabilities
    steps = trace(program) if steps is None else steps
    outcome = Outcome()
    latitude = Latitude(broken_lines=backend.device != "cpu")
    before: Observation = {}
    passed_over: set[str] = set()
    with Session(backend) as session:
        for place, (statement, step) in enumerate(zip(program.statements, steps, strict=True)):
            got = _watched(backend, session, statement)
            latitude.roundings += statement.rounds
            latitude.counters.begin(statement.text, before)
            if statement.differentiates_gradients:
                latitude.graphs |= new_graphs(before, step.seen)
            before = step.seen
            if latitude.roundings:
                latitude.dtypes.update(float_dtypes(before))
            outcome.statements = place + 1
            difference = compare_errors(place, step.raised, got, capabilities.messages and asked().messages, capabilities.error_types)
            if difference is not None and difference.observable == WORDS:
                outcome.words.append(difference)
                difference = None
            if difference is None:
                difference = compare(place, step.seen, step.texts, session, latitude, passed_over)
                if difference is not None and difference.observable == COUNTER:
                    outcome.differences.append(difference)
                    passed_over.add(COUNTER)
                    difference = compare(place, step.seen, step.texts, session, latitude, passed_over)
            if difference is not None:
                if latitude.drifted and (statement.by_values or latitude.otherwise and difference.observable == "values"):
                    outcome.drifted = True
                else:
                    outcome.differences.append(difference)
                break
    return outcome


def _watched(backend: Any, session: Session, statement: Statement) -> Raised | None:
    """Run a statement under the eyes of the flight recorder, if there is one."""
    recorder = call_recorder.recorder
    if recorder is None:
        return session.run(statement)
    recorder.begin(backend.name)
    try:
        return session.run(statement)
    finally:
        recorder.end()
