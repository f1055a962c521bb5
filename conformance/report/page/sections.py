"""The sections of the HTML page that are the same for every reader."""

from __future__ import annotations

from typing import Any, Sequence

from .. import constraints, not_judged
from .elements import Html, code, figure, folded, join, operation_link, soft, status, table, tag
from .plots import loss_plots

# -- comparison ----------------------------------------------------------------------------------


def comparison(report: dict[str, Any]) -> Html | None:
    """What broke and what was mended since the earlier report."""
    found = report.get("comparison")
    if not found:
        return None
    about = found["about"]
    counts = [("broken", "broken", "failed"), ("mended", "mended", "passed"), ("changed", "otherwise changed", None), ("added", "new", None)]
    counts += [("removed", "gone", None)]
    parts: list[Any] = [
        tag("h2", "Since the earlier report"),
        soft(f"Compared with the run of {about.get('started')} UTC: {_versions_changed(about, report['about'])}."),
        tag("p", [tag("span", tag("b", f"{len(found[key]):,}"), f" {text}", cls=style) for key, text, style in counts], cls="verdict"),
    ]
    for key in ("broken", "mended", "changed"):
        if found[key]:
            parts += [tag("h3", key.capitalize()), folded([_change(entry) for entry in found[key]])]
    if found["accuracy"]:
        note = "Worst errors among what was drawn that at least doubled or halved, of the backends and of torch itself."
        parts += [tag("h3", f"Numbers that moved ({len(found['accuracy'])})"), soft(note), _accuracy(found["accuracy"])]
    for key, title in (("added", "New operations"), ("removed", "Operations that are gone")):
        names = list(dict.fromkeys(entry["operation"] for entry in found[key]))
        if names:
            listed = [join(", " if i else None, operation_link(name) if key == "added" else name) for i, name in enumerate(names)]
            parts.append(tag("details", tag("summary", f"{title} ({len(names)})"), tag("p", listed, cls="names")))
    return join(parts)


def _accuracy(moved: Sequence[dict[str, Any]], shown: int = 12, most: int = 300) -> Html:
    """The numbers that moved as a table, the largest first; the rest of it folds away."""
    heads = ("operation", "dtype", "whose", "before", "after", "measured in")
    rows = [
        (operation_link(e["operation"]), e["dtype"] or "all", e["backend"], figure(e["before"]), _worse(e), e["measure"]) for e in moved[:most]
    ]
    first = table(heads, rows[:shown], "Numbers that moved", "snug")
    if len(rows) <= shown:
        return first
    more = tag("details", tag("summary", f"{len(moved) - shown:,} more"), table(heads, rows[shown:], "More numbers that moved", "snug"))
    return join(first, more, soft(f"and {len(moved) - most:,} more in conformance.json") if len(moved) > most else None)


def _worse(entry: dict[str, Any]) -> Html:
    return tag("span", figure(entry["after"]), cls="failed" if entry["after"] > entry["before"] else "passed")


def _versions_changed(old: dict[str, Any], new: dict[str, Any]) -> str:
    """In words, which versions differ between two reports."""
    before = old.get("versions") or {}
    changes = [
        f"{name}: {key} {before[name].get(key)} → {value}"
        for name, found in new["versions"].items()
        for key, value in found.items()
        if name in before and before[name].get(key) != value
    ]
    return "; ".join(changes) or "the same versions"


def _change(entry: dict[str, Any]) -> Html:
    reasons = "; ".join([f"now {text}" for text in entry["new_failures"]] + [f"no longer {text}" for text in entry["gone_failures"]])
    told = tag("span", " " + reasons, cls="soft") if reasons else None
    return join(operation_link(entry["operation"]), f" on {entry['backend']}: ", status(entry["before"]), " → ", status(entry["after"]), told)


# -- errors --------------------------------------------------------------------------------------


def adapter(report: dict[str, Any]) -> Html | None:
    """What adapters got wrong, which is not their libraries'."""
    if not report.get("adapter_faults"):
        return None
    rows = [[fault["backend"], fault["method"], fault["where"], fault["due"], fault["came"], fault["examples"] or "self-check"]
            for fault in report["adapter_faults"]]  # fmt: skip
    head = tag("h2", "Faults of adapters", cls="failed")
    return join(head, tag("p", "The adapter broke the protocol: this says nothing of the library."), table(
        ("backend", "function", "where", "due", "came", "examples"), rows, "Faults of adapters"))  # fmt: skip


def errors(report: dict[str, Any]) -> Html | None:
    """What went wrong in the run itself."""
    if not report["errors"]:
        return None
    items = [tag("details", tag("summary", error["test"]), code(error["text"], "the traceback")) for error in report["errors"]]
    return join(tag("h2", "Errors of the run", cls="failed"), items)


# -- training ------------------------------------------------------------------------------------

_TRAINING = (
    "Each run is made three times from one seed: by torch, by the backend, and by torch in float64. The distance of a run is its largest departure "
    "so far from the float64 run, of the loss and of the parameters. The band is where a backend may be: a few times torch’s own distance."
)


def training(report: dict[str, Any]) -> Html | None:
    """One panel for each run, in it a plot for each backend."""
    if not report["training"]:
        return None
    runs: dict[str, list[dict[str, Any]]] = {}
    for row in report["training"]:
        runs.setdefault(row["run"], []).append(row)
    key = [("own-line", "the backend"), ("torch-line", "torch"), ("band", "allowed distance")]
    parts = [tag("h2", "Training runs"), soft(_TRAINING), tag("div", [tag("span", tag("i", cls=style), text) for style, text in key], cls="key")]
    for i, (name, rows) in enumerate(runs.items()):
        shown = i == 0 or any(row["status"] == "failed" for row in rows)
        verdicts = tag("span", [_verdict(row) for row in rows], cls="runs")
        plots = tag("div", [_figure(row) for row in rows], cls="plots")
        parts.append(tag("details", tag("summary", tag("b", name), verdicts), plots, open=shown))
    return join(parts)


def _verdict(row: dict[str, Any]) -> Html:
    distance = "" if row["ratio"] is None else f" {figure(row['ratio'])} × torch"
    return tag("span", row["backend"], " ", status(row["status"]), tag("small", distance))


def _figure(row: dict[str, Any]) -> Html:
    told = tag("small", f" {row['steps']} steps; {row['text']}")
    return tag("figure", tag("figcaption", row["backend"], " ", status(row["status"]), told), Html(loss_plots(row)))


# -- findings, versions --------------------------------------------------------------------------

_FINDINGS = {
    "outside its contract": ("Outside its contract", "Here torch itself is outside its contract. That is no failure of a backend."),
    "known difference": ("Known differences", "Differences that are listed with their reason, and occurred: excused for everybody."),
}


def findings(report: dict[str, Any]) -> Html:
    """What was found about torch, and the known differences that occurred."""
    parts: list[Any] = [tag("h2", "Findings about torch")]
    for kind, (title, text) in _FINDINGS.items():
        found = [finding for finding in report["findings"] if finding.get("kind") == kind]
        if found:
            parts += [tag("h3", title), soft(text), [_finding(finding, report["pages"]) for finding in found]]
    if len(parts) == 1:
        parts.append(tag("p", "None in this run."))
    return join(parts)


def violated(report: dict[str, Any]) -> Html | None:
    """How many constraints were violated alone, and those that torch never reports alone."""
    unheard = constraints.silent(report)
    if not constraints.counts(report)[0] and not unheard:
        return None
    listed = [join(operation_link(operation), f" {label}: ", tag("span", why, cls="soft")) for operation, label, why in unheard]
    title = tag("h3", f"Constraints that torch never reports alone ({len(unheard)})") if unheard else None
    return join(tag("h2", "Constraints"), soft(constraints.summary(report)), title, folded(listed) if unheard else None)


_DECLARED = "What a backend is known to do otherwise, and has not mended: work left to do, not counted as failed."
_OVER = "no longer occurs"


def declared(report: dict[str, Any]) -> Html | None:
    """The declared deviations: those that occurred, and those that did not any more, which can be taken off the list."""
    found = report.get("declared", [])
    if not found:
        return None
    over = [entry for entry in found if entry["status"] == _OVER]
    parts: list[Any] = [tag("h2", "Declared deviations"), soft(_DECLARED)]
    if over:
        parts += [tag("h3", f"No longer occurring ({len(over)})"), folded([_declared(entry) for entry in over])]
        parts.append(tag("h3", f"The others ({len(found) - len(over)})") if len(over) < len(found) else None)
    return join(parts, folded([_declared(entry) for entry in found if entry["status"] != _OVER]))


def _declared(entry: dict[str, Any]) -> Html:
    count = f"occurred {entry['count']:,} times" if entry["count"] else f"{entry['status']} ({entry['drawn']:,} examples fit its condition)"
    head = join(operation_link(entry["operation"]), f" on {entry['backend']}, {entry['property']}: {entry['rule']}; {count}. ")
    listed = {key: ", ".join(map(str, value)) if isinstance(value, list) else value for key, value in entry["condition"].items() if value}
    condition = "; ".join(f"{key}: {value}" for key, value in listed.items())
    reason = [entry["reason"], f" ({entry['date']})", f" [{entry['link']}]" if entry.get("link") else "", f" Where {condition}." if condition else ""]
    return join(head, tag("span", reason, cls="soft"))


def names_not_judged(report: dict[str, Any]) -> Html | None:
    """The public names that no operation of the suite judges, by reason."""
    groups = not_judged.grouped(report)
    if not groups:
        return None
    told = [join(tag("b", ", ".join(names)), f": {reason}") for reason, names in groups.items()]
    return join(tag("h2", not_judged.count(report).capitalize()), folded(told))


def _finding(finding: dict[str, Any], pages: dict[str, Any]) -> Html:
    names = finding["operation"].split(", ")
    links = [join(", " if i else None, operation_link(name) if name in pages else name) for i, name in enumerate(names)]
    facts = [finding["dtype"], f"{figure(finding['ulps'])} ulp{'' if finding['ulps'] == 1 else 's'}" if finding["ulps"] is not None else None]
    facts += [f"{finding['count']:,} times" if finding.get("count") else None]
    told = [tag("span", fact, cls="soft") for fact in facts if fact]
    summary = tag("summary", tag("b", finding.get("id") or links), told)
    return tag("details", summary, soft(links) if finding.get("id") else None, tag("p", finding["text"]), code(finding["script"], "the example"))


def run(report: dict[str, Any]) -> Html:
    """Versions, and the commands that repeat the runs."""
    about = report["about"]
    parts: list[Any] = [tag("h2", "Run"), soft(f"Suite {report['suite']}, report schema {report['schema']}. To repeat:")]
    for each in about["runs"]:
        note = f"profile {each['profile']}, seed {each['seed']}, {each['started']} UTC, {figure(each['seconds'])} s"
        parts += [code(each["command"], "the command", "code wrap"), soft(note)]
    return join(parts, tag("h3", "Versions"), _versions(list(about["versions"].items())))


def _versions(versions: Sequence[tuple[str, dict[str, Any]]]) -> Html:
    rows = []
    for name, found in versions:
        told = ", ".join(f"{key} {value}" for key, value in found.items())
        rows.append(tag("tr", tag("th", name, scope="row"), tag("td", told)))
    return tag("div", tag("table", tag("tbody", rows)), cls="scroll")
