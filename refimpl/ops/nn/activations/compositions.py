"""Activations that are composed of other operations: softsign, tanhshrink, softmin. Their graph is that of the composition."""

from __future__ import annotations

import math
from typing import Any
from warnings import warn

from ....autograd.modes import no_grad
from ....foundation.contracts import conditioned
from ....foundation.scalars import scalar
from ....operations.registry import op
from ...shared.elementwise import elementwise
from ..loss_reduction import round_once


def _softsign(input: Any) -> Any:
    return input / (input.abs() + 1)


@op("function python", namespace="nn.functional", contract=conditioned(4))
def softsign(input):
    """``x / (1 + |x|)`` for each element, rounded once.

    Shapes: that of the input. Dtypes: all but bool; integers give the default dtype, their sum wraps around.
    Special cases: infinities and NaN give NaN. Errors: NotImplementedError for bool. Gradient: that of the quotient, for real numbers
    ``1 / (1 + |x|)**2`` times that of the result.

    >>> nn.functional.softsign(tensor([-1., 0., 3.]))
    tensor([-0.5000,  0.0000,  0.7500])
    """
    return round_once(_softsign(input), _softsign, input)


# x cosh(x) - sinh(x) = sum over k of 2k / (2k + 1)! x^(2k + 1): no terms that cancel
_TERMS = [2.0 * k / math.factorial(2 * k + 1) for k in range(12, 0, -1)]


@scalar("tanhshrink")
def _tanhshrink(x):
    if not abs(x) < 1.0:
        return x - math.tanh(x)
    square, total = x * x, 0.0
    for term in _TERMS:
        total = (total + term) * square
    return x * total / math.cosh(x)


@op("function python", namespace="nn.functional", contract=conditioned(4, inner=1))
def tanhshrink(input):
    """``x - tanh(x)`` for each element, rounded once.

    Shapes: that of the input. Dtypes: all but bool; integers give the default dtype. Special cases: infinities and NaN stay. Near 0, where the terms
    cancel, the result is ``x**3 / 3``, but the contract allows for it. Errors: RuntimeError for bool, which cannot be subtracted. Gradient:
    ``tanh(x)**2`` times that of the result.

    >>> nn.functional.tanhshrink(tensor([-1., 0., 2.]))
    tensor([-0.2384,  0.0000,  1.0360])
    """
    result = input - input.tanh()
    if input.is_floating_point():
        with no_grad():
            result.data.copy_(elementwise("tanhshrink", input))  # the graph neither sees this nor saved the value
    return result


def _implicit_dimension(ndim: int, stacklevel: int) -> int:
    warn("Implicit dimension choice for softmin has been deprecated. Change the call to include dim=X as an argument.", stacklevel=stacklevel)
    return 0 if ndim in (0, 1, 3) else 1


@op("function python", namespace="nn.functional", contract=conditioned(4))
def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """``exp(-input) / sum(exp(-input))`` along ``dim``: :func:`softmax` of the negative input.

    Shapes, errors and gradient: as there. Dtypes: floating point ones, or ``dtype``, to which the negative input is cast; RuntimeError for bool.
    Special cases: a slice that contains NaN or -inf, or only +inf, becomes NaN. Without ``dim``, which is deprecated, it is 0 for 0, 1 and 3
    dimensions, else 1.

    >>> nn.functional.softmin(tensor([1., 2., 3.]), 0)
    tensor([0.6652, 0.2447, 0.0900])
    """
    if dim is None:
        dim = _implicit_dimension(input.dim(), _stacklevel + 2)
    return (-input).softmax(dim, dtype=dtype)
