"""The public names that nothing judges, as the report tells them: grouped by reason, in few lines."""

from __future__ import annotations

from typing import Any


def grouped(report: dict[str, Any]) -> dict[str, list[str]]:
    """The names by reason."""
    groups: dict[str, list[str]] = {}
    for entry in report.get("not_judged", []):
        groups.setdefault(entry["reason"], []).append(entry["name"])
    return groups


def count(report: dict[str, Any]) -> str:
    return f"not judged: {len(report.get('not_judged', []))} public names"


def left_out(report: dict[str, Any]) -> list[str]:
    """Of which examples the values, or everything, were not judged: how many on each backend, and why."""
    counts: dict[tuple[str, str], int] = {}
    for row in report.get("operations", []):
        for reason, count in row.get("left_out", {}).items():
            counts[row["backend"], reason] = counts.get((row["backend"], reason), 0) + count
    return [f"{count} examples on {backend}: {reason}" for (backend, reason), count in counts.items()]


def lines(report: dict[str, Any]) -> list[str]:
    return [*left_out(report), *_names(report)]


def _names(report: dict[str, Any]) -> list[str]:
    return [f"{', '.join(names)}: {reason}" for reason, names in grouped(report).items()]
