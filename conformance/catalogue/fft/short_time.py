"""The short-time Fourier transform."""

from __future__ import annotations

from math import sqrt
from typing import Any, Callable

from ...accuracy.contracts import transformed
from ...cases.case import COMPLEX, Case
from ...drawing.pen import Pen
from ..derivatives import apart_in_memory
from ..entries import named_arguments
from ..rows import Arguments, define

FAMILY = "fft"


_DEFAULTS = {"hop_length": None, "win_length": None, "window": None, "center": True, "pad_mode": "reflect", "normalized": False, "onesided": None,
             "return_complex": None, "align_to_window": None}  # fmt: skip


def frames(pen: Pen) -> Arguments:
    """A signal of one dimension or two, and sizes that fit it, but where the call is to be refused."""
    count = pen.length((12, 16, 9, 23, 20), most=600)
    shape = (count,) if pen.chance(2) else (pen.integer(1, 3), count)
    dtype = pen.choice(("int64", "float16")) if pen.misbehave(5) else pen.dtype
    tensor = pen.tensor((1, *shape) if pen.misbehave(5) and len(shape) == 2 else shape, dtype)
    n_fft = pen.choice((4, 8, 5, 1, 7)) if not pen.misbehave(4) else pen.choice((0, -3, 2 * count + 40))
    kwargs: dict[str, Any] = pen.maybe("hop_length", lambda: pen.choice((1, 3, 2, 5)) if not pen.misbehave(2) else pen.choice((0, -1)))
    if n_fft < 4:
        kwargs["hop_length"] = kwargs.get("hop_length", 2)
    size = n_fft
    if pen.chance(2) and n_fft > 2:
        kwargs["win_length"] = size = n_fft - 2 if not pen.misbehave(2) else pen.choice((0, n_fft + 1))
    if pen.chance(2):
        length = max(size + 1 if pen.misbehave(3) else size, 0)
        real = {"complex64": "float32", "complex128": "float64"}.get(pen.dtype, pen.dtype)
        kwargs["window"] = pen.tensor((length,), pen.dtype if pen.chance(2) else real, mode="ordinary")
    kwargs |= pen.maybe("center", lambda: False)
    if "center" not in kwargs:
        kwargs |= pen.maybe("pad_mode", lambda: pen.choice(("constant", "reflect", "replicate", "circular")))
    if kwargs.get("center") is False or pen.misbehave(3):
        kwargs |= pen.maybe("align_to_window", lambda: pen.chance(2), 3)
    kwargs |= pen.maybe("normalized", lambda: True, 3)
    is_complex = dtype in COMPLEX
    kwargs |= pen.maybe("onesided", lambda: not is_complex and pen.chance(2) or pen.misbehave(2), 3)
    if not is_complex and not pen.misbehave(4):
        kwargs["return_complex"] = not pen.chance(4)
    if pen.chance(4):  # all that there is, so that all is handed over by position
        return (tensor, n_fft, *(_DEFAULTS | kwargs).values()), {}
    return (tensor, n_fft), kwargs


def length(case: Case) -> int:
    return max(int(named_arguments(case)["n_fft"]), 1)


def along(case: Case) -> tuple[int, ...]:
    """The frequencies, of complex numbers or of pairs of real ones."""
    return (-3, -1) if named_arguments(case).get("return_complex") is False else (-2,)


def partial(case: Case, number: int) -> Callable[[float, int], float]:
    return lambda value, terms: value * sqrt(length(case)) if named_arguments(case).get("normalized") else value


define("stft", FAMILY, frames, forms="function method", dtypes=("float32", "complex64", "float64", "complex128"), contract=transformed(4),
       differentiable=True, derivative=apart_in_memory, terms=length, along=along, partial=partial, complex_arithmetic=True)  # fmt: skip
