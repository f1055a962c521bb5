"""Convolutions of lines, images and volumes: the one operation that all layers of this kind are made of."""

from __future__ import annotations

from typing import Any, Sequence

from ...foundation.c_names import spelled_c_name
from ...foundation.contracts import accumulated
from ...foundation.dtypes import bool_, int8, int16, int32, uint8
from ...foundation.layout import as_int64
from ...operations.dtype_support import common_dtype
from ...operations.registry import op
from ..creation.fresh import holdable
from ..images.padding import at_ends, constant_pad_nd
from ..products.evaluation import NUMBERS
from ..shared.operands import type_text
from .evaluation import correlate, spread, spread_sizes

# Where oneDNN finds out.
NO_DECONVOLUTION, NO_CONVOLUTION = (
    f"could not create a primitive descriptor for the {name} forward propagation primitive. Run workload with environment variable "
    "ONEDNN_VERBOSE=all to get additional diagnostic information." for name in ("deconvolution", "convolution"))  # fmt: skip
SHORT_INTEGERS = (bool_, uint8, int8, int16, int32)


def _each(values: Sequence[int], rank: int) -> tuple[int, ...]:
    """One number for each dimension; a single one holds for all."""
    return tuple(values) * rank if len(values) == 1 else tuple(values)


def _node(bound: dict[str, Any]) -> str:
    """torch composes convolutions of complex numbers of real ones, which it adds."""
    return "AddBackward0" if bound["input"].is_complex() else "ConvolutionBackward0"


# -- constraints ---------------------------------------------------------------------------------------


_MOST_PADDING = 2**62 - 1


def _arguments(require: Any, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: int) -> None:
    """The constraints of ranks, numbers and dtypes."""
    rank = weight.dim() - 2
    require(rank > 0, RuntimeError, "weight should have at least three dimensions")
    require(rank < 4, RuntimeError, "unsupported ConvNd parameters")
    require(input.dim() == weight.dim(), RuntimeError, "Expected {}-dimensional input for {}-dimensional weight {}, but got {}-dimensional input of "
            "size {} instead", rank + 2, rank + 2, list(weight.shape), input.dim(), list(input.shape), rank, [0] * (input.dim() - 2), also=(
        (RuntimeError, "expected output_padding to be a single integer value or a list of {5} values to match the convolution dimensions, but got "
                       "output_padding={6}"),
    ))  # fmt: skip
    _one_for_each(require, "stride", stride, rank)
    _one_for_each(require, "padding", padding, rank)
    _one_for_each(require, "dilation", dilation, rank)
    require(len(output_padding) in (1, rank), RuntimeError, "expected output_padding to be a single integer value or a list of {} values to match "
            "the convolution dimensions, but got output_padding={}", rank, list(output_padding))  # fmt: skip
    require(min(padding, default=0) >= 0, RuntimeError, "negative padding is not supported")
    place, most = next(((d, p) for d, p in enumerate(padding) if p > _MOST_PADDING), (None, 0))  # on both sides: an integer of 64 bits
    require(place is None, RuntimeError, "Given padding={} at dimension {} , expected padding to be at most {}", most, place,
            _MOST_PADDING)  # fmt: skip
    require(min(output_padding, default=0) >= 0, RuntimeError, "negative output_padding is not supported")
    require(min(stride, default=1) > 0, RuntimeError, "non-positive stride is not supported")
    spacing = _each(dilation, rank)
    require(min(dilation, default=1) > 0, RuntimeError, "dilation should be greater than zero", [*[1] * (rank == 1), *spacing],
            ", ".join(_named("dilation", spacing)), also=(
        (RuntimeError, "dilation should be greater than zero, but got {0}"), (RuntimeError, "dilation should be greater than zero, but got {1}"),
        (RuntimeError, "non-positive dilation is not supported"), (RuntimeError, NO_DECONVOLUTION), (RuntimeError, "dimensions are invalid"),
    ))  # fmt: skip
    require(groups > 0, RuntimeError, "non-positive groups is not supported")
    added = input if bias is None else bias
    require(added.dtype is input.dtype, RuntimeError, "Input type ({}) and bias type ({}) should be the same", spelled_c_name(input.dtype),
            spelled_c_name(added.dtype), type_text(input), type_text(added), common_dtype(input, added).type_name, input.dtype.type_name,
            added.dtype.type_name, common_dtype(input, 1j).type_name, also=(
        (RuntimeError, "Input type ({2}) and bias type ({3}) should be the same"),
        (RuntimeError, "Input type ({2}) and bias type ({3}) should be the same or input should be a MKLDNN tensor and bias is a dense tensor"),
        (RuntimeError, "result type {4} can't be cast to the desired output type {5}"), (RuntimeError, "expected scalar type {5} but found {6}"),
        (RuntimeError, "result type {7} can't be cast to the desired output type {5}"),  # of a bias that is taken for a number
    ))  # fmt: skip
    require(input.dtype is weight.dtype, RuntimeError, "expected scalar type {} but found {}", input.dtype.type_name, weight.dtype.type_name,
            type_text(input), type_text(weight), also=(
        (RuntimeError, "Input type ({2}) and weight type ({3}) should be the same"),
        (RuntimeError, "Input type ({2}) and weight type ({3}) should be the same or input should be a MKLDNN tensor and weight is a dense tensor"),
        (RuntimeError, "convolution does not support automatic differentiation for outputs with complex dtype."),
    ))  # fmt: skip


def _real(require: Any, input: Any, layer: str) -> None:
    """The constraint that complex numbers are convolved by layers alone."""
    require(layer != "convolution" or not input.is_complex(), NotImplementedError, "\"slow_conv2d_cpu\" not implemented for '{}'",
            input.dtype.type_name, also=(
        (NotImplementedError, "\"slow_conv_dilated<>\" not implemented for '{}'"),
        (RuntimeError, "convolution does not support automatic differentiation for outputs with complex dtype."),
    ))  # fmt: skip


def _one_for_each(require: Any, name: str, values: Sequence[int], rank: int) -> None:
    """The constraint of a tuple with a number for each dimension."""
    require(len(values) in (1, rank), RuntimeError, "expected {} to be a single integer value or a list of {} values to match the convolution "
            "dimensions, but got {}={}", name, rank, name, list(values))  # fmt: skip


def _groups(require: Any, weight: Any, groups: int) -> None:
    """The constraints of the first dimension of the weights, which is divided into groups."""
    shape = list(weight.shape)
    require(shape[0] >= groups, RuntimeError, "Given groups={}, expected weight to be at least {} at dimension 0, but got weight of size {} instead",
            groups, groups, shape)  # fmt: skip
    require(shape[0] % groups == 0, RuntimeError, "Given groups={}, expected weight to be divisible by {} at dimension 0, but got weight of size "
            "[{}] instead", groups, groups, shape)  # fmt: skip


def _some_elements(require: Any, input: Any, weight: Any, groups: int = 1) -> None:
    """The constraints of kernels and signals: that they are not empty."""
    kernel = [*[1] * (weight.dim() == 3), *weight.shape[2:]]
    axes = ("depth", "height", "width")[len(kernel) == 2 :]
    require(min(kernel) > 0, RuntimeError, "kernel size should be greater than zero, but got {}", " ".join(
        f"kernel_{axis}: {size}" for axis, size in zip(axes, kernel)), kernel, " x ".join(map(str, kernel)),
        [weight.shape[0] // max(groups, 1), *weight.shape[1:]], also=(
        (RuntimeError, "kernel size should be greater than zero, but got {1}"),
        (RuntimeError, "kernel size should be greater than zero, but got: {2} (TxHxW)"),
        (RuntimeError, "non-empty 5D (n_output_plane x n_input_plane x kernel_depth x kernel_height x kernel_width) tensor expected for weight, but "
                       "got: {3}"),
        (IndexError, "select(): index 0 out of range for tensor of size [0] at dimension 0"), (RuntimeError, NO_CONVOLUTION),
        (RuntimeError, NO_DECONVOLUTION)))  # fmt: skip
    require(0 not in input.shape[2:] or 0 in input.shape[:2], RuntimeError, "Only zero batch or zero channel inputs are supported, but got input "
            "shape: {}", list(input.shape), _as_image(input.shape), also=(
        (RuntimeError, "Only zero batch or zero channel inputs are supported, but got input shape: {1}"),))  # fmt: skip


def _as_image(shape: Sequence[int]) -> list[int]:
    """The shape of samples or weights as kernels have it, for which lines are images of height 1."""
    return [*shape[:2], *[1] * (len(shape) == 3), *shape[2:]]


def _layer(require: Any, input: Any, layer: str) -> None:
    """The constraint of the input of a layer: samples, or one without the dimension of samples."""
    if layer.endswith("d"):
        rank = int(layer[-2])
        require(input.dim() == rank + 2, RuntimeError, "Expected {}D (unbatched) or {}D (batched) input to {}, but got input of size: {}",
                rank + 1, rank + 2, layer, list(input.shape))  # fmt: skip


_NO_DESCRIPTOR = ((RuntimeError, "could not construct a memory descriptor using a format tag"),)  # where oneDNN finds out


def _by(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))


# -- the convolution -----------------------------------------------------------------------------------


@op("only", name="_convolution", node=_node, contract=accumulated(1), dtypes=NUMBERS)
def _convolution(input, weight, bias, stride, padding, output_padding, dilation, groups, layer=""):
    """:func:`convolution` of complex numbers, too, as the layers are made of it. ``layer``: the name of one; a ``padding`` in words that it
    could not resolve is refused.

    >>> conv1d(tensor([[1j, 2.]]), tensor([[[1j]]]))
    tensor([[-1.+0.j,  0.+2.j]])
    """
    rank = input.dim() - 2
    stride, padding, dilation = (_each(values, rank) for values in (stride, padding, dilation))
    return correlate(input, weight, bias, stride, padding, dilation, groups)


@_convolution.constraints
def _(require, input, weight, bias, stride, padding, output_padding, dilation, groups, layer):
    _layer(require, input, layer)
    if isinstance(padding, str):
        require(padding == "same", RuntimeError, "Invalid padding string: '{}'", padding)
        rank = weight.dim() - 2
        require(padding != "same", RuntimeError, "padding='same' is not supported for strided convolutions", also=[
            (RuntimeError, f"{name} cannot broadcast to {rank} dimensions") for name, numbers in (("stride", stride), ("dilation", dilation))
            if len(numbers) not in (1, rank)])  # fmt: skip
        padding = (0,)
    _arguments(require, input, weight, bias, stride, padding, output_padding, dilation, groups)
    _real(require, input, layer)
    require(max(dilation, default=1) == 1 or input.dtype not in SHORT_INTEGERS, NotImplementedError,
            "\"slow_conv_dilated<>\" not implemented for '{}'", input.dtype.type_name)  # fmt: skip
    _groups(require, weight, groups)
    shape, kernel = list(weight.shape), weight.shape[2:]
    wanted = shape[1] * groups
    require(input.shape[1] == wanted, RuntimeError, "Given groups={}, weight of size {}, expected input{} to have {} channels, but got {} channels "
            "instead", groups, shape, list(input.shape), wanted, input.shape[1])  # fmt: skip
    require(bias is None or tuple(bias.shape) == (shape[0],), RuntimeError, "Given weight of size {}, expected bias to be 1-dimensional with {} "
            "elements, but got bias of size {} instead", shape, shape[0], bias is not None and list(bias.shape))  # fmt: skip
    seen = [size + 2 * p for size, p in zip(input.shape[2:], _each(padding, len(kernel)))]
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, _each(dilation, len(kernel)))]
    require(all(r <= size for size, r in zip(seen, reach)), RuntimeError, "Calculated padded input size per channel: ({}). Kernel size: ({}). "
            "Kernel size can't be greater than actual input size", _by(seen), _by(reach), _by([as_int64(r) for r in reach]), also=(
        *_NO_DESCRIPTOR,
        (RuntimeError, "Calculated padded input size per channel: ({0}). Kernel size: ({2}). Kernel size can't be greater than actual input size"),
    ))  # fmt: skip
    _some_elements(require, input, weight)


def _input_gradient(grad: Any, input_shape: Any, weight: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """The transposed convolution, with what was left over at the end of the input."""
    rank = weight.dim() - 2
    stride, padding, dilation = (_each(values, rank) for values in (stride, padding, dilation))
    reached = spread_sizes(grad.shape[2:], weight.shape[2:], stride, padding, (0,) * rank, dilation)
    left = [size - count for size, count in zip(input_shape[2:], reached)]
    return _transposed_convolution(grad, weight.conj(), None, stride, padding, left, dilation, groups)


def _weight_gradient(large: Any, small: Any, weight_shape: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """The convolution of the larger of the two signals with the smaller one, samples taken for channels."""
    rank = len(weight_shape) - 2
    stride, padding, dilation = (_each(values, rank) for values in (stride, padding, dilation))
    used = [s * (count - 1) + d * (k - 1) + 1 for s, count, d, k in zip(stride, small.shape[2:], dilation, weight_shape[2:])]
    seen = constant_pad_nd(large, at_ends([(p, reach - size - p) for size, p, reach in zip(large.shape[2:], padding, used)]))
    n, per_group = large.shape[0], large.shape[1] // groups
    signal = seen.reshape(n, groups, per_group, *used).transpose(0, 2).reshape(per_group, groups * n, *used)
    return _convolution(signal, small.transpose(0, 1), None, dilation, (0,), (0,), stride, groups).transpose(0, 1)


_convolution.derivative(
    input=lambda grad, input_shape, weight, stride, padding, dilation, groups:
        _input_gradient(grad, input_shape, weight, stride, padding, dilation, groups),
    weight=lambda grad, input, weight_shape, stride, padding, dilation, groups:
        _weight_gradient(input.conj(), grad, weight_shape, stride, padding, dilation, groups),
    bias=lambda grad: grad.sum((0, *range(2, grad.dim()))),
)


# -- the transposed one --------------------------------------------------------------------------------


@op("only", name="_transposed_convolution", node=_node, contract=accumulated(1), dtypes=NUMBERS)
def _transposed_convolution(input, weight, bias, stride, padding, output_padding, dilation, groups, layer=""):
    """The transposed :func:`convolution` of complex numbers, too, as the layers are made of it; ``layer``: the name of one.

    >>> conv_transpose1d(tensor([[1j, 2.]]), tensor([[[1j]]]))
    tensor([[-1.+0.j,  0.+2.j]])
    """
    rank = input.dim() - 2
    stride, padding, output_padding, dilation = (_each(values, rank) for values in (stride, padding, output_padding, dilation))
    return spread(input, weight, bias, stride, padding, output_padding, dilation, groups)


@_transposed_convolution.constraints
def _(require, input, weight, bias, stride, padding, output_padding, dilation, groups, layer):
    _layer(require, input, layer)
    _arguments(require, input, weight, bias, stride, padding, output_padding, dilation, groups)
    _real(require, input, layer)
    require(input.dtype not in SHORT_INTEGERS[1:], NotImplementedError, "\"slow_conv_transpose2d_out_cpu\" not implemented for '{}'",
            input.dtype.type_name)  # fmt: skip
    _groups(require, weight, groups)
    shape, rank = list(weight.shape), weight.dim() - 2
    require(input.shape[1] == shape[0], RuntimeError, "Given transposed=1, weight of size {}, expected input{} to have {} channels, but got {} "
            "channels instead", shape, list(input.shape), shape[0], input.shape[1])  # fmt: skip
    require(shape[1] or not layer, RuntimeError, "non-empty 2D or 4D weight tensor expected, but got: {}",
            [shape[0] // max(groups, 1), *shape[1:]], _as_image([shape[0] // max(groups, 1), *shape[1:]]), also=(
        (RuntimeError, "non-empty 2D or 4D weight tensor expected, but got: {1}"),
        (RuntimeError, "non-empty 5D (n_output_plane x n_input_plane x kernel_depth x kernel_height x kernel_width) tensor expected for weight, but "
                       "got: {0}"),
        (IndexError, "select(): index 0 out of range for tensor of size [0] at dimension 0"),
        (RuntimeError, NO_DECONVOLUTION),
    ))  # fmt: skip
    results = shape[1] * groups
    require(bias is None or tuple(bias.shape) == (results,), RuntimeError, "Given transposed=1, weight of size {}, expected bias to be 1-dimensional "
            "with {} elements, but got bias of size {} instead", shape, results, bias is not None and list(bias.shape))  # fmt: skip
    steps, pads, more, spacing = (_each(values, rank) for values in (stride, padding, output_padding, dilation))
    require(all(m < max(s, d) for m, s, d in zip(more, steps, spacing)), RuntimeError, "output padding must be smaller than either stride or "
            "dilation, but got {}", " ".join(_named("output_padding", more) + _named("stride", steps) + _named("dilation", spacing)))  # fmt: skip
    sizes = spread_sizes(input.shape[2:], weight.shape[2:], steps, pads, more, spacing)
    line = [1] * (rank == 1)
    require(min(sizes) > 0 or input.numel() == 0 == min(sizes), RuntimeError, "Given input size per channel: ({}). Calculated output size per "
            "channel: ({}). Output size is too small",
            _by([*line, *input.shape[2:]]), _by([*line, *sizes]), [input.shape[0], results, *sizes],
            *next(((size, place) for place, size in enumerate([*line, *sizes], 2) if size < 0), (0, 0)),
            [input.shape[0], results, *line, *sizes], also=(
        (RuntimeError, "invalid shape dimension {3} at index {4} of shape {5}"), (RuntimeError, "numel: integer multiplication overflow"),
        *_NO_DESCRIPTOR, (RuntimeError, "cannot reshape tensor of 0 elements into shape {2} because the unspecified dimension size -1 can be any "
                                        "value and is ambiguous")))  # fmt: skip
    holdable(require, (input.shape[0], results, *sizes), input.dtype)
    _some_elements(require, input, weight, groups)


def _named(name: str, values: Sequence[int]) -> list[str]:
    """The numbers of two or three dimensions, each with its name; of a line, whose height is 1, both."""
    axes = ("depth", "height", "width")[-max(len(values), 2) :]
    plain = {"output_padding": 0}.get(name, 1)
    return [f"{name}_{axis}: {value}" for axis, value in zip(axes, [plain, *values] if len(values) == 1 else values)]


def _spread_gradient(grad: Any, input_shape: Any, weight: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """The convolution; room that output_padding made for one window more is left out."""
    found = _convolution(grad, weight.conj(), None, stride, padding, (0,), dilation, groups)
    for d, size in enumerate(input_shape[2:], 2):
        found = found if found.shape[d] == size else found.narrow(d, 0, size)
    return found


_transposed_convolution.derivative(
    input=lambda grad, input_shape, weight, stride, padding, dilation, groups:
        _spread_gradient(grad, input_shape, weight, stride, padding, dilation, groups),
    weight=lambda grad, input, weight_shape, stride, padding, dilation, groups:
        _weight_gradient(grad, input.conj(), weight_shape, stride, padding, dilation, groups),
    bias=lambda grad: grad.sum((0, *range(2, grad.dim()))),
)


# -- both ----------------------------------------------------------------------------------------------


@op("function", contract=accumulated(1))
def convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups):
    """The convolution of ``input`` with ``weight``, or, if ``transposed``, the gradient of one; ``bias`` is added to each channel.

    ``result[n, o, i] = bias[o] + sum(weight[o, c, k] * input[n, c, i * stride + k * dilation - padding])`` over the channels c of the group that o is
    in, and the places k of the kernel; elements outside of the input are 0. Transposed, each element of the input is multiplied by
    the kernel, and put, and added, where the window was; ``output_padding`` are further elements at the end of each dimension.
    Shapes: ``input`` (N, C, ...) of three to five dimensions, ``weight`` (O, C / groups, ...), transposed (C, O / groups, ...), ``bias`` (O); the
    result is (N, O, ...) of ``(size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1``, transposed ``(size - 1) * stride - 2 * padding +
    dilation * (kernel - 1) + output_padding + 1``. It is channels last if ``input`` or ``weight`` is. The four tuples have a
    number for each dimension, or one for all.
    Dtypes: integers and real floating point ones (the layers take complex ones, too), the same for all; transposed, and with a dilation, of the
    integers int64 alone. Values: exact sums, rounded once; transposed
    those of float64 are rounded after the sum over channels, too. Special cases: 0 times an infinity is NaN, also where the 0 is padding.
    Errors: RuntimeError for ranks, sizes and numbers that do not fit, and for two dtypes; NotImplementedError for a dtype.
    Gradient: of the input the transposed convolution of that of the result, and the other way round; of the weight a convolution of the two; of the
    bias the sums. Source: torch.nn.Conv2d, torch.nn.ConvTranspose2d; V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep
    learning", 2016.

    >>> convolution(tensor([[[1., 2., 3.]]]), tensor([[[1., 1.]]]), None, (1,), (0,), (1,), False, (0,), 1)
    tensor([[[3., 5.]]])
    """
    if transposed:
        return _transposed_convolution(input, weight, bias, stride, padding, output_padding, dilation, groups, "convolution")
    return _convolution(input, weight, bias, stride, padding, output_padding, dilation, groups, "convolution")
