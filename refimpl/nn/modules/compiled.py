"""What ``torch.compile`` makes of a module: one that holds it as its only child. Programs know it by the names in its state, which begin with
``_orig_mod.``"""

from __future__ import annotations

from typing import Any

from ...compiler import wrap
from ...foundation.paths import ROOT, shown
from .module import Module

__all__ = ["OptimizedModule"]


class OptimizedModule(Module):
    """Calls the module that it holds. Attributes are those of that module, hooks and the names of the state its own."""

    def __init__(self, mod: Module) -> None:
        super().__init__()
        self._modules["_orig_mod"] = mod

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self._orig_mod(*args, **kwargs)

    @property
    def training(self) -> bool:  # type: ignore[override]
        """Whether the module that it holds is in training mode."""
        return self._orig_mod.training  # type: ignore[no-any-return]

    @training.setter
    def training(self, value: bool) -> None:
        self._orig_mod.training = value

    def __getattr__(self, name: str) -> Any:
        original = self.__dict__["_modules"]["_orig_mod"]
        return original if name == "_orig_mod" else getattr(original, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_orig_mod" or name in self.__dict__ or hasattr(type(self), name):
            super().__setattr__(name, value)
        else:
            setattr(self._orig_mod, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._orig_mod, name)

    def __len__(self) -> int:
        if hasattr(self._orig_mod, "__len__"):
            return len(self._orig_mod)
        raise TypeError(f"{type(self._orig_mod).__name__} does not support len()")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self._orig_mod)})

    def __reduce__(self) -> Any:
        return type(self), (self._orig_mod,)


OptimizedModule.__module__ = shown(f"{ROOT}._dynamo.eval_frame")  # where torch says that it is from
wrap(Module, OptimizedModule)
