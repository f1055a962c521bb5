"""From failures to causes: what has one cause is told once, and what follows from another failure is told with it.

Two things are looked for, and no more is said than was seen:

*Dependence.* refimpl composes many operations out of others (``linear`` calls ``matmul``, ``matmul`` calls ``bmm``). Which ones, the failing
case itself tells: it is run on refimpl once more, and the operations that are entered are its parts (:func:`parts_of`). Where a part fails on
the same backend, in the same property, for the same dtype, and in a way from which such a failure can come, the failure *follows* from
the part's.

*Likeness.* What remains is sorted by the kind of difference: one unit in the last place too close to zero, NaN lost, the words of
an error. If at least :data:`ENOUGH` operations of a backend differ in one way, that is one cause, with the number of operations as its
evidence; fewer are told one by one, since two operations may be wrong alike and for two reasons.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from dataclasses import replace
from functools import lru_cache
from math import isinf, isnan
from typing import Any, Iterable

from ..accuracy.number_formats import FORMATS
from ..cases.case import DTYPES, Case, contiguous_strides

ENOUGH = 3  # operations that differ alike, from which on they are one cause
_FEW = 16.0  # ulps: more than that no rounding explains

# -- the parts of an operation -------------------------------------------------------------------


@lru_cache(maxsize=1)
def _bodies() -> dict[Any, str]:
    """The code of each operation's body in refimpl, and the operation's name."""
    from ..catalogue.entries import registry

    return {operation.body.__code__: name for name, operation in registry().items()}  # type: ignore[attr-defined]


def parts_of(case: Case, gradients: bool = False) -> list[str]:
    """The operations of the suite's table that refimpl enters on the way to this case's result (or its ``gradients``), the case's own apart.

    Nothing is built into refimpl for this: Python reports the functions that are entered, and only while this runs.
    """
    from ..execution.outcomes import execute
    from ..judging.judge import reference_backend

    backend, bodies = reference_backend(), _bodies()
    entered: set[str] = set()

    def watch(frame: Any, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code in bodies:
            entered.add(bodies[frame.f_code])

    if backend is None or sys.getprofile() is not None:  # somebody else is watching
        return []
    sys.setprofile(watch)
    try:
        execute(backend, case if gradients else replace(case, grad=0))
    except Exception:  # noqa: BLE001 - what refimpl cannot run has no parts
        return []
    finally:
        sys.setprofile(None)
    return sorted({name for name in map(_row_name, entered) if name is not None and _base(name) != _base(case.operation)})


def _base(name: str) -> str:
    """The operation of which this is the in-place form, else the operation itself."""
    return name if name.startswith("__") else name.removesuffix("_")


def _row_name(name: str) -> str | None:
    """The row of the table under which an operation of refimpl's registry is judged: ``copy_`` is, ``exp_`` is the form of ``exp``."""
    from ..catalogue import TABLE
    from ..catalogue.entries import EXERCISED_BY

    candidates = (name, name.removesuffix("_"), EXERCISED_BY.get(name, ""), name.strip("_"))
    return next((each for each in candidates if each in TABLE), None)


# -- kinds of differences ------------------------------------------------------------------------


def number(text: str) -> complex | None:
    """A number as a failure prints it; None for every other text."""
    text = text.strip().strip("()")
    if text in ("True", "False"):
        return complex(text == "True")
    try:
        return complex(text)
    except ValueError:
        return None


def difference(failure: dict[str, Any]) -> tuple[str, bool]:
    """The kind of a failure's difference, in words, and whether the same kind in several operations speaks for one cause."""
    name, rule, expected, got = failure["property"], rule_kind(failure["rule"]), failure["expected"], failure["got"]
    details = failure["details"]
    if name in ("values", "gradients", "layout"):
        a, b = number(expected), number(got)
        if a is not None and b is not None:
            return _numeric(a, b, details.get("ulps"), failure.get("dtype"))
    if name == "strides" and "shape" in details:
        shape, (_, own) = details["shape"], details["strides"]
        if tuple(own) == contiguous_strides(tuple(shape)):
            return "the result is contiguous where torch keeps another layout", True
        return "strides that are neither torch’s nor contiguous", False
    if name == "dtype":
        return f"{got} where torch gives {expected}", True
    if name == "errors":
        return _error(rule, *(_anonymous(text, failure["operation"]) for text in (expected, got))), True
    if name in ("aliasing", "gradients", "purity"):
        return f"{rule}: {_short(_anonymous(got, failure['operation']))} instead of {_short(_anonymous(expected, failure['operation']))}", True
    return rule, rule.startswith("state of the generator") or name not in ("values", "shape", "strides", "layout")


def _numeric(a: complex, b: complex, ulps: float | None, dtype: str | None) -> tuple[str, bool]:
    if b == 0 and a != 0:  # whatever is due, NaN too: it is missing
        subnormal = dtype in FORMATS and abs(a) < 2.0 ** FORMATS[dtype].emin
        return f"zero where {'a subnormal' if subnormal else 'another'} number is due", True
    if _is(isnan, a) != _is(isnan, b):
        return ("a number where NaN is due", True) if _is(isnan, a) else ("NaN where a number is due", False)
    if a == b:
        return "the sign of zero", True
    if _is(isinf, a) != _is(isinf, b):
        return ("a finite number where infinity is due", True) if _is(isinf, a) else ("infinity where a number is due", True)
    if dtype not in FORMATS:
        return "another number", False
    if ulps is not None and ulps <= 1:
        if abs(b) < abs(a):
            return "one unit in the last place too close to zero, as truncation leaves it", True
        return "one unit in the last place too far from zero", True
    if ulps is not None and ulps <= _FEW:
        return "a few units in the last place off", False
    return ("the opposite sign" if a == -b else "another number"), a == -b


def _is(test: Any, value: complex) -> bool:
    return bool(test(value.real) or test(value.imag))


def _error(rule: str, expected: str, got: str) -> str:
    if expected == "a result":
        return f"raises {_short(got)}; torch does not"
    if got == "a result":
        return f"no error; torch raises {_short(expected)}"
    return f"raises {_short(got)}; torch {_short(expected)}" if rule == "exception type" else f"says {_short(got)}; torch {_short(expected)}"


def rule_kind(rule: str) -> str:
    """A rule without the element and the input: what two failures of one kind have in common."""
    return rule.split(", element")[0].split(", input")[0]


def _anonymous(text: str, operation: str) -> str:
    """A text without the operation's name."""
    return re.sub(rf"(?<![A-Za-z0-9_]){re.escape(_base(operation))}_?(?![A-Za-z0-9_])", "…", text)


def _short(text: str, width: int = 80) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


_ROUNDING = ("one unit in the last place", "a few units in the last place")


def can_follow(follower: str, part: str) -> bool:
    """Whether a difference of the first kind can come from one of the second kind in a part.

    A rounding stays a small error, or cancels to another number; it does not make zeros, NaN or an exception. Anything may come
    from a number that is altogether wrong; every other kind comes from the same kind.
    """
    if follower == part:
        return True
    if part.startswith(_ROUNDING):
        return follower.startswith(_ROUNDING)
    return part in ("another number", "zero where another number is due", "the opposite sign") and not follower.startswith(_ROUNDING[:1])


# -- causes --------------------------------------------------------------------------------------


def explain(operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The causes of all failures in the rows of a report, that of the most operations first. Each failure gets ``follows``: the operation
    from whose failure it follows, or None."""
    causes = []
    rows: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in operations:
        rows[row["backend"]][row["operation"]] = row
    for backend, of_backend in rows.items():
        roots = _attribute(of_backend)
        causes += _group(backend, of_backend, roots)
    return _joined(causes)


def _attribute(rows: dict[str, dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Mark the failures of one backend that follow from a part's; the others, with their operations, are returned."""
    failing = [(name, failure) for name, row in rows.items() for failure in row["failures"]]
    direct = {id(failure): _failing_part(name, failure, rows) for name, failure in failing}
    roots = []
    for name, failure in failing:
        seen, at = {name}, failure
        while (found := direct[id(at)]) is not None and found[0] not in seen:
            seen.add(found[0])
            at = found[1]
        root = next(owner for owner, each in failing if each is at)
        failure["follows"] = None if at is failure or root == name else root
        if failure["follows"] is None:
            roots.append((name, failure))
    return roots


def _failing_part(name: str, failure: dict[str, Any], rows: dict[str, dict[str, Any]]) -> tuple[str, dict[str, Any]] | None:
    """A part of the operation, with its failure, from which this failure can come: the one of which the fewest things are parts itself."""
    kind = difference(failure)[0]
    found = []
    for part in failure.get("parts", ()):
        for other in rows[part]["failures"] if part in rows and part != name else ():
            same = other["property"] == failure["property"] and _fails_for(rows[part], other, failure.get("dtype"))
            if same and name not in other.get("parts", ()) and can_follow(kind, difference(other)[0]):
                found.append((len(other.get("parts", ())), part, other))
    return min(found, key=lambda each: each[:2])[1:] if found else None


def _fails_for(row: dict[str, Any], failure: dict[str, Any], dtype: str | None) -> bool:
    return failure.get("dtype") == dtype or bool(dtype and row.get("verdicts", {}).get(f"{dtype} failed"))


def _group(backend: str, rows: dict[str, dict[str, Any]], roots: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The root failures of one backend as causes, each with what follows from it."""
    alike: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for name, failure in roots:
        kind, telling = difference(failure)
        alike[failure["property"], kind if telling else f"{kind} {name}"].append((name, failure))
    causes = []
    for members in alike.values():
        names = dict.fromkeys(name for name, _ in members)
        if len(names) >= ENOUGH:
            causes.append(_cause(backend, rows, members))
        else:
            causes += [_cause(backend, rows, [member for member in members if member[0] == name]) for name in names]
    followers = [(name, failure) for name, row in rows.items() for failure in row["failures"] if failure["follows"] is not None]
    for name, failure in followers:
        cause = _cause_of(failure, rows, causes)
        cause["failures"].append(failure["id"])
        if name not in cause["operations"] and not any(each["operation"] == name for each in cause["followers"]):
            cause["followers"].append({"operation": name, "of": failure["follows"]})
    return causes


def _cause_of(failure: dict[str, Any], rows: dict[str, dict[str, Any]], causes: list[dict[str, Any]]) -> dict[str, Any]:
    """The cause that holds the root failure from which this one follows."""
    fitting = [cause for cause in causes if failure["follows"] in cause["operations"] and cause["property"] == failure["property"]]
    kind = difference(failure)[0]
    exact = [cause for cause in fitting if failure.get("dtype") in cause["dtypes"] and can_follow(kind, cause["kind"])]
    return (exact or fitting)[0]


def _cause(backend: str, rows: dict[str, dict[str, Any]], members: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    example = min(members, key=lambda member: len(member[1]["script"]))[1]
    name = example["property"]
    kind = difference(example)[0]
    dtypes = sorted({failure["dtype"] for _, failure in members if failure.get("dtype")}, key=_order)
    operations = list(dict.fromkeys(operation for operation, _ in members))
    of_values = name in ("values", "gradients", "layout", "determinism")
    return {
        "backends": [backend], "property": name, "kind": kind, "dtypes": dtypes if of_values or len(dtypes) == 1 else [],
        "operations": operations, "followers": [], "failures": [failure["id"] for _, failure in members], "example": example["id"],
        "title": _title(name, kind, dtypes if of_values else [], operations),
        "evidence": _evidence(rows, name, dtypes if of_values else [], operations),
    }  # fmt: skip


def _order(dtype: str) -> int:
    return DTYPES.index(dtype) if dtype in DTYPES else len(DTYPES)


def _title(name: str, kind: str, dtypes: list[str], operations: list[str]) -> str:
    """The cause as one sentence: of a dtype if several operations share it, else of the operation."""
    where = " and ".join(filter(None, (", ".join(dtypes[:-1]), *dtypes[-1:])))
    if name in ("values", "gradients"):
        what = ("gradients" if name == "gradients" else "results") + (f" in {where}" if where else "")
    else:
        what = name + (f" in {where}" if where else "")
    if len(operations) > 1:
        return f"{what}: {kind}"
    return f"{operations[0]}: {kind}" if name == "errors" else f"{operations[0]}: {what}: {kind}"


def _evidence(rows: dict[str, dict[str, Any]], name: str, dtypes: list[str], operations: list[str]) -> str:
    """How many of the operations in which it could have been seen show it."""
    judged = [row for row in rows.values() if _judged(row, name, dtypes)]
    count = max(len(judged), len(operations))
    where = f" for {', '.join(dtypes)}" if dtypes else ""
    return f"{len(operations)} of the {count} operations in which {name} {'were' if name.endswith('s') else 'was'} judged{where}"


def _judged(row: dict[str, Any], name: str, dtypes: Iterable[str]) -> bool:
    verdicts = row.get("verdicts", {})
    drawn = not dtypes or any(verdicts.get(f"{dtype} {verdict}") for dtype in dtypes for verdict in ("passed", "failed"))
    return bool(row["checks"].get(name)) and drawn


def _joined(causes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Causes that are the same on several backends, told once; the one with the most operations first."""
    joined: dict[Any, dict[str, Any]] = {}
    for cause in causes:
        key = (cause["property"], cause["kind"], tuple(cause["operations"]), tuple(cause["dtypes"]))
        if key in joined:
            first = joined[key]
            first["backends"] += cause["backends"]
            first["evidence"] += "" if cause["evidence"] == first["evidence"] else f"; {cause['evidence']}"
            first["failures"] += cause["failures"]
            known = {each["operation"] for each in first["followers"]}
            first["followers"] += [each for each in cause["followers"] if each["operation"] not in known]
        else:
            joined[key] = cause
    return sorted(joined.values(), key=lambda cause: -(len(cause["operations"]) + len(cause["followers"])))


# -- what is not supported -----------------------------------------------------------------------


def missing_pieces(operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each backend does not have, once for each piece: the operations that are touched, and those that only follow.

    An operation that is not there and is composed of others that are not there either follows: it may come with its parts.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    absent = {(row["backend"], row["operation"]) for row in operations if row["status"] == "unsupported"}
    for row in operations:
        for text, count in row["missing"].items():
            piece = text if text.startswith("dtype ") else _anonymous(text, row["operation"])
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
