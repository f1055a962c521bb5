"""The worst beside the smallest, and causes: what is one thing is told once, and the worst first."""

from __future__ import annotations

import pytest
import torch
from report_samples import failure, row, small

from conformance.accuracy.contracts import compare
from conformance.accuracy.number_formats import encode
from conformance.backends.torch_backend import Torch
from conformance.cases.case import Case, TensorSpec
from conformance.cases.deviation import Deviation
from conformance.catalogue.entries import entry
from conformance.examples.profiles import PROFILES
from conformance.explaining.causes import explain
from conformance.explaining.difference_kinds import anonymous, difference
from conformance.judging.statistics import Statistics
from conformance.report.failure_text import worst
from conformance.running.failures.reports import kind_of
from conformance.running.failures.tallies import Tally
from conformance.running.operation_run import judge_operation, told_once


class TwoMechanisms(Torch):
    """float32 is three units off, float64 far off, and subnormal numbers are flushed to zero."""

    def call(self, operation, form, args, kwargs):
        result = super().call(operation, form, args, kwargs)
        if form != "function" or not isinstance(result, torch.Tensor) or result.requires_grad:
            return result
        if result.dtype == torch.float64:
            return result * 3
        if result.dtype == torch.float32:
            result = torch.where(result.abs() < 2.0**-126, result * 0, result)
            return torch.nextafter(torch.nextafter(torch.nextafter(result, result * 2), result * 2), result * 2)
        return result


@pytest.fixture(scope="module")
def found():
    result = judge_operation(entry("exp"), "x:TwoMechanisms", PROFILES["quick"], 0, 3, backend=TwoMechanisms(), shrink=False)
    return result, [each for each in result["failures"] if each["property"] == "values"]


def test_the_worst_of_each_dtype_stands_beside_the_smallest(found):
    _, failures = found
    numbers = {dtype: each for failure in failures for dtype, each in failure["worst"].items()}
    assert numbers["float64"]["ulps"] > 1e9
    assert 3 <= next(f["worst"]["float32"]["ulps"] for f in failures if "float32" in f["worst"] and f["worst"]["float32"]["ulps"] < 99) <= 5
    assert sum(each["failed"] for f in failures for each in f["worst"].values()) > len(failures)  # the examples after the first were judged, too


def test_what_fails_by_another_mechanism_is_another_failure_with_an_id_of_its_own(found):
    _, failures = found
    assert len({f["id"] for f in failures}) == len(failures) >= 2
    rounding = Deviation("values", "ulps(2) around x, element 3", "2.0", "2.0000007", {"ulps": 3.0, "dtype": "float32"})
    flushed = Deviation("values", "ulps(2) around x, element 1", "1e-40", "0.0", {"ulps": 7e4, "dtype": "float32"})
    assert kind_of(rounding) == "ulps(2) around x: rounding"
    assert kind_of(flushed) == "ulps(2) around x: zero where a subnormal number is due"
    assert kind_of(Deviation("strides", "result strides", "(1,)", "(2,)")) == "result strides"


def test_the_worst_error_column_is_of_elements_that_keep_the_contract(found):
    result, _ = found
    assert 0 < result["units"] <= 1
    assert result["torch_units"] <= 1
    statistics = Statistics("exp", "x")
    contract = entry("exp").contract
    right, wrong = encode([1.0, 2.0], "float32"), encode([1.0, 9e9], "float32")
    comparison = compare(contract, "float32", right, wrong)
    statistics.errors("float32", comparison, compare(contract, "float32", right, right), 2)
    assert (statistics.units, statistics.ulps) == (0.0, {"float32": 0.0})


def test_the_text_tells_the_worst_first_and_nothing_twice():
    told = {"float32": {"failed": 12, "ulps": 3.0, "units": 1.5, "expected": "1.0", "got": "1.1"},
            "float64": {"failed": 47, "ulps": 9e9, "units": 4e9, "expected": "1.0", "got": "3.0"},
            "bfloat16": {"failed": 1, "ulps": None, "units": None, "expected": "nan", "got": "1.0"}}  # fmt: skip
    assert worst({"worst": told}) == "bfloat16: 1.0 for nan, 1 example; float64: 9e9 ulps, 47 examples; float32: 3 ulps, 12 examples"
    assert worst({"worst": {"bfloat16": told["bfloat16"]}}) == worst({}) == ""


def test_a_tally_keeps_the_farthest():
    tally, case = Tally(), Case("exp", "function", (b"\0\0\0\0",), (TensorSpec(0, "float32", (), ()),))
    for ulps in (4.0, 900.0, 5.0):
        tally.add(("values", "x"), case, Deviation("values", "x", "1", f"{ulps}", {"ulps": ulps}))
    assert tally.told(("values", "x")) == {"float32": {"failed": 3, "ulps": 900.0, "units": None, "expected": "1", "got": "900.0"}}
    assert tally.told(("values", "y")) == {}


def test_an_out_tensor_is_told_of_once():
    spec = TensorSpec(0, "float32", (), ())
    deviations = [Deviation("purity", "metadata of the arguments", "a", "b"), Deviation("strides", "result strides", "(1,)", "(2,)")]
    assert [d.property for d in told_once(Case("exp", "out", (b"\0\0\0\0",), (spec,), {"out": spec}), deviations)] == ["strides"]
    assert len(told_once(Case("exp", "function", (b"\0\0\0\0",), (spec,)), deviations)) == 2
    assert len(told_once(Case("exp", "out", (b"\0\0\0\0",), (spec,), {"out": spec}), deviations[:1])) == 1


# -- causes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("one", "other"), [
    ('"exp_cpu" not implemented for \'Half\'', '"exp_cpu" not implemented for \'ComplexDouble\''),
    ("result type Float can't be cast to Long", "result type Double can't be cast to Bool"),
    ("expected torch.float32 got torch.int64", "expected torch.bfloat16 got torch.uint8"),
    ("output with shape [2, 3] doesn't match the broadcast shape [4, 2, 3]", "output with shape [] doesn't match the broadcast shape [7]"),
    ("index 5 is out of bounds for dimension 0 with size 3", "index -1 is out of bounds for dimension 2 with size 10"),
    ("aten::exp.out is not there", "aten::log_ is not there"), ("shapes (2, 3) and (4,)", "shapes (1,) and (2, 2)"),
])  # fmt: skip
def test_messages_that_differ_in_names_dtypes_and_sizes_are_the_same(one, other):
    assert anonymous(one, "exp") == anonymous(other, "exp")


def test_messages_that_say_something_else_stay_apart():
    assert anonymous("expected a tensor", "exp") != anonymous("expected a number", "exp")
    assert anonymous("int_repr is not there", "exp") == "int_repr is not there"
    assert anonymous("linalg.inv: inv() fails", "linalg.inv") == "…: …() fails"
    kind = difference({"operation": "exp", "property": "errors", "rule": "message", "expected": "E: size 3", "got": "E: size 4", "details": {}})[0]
    assert kind == "says E: size # with other names, dtypes, sizes or numbers than torch"


def test_the_worst_stands_first():
    def report(*properties):
        rules = {"errors": "message"}
        return [row(f"f{i}", "b", failures=[failure(f"f{i}", "b", name, rules.get(name, "result"), got=str(i))]) for i, name in enumerate(properties)]

    order = ["values", "crash", "dtype", "aliasing", "strides", "errors"]
    assert [cause["property"] for cause in explain(report(*reversed(order)))] == order
    words = failure("g", "b", "errors", "message")
    refusals = [row(f"h{i}", "b", failures=[failure(f"h{i}", "b", "errors", "whether it raises")]) for i in range(2)]
    found = explain([row("g", "b", failures=[words]), *refusals])
    assert [cause["rank"] for cause in found] == [5, 5, 6]


def causes_of(*failures):
    """The kinds of the causes of some failures, each ``(operation, property, rule)`` and more of it."""
    rows = {}
    for i, ((name, about, rule), more) in enumerate(failures):
        rows.setdefault(name, []).append(failure(name, "b", about, rule, i) | more)
    return [cause["kind"] for cause in explain([row(name, "b", failures=found) for name, found in rows.items()])]


def test_a_0_d_operand_that_decides_the_dtype_is_one_cause_whatever_the_dtypes_are():
    pairs = [("add", "int8", "int16"), ("sub", "uint8", "int64"), ("mul", "int16", "int32")]
    details = {"operands": [["int8", 1], ["int16", 0]]}
    found = causes_of(*[((name, "dtype", "result dtype"), {"expected": a, "got": b, "details": details}) for name, a, b in pairs])
    assert found == ["a 0-d operand decides it like any other; in torch it does not"]


def test_refusals_of_a_dimension_of_a_0_d_tensor_are_one_cause_in_whatever_words():
    texts = ["IndexError: [cumsum] Axis 0 is out of bounds for array with 0 dimensions.", "IndexError: Invalid axis 0", "IndexError: dim 0"]
    more = {"expected": "a result", "classes": ["0-d"]}
    found = causes_of(*[((f"f{i}", "errors", "whether it raises"), more | {"got": text}) for i, text in enumerate(texts)])
    assert found == ["a dimension of a 0-d tensor is refused (IndexError)"]


def test_wrong_truth_values_are_of_one_kind_and_wrong_numbers_of_which_some_are_zero_are_one_cause():
    truth = [{"expected": a, "got": b, "dtype": "bool"} for a, b in (("True", "False"), ("False", "True"))]
    assert causes_of(*[(("ge", "values", "exact"), each) for each in truth]) == ["the other truth value"]
    numbers = [{"expected": "15", "got": got, "dtype": "int64"} for got in ("2", "0")]
    assert causes_of(*[(("take", "values", "exact"), each) for each in numbers]) == ["another number"]
    numbers = [{"expected": a, "got": "0.0"} for a in ("nan", "2.0")]
    assert causes_of(*[(("exp", "values", "exact"), each) for each in numbers]) == ["zero where another number is due"]


def test_one_operation_that_is_off_by_few_units_here_and_by_many_there_is_one_cause():
    found = [{"expected": "2.0", "got": got, "details": {"ulps": ulps}} for got, ulps in (("2.000002", 9.0), ("2.00002", 90.0))]
    assert causes_of(*[(("exp", "values", "exact"), each) for each in found]) == ["many units in the last place off"]


def test_the_ways_in_which_an_operation_is_wrong_are_told_in_one_line():
    found = causes_of(*[(("exp", "values", "exact"), {"expected": "2.0", "got": got}) for got in ("3.0", "nan")])
    assert found == ["another number; NaN where a number is due"]
    narrower = {"expected": "2.0", "got": "2.0000001", "details": {"narrower": True}}
    assert len(causes_of(*[((name, "values", "exact"), narrower) for name in ("exp", "sin")])) == 1


def test_numbers_in_the_place_of_tensors_are_one_cause_and_no_way_in_which_elements_are_wrong():
    more = {"expected": "tensor", "got": "float32: 2.0"}
    numbers = [((name, "values", "result"), more) for name in ("add", "exp")]
    found = causes_of(*numbers, (("exp", "values", "exact"), {"expected": "2.0", "got": "3.0"}))
    assert found == ["no tensor where torch gives one", "another number"]


def test_two_operations_that_refuse_in_the_same_words_are_one_cause():
    more = {"expected": "a result", "got": "ValueError: Converting 300 to int8 would result in overflow."}
    assert len(causes_of(*[((name, "errors", "whether it raises"), more) for name in ("add", "sub")])) == 1
    more = {"expected": 'NotImplementedError: "ge_cpu" not implemented for \'ComplexFloat\'', "got": "a result"}
    assert "ge_cpu" not in causes_of((("ge", "errors", "whether it raises"), more))[0]


def test_words_that_part_after_their_beginning_and_shapes_of_two_families_are_two_causes():
    texts = {name: f"ValueError: {'the same words ' * 9}{end}" for name, end in (("add", "exactly"), ("sub", "otherwise"))}
    assert len(causes_of(*[((name, "errors", "whether it raises"), {"expected": "a result", "got": text}) for name, text in texts.items()])) == 2
    more = {"expected": "()", "got": "(1, 2)"}
    for families in (("reductions", "reductions"), ("reductions", "views"), ("reductions", "views", "views", "reductions")):
        failures = [failure(f"f{i}", "b", "shape", "result shape", i) | more for i in range(len(families))]
        found = explain([row(each["operation"], "b", family=family, failures=[each]) for each, family in zip(failures, families)])
        assert len(found) == len(set(families))


def test_two_operations_whose_0_d_operands_decide_the_dtype_are_one_cause_with_the_elements_that_come_from_it():
    details = {"operands": [["int8", 1], ["int16", 0]]}
    found = causes_of(
        (("add", "dtype", "result dtype"), {"expected": "int8", "got": "int16", "details": details}),
        (("sub", "dtype", "result dtype"), {"expected": "int8", "got": "int16", "details": details}),
        (("ge", "values", "exact"), {"expected": "True", "got": "False", "dtype": "bool", "details": {"promoted": True}}),
    )
    assert found == ["a 0-d operand decides it like any other; in torch it does not"]


def test_where_a_result_begins_is_told_with_its_strides():
    strides = {"expected": "(1,)", "got": "(2,)", "details": {"shape": (5,), "strides": ((1,), (2,))}}
    found = causes_of((("where", "strides", "result strides"), strides), (("where", "aliasing", "storage offset"), {"expected": "72", "got": "1"}))
    assert found == ["another layout where torch’s result is contiguous"]


def test_one_operation_with_several_wrong_dtypes_is_one_cause():
    pairs = [("int64", "int32"), ("int8", "int16")]
    failures = [failure("sum", "b", "dtype", "result dtype", i, expected=a, got=b) for i, (a, b) in enumerate(pairs)]
    (cause,) = small([row("sum", "b", failures=failures)])["causes"]
    assert len(cause["failures"]) == 2
    assert cause["kind"] == "int32 where torch gives int64, and 1 more such"
