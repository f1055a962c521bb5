"""Known differences in distribution functions, incomplete gamma functions and orthogonal polynomials."""

from __future__ import annotations

import math
from typing import Any

from ...accuracy.number_formats import FORMATS, is_float
from ...cases.case import Case, TensorSpec
from ...cases.deviation import Deviation
from ..entry import KnownDifference, differentiated, dtype_of, numbers, operands_at, size
from .cylinder_functions import apart, argument

_BOUNDED = tuple(
    f"special.{prefix}chebyshev_polynomial_{kind}" for prefix in ("", "shifted_") for kind in "tuvw"
) + ("special.legendre_polynomial_p",)  # fmt: skip
_POLYNOMIALS = (*_BOUNDED, "special.hermite_polynomial_h", "special.hermite_polynomial_he", "special.laguerre_polynomial_l")


def pair(case: Case, deviation: Deviation) -> tuple[float, float]:
    """The two numbers from which a deviating value of a function of two arguments was computed."""
    elements: list[Any] = operands_at(case, int(deviation.details.get("element", 0)))
    given = [value for name, value in (*enumerate(case.args), *case.kwargs.items()) if name != "out"]
    found = [float(elements.pop(0) if isinstance(value, TensorSpec) else value) for value in given[:2]]
    return found[0], found[1]


def _left_tail(case: Case, deviation: Deviation) -> bool:
    return argument(case, deviation) < 0.0 and apart(deviation) <= 2.0**-52


def _eight_digits(case: Case, deviation: Deviation) -> bool:
    """Eight digits of the smaller one of the two functions, and fewer by those of a; below it what 1 less the other one leaves."""
    if not is_float(dtype_of(deviation)):
        return False
    a, _ = pair(case, deviation)
    if a < 1e-307 or a > 1e100 and deviation.expected == "nan":  # its reciprocal, or its square, is infinite
        return True
    form, value = FORMATS[dtype_of(deviation)], size(deviation.got)
    rounding = 4 * form.unit_roundoff * value if dtype_of(deviation) != "float64" else 0.0
    return apart(deviation) <= 1e-8 * max(a, 1.0) * min(value, max(1.0 - value, 0.0)) + 1e-13 + rounding


def _rounded_argument(case: Case, deviation: Deviation) -> bool:
    """What the rounding of x**2, or of x / sqrt(2), makes of the exponential of so much; the last numbers before the overflow."""
    x, value = argument(case, deviation), size(deviation.got)
    if case.operation == "special.erfcx" and x < -26.0:
        return value > 1e300
    return apart(deviation) <= 2.0**-51 * (x * x + 4.0) * value


def _at_infinity(case: Case, deviation: Deviation) -> bool:
    found = differentiated(case, deviation)
    if deviation.expected != "nan" or deviation.got == "nan":
        return False
    return found is not None or size(deviation.got) in (0.0, math.inf) or any(map(math.isinf, pair(case, deviation)))


def _terms_left_out(case: Case, deviation: Deviation) -> bool:
    """Left of zero the roundings of the largest term, |x - round(x)| to the power of -s; next to it the tail of the series, 1 / (s - 1)."""
    s, q = pair(case, deviation)
    if 0.0 < q < 1e-7:
        return s < 2.5 and apart(deviation) <= 2.0 / max(s - 1.0, 2.0**-53) + 2.0
    if q > 2.0**48:  # to which 1 cannot be added ten times without a rounding
        return dtype_of(deviation) == "float64" and apart(deviation) <= 10 * 2.0**-52 * (s + 2.0) * size(deviation.got)
    if not -math.inf < q < 0.0:
        return False
    nearest = abs(q - round(q)) or 1.0
    logarithm = -s * math.log(nearest)
    return apart(deviation) <= 2.0**-48 * (math.exp(logarithm) if logarithm < 700.0 else math.inf)


def _vanishing_terms(case: Case, deviation: Deviation) -> bool:
    """Whether the first term of the series, of a gradient that of the order above, is no normal number of float64."""
    if deviation.property == "values":
        s, q = pair(case, deviation)
    else:
        found = differentiated(case, deviation)
        if found is None:
            return False
        s, q = _largest_order(case) + 1.0 + (found[0] == "second"), found[2]
    return dtype_of(deviation) == "float64" and 1.0 < q < math.inf and s * math.log(q) > 708.0


def _largest_order(case: Case) -> float:
    orders = [*[x for spec in case.tensors()[:1] for x in numbers(case, spec)], *[x for x in case.args[:1] if isinstance(x, (int, float))]]
    return max([s for s in orders if math.isfinite(s)], default=0.0)


def _gradient_left_out(case: Case, deviation: Deviation) -> bool:
    """The gradient by the point q is -s times the function of s + 1: what the largest of its terms leaves, for the largest order of the call."""
    found = differentiated(case, deviation)
    if found is None or found[0] != "first" or not -math.inf < found[2] < 0.0:
        return False
    order = _largest_order(case) + 1.0
    logarithm = -order * math.log(abs(found[2] - round(found[2])) or 1.0)
    return apart(deviation) <= 2.0**-45 * order * (math.exp(logarithm) if logarithm < 700.0 else math.inf)


def _negated_bool(case: Case, deviation: Deviation) -> bool:
    return "boolean negative" in deviation.expected and deviation.got == "None" and any(isinstance(value, bool) for value in case.args)


def _trigamma(case: Case, deviation: Deviation) -> bool:
    found, a, b = differentiated(case, deviation), size(deviation.expected), size(deviation.got)
    return found is not None and found[0] == "second" and (abs(a - b) <= 1e-8 * b < math.inf or math.isinf(b))


def _other_dtype_named(case: Case, deviation: Deviation) -> bool:
    return all("mvlgamma: result type" in text and "can't be cast to the desired output type" in text for text in (deviation.expected, deviation.got))


def _infinities_cancel(case: Case, deviation: Deviation) -> bool:
    """NaN, or infinity where a factor of the last step, before its division, is."""
    last = deviation.expected in ("inf", "-inf") and 1e300 < size(deviation.got) < math.inf
    return deviation.expected == "nan" and deviation.got in ("inf", "-inf") or last


def _of_nan(case: Case, deviation: Deviation) -> bool:
    if deviation.property == "determinism":  # which names no element
        points: Any = case.args[0] if case.args else None
        return any(x != x for x in (numbers(case, points) if isinstance(points, TensorSpec) else (points,)))
    x, n = pair(case, deviation)
    return x != x and n >= 2


def _recurrence(case: Case, deviation: Deviation) -> bool:
    """So many roundings of the largest of the polynomials, or of the terms of each step."""
    if not is_float(dtype_of(deviation)):
        return False
    x, n = pair(case, deviation)
    if not (math.isfinite(x) and 0 < n <= 1000):
        return False
    degree, bounded = int(n), case.operation in _BOUNDED
    y = abs(2.0 * x - 1.0) if "shifted" in case.operation else abs(x)
    y = max(y, 1.0) if bounded else y
    before, here = 1.0, 2.0 * y + 1.0
    for k in range(1, degree):
        if bounded:
            following = 2.0 * y * here - before
        elif "laguerre" in case.operation:
            following = ((2 * k + 1 + y) * here + k * before) / (k + 1)
        else:
            following = 2.0 * (y * here + k * before)
        before, here = here, following
    if bounded and y == 1.0:  # torch takes the arc cosine, and its sine or cosine, next to the ends as well
        given = 2.0 * x - 1.0 if "shifted" in case.operation else x
        here /= math.sqrt(max(1.0 - abs(given), 2.0**-53))
    form = FORMATS[dtype_of(deviation)]
    return apart(deviation) <= 8 * (degree + 1) ** 2 * 2.0**-53 * here + (form.ulp(size(deviation.got)) if dtype_of(deviation) != "float64" else 0.0)


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "normal-distribution-in-its-left-tail", ("special.ndtr",), ("values",), "negative arguments",
        "torch computes (1 + erf(x / sqrt(2))) / 2, of which nothing is left below -8.3",
        "import torch\n\nassert torch.special.ndtr(torch.tensor([-10.0], dtype=torch.float64)) == 0  # exactly 7.6e-24\n", _left_tail,
    ),
    KnownDifference(
        "normal-distribution-of-integers", ("special.log_ndtr", "special.erfcx"), ("values",),
        "integers evaluated in float64, which are exact; results next to the overflow",
        "torch rounds the square of the argument, or its quotient by sqrt(2), before it takes the exponential function of that size",
        "import torch\n\nassert abs(torch.special.log_ndtr(torch.tensor(18.0, dtype=torch.float64)) / -9.740948918937151e-73 - 1) < 1e-12\n"
        "assert torch.special.log_ndtr(torch.tensor(18.0, dtype=torch.float64)) != -9.740948918937151e-73\n", _rounded_argument,
    ),
    KnownDifference(
        "incomplete-gamma-to-eight-digits", ("igamma", "igammac"), ("values",), "float64; small results in every dtype",
        "torch's factor x**a exp(-x) / gamma(a) has nine digits, fewer for large a, and igammac for small ones is a difference",
        "import torch\n\na, x = torch.tensor([76261698.90357436, 76216909.73196183], dtype=torch.float64)\n"
        "assert abs(torch.igamma(a, x) / 1.45014445342e-07 - 1) > 0.2\na, x = torch.tensor([20.11654000342294, 14.211210603583758], "
        "dtype=torch.float64)\nassert abs(torch.igamma(a, x) / 0.08121336397922287 - 1) > 1e-9\n", _eight_digits,
    ),
    KnownDifference(
        "zeta-at-infinity", ("special.zeta",), ("values", "gradients"),
        "infinite operands at which the function has a limit, and results that overflow or vanish",
        "torch makes NaN of infinities on the way",
        "import torch\n\nassert torch.special.zeta(torch.tensor([2.0]), torch.inf).isnan()  # the limit is 0\n", _at_infinity,
    ),
    KnownDifference(
        "zeta-beside-its-poles", ("special.zeta",), ("values",),
        "negative points, tiny ones with an order next to 1, and in float64 those beyond 2**48",
        "torch adds the terms up one by one, so that of those that cancel only roundings are left, and stops when one falls below a rounding of "
        "the sum, without the tail, which is 1 / (s - 1)",
        "import torch\n\nx = torch.tensor([-2.5], dtype=torch.float64)\n"
        "assert torch.special.zeta(127.0, x) > 1e-23  # exactly 3.5**-127 = 8.0e-70\n", _terms_left_out,
    ),
    KnownDifference(
        "zeta-of-vanishing-terms", ("special.zeta",), ("values", "gradients"), "float64, large points, whose power with the negative order vanishes",
        "torch multiplies that power by the point, where the rest of the series, x**(1 - s) / (s - 1), is a number still",
        "import torch\n\nx = torch.tensor([1e308], dtype=torch.float64)\nassert torch.special.zeta(1.25, x) == 0  # exactly 4e-77\n",
        _vanishing_terms,
    ),
    KnownDifference(
        "zeta-gradient-beside-its-poles", ("special.zeta",), ("gradients",), "negative points",
        "as of the function itself: of terms that cancel torch has the roundings left",
        "import torch\n\nx = torch.tensor([-1.5], dtype=torch.float64, requires_grad=True)\ntorch.special.zeta(26.0, x).sum().backward()\n"
        "assert abs(x.grad) > 1e-9  # exactly -26 times the sum of 2.5**-27, 3.5**-27, ...: -4.7e-10\n", _gradient_left_out,
    ),
    KnownDifference(
        "zeta-gradient-beside-a-bool", ("special.zeta",), ("gradients",), "the order is the number True",
        "torch's formula negates the order, which it refuses to do with a bool, though the function takes it",
        "import torch\n\nx = torch.tensor([2.0], requires_grad=True)\ntry:\n    torch.special.zeta(True, x).sum().backward()\n"
        "    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'boolean negative' in str(error)\n", _negated_bool,
    ),
    KnownDifference(
        "zeta-hang", ("special.zeta",), (), "large negative numbers that are not whole",
        "torch takes a step for each integer between the number and 0: with -2**52 + 0.5 it does not end",
        "import time\n\nimport torch\n\nstart = time.perf_counter()\n"
        "torch.special.zeta(2.0, torch.tensor([-2.0**24 + 0.5], dtype=torch.float64))\n"
        "assert time.perf_counter() - start > 0.01  # for one element\n",
        avoided=True,
    ),
    KnownDifference(
        "second-gradient-of-mvlgamma", ("mvlgamma",), ("gradients",), "float64, the second order",
        "torch evaluates the trigamma function, the derivative of digamma, to nine digits only, and not at its poles",
        "import torch\n\nx = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)\n"
        "g, = torch.autograd.grad(x.mvlgamma(1), x, create_graph=True)\nh, = torch.autograd.grad(g, x)\n"
        "assert 1e-12 < abs(h.item() - 1.6449340668482264) < 1e-8\n", _trigamma,
    ),
    KnownDifference(
        "words-of-mvlgamma", ("mvlgamma",), ("errors",), "integers, an output that cannot hold the result",
        "torch's message names the dtype of the input where that of the output is meant",
        "import torch\n\ntry:\n    torch.mvlgamma(torch.tensor([3], dtype=torch.int8), 2, out=torch.tensor([0]))\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'result type Char' in str(error)\n", _other_dtype_named,
    ),
    KnownDifference(
        "polynomials-that-overflow", _POLYNOMIALS, ("values",),
        "results that overflow, infinite elements, Hermite polynomials of degrees above 128 in float32",
        "torch's recurrence subtracts infinities, and its Hermite polynomials of float32 are NaN above degree 128",
        "import torch\n\nx = torch.tensor([2.0])\nassert torch.special.chebyshev_polynomial_t(x, 1000).isnan()  # exactly infinite\n",
        _infinities_cancel,
    ),
    KnownDifference(
        "polynomials-of-nan", _POLYNOMIALS, ("values", "determinism"), "NaN, degrees from 2 on",
        "torch returns a variable that has no value yet. refimpl has NaN; the result is open",
        "import torch\n\nx = torch.tensor([torch.nan])\nassert torch.special.chebyshev_polynomial_u(x, 1).isnan()\n"
        "assert torch.special.chebyshev_polynomial_u(x, 2).numel() == 1  # whatever it is\n", _of_nan, open=True,
    ),
    KnownDifference(
        "polynomials-of-high-degree", _POLYNOMIALS, ("values",), "float64, and next to zeros in every dtype",
        "torch's recurrences, and its cosines of many times the angle, are off by many roundings of the largest value",
        "import torch\n\nx = torch.tensor([0.0, 0.35921920721719336], dtype=torch.float64)\n"
        "assert torch.special.chebyshev_polynomial_t(x, 7)[0] != 0  # exactly 0\n"
        "assert abs(torch.special.shifted_chebyshev_polynomial_t(x, 33)[1] / -0.005880055595745619 - 1) > 5e-13\n", _recurrence,
    ),
    KnownDifference(
        "polynomial-hang", _POLYNOMIALS, (), "large degrees", "torch takes a step for each degree: at 2**53 it does not end",
        "import time\n\nimport torch\n\nstart = time.perf_counter()\n"
        "torch.special.legendre_polynomial_p(torch.tensor([0.5]), 2.0**24)\nassert time.perf_counter() - start > 0.01  # for one element\n",
        avoided=True,
    ),
]
