"""The report's data as the HTML page carries it: an index that draws the matrix, and details that are read when a page is opened.

Both are arrays rather than objects, with names given once, numbers cut to what is shown, and nothing that is zero: 1,000 operations
on 5 backends take a few megabytes. ``page.js`` and ``operation.js`` read them by position.
"""

from __future__ import annotations

import json
from typing import Any

from ...cases.case import ITEMSIZE
from ...cases.deviation import PROPERTIES
from ...judging.statistics import UNITS
from ..failure_text import shown, worst

STATUSES = ("passed", "failed", "unsupported")
BUCKETS = ("0", "1", "2", "4", "16", "256", "65536", "more", "nan")
UNIT_BUCKETS = (*(f"{limit:g}" for limit in UNITS), "more", "nan")


def brief(value: Any) -> Any:
    """A number with three significant digits."""
    if not isinstance(value, float):
        return value
    short = float(f"{value:.3g}")
    return int(short) if short == int(short) and abs(short) < 1e15 else short


def index(report: dict[str, Any]) -> dict[str, Any]:
    """Names, and for each operation ``[name, family, contract, [cell for each backend]]``.

    A cell is ``[status, units, torch's units, examples, elements compared, unsupported examples, failures, [checks of each property],
    [failed properties], verdicts, follows]`` or null. ``verdicts`` has one character for each dtype (:func:`verdict`); ``follows`` is the operation
    from whose failure this one follows, or empty.
    """
    backends = list(report["summary"]["backends"])
    families = sorted({row["family"] for row in report["operations"]})
    properties = _properties(report)
    dtypes = _dtypes(report)
    operations: dict[str, list[Any]] = {}
    for row in report["operations"]:
        name = row["operation"]
        entry = operations.setdefault(name, [name, families.index(row["family"]), row["contract"], [None] * len(backends)])
        failed = sorted({properties.index(failure["property"]) for failure in row["failures"]})
        entry[3][backends.index(row["backend"])] = [
            STATUSES.index(row["status"]), brief(row["units"]), brief(row["torch_units"]), row["examples"], row["compared"],
            row["unsupported_count"], len(row["failures"]), [row["checks"].get(name, 0) for name in properties], failed,
            "".join(verdict(row, dtype) for dtype in dtypes), row.get("follows") or "",
        ]  # fmt: skip
    return {
        "backends": backends, "families": families, "properties": properties, "dtypes": dtypes, "classes": _classes(report), "buckets": BUCKETS,
        "unitBuckets": UNIT_BUCKETS, "directory": report["about"].get("report_dir", ""), "operations": list(operations.values()),
    }  # fmt: skip


def verdict(row: dict[str, Any], dtype: str) -> str:
    """What became of the examples of a dtype: f if one failed, else p if one passed, else u if there were any, else a hyphen."""
    verdicts = row.get("verdicts", {})
    return next((kind[0] for kind in ("failed", "passed", "unsupported") if verdicts.get(f"{dtype} {kind}")), "-")


def _dtypes(report: dict[str, Any]) -> list[str]:
    """The dtypes under which something was judged, in torch's order."""
    found = {key.rpartition(" ")[0] for row in report["operations"] for key in row.get("verdicts", {})}
    return [dtype for dtype in ITEMSIZE if dtype in found]


def _properties(report: dict[str, Any]) -> list[str]:
    """All properties; those of which this suite does not know come last."""
    found = {failure["property"] for row in report["operations"] for failure in row["failures"]}
    return [*PROPERTIES, *sorted(found - set(PROPERTIES))]


def _classes(report: dict[str, Any]) -> list[str]:
    """The input classes, without the dtypes, which have a table of their own, and without what is counted for each of them."""
    drawn = {name for row in report["operations"] for name in row["classes"] if name.split()[-1] not in ITEMSIZE}
    return sorted(drawn | {name for row in report["operations"] for name in row.get("never_drawn", [])})


def details(report: dict[str, Any]) -> dict[str, Any]:
    """For each operation ``[rule, the contract in words, its page, [details for each backend]]``."""
    backends = list(report["summary"]["backends"])
    classes = _classes(report)
    dtypes = _dtypes(report)
    result: dict[str, list[Any]] = {}
    for row in report["operations"]:
        page = report["pages"].get(row["operation"], {})
        told = [page.get("rule", ""), page.get("contract_words", ""), page.get("link", ""), [None] * len(backends)]
        entry = result.setdefault(row["operation"], told)
        verdicts = row.get("verdicts", {})
        detail = {
            "classes": [row["classes"].get(name, 0) for name in classes],
            "histogram": _counts(row["histogram"], BUCKETS),
            "torch": _counts(row["torch_histogram"], BUCKETS),
            "units": _counts(row.get("units_histogram", {}), UNIT_BUCKETS),
            "torchUnits": _counts(row.get("torch_units_histogram", {}), UNIT_BUCKETS),
            "ulps": {dtype: brief(value) for dtype, value in row["ulps"].items()},
            "torchUlps": {dtype: brief(value) for dtype, value in row["torch_ulps"].items()},
            "drawn": [[verdicts.get(f"{dtype} {status}", 0) for status in STATUSES] for dtype in dtypes],
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
        entry[3][backends.index(row["backend"])] = {key: value for key, value in detail.items() if value}
    return result


def _counts(histogram: dict[str, int], buckets: tuple[str, ...]) -> list[int]:
    """The counts by position; an empty list where there are none."""
    return [histogram.get(name, 0) for name in buckets] if any(histogram.values()) else []


def _failure(failure: dict[str, Any]) -> dict[str, Any]:
    kept = {key: failure[key] for key in ("id", "form", "property", "rule", "expected", "got", "classes", "script")}
    kept |= {key: failure[key] for key in ("input", "dtype", "follows") if failure.get(key)}
    told = {"worst": worst(failure), "shown": shown(failure)}
    kept |= {key: text for key, text in told.items() if text}
    return kept | {"details": {key: brief(value) for key, value in failure["details"].items() if value is not None}}


def embedded(value: Any) -> str:
    """JSON that can stand inside a script element whatever it says."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False).replace("<", "\\u003c")
