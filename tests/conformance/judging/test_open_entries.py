"""Where the result is open, the entry says what may come: anything else fails, and so does another dtype."""

from __future__ import annotations

import math

import pytest
import torch

from conformance.accuracy.number_formats import encode
from conformance.backends import find_backend
from conformance.backends.torch_backend import Torch
from conformance.cases.case import Case, DType, TensorSpec, contiguous_strides
from conformance.catalogue.entries import entry
from conformance.judging.judge import Judge
from conformance.judging.statistics import Statistics
from conformance.known_differences import KNOWN

inf, nan = math.inf, math.nan


class Planted(Torch):
    """torch's CPU, whose first result (or gradient) is changed."""

    def __init__(self, change, gradient=False):
        super().__init__("cpu")
        self.name = "planted"
        self.change, self.of_gradient = change, gradient

    def call(self, operation, form, args, kwargs):
        result = super().call(operation, form, args, kwargs)
        if self.of_gradient:
            return result
        return self.change(result) if isinstance(result, torch.Tensor) else type(result)([self.change(result[0]), *result[1:]])

    def gradients(self, outputs, inputs, cotangents, create_graph):
        first, *others = super().gradients(outputs, inputs, cotangents, create_graph)
        return [self.change(first) if self.of_gradient else first, *others]


def at(element, change):
    """A change of one element, in row-major order."""

    def changed(tensor):
        with torch.no_grad():
            index = tuple(int(i) for i in torch.unravel_index(torch.tensor(element), tensor.shape)) if tensor.dim() else ()
            tensor[index] = change(tensor[index].item())
        return tensor

    return changed


def garbage(x):
    """A number that nothing explains."""
    if isinstance(x, bool):
        return not x
    return x + 100 if math.isfinite(x) else 123.0


def case(operation, *operands, form="function", dtype="float32", shapes=None, strides=None, grad=0, seed=None, **kwargs):
    """A call with a tensor for each list of numbers; other operands as they are."""
    buffers, args = [], []
    for operand in operands:
        if isinstance(operand, list):
            number = len(buffers)
            shape = (shapes or {}).get(number, (len(operand),))
            kind = "int64" if operand and all(isinstance(v, int) and not isinstance(v, bool) for v in operand) else dtype
            buffers.append(encode(operand, kind))
            args.append(TensorSpec(number, kind, shape, (strides or {}).get(number, contiguous_strides(shape)), 0, grad > 0))
        else:
            args.append(operand)
    return Case(operation, form, tuple(buffers), tuple(args), kwargs, grad=grad, seed=seed)


# For each open entry a call to which it applies, and an element that is open there.
CASES = {
    "float-ranges": (Case("linspace", "function", (), (0.0, 1.0, 50)), 7),
    "logspace-beyond-integers": (Case("logspace", "function", (), (2.0, 5.0, 9), {"base": 3.0, "dtype": DType("int8")}), 8),
    "factors-of-16-bits": (case("rsub", [14.375, 14.375], [1.40625, 1.40625], dtype="bfloat16", alpha=0.1), 1),
    "median-of-expanded": (case("median", [0.0, 1.0, 2.0], 0, shapes={0: (3,)}, strides={0: (0,)}), 0),
    "order-of-shared-writes": (
        case("select_scatter", [0.0] * 7, [float(i) for i in range(8)], 1, 0, shapes={0: (2, 3, 4), 1: (2, 4)}, strides={0: (1, 1, 1)}), 4,
    ),
    "order-of-places-of-a-view": (case("as_strided_scatter", [0.0] * 3, [0.0, 1.0, 2.0, 3.0], (2, 2), (1, 1), shapes={1: (2, 2)}), 1),
    "end-at-a-zero": (case("lerp", [-0.0] * 17, [-0.0] * 17, [1.0] * 17, dtype="float64"), 3),
    "interpolation-with-infinity": (case("lerp", [0.0] * 2, [inf] * 2, 0.75), 1),
    "extremes-of-zeros": (case("maximum", [-0.0] * 17, [0.0] * 17), 3),
    "multinomial-ties": (case("multinomial", [0.5, 0.5, 0.25, 2.0, 2.0], 3, dtype="float16", seed=1), 0),
    "product-times-zero": (case("addmv", [1.0, 2.0], [nan] * 4, [nan] * 2, shapes={1: (2, 2)}, alpha=0), 1),
    "least-squares-by-columns-of-nobody": (case("linalg.lstsq", [0.0, 1.0], [1.0], shapes={0: (1, 2), 1: (1, 1)}), 1),
    "one-place-for-several": (
        case("nn.functional.max_unpool2d", [0.0, 1.0, 2.0, 3.0], [0, 0, 0, 0], 2, shapes={0: (1, 2, 2), 1: (1, 2, 2)}), 0,
    ),
    "rank-of-a-rounding": (case("linalg.matrix_rank", [1.0, 2.0, 2.0, 4.0], shapes={0: (2, 2)}, tol=-1.0), 0),
    "norms-of-what-cancels": (case("lp_pool1d", [1.0, 0.3, -1.0, -0.3], 3, 4, shapes={0: (1, 4)}), 0),
    "logit-gradient-at-negative-zero": (case("logit", [-0.0, 0.25], dtype="float64", grad=1), 0),
    "order-of-repeated-indices": (
        Case("index_put", "function", (encode([7.0], "float32"), encode([0] * 4, "int64"), encode([0.0, 1.0, 2.0, 3.0], "float32")),
             (TensorSpec(0, "float32", (1,), (1,)), (TensorSpec(1, "int64", (4,), (1,)),), TensorSpec(2, "float32", (4,), (1,)))), 0,
    ),
    "strides-that-address-nothing": (case("isfinite", [0.0] * 4, shapes={0: (1, 4)}, strides={0: (1, 1)}), 0),
    "overflow-beside-an-infinity": (case("conv1d", [3e38, -1.0], [-1e9, -inf], shapes={0: (1, 2, 1), 1: (1, 2, 1)}), 0),
    "scores-beside-an-infinity": (
        case("scaled_dot_product_attention", [3e38, -inf], [1e9, 1.0], [2.0], shapes={0: (1, 1, 1, 2), 1: (1, 1, 1, 2), 2: (1, 1, 1, 1)}), 0,
    ),
    "infinite-means-in-normalisations": (
        case("native_batch_norm", [inf, 1.0], None, None, None, None, True, 0.5, 1e-5, shapes={0: (1, 1, 2)}), 0,
    ),
    "beside-what-is-not-finite": (case("nn.functional.interpolate", [1.0, inf, 2.0, 3.0], shapes={0: (1, 1, 4)}, size=8, mode="linear"), 2),
    "sampled-beside-what-is-not-finite": (
        case("grid_sampler", [1.0, inf, 2.0], [1 / 3 - 1, 0.0], 0, 1, False, shapes={0: (1, 1, 1, 3), 1: (1, 1, 1, 2)}), 0,
    ),
    "sign-of-a-shrunken-zero": (case("softshrink", [-0.25] * 17), 3),
    "einsum-of-several-dtypes": (
        Case("einsum", "function", (encode([1.001] * 3, "float16"), encode([1.0] * 3, "float64")),
             ("i,i,j->j", *[TensorSpec(i, kind, (3,), (1,)) for i, kind in ((0, "float16"), (0, "float16"), (1, "float64"))])), 0,
    ),
    "lstm-gates-of-a-narrower-dtype": (
        Case("lstm_cell", "function", (encode([0.5], "float32"), encode([0.25], "float64"), encode([1.0] * 4, "float32")),
             (TensorSpec(0, "float32", (1, 1), (1, 1)), (TensorSpec(0, "float32", (1, 1), (1, 1)), TensorSpec(1, "float64", (1, 1), (1, 1))),
              TensorSpec(2, "float32", (4, 1), (1, 1)), TensorSpec(2, "float32", (4, 1), (1, 1)))), 0,
    ),
}  # fmt: skip

# Refusals, layouts, programs, and memory that nobody has written or that is read while it is written: what is open there is no number that could
# be told from garbage.
WITHOUT_NUMBERS = {
    "writes-to-shared-elements", "outputs-with-shared-elements", "grown-storage", "writes-to-shared-elements-in-programs",
    "gradients-that-are-views", "extremes-of-zeros-in-programs", "bits-of-a-nan",
    "versions-counted-inside", "data-of-an-inference-tensor", "graph-of-an-inference-tensor", "polynomials-of-nan",
    "linear-algebra-over-its-input", "lu-unpack-pivots", "ldl-solve-pivots", "parameters-that-share-memory", "layout-of-batch-norm",
    "rounded-running-statistics", "attention-of-shared-elements", "values-without-keys", "losses-of-no-samples",
    "pivots-of-nobody", "rows-that-share-memory", "condition-of-a-singular-matrix", "floats-beyond-uint32",
    "singular-values-of-infinities", "eigenvalues-of-what-is-not-finite", "weights-that-meet-only-padding",
}  # fmt: skip


def judge(case, backend):
    row = entry(case.operation)
    statistics = Statistics(row.operation.name, backend.name)
    return Judge(backend, row.operation, row.contract, statistics).check(case), statistics


def test_every_open_entry_is_tried():
    assert {known.identifier for known in KNOWN if known.open} == set(CASES) | WITHOUT_NUMBERS


@pytest.mark.parametrize("name", CASES)
def test_torch_and_refimpl_pass(name):
    for backend in ("torch:cpu", "refimpl:cpu"):
        assert judge(CASES[name][0], find_backend(backend))[0] == []


@pytest.mark.parametrize("name", CASES)
def test_a_hundred_more_is_no_number_that_may_come(name):
    call, element = CASES[name]
    found, _ = judge(call, Planted(at(element, garbage), call.grad > 0))
    assert [deviation.property for deviation in found] == ["gradients" if call.grad else "values"]


@pytest.mark.parametrize("name", CASES)
def test_another_dtype_fails(name):
    call, _ = CASES[name]
    other = torch.float16 if entry(call.operation).contract.kind != "exact" or call.grad else torch.int16
    found, _ = judge(call, Planted(lambda tensor: tensor.to(other), call.grad > 0))
    assert "gradients" if call.grad else "dtype" in [deviation.property for deviation in found]


# What may come, and is neither torch's nor refimpl's: another of the values that were written.
ALLOWED = {
    "order-of-shared-writes": 2.0,
    "order-of-repeated-indices": 1.0,
    "float-ranges": lambda x: x * (1 + 2**-23),
    "median-of-expanded": 2.0,
    "multinomial-ties": 2,
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_the_entry_allows_passes_and_is_counted(name):
    call, element = CASES[name]
    allowed = ALLOWED[name]
    found, statistics = judge(call, Planted(at(element, allowed if callable(allowed) else lambda x: allowed)))
    assert found == [] and (statistics.known_count[name] or name in ("multinomial-ties", "float-ranges"))
