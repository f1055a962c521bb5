"""Max pooling: the greatest element of each window, and where it stands."""

from __future__ import annotations

from math import inf, prod
from typing import Any

from ...autograd.modes import modes
from ...foundation.dtypes import range_of, uint8
from ...foundation.layout import channels_last_strides, suggests_channels_last
from ...operations.registry import op
from ...tensor import Tensor, allocate_like, channels_last_3d
from ..shared.operands import anywhere
from ..shared.windows import image_strides
from .windows import Geometry, each, geometry, lead, not_empty, numbers_fit, places, seen, windows_fit


def _least(input: Tensor) -> Any:
    return -inf if input.dtype.is_floating_point else range_of(input.dtype)[0]


def greatest(input: Tensor, g: Geometry, batched: bool = True) -> Tensor:
    """The greatest elements of windows; NaN if there is one."""
    windows, rank = seen(input, g, _least(input)), len(g.kernel)
    shape = (*lead(input, rank), *g.counts)
    result = allocate_like(input, shape, strides=_strides(input, shape, rank))
    out = result._view
    target = result.as_strided((*shape, *[1] * rank), (*out.strides, *[1] * rank))._view
    out.storage.kernels.reduce("amax", target, windows._view, tuple(range(len(shape), len(shape) + rank)))
    return result


def _strides(input: Tensor, shape: tuple[int, ...], rank: int) -> tuple[int, ...] | None:
    """The result's: channels last if the input is, of one volume only if nothing lies between its elements, either."""
    if len(shape) == rank + 2 and rank > 1:
        return image_strides(shape, input)
    if rank == 3 and input.unsqueeze(0).is_contiguous(memory_format=channels_last_3d) and not input.is_contiguous():
        return channels_last_strides((1, *shape))[1:]
    return None


def standing(input: Tensor, values: Tensor, g: Geometry) -> Tensor:
    """Where the greatest elements stand first, counted in row-major order; of several NaNs the last one."""
    rank = len(g.kernel)
    columns = seen(input, g, _least(input)).flatten(-rank)
    place = columns.argmax(-1)
    if any(g.padding) or any(_beyond(input, g)):  # of elements that are as small as the padding the first one that is none of it
        signal = input.new_ones((1,) * (input.dim() - rank) + tuple(input.shape[-rank:]))
        place = seen(signal, g, 0).flatten(-rank).argmax(-1).where(values == _least(input), place)
    if input.dtype.is_floating_point and anywhere(values.isnan()):
        place = last_nan(columns).where(values.isnan(), place)
    found = places(input, g).flatten(-rank).expand(*place.shape, columns.shape[-1]).gather(-1, place.unsqueeze(-1)).squeeze(-1)
    result = allocate_like(found, tuple(found.shape), strides=values.stride())
    result._view.storage.kernels.copy(result._view, found._view)
    return result


def last_nan(columns: Tensor) -> Tensor:
    """Where the last NaN of each row stands; of a row without one the last element."""
    return columns.shape[-1] - 1 - columns.isnan().to(uint8).flip(-1).argmax(-1)  # type: ignore[no-any-return]


def greatest_of_rows(columns: Tensor) -> tuple[Tensor, Tensor]:
    """The greatest elements along the last dimension, and where they stand first; NaN if there is one, of several the last one's place."""
    place = columns.argmax(-1)
    values = columns.gather(-1, place.unsqueeze(-1)).squeeze(-1)
    return values, last_nan(columns).where(values.isnan(), place)


def _beyond(input: Tensor, g: Geometry) -> list[bool]:
    """Whether the last window of a dimension reaches beyond the signal and its padding."""
    numbers = zip(input.shape[-len(g.kernel) :], *g)
    return [(count - 1) * s + d * (k - 1) + 1 > size + p for size, k, s, p, d, count in numbers]


def _node(bound: dict[str, Any]) -> str:
    return f"MaxPool{bound['rank']}DWithIndicesBackward0"


@op("only", name="_max_pool_with_indices", node=_node, dtypes="integer floating")
def _max_pool_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode, rank, indices=True):
    """The greatest elements of windows over images or volumes, and, with ``indices``, where they stand.

    >>> nn.functional.max_pool2d(tensor([[[1, 5], [7, 2]]]), 2, return_indices=True)
    (tensor([[[7]]]), tensor([[[2]]]))
    """
    g = geometry(input, kernel_size, stride, padding, dilation, ceil_mode, rank)
    values = greatest(input.detach(), g)
    return values, standing(input.detach(), values, g) if indices else None


@_max_pool_with_indices.constraints
def _(require, input, kernel_size, stride, padding, dilation, ceil_mode, rank):
    numbers_fit(require, f"max_pool{rank}d", rank, kernel_size, stride, padding, dilation)
    not_empty(require, input, rank, f"max_pool{rank}d_with_indices_out_cpu_template")
    view = input._view
    require(rank == 2 or len(view.shape) == 5 or not suggests_channels_last(view.shape, view.strides), RuntimeError,
            "Unsupported memory format. Supports only ChannelsLast3d, Contiguous")  # fmt: skip
    windows_fit(require, input, each(kernel_size, rank), each(stride, rank, kernel_size), each(padding, rank), each(dilation, rank), ceil_mode)


def put_back(grad: Any, indices: Any, input_shape: Any, rank: int) -> Any:
    """The gradient of elements that stood at ``indices``, added up there."""
    flat = grad.new_zeros((*input_shape[:-rank], prod(input_shape[-rank:])))
    there = flat.scatter_add(-1, indices.flatten(-rank), grad.flatten(-rank))
    return there.view(input_shape)


_max_pool_with_indices.derivative(input=lambda grads, input_shape, result1, rank: put_back(grads[0], result1, input_shape, rank))


def _pooled(input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, rank: int) -> Any:
    found = _max_pool_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode, rank, input.requires_grad)
    return found[0]


@op("function")
def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The greatest element of each window of ``kernel_size`` elements, ``dilation`` apart, that moves by ``stride`` over images.

    Shapes: ``input`` (N, C, H, W) or (C, H, W); each size becomes ``(size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1``, with
    ``ceil_mode`` rounded up, if the last window begins before the padding at the end. ``stride`` is ``kernel_size`` unless it is given; each
    number is one for both dimensions, or two. The result is channels last if the input is. Dtypes: integers and floating point ones. Special cases:
    NaN if there is one in the window; which of the zeros comes out of several is open; padding is never the greatest. Errors: RuntimeError for
    ranks and numbers that do not fit, for more padding than half a kernel, for dimensions without elements (but that of samples), and where no
    window fits; NotImplementedError for bool and complex numbers. Gradient: that of the result goes to the first of the greatest elements, of NaNs
    to the last one. Source: torch.nn.functional.max_pool2d.

    >>> max_pool2d(tensor([[[1., 5., 2.], [7., 2., 9.]]]), 2, 1)
    tensor([[[7., 9.]]])
    """
    return _pooled(input, kernel_size, stride, padding, dilation, ceil_mode, 2)


@op("function")
def max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The greatest element of each window that moves over volumes: (N, C, D, H, W) or (C, D, H, W). All else: as for :func:`max_pool2d`.

    Source: torch.nn.functional.max_pool3d.

    >>> max_pool3d(tensor([[[[1., 5.], [7., 2.]]]]), (1, 2, 2))
    tensor([[[[7.]]]])
    """
    return _pooled(input, kernel_size, stride, padding, dilation, ceil_mode, 3)


def _along_lines(require: Any, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> None:
    """The constraints of max pooling over lines."""
    require(input.dim() in (2, 3) and 0 not in input.shape[-2:], RuntimeError, "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 "
            "dim batch size for input, but got:{}", list(input.shape), [*input.shape[:-1], 1, *input.shape[-1:]], input.dim(), also=(
        (RuntimeError, "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:{1}"),
        (RuntimeError, "Expected 2 to 3 dimensions, but got {2}-dimensional tensor for argument #1 'self' (while checking arguments for max_pool1d)"),
    ))  # fmt: skip
    for name, values, kinds in (("kernel_size", kernel_size, "an int, list of ints or"), ("stride", stride or 1, "None, an int, list of ints, or"),
                                ("padding", padding, "an int, list of ints, or"), ("dilation", dilation, "an int, list of ints or")):  # fmt: skip
        given = 1 if isinstance(values, int) else len(values)
        require(given == 1, RuntimeError, "max_pool1d() {} must be {} tuple of ints of size 1 but got size {}", name, kinds, given,
                also=((RuntimeError, "max_pool1d() argument '{0}' should contain one int (got {2})"),))  # fmt: skip
    (k,), (s,), (p,), (d,) = each(kernel_size, 1), each(stride, 1, kernel_size), each(padding, 1), each(dilation, 1)
    still = (RuntimeError, "stride should not be zero")
    require(k > 0, RuntimeError, "max_pool1d() kernel_size must be greater than zero, but got {}", k, also=(
        still, (RuntimeError, "kernel size should be greater than zero, but got kH: 1 kW: {}")))  # fmt: skip
    require(s > 0, RuntimeError, "max_pool1d() stride must be greater than zero, but got {}", s, also=(
        still, (RuntimeError, "stride should be greater than zero, but got dH: 1 dW: {}")))  # fmt: skip
    require(p >= 0, RuntimeError, "max_pool1d() padding must be non-negative, but got {}", p, also=(
        (RuntimeError, "pad must be non-negative, but got pad: {}"),))  # fmt: skip
    require(p <= k // 2, RuntimeError, "max_pool1d() padding should be at most half of kernel size, but got padding={} and kernel_size={}", p, k, d,
            also=(
        (RuntimeError, "pad should be at most half of effective kernel size, but got pad={}, kernel_size={} and dilation={}"),))  # fmt: skip
    require(d > 0, RuntimeError, "max_pool1d() dilation must be greater than zero, but got {}", d, p, k, also=(
        (RuntimeError, "dilation should be greater than zero, but got dilationH: 1 dilationW: {}"),
        (RuntimeError, "pad should be at most half of effective kernel size, but got pad={1}, kernel_size={2} and dilation={0}")))  # fmt: skip
    count = geometry(input, k, max(s, 1), p, d, ceil_mode, 1).counts[0]
    planes, size = input.shape[-2:]
    require(count > 0, RuntimeError, "max_pool1d() Invalid computed output size: {}", count, planes, size, p, k, d, also=(
        (RuntimeError, "Given input size: ({1}x1x{2}). Calculated output size: ({1}x1x{0}). Output size is too small"),
        (RuntimeError, "pad should be at most half of effective kernel size, but got pad={3}, kernel_size={4} and dilation={5}"),
    ))  # fmt: skip


def _over_lines(input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> Any:
    """Lines are images of height 1."""
    (k,), (s,), (p,), (d,) = each(kernel_size, 1), each(stride, 1, kernel_size), each(padding, 1), each(dilation, 1)
    found = _max_pool_with_indices(input.unsqueeze(-2), (1, k), (1, s), (0, p), (1, d), ceil_mode, 2)
    return tuple([each.squeeze(-2) for each in found])


@op("function", dtypes="floating")
def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The greatest element of each window that moves over lines: (N, C, L) or (C, L). Dtypes: floating point ones.

    All else: as for :func:`max_pool2d`.

    Source: torch.nn.functional.max_pool1d.

    >>> max_pool1d(tensor([[1., 5., 7., 2.]]), 2)
    tensor([[5., 7.]])
    """
    if input.requires_grad and modes.grad and not modes.inference:
        return _over_lines(input, kernel_size, stride, padding, dilation, ceil_mode)[0]
    return greatest(input.detach(), geometry(input, kernel_size, stride, padding, dilation, ceil_mode, 1))


@max_pool1d.constraints
def _(require, input, kernel_size, stride, padding, dilation, ceil_mode):
    _along_lines(require, input, kernel_size, stride, padding, dilation, ceil_mode)


@op("function")
def max_pool1d_with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The greatest elements of windows that move over lines, and where they stand: (values, indices). Dtypes: as for :func:`max_pool2d`.

    All else: as for :func:`max_pool1d`.

    >>> max_pool1d_with_indices(tensor([[1., 5., 7., 2.]]), 2)
    (tensor([[5., 7.]]), tensor([[1, 2]]))
    """
    return _over_lines(input, kernel_size, stride, padding, dilation, ceil_mode)


@max_pool1d_with_indices.constraints
def _(require, input, kernel_size, stride, padding, dilation, ceil_mode):
    numbers = [n for each_of in (kernel_size, stride, padding, dilation) for n in ((each_of,) if isinstance(each_of, int) else each_of or ())]
    require(all(abs(n) < 2**31 for n in numbers), RuntimeError, "value cannot be converted to type int without overflow")
    _along_lines(require, input, kernel_size, stride, padding, dilation, ceil_mode)


@op("only")
def max_pool2d_with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """:func:`max_pool2d` with the places of the elements: (values, indices), counted in row-major order within an image.

    >>> nn.functional.max_pool2d(tensor([[[1, 5], [7, 2]]]), 2, return_indices=True)
    (tensor([[[7]]]), tensor([[[2]]]))
    """
    return _max_pool_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode, 2)


@op("only")
def max_pool3d_with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """:func:`max_pool3d` with the places of the elements: (values, indices), counted in row-major order within a volume.

    >>> nn.functional.max_pool3d(tensor([[[[1, 5], [7, 2]]]]), (1, 2, 2), return_indices=True)
    (tensor([[[[7]]]]), tensor([[[[2]]]]))
    """
    return _max_pool_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode, 3)
