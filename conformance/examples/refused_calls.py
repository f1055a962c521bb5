"""Under which conditions calls are refused: in each form and dtype, of each rank, without elements, with keywords.

A check that is left out for some operands, or a message with a wrong number, shows in a refused call of just these. So of the calls that a search
for constraints (:mod:`.violations`) makes anyway those are kept in which an error of some kind meets such a condition for the first time; and for
each of them there is a call with too many arguments, which every operation refuses.
"""

from __future__ import annotations

from random import Random
from typing import Iterator

from ..cases.case import Case
from ..catalogue.entries import Entry, parameters
from ..drawing.pen import PLAIN
from ..drawing.random_pen import RandomPen

MOST = 16  # of one operation
_BOUND = ("function", "method", "inplace")  # forms that are called with arguments one by one
_RANKS = (0, 1, 2, 3)
_TRIES = 24


def conditions(case: Case) -> set[str]:
    """What may decide whether, and how, a call is checked."""
    specs = case.tensors()
    found = {case.form, *["keywords"] * bool(case.kwargs), *["no elements" for spec in specs if not spec.numel]}
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


def too_many_arguments(entry: Entry, seed: int) -> Iterator[Case]:
    """Calls with more arguments than there are parameters, under each condition that comes up in a few draws."""
    operation = entry.operation
    forms = [form for form in entry.forms if form in _BOUND]
    if not forms or operation.name.startswith("__"):  # Python itself, or NumPy, makes those calls
        return
    random, refused = Random(f"too many {seed} {operation.name}"), Refused()
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
