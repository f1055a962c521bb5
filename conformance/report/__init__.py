"""The report: one structure, written as JSON, Markdown, HTML and JUnit XML.

``conformance.json`` has the keys ``about`` (command, versions, seed, profile), ``summary`` (counts), ``operations`` (one row
for each operation and backend), ``training`` (one for each run and backend), ``findings`` (about torch), ``errors`` (crashes of the run).
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from .. import __version__, known_differences

SCHEMA = 1


def status(row: dict[str, Any]) -> str:
    """passed, failed or unsupported: three separate things."""
    if row["failures"] or row.get("never_drawn") or row.get("compared_nothing"):
        return "failed"
    return "unsupported" if row["examples"] == 0 else "passed"


def build(items: list[dict[str, Any]], about: dict[str, Any]) -> dict[str, Any]:
    """The report of a run from its results."""
    operations = [item for item in items if item.get("kind") == "operation"]
    training = [item for item in items if item.get("kind") == "training"]
    errors = [item for item in items if item.get("kind") == "error"]
    for row in operations:
        row["status"] = status(row)
        row.pop("kind", None)
    operations.sort(key=lambda row: (row["family"], row["operation"], row["backend"]))
    training.sort(key=lambda row: (row["run"], row["backend"]))
    return {
        "schema": SCHEMA,
        "suite": __version__,
        "about": about,
        "summary": summarise(operations, training),
        "operations": operations,
        "training": training,
        "findings": findings(operations),
        "groups": group_failures(operations),
        "errors": errors,
    }


def summarise(operations: list[dict[str, Any]], training: list[dict[str, Any]]) -> dict[str, Any]:
    """The scoreboard: counts in all and for each backend."""
    backends: dict[str, Counter[str]] = {}
    for row in operations:
        counts = backends.setdefault(row["backend"], Counter())
        counts[row["status"]] += 1
        counts["operations"] += 1
        counts["examples"] += row["examples"]
        counts["compared"] += row["compared"]
        counts["failures"] += len(row["failures"])
        counts["unsupported_examples"] += row["unsupported_count"]
        counts["findings"] += row["finding_count"]
    for row in training:
        counts = backends.setdefault(row["backend"], Counter())
        counts[f"training_{row['status']}"] += 1
    failed = sum(1 for row in operations if row["status"] == "failed") + sum(1 for row in training if row["status"] == "failed")
    return {
        "failed": failed,
        "passed": sum(1 for row in operations if row["status"] == "passed"),
        "unsupported": sum(1 for row in operations if row["status"] == "unsupported"),
        "examples": sum(row["examples"] for row in operations),
        "compared": sum(row["compared"] for row in operations),
        "backends": {name: dict(counts) for name, counts in backends.items()},
    }


def findings(operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was found about torch: outside its contract, or on the list of known differences."""
    found: dict[tuple[str, Any], dict[str, Any]] = {}
    for row in operations:
        for finding in row["findings"]:
            key = (finding["operation"], finding["dtype"])
            if key not in found or (finding["ulps"] or 0) > (found[key]["ulps"] or 0):
                found[key] = {**finding, "kind": "outside its contract"}
    seen: Counter[str] = Counter()
    for row in operations:
        seen.update(row.get("known_count", {}))
    listed = [
        {
            "operation": ", ".join(known.operations), "dtype": None, "property": ", ".join(known.properties), "kind": "known difference",
            "text": f"{known.condition}: {known.reason}", "ulps": None, "script": known.example, "count": seen[known.identifier],
            "id": known.identifier,
        }
        for known in known_differences.KNOWN
        if seen[known.identifier]
    ]  # fmt: skip
    return sorted(found.values(), key=lambda finding: (finding["operation"], str(finding["dtype"]))) + listed


def group_failures(operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Failures with the same backend, property, rule and outcome, told once: fifty operations with one cause read as one."""
    groups: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in operations:
        for failure in row["failures"]:
            key = (failure["backend"], failure["property"], _signature(failure))
            group = groups.setdefault(
                key, {"backend": key[0], "property": key[1], "signature": key[2], "operations": [], "example": failure["id"]}
            )
            group["operations"].append(failure["operation"])
    return sorted(groups.values(), key=lambda group: -len(group["operations"]))


def _signature(failure: dict[str, Any]) -> str:
    rule = failure["rule"].split(", element")[0].split(", input")[0]
    if failure["property"] == "errors":
        expected, got = (failure[side].replace(failure["operation"], "OP")[:60] for side in ("expected", "got"))
        return f"{rule}: {expected} / {got}"
    dtype = failure["details"].get("dtype")
    return f"{rule} {dtype}" if dtype else rule


def merge_reports(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """Several reports into one. Where two judged the same operation on the same backend, the later one counts."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    training: dict[tuple[str, str], dict[str, Any]] = {}
    for report in reports:
        for row in report["operations"]:
            rows[row["operation"], row["backend"]] = {**row, "kind": "operation"}
        for row in report["training"]:
            training[row["run"], row["backend"]] = {**row, "kind": "training"}
    errors = [{**error, "kind": "error"} for report in reports for error in report["errors"]]
    first = reports[0]["about"]
    about = dict(first)
    about["command"] = " && ".join(dict.fromkeys(report["about"]["command"] for report in reports))
    about["backends"] = list(dict.fromkeys(name for report in reports for name in report["about"]["backends"]))
    about["versions"] = {name: value for report in reports for name, value in report["about"]["versions"].items()}
    about["seconds"] = round(sum(report["about"]["seconds"] for report in reports), 1)
    return build([*rows.values(), *training.values(), *errors], about)


def write(report: dict[str, Any], directory: Path) -> None:
    """All formats of the report into a directory."""
    from .html import html_page
    from .junit import junit_xml
    from .markdown import markdown_text

    directory.mkdir(parents=True, exist_ok=True)
    (directory / "conformance.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    (directory / "conformance.md").write_text(markdown_text(report), encoding="utf-8")
    (directory / "conformance.html").write_text(html_page(report), encoding="utf-8")
    (directory / "junit.xml").write_text(junit_xml(report), encoding="utf-8")
