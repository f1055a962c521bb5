"""Known differences of what is done to images: padding and pooling."""

from __future__ import annotations

import math
from itertools import islice, product
from typing import Iterator

from refimpl.ops.pooling.windows import count_of, each

from ...accuracy.number_formats import FORMATS
from ...cases.case import INTEGERS, ITEMSIZE, Case, TensorSpec, contiguous_strides
from ...cases.deviation import Deviation
from ..entry import KnownDifference, arguments, complex_number, dtype_of, numbers, size
from ..shared_writes import among

_ADAPTIVE = ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d",
             "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d_with_indices", "adaptive_max_pool3d_with_indices")  # fmt: skip


_AT_RANDOM = tuple(f"nn.functional.fractional_max_pool{rank}d{places}" for rank in (2, 3) for places in ("", "_with_indices"))
_OVER_IMAGES = tuple(f"{space}max_pool{n}d{places}" for n in (2, 3) for space in ("", "nn.functional.") for places in ("", "_with_indices"))
_OVER_LINES = ("max_pool1d", "nn.functional.max_pool1d")
_UNPOOLED = ("nn.functional.max_unpool1d", "nn.functional.max_unpool2d", "nn.functional.max_unpool3d")


def _no_lines(case: Case, deviation: Deviation) -> bool:
    indices = arguments(case).get("indices")
    return isinstance(indices, TensorSpec) and indices.strides != contiguous_strides(indices.shape) and (
        "view size is not compatible" in deviation.expected and deviation.got == "None")  # fmt: skip


def _beyond_32_bits(case: Case, deviation: Deviation) -> bool:
    """A number of the call, or a padding on both sides, that leaves 32 bits."""
    named = arguments(case)
    times = {"output_size": 1, "kernel_size": 1, "dilation": 1, "stride": 1, "padding": 2}
    return any(isinstance(n, int) and times[name] * n >= 2**31 for name in times for n in each(named.get(name, 0), 2))


def _wrapped_twice(case: Case, deviation: Deviation) -> bool:
    return deviation.expected == "a result" and "causes wrapping around more than once" in deviation.got


def _nothing(case: Case, deviation: Deviation) -> bool:
    return case.tensors()[0].numel == 0


def _no_windows(case: Case, deviation: Deviation) -> bool:
    return "_backward(): Expected grad_output to have non-zero size" in deviation.expected and deviation.got == "None"


def _nothing_to_average(case: Case, deviation: Deviation) -> bool:
    counts = arguments(case).get("output_size") or arguments(case).get("output_ratio")
    nothing = not counts or isinstance(counts, (tuple, list)) and 0 in counts
    return nothing and deviation.expected == "a result" and " not implemented for " in deviation.got


def _of_least_integers(case: Case, deviation: Deviation) -> bool:
    spec = case.tensors()[0]
    if spec.dtype not in INTEGERS or deviation.details.get("output") != 1:
        return False
    least = 0 if spec.dtype == "uint8" else -(1 << 8 * ITEMSIZE[spec.dtype] - 1)
    return spec.strides != contiguous_strides(spec.shape) and least in numbers(case, spec)


def _too_many(case: Case, deviation: Deviation) -> bool:
    return "Expected input_depth * input_height * input_width" in deviation.expected and deviation.got == "a result"


def _one_place_for_several(case: Case, deviation: Deviation) -> bool:
    """Two elements have one index, and what came is one of the elements."""
    input, indices = arguments(case).get("input"), arguments(case).get("indices")
    if not isinstance(input, TensorSpec) or not isinstance(indices, TensorSpec) or input.shape != indices.shape:
        return False
    places = numbers(case, indices)
    planes = math.prod(input.shape[: -int(case.operation[-2])])
    area = len(places) // max(planes, 1)
    several = any(len(set(places[k : k + area])) < area for k in range(0, len(places), max(area, 1)))
    return several and among([complex_number(deviation.got)], frozenset(map(complex, numbers(case, input))))


def _windows(case: Case) -> Iterator[list[float]]:
    """The elements of the windows that make up the elements of a norm, in row-major order."""
    named, rank = arguments(case), int(case.operation[-2])
    input = named["input"]
    sizes, kernel, stride = input.shape[-rank:], each(named["kernel_size"], rank), each(named.get("stride"), rank, named["kernel_size"])
    counts = [count_of(length, k, s, 0, 1, bool(named.get("ceil_mode"))) for length, k, s in zip(sizes, kernel, stride, strict=True)]
    values, area = numbers(case, input), math.prod(sizes)
    for plane in range(math.prod(input.shape[:-rank])):
        for window in product(*map(range, counts)):
            lines = [range(i * s, min(i * s + k, length)) for i, k, s, length in zip(window, kernel, stride, sizes, strict=True)]
            yield [float(values[plane * area + sum(i * math.prod(sizes[d + 1 :]) for d, i in enumerate(place))]) for place in product(*lines)]


def _vanishing(window: list[float], order: float, dtype: str) -> float | None:
    """What the roundings of a sum of powers may come to, if that is no less than the sum."""
    try:
        powers = [x**order for x in window]
        roundings = 8 * len(powers) * FORMATS[dtype].unit_roundoff * math.fsum(map(abs, powers))
        return roundings if abs(math.fsum(powers)) <= roundings else None
    except (ArithmeticError, TypeError, ValueError):  # not finite, or no real power
        return None


def _cancelled(case: Case, deviation: Deviation) -> bool:
    """The powers add up to nothing but their roundings, and what came is the root of as little, or of a negative number; or a gradient of that."""
    order, input = arguments(case).get("norm_type"), arguments(case).get("input")
    if not isinstance(order, (int, float)) or not math.isfinite(order) or order % 2 == 0 or not isinstance(input, TensorSpec):
        return False
    if deviation.property == "gradients":
        return any(_vanishing(window, order, input.dtype) is not None for window in _windows(case))
    window = next(islice(_windows(case), int(deviation.details.get("element", 0)), None), [])
    roundings, got = _vanishing(window, order, dtype_of(deviation)), size(deviation.got)
    if roundings is None or got != got:
        return roundings is not None
    bound = roundings ** (1 / order) if roundings else 0.0 if order > 0 else math.inf
    return got <= bound if order > 0 else got >= bound


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
        "shuffled-nothing", ("channel_shuffle", "native_channel_shuffle"), ("aliasing", "gradients"), "a tensor without elements",
        "torch returns the input itself where there is nothing to move, and not a tensor of its own",
        "import torch\n\nx = torch.ones(0, 2, 3)\n"
        "assert torch.channel_shuffle(x, 2).untyped_storage()._cdata == x.untyped_storage()._cdata\n", _nothing,
    ),
    KnownDifference(
        "places-of-the-least-integers", _OVER_IMAGES, ("values",), "integers whose channels lie last, windows of nothing but the least one",
        "torch begins with the least number of the dtype, finds none that is greater, and says the first place of all",
        "import torch\n\nx = torch.zeros(1, 1, 2, 1, 2, dtype=torch.uint8).to(memory_format=torch.channels_last_3d)\n"
        "places = torch.nn.functional.max_pool3d_with_indices(x, 1)[1].flatten()\nassert places.tolist() == [0, 1, 0, 1]  # and not 0 to 3\n",
        _of_least_integers,
    ),
    KnownDifference(
        "places-in-bytes", _OVER_IMAGES, ("errors",),
        "int8, uint8 or int16, more elements in a volume than the dtype counts",
        "torch counts places in the dtype of the input, and refuses what it cannot count",
        "import torch\n\ntry:\n    torch.max_pool3d(torch.zeros(1, 2, 4, 8, 8, dtype=torch.int8).to(memory_format=torch.channels_last_3d), 1)\n"
        "    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'Expected input_depth * input_height' in str(error)\n", _too_many,
    ),
    KnownDifference(
        "gradients-of-no-windows", (*_ADAPTIVE, "nn.functional.interpolate"), ("gradients",), "an output_size with a 0, also that of an area",
        "the function gives a result without elements, whose gradient is zero; the formula refuses it",
        "import torch\n\nx = torch.ones(1, 1, 2, requires_grad=True)\ntry:\n    torch.adaptive_avg_pool1d(x, 0).sum().backward()\n"
        "    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'Expected grad_output to have non-zero size' in str(error)\n",
        _no_windows,
    ),
    KnownDifference(
        "no-windows-of-any-dtype", (*_ADAPTIVE, *_AT_RANDOM), ("errors",), "an output_size with a 0, a dtype that the operation does not support",
        "torch looks at the dtype when it chooses a kernel, and chooses none where there is nothing to compute",
        "import torch\n\nx = torch.ones(1, 2, 2, dtype=torch.complex64)\n"
        "assert torch.nn.functional.adaptive_avg_pool2d(x, (3, 0)).shape == (1, 3, 0)\n", _nothing_to_average,
    ),
    KnownDifference(
        "one-place-for-several", _UNPOOLED, ("values",),
        "an index that several elements of a plane have", "which of the elements stays is not specified: torch's threads write them in any order",
        "import torch\n\nx = torch.arange(64.0).view(1, 8, 8)\n"
        "assert torch.nn.functional.max_unpool2d(x, x.long() * 0, 2)[0, 0, 0] in x  # 31 or 63, say\n", _one_place_for_several, open=True,
    ),
    KnownDifference(
        "unpooling-and-determinism", _UNPOOLED, ("errors",), "torch.use_deterministic_algorithms(True)",
        "torch refuses, since elements with one index would be written in any order; refimpl has one order",
        "import torch\n\ntorch.use_deterministic_algorithms(True)\ntry:\n"
        "    torch.nn.functional.max_unpool2d(torch.ones(1, 1, 1), torch.zeros(1, 1, 1, dtype=torch.int64), 2)\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'deterministic' in str(error)\nfinally:\n    torch.use_deterministic_algorithms(False)\n",
        lambda case, deviation: "does not have a deterministic implementation" in deviation.expected,
    ),
    KnownDifference(
        "unpooling-by-strided-indices", _UNPOOLED, ("gradients",), "indices whose planes are no views of lines",
        "torch's formula looks at the indices of a plane as at a line, which their strides do not allow",
        "import torch\n\nx = torch.ones(1, 2, 2, requires_grad=True)\ni = torch.arange(4).view(1, 2, 2).mT\ntry:\n"
        "    torch.nn.functional.max_unpool2d(x, i, 2).sum().backward()\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'view size is not compatible' in str(error)\n", _no_lines,
    ),
    KnownDifference(
        "norms-of-what-cancels", ("lp_pool1d", "lp_pool2d", "lp_pool3d"), ("values", "gradients"),
        "an odd order, powers whose sum is within its roundings of 0",
        "whether a sum that cancels comes out as 0, or a little above or below it, depends on the order of its terms; below 0 it has no root",
        "import torch\n\nx = torch.tensor([[1.0, 0.3, -1.0, -0.3]])\ny = x[:, [0, 2, 1, 3]]\n"
        "assert str(torch.nn.functional.lp_pool1d(x, 3, 4)) != str(torch.nn.functional.lp_pool1d(y, 3, 4))\n", _cancelled, open=True,
    ),
    KnownDifference(
        "windows-without-elements", _AT_RANDOM, (), "a kernel_size below 1",
        "torch gives -inf, and places that do not exist; other poolings refuse such windows, and so does refimpl",
        "import torch\n\nx, samples = torch.ones(1, 3, 3), torch.zeros(1, 1, 2)\n"
        "values, places = torch.nn.functional.fractional_max_pool2d(x, 0, 1, None, True, samples)\n"
        "assert values.item() == -torch.inf and places.item() == 12\n", avoided=True,
    ),
    KnownDifference(
        "windows-beyond-the-input", _AT_RANDOM, ("errors",), "16 bits, more than a hundred windows",
        "places are rounded to 16 bits; where a window would end beyond the input torch finds itself at fault, and refimpl takes the last one",
        "import torch\n\nx = torch.ones(1, 1, 165, dtype=torch.bfloat16)\nsamples = torch.full((1, 1, 2), 0.5, dtype=torch.bfloat16)\n"
        "try:\n    torch.nn.functional.fractional_max_pool2d(x, 1, (1, 163), None, True, samples)\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'INTERNAL ASSERT FAILED' in str(error)\n",
        lambda case, deviation: "INTERNAL ASSERT FAILED" in deviation.expected and deviation.got == "a result",
    ),
    KnownDifference(
        "lines-in-large-windows", _OVER_LINES, (), "a kernel_size of 2**31 or more, no gradient",
        "torch cuts the number off at 32 bits where it counts the windows, and not where it goes through one: it does not end",
        "import torch\n\nassert torch.max_pool1d(torch.zeros(0, 1, 5), 2**48, 1).shape == (0, 1, 6)  # though no window fits\n",
        avoided=True,
    ),
    KnownDifference(
        "lines-in-far-dilated-windows", _OVER_LINES, ("errors", "values", "shape"), "a dilation of 2**32 or more, no gradient",
        "torch cuts the dilation off at 32 bits: 2**32 is none at all, and windows fit that are longer than the input",
        "import torch\n\nx = torch.tensor([[1.0, 2.0, 3.0]])\nassert torch.max_pool1d(x, 2, 1, dilation=2**32).equal(x)  # no window fits\n",
        lambda case, deviation: any(d >= 2**32 for d in each(arguments(case).get("dilation", 1), 1)),
    ),
    KnownDifference(
        "patches-of-large-numbers", ("nn.functional.unfold", "nn.functional.fold"), ("errors",),
        "a number of 2**31 or more, or a padding of half that",
        "torch cuts the number of patches off at 32 bits, speaks of what is left, or reads memory that is none of the image's",
        "import torch\n\nx = torch.ones(1, 1, 2, 2)\n"
        "assert torch.nn.functional.unfold(x, 2, dilation=2**62).shape == (1, 4, 4)  # no patch fits\n", _beyond_32_bits,
    ),
]  # fmt: skip
