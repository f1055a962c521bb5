"""Products with logarithms: the entropy of a probability, ``x * log(1 + y)``. And special.round.

Integers and bool are evaluated in the default dtype; complex numbers are not supported (NotImplementedError).
"""

from __future__ import annotations

from math import inf, log, log1p, nan

from ...foundation.contracts import EXACT, ulps
from ...foundation.scalars import scalar
from ...operations.output_kinds import FOUND_DTYPE
from ...operations.registry import op
from ..pointwise.rounding import round as pointwise_round
from ..shared.elementwise import INT_TO_FLOAT, elementwise
from ..shared.operands import is_number


@scalar("entr")
def _entr(x):
    if x > 0.0:
        return -x * log(x)
    return x if x != x else 0.0 if x == 0.0 else -inf


@op("function out", namespace="special", contract=ulps(2), dtypes="bool integer floating unsigned")
def special_entr(input):
    """``-x * log(x)`` for each element, 0 at 0 and -inf below.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. 1 gives -0, and inf gives -inf.
    NotImplementedError: complex numbers. The gradient is multiplied by ``-(1 + log(x))``, which is inf at 0 and NaN below.

    >>> special.entr(tensor([0., 0.5, 2., -1.]))
    tensor([ 0.0000,  0.3466, -1.3863,    -inf])
    """
    return elementwise("entr", input, promotion=INT_TO_FLOAT)


special_entr.derivative(input=lambda grad, input: grad * (-(1.0 + input.log())))


@scalar("xlog1py")
def _xlog1py(x, y):
    if y != y:
        return nan
    if not x:
        return 0.0
    return x * log1p(y) if y > -1.0 else x * -inf if y == -1.0 else nan


def _xlog1py_node(bound):
    number = 1 if is_number(bound["input"]) else 2 if is_number(bound["other"]) else 0
    return f"SpecialXlog1PyBackward{number}"


@op("function out number", namespace="special", node=_xlog1py_node, contract=ulps(2), dtypes="bool integer floating unsigned",
    operands="input other")  # fmt: skip
def special_xlog1py(input, other):
    """``input * log(1 + other)`` for each pair of elements, where 0 times anything but NaN is 0; either may be a number.

    The operands are broadcast. The result has their common dtype; integers and bool give the default dtype. An ``other`` below -1 gives NaN
    unless ``input`` is 0. NotImplementedError: complex numbers.
    The gradient of ``input`` is multiplied by ``log(1 + other)`` (0 where ``input`` is 0 and ``other`` at most -1), that of ``other`` by
    ``input / (other + 1)``.

    >>> special.xlog1py(tensor([0., 2.]), tensor([-1., 1e-10]))
    tensor([0.0000e+00, 2.0000e-10])
    """
    return elementwise("xlog1py", input, other, promotion=INT_TO_FLOAT)


def _xlog1py_input_gradient(grad, input, other):
    flat = input == 0
    if is_number(other):
        return special_xlog1py(grad, other) if other > -1 else special_xlog1py(grad, other).masked_fill(flat, 0.0)
    # in its own dtype -1 is none of the unsigned numbers, but the largest
    return special_xlog1py(grad, other).masked_fill(flat & (other.to(grad.dtype) <= -1), 0.0)


special_xlog1py.derivative(
    input=_xlog1py_input_gradient,
    other=lambda grad, input, other: grad * input / (other + 1),
)


@op("function out", namespace="special", contract=EXACT, dtypes="floating", out=FOUND_DTYPE)
def special_round(input, *, decimals=0):
    """The nearest multiple of ``10**-decimals``, ties to the even one: :func:`round` with decimals, which are 0 by default.

    Shape and dtype are the input's. NotImplementedError: dtypes that are not floating point, since decimals are always given. The gradient is 0.

    >>> special.round(tensor([0.5, 1.5, -2.5])), special.round(tensor([1.2345]), decimals=2)
    (tensor([ 0.,  2., -2.]), tensor([1.2300]))
    """
    return pointwise_round(input, decimals=decimals)
