"""Random distributions on torch tensors, one function a name: each fills a tensor from a torch generator of its device."""

from __future__ import annotations

import math
from typing import Any, Callable, Sequence

import torch

from refimpl.foundation import dtypes

from .common import random_integer_bound

Tensor = Any
Generator = Any  # a torch.Generator


def _uniform(target: Tensor, source: Generator, low: float = 0.0, high: float = 1.0) -> None:
    for part in _parts(target):
        part.uniform_(low, high, generator=source)


def _normal(target: Tensor, source: Generator, mean: float = 0.0, std: float = 1.0) -> None:
    """A complex normal number has independent parts, each with the standard deviation std / sqrt(2)."""
    spread = std / 2**0.5 if target.is_complex() else std
    for part in _parts(target):
        part.normal_(mean, spread, generator=source)


def _parts(target: Tensor) -> tuple[Tensor, ...]:
    return (target.real, target.imag) if target.is_complex() else (target,)


def _randint(target: Tensor, source: Generator, low: int, high: int) -> None:
    target.copy_(torch.randint(int(low), int(high), target.shape, generator=source, device=target.device))


def _random(target: Tensor, source: Generator) -> None:
    """Integers from 0 to the dtype's largest; for floats, to the largest up to which all integers are exact."""
    bound = random_integer_bound(getattr(dtypes, {"bool": "bool_"}.get(name := str(target.dtype)[6:], name)))
    if bound == 2**63 - 1:
        target.random_(generator=source)
    else:
        _randint(target, source, 0, bound + 1)


def _randperm(target: Tensor, source: Generator) -> None:
    target.copy_(torch.randperm(target.numel(), generator=source, device=target.device).view(target.shape))


def _bernoulli(target: Tensor, source: Generator, p: float) -> None:
    target.bernoulli_(p, generator=source)


def _bernoulli_tensor(target: Tensor, source: Generator, p: Sequence[float], p_dtype: Any = dtypes.float32) -> None:
    chances = torch.tensor(list(p), dtype=torch.float64, device=target.device).view(target.shape)
    target.copy_(torch.bernoulli(chances, generator=source))


def _poisson(target: Tensor, source: Generator, rates: Sequence[float]) -> None:
    means = torch.tensor(list(rates), dtype=torch.float64, device=target.device).view(target.shape)
    target.copy_(torch.poisson(means, generator=source))


def _binomial(target: Tensor, source: Generator, trials: Sequence[float], chances: Sequence[float]) -> None:
    count, p = [torch.tensor(list(x), dtype=torch.float64, device=target.device).view(target.shape) for x in (trials, chances)]
    known = ~(count.isnan() | p.isnan())  # torch.binomial does not return where one of them is NaN
    drawn = torch.binomial(count.where(known, 0.0).clamp(min=0.0), p.where(known, 0.0).clamp(0.0, 1.0), generator=source)
    target.copy_(drawn.where(known, math.nan))


def _standard_gamma(target: Tensor, source: Generator, shapes: Sequence[float]) -> None:
    """No number is less than the least normal number of the dtype; negative shapes and NaN give that one, as on the CPU."""
    a = torch.tensor(list(shapes), dtype=torch.float64, device=target.device).view(target.shape)
    known = a > 0.0
    drawn = torch._standard_gamma(a.where(known, 1.0), generator=source).where(known, 0.0)
    target.copy_(drawn.clamp(min=torch.finfo(target.dtype).tiny))


DISTRIBUTIONS: dict[str, Callable[..., None]] = {
    "uniform": _uniform,
    "normal": _normal,
    "normal_serial": _normal,
    "randint": _randint,
    "random": _random,
    "randperm": _randperm,
    "bernoulli": _bernoulli,
    "bernoulli_tensor": _bernoulli_tensor,
    "poisson": _poisson,
    "binomial": _binomial,
    "standard_gamma": _standard_gamma,
    "exponential": lambda target, source, rate: target.exponential_(rate, generator=source),
    "geometric": lambda target, source, p: target.geometric_(p, generator=source),
    "cauchy": lambda target, source, median, sigma: target.cauchy_(median, sigma, generator=source),
    "log_normal": lambda target, source, mean, std: target.log_normal_(mean, std, generator=source),
}
