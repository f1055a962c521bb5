"""Patches of images as columns, and columns put back as patches: im2col and col2im."""

from __future__ import annotations

from math import prod
from typing import Any, Sequence

from ...foundation.contracts import accumulated
from ...foundation.dtypes import bool_
from ...operations.registry import op
from ...tensor import contiguous_format
from ..pooling.windows import Geometry, added_back, seen
from ..shared.operands import NO_MATRIX
from ..shared.windows import repeated, window_count

_NUMBERS = "bool floating complex"


def _geometry(sizes: Sequence[int], kernel: Any, dilation: Any, padding: Any, stride: Any) -> Geometry:
    counts = tuple([window_count(*numbers) for numbers in zip(sizes, kernel, stride, padding, dilation)])
    return Geometry(tuple(kernel), tuple(stride), tuple(padding), tuple(dilation), counts)


def _numbers_fit(require: Any, kernel: Any, dilation: Any, padding: Any, stride: Any) -> None:
    """The constraints of the numbers: two of each, those of a kernel and its steps positive, of the padding none negative."""
    for name, values in (("kernel_size", kernel), ("dilation", dilation), ("padding", padding), ("stride", stride)):
        require(len(values) == 2, RuntimeError, "It is expected {} equals to 2, but got size {}", name, len(values))
    for words, name, values in (("kernel size", "kernel", kernel), ("dilation", "dilation", dilation), ("stride", "stride", stride)):
        require(min(values) > 0, RuntimeError, "{} should be greater than zero, but got {}_height: {} {}_width: {}", words, name, values[0], name,
                values[1])  # fmt: skip
    require(min(padding) >= 0, RuntimeError, "padding should be non-negative, but got pad_height: {} pad_width: {}", *padding)


def _pair(values: Sequence[int]) -> str:
    return f"({', '.join(map(str, values))})"


@op("only", name="im2col", node="Im2ColBackward0", dtypes=_NUMBERS)
def im2col(input, kernel_size, dilation, padding, stride):
    """:func:`nn.functional.unfold` with two numbers of each kind.

    >>> nn.functional.unfold(tensor([[[1., 2., 3.]]]), (1, 2))
    tensor([[1., 2.],
            [2., 3.]])
    """
    g = _geometry(input.shape[-2:], kernel_size, dilation, padding, stride)
    batch, channels = input.shape[:-3], input.shape[-3]
    n = len(batch)
    columns = seen(input.detach(), g, 0).permute(*range(n + 1), n + 3, n + 4, n + 1, n + 2).clone(memory_format=contiguous_format)
    return columns.view(*batch, channels * prod(g.kernel), prod(g.counts))


@im2col.constraints
def _(require, input, kernel_size, dilation, padding, stride):
    _numbers_fit(require, kernel_size, dilation, padding, stride)
    ndim, shape = input.dim(), list(input.shape)
    require(ndim in (3, 4) and 0 not in shape[-3:], RuntimeError, "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other "
            "non-zero dimensions for input, but got: {}", shape, -ndim, ndim - 1, ndim, also=(
        (IndexError, "Dimension out of range (expected to be in range of [{1}, {2}], but got {3})"),
        (IndexError, "Dimension specified as 1 but tensor has no dimensions"), *NO_MATRIX,
    ))  # fmt: skip
    g = _geometry(shape[-2:], kernel_size, dilation, padding, [max(step, 1) for step in stride])
    require(min(g.counts) > 0, RuntimeError, "Given input with spatial size {}, kernel_size={}, dilation={}, padding={}, calculated shape of the "
            "array of sliding blocks as {}, but its components must be at least one.",
            _pair(shape[-2:]), _pair(kernel_size), _pair(dilation), _pair(padding), _pair(g.counts))  # fmt: skip


@op("only", name="col2im", node="Col2ImBackward0", contract=accumulated(1), dtypes=_NUMBERS)
def col2im(input, output_size, kernel_size, dilation, padding, stride):
    """:func:`nn.functional.fold` with two numbers of each kind.

    >>> nn.functional.fold(tensor([[1., 2.], [2., 3.]]), (1, 3), (1, 2))
    tensor([[[1., 4., 3.]]])
    """
    g = _geometry(output_size, kernel_size, dilation, padding, stride)
    batch, channels = input.shape[:-2], input.shape[-2] // prod(g.kernel)
    n = len(batch)
    patches = input.detach().reshape(*batch, channels, *g.kernel, *g.counts).permute(*range(n + 1), n + 3, n + 4, n + 1, n + 2)
    total = added_back(patches, (*batch, channels, *output_size), g)
    return total.to(bool_) if input.dtype is bool_ else total + 0


@col2im.constraints
def _(require, input, output_size, kernel_size, dilation, padding, stride):
    require(len(output_size) == 2, RuntimeError, "It is expected output_size equals to 2, but got size {}", len(output_size))
    _numbers_fit(require, kernel_size, dilation, padding, stride)
    ndim, shape = input.dim(), list(input.shape)
    require(ndim in (2, 3) and 0 not in shape[-2:], RuntimeError, "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and "
            "non-zero dimensions for input, but got: {}", shape)  # fmt: skip
    require(shape[-2] % prod(kernel_size) == 0, RuntimeError, "Expected size of input's dimension 1 to be divisible by the product of kernel_size, "
            "but got input.size(1)={} and kernel_size={}.", shape[-2], _pair(kernel_size))  # fmt: skip
    g = _geometry(output_size, kernel_size, dilation, padding, stride)
    (rows, columns), given = g.counts, f"Given output_size={_pair(output_size)}, kernel_size={_pair(kernel_size)}, dilation={_pair(dilation)}, " \
        f"padding={_pair(padding)}, stride={_pair(stride)}"  # fmt: skip
    require(shape[-1] == rows * columns, RuntimeError, "{}, expected size of input's dimension 2 to match the calculated number of sliding blocks "
            "{} * {} = {}, but got input.size(2)={}.", given, rows, columns, rows * columns, shape[-1])  # fmt: skip
    require(min(g.counts) > 0, RuntimeError, "{}, calculated shape of the array of sliding blocks as {}, which is too small (non-positive)",
            given, _pair(g.counts))  # fmt: skip
    require(min(output_size) > 0, RuntimeError, "Expected output spatial size to be positive, but got: output_size={}.", _pair(output_size))


im2col.derivative(
    input=lambda grad, input_shape, kernel_size, dilation, padding, stride:
        col2im(grad, input_shape[-2:], kernel_size, dilation, padding, stride),
)
col2im.derivative(input=lambda grad, kernel_size, dilation, padding, stride: im2col(grad, kernel_size, dilation, padding, stride))


@op("function python", namespace="nn.functional")
def nn_functional_unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """All patches of images as columns: those of a kernel that moves by ``stride``, whose elements are ``dilation`` apart.

    Each patch is a column of C * kH * kW elements, channel by channel in row-major order; the columns are in the row-major order of the patches.
    ``padding`` zeros are added at both ends of height and width; each number is one for both, or two. Shapes: ``input`` (N, C, H, W) or (C, H, W),
    the result (N, C * kH * kW, L) or (C * kH * kW, L), contiguous, with L the product of ``(size + 2 * padding - dilation * (kernel_size - 1) - 1)
    // stride + 1``. Dtypes: bool, floating point and complex ones. Errors: RuntimeError for ranks and numbers that do not fit, for an image without
    elements and where no patch fits; NotImplementedError for integers. Gradient: :func:`nn.functional.fold` of that of the result.
    Source: torch.nn.functional.unfold.

    >>> nn.functional.unfold(tensor([[[1., 2., 3.], [4., 5., 6.]]]), 2)
    tensor([[1., 2.],
            [2., 3.],
            [4., 5.],
            [5., 6.]])
    """
    return im2col(input, *[repeated(values, 2) for values in (kernel_size, dilation, padding, stride)])


@op("function python", namespace="nn.functional", contract=accumulated(1))
def nn_functional_fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Columns put back where :func:`nn.functional.unfold` took them from, and added up where patches overlap: images of ``output_size``.

    Where there is no patch the result is 0, and what lies in the padding is left out. Shapes: ``input`` (N, C * kH * kW, L) or
    (C * kH * kW, L), the result (N, C, H, W) or (C, H, W), contiguous; each of the other arguments is one number for height and width, or two.
    Dtypes: bool (an element is true if one of those is), floating point and complex ones. Values: exact sums, rounded once. Errors: RuntimeError for
    ranks and numbers that do not fit, for columns that are not of the kernel's size, or not as many as there are patches; NotImplementedError for
    integers. Gradient: :func:`nn.functional.unfold` of that of the result. Source: torch.nn.functional.fold.

    >>> nn.functional.fold(ones(4, 2), (2, 3), 2)
    tensor([[[1., 2., 1.],
             [1., 2., 1.]]])
    """
    return col2im(input, *[repeated(values, 2) for values in (output_size, kernel_size, dilation, padding, stride)])
