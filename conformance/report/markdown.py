"""The report as Markdown, short enough for a comment on a pull request (GitHub takes 65,536 characters)."""

from __future__ import annotations

from typing import Any, Sequence

from tabulate import tabulate

from .terminal import SCOREBOARD, number, scoreboard

_MAX_FAILURES = 12
_MAX_LINES = 25
_MAX_CHARACTERS = 60_000


def markdown_text(report: dict[str, Any]) -> str:
    """Verdict, scoreboard, what changed, failures with their scripts folded away, findings."""
    about, summary = report["about"], report["summary"]
    mark = "❌" if summary["failed"] or report["errors"] else "✅"
    parts = [
        f"# {mark} Conformance: {summary['failed']:,} failed, {summary['passed']:,} passed, {summary['unsupported']:,} unsupported",
        f"{summary['examples']:,} examples, {summary['compared']:,} elements compared; profile {about['profile']}, seed {about['seed']}, "
        f"{about['started']} UTC",
        tabulate(scoreboard(report), headers=SCOREBOARD, tablefmt="github"),
        *_comparison(report),
        *_failures(report),
        *_training(report),
        *_errors(report),
        *_findings(report),
    ]
    versions = "; ".join(f"{name}: " + ", ".join(f"{k} {v}" for k, v in found.items()) for name, found in about["versions"].items())
    parts += [f"<sub>Versions: {versions}</sub>", f"Repeat with `{_inline(about['command'], 2000)}`. All operations are in conformance.html."]
    return _within("\n\n".join(parts[:-2]), "\n\n" + "\n\n".join(parts[-2:])) + "\n"


def _within(text: str, end: str) -> str:
    """The text, cut between two blocks if it is too long, and the end, which is never cut."""
    room = _MAX_CHARACTERS - len(end)
    if len(text) <= room:
        return text + end
    cut = text.rfind("\n\n### ", 0, room)
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
        parts.append(f"## Failures ({len(failures)})")
    groups = [group for group in report["groups"] if len(group["operations"]) > 1]
    if groups:
        parts.append(_list([
            f"{len(group['operations'])} operations on {', '.join(group['backends'])} look alike: {group['property']}, {_inline(group['signature'])} "
            f"({', '.join(f'`{name}`' for name in group['operations'][:8])}{', …' if len(group['operations']) > 8 else ''})"
            for group in groups
        ]))  # fmt: skip
    examples = [group["example"] for group in report["groups"]]  # one of each cause first
    order = list(dict.fromkeys([*(name for name in examples if name in failures), *failures]))
    for failure in (failures[name] for name in order[:_MAX_FAILURES]):
        parts.append(
            f"### `{failure['operation']}` on {failure['backend']}: {failure['property']}\n\n{_inline(failure['rule'])} ({failure['id']}): expected "
            f"`{_inline(failure['expected'])}`, got `{_inline(failure['got'])}`\n\n"
            f"<details><summary>script</summary>\n\n```python\n{failure['script'].strip()}\n```\n\n</details>"
        )
    if len(order) > _MAX_FAILURES:
        parts.append(f"### and {len(order) - _MAX_FAILURES} more in conformance.html")
    if gaps:
        parts.append(f"## Gaps ({len(gaps)})\n\n{_list(gaps)}")
    return parts


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


def _errors(report: dict[str, Any]) -> list[str]:
    if not report["errors"]:
        return []
    lines = [f"`{error['test']}`: {_inline((error['text'].strip().splitlines() or [''])[-1])}" for error in report["errors"]]
    return [f"## Errors of the run ({len(lines)})\n\n{_list(lines)}"]


def _findings(report: dict[str, Any]) -> list[str]:
    if not report["findings"]:
        return []
    lines = [f"`{f.get('id') or f['operation']}` {f['dtype'] or ''} ({f['kind']}): {_inline(f['text'])}" for f in report["findings"]]
    return [f"## Findings about torch ({len(lines)})\n\n<details><summary>not counted against any backend</summary>\n\n{_list(lines)}\n\n</details>"]
