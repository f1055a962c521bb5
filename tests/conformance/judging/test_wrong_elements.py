"""One wrong element among right ones is seen, whatever the operation: the judge's contracts, excuses and equations leave no room for it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from conformance.accuracy.number_formats import decode, encode
from conformance.backends import find_backend
from conformance.backends.torch_backend import Torch
from conformance.catalogue.entries import Entry, entries
from conformance.examples.building import plain_case
from conformance.execution.outcomes import Outcome, execute
from conformance.judging.judge import Judge
from conformance.judging.statistics import Statistics

TORCH = find_backend("torch:cpu")
ENTRIES = [e for e in entries() if e.operation.values and not e.operation.random and "float32" in e.operation.dtypes]
WRONG = {"NaN": lambda x: math.nan, "infinity": lambda x: math.inf, "another sign": lambda x: -x, "a tenth more": lambda x: x * 1.1}
# Of one vector, or of what repeats, another sign is as good; an inverse of an ill-conditioned matrix may be far off.
OPEN = {"svd": "another sign", "linalg.svd": "another sign", "linalg.matrix_power": "a tenth more"}


def with_wrong_element(outcome: Outcome, wrong) -> Outcome | None:
    """The outcome with the largest element of its first result of real numbers replaced."""
    for number, output in enumerate(outcome.outputs):
        if output.reading.dtype != "float32":
            continue
        values = list(decode(output.reading.data, "float32"))
        finite = [i for i, x in enumerate(values) if math.isfinite(x) and x]
        if not finite:
            continue
        place = max(finite, key=lambda i: abs(values[i]))
        values[place] = wrong(values[place])
        changed = replace(output, reading=replace(output.reading, data=encode(values, "float32")))
        return replace(outcome, outputs=[*outcome.outputs[:number], changed, *outcome.outputs[number + 1 :]])
    return None


def unseen(e: Entry) -> list[str] | None:
    """Which kinds of wrong elements nothing is said of, in the first call of which torch's own faults leave nothing open; None if there is none."""
    for attempt in range(8):
        _, case = plain_case(e, "float32", e.forms, 0, f"{e.operation.name} {attempt}")
        expected = execute(TORCH, case)
        if expected.error is not None or case.unspecified or with_wrong_element(expected, WRONG["NaN"]) is None:
            continue
        judge = Judge(Torch("cpu"), e.operation, e.contract, Statistics(e.operation.name, "torch:cpu"))
        found = [name for name, wrong in WRONG.items() if not judge._unexcused(case, expected, with_wrong_element(expected, wrong))]
        if not judge.statistics.known_count:
            return found
    return None


def has_float32_results(e: Entry) -> bool:
    cases = [plain_case(e, "float32", e.forms, 0, f"{e.operation.name} {attempt}")[1] for attempt in range(2)]
    return all(any(output.reading.dtype == "float32" and any(output.reading.data) for output in execute(TORCH, case).outputs) for case in cases)


@pytest.mark.parametrize("family", sorted({e.operation.family for e in ENTRIES}))
def test_a_wrong_element_is_seen(family):
    found = {e.operation.name: unseen(e) for e in ENTRIES if e.operation.family == family}
    missed = {name: [*{*kinds} - {OPEN.get(name)}] for name, kinds in found.items() if kinds}
    assert not any(missed.values()), missed
    looked_at = [name for name, kinds in found.items() if kinds is not None]
    assert not [e.operation.name for e in ENTRIES if e.operation.name in found and e.operation.name not in looked_at and has_float32_results(e)]
