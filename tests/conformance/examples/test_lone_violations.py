"""Constraints: each is violated alone by some example, found by a search; what refimpl says is violated is what torch reports."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch

import refimpl
from conformance.backends import find_backend
from conformance.backends.refimpl_backend import Refimpl
from conformance.cases.case import Case, TensorSpec
from conformance.catalogue import TABLE
from conformance.catalogue.entries import entries, entry
from conformance.catalogue.public_names import not_judged
from conformance.catalogue.rows import Operation
from conformance.examples import violations
from conformance.examples.constraints import demands, never_alone, page, violated
from conformance.examples.profiles import PROFILES
from conformance.examples.violations import conditions, lone_violations, never_violated, refused_calls, search, silent, special_numbers
from conformance.execution.outcomes import execute
from conformance.report import constraints as report_of_constraints
from conformance.report.page.sections import violated as section
from conformance.running.operation_run import judge_operation
from refimpl.operations.operation import operations
from refimpl.operations.refusals import violations_of

SAMPLE = ("narrow", "index_select", "addmm", "softmax", "zeros", "view", "clamp")
VECTOR = TensorSpec(0, "float32", (3,), (1,))
NUMBERS = bytes(range(12))


def test_every_constraint_of_every_page_is_demanded_of_some_row():
    demanded = {(demand.page, demand.number) for e in entries() for demand in demands(e)}
    left_to_tests = {name.rpartition(".")[2] for name in not_judged()}
    for name, operation in operations.items():
        if name.removeprefix("_") in left_to_tests:  # or the kernel of such a function
            continue
        stated = [] if operation.constraints is None else [constraint.number for constraint in operation.constraints]
        stated += [] if operation.dtypes is None else [0]
        assert [number for number in stated if (name, number) not in demanded] == [], name


def test_a_call_is_asked_what_it_violates_and_not_made():
    e = entry("narrow")
    case = Case("narrow", "function", (NUMBERS,), (VECTOR, 0, 1, 1))
    assert violated(case, e) == frozenset()
    assert violated(Case("narrow", "function", (NUMBERS,), (VECTOR, 0, -4, 0)), e) == {("narrow", 5)}
    assert violated(Case("narrow", "method", (NUMBERS,), (VECTOR, 2, 0, -1)), e) == {("narrow", 3), ("narrow", 4)}
    assert violated(Case("narrow", "function", (NUMBERS,), (VECTOR, "0", 4, 0)), e) == frozenset()  # it does not pass the door
    assert {number for _, number in violated(Case("zeros", "function", (), ((2**61,),)), entry("zeros"))} == {5}
    assert operations["narrow"].check.__self__ is operations["narrow"]  # as before
    assert violated(Case("mm", "function", (NUMBERS, NUMBERS), (TensorSpec(0, "bool", (1, 1), (1, 1)),) * 2), entry("mm")) == {("mm", 0)}


@pytest.mark.parametrize("name", SAMPLE)
def test_what_is_found_violates_one_constraint_and_depends_on_the_seed_alone(name):
    e = entry(name)
    declared = never_alone(e)
    wanted = [demand for demand in demands(e) if demand not in declared]
    first = search(e, wanted, 1)
    assert list(first) == wanted and first == lone_violations(e, 1)
    assert list(lone_violations(e, 2).values()) != list(lone_violations(e, 1).values())
    for demand, case in first.items():
        assert violated(case, e) == {(demand.page, demand.number)}
        outcome = execute(find_backend("refimpl:cpu"), case)
        assert outcome.error in outcome.violations
        assert case.violates == demand.label(name)


@pytest.mark.parametrize(("name", "wrong"), [("arange", "nan"), ("arange", "-inf"), ("glu", str(2**32)), ("kthvalue", str(2**32 + 1))])
def test_a_number_that_is_none_and_one_of_more_than_32_bits_are_refused(name, wrong):
    cases = [case for seed in range(6) for case in special_numbers(entry(name), seed)]
    assert any(wrong in [str(value) for value in (*case.args, *case.kwargs.values())] for case in cases)
    assert all(execute(find_backend("torch:cpu"), case).error is not None for case in cases)


@pytest.mark.parametrize("name", ["logit", "narrow", "special.bessel_j0", "add"])
def test_calls_are_refused_under_every_condition(name):
    e = entry(name)
    cases = refused_calls(e, 1)
    outcomes = [execute(find_backend("torch:cpu"), case) for case in cases]
    assert all(outcome.error is not None for outcome in outcomes) and cases == refused_calls(e, 1)
    met = set().union(*[conditions(case) for case in cases])
    assert {"keywords", "no elements", "rank 1", "rank 2", "function", "float32", "int64"} <= met
    assert {form for form in e.forms if form not in ("out", "operator")} <= met
    counted = [outcome.error for outcome in outcomes if outcome.error and "positional argument" in outcome.error[1]]
    assert counted or name in ("add", "narrow")  # of which there are several signatures


def test_a_wrong_number_in_the_message_of_an_empty_operand_fails():
    class Miscounting(Refimpl):
        def call(self, operation, form, args, kwargs):
            try:
                return super().call(operation, form, args, kwargs)
            except TypeError as error:
                if not args[0].numel():
                    raise TypeError(str(error).replace("but ", "but 1")) from None
                raise

    result = judge_operation(entry("special.bessel_j0"), "refimpl:cpu", PROFILES["quick"], 0, backend=Miscounting())
    assert [failure["property"] for failure in result["failures"]] == ["errors"]


def test_a_backend_that_does_not_look_at_a_constraint_fails():
    class Forgetful(Refimpl):
        def call(self, operation, form, args, kwargs):
            try:
                return super().call(operation, form, args, kwargs)
            except RuntimeError as error:
                if "exceeds dimension size" in str(error):
                    return args[0]
                raise

    row = judge_operation(entry("narrow"), "refimpl:cpu", PROFILES["quick"], 5, backend=Forgetful(), shrink=False)
    assert {failure["rule"] for failure in row["failures"]} == {"whether it raises"}
    assert row["constraints"] == {f"C{number}": 1 for number in range(1, 7)} and row["never_drawn"] == []


def test_a_constraint_that_was_never_violated_alone_is_told_and_fails(monkeypatch):
    def without_the_fifth(e, seed):
        return {demand: case for demand, case in lone_violations(e, seed).items() if demand.number != 5}

    monkeypatch.setattr("conformance.running.operation_run.lone_violations", without_the_fifth)
    row = judge_operation(entry("narrow"), "refimpl:cpu", PROFILES["quick"], 5)
    assert row["never_drawn"] == ["C5 violated alone"] and row["failures"] == []


def test_constraints_whose_examples_are_not_supported_are_not_missing():
    result = {"examples": 9, "constraints": {"C1": 1, "C2": 1, "C3": 1}, "unsupported_constraints": {"C4": 1, "C5": 2}}
    assert never_violated(entry("narrow"), result) == ["C6 violated alone"]
    assert never_violated(entry("narrow"), {**result, "examples": 0}) == []


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.never_alone])
def test_what_is_declared_never_to_be_violated_alone_is_not_found(name):
    e = entry(name)
    impossible = [demand for demand, reason in never_alone(e).items() if not reason.startswith("torch ")]
    assert search(e, impossible, 7, 400) == {}


def test_a_declaration_that_names_no_constraint_is_an_error():
    from dataclasses import replace

    e = entry("narrow")
    row: Operation = replace(e.operation, never_alone=(("of no constraint", "why"),))
    with pytest.raises(ValueError, match="no constraint says"):
        never_alone(replace(e, operation=row))


def test_the_report_lists_what_torch_never_reports():
    result = {"constraints": {"C1": 1, "C2": 1}, "reported": {"C1": 1}}
    found = silent(entry("narrow_copy"), result)
    assert found["C1"].startswith("a dimension that is too large") and "torch accepted" in found["C2"] and "C3" not in found
    report = {"operations": [{"operation": "narrow_copy", "constraints": result["constraints"], "silent": found}]}
    assert report_of_constraints.silent(report) == [("narrow_copy", label, found[label]) for label in ("C1", "C2")]
    assert report_of_constraints.summary(report).startswith("2 constraints of 1 operations")
    assert "narrow_copy" in str(section(report)) and section({"operations": []}) is None


def test_the_list_of_those_that_torch_never_reports_is_up_to_date():
    assert Path("docs/constraints.md").read_text(encoding="utf-8") == page(), "python -m conformance.examples.constraints > docs/constraints.md"


# -- what no case can hold -------------------------------------------------------------------------

LIKE = "zeros_like ones_like empty_like rand_like randn_like full_like randint_like".split()


@pytest.mark.parametrize("name", LIKE)
@pytest.mark.parametrize("shape", [(2**60,), (2**48,), (2**31, 2**30)])
def test_a_tensor_like_an_expanded_one_of_more_elements_than_there_can_be(name, shape):
    def refused(library):
        source = library.empty(1, dtype=library.float64).expand(shape)
        with pytest.raises(RuntimeError) as caught:
            getattr(library, name)(source, *{"full_like": (1,), "randint_like": (3,)}.get(name, ()))
        return caught.value

    assert str(refused(torch)).split("err == 0. ")[-1] in [violation.words for violation in violations_of(refused(refimpl))]


def test_an_output_that_would_be_resized_shares_memory_in_part():
    def refused(library):
        memory, nothing = library.zeros(1, dtype=library.bool), library.zeros(0, dtype=library.bool)
        with pytest.raises(RuntimeError) as caught, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it is resized
            library.addmv(memory[0], nothing.view(0, 2).t(), nothing, out=memory[0])
        return caught.value

    assert str(refused(torch)) in [violation.words for violation in violations_of(refused(refimpl))]


def test_conjugate_and_negative_views_that_cannot_be_read_as_another_dtype():
    def refused(library, call):
        with pytest.raises(RuntimeError) as caught:
            call(library.ones(2, dtype=library.complex64), library)
        return str(caught.value)

    for call in (
        lambda x, library: library.view_as_real(x.conj()),
        lambda x, library: x.conj().view(library.float32),
        lambda x, library: x.conj().imag.view(library.int32),
    ):
        assert refused(refimpl, call) == refused(torch, call)


def test_the_cache_holds_one_operation():
    lone_violations(entry("narrow"), 1)
    lone_violations(entry("select"), 1)
    lone_violations(entry("select"), 2)
    assert list(violations._found) == [("select", 1), ("select", 2)]
