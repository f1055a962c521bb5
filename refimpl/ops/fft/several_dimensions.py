"""Discrete Fourier transforms along several dimensions: along one after the other, in any order, rounded once.

``s`` has the lengths to which the dimensions are cut off or continued with zeros, -1 for those of the input; ``dim`` the dimensions, by default the
last ones, as many as there are lengths, or all. The divisor of a norm is the product of the lengths, or its root. See :mod:`.one_dimension` for the
rest.
"""

from __future__ import annotations

from typing import Any

from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor
from .arguments import (
    as_complex,
    as_float,
    at_least_one,
    chosen_dims,
    chosen_sizes,
    complex_output,
    last_size,
    no_more_lengths,
    normalization,
    real_output,
    several_dimensions,
    several_dimensions_halved,
    transformable,
)
from .transforms import CONTRACT, _fft_c2c, _fft_c2r, _fft_c2r_conjugated, _fft_r2c, _fft_r2c_inverse, resized

# -- of complex numbers --------------------------------------------------------------------------------------------


def _complex(input: Tensor, s: Any, dim: Any, norm: Any, forward: bool) -> Tensor:
    dims = chosen_dims(input, s, dim)
    x = resized(as_complex(input), dims, chosen_sizes(input, s, dims))
    return _fft_c2c(x, dims, normalization(norm, forward), forward)  # type: ignore[no-any-return]


@op("out", namespace="fft", contract=CONTRACT, out=complex_output("fftn"), sharing=COMPUTED)
def fft_fftn(input, s=None, dim=None, norm=None):
    """The transform along several dimensions, each as :func:`fft`; divided by the product of the lengths for norm "forward", by its root for "ortho".

    Shapes: that of the input, with the lengths ``s`` along ``dim``; no dimensions give a copy. Dtypes: integers, bool, float32, float64 and
    complex; the result is complex. Errors: RuntimeError for 16-bit floats, a length below 1, another norm, a dimension that is named twice, and
    lengths that are not as many as dimensions; IndexError for a dimension that the input does not have. Gradient: the inverse transform of that of
    the result.

    >>> fft.fftn(tensor([[1., 2.], [3., 4.]]))
    tensor([[10.+0.j, -2.+0.j],
            [-4.+0.j,  0.+0.j]])
    """
    return _complex(input, s, dim, norm, True)


@fft_fftn.constraints
def _(require, input, s, dim, norm):
    transformable(require, input, norm)
    no_more_lengths(require, input, s, dim)
    several_dimensions(require, input, s, dim)


@op("out", namespace="fft", contract=CONTRACT, out=complex_output("fftn"), sharing=COMPUTED)
def fft_ifftn(input, s=None, dim=None, norm=None):
    """The inverse transform along several dimensions, each as :func:`ifft`. Shapes, dtypes and errors: as for :func:`fftn`.

    Gradient: the transform of that of the result, divided as the result is.

    >>> fft.ifftn(tensor([[10., -2.], [-4., 0.]]))
    tensor([[1.+0.j, 2.+0.j],
            [3.+0.j, 4.+0.j]])
    """
    return _complex(input, s, dim, norm, False)


@fft_ifftn.constraints
def _(require, input, s, dim, norm):
    transformable(require, input, norm)
    no_more_lengths(require, input, s, dim)
    several_dimensions(require, input, s, dim)


@op("out", namespace="fft", contract=CONTRACT, out=complex_output("fftn"), sharing=COMPUTED)
def fft_fft2(input, s=None, dim=(-2, -1), norm=None):
    """:func:`fftn` along the last two dimensions, unless others are given.

    >>> fft.fft2(tensor([[1., 2.], [3., 4.]]))
    tensor([[10.+0.j, -2.+0.j],
            [-4.+0.j,  0.+0.j]])
    """
    return _complex(input, s, dim, norm, True)


@fft_fft2.constraints
def _(require, input, s, dim, norm):
    transformable(require, input, norm)
    several_dimensions(require, input, s, dim)


@op("out", namespace="fft", contract=CONTRACT, out=complex_output("fftn"), sharing=COMPUTED)
def fft_ifft2(input, s=None, dim=(-2, -1), norm=None):
    """:func:`ifftn` along the last two dimensions, unless others are given.

    >>> fft.ifft2(tensor([[10., -2.], [-4., 0.]]))
    tensor([[1.+0.j, 2.+0.j],
            [3.+0.j, 4.+0.j]])
    """
    return _complex(input, s, dim, norm, False)


@fft_ifft2.constraints
def _(require, input, s, dim, norm):
    transformable(require, input, norm)
    several_dimensions(require, input, s, dim)


# -- of real numbers -----------------------------------------------------------------------------------------------


def _half(input: Tensor, s: Any, dim: Any, norm: Any) -> Tensor:
    dims = chosen_dims(input, s, dim)
    return _fft_r2c(resized(as_float(input), dims, chosen_sizes(input, s, dims)), dims, normalization(norm, True), True)  # type: ignore[no-any-return]


def _half_of_inverse(input: Tensor, s: Any, dim: Any, norm: Any) -> Tensor:
    dims = chosen_dims(input, s, dim)
    x = resized(as_float(input), dims, chosen_sizes(input, s, dims))
    mode = normalization(norm, False)
    return _fft_r2c(x, dims, mode, True).conj() if len(dims) == 1 else _fft_r2c_inverse(x, dims, mode)  # type: ignore[no-any-return]


def _real(require, input):
    require(not input.is_complex(), RuntimeError, "rfftn expects a real-valued input tensor, but got {}", input.dtype.type_name)


def _real_inverse(require, input):
    require(not input.is_complex(), RuntimeError, "Only supports floating-point dtypes, but found: {}", input.dtype.type_name)


@op("out", namespace="fft", contract=CONTRACT, out=complex_output("rfftn"), sharing=COMPUTED)
def fft_rfftn(input, s=None, dim=None, norm=None):
    """The transform of real numbers along several dimensions, of which along the last one the first half: ``n // 2 + 1`` elements.

    Dtypes: integers, bool, float32 and float64. Errors: RuntimeError for complex numbers and for no dimension; otherwise as for :func:`fftn`.
    Gradient: the real part of the inverse transform of that of the result, with zeros for the other half.

    >>> fft.rfftn(tensor([[1., 2.], [3., 4.]]))
    tensor([[10.+0.j, -2.+0.j],
            [-4.+0.j,  0.+0.j]])
    """
    return _half(input, s, dim, norm)


@fft_rfftn.constraints
def _(require, input, s, dim, norm):
    _real(require, input)
    transformable(require, input, norm)
    no_more_lengths(require, input, s, dim)
    several_dimensions(require, input, s, dim)
    at_least_one(require, "rfftn", input, s, dim)


@op("out", namespace="fft", contract=CONTRACT, out=complex_output("rfftn"), sharing=COMPUTED)
def fft_rfft2(input, s=None, dim=(-2, -1), norm=None):
    """:func:`rfftn` along the last two dimensions, unless others are given.

    >>> fft.rfft2(tensor([[1., 2.], [3., 4.]]))
    tensor([[10.+0.j, -2.+0.j],
            [-4.+0.j,  0.+0.j]])
    """
    return _half(input, s, dim, norm)


@fft_rfft2.constraints
def _(require, input, s, dim, norm):
    _real(require, input)
    transformable(require, input, norm)
    several_dimensions(require, input, s, dim)
    at_least_one(require, "rfftn", input, s, dim)


@op("out", namespace="fft", contract=CONTRACT, out=complex_output("ihfftn"), sharing=COMPUTED)
def fft_ihfftn(input, s=None, dim=None, norm=None):
    """The inverse transform of real numbers along several dimensions, of which along the last one the first half: the inverse of :func:`hfftn`.

    It is the conjugate of :func:`rfftn`, divided by the product of the lengths, for norm "forward" by nothing, for "ortho" by its root; along
    one dimension a conjugate view. Dtypes and errors: as there. Gradient: that of :func:`rfftn` of the conjugate, divided as the result is.

    >>> fft.ihfftn(tensor([[10., -2.], [-4., 0.]])).real
    tensor([[1., 2.],
            [3., 4.]])
    """
    return _half_of_inverse(input, s, dim, norm)


@fft_ihfftn.constraints
def _(require, input, s, dim, norm):
    _real_inverse(require, input)
    transformable(require, input, norm)
    no_more_lengths(require, input, s, dim)
    several_dimensions(require, input, s, dim)
    at_least_one(require, "ihfftn", input, s, dim)


@op("out", namespace="fft", contract=CONTRACT, out=complex_output("ihfftn"), sharing=COMPUTED)
def fft_ihfft2(input, s=None, dim=(-2, -1), norm=None):
    """:func:`ihfftn` along the last two dimensions, unless others are given.

    >>> fft.ihfft2(tensor([[10., -2.], [-4., 0.]])).real
    tensor([[1., 2.],
            [3., 4.]])
    """
    return _half_of_inverse(input, s, dim, norm)


@fft_ihfft2.constraints
def _(require, input, s, dim, norm):
    _real_inverse(require, input)
    transformable(require, input, norm)
    several_dimensions(require, input, s, dim)
    at_least_one(require, "ihfftn", input, s, dim)


# -- to real numbers -----------------------------------------------------------------------------------------------


def _of_half(input: Tensor, s: Any, dim: Any, norm: Any, forward: bool) -> Tensor:
    dims = chosen_dims(input, s, dim)
    size = last_size(input, s, dims)
    x = resized(as_complex(input), dims, [*chosen_sizes(input, s, dims)[:-1], size // 2 + 1])
    mode = normalization(norm, forward)
    if forward and len(dims) > 1:
        return _fft_c2r_conjugated(x, dims, mode, size)  # type: ignore[no-any-return]
    return _fft_c2r(x.conj() if forward else x, dims, mode, size)  # type: ignore[no-any-return]


@op("out", namespace="fft", contract=CONTRACT, out=real_output("irfftn"), sharing=COMPUTED)
def fft_irfftn(input, s=None, dim=None, norm=None):
    """The real numbers whose transform along several dimensions has the input as its first half along the last one: the inverse of :func:`rfftn`.

    The last of ``s`` is the length of the result, by default 2 (size - 1), of which the input has ``n // 2 + 1`` elements. The other dimensions are
    transformed first; of what they leave the imaginary part does not count where an element of the last dimension is its own mirror image.
    Dtypes: integers, bool, float32, float64 and complex; the result is real. Errors: RuntimeError for no dimension; otherwise as for :func:`fftn`.
    Gradient: the first half of the transform of that of the result, divided as the result is, times 2 for elements with a mirror image.

    >>> fft.irfftn(tensor([[10., -2.], [-4., 0.]]))
    tensor([[1., 2.],
            [3., 4.]])
    """
    return _of_half(input, s, dim, norm, False)


@fft_irfftn.constraints
def _(require, input, s, dim, norm):
    transformable(require, input, norm)
    no_more_lengths(require, input, s, dim)
    several_dimensions_halved(require, input, s, dim)
    at_least_one(require, "irfftn", input, s, dim)


@op("out", namespace="fft", contract=CONTRACT, out=real_output("irfftn"), sharing=COMPUTED)
def fft_irfft2(input, s=None, dim=(-2, -1), norm=None):
    """:func:`irfftn` along the last two dimensions, unless others are given.

    >>> fft.irfft2(tensor([[10., -2.], [-4., 0.]]))
    tensor([[1., 2.],
            [3., 4.]])
    """
    return _of_half(input, s, dim, norm, False)


@fft_irfft2.constraints
def _(require, input, s, dim, norm):
    transformable(require, input, norm)
    several_dimensions_halved(require, input, s, dim)
    at_least_one(require, "irfftn", input, s, dim)


@op("out", namespace="fft", contract=CONTRACT, out=real_output("hfftn"), sharing=COMPUTED)
def fft_hfftn(input, s=None, dim=None, norm=None):
    """The transform, which is real, along several dimensions of numbers of which the input is the first half along the last one.

    It is :func:`irfftn` of the conjugate, but for the division: by the product of the lengths for norm "forward", by its root for "ortho". Shapes,
    dtypes and errors: as there. Gradient: that of :func:`irfftn`, conjugated, and divided as the result is.

    >>> fft.hfftn(tensor([[1., 2.], [3., 4.]]))
    tensor([[10., -2.],
            [-4.,  0.]])
    """
    return _of_half(input, s, dim, norm, True)


@fft_hfftn.constraints
def _(require, input, s, dim, norm):
    transformable(require, input, norm)
    no_more_lengths(require, input, s, dim)
    several_dimensions_halved(require, input, s, dim)
    at_least_one(require, "hfftn", input, s, dim)


@op("out", namespace="fft", contract=CONTRACT, out=real_output("hfftn"), sharing=COMPUTED)
def fft_hfft2(input, s=None, dim=(-2, -1), norm=None):
    """:func:`hfftn` along the last two dimensions, unless others are given.

    >>> fft.hfft2(tensor([[1., 2.], [3., 4.]]))
    tensor([[10., -2.],
            [-4.,  0.]])
    """
    return _of_half(input, s, dim, norm, True)


@fft_hfft2.constraints
def _(require, input, s, dim, norm):
    transformable(require, input, norm)
    several_dimensions_halved(require, input, s, dim)
    at_least_one(require, "hfftn", input, s, dim)
