"""One operation judged to its end: every example, whatever deviates, and nothing is shrunk."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ..backends import Backend
from ..cases.case import INTEGERS, Case
from ..cases.deviation import Deviation
from ..catalogue.entries import Entry
from ..examples.profiles import Profile
from ..execution import call_recorder
from ..execution.oracles import ORACLE
from ..judging.judge import Judge
from ..judging.statistics import Statistics
from ..running.operation_run import exhausted, verdict
from ..running.plans import Plan, plan_seed, plans
from ..running.shared_examples import draw_plan

_NUMBER = re.compile(r"(in|out)put \d+")


@dataclass
class Survey:
    """What was seen of one operation."""

    entry: Entry
    statistics: Statistics
    checked: Counter[str] = field(default_factory=Counter)  # examples in which a property was compared
    kinds: dict[tuple[str, str], tuple[Case, Deviation]] = field(default_factory=dict)
    causes: Counter[str] = field(default_factory=Counter)  # examples that deviate for a cause

    def told(self) -> dict[str, Any]:
        """All but the entry, which another process has of its own."""
        return {"statistics": self.statistics, "checked": self.checked, "kinds": self.kinds, "causes": self.causes}


class _Examples:
    """Judges examples without stopping at what deviates; stands in for the engine's run."""

    def __init__(self, judge: Judge, survey: Survey) -> None:
        self.judge = judge
        self.survey = survey
        self.smallest: dict[Any, Any] = {}

    def example(self, case: Case) -> None:
        recorder = call_recorder.recorder
        if exhausted() or recorder is not None and recorder.known(ORACLE, case) is not None:
            return  # what ended the process too often, or torch does not survive
        checks = self.survey.statistics.checks
        before = dict(checks)
        deviations = verdict(self.judge, case)
        if recorder is not None and any(d.property == "crash" for d in deviations) and recorder.known(self.judge.backend.name, case) is None:
            recorder.die("out of memory")  # the next process goes on without this call
        compared = {name for name, number in checks.items() if number > before.get(name, 0)}
        self.survey.checked.update(compared | {deviation.property for deviation in deviations})
        self.survey.causes.update({cause(deviation, case) for deviation in deviations})
        for deviation in deviations:
            self.survey.kinds.setdefault((deviation.property, kind(deviation, case)), (case, deviation))


def kind(deviation: Deviation, case: Case) -> str:
    """What deviates, in words that many operations share."""
    rule = deviation.rule.split(", element")[0].split(", input")[0]
    if deviation.property == "dtype":
        return f"{deviation.expected} expected, {deviation.got} came"
    if deviation.property == "errors":
        return "torch raises, here is a result" if deviation.got == "a result" else "torch has a result, here it raises"
    if deviation.property == "aliasing":
        expected, got = (_NUMBER.sub(r"an \1put", text) for text in (deviation.expected, deviation.got))
        return f"{expected} expected, {got} came" if rule == "whose storage it is" else rule
    if deviation.property == "strides" and "empty" in case.labels:
        return f"{rule}, an operand is empty"
    if deviation.property == "values":
        return f"outside its contract in {deviation.details['dtype']}" if "dtype" in deviation.details else rule
    return rule


def cause(deviation: Deviation, case: Case) -> str:
    """What a deviation comes from, in the few words that explain most of a page."""
    if deviation.property == "crash":
        return f"crash: {deviation.rule}"
    if deviation.property == "errors":
        return "errors: arguments or dtypes that torch refuses are taken" if deviation.got == "a result" else "errors: what torch takes is refused"
    if deviation.property == "dtype":
        return _cause_of_dtype(deviation, case)
    if deviation.property in ("strides", "aliasing") and "empty" in case.labels:
        return f"{deviation.property} of tensors without elements"
    if deviation.property == "values" and "subnormal" in case.labels:
        return "values: subnormal numbers are drawn (and may be flushed to zero)"
    return {
        "strides": "strides: another layout is chosen for results", "aliasing": "aliasing: a copy where torch has a view, or the other way round",
        "values": "values: outside the contract of torch's operation", "shape": "shape: another one",
    }.get(deviation.property, deviation.property)  # fmt: skip


def _cause_of_dtype(deviation: Deviation, case: Case) -> str:
    operands = [spec.dtype for spec in case.tensors()]
    if not operands:
        return "dtype: another default for new arrays"
    if all(name in (*INTEGERS, "bool") for name in operands) and deviation.expected.startswith("float"):
        return "dtype: of integers, torch makes its default float32"
    if "scalar operand" in case.labels or any(not spec.shape for spec in case.tensors()):
        return "dtype: a 0-d operand decides it like any other; in torch it does not"
    return "dtype: another promotion"


def survey(entry: Entry, backend: Backend, profile: Profile, seed: int, examples: int | None) -> Survey:
    """Judge one operation: as many examples as a run draws for each dtype, one for a dtype that the backend does not have."""
    statistics = Statistics(entry.operation.name, backend.name)
    seen = Survey(entry, statistics)
    run: Any = _Examples(Judge(backend, entry.operation, entry.contract, statistics), seen)
    for number, plan in enumerate(plans(entry, profile, examples)):
        if plan.grad and not backend.capabilities.autograd:
            continue
        if plan.dtype not in backend.capabilities.dtypes:
            plan = Plan(plan.dtype, plan.grad, 1, plan.force)
        draw_plan(run, entry, plan, plan_seed(seed, entry.operation.name, number), False, None)
    return seen
