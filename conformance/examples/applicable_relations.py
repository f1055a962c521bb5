"""Which relations between tensors can hold among an operation's arguments."""

from __future__ import annotations

import zlib
from functools import cache

from ..cases.case import COMPLEX, FLOATS
from ..catalogue.entries import Entry
from .arranged import possible
from .building import plain_case
from .relations import RELATIONS, refused

_WIDE = ("float32", "float64")
_OF_KINDS = ("bool", "complex64")
_TRIED = ("int64", "float64", *_OF_KINDS)
EACH_KIND = 3  # the round of the relations that are drawn in each kind of dtype
_WRITES = {"inplace": "inplace", "out": "out"}


@cache
def relations_of(entry: Entry) -> dict[str, tuple[str, ...]]:
    """The relations that can hold among the arguments of an operation, and the dtypes of its first operand with which they can: found by drawing."""
    operation = entry.operation
    found: dict[str, tuple[str, ...]] = {}
    for grad in (0, 1) if entry.differentiable else (0,):
        dtypes = [dtype for dtype in operation.dtypes if not grad or dtype in FLOATS or dtype in COMPLEX]
        for kind in ("function", "inplace", "out"):
            group = [relation for relation in RELATIONS.values() if relation.grad == grad and _WRITES.get(relation.writes, "function") == kind]
            group = [relation for relation in group if relation.forms(entry.forms) and not (grad and kind == "out")]
            for dtype in dict.fromkeys([*dtypes[:1], *[other for other in _TRIED if other in dtypes]]):
                missing = [relation for relation in group if relation.name not in found and (relation.fits(dtype) or relation.later < 2)]
                if dtype in _OF_KINDS and dtype != dtypes[0]:
                    missing = [relation for relation in missing if relation.later == EACH_KIND]
                tried = missing
                for attempt in range(8 if missing else 0):
                    try:
                        pen, case = plain_case(entry, dtype, missing[0].forms(entry.forms), grad, f"{operation.name} {attempt}")
                        if kind != "function" and refused(case):  # whatever is written, it is not what stands in the relation
                            continue
                        missing = [relation for relation in missing if relation.holds(pen, case, operation) is None]
                    except Exception:  # noqa: BLE001 - a row that cannot draw is told when its examples are drawn
                        break
                    if not missing:
                        break
                for relation in tried:
                    if relation not in missing:
                        every = dtype == dtypes[0] or relation.later == EACH_KIND
                        found[relation.name] = tuple([d for d in dtypes if relation.fits(d)]) if every else (dtype,)
    drawn = {name for name in found if any(possible(operation, force, RELATIONS[name].grad) for force in RELATIONS[name].unless)}
    return {name: fitting for name, fitting in found.items() if fitting and name not in drawn}


def forced_relations(entry: Entry, count: int, later: int = 0) -> list[tuple[str, int, int, str]]:
    """For each relation that applies, of those in the round ``later``: a dtype, the order of gradients, how many examples have it forced, and
    its name. Operations and relations meet the dtypes in turn, those that are about layouts only the ones that an operation surely takes."""
    start = zlib.crc32(entry.operation.name.encode())
    share = max(1, round(count * 2 / 7))
    found = [(name, dtypes) for name, dtypes in relations_of(entry).items() if RELATIONS[name].later == later]
    if later and later != EACH_KIND:
        found = [(name, tuple([dtype for dtype in dtypes if dtype in _WIDE]) or dtypes) for name, dtypes in found]
    return [
        (dtypes[(start + number) % len(dtypes)], RELATIONS[name].grad, 1 if RELATIONS[name].once else share, name)
        for number, (name, dtypes) in enumerate(found)
    ]
