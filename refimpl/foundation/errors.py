"""Exceptions that torch has and Python does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class _LinAlgError(RuntimeError):
    """What linear algebra cannot do with the elements that it was given: the inverse of a singular matrix, the Cholesky factor of one that is not
    positive definite. ``torch.linalg.LinAlgError`` is this class."""


LinAlgError = _LinAlgError


class OutOfMemoryError(RuntimeError):
    """The memory of a device is full. ``torch.OutOfMemoryError`` is this class, which programs catch."""


class AcceleratorError(RuntimeError):
    """What a device reports. ``torch.AcceleratorError`` is this class, which programs catch."""


def refusing(name: str, error: type[Exception], text: str) -> Callable[..., Any]:
    """A function that raises an error whatever it is called with: what a device could answer that is not there."""

    def function(*args: Any, **kwargs: Any) -> Any:
        raise error(text)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{error.__name__}: {text}"
    return function
