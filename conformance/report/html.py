"""The report as one self-contained HTML page: no network, no libraries, data inside."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from .assets import CSS, JS
from .plots import loss_plot
from .terminal import SCOREBOARD, number, scoreboard

_KEPT = (
    "operation family backend contract status examples compared unsupported_count raised units ulps torch_units torch_ulps histogram "
    "torch_histogram checks classes forms missing failures finding_count layout_differences seconds known_count doc"
).split()


def html_page(report: dict[str, Any]) -> str:
    about = report["about"]
    rows = [{key: row[key] for key in _KEPT if key in row} for row in report["operations"]]
    data = json.dumps({"rows": rows, "groups": report["groups"]}, separators=(",", ":"), allow_nan=False)
    data = data.replace("</", "<\\/")
    verdict = "failed" if report["summary"]["failed"] or report["errors"] else "passed"
    sections = [
        _header(report, verdict),
        _scoreboard(report),
        _groups(report),
        _OPERATIONS,
        _training(report),
        _findings(report),
        _errors(report),
        _about(about),
    ]
    body = "\n".join(section for section in sections if section)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>Conformance report: {verdict}</title>\n<style>{CSS}</style>\n</head>\n<body>\n"
        f'{body}\n<script type="application/json" id="data">{data}</script>\n<script>{JS}</script>\n</body>\n</html>\n'
    )


def _header(report: dict[str, Any], verdict: str) -> str:
    about, summary = report["about"], report["summary"]
    return (
        f'<header><h1>Conformance report <span class="status {verdict}">{verdict}</span></h1>'
        f"<p>{summary['passed']:,} passed, {summary['failed']:,} failed, {summary['unsupported']:,} unsupported. "
        f"{summary['examples']:,} examples, {summary['compared']:,} elements compared. Profile {escape(about['profile'])}, seed {about['seed']}, "
        f"{escape(about['started'])} UTC, {about['seconds']} s.</p>"
        f"<p>Repeat: <code>{escape(about['command'])}</code></p>"
        '<nav><a href="#operations">Operations</a> <a href="#training">Training</a> <a href="#findings">Findings about torch</a> '
        '<a href="#about">Versions</a></nav></header>'
    )


def _table(headers: tuple[str, ...] | list[str], rows: list[list[Any]], classes: str = "") -> str:
    head = "".join(f"<th scope=col>{escape(str(h))}</th>" for h in headers)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table class="{classes}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _scoreboard(report: dict[str, Any]) -> str:
    return "<section><h2>Scoreboard</h2>" + _table(SCOREBOARD, scoreboard(report)) + "</section>"


def _groups(report: dict[str, Any]) -> str:
    groups = [group for group in report["groups"] if len(group["operations"]) > 1]
    if not groups:
        return ""
    items = "".join(
        f"<li><b>{len(group['operations'])} operations</b> on {escape(group['backend'])}: {escape(group['property'])}, "
        f"{escape(group['signature'])} <small>({escape(', '.join(group['operations'][:12]))}{' …' if len(group['operations']) > 12 else ''})</small></li>"
        for group in groups
    )
    return f"<section><h2>Failures with one cause</h2><ul>{items}</ul></section>"


_OPERATIONS = """<section id="operations"><h2>Operations</h2>
<form id="filters" role="search">
<label>Search <input type="search" id="search" placeholder="operation or family" autocomplete="off"></label>
<label>Family <select id="family"><option value="">all</option></select></label>
<label>Backend <select id="backend"><option value="">all</option></select></label>
<label>Status <select id="status"><option value="">all</option><option>passed</option><option>failed</option><option>unsupported</option></select></label>
<label>Property <select id="property"><option value="">any</option></select></label>
<span id="count" aria-live="polite"></span></form>
<div class="scroll"><table id="table"><thead><tr>
<th scope=col data-key="operation">operation</th><th scope=col data-key="family">family</th><th scope=col data-key="backend">backend</th>
<th scope=col data-key="status">status</th><th scope=col data-key="contract">contract</th><th scope=col data-key="examples">examples</th>
<th scope=col data-key="units">worst error<br><small>1 = allowed</small></th><th scope=col data-key="torch_units">torch's own</th>
<th scope=col data-key="nfail">failures</th></tr></thead><tbody></tbody></table></div>
<p><button type="button" id="more" hidden>Show more</button></p>
<dialog id="detail" aria-label="operation"></dialog></section>"""


def _training(report: dict[str, Any]) -> str:
    if not report["training"]:
        return ""
    parts = [
        '<section id="training"><h2>Training runs</h2><p>Each run is made by torch, by the backend, and by torch in float64, from the same seed. The '
        "distance of a run is its largest departure from the float64 run so far; the band is where the backend may be.</p>"
    ]
    for run in report["training"]:
        ratio = "" if run["ratio"] is None else f", distance {number(run['ratio'])} times torch's own (allowed {number(run['allowed'])})"
        parts.append(
            f'<figure><figcaption><b>{escape(run["run"])}</b> on {escape(run["backend"])} <span class="status {run["status"]}">{run["status"]}</span> '
            f"{run['steps']} steps{ratio}; {escape(run['text'])}</figcaption>{loss_plot(run)}</figure>"
        )
    return "".join(parts) + "</section>"


def _findings(report: dict[str, Any]) -> str:
    if not report["findings"]:
        return '<section id="findings"><h2>Findings about torch</h2><p>None in this run.</p></section>'
    items = []
    for f in report["findings"]:
        title = f"{f['operation']} {f['dtype'] or ''}".strip()
        items.append(
            f"<details><summary><b>{escape(title)}</b> <small>{escape(f['kind'])}</small></summary><p>{escape(f['text'])}</p>"
            f"<pre>{escape(f['script'])}</pre></details>"
        )
    return (
        '<section id="findings"><h2>Findings about torch</h2><p>Here torch itself is outside its contract, or does what its own documentation '
        f"does not say. These are not counted as failures of a backend.</p>{''.join(items)}</section>"
    )


def _errors(report: dict[str, Any]) -> str:
    items = "".join(f"<details open><summary>{escape(e['test'])}</summary><pre>{escape(e['text'])}</pre></details>" for e in report["errors"])
    return f"<section><h2>Errors of the run</h2>{items}</section>" if items else ""


def _about(about: dict[str, Any]) -> str:
    rows = [[name, ", ".join(f"{key} {value}" for key, value in found.items())] for name, found in about["versions"].items()]
    return '<section id="about"><h2>Versions</h2>' + _table(["backend", "versions"], rows) + "</section>"
