"""What a workflow of GitHub Actions shows: an annotation for each cause of failures, and the Markdown on the run's page.

Annotations are lines on the standard output; a step shows ten of a kind. The page of a run takes 1 MiB a step.
"""

from __future__ import annotations

import os
from typing import Any, Mapping

from ..failure_text import cause_text, evidence, lines
from .adapter_faults import text
from .tell import say

_MOST = 10


def lines_of(report: Mapping[str, Any]) -> list[str]:
    """The lines, the first causes first."""
    failures = {failure["id"]: (row["operation"], failure) for row in report["operations"] for failure in row["failures"]}
    told = [_line("error", f"conformance: the adapter of {fault['backend']}", text(fault)) for fault in report.get("adapter_faults", [])]
    for cause in report["causes"]:
        operation, failure = failures[cause["example"]]
        words = "\n".join([f"{evidence(cause)}. {cause_text(cause)}", *(f"{a}: {b}" for a, b in lines(failure, dict(report), operation, 300))])
        told.append(_line("error", f"conformance: {cause['title']}", words))
    told += [_line("error", f"conformance: training run {row['run']} on {row['backend']}", row["text"])
             for row in report["training"] if row["status"] == "failed"]  # fmt: skip
    told += [_line("error", f"conformance: {error['test']}", error["text"].strip()[-600:]) for error in report["errors"]]
    more = len(told) - _MOST
    return told[:_MOST] if more <= 0 else [*told[: _MOST - 1], _line("error", "conformance", f"{more + 1} more causes: see the report")]


def _line(kind: str, title: str, text: str) -> str:
    return f"::{kind} title={_property(title)}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(" ".join(text.split())).replace(":", "%3A").replace(",", "%2C")


def tell(report: Mapping[str, Any], markdown: str) -> None:
    """Where this runs in a workflow: the annotations, and the Markdown into the step's summary."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    for line in lines_of(report):
        say(line)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with open(summary, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(markdown)
