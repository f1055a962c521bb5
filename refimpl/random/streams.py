"""The random streams: for one seed, the numbers that torch draws on the CPU, bit for bit.

A distribution is a rule that turns the 32-bit draws of a :class:`~refimpl.random.generator.Generator` into numbers, told at
each function of the modules beside this one. Where torch's compiler contracts ``x * y + z``, the product is not rounded. This shows in
the last bit, so that it is part of the stream: see :func:`~refimpl.random.rounding.fma`.

On Intel processors torch hands ``bernoulli_(p)`` with a number ``p`` (and so dropout) and ``exponential_`` to another
generator, that of MKL; these streams are not reproduced, the portable ones are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..foundation.dtypes import complex64, dtype, float32, float64
from ..foundation.kernels import View
from ..foundation.layout import is_contiguous, iteration_order
from .binomial import binomial
from .gamma import standard_gamma
from .generator import Generator, default_generator
from .integers import randint, random, randperm
from .normal import normal, normal_serial
from .other_distributions import bernoulli, bernoulli_tensor, cauchy, exponential, geometric, log_normal, poisson
from .uniform import uniform

__all__ = ["sample", "stream_rule"]

_distributions: dict[str, Callable[..., Sequence[Any]]] = {
    "uniform": uniform,
    "normal": normal,
    "normal_serial": normal_serial,
    "randint": randint,
    "random": random,
    "randperm": randperm,
    "bernoulli": bernoulli,
    "bernoulli_tensor": bernoulli_tensor,
    "exponential": exponential,
    "geometric": geometric,
    "cauchy": cauchy,
    "log_normal": log_normal,
    "poisson": poisson,
    "binomial": binomial,
    "standard_gamma": standard_gamma,
}


def sample(name: str, numel: int, dtype: dtype, generator: Generator | None, *parameters: Any) -> Sequence[Any]:
    """``numel`` numbers of the distribution ``name``, drawn from ``generator`` (None: the default one), in the order of the stream.

    They are numbers of ``dtype``, except that those for float16 and bfloat16 may still have to be rounded. Complex
    dtypes (``uniform``, ``normal``) draw real and imaginary part in turn; each part of a complex normal has the
    standard deviation std / sqrt(2). A tensor that is not contiguous takes ``normal_serial`` instead of ``normal``.
    """
    if generator is None:
        generator = default_generator
    if dtype.is_complex:
        real = float32 if dtype is complex64 else float64
        if name in ("normal", "normal_serial"):
            mean, std = parameters
            parameters = (mean, std / math.sqrt(2.0))
        parts = iter(_distributions[name](2 * numel, real, generator, *parameters))
        return [complex(a, b) for a, b in zip(parts, parts)]
    return _distributions[name](numel, dtype, generator, *parameters)


def stream_rule(name: str, out: View, *operands: View) -> tuple[str, list[View]]:
    """How the stream of distribution ``name`` fills ``out``: the name for :func:`sample`, and the views in the order of the stream.

    The numbers go to the elements as they lie in memory, the dimension of the least stride fastest: the views come back
    with their dimensions permuted so that this is their row-major order. ``operands`` have the shape of ``out`` (a tensor of
    probabilities, for example). Normal numbers for a tensor that is not contiguous are drawn one by one.
    """
    views = [out, *operands]
    if name == "normal" and not is_contiguous(out.shape, out.strides):
        name = "normal_serial"
    order = iteration_order(out.shape, [view.strides for view in views])[::-1]
    return name, [
        View(view.storage, view.offset, tuple(view.shape[d] for d in order), tuple(view.strides[d] for d in order), view.dtype)
        for view in views
    ]
