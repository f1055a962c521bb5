"""Two reports side by side: what broke, what was mended, and whose numbers moved."""

from __future__ import annotations

from typing import Any

# A worst error is worth a line when it at least doubles or halves: it is the largest of a few draws, and wavers by itself.
FACTOR = 2.0
LEAST = {"ulps": 1.0, "units": 0.1}


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
            result["accuracy"] += _moved(key[0], key[1], _errors(before[key], ""), _errors(row, ""))
    for key, row in before.items():
        if key not in after:
            result["removed"].append({"operation": key[0], "backend": key[1], "status": row["status"]})
    for (name, backend), status in _runs(new).items():
        earlier = _runs(old).get((name, backend))
        if earlier is not None and earlier != status:
            entry = {"operation": name, "backend": backend, "before": earlier, "after": status}
            result[_direction(entry)].append(entry | {"new_failures": [], "gone_failures": []})
    then, now = _torch_errors(old), _torch_errors(new)
    for name in now:
        result["accuracy"] += _moved(name, "torch", then.get(name, {}), now[name])
    result["accuracy"].sort(key=lambda entry: -max(entry["after"], entry["before"]))
    return result


def _runs(report: dict[str, Any]) -> dict[tuple[str, str], str]:
    """The status of each training run, and of the programs of each backend."""
    found = {(f"training: {row['run']}", row["backend"]): row["status"] for row in report["training"]}
    return found | {("programs", row["backend"]): row["status"] for row in report.get("programs", [])}


def _verdicts(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
    """What became of one operation on one backend; None where its status and its failures are the same. What is declared by now and still occurs is
    not gone."""
    earlier = {_kind(failure): failure for failure in old["failures"]}
    later = {_kind(failure): failure for failure in new["failures"]}
    fresh = [f"{f['property']}: {f['rule']}" for key, f in later.items() if key not in earlier]
    declared = {entry["property"] for entry in new.get("declared", ()) if entry.get("count")}
    gone = [f"{f['property']}: {f['rule']}" for key, f in earlier.items() if key not in later and key[0] not in declared]
    if old["status"] == new["status"] and not fresh and not gone:
        return None
    excused = new["status"] == "passed" and earlier and not gone
    return {
        "operation": new["operation"], "backend": new["backend"], "before": old["status"], "after": "declared" if excused else new["status"],
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


def _errors(row: dict[str, Any], whose: str) -> dict[tuple[str, str], float]:
    """The worst errors of a row by dtype and measure: in ulps, or, where cancellation makes ulps large and the contract measures otherwise,
    in units of what the contract allows (of all dtypes together). ``whose``: ``torch_`` for torch's own."""
    if row["contract"].startswith(("accumulated", "conditioned", "transformed")):
        return {("", "units"): row[f"{whose}units"]}
    return {(dtype, "ulps"): value for dtype, value in row[f"{whose}ulps"].items() if value is not None}


def _torch_errors(report: dict[str, Any]) -> dict[str, dict[tuple[str, str], float]]:
    """Torch's own worst errors for each operation, over all the inputs that were drawn for any backend."""
    worst: dict[str, dict[tuple[str, str], float]] = {}
    for row in report["operations"]:
        mine = worst.setdefault(row["operation"], {})
        for key, value in _errors(row, "torch_").items():
            mine[key] = max(mine.get(key, 0.0), value)
    return worst


def _moved(operation: str, backend: str, before: dict[tuple[str, str], float], after: dict[tuple[str, str], float]) -> list[dict[str, Any]]:
    """The worst errors that moved by :data:`FACTOR`, and by at least one ulp or a tenth of what the contract allows."""
    return [
        {"operation": operation, "backend": backend, "dtype": key[0], "measure": key[1], "before": before[key], "after": now}
        for key, now in after.items()
        if key in before and abs(now - before[key]) >= LEAST[key[1]] and max(now, before[key]) >= FACTOR * min(now, before[key])
    ]
