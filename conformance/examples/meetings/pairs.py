"""Calls in which what a row chooses meets: an option beside each other option, beside special values, beside a size of 1 or 0.

Kernels are wrong where two things meet: smoothing and ignored classes, a factor of 0 beside NaN, corners that are aligned and one element. Chance
brings a certain one together with a certain other too seldom. So many calls of a row are drawn in advance, by a pen for which what is rare is as
likely as what is not (:class:`.balanced_pen.BalancedPen`), and of those that torch takes the few are kept in which the most pairs meet that met in
none before. Then come a few more in which two words or flags meet, or one of them a vector, a matrix, ties. Which calls these are follows from
the row alone, and not from the seed of a run: that decides the numbers in the tensors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import Any, Iterator, Sequence

from ...backends import find_backend
from ...cases.case import COMPLEX, FLOATS, INTEGERS, Case
from ...catalogue.entries import Entry, entry
from ...catalogue.rows import Operation
from ...drawing.arrangements import EQUAL
from ...drawing.balanced_pen import BalancedPen
from ...drawing.lone_values import in_operand
from ...drawing.pen import Pen
from ...execution.oracles import ORACLE
from ...execution.outcomes import execute
from .features import Feature, features, is_choice, named, of_first_operand

PAIRS = "pair of options"
# Of how many calls how many are kept: of the float dtype that is used most, of it with gradients, of integers, of complex numbers.
_CANDIDATES = {"floats": 64, "gradients": 36, "integers": 24, "complex": 12}
_MOST = {"floats": 7, "gradients": 4, "integers": 2, "complex": 1}
_WEIGHTS = {2: 8, 3: 1}  # of two things that meet, and of three
_OF_TIES, _FURTHER = 16, 4  # candidates of ties, and calls that are kept for what meets words and flags: of the float dtype that is used most
_FEW = 8  # calls of a row in none of which it chose anything: it has no options
_LONE: tuple[str | None, ...] = (
    None, in_operand("a lone NaN", 0), None, in_operand("zeros", 0), None, in_operand("a lone NaN", 1), None, in_operand("a lone infinity", 0),
)  # fmt: skip


@dataclass(frozen=True)
class Structure:
    """All of a call but its elements: the pen's seed, its form, the input class that is forced."""

    seed: str
    form: str
    force: str | None

    def pen(self, dtype: str, grad: int, elements: str) -> BalancedPen:
        return BalancedPen(self.seed, elements, dtype, self.form, self.force, grad)


def is_pair(force: str | None) -> bool:
    """Whether a forced class is one of those here."""
    return force is not None and force.startswith(PAIRS)


def draw(seed: int, operation: Operation, dtype: str, grad: int, force: str) -> tuple[Pen, tuple[Any, ...], dict[str, Any]]:
    """The pen with all that was drawn, positional and keyword arguments."""
    chosen = structures(operation, _kind(dtype, grad))[int(force.rpartition(" ")[2])]
    pen = chosen.pen(dtype, grad, str(seed))
    return pen, *_source(operation, grad)(pen)


def forced_pairs(entry: Entry) -> Iterator[tuple[str, int, int, str]]:
    """A dtype, the order of gradients, how many examples, and the class that is forced."""
    operation = entry.operation
    for kind, dtypes, grad in _kinds(entry):
        for number in range(len(structures(operation, kind))):
            yield dtypes[number % len(dtypes)], grad, 1, f"{PAIRS} {number}"


def _kinds(entry: Entry) -> Iterator[tuple[str, Sequence[str], int]]:
    dtypes = entry.operation.dtypes
    floats = [dtype for dtype in ("float32", "float64", *dtypes) if dtype in FLOATS and dtype in dtypes]
    if floats:
        yield "floats", floats[:1], 0
        if entry.differentiable and any(form != "out" for form in entry.forms):
            yield "gradients", floats[:2], 1
    for kind, among in (("integers", INTEGERS), ("complex", COMPLEX)):
        found = [dtype for dtype in dtypes if dtype in among]
        if found:
            yield kind, found, 0


def _kind(dtype: str, grad: int) -> str:
    return "gradients" if grad else "floats" if dtype in FLOATS else "complex" if dtype in COMPLEX else "integers"


def _source(operation: Operation, grad: int) -> Any:
    return operation.gradient_draw if grad and operation.gradient_draw is not None else operation.draw


@cache
def structures(operation: Operation, kind: str) -> tuple[Structure, ...]:
    """The calls that are kept of a row: as many as bring new pairs together."""
    row = entry(operation.name)
    dtype, grad = next((dtypes[0], grad) for found, dtypes, grad in _kinds(row) if found == kind)
    drawn = list(_candidates(row, dtype, grad, range(_CANDIDATES[kind])))
    optional = {name for _, case, _, _ in drawn for name in case.kwargs}
    candidates = [(structure, case, _meetings(options | _absent(optional, case), others)) for structure, case, options, others in drawn]
    kept = _with_most_news(candidates, _MOST[kind])
    if kind == "floats" and drawn:
        drawn += _candidates(row, dtype, grad, range(_CANDIDATES[kind], _CANDIDATES[kind] + _OF_TIES), EQUAL)
        returning = [each for each in drawn if each[0].form not in ("out", "inplace")]
        of_choices = [(structure, case, _meetings_of_choices(case, options)) for structure, case, options, _ in returning]
        kept += _with_most_news(of_choices, _FURTHER, kept)
    return tuple(kept)


_Candidate = tuple[Structure, Case, set[frozenset[Feature]]]


def _with_most_news(candidates: Sequence[_Candidate], most: int, taken: Sequence[Structure] = ()) -> list[Structure]:
    """Of some calls the few in which the most meets that met neither in those before nor in those that are ``taken`` already."""
    left = [each for each in candidates if each[0] not in taken]
    met = {meeting for structure, _, meetings in candidates if structure in taken for meeting in meetings}
    kept: list[Structure] = []
    while left and len(kept) < most:
        news = [sum(_WEIGHTS[len(each)] for each in meetings - met) for _, _, meetings in left]
        best = max(range(len(left)), key=news.__getitem__)
        if not news[best]:
            break
        structure, case, meetings = left.pop(best)
        if _returns_elements(case):
            kept.append(structure)
            met |= meetings
    return kept


def _meetings_of_choices(case: Case, options: set[Feature]) -> set[frozenset[Feature]]:
    """Words and flags that meet each other, and the kind of the first operand, if it has several elements, two of them and three."""
    choices, first = [option for option in options if is_choice(option)], of_first_operand(case)
    if any(spec.numel < 2 for spec in case.tensors()[:1]):
        return set()
    pairs = [frozenset(pair) for pair in combinations(choices, 2)]
    return {*pairs, *[frozenset((choice, each)) for choice in choices for each in first], *[pair | {each} for pair in pairs for each in first]}


def _returns_elements(case: Case) -> bool:
    """Whether torch takes a call, and there is something to be seen of what it makes of it."""
    outcome = execute(find_backend(ORACLE), replace(case, grad=0))
    return outcome.error is None and (not outcome.outputs or any(output.reading.data for output in outcome.outputs))


def _absent(optional: set[str], case: Case) -> set[Feature]:
    """The arguments that have their defaults."""
    return {(name, "absent") for name in optional - {*named(case)}}


def _meetings(options: set[Feature], others: set[Feature]) -> set[frozenset[Feature]]:
    """What meets in a call: each two options, and each option with what is in a tensor; each three of these of which two are options."""
    pairs = [frozenset(pair) for pair in combinations(options, 2) if pair[0][0] != pair[1][0]]
    return {*pairs, *[frozenset((option, other)) for option in options for other in others], *[pair | {other} for pair in pairs for other in others]}


def _candidates(
    row: Entry, dtype: str, grad: int, numbers: range, force: str | None = None
) -> Iterator[tuple[Structure, Case, set[Feature], set[Feature]]]:
    """Calls of a row, each with what it chose and what lies in its tensors; none of a row that chooses nothing."""
    operation = row.operation
    forms = [form for form in row.forms if not (grad and form == "out")]
    if force is not None:
        forms = [form for form in forms if form not in ("out", "inplace")] or forms
    chooses = False
    for number in numbers:
        if number == numbers.start + _FEW and not chooses:
            return
        form = forms[number % len(forms)]
        lone = None if grad else _LONE[number // len(forms) % len(_LONE)]
        structure = Structure(f"{PAIRS} {operation.name} {number}", form, force or lone)
        pen = structure.pen(dtype, grad, "0")
        try:
            args, kwargs = _source(operation, grad)(pen)
        except Exception:  # noqa: BLE001 - a row that cannot draw is told when its examples are drawn
            continue
        case = Case(operation.name, "function" if form == "out" else form, tuple(pen.buffers), args, kwargs, grad=grad)
        options, others = features(case)
        options.add(("form", form))
        if len(options) > 1:
            chooses = True
            yield structure, case, options, others
