"""Known differences of reductions of segments."""

from __future__ import annotations

from ....cases.case import Case
from ....cases.deviation import Deviation
from ...entry import KnownDifference, arguments, differentiated, numbers

_NAMES = ("segment_reduce",)


def _tie(case: Case, deviation: Deviation) -> bool:
    """Of an extreme, the gradient of an element that another one equals."""
    moved = differentiated(case, deviation)
    if moved is None or arguments(case).get("reduce") not in ("max", "amax", "min", "amin"):
        return False
    alike = [x for x in numbers(case, moved[1]) if x == moved[2] or x != x and moved[2] != moved[2]]
    return len(alike) > 1


def _initial_of_nothing(case: Case, deviation: Deviation) -> bool:
    """No segment, or none that has an element."""
    named = arguments(case)
    data, given = named["data"], named.get("offsets") or named.get("lengths")
    refused = deviation.expected == "a result" and "value cannot be converted to type" in deviation.got
    fewest = 1 if named.get("offsets") is not None else 0
    return refused and given is not None and (0 in data.shape or given.shape[-1] == fewest)


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "segments-beyond-the-data", _NAMES, (), "offsets outside of the data, lengths of another shape than the data has before axis, or, with "
        "unsafe, ones that are negative or add up to more than there is",
        "torch does not look, and reads what is behind the data, or ends; refimpl refuses the call by a RuntimeError",
        "import torch\n\nx, offsets = torch.ones(2), torch.tensor([0, 3])\nassert torch.segment_reduce(x, 'sum', offsets=offsets).shape == (1,)\n",
        avoided=True,
    ),
    KnownDifference(
        "segments-of-a-dimension-of-size-one", _NAMES, (), "data, lengths or offsets with a dimension of size 1 whose stride is not that "
        "of contiguous memory",
        "torch takes them for contiguous, which they are, and then goes by that stride: it reads behind the memory",
        "import torch\n\nx = torch.tensor([1., 2., 3., 4.]).as_strided((4, 1), (1, 4))\n"
        "y = torch.segment_reduce(x, 'sum', lengths=torch.ones(4, 1).long(), axis=1)\nassert y.shape == (4, 1)  # what stands in it is not x\n",
        avoided=True,
    ),
    KnownDifference(
        "initials-of-nothing", _NAMES, ("errors",), "an initial that the dtype cannot hold, a result without elements",
        "torch converts it for each element, and so does not look at it",
        "import torch\n\ny = torch.segment_reduce(torch.ones(1, 0), 'sum', lengths=torch.tensor([1]), initial=1e300)\nassert y.shape == (1, 0)\n",
        _initial_of_nothing,
    ),
    KnownDifference(
        "ties-with-negative-gradients", _NAMES, ("gradients",), "max or min, several elements of a segment that attain it",
        "torch shares a gradient among them if it is positive; a negative one each of them gets whole",
        "import torch\n\nx = torch.ones(2, requires_grad=True)\ny = torch.segment_reduce(x, 'max', lengths=torch.tensor([2]))\n"
        "assert torch.autograd.grad(y, x, torch.tensor([-2.]))[0].tolist() == [-2, -2]\n", _tie,
    ),
]  # fmt: skip
