"""The frequencies of a transform, and their order."""

from __future__ import annotations

from typing import Any

from ...accuracy.contracts import ulps
from ...cases.case import Case, DType
from ...drawing.pen import Pen
from ..creation.factories import ONE_STRIDE, factory
from ..rows import Arguments, define

FAMILY = "fft"


def frequencies(pen: Pen) -> Arguments:
    n = pen.length(range(9), most=5000) if not pen.misbehave(2) else pen.choice((-1, -2, -4, 1 << 62))
    kwargs = factory(pen)
    if pen.misbehave(3):
        kwargs["dtype"] = DType(pen.choice(("int64", "bool", "complex64")))
    distance = () if pen.chance(2) else (pen.choice((0.5, 2, 0.1, -1.0, 1e-3, 0.0, float("inf"), float("nan"))),)
    return (n, *distance), kwargs


def beyond_all_memory(case: Case) -> bool:
    """An output that torch makes so large that 64 bits cannot count its bytes, and gives no memory: its elements cannot be read."""
    n = case.kwargs.get("n", next(iter(case.args), 0))
    return case.form == "out" and isinstance(n, int) and n >= 1 << 59


def shifted(pen: Pen) -> Arguments:
    shape = pen.shape(0 if pen.invalid else 1, 4)
    kwargs: dict[str, Any] = {}
    if pen.chance(2):
        kwargs["dim"] = pen.dims(len(shape), allow_empty=pen.invalid) if pen.chance(2) else pen.dim(len(shape))
    return (pen.tensor(shape),), kwargs


define("fft.fftfreq fft.rfftfreq", FAMILY, frequencies, forms="function out", dtypes=("float32", "float64", "float16", "bfloat16"),
       contract=ulps(2), draws_tensors=False, never_alone=ONE_STRIDE, fatal=beyond_all_memory)  # fmt: skip
define("fft.fftshift fft.ifftshift", FAMILY, shifted, forms="function", differentiable=True)
