"""Known differences of products of vectors and matrices, and of distances."""

from __future__ import annotations

import cmath
import math
from typing import Any

from ...accuracy.number_formats import FORMATS, REAL, is_float
from ...cases.case import Case, TensorSpec, map_values
from ...cases.deviation import Deviation
from ..entry import KnownDifference, arguments, complex_number, dtype_of, finite, magnitude, numbers, size


def _of_bool(case: Case, deviation: Deviation) -> bool:
    """refimpl refuses bool where torch has a result."""
    return deviation.expected == "a result" and "not implemented for 'Bool'" in deviation.got


def _expanded_in_place(case: Case, deviation: Deviation) -> bool:
    return case.form == "inplace" and deviation.got.startswith("RuntimeError: Bad in-place call") and deviation.expected == "a result"


def _no_batches(case: Case, deviation: Deviation) -> bool:
    """refimpl refuses dtypes that do not fit, where no matrices are multiplied."""
    unlike = (" and mat2 must have the same dtype, but got ", "not implemented for 'Bool'", "Expected out tensor to have dtype ")
    none = any(spec.shape[0] == 0 for spec in case.tensors() if len(spec.shape) == 3)
    return none and deviation.expected == "a result" and any(words in deviation.got for words in unlike)


def _squares_out_of_range(case: Case, deviation: Deviation) -> bool:
    sizes = [magnitude(v) for spec in case.tensors() for v in numbers(case, spec) if math.isfinite(magnitude(v)) and v]
    return dtype_of(deviation) == "float64" and bool(sizes) and (max(sizes) > 1e150 or min(sizes) < 1e-150)


def _overflowing_products(case: Case, deviation: Deviation) -> bool:
    largest = [max((abs(v) for v in numbers(case, spec) if abs(v) < math.inf), default=0.0) for spec in case.tensors()[:2]]
    overflows = math.prod(largest) > FORMATS["float64"].largest
    lost = (not finite(deviation.expected) or not finite(deviation.got)) and overflows or size(deviation.expected) == size(deviation.got) == 0.0
    return dtype_of(deviation) in ("float64", "complex128") and lost


def _by_products(case: Case, deviation: Deviation) -> bool:
    """Squares that differ by what rounding leaves of sums of squares, which cancel."""
    named, specs = arguments(case), case.tensors()[:2]
    asked = named.get("compute_mode") == "use_mm_for_euclid_dist" or any(spec.shape[-2] > 25 for spec in specs)
    if dtype_of(deviation) != "float64" or named.get("p", 2.0) != 2 or named.get("compute_mode") == "donot_use_mm_for_euclid_dist" or not asked:
        return False
    terms = specs[0].shape[-1]
    squares = math.fsum(terms * max(map(abs, numbers(case, spec)), default=0.0) ** 2 for spec in specs)
    return abs(size(deviation.expected) ** 2 - size(deviation.got) ** 2) <= 2 * (terms + 4) * FORMATS["float64"].unit_roundoff * squares


def _of_several_dtypes(case: Case, deviation: Deviation) -> bool:
    """Results that roundings of the narrowest dtype explain, of sums and of products on the way, or that are not finite."""
    dtypes = {REAL.get(spec.dtype, spec.dtype) for spec in case.tensors() if is_float(spec.dtype)}
    if len({spec.dtype for spec in case.tensors()}) < 2 or not dtypes or "element" not in deviation.details:
        return False
    a, b = complex_number(deviation.expected), complex_number(deviation.got)
    if not (cmath.isfinite(a) and cmath.isfinite(b)):
        return True
    absolute, terms = _absolute_terms(case), sum(spec.numel for spec in case.tensors())
    allowed = terms * max(FORMATS[dtype].unit_roundoff for dtype in dtypes) * absolute[int(deviation.details["element"])]
    return abs(a - b) <= allowed or not math.isfinite(allowed)


def _absolute_terms(case: Case) -> list[float]:
    """The elements of the call's result for the absolute values of its operands, in float64."""
    import torch

    def leaf(value: Any) -> Any:
        if not isinstance(value, TensorSpec):
            return value
        return torch.tensor([magnitude(number) for number in numbers(case, value)], dtype=torch.float64).reshape(value.shape)

    result: list[float] = torch.einsum(*map_values(case.args, leaf)).reshape(-1).tolist()
    return result


def _each_square_rounded(case: Case, deviation: Deviation) -> bool:
    """As far off as one rounding for each element may take it."""
    terms = max(spec.numel for spec in case.tensors())
    wide = case.tensors()[0].dtype in ("float64", "complex128") and finite(deviation.expected) and finite(deviation.got)
    apart = complex_number(deviation.expected) - complex_number(deviation.got)
    return wide and terms > 1000 and magnitude(apart) <= terms * 2.0**-53 * size(deviation.got)


def _by_way_of_complex32(case: Case, deviation: Deviation) -> bool:
    """A float16 tensor with dimensions, and a complex one without."""
    kinds = {(spec.dtype in REAL, bool(spec.shape)): spec.dtype for spec in case.tensors()}
    return kinds.get((False, True)) == "float16" and (True, False) in kinds and len(case.tensors()) == 2


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "distances-in-complex32", ("dist", "pairwise_distance"), ("dtype", "values", "gradients", "layout"),
        "float16, and a complex tensor without dimensions",
        "torch promotes to complex32, which is not among the twelve dtypes and has few kernels, and the distance is float16; refimpl's complex "
        "numbers are complex64 at least",
        "import torch\n\nassert torch.pairwise_distance(torch.ones(1, dtype=torch.float16), torch.tensor(1j)).dtype == torch.float16\n",
        _by_way_of_complex32,
    ),
    KnownDifference(
        "inner-product-of-bool", ("inner", "tensordot", "chain_matmul", "linalg.multi_dot", "einsum"), ("errors",), "tensors of bool",
        "torch has no products of bool matrices, but looks at the dtype late: it refuses two contiguous vectors and multiplies others, and "
        "refuses matrices but for those without elements",
        "import torch\n\nx = torch.ones(6, dtype=torch.bool)\nassert torch.inner(x[::2], x[::2])\ntry:\n    torch.inner(x, x)\n"
        "    raise SystemExit(1)\nexcept NotImplementedError:\n    pass\n", _of_bool,
    ),
    KnownDifference(
        "cross-product-of-large-numbers", ("cross", "linalg.cross"), ("values",), "float64, where a product overflows, or both underflow",
        "compiled for processors that have it, torch fuses a product with the subtraction: their difference is infinite, and not NaN, or "
        "finite, and not infinite, or a zero of the other sign",
        "import torch\n\nx = torch.full((3,), 1e300, dtype=torch.float64)\nassert (torch.cross(x, x, 0) != 0).all()  # inf - inf, or -inf\n",
        _overflowing_products,
    ),
    KnownDifference(
        "addbmm-of-no-batches", ("addbmm",), ("errors",), "batches without matrices, of another dtype than the input, or of bool; "
        "an output of another dtype",
        "torch multiplies the matrices one after the other, and so does not look at the dtype of none, nor at that of what it writes",
        "import torch\n\nassert torch.addbmm(torch.ones(2, 3), torch.ones(0, 2, 4).double(), torch.ones(0, 4, 3).double()).dtype == torch.float32\n"
        "out = torch.zeros(2, 3, dtype=torch.uint8)\n"
        "assert (torch.addbmm(torch.ones(2, 3), torch.ones(0, 2, 4), torch.ones(0, 4, 3), out=out) == 1).all()\n",
        _no_batches,
    ),
    KnownDifference(
        "distances-twice", ("cdist", "pdist"), ("gradients",), "second order",
        "torch has no formula for the second derivative",
        "import torch\n\nx = torch.tensor([[0.0], [1.0]], requires_grad=True)\n"
        "(g,) = torch.autograd.grad(torch.pdist(x), x, create_graph=True)\n"
        "try:\n    g.sum().backward()\n    raise SystemExit(1)\n"
        "except NotImplementedError as error:\n    assert 'is not implemented' in str(error)\n",
        lambda case, deviation: "dist_backward' is not implemented" in deviation.expected and deviation.got == "None",
    ),
    KnownDifference(
        "pdist-of-no-rows-crash", ("pdist",), (), "the gradient of a matrix without rows",
        "torch reads beyond the memory of the result, and the process ends with a segmentation fault",
        "import torch\n\ntorch.pdist(torch.ones(0, 3, requires_grad=True)).sum().backward()  # ends the process\n", avoided=True, signal="SIGSEGV",
    ),
    KnownDifference(
        "greatest-difference-of-nan", ("cdist",), ("values",), "p = inf and NaN among the elements",
        "torch takes the maximum by a comparison that is false for NaN, and so leaves it out; pdist gives NaN, as do all other orders",
        "import torch\n\nnan = float('nan')\nassert torch.cdist(torch.tensor([[nan, 1.0]]), torch.zeros(1, 2), p=float('inf')) == 1.0\n"
        "assert torch.pdist(torch.tensor([[nan, 1.0], [0.0, 0.0]]), p=float('inf')).isnan()\n",
        lambda case, deviation: deviation.got == "nan",
    ),
    KnownDifference(
        "lengths-of-mixed-vectors", ("cosine_similarity",), ("values", "gradients"), "two floating point dtypes",
        "torch finds the length of each vector in its own dtype, and rounds it, before the two are promoted",
        "import torch\n\nx = torch.tensor([1.0, 1.0, 1.0])\nassert abs(torch.cosine_similarity(x, x.double(), 0) - 1.0) > 1e-9\n",
        lambda case, deviation: len({spec.dtype for spec in case.tensors()}) == 2,
    ),
    KnownDifference(
        "squares-added-one-by-one",
        ("cosine_similarity", "cdist", "pdist", "pairwise_distance", "triplet_margin_loss", "triplet_margin_with_distance_loss"), ("gradients",),
        "float64 and complex128, thousands of elements",
        "torch adds the squares up one after the other: the error of a length, and of a gradient that is divided by it, grows with their number",
        "import torch\n\nx = torch.full((30000,), 1.1 + 0.7j, dtype=torch.complex128)\n"
        "assert abs(torch.norm(x) / abs(x[0]) - 30000**0.5) > 1e-13  # exactly 0\n",
        _each_square_rounded,
    ),
    KnownDifference(
        "distances-by-products", ("cdist",), ("values",), "float64, p = 2, more than 25 rows, or ``use_mm_for_euclid_dist``",
        "torch takes the root of |x|**2 + |y|**2 - 2 x.y, whose terms cancel where the points are near to each other",
        "import torch\n\nx = torch.full((26, 1), 3.0, dtype=torch.float64)\ny = x[:1] + 1e-9\n"
        "assert (torch.cdist(x, y) - 1e-9).abs().max() > 1e-10  # 1.0000000827e-9\n", _by_products,
    ),
    KnownDifference(
        "lengths-out-of-range",
        ("cosine_similarity", "cdist", "pdist", "pairwise_distance", "triplet_margin_loss", "triplet_margin_with_distance_loss"), ("values",),
        "float64, elements whose squares are beyond the largest number or below the smallest",
        "torch adds up the squares themselves: the length of a vector comes out infinite, or 0",
        "import torch\n\nx = torch.full((3,), 1e200, dtype=torch.float64)\nassert torch.cosine_similarity(x, x, 0) == 0.0\n", _squares_out_of_range,
    ),
    KnownDifference(
        "einsum-of-several-dtypes", ("einsum",), ("values",), "operands that have not one dtype",
        "torch rounds sums of one operand, and the product of the first two of three, to their own dtype, and every backend adds up in its own "
        "order; refimpl rounds no sum of a single operand to a narrower dtype than the result's",
        "import torch\n\nx = torch.tensor([256.0, 1.0]).bfloat16()\nassert torch.einsum('i,->', x, torch.tensor(1.0)) == 256.0  # and not 257\n",
        _of_several_dtypes, open=True,
    ),
    KnownDifference(
        "addbmm-resizes", ("addbmm",), ("errors",), "an in-place form whose result has another shape than the tensor that is written",
        "torch gives the tensor another shape, where the in-place forms of all other products refuse it",
        "import torch\n\nx = torch.ones(1, 3)\nx.addbmm_(torch.ones(5, 2, 4), torch.ones(5, 4, 3))\nassert x.shape == (2, 3)\n", _expanded_in_place,
    ),
]  # fmt: skip
