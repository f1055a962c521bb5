"""Known differences: where torch itself is outside its contract, or does what nobody can copy.

This list is the only place where a difference between refimpl and torch is excused. Each entry names the operations and the
condition, gives the reason, and an example that anyone can run. The report shows them as findings about torch, not as
failures. ``python -m conformance.known_differences`` prints docs/known-differences.md, which is generated from this list.

Differences in float16, bfloat16, float32 and complex64 values need no entry: there the judge asks torch in a wider dtype.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Callable

from .cases import Case, TensorSpec, contiguous_strides, element_offsets
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
    near = abs(_number(deviation.expected) - _number(deviation.got)) <= 2.0**-50
    return dtype in ("float64", "complex128") and ulps is not None and (ulps <= 256 or near)


def _strided_out(case: Case, deviation: Deviation) -> bool:
    out = case.kwargs.get("out")
    return isinstance(out, TensorSpec) and out.strides != contiguous_strides(out.shape)


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
    refused = "index out of range in self" in deviation.expected or "out of DATA bounds, id=-" in deviation.expected
    return refused and deviation.got == "None"


def _narrow_copy_gradient(case: Case, deviation: Deviation) -> bool:
    start = case.args[2] if len(case.args) > 2 else case.kwargs.get("start")
    return isinstance(start, int) and start < 0


def _no_complex_gradient(case: Case, deviation: Deviation) -> bool:
    return "does not support automatic differentiation for outputs with complex dtype" in deviation.expected


def _in_place_of_inverse(case: Case, deviation: Deviation) -> bool:
    return "the derivative for 'inplace version of" in deviation.expected


def _acosh_gradient(case: Case, deviation: Deviation) -> bool:
    """Complex gradients of the same size, or zero and a rounding of it."""
    a, b = _number(deviation.expected), _number(deviation.got)
    return any(t.dtype.startswith("complex") for t in case.tensors()) and (abs(a - b) <= 1e-5 * max(a, b) or max(a, b) <= 1e-14)


def _zeros(case: Case, deviation: Deviation) -> bool:
    """Complex numbers that are equal: what differs is the sign of a part that is zero."""
    try:
        return "j" in deviation.got and complex(deviation.expected) == complex(deviation.got)
    except ValueError:
        return False


def _one_ulp(case: Case, deviation: Deviation) -> bool:
    a, b = _number(deviation.expected), _number(deviation.got)
    return deviation.details.get("dtype") == "float64" and abs(a - b) <= math.ulp(b)


def _long_exponent(case: Case, deviation: Deviation) -> bool:
    """int64 exponents of floats, with a result beyond every range."""
    dtypes = [t.dtype for t in case.tensors()[:2]]
    return dtypes[-1] == "int64" and dtypes[0].startswith(("float", "bfloat")) and _number(deviation.got) in (0.0, math.inf)


def _opposite_infinities(case: Case, deviation: Deviation) -> bool:
    return deviation.expected == "inf" and deviation.got == "-inf"


def _not_finite(case: Case, deviation: Deviation) -> bool:
    return not math.isfinite(_number(deviation.expected)) and _number(deviation.got) in (0.0, math.inf) or deviation.got == "nan"


def _alpha_zero(case: Case, deviation: Deviation) -> bool:
    return case.kwargs.get("alpha") == 0 and "nan" in deviation.got


def _nothing_to_multiply(case: Case, deviation: Deviation) -> bool:
    return case.tensors()[1].numel == 0


def _folded_output(case: Case, deviation: Deviation) -> bool:
    return case.form == "out" and "must match the size of tensor" in deviation.expected and deviation.got == "a result"


def _mode_given(case: Case, deviation: Deviation) -> bool:
    return deviation.rule == "name of grad_fn" and case.kwargs.get("rounding_mode", "") is None


def _no_dims(case: Case, deviation: Deviation) -> bool:
    return any(isinstance(value, (tuple, list)) and not value for value in (*case.args[1:], case.kwargs.get("dim")))


def _name_of_in_place_form(case: Case, deviation: Deviation) -> bool:
    return "floor_divide_ is not implemented" in deviation.expected


def _stack_trace(case: Case, deviation: Deviation) -> bool:
    return "Exception raised from" in deviation.expected


def _complex_parts(case: Case, deviation: Deviation) -> bool:
    """Complex results of which neither is finite."""
    return deviation.details.get("dtype", "complex64").startswith("complex") and not (
        math.isfinite(_number(deviation.expected)) or math.isfinite(_number(deviation.got)))


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
        "narrow-copy-out", ("narrow_copy",), ("values", "purity"), "out= is not contiguous",
        "torch writes the result as if out were contiguous: elements land between its strides and others are left as they were",
        "import torch\nout = torch.zeros(2, 6)[:, :2]\ntorch.narrow_copy(torch.ones(2, 3), 1, 0, 2, out=out)\nprint(out)  # one row of ones\n",
        _strided_out,
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
        "writes-to-shared-elements", ("__setitem__", "index_put", "index_put_", "index_fill", "masked_fill", "masked_scatter", "tril", "triu",
         "conj_physical", "addmv"),
        ("errors",), "in place, on a tensor that is expanded, so that elements share memory",
        "torch deprecates such writes and warns, or does not notice (tril_, triu_); what results depends on the order of the writes. refimpl "
        "refuses them, with torch's own words for other operations",
        "import torch\nx = torch.zeros(1).expand(3)\nx[torch.tensor([0])] = 1.0  # a warning: deprecated\nprint(x)\n", _written_overlap,
    ),
    KnownDifference(
        "order-of-shared-writes", ("select_scatter", "slice_scatter", "diagonal_scatter"), ("values", "gradients"),
        "an input of which elements share memory", "the result keeps the input's strides; which of several values written to one place remains "
        "depends on the order of the writes, which torch chooses by the strides of the operands",
        "import torch\nx = torch.zeros(7).as_strided((2, 3, 4), (1, 1, 1))\n"
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
        "no-complex-gradient", ("select_scatter", "slice_scatter", "nan_to_num", "log_softmax", "softmax"), ("errors",),
        "complex tensors that require grad",
        "torch has the formula and lacks only its entry in the list of operations that are differentiable for complex numbers; "
        "diagonal_scatter is on it. refimpl differentiates",
        "import torch\nx = torch.zeros(2, dtype=torch.complex64, requires_grad=True)\n"
        "try:\n    torch.slice_scatter(x, x[:1], 0, 0, 1)\nexcept RuntimeError as error:\n    print(error)\n", _no_complex_gradient,
    ),
    KnownDifference(
        "in-place-inverse-hyperbolic", ("asinh", "acosh", "atanh"), ("gradients",), "the in-place form",
        "torch records the call and refuses only when the gradient is asked for; the function itself has the gradient",
        "import torch\nx = torch.zeros(1, requires_grad=True)\n"
        "try:\n    x.clone().asinh_().sum().backward()\nexcept NotImplementedError as error:\n    print(error)\n", _in_place_of_inverse,
    ),
    KnownDifference(
        "acosh-on-the-branch-cut", ("acosh",), ("gradients",), "complex numbers",
        "torch subtracts 1 as the sum with -1 * 1, which makes the imaginary part -0 a 0: on the branch cut the gradient has the sign of the "
        "other side",
        "import torch\nx = torch.tensor([complex(0.125, -0.0)], requires_grad=True)\ntorch.acosh(x).real.sum().backward()\nprint(x.grad)\n",
        _acosh_gradient,
    ),
    KnownDifference(
        "negated-complex-zeros", ("neg", "__neg__"), ("values",), "complex numbers with a part that is zero",
        "torch subtracts from 0 in the elements that fill a vector register and changes the signs of the others: the sign of a zero depends on "
        "its place",
        "import torch\nprint(-torch.zeros(9, dtype=torch.complex64))  # the last one differs\n", _zeros,
    ),
    KnownDifference(
        "float64-square-root", ("sqrt",), ("values",), "float64",
        "torch's vectorised square root is an ulp off now and then; IEEE 754 asks for the nearest number",
        "import torch\nprint(torch.tensor([2.16555390529368], dtype=torch.float64).sqrt().item(), 2.16555390529368 ** 0.5)\n", _one_ulp,
    ),
    KnownDifference(
        "ldexp-of-long-exponents", ("ldexp",), ("values",), "floats with int64 exponents beyond the range of int32",
        "torch cuts the exponent to 32 bits: 2 ** (2 ** 32) is 1; with exponents in float64 it is infinite",
        "import torch\nprint(torch.ldexp(torch.tensor([1.0]), torch.tensor([2**32])))  # 1, not inf\n", _long_exponent,
    ),
    KnownDifference(
        "logit-gradient-at-negative-zero", ("logit",), ("gradients",), "-0",
        "torch's gradient at -0 is inf or -inf by the place of the element in its vector register; 1 / (x * (1 - x)) is -inf",
        "import torch\nfor n in (1, 16):\n    x = torch.full((n,), -0.0, dtype=torch.float64, requires_grad=True)\n"
        "    torch.logit(x).sum().backward()\n    print(x.grad[0])\n", _opposite_infinities,
    ),
    KnownDifference(
        "polygamma-at-infinity", ("polygamma",), ("values",), "infinite elements",
        "torch multiplies infinities by zeros on the way: polygamma(2, x) tends to 0 for large x, and has no limit for large negative x",
        "import torch\nprint(torch.polygamma(2, torch.tensor([float('inf')])))  # nan, exactly 0\n", _not_finite,
    ),
    KnownDifference(
        "product-times-zero", ("addmm", "addmv", "baddbmm"), ("values",), "alpha = 0 and products that are NaN",
        "torch leaves the product out or multiplies it by zero (NaN stays NaN) depending on dtype and size",
        "import torch\nn = torch.full((2, 2), float('nan'))\nz = torch.zeros(2, 2)\n"
        "print(torch.addmm(z, z, n, alpha=0), torch.addmm(z.half(), z.half(), n.half(), alpha=0))\n", _alpha_zero,
    ),
    KnownDifference(
        "addmv-of-nothing", ("addmv",), ("shape",), "a matrix without elements and an input of one element",
        "torch returns before the input is expanded: the result has one element, not as many as the matrix has rows",
        "import torch\nprint(torch.addmv(torch.ones(1), torch.zeros(2, 0), torch.zeros(0)).shape)\n", _nothing_to_multiply,
    ),
    KnownDifference(
        "matmul-into-strides", ("matmul", "linalg_matmul"), ("errors",), "a batch times a vector, an output that is not contiguous",
        "torch folds the batch into one matrix and cannot put the vector that results into the output",
        "import torch\ntry:\n    torch.matmul(torch.zeros(2, 2, 2), torch.zeros(2), out=torch.zeros(2, 2).t())\n"
        "except RuntimeError as error:\n    print(error)\n", _folded_output,
    ),
    KnownDifference(
        "rounding-mode-none", ("div", "divide"), ("gradients",), "rounding_mode=None is written out",
        "torch has a form of its own with another name in the graph; values and gradients are the same",
        "import torch\nx = torch.ones(1, requires_grad=True)\nprint(x.div(2).grad_fn, x.div(2, rounding_mode=None).grad_fn)\n", _mode_given,
    ),
    KnownDifference(
        "variance-over-no-dimensions", ("var", "std", "var_mean", "std_mean"), ("gradients",), "dim = (), which reduces all dimensions",
        "torch's formula takes the number of elements for 1",
        "import torch\nx = torch.tensor([1.0, 2.0], requires_grad=True)\nx.var(()).backward()\nprint(x.grad)  # infinite, exactly -1 and 1\n",
        _no_dims,
    ),
    KnownDifference(
        "floor-divide-in-place", ("floor_divide", "__ifloordiv__"), ("gradients",), "the in-place form",
        "there is no gradient in either form; torch's message names the one that was called",
        "import torch\nx = torch.ones(1, requires_grad=True)\n"
        "try:\n    x.clone().floor_divide_(x).sum().backward()\nexcept RuntimeError as error:\n    print(error)\n", _name_of_in_place_form,
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
]  # fmt: skip


def match(case: Case, deviation: Deviation, operation: str) -> str | None:
    """The identifier of the known difference that explains this deviation, if one does. The case may call ``operation`` by an alias."""
    for known in KNOWN:
        concerned = known.operations == ANY or case.operation in known.operations or operation in known.operations
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
