"""Losses: how far an input is from a target, summed, averaged or for each element.

``reduction`` is torch's number: 0 none, 1 mean, 2 sum; :mod:`refimpl.nn.functional` takes the words. All are
evaluated in binary64 and rounded once. The mean of no elements is NaN.

Notation of the classification losses: N samples, C classes, further dimensions d1, d2, ...; ``input`` is (C), (N, C) or
(N, C, d1, ...), ``target`` () or (N) or (N, d1, ...).
"""

from __future__ import annotations

from math import nan
from typing import Any

from ...autograd.modes import no_grad
from ...autograd.operation_nodes import node_class
from ...foundation.contracts import accumulated, conditioned
from ...foundation.dtypes import bool_, float64, int64, uint8
from ...operations.registry import op
from ...tensor import Tensor
from ..shared.checks import not_implemented, require_tensor
from ..shared.elementwise import common_dtype
from .softmax import log_softmax, wide

NONE, MEAN, SUM = 0, 1, 2


def _reduced(values: Any, reduction: int) -> Any:
    if reduction == NONE:
        return values
    return values.mean() if reduction == MEAN else values.sum()


def _round_once(result: Any, evaluate: Any, *operands: Any) -> Any:
    """``result``, whose steps were each rounded on the way to the graph, with the value of the evaluation in float64."""
    if any(isinstance(x, Tensor) and x.is_floating_point() and x.dtype is not float64 for x in operands):
        with no_grad():
            exact = evaluate(*(wide(x) if isinstance(x, Tensor) and x.is_floating_point() else x for x in operands))
            # through .data: the graph neither sees this nor saved the value
            result.data.copy_(exact)
    return result


# -- regression ------------------------------------------------------------------------------------


@op("only", contract=accumulated())
def mse_loss(input, target, reduction=1):
    """``(input - target)**2`` with broadcasting: the mean (1), the sum (2), or each element (0).

    The operands promote to a floating point dtype; integers, bool and complex numbers are a NotImplementedError.

    >>> nn.functional.mse_loss(tensor([1., 2.]), tensor([0., 0.]))
    tensor(2.5000)
    """
    require_tensor(target, "mse_loss", "target", 2)
    common = common_dtype(input, target)
    if common.category != 2:
        not_implemented("mse_cpu", common)
    difference = wide(input) - wide(target)
    return _reduced(difference * difference, reduction).to(common)


def _mse_gradient(grad: Any, input: Any, target: Any, reduction: int) -> Any:
    difference = wide(input) - wide(target)
    norm = 2.0 / max(difference.numel(), 1) if reduction == MEAN else 2.0
    return difference * (wide(grad) * norm)


mse_loss.derivative(
    input=_mse_gradient,
    target=lambda grad, input, target, reduction: -_mse_gradient(grad, input, target, reduction),
)


@op("only", contract=accumulated())
def l1_loss(input, target, reduction=1):
    """``|input - target|`` with broadcasting: the mean (1), the sum (2), or each element (0).

    Integers have no mean. The gradient at equal elements is 0. Complex numbers have a real result.

    >>> nn.functional.l1_loss(tensor([1., -2.]), tensor([0., 0.]))
    tensor(1.5000)
    """
    require_tensor(target, "l1_loss", "target", 2)
    return _round_once(_l1(input, target, reduction), _l1, input, target, reduction)


def _l1(input: Any, target: Any, reduction: int) -> Any:
    return _reduced((input - target).abs(), reduction)


# -- classification --------------------------------------------------------------------------------


def _class_dim(input: Any) -> int:
    return 0 if input.dim() == 1 else 1


def _check_weight_dtype(input: Any, weight: Any) -> None:
    if weight is not None and weight.dtype is not input.dtype:
        raise RuntimeError(f"expected scalar type {input.dtype.type_name} but found {weight.dtype.type_name}")


def _picked(input: Any, target: Any, weight: Any, ignore_index: int) -> tuple[Any, Any, Any, Any]:
    """For each target: is it counted, its class (0 if not counted), its weight (0 if not counted); and the dimension of classes.

    Raises IndexError for a class that does not exist.
    """
    dim = _class_dim(input)
    if input.dim() == 1:
        target = target.reshape(())
    counted = target != ignore_index
    classes = target.to(int64).masked_fill(~counted, 0)
    wrong = counted & ((classes < 0) | (classes >= input.shape[dim]))
    if bool(wrong.any()):
        raise IndexError(f"Target {target[wrong][0].item()} is out of bounds.")
    if weight is None:
        weights = counted.to(float64)
    else:
        weights = wide(weight).index_select(0, classes.reshape(-1)).reshape(classes.shape).masked_fill(~counted, 0)
    return counted, classes.unsqueeze(dim), weights, dim


def _nll(input: Any, target: Any, weight: Any, reduction: int, ignore_index: int) -> Any:
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


@op("only", contract=accumulated())
def nll_loss(input, target, weight=None, reduction=1, ignore_index=-100):
    """``-weight[t] * input[t]`` for the class ``t = target[n]`` of each sample; ``input`` (N, C) or (C) has log-probabilities.

    Targets equal to ``ignore_index`` count as 0. The mean is divided by the sum of the weights of the counted targets.
    Errors: IndexError for a target that is no class; targets must be int64 or uint8, weights as many as classes.

    >>> nn.functional.nll_loss(tensor([[-1., -2.], [-3., -4.]]), tensor([0, 1]))
    tensor(2.5000)
    """
    if input.dim() not in (1, 2):
        raise RuntimeError("input tensor should be 1D or 2D")
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.dtype is not int64 and target.dtype is not uint8:
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {target.dtype.type_name}")
    if input.dim() == 1 and target.dim() == 1 and target.shape[0] != 1:
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {target.shape[0]}")
    if input.dim() == 2 and input.shape[:1] != target.shape:
        raise RuntimeError(f"size mismatch (got input: {list(input.shape)}, target: {list(target.shape)})")
    count = input.shape[-1]
    if weight is not None and tuple(weight.shape) != (count,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {count} classes or no classes "
            f"but got weight tensor of shape: {list(weight.shape)}"
        )
    if not input.is_floating_point():
        not_implemented("nll_loss_out_frame", input.dtype)
    _check_weight_dtype(input, weight)
    return _nll(input, target, weight, reduction, ignore_index)


nll_loss.derivative(input=_nll_gradient)


@op("only", contract=accumulated(), node="NllLoss2DBackward0")
def nll_loss2d(input, target, weight=None, reduction=1, ignore_index=-100):
    """:func:`nll_loss` at every pixel: ``input`` (N, C, H, W), ``target`` (N, H, W) of int64.

    >>> nn.functional.nll_loss(tensor([[[[-1.]], [[-2.]]]]), tensor([[[1]]]))
    tensor(2.)
    """
    if target.dim() != 3:
        raise RuntimeError(
            f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {target.dim()}"
        )
    if input.dim() != 4:
        raise RuntimeError(
            f"only batches of spatial inputs supported (4D tensors), but got input of dimension: {input.dim()}"
        )
    if weight is not None and weight.numel() != input.shape[1]:
        raise RuntimeError("weight tensor should be defined either for all or no classes")
    if (input.shape[0], *input.shape[2:]) != tuple(target.shape):
        # torch does not close the parenthesis
        raise RuntimeError(f"size mismatch (got input: {list(input.shape)} , target: {list(target.shape)}")
    if target.dtype is uint8:
        raise RuntimeError("expected scalar type Long but found Byte")
    if target.dtype is not int64:
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {target.dtype.type_name}")
    if not input.is_floating_point():
        not_implemented("nll_loss2d_forward_out_frame", input.dtype)
    _check_weight_dtype(input, weight)
    return _nll(input, target, weight, reduction, ignore_index)


nll_loss2d.derivative(input=_nll_gradient)


@op("only", contract=accumulated())
def nll_loss_nd(input, target, weight=None, reduction=1, ignore_index=-100):
    """:func:`nll_loss` for any number of dimensions: ``input`` (C), (N, C) or (N, C, d1, ...), ``target`` without C.

    >>> nn.functional.nll_loss(tensor([[[-1., -2.], [-3., -4.]]]), tensor([[0, 1]]), reduction="none")
    tensor([[1., 4.]])
    """
    require_tensor(target, "nll_loss_nd", "target", 2)
    if input.dim() < 1:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if input.dim() != 1:
        samples = target.shape[0] if target.dim() else 0
        if input.shape[0] != samples:
            raise ValueError(
                f"Expected input batch_size ({input.shape[0]}) to match target batch_size ({samples})."
            )
    if input.dim() < 3:
        return nll_loss(input, target, weight, reduction, ignore_index)
    if input.dim() == 4:
        return nll_loss2d(input, target, weight, reduction, ignore_index)
    count, classes, *rest = input.shape
    if list(target.shape[1:]) != rest:
        raise RuntimeError(f"Expected target size {[count, *rest]}, got {list(target.shape)}")
    plane = (1, -1) if input.numel() else (0, 0)
    loss = nll_loss2d(input.contiguous().view(count, classes, *plane), target.contiguous().view(count, *plane),
                      weight, reduction, ignore_index)  # fmt: skip
    return loss.view(count, *rest) if reduction == NONE else loss


@op("only", contract=conditioned(4, inner=1))
def cross_entropy_loss(input, target, weight=None, reduction=1, ignore_index=-100, label_smoothing=0.0):
    """``-sum(p * log_softmax(input))`` over the classes, for the distribution ``p`` that ``target`` names.

    1. ``target`` of the input's shape, floating point: it is ``p``. ``weight`` multiplies each class's term, the mean is
       divided by the number of samples, and ``ignore_index`` is an error.
    2. ``target`` without the dimension of classes: ``p`` is 1 at the class ``target[n]``, as in :func:`nll_loss_nd`.
    3. ``label_smoothing`` = s replaces p by ``(1 - s) * p + s / C``; it must not be greater than 1.

    >>> nn.functional.cross_entropy(tensor([[1., 2.], [3., 5.]]), tensor([0, 1]))
    tensor(0.7201)
    """
    require_tensor(target, "cross_entropy_loss", "target", 2)

    def evaluate(input: Any, target: Any, weight: Any) -> Any:
        if target.shape == input.shape:
            return _with_probabilities(input, target, weight, reduction, label_smoothing)
        if label_smoothing > 0:
            return _smoothed(input, target, weight, reduction, ignore_index, label_smoothing)
        return nll_loss_nd(log_softmax(input, _class_dim(input)), target, weight, reduction, ignore_index)

    if target.shape == input.shape:
        if not target.is_floating_point():
            raise RuntimeError(
                f"Expected floating point type for target with class probabilities, got {target.dtype.type_name}"
            )
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    if input.dim() == 0:
        raise IndexError("Dimension specified as 1 but tensor has no dimensions")
    return _round_once(evaluate(input, target, weight), evaluate, input, target, weight)


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
    if weight is not None and tuple(weight.shape) != (count,):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {count} classes or no classes "
            f"but got weight tensor of shape: {list(weight.shape)}"
        )
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
