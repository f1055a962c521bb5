"""The report as Markdown, short enough for a comment on a pull request (GitHub takes 65,536 characters)."""

from __future__ import annotations

from typing import Any, Sequence

from tabulate import tabulate

from ..declared_deviations import declarations as deviations
from . import constraints, not_judged
from .console import adapter_faults
from .failure_text import cause_text, evidence, lines
from .number_text import figure, number
from .program_text import markdown as programs_markdown
from .terminal import SCOREBOARD, rotation_text, scoreboard

_MAX_FAILURES = 12
_MAX_LINES = 25
_MAX_SCRIPT = 4_000
_MAX_CHARACTERS = 60_000


def markdown_text(report: dict[str, Any]) -> str:
    """Verdict, scoreboard, what changed, failures with their scripts folded away, findings."""
    about, summary = report["about"], report["summary"]
    mark = "❌" if adapter_faults.failed(report) else "✅"
    parts = [
        f"# {mark} Conformance: {summary['failed']:,} failed, {summary['passed']:,} passed, {summary['unsupported']:,} unsupported",
        f"{summary['examples']:,} examples, {summary['compared']:,} elements compared; profile {about['profile']}, seed {about['seed']}, "
        f"{about['started']} UTC",
        *([f"> {about['interrupted']}."] if about.get("interrupted") else []),
        tabulate(scoreboard(report), headers=SCOREBOARD, tablefmt="github"),
        *_adapters(report),
        *_comparison(report),
        *_failures(report),
        *_training(report),
        *programs_markdown(report),
        *([f"<sub>{rotation_text(report).capitalize()}.</sub>"] if rotation_text(report) else []),
        *_errors(report),
        *_findings(report),
        *_declared(report),
        *_constraints(report),
        *_not_judged(report),
    ]
    versions = "; ".join(f"{name}: " + ", ".join(f"{k} {v}" for k, v in found.items()) for name, found in about["versions"].items())
    parts.append(f"<sub>Versions: {_inline(versions, 4000)}</sub>")
    parts.append(f"Repeat with `{_inline(about['command'], 2000)}`. All operations are in conformance.html.")
    return _within("\n\n".join(parts[:-2]), "\n\n" + "\n\n".join(parts[-2:])) + "\n"


def _within(text: str, end: str) -> str:
    """The text, cut before a heading if it is too long, and the end."""
    room = _MAX_CHARACTERS - len(end)
    if len(text) <= room:
        return text + end
    cut = max(text.rfind("\n\n### ", 0, room), text.rfind("\n\n## ", 0, room))
    return text[: cut if cut > 0 else room] + "\n\n(cut here: the rest is in conformance.html)" + end


def _inline(text: str, width: int = 200) -> str:
    return " ".join(str(text).replace("`", "'").split())[:width]


def _list(lines: Sequence[str]) -> str:
    shown = [f"- {line}" for line in lines[:_MAX_LINES]]
    return "\n".join(shown + ([f"- and {len(lines) - _MAX_LINES} more"] if len(lines) > _MAX_LINES else []))


def _comparison(report: dict[str, Any]) -> list[str]:
    found = report.get("comparison")
    if not found:
        return []
    counts = f"{len(found['broken'])} broken, {len(found['mended'])} mended, {len(found['changed'])} otherwise changed"
    parts = [f"## Since {found['about'].get('started')} UTC: {counts}, {len(found['added'])} new, {len(found['removed'])} gone"]
    for key in ("broken", "mended", "changed"):
        lines = []
        for entry in found[key]:
            reasons = "; ".join(entry["new_failures"] + [f"no longer {text}" for text in entry["gone_failures"]])
            lines.append(f"`{entry['operation']}` on {entry['backend']}: {entry['before']} → {entry['after']} {_inline(reasons)}".rstrip())
        if lines:
            parts.append(f"**{key.capitalize()}**\n\n{_list(lines)}")
    moved = [
        f"`{e['operation']}` {e['dtype']} of {e['backend']}: {figure(e['before'])} → {figure(e['after'])} {e['measure']}".replace("  ", " ")
        for e in found["accuracy"]
    ]
    if moved:
        parts.append(f"<details><summary>{len(moved)} numbers that moved</summary>\n\n{_list(moved)}\n\n</details>")
    for key, title in (("added", "New operations"), ("removed", "Operations that are gone")):
        names = list(dict.fromkeys(f"`{entry['operation']}`" for entry in found[key]))
        if names:
            more = f" and {len(names) - _MAX_LINES} more" if len(names) > _MAX_LINES else ""
            parts.append(f"{title}: {', '.join(names[:_MAX_LINES])}{more}")
    return parts


def _failures(report: dict[str, Any]) -> list[str]:
    failures = {failure["id"]: failure for row in report["operations"] for failure in row["failures"]}
    gaps = [
        f"`{row['operation']}` on {row['backend']}: "
        + (f"never drawn: {', '.join(row['never_drawn'])}" if row.get("never_drawn") else "nothing compared")
        for row in report["operations"]
        if row.get("never_drawn") or row.get("compared_nothing")
    ]
    parts = []
    if failures:
        parts.append(f"## {_count(len(failures), 'failure')} from {_count(len(report['causes']), 'cause')}")
    rows = {failure["id"]: row["operation"] for row in report["operations"] for failure in row["failures"]}
    for cause in report["causes"][:_MAX_FAILURES]:
        failure = failures[cause["example"]]
        parts.append(
            f"### {_inline(cause['title'])}\n\n{evidence(cause)}. {_inline(cause_text(cause), 600)}\n\n"
            f"{_failure(failure, report, rows[failure['id']])}"
        )
    if len(report["causes"]) > _MAX_FAILURES:
        parts.append(f"### and {len(report['causes']) - _MAX_FAILURES} more causes in conformance.html")
    if gaps:
        parts.append(f"## Gaps ({len(gaps)})\n\n{_list(gaps)}")
    return parts


def _count(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _failure(failure: dict[str, Any], report: dict[str, Any], operation: str) -> str:
    """A failure in ten lines, its script folded away."""
    told = []
    for label, text in lines(failure, report, operation, 200):
        rows = [_cut(line) for line in text.splitlines()[:8]]
        told += [f"{label if k == 0 else '':9}{line}" for k, line in enumerate(rows)]
    body = "\n".join(told).replace("`" * 3, "'" * 3)
    script = failure["script"].strip()
    folded = f"<details><summary>script</summary>\n\n```python\n{script}\n```\n\n</details>" if len(script) <= _MAX_SCRIPT else ""
    heading = f"The smallest of them: `{failure['operation']}`, {failure['property']} ({failure['id']})"
    return f"{heading}\n\n```text\n{body}\n```\n\n{folded}".rstrip()


def _cut(text: str, width: int = 240) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _training(report: dict[str, Any]) -> list[str]:
    if not report["training"]:
        return []
    failed = [row for row in report["training"] if row["status"] == "failed"]
    if not failed:
        counted = sum(1 for row in report["training"] if row["status"] == "passed")
        return [f"Training runs: all {counted} within their band."]
    rows = [[t["run"], t["backend"], t["steps"], number(t["ratio"]), number(t["allowed"]), _inline(t["text"])] for t in failed]
    table = tabulate(rows, headers=("run", "backend", "steps", "distance / torch's", "allowed", ""), tablefmt="github")
    return [f"## Training runs outside their band ({len(failed)} of {len(report['training'])})\n\n{table}"]


def _constraints(report: dict[str, Any]) -> list[str]:
    """How many constraints were violated alone, and those that torch never reports."""
    unheard = constraints.silent(report)
    if not constraints.counts(report)[0] and not unheard:
        return []
    lines = [f"`{operation}` {label}: {_inline(why)}" for operation, label, why in unheard]
    summary = f"{len(lines)} that torch never reports alone"
    return [constraints.summary(report) + (f"\n\n<details><summary>{summary}</summary>\n\n{_list(lines)}\n\n</details>" if lines else "")]


def _adapters(report: dict[str, Any]) -> list[str]:
    faults = report.get("adapter_faults", [])
    listed = _list([f"{fault['backend']}: {_inline(adapter_faults.text(fault), 600)}" for fault in faults])
    return [f"## Faults of adapters, and not of their libraries ({len(faults)})\n\n{listed}"] if faults else []


def _errors(report: dict[str, Any]) -> list[str]:
    if not report["errors"]:
        return []
    lines = [f"`{error['test']}`: {_inline((error['text'].strip().splitlines() or [''])[-1])}" for error in report["errors"]]
    return [f"## Errors of the run ({len(lines)})\n\n{_list(lines)}"]


def _declared(report: dict[str, Any]) -> list[str]:
    """Declared deviations: first those that no longer occur, which can be taken off the list."""
    found = sorted(report.get("declared", []), key=lambda entry: entry["status"] != "no longer occurs")
    if not found:
        return []
    over = sum(1 for entry in found if entry["status"] == "no longer occurs")
    summary = f"known and not mended; {over} no longer occur{'s' if over == 1 else ''}"
    listed = _list([_inline(line) for line in deviations.lines(found)])
    return [f"## Declared deviations ({len(found)})\n\n<details><summary>{summary}</summary>\n\n{listed}\n\n</details>"]


def _not_judged(report: dict[str, Any]) -> list[str]:
    if not report.get("not_judged"):
        return []
    summary = "names that refimpl has and no operation of the suite calls, and why"
    text = f"<details><summary>{summary}</summary>\n\n{_list([_inline(line, 600) for line in not_judged.lines(report)])}\n\n</details>"
    return [f"## {not_judged.count(report).capitalize()}\n\n{text}"]


def _findings(report: dict[str, Any]) -> list[str]:
    if not report["findings"]:
        return []
    lines = [f"`{f.get('id') or f['operation']}` {f['dtype'] or ''} ({f['kind']}): {_inline(f['text'])}" for f in report["findings"]]
    return [f"## Findings about torch ({len(lines)})\n\n<details><summary>not counted against any backend</summary>\n\n{_list(lines)}\n\n</details>"]
