"""A failure, and a cause of failures, in words: what the terminal and the Markdown say. The HTML page says the same in operation.js."""

from __future__ import annotations

import shlex
from typing import Any

from .number_text import figure


def link(report: dict[str, Any], operation: str) -> str:
    """Where the operation's rule stands in the documentation; empty where it has no page."""
    return str(report["pages"].get(operation, {}).get("link", ""))


def facts(failure: dict[str, Any]) -> str:
    """The worst element and how far it is off: in ulps, and in units of what the contract allows."""
    details = failure["details"]
    told = [failure.get("dtype") or ""]
    if details.get("element") is not None:
        told.append(f"worst element {details['element']}")
    if details.get("ulps"):
        told.append(f"{figure(details['ulps'])} ulp{'' if details['ulps'] == 1 else 's'}")
    if details.get("units") is not None:
        told.append(f"{figure(details['units'])} times what is allowed")
    elif failure["property"] == "values" and "units" in details:
        told.append("must be equal" if failure["rule"].startswith("exact") else "not finite")
    if failure["form"] != "function":
        told.append(f"called as {failure['form']}")
    return ", ".join(filter(None, told))


def worst(failure: dict[str, Any]) -> str:
    """By dtype, the worst first: how far off, and how many examples fail; empty where the smallest input is all there is."""
    found = failure.get("worst", {})
    if len(found) < 2 and not any(each["failed"] > 1 for each in found.values()):
        return ""
    told = []
    for dtype, each in sorted(found.items(), key=lambda item: (item[1]["ulps"] is not None, -(item[1]["ulps"] or 0))):
        off = f"{_cut(each['got'], 24)} for {_cut(each['expected'], 24)}"
        if each["ulps"]:
            off = f"{figure(each['ulps'])} ulp{'' if each['ulps'] == 1 else 's'}"
        told.append(f"{dtype}: {off}, {each['failed']} example{'' if each['failed'] == 1 else 's'}")
    return "; ".join(told)


def shown(failure: dict[str, Any]) -> str:
    """How it showed when it was run again, and whether its input is the smallest."""
    found = failure.get("shrunk")
    unfinished = f"not shrunk to the end, {found['text']}" if found and not found["minimal"] else ""
    return "; ".join(filter(None, (failure.get("confirmed", {}).get("text", ""), unfinished)))


def again(failure: dict[str, Any], report: dict[str, Any]) -> str:
    """The command that shows a failure again, where the report is where it was written."""
    directory = report["about"].get("report_dir", "")
    return f"python -m conformance repro {failure['id']}" + (f" --report-dir {shlex.quote(directory)}" if directory else "")


def lines(
    failure: dict[str, Any], report: dict[str, Any], operation: str | None = None, width: int = 300, command: str | None = None
) -> list[tuple[str, str]]:
    """A failure in at most ten lines, each with its label. ``operation``: the row that it stands in, if the call has another name; ``command``: what
    shows it again here."""
    page = link(report, operation or failure["operation"])
    told = [
        ("rule", _cut(failure["rule"], width)), ("page", page), ("input", failure.get("input", "")), ("expected", _cut(failure["expected"], width)),
        ("got", _cut(failure["got"], width)), ("where", facts(failure)),
        ("follows", f"from {failure['follows']}, which fails in the same way" if failure.get("follows") else ""),
        ("worst", worst(failure)),
        ("shown", shown(failure)),
        ("again", command or again(failure, report)),
    ]  # fmt: skip
    return [(label, text) for label, text in told if text]


def _cut(text: str, width: int) -> str:
    text = " ".join(str(text).split())
    return text if len(text) <= width else text[: width - 1] + "…"


def evidence(cause: dict[str, Any]) -> str:
    """On which backends, and in how many of the operations in which it could be seen, if there is more than one."""
    backends = ", ".join(cause["backends"])
    return f"{backends}: {cause['evidence']}" if len(cause["operations"]) > 1 or cause["followers"] else backends


def cause_text(cause: dict[str, Any], shown: int = 12) -> str:
    """The operations of a cause: those that fail by themselves, and those that follow."""
    text = _names(cause["operations"], shown)
    if cause["followers"]:
        parts = sorted({each["of"] for each in cause["followers"]})
        of = f" ({', '.join(parts[:4])}{', …' if len(parts) > 4 else ''})" if len(cause["operations"]) > 1 else ""
        text += f"; {len(cause['followers'])} follow{'s' if len(cause['followers']) == 1 else ''}{of}: "
        text += _names([each["operation"] for each in cause["followers"]], shown)
    return text


def _names(names: list[str], shown: int) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
