"""The suite judged: it catches every planted defect, by the property that should notice, and its generic defects in a sample of the operations."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from conformance.backends.base import NUMPY
from conformance.catalogue.entries import entries, entry
from conformance.examples.profiles import PROFILES
from conformance.running.operation_run import judge_operation
from conformance.selftest import run, sweep
from conformance.selftest.broken import Botched, Broken, Defect
from conformance.selftest.case_traits import traits
from conformance.selftest.defect_parts import elementwise, stepped, wrong_at
from conformance.selftest.defects import DEFECTS
from conformance.selftest.generated.features import features
from conformance.selftest.mutants import kinds
from conformance.selftest.replay import differs, draw, judge_drawn
from conformance.selftest.training_defects import BrokenTrainer, adam, by_formula, nesterov, starting
from conformance.training.networks import train

# Operations that are called for a bound warn as they do for a program; here warnings are errors.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

# One defect of each property, by itself: a failure names it.
ONE_OF_EACH = (
    "zeros for the result: matmul", "rounded toward zero: mul", "NaN dropped: maximum", "takes the last tie: argmax", "not stable: sort",
    "scalar operand ignored: add", "one number skipped: randn", "printed with one digit less: __repr__", "in-place write misses a view: mul",
    "strides ignored: exp", "0-d operands promote like others: mul", "drops a dimension: sum", "always contiguous: add",
    "a view that copies: transpose", "a copy that aliases: clone", "returns a new tensor: add", "destroys its input: exp",
    "writes between the strides: add",
    "no error: squeeze", "wrong exception type: sum", "message in other words: cat", "gradient doubled: mul", "gradient wrong at ties: maximum",
    "another result each second time: sum", "training: momentum applied in the wrong order",
)  # fmt: skip


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_planted_defect_is_caught_by_the_property_that_should_notice(name):
    result = run.run_defect(name)
    assert result["as_meant"], result


def test_the_names_of_planted_defects_are_distinct_and_each_property_has_some():
    names = run.all_names()
    assert len(set(names)) == len(names) >= 320
    properties = {defect.property for defect in DEFECTS}
    assert properties >= {"values", "shape", "dtype", "strides", "aliasing", "errors", "gradients", "purity", "determinism"}


@pytest.mark.parametrize("part", range(4))
def test_every_planted_defect_is_caught(part):
    names = sorted([defect.name for defect in DEFECTS], key=run.operation_of)
    share = -(-len(names) // 4)
    missed = [name for name in names[part * share : (part + 1) * share] if not run.run_defect(name)["as_meant"]]
    assert missed == []


def test_every_broken_training_run_is_caught():
    names = [name for name in run.all_names() if name.startswith("training: ")]
    assert len(names) >= 40
    assert [name for name in names if not run.run_defect(name)["caught"]] == []


@pytest.mark.parametrize(("training", "changes"), [
    ("SGD with momentum", {"optim.SGD": by_formula(torch.optim.SGD, nesterov())}),
    ("Adam", {"optim.Adam": by_formula(torch.optim.Adam, adam())}),
    ("Adam with amsgrad", {"optim.Adam": by_formula(torch.optim.Adam, adam())}),
    ("modules", {"nn.Linear": starting(lambda layer: None)}),
])  # fmt: skip
def test_what_broken_training_runs_are_made_of_is_right_but_for_the_defect(training, changes):
    backend = BrokenTrainer("nothing", changes)
    assert train(training, backend.name, "small", backend)["status"] == "passed"


def test_the_score_counts_what_was_caught_by_what():
    caught = {"meant": "values", "caught": True, "as_meant": True, "by": "values"}
    rows = run.score_rows([caught, caught | {"by": "dtype"}, caught | {"caught": False, "as_meant": False, "by": None}])
    assert rows == [["values", 3, 2, 1, 1]]


# -- the sweep ---------------------------------------------------------------------------------------

# Of the operations that make tensors (methods that need NumPy make its arrays): a defect of those shows in the others as little as they do.
SAMPLE = [row.operation.name for row in entries() if "new" in features(row) and not (NUMPY in row.operation.needs and "method" in row.forms)][7::29]


@cache
def swept(name):
    return sweep.sweep_operation((name, 0))


@pytest.mark.parametrize("name", SAMPLE)
def test_the_generic_defects_of_an_operation_in_the_sample_are_caught(name):
    results = swept(name)
    survivors = [sweep.describe(result) for result in results if result["verdict"] == "survived"]
    assert len(survivors) <= 3, survivors  # coincidences: a result that happens to equal its operand
    assert sum(result["verdict"] == "caught" for result in results) >= 10
    assert all(result["examples"] >= sweep.PROOF for result in results if result["verdict"] == "equivalent")


def test_hardly_a_generic_defect_survives_in_the_whole_sample():
    results = [result for name in SAMPLE for result in swept(name)]
    survivors = [sweep.describe(result) for result in results if result["verdict"] == "survived"]
    assert len(survivors) <= 0.02 * sum(result["verdict"] == "caught" for result in results), survivors


@pytest.mark.parametrize("name", ["add", "cumsum", "flip", "randn", "mm", "tolist"])
def test_a_generic_defect_does_not_show_where_its_traits_are_missing(name):
    row = entry(name)
    marked = [(drawn, traits(drawn.case, drawn.expected)) for drawn in draw(name, 1)]
    seen = frozenset().union(*[found for _, found in marked])
    for kind in kinds(row, seen):
        if kind.name == "other words":  # they show in messages that no suite can compare
            continue
        others = [drawn for drawn, found in marked if not kind.needs <= found and not drawn.case.grad][:12]
        assert not any(differs(kind.defect(row), drawn) for drawn in others), kind.name


# -- the machinery -----------------------------------------------------------------------------------


def test_what_is_replayed_is_what_the_engine_draws_and_the_verdicts_agree():
    row = entry("exp")
    assert len(draw("exp", 3)) == judge_operation(row, "torch:cpu", PROFILES["quick"], 3)["examples"]
    for defect in [defect for defect in DEFECTS if defect.operations == ("exp",)]:
        backend = Broken(defect)
        found = judge_operation(row, backend.name, PROFILES["quick"], 3, backend=backend, shrink=False, stop_early=True)
        assert bool(found["failures"]) == any(judge_drawn(defect, row, draw("exp", 3))), defect.name


def test_torch_itself_survives_as_a_defect_that_changes_nothing():
    nothing = Defect("nothing: add", "values", ("add",))
    assert list(judge_drawn(nothing, entry("add"), draw("add", 0))) == []


def test_a_defect_that_fails_by_itself_is_no_catch():
    def tamper(call, context):
        call()
        raise ZeroDivisionError("the defect's own")

    with pytest.raises(Botched, match="the defect's own"):
        list(judge_drawn(Defect("botched: neg", "values", ("neg",), tamper), entry("neg"), draw("neg", 0)))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_steps_count_representable_numbers(dtype):
    x = torch.tensor([1.0, -1.0, 0.0, float("inf"), float("nan"), torch.finfo(dtype).max], dtype=dtype)
    eps = torch.finfo(dtype).eps
    assert stepped(x, 3)[:4].tolist() == [1 + 3 * eps, -1 - 3 * eps, 0.0, float("inf")]
    assert stepped(x, 3)[4].isnan() and stepped(x, 3)[5] == float("inf")


@pytest.mark.parametrize("value", [True, 7, 0.0, 1e30, float("inf"), float("nan"), 1 + 2j])
def test_a_wrong_element_is_wrong(value):
    x = torch.tensor([value, value])
    changed = wrong_at(x, -1)
    assert str(changed[0]) == str(x[0])
    assert str(changed[1]) != str(x[1])


def test_a_wrong_result_of_an_in_place_call_is_written_in_place():
    defect = Defect("wrong: add", "values", ("add",), elementwise(lambda t: wrong_at(t, -1)))
    x = torch.zeros(3)
    result = Broken(defect).call("add", "inplace", (x, 1), {})
    assert result is x
    assert x.tolist() == [1.0, 1.0, 2.0]
