"""Known differences of sequences of elements: segments, and finite differences."""

from __future__ import annotations

from ....cases.case import Case, contiguous_strides
from ....cases.deviation import Deviation
from ...entry import KnownDifference


def _extreme(case: Case, deviation: Deviation) -> bool:
    return any(word in ("max", "amax", "min", "amin") for word in (*case.args[1:2], case.kwargs.get("reduce")))


def _stride_of_one(case: Case, deviation: Deviation) -> bool:
    """The data is contiguous, but the stride of a dimension of size 1 is not what follows from the sizes."""
    data = case.tensors()[0]
    return any(size == 1 and stride != plain for size, stride, plain in zip(data.shape, data.strides, contiguous_strides(data.shape)))


def _two_dtypes(case: Case, deviation: Deviation) -> bool:
    return len({spec.dtype for spec in case.tensors()}) > 1


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "segments-beyond-the-data", ("segment_reduce",), (), "offsets outside of the data, lengths of another shape than the data has before "
        "axis, or, "
        "with unsafe, ones that are negative or add up to more than there is",
        "torch does not look, and reads what is behind the data, or ends; refimpl refuses the call by a RuntimeError",
        "import torch\n\nx, offsets = torch.ones(2), torch.tensor([0, 3])\nassert torch.segment_reduce(x, 'sum', offsets=offsets).shape == (1,)\n",
        avoided=True,
    ),
    KnownDifference(
        "narrow-coordinates", ("gradient",), ("values", "gradients", "layout"), "places of another dtype than the input's",
        "torch evaluates the weights in the dtype of the places (integers in the default dtype), and the ends in that of the input; refimpl all in "
        "binary64",
        "import torch\n\nx, places = torch.tensor([0., 1., 0.]).double(), torch.tensor([0., 1., 4.]).half()\n"
        "exact = 1 * (3 - 1) / (1 * 3)\nassert 1e-5 < abs(torch.gradient(x, spacing=(places,))[0][1] - exact) < 1e-3\n", _two_dtypes,
    ),
    KnownDifference(
        "segments-of-a-dimension-of-size-one", ("segment_reduce",), ("values", "gradients", "determinism", "layout", "purity"),
        "data with a dimension of size 1 whose stride is not that of contiguous memory",
        "torch takes it for contiguous, which it is, and then goes by that stride: it reads behind the data",
        "import torch\n\nx = torch.tensor([1., 2., 3., 4.]).as_strided((4, 1), (1, 4))\ny = torch.segment_reduce(x, 'sum', lengths=torch.ones(4, "
        "1).long(), "
        "axis=1)\nassert y.shape == (4, 1)  # what stands in it is not x\n", _stride_of_one, open=True,
    ),
    KnownDifference(
        "ties-with-negative-gradients", ("segment_reduce",), ("gradients",), "max or min, several elements of a segment that attain it",
        "torch shares a gradient among them if it is positive; a negative one each of them gets whole",
        "import torch\n\nx = torch.ones(2, requires_grad=True)\ny = torch.segment_reduce(x, 'max', lengths=torch.tensor([2]))\n"
        "assert torch.autograd.grad(y, x, torch.tensor([-2.]))[0].tolist() == [-2, -2]\n", _extreme,
    ),
]
