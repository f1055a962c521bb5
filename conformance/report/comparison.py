"""Two reports side by side: what broke, what was mended, and whose numbers moved."""

from __future__ import annotations

from typing import Any

# A worst error is worth a line when it at least doubles or halves: it is the largest of a few draws, and wavers by itself.
FACTOR = 2.0


def compare_reports(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The comparison of a report with an earlier one, row by row. Backends are matched by name."""
    before = {(row["operation"], row["backend"]): row for row in old["operations"]}
    after = {(row["operation"], row["backend"]): row for row in new["operations"]}
    result: dict[str, Any] = {
        "about": {key: old["about"].get(key) for key in ("command", "profile", "seed", "started", "versions")},
        "broken": [], "mended": [], "changed": [], "added": [], "removed": [], "accuracy": [],
    }  # fmt: skip
    for key, row in after.items():
        if key not in before:
            result["added"].append({"operation": key[0], "backend": key[1], "status": row["status"]})
            continue
        entry = _verdicts(before[key], row)
        if entry is not None:
            result[_direction(entry)].append(entry)
        if key[1] != "torch:cpu":  # which stands below, with what was drawn for all backends
            result["accuracy"] += _moved(key[0], key[1], before[key]["ulps"], row["ulps"])
    for key, row in before.items():
        if key not in after:
            result["removed"].append({"operation": key[0], "backend": key[1], "status": row["status"]})
    old_runs = {(row["run"], row["backend"]): row for row in old["training"]}
    for row in new["training"]:
        earlier = old_runs.get((row["run"], row["backend"]))
        if earlier is not None and earlier["status"] != row["status"]:
            entry = {"operation": f"training: {row['run']}", "backend": row["backend"], "before": earlier["status"], "after": row["status"]}
            result[_direction(entry)].append(entry | {"new_failures": [], "gone_failures": []})
    then, now = _torch_ulps(old), _torch_ulps(new)
    for name in now:
        result["accuracy"] += _moved(name, "torch", then.get(name, {}), now[name])
    result["accuracy"].sort(key=lambda entry: -max(entry["after"], entry["before"]))
    return result


def _verdicts(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
    """What became of one operation on one backend; None where its status and its failures are the same."""
    earlier = {_kind(failure): failure for failure in old["failures"]}
    later = {_kind(failure): failure for failure in new["failures"]}
    fresh = [f"{f['property']}: {f['rule']}" for key, f in later.items() if key not in earlier]
    gone = [f"{f['property']}: {f['rule']}" for key, f in earlier.items() if key not in later]
    if old["status"] == new["status"] and not fresh and not gone:
        return None
    return {
        "operation": new["operation"], "backend": new["backend"], "before": old["status"], "after": new["status"],
        "new_failures": fresh, "gone_failures": gone,
    }  # fmt: skip


def _kind(failure: dict[str, Any]) -> tuple[str, str]:
    """Which failure it is, whatever the element: the property and the rule."""
    return failure["property"], failure["rule"].split(", element")[0].split(", input")[0]


def _direction(entry: dict[str, Any]) -> str:
    """broken, mended or changed. What failed before and fails now is judged by which failures are new and which are gone."""
    if entry["before"] != entry["after"]:
        return {"failed": "broken", "passed": "mended"}.get(entry["after"], "changed")
    if entry["new_failures"] and entry["gone_failures"]:
        return "changed"
    return "broken" if entry["new_failures"] else "mended"


def _torch_ulps(report: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Torch's own worst error for each operation and dtype, over all the inputs that were drawn for any backend."""
    worst: dict[str, dict[str, float]] = {}
    for row in report["operations"]:
        mine = worst.setdefault(row["operation"], {})
        for dtype, ulps in row["torch_ulps"].items():
            mine[dtype] = max(mine.get(dtype, 0.0), ulps)
    return worst


def _moved(operation: str, backend: str, before: dict[str, float], after: dict[str, float]) -> list[dict[str, Any]]:
    """The dtypes whose worst error in ulps moved by :data:`FACTOR` and by at least one ulp."""
    return [
        {"operation": operation, "backend": backend, "dtype": dtype, "before": before[dtype], "after": now}
        for dtype, now in after.items()
        if dtype in before and abs(now - before[dtype]) >= 1 and max(now, before[dtype]) >= FACTOR * min(now, before[dtype])
    ]
