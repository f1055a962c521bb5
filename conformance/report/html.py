"""The report as one self-contained HTML page: no network, no libraries, data inside.

What is the same for every reader (scoreboard, comparison, training, findings, versions) is written here as plain HTML. The matrix
of operations and their pages are drawn by page.js and operation.js from the data that :mod:`.compact` puts into the page.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, Iterable
from urllib.parse import urlencode

from . import compact, sections
from .sections import GLYPHS, figure, link, table

_HERE = Path(__file__).parent


def html_page(report: dict[str, Any]) -> str:
    """The page, as text."""
    parts = [
        _head(report), _scoreboard(report), _properties(report), sections.comparison(report), sections.groups(report), sections.errors(report),
        _OPERATIONS, sections.training(report), sections.findings(report), sections.run(report),
    ]  # fmt: skip
    navigation = [("summary", "Scoreboard"), ("changes", "Changes"), ("operations", "Operations"), ("training", "Training")]
    navigation += [("findings", "Findings"), ("run", "Run")]
    body = "\n".join(part for part in parts if part)
    links = "".join(f'<a href="#{name}">{title}</a>' for name, title in navigation if f'id="{name}"' in body)
    verdict = "failed" if report["summary"]["failed"] or report["errors"] else "passed"
    style, scripts = _asset("page.css"), _asset("operation.js") + _asset("page.js").replace('"use strict";\n', "", 1)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Conformance report: {verdict}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#operations">Skip to the operations</a>\n'
        f'<header class="bar"><div><nav aria-label="Sections">{links}</nav><button type="button" id="theme" class="quiet">Theme: auto</button></div></header>\n'
        f'<main id="main">\n{body}\n</main>\n<main id="page" hidden></main>\n'
        f'<script type="application/json" id="index">{compact.embedded(compact.index(report))}</script>\n'
        f'<script type="application/json" id="details">{compact.embedded(compact.details(report))}</script>\n'
        f"<script>\n{scripts}</script>\n</body>\n</html>\n"
    )


def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _head(report: dict[str, Any]) -> str:
    about, summary = report["about"], report["summary"]
    torch = about["versions"].get("torch:cpu", {}).get("torch", "")
    counts = "".join(f'<span class="{name}"><b>{GLYPHS[name]} {summary[name]:,}</b> {name}</span>' for name in ("failed", "passed", "unsupported"))
    facts = [f"{summary['examples']:,} examples", f"{summary['compared']:,} elements compared", f"profile {about['profile']}", f"seed {about['seed']}"]
    facts += [f"{about['started']} UTC", f"{figure(about['seconds'])} s", f"{len(about['runs'])} runs merged" if len(about["runs"]) > 1 else ""]
    return (
        f'<section id="summary"><h1>Conformance with torch {escape(torch)}</h1><p class="verdict">{counts}</p>'
        f'<p class="soft">{escape(" · ".join(fact for fact in facts if fact))}</p></section>'
    )


def _scoreboard(report: dict[str, Any]) -> str:
    rows = []
    for name, board in report["summary"]["backends"].items():
        total = max(board["operations"], 1)
        share = "".join(f'<i class="{s}" style="flex:{board[s] / total:.4f}"></i>' for s in ("passed", "failed", "unsupported") if board[s])
        runs = board.get("training_passed", 0) + board.get("training_failed", 0)
        rows.append([
            link(_filter(backend=name), name) + f'<div class="share" aria-hidden="true">{share}</div>',
            *[_status_count(name, status, board[status]) for status in ("passed", "failed", "unsupported")],
            f"{board['examples']:,}", f"{board['compared']:,}", figure(board["units"]), figure(board["torch_units"]),
            f"{board.get('training_passed', 0)} of {runs}" if runs else "–",
        ])  # fmt: skip
    heads = ["backend", "passed", "failed", "unsupported", "examples", "elements", "worst error", "torch’s own", "training"]
    note = '<p class="soft">Operations passed, failed, unsupported. The worst error is in units of what the contract allows: up to 1 is allowed. '
    note += "Where torch’s own is above 1 on the same inputs, that is a finding about torch, not a failure of anybody.</p>"
    return f"<section>{table(heads, rows, 'cards', 'Scoreboard')}{note}</section>"


def _status_count(backend: str, status: str, count: int) -> str:
    return f'<span class="{status}">{link(_filter(backend=backend, status=status), f"{count:,}", status)}</span>' if count else "0"


def _filter(**wanted: str) -> str:
    return "#" + urlencode(wanted)


def _properties(report: dict[str, Any]) -> str:
    """Property by property: how much of torch a backend has."""
    boards = report["summary"]["backends"]
    names = list(dict.fromkeys(name for board in boards.values() for name in board["properties"]))
    if not names:
        return ""
    rows = [[link(_filter(property=name), name), *(_property(name, backend, board) for backend, board in boards.items())] for name in names]
    return (
        '<section id="properties"><h2>Property by property</h2><p class="soft">✓ operations that keep it everywhere it was checked; ✗ operations that do not.</p>'
        + table(["property", *map(escape, boards)], rows, "", "Property by property")
        + "</section>"
    )


def _property(name: str, backend: str, board: dict[str, Any]) -> str:
    of_property = board["properties"].get(name)
    if of_property is None:
        return '<span class="soft">not checked</span>'
    total, failed = of_property["operations"], of_property["failed"]
    if not failed:
        return f'<span class="passed">✓ {total:,}</span>'
    return link(_filter(property=name, backend=backend, status="failed"), f"✗ {failed:,}", "failed") + f' <span class="soft">of {total:,}</span>'


def options(values: Iterable[str]) -> str:
    return "".join(f"<option>{escape(value)}</option>" for value in values)


_OPERATIONS = f"""<section id="operations"><h2>Operations</h2>
<p class="soft">Each cell: the verdict and the worst error in units of what the contract allows. With a property chosen, the verdict on that property alone.</p>
<noscript><p>The matrix needs JavaScript; conformance.json has the same rows.</p></noscript>
<form id="filters" class="filters" role="search" aria-label="Operations">
<label class="search">Search <input type="search" id="search" placeholder="name, family or contract" autocomplete="off" spellcheck="false"></label>
<label>Family <select id="family"><option value="">all</option></select></label>
<label>Property <select id="property"><option value="">all</option></select></label>
<label>Backend <select id="backend"><option value="">all</option></select></label>
<label>Status <select id="status"><option value="">all</option>{options(GLYPHS)}</select></label>
<button type="button" id="clear" class="quiet" hidden>Clear</button></form>
<div class="counted"><span id="count" role="status"></span>
<span class="keys"><kbd>/</kbd> search &nbsp;<kbd>↑</kbd> <kbd>↓</kbd> move &nbsp;<kbd>Enter</kbd> open &nbsp;<kbd>Esc</kbd> back</span></div>
<table id="matrix"><caption class="only-read">Operations and backends</caption><thead><tr></tr></thead><tbody></tbody></table>
<p id="nothing" class="nothing" hidden>No operation fits these filters.</p>
<p class="more"><button type="button" id="more" hidden>Show more</button></p></section>"""
