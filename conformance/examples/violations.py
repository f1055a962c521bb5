"""For each constraint of an operation a call that violates it alone, found by a search.

A candidate is drawn by the row, and one of its arguments is changed (:mod:`.mutations`); refimpl says which constraints it violates, without
computing anything. What was drawn must have been a valid call, so that nothing else is wrong that no page declares; only if none
is found, a call is taken that was not. The search ends when each constraint has a call of its own; what it finds depends on the seed alone. Some
operations need some thousand candidates, of a tenth of a millisecond each; most a few dozen.

A check that is left out for some operands, or a message with a wrong number, shows in a refused call of just these. So of the candidates those
are kept, too, in which an error of some type meets a form, a dtype, a rank, an operand without elements or keywords for the first time; and for
each of these there is a call with too many arguments, which every operation refuses.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any, Iterator

from ..backends import find_backend
from ..cases.case import Case
from ..catalogue.entries import Entry, parameters
from ..drawing.pen import ALL, INVALID, PLAIN
from ..drawing.random_pen import RandomPen
from ..execution.oracles import ORACLE, REFERENCE
from ..execution.outcomes import execute
from .building import spoil
from .constraints import Demand, demands, never_alone, shared, violated
from .mutations import mutated, tidied

ATTEMPTS = 40000  # so many that chance leaves no constraint out that one candidate of some thousand violates alone
PATIENCE = 500  # candidates that are tried for a better call, where the first that was found was not made from a valid one
BRIEF = 1000  # candidates for the constraints of pages that another operation exercises
MOST = 16  # refused calls of an operation, besides those that violate each constraint
_BOUND = ("function", "method", "inplace")  # forms that are called with arguments one by one
_RANKS = (0, 1, 2, 3)
_TRIES = 24
UNTRIED = Case("", "", (), ())
_FORCED = (INVALID, "empty", "0-d", PLAIN, PLAIN, PLAIN)


def conditions(case: Case) -> set[str]:
    """What may decide whether, and how, a call is checked."""
    specs = case.tensors()
    found = {case.form, *["keywords"] * bool(case.kwargs), *["no elements" for spec in specs if not spec.numel]}
    found |= {"a 0-d operand" for spec in specs if not spec.shape}
    for spec in specs[:1]:
        found |= {spec.dtype, *[f"rank {len(spec.shape)}"] * (len(spec.shape) in _RANKS)}
    return found


class Refused:
    """Calls of an operation that are refused, each the first of its kind of error under some condition."""

    def __init__(self) -> None:
        self.cases: list[Case] = []
        self._met: set[tuple[str, str]] = set()

    def new(self, kind: str, case: Case) -> bool:
        """Whether the call is the first under some condition, and there is room for it."""
        return len(self.cases) < MOST and not {(kind, each) for each in conditions(case)} <= self._met

    def keep(self, kind: str, case: Case) -> None:
        self.cases.append(case)
        self._met |= {(kind, each) for each in conditions(case)}


def misspelt_calls(entry: Entry, seed: int) -> Iterator[Case]:
    """Calls with more arguments than there are parameters, under each condition that comes up in a few draws, and in each form one that is valid but
    for the name of a keyword."""
    operation = entry.operation
    forms = [form for form in entry.forms if form in _BOUND]
    if not forms or operation.name.startswith("__"):  # Python itself, or NumPy, makes those calls
        return
    random, refused = Random(f"too many {seed} {operation.name}"), Refused()
    for form in forms:
        pen = RandomPen(str(random.random()), random.choice(operation.dtypes), form, PLAIN)
        with suppress(Exception):  # the row cannot draw every dtype
            args, kwargs = operation.draw(pen)
            yield Case(operation.name, form, tuple(pen.buffers), args, {**kwargs, "unknown": 1}, seed=42 if operation.random else None)
    for attempt in range(_TRIES):
        pen = RandomPen(str(random.random()), random.choice(operation.dtypes), forms[attempt % len(forms)], ("empty", "0-d", PLAIN)[attempt % 3])
        try:
            args, kwargs = operation.draw(pen)
        except Exception:  # noqa: BLE001 - the row cannot draw every dtype
            continue
        keyword = {"unknown": 1} if attempt % 2 else {}
        more = (*args, *[None] * (len(parameters(operation.name)) + 1))
        case = Case(operation.name, pen.form, tuple(pen.buffers), more, {**kwargs, **keyword}, seed=42 if operation.random else None)
        if refused.new("", case):
            refused.keep("", case)
            yield case


_SPECIAL = (math.nan, math.inf, -math.inf)
_COUNTED = ("dim", "dim0", "dim1", "index", "k")  # of which no tensor has as many as 32 bits count
_NUMBERS = 4  # refused calls with such numbers
_DRAWS = 6


def special_numbers(entry: Entry, seed: int) -> Iterator[Case]:
    """Calls that are refused for one number alone: NaN, an infinity, or what would be taken if it were cut down to 32 bits."""
    operation, names = entry.operation, parameters(entry.operation.name)
    forms = [form for form in entry.forms if form in _BOUND]
    random = Random(f"numbers {seed} {operation.name}")
    met: set[tuple[int | str, str]] = set()
    for attempt in range(_DRAWS if forms else 0):
        pen = RandomPen(str(random.random()), random.choice(operation.dtypes), forms[attempt % len(forms)], PLAIN)
        try:
            args, kwargs = operation.draw(pen)
        except Exception:  # noqa: BLE001 - the row cannot draw every dtype
            continue
        case = Case(operation.name, pen.form, tuple(pen.buffers), args, kwargs, seed=42 if operation.random else None)
        places: dict[int | str, Any] = {place: value for place, value in enumerate(args) if type(value) in (int, float)}
        places |= {name: value for name, value in kwargs.items() if type(value) in (int, float)}
        for place, value in places.items():
            name = place if isinstance(place, str) else names[place] if place < len(names) else ""
            for other in (value + 2**32,) if name in _COUNTED else _SPECIAL:
                if len(met) == _NUMBERS or (place, str(other - value)) in met:
                    continue
                changed = replace(case, args=(*args[:place], other, *args[place + 1 :])) if isinstance(place, int) else replace(
                    case, kwargs={**kwargs, place: other})  # fmt: skip
                if len(violated(changed, entry)) == 1 and _valid(case):
                    met.add((place, str(other - value)))
                    yield changed


def lone_violations(entry: Entry, seed: int) -> dict[Demand, Case]:
    """Cases that violate one constraint each, by constraint. Those that a row declares never to be violated alone are not looked for."""
    if any(operation != entry.operation.name for operation, _ in _found):
        _found.clear()
        _refused.clear()  # the backends of an operation are judged one after the other
    if (entry.operation.name, seed) not in _found:
        declared = never_alone(entry)
        refused = _refused[entry.operation.name, seed] = Refused()
        found = search(entry, [demand for demand in demands(entry) if demand not in declared], seed, refused=refused)
        _found[entry.operation.name, seed] = found | (search(entry, shared(entry), seed, BRIEF) if entry.operation.shares else {})
        refused.cases += [*misspelt_calls(entry, seed), *special_numbers(entry, seed)]
    return _found[entry.operation.name, seed]


def refused_calls(entry: Entry, seed: int) -> list[Case]:
    """Further calls that are refused, under various conditions."""
    lone_violations(entry, seed)
    return _refused[entry.operation.name, seed].cases


def never_violated(entry: Entry, result: dict[str, Any]) -> list[str]:
    """The constraints of which no example violates it alone, in words; those aside that a row declares, and those whose examples the backend does
    not support."""
    seen = {**result["constraints"], **result.get("unsupported_constraints", {})}
    declared = never_alone(entry)
    labels = [demand.label(entry.operation.name) for demand in demands(entry) if demand not in declared]
    return [f"{label} violated alone" for label in labels if not seen.get(label)] if result["examples"] else []


def silent(entry: Entry, result: dict[str, Any]) -> dict[str, str]:
    """The constraints that torch never reports alone, and why: as a row declares, or as this run has seen."""
    found = {demand.label(entry.operation.name): reason for demand, reason in never_alone(entry).items()}
    unheard = [label for label, count in result["constraints"].items() if count and not result["reported"].get(label)]
    return found | dict.fromkeys(unheard, "torch accepted the calls that violate it, or said something else")


_found: dict[tuple[str, int], dict[Demand, Case]] = {}
_refused: dict[tuple[str, int], Refused] = {}


def search(
    entry: Entry, wanted: list[Demand], seed: int, attempts: int = ATTEMPTS, refused: Refused | None = None
) -> dict[Demand, Case]:
    """The first case that violates alone each of the constraints that are wanted, as far as some are found. What else violates one of them, made from
    a valid call, goes to ``refused``."""
    random = Random(f"{seed} {entry.operation.name}")
    known: dict[tuple[str, int | None], Demand] = {(demand.page, demand.number): demand for demand in wanted}
    missing = dict(known)
    found: dict[Demand, Case] = {}
    doubtful: dict[Demand, tuple[int, Case]] = {}
    for attempt in range(attempts):
        for demand, (first, case) in list(doubtful.items()):
            if attempt > first + PATIENCE:
                found[demand] = case
                del doubtful[demand], missing[demand.page, demand.number]
        if not missing:
            break
        try:
            case, drawn = _candidate(random, entry)
            if entry.operation.fatal is not None and entry.operation.fatal(case):
                continue
        except Exception:  # noqa: BLE001 - the row cannot draw every dtype, nor can every change be made, nor does the row know every argument
            continue
        violations = violated(case, entry)
        if len(violations) != 1:
            continue
        (violation,) = violations
        wished = missing.get(violation)
        if wished is None and refused is not None and violation in known and refused.new(known[violation].error, case):
            if (drawn is None or drawn is not UNTRIED and _valid(drawn)) and not _in_complex32(case):
                refused.keep(known[violation].error, tidied(case))
        if wished is None or _in_complex32(case):
            continue
        case = replace(tidied(case), violates=wished.label(entry.operation.name))
        if drawn is None or drawn is not UNTRIED and _valid(drawn):
            found[wished] = case
            del missing[violation]
            doubtful.pop(wished, None)
        elif wished not in doubtful:
            doubtful[wished] = attempt, case
    found |= {demand: case for demand, (_, case) in doubtful.items()}
    return {demand: found[demand] for demand in wanted if demand in found}


def _valid(case: Case) -> bool:
    return execute(find_backend(REFERENCE), case).error is None


def _in_complex32(case: Case) -> bool:
    """Whether torch refuses a call that it would evaluate in complex32, which is none of the twelve dtypes: such a call is judged by nobody."""
    error = execute(find_backend(ORACLE), case).error
    return error is not None and "ComplexHalf" in error[1]


def _candidate(random: Random, entry: Entry) -> tuple[Case, Case | None]:
    """A call that may violate something, and the call from which it was made, which should be valid; None if it is as the row drew it, asked
    for valid arguments or by a draw of its own; :data:`UNTRIED` if more than one argument was changed, or drawn to be wrong."""
    operation = entry.operation
    form = random.choice([form for form in entry.forms if form != "out"])
    dtype = random.choice(operation.dtypes if random.random() < 0.8 else ALL)
    pen = RandomPen(str(random.random()), dtype, form, random.choice(_FORCED))
    draw = random.choice((operation.draw, *operation.violating))
    args, kwargs = draw(pen)
    if pen.invalid and "invalid" not in pen.labels and random.random() < 0.3:
        args, kwargs = spoil(pen, args, kwargs)
    case = Case(operation.name, form, tuple(pen.buffers), args, kwargs, seed=42 if operation.random else None)
    if any(spec.requires_grad for spec in case.tensors()):
        case = replace(case, grad=1)
    if random.random() < (0.15 if draw is operation.draw else 0.7):
        return case, UNTRIED if pen.invalid else None
    drawn, case = case, mutated(random, case, parameters(operation.name))
    if random.random() < 0.2:
        drawn, case = UNTRIED, mutated(random, case, parameters(operation.name))
    if any(spec.requires_grad for spec in case.tensors()):
        case = replace(case, grad=1)
    return case, drawn
