"""The short-time Fourier transform: transforms of a signal's frames, each weighted by a window."""

from __future__ import annotations

from typing import Any

from ...foundation.dtypes import bfloat16, float16
from ...foundation.promotion import promote_types
from ...operations.registry import op
from ...signatures.messages import refusal
from ...signatures.schema import Signature
from ...signatures.types import type_name
from ...tensor import Tensor
from ..creation.fresh import warn
from ..images.padding import pad
from ..joining.joining import cat
from ..shared.operands import type_text
from ..views.reinterpretation import view_as_real
from .transforms import CONTRACT, _fft_c2c, _fft_r2c


def _centred(window: Tensor, n_fft: int) -> Tensor:
    """A window that is shorter than the transform, with zeros on both sides."""
    left = (n_fft - window.shape[0]) // 2
    zeros = window.detach().new_zeros((n_fft,))
    return cat([zeros[:left], window, zeros[left + window.shape[0] :]], 0)  # type: ignore[no-any-return]


_warned: set[str] = set()  # torch gives these warnings once


def warn_without_window(name: str, after: str) -> None:
    """Say that all elements of a frame count alike, as no window was given; ``after`` is what else torch says."""
    if name not in _warned:
        _warned.add(name)
        warn(f"A window was not provided. A rectangular window will be applied{after}To suppress this warning and use a rectangular window, "
             "explicitly set `window=torch.ones(n_fft, device=<device>)`.", deep=1)


def _gives_complex(input: Tensor, window: Any, return_complex: Any) -> bool:
    return input.is_complex() or window is not None and window.is_complex() if return_complex is None else return_complex


def _flag(value: Any) -> Any:
    return value if value is None else int(value)


@op("method python", contract=CONTRACT)
def stft(input, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode="reflect", normalized=False, onesided=None,
         return_complex=None, align_to_window=None):  # fmt: skip
    """The transforms of the frames of a signal, ``n_fft`` elements each, ``hop_length`` apart:
    ``X[k, t] = sum_j w[j] x[t hop_length + j] exp(-2 pi i j k / n_fft)``.

    ``hop_length`` is by default ``n_fft // 4``; ``window`` has ``win_length`` elements (``n_fft`` unless given), and is put in the middle of the
    frame; by default it is 1. The first frame begins with the signal, with ``align_to_window`` the first window does. If ``center``, the signal is
    continued by ``n_fft // 2`` elements on both sides, as ``pad_mode`` says (:func:`torch.nn.functional.pad`). ``normalized``: divided by the root of
    ``n_fft``. ``onesided``: the first half of each transform, ``n_fft // 2 + 1`` elements, as is the default for real signals with a real window.

    Shapes: of a signal (L) or (B, L) the result is (frequencies, frames) or (B, frequencies, frames), with a last dimension of real and imaginary
    parts if ``return_complex=False``, which is deprecated. Dtypes: float32, float64 and complex. Errors: RuntimeError for other dtypes and ranks,
    for sizes that do not fit, for one-sided transforms of complex numbers, and for a real signal without ``return_complex``. Gradient: by way of
    the parts. Source: torch.stft.

    >>> stft(tensor([1., 0., 0., 0., 1.]), 4, center=False, return_complex=True).real
    tensor([[ 1.,  1.],
            [ 1.,  0.],
            [ 1., -1.]])
    """
    if window is None:
        warn_without_window("stft", ",which is known to cause spectral leakage. Other windows such as torch.hann_window or torch.hamming_window are "
                                    "recommended to reduce spectral leakage.")  # fmt: skip
    hop = n_fft // 4 if hop_length is None else hop_length
    size = n_fft if win_length is None else win_length
    signal = input if input.dim() == 2 else input.unsqueeze(0)
    if center:
        signal = pad(signal.unsqueeze(0), (n_fft // 2, n_fft // 2), pad_mode).squeeze(0)
    elif align_to_window:
        left = (n_fft - size) // 2
        signal = pad(signal, (left, n_fft - size - left))
    if window is None and size < n_fft:
        window = input.detach().new_ones((size,))
    if window is not None and size < n_fft:
        window = _centred(window, n_fft)
    outer, inner = signal.stride()  # overlapping frames: the gradient is that of as_strided, which counts shared elements as torch does
    count = 1 + (signal.shape[1] - n_fft) // hop
    frames = signal.as_strided((signal.shape[0], count, n_fft), (outer, hop * inner, inner), signal.storage_offset())
    if window is not None:
        frames = frames.mul(window)
    mode = 1 if normalized else 0
    if frames.is_complex():
        result = _fft_c2c(frames, (2,), mode, True)
    else:
        result = _fft_r2c(frames, (2,), mode, onesided is None or onesided)
    result.transpose_(1, 2)
    if input.dim() == 1:
        result.squeeze_(0)
    if _gives_complex(input, window, return_complex):
        return result
    warn("stft with return_complex=False is deprecated. In a future pytorch release, stft will return complex tensors for all inputs, and "
         "return_complex=False will raise an error.\nNote: you can still call torch.view_as_real on the complex output to recover the old return "
         "format.")
    return view_as_real(result)


_REST = "bool normalized=False, bool? onesided=None, bool? return_complex=None, bool? align_to_window=None)"
_SIZES = "stft(Tensor input, int64_t n_fft, int64_t? hop_length=None, int64_t? win_length=None, Tensor? window=None, "
_CALLS = (Signature(f'{_SIZES}bool center=True, c10::string_view pad_mode="reflect", {_REST}'), Signature(_SIZES + _REST))  # what it hands on to


@stft.constraints
def _(require, input, n_fft, hop_length, win_length, window, center, pad_mode, normalized, onesided, return_complex, align_to_window):
    handed_on = (input, n_fft, hop_length, win_length, window, normalized, onesided, return_complex, align_to_window)
    fits = _CALLS[1].mismatch("stft", handed_on, {}) is None
    require(fits, TypeError, "{}", "" if fits else str(refusal("stft", _CALLS, handed_on, {})),
            also=((TypeError, f"unsupported operand type(s) for //: '{type_name(n_fft)}' and 'int'"),))  # fmt: skip
    if not fits:
        return
    require(return_complex is not None or _gives_complex(input, window, None), RuntimeError, "stft requires the return_complex parameter be given "
            "for real inputs, and will further require that return_complex=True in a future PyTorch release.")  # fmt: skip
    require(align_to_window is None or not center, RuntimeError, "stft align_to_window should only be set when center = false")
    hop, size = n_fft >> 2 if hop_length is None else hop_length, n_fft if win_length is None else win_length
    shape = list(input.shape)
    if center and shape:
        shape[-1] += 2 * (n_fft // 2)
    words = [f"{name}={_flag(value)}" for name, value in (("normalized", normalized), ("onesided", onesided), ("return_complex", return_complex),
             ("align_to_window", align_to_window))]  # fmt: skip
    weights = None if window is None else f"{type_text(window)}{{{{{list(window.shape)}}}}}"
    call = f"stft({type_text(input)}{shape}, n_fft={n_fft}, hop_length={hop}, win_length={size}, window={weights}, {', '.join(words)}) : "
    if center:
        extended = input.detach().reshape((*[1] * (3 - input.dim()), *input.shape))
        pad.operation.constraints.function(require, extended, (n_fft // 2, n_fft // 2), pad_mode, None)
    kind = input.dtype
    require(kind.category >= 2, RuntimeError, call + "expected a tensor of floating point or complex values", None)
    weighted = kind if window is None else promote_types(kind, window.dtype)
    require(weighted not in (float16, bfloat16), RuntimeError, "MKL FFT doesn't support tensors of type: {}", weighted.type_name)
    padded = call.replace(f"{shape},", f"{[1, 1, 1 + 2 * (n_fft // 2)]},", 1)  # of a tensor without dimensions
    require(input.dim() in (1, 2), RuntimeError, call + "expected a 1D or 2D tensor", None, also=(
        (RuntimeError, padded + "expected a 1D or 2D tensor"),) if center else ())  # fmt: skip
    count = shape[-1] if shape else 0
    require(0 < n_fft <= count, RuntimeError, call + "expected 0 < n_fft < {}, but got n_fft={}", count, size)  # torch says the other size
    require(hop > 0, RuntimeError, call + "expected hop_length > 0, but got hop_length={}", hop)
    require(0 < size <= n_fft, RuntimeError, call + "expected 0 < win_length <= n_fft, but got win_length={}", size)
    require(window is None or tuple(window.shape) == (size,), RuntimeError,
            call + "expected a 1D window tensor of size equal to win_length={}, but got window with size {}", size,
            list(window.shape) if window is not None else None)  # fmt: skip
    require(not onesided or not input.is_complex() and not (window is not None and window.is_complex()), RuntimeError,
            "Cannot have onesided output if window or input is complex")  # fmt: skip
