"""Which function computes the Kullback-Leibler divergence of which pair of distributions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from warnings import warn

from ..distribution import Distribution

__all__ = ["kl_divergence", "register_kl"]

_registry: dict[tuple[type, type], Callable[[Any, Any], Any]] = {}
_found: dict[tuple[type, type], Any] = {}


def register_kl(type_p: Any, type_q: Any) -> Any:
    """A decorator: the function computes the divergence of a distribution of the one class from one of the other, and of their subclasses.

    Of several that match a pair the one of the nearest classes is taken, p's before q's; a RuntimeWarning if q's before p's would be another one.
    """
    for name, kind in (("type_p", type_p), ("type_q", type_q)):
        if not isinstance(kind, type):
            raise TypeError(f"Expected {name} to be a Distribution subclass but got {kind}")

    def decorate(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        _registry[type_p, type_q] = function
        _found.clear()
        return function

    return decorate


def _dispatch(type_p: type, type_q: type) -> Any:
    pairs = [(p, q) for p, q in _registry if issubclass(type_p, p) and issubclass(type_q, q)]
    if not pairs:
        return None
    distance = {pair: (type_p.__mro__.index(pair[0]), type_q.__mro__.index(pair[1])) for pair in pairs}
    left = min(pairs, key=lambda pair: distance[pair])
    right = min(pairs, key=lambda pair: distance[pair][::-1])
    if _registry[left] is not _registry[right]:
        warn(
            f"Ambiguous kl_divergence({type_p.__name__}, {type_q.__name__}). Please register_kl({left[0].__name__}, {right[1].__name__})",
            RuntimeWarning,
            stacklevel=3,
        )
    return _registry[left]


def kl_divergence(p: Distribution, q: Distribution) -> Any:
    """The Kullback-Leibler divergence of p from q, the expectation under p of ``p.log_prob(x) - q.log_prob(x)``, of the shape of the batch.

    Infinite where p has values that q does not have. NotImplementedError for a pair of classes without a registered function.
    """
    pair = (type(p), type(q))
    if pair not in _found:
        _found[pair] = _dispatch(*pair)
    function = _found[pair]
    if function is None:
        raise NotImplementedError(f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}")
    return function(p, q)
