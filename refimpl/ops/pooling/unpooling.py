"""Max unpooling: elements put back where max pooling found them, zeros elsewhere."""

from __future__ import annotations

from math import prod
from typing import Any, Sequence

from ...foundation.dtypes import int64
from ...operations.registry import op
from ...tensor import allocate_like
from ..creation.fresh import holdable
from ..shared.operands import outside
from ..shared.windows import image_strides, repeated

_SIZES = {2: "two elements (height, width)", 3: "three elements (depth, height, width)"}


def _put(input: Any, indices: Any, sizes: Sequence[int]) -> Any:
    """The elements at their places in the last dimensions, which get these sizes; images are channels last if the input is."""
    rank = len(sizes)
    lead = tuple(input.shape[:-rank])
    values = input.detach().new_zeros((*lead, prod(sizes)))
    if values.numel():
        values = values.scatter(-1, indices.flatten(-rank), input.detach().flatten(-rank))
    shape = (*lead, *sizes)
    result = allocate_like(input, shape, strides=image_strides(shape, input) if rank == 2 and len(shape) == 4 else None)
    result._view.storage.kernels.copy(result._view, values.view(shape)._view)
    return result


def _taken(grad: Any, indices: Any, rank: int) -> Any:
    """What arrives at the places of elements."""
    if not grad.numel():
        return grad.new_zeros(indices.shape)
    return grad.flatten(-rank).gather(-1, indices.flatten(-rank)).view(indices.shape)


def _invalid(indices: Any, sizes: Sequence[int]) -> list[int]:
    """The indices that are no places of a signal of these sizes, which has some."""
    area = prod(sizes)
    return outside(indices, 0, area) if area else []


def _fits(require: Any, input: Any, indices: Any, output_size: Sequence[int], rank: int) -> None:
    """The constraints of images and volumes."""
    require(indices.dtype is int64, RuntimeError, "elements in indices should be type int64 but got: {}" if rank == 2 else
            "elements in indices should be type int64", indices.dtype.type_name)  # fmt: skip
    require(len(output_size) == rank, RuntimeError, "There should be exactly {} in output_size, but got {} elements.", _SIZES[rank], len(output_size))
    require(input.dim() in (rank + 1, rank + 2), RuntimeError, "Input to max_unpooling{}d should be a {}d or {}d Tensor, but got a tensor with {} "
            "dimensions.", rank, rank + 1, rank + 2, input.dim())  # fmt: skip
    require(input.shape == indices.shape, RuntimeError, "Expected shape of indices to be same as that of the input tensor ({}) but got indices "
            "tensor with shape: {}", list(input.shape), list(indices.shape))  # fmt: skip
    empty = next((d for d in range(1, input.dim()) if not input.shape[d]), None)
    require(empty is None, RuntimeError, "max_unpooling{}d_forward_out_cpu(): Expected input to have non-zero size for non-batch dimensions, but got "
            "{} with dimension {} being empty.", rank, list(input.shape), empty)  # fmt: skip
    shape = [*input.shape[: max(input.dim() - rank, 0)], *output_size]
    holdable(require, shape, input.dtype)
    invalid = _invalid(indices, output_size)
    size = "x".join(map(str, output_size))
    require(not invalid, RuntimeError, "Found an invalid max index: {} (output volumes are of size {})", (invalid or [0])[0], size, also=[
        (RuntimeError, f"Found an invalid max index: {index} (output volumes are of size {size})") for index in invalid[1:]  # by another thread
    ])  # fmt: skip


@op("only", node="MaxUnpool2DBackward0", dtypes="floating")
def max_unpool2d(input, indices, output_size):
    """The elements of images at their places in larger ones, which are counted in row-major order, and zeros.

    >>> nn.functional.max_unpool2d(tensor([[[5.]]]), tensor([[[2]]]), 2)
    tensor([[[0., 0.],
             [5., 0.]]])
    """
    return _put(input, indices, output_size)


@max_unpool2d.constraints
def _(require, input, indices, output_size):
    _fits(require, input, indices, output_size, 2)


@op("only", node="MaxUnpool3DBackward0", dtypes="floating")
def max_unpool3d(input, indices, output_size, stride, padding):
    """The elements of volumes at their places in larger ones, which are counted in row-major order, and zeros.

    >>> nn.functional.max_unpool3d(tensor([[[[5.]]]]), tensor([[[[2]]]]), (1, 2, 2))
    tensor([[[[0., 0.],
              [5., 0.]]]])
    """
    return _put(input, indices, output_size)


@max_unpool3d.constraints
def _(require, input, indices, output_size, stride, padding):
    _fits(require, input, indices, output_size, 3)
    require(len(stride) == 3, RuntimeError, "There should be exactly three elements (depth, height, width) in stride, but got: {} elements.",
            len(stride))  # fmt: skip
    require(len(padding) == 3, RuntimeError, "There should be exactly three elements (depth, height, width) in padding, but got: {} elements.",
            len(padding))  # fmt: skip
    require(min(stride) > 0, RuntimeError, "strides should be greater than zero, but got stride: {}", list(stride))


max_unpool2d.derivative(input=lambda grad, indices: _taken(grad, indices, 2))
max_unpool3d.derivative(input=lambda grad, indices: _taken(grad, indices, 3))


# -- the functions, which know how large the input of max pooling was ---------------------------------


def _numbers(kernel_size: Any, stride: Any, padding: Any, rank: int) -> tuple[tuple[Any, ...], ...]:
    kernel = repeated(kernel_size, rank)
    return kernel, kernel if stride is None else repeated(stride, rank), repeated(padding, rank)


def _default_sizes(input: Any, kernel: Sequence[Any], stride: Sequence[Any], padding: Sequence[Any]) -> list[Any]:
    """The smallest sizes of which max pooling makes the input's."""
    sizes = input.size()[-len(kernel) :] if kernel else ()
    return [(size - 1) * s + k - 2 * p for size, k, s, p in zip(sizes, kernel, stride, padding)]


def _sizes(input: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any, rank: int) -> Any:
    """The result's sizes: those that are asked for, without those of the samples and channels."""
    numbers = _numbers(kernel_size, stride, padding, rank)
    if output_size is None:
        return _default_sizes(input, *numbers)
    return output_size[2:] if len(output_size) == len(numbers[0]) + 2 else output_size


def _sizes_fit(require: Any, input: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any, rank: int) -> None:
    """The constraints of the numbers, and of the sizes that are asked for."""
    dims = len(input.size())
    kernel, steps, pads = _numbers(kernel_size, stride, padding, rank)
    count = len(kernel)
    require(len(steps) >= count, IndexError, "tuple index out of range")
    require(len(pads) >= count, IndexError, "tuple index out of range")
    require(dims >= count, IndexError, "tuple index out of range")
    defaults = _default_sizes(input, kernel, steps, pads)
    given = count if output_size is None else len(output_size)
    require(given in (count, count + 2), ValueError, "output_size should be a sequence containing {} or {} elements, but it has a length of '{}'",
            count, count + 2, given)  # fmt: skip
    asked = _sizes(input, kernel_size, stride, padding, output_size, rank)
    wrong = next((d for d, (size, default, s) in enumerate(zip(asked, defaults, steps)) if not default - s < size < default + s), None)
    low, high = (0, 0) if wrong is None else (defaults[wrong] - steps[wrong], defaults[wrong] + steps[wrong])
    require(output_size is None or wrong is None, ValueError, "invalid output_size \"{}\" (dim {} must be between {} and {})", asked, wrong, low,
            high)  # fmt: skip
    negative = next((d for d, size in enumerate(asked) if size < 0), None)
    require(negative is None, ValueError, "max_unpooling: output_size must contain non-negative spatial dimensions, but got output_size[{}]={}",
            negative, None if negative is None else asked[negative])  # fmt: skip


@op("function python", namespace="nn.functional")
def nn_functional_max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """:func:`nn.functional.max_unpool2d` for lines: (N, C, L) or (C, L).

    >>> nn.functional.max_unpool1d(tensor([[5., 7.]]), tensor([[1, 2]]), 2)
    tensor([[0., 5., 7., 0.]])
    """
    size = _sizes(input, kernel_size, stride, padding, output_size, 1)
    return max_unpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), (*size, 1)).squeeze(-1)


@nn_functional_max_unpool1d.constraints
def _(require, input, kernel_size, stride, padding, output_size):
    _sizes_fit(require, input, kernel_size, stride, padding, output_size, 1)


@op("function python", namespace="nn.functional")
def nn_functional_max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """A partial inverse of :func:`max_pool2d`: each element of ``input`` put at its place among ``indices``, zeros elsewhere.

    Shapes: ``input`` and ``indices`` (N, C, H, W) or (C, H, W); each size becomes ``(size - 1) * stride + kernel_size - 2 * padding``, or that of
    ``output_size``, which must lie less than ``stride`` beside it, and may have the sizes of samples and channels before it. The result is
    channels last if the input is. Places are counted in row-major order within an image. Dtypes: floating point ones; ``indices`` of int64.
    Special cases: of several elements with one place any may stay. Errors: ValueError for sizes that do not fit, IndexError for too few numbers;
    RuntimeError for indices of another dtype or shape, or out of range, for dimensions without elements (but that of samples), and for ranks that do
    not fit; NotImplementedError for other dtypes. Gradient: that of the result at the places. Source: torch.nn.functional.max_unpool2d.

    >>> nn.functional.max_unpool2d(tensor([[[5., 7.]]]), tensor([[[2, 1]]]), (2, 1), output_size=(2, 2))
    tensor([[[0., 7.],
             [5., 0.]]])
    """
    return max_unpool2d(input, indices, _sizes(input, kernel_size, stride, padding, output_size, 2))


@nn_functional_max_unpool2d.constraints
def _(require, input, kernel_size, stride, padding, output_size):
    _sizes_fit(require, input, kernel_size, stride, padding, output_size, 2)


@op("function python", namespace="nn.functional")
def nn_functional_max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """:func:`nn.functional.max_unpool2d` for volumes: (N, C, D, H, W) or (C, D, H, W). The result is contiguous; ``stride`` must be positive.

    >>> nn.functional.max_unpool3d(tensor([[[[5.]]]]), tensor([[[[2]]]]), (1, 2, 2))
    tensor([[[[0., 0.],
              [5., 0.]]]])
    """
    _, steps, pads = _numbers(kernel_size, stride, padding, 3)
    return max_unpool3d(input, indices, _sizes(input, kernel_size, stride, padding, output_size, 3), steps, pads)


@nn_functional_max_unpool3d.constraints
def _(require, input, kernel_size, stride, padding, output_size):
    _sizes_fit(require, input, kernel_size, stride, padding, output_size, 3)
