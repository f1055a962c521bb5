"""Normalisation of each sample over its last dimensions (layer_norm, rms_norm) and over groups of its channels (group_norm)."""

from __future__ import annotations

from math import prod
from typing import Any

from ....foundation.contracts import conditioned
from ....foundation.dtypes import complex128, finfo, float32, float64
from ....foundation.promotion import promote_types
from ....operations.registry import op
from ....tensor import format_strides, suggested_format
from ...creation.fresh import holdable
from ...shared.elementwise import pointwise_strides
from ..softmax import wide
from .moments import parameter_dtypes, scaled, standardised, standardised_gradient, statistics_dtype

# -- layer_norm ----------------------------------------------------------------------------------------


def _last(input: Any, normalized_shape: Any) -> tuple[int, ...]:
    return tuple(range(input.dim() - len(normalized_shape), input.dim()))


def _fits_shape(require: Any, input: Any, normalized_shape: Any, star: str, **parameters: Any) -> None:
    shape = list(normalized_shape)
    require(shape, RuntimeError, "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []")  # fmt: skip
    for name, parameter in parameters.items():
        require(parameter is None or list(parameter.shape) == shape, RuntimeError, "Expected {} to be of same shape as normalized_shape, but got {} "
                "of shape {} and normalized_shape = {}", name, name, parameter is not None and list(parameter.shape), shape)  # fmt: skip
    few = ((ValueError, f"Input tensor must have at least {len(shape)} dimensions, but got {input.dim()}"),)
    require(list(input.shape[max(input.dim() - len(shape), 0) :]) == shape, RuntimeError, "Given normalized_shape={}, expected input with shape "
            "[*{}{}], but got input of size{}", shape, star, ", ".join(map(str, shape)), list(input.shape),
            also=few if input.dim() < len(shape) else ())  # fmt: skip


@op("function", contract=conditioned(8, inner=1), dtypes="floating", graph="first_output_only")
def native_layer_norm(input, normalized_shape, weight, bias, eps):
    """:func:`layer_norm`, with the means and the inverse standard deviations: ``(result, mean, 1 / sqrt(variance + eps))``.

    Shapes: the last two have the input's shape with size 1 in the normalized dimensions. Dtypes and special cases: as there; the last two have
    the parameters' dtype. Errors: RuntimeError and NotImplementedError, as there. Gradient: that of the first result; the others have none.

    >>> native_layer_norm(tensor([[1., 3.]]), (2,), None, None, 0.0)
    (tensor([[-1.,  1.]]), tensor([[2.]]), tensor([[1.]]))
    """
    y, mean, inverse = standardised(wide(input), _last(input, normalized_shape), eps)
    d = statistics_dtype(input, weight, bias)
    return scaled(y, weight, bias).to(input.dtype).contiguous(), mean.to(d), inverse.to(d)


@native_layer_norm.constraints
def _(require, input, normalized_shape, weight, bias):
    _fits_shape(require, input, normalized_shape, ", ", weight=weight, bias=bias)
    parameter_dtypes(require, input, weight, bias)


def _weighted(grad: Any, weight: Any) -> Any:
    return wide(grad) if weight is None else wide(grad) * wide(weight)


native_layer_norm.derivative(
    input=lambda grad, input, normalized_shape, weight, eps: standardised_gradient(
        _weighted(grad, weight), wide(input), _last(input, normalized_shape), eps),
    weight=lambda grad, input, normalized_shape, eps: wide(grad) * standardised(wide(input), _last(input, normalized_shape), eps)[0],
    bias=lambda grad: wide(grad),
)  # fmt: skip


@op("function", contract=conditioned(8, inner=1))
def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """``(input - mean) / sqrt(variance + eps) * weight + bias``, mean and variance taken over the last dimensions, of ``normalized_shape``.

    The variance is divided by the number of elements. Shapes: ``weight`` and ``bias`` have the normalized shape, the result the input's; it is
    contiguous. Dtypes: floating point ones, the same for all, but the parameters may be float32 beside 16-bit floats. Special cases: where all
    elements are equal the result is ``bias`` (NaN for an ``eps`` of 0), where one is NaN or infinite it is NaN. Errors: RuntimeError for an empty
    ``normalized_shape``, shapes that do not fit and other dtypes of the parameters; NotImplementedError for other dtypes. Gradient: ``(g - mean(g) -
    y mean(g y)) / sqrt(variance + eps)``, y the standardised input and g that of the result times the weight. Source: J. L. Ba, J. R. Kiros and G. E.
    Hinton, "Layer normalization", 2016.

    >>> layer_norm(tensor([[1., 3.], [2., 2.]]), (2,))
    tensor([[-1.0000,  1.0000],
            [ 0.0000,  0.0000]])
    """
    return native_layer_norm(input, normalized_shape, weight, bias, eps)[0]


@op("function python", namespace="nn.functional", contract=conditioned(8, inner=1))
def nn_functional_layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """:func:`layer_norm` over the last dimensions, of ``normalized_shape``.

    Shapes, dtypes, special cases, errors and gradient: as there.

    >>> nn.functional.layer_norm(tensor([[1., 3.], [2., 2.]]), (2,))
    tensor([[-1.0000,  1.0000],
            [ 0.0000,  0.0000]])
    """
    return layer_norm(input, normalized_shape, weight, bias, eps)


# -- rms_norm ------------------------------------------------------------------------------------------


def _wider(tensor: Any) -> Any:
    return tensor.to(complex128) if tensor.is_complex() else wide(tensor)


def _root_mean_square(x: Any, normalized_shape: Any, eps: Any, d: Any) -> Any:
    if eps is None:
        eps = finfo(float64 if d.real is float64 else float32).eps
    return x * ((x * x).mean(_last(x, normalized_shape), True) + eps).rsqrt()


def _rms_node(bound: dict[str, Any]) -> str:
    input, weight = bound["input"], bound["weight"]
    evaluated = promote_types(input.dtype, float32)
    if weight is not None:
        evaluated = promote_types(evaluated, weight.dtype)
    if evaluated is not input.dtype:
        return "ToCopyBackward0"
    wanted = format_strides(tuple(input.shape), suggested_format(input._view))
    lies = all(size == 1 or stride == want for size, stride, want in zip(input.shape, pointwise_strides(input), wanted))
    return "MulBackward0" if lies else "CloneBackward0"


@op("function", contract=conditioned(8, inner=1), dtypes="floating complex", node=_rms_node)
def rms_norm(input, normalized_shape, weight=None, eps=None):
    """``input / sqrt(mean(input**2) + eps) * weight``, the mean taken over the last dimensions, of ``normalized_shape``.

    Shapes: ``weight`` has the normalized shape, the result the input's. Dtypes: floating point and complex ones, and the weight of any; the result
    has the input's. ``eps`` is the distance from 1 to the next number of the dtype (of float32 for the 16-bit floats) unless it is given.
    Special cases: zeros stay zeros, but are NaN with an ``eps`` of 0; complex numbers are squared as they are, without their absolute value.
    Errors: RuntimeError for an empty ``normalized_shape`` and shapes that do not fit; NotImplementedError for other dtypes.
    Gradient: ``(g - y mean(g y)) / sqrt(mean(input**2) + eps)``, y the normalised input and g that of the result times the weight.
    Source: B. Zhang and R. Sennrich, "Root mean square layer normalization", 2019.

    >>> rms_norm(tensor([[3., 4.]]), (2,))
    tensor([[0.8485, 1.1314]])
    """
    y = _root_mean_square(_wider(input), normalized_shape, eps, input.dtype)
    return (y if weight is None else y * _wider(weight)).to(input.dtype).contiguous(memory_format=suggested_format(input._view))


@rms_norm.constraints
def _(require, input, normalized_shape, weight):
    _fits_shape(require, input, normalized_shape, "", weight=weight)


def _rms_gradient(grad: Any, input: Any, normalized_shape: Any, weight: Any, eps: Any) -> Any:
    x, g = _wider(input), _wider(grad)
    if weight is not None:
        g = g * _wider(weight).conj()
    if x.numel() == 0:
        return g * x
    dims = _last(input, normalized_shape)
    y = _root_mean_square(x, normalized_shape, eps, input.dtype).conj()
    inverse = ((x * x).mean(dims, True) + (finfo(float64 if input.dtype.real is float64 else float32).eps if eps is None else eps)).rsqrt().conj()
    return inverse * (g - y * (g * y).mean(dims, True))


rms_norm.derivative(
    input=_rms_gradient,
    weight=lambda grad, input, normalized_shape, eps: _wider(grad) * _root_mean_square(_wider(input), normalized_shape, eps, input.dtype).conj(),
)


@op("function python", namespace="nn.functional", contract=conditioned(8, inner=1))
def nn_functional_rms_norm(input, normalized_shape, weight=None, eps=None):
    """:func:`rms_norm` over the last dimensions, of ``normalized_shape``.

    Shapes, dtypes, special cases, errors and gradient: as there.

    >>> nn.functional.rms_norm(tensor([[3., 4.]]), (2,))
    tensor([[0.8485, 1.1314]])
    """
    return rms_norm(input, normalized_shape, weight, eps)


# -- group_norm ----------------------------------------------------------------------------------------


def _in_groups(input: Any, N: int, group: int) -> Any:
    return wide(input).contiguous().view(N, group, prod(input.shape) // (N * group) if N and group else 0)


def _in_channels(input: Any, N: int, C: int) -> Any:
    return wide(input).contiguous().view(N, C, prod(input.shape) // (N * C) if N and C else 0)


def _by_channel(parameter: Any) -> Any:
    return None if parameter is None else parameter.view(-1, 1)


def _channels_fit(require: Any, input: Any, weight: Any, bias: Any, N: Any, C: int, group: int) -> None:
    shape = list(input.shape)
    require(group > 0, RuntimeError, "Expected num groups to be greater than 0, got {}", group)
    require(group <= 0 or C % group == 0, RuntimeError, "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            "{} and num_groups={}", shape, group)  # fmt: skip
    require(weight is None or list(weight.shape) == [C], RuntimeError, "Expected weight to be a vector of size equal to the number of channels in "
            "input, but got weight of shape {} and input of shape {}", weight is not None and list(weight.shape), shape)  # fmt: skip
    # torch names the weight's shape here
    require(bias is None or list(bias.shape) == [C], RuntimeError, "Expected bias to be a vector of size equal to the number of channels in "
            "input, but got bias of shape {} and input of shape {}", [0] if weight is None else list(weight.shape), shape)  # fmt: skip


@op("function", contract=conditioned(8, inner=1), dtypes="floating")
def native_group_norm(input, weight, bias, N, C, HxW, group, eps):
    """:func:`group_norm`, with the means and the inverse standard deviations: ``(result, mean, 1 / sqrt(variance + eps))``.

    Shapes: ``input`` has N * C * HxW elements and lies contiguously (channels last, if it looks like that); the last two results are (N, group).
    Dtypes and special cases: as there; the last two have the parameters' dtype. Errors: RuntimeError and NotImplementedError, as there; RuntimeError
    for another number of elements, and another layout. Gradient: that of all three.

    >>> native_group_norm(tensor([[1., 3.]]), None, None, 1, 2, 1, 1, 0.0)
    (tensor([[-1.,  1.]]), tensor([[2.]]), tensor([[1.]]))
    """
    y, mean, inverse = standardised(_in_groups(input, N, group), (2,), eps)
    y = scaled(_in_channels(y, N, C), _by_channel(weight), _by_channel(bias)).view(input.shape)
    d = statistics_dtype(input, weight, bias)
    result = y.to(input.dtype).contiguous(memory_format=suggested_format(input._view))
    return result, mean.view(N, group).to(d), inverse.view(N, group).to(d)


IMPROVED = "(Could this error message be improved?  If so, please report an enhancement request to PyTorch.)"


@native_group_norm.constraints
def _(require, input, weight, bias, N, C, HxW, group):
    _channels_fit(require, input, weight, bias, N, C, group)
    require(N >= 0, RuntimeError, "Trying to create tensor with negative dimension {}: {}", N, [N, group])
    holdable(require, (N, group), statistics_dtype(input, weight, bias))
    require(input.numel() == N * C * HxW, RuntimeError, "Expected X.numel() == N * C * HxW to be true, but got false.  " + IMPROVED)
    require(input.is_contiguous(memory_format=suggested_format(input._view)), RuntimeError, "Expected X.is_contiguous(memory_format) to be true, but "
            "got false.  " + IMPROVED)  # fmt: skip
    parameter_dtypes(require, input, weight, bias)


def _group_gradient(grads: Any, input: Any, weight: Any, N: int, C: int, group: int, eps: float) -> Any:
    x = _in_groups(input, N, group)
    if x.numel() == 0:
        return wide(input) * 0.0
    g = scaled(_in_channels(grads[0], N, C), _by_channel(weight), None)
    y, _, inverse = standardised(x, (2,), eps)
    of_mean, of_inverse = (wide(part).view(N, group, 1) / x.shape[2] for part in grads[1:])
    total = standardised_gradient(g.view(x.shape), x, (2,), eps) + of_mean - of_inverse * y * inverse * inverse
    return total.view(input.shape)


def _group_weight_gradient(grads: Any, input: Any, N: int, C: int, group: int, eps: float) -> Any:
    y = standardised(_in_groups(input, N, group), (2,), eps)[0]
    return (_in_channels(grads[0], N, C) * _in_channels(y, N, C)).sum((0, 2))


native_group_norm.derivative(
    input=_group_gradient,
    weight=_group_weight_gradient,
    bias=lambda grads, N, C: _in_channels(grads[0], N, C).sum((0, 2)),
)


@op("function", contract=conditioned(8, inner=1))
def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """``(input - mean) / sqrt(variance + eps) * weight + bias``, mean and variance taken over groups of channels of each sample.

    Shapes: ``input`` (N, C, ...), whose C channels are ``num_groups`` groups that follow each other; ``weight`` and ``bias`` (C). The result is
    contiguous, channels last if the input is. Dtypes and special cases: as for :func:`layer_norm`. Errors: RuntimeError for a number of groups
    that is not positive, or does not divide the channels, and for parameters of other shapes and dtypes; IndexError for an input of one dimension;
    NotImplementedError for other dtypes. Gradient: as for :func:`layer_norm`. Source: Y. Wu and K. He, "Group normalization", 2018.

    >>> group_norm(tensor([[1., 3., 5., 5.]]), 2)
    tensor([[-1.0000,  1.0000,  0.0000,  0.0000]])
    """
    N, C = input.shape[:2]
    plain = input.contiguous(memory_format=suggested_format(input._view))
    return native_group_norm(plain, weight, bias, N, C, prod(input.shape[2:]), num_groups, eps)[0]


@group_norm.constraints
def _(require, input, num_groups, weight, bias):
    require(input.dim(), IndexError, "Dimension specified as 0 but tensor has no dimensions")
    require(input.dim() != 1, IndexError, "Dimension out of range (expected to be in range of [-1, 0], but got 1)")


@op("function python", namespace="nn.functional", contract=conditioned(8, inner=1))
def nn_functional_group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """:func:`group_norm` of an input of two or more dimensions.

    Shapes, dtypes, special cases and gradient: as there. Errors: as there; RuntimeError for an input of fewer dimensions, ZeroDivisionError for no
    groups, ValueError where each group of each sample has one value.

    >>> nn.functional.group_norm(tensor([[1., 3., 5., 5.]]), 2)
    tensor([[-1.0000,  1.0000,  0.0000,  0.0000]])
    """
    return group_norm(input, num_groups, weight, bias, eps)


@nn_functional_group_norm.constraints
def _(require, input, num_groups):
    require(input.dim() >= 2, RuntimeError, "Expected at least 2 dimensions for input tensor but received {}", input.dim())
    require(num_groups != 0, ZeroDivisionError, "integer division or modulo by zero", also=((ZeroDivisionError, "integer modulo by zero"),))
    sizes = [input.shape[0] * input.shape[1] // num_groups, num_groups, *input.shape[2:]]
    require(sizes[0] * prod(sizes[2:]) != 1, ValueError, "Expected more than 1 value per channel when training, got input size {}", sizes)
