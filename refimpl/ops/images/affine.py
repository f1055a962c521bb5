"""Grids of the places to which affine maps move an image."""

from __future__ import annotations

from math import prod
from typing import Any, Sequence
from warnings import warn

from ...foundation.contracts import accumulated
from ...foundation.dtypes import float64
from ...operations.registry import op
from ...tensor import Tensor
from ..creation.fresh import holdable
from ..creation.ranges import arange
from ..joining.joining import stack
from ..pooling.means import _wide


def _line(count: int, align_corners: bool, device: Any) -> Tensor:
    """The coordinates of the middles of ``count`` elements: from -1 to 1 if corners are aligned, else these are outer edges; of a single one 0."""
    across = count - 1 if align_corners else count
    places = arange(count, dtype=float64, device=device) * 2 - (count - 1)
    return places / max(across, 1)  # type: ignore[no-any-return]


def _base(theta: Tensor, sizes: Sequence[int], align_corners: bool) -> Tensor:
    """The coordinates of all places, the last dimension's first, and a 1 behind them: (places, rank + 1)."""
    rank = len(sizes)
    lines = [_line(count, align_corners, theta.device).view([-1 if d == axis else 1 for d in range(rank)]) for axis, count in enumerate(sizes)]
    columns = [line.expand(sizes) for line in reversed(lines)]
    base = stack([*columns, columns[0].new_ones(()).expand(sizes)], -1).view(prod(sizes), rank + 1)
    return base.to(_wide(theta) if theta.dtype.category == 2 else theta.dtype)


@op("function", contract=accumulated(2), dtypes="floating complex")
def affine_grid_generator(theta, size, align_corners):
    """:func:`nn.functional.affine_grid`, of complex matrices, too, and for sizes of 0.

    Errors: RuntimeError for matrices and sizes that do not fit, and for other than 4 or 5 sizes; NotImplementedError for integers and bool.

    >>> affine_grid_generator(tensor([[[0., 1., 0.], [1., 0., 0.]]]), (1, 1, 1, 2), False)
    tensor([[[[ 0.0000, -0.5000],
              [ 0.0000,  0.5000]]]])
    """
    sizes = tuple(size[2:])
    matrix = theta.detach()
    points = _base(theta, sizes, align_corners) @ matrix.to(_wide(theta) if theta.dtype.category == 2 else theta.dtype).transpose(1, 2)
    return points.to(theta.dtype).view(size[0], *sizes, len(sizes))


@affine_grid_generator.constraints
def _(require, theta, size):
    require(len(size) in (4, 5), RuntimeError, "AffineGridGenerator needs 4d (spatial) or 5d (volumetric) inputs.")
    if len(size) not in (4, 5):
        return
    rank, ndim = len(size) - 2, theta.dim()
    wanted = [size[0], *size[2:], rank + 1]
    require(min(wanted) >= 0, RuntimeError, "Trying to create tensor with negative dimension {}: {}", min(wanted), wanted)
    holdable(require, wanted, theta.dtype)
    require(ndim == 3, RuntimeError, "batch2 must be a 3D tensor", -max(ndim, 1), max(ndim, 1) - 1, 1 if ndim < 2 else 2, also=(
        (IndexError, "Dimension out of range (expected to be in range of [{0}, {1}], but got {2})"),))  # fmt: skip
    require(theta.shape[0] == size[0] and theta.shape[2] == rank + 1, RuntimeError, "Expected size for first two dimensions of batch2 tensor to be: "
            "[{}, {}] but got: [{}, {}].", size[0], rank + 1, theta.shape[0], theta.shape[2])  # fmt: skip
    require(theta.shape[1] == rank, RuntimeError, "shape '{}' is invalid for input of size {}", [size[0], *size[2:], rank],
            prod((size[0], *size[2:], theta.shape[1])))  # fmt: skip


def _to_theta(grad: Tensor, theta_shape: Sequence[int], size: Sequence[int], align_corners: bool) -> Tensor:
    """What arrives at each coordinate, times the place that it was made of."""
    wide = _wide(grad) if grad.dtype.category == 2 else grad.dtype
    base = _base(grad, size[2:], align_corners)
    return (grad.to(wide).flatten(1, -2).transpose(1, 2) @ base).to(grad.dtype).view(theta_shape)  # type: ignore[no-any-return]


affine_grid_generator.derivative(theta=lambda grad, theta_shape, size, align_corners: _to_theta(grad, theta_shape, size, align_corners))


_DEFAULT = ("Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify align_corners=True if "
            "the old behavior is desired. See the documentation of grid_sample for details.")  # fmt: skip


def corners_aligned(align_corners: Any) -> Any:
    """What a call means that does not say it, with the warning of torch."""
    if align_corners is None:
        warn(_DEFAULT, stacklevel=4)
    return False if align_corners is None else align_corners


@op("function python", namespace="nn.functional", contract=accumulated(2))
def nn_functional_affine_grid(theta, size, align_corners=None):
    """For each element of a result the place that an affine map moves it to: a grid of places to sample an image at.

    A place is ``theta @ (x, y, 1)``, or ``theta @ (x, y, z, 1)``. x stands for the last dimension; the coordinates of the n elements of a dimension
    are ``(2 * i + 1 - n) / n``, so that -1 and 1 are the outer edges; with ``align_corners`` ``(2 * i + 1 - n) / (n - 1)``, and that of a single
    one is 0. Shapes: for ``size`` (N, C, H, W) ``theta`` is (N, 2, 3) and the result (N, H, W, 2); for (N, C, D, H, W) it is (N, 3, 4), and the
    result (N, D, H, W, 3). Dtypes: floating point ones. Errors: ValueError for matrices that do not fit, for integers, and for sizes of 0;
    NotImplementedError for other than 4 or 5 sizes. A call that does not say ``align_corners`` warns, and means False. Gradient: the coordinates,
    times what arrives at them. Source: torch.nn.functional.affine_grid.

    >>> nn.functional.affine_grid(tensor([[[1., 0., 0.5], [0., 2., 0.]]]), (1, 1, 2, 2), align_corners=True)
    tensor([[[[-0.5000, -2.0000],
              [ 1.5000, -2.0000]],
    <BLANKLINE>
             [[-0.5000,  2.0000],
              [ 1.5000,  2.0000]]]])
    """
    aligned = corners_aligned(align_corners)
    return affine_grid_generator(theta, size, aligned)


@nn_functional_affine_grid.constraints
def _(require, theta, size, align_corners):
    require(theta.dtype.is_floating_point, ValueError, "Expected theta to have floating point type, but got {}", theta.dtype)
    require(len(size) in (4, 5), NotImplementedError, "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got "
            "size {}.", size)  # fmt: skip
    if len(size) not in (4, 5):
        return
    rank = len(size) - 2
    require(theta.dim() == 3 and tuple(theta.shape[1:]) == (rank, rank + 1), ValueError, "Expected a batch of {}D affine matrices of shape Nx{}x{} "
            "for size {}. Got {}.", rank, rank, rank + 1, size, theta.shape)  # fmt: skip
    single = align_corners and min(size[2:]) == 1
    require(single or min(size) > 0, ValueError, "Expected non-zero, positive output size. Got {}", size)
