"""The report in a terminal: a scoreboard, and a table of what is not as it should be."""

from __future__ import annotations

from typing import Any

from tabulate import tabulate

from ..declared_deviations import declarations as deviations
from . import not_judged
from .failure_text import cause_text, evidence, lines
from .number_text import number
from .program_text import text as programs_text

_MAX_CAUSES = 10


def scoreboard(report: dict[str, Any]) -> list[list[Any]]:
    """One row for each backend."""
    rows = []
    for name, counts in report["summary"]["backends"].items():
        passed, runs = counts.get("training_passed", 0), counts.get("training_passed", 0) + counts.get("training_failed", 0)
        rows.append([
            name, counts["operations"], counts["passed"], counts["failed"], counts["unsupported"], number(counts["examples"]),
            number(counts["compared"]), counts["failures"], number(counts["units"]), number(counts["torch_units"]), f"{passed}/{runs}",
        ])  # fmt: skip
    return rows


SCOREBOARD = (
    "backend", "operations", "passed", "failed", "unsupported", "examples", "elements", "failures", "worst error", "torch's own", "training",
)  # fmt: skip


def summary_text(report: dict[str, Any]) -> str:
    """The scoreboard, the operations by family, and the failures."""
    parts = [tabulate(scoreboard(report), headers=SCOREBOARD)]
    families: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in report["operations"]:
        families.setdefault((row["family"], row["backend"]), []).append(row)
    rows = [
        [
            family, backend, len(group), number(sum(row["examples"] for row in group)),
            number(max((row["units"] for row in group), default=0.0)), number(max((row["torch_units"] for row in group), default=0.0)),
            sum(1 for row in group if row["status"] == "failed"), sum(1 for row in group if row["status"] == "unsupported"),
        ]
        for (family, backend), group in sorted(families.items())
    ]  # fmt: skip
    headers = ("family", "backend", "operations", "examples", "worst error\n(1 = allowed)", "torch's own", "failed", "unsupported")
    parts.append(tabulate(rows, headers=headers))
    if report["training"]:
        rows = [[t["run"], t["backend"], t["steps"], t["status"], number(t["ratio"]), number(t["seconds"])] for t in report["training"]]
        parts.append(tabulate(rows, headers=("training run", "backend", "steps", "status", "distance / torch's own", "seconds")))
    failures = [
        [f["operation"], f["backend"], f["property"], _short(f["rule"]), _short(f["expected"]), _short(f["got"]), f.get("follows") or "", f["id"]]
        for row in report["operations"]
        for f in row["failures"]
    ]
    if failures:
        heads = ("operation", "backend", "property", "rule", "expected", "got", "follows from", "id")
        parts.append(tabulate(failures, headers=heads, disable_numparse=True))
        parts.append(_causes(report))
    for row in report["operations"]:
        if row.get("never_drawn"):
            parts.append(f"{row['operation']} on {row['backend']}: never drawn: {', '.join(row['never_drawn'])}")
        if row.get("compared_nothing"):
            parts.append(f"{row['operation']} on {row['backend']}: no element was compared")
    parts += [rotation_text(report)] if rotation_text(report) else []
    parts += programs_text(report)
    for error in report["errors"]:
        parts.append(f"error in {error['test']}:\n{error['text'][-600:]}")
    if report.get("comparison"):
        found = report["comparison"]
        counts = ", ".join(f"{len(found[key])} {key}" for key in ("broken", "mended", "changed", "added", "removed"))
        parts.append(f"since {found['about'].get('started')} UTC: {counts}")
        parts += [f"broken: {e['operation']} on {e['backend']}: {'; '.join(e['new_failures']) or e['after']}" for e in found["broken"]]
    if report["findings"]:
        names = sorted({finding["operation"] for finding in report["findings"]})
        parts.append(f"findings about torch: {len(report['findings'])} ({', '.join(names)})")
    if report.get("declared"):
        parts.append("\n".join(["declared deviations:", *("  " + line for line in deviations.lines(report["declared"]))]))
    if report.get("not_judged"):
        parts.append("\n".join([f"{not_judged.count(report)} (why: conformance.md)", *("  " + line for line in not_judged.left_out(report))]))
    about = report["about"]
    summary = report["summary"]
    parts.append(
        f"{summary['passed']} passed, {summary['failed']} failed, {summary['unsupported']} unsupported; "
        f"{summary['examples']:,} examples, {summary['compared']:,} elements compared in {about['seconds']} s\nrepeat: {about['command']}"
    )
    return "\n\n".join(parts)


def rotation_text(report: dict[str, Any]) -> str:
    """Which classes of large inputs were left to other seeds, and in how many operations; empty if there were none."""
    missing: dict[str, set[str]] = {}
    for row in report["operations"]:
        for name in row.get("not_this_time", []):
            missing.setdefault(name, set()).add(row["operation"])
    counts = ", ".join(f"{name.removeprefix('large ')} in {len(operations)}" for name, operations in missing.items())
    total = len({row["operation"] for row in report["operations"]})
    return f"classes of large inputs left to other seeds, of {total} operations: {counts}" if counts else ""


def _causes(report: dict[str, Any]) -> str:
    """What the failures come from, each cause with the failure of the shortest script in ten lines."""
    by_id = {failure["id"]: (row["operation"], failure) for row in report["operations"] for failure in row["failures"]}
    parts = [f"{len(by_id)} failure{'' if len(by_id) == 1 else 's'} from {len(report['causes'])} cause{'' if len(report['causes']) == 1 else 's'}:"]
    for place, cause in enumerate(report["causes"][:_MAX_CAUSES], 1):
        operation, failure = by_id[cause["example"]]
        told = [f"{place}. {cause['title']}", f"   {evidence(cause)}. {cause_text(cause)}"]
        for label, text in lines(failure, report, operation, 200):
            told += [f"   {label:8} {line}" if k == 0 else f"            {line}" for k, line in enumerate(text.splitlines())]
        parts.append("\n".join(told))
    more = len(report["causes"]) - _MAX_CAUSES
    return "\n\n".join(parts + ([f"and {more} more in the report"] if more > 0 else []))


def _short(text: str, width: int = 48) -> str:
    text = " ".join(str(text).split())
    return text if len(text) <= width else text[: width - 1] + "…"
