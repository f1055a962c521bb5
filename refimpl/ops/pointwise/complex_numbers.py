"""Complex numbers: their parts put together and taken apart. (``real`` and ``imag`` are views.)

A gradient of a real function of z = x + iy is dL/dx + i dL/dy, torch's convention: holomorphic functions multiply the
incoming gradient by the conjugate of their derivative.
"""

from __future__ import annotations

import math
from math import nan, pi

from ...foundation.contracts import EXACT, ulps
from ...foundation.dtypes import float16, float32, float64
from ...foundation.kernels import as_lazy
from ...foundation.layout import contiguous_strides
from ...foundation.scalars import scalar
from ...operations.output_kinds import FOUND_DTYPE, exact
from ...operations.registry import op
from ...operations.sharing import real_apart
from ...operations.writing import overwrite
from ...tensor import wrap
from ..shared.elementwise import INT_TO_FLOAT_REAL, elementwise
from .replacement import where

_pair = complex  # Python's, which the operation below hides

scalar("conj", lambda x: x, integer=lambda x: x, boolean=lambda x: x, complex=lambda z: _pair(z.real, -z.imag))


@op("only", node="ConjBackward0", view=True, contract=EXACT)
def _conj_view(input):
    """A view of a complex tensor whose elements count as their conjugates."""
    view = input._view
    return wrap(as_lazy(view, not view.conjugated, view.negated))


_conj_view.derivative(input=lambda grad: grad.conj())


@op("only method", node="NegViewBackward0", view=True, contract=EXACT)
def _neg_view(input):
    """A view of a tensor whose elements count as their negatives."""
    view = input._view
    return wrap(as_lazy(view, view.conjugated, not view.negated))


_neg_view.derivative(input=lambda grad: -grad)


@op("function method", contract=EXACT)
def conj(input):
    """The complex conjugate, as a view: the imaginary part with its sign flipped. A real tensor is returned itself.

    The elements in memory stay as they are; they are conjugated whenever they are read through the view, and what is written through it
    is stored conjugated. ``is_conj`` tells such a view, ``resolve_conj`` gives a tensor with memory of its own.
    Gradient: the conjugate of the incoming one.

    >>> conj(tensor([1 + 2j, 3 - 1j]))
    tensor([1.-2.j, 3.+1.j])
    >>> x = tensor([1 + 2j])
    >>> x.conj().is_conj(), x.conj().conj().is_conj()
    (True, False)
    """
    return _conj_view(input) if input.dtype.is_complex else input


@op("function method", contract=EXACT)
def resolve_conj(input):
    """The tensor itself, or of a view made by :func:`conj` a copy with the conjugated elements in memory of its own.

    >>> resolve_conj(tensor([1 + 2j]).conj()).is_conj()
    False
    """
    return input.clone() if input._view.conjugated else input


@op("function method", contract=EXACT)
def resolve_neg(input):
    """The tensor itself, or of a negative view (:func:`imag` of a conjugate) a copy with the negated elements in memory of its own.

    >>> resolve_neg(tensor([1 + 2j]).conj().imag)
    tensor([-2.])
    """
    return input.clone() if input._view.negated else input


@op("only", node="ConjPhysicalBackward0", contract=EXACT, dtypes="ordinary complex32")
def _conj_physical(input):
    """The complex conjugate of a complex tensor, a new tensor."""
    return elementwise("conj", input)


_conj_physical.derivative(input=lambda grad: grad.conj())


@op("function method out", contract=EXACT, out=FOUND_DTYPE)
def conj_physical(input):
    """The complex conjugate, computed at once: a new tensor for complex numbers, the input itself for real ones.

    Shape and dtype are the input's. The gradient is the incoming one's conjugate.

    >>> conj_physical(tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return _conj_physical(input) if input.dtype.is_complex else input


@op("method", node="ConjPhysicalBackward1", contract=EXACT, dtypes="every")
def conj_physical_(input):
    """The complex conjugate in place: the tensor itself, with its imaginary parts negated. A real tensor stays as it is.

    The gradient is the incoming one's conjugate.

    >>> tensor([1 + 2j]).conj_physical_()
    tensor([1.-2.j])
    """
    return overwrite(input, elementwise("conj", input)) if input.dtype.is_complex else input


conj_physical_.derivative(input=lambda grad: grad.conj())


@scalar("angle", complex=lambda z: math.atan2(z.imag, z.real))
def _angle(x):
    return x if x != x else pi if x < 0.0 else 0.0


@op("function method out", contract=ulps(2), dtypes="ordinary unsigned", sharing=real_apart)
def angle(input):
    """The argument of each complex number, in [-pi, pi]; of a real number 0, pi if it is negative, NaN if it is NaN.

    The shape is the input's. Complex numbers give the dtype of their parts, and a result that is contiguous whatever the input's layout;
    integers and bool give the default dtype. The signs of zero parts count, as for :func:`atan2`.
    The gradient of real numbers is 0, that of complex ones ``iz / |z|**2``, and 0 at 0.

    >>> angle(tensor([1 + 1j, -1 + 0j])), angle(tensor([2, -2]))
    (tensor([0.7854, 3.1416]), tensor([0.0000, 3.1416]))
    """
    strides = contiguous_strides(input._view.shape) if input.dtype.is_complex else None
    return elementwise("angle", input, promotion=INT_TO_FLOAT_REAL, layout=strides)


def _angle_gradient(grad, input):
    if not input.is_complex():
        return grad.new_zeros(grad.shape)
    # d angle = (x dy - y dx) / |z|^2
    length = input.abs()
    return where(input == 0, 0, grad * (input * 1j) / (length * length))


angle.derivative(input=_angle_gradient)


def _complex_sign(z):
    length = math.hypot(z.real, z.imag)
    if not length:
        return 0j
    if length < math.inf:
        return _pair(z.real / length, z.imag / length)
    finite = math.isfinite(z.real) and math.isfinite(z.imag)
    return _complex_sign(_pair(z.real / 2.0, z.imag / 2.0)) if finite else _pair(nan, nan)


scalar("sgn", complex=_complex_sign)


@op("function method inplace out", contract=ulps(2), out=FOUND_DTYPE, dtypes="ordinary complex32")
def sgn(input):
    """The sign: ``z / |z|`` of complex numbers, 0 at 0; of real numbers as :func:`sign`.

    Shape and dtype are the input's. A complex number with an infinite or NaN part gives NaN in both parts.
    The gradient of real numbers is 0; of complex ones the part of the incoming one that is perpendicular to ``z``, divided by ``|z|``.

    >>> sgn(tensor([3 + 4j, 0j])), sgn(tensor([-2., 0.]))
    (tensor([0.6000+0.8000j, 0.0000+0.0000j]), tensor([-1.,  0.]))
    """
    return elementwise("sgn" if input.dtype.is_complex else "sign", input)


def _sgn_gradient(grad, input, result):
    if not input.is_complex():
        return grad.new_zeros(grad.shape)
    # only the part of the cotangent that is perpendicular to z turns z / |z|
    along = (grad * result.conj()).real * result
    return where(input == 0, 0, (grad - along) / input.abs())


sgn.derivative(input=_sgn_gradient)


def _parts(require, first, second):
    """Two tensors of one dtype that is the dtype of a complex number's parts."""
    a, b = first.dtype, second.dtype
    require({a, b} <= {float16, float32, float64}, RuntimeError,
            "Expected both inputs to be Half, Float or Double tensors but got {} and {}", a.type_name, b.type_name)  # fmt: skip
    require(a is b, RuntimeError, "Expected object of scalar type {} but got scalar type {} for second argument", a.type_name, b.type_name)


_COMPLEX_OUTPUT = exact("Expected object of scalar type {result} but got scalar type {out} for argument 'out'")

scalar("complex", complex=lambda re, im: _pair(re.real, im.real), own_dtype=(0, 1))
scalar("polar", complex=lambda length, angle: _polar(length.real, angle.real), own_dtype=(0, 1))


def _polar(length, angle):
    if math.isinf(angle) or angle != angle:
        return _pair(nan, nan)
    return _pair(length * math.cos(angle), length * math.sin(angle))


@op("function out", contract=EXACT, out=_COMPLEX_OUTPUT, operands="real imag")
def complex(real, imag):
    """``real + imag * i`` from two tensors of one dtype, float16, float32 or float64.

    The tensors are broadcast. The result is complex32, complex64 or complex128; every part is taken as it is, -0 and NaN too.
    RuntimeError: any other dtypes, or two different ones. The gradients are the parts of the incoming one.

    >>> complex(tensor([1., 2.]), tensor([3., -4.]))
    tensor([1.+3.j, 2.-4.j])
    """
    return elementwise("complex", real, imag, dtype=real.dtype.to_complex())


@complex.constraints
def _(require, real, imag):
    _parts(require, real, imag)


complex.derivative(real=lambda grad, real: grad.real, imag=lambda grad, imag: grad.imag)  # torch keeps the part, for nothing


@op("function out", contract=ulps(2), out=_COMPLEX_OUTPUT, operands="abs angle")
def polar(abs, angle):
    """``abs * (cos(angle) + i sin(angle))`` from two tensors of one dtype, float32 or float64.

    The tensors are broadcast. The result is complex64 or complex128. A negative ``abs`` is allowed; an angle that is infinite or NaN gives NaN.
    RuntimeError: any other dtypes, or two different ones.
    The gradients are the incoming one's components along the result's direction, and across it times ``abs``.

    >>> polar(tensor([1., 2.]), tensor([0., 0.5]))
    tensor([1.0000+0.0000j, 1.7552+0.9589j])
    """
    return elementwise("polar", abs, angle, dtype=abs.dtype.to_complex())


@polar.constraints
def _(require, abs, angle):
    require(not abs.dtype is angle.dtype is float16, NotImplementedError, "\"polar\" not implemented for 'Half'")
    _parts(require, abs, angle)


polar.derivative(
    abs=lambda grad, result: (grad.conj() * result.sgn()).real,
    angle=lambda grad, result: (grad.conj() * (result * 1j)).real,
)
