"""What a backend does not have, each piece told once."""

from __future__ import annotations

from typing import Any

from .difference_kinds import anonymous


def missing_pieces(operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each backend does not have, once for each piece: the operations that are touched, and those that only follow.

    An operation that is not there and is composed of others that are not there either follows: it may come with its parts.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    absent = {(row["backend"], row["operation"]) for row in operations if row["status"] == "unsupported"}
    for row in operations:
        for text, count in row["missing"].items():
            piece = text if text.startswith("dtype ") else anonymous(text, row["operation"])
            entry = found.setdefault(
                (row["backend"], piece),
                {"backend": row["backend"], "piece": piece, "operations": [], "wholly": 0, "followers": [], "examples": 0},
            )
            entry["examples"] += count
            if row["operation"] in entry["operations"] or any(each["operation"] == row["operation"] for each in entry["followers"]):
                continue
            entry["wholly"] += row["status"] == "unsupported"
            of = next((part for part in row.get("unsupported_parts") or () if (row["backend"], part) in absent), None)
            if of is not None and row["status"] == "unsupported" and "…" in piece:
                entry["followers"].append({"operation": row["operation"], "of": of})
            else:
                entry["operations"].append(row["operation"])
    return sorted(found.values(), key=lambda entry: (-len(entry["operations"]) - len(entry["followers"]), entry["backend"], entry["piece"]))
