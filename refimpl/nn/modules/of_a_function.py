"""Modules that are a function of ``nn.functional`` with fixed options."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from .._names import OwnForward
from .module import Module

__all__ = ["OfAFunction"]


class OfAFunction(OwnForward, Module):
    """Calls the function ``name`` of ``nn.functional`` with the options that the constructor got, which are attributes of the module.

    ``shown`` are those that it prints, ``inplace`` is shown where it is True.
    """

    name: str
    shown: tuple[str, ...] = ()

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self._options = tuple(options)
        for option, value in options.items():
            setattr(self, option, value)

    def forward(self, input: Any) -> Any:
        return getattr(F, self.name)(input, **{option: getattr(self, option) for option in self._options})

    def extra_repr(self) -> str:
        parts = [f"{option}={getattr(self, option)!r}" for option in self.shown]
        return ", ".join(parts + ["inplace=True"] * bool(getattr(self, "inplace", False)))
