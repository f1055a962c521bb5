"""Known differences of channels moved into images and back."""

from __future__ import annotations

from ...cases.case import Case
from ...cases.deviation import Deviation
from ..entry import KnownDifference


def _nothing(case: Case, deviation: Deviation) -> bool:
    return case.tensors()[0].numel == 0


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "unshuffled-nothing", ("pixel_shuffle", "pixel_unshuffle"), ("shape", "gradients", "layout"), "a tensor without elements",
        "pixel_unshuffle returns a copy of a tensor without elements as it is, whatever shape the result should have; it is the gradient of "
        "pixel_shuffle, too",
        "import torch\n\nassert torch.pixel_unshuffle(torch.ones(3, 0, 2), 2).shape == (3, 0, 2)  # and not (12, 0, 1)\n", _nothing,
    ),
    KnownDifference(
        "shuffled-nothing", ("channel_shuffle",), ("aliasing",), "a tensor without elements",
        "torch returns the input itself where there is nothing to move, and not a tensor of its own",
        "import torch\n\nx = torch.ones(0, 2, 3)\n"
        "assert torch.channel_shuffle(x, 2).untyped_storage()._cdata == x.untyped_storage()._cdata\n", _nothing,
    ),
]  # fmt: skip
