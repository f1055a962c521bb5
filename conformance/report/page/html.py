"""The report as one self-contained HTML page: no network, no libraries, data inside.

What is the same for every reader (scoreboard, comparison, training, findings, versions) is written here as plain HTML. The matrix
of operations and their pages are drawn by page.js and operation.js from the data that :mod:`.data` puts into the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..console import adapter_faults
from . import cause_sections as causes
from . import data as compact
from . import programs, sections
from .elements import GLYPHS, Html, figure, filtered, join, link, soft, table, tag

_HERE = Path(__file__).parent


def html_page(report: dict[str, Any]) -> str:
    """The page, as text."""
    parts = {
        "summary": ("Scoreboard", join(_head(report), _scoreboard(report))),
        "properties": ("Properties", _properties(report)),
        "changes": ("Changes", sections.comparison(report)),
        "causes": ("Causes", causes.causes(report)),
        "adapter": ("Adapter", sections.adapter(report)),
        "errors": ("Errors", sections.errors(report)),
        "operations": ("Operations", Html(_asset("matrix.html"))),
        "training": ("Training", sections.training(report)),
        "programs": ("Programs", programs.html(report)),
        "missing": ("Not supported", causes.missing(report)),
        "findings": ("Findings", sections.findings(report)),
        "violated": ("Constraints", sections.violated(report)),
        "declared": ("Declared", sections.declared(report)),
        "not-judged": ("Not judged", sections.names_not_judged(report)),
        "run": ("Run", sections.run(report)),
    }
    parts = {name: part for name, part in parts.items() if part[1]}
    links = [link("#" + name, title) for name, (title, _) in parts.items() if title]
    theme = tag("button", tag("span", "◐", aria_hidden="true"), type="button", id="theme", cls="quiet")
    verdict = "failed" if adapter_faults.failed(report) else "passed"
    scripts = '"use strict";\n' + _asset("operation.js") + _asset("page.js")
    head = [
        Html('<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'),
        tag("title", f"Conformance report: {verdict}"),
        tag("style", Html(_asset("page.css"))),
    ]
    body = [
        tag("a", "Skip to the operations", cls="skip", href="#operations"),
        tag("header", tag("div", tag("nav", links, aria_label="Sections"), theme), cls="bar"),
        tag("main", [tag("section", content, id=name) for name, (_, content) in parts.items()], id="main"),
        tag("main", id="page", hidden=True),
        tag("script", Html(compact.embedded(compact.index(report))), type="application/json", id="index"),
        tag("script", Html(compact.embedded(compact.details(report))), type="application/json", id="details"),
        tag("script", Html(scripts)),
    ]
    return "<!doctype html>\n" + tag("html", tag("head", head), "\n", tag("body", body), lang="en") + "\n"


def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _head(report: dict[str, Any]) -> Html:
    about, summary = report["about"], report["summary"]
    torch = about["versions"].get("torch:cpu", {}).get("torch", "")
    counts = [tag("span", tag("b", f"{GLYPHS[name]} {summary[name]:,}"), f" {name}", cls=name) for name in ("failed", "passed", "unsupported")]
    told = f"{_plural(summary['causes'], 'cause')} of failures" if summary["causes"] else ""
    told += f"; {summary['followers']:,} of the failed operations only follow from another’s failure" if summary["followers"] else ""
    facts = [f"{summary['examples']:,} examples", f"{summary['compared']:,} elements compared"]
    facts += [f"profile {about['profile']}", f"seed {about['seed']}", f"{about['started']} UTC", f"{figure(about['seconds'])} s"]
    facts += [f"{len(about['runs'])} runs merged"] if len(about["runs"]) > 1 else []
    banner = tag("p", about["interrupted"] + ".", cls="banner") if about.get("interrupted") else None
    causes_told = tag("p", link("#causes", told)) if told else None
    verdict = join(tag("p", counts, cls="verdict"), causes_told, tag("p", " · ".join(facts), cls="soft facts"))
    return join(tag("h1", f"Conformance with torch {torch}"), banner, verdict)


def _plural(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _scoreboard(report: dict[str, Any]) -> Html:
    rows = []
    for name, board in report["summary"]["backends"].items():
        counts = {status: board[status] for status in ("passed", "failed", "unsupported")}
        share = [tag("i", cls=status, style=f"flex:{count}") for status, count in counts.items() if count]
        runs = board.get("training_passed", 0) + board.get("training_failed", 0)
        rows.append([
            [link(filtered(backend=name), name), tag("div", share, cls="share", aria_hidden="true")],
            *[link(filtered(backend=name, status=status), f"{count:,}", status) if count else "0" for status, count in counts.items()],
            f"{board['examples']:,}", f"{board['compared']:,}", figure(board["units"]), figure(board["torch_units"]),
            f"{board.get('training_passed', 0)} of {runs}" if runs else "–",
        ])  # fmt: skip
    heads = ["backend", "passed", "failed", "unsupported", "examples", "elements", "worst error", "torch’s own", "training"]
    note = soft(
        "Operations passed, failed, unsupported. The worst error is in units of what the contract allows: up to 1 is allowed. "
        "Where torch’s own is above 1 on the same inputs, that is a finding about torch, not a failure of anybody."
    )
    return join(table(heads, rows, "Scoreboard", "cards"), note)


def _properties(report: dict[str, Any]) -> Html | None:
    """Property by property: how much of torch a backend has."""
    boards = report["summary"]["backends"]
    names = list(dict.fromkeys(name for board in boards.values() for name in board["properties"]))
    if not names:
        return None
    rows = [[link(filtered(property=name), name), *(_property(name, backend, board) for backend, board in boards.items())] for name in names]
    note = soft("✓ operations that keep it everywhere it was checked; ✗ operations that do not.")
    return join(tag("h2", "Property by property"), note, table(["property", *boards], rows, "Property by property", "snug"))


def _property(name: str, backend: str, board: dict[str, Any]) -> Html:
    of_property = board["properties"].get(name)
    if of_property is None:
        return tag("span", "–", cls="soft", title="not checked")
    total, failed = of_property["operations"], of_property["failed"]
    if not failed:
        return tag("span", f"✓ {total:,}", cls="passed")
    failing = link(filtered(property=name, backend=backend, status="failed"), f"✗ {failed:,}", "failed")
    return join(failing, tag("span", f" of {total:,}", cls="soft"))
