"""The report of a run put together from its results, and written in all formats."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

from .. import known_differences
from ..cases.deviation import PROPERTIES
from ..catalogue import TABLE
from ..catalogue.entries import entry, registry
from ..catalogue.public_names import not_judged
from ..declared_deviations import declarations as deviations
from ..explaining.causes import explain
from ..explaining.missing_pieces import missing_pieces
from ..programs import summary as programs_summary
from ..version import __version__
from .console import adapter_faults
from .junit import junit_xml
from .markdown import markdown_text
from .page.html import html_page
from .whole_files import write_whole

SCHEMA = 3
# What a run without a command line (a test, a notebook) need not say.
_ABOUT: dict[str, Any] = {"command": "", "profile": "", "seed": 0, "examples": None, "backends": [], "versions": {}, "started": "", "seconds": 0.0}


def status(row: dict[str, Any]) -> str:
    """passed, failed or unsupported: three separate things."""
    if row["failures"] or row.get("never_drawn") or row.get("compared_nothing"):
        return "failed"
    return "unsupported" if row["examples"] == 0 else "passed"


def follows(row: dict[str, Any]) -> str | None:
    """The operation from whose failure all failures of this row follow; None for a row that fails by its own, or does not fail."""
    of = [failure["follows"] for failure in row["failures"]]
    gaps = row.get("never_drawn") or row.get("compared_nothing")
    return of[0] if of and all(of) and not gaps else None


def build(items: list[dict[str, Any]], about: dict[str, Any], pages: dict[str, Any] | None = None) -> dict[str, Any]:
    """The report of a run from its results. ``pages``: the operations' rules, where they need not be looked up."""
    operations = [dict(item) for item in items if item.get("kind") == "operation"]
    training = [item for item in items if item.get("kind") == "training"]
    programs = programs_summary.rows_of(item for item in items if item.get("kind") == "programs")
    errors = [item for item in items if item.get("kind") == "error"]
    for row in operations:
        row["status"] = status(row)
        row.pop("kind", None)
        row.pop("occurrences", None)
    broken = adapter_faults.told([*(item for item in items if item.get("kind") == "adapter"), *operations])
    operations.sort(key=lambda row: (row["family"], row["operation"], row["backend"]))
    training.sort(key=lambda row: (row["run"], row["backend"]))
    about = _ABOUT | about
    causes = explain(operations)
    for row in operations:
        row["follows"] = follows(row)
    for row in [*training, *errors]:
        row.pop("kind", None)
    report = {
        "schema": SCHEMA,
        "suite": __version__,
        "about": about | {"runs": about.get("runs") or [dict(about)]},
        "summary": summarise(operations, training, about["backends"], causes, programs),
        "operations": operations,
        "pages": {**pages_of(operations), **(pages or {})},
        "training": training,
        "programs": programs,
        "findings": findings(operations),
        "declared": deviations.told(operations),
        "not_judged": [{"name": name, "reason": reason} for name, reason in not_judged().items()],
        "causes": causes,
        "missing": missing_pieces(operations),
        "adapter_faults": broken,
        "errors": errors,
        "comparison": None,
    }
    return _finite(report)


def _finite(value: Any) -> Any:
    """JSON has neither NaN nor infinities: they become None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value


def pages_of(operations: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Family, contract, rule (the docstring in refimpl) of each operation, and where its page is."""
    pages = {}
    for row in operations:
        name = row["operation"]
        if name not in pages:
            documented: Any = registry().get(name)
            words = entry(name).contract.in_words() if name in TABLE else ""
            place = f"docs/operations/{documented.section}" if documented is not None else ""
            rule = entry(name).doc if name in TABLE else ""
            pages[name] = {"family": row["family"], "contract": row["contract"], "contract_words": words, "rule": rule, "link": place}
    return pages


def summarise(
    operations: list[dict[str, Any]], training: list[dict[str, Any]], order: list[str], causes: list[dict[str, Any]] | None = None,
    programs: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The scoreboard: counts in all and for each backend (in ``order``), there also property by property."""
    backends: dict[str, dict[str, Any]] = {}

    def board(name: str) -> dict[str, Any]:
        counts = ["operations", "passed", "failed", "unsupported", "examples", "compared", "failures", "unsupported_examples", "findings"]
        counts += ["causes", "followers"]
        return backends.setdefault(name, dict.fromkeys(counts, 0) | {"units": 0.0, "torch_units": 0.0, "properties": {}})

    for row in operations:
        counts = board(row["backend"])
        counts[row["status"]] += 1
        counts["operations"] += 1
        counts["examples"] += row["examples"]
        counts["compared"] += row["compared"]
        counts["failures"] += len(row["failures"])
        counts["unsupported_examples"] += row["unsupported_count"]
        counts["findings"] += row["finding_count"]
        counts["followers"] += row["follows"] is not None
        counts["units"] = max(counts["units"], row["units"])
        counts["torch_units"] = max(counts["torch_units"], row["torch_units"])
        failed = {failure["property"] for failure in row["failures"]}
        for name in PROPERTIES:
            if row["checks"].get(name) or name in failed:
                of_property = counts["properties"].setdefault(name, {"operations": 0, "failed": 0, "checks": 0})
                of_property["operations"] += 1
                of_property["failed"] += name in failed
                of_property["checks"] += row["checks"].get(name, 0)
    for row in training:
        counts = board(row["backend"])
        counts[f"training_{row['status']}"] = counts.get(f"training_{row['status']}", 0) + 1
    for row in programs or []:
        board(row["backend"]).update(programs=row["programs"], programs_differ=row["differ"])
    for cause in causes or []:
        for name in cause["backends"]:
            board(name)["causes"] += 1
    failed_runs = sum(1 for row in [*training, *(programs or [])] if row["status"] == "failed")
    return {
        "failed": sum(1 for row in operations if row["status"] == "failed") + failed_runs,
        "passed": sum(1 for row in operations if row["status"] == "passed"),
        "unsupported": sum(1 for row in operations if row["status"] == "unsupported"),
        "examples": sum(row["examples"] for row in operations),
        "compared": sum(row["compared"] for row in operations),
        "causes": len(causes or []),
        "followers": sum(1 for row in operations if row["follows"] is not None),
        "backends": {name: backends[name] for name in dict.fromkeys([*order, *backends]) if name in backends},
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


def write(report: dict[str, Any], directory: Path) -> None:
    """All formats of the report into a directory."""
    write_whole(directory / "conformance.json", json.dumps(report, indent=1, allow_nan=False))
    # a message may hold half of a surrogate pair, which no encoding has
    write_whole(directory / "conformance.md", markdown_text(report), errors="backslashreplace")
    write_whole(directory / "conformance.html", html_page(report), errors="backslashreplace")
    write_whole(directory / "junit.xml", junit_xml(report))
