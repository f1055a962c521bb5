"""Convolutions and their transposes, over sequences, images and volumes."""

from __future__ import annotations

from math import sqrt
from typing import Any, Sequence

from ....ops.creation.filled import empty
from ... import functional as F
from ... import init
from ..._names import OwnForward, OwnInit
from ...parameter import Parameter
from ..module import Module

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "ntuple"]

_MODES = {"zeros", "reflect", "replicate", "circular"}


def ntuple(value: Any, count: int) -> tuple[Any, ...]:
    """One number for each dimension: the same for all, or as given."""
    return tuple(value) if hasattr(value, "__iter__") else (value,) * count


class _ConvNd(Module):
    """What all have in common: the options, the parameters and how they begin.

    Weights are uniform in [-b, b), b = 1 / sqrt(fan-in); so is the bias.
    """

    __constants__ = ["stride", "padding", "dilation", "groups", "padding_mode", "output_padding", "in_channels", "out_channels", "kernel_size"]
    _dimensions: int
    transposed = False
    bias: Any

    def _begin(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any, output_padding: Any,
               groups: int, bias: bool, padding_mode: str, device: Any, dtype: Any) -> None:
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        n = self._dimensions
        stride = ntuple(stride, n)
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {padding!r}, should be one of {{'same', 'valid'}}")
            if padding == "same" and any(s != 1 for s in stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in _MODES:
            raise ValueError(f"padding_mode must be one of {_MODES}, but got padding_mode='{padding_mode}'")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = ntuple(kernel_size, n)
        self.stride = stride
        self.padding = padding if isinstance(padding, str) else ntuple(padding, n)
        self.dilation = ntuple(dilation, n)
        self.output_padding = ntuple(output_padding, n)
        self.groups = groups
        self.padding_mode = padding_mode
        self.transposed = self.transposed
        self._reversed_padding_repeated_twice = self._around()
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = Parameter(empty((first, second // groups, *self.kernel_size), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _around(self) -> Sequence[int]:
        """The padding for :func:`refimpl.nn.functional.pad`, the last dimension first; under torch's name for it modules of others use it, too."""
        sides: list[int] = []
        for i in range(self._dimensions - 1, -1, -1):
            if self.padding == "same":
                total = self.dilation[i] * (self.kernel_size[i] - 1)
                sides += [total // 2, total - total // 2]
            else:
                each = 0 if isinstance(self.padding, str) else self.padding[i]
                sides += [each, each]
        return sides if isinstance(self.padding, str) else tuple(sides)

    def reset_parameters(self) -> None:
        """Draw the parameters again."""
        init.kaiming_uniform_(self.weight, a=sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in != 0:
                init.uniform_(self.bias, -1 / sqrt(fan_in), 1 / sqrt(fan_in))

    def extra_repr(self) -> str:
        n = self._dimensions
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        for name, plain in (("padding", (0,) * n), ("dilation", (1,) * n), ("output_padding", (0,) * n), ("groups", 1)):
            if getattr(self, name) != plain:
                text += f", {name}={getattr(self, name)}"
        if self.bias is None:
            text += ", bias=False"
        return text + (f", padding_mode={self.padding_mode}" if self.padding_mode != "zeros" else "")


class _Convolution(_ConvNd, OwnInit, OwnForward):
    """(N, in_channels, ...) to (N, out_channels, ...), or without N."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1,
                 bias: bool = True, padding_mode: str = "zeros", device: Any = None, dtype: Any = None) -> None:
        self._begin(in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias, padding_mode, device, dtype)

    def _conv_forward(self, input: Any, weight: Any, bias: Any) -> Any:
        function = getattr(F, f"conv{self._dimensions}d")
        if self.padding_mode == "zeros":
            return function(input, weight, bias, self.stride, self.padding, self.dilation, self.groups)
        padded = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
        return function(padded, weight, bias, self.stride, (0,) * self._dimensions, self.dilation, self.groups)

    def forward(self, input: Any) -> Any:
        return self._conv_forward(input, self.weight, self.bias)


class Conv1d(_Convolution):
    """Convolution (cross-correlation) of sequences, (N, C, L)."""

    _dimensions = 1


class Conv2d(_Convolution):
    """Convolution (cross-correlation) of images, (N, C, H, W)."""

    _dimensions = 2


class Conv3d(_Convolution):
    """Convolution (cross-correlation) of volumes, (N, C, D, H, W)."""

    _dimensions = 3


class _ConvTransposeNd(_ConvNd, OwnInit, OwnForward):
    """The gradient of a convolution with respect to its input, as a layer."""

    transposed = True

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
                 groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros", device: Any = None, dtype: Any = None) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        self._begin(in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, groups, bias, padding_mode, device, dtype)

    def forward(self, input: Any, output_size: Any = None) -> Any:
        if self.padding_mode != "zeros":
            raise ValueError(f"Only `zeros` padding mode is supported for {type(self).__name__}")
        output_padding = self._output_padding(input, output_size)
        function = getattr(F, f"conv_transpose{self._dimensions}d")
        return function(input, self.weight, self.bias, self.stride, self.padding, output_padding, self.groups, self.dilation)

    def _output_padding(self, input: Any, output_size: Any) -> Any:
        """What is added at the end to get ``output_size``; ValueError if it cannot be had."""
        n = self._dimensions
        if output_size is None:
            return self.output_padding
        extra = 2 if input.dim() == n + 2 else 1
        if len(output_size) == extra + n:
            output_size = output_size[extra:]
        if len(output_size) != n:
            raise ValueError(f"ConvTranspose{n}D: for {input.dim()}D input, output_size must have {n} or {extra + n} elements "
                             f"(got {len(output_size)})")
        least = [(input.size(d + extra) - 1) * self.stride[d] - 2 * self.padding[d] + self.dilation[d] * (self.kernel_size[d] - 1) + 1
                 for d in range(n)]  # fmt: skip
        most = [size + self.stride[d] - 1 for d, size in enumerate(least)]
        for size, low, high in zip(output_size, least, most):
            if size < low or size > high:
                raise ValueError(f"requested an output size of {output_size}, but valid sizes range from {least} to {most} (for an input of "
                                 f"{input.size()[2:]})")
        return [size - low for size, low in zip(output_size, least)]


class ConvTranspose1d(_ConvTransposeNd):
    """Transposed convolution of sequences."""

    _dimensions = 1


class ConvTranspose2d(_ConvTransposeNd):
    """Transposed convolution of images."""

    _dimensions = 2


class ConvTranspose3d(_ConvTransposeNd):
    """Transposed convolution of volumes."""

    _dimensions = 3
