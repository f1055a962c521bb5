"""Channels of images moved into their height and width and back, and channels in another order: elements move, none changes."""

from __future__ import annotations

from typing import Any

from ...operations.registry import op
from ...tensor import channels_last_3d, contiguous_format, suggested_format, wrap
from ..shared.gradients import no_derivative


def _laid_out(moved, shape, like):
    """The elements under a shape, in the memory format of the input."""
    result = moved.clone(memory_format=contiguous_format).view(shape)
    return wrap(result.contiguous(memory_format=suggested_format(like._view))._view)


def _known_format(require, input):
    require(suggested_format(input._view) is not channels_last_3d, RuntimeError, "Unsupported memory format. Supports only ChannelsLast, Contiguous")


@op("function", aliases=("nn.functional.pixel_shuffle",))
def pixel_shuffle(input, upscale_factor):
    """Groups of r*r channels as blocks of r by r pixels, with r the factor: ``result[c, h r + i, w r + j] = input[c r r + i r + j, h, w]``.

    Shapes: (..., c r r, h, w) gives (..., c, h r, w r); four dimensions keep their memory format. Dtypes: all. Errors: RuntimeError for fewer than
    three dimensions, a factor that is not positive, channels that r*r does not divide, and five dimensions in the format channels_last_3d;
    ValueError where r*r is no 64-bit integer. Gradient: :func:`pixel_unshuffle` of that of the result. Source: torch.nn.functional.pixel_shuffle.

    >>> pixel_shuffle(tensor([[[1]], [[2]], [[3]], [[4]]]), 2)
    tensor([[[1, 2],
             [3, 4]]])
    """
    *lead, channels, height, width = input.shape
    n, r = len(lead), upscale_factor
    c = channels // (r * r)
    moved = input.detach().reshape(*lead, c, r, r, height, width).permute([*range(n), n, n + 3, n + 1, n + 4, n + 2])
    return _laid_out(moved, (*lead, c, height * r, width * r), input)


@pixel_shuffle.constraints
def _(require, input, upscale_factor):
    _known_format(require, input)
    require(input.dim() >= 3, RuntimeError, "pixel_shuffle expects input to have at least 3 dimensions, but got input with {} dimension(s)",
            input.dim())  # fmt: skip
    require(upscale_factor > 0, RuntimeError, "pixel_shuffle expects a positive upscale_factor, but got {}", upscale_factor)
    channels, square = input.shape[-3], upscale_factor**2
    require(square < 2**63, ValueError, "upscale factor is too large, (upscale_factor)^2 overflowed: upscale_factor={}", upscale_factor)
    require(channels % square == 0, RuntimeError, "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of "
            "upscale_factor, but input.size(-3)={} is not divisible by {}", channels, square)  # fmt: skip


pixel_shuffle.derivative(input=lambda grad, upscale_factor: pixel_unshuffle(grad, upscale_factor))


@op("function", aliases=("nn.functional.pixel_unshuffle",))
def pixel_unshuffle(input, downscale_factor):
    """Blocks of r by r pixels as groups of r*r channels, with r the factor: ``result[c r r + i r + j, h, w] = input[c, h r + i, w r + j]``.

    Shapes: (..., c, h r, w r) gives (..., c r r, h, w); four dimensions keep their memory format. Dtypes: all. Errors: RuntimeError for fewer than
    three dimensions, a factor that is not positive, and a height or width that it does not divide. Gradient: :func:`pixel_shuffle` of that of the
    result. Source: torch.nn.functional.pixel_unshuffle.

    >>> pixel_unshuffle(tensor([[[1, 2], [3, 4]]]), 2).flatten()
    tensor([1, 2, 3, 4])
    """
    *lead, channels, height, width = input.shape
    n, r = len(lead), downscale_factor
    h, w = height // r, width // r
    moved = input.detach().reshape(*lead, channels, h, r, w, r).permute([*range(n), n, n + 2, n + 4, n + 1, n + 3])
    return _laid_out(moved, (*lead, channels * r * r, h, w), input)


@pixel_unshuffle.constraints
def _(require, input, downscale_factor):
    _known_format(require, input)
    require(input.dim() >= 3, RuntimeError, "pixel_unshuffle expects input to have at least 3 dimensions, but got input with {} dimension(s)",
            input.dim())  # fmt: skip
    require(downscale_factor > 0, RuntimeError, "pixel_unshuffle expects a positive downscale_factor, but got {}", downscale_factor)
    for name, dim in (("height", -2), ("width", -1)):
        require(input.shape[dim] % downscale_factor == 0, RuntimeError, "pixel_unshuffle expects {} to be divisible by downscale_factor, but "
                "input.size({})={} is not divisible by {}", name, dim, input.shape[dim], downscale_factor)  # fmt: skip


pixel_unshuffle.derivative(input=lambda grad, downscale_factor: pixel_shuffle(grad, downscale_factor))


@op("function", aliases=("nn.functional.channel_shuffle",))
def channel_shuffle(input, groups):
    """The channels dealt out in turn: ``result[:, i groups + j] = input[:, j (c / groups) + i]``, of c channels.

    Shapes: (b, c, *) gives the same, in the same memory format. Dtypes: all. Errors: RuntimeError for fewer than three dimensions, a
    number of groups that is not positive, and one that does not divide the channels. Gradient: that of the result, dealt out the other way.
    Source: torch.nn.functional.channel_shuffle.

    >>> channel_shuffle(arange(6).reshape(1, 6, 1), 2).flatten()
    tensor([0, 3, 1, 4, 2, 5])
    """
    batch, channels, *rest = input.shape
    moved = input.detach().reshape(batch, groups, channels // groups, *rest).transpose(1, 2)
    return _laid_out(moved, tuple(input.shape), input)


@channel_shuffle.constraints
def _(require, input, groups):
    _divided(require, input, groups)


def _divided(require: Any, input: Any, groups: int) -> None:
    """The constraints of channels that are dealt out."""
    require(input.dim() > 2, RuntimeError, "channel_shuffle expects input with > 2 dims, but got input with sizes {}", list(input.shape))
    require(groups > 0, RuntimeError, "Number of groups to divide channels in must be positive. Value of groups:{}", groups)
    channels = input.shape[1]
    require(channels % groups == 0, RuntimeError, "Number of channels must be divisible by groups. Got {} channels and {} groups.", channels, groups)


channel_shuffle.derivative(input=lambda grad, groups, input_shape: channel_shuffle(grad, input_shape[1] // groups or 1))


@op("function", aliases=("nn.functional.native_channel_shuffle",), node="NotImplemented")
def native_channel_shuffle(input, groups):
    """:func:`channel_shuffle` without a gradient: backward raises RuntimeError.

    >>> native_channel_shuffle(arange(6).reshape(1, 6, 1), 3).flatten()
    tensor([0, 2, 4, 1, 3, 5])
    """
    return channel_shuffle(input.detach(), groups)


@native_channel_shuffle.constraints
def _(require, input, groups):
    _divided(require, input, groups)


native_channel_shuffle.derivative(input=no_derivative("aten::native_channel_shuffle"))
