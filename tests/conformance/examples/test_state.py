"""State beyond a call: what a backend keeps from one call to the next, and what surrounds a call, is seen by the judge."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from conformance.accuracy.number_formats import encode
from conformance.backends import find_backend
from conformance.cases.case import LEAF, NUMBERS, SEQUENCE, SURROUNDINGS, Case, TensorSpec, contiguous_strides, element_offsets
from conformance.cases.companions import comparable, rearranged, with_equal_numbers, with_other_arguments
from conformance.catalogue.entries import entry
from conformance.execution.outcomes import cotangent, execute
from conformance.judging.judge import Judge
from conformance.judging.state import ADDED_UP, AGAIN, KEPT, REMEMBERED, SAVED, SHARED
from conformance.judging.statistics import Statistics
from conformance.selftest.broken import Broken, Defect

X = [1.5, -2.0, 0.25, 3.0]


def case(operation, form="function", others=(), dtype="float32", requires_grad=False, **options):
    spec = TensorSpec(0, dtype, (4,), (1,), 0, requires_grad)
    return Case(operation, form, (encode(X, dtype),), (spec, *others), **options)


def judged(tamper, judged_case, **options):
    operation = judged_case.operation
    backend = Broken(Defect(f"broken: {operation}", "values", (operation,), tamper, **options))
    row = entry(operation)
    return [(d.property, d.rule) for d in Judge(backend, row.operation, row.contract, Statistics(operation, backend.name)).check(judged_case)]


def test_a_workspace_that_two_results_share_is_seen():
    def tamper(call, context):
        result = call()
        kept = context.memory.setdefault("workspace", result)
        return kept if kept is result else torch.empty(0).set_(kept.copy_(result))

    assert judged(tamper, case("neg", labels=frozenset({SEQUENCE}))) == [("aliasing", KEPT)]
    assert judged(tamper, case("neg")) == []


def test_results_that_share_memory_without_being_overwritten_are_seen():
    def tamper(call, context):
        block = context.memory.setdefault("block", torch.zeros(64))
        context.memory["used"] = context.memory.get("used", 0) + 1
        return block[4 * context.memory["used"] :][:4].copy_(call())

    found = judged(tamper, case("neg", labels=frozenset({SEQUENCE})))
    assert ("aliasing", SHARED) in found


@pytest.mark.parametrize("operation", ["exp", "logical_not"])
def test_a_result_that_is_remembered_for_another_element_is_seen(operation):
    def remembered(call, context):
        return call().copy_(context.memory.setdefault("result", call().clone()))

    one = Case(operation, "function", (encode([2], "uint8"),), (TensorSpec(0, "uint8", (), (), 0),), labels=frozenset({SEQUENCE}))
    assert judged(remembered, one) == ([("determinism", REMEMBERED)] if operation == "exp" else [])  # 2 and 3 are both true


def test_a_result_that_is_right_for_both_calls_was_not_remembered():
    """The least singular value of two singular matrices: torch has 0 for one and a rounding error for the other."""
    numbers = encode([0.2507668733596802, 0.0, 0.759829044342041, 0.0], "float32")
    made = Case("linalg.cond", "function", (numbers,), (TensorSpec(0, "float32", (2, 2), (1, 2), 0), -2), labels=frozenset({SEQUENCE}))
    row = entry("linalg.cond")
    assert not Judge(find_backend("refimpl:cpu"), row.operation, row.contract, Statistics("linalg.cond", "refimpl:cpu")).check(made)


def test_an_element_that_differs_from_the_second_one_is_followed_by_one_that_is_equal():
    specs = [TensorSpec(number, "uint8", (), (), 0) for number in range(2)]
    made = Case("eq", "function", (encode([2], "uint8"), encode([7], "uint8")), tuple(specs))
    assert rearranged(made).buffers == (encode([7], "uint8"),) * 2
    assert rearranged(replace(made, buffers=(encode([7], "uint8"),) * 2)).buffers == (encode([6], "uint8"), encode([7], "uint8"))


def test_an_argument_that_is_that_of_the_call_before_is_seen():
    def latest(call, context):
        context.memory["latest"], before = context.args[1], context.memory.get("latest", context.args[1])
        context.args = (context.args[0], before)
        return call()

    assert judged(latest, case("mul", others=(3.0,), labels=frozenset({SEQUENCE}))) == [("determinism", AGAIN)]
    assert judged(latest, case("mul", others=(3.0,))) == []


def test_a_write_that_is_not_counted_is_seen():
    def tamper(call, context):
        with torch.autograd._unsafe_preserve_version_counter((context.args[0],)):
            return call()

    assert judged(tamper, case("neg", "inplace", labels=frozenset({SEQUENCE}))) == [("gradients", SAVED)]


def test_a_gradient_that_replaces_the_one_before_is_seen():
    class Replacing(Broken):
        def call(self, operation, form, args, kwargs):
            if (operation, form) == ("grad", "attribute"):
                return args[0].grad / 2
            return super().call(operation, form, args, kwargs)

    backend = Replacing(Defect("nothing: exp", "values", ("exp",)))
    row = entry("exp")
    found = Judge(backend, row.operation, row.contract, Statistics("exp", backend.name)).check(
        case("exp", dtype="float64", requires_grad=True, grad=1, labels=frozenset({SEQUENCE}))
    )
    assert [(d.property, d.rule) for d in found] == [("gradients", ADDED_UP)]


@pytest.mark.parametrize("surroundings", SURROUNDINGS)
@pytest.mark.parametrize("backend", ["torch:cpu", "refimpl:cpu"])
def test_what_surrounds_a_call_is_put_back(backend, surroundings):
    found = find_backend(backend)
    before = found.global_state()
    for operation, others in (("ones_like", ()), ("matmul", ("x",))):
        execute(found, replace(case(operation, others=others), surroundings=surroundings))
        assert found.global_state() == before


def test_a_call_in_surroundings_has_their_result():
    oracle = find_backend("torch:cpu")
    made = Case("ones", "function", (), (2,))
    assert execute(oracle, replace(made, surroundings="default dtype float64")).outputs[0].reading.dtype == "float64"
    grad = case("exp", requires_grad=True, grad=1)
    assert execute(oracle, grad).outputs[0].requires_grad
    for surroundings in ("no_grad", "inference_mode"):
        assert not execute(oracle, replace(grad, surroundings=surroundings)).outputs[0].requires_grad
    assert "leaf" in execute(oracle, replace(case("exp", "inplace", requires_grad=True, grad=1), surroundings=LEAF)).error[1]


def test_a_call_that_changes_the_global_state_is_seen_and_undone():
    def tamper(call, context):
        torch.set_default_dtype(torch.float64)
        return call()

    assert judged(tamper, case("neg")) == [("purity", "the global state afterwards")]
    assert torch.get_default_dtype() == torch.float32


@pytest.mark.parametrize("dtype", ["float32", "complex128", "bfloat16"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 4), (0, 2)])
def test_a_strided_cotangent_holds_what_the_dense_one_holds(dtype, shape):
    oracle = find_backend("torch:cpu")

    def elements(layout):
        data, spec = cotangent(dtype, shape, 2, None, layout)
        return oracle.read(oracle.make_tensor(oracle.make_storage(data), spec)), spec

    (dense, spec), (strided, other), (expanded, third) = (elements(layout) for layout in ("dense", "strided", "expanded"))
    assert dense.data == strided.data and spec.strides == contiguous_strides(shape)
    assert not shape or 0 in shape or other.strides != spec.strides and other.offset
    assert set(third.strides) <= {0} and expanded.shape == shape


def test_a_number_that_is_taken_for_that_of_the_first_call_is_seen():
    def tamper(call, context):
        context.args = (context.args[0], context.memory.setdefault("number", context.args[1]))
        return call()

    made = replace(case("mul", others=(2,)), labels=frozenset((SEQUENCE, NUMBERS, "scalar operand")))
    assert judged(tamper, made)
    assert not judged(lambda call, context: call(), made)


def test_companions_keep_layouts_and_indices_and_change_something():
    spec = TensorSpec(0, "int64", (2, 2), (1, 3), 1)
    made = Case("take", "function", (encode([9, 0, 1, 9, 2, 3, 9], "int64"),), (spec,), {"flag": True, "alpha": 0.0})
    other = rearranged(made)
    numbers = [int.from_bytes(other.buffers[0][8 * i : 8 * i + 8], "little") for i in range(7)]
    assert numbers == [9, 1, 2, 9, 3, 0, 9] and other.args == made.args
    assert sorted(element_offsets(spec.shape, spec.strides, spec.offset)) == [1, 2, 4, 5]
    assert repr(with_other_arguments(made).kwargs) == "{'flag': False, 'alpha': -0.0}"
    assert with_other_arguments(case("neg")) is None


def test_numbers_that_are_equal_and_of_another_type():
    made = replace(case("neg"), args=(*case("neg").args, 2), kwargs={"alpha": 3.0}, labels=frozenset(("scalar operand", NUMBERS)))
    assert repr((with_equal_numbers(made).args[1:], with_equal_numbers(made).kwargs)) == "((2.0,), {'alpha': 3})"
    assert with_equal_numbers(replace(made, labels=frozenset())) is None and with_equal_numbers(replace(made, args=(), kwargs={})) is None
    assert comparable(made, with_equal_numbers(made)) and not comparable(replace(made, labels=frozenset((NUMBERS,))), with_equal_numbers(made))
