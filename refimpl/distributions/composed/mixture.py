"""Mixtures of distributions of one kind."""

from __future__ import annotations

from typing import Any

from ...autograd.modes import no_grad
from ...tensor import Size
from .. import constraints
from ..discrete.categories import Categorical
from ..distribution import Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """One of several components, which stand along the last batch dimension of ``component_distribution``, with the probabilities of the categorical
    distribution ``mixture_distribution``.

    ValueError if these are no distributions of these kinds, or if their shapes do not fit.
    """

    arg_constraints: dict[str, Any] = {}

    def __init__(self, mixture_distribution: Any, component_distribution: Any, validate_args: bool | None = None) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(" The Mixture distribution needs to be an  instance of torch.distributions.Categorical")
        if not isinstance(component_distribution, Distribution):
            raise ValueError("The Component distribution needs to be an instance of torch.distributions.Distribution")
        self._mixture_distribution, self._component_distribution = mixture_distribution, component_distribution
        mixtures, batch = mixture_distribution.batch_shape, component_distribution.batch_shape[:-1]
        if any(1 != i != j != 1 for i, j in zip(reversed(mixtures), reversed(batch))):
            raise ValueError(f"`mixture_distribution.batch_shape` ({mixtures}) is not compatible with `component_distribution.batch_shape`({batch})")
        probabilities, components = mixture_distribution.logits.shape[-1], component_distribution.batch_shape[-1]
        if probabilities != components:
            raise ValueError(
                f"`mixture_distribution component` ({probabilities}) does not equal `component_distribution.batch_shape[-1]` ({components})"
            )
        self._num_component = probabilities
        self._event_ndims = len(component_distribution.event_shape)
        super().__init__(batch, component_distribution.event_shape, validate_args=validate_args)

    def _expanded(self, name: str, value: Any, batch_shape: Any) -> Any:
        return value.expand(batch_shape) if name == "_mixture_distribution" else super()._expanded(name, value, batch_shape)

    @constraints.dependent_property
    def support(self) -> Any:
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def mixture_distribution(self) -> Any:
        """The categorical distribution of the components."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Any:
        """The components, along its last batch dimension."""
        return self._component_distribution

    def _weighted(self, values: Any) -> Any:
        """The expectation over the components of values that they have."""
        probs = self.mixture_distribution.probs
        return (probs.reshape(*probs.shape, *[1] * self._event_ndims) * values).sum(-1 - self._event_ndims)

    @property
    def mean(self) -> Any:
        return self._weighted(self.component_distribution.mean)

    @property
    def variance(self) -> Any:
        """The mean of the variances and the variance of the means."""
        means = self.component_distribution.mean
        return self._weighted(self.component_distribution.variance) + self._weighted((means - self._for_each(self.mean)).pow(2.0))

    def _for_each(self, value: Any) -> Any:
        return value.unsqueeze(-1 - self._event_ndims)

    def cdf(self, x: Any) -> Any:
        return (self.component_distribution.cdf(self._for_each(x)) * self.mixture_distribution.probs).sum(-1)

    def log_prob(self, x: Any) -> Any:
        self._check(x)
        log_prob = self.component_distribution.log_prob(self._for_each(x))
        return (log_prob + self.mixture_distribution.logits.log_softmax(-1)).logsumexp(-1)

    def sample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008
        with no_grad():
            chosen = self.mixture_distribution.sample(sample_shape)
            samples = self.component_distribution.sample(sample_shape)
            place = len(sample_shape) + len(self.batch_shape)
            index = chosen.reshape(*chosen.shape, *[1] * (self._event_ndims + 1)).expand(*chosen.shape, 1, *self.event_shape)
            return samples.gather(place, index).squeeze(place)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self.mixture_distribution},\n  {self.component_distribution})"
