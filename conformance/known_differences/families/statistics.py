"""Known differences of covariances and correlations, of histograms, of matrices that are put together, and of diagonals."""

from __future__ import annotations

import math

from ...cases.case import Case, TensorSpec
from ...cases.deviation import Deviation
from ..entry import KnownDifference, dtype_of, numbers, size


def _one_observation(case: Case, deviation: Deviation) -> bool:
    tensor = case.tensors()[0]
    return bool({"fweights", "aweights"} & set(case.kwargs)) and (tensor.shape[1] if len(tensor.shape) == 2 else tensor.numel) == 1


def _constant(case: Case, deviation: Deviation) -> bool:
    tensor = case.tensors()[0]
    values = numbers(case, tensor)
    count = tensor.shape[1] if len(tensor.shape) == 2 else max(tensor.numel, 1)
    return any(len(set(values[start : start + count])) == 1 for start in range(0, len(values), max(count, 1)))


def _bins_of_one_size(case: Case, deviation: Deviation) -> bool:
    """Densities that differ by no more than the roundings of the edges, relative to the size of a bin, explain."""
    given = next((value for value in (*case.args[1:], case.kwargs.get("bins")) if value is not None), 100)
    if not case.kwargs.get("density") or isinstance(given, TensorSpec) or dtype_of(deviation) != "float64" or deviation.details.get("output"):
        return False
    ends = case.kwargs.get("range") or [x for x in numbers(case, case.tensors()[0]) if math.isfinite(x)] or [0.0, 1.0]
    low, high = min(ends), max(ends)
    low, high = (low - 0.5, high + 0.5) if low == high else (low, high)
    a, b = size(deviation.expected), size(deviation.got)
    return abs(a - b) <= 4 * 2.0**-53 * (1 + max(abs(low), abs(high)) * given / (high - low)) * max(a, b)


def _of_sixteen_bits(case: Case, deviation: Deviation) -> bool:
    return case.tensors()[0].dtype in ("float16", "bfloat16") and deviation.expected == "a result" and "not implemented" in deviation.got


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "histograms-of-16-bits", ("histogram", "histogramdd"), ("errors",), "float16 and bfloat16, with a range or edges",
        "torch refuses them where it looks for the ends itself, and else counts in 16 bits, which ends at 256 in bfloat16, for each of its threads",
        "import torch\n\nhist = torch.histogram(torch.zeros(5000).bfloat16(), 2, range=(0.0, 1.0)).hist\nassert hist[0] < 4000  # of 5,000\n",
        _of_sixteen_bits,
    ),
    KnownDifference(
        "modes-of-hashes", ("hash_tensor",), ("errors",), "a mode that is a multiple of 2**32",
        "torch cuts the number to 32 bits, and takes it for 0, the only mode that there is",
        "import torch\n\nassert torch.hash_tensor(torch.tensor([3]), mode=2**32) == 3\n",
        lambda case, deviation: not case.kwargs.get("mode", 0) % 2**32,
    ),
    KnownDifference(
        "cov-of-one-observation", ("cov",), ("purity", "errors", "values", "layout", "gradients", "determinism", "dtype"),
        "a single observation, with weights",
        "torch subtracts the mean from the input itself, in place, and fails where it has another dtype",
        "import torch\n\nx = torch.tensor([3.])\ntorch.cov(x, fweights=torch.tensor([2]))\nassert x == 0  # overwritten\n",
        _one_observation,
    ),
    KnownDifference(
        "correlation-of-constants", ("corrcoef",), ("values", "layout", "gradients"), "a variable whose observations are all the same",
        "its correlation is NaN, 0/0; torch divides what rounding has left of its variance, if that is not 0",
        "import torch\n\nassert torch.corrcoef(torch.full((7,), 0.1)) == 1 or torch.corrcoef(torch.full((7,), 0.1)).isnan()\n",
        _constant,
    ),
    KnownDifference(
        "layout-of-exponents", ("frexp",), ("purity", "strides"), "out=, of an output for the mantissas that keeps its shape, and one for the "
        "exponents that does not", "torch gives the exponents the strides of the output for the mantissas; refimpl those of the input",
        "import torch\n\ny, z = torch.empty(2, 2).t(), torch.empty(0, dtype=torch.int32)\ntorch.frexp(torch.ones(2, 2), out=(y, z))\n"
        "assert z.stride() == (1, 2)\n",
        lambda case, deviation: case.form == "out",
    ),
    KnownDifference(
        "differences-of-nothing", ("diff",), ("errors",), "out=, n > 1, a dimension of size 0",
        "torch takes the slice of all but the first of no elements",
        "import torch\n\ntry:\n    torch.diff(torch.zeros(0), 2, out=torch.zeros(0))\nexcept IndexError as error:\n"
        "    assert 'start out of range' in str(error)\n",
        lambda case, deviation: case.form == "out" and "start out of range" in deviation.expected,
    ),
    KnownDifference(
        "gradient-behind-empty-blocks", ("block_diag",), ("gradients",), "a block without elements before others",
        "torch does not go on by the rows or columns of a block that has no elements, and takes the gradients of those behind it from other places",
        "import torch\n\nx = torch.tensor([1.], requires_grad=True)\ny = torch.block_diag(torch.zeros(0), x)\n"
        "(y * torch.tensor([[2.], [3.]])).sum().backward()\nassert x.grad == 2  # it is the second row, where the gradient is 3\n",
        lambda case, deviation: any(spec.numel == 0 for spec in case.tensors()),
    ),
    KnownDifference(
        "leaf-behind-a-diagonal", ("fill_diagonal_",), ("errors",), "a leaf that requires grad",
        "torch writes to a view of the diagonal, and speaks of that in its refusal; refimpl writes to the tensor itself",
        "import torch\n\ntry:\n    torch.zeros(2, 2, requires_grad=True).fill_diagonal_(1)\nexcept RuntimeError as error:\n"
        "    assert str(error).startswith('a view of a leaf Variable')\n",
        lambda case, deviation: deviation.expected.replace("a view of a leaf", "a leaf") == deviation.got,
    ),
    KnownDifference(
        "gradient-of-vander", ("vander",), ("gradients",), "more than one column",
        "torch writes over what its gradient needs, and refuses it; refimpl's is that of the running products",
        "import torch\n\nx = torch.tensor([1., 2.], requires_grad=True)\ntry:\n    torch.vander(x).sum().backward()\n"
        "except RuntimeError as error:\n    assert 'modified by an inplace operation' in str(error)\n",
        lambda case, deviation: "modified by an inplace operation" in deviation.expected,
    ),
    KnownDifference(
        "density-in-bins-of-one-size", ("histogram",), ("values", "layout"), "float64, a number of bins, ``density``",
        "torch divides by the differences of the edges, which have been rounded: where bins are narrow, the densities of bins of one size differ",
        "import torch\n\nhist, _ = torch.histogram((torch.arange(100, dtype=torch.float64) + 0.5) / 100, 100, range=(0., 1.), density=True)\n"
        "assert len(set(hist.tolist())) > 1  # one element in each\n", _bins_of_one_size,
    ),
]
