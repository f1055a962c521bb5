"""JUnit XML: a test suite for each backend, in it a test case for each operation and training run, and one for its programs.

Kept to what every reader of the format takes: a case has at most one ``failure`` (its text tells all of them), counts stand on every
level, identifiers of cases are unique.
"""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr

from ..programs.summary import cause_lines, line
from .console import adapter_faults
from .failure_text import lines

COUNTS = ("tests", "failures", "errors", "skipped")


def junit_xml(report: dict[str, Any]) -> str:
    """The report for tools that read nothing else. Unsupported is ``skipped``; an error of the run is an ``error``."""
    suites = [_suite(report, name) for name in report["summary"]["backends"]]
    if report["errors"]:
        cases = [
            f"<testcase classname={_attribute('run')} name={_attribute(name)} time=\"0\">"
            f'<error type="error" message="error of the run">{_text(error["text"])}</error></testcase>'
            for name, error in zip(_unique(error["test"] for error in report["errors"]), report["errors"], strict=True)
        ]
        suites.append(_element("testsuite", "errors of the run", (len(cases), 0, len(cases), 0), 0.0, "", cases))
    if report.get("adapter_faults"):
        cases = [
            f"<testcase classname={_attribute('adapter')} name={_attribute(name)} time=\"0\">"
            f'<error type="error" message="fault of the adapter">{_text(adapter_faults.text(fault))}</error></testcase>'
            for name, fault in zip(_unique(f"{fault['method']} of {fault['backend']}" for fault in report["adapter_faults"]),
                                   report["adapter_faults"], strict=True)
        ]  # fmt: skip
        suites.append(_element("testsuite", "faults of adapters", (len(cases), 0, len(cases), 0), 0.0, "", cases))
    totals = [sum(counts) for counts in zip(*(counts for counts, _ in suites), strict=True)] or [0, 0, 0, 0]
    whole = _element("testsuites", "conformance", tuple(totals), report["about"]["seconds"], "", [text for _, text in suites])[1]
    return f'<?xml version="1.0" encoding="utf-8"?>\n{whole}\n'


Counts = tuple[int, ...]


def _element(tag: str, name: str, counts: Counts, seconds: float, more: str, inside: list[str]) -> tuple[Counts, str]:
    """An element that counts what is in it, and the counts."""
    numbers = " ".join(f'{key}="{count}"' for key, count in zip(COUNTS, counts, strict=True))
    return counts, "\n".join([f'<{tag} name={_attribute(name)} {numbers} time="{seconds:.3f}"{more}>', *inside, f"</{tag}>"])


def _unique(names: Any) -> list[str]:
    """The names, those that came before with a number."""
    seen: dict[str, int] = {}
    told = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        told.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return told


def _suite(report: dict[str, Any], backend: str) -> tuple[Counts, str]:
    rows = [row for row in report["operations"] if row["backend"] == backend]
    runs = [row for row in report["training"] if row["backend"] == backend]
    programs = [row for row in report.get("programs", []) if row["backend"] == backend]
    failed, skipped = (sum(1 for row in [*rows, *runs, *programs] if row["status"] == status) for status in ("failed", "unsupported"))
    started = f' timestamp="{report["about"]["started"].replace(" ", "T")}"' if report["about"]["started"] else ""
    cases = [_case(backend, row["family"], row["operation"], row, _failures(row, report), ", ".join(row["missing"])) for row in rows]
    for row in runs:
        failures = [("training", row["text"], row["text"])] if row["status"] == "failed" else []
        cases.append(_case(backend, "training", row["run"], row, failures, row["text"]))
    for row in programs:
        told = "\n\n".join(cause_lines(cause) for cause in row["causes"])
        failures = [("programs", line(row), f"{line(row)}\n\n{told}")] if row["status"] == "failed" else []
        cases.append(_case(backend, "programs", "programs", row, failures, row["text"]))
    counts = (len(rows) + len(runs) + len(programs), failed, 0, skipped)
    return _element("testsuite", backend, counts, sum(row["seconds"] for row in [*rows, *runs, *programs]), started, cases)


def _case(backend: str, family: str, name: str, row: dict[str, Any], failures: list[tuple[str, str, str]], missing: str) -> str:
    head = f'<testcase classname={_attribute(f"{backend}.{family}")} name={_attribute(name)} time="{row["seconds"]:.3f}"'
    if row["status"] == "unsupported":
        return f"{head}><skipped message={_attribute(missing)}/></testcase>"
    if row["status"] != "failed":
        return head + "/>"
    kinds = ", ".join(dict.fromkeys(kind for kind, _, _ in failures))
    message = failures[0][1] + (f" (and {len(failures) - 1} more)" if len(failures) > 1 else "")
    told = "\n\n".join(text for _, _, text in failures)
    return f"{head}><failure type={_attribute(kinds)} message={_attribute(message)}>{_text(told)}</failure></testcase>"


def _failures(row: dict[str, Any], report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Property, rule and text of each failure of a row, and of what was not drawn."""
    told = []
    for failure in row["failures"]:
        ten = "\n".join(f"{label}: {text}" for label, text in lines(failure, report, row["operation"]))
        told.append((failure["property"], failure["rule"], f"{failure['property']}\n{ten}\n\n{failure['script']}"))
    if row.get("never_drawn"):
        text = "never drawn: " + ", ".join(row["never_drawn"])
        told.append(("coverage", text, text))
    if row.get("compared_nothing"):
        text = "values were checked and no element was compared"
        told.append(("coverage", text, text))
    return told


def _attribute(text: str) -> str:
    return quoteattr(_holdable(text))


def _text(text: str) -> str:
    return _holdable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _holdable(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or 32 <= ord(c) < 0xD800 or 0xE000 <= ord(c) < 0xFFFE or ord(c) > 0xFFFF)
