"""The strategies: every documented operation has them, they draw what they promise, and what they draw torch can run."""

from __future__ import annotations

import pytest

from conformance.accuracy.number_formats import decode
from conformance.backends import find_backend
from conformance.cases.case import FLOAT8, ITEMSIZE, element_offsets, elements
from conformance.catalogue import TABLE
from conformance.catalogue.entries import entry, registry, undocumented_in_table
from conformance.catalogue.indexing.subscripts_and_gathers import ONE_EACH
from conformance.catalogue.public_names import not_judged
from conformance.drawing.choices import RandomChoices
from conformance.drawing.pen import INVALID, WIDER
from conformance.drawing.values import VALUE_CLASSES, poison, table, value_labels
from conformance.examples.arranged import (
    beside_zero_dims,
    forced_arrangements,
    further_arrangements,
    of_neighbours,
    of_one_number,
    of_ties,
    options_of_few_arguments,
    returned_pairs,
    simplest_complex,
)
from conformance.examples.building import build
from conformance.examples.critical import is_forced
from conformance.examples.input_classes import CLASSES, applies, forced, forced_in_each_dtype
from conformance.examples.lone import forced_lone_values, lone_values_with_options
from conformance.examples.meetings.pairs import forced_pairs
from conformance.examples.profiles import PROFILES
from conformance.examples.relations import RELATIONS
from conformance.execution.outcomes import execute
from conformance.explaining.scripts import script
from conformance.running.plans import plans

SAMPLE = ("add", "exp", "clamp", "where", "sum", "matmul", "cat", "__getitem__", "index_put_", "view", "sort", "cross_entropy", "randn")


def draw(name: str, count: int, dtype: str | None = None, grad: int = 0, force: str | None = None, base: int = 11) -> list:
    e = entry(name)
    chosen = dtype or ("float32" if "float32" in e.operation.dtypes else e.operation.dtypes[0])

    return [build(RandomChoices(f"{base} {number}"), e.operation, chosen, e.forms, e.names, grad, force) for number in range(count)]


def test_every_documented_operation_has_strategies():
    left_to_tests = {name.rpartition(".")[2] for name in not_judged()}
    assert [name for name in undocumented_in_table() if name not in left_to_tests] == []


def test_every_operation_of_the_table_can_be_drawn_run_and_printed():
    torch = find_backend("torch:cpu")
    for name in TABLE:
        for case in draw(name, 2):
            execute(torch, case)
            compile(script(case, "refimpl:cpu"), name, "exec")


def test_views_lie_inside_of_their_buffers():
    for name in SAMPLE:
        for case in draw(name, 20):
            for spec in case.tensors():
                offsets = element_offsets(spec.shape, spec.strides, spec.offset)
                if spec.numel:
                    assert (max(offsets) + 1) * ITEMSIZE[spec.dtype] <= len(case.buffers[spec.buffer])


@pytest.mark.parametrize("name", SAMPLE)
def test_each_class_that_applies_comes_up_when_it_is_forced(name):
    for wanted in CLASSES:
        if not applies(TABLE[name], wanted):
            continue
        assert any(wanted in case.labels for case in draw(name, 30, force=wanted)), wanted


@pytest.mark.parametrize("name", ["exp", "mm", "arange", "view_as_complex", "sort", "scatter", "addmm"])
def test_no_class_that_is_said_not_to_apply_can_be_drawn(name):
    for impossible in (each for each in CLASSES if not applies(TABLE[name], each)):
        assert not any(impossible in case.labels for case in draw(name, 60, force=impossible)), impossible


def test_which_classes_apply_follows_from_what_a_row_draws():
    def impossible(name):
        return {each for each in CLASSES if not applies(TABLE[name], each)}

    assert impossible("add") == set()
    assert impossible("exp") == {"broadcast", "scalar operand"}
    assert impossible("maximum") == {"scalar operand"}
    assert impossible("mm") == {"0-d", "broadcast", "scalar operand"}
    assert applies(TABLE["add"], WIDER) and not applies(TABLE["exp"], WIDER)


@pytest.mark.parametrize("dtype", sorted(ITEMSIZE))
def test_value_tables_hold_the_special_values(dtype):
    labels = value_labels(list(table(dtype, "special", 0)), dtype)
    if dtype == "bool":
        assert labels == set()
    elif dtype in ("float16", "bfloat16", "float32", "float64", "complex32", "complex64", "complex128"):
        assert labels == set(VALUE_CLASSES)
    elif dtype in FLOAT8:  # of which most have no infinities, and those whose NaN is what would be -0 no negative zero
        missing = {*["inf"] * (dtype != "float8_e5m2"), *["negative zero"] * dtype.endswith("fnuz")}
        assert labels == set(VALUE_CLASSES) - missing
    else:
        assert labels == {"extreme"}
    assert len(poison(dtype)) == ITEMSIZE[dtype]


def test_gaps_are_poisoned():
    for case in draw("exp", 60):
        spec = case.tensors()[0]
        size = ITEMSIZE[spec.dtype]
        used = set(element_offsets(spec.shape, spec.strides, spec.offset))
        data = case.buffers[spec.buffer]
        gaps = [i for i in range(len(data) // size) if i not in used]
        assert all(data[i * size : (i + 1) * size] == poison(spec.dtype) for i in gaps)


# Operations of many keyword arguments.
RICH_IN_KEYWORDS = (
    "sum", "norm", "allclose", "topk", "repeat_interleave", "gather", "scatter", "index_add", "slice_scatter", "diagonal_scatter", "to", "half",
    "set_", "resize_", "empty", "zeros_like", "asarray", "arange", "tril_indices", "randint", "rand_like", "normal", "var",
)  # fmt: skip


@pytest.mark.parametrize("name", RICH_IN_KEYWORDS)
def test_every_parameter_of_an_operation_is_drawn(name):
    documented = registry()[name]
    drawn = set()
    for base in range(4):
        for case in draw(name, 200, base=base):
            drawn |= set(documented.positional[: len(case.args)]) | set(case.kwargs)
    assert set(documented.parameters) - drawn == set()


def test_some_arguments_are_handed_over_by_name():
    cases = draw("index_select", 40)
    assert any("index" in case.kwargs for case in cases)
    assert any(len(case.args) == 3 for case in cases)


def test_each_dtype_has_classes_forced_and_the_classes_take_turns():
    for name in SAMPLE:
        row = entry(name)
        taken = [shares for _, shares in forced(row, 7)]
        assert len(taken) == len(row.operation.dtypes)
        assert all(0 < sum(shares.values()) < 7 for shares in taken)
        assert len({tuple(shares) for shares in taken}) >= min(5, len(taken))
        assert all(applies(row.operation, layout) for shares in taken for layout in shares if layout not in VALUE_CLASSES)


def test_each_dtype_gets_the_examples_of_the_profile_and_the_first_some_more():
    quick = PROFILES["quick"]
    for name in ("add", "mm"):
        dtypes = entry(name).operation.dtypes
        drawn = [plan for plan in plans(entry(name), quick, None) if plan.dtype in dtypes and not plan.grad and not is_forced(plan.force)]
        examples = sum(plan.examples for plan in drawn if plan.force != WIDER and plan.force not in RELATIONS)
        arranged = (forced_arrangements, beside_zero_dims, further_arrangements, forced_lone_values, returned_pairs, forced_in_each_dtype,
                    lone_values_with_options, forced_pairs, of_one_number, of_neighbours, options_of_few_arguments,
                    of_ties, simplest_complex)  # fmt: skip
        examples -= sum(count for found in arranged for _, order, count, force in found(entry(name)) if not order and force not in RELATIONS)
        in_place = quick.per_dtype // 2 if "inplace" in entry(name).forms else 0
        beyond = 2 * applies(entry(name).operation, "0-d") + 1 + (name == "mm")  # of no dimensions, and integers of more than 32 bits
        refused = sum(INVALID not in shares for _, shares in forced(entry(name), quick.per_dtype))  # calls that come with the constraints
        others = [quick.per_dtype - sum(shares.values()) - 1 - (INVALID not in shares) for _, shares in forced(entry(name), quick.per_dtype)]
        fewer = sum(count > 2 for count in others)  # of several draws each is the one with the most news
        beyond += 1 + len(dtypes)  # another default dtype, and what each dtype has not met
        assert examples == quick.per_dtype * len(dtypes) - refused - fewer + 3 * quick.per_dtype // 7 + in_place + beyond


def test_what_out_held_before_counts_for_no_input_class():
    seen = [case for case in draw("zeros", 80) if case.form == "out"]
    assert seen
    assert not any(case.labels & {"nan", "permuted", "sliced", "negative zero"} for case in seen)


def test_a_result_that_is_to_require_grad_is_asked_whether_it_does():
    cases = draw("ones", 80)
    assert any(case.kwargs.get("requires_grad") for case in cases)
    assert all(case.grad == int(bool(case.kwargs.get("requires_grad"))) for case in cases)


def test_invalid_cases_mostly_raise():
    torch = find_backend("torch:cpu")
    for name in ("neg", "isfinite", "detach", "cumsum"):
        outcomes = [execute(torch, case) for case in draw(name, 24, force=INVALID) if INVALID in case.labels]
        assert sum(outcome.error is not None for outcome in outcomes) > len(outcomes) / 2, name


def test_a_shift_goes_around_more_than_once():
    for name in entry("roll").operation.classes:
        for case in draw("roll", 6, force=name):
            size = case.args[0].shape[case.args[2]] if len(case.args) > 2 else case.args[0].numel
            assert name in case.labels and abs(case.args[1]) > size and case.args[1] % size


@pytest.mark.parametrize("name", ["gather", "scatter", "scatter_add", "scatter_reduce", "take_along_dim"])
def test_each_line_has_an_index_of_its_own(name):
    for case in draw(name, 4, force=ONE_EACH):
        index = [spec for spec in case.tensors() if spec.dtype in ("int64", "int32")][0]
        numbers = decode(b"".join(elements(case, index)), index.dtype)
        assert ONE_EACH in case.labels and index.shape == (4, 1) and all(a != b for a, b in zip(numbers, numbers[1:]))


def test_a_quantile_lies_halfway_between_two_places():
    even, odd, both = entry("quantile").operation.classes_of_each_dtype
    for force, fraction in ((even, 0.25), (odd, 0.75)):
        case = draw("quantile", 1, force=force)[0]
        assert case.args[0].shape == (3,) and [case.args[1], *case.kwargs.values()][:2] == [fraction, "nearest"]
    case = draw("quantile", 1, force=both)[0]
    assert decode(case.buffers[case.args[1].buffer], "float32") == (0.25, 0.75)
