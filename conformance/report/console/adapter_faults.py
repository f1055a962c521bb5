"""Faults of adapters, as the report tells them: each once, however many examples met it."""

from __future__ import annotations

from typing import Any, Iterable


def told(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The faults that self-checks found (items of the kind "adapter"), and those that the rows of operations met, each with its operations."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for item in items:
        for fault in [item] if item.get("kind") == "adapter" else item.pop("adapter_faults", None) or []:
            key = fault["backend"], fault["method"], fault["due"]
            first = {name: fault[name] for name in ("backend", "method", "where", "due", "came")} | {"operations": [], "examples": 0}
            entry = found.setdefault(key, first)
            entry["examples"] += fault.get("examples", 0)
            entry["operations"] += fault.get("operations", [item["operation"]] if "operation" in item else [])
    for entry in found.values():
        entry["operations"] = list(dict.fromkeys(entry["operations"]))
    return list(found.values())


def text(fault: dict[str, Any]) -> str:
    """A fault in a line."""
    place = f" ({fault['where']})" if fault["where"] else ""
    return f"{fault['method']}{place}: due {fault['due']}; came {fault['came']}"


def failed(report: dict[str, Any]) -> bool:
    """Whether the verdict of a report is that it failed: something in it, the run itself, or an adapter."""
    return bool(report["summary"]["failed"] or report["errors"] or report.get("adapter_faults"))


def lines(report: dict[str, Any]) -> list[str]:
    """A heading for each backend, with its faults below it."""
    backends: dict[str, list[dict[str, Any]]] = {}
    for fault in report.get("adapter_faults", []):
        backends.setdefault(fault["backend"], []).append(fault)
    result = []
    for name, faults in backends.items():
        met = sum(fault["examples"] for fault in faults)
        judged = "nothing of it was judged" if not met else f"{met:,} examples could not be judged"
        result.append(f"the adapter of {name} is at fault, and not its library: {judged}")
        result += [f"  {text(fault)}" for fault in faults]
    return result
