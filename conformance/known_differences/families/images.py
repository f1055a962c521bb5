"""Known differences of what is done to images."""

from __future__ import annotations

from ...cases.case import Case
from ...cases.deviation import Deviation
from ..entry import KnownDifference


def _wrapped_twice(case: Case, deviation: Deviation) -> bool:
    return deviation.expected == "a result" and "causes wrapping around more than once" in deviation.got


def _nothing(case: Case, deviation: Deviation) -> bool:
    return case.tensors()[0].numel == 0


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "circles-of-what-is-left", ("pad",), ("errors",), "circular padding, elements taken away, and more added than are left",
        "torch compares the padding with the size before elements are taken away, and copies what it has just written, or has not written yet",
        "import torch\n\nx = torch.arange(6.0).view(1, 2, 3)\n"
        "assert torch.nn.functional.pad(x, (-2, 2, 0, 1), mode='circular').shape == (1, 3, 3)\n", _wrapped_twice,
    ),
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
