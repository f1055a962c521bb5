"""JUnit XML: one test case for each operation and backend, for the tools that read nothing else."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr


def junit_xml(report: dict[str, Any]) -> str:
    rows = report["operations"]
    failed = sum(1 for row in rows if row["status"] == "failed")
    skipped = sum(1 for row in rows if row["status"] == "unsupported")
    lines = ['<?xml version="1.0" encoding="utf-8"?>']
    lines.append(f'<testsuite name="conformance" tests="{len(rows)}" failures="{failed}" skipped="{skipped}" time="{report["about"]["seconds"]}">')
    for row in rows:
        head = f"<testcase classname={quoteattr(row['backend'] + '.' + row['family'])} name={quoteattr(row['operation'])} time=\"{row['seconds']}\""
        if row["status"] == "passed":
            lines.append(head + "/>")
            continue
        lines.append(head + ">")
        if row["status"] == "unsupported":
            lines.append("<skipped message=" + quoteattr(", ".join(row["missing"])) + "/>")
        for failure in row["failures"]:
            text = f"expected {failure['expected']}, got {failure['got']}\n\n{failure['script']}"
            lines.append(f"<failure type={quoteattr(failure['property'])} message={quoteattr(failure['rule'])}>{_text(text)}</failure>")
        lines.append("</testcase>")
    lines.append("</testsuite>")
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """Escaped, and without the control characters that XML cannot hold."""
    kept = "".join(c for c in text if c in "\t\n" or ord(c) >= 32)
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
