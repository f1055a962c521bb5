"""Known differences in what a call does besides its values: errors, shapes, strides, memory; and calls that end the process."""

from __future__ import annotations

from typing import Sequence

from refimpl.operations.operation import operations
from refimpl.operations.sharing import Sharing

from ..accuracy.number_formats import is_float
from ..cases.case import EVERY_INTEGER, Case, DType, iterate_tensors
from ..cases.deviation import Deviation
from .entry import ANY, KnownDifference, overlaps

_SHARED = "more than one element of the written-to tensor refers to a single memory location"


def _addresses_nothing(case: Case, deviation: Deviation) -> bool:
    """The strides, of the result or of a resized output, differ only where a dimension has one element or the tensor none."""
    if deviation.property == "strides":
        expected, got = deviation.details.get("strides", ((), ()))
        return _reach_the_same(deviation.details.get("shape", ()), expected, got)
    if "metadata" not in deviation.details:
        return False  # bytes that were written
    arguments = zip(*deviation.details["metadata"])
    return case.form == "out" and all(
        a == b or a and b and (a[:2], a[3:]) == (b[:2], b[3:]) and _reach_the_same(a[1], a[2], b[2]) for a, b in arguments)


def _reach_the_same(shape: Sequence[int], expected: Sequence[int], got: Sequence[int]) -> bool:
    return 0 in shape or all(a == b for length, a, b in zip(shape, expected, got) if length > 1)


def _expanded_mantissas(case: Case, deviation: Deviation) -> bool:
    """An output, and a floating point input of its shape whose elements share memory, with exponents that are integers."""
    input, other = case.tensors()[:2]
    return case.form == "out" and overlaps(input) and is_float(input.dtype) and other.dtype in EVERY_INTEGER


def _one_to_a_power(case: Case, deviation: Deviation) -> bool:
    base = case.args[0] if case.args else case.kwargs.get("self")
    one = isinstance(base, (int, float, complex)) and not isinstance(base, bool) and base == 1
    return one and case.form == "out" and deviation.expected == "a result" and "can't be cast to the desired output type" in deviation.got


def _written_overlap(case: Case, deviation: Deviation) -> bool:
    """torch writes to a tensor whose elements share memory, refimpl refuses."""
    taken = deviation.expected == "a result" or deviation.property == "gradients"  # of which the formulas write in the same way
    return taken and _SHARED in deviation.got and case.target is not None and overlaps(case.target)


def _shared_output(case: Case, deviation: Deviation) -> bool:
    if case.form != "out" or not any(overlaps(spec) for spec in iterate_tensors(case.kwargs["out"])):
        return False
    documented = operations.get(case.operation)
    sharing = getattr(documented, "sharing", None)
    refused = _SHARED in deviation.expected + deviation.got and "a result" in (deviation.expected, deviation.got)
    return refused and (not isinstance(sharing, Sharing) or sharing.elements != "never")


def _assertion_of_torch(case: Case, deviation: Deviation) -> bool:
    return "INTERNAL ASSERT" in deviation.expected and deviation.got == "a result"


def _uncounted_write(case: Case, deviation: Deviation) -> bool:
    return case.form == "out" and deviation.expected == "no error" and "has been modified by an inplace operation" in deviation.got


def _complex32(case: Case, deviation: Deviation) -> bool:
    return deviation.expected == repr(DType("complex32")) and deviation.got == repr(DType("complex64"))


def _part_of_complex32(case: Case, deviation: Deviation) -> bool:
    """float16 beside complex numbers without dimensions, of whose common dtype the result is the real counterpart."""
    wide = {spec.dtype for spec in case.tensors() if spec.shape}
    beside = any(spec.dtype.startswith("complex") for spec in case.tensors() if not spec.shape)
    return wide == {"float16"} and beside and (deviation.expected, deviation.got) == ("float16", "float32")


def _no_complex_gradient(case: Case, deviation: Deviation) -> bool:
    refused = "does not support automatic differentiation for outputs with complex dtype" in deviation.expected
    return refused and deviation.got == "a result" and any(spec.requires_grad and spec.dtype.startswith("complex") for spec in case.tensors())


def _nothing_to_multiply(case: Case, deviation: Deviation) -> bool:
    input, matrix = case.tensors()[:2]
    concerned = deviation.property == "shape" or (case.form == "out" and deviation.property == "purity")
    return matrix.numel == 0 and input.numel == 1 and concerned


def _no_kernel_asked(case: Case, deviation: Deviation) -> bool:
    """refimpl refuses a dtype where torch computes nothing, and so does not look at it: no elements, or one that is copied."""
    refused = " not implemented for " in deviation.got or deviation.got.startswith("RuntimeError: expected scalar type")
    nothing = any(spec.numel == 0 or not spec.shape for spec in case.tensors())
    next_found = ("can't be cast to the desired output type Bool", "Autograd not support dtype", "Expected floating point type for target with class")
    return refused and nothing and (deviation.expected == "a result" or any(words in deviation.expected for words in next_found))


def _row_of_output(case: Case, deviation: Deviation) -> bool:
    return case.form == "out" and [len(spec.shape) for spec in case.tensors()[:2]] == [1, 2]


def _greatest_of_nothing(case: Case, deviation: Deviation) -> bool:
    refused = deviation.expected == "a result" and "Expected reduction dim to be specified" in deviation.got
    return refused and case.form == "out" and case.tensors()[0].numel == 0


def _folded_output(case: Case, deviation: Deviation) -> bool:
    apart = "must match the size of tensor" in deviation.expected or "doesn't match the broadcast shape" in deviation.expected
    unasked = " not implemented for " in deviation.got and any(spec.numel == 0 for spec in case.tensors()[:2])  # refimpl looks at the dtype
    return case.form == "out" and apart and (deviation.got == "a result" or unasked)


def _product_not_viewed(case: Case, deviation: Deviation) -> bool:
    return "view size is not compatible with input tensor's size and stride" in deviation.expected and deviation.got == "a result"


def _half_of_a_complex_sum(case: Case, deviation: Deviation) -> bool:
    given, written = case.tensors()[0].dtype, case.kwargs.get("out")
    real = written is not None and not written.dtype.startswith("complex")
    return given.startswith("complex") and real and deviation.expected == "a result" and deviation.got.startswith("RuntimeError: ")


def _variance_of_sixteen_bits(case: Case, deviation: Deviation) -> bool:
    refused = " not implemented for 'Complex" in deviation.got  # an output that no variance of real numbers can be written to
    return case.form == "out" and "std_var_all: Unsupported dtype" in deviation.expected and (deviation.got == "a result" or refused)


CALLS: list[KnownDifference] = [
    KnownDifference(
        "strides-that-address-nothing", ANY, ("strides", "purity"),
        "strides of dimensions of size 1, and of tensors without elements; of resized outputs, too",
        "such strides reach no element; which numbers stand there follows from how torch happens to implement an operation (the same "
        "function of floats and of integers may differ)",
        "import torch\n\nx = torch.zeros(4).as_strided((1, 4), (1, 1))\n"
        "assert x.isfinite().stride() == (4, 1) and x.int().isfinite().stride() == (1, 1)\n",
        _addresses_nothing, open=True,
    ),
    KnownDifference(
        "truth-values-written-to-leaves", ("logical_and", "logical_or", "logical_xor", "logical_not"), ("errors",),
        "in place, a leaf that requires grad", "torch refuses such a write, but for these: the values that a gradient is asked for are gone",
        "import torch\n\nx = torch.ones(2).requires_grad_()\nx.logical_not_()\ntry:\n    x.eq_(0)\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'leaf' in str(error)\n",
        lambda case, deviation: deviation.expected == "a result" and "leaf Variable that requires grad" in deviation.got,
    ),
    KnownDifference(
        "writes-to-shared-elements", ("__setitem__", "index_put", "index_put_", "index_fill", "masked_fill", "masked_scatter", "tril", "triu",
         "conj_physical", "nan_to_num", "addmm", "addmv", "addbmm", "baddbmm"),
        ("errors", "gradients"), "in place, on a tensor that is expanded, so that elements share memory",
        "torch deprecates such writes and warns, or does not notice (tril_, triu_, baddbmm_, addbmm_ of no terms, nan_to_num_ of integers); what "
        "results depends on the order of the writes. refimpl refuses them, with torch's own words for other operations",
        "import torch\n\nx = torch.zeros(1).expand(3)\nx[torch.tensor([0])] = 1.0  # a warning: deprecated\nassert x.tolist() == [1, 1, 1]\n",
        _written_overlap, open=True,
    ),
    KnownDifference(
        "outputs-with-shared-elements", ANY, ("errors",),
        "out= that is expanded, of an operation that computes before it writes (refimpl's page says so)",
        "what such an output holds afterwards depends on the order of the writes; whether torch refuses it, deprecates it or does not notice differs "
        "from one of its kernels to the next (a sum of bfloat16 over two dimensions refuses, one over all of them does not)",
        "import torch\n\nout = torch.zeros(1).expand(3)\ntorch.sum(torch.ones(3, 2), 1, out=out)  # not noticed\nassert out.tolist() != [2, 2, 2]\n",
        _shared_output, open=True,
    ),
    KnownDifference(
        "writes-that-are-not-counted", ("kron",), ("gradients",), "out= that was saved for a gradient",
        "torch writes through a view that has a version counter of its own: the write goes unnoticed, and the gradient is that of other numbers",
        "import torch\n\nout = torch.ones(2)\ntorch.kron(torch.ones(1), torch.ones(2), out=out)\nassert out._version == 0\n", _uncounted_write,
    ),
    KnownDifference(
        "order-of-resized-products", ("ldexp",), ("strides", "purity"), "out= that takes the shape of an expanded input, beside integer exponents",
        "torch gives the output the exponents' order of dimensions in memory, which the result without out= does not have: that is laid out as the "
        "input, and so is refimpl's output",
        "import torch\n\nx, n, out = torch.ones(3, 1).expand(3, 2), torch.zeros(2, 3).int().t(), torch.zeros(0)\ntorch.ldexp(x, n, out=out)\n"
        "assert out.stride() == (1, 3) and torch.ldexp(x, n).stride() == (2, 1)\n", _expanded_mantissas,
    ),
    KnownDifference(
        "complex-numbers-of-16-bits", ("result_type",), ("values",), "float16 beside a complex number",
        "torch promotes to complex32, in which few of its operations compute; refimpl goes on in complex64",
        "import torch\n\nassert torch.result_type(torch.ones(1, dtype=torch.float16), 1j) == torch.complex32\n", _complex32,
    ),
    KnownDifference(
        "real-parts-of-16-bits", ("dist",), ("dtype",), "float16 beside a complex tensor without dimensions",
        "torch's distance is a number of the precision of complex32, which is not among the twelve dtypes (and most of its gradients are "
        "refused, for there is no quotient of such numbers); refimpl's complex numbers are complex64 at least",
        "import torch\n\nx, y = torch.ones(1, dtype=torch.float16), torch.tensor(1j)\nassert torch.dist(x, y).dtype == torch.float16\n",
        _part_of_complex32,
    ),
    KnownDifference(
        "no-complex-gradient", ANY, ("errors",),
        "complex tensors that require grad",
        "torch has the formula and lacks only its entry in the list of operations that are differentiable for complex numbers; "
        "diagonal_scatter is on it. refimpl differentiates",
        "import torch\n\nx = torch.zeros(2, dtype=torch.complex64, requires_grad=True)\ntry:\n    torch.slice_scatter(x, x[:1], 0, 0, 1)\n"
        "    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'does not support automatic differentiation for outputs' in str(error)\n",
        _no_complex_gradient,
    ),
    KnownDifference(
        "addmv-of-nothing", ("addmv",), ("shape", "purity"), "a matrix without elements and an input of one element",
        "torch returns before the input is expanded: the result has one element, not as many as the matrix has rows; so does an output",
        "import torch\n\nassert torch.addmv(torch.ones(1), torch.zeros(2, 0), torch.zeros(0)).shape == (1,)\n", _nothing_to_multiply,
    ),
    KnownDifference(
        "no-kernel-asked", ANY, ("errors", "gradients"),
        "a dtype that the operation does not support, or two dtypes, and tensors without elements (of running sums and extremes: 0-d, too)",
        "torch looks at the dtype when it chooses a kernel, and chooses none where there is nothing to compute; refimpl supports a dtype or does not",
        "import torch\n\nx = torch.ones(0, 2, dtype=torch.bool)\nassert x.mm(torch.ones(2, 3, dtype=torch.bool)).shape == (0, 3)\n", _no_kernel_asked,
    ),
    KnownDifference(
        "vector-times-matrix-into-rows", ("matmul", "linalg.matmul"), ("purity", "strides", "warnings", "errors", "aliasing"),
        "a vector times a matrix, out=",
        "torch computes a matrix of one row: it gives the output that shape, with its warning, and takes the dimension away again",
        "import torch\n\nout = torch.zeros(6)[::2]\ntorch.matmul(torch.ones(2), torch.ones(2, 3), out=out)\nassert out.stride() == (1,)\n",
        _row_of_output,
    ),
    KnownDifference(
        "greatest-of-nothing", ("max", "min"), ("errors",), "out= of a floating point dtype, a tensor without elements",
        "torch refuses the call without out, and gives an infinity with it; refimpl refuses both",
        "import torch\n\nassert torch.max(torch.tensor([]), out=torch.tensor(0.0)) == float('-inf')\n", _greatest_of_nothing,
    ),
    KnownDifference(
        "matmul-into-strides", ("matmul", "linalg.matmul"), ("errors",), "a batch times a matrix or vector, an output that is not contiguous",
        "torch folds the batch into one matrix and cannot put what results into the output",
        "import torch\n\ntry:\n    torch.matmul(torch.zeros(2, 2, 2), torch.zeros(2), out=torch.zeros(2, 2).t())\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'must match the size of tensor' in str(error)\n", _folded_output,
    ),
    KnownDifference(
        "ldexp-into-another-dtype", ("ldexp",), ("errors",), "floats with integer exponents, out= of another dtype",
        "torch fails an assertion of its own",
        "import torch\n\ntry:\n    torch.ldexp(torch.ones(1), torch.tensor([1]), out=torch.ones(1, dtype=torch.float64))\n"
        "    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'INTERNAL ASSERT' in str(error)\n", _assertion_of_torch,
    ),
    KnownDifference(
        "variance-into-a-wider-output", ("var", "std"), ("errors",), "float16 and bfloat16, one result, out= of another dtype",
        "torch chooses its fast path by the output's dtype, and the path refuses the input's",
        "import torch\n\ny = torch.tensor(0.0)\ntry:\n    torch.var(torch.ones(2, dtype=torch.bfloat16), 0, out=y)\n    raise SystemExit(1)\n"
        "except RuntimeError as error:\n    assert 'std_var_all: Unsupported dtype' in str(error)\n", _variance_of_sixteen_bits,
    ),
    KnownDifference(
        "one-to-any-power", ("pow",), ("errors",), "the number 1 to the power of a tensor, and an output that cannot hold it",
        "torch fills the output with ones and looks at nothing else",
        "import torch\n\nout = torch.zeros(2, dtype=torch.int16)\nassert (torch.pow(1, torch.ones(2).double(), out=out) == 1).all()\n"
        "try:\n    torch.pow(2, torch.ones(2).double(), out=out)\n    raise SystemExit(1)\nexcept RuntimeError as error:\n"
        "    assert 'cast' in str(error)\n", _one_to_a_power,
    ),
    KnownDifference(
        "triangles-into-strides", ("tril", "triu"), (), "an output that is not contiguous, of two or more batch dimensions",
        "torch takes the batch dimensions of the output for one, with the last one's stride: it writes to other places, also beyond the output",
        "import torch\n\nx = torch.ones(3, 2, 1, 1)\nout = torch.zeros(40).as_strided((3, 2, 1, 1), (1, 4, 1, 1))\n"
        "assert torch.triu(x, out=out).sum() < 6\n", avoided=True,
    ),
    # -- the process ends ------------------------------------------------------------------------------
    KnownDifference(
        "lcm-crash", ("lcm",), (), "int32 or int64, the smallest integer and a negative number",
        "the quotient overflows and the process ends with a floating point exception",
        "import torch\n\ntorch.lcm(torch.tensor([-2**63]), torch.tensor([-127]))  # ends the process\n", avoided=True, signal="SIGFPE",
    ),
    KnownDifference(
        "truncated-quotient-crash", ("div", "divide"), (), "int32 or int64, the smallest integer by -1, rounding_mode=\"trunc\"",
        "the quotient overflows and the process ends with a floating point exception; refimpl wraps around",
        "import torch\n\ntorch.div(torch.tensor([-2**63]), -1, rounding_mode=\"trunc\")  # ends the process\n", avoided=True, signal="SIGFPE",
    ),
    KnownDifference(
        "kron-of-permuted", ("kron",), ("errors",), "operands in whose layout the blocks of the product lie apart",
        "torch views the product, which has the layout of its operands, in the shape of the result, and refuses where no view is possible; with "
        "``out=`` the same call succeeds",
        "import torch\n\na, b = torch.ones(2, 3).t(), torch.ones(2, 3)\ntorch.kron(a, b, out=torch.empty(0))\ntry:\n    torch.kron(a, b)\n"
        "    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'view size is not compatible' in str(error)\n", _product_not_viewed,
    ),
    KnownDifference(
        "complex-logsumexp-into-real", ("logsumexp",), ("errors",), "complex tensors and a real output",
        "torch casts the sum to the output's dtype before it takes the logarithm: what is written is not even the real part of the result",
        "import torch\n\nx = torch.tensor([1 + 1j, 2, 0.5 - 3j])\nwritten = torch.logsumexp(x, 0, out=torch.empty((), dtype=torch.float64))\n"
        "assert abs(written - torch.logsumexp(x, 0).real) > 0.03\n", _half_of_a_complex_sum,
    ),
    KnownDifference(
        "polygamma-hang", ("polygamma",), (), "n > 1, large negative numbers that are not whole",
        "torch takes a step for each integer between the number and 0: with -2**52 + 0.5 it does not end",
        "import time\n\nimport torch\n\nstart = time.perf_counter()\n"
        "torch.polygamma(2, torch.tensor([-2.0**24 + 0.5], dtype=torch.float64))\nassert time.perf_counter() - start > 0.01  # for one element\n",
        avoided=True,
    ),
    KnownDifference(
        "range-crash", ("range",), (), "an integer dtype and a step between -1 and 1",
        "the step is converted to the integer 0 and divided by: the process ends with a floating point exception",
        "import torch\n\ntorch.range(0.5, 7.75, 0.5, dtype=torch.uint8)  # ends the process\n", avoided=True, signal="SIGFPE",
    ),
]  # fmt: skip
