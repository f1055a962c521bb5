"""Values of arguments that rows choose from, each beside special values, and reductions of a whole tensor."""

from __future__ import annotations

import math

import pytest

from conformance.accuracy.number_formats import decode
from conformance.cases.case import Case, TensorSpec, elements
from conformance.catalogue.entries import entry
from conformance.drawing.arrangements import FEWEST
from conformance.drawing.choices import RandomChoices
from conformance.drawing.critical_pen import whole_rows
from conformance.drawing.critical_points import CRITICAL
from conformance.drawing.options import split, with_option
from conformance.drawing.pen import PLAIN
from conformance.examples.arranged import options_of_few_arguments
from conformance.examples.building import build
from conformance.examples.constraints import shared
from conformance.examples.critical import further_variants, options
from conformance.examples.lone import lone_values_with_options
from conformance.examples.violations import BRIEF, search


def _built(name: str, force: str, grad: int = 0, seed: int = 0) -> Case:
    row = entry(name)
    forms = tuple(form for form in row.forms if not (grad and form == "out"))
    return build(RandomChoices(f"{seed}"), row.operation, "float32", forms, row.names, grad, force)


def _numbers(case: Case, spec: TensorSpec) -> tuple[float, ...]:
    return decode(b"".join(elements(case, spec)), spec.dtype)


def test_orders_of_norms_and_flags_are_options_and_dimensions_are_not() -> None:
    found = options(entry("linalg.vector_norm").operation)
    assert {math.inf, -math.inf, 0, 0.5} < {option.value for option in found if not option.name}
    assert [option.name for option in found if option.name] == ["keepdim"]
    assert not any(isinstance(option.value, int) for option in options(entry("sum").operation) if not option.name)


def test_numbers_among_which_a_row_has_no_0_are_0_as_well() -> None:
    assert 0.0 in [option.value for option in options(entry("nn.functional.celu").operation)]
    assert 0.0 not in [option.value for option in options(entry("quantile").operation) if option.among and 0.5 not in option.among]


@pytest.mark.parametrize("seed", range(3))
def test_each_option_meets_the_critical_points(seed: int) -> None:
    found = options(entry("hardshrink").operation)
    for number, option in enumerate(found):
        case = _built("hardshrink", f"critical option {number}", seed=seed)
        assert option.value in [*case.args[1:], *case.kwargs.values()]
        assert any(math.isnan(x) for x in _numbers(case, case.tensors()[0]))


def test_where_a_call_has_one_result_each_option_meets_a_lone_nan_and_a_lone_infinity() -> None:
    row = entry("dist")
    planned = list(lone_values_with_options(row))
    assert len(planned) == 2 * len(options(row.operation))
    for _, _, _, force in planned:
        plain, number = split(force)
        assert number is not None and plain is not None
        case = _built("dist", force)
        seen = [x for spec in case.tensors()[:2] for x in _numbers(case, spec)]
        assert any(map(math.isnan if "NaN" in plain else math.isinf, seen))
        assert options(row.operation)[number].value in [*case.args, *case.kwargs.values()]
    assert split(with_option("a lone NaN in operand 0", 12)) == ("a lone NaN in operand 0", 12) and split("square") == ("square", None)


def test_two_arguments_that_are_chosen_among_the_same_values_are_two_options() -> None:
    found = [option for option in options(entry("addmm").operation) if option.value == 0 and not option.name]
    assert {option.keyword for option in found} == {"alpha", "beta"}
    zero = next(option for option in found if option.keyword == "beta")
    assert zero.taken((), {"beta": 0}) and not zero.taken((), {"alpha": 0})


@pytest.mark.parametrize("name", ["mean", "std_mean", "linalg.vector_norm"])
def test_a_tensor_is_reduced_as_a_whole(name: str) -> None:
    variants = [each for each in further_variants(entry(name).operation, "float32") if each.whole is not None and each.option is None]
    assert len(variants) == len(whole_rows("float32"))
    for variant in variants:
        case = _built(name, variant.force)
        assert case.args[0].shape == (5,) and "dim" not in case.kwargs and case.form not in ("out", "inplace")


def test_what_always_has_a_dimension_is_not_reduced_as_a_whole() -> None:
    assert not any(each.whole is not None for each in further_variants(entry("cumsum").operation, "float32"))


def test_an_operation_violates_what_a_page_demands_that_another_one_exercises() -> None:
    row = entry("conv_transpose1d")
    wanted = [demand for demand in shared(row) if demand.words.startswith("output padding must be smaller")]
    assert len(wanted) == 1 and any(search(row, wanted, seed, BRIEF) for seed in range(4))
    assert not any("Stride calculation" in demand.words for demand in shared(row))


def test_each_value_of_a_flag_is_an_option() -> None:
    flags = [(option.name, option.value) for option in options(entry("sort").operation) if option.name]
    assert flags == [("descending", False), ("descending", True), ("stable", False), ("stable", True)]
    forces = {variant.force for variant in further_variants(entry("sort").operation, "int8")}
    assert {f"{CRITICAL} option {number}" for number in range(4)} <= forces


@pytest.mark.parametrize("name", ["fft.rfft2", "quantile", "sort"])
def test_each_option_is_drawn_in_a_call_of_few_arguments(name: str) -> None:
    row = entry(name)
    needed = 2 if name == "quantile" else 1
    named = [option for option in options(row.operation) if option.value is True or isinstance(option.value, str)]
    for option, (dtype, grad, count, force) in zip(named, options_of_few_arguments(row), strict=True):
        case = _built(name, force)
        assert (dtype, grad, count) == ("float32", 0, 1) and option.taken(case.args, case.kwargs) and case.form not in ("out", "inplace")
        assert len(case.args) + len(case.kwargs) <= needed + 1


@pytest.mark.parametrize("name, dtypes", [("sum", {"int8", "int64"}), ("linalg.vector_norm", {"complex64"}), ("softplus", {"bfloat16"})])
def test_options_meet_the_critical_points_in_dtypes_that_are_taken(name, dtypes) -> None:
    operation = entry(name).operation
    met = {dtype for dtype in operation.dtypes for variant in further_variants(operation, dtype) if variant.option is not None}
    assert met == dtypes | {"float32"}


def test_a_flag_that_is_set_meets_later_operands_with_gaps() -> None:
    row = entry("segment_reduce")
    flags = [number for number, option in enumerate(options(row.operation)) if option.value is True]
    for number in flags:
        case = build(RandomChoices("gaps"), row.operation, "float32", row.forms, row.names, 0, with_option(PLAIN + FEWEST, number))
        assert all(min(spec.strides) > 1 for spec in case.tensors()[1:] if max(spec.shape, default=0) > 1)
