"""HTML in Python: elements that escape what is put into them, and the pieces of which the page is made."""

from __future__ import annotations

from html import escape
from typing import Any, Iterable, Sequence
from urllib.parse import quote, urlencode

from ..number_text import figure

__all__ = ["GLYPHS", "Html", "code", "figure", "filtered", "folded", "join", "link", "operation_link", "soft", "status", "table", "tag"]

GLYPHS = {"passed": "✓", "failed": "✗", "unsupported": "–"}


class Html(str):
    """Text that is HTML already. Every other text is escaped when it is put into an element."""


def join(*parts: Any) -> Html:
    """Parts one after the other; None and empty ones leave nothing, lists are opened."""
    texts: list[str] = []
    for part in parts:
        if isinstance(part, (list, tuple)):
            texts.append(join(*part))
        elif part is not None and part != "":
            texts.append(part if isinstance(part, Html) else escape(str(part), quote=False))
    return Html("".join(texts))


def tag(name: str, *children: Any, **attributes: Any) -> Html:
    """An element. ``cls`` is the attribute class, ``data_head`` is data-head; None and False leave an attribute out, True stands alone."""
    words = [name]
    for key, value in attributes.items():
        key = "class" if key == "cls" else key.replace("_", "-")
        if value is True:
            words.append(key)
        elif value is not None and value is not False:
            words.append(f'{key}="{escape(str(value))}"')
    return Html(f"<{' '.join(words)}>{join(*children)}</{name}>")


def soft(*children: Any) -> Html:
    return tag("p", *children, cls="soft")


def status(name: str) -> Html:
    return tag("span", f"{GLYPHS.get(name, '')} {name}", cls=name)


def link(address: str, text: str, style: str | None = None) -> Html:
    return tag("a", text, href=address, cls=style)


def filtered(**wanted: str) -> str:
    """The address of the matrix with these filters."""
    return "#" + urlencode(wanted)


def operation_link(name: str) -> Html:
    """A link to an operation's page, or for a training run to those."""
    return link("#training" if name.startswith("training: ") else "#op/" + quote(name, safe=""), name)


def code(text: str, what: str, style: str = "code") -> Html:
    """A script with a button that copies it."""
    button = tag("button", "Copy", type="button", cls="copy", aria_label=f"Copy {what}")
    return tag("div", tag("pre", text.strip(), tabindex="0"), button, cls=style)


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], label: str, style: str = "") -> Html:
    """A table of which the first column is the row's name and the others are numbers. ``style``: "cards", on a phone each row is a card;
    "snug", no wider than it has to be."""
    cards = style == "cards"
    head = tag("tr", [tag("th", text, scope="col", cls="n" if i else None) for i, text in enumerate(heads)])
    lines = []
    for name, *cells in rows:
        numbers = [tag("td", cell, cls="n", data_head=heads[i] if cards else None) for i, cell in enumerate(cells, 1)]
        lines.append(tag("tr", tag("th", name, scope="row"), numbers))
    body = tag("table", tag("thead", head), tag("tbody", lines), cls="cards" if cards else None)
    return tag("div", body, cls="scroll snug" if style == "snug" else "scroll", role="region", tabindex="0", aria_label=label)


def folded(items: Sequence[Any], shown: int = 8, most: int = 200, style: str = "list") -> Html:
    """A list: the first items are shown, the others fold away, the rest of a very long list is left to the JSON."""

    def listed(some: Sequence[Any]) -> Html:
        return tag("ul", [tag("li", item) for item in some], cls=style)

    if len(items) <= shown + 2:
        return listed(items)
    note = soft(f"and {len(items) - most:,} more in conformance.json") if len(items) > most else None
    return join(listed(items[:shown]), tag("details", tag("summary", f"{len(items) - shown:,} more"), listed(items[shown:most]), note))
