"""The layers of networks that are convolutions: of one, two and three dimensions, transposed, and of sequences whose time comes first."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from ...foundation.contracts import accumulated
from ...operations.registry import op
from ..images.padding import at_ends, constant_pad_nd
from ..products.evaluation import NUMBERS
from .convolution import _convolution, _transposed_convolution
from .evaluation import spread

# -- one, two and three dimensions -------------------------------------------------------------------


def _samples(input: Any, rank: int, convolve: Callable[[Any], Any]) -> Any:
    """What a layer makes of a batch of samples, or of one alone."""
    return convolve(input.unsqueeze(0)).squeeze(0) if input.dim() == rank + 1 else convolve(input)


def _for_each(value: Any, rank: int) -> tuple[int, ...]:
    """A number for each dimension, where one was left out."""
    return (value,) * rank if isinstance(value, int) else value


def _convolved(layer: str, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    rank = int(layer[-2])
    steps, spacing = _for_each(stride, rank), _for_each(dilation, rank)

    def convolve(batch: Any) -> Any:
        pads: Any = (0,) * rank if padding == "valid" else padding if isinstance(padding, str) else _for_each(padding, rank)
        fitting = batch.dim() == weight.dim() == rank + 2 and len(steps) in (1, rank) and len(spacing) in (1, rank)
        if padding == "same" and set(steps) == {1} and fitting:
            batch, pads = _same(batch, weight.shape[2:], spacing)
        return _convolution(batch, weight, bias, steps, pads, (0,), spacing, groups, layer)

    return _samples(input, rank, convolve)


def _same(batch: Any, kernel: Sequence[int], dilation: Sequence[int]) -> tuple[Any, list[int]]:
    """The padding with which the result has the size of the input: of an odd number of elements one more behind, which is put there first."""
    reach = [d * max(k - 1, 0) for k, d in zip(kernel, [*dilation] * len(kernel) if len(dilation) == 1 else dilation)]
    if any(count % 2 for count in reach) and min(reach) >= 0:
        batch = constant_pad_nd(batch, at_ends([(0, count % 2) for count in reach]))
    return batch, [max(count, 0) // 2 for count in reach]


@op("function", aliases=("nn.functional.conv1d",), contract=accumulated(1))
def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The convolution of lines, (N, C, L) or one sample (C, L), with the kernels ``weight`` (O, C / groups, K): :func:`convolution` in one dimension.

    ``padding`` is a number, or "valid" for none, or "same" for a result of the input's length, where of an odd number of elements the
    one more stands behind. Dtypes, values, layout and gradient: as for :func:`convolution`. Errors: RuntimeError for another rank, another word, and
    "same" with a stride; those of :func:`convolution`. Source: torch.nn.functional.conv1d.

    >>> conv1d(tensor([[1., 2., 3.]]), tensor([[[1., 10.]]]), padding="same")
    tensor([[21., 32.,  3.]])
    """
    return _convolved("conv1d", input, weight, bias, stride, padding, dilation, groups)


@op("function", aliases=("nn.functional.conv2d",), contract=accumulated(1))
def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The convolution of images, (N, C, H, W) or one sample (C, H, W), with the kernels ``weight`` (O, C / groups, kH, kW).

    ``padding`` is a number or two, or "valid" for none, or "same" for a result of the input's size. All else: as for :func:`conv1d`.
    Source: torch.nn.functional.conv2d.

    >>> conv2d(ones(1, 1, 3, 3), ones(1, 1, 2, 2), stride=(1, 2))
    tensor([[[[4.],
              [4.]]]])
    """
    return _convolved("conv2d", input, weight, bias, stride, padding, dilation, groups)


@op("function", aliases=("nn.functional.conv3d",), contract=accumulated(1))
def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """The convolution of volumes, (N, C, D, H, W) or one sample (C, D, H, W), with the kernels ``weight`` (O, C / groups, kD, kH, kW).

    ``padding`` is a number or three, or "valid" for none, or "same" for a result of the input's size. All else: as for :func:`conv1d`.
    Source: torch.nn.functional.conv3d.

    >>> conv3d(ones(1, 1, 2, 2, 2), ones(1, 1, 2, 2, 2))
    tensor([[[[[8.]]]]])
    """
    return _convolved("conv3d", input, weight, bias, stride, padding, dilation, groups)


# -- transposed ----------------------------------------------------------------------------------------


def _spread(layer: str, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: int) -> Any:
    rank = int(layer[-2])
    numbers = [_for_each(value, rank) for value in (stride, padding, output_padding, dilation)]
    return _samples(input, rank, lambda batch: _transposed_convolution(batch, weight, bias, *numbers, groups, layer))


@op("function", aliases=("nn.functional.conv_transpose1d",), contract=accumulated(1))
def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The transposed convolution of lines, (N, C, L) or one sample (C, L), with the kernels ``weight`` (C, O / groups, K).

    It is the gradient of :func:`conv1d`: each element of the input is multiplied by the kernel, and added where the window was. All else: as for
    :func:`convolution`. Errors: RuntimeError for another rank; those of :func:`convolution`. Source: torch.nn.functional.conv_transpose1d.

    >>> conv_transpose1d(tensor([[1., 2.]]), tensor([[[1., 10., 100.]]]))
    tensor([[  1.,  12., 120., 200.]])
    """
    return _spread("conv_transpose1d", input, weight, bias, stride, padding, output_padding, dilation, groups)


@op("function", aliases=("nn.functional.conv_transpose2d",), contract=accumulated(1))
def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The transposed convolution of images, (N, C, H, W) or one sample (C, H, W), with the kernels ``weight`` (C, O / groups, kH, kW).

    All else: as for :func:`conv_transpose1d`. Source: torch.nn.functional.conv_transpose2d.

    >>> conv_transpose2d(ones(1, 1, 2), ones(1, 1, 2, 2))
    tensor([[[1., 2., 1.],
             [1., 2., 1.]]])
    """
    return _spread("conv_transpose2d", input, weight, bias, stride, padding, output_padding, dilation, groups)


@op("function", aliases=("nn.functional.conv_transpose3d",), contract=accumulated(1))
def conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The transposed convolution of volumes, (N, C, D, H, W) or one sample (C, D, H, W), with the kernels ``weight`` (C, O / groups, kD, kH, kW).

    All else: as for :func:`conv_transpose1d`. Source: torch.nn.functional.conv_transpose3d.

    >>> conv_transpose3d(ones(1, 1, 1, 2), ones(1, 1, 1, 1, 2))
    tensor([[[[1., 2., 1.]]]])
    """
    return _spread("conv_transpose3d", input, weight, bias, stride, padding, output_padding, dilation, groups)


# -- sequences -----------------------------------------------------------------------------------------


@op("function", aliases=("nn.functional.conv_tbc",), contract=accumulated(1), dtypes=NUMBERS)
def conv_tbc(input, weight, bias, pad=0):
    """The convolution of sequences whose dimensions are time, batch and channels: ``result[t, b, o] = bias[o] + sum(weight[k, c, o] *
    input[t + k - pad, b, c])`` over k and c.

    Shapes: ``input`` (T, B, C), ``weight`` (K, C, O), ``bias`` (O); the result is (T + 2 * pad - K + 1, B, O), contiguous. A negative
    ``pad`` takes steps of time away. Dtypes: all but bool, the same for input and weight; the bias is cast to it. Values: exact sums, rounded
    once; of float64 the sums over channels are rounded first. Padding is multiplied by nothing. Errors: RuntimeError for ranks and sizes that do not
    fit, and two dtypes; NotImplementedError for bool. Gradient: of input and weight convolutions, of the bias the sums. Source:
    torch.nn.functional.conv_tbc.

    >>> conv_tbc(ones(3, 1, 2), ones(2, 2, 1), tensor([0.5]))
    tensor([[[4.5000]],
    <BLANKLINE>
            [[4.5000]]])
    """
    signal, kernel = input.detach().permute(1, 2, 0), weight.detach().flip(0).permute(1, 2, 0)
    found = spread(signal, kernel, bias.detach().to(input.dtype), (1,), (kernel.shape[2] - 1 - pad,), (0,), (1,), 1)
    return found.permute(2, 0, 1).contiguous()


@conv_tbc.constraints
def _(require, input, weight, bias, pad):
    require(input.dim() == 3, RuntimeError, "Input must have 3 dims: time, batch, in_channel")
    require(weight.dim() == 3, RuntimeError, "Weight tensor must have 3 dims: kernel_width, in_channels, out_channels.")
    require(bias.dim() == 1, RuntimeError, "Bias must be 1-D")
    require(input.shape[2] == weight.shape[1], RuntimeError, "Input dim 2 (input channels) is not == dim 1 in the weight tensor")
    require(weight.shape[2] == bias.shape[0], RuntimeError, "Bias size must equal dim 2 in the weight tensor (output channels).")
    count = input.shape[0] + 2 * pad - weight.shape[0] + 1
    require(count >= 0, RuntimeError, "Trying to create tensor with negative dimension {}: {}", count, [count, input.shape[1], weight.shape[2]])
    require(input.dtype is weight.dtype, RuntimeError, "self and mat2 must have the same dtype, but got {} and {}", input.dtype.type_name,
            weight.dtype.type_name, also=((RuntimeError, "Autograd not support dtype: {0}"),))  # fmt: skip


def _sequence_gradient(grad: Any, weight: Any, pad: int) -> Any:
    turned = weight.conj().flip(0).transpose(1, 2)
    return conv_tbc(grad, turned, grad.new_zeros(turned.shape[2]), turned.shape[0] - 1 - pad)


def _kernel_gradient(grad: Any, input: Any, pad: int) -> Any:
    return conv_tbc(input.conj().transpose(1, 2), grad, grad.new_zeros(grad.shape[2]), pad)


conv_tbc.derivative(
    input=lambda grad, weight, pad: _sequence_gradient(grad, weight, pad),
    weight=lambda grad, input, pad: _kernel_gradient(grad, input, pad),
    bias=lambda grad: grad.sum((0, 1)),
)
