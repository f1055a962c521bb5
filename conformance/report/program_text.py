"""The programs' section of the report, in a terminal and in Markdown."""

from __future__ import annotations

from typing import Any

from ..programs.summary import cause_lines, line

_MOST = 25


def text(report: dict[str, Any]) -> list[str]:
    """For a terminal: a line for each backend, and each cause that nobody explained."""
    parts = []
    for row in report.get("programs", []):
        unexplained = [cause for cause in row["causes"] if not cause["known"]]
        parts += [line(row), *(cause_lines(cause) for cause in unexplained[:_MOST])]
        if len(unexplained) > _MOST:
            parts.append(f"and {len(unexplained) - _MOST} more causes in the report")
    return parts


def markdown(report: dict[str, Any]) -> list[str]:
    rows = report.get("programs", [])
    if not rows:
        return []
    failed = sum(1 for row in rows if row["status"] == "failed")
    heading = "## Programs" + (f" ({failed} backend{'' if failed == 1 else 's'} failed)" if failed else "")
    parts = [heading, "\n".join(f"- {line(row)}" for row in rows)]
    for row in rows:
        for cause in row["causes"][:_MOST]:
            body = cause_lines(cause).replace("`" * 3, "'" * 3)
            title = f"{row['backend']}: {cause['title']}, {cause['count']} times{' (known)' if cause['known'] else ''}"
            parts.append(f"<details><summary>{_escaped(title)}</summary>\n\n```text\n{body}\n```\n\n</details>")
    return parts


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
