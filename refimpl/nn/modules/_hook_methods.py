"""Module's hooks: how they are registered, and a call of a module that has some."""

from __future__ import annotations

from typing import Any, Callable
from warnings import warn

from ...tensor import Tensor
from ..hooks import BackwardHook, RemovableHandle, _Global, add_hook

Hook = Callable[..., Any]


class HookMethods:
    """Every method returns a handle whose ``remove()`` takes the hook away."""

    _forward_hooks: Any
    _forward_hooks_with_kwargs: Any
    _forward_hooks_always_called: Any
    _forward_pre_hooks: Any
    _forward_pre_hooks_with_kwargs: Any
    _backward_hooks: Any
    _backward_pre_hooks: Any
    _is_full_backward_hook: bool | None

    def register_forward_pre_hook(self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False) -> RemovableHandle:
        """``hook(module, args)`` runs before ``forward``; what it returns, unless None, replaces the arguments.

        With ``with_kwargs``: ``hook(module, args, kwargs)``, which returns None or ``(args, kwargs)``.
        """
        flags = ((self._forward_pre_hooks_with_kwargs, with_kwargs),)
        return add_hook(self._forward_pre_hooks, hook, prepend=prepend, flags=flags)

    def register_forward_hook(self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False,
                              always_call: bool = False) -> RemovableHandle:
        """``hook(module, args, output)`` runs after ``forward``; what it returns, unless None, replaces the output.

        With ``with_kwargs``: ``hook(module, args, kwargs, output)``. With ``always_call`` it also runs, with output None,
        when the call raises.
        """
        flags = ((self._forward_hooks_with_kwargs, with_kwargs), (self._forward_hooks_always_called, always_call))
        return add_hook(self._forward_hooks, hook, prepend=prepend, flags=flags)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """``hook(module, grad_output)`` runs once the gradients of the outputs are known, and may replace them."""
        return add_hook(self._backward_pre_hooks, hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """``hook(module, grad_input, grad_output)`` runs once the gradients of the inputs are known, and may replace them.

        Both are tuples with an entry for each positional argument and each output, None for what is not a tensor.
        """
        self._only_one_kind_of_backward_hook(full=True)
        return add_hook(self._backward_hooks, hook, prepend=prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """The deprecated form: the hook sees the gradients of the node that made the output, not of the whole module."""
        self._only_one_kind_of_backward_hook(full=False)
        return add_hook(self._backward_hooks, hook)

    def _only_one_kind_of_backward_hook(self, full: bool) -> None:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a "
                "single Module. Please use only one of them."
            )
        self._is_full_backward_hook = full


def call_with_hooks(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``module(*args, **kwargs)``: pre-hooks, forward, hooks; global hooks run before the module's own."""
    called: set[int] = set()
    result: Any = None
    try:
        for key, hook in (*_Global.forward_pre.items(), *module._forward_pre_hooks.items()):
            args, kwargs = _run_pre_hook(module, key, hook, args, kwargs)
        backward = _backward_hook(module)
        if backward is not None:
            args = backward.setup_input_hook(args)
        result = module.forward(*args, **kwargs)
        for key, hook in (*_Global.forward.items(), *module._forward_hooks.items()):
            called.add(key)
            result = _run_forward_hook(module, key, hook, args, kwargs, result)
        if backward is not None:
            if not isinstance(result, (Tensor, tuple)):
                warn(
                    "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors"
                    f" but received {type(result)}",
                    stacklevel=3,
                )
            result = backward.setup_output_hook(result)
        if module._is_full_backward_hook is False and module._backward_hooks:
            _hook_last_node(module, result)
        return result
    except Exception:
        _run_always_called(module, called, args, kwargs, result)
        raise


def _run_pre_hook(module: Any, key: int, hook: Hook, args: Any, kwargs: Any) -> tuple[Any, Any]:
    if key not in module._forward_pre_hooks_with_kwargs:
        replaced = hook(module, args)
        if replaced is None:
            return args, kwargs
        return (replaced if isinstance(replaced, tuple) else (replaced,)), kwargs
    replaced = hook(module, args, kwargs)
    if replaced is None:
        return args, kwargs
    if not isinstance(replaced, tuple) or len(replaced) != 2:
        raise RuntimeError(
            f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {replaced}."
        )
    return replaced


def _run_forward_hook(module: Any, key: int, hook: Hook, args: Any, kwargs: Any, result: Any) -> Any:
    if key in module._forward_hooks_with_kwargs or key in _Global.forward_with_kwargs:
        replaced = hook(module, args, kwargs, result)
    else:
        replaced = hook(module, args, result)
    return result if replaced is None else replaced


def _run_always_called(module: Any, called: set[int], args: Any, kwargs: Any, result: Any) -> None:
    """After an error, run the ``always_call`` hooks that have not run; an error of theirs becomes a warning."""
    for place, hooks, always in (
        ("global module", _Global.forward, _Global.forward_always_called),
        ("module", module._forward_hooks, module._forward_hooks_always_called),
    ):
        for key, hook in hooks.items():
            if key not in always or key in called:
                continue
            try:
                result = _run_forward_hook(module, key, hook, args, kwargs, result)
            except Exception as error:  # noqa: BLE001  (whatever it is, the first error is the one to raise)
                warn(
                    f"{place} forward hook with ``always_call=True`` raised an exception "
                    f"that was silenced as another error was raised in forward: {error}",
                    stacklevel=3,
                )


def _backward_hook(module: Any) -> BackwardHook | None:
    pre_hooks = [*_Global.backward_pre.values(), *module._backward_pre_hooks.values()]
    hooks = [*_Global.backward.values()]
    if module._is_full_backward_hook:
        hooks += module._backward_hooks.values()
    return BackwardHook(module, hooks, pre_hooks) if hooks or pre_hooks else None


def _hook_last_node(module: Any, result: Any) -> None:
    while not isinstance(result, Tensor):
        if isinstance(result, dict):
            result = next(value for value in result.values() if isinstance(value, Tensor))
        else:
            result = result[0]
    if result.grad_fn is not None:
        for hook in module._backward_hooks.values():
            result.grad_fn.register_hook(lambda *grads, hook=hook: hook(module, *grads))
