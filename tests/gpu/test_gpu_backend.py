"""The device kernels of gpu_backend against refimpl's own: the same views, the same call, the same elements.

Without a GPU the torch kernels run on torch's CPU tensors and the CuPy kernels on NumPy arrays; with one, device "cuda" is
tested as well. Each test draws views of all layouts from a seed that its failure message names.
"""

from __future__ import annotations

import inspect
import random
from typing import Any

import pytest
from gpu_draws import LAYOUTS, SHAPES, bits, outputs, pair, ulps_apart, values, whole

import gpu_backend
import refimpl
from gpu_backend import array_reductions, array_tables, torch_tables
from refimpl.cpu import CPU
from refimpl.foundation import dtypes, scalars
from refimpl.foundation import kernels as backend
from refimpl.foundation.kernels import View

DEVICES = [name.split(":")[0] for name in gpu_backend.register() if name.endswith(":0")]

TORCH_TABLE = {**torch_tables.NATIVE, **torch_tables.COMPOSED}
ARRAY_TABLE = {**array_tables.UFUNCS, **array_tables.PREDICATES, **array_tables.COMPOSED}

FLOATS = tuple(d for d in dtypes.all_dtypes if d.category == 2)
NUMBERS = tuple(d for d in dtypes.all_dtypes if d.category)

# Correct to the last bit on every device. (Complex ones up to the parts that are NaN or infinite.)
EXACT = frozenset(
    "add sub mul div div_trunc div_floor remainder fmod neg abs sign square sqrt reciprocal floor ceil trunc round frac gcd lcm relu "
    "add_scaled sub_scaled clamp clamp_min clamp_max maximum minimum fmax fmin where eq ne lt le gt ge logical_and logical_or "
    "logical_xor logical_not isnan isinf isfinite isreal isposinf isneginf signbit bitwise_and bitwise_or bitwise_xor bitwise_not "
    "bitwise_left_shift bitwise_right_shift copysign nan_to_num heaviside conj complex".split()
)
# In units in the last place of float64, where the libraries' own functions are that far off; else 3, and 2 for narrower dtypes.
LOOSER = {"digamma": 64, "lgamma": 256, "polygamma": 64, "lerp": 64, "logaddexp2": 64, "logaddexp": 64, "erfinv": 64, "addcmul": 64,
          "addcdiv": 64, "pow": 64, "sinc": 16, "logit": 16, "ldexp": 16, "expm1": 16, "erfcx": 4096, "log_ndtr": 4096,
          **dict.fromkeys(("i0", "i1", "i0e", "i1e", "ndtri", "modified_bessel_k0", "modified_bessel_k1", "scaled_modified_bessel_k0",
                           "scaled_modified_bessel_k1"), 16)}  # fmt: skip
ARITIES = {"gcd": 2, "lcm": 2, "hypot": 2, "atan2": 2, "polygamma": 2, "copysign": 2}
BOOLEAN = torch_tables.BOOLEAN


@pytest.fixture(params=DEVICES)
def kernels(request: pytest.FixtureRequest) -> Any:
    return backend.find_kernels(request.param, 0)


def scalar_arity(name: str) -> int:
    function = scalars.functions[name]
    rule = function.real or function.integer or function.complex or function.boolean
    return ARITIES.get(name) or len(inspect.signature(rule).parameters)


def supported(name: str, d: dtypes.dtype) -> bool:
    function = scalars.functions[name]
    return bool((function.boolean, function.integer, function.real or function.fast, function.complex)[d.category])


def numbers_for(name: str, d: dtypes.dtype, position: int) -> Any:
    """The Python number that the operation passes as this operand, or None for a tensor."""
    if name in ("add_scaled", "sub_scaled") and position == 2 or name in ("addcmul", "addcdiv") and position == 3:
        return (True, 3, 0.5, 2 - 1j)[d.category]
    if name == "nan_to_num" and position:
        return (None, 1.5, 2.5, -3.5)[position] if d.category > 1 else position % 2
    if name == "polygamma" and position == 0:
        return 2
    return None


# -- pointwise -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [TORCH_TABLE, ARRAY_TABLE], ids=["torch", "arrays"])
def test_the_tables_hold_scalar_functions_of_refimpl_alone(table):
    assert set(table) <= set(scalars.functions)


@pytest.mark.parametrize("d", [dtypes.float32, dtypes.bfloat16, dtypes.int64, dtypes.complex64], ids=lambda d: d.name)
def test_a_function_that_no_table_has_is_evaluated_by_its_own_rule(kernels, d):
    scalars.scalar("twice_and_one", integer=lambda x, y: 2 * x + y, complex=lambda x, y: 2 * x + y)(lambda x, y: 2 * x + y)  # forgotten by conftest
    for shape in SHAPES:
        compare_map(random.Random(f"{shape} on {kernels}"), kernels, "twice_and_one", d, shape)


def test_an_unknown_function_is_an_error_that_names_it(kernels):
    out = View(kernels.allocate(4), 0, (1,), (1,), dtypes.float32)
    with pytest.raises(NotImplementedError, match=f"device '{kernels.device_type}' has no scalar function named 'no_such'"):
        kernels.map("no_such", out, [out], dtypes.float32)


@pytest.mark.parametrize("name", sorted(scalars.functions))
def test_pointwise_functions_agree_with_the_reference(kernels, name):
    seed = f"{name} on {kernels}"
    rng = random.Random(seed)
    for d in dtypes.all_dtypes:
        if not supported(name, d):
            continue
        for shape in SHAPES:
            compare_map(rng, kernels, name, d, shape)


def compare_map(rng: random.Random, kernels: Any, name: str, d: dtypes.dtype, shape: tuple[int, ...]) -> None:
    host, device = [], []
    tame = name not in EXACT and (d.category == 3 or name in LOOSER)
    for position in range(scalar_arity(name)):
        number = numbers_for(name, d, position)
        views = (number, number)
        if number is None:
            layout = rng.choice(LAYOUTS)
            drawn = None
            if d.category == 1 and (name.startswith("div") or name in ("remainder", "fmod")) and position:
                drawn = [x for x in values(rng, d, 40) if x]
            elif name == "ldexp" and position:
                drawn = [-3, 0, 2, 5]
            views = pair(rng, kernels, d, shape, layout, drawn, special=not tame and d.category != 3)
        host.append(views[0])
        device.append(views[1])
    result = d
    if name in BOOLEAN:
        result = dtypes.bool_
    elif name in ("abs", "angle"):
        result = d.real
    elif name in ("complex", "polar"):
        result = d.to_complex()
    expected, actual = outputs(rng, kernels, result, shape)
    CPU.map(name, expected, host, d)
    kernels.map(name, actual, device, d)
    distance = ulps_apart(expected, actual)
    exact = d.category < 2 or name in EXACT and d is not dtypes.complex128
    allowed = 0 if exact else max(LOOSER.get(name, 3), 16 * (d.category == 3)) if result.real is dtypes.float64 else 2
    shown = f"{name} {d} {shape}: {[CPU.tolist(x) if isinstance(x, View) else x for x in host]}: {CPU.tolist(expected)}, {kernels.tolist(actual)}"
    if d is dtypes.complex128 and not exact:
        assert close_complex(CPU.tolist(expected), kernels.tolist(actual)), shown
    else:
        assert distance <= allowed, f"{distance} units in the last place apart: {shown}"
    assert untouched(expected, actual), f"bytes between the elements of out changed: {shown}"


def close_complex(expected: list[Any], actual: list[Any]) -> bool:
    """Within 200 units in the last place of the larger part."""
    return all(abs(x - y) <= 200 * 2.0**-53 * abs(x) or x == y for x, y in zip(expected, actual))


def untouched(expected: View, actual: View) -> bool:
    """Whether the bytes between the elements, drawn alike on both devices, still are."""
    size = expected.dtype.itemsize
    inside = set()
    places = [expected.offset]
    for n, step in zip(expected.shape, expected.strides):
        places = [p + i * step for p in places for i in range(n)]
    for p in places:
        inside.update(range(p * size, (p + 1) * size))
    return all(a == b for i, (a, b) in enumerate(zip(whole(expected), whole(actual))) if i not in inside)


@pytest.mark.parametrize("d", FLOATS, ids=lambda d: d.name)
@pytest.mark.parametrize("name", ["add", "mul", "div", "pow", "add_scaled"])
def test_numbers_are_used_as_they_are_and_not_rounded_to_16_bits(kernels, name, d):
    rng = random.Random(f"{name} {d}")
    number = 0.10000000149011612 if d is not dtypes.float64 else 0.1  # float32's 0.1
    host, device = pair(rng, kernels, d, (50,), "contiguous", special=False)
    extra = [number] if name != "add_scaled" else None
    expected, actual = outputs(rng, kernels, d, (50,))
    CPU.map(name, expected, [host, *(extra or [host, number])], d)
    kernels.map(name, actual, [device, *(extra or [device, number])], d)
    assert ulps_apart(expected, actual) <= (1 if name == "pow" else 0)


@pytest.mark.parametrize("name", ["div_floor", "div_trunc", "remainder", "fmod"])
def test_an_integer_division_by_zero_raises(kernels, name):
    out = View(kernels.allocate(4), 0, (1,), (1,), dtypes.int32)
    one = View(kernels.from_bytes(b"\1\0\0\0"), 0, (1,), (1,), dtypes.int32)
    with pytest.raises(RuntimeError, match="^ZeroDivisionError$"):
        kernels.map(name, out, [one, 0], dtypes.int32)


# -- casts and movement ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", dtypes.all_dtypes, ids=lambda d: d.name)
def test_copies_cast_as_the_reference_does(kernels, source):
    rng = random.Random(f"{source}")
    ties = {"float64": [1 + 2.0**-8 + 2.0**-40, 1 + 2.0**-8, 2.0**-25 + 2.0**-60, 65520.0, 65519.99, 3.4e38, 3e9, -3e9, 1e30],
            "int64": [2**53 + 1, 2**24 + 1, 2**60 + 2**52 + 1, -(2**60) - 2**52 - 1, 2**63 - 1]}.get(source.name)  # fmt: skip
    for target in dtypes.all_dtypes:
        for shape in SHAPES:
            host, device = pair(rng, kernels, source, shape, rng.choice(LAYOUTS), ties and ties + values(rng, source, 9))
            expected, actual = outputs(rng, kernels, target, shape)
            CPU.copy(expected, host)
            kernels.copy(actual, device)
            assert bits(expected) == bits(actual), f"{source} to {target}: {CPU.tolist(host)}: {CPU.tolist(expected)}, {kernels.tolist(actual)}"
            assert untouched(expected, actual)


def test_a_copy_between_overlapping_views_reads_the_source_first(kernels):
    data = bytes(range(20))
    for to, start in ((1, 0), (0, 1), (3, 0)):
        storages = [k.from_bytes(data) for k in (CPU, kernels)]
        for storage in storages:
            storage.kernels.copy(View(storage, to, (8,), (2,), dtypes.uint8), View(storage, start, (8,), (2,), dtypes.uint8))
            storage.kernels.copy(View(storage, to, (12,), (1,), dtypes.int8), View(storage, start, (12,), (1,), dtypes.uint8))
        assert len({whole(View(s, 0, (20,), (1,), dtypes.uint8)) for s in storages}) == 1


@pytest.mark.parametrize("d", dtypes.all_dtypes, ids=lambda d: d.name)
def test_storage_fill_and_lists(kernels, d):
    rng = random.Random(d.name)
    for shape in SHAPES:
        host, device = pair(rng, kernels, d, shape, rng.choice(LAYOUTS))
        assert host.storage.kernels.to_bytes(host) == kernels.to_bytes(device)
        assert repr([complex(x) if d.is_complex else x for x in CPU.tolist(host)]) == repr(kernels.tolist(device))
        expected, actual = outputs(rng, kernels, d, shape)
        number = values(rng, d, 1)[0]
        CPU.fill(expected, number)
        kernels.fill(actual, number)
        assert bits(expected) == bits(actual) and untouched(expected, actual)


def test_resizing_keeps_the_bytes_that_fit(kernels):
    storage = kernels.from_bytes(bytes(range(1, 11)))
    view = View(storage, 0, (3,), (1,), dtypes.uint8)
    for size, expected in ((4, [1, 2, 3]), (12, [1, 2, 3]), (12, [1, 2, 3])):
        kernels.resize(storage, size)
        assert storage.nbytes == size and kernels.tolist(view) == expected
    assert kernels.tolist(View(storage, 4, (8,), (1,), dtypes.uint8)) == [0] * 8
    assert kernels.data_ptr(storage) != 0 and kernels.data_ptr(kernels.allocate(0)) == 0


def test_a_storage_whose_size_is_no_multiple_of_the_element_can_be_read(kernels):
    storage = kernels.from_bytes(bytes(11))
    assert kernels.tolist(View(storage, 1, (1,), (1,), dtypes.float32)) == [0.0]


# -- reductions and scans --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(array_reductions.REDUCTIONS))
def test_reductions_agree_with_the_reference(kernels, name):
    rng = random.Random(f"{name} on {kernels}")
    for d in dtypes.all_dtypes:
        if name in ("mean", "var", "std", "norm") and d.category < 2 or name in ("amax", "amin") and d.category == 3:
            continue
        for shape in SHAPES:
            for dims in {(), tuple(range(len(shape))), tuple(range(len(shape)))[1:2], tuple(range(len(shape)))[::2]}:
                if name in ("amax", "amin") and any(shape[i] == 0 for i in dims):
                    continue
                for parameters in {"var": [{}, {"correction": 0}], "std": [{"correction": c} for c in (2.5, float("nan"))],
                                   "norm": [{"ord": o} for o in (0, 1, 2.0, 3.0, float("inf"), float("nan"))]}.get(name, [{}]):  # fmt: skip
                    compare_reduction(rng, kernels, name, d, shape, dims, parameters)


def compare_reduction(rng: random.Random, kernels: Any, name: str, d: dtypes.dtype, shape: tuple[int, ...], dims: tuple[int, ...],
                      parameters: dict[str, Any]) -> None:  # fmt: skip
    if parameters.get("ord") == float("inf") and any(shape[i] == 0 for i in dims):
        return  # an error of the operation
    exact = d.category < 2 or name in ("amax", "amin", "any", "all")
    host, device = pair(rng, kernels, d, shape, rng.choice(LAYOUTS), special=exact)
    result = d
    if name in ("any", "all"):
        result = dtypes.bool_
    elif name in ("sum", "prod") and d.category < 2:
        result = rng.choice((dtypes.int64, d)) if d.category else dtypes.int64
    elif name in ("var", "std", "norm"):
        result = d.real
    kept = tuple(1 if i in dims else n for i, n in enumerate(shape))
    expected, actual = outputs(rng, kernels, result, kept)
    CPU.reduce(name, expected, host, dims, **parameters)
    kernels.reduce(name, actual, device, dims, **parameters)
    count = 1
    for i in dims:
        count *= shape[i]
    allowed = 0 if exact else 64 * max(1, count) if result.real is dtypes.float64 else 8
    shown = f"{name} {d} {shape} over {dims} {parameters}: {CPU.tolist(host)}: {CPU.tolist(expected)}, {kernels.tolist(actual)}"
    if exact or result.is_complex or name not in ("sum", "mean", "prod"):
        apart = ulps_apart(expected, actual)
        assert apart <= max(allowed, 0.5) or not exact and near_sum(host, expected, actual, dims, name), shown
    else:
        assert near_sum(host, expected, actual, dims, name), shown
    assert untouched(expected, actual)


def near_sum(host: View, expected: View, actual: View, dims: tuple[int, ...], name: str) -> bool:
    """A sum may be off by its rounding errors, which the absolute values of the terms bound, not its own size."""
    unit = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24, "float64": 2.0**-53}[host.dtype.real.name]
    numbers = [abs(x) for x in CPU.tolist(host)]
    size = sum(numbers) if name != "prod" else max([abs(x) for x in CPU.tolist(expected)], default=0.0)
    bound = 4 * max(len(numbers), 1) * unit * size + 2.0**-24 * (host.dtype is dtypes.float16)
    pairs = zip(CPU.tolist(expected), actual.storage.kernels.tolist(actual))
    return all(x == y or x != x and y != y or abs(x - y) <= bound for x, y in pairs)


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_places_of_extremes_are_the_first_and_those_of_nan_win(kernels, name):
    rng = random.Random(f"{name} on {kernels}")
    for d in dtypes.all_dtypes:
        for shape in SHAPES:
            if d.category in (0, 3) or 0 in shape:
                continue
            for dim in range(max(len(shape), 1)):
                host, device = pair(rng, kernels, d, shape, rng.choice(LAYOUTS), values(rng, d, 4))
                kept = tuple(1 if i == dim else n for i, n in enumerate(shape))
                expected, actual = outputs(rng, kernels, dtypes.int64, kept)
                CPU.arg_reduce(name, expected, host, dim)
                kernels.arg_reduce(name, actual, device, dim)
                assert CPU.tolist(expected) == kernels.tolist(actual), f"{name} {d} {shape} dim {dim}: {CPU.tolist(host)}"


@pytest.mark.parametrize("name", sorted(array_reductions.SCANS))
def test_scans_agree_with_the_reference(kernels, name):
    rng = random.Random(f"{name} on {kernels}")
    for d in NUMBERS:
        for shape in SHAPES:
            for dim in range(max(len(shape), 1)):
                host, device = pair(rng, kernels, d, shape, rng.choice(LAYOUTS), special=d.category < 2)
                expected, actual = outputs(rng, kernels, d, shape)
                CPU.scan(name, expected, host, dim)
                kernels.scan(name, actual, device, dim)
                same = bits(expected) == bits(actual) if d.category < 2 else near_sum(host, expected, actual, (dim,), name.replace("cum", ""))
                assert same, f"{name} {d} {shape} dim {dim}: {CPU.tolist(host)}: {CPU.tolist(expected)}, {kernels.tolist(actual)}"


@pytest.mark.parametrize("d", NUMBERS, ids=lambda d: d.name)
def test_matrix_products_agree_with_the_reference(kernels, d):
    rng = random.Random(f"{d} on {kernels}")
    for batch, m, k, n in (((), 3, 4, 2), ((2,), 1, 5, 3), ((2, 3), 2, 2, 2), ((), 2, 0, 3), ((), 0, 2, 3), ((1,), 40, 30, 20)):
        for layout in LAYOUTS:
            a, b = (pair(rng, kernels, d, (*batch, *shape), layout, special=d.category < 2) for shape in ((m, k), (k, n)))
            expected, actual = outputs(rng, kernels, d, (*batch, m, n))
            CPU.matmul(expected, a[0], b[0])
            kernels.matmul(actual, a[1], b[1])
            if d.category < 2:
                assert bits(expected) == bits(actual)
            else:
                unit = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24, "float64": 2.0**-53}[d.real.name]
                bound = 4 * (k + 1) * unit * 400.0 * max(k, 1)
                assert all(abs(x - y) <= bound for x, y in zip(CPU.tolist(expected), kernels.tolist(actual)))


def test_a_part_of_a_complex_product_that_overflows_leaves_the_other_one_alone(kernels):
    options = {"dtype": refimpl.complex64, "device": kernels.device_type}
    rows, columns = refimpl.tensor([[3j, 3j]], **options), refimpl.tensor([[1 - 3e38j], [2 + 3e38j]], **options)
    for m, n in ((1, 1), (1, 2), (2, 1), (2, 3)):
        assert (rows.expand(m, 2) @ columns.expand(2, n)).imag.tolist() == [[9.0] * n] * m


# -- indexing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", dtypes.all_dtypes, ids=lambda d: d.name)
def test_gather_and_scatter_agree_with_the_reference(kernels, d):
    rng = random.Random(f"{d} on {kernels}")
    for shape in SHAPES:
        for dim in range(max(len(shape), 1)):
            size = shape[dim] if shape else 1
            if size == 0:
                continue
            smaller = tuple(rng.randint(1, n) if n else 0 for n in shape)
            x, y = pair(rng, kernels, d, shape, rng.choice(LAYOUTS))
            i, j = pair(rng, kernels, dtypes.int64, smaller, rng.choice(LAYOUTS), range(size))
            expected, actual = outputs(rng, kernels, d, smaller)
            CPU.gather(expected, x, dim, i)
            kernels.gather(actual, y, dim, j)
            assert bits(expected) == bits(actual) and untouched(expected, actual)

            sources = pair(rng, kernels, d, shape, rng.choice(LAYOUTS), special=False)
            for source in (sources, (values(rng, d, 1, special=False)[0],) * 2):
                for name in ("set", "add"):
                    if name == "set" and isinstance(source[0], View):
                        i, j = distinct_places(rng, kernels, shape, dim)
                    expected, actual = outputs(rng, kernels, d, shape)
                    CPU.scatter(name, expected, dim, i, source[0])
                    kernels.scatter(name, actual, dim, j, source[1])
                    same = bits(expected) == bits(actual) if d.category < 2 or name == "set" else close_lists(expected, actual)
                    assert same, f"{name} {d} {shape} dim {dim}: {CPU.tolist(i)}: {CPU.tolist(expected)}, {kernels.tolist(actual)}"
                    assert untouched(expected, actual)


def distinct_places(rng: random.Random, kernels: Any, shape: tuple[int, ...], dim: int) -> tuple[View, View]:
    """An index in which no place repeats along ``dim``: of repeated ones, any may be stored last."""
    size = shape[dim] if shape else 1
    order = list(range(size))
    rng.shuffle(order)
    data = b"".join(n.to_bytes(8, "little") for n in order)
    strides = tuple(1 if i == dim else 0 for i in range(len(shape)))
    return tuple(View(k.from_bytes(data), 0, shape, strides, dtypes.int64) for k in (CPU, kernels))  # type: ignore[return-value]


def close_lists(expected: View, actual: View) -> bool:
    unit = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24, "float64": 2.0**-53}[expected.dtype.real.name]
    pairs = zip(CPU.tolist(expected), actual.storage.kernels.tolist(actual))
    return all(abs(x - y) <= 32 * unit * (abs(x) + 100) for x, y in pairs)


@pytest.mark.parametrize("d", dtypes.all_dtypes, ids=lambda d: d.name)
def test_advanced_indexing_agrees_with_the_reference(kernels, d):
    rng = random.Random(f"{d} on {kernels}")
    shape = (3, 4, 2, 3)
    for pattern in ((0,), (1,), (3,), (1, 2), (0, 1), (0, 2), (0, 3), (1, 3), (0, 1, 2, 3), (0, 2, 3)):
        for block in ((), (2,), (1, 3), (0,), (2, 2)):
            x, y = pair(rng, kernels, d, shape, rng.choice(LAYOUTS))
            indices: tuple[list[Any], list[Any]] = ([], [])
            for dim in range(max(pattern) + 1):
                views: Any = (None, None)
                if dim in pattern:
                    views = pair(rng, kernels, dtypes.int64, block, rng.choice(LAYOUTS), range(-shape[dim], shape[dim]))
                for side, view in zip(indices, views):
                    side.append(view)
            adjacent = pattern[-1] - pattern[0] + 1 == len(pattern)
            before = [shape[i] for i in range(4) if i < pattern[0] and adjacent]
            after = [shape[i] for i in range(4) if i not in pattern and i >= len(before)]
            result = (*before, *block, *after)
            expected, actual = outputs(rng, kernels, d, result)
            CPU.index(expected, x, indices[0])
            kernels.index(actual, y, indices[1])
            assert bits(expected) == bits(actual), (pattern, block)

            shrunk = tuple(n if rng.random() < 0.6 else 1 for n in result)[rng.randint(0, 1) * bool(before) :]
            for accumulate in (False, True):
                if accumulate:
                    sources = pair(rng, kernels, d, shrunk, rng.choice(LAYOUTS), special=False)
                else:  # of repeated places any may be stored last: one value for all
                    sources = pair(rng, kernels, d, (), "contiguous")
                expected, actual = outputs(rng, kernels, d, shape)
                CPU.index_put(expected, indices[0], sources[0], accumulate)
                kernels.index_put(actual, indices[1], sources[1], accumulate)
                same = bits(expected) == bits(actual) if d.category < 2 or not accumulate else close_lists(expected, actual)
                assert same, (pattern, block, accumulate)


def test_indices_out_of_bounds_raise_torchs_errors(kernels):
    def view(d: dtypes.dtype, *numbers: int, shape: Any = None) -> View:
        data = b"".join(n.to_bytes(d.itemsize, "little", signed=True) for n in numbers)
        return View(kernels.from_bytes(data), 0, shape or (len(numbers),), (1,) * len(shape or (1,)), d)

    x, index = view(dtypes.int64, 1, 2, 3), view(dtypes.int64, 0, 3, 7)
    with pytest.raises(RuntimeError, match="^index 3 is out of bounds for dimension 0 with size 3$"):
        kernels.gather(view(dtypes.int64, 0, 0, 0), x, 0, index)
    with pytest.raises(RuntimeError, match="^index 3 is out of bounds for dimension 0 with size 3$"):
        kernels.scatter("set", x, 0, index, x)
    with pytest.raises(IndexError, match="^index -4 is out of bounds for dimension 0 with size 3$"):
        kernels.index(view(dtypes.int64, 0, 0), x, [view(dtypes.int64, 2, -4)])
    with pytest.raises(IndexError, match="^index 3 is out of bounds for dimension 0 with size 3$"):
        kernels.index_put(x, [index], view(dtypes.int64, 9, shape=(1,)), False)
    assert kernels.tolist(x) == [1, 2, 3]
    empty = View(kernels.allocate(0), 0, (2, 0), (1, 1), dtypes.int64)
    with pytest.raises(IndexError, match="^index is out of bounds for dimension with size 0$"):
        kernels.index(View(kernels.allocate(0), 0, (2, 0), (1, 1), dtypes.int64), empty, [None, index])


@pytest.mark.parametrize("d", dtypes.all_dtypes, ids=lambda d: d.name)
def test_sorting_is_stable_and_nan_is_the_greatest(kernels, d):
    rng = random.Random(f"{d} on {kernels}")
    for shape in SHAPES:
        for dim in range(max(len(shape), 1)):
            for descending in (False, True):
                if d.is_complex:
                    continue
                x, y = pair(rng, kernels, d, shape, rng.choice(LAYOUTS), values(rng, d, 5))
                sorted_values, places = outputs(rng, kernels, d, shape), outputs(rng, kernels, dtypes.int64, shape)
                CPU.sort(sorted_values[0], places[0], x, dim, descending)
                kernels.sort(sorted_values[1], places[1], y, dim, descending)
                assert CPU.tolist(places[0]) == kernels.tolist(places[1]), f"{d} {shape} dim {dim} {descending}: {CPU.tolist(x)}"
                assert bits(sorted_values[0]) == bits(sorted_values[1])


@pytest.mark.parametrize("d", dtypes.all_dtypes, ids=lambda d: d.name)
def test_nonzero_elements_are_found_in_row_major_order(kernels, d):
    rng = random.Random(f"{d} on {kernels}")
    for shape in SHAPES:
        x, y = pair(rng, kernels, d, shape, rng.choice(LAYOUTS), [0, *values(rng, d, 3)])
        expected, actual = CPU.nonzero(x), kernels.nonzero(y)
        assert (CPU.tolist(expected), expected.shape, expected.strides) == (kernels.tolist(actual), actual.shape, actual.strides)


@pytest.mark.parametrize("start", [0.0, 1e308])
def test_lerp_overflows_where_its_result_does_and_no_product_on_the_way(kernels: Any, start: float) -> None:
    device = kernels.device_type
    a, b = (refimpl.tensor([number], dtype=refimpl.float64, device=device) for number in (start, 8.988465674311579e307))
    assert refimpl.lerp(a, b, -1.5).item() == pytest.approx(start + 1.5 * (start - 8.988465674311579e307), rel=1e-15)


@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite"])
@pytest.mark.parametrize("d", [dtypes.float32, dtypes.float64], ids=lambda d: d.name)
def test_predicates_write_every_place_of_an_output_that_is_not_contiguous(kernels, name, d):
    input = View(kernels.allocate(17 * d.itemsize), 0, (17,), (1,), d)
    out = View(kernels.allocate(34), 0, (17,), (2,), dtypes.bool_)
    kernels.fill(input, 1.0)
    kernels.fill(out, name != "isfinite")
    kernels.map(name, out, [input], d)
    assert kernels.tolist(out) == [name == "isfinite"] * 17
