"""Modified Bessel functions of order 0 and 1, of both kinds, also those without their exponential factor.

Integers and bool are evaluated in the default dtype; complex numbers are not supported (NotImplementedError). An element
takes about a microsecond: a Taylor polynomial of some fifteen terms, or an asymptotic series.
"""

from __future__ import annotations

from ...foundation.contracts import conditioned
from ...foundation.dtypes import bfloat16, finfo, float16
from ...foundation.scalars import scalar
from ...operations.registry import op
from ..pointwise.replacement import where
from ..shared.elementwise import INT_TO_FLOAT, elementwise
from .cylinder_functions import (
    modified_first_kind,
    modified_second_kind,
    scaled_modified_first_kind,
    scaled_modified_second_kind,
)

scalar("i0", modified_first_kind(0))
scalar("i1", modified_first_kind(1))
scalar("i0e", scaled_modified_first_kind(0))
scalar("i1e", scaled_modified_first_kind(1))
scalar("modified_bessel_k0", modified_second_kind(0))
scalar("modified_bessel_k1", modified_second_kind(1))
scalar("scaled_modified_bessel_k0", scaled_modified_second_kind(0))
scalar("scaled_modified_bessel_k1", scaled_modified_second_kind(1))


@op("function method inplace_function out", aliases=("special.i0",), contract=conditioned(4), dtypes="bool integer floating unsigned")
def i0(input):
    """The modified Bessel function of the first kind of order 0, of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. An even function; infinities give inf, the limit.
    NotImplementedError: complex numbers. The gradient is multiplied by :func:`special.i1`.
    Source: the Digital Library of Mathematical Functions, 10.25 and 10.40.

    >>> i0(tensor([0., 1., -5.]))
    tensor([ 1.0000,  1.2661, 27.2399])
    """
    return elementwise("i0", input, promotion=INT_TO_FLOAT)


i0.derivative(input=lambda grad, input: grad * special_i1(input))


@op("function out", namespace="special", node="SpecialI0EBackward0", contract=conditioned(4), dtypes="bool integer floating unsigned")
def special_i0e(input):
    """``exp(-abs(x)) * i0(x)`` for each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. An even function; infinities give 0.
    NotImplementedError: complex numbers. The gradient is multiplied by ``special.i1e(x) - sgn(x) * result``.

    >>> special.i0e(tensor([0., 1., -5.]))
    tensor([1.0000, 0.4658, 0.1835])
    """
    return elementwise("i0e", input, promotion=INT_TO_FLOAT)


special_i0e.derivative(input=lambda grad, input, result: grad * (special_i1e(input) - input.sgn() * result))


@op("function out", namespace="special", contract=conditioned(4), dtypes="bool integer floating unsigned")
def special_i1(input):
    """The modified Bessel function of the first kind of order 1, of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. An odd function, but -0 gives 0; infinities stay, the
    limits.
    NotImplementedError: complex numbers. The gradient is multiplied by ``i0(x) - result / x``, by 1/2 unless ``abs(x)`` exceeds the dtype's
    eps; in float16 and bfloat16 it is a NotImplementedError. Source: the Digital Library of Mathematical Functions, 10.25, 10.29 and 10.40.

    >>> special.i1(tensor([0., 1., -5.]))
    tensor([  0.0000,   0.5652, -24.3356])
    """
    return elementwise("i1", input, promotion=INT_TO_FLOAT)


def _refuse_halves(input, name):
    if input.dtype in (float16, bfloat16):
        raise NotImplementedError(f"\"{name}_backward\" not implemented for '{input.dtype.type_name}'")


def _i1_gradient(grad, input):
    _refuse_halves(input, "i1")
    beyond = input.abs() > finfo(input.dtype).eps
    x = where(beyond, input, finfo(input.dtype).eps)
    return grad * where(beyond, i0(x) - special_i1(x) * x.reciprocal(), 0.5)


special_i1.derivative(input=_i1_gradient)


@op("function out", namespace="special", node="SpecialI1EBackward0", contract=conditioned(4), dtypes="bool integer floating unsigned")
def special_i1e(input):
    """``exp(-abs(x)) * special.i1(x)`` for each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. An odd function, but -0 gives 0; infinities give
    zeros.
    NotImplementedError: complex numbers. The gradient is multiplied by ``special.i0e(x) - result * (sgn(x) + 1 / x)``, by 1/2 unless ``abs(x)``
    exceeds the dtype's eps; in float16 and bfloat16 it is a NotImplementedError.

    >>> special.i1e(tensor([0., 1., -5.]))
    tensor([ 0.0000,  0.2079, -0.1640])
    """
    return elementwise("i1e", input, promotion=INT_TO_FLOAT)


def _i1e_gradient(grad, input):
    _refuse_halves(input, "i1e")
    beyond = input.abs() > finfo(input.dtype).eps
    x = where(beyond, input, finfo(input.dtype).eps)
    return grad * where(beyond, special_i0e(x) - special_i1e(x) * (x.sgn() + x.reciprocal()), 0.5)


special_i1e.derivative(input=_i1e_gradient)


@op("function out", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned")
def special_modified_bessel_i0(input):
    """The modified Bessel function of the first kind of order 0, of each element: :func:`i0`.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. An even function;
    infinities give inf, the limit.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 10.25 and 10.40.

    >>> special.modified_bessel_i0(tensor([0., 1., -5.]))
    tensor([ 1.0000,  1.2661, 27.2399])
    """
    return elementwise("i0", input, promotion=INT_TO_FLOAT)


@op("function out", namespace="special", differentiable=False, contract=conditioned(4), dtypes="bool integer float32 float64 unsigned")
def special_modified_bessel_i1(input):
    """The modified Bessel function of the first kind of order 1, of each element: :func:`special.i1`.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. An odd function, but -0 gives 0;
    infinities stay, the limits.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 10.25 and 10.40.

    >>> special.modified_bessel_i1(tensor([0., 1., -5.]))
    tensor([  0.0000,   0.5652, -24.3356])
    """
    return elementwise("i1", input, promotion=INT_TO_FLOAT)


@op("function out", namespace="special", differentiable=False, contract=conditioned(8), dtypes="bool integer float32 float64 unsigned")
def special_modified_bessel_k0(input):
    """The modified Bessel function of the second kind of order 0, of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Zeros give inf, inf gives 0,
    and negative numbers NaN.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 10.31 and 10.40.

    >>> special.modified_bessel_k0(tensor([0., 1., 5.]))
    tensor([   inf, 0.4210, 0.0037])
    """
    return elementwise("modified_bessel_k0", input, promotion=INT_TO_FLOAT)


@op("function out", namespace="special", differentiable=False, contract=conditioned(8), dtypes="bool integer float32 float64 unsigned")
def special_modified_bessel_k1(input):
    """The modified Bessel function of the second kind of order 1, of each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Zeros give inf, inf gives 0,
    and negative numbers NaN.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 10.31 and 10.40.

    >>> special.modified_bessel_k1(tensor([0., 1., 5.]))
    tensor([   inf, 0.6019, 0.0040])
    """
    return elementwise("modified_bessel_k1", input, promotion=INT_TO_FLOAT)


@op("function out", namespace="special", differentiable=False, contract=conditioned(8), dtypes="bool integer float32 float64 unsigned")
def special_scaled_modified_bessel_k0(x):
    """``exp(x) * special.modified_bessel_k0(x)`` for each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Zeros give inf, inf gives 0,
    and negative numbers NaN.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 10.31 and 10.40.

    >>> special.scaled_modified_bessel_k0(tensor([0., 1., 5.]))
    tensor([   inf, 1.1445, 0.5478])
    """
    return elementwise("scaled_modified_bessel_k0", x, promotion=INT_TO_FLOAT)


@op("function out", namespace="special", differentiable=False, contract=conditioned(8), dtypes="bool integer float32 float64 unsigned")
def special_scaled_modified_bessel_k1(x):
    """``exp(x) * special.modified_bessel_k1(x)`` for each element.

    The shape is the input's, and so is the dtype; integers and bool give the default dtype. Zeros give inf, inf gives 0,
    and negative numbers NaN.
    NotImplementedError: float16, bfloat16 and complex numbers. It has no derivative in torch, and the result requires no grad.
    Source: the Digital Library of Mathematical Functions, 10.31 and 10.40.

    >>> special.scaled_modified_bessel_k1(tensor([0., 1., 5.]))
    tensor([   inf, 1.6362, 0.6003])
    """
    return elementwise("scaled_modified_bessel_k1", x, promotion=INT_TO_FLOAT)
