"""Autocast: calls whose floating point arguments take another dtype first, while that is switched on (:class:`refimpl.amp.autocast`).

What becomes of a call is the operation's attribute ``autocast``, or what that says of the arguments if it is a function: nothing unless it is set.
Inside of a body nothing is cast, but for an operation that torch composes of others (``THROUGH``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autograd.modes import modes
from ..foundation.dtypes import dtype, float32, float64
from ..tensor import Tensor

LOWER = "lower"  # to the dtype that was asked for
FLOAT32 = "float32"
WIDEST = "widest"  # to float32, if one of them is that
THROUGH = "through"  # not its own arguments, but those of the operations that it is made of


def policy_of(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """What becomes of the arguments of a call."""
    policy = operation.autocast
    return policy(args, kwargs) if callable(policy) else policy


def cast(policy: str | None, targets: dict[str, dtype], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call with their tensors cast, as the graph sees it; ``targets``: the lower dtype by the type of device."""

    def target(x: Tensor) -> dtype:
        return targets[x.device.type] if policy == LOWER else float32

    tensors = [x for each in (*args, *kwargs.values()) for x in (each if isinstance(each, (list, tuple)) else (each,)) if _is_eligible(x, targets)]
    if policy is None or policy == WIDEST and not any(x.dtype is float32 for x in tensors):
        return args, kwargs
    return tuple(_cast(each, targets, target) for each in args), {name: _cast(each, targets, target) for name, each in kwargs.items()}


def uncast(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function with autocast switched off: forms that write into a tensor are never cast."""
    autocast = modes.autocast
    modes.autocast = None
    try:
        return function(*args)
    finally:
        modes.autocast = autocast


def _is_eligible(value: Any, targets: dict[str, dtype]) -> bool:
    return isinstance(value, Tensor) and value.dtype.is_floating_point and value.dtype is not float64 and value.device.type in targets


def _cast(value: Any, targets: dict[str, dtype], target: Callable[[Tensor], dtype]) -> Any:
    if isinstance(value, (list, tuple)) and any(_is_eligible(each, targets) for each in value):
        return [_cast(each, targets, target) for each in value]
    return value.to(target(value)) if _is_eligible(value, targets) else value
