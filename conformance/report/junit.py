"""JUnit XML: a test suite for each backend, in it a test case for each operation and training run."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr


def junit_xml(report: dict[str, Any]) -> str:
    """The report for tools that read nothing else. Unsupported is ``skipped``; an error of the run is an ``error``."""
    suites = [_suite(report, name) for name in report["summary"]["backends"]]
    if report["errors"]:
        cases = [
            f'<testcase classname="run" name={_attribute(error["test"])}><error message="error of the run">{_text(error["text"])}</error></testcase>'
            for error in report["errors"]
        ]
        head = f'<testsuite name="errors of the run" tests="{len(cases)}" failures="0" errors="{len(cases)}" skipped="0">'
        suites.append("\n".join([head, *cases, "</testsuite>"]))
    head = f'<testsuites name="conformance" time="{report["about"]["seconds"]}">'
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', head, *suites, "</testsuites>"]) + "\n"


def _suite(report: dict[str, Any], backend: str) -> str:
    rows = [row for row in report["operations"] if row["backend"] == backend]
    runs = [row for row in report["training"] if row["backend"] == backend]
    failed, skipped = (sum(1 for row in [*rows, *runs] if row["status"] == status) for status in ("failed", "unsupported"))
    seconds = sum(row["seconds"] for row in [*rows, *runs])
    started = f' timestamp="{report["about"]["started"].replace(" ", "T")}"' if report["about"]["started"] else ""
    lines = [
        f'<testsuite name={_attribute(backend)} tests="{len(rows) + len(runs)}" failures="{failed}" errors="0" skipped="{skipped}" '
        f'time="{seconds:.3f}"{started}>'
    ]
    lines += [_case(backend, row["family"], row["operation"], row, _failures(row), ", ".join(row["missing"])) for row in rows]
    for row in runs:
        failures = [_failure("training", row["text"], row["text"])] if row["status"] == "failed" else []
        lines.append(_case(backend, "training", row["run"], row, failures, row["text"]))
    return "\n".join([*lines, "</testsuite>"])


def _case(backend: str, family: str, name: str, row: dict[str, Any], failures: list[str], missing: str) -> str:
    head = f'<testcase classname={_attribute(f"{backend}.{family}")} name={_attribute(name)} time="{row["seconds"]}"'
    inside = failures if row["status"] == "failed" else [f"<skipped message={_attribute(missing)}/>"] if row["status"] == "unsupported" else []
    return f"{head}>{''.join(inside)}</testcase>" if inside else head + "/>"


def _failures(row: dict[str, Any]) -> list[str]:
    told = [
        _failure(f["property"], f["rule"], f"expected {f['expected']}, got {f['got']}\npython -m conformance repro {f['id']}\n\n{f['script']}")
        for f in row["failures"]
    ]
    if row.get("never_drawn"):
        told.append(_failure("coverage", "never drawn: " + ", ".join(row["never_drawn"]), ""))
    if row.get("compared_nothing"):
        told.append(_failure("coverage", "values were checked and no element was compared", ""))
    return told


def _failure(kind: str, message: str, text: str) -> str:
    return f"<failure type={_attribute(kind)} message={_attribute(message)}>{_text(text)}</failure>"


def _attribute(text: str) -> str:
    return quoteattr(_holdable(text))


def _text(text: str) -> str:
    return _holdable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _holdable(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or 32 <= ord(c) < 0xD800 or 0xE000 <= ord(c) < 0xFFFE or ord(c) > 0xFFFF)
