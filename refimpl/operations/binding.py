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
