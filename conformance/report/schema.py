"""The schema of ``conformance.json``: a check of a report against it, and docs/report-schema.md from its descriptions.

``report.schema.json`` is a JSON Schema (draft 2020-12) that any validator can read. What is checked here are the keywords that it
uses: type, enum, required, properties, additionalProperties, items and references to its own definitions.
``python -m conformance.report.schema`` prints the page.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "null": (type(None),),
}  # fmt: skip


def schema() -> dict[str, Any]:
    """The JSON Schema of a report."""
    return json.loads((Path(__file__).parent / "report.schema.json").read_text(encoding="utf-8"))


def problems(report: Any, complete: bool = False, rules: dict[str, Any] | None = None) -> list[str]:
    """Where a report does not fit the schema, as sentences; an empty list if it fits. ``complete``: keys that the schema does not describe
    are told, too."""
    top = rules or schema()
    return list(dict.fromkeys(_problems(report, top, top, "report", complete)))


def _problems(value: Any, rule: dict[str, Any], top: dict[str, Any], where: str, complete: bool) -> Iterator[str]:
    rule = _resolved(rule, top)
    kinds = rule.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield f"{where}: expected {' or '.join(kinds)}, got {type(value).__name__}"
        return
    if "enum" in rule and value not in rule["enum"]:
        yield f"{where}: expected one of {rule['enum']}, got {value!r}"
    if isinstance(value, dict):
        yield from (f"{where}: {name} is missing" for name in rule.get("required", []) if name not in value)
        named = rule.get("properties", {})
        others = rule.get("additionalProperties", {})
        for name, item in value.items():
            if name not in named and (others is False or complete and named and "additionalProperties" not in rule):
                yield f"{where}: {name} is not in the schema"
            else:
                yield from _problems(item, named.get(name, others), top, f"{where}.{name}", complete)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _problems(item, rule.get("items", {}), top, f"{where}[{i}]", complete)


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind in ("boolean",) or not isinstance(value, bool))


def _resolved(rule: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    reference = rule.get("$ref") if isinstance(rule, dict) else None
    return top["$defs"][reference.rsplit("/", 1)[-1]] if reference else rule


# -- the page ------------------------------------------------------------------------------------


def page() -> str:
    """docs/report-schema.md."""
    top = schema()
    parts = [
        "# The report as JSON",
        "Generated from `conformance/report/report.schema.json` (JSON Schema, draft 2020-12) by `python -m conformance.report.schema`. A test holds "
        "that reports fit the schema and that this page is up to date.",
        top["description"] + " A change that takes a key away, or changes its meaning, changes the number `schema`.",
        _table(top, top),
    ]
    for name, rule in top["$defs"].items():
        parts += [f"## {name}", rule["description"]]
        if "properties" in rule:
            parts.append(_table(rule, top))
    return "\n\n".join(parts) + "\n"


def _table(rule: dict[str, Any], top: dict[str, Any]) -> str:
    lines = ["| key | type | meaning |", "|---|---|---|"]
    required = rule.get("required", [])
    for name, item in rule["properties"].items():
        text = item.get("description") or _resolved(item, top).get("description", "")
        text = text if name in required else f"{text} (May be missing.)"
        lines.append(f"| `{name}` | {_type(item)} | {text} |")
    return "\n".join(lines)


def _type(rule: dict[str, Any]) -> str:
    if "$ref" in rule:
        name = rule["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name})"
    kinds = rule.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "array" in kinds and rule.get("items"):
        return " or ".join(f"array of {_type(rule['items'])}" if kind == "array" else kind for kind in kinds)
    if "object" in kinds and isinstance(rule.get("additionalProperties"), dict) and rule["additionalProperties"]:
        return f"object of {_type(rule['additionalProperties'])}"
    return " or ".join(kinds)


if __name__ == "__main__":
    print(page(), end="")
