"""Known differences in values: accuracy, special values, and results that torch leaves open."""

from __future__ import annotations

import math

from ..accuracy.number_formats import FORMATS, REAL, is_float, round_to
from ..cases.case import FLOAT8, Case, TensorSpec, contiguous_strides
from ..cases.deviation import Deviation
from .entry import ANY, KnownDifference, complex_number, dtype_of, finite, is_pole, magnitude, numbers, operands_at, polygamma_order, size

_DOUBLE = ("float64", "complex128")


def _underflow(case: Case, deviation: Deviation) -> bool:
    return dtype_of(deviation) in _DOUBLE and size(deviation.expected) == 0.0 and 0.0 < size(deviation.got) < 1e-150


def _overflow(case: Case, deviation: Deviation) -> bool:
    return dtype_of(deviation) in _DOUBLE and not finite(deviation.expected) and size(deviation.got) > 1e150


def _mean_of_infinities(case: Case, deviation: Deviation) -> bool:
    infinite = any(isinstance(v, float) and math.isinf(v) for spec in case.tensors() for v in numbers(case, spec))
    return infinite and deviation.expected == "nan" and deviation.got in ("inf", "-inf")


def _near_a_zero(case: Case, deviation: Deviation) -> bool:
    """A few roundings of 1, where the value is smaller. (The higher derivatives of digamma have an entry of their own.)"""
    if polygamma_order(case) and case.operation == "polygamma":
        return False
    difference = abs(complex_number(deviation.expected) - complex_number(deviation.got))
    return dtype_of(deviation) == "float64" and size(deviation.got) < 1.0 and difference <= 8 * 2.0**-52


def _terms_rounded_one_by_one(case: Case, deviation: Deviation) -> bool:
    """As far off as a rounding of each partial sum, of each power, and of n!, which is the exponential of a logarithm of as many roundings as it is
    large; as powers are that are subnormal, of which the last one is multiplied by the place where it stands; and as places are that are counted on
    by 1 from a number, where it has no digit for that."""
    n, x = polygamma_order(case) or 0, operands_at(case, int(deviation.details.get("element", 0)))[0]
    if dtype_of(deviation) != "float64" or n < 2 or not -1e4 < x < math.inf or is_pole(x) or not finite(deviation.expected):
        return False
    count = max(10 - math.floor(x), 1)
    addends = [abs(x + k) for k in range(count)]
    if min(addends) < 1e-20:
        return False
    whole = math.factorial(min(n, 150)) * (sum(d ** -(n + 1) for d in addends) + (x + count) ** -n / n)
    apart = abs(complex_number(deviation.expected) - complex_number(deviation.got))
    factorial = math.factorial(min(n, 150))
    subnormal = factorial * ((x + count) / n + count + 12) * 2.0**-1074
    misplaced = factorial * x ** -(n + 1) * max(count, 9) * min(math.ulp(x) / 2, 1.0) if x > 1.0 else 0.0
    return apart <= (2 * (count + 12) + 2 * math.lgamma(n + 1)) * 2.0**-53 * whole + subnormal + misplaced < math.inf


def _strided_out(case: Case, deviation: Deviation) -> bool:
    out = case.kwargs.get("out")
    return case.form == "out" and isinstance(out, TensorSpec) and out.strides != contiguous_strides(out.shape)


def _one_part(case: Case, deviation: Deviation) -> bool:
    """One tensor is joined into an output with a dimension of size 1 whose stride is not the usual one."""
    out = case.kwargs.get("out")
    return _strided_out(case, deviation) and len(case.tensors()) == 2 and isinstance(out, TensorSpec) and any(
        size == 1 and stride != usual for size, stride, usual in zip(out.shape, out.strides, contiguous_strides(out.shape)))


def _index_in_another_order(case: Case, deviation: Deviation) -> bool:
    index = case.tensors()[1]
    return case.form == "out" and index.strides != contiguous_strides(index.shape)


def _small_order(case: Case, deviation: Deviation) -> bool:
    """As far off as the order, which is small."""
    operands = operands_at(case, int(deviation.details.get("element", 0)))
    if dtype_of(deviation) != "float64" or len(operands) < 2:
        return False
    order, end = operands[0], operands[1]
    return 0.0 < order < 2.0**-20 and 0.0 < end <= 1.1 and abs(size(deviation.expected) - size(deviation.got)) <= order


def _trigamma(case: Case, deviation: Deviation) -> bool:
    a, b = size(deviation.expected), size(deviation.got)
    x = operands_at(case, int(deviation.details.get("element", 0)))[0]
    nine_digits = dtype_of(deviation) == "float64" and abs(a - b) <= 1e-8 * b < math.inf
    return polygamma_order(case) == 1 and (nine_digits or is_pole(x) and math.isinf(b) and not a < 9.0)


def _complex(case: Case, deviation: Deviation) -> bool:
    """Not finite where the exact result is."""
    return dtype_of(deviation).startswith("complex") and not finite(deviation.expected) and finite(deviation.got)


def _mean_overflow(case: Case, deviation: Deviation) -> bool:
    """An element so large that the sum of all overflows, in the result's dtype."""
    parts = [abs(part) for spec in case.tensors() for v in numbers(case, spec) for part in (complex(v).real, complex(v).imag)]
    largest = max((part for part in parts if part < math.inf), default=0.0)
    limits = {"float64": 1e300, "complex128": 1e300, "complex64": FORMATS["float32"].largest / max(len(parts), 1)}
    return not finite(deviation.expected) and finite(deviation.got) and largest > limits.get(dtype_of(deviation), math.inf)


def _zeros(case: Case, deviation: Deviation) -> bool:
    """Complex numbers with parts that are equal, or both NaN: what differs is the sign of a zero."""
    z, w = complex_number(deviation.expected), complex_number(deviation.got)
    parts = ((z.real, w.real), (z.imag, w.imag))
    return dtype_of(deviation).startswith("complex") and all(x == y or x != x and y != y for x, y in parts)


def _one_ulp(case: Case, deviation: Deviation) -> bool:
    difference = abs(complex_number(deviation.expected) - complex_number(deviation.got))
    return dtype_of(deviation) == "float64" and difference <= math.ulp(size(deviation.got))


def _long_exponent(case: Case, deviation: Deviation) -> bool:
    exponents = case.tensors()[1:2]
    if not exponents or exponents[0].dtype != "int64":
        return False
    exponent = operands_at(case, int(deviation.details.get("element", 0)))[1]
    return not -(2**31) <= exponent < 2**31 and size(deviation.got) in (0.0, math.inf)


def _power_beyond_floats(case: Case, deviation: Deviation) -> bool:
    """An infinite number or zero times a power that is not representable: NaN where it stays as it is."""
    operands = operands_at(case, int(deviation.details.get("element", 0)))
    if len(operands) != 2 or not all(isinstance(v, (int, float)) for v in operands):
        return False
    number, exponent = operands
    unchanged = (math.isinf(number) and exponent < -14) or (number == 0 and exponent > 14)
    return unchanged and math.isfinite(exponent) and deviation.expected == "nan" and size(deviation.got) == abs(number)


def _narrow_power(case: Case, deviation: Deviation) -> bool:
    """Some roundings of the exponents' precision, which is lower than the result's."""
    exponents, dtype = case.tensors()[1:2], dtype_of(deviation)
    if not exponents or not is_float(exponents[0].dtype) or dtype not in FORMATS:
        return False
    precision = FORMATS[exponents[0].dtype]
    expected, got = complex_number(deviation.expected), complex_number(deviation.got)
    exponent = abs(operands_at(case, int(deviation.details.get("element", 0)))[-1])
    allowed = 8 * max(exponent, 1.0) * FORMATS["float32"].unit_roundoff * abs(got)  # torch computes exp(other * log(2))
    return precision.precision < FORMATS[dtype].precision and abs(expected - got) <= allowed


def _far_quotient(case: Case, deviation: Deviation) -> bool:
    """The quotient overflows the dtype."""
    operands = [math.hypot(v.real, v.imag) for v in operands_at(case, int(deviation.details.get("element", 0)))]
    operands += [abs(v) for v in (*case.args, *case.kwargs.values()) if isinstance(v, (int, float))]
    greatest, least = max(operands), min((v for v in operands if v), default=1.0)
    if dtype_of(deviation) in ("float16", "bfloat16", "float32"):  # a number is rounded to the dtype first, which float64 does not show
        return greatest > FORMATS[dtype_of(deviation)].largest * least / 2
    return dtype_of(deviation) == "float64" and deviation.expected == "nan" and least < 1.0 and greatest > 1.7e308 * least


def _large_complex(case: Case, deviation: Deviation) -> bool:
    z = complex(operands_at(case, int(deviation.details.get("element", 0)))[0])
    return size(deviation.expected) == 0.0 and math.isfinite(z.real) and math.isfinite(z.imag) and math.hypot(z.real, z.imag) > 1e308


def _infinite_beside_nan(case: Case, deviation: Deviation) -> bool:
    complex_operands = any(spec.dtype in REAL for spec in case.tensors())
    return complex_operands and deviation.expected == "nan" and deviation.got == "inf"


def _into_bytes(case: Case, deviation: Deviation) -> bool:
    out = case.kwargs.get("out")
    return isinstance(out, TensorSpec) and out.dtype == "uint8" and case.tensors()[0].dtype not in ("bool", "uint8")


def _at_infinity(case: Case, deviation: Deviation) -> bool:
    element = operands_at(case, int(deviation.details.get("element", 0)))[0]
    limit = deviation.got == ("0.0" if element > 0 else "nan")
    return bool((polygamma_order(case) or 0) >= 1 and math.isinf(element) and limit)


def _factor_overflows(case: Case, deviation: Deviation) -> bool:
    alpha = case.kwargs.get("alpha", 1)
    factors = [magnitude(z) for spec in case.tensors()[1:3] for z in numbers(case, spec)]
    if dtype_of(deviation) not in _DOUBLE:
        return False
    if finite(deviation.expected):  # alpha makes it small enough in time
        return 0 < abs(alpha) < 1 and not finite(deviation.got) and 4 * size(deviation.expected) > abs(alpha) * FORMATS["float64"].largest
    return any(v < math.inf <= abs(alpha) * v for v in factors)


def _least_alpha(case: Case, deviation: Deviation) -> bool:
    return -(2**63) in (case.kwargs.get("alpha"), *case.args[2:])


def _complex_parts(case: Case, deviation: Deviation) -> bool:
    """Complex results of which neither is finite."""
    return dtype_of(deviation).startswith("complex") and not finite(deviation.expected) and not finite(deviation.got)


def _twice_rounded(case: Case, deviation: Deviation) -> bool:
    """torch's value is that of a 64-bit number of the case rounded to float32 first, the exact one that number rounded once."""
    dtype = dtype_of(deviation)
    if dtype not in ("float16", "bfloat16", "complex32", *FLOAT8):
        return False
    found = [v for v in (*case.args, *case.kwargs.values()) if isinstance(v, (int, float)) and not isinstance(v, bool)]
    for spec in case.tensors():
        if spec.dtype in ("float64", "complex128", "int64", "int32"):
            found += [part for v in numbers(case, spec) for part in ((v.real, v.imag) if isinstance(v, complex) else (v,))]
    expected, got = complex_number(deviation.expected), complex_number(deviation.got)
    parts = [(a, b) for a, b in ((expected.real, got.real), (expected.imag, got.imag)) if a != b]
    once = {(round_to(round_to(v, "float32"), dtype), round_to(v, dtype)) for v in map(float, found)}
    return bool(parts) and once.issuperset(parts)


_COMPLEX_FUNCTIONS = tuple(
    "exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sigmoid pow float_power sqrt rsqrt "
    "reciprocal div true_divide ldexp logcumsumexp logaddexp sgn abs angle __pow__ __truediv__ __itruediv__ __ipow__".split()
)
_SQUARES = ("std", "std_mean", "norm", "linalg.vector_norm", "dist")


def _unrounded_number(case: Case, deviation: Deviation) -> bool:
    dtype = dtype_of(deviation)
    alone = any(spec.numel == 1 and spec.dtype != dtype for spec in case.tensors())
    if dtype not in ("float16", "bfloat16") or not alone or not finite(deviation.expected) or not finite(deviation.got):
        return False
    return magnitude(complex_number(deviation.expected) - complex_number(deviation.got)) <= 2 * FORMATS[dtype].ulp(size(deviation.got))


def _rounded_factor(case: Case, deviation: Deviation) -> bool:
    """What rounding ``alpha`` to the dtype explains, and two roundings of the result."""
    dtype, alpha = dtype_of(deviation), case.kwargs.get("alpha", 1)
    if dtype not in ("float16", "bfloat16") or not isinstance(alpha, float) or not math.isfinite(alpha):
        return False
    operands = (*operands_at(case, int(deviation.details.get("element", 0))), *[v for v in case.args if isinstance(v, (int, float))])
    change = abs(round_to(alpha, dtype) - alpha) * max(map(magnitude, operands))
    apart = magnitude(complex_number(deviation.expected) - complex_number(deviation.got))
    return change > 0 and apart <= change + 2 * FORMATS[dtype].ulp(size(deviation.got))


def _beyond_uint32(case: Case, deviation: Deviation) -> bool:
    if dtype_of(deviation) != "uint32":
        return False
    given = [complex(v).real for spec in case.tensors() if is_float(spec.dtype) for v in numbers(case, spec)]
    given += [v for v in (*case.args, *case.kwargs.values()) if isinstance(v, float)]
    return any(not -1.0 < v < 2.0**32 for v in given)


VALUES: list[KnownDifference] = [
    KnownDifference(
        "narrowing-through-float32", ("to", "half", "chalf", "bfloat16", "type", "type_as", "copy_", "__setitem__", "new_tensor"), ("values",),
        "float64, complex128, int64 or int32 to float16, bfloat16, complex32 or a float of 8 bits, numbers that float32 rounds onto a tie",
        "torch casts to float32 first and rounds twice; IEEE 754 asks for the nearest number",
        "import torch\n\nx = torch.tensor([1 + 2**-11 + 2**-40], dtype=torch.float64)\n"
        "assert x.half().item() == 1.0  # the nearest number is 1 + 2**-10\n", _twice_rounded,
    ),
    KnownDifference(
        "one-element-of-another-dtype", tuple("mul div true_divide add sub rsub __mul__ __truediv__ __imul__ __itruediv__ __add__ __sub__".split()),
        ("values",), "float16 or bfloat16 beside an operand of one element, of another dtype",
        "torch takes the one element for a number, which it does not round to the common dtype first, as it rounds the elements of other operands",
        "import torch\n\nx, y = torch.full((2,), 1.859375, dtype=torch.bfloat16), torch.tensor([-819460068], dtype=torch.int32)\n"
        "assert (x * y)[0] != (x * y.expand(2))[0]\n", _unrounded_number,
    ),
    KnownDifference(
        "factors-of-16-bits", ("add", "sub", "subtract", "rsub"), ("values", "layout"),
        "float16 and bfloat16, an ``alpha`` that is no number of these",
        "torch rounds alpha to the dtype in the loop over vector registers, and to float32 in the loop over what does not fill one, or is strided",
        "import torch\n\nx, y = torch.full((2, 8), 14.375, dtype=torch.bfloat16), torch.full((2, 8), 1.40625, dtype=torch.bfloat16)\n"
        "assert torch.rsub(x, y, alpha=0.1)[0, 0] in (-0.03125, -0.03271484375)\n", _rounded_factor, open=True,
    ),
    KnownDifference(
        "floats-beyond-uint32", ANY, ("values",), "a float that is NaN or beyond the numbers of uint32, cast to it",
        "C leaves it open, and torch's loops differ in what they make of it",
        "import torch\n\nx = torch.full((64,), torch.nan)\nassert x.to(torch.uint32)[0].item() in (0, 2**31)\n", _beyond_uint32, open=True,
    ),
    KnownDifference(
        "underflow-of-squares", (*_SQUARES, "var", "var_mean"), ("values",), "float64, deviations or elements below 1e-154",
        "squares underflow to zero on the way to a representable result",
        "import torch\n\nassert torch.tensor([0., 1e-200], dtype=torch.float64).std() == 0  # exactly 7.07e-201\n", _underflow,
    ),
    KnownDifference(
        "overflow-of-squares", _SQUARES, ("values",), "float64, deviations or elements above 1e154",
        "squares overflow on the way to a representable result",
        "import torch\n\nassert torch.tensor([1e200, 1e200], dtype=torch.float64).norm().isinf()  # exactly 1.41e200\n", _overflow,
    ),
    KnownDifference(
        "overflow-of-the-sum", ("mean",), ("values",),
        "float64 and complex128, finite elements above 1e300; a complex64 output",
        "torch divides the sum, which overflows, though the mean does not",
        "import torch\n\nassert torch.full((2,), 1.5e308, dtype=torch.float64).mean().isinf()  # exactly 1.5e308\n", _mean_overflow,
    ),
    KnownDifference(
        "mean-beside-a-variance", ("std_mean", "var_mean"), ("values",), "infinite elements: the mean",
        "torch updates the mean element by element (Welford), which subtracts infinities; torch.mean has the infinity",
        "import torch\n\nx = torch.tensor([1.0, float('inf'), 2.0])\nassert torch.std_mean(x)[1].isnan() and x.mean().isinf()\n", _mean_of_infinities,
    ),
    KnownDifference(
        "float64-near-zeros", ("digamma", "lgamma", "polygamma", "log_softmax", "logaddexp", "logaddexp2"), ("values",),
        "float64, values below 1, next to a zero of the function",
        "the absolute error is a rounding of the terms that cancel there; torch's own algorithm is off by dozens of ulps of the result",
        "import torch\n\nx = torch.tensor([1.46163214496836], dtype=torch.float64)  # the zero is at 1.4616321449683622...\n"
        "assert abs(torch.digamma(x).item() / -2.2810529506922528e-15 - 1) > 0.1\n", _near_a_zero,
    ),
    KnownDifference(
        "narrow-copy-out", ("narrow_copy",), ("values", "purity"), "out= is not contiguous",
        "torch writes the result as if out were contiguous: elements land between its strides and others are left as they were",
        "import torch\n\nout = torch.zeros(2, 6)[:, :2]\ntorch.narrow_copy(torch.ones(2, 3), 1, 0, 2, out=out)\n"
        "assert out.tolist() == [[1, 1], [0, 0]]\n", _strided_out,
    ),
    KnownDifference(
        "gammaincc-of-a-small-order", ("igammac", "special.gammaincc"), ("values",), "float64, an order below 2**-20, an end of at most 1.1",
        "torch rounds 1 + a before it takes the logarithm of its gamma function, and so loses Euler's constant times a, of a result that is E1(x) "
        "times a",
        "import torch\n\na, x = torch.tensor([1e-38, 1.0], dtype=torch.float64)\n"
        "assert torch.special.gammaincc(a, x) > 3.6 * 0.21938393439552029e-38  # a * E1(1)\n", _small_order,
    ),
    KnownDifference(
        "trigamma", ("polygamma",), ("values",), "polygamma(1, x): float64, and every dtype at the poles 0, -1, -2, ...",
        "torch evaluates the trigamma function to nine digits only: trigamma(1) is pi**2 / 6 = 1.6449340668482264. At the poles, where it is "
        "infinite, torch has what 1 / sin(pi x)**2 gives, a number above 9, or NaN",
        "import torch\n\nx = torch.polygamma(1, torch.tensor(1.0, dtype=torch.float64)).item()\nassert 1e-12 < abs(x - 1.6449340668482264) < 1e-8\n",
        _trigamma,
    ),
    KnownDifference(
        "polygamma-of-terms-one-by-one", ("polygamma",), ("values",), "float64, n >= 2",
        "torch adds up the terms of the zeta function one after the other, and takes n! as the exponential of its logarithm: every step is rounded, "
        "and where the terms are subnormal little is left of them",
        "import torch\n\nx = torch.polygamma(3, torch.tensor([-0.5140776841501138], dtype=torch.float64)).item()\n"
        "assert abs(x - 194.98538474020559) > 6 * 2.0**-45  # units in the last place\n",
        _terms_rounded_one_by_one,
    ),
    KnownDifference(
        "complex-functions", _COMPLEX_FUNCTIONS, ("values",), "what torch makes infinite or NaN though it is finite",
        "torch's complex functions are composites of real ones without the care that overflow in a part needs",
        "import torch\n\nz = torch.zeros(9, dtype=torch.complex128) / torch.tensor(5e-324, dtype=torch.float64)\n"
        "assert z.isnan().any()  # exactly 0\n",
        _complex,
    ),
    KnownDifference(
        "order-of-a-resized-output", ("take",), ("strides", "purity"), "out= that takes the shape of an index which is not contiguous",
        "torch gives the output the index's order of dimensions in memory, which the result without out= does not have. refimpl makes it contiguous",
        "import torch\n\nindex, out = torch.zeros(2, 3, dtype=torch.int64).t(), torch.zeros(0)\ntorch.take(torch.ones(1), index, out=out)\n"
        "assert out.stride() == (1, 3)\n", _index_in_another_order,
    ),
    KnownDifference(
        "one-part-is-not-written", ("cat", "stack", "hstack", "vstack", "dstack", "column_stack"), ("values",),
        "out=, one tensor that is joined along a dimension of size 1 behind the first, where the output has an unusual stride",
        "torch does not write the output at all",
        "import torch\n\nout = torch.ones(3).as_strided((1, 1), (3, 3))\ntorch.cat((torch.zeros(1, 1),), 1, out=out)\n"
        "assert out.item() == 1  # not 0\n",
        _one_part,
    ),
    KnownDifference(
        "order-of-ties", ("topk", "sort", "argsort"), ("values",), "equal elements, without stable=True: the indices",
        "torch promises no order; refimpl keeps the elements' own. The suite draws distinct elements for topk and sorts stably",
        "import torch\n\nassert torch.topk(torch.zeros(100), 3).indices.tolist() != [0, 1, 2]\n", avoided=True,
    ),
    KnownDifference(
        "negated-complex-zeros", ("neg", "__neg__"), ("values",), "complex numbers with a part that is zero",
        "torch subtracts from 0 in the elements that fill a vector register and changes the signs of the others: the sign of a zero depends on "
        "its place",
        "import torch\n\nx = (-torch.zeros(9, dtype=torch.complex64)).real.signbit()\nassert not x[0] and x[8]\n", _zeros,
    ),
    KnownDifference(
        "float64-square-root", ("sqrt",), ("values",), "float64",
        "torch's vectorised square root is an ulp off now and then; IEEE 754 asks for the nearest number",
        "import torch\n\nx = torch.rand(100_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))\n"
        "assert any(a != b**0.5 for a, b in zip(x.sqrt().tolist(), x.tolist()))\n", _one_ulp,
    ),
    KnownDifference(
        "ldexp-of-long-exponents", ("ldexp",), ("values",), "floats with int64 exponents beyond the range of int32",
        "torch cuts the exponent to 32 bits: 2 ** (2 ** 32) is 1; with exponents in float64 it is infinite",
        "import torch\n\nassert torch.ldexp(torch.tensor([1.0]), torch.tensor([2**32])) == 1  # exactly infinite in float32\n", _long_exponent,
    ),
    KnownDifference(
        "ldexp-through-the-power", ("ldexp",), ("values",), "an infinite number, or zero, and an exponent whose power is 0 or infinite",
        "torch multiplies by 2 ** other, which makes infinity times 0; infinity times any power of two is infinite",
        "import torch\n\nassert torch.ldexp(torch.tensor([float('inf')]), torch.tensor([-1e9])).isnan()  # exactly infinite\n", _power_beyond_floats,
    ),
    KnownDifference(
        "polygamma-at-infinity", ("polygamma",), ("values",), "infinite elements, n > 0",
        "torch multiplies infinities by zeros on the way: polygamma(2, x) tends to 0 for large x, and has no limit for large negative x",
        "import torch\n\nassert torch.polygamma(2, torch.tensor([float('inf')])).isnan()  # exactly 0\n", _at_infinity,
    ),
    KnownDifference(
        "ldexp-through-a-narrow-power", ("ldexp",), ("values",), "floating point or complex exponents of a lower precision than the result's",
        "torch rounds 2 ** other to the exponents' precision, and is an ulp of that off; refimpl rounds it correctly",
        "import torch\n\nx, n = torch.ones(64, dtype=torch.complex128), torch.linspace(-30, 30, 64)\n"
        "exact = torch.tensor([2.0 ** v for v in n.tolist()])  # rounded to float32\n"
        "assert (torch.ldexp(x, n).real.float() != exact).any()\n", _narrow_power,
    ),
    KnownDifference(
        "remainder-of-far-quotients", ("remainder", "fmod", "__mod__", "__imod__"), ("values",), "a quotient that overflows",
        "torch's vectorised fmod gives NaN there; where the rest of a tensor fills no vector register, the remainder, which is exact in IEEE 754",
        "import torch\n\nx, y = torch.full((9,), 1.5e308, dtype=torch.float64), torch.tensor(0.125, dtype=torch.float64)\n"
        "assert x.remainder(y)[0].isnan() and x.remainder(y)[8] == 0\n", _far_quotient,
    ),
    KnownDifference(
        "sign-of-large-complex-numbers", ("sgn",), ("values",), "complex numbers whose absolute value overflows",
        "torch divides by the absolute value, which is infinite: the sign becomes 0",
        "import torch\n\nassert torch.tensor([1.5e308 + 1.5e308j], dtype=torch.complex128).sgn() == 0  # exactly sqrt(0.5) (1 + i)\n",
        _large_complex,
    ),
    KnownDifference(
        "absolute-values-of-differences", ("l1_loss", "smooth_l1_loss"), ("values",), "complex numbers, of which an infinite part meets a NaN",
        "torch subtracts 1 * other, as complex numbers: 0 times an infinite part makes NaN of the other part, and of the absolute value, "
        "which hypot makes infinite",
        "import torch\n\nx, y = torch.tensor([complex(float('nan'), 0)]), torch.tensor([complex(float('-inf'), float('inf'))])\n"
        "assert torch.nn.functional.l1_loss(x, y).isnan() and torch.complex(x.real - y.real, x.imag - y.imag).abs().isinf()\n", _infinite_beside_nan,
    ),
    KnownDifference(
        "any-into-uint8", ("any", "all"), ("values",), "out= of uint8, elements that are not bool or uint8",
        "torch converts the elements to uint8 before it looks at them: 0.5 and 256 count as zero",
        "import torch\n\nassert torch.any(torch.tensor([0.5, 256.0]), 0, out=torch.tensor(9, dtype=torch.uint8)) == 0\n", _into_bytes,
    ),
    KnownDifference(
        "factor-scaled-first", ("addmm", "addmv", "baddbmm", "addbmm"), ("values",),
        "float64 and complex128, alpha times an element overflows, or a product that alpha makes finite",
        "torch multiplies the elements of one factor by alpha before it multiplies the matrices, in some of its loops: infinity times 0 is NaN",
        "import torch\n\nbig, zero = torch.full((2, 2), 1.7e308, dtype=torch.float64), torch.zeros(2, 2, dtype=torch.float64)\n"
        "assert torch.addmm(zero, big, zero, alpha=1.5).isnan().all()\n", _factor_overflows,
    ),
    KnownDifference(
        "negated-alpha", ("sub", "subtract", "rsub", "__sub__", "__isub__"), ("values", "gradients"), "alpha = -2**63",
        "torch adds -alpha times the other operand, and the negated integer wraps around to itself",
        "import torch\n\nassert torch.sub(torch.ones(1), torch.ones(1), alpha=-2**63) == -2.0**63  # exactly +2.0**63 (+ 1)\n", _least_alpha,
    ),
    KnownDifference(
        "complex-normal", ("normal",), ("values",), "complex means that are not finite",
        "torch adds 1 times the mean, a complex product in which a part that is not finite makes the other part NaN",
        "import torch\n\nx = torch.normal(torch.full((2,), complex(float('inf'), 1)), 1.)\nassert x.imag.isnan().all()\n", _complex_parts,
    ),
    KnownDifference(
        "complex-index-add", ("index_add",), ("values",), "complex sources that are not finite",
        "torch multiplies by alpha = 1, too, and where the tensor is a vector not in the way it does for matrices: infinities become NaN",
        "import torch\n\nx = torch.full((2,), complex(float('inf'), 1))\nzero, i = torch.zeros_like(x), torch.tensor([0, 1])\n"
        "a, b = zero.index_add(0, i, x), zero.view(2, 1).index_add(0, i, x.view(2, 1))\n"
        "assert a.imag.isnan().all() and not b.imag.isnan().any()\n", _complex_parts,
    ),
]  # fmt: skip
