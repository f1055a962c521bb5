"""``torch.compile``, which compiles nothing here."""

from __future__ import annotations

from typing import Any
from warnings import warn

__all__ = ["compile", "disable", "is_compiling", "reset"]


def compile(model: Any = None, *, fullgraph: bool = False, dynamic: bool | None = None, backend: Any = None, mode: str | None = None,
            options: dict[str, Any] | None = None, name: str | None = None, disable: bool = False, recompile_limit: int | None = None,
            isolate_recompiles: bool = False, shapes_spec: Any = None) -> Any:
    """The model or function itself, with a UserWarning: programs run as they are written."""
    if model is None:
        return lambda function: compile(function, disable=disable)
    if not disable:
        warn("torch.compile compiles nothing in refimpl: the program runs as it is written", UserWarning, stacklevel=2)
    return model


def disable(fn: Any = None, recursive: bool = True, **kwargs: Any) -> Any:
    """The function itself."""
    return (lambda function: function) if fn is None else fn


def is_compiling() -> bool:
    """False: nothing is compiled."""
    return False


def reset() -> None:
    """Forget what has been compiled: nothing."""
