"""Known differences of pooling."""

from __future__ import annotations

from ...cases.case import Case
from ...cases.deviation import Deviation
from ..entry import KnownDifference

_ADAPTIVE = ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d",
             "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d_with_indices", "adaptive_max_pool3d_with_indices")  # fmt: skip


def _no_windows(case: Case, deviation: Deviation) -> bool:
    return "_backward(): Expected grad_output to have non-zero size" in deviation.expected and deviation.got == "None"


def _too_many(case: Case, deviation: Deviation) -> bool:
    return "Expected input_depth * input_height * input_width" in deviation.expected and deviation.got == "a result"


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "places-in-bytes", ("max_pool3d", "max_pool3d_with_indices"), ("errors",),
        "int8, uint8 or int16, more elements in a volume than the dtype counts",
        "torch counts places in the dtype of the input, and refuses what it cannot count",
        "import torch\n\ntry:\n    torch.max_pool3d(torch.zeros(1, 2, 4, 8, 8, dtype=torch.int8).to(memory_format=torch.channels_last_3d), 1)\n"
        "    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'Expected input_depth * input_height' in str(error)\n", _too_many,
    ),
    KnownDifference(
        "gradients-of-no-windows", _ADAPTIVE, ("gradients",), "an output_size with a 0",
        "the function gives a result without elements, whose gradient is zero; the formula refuses it",
        "import torch\n\nx = torch.ones(1, 1, 2, requires_grad=True)\ntry:\n    torch.adaptive_avg_pool1d(x, 0).sum().backward()\n"
        "    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'Expected grad_output to have non-zero size' in str(error)\n",
        _no_windows,
    ),
]  # fmt: skip
