"""The time for shrinking: one budget for the run, shared by causes and processes; what was not shrunk to the end says so."""

from __future__ import annotations

import pytest
import torch

from conformance.accuracy.number_formats import encode
from conformance.backends.torch_backend import Torch
from conformance.cases.case import Case, TensorSpec
from conformance.cases.deviation import Deviation
from conformance.catalogue.entries import entry
from conformance.examples.profiles import PROFILES
from conformance.judging.judge import Judge
from conformance.judging.statistics import Statistics
from conformance.report import build
from conformance.report.failure_text import shown
from conformance.report.schema import problems
from conformance.running import operation_run
from conformance.running.failures import budget as budgets
from conformance.running.failures.budget import AHEAD, AS_DRAWN, MINIMAL, SHARE, Budget, cause_of, shared
from conformance.running.failures.reducing import reduced
from conformance.running.operation_run import judge_operation

SPEC = TensorSpec(0, "float32", (2,), (1,))


@pytest.fixture
def clock(monkeypatch):
    """Time that passes when it is told to."""
    now = [100.0]
    monkeypatch.setattr(budgets.time, "monotonic", lambda: now[0])

    def passes(seconds):
        now[0] += seconds

    return passes


def test_failures_may_take_a_share_of_what_judging_takes(clock):
    budget = Budget()
    assert budget.left() == AHEAD
    budget.begin()
    clock(10.0)
    assert budget.left() == pytest.approx(AHEAD + 10 * SHARE)
    clock(2.0)
    budget.spend(2.0)
    assert budget.left() == pytest.approx(AHEAD + 10 * SHARE - 2)
    budget.end()
    assert (budget.judged, budget.spent) == (pytest.approx(10.0), 2.0)
    assert budget.allowance("a", 100.0) == pytest.approx((AHEAD + 10 * SHARE - 2) / 2)
    assert budget.allowance("a", 1.0) == 1.0
    budget.spend(AHEAD + 10 * SHARE)
    assert budget.allowance("a", 1.0) == 0.0


def test_a_cause_that_was_shrunk_gives_way_to_others_once_time_is_short(clock):
    budget = Budget()
    for name in ("add", "mul"):
        budget.spend(0.1, "cause", name, minimal=True)
    assert budget.allowance("cause", 1.0) == 1.0  # there is time enough
    budget.spend(AHEAD / 2)
    assert budget.allowance("cause", 1.0) == 0.0 < budget.allowance("another", 1.0)
    assert budget.told("cause") == f"{AS_DRAWN}; its cause was shrunk in add and mul"
    assert budget.told("another") == AS_DRAWN


def test_the_processes_of_a_run_share_one_budget(tmp_path):
    first, second = Budget(tmp_path / "budget"), Budget(tmp_path / "budget")
    first.spend(1.0, "cause", "add", minimal=True)
    second.spend(2.0, "cause", "mul", minimal=True)
    assert first.left() == second.left() == pytest.approx(AHEAD - 3)
    assert first.settled == second.settled == {"cause": 2}
    with open(tmp_path / "budget", "ab") as file:
        file.write(b'{"spent": 1')  # another process is writing
    assert first.left() == pytest.approx(AHEAD - 3)
    assert shared(str(tmp_path)) is shared(str(tmp_path)) is not shared(str(tmp_path / "other"))


def test_a_cause_is_the_kind_of_difference_and_not_the_operation():
    def cause(operation, got="RuntimeError: not for add", rule="whether it raises", name="errors", expected="a result"):
        case = Case(operation, "function", (encode([1.0, 2.0], "float32"),), (SPEC,))
        return cause_of(case, Deviation(name, rule, expected, got, {}))

    assert cause("add") == cause("mul", "RuntimeError: not for mul")
    assert cause("add") != cause("add", "RuntimeError: something else")
    assert cause("add", "(2,)", "result shape", "shape", "(1,)") != cause("mul", "(2,)", "result shape", "shape", "(1,)")


class WrongFromHundred(Torch):
    """neg is wrong of every number of at least 100 that a float64 holds: of others it would look like another cause."""

    def __init__(self):
        super().__init__("cpu")
        self.name = "wrong from a hundred"

    def call(self, operation, form, args, kwargs):
        result = super().call(operation, form, args, kwargs)
        if isinstance(result, torch.Tensor) and result.dtype == torch.int64 and operation == "neg" and form in ("function", "method"):
            return torch.where((args[0] >= 100) & (args[0] < 2**53), result + 1, result)
        return result


def failures_of(backend, budget):
    result = judge_operation(entry("neg"), backend.name, PROFILES["quick"], 0, backend=backend, budget=budget)
    report = build([{"kind": "operation", **result}], {"backends": [backend.name]})
    assert problems(report, complete=True) == []
    (row,) = report["operations"]
    return row["failures"]


def test_shrinking_ends_at_a_fixed_point():
    (failure,) = failures_of(WrongFromHundred(), Budget())
    assert failure["shrunk"] == {"minimal": True, "text": MINIMAL}
    assert "shrunk" not in shown(failure)
    numbers = failure["input"].partition("[")[2].partition("]")[0].split(", ")
    assert len(numbers) <= 4 and max(map(int, numbers)) >= 100


def test_what_is_not_shrunk_says_so(monkeypatch):
    monkeypatch.setattr(operation_run, "AT_LEAST", 0.0)
    budget = Budget()
    budget.spend(1000.0)
    (failure,) = failures_of(WrongFromHundred(), budget)
    assert failure["shrunk"] == {"minimal": False, "text": AS_DRAWN}
    assert "not shrunk to the end" in shown(failure)


def test_without_time_a_call_is_cut_down_all_the_same():
    budget = Budget()
    budget.spend(1000.0)
    (failure,) = failures_of(WrongFromHundred(), budget)
    assert len(failure["input"].partition("[")[2].partition("]")[0].split(", ")) <= 2


@pytest.mark.parametrize("strides", [(2, 258), (1, 129)])
def test_one_element_of_many_that_are_drawn_at_once_is_cut_out(strides):
    values = [5] * 600
    values[2 * 41] = values[41] = 170
    case = Case("neg", "function", (encode(values, "int64"),), (TensorSpec(0, "int64", (129, 2), strides),))
    backend = WrongFromHundred()
    judge = Judge(backend, entry("neg").operation, entry("neg").contract, Statistics("neg", backend.name))
    (deviation,) = judge.check(case)
    smaller, _, whole = reduced(case, deviation, judge.check, 5.0)
    assert whole and smaller.buffers == (encode([170], "int64"),) and smaller.args == (TensorSpec(0, "int64", (), ()),)


def test_an_error_is_not_cut_down_to_another_one():
    """Without rows the operands would fit, or the call be refused for its sizes: neither is the refusal that was found."""

    class Lenient(Torch):
        def call(self, operation, form, args, kwargs):
            try:
                return super().call(operation, form, args, kwargs)
            except RuntimeError:
                return args[0]

    one, two = TensorSpec(0, "float32", (4, 3), (3, 1)), TensorSpec(1, "float32", (4, 2), (2, 1))
    case = Case("mm", "function", (encode(range(12), "float32"), encode(range(8), "float32")), (one, two))
    backend = Lenient("cpu")
    judge = Judge(backend, entry("mm").operation, entry("mm").contract, Statistics("mm", backend.name))
    (deviation,) = judge.check(case)
    smaller, found, _ = reduced(case, deviation, judge.check, 5.0)
    assert "cannot be multiplied" in found.expected and smaller.args[0].numel + smaller.args[1].numel < 20


def test_a_backend_that_fails_everywhere_takes_at_most_about_twice_as_long():
    class Wrong(Torch):
        def __init__(self):
            super().__init__("cpu")
            self.name = "wrong"

        def call(self, operation, form, args, kwargs):
            result = super().call(operation, form, args, kwargs)
            return result.clone() + 1 if isinstance(result, torch.Tensor) and form in ("function", "method") else result

    budget = Budget()
    for name in ("neg", "abs"):
        assert judge_operation(entry(name), "wrong", PROFILES["quick"], 0, 2, backend=Wrong(), budget=budget)["failures"]
    assert 0.0 < budget.spent <= AHEAD + SHARE * budget.judged + 1.0
