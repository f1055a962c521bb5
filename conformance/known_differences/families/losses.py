"""Known differences of losses."""

from __future__ import annotations

import math

from ...accuracy.number_formats import FORMATS, is_float
from ...cases.case import Case
from ...cases.deviation import Deviation
from ..entry import KnownDifference, arguments, complex_number, dtype_of, finite, numbers, size

_MANY = 16.0  # roundings on the way of each element


def _largest(values: tuple[float, ...]) -> float:
    """The largest absolute value of the numbers that are finite, and at least 1."""
    return max([1.0, *[abs(value) for value in values if math.isfinite(value)]])


def _off_by_roundings(case: Case, deviation: Deviation, narrow: str, scale: float) -> bool:
    """A value that is off by roundings, to a dtype narrower than its own, of numbers as large as ``scale``, or infinite where these overflow."""
    dtype = dtype_of(deviation)
    if not is_float(narrow) or not is_float(dtype) or FORMATS[narrow].precision >= FORMATS[dtype].precision:
        return False
    if not (finite(deviation.expected) and finite(deviation.got)):
        return scale >= FORMATS[narrow].largest
    away = abs(complex_number(deviation.expected) - complex_number(deviation.got))
    terms = max(spec.numel for spec in case.tensors())
    return away <= _MANY * terms * FORMATS[narrow].unit_roundoff * max(scale, size(deviation.expected))


def _rounded_logits(case: Case, deviation: Deviation) -> bool:
    """The logarithms were rounded to the input's dtype."""
    specs = case.tensors()
    return _off_by_roundings(case, deviation, specs[0].dtype, math.prod(_largest(numbers(case, spec)) for spec in specs))


def _rounded_targets(case: Case, deviation: Deviation) -> bool:
    """What depends on the target alone was rounded to the target's dtype."""
    input, target = case.tensors()[:2]
    largest = _largest(numbers(case, target))
    of_target = math.exp(min(largest, 700.0)) if arguments(case).get("log_target") else largest * largest
    return _off_by_roundings(case, deviation, target.dtype, of_target * (_largest(numbers(case, input)) + largest))


def _broadcast_logits(case: Case, deviation: Deviation) -> bool:
    """torch refuses what refimpl computes."""
    input, target = case.tensors()[:2]
    refused = any(words in deviation.expected for words in ("match the broadcast shape", "invalid gradient"))
    return input.shape != target.shape and refused and deviation.got == "None"


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "logits-beside-a-wider-target", ("binary_cross_entropy_with_logits",), ("values", "gradients"), "a target of a wider dtype than the input's",
        "the result has the target's dtype, but the logarithms of the sigmoid were rounded to the input's",
        "import torch\n\nx, y = torch.zeros(1), torch.ones(1, dtype=torch.float64)\n"
        "loss = torch.nn.functional.binary_cross_entropy_with_logits(x, y)\n"
        "assert loss.dtype is torch.float64 and loss == torch.nn.functional.logsigmoid(x).neg().double() != torch.log(y * 2)\n",
        _rounded_logits,
    ),
    KnownDifference(
        "logits-that-are-broadcast", ("binary_cross_entropy_with_logits",), ("gradients",), "the gradient of a target that is larger than the input",
        "torch's formula for it does not broadcast as the function does: it is refused",
        "import torch\n\nx, y = torch.zeros(1), torch.ones(3, requires_grad=True)\n"
        "loss = torch.binary_cross_entropy_with_logits(x, y, reduction=2)\ntry:\n    loss.backward()\nexcept RuntimeError as error:\n"
        "    assert 'returned an invalid gradient at index 1' in str(error)\n"
        "else:\n    raise AssertionError\n",
        _broadcast_logits,
    ),
    KnownDifference(
        "divergence-of-two-dtypes", ("kl_div",), ("values", "gradients"), "a target of a narrower dtype than the input's",
        "the result has the wider one, but what torch computes from the target alone was rounded to the target's",
        "import torch\n\nx, y = torch.zeros(1, dtype=torch.float64), torch.full((1,), 2.0, dtype=torch.bfloat16)\n"
        "loss = torch.kl_div(x, y, reduction=0)\n"
        "assert loss.dtype is torch.float64 and loss == torch.xlogy(y, y).double() != torch.xlogy(y.double(), y)\n",
        _rounded_targets,
    ),
]
