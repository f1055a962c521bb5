"""Known differences of interpolation."""

from __future__ import annotations

import math
from itertools import product

from ....cases.case import Case, contiguous_strides
from ....cases.deviation import Deviation
from ....cases.resampling import asked, factor_is_ignored, new_sizes, on_a_border, reached
from ...entry import KnownDifference, finite, numbers

_NAMES = ("nn.functional.interpolate",)


def _narrow_column(case: Case, deviation: Deviation) -> bool:
    """A result of one column, or the derivative of its gradient, which is resampled as it was."""
    if deviation.property == "gradients" and not deviation.rule.startswith("second"):
        return False
    named, new = asked(case), new_sizes(case)
    filtered = named.get("antialias") or named["input"].dtype == "uint8" and named.get("mode") in ("bilinear", "bicubic")
    return bool(filtered) and len(new) == 2 and new[1] == 1 < new[0]


def _three_channels_of_bytes(case: Case, deviation: Deviation) -> bool:
    return "num_channels == unpacked_output.size(0) INTERNAL ASSERT FAILED" in deviation.expected and deviation.got == "a result"


def _reaches_what_is_not_finite(case: Case, deviation: Deviation) -> bool:
    """Whether weights that depend on the place reach an element that is not finite."""
    mode, element = asked(case).get("mode", "nearest"), deviation.details.get("element")
    if not isinstance(mode, str) or mode.startswith("nearest") or mode == "area" or not isinstance(element, int):
        return False
    spec = asked(case)["input"]
    found, steps = numbers(case, spec), contiguous_strides(spec.shape)
    places = [sum(i * step for i, step in zip(index, steps)) for index in product(*reached(case, element))]
    return any(not math.isfinite(found[place]) for place in places)


def _not_finite(case: Case, deviation: Deviation) -> bool:
    return deviation.property == "values" and not finite(deviation.got) and _reaches_what_is_not_finite(case, deviation)


def _not_finite_in_torch(case: Case, deviation: Deviation) -> bool:
    return not finite(deviation.expected) and finite(deviation.got) and _reaches_what_is_not_finite(case, deviation)


def _middle_on_a_border(case: Case, deviation: Deviation) -> bool:
    element = deviation.details.get("element")
    lines_or_volumes = asked(case).get("mode") == "nearest-exact" and len(asked(case)["input"].shape) != 4
    return lines_or_volumes and isinstance(element, int) and on_a_border(case, element)


def _factor_that_says_something_else(case: Case, deviation: Deviation) -> bool:
    return factor_is_ignored(case)


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "one-column-below-a-filter", _NAMES, ("values", "gradients"),
        "antialias, or bytes in mode bilinear or bicubic; a result of one column and several rows",
        "torch takes the image of one column between its two passes for another layout, and puts the first row into all of them",
        "import torch\n\nx = torch.arange(4.0).view(1, 1, 4, 1)\n"
        "y = torch.nn.functional.interpolate(x, size=(3, 1), mode='bilinear', antialias=True)\n"
        "wide = torch.nn.functional.interpolate(x.expand(1, 1, 4, 2), size=(3, 2), mode='bilinear', antialias=True)\n"
        "assert y.flatten().unique().numel() == 1 and wide[..., 0].unique().numel() == 3\n", _narrow_column,
    ),
    KnownDifference(
        "three-channels-of-one-byte", _NAMES, ("errors",), "images of bytes with three channels, whose result has one pixel",
        "torch fails at an assertion of its own",
        "import torch\n\nx = torch.zeros(1, 3, 2, 2, dtype=torch.uint8)\ntry:\n"
        "    torch.nn.functional.interpolate(x, size=1, mode='bilinear')\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'INTERNAL ASSERT FAILED' in str(error)\n", _three_channels_of_bytes,
    ),
    KnownDifference(
        "beside-what-is-not-finite", _NAMES, ("values",), "an element that is not finite, in a mode that weights elements",
        "a place is rounded, with fused multiply-adds or without: a weight may be 0 or just not, which makes NaN or an infinity of an infinity",
        "import torch\n\nx = torch.tensor([[[1.0, torch.inf, 2.0]]])\n"
        "lines = torch.nn.functional.interpolate(x, size=9, mode='linear')[0, 0, 1:3]\n"
        "assert not lines.isfinite().any()  # the weight is 0, or 1e-8\n", _not_finite, open=True,
    ),
    KnownDifference(
        "reaching-what-is-not-finite", _NAMES, ("values",), "an element that is not finite, beside those that an element of the result is made of",
        "torch rounds a place to float32, and gives a weight of some 1e-8 to an element that is none of its neighbours",
        "import torch\n\nx = torch.tensor([[[torch.inf, 1.0, 2.0]]])\n"
        "line = torch.nn.functional.interpolate(x, size=19, mode='linear')[0, 0]\n"
        "assert line[9] == torch.inf  # (9 + 0.5) * 3 / 19 - 0.5 is 1\n", _not_finite_in_torch,
    ),
    KnownDifference(
        "middles-on-a-border", _NAMES, ("values",), "nearest-exact elements of lines and volumes, whose middle lies on a border between two",
        "torch subtracts 0.5 from the product, with a fused multiply-add, and adds it again: it takes another element than in images",
        "import torch\n\nx = torch.arange(2.0)\nline = torch.nn.functional.interpolate(x.view(1, 1, 2), size=55, mode='nearest-exact')\n"
        "image = torch.nn.functional.interpolate(x.view(1, 1, 1, 2), size=(1, 55), mode='nearest-exact')\n"
        "assert image[0, 0, 0, 27] == 0.0 and line[0, 0, 27] in (0.0, 1.0)\n", _middle_on_a_border,
    ),
    KnownDifference(
        "gradients-of-sizes-that-stay", _NAMES, ("gradients",),
        "a scale_factor that is another than the quotient, by which a size stays or doubles",
        "whether the factor counts then is decided in one way by the function, and in another by its gradient",
        "import torch\n\nx = torch.arange(5.0).view(1, 1, 5).requires_grad_()\ny = torch.nn.functional.interpolate(x, scale_factor=1.19)\n"
        "assert y.tolist() == [[[0, 0, 1, 2, 3]]]\ny.sum().backward()\nassert x.grad.tolist() == [[[1, 1, 1, 1, 1]]]  # and not 2, 1, 1, 1, 0\n",
        _factor_that_says_something_else,
    ),
]  # fmt: skip
