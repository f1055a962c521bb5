"""The programs' section of the HTML page."""

from __future__ import annotations

from typing import Any

from .elements import Html, code, join, soft, status, table, tag

_NOTE = (
    "Random programs of 10 to 40 statements, run statement by statement beside torch; after each statement everything observable is "
    "compared. Programs that differ in one way at one kind of statement are told once, with the smallest program. A backend "
    "fails when one program in a hundred differs."
)


def html(report: dict[str, Any]) -> Html | None:
    rows = report.get("programs", [])
    if not rows:
        return None
    heads = ("backend", "", "programs", "statements", "differ", "known", "words only", "drifted", "unspecified")
    names = ("programs", "statements", "differ", "known", "words", "drifted", "unspecified")
    counts = [(row["backend"], status(row["status"]), *(f"{row[name]:,}" for name in names)) for row in rows]
    parts: list[Any] = [tag("h2", "Programs"), soft(_NOTE), table(heads, counts, "Programs", "snug")]
    for row in rows:
        parts += [tag("h3", row["backend"])] if row["causes"] or row["words_causes"] or row["left_out"] or row["text"] else []
        parts += [soft(row["text"])] if row["text"] else []
        parts += [_cause(cause) for cause in row["causes"]]
        if row["words_causes"]:
            told = tag("summary", f"Errors of one type and other words ({len(row['words_causes'])}), which fail nothing")
            parts.append(tag("details", told, [_cause(cause) for cause in row["words_causes"]]))
        if row["left_out"]:
            parts.append(soft(f"Left out, because the backend lacks them: {', '.join(row['left_out'])}."))
    return join(parts)


def _cause(cause: dict[str, Any]) -> Html:
    known = f" (known difference: {cause['known']})" if cause["known"] else ""
    summary = tag("summary", tag("b", cause["title"]), tag("span", f" {cause['count']:,} programs{known}", cls="soft"))
    told = f"torch: {cause['expected']}\nbackend: {cause['got']}\nprograms: {', '.join(map(str, cause['seeds']))}"
    return tag("details", summary, code(cause["program"], "the program"), tag("pre", told))
