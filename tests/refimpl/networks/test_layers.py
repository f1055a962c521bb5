"""Each layer prints, begins, computes and differentiates as torch's; so does its state."""

from __future__ import annotations

import copy
import pickle
import warnings

import pytest
import torch as real_torch
from side_by_side import assert_same

import refimpl

# The constructor, and the shapes of what it is called with; ("int", n, shape) for indices below n.
LAYERS = [
    # activations
    *[(f"{name}()", [(3, 4)]) for name in (
        "CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish PReLU ReLU6 SELU SiLU Softplus Softshrink Softsign "
        "Tanhshrink ReLU Sigmoid Tanh").split()],
    ("ELU(0.5)", [(5,)]), ("CELU(2.0)", [(5,)]), ("GELU('tanh')", [(5,)]), ("GLU(0)", [(4, 3)]), ("Hardtanh(-2, 0.5)", [(5,)]),
    ("PReLU(3, 0.1)", [(2, 3, 4)]),
    ("Softplus(2, 1)", [(6,)]), ("Threshold(0.1, 20)", [(6,)]), ("Softmin(1)", [(2, 3)]), ("Softmax2d()", [(2, 3, 2, 2)]),
    ("Softshrink(0.1)", [(5,)]),
    ("RReLU().eval()", [(5,)]), ("LeakyReLU(0.2)", [(5,)]),
    # dropout, without it
    *[(f"{name}(0.3).eval()", [(2, 3, 4)]) for name in ("Dropout", "Dropout1d", "AlphaDropout", "FeatureAlphaDropout")],
    ("Dropout2d(0.3).eval()", [(2, 3, 4, 4)]), ("Dropout3d(0.3).eval()", [(2, 3, 2, 2, 2)]),
    # convolutions
    ("Conv1d(2, 4, 3)", [(2, 2, 7)]), ("Conv1d(2, 4, 3, padding='same', dilation=2)", [(2, 7)]),
    ("Conv2d(3, 4, 3, stride=2, padding=1)", [(2, 3, 6, 5)]),
    ("Conv2d(4, 4, (2, 3), groups=2, bias=False)", [(1, 4, 5, 5)]), ("Conv2d(2, 3, 3, padding=1, padding_mode='reflect')", [(1, 2, 5, 4)]),
    ("Conv2d(2, 3, 3, padding=(1, 2), padding_mode='circular')", [(1, 2, 5, 4)]), ("Conv3d(2, 3, 2)", [(1, 2, 3, 3, 3)]),
    ("ConvTranspose1d(2, 3, 3, stride=2)", [(2, 2, 4)]),
    ("ConvTranspose2d(2, 4, 3, stride=2, padding=1, output_padding=1, groups=2)", [(1, 2, 3, 3)]),
    ("ConvTranspose3d(2, 1, 2)", [(1, 2, 2, 2, 2)]),
    # padding
    *[(f"{name}1d((1, 2))", [(2, 3, 5)]) for name in ("CircularPad", "ReflectionPad", "ReplicationPad", "ZeroPad")],
    *[(f"{name}2d((1, 2, 0, 1))", [(1, 2, 4, 5)]) for name in ("CircularPad", "ReflectionPad", "ReplicationPad", "ZeroPad")],
    *[(f"{name}3d(1)", [(1, 2, 3, 3, 3)]) for name in ("CircularPad", "ReflectionPad", "ReplicationPad", "ZeroPad")],
    ("ConstantPad1d(1, 3.5)", [(2, 3)]), ("ConstantPad2d((1, -1, 0, 2), 0.5)", [(1, 4, 4)]), ("ConstantPad3d(1, 2)", [(1, 2, 2, 2)]),
    # normalisation
    ("BatchNorm1d(3)", [(4, 3)]), ("BatchNorm1d(3, momentum=None)", [(4, 3, 2)]), ("BatchNorm2d(2, affine=False)", [(2, 2, 3, 3)]),
    ("BatchNorm2d(2, track_running_stats=False)", [(2, 2, 3, 3)]), ("BatchNorm3d(2)", [(2, 2, 2, 2, 2)]), ("BatchNorm1d(3).eval()", [(4, 3)]),
    ("InstanceNorm1d(3)", [(2, 3, 5)]), ("InstanceNorm2d(3, affine=True, track_running_stats=True)", [(2, 3, 4, 4)]),
    ("InstanceNorm3d(2)", [(2, 2, 2, 2)]),
    ("LayerNorm(5)", [(2, 5)]), ("LayerNorm((3, 4), bias=False)", [(2, 3, 4)]), ("LayerNorm([4], elementwise_affine=False)", [(3, 4)]),
    ("RMSNorm(5)", [(2, 5)]), ("RMSNorm((3, 4), eps=0.1)", [(2, 3, 4)]), ("GroupNorm(2, 4)", [(2, 4, 3)]),
    ("GroupNorm(1, 3, affine=False)", [(2, 3, 2)]),
    ("LocalResponseNorm(2)", [(1, 4, 3, 3)]), ("SyncBatchNorm(3).eval()", [(4, 3)]),
    # embeddings
    ("Embedding(6, 3)", [("int", 6, (2, 4))]), ("Embedding(6, 3, padding_idx=-1, scale_grad_by_freq=True)", [("int", 6, (5,))]),
    ("EmbeddingBag(6, 3)", [("int", 6, (2, 4))]), ("EmbeddingBag(6, 3, mode='sum', padding_idx=0)", [("int", 6, (2, 4))]),
    # distances
    ("PairwiseDistance(1)", [(3, 4), (3, 4)]), ("CosineSimilarity()", [(3, 4), (3, 4)]), ("Bilinear(2, 3, 4)", [(5, 2), (5, 3)]),
]  # fmt: skip


def given(torch, shape):
    if isinstance(shape, list):
        return tuple(given(torch, each) for each in shape)
    if shape[0] == "int":
        return torch.randint(0, shape[1], shape[2])
    return torch.randn(shape, requires_grad=True)


def tensors(value):
    return [t for each in value for t in tensors(each)] if isinstance(value, (tuple, list)) else [] if value is None else [value]


def numbers(tensor):
    return [float(x) for x in tensor.detach().reshape(-1).tolist()]


def run(torch, text, shapes):
    """What a layer prints, its state before and after, what it computes, and all gradients."""
    torch.manual_seed(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = eval(f"torch.nn.{text}", {"torch": torch})
        before = {name: numbers(value) for name, value in layer.state_dict().items()}
        inputs = [given(torch, shape) for shape in shapes]
        results = tensors(layer(*inputs))
        weights = [torch.arange(1.0, r.numel() + 1).sin().reshape(r.shape) for r in results]  # no sum of squares, which a normalisation holds
        total = sum((r * w).sum() for r, w in zip(results, weights) if r.is_floating_point())
        if total.requires_grad:
            total.backward()
        leaves = [t for t in tensors(inputs) if t.requires_grad] + list(layer.parameters())
        gradients = [[] if t.grad is None else numbers(t.grad) for t in leaves]
        after = {name: numbers(value) for name, value in layer.state_dict().items()}
    return repr(layer), before, [list(r.shape) for r in results], [numbers(r) for r in results], gradients, after


def close(ours, theirs):
    assert len(ours) == len(theirs)
    scale = max((abs(x) for x in theirs), default=0.0) or 1.0
    assert all(a == b or abs(a - b) <= 2e-5 * scale for a, b in zip(ours, theirs)), (ours, theirs)


@pytest.mark.parametrize(("text", "shapes"), LAYERS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_layer_is_torchs(text, shapes):
    ours, theirs = (run(torch, text, shapes) for torch in (refimpl, real_torch))
    assert ours[0] == theirs[0]
    for mine, wanted in ((ours[1], theirs[1]), (ours[5], theirs[5])):
        assert list(mine) == list(wanted)
        for name in wanted:
            close(mine[name], wanted[name])
    assert ours[2] == theirs[2]
    for part in (3, 4):
        for a, b in zip(ours[part], theirs[part], strict=True):
            close(a, b)


def test_an_adaptive_softmax_is_torchs():
    def program(torch):
        layer = torch.nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 7], div_value=2.0, head_bias=True)
        x = torch.randn(6, 8, requires_grad=True)
        output, loss = layer(x, torch.tensor([0, 2, 3, 6, 7, 11]))
        loss.backward()
        found = [[f"{v:.4f}" for v in t.detach().reshape(-1).tolist()] for t in (output, x.grad, layer.log_prob(x))]
        single = layer(x[0].detach(), torch.tensor(4))
        return [
            found, f"{loss.item():.4f}", layer.predict(x), layer, single.output.shape, lambda: layer(x, torch.tensor([12] * 6)),
            lambda: layer(x, torch.zeros(5, dtype=torch.int64)), lambda: layer(x, torch.zeros(6, 1, dtype=torch.int64)),
            lambda: torch.nn.AdaptiveLogSoftmaxWithLoss(8, 12, [7, 3]), lambda: torch.nn.AdaptiveLogSoftmaxWithLoss(8, 12, []),
        ]  # fmt: skip

    assert_same(program)


@pytest.mark.parametrize("text", ["LazyLinear(3)", "LazyLinear(3, bias=False)"])
def test_lazy_layers_take_the_size_of_their_first_input(text):
    def program(torch):
        layer = eval(f"torch.nn.{text}", {"torch": torch})
        before = [layer, layer.has_uninitialized_params(), type(layer).__name__, sorted(layer._parameters)]
        layer(torch.ones(2, 5))
        return [before, layer, type(layer).__name__, {k: v.shape for k, v in layer.state_dict().items()}, layer(torch.ones(1, 5)).shape]

    assert_same(program)


def test_layers_say_that_they_are_where_torchs_are():
    for name, value in vars(real_torch.nn).items():
        if isinstance(value, type) and issubclass(value, real_torch.nn.Module) and hasattr(refimpl.nn, name):
            assert getattr(refimpl.nn, name).__module__.replace("refimpl", "torch") == value.__module__, name


@pytest.mark.parametrize("text", ["Conv2d(2, 3, 3)", "BatchNorm1d(3)", "Embedding(3, 2)"])
def test_layers_are_copied_and_pickled(text):
    layer = eval(f"torch.nn.{text}", {"torch": refimpl})
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert repr(other) == repr(layer) and list(other.state_dict()) == list(layer.state_dict())
        assert all(refimpl.equal(a, b) for a, b in zip(layer.parameters(), other.parameters()))
