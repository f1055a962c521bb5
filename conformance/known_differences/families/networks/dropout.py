"""Known differences in dropout."""

from __future__ import annotations

from ....cases.case import Case
from ....cases.deviation import Deviation
from ...entry import KnownDifference


def _no_elements(case: Case, deviation: Deviation) -> bool:
    return case.args[0].numel == 0


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "mask-of-nothing", ("native_dropout",), ("dtype", "aliasing", "gradients"), "an input without elements",
        "torch gives the input itself, and a mask of the input's dtype instead of bool",
        "import torch\n\nresult, mask = torch.native_dropout(torch.ones(0), 0.5, True)\nassert mask.dtype == torch.float32\n", _no_elements,
    ),
]  # fmt: skip
