"""What the normalisations of weights share."""

from __future__ import annotations

from typing import Any

from ..modules.layers.convolutions import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d


def norm_except(weight: Any, dim: int) -> Any:
    """The Euclidean norms of the slices along ``dim``, with the other dimensions of size 1; that of the whole, of no dimensions, if it is -1."""
    if dim == -1:
        return weight.norm()
    return weight.norm(2, [d for d in range(weight.dim()) if d != dim], keepdim=True) if weight.dim() > 1 else weight.abs()


def with_norm(direction: Any, length: Any, dim: int) -> Any:
    """``length * direction / norm(direction)``"""
    return direction * (length / norm_except(direction, dim))


def as_matrix(weight: Any, dim: int) -> Any:
    """The weight as a matrix whose rows are the slices along ``dim``."""
    return weight.movedim(dim, 0).flatten(1)


def output_dimension(module: Any) -> int:
    """The dimension of a weight that belongs to the outputs."""
    return 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)) else 0
