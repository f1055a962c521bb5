"""Of several draws the one is taken in which most meets that has not met."""

from __future__ import annotations

from itertools import product

import pytest

from conformance.cases.case import Case
from conformance.catalogue.entries import entry
from conformance.drawing.arrangements import LONG
from conformance.drawing.pen import INVALID, UNMET
from conformance.drawing.random_pen import RandomPen
from conformance.examples.building import build_with
from conformance.examples.meetings.covering import Covering
from conformance.examples.meetings.features import MANY, features, in_dtype
from conformance.examples.profiles import PROFILES
from conformance.running.plans import Plan, plans
from conformance.running.shared_examples import deck


def _case(name: str, seed: int, dtype: str = "float32"):
    row = entry(name)
    return build_with(RandomPen(seed, dtype, row.forms[seed % len(row.forms)], "plain values"), row.operation, row.names)


def test_a_call_that_was_taken_is_not_new_any_more() -> None:
    covering, (first, second) = Covering(), [_case("sum", seed) for seed in (1, 6)]
    assert covering.best([first]) == 0
    assert covering.best([first, second]) == 1
    assert covering.best([first, second, _case("sum", 2, "int64")]) == 2


def test_calls_in_which_nothing_meets_can_be_chosen_from() -> None:
    assert Covering().best([Case("get_default_dtype", "function", (), ())] * 2) == 0


def test_the_examples_of_a_plan_bring_more_together_than_chance() -> None:
    """Which flags there are meets many elements, in calls that no class forces to it."""
    row = entry("sum")
    met = set()
    for number, dtype in enumerate(row.operation.dtypes):
        for dealt in deck.deal(row, Plan(dtype, 0, 1, LONG), number):
            met |= features(dealt.case)[0] if dealt.case.tensors()[0].numel >= MANY else set()
    deck.clear()
    assert ("keepdim", True) in met and {"dim", "dtype", "out"} <= {name for name, _ in met}


@pytest.mark.parametrize("name", ["neg", "clamp", "cumsum"])
def test_each_dtype_comes_up_in_each_form_under_the_operation_s_own_name(name) -> None:
    row = entry(name)
    deck.begin(name)
    cases = [dealt.case for number, plan in enumerate(plans(row, PROFILES["quick"], None)) for dealt in deck.deal(row, plan, number)]
    met = {(case.tensors()[0].dtype, case.form) for case in cases if case.operation == name and case.tensors() and "invalid" not in case.labels}
    assert {*product(row.operation.dtypes, row.forms)} <= met
    deck.clear()


def test_a_dtype_meets_more_ranks_and_layouts_than_chance_brings() -> None:
    row = entry("neg")

    def met(names: set[str | None]) -> set[tuple[str, object]]:
        deck.begin(f"neg {names}")
        found: set[tuple[str, object]] = set()
        for number, plan in enumerate(plans(row, PROFILES["quick"], None)):
            if not plan.grad and (plan.force != UNMET or UNMET in names):
                found |= {each for dealt in deck.deal(row, plan, number) for each in in_dtype(dealt.case) if INVALID not in dealt.case.labels}
        deck.clear()
        return found

    possible = {*product(row.operation.dtypes, (1, 2, 3, "dense", "strided", "expanded"))}
    before, after = len(met(set()) & possible), len(met({UNMET}) & possible)
    assert 3 * (len(possible) - after) < 2 * (len(possible) - before)
