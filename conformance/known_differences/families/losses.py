"""Known differences of losses."""

from __future__ import annotations

import math

from refimpl.operations.operation import operations

from ...accuracy.number_formats import FORMATS, REAL, is_float
from ...cases.case import Case, TensorSpec
from ...cases.deviation import Deviation
from ..entry import KnownDifference, arguments, complex_number, differentiated, dtype_of, finite, magnitude, numbers, size

_MANY = 16.0  # roundings on the way of each element


def _largest(values: tuple[complex, ...]) -> float:
    """The largest absolute value of the numbers that are finite, and at least 1."""
    return max([1.0, *[size for size in map(magnitude, values) if math.isfinite(size)]])


def _off_by_roundings(case: Case, deviation: Deviation, narrow: str, scale: float) -> bool:
    """A value that is off by roundings, to a dtype narrower than its own, of numbers as large as ``scale``, or infinite where these overflow."""
    of_gradient = differentiated(case, deviation)
    dtype = dtype_of(deviation) if of_gradient is None else of_gradient[1].dtype
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


def _without_samples(case: Case, deviation: Deviation) -> bool:
    """No samples, and one number as their loss."""
    return case.tensors()[0].numel == 0


def _overflowing_exponential(case: Case, deviation: Deviation) -> bool:
    """``exp(-y * x)`` overflows in float64, for gradients in the input's dtype."""
    input, target = case.tensors()[:2]
    form = FORMATS["float64" if deviation.property == "values" else input.dtype]
    xs, ys = numbers(case, input), numbers(case, target)
    return any(-y * x >= math.log(form.largest) for y in {*ys} for x in xs)


def _squared_lengths(case: Case, spec: TensorSpec) -> list[float]:
    """Of the vectors along the last dimension."""
    values, step = numbers(case, spec), max(spec.shape[-1:] or (1,))
    if not step:
        return [0.0] * math.prod(spec.shape[:-1])
    return [sum(magnitude(value) * magnitude(value) for value in values[i : i + step]) for i in range(0, len(values), step)]


def _rounded_lengths(case: Case, deviation: Deviation) -> bool:
    """A squared length was rounded to a dtype narrower than the result's; or, in the gradient, is beyond the range of its own."""
    both = case.tensors()[:2]
    largest = max([_largest(numbers(case, spec)) for spec in both])
    for spec in both:
        dtype = _evaluated_in(spec)
        if dtype == "float16" and largest > FORMATS[dtype].largest:  # of the other one, which is converted
            return True
        lengths = _squared_lengths(case, spec)
        beyond = any(not 2.0 ** FORMATS[dtype].emin <= length <= FORMATS[dtype].largest for length in lengths)
        if dtype == "float16" and beyond and (deviation.property == "gradients" or dtype_of(deviation) != dtype):
            return True
        if _off_by_roundings(case, deviation, dtype, 1.0 if deviation.property == "values" else max([1.0, *[x**-0.5 for x in lengths if x]])):
            return True
    return False


def _evaluated_in(spec: TensorSpec) -> str:
    """The dtype in which torch evaluates functions of one tensor."""
    return spec.dtype if is_float(spec.dtype) else "float32"


def _sum_overflows(case: Case, deviation: Deviation) -> bool:
    """The mean is finite, and times the number of losses, which is at most what the operands' elements make together, beyond the range."""
    if dtype_of(deviation) != "float64" or finite(deviation.expected) or not finite(deviation.got):
        return False
    count = math.prod(spec.numel or 1 for spec in case.tensors())
    reduction = arguments(case).get("reduction", operations[case.operation].defaults["reduction"])
    return size(deviation.got) > FORMATS["float64"].largest / count and reduction in ("mean", 1)


def _rounded_distances(case: Case, deviation: Deviation) -> bool:
    """The distance of two of the three tensors was rounded to a dtype narrower than the result's."""
    specs = case.tensors()[:3]
    coordinates = max([1, *[length for spec in specs for length in spec.shape]])
    scale = coordinates * sum(_largest(numbers(case, spec)) for spec in specs)
    return any(_off_by_roundings(case, deviation, _evaluated_in(spec), scale) for spec in specs)


def _nan_beside_infinity(case: Case, deviation: Deviation) -> bool:
    """torch's distance is NaN: a complex element has a part that is NaN and one that is infinite."""
    parts = [(z.real, z.imag) for spec in case.tensors()[:3] if spec.dtype in REAL for z in numbers(case, spec)]
    return deviation.expected == "nan" and any(math.isinf(a) and b != b or a != a and math.isinf(b) for a, b in parts)


def _rounded_counts(case: Case, deviation: Deviation) -> bool:
    """What depends on one of the operands alone was rounded to a dtype narrower than the result's."""
    input, target = case.tensors()[:2]
    rates, count = numbers(case, input), _largest(numbers(case, target))
    of_input = math.exp(min(max([0.0, *[complex(x).real for x in rates if x == x]]), 700.0)) + count * (_largest(rates) + 40.0)
    of_target = 2.0 * count * (1.0 + math.log(count))
    return any(_off_by_roundings(case, deviation, _evaluated_in(spec), scale) for spec, scale in ((input, of_input), (target, of_target)))


def _broadcast_logits(case: Case, deviation: Deviation) -> bool:
    """torch refuses what refimpl computes."""
    input, target = case.tensors()[:2]
    refused = any(words in deviation.expected for words in ("match the broadcast shape", "invalid gradient"))
    return input.shape != target.shape and refused and deviation.got == "None"


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "infinite-probabilities", ("ctc_loss",), ("values",), "a logarithm of a probability that is inf",
        "torch subtracts infinities, which makes NaN, unless no other path leads there; refimpl has NaN but for a single time",
        "import torch\n\nx = torch.tensor([[0.0, -1.5], [torch.inf, -1.5]])\nc = torch.nn.functional.ctc_loss\n"
        "assert c(x, torch.tensor([[1]]), (2,), (0,)) == -torch.inf and c(x.flip(0), torch.tensor([[1]]), (2,), (1,)).isnan()\n",
        lambda case, deviation: math.inf in numbers(case, case.tensors()[0]) and not finite(deviation.expected) and deviation.got == "nan",
    ),
    KnownDifference(
        "losses-of-no-samples", ("multi_margin_loss", "multilabel_margin_loss"), ("values", "determinism"), "the mean, or the sum, of no samples",
        "torch returns memory that nothing has been written to; refimpl's sum is 0 and its mean NaN",
        "import torch\n\nx, y = torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64)\n"
        "assert torch.nn.functional.multi_margin_loss(x, y).shape == ()  # whatever number it is\n", _without_samples, open=True,
    ),
    KnownDifference(
        "soft-margins-that-overflow", ("soft_margin_loss",), ("values", "gradients"), "`-y * x` so large that its exponential overflows",
        "log(1 + exp(z)) is z then; torch's loss is infinite, and its gradient inf / inf: NaN. That is seen in float32 from 89 on",
        "import torch\n\nx = torch.tensor([-100.0], requires_grad=True)\nloss = torch.nn.functional.soft_margin_loss(x, torch.ones(1))\n"
        "loss.backward()\nassert loss == torch.inf and x.grad.isnan()\n", _overflowing_exponential,
    ),
    KnownDifference(
        "logits-beside-a-wider-target", ("binary_cross_entropy_with_logits", "multilabel_soft_margin_loss"), ("values", "gradients"),
        "a target of a wider dtype than the input's", "the result has the target's dtype, but the logarithms of the sigmoid were rounded to the "
        "input's",
        "import torch\n\nx, y = torch.zeros(1), torch.ones(1, dtype=torch.float64)\n"
        "loss = torch.nn.functional.binary_cross_entropy_with_logits(x, y)\n"
        "assert loss.dtype is torch.float64 and loss == torch.nn.functional.logsigmoid(x).neg().double() != torch.log(y * 2)\n",
        _rounded_logits,
    ),
    KnownDifference(
        "labels-with-gaps", ("ctc_loss",), ("values", "gradients"), "labels of several samples one behind the other, in memory with gaps",
        "torch counts the labels of the samples before, but not the gaps: it reads others, and memory behind the tensor",
        "import torch\n\nx, n = torch.tensor([[[0.0, -1, -2]] * 2]), torch.ones(2, dtype=torch.int64)\n"
        "y = torch.tensor([1, 1, 2, 2])[::2]\nloss = torch.nn.functional.ctc_loss\n"
        "assert loss(x, y, n, n, reduction='none').tolist() == [1, 1]\nassert loss(x, y.clone(), n, n, reduction='none').tolist() == [1, 2]\n",
        avoided=True,
    ),
    KnownDifference(
        "overflow-of-summed-losses", tuple([each.title for each in operations.values() if "reduction" in each.parameters]),
        ("values",), "float64, the mean of losses whose sum is beyond the range", "torch divides the sum, which overflows, though the mean does not",
        "import torch\n\nx = torch.full((2,), 1.5e308, dtype=torch.float64)\n"
        "assert torch.nn.functional.l1_loss(x, x * 0).isinf()  # exactly 1.5e308\n",
        _sum_overflows,
    ),
    KnownDifference(
        "cosines-of-rounded-lengths", ("cosine_embedding_loss",), ("values", "gradients"),
        "inputs of two dtypes; float16 vectors of which the squared length is no normal number",
        "torch rounds the squared length, to which it adds 1e-12, to the dtype of the vector, although the result may have a wider one. In float16 "
        "that is 0 for the zero vector and infinite from 256 on: the quotient is NaN, or 0",
        "import torch\n\nx, y = torch.zeros(1, 2), torch.ones(1, 2)\nloss = torch.nn.functional.cosine_embedding_loss\n"
        "assert loss(x, y, torch.ones(1)) == 1 and loss(x.half(), y.half(), torch.ones(1)).isnan()\n", _rounded_lengths,
    ),
    KnownDifference(
        "triplets-of-two-dtypes", ("triplet_margin_loss", "triplet_margin_with_distance_loss"), ("values", "gradients"),
        "two tensors that together have a narrower dtype than all three", "the result has the wider dtype, but the distance of the two was rounded",
        "import torch\n\nx, y, z = (torch.full((1, 2), v, dtype=d) for v, d in ((0, torch.half), (1, torch.half), (9, torch.double)))\n"
        "loss = torch.nn.functional.triplet_margin_loss(x, y, z, margin=50.0)\n"
        "assert loss.dtype is torch.float64 and abs(loss - torch.nn.functional.triplet_margin_loss(x.double(), y.double(), z, margin=50.0)) > 1e-5\n",
        _rounded_distances,
    ),
    KnownDifference(
        "distances-of-nan-beside-infinity", ("dist", "pairwise_distance", "triplet_margin_loss", "triplet_margin_with_distance_loss"), ("values",),
        "a complex element of which one part is NaN and the other one infinite",
        "its absolute value is infinite, but torch multiplies it by 1 before it subtracts it, which makes NaN of both parts",
        "import torch\n\nx, y = torch.zeros(1, dtype=torch.complex128), torch.tensor([complex(torch.nan, torch.inf)])\n"
        "assert y.norm().isinf() and torch.dist(x, y).isnan()\n", _nan_beside_infinity,
    ),
    KnownDifference(
        "counts-of-two-dtypes", ("poisson_nll_loss",), ("values", "gradients"), "operands of two dtypes",
        "the result has the wider one, but what torch computes from one operand alone (the exponential, the logarithm, Stirling's term) was rounded "
        "to that operand's; of integers to the default dtype",
        "import torch\n\nx, y = torch.ones(1), torch.zeros(1, dtype=torch.float64)\nloss = torch.nn.functional.poisson_nll_loss(x, y)\n"
        "assert loss.dtype is torch.float64 and loss == x.exp().double() != x.double().exp()\n", _rounded_counts,
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
