"""Discrete Fourier transforms by the library of the device: cuFFT on a GPU, and what NumPy and torch have on the host.

The three forms of the primitive are those of these libraries: complex to complex, real to half a spectrum, half a spectrum to real.
``norm="forward"`` leaves the inverse ones as they are; they are divided afterwards. Float32 is transformed in float32, which keeps the contract.
"""

from __future__ import annotations

from typing import Any

from refimpl.backend import View


def transform(fft: Any, x: Any, axes: str, out: View, input: View, dims: tuple[int, ...], inverse: bool, divisor: float) -> Any:
    """The transform of ``x``, the elements of ``input``. ``fft``: the library's module ``fft``, whose word for dimensions is ``axes``."""
    last = dims[-1]
    if not out.dtype.is_complex:  # the other dimensions first, as it makes a difference where the spectrum is not Hermitian
        x = fft.irfft(_along(fft, x, axes, dims[:-1], True), out.shape[last], last, norm="forward")
    elif input.dtype.is_complex or 2 < out.shape[last] == input.shape[last]:  # of real numbers the whole spectrum
        x = _along(fft, x, axes, dims, inverse)
    else:
        x = _along(fft, fft.rfft(x, None, last), axes, dims[:-1], False)
    return x if divisor == 1.0 else x / divisor


def _along(fft: Any, x: Any, axes: str, dims: tuple[int, ...], inverse: bool) -> Any:
    """Of complex numbers, along so many dimensions at a time as each library takes."""
    for start in range(0, len(dims), 3):
        some = {axes: dims[start : start + 3]}
        x = fft.ifftn(x, norm="forward", **some) if inverse else fft.fftn(x, **some)
    return x
