"""Dropout: elements, or whole channels, set to 0 at random while a network is trained, the others made larger, so that their mean stays.

The numbers are those of ``bernoulli_`` with the probability ``1 - p``, drawn into a tensor like the input, or one of a number for each channel.
"""

from __future__ import annotations

import math
from typing import Any

from ...foundation.contracts import ulps
from ...foundation.dtypes import bool_
from ...operations.registry import op
from ...tensor import Tensor
from ..creation.fresh import warn

_CONTRACT = ulps(2)
_ALPHA = 1.7580993408473766  # minus the value to which SELU saturates: G. Klambauer and others, "Self-normalizing neural networks" (2017)


def _probability(require: Any, p: float) -> None:
    require(0.0 <= p <= 1.0, RuntimeError, "dropout probability has to be between 0 and 1, but got {:g}", float(p))


def _has_features(require: Any, input: Tensor, p: float, train: bool) -> None:
    require(input.dim() >= 2 or p in (0.0, 1.0) or not train or not input.numel(), RuntimeError,
            "Feature dropout requires at least 2 dimensions in the input")  # fmt: skip


def _kept_as_it_is(input: Tensor, p: float, train: bool) -> bool:
    return p == 0.0 or not train or not input.numel()


def _noise(input: Tensor, p: float, of_features: bool) -> Tensor:
    """1 for what stays, 0 for what is dropped."""
    plain = input.detach()
    shape = (*input.shape[:2], *[1] * (input.dim() - 2))
    noise = plain.new_empty(shape) if of_features else plain.new_empty(()) if not input.dim() else _empty_like(plain)
    return noise.bernoulli_(1.0 - p)  # type: ignore[no-any-return]


def _empty_like(input: Tensor) -> Tensor:
    from ..creation.like_another import empty_like

    return empty_like(input)  # type: ignore[no-any-return]


def _dropout(input: Tensor, p: float, train: bool, of_features: bool, in_place: bool) -> Tensor:
    """``input * noise / (1 - p)``."""
    if _kept_as_it_is(input, p, train):
        return input
    noise = input.detach().new_zeros(()) if p == 1.0 else _noise(input, p, of_features).div_(1.0 - p)
    return input.mul_(noise) if in_place else input * noise


def _alpha_dropout(input: Tensor, p: float, train: bool, of_features: bool, in_place: bool) -> Tensor:
    """``a * (input * noise - alpha (1 - noise)) + a alpha p``, with a such that mean and variance stay."""
    if _kept_as_it_is(input, p, train) or p == 1.0:
        return _dropout(input, p, train, of_features, in_place)
    scale = 1.0 / math.sqrt((_ALPHA * _ALPHA * p + 1.0) * (1.0 - p))
    noise = _noise(input, p, of_features)
    shift = noise.add(-1).mul_(_ALPHA * scale).add_(_ALPHA * scale * p)
    noise.mul_(scale)
    return input.mul_(noise).add_(shift) if in_place else (input * noise).add(shift)


# -- the functions of torch ----------------------------------------------------------------------------------------


@op("function", contract=_CONTRACT)
def dropout(input, p, train):
    """Each element 0 with probability ``p``, else divided by ``1 - p``; the input itself if not ``train``, for ``p`` 0, and without elements.

    Shapes: that of the input. Dtypes: floating point ones, if anything is drawn. Special cases: for ``p`` 1 everything is multiplied by 0; a
    dropped infinity or NaN is NaN. Errors: RuntimeError for a ``p`` outside of [0, 1] or NaN, and for integers and bool, NotImplementedError for
    complex numbers. Gradient: that of the result, times the same factors. Source: N. Srivastava and others, "Dropout: a simple way to prevent neural
    networks from overfitting" (2014).

    >>> dropout(tensor([1., 2.]), 1.0, True), dropout(tensor([1., 2.]), 0.5, False)
    (tensor([0., 0.]), tensor([1., 2.]))
    """
    return _dropout(input, p, train, False, False)


@dropout.constraints
def _(require, p):
    _probability(require, p)


@op("function", contract=_CONTRACT, dtypes="every")
def dropout_(input, p, train):
    """:func:`dropout` in place.

    >>> dropout_(tensor([1., 2.]), 1.0, True)
    tensor([0., 0.])
    """
    return _dropout(input, p, train, False, True)


@dropout_.constraints
def _(require, p):
    _probability(require, p)


@op("function", contract=_CONTRACT)
def feature_dropout(input, p, train):
    """:func:`dropout` of whole channels: of all that has the same first two indices. RuntimeError for less than two dimensions, if anything is drawn.

    >>> feature_dropout(ones(1, 1, 2), 1.0, True)
    tensor([[[0., 0.]]])
    """
    return _dropout(input, p, train, True, False)


@feature_dropout.constraints
def _(require, input, p, train):
    _probability(require, p)
    _has_features(require, input, p, train)


@op("function", contract=_CONTRACT, dtypes="every")
def feature_dropout_(input, p, train):
    """:func:`feature_dropout` in place.

    >>> feature_dropout_(ones(1, 1, 2), 1.0, True)
    tensor([[[0., 0.]]])
    """
    return _dropout(input, p, train, True, True)


@feature_dropout_.constraints
def _(require, input, p, train):
    _probability(require, p)
    _has_features(require, input, p, train)


@op("function", contract=_CONTRACT)
def alpha_dropout(input, p, train):
    """Dropout for networks with SELU: each element becomes the least value of SELU with probability ``p``, and everything is scaled and shifted so
    that mean 0 and variance 1 stay: ``a (x d - alpha (1 - d)) + a alpha p``, where d is 1 or 0 and ``a = ((1 - p) (1 + p alpha**2))**-0.5``.

    Shapes, dtypes, special cases and errors: as for :func:`dropout`. Gradient: that of the result, times ``a d``. Source: G. Klambauer and
    others, "Self-normalizing neural networks" (2017).

    >>> alpha_dropout(tensor([1., 2.]), 0.5, False)
    tensor([1., 2.])
    """
    return _alpha_dropout(input, p, train, False, False)


@alpha_dropout.constraints
def _(require, p):
    _probability(require, p)


@op("function", contract=_CONTRACT, dtypes="every")
def alpha_dropout_(input, p, train):
    """:func:`alpha_dropout` in place.

    >>> alpha_dropout_(tensor([1., 2.]), 1.0, True)
    tensor([0., 0.])
    """
    return _alpha_dropout(input, p, train, False, True)


@alpha_dropout_.constraints
def _(require, p):
    _probability(require, p)


@op("function", contract=_CONTRACT)
def feature_alpha_dropout(input, p, train):
    """:func:`alpha_dropout` of whole channels, as :func:`feature_dropout` drops them.

    >>> feature_alpha_dropout(ones(1, 1, 2), 0.5, False)
    tensor([[[1., 1.]]])
    """
    return _alpha_dropout(input, p, train, True, False)


@feature_alpha_dropout.constraints
def _(require, input, p, train):
    _probability(require, p)
    _has_features(require, input, p, train)


@op("function", contract=_CONTRACT, dtypes="every")
def feature_alpha_dropout_(input, p, train):
    """:func:`feature_alpha_dropout` in place.

    >>> feature_alpha_dropout_(ones(1, 1, 2), 1.0, True)
    tensor([[[0., 0.]]])
    """
    return _alpha_dropout(input, p, train, True, True)


@feature_alpha_dropout_.constraints
def _(require, input, p, train):
    _probability(require, p)
    _has_features(require, input, p, train)


@op("function", contract=_CONTRACT)
def native_dropout(input, p, train):
    """:func:`dropout`, and the mask of what stays: ``(result, mask)``. ``train=None`` counts as true.

    Shapes: both that of the input. Dtypes: floating point and complex ones; the mask is bool. If not ``train`` the result is a copy, and the mask
    true. Errors: RuntimeError for a ``p`` outside of [0, 1], and for integers and bool. Gradient: that of the result where the mask is, divided
    by ``1 - p``; not divided for ``train=None``, which torch takes for false there.

    >>> native_dropout(tensor([1., 2.]), 1.0, True)
    (tensor([0., 0.]), tensor([False, False]))
    """
    plain = input.detach()
    mask = _empty_like(plain).to(bool_)
    if train is False or not input.numel():
        return plain.clone(), mask.fill_(True)
    mask.bernoulli_(1.0 - p)
    return plain.mul(mask).mul_(_scale(p)), mask


@native_dropout.constraints
def _(require, input, p, train):
    require(train is False or 0.0 <= 1.0 - p <= 1.0 or not input.numel(), RuntimeError, "bernoulli_ expects p to be in [0, 1], but got p={:g}",
            1.0 - p)  # fmt: skip


def _scale(p: float) -> float:
    return 0.0 if p == 1.0 else 1.0 / (1.0 - p)


def _through_mask(grad, result1, p, train):
    return grad * result1 * (_scale(p) if train else 1.0)


native_dropout.derivative(input=_through_mask)


# -- those of torch.nn.functional ----------------------------------------------------------------------------------


def _fraction(require: Any, p: float) -> None:
    """The same, in the words of torch.nn.functional."""
    require(not (p < 0.0 or p > 1.0), ValueError, "dropout probability has to be between 0 and 1, but got {}", p)
    require(p == p, RuntimeError, "dropout probability has to be between 0 and 1, but got nan")


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def nn_functional_dropout(input, p=0.5, training=True, inplace=False):
    """:func:`torch.dropout`, in place if ``inplace``. Errors: ValueError for a ``p`` outside of [0, 1].

    >>> nn.functional.dropout(tensor([1., 2.]), training=False)
    tensor([1., 2.])
    """
    return (dropout_ if inplace else dropout)(input, p, training)


@nn_functional_dropout.constraints
def _(require, p):
    _fraction(require, p)


def _of_channels(input: Tensor, p: float, training: bool, inplace: bool, batched: bool) -> Tensor:
    """Dropout of channels, along the first dimension unless there is a batch."""
    if not batched:
        input = input.unsqueeze_(0) if inplace else input.unsqueeze(0)
    result = (feature_dropout_ if inplace else feature_dropout)(input, p, training)
    if batched:
        return result  # type: ignore[no-any-return]
    return result.squeeze_(0) if inplace else result.squeeze(0)  # type: ignore[no-any-return]


_DEPRECATED = (
    "dropout{0}d: Received a {1}-D input to dropout{0}d, which is deprecated and will result in an error in a future release. To retain the behavior "
    "and silence this warning, please use dropout instead. Note that dropout{0}d exists to provide channel-wise dropout on inputs with {0} spatial "
    "dimensions, a channel dimension, and an optional batch dimension (i.e. {2}D or {3}D inputs)."
)


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def nn_functional_dropout1d(input, p=0.5, training=True, inplace=False):
    """Dropout of whole channels of a signal: :func:`torch.feature_dropout` of an input (N, C, L), or (C, L).

    Errors: RuntimeError for other numbers of dimensions, ValueError for a ``p`` outside of [0, 1].

    >>> nn.functional.dropout1d(ones(1, 2), 1.0)
    tensor([[0., 0.]])
    """
    return _of_channels(input, p, training, inplace, input.dim() == 3)


@nn_functional_dropout1d.constraints
def _(require, input, p):
    _fraction(require, p)
    require(input.dim() in (2, 3), RuntimeError, "dropout1d: Expected 2D or 3D input, but received a {}D input. Note that dropout1d exists to "
            "provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch dimension (i.e. 2D or 3D "
            "inputs).", input.dim())  # fmt: skip


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def nn_functional_dropout2d(input, p=0.5, training=True, inplace=False):
    """Dropout of whole channels of a picture: :func:`torch.feature_dropout` of an input (N, C, H, W). It warns of other numbers of dimensions.

    Errors: ValueError for a ``p`` outside of [0, 1], RuntimeError for less than two dimensions, if anything is drawn.

    >>> nn.functional.dropout2d(ones(1, 1, 1, 2), 1.0)
    tensor([[[[0., 0.]]]])
    """
    ndim = input.dim()
    if ndim not in (3, 4):
        warn(_DEPRECATED.format(2, ndim, 3, 4))
    if ndim == 3:
        warn("dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired - input is interpreted as "
             "shape (N, C, L), where C is the channel dim. This behavior will change in a future release to interpret the input as one without a "
             "batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise dropout behavior, please switch to using dropout1d instead.")
    return _of_channels(input, p, training, inplace, True)


@nn_functional_dropout2d.constraints
def _(require, input, p, training):
    _fraction(require, p)
    _has_features(require, input, p, training)


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def nn_functional_dropout3d(input, p=0.5, training=True, inplace=False):
    """Dropout of whole channels of a volume: :func:`torch.feature_dropout` of an input (N, C, D, H, W), or (C, D, H, W). It warns of other numbers of
    dimensions, which are taken for the second.

    Errors: ValueError for a ``p`` outside of [0, 1], RuntimeError for a 0-d input, if anything is drawn.

    >>> nn.functional.dropout3d(ones(1, 1, 1, 2), 1.0)
    tensor([[[[0., 0.]]]])
    """
    ndim = input.dim()
    if ndim not in (4, 5):
        warn(_DEPRECATED.format(3, ndim, 4, 5))
    return _of_channels(input, p, training, inplace, ndim == 5)


@nn_functional_dropout3d.constraints
def _(require, input, p, training):
    _fraction(require, p)
    _has_features(require, input.unsqueeze(0), p, training)


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def nn_functional_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """:func:`torch.alpha_dropout`, in place if ``inplace``. Errors: ValueError for a ``p`` outside of [0, 1].

    >>> nn.functional.alpha_dropout(tensor([1., 2.]))
    tensor([1., 2.])
    """
    return (alpha_dropout_ if inplace else alpha_dropout)(input, p, training)


@nn_functional_alpha_dropout.constraints
def _(require, p):
    _fraction(require, p)


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def nn_functional_feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """:func:`torch.feature_alpha_dropout`, in place if ``inplace``. Errors: ValueError for a ``p`` outside of [0, 1].

    >>> nn.functional.feature_alpha_dropout(ones(1, 2))
    tensor([[1., 1.]])
    """
    return (feature_alpha_dropout_ if inplace else feature_alpha_dropout)(input, p, training)


@nn_functional_feature_alpha_dropout.constraints
def _(require, input, p, training):
    _fraction(require, p)
    _has_features(require, input, p, training)
