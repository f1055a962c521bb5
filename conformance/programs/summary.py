"""The results of several ranges of programs as one row for each backend, and what is said about it."""

from __future__ import annotations

from collections import Counter
from typing import Any, Iterable

SHARE = 0.01  # of programs that differ without an explanation: from here on a backend fails
COUNTS = ("programs", "statements", "differ", "known", "words", "drifted", "unspecified", "seconds")


def rows_of(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for each backend, in the order in which they come. What is pooled may be rows already."""
    rows: dict[str, dict[str, Any]] = {}
    for item in items:
        rows[item["backend"]] = _pooled(rows[item["backend"]], item) if item["backend"] in rows else {**_pooled(_nothing(item["backend"]), item)}
    for row in rows.values():
        row["status"] = status(row)
    return list(rows.values())


def _nothing(backend: str) -> dict[str, Any]:
    empty: dict[str, Any] = {"left_out": {}, "causes": [], "words_causes": [], "text": "", "unsupported": False}
    return {"backend": backend, **dict.fromkeys(COUNTS, 0), **empty}


def _pooled(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"backend": a["backend"], **{name: a[name] + b[name] for name in COUNTS}}
    row["seconds"] = round(row["seconds"], 2)
    row["left_out"] = dict(Counter(a["left_out"]) + Counter(b["left_out"]))
    row["causes"] = _causes([*a["causes"], *b["causes"]])
    row["words_causes"] = _causes([*a["words_causes"], *b["words_causes"]])
    row["text"] = "; ".join(dict.fromkeys(text for text in (a["text"], b["text"]) if text))
    row["unsupported"] = a["unsupported"] or b["unsupported"]
    return row


def _causes(causes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each cause once, with the smallest of its programs and all that differ so counted."""
    found: dict[str, dict[str, Any]] = {}
    for cause in causes:
        known = found.get(cause["id"])
        if known is None:
            found[cause["id"]] = dict(cause)
            continue
        smaller = cause if len(cause["program"]) < len(known["program"]) else known
        found[cause["id"]] = {**smaller, "count": known["count"] + cause["count"], "seeds": [*known["seeds"], *cause["seeds"]][:12]}
    return sorted(found.values(), key=lambda cause: (cause["known"] is not None, -cause["count"], cause["title"]))


def status(row: dict[str, Any]) -> str:
    """passed, failed or unsupported."""
    if row["unsupported"] or not row["programs"]:
        return "unsupported"
    return "failed" if row["differ"] >= SHARE * row["programs"] else "passed"


def line(row: dict[str, Any]) -> str:
    """How the programs of a backend went, in a line."""
    if row["status"] == "unsupported":
        return f"programs on {row['backend']}: not run: {row['text'] or 'none was drawn'}"
    share = row["differ"] / row["programs"]
    text = f"programs on {row['backend']}: {row['differ']:,} of {row['programs']:,} differ ({share:.1%}; from {SHARE:.0%} on this fails)"
    more = {"known": "by a known difference", "words": "in the words of an error only", "drifted": "drifted apart by rounding"}
    more["unspecified"] = "unspecified"
    told = [f"{row[name]:,} {words}" for name, words in more.items() if row[name]]
    return ("FAILED: " if row["status"] == "failed" else "") + text + (f"; {', '.join(told)}" if told else "")


def cause_lines(cause: dict[str, Any], width: int = 400) -> str:
    """A cause with its smallest program, for a terminal or a block of text."""
    known = f" (known difference: {cause['known']})" if cause["known"] else ""
    head = f"{cause['count']} × {cause['title']}{known}; programs {', '.join(map(str, cause['seeds']))}"
    program = "\n".join("    " + text for text in cause["program"].splitlines())
    return f"{head}\n{program}\n  torch:   {cause['expected'][:width]}\n  backend: {cause['got'][:width]}"
