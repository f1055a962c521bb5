"""One generated defect judged: caught by the quick profile of its operation, survived, within the contract, or equivalent."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from ...accuracy.contracts import Comparison, Contract
from ...accuracy.number_formats import FORMATS, REAL, decode, is_float
from ...catalogue.entries import Entry, entry
from ...execution.outcomes import Outcome, execute
from ...explaining.script_text import input_text
from ...judging.judge import Judge
from ...judging.linear_algebra.equations import says_nothing
from ...judging.statistics import Statistics
from ...known_differences import KNOWN
from .. import apart
from ..broken import Broken, Defect
from ..replay import Drawn, draw, judge_drawn, oracle, signature
from .description import DESCRIPTIONS, Description
from .probing import probes

PROBES = 300
ROUNDINGS = 48  # ulps that are the last bits of a result
MOST_JUDGED = 25  # differing examples of one defect that are judged, the smallest first
OPEN_DIFFERENCES = frozenset(known.identifier for known in KNOWN if known.open)
BY_NAME = {description.name: description for description in DESCRIPTIONS}


def judge_defect(number: int, name: str, operation: str, seed: int) -> dict[str, Any]:
    """The verdict about defect number ``number`` of a seed: a description, an operation, and what the two make of the seed.

    It is judged in a process of its own; where a defect's own wrong call ends that, the verdict is "died", and it does not count."""
    description, row = BY_NAME[name], entry(operation)
    defect, drawn = description.defect(row, random.Random(f"{seed} {number}"))
    result = {"number": number, "description": name, "group": description.group, "operation": operation, "drawn": drawn,
              "meant": description.property}  # fmt: skip
    cases = draw(operation, seed)
    try:
        caught = apart.result(lambda: _caught(description, defect, row, cases))
        if caught is not None:
            return result | {"verdict": "caught", "by": caught}
        examples = _examples(operation, seed)
        further: dict[str, Any] = apart.result(lambda: _looked_further(description, defect, row, examples))
    except apart.Died:
        return result | {"verdict": "died"}
    return result | further


def _caught(description: Description, defect: Defect, row: Entry, cases: tuple[Drawn, ...]) -> str | None:
    """The first property that noticed."""
    if not description.remembers:
        return next((found[0].property for _, found in judge_drawn(defect, row, cases)), None)
    backend = Broken(defect)
    judge = Judge(backend, row.operation, row.contract, Statistics(row.operation.name, backend.name))
    for drawn in cases:
        found = judge.check(drawn.case)
        backend.confirm()
        if found:
            return found[0].property
    return None


@lru_cache(maxsize=4)
def _examples(operation: str, seed: int) -> tuple[Drawn, ...]:
    """What it is decided on: the quick profile's examples, those of other seeds, and others that come of them."""
    known = [*draw(operation, seed), *draw(operation, seed + 1_000_003), *draw(operation, seed + 2_000_003)]
    return (*known, *probes(entry(operation), known, PROBES, seed))


def _looked_further(description: Description, defect: Defect, row: Entry, examples: tuple[Drawn, ...]) -> dict[str, Any]:
    differing: list[tuple[int, int, Drawn, Outcome]] = []
    backend = Broken(defect)
    for drawn in examples:
        if not description.remembers:
            backend = Broken(defect)
        got = execute(backend, drawn.case)
        backend.confirm()
        if _differs(drawn, got) and not _differs(drawn, execute(oracle(), drawn.case)):  # what torch itself gives changes from call to call
            differing.append((_size(drawn), len(differing), drawn, got))
    counts = {"examples": len(examples), "shown": len(differing)}
    if not differing:
        return counts | {"verdict": "equivalent"}
    differing.sort(key=lambda item: item[:2])
    survivors = []
    for _, _, drawn, got in differing[:MOST_JUDGED]:
        by, is_open = (None, False) if description.remembers else judged(defect, row, drawn, got)
        if by is not None or not is_open and (description.strict or not lawful(row.contract, drawn.expected, got)):
            survivors.append((drawn, by))
    if not survivors:
        return counts | {"verdict": "lawful", "input": input_text(differing[0][2].case)}
    noticed = next(((drawn, by) for drawn, by in survivors if by is not None), survivors[0])
    return counts | {"verdict": "survived", "by": noticed[1], "input": input_text(noticed[0].case), "form": noticed[0].case.form,
                     "dtypes": [spec.dtype for spec in noticed[0].case.tensors()], "grad": noticed[0].case.grad}  # fmt: skip


def judged(defect: Defect, row: Entry, drawn: Drawn, got: Outcome) -> tuple[str | None, bool]:
    """The property that notices, if any; and whether nothing is to be noticed, because nobody can say what the call should give: it leaves elements
    that are not specified, it differs as a known difference leaves open, or in elements of which the contract says nothing."""
    backend = Broken(defect)
    statistics = _Compared(row.operation.name, backend.name)
    found = Judge(backend, row.operation, row.contract, statistics).check(drawn.case)
    backend.confirm()
    if found:
        return found[0].property, False
    known = any(identifier in OPEN_DIFFERENCES for identifier in statistics.known_count)
    return None, known or drawn.case.unspecified or _left_open(row, drawn, got, statistics.comparisons)


@dataclass
class _Compared(Statistics):
    """Keeps the comparisons of results as well."""

    comparisons: list[Comparison] = field(default_factory=list)

    def errors(self, dtype: str, candidate: Comparison, oracle: Comparison, components: int) -> None:
        self.comparisons.append(candidate)
        super().errors(dtype, candidate, oracle, components)


def _left_open(row: Entry, drawn: Drawn, got: Outcome, comparisons: list[Comparison]) -> bool:
    """Whether nothing but elements differ, and by more than their last bits only those of which the contract says that anything may come out, as of a
    system of equations with an infinity: they are far away, and that is no part of what is allowed."""
    if _structure(drawn.expected) != _structure(got) or (drawn.expected.first, drawn.expected.second) != (got.first, got.second):
        return False
    if row.operation.equations is not None:
        return says_nothing(drawn.case)
    pairs = [(units, distance) for each in comparisons for units, distance in zip(each.each, each.distances, strict=True)]
    far = [units for units, distance in pairs if not distance <= ROUNDINGS]
    return bool(far) and not any(far)


def _size(drawn: Drawn) -> int:
    return sum(len(data) for data in drawn.case.buffers) + len(repr((drawn.case.args, drawn.case.kwargs)))


# -- whether two outcomes differ, and whether they may -------------------------------------------------


def _differs(drawn: Drawn, got: Outcome) -> bool:
    """Whether the outcome is another one; NaN is itself, whatever its bits."""
    if signature(got, drawn.case, drawn.values) == drawn.signature:
        return False
    return signature(_plain(got), drawn.case, drawn.values) != signature(_plain(drawn.expected), drawn.case, drawn.values)


def _plain(outcome: Outcome) -> Outcome:
    def one(data: bytes, dtype: str) -> Any:
        return repr(decode(data, dtype)) if is_float(dtype) else data

    outputs = [replace(o, reading=replace(o.reading, data=one(o.reading.data, o.reading.dtype))) for o in outcome.outputs]
    own = [o for o in outcome.outputs if o.alias[0] == "input"]
    buffers = [] if own else outcome.buffers
    return replace(outcome, outputs=outputs, buffers=buffers, first=_plain_gradients(outcome.first), second=_plain_gradients(outcome.second))


def _plain_gradients(gradients: Any) -> Any:
    if gradients is None:
        return None
    values = [v if v is None or not is_float(v[0]) else (v[0], v[1], repr(decode(v[2], v[0]))) for v in gradients.values]
    return replace(gradients, values=values)


def lawful(contract: Contract, expected: Outcome, got: Outcome) -> bool:
    """Whether nothing but the last bits of floating-point numbers differ, by no more than some dozens of roundings: a loose bound, and one that
    shares nothing with the judge's."""
    if _structure(expected) != _structure(got) or contract.kind == "exact" and not _same_elements(expected, got):
        return False
    pairs = [(a.reading.dtype, a.reading.data, b.reading.data) for a, b in zip(expected.outputs, got.outputs, strict=True)]
    for order in ("first", "second"):
        x, y = getattr(expected, order), getattr(got, order)
        if (x is None) != (y is None) or x is not None and x.error != y.error:
            return False
        if x is not None:
            for a, b in zip(x.values, y.values, strict=True):
                if (a is None) != (b is None) or a is not None and a[:2] != b[:2]:
                    return False
                pairs += [(a[0], a[2], b[2])] if a is not None else []
    return all(_near(contract, *pair) for pair in pairs)


def _structure(outcome: Outcome) -> Any:
    outputs = [
        (o.reading.dtype, o.reading.shape, o.reading.strides, o.alias, o.same_object, o.node, o.requires_grad) for o in outcome.outputs
    ]
    return (outcome.error, repr(outcome.structure), outcome.metadata, outcome.random_state, outputs)


def _same_elements(expected: Outcome, got: Outcome) -> bool:
    return all(a.reading.data == b.reading.data for a, b in zip(expected.outputs, got.outputs, strict=True))


def _near(contract: Contract, dtype: str, first: bytes, second: bytes) -> bool:
    if first == second:
        return True
    if not is_float(dtype):
        return False
    form = FORMATS[REAL.get(dtype, dtype)]
    a, b = decode(first, dtype), decode(second, dtype)
    finite = [abs(v) for v in a if abs(v) < float("inf")]
    scale = 0.0 if contract.kind == "ulps" else max(finite, default=0.0)
    u = 2.0**-form.precision
    for x, y in zip(a, b, strict=True):
        if x == y or x != x and y != y:
            continue
        if not abs(x - y) <= ROUNDINGS * u * max(abs(x), abs(y), scale) + 8 * form.smallest_subnormal:
            return False
    return True
