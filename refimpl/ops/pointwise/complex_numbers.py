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
from ...operations.operation import OperandError
from ...operations.registry import op
from ...operations.writing import refuse_overlap, write_result
from ...tensor import wrap
from ..shared.checks import is_number
from ..shared.elementwise import INT_TO_FLOAT_REAL, elementwise
from ..shared.outputs import found_dtype, laid_out, real_part_of_result, usual_strides
from .selection import where

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


@op("only", node="ConjPhysicalBackward0", contract=EXACT)
def _conj_physical(input):
    """The complex conjugate of a complex tensor, a new tensor."""
    return elementwise("conj", input)


_conj_physical.derivative(input=lambda grad: grad.conj())


def _conj_physical_out(function, args, kwargs, outs):
    """An output is always written, in the layout of a pointwise result, though the result for real numbers is the input itself."""
    result = found_dtype(function, args, kwargs, outs)
    return result if result.shape == outs[0].shape else laid_out(result, usual_strides(args[0] if args else kwargs["input"]))


@op("function method out", contract=EXACT, out=_conj_physical_out)
def conj_physical(input):
    """The complex conjugate, computed at once: a new tensor for complex numbers, the input itself for real ones.

    >>> conj_physical(tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return _conj_physical(input) if input.dtype.is_complex else input


@op("method", node="ConjPhysicalBackward1", contract=EXACT)
def conj_physical_(input):
    """The complex conjugate in place.

    >>> tensor([1 + 2j]).conj_physical_()
    tensor([1.-2.j])
    """
    if input.dtype.is_complex:
        refuse_overlap(input)
        write_result(elementwise("conj", input), input)
    return input


conj_physical_.derivative(input=lambda grad: grad.conj())


@scalar("angle", complex=lambda z: math.atan2(z.imag, z.real))
def _angle(x):
    return x if x != x else pi if x < 0.0 else 0.0


@op("function method out", contract=ulps(2), out=real_part_of_result)
def angle(input):
    """The argument of each complex number, in [-pi, pi]; of a real number 0, pi if it is negative, NaN if it is NaN.

    For complex numbers the result is contiguous whatever the input's layout.

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


@op("function method inplace out", contract=ulps(2), out=found_dtype)
def sgn(input):
    """The sign: ``z / |z|`` of complex numbers, 0 at 0; of real numbers as :func:`sign`.

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


def _check_parts(first, second):
    for tensor in (first, second):
        if is_number(tensor):
            raise OperandError(tensor)
    if not {first.dtype, second.dtype} <= {float16, float32, float64} or first.dtype is second.dtype is float16:
        raise RuntimeError(
            "Expected both inputs to be Half, Float or Double tensors but got "
            f"{first.dtype.type_name} and {second.dtype.type_name}"
        )
    if first.dtype is not second.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {first.dtype.type_name} but got scalar type {second.dtype.type_name} for second argument"
        )


def _complex_output(function, args, kwargs, outs):
    """The output must have the complex dtype of the parts; that comes before their shapes."""
    parts = (*args, *kwargs.values())
    _check_parts(*parts)
    expected, given = parts[0].dtype.to_complex().type_name, outs[0].dtype.type_name
    if given != expected:
        raise RuntimeError(f"Expected object of scalar type {expected} but got scalar type {given} for argument 'out'")
    return function(*args, **kwargs)


scalar("complex", complex=lambda re, im: _pair(re.real, im.real))
scalar("polar", complex=lambda length, angle: _polar(length.real, angle.real))


def _polar(length, angle):
    if math.isinf(angle) or angle != angle:
        return _pair(nan, nan)
    return _pair(length * math.cos(angle), length * math.sin(angle))


@op("function out", contract=EXACT, out=_complex_output)
def complex(real, imag):
    """``real + imag * i`` from two tensors of one dtype, float32 or float64 (there is no complex dtype of float16).

    >>> complex(tensor([1., 2.]), tensor([3., -4.]))
    tensor([1.+3.j, 2.-4.j])
    """
    _check_parts(real, imag)
    return elementwise("complex", real, imag, dtype=real.dtype.to_complex())


complex.derivative(real=lambda grad: grad.real, imag=lambda grad: grad.imag)


@op("function out", contract=ulps(2), out=_complex_output)
def polar(abs, angle):
    """``abs * (cos(angle) + i sin(angle))`` from two tensors of one dtype, float32 or float64.

    >>> polar(tensor([1., 2.]), tensor([0., 0.5]))
    tensor([1.0000+0.0000j, 1.7552+0.9589j])
    """
    _check_parts(abs, angle)
    return elementwise("polar", abs, angle, dtype=abs.dtype.to_complex())


polar.derivative(
    abs=lambda grad, result: (grad.conj() * result.sgn()).real,
    angle=lambda grad, result: (grad.conj() * (result * 1j)).real,
)
