"""Hooks: how one is added to a table, and the hooks that run for every module."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Callable

from ..utils.hooks import BackwardHook, RemovableHandle

__all__ = ["RemovableHandle", "BackwardHook"]

Hook = Callable[..., Any]


def add_hook(table: Any, hook: Hook, *, prepend: bool = False, flags: tuple[tuple[Any, bool], ...] = ()) -> RemovableHandle:
    """Put ``hook`` at the end (or the front) of ``table``, and set the flags that go with it."""
    handle = RemovableHandle(table, extra_dict=[flag_table for flag_table, _ in flags])
    table[handle.id] = hook
    for flag_table, value in flags:
        if value:
            flag_table[handle.id] = True
    if prepend:
        table.move_to_end(handle.id, last=False)
    return handle


class _Global:
    """The hooks that run for every module; they run before a module's own."""

    forward_pre: OrderedDict[int, Hook] = OrderedDict()
    forward: OrderedDict[int, Hook] = OrderedDict()
    forward_with_kwargs: OrderedDict[int, bool] = OrderedDict()
    forward_always_called: OrderedDict[int, bool] = OrderedDict()
    backward_pre: OrderedDict[int, Hook] = OrderedDict()
    backward: OrderedDict[int, Hook] = OrderedDict()
    buffer_registration: OrderedDict[int, Hook] = OrderedDict()
    module_registration: OrderedDict[int, Hook] = OrderedDict()
    parameter_registration: OrderedDict[int, Hook] = OrderedDict()


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """``hook(module, args)`` runs before every module's ``forward``; a value that is not None replaces the arguments."""
    return add_hook(_Global.forward_pre, hook)


def register_module_forward_hook(hook: Hook, *, with_kwargs: bool = False, always_call: bool = False) -> RemovableHandle:
    """``hook(module, args, output)`` runs after every module's ``forward``; a value that is not None replaces the output."""
    flags = ((_Global.forward_with_kwargs, with_kwargs), (_Global.forward_always_called, always_call))
    return add_hook(_Global.forward, hook, flags=flags)


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """``hook(module, grad_output)`` runs when the gradients of a module's outputs are known; see Module."""
    return add_hook(_Global.backward_pre, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """``hook(module, grad_input, grad_output)`` runs when the gradients of a module's inputs are known; see Module."""
    return add_hook(_Global.backward, hook)


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """``hook(module, name, buffer)`` runs on every ``register_buffer``; a value that is not None replaces the buffer."""
    return add_hook(_Global.buffer_registration, hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """``hook(module, name, submodule)`` runs on every new submodule; a value that is not None replaces it."""
    return add_hook(_Global.module_registration, hook)


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """``hook(module, name, parameter)`` runs on every new parameter; a value that is not None replaces it."""
    return add_hook(_Global.parameter_registration, hook)


def filtered(hooks: OrderedDict[int, Hook], owner: Any, name: str, value: Any) -> Any:
    """``value`` after the registration hooks have seen it and perhaps replaced it."""
    for hook in hooks.values():
        replacement = hook(owner, name, value)
        if replacement is not None:
            value = replacement
    return value
