"""From the result of an operation to the verdict about one dtype and one property of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...backends import Backend
from ...cases.case import COMPLEX, FLOATS
from ...cases.deviation import PROPERTIES
from ...catalogue.entries import Entry
from ...report.failure_text import lines


class Check(NamedTuple):
    """What one test is about."""

    backend: str
    operation: str
    dtype: str
    property: str


class Verdict(NamedTuple):
    """``outcome``: passed, failed, skipped or declared."""

    outcome: str
    text: str = ""


def checks(entry: Entry, backend: Backend) -> list[Check]:
    """The tests of an operation: what the backend says that it has, dtype by dtype and property by property."""
    denied = {name for name, has in (("strides", backend.capabilities.strides), ("aliasing", backend.capabilities.aliasing)) if not has}
    if not (backend.capabilities.values and entry.operation.values):
        denied |= {"values", "layout", "determinism"}
    if not (backend.capabilities.autograd and entry.differentiable):
        denied.add("gradients")
    found = []
    for dtype in (*entry.operation.dtypes, *entry.operation.limited):
        if dtype in backend.capabilities.dtypes:
            inexact = dtype in FLOATS or dtype in COMPLEX
            names = [name for name in PROPERTIES if name not in denied and (name != "gradients" or inexact)]
            found += [Check(backend.name, entry.operation.name, dtype, name) for name in names]
    return found


def verdict(check: Check, result: dict[str, Any], dtypes: tuple[str, ...]) -> Verdict:
    """``dtypes``: all those of the operation's tests. What failed for another one, as that of a result, is told with the first."""
    failures = [failure for failure in result["failures"] if failure["property"] == check.property and _concerns(failure, check.dtype, dtypes)]
    if failures:
        return Verdict("failed", "\n\n".join(_told(failure) for failure in failures))
    declared = {entry["id"]: entry["reason"] for entry in result["declared"]}
    for seen in result["occurrences"]:
        if seen["entry"] in declared and seen["property"] == check.property and check.dtype in seen["dtypes"]:
            return Verdict("declared", declared[seen["entry"]])
    drawn = sum(result["verdicts"].get(f"{check.dtype} {word}", 0) for word in ("passed", "failed"))
    if not drawn:
        return Verdict("skipped", "unsupported: " + (", ".join(result["missing"]) or "no example was drawn"))
    if check.property not in result["checks"] and check.property != "crash":
        return Verdict("skipped", f"{check.property} was not judged in any example")
    return Verdict("passed")


def _concerns(failure: dict[str, Any], dtype: str, dtypes: tuple[str, ...]) -> bool:
    seen = set(failure.get("worst") or [failure.get("dtype")])
    return dtype in seen or dtype == dtypes[0] and not seen & set(dtypes)


def _told(failure: dict[str, Any]) -> str:
    """In at most ten lines, and the script."""
    ten = [f"{label:8} {text}" for label, text in lines(failure, {"pages": {}, "about": {}}) if label != "again"]
    return "\n".join([f"{failure['operation']} on {failure['backend']}: {failure['property']}", *ten, "", failure["script"].rstrip()])
