"""Bessel functions of order 0 and 1, of both kinds, and the spherical one of order 0.

Integers and bool are evaluated in the default dtype; float16, bfloat16 and complex numbers are not supported (NotImplementedError). None of the
functions has a derivative in torch: the results require no grad. An element takes about two microseconds: a Taylor polynomial
of some fifteen terms, or an asymptotic series and the exact reduction of its phase.
"""

from __future__ import annotations

from math import isinf

from ...foundation.contracts import conditioned
from ...foundation.scalars import scalar
from ...operations.registry import op
from ..pointwise.trigonometric import real_sin
from ..shared.elementwise import INT_TO_FLOAT, elementwise
from .cylinder_functions import first_kind, second_kind

scalar("bessel_j0", first_kind(0))
scalar("bessel_j1", first_kind(1))
scalar("bessel_y0", second_kind(0))
scalar("bessel_y1", second_kind(1))


@op("function out", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned")
def special_bessel_j0(input):
    """The Bessel function of the first kind of order 0, of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. An even function; infinities give 0, the limit.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 10.2, 10.17 and 10.18.

    >>> special.bessel_j0(tensor([0., 1., -5.]))
    tensor([ 1.0000,  0.7652, -0.1776])
    """
    return elementwise("bessel_j0", input, promotion=INT_TO_FLOAT)


@op("function out", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned")
def special_bessel_j1(input):
    """The Bessel function of the first kind of order 1, of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. An odd function; infinities give zeros, the limits.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 10.2, 10.17 and 10.18.

    >>> special.bessel_j1(tensor([0., 1., -5.]))
    tensor([0.0000, 0.4401, 0.3276])
    """
    return elementwise("bessel_j1", input, promotion=INT_TO_FLOAT)


@op("function out", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned")
def special_bessel_y0(input):
    """The Bessel function of the second kind of order 0, of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Zeros give -inf, inf gives 0,
    the limit, and negative numbers NaN.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 10.8, 10.17 and 10.18.

    >>> special.bessel_y0(tensor([0., 1., 5.]))
    tensor([   -inf,  0.0883, -0.3085])
    """
    return elementwise("bessel_y0", input, promotion=INT_TO_FLOAT)


@op("function out", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned")
def special_bessel_y1(input):
    """The Bessel function of the second kind of order 1, of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Zeros give -inf, inf gives 0,
    the limit, and negative numbers NaN.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 10.8, 10.17 and 10.18.

    >>> special.bessel_y1(tensor([0., 1., 5.]))
    tensor([   -inf, -0.7812,  0.1479])
    """
    return elementwise("bessel_y1", input, promotion=INT_TO_FLOAT)


@scalar("spherical_bessel_j0")
def _spherical_bessel_j0(x):
    if isinf(x):
        return 0.0
    return real_sin(x) / x if x else 1.0


@op("function out", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned")
def special_spherical_bessel_j0(x):
    """The spherical Bessel function of the first kind of order 0, ``sin(x) / x``, of each element; 1 at 0.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. An even function; infinities give 0,
    the limit.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 10.49.3.

    >>> special.spherical_bessel_j0(tensor([0., 1., -5.]))
    tensor([ 1.0000,  0.8415, -0.1918])
    """
    return elementwise("spherical_bessel_j0", x, promotion=INT_TO_FLOAT)
