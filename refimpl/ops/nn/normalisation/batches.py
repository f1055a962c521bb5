"""Normalisation of channels: over the samples of a batch (batch_norm), or over each sample alone (instance_norm), with running statistics.

Running statistics are exact sums of the old ones and the new, ``(1 - momentum) * old + momentum * new``, rounded once; the new variance is divided
by the number of elements less one.
"""

from __future__ import annotations

from math import nan, prod
from typing import Any

from ....autograd.modes import no_grad
from ....foundation.contracts import conditioned
from ....operations.output_kinds import exact
from ....operations.registry import op
from ....operations.sharing import COMPUTED, refuse_shared_elements
from ....tensor import channels_last, channels_last_3d, contiguous_format, suggested_format
from ...shared.gradients import not_differentiated
from ..softmax import wide
from .moments import beside, parameter_dtypes, scaled, standardised, standardised_gradient, statistics_dtype


def _others(input: Any) -> tuple[int, ...]:
    """All dimensions but that of the channels."""
    return tuple(d for d in range(input.dim()) if d != 1)


def _format(input: Any) -> Any:
    """The memory format of the result: one in which the input is contiguous, or else that for which its strides speak."""
    formats = {4: (contiguous_format, channels_last), 5: (contiguous_format, channels_last_3d)}.get(input.dim(), (contiguous_format,))
    return next((f for f in formats if input.is_contiguous(memory_format=f)), suggested_format(input._view))


def _by_channel(statistic: Any, input: Any) -> Any:
    return None if statistic is None else statistic.view(1, -1 if input.shape[1] else 0, *[1] * (input.dim() - 2))


def _unbiased(x: Any, dims: tuple[int, ...]) -> Any:
    """The variance divided by one less than the number of elements; NaN for one element."""
    count = prod(x.shape[d] for d in dims)
    variance = x.var(dims, correction=0)
    return variance * (count / (count - 1)) if count > 1 else variance * nan


def _moving(old: Any, new: Any, momentum: float) -> Any:
    return wide(old) * (1.0 - momentum) + new * momentum


def _update(input: Any, running_mean: Any, running_var: Any, momentum: float) -> None:
    if running_mean is None:
        return
    x, dims = wide(input), _others(input)
    for running, new in ((running_mean, x.mean(dims)), (running_var, _unbiased(x, dims))):
        running.data.copy_(_moving(running, new, momentum))  # torch does not count it as a write


def _has_statistics(require: Any, input: Any) -> None:
    """The constraint of the input's dtype."""
    require(input.is_floating_point(), NotImplementedError, "\"batch_norm\" not implemented for '{}'", input.dtype.type_name, also=(
        (RuntimeError, "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: {}"),))  # fmt: skip


def _has_channels(require: Any, input: Any) -> None:
    """The constraint of a dimension for the channels."""
    require(input.dim() > 1, IndexError, "Dimension out of range (expected to be in range of [-1, 0], but got 1)", also=(
        (RuntimeError, "SmallVector unable to grow. Requested capacity (18446744073709551615) is larger than maximum value for size type "
                       "(4294967295)"),) if not input.dim() else ())  # fmt: skip


def _given(require: Any, running_mean: Any, running_var: Any) -> None:
    """The constraints of running statistics, which have no gradient."""
    not_differentiated(require, "native_batch_norm", "running_mean", running_mean)
    not_differentiated(require, "native_batch_norm", "running_var", running_var)


def _statistics(require: Any, input: Any, running_mean: Any, running_var: Any, training: bool, *others: tuple[str, Any]) -> None:
    require((running_mean is None) is (running_var is None), ValueError, "running_mean and running_var must either both be None or neither be None")
    channels = input.shape[1] if input.dim() > 1 else 0
    for name, parameter in (("running_mean", running_mean), ("running_var", running_var), *others):
        require(parameter is None or parameter.numel() == channels, RuntimeError, "{} should contain {} elements not {}", name, channels,
                parameter is not None and parameter.numel())  # fmt: skip


@op("function out", contract=conditioned(8, inner=1), graph="first_output_only", sharing=COMPUTED,
    out=exact("expected scalar type {result} but found {out}"))  # fmt: skip
def native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps):
    """:func:`batch_norm`, with what it normalised by: ``(result, mean, 1 / sqrt(variance + eps))``, the last two empty unless ``training``.

    Shapes, dtypes and special cases: as there; the last two are (C) and have the parameters' dtype. Errors: as there; RuntimeError for no elements
    while ``training``. Gradient: that of the first result; the others have none.

    >>> native_batch_norm(tensor([[1.], [3.]]), None, None, None, None, True, 0.1, 0.0)
    (tensor([[-1.],
            [ 1.]]), tensor([2.]), tensor([1.]))
    """
    x, d = wide(input), statistics_dtype(input, weight, bias, running_mean, running_var)
    if training:
        y, mean, inverse = standardised(x, _others(input), eps, flat=True)
        _update(input, running_mean, running_var, momentum)
        saved = mean.reshape(-1).to(d), inverse.reshape(-1).to(d)
    else:
        y = (x - _by_channel(wide(running_mean), input)) * (_by_channel(wide(running_var), input) + eps).rsqrt()
        saved = input.new_empty(0, dtype=d), input.new_empty(0, dtype=d)
    y = scaled(y, _by_channel(weight, input), _by_channel(bias, input))
    return y.to(input.dtype).contiguous(memory_format=_format(input)), *saved


@native_batch_norm.constraints
def _(require, input, weight, bias, running_mean, running_var, training):
    _has_statistics(require, input)
    _has_channels(require, input)
    require(training or running_mean is not None, RuntimeError, "running_mean must be defined in evaluation mode")  # torch's process ends
    require((running_mean is None) is (running_var is None), ValueError, "running_mean and running_var must either both be None or neither be None")
    require(not training or input.numel(), RuntimeError, "input tensor must have at least one element, but got input_sizes = {}", list(input.shape))
    parameter_dtypes(require, input, weight, bias, running_mean, running_var)
    _given(require, running_mean, running_var)


def _weighted(grad: Any, input: Any, weight: Any) -> Any:
    return wide(grad) if weight is None else wide(grad) * _by_channel(wide(weight), input)


def _normalised(input: Any, running_mean: Any, running_var: Any, training: bool, eps: float) -> Any:
    x = wide(input)
    if training:
        return standardised(x, _others(input), eps, flat=True)[0]
    return (x - _by_channel(wide(running_mean), input)) * (_by_channel(wide(running_var), input) + eps).rsqrt()


def _input_gradient(grad: Any, input: Any, weight: Any, running_var: Any, training: bool, eps: float) -> Any:
    g = _weighted(grad, input, weight)
    if training:
        return standardised_gradient(g, wide(input), _others(input), eps, flat=True)
    return beside(g * (_by_channel(wide(running_var), input) + eps).rsqrt(), input)


native_batch_norm.derivative(
    input=_input_gradient,
    weight=lambda grad, input, running_mean, running_var, training, eps: (
        wide(grad) * _normalised(input, running_mean, running_var, training, eps)).sum(_others(input)),
    bias=lambda grad: wide(grad).sum(_others(grad)),
)  # fmt: skip


@op("function", contract=conditioned(8, inner=1))
def batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled):
    """``(input - mean) / sqrt(variance + eps) * weight + bias`` for each channel, the statistics those of the batch, or running ones.

    While ``training`` the mean and the variance (divided by the number of elements) are those of the channel over all samples and places, and the
    running ones, if there are any, are moved towards them by ``momentum``. Otherwise the running ones are taken. Shapes: ``input`` (N, C, ...), the
    others (C). Dtypes: floating point ones, the same for all, but the parameters may be float32 beside 16-bit floats. Special cases: as for
    :func:`layer_norm`, but that equal elements give 0 if ``eps`` is 0, too; one element in a channel has no unbiased variance: NaN. An input without
    elements is returned as it is, and changes nothing.
    Errors: ValueError for one running statistic alone; IndexError for an input without channels; RuntimeError for other shapes and dtypes of
    the parameters; NotImplementedError for other
    dtypes. Gradient: as for :func:`layer_norm` while training, else ``weight / sqrt(running_var + eps)`` times that of the result. Source: S. Ioffe
    and C. Szegedy, "Batch normalization", 2015.

    >>> batch_norm(tensor([[1.], [3.]]), None, None, None, None, True, 0.1, 0.0, False)
    tensor([[-1.],
            [ 1.]])
    """
    if input.numel() == 0:
        result = input.clone()
        result = result if weight is None else result * weight.select(0, 0)
        return result if bias is None else result + bias.select(0, 0)
    return native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)[0]


@batch_norm.constraints
def _(require, input, weight, bias, running_mean, running_var, training):
    if input.numel():
        for name, statistic in (("running_mean", running_mean), ("running_var", running_var)):
            require(training or statistic is not None, RuntimeError, "{} must be defined in evaluation mode", name)
        _has_statistics(require, input)
        _has_channels(require, input)
        _statistics(require, input, running_mean, running_var, training, ("weight", weight), ("bias", bias))


@op("function python", namespace="nn.functional", contract=conditioned(8, inner=1))
def nn_functional_batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """:func:`batch_norm` of each channel; running statistics are brought up to date while ``training``.

    Shapes, dtypes, special cases and gradient: as there. Errors: as there; ValueError for one value in each channel while training, and for an
    ``eps`` that is negative, or 0 while training.

    >>> nn.functional.batch_norm(tensor([[1.], [3.]]), tensor([1.]), tensor([4.]), eps=0.0)
    tensor([[0.],
            [1.]])
    """
    return batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, False)


@nn_functional_batch_norm.constraints
def _(require, input, training, eps):
    if training:
        size = input.size()
        require(prod(size[2:]) * size[0] != 1, ValueError, "Expected more than 1 value per channel when training, got input size {}", size)
        require(not eps <= 0.0, ValueError, "batch_norm eps must be positive during training, but got {}", eps)
    else:
        require(not eps < 0.0, ValueError, "batch_norm eps must be non-negative, but got {}", eps)


@op("function", contract=conditioned(8, inner=1))
def instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled):
    """:func:`batch_norm` of each sample alone: the statistics are those of one channel of one sample, or running ones.

    Running statistics are moved towards the mean over the samples of the samples' own. Shapes: ``input`` (N, C, ...), the others (C); the result is
    contiguous. Dtypes and special cases: as there; without samples running statistics become NaN. Errors: as there, for N * C channels; RuntimeError
    for statistics that are neither the input's nor given. Gradient: as there. Source: D. Ulyanov, A. Vedaldi and
    V. Lempitsky, "Instance normalization", 2016.

    >>> instance_norm(tensor([[[1., 3.]]]), None, None, None, None, True, 0.1, 0.0, False)
    tensor([[[-1.,  1.]]])
    """
    count, channels = input.shape[:2]
    rows = input.contiguous().view(1, count * channels, *input.shape[2:])
    weight, bias = (None if parameter is None else parameter.repeat(count) for parameter in (weight, bias))
    repeated = [None if use_input_stats or statistic is None else statistic.repeat(count) for statistic in (running_mean, running_var)]
    result = batch_norm(rows, weight, bias, *repeated, use_input_stats, momentum, eps, cudnn_enabled)
    if use_input_stats and running_mean is not None and (input.numel() or not count):
        with no_grad():
            x, dims = wide(rows), _others(rows)
            means = x.mean(dims), _unbiased(x, dims)
            moved = [_moving(old, new.view(count, channels).mean(0), momentum) for old, new in zip((running_mean, running_var), means)]
            refuse_shared_elements(running_var)  # before anything is written
            running_mean.copy_(moved[0])
            running_var.copy_(moved[1])
    return result.view(input.shape)


@instance_norm.constraints
def _(require, input, weight, bias, running_mean, running_var, use_input_stats):
    given = running_mean is not None and running_var is not None
    require(use_input_stats or given, RuntimeError, "Expected running_mean and running_var to be defined when use_input_stats is false")
    require(input.dim(), IndexError, "Dimension specified as 0 but tensor has no dimensions")
    require(input.dim() != 1, IndexError, "Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    if input.dim() < 2:
        return
    if input.numel() or use_input_stats and given:
        _has_statistics(require, input)
    count, channels = input.shape[:2]
    repeated = ((RuntimeError, "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor"),)
    for name, parameter in (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias)):
        fits = parameter is None or (not input.numel() or parameter.numel() == channels) and parameter.dim() <= 1
        require(fits, RuntimeError, "{} should contain {} elements not {}", name, count * channels, fits or parameter.numel() * count,
                also=repeated if not fits and parameter.dim() > 1 else ())  # fmt: skip
    if not input.numel():
        return
    missing = ((RuntimeError, "Expected a proper Tensor but got None (or an undefined Tensor in C++) for argument #0 'self'"),)
    require((running_mean is None) is (running_var is None), ValueError, "running_mean and running_var must either both be None or neither be None",
            also=missing)  # fmt: skip
    if input.is_floating_point():
        parameter_dtypes(require, input, weight, bias, running_mean, running_var)
    if use_input_stats:
        _given(require, running_mean, running_var)


@op("function python", namespace="nn.functional", contract=conditioned(8, inner=1))
def nn_functional_instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5):
    """:func:`instance_norm` of each channel of each sample; running statistics are brought up to date with ``use_input_stats``.

    Shapes, dtypes, special cases and gradient: as there. Errors: as there; ValueError for one value in each channel of a sample, whose statistics
    are asked for.

    >>> nn.functional.instance_norm(tensor([[[1., 3.]]]))
    tensor([[[-1.0000,  1.0000]]])
    """
    return instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, False)


@nn_functional_instance_norm.constraints
def _(require, input, use_input_stats):
    several = not use_input_stats or prod(input.size()[2:]) != 1
    require(several, ValueError, "Expected more than 1 spatial element when training, got input size {}", input.size())
