"""The bounds of docs/contracts.md: conditions, rounding errors on purpose, and what they must accept and reject."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from conformance.accuracy.contracts import Adding, Factors, accumulated, backward_stable, compare, conditioned, of_many_terms, transformed
from conformance.accuracy.number_formats import FORMATS, decode, encode
from conformance.backends import find_backend
from conformance.cases.case import Case, DType, TensorSpec, contiguous_strides
from conformance.catalogue.entries import entry
from conformance.examples.profiles import PROFILES
from conformance.execution.oracles import reference_backend
from conformance.execution.outcomes import Gradients, execute
from conformance.judging.conditioning import condition
from conformance.judging.gradients import compare_gradients
from conformance.judging.judge import noisy_backend
from conformance.judging.linear_algebra.backward_errors import backward_movement
from conformance.judging.other_elements import absolute_values, growing_factors, shrinking_factors, transformed_scale
from conformance.judging.rounding_noise import Noise
from conformance.judging.single_case import judge_case
from conformance.judging.widening import widen
from conformance.running.operation_run import judge_operation

inf, nan = math.inf, math.nan
REFERENCE = find_backend("refimpl:cpu")


def call(operation, values, dtype="float64", shape=None, strides=None, form="function", args=(), grad=0, **kwargs):
    shape = (len(values),) if shape is None else shape
    spec = TensorSpec(0, dtype, shape, contiguous_strides(shape) if strides is None else strides, 0, grad > 0)
    return Case(operation, form, (encode(values, dtype),), (spec, *args), kwargs, grad=grad)


def two(operation, first, second):
    """A call with two tensors of two equal elements."""
    specs = [TensorSpec(number, "float64", (2,), (1,)) for number in (0, 1)]  # neighbours are moved up and down in turn
    return Case(operation, "function", (encode([first] * 2, "float64"), encode([second] * 2, "float64")), tuple(specs), {})


# -- the condition -----------------------------------------------------------------------------------


def test_condition_of_elementwise_functions_is_x_times_the_derivative():
    # d/dx lgamma = digamma; d/dx logit = 1 / (x (1 - x))
    assert condition(REFERENCE, call("lgamma", [3.0]), 0) == pytest.approx([3.0 * 0.9227843350984671])
    assert condition(REFERENCE, call("logit", [0.25]), 0) == pytest.approx([0.25 / (0.25 * 0.75)], rel=0.01)  # the movement is measured, too


def test_condition_of_softmax_is_the_whole_row_of_the_jacobian():
    x = [0.5, -1.0, 3.0]
    e = [math.exp(v) for v in x]
    y = [v / sum(e) for v in e]
    expected = [sum(abs(x[j] * y[i] * ((i == j) - y[j])) for j in range(3)) for i in range(3)]
    assert condition(REFERENCE, call("softmax", x, args=(0,)), 0) == pytest.approx(expected, rel=0.01)  # the movement is measured, too


def test_poles_of_other_elements_do_not_hide_the_condition_of_an_element():
    found = condition(REFERENCE, call("lgamma", [-1.0, 3.0]), 0)
    assert found[1] == pytest.approx(3.0 * 0.9227843350984671)


@pytest.mark.parametrize(("shape", "strides"), [((4,), (1,)), ((4,), (0,))])
def test_where_the_derivative_says_nothing_the_movement_is_measured(shape, strides):
    """The standard deviation of equal numbers is 0, and 7 u when they move by u in turn."""
    (found,) = condition(REFERENCE, call("std", [7.0] * (4 if strides == (1,) else 1), shape=shape, strides=strides), 0)
    assert 7.0 <= found <= 7.0 * math.sqrt(4 / 3) * 1.001


def test_of_an_operation_without_a_derivative_the_movement_is_measured():
    """J0' = -J1, which refimpl does not record, and four times that to be sure; nothing moves at an extreme."""
    found = condition(REFERENCE, call("special.bessel_j0", [2.0, 0.0]), 0)
    assert found == pytest.approx([4 * 2.0 * 0.5767248077568734, 0.0], rel=1e-3)


def test_parameters_that_are_fixed_have_no_part_in_the_condition():
    """T3(x) = 4 x**3 - 3 x, whatever a degree a little below 3 would give; the shape of the gamma distribution has no derivative."""
    assert condition(REFERENCE, two("special.chebyshev_polynomial_t", 0.5, 3.0), 0, ("n",)) == pytest.approx([0.0] * 2, abs=1e-3)
    assert condition(REFERENCE, two("special.chebyshev_polynomial_t", 0.5, 3.0), 0)[1] > 1e6
    assert condition(REFERENCE, two("igamma", 1.0, 0.5), 0, ("input",)) == pytest.approx([0.5 * math.exp(-0.5)] * 2, rel=1e-2)
    assert condition(REFERENCE, two("igamma", 1.0, 0.5), 0) is None


def test_where_no_larger_number_is_taken_numbers_move_down_alone():
    """A fraction above 1 is refused. The results are between 1 and 3, and 3."""
    x, q = TensorSpec(0, "float64", (3,), (1,)), TensorSpec(1, "float64", (2,), (1,))
    case = Case("quantile", "function", (encode([3.0, -5.0, 1.0], "float64"), encode([0.75, 1.0], "float64")), (x, q), {})
    found = condition(REFERENCE, case, 0)
    assert found == pytest.approx([0.5 * 1.0 + 0.5 * 3.0 + 0.75 * 4.0, 3.0], rel=1e-2)


def test_the_condition_of_integers_is_that_of_the_converted_operand():
    assert condition(REFERENCE, call("lgamma", [3], dtype="int64"), 0) == pytest.approx([3.0 * 0.9227843350984671])


@pytest.mark.parametrize("operation", ["mse_loss", "l1_loss", "huber_loss", "nll_loss"])
def test_a_mean_by_weights_that_cancel_is_as_far_off_as_their_sum(operation):
    generator = random.Random(operation)
    weights = [generator.uniform(-1.0, 1.0) for _ in range(40)]
    weights[-1] -= math.fsum(weights) - 1e-9
    specs = [TensorSpec(0, "float64", (40,), (1,)), TensorSpec(1, "float64", (40,), (1,)), TensorSpec(2, "float64", (40,), (1,))]
    data = [encode([generator.uniform(-9.0, 9.0) for _ in range(40)], "float64"), bytes(320), encode(weights, "float64")]
    if operation == "nll_loss":
        specs[:2] = [replace(specs[0], shape=(40, 40), strides=(0, 1)), replace(specs[1], dtype="int64")]
        data[1] = encode(list(range(40)), "int64")
    case = Case(operation, "function", tuple(data), tuple(specs[:2]), {"weight": specs[2]})
    assert judge_case(case, "refimpl:cpu") == []
    assert entry(operation).operation.cancelling(case) > 1e9


@pytest.mark.parametrize(("operation", "values", "kwargs"), [("digamma", [2.0**-53 - 1.0], {}), ("sum", [3e16, 1.0, -3e16, 1.0], {"dim": (0,)})])
def test_real_results_in_a_complex_output_have_the_bound_of_their_real_parts(operation, values, kwargs):
    """Beside a pole, and of terms that cancel, float64 itself says little of the number that complex64 holds."""
    case = call(operation, values, **kwargs)
    assert judge_case(case, "refimpl:cpu") == []
    shape = () if kwargs else (1,)
    out = TensorSpec(1, "complex64", shape, shape)
    assert judge_case(replace(case, form="out", buffers=(*case.buffers, bytes(8)), kwargs={**kwargs, "out": out}), "refimpl:cpu") == []


def test_the_movement_of_equal_numbers_is_seen_in_rows_of_an_even_length():
    """What moves up and down in turn moves all elements of a column of such rows alike."""
    found = condition(REFERENCE, call("var", [7.0] * 4, shape=(64, 4), strides=(0, 1), args=(0,)), 0)
    assert found is not None and min(found) > 0.0


def test_a_large_result_has_a_condition_too():
    found = condition(REFERENCE, call("softmax", [0.25 * i for i in range(600)], args=(0,)), 0)
    assert found is not None and len(found) == 600 and all(bound > 0.0 for bound in found)


def test_the_worst_case_counts_where_nothing_wider_is_at_hand():
    assert of_many_terms(conditioned(4), 6400, "float64").k == 400 and of_many_terms(conditioned(4), 6400, "float32").k == 40


def test_equations_hold_as_far_as_an_output_of_a_narrower_dtype_can_say():
    spec = TensorSpec(0, "float64", (1, 3), (3, 1))
    for dtype in ("float64", "float32"):
        outs = TensorSpec(1, dtype, (1, 3), (3, 1)), TensorSpec(2, "float64", (1,), (1,))
        buffers = encode([-0.6176479460019265, -0.8905430933517626, -0.43560057910345334], "float64"), encode([0.0] * 3, dtype), bytes(8)
        assert judge_case(Case("geqrf", "out", buffers, (spec,), {"out": outs}), "torch:cpu") == []


# -- the contract --------------------------------------------------------------------------------------


def test_transformed_grows_with_the_logarithm_of_the_length_and_with_what_is_transformed():
    u, right = FORMATS["float32"].unit_roundoff, encode([1e-3 + 0j], "complex64")
    for terms, near, far in ((16, 15.0, 17.0), (256, 31.0, 33.0)):
        for steps, kept in ((near, True), (far, False)):
            assert compare(transformed(4), "complex64", right, encode([complex(1e-3, steps * u)], "complex64"), [1.0, 1.0], terms).ok is kept
    assert not compare(transformed(4), "complex64", right, encode([complex(nan, 0.0)], "complex64"), [1.0, 1.0], 16).ok
    assert compare(transformed(4), "float32", encode([nan], "float32"), encode([2.0], "float32"), [inf], 16).ok  # something is not finite
    assert not compare(transformed(4), "complex64", encode([complex(nan, nan)], "complex64"), encode([2.0 + 1j], "complex64"), [inf, inf], 16).ok


def test_the_scale_of_a_transform_is_the_sum_of_its_own_lane():
    row = entry("fft.fft").operation
    assert transformed_scale(call("fft.fft", [1.0, -2.0, 0.5, 30.0, 0.0, -1.0], shape=(2, 3)), row, 0, 6) == [3.5] * 6 + [31.0] * 6
    row = entry("fft.irfft").operation
    found = transformed_scale(call("fft.irfft", [1.0 + 2.0j, -3.0j], dtype="complex128", shape=(2,)), row, 0, 2)
    assert found == [(3.0 + 3.0) / 2] * 2


def test_conditioned_follows_the_condition_and_rejects_beyond_it():
    u = FORMATS["float32"].unit_roundoff
    right, near, far = encode([1e-3], "float32"), encode([1e-3 + 3 * u], "float32"), encode([1e-3 + 5 * u], "float32")
    assert not compare(conditioned(4), "float32", right, near).ok
    assert compare(conditioned(4), "float32", right, near, [1.0]).ok
    assert compare(conditioned(4, inner=1), "float32", right, near, [0.0]).ok
    assert not compare(conditioned(4), "float32", right, far, [1.0]).ok
    for wrong in (nan, inf, -inf):
        assert not compare(conditioned(4), "float32", right, encode([wrong], "float32"), [1.0]).ok


@pytest.mark.parametrize(
    ("reference", "result", "magnitude", "ok"),
    [
        (nan, 0.0, nan, False),  # NaN among the terms
        (nan, 0.0, inf, False),  # inf - inf
        (nan, inf, inf, False),
        (inf, nan, inf, False),  # an infinite term among finite ones
        (inf, -inf, inf, False),
        (1.0, nan, 4.0, False),
        (1.0, inf, 8e38, True),  # finite partial sums that overflow
        (1.0, nan, 8e38, True),
        (1.0, inf, 4e38, False),  # the positive terms are half of the absolute ones
        (1e38, inf, 6e38, True),
        (1e38, -inf, 6e38, False),
        (1e38, nan, 6e38, False),
        (inf, nan, 4e38, True),
        (inf, -inf, 4e38, True),
        (inf, 1.0, 4e38, False),
    ],
)
def test_accumulated_lets_only_finite_partial_sums_overflow(reference, result, magnitude, ok):
    found = compare(accumulated(1), "float32", encode([reference], "float32"), encode([result], "float32"), [magnitude], 3)
    assert found.ok is ok


def test_products_may_overflow_or_lose_a_subnormal_number_on_the_way_as_far_as_their_factors_allow():
    s = FORMATS["float32"].smallest_subnormal
    zero, one, nothing = encode([0.0], "float32"), encode([1.0], "float32"), encode([nan], "float32")
    assert compare(accumulated(1), "float32", zero, nothing, [0.0], 3, [Factors(1e39)]).ok  # 1e20 * 1e19 * 0
    assert not compare(accumulated(1), "float32", zero, nothing, [0.0], 3, [Factors(1e38)]).ok
    assert compare(accumulated(1), "float32", one, zero, [1.0], 3, [Factors(1 / s)]).ok  # 1e-30 * 1e-30 * 1e60
    assert not compare(accumulated(1), "float32", one, zero, [1.0], 3, [Factors(0.1 / s)]).ok
    assert not compare(accumulated(1), "float32", nothing, zero, [nan], 3, [Factors(1e39)]).ok
    infinite = encode([inf], "float32")
    assert compare(accumulated(1), "float32", infinite, nothing, [inf], 3, [Factors(1.0, 1e46)]).ok  # 1e-23 * 1e-23 * inf
    assert compare(accumulated(1), "float32", infinite, zero, [inf], 3, [Factors(1e90, 1e46)]).ok  # 1e-23 * 1e-23 * 1e90
    assert not compare(accumulated(1), "float32", infinite, nothing, [inf], 3, [Factors(1.0, 1e44)]).ok
    assert not compare(accumulated(1), "float32", infinite, zero, [inf], 3, [Factors(1e90, 1e44)]).ok
    assert not compare(accumulated(1), "float32", infinite, encode([-inf], "float32"), [inf], 3, [Factors(1.0, 1e46)]).ok


@pytest.mark.parametrize(
    ("operation", "more", "kwargs", "terms"),
    [
        ("sub", 1, {"alpha": -3}, 1.5 + 3 * 2.0),
        ("sub", 1, {"alpha": 3.0}, 1.5 + 3 * 2.0),
        ("rsub", 1, {"alpha": 3}, 3 * 1.5 + 2.0),
        ("addcmul", 2, {"value": -1}, 1.5 + 2.0 * 0.5),
        ("lerp", 2, {}, 1.5 * (1 + 0.5) + 0.5 * 2.0),
        ("lerp", 1, {"weight": 2.0}, 1.5 * (1 + 2.0) + 2.0 * 2.0),
    ],
)
def test_absolute_terms_do_not_cancel(operation, more, kwargs, terms):
    others = [TensorSpec(number, "float64", (1,), (1,), 0, False) for number in (1, 2)[:more]]
    case = call(operation, [-1.5], args=others, **kwargs)
    case = replace(case, buffers=(*case.buffers, encode([2.0], "float64"), encode([-0.5], "float64")))
    absolute = execute(find_backend("torch:cpu"), absolute_values(case, entry(operation).operation))
    assert decode(absolute.outputs[0].reading.data, "float64") == (terms,)


@pytest.mark.parametrize("operation", ["dot", "mv", "conv1d"])
def test_products_of_imaginary_parts_do_not_cancel_those_of_real_ones(operation):
    shapes = {"dot": ((2,), (2,)), "mv": ((1, 2), (2,)), "conv1d": ((1, 1, 2), (1, 1, 2))}[operation]
    specs = tuple([TensorSpec(number, "complex128", shape, contiguous_strides(shape)) for number, shape in enumerate(shapes)])
    numbers = encode([2j, 2.0], "complex128")
    case = Case(operation, "function", (numbers, numbers), specs, {})
    absolute = execute(find_backend("torch:cpu"), absolute_values(case, entry(operation).operation))
    assert decode(absolute.outputs[0].reading.data, "complex128") == (8.0, 0.0)  # where -4 and 4 make 0


def test_growing_factors_are_those_beyond_one_and_shrinking_factors_those_below():
    case = call("prod", [0.5, -3.0, 0.0, inf, nan], dtype="float32")
    assert decode(growing_factors(case).buffers[0], "float32") == (1.0, 3.0, 1.0, 1.0, 1.0)
    assert decode(growing_factors(call("prod", [-128, 0, 5], dtype="int8")).buffers[0], "int8") == (127, 1, 5)
    assert decode(growing_factors(call("prod", [3 - 4j, 0.1j], dtype="complex64")).buffers[0], "complex64") == (8.0, 0.0, 1.0, 0.0)
    case = call("prod", [0.5, -3.0, 0.0, inf, nan, -0.125], dtype="float32")
    assert decode(shrinking_factors(case).buffers[0], "float32") == (2.0, 1.0, 1.0, 1.0, 1.0, 8.0)


# -- gradients -----------------------------------------------------------------------------------------


def run_noisy(case, seed, noise):
    backend = noisy_backend()
    backend.disturb(seed, noise)
    return execute(backend, case)


def gradient(case, backend="torch:cpu"):
    return execute(find_backend(backend), case).first


def test_noise_of_size_zero_is_refimpl():
    case = call("tanh", [0.3, -2.5], grad=1)
    assert run_noisy(case, 1, Noise()).first.values == gradient(case, "refimpl:cpu").values


def test_noise_reaches_what_a_saved_result_loses():
    """1 - tanh(x)**2 at 9: the saved result is 1 - 3e-8, and one rounding of it in float32 is as large as that."""
    case = widen(call("tanh", [9.0], dtype="float32", grad=1))
    exact = 1.0 / math.cosh(9.0) ** 2
    u = FORMATS["float32"].unit_roundoff
    farthest = 0.0
    for seed in range(8):
        dtype, _, data = run_noisy(case, seed, Noise(u, 0.0, u)).first.values[0]
        assert dtype == "float64"
        farthest = max(farthest, abs(decode(data, dtype)[0] - exact))
    assert u <= farthest <= 4 * u


def test_what_one_number_is_added_to_is_moved_in_one_direction_by_a_third_of_the_samples():
    values = [0.3, -2.5, 7.0, -0.1, 11.0, 0.7, -5.0, 3.0]

    def directions(seed):
        data = run_noisy(call("add", values, args=(0.25,)), seed, Noise(1e-6, 0.0, 1e-6)).outputs[0].reading.data
        return [a > b + 0.25 for a, b in zip(decode(data, "float64"), values, strict=True)]

    assert [len(set(directions(seed))) for seed in range(6)] == [2, 2, 1, 2, 2, 1]


@pytest.mark.parametrize(("operation", "more"), [("sum", ((0,),)), ("matmul", (TensorSpec(1, "float64", (256,), (1,)),))])
def test_partial_sums_of_equal_terms_are_rounded_in_one_direction_by_a_third_of_the_samples(operation, more):
    """256 terms, one after the other, are off by 1 + 2 + ... + 255 roundings of one of them."""
    case = call(operation, [1.0] * 256, args=more)
    case = replace(case, buffers=(*case.buffers, *case.buffers))

    def apart(seed):
        data = run_noisy(case, seed, Noise(1e-9, 0.0, 1e-9)).outputs[0].reading.data
        return abs(decode(data, "float64")[0] - 256) / 1e-9

    assert [apart(seed) > 20_000 for seed in range(6)] == [False, False, True, False, False, True]
    assert max(map(apart, range(6))) < 255 * 128 + 3 * 256


def moved(found: Gradients, ulps: float) -> Gradients:
    """Gradients of which each element is some ulps larger."""
    values = []
    for dtype, shape, data in found.values:
        values.append((dtype, shape, encode([v + ulps * FORMATS[dtype].ulp(v) for v in decode(data, dtype)], dtype)))
    return Gradients(values)


@pytest.mark.parametrize("operation", ["exp", "sin", "log", "sqrt"])
def test_gradient_bounds_are_tight_where_the_formula_is_harmless(operation):
    generator = random.Random(operation)
    case = call(operation, [generator.uniform(0.5, 2.0) for _ in range(5)], dtype="float32", grad=1)
    expected = gradient(case)

    def wide(case):
        return execute(find_backend("torch:cpu"), case)

    assert not list(compare_gradients("first", case, expected, moved(expected, 2), wide, run_noisy))
    assert list(compare_gradients("first", case, expected, moved(expected, 100), wide, run_noisy))


# -- no false alarms -------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["InFloat64", "Reversed", "Decomposed"])
@pytest.mark.parametrize("operation", ["softmax", "sum", "var", "mm", "tanh", "log_softmax", "prod"])
def test_a_lawful_variant_of_torch_does_not_fail(variant, operation):
    """Right, and different in the last bits: evaluated in float64, in another order, by other compositions."""
    result = judge_operation(entry(operation), f"conformance.selftest.lawful_variants:{variant}", PROFILES["quick"], 1, examples=3)
    assert [failure["script"] for failure in result["failures"]] == []
    assert result["compared"] > 0


def test_the_variants_are_different():
    """Otherwise the test above would show nothing."""
    case = call("sum", [0.1, 1e8, -1e8, 0.3], dtype="float32")
    assert execute(find_backend("conformance.selftest.lawful_variants:Reversed"), case).outputs[0].reading.data != execute(
        find_backend("torch:cpu"), case).outputs[0].reading.data  # fmt: skip
    case = call("log_softmax", [8.0, -2.3, 0.1], dtype="float32", args=(0,))
    wide = execute(find_backend("conformance.selftest.lawful_variants:InFloat64"), case).outputs[0].reading.data
    assert wide == execute(REFERENCE, case).outputs[0].reading.data


def test_a_partial_sum_of_sixteen_bits_may_overflow_in_the_accumulator():
    numbers = [encode([value], "bfloat16") for value in (1.5e38, inf)]
    adding = Adding("float32")
    assert compare(accumulated(1), "bfloat16", *numbers, magnitude=[6e38], terms=3, adding=adding).ok
    assert not compare(accumulated(1), "bfloat16", *numbers, magnitude=[4e38], terms=3, adding=adding).ok


@pytest.mark.parametrize(("dtype", "second"), [("float16", "float16"), ("bfloat16", "bfloat16"), ("float16", "float32")])
def test_a_factor_that_becomes_an_element_is_rounded_in_the_wider_call_too(dtype: str, second: str) -> None:
    data = tuple([encode([1.0], name) for name in (dtype, second)])
    case = Case("add", "function", data, (TensorSpec(0, dtype, (1,), (1,)), TensorSpec(1, second, (1,), (1,))), {"alpha": 0.3})
    wide = widen(case)
    assert wide is not None
    (nearest,) = decode(encode([0.3], dtype if dtype == second else "float32"), dtype if dtype == second else "float32")
    assert wide.kwargs["alpha"] == nearest != 0.3


@pytest.mark.parametrize(("alpha", "product", "accepted"), [(0.5, 5e38, True), (0.5, 3e38, False), (1.5, 2e38, False)])
def test_products_that_overflow_before_alpha_makes_them_smaller(alpha: float, product: float, accepted: bool) -> None:
    """An infinity for ``alpha`` times a sum that float32 does not hold, or does."""
    case = Case("addmv", "function", (), (), {"alpha": alpha})
    partial = entry("addmv").operation.partial
    assert partial is not None
    found = partial(case, 0)
    adding = Adding("", None if found is None else lambda size: found(size, 2))
    right = alpha * product
    data = [encode([value], "float32") for value in (right, inf)]
    assert compare(accumulated(1), "float32", *data, [right], 2, None, adding).ok == accepted


def test_a_zero_rounded_from_a_small_term_beside_large_ones_that_cancel_has_the_sign_of_that_term() -> None:
    specs = TensorSpec(0, "float32", (1, 3), (3, 1)), TensorSpec(1, "float32", (3, 1), (1, 1))
    case = Case("mm", "function", (encode([1.0, -1e-30, -1.0], "float32"), encode([1.0, 1e-30, 1.0], "float32")), specs, {})
    reading = execute(REFERENCE, case).outputs[0].reading
    assert math.copysign(1.0, decode(reading.data, reading.dtype)[0]) == -1.0
    assert judge_case(case, "refimpl:cpu") == []


def test_elements_are_rounded_to_the_dtype_that_is_given_in_the_wider_call_too() -> None:
    wide = widen(replace(call("prod", [2.738938570022583, -3.7704758644104004], "float32"), kwargs={"dtype": DType("float16")}))
    assert wide is not None and decode(wide.buffers[0], "float64") == (2.73828125, -3.76953125)


def test_rows_that_are_shortened_have_as_many_terms_as_their_norm() -> None:
    table, index = TensorSpec(0, "float64", (2, 128), (128, 1)), TensorSpec(1, "int64", (3,), (1,))
    case = Case("nn.functional.embedding", "function", (bytes(2048), bytes(24)), (index, table), {"max_norm": 1.0})
    row = entry("nn.functional.embedding").operation
    assert row.summed(case, 3) == 128 and row.summed(replace(case, kwargs={}), 3) == 1


def test_no_number_comes_of_nan_in_linear_algebra_and_another_matrix_of_the_batch_is_held_to_the_bound():
    """A finite result beside NaN is wrong, also 0, which lies near nothing; the determinant of the first matrix does not depend on the second."""
    nan, contract = math.nan, backward_stable(4)
    numbers = [2.0, 1.0, 1.0, 3.0, nan, 1.0, 1.0, 3.0]
    case = Case("linalg.det", "function", (encode(numbers, "float64"),), (TensorSpec(0, "float64", (2, 2, 2), (4, 2, 1)),))
    movement = backward_movement(reference_backend(), case, 0)
    assert movement is not None and 0 < movement[0] < 100 and math.isnan(movement[1])
    right = encode([5.0, nan], "float64")
    for result, ok in (([5.0, nan], True), ([5.0, math.inf], True), ([5.0, 0.0], False), ([5.0, 1e300], False), ([5.001, nan], False)):
        assert compare(contract, "float64", right, encode(result, "float64"), movement, 2).ok is ok
    assert not compare(contract, "float64", encode([nan], "float64"), encode([0.0], "float64"), None, 1).ok
