"""Known differences in values that are open: nobody can say which number should come. Each says which may.

A condition alone excuses nothing here: the number that came, and the one that was expected, must be among those that the entry leaves open. Only
where torch reads memory that nobody has written (``grown-storage``, and a median that steps outside of its storage) may that be any number.
"""

from __future__ import annotations

import math
from typing import Any, Iterator

from ..accuracy.number_formats import FORMATS
from ..cases.case import ITEMSIZE, Case, TensorSpec
from ..cases.deviation import Deviation
from .entry import KnownDifference, complex_number, dtype_of, finite, magnitude, number_at, numbers, operands_at, size
from .shared_writes import among, rounded

_MAX_POOLING = tuple(f"{kind}max_pool{rank}d{places}" for kind in ("", "adaptive_") for rank in (1, 2, 3) for places in ("", "_with_indices"))
_ROUNDINGS = {"float64": 2.0**-52, "complex128": 2.0**-52, "float16": 2.0**-10, "bfloat16": 2.0**-7}


def _both(deviation: Deviation) -> tuple[complex, complex]:
    """The expected number and the one that came; truth values count as 0 and 1."""
    return complex_number(deviation.expected), complex_number(deviation.got)


def _given_numbers(case: Case) -> list[Any]:
    """The numbers among the arguments."""
    return [v for v in (*case.args, *case.kwargs.values()) if isinstance(v, (int, float, complex)) and not isinstance(v, bool)]


def _float_range(case: Case, deviation: Deviation) -> bool:
    """A few roundings of the larger bound; of a power: of the value itself; of a complex one, which is exp(x log b): of that exponent. Between
    infinite bounds the numbers are infinite or NaN, or one of the bounds."""
    eps = _ROUNDINGS.get(dtype_of(deviation), 2.0**-23)
    read = [spec for spec in case.tensors() if spec is not case.kwargs.get("out")]
    given = _given_numbers(case) + [v for spec in read for v in numbers(case, spec)]
    expected, got = _both(deviation)
    if case.operation == "logspace":
        exponent = abs(math.log(abs(got))) if dtype_of(deviation).startswith("complex") and 0 < abs(got) < math.inf else 1.0
        near = finite(deviation.got) and abs(expected - got) <= 8 * eps * max(1.0, exponent) * abs(got)
        return near or (abs(got) > 1e30 and expected != expected)
    largest = max((math.hypot(complex(v).real, complex(v).imag) for v in given), default=0.0)
    if math.isinf(largest):
        return not finite(deviation.got) or got in [complex(v) for v in given]
    return abs(expected - got) <= 4 * eps * largest


_INTEGER_BITS = {"uint8": 8, "int8": 7, "int16": 15, "int32": 31, "int64": 63}


def _power_beyond_integers(case: Case, deviation: Deviation) -> bool:
    """The power itself does not fit the dtype: it is taken modulo 2**bits, after it was rounded, or becomes 0 or the least or largest integer."""
    given = dict(zip(("start", "end", "steps", "base"), case.args)) | case.kwargs
    values = [given.get("start"), given.get("end"), given.get("steps"), given.get("base", 10.0)]
    start, end, steps, base = [numbers(case, v)[0] if isinstance(v, TensorSpec) and v.numel == 1 else v for v in values]
    dtype = dtype_of(deviation)
    if dtype not in _INTEGER_BITS or not all(isinstance(v, (int, float)) for v in (start, end, steps, base)) or base <= 0 or base == 1:
        return False
    start, end = (int(v) % 2 ** (8 * ITEMSIZE[dtype]) if dtype == "uint8" else v for v in (start, end))  # as the dtype holds them
    exponent = start + (end - start) * int(deviation.details.get("element", 0)) / max(steps - 1, 1)
    if exponent * math.log2(base) < _INTEGER_BITS[dtype] - 2.0**-20:
        return False
    return all(int(z.real) in set(_ends(dtype)) or _wrapped(int(z.real), exponent, base, dtype) for z in _both(deviation))


def _ends(dtype: str) -> Iterator[int]:
    """0 and the ends of the dtype, and what is left of them after a detour over a wider one: 0, or -1 for the largest."""
    yield from (0, -1 if dtype != "uint8" else 255, 2 ** _INTEGER_BITS[dtype] - 1, -(2 ** _INTEGER_BITS[dtype]) if dtype != "uint8" else 0)


def _wrapped(z: int, exponent: float, base: float, dtype: str) -> bool:
    """Whether z is the power, a few roundings of float32 or float64 off, modulo the dtype's 2**bits."""
    modulus = 2 ** (8 * ITEMSIZE[dtype])
    logarithm = exponent * math.log2(base)
    if logarithm > 1000:
        return False  # 0 and the ends alone are left
    power = int(float(base) ** exponent)
    for form in ("float32", "float64"):
        ulp = max(int(FORMATS[form].ulp(float(power))), 1)
        error = int(8 * max(1.0, logarithm) * FORMATS[form].ulp(float(power))) + 1
        distance = min((z - power) % modulus, (power - z) % modulus)
        if distance <= error and (z % min(ulp, modulus) == 0):
            return True
    return False


def _expanded(case: Case, deviation: Deviation) -> bool:
    """The input repeats its elements by a stride of 0: values come from its storage, unless that is left, indices from the dimension."""
    input = case.tensors()[0]
    if not any(stride == 0 and length > 1 for stride, length in zip(input.strides, input.shape)):
        return False
    if deviation.property == "gradients":
        return True
    if deviation.details.get("output") == 1:
        return all(0 <= z.real < max(input.shape) for z in _both(deviation))
    step = ITEMSIZE[input.dtype]
    cells = len(case.buffers[input.buffer]) // step
    last = input.offset + sum((length - 1) * stride for length, stride in zip(input.shape, input.strides) if length)
    if deviation.property != "values" or last + max(input.shape) - 1 >= cells:
        return True  # what is behind the storage may be anything, and differ from call to call
    return among(_both(deviation), rounded(tuple([number_at(case, input, place) for place in range(cells)]), input.dtype))


def _beyond_the_old(case: Case, deviation: Deviation) -> bool:
    target, template = case.tensors()[:2]
    if case.operation == "set_":  # the offset counts from that of the source
        offset = template.offset + next((number for number in case.args[2:3] if isinstance(number, int)), case.kwargs.get("storage_offset", 0))
        return (offset + 1) * ITEMSIZE[target.dtype] > len(case.buffers[template.buffer])
    return template.numel > target.numel and int(deviation.details.get("element", -1)) >= target.numel


def _signs_of_zero(case: Case, deviation: Deviation) -> bool:
    """A zero of the other sign, where the operands have zeros of both."""
    z, w = _both(deviation)
    if not z == w == 0.0 or not dtype_of(deviation):
        return False
    zeros = [float(v) for spec in case.tensors() for v in numbers(case, spec) if isinstance(v, (int, float)) and v == 0]
    zeros += [float(v) for v in (*case.args, *case.kwargs.values()) if isinstance(v, (int, float)) and v == 0]
    return len({math.copysign(1.0, v) for v in zeros}) == 2


def _equal_quotients(case: Case, deviation: Deviation) -> bool:
    """Without replacement, in a dtype of 16 bits or with weights that are zero: any of the places."""
    weights = case.tensors()[0]
    ties = weights.dtype in ("float16", "bfloat16") or 0.0 in numbers(case, weights)
    if not ties or any(v is True for v in (*case.args, case.kwargs.get("replacement"))):
        return False
    return all(z.real in range(weights.shape[-1]) for z in _both(deviation))


def _alpha_zero(case: Case, deviation: Deviation) -> bool:
    """NaN, or what is left without the product: beta times the input."""
    if case.kwargs.get("alpha") != 0 or "nan" not in deviation.got + deviation.expected:
        return False
    input, left, right = case.tensors()[:3]
    if not _may_leave_the_range(case, left, right, dtype_of(deviation)):
        return False
    beta = case.kwargs.get("beta", 1)
    there = 0.0 if beta == 0 else beta * _broadcast(case, input, left.shape[:-1] + right.shape[len(left.shape) - 1 :], deviation)
    room = 4 * _ROUNDINGS.get(dtype_of(deviation), 2.0**-23) * size(repr(there))
    return all(z != z or abs(z - there) <= room or z == there for z in _both(deviation))


def _may_leave_the_range(case: Case, left: TensorSpec, right: TensorSpec, dtype: str) -> bool:
    """Whether an element of a product of matrices may be infinite or NaN."""
    factors = [max(map(magnitude, numbers(case, spec)), default=0.0) for spec in (left, right)]
    numbers_are_finite = all(magnitude(z) < math.inf for spec in (left, right) for z in numbers(case, spec))
    return not (numbers_are_finite and math.prod(factors) * 2 * max(left.shape[-1], 1) < FORMATS[dtype].largest)


def _broadcast(case: Case, spec: TensorSpec, shape: tuple[int, ...], deviation: Deviation) -> Any:
    """The element of a tensor, broadcast to a shape, at the deviation's place."""
    rest, place = int(deviation.details.get("element", 0)), spec.offset
    lengths, strides = (0,) * (len(shape) - len(spec.shape)) + spec.shape, (0,) * (len(shape) - len(spec.shape)) + spec.strides
    for total, length, stride in zip(reversed(shape), reversed(lengths), reversed(strides), strict=True):
        rest, position = divmod(rest, max(total, 1))
        place += position * stride if length > 1 else 0
    return number_at(case, spec, place)


def _interpolated_to_infinity(case: Case, deviation: Deviation) -> bool:
    """An operand is infinite, and so is the result, or NaN."""
    operands = [complex(v) for v in operands_at(case, int(deviation.details.get("element", 0)))]
    infinite = any(math.isinf(part) for v in operands for part in (v.real, v.imag))
    return infinite and not finite(deviation.expected) and not finite(deviation.got)


OPEN_VALUES: list[KnownDifference] = [
    KnownDifference(
        "float-ranges", ("arange", "linspace", "logspace", "range", "histogram"), ("values",), "floating point and complex dtypes",
        "torch evaluates a vector register at a time in the dtype itself, and where a register begins depends on the machine and the number of "
        "threads: elements lie up to a few eps of the larger bound away (of logspace a few eps of themselves, of complex ones of their logarithm, "
        "too), and overflow on the way",
        "import torch\n\nx = torch.linspace(0, 1, 50, dtype=torch.float32)\n"
        "assert any(a != torch.tensor(i / 49).item() for i, a in enumerate(x.tolist()))  # not the rounded quotients\n",
        _float_range, open=True,
    ),
    KnownDifference(
        "logspace-beyond-integers", ("logspace",), ("values",), "an integer dtype that the power does not fit",
        "the conversion is undefined in C++: it depends on the instruction that the compiler chose. refimpl takes the power modulo 2**bits",
        "import torch\n\nx = torch.logspace(10, 1, 15, dtype=torch.uint8)\nassert x[0] == 10**10 % 256 and x[1] in (0, 38)  # 38: modulo 256\n",
        _power_beyond_integers, open=True,
    ),
    KnownDifference(
        "median-of-expanded", ("median", "nanmedian"), ("values", "gradients", "determinism", "layout"), "a dimension that is expanded (stride 0)",
        "torch steps through the repeated element as if the stride were 1: it reads its neighbours, and memory outside of the tensor",
        "import torch\n\nx = torch.arange(3.)[:1].expand(3)\nassert x.tolist() == [0, 0, 0] and x.median(0).values == 1\n", _expanded, open=True,
    ),
    KnownDifference(
        "grown-storage", ("resize_as_", "set_"), ("values", "determinism"),
        "a template with more elements, a source whose offset lies behind its memory: elements that are new",
        "new elements are whatever the memory held; refimpl's are zeros",
        "import torch\n\nassert torch.zeros(1).resize_as_(torch.zeros(8)).shape == (8,)  # the last seven may be anything\n",
        _beyond_the_old, open=True,
    ),
    KnownDifference(
        "extremes-of-zeros",
        tuple("maximum minimum max min amax amin aminmax fmax fmin clamp clip clamp_min clamp_max msort median nanmedian "
              "quantile nanquantile unique unique_dim".split()) + _MAX_POOLING,
        ("values",), "0 and -0 as the greatest or least elements, or in an order that need not be stable",
        "they are equal: IEEE 754 leaves open which is returned, and torch returns one or the other by the place of the element in its vector "
        "register. refimpl takes the first operand",
        "import torch\n\nx = torch.maximum(torch.full((17,), -0.0), torch.zeros(17)).signbit()\nassert x.any() and not x.all()\n",
        _signs_of_zero, open=True,
    ),
    KnownDifference(
        "multinomial-ties", ("multinomial",), ("values",), "without replacement: float16 or bfloat16, or weights that are zero",
        "the places of the largest quotients of weight and an exponential number: some are equal, and torch promises no order then",
        "import torch\n\ntorch.manual_seed(0)\nq = torch.tensor([0.5, 0.5, 0.25, 2, 2], dtype=torch.float16)\n"
        "q /= torch.empty_like(q).exponential_()\nassert q[1] == q[2]\n", _equal_quotients, open=True,
    ),
    KnownDifference(
        "product-times-zero", ("addmm", "addmv", "baddbmm", "addbmm"), ("values",), "alpha = 0 and products that are NaN",
        "torch leaves the product out or multiplies it by zero (NaN stays NaN) depending on dtype and size",
        "import torch\n\nn, z = torch.full((2, 2), float('nan')), torch.zeros(2, 2)\n"
        "assert torch.addmm(z, z, n, alpha=0).isnan().all() != torch.addmm(z.half(), z.half(), n.half(), alpha=0).isnan().all()\n",
        _alpha_zero, open=True,
    ),
    KnownDifference(
        "interpolation-with-infinity", ("lerp",), ("values",), "an infinite start or end, and a result that is infinite or NaN",
        "documented is start + weight * (end - start). For a weight of 0.5 or more torch computes end - (end - start) * (1 - weight) instead, in "
        "which other infinities meet: from 0 to infinity there is infinity at weight 0.25, and NaN at 0.75",
        "import torch\n\nstart, end = torch.tensor([0.]), torch.tensor([float('inf')])\n"
        "assert torch.lerp(start, end, 0.25).isinf() and torch.lerp(start, end, 0.75).isnan()\n", _interpolated_to_infinity, open=True,
    ),
]  # fmt: skip
