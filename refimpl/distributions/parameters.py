"""Parameters that are given as probabilities or as logits, of two outcomes or of several."""

from __future__ import annotations

from typing import Any

from .distribution import Distribution
from .utils import broadcast_all, lazy_property, logits_to_probs, probs_to_logits

_EITHER = "Either `probs` or `logits` must be specified, but not both."


class ProbsOrLogits(Distribution):
    """A distribution that is given either ``probs`` or ``logits``, and computes the other one when it is asked for.

    ``logits`` are log(p / (1 - p)), or, along the last dimension, logarithms of probabilities of ``several`` outcomes.
    """

    _several = False
    _given: str

    def _take(self, probs: Any, logits: Any, *others: Any) -> Any:
        """Note what was given, broadcast with the other parameters, which are returned; ValueError unless it is exactly one."""
        self._choose(probs, logits)
        *broadcast, parameter = broadcast_all(*others, logits if probs is None else probs)
        setattr(self, self._given, parameter)
        return broadcast

    def _choose(self, probs: Any, logits: Any) -> None:
        if (probs is None) == (logits is None):
            raise ValueError(_EITHER)
        self._given = "logits" if probs is None else "probs"

    @property
    def _param(self) -> Any:
        """The parameter that was given."""
        return getattr(self, self._given)

    def _new(self, *args: Any, **kwargs: Any) -> Any:
        return self._param.new(*args, **kwargs)

    @lazy_property
    def logits(self) -> Any:
        """The logarithms of the odds, or of the probabilities."""
        return probs_to_logits(self.probs, is_binary=not self._several)

    @lazy_property
    def probs(self) -> Any:
        """The probabilities."""
        return logits_to_probs(self.logits, is_binary=not self._several)

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter."""
        return self._param.size()


class OfCategories(Distribution):
    """A distribution on vectors that is made of a categorical distribution, ``_categorical``."""

    _categorical: Any

    @property
    def _param(self) -> Any:
        return self._categorical._param

    def _new(self, *args: Any, **kwargs: Any) -> Any:
        return self._categorical._new(*args, **kwargs)

    @property
    def probs(self) -> Any:
        """The probabilities of the categories."""
        return self._categorical.probs

    @property
    def logits(self) -> Any:
        """The logarithms of the probabilities."""
        return self._categorical.logits

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter."""
        return self._categorical.param_shape
