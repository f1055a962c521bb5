"""What every distribution has: its shapes, the validation of parameters and samples, expanding; and entropies of exponential families."""

from __future__ import annotations

from typing import Any
from warnings import warn

from ..autograd import grad
from ..autograd.modes import no_grad
from ..foundation.paths import is_own
from ..tensor import Size, Tensor
from . import constraints
from .utils import lazy_property

__all__ = ["Distribution", "ExponentialFamily"]



class Distribution:
    """A probability distribution, or a batch of independent ones.

    ``batch_shape`` is the shape of the batch, ``event_shape`` that of one sample of one distribution: ``sample(sample_shape)`` has the shape
    ``sample_shape + batch_shape + event_shape``, and ``log_prob`` of it the shape ``sample_shape + batch_shape``. ``rsample`` draws samples that are
    differentiable functions of the parameters, for the distributions that have it (``has_rsample``).

    Parameters are checked against ``arg_constraints`` and samples against ``support`` (ValueError), unless ``validate_args`` is false.
    """

    has_rsample: Any = False
    has_enumerate_support: Any = False
    _validate_args: Any = __debug__

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions validate their arguments if they are not told."""
        if value not in (True, False):
            raise ValueError
        Distribution._validate_args = value

    def __init__(self, batch_shape: Any = Size(), event_shape: Any = Size(), validate_args: bool | None = None) -> None:  # noqa: B008
        self._batch_shape, self._event_shape = batch_shape, event_shape
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._validate_parameters()

    def _validate_parameters(self) -> None:
        try:
            arg_constraints = self.arg_constraints
        except NotImplementedError:
            warn(
                f"{type(self)} does not define `arg_constraints`. Please set `arg_constraints = {{}}` or initialize the distribution with "
                "`validate_args=False` to turn off validation.",
                stacklevel=4,
            )
            return
        for name, constraint in arg_constraints.items():
            if constraints.is_dependent(constraint):
                continue
            if name not in vars(self) and isinstance(getattr(type(self), name), lazy_property):
                continue  # it follows from the others
            value = getattr(self, name)
            if not constraint.check(value).all():
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution {self!r} "
                    f"to satisfy the constraint {constraint!r}, but found invalid values:\n{value}"
                )

    # -- expanding -----------------------------------------------------------------------------------

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The distribution with its batch expanded to ``batch_shape``: its parameters are expanded, and nothing is validated again.

        NotImplementedError for a subclass with an ``__init__`` of its own that does not define ``expand``. Such a method makes the instance
        (``_get_checked_instance``), fills in what it adds, and hands it on as ``_instance``.
        """
        owner = next((each for each in type(self).__mro__ if is_own(each)), Distribution)
        if owner in (Distribution, ExponentialFamily):
            raise NotImplementedError
        new = self._get_checked_instance(owner, _instance)
        batch_shape = Size(batch_shape)
        for name, value in vars(self).items():
            if not (isinstance(getattr(type(self), name, None), lazy_property) and name not in self.arg_constraints):
                vars(new).setdefault(name, self._expanded(name, value, batch_shape))
        new._batch_shape, new._event_shape, new._validate_args = batch_shape, self._event_shape, self._validate_args
        return new

    def _expanded(self, name: str, value: Any, batch_shape: Any) -> Any:
        """An attribute in the expanded distribution: parameters and distributions that this one is made of are expanded."""
        if isinstance(value, Distribution):
            return value.expand(batch_shape + value.batch_shape[len(self._batch_shape) :])
        if name in self.arg_constraints and isinstance(value, Tensor):
            return value.expand(batch_shape + value.shape[len(self._batch_shape) :])
        return value

    def _get_checked_instance(self, cls: Any, _instance: Any = None) -> Any:
        if _instance is None and type(self).__init__ != cls.__init__:
            raise NotImplementedError(
                f"Subclass {type(self).__name__} of {cls.__name__} that defines a custom __init__ method must also define a custom .expand() method."
            )
        return type(self).__new__(type(self)) if _instance is None else _instance

    # -- what is known about it ----------------------------------------------------------------------

    @property
    def batch_shape(self) -> Any:
        """The shape of the batch of distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> Any:
        """The shape of one sample of one distribution."""
        return self._event_shape

    @property
    def arg_constraints(self) -> Any:
        """The constraints of the parameters, by name."""
        raise NotImplementedError

    @property
    def support(self) -> Any:
        """The constraint that samples satisfy."""
        raise NotImplementedError

    @property
    def mean(self) -> Any:
        """The expectation."""
        raise NotImplementedError

    @property
    def mode(self) -> Any:
        """Where the density, or the probability, is largest."""
        raise NotImplementedError(f"{type(self)} does not implement mode")

    @property
    def variance(self) -> Any:
        """The expectation of the squared distance from the mean."""
        raise NotImplementedError

    @property
    def stddev(self) -> Any:
        """The square root of the variance."""
        return self.variance.sqrt()

    # -- samples -------------------------------------------------------------------------------------

    def sample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008
        """Samples, ``sample_shape`` of each distribution of the batch, outside of the graph."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008
        """Samples that are differentiable functions of the parameters."""
        raise NotImplementedError

    def sample_n(self, n: int) -> Any:
        """``sample((n,))``; deprecated."""
        warn("`sample_n(n)` will be deprecated. Use `sample((n,))` instead.", FutureWarning, stacklevel=2)
        return self.sample(Size((n,)))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density, or of the probability, at ``value``."""
        raise NotImplementedError

    def cdf(self, value: Any) -> Any:
        """The probability of a sample that is at most ``value``."""
        raise NotImplementedError

    def icdf(self, value: Any) -> Any:
        """The inverse of :meth:`cdf`."""
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Any:
        """Every value that a discrete distribution has, along a new dimension 0; the other ones are those of the batch, or of size 1."""
        raise NotImplementedError

    def entropy(self) -> Any:
        """The expectation of ``-log_prob``, of the shape of the batch."""
        raise NotImplementedError

    def perplexity(self) -> Any:
        """``exp(entropy())``."""
        return self.entropy().exp()

    def _extended_shape(self, sample_shape: Any = Size()) -> Any:  # noqa: B008
        return Size(Size(sample_shape) + self._batch_shape + self._event_shape)

    def _enumerated(self, values: Any, expand: bool) -> Any:
        """The values of a univariate support, as :meth:`enumerate_support` gives them."""
        values = values.view(-1, *[1] * len(self._batch_shape))
        return values.expand(-1, *self._batch_shape) if expand else values

    def _validate_sample(self, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        shape: Any = value.shape
        if shape[len(shape) - len(self._event_shape) :] != self._event_shape:
            raise ValueError(f"The right-most size of value must match event_shape: {shape} vs {self._event_shape}.")
        expected = self._batch_shape + self._event_shape
        if any(1 != i != j != 1 for i, j in zip(reversed(shape), reversed(expected))):
            raise ValueError(f"Value is not broadcastable with batch_shape+event_shape: {shape} vs {expected}.")
        try:
            support = self.support
        except NotImplementedError:
            warn(
                f"{type(self)} does not define `support` to enable sample validation. Please initialize the distribution with "
                "`validate_args=False` to turn off validation.",
                stacklevel=3,
            )
            return
        if support is None:
            raise AssertionError("support is unexpectedly None")
        if not support.check(value).all():
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(shape)}) to be within the support ({support!r}) "
                f"of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def _check(self, value: Any) -> None:
        """Validate a sample, if this distribution validates."""
        if self._validate_args:
            self._validate_sample(value)

    def __repr__(self) -> str:
        parameters = {name: vars(self)[name] for name in self.arg_constraints if name in vars(self)}
        return f"{type(self).__name__}({', '.join(f'{k}: {v if v.numel() == 1 else v.size()}' for k, v in parameters.items())})"


class ExponentialFamily(Distribution):
    """A distribution with the density ``exp(<t(x), theta> - F(theta) + k(x))``: theta are the natural parameters, F is the log normalizer.

    A subclass has ``_natural_params``, ``_log_normalizer(*natural_params)`` and ``_mean_carrier_measure``, the expectation of k. The expectation
    of t is the gradient of F, whence the entropy (F. Nielsen, R. Nock: Entropies and cross-entropies of exponential families, 2010).
    """

    @property
    def _natural_params(self) -> Any:
        raise NotImplementedError

    def _log_normalizer(self, *natural_params: Any) -> Any:
        raise NotImplementedError

    @property
    def _mean_carrier_measure(self) -> Any:
        raise NotImplementedError

    def _expected_statistics(self) -> tuple[list[Any], Any, Any]:
        """The natural parameters, as leaves of a graph of their own, the log normalizer, and its gradients: the expectations of t."""
        theta = [parameter.detach().requires_grad_() for parameter in self._natural_params]
        normalizer = self._log_normalizer(*theta)
        return theta, normalizer, grad(normalizer.sum(), theta, create_graph=True)

    def entropy(self) -> Any:
        carrier = self._mean_carrier_measure
        theta, normalizer, statistics = self._expected_statistics()
        inner = sum((each * t).reshape(*self._batch_shape, -1).sum(-1) for each, t in zip(theta, statistics))
        return normalizer - inner - carrier
