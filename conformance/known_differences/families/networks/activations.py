"""Known differences of activations."""

from __future__ import annotations

import math

from ....accuracy.number_formats import FORMATS
from ....cases.case import Case
from ....cases.deviation import Deviation
from ...entry import KnownDifference, arguments, complex_number, differentiated, dtype_of, numbers, size


def _vanished(case: Case, deviation: Deviation) -> bool:
    return dtype_of(deviation) == "float64" and size(deviation.expected) == 0.0 and 0.0 < size(deviation.got) < 1e-300


def _eight_digits(case: Case, deviation: Deviation) -> bool:
    found = differentiated(case, deviation)
    a, b = size(deviation.expected), size(deviation.got)
    return found is not None and found[1].dtype == "float64" and abs(a - b) <= 4e-8 * b


def _of_one(case: Case, deviation: Deviation) -> bool:
    """A few roundings of 1, times the cotangents."""
    found = differentiated(case, deviation)
    difference = abs(complex_number(deviation.expected) - complex_number(deviation.got))
    return found is not None and found[0] == "second" and found[1].dtype == "float64" and difference <= 64 * 2.0**-53


def _zeros(case: Case, deviation: Deviation) -> bool:
    return complex_number(deviation.expected) == 0 == complex_number(deviation.got)


def _growing_exponential(case: Case, deviation: Deviation) -> bool:
    """Apart by what the rounding of a quotient of float64 becomes in the exponential of it."""
    alpha = arguments(case).get("alpha", 1.0)
    if dtype_of(deviation) != "float64" or not isinstance(alpha, (int, float)) or not alpha < 0:
        return False
    value = max(size(deviation.expected), size(deviation.got))
    exponent = math.log1p(value / -alpha)
    return abs(complex_number(deviation.expected) - complex_number(deviation.got)) <= (4 + 2 * exponent) * 2.0**-52 * value


def _single_reciprocal(case: Case, deviation: Deviation) -> bool:
    """Apart by what the rounding of 1 / alpha to float32 becomes in the exponential."""
    alpha = arguments(case).get("alpha", 1.0)
    if case.tensors()[0].dtype != "float64" or not isinstance(alpha, (int, float)) or not alpha:
        return False
    exponent = max((abs(x / alpha) for x in numbers(case, case.tensors()[0]) if math.isfinite(x)), default=0.0)
    expected, got = complex_number(deviation.expected), complex_number(deviation.got)
    return abs(expected - got) <= max(exponent, 1.0) * 2.0**-23 * max(abs(expected), abs(got))


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "gradient-by-a-single-reciprocal", ("celu", "nn.functional.celu"), ("gradients",), "float64, an alpha whose reciprocal float32 does not have",
        "torch rounds 1 / alpha to float32 before it multiplies by it in the exponential function of the gradient",
        "import torch\n\nx = torch.tensor(-2.5981851433023895, dtype=torch.float64, requires_grad=True)\n"
        "torch.celu(x, -0.15137693526448615).backward()\nassert abs(x.grad - 28450580.475242757) > 1  # which is exact\n", _single_reciprocal,
    ),
    KnownDifference(
        "exponentials-of-rounded-quotients", ("celu", "nn.functional.celu"), ("values",), "float64, a negative alpha",
        "the quotient by alpha is rounded before the exponential function, which multiplies its relative error by the quotient where it grows",
        "import torch\n\nx = torch.tensor(-25.234814322683324, dtype=torch.float64)\n"
        "assert 1e-10 < abs(torch.celu(x, -1.9564793462422463).item() + 781693.1561681431) < 1e-8  # which is exact\n", _growing_exponential,
    ),
    KnownDifference(
        "tail-of-silu", ("silu", "mish"), ("values",), "float64, x below -708",
        "torch evaluates x / (1 + exp(-x)), and of mish the square of 1 + exp(x): the first overflows, and the second loses exp(x), where the result "
        "is not zero yet",
        "import torch\n\nx = torch.tensor([-710.0], dtype=torch.float64)\nassert torch.nn.functional.silu(x) == 0.0 != x * x.exp()\n", _vanished,
    ),
    KnownDifference(
        "six-times-hardswish", ("hardswish",), ("values",), "float64, x above a sixth of the largest number",
        "torch multiplies x by min(x + 3, 6) before it divides by 6, and that overflows where the result, x, does not",
        "import torch\n\nx = torch.full((3,), 1e308, dtype=torch.float64)\nassert torch.nn.functional.hardswish(x).isinf().all()  # exactly 1e308\n",
        lambda case, deviation: complex_number(deviation.expected).real == math.inf and 6 * size(deviation.got) > FORMATS["float64"].largest,
    ),
    KnownDifference(
        "sixth-of-hardsigmoid", ("hardsigmoid",), ("gradients",), "float64",
        "torch multiplies the gradient by 1/6 rounded to float32, whatever the dtype is",
        "import torch\n\nx = torch.zeros((), dtype=torch.float64, requires_grad=True)\ntorch.nn.functional.hardsigmoid(x).backward()\n"
        "assert 1e-9 < abs(x.grad.item() - 1 / 6) < 1e-8\n", _eight_digits,
    ),
    KnownDifference(
        "hardsigmoid-twice", ("hardsigmoid",), ("gradients",), "second order",
        "torch has no formula for the second derivative, which is zero",
        "import torch\n\nx = torch.zeros((), requires_grad=True)\n"
        "(g,) = torch.autograd.grad(torch.nn.functional.hardsigmoid(x), x, create_graph=True)\n"
        "try:\n    g.backward()\n    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'is not implemented' in str(error)\n",
        lambda case, deviation: "derivative for aten::hardsigmoid_backward is not implemented" in deviation.expected and deviation.got == "None",
    ),
    KnownDifference(
        "second-derivative-of-logsigmoid", ("log_sigmoid", "logsigmoid"), ("gradients",), "float64, large x, second order",
        "torch's formula is s (s - 1) with s = sigmoid(x), which is near 1, so that s - 1 loses digits",
        "import torch\n\nx = torch.tensor(40.0, dtype=torch.float64, requires_grad=True)\n"
        "(g,) = torch.autograd.grad(torch.nn.functional.logsigmoid(x), x, create_graph=True)\n"
        "assert torch.autograd.grad(g, x)[0] == 0.0 and g > 1e-18\n", _of_one,
    ),
    KnownDifference(
        "sign-of-a-shrunken-zero", ("softshrink",), ("values",), "a result that is zero",
        "torch takes one formula for several elements at once, which gives 0, and another for one, which keeps the sign of the element",
        "import torch\n\nx = torch.full((16,), -0.25)\ny = torch.nn.functional.softshrink(x)\n"
        "assert not y[0].signbit() and torch.nn.functional.softshrink(x[:1])[0].signbit()\n", _zeros, open=True,
    ),
]  # fmt: skip
