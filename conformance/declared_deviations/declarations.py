"""Declared deviations: what a backend is known to do otherwise than torch, and has not mended.

A file lists them (docs/declared-deviations.md has its schema): backend, operation, property, rule, condition, reason, link, date.
A declared deviation is told in the report as such and does not fail the run; any other does. It is no excuse by torch's fault
(that is :mod:`conformance.known_differences`): each entry is work left to do, and one that no longer occurs is told.

An entry speaks of a mechanism, not of examples, so that it holds for any seed: an operation, or a pattern for several, a property, a rule, dtypes,
and how large the difference may be. The condition keeps it narrow, so that a second deviation of the same operation does not hide behind the first.
This module reads the file and matches deviations; :mod:`conformance.declared_deviations.writing` writes it.
"""

from __future__ import annotations

import builtins
import json
import re
import zlib
from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from importlib.util import find_spec
from math import inf
from pathlib import Path
from typing import Any, Container, Iterable, Iterator

from ..cases.case import ITEMSIZE, Case, first_dtype
from ..cases.deviation import PROPERTIES, Deviation
from ..cases.message_words import without_dtypes

# The deviations of this project's own backends; what a run reads if it is told no other file.
FILE = Path(__file__).with_name("deviations.json")
ANY = "*"  # for a property: all of them
FORMS = ("function", "method", "inplace", "out", "attribute", "operator")


class Malformed(ValueError):
    """A file of declared deviations that cannot be read. The text names the file and the entry."""


@dataclass(frozen=True)
class Condition:
    """Where a deviation is declared. What is None, or empty, is not restricted."""

    dtypes: tuple[str, ...] = ()  # of the first operand: one of these; "no tensor" for calls without one
    forms: tuple[str, ...] = ()  # one of these
    classes: tuple[str, ...] = ()  # input classes of the example: all of these
    texts: tuple[tuple[str, str], ...] = ()  # what was expected and what came (see words): one of these pairs
    ulps: float | None = None  # the difference is at most so many ulps
    units: float | None = None  # the difference is at most so many times its bound

    def has_example(self, case: Case) -> bool:
        """Whether a case is one in which the deviation may occur."""
        dtype = not self.dtypes or first_dtype(case) in self.dtypes
        return dtype and (not self.forms or case.form in self.forms) and case.labels.issuperset(self.classes)

    def has_difference(self, deviation: Deviation) -> bool:
        """Whether a difference is of the declared kind and size."""
        if self.texts and not any(_says(text, pair) for pair in self.texts for text in [texts_of(deviation)]):
            return False
        sizes = ((self.ulps, deviation.details.get("ulps")), (self.units, deviation.details.get("units")))
        return all(bound is None or size is None or size <= bound for bound, size in sizes)


@dataclass(frozen=True)
class Entry:
    """One declared deviation."""

    backend: str
    operation: str
    property: str
    rule: str
    condition: Condition
    reason: str
    link: str
    date: str

    @builtins.property  # ``property`` is a field here
    def key(self) -> tuple[str, str, str, str]:
        return self.backend, self.operation, self.property, self.rule

    def concerns(self, backend: str, operation: str) -> bool:
        """Whether it is about this operation on this backend: by name, or by a pattern."""
        return fnmatchcase(backend, self.backend) and fnmatchcase(operation, self.operation)

    def is_about(self, name: str, rule: str) -> bool:
        """Whether it is about this property and rule."""
        return self.property in (name, ANY) and fnmatchcase(rule, self.rule)

    @builtins.property  # ``property`` is a field here
    def identifier(self) -> str:
        """For reports: the key, and a number that tells two conditions of one key apart."""
        return " | ".join((*self.key, f"{zlib.crc32(repr(self.condition).encode()):08x}"))

    def as_dict(self) -> dict[str, Any]:
        """As in the file: a condition holds only what it restricts."""
        condition = {f.name: getattr(self.condition, f.name) for f in fields(Condition)}
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in condition.items() if value not in ((), None)}
        return {f.name: getattr(self, f.name) for f in fields(Entry)} | {"condition": plain}


# -- what a deviation says -----------------------------------------------------------------------

_NUMBER = re.compile(r"(?<![\w.])[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?(?![\w.]*\w)", re.IGNORECASE)
_LIST = re.compile(r"([\[(])#(, ?#)*,?([\])])")


def rule_name(rule: str) -> str:
    """A rule without what changes from example to example: the element, the input."""
    return rule.partition(" around")[0].partition(",")[0]


def words(text: str) -> str:
    """A text without its numbers, which change from example to example: ``#`` for a number, ``[#]`` for a list of them."""
    try:
        complex(text)
    except ValueError:
        return "#" if text in ("True", "False") else _LIST.sub(r"\1#\3", _NUMBER.sub("#", text))
    return "#"


def texts_of(deviation: Deviation) -> tuple[str, str]:
    """What torch and the backend say, without numbers; of errors also without dtypes, which are in the condition, and differ from seed to seed."""
    pair = words(deviation.expected), words(deviation.got)
    return (_without_dtypes(pair[0]), _without_dtypes(pair[1])) if deviation.property == "errors" else pair


def _without_dtypes(text: str) -> str:
    kind, colon, message = text.partition(": ")
    return kind + colon + without_dtypes(message)


def _says(texts: tuple[str, str], pair: tuple[str, str]) -> bool:
    """``*`` at the end of a declared text stands for any rest."""
    return all(
        text.startswith(declared[:-1]) if declared.endswith("*") else text == declared for text, declared in zip(texts, pair, strict=True)
    )


# -- the file ------------------------------------------------------------------------------------


def read(path: str | Path) -> tuple[Entry, ...]:
    """The entries of a file; :class:`Malformed` names the one that is wrong, and how."""
    try:
        items = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Malformed(f"{path}: {error}") from error
    if not isinstance(items, list):
        raise Malformed(f"{path}: expected a list of entries, got {type(items).__name__}")
    entries = []
    for number, item in enumerate(items, 1):
        problem = next(_problems(item), None)
        if problem is not None:
            name = f" ({item.get('operation')} on {item.get('backend')})" if isinstance(item, dict) else ""
            raise Malformed(f"{path}: entry {number}{name}: {problem}")
        entries.append(Entry(**item | {"condition": _condition(item["condition"])}))
    return tuple(entries)


def _condition(item: dict[str, Any]) -> Condition:
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in item.items()}
    return Condition(**plain | {"texts": tuple((a, b) for a, b in item.get("texts", ()))})


def _problems(item: Any) -> Iterator[str]:
    """What is wrong with an entry, as sentences."""
    if not isinstance(item, dict):
        yield f"expected an object, got {type(item).__name__}"
        return
    names = [f.name for f in fields(Entry)]
    yield from (f"'{name}' is missing" for name in names if name not in item)
    yield from (f"unknown field '{name}': expected {', '.join(names)}" for name in item if name not in names)
    for name in names:
        if name != "condition" and not isinstance(item[name], str):
            yield f"'{name}' must be a text, got {item[name]!r}"
    if item["property"] not in (*PROPERTIES, ANY):
        yield f"'property' must be one of {', '.join(PROPERTIES)}, got {item['property']!r}"
    try:
        date.fromisoformat(item["date"])
    except ValueError:
        yield f"'date' must be a date like 2026-01-31, got {item['date']!r}"
    yield from _condition_problems(item["condition"])


def _condition_problems(item: Any) -> Iterator[str]:
    if not isinstance(item, dict):
        yield f"'condition' must be an object, got {item!r}"
        return
    names = [f.name for f in fields(Condition)]
    yield from (f"unknown condition '{name}': expected {', '.join(names)}" for name in item if name not in names)
    for name, allowed in (("dtypes", (*ITEMSIZE, "no tensor")), ("forms", FORMS), ("classes", None)):
        found = item.get(name, [])
        if not isinstance(found, list) or not all(isinstance(text, str) and (allowed is None or text in allowed) for text in found):
            yield f"the condition '{name}' must be a list of {'texts' if allowed is None else ', '.join(allowed)}, got {found!r}"
    pairs = item.get("texts", [])
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and [type(text) for text in pair] == [str, str] for pair in pairs):
        yield f"the condition 'texts' must be a list of pairs of texts, got {pairs!r}"
    for name in ("ulps", "units"):
        bound = item.get(name, 0)
        if isinstance(bound, bool) or not isinstance(bound, (int, float)) or not 0 <= bound < inf:
            yield f"the condition '{name}' must be a number, got {bound!r}"


def unknown(entries: Iterable[Entry]) -> list[str]:
    """Entries that cannot occur, because no operation or backend has that name, as sentences."""
    from ..catalogue import TABLE

    said = []
    for entry in entries:
        if not any(fnmatchcase(name, entry.operation) for name in TABLE):
            said.append(f"declared deviation of {entry.operation} on {entry.backend}: there is no operation {entry.operation!r}")
        elif not set("*?[") & set(entry.backend) and not _may_exist(entry.backend):
            said.append(f"declared deviation of {entry.operation} on {entry.backend}: there is no backend {entry.backend!r}")
    return said


@cache
def _may_exist(backend: str) -> bool:
    """Whether a name can be a backend's somewhere; not whether that device or library is on this machine."""
    from ..backends import KINDS, entry_point_names

    module, _, rest = backend.partition(":")
    if module in KINDS or backend in entry_point_names():
        return True
    try:
        return bool(rest) and find_spec(module) is not None
    except (ImportError, ValueError):
        return False


# -- a run ---------------------------------------------------------------------------------------

_used: tuple[Entry, ...] | None = None


@cache
def _own() -> tuple[Entry, ...]:
    return read(FILE)


def entries_of(file: str | None) -> tuple[Entry, ...]:
    """What a run goes by: the entries of a file, of this project's own file for None, nothing for ``none``."""
    if file is None:
        return _own()
    return () if file == "none" else read(file)


def use(entries: tuple[Entry, ...] | None) -> None:
    """From now on this process excuses what ``entries`` declare; None: what this project's own file declares."""
    global _used
    _used = entries


def active() -> tuple[Entry, ...]:
    """What this process excuses."""
    return _own() if _used is None else _used


@dataclass
class Seen:
    """What the deviations of one property and rule have in common (JSON-ready: see :meth:`Ledger.as_dict`)."""

    property: str
    rule: str
    entry: str | None  # the identifier of the entry that declares them
    count: int = 0
    dtypes: set[str] = field(default_factory=set)
    forms: set[str] = field(default_factory=set)
    classes: set[str] | None = None
    texts: set[tuple[str, str]] = field(default_factory=set)
    ulps: float | None = None
    units: float | None = None
    example: tuple[str, str] = ("", "")

    def add(self, case: Case, deviation: Deviation) -> None:
        self.count += 1
        self.dtypes.add(first_dtype(case))
        self.forms.add(case.form)
        self.classes = set(case.labels) if self.classes is None else self.classes & case.labels
        self.texts.add(texts_of(deviation))
        self.ulps = _larger(self.ulps, deviation.details.get("ulps"))
        self.units = _larger(self.units, deviation.details.get("units"))
        if self.count == 1:
            self.example = (deviation.expected, deviation.got)


def _larger(a: float | None, b: float | None) -> float | None:
    """The larger size; infinity where a size is no number."""
    if a is None or b is None:
        return a if b is None else _number(b)
    return max(a, _number(b))


def _number(size: float) -> float:
    return inf if size != size else float(size)


class Ledger:
    """The declared deviations of one operation on one backend, and what occurred of them and besides them."""

    def __init__(self, backend: str, operation: str) -> None:
        self.entries = [entry for entry in active() if entry.concerns(backend, operation)]
        self.drawn: Counter[str] = Counter()
        self.count: Counter[str] = Counter()
        self.examples = 0
        self.labels: Counter[str] = Counter()
        self.forms: Counter[str] = Counter()
        self.seen: dict[tuple[str, str, str | None], Seen] = {}

    def example(self, case: Case) -> None:
        """Count an example, for each entry whose condition it fits."""
        self.examples += 1
        self.labels.update(case.labels)
        self.forms[case.form] += 1
        self.drawn.update([entry.identifier for entry in self.entries if entry.condition.has_example(case)])

    def match(self, case: Case, deviation: Deviation, counted: Container[str] = ()) -> str | None:
        """The identifier of the entry that declares this deviation, if one does. Either way it is noted; ``counted``: the entries that were
        counted for this example before, since several of its elements may deviate."""
        rule = rule_name(deviation.rule)
        found = next((entry.identifier for entry in self.entries if _declares(entry, rule, case, deviation)), None)
        if found is not None and found not in counted:
            self.count[found] += 1
        self.seen.setdefault((deviation.property, rule, found), Seen(deviation.property, rule, found)).add(case, deviation)
        return found

    def as_dict(self) -> dict[str, Any]:
        """For the result of an operation: ``declared``, its entries with counts; ``occurrences``, for :mod:`.writing`."""
        declared = [
            entry.as_dict() | {"id": entry.identifier, "count": self.count[entry.identifier], "drawn": self.drawn[entry.identifier]}
            for entry in self.entries
        ]
        return {"declared": declared, "occurrences": [self._occurrence(seen) for seen in self.seen.values()]}

    def _occurrence(self, seen: Seen) -> dict[str, Any]:
        plain = {f.name: getattr(seen, f.name) for f in fields(Seen)}
        sets = {name: sorted(value) for name, value in plain.items() if isinstance(value, set)}
        shares = {name: self.forms[name] / max(self.examples, 1) for name in sets["forms"]}
        return plain | sets | {"common": {name: self.labels[name] / self.examples for name in sets["classes"]}, "shares": shares}


def _declares(entry: Entry, rule: str, case: Case, deviation: Deviation) -> bool:
    return entry.is_about(deviation.property, rule) and entry.condition.has_example(case) and entry.condition.has_difference(deviation)


# -- the report ----------------------------------------------------------------------------------


def told(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The declared deviations of what was judged, each once, with a ``status``; for the report."""
    return [entry | {"status": "occurred" if entry["count"] else "no longer occurs" if entry["drawn"] else "not drawn"} for entry in together(rows)]


def together(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries of all rows: one that is about several operations is counted over all of them."""
    found: list[dict[str, Any]] = []
    for row in rows:
        found = pooled(found, row.get("declared", ()))
    return found


def pooled(a: Iterable[dict[str, Any]], b: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The declared deviations of one operation on one backend from two runs: the counts are added."""
    result = {entry["id"]: entry for entry in a}
    for entry in b:
        old = result.get(entry["id"], {"count": 0, "drawn": 0})
        result[entry["id"]] = entry | {name: old[name] + entry[name] for name in ("count", "drawn")}
    return list(result.values())


def lines(declared: Iterable[dict[str, Any]]) -> list[str]:
    """Each declared deviation of a report as one line: how often it occurred, or that it does not any more."""
    return [
        f"{entry['operation']} on {entry['backend']}, {entry['property']}, {entry['rule']}: {_count(entry)}: {entry['reason']} ({entry['date']})"
        for entry in declared
    ]


def _count(entry: dict[str, Any]) -> str:
    if entry["status"] == "occurred":
        return f"declared, occurred {entry['count']} times in {entry['drawn']} examples"
    if entry["status"] == "not drawn":
        return "declared, no example fits its condition"
    return f"no longer occurs in {entry['drawn']} examples that fit its condition"
