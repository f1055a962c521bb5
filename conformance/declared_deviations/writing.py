"""Writing a file of declared deviations afresh: ``python -m conformance run --write-deviations FILE``.

The run judges every example to its end, so that what is declared is what all occurrences of a deviation have in common.
Entries that still occur keep their reason, link and date. Entries for what was not judged stay. The others are dropped, and told.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Iterable

from ..cases.case import COMPLEX, DTYPES, FLOATS
from .declarations import Condition, Entry, together

_SEEN = "seen: "  # the beginning of a reason that nobody has written yet
_MOST_TEXTS = 3
# The form that all occurrences have in common is part of the condition unless it may well be chance.
_CHANCE = 0.05
# Dtypes that are wrong alike: what two of a kind do, another seed shows in the others.
_KINDS = (FLOATS, COMPLEX, ("uint8", "int8", "int16", "int32", "int64"))
# Contracts whose bound depends on the input: cancellation makes any number of ulps of an error that is within it.
_IN_UNITS = ("accumulated", "conditioned", "transformed")


@dataclass(frozen=True)
class Rewritten:
    """The new entries of a file, and what changed."""

    entries: list[Entry]
    new: list[Entry]
    gone: list[Entry]


def rewrite(old: Iterable[Entry], rows: Iterable[dict[str, Any]]) -> Rewritten:
    """The entries for what was judged in ``rows``, and the old ones for what was not.

    What no old entry declares joins the old entry of its kind if nobody has written that entry's reason yet: its condition widens.
    An entry with a reason of its own never widens, for its author did not speak of the new occurrences; they get an entry themselves.
    """
    old = list(old)
    rows = list(rows)
    judged = {entry["id"]: entry for entry in together(rows)}
    gone = [entry for entry in old if entry.identifier in judged and _no_longer_occurs(judged[entry.identifier])]
    entries = [entry for entry in old if entry not in gone]
    new = []
    for row in rows:
        for occurrence in row["occurrences"]:
            if occurrence["entry"] is not None:
                continue
            fresh = entry_of(row["backend"], row["operation"], occurrence)
            wider = next((entry for entry in entries if entry.key == fresh.key and entry.reason.startswith(_SEEN)), None)
            if wider is None:
                entries.append(fresh)
                new.append(fresh)
            else:
                entries[entries.index(wider)] = replace(wider, condition=_join(wider.condition, fresh.condition))
    return Rewritten(sorted(entries, key=lambda entry: (entry.key, repr(entry.condition))), new, gone)


def _no_longer_occurs(judged: dict[str, Any]) -> bool:
    return bool(judged["drawn"]) and not judged["count"]


def entry_of(backend: str, operation: str, occurrence: dict[str, Any]) -> Entry:
    """A new entry; its reason says what was seen, until somebody writes a better one."""
    expected, got = occurrence["example"]
    reason = f"{_SEEN}expected {expected[:100]}, got {got[:100]}"
    return Entry(backend, operation, occurrence["property"], occurrence["rule"], condition_of(occurrence), reason, "", date.today().isoformat())


def condition_of(occurrence: dict[str, Any]) -> Condition:
    """The mechanism, as far as occurrences show it: what holds for any seed, and not what those of this one happen to have in common."""
    in_units = occurrence["rule"].startswith(_IN_UNITS)
    return Condition(
        _dtypes(occurrence["dtypes"]), _forms(occurrence), (), _texts(occurrence["texts"]), None if in_units else _bound(occurrence["ulps"]),
        _bound(occurrence["units"]) if in_units else None,
    )  # fmt: skip


def _dtypes(found: Iterable[str]) -> tuple[str, ...]:
    """Those of the occurrences, and where two are of a kind, the whole kind."""
    names = set(found)
    for kind in _KINDS:
        if len(names & set(kind)) > 1:
            names |= set(kind)
    return tuple(sorted(names, key=lambda name: DTYPES.index(name) if name in DTYPES else len(DTYPES)))


def _forms(occurrence: dict[str, Any]) -> tuple[str, ...]:
    """The form of the call, where it is one, and would hardly be by chance."""
    forms = occurrence["forms"]
    alone = len(forms) == 1 and occurrence["shares"].get(forms[0], 1.0) ** occurrence["count"] < _CHANCE
    return tuple(forms) if alone else ()


def _texts(pairs: Iterable[Iterable[str]]) -> tuple[tuple[str, str], ...]:
    """Nothing where there are only numbers; the kinds of error alone where there are many texts."""
    found = sorted({(a, b) for a, b in pairs})
    if all(pair == ("#", "#") for pair in found):
        return ()
    if len(found) > _MOST_TEXTS:
        found = sorted({(_kind(a), _kind(b)) for a, b in found})
    return tuple(found)


def _kind(text: str) -> str:
    kind, colon, _ = text.partition(": ")
    return f"{kind}: *" if colon else text


def _bound(size: float | None) -> float | None:
    """The next power of two above twice the size: another seed draws a somewhat larger one. None where there is no largest."""
    if size is None or not math.isfinite(size):
        return None
    return 2.0 ** math.ceil(math.log2(2 * size)) if size > 0 else 0.0


def _join(a: Condition, b: Condition) -> Condition:
    """The narrowest condition that both fit."""

    def either(x: tuple[Any, ...], y: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(dict.fromkeys([*x, *y])) if x and y else ()

    def larger(x: float | None, y: float | None) -> float | None:
        return None if x is None or y is None else max(x, y)

    classes = tuple(name for name in a.classes if name in b.classes)
    return Condition(
        either(a.dtypes, b.dtypes), either(a.forms, b.forms), classes, either(a.texts, b.texts), larger(a.ulps, b.ulps), larger(a.units, b.units)
    )


def write(path: str | Path, entries: Iterable[Entry]) -> None:
    """The file: one entry a paragraph, in an order that does not depend on the run."""
    text = json.dumps([entry.as_dict() for entry in entries], indent=1, ensure_ascii=False)
    Path(path).write_text(text + "\n", encoding="utf-8")


def summary(rewritten: Rewritten, path: str | Path) -> str:
    """What changed, for the terminal."""
    lines = [f"new: {_name(entry)}: {entry.reason}" for entry in rewritten.new]
    lines += [f"no longer occurs: {_name(entry)}: {entry.reason}" for entry in rewritten.gone]
    return "\n".join([*lines, f"{len(rewritten.entries)} declared deviations in {path}"])


def _name(entry: Entry) -> str:
    return f"{entry.operation} on {entry.backend}, {entry.property}, {entry.rule}"


def finish(path: str | Path, old: Iterable[Entry], items: Iterable[dict[str, Any]], report: dict[str, Any]) -> int:
    """Write the file after a run, say what changed, and give the exit status: 1 if something failed that cannot be declared."""
    rewritten = rewrite(old, [item for item in items if item.get("kind") == "operation"])
    write(path, rewritten.entries)
    print(summary(rewritten, path))
    left = undeclarable(report)
    for text in left:
        print(f"cannot be declared: {text}")
    return 1 if left else 0


def undeclarable(report: dict[str, Any]) -> list[str]:
    """Failures that are no deviation of an operation: of training runs, of the suite, of the run itself."""
    runs = [f"programs on {row['backend']}" for row in report.get("programs", []) if row["status"] == "failed"]
    runs += [f"training run {row['run']} on {row['backend']}" for row in report["training"] if row["status"] == "failed"]
    gaps = []
    for row in report["operations"]:
        name = f"{row['operation']} on {row['backend']}"
        gaps += [f"{name}: never drawn: {', '.join(row['never_drawn'])}"] if row["never_drawn"] else []
        gaps += [f"{name}: compared nothing"] if row["compared_nothing"] else []
    return [*runs, *gaps, *(str(error.get("test", error)) for error in report["errors"])]
