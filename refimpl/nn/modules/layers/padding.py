"""Padding layers."""

from __future__ import annotations

from typing import Any

from ... import functional as F
from ..._names import OwnInit
from ..module import Module
from .convolutions import ntuple

__all__ = [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d", "ReflectionPad1d", "ReflectionPad2d",
    "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
]  # fmt: skip


class _Pad(OwnInit, Module):
    """``padding`` is a number for all sides, or a tuple of two for each dimension, the last dimension first."""

    __constants__ = ["padding"]
    _mode: str
    _dimensions: int

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = ntuple(padding, 2 * self._dimensions)

    def forward(self, input: Any) -> Any:
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPadNd(_Pad, OwnInit):
    """Pads with ``value``."""

    __constants__ = ["padding", "value"]
    _mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Any) -> Any:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """Pads the line with ``value``."""

    _dimensions = 1


class ConstantPad2d(_ConstantPadNd):
    """Pads rows and columns with ``value``."""

    _dimensions = 2


class ConstantPad3d(_ConstantPadNd):
    """Pads all three dimensions with ``value``."""

    _dimensions = 3


class _Zero(OwnInit):
    """Pads with 0."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)  # type: ignore[call-arg]

    def extra_repr(self) -> str:
        return f"{self.padding}"  # type: ignore[attr-defined]


class ZeroPad1d(_Zero, ConstantPad1d):
    """Pads the line with 0."""


class ZeroPad2d(_Zero, ConstantPad2d):
    """Pads rows and columns with 0."""


class ZeroPad3d(_Zero, ConstantPad3d):
    """Pads all three dimensions with 0."""


class _CircularPadNd(_Pad):
    """Pads with the elements of the other end; ValueError for another number of dimensions."""

    _mode = "circular"

    def forward(self, input: Any) -> Any:
        n = self._dimensions
        if input.dim() not in (n + 1, n + 2):
            raise ValueError(f"expected {n + 1}D or {n + 2}D input (got {input.dim()}D input)")
        return super().forward(input)


class CircularPad1d(_CircularPadNd):
    """Pads the line with the elements of the other end; ValueError for another number of dimensions."""

    _dimensions = 1


class CircularPad2d(_CircularPadNd):
    """Pads rows and columns with the elements of the other end; ValueError for another number of dimensions."""

    _dimensions = 2


class CircularPad3d(_CircularPadNd):
    """Pads all three dimensions with the elements of the other end; ValueError for another number of dimensions."""

    _dimensions = 3


class _ReflectionPadNd(_Pad):
    """Pads with the elements before the edge, backwards."""

    _mode = "reflect"


class ReflectionPad1d(_ReflectionPadNd):
    """Pads with the elements before the edge, backwards."""

    _dimensions = 1


class ReflectionPad2d(_ReflectionPadNd):
    """Pads with the elements before the edge, backwards."""

    _dimensions = 2


class ReflectionPad3d(_ReflectionPadNd):
    """Pads with the elements before the edge, backwards."""

    _dimensions = 3


class _ReplicationPadNd(_Pad):
    """Pads with the element at the edge."""

    _mode = "replicate"


class ReplicationPad1d(_ReplicationPadNd):
    """Pads with the element at the edge."""

    _dimensions = 1


class ReplicationPad2d(_ReplicationPadNd):
    """Pads with the element at the edge."""

    _dimensions = 2


class ReplicationPad3d(_ReplicationPadNd):
    """Pads with the element at the edge."""

    _dimensions = 3
