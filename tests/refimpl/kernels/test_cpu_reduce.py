"""The reducing kernels of the CPU device: sums, products, extremes, variances, norms, scans, matrix products.

Sums are held against exact rational arithmetic, the rest against torch; every kernel over layouts, dtypes and special values.
"""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import pytest
import torch
from cpu_views import (
    COMPLEX,
    FLOATS,
    INTEGERS,
    LAYOUTS,
    SHAPES,
    as_tensor,
    as_view,
    in_layout,
    new_view,
    random_tensor,
    rounded,
    same,
)

from refimpl.cpu.matmul import matmul
from refimpl.cpu.reduce import arg_reduce, reduce
from refimpl.cpu.scan import scan

nan, inf = math.nan, math.inf


def dims_of(shape):
    """Some sets of dimensions to reduce: each one, all, all pairs; none of a tensor without dimensions."""
    dims = range(len(shape))
    return [*[(d,) for d in dims], tuple(dims), *itertools.combinations(dims, 2)] if shape else [()]


def reduced(name, tensor, dims, dtype, **parameters):
    shape = [1 if d in dims else size for d, size in enumerate(tensor.shape)]
    out = new_view(shape, dtype)
    reduce(name, out, as_view(tensor), dims, **parameters)
    return out


def lanes(tensor, dims):
    """The elements of each lane as Python numbers, by brute force."""
    kept = [d for d in range(tensor.dim()) if d not in dims]
    moved = tensor.permute(*kept, *dims) if tensor.dim() else tensor
    size = math.prod(tensor.shape[d] for d in dims)
    flat = moved.reshape(-1).tolist()
    count = math.prod(tensor.shape[d] for d in kept)
    return [flat[i * size : (i + 1) * size] for i in range(count)]


def exact_total(dtype, lane, divisor=1):
    special = [x for x in lane if not math.isfinite(x)]
    if special:
        return sum(special)
    return rounded(dtype, sum(map(Fraction, lane), Fraction(0)) / divisor)


def equal(a, b):
    return a == b and math.copysign(1, a) == math.copysign(1, b) or a != a and b != b


# -- sums against exact arithmetic -------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("name", ["sum", "mean"])
def test_float_sums_and_means_are_exact_and_rounded_once(name, dtype, layout):
    rng = random.Random(f"{name} {dtype} {layout}")
    for shape, special in itertools.product(SHAPES, (0.0, 0.1)):
        tensor = in_layout(rng, random_tensor(rng, dtype, shape, special), layout)
        for dims in dims_of(shape):
            ours = as_tensor(reduced(name, tensor, dims, dtype)).reshape(-1).tolist()
            for got, lane in zip(ours, lanes(tensor, dims), strict=True):
                if name == "mean" and not lane:
                    assert math.isnan(got)
                elif name == "mean" and dtype is torch.float64:
                    assert got == pytest.approx(exact_total(dtype, lane, len(lane)), rel=2.0**-52, nan_ok=True)
                else:
                    expected = exact_total(dtype, lane, len(lane) if name == "mean" else 1)
                    # Adding -0.0 to the empty sum 0.0 gives 0.0.
                    assert equal(got, expected if expected else abs(expected) if name == "sum" else got), (shape, dims, lane)


@pytest.mark.parametrize("dtype", FLOATS[:3], ids=str)
def test_a_sum_just_beside_a_tie_is_rounded_to_the_right_side(dtype):
    tie = 1.0 + torch.finfo(dtype).eps / 2
    tiny = torch.finfo(dtype).tiny
    for sign, size in itertools.product((1, -1, 0), (3, 40)):
        values = [1.0, tie - 1.0, sign * tiny] + [0.0] * (size - 3)
        expected = 1.0 + torch.finfo(dtype).eps if sign > 0 else 1.0
        tensor = torch.tensor([values, values], dtype=dtype)
        assert as_tensor(reduced("sum", tensor, (1,), dtype)).tolist() == [[expected]] * 2
        assert as_tensor(reduced("sum", tensor.t().contiguous(), (0,), dtype)).tolist() == [[expected] * 2]
        out = new_view((2, 1), dtype)
        matmul(out, as_view(tensor), as_view(torch.ones(size, 1, dtype=dtype)))
        assert as_tensor(out).tolist() == [[expected]] * 2
        running = new_view((2, size), dtype)
        scan("cumsum", running, as_view(tensor), 1)
        assert as_tensor(running)[:, -1].tolist() == [expected] * 2


def test_sums_of_subnormal_numbers_keep_the_last_bit():
    tensor = torch.tensor([2.0**-149, 2.0**-149, 2.0**-149, -(2.0**-148)])
    assert as_tensor(reduced("sum", tensor, (0,), torch.float32)).item() == 2.0**-149
    assert as_tensor(reduced("mean", tensor[:2], (0,), torch.float32)).item() == 2.0**-149
    assert as_tensor(reduced("mean", tensor, (0,), torch.float32)).item() == 0.0


def test_a_sum_overflows_only_if_its_true_value_does():
    big = torch.tensor([1e308, 1e308, -1e308], dtype=torch.float64)
    assert as_tensor(reduced("sum", big, (0,), torch.float64)).item() == 1e308
    assert as_tensor(reduced("sum", big[:2], (0,), torch.float64)).item() == inf
    assert as_tensor(reduced("sum", -big[:2], (0,), torch.float64)).item() == -inf
    assert as_tensor(reduced("mean", big[:2], (0,), torch.float64)).item() == 1e308
    for values, expected in (([1e308, 1e308, inf], inf), ([1e308, 1e308, inf, -inf], nan), ([1e308, nan, 1e308], nan)):
        got = as_tensor(reduced("sum", torch.tensor(values, dtype=torch.float64), (0,), torch.float64)).item()
        assert equal(got, expected)


@pytest.mark.parametrize("dtype", COMPLEX, ids=str)
def test_complex_sums_are_sums_of_the_parts(dtype):
    rng = random.Random(3)
    part = torch.float32 if dtype is torch.complex64 else torch.float64
    for shape, layout in itertools.product([(3, 4), (40, 3), (2, 3, 4), (0, 3)], LAYOUTS):
        tensor = in_layout(rng, random_tensor(rng, dtype, shape, 0.05), layout)
        for dims in dims_of(shape):
            ours = torch.view_as_real(as_tensor(reduced("sum", tensor, dims, dtype)))
            for k, values in enumerate((tensor.real, tensor.imag)):
                assert torch.equal(ours[..., k].nan_to_num(7), as_tensor(reduced("sum", values, dims, part)).nan_to_num(7))


# -- everything else against torch -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.bool, *INTEGERS], ids=str)
@pytest.mark.parametrize("name", ["sum", "prod", "amax", "amin", "any", "all"])
def test_integer_reductions_equal_torch(name, dtype):
    rng = random.Random(f"{name} {dtype}")
    for shape, layout in itertools.product(SHAPES, LAYOUTS):
        tensor = in_layout(rng, random_tensor(rng, dtype, shape, 0.2), layout)
        for dims in dims_of(shape):
            if name in ("amax", "amin") and any(tensor.shape[d] == 0 for d in dims):
                continue
            if name == "prod":
                theirs = tensor
                for d in dims:
                    theirs = theirs.prod(d, keepdim=True)
                theirs = theirs if dims else tensor.prod()
            else:
                theirs = getattr(tensor, name)(dims, keepdim=True) if dims else getattr(tensor, name)()
            assert same(reduced(name, tensor, dims, theirs.dtype), theirs), (shape, layout, dims)


def test_a_sum_casts_its_input_to_the_dtype_asked_for():
    cases = [
        (torch.tensor([1.7, 1.7]), torch.int32), (torch.tensor([300.0, 1.7]), torch.uint8), (torch.tensor([1, 1]), torch.bool),
        (torch.tensor([1e6, -1e6]), torch.float16), (torch.tensor([2**53 + 1, 2**53 + 1]), torch.float32),
        (torch.tensor([1e300, -1e300], dtype=torch.float64), torch.float32), (torch.tensor([1 + 1j]), torch.complex128),
        (torch.tensor([1.5, 2.5]), torch.complex64), (torch.tensor([True, True]), torch.float32),
        (torch.tensor([300, 1]), torch.int8),
    ]
    for tensor, dtype in cases:
        assert same(reduced("sum", tensor, (0,), dtype), tensor.sum(0, keepdim=True, dtype=dtype)), (tensor, dtype)
    wide = torch.tensor([1e6, -1e6, 1.0])
    assert same(reduced("mean", wide, (0,), torch.float16), wide.mean(0, keepdim=True, dtype=torch.float16))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_extremes_and_truth_of_floats_equal_torch(dtype, layout):
    rng = random.Random(f"{dtype} {layout}")
    for shape, special in itertools.product(SHAPES, (0.0, 0.02, 0.5)):
        tensor = in_layout(rng, random_tensor(rng, dtype, shape, special), layout)
        for dims in dims_of(shape):
            for name in ("any", "all"):
                theirs = getattr(tensor, name)(dims, keepdim=True) if dims else getattr(tensor, name)()
                assert same(reduced(name, tensor, dims, torch.bool), theirs)
            if any(tensor.shape[d] == 0 for d in dims):
                continue
            for name in ("amax", "amin"):
                theirs = getattr(tensor, name)(dims, keepdim=True)
                assert torch.equal(as_tensor(reduced(name, tensor, dims, dtype)).nan_to_num(7), theirs.nan_to_num(7))
            if len(dims) == 1:
                for name in ("argmax", "argmin"):
                    theirs = getattr(tensor, name)(dims[0], keepdim=True)
                    out = new_view(theirs.shape, torch.int64)
                    arg_reduce(name, out, as_view(tensor), dims[0])
                    assert same(out, theirs)


def test_of_equal_zeros_the_first_is_the_extreme():
    for values in ([0.0, -0.0], [-0.0, 0.0, -0.0], [-0.0] * 3 + [0.0] * 60):
        for name in ("amax", "amin"):
            got = as_tensor(reduced(name, torch.tensor(values), (0,), torch.float32)).item()
            assert math.copysign(1, got) == math.copysign(1, values[0])


def test_truth_of_complex_numbers_is_that_of_both_parts():
    tensor = torch.tensor([[0j, 1j], [complex(-0.0, 0), complex(0, nan)], [0j, 0j]])
    for name in ("any", "all"):
        assert same(reduced(name, tensor, (1,), torch.bool), getattr(tensor, name)(1, keepdim=True))


@pytest.mark.parametrize("dtype", [*FLOATS, *COMPLEX], ids=str)
@pytest.mark.parametrize("size", [0, 1, 2, 6, 7, 50, 700])
def test_products_are_within_rounding_of_the_exact_product(dtype, size):
    rng = random.Random(size)
    tensor = random_tensor(rng, dtype, (size,))
    got = as_tensor(reduced("prod", tensor, (0,), dtype)).item()
    if dtype in COMPLEX:
        expected = (Fraction(1), Fraction(0))
        for z in tensor.tolist():
            re, im = Fraction(z.real), Fraction(z.imag)
            expected = expected[0] * re - expected[1] * im, expected[0] * im + expected[1] * re
        if size > 50:
            return  # complex products take the roundings and the range of binary64 at each step
        scale = abs(complex(*map(float, expected)))
        eps = torch.finfo(dtype).eps
        assert abs(got - complex(*map(float, expected))) <= (eps + 2 * size * 2.0**-52) * scale
        return
    exact = math.prod(map(Fraction, tensor.tolist()), start=Fraction(1))
    expected = rounded(dtype, exact)
    ulp = max(abs(expected) * torch.finfo(dtype).eps, torch.finfo(dtype).tiny * torch.finfo(dtype).eps)
    assert got == expected or abs(Fraction(got) - exact) <= Fraction(ulp) * (size if dtype is torch.float64 else 1) / 2 * Fraction(1.01)


def test_a_product_does_not_overflow_on_the_way():
    for dtype, values, expected in [
        (torch.float32, [1e30] * 20 + [1e-30] * 20, 1.0), (torch.float32, [1e-30] * 20 + [1e30] * 20, 1.0),
        (torch.float64, [1e200, 1e200, 1e-200, 1e-200], 1.0), (torch.float64, [1e-200, 1e-120, 1e200, 1e120], 1.0),
        (torch.float32, [1e30] * 20 + [-1.0], -inf), (torch.float32, [1e30] * 20 + [0.0], 0.0),
        (torch.float32, [inf] + [1.0] * 20 + [0.0], nan), (torch.float32, [-0.0] + [1.0] * 20, -0.0),
        (torch.float32, [2.0] * 70, 2.0**70), (torch.float64, [1e5] * 70 + [1e-5] * 70, 1.0),
    ]:
        got = as_tensor(reduced("prod", torch.tensor(values, dtype=dtype), (0,), dtype)).item()
        assert got == pytest.approx(expected, rel=1e-5, nan_ok=True)
        assert math.copysign(1, got) == math.copysign(1, expected) or expected != expected


@pytest.mark.parametrize("correction", [0, 1, 2, 5, 0.5, -1])
@pytest.mark.parametrize("dtype", [*FLOATS, *COMPLEX], ids=str)
def test_variances_are_within_a_unit_of_the_exact_ones(dtype, correction):
    rng = random.Random(f"{dtype} {correction}")
    out_dtype = {torch.complex64: torch.float32, torch.complex128: torch.float64}.get(dtype, dtype)
    eps = torch.finfo(out_dtype).eps
    for shape, layout in itertools.product([(), (1,), (5,), (3, 4), (40, 3), (2, 3, 4), (3, 0), (0, 3)], LAYOUTS):
        tensor = in_layout(rng, random_tensor(rng, dtype, shape), layout)
        for dims in dims_of(shape):
            var, std = (
                as_tensor(reduced(name, tensor, dims, out_dtype, correction=correction)).reshape(-1).tolist()
                for name in ("var", "std")
            )
            for v, s, lane in zip(var, std, lanes(tensor, dims), strict=True):
                n = len(lane)
                squares = Fraction(0)
                for part in (lambda z: z.real), (lambda z: z.imag):
                    numbers = [Fraction(part(z)) for z in lane]
                    squares += sum((x - sum(numbers) / n) ** 2 for x in numbers)
                divisor = max(Fraction(0), n - Fraction(correction))
                if n == 0 or divisor == 0:
                    assert equal(v, inf if squares else nan) and equal(s, v)
                    continue
                exact = rounded(out_dtype, squares / divisor)
                root = rounded(out_dtype, Fraction(math.sqrt(squares / divisor)))
                assert v == pytest.approx(exact, rel=2 * eps, abs=torch.finfo(out_dtype).tiny)
                assert s == pytest.approx(root, rel=2 * eps, abs=torch.finfo(out_dtype).tiny)


def test_variance_of_extreme_and_of_equal_numbers():
    cases = [
        ([1e200, -1e200], inf, math.sqrt(2) * 1e200), ([1e-200, -1e-200], 0.0, math.sqrt(2) * 1e-200),
        ([1e308, 1e308, -1e308], inf, 1.1547005383792515e308), ([0.1] * 49, 0.0, 0.0), ([1e300] * 3, 0.0, 0.0),
        ([1.0, 1.0 + 2.0**-52], 2.0**-105, 2.0**-52.5), ([inf, 1.0], nan, nan), ([nan, 1.0], nan, nan),
        ([1e9 + 0.25, 1e9, 1e9 - 0.25], 0.0625, 0.25),
    ]
    for values, var, std in cases:
        tensor = torch.tensor(values, dtype=torch.float64)
        for name, expected in (("var", var), ("std", std)):
            got = as_tensor(reduced(name, tensor, (0,), torch.float64, correction=1)).item()
            assert got == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True), (values, name)


@pytest.mark.parametrize("ord", [0, 1, 2, 3, 0.5, inf, -inf, -1, -2, 2000, -2000])
@pytest.mark.parametrize("dtype", [*FLOATS, *COMPLEX], ids=str)
def test_norms_equal_torch(dtype, ord):
    rng = random.Random(f"{dtype} {ord}")
    out_dtype = {torch.complex64: torch.float32, torch.complex128: torch.float64}.get(dtype, dtype)
    for shape, special in itertools.product([(), (1,), (5,), (3, 4), (40, 3), (2, 3, 4), (3, 0), (0, 3)], (0.0, 0.1)):
        tensor = random_tensor(rng, dtype, shape, special)
        for dims in dims_of(shape):
            if ord in (inf, -inf) or ord < 0:
                if any(tensor.shape[d] == 0 for d in dims):
                    continue
            ours = as_tensor(reduced("norm", tensor, dims, out_dtype, ord=ord))
            # Powers of float32 numbers overflow in torch: evaluate there in float64.
            wide = tensor.to(torch.complex128).abs() if dtype in COMPLEX else tensor.to(torch.float64)
            if abs(ord) == 2000 or out_dtype is torch.float64 and special:
                continue
            theirs = torch.linalg.vector_norm(wide, ord=ord, dim=dims or None, keepdim=bool(dims)).to(out_dtype)
            assert torch.allclose(ours, theirs, rtol=8 * torch.finfo(out_dtype).eps, atol=0, equal_nan=True), (shape, dims, ours, theirs)


def test_norms_of_extreme_numbers():
    cases = [
        ([1e300, 1e300], 2, math.sqrt(2) * 1e300), ([1e-300, 1e-300], 2, math.sqrt(2) * 1e-300),
        ([1e300, 1e300], 3, 2 ** (1 / 3) * 1e300), ([1e300, 1e-300], -3, 1e-300), ([3.0, -4.0], 2000, 4.0),
        ([3.0, -4.0], -2000, 3.0), ([3.0, inf], -1, 3.0), ([inf, inf], -1, inf), ([3.0, nan], inf, nan),
        ([nan, 3.0], -inf, nan), ([0.0, nan], 0, 1.0), ([1e300, 0.0], -1, 0.0), ([1e308, 1e308], 1, inf),
        ([nan, inf], 2, nan), ([0.0, -0.0], 2, 0.0), ([-inf, 1.0], 2, inf), ([-3.0, 0.0], 2, 3.0),
    ]
    for values, ord, expected in cases:
        got = as_tensor(reduced("norm", torch.tensor(values, dtype=torch.float64), (0,), torch.float64, ord=ord)).item()
        assert got == pytest.approx(expected, rel=1e-14, abs=0, nan_ok=True), (values, ord)


# -- scans -------------------------------------------------------------------------------------------------------


def scanned(name, tensor, dim, dtype):
    out = new_view(tensor.shape, dtype)
    scan(name, out, as_view(tensor), dim)
    return out


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_each_running_sum_is_the_exact_sum_of_its_prefix(dtype, layout):
    rng = random.Random(f"{dtype} {layout}")
    for shape, special in itertools.product(SHAPES, (0.0, 0.1)):
        tensor = in_layout(rng, random_tensor(rng, dtype, shape, special), layout)
        for dim in range(max(1, len(shape))):
            ours = as_tensor(scanned("cumsum", tensor, dim, dtype))
            dims = (dim,) if shape else ()
            for got, lane in zip(lanes(ours, dims), lanes(tensor, dims), strict=True):
                for i, x in enumerate(got):
                    assert equal(x, exact_total(dtype, lane[: i + 1]) + 0.0), (shape, dim, lane)


def test_running_sums_of_float64_numbers_of_any_range():
    rng = random.Random(1)
    for scale in (1.0, 1e-300, 1e300, 5e-324):
        for spread in (0, 100, 600):
            values = [rng.gauss(0, 1) * scale * 2.0 ** rng.randint(-spread, spread // 4) for _ in range(50)]
            got = as_tensor(scanned("cumsum", torch.tensor(values, dtype=torch.float64), 0, torch.float64)).tolist()
            assert all(equal(x, exact_total(torch.float64, values[: i + 1])) for i, x in enumerate(got))
    big = [1e308, 1e308, -1e308, inf, 1.0, -inf, 1.0]
    got = as_tensor(scanned("cumsum", torch.tensor(big, dtype=torch.float64), 0, torch.float64)).tolist()
    assert str(got) == "[1e+308, inf, 1e+308, inf, inf, nan, nan]"


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_integer_and_complex_scans_equal_torch(name):
    rng = random.Random(name)
    for dtype, shape, layout in itertools.product([torch.bool, *INTEGERS, *COMPLEX], SHAPES, LAYOUTS):
        tensor = in_layout(rng, random_tensor(rng, dtype, shape, 0.0 if dtype in COMPLEX else 0.2), layout)
        for dim in range(max(1, len(shape))):
            theirs = getattr(tensor, name)(dim)
            ours = scanned(name, tensor, dim, theirs.dtype)
            if dtype in COMPLEX:
                eps = torch.finfo(dtype).eps
                scale = getattr(tensor.abs(), name)(dim).to(torch.float64)
                error = (as_tensor(ours) - theirs).abs().to(torch.float64)
                assert (error <= 8 * eps * max(1, tensor.shape[dim] if shape else 1) * scale + 1e-300).all()
            else:
                assert same(ours, theirs), (dtype, shape, layout, dim)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_running_products_are_within_rounding_and_do_not_overflow_on_the_way(dtype):
    rng = random.Random(str(dtype))
    for shape in [(5,), (40,), (3, 4), (40, 3), (9, 17)]:
        tensor = random_tensor(rng, dtype, shape)
        for dim in range(len(shape)):
            ours = as_tensor(scanned("cumprod", tensor, dim, dtype))
            for got, lane in zip(lanes(ours, (dim,)), lanes(tensor, (dim,)), strict=True):
                exact = Fraction(1)
                for i, x in enumerate(lane):
                    exact *= Fraction(x)
                    expected = rounded(dtype, exact)
                    assert got[i] == expected or abs(got[i] - expected) <= (i if dtype is torch.float64 else 0) * 2.0**-52 * abs(expected)
    tricky = torch.tensor([2.0**100] * 12 + [2.0**-100] * 12)
    assert as_tensor(scanned("cumprod", tricky, 0, torch.float32))[-1].item() == 1.0
    special = torch.tensor([-0.0, 2.0, nan, 3.0])
    assert same(scanned("cumprod", special, 0, torch.float32), special.cumprod(0))
    special = torch.tensor([-3.0, inf, 2.0, 0.0, 3.0])
    assert same(scanned("cumprod", special, 0, torch.float32), special.cumprod(0))


# -- matrix products ---------------------------------------------------------------------------------------------


def product(a, b):
    out = new_view((*a.shape[:-1], b.shape[-1]), a.dtype)
    matmul(out, as_view(a), as_view(b))
    return out


def operands(rng, dtype, batch, m, k, n, special=0.0):
    a = in_layout(rng, random_tensor(rng, dtype, (*batch, m, k), special), rng.choice(LAYOUTS))
    b = in_layout(rng, random_tensor(rng, dtype, (*batch, k, n), special), rng.choice(LAYOUTS))
    return a, b


# The batch, m, k and n.
MATRICES = [
    ((), 3, 4, 5), ((), 1, 7, 1), ((), 2, 0, 3), ((), 0, 2, 3), ((), 2, 3, 0), ((3,), 2, 4, 3), ((2, 3), 2, 2, 2),
    ((0,), 2, 2, 2), ((1,), 40, 3, 2),
]


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_float_products_are_exact_sums_rounded_once(dtype):
    rng = random.Random(str(dtype))
    for (batch, m, k, n), special in itertools.product(MATRICES, (0.0, 0.1)):
        a, b = operands(rng, dtype, batch, m, k, n, special)
        count = math.prod(batch)
        ours = as_tensor(product(a, b)).reshape(count, m, n)
        for i, (left, right) in enumerate(zip(a.reshape(count, m, k).tolist(), b.reshape(count, k, n).tolist())):
            for r, c in itertools.product(range(m), range(n)):
                pairs = [(left[r][j], right[j][c]) for j in range(k)]
                if all(math.isfinite(x) and math.isfinite(y) for x, y in pairs):
                    # Products of float64 are rounded before they are added.
                    terms = [Fraction(x) * Fraction(y) if dtype is not torch.float64 else Fraction(x * y) for x, y in pairs]
                    expected = rounded(dtype, sum(terms, Fraction(0)))
                else:
                    expected = exact_total(dtype, [x * y for x, y in pairs])
                assert equal(ours[i, r, c].item(), expected or expected + 0.0), (a, b)


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_integer_products_equal_torch(dtype):
    rng = random.Random(str(dtype))
    for batch, m, k, n in MATRICES:
        a, b = operands(rng, dtype, batch, m, k, n, special=0.3)
        assert same(product(a, b), a @ b)


@pytest.mark.parametrize("dtype", COMPLEX, ids=str)
def test_complex_products_are_exact_sums_of_the_products_of_parts(dtype):
    rng = random.Random(str(dtype))
    part = torch.float32 if dtype is torch.complex64 else torch.float64
    for batch, m, k, n in MATRICES:
        a, b = operands(rng, dtype, batch, m, k, n)
        ours = torch.view_as_real(as_tensor(product(a, b)))
        re = product(torch.cat([a.real, -a.imag], -1), torch.cat([b.real, b.imag], -2))
        im = product(torch.cat([a.real, a.imag], -1), torch.cat([b.imag, b.real], -2))
        assert ours.dtype is part
        assert torch.equal(ours[..., 0], as_tensor(re)) and torch.equal(ours[..., 1], as_tensor(im))
        assert torch.allclose(as_tensor(product(a, b)), a @ b, rtol=1e-3, atol=1e-3)


def test_a_broadcast_matrix_meets_every_matrix_of_the_batch():
    rng = random.Random(5)
    for dtype in (torch.float32, torch.int32, torch.complex64):
        a = random_tensor(rng, dtype, (4, 2, 3))
        b = random_tensor(rng, dtype, (3, 5)).expand(4, 3, 5)
        assert torch.allclose(as_tensor(product(a, b)), a @ b, rtol=1e-5, atol=1e-5)
        assert torch.allclose(as_tensor(product(b.mT, a.mT)), b.mT @ a.mT, rtol=1e-5, atol=1e-5)


def test_products_overflow_only_if_their_true_sum_does():
    a = torch.tensor([[1e308, 1e308, -1e308]], dtype=torch.float64)
    assert as_tensor(product(a, torch.ones(3, 1, dtype=torch.float64))).item() == 1e308
    big = torch.tensor([[3e38, 3e38]])
    assert as_tensor(product(big, torch.tensor([[1.0], [-1.0]]))).item() == 0.0
    assert as_tensor(product(big, big.t())).item() == inf


@pytest.mark.parametrize("name", ["sum", "mean", "amax", "var", "any"])
def test_reductions_write_into_strided_results_and_nothing_else(name):
    tensor = torch.arange(12.0).reshape(3, 4)
    dtype = torch.bool if name == "any" else torch.float32
    large = as_view(torch.ones(3, 3, dtype=dtype))
    out = type(large)(large.storage, 1, (3, 1), (3, 1), large.dtype)
    reduce(name, out, as_view(tensor), (1,), **({"correction": 1} if name == "var" else {}))
    expected = torch.ones(3, 3, dtype=dtype)
    expected[:, 1] = getattr(tensor, name)(1)
    assert torch.allclose(as_tensor(large).float(), expected.float())
