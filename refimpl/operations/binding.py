"""What a call asks of its arguments before the operation runs: whether any of them requires grad."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor


def any_requires_grad(values: Any) -> bool:
    """Whether a tensor among the values, or in the tuples and lists among them, requires grad."""
    for value in values:
        if value.__class__ is Tensor or isinstance(value, Tensor):
            if value._requires_grad or (value._base is not None and value._base._requires_grad):
                return True
        elif value.__class__ in (tuple, list) and any_requires_grad(value):
            return True
    return False


def only_inference(operation: Any, values: Any) -> bool:
    """Whether all tensors among the values are inference tensors: what is done to them alone is not recorded.

    A number that the operation makes a tensor of counts as a tensor, and is none made in inference mode.
    """
    for value in values:
        if isinstance(value, Tensor):
            if not value._inference:
                return False
        elif isinstance(value, (tuple, list)):
            if not only_inference(operation, value):
                return False
        elif operation.wraps_numbers and value.__class__ in (int, float, bool, complex):
            return False
    return True
