"""Known differences of the grids of affine maps."""

from __future__ import annotations

from ....cases.case import Case
from ....cases.deviation import Deviation
from ...entry import KnownDifference

_AFFINE = ("affine_grid_generator", "nn.functional.affine_grid")


def _integers(case: Case, deviation: Deviation) -> bool:
    return deviation.expected == "a result" and "not implemented for" in deviation.got


def _single_place(case: Case, deviation: Deviation) -> bool:
    refused_first = "\"tensor_cpu\" not implemented for" in deviation.expected
    return refused_first and (deviation.got in ("a result", "None") or deviation.got.startswith("RuntimeError"))


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "grids-of-integers", _AFFINE, ("errors",), "matrices of integers",
        "torch cuts the fractions of the coordinates off, most of which are 0 then, and takes the byte 255 for -1",
        "import torch\n\nx = torch.tensor([[[1, 0, 0], [0, 1, 0]]])\n"
        "assert torch.affine_grid_generator(x, (1, 1, 4, 4), False).unique().tolist() == [0]\n", _integers,
    ),
    KnownDifference(
        "single-places-of-16-bits", _AFFINE, ("errors",), "float16 or bfloat16, a dimension of one place",
        "torch makes a tensor of one 0 in a way that it does not have for floats of 16 bits",
        "import torch\n\ntry:\n    torch.affine_grid_generator(torch.ones(1, 2, 3, dtype=torch.float16), (1, 1, 1, 2), False)\n"
        "    raise SystemExit(1)\nexcept NotImplementedError as error:\n    assert 'tensor_cpu' in str(error)\n", _single_place,
    ),
]  # fmt: skip
