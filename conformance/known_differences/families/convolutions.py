"""Known differences of convolutions."""

from __future__ import annotations

import math
from math import prod

from ...accuracy.number_formats import FORMATS
from ...cases.case import Case, TensorSpec, contiguous_strides
from ...cases.deviation import Deviation
from ..entry import KnownDifference, arguments, differentiated, magnitude, numbers

_LAYERS = ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "convolution")


def _volume(case: Case, deviation: Deviation) -> bool:
    """torch's result is contiguous, refimpl's channels last."""
    shape = tuple(deviation.details.get("shape", ()))
    return len(shape) in (4, 5) and deviation.expected == str(contiguous_strides(shape))


def _left_open(case: Case, deviation: Deviation) -> bool:
    """An operand has one channel in each group, or one place: both layouts are its own."""
    groups = arguments(case).get("groups", 1)
    operands = case.tensors()[:2]
    rank = len(operands[1].shape) - 2
    shapes = [spec.shape for spec in operands if len(spec.shape) > rank]
    return any(prod(shape[-rank:]) == 1 or shape[-rank - 1] in (1, groups) for shape in shapes)


def _no_samples(case: Case, deviation: Deviation) -> bool:
    input = case.args[0]
    return isinstance(input, TensorSpec) and input.numel == 0 and (deviation.expected, deviation.got) == ("None", "a gradient")


def _bias_of_another_dtype(case: Case, deviation: Deviation) -> bool:
    return deviation.expected == "a result" and "and bias type" in deviation.got


def _not_looked_at(case: Case, deviation: Deviation) -> bool:
    words = ("RuntimeError: dilation should be greater than zero", "RuntimeError: output padding must be smaller")
    return deviation.expected == "a result" and deviation.got.startswith(words)


def _cut_off(case: Case, deviation: Deviation) -> bool:
    """torch refuses what is left of a number of 2**31 or more."""
    words = ("stride should be greater than zero, but got", "dilation should be greater than zero, but got", "output padding must be smaller",
             "Output size is too small", "allocate", "overflow", "negative dimension", "cannot be represented as a SymInt")  # fmt: skip
    given = [n for value in (*case.args, *case.kwargs.values()) if isinstance(value, (int, tuple, list))
             for n in (value if isinstance(value, (tuple, list)) else (value,))]  # fmt: skip
    return any(isinstance(n, int) and n >= 2**31 for n in given) and any(each in deviation.expected for each in words)


def _of_one_image(case: Case, deviation: Deviation) -> bool:
    """The gradient of weights that are not contiguous, in groups, of a signal without a dimension of samples; and what is made of it."""
    found = differentiated(case, deviation)
    named = arguments(case)
    input, weight, groups = named.get("input"), named.get("weight"), named.get("groups", 1)
    if found is None or not isinstance(input, TensorSpec) or not isinstance(weight, TensorSpec) or not isinstance(groups, int):
        return False
    permuted = len(input.shape) < len(weight.shape) and groups > 1 and weight.strides != contiguous_strides(weight.shape)
    return permuted and weight.dtype not in ("float32", "bfloat16") and (found[1] is weight or found[0] == "second")


def _meets_nothing(case: Case, deviation: Deviation) -> bool:
    """The gradient of an element of the weights that meets nothing but padding: no error is allowed to 0, as it has no terms."""
    found = differentiated(case, deviation)
    named = arguments(case)
    input, weight, groups = named.get("input"), named.get("weight"), named.get("groups", 1)
    if found is None or found[1] is not weight or not isinstance(input, TensorSpec) or not isinstance(groups, int):
        return False
    permuted = [spec.strides != contiguous_strides(spec.shape) for spec in (input, found[1])]
    unfilled = input.dtype == "bfloat16" and (permuted[1] or permuted[0] and groups > 1)
    return unfilled and (deviation.details.get("exact"), deviation.details.get("allowed")) == (0.0, 0.0)


def _viewed(case: Case, deviation: Deviation) -> bool:
    return "view size is not compatible with input tensor's size and stride" in deviation.expected and deviation.got in ("a result", "None")


def _empty_result(case: Case, deviation: Deviation) -> bool:
    return deviation.expected == "a result" and "Output size is too small" in deviation.got


def _written_gradient(case: Case, deviation: Deviation) -> bool:
    words = ("grad_weight needs to be contiguous", "grad_weight must be contiguous")
    return any(each in deviation.expected for each in words) and deviation.got == "None"


def _nothing_multiplied(case: Case, deviation: Deviation) -> bool:
    refused = "self and mat2 must have the same dtype" in deviation.got or "not implemented for 'Bool'" in deviation.got
    return refused and deviation.expected == "a result"


def _beside_an_infinity(case: Case, deviation: Deviation) -> bool:
    """One of two results is NaN, the other infinite; the call has infinities, and finite factors whose product overflows."""
    factors = [[magnitude(z) for z in numbers(case, spec)] for spec in case.tensors()[:2]]
    largest = [max([z for z in each if z < math.inf], default=0.0) for each in factors]
    open_ = math.inf in (*factors[0], *factors[1]) and largest[0] * largest[1] >= FORMATS[case.tensors()[0].dtype].largest
    return open_ and "nan" in deviation.expected + deviation.got and "inf" in deviation.expected + deviation.got


def _wrapped(case: Case, deviation: Deviation) -> bool:
    """Both refuse, and a number is so large that the padding that follows from it does not fit 64 bits."""
    return _beyond_64_bits(case) and "a result" not in (deviation.expected, deviation.got)


def _beyond_64_bits(case: Case) -> bool:
    given = [each for value in (*case.args, *case.kwargs.values()) for each in (value if isinstance(value, (tuple, list)) else (value,))]
    return any(type(each) is int and abs(each) >= 1 << 61 for each in given)


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "paddings-beyond-64-bits", ("conv1d", "conv2d", "conv3d", "convolution"), ("errors",), "padding='same' and a dilation of 2^61 or more",
        "the padding that would be needed wraps around in torch, which then refuses a negative one",
        "import torch\n\nx, w = torch.ones(1, 1, 3, 3), torch.ones(1, 1, 3, 1)\ntry:\n"
        "    torch.conv2d(x, w, dilation=(2**63 - 1, 1), padding='same')\n"
        "except RuntimeError as error:\n    assert 'negative padding' in str(error)\n",
        _wrapped,
    ),
    KnownDifference(
        "kernels-beyond-64-bits", ("conv1d", "conv2d", "conv3d", "convolution"), ("errors",), "a dilation of 2^61 or more",
        "the size of the dilated kernel wraps around in torch, which then takes it for one that fits, and reads beyond the input",
        "import torch\n\nassert torch.conv1d(torch.ones(1, 1, 5), torch.ones(1, 1, 3), dilation=2**62).shape == (1, 1, 5)\n",
        lambda case, deviation: _beyond_64_bits(case) and deviation.expected == "a result" and "can't be greater than actual" in deviation.got,
    ),
    KnownDifference(
        "transposed-outputs-too-small", ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), ("errors",),
        "no elements, and an output that would have a negative size",
        "torch meets a reshape of its own that it cannot do before it looks at the output's size",
        "import torch\n\ntry:\n    torch.conv_transpose2d(torch.ones(0, 2, 0, 0), torch.ones(2, 1, 1, 1), stride=2, groups=2)\n"
        "except RuntimeError as error:\n    assert 'only one dimension can be inferred' in str(error)\n",
        lambda case, deviation: "only one dimension can be inferred" in deviation.expected and "Output size is too small" in deviation.got,
    ),
    KnownDifference(
        "volumes-that-are-contiguous", ("conv3d", "conv_transpose3d", "convolution"), ("strides",), "volumes whose channels are last",
        "whether the result's channels are last, too, depends on which library torch calls, which depends on the dtype and the number of samples",
        "import torch\n\nx, weight = torch.ones(2, 2, 2, 2, dtype=torch.float64), torch.ones(2, 2, 1, 1, dtype=torch.float64)\n"
        "images = torch.conv2d(x.to(memory_format=torch.channels_last), weight)\n"
        "volumes = torch.conv3d(x.unsqueeze(2).to(memory_format=torch.channels_last_3d), weight.unsqueeze(2))\n"
        "assert images.stride(1) == 1 and volumes.stride(1) == 4\n", _volume,
    ),
    KnownDifference(
        "layouts-that-are-left-open", _LAYERS, ("strides",), "an operand of one channel in each group, or of one place",
        "contiguous and channels last are the same layout of it, and which torch takes it for depends on strides that address nothing, and "
        "on copies of each group",
        "import torch\n\nx = torch.ones(1, 4, 1, 1, dtype=torch.float64).as_strided((1, 4, 1, 1), (4, 1, 2, 2))\n"
        "weight = torch.ones(4, 1, 2, 2, dtype=torch.float64)\nassert torch.conv_transpose2d(x, weight, groups=2).stride(1) == 1\n"
        "assert torch.conv_transpose2d(x.clone(memory_format=torch.contiguous_format), weight, groups=2).stride(1) == 4\n", _left_open,
    ),
    KnownDifference(
        "gradients-of-no-samples", _LAYERS, ("gradients",), "input without elements, gradients of second order",
        "the gradients are zero, and torch has none",
        "import torch\n\ninput, weight = (torch.zeros(n, 1, 1, 1, requires_grad=True) for n in (0, 1))\n"
        "y = torch.conv2d(input, weight)\n(found,) = torch.autograd.grad(y.sum(), weight, create_graph=True)\n"
        "assert torch.autograd.grad(found.sum(), weight, allow_unused=True) == (None,)\n", _no_samples,
    ),
    KnownDifference(
        "numbers-that-are-not-looked-at", _LAYERS, ("errors",), "a dilation of 0, or an output_padding that is too large",
        "torch refuses them where it computes something itself, not where oneDNN does, or where there is nothing to compute",
        "import torch\n\nassert torch.conv1d(torch.zeros(0, 1, 1), torch.zeros(1, 1, 1), dilation=0).numel() == 0\n", _not_looked_at,
    ),
    KnownDifference(
        "numbers-cut-off-at-32-bits", ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "convolution"), ("errors",),
        "a transposed convolution, a stride, dilation or output_padding of 2**31 or more",
        "torch's loop takes numbers of 32 bits, looks at what is left of larger ones, and names that; or it looks at an output_padding only when it "
        "has allocated a result of so many elements",
        "import torch\n\nx = torch.ones(1, 1, 1)\ntry:\n    torch.conv_transpose1d(x, x, stride=2**32)  # one element is moved nowhere\n"
        "    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'stride_width: 0' in str(error)\n", _cut_off,
    ),
    KnownDifference(
        "weights-in-groups-of-one-image", ("conv2d", "conv3d"), ("gradients",),
        "an image or volume without a dimension of samples, several groups, both operands' channels last, a dtype that oneDNN does not have",
        "the gradient of the weights has numbers of one channel in the places of another",
        "import torch\n\nx, w = torch.randn(6, 1, 3).double(), torch.randn(3, 2, 1, 3).double()\nfound = []\n"
        "for order in ((0, 1, 2, 3), (0, 2, 3, 1)):\n    back = [order.index(d) for d in range(4)]\n"
        "    a, b = (t.permute(order).contiguous().permute(back) for t in (x[None], w))\n    b.requires_grad_()\n"
        "    torch.conv2d(a[0], b, groups=3).sum().backward()\n    found.append(b.grad)\nassert (found[0] - found[1]).abs().max() > 1e-3\n",
        _of_one_image,
    ),
    KnownDifference(
        "weights-that-meet-only-padding", ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "convolution"), ("gradients",),
        "bfloat16, weights that are not contiguous, or several groups and an input that is not: an element of the weights that meets nothing but "
        "padding",
        "its gradient is 0, and torch gives what the memory held before, another number in each call",
        "import torch\n\nx = torch.ones(9, dtype=torch.bfloat16).as_strided((3, 1), (1, 3))\n"
        "w = torch.ones(3, 2, 3, dtype=torch.bfloat16, requires_grad=True)\n"
        "(g,) = torch.autograd.grad(torch.conv_transpose1d(x, w, stride=2, padding=1, groups=3).sum(), w)\n"
        "assert (g[:, :, ::2] != 0).any()  # only the middle ones meet an element\n"
        "x, w = torch.ones(2, 1, 2, dtype=torch.bfloat16), torch.ones(1, 3, 2, dtype=torch.bfloat16).mT.requires_grad_()\n"
        "(g,) = torch.autograd.grad(torch.conv_transpose1d(x, w, stride=2, padding=2).sum(), w)\n"
        "assert (g[:, :, 1] != 0).any()  # only the outer ones meet an element\n", _meets_nothing,
        open=True, unwritten=True,
    ),
    KnownDifference(
        "sequences-that-are-viewed", ("conv_tbc",), ("errors", "gradients"),
        "input that is not contiguous, where time and batch are not one dimension",
        "torch takes a view of the input in which they are",
        "import torch\n\ntry:\n    torch.conv_tbc(torch.zeros(2, 2, 1).transpose(0, 1), torch.zeros(1, 1, 1), torch.zeros(1))\n"
        "    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'view size is not compatible' in str(error)\n", _viewed,
    ),
    KnownDifference(
        "empty-transposed-convolutions", _LAYERS, ("errors",), "a transposed convolution whose result has no elements",
        "oneDNN computes nothing, where torch itself refuses the call",
        "import torch\n\nx, weight = torch.ones(2, 1, 1, 1), torch.ones(1, 1, 1, 2)\n"
        "assert torch.conv_transpose2d(x, weight, padding=(0, 1)).numel() == 0\ntry:\n"
        "    torch.conv_transpose2d(x.double(), weight.double(), padding=(0, 1))\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'Output size is too small' in str(error)\n", _empty_result,
    ),
    KnownDifference(
        "gradient-of-permuted-weights", _LAYERS, ("gradients",), "weights whose elements share memory",
        "the kernel writes into a gradient that is laid out as the weights, and refuses that",
        "import torch\n\nx = torch.ones(2, dtype=torch.complex128).as_strided((1, 1, 2), (2, 1, 1)).requires_grad_()\n"
        "w = torch.ones(6, dtype=torch.complex128).as_strided((1, 2, 3), (1, 1, 2)).requires_grad_()\ntry:\n"
        "    found = torch.autograd.grad(torch.conv_transpose1d(x, w, stride=3, padding=2).abs().sum(), (x, w), create_graph=True)\n"
        "    sum(g.abs().sum() for g in found).backward()\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'grad_weight needs to be contiguous' in str(error)\n", _written_gradient,
    ),
    KnownDifference(
        "sequences-of-nothing", ("conv_tbc",), ("errors",), "a call in which nothing is multiplied, and dtypes that are refused",
        "torch does not look at them",
        "import torch\n\nx, weight = torch.zeros(0, 1, 1), torch.zeros(1, 1, 1, dtype=torch.float64)\n"
        "assert torch.conv_tbc(x, weight, torch.zeros(1), 1).shape == (2, 1, 1)\n", _nothing_multiplied,
    ),
    KnownDifference(
        "overflow-beside-an-infinity", (*_LAYERS, "conv_tbc"), ("values",), "an infinite term beside a product that overflows",
        "a fused product of infinite value added to an infinity of the other sign is NaN where the exact product does not overflow",
        "import torch\n\nx, y = torch.tensor([[3e38, -1.0]]), torch.tensor([[-1e9], [-torch.inf]])\n"
        "assert (x @ y).isnan().item() and (x.double() @ y.double()).item() == torch.inf\n", _beside_an_infinity, open=True,
    ),
    KnownDifference(
        "bias-of-another-dtype", _LAYERS, ("errors",), "a transposed convolution, or padding in words; a bias of another dtype",
        "torch adds it where it does not hand the call over to oneDNN, and refuses it where it does",
        "import torch\n\nx, weight, bias = torch.ones(1, 1, 1, 1), torch.ones(1, 1, 1, 1), torch.ones(1, dtype=torch.float64)\n"
        "torch.conv_transpose2d(x, weight, bias)\ntry:\n    torch.conv_transpose2d(x.expand(2, 1, 1, 1), weight, bias)\n"
        "except RuntimeError as error:\n    assert 'bias type' in str(error)\n", _bias_of_another_dtype,
    ),
    KnownDifference(
        "grouped-convolution-crash", _LAYERS, (), "float32, several groups, a dilation, a bias, and weights whose channels are last",
        "oneDNN reads beyond its memory, and the process ends",
        "import torch\n\nweight = torch.zeros(2, 4, 2, 1).to(memory_format=torch.channels_last)\n"
        "torch.conv2d(torch.zeros(2, 8, 4, 1), weight, torch.zeros(2), 2, 1, 2, 2)  # ends the process\n", avoided=True, signal="SIGSEGV",
    ),
]  # fmt: skip
