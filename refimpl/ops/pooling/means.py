"""Average pooling: the mean of each window."""

from __future__ import annotations

from typing import Any

from ...foundation.contracts import accumulated
from ...foundation.dtypes import float32, float64
from ...operations.output_kinds import EXACT_OUTPUT
from ...operations.registry import op
from ...operations.sharing import COMPUTED
from ...tensor import Tensor, allocate_like
from ..creation.ranges import arange
from ..shared.windows import image_strides
from .windows import Geometry, added_back, each, geometry, lead, named, not_empty, numbers_fit, seen, windows_fit


def _wide(input: Tensor) -> Any:
    """The dtype in which sums are divided: on the host wide enough that they are rounded once, on devices float32 at least."""
    if not input.dtype.is_floating_point:
        return input.dtype
    if input.device.type == "cpu":
        return float64
    return float32 if input.dtype.itemsize == 2 else input.dtype


def _divisors(input: Any, g: Geometry, counts_padding: bool, override: int | None) -> Any:
    """By what the sum of each window is divided: how many elements it has, those of the padding with them or not; a number where all are the same."""
    if override is not None:
        return override
    rank = len(g.kernel)
    found: Any = 1
    for d, (size, k, s, p, count) in enumerate(zip(input.shape[-rank:], g.kernel, g.stride, g.padding, g.counts)):
        end = size + p if counts_padding else size
        if (counts_padding or not p) and (count - 1) * s + k - p <= end:
            found = found * k
        else:
            start = arange(-p, count * s - p, s, device=input.device)
            here = (start + k).clamp(max=end) - (start if counts_padding else start.clamp(min=0))
            found = found * here.clamp(min=1).view([-1 if each == d else 1 for each in range(rank)])
    return found


def _node(bound: dict[str, Any]) -> str:
    return f"AvgPool{bound['rank']}DBackward0"


@op("only", name="_avg_pool", node=_node, contract=accumulated(2))
def _avg_pool(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, rank):
    """The means of windows over images or volumes.

    >>> nn.functional.avg_pool2d(tensor([[[1., 5.], [7., 2.]]]), 2)
    tensor([[[3.7500]]])
    """
    g = geometry(input, kernel_size, stride, padding, 1, ceil_mode, rank)
    windows = seen(input.detach(), g, 0)
    dims, wide = tuple(range(input.dim(), input.dim() + rank)), _wide(input)
    total = windows.sum(dims, dtype=wide)
    by = _divisors(input, g, count_include_pad, divisor_override)
    means = (total / by).to(input.dtype) + 0 if wide.is_floating_point else total.div(by, rounding_mode="trunc")
    shape = (*lead(input, rank), *g.counts)
    result = allocate_like(input, shape, strides=image_strides(shape, input) if rank == 2 and len(shape) == 4 else None)
    result._view.storage.kernels.copy(result._view, means._view)
    return result


@_avg_pool.constraints
def _(require, input, kernel_size, stride, padding, ceil_mode, divisor_override, rank):
    supported = input.dtype.name == "int64" or input.dtype.is_floating_point and (rank == 2 or input.dtype.itemsize > 2)
    require(supported, NotImplementedError, "\"avg_pool2d\" not implemented for '{}'", input.dtype.type_name)
    numbers_fit(require, f"avg_pool{rank}d", rank, kernel_size, stride, padding)
    require(divisor_override is None or divisor_override, RuntimeError, "divisor must be not zero")
    not_empty(require, input, rank, f"avg_pool{rank}d")
    sizes, kernel = input.shape[-rank:], each(kernel_size, rank)
    require(rank < 3 or all(size >= k for size, k in zip(sizes, kernel)), RuntimeError, "input image ({}) smaller than kernel size ({})",
            named("", sizes), named("k", kernel))  # fmt: skip
    windows_fit(require, input, kernel, each(stride, rank, kernel_size), each(padding, rank), (1,) * rank, ceil_mode)


@op("only", name="_avg_pool_backward", contract=accumulated(2))
def _avg_pool_backward(grad, input_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, rank):
    """The gradient of :func:`_avg_pool`: what arrives at a window, in equal parts for its elements."""
    signal = grad.new_empty(1).expand(input_shape)
    g = geometry(signal, kernel_size, stride, padding, 1, ceil_mode, rank)
    shares = grad.to(_wide(grad)) / _divisors(signal, g, count_include_pad, divisor_override)
    spread = shares.reshape(*shares.shape, *[1] * rank).expand(*shares.shape, *g.kernel)
    return added_back(spread, input_shape, g).to(grad.dtype)


_avg_pool.derivative(
    input=lambda grad, input_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, rank:
        _avg_pool_backward(grad, input_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, rank),
)
_avg_pool_backward.derivative(
    grad=lambda grad, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, rank:
        _avg_pool(grad, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, rank),
)


@op("function", aliases=("nn.functional.avg_pool1d",), contract=accumulated(2))
def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """The mean of each window of ``kernel_size`` elements that moves by ``stride`` over lines: (N, C, L) or (C, L).

    All else: as for :func:`nn.functional.avg_pool2d`. Source: torch.nn.functional.avg_pool1d.

    >>> avg_pool1d(tensor([[1., 5., 7., 2.]]), 2)
    tensor([[3.0000, 4.5000]])
    """
    (k,), (s,), (p,) = each(kernel_size, 1), each(stride, 1, kernel_size), each(padding, 1)
    return _avg_pool(input.unsqueeze(-2), (1, k), (1, s), (0, p), ceil_mode, count_include_pad, None, 2).squeeze(-2)


@avg_pool1d.constraints
def _(require, input, kernel_size, stride, padding):
    require(input.dim() in (2, 3), RuntimeError, "Expected 2 to 3 dimensions, but got {}-dimensional tensor for argument #1 'self' (while checking "
            "arguments for avg_pool1d)", input.dim())  # fmt: skip
    for name, values in (("kernel_size", kernel_size), ("stride", stride or 1), ("padding", padding)):
        given = 1 if isinstance(values, int) else len(values)
        require(given == 1, RuntimeError, "avg_pool1d() argument '{}' should contain one int (got {})", name, given)


@op("function out", namespace="nn.functional", contract=accumulated(2), out=EXACT_OUTPUT, sharing=COMPUTED)
def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """The mean of each window of ``kernel_size`` elements that moves by ``stride`` over images.

    The sum of a window is divided by the number of its elements, those of the padding (which are 0) with them unless ``count_include_pad`` is false,
    but never those that lie beyond it; or by ``divisor_override``. Shapes: ``input`` (N, C, H, W) or (C, H, W); each size becomes ``(size + 2 *
    padding - kernel_size) // stride + 1``, with ``ceil_mode`` rounded up, if the last window begins before the padding at the end. ``stride`` is
    ``kernel_size`` unless it is given. The result is channels last if the input is. Dtypes: int64, whose quotients are cut off, and floating
    point ones (of volumes none of 16 bits). Errors: RuntimeError for ranks and numbers that do not fit, for more padding than half a kernel, for a
    divisor of 0, for dimensions without elements (but that of samples), and where no window fits; NotImplementedError for other dtypes. Gradient:
    that of the result in equal parts, for each element of the window. Source: torch.nn.functional.avg_pool2d.

    >>> nn.functional.avg_pool2d(ones(1, 2, 2), 2, padding=1)
    tensor([[[0.2500, 0.2500],
             [0.2500, 0.2500]]])
    """
    return _avg_pool(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, 2)


@op("function out", namespace="nn.functional", contract=accumulated(2), out=EXACT_OUTPUT, sharing=COMPUTED)
def avg_pool3d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """The mean of each window that moves over volumes: (N, C, D, H, W) or (C, D, H, W); the result is contiguous.

    All else: as for :func:`nn.functional.avg_pool2d`. Source: torch.nn.functional.avg_pool3d.

    >>> nn.functional.avg_pool3d(ones(1, 2, 2, 2), 2)
    tensor([[[[1.]]]])
    """
    return _avg_pool(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, 3)


