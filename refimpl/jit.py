"""Scripting and tracing are not a part of this package: a clear error for what compiles, and nothing for what only marks."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["export", "ignore", "is_scripting", "is_tracing", "load", "script", "trace", "unused"]


def _absent(name: str) -> NoReturn:
    raise NotImplementedError(f"torch.jit.{name}: refimpl has no TorchScript; a program runs as it is written")


def script(*args: Any, **kwargs: Any) -> NoReturn:
    """NotImplementedError: there is no TorchScript."""
    _absent("script")


def trace(*args: Any, **kwargs: Any) -> NoReturn:
    """NotImplementedError: there is no TorchScript."""
    _absent("trace")


def load(*args: Any, **kwargs: Any) -> NoReturn:
    """NotImplementedError: there is no TorchScript."""
    _absent("load")


def is_scripting() -> bool:
    """False: a program always runs as Python."""
    return False


def is_tracing() -> bool:
    """False: a program always runs as Python."""
    return False


def export(function: Any) -> Any:
    """The function itself."""
    return function


def unused(function: Any) -> Any:
    """The function itself."""
    return function


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """The function itself, with and without arguments for the decorator."""
    return drop if callable(drop) else lambda function: function
