"""Gradients of convolutions with respect to their input and their weight, as functions."""

from __future__ import annotations

from typing import Any

from ..ops import aten
from .modules.utils import _ntuple

__all__ = ["conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input", "conv3d_weight"]


def _gradient(wanted: int, dimensions: int, input: Any, weight: Any, grad_output: Any, options: tuple[Any, Any, Any, Any]) -> Any:
    """One of the two gradients; the tensor that it is the gradient of is given by its size."""
    shaped = [grad_output.new_empty(1).expand(each) if not hasattr(each, "new_empty") else each for each in (input, weight)]
    each = _ntuple(dimensions)
    stride, padding, dilation, groups = options
    mask = [wanted == 0, wanted == 1, False]
    backward: Any = aten.convolution_backward.default
    return backward(grad_output, *shaped, None, each(stride), each(padding), each(dilation), False, [0] * dimensions, groups, mask)[wanted]


def _make(name: str, dimensions: int) -> tuple[Any, Any]:
    def of_input(input_size: Any, weight: Any, grad_output: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Any:
        return _gradient(0, dimensions, input_size, weight, grad_output, (stride, padding, dilation, groups))

    def of_weight(input: Any, weight_size: Any, grad_output: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Any:
        return _gradient(1, dimensions, input, weight_size, grad_output, (stride, padding, dilation, groups))

    for function, what in ((of_input, "input"), (of_weight, "weight")):
        function.__name__ = function.__qualname__ = f"{name}_{what}"
        function.__doc__ = f"The gradient of ``F.{name}`` with respect to its {what}, whose size is ``{what}_size``."
    return of_input, of_weight


conv1d_input, conv1d_weight = _make("conv1d", 1)
conv2d_input, conv2d_weight = _make("conv2d", 2)
conv3d_input, conv3d_weight = _make("conv3d", 3)
