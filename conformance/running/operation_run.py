"""Judging one operation on one backend: plans, their examples, what failed, and a result that is plain data."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, Sequence

from ..backends import find_backend
from ..backends.adapter_faults import AdapterFault, own_slip
from ..backends.base import has
from ..cases.case import Case, first_dtype
from ..cases.deviation import Deviation
from ..catalogue.entries import Entry
from ..declared_deviations.declarations import Ledger
from ..examples.input_classes import (
    compared_nothing,
    never_drawn,
    required,
    rotated_out,
    without_result,
)
from ..examples.profiles import PROFILES, Profile
from ..examples.violations import lone_violations, never_violated, refused_calls, silent
from ..execution import call_recorder
from ..execution.oracles import ORACLE, remembered
from ..execution.outcomes import describe_error
from ..explaining.findings import told
from ..explaining.script_runs import Runner
from ..judging.comparators import ARGUMENTS
from ..judging.judge import Judge
from ..judging.statistics import Statistics
from .example_database import kept
from .failures.budget import AS_DRAWN, MINIMAL, OVER, Budget, cause_of
from .failures.confirming import Confirmer, History
from .failures.crashes import Crash
from .failures.reducing import ENOUGH, elements_in, reduced
from .failures.reports import crash_report, failure_report, kind_of
from .failures.tallies import Kind, Tally
from .large_cases import judge_large
from .plans import gap_plans, plan_seed, plans
from .shared_examples import Failure, Unbuilt, deck, draw_plan, failure

NOT_JUDGED = "could not be judged"  # the rule of a finding about a case that cannot be built, run or compared
LONGEST = 3.0  # seconds of shrinking one failure, if the run's budget has them
AT_LEAST = 0.1  # seconds of cutting one down as plain data, whatever the budget has: most need a few calls
MOST_STEPS = 500  # after so many hypothesis does not look for a smaller input any more
MAX_CRASHES = 2  # of one plan; the rest of its examples, which have much in common with them, are left out


class Run:
    """The state of one plan's run: what failed, in the smallest form seen."""

    def __init__(
        self, judge: Judge, profile: Profile, stop_early: bool, history: History | None = None, tally: Tally | None = None,
        budget: Budget | None = None,
    ) -> None:  # fmt: skip
        self.judge = judge
        self.budget = Budget() if budget is None else budget
        self.ended: dict[Kind, str] = {}  # how the shrinking of what is in ``smallest`` ended
        self._cause, self._began, self._steps = "", 0.0, 0
        self._failing: Case | None = None  # of the failure that was raised last
        self._last: list[Kind] = []  # what the last example showed that failed
        self.history = History() if history is None else history
        self.tally = Tally() if tally is None else tally
        self.shrinking = False
        self.profile = profile
        self.stop_early = stop_early
        self.smallest: dict[Kind, tuple[int, Case, Deviation]] = {}
        self.deadline: float | None = None
        self.failed = False
        self.crashes = 0

    def example(self, case: Case) -> None:
        if self.crashes >= MAX_CRASHES or exhausted() or self._oracle_dies(case):
            return
        deviations = verdict(self.judge, case)
        self.history.add(case)
        self.keep(case, deviations)
        if any(deviation.property == "crash" for deviation in deviations):
            self._crashed(case)
        elif deviations and not self.profile.to_the_end:
            if self.failed and not self.shrinking:
                return  # the first was enough to shrink: this one is counted
            self.failed = True
            self._steps += self.shrinking
            self._failing = case
            raise failure(deviations[0])

    def shrink(self, deviation: Deviation) -> bool:
        """Shrinking begins, if the budget has time for it."""
        assert self._failing is not None
        self._cause, self._began, self._steps = cause_of(self._failing, deviation), time.monotonic(), 0
        seconds = self.budget.allowance(self._cause, max(self.profile.shrink_seconds, LONGEST) if self.profile.shrink_seconds else 0.0)
        if not seconds:
            self.ended.update({key: self.budget.told(self._cause) for key in self.smallest if key not in self.ended})
            return False
        self.shrinking, self.deadline = True, self._began + seconds
        return True

    def over(self) -> bool:
        """Whether the time for shrinking is over."""
        return self.deadline is not None and time.monotonic() > self.deadline

    def shrunk(self, whole: bool) -> None:
        """Nothing is shrunk any more: the other examples of the plan are judged, for how many fail, and how far off the worst is."""
        whole = whole and not self.over() and self._steps < MOST_STEPS
        self.ended.update(dict.fromkeys(self._last, MINIMAL if whole else OVER))
        self.budget.spend(time.monotonic() - self._began, self._cause, self.judge.operation.name, whole)
        self.shrinking, self.deadline = False, None

    def _oracle_dies(self, case: Case) -> bool:
        """Whether torch itself does not survive the case: that is a finding about torch, and nobody is judged by it."""
        recorder = call_recorder.recorder
        known = None if recorder is None else recorder.known(ORACLE, case)
        if known is not None:
            self.crashes += 1
            self.judge.statistics.finding(case, Deviation("crash", known[0], "a result", known[1], {"dtype": first_dtype(case)}))
        return known is not None

    def _crashed(self, case: Case) -> None:
        """A call that ended the process, or took all memory. It is not shrunk here, which would make it again and again. A watched worker does
        not go on with what the call left of its memory: it ends, and the case is known to the next one."""
        self.failed = True
        self.crashes += 1
        recorder = call_recorder.recorder
        if recorder is not None and recorder.known(self.judge.backend.name, case) is None:
            recorder.die("out of memory")

    def replay(self, case: Case) -> None:
        """An example that an earlier run kept, judged without being counted."""
        deviations = verdict(_uncounted(self.judge), case)
        self.history.add(case)
        self.keep(case, deviations)
        if deviations:
            raise failure(deviations[0])

    def keep(self, case: Case, deviations: list[Deviation]) -> None:
        if deviations:
            self._last = [(deviation.property, kind_of(deviation)) for deviation in told_once(case, deviations)]
        for deviation in told_once(case, deviations):
            key = (deviation.property, kind_of(deviation))
            size = _size(case)
            if not self.shrinking:
                self.tally.add(key, case, deviation)
            settled = self.ended.get(key) == MINIMAL and not self.shrinking  # it stands for the others, which are as they were drawn
            if key not in self.smallest or size < self.smallest[key][0] and not settled:
                self.smallest[key] = (size, case, deviation)
                self.ended.pop(key, None)
                self.history.keep(case)

    def close(self) -> None:
        """Count what failed only among the kept examples, so that the counts and the failures agree."""
        if self.smallest and not self.failed and not self.profile.to_the_end:
            for case in {id(case): case for _, case, _ in self.smallest.values()}.values():
                verdict(self.judge, case)


def told_once(case: Case, deviations: list[Deviation]) -> list[Deviation]:
    """Without what says again of an argument what was said of the result that it is: an ``out=`` tensor, or a target."""
    of_result = any(deviation.property in ("shape", "dtype", "strides") for deviation in deviations)
    if not of_result or (case.form != "out" and case.target is None):
        return deviations
    return [deviation for deviation in deviations if deviation.rule != ARGUMENTS]


def _uncounted(judge: Judge) -> Judge:
    """The same judge, which counts nothing."""
    return Judge(judge.backend, judge.operation, judge.contract, Statistics(judge.operation.name, judge.backend.name))


def verdict(judge: Judge, case: Case) -> list[Deviation]:
    """What the judge finds. A case that cannot be built or judged is a finding as well, and the next one is judged: an error in this suite, or an
    answer of the backend that cannot even be read."""
    try:
        if isinstance(case, Unbuilt) and case.error is not None:
            raise case.error
        return judge.check(case)
    except AdapterFault as error:
        judge.statistics.adapter_fault(case, error.fault.told(judge.backend.name))
        return []
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        own = own_slip(judge.backend, error)
        if own is not None:
            judge.statistics.adapter_fault(case, own.told(judge.backend.name))
            return []
        deviation = Deviation("errors", NOT_JUDGED, "a verdict", ": ".join(describe_error(error)), {"dtype": first_dtype(case)})
        judge.statistics.failed(case, [deviation])
        return [deviation]


def exhausted() -> bool:
    """Whether an operation has ended the process so often that it is not judged further."""
    return call_recorder.recorder is not None and call_recorder.recorder.exhausted()


def _size(case: Case) -> int:
    total = sum(len(data) - data.count(0) // 2 for data in case.buffers) + len(repr((case.args, case.kwargs)))
    return total + (0 if case.form in ("function", "method") else 10)


def judge_operation(
    entry: Entry,
    backend_name: str,
    profile: Profile,
    base_seed: int,
    examples: int | None = None,
    database: str | None = None,
    stop_early: bool = False,
    backend: Any = None,
    shrink: bool = True,
    crashes: Sequence[Crash] = (),
    runner: Runner | None = None,
    budget: Budget | None = None,
) -> dict[str, Any]:
    """Draw and judge; the result is JSON-ready. ``stop_early`` ends at the first failure (for the selftest). ``crashes``: the calls that
    ended an earlier worker, which told them to the flight recorder of this one. With a ``runner`` each failure is run again before it is reported.
    ``budget``: the time that failures may take in the whole run."""
    started = time.perf_counter()
    budget = Budget() if budget is None else budget
    budget.begin()
    backend = find_backend(backend_name) if backend is None else backend
    name = entry.operation.name
    statistics = Statistics(name, backend_name)
    if not any(has(backend.capabilities, each) for each in (name, *entry.names)):
        return _not_there(entry, statistics)
    deck.begin((name, profile, base_seed, examples))
    judge = Judge(backend, entry.operation, entry.contract, statistics)
    history, tally = History(), Tally()
    failures: dict[Kind, tuple[int, Case, Deviation]] = {}
    ended_so: dict[Kind, str] = {}
    for number, plan in enumerate(plans(entry, profile, examples)):
        if plan.dtype in entry.operation.limited and plan.dtype not in backend.capabilities.dtypes:
            continue  # which nobody needs to have
        run = Run(judge, profile, stop_early, history, tally, budget)
        database_of_plan = kept(database, name, backend_name, f"{number} {plan.dtype} {plan.grad}")
        draw_plan(run, entry, plan, plan_seed(base_seed, name, number), shrink, database_of_plan)
        if database_of_plan is not None:
            database_of_plan.close()
        run.close()
        for key, found in run.smallest.items():
            ended_here = run.ended.get(key, AS_DRAWN)
            if key not in failures or (ended_here != MINIMAL, found[0]) < (ended_so[key] != MINIMAL, failures[key][0]):
                failures[key], ended_so[key] = found, ended_here
        if (failures and stop_early) or exhausted():
            break
    if not (failures and stop_early) and not exhausted():
        run = Run(judge, profile, stop_early, history, tally, budget)
        judge_large(run, entry, profile, base_seed, shrink)
        run.close()
        for key, found in run.smallest.items():
            failures.setdefault(key, found)
    confirmer = None if runner is None else Confirmer(backend_name, lambda case: verdict(_uncounted(judge), case), runner, budget)
    ended = exhausted()
    if not (failures and stop_early) and not ended:
        violate(entry, profile, base_seed, judge, failures, stop_early, history, tally)
        fill_gaps(entry, backend, profile, base_seed, statistics, judge, failures, history, tally, budget, ended_so)
    result = told(statistics) | judge.ledger.as_dict()
    result["never_drawn"] = [] if ended else never_drawn(entry, backend, result) + never_violated(entry, result)
    result["silent"] = silent(entry, result)
    result["not_this_time"] = [] if ended else rotated_out(entry, result)
    result["compared_nothing"] = not ended and compared_nothing(entry, result)
    result |= {
        "family": entry.operation.family,
        "contract": str(entry.contract),
        "seconds": round(time.perf_counter() - started, 4),
        "failures": [],
    }
    shrink = shrink and profile.shrink_seconds > 0
    for key, (_, case, deviation) in failures.items():
        if deviation.property == "crash":
            result["failures"].append(crash_report(case, deviation, backend_name, crashes, ended, shrink, confirmer, budget))
            continue
        before, how = history.before(case), ended_so.get(key, AS_DRAWN)
        if shrink and elements_in(case) > ENOUGH and deviation.rule != NOT_JUDGED:
            case, deviation, how = _reduced(case, deviation, judge, budget, how)
        report = failure_report(case, deviation, backend_name, confirmer, before, tally.told(key))
        result["failures"].append(report | {"shrunk": {"minimal": how == MINIMAL, "text": how}})
    budget.end()
    return result


def _reduced(case: Case, deviation: Deviation, judge: Judge, budget: Budget, how: str) -> tuple[Case, Deviation, str]:
    """A smaller call that fails in the same way, and how the search for it ended."""
    started = time.monotonic()
    seconds = max(budget.allowance(cause_of(case, deviation), LONGEST), AT_LEAST)
    case, deviation, whole = reduced(case, deviation, lambda smaller: verdict(_uncounted(judge), smaller), seconds)
    budget.spend(time.monotonic() - started)
    return case, deviation, MINIMAL if whole else how


def _not_there(entry: Entry, statistics: Statistics) -> dict[str, Any]:
    """The result of an operation that the library does not have, as its capabilities say: nothing is drawn."""
    statistics.missing[f"the operation {entry.operation.name}"] = 0
    return told(statistics) | Ledger(statistics.backend, entry.operation.name).as_dict() | {
        "never_drawn": [], "not_this_time": [], "silent": {}, "compared_nothing": False, "family": entry.operation.family,
        "contract": str(entry.contract), "seconds": 0.0, "failures": [],
    }  # fmt: skip


def violate(
    entry: Entry, profile: Profile, base_seed: int, judge: Judge, failures: dict[tuple[str, str], tuple[int, Case, Deviation]], stop_early: bool,
    history: History | None = None, tally: Tally | None = None,
) -> None:  # fmt: skip
    """Judge calls that violate each constraint of the operation alone, one of each in the quick profile, and others that are refused."""
    for number in range(max(1, round(profile.per_dtype / PROFILES["quick"].per_dtype))):
        seed = plan_seed(base_seed, entry.operation.name, 2000 + number)
        for case in [*lone_violations(entry, seed).values(), *refused_calls(entry, seed)]:
            remembered.keep(case)
            run = Run(judge, profile, True, history, tally)
            with suppress(Failure):
                run.example(case)
            for key, found in run.smallest.items():
                failures.setdefault(key, found)
            if failures and stop_early:
                return


_ROUNDS = 6  # of drawing a class that has not come up: of twelve calls each, so that one that a row draws once in five calls is not missed by chance


def fill_gaps(
    entry: Entry, backend: Any, profile: Profile, base_seed: int, statistics: Statistics, judge: Judge,
    failures: dict[tuple[str, str], tuple[int, Case, Deviation]], history: History | None = None,
    tally: Tally | None = None, budget: Budget | None = None, ended_so: dict[Kind, str] | None = None,
) -> None:  # fmt: skip
    """Draw again for each class that applies and has not come up, with that class forced; a few times also for each that came up only in
    calls that raised."""
    missing = never_drawn(entry, backend, {"examples": statistics.examples, "classes": statistics.classes})
    unreturned = without_result(entry, backend, statistics.returned) if statistics.examples else []
    for number, name in enumerate(required(entry, backend)):
        if name not in missing and (name not in unreturned or name in statistics.returned):  # another plan may have brought it up
            continue
        tries = gap_plans(entry, backend, name, name in missing)
        for attempt, plan in enumerate(tries * _ROUNDS if name in missing else tries):
            if attempt >= len(tries) and statistics.classes.get(name):
                break
            run = Run(judge, profile, True, history, tally, budget)
            draw_plan(run, entry, plan, plan_seed(base_seed, entry.operation.name, 1000 + number + 1000 * (attempt // len(tries))), True, None)
            for key, found in run.smallest.items():
                if key not in failures:
                    failures[key] = found
                    if ended_so is not None:
                        ended_so[key] = run.ended.get(key, AS_DRAWN)
            if name in statistics.returned:
                break
