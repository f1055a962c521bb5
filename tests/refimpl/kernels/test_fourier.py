"""Fourier transforms of every length, against extended precision and against closed forms."""

from __future__ import annotations

import math
import random

import pytest

import refimpl as torch
from refimpl.cpu.fourier import _along_first
from refimpl.cpu.roots_of_unity import roots_of_unity

numpy = pytest.importorskip("numpy")
# Not to be done elsewhere: the expected transforms are NumPy's in extended precision, which it has from 2.0 on, and only where the processor and
# the compiler have a format wider than binary64, without which nothing here is more exact than what is tested. The closed forms below are tested
# everywhere.
extended = pytest.mark.skipif(
    numpy.finfo(numpy.longdouble).nmant <= 60 or int(numpy.__version__.split(".")[0]) < 2, reason="nothing wider than binary64 here")  # fmt: skip
SEED = random.randrange(10**6)


def exact(xs):
    return numpy.fft.fft(numpy.array(xs, dtype=numpy.clongdouble))


def worst(got, expected):
    return float(max(abs(got.real - expected.real).max(), abs(got.imag - expected.imag).max()))


def numbers(n, generator):
    return [complex(generator.gauss(0, 1), generator.gauss(0, 1)) for _ in range(n)]


@extended
@pytest.mark.parametrize("start", range(1, 2001, 100))
def test_every_length_to_2000_keeps_the_contract_in_binary64(start):
    generator = random.Random(SEED + start)
    for n in range(start, start + 100):
        xs = numbers(n, generator)
        bound = 4 * max(math.log2(n), 1.0) * 2.0**-53 * sum(map(abs, xs)) + 2.0**-52 * math.sqrt(n)
        # errors are of either sign: what is seen is far below the bound, which wrong roots or a wrong order of factors would exceed by far
        assert worst(numpy.array(_along_first(xs, n, 1)), exact(xs)) < bound / 4, f"length {n}, seed {SEED}"


@extended
@pytest.mark.parametrize("n", [4099, 10007, 2 * 5003, 3**8, 2**13, 8191, 65537])
def test_large_primes_powers_and_products(n):
    xs = numbers(n, random.Random(SEED))
    assert worst(numpy.array(_along_first(xs, n, 1)), exact(xs)) < math.log2(n) * 2.0**-53 * sum(map(abs, xs)), f"seed {SEED}"


@extended
@pytest.mark.parametrize("n", [60, 97, 128, 331, 1009])
def test_float32_is_correctly_rounded_but_for_what_cancels(n):
    generator = random.Random(SEED)
    x = torch.tensor([generator.gauss(0, 1) for _ in range(n)])
    expected = exact([complex(v) for v in x.tolist()])
    rounded = numpy.array(expected, dtype=numpy.complex64)
    got = numpy.array(torch.fft.fft(x).tolist(), dtype=numpy.complex64)
    apart = ((got.real != rounded.real) & (abs(expected.real) > 1e-9)) | ((got.imag != rounded.imag) & (abs(expected.imag) > 1e-9))
    # One in 10**7 lies so near the middle of two numbers that binary64 cannot tell; of a real input each result is there twice.
    assert apart.sum() <= 2, f"seed {SEED}"


@pytest.mark.parametrize("n", [1, 2, 3, 5, 12, 30, 37, 41, 64, 83, 100, 1021])
def test_one_element_gives_the_roots_of_unity(n):
    roots = roots_of_unity(n) if n > 1 else [1.0]
    for j in {0, 1, n // 2, n - 1} & set(range(n)):
        made = _along_first([1.0 + 0j if i == j else 0j for i in range(n)], n, 1)
        expected = [roots[j * k % n] for k in range(n)]
        assert max(abs(a - b) for a, b in zip(made, expected)) <= 12 * max(math.log2(n), 1.0) * 2.0**-53


@pytest.mark.parametrize("n", [*range(1, 50), 97, 128, 360, 1000, 1009, 4096])
def test_roots_are_correctly_rounded(n):
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workprec(200):
        for k, root in enumerate(roots_of_unity(n)):
            for part, function in ((root.real, mpmath.cospi), (root.imag, mpmath.sinpi)):
                expected = function(mpmath.mpf(-2 * k) / n)
                assert part == float(expected) and (part != 0.0 or expected == 0), (n, k)


@pytest.mark.parametrize("factor", [6e307, 1e-308, 5e-324])
def test_float64_neither_overflows_nor_vanishes_on_the_way(factor):
    x = torch.tensor([factor, -factor, 0.0, 0.0, factor, -factor, 0.0], dtype=torch.float64)
    back = torch.fft.ifft(torch.fft.fft(x, norm="ortho"), norm="ortho").real
    assert max(abs(a - b) / factor for a, b in zip(back.tolist(), x.tolist())) < (4e-15 if factor > 1e-300 else 3.0)
    assert torch.fft.fft(x)[0].abs().item() <= 4e-15 * factor + 5e-324


def test_one_lane_that_is_not_finite_leaves_the_others_alone():
    x = torch.tensor([[1.0, 2.0, 3.0], [1.0, math.inf, 3.0], [4.0, 5.0, 6.0]])
    y = torch.fft.fft(x)
    assert y[1].isnan().all() and y[[0, 2]].isfinite().all()
    assert torch.equal(y[0], torch.fft.fft(x[0])) and torch.equal(y[2], torch.fft.fft(x[2]))


def test_a_device_without_the_kernel_is_served_by_the_host():
    from refimpl.cpu import CpuKernels
    from refimpl.foundation import kernels as backend

    class Bare(CpuKernels):
        device_type = "bare"
        device_index = 0
        fft = None  # type: ignore[assignment]

    backend.register_device(Bare())
    try:
        x = torch.randn(3, 5, 4)
        for name, dims in (("fftn", (0, 2)), ("rfftn", (1, 2)), ("irfftn", (2, 1))):
            function = getattr(torch.fft, name)
            there = function(x.to("bare"), dim=dims)
            assert there.device.type == "bare" and torch.equal(there.cpu(), function(x, dim=dims))
    finally:
        del backend._Devices.kernels["bare", 0], backend._Devices.counts["bare"]


@pytest.mark.parametrize("name", ["fftn", "ifft2", "rfftn", "ihfft2", "irfftn", "hfft2"])
def test_one_number_stands_for_a_tuple_of_one(name):
    transform, x = getattr(torch.fft, name), torch.arange(6.0).reshape(2, 3)
    assert transform(x, s=2, dim=0).tolist() == transform(x, s=(2,), dim=(0,)).tolist()
    assert transform(x, dim=-1).tolist() == transform(x, dim=(-1,)).tolist()


@pytest.mark.parametrize("name", ["fft", "ifft", "hfft", "ihfft", "rfft", "irfft"])
def test_a_transform_of_one_element_is_that_element(name):
    for value in (math.inf, -math.inf, -0.0, 1.5, 1e308):
        result = getattr(torch.fft, name)(torch.tensor([[value]], dtype=torch.float64), n=1)
        assert result.shape == (1, 1) and repr(float(result.real)) == repr(value)
