"""Kullback-Leibler divergences of every registered pair, beside torch's, and beside the integral that they are."""

import math

import pytest
import torch
from torch.distributions import kl as torchs

import refimpl
from refimpl.distributions.divergence import registry

# Distributions of each class.
OF_CLASS = {
    "Bernoulli": ["D.Bernoulli(t([0.2, 1.0]))", "D.Bernoulli(t([0.7, 0.5]))", "D.Bernoulli(t([0.0, 0.5]))"],
    "Beta": ["D.Beta(t([0.5, 3.0]), t([2.0, 1.5]))", "D.Beta(t([1.5, 0.7]), t([2.5, 4.0]))"],
    "Binomial": ["D.Binomial(5, t([0.2, 0.5]))", "D.Binomial(t([5.0, 3.0]), t([0.7, 0.3]))"],
    "Categorical": ["D.Categorical(t([[0.2, 0.8, 0.0], [0.2, 0.4, 0.4]]))", "D.Categorical(t([0.3, 0.7, 0.0]))"],
    "Cauchy": ["D.Cauchy(t([0.0, 1.0]), t([1.0, 2.0]))", "D.Cauchy(t([1.0, 0.0]), t([0.5, 3.0]))"],
    "ContinuousBernoulli": ["D.ContinuousBernoulli(t([0.2, 0.5]))", "D.ContinuousBernoulli(t([0.9, 0.3]))"],
    "Dirichlet": ["D.Dirichlet(t([[0.5, 2.0, 1.0], [1.0, 1.0, 3.0]]))", "D.Dirichlet(t([1.5, 0.5, 2.0]))"],
    "Exponential": ["D.Exponential(t([0.5, 3.0]))", "D.Exponential(t([2.0, 1.0]))"],
    "Gamma": ["D.Gamma(t([0.5, 3.0]), t([2.0, 1.5]))", "D.Gamma(t([1.5, 0.7]), t([2.5, 4.0]))"],
    "Geometric": ["D.Geometric(t([0.2, 0.5]))", "D.Geometric(t([0.7, 0.3]))"],
    "Gumbel": ["D.Gumbel(t([0.0, 1.0]), t([1.0, 2.0]))", "D.Gumbel(t([1.0, 0.0]), t([0.5, 3.0]))"],
    "HalfNormal": ["D.HalfNormal(t([1.0, 2.0]))", "D.HalfNormal(t([0.5, 3.0]))"],
    "Independent": ["D.Independent(D.Normal(t([0.0, 1.0]), 1.0), 1)", "D.Independent(D.Normal(t([1.0, 1.0]), 2.0), 1)"],
    "Laplace": ["D.Laplace(t([0.0, 1.0]), t([1.0, 2.0]))", "D.Laplace(t([1.0, 0.0]), t([0.5, 3.0]))"],
    "LowRankMultivariateNormal": [
        "D.LowRankMultivariateNormal(t([[0.0, 1.0], [1.0, 1.0]]), t([[1.0], [0.5]]), t([0.5, 2.0]))",
        "D.LowRankMultivariateNormal(t([1.0, 1.0]), t([[1.0], [-0.5]]), t([1.5, 1.0]))",
    ],
    "MultivariateNormal": [
        "D.MultivariateNormal(t([0.0, 1.0]), t([[1.0, 0.5], [0.5, 2.0]]))",
        "D.MultivariateNormal(t([[1.0, 1.0], [0.0, 2.0]]), scale_tril=t([[1.5, 0.0], [-0.5, 1.0]]))",
    ],
    "Normal": ["D.Normal(t([0.0, 1.0]), t([1.0, 2.0]))", "D.Normal(t([1.0, 0.0]), t([0.5, 3.0]))"],
    "OneHotCategorical": ["D.OneHotCategorical(t([0.2, 0.8]))", "D.OneHotCategorical(t([0.6, 0.4]))"],
    "Pareto": ["D.Pareto(t([0.5, 2.0]), t([3.0, 0.5]))", "D.Pareto(t([0.25, 1.0]), t([1.5, 3.0]))"],
    "Poisson": ["D.Poisson(t([0.5, 3.0]))", "D.Poisson(t([2.0, 1.0]))"],
    "TransformedDistribution": ["D.LogNormal(t([0.0, 1.0]), t([1.0, 2.0]))", "D.LogNormal(t([1.0, 0.0]), t([0.5, 3.0]))"],
    "Uniform": ["D.Uniform(t([0.25, 0.5]), t([0.75, 1.5]))", "D.Uniform(t([-0.5, 0.5]), t([1.5, 3.0]))"],
}
PAIRS = sorted((p.__name__, q.__name__) for p, q in torchs._KL_REGISTRY if p.__module__.startswith("torch."))
CASES = [(a, b) for p, q in PAIRS if p != "ExponentialFamily" for a in OF_CLASS[p] for b in OF_CLASS[q]]


def made(library, source):
    leaves = []

    def leaf(values):
        leaves.append(library.tensor(values, dtype=library.float64, requires_grad=True))
        return leaves[-1]

    return eval(source, {"D": library.distributions, "t": leaf}), leaves


def divergence(library, p, q):
    (p, of_p), (q, of_q) = made(library, p), made(library, q)
    result = library.distributions.kl_divergence(p, q)
    weights = library.linspace(0.5, 1.5, result.numel(), dtype=result.dtype).reshape(result.shape)
    finite = library.where(result.isfinite(), result * weights, 0.0)
    leaves = [*of_p, *of_q]
    return result, library.autograd.grad(finite.sum(), leaves, allow_unused=True) if finite.requires_grad else [None] * len(leaves)


@pytest.mark.parametrize(("p", "q"), CASES, ids=lambda source: source[2 : source.index("(")])
def test_beside_torch(p, q):
    try:
        expected, expected_gradients = divergence(torch, p, q)
    except NotImplementedError:
        with pytest.raises(NotImplementedError):
            divergence(refimpl, p, q)
        return
    found, gradients = divergence(refimpl, p, q)
    same(found, expected)
    for one, other in zip(gradients, expected_gradients):
        if other is None or one is None:
            assert (one is None or not one.any()) and (other is None or not other.any())
        elif other.isfinite().all():
            same(one, other)


def same(found, expected):
    assert found.shape == expected.shape
    torch.testing.assert_close(torch.tensor(found.tolist(), dtype=torch.float64), expected.detach(), rtol=1e-6, atol=1e-7, equal_nan=True)


def test_every_pair_is_torchs():
    assert sorted((p.__name__, q.__name__) for p, q in registry._registry) == PAIRS


@pytest.mark.parametrize("name", "Beta Dirichlet Exponential Gamma Normal Poisson".split())
def test_of_exponential_families_by_their_natural_parameters(name):
    """The Bregman divergence is what the function for the pair computes."""
    family = refimpl.distributions.ExponentialFamily
    p, q = [made(refimpl, source)[0] for source in OF_CLASS[name]]
    refimpl.testing.assert_close(registry._registry[family, family](p, q), refimpl.distributions.kl_divergence(p, q))


INTEGRATED = [
    ("Beta(2.0, 3.0)", "ContinuousBernoulli(0.3)"), ("Beta(2.0, 3.0)", "Uniform(-0.5, 1.5)"), ("Beta(2.0, 3.0)", "Gamma(1.5, 2.0)"),
    ("ContinuousBernoulli(0.3)", "Uniform(0.0, 1.0)"), ("Uniform(0.0, 1.0)", "ContinuousBernoulli(0.3)"), ("Uniform(0.25, 1.0)", "Beta(2.0, 3.0)"),
    ("Uniform(0.25, 0.75)", "Pareto(0.2, 2.0)"), ("Uniform(0.25, 0.75)", "Gumbel(1.0, 2.0)"), ("ContinuousBernoulli(0.3)", "Normal(1.0, 2.0)"),
    ("Beta(2.0, 3.0)", "Exponential(2.0)"),
]  # fmt: skip


@pytest.mark.parametrize(("p", "q"), INTEGRATED, ids=str)
def test_is_the_integral(p, q):
    p, q = [eval(f"D.{each}", {"D": refimpl.distributions}) for each in (p, q)]
    n = 4000
    low, high = [float(bound) for bound in (p.support.lower_bound, p.support.upper_bound)]
    x = low + (refimpl.arange(n, dtype=refimpl.float64) + 0.5) / n * (high - low)
    integral = (p.log_prob(x).exp() * (p.log_prob(x) - q.log_prob(x))).sum() * (high - low) / n
    assert refimpl.distributions.kl_divergence(p, q).item() == pytest.approx(integral.item(), abs=1e-3)


def test_torch_has_infinities_where_the_supports_are_equal():
    """A finding: the integrals are finite, see above."""
    D = torch.distributions
    assert D.kl_divergence(D.ContinuousBernoulli(0.3), D.Uniform(0.0, 1.0)) == math.inf
    assert D.kl_divergence(D.Uniform(0.0, 1.0), D.ContinuousBernoulli(0.3)) == math.inf


def test_registration(monkeypatch):
    monkeypatch.setattr(registry, "_registry", registry._registry.copy())
    monkeypatch.setattr(registry, "_found", {})
    monkeypatch.setattr(torchs, "_KL_REGISTRY", torchs._KL_REGISTRY.copy())
    monkeypatch.setattr(torchs, "_KL_MEMOIZE", {})

    def results(library):
        D = library.distributions

        class A(D.Normal): ...

        class B(D.Normal): ...

        class C(A): ...

        D.register_kl(A, D.Normal)(lambda p, q: "A, Normal")
        D.register_kl(D.Normal, B)(lambda p, q: "Normal, B")
        a, b, c = [kind(0.0, 1.0) for kind in (A, B, C)]
        yield D.kl_divergence(c, a), D.kl_divergence(c, D.Normal(0.0, 1.0)), D.kl_divergence(D.Normal(0.0, 1.0), b)
        with pytest.warns(RuntimeWarning, match=r"Ambiguous kl_divergence\(C, B\). Please register_kl\(A, B\)"):
            yield D.kl_divergence(c, b)
        with pytest.raises(NotImplementedError, match=r"No KL\(p \|\| q\) is implemented for p type StudentT and q type A"):
            D.kl_divergence(D.StudentT(1.0), a)
        with pytest.raises(NotImplementedError, match="The cross KL-divergence between different exponential families cannot"):
            D.kl_divergence(D.Poisson(1.0), D.Gamma(1.0, 1.0))

    assert list(results(refimpl)) == list(results(torch))
    with pytest.raises(TypeError, match="Expected type_p to be a Distribution subclass but got 1"):
        refimpl.distributions.register_kl(1, refimpl.distributions.Normal)
