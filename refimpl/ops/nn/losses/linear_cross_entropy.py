"""The cross entropy of a linear layer's results, and the options for torch's evaluation of it in chunks."""

from __future__ import annotations

import warnings
from math import prod
from typing import Any, NamedTuple

from ....autograd.function import Function
from ....foundation.c_names import spelled_c_name
from ....foundation.contracts import conditioned
from ....foundation.dtypes import bfloat16, bool_, dtype, float16, float32, float64, int64
from ....operations.registry import op
from ....tensor import Tensor
from ...shared.operands import outside
from ..classification_losses import _nll, _picked, cross_entropy_loss
from ..linear import linear
from ..loss_reduction import MEAN, NONE, get_enum, known_word, round_once
from ..softmax import log_softmax, softmax, wide

_CONTRACT = conditioned(4, inner=1)
_ACCUMULATORS = (float16, bfloat16, float32, float64)


class _Options(NamedTuple):
    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: dtype | None = None


class LinearCrossEntropyOptions(_Options):
    """How torch evaluates :func:`linear_cross_entropy` in chunks of the batch, so as not to hold all results of the layer at once.

    Here every sum is exact, and nothing is held back: of the options only these are seen: ``allow_retain_graph``, without which the mean and the sum
    have one backward pass, and what the others refuse. ``batch_chunk_size`` is the number of samples of a chunk, ``chunking_method`` the rule that
    gives it: "auto", "aspect_ratio", "aspect_ratio:N", or None; both may be given only if they agree. ``acc_policy`` is "auto", "accurate",
    "balanced" or "compact"; ``acc_dtype``, in which sums are formed, the dtype of the input, or float32 for float16 and bfloat16. ValueError for
    anything else.
    """

    __slots__ = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if self.acc_policy not in ("auto", "accurate", "balanced", "compact"):
            raise ValueError(f"invalid acc_policy: {self.acc_policy!r}")
        if self.chunking_method is not None and self.chunking_method != "auto":
            name, colon, number = self.chunking_method.partition(":")
            if name != "aspect_ratio" or colon and not (number.isdigit() and int(number)):
                raise ValueError(f"invalid chunking_method: {self.chunking_method!r}")
        size = self.batch_chunk_size
        if size is not None and not (isinstance(size, int) and size > 0):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size!r}")
        if self.acc_dtype is not None and self.acc_dtype not in _ACCUMULATORS:
            raise ValueError("acc_dtype must be one of {None, torch.float16, torch.bfloat16, torch.float32, torch.float64}, got "
                             f"{self.acc_dtype!r}. Pass acc_dtype=None to let the op pick automatically.")  # fmt: skip

    def _adjust(self, num_batches: int, in_features: int, num_classes: int, dtype: dtype, device: Any = None) -> LinearCrossEntropyOptions:
        """What they are for a call: nothing in them is "auto" or None but a method that is not asked for."""
        half = dtype in (float16, bfloat16)
        policy, method, size = self.acc_policy, self.chunking_method, self.batch_chunk_size
        if policy == "auto":
            policy = "accurate" if half else "compact"
        if method == "auto":
            method = None if size is not None else "aspect_ratio" if half else "aspect_ratio:2"
        found = num_batches if size is None else min(size, num_batches)
        if method is not None:
            found = _chunk(num_batches, in_features, num_classes, int(method.partition(":")[2] or 1))
            if size is not None and size != found:
                raise ValueError(f"batch_chunk_size (={size}) and chunking_method ('{method}') give different chunk sizes ({size} vs {found}); pass "
                                 "only one.")  # fmt: skip
        accumulator = self.acc_dtype or (float32 if half and self.acc_policy == "auto" else dtype)
        return self._replace(acc_policy=policy, chunking_method=method, batch_chunk_size=max(found, 1), acc_dtype=accumulator)


def _chunk(samples: int, features: int, classes: int, parts: int) -> int:
    """So many samples that their results take no more memory than all inputs do, a power of two, divided by ``parts``."""
    target = -(-samples // -(-classes // features))
    return min((1 << (target - 1).bit_length()) // parts, samples)


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def linear_cross_entropy(input, linear_weight, target, *, linear_bias=None, weight=None, reduction="mean", ignore_index=None, label_smoothing=0.0,
                         options=None):  # fmt: skip
    """:func:`cross_entropy` of what a layer (:func:`linear`) makes of the input, rounded once.

    Shapes: ``input`` (in) or (N, in), ``linear_weight`` (C, in), ``linear_bias`` (C), ``target`` () or (N) for classes, (C) or (N, C) for
    probabilities, ``weight`` (C). For a loss of several dimensions ``linear_weight`` is (C, d1, ..., in), the bias (C, d1, ...), the input (N, in),
    the target (N, d1, ...) or (N, C, d1, ...). The result is 0-d, but has the shape of classes with ``reduction="none"``. Dtypes: floating point
    ones, the same for all; the target's as for :func:`cross_entropy`. ``ignore_index`` of None is -100. ``options``, a
    :class:`nn.LinearCrossEntropyOptions`, ask torch for chunks: the loss is the same, of biases and weights of any floating dtype; it has no gradient
    of second order, and without ``allow_retain_graph`` no second backward pass unless ``reduction`` is "none". They are left out with a warning for
    other targets than classes of int64, for ``label_smoothing``, and for several dimensions. Errors: RuntimeError for other shapes, for an
    ``ignore_index`` beside probabilities, and for a second backward pass; with options RuntimeError for a target that is no class (IndexError beside
    weights), ValueError for options that do not agree, ZeroDivisionError where they divide by sizes of 0; and those of the two functions. Gradient:
    that of the two functions. Source: torch.nn.functional.linear_cross_entropy.

    >>> nn.functional.linear_cross_entropy(tensor([[1., 0.]]), tensor([[2., 0.], [0., 2.]]), tensor([0]))
    tensor(0.1269)
    """
    classes, further = linear_weight.shape[0], linear_weight.shape[1:-1]
    ignored = -100 if ignore_index is None else ignore_index
    if options is not None:
        if _in_chunks(further, target, reduction, label_smoothing):
            return _chunked(input, linear_weight, target, linear_bias, weight, get_enum(reduction), ignored, options)
        shape = None if linear_bias is None else tuple(linear_bias.shape)
        warnings.warn("linear_cross_entropy: ``options`` ignored; chunked path needs reduction in {'mean','sum','none'}, label_smoothing == 0, "
                      f"target.dtype == int64, out_features == (). Got reduction={reduction!r}, label_smoothing={label_smoothing}, "
                      f"target.dtype={target.dtype}, out_features={tuple(further)}, tracing=False, linear_bias.shape={shape}.",
                      stacklevel=3)  # fmt: skip
    width = prod(further, start=classes)
    logits = (*input.shape[:-1], classes, *further)

    def evaluate(input: Tensor, layer: Tensor, bias: Tensor | None, target: Tensor, weight: Tensor | None) -> Tensor:
        flat = (layer.reshape(width, layer.shape[-1]), None if bias is None else bias.reshape(width)) if further else (layer, bias)
        return cross_entropy_loss(linear(input, *flat).reshape(logits), target, weight, get_enum(reduction), ignored, label_smoothing)

    if linear_bias is not None and linear_bias.dtype is bool_ is not linear_weight.dtype and (input.dim() == 2 or input.is_contiguous()):
        raise RuntimeError(f"self and mat2 must have the same dtype, but got Bool and {linear_weight.dtype.type_name}")
    result = evaluate(input, linear_weight, linear_bias, target, weight)
    bias = None if linear_bias is None else linear_bias.to(linear_weight.dtype)  # which a layer may take of other dtypes
    return round_once(result, evaluate, input, linear_weight, bias, target, weight)


def _in_chunks(further: Any, target: Tensor, reduction: Any, label_smoothing: float) -> bool:
    return not further and reduction in ("mean", "sum", "none") and label_smoothing == 0.0 and target.dtype is int64


@linear_cross_entropy.constraints
def _(require, input, linear_weight, target, linear_bias, reduction, ignore_index):
    features = input.shape[-1] if input.shape else 0
    require(1 <= input.dim() <= 2, RuntimeError, "expected input with dimensionality 1 or 2, got {}", input.dim())
    require(linear_weight.dim() >= 2, RuntimeError, "expected linear_weight with dimensionality at least 2, got {}", linear_weight.dim())
    known = input.dim() and linear_weight.dim()
    require(not known or features == linear_weight.shape[-1], RuntimeError, "expected equal input and linear_weight last dimensions (in_features), "
            "got {} and {}, respectively", features, linear_weight.shape[-1] if known else 0)  # fmt: skip
    layer = tuple(linear_weight.shape[:-1])
    require(linear_bias is None or tuple(linear_bias.shape) == layer, RuntimeError, "expected linear_bias shape {}, got {}", layer,
            linear_bias is not None and tuple(linear_bias.shape))  # fmt: skip
    require(linear_weight.dim() < 3 or input.dim() != 1, RuntimeError, "K-dimensional loss defined by linear_weight shape {} requires batched input, "
            "(N, {}), got unbatched input with shape {}", tuple(linear_weight.shape), features, tuple(input.shape))  # fmt: skip
    probabilities = tuple(target.shape) == (*input.shape[:-1], *layer)
    require(ignore_index is None or not probabilities, RuntimeError, "ignore_index cannot be specified when target contains probabilities")
    known_word(require, reduction)


# -- in chunks -----------------------------------------------------------------------------------------


def _chunked(input: Tensor, layer: Tensor, target: Tensor, bias: Any, weight: Any, reduction: int, ignored: int, options: Any) -> Tensor:
    batch, classes = (input, target) if input.dim() == 2 else (input.unsqueeze(0), target.unsqueeze(0))
    asked = options._adjust(batch.shape[0], input.shape[-1], layer.shape[0], input.dtype, input.device)
    _refuse(batch, layer, classes, weight, ignored, asked.acc_dtype)
    once = not asked.allow_retain_graph and reduction != NONE
    function = _EACH if reduction == NONE else _REDUCED
    result = function.apply(batch, layer, bias, classes, weight, reduction, ignored, once)
    return result if input.dim() == 2 else result.squeeze(0)


def _refuse(input: Tensor, layer: Tensor, target: Tensor, weight: Any, ignored: int, accumulator: dtype) -> None:
    """What torch refuses in chunks alone."""
    d, count = input.dtype, layer.shape[0]
    if d is not accumulator and not (d in (float16, bfloat16) and accumulator is float32):
        raise RuntimeError(f"linear_cross_entropy supports float32 acc_dtype with float16/bfloat16 inputs, but got {accumulator} acc_dtype and {d} "
                           "inputs.")  # fmt: skip
    if d is not layer.dtype and d is accumulator:
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {spelled_c_name(d)} != {spelled_c_name(layer.dtype)}")
    if target.shape != input.shape[:1]:
        raise RuntimeError(f"linear_cross_entropy: expected target shape {tuple(input.shape[:1])}, got {tuple(target.shape)}")
    wrong = outside(target, 0, count, ignored)
    if wrong and weight is not None:
        raise IndexError("index out of range in self")
    if wrong:
        raise RuntimeError(f"index {wrong[0]} is out of bounds for dimension 1 with size {count}")


class _Chunks(Function):
    """The loss of a batch, and gradients that are no part of the graph; those of the mean and of the sum may be asked for ``once`` alone."""

    @staticmethod
    def forward(ctx: Any, input: Tensor, layer: Tensor, bias: Any, target: Tensor, weight: Any, reduction: int, ignored: int, once: bool) -> Tensor:
        logits = linear(wide(input), wide(layer), None if bias is None else wide(bias))
        ctx.save_for_backward(input, layer, bias, logits, target, weight)
        ctx.asked, ctx.once, ctx.spent = (reduction, ignored), once, False
        return _nll(log_softmax(logits, 1), target, None if weight is None else wide(weight), reduction, ignored).to(input.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
        if ctx.spent:
            raise RuntimeError("linear_cross_entropy chunked backward called twice; retain_graph=True / double backward are not supported.")
        ctx.spent = ctx.once
        input, layer, bias, logits, target, weight = ctx.saved_tensors
        input, layer, logits = input.detach(), layer.detach(), logits.detach()
        of_logits = _of_logits(grad.detach(), logits, target, weight, *ctx.asked)
        of_bias = None if bias is None else of_logits.sum(0).to(bias.dtype)
        return of_logits.matmul(wide(layer)).to(input.dtype), of_logits.mT.matmul(wide(input)).to(layer.dtype), of_bias, *[None] * 5


def _of_logits(grad: Tensor, logits: Tensor, target: Tensor, weight: Any, reduction: int, ignored: int) -> Tensor:
    """``softmax - p`` for each sample, times what its loss counts."""
    counted, classes, weights, dim = _picked(logits, target, weight, ignored)
    scale = weights * wide(grad) / (weights.sum() if reduction == MEAN else 1.0)
    probable = softmax(logits, dim)
    chosen = probable.new_zeros(probable.shape).scatter(dim, classes, 1.0)
    return ((probable - chosen) * scale.unsqueeze(dim)).masked_fill(~counted.unsqueeze(dim), 0)


_NAME = "GeneratedBackwardFor_torch_nn__linear_cross_entropy_batch_chunked{}_default"  # what torch calls their nodes, but for "Backward"
_REDUCED: Any = type(_NAME.format(""), (_Chunks,), {})
_EACH: Any = type(_NAME.format("_no_reduction"), (_Chunks,), {})
