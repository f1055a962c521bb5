"""Known differences of normalisations."""

from __future__ import annotations

import math
import signal

from ....cases.case import Case, TensorSpec, contiguous_strides, element_offsets
from ....cases.deviation import Deviation
from ...entry import KnownDifference, arguments, complex_number, dtype_of, magnitude, numbers, overlaps

_BATCH = ("native_batch_norm", "batch_norm", "nn.functional.batch_norm", "instance_norm", "nn.functional.instance_norm")
_LAYERS = ("native_layer_norm", "layer_norm", "native_group_norm", "group_norm", "rms_norm")


def _squares_out_of_range(case: Case, deviation: Deviation) -> bool:
    """An element of float64 whose square is infinite, or no normal number."""
    sizes = [magnitude(v) for spec in case.tensors() if spec.dtype in ("float64", "complex128") for v in numbers(case, spec)]
    return any(1e150 < x < math.inf or 0 < x < 1e-140 for x in sizes)


def _mean_of_infinities(case: Case, deviation: Deviation) -> bool:
    infinite = any(isinstance(v, float) and math.isinf(v) for spec in case.tensors() for v in numbers(case, spec))
    return infinite and deviation.expected == "nan"


def _infinite_mean(case: Case, deviation: Deviation) -> bool:
    """One of the two has the infinity, the other NaN."""
    both = {deviation.expected, deviation.got}
    infinite = any(isinstance(v, float) and math.isinf(v) for spec in case.tensors()[:1] for v in numbers(case, spec))
    return infinite and both in ({"nan", "inf"}, {"nan", "-inf"})


def _one_parameter(case: Case, deviation: Deviation) -> bool:
    refused = "mixed dtype (CPU)" in deviation.got or "mixed dtype (CPU)" in deviation.expected
    return refused and "a result" in (deviation.expected, deviation.got)


def _rounded_mean(case: Case, deviation: Deviation) -> bool:
    """What is brought up to date, and no result, differs by a rounding of the largest element, or of its square."""
    if deviation.details.get("output", 0) < (3 if case.operation == "native_batch_norm" else 1):
        return False
    sizes = [abs(v) for v in numbers(case, case.tensors()[0]) if isinstance(v, float) and math.isfinite(v)]
    largest = max([1.0, *sizes])
    difference = abs(complex_number(deviation.expected) - complex_number(deviation.got))
    return difference <= 2.0**-40 * largest * (largest if largest < 1e150 else 1.0)


def _memory_in_common(case: Case, deviation: Deviation) -> bool:
    """Parameters that share memory with each other, or whose elements do, or that are not as many as the channels."""
    input, *others = case.tensors()
    places = [(spec.buffer, offset) for spec in others for offset in element_offsets(spec.shape, spec.strides, spec.offset)]
    channels = input.shape[1] if len(input.shape) > 1 else 0
    return len(set(places)) < len(places) or any(spec.buffer == input.buffer or spec.shape != (channels,) for spec in others)


def _in_no_format(case: Case, deviation: Deviation) -> bool:
    return case.tensors()[0].strides != contiguous_strides(case.tensors()[0].shape)


def _constants(case: Case, deviation: Deviation) -> bool:
    """The difference of two products that are large beside the result, of numbers of moderate size."""
    difference = abs(complex_number(deviation.expected) - complex_number(deviation.got))
    largest = max([1.0, *(abs(v) for spec in case.tensors() for v in numbers(case, spec) if isinstance(v, float) and abs(v) < 1e3)])
    return dtype_of(deviation) == "float64" and difference <= 2.0**-53 * 4096 * largest * largest


def _strided_parameter(case: Case, deviation: Deviation) -> bool:
    return any(len(spec.shape) == 1 and spec.shape[0] > 1 and spec.strides != (1,) for spec in case.tensors())


def _shared_table(case: Case, deviation: Deviation) -> bool:
    table = arguments(case).get("weight")
    shared = isinstance(table, TensorSpec) and overlaps(table)
    return shared and deviation.expected == "a result" and "refers to a single memory location" in deviation.got


def _not_the_end(case: Case, deviation: Deviation) -> bool:
    named = arguments(case)
    offsets, input = named.get("offsets"), named.get("input")
    if not named.get("include_last_offset") or not isinstance(offsets, TensorSpec) or not isinstance(input, TensorSpec):
        return False
    return numbers(case, offsets)[-1] != input.numel


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "rows-that-share-memory", ("embedding", "embedding_bag"), ("errors",), "max_norm, and a table whose rows share memory",
        "torch scales the rows one after the other where they lie. refimpl refuses it, as other writes to elements that share memory",
        "import torch\n\ntable = torch.full((1, 3), 2.0).expand(2, 3)\n"
        "torch.nn.functional.embedding(torch.tensor([0, 1]), table, max_norm=1.0)\nassert (table < 2.0).all()\n", _shared_table, open=True,
    ),
    KnownDifference(
        "squares-in-normalisations", (*_BATCH, *_LAYERS, "normalize", "local_response_norm", "embedding_renorm_", "embedding", "embedding_bag"),
        ("values",),
        "float64, an element whose square overflows, or vanishes",
        "torch adds up squares as they are; the exact variance and norm do not overflow on the way",
        "import torch\n\nx = torch.tensor([[1e200, -1e200]], dtype=torch.float64)\nassert (torch.nn.functional.normalize(x) == 0.0).all()\n",
        _squares_out_of_range,
    ),
    KnownDifference(
        "batch-norm-without-statistics", ("native_batch_norm",), ("errors",), "neither training nor running statistics",
        "torch reads a tensor that is not there, and its process ends",
        "import torch\n\ntorch.native_batch_norm(torch.ones(2, 3), None, None, None, None, False, 0.1, 1e-5)\n", avoided=True,
        signal=signal.SIGSEGV.name,
    ),
    KnownDifference(
        "biases-without-weights", _LAYERS, ("gradients",), "a bias that requires grad, no weight",
        "torch's formulas of second order, and those of empty and of 16-bit input, use the weight that is not there",
        "import torch\n\nx = torch.randn(2, 3, requires_grad=True)\nb = torch.zeros(3, requires_grad=True)\n"
        "g = torch.autograd.grad(torch.layer_norm(x, (3,), None, b).pow(2).sum(), (x, b), create_graph=True)\n"
        "try:\n    (g[0].pow(2).sum() + g[1].pow(2).sum()).backward()\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'Tensor' in str(error)\n", avoided=True,
    ),
    KnownDifference(
        "group-norm-of-strided-weights", ("native_group_norm",), ("values",), "a weight or bias that is not contiguous",
        "torch reads the memory behind the first element, whatever the strides are",
        "import torch\n\nw = torch.tensor([1.0, 100.0, 2.0, 100.0])[::2]\nx = torch.randn(1, 2, 4)\n"
        "y = torch.native_group_norm(x, w, None, 1, 2, 4, 1, 1e-5)[0]\n"
        "assert not torch.allclose(y, torch.native_group_norm(x, w.contiguous(), None, 1, 2, 4, 1, 1e-5)[0])\n", _strided_parameter,
    ),
    KnownDifference(
        "mean-of-infinities-in-normalisations", (*_BATCH, *_LAYERS), ("values",),
        "one infinite element, or several of one sign", "torch's running mean subtracts infinities from each other",
        "import torch\n\nx = torch.tensor([[torch.inf, 1.0]])\nassert torch.native_layer_norm(x, (2,), None, None, 1e-5)[1].isnan()\n",
        _mean_of_infinities,
    ),
    KnownDifference(
        "infinite-means-in-normalisations", (*_BATCH, *_LAYERS), ("values",), "infinite elements of one sign, a mean that is infinite or NaN",
        "torch adds the elements up in one operation, and has the infinity; in another it updates a running mean, and has NaN",
        "import torch\n\nx = torch.tensor([[[torch.inf, 1.0]]])\nassert torch.native_layer_norm(x, (2,), None, None, 1e-5)[1].isnan()\n"
        "assert torch.native_batch_norm(x, None, None, None, None, True, 0.5, 1e-5)[1].isposinf()\n", _infinite_mean, open=True,
    ),
    KnownDifference(
        "dtypes-of-parameters", _BATCH, ("errors",), "parameters of several dtypes, the first of which has the input's",
        "torch looks at the first parameter, and reads the memory of the others as if they were of the same dtype",
        "import torch\n\nx, one = torch.ones(4, 2, 3).half(), torch.ones(2)\n"
        "y = torch.instance_norm(x, one.half(), None, one, one, False, 0.1, 1e-5, False)\nassert y.dtype is not one.dtype\n", _one_parameter,
    ),
    KnownDifference(
        "rounded-running-statistics", _BATCH, ("values",), "elements that cancel",
        "torch's mean of large elements of both signs is off by a rounding of the largest",
        "import torch\n\nx = torch.tensor([[3e38], [1.0], [-3e38]], dtype=torch.float64)\n"
        "mean, var = torch.zeros(1).double(), torch.ones(1).double()\n"
        "torch.native_batch_norm(x, None, None, mean, var, True, 1.0, 1e-5)\nassert mean.item() != 1 / 3\n", _rounded_mean, open=True,
    ),
    KnownDifference(
        "parameters-that-share-memory", _BATCH, ("values", "errors", "gradients"), "parameters that share memory, or are not as many as the channels",
        "torch writes one running statistic before it reads the other, in an order that it does not specify; native_batch_norm does not "
        "look at sizes",
        "import torch\n\nboth = torch.ones(2)\ntorch.native_batch_norm(torch.randn(4, 2), None, None, both, both, True, 0.5, 1e-5)\n"
        "assert both.shape == (2,)\n", _memory_in_common, open=True,
    ),
    KnownDifference(
        "layout-of-batch-norm", _BATCH, ("strides", "aliasing"), "an input that is contiguous in no memory format",
        "torch lays the result out as one of its kernels finds convenient",
        "import torch\n\nx = torch.randn(3, 2, 4).transpose(0, 1)\n"
        "assert torch.native_batch_norm(x, None, None, None, None, True, 0.5, 1e-5)[0].stride() != x.stride()\n", _in_no_format, open=True,
    ),
    KnownDifference(
        "constants-in-normalisations", (*_BATCH, *_LAYERS), ("values",), "float64, elements that are equal, or nearly",
        "torch evaluates x * s + (b - mean * s) with s = weight / sqrt(variance + eps), which is large where the variance is small; the two products "
        "are rounded before they cancel",
        "import torch\n\nx = torch.tensor([[1.1990857633975338, 1.1990857633975338]], dtype=torch.float64)\n"
        "y = torch.nn.functional.group_norm(x.view(1, 1, 2), 1)\nassert y.abs().max() <= 1e-12\n", _constants,
    ),
    KnownDifference(
        "bags-that-end-early", ("embedding_bag",), ("values", "gradients"), "a last offset that is not the number of indices",
        "a sum leaves indices behind the last offset out, and so does a mean, but their number counts; other loops of torch take them in",
        "import torch\n\nw = torch.tensor([[1.0], [2.0]])\ni, o = torch.tensor([0, 1]), torch.tensor([0, 1])\n"
        "assert torch.nn.functional.embedding_bag(i, w, o, mode='sum', include_last_offset=True).item() == 1.0\n"
        "assert torch.nn.functional.embedding_bag(i, w, o, mode='mean', include_last_offset=True).item() == 0.5\n", _not_the_end,
    ),
    KnownDifference(
        "frequencies-in-bags", ("embedding_bag",), ("gradients",), "scale_grad_by_freq",
        "torch divides by the frequency of another row: it counts in one order of the rows and looks in another",
        "import torch\n\nw = torch.zeros(3, 1, requires_grad=True)\n"
        "bag = torch.nn.functional.embedding_bag(torch.tensor([[2, 2, 1, 0, 0]]), w, mode='sum', scale_grad_by_freq=True)\n"
        "bag.sum().backward()\nassert w.grad.tolist() != [[1.0], [1.0], [1.0]]\n",
        lambda case, deviation: bool(arguments(case).get("scale_grad_by_freq")),
    ),
    KnownDifference(
        "embedding-bag-twice", ("embedding_bag",), ("gradients",), "second order", "torch has no formulas for the gradient of the gradients",
        "import torch\n\nw = torch.ones(2, 1, requires_grad=True)\np = torch.ones(1, 2, requires_grad=True)\n"
        "bag = torch.nn.functional.embedding_bag(torch.tensor([[0, 1]]), w, mode='sum', per_sample_weights=p)\n"
        "g = torch.autograd.grad(bag.sum(), (w, p), create_graph=True)\n"
        "try:\n    (g[0].sum() + g[1].sum()).backward()\n    raise SystemExit(1)\n"
        "except (NotImplementedError, RuntimeError) as error:\n    assert 'embedding_bag' in str(error)\n",
        lambda case, deviation: "_embedding_bag_" in deviation.expected and deviation.got == "None",
    ),
]  # fmt: skip
