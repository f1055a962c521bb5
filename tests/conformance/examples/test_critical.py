"""Critical points: every kind in every dtype, all of them in one call, thresholds that are found, and refimpl's values there beside mpmath."""

import math
import random
from itertools import product

import mpmath
import pytest

from conformance.accuracy.number_formats import FORMATS, decode, ordinal, round_to, ulp_distance
from conformance.backends import find_backend
from conformance.cases.case import FLOATS, Case, elements
from conformance.catalogue import TABLE
from conformance.catalogue.entries import entry
from conformance.catalogue.selection import selected
from conformance.drawing.critical_points import NUMBERED, REAL_KINDS, complex_points, few, paired, points, real_points, step, very_few
from conformance.examples import critical
from conformance.examples.input_classes import never_drawn, required
from conformance.examples.profiles import PROFILES
from conformance.examples.thresholds import thresholds
from conformance.running.plans import plans


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_next_number_is_one_step_away(dtype):
    form = FORMATS[dtype]
    for x in (1.0, 2.0, -1.0, -2.0, 0.75, form.largest, -form.largest, 2.0**form.emin, form.smallest_subnormal, -form.smallest_subnormal, 0.0):
        assert ordinal(step(x, dtype, True), dtype) == ordinal(x, dtype) + 1
        assert ordinal(step(x, dtype, False), dtype) == ordinal(x, dtype) - 1


@pytest.mark.parametrize("kind", [*REAL_KINDS, *[f"{name}(0, -1, 2.5)" for name in NUMBERED]])
@pytest.mark.parametrize("dtype", FLOATS)
def test_each_kind_has_points_that_are_numbers_of_the_dtype(dtype, kind):
    found = real_points(kind, dtype)
    assert found or kind == "halfway"
    assert all(x != x or round_to(x, dtype) == x for x in found)
    if kind in REAL_KINDS and kind != "limits":
        assert {abs(x) for x in found if x == x} == {x for x in found if x >= 0}


def test_an_unknown_kind_is_an_error():
    with pytest.raises(KeyError):
        real_points("ploes(0)", "float32")


def test_halfway_points_round_to_even_neighbours_and_beyond():
    found = real_points("halfway", "float32")
    assert {1 + 2.0**-11, 1 + 2.0**-8, 65520.0, 2.0**-25} <= set(found)
    assert round_to(65520.0, "float16") == math.inf and round_to(step(65520.0, "float32", False), "float16") == 65504.0
    assert {1 + 2.0**-24} <= set(real_points("halfway", "float64"))


def test_signed_and_payload_nan_are_among_the_points():
    signs = {math.copysign(1.0, x) for x in points("", "float32") if x != x}
    assert signs == {1.0, -1.0}
    assert any(math.copysign(1.0, z.imag) < 0 and z.imag == 0 and z.real == -2 for z in complex_points("", "complex64"))  # below the cut


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool", "complex64", "int64"])
def test_smaller_sets_are_smaller(dtype):
    assert len(very_few(dtype)) <= len(few(dtype)) <= len(paired("paired(127)", dtype)) <= max(len(points("odd", dtype)), 20)


@pytest.mark.parametrize("name", ["exp", "sinh", "acos", "atanh", "log1p", "erfc", "lgamma", "square"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_thresholds_are_neighbours_of_different_kinds(name, dtype):
    found = thresholds(name, "function", dtype)
    assert found
    for low, high in zip(found[::2], found[1::2], strict=True):
        assert ordinal(high, dtype) == ordinal(low, dtype) + 1


def test_thresholds_of_known_functions():
    assert {88.72283172607422, 88.72283935546875} <= set(thresholds("exp", "function", "float32"))
    assert {1.0, math.nextafter(1.0, 0.0)} <= set(thresholds("acos", "function", "float64"))
    assert thresholds("atan2", "function", "float32") == ()


def _case(name, dtype, force, seed, grad=0):
    e = entry(name)
    forms = tuple(form for form in e.forms if not (grad and form == "out"))
    return critical.draw(seed, e.operation, dtype, forms, grad, force)


_SEED = random.Random().randrange(10**6)


@pytest.mark.parametrize("family", sorted({row.family for row in TABLE.values()}))
def test_every_critical_case_holds_all_points_and_torch_computes_it(family):
    print(f"seed {_SEED}")
    generator = random.Random(f"{_SEED} {family}")
    for e in selected([family]):
        wanted = set(critical.labels(e, find_backend("torch:cpu")))
        dtypes = [dtype for dtype in e.operation.dtypes if critical.variants(e.operation, dtype)]
        if not dtypes:
            continue
        dtype = generator.choice([dtype for dtype in dtypes if dtype in FLOATS] or dtypes)
        for variant in [each for each in critical.variants(e.operation, dtype) if critical.label(dtype, each) in wanted]:
            pen, args, kwargs = critical.draw(generator.randrange(10**6), e.operation, dtype, e.forms, 0, variant.force)
            assert pen.complete(), (e.operation.name, dtype, variant)
            assert critical.label(dtype, variant) in pen.labels


@pytest.mark.parametrize("name", ["add", "pow", "fmod", "atan2", "clamp", "exp", "round"])
def test_all_pairs_of_special_values_meet(name):
    e = entry(name)
    pen, args, kwargs = critical.draw(3, e.operation, "float32", ("method",), 0, "critical 0")
    case = Case(name, "method", tuple(pen.buffers), args, kwargs)
    columns = [[decode(x, spec.dtype)[0] for x in elements(case, spec)] for spec in case.tensors() if spec.dtype == "float32"]
    met = set(zip(*[[repr(x) for x in column] for column in columns], strict=True))
    if len(columns) > 1:
        small = few("float32") if len(columns) == 2 else very_few("float32")
        assert {tuple(map(repr, each)) for each in product(small, repeat=len(columns))} <= met
    else:
        assert {repr(x) for x in points("", "float32")} <= {column[0] for column in met}


def test_another_seed_orders_the_points_differently():
    first, second = (_case("exp", "float32", "critical 0", seed)[0].buffers for seed in (1, 2))
    assert first != second


def test_a_critical_case_that_was_never_drawn_is_missed():
    e, backend = entry("exp"), find_backend("torch:cpu")
    wanted = [name for name in required(e, backend) if critical.is_forced(name)]
    assert "critical 0 float16" in wanted
    seen = {name: 1 for name in required(e, backend) if name != "critical 0 float16"}
    assert never_drawn(e, backend, {"examples": 1, "classes": seen}) == ["critical 0 float16"]


def test_plans_hold_every_critical_case_and_gradients():
    planned = {(plan.dtype, plan.grad, plan.force) for plan in plans(entry("div"), PROFILES["quick"], None) if critical.is_forced(plan.force)}
    for dtype in entry("div").operation.dtypes:
        assert {(dtype, 0, f"critical {which}") for which in (0, 1, 2, "mixed")} <= planned
    assert ("float64", 2, "critical 0") in planned and ("float16", 1, "critical 0") in planned


# What mpmath computes, for the functions that have thresholds, poles and cancellation.
_EXACT = {
    "exp": mpmath.exp, "expm1": mpmath.expm1, "log1p": mpmath.log1p, "log": mpmath.log, "sinh": mpmath.sinh, "cosh": mpmath.cosh,
    "tanh": mpmath.tanh, "asinh": mpmath.asinh, "acosh": mpmath.acosh, "atanh": mpmath.atanh, "sin": mpmath.sin, "cos": mpmath.cos,
    "tan": mpmath.tan, "asin": mpmath.asin, "acos": mpmath.acos, "atan": mpmath.atan, "erf": mpmath.erf, "erfc": mpmath.erfc,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)), "exp2": lambda x: mpmath.mpf(2) ** x, "log2": lambda x: mpmath.log(x, 2),
    "lgamma": lambda x: mpmath.log(abs(mpmath.gamma(x))) if abs(x) < 1e6 else mpmath.loggamma(x).real, "digamma": mpmath.digamma,
    "sqrt": mpmath.sqrt, "rsqrt": lambda x: 1 / mpmath.sqrt(x), "square": lambda x: x * x, "reciprocal": lambda x: 1 / x,
}  # fmt: skip


@pytest.mark.parametrize("name", _EXACT)
def test_refimpl_is_right_at_the_critical_points_of_float64(name):
    import refimpl

    e = entry(name)
    packing = critical.packing_of(e.operation, "float64")
    xs = [x for x in (*points(packing.kinds_of(0), "float64"), *thresholds(name, "function", "float64")) if math.isfinite(x)]
    if name == "lgamma":
        xs = [x for x in xs if x > -1e6]  # further out mpmath takes long
    found = getattr(refimpl, name)(refimpl.tensor(xs, dtype=refimpl.float64)).tolist()
    with mpmath.workprec(1400):
        for x, y in zip(xs, found, strict=True):
            exact = _exactly(_EXACT[name], x)
            if exact is None:
                assert not math.isfinite(y) or y == 0.0, (x, y)
                continue
            slack = _slack(_EXACT[name], x, exact, e.contract.k) if e.contract.kind == "conditioned" else 0.0
            assert ulp_distance(exact, y, "float64") <= e.contract.k or abs(exact - y) <= slack, (x, y, exact)


def _exactly(function, x):
    """The nearest double to the value at x; None at a pole, outside of the domain and beyond the range."""
    if abs(x) > 1e5 and function is mpmath.digamma and x < 0:
        return None
    try:
        value = function(mpmath.mpf(x))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    if isinstance(value, mpmath.mpc):
        return None
    number = float(value) if abs(value) < mpmath.mpf(2) ** 1024 else math.inf
    return number if math.isfinite(number) else None


def _slack(function, x, value, k):
    """What a conditioned contract allows: roundings of the input and of the inner results."""
    return k * 2.0**-53 * (abs(value) + 2.0 + abs(x) * float(abs(mpmath.diff(function, mpmath.mpf(x), h=mpmath.mpf(2) ** -600))))


def test_digamma_beside_its_poles_is_the_distance_from_them():
    import refimpl

    xs = [step(pole, "float64", upwards) for pole in (-1.0, -2.0, -10.0) for upwards in (False, True)]
    for x, y in zip(xs, refimpl.tensor(xs, dtype=refimpl.float64).digamma().tolist(), strict=True):
        assert y == pytest.approx(-1.0 / (x - round(x)), rel=1e-12)


@pytest.mark.parametrize(("name", "dtype"), [("logaddexp", "float32"), ("hypot", "float16"), ("exp", "float32"), ("logsumexp", "float32")])
def test_gradients_are_asked_for_at_infinities_and_nan(name, dtype):
    pen, args, kwargs = _case(name, dtype, "critical 0", 5, grad=1)
    case = Case(name, pen.form, tuple(pen.buffers), args, kwargs, grad=1)
    leaves = [{repr(decode(x, dtype)[0]) for x in elements(case, spec)} for spec in case.tensors() if spec.requires_grad]
    assert all({"inf", "-inf", "nan"} <= leaf for leaf in leaves)
    pen, _, _ = _case(name, "float64", "critical 0", 5, grad=2)
    assert not any(math.isinf(x) for buffer in pen.buffers for x in decode(buffer, "float64") if len(buffer) % 8 == 0)
