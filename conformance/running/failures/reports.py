"""Failures as plain data, with the script that repeats each, and how it showed when it was run again."""

from __future__ import annotations

import time
import zlib
from dataclasses import replace
from typing import Any, Sequence

from ...backends.base import reads
from ...cases.case import Case, first_dtype
from ...cases.deviation import Deviation
from ...catalogue.entries import Entry
from ...declared_deviations.declarations import Ledger
from ...execution import call_recorder
from ...execution.oracles import ORACLE
from ...explaining.composition import parts_of
from ...explaining.difference_kinds import mechanism, rule_kind
from ...explaining.findings import told
from ...explaining.other_dtypes import as_any_operand, as_narrower
from ...explaining.script_text import input_text
from ...explaining.scripts import script
from ...judging.statistics import Statistics, finite
from .budget import Budget
from .confirming import Confirmed, Confirmer
from .crashes import Crash
from .crashes import shrink as shrink_crash

SHRINK = 6.0  # seconds for the input of a crash, in processes of their own


def kind_of(deviation: Deviation) -> str:
    """What two failures of one cause have in common: the rule without the element's number, and, of a wrong number, in which way it is wrong."""
    details = deviation.details
    way = mechanism(deviation.property, deviation.expected, deviation.got, details.get("ulps"), details.get("dtype"))
    return f"{rule_kind(deviation.rule)}: {way}" if way else rule_kind(deviation.rule)


def crash_report(
    case: Case, deviation: Deviation, backend: str, crashes: Sequence[Crash] = (), ended: bool = False, shrink: bool = False,
    confirmer: Confirmer | None = None, budget: Budget | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A failure of the property "crash", with the last words of the process."""
    crash = next((c for c in crashes if c.where == backend and call_recorder.digest(c.case) == call_recorder.digest(case)), None)
    details: dict[str, Any] = {"dtype": first_dtype(case)}
    if crash is not None:
        details["stderr"] = crash.stderr
        seconds = 0.0 if not shrink else SHRINK if budget is None else budget.allowance(f"crash: {crash.rule} ({case.operation})", SHRINK)
        if seconds:
            started = time.monotonic()
            case = shrink_crash(crash, seconds)
            if budget is not None:
                budget.spend(time.monotonic() - started)
    if ended:
        details["note"] = "the operation was not judged further"
    deviation = replace(deviation, details=details)
    report = failure_report(case, deviation, backend, confirmer)
    if crash is None or case is crash.case or confirmer is None or report["confirmed"]["by"]:
        return report
    return failure_report(crash.case, deviation, backend, confirmer)  # a library that does not survive a fork ends on anything there


def crashed_result(entry: Entry, backend: str, crashes: Sequence[Crash], seconds: float) -> dict[str, Any]:
    """The result of an operation that ended the process wherever it was taken up again: the crashes, and no counts."""
    statistics = Statistics(entry.operation.name, backend)
    for crash in crashes:
        deviation = Deviation("crash", crash.rule, "a result", crash.text, {"dtype": first_dtype(crash.case)})
        if crash.where == backend and backend != ORACLE:
            statistics.failed(crash.case, [deviation])
        elif crash.where == ORACLE:
            statistics.finding(crash.case, deviation)
    own = [c for c in crashes if c.where == backend != ORACLE]
    reports = [crash_report(c.case, Deviation("crash", c.rule, "a result", c.text), backend, crashes, True) for c in own]
    return told(statistics) | Ledger(backend, entry.operation.name).as_dict() | {
        "never_drawn": [], "not_this_time": [], "silent": {}, "compared_nothing": False, "family": entry.operation.family,
        "contract": str(entry.contract),
        "seconds": seconds, "failures": list({report["id"]: report for report in reports}.values()),
    }  # fmt: skip


def _operands(case: Case, deviation: Deviation) -> dict[str, Any]:
    """What decides a dtype: that of each operand, and how many dimensions it has; and whether a wrong element comes from that, or from
    a NaN that an operand holds."""
    if deviation.property == "dtype":
        return {"operands": [[spec.dtype, len(spec.shape)] for spec in case.tensors()]}
    if as_any_operand(case, deviation):
        return {"promoted": True}
    if as_narrower(case, deviation):
        return {"narrower": True}
    return {"nan": True} if "nan" in deviation.expected and reads(case, lambda number: number != number) else {}


def failure_report(
    case: Case, deviation: Deviation, backend: str, confirmer: Confirmer | None = None, before: Sequence[Case] = (),
    worst: dict[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A failure as plain data, with the script that repeats it. ``before``: the calls that were made before it; ``worst``: by dtype, how many
    examples fail, and how far off the worst of them is."""
    if confirmer is None:
        confirmed = Confirmed("", "", script(case, backend, deviation), 0, 0)
    else:
        deviation, confirmed = confirmer.confirm(case, deviation, before)
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
        "details": _operands(case, deviation) | {key: finite(n) if isinstance(n, float) else n for key, n in deviation.details.items()},
        "classes": sorted(case.labels - {"again", "relayout"}),
        "dtype": deviation.details.get("dtype") or first_dtype(case),
        "parts": parts_of(case, gradients=deviation.property == "gradients"),
        "input": input_text(deviation.call or case),
        "script": confirmed.script,
        "confirmed": confirmed.told(),
        "worst": worst or {},
    }
