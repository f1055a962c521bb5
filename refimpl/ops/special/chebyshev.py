"""Chebyshev polynomials of the four kinds, and the shifted ones.

Integers and bool are evaluated in the default dtype; float16, bfloat16 and complex numbers are not supported (NotImplementedError). None of the
functions has a derivative in torch: the results require no grad. An element takes about five microseconds: some ten decimal
operations for each bit of the degree, and the conversions.
"""

from __future__ import annotations

from ...foundation.contracts import conditioned
from ...foundation.scalars import scalar
from ...operations.registry import op
from ..shared.elementwise import INT_TO_FLOAT, elementwise
from .recurrences import chebyshev

scalar("chebyshev_polynomial_t", chebyshev(lambda x, here, before: here - x * before, shifted=False, parity=True))
scalar("chebyshev_polynomial_u", chebyshev(lambda x, here, before: here, shifted=False, parity=True))
scalar("chebyshev_polynomial_v", chebyshev(lambda x, here, before: here - before, shifted=False, parity=False))
scalar("chebyshev_polynomial_w", chebyshev(lambda x, here, before: here + before, shifted=False, parity=False))
scalar("shifted_chebyshev_polynomial_t", chebyshev(lambda x, here, before: here - x * before, shifted=True, parity=True))
scalar("shifted_chebyshev_polynomial_u", chebyshev(lambda x, here, before: here, shifted=True, parity=True))
scalar("shifted_chebyshev_polynomial_v", chebyshev(lambda x, here, before: here - before, shifted=True, parity=False))
scalar("shifted_chebyshev_polynomial_w", chebyshev(lambda x, here, before: here + before, shifted=True, parity=False))


@op("function out number", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned",
    operands="x n")  # fmt: skip
def special_chebyshev_polynomial_t(x, n):
    """The Chebyshev polynomial of the first kind and degree ``n`` at ``x``: ``cos(n t)`` at ``x = cos(t)``.

    The operands are broadcast; either may be a number. The result has their common dtype; integers and bool give the default dtype. The degree
    is the integer part of ``n``; negative ones, and what is no 64-bit integer, give 0. Infinite elements give the limits.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 18.5.1.

    >>> special.chebyshev_polynomial_t(tensor([0.5, -2.]), tensor([[2], [3]]))
    tensor([[ -0.5000,   7.0000],
            [ -1.0000, -26.0000]])
    """
    return elementwise("chebyshev_polynomial_t", x, n, promotion=INT_TO_FLOAT)


@op("function out number", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned",
    operands="x n")  # fmt: skip
def special_chebyshev_polynomial_u(x, n):
    """The Chebyshev polynomial of the second kind and degree ``n`` at ``x``: ``sin((n + 1) t) / sin(t)`` at ``x = cos(t)``.

    The operands are broadcast; either may be a number. The result has their common dtype; integers and bool give the default dtype. The degree
    is the integer part of ``n``; negative ones, and what is no 64-bit integer, give 0. Infinite elements give the limits.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 18.5.2.

    >>> special.chebyshev_polynomial_u(tensor([0.5, -2.]), tensor([[2], [3]]))
    tensor([[  0.,  15.],
            [ -1., -56.]])
    """
    return elementwise("chebyshev_polynomial_u", x, n, promotion=INT_TO_FLOAT)


@op("function out number", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned",
    operands="x n")  # fmt: skip
def special_chebyshev_polynomial_v(x, n):
    """The Chebyshev polynomial of the third kind and degree ``n`` at ``x``: ``cos((n + 1/2) t) / cos(t / 2)`` at ``x = cos(t)``.

    The operands are broadcast; either may be a number. The result has their common dtype; integers and bool give the default dtype. The degree
    is the integer part of ``n``; negative ones, and what is no 64-bit integer, give 0. Infinite elements give the limits.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 18.5.3.

    >>> special.chebyshev_polynomial_v(tensor([0.5, -2.]), tensor([[2], [3]]))
    tensor([[ -1.,  19.],
            [ -1., -71.]])
    """
    return elementwise("chebyshev_polynomial_v", x, n, promotion=INT_TO_FLOAT)


@op("function out number", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned",
    operands="x n")  # fmt: skip
def special_chebyshev_polynomial_w(x, n):
    """The Chebyshev polynomial of the fourth kind and degree ``n`` at ``x``: ``sin((n + 1/2) t) / sin(t / 2)`` at ``x = cos(t)``.

    The operands are broadcast; either may be a number. The result has their common dtype; integers and bool give the default dtype. The degree
    is the integer part of ``n``; negative ones, and what is no 64-bit integer, give 0. Infinite elements give the limits.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 18.5.4.

    >>> special.chebyshev_polynomial_w(tensor([0.5, -2.]), tensor([[2], [3]]))
    tensor([[  1.,  11.],
            [ -1., -41.]])
    """
    return elementwise("chebyshev_polynomial_w", x, n, promotion=INT_TO_FLOAT)


@op("function out number", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned",
    operands="x n")  # fmt: skip
def special_shifted_chebyshev_polynomial_t(x, n):
    """The shifted Chebyshev polynomial of the first kind: ``special.chebyshev_polynomial_t(2 * x - 1, n)``.

    The operands are broadcast; either may be a number. The result has their common dtype; integers and bool give the default dtype. The degree
    is the integer part of ``n``; negative ones, and what is no 64-bit integer, give 0. Infinite elements give the limits.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 18.5.1 and 18.1(iii).

    >>> special.shifted_chebyshev_polynomial_t(tensor([0.5, -2.]), tensor([[2], [3]]))
    tensor([[  -1.,   49.],
            [  -0., -485.]])
    """
    return elementwise("shifted_chebyshev_polynomial_t", x, n, promotion=INT_TO_FLOAT)


@op("function out number", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned",
    operands="x n")  # fmt: skip
def special_shifted_chebyshev_polynomial_u(x, n):
    """The shifted Chebyshev polynomial of the second kind: ``special.chebyshev_polynomial_u(2 * x - 1, n)``.

    The operands are broadcast; either may be a number. The result has their common dtype; integers and bool give the default dtype. The degree
    is the integer part of ``n``; negative ones, and what is no 64-bit integer, give 0. Infinite elements give the limits.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 18.5.2 and 18.1(iii).

    >>> special.shifted_chebyshev_polynomial_u(tensor([0.5, -2.]), tensor([[2], [3]]))
    tensor([[  -1.,   99.],
            [  -0., -980.]])
    """
    return elementwise("shifted_chebyshev_polynomial_u", x, n, promotion=INT_TO_FLOAT)


@op("function out number", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned",
    operands="x n")  # fmt: skip
def special_shifted_chebyshev_polynomial_v(x, n):
    """The shifted Chebyshev polynomial of the third kind: ``special.chebyshev_polynomial_v(2 * x - 1, n)``.

    The operands are broadcast; either may be a number. The result has their common dtype; integers and bool give the default dtype. The degree
    is the integer part of ``n``; negative ones, and what is no 64-bit integer, give 0. Infinite elements give the limits.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 18.5.3 and 18.1(iii).

    >>> special.shifted_chebyshev_polynomial_v(tensor([0.5, -2.]), tensor([[2], [3]]))
    tensor([[-1.0000e+00,  1.0900e+02],
            [ 1.0000e+00, -1.0790e+03]])
    """
    return elementwise("shifted_chebyshev_polynomial_v", x, n, promotion=INT_TO_FLOAT)


@op("function out number", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned",
    operands="x n")  # fmt: skip
def special_shifted_chebyshev_polynomial_w(x, n):
    """The shifted Chebyshev polynomial of the fourth kind: ``special.chebyshev_polynomial_w(2 * x - 1, n)``.

    The operands are broadcast; either may be a number. The result has their common dtype; integers and bool give the default dtype. The degree
    is the integer part of ``n``; negative ones, and what is no 64-bit integer, give 0. Infinite elements give the limits.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 18.5.4 and 18.1(iii).

    >>> special.shifted_chebyshev_polynomial_w(tensor([0.5, -2.]), tensor([[2], [3]]))
    tensor([[  -1.,   89.],
            [  -1., -881.]])
    """
    return elementwise("shifted_chebyshev_polynomial_w", x, n, promotion=INT_TO_FLOAT)
