"""Judging the large cases of an operation, and cutting down those that fail.

They are drawn from seeds, so hypothesis has no part in them: one that fails is drawn again with lower caps on its sizes, and the smallest that still
fails in the same property stands for it in the report.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from ..cases.case import Case
from ..cases.deviation import Deviation
from ..catalogue.entries import Entry
from ..examples.large import Drawing, drawn
from ..examples.meetings.growing import Grown
from ..examples.profiles import Profile
from ..execution.oracles import remembered
from ..judging.judge import Judge
from ..judging.statistics import Statistics
from .failures.budget import Budget, cause_of
from .shared_examples import Failure

_SHORTEST = 2
_SECONDS = 2.0  # that cutting down may take, at least; else what the profile grants to shrinking


class Run(Protocol):
    """Who judges the examples and keeps what failed (:class:`conformance.running.operation_run.Run`)."""

    judge: Judge
    smallest: dict[tuple[str, str], tuple[int, Case, Deviation]]
    budget: Budget

    def example(self, case: Case) -> None: ...

    def keep(self, case: Case, deviations: list[Deviation]) -> None: ...


def judge_large(run: Run, entry: Entry, profile: Profile, seed: int, shrink: bool) -> None:
    """Judge the large cases. What fails is in ``run.smallest`` afterwards, cut down."""
    for drawing, case in drawn(entry, profile, seed):
        remembered.keep(case)
        before = set(run.smallest)
        with suppress(Failure):  # each of them is judged
            run.example(case)
        new = set(run.smallest) - before
        if new and shrink and profile.shrink_seconds and not any(name == "crash" for name, _ in new):
            started = time.monotonic()
            cause = cause_of(*run.smallest[min(new)][1:])
            _cut_down(run, drawing, {name for name, _ in new}, run.budget.allowance(cause, max(profile.shrink_seconds, _SECONDS)))
            run.budget.spend(time.monotonic() - started)


def _cut_down(run: Run, drawing: Drawing | Grown, properties: set[str], seconds: float) -> None:
    """Draw the case with ever lower caps, and keep those that still fail in one of these properties."""
    ends = time.monotonic() + seconds
    judge = Judge(run.judge.backend, run.judge.operation, run.judge.contract, Statistics(run.judge.operation.name, run.judge.backend.name))
    longest = max([size for spec in drawing.case().tensors() for size in spec.shape], default=_SHORTEST)
    cap = longest
    while cap > _SHORTEST and time.monotonic() < ends:
        cap //= 2
        for beside in (1, 0):
            smaller = replace(drawing, cap=cap + beside).case()
            found = [deviation for deviation in judge.check(smaller) if deviation.property in properties]
            if found:
                run.keep(smaller, found)
                break


