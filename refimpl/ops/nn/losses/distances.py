"""Losses of distances and angles between vectors, of which some belong together and others do not.

Evaluated in binary64 and rounded once. In torch's C++, ``reduction`` is a number: 0 none, 1 mean, 2 sum; left out, it is 0 there.
"""

from __future__ import annotations

from typing import Any

from ....foundation.contracts import conditioned
from ....foundation.dtypes import bool_, complex128, get_default_dtype
from ....foundation.promotion import promote_types
from ....operations.dtype_support import common_dtype
from ....operations.registry import op
from ...creation.like_another import zeros_like
from ...linalg.norms import linalg_vector_norm
from ...pointwise.extrema import minimum
from ...products.evaluation import narrowed
from ...shared.elementwise import number_as
from ..loss_reduction import NONE, asked_reduction, get_enum, known_reduction, reduced
from ..softmax import wide

_SUBTRACTED = "Subtraction, the `-` operator, with {} is not supported. "
_ONE_BOOL = _SUBTRACTED.format("a bool tensor") + "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
_TWO_BOOLS = _SUBTRACTED.format("two bool tensors") + "Use the `^` or `logical_xor()` operator instead."


def _real(d: Any) -> Any:
    """The dtype of a result that no integers can be."""
    return d if d.category >= 2 else get_default_dtype()


def _node(reduction: int, node: str) -> str:
    return (node, "MeanBackward0", "SumBackward0")[reduction] if reduction in (0, 1, 2) else node


# -- of an angle ---------------------------------------------------------------------------------------

_LEAST = 9.999999960041972e-13  # is added to a squared length: 1e-12 in single precision, in every dtype


def _squared(x: Any, dim: int) -> Any:
    x = wide(x) if x.dtype.category == 2 else x
    return wide((x * x).sum(dim)) + _LEAST


@op("function", contract=conditioned(8, inner=1))
def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction=NONE):
    """:func:`torch.nn.functional.cosine_embedding_loss` with a number for the reduction: 0 none, 1 mean, 2 sum.

    >>> cosine_embedding_loss(tensor([[3., 4.], [3., 4.]]), tensor([[4., 3.], [4., 3.]]), tensor([1, -1]), 0.5)
    tensor([0.0400, 0.4600])
    """
    dim = target.dim()
    d = promote_types(promote_types(input1.dtype, input2.dtype), promote_types(_real(input1.dtype), _real(input2.dtype)))
    floating = input1.dtype.category == 2 or input2.dtype.category == 2
    products = wide(input1) * wide(input2) if floating else input1 * input2
    cosine = wide(products.sum(dim)) / (_squared(input1, dim) * _squared(input2, dim)).sqrt()
    zeros = zeros_like(cosine)
    beyond = (cosine - number_as(margin, d, True)).clamp_min(0)
    losses = (1 - cosine).where(target == 1, zeros) + beyond.where(target == -1, zeros)
    return narrowed(reduced(losses, reduction), d, _node(reduction, "AddBackward0"))


@cosine_embedding_loss.constraints
def _(require, input1, input2, target):
    require(target.dim() <= 1, RuntimeError, "0D or 1D target tensor expected, multi-target not supported")
    if target.dim():
        fits = input1.dim() == input2.dim() == 2
        require(fits, RuntimeError, "1D target tensor expects 2D input tensors, but found inputs with sizes {} and {}.", list(input1.shape),
                list(input2.shape))  # fmt: skip
    else:
        fits = input1.dim() == input2.dim() == 1
        require(fits, RuntimeError, "0D target tensor expects 1D input tensors, but found inputs with sizes {} and {}.", list(input1.shape),
                list(input2.shape))  # fmt: skip
    require(not (input1.is_complex() or input2.is_complex()), NotImplementedError, "clamp is not supported for complex types")
    require.broadcast(input1, input2)
    if target.dim() and input1.dim() and input2.dim():
        rows = max(input1.shape[0], input2.shape[0]) if input1.shape[0] and input2.shape[0] else 0
        require.broadcast(target, input1.new_zeros((rows,)))


@op("function python", namespace="nn.functional", contract=conditioned(8, inner=1))
def nn_functional_cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """``1 - cos(x1, x2)`` where the target is 1, ``max(0, cos(x1, x2) - margin)`` where it is -1, 0 elsewhere: the mean, the sum, or each of them.

    The cosine is ``sum(x1 * x2) / sqrt((sum(x1**2) + 1e-12) * (sum(x2**2) + 1e-12))``. Shapes: the inputs (N, D) and the target (N), which
    broadcast, or (D) and (); the result is 0-d, but has one element for each row with ``reduction="none"``. ``size_average`` and ``reduce`` are
    deprecated forms of ``reduction``. Dtypes: all of real numbers, which promote; integers, of which products and sums are integers, give the
    default dtype; any for the target. Special cases: the zero vector has cosine 0; NaN and infinite elements give NaN; the mean of no elements is
    NaN. Errors: ValueError for an unknown ``reduction``; RuntimeError for other shapes; NotImplementedError for complex inputs. Gradient: that of
    the cosine, with the sign that the target gives it, where the loss is not cut off. Evaluated in binary64 and rounded once.

    >>> nn.functional.cosine_embedding_loss(tensor([[3., 4.], [3., 4.]]), tensor([[4., 3.], [4., 3.]]), tensor([1, -1]))
    tensor(0.5000)
    """
    return cosine_embedding_loss(input1, input2, target, margin, get_enum(asked_reduction(size_average, reduce, reduction)))


@nn_functional_cosine_embedding_loss.constraints
def _(require, size_average, reduce, reduction):
    known_reduction(require, size_average, reduce, reduction)


# -- of triplets ---------------------------------------------------------------------------------------


def _distance(x1: Any, x2: Any, p: float, eps: float) -> Any:
    """The distance of :func:`pairwise_distance`, not rounded. What is subtracted has the common dtype: an integer may be infinite there."""
    common = common_dtype(x1, x2)
    if common.category < 2:
        differences = wide((x1 - x2).to(get_default_dtype()))
    elif common.is_complex:
        differences = x1.to(common).to(complex128) - x2.to(common).to(complex128)
    else:
        differences = wide(x1.to(common)) - wide(x2.to(common))
    return linalg_vector_norm(differences + number_as(eps, _real(common), True), p, [differences.dim() - 1] if differences.dim() else [])


def _losses(ahead: Any, behind: Any, margin: Any) -> Any:
    return (ahead + margin - behind).clamp_min(0)


def _together(require: Any, anchor: Any, positive: Any, negative: Any) -> None:
    """The constraints of tensors of which distances are taken."""
    ranks = anchor.dim(), positive.dim(), negative.dim()
    require(len(set(ranks)) == 1, RuntimeError, "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but "
            "got: anchor {}D, positive {}D, and negative {}D inputs", *ranks)  # fmt: skip
    bools = [x.dtype is bool_ for x in (anchor, positive, negative)]
    require(not any(bools), RuntimeError, _TWO_BOOLS, also=((RuntimeError, _ONE_BOOL),))


@op("function", contract=conditioned(4))
def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-06, swap=False, reduction=NONE):
    """:func:`torch.nn.functional.triplet_margin_loss` with a number for the reduction: 0 none, 1 mean, 2 sum; any ``margin``.

    >>> triplet_margin_loss(tensor([[0., 0.]]), tensor([[3., 4.]]), tensor([[0., 2.]]), eps=0.0)
    tensor([4.])
    """
    ahead, behind = _distance(anchor, positive, p, eps), _distance(anchor, negative, p, eps)
    d = promote_types(_real(common_dtype(anchor, positive)).real, _real(common_dtype(anchor, negative)).real)
    if swap:
        behind = minimum(behind, _distance(positive, negative, p, eps))
        d = promote_types(d, _real(common_dtype(positive, negative)).real)
    losses = _losses(ahead, behind, number_as(margin, d, True))
    return narrowed(reduced(losses, reduction), d, _node(reduction, "ClampMinBackward0"))


@triplet_margin_loss.constraints
def _(require, anchor, positive, negative, swap):
    _together(require, anchor, positive, negative)
    require.broadcast(anchor, positive)
    require.broadcast(anchor, negative)
    if swap:
        require.broadcast(positive, negative)


@op("function python", namespace="nn.functional", contract=conditioned(4))
def nn_functional_triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False, size_average=None, reduce=None,
                                      reduction="mean"):  # fmt: skip
    """``max(0, margin + d(anchor, positive) - d(anchor, negative))``: the mean, the sum, or each of them.

    d is :func:`pairwise_distance`, of order ``p`` and with ``eps``. With ``swap`` the distance of the negative is that of the positive to it, if that
    is less. Shapes: all of one number of dimensions, which broadcast; the result is 0-d, but with ``reduction="none"`` it has their common shape
    without the last dimension. ``size_average`` and ``reduce`` are deprecated forms of ``reduction``. Dtypes: all but bool, which promote; integers
    are subtracted as such and then the default dtype; of complex ones the result is real. Special cases: as for the distance; the mean of no elements
    is NaN. Errors: ValueError for an unknown ``reduction`` and a ``margin`` that is not positive; RuntimeError for bool and for other shapes.
    Gradient: those of the distances where the loss is not cut off. Evaluated in binary64 and rounded once. Source: V. Balntas et al., "Learning
    shallow convolutional feature descriptors with triplet losses" (2016).

    >>> nn.functional.triplet_margin_loss(tensor([[0., 0.]]), tensor([[3., 4.]]), tensor([[0., 2.]]), eps=0.0)
    tensor(4.)
    """
    return triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, get_enum(asked_reduction(size_average, reduce, reduction)))


@nn_functional_triplet_margin_loss.constraints
def _(require, margin, size_average, reduce, reduction):
    known_reduction(require, size_average, reduce, reduction)
    require(not margin <= 0, ValueError, "margin must be greater than 0, got {}", margin)


@op("function python", namespace="nn.functional", contract=conditioned(4))
def triplet_margin_with_distance_loss(anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"):
    """:func:`torch.nn.functional.triplet_margin_loss` with a distance of one's own: ``distance_function(x1, x2)``, :func:`pairwise_distance` if None.

    Shapes and dtypes: as there; with a distance of one's own all that it takes, and the result has the shape and the dtype that its results have
    together. Special cases, errors and gradient: as there, and those of the distance.

    >>> def distance(x, y):
    ...     return (x - y).abs().sum(-1)
    >>> x, y, z = tensor([[0., 0.]]), tensor([[3., 4.]]), tensor([[0., 2.]])
    >>> nn.functional.triplet_margin_with_distance_loss(x, y, z, distance_function=distance)
    tensor(6.)
    """
    number = get_enum(reduction)
    if distance_function is None:
        return triplet_margin_loss(anchor, positive, negative, margin, 2, 1e-06, swap, number)
    ahead, behind = distance_function(anchor, positive), distance_function(anchor, negative)
    behind = minimum(behind, distance_function(positive, negative)) if swap else behind
    return reduced(_losses(ahead, behind, margin), number)


@triplet_margin_with_distance_loss.constraints
def _(require, anchor, positive, negative, distance_function, margin, swap, reduction):
    require(reduction in ("mean", "sum", "none"), ValueError, "{} is not a valid value for reduction", reduction)
    require(not margin <= 0, ValueError, "margin must be greater than 0, got {}", margin)
    ranks = anchor.ndim, positive.ndim, negative.ndim
    require(len(set(ranks)) == 1, RuntimeError, "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but "
            "got: anchor {}D, positive {}D, and negative {}D inputs", *ranks)  # fmt: skip
    if distance_function is None:
        bools = [x.dtype is bool_ for x in (anchor, positive, negative)]
        require(not any(bools), RuntimeError, _TWO_BOOLS, also=((RuntimeError, _ONE_BOOL),))
        require.broadcast(anchor, positive)
        require.broadcast(anchor, negative)
        if swap:
            require.broadcast(positive, negative)
