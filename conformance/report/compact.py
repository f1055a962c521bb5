"""The report's data as the HTML page carries it: an index that draws the matrix, and details that are read when a page is opened.

Both are arrays rather than objects, with names given once, numbers cut to what is shown, and nothing that is zero: 1,000 operations
on 5 backends take a few megabytes. ``page.js`` and ``operation.js`` read them by position.
"""

from __future__ import annotations

import json
from typing import Any

from ..comparators import PROPERTIES

STATUSES = ("passed", "failed", "unsupported")
BUCKETS = ("0", "1", "2", "4", "16", "256", "65536", "more", "nan")


def brief(value: Any) -> Any:
    """A number with three significant digits."""
    if not isinstance(value, float):
        return value
    short = float(f"{value:.3g}")
    return int(short) if short == int(short) and abs(short) < 1e15 else short


def index(report: dict[str, Any]) -> dict[str, Any]:
    """Names, and for each operation ``[name, family, contract, [cell for each backend]]``.

    A cell is ``[status, units, torch's units, examples, elements compared, unsupported examples, failures, [checks of each property],
    [failed properties]]`` or null.
    """
    backends = list(report["summary"]["backends"])
    families = sorted({row["family"] for row in report["operations"]})
    operations: dict[str, list[Any]] = {}
    for row in report["operations"]:
        name = row["operation"]
        entry = operations.setdefault(name, [name, families.index(row["family"]), row["contract"], [None] * len(backends)])
        failed = sorted({PROPERTIES.index(failure["property"]) for failure in row["failures"] if failure["property"] in PROPERTIES})
        entry[3][backends.index(row["backend"])] = [
            STATUSES.index(row["status"]), brief(row["units"]), brief(row["torch_units"]), row["examples"], row["compared"],
            row["unsupported_count"], len(row["failures"]), [row["checks"].get(name, 0) for name in PROPERTIES], failed,
        ]  # fmt: skip
    return {
        "backends": backends, "families": families, "properties": PROPERTIES, "classes": _classes(report), "buckets": BUCKETS,
        "operations": list(operations.values()),
    }  # fmt: skip


def _classes(report: dict[str, Any]) -> list[str]:
    return sorted({name for row in report["operations"] for name in [*row["classes"], *row.get("never_drawn", [])]})


def details(report: dict[str, Any]) -> dict[str, Any]:
    """For each operation ``[rule, [details for each backend]]``."""
    backends = list(report["summary"]["backends"])
    classes = _classes(report)
    result: dict[str, list[Any]] = {}
    for row in report["operations"]:
        page = report["pages"].get(row["operation"], {})
        entry = result.setdefault(row["operation"], [page.get("rule", ""), [None] * len(backends)])
        detail = {
            "classes": [row["classes"].get(name, 0) for name in classes],
            "histogram": [row["histogram"].get(name, 0) for name in BUCKETS],
            "torch": [row["torch_histogram"].get(name, 0) for name in BUCKETS],
            "ulps": {dtype: brief(value) for dtype, value in row["ulps"].items()},
            "torchUlps": {dtype: brief(value) for dtype, value in row["torch_ulps"].items()},
            "missing": row["missing"],
            "never": row.get("never_drawn", []),
            "nothing": row.get("compared_nothing", False),
            "raised": row.get("raised", 0),
            "layout": row.get("layout_differences", 0),
            "findings": row["finding_count"],
            "known": row.get("known_count", {}),
            "failures": [_failure(failure) for failure in row["failures"]],
            "seconds": brief(row["seconds"]),
        }
        entry[1][backends.index(row["backend"])] = {key: value for key, value in detail.items() if value and value != [0] * len(BUCKETS)}
    return result


def _failure(failure: dict[str, Any]) -> dict[str, Any]:
    kept = {key: failure[key] for key in ("id", "form", "property", "rule", "expected", "got", "classes", "script")}
    return kept | {"details": {key: brief(value) for key, value in failure["details"].items() if value is not None}}


def embedded(value: Any) -> str:
    """JSON that can stand inside a script element whatever it says."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False).replace("<", "\\u003c")
