"""The polynomials of Hermite, Laguerre and Legendre.

Integers and bool are evaluated in the default dtype; float16, bfloat16 and complex numbers are not supported (NotImplementedError). None of the
functions has a derivative in torch: the results require no grad. An element takes about three microseconds, and half of one
for each degree: some decimal operations.
"""

from __future__ import annotations

from ...foundation.contracts import conditioned
from ...foundation.scalars import scalar
from ...operations.registry import op
from ..shared.elementwise import INT_TO_FLOAT, elementwise
from .recurrences import HERMITE, LAGUERRE, LEGENDRE, MONIC_HERMITE, by_three_terms

_ANY = 1 << 63
scalar("hermite_polynomial_h", by_three_terms(HERMITE, lambda n: 1.0, parity=True, limit=512))
scalar("hermite_polynomial_he", by_three_terms(MONIC_HERMITE, lambda n: 1.0, parity=True, limit=512))
scalar("laguerre_polynomial_l", by_three_terms(LAGUERRE, lambda n: 1.0 - 2.0 * (n % 2), parity=False, limit=_ANY))
scalar("legendre_polynomial_p", by_three_terms(LEGENDRE, lambda n: 1.0, parity=True, limit=_ANY))


@op("function out number", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned",
    operands="x n")  # fmt: skip
def special_hermite_polynomial_h(x, n):
    """The physicists' Hermite polynomial of degree ``n`` at ``x``, with the leading coefficient ``2**n``.

    The operands are broadcast; either may be a number. The result has their common dtype; integers and bool give the default dtype. The degree
    is the integer part of ``n``; negative ones, and what is no 64-bit integer, give 0. Degrees above 512
    give NaN. Infinite elements give the limits.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 18.9.

    >>> special.hermite_polynomial_h(tensor([0.5, -2.]), tensor([[2], [3]]))
    tensor([[ -1.,  14.],
            [ -5., -40.]])
    """
    return elementwise("hermite_polynomial_h", x, n, promotion=INT_TO_FLOAT)


@op("function out number", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned",
    operands="x n")  # fmt: skip
def special_hermite_polynomial_he(x, n):
    """The probabilists' Hermite polynomial of degree ``n`` at ``x``, with the leading coefficient 1.

    The operands are broadcast; either may be a number. The result has their common dtype; integers and bool give the default dtype. The degree
    is the integer part of ``n``; negative ones, and what is no 64-bit integer, give 0. Degrees above 512
    give NaN. Infinite elements give the limits.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 18.9.

    >>> special.hermite_polynomial_he(tensor([0.5, -2.]), tensor([[2], [3]]))
    tensor([[-0.7500,  3.0000],
            [-1.3750, -2.0000]])
    """
    return elementwise("hermite_polynomial_he", x, n, promotion=INT_TO_FLOAT)


@op("function out number", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned",
    operands="x n")  # fmt: skip
def special_laguerre_polynomial_l(x, n):
    """The Laguerre polynomial of degree ``n`` at ``x``, which is 1 at 0.

    The operands are broadcast; either may be a number. The result has their common dtype; integers and bool give the default dtype. The degree
    is the integer part of ``n``; negative ones, and what is no 64-bit integer, give 0. Infinite elements give the limits. The time is
    proportional to the degree.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 18.9.

    >>> special.laguerre_polynomial_l(tensor([0.5, -2.]), tensor([[2], [3]]))
    tensor([[ 0.1250,  7.0000],
            [-0.1458, 14.3333]])
    """
    return elementwise("laguerre_polynomial_l", x, n, promotion=INT_TO_FLOAT)


@op("function out number", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned",
    operands="x n")  # fmt: skip
def special_legendre_polynomial_p(x, n):
    """The Legendre polynomial of degree ``n`` at ``x``, which is 1 at 1.

    The operands are broadcast; either may be a number. The result has their common dtype; integers and bool give the default dtype. The degree
    is the integer part of ``n``; negative ones, and what is no 64-bit integer, give 0. Infinite elements give the limits. The time is
    proportional to the degree.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 18.9.

    >>> special.legendre_polynomial_p(tensor([0.5, -2.]), tensor([[2], [3]]))
    tensor([[ -0.1250,   5.5000],
            [ -0.4375, -17.0000]])
    """
    return elementwise("legendre_polynomial_p", x, n, promotion=INT_TO_FLOAT)
