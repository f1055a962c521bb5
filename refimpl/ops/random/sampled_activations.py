"""Activations that draw random numbers: a leaky ReLU of random slope, and choices from logits that can be differentiated."""

from __future__ import annotations

import math
from typing import Any

from ...foundation.contracts import conditioned, ulps
from ...foundation.dtypes import float16, float64
from ...operations.registry import op
from ...tensor import Tensor
from ..creation.fresh import warn
from ..nn.activation import _leaky, _leaky_gradient
from ..shared.operands import anywhere
from .drawing import draw


def _noise(input: Tensor, lower: float, upper: float, generator: Any) -> Tensor:
    """The factor of each element: 1 for positive ones and NaN, uniform numbers, drawn in row-major order, for the others."""
    plain = input.detach()
    mask = plain <= 0
    units = draw(plain.new_empty(int(mask.sum().item()), dtype=float64), "uniform", generator, 0.0, 1.0)
    slopes = units * (upper - lower) + lower  # here torch rounds the product, unlike uniform_
    return plain.new_ones(plain.shape).masked_scatter(mask, slopes.to(plain.dtype))  # type: ignore[no-any-return]


def _drawn(input: Tensor, lower: Any, upper: Any, training: bool, generator: Any) -> tuple[Any, Any]:
    """The factors of the elements, or one slope for all that are not positive."""
    low, high = float(lower.real), float(upper.real)
    return (_noise(input, low, high, generator), None) if training else (None, (low + high) / 2)


@op("only", node="RreluWithNoiseBackward0", contract=ulps(2))
def _scaled(input, noise, slope):
    """The input times the noise, or times one slope where it is not positive; contiguous."""
    plain = input.detach().contiguous()
    return _leaky(plain, slope) if noise is None else plain * noise


@op("only", node="RreluWithNoiseBackward1", contract=ulps(2))
def _scaled_(input, noise, slope):
    """The same, in place."""
    return input.copy_(_scaled(input.detach(), noise, slope))


def _through(grad, input, noise, slope):
    return grad * noise if slope is None else _leaky_gradient(grad, input, slope)


_scaled.derivative(input=_through)
_scaled_.derivative(input=lambda grad, result, noise, slope: _through(grad, result, noise, slope))


def _finite(require: Any, lower: Any, upper: Any) -> None:
    for name, bound in (("lower", lower.real), ("upper", upper.real)):
        require(math.isfinite(bound), RuntimeError, "rrelu: {} bound must be finite, got {:g}", name, bound)


def _bounds(require: Any, input: Tensor, lower: Any, upper: Any, training: bool) -> None:
    kind = input.dtype
    require(not lower.imag and not upper.imag, RuntimeError, "value cannot be converted to type double without overflow")
    require(lower.real <= upper.real, RuntimeError, "Lower bound should be less than or equal to the upper bound")
    require(kind.is_floating_point and not (training and kind is float16), NotImplementedError, "\"rrelu\" not implemented for '{}'", kind.type_name)
    mean = abs(lower.real + upper.real) / 2
    require(not 3.4028234663852886e38 < mean < math.inf or kind is float64 or not kind.is_floating_point, RuntimeError,
            "value cannot be converted to type float without overflow")  # fmt: skip


@op("function", contract=ulps(2))
def rrelu(input, lower=1 / 8, upper=1 / 3, training=False, generator=None):
    """A leaky ReLU: ``input`` where it is greater than 0, else a slope times it; when ``training`` one drawn from [lower, upper) for each such
    element, else the mean of the two.

    Shapes: that of the input; contiguous. Dtypes: floating point ones, but for training not float16. Special cases: NaN stays NaN, and is no
    reason to draw; the sign of a zero stays. Errors: RuntimeError for bounds that are not finite, or in the wrong order; NotImplementedError for
    other dtypes. Gradient: that of the result, times the slope where there is one. Source: B. Xu and others, "Empirical evaluation of rectified
    activations in convolutional network" (2015).

    >>> rrelu(tensor([-1., 2.]), 0.25, 0.25, True)
    tensor([-0.2500,  2.0000])
    """
    return _scaled(input, *_drawn(input, lower, upper, training, generator))


@rrelu.constraints
def _(require, input, lower, upper, training):
    _finite(require, lower, upper)
    _bounds(require, input, lower, upper, training)


@op("function", contract=ulps(2))
def rrelu_(input, lower=1 / 8, upper=1 / 3, training=False, generator=None):
    """:func:`rrelu` in place. Infinite bounds are a RuntimeError only if numbers are drawn.

    >>> rrelu_(tensor([-1., 2.]), 0.25, 0.25, True)
    tensor([-0.2500,  2.0000])
    """
    return _scaled_(input, *_drawn(input, lower, upper, training, generator))


@rrelu_.constraints
def _(require, input, lower, upper, training):
    _bounds(require, input, lower, upper, training)
    drawn = training and input.dtype.is_floating_point and anywhere(input.detach() <= 0)
    require(not drawn or math.isfinite(lower.real) and math.isfinite(upper.real) or not lower.real <= upper.real, RuntimeError,
            "Expected to - from <= std::numeric_limits<T>::max() to be true, but got false.  (Could this error message be improved?  If so, "
            "please report an enhancement request to PyTorch.)")  # fmt: skip


@op("function python", namespace="nn.functional", contract=ulps(2))
def nn_functional_rrelu(input, lower=1 / 8, upper=1 / 3, training=False, inplace=False):
    """:func:`torch.rrelu`, in place if ``inplace``. Errors: as there, in place as for :func:`rrelu_`.

    >>> nn.functional.rrelu(tensor([-1., 2.]), 0.25, 0.25)
    tensor([-0.2500,  2.0000])
    """
    return (rrelu_ if inplace else rrelu)(input, lower, upper, training)


@op("function python", namespace="nn.functional", contract=conditioned(4))
def nn_functional_gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    """The softmax along ``dim`` of the logits with Gumbel noise added, ``(logits - log(e)) / tau`` with e drawn as ``exponential_`` does.

    If ``hard``, the largest element of each vector becomes 1 and the others 0, with the gradient of the softmax. Shapes: that of the input. Dtypes:
    floating point ones. Special cases: a ``tau`` of 0 gives NaN. ``eps`` has no effect; another one than the default warns. Errors: RuntimeError for
    other dtypes, IndexError for a dimension that the input does not have. Gradient: that of :func:`softmax`. Source: E. Jang, S. Gu, B. Poole,
    "Categorical reparameterization with Gumbel-softmax" (2017).

    >>> nn.functional.gumbel_softmax(tensor([[0., -inf]]), hard=True)
    tensor([[1., 0.]])
    """
    if eps != 1e-10:
        warn("`eps` parameter is deprecated and has no effect.")
    gumbels = -logits.detach().new_empty(logits.shape).exponential_().log()
    soft = ((logits + gumbels) / tau).softmax(dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    chosen = soft.detach().new_zeros(soft.shape).scatter_(dim, index, 1.0)
    return chosen - soft.detach() + soft
