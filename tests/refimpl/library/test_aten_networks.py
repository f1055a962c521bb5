"""The operators of aten that a graph of a network's training has, beside torch's, with each of their options."""

from __future__ import annotations

import copy
from itertools import product

import exported
import pytest
import torch

import refimpl


def randn(*shape, dtype=torch.float32):
    return torch.randn(shape, dtype=dtype)


def both(name, *args):
    """The results of torch's operator and of refimpl's, and the tensors among their arguments afterwards."""
    packet, _, overload = name.partition(".")
    results = []
    for library, given in ((torch, copy.deepcopy(args)), (refimpl, [exported.as_refimpl(arg) for arg in args])):
        found = getattr(getattr(library.ops.aten, packet), overload)(*given)
        results.append([*(found if isinstance(found, tuple) else (found,)), *[arg for arg in given if isinstance(arg, library.Tensor)]])
    return results


def assert_same(name, *args, rtol=2.0**-18, mask=None):
    """``mask``: which gradients are asked for, where torch hands out others, too."""
    theirs, ours = both(name, *args)
    asked = [a is not None for a in theirs] if mask is None else [*mask, *[True] * (len(theirs) - len(mask))]
    assert [b is not None for b in ours] == asked
    for a, b in zip(theirs, ours, strict=True):
        if b is not None:
            assert (str(a.dtype), tuple(a.shape)) == (str(b.dtype).replace("refimpl", "torch"), tuple(b.shape))
            assert a.numel() == 0 or a.stride() == b.stride()
            back = torch.tensor(b.tolist(), dtype=torch.float64).reshape(a.shape)
            assert torch.allclose(back, a.double(), rtol=rtol, atol=rtol, equal_nan=True)


MASKS = list(product((True, False), repeat=3))


@pytest.fixture(autouse=True)
def _drawn_alike():
    torch.manual_seed(7)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("transposed, groups, stride, padding, dilation, output_padding", [
    (False, 1, (1, 1), (0, 0), (1, 1), (0, 0)), (False, 2, (2, 1), (1, 0), (1, 2), (0, 0)), (True, 1, (2, 2), (1, 1), (1, 1), (1, 0)),
    (True, 2, (1, 3), (0, 1), (2, 1), (0, 0)),
])  # fmt: skip
def test_the_gradients_of_a_convolution(mask, transposed, groups, stride, padding, dilation, output_padding):
    input = randn(2, 4, 6, 7)
    weight = randn(4, 6 // groups, 2, 3) if transposed else randn(6, 4 // groups, 2, 3)
    result = torch.ops.aten.convolution.default(input, weight, None, stride, padding, dilation, transposed, output_padding, groups)
    assert_same("convolution_backward.default", torch.randn_like(result), input, weight, [6], list(stride), list(padding), list(dilation), transposed,
                list(output_padding), groups, list(mask), rtol=2.0**-15, mask=mask)  # a kernel may make two at once


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("shape, normalized", [((3, 4), [4]), ((2, 3, 4), [3, 4]), ((5,), [5]), ((0, 3), [3])])
def test_the_gradients_of_layer_norm_by_the_statistics_that_are_given(shape, normalized, mask):
    statistics = [torch.rand(*shape[: len(shape) - len(normalized)], *[1] * len(normalized)) + 0.5 for _ in range(2)]
    assert_same("native_layer_norm_backward.default", randn(*shape), randn(*shape), normalized, *statistics, randn(*normalized), randn(*normalized),
                list(mask))  # fmt: skip


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("shape, group", [((2, 4, 3), 2), ((1, 6, 2, 2), 3), ((3, 2), 1)])
def test_the_gradients_of_group_norm_by_the_statistics_that_are_given(shape, group, mask):
    N, C = shape[:2]
    area = int(torch.tensor(shape[2:]).prod())
    statistics = [torch.rand(N, group) + 0.5 for _ in range(2)]
    assert_same("native_group_norm_backward.default", randn(*shape), randn(*shape), *statistics, randn(C), N, C, area, group, list(mask))


def test_the_gradient_of_a_norm_without_parameters():
    assert_same("native_layer_norm_backward.default", randn(2, 3), randn(2, 3), [3], torch.ones(2, 1), torch.ones(2, 1), None, None,
                [True, False, False])  # fmt: skip
    assert_same("native_group_norm_backward.default", randn(2, 4), randn(2, 4), torch.ones(2, 2), torch.ones(2, 2), None, 2, 4, 1, 2,
                [True, False, False])  # fmt: skip


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norms_and_their_running_statistics(training, dtype):
    input, parameters, running = randn(3, 2, 4, dtype=dtype), [randn(2, dtype=dtype) for _ in range(2)], [torch.rand(2).to(dtype) for _ in range(2)]
    rtol = 2.0**-18 if dtype is not torch.bfloat16 else 2.0**-6
    assert_same("_native_batch_norm_legit.default", input, *parameters, *running, training, 0.1, 1e-5, rtol=rtol)
    assert_same("_native_batch_norm_legit_no_training.default", input, *parameters, *running, 0.1, 1e-5, rtol=rtol)
    assert_same("_native_batch_norm_legit.no_stats", input, *parameters, True, 0.1, 1e-5, rtol=rtol)


@pytest.mark.parametrize("padding_idx", [-1, 3])
@pytest.mark.parametrize("scale", [False, True])
def test_the_gradient_of_an_embedding(scale, padding_idx):
    indices = torch.tensor([[1, 0, 3], [3, 1, 1]])
    for dtype in (torch.float32, torch.float64, torch.float16):
        assert_same("embedding_dense_backward.default", randn(2, 3, 4, dtype=dtype), indices, 5, padding_idx, scale, rtol=2.0**-9)


@pytest.mark.parametrize("named", [[3, 1], [9, 3], [0, -2]])
def test_the_gradient_of_an_embedding_leaves_out_indices_that_name_no_row(named):
    assert_same("embedding_dense_backward.default", randn(2, 4), torch.tensor(named), 3, -1, False)


@pytest.mark.parametrize("mode, weighted", [(0, False), (0, True), (1, False), (2, False)])
@pytest.mark.parametrize("padding_idx, last", [(-1, False), (2, False), (-1, True)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_bags_of_embeddings_and_what_is_kept_for_their_gradient(mode, weighted, padding_idx, last, dtype):
    weight, indices, offsets = randn(4, 3, dtype=dtype), torch.tensor([1, 0, 2, 3, 3]), torch.tensor([0, 2, 2, 5] if last else [0, 2, 2])
    weights = randn(5, dtype=dtype) if weighted else None
    assert_same("_embedding_bag.default", weight, indices, offsets, False, mode, False, weights, last, padding_idx)


def test_an_exported_network_with_batch_norms_runs_node_by_node():
    """Within 2**-18 of the largest number, some hundred roundings: the sums have 18 and 27 terms."""
    model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3), torch.nn.ReLU(), torch.nn.Conv2d(3, 2, 3), torch.nn.BatchNorm2d(2))
    model(randn(4, 2, 6, 6))  # in training mode, so that the running statistics are some
    input = randn(1, 2, 6, 6)
    program = exported.core_graph(model, input)
    assert sum("batch_norm" in str(node.target) for node in program.graph.nodes) == 2
    (result,) = exported.run(program, input)
    expected = model(input)
    error = (torch.tensor(result.tolist()).reshape(expected.shape) - expected).abs().max()
    assert error <= 2.0**-18 * max(1, expected.abs().max())
