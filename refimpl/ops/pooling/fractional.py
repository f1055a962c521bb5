"""Fractional max pooling: the greatest elements of windows at places that are drawn at random.

Along a dimension of ``size`` elements ``count`` windows of ``k`` begin at ``trunc((i + u) * a) - trunc(u * a)``, ``a = (size - k) / (count - 1)``,
with one random number u in [0, 1) for each dimension of each plane; the last window ends where the input does. Source: B. Graham, "Fractional
max-pooling" (2014).
"""

from __future__ import annotations

from math import prod
from typing import Any, Sequence

from ...foundation.dtypes import int64
from ...foundation.layout import as_int64
from ...operations.registry import op
from ..creation.fresh import NEGATIVE
from ..creation.ranges import arange
from ..joining.joining import cat
from ..random.random_tensors import rand
from ..shared.gradients import not_differentiated
from ..shared.windows import repeated
from .maxima import greatest_of_rows, put_back

_NAMES = {2: ("height", "width"), 3: ("time", "height", "width")}


def _starts(samples: Any, size: int, k: int, count: int) -> Any:
    """Where the windows of planes begin, (N, C, count), each step rounded to the dtype of the samples."""
    last = samples.new_full((*samples.shape, min(count, 1)), size - k, dtype=int64)
    if count < 2:
        return last
    step = samples.new_full((), size - k) / samples.new_full((), count - 1)
    u = samples.unsqueeze(-1)
    found = ((arange(count - 1, dtype=samples.dtype, device=samples.device) + u) * step).to(int64) - (u * step).to(int64)
    return cat((found.clamp(0, size - k), last), -1)  # 16 bits may round beyond the end


def _places(input: Any, kernel: Sequence[int], counts: Sequence[int], samples: Any) -> Any:
    """The numbers of the elements of windows, (N, C, windows, elements), counted in row-major order within a plane."""
    rank = len(kernel)
    order = (1, 0) if rank == 2 else (0, 1, 2)  # the first sample is that of the width of images, and of the depth of volumes
    found: Any = 0
    for d, (size, k, count) in enumerate(zip(input.shape[-rank:], kernel, counts)):
        line = _starts(samples.select(-1, order[d]), size, k, count).unsqueeze(-1) + arange(k, device=input.device)
        shape = [*line.shape[:2], *[1] * (2 * rank)]
        shape[2 + d], shape[2 + rank + d] = count, k
        found = found * size + line.view(shape)
    return found.expand(*found.shape[:2], *counts, *kernel)


def _greatest(input: Any, kernel_size: Any, output_size: Any, samples: Any, rank: int) -> Any:
    kernel, counts, data = repeated(kernel_size, rank), repeated(output_size, rank), input.detach()
    shape = (*input.shape[:-rank], *counts)
    if 0 in shape:
        return data.new_empty(shape), data.new_empty(shape, dtype=int64)
    planes = data.reshape(-1, data.shape[-rank - 1], prod(data.shape[-rank:]))
    places = _places(data, kernel, counts, samples.detach().narrow(0, 0, planes.shape[0]))
    windows = (*planes.shape[:2], prod(counts), prod(kernel))
    places = places.reshape(windows)
    values, there = greatest_of_rows(planes.gather(-1, places.flatten(-2)).view(windows))
    return values.view(shape), places.gather(-1, there.unsqueeze(-1)).view(shape)


def _fits(require: Any, input: Any, kernel_size: Any, output_size: Any, random_samples: Any, rank: int) -> None:
    """The constraints of images and volumes."""
    name = "fractional_max_pool2d" if rank == 2 else "fractional_max_pool3d_out"
    ints = "a single Int or tuple of Ints" if rank == 2 else "a single Int or tuple of three Ints"
    kernel, counts = repeated(kernel_size, rank), repeated(output_size, rank)
    for what, given in (("kernel_size", kernel), ("output_size", counts)):
        require(len(given) == rank, RuntimeError, "fractional_max_pool{}d: {} must either be {}", rank, what, ints)
    require(input.dim() in (rank + 1, rank + 2), RuntimeError, "{}(): Expected {}D or {}D tensor, but got: {}", name, rank + 1, rank + 2,
            list(input.shape))  # fmt: skip
    batched = input.dim() == rank + 2
    empty = next((d for d in range(1, input.dim()) if not input.shape[d]), None)
    require(empty is None, RuntimeError, "{}(): Expected input to have non-zero size for non-batch dimensions, but got{} with dimension {} being "
            "empty.", name, list(input.shape), empty)  # fmt: skip
    require(random_samples.dtype is input.dtype, RuntimeError, "Expect _random_samples to have the same dtype as input")
    require(random_samples.dim() == 3, RuntimeError, "Expect _random_samples to have 3 dimensions, got {}", random_samples.dim())
    if random_samples.dim() == 3 and input.dim() > rank:
        drawn = random_samples.shape
        require(drawn[0] >= (input.shape[0] if batched else 1), RuntimeError, "Expect _random_samples.size(0) no less then input batch size.")
        require(drawn[1] == input.shape[-rank - 1], RuntimeError, "Expect _random_samples.size(1) equals to input channel size.")
        require(drawn[2] == rank, RuntimeError, "Expect _random_samples.size(2) equals to {}; got {}.", rank, drawn[2])
    smallest = min(kernel, default=1)
    require(smallest > 0, RuntimeError, "fractional_max_pool{}d: kernel_size must be positive, but got {}", rank, smallest)
    shape = [*input.shape[:-rank], *counts]
    for what, size, k, count in zip(_NAMES[rank], input.shape[-rank:], kernel, counts):
        wraps = as_int64(count + k) < count  # and torch takes it for small
        require(count + k - 1 <= size - (rank - 2), RuntimeError, "{}(): pool {} {} too large relative to input {} {}", name, what, k, what, size,
                shape, also=((RuntimeError, "Storage size calculation overflowed with sizes={5}"), *NEGATIVE) if wraps else ())  # fmt: skip
    least = min(counts, default=0)
    require(least >= 0, RuntimeError, "Trying to create tensor with negative dimension {}: {}", least, shape)


@op("only", node="FractionalMaxPool2DBackward0", dtypes="floating")
def fractional_max_pool2d(input, kernel_size, output_size, random_samples):
    """The greatest elements of windows at places that random samples tell, and where they stand.

    >>> nn.functional.fractional_max_pool2d(tensor([[[1., 5.], [7., 2.]]]), 2, 1)
    tensor([[[7.]]])
    """
    return _greatest(input, kernel_size, output_size, random_samples, 2)


@fractional_max_pool2d.constraints
def _(require, input, kernel_size, output_size, random_samples):
    _fits(require, input, kernel_size, output_size, random_samples, 2)
    not_differentiated(require, "fractional_max_pool2d", "random_samples", random_samples)


@op("only", node="FractionalMaxPool3DBackward0", dtypes="floating")
def fractional_max_pool3d(input, kernel_size, output_size, random_samples):
    """The greatest elements of windows at places that random samples tell, and where they stand.

    >>> nn.functional.fractional_max_pool3d(tensor([[[[1., 5.], [7., 2.]], [[3., 4.], [0., 6.]]]]), 1, 1)
    tensor([[[[6.]]]])
    """
    return _greatest(input, kernel_size, output_size, random_samples, 3)


@fractional_max_pool3d.constraints
def _(require, input, kernel_size, output_size, random_samples):
    _fits(require, input, kernel_size, output_size, random_samples, 3)
    not_differentiated(require, "fractional_max_pool3d", "random_samples", random_samples)


fractional_max_pool2d.derivative(input=lambda grads, input_shape, result1: put_back(grads[0], result1, input_shape, 2))
fractional_max_pool3d.derivative(input=lambda grads, input_shape, result1: put_back(grads[0], result1, input_shape, 3))


# -- the functions, which draw the samples ------------------------------------------------------------


def _asked(input: Any, output_size: Any, output_ratio: Any, rank: int) -> Any:
    """The sizes that are asked for, or a part of the input's."""
    if output_size is not None:
        return output_size
    return [int(input.size(d - rank) * ratio) for d, ratio in enumerate(repeated(output_ratio, rank)[:rank])]


def _samples(input: Any, given: Any, rank: int) -> Any:
    """The samples that are given, or fresh ones."""
    if given is not None:
        return given
    batch = 1 if input.dim() == rank + 1 else input.size(0)
    return rand(batch, input.size(-rank - 1), rank, dtype=input.dtype, device=input.device)


def _said(require: Any, input: Any, output_size: Any, output_ratio: Any, samples: Any, rank: int) -> None:
    """The constraints of the function in Python: that it is said how many windows there are."""
    require(output_size is not None or output_ratio is not None, ValueError, "fractional_max_pool{}d requires specifying either an output_size or an "
            "output_ratio", rank)  # fmt: skip
    dims, own, by_ratio = len(input.size()), max(len(input.size()), 1), output_size is None and output_ratio is not None
    require(not by_ratio or len(repeated(output_ratio, rank)) >= rank, IndexError, "tuple index out of range")
    least = rank + 1 if samples is None else rank if by_ratio else 0
    far = -rank if by_ratio and dims < rank else -rank - 1
    require(dims >= least, IndexError, "Dimension out of range (expected to be in range of [{}, {}], but got {})", -own, own - 1, far, also=(
        (IndexError, "Dimension specified as {2} but tensor has no dimensions"),
        (IndexError, "Dimension specified as 0 but tensor has no dimensions"),
    ))  # fmt: skip


@op("function python", namespace="nn.functional")
def nn_functional_fractional_max_pool2d_with_indices(input, kernel_size, output_size=None, output_ratio=None, return_indices=False,
                                                     _random_samples=None):  # fmt: skip
    """The greatest elements of windows of ``kernel_size`` elements at random places of images, and where they stand: (values, indices).

    There are ``output_size`` windows, or ``output_ratio`` (one for each dimension) times as many as elements, rounded down. Where they begin tells
    ``_random_samples``, of shape (N, C, 2) and the input's dtype, or else as many numbers that :func:`rand` draws: of the samples of a plane the
    first is for its width. Window i begins at ``trunc((i + u) * a) - trunc(u * a)``, ``a = (size - k) / (count - 1)``, with each step rounded to
    the dtype, and the last one ends with the input; samples outside of [0, 1) are open. Shapes: ``input`` (N, C, H, W) or (C, H, W); the result is
    contiguous. Dtypes: floating point ones. Special cases: NaN if there is one in the window, of several the last one's place; places are counted in
    row-major order within an image. Errors: ValueError if no size is given; RuntimeError for ranks and numbers that do not fit, more windows than
    have room, dimensions without elements (but the first), and samples of another shape or dtype, or that require grad; NotImplementedError for
    other dtypes. Gradient: that of the values goes to the elements that were found. Source: torch.nn.functional.fractional_max_pool2d.

    >>> samples = tensor([[[0.25, 0.75]]])
    >>> nn.functional.fractional_max_pool2d(tensor([[[1., 5., 3.], [7., 2., 9.]]]), 2, (1, 2), None, True, samples)
    (tensor([[[7., 9.]]]), tensor([[[3, 5]]]))
    """
    return fractional_max_pool2d(input, kernel_size, _asked(input, output_size, output_ratio, 2), _samples(input, _random_samples, 2))


@nn_functional_fractional_max_pool2d_with_indices.constraints
def _(require, input, output_size, output_ratio, _random_samples):
    if output_size is None and output_ratio is not None:
        require(len(output_ratio) <= 2, ValueError, "fractional_max_pool2d requires output_ratio to either be a single Int or tuple of Ints.")
    _said(require, input, output_size, output_ratio, _random_samples, 2)


@op("function python", namespace="nn.functional")
def nn_functional_fractional_max_pool3d_with_indices(input, kernel_size, output_size=None, output_ratio=None, return_indices=False,
                                                     _random_samples=None):  # fmt: skip
    """:func:`nn.functional.fractional_max_pool2d_with_indices` for volumes: (N, C, D, H, W) or (C, D, H, W).

    ``_random_samples`` is of shape (N, C, 3), for depth, height and width in this order; ``output_ratio`` may be one number for all. There may be one
    window less than there is room for in each dimension.

    >>> samples = tensor([[[0.25, 0.75, 0.5]]])
    >>> nn.functional.fractional_max_pool3d(arange(12.).view(1, 2, 2, 3), 1, (1, 1, 2), None, True, samples)
    (tensor([[[[ 9., 11.]]]]), tensor([[[[ 9, 11]]]]))
    """
    return fractional_max_pool3d(input, kernel_size, _asked(input, output_size, output_ratio, 3), _samples(input, _random_samples, 3))


@nn_functional_fractional_max_pool3d_with_indices.constraints
def _(require, input, output_size, output_ratio, _random_samples):
    _said(require, input, output_size, output_ratio, _random_samples, 3)
