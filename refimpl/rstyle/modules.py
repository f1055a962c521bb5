"""Modules as R sees them: layers by position from 1, gradients that are filled with zeros, parameters that a move replaces."""

from __future__ import annotations

from functools import cache
from typing import Any

from .. import nn, optim
from ..nn.modules.module import Module
from ..nn.parameter import Parameter
from .tensors import RTensor, unwrapped, wrapped

__all__ = ["RModule", "constructor"]


class RModule:
    """R's view of a module. ``module`` is the module itself."""

    __slots__ = ("module",)
    module: Module

    def __init__(self, module: Module) -> None:
        self.module = module

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return wrapped(self.module(*unwrapped(args), **unwrapped(kwargs)))

    @property
    def parameters(self) -> dict[str, RTensor]:
        """The parameters by name: those of the children first, then the module's own (row R20)."""
        return {name: RTensor(p) for name, p in _children_first(self.module)}

    def __getitem__(self, position: Any) -> RModule:
        """A layer of a sequence, counted from 1: ``model[1]``, or as R writes it ``model[[1]]`` (row R21)."""
        if isinstance(position, list):
            (position,) = position
        layers = list(self.module.children())
        if not 1 <= position <= len(layers):
            raise IndexError("subscript out of bounds")
        return RModule(layers[position - 1])

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.module, name)
        if isinstance(value, Module):
            return RModule(value)
        return (lambda *args, **kwargs: wrapped(value(*unwrapped(args), **unwrapped(kwargs)))) if callable(value) else wrapped(value)

    def zero_grad(self) -> None:
        """Fill the gradients that there are with 0 (row R17)."""
        self.module.zero_grad(set_to_none=False)

    def to(self, *args: Any, **kwargs: Any) -> RModule:
        """Move or cast the module: its parameters are replaced by new ones, and their gradients go with them (row R19)."""
        with_grads = [(module, name, p) for module in self.module.modules() for name, p in module.named_parameters(recurse=False)]
        for module, name, p in with_grads:
            moved = Parameter(p.detach().to(*args, **kwargs), requires_grad=p.requires_grad)
            if p.grad is not None:
                moved.grad = p.grad.to(*args, **kwargs)
            setattr(module, name, moved)
        for module in self.module.modules():
            for name, buffer in module.named_buffers(recurse=False):
                setattr(module, name, buffer.to(*args, **kwargs))
        return self

    def cuda(self) -> RModule:
        """``to("cuda")``."""
        return self.to("cuda")

    def cpu(self) -> RModule:
        """``to("cpu")``."""
        return self.to("cpu")

    def __repr__(self) -> str:
        return repr(self.module)


def _children_first(module: Module, prefix: str = "") -> list[tuple[str, Any]]:
    found = []
    for name, child in module.named_children():
        found += _children_first(child, f"{prefix}{name}.")
    return found + [(prefix + name, p) for name, p in module.named_parameters(recurse=False)]


def _spelled(name: str) -> str:
    return name.replace("_", "").lower()


@cache
def _classes() -> dict[str, dict[str, Any]]:
    return {
        "nn": {_spelled(name): getattr(nn, name) for name in nn.__all__ if isinstance(getattr(nn, name), type)},
        "optim": {_spelled(name): getattr(optim, name) for name in optim.__all__ if isinstance(getattr(optim, name), type)},
    }


def constructor(space: str, name: str) -> Any:
    """``nn_mse_loss`` for ``nn.MSELoss``, ``optim_sgd`` for ``optim.SGD``; None if there is no such class."""
    made = _classes()[space].get(_spelled(name))
    if made is None:
        return None
    if space == "optim":

        def optimizer(params: Any, *args: Any, **kwargs: Any) -> Any:
            return made(list(unwrapped(params).values()) if isinstance(params, dict) else unwrapped(params), *args, **kwargs)

        return optimizer

    def module(*args: Any, **kwargs: Any) -> RModule:
        return RModule(made(*(each.module if isinstance(each, RModule) else unwrapped(each) for each in args), **unwrapped(kwargs)))

    return module
