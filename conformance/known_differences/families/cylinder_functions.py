"""Known differences in the special functions: torch's approximations are coarse, lose the phase, or have no limit where there is one."""

from __future__ import annotations

import math

from ...accuracy.number_formats import is_float
from ...cases.case import Case
from ...cases.deviation import Deviation
from ..entry import KnownDifference, complex_number, differentiated, dtype_of, finite, operands_at, size

_CYLINDERS = ("special.bessel_j0", "special.bessel_j1", "special.bessel_y0", "special.bessel_y1")


def argument(case: Case, deviation: Deviation) -> float:
    """The element of the first tensor from which a deviating value was computed."""
    return float(operands_at(case, int(deviation.details.get("element", 0)))[0])


def apart(deviation: Deviation) -> float:
    """The distance of the two values; NaN where one is."""
    return abs(complex_number(deviation.expected).real - complex_number(deviation.got).real)


def _limit(case: Case, deviation: Deviation) -> bool:
    return math.isinf(argument(case, deviation)) and deviation.expected == "nan" and deviation.got != "nan"


def _seven_digits(case: Case, deviation: Deviation) -> bool:
    """Six digits after the point, up to 20; further out what the rounding of the phase, x or x**(3/2), makes of the amplitude."""
    x = abs(argument(case, deviation))
    if not is_float(dtype_of(deviation)) or not math.isfinite(x):
        return False
    if x <= 50.0:
        return apart(deviation) <= 4e-6
    airy = case.operation == "special.airy_ai"
    amplitude = 1.0 / math.sqrt(math.pi * math.sqrt(x)) if airy else math.sqrt(2.0 / math.pi / x)
    phase = x * math.sqrt(x) if airy and x < 1e150 else x
    if deviation.expected == "nan":
        return airy and x > 1e200
    integers = not is_float(case.tensors()[0].dtype)  # which are rounded, beyond 2**24, before they are evaluated in float32
    return apart(deviation) <= amplitude * min(2.1, (2.0**-22 if integers else 2.0**-48) * phase)


def _tiny_argument(case: Case, deviation: Deviation) -> bool:
    """Arguments whose half, or whose reciprocal, is not a normal number."""
    x = abs(argument(case, deviation))
    return 0.0 < x < 1e-307 and "float64" in (dtype_of(deviation), case.tensors()[0].dtype)


def _last_numbers(case: Case, deviation: Deviation) -> bool:
    found = differentiated(case, deviation)
    if found is not None:
        x = found[2]
        return isinstance(x, float) and abs(x) > 709.0 and not finite(deviation.expected) and deviation.got != "nan"
    return not finite(deviation.expected) and finite(deviation.got) and size(deviation.got) > 1e304 and dtype_of(deviation) == "float64"


def _tail(case: Case, deviation: Deviation) -> bool:
    """The digits that the rounding of the exponent 2/3 x**(3/2) costs."""
    x = argument(case, deviation)
    if not x > 1.0 or dtype_of(deviation) not in ("float32", "float64"):
        return False
    return apart(deviation) <= 2.0**-50 * x**1.5 * size(deviation.got) or x > 100.0 and size(deviation.expected) == 0.0


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "bessel-functions-at-infinity",
        (*_CYLINDERS, "i0", "special.i1", "special.modified_bessel_i0", "special.modified_bessel_i1", "special.airy_ai"), ("values",),
        "infinite arguments at which the function has a limit",
        "torch's asymptotic formula makes NaN of the cosine of infinity, or of infinity times zero",
        "import torch\n\nassert torch.special.bessel_j0(torch.tensor([torch.inf])).isnan()  # the limit is 0\n"
        "assert torch.i0(torch.tensor([torch.inf])).isnan()  # the limit is infinite\n", _limit,
    ),
    KnownDifference(
        "bessel-functions-to-seven-digits", (*_CYLINDERS, "special.airy_ai"), ("values",),
        "arguments between the zeros that torch's rational functions divide out; large ones, by their phase",
        "torch's functions near the origin are off by up to 4e-6 (bessel_j0 in all digits but three at 5.51); beyond, torch subtracts pi/4 "
        "from the rounded phase, and at 1e15 nothing of the phase is left",
        "import torch\n\nx = torch.tensor([5.512337737088546, 1e15], dtype=torch.float64)\nj = torch.special.bessel_j0(x)\n"
        "assert abs(j[0] / -0.002635598568039 - 1) > 5e-5\nassert abs(j[1] - 6.156638646885e-09) > 5e-10\n", _seven_digits,
    ),
    KnownDifference(
        "bessel-functions-of-subnormal-numbers",
        ("special.bessel_j1", "special.bessel_y1", "special.modified_bessel_k0", "special.modified_bessel_k1",
         "special.scaled_modified_bessel_k0", "special.scaled_modified_bessel_k1", "special.i1", "special.i1e", "special.modified_bessel_i1"),
        ("values",),
        "float64, subnormal arguments and those whose reciprocal overflows",
        "torch rounds half of the argument, multiplies with what has lost its digits, or subtracts infinities",
        "import torch\n\nx = torch.tensor([1.5e-323, 5e-324], dtype=torch.float64)\n"
        "assert abs(torch.special.modified_bessel_k0(x)[0] - 743.457391148372) > 0.2\nassert torch.special.modified_bessel_k1(x)[1].isnan()\n",
        _tiny_argument,
    ),
    KnownDifference(
        "modified-bessel-functions-before-the-overflow", ("i0", "special.i1", "special.modified_bessel_i0", "special.modified_bessel_i1"),
        ("values", "gradients"), "float64, arguments from 709.8 to 713.98, and gradients beyond",
        "torch multiplies by exp(x), which overflows before the product does",
        "import torch\n\nassert torch.i0(torch.tensor([712.0], dtype=torch.float64)).isinf()  # exactly 2.4676e307\n", _last_numbers,
    ),
    KnownDifference(
        "airy-function-in-its-tail", ("special.airy_ai",), ("values",), "arguments above 1",
        "torch rounds the exponent 2/3 x**(3/2), which costs its digits, and returns 0 from 103.9 on, where the result is subnormal",
        "import torch\n\nx = torch.tensor([48.42177664392871, 105.0], dtype=torch.float64)\na = torch.special.airy_ai(x)\n"
        "assert abs(a[0] / 2.9714458436703474e-99 - 1) > 1e-14 and a[1] == 0  # exactly 2.7e-313\n", _tail,
    ),
]
