"""The inverse of the short-time Fourier transform: the signal whose weighted frames are the nearest to those of the transforms."""

from __future__ import annotations

from math import prod
from typing import Any

from ...foundation.contracts import transformed
from ...foundation.dtypes import complex128, float64
from ...foundation.layout import as_int64
from ...foundation.promotion import promote_types
from ...operations.registry import op
from ...tensor import Tensor
from ..creation.fresh import warn
from ..creation.ranges import arange
from ..images.padding import pad
from ..shared.operands import type_text
from .short_time import _centred, warn_without_window
from .transforms import _fft_c2c, _fft_c2r

_CONTRACT = transformed(4)


def _wide(t: Tensor) -> Tensor:
    """On the host wide enough that the result is rounded once."""
    if t.device.type != "cpu" or t.dtype.category < 2:
        return t
    return t.to(complex128 if t.is_complex() else float64)  # type: ignore[no-any-return]


def _overlapped(frames: Tensor, hop: int) -> Tensor:
    """Frames, (B, count, size), added up where they lie in a signal, each ``hop`` behind the one before."""
    batch, count, size = frames.shape
    starts = arange(count, device=frames.device) * hop
    places = (starts.unsqueeze(1) + arange(size, device=frames.device)).reshape(count * size)
    total = frames.detach().new_zeros((batch, size + hop * (count - 1)))
    return total.index_add(1, places, frames.reshape(batch, count * size))  # type: ignore[no-any-return]


def _span(n_fft: int, total: int, center: bool, length: Any) -> tuple[int, int]:
    """Where in the overlapped frames the signal begins, and ends: numbers of 64 bits, the sum of which wraps."""
    start = n_fft // 2 if center else 0
    if length is not None:
        return start, as_int64(start + length)
    return start, -(n_fft // 2) if center else total


def _weights(input: Tensor, n_fft: int, size: int, window: Any) -> Tensor:
    """The window, as long as a frame."""
    given = input.detach().new_ones((size,)).real if window is None else window
    return given if size == n_fft else _centred(given, n_fft)


def _envelope(weights: Tensor, hop: int, count: int, start: int, end: int) -> Tensor:
    """The squares of the windows, added up where the frames are."""
    squares = _wide(weights).pow(2).expand(1, count, weights.shape[0])
    return _overlapped(squares, hop)[:, start:end]  # type: ignore[no-any-return]


@op("only", name="_weighted_mean_of_frames", node="DivBackward0", contract=_CONTRACT)
def _weighted_mean(total, envelope, dtype):
    """The sums of weighted frames by those of the squares of the weights, rounded once.

    >>> istft(tensor([[4. + 0j], [0j], [0j]]), 4, center=False)
    tensor([1., 1., 1., 1.])
    """
    return (total.detach() / envelope.detach()).to(dtype)


def _to_envelope(grad: Tensor, total: Tensor, envelope: Tensor) -> Tensor:
    moved = -(grad.to(total.dtype) * (total / envelope / envelope).conj())
    return moved if envelope.is_complex() else moved.real


_weighted_mean.derivative(
    total=lambda grad, total, envelope: grad.to(total.dtype) / envelope.conj(),
    envelope=lambda grad, total, envelope: _to_envelope(grad, total, envelope),
)


@op("method", contract=_CONTRACT)
def istft(input, n_fft, hop_length=None, win_length=None, window=None, center=True, normalized=False, onesided=None, length=None,
          return_complex=False):  # fmt: skip
    """The signal of which ``input`` holds the transforms of frames (:func:`stft`, with the same arguments). Where frames overlap it is the mean that
    is nearest to all of them: with x_t the inverse transforms, ``sum_t(w x_t) / sum_t(w**2)`` of all frames at a place.

    ``hop_length`` is by default ``n_fft // 4``, ``win_length`` ``n_fft``, the window 1. ``onesided`` says that the input is the first half of each
    transform; by default that is so if it does not have ``n_fft`` frequencies. With ``center`` the signal begins in the middle of the first frame
    and ends in that of the last one. ``length`` is its length instead, with zeros at the end if that is beyond the last frame (which warns).
    ``normalized``: the transforms have been divided by the root of ``n_fft``. ``return_complex``: the signal is complex, the input not one-sided.

    Shapes: (frequencies, frames) gives (L), (B, frequencies, frames) gives (B, L), with ``L = n_fft + hop_length * (frames - 1)``, less
    ``2 * (n_fft // 2)`` if centred. Dtypes: complex; the result is real unless ``return_complex``, and promoted with the window; squares of an
    integer window are integers, which wrap. Values: sums and the quotient are rounded once. Errors: RuntimeError for other dtypes, ranks and sizes,
    for an input without elements, a result without any, and where no window reaches (a sum of squares below 1e-11).
    Gradient: by way of the parts.
    Source: torch.istft.

    >>> x = tensor([1., 2., 3., 4., 5., 6., 7., 8.])
    >>> istft(stft(x, 4, return_complex=True), 4)
    tensor([1., 2., 3., 4., 5., 6., 7., 8.])
    """
    if window is None:
        warn_without_window("istft", ".Please provide the same window used by stft to make the inversion lossless.")
    hop = n_fft // 4 if hop_length is None else hop_length
    size = n_fft if win_length is None else win_length
    batched = input if input.dim() == 3 else input.unsqueeze(0)
    weights = _weights(input, n_fft, size, window)
    halved = input.shape[-2] != n_fft if onesided is None else onesided
    spectra, mode = _wide(batched.transpose(1, 2)), 1 if normalized else 2
    if return_complex:
        frames = _fft_c2c(spectra, (2,), mode, False)
    else:
        frames = _fft_c2r(spectra if halved else spectra[..., : n_fft // 2 + 1], (2,), mode, n_fft)
    total = _overlapped(frames * _wide(weights), hop)
    start, end = _span(n_fft, total.shape[1], center, length)
    kind = promote_types(input.dtype if return_complex else input.dtype.to_real(), weights.dtype)
    result = _weighted_mean(total[:, start:end], _envelope(weights, hop, input.shape[-1], start, end), kind)
    if input.dim() == 2:
        result = result.squeeze(0)
    if end > total.shape[1]:
        warn("The length of signal is shorter than the length parameter. Result is being padded with zeros in the tail. Please check your center and "
             "hop_length settings.")  # fmt: skip
        result = pad(result, (0, end - total.shape[1]))
    return result


@istft.constraints
def _(require, input, n_fft, hop_length, win_length, window, center, normalized, onesided, length, return_complex):
    hop, size = n_fft >> 2 if hop_length is None else hop_length, n_fft if win_length is None else win_length
    given = None if window is None else f"{type_text(window)}{{{{{list(window.shape)}}}}}"
    call = (f"istft({type_text(input)}{list(input.shape)}, n_fft={n_fft}, hop_length={hop}, win_length={size}, window={given}, center={int(center)}, "
            f"normalized={int(normalized)}, onesided={onesided if onesided is None else int(onesided)}, length={length}, "
            f"return_complex={int(return_complex)}) ")  # fmt: skip
    ndim = input.dim()
    require(input.is_complex(), RuntimeError, "istft requires a complex-valued input tensor matching the output from stft with return_complex=True.")
    require(prod(input.shape), RuntimeError, call + ": input tensor cannot be empty.", None)
    beyond = (IndexError, "Dimension out of range (expected to be in range of [{1}, {2}], but got {3})")
    require(ndim in (2, 3), RuntimeError, call + ": expected a tensor with 3 or 4 dimensions, but got {}", ndim + 1, -ndim - 1, ndim, -ndim - 2,
            also=(beyond,))  # fmt: skip
    require(0 < hop <= size, RuntimeError, call + ": expected 0 < hop_length <= win_length", None)
    require(0 < size <= n_fft, RuntimeError, call + ": expected 0 < win_length <= n_fft", None)
    fits = window is None or tuple(window.shape) == (size,)
    require(fits, RuntimeError, call + ": Invalid window shape. window has to be 1D and length of `win_length`", None)
    real = window is None or not window.is_complex()
    require(real or return_complex, RuntimeError, "Complex windows are incompatible with return_complex=False")
    if ndim not in (2, 3):
        return
    frequencies, count = input.shape[-2:]
    halved = frequencies != n_fft if onesided is None else onesided
    words = ": expected the frequency dimension (3rd to the last) of the input tensor to match n_fft{} when onesided={}, but got {}"
    require(frequencies == (n_fft // 2 + 1 if halved else n_fft), RuntimeError, call + words, " / 2 + 1" if halved else "", bool(halved),
            frequencies)  # fmt: skip
    require(not halved or not return_complex, RuntimeError, "Cannot have onesided output if window or input is complex")
    if not fits or not 0 < hop <= size <= n_fft or not count:
        return
    start, end = _span(n_fft, n_fft + hop * (count - 1), center, length)
    envelope = _envelope(_weights(input, n_fft, size, window).detach(), hop, count, start, end)
    require(envelope.numel(), RuntimeError, "min(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with "
            "the 'dim' argument.")  # fmt: skip
    if envelope.numel():
        require(not envelope.abs().min() < 1e-11, RuntimeError, call + "window overlap add min: 1\n[ CPUBoolType{{}} ]", None)
