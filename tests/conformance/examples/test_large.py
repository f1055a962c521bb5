"""Large inputs: how they are made, drawn, judged, cut down and told."""

import pickle
import random

import pytest
import torch

from conformance.accuracy import vectors
from conformance.accuracy.number_formats import FORMATS, REAL, decode, encode, ulp_distance
from conformance.backends import find_backend
from conformance.backends.torch_backend import Torch
from conformance.cases.case import DTYPES, TensorSpec, element_offsets, iterate_tensors, lies_apart
from conformance.catalogue import TABLE
from conformance.catalogue.entries import entry
from conformance.drawing.large_pen import CLASSES, GRADIENTS, LARGE
from conformance.drawing.made_data import BETWEEN, POSITIVE, Made, Recipe, make, source
from conformance.drawing.random_pen import RandomPen
from conformance.examples.input_classes import large_classes
from conformance.examples.large import FIRST_LONG, LAST_LONG, MANY_TERMS, _plan, can_be_large, drawings, drawn, find, reached
from conformance.examples.profiles import PROFILES
from conformance.execution.outcomes import execute
from conformance.running.failures.budget import Budget
from conformance.running.operation_run import judge_operation

QUICK = PROFILES["quick"]


# -- data ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["full", "few bits", "sparse", "near one", "small", BETWEEN, POSITIVE])
def test_the_source_of_a_recipe_makes_its_elements(dtype, kind):
    for recipe in (Recipe(dtype, 3000, 77, kind), Recipe(dtype, 40, 5, kind, tail=(1, 0) if dtype in ("bool", "uint8") else (1, 0, -2))):
        assert encode(eval(source(recipe)), dtype) == make(recipe)


def test_the_source_of_a_recipe_knows_pools_and_special_values():
    for recipe in (Recipe("int64", 900, 3, pool=range(-450, 450), modulus=900), Recipe("float32", 50, 3, pool=(0.5, 0.9)),
                   Recipe("float16", 9, 1, tail=(float("nan"), -0.0, float("inf")))):  # fmt: skip
        made, again = make(recipe), encode(eval(source(recipe)), recipe.dtype)
        assert repr(decode(again, recipe.dtype)) == repr(decode(made, recipe.dtype))
    assert len(set(decode(make(Recipe("int64", 900, 3, pool=range(-450, 450), modulus=900)), "int64"))) == 900


def test_no_two_elements_are_equal():
    assert len(set(decode(make(Recipe("float32", 65_537, 9)), "float32"))) > 65_000
    assert len(set(decode(make(Recipe("float64", 65_537, 9)), "float64"))) == 65_537


def test_numbers_at_which_functions_change_lie_between_others():
    numbers = decode(make(Recipe("float32", 300, 4, BETWEEN)), "float32")
    assert {"1.0", "-1.0", "0.5", "0.0", "-0.0", "2.0"} <= {repr(x) for x in numbers} and len({*numbers}) > 250


def test_a_recipe_is_pickled_in_place_of_its_data():
    made = make(Recipe("float64", 65_537, 9))
    text = pickle.dumps(made)
    assert len(text) < 500
    again = pickle.loads(text)
    assert again == made
    assert isinstance(again, Made)
    assert again.recipe == made.recipe


# -- all elements at once --------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "complex64", "complex128"])
def test_distances_are_those_of_single_numbers(dtype):
    generator = random.Random(5)
    size = len(encode([1.0], REAL.get(dtype, dtype)))
    first = generator.randbytes(4000 * size)
    second = bytes([(byte + generator.choice((0, 0, 0, 1))) % 256 for byte in first])
    pairs = list(zip(decode(first, dtype), decode(second, dtype), strict=True))
    found = vectors.distances(vectors.components(first, dtype), vectors.components(second, dtype)).tolist()
    assert all(a == b or abs(a - b) <= 1e-12 * b for a, b in zip(found, [ulp_distance(*pair, dtype) for pair in pairs], strict=True))
    assert vectors.far_apart(first, second, dtype, 4.0) == [i for i, pair in enumerate(pairs) if ulp_distance(*pair, dtype) > 4.0]
    numbers = [a for a, _ in pairs if a == a]
    assert vectors.ulp(torch.tensor(numbers, dtype=torch.float64), dtype).tolist() == [FORMATS[dtype].ulp(a) for a in numbers]


def test_what_lies_apart_shares_no_memory():
    generator = random.Random(1)
    for _ in range(300):
        shape = tuple(generator.randint(1, 4) for _ in range(generator.randint(0, 4)))
        spec = TensorSpec(0, "float32", shape, tuple(generator.randint(0, 12) for _ in shape))
        places = element_offsets(spec.shape, spec.strides, 0)
        assert not lies_apart(spec) or len(set(places)) == len(places)


# -- drawing -------------------------------------------------------------------------------------


def test_every_operation_can_be_large_unless_it_takes_one_element():
    for name in (name for name in TABLE if not can_be_large(name)):
        for attempt in range(30):
            pen = RandomPen(f"{name} {attempt}", "float32", TABLE[name].forms[0], "nan")
            args, kwargs = TABLE[name].draw(pen)
            assert all(spec.numel == 1 for spec in iterate_tensors((args, kwargs))), name


@pytest.mark.parametrize("name", ["add", "sum", "matmul", "gather", "cat", "topk", "__getitem__", "zeros", "cross_entropy", "index_put_"])
def test_the_large_plan_has_a_long_tensor_many_dimensions_and_gradients(name):
    row = entry(name)
    for seed in range(3):
        cases = drawings(row, QUICK, seed)
        labels = set().union(*[case.labels for case in cases])
        assert set(large_classes(row, find_backend("torch:cpu"))) <= labels
        assert GRADIENTS in labels or not row.differentiable
        assert all(LARGE in case.labels for case in cases)
        assert all(execute(find_backend("torch:cpu"), case).error is None for case in cases)
    if name in ("add", "sum", "gather", "cat"):
        assert {"large size 65536", "large ranks"} <= labels


@pytest.mark.parametrize("name", ["cumulative_trapezoid", "gradient", "linalg.cross"])
def test_what_is_conditioned_is_longer_than_a_block(name):
    shapes = [case.args[0].shape for case in drawings(entry(name), QUICK, 3) if case.args and not case.grad]
    assert any(max(shape, default=0) > 512 for shape in shapes)


def test_all_classes_come_up_over_the_operations_of_a_run():
    seen = set().union(*[case.labels for name in ("add", "exp", "where", "sum", "mul", "amax", "cumsum", "flip") for seed in range(4)
                         for case in drawings(entry(name), QUICK, seed)])  # fmt: skip
    assert set(CLASSES) <= seen


def test_the_same_seed_draws_the_same_large_cases():
    first = [case for _, case in drawn(entry("mul"), QUICK, 7)]
    drawn(entry("add"), QUICK, 7)
    assert [case for _, case in drawn(entry("mul"), QUICK, 7)] == first
    assert [case for _, case in drawn(entry("mul"), QUICK, 8)] != first


def test_long_leaves_and_many_terms_are_looked_for():
    wanted = {(each.goal, each.dtype if each.goal == MANY_TERMS else "") for each in _plan(entry("mul"), 3)} - {("", "")}
    assert wanted == {(FIRST_LONG, ""), (LAST_LONG, ""), (MANY_TERMS, "float16"), (MANY_TERMS, "bfloat16")}
    for number, each in enumerate(_plan(entry("mul"), 3)):
        if each.goal:
            found = find(entry("mul"), each, "goals", number)
            assert found is not None and reached(each.goal, found[1], execute(find_backend("torch:cpu"), found[1]))
    assert not [each for number, each in enumerate(_plan(entry("neg"), 3)) if each.goal == MANY_TERMS and find(entry("neg"), each, "goals", number)]


# -- defects that only large inputs show -----------------------------------------------------------


def flat(change):
    def tamper(result):
        if isinstance(result, torch.Tensor) and result.dtype.is_floating_point and result.numel():
            result = result.clone()
            change(result)
        return result

    return tamper


def beyond(start):
    """Wrong from an element on."""
    def change(result):
        if result.numel() > start and result.is_contiguous():
            result.view(-1)[start:] += 1

    return flat(change)


def tail(width):
    """Wrong in the elements that are left over by a vector of ``width``, if there is a vector at all."""
    def change(result):
        rest = result.numel() % width
        if result.numel() > width and rest and result.is_contiguous():
            result.view(-1)[-rest:] += 1

    return flat(change)


def many(result):
    """Wrong with more than five dimensions."""
    return result + 1 if isinstance(result, torch.Tensor) and result.dim() > 5 and result.dtype.is_floating_point else result


class Broken(Torch):
    """Wrong in one operation: were the clone wrong that makes a leaf writable, a small case on a large storage would differ first, and of a property
    the first failure alone is told."""

    def __init__(self, tamper, needed, wrong):
        super().__init__()
        self.name = "broken"
        self.tamper = tamper
        self.needed = needed
        self.wrong = wrong

    def call(self, operation, form, args, kwargs):
        result = super().call(operation, form, args, kwargs)
        return self.tamper(result) if operation == self.wrong and form in ("function", "method") else result


@pytest.mark.parametrize("name", ["exp", "add", "cumsum", "flip"])
@pytest.mark.parametrize(("defect", "tamper"), [("beyond 65536", beyond(65_536)), ("beyond 1024", beyond(1024)), ("more than five dimensions", many)])
def test_a_kernel_that_is_wrong_only_on_large_inputs_is_caught(name, defect, tamper):
    for seed in range(3):
        result = judge_operation(entry(name), "broken", QUICK, seed, examples=1, backend=Broken(tamper, defect, name), shrink=False)
        assert any(LARGE in failure["classes"] for failure in result["failures"])


def test_a_large_failure_is_cut_down_and_told_in_short():
    budget = Budget()
    budget.judged = 1000.0  # so much time is left for failures, also on a busy machine
    result = judge_operation(entry("exp"), "broken", QUICK, 1, examples=1, backend=Broken(beyond(1000), "beyond 1000", "exp"), budget=budget)
    failure = next(failure for failure in result["failures"] if failure["property"] == "values")
    assert LARGE in failure["classes"]
    assert len(failure["script"]) < 20_000
    assert "torch.tensor([0.] * 1025, dtype=torch.float32)" in failure["script"]


