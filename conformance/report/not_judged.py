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


def lines(report: dict[str, Any]) -> list[str]:
    return [f"{', '.join(names)}: {reason}" for reason, names in grouped(report).items()]
