"""Every distribution beside torch's, from the same parameters and the same seed."""

import math

import pytest
import torch

import refimpl


@pytest.fixture(autouse=True)
def _arguments_are_checked(monkeypatch):
    """Also where another test has imported torch's compiler, which turns that off for the whole process."""
    monkeypatch.setattr(torch.distributions.Distribution, "_validate_args", True)


# What makes a distribution: D is the module of distributions, t makes tensors of float64 that require gradients.
CASES = {
    "Bernoulli": "D.Bernoulli(t([0.1, 0.5, 0.9]))",
    "Bernoulli of logits": "D.Bernoulli(logits=t([[0.3], [-2.0]]))",
    "Bernoulli of a number": "D.Bernoulli(0.3)",
    "Beta": "D.Beta(t([0.5, 1.5, 4.0]), t([2.0, 0.7, 3.0]))",
    "Beta of numbers": "D.Beta(2.0, 3)",
    "Binomial": "D.Binomial(5, t([0.2, 0.8]))",
    "Binomial of logits": "D.Binomial(t([3.0, 3.0]), logits=t([0.0, -1.0]))",
    "Binomial of counts": "D.Binomial(t([3.0, 30.0]), t([0.5, 0.4]))",
    "Categorical": "D.Categorical(t([0.1, 2.0, 3.0]))",
    "Categorical of logits": "D.Categorical(logits=t([[0.1, 2.0, 3.0], [0.0, -1.0, 0.5]]))",
    "Cauchy": "D.Cauchy(t([0.0, 1.0]), t([1.0, 2.0]))",
    "Chi2": "D.Chi2(t([0.5, 3.0, 8.0]))",
    "ContinuousBernoulli": "D.ContinuousBernoulli(t([0.1, 0.4, 0.8]))",
    "ContinuousBernoulli near a half": "D.ContinuousBernoulli(t([0.4995, 0.5, 0.5009]))",
    "ContinuousBernoulli of logits": "D.ContinuousBernoulli(logits=t([-1.0, 2.0]))",
    "Dirichlet": "D.Dirichlet(t([[0.5, 1.5, 3.0], [2.0, 2.0, 2.0]]))",
    "Dirichlet of small concentrations": "D.Dirichlet(t([0.5, 0.25, 0.75]))",
    "Exponential": "D.Exponential(t([0.5, 3.0]))",
    "FisherSnedecor": "D.FisherSnedecor(t([3.0, 1.5, 6.0]), t([1.5, 3.0, 6.0]))",
    "Gamma": "D.Gamma(t([0.3, 1.0, 7.0]), t([2.0, 0.5, 1.0]))",
    "Gamma of numbers": "D.Gamma(2.0, 3.0)",
    "GeneralizedPareto": "D.GeneralizedPareto(t([0.0, 1.0, 0.0, 1.0]), t([1.0, 2.0, 1.0, 0.5]), t([0.25, -0.5, 0.0, 2.0]))",
    "Geometric": "D.Geometric(t([0.2, 0.7, 1.0]))",
    "Geometric of logits": "D.Geometric(logits=t([0.2, -1.0]))",
    "Gumbel": "D.Gumbel(t([0.0, 1.0]), t([1.0, 2.0]))",
    "Gumbel of numbers": "D.Gumbel(1.0, 2.0)",
    "HalfCauchy": "D.HalfCauchy(t([0.5, 2.0]))",
    "HalfNormal": "D.HalfNormal(t([0.5, 2.0]))",
    "Independent": "D.Independent(D.Normal(t([[0.0, 1.0], [2.0, 3.0]]), t([1.0, 2.0])), 1)",
    "Independent of a Bernoulli": "D.Independent(D.Bernoulli(t([0.5, 0.25])), 0)",
    "InverseGamma": "D.InverseGamma(t([0.5, 1.5, 4.0]), t([1.0, 2.0, 3.0]))",
    "Kumaraswamy": "D.Kumaraswamy(t([0.5, 2.0]), t([3.0, 1.5]))",
    "LKJCholesky": "D.LKJCholesky(3, t([0.5, 2.0]))",
    "LKJCholesky of dimension 2": "D.LKJCholesky(2)",
    "Laplace": "D.Laplace(t([0.0, 1.0]), t([1.0, 2.0]))",
    "LogNormal": "D.LogNormal(t([0.0, 1.0]), t([1.0, 0.5]))",
    "LogisticNormal": "D.LogisticNormal(t([[0.0, 1.0], [0.5, -1.0]]), t([1.0, 2.0]))",
    "LowRankMultivariateNormal": "D.LowRankMultivariateNormal(t([[0.0, 1.0, 2.0]]), t([[1.0], [0.5], [-1.0]]), t([[1.0, 2.0, 0.5], [2.0, 1, 1]]))",
    "MixtureSameFamily": "D.MixtureSameFamily(D.Categorical(t([[0.3, 0.7], [0.5, 0.5]])), D.Normal(t([[0.0, 1.0], [2.0, 3.0]]), t([1.0, 2.0])))",
    "MixtureSameFamily of vectors": "D.MixtureSameFamily(D.Categorical(t([0.3, 0.7])), D.Independent(D.Normal(t([[0.0, 1.0], [2.0, 3.0]]), 1.0), 1))",
    "Multinomial": "D.Multinomial(5, t([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]))",
    "Multinomial of logits": "D.Multinomial(3, logits=t([0.2, 0.3, 0.5]))",
    "MultivariateNormal": "D.MultivariateNormal(t([0.0, 1.0]), t([[2.0, 0.5], [0.5, 1.0]]))",
    "MultivariateNormal of a precision": "D.MultivariateNormal(t([[0.0, 1.0], [1.0, 2.0]]), precision_matrix=t([[2.0, 0.5], [0.5, 1.0]]))",
    "MultivariateNormal of a factor": "D.MultivariateNormal(t([0.0, 1.0]), scale_tril=t([[[2.0, 0.0], [0.5, 1.0]], [[1.0, 0.0], [-0.5, 3.0]]]))",
    "NegativeBinomial": "D.NegativeBinomial(t([2.5, 4.0]), t([0.2, 0.8]))",
    "NegativeBinomial of logits": "D.NegativeBinomial(3, logits=t([0.2, -0.8]))",
    "Normal": "D.Normal(t([0.0, 1.0]), t([[1.0], [2.0]]))",
    "Normal of numbers": "D.Normal(0, 1)",
    "Normal, many": "D.Normal(t([0.5] * 20), 2.0)",
    "OneHotCategorical": "D.OneHotCategorical(t([[0.1, 2.0, 3.0], [0.2, 0.2, 0.1]]))",
    "OneHotCategoricalStraightThrough": "D.OneHotCategoricalStraightThrough(logits=t([0.1, 2.0, 3.0]))",
    "Pareto": "D.Pareto(t([1.0, 2.0]), t([3.0, 0.5]))",
    "Poisson": "D.Poisson(t([0.5, 4.0, 30.0]))",
    "RelaxedBernoulli": "D.RelaxedBernoulli(t(0.7), t([0.2, 0.8]))",
    "RelaxedOneHotCategorical": "D.RelaxedOneHotCategorical(t(0.7), t([[0.2, 0.3, 0.5], [0.6, 0.2, 0.2]]))",
    "StudentT": "D.StudentT(t([0.5, 1.5, 5.0]), t([0.0, 1.0, 2.0]), t(2.0))",
    "TransformedDistribution": "D.TransformedDistribution(D.Normal(t([0.0, 1.0]), 1.0), [D.AffineTransform(1.0, t([-2.0, -1])), D.TanhTransform()])",
    "TransformedDistribution of vectors": "D.TransformedDistribution(D.Normal(t([[0.0, 1.0], [1.0, 2.0]]), 1.0), D.StickBreakingTransform())",
    "TransformedDistribution of broadcast": "D.TransformedDistribution(D.Exponential(t(1.0)), [D.PowerTransform(t([0.5, 2.0])), D.ExpTransform()])",
    "TransformedDistribution of nothing": "D.TransformedDistribution(D.Uniform(t(1.0), 2.0), [])",
    "Uniform": "D.Uniform(t([0.0, -1.0]), t([1.0, 2.0]))",
    "VonMises": "D.VonMises(t([0.0, 1.0, -3.0]), t([0.000001, 1.0, 30.0]))",
    "Weibull": "D.Weibull(t([1.0, 2.0]), t([0.5, 3.0]))",
    "Wishart": "D.Wishart(t([4.0, 6.5]), t([[2.0, 0.5], [0.5, 1.0]]))",
    "Wishart of a precision": "D.Wishart(5, precision_matrix=t([[2.0, 0.5], [0.5, 1.0]]))",
    "Wishart of a factor": "D.Wishart(t(4.0), scale_tril=t([[2.0, 0.0], [0.5, 1.0]]))",
}
# torch's derivatives of draws from gamma and beta distributions are approximations, and so are its Bessel functions
APPROXIMATE_DRAWS = "Beta Chi2 Dirichlet FisherSnedecor Gamma InverseGamma StudentT Wishart".split()
APPROXIMATE = ["VonMises"]
# torch's Wishart samples warn of samples that are not singular
pytestmark = pytest.mark.filterwarnings("ignore:Singular sample detected.:UserWarning")


class Made:
    """A distribution in one of the two libraries, with the tensors that it was made of."""

    def __init__(self, library, source, dtype):
        self.library, self.leaves, self.dtype = library, [], getattr(library, dtype)
        self.distribution = eval(source, {"D": library.distributions, "t": self.leaf})

    def leaf(self, values):
        self.leaves.append(self.library.tensor(values, dtype=self.dtype, requires_grad=True))
        return self.leaves[-1]

    def gradients(self, output):
        """Of all parameters."""
        leaves = [leaf for leaf in self.leaves if leaf.requires_grad]
        if not leaves or not output.requires_grad:
            return None
        weights = self.library.linspace(0.5, 1.5, output.numel(), dtype=output.dtype).reshape(output.shape)
        return self.library.autograd.grad((output * weights).sum(), leaves, allow_unused=True, retain_graph=True)


def both(name, dtype=None):
    """The distribution of a name in both libraries; torch's GeneralizedPareto has no densities in float64."""
    dtype = dtype or ("float32" if name == "GeneralizedPareto" else "float64")
    return Made(torch, CASES[name], dtype), Made(refimpl, CASES[name], dtype)


def outcome(function, *arguments):
    """What a call gives, or the class of what it raises."""
    try:
        return function(*arguments)
    except (NotImplementedError, ValueError, RuntimeError, AttributeError) as error:
        return type(error)


def close(ours, theirs, rtol=1e-7, atol=1e-8):
    """Equal but for rounding, whose size is given for float64."""
    if isinstance(theirs, (tuple, list)):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs):
            close(one, other, rtol, atol)
    elif isinstance(theirs, torch.Tensor):
        assert isinstance(ours, refimpl.Tensor), ours
        assert str(ours.dtype) == str(theirs.dtype)
        assert tuple(ours.shape) == tuple(theirs.shape)
        if theirs.dtype == torch.float32:
            rtol, atol = max(rtol, 1e-4), max(atol, 1e-5)
        torch.testing.assert_close(torch.tensor(ours.tolist(), dtype=theirs.dtype).reshape(theirs.shape), theirs.detach(), rtol=rtol, atol=atol,
                                   equal_nan=True)
    else:
        assert ours == theirs


def tolerance(name, draws=False):
    family = name.split(" ")[0].rstrip(",")
    if family in APPROXIMATE:
        return {"rtol": 1e-4, "atol": 1e-6}
    return {"rtol": 5e-3, "atol": 5e-3} if draws and family in APPROXIMATE_DRAWS else {}


def seeded(made, seed, function, *arguments):
    made.library.manual_seed(seed)
    return outcome(function, *arguments)


@pytest.mark.parametrize("name", CASES)
def test_shapes_and_moments(name):
    theirs, ours = both(name)
    assert repr(ours.distribution) == repr(theirs.distribution)
    for attribute in "batch_shape event_shape has_rsample has_enumerate_support".split():
        assert getattr(ours.distribution, attribute) == getattr(theirs.distribution, attribute), attribute
    assert repr(outcome(lambda: ours.distribution.support)) == repr(outcome(lambda: theirs.distribution.support))
    for attribute in "mean mode variance stddev param_shape".split()[: 5 if hasattr(theirs.distribution, "param_shape") else 4]:
        expected = outcome(getattr, theirs.distribution, attribute)
        found = outcome(getattr, ours.distribution, attribute)
        close(found, expected, **tolerance(name))
        if isinstance(expected, torch.Tensor):
            close(ours.gradients(found), theirs.gradients(expected), **tolerance(name))
    for call in ("entropy()", "perplexity()", "enumerate_support()", "enumerate_support(expand=False)"):
        found, expected = [outcome(eval, f"d.{call}", {"d": made.distribution}) for made in (ours, theirs)]
        close(found, expected, **tolerance(name))
        if isinstance(expected, torch.Tensor):
            close(ours.gradients(found), theirs.gradients(expected))


@pytest.mark.parametrize("shape", [(), (2,), (3, 4)], ids=str)
@pytest.mark.parametrize("name", CASES)
def test_samples_of_a_seed_and_their_densities(name, shape):
    theirs, ours = both(name)
    for kind in ("sample", "rsample"):
        expected, found = [seeded(made, len(name), getattr(made.distribution, kind), shape) for made in (theirs, ours)]
        close(found, expected)
        if isinstance(expected, type):
            continue
        assert found.requires_grad == expected.requires_grad
        if not (shape and name.startswith("Wishart")):  # there torch writes in place what its gradient needs
            close(ours.gradients(found), theirs.gradients(expected), **tolerance(name, draws=True))
        value = refimpl.tensor(expected.tolist(), dtype=found.dtype)
        log_prob, at = outcome(theirs.distribution.log_prob, expected.detach()), outcome(ours.distribution.log_prob, value)
        close(at, log_prob, **tolerance(name))
        if isinstance(log_prob, torch.Tensor):
            close(ours.gradients(at), theirs.gradients(log_prob), **tolerance(name))
        close(outcome(ours.distribution.cdf, value), outcome(theirs.distribution.cdf, expected.detach()))


@pytest.mark.parametrize("name", CASES)
def test_quantiles(name):
    theirs, ours = both(name)
    shape = theirs.distribution.batch_shape
    for p in (0.0, 0.125, 0.5, 0.875, 1.0):
        expected = outcome(theirs.distribution.icdf, torch.full(shape, p, dtype=theirs.dtype))
        found = outcome(ours.distribution.icdf, refimpl.full(shape, p, dtype=ours.dtype))
        close(found, expected)
        if isinstance(expected, torch.Tensor) and 0.0 < p < 1.0:
            close(ours.gradients(found), theirs.gradients(expected))


@pytest.mark.parametrize("name", CASES)
def test_expanded(name):
    theirs, ours = both(name)
    shape = (2, *theirs.distribution.batch_shape)
    theirs.distribution, ours.distribution = theirs.distribution.expand(shape), ours.distribution.expand(list(shape))
    assert type(ours.distribution).__name__ == type(theirs.distribution).__name__
    assert repr(ours.distribution) == repr(theirs.distribution)
    assert ours.distribution.batch_shape == theirs.distribution.batch_shape and ours.distribution.event_shape == theirs.distribution.event_shape
    expected, found = [seeded(made, 7, made.distribution.sample, (3,)) for made in (theirs, ours)]
    close(found, expected)
    value = refimpl.tensor(expected.tolist(), dtype=found.dtype)
    close(outcome(ours.distribution.log_prob, value), outcome(theirs.distribution.log_prob, expected), **tolerance(name))
    if not name.startswith("Multinomial"):  # of which torch does not expand a part
        close(outcome(ours.distribution.entropy), outcome(theirs.distribution.entropy))
    close(outcome(lambda: ours.distribution.mean), outcome(lambda: theirs.distribution.mean))


@pytest.mark.parametrize("name", CASES)
def test_single_precision(name):
    theirs, ours = both(name, "float32")
    expected, found = [seeded(made, 5, made.distribution.sample, (2,)) for made in (theirs, ours)]
    close(found, expected, rtol=2e-5, atol=2e-6)
    value = refimpl.tensor(expected.tolist(), dtype=found.dtype)
    close(outcome(ours.distribution.log_prob, value), outcome(theirs.distribution.log_prob, expected), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", CASES)
def test_values_outside_the_support_and_of_wrong_shapes(name):
    theirs, ours = both(name)
    shape = [*theirs.distribution.batch_shape, *theirs.distribution.event_shape]
    for values in (torch.full(shape, 1.5), torch.full(shape, -0.5), torch.full(shape, math.nan), torch.ones([*shape, 7]), torch.ones(5, 7), 1.0):
        value = refimpl.tensor(values.tolist()).reshape(values.shape) if isinstance(values, torch.Tensor) else values
        expected = said(theirs.distribution.log_prob, values)
        found = said(ours.distribution.log_prob, value)
        assert (found if isinstance(found, str) else None) == (expected if isinstance(expected, str) else None)


def said(call, *arguments):
    """The class and the words of what a call raises, or what it returns."""
    try:
        return call(*arguments)
    except (ValueError, NotImplementedError, TypeError, AssertionError, RuntimeError) as error:
        return f"{type(error).__name__}: {error}"


WRONG = """
    Normal(t([0.0, nan]), t([1.0, 1.0])); Normal(t([0.0]), t([-1.0])); Normal(t([0.0, 1.0]), t([1.0, 0.0])); Normal("a", 1.0); Normal(0.0, -1.0)
    Bernoulli(t([1.5])); Bernoulli(); Bernoulli(t([0.5]), t([0.5])); Bernoulli(logits=t([nan])); Binomial(t([-1.0]), t([0.5]))
    Binomial(2, t([1.5])); Binomial(2); Categorical(t([0.5, -0.5])); Categorical(t(0.5)); Categorical(); Categorical(logits=t([nan, 1.0]))
    Categorical(logits=t(1.0)); Beta(t([-1.0]), t([1.0])); Beta(0.0, 1.0); Dirichlet(t(1.0)); Dirichlet(t([0.0, 1.0]))
    Gamma(t([0.0]), t([1.0])); Gamma(1.0, -1.0); Chi2(t([-2.0])); ContinuousBernoulli(t([2.0]), validate_args=True)
    ContinuousBernoulli(t([nan])); Exponential(t([0.0])); Exponential(-1); FisherSnedecor(t([0.0]), t([1.0])); Geometric(t([0.0, 0.5]))
    Geometric(t([1.5])); Geometric(); Gumbel(t([0.0]), t([-1.0])); HalfCauchy(t([-1.0])); HalfNormal(t([0.0]))
    Independent(Normal(t([0.0]), 1.0), 2); InverseGamma(t([-1.0]), t([1.0])); Kumaraswamy(t([-1.0]), t([1.0])); LKJCholesky(1)
    LKJCholesky(3, t([-1.0])); Laplace(0.0, 0.0); LogNormal(0.0, -1.0); LogisticNormal(t([0.0]), t([-1.0])); Pareto(t([-1.0]), t([1.0]))
    Poisson(t([-1.0])); LowRankMultivariateNormal(t(0.0), t([[1.0]]), t([1.0])); LowRankMultivariateNormal(t([0.0]), t([1.0]), t([1.0]))
    NegativeBinomial(t([-1.0]), t([0.5])); LowRankMultivariateNormal(t([0.0]), t([[1.0], [2.0]]), t([1.0]))
    LowRankMultivariateNormal(t([0.0]), t([[1.0]]), t([1.0, 2.0]))
    LowRankMultivariateNormal(t([[0.0], [1.0]]), t([[[1.0]], [[1.0]], [[1.0]]]), t([1.0])); NegativeBinomial(t([1.0]), t([1.0]))
    NegativeBinomial(2); MixtureSameFamily(Normal(0.0, 1.0), Normal(t([0.0, 1.0]), 1.0)); MixtureSameFamily(Categorical(t([0.5, 0.5])), 3)
    MixtureSameFamily(Categorical(t([[0.5, 0.5]] * 3)), Normal(t([[0.0, 1.0]] * 2), 1.0)); Multinomial(t([2.0]), t([0.5, 0.5]))
    MixtureSameFamily(Categorical(t([0.5, 0.5])), Normal(t([[0.0, 1.0, 2.0]] * 2), 1.0)); Multinomial(2, t([-0.5, 0.5]))
    MultivariateNormal(t(0.0), t([[1.0]])); MultivariateNormal(t([0.0])); MultivariateNormal(t([0.0]), t([1.0]))
    Wishart(1.0, t([[1.0, 0.0], [0.0, 1.0]])); MultivariateNormal(t([0.0]), precision_matrix=t([1.0]))
    MultivariateNormal(t([0.0]), scale_tril=t([1.0])); MultivariateNormal(t([nan]), t([[1.0]]))
    MultivariateNormal(t([0.0, 1.0]), t([[1.0, 2.0], [2.0, 1.0]])); MultivariateNormal(t([0.0, 1.0]), t([[1.0, 2.0], [0.0, 1.0]])); Wishart(2.0)
    MultivariateNormal(t([0.0, 1.0]), scale_tril=t([[1.0, 2.0], [2.0, 1.0]])); Wishart(t([3.0]), t([1.0])); Wishart(t([3.0]), t([[-1.0]]))
    OneHotCategorical(t([-0.5, 0.5])); OneHotCategorical(); RelaxedBernoulli(t(1.0), t([1.5])); RelaxedBernoulli(t(1.0))
    RelaxedOneHotCategorical(t(1.0)); StudentT(t([-1.0])); StudentT(t([1.0]), 0.0, -1.0)
    TransformedDistribution(Normal(0.0, 1.0), ExpTransform); Uniform(t([1.0]), t([1.0])); TransformedDistribution(Normal(0.0, 1.0), [1])
    TransformedDistribution(Normal(0.0, 1.0), SoftmaxTransform()); VonMises(t([0.0]), t([-1.0])); Weibull(t([-1.0]), t([1.0]))
    GeneralizedPareto(t([0.0]), t([-1.0]), t([1.0])); Uniform(2.0, 1.0)
"""


@pytest.mark.parametrize("source", [each.strip() for each in WRONG.replace("\n", ";").split(";") if each.strip()])
def test_wrong_parameters(source):
    def make(library):
        names = {"t": library.tensor, "nan": math.nan}
        return eval(source, {**vars(library.distributions), **names})

    expected, found = said(lambda: make(torch)), said(lambda: make(refimpl))
    assert isinstance(expected, str)
    assert found == expected.replace("'torch.", "'refimpl.")


def test_what_torch_fails_at():
    k = torch.tensor([0.5], dtype=torch.float64)
    with pytest.raises(RuntimeError, match="Double did not match Float"):
        torch.distributions.GeneralizedPareto(k, k, k).log_prob(k)
    k = refimpl.tensor([0.5], dtype=refimpl.float64)
    assert refimpl.distributions.GeneralizedPareto(k, k, k).log_prob(k).item() == pytest.approx(math.log(2.0))
    probs = torch.tensor([0.5, 0.5])
    with pytest.raises(AttributeError):
        torch.distributions.Multinomial(2, probs).expand((2,)).entropy()
    close(refimpl.distributions.Multinomial(2, refimpl.tensor([0.5, 0.5])).expand((2,)).entropy(),
          torch.distributions.Multinomial(2, probs).entropy().expand(2))
    scale = torch.eye(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        torch.distributions.Wishart(3.0, scale_tril=scale).rsample((2,)).sum().backward()
    scale = refimpl.eye(2, requires_grad=True)
    refimpl.distributions.Wishart(3.0, scale_tril=scale).rsample((2,)).sum().backward()
    assert scale.grad.shape == (2, 2)


def test_validation_can_be_left_out():
    for library in (torch, refimpl):
        normal = library.distributions.Normal(0.0, -1.0, validate_args=False)
        assert normal.scale == -1.0
        with pytest.raises(ValueError):
            library.distributions.Distribution.set_default_validate_args(2)
        library.distributions.Distribution.set_default_validate_args(False)
        try:
            assert library.distributions.Poisson(-1.0).rate == -1.0
        finally:
            library.distributions.Distribution.set_default_validate_args(True)


def test_distributions_of_ones_own():
    def results(library):
        D, constraints = library.distributions, library.distributions.constraints

        class Silent(D.Distribution):
            def log_prob(self, value):
                self._validate_sample(value)
                return value

        class Shifted(D.Normal):
            def __init__(self, shift):
                self.shift = shift
                super().__init__(shift + 1, library.ones_like(shift))

        class Expanding(Shifted):
            def expand(self, batch_shape, _instance=None):
                new = self._get_checked_instance(Expanding, _instance)
                new.shift = self.shift.expand(batch_shape)
                return super().expand(batch_shape, _instance=new)

        class Triangle(D.Distribution):
            arg_constraints = {"low": constraints.real}
            support = constraints.dependent

            @D.utils.lazy_property
            def low(self):
                return library.tensor(1.0)

        shift = library.tensor([1.0, 2.0])
        yield said(lambda: Shifted(shift).expand((3, 2)))
        yield repr(Expanding(shift).expand((3, 2)))
        yield Expanding(shift).expand((3, 2)).shift.shape
        with pytest.warns(UserWarning, match="does not define `arg_constraints`"):
            silent = Silent()
        with pytest.warns(UserWarning, match="does not define `support`"):
            silent.log_prob(shift)
        yield said(lambda: silent.expand((2,)))
        for name in "mean variance stddev support arg_constraints".split():
            yield said(getattr, silent, name)
        for call in (silent.sample, silent.rsample, silent.entropy, silent.enumerate_support, lambda: silent.cdf(shift), lambda: silent.icdf(shift)):
            yield said(call)
        yield repr(Triangle()), Triangle().low.item()
        with pytest.warns(FutureWarning, match="sample_n"):
            yield Expanding(shift).sample_n(3).shape

    assert list(results(refimpl)) == list(results(torch))


def test_torchs_paths():
    for name in torch.distributions.__all__:
        theirs, ours = getattr(torch.distributions, name), getattr(refimpl.distributions, name)
        if isinstance(theirs, type):
            assert ours.__module__ == theirs.__module__.replace("torch", "refimpl", 1)
            assert getattr(__import__(ours.__module__, fromlist=[name]), name) is ours
    from refimpl.distributions.kl import kl_divergence
    from refimpl.distributions.relaxed_bernoulli import LogitRelaxedBernoulli

    assert kl_divergence is refimpl.distributions.kl_divergence and LogitRelaxedBernoulli(refimpl.tensor(1.0), 0.5).rsample().shape == ()
