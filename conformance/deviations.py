"""Declared deviations: what a backend is known to do otherwise than torch, and has not mended.

``deviations.json`` lists them, one by one: backend, operation, property, rule, reason, date. A declared deviation is told in the report as such,
and does not fail the run; any other does. It is not an excuse by torch's fault (that is :mod:`conformance.known_differences`):
each entry is work left to do.

    python -m conformance run --profile survey --report-dir reports/survey
    python -m conformance.deviations reports/survey/conformance.json

writes the file afresh from a report (of the survey profile, which does not stop at an operation's first failure): the deviations that occurred in it, with the reasons that the file had; entries for what was run and
no longer occurs are dropped, and told.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from .comparators import Deviation

FILE = Path(__file__).with_name("deviations.json")
Key = tuple[str, str, str, str]


def rule_name(rule: str) -> str:
    """A rule without what changes from example to example: the element, the input."""
    return rule.partition(" around")[0].partition(",")[0]


@cache
def declared() -> dict[Key, dict[str, str]]:
    """The entries of the file."""
    if not FILE.exists():
        return {}
    entries = json.loads(FILE.read_text(encoding="utf-8"))
    return {(e["backend"], e["operation"], e["property"], e["rule"]): e for e in entries}


def match(backend: str, operation: str, deviation: Deviation) -> str | None:
    """The identifier of the declared deviation that this one is, if it is declared."""
    key = (backend, operation, deviation.property, rule_name(deviation.rule))
    return identifier(key) if key in declared() else None


def identifier(key: Key) -> str:
    return "declared: " + " | ".join(key)


def told(seen: dict[str, int]) -> list[dict[str, Any]]:
    """The declared deviations that occurred, as findings of a report."""
    return [
        {
            "operation": entry["operation"], "dtype": None, "property": entry["property"], "kind": "declared deviation",
            "text": f"{entry['backend']}, {entry['rule']}: {entry['reason']} ({entry['date']})", "ulps": None, "script": "",
            "count": seen[identifier(key)], "id": identifier(key),
        }
        for key, entry in declared().items()
        if seen.get(identifier(key))
    ]  # fmt: skip


def from_report(report: dict[str, Any]) -> list[dict[str, str]]:
    """The entries for a report: its failures, and the declared deviations that occurred in it or were not run."""
    old = declared()
    ran = {(row["backend"], row["operation"]) for row in report["operations"]}
    seen = {name for row in report["operations"] for name in row.get("known_count", {})}
    entries = {key: entry for key, entry in old.items() if key[:2] not in ran or identifier(key) in seen}
    for row in report["operations"]:
        for failure in row["failures"]:
            key = (row["backend"], row["operation"], failure["property"], rule_name(failure["rule"]))
            if key not in entries:
                entries[key] = {
                    "backend": key[0], "operation": key[1], "property": key[2], "rule": key[3],
                    "reason": f"seen: expected {failure['expected'][:100]}, got {failure['got'][:100]}", "date": date.today().isoformat(),
                }  # fmt: skip
    return [entries[key] for key in sorted(entries)]


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__)
        return 2
    entries = from_report(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    keys = {(e["backend"], e["operation"], e["property"], e["rule"]) for e in entries}
    for key in sorted(declared().keys() - keys):
        print("no longer occurs:", *key)
    for key in sorted(keys - declared().keys()):
        print("new:", *key)
    FILE.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    print(f"{len(entries)} declared deviations in {FILE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
