"""Random numbers: how many of a number of trials succeed."""

from __future__ import annotations

from typing import Any

from ...foundation.dtypes import float32, float64
from ...foundation.layout import broadcast_shapes
from ...operations.registry import op
from ...random.streams import stream_rule
from ...tensor import allocate_like
from ..shared.elementwise import pointwise_strides
from ..shared.gradients import no_derivative
from .drawing import drawn_in, generator_of


@op("function", node="NotImplemented")
def binomial(count, prob, generator=None):
    """How many of ``count`` trials succeed, each with the probability ``prob``: a number for each pair of elements, broadcast.

    Dtypes: float32 and float64, both the same. Special cases: a count or a probability of 0 or less gives 0, a probability of 1 or more the count,
    one that is NaN gives NaN. A count that is no whole number is taken as it is. Errors: ValueError for integers, bool and complex numbers,
    RuntimeError for two dtypes and for shapes that do not broadcast, NotImplementedError for 16-bit floats. There is no gradient. Sources: L.
    Devroye: Non-uniform random variate generation (1986); W. Hoermann: The generation of binomial random variates (1993).

    >>> binomial(tensor([3., 3.]), tensor([0., 1.]))
    tensor([0., 3.])
    """
    shape = broadcast_shapes(tuple(count.shape), tuple(prob.shape))
    if tuple(count.shape) == shape:
        out = drawn_in(None, shape, count._view.dtype, count.device)
    else:
        out = allocate_like(count, shape, strides=pointwise_strides(count, prob))
    if out.is_meta:
        return out
    _, (target, trials, chances) = stream_rule("binomial", out._view, *[x.detach().expand(shape)._view for x in (count, prob)])
    numbers: list[Any] = [view.storage.kernels.tolist(view) for view in (trials, chances)]
    target.storage.kernels.random("binomial", target, generator_of(generator), *numbers)
    return out


@binomial.constraints
def _(require, count, prob):
    for name, given in (("count", count), ("prob", prob)):
        kind = given.dtype
        require(kind.is_floating_point, ValueError, "binomial only supports floating-point dtypes for {}, got: {}", name, kind.type_name)
    require(count.dtype in (float32, float64) or not count.dtype.is_floating_point, NotImplementedError, "\"binomial_cpu\" not implemented for '{}'",
            count.dtype.type_name)  # fmt: skip
    require(count.dtype is prob.dtype, RuntimeError, "Found dtype {} but expected {}", prob.dtype.type_name, count.dtype.type_name)
    require.broadcast(count, prob)


def _none(grad: Any) -> Any:
    return no_derivative("aten::binomial")(grad)


binomial.derivative(count=_none, prob=_none)
