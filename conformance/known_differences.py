"""Known differences: where torch itself is outside its contract, or does what nobody can copy.

This list is the only place where a difference between refimpl and torch is excused. Each entry names the operations and the
condition, gives the reason, and an example that anyone can run. The report shows them as findings about torch, not as
failures. ``python -m conformance.known_differences`` prints docs/known-differences.md, which is generated from this list.

Differences in float16, bfloat16, float32 and complex64 values need no entry: there the judge asks torch in a wider dtype.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from typing import Any, Callable

from .cases import Case, contiguous_strides, element_offsets
from .comparators import Deviation


@dataclass(frozen=True)
class KnownDifference:
    """``applies(case, deviation)`` decides; ``properties`` are the ones that may deviate. ``avoided``: the suite does not draw
    the case at all, since it would end the process."""

    identifier: str
    operations: tuple[str, ...]
    properties: tuple[str, ...]
    condition: str
    reason: str
    example: str
    applies: Callable[[Case, Deviation], bool] = lambda case, deviation: False
    avoided: bool = False


def _number(text: str) -> float:
    try:
        return abs(complex(text.replace("(", "").replace(")", "")))
    except ValueError:
        return math.nan


def _underflow(case: Case, deviation: Deviation) -> bool:
    """torch says zero, the exact result is far below the square root of the smallest number."""
    return _number(deviation.expected) == 0.0 and _number(deviation.got) < 1e-150


def _overflow(case: Case, deviation: Deviation) -> bool:
    """torch's intermediate squares overflow."""
    return not math.isfinite(_number(deviation.expected)) and _number(deviation.got) > 1e150


def _float64_tail(case: Case, deviation: Deviation) -> bool:
    """float64 values close to a zero of the function: a few dozen ulps, nothing more."""
    ulps: Any = deviation.details.get("ulps")
    dtype = deviation.details.get("dtype")
    return dtype in ("float64", "complex128") and ulps is not None and ulps <= 256


def _polygamma(case: Case, deviation: Deviation) -> bool:
    """torch's trigamma is good to nine digits."""
    a, b = _number(deviation.expected), _number(deviation.got)
    return abs(a - b) <= 1e-8 * max(a, b)


def _complex(case: Case, deviation: Deviation) -> bool:
    """complex128: a few dozen ulps, or not finite where the exact result is."""
    ulps: Any = deviation.details.get("ulps")
    if deviation.details.get("dtype") not in ("complex128", "complex64"):
        return False
    return (ulps is not None and ulps <= 256) or (not math.isfinite(_number(deviation.expected)) and math.isfinite(_number(deviation.got)))


def _float_range(case: Case, deviation: Deviation) -> bool:
    """A few roundings of the larger bound (of a power: of the value itself)."""
    dtype = deviation.details.get("dtype", "")
    eps = {"float64": 2.0**-52, "complex128": 2.0**-52, "float16": 2.0**-10, "bfloat16": 2.0**-7}.get(dtype, 2.0**-23)
    numbers = [abs(v) for v in (*case.args, *case.kwargs.values()) if isinstance(v, (int, float, complex))]
    expected, got = complex(deviation.expected.replace("(", "").replace(")", "")), complex(deviation.got.replace("(", "").replace(")", ""))
    size = abs(got) if case.operation == "logspace" else max(numbers, default=0.0)
    return abs(expected - got) <= 8 * eps * size or (abs(got) > 1e30 and expected != expected)


def _addresses_nothing(case: Case, deviation: Deviation) -> bool:
    """The strides differ only where a dimension has one element or the tensor none."""
    shape = deviation.details.get("shape", ())
    expected, got = deviation.details.get("strides", ((), ()))
    return 0 in shape or all(a == b for size, a, b in zip(shape, expected, got) if size > 1)


def _overlaps(spec: Any) -> bool:
    """Whether two elements of a tensor argument share memory."""
    places = element_offsets(spec.shape, spec.strides, spec.offset)
    return len(set(places)) < len(places)


def _written_overlap(case: Case, deviation: Deviation) -> bool:
    """refimpl refuses to write to a tensor whose elements share memory, which the case has."""
    written = "more than one element of the written-to tensor refers to a single memory location" in deviation.got
    return written and any(map(_overlaps, case.tensors()))


def _input_overlaps(case: Case, deviation: Deviation) -> bool:
    return any(map(_overlaps, case.tensors()[:1]))


def _lazy_conjugate(case: Case, deviation: Deviation) -> bool:
    tensors = case.tensors()
    return bool(tensors) and tensors[0].dtype.startswith("complex")


def _grown(case: Case, deviation: Deviation) -> bool:
    target, template = case.tensors()[:2]
    return template.numel > target.numel


def _smaller_index(case: Case, deviation: Deviation) -> bool:
    return "returned an invalid gradient at index" in deviation.expected


def _negative_index(case: Case, deviation: Deviation) -> bool:
    return "index out of range in self" in deviation.expected and deviation.got == "None"


def _narrow_copy_gradient(case: Case, deviation: Deviation) -> bool:
    start = case.args[2] if len(case.args) > 2 else case.kwargs.get("start")
    return isinstance(start, int) and start < 0


def _narrow_copy_output(case: Case, deviation: Deviation) -> bool:
    out = case.kwargs.get("out")
    return case.form == "out" and out is not None and out.strides != contiguous_strides(out.shape)


def _stack_trace(case: Case, deviation: Deviation) -> bool:
    return "Exception raised from" in deviation.expected


def _complex_parts(case: Case, deviation: Deviation) -> bool:
    """Complex results of which neither is finite."""
    return deviation.details.get("dtype", "complex64").startswith("complex") and not (
        math.isfinite(_number(deviation.expected)) or math.isfinite(_number(deviation.got)))


_EPSILON = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-23, "complex64": 2**-23, "float64": 2**-52, "complex128": 2**-52}


def _sequence(case: Case, deviation: Deviation) -> bool:
    """Within a few roundings of the largest number of the sequence; of its exponent for powers."""
    try:
        expected, got = (complex(text) for text in (deviation.expected, deviation.got))
    except ValueError:
        return False
    if not cmath.isfinite(expected) or not cmath.isfinite(got):
        return False
    numbers = [abs(n) for n in (*case.args, *case.kwargs.values()) if isinstance(n, (int, float, complex)) and math.isfinite(abs(n))]
    largest = max(numbers, default=1.0)
    if case.operation == "logspace":
        largest = (1 + largest) * 2.5 * abs(expected)
    return abs(expected - got) <= 4 * _EPSILON.get(str(deviation.details.get("dtype")), 0.0) * largest


_COMPLEX_FUNCTIONS = tuple(
    "exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sigmoid pow float_power sqrt rsqrt "
    "reciprocal div true_divide ldexp sgn abs angle __pow__ __truediv__ __itruediv__ __ipow__".split()
)

ANY = ("any operation",)

KNOWN: list[KnownDifference] = [
    KnownDifference(
        "strides-that-address-nothing", ANY, ("strides",), "a dimension of size 1, or a tensor without elements",
        "such strides reach no element; which numbers stand there follows from how torch happens to implement an operation (the same "
        "function of floats and of integers may differ)",
        "import torch\nx = torch.zeros(4).as_strided((1, 4), (1, 1))\nprint(x.isfinite().stride(), x.int().isfinite().stride())  # (4, 1) (1, 1)\n",
        _addresses_nothing,
    ),
    KnownDifference(
        "float-ranges", ("arange", "linspace", "logspace", "range"), ("values",), "floating point and complex dtypes",
        "torch evaluates a vector register at a time in the dtype itself, and where a register begins depends on the machine and the number of "
        "threads: elements lie up to 1.2 eps of the larger bound away (of logspace up to 6 eps of themselves), and overflow on the way",
        "import torch\nprint(torch.arange(0., 1., 0.1, dtype=torch.float64)[-1].item())\n", _float_range,
    ),
    KnownDifference(
        "lcm-crash", ("lcm",), (), "int32 or int64, the smallest integer and a negative number",
        "the vectorised quotient overflows and the process ends with a floating point exception (SIGFPE)",
        "import torch\ntorch.lcm(torch.tensor([-2**63]), torch.tensor([-127]))  # ends the process\n", avoided=True,
    ),
    KnownDifference(
        "range-crash", ("range",), (), "an integer dtype and a step between -1 and 1",
        "the step is converted to the integer 0 and divided by: the process ends with a floating point exception (SIGFPE)",
        "import torch\ntorch.range(0.5, 7.75, 0.5, dtype=torch.uint8)  # ends the process\n", avoided=True,
    ),
    KnownDifference(
        "underflow-of-squares", ("std", "std_mean", "var", "var_mean", "norm", "linalg.vector_norm", "dist"), ("values",),
        "float64, deviations or elements below 1e-154", "squares underflow to zero on the way to a representable result",
        "import torch\nprint(torch.tensor([0., 1e-200], dtype=torch.float64).std())  # 0, exactly 7.07e-201\n", _underflow,
    ),
    KnownDifference(
        "overflow-of-squares", ("std", "std_mean", "norm", "linalg.vector_norm", "dist"), ("values",),
        "float64, deviations or elements above 1e154", "squares overflow on the way to a representable result",
        "import torch\nprint(torch.tensor([1e200, 1e200], dtype=torch.float64).norm())  # inf, exactly 1.41e200\n", _overflow,
    ),
    KnownDifference(
        "float64-near-zeros", ("digamma", "lgamma", "erfinv", "sinc", "logaddexp2", "logaddexp", "log_softmax", "polygamma"), ("values",),
        "float64, next to a zero of the function",
        "the absolute error is a rounding of the terms that cancel there; torch's own algorithm is off by dozens of ulps of the result",
        "import torch\nx = torch.tensor([1.46163214496836], dtype=torch.float64)\nprint(torch.digamma(x).item())\n", _float64_tail,
    ),
    KnownDifference(
        "trigamma", ("digamma", "lgamma", "polygamma"), ("gradients", "values"), "float64 gradients",
        "torch evaluates the trigamma function to nine digits only: trigamma(1) is pi**2 / 6 = 1.6449340668482264",
        "import torch\nx = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)\ntorch.digamma(x).backward()\nprint(x.grad.item())\n",
        _polygamma,
    ),
    KnownDifference(
        "complex-functions", _COMPLEX_FUNCTIONS, ("values",), "complex dtypes",
        "torch's complex functions are composites of real ones without the care that overflow and cancellation in a part need",
        "import torch\nprint(torch.sigmoid(torch.tensor([1e308 + 1e308j], dtype=torch.complex128)))  # nan+nanj, exactly 1\n", _complex,
    ),
    KnownDifference(
        "writes-to-shared-elements", ("__setitem__", "index_put", "index_put_", "index_fill", "masked_fill", "masked_scatter", "tril", "triu"),
        ("errors",), "in place, on a tensor that is expanded, so that elements share memory",
        "torch deprecates such writes and warns, or does not notice (tril_, triu_); what results depends on the order of the writes. refimpl "
        "refuses them, with torch's own words for other operations",
        "import torch\nx = torch.zeros(1).expand(3)\nx[torch.tensor([0])] = 1.0  # a warning: deprecated\nprint(x)\n", _written_overlap,
    ),
    KnownDifference(
        "order-of-shared-writes", ("select_scatter", "slice_scatter", "diagonal_scatter"), ("values", "gradients"),
        "an input of which elements share memory", "the result keeps the input's strides; which of several values written to one place remains "
        "depends on the order of the writes, which torch chooses by the strides of the operands",
        "import torch\nx = torch.zeros(6).as_strided((2, 3, 4), (1, 1, 1))\n"
        "print(x.select_scatter(torch.arange(8.).view(2, 4), 1, 0)[:, 0])\n", _input_overlaps,
    ),
    KnownDifference(
        "lazy-conjugates", ("conj", "H", "mH", "adjoint"), ("aliasing", "strides"), "complex tensors",
        "torch marks a view as conjugated and computes later; nothing but the identity of the memory shows it. refimpl computes at once",
        "import torch\nx = torch.tensor([1 + 2j])\nprint(x.conj().is_conj(), x.conj().data_ptr() == x.data_ptr())  # True True\n", _lazy_conjugate,
    ),
    KnownDifference(
        "grown-storage", ("resize_as_",), ("values",), "a template with more elements",
        "new elements are whatever the memory held; refimpl's are zeros",
        "import torch\nprint(torch.zeros(1).resize_as_(torch.zeros(8)))\n", _grown,
    ),
    KnownDifference(
        "gradient-of-larger-source", ("scatter", "scatter_add"), ("gradients",), "a source that is larger than the index",
        "torch gives the source a gradient of the index's shape, which its engine then refuses; elements that were not read have gradient 0",
        "import torch\ns = torch.ones(2, requires_grad=True)\n"
        "try:\n    torch.zeros(1).scatter_add(0, torch.tensor([0]), s).sum().backward()\nexcept RuntimeError as error:\n    print(error)\n",
        _smaller_index,
    ),
    KnownDifference(
        "gradient-of-index-fill", ("index_fill",), ("gradients",), "a negative index, gradient for the value",
        "torch's formula reads the gradient at the index, with a function that refuses negative ones",
        "import torch\nv = torch.tensor(1.0, requires_grad=True)\n"
        "try:\n    torch.zeros(2).index_fill(0, torch.tensor([-1]), v).sum().backward()\nexcept IndexError as error:\n    print(error)\n",
        _negative_index,
    ),
    KnownDifference(
        "gradient-of-narrow-copy", ("narrow_copy",), ("gradients",), "a negative start",
        "torch's formula takes the end, start + length, as it stands: with start -2 and length 2 that is 0, an empty slice",
        "import torch\nx = torch.zeros(3, requires_grad=True)\n"
        "try:\n    x.narrow_copy(0, -2, 2).sum().backward()\nexcept RuntimeError as error:\n    print(error)\n", _narrow_copy_gradient,
    ),
    KnownDifference(
        "narrow-copy-into-strides", ("narrow_copy",), ("values", "purity"), "an output that is not contiguous",
        "torch copies into the output's memory as if it were contiguous",
        "import torch\nout = torch.zeros(2, 2).t()\ntorch.narrow_copy(torch.tensor([[1., 2.], [3., 4.]]), 0, 0, 2, out=out)\n"
        "print(out)  # transposed\n", _narrow_copy_output,
    ),
    KnownDifference(
        "stack-trace-in-message", ("unflatten",), ("errors",), "several sizes of -1",
        "the message ends with a trace of the calls inside of torch, with addresses",
        "import torch\ntry:\n    torch.zeros(4).unflatten(0, (-1, -1))\nexcept RuntimeError as error:\n    print(error)\n", _stack_trace,
    ),
    KnownDifference(
        "complex-index-add", ("index_add",), ("values",), "complex sources that are not finite",
        "torch multiplies by alpha = 1, too, and where the tensor is a vector not in the way it does for matrices: infinities become NaN",
        "import torch\nx = torch.full((2,), complex(float('inf'), 1))\nzero, i = torch.zeros_like(x), torch.tensor([0, 1])\n"
        "print(zero.index_add(0, i, x), zero.view(2, 1).index_add(0, i, x.view(2, 1)).view(2))\n", _complex_parts,
    ),
    KnownDifference(
        "sequences", ("arange", "linspace", "logspace", "range"), ("values",), "within a few roundings of the largest number",
        "torch evaluates a vector of elements at a time, in the dtype itself, with the product rounded or not: the last bits of an element "
        "depend on where in its vector it lies. refimpl evaluates each element in float64 from its own index",
        "import torch\nprint(torch.arange(-1, 1, 0.1)[10])  # -3e-09, exactly 5.6e-17, with the product rounded 0\n", _sequence,
    ),
]  # fmt: skip


def match(case: Case, deviation: Deviation, backend: str) -> str | None:
    """The identifier of the known difference that explains this deviation, if one does."""
    for known in KNOWN:
        concerned = known.operations == ANY or case.operation in known.operations
        if concerned and deviation.property in known.properties and known.applies(case, deviation):
            return known.identifier
    return None


def page() -> str:
    """docs/known-differences.md."""
    parts = [
        "# Known differences between torch and its specification\n",
        "Generated from `conformance/known_differences.py` by `python -m conformance.known_differences`. Each entry is a case where torch "
        "itself is outside its contract, or does what nobody should copy. The conformance report lists those that occurred as findings.\n",
    ]
    for known in KNOWN:
        parts.append(f"## {known.identifier}\n")
        names = "any" if known.operations == ANY else ", ".join(f"`{name}`" for name in known.operations)
        parts.append(f"Operations: {names}. Condition: {known.condition}.\n")
        drawn = " The suite does not draw this case." if known.avoided else ""
        parts.append(f"{known.reason[0].upper()}{known.reason[1:]}.{drawn}\n")
        parts.append(f"```python\n{known.example}```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")
