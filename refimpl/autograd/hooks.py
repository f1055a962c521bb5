"""Hooks of tensors and of nodes: called with gradients, which they may replace."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor, contiguous_format
from .nodes import Node

__all__ = ["call_tensor_hooks", "replaced_by_hook"]


def call_tensor_hooks(node: Node, grads: list[Any]) -> list[Any]:
    """Call the hooks of the tensors that a node computes, and give those their gradient that keep it: a contiguous copy."""
    registered = node.hooks_of_tensors()
    if registered:
        for nr, hooks in registered:
            for hook in tuple(hooks.values()):
                grads[nr] = _replacement(hook, grads[nr], hook(grads[nr]))
    if node.retained:
        for nr, reference in node.retained.items():
            tensor, grad = reference(), grads[nr]
            if tensor is not None and grad is not None:
                tensor._grad = grad.clone(memory_format=contiguous_format) if tensor._grad is None else tensor._grad + grad
    return grads


def replaced_by_hook(hook: Any, grads: tuple[Any, ...], result: Any) -> list[Any]:
    """The gradients after a hook of a node that returned ``result``: a tuple with one for each, or None for no change."""
    if result is None:
        return list(grads)
    if not isinstance(result, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(result).__name__}'")
    if len(result) != len(grads):
        raise RuntimeError(f"hook '{_name(hook)}' has returned an incorrect number of values (got {len(result)}, but expected {len(grads)})")
    return [_replacement(hook, before, after) if after is not None else None for before, after in zip(grads, result)]


def _replacement(hook: Any, before: Any, after: Any) -> Any:
    if after is None:
        return before
    if before is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if not isinstance(after, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(after).__name__}'")
    if after.type() != before.type():
        raise RuntimeError(f"hook '{_name(hook)}' has changed the type of value (was {before.type()} got {after.type()})")
    if after._view.shape != before._view.shape:
        raise RuntimeError(f"hook '{_name(hook)}' has changed the size of value")
    return after


def _name(hook: Any) -> str:
    return getattr(hook, "__name__", None) or type(hook).__name__
