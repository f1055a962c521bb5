"""The report as Markdown, short enough for a pull request."""

from __future__ import annotations

from typing import Any

from tabulate import tabulate

from .terminal import SCOREBOARD, number, scoreboard, worst

_MAX_FAILURES = 40


def markdown_text(report: dict[str, Any]) -> str:
    about = report["about"]
    parts = ["# Conformance report", f"`{about['command']}` · profile {about['profile']} · seed {about['seed']} · {about['started']} UTC"]
    parts.append(tabulate(scoreboard(report), headers=SCOREBOARD, tablefmt="github"))
    versions = "; ".join(f"{name}: " + ", ".join(f"{k} {v}" for k, v in found.items()) for name, found in about["versions"].items())
    parts.append(f"Versions: {versions}")
    parts.append("## Operations\n\n" + _operations(report))
    if report["training"]:
        rows = [[t["run"], t["backend"], t["steps"], t["status"], number(t["ratio"]), number(t["allowed"])] for t in report["training"]]
        table = tabulate(rows, headers=("run", "backend", "steps", "status", "distance / torch's", "allowed"), tablefmt="github")
        parts.append("## Training runs\n\n" + table)
    failures = [f for row in report["operations"] for f in row["failures"]]
    if failures:
        parts.append(f"## Failures ({len(failures)})")
        for f in failures[:_MAX_FAILURES]:
            parts.append(
                f"### `{f['operation']}` on {f['backend']}: {f['property']} ({f['id']})\n\n{f['rule']}: expected `{_code(f['expected'])}`, "
                f"got `{_code(f['got'])}`\n\n```python\n{f['script']}```"
            )
        if len(failures) > _MAX_FAILURES:
            parts.append(f"... and {len(failures) - _MAX_FAILURES} more in the HTML page.")
    if report["findings"]:
        parts.append("## Findings about torch\n")
        for f in report["findings"]:
            parts.append(f"- `{f['operation']}` {f['dtype'] or ''} ({f['kind']}): {f['text']}")
    return "\n\n".join(parts) + "\n"


def _code(text: str) -> str:
    return " ".join(text.replace("`", "'").split())[:200]


def _operations(report: dict[str, Any]) -> str:
    backends = list(report["summary"]["backends"])
    table: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in report["operations"]:
        cells = table.setdefault((row["family"], row["operation"], row["contract"]), {})
        mark = {"passed": "✓", "failed": "✗", "unsupported": "–"}[row["status"]]
        cells[row["backend"]] = f"{mark} {row['examples']}, {number(row['units'])} ({number(worst(row['torch_ulps']))})"
    rows = [[*key, *[cells.get(name, "") for name in backends]] for key, cells in table.items()]
    note = "Each cell: verdict, examples, worst error in units of the contract (torch's own worst error in ulps).\n\n"
    return note + tabulate(rows, headers=("family", "operation", "contract", *backends), tablefmt="github")
