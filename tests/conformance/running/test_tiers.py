"""Tiers: what a backend may do otherwise than torch once it says so, what it may not even then, and what it fails by without saying so."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from conformance.accuracy.contracts import EXACT, Adding, accumulated, compare, ulps
from conformance.accuracy.number_formats import decode, encode
from conformance.backends import find_backend
from conformance.backends.base import Capabilities
from conformance.backends.torch_backend import Meta, Torch
from conformance.cases.case import Case, TensorSpec
from conformance.catalogue.entries import entry
from conformance.examples.profiles import PROFILES
from conformance.execution.outcomes import execute
from conformance.judging.judge import BY_MEMORY, BY_VALUES, Judge
from conformance.judging.statistics import Statistics
from conformance.judging.tiers.refusals_by_values import refused_by_values
from conformance.judging.tiers.subnormals import flushed
from conformance.report import build
from conformance.running import shared_examples
from conformance.running.operation_run import judge_operation

# These tests judge what the processor itself does: set_flush_denormal returns False where it has no such mode, and then there is nothing to judge.
# The rule that allows flushing (`flushed`) and the elements beside a subnormal one are tested everywhere, below.
FLUSHES = torch.set_flush_denormal(True)
torch.set_flush_denormal(False)
needs_flushing = pytest.mark.skipif(not FLUSHES, reason="this processor cannot flush subnormals to zero")


def judged(name, backend, examples=7, seed=0):
    return judge_operation(entry(name), backend.name, PROFILES["quick"], seed, examples, backend=backend, shrink=False)


def check(case, backend):
    row = entry(case.operation)
    statistics = Statistics(row.operation.name, backend.name)
    return Judge(backend, row.operation, row.contract, statistics).check(case), statistics


def on(operation, dtype, values, *args, form="function", **kwargs):
    spec = TensorSpec(0, dtype, (len(values),), (1,))
    return Case(operation, form, (encode(values, dtype),), (spec, *args), kwargs)


class Otherwise(Torch):
    """torch on the CPU, with some capabilities of its own."""

    def __init__(self, **said):
        super().__init__("cpu")
        self.name = type(self).__name__
        self.capabilities = replace(self.capabilities, **said)


class Contiguous(Otherwise):
    """It has no strides: each tensor lies row by row."""

    def __init__(self):
        super().__init__(strides=False, aliasing=False)

    def make_tensor(self, storage, spec):
        return super().make_tensor(storage, spec).contiguous()


def test_what_torch_refuses_for_a_layout_that_a_library_does_not_have_says_nothing_of_it():
    transposed = TensorSpec(0, "float32", (2, 2), (1, 2))
    for size, missing in (((4,), {"a layout that torch refuses": 1}), ((5,), {})):  # five elements fit in no layout
        failures, statistics = check(Case("view", "method", (bytes(16),), (transposed, size)), Contiguous())
        assert (failures, statistics.missing) == ([], missing)


# -- subnormals ----------------------------------------------------------------------------------


class Flushing(Otherwise):
    """The processor flushes: operands and results, whatever is called."""

    def call(self, operation, form, args, kwargs):
        torch.set_flush_denormal(True)
        try:
            return super().call(operation, form, args, kwargs)
        finally:
            torch.set_flush_denormal(False)

    def gradients(self, outputs, inputs, cotangents, create_graph):
        torch.set_flush_denormal(True)
        try:
            return super().gradients(outputs, inputs, cotangents, create_graph)
        finally:
            torch.set_flush_denormal(False)


class FlushesMore(Flushing):
    """It takes small normal numbers for subnormal ones, too."""

    def call(self, operation, form, args, kwargs):
        result = super().call(operation, form, args, kwargs)
        if isinstance(result, torch.Tensor) and result.dtype == torch.float32 and form == "function":
            return torch.where(result.abs() < 1e-30, result * 0, result)
        return result


FLUSHED = ["mul", "div", "sum", "log", "maximum", "norm"]


@needs_flushing
@pytest.mark.parametrize("name", FLUSHED)
def test_who_says_that_it_flushes_subnormals_fails_nothing(name):
    result = judged(name, Flushing(subnormals=False), examples=2, seed=3)
    assert [(failure["property"], failure["rule"], failure["got"]) for failure in result["failures"]] == []
    assert result["verdicts"]["float32 passed"] > 0


TINY = 2.0**-130


@needs_flushing
@pytest.mark.parametrize(
    "case",
    [
        on("mul", "float32", [TINY, 1.0, -TINY], 1.5),
        on("mul", "float32", [2.0**-100, 3.0, 1.0], 2.0**-30),
        on("reciprocal", "float32", [1.5 * 2.0**-127, 2.0]),
        on("eq", "float32", [TINY, 0.0, 1.0], 0),
        on("sum", "float32", [2.0**-126, -(2.0**-127), 2.0**-126]),
        on("item", "float32", [TINY], form="method"),
        on("atan2", "float32", [3e38, 1.0], TensorSpec(0, "float32", (2,), (1,))),
        on("nonzero", "float32", [TINY, 1.0, 0.0]),
        replace(on("exp", "float64", [-740.0, 1.0]), grad=1, args=(TensorSpec(0, "float64", (2,), (1,), requires_grad=True),)),
    ],
    ids=lambda case: case.operation,
)
def test_each_way_to_flush_needs_the_tier(case):
    silent = Flushing()
    if check(case, silent)[0]:  # libraries flush in some of their loops
        assert check(case, Flushing(subnormals=False))[0] == []
    else:
        assert case.operation in ("nonzero", "item", "atan2")


@needs_flushing
def test_flushing_without_a_word_fails():
    assert {failure["property"] for failure in judged("mul", Flushing())["failures"]} >= {"values"}


@needs_flushing
def test_flushing_normal_numbers_fails_whatever_is_said():
    case = on("mul", "float32", [2.0**-110, 1.0], 1.0)
    assert [deviation.property for deviation in check(case, FlushesMore(subnormals=False))[0]] == ["values"]
    assert check(case, Flushing(subnormals=False))[0] == []


def test_a_wrong_element_beside_a_subnormal_one_fails():
    class WrongBeside(Otherwise):
        def call(self, operation, form, args, kwargs):
            return super().call(operation, form, args, kwargs) * torch.tensor([0.0, 1.001])

    found, _ = check(on("mul", "float32", [TINY, 1.0], 1.0), WrongBeside(subnormals=False))
    assert [(deviation.property, deviation.details["element"]) for deviation in found] == [("values", 1)]


def test_the_bound_of_a_sum_has_the_smallest_normal_number_for_each_term():
    exact, near, far = (encode([x], "float32") for x in (2.0**-124, 2.0**-124 - 3 * 2.0**-126, 2.0**-124 + 2.0**-120))
    assert not compare(accumulated(1), "float32", exact, near, [2.0**-124], 4).ok
    assert compare(accumulated(1), "float32", exact, near, [2.0**-124], 4, None, Adding(flushes=True)).ok
    assert not compare(accumulated(1), "float32", exact, far, [2.0**-124], 4, None, Adding(flushes=True)).ok


def test_a_flushed_result_is_no_distance_and_the_sign_of_zero_still_counts():
    tiny, zero, negative = (encode([x], "float32") for x in (TINY, 0.0, -0.0))
    flushes = Adding(flushes=True)
    for contract in (ulps(1), accumulated(1)):
        found = compare(contract, "float32", tiny, negative, [TINY], 1, None, flushes)
        assert (found.ok, found.ulps) == (True, 0.0)
    assert not compare(ulps(1), "float32", zero, negative, None, 1, None, flushes).ok


def test_what_is_subnormal_before_it_is_rounded_is_flushed_and_so_is_half_an_argument_of_a_function_that_is_not_exact():
    flushes, above = Adding(flushes=True), 2.0**-126 + 2.0**-149
    cases = ((2.0**-126, EXACT, True), (above, EXACT, False), (above, ulps(2), True), (2.0**-125, ulps(2), False))
    for size, contract, allowed in cases:
        due, zero = encode([size], "float32"), encode([0.0], "float32")
        assert compare(contract, "float32", due, zero, None, 1, None, flushes).ok is allowed


def test_the_sign_of_a_zero_for_which_a_subnormal_number_was_taken_is_none_of_the_flush():
    class KeepsTheSign(Otherwise):
        def call(self, operation, form, args, kwargs):
            return torch.copysign(super().call(operation, form, [torch.where(args[0].abs() < 2.0**-126, 0.0, args[0])], kwargs), args[0])

    library = KeepsTheSign(subnormals=False)
    assert check(on("sign", "float32", [-TINY, 1.0]), library)[0] == []
    assert [deviation.got for deviation in check(on("sign", "float32", [-0.0, 1.0]), library)[0]] == ["-0.0"]


def test_only_what_is_subnormal_is_flushed():
    case = on("add", "float32", [TINY, -TINY, 2.0**-126, 1.0, float("nan")], 1e-40)
    other = next(flushed(case))
    numbers = decode(other.buffers[0], "float32")
    assert str(numbers[:4]) == str((0.0, -0.0, 2.0**-126, 1.0)) and numbers[4] != numbers[4]
    assert other.args[1] == 0.0
    assert list(flushed(on("add", "float32", [1.0, 2.0**-126], 2))) == []


# -- excess precision ----------------------------------------------------------------------------


class InDouble(Otherwise):
    """float32 in float64, Python's numbers as they are, rounded once; ``wrong`` multiplies the result before."""

    wrong = 1.0

    def call(self, operation, form, args, kwargs):
        plain = super().call(operation, form, args, kwargs)
        operands = [x for x in args if isinstance(x, torch.Tensor)]
        if form != "function" or not any(x.dtype == torch.float32 for x in operands) or any(x.requires_grad for x in operands):
            return plain
        wide = [x.double() if isinstance(x, torch.Tensor) and x.dtype == torch.float32 else x for x in args]
        result = self.function(operation)(*wide, **kwargs)
        return plain.copy_(result * self.wrong if result.is_floating_point() else result)


class InDoubleAndOff(InDouble):
    wrong = 1.0 + 2.0**-22


TENTH = [on("mul", "float32", [0.3, 0.7, 1.1, 1.7, 3.3], 0.1), on("add", "float32", [0.3, 0.7, 1e-3, 2.9e-8], 1e-9),
         on("eq", "float32", [0.1, 0.5], 0.1)]  # fmt: skip


@pytest.mark.parametrize("case", TENTH, ids=lambda case: case.operation)
def test_a_wider_dtype_on_the_way_needs_the_tier(case):
    said = check(case, InDouble(excess_precision=True))[0]
    assert said == []
    silent = check(case, InDouble())[0]
    assert [deviation.property for deviation in silent] == ["values"] or case.operation == "add"
    assert check(case, Torch("cpu"))[0] == []


def test_a_wider_dtype_allows_no_other_value():
    found, _ = check(TENTH[0], InDoubleAndOff(excess_precision=True))
    assert [deviation.property for deviation in found] == ["values"]
    double = on("mul", "float64", [0.3, 0.7], 0.1)

    class Off(Otherwise):
        def call(self, operation, form, args, kwargs):
            return super().call(operation, form, args, kwargs) * (1 + 2.0**-51)

    assert [deviation.property for deviation in check(double, Off(excess_precision=True))[0]] == ["values"]


@pytest.mark.parametrize("name", ["mul", "ldexp"])
def test_a_backend_with_excess_precision_passes_whole_operations(name):
    assert judged(name, InDouble(excess_precision=True), examples=2)["failures"] == []


# -- elements that are not looked at -------------------------------------------------------------


def out_of_range():
    indices = TensorSpec(1, "int64", (2,), (1,))
    values = TensorSpec(0, "float32", (2,), (1,))
    return Case("index_select", "function", (encode([1.0, 2.0], "float32"), encode([0, 7], "int64")), (values, 0, indices))


def test_a_device_without_values_need_not_refuse_what_values_violate():
    assert Meta().capabilities.values_decide is False
    found, statistics = check(out_of_range(), Meta())
    assert (found, statistics.left_out) == ([], {BY_VALUES: 1})
    strict = Meta()
    strict.capabilities = replace(strict.capabilities, values_decide=True)
    assert [(deviation.property, deviation.rule) for deviation in check(out_of_range(), strict)[0]] == [("errors", "whether it raises")]


class RefusesNothing(Otherwise):
    def call(self, operation, form, args, kwargs):
        try:
            return super().call(operation, form, args, kwargs)
        except (RuntimeError, IndexError):
            return args[0]


def test_what_dtypes_and_shapes_violate_has_to_be_refused_all_the_same():
    backend = RefusesNothing(values_decide=False)
    assert check(out_of_range(), backend)[0] == []
    case = out_of_range()
    for args in ((case.args[0], 3, case.args[2]), (case.args[0], 0, replace(case.args[0], buffer=1, dtype="float32"))):
        found, _ = check(replace(case, args=args), backend)
        assert [(deviation.property, deviation.rule) for deviation in found] == [("errors", "whether it raises")]


@pytest.mark.parametrize(
    "case",
    [
        out_of_range(),
        Case("linalg.inv", "function", (encode([1.0, 2.0, 2.0, 4.0], "float64"),), (TensorSpec(0, "float64", (2, 2), (2, 1)),)),
        on("bincount", "int64", [1, -1]),
        replace(on("bernoulli", "float32", [0.5, 2.0]), seed=1),
        on("linalg.cholesky", "float64", [1.0]),
    ],
    ids=lambda case: case.operation,
)
def test_a_refusal_by_values_is_told_from_others(case):
    oracle = find_backend("torch:cpu")
    assert execute(oracle, case).error is not None
    assert refused_by_values(oracle, case) is (case.operation != "linalg.cholesky")  # a vector is no matrix, whatever it holds


def test_elements_are_filled_in_for_tensors_of_more_elements_than_their_dtype_has_numbers():
    few, many = on("igamma", "int8", [1]), on("igamma", "int8", [1] * 200)
    for case in (few, many):
        assert refused_by_values(find_backend("torch:cpu"), replace(case, args=case.args * 2)) is False  # it is refused for its dtype


def test_memory_that_is_not_there_is_needed_by_nobody_else():
    huge = replace(on("repeat", "float32", [1.0]), form="method")
    huge = replace(huge, args=(*huge.args, 2**48))
    found, statistics = check(huge, Meta())
    assert (found, statistics.left_out) == ([], {BY_MEMORY: 1})


def test_the_device_in_torch_s_name_of_a_tensor_is_not_compared():
    case = Case("expand", "method", (b"",), (TensorSpec(0, "bool", (1, 0), (1, 1)), 1))
    assert execute(Meta(), case).error[1] != execute(find_backend("torch:cpu"), case).error[1]
    assert check(case, Meta())[0] == []


# -- operations ----------------------------------------------------------------------------------


def test_operations_that_the_library_does_not_have_are_not_drawn(monkeypatch):
    drawn = []
    draw = shared_examples.deck.deal
    monkeypatch.setattr(shared_examples.deck, "deal", lambda entry, *rest: drawn.append(entry.operation.name) or draw(entry, *rest))
    backend = Otherwise(operations=frozenset(["exp"]))
    results = [judged(name, backend, 1) for name in ("exp", "neg", "sum")]
    assert set(drawn) == {"exp"}
    report = build([{"kind": "operation", **result} for result in results], {"backends": [backend.name]})
    assert {row["operation"]: row["status"] for row in report["operations"]} == {"exp": "passed", "neg": "unsupported", "sum": "unsupported"}
    (piece,) = report["missing"]
    assert (piece["piece"], piece["operations"], piece["wholly"], piece["examples"]) == ("the operation …", ["neg", "sum"], 2, 0)


def test_an_operation_that_is_declared_and_wrong_is_caught():
    class Wrong(Otherwise):
        def call(self, operation, form, args, kwargs):
            result = super().call(operation, form, args, kwargs)
            return result * 2 if form == "function" and operation == "neg" else result

    assert judged("neg", Wrong(operations=frozenset(["neg"])), 1)["failures"]


def test_an_operation_of_which_only_another_name_is_there_is_drawn():
    result = judged("abs", Otherwise(operations=frozenset(["absolute"])), 4)
    assert result["failures"] == [] and result["examples"] > 0
    assert set(result["missing"]) == {"the operation abs"}


def test_everything_is_assumed_unless_it_is_said():
    assert Capabilities().subnormals and Capabilities().values_decide
    assert not Capabilities().excess_precision and Capabilities().operations is None
