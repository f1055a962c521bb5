"""The multivariate gamma function and the zeta function of Hurwitz.

Integers are evaluated in the default dtype; complex numbers are not supported (NotImplementedError). zeta takes two
microseconds an element, and mvlgamma one for each dimension: a sum of some twenty terms, and of logarithms.
"""

from __future__ import annotations

import math
from math import floor, fsum, inf, isinf, nan
from sys import float_info

from ...foundation.contracts import conditioned
from ...foundation.dtypes import get_default_dtype
from ...foundation.layout import contiguous_strides
from ...foundation.scalars import scalar
from ...operations.output_kinds import castable
from ...operations.registry import op
from ..creation.ranges import arange
from ..pointwise.gamma import _lgamma, digamma
from ..shared.elementwise import INT_TO_FLOAT, elementwise
from ..shared.gradients import not_implemented
from ..shared.operands import is_number

# -- the multivariate gamma function -----------------------------------------------------------------------


@scalar("mvlgamma", single_precision_numbers=True)
def _mvlgamma(a, p):
    if not 1.0 <= p < 2.0**31:
        return nan
    p = int(p)
    terms = [_lgamma(a - 0.5 * j) for j in range(p)]
    if not all(map(math.isfinite, terms)):
        return nan if a != a else inf
    constant = 0.25 * p * (p - 1)
    # log(pi) in two parts
    return fsum((*terms, constant * 1.1447298858494002, constant * 1.0265951162707826e-17))


# In torch's words the dtype of the input takes the place of the output's.
_FROM_THE_INPUT = castable("{name}: result type {out} can't be cast to the desired output type {result}")._replace(
    also=("{name}: result type {result} can't be cast to the desired output type {result}",)
)


@op("function method inplace out", aliases=("special.multigammaln",), contract=conditioned(8, inner=8), out=_FROM_THE_INPUT,
    dtypes="ordinary unsigned")
def mvlgamma(input, p):
    """The logarithm of the multivariate gamma function of dimension p >= 1, of each element.

    It is ``p (p - 1) / 4 * log(pi)`` plus the sum of ``lgamma(x - j / 2)`` for j = 0, ..., p - 1: infinite where one of them is, at x = (p - 1) / 2
    and other poles; at both infinities it is inf. The shape is the input's, the result is contiguous. Its dtype is the input's; integers give the
    default dtype. RuntimeError: bool, a p below 1. NotImplementedError: complex numbers.
    The gradient is multiplied by the sum of ``digamma(x - j / 2)``.

    >>> mvlgamma(tensor([1., 2., 3.5]), 2)
    tensor([1.1447, 0.4516, 2.4665])
    """
    return elementwise("mvlgamma", input, p, promotion=INT_TO_FLOAT, numbers_are_operands=False, layout=contiguous_strides(input.shape))


@mvlgamma.constraints
def _(require, input, p):
    require(input.dtype.category != 0, RuntimeError, "The input tensor may not be a boolean tensor.")
    require(p >= 1, RuntimeError, "p has to be greater than or equal to 1")
    require(not input.dtype.is_complex, NotImplementedError, "\"{}\" not implemented for '{}'", "lgamma", input.dtype.type_name)


def _mvlgamma_gradient(grad, input, p):
    dtype = input.dtype if input.dtype.category == 2 else get_default_dtype()
    steps = arange(0.5 - 0.5 * p, 0.5, 0.5, dtype=dtype, device=input.device)
    return grad * digamma(input.unsqueeze(-1) + steps).sum(-1)


mvlgamma.derivative(input=_mvlgamma_gradient)

# -- zeta ------------------------------------------------------------------------------------------------------

# B(2j) / (2j)!
_EULER_MACLAURIN = (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600, -3617 / 10670622842880000)


@scalar("zeta")
def _zeta(s, q):
    if s == 1.0:
        return inf
    if s < 1.0:
        return nan
    if q <= 0.0:
        if isinf(q) or q == floor(q):
            return inf
        if not isinf(s):
            return _left_of_zero(s, q) if s == s and s == floor(s) else nan
        return inf
    if s != s or q != q:
        return nan
    if isinf(s):
        return 0.0 if q > 1.0 else 1.0 if q == 1.0 else inf
    return fsum(_zeta_terms(s, q))


def _zeta_terms(s: float, q: float, least: float = 2.0**-70) -> list[float]:
    """What zeta(s, q) is the sum of, for a positive q: ten terms, then the Euler-Maclaurin formula, DLMF 25.11.5. A part of the first term that is
    ``least`` is left out."""
    if q == inf:
        return [0.0]
    terms = [_power(q, s)]
    if terms[0] == inf:
        return terms
    count = 10 if q < 1e8 else 0
    for k in range(1, count):
        term = _power(q + k, s)
        terms.append(term)
        if s > 2.0 and term < least * terms[0]:
            return terms
    x = q + count if count else q
    last = _power(x, s) if count else terms.pop()
    terms += [(last * x if last >= float_info.min else _power(x, s - 1.0)) / (s - 1.0), 0.5 * last]  # the first one may be the only normal number
    factor = s / x * last
    for j, coefficient in enumerate(_EULER_MACLAURIN):
        terms.append(coefficient * factor)
        factor *= (s + 2 * j + 1) / x * ((s + 2 * j + 2) / x)
        if factor < 1e-18 * last:
            break
    return terms


def _power(x: float, s: float) -> float:
    try:
        return x**-s  # type: ignore[no-any-return]
    except OverflowError:
        return inf


def _left_of_zero(s: float, q: float) -> float:
    """For an integer s: zeta(s, f) with f = q + n in (0, 1), and the n terms before it, which are those of zeta(s, 1 - f) less its tail. All terms
    are added up at once: those of opposite signs cancel."""
    n = -floor(q)
    f = q + n
    sign = 1.0 if s % 2.0 == 0.0 else -1.0
    terms = _zeta_terms(s, f, 0.0) if f else [inf]
    if n <= 100:
        terms += [_power(q + k, s) if q + k > 0.0 else sign * _power(-q - k, s) for k in range(n)]
    else:
        terms += [sign * term for term in _zeta_terms(s, 1.0 - f)] + [-sign * term for term in _zeta_terms(s, 1.0 - q)]
    infinite = [term for term in terms if isinf(term)]
    return infinite[0] if infinite else fsum(terms)


def _zeta_node(bound):
    return "SpecialZetaBackward1" if is_number(bound["input"]) else "SpecialZetaBackward2" if is_number(bound["other"]) else "SpecialZetaBackward0"


@op("function out number", namespace="special", node=_zeta_node, contract=conditioned(8), dtypes="bool integer float32 float64 unsigned",
    operands="input other")  # fmt: skip
def special_zeta(input, other):
    """The zeta function of Hurwitz, the sum of ``(other + k)**-input`` for k = 0, 1, 2, ..., for each pair of elements; either may be a number.

    The operands are broadcast. The result has their common dtype; integers and bool give the default dtype. ``input`` 1 gives inf, and NaN
    below; an ``other`` that is 0 or a negative integer gives inf, another negative one NaN unless ``input`` is an integer.
    NotImplementedError: float16, bfloat16 and complex numbers.
    The gradient of ``other`` is multiplied by ``-input * special.zeta(input + 1, other)``, that of ``input`` is a NotImplementedError.
    Source: the Digital Library of Mathematical Functions, 25.11.5.

    >>> special.zeta(tensor([2., 4.]), 1.0)
    tensor([1.6449, 1.0823])
    """
    return elementwise("zeta", input, other, promotion=INT_TO_FLOAT)


special_zeta.derivative(
    input=not_implemented("zeta"),
    other=lambda grad, input, other: grad * -input * special_zeta(input + 1.0, other),
)
