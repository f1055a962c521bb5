"""Hooks: the handle that removes one, the hooks that run for every module, and the nodes that see a module's gradients."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Callable
from warnings import warn
from weakref import ref

from ..autograd.function import Function
from ..autograd.modes import is_grad_enabled
from ..tensor import Tensor

__all__ = ["RemovableHandle", "BackwardHook"]

Hook = Callable[..., Any]


class RemovableHandle:
    """What registering a hook returns: ``remove()`` takes the hook away again, and leaving a ``with`` block does too.

    It keeps the table of hooks only weakly, so that a handle does not keep a module alive.
    """

    next_id = 0

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None:
        self.hooks_dict_ref = ref(hooks_dict)
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1
        extra = [] if extra_dict is None else extra_dict if isinstance(extra_dict, list) else [extra_dict]
        self.extra_dict_ref = tuple(ref(table) for table in extra)

    def remove(self) -> None:
        """Unregister the hook; a second call does nothing."""
        for table in (self.hooks_dict_ref(), *(extra() for extra in self.extra_dict_ref)):
            if table is not None:
                table.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.remove()

    def __getstate__(self) -> tuple[Any, ...]:
        return self.hooks_dict_ref(), self.id, tuple(extra() for extra in self.extra_dict_ref)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        table, self.id, extra = state
        self.hooks_dict_ref = ref(OrderedDict() if table is None else table)
        self.extra_dict_ref = tuple(ref(OrderedDict() if one is None else one) for one in extra)
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)


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


class BackwardHookFunction(Function):
    """The same tensors behind one common node of the graph, whose gradients a hook can see together."""

    @staticmethod
    def forward(ctx: Any, *args: Tensor) -> tuple[Tensor, ...]:
        ctx.mark_non_differentiable(*[arg for arg in args if not arg.requires_grad])
        return args

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return grads


class BackwardHook:
    """One call of a module that has backward hooks: a node before its inputs and a node behind its outputs.

    The node at the outputs runs first in the backward pass. It shows the gradients of the outputs to the pre-hooks, which
    may replace them, and keeps them; the node at the inputs then shows both to the hooks, which may replace
    the gradients of the inputs. Arguments that are not tensors appear as None.
    """

    def __init__(self, module: Any, hooks: list[Hook], pre_hooks: list[Hook]) -> None:
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.grad_outputs: Any = None
        self.inputs: tuple[int, list[int] | None] = (-1, None)
        self.outputs: tuple[int, list[int] | None] = (-1, None)

    def setup_input_hook(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        args, positions = self._behind_node(args, self._see_inputs)
        self.inputs = len(args), positions
        return args

    def setup_output_hook(self, result: Any) -> Any:
        values = result if isinstance(result, tuple) else (result,)
        values, positions = self._behind_node(values, self._see_outputs)
        self.outputs = len(values), positions
        return values if isinstance(result, tuple) else values[0]

    @staticmethod
    def _behind_node(values: tuple[Any, ...], see: Hook) -> tuple[tuple[Any, ...], list[int] | None]:
        positions = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
        tensors = tuple(values[i] for i in positions)
        if not is_grad_enabled() or not any(tensor.requires_grad for tensor in tensors):
            return values, None
        tensors = BackwardHookFunction.apply(*tensors)
        node = next(tensor.grad_fn for tensor in tensors if tensor.grad_fn is not None)
        node.register_hook(see)
        replaced = list(values)
        for i, tensor in zip(positions, tensors):
            replaced[i] = tensor
        rebuilt = tuple(replaced)
        # a named tuple is rebuilt as what it was
        return (rebuilt if type(values) is tuple else type(values)(*rebuilt)), positions

    @staticmethod
    def _spread(place: tuple[int, list[int] | None], grads: Any) -> tuple[Any, ...]:
        size, positions = place
        spread = [None] * size
        for i, grad in zip(positions or (), grads):
            spread[i] = grad
        return tuple(spread)

    def _see_outputs(self, _: Any, grad_outputs: Any) -> Any:
        grads = self._spread(self.outputs, grad_outputs)
        for hook in self.pre_hooks:
            replaced = hook(self.module, grads)
            if replaced is None:
                continue
            if len(replaced) != len(grads):
                raise RuntimeError("Backward pre hook returned an invalid number of grad_output, "
                                   f"got {len(replaced)}, but expected {len(grads)}")
            grads = replaced
        self.grad_outputs = grads
        if self.inputs[1] is None:
            self._no_input_requires_grad()
        return tuple(grads[i] for i in self.outputs[1] or ())

    def _no_input_requires_grad(self) -> None:
        warn(
            "Full backward hook is firing when gradients are computed "
            "with respect to module outputs since no inputs require gradients. See "
            "https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook "
            "for more details.",
            stacklevel=5,
        )
        for hook in self.hooks:
            result = hook(self.module, (None,) * self.inputs[0], self.grad_outputs)
            if result is not None and not (isinstance(result, tuple) and all(grad is None for grad in result)):
                raise RuntimeError("Backward hook for Modules where no input requires "
                                   "gradient should always return None or None for all gradients.")
        self.grad_outputs = None

    def _see_inputs(self, grad_inputs: Any, _: Any) -> Any:
        if self.grad_outputs is None:
            # the backward pass went around the outputs
            return None
        grads = self._spread(self.inputs, grad_inputs)
        for hook in self.hooks:
            replaced = hook(self.module, grads, self.grad_outputs)
            if replaced is None:
                continue
            if len(replaced) != len(grads):
                raise RuntimeError("Backward hook returned an invalid number of grad_input, "
                                   f"got {len(replaced)}, but expected {len(grads)}")
            grads = replaced
        self.grad_outputs = None
        return tuple(grads[i] for i in self.inputs[1] or ())
