"""Known differences of what is done to images."""

from __future__ import annotations

from ...cases.case import Case
from ...cases.deviation import Deviation
from ..entry import KnownDifference


def _wrapped_twice(case: Case, deviation: Deviation) -> bool:
    return deviation.expected == "a result" and "causes wrapping around more than once" in deviation.got


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "circles-of-what-is-left", ("pad",), ("errors",), "circular padding, elements taken away, and more added than are left",
        "torch compares the padding with the size before elements are taken away, and copies what it has just written, or has not written yet",
        "import torch\n\nx = torch.arange(6.0).view(1, 2, 3)\n"
        "assert torch.nn.functional.pad(x, (-2, 2, 0, 1), mode='circular').shape == (1, 3, 3)\n", _wrapped_twice,
    ),
]  # fmt: skip
