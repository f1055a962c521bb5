"""The sections of the HTML page that say what the failures come from, and what is not there."""

from __future__ import annotations

from typing import Any, Sequence

from ..failure_text import evidence
from .elements import Html, folded, join, link, operation_link, soft, tag


def causes(report: dict[str, Any]) -> Html | None:
    """Each cause of failures once: what it is, its evidence, its operations, what follows from them, and the smallest failure."""
    found = report["causes"]
    if not found:
        return None
    rows = {failure["id"]: row["operation"] for row in report["operations"] for failure in row["failures"]}
    items = [_cause(cause, rows) for cause in found]
    note = "Failures that differ in one way are one cause. What fails because an operation that it is composed of fails is told with that one."
    return join(tag("h2", "What the failures come from"), soft(note), folded(items, 6, style="causes"))


def _cause(cause: dict[str, Any], rows: dict[str, str]) -> Html:
    name = rows[cause["example"]]
    smallest = link(f"#op/{name}/{cause['example']}", "smallest failure")
    parts = [tag("div", tag("b", cause["title"]), cls="title"), soft(f"{evidence(cause)} · ", smallest)]
    if len(cause["operations"]) > 1 or cause["followers"]:
        parts.append(tag("p", _names(cause["operations"]), cls="names"))
    if cause["followers"]:
        followers = cause["followers"]
        of = sorted({each["of"] for each in followers})
        text = f"{len(followers)} more {'follows' if len(followers) == 1 else 'follow'} from {', '.join(of[:3])}{', …' if len(of) > 3 else ''}"
        parts.append(tag("details", tag("summary", text), tag("p", _names([each["operation"] for each in followers], 200), cls="names")))
    return join(parts)


def _names(names: Sequence[str], shown: int = 14) -> Html:
    listed = [join(", " if i else None, operation_link(name)) for i, name in enumerate(names[:shown])]
    if len(names) <= shown:
        return join(listed)
    rest = [join(", " if i else None, operation_link(name)) for i, name in enumerate(names[shown:])]
    return join(listed, tag("details", tag("summary", f"{len(names) - shown} more"), rest, cls="inline"))


def missing(report: dict[str, Any]) -> Html | None:
    """What backends do not have, each piece once."""
    found = report["missing"]
    if not found:
        return None
    note = "Neither passed nor failed. Each missing piece is told once, with the operations of which examples need it."
    parts: list[Any] = [tag("h2", "Not supported"), soft(note)]
    for backend in dict.fromkeys(piece["backend"] for piece in found):
        pieces = [_piece(piece) for piece in found if piece["backend"] == backend]
        parts += [tag("h3", backend), folded(pieces, 6, style="plain")]
    return join(parts)


def _piece(piece: dict[str, Any]) -> Html:
    touched = len(piece["operations"]) + len(piece["followers"])
    counts = f"{touched:,} operation{'' if touched == 1 else 's'}"
    if piece["wholly"]:
        counts += f", {piece['wholly']:,} of them wholly"
    if piece["followers"]:
        counts += f"; {len(piece['followers']):,} of these are composed of others that are not there either"
    text = piece["piece"].replace("…", "(its name)")
    names = [*piece["operations"], *(each["operation"] for each in piece["followers"])]
    return tag("details", tag("summary", tag("b", text), tag("span", counts, cls="soft")), tag("p", _names(names, 400), cls="names"), cls="piece")
