"""16-bit floats are added up in float32, unless a backend declares that it does not; and what may overflow on the way."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from conformance.accuracy.contracts import Adding, accumulated, compare, conditioned
from conformance.accuracy.number_formats import encode
from conformance.backends import find_backend
from conformance.backends.base import declared_accumulators
from conformance.backends.torch_backend import Torch
from conformance.cases.case import Case, TensorSpec, contiguous_strides
from conformance.catalogue.entries import entry
from conformance.judging.judge import Judge
from conformance.judging.statistics import Statistics

inf, nan = math.inf, math.nan
SIXTEEN = ("float16", "bfloat16")


class InSixteenBits(Torch):
    """torch's CPU, but sums, means and products of matrices of 16-bit floats are added up term by term in 16 bits."""

    def __init__(self, declared: bool = False) -> None:
        super().__init__("cpu")
        self.name = "in sixteen bits"
        if declared:
            self.capabilities = replace(self.capabilities, accumulators={"float16": "float16", "bfloat16": "bfloat16"})

    def call(self, operation, form, args, kwargs):
        result = super().call(operation, form, args, kwargs)
        x = args[0]
        total = torch.zeros_like(result)
        if operation == "mm":
            for k in range(x.shape[1]):
                total += x[:, k : k + 1] * args[1][k : k + 1]
        elif operation == "norm":
            for element in x.flatten():
                total += element * element
            total = total.sqrt()
        else:
            for element in x.flatten():
                total += element
            total = total / x.numel() if operation == "mean" else total
        return result.copy_(total)


def numbers(count, dtype):
    return encode([0.5 + (7 * i % 11) / 8 for i in range(count)], dtype)


def case_of(operation, dtype, values, shape, other=None):
    def spec(number, size):
        return TensorSpec(number, dtype, size, contiguous_strides(size))

    data = encode(values, dtype) if isinstance(values, list) else values
    args = (spec(0, shape),) if other is None else (spec(0, shape), spec(1, other))
    return Case(operation, "function", (data,) if other is None else (data, numbers(math.prod(other), dtype)), args)


def judge(case, backend):
    row = entry(case.operation)
    return Judge(backend, row.operation, row.contract, Statistics(row.operation.name, backend.name)).check(case)


CASES = [("sum", (300,), None), ("mean", (300,), None), ("norm", (3000,), None), ("mm", (2, 300), (300, 3))]


@pytest.mark.parametrize("dtype", SIXTEEN)
@pytest.mark.parametrize(("operation", "shape", "other"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_who_adds_up_in_sixteen_bits_fails_unless_that_is_declared(operation, shape, other, dtype):
    case = case_of(operation, dtype, numbers(math.prod(shape), dtype), shape, other)
    assert judge(case, find_backend("torch:cpu")) == [] == judge(case, find_backend("refimpl:cpu")) == judge(case, find_backend("refimpl:host_numpy"))
    assert [deviation.property for deviation in judge(case, InSixteenBits())] == ["values"]
    assert judge(case, InSixteenBits(declared=True)) == []


@pytest.mark.parametrize("backend", ["refimpl:cpu", "refimpl:host_torch", "refimpl:host_numpy"])
@pytest.mark.parametrize("operation", ["prod", "addmm"])
def test_refimpls_devices_multiply_sixteen_bits_in_float32(operation, backend):
    if operation == "prod":
        case = case_of("prod", "float16", [0.0092] * 6 + [7.0] * 6 + [2.07] * 6, (18,))
    else:
        specs = [TensorSpec(n, "bfloat16", (3, 3), (3, 1)) for n in range(3)]
        data = tuple(encode([0.1 * (i * 7 % 13) - 0.5 * n for i in range(9)], "bfloat16") for n in range(3))
        case = Case("addmm", "function", data, tuple(specs))
    assert judge(case, find_backend(backend)) == []


def test_the_bound_has_the_roundoff_of_the_accumulator_and_one_rounding():
    one, others = encode([2048.0], "float16"), [encode([2048.0 + 2 * i], "float16") for i in range(1, 8)]
    in_float32, in_float16 = Adding("float32"), Adding("float16")
    assert compare(accumulated(1), "float16", one, others[0], [2048.0], 7, None, in_float32).ok
    assert not compare(accumulated(1), "float16", one, others[1], [2048.0], 7, None, in_float32).ok
    assert compare(accumulated(1), "float16", one, others[3], [2048.0], 7, None, in_float16).ok
    assert compare(accumulated(1), "float16", one, others[6], [1e6], 7, None, Adding("float32")).ok is False


def test_partial_sums_overflow_in_the_accumulator_only():
    one, infinite = encode([1000.0], "float16"), encode([inf], "float16")
    assert not compare(accumulated(1), "float16", one, infinite, [2e5], 3, None, Adding("float32")).ok
    assert compare(accumulated(1), "float16", one, infinite, [2e5], 3, None, Adding("float16")).ok
    # the exact sum is next to the largest number, and is rounded to either side
    largest = encode([65504.0], "float16")
    assert compare(accumulated(1), "float16", largest, infinite, [1e6], 3, None, Adding("float32")).ok
    assert not compare(accumulated(1), "float16", encode([60000.0], "float16"), infinite, [1e6], 3, None, Adding("float32")).ok
    # an infinite term is not a finite sum that is rounded
    for finite in (1.0, 65440.0):
        assert not compare(accumulated(1), "float16", infinite, encode([finite], "float16"), [1e3], 3, None, Adding("float32")).ok


def squares(x):
    return x * x


def test_squares_may_overflow_or_vanish_in_the_accumulator():
    for contract in (accumulated(2), conditioned(4)):
        big, infinite, small, zero = (encode([x], "float32") for x in (1e30, inf, 1e-30, 0.0))
        assert compare(contract, "float32", big, infinite, [1e30], 2, None, Adding("", squares)).ok
        assert compare(contract, "float32", small, zero, [1e-30], 2, None, Adding("", squares)).ok
        assert not compare(contract, "float32", big, infinite, [1.0], 2).ok
        assert not compare(contract, "float32", infinite, encode([float("nan")], "float32"), [inf], 2, None, Adding("", squares)).ok
        assert not compare(contract, "float32", encode([1e-15], "float32"), zero, [1e-15], 2, None, Adding("", squares)).ok
        assert not compare(contract, "float32", encode([1e15], "float32"), infinite, [1e15], 2, None, Adding("", squares)).ok
        assert not compare(contract, "float32", small, encode([1e-20], "float32"), [1e-30], 2, None, Adding("", squares)).ok
        assert not compare(contract, "float16", encode([300.0], "float16"), encode([inf], "float16"), [300.0], 2, None, Adding("float32", squares)).ok
        assert compare(contract, "float16", encode([300.0], "float16"), encode([inf], "float16"), [300.0], 2, None, Adding("float16", squares)).ok


def test_a_finite_partial_sum_may_overflow_beside_an_infinite_term():
    """-3e38 - 3e38 + inf: infinity, or NaN if the first two are added first."""
    case = case_of("sum", "float32", [-3e38, -3e38, inf], (3,))

    class Other(Torch):
        def call(self, operation, form, args, kwargs):
            return super().call(operation, form, args, kwargs).fill_(self.value)

    for value, ok in ((nan, True), (inf, True), (0.0, False)):
        backend = Other("cpu")
        backend.value = value
        assert (judge(case, backend) == []) is ok
    backend.value = nan
    assert judge(case_of("sum", "float32", [-3e37, -3e37, inf], (3,)), backend) != []


class BackwardInSixteenBits(Torch):
    """torch's CPU, whose gradients are added up in 16 bits where an operand was expanded."""

    def gradients(self, outputs, inputs, cotangents, create_graph):
        found = list(super().gradients(outputs, inputs, cotangents, create_graph))
        total = torch.zeros((), dtype=cotangents[0].dtype)
        for element in cotangents[0]:
            total += element
        found[0] = total.reshape(found[0].shape)
        return found


@pytest.mark.parametrize("dtype", SIXTEEN)
def test_gradients_are_added_up_in_float32_too(dtype):
    specs = (TensorSpec(0, dtype, (1,), (1,), 0, True), TensorSpec(1, dtype, (30000,), (1,)))
    case = Case("add", "function", (encode([1.5], dtype), numbers(30000, dtype)), specs, grad=1)
    assert judge(case, find_backend("torch:cpu")) == [] == judge(case, find_backend("refimpl:cpu"))
    assert [deviation.property for deviation in judge(case, BackwardInSixteenBits("cpu"))] == ["gradients"]


def test_what_is_declared_of_sums_is_told():
    assert declared_accumulators(find_backend("torch:cpu")) == {}
    assert declared_accumulators(InSixteenBits(declared=True)) == {"sums": "float16 in float16, bfloat16 in bfloat16"}
