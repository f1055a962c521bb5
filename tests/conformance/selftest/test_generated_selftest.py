"""Defects generated from descriptions: a sample that is another one each day is caught, and the machinery finds what it is there to find."""

from __future__ import annotations

import math
import os
import random
import signal
import time
from dataclasses import replace

import pytest
import torch

from conformance.accuracy.number_formats import encode
from conformance.cases.case import Case, TensorSpec, contiguous_strides
from conformance.catalogue.entries import entries, entry
from conformance.execution.outcomes import execute
from conformance.selftest import apart
from conformance.selftest.broken import Broken, Defect
from conformance.selftest.generated.command import generated, judge_operation, plan, score
from conformance.selftest.generated.description import DESCRIPTIONS, Description, Planted
from conformance.selftest.generated.judging import BY_NAME, judged, lawful
from conformance.selftest.generated.probing import examined, probes
from conformance.selftest.generated.tools import duplicate, elements_at, misreading, wrong_result
from conformance.selftest.replay import draw

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

SEED = int(os.environ.get("SELFTEST_SEED", time.strftime("%Y%m%d")))
COUNT = 20
# Of some 14 defects that change anything this share must be caught. A suite that catches 80 % falls below it in one of four hundred samples, one that
# catches 90 % in one of fifty thousand.
LEAST = 0.5


def test_a_sample_of_defects_that_changes_from_day_to_day_is_caught():
    results = generated(SEED, COUNT, 1)
    told = [result for result in results if result["verdict"] != "caught"]
    print(f"SELFTEST_SEED={SEED}: {score(results):.1%} caught of {COUNT} drawn; at least {LEAST:.0%} must be")
    assert score(results) >= LEAST, (SEED, told)
    assert sum(result["verdict"] == "caught" for result in results) >= COUNT // 4, (SEED, told)


def test_a_seed_draws_the_same_defects_again_and_another_seed_others():
    assert plan(7, 150) == plan(7, 150)
    assert plan(7, 150)[:100] == plan(7, 100)
    assert plan(7, 150) != plan(8, 150)


def test_every_description_has_its_turn_and_operations_that_it_fits():
    assert len({description.name for description in DESCRIPTIONS}) == len(DESCRIPTIONS) >= 100
    assert {name for _, name, _ in plan(3, len(DESCRIPTIONS))} == {description.name for description in DESCRIPTIONS}
    rows = entries()
    for description in DESCRIPTIONS:
        assert sum(description.applies(row) for row in rows) >= 5, description.name


@pytest.mark.parametrize("description", DESCRIPTIONS, ids=lambda description: description.name)
def test_what_is_drawn_for_a_description_is_drawn_again_from_the_same_number(description):
    row = next(row for row in entries() if description.applies(row))
    told = {description.defect(row, random.Random(f"{seed}"))[1] for seed in range(5)}
    assert told == {description.defect(row, random.Random(f"{seed}"))[1] for seed in range(5)}
    assert all(told)


def _judged(make, operation, seed=5, remembers=False):
    description = Description("for the test", "test", "values", lambda row: True, make, remembers)
    BY_NAME[description.name] = description
    try:
        return judge_operation((operation, [(0, description.name, operation)], seed))[0]
    finally:
        del BY_NAME[description.name]


def test_a_defect_that_changes_nothing_is_equivalent():
    assert _judged(lambda draw, row: Planted("nothing"), "add")["verdict"] == "equivalent"


def test_a_defect_of_every_result_is_caught():
    result = _judged(lambda draw, row: Planted("all", wrong_result(lambda flat, tensor, context: flat + 1)), "exp")
    assert (result["verdict"], result["by"]) == ("caught", "values")


def test_a_defect_of_the_last_bit_is_within_the_contract_of_a_rounded_function_and_not_of_an_exact_one():
    def one_up(flat, tensor, context):
        return torch.nextafter(flat, torch.full_like(flat, float("inf"))) if flat.dtype == torch.float32 and len(flat) > 1 else None

    assert _judged(lambda draw, row: Planted("one", wrong_result(one_up)), "erfinv")["verdict"] in ("lawful", "caught")
    assert _judged(lambda draw, row: Planted("one", wrong_result(one_up)), "clone")["verdict"] == "caught"


def test_a_defect_that_ends_the_process_does_not_end_the_selftest():
    def tamper(call, context):
        os.kill(os.getpid(), signal.SIGFPE)

    assert _judged(lambda draw, row: Planted("dies", tamper), "neg")["verdict"] == "died"


def test_a_defect_that_shows_only_in_large_inputs_counts():
    def make(draw, row):
        return Planted("large", wrong_result(lambda flat, tensor, context: flat.roll(1) if len(flat) > 900 else None))

    assert _judged(make, "rot90")["verdict"] in ("survived", "caught")


def test_probes_are_large_related_critical_and_partly_differentiated():
    known = draw("mul", 5)
    found = [drawn.case for drawn in probes(entry("mul"), known, 200, 5)]
    specs = [case.tensors() for case in found]
    assert any(spec.numel > 128 for case in specs for spec in case)
    assert any(len({spec.buffer for spec in case}) < len(case) for case in specs)
    assert any(len(spec.shape) > 5 for case in specs for spec in case)
    assert any(case.grad and len({spec.requires_grad for spec in case.tensors()}) > 1 for case in found)
    assert len(found) == 200


def test_a_misread_operand_changes_values_alone():
    def change(tensor):
        return elements_at(tensor, tensor.shape, [1] * tensor.dim(), 0)

    backend = Broken(Defect("misread: neg", "values", ("neg",), misreading(change, 0)))
    x = torch.arange(6.0).reshape(2, 3).t()
    assert backend.call("neg", "function", (x,), {}).tolist() == [[0.0, -1.0], [-1.0, -2.0], [-2.0, -3.0]]
    assert x.tolist() == [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
    assert backend.call("neg", "function", (x,), {}).stride() == torch.neg(x).stride()


def test_copies_of_arguments_share_what_the_arguments_share():
    x = torch.arange(4.0)
    first, second, third = duplicate((x, x, x[1:]))
    assert first is second and third.untyped_storage().data_ptr() == first.untyped_storage().data_ptr() != x.untyped_storage().data_ptr()


def test_what_differs_only_where_nothing_is_specified_is_lawful():
    """The target is read after half of it has been written, by calls that overlap themselves."""
    spec = TensorSpec(0, "float32", (3,), (1,), 0)
    case = Case("hypot", "out", (encode([3.0, 5.0, 8.0, 7.0], "float32"),), (spec, spec), {"out": replace(spec, offset=1)})
    found = examined(case, entry("hypot"))
    assert found is None or found.case.unspecified
    apart = replace(case, buffers=(*case.buffers, encode([0.0] * 3, "float32")), kwargs={"out": replace(spec, buffer=1)})
    found = examined(apart, entry("hypot"))
    assert found is not None and not found.case.unspecified
    defect = Defect("one up", "values", ("hypot",), wrong_result(lambda flat, tensor, context: flat + 1))
    got = execute(Broken(defect), found.case)
    assert judged(defect, entry("hypot"), found, got) == ("values", False)
    assert judged(defect, entry("hypot"), replace(found, case=replace(found.case, unspecified=True)), got) == (None, True)


@pytest.mark.parametrize("operation, shape, value, left_open", [
    ("linalg.inv", (2, 2), torch.inf, True), ("linalg.inv", (2, 2), 3.0, False), ("fft.fft", (3,), torch.inf, True),
    ("geqrf", (2, 2), torch.inf, True),
])  # fmt: skip
def test_what_differs_only_where_the_contract_says_nothing_is_lawful(operation, shape, value, left_open):
    """Of a system of equations with an infinity, and of a transform, anything that is no number may come out."""
    data = [value, 2.0, 1.0, 5.0][: math.prod(shape)]
    spec = TensorSpec(0, "float32", shape, contiguous_strides(shape), 0)
    found = examined(Case(operation, "function", (encode(data, "float32"),), (spec,)), entry(operation))
    defect = Defect("other numbers", "values", (operation,), wrong_result(lambda flat, tensor, context: torch.full_like(flat, torch.nan)))
    assert found is not None
    by, is_open = judged(defect, entry(operation), found, execute(Broken(defect), found.case))
    assert (by, is_open) == ((None, True) if left_open else ("values", False))


def test_a_nan_among_the_operands_is_one_among_the_results_of_equations():
    spec = TensorSpec(0, "float32", (1, 1), (1, 1), 0)
    found = examined(Case("geqrf", "function", (encode([torch.nan], "float32"),), (spec,)), entry("geqrf"))
    defect = Defect("infinite", "values", ("geqrf",), wrong_result(lambda flat, tensor, context: torch.full_like(flat, torch.inf)))
    assert found is not None and judged(defect, entry("geqrf"), found, execute(Broken(defect), found.case))[0] == "values"


def test_a_workspace_is_none_that_inference_mode_made():
    spec = TensorSpec(0, "float32", (40,), (1,), 0)
    case = Case("neg", "function", (encode([1.0] * 40, "float32"),), (spec,))
    defect, _ = BY_NAME["results share a workspace"].defect(entry("neg"), random.Random(3))
    backend = Broken(defect)
    for around in ("inference_mode", "", "", ""):
        execute(backend, replace(case, surroundings=around))
    backend.confirm()  # that the defect itself has not failed


def test_what_lies_far_apart_or_differs_in_shape_is_not_lawful():
    drawn = next(drawn for drawn in draw("exp", 5) if drawn.case.form == "function" and drawn.expected.outputs and not drawn.case.grad)
    row = entry("exp")
    for change in (lambda flat, t, c: flat + 1, lambda flat, t, c: flat * float("nan")):
        defect = Defect("wrong: exp", "values", row.names, wrong_result(change))
        got = execute(Broken(defect), drawn.case)
        assert not lawful(row.contract, drawn.expected, got)
    assert lawful(row.contract, drawn.expected, drawn.expected)


def test_a_generator_in_another_process_is_told_item_by_item_until_it_dies():
    def dying():
        yield 1
        yield 2
        os.kill(os.getpid(), signal.SIGKILL)

    found = []
    with pytest.raises(apart.Died):
        for item in apart.items(dying):
            found.append(item)
    assert found == [1, 2]
    assert list(apart.items(lambda: iter("ab"))) == ["a", "b"]


def test_what_takes_too_long_in_another_process_is_ended():
    def endless():
        while True:
            pass

    with pytest.raises(apart.Died):
        list(apart.items(lambda: iter([endless()]), seconds=0.2))


def test_an_exception_in_another_process_is_raised_here():
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        apart.result(lambda: 1 // 0)
