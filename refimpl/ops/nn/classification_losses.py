"""Losses of classes: how improbable an input's log-probabilities make the classes of a target.

Evaluated in binary64 and rounded once. The mean of no elements is NaN.

Notation: N samples, C classes, further dimensions d1, d2, ...; ``input`` is (C), (N, C) or (N, C, d1, ...), ``target`` () or (N) or (N, d1, ...).
In torch's C++, ``reduction`` is a number: 0 none, 1 mean, 2 sum.
"""

from __future__ import annotations

from math import nan
from typing import Any

from ...autograd.modes import modes
from ...autograd.operation_nodes import node_class
from ...foundation.contracts import accumulated, conditioned
from ...foundation.dtypes import bool_, float64, int64, uint8
from ...operations.registry import op
from ...tensor import allocate_like
from ..shared.gradients import not_differentiated
from ..shared.operands import outside
from ..shared.overrides import overridden
from .loss_reduction import MEAN, NONE, SUM, asked_reduction, get_enum, known_reduction, round_once
from .softmax import log_softmax, wide

# -- of classes by number ------------------------------------------------------------------------------


def _class_dim(input: Any) -> int:
    return 0 if input.dim() == 1 else 1


def _weights_alike(require: Any, input: Any, weight: Any) -> None:
    """The constraint that weights of classes have the input's dtype."""
    require(weight is None or weight.dtype is input.dtype, RuntimeError, "expected scalar type {} but found {}", input.dtype.type_name,
            weight is not None and weight.dtype.type_name)  # fmt: skip


def _classes_exist(require: Any, input: Any, target: Any, ignore_index: int) -> None:
    """The constraint that every target is a class, or ignored."""
    count = input.shape[_class_dim(input)]
    wrong = outside(target, 0, count, ignore_index)
    require(not wrong, IndexError, "Target {} is out of bounds.", wrong and wrong[0])


def _picked(input: Any, target: Any, weight: Any, ignore_index: int) -> tuple[Any, Any, Any, Any]:
    """For each target: is it counted, its class (0 if not counted), its weight (0 if not counted); and the dimension of classes."""
    dim = _class_dim(input)
    if input.dim() == 1:
        target = target.reshape(())
    counted = target != ignore_index
    classes = target.to(int64).masked_fill(~counted, 0)
    if weight is None:
        weights = counted.to(float64)
    else:
        weights = wide(weight).reshape(-1).index_select(0, classes.reshape(-1)).reshape(classes.shape).masked_fill(~counted, 0)
    return counted, classes.unsqueeze(dim), weights, dim


def _nll(input: Any, target: Any, weight: Any, reduction: int, ignore_index: int) -> Any:
    if input.numel():
        result = allocate_like(input, () if reduction != NONE or input.dim() == 1 else target._view.shape)
        if overridden("nll_loss", result, input, target, weight, _class_dim(input), reduction, ignore_index):
            return result
    counted, classes, weights, dim = _picked(input, target, weight, ignore_index)
    if input.numel() == 0:
        losses = weights
    else:
        # where, not a product with a zero weight: an infinite loss that is not counted is 0, not NaN
        losses = (-(wide(input).gather(dim, classes).squeeze(dim)) * weights).masked_fill(~counted, 0)
    if reduction == NONE:
        return losses.to(input.dtype)
    total = losses.sum()
    return (total / weights.sum() if reduction == MEAN else total).to(input.dtype)


def _nll_gradient(grad: Any, input: Any, target: Any, weight: Any, reduction: int, ignore_index: int) -> Any:
    # zeros that depend on the input: a second derivative exists, and is zero
    zeros = wide(input).masked_fill(input.new_ones((), dtype=bool_), 0)
    if input.numel() == 0:
        return zeros
    counted, classes, weights, dim = _picked(input, target, weight, ignore_index)
    g = wide(grad)
    if reduction == MEAN:
        g = g / weights.sum()
    values = (-(weights * g)).masked_fill(~counted, 0)
    return zeros.scatter(dim, classes, values.unsqueeze(dim))


@op("only", name="_nll_loss", node="NllLossBackward0", contract=accumulated(), dtypes="floating")
def _nll_loss(input, target, weight=None, reduction=MEAN, ignore_index=-100):
    """The kernel of :func:`nll_loss` for ``input`` (C) and (N, C)."""
    return _nll(input, target, weight, reduction, ignore_index)


@_nll_loss.constraints
def _(require, input, target, weight, ignore_index):
    require(input.dim() in (1, 2), RuntimeError, "input tensor should be 1D or 2D")
    require(target.dim() < 2, RuntimeError, "0D or 1D target tensor expected, multi-target not supported")
    require(target.dtype in (int64, uint8), RuntimeError, "expected target dtype to be Long or Byte, but got {}", target.dtype.type_name)
    _weights_alike(require, input, weight)
    count = input.shape[-1]
    require(weight is None or tuple(weight.shape) == (count,), RuntimeError, "weight tensor should be defined either for all {} classes or no "
            "classes but got weight tensor of shape: {}", count, weight is not None and list(weight.shape))  # fmt: skip
    require(input.dim() != 1 or target.dim() != 1 or target.shape[0] == 1, ValueError, "For 1D input, 1D target must have size 1, but got target "
            "size: {}", target.numel())  # fmt: skip
    require(input.dim() != 2 or input.shape[:1] == target.shape, RuntimeError, "size mismatch (got input: {}, target: {})", list(input.shape),
            list(target.shape))  # fmt: skip
    _classes_exist(require, input, target, ignore_index)
    not_differentiated(require, "nll_loss_forward", "weight", weight)


_nll_loss.derivative(input=_nll_gradient)


@op("only", contract=accumulated(), node="NllLoss2DBackward0", dtypes="floating")
def nll_loss2d(input, target, weight=None, reduction=MEAN, ignore_index=-100):
    """The kernel of :func:`nll_loss` for images: ``input`` (N, C, H, W), ``target`` (N, H, W) of int64.

    >>> nn.functional.nll_loss(tensor([[[[-1.]], [[-2.]]]]), tensor([[[1]]]))
    tensor(2.)
    """
    return _nll(input, target, weight, reduction, ignore_index)


@nll_loss2d.constraints
def _(require, input, target, weight, ignore_index):
    require(target.dim() == 3, RuntimeError, "only batches of spatial targets supported (3D tensors) but got targets of dimension: {}", target.dim())
    require(input.dim() == 4, RuntimeError, "only batches of spatial inputs supported (4D tensors), but got input of dimension: {}", input.dim())
    require(target.dtype is not uint8, RuntimeError, "expected scalar type Long but found Byte")
    require(target.dtype in (int64, uint8), RuntimeError, "expected target dtype to be Long or Byte, but got {}", target.dtype.type_name)
    _weights_alike(require, input, weight)
    require(weight is None or weight.numel() == input.shape[1], RuntimeError, "weight tensor should be defined either for all or no classes")
    # torch does not close the parenthesis
    require((input.shape[0], *input.shape[2:]) == tuple(target.shape), RuntimeError, "size mismatch (got input: {} , target: {}", list(input.shape),
            list(target.shape))  # fmt: skip
    _classes_exist(require, input, target, ignore_index)
    not_differentiated(require, "nll_loss2d_forward", "weight", weight)


nll_loss2d.derivative(input=_nll_gradient)


@op("only", contract=accumulated())
def nll_loss_nd(input, target, weight=None, reduction=MEAN, ignore_index=-100):
    """:func:`nll_loss` with a number for the reduction: ``input`` (C), (N, C) or (N, C, d1, ...), ``target`` without C.

    >>> nn.functional.nll_loss(tensor([[[-1., -2.], [-3., -4.]]]), tensor([[0, 1]]), reduction="none")
    tensor([[1., 4.]])
    """
    if input.dim() < 3:
        return _nll_loss(input, target, weight, reduction, ignore_index)
    if input.dim() == 4:
        return nll_loss2d(input, target, weight, reduction, ignore_index)
    count, classes, *rest = input.shape
    plane = (1, -1) if input.numel() else (0, 0)
    loss = nll_loss2d(input.contiguous().view(count, classes, *plane), target.contiguous().view(count, *plane),
                      weight, reduction, ignore_index)  # fmt: skip
    return loss.view(count, *rest) if reduction == NONE else loss


@nll_loss_nd.constraints
def _(require, input, target):
    require(input.dim(), ValueError, "Expected 1 or more dimensions (got 0)")
    samples = target.shape[0] if target.dim() else 0
    require(input.dim() == 1 or input.shape[0] == samples, ValueError, "Expected input batch_size ({}) to match target batch_size ({}).",
            input.shape[0], samples)  # fmt: skip
    sizes = [input.shape[0], *input.shape[2:]]
    require(input.dim() in (1, 2, 4) or list(target.shape[1:]) == sizes[1:], RuntimeError, "Expected target size {}, got {}", sizes,
            list(target.shape))  # fmt: skip


@op("function python", namespace="nn.functional", contract=accumulated())
def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    """The negative log-probabilities ``-weight[t] * input[t]`` of each sample's class ``t``: their mean, their sum, or each of them.

    Shapes: ``input`` (C), (N, C) or (N, C, d1, ...) has log-probabilities, ``target`` (), (N) or (N, d1, ...) classes, ``weight`` (C) one number
    for each class; the result is 0-d, but has the target's shape with ``reduction="none"``. ``size_average`` and ``reduce`` are deprecated forms of
    ``reduction``. Dtypes: floating point ones for the input and the weights, int64 for the target, or uint8 if the input has at most two dimensions.
    Special cases: targets equal to ``ignore_index`` count as 0, even where the loss is infinite; the mean is divided by the sum of the counted
    targets' weights, and is NaN if that is 0. Errors: IndexError for a target that is no class; ValueError for an unknown ``reduction``, a 0-d input
    and numbers of samples that differ; RuntimeError for other shapes and dtypes, and for the gradient of the weights; NotImplementedError for an
    input of another dtype. Gradient: ``-weight[t]`` times that of the result at the target's class, divided by the sum of the weights for the mean;
    0 elsewhere.

    >>> nn.functional.nll_loss(tensor([[-1., -2.], [-3., -4.]]), tensor([0, 1]))
    tensor(2.5000)
    """
    return nll_loss_nd(input, target, weight, get_enum(asked_reduction(size_average, reduce, reduction)), ignore_index)


@nll_loss.constraints
def _(require, size_average, reduce, reduction):
    known_reduction(require, size_average, reduce, reduction)


# -- cross entropy -------------------------------------------------------------------------------------


@op("only", contract=conditioned(4, inner=1))
def cross_entropy_loss(input, target, weight=None, reduction=MEAN, ignore_index=-100, label_smoothing=0.0):
    """:func:`cross_entropy` with a number for the reduction.

    >>> nn.functional.cross_entropy(tensor([[1., 2.], [3., 5.]]), tensor([0, 1]))
    tensor(0.7201)
    """

    def evaluate(input: Any, target: Any, weight: Any) -> Any:
        if target.shape == input.shape:
            return _with_probabilities(input, target, weight, reduction, label_smoothing)
        if label_smoothing > 0:
            return _smoothed(input, target, weight, reduction, ignore_index, label_smoothing)
        return nll_loss_nd(log_softmax(input, _class_dim(input)), target, weight, reduction, ignore_index)

    if weight is None and target.dtype is int64 and not (modes.grad and input.requires_grad):  # there are no steps to record
        return evaluate(wide(input), target, None).to(input.dtype)
    return round_once(evaluate(input, target, weight), evaluate, input, target, weight)


def _of_logarithms(input: Any, target: Any, weight: Any, ignore_index: int) -> tuple[tuple[type[Exception], str], ...]:
    """What the loss refuses that is made of the logarithms."""
    bound = {"input": input, "target": target, "weight": weight, "reduction": MEAN, "ignore_index": ignore_index}
    pages = nll_loss_nd, _nll_loss if input.dim() < 3 else nll_loss2d
    return tuple([(found.error, found.words) for page in pages for found in page.operation.declared_violations(bound)])


@cross_entropy_loss.constraints
def _(require, input, target, weight, ignore_index, label_smoothing):
    probabilities = target.shape == input.shape
    require(not probabilities or target.is_floating_point(), RuntimeError, "Expected floating point type for target with class probabilities, got {}",
            target.dtype.type_name)  # fmt: skip
    require(not probabilities or ignore_index < 0, RuntimeError, "ignore_index is not supported for floating point target")
    require(not label_smoothing > 1, RuntimeError, "label_smoothing must be between 0.0 and 1.0. Got: {:g}", label_smoothing)
    known = probabilities or target.dtype in (int64, uint8)
    require(known, RuntimeError, "expected target dtype to be Long or Byte, but got {}", target.dtype.type_name,
            also=() if known else _of_logarithms(input, target, weight, ignore_index))  # fmt: skip
    ungraded = (RuntimeError, "_log_softmax does not support automatic differentiation for outputs with complex dtype.")
    unseen = () if probabilities or input.numel() else _of_logarithms(input, target, weight, ignore_index)  # torch has no logarithm to compute
    require(input.dtype.category == 2, NotImplementedError, "\"log_softmax\" not implemented for '{}'", input.dtype.type_name,
            also=((ungraded,) if input.is_complex() else ()) + unseen)  # fmt: skip
    require(input.dim(), IndexError, "Dimension specified as 1 but tensor has no dimensions",
            also=((IndexError, "Dimension out of range (expected to be in range of [-1, 0], but got 1)"),))  # fmt: skip
    count = input.shape[_class_dim(input)]
    require(not probabilities or weight is None or tuple(weight.shape) == (count,), RuntimeError, "cross_entropy: weight tensor should be defined "
            "either for all {} classes or no classes but got weight tensor of shape: {}", count,
            weight is not None and list(weight.shape))  # fmt: skip


@op("function python", namespace="nn.functional", contract=conditioned(4, inner=1))
def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0):
    """``-sum(p * log_softmax(input))`` over the classes, for the distribution ``p`` that ``target`` names: the mean, the sum, or each of them.

    1. A ``target`` of the input's shape has the probabilities ``p``. ``weight`` multiplies each class's term, and the mean is divided by the
       number of samples.
    2. A ``target`` without the dimension of classes has classes: ``p`` is 1 at the class ``target[n]``, as in :func:`nll_loss`.
    3. ``label_smoothing`` = s replaces ``p`` by ``(1 - s) * p + s / C``.

    Shapes: ``input`` (C), (N, C) or (N, C, d1, ...), ``weight`` (C); the result is 0-d, but has the input's shape without C with
    ``reduction="none"``. ``size_average`` and ``reduce`` are deprecated forms of ``reduction``. Dtypes: floating point ones for the input, the
    weights and probabilities; int64 or uint8 for classes, as for :func:`nll_loss`. Special cases: classes equal to ``ignore_index`` count as 0; a
    slice of the input that contains NaN or +inf gives NaN. Errors: as for :func:`nll_loss`; RuntimeError also for probabilities that are no
    floats, for an ``ignore_index`` of 0 or more beside them, and for a ``label_smoothing`` greater than 1; IndexError for a 0-d input with a 0-d
    target. Gradient: ``softmax(input) - p``, weighted and scaled as the loss is. Evaluated in binary64 and rounded once.

    >>> nn.functional.cross_entropy(tensor([[1., 2.], [3., 5.]]), tensor([0, 1]))
    tensor(0.7201)
    """
    number = get_enum(asked_reduction(size_average, reduce, reduction))
    return cross_entropy_loss(input, target, weight, number, ignore_index, label_smoothing)


@cross_entropy.constraints
def _(require, size_average, reduce, reduction):
    known_reduction(require, size_average, reduce, reduction)


def _named(tensor: Any, name: str) -> Any:
    """The tensor, with the node that torch's C++ makes for an operation with a number operand: one edge, a name of its own."""
    node = tensor.grad_fn
    if node is not None:
        node.__class__ = node_class(name)
        del node.edges[1:], node.targets[1:]
    return tensor


def _weighted(log_probabilities: Any, weight: Any) -> Any:
    if weight is None:
        return log_probabilities
    shape = [1] * log_probabilities.dim()
    shape[_class_dim(log_probabilities)] = -1
    return log_probabilities * weight.view(shape)


def _with_probabilities(input: Any, target: Any, weight: Any, reduction: int, label_smoothing: float) -> Any:
    dim = _class_dim(input)
    count = input.shape[dim]
    log_probabilities = log_softmax(input, dim)
    if label_smoothing > 0:
        target = _named(_named(target * (1 - label_smoothing), "MulBackward1") + label_smoothing / count, "AddBackward1")
    terms = _weighted(log_probabilities * target, weight)
    if reduction == NONE:
        return -terms.sum(dim)
    total = terms.sum()
    if reduction == SUM:
        return -total
    if input.numel() == 0:
        return -_named(total.fill_(nan), "FillBackward2")
    return _named(-total / (input.numel() // count), "DivBackward1")


def _smoothed(input: Any, target: Any, weight: Any, reduction: int, ignore_index: int, label_smoothing: float) -> Any:
    dim = _class_dim(input)
    log_probabilities = log_softmax(input, dim)
    nll = nll_loss_nd(log_probabilities, target, weight, reduction, ignore_index)
    uniform = -_weighted(log_probabilities, weight).sum(dim)
    ignored = target == ignore_index
    _named(uniform.masked_fill_(ignored, 0.0), "MaskedFillBackward0")
    if reduction != NONE:
        uniform = uniform.sum()
    if reduction == MEAN:
        if weight is None:
            uniform = uniform / (~ignored).sum()
        else:
            uniform = uniform / weight.gather(0, target[~ignored]).sum()
    smoothing = label_smoothing / input.shape[dim]
    return _named(nll * (1 - label_smoothing), "MulBackward1") + _named(uniform * smoothing, "MulBackward1")
