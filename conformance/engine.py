"""Judging one operation on one backend: plans, hypothesis, shrinking, and a result that is plain data."""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import HypothesisException

from .backends import find_backend
from .cases import COMPLEX, FLOATS, Case
from .comparators import Deviation
from .coverage import MIXED_OPERANDS, compared_nothing, never_drawn
from .documented import Entry
from .judge import Judge
from .profiles import Profile
from .scripts import script
from .strategies.drawing import WIDER
from .strategies.drawn_cases import cases
from .tally import Statistics, finite

GRADIENT_DTYPES = ("float64", "float32", "complex128", "float16", "bfloat16", "complex64")
MAX_SHRUNK = 3


class Failure(AssertionError):
    """A deviation that was not known. hypothesis tells failures apart by their type: there is one for each property."""

    def __init__(self, deviation: Deviation) -> None:
        super().__init__(str(deviation))
        self.deviation = deviation


_TYPES: dict[str, type[Failure]] = {}


def failure(deviation: Deviation) -> Failure:
    if deviation.property not in _TYPES:
        _TYPES[deviation.property] = type(f"{deviation.property.title()}Failure", (Failure,), {})
    return _TYPES[deviation.property](deviation)


@dataclass(frozen=True)
class Plan:
    """Some examples of one kind: the dtype of the first operand, the order of gradients, an input class that must occur."""

    dtype: str
    grad: int
    examples: int
    force: str | None = None


def plans(entry: Entry, profile: Profile, examples: int | None) -> list[Plan]:
    """What is drawn for an operation: each dtype in turn, then gradients."""
    scale = 1.0 if examples is None else examples / profile.per_dtype
    count = max(1, round(profile.per_dtype * scale * entry.operation.weight))
    result = [Plan(dtype, 0, count) for dtype in entry.operation.dtypes]
    if entry.operation.name in MIXED_OPERANDS:
        result += [Plan(dtype, 0, count, WIDER) for dtype in ("float32", "int16")]
    if entry.differentiable and any(form != "out" for form in entry.forms):
        gradient_count = max(1, round(profile.per_gradient * scale * entry.operation.weight))
        for dtype in GRADIENT_DTYPES:
            if dtype in entry.operation.dtypes and (dtype in FLOATS or dtype in COMPLEX):
                result.append(Plan(dtype, 1, gradient_count))
                if dtype in ("float64", "complex128"):
                    result.append(Plan(dtype, 2, gradient_count))
    return result


class _Run:
    """The state of one operation's run: what failed, in the smallest form seen."""

    def __init__(self, judge: Judge, profile: Profile, stop_early: bool) -> None:
        self.judge = judge
        self.profile = profile
        self.stop_early = stop_early
        self.smallest: dict[tuple[str, str], tuple[int, Case, Deviation]] = {}
        self.deadline: float | None = None

    def example(self, case: Case) -> None:
        if self.deadline is not None and time.monotonic() > self.deadline:
            return
        deviations = self.judge.check(case)
        for deviation in deviations:
            key = (deviation.property, kind_of(deviation))
            size = _size(case)
            if key not in self.smallest or size < self.smallest[key][0]:
                self.smallest[key] = (size, case, deviation)
        if deviations and not self.profile.to_the_end:
            if self.deadline is None:
                self.deadline = time.monotonic() + self.profile.shrink_seconds
            raise failure(deviations[0])


def kind_of(deviation: Deviation) -> str:
    """A deviation's rule without the element's number: what two failures of one cause have in common."""
    return deviation.rule.split(", element")[0].split(", input")[0]


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
) -> dict[str, Any]:
    """Draw and judge; the result is JSON-ready. ``stop_early`` ends at the first failure (for the selftest)."""
    started = time.perf_counter()
    backend = find_backend(backend_name) if backend is None else backend
    name = entry.operation.name
    statistics = Statistics(name, backend_name)
    judge = Judge(backend, entry.operation, entry.contract, statistics)
    failures: dict[tuple[str, str], tuple[int, Case, Deviation]] = {}
    shrunk = 0
    for number, plan in enumerate(plans(entry, profile, examples)):
        run = _Run(judge, profile, stop_early)
        with_shrinking = shrink and shrunk < MAX_SHRUNK
        _draw(run, entry, plan, _seed(base_seed, name, number), with_shrinking, _database(database, name, backend_name, number))
        if run.smallest:
            shrunk += 1
        for key, found in run.smallest.items():
            if key not in failures or found[0] < failures[key][0]:
                failures[key] = found
        if failures and stop_early:
            break
    if not (failures and stop_early):
        _fill_gaps(entry, backend, profile, base_seed, statistics, judge, failures)
    result = statistics.as_dict()
    result["never_drawn"] = never_drawn(entry, backend, result)
    result["compared_nothing"] = compared_nothing(entry, result)
    result |= {
        "family": entry.operation.family,
        "contract": str(entry.contract),
        "seconds": round(time.perf_counter() - started, 4),
        "failures": [failure_report(case, deviation, backend_name) for _, case, deviation in failures.values()],
    }
    return result


def _fill_gaps(
    entry: Entry, backend: Any, profile: Profile, base_seed: int, statistics: Statistics, judge: Judge,
    failures: dict[tuple[str, str], tuple[int, Case, Deviation]],
) -> None:  # fmt: skip
    """Draw again for each class that applies and has not come up, with that class forced."""
    for number, name in enumerate(never_drawn(entry, backend, {"examples": statistics.examples, "classes": statistics.classes})):
        dtypes = [dtype for dtype in entry.operation.dtypes if dtype in backend.capabilities.dtypes]
        if name in dtypes:
            plan = Plan(name, 0, 6)
        elif name == "grad":
            floats = [dtype for dtype in dtypes if dtype in GRADIENT_DTYPES] or dtypes[:1]
            plan = Plan(floats[0], 1, 20)
        else:
            float_first = sorted(dtypes, key=lambda dtype: dtype not in FLOATS)
            plan = Plan(float_first[0], 0, 12, name)
        run = _Run(judge, profile, True)
        _draw(run, entry, plan, _seed(base_seed, entry.operation.name, 1000 + number), True, None)
        for key, found in run.smallest.items():
            failures.setdefault(key, found)


def _draw(run: _Run, entry: Entry, plan: Plan, seed_value: int, shrink: bool, database: Any) -> None:
    forms = tuple(form for form in entry.forms if form != "out") if plan.grad else entry.forms
    phases = [Phase.reuse, Phase.generate] if database is not None else [Phase.generate]
    if shrink:
        phases.append(Phase.shrink)

    @seed(seed_value)
    @settings(
        max_examples=plan.examples,
        deadline=None,
        database=database,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(cases(entry.operation, plan.dtype, forms, entry.names, plan.grad, plan.force))
    def examples(case: Case) -> None:
        run.example(case)

    try:
        examples()
    except Failure:
        return  # recorded in run.smallest
    except HypothesisException:
        if not run.smallest:  # flaky only because the time for shrinking ran out
            raise


def _seed(base: int, name: str, number: int) -> int:
    return zlib.crc32(f"{base} {name} {number}".encode())


def _database(directory: str | None, name: str, backend: str, number: int) -> Any:
    if directory is None:
        return None
    return DirectoryBasedExampleDatabase(f"{directory}/{name}/{backend.replace(':', '-')}/{number}")


def failure_report(case: Case, deviation: Deviation, backend: str) -> dict[str, Any]:
    """A failure as plain data, with the script that repeats it."""
    identity = f"{case.operation}/{backend}/{deviation.property}/{kind_of(deviation)}/{case.form}"
    return {
        "id": f"{zlib.crc32(identity.encode()):08x}",
        "operation": case.operation,
        "backend": backend,
        "form": case.form,
        "property": deviation.property,
        "rule": deviation.rule,
        "expected": deviation.expected,
        "got": deviation.got,
        "details": {key: finite(value) if isinstance(value, float) else value for key, value in deviation.details.items()},
        "classes": sorted(case.labels - {"again", "relayout"}),
        "script": script(case, backend, deviation.property),
    }
