"""The inverse of the short-time Fourier transform."""

from __future__ import annotations

from math import ceil, hypot, isfinite
from typing import Any, Callable

import torch

from ...accuracy.contracts import transformed
from ...accuracy.number_formats import FORMATS, REAL, decode, is_float
from ...cases.case import Case, separated
from ...drawing.pen import Pen
from ..entries import named_arguments
from ..other_numbers import with_numbers
from ..rows import Arguments, define
from .short_time import length

FAMILY = "fft"
_DEFAULTS = {"hop_length": None, "win_length": None, "window": None, "center": True, "normalized": False, "onesided": None, "length": None,
             "return_complex": False}  # fmt: skip


def _window(pen: Pen, length: int, dtype: str) -> Any:
    """A window that reaches everywhere; now and then any numbers, or integers."""
    if pen.chance(6):
        return pen.tensor((length,), pen.choice((dtype, "int64", "float16")), mode="ordinary")
    return pen.tensor((length,), dtype, values=(0.5, 1.0, 0.75, -1.25, 0.25, 2.0, 1.5))


def spectra(pen: Pen) -> Arguments:
    """The transforms of some frames, one-sided or whole, and sizes that fit them, but where the call is to be refused."""
    n_fft, count = pen.choice((4, 8, 5, 2, 7)), pen.length((3, 2, 5, 4), most=60)
    halved, is_complex = pen.chance(2), pen.chance(4)
    frequencies = n_fft // 2 + 1 if halved and not is_complex else n_fft
    shape: tuple[int, ...] = (frequencies, count) if pen.chance(2) else (pen.integer(1, 3), frequencies, count)
    if pen.misbehave(4):
        shape = pen.choice((shape[1:], (), (1, 1, *shape), (*shape[:-1], 0), (*shape[:-2], frequencies + 3, count), (0, *shape[-2:])))
    dtype = pen.choice(("float32", "float64", "int64")) if pen.misbehave(5) else pen.dtype
    tensor = pen.tensor(shape, dtype)
    kwargs: dict[str, Any] = {}
    size = n_fft
    if pen.chance(3) and n_fft > 3:
        kwargs["win_length"] = size = n_fft - 2 if not pen.misbehave(2) else pen.choice((0, n_fft + 1, -1))
    hops = (1, min(2, max(size, 1)), max(size, 1), max(size // 2, 1)) if not pen.misbehave(4) else (0, size + 1)
    kwargs |= pen.maybe("hop_length", lambda: pen.choice(hops))
    if n_fft < 4:
        kwargs["hop_length"] = kwargs.get("hop_length", 1)
    if not pen.chance(3):
        real = REAL.get(pen.dtype, pen.dtype)
        kind = pen.dtype if is_complex and pen.chance(2) or pen.misbehave(4) else real if not pen.chance(5) else "float64"
        kwargs["window"] = _window(pen, max(size, 1) + pen.misbehave(3), kind)
        if pen.misbehave(4):
            kwargs["window"] = pen.tensor((max(size, 1), 1), kind) if pen.chance(2) else pen.tensor((max(size, 1),), kind, values=(0.0, 1.0))
    if size == n_fft and pen.chance(3) or pen.misbehave(3):
        kwargs["center"] = False
    kwargs |= pen.maybe("normalized", lambda: True, 3)
    if is_complex:
        kwargs["return_complex"] = True
    if pen.chance(3) or n_fft == 2 and frequencies == 2:
        kwargs["onesided"] = (halved and not is_complex) if not pen.misbehave(2) else pen.chance(2)
    total = kwargs.get("hop_length", n_fft // 4) * (count - 1) + n_fft
    lengths = (max(total - n_fft, 1), max(total // 2, 1), total, total + 3) if not pen.misbehave(4) else (0, -1)
    kwargs |= pen.maybe("length", lambda: pen.choice(lengths), 3)
    if pen.chance(4):  # all that there is, so that all is handed over by position
        return (tensor, n_fft, *(_DEFAULTS | kwargs).values()), {}
    return (tensor, n_fft), kwargs


def loudest(case: Case) -> Case:
    """M of the contract: the sums of the absolute values of each transform, of which a part may stand at any place of its frame. A transform whose
    first frequency alone is not 0 is the same number everywhere; that number is made the sum. What is computed in a narrower dtype than that of the
    result, of the input or of the window, is off by as much more."""
    case = separated(case)
    named = named_arguments(case)
    input, window = named["input"], named.get("window")
    if len(input.shape) not in (2, 3) or not input.numel:
        return case
    values = decode(case.buffers[input.buffer], input.dtype)
    floats = [REAL.get(each.dtype, each.dtype) for each in (input, window) if each is not None and is_float(each.dtype)]
    roundoffs = [FORMATS[dtype].unit_roundoff for dtype in floats]
    sums = torch.tensor(values[::2], dtype=torch.float64).view(input.shape).sum(-2, keepdim=True) * (2 * max(roundoffs) / min(roundoffs))
    alone = torch.cat([sums, torch.zeros(input.shape, dtype=torch.float64)], -2).narrow(-2, 0, input.shape[-2])
    case = with_numbers(case, input, [complex(value) for value in alone.flatten().tolist()])
    if window is not None and window.dtype in REAL:
        values = decode(case.buffers[window.buffer], window.dtype)
        case = with_numbers(case, window, [complex(hypot(*pair)) for pair in zip(values[::2], values[1::2])])
    return case


def partial(case: Case, number: int) -> Callable[[float, int], float]:
    """The transform is divided by its length at the end, and the sums of frames by those of the windows' squares: of as many as overlap."""
    named = named_arguments(case)
    hop, window = named.get("hop_length"), named.get("window")
    hop = hop if isinstance(hop, int) and hop > 0 else max(length(case) // 4, 1)
    weights = [] if window is None or not is_float(window.dtype) else decode(case.buffers[window.buffer], window.dtype)
    largest = max([abs(weight) for weight in weights if isfinite(weight)], default=1.0)
    return lambda value, terms: value * length(case) * max(1.0, ceil(length(case) / hop) * largest * largest)


define("istft", FAMILY, spectra, forms="function method", dtypes=("complex64", "complex128"), contract=transformed(4), differentiable=True,
       terms=length, magnitude=loudest, partial=partial, complex_arithmetic=True, exercises="_weighted_mean_of_frames")  # fmt: skip
