"""Known differences of attention."""

from __future__ import annotations

import math

from ....accuracy.number_formats import FORMATS
from ....cases.case import Case, TensorSpec
from ....cases.deviation import Deviation
from ...entry import KnownDifference, arguments, complex_number, dtype_of, finite, magnitude, numbers, overlaps, size

_ATTENTION = ("scaled_dot_product_attention", "multi_head_attention_forward")


def _not_finite(case: Case, deviation: Deviation) -> bool:
    """An element that is not finite, or so large that a product is not."""
    return any(isinstance(v, float) and not abs(v) < 1e18 for spec in case.tensors() for v in numbers(case, spec))


def _beside_an_infinity(case: Case, deviation: Deviation) -> bool:
    """One of two results is NaN, or what came the 0 of a query from which all keys are hidden; query or key have finite elements whose products
    overflow, or their sum on the way, and infinities unless the scores have the dtype of the result."""
    query, key = (numbers(case, arguments(case)[name]) for name in ("query", "key"))
    terms = max(arguments(case)["query"].shape[-1], 1)
    largest = [max([abs(v) for v in each if abs(v) < math.inf], default=0.0) for each in (query, key)]
    infinite = dtype_of(deviation) == "float64" or any(abs(v) == math.inf for v in (*query, *key))
    lost = "nan" in (deviation.expected, deviation.got) or size(deviation.got) == 0
    return infinite and terms * largest[0] * largest[1] >= FORMATS[dtype_of(deviation)].largest and lost


def _of_the_logarithm(case: Case, deviation: Deviation) -> bool:
    """As far off as scores are rounded."""
    named = arguments(case)
    query, key = named["query"], named["key"]
    if query.dtype != "float64" or not finite(deviation.expected) or not finite(deviation.got):
        return False
    norms = [math.sqrt(math.fsum(v * v for v in numbers(case, each)[:4096] if abs(v) < 1e100)) for each in (query, key)]
    scores = max(1.0, abs(named.get("scale") or 1.0) * norms[0] * norms[1])
    away = magnitude(complex_number(deviation.expected) - complex_number(deviation.got))
    return away <= 2.0**-50 * scores * max(query.shape[-2], 1) * max(1.0, size(deviation.expected))


def _hidden_by_a_negative_scale(case: Case, deviation: Deviation) -> bool:
    named = arguments(case)
    return bool(named.get("is_causal")) and (named.get("scale") or 1.0) < 0 and not finite(deviation.expected)


def _narrow_mask(case: Case, deviation: Deviation) -> bool:
    mask = arguments(case).get("attn_mask")
    words = ("IndexError: Dimension out of range (expected to be in range of [-1, 0], but got -2)", "IndexError: Dimension specified as -2")
    return isinstance(mask, TensorSpec) and len(mask.shape) < 2 and deviation.expected.startswith(words)


def _more_values(case: Case, deviation: Deviation) -> bool:
    """Another number of values than of keys, which torch does not notice, and refimpl does."""
    key, value = (arguments(case)[name] for name in ("key", "value"))
    apart = len(key.shape) > 1 and len(value.shape) > 1 and key.shape[-2] != value.shape[-2]
    return apart and (deviation.property != "errors" or "a result" in (deviation.expected, deviation.got))


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "attention-of-nan", _ATTENTION, ("values",), "an element that is not finite, or whose product with another is not",
        "torch's loops disagree: one gives 0 for a query whose scores are NaN, another a number, or NaN where the key with NaN is hidden",
        "import torch\n\nx = torch.ones(1, 1, 2, 2)\n"
        "assert torch.nn.functional.scaled_dot_product_attention(x * torch.nan, x, x).eq(0).all()\n", _not_finite,
    ),
    KnownDifference(
        "attention-of-shared-elements", _ATTENTION[:1], ("values", "determinism"), "a query whose elements share memory",
        "torch gives its result the query's strides, and its loop then reads memory that nobody has written",
        "import torch\n\nx = torch.arange(9.0).as_strided((2, 2, 4, 3), (1, 1, 1, 1))\nv = torch.ones(2, 2, 4, 3)\n"
        "y = torch.nn.functional.scaled_dot_product_attention(x, x, v)  # ones, each of them\nassert y.shape == v.shape\n",
        lambda case, deviation: overlaps(arguments(case)["query"]), open=True,
    ),
    KnownDifference(
        "values-without-keys", _ATTENTION[:1], ("values", "errors", "determinism"), "another number of values than of keys",
        "torch's own loop does not look, and reads memory that is not there where the values are fewer. refimpl refuses the product",
        "import torch\n\nx = torch.ones(1, 1, 2, 2)\n"
        "assert torch.nn.functional.scaled_dot_product_attention(x, x[:, :, :1], torch.ones(1, 1, 3, 2)).shape == x.shape\n", _more_values, open=True,
    ),
    KnownDifference(
        "scores-beside-an-infinity", _ATTENTION[:1], ("values",), "query or key with an infinity, beside a product that overflows, and sums of "
        "float64 that overflow on the way",
        "a product of infinite value added to an infinity of the other sign is NaN, where the exact product does not overflow; a score of -inf hides "
        "the key",
        "import torch\n\nx, y = torch.tensor([[3e38, -torch.inf]]), torch.tensor([[1e9], [1.0]])\n"
        "assert (x @ y).isnan().item() and (x.double() @ y.double()).item() == -torch.inf\n", _beside_an_infinity, open=True,
    ),
    KnownDifference(
        "weights-from-a-logarithm", _ATTENTION[:1], ("gradients",), "float64",
        "torch keeps the logarithm of each row's sum, and evaluates the weights again as exponentials of differences from it: a rounding of a "
        "large score is a relative error of them, which the division by the sum does not have",
        "import torch\n\nx = torch.full((1, 1, 2, 1), 30.5, dtype=torch.float64)\nv = (0 * x).requires_grad_()\n"
        "torch.nn.functional.scaled_dot_product_attention(x, x * 1.1, v).sum().backward()\nassert abs(v.grad - 1.0).max() < 1e-11  # exactly 1\n",
        _of_the_logarithm,
    ),
    KnownDifference(
        "hidden-by-a-negative-scale", _ATTENTION[:1], ("values", "gradients"), "is_causal, and a scale below 0",
        "torch hides a key by a score of -inf before it multiplies by the scale: what was to be hidden has the score inf",
        "import torch\n\nx = torch.ones(1, 1, 2, 2)\n"
        "assert torch.nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True, scale=-1.0).isnan().any()\n",
        _hidden_by_a_negative_scale,
    ),
    KnownDifference(
        "masks-of-one-dimension", ("scaled_dot_product_attention",), ("errors",), "a mask of no or one dimension",
        "torch broadcasts it where it evaluates the formula; its own loop, which takes four dimensions, asks for the mask's last but one first",
        "import torch\n\nx, mask = torch.ones(1, 1, 2, 2), torch.ones(2)\n"
        "torch.nn.functional.scaled_dot_product_attention(x[0], x[0], x[0], mask)\n"
        "try:\n    torch.nn.functional.scaled_dot_product_attention(x, x, x, mask)\n    raise SystemExit(1)\n"
        "except IndexError as error:\n    assert 'Dimension out of range' in str(error)\n", _narrow_mask,
    ),
    KnownDifference(
        "attention-twice", _ATTENTION, ("gradients",), "second order, four dimensions",
        "torch has no formula for the second derivative of its own loop",
        "import torch\n\nx = torch.ones(1, 1, 2, 2, requires_grad=True)\n"
        "(g,) = torch.autograd.grad(torch.nn.functional.scaled_dot_product_attention(x, x, x).sum(), x, create_graph=True)\n"
        "try:\n    g.sum().backward()\n    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'is not implemented' in str(error)\n",
        lambda case, deviation: "flash_attention_for_cpu_backward is not implemented" in deviation.expected and deviation.got == "None",
    ),
]  # fmt: skip
