"""The examples of a profile, drawn once and judged for one defect after another.

Drawing costs more than judging, and most of an operation's examples do not touch most defects. So the cases that the engine draws for an
operation are kept, with torch's outcome. A broken backend runs them in the same order; where its outcome is torch's, byte for byte, and the
case asks for no second call, there is nothing to judge. ``tests/conformance/selftest/test_selftest.py`` holds that the engine itself, on
the same backends, comes to the same verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Iterator

from ..backends import Backend, find_backend
from ..cases.case import Case
from ..cases.deviation import Deviation
from ..catalogue.entries import Entry, entry
from ..examples.large import drawings
from ..examples.profiles import PROFILES
from ..execution.oracles import ORACLE
from ..execution.outcomes import Outcome, execute
from ..judging.judge import Judge, _outside
from ..judging.statistics import Statistics
from ..running.operation_run import Run, fill_gaps, violate
from ..running.plans import plan_seed, plans
from ..running.shared_examples import deck, draw_plan
from .broken import Broken, Defect

QUICK = PROFILES["quick"]
# Cases that make the judge call again: twice the same, or with contiguous operands.
CALLED_AGAIN = frozenset(("again", "relayout"))


@dataclass(frozen=True)
class Drawn:
    """A case and what torch made of it. ``signature`` is everything that a judge can see of that, without the elements where ``values`` is False
    (those of ``empty`` are whatever the memory held)."""

    case: Case
    expected: Outcome
    signature: Any
    values: bool


class _Recorder(Judge):
    """Keeps every case with torch's outcome, and finds nothing wrong."""

    def __init__(self, row: Entry) -> None:
        super().__init__(find_backend(ORACLE), row.operation, row.contract, Statistics(row.operation.name, ORACLE))
        self.drawn: list[Drawn] = []

    def check(self, case: Case) -> list[Deviation]:
        expected = execute(self.oracle, case)
        if _outside(case, expected):
            return []
        self.statistics.example(case, expected)
        if expected.first is not None:
            self.statistics.label("grad")
        values = self.operation.values
        self.drawn.append(Drawn(case, expected, signature(expected, case, values), values))
        return []


@lru_cache(maxsize=8)
def draw(name: str, seed: int) -> tuple[Drawn, ...]:
    """What the quick profile judges for an operation, in its order."""
    row = entry(name)
    deck.begin((name, QUICK, seed, None))
    recorder = _Recorder(row)
    for number, plan in enumerate(plans(row, QUICK, None)):
        draw_plan(Run(recorder, QUICK, False), row, plan, plan_seed(seed, name, number), False, None)
    for case in drawings(row, QUICK, seed):
        recorder.check(case)
    violate(row, QUICK, seed, recorder, {}, False)
    fill_gaps(row, recorder.oracle, QUICK, seed, recorder.statistics, recorder, {})
    return tuple(recorder.drawn)


def oracle() -> Backend:
    return find_backend(ORACLE)


def signature(outcome: Outcome, case: Case, values: bool = True) -> Any:
    """An outcome without the identities of its storages, and without elements unless ``values``; NaN equals itself here. Of a call that raises the
    error and the inputs count: torch may have resized ``out=`` by then, and what it holds is whatever the memory held."""
    if outcome.error is not None:
        return (outcome.error, outcome.buffers if case.form != "out" else None)
    return (
        repr(outcome.structure),
        [
            (o.reading.dtype, o.reading.shape, o.reading.strides, o.reading.offset, o.reading.data if values else b"", o.alias, o.same_object,
             o.requires_grad, o.node)
            for o in outcome.outputs
        ],
        outcome.buffers if values else [len(data) for data in outcome.buffers],
        outcome.metadata,
        outcome.random_state,
        _gradients(outcome.first),
        _gradients(outcome.second),
    )


def _gradients(gradients: Any) -> Any:
    return None if gradients is None else (gradients.values, gradients.error)


def differs(defect: Defect, drawn: Drawn) -> bool:
    """Whether the defect shows in this case at all: in the outcome of one call, or of the second of two calls."""
    backend = Broken(defect)
    calls = 2 if "again" in drawn.case.labels else 1
    different = [signature(execute(backend, drawn.case), drawn.case, drawn.values) != drawn.signature for _ in range(calls)]
    backend.confirm()
    return any(different)


def judge_drawn(defect: Defect, row: Entry, cases: tuple[Drawn, ...]) -> Iterator[tuple[int, list[Deviation]]]:
    """What the judge finds in these cases: (the case's number, its deviations), where there are any."""
    for number, drawn in enumerate(cases):
        if differs(defect, drawn) or drawn.case.labels & CALLED_AGAIN:
            backend = Broken(defect)
            found = Judge(backend, row.operation, row.contract, Statistics(row.operation.name, backend.name)).check(drawn.case)
            backend.confirm()
            if found:
                yield number, found
