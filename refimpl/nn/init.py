"""Initialisation: functions that overwrite a tensor and return it, without a trace in the graph.

They draw from the same random stream as torch: after the same seed, the values are torch's.
"""

from __future__ import annotations

from functools import wraps
from math import ceil, erf, sqrt
from typing import Any, Callable
from warnings import warn

from ..autograd.modes import no_grad
from ..operations.operation import operations
from ..ops.creation.like_another import empty_like
from ..ops.creation.ranges import arange
from ..ops.joining.joining import stack
from ..ops.random.random_tensors import randperm
from ..signatures.overriding import overridable

__all__ = [
    "calculate_gain", "uniform_", "normal_", "constant_", "ones_", "zeros_", "eye_",
    "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "trunc_normal_", "dirac_", "orthogonal_", "sparse_",
    "uniform", "normal", "constant", "eye", "dirac", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "orthogonal", "sparse",
]

_LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid")


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """The factor by which a nonlinearity shrinks the standard deviation, to be made up for by the weights.

    1 for linear functions, convolutions and sigmoid; 5/3 for tanh; sqrt(2) for relu; sqrt(2 / (1 + slope**2)) for leaky_relu,
    whose slope is ``param`` (0.01); 3/4 for selu.
    """
    if nonlinearity in _LINEAR:
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return sqrt(2.0)
    if nonlinearity == "leaky_relu":
        if param is None:
            param = 0.01
        elif isinstance(param, bool) or not isinstance(param, (int, float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return sqrt(2.0 / (1 + param**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


@overridable
def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Any:
    """Values from the uniform distribution on [a, b)."""
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


@overridable
def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Any:
    """Values from the normal distribution."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


@overridable
def constant_(tensor: Any, val: float) -> Any:
    """The same value everywhere."""
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor: Any) -> Any:
    """Ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Any) -> Any:
    """Zeros."""
    with no_grad():
        return tensor.zero_()


def eye_(tensor: Any) -> Any:
    """The identity matrix: a linear layer with such a weight passes on as many inputs as it can."""
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with no_grad():
        tensor.zero_()
        tensor.diagonal().fill_(1)
    return tensor


def _calculate_fan_in_and_fan_out(tensor: Any) -> tuple[int, int]:
    """How many inputs an output depends on, and how many outputs an input feeds.

    For a weight of shape (out, in, *kernel): in * prod(kernel) and out * prod(kernel).
    """
    if tensor.dim() < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    kernel = 1
    for size in tensor.shape[2:]:
        kernel *= size
    return tensor.shape[1] * kernel, tensor.shape[0] * kernel


def _calculate_correct_fan(tensor: Any, mode: str) -> int:
    mode = mode.lower()
    modes = ["fan_in", "fan_out"]
    if mode not in modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {modes}")
    return _calculate_fan_in_and_fan_out(tensor)[modes.index(mode)]


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Uniform on [-a, a), a = gain * sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010)."""
    std = _xavier_std(tensor, gain)
    bound = sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Normal with mean 0 and std = gain * sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio 2010)."""
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def _xavier_std(tensor: Any, gain: float) -> float:
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return gain * sqrt(2.0 / float(fan_in + fan_out))


@overridable
def kaiming_uniform_(tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
                     generator: Any = None) -> Any:
    """Uniform on [-b, b), b = gain * sqrt(3 / fan) (He et al. 2015). ``a`` is the slope of leaky_relu, see calculate_gain."""
    if 0 in tensor.shape:
        warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    bound = sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
                    generator: Any = None) -> Any:
    """Normal with mean 0 and std = gain / sqrt(fan) (He et al. 2015)."""
    if 0 in tensor.shape:
        warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    return normal_(tensor, 0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Any, a: float, mode: str, nonlinearity: str) -> float:
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / sqrt(fan)


def trunc_normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None) -> Any:
    """Values from the normal distribution within [a, b], by rejection.

    If more than 0.3 of the distribution lies within, normal numbers are drawn until all do; else uniform ones are kept with the probability that the
    density has beside its peak. UserWarning if the mean is more than 2 standard deviations outside.
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warn("mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.", stacklevel=2)
    inside = (erf((b - mean) / std / sqrt(2.0)) - erf((a - mean) / std / sqrt(2.0))) / 2.0
    if tensor.is_meta:
        return tensor
    with no_grad():
        if inside > 0.3:
            least, most = (tensor.new_tensor(bound).item() for bound in (a, b))
            flat = tensor.normal_(mean, std, generator=generator).reshape(-1)
            while (places := ((flat < least) | (flat > most)).nonzero().reshape(-1)).numel():
                flat[places] = empty_like(tensor).normal_(mean, std, generator=generator).reshape(-1)[places]
        else:
            peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
            flat = tensor.uniform_(a, b, generator=generator).reshape(-1)
            bars = empty_like(tensor).uniform_(generator=generator).reshape(-1)
            places = _above_the_density(bars, flat, mean, std, peak).nonzero().reshape(-1)
            while places.numel():  # a number is drawn for each element, as torch does, and looked at where one is missing
                candidates = empty_like(tensor).uniform_(a, b, generator=generator).reshape(-1)[places]
                bars = empty_like(tensor).uniform_(generator=generator).reshape(-1)[places]
                flat[places] = candidates
                places = places[_above_the_density(bars, candidates, mean, std, peak)]
        return tensor if tensor.is_contiguous() else tensor.copy_(flat.view(tensor.shape))


def _above_the_density(bars: Any, candidates: Any, mean: float, std: float, peak: float) -> Any:
    """Which candidates are not kept: a uniform number, the bar, lies above the density there, beside its peak."""
    return bars.log_().gt(candidates.sub(mean).div_(std).pow_(2).mul_(-0.5).sub_(peak))


def dirac_(tensor: Any, groups: int = 1) -> Any:
    """The convolution that passes on as many channels of each group as it can; ValueError unless there are 3 to 5 dimensions."""
    if tensor.dim() not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.shape[0] % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    each = tensor.shape[0] // groups
    middle = tuple(size // 2 for size in tensor.shape[2:])
    with no_grad():
        tensor.zero_()
        for group in range(groups):
            for channel in range(min(each, tensor.shape[1])):
                place = (group * each + channel, channel, *middle)
                tensor[place] = 1
    return tensor


def orthogonal_(tensor: Any, gain: float = 1, generator: Any = None) -> Any:
    """A matrix (of all dimensions but the first, taken together) with orthogonal rows or columns of length ``gain`` (Saxe et al. 2014).

    It is the first factor of QR of normal numbers, its columns with the signs of the second's diagonal. ValueError for fewer than 2 dimensions.
    """
    if tensor.dim() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.shape[0]
    columns = tensor.numel() // rows
    with no_grad():
        drawn = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator)
        q, r = operations["linalg.qr"].function(drawn.t() if rows < columns else drawn)
        q = q * r.diagonal().sign()
        tensor.view_as(q.t() if rows < columns else q).copy_(q.t() if rows < columns else q)
        return tensor.mul_(gain)


def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Any = None) -> Any:
    """Normal values, and 0 for the share ``sparsity`` of each column, in random rows; ValueError unless there are 2 dimensions."""
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    count = ceil(sparsity * rows)
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        zeros = [randperm(rows)[:count] for _ in range(columns)]
        if count and columns:
            tensor[stack(zeros), arange(columns).unsqueeze(1)] = 0
    return tensor


# -- names of old ----------------------------------------------------------------------------------


def _of_old(function: Any) -> Callable[..., Any]:
    """The same function under its name of old, without the underscore; deprecated (FutureWarning)."""
    name, old = function.__name__, function.__name__[:-1]

    @wraps(function)
    def deprecated(*args: Any, **kwargs: Any) -> Any:
        warn(f"`nn.init.{old}` is now deprecated in favor of `nn.init.{name}`.", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    deprecated.__name__ = deprecated.__qualname__ = old
    return deprecated


uniform, normal, constant, eye, dirac = map(_of_old, (uniform_, normal_, constant_, eye_, dirac_))
xavier_uniform, xavier_normal, kaiming_uniform = map(_of_old, (xavier_uniform_, xavier_normal_, kaiming_uniform_))
kaiming_normal, orthogonal, sparse = map(_of_old, (kaiming_normal_, orthogonal_, sparse_))
