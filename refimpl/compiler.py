"""``torch.compile``, which compiles nothing here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from warnings import warn

__all__ = ["compile", "config", "disable", "is_compiling", "reset", "wrap"]


class _Options:
    """Options of a compiler: any can be set, and read back. Those that nobody has set are off, and have options of their own."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute {name!r}")
        self.__dict__[name] = inner = _Options()
        return inner

    def __bool__(self) -> bool:
        return bool(self.__dict__)


config = _Options()


def compile(model: Any = None, *, fullgraph: bool = False, dynamic: bool | None = None, backend: Any = None, mode: str | None = None,
            options: dict[str, Any] | None = None, name: str | None = None, disable: bool = False, recompile_limit: int | None = None,
            isolate_recompiles: bool = False, shapes_spec: Any = None) -> Any:
    """The function itself, or a module that holds the model, as torch's does; with a UserWarning: programs run as they are written.

    RuntimeError for ``mode`` beside ``options``, AssertionError for what cannot be called.
    """
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
    if model is None:
        return lambda function: compile(function, disable=disable)
    if not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    if disable:
        return model
    warn("torch.compile compiles nothing in refimpl: the program runs as it is written", UserWarning, stacklevel=2)
    return next((wrapper(model) for kind, wrapper in _wrappers if isinstance(model, kind)), model)


_wrappers: list[tuple[type, Callable[[Any], Any]]] = []


def wrap(kind: type, wrapper: Callable[[Any], Any]) -> None:
    """Let :func:`compile` hand out ``wrapper(model)`` for a model of this kind."""
    _wrappers.append((kind, wrapper))


def disable(fn: Any = None, recursive: bool = True, **kwargs: Any) -> Any:
    """The function itself."""
    return (lambda function: function) if fn is None else fn


def is_compiling() -> bool:
    """False: nothing is compiled."""
    return False


def reset() -> None:
    """Forget what has been compiled: nothing."""
