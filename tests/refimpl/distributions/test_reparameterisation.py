"""Gamma and Dirichlet numbers, against torch's stream; how they move with their parameters, against differences of the distribution functions."""

import math

import pytest
import torch

import refimpl


def paired(values, dtype):
    values = torch.tensor(values, dtype=getattr(torch, dtype))
    return values, refimpl.tensor(values.tolist(), dtype=getattr(refimpl, dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", range(5))
def test_streams(seed, dtype):
    generator = torch.Generator().manual_seed(seed)
    shapes = torch.rand(6, 7, generator=generator, dtype=torch.float64) * 10.0 ** torch.randint(-3, 3, (6, 7), generator=generator)
    shapes[0, 0] = 0.0
    theirs, ours = paired(shapes.tolist(), dtype)
    for name in ("_standard_gamma", "_sample_dirichlet"):
        for turned in (False, True):
            a, b = torch.Generator().manual_seed(seed), refimpl.Generator().manual_seed(seed)
            expected = getattr(torch, name)(theirs.t() if turned else theirs, generator=a)
            found = getattr(refimpl, name)(ours.t() if turned else ours, generator=b)
            assert found.stride() == expected.stride()
            rtol = 1e-6 if dtype == "float32" else 1e-13
            torch.testing.assert_close(torch.tensor(found.tolist(), dtype=expected.dtype), expected, rtol=rtol, atol=0)
            assert b.get_state().tolist() == a.get_state().tolist()


@pytest.mark.parametrize("name", ["_standard_gamma", "_sample_dirichlet"])
def test_refused(name):
    for dtype in ("float16", "bfloat16", "int64", "bool", "complex64"):
        said = []
        for library in (torch, refimpl):
            with pytest.raises(NotImplementedError) as raised:
                getattr(library, name)(library.ones(2, dtype=getattr(library, dtype)))
            said.append(str(raised.value))
        assert said[0] == said[1]


@pytest.mark.parametrize("a", [0.05, 0.5, 1.0, 3.0, 50.0, 900.0, 3000.0])
@pytest.mark.parametrize("place", [0.01, 0.3, 0.9, 1.0, 1.1, 2.0, 5.0])
def test_gamma_numbers_keep_their_place(a, place):
    x, h = a * place, 1e-4 * a
    if abs(x - a) > 12 * math.sqrt(a) + 1e-3 * a:
        x = a + math.copysign(4 * math.sqrt(a), x - a)
    x = max(x, 0.01 * a)

    below = x < a

    def distribution(a):
        both = refimpl.tensor([a, x], dtype=refimpl.float64)
        return (refimpl.special.gammainc(both[0], both[1]) if below else -refimpl.special.gammaincc(both[0], both[1])).item()

    slope = (8 * (distribution(a + h) - distribution(a - h)) - (distribution(a + 2 * h) - distribution(a - 2 * h))) / (12 * h)
    density = math.exp((a - 1) * math.log(x) - x - math.lgamma(a))
    found = refimpl._standard_gamma_grad(refimpl.tensor([a], dtype=refimpl.float64), refimpl.tensor([x], dtype=refimpl.float64)).item()
    assert found == pytest.approx(-slope / density, rel=1e-6)


BETA = [(0.5, 0.5, 1e-6), (0.5, 0.5, 0.9), (1.0, 1.0, 0.3), (2.0, 0.3, 0.8), (2.0, 0.3, 0.01), (0.05, 4.0, 1e-9), (0.05, 4.0, 0.02), (7.0, 3.0, 0.5),
        (7.0, 3.0, 0.9), (100.0, 30.0, 0.74), (100.0, 30.0, 0.8), (0.02, 0.02, 0.5), (0.02, 0.02, 1e-20)]  # fmt: skip


@pytest.mark.parametrize(("a", "b", "x"), BETA)
def test_beta_numbers_keep_their_place(a, b, x):
    """The distribution function is ``x**a / a`` times a series of positive terms."""
    h = 1e-4 * a

    def log_density(a, t):
        return (a - 1) * math.log(t) + (b - 1) * math.log1p(-t) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)

    def distribution(a):
        term, total, n = 1.0, 0.0, 0
        while n < 200000 and term > 1e-17 * total:  # 2F1(a + b, 1; a + 1; x) (1 - x)**b
            total += term
            term *= (a + b + n) / (a + 1 + n) * x
            n += 1
        return math.exp(log_density(a, x)) * x * (1 - x) / a * total

    slope = (8 * (distribution(a + h) - distribution(a - h)) - (distribution(a + 2 * h) - distribution(a - 2 * h))) / (12 * h)
    numbers = [refimpl.tensor([value], dtype=refimpl.float64) for value in (x, a, a + b)]
    found = refimpl._dirichlet_grad(*numbers).item()
    assert found == pytest.approx(-slope / math.exp(log_density(a, x)) / (1 - x), rel=1e-5, abs=1e-9)


def test_gradients_of_draws():
    """The expectation of a function of the numbers has the gradient that the draws give."""
    refimpl.manual_seed(0)
    a = refimpl.tensor([1.5], requires_grad=True)
    draws = refimpl._standard_gamma(a.expand(2000))
    (slope,) = refimpl.autograd.grad(draws.mean(), a)
    assert slope.item() == pytest.approx(1.0, abs=0.05)  # the mean is a
    (slope,) = refimpl.autograd.grad(refimpl._standard_gamma(a.expand(2000)).square().mean(), a)
    assert slope.item() == pytest.approx(2 * 1.5 + 1, abs=0.4)
    with pytest.raises(NotImplementedError, match="the derivative for '_standard_gamma_grad' is not implemented"):
        refimpl._standard_gamma_grad(a, a.detach()).sum().backward()
    with pytest.raises(RuntimeError, match="derivative for aten::_sample_dirichlet is not implemented"):
        refimpl._sample_dirichlet(a.expand(3)).sum().backward()


def test_special_cases():
    nan = math.nan
    found = refimpl._standard_gamma_grad(refimpl.tensor([0.0, 1, 1, nan, -1]), refimpl.tensor([1.0, 0, math.inf, 1, 1]))
    assert [x if x == x else "nan" for x in found.tolist()] == ["nan", 0.0, "nan", "nan", "nan"]
    found = refimpl._dirichlet_grad(refimpl.tensor([0.0, 0.5, 0.5, nan]), refimpl.tensor([1.0, 0.0, 3.0, 1.0]), refimpl.tensor(2.0))
    assert [x if x == x else "nan" for x in found.tolist()] == [0.0, "nan", "nan", "nan"]
