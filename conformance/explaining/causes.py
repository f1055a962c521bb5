"""From failures to causes: what has one cause is told once, and what follows from another failure is told with it.

Two things are looked for, and no more is said than was seen:

*Dependence.* refimpl composes many operations out of others (``linear`` calls ``matmul``, ``matmul`` calls ``bmm``). Which ones, the failing
case itself tells: it is run on refimpl once more, and the operations that are entered are its parts (:mod:`.composition`). Where a part fails on
the same backend, in the same property, for the same dtype, and in a way from which such a failure can come, the failure *follows* from
the part's.

*Likeness.* What remains is sorted by the kind of difference: one unit in the last place too close to zero, NaN lost, the words of
an error. If at least :data:`ENOUGH` operations of a backend differ in one way, that is one cause, with the number of operations as its
evidence; fewer are told one by one, since two operations may be wrong alike and for two reasons. (A kind of wrong number that has many reasons must
show in most operations.)
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Callable, Iterable

from ..accuracy.number_formats import FORMATS
from ..cases.case import DTYPES
from .difference_kinds import (
    ANOTHER,
    FEW,
    LEADING,
    NAN_LOST,
    NARROWER,
    NEW_MEMORY,
    NO_TENSOR,
    NUMBER_FOR_NAN,
    OF_MANY_REASONS,
    OTHER_STRIDES,
    PROMOTED,
    REFUSED_DIMENSION,
    RULES,
    SUBNORMAL_ZERO,
    ZERO,
    anonymous,
    can_follow,
    difference,
    number,
)

ENOUGH = 3  # operations that differ alike, from which on they are one cause
_FEW_WORDS = 3  # "TypeError: not for …" could be anything
_WAYS = 4  # in which an operation is wrong, that a title names
Groups = list[list[tuple[str, dict[str, Any]]]]  # failures with their operations, by kind
PLAIN = 2  # of these if nothing but the same reason is likely (:func:`_plain`)


def explain(operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The causes of all failures in the rows of a report, the worst first (:data:`RANKS`), of these that of the most operations. Each failure gets
    ``follows``: the operation from whose failure it follows, or None."""
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
        if failure["property"] == "shape":
            kind += f" ({rows[name].get('family')})"  # whose members compute shapes alike
        whole = " of integers" if kind == ZERO and failure.get("dtype") not in FORMATS else ""  # of which none is too small
        alike[failure["property"], kind + whole if telling else f"{kind} {name}"].append((name, failure))
    _join_promotions(alike)
    _join_dtypes(alike)
    _join_zeros(alike)
    _join_inaccuracies(alike)
    _join_companions(alike)
    _join_copies(alike)
    causes = []
    single: dict[tuple[str, str], Groups] = defaultdict(list)
    for key, members in alike.items():
        names = dict.fromkeys(name for name, _ in members)
        if len(names) >= (PLAIN if _plain(key, members) else ENOUGH) and (not key[1].startswith(OF_MANY_REASONS) or _most(rows, key[0], members)):
            causes.append(_cause(backend, rows, key[0], [members]))
            continue
        for name in names:
            own = name if key[0] in ("values", "gradients") else f"{name}: {key[1]}"  # in which ways numbers are wrong is told in a line
            single[key[0], own].append([member for member in members if member[0] == name])
    causes += [_cause(backend, rows, about, groups) for about, groups in _in_the_same_ways(single)]
    followers = [(name, failure) for name, row in rows.items() for failure in row["failures"] if failure["follows"] is not None]
    for name, failure in followers:
        cause = _cause_of(failure, rows, causes)
        cause["failures"].append(failure["id"])
        if name not in cause["operations"] and not any(each["operation"] == name for each in cause["followers"]):
            cause["followers"].append({"operation": name, "of": failure["follows"]})
    return causes


def _in_the_same_ways(single: dict[tuple[str, str], Groups]) -> list[tuple[str, Groups]]:
    """By property what is told of one operation, for each kind its failures. Two whose numbers are wrong in the same two ways, of which one is more
    than inaccurate, in the same dtypes, have them from one function."""
    joined: dict[Any, list[Groups]] = defaultdict(list)
    for (about, own), groups in single.items():
        kinds = frozenset(difference(members[0][1])[0] for members in groups)
        dtypes = frozenset(failure.get("dtype") for members in groups for _, failure in members)
        telling = about in ("values", "gradients") and len(kinds) >= PLAIN and bool(kinds - {FEW, LEADING, ANOTHER})
        joined[about, (kinds, dtypes) if telling else own].append(groups)
    found = []
    for (about, _), alike in joined.items():
        of_kind: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for members in (members for groups in alike for members in groups):
            of_kind[difference(members[0][1])[0]] += members
        found.append((about, list(of_kind.values())))
    return found


def _most(rows: dict[str, dict[str, Any]], about: str, members: list[tuple[str, dict[str, Any]]]) -> bool:
    """Whether more than half of the operations in which it could be seen show it, in the dtypes concerned."""
    dtypes = list({failure["dtype"] for _, failure in members if failure.get("dtype")})
    return 2 * len({name for name, _ in members}) > sum(_judged(row, about, dtypes) for row in rows.values())


def _plain(key: tuple[str, str], members: list[tuple[str, dict[str, Any]]]) -> bool:
    """Whether the same kind in two operations has one reason: the same wrong dtype, shape or layout; a refused dimension of what has none; a
    refusal, or what torch refuses, in the same words, to the last one, of which there are a few."""
    if key[0] == "errors" and not key[1].startswith(REFUSED_DIMENSION):
        sides = ("expected", "got")
        texts = {tuple(anonymous(failure[side], failure["operation"], failure.get("script", "")) for side in sides) for _, failure in members}
        return len(texts) == 1 and all(text == "a result" or len(text.split()) > _FEW_WORDS for text in texts.pop())
    return key[0] in ("dtype", "shape", "strides") or key[1] in (NARROWER, NO_TENSOR) or key[1].startswith(REFUSED_DIMENSION)


def _join_promotions(alike: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]]) -> None:
    """Elements that come from the rule of a dtype are told with the wrong dtypes that come from it, where there are such."""
    home, values = alike.get(("dtype", PROMOTED)), ("values", PROMOTED)
    if home is not None and values in alike:
        home += alike.pop(values)


def _join_dtypes(alike: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]]) -> None:
    """One operation that gives several wrong dtypes, each for another input, is one cause: what fewer operations than :data:`PLAIN` have in common
    is joined operation by operation."""
    few = [key for key, members in alike.items() if key[0] == "dtype" and key[1] not in RULES and len({name for name, _ in members}) < PLAIN]
    for key in few:
        for name, failure in alike.pop(key):
            alike["dtype", f"of {name}"].append((name, failure))


def _join_zeros(alike: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]]) -> None:
    """An operation that gives zeros in the place of other numbers, too, flushes no subnormal ones and loses no NaN, and one that gives wrong numbers
    as well has some that are zero: each has one cause."""
    for key in [key for key in alike if key[1].startswith(ZERO) or key[1] == SUBNORMAL_ZERO]:
        _move(alike, key, lambda member: f"{ANOTHER} {member[0]}")
    for key in [key for key in alike if key[1] in (SUBNORMAL_ZERO, NAN_LOST) or key[1].startswith(NUMBER_FOR_NAN)]:
        _move(alike, key, lambda member: ZERO if number(member[1]["got"]) == 0 else "")


def _join_inaccuracies(alike: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]]) -> None:
    """How far an operation is off depends on its operands: by a few units here, and by many there, is one cause."""
    for key in [key for key in alike if key[1].startswith(f"{FEW} ")]:
        _move(alike, key, lambda member: f"{LEADING} {member[0]}")


def _join_companions(alike: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]]) -> None:
    """An operation whose values are wrong has wrong ones in the calls beside a call, too, and one that lays out its result otherwise begins elsewhere
    in memory: that is no cause of its own."""
    for home, name, kind in (("values", "determinism", "a call with other"), ("strides", "aliasing", "storage offset")):
        homes = {_where(member): of for (about, of), members in alike.items() if about == home for member in members}
        for key in [key for key in alike if key[0] == name and key[1].startswith(kind)]:
            _move(alike, key, lambda member, homes=homes: homes.get(_where(member), ""), home)  # type: ignore[misc]


def _join_copies(alike: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]]) -> None:
    """A copy of what lies with gaps has none: where torch returns the memory of an operand, the strides of new memory are no cause of their own."""
    copied = {name: of for (about, of), members in alike.items() if about == "aliasing" and NEW_MEMORY in of for name, _ in members}
    for key in [key for key in alike if key[0] == "strides" and key[1].startswith(OTHER_STRIDES)]:
        for member in [member for member in alike[key] if member[0] in copied]:
            alike[key].remove(member)
            alike["aliasing", copied[member[0]]].append(member)
        if not alike[key]:
            del alike[key]


def _move(
    alike: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]], key: tuple[str, str], home: Callable[[Any], str], about: str = "",
) -> None:  # fmt: skip
    """Let a group's members join another one, of the kind that ``home`` says, if it has a member of the same operation and dtype. ``about``: its
    property, if that is another one."""
    for member in list(alike[key]):
        others = alike.get((about or key[0], home(member)), [])
        if any(_where(other) == _where(member) for other in others):
            alike[key].remove(member)
            others.append(member)
    if not alike[key]:
        del alike[key]


def _where(member: tuple[str, dict[str, Any]]) -> tuple[str, str | None]:
    return member[0], member[1].get("dtype")


def _cause_of(failure: dict[str, Any], rows: dict[str, dict[str, Any]], causes: list[dict[str, Any]]) -> dict[str, Any]:
    """The cause that holds the root failure from which this one follows."""
    of_root = [cause for cause in causes if failure["follows"] in cause["operations"]]
    fitting = [cause for cause in of_root if cause["property"] == failure["property"]] or of_root  # what was joined has another property
    kind = difference(failure)[0]
    exact = [cause for cause in fitting if failure.get("dtype") in cause["dtypes"] and can_follow(kind, cause["kind"])]
    return (exact or fitting)[0]


def _cause(backend: str, rows: dict[str, dict[str, Any]], own: str, groups: list[list[tuple[str, dict[str, Any]]]]) -> dict[str, Any]:
    """``own``: the property in which it shows by itself; members of another one were joined. ``groups``: the failures of each kind, which the title
    names."""
    examples = sorted([_shortest(own, members) for members in groups], key=lambda failure: (rank(failure), len(failure["script"])))
    members = [member for group in groups for member in group]
    example = examples[0]
    name = example["property"]
    kind = "; ".join(list(dict.fromkeys(difference(each)[0] for each in examples))[:_WAYS])
    dtypes = sorted({failure["dtype"] for _, failure in members if failure.get("dtype")}, key=_order)
    operations = list(dict.fromkeys(operation for operation, _ in members))
    kinds = list(dict.fromkeys(difference(failure)[0] for _, failure in members))
    if name == "dtype" and len(kinds) > 1:
        kind = f"{kinds[0]}, and {len(kinds) - 1} more such"
    of_values = name in ("values", "gradients", "layout", "determinism")
    return {
        "backends": [backend], "rank": min(rank(failure) for _, failure in members), "property": name,
        "kind": kind, "dtypes": dtypes if of_values or len(dtypes) == 1 else [],
        "operations": operations, "followers": [], "failures": [failure["id"] for _, failure in members], "example": example["id"],
        "title": _title(name, kind, dtypes if of_values else [], operations),
        "evidence": _evidence(rows, name, dtypes if of_values else [], operations),
    }  # fmt: skip


def _shortest(own: str, members: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    return min(members, key=lambda member: (member[1]["property"] != own, rank(member[1]), len(member[1]["script"])))[1]


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
    return sorted(joined.values(), key=lambda cause: (cause["rank"], -(len(cause["operations"]) + len(cause["followers"]))))


# How bad it is: what gives a wrong number first, what only says another word last.
RANKS = ("a wrong value or gradient", "a crash", "a wrong dtype or shape", "aliasing", "strides", "a refusal", "wording")
_RANK = {"values": 0, "gradients": 0, "determinism": 0, "layout": 0, "crash": 1, "dtype": 2, "shape": 2, "aliasing": 3, "purity": 3, "strides": 4,
         "errors": 5}  # fmt: skip


def rank(failure: dict[str, Any]) -> int:
    """The place of a failure in :data:`RANKS`."""
    if failure["rule"] in ("message", "name of grad_fn"):
        return RANKS.index("wording")
    return _RANK.get(failure["property"], 0)
