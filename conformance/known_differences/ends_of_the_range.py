"""Known differences at the ends of the range, in float64 and complex128: torch's intermediate results overflow or vanish there."""

from __future__ import annotations

import math

from ..accuracy.number_formats import FORMATS, REAL, is_float
from ..cases.case import Case
from ..cases.deviation import Deviation
from .entry import KnownDifference, arguments, complex_number, differentiated, dtype_of, finite, is_pole, numbers, operands_at, size

_DOUBLE = ("float64", "complex128")


def _part_vanishes(case: Case, deviation: Deviation) -> bool:
    """Beside 1 or -1: a part of torch's result is zero, where it is the root of a number below 1e-300."""
    z, w = complex_number(deviation.expected), complex_number(deviation.got)
    parts = ((z.real, w.real), (z.imag, w.imag))
    return dtype_of(deviation) == "complex128" and any(x == 0.0 and 0.0 < abs(y) < 1e-150 for x, y in parts)


def _last_numbers(case: Case, deviation: Deviation) -> bool:
    """torch's result is infinite, or NaN, where it is the largest numbers that are right."""
    return dtype_of(deviation) in _DOUBLE and not finite(deviation.expected) and size(deviation.got) > 1e307


def _least_numbers(case: Case, deviation: Deviation) -> bool:
    return dtype_of(deviation) == "float64" and size(deviation.expected) == 0.0 and 0.0 < size(deviation.got) < 2.3e-308


def _sum_of_exponentials(case: Case, deviation: Deviation) -> bool:
    """exp of an operand overflows."""
    operands = [complex(v).real for v in operands_at(case, int(deviation.details.get("element", 0)))]
    return dtype_of(deviation) in REAL and not finite(deviation.expected) and finite(deviation.got) and max(operands) > 88.0


def _spread_overflows(case: Case, deviation: Deviation) -> bool:
    """An infinite variance, or one that nearly is."""
    right = deviation.got == "inf" and deviation.expected in ("nan", "-inf") or deviation.expected == "inf" and 1e300 < size(deviation.got) < math.inf
    return dtype_of(deviation) == "float64" and _has_large(case, 1e150) and right


def _mean_overflows(case: Case, deviation: Deviation) -> bool:
    return dtype_of(deviation) in _DOUBLE and _has_large(case, 1e300) and not finite(deviation.expected) and finite(deviation.got)


def _has_large(case: Case, limit: float) -> bool:
    return any(limit < abs(part) < math.inf for v in numbers(case, case.tensors()[0]) for part in (complex(v).real, complex(v).imag))


def _product_with_zero(case: Case, deviation: Deviation) -> bool:
    zero = any(v == 0 for v in numbers(case, case.tensors()[0]))
    return zero and is_float(dtype_of(deviation)) and "nan" in deviation.expected and size(deviation.got) == 0.0


def _infinite_term(case: Case, deviation: Deviation) -> bool:
    return dtype_of(deviation) in _DOUBLE and "nan" in deviation.expected and math.isinf(size(deviation.got))


def _sum_in_floats(case: Case, deviation: Deviation) -> bool:
    """Integers summed as floats: a few roundings of the largest one."""
    first = case.tensors()[0]
    if is_float(first.dtype) or not is_float(dtype_of(deviation)):
        return False
    bound = 4 * first.numel * FORMATS[dtype_of(deviation)].unit_roundoff * max((abs(v) for v in numbers(case, first)), default=0)
    return abs(complex_number(deviation.expected) - complex_number(deviation.got)) <= bound


def _cancelled(case: Case, deviation: Deviation) -> bool:
    return size(deviation.expected) == size(deviation.got) == 0.0


def _beside_a_pole(case: Case, deviation: Deviation) -> bool:
    """The element, or what mvlgamma adds up the functions of, which lie half a unit apart below it."""
    found = differentiated(case, deviation)
    x = found[2] if found is not None else None
    if not isinstance(x, float) or not math.isfinite(x) or size(deviation.got) <= 1e6:
        return False
    terms = arguments(case)["p"] if case.operation == "mvlgamma" else 1
    return any(is_pole(float(round(y))) and 0.0 < abs(y - round(y)) < 1e-6 for y in (x - j / 2 for j in range(terms)))


def _order_is_nan(case: Case, deviation: Deviation) -> bool:
    given = (*case.args, *case.kwargs.values())
    return deviation.expected == "nan" and () in [spec.shape for spec in case.tensors()] and any(x != x for x in given if isinstance(x, float))


def _rounded_reciprocal(case: Case, deviation: Deviation) -> bool:
    """A norm whose order has no exact reciprocal: what rounding it does to the root grows with the logarithm of the sum."""
    given = [case.kwargs.get("p", case.kwargs.get("ord")), *case.args[1:]]
    order = next((value for value in given if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < math.inf), None)
    if order is None or dtype_of(deviation) not in ("float64", "complex128") or not finite(deviation.got):
        return False
    terms = max(spec.numel for spec in case.tensors())
    logarithm = order * abs(math.log(size(deviation.got) or 1.0)) + math.log(terms + 1)
    apart = complex_number(deviation.expected) - complex_number(deviation.got)
    return math.hypot(apart.real, apart.imag) <= 2.0**-53 * (2 * logarithm / order + 16) * size(deviation.got)


def _each_step_rounded(case: Case, deviation: Deviation) -> bool:
    """As far off as one rounding for each element may take it."""
    if case.tensors()[0].dtype not in ("float64", "complex128") or not finite(deviation.expected) or not finite(deviation.got):
        return False
    apart = complex_number(deviation.expected) - complex_number(deviation.got)
    steps = case.tensors()[0].numel
    return abs(apart) <= steps * 2.0**-53 * (32 + math.log(steps + 1)) * max(1.0, size(deviation.got))


def _small_power(case: Case, deviation: Deviation) -> bool:
    """2 ** other falls below the normal numbers, or overflows, on the way to a result that does not."""
    operands = operands_at(case, int(deviation.details.get("element", 0)))
    exponent = operands[-1] if len(operands) == 2 else 0
    beyond = isinstance(exponent, (int, float, complex)) and abs(exponent.real) > 1000
    return dtype_of(deviation) in ("float64", "complex128") and beyond and finite(deviation.got) and size(deviation.expected) != size(deviation.got)


ENDS_OF_THE_RANGE: list[KnownDifference] = [
    KnownDifference(
        "inverse-cosine-beside-one", ("acos", "asin", "acosh"), ("values",), "complex128, 1 or -1 with an imaginary part below 1e-300",
        "torch loses the root of the imaginary part, which is a number of its own",
        "import torch\n\nassert torch.tensor([1 + 2e-323j], dtype=torch.complex128).acos()[0].real == 0  # exactly 4.4e-162\n", _part_vanishes,
    ),
    KnownDifference(
        "overflow-before-the-end", ("sinh", "cosh", "lgamma"), ("values",), "float64, results above 1e307",
        "torch computes exp(x) before it divides by 2, or a product before it subtracts: the last numbers before the overflow are infinite",
        "import torch\n\nx = torch.full((16,), 709.7827128933841, dtype=torch.float64)\n"
        "assert x.sinh()[0].isinf()  # exactly 8.98846567431239e307\n", _last_numbers,
    ),
    KnownDifference(
        "underflow-before-the-end", ("sigmoid", "pow", "float_power", "__pow__", "__ipow__"), ("values",),
        "float64, results below the normal numbers",
        "torch divides by 1 + exp(-x), or by a square, which is infinite there; the quotient is a subnormal number",
        "import torch\n\nassert torch.tensor([-709.9], dtype=torch.float64).sigmoid() == 0  # exactly 4.9e-309\n", _least_numbers,
    ),
    KnownDifference(
        "overflow-in-a-sum-of-exponentials", ("logaddexp", "logaddexp2"), ("values",), "complex operands whose exponentials overflow",
        "torch computes the exponentials themselves; the larger operand taken out of the sum, nothing overflows",
        "import torch\n\nx, y = torch.tensor([709.8 + 0j], dtype=torch.complex128), torch.tensor([0.5j], dtype=torch.complex128)\n"
        "assert x.logaddexp(y)[0].real.isnan()  # exactly 709.8\n", _sum_of_exponentials,
    ),
    KnownDifference(
        "overflow-of-a-spread", ("var", "std", "var_mean", "std_mean"), ("values",),
        "float64, finite elements above 1e150 whose variance overflows, or nearly does",
        "torch sums the squares before it divides, and subtracts infinities on the way (Welford): NaN, or -inf, where the variance is infinite",
        "import torch\n\nx = torch.tensor([[1.7e308, -1.7e308]] * 2, dtype=torch.float64)\nassert x.var(-1)[0] == -torch.inf  # exactly infinite\n",
        _spread_overflows,
    ),
    KnownDifference(
        "overflow-of-a-mean", ("var_mean", "std_mean"), ("values",), "float64 and complex128, finite elements above 1e300: the mean",
        "torch subtracts on the way (Welford), which overflows, though the mean does not",
        "import torch\n\nx = torch.tensor([[1.7e308, -1.7e308]], dtype=torch.float64)\nassert not torch.var_mean(x, -1)[1].isfinite()  # exactly 0\n",
        _mean_overflows,
    ),
    KnownDifference(
        "overflow-beside-infinity", ("addcmul",), ("values",), "float64 and complex128, infinite elements beside a product that overflows on the way",
        "torch's product is infinite before it meets a zero or the infinity, which makes NaN; the product itself is finite",
        "import torch\n\nx, y, z = torch.tensor([[torch.inf], [1.7e308], [0.0]], dtype=torch.float64)\n"
        "assert torch.addcmul(x, y, z, value=2).isnan()  # exactly infinite\n", _infinite_term,
    ),
    KnownDifference(
        "sums-of-integers-in-floats", ("sum", "nansum", "mean", "cumsum"), ("values",), "integers summed in a float dtype",
        "torch rounds each integer and each partial sum; the exact sum is rounded once",
        "import torch\n\nx = torch.tensor([2**62, 10, -(2**62)])\nassert x.sum(dtype=torch.float64) != 10\n", _sum_in_floats,
    ),
    KnownDifference(
        "sign-of-a-cancelled-logarithm", ("logaddexp", "logaddexp2"), ("values",), "operands whose exponentials sum to 1: the sign of the zero",
        "torch's float64 result may be a negative number below the least 16-bit ones, where the exact result is 0",
        "import torch\n\nx = torch.tensor([-1.0])\nassert abs(torch.logaddexp2(x, x).item()) < 1e-6  # exactly 0\n", _cancelled,
    ),
    KnownDifference(
        "ldexp-beyond-the-powers", ("ldexp",), ("values",), "float64 and complex128, exponents below -1022 or above 1023",
        "torch multiplies by 2 ** other, which vanishes, loses digits or overflows before the product does",
        "import torch\n\nx, n = torch.tensor([1.5e308], dtype=torch.float64), torch.tensor([-1075.0], dtype=torch.float64)\n"
        "assert torch.ldexp(x, n) == 0  # exactly 3.7e-16\n", _small_power,
    ),
    KnownDifference(
        "rounded-reciprocal-of-the-order", ("norm", "vector_norm", "dist", "pairwise_distance", "cdist", "pdist", "triplet_margin_loss"), ("values",),
        "float64, an order whose reciprocal is rounded",
        "torch raises the sum to the power of the rounded reciprocal, whose error grows with the logarithm of the sum",
        "import torch\n\nx = torch.tensor([1e100, 0.0], dtype=torch.float64)\nassert abs(torch.norm(x, p=1.5) / 1e100 - 1) > 1e-14  # exactly 0\n",
        _rounded_reciprocal,
    ),
    KnownDifference(
        "order-that-is-nan", ("norm", "vector_norm", "pairwise_distance"), ("values",), "an operand without dimensions, an order that is NaN",
        "of one element torch takes the absolute value, whatever the order, but where the operand has no dimension",
        "import torch\n\nnan = float('nan')\nassert torch.linalg.vector_norm(torch.tensor(0.5), ord=nan, dim=0).isnan()\n"
        "assert torch.linalg.vector_norm(torch.ones(1), ord=nan) == 1\n", _order_is_nan,
    ),
    KnownDifference(
        "exponentials-added-one-by-one", ("logcumsumexp",), ("values", "gradients"), "float64 and complex128",
        "torch adds to the logarithm of the sum, element by element, and rounds it each time: the error grows with the number of elements",
        "import torch\n\nx = torch.zeros(60000, dtype=torch.float64)\nassert abs(x.logcumsumexp(0)[-1] - x.logsumexp(0)) > 1e-14\n",
        _each_step_rounded,
    ),
    KnownDifference(
        "product-of-integers-with-zero", ("prod", "cumprod"), ("values",), "integers into floats, zeros among factors whose product overflows",
        "an infinite partial product makes NaN of the zero that follows; the product itself is 0",
        "import torch\n\nx = torch.tensor([2**62, 2**62, 2**62, 0])\nassert x.prod(dtype=torch.float16).isnan()  # exactly 0\n", _product_with_zero,
    ),
    KnownDifference(
        "gradients-beside-poles", ("digamma", "lgamma", "polygamma", "mvlgamma"), ("gradients",), "float64, beside a pole of the gamma function",
        "torch evaluates the cotangent of the reflection formula at pi times the fraction, which loses the distance from the pole",
        "import torch\n\nx = torch.tensor([-0.9999999999999999], dtype=torch.float64)\n"
        "assert x.digamma() > -6e15  # exactly -9.0e15\n", _beside_a_pole,
    ),
]
