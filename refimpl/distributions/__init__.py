"""Probability distributions, as ``torch.distributions``: samples from torch's random streams, densities, entropies, divergences, transforms.

Torch has them in other files: each is found under torch's path as well (``distributions.normal``), which is also the path that it says it is from.
"""

import sys
from types import ModuleType

from ..foundation.paths import attach, shown
from . import constraint_registry, constraints, distribution, transforms, utils
from .composed.independent import Independent
from .composed.mixture import MixtureSameFamily
from .composed.transformed import TransformedDistribution
from .constraint_registry import biject_to, transform_to
from .continuous.continuous_bernoulli import ContinuousBernoulli
from .continuous.gamma import Chi2, FisherSnedecor, Gamma, InverseGamma, StudentT
from .continuous.heavy_tails import Cauchy, GeneralizedPareto, HalfCauchy, Pareto
from .continuous.lines import Exponential, Gumbel, Kumaraswamy, Laplace, Uniform, Weibull
from .continuous.normal import HalfNormal, LogisticNormal, LogNormal, Normal
from .continuous.relaxed import ExpRelaxedCategorical, LogitRelaxedBernoulli, RelaxedBernoulli, RelaxedOneHotCategorical
from .continuous.simplex import Beta, Dirichlet
from .continuous.von_mises import VonMises
from .discrete.categories import Categorical, Multinomial, OneHotCategorical, OneHotCategoricalStraightThrough
from .discrete.counts import Poisson
from .discrete.trials import Bernoulli, Binomial, Geometric, NegativeBinomial
from .distribution import Distribution, ExponentialFamily
from .divergence import kl_divergence, register_kl
from .multivariate.correlations import LKJCholesky
from .multivariate.low_rank import LowRankMultivariateNormal
from .multivariate.normal import MultivariateNormal
from .multivariate.wishart import Wishart
from .transforms import *  # noqa: F403

__all__ = [
    "Bernoulli", "Beta", "Binomial", "Categorical", "Cauchy", "Chi2", "ContinuousBernoulli", "Dirichlet", "Distribution", "Exponential",
    "ExponentialFamily", "FisherSnedecor", "Gamma", "GeneralizedPareto", "Geometric", "Gumbel", "HalfCauchy", "HalfNormal", "Independent",
    "InverseGamma", "Kumaraswamy", "LKJCholesky", "Laplace", "LogNormal", "LogisticNormal", "LowRankMultivariateNormal", "MixtureSameFamily",
    "Multinomial", "MultivariateNormal", "NegativeBinomial", "Normal", "OneHotCategorical", "OneHotCategoricalStraightThrough", "Pareto", "Poisson",
    "RelaxedBernoulli", "RelaxedOneHotCategorical", "StudentT", "TransformedDistribution", "Uniform", "VonMises", "Weibull", "Wishart", "biject_to",
    "kl_divergence", "register_kl", "transform_to", *transforms.__all__,
]  # fmt: skip

# Torch's files, and what is in them.
_PATHS = {
    "bernoulli": "Bernoulli", "beta": "Beta", "binomial": "Binomial", "categorical": "Categorical", "cauchy": "Cauchy", "chi2": "Chi2",
    "continuous_bernoulli": "ContinuousBernoulli", "dirichlet": "Dirichlet", "exp_family": "ExponentialFamily", "exponential": "Exponential",
    "fishersnedecor": "FisherSnedecor", "gamma": "Gamma", "generalized_pareto": "GeneralizedPareto", "geometric": "Geometric", "gumbel": "Gumbel",
    "half_cauchy": "HalfCauchy", "half_normal": "HalfNormal", "independent": "Independent", "inverse_gamma": "InverseGamma",
    "kl": "kl_divergence register_kl", "kumaraswamy": "Kumaraswamy", "laplace": "Laplace", "lkj_cholesky": "LKJCholesky", "log_normal": "LogNormal",
    "logistic_normal": "LogisticNormal", "lowrank_multivariate_normal": "LowRankMultivariateNormal", "mixture_same_family": "MixtureSameFamily",
    "multinomial": "Multinomial", "multivariate_normal": "MultivariateNormal", "negative_binomial": "NegativeBinomial", "normal": "Normal",
    "one_hot_categorical": "OneHotCategorical OneHotCategoricalStraightThrough", "pareto": "Pareto", "poisson": "Poisson",
    "relaxed_bernoulli": "LogitRelaxedBernoulli RelaxedBernoulli", "relaxed_categorical": "ExpRelaxedCategorical RelaxedOneHotCategorical",
    "studentT": "StudentT", "transformed_distribution": "TransformedDistribution", "uniform": "Uniform", "von_mises": "VonMises",
    "weibull": "Weibull", "wishart": "Wishart",
}  # fmt: skip

for _path, _members in _PATHS.items():
    _module = sys.modules.setdefault(f"{__name__}.{_path}", ModuleType(f"{__name__}.{_path}"))
    globals()[_path] = _module
    for _name in _members.split():
        globals()[_name].__module__ = shown(_module.__name__)
        setattr(_module, _name, globals()[_name])
for _name in transforms.__all__:
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = shown(transforms.__name__)
attach(__name__, {  # what libraries take from there
    "utils": "distributions.utils: _sum_rightmost=sum_rightmost",
    "multivariate_normal": "distributions.multivariate.matrices: _batch_mahalanobis=mahalanobis _batch_mv=times "
                           "_precision_to_scale_tril=factor_of_inverse",
})  # fmt: skip
del ExpRelaxedCategorical, LogitRelaxedBernoulli, ModuleType  # programs look through the names for those of distributions
