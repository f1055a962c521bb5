"""Functions of neural networks: what the modules of :mod:`refimpl.nn` compute.

The losses take ``reduction`` as a word ("none", "mean", "sum") and its deprecated forms ``size_average`` and ``reduce``; the
rules are stated in :mod:`refimpl.ops.nn.losses`.
"""

from __future__ import annotations

from typing import Any
from warnings import warn

from ..foundation.layout import broadcast_shapes
from ..ops.nn import linear as layers
from ..ops.nn import losses
from ..tensor import Tensor
from ._reduction import get_enum, legacy_get_string

__all__ = [
    "cross_entropy", "l1_loss", "linear", "log_softmax", "mse_loss", "nll_loss", "relu", "relu_", "sigmoid", "softmax", "tanh",
]


linear = layers.linear

# -- activations -----------------------------------------------------------------------------------


def relu(input: Any, inplace: bool = False) -> Tensor:
    """``max(input, 0)`` for each element; ``inplace`` overwrites the input."""
    return input.relu_() if inplace else input.relu()


def relu_(input: Any) -> Tensor:
    """``relu`` in place."""
    return input.relu_()


def sigmoid(input: Any) -> Tensor:
    """``1 / (1 + exp(-input))`` for each element."""
    return input.sigmoid()


def tanh(input: Any) -> Tensor:
    """The hyperbolic tangent of each element."""
    return input.tanh()


def _softmax_dim(name: str, ndim: int, stacklevel: int) -> int:
    """The dimension for a call that names none: deprecated."""
    warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """``exp(input) / sum(exp(input))`` along ``dim``; ``dtype`` casts the input first."""
    if dim is None:
        dim = _softmax_dim("softmax", input.dim(), _stacklevel)
    return input.softmax(dim, dtype=dtype)


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """The logarithm of :func:`softmax`."""
    if dim is None:
        dim = _softmax_dim("log_softmax", input.dim(), _stacklevel)
    return input.log_softmax(dim, dtype=dtype)


# -- losses ----------------------------------------------------------------------------------------


def _reduction_word(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    if size_average is None and reduce is None:
        return reduction
    return legacy_get_string(size_average, reduce)


def _broadcast(input: Any, target: Any) -> tuple[Any, Any]:
    """Both expanded to their common shape, with torch's warning if their shapes differ."""
    if target.size() == input.size():
        return input, target
    warn(
        f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). "
        "This will likely lead to incorrect results due to broadcasting. "
        "Please ensure they have the same size.",
        stacklevel=3,
    )
    shape = broadcast_shapes(tuple(input.shape), tuple(target.shape))
    return tuple(t if tuple(t.shape) == shape else t.expand(shape) for t in (input, target))


def _weighted_loss(losses_: Any, weight: Any, input: Any, reduction: str) -> Any:
    """The elements' losses times ``weight``; the mean is divided by the sum of the weights."""
    if weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
    weighted = losses_ * weight
    if reduction == "none":
        return weighted
    if reduction == "sum":
        return weighted.sum()
    if reduction == "mean":
        return weighted.sum() / weight.sum()
    raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")


def mse_loss(input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
             weight: Any = None) -> Tensor:
    """The squared difference, reduced; ``weight``, of the input's shape, weights each element."""
    a, b = _broadcast(input, target)
    reduction = _reduction_word(size_average, reduce, reduction)
    if weight is not None:
        return _weighted_loss((a - b).pow(2), weight, input, reduction)
    return losses.mse_loss(a, b, get_enum(reduction))


def l1_loss(input: Any, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
            weight: Any = None) -> Tensor:
    """The absolute difference, reduced; ``weight``, of the input's shape, weights each element."""
    a, b = _broadcast(input, target)
    reduction = _reduction_word(size_average, reduce, reduction)
    if weight is not None:
        return _weighted_loss((a - b).abs(), weight, input, reduction)
    return losses.l1_loss(a, b, get_enum(reduction))


def nll_loss(input: Any, target: Any, weight: Any = None, size_average: bool | None = None, ignore_index: int = -100,
             reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """The negative log-probability of the target classes: ``input`` (N, C, ...) has log-probabilities."""
    reduction = _reduction_word(size_average, reduce, reduction)
    return losses.nll_loss_nd(input, target, weight, get_enum(reduction), ignore_index)


def cross_entropy(input: Any, target: Any, weight: Any = None, size_average: bool | None = None, ignore_index: int = -100,
                  reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0) -> Tensor:
    """The cross entropy between ``softmax(input)`` (N, C, ...) and the target: classes (N, ...) or probabilities (N, C, ...)."""
    reduction = _reduction_word(size_average, reduce, reduction)
    return losses.cross_entropy_loss(input, target, weight, get_enum(reduction), ignore_index, label_smoothing)
