"""The sections of the HTML page below the scoreboard, and the small pieces that all of them are made of."""

from __future__ import annotations

from html import escape
from typing import Any, Sequence
from urllib.parse import quote

from .plots import loss_plots
from .terminal import number

GLYPHS = {"passed": "✓", "failed": "✗", "unsupported": "–"}


def figure(value: Any) -> str:
    """A number as the page shows it: two digits that matter, 3.2e6 rather than 3.2e+06."""
    return number(value).replace("e+0", "e").replace("e+", "e").replace("e-0", "e-") if value is not None else "–"


def link(address: str, text: str, style: str = "") -> str:
    return f'<a href="{escape(address)}"{f" class={chr(34)}{style}{chr(34)}" if style else ""}>{escape(text)}</a>'


def operation_link(name: str, failure: str = "") -> str:
    """A link to an operation's page; a training run has none."""
    if name.startswith("training: "):
        return link("#training", name)
    return link(f"#op/{quote(name, safe='')}" + (f"/{failure}" if failure else ""), name)


def code(text: str, what: str, style: str = "code") -> str:
    """A script with a button that copies it."""
    return f'<div class="{style}"><pre tabindex="0">{escape(text.strip())}</pre><button type="button" class="copy" aria-label="Copy {what}">Copy</button></div>'


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], style: str, label: str) -> str:
    """A table of HTML cells: the first column is the row's name, the others are numbers."""
    cards = style == "cards"
    head = "".join(f'<th scope="col"{_number_class(i)}>{text}</th>' for i, text in enumerate(heads))
    lines = []
    for row in rows:
        cells = "".join(f'<td class="n"{f" data-head={chr(34)}{heads[i + 1]}{chr(34)}" if cards else ""}>{cell}</td>' for i, cell in enumerate(row[1:]))
        lines.append(f'<tr><th scope="row">{row[0]}</th>{cells}</tr>')
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(label)}"><table class="{style}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _number_class(i: int) -> str:
    return ' class="n"' if i else ""


def _status(name: str) -> str:
    return f'<span class="{name}">{GLYPHS.get(name, "")} {escape(name)}</span>'


# -- comparison ----------------------------------------------------------------------------------

_CHANGES = (("broken", "Broken"), ("mended", "Mended"), ("changed", "Changed"))
_SHOWN, _MAX_LINES = 8, 200


def comparison(report: dict[str, Any]) -> str:
    """What broke and what was mended since the earlier report."""
    found = report.get("comparison")
    if not found:
        return ""
    about = found["about"]
    parts = [
        '<section id="changes"><h2>Since the earlier report</h2>',
        f'<p class="soft">Compared with the run of {escape(str(about.get("started")))} UTC: {escape(_versions_changed(about, report["about"]))}</p>',
        f'<p class="verdict"><span class="failed"><b>{len(found["broken"]):,}</b> broken</span><span class="passed"><b>{len(found["mended"]):,}</b> mended</span>'
        f"<span><b>{len(found['changed']):,}</b> otherwise changed</span><span><b>{len(found['added']):,}</b> new</span>"
        f"<span><b>{len(found['removed']):,}</b> gone</span></p>",
    ]
    for key, title in _CHANGES:
        if found[key]:
            parts.append(f"<h3>{title}</h3>{_folded([_change(entry) for entry in found[key]])}")
    if found["accuracy"]:
        lines = [
            f'{operation_link(entry["operation"])} {escape(entry["dtype"])}, {escape(entry["backend"])}: '
            f'{figure(entry["before"])} → {figure(entry["after"])} <span class="soft">ulps</span>'
            for entry in found["accuracy"]
        ]
        parts.append('<h3>Accuracy</h3><p class="soft">Worst errors that at least doubled or halved, of the backends and of torch itself.</p>')
        parts.append(_folded(lines))
    return "".join(parts) + "</section>"


def _versions_changed(old: dict[str, Any], new: dict[str, Any]) -> str:
    """In words, which versions differ between two reports."""
    before, after = old.get("versions") or {}, new["versions"]
    changes = [
        f"{name}: {key} {before[name].get(key)} → {found.get(key)}"
        for name, found in after.items()
        if name in before
        for key in found
        if before[name].get(key) != found.get(key)
    ]
    return "; ".join(changes) or "the versions are the same"


def _change(entry: dict[str, Any]) -> str:
    reasons = [f"now {escape(text)}" for text in entry["new_failures"]] + [f"no longer {escape(text)}" for text in entry["gone_failures"]]
    told = f' <span class="soft">{"; ".join(reasons)}</span>' if reasons else ""
    return f"{operation_link(entry['operation'])} on {escape(entry['backend'])}: {_status(entry['before'])} → {_status(entry['after'])}{told}"


def _folded(items: Sequence[str]) -> str:
    """A list of HTML items: the first are shown, the others fold away, the rest of a very long list is left to the JSON."""
    def listed(some: Sequence[str]) -> str:
        return f'<ul class="list">{"".join(f"<li>{item}</li>" for item in some)}</ul>'

    if len(items) <= _SHOWN + 2:
        return listed(items)
    left = len(items) - _MAX_LINES
    note = f'<p class="soft">and {left:,} more in conformance.json</p>' if left > 0 else ""
    return f"{listed(items[:_SHOWN])}<details><summary>{len(items) - _SHOWN:,} more</summary>{listed(items[_SHOWN:_MAX_LINES])}{note}</details>"


# -- failures, errors ----------------------------------------------------------------------------


def groups(report: dict[str, Any]) -> str:
    """Failures of several operations that look alike."""
    found = [group for group in report["groups"] if len(group["operations"]) > 1]
    if not found:
        return ""
    items = []
    for group in found:
        names = ", ".join(operation_link(name) for name in group["operations"][:12])
        more = f" and {len(group['operations']) - 12} more" if len(group["operations"]) > 12 else ""
        items.append(
            f'<b>{len(group["operations"])} operations</b> on {escape(", ".join(group["backends"]))}: {escape(group["property"])}, {escape(group["signature"])}'
            f'<br><span class="soft">{names}{more}</span>'
        )
    return f'<section id="groups"><h2>Failures that look alike</h2>{_folded(items)}</section>'


def errors(report: dict[str, Any]) -> str:
    """What went wrong in the run itself."""
    items = "".join(f'<details open><summary>{escape(e["test"])}</summary>{code(e["text"], "the traceback")}</details>' for e in report["errors"])
    return f'<section id="errors"><h2 class="failed">Errors of the run</h2>{items}</section>' if items else ""


# -- training ------------------------------------------------------------------------------------

_TRAINING = (
    "Each run is made three times from one seed: by torch, by the backend, and by torch in float64. The distance of a run is its largest departure "
    "so far from the float64 run, of the loss and of the parameters. The band is where a backend may be: a few times torch’s own distance."
)


def training(report: dict[str, Any]) -> str:
    """One panel for each run, a plot for each backend in it."""
    if not report["training"]:
        return ""
    runs: dict[str, list[dict[str, Any]]] = {}
    for row in report["training"]:
        runs.setdefault(row["run"], []).append(row)
    parts = [
        f'<section id="training"><h2>Training runs</h2><p class="soft">{_TRAINING}</p><div class="key"><span><i class="own-line"></i>the backend</span>'
        '<span><i class="torch-line"></i>torch</span><span><i class="band"></i>allowed distance</span></div>'
    ]
    for number_of_run, (name, rows) in enumerate(runs.items()):
        shown = " open" if number_of_run == 0 or any(row["status"] == "failed" for row in rows) else ""
        verdicts = "".join(f"<span>{escape(row['backend'])} {_status(row['status'])}{_ratio(row)}</span>" for row in rows)
        plots = "".join(
            f'<figure><figcaption>{escape(row["backend"])} {_status(row["status"])} <small>{row["steps"]} steps; {escape(row["text"])}</small></figcaption>'
            f"{loss_plots(row)}</figure>"
            for row in rows
        )
        parts.append(f'<details{shown}><summary><b>{escape(name)}</b>{verdicts}</summary><div class="plots">{plots}</div></details>')
    return "".join(parts) + "</section>"


def _ratio(row: dict[str, Any]) -> str:
    return "" if row["ratio"] is None else f' <small>{figure(row["ratio"])}× torch’s distance</small>'


# -- findings, versions --------------------------------------------------------------------------


def findings(report: dict[str, Any]) -> str:
    """What was found about torch, then the known differences that occurred."""
    titles = {
        "outside its contract": "Here torch itself is outside its contract. That is no failure of a backend.",
        "known difference": "Known differences that occurred: listed with their reason, excused for everybody.",
    }
    parts = []
    for kind, text in titles.items():
        found = [finding for finding in report["findings"] if finding.get("kind") == kind]
        if not found:
            continue
        parts.append(f"<h3>{kind[0].upper()}{kind[1:]}{'s' if kind.endswith('difference') else ''}</h3><p class=\"soft\">{text}</p>")
        for finding in found:
            names = finding["operation"].split(", ")
            title = ", ".join(operation_link(name) if _has_page(report, name) else escape(name) for name in names)
            dtype = f" <small>{escape(finding['dtype'])}</small>" if finding["dtype"] else ""
            facts = [f"{figure(finding['ulps'])} ulps" if finding["ulps"] is not None else "", f"{finding['count']:,} times" if finding.get("count") else ""]
            told = "".join(f"<span class='soft'>{fact}</span>" for fact in facts if fact)
            label = finding.get("id", "")
            head = f"<b>{escape(label)}</b>" if label else f"<b>{title}</b>"
            where = f'<p class="soft">{title}</p>' if label else ""
            parts.append(
                f"<details><summary>{head}{dtype}{told}</summary>{where}<p>{escape(finding['text'])}</p>{code(finding['script'], 'the example')}</details>"
            )
    return f'<section id="findings"><h2>Findings about torch</h2>{"".join(parts) or "<p>None in this run.</p>"}</section>'


def _has_page(report: dict[str, Any], name: str) -> bool:
    return name in report["pages"]


def run(report: dict[str, Any]) -> str:
    """Versions, and the commands that repeat the runs."""
    about = report["about"]
    versions = [[escape(name), escape(", ".join(f"{key} {value}" for key, value in found.items()))] for name, found in about["versions"].items()]
    parts = [f'<section id="run"><h2>Run</h2><p class="soft">Suite {escape(report["suite"])}. To repeat:</p>']
    for each in about["runs"]:
        note = f"profile {each['profile']}, seed {each['seed']}, {each['started']} UTC, {figure(each['seconds'])} s"
        parts.append(f'{code(each["command"], "the command", "code wrap")}<p class="soft">{escape(note)}</p>')
    rows = "".join(f'<tr><th scope="row">{name}</th><td>{found}</td></tr>' for name, found in versions)
    parts.append(f'<h3>Versions</h3><div class="scroll"><table><tbody>{rows}</tbody></table></div></section>')
    return "".join(parts)
