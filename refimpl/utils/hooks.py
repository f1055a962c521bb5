"""Hooks: the handle that removes one, and the nodes that see a module's gradients."""

from __future__ import annotations

from typing import Any, Callable
from warnings import warn

from ..autograd.function import Function
from ..autograd.modes import is_grad_enabled
from ..autograd.nodes import RemovableHandle
from ..tensor import Tensor

__all__ = ["BackwardHook", "RemovableHandle", "unserializable_hook", "warn_if_has_hooks"]

Hook = Callable[..., Any]


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


def unserializable_hook(f: Hook) -> Hook:
    """Mark a hook: :func:`warn_if_has_hooks` warns of it."""
    f.__torch_unserializable__ = True  # type: ignore[attr-defined]
    return f


def warn_if_has_hooks(tensor: Any) -> None:
    """Warn of the hooks of a tensor that are marked by :func:`unserializable_hook`: files do not have them."""
    for hook in (getattr(tensor, "_hooks", None) or {}).values():
        if hasattr(hook, "__torch_unserializable__"):
            warn(f"backward hook {hook!r} on tensor will not be serialized.  If this is expected, you can decorate the function with "
                 "@torch.utils.hooks.unserializable_hook to suppress this warning", stacklevel=2)
