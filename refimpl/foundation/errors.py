"""Exceptions that torch has and Python does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

MOST_BYTES = 1 << 47  # what a process can address


class _LinAlgError(RuntimeError):
    """What linear algebra cannot do with the elements that it was given: the inverse of a singular matrix, the Cholesky factor of one that is not
    positive definite. ``torch.linalg.LinAlgError`` is this class."""


LinAlgError = _LinAlgError


class OutOfMemoryError(RuntimeError):
    """The memory of a device is full. ``torch.OutOfMemoryError`` is this class, which programs catch."""


class AcceleratorError(RuntimeError):
    """What a device reports. ``torch.AcceleratorError`` is this class, which programs catch."""


def unallocatable(shape: Sequence[int], nbytes: int) -> RuntimeError:
    """The error of a result of ``nbytes`` bytes, which are more than a process can address. A call that ends in it asks for too much, whatever else
    is wrong with it."""
    told = [(n + (1 << 63)) % (1 << 64) - (1 << 63) for n in shape]
    error = RuntimeError(
        f"Storage size calculation overflowed with sizes={told}" if nbytes >= 1 << 63 else
        f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {nbytes} bytes. Error code 12 (Cannot allocate memory)"
    )  # fmt: skip
    error.beside = ()  # type: ignore[attr-defined]
    return error


def refusing(name: str, error: type[Exception], text: str) -> Callable[..., Any]:
    """A function that raises an error whatever it is called with: what a device could answer that is not there."""

    def function(*args: Any, **kwargs: Any) -> Any:
        raise error(text)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{error.__name__}: {text}"
    return function
