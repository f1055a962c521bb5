"""From failures to causes: one cause reads as one, two stay two, what follows from a failing part is told with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from conformance.accuracy.number_formats import encode
from conformance.cases.case import Case, TensorSpec
from conformance.cases.deviation import Deviation
from conformance.catalogue.entries import entry
from conformance.examples.profiles import PROFILES
from conformance.explaining.causes import explain
from conformance.explaining.composition import parts_of
from conformance.explaining.difference_kinds import can_follow, difference
from conformance.explaining.missing_pieces import missing_pieces
from conformance.explaining.other_dtypes import as_any_operand, as_narrower
from conformance.report import build
from conformance.report.markdown import markdown_text
from conformance.report.terminal import summary_text
from conformance.running.failures.reports import failure_report
from conformance.running.operation_run import judge_operation
from conformance.selftest.broken import Broken, Defect


def widened(value):
    if isinstance(value, torch.Tensor) and value.dtype is torch.bfloat16:
        return value.detach().float()
    return type(value)(widened(item) for item in value) if isinstance(value, (list, tuple)) else value


def truncated(call, context):
    """bfloat16 results cut instead of rounded: computed in float32, the low half of the bits dropped."""
    right = call()
    if not isinstance(right, torch.Tensor) or right.dtype is not torch.bfloat16 or context.form not in ("function", "method", "operator"):
        return right
    context.args = tuple(widened(arg) for arg in context.args)
    wide = call()
    if isinstance(wide, torch.Tensor) and wide.dtype is torch.float32 and wide.shape == right.shape:
        cut = (wide.detach().contiguous().view(torch.int32) & -65536).view(torch.float32)
        right.data.copy_(torch.where(cut.isfinite(), cut, wide))
    return right


def zeros_in_bfloat16(call, context):
    result = call()
    if isinstance(result, torch.Tensor) and result.dtype is torch.bfloat16:
        result.data.zero_()
    return result


def last_tie(call, context):
    result, x = call(), context.args[0]
    if result.ndim or len(context.args) > 1 or context.kwargs or x.numel() < 2:
        return result
    ties = (x.reshape(-1) == x.reshape(-1)[result]).nonzero()
    return ties[-1].reshape(()).clone() if len(ties) else result


ROUNDED = ("div", "mul", "reciprocal", "square", "sub", "true_divide")
ADDING = ("add", "__add__", "__iadd__")


def tampering(*changes):
    """A backend with several faults: each of (operations, tamper)."""
    def tamper(call, context):
        return next(change for names, change in changes if context.operation in names)(call, context)

    return Broken(Defect("several", "values", tuple(name for names, _ in changes for name in names), tamper))


def judged(backend, names, examples=5):
    items = [judge_operation(entry(name), "broken:several", PROFILES["quick"], 0, examples=examples, backend=backend) for name in names]
    return build([{"kind": "operation", **item} for item in items], {"backends": ["broken:several"]})


@pytest.fixture(scope="module")
def several():
    """bfloat16 truncated in six operations, argmax with the last of equal maxima, and add, which gives zeros for bfloat16, in three more."""
    backend = tampering((ROUNDED, truncated), (("argmax",), last_tie), (ADDING, zeros_in_bfloat16))
    return judged(backend, (*ROUNDED, "argmax", *ADDING, "neg"))


def test_bfloat16_that_is_truncated_reads_as_one_finding_with_its_operations(several):
    (cause,) = [cause for cause in several["causes"] if "truncation" in cause["title"]]
    assert cause["title"] == "results in bfloat16: one unit in the last place too close to zero, as truncation leaves it"
    together = {*cause["operations"], *(each["operation"] for each in cause["followers"])}
    assert together <= {*ROUNDED} and len(together) >= 4
    assert cause["dtypes"] == ["bfloat16"]
    assert cause["evidence"].startswith(f"{len(cause['operations'])} of the ") and cause["evidence"].endswith("values were judged for bfloat16")


def test_what_is_composed_of_a_failing_operation_follows_from_it(several):
    (cause,) = [cause for cause in several["causes"] if "add" in cause["operations"]]
    assert cause["operations"] == ["add"]
    assert cause["followers"] == [{"operation": "__add__", "of": "add"}, {"operation": "__iadd__", "of": "add"}]
    rows = {row["operation"]: row for row in several["operations"]}
    assert [rows[name]["follows"] for name in (*ADDING, "neg")] == [None, "add", "add", None]
    assert several["summary"]["followers"] == several["summary"]["backends"]["broken:several"]["followers"] >= 2
    assert rows["__add__"]["status"] == "failed"  # it fails, whatever it fails for


def test_independent_defects_stay_apart(several):
    assert [cause["operations"] for cause in several["causes"] if "argmax" in cause["operations"]] == [["argmax"]]
    assert several["summary"]["causes"] == len(several["causes"])
    failures = {failure["id"] for row in several["operations"] for failure in row["failures"]}
    told = [identifier for cause in several["causes"] for identifier in cause["failures"]]
    assert sorted(told) == sorted(failures)  # each failure has one cause


def wrong_number(name, expected="1.0", got="0.0", **details):
    failure = {
        "id": name, "operation": name, "property": "values", "rule": "exact around x, element 0", "expected": expected, "got": got,
        "details": {"ulps": 9e9, **details}, "dtype": "float32", "parts": [], "script": name,
    }  # fmt: skip
    return {"operation": name, "backend": "b", "checks": {"values": 3}, "verdicts": {"float32 failed": 1}, "failures": [failure]}


def test_operations_that_lose_nan_are_one_cause_and_those_that_do_not_make_it_several():
    names = ["log", "asin", "mul"]
    lost = explain([wrong_number(name, "nan", "2.0", nan=True) for name in names])
    assert [(cause["operations"], cause["kind"]) for cause in lost] == [(names, "an operand’s NaN is lost")]
    assert [cause["operations"] for cause in explain([wrong_number(name, "nan", "2.0") for name in names])] == [[name] for name in names]
    wrong = Deviation("values", "", "nan", "2.0", {"element": 0, "output": 0, "dtype": "float32"})
    for x, nan in ((float("nan"), True), (-1.0, None)):
        case = Case("log", "function", (encode([x], "float32"),), (TensorSpec(0, "float32", (), ()),))
        assert failure_report(case, wrong, "torch:cpu")["details"].get("nan") is nan


def test_two_operations_that_refuse_a_dimension_of_a_0_d_tensor_are_one_cause_in_whatever_words():
    def row(name, got):
        found = wrong_number(name, "a result", got)
        found["failures"][0] |= {"property": "errors", "rule": "whether it raises", "classes": ["0-d"], "dtype": None}
        return found

    rows = [row("movedim", "IndexError: [moveaxis] Invalid axis -1"), row("any", "IndexError: axis 0 for array with 0 dimensions")]
    assert [cause["operations"] for cause in explain(rows)] == [["movedim", "any"]]


def test_two_operations_whose_numbers_are_wrong_in_the_same_two_ways_are_one_cause():
    def row(name, *got):
        rows = [wrong_number(name, due, value, ulps=3.0) for due, value in got]
        return rows[0] | {"failures": [each["failures"][0] | {"id": f"{name} {i}"} for i, each in enumerate(rows)]}

    nan, off, far = ("nan", "-inf"), ("1.0", "1.0000004"), ("1.0", "0.25")
    assert [cause["operations"] for cause in explain([row("log2", nan, off), row("log10", nan, off)])] == [["log2", "log10"]]
    assert len(explain([row("log2", nan, off), row("log10", nan)])) == len(explain([row("sin", off, far), row("cos", off, far)])) == 2


def test_strides_of_a_copy_where_torch_returns_its_operand_are_told_with_the_copy():
    def row(name, *failures):
        rows = [wrong_number(name, expected, got, **details)["failures"][0] | {"property": about, "rule": rule, "id": f"{name} {about}"}
                for about, rule, expected, got, details in failures]  # fmt: skip
        return wrong_number(name) | {"failures": rows}

    copy = ("aliasing", "whose storage it is", "memory of input 0", "new memory", {})
    strides = ("strides", "result strides", "(1, 24)", "(1, 2)", {"shape": (2, 2), "strides": ((1, 24), (1, 2))})
    assert [cause["property"] for cause in explain([row("positive", copy, strides)])] == ["aliasing"]
    assert len(explain([row("positive", copy), row("round", strides)])) == 2


def test_two_operations_for_which_a_library_has_one_function_are_refused_for_one_reason():
    def row(name):
        found = wrong_number(name, "a result", "TypeError: sign does not accept dtype bool. Accepted dtypes are subtypes of integer")
        found["failures"][0] |= {"property": "errors", "rule": "whether it raises", "script": f"r = torch.{name}(x)\nr = jax.numpy.sign(x)"}
        return found

    assert [cause["operations"] for cause in explain([row("sign"), row("sgn")])] == [["sign", "sgn"]]


def test_two_operations_that_are_wrong_alike_are_two_causes_and_three_are_one():
    row = wrong_number

    assert [cause["operations"] for cause in explain([row("exp"), row("log")])] == [["exp"], ["log"]]
    assert [cause["operations"] for cause in explain([row("exp"), row("log"), row("sin")])] == [["exp", "log", "sin"]]
    sound = [row(name) | {"failures": []} for name in ("cos", "tan", "abs")]  # not in most of them: zeros may have three reasons
    assert [cause["operations"] for cause in explain([row("exp"), row("log"), row("sin"), *sound])] == [["exp"], ["log"], ["sin"]]


def test_the_causes_stand_in_the_terminal_and_in_the_markdown(several):
    for text in (" ".join(summary_text(several).split()), markdown_text(several)):
        assert "results in bfloat16: one unit in the last place too close to zero" in text
        assert "__add__, __iadd__" in text
        assert "docs/operations/pointwise_arithmetic.md#add" in text
        assert "python -m conformance repro" in text


# -- the parts -----------------------------------------------------------------------------------


def call(operation, form="function", count=1, others=(), **options):
    specs = tuple(TensorSpec(i, "float32", (2, 2), (2, 1)) for i in range(count))
    return Case(operation, form, tuple(encode([1.0, 2.0, 3.0, 4.0], "float32") for _ in specs), (*specs, *others), **options)


def test_the_parts_of_an_operation_are_what_refimpl_calls():
    assert "bmm" in parts_of(call("matmul", count=1, others=(TensorSpec(0, "float32", (1, 2, 2), (4, 2, 1)),)))
    assert parts_of(call("__add__", "operator", 2)) == ["add"]
    assert parts_of(call("add", count=2)) == []
    assert parts_of(call("mul", "inplace", count=2)) == []  # the in-place form is no part of its operation
    assert parts_of(call("exp", others=(1, 2, 3))) == []  # a call that raises


def test_the_parts_of_a_gradient_are_those_of_its_formulas_too():
    leaf = TensorSpec(0, "float32", (2, 2), (2, 1), requires_grad=True)
    case = Case("tanh", "function", (encode([1.0, 2.0, 3.0, 4.0], "float32"),), (leaf,), grad=1)
    assert parts_of(case) == []
    assert "mul" in parts_of(case, gradients=True)


# -- kinds of differences ------------------------------------------------------------------------


@pytest.mark.parametrize(("expected", "got", "kind"), [
    ("nan", "1.0", "a number where NaN is due"),
    ("1.0", "nan", "NaN where a number is due"),
    ("0.0", "-0.0", "the sign of zero"),
    ("inf", "3e38", "a finite number where infinity is due"),
    ("-3e38", "-inf", "infinity where a number is due"),
    ("1e-40", "0.0", "zero where a subnormal number is due"),
    ("2.0", "0.0", "zero where another number is due"),
    ("2.0", "1.9999998807907104", "one unit in the last place too close to zero, as truncation leaves it"),
    ("-2.0", "-2.000000238418579", "one unit in the last place too far from zero"),
    ("2.0", "-2.0", "the opposite sign"),
    ("2.0", "17.0", "another number"),
    ("(1+2j)", "(1+nanj)", "NaN where a number is due"),
    ("(1.5+3j)", "(1.4999999-3j)", "a part of the opposite sign, as on the other side of a branch cut"),
    ("(1.5+3j)", "(1.25-3j)", "another number"),
    ("True", "False", "zero where another number is due"),
])  # fmt: skip
def test_kinds_of_wrong_numbers(expected, got, kind):
    ulps = 1.0 if "unit" in kind else 1e6
    failure = {"operation": "f", "property": "values", "rule": "", "expected": expected, "got": got, "details": {"ulps": ulps},
               "dtype": "complex64" if "j" in expected else "float32"}  # fmt: skip
    assert difference(failure)[0] == kind


def test_kinds_of_other_differences():
    def kind(name, rule, expected, got, **details):
        return difference({"operation": "exp", "property": name, "rule": rule, "expected": expected, "got": got, "details": details, "dtype": None})

    assert kind("strides", "result strides", "(1, 2)", "(3, 1)", shape=(2, 3), strides=((1, 2), (3, 1)))[0].startswith("the result is contiguous")
    assert kind("strides", "result strides", "(3, 1)", "(1, 2)", shape=(2, 3), strides=((3, 1), (1, 2)))[0].startswith("another layout where")
    assert kind("strides", "result strides", "(1, 2)", "(5, 7)", shape=(2, 3), strides=((1, 2), (5, 7))) == (
        "strides that are neither torch’s nor contiguous", False,
    )  # fmt: skip
    assert kind("dtype", "result dtype", "float32", "float64")[0] == "float64 where torch gives float32"
    assert kind("dtype", "result dtype", "float32", "float16", operands=[["bool", 1]]) == kind(
        "dtype", "result dtype", "float32", "float64", operands=[["int64", 1]]
    )
    assert kind("errors", "whether it raises", "a result", "RuntimeError: exp() fails")[0] == "raises RuntimeError: …() fails; torch does not"
    assert kind("errors", "message", "TypeError: exp() no", "TypeError: exp() bad")[0] == "says TypeError: …() bad; torch TypeError: …() no"
    assert kind("errors", "whether it raises", "IndexError: x", "a result")[0] == "no error; torch raises IndexError: x"


def test_a_rounding_in_a_part_does_not_explain_zeros():
    rounding, zero = "one unit in the last place too close to zero, as truncation leaves it", "zero where another number is due"
    assert can_follow(rounding, rounding)
    assert can_follow("a few units in the last place off", rounding)
    assert not can_follow(zero, rounding)
    assert can_follow("another number", zero)
    assert not can_follow("a number where NaN is due", "the sign of zero")


def test_an_element_that_comes_from_the_dtype_of_a_0_d_operand_is_told_with_it():
    x, y = TensorSpec(0, "float32", (1,), (1,)), TensorSpec(1, "float64", (), ())
    case = Case("add", "inplace", (encode([-23.55322265625], "float32"), encode([19.219277381271], "float64")), (x, y))
    wrong = Deviation("values", "", "-4.333946228027344", "-4.333945274353027", {"element": 0, "output": 0, "dtype": "float32"})
    assert as_any_operand(case, wrong)
    assert not as_any_operand(case, replace(wrong, got="-4.25"))
    assert not as_any_operand(replace(case, args=(x, replace(y, shape=(1,), strides=(1,)))), wrong)


@pytest.mark.parametrize(("x", "due", "got", "narrower"), [
    (-4503599627370495.5, "-0.00697483195287147", "-0.4855348765850067", True),  # the operand was rounded
    (0.125, "0.992197667229329", "0.9921976923942566", True),
    (-1.6558590302839587e90, "0.7897020715317392", "nan", True),  # out of float32's range
    (1.3482698511467367e308, "0.5", "nan", False),  # its square is out of float64's range, too
    (0.125, "0.992197667229329", "0.9921976672293292", False),  # one rounding of float64
    (0.125, "0.992197667229329", "0.5", False),
])  # fmt: skip
def test_an_element_of_float64_that_was_computed_in_float32_is_known(x, due, got, narrower):
    case = Case("cos", "function", (encode([x], "float64"),), (TensorSpec(0, "float64", (), ()),))
    assert as_narrower(case, Deviation("values", "", due, got, {"element": 0, "output": 0, "dtype": "float64"})) is narrower


# -- what is not there ---------------------------------------------------------------------------


def test_a_missing_piece_is_told_once_with_what_follows():
    def row(name, missing, status="unsupported", parts=None):
        return {"operation": name, "backend": "b", "status": status, "missing": missing, "unsupported_parts": parts}

    pieces = missing_pieces([
        row("add", {"the operation add": 7, "dtype float64": 2}), row("__add__", {"the operation __add__": 3}, parts=["add"]),
        row("mul", {"dtype float64": 5}, "passed"), row("bool", {"dtype bool": 1, "the operation bool": 4}),
    ])  # fmt: skip
    found = {piece["piece"]: piece for piece in pieces}
    assert set(found) == {"the operation …", "dtype float64", "dtype bool"}
    assert found["the operation …"]["operations"] == ["add", "bool"]
    assert found["the operation …"]["followers"] == [{"operation": "__add__", "of": "add"}]
    assert (found["the operation …"]["wholly"], found["the operation …"]["examples"]) == (3, 14)
    assert found["dtype float64"]["operations"] == ["add", "mul"]
    assert found["dtype float64"]["wholly"] == 1
