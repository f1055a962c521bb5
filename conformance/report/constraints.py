"""The constraints of the operations' pages, as a run has violated them: how many, each alone, and which of them torch never reports."""

from __future__ import annotations

from typing import Any


def counts(report: dict[str, Any]) -> tuple[int, int]:
    """How many constraints of how many operations were violated alone, each by one example at least."""
    violated: dict[str, set[str]] = {}
    for row in report["operations"]:
        found = {label for label, count in row.get("constraints", {}).items() if count}
        if found:
            violated.setdefault(row["operation"], set()).update(found)
    return sum(map(len, violated.values())), len(violated)


def silent(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The constraints that torch never reports alone: the operation, its constraint, and why."""
    found = {(row["operation"], label): why for row in report["operations"] for label, why in row.get("silent", {}).items()}
    return [(operation, label, why) for (operation, label), why in sorted(found.items())]


def summary(report: dict[str, Any]) -> str:
    """In a sentence."""
    violated, operations = counts(report)
    return f"{violated:,} constraints of {operations:,} operations were violated alone, each by one example at least."
