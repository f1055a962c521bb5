"""Relations between the tensors of a call: that they hold in what is drawn, and that defects are caught which show nowhere else."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from conformance.accuracy.number_formats import encode
from conformance.backends import find_backend
from conformance.cases.case import Case, TensorSpec, elements, leaves_of
from conformance.catalogue.entries import entry, named_arguments
from conformance.drawing.choices import RandomChoices
from conformance.examples.applicable_relations import EACH_KIND, forced_relations, relations_of
from conformance.examples.building import build
from conformance.examples.profiles import PROFILES
from conformance.examples.relations import RELATIONS
from conformance.execution.outcomes import execute
from conformance.explaining.scripts import script
from conformance.judging.single_case import judge_case
from conformance.running.operation_run import judge_operation
from conformance.selftest.broken import Broken, Defect

TORCH = find_backend("torch:cpu")


def drawn(operation: str, relation: str, number: int = 0) -> Case:
    e = entry(operation)
    dtype = relations_of(e).get(relation, ("float32",))[0]
    return build(RandomChoices(f"{relation} {number}"), e.operation, dtype, e.forms, e.names, RELATIONS[relation].grad, relation)


def test_every_relation_applies_to_an_addition_or_a_bound():
    found = set(relations_of(entry("add"))) | set(relations_of(entry("clamp_max")))  # of integers, whose factors are no NaN
    assert found == {name for name, relation in RELATIONS.items() if not relation.unless} - {"a leaf for what is none"}


@pytest.mark.parametrize("relation", [name for name in RELATIONS if name != "a leaf for what is none"])
def test_a_forced_relation_is_drawn(relation):
    assert any(relation in drawn("add", relation, number).labels for number in range(2))


@pytest.mark.parametrize("operation, relation", [("neg", "one object twice"), ("neg", "target is an operand"), ("eq", "one leaf twice")])
def test_a_relation_that_cannot_hold_is_not_asked_for(operation, relation):
    assert relation not in relations_of(entry(operation))


@pytest.mark.parametrize("operation", ["segment_reduce", "linalg.ldl_solve", "gather"])
def test_operands_that_a_row_draws_contiguous_are_strided_too(operation):
    for number in range(4):
        case = drawn(operation, "later operands strided", number)
        assert execute(TORCH, case).error is None
        later = [spec for spec in case.tensors()[1:] if max(spec.shape, default=0) > 1]
        assert later and all(0 not in spec.strides and min(spec.strides) > 1 for spec in later)


def test_operands_of_other_shapes_begin_at_one_place_of_one_storage():
    for number in range(4):
        case = drawn("nn.functional.grid_sample", "one storage twice", number)
        first, second = case.tensors()
        assert (first.buffer, first.offset) == (second.buffer, second.offset)
        assert execute(TORCH, case).error is None


@pytest.mark.parametrize(
    "operation, kinds", [("bitwise_left_shift", {"integers", "bool"}), ("add", {"floats", "integers", "bool", "complex numbers"})]
)
def test_an_out_of_another_size_is_drawn_in_each_kind_of_dtype(operation, kinds):
    prefix = "out of another size, of "
    plans = forced_relations(entry(operation), 7, later=EACH_KIND)
    assert {name for *_, name in plans} == {prefix + kind for kind in kinds}
    for dtype, _, _, name in plans:
        e = entry(operation)
        case = build(RandomChoices(f"{name} 0"), e.operation, dtype, e.forms, e.names, 0, name)
        outcome = execute(TORCH, case)
        assert case.form == "out" and outcome.error is None
        assert outcome.outputs[0].reading.shape != case.kwargs["out"].shape


def test_a_target_of_classes_is_broadcast_and_a_leaf_of_channels_is_square():
    broadcast = [drawn("multilabel_soft_margin_loss", "a later operand broadcast", number) for number in range(6)]
    assert any(execute(TORCH, case).error is None and 1 in case.tensors()[1].shape[1:] for case in broadcast)
    for number in range(4):
        case = drawn("instance_norm", "a square leaf by columns", number)
        assert any(s.requires_grad and s.shape[-1] == s.shape[-2] and s.strides[-1] > s.strides[-2] for s in case.tensors() if len(s.shape) > 1)


@pytest.mark.parametrize("operation, relation, holds", [
    ("linalg.pinv", "a number that is NaN", lambda number: number != number),
    ("clamp_max", "a number that is NaN beside integers", lambda number: number != number),
    ("hardshrink", "a number that is an element of a leaf", lambda number: number != 0.5),
    ("layer_norm", "a number that is zero", lambda number: number == 0),
])  # fmt: skip
def test_numbers_are_what_no_row_draws(operation, relation, holds):
    for number in range(3):
        case = drawn(operation, relation, number)
        numbers = [value for value in (*case.args, *case.kwargs.values()) if type(value) in (int, float)]
        assert execute(TORCH, case).error is None and any(map(holds, numbers))


def test_a_number_is_the_size_of_a_dimension_or_beside_it():
    case = drawn("std_mean", "a number beside a size")
    sizes = {size for spec in case.tensors() for size in (*spec.shape, spec.numel)}
    numbers = [value for value in (*case.args, *case.kwargs.values()) if type(value) in (int, float)]
    assert any(abs(abs(number) - size) <= 1 for number in numbers for size in sizes)


@pytest.mark.parametrize("operation, name", [("var", "correction"), ("kthvalue", "k"), ("roll", "shifts")])
def test_a_number_is_how_many_elements_there_are_along_the_dimensions(operation, name):
    for number in range(4):
        case = drawn(operation, "a number that is a size", number)
        shape, given = case.tensors()[0].shape, named_arguments(case)
        along = given.get("dim", given.get("dims"))
        sizes = shape if along in (None, ()) else [shape[dim] for dim in (along if type(along) is tuple else (along,))]
        assert given[name] in (math.prod(sizes), sizes[-1]) or set(sizes) <= {*given[name]}


@pytest.mark.parametrize("relation", ["elements of another operand", "elements of another leaf"])
def test_operands_of_other_memory_have_the_same_elements(relation):
    for number in range(3):
        case = drawn("linalg.solve_triangular", relation, number)
        first, second = (elements(case, spec) for spec in case.tensors()[:2])
        assert case.tensors()[0].buffer != case.tensors()[1].buffer and second == (first * len(second))[: len(second)]


def test_what_is_written_to_a_place_has_leading_dimensions_of_size_1():
    case = drawn("__setitem__", "leading dimensions of size 1")
    assert execute(TORCH, case).error is None and any(spec.shape[:2] == (1, 1) for spec in case.tensors()[1:])


def test_a_leaf_is_the_target_of_a_loss_as_well():
    cases = [drawn("cross_entropy", "a leaf for what is none", number) for number in range(6)]
    assert any(case.args[0] == case.args[1] and case.joined == "object" and execute(TORCH, case).error is None for case in cases)


def test_one_object_is_one_object_and_one_leaf():
    spec = TensorSpec(0, "float32", (2,), (1,), 0, True)
    case = Case("mul", "function", (encode([2.0, 3.0], "float32"),), (spec, spec), grad=1)
    apart, joined = execute(TORCH, case), execute(TORCH, replace(case, joined="object"))
    assert len(apart.first.values) == 2 and len(leaves_of(case)) == 2
    assert len(joined.first.values) == 1 and len(leaves_of(replace(case, joined="object"))) == 1


@pytest.mark.parametrize("relation", [name for name, relation in RELATIONS.items() if relation.grad and name != "a leaf for what is none"])
def test_scripts_make_the_same_leaves(relation, capsys):
    cases = [c for c in (drawn("mul", relation, n) for n in range(20)) if not judge_case(c, "refimpl:cpu")]
    codes = []
    for case in cases:
        with pytest.raises(SystemExit) as ended:
            exec(compile(script(case, "refimpl:cpu", "gradients"), relation, "exec"), {})
        codes.append(ended.value.code)
    assert 0 in codes, capsys.readouterr().out  # others may be off in the last bit, or NaN


def cleared_output(call, context):
    out = context.kwargs.get("out")
    if isinstance(out, torch.Tensor) and not out.requires_grad and out.numel():
        out.zero_()
    return call()


def target_written_as_a_block(call, context):
    """In place the memory from the target's first element to its last is written, gaps included."""
    x = context.args[0]
    every_other = [2 * stride for stride in torch.empty(x.shape, device="meta").stride()]
    step = context.form == "inplace" and x.numel() > 1 and not x.requires_grad and list(x.stride()) == every_other
    kept = x.as_strided((2 * x.numel() - 1,), (1,)).clone() if step else None
    result = call()
    if kept is not None:
        x.as_strided((x.numel() - 1,), (2,), x.storage_offset() + 1).fill_(0)
    return result


def own_stride(call, context):
    """A tensor of which one dimension has a single element is read as if that dimension were contiguous."""
    args = list(context.args)
    for place, x in enumerate(args):
        if isinstance(x, torch.Tensor) and not x.requires_grad and x.numel() > 1:
            dense = torch.empty(x.shape, device="meta").stride()
            if any(size == 1 and stride not in (0, 1, due) for size, stride, due in zip(x.shape, x.stride(), dense, strict=True)):
                args[place] = x.clone().roll(1)
    context.args = tuple(args)
    return call()


def only_once(found, order):
    """The gradient of what is handed over twice is that of one place."""
    return [g / 2 if g is not None and len(found) == 1 else g for g in found]


def in_the_first_dtype(found, order):
    first = next((g.dtype for g in found if g is not None), None)
    return [g if g is None or g.is_complex() else g.to(first) for g in found]


DEFECTS = {
    "an output is cleared before its inputs are read": Defect("cleared", "values", ("add", "clamp", "cumsum", "sin"), cleared_output),
    "gaps of a target are written": Defect("block", "purity", ("add", "mul", "atan2"), target_written_as_a_block),
    "the stride of a dimension of one element is believed": Defect("stride", "values", ("add", "mul", "exp"), own_stride),
    "a leaf that is handed over twice gets one gradient": Defect("once", "gradients", ("add", "mul", "cat"), gradients=only_once),
    "gradients come in the first leaf's dtype": Defect("dtype", "gradients", ("add", "mul", "where"), gradients=in_the_first_dtype),
}


@pytest.mark.parametrize("name", DEFECTS)
@pytest.mark.parametrize("seed", [11, 12])
def test_a_defect_that_shows_only_in_a_relation_is_caught(name, seed):
    defect = DEFECTS[name]
    operation = defect.operations[seed % len(defect.operations)]
    backend = Broken(defect)
    result = judge_operation(entry(operation), backend.name, PROFILES["quick"], seed, stop_early=True, backend=backend, shrink=False)
    backend.confirm()
    assert any(failure["property"] == defect.property for failure in result["failures"]), operation
