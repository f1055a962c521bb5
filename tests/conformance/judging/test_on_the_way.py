"""What is rounded, or overflows, on the way to a result and does not show in it: an honest backend passes, and nothing else does."""

from __future__ import annotations

import math

import pytest
import torch

from conformance.accuracy.number_formats import encode
from conformance.backends.torch_backend import Torch
from conformance.cases.case import Case, TensorSpec, contiguous_strides
from conformance.catalogue.entries import entry
from conformance.judging.judge import Judge
from conformance.judging.statistics import Statistics


class _Planted(Torch):
    """torch's CPU with another number in the first element of the result, or with gradients multiplied by a factor."""

    def __init__(self, value=None, factor=1.0):
        super().__init__("cpu")
        self.name, self.value, self.factor = "planted", value, factor

    def call(self, operation, form, args, kwargs):
        result = super().call(operation, form, args, kwargs)
        if self.value is not None:
            result.view(-1)[0] = self.value
        return result

    def gradients(self, outputs, inputs, cotangents, create_graph):
        return [each * self.factor for each in super().gradients(outputs, inputs, cotangents, create_graph)]


def _passes(case, **planted):
    row = entry(case.operation)
    return Judge(_Planted(**planted), row.operation, row.contract, Statistics(row.operation.name, "planted")).check(case) == []


def _call(operation, *tensors, grad=0, **kwargs):
    """A call on float32 tensors: (numbers, shape) each, and other arguments as they are."""
    buffers, args = [], []
    for each in tensors:
        if isinstance(each, tuple) and isinstance(each[0], list):
            args.append(TensorSpec(len(buffers), "float32", each[1], contiguous_strides(each[1]), 0, grad > 0))
            buffers.append(encode(each[0], "float32"))
        else:
            args.append(each)
    return Case(operation, "function", tuple(buffers), tuple(args), kwargs, grad=grad)


@pytest.mark.parametrize(("value", "passes"), [(1.5, True), (1.5001, True), (1.4999, True), (1.51, False), (0.0, False), (math.nan, False)])
def test_a_mean_that_has_been_rounded_does_not_cancel(value, passes):
    case = _call("layer_norm", ([1.0], (1, 1)), (1,), ([1.0], (1,)), ([1.5], (1,)), 1e-5)
    assert _passes(case, value=value) == passes


@pytest.mark.parametrize(("value", "passes"), [(1.5, True), (math.nan, True), (100.0, False)])
def test_squares_that_overflow_leave_the_bias_or_nan(value, passes):
    case = _call("layer_norm", ([1.0, 3e38, 2.0], (1, 3)), (3,), ([1.0] * 3, (3,)), ([1.5] * 3, (3,)), 1e-5)
    assert _passes(case, value=value) == passes


@pytest.mark.parametrize(("value", "passes"), [(math.nan, True), (math.inf, True), (7.0, True)])
def test_scores_that_overflow_leave_any_weights(value, passes):
    case = _call("scaled_dot_product_attention", ([3e38, 3e38], (1, 1, 1, 2)), ([1.0, -1.0], (1, 1, 1, 2)), ([2.0], (1, 1, 1, 1)))
    assert _passes(case, value=value) == passes


@pytest.mark.parametrize(("factor", "passes"), [(1.0, True), (1 + 2**-14, True), (1 + 2**-7, False)])
def test_weights_that_are_computed_again_are_off_by_a_rounding_of_their_exponents(factor, passes):
    query, key, value = ([30.0, 40.0], (1, 1, 1, 2)), ([10.0, 10.0, 9.0, 11.0], (1, 1, 2, 2)), ([1.0, 2.0], (1, 1, 2, 1))
    assert _passes(_call("scaled_dot_product_attention", query, key, value, grad=1), factor=factor) == passes


@pytest.mark.parametrize(("factor", "passes"), [(1.0, True), (1 + 2**-14, False)])
def test_small_exponents_excuse_nothing(factor, passes):
    query, key, value = ([0.3, 0.4], (1, 1, 1, 2)), ([1.0, 1.0, 0.9, 1.1], (1, 1, 2, 2)), ([1.0, 2.0], (1, 1, 2, 1))
    assert _passes(_call("scaled_dot_product_attention", query, key, value, grad=1), factor=factor) == passes


@pytest.mark.parametrize("window", ["exponential", "gaussian"])
def test_equally_spaced_numbers_are_off_by_roundings_of_the_largest(window):
    right = getattr(torch.signal.windows, window)(3)[0].item()
    case = Case(f"signal.windows.{window}", "function", (), (3,), {})
    assert _passes(case, value=right * (1 + 2**-21))
    assert not _passes(case, value=right * (1 + 2**-12))
