"""Discrete Fourier transforms along one dimension.

The transform of n numbers is ``X[k] = sum_j x[j] exp(-2 pi i j k / n)``, the inverse one has +2 pi i and is divided by n. ``norm`` moves the
division: "backward" (the default) divides the inverse transform by n, "forward" the forward one, "ortho" both by sqrt(n). ``n`` cuts the input off or
continues it with zeros first. Any length is transformed in O(n log n); numbers of float32 are evaluated in binary64 and rounded once.

Where an element is infinite or NaN its whole transform is NaN; other backends may have infinities there, or leave real results finite.
"""

from __future__ import annotations

from ...foundation.layout import wrap_dim
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from .arguments import (
    as_complex,
    as_float,
    complex_output,
    conjugated_output,
    normalization,
    one_dimension,
    one_halved_dimension,
    real_output,
    transformable,
)
from .transforms import CONTRACT, _fft_c2c, _fft_c2r, _fft_r2c, resized


def _real(require, input, name):
    require(not input.is_complex(), RuntimeError, "{} expects a real input tensor, but got {}", name, input.dtype.type_name)


def _resized(input, n, dim):
    return input if n is None else resized(input, (dim,), (n,))


@op("out", namespace="fft", contract=CONTRACT, out=complex_output("fft"), sharing=COMPUTED)
def fft_fft(input, n=None, dim=-1, norm=None):
    """The transform along ``dim``: ``X[k] = sum_j x[j] exp(-2 pi i j k / n)``, divided by n for norm "forward", by sqrt(n) for "ortho".

    Shapes: that of the input, with ``n`` elements along ``dim``, to which the input is cut off or continued with zeros. Dtypes: integers, bool,
    float32, float64 and complex; the result is complex, of real numbers exactly its own mirror image. Errors: RuntimeError for 16-bit floats, a
    length below 1, and another norm; IndexError for a dimension that the input does not have. Gradient: the inverse transform of that of the
    result, not divided by n. Source: torch.fft.fft.

    >>> fft.fft(tensor([0., 1., 2., 3.]))
    tensor([ 6.+0.j, -2.+2.j, -2.+0.j, -2.-2.j])
    """
    dim = wrap_dim(dim, input.dim())
    x = _resized(as_float(input), n, dim)
    mode = normalization(norm, True)
    return _fft_c2c(x, (dim,), mode, True) if x.is_complex() else _fft_r2c(x, (dim,), mode, False)


@fft_fft.constraints
def _(require, input, n, dim, norm):
    transformable(require, input, norm)
    one_dimension(require, input, n, dim)


@op("out", namespace="fft", contract=CONTRACT, out=conjugated_output("ifft"), sharing=COMPUTED)
def fft_ifft(input, n=None, dim=-1, norm=None):
    """The inverse transform along ``dim``: ``x[j] = sum_k X[k] exp(2 pi i j k / n) / n``; not divided for norm "forward", by sqrt(n) for "ortho".

    Shapes and dtypes: as for :func:`fft`; that of real numbers is a conjugate view of their transform. Errors: as there. Gradient: the transform of
    that of the result, divided by n.

    >>> fft.ifft(tensor([6.+0j, -2+2j, -2, -2-2j]))
    tensor([0.+0.j, 1.+0.j, 2.+0.j, 3.+0.j])
    """
    dim = wrap_dim(dim, input.dim())
    x = _resized(as_float(input), n, dim)
    mode = normalization(norm, False)
    return _fft_c2c(x, (dim,), mode, False) if x.is_complex() else _fft_r2c(x, (dim,), mode, False).conj()


@fft_ifft.constraints
def _(require, input, n, dim, norm):
    transformable(require, input, norm)
    one_dimension(require, input, n, dim)


@op("out", namespace="fft", contract=CONTRACT, out=complex_output("rfft"), sharing=COMPUTED)
def fft_rfft(input, n=None, dim=-1, norm=None):
    """The first half of the transform of real numbers: ``n // 2 + 1`` elements, of which the others are the mirror image, conjugated.

    Dtypes: integers, bool, float32 and float64. The first element, and the last one for an even n, has imaginary part 0. Errors: RuntimeError for
    complex numbers; otherwise as for :func:`fft`. Gradient: the real part of the inverse transform of that of the result, with zeros for the other
    half.

    >>> fft.rfft(tensor([0., 1., 2., 3.]))
    tensor([ 6.+0.j, -2.+2.j, -2.+0.j])
    """
    dim = wrap_dim(dim, input.dim())
    return _fft_r2c(_resized(as_float(input), n, dim), (dim,), normalization(norm, True), True)


@fft_rfft.constraints
def _(require, input, n, dim, norm):
    _real(require, input, "rfft")
    transformable(require, input, norm)
    one_dimension(require, input, n, dim)


@op("out", namespace="fft", contract=CONTRACT, out=real_output("irfft"), sharing=COMPUTED)
def fft_irfft(input, n=None, dim=-1, norm=None):
    """The real numbers whose transform has the input as its first half: the inverse of :func:`rfft`, ``n`` elements, by default 2 (size - 1).

    Dtypes: integers, bool, float32, float64 and complex; the result is real. The input has ``n // 2 + 1`` elements; others are cut off, zeros
    take the place of those that are missing. The imaginary part of the first one, and of the last one for an even n, does not count, be it NaN.
    Errors: as for :func:`fft`. Gradient: the first half of the transform of that of the result, divided by n, times 2 for elements with a mirror
    image.

    >>> fft.irfft(tensor([6.+0j, -2+2j, -2]))
    tensor([0., 1., 2., 3.])
    """
    dim = wrap_dim(dim, input.dim())
    size = 2 * (input.shape[dim] - 1) if n is None else n
    return _fft_c2r(_resized(as_complex(input), size // 2 + 1, dim), (dim,), normalization(norm, False), size)


@fft_irfft.constraints
def _(require, input, n, dim, norm):
    transformable(require, input, norm)
    one_halved_dimension(require, input, n, dim)


@op("out", namespace="fft", contract=CONTRACT, out=real_output("hfft"), sharing=COMPUTED)
def fft_hfft(input, n=None, dim=-1, norm=None):
    """The transform, which is real, of numbers of which the second half is the mirror image of the first, conjugated; the input is the first half.

    ``n`` is the number of results, by default 2 (size - 1). Dtypes, and how many elements count: as for :func:`irfft`, whose result this is for the
    conjugate, but for the division: by n for norm "forward", by sqrt(n) for "ortho". Errors: as for :func:`fft`. Gradient: that of
    :func:`irfft`, conjugated, and divided as the result is.

    >>> fft.hfft(tensor([6.+0j, -2+2j, -2]))
    tensor([ 0., 12.,  8.,  4.])
    """
    dim = wrap_dim(dim, input.dim())
    size = 2 * (input.shape[dim] - 1) if n is None else n
    return _fft_c2r(_resized(as_complex(input), size // 2 + 1, dim).conj(), (dim,), normalization(norm, True), size)


@fft_hfft.constraints
def _(require, input, n, dim, norm):
    transformable(require, input, norm)
    one_halved_dimension(require, input, n, dim)


@op("out", namespace="fft", contract=CONTRACT, out=conjugated_output("ihfft"), sharing=COMPUTED)
def fft_ihfft(input, n=None, dim=-1, norm=None):
    """The first half of the inverse transform of real numbers: the inverse of :func:`hfft`, ``n // 2 + 1`` elements; a conjugate view.

    It is the conjugate of :func:`rfft`, divided by n, for norm "forward" by nothing, for "ortho" by sqrt(n). Dtypes and errors: as there.
    Gradient: that of :func:`rfft` of the conjugate, divided as the result is.

    >>> fft.ihfft(tensor([0., 12., 8., 4.]))
    tensor([ 6.-0.j, -2.+2.j, -2.-0.j])
    """
    dim = wrap_dim(dim, input.dim())
    return _fft_r2c(_resized(as_float(input), n, dim), (dim,), normalization(norm, False), True).conj()


@fft_ihfft.constraints
def _(require, input, n, dim, norm):
    _real(require, input, "ihfft")
    transformable(require, input, norm)
    one_dimension(require, input, n, dim)
