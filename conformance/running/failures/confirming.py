"""Each failure is run again before it is reported, and the report says how it showed.

First its script, in a process of its own (:mod:`conformance.explaining.script_runs`). If that shows nothing, the case is judged by the suite in such
a process, and the script is the one that does this. If that shows nothing either, the failure comes and goes, which is a matter of determinism, or it
needs the calls that were made before: these are looked for, and the script makes them.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Callable, Iterator, Sequence

from ...cases.case import Case, first_dtype
from ...cases.deviation import Deviation
from ...explaining.adapter_scripts import adapter_script
from ...explaining.script_runs import DIFFERS, FAILED, HANGS, SAME, Ran, Runner
from ...explaining.scripts import script
from .budget import Budget
from .crashes import rule_of

RUNS = 20
KEPT = 8  # calls before a failure that are remembered
_STEADY = 4  # further runs after which a failure counts as one that does not come and go
_LONG = 0.5  # seconds of a run that is not made twenty times
_SECONDS = 20.0  # for a script
_HANGS = 8.0  # for one that is to show a hang: libraries are loaded by then, and calls take milliseconds

SCRIPT, SUITE = "script", "suite"
WORDS = {
    (SCRIPT, ""): "by its script, in a process of its own",
    (SUITE, ""): "by the suite, in a process of its own",
}


@dataclass(frozen=True)
class Confirmed:
    """How a failure showed when it was run again: by what (empty: not at all), in how many of how many runs, in words; and the script that
    shows it."""

    by: str
    text: str
    script: str
    runs: int = 1
    failed: int = 1

    def told(self) -> dict[str, Any]:
        return {"by": self.by, "text": self.text, "runs": self.runs, "failed": self.failed}


class History:
    """The first calls of each dtype and form and those that were judged last, and of each failure that is kept those that came before it."""

    def __init__(self) -> None:
        self._first: dict[tuple[str | None, str], Case] = {}
        self._last: deque[Case] = deque(maxlen=KEPT + 1)
        self._kept: dict[int, tuple[Case, tuple[Case, ...]]] = {}  # by the case, which is kept alive with them

    def add(self, case: Case) -> None:
        self._first.setdefault((first_dtype(case), case.form), case)
        self._last.append(case)

    def keep(self, case: Case) -> None:
        """Remember what came before a case, which was judged just now."""
        last = [each for each in self._last if each is not case][-KEPT:]
        first = [each for each in self._first.values() if each is not case and not any(each is other for other in last)]
        self._kept[id(case)] = case, (*first, *last)

    def before(self, case: Case) -> tuple[Case, ...]:
        return self._kept[id(case)][1] if id(case) in self._kept else ()


class Confirmer:
    """Runs failures of one backend again. ``again`` judges a case here, once more, and counts nothing; without a ``runner`` nothing is run in a
    process of its own, and failures are reported as they were seen. What that takes is taken from the ``budget``; when that is used up,
    nothing is looked for in the calls before a failure."""

    def __init__(
        self, backend: str, again: Callable[[Case], Sequence[Deviation]], runner: Runner | None, budget: Budget | None = None
    ) -> None:
        self.backend = backend
        self.budget = Budget() if budget is None else budget
        self.again = again
        self.runner = runner
        self._hung = False  # whether a hang of this operation has shown again

    def confirm(self, case: Case, deviation: Deviation, before: Sequence[Case] = ()) -> tuple[Deviation, Confirmed]:
        """The deviation, as determinism if it comes and goes, and how it showed."""
        started = time.monotonic()
        try:
            return self._confirm(case, deviation, before)
        finally:
            self.budget.spend(time.monotonic() - started)

    def _confirm(self, case: Case, deviation: Deviation, before: Sequence[Case]) -> tuple[Deviation, Confirmed]:
        own = script(case, self.backend, deviation)
        if self.runner is None:
            return deviation, Confirmed("", "", own, 0, 0)
        if deviation.property == "crash":
            return self._of_a_crash(case, deviation, own)
        runs, failed = self._repeated(case, deviation)
        if failed == runs:
            ran = self._run(own)
            if ran.status == DIFFERS:
                return deviation, Confirmed(SCRIPT, WORDS[SCRIPT, ""], own)
            through = adapter_script(case, self.backend, deviation)
            if through != own and self._run(through).status == DIFFERS:
                why = "its script without the suite shows nothing" if ran.status == SAME else f"its script without the suite {_ended(ran)}"
                text = adapter_script(case, self.backend, deviation, why=why)
                return deviation, Confirmed(SUITE, f"{WORDS[SUITE, '']} ({why})", text)
            return self._after_others(case, deviation, own, before)
        runs, failed = runs + 1, failed + 1  # with the run in which it was found
        rule = f"comes and goes: {deviation.property}: {deviation.rule}"
        told = replace(deviation, property="determinism", rule=rule, got=f"{deviation.got} (in {failed} of {runs} runs)")
        repeated = adapter_script(case, self.backend, deviation, runs=10 * RUNS)
        return told, Confirmed(SUITE, f"in {failed} of {runs} runs", repeated, runs, failed)

    def _run(self, text: str, seconds: float = _SECONDS) -> Ran:
        assert self.runner is not None
        return self.runner.run(text, seconds)

    def _repeated(self, case: Case, deviation: Deviation) -> tuple[int, int]:
        """Runs here, and in how many of them the case fails in the same property: a few, and twenty if not in all of these."""
        runs = failed = 0
        started = time.perf_counter()
        while runs < (_STEADY if failed == runs else RUNS):
            failed += any(each.property == deviation.property for each in self.again(case))
            runs += 1
            if time.perf_counter() - started > _LONG and failed == runs:
                break
        return runs, failed

    def _of_a_crash(self, case: Case, deviation: Deviation, own: str) -> tuple[Deviation, Confirmed]:
        """A lack of memory is not waited for once more, and a hang not to its end, and once an operation."""
        hang = deviation.rule == "hang"
        if hang and self._hung:
            return deviation, Confirmed("", "not run again: another hang of this operation was, and showed", own, 0, 0)
        if not hang and deviation.rule != "ends the process":
            return deviation, Confirmed("", "not run again", own, 0, 0)
        through = adapter_script(case, self.backend, deviation)
        first: Ran | None = None
        for text, by in ((own, SCRIPT), (through, SUITE)) if through != own else ((own, SCRIPT),):
            ran = self._run(text, _HANGS if hang else _SECONDS)
            if (ran.status == HANGS) if hang else ran.status != HANGS and (ran.status < 0 or deviation.got == rule_of(ran.status)[1]):
                self._hung = self._hung or hang
                return deviation, Confirmed(by, WORDS[by, ""], text)
            first = first or ran
        assert first is not None
        return deviation, Confirmed("", f"not shown again by itself: its script {_ended(first)}", own, 1, 0)

    def _after_others(self, case: Case, deviation: Deviation, own: str, before: Sequence[Case]) -> tuple[Deviation, Confirmed]:
        """What fails here and not by itself needs what was called before, or was left by it."""
        if self.budget.left() <= 0.0:
            return deviation, Confirmed("", "only in the process that judged it: there was no time to look for what it needs", own, 1, 0)
        for some in _last(before):
            if self._shows(case, deviation, some):
                needed = self._needed(case, deviation, some)
                text = f"{WORDS[SUITE, '']}, after {len(needed)} other call{'' if len(needed) == 1 else 's'}"
                return deviation, Confirmed(SUITE, text, adapter_script(case, self.backend, deviation, needed))
        return deviation, Confirmed("", "only in the process that judged it: what it needs of earlier calls was not found", own, 1, 0)

    def _shows(self, case: Case, deviation: Deviation, before: Sequence[Case]) -> bool:
        return self._run(adapter_script(case, self.backend, deviation, before)).status == DIFFERS

    def _needed(self, case: Case, deviation: Deviation, before: Sequence[Case]) -> Sequence[Case]:
        """Without the calls that it shows without."""
        needed = list(before)
        for each in before:
            fewer = [other for other in needed if other is not each]
            if fewer and self._shows(case, deviation, fewer):
                needed = fewer
        return needed


def _last(before: Sequence[Case]) -> Iterator[Sequence[Case]]:
    """The last call, the last two, ... and all."""
    for count in (1, 2, 4, KEPT):
        if len(before) > count:
            yield before[-count:]
    if before:
        yield before


def _ended(ran: Ran) -> str:
    if ran.status == HANGS:
        return f"gave no answer within {_SECONDS:g} s"
    if ran.status == SAME:
        return "shows nothing"
    last = ran.output.strip().splitlines()[-1:] if ran.status == FAILED else [f"signal {-ran.status}" if ran.status < 0 else f"status {ran.status}"]
    return f"ended with {last[0][:200] if last else 'an error'}"
