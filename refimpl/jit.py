"""Scripting and tracing are not a part of this package: a clear error for what compiles, and nothing for what only marks."""

from __future__ import annotations

from builtins import isinstance as isinstance
from typing import Any, NoReturn
from typing import Final as Final

from .nn import Module

__all__ = [
    "Attribute", "Error", "Final", "ScriptFunction", "ScriptModule", "annotate", "export", "freeze", "ignore", "interface", "is_scripting",
    "is_tracing", "isinstance", "load", "optimize_for_inference", "optimized_execution", "save", "script", "script_if_tracing", "script_method",
    "trace", "trace_module", "unused",
]  # fmt: skip


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


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value."""
    return the_value


def script_method(fn: Any) -> Any:
    """The method itself."""
    return fn


def script_if_tracing(fn: Any) -> Any:
    """The function itself: nothing is traced."""
    return fn


def interface(obj: Any) -> Any:
    """The class itself."""
    return obj


class optimized_execution:
    """A ``with`` block without effect."""

    def __init__(self, should_optimize: bool) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: Any) -> None:
        pass


class Attribute:
    """A value with its type, for modules that TorchScript compiles: ``value`` and ``type``."""

    def __init__(self, value: Any, type: Any) -> None:
        self.value = value
        self.type = type


class Error(Exception):
    """What TorchScript raises; nothing here does."""


class ScriptFunction:
    """What :func:`script` makes of a function; nothing here does, so nothing is an instance."""


class ScriptModule(Module):
    """A module that runs as it is written: the base class is accepted, TorchScript is not here."""


RecursiveScriptModule = ScriptModule


def trace_module(*args: Any, **kwargs: Any) -> NoReturn:
    """NotImplementedError: there is no TorchScript."""
    _absent("trace_module")


def save(*args: Any, **kwargs: Any) -> NoReturn:
    """NotImplementedError: there is no TorchScript."""
    _absent("save")


def freeze(*args: Any, **kwargs: Any) -> NoReturn:
    """NotImplementedError: there is no TorchScript."""
    _absent("freeze")


def optimize_for_inference(*args: Any, **kwargs: Any) -> NoReturn:
    """NotImplementedError: there is no TorchScript."""
    _absent("optimize_for_inference")
