"""Several reports into one matrix: shards of a run, other seeds, other machines.

A backend that says the same versions in two reports is one column. Where both judged the same operation their counts are added,
and a failure of either counts. A backend whose versions differ (another device, another release of torch) becomes a column of its own,
whose name says what differs.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Iterable

from ..declared_deviations.declarations import pooled
from .assembly import SCHEMA, build
from .schema import problems

_MAX_FINDINGS = 3


def read_report(path: str | Path) -> dict[str, Any]:
    """A report from its JSON file; a ValueError says what is wrong with the file."""
    try:
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
    except ValueError as error:
        raise ValueError(f"{path} is no conformance report, but a file that is not JSON: {error}") from error
    if not isinstance(report, dict) or "operations" not in report:
        raise ValueError(f"{path} is no conformance report (conformance.json of a report directory)")
    if report.get("schema") != SCHEMA:
        raise ValueError(f"{path} has schema {report.get('schema')}, this suite reads {SCHEMA}: run it again")
    wrong = next(iter(problems(report)), None)
    if wrong is not None:
        raise ValueError(f"{path} is no whole conformance report: {wrong}")
    return report


def merge_reports(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """Several reports into one. The same run given twice counts once."""
    reports = list({_identity(report): report for report in reports}.values())
    names = _columns(reports)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    training: dict[tuple[str, str], dict[str, Any]] = {}
    programs: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    faults: list[dict[str, Any]] = []
    pages: dict[str, Any] = {}
    versions: dict[str, Any] = {}
    for number, report in enumerate(reports):
        for row in report["operations"]:
            row = _renamed(row, names, number)
            key = (row["operation"], row["backend"])
            rows[key] = pool(rows[key], row) if key in rows else row
        for row in report["training"]:
            row = {**row, "backend": names[number, row["backend"]]}
            key = (row["run"], row["backend"])
            if key not in training or row["status"] == "failed":
                training[key] = row
        programs += [{**row, "kind": "programs", "backend": names[number, row["backend"]]} for row in report.get("programs", [])]
        errors += report["errors"]
        for fault in report.get("adapter_faults", []):
            faults.append({**fault, "kind": "adapter", "backend": names.get((number, fault["backend"]), fault["backend"])})
        pages.update(report.get("pages", {}))
        versions.update({names.get((number, name), name): found for name, found in report["about"]["versions"].items()})
    runs = [run for report in reports for run in report["about"].get("runs", [report["about"]])]
    about = {
        "command": " && ".join(dict.fromkeys(run["command"] for run in runs)),
        "profile": ", ".join(dict.fromkeys(run["profile"] for run in runs)),
        "seed": runs[0]["seed"],
        "examples": runs[0].get("examples"),
        "backends": list(dict.fromkeys(names[number, name] for number, report in enumerate(reports) for name in _backends(report))),
        "versions": versions,
        "started": min(run["started"] for run in runs),
        "seconds": round(sum(run["seconds"] for run in runs), 1),
        "runs": runs,
    }
    items = [{**row, "kind": "operation"} for row in rows.values()] + [{**row, "kind": "training"} for row in training.values()]
    return build([*items, *programs, *faults, *({**error, "kind": "error"} for error in errors)], about, pages)


def build_by_versions(items: list[dict[str, Any]], about: dict[str, Any]) -> dict[str, Any]:
    """The report of a run whose results may come from several machines. A result by other versions of its backend than ``about`` tells has them in
    ``versions``: these results are a report of their own, and all are merged."""
    others: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        others.setdefault(json.dumps([item["backend"], item["versions"]], sort_keys=True) if "versions" in item else "", []).append(item)
    reports = [build(others.pop("", []), about)]
    for key, own in others.items():
        backend, versions = json.loads(key)
        told = {**about, "backends": [backend], "versions": {**about["versions"], backend: versions}, "seconds": 0.0}
        reports.append(build([{name: value for name, value in item.items() if name != "versions"} for item in own], told))
    if len(reports) == 1:
        return reports[0]
    merged = merge_reports(reports)
    merged["about"] = {**about, **merged["about"]}
    return merged


def _identity(report: dict[str, Any]) -> str:
    return json.dumps(report["about"].get("runs", report["about"]), sort_keys=True)


def _backends(report: dict[str, Any]) -> list[str]:
    found = [*report["about"]["backends"], *(row["backend"] for row in report["operations"]), *(row["backend"] for row in report["training"])]
    found += [row["backend"] for row in report.get("programs", [])]
    return list(dict.fromkeys(found))


def _columns(reports: list[dict[str, Any]]) -> dict[tuple[int, str], str]:
    """The name in the merged report of each report's backends."""
    variants: dict[str, list[dict[str, Any]]] = {}
    for report in reports:
        for name in _backends(report):
            known = variants.setdefault(name, [])
            found = report["about"]["versions"].get(name, {})
            if found not in known:
                known.append(found)
    names = {}
    for number, report in enumerate(reports):
        for name in _backends(report):
            known = variants[name]
            found = report["about"]["versions"].get(name, {})
            names[number, name] = name if len(known) == 1 else f"{name} ({_difference(found, known)})"
    return names


def _difference(found: dict[str, Any], variants: Iterable[dict[str, Any]]) -> str:
    """What sets these versions apart from the others, in words: only the entries that are not the same everywhere."""
    variants = list(variants)
    differing = [key for key in dict.fromkeys(key for each in variants for key in each) if len({str(each.get(key)) for each in variants}) > 1]
    return ", ".join(f"{key} {found[key]}" for key in differing if key in found) or "no versions given"


def _renamed(row: dict[str, Any], names: dict[tuple[int, str], str], number: int) -> dict[str, Any]:
    """The row under its backend's name in the merged report. A failure keeps the name that its script and its id were made with."""
    return {**row, "backend": names[number, row["backend"]]}


def pool(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    """Two rows of one operation on one backend as one: counts are added, the worst is kept, failures are told once each."""
    result = {**a, **b}
    for key in ("examples", "passes", "compared", "unsupported_count", "layout_differences", "raised", "finding_count", "seconds"):
        result[key] = a.get(key, 0) + b.get(key, 0)
    histograms = ("histogram", "torch_histogram", "units_histogram", "torch_units_histogram")
    for key in ("checks", "classes", "forms", "missing", "known_count", "left_out", "verdicts", "deviations", "unsupported_classes", "constraints",
                "reported", "unsupported_constraints", *histograms):
        result[key] = dict(Counter(a.get(key, {})) + Counter(b.get(key, {})))
    for key in ("units", "torch_units"):
        result[key] = max(a[key], b[key])
    for key in ("ulps", "torch_ulps"):
        result[key] = {dtype: max(a[key].get(dtype, 0.0), b[key].get(dtype, 0.0)) for dtype in {**a[key], **b[key]}}
    result["declared"] = pooled(a.get("declared", []), b.get("declared", []))
    result["failures"] = list({failure["id"]: failure for failure in [*a["failures"], *b["failures"]]}.values())
    result["findings"] = list({finding["dtype"]: finding for finding in [*a["findings"], *b["findings"]]}.values())[:_MAX_FINDINGS]
    result["never_drawn"] = [name for name in a.get("never_drawn", []) if name in b.get("never_drawn", [])]
    result["silent"] = {name: why for name, why in {**a.get("silent", {}), **b.get("silent", {})}.items()
                        if not result["reported"].get(name)}  # fmt: skip
    result["not_this_time"] = [name for name in a.get("not_this_time", []) if name in b.get("not_this_time", [])]
    result["compared_nothing"] = bool(a.get("compared_nothing") and b.get("compared_nothing"))
    return result
