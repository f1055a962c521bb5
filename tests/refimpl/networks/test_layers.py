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
    # pooling
    ("MaxPool1d(2)", [(2, 3, 6)]), ("MaxPool2d(3, 2, 1)", [(1, 2, 6, 5)]), ("MaxPool2d(2, return_indices=True)", [(1, 2, 4, 4)]),
    ("MaxPool3d(2)", [(1, 1, 4, 4, 4)]), ("AvgPool1d(2)", [(2, 3, 6)]), ("AvgPool2d(3, 2, 1, count_include_pad=False)", [(1, 2, 6, 5)]),
    ("AvgPool3d(2, divisor_override=3)", [(1, 1, 4, 4, 4)]),
    ("AdaptiveAvgPool1d(3)", [(2, 3, 7)]), ("AdaptiveAvgPool2d((2, None))", [(1, 2, 5, 4)]), ("AdaptiveAvgPool3d(2)", [(1, 1, 3, 3, 3)]),
    ("AdaptiveMaxPool1d(3)", [(2, 3, 7)]), ("AdaptiveMaxPool2d(2, return_indices=True)", [(1, 2, 5, 4)]), ("AdaptiveMaxPool3d(2)", [(1, 1, 3, 3, 3)]),
    ("LPPool1d(2, 3)", [(1, 2, 7)]), ("LPPool2d(2.0, (2, 1), ceil_mode=True)", [(1, 2, 5, 4)]), ("LPPool3d(4, 2, 1)", [(1, 2, 2, 3, 3)]),
    ("FractionalMaxPool2d(2, 3)", [(2, 3, 5, 6)]), ("FractionalMaxPool2d((2, 3), output_ratio=0.5, return_indices=True)", [(3, 6, 8)]),
    ("FractionalMaxPool3d(2, output_ratio=(0.5, 0.4, 0.3))", [(1, 2, 5, 6, 7)]), ("FractionalMaxPool3d(1, 2)", [(2, 3, 3, 4)]),
    ("MaxUnpool1d(3, 2, 1)", [(2, 3, 1), ("int", 1, (2, 3, 1))]), ("MaxUnpool2d(2)", [(2, 3, 1, 1), ("int", 4, (2, 3, 1, 1))]),
    ("MaxUnpool3d((1, 2, 2), 3)", [(2, 1, 1, 1), ("int", 4, (2, 1, 1, 1))]),
    # recurrent
    *[(f"{name}(3, 4)", [(5, 2, 3)]) for name in ("RNN", "LSTM", "GRU")], ("RNN(3, 4, 2, 'relu', batch_first=True)", [(2, 5, 3)]),
    ("LSTM(3, 4, num_layers=2, bidirectional=True)", [(4, 2, 3)]), ("LSTM(3, 4, proj_size=2)", [(4, 2, 3)]), ("LSTM(3, 4, bias=False)", [(4, 3)]),
    ("GRU(3, 4, num_layers=2, batch_first=True, bidirectional=True)", [(2, 4, 3)]), ("LSTM(3, 4)", [(4, 2, 3), [(1, 2, 4), (1, 2, 4)]]),
    ("GRU(3, 4)", [(4, 2, 3), (1, 2, 4)]), ("RNNCell(3, 4)", [(2, 3)]), ("RNNCell(3, 4, nonlinearity='relu')", [(2, 3), (2, 4)]),
    ("LSTMCell(3, 4)", [(2, 3)]), ("LSTMCell(3, 4, bias=False)", [(3,), [(4,), (4,)]]), ("GRUCell(3, 4)", [(2, 3), (2, 4)]),
    # attention
    ("MultiheadAttention(4, 2)", [(3, 2, 4), (5, 2, 4), (5, 2, 4)]), ("MultiheadAttention(4, 2, batch_first=True, bias=False)", [(2, 3, 4)] * 3),
    ("MultiheadAttention(4, 2, kdim=3, vdim=5, add_zero_attn=True)", [(3, 2, 4), (5, 2, 3), (5, 2, 5)]),
    ("MultiheadAttention(4, 1, add_bias_kv=True)", [(3, 4)] * 3), ("TransformerEncoderLayer(4, 2, 8, dropout=0.0)", [(3, 2, 4)]),
    ("TransformerEncoderLayer(4, 2, 8, dropout=0.0, activation='gelu', batch_first=True, norm_first=True)", [(2, 3, 4)]),
    ("TransformerDecoderLayer(4, 2, 8, dropout=0.0)", [(3, 2, 4), (5, 2, 4)]), ("Transformer(4, 2, 1, 2, 8, 0.0)", [(3, 2, 4), (2, 2, 4)]),
    ("TransformerEncoder(torch.nn.TransformerEncoderLayer(4, 1, 8, 0.0, batch_first=True), 2)", [(2, 3, 4)]),
    # reshaping
    ("Fold((4, 5), (2, 2))", [(1, 12, 12)]), ("Unfold(2, padding=1)", [(1, 2, 3, 3)]),
    ("PixelShuffle(2)", [(1, 8, 2, 3)]), ("PixelUnshuffle(2)", [(1, 2, 4, 2)]), ("ChannelShuffle(2)", [(1, 4, 2, 2)]),
    ("Upsample(scale_factor=2)", [(1, 2, 2, 3)]), ("Upsample(5, mode='linear')", [(1, 2, 3)]), ("Upsample(scale_factor=(1.5, 2))", [(1, 2, 2, 3)]),
    ("Upsample(scale_factor=0.7, mode='bicubic', align_corners=True, recompute_scale_factor=True)", [(1, 1, 5, 4)]),
    ("UpsamplingNearest2d(scale_factor=2)", [(1, 1, 2, 2)]), ("UpsamplingBilinear2d(size=(3, 5))", [(1, 1, 2, 2)]),
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


LOSSES = [
    "SmoothL1Loss(beta=0.5)", "HuberLoss(reduction='sum', delta=0.5)", "BCELoss()", "BCELoss(reduction='none')",
    "BCEWithLogitsLoss(pos_weight=torch.tensor([2.0, 1.0, 0.5]))", "KLDivLoss(reduction='batchmean')", "KLDivLoss(log_target=True)",
    "HingeEmbeddingLoss(0.5)", "NLLLoss2d()", "PoissonNLLLoss()", "PoissonNLLLoss(False, True, eps=0.5, reduction='none')", "SoftMarginLoss()",
    "MultiLabelSoftMarginLoss(torch.tensor([2.0, 1.0, 0.5]))", "MultiMarginLoss()",
    "MultiMarginLoss(2, 0.5, torch.tensor([2.0, 1.0, 0.5]), reduction='none')", "MultiLabelMarginLoss(reduction='sum')",
]  # fmt: skip


@pytest.mark.parametrize("text", LOSSES)
def test_a_loss_is_torchs(text):
    def program(torch):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loss = eval(f"torch.nn.{text}", {"torch": torch})
            x = ((torch.arange(12.0) * 5 % 7 + 1) / 9).reshape(4, 3).requires_grad_()
            target = (torch.arange(12) * 3 % 5 % 2).reshape(4, 3).to(torch.float32)
            if "Hinge" in text or "SoftMarginLoss()" in text:
                target = target * 2 - 1
            elif text.startswith(("NLL", "MultiMargin")):
                target = target[:, 0].to(torch.int64)
            elif text.startswith("MultiLabelMargin"):
                target = torch.tensor([[0, 2, -1], [1, -1, 0], [2, 1, 0], [-1, 0, 0]])
            value = loss(x, target)
            value.sum().backward()
        return [loss, [f"{v:.4f}" for t in (value, x.grad) for v in t.detach().reshape(-1).tolist()], sorted(loss.state_dict())]

    assert_same(program)


LOSSES_OF_SEVERAL = [
    "GaussianNLLLoss(full=True)", "CosineEmbeddingLoss(0.25)", "MarginRankingLoss(0.5)", "TripletMarginLoss(0.5, p=3.0, swap=True)",
    "TripletMarginWithDistanceLoss()", "TripletMarginWithDistanceLoss(distance_function=lambda x, y: (x - y).abs().sum(-1), swap=True)",
]  # fmt: skip


@pytest.mark.parametrize("text", LOSSES_OF_SEVERAL)
def test_a_loss_of_several_tensors_is_torchs(text):
    def program(torch):
        loss = eval(f"torch.nn.{text}", {"torch": torch})
        x, y, z = (((torch.arange(12.0) * k).sin() + 1.25).reshape(4, 3).requires_grad_() for k in (5, 3, 2))
        signs = torch.tensor([1.0, -1.0, -1.0, 1.0])
        third = {"C": signs, "M": signs.unsqueeze(1)}.get(text[0], z)
        value = loss(x, y, third)
        value.backward()
        shown = "" if "lambda" in text or "Distance" in text else repr(loss)  # functions print where they lie
        return [shown, f"{value.item():.4f}", [f"{v:.4f}" for t in (x.grad, y.grad) for v in t.reshape(-1).tolist()], sorted(loss.state_dict())]

    assert_same(program)


def test_connectionist_temporal_classification_is_torchs():
    def program(torch):
        loss = torch.nn.CTCLoss(2, "mean", True)
        x = torch.arange(24.0).sin().reshape(4, 2, 3).requires_grad_()
        value = loss(x.log_softmax(2), torch.tensor([[0, 1], [1, 1]]), torch.tensor([4, 2]), torch.tensor([2, 2]))
        value.backward()
        return [loss, f"{value.item():.4f}", [f"{v:.4f}" for v in x.grad.reshape(-1).tolist()]]

    assert_same(program)


@pytest.mark.parametrize("text", ["MultiMarginLoss(3)", "MultiMarginLoss(1, 1.0, torch.ones(2, 2))", "TripletMarginLoss(0)",
                                  "TripletMarginWithDistanceLoss(margin=-1.0)"])  # fmt: skip
def test_a_loss_refuses_what_torch_refuses(text):
    assert_same(lambda torch: [lambda: eval(f"torch.nn.{text}", {"torch": torch})])


def test_sequences_of_several_lengths_through_recurrent_layers():
    def program(torch):
        torch.manual_seed(0)
        found = []
        lengths, x = torch.tensor([5, 3, 2]), torch.arange(45.0).sin().reshape(5, 3, 3)
        for name in ("RNN", "LSTM", "GRU"):
            layer = getattr(torch.nn, name)(3, 4, num_layers=2, bidirectional=True)
            packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths)
            output, state = layer(packed)
            padded, counts = torch.nn.utils.rnn.pad_packed_sequence(output)
            results = [padded, *(state if name == "LSTM" else [state])]
            found += [[f"{v:.4f}" for v in r.detach().reshape(-1).tolist()] for r in results] + [counts, repr(layer)]
            found.append(lambda layer=layer: layer(torch.ones(2, 2)))
            found.append(lambda layer=layer: layer(torch.ones(2, 2, 4)))
        return found

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


@pytest.mark.parametrize("text", ["Conv2d(2, 3, 3)", "LSTM(2, 3)", "TransformerEncoderLayer(4, 2, 8)", "BatchNorm1d(3)", "Embedding(3, 2)"])
def test_layers_are_copied_and_pickled(text):
    layer = eval(f"torch.nn.{text}", {"torch": refimpl})
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert repr(other) == repr(layer) and list(other.state_dict()) == list(layer.state_dict())
        assert all(refimpl.equal(a, b) for a, b in zip(layer.parameters(), other.parameters()))


def test_errors_about_arguments_name_the_method_of_the_public_class():
    """Private classes that torch has as well may do so, too."""
    own = {}
    for name, value in vars(real_torch.nn).items():
        if isinstance(value, type) and issubclass(value, real_torch.nn.Module) and not value.forward.__qualname__.startswith("_"):
            if hasattr(refimpl.nn, name):
                own[name] = (getattr(refimpl.nn, name).forward.__qualname__, value.forward.__qualname__)
    assert not {name: pair for name, pair in own.items() if pair[0] != pair[1] and name != "SyncBatchNorm"}  # its forward is that of the others
    calls = ("GELU()()", "ReLU6()()", "Conv1d(1, 1, 1)(1, 2)", "LSTM(1, 1)()")
    assert_same(lambda torch: [lambda call=call: eval(f"torch.nn.{call}", {"torch": torch}) for call in calls])


def test_recurrent_layers_refuse_other_numbers_of_dimensions():
    assert_same(lambda torch: [
        lambda name=name, dims=dims: getattr(torch.nn, name)(4, 3)(torch.ones((4,) * dims)) for name in ("RNN", "GRU", "LSTM") for dims in (1, 4)
    ])  # fmt: skip


def test_rows_of_no_elements_have_gradients():
    def program(torch):
        weight = torch.ones(5, 0, requires_grad=True)
        torch.nn.functional.embedding(torch.tensor([[1, 2]]), weight).sum().backward()
        return [weight.grad]

    assert_same(program)


@pytest.mark.parametrize("options", ["", "need_weights=False"])
def test_attention_refuses_to_drop_more_than_everything(options):
    def program(torch):
        layer, x = torch.nn.MultiheadAttention(4, 1, 2.0), torch.ones(2, 1, 4)
        return [lambda: eval(f"layer(x, x, x, {options})", {"layer": layer, "x": x}), layer.eval()(x, x, x)[0].shape]

    assert_same(program)
