"""The poolings of :mod:`refimpl.nn.functional` whose last argument, ``return_indices``, says whether places are returned, too."""

from __future__ import annotations

from typing import Any

from ..operations.operation import operations
from ..ops.pooling.adaptive import sizes_of
from ..signatures.overriding import overridable
from ..tensor import Tensor

__all__ = [
    "adaptive_max_pool1d", "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool2d_with_indices", "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices", "fractional_max_pool2d", "fractional_max_pool3d", "max_pool1d", "max_pool1d_with_indices", "max_pool2d",
    "max_pool2d_with_indices", "max_pool3d", "max_pool3d_with_indices",
]  # fmt: skip

Both = tuple[Tensor, Tensor]


def max_pool1d_with_indices(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
                            return_indices: bool = False) -> Both:  # fmt: skip
    """The greatest element of each window over lines, and where it stands."""
    return operations["max_pool1d_with_indices"].function(input, kernel_size, stride, padding, dilation, ceil_mode)  # type: ignore[no-any-return]


def max_pool2d_with_indices(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
                            return_indices: bool = False) -> Both:  # fmt: skip
    """The greatest element of each window over images, and where it stands."""
    return operations["max_pool2d_with_indices"].function(input, kernel_size, stride, padding, dilation, ceil_mode)  # type: ignore[no-any-return]


def max_pool3d_with_indices(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
                            return_indices: bool = False) -> Both:  # fmt: skip
    """The greatest element of each window over volumes, and where it stands."""
    return operations["max_pool3d_with_indices"].function(input, kernel_size, stride, padding, dilation, ceil_mode)  # type: ignore[no-any-return]


def _max_pool1d(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
               return_indices: bool = False) -> Tensor:  # fmt: skip
    """The greatest element of each window over lines."""
    return operations["max_pool1d"].function(input, kernel_size, stride, padding, dilation, ceil_mode)  # type: ignore[no-any-return]


def _max_pool2d(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
               return_indices: bool = False) -> Tensor:  # fmt: skip
    """The greatest element of each window over images."""
    return operations["max_pool2d"].function(input, kernel_size, stride, padding, dilation, ceil_mode)  # type: ignore[no-any-return]


def _max_pool3d(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
               return_indices: bool = False) -> Tensor:  # fmt: skip
    """The greatest element of each window over volumes."""
    return operations["max_pool3d"].function(input, kernel_size, stride, padding, dilation, ceil_mode)  # type: ignore[no-any-return]


def adaptive_max_pool1d_with_indices(input: Tensor, output_size: Any, return_indices: bool = False) -> Both:
    """The greatest elements of so many windows over lines, and where they stand."""
    return operations["adaptive_max_pool1d"].function(input, output_size)  # type: ignore[no-any-return]


def adaptive_max_pool2d_with_indices(input: Tensor, output_size: Any, return_indices: bool = False) -> Both:
    """The greatest elements of so many windows over images, and where they stand."""
    return operations["adaptive_max_pool2d"].function(input, sizes_of(output_size, input))  # type: ignore[no-any-return]


def adaptive_max_pool3d_with_indices(input: Tensor, output_size: Any, return_indices: bool = False) -> Both:
    """The greatest elements of so many windows over volumes, and where they stand."""
    return operations["adaptive_max_pool3d"].function(input, sizes_of(output_size, input))  # type: ignore[no-any-return]


def _adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Tensor:
    """The greatest elements of so many windows over lines."""
    return adaptive_max_pool1d_with_indices(input, output_size)[0]


def _adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Tensor:
    """The greatest elements of so many windows over images."""
    return adaptive_max_pool2d_with_indices(input, output_size)[0]


def _adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Tensor:
    """The greatest elements of so many windows over volumes."""
    return adaptive_max_pool3d_with_indices(input, output_size)[0]


def _fractional_max_pool2d(input: Tensor, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
                           _random_samples: Any = None) -> Tensor:  # fmt: skip
    """The greatest element of each window at random places of images."""
    return _fractional_max_pool2d_with_indices(  # type: ignore[no-any-return]
        input, kernel_size, output_size, output_ratio, return_indices, _random_samples)[0]


def _fractional_max_pool3d(input: Tensor, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
                           _random_samples: Any = None) -> Tensor:  # fmt: skip
    """The greatest element of each window at random places of volumes."""
    return _fractional_max_pool3d_with_indices(  # type: ignore[no-any-return]
        input, kernel_size, output_size, output_ratio, return_indices, _random_samples)[0]


_fractional_max_pool2d_with_indices = operations["nn.functional.fractional_max_pool2d_with_indices"].function
_fractional_max_pool3d_with_indices = operations["nn.functional.fractional_max_pool3d_with_indices"].function


def _dispatched(name: str, position: int, alone: Any, with_indices: Any) -> Any:
    """The function that calls one of two by its argument ``return_indices``, wherever that is given."""

    def call(*args: Any, **kwargs: Any) -> Tensor | Both:
        flag = kwargs["return_indices"] if "return_indices" in kwargs else len(args) > position and args[position]
        return (with_indices if flag else alone)(*args, **kwargs)  # type: ignore[no-any-return]

    call.__name__ = call.__qualname__ = name
    call.__module__ = __name__
    call.__doc__ = f"{alone.__doc__[:-1]}; with ``return_indices``, which is False unless it is given, also its place."
    return overridable(call)


max_pool1d = _dispatched("max_pool1d", 6, _max_pool1d, max_pool1d_with_indices)
max_pool2d = _dispatched("max_pool2d", 6, _max_pool2d, max_pool2d_with_indices)
max_pool3d = _dispatched("max_pool3d", 6, _max_pool3d, max_pool3d_with_indices)
adaptive_max_pool1d = _dispatched("adaptive_max_pool1d", 2, _adaptive_max_pool1d, adaptive_max_pool1d_with_indices)
adaptive_max_pool2d = _dispatched("adaptive_max_pool2d", 2, _adaptive_max_pool2d, adaptive_max_pool2d_with_indices)
adaptive_max_pool3d = _dispatched("adaptive_max_pool3d", 2, _adaptive_max_pool3d, adaptive_max_pool3d_with_indices)
fractional_max_pool2d = _dispatched("fractional_max_pool2d", 4, _fractional_max_pool2d, _fractional_max_pool2d_with_indices)
fractional_max_pool3d = _dispatched("fractional_max_pool3d", 4, _fractional_max_pool3d, _fractional_max_pool3d_with_indices)
