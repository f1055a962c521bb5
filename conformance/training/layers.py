"""Modules in their settings (a :mod:`.grid`): how they begin, train, and are used, saved and loaded.

Each is made from a seed, trained for two steps in which gradients add up, evaluated, and loaded into another one. What is compared: the numbers it
begins with, results, gradients, buffers, the keys and layout of its state, and how it is printed.
"""

from __future__ import annotations

import copy
from typing import Any, Iterator

from .grid import DRAWN, Setting, Snapshot, look
from .place import Place

# Inputs, as expressions of the library's functions; the first one of floats requires a gradient. Then the modules that take them.
_LINE, _ROWS, _IMAGE, _VOLUME = "randn(4, 3)", "randn(4, 2, 6)", "randn(3, 2, 4, 5)", "randn(2, 2, 3, 4, 3)"
_STEPS = "randn(5, 3, 4)"  # of a sequence: five steps of three of a batch, or the other way round
_LABELS, _MANY = "randint(3, (4,))", "randint(2, (4, 3)) * 1.0"
LAYERS: dict[tuple[str, ...], tuple[str, ...]] = {
    (_LINE,): (
        "Linear(3, 2)", "Linear(3, 5, bias=False)", "BatchNorm1d(3)", "BatchNorm1d(3, momentum=None)", "BatchNorm1d(3, 0.1, 0.5, affine=False)",
        "BatchNorm1d(3, track_running_stats=False)", "LayerNorm(3)", "LayerNorm((4, 3), 0.1, bias=False)", "LayerNorm(3, elementwise_affine=False)",
        "RMSNorm(3)", "RMSNorm(3, 0.1, elementwise_affine=False)", "PReLU()", "PReLU(3, 0.1)", "RReLU()", "RReLU(0.2, 0.4)", "Dropout()",
        "Dropout(0.2)", "AlphaDropout(0.3)", "FeatureAlphaDropout(0.3)", "LazyLinear(2)", "LazyBatchNorm1d()", "Softmax(-1)", "Softmin(0)",
        "LogSoftmax(1)", "GELU()", "GELU('tanh')", "ELU(0.5)", "SELU()", "CELU(2.0)", "Mish()", "SiLU()", "Hardswish()", "Hardsigmoid()",
        "Hardtanh(-0.5, 0.5)", "Hardshrink(0.3)", "Softshrink(0.3)", "Tanhshrink()", "Softplus(2.0, 1.0)", "Softsign()", "Threshold(0.1, 20.0)",
        "LeakyReLU(0.2)", "LogSigmoid()", "ReLU6()", "Flatten(0)", "Unflatten(1, (3, 1))", "Identity()",
        "Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.3), nn.Linear(4, 2))",
        "utils.weight_norm(nn.Linear(3, 2))", "utils.weight_norm(nn.Linear(3, 2), dim=None)", "utils.spectral_norm(nn.Linear(3, 4))",
        "utils.spectral_norm(nn.Linear(3, 4), n_power_iterations=2, dim=1)", "utils.parametrizations.weight_norm(nn.Linear(3, 2))",
        "utils.parametrizations.spectral_norm(nn.Linear(3, 4))", "utils.parametrizations.orthogonal(nn.Linear(3, 4))",
        "utils.parametrizations.orthogonal(nn.Linear(3, 3), 'weight', 'cayley')",
        "utils.parametrizations.orthogonal(nn.Linear(3, 4), orthogonal_map='householder', use_trivialization=False)",
        "utils.prune.l1_unstructured(nn.Linear(3, 2), 'weight', 0.5)", "utils.prune.random_unstructured(nn.Linear(3, 4), 'bias', 2)",
        "utils.prune.ln_structured(nn.Linear(3, 4), 'weight', 1, 2, 0)", "utils.prune.random_structured(nn.Linear(3, 4), 'weight', 0.5, 1)",
    ),
    (_ROWS,): (
        "BatchNorm1d(2)", "InstanceNorm1d(2)", "InstanceNorm1d(2, affine=True, track_running_stats=True)", "GroupNorm(2, 2)",
        "GroupNorm(1, 2, 0.3, affine=False)", "Conv1d(2, 3, 2)", "Conv1d(2, 4, 3, 2, padding=1, groups=2, bias=False)",
        "Conv1d(2, 3, 3, padding='same', padding_mode='circular')", "Conv1d(2, 3, 3, padding=2, padding_mode='reflect', dilation=2)",
        "ConvTranspose1d(2, 3, 2)", "ConvTranspose1d(2, 2, 3, 2, 1, 1, groups=2)", "LazyConv1d(3, 2)", "Dropout1d(0.4)", "GLU(1)",
        "AdaptiveAvgPool1d(4)", "AdaptiveMaxPool1d(4, return_indices=True)", "AvgPool1d(3, 2, 1, True, False)", "MaxPool1d(3, 2, 1, 1, True)",
        "LPPool1d(2, 3)", "ReflectionPad1d(2)", "ReplicationPad1d((1, 0))", "CircularPad1d(2)", "ConstantPad1d((1, -1), 3.5)", "ZeroPad1d(1)",
        "Upsample(scale_factor=2, mode='linear')", "LocalResponseNorm(3)",
    ),
    (_IMAGE,): (
        "BatchNorm2d(2)", "BatchNorm2d(2, momentum=None)", "InstanceNorm2d(2, 0.3, affine=True)", "GroupNorm(2, 2)", "Conv2d(2, 3, (2, 3))",
        "Conv2d(2, 2, 3, 2, 1, groups=2, padding_mode='replicate')", "ConvTranspose2d(2, 3, 3, (2, 1), 1, (1, 0))", "LazyConv2d(2, 2)",
        "LazyBatchNorm2d()", "Dropout2d(0.4)", "AdaptiveAvgPool2d((None, 2))", "AdaptiveMaxPool2d(2)", "AvgPool2d(2, divisor_override=3)",
        "MaxPool2d(3, 2, 1, ceil_mode=True)", "LPPool2d(2.0, 2)", "FractionalMaxPool2d(2, output_ratio=0.6)", "PixelUnshuffle(1)",
        "ChannelShuffle(2)", "Softmax2d()", "ReflectionPad2d(1)", "ZeroPad2d((1, 0, 2, -1))", "Upsample(size=(6, 5))",
        "Upsample(scale_factor=1.5, mode='bilinear', align_corners=True)", "Unfold(2, stride=2)",
    ),
    (_VOLUME,): (
        "BatchNorm3d(2)", "InstanceNorm3d(2)", "Conv3d(2, 2, 2)", "ConvTranspose3d(2, 2, 2, 2)", "Dropout3d(0.4)", "MaxPool3d(2)",
        "AvgPool3d(2, 1)", "AdaptiveAvgPool3d(2)", "ReplicationPad3d(1)", "Upsample(scale_factor=2, mode='trilinear')",
    ),
    (_STEPS,): (
        "RNN(4, 3)", "RNN(4, 3, 2, nonlinearity='relu', bias=False, batch_first=True, bidirectional=True)", "GRU(4, 3, 2, bidirectional=True)",
        "GRU(4, 3, 1, False, True)", "GRU(4, 3, 3, dropout=0.5)", "LSTM(4, 3)", "LSTM(4, 3, 2, bias=False, batch_first=True)",
        "LSTM(4, 3, 2, bidirectional=True, proj_size=2)", "LSTM(4, 3, 2, dropout=0.5)", "TransformerEncoderLayer(4, 2, 5, 0.0)",
        "TransformerEncoderLayer(4, 2, 5, 0.3, 'gelu', batch_first=True, norm_first=True)", "TransformerEncoderLayer(4, 1, 5, bias=False)",
        "TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 5, batch_first=True), 2, nn.LayerNorm(4), enable_nested_tensor=False)",
    ),
    (_STEPS, "randn(2, 3, 3)"): ("RNN(4, 3, 2)", "GRU(4, 3, bidirectional=True)"),
    (_STEPS, "(randn(2, 3, 3), randn(2, 3, 3))"): ("LSTM(4, 3, 2)", "LSTM(4, 3, 1, bidirectional=True)"),
    ("randn(5, 3, 4)[:, 0]",): ("RNN(4, 3)", "GRU(4, 3, 2)", "LSTM(4, 3, bidirectional=True)"),
    (_LINE, "randn(4, 2)"): (
        "RNNCell(3, 2)", "RNNCell(3, 2, False, 'relu')", "GRUCell(3, 2)", "GRUCell(3, 2, bias=False)", "Bilinear(3, 2, 2)",
        "Bilinear(3, 2, 1, False)",
    ),
    (_LINE, "(randn(4, 2), randn(4, 2))"): ("LSTMCell(3, 2)", "LSTMCell(3, 2, False)"),
    (_STEPS, _STEPS, _STEPS): (
        "MultiheadAttention(4, 2)", "MultiheadAttention(4, 1, 0.3, False)", "MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True)",
        "MultiheadAttention(4, 2, batch_first=True)",
    ),
    (_STEPS, "randn(6, 3, 2)", "randn(6, 3, 3)"): ("MultiheadAttention(4, 2, kdim=2, vdim=3)",),
    (_STEPS, _STEPS, _STEPS, "key_padding_mask=tensor([[False, True, False, False, True]]).expand(3, 5)", "average_attn_weights=False"): (
        "MultiheadAttention(4, 2)",),
    (_STEPS, _STEPS, _STEPS, "key_padding_mask=randn(5, 3)", "attn_mask=randn(3, 3)"): ("MultiheadAttention(4, 2, batch_first=True)",),
    (_STEPS, _STEPS, _STEPS, "attn_mask=randn(5, 5) > 1", "need_weights=False"): ("MultiheadAttention(4, 2, add_zero_attn=True)",),
    (_STEPS, "randn(6, 3, 4)", "memory_mask=randn(5, 6)", "memory_key_padding_mask=randn(3, 6)", "tgt_mask=randn(5, 5)"): (
        "TransformerDecoderLayer(4, 2, 5)",),
    (_STEPS, "randn(6, 3, 4)"): (
        "TransformerDecoderLayer(4, 2, 5)", "Transformer(4, 2, 1, 1, 5)",
        "TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 5, 0.0, norm_first=True), 2)",
    ),
    ("randint(5, (3, 4))",): (
        "Embedding(5, 2)", "Embedding(5, 2, padding_idx=1)", "Embedding(5, 2, -1, scale_grad_by_freq=True)", "Embedding(5, 2, max_norm=1.0)",
        "EmbeddingBag(5, 2)", "EmbeddingBag(5, 2, mode='sum', padding_idx=2)", "EmbeddingBag(5, 2, mode='max')",
    ),
    ("randint(5, (7,))", "tensor([0, 3, 7])"): ("EmbeddingBag(5, 2)", "EmbeddingBag(5, 2, mode='sum', include_last_offset=True)"),
    (_LINE, _LABELS): (
        "CrossEntropyLoss()", "CrossEntropyLoss(ignore_index=1, label_smoothing=0.2, reduction='sum')", "NLLLoss(reduction='none')",
        "MultiMarginLoss(2, 0.5)", "AdaptiveLogSoftmaxWithLoss(3, 3, [1, 2])",
    ),
    (_LINE, _MANY): (
        "MSELoss()", "L1Loss(reduction='none')", "SmoothL1Loss(beta=0.3)", "HuberLoss('sum', 0.4)", "BCEWithLogitsLoss()",
        "MultiLabelSoftMarginLoss()", "PoissonNLLLoss(full=True)", "KLDivLoss('batchmean', True)", "PairwiseDistance(1.0)",
        "CosineSimilarity(0)", "HingeEmbeddingLoss(0.5)", "SoftMarginLoss()",
    ),
    ("rand(4, 3)", _MANY): ("BCELoss()", "BCELoss(reduction='sum')"),
    (_LINE, _LINE, _LINE): ("TripletMarginLoss(0.5, swap=True)", "GaussianNLLLoss()"),
    (_LINE, _LINE, "randint(2, (4,)) * 2 - 1"): ("CosineEmbeddingLoss(0.2)",),
    ("randn(5, 2, 3).log_softmax(2)", "tensor([[1, 2], [2, 2]])", "tensor([5, 4])", "tensor([2, 1])"): ("CTCLoss()", "CTCLoss(0, 'sum', True)"),
}  # fmt: skip


def settings() -> tuple[Setting, ...]:
    """Of all layers."""
    return tuple(_setting(text, inputs) for inputs, texts in LAYERS.items() for text in texts)


def _setting(text: str, inputs: tuple[str, ...]) -> Setting:
    return Setting(f"{text} of {', '.join(inputs)}", lambda place: _life(place, text, inputs))


def _life(place: Place, text: str, inputs: tuple[str, ...]) -> Iterator[Snapshot]:
    lib = place.lib
    layer = made(place, text)
    if "Lazy" in text:
        layer(*drawn_inputs(place, inputs)[0])
    yield dict(_seen(layer)) | {"text": repr(layer)}
    for _ in range(2):
        args, kwargs = drawn_inputs(place, inputs)
        first = args[0].requires_grad_() if args[0].is_floating_point() else None
        before = lib.get_rng_state()
        results = list(floats(layer(*args, **kwargs)))
        drawn = {} if lib.equal(before, lib.get_rng_state()) else {DRAWN: "yes"}
        loss = sum((result * place.put(lib.randn(result.shape))).sum() for result in results)
        if loss.requires_grad:
            loss.backward()
        shown = {"loss": [loss.item()], **drawn, **dict(look("result", "", results)), **dict(_seen(layer))}
        yield shown | dict(look("gradient", "of the input", None if first is None else first.grad))
    args, kwargs = drawn_inputs(place, inputs)
    yield _evaluated(layer.eval(), args, kwargs)
    other = made(place, text)
    if "Lazy" in text:
        other(*args)
    other.load_state_dict(copy.deepcopy(layer.state_dict()))
    yield _evaluated(other.eval(), args, kwargs)
    yield _evaluated(copy.deepcopy(layer).train(), args, kwargs)


def made(place: Place, text: str) -> Any:
    """The module of an expression."""
    import torch.nn.utils.prune  # noqa: F401 - an attribute of torch's from then on

    nn = place.lib.nn
    return place.there(eval(f"nn.{text}", {"nn": nn}))


class _Functions(dict[str, Any]):
    """A library's functions by name."""

    def __init__(self, lib: Any) -> None:
        super().__init__()
        self.lib = lib

    def __missing__(self, name: str) -> Any:
        return getattr(self.lib, name)


def drawn_inputs(place: Place, inputs: tuple[str, ...]) -> tuple[list[Any], dict[str, Any]]:
    """New inputs: those by position, those by name."""
    args, kwargs = [], {}
    functions = _Functions(place.lib)
    for text in inputs:
        name, by_name, rest = text.partition("=")
        found = eval(rest if by_name else text, {}, functions)
        found = tuple(map(place.put, found)) if isinstance(found, tuple) else found if isinstance(found, bool) else place.put(found)
        if by_name:
            kwargs[name] = found
        else:
            args.append(found)
    return args, kwargs


def floats(results: Any) -> Iterator[Any]:
    """The results of floats, of however nested tuples."""
    if isinstance(results, (tuple, list)):
        for result in results:
            yield from floats(result)
    elif results is not None and hasattr(results, "detach") and results.is_floating_point():
        yield results


def _seen(layer: Any) -> Iterator[tuple[str, Any]]:
    yield from look("state", "", dict(layer.state_dict()))
    for name, parameter in layer.named_parameters():
        yield from look("gradient", name, parameter.grad)


def _evaluated(layer: Any, args: list[Any], kwargs: dict[str, Any]) -> Snapshot:
    return dict(look("result", "", layer(*args, **kwargs))) | dict(_seen(layer))
