"""Which of torch's kernels compute attention: a choice that has no effect here, as there is one rule."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

__all__ = ["SDPBackend", "WARN_FOR_UNFUSED_KERNELS", "sdpa_kernel"]

WARN_FOR_UNFUSED_KERNELS = False


class SDPBackend(IntEnum):
    """Torch's kernels."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4

    def __repr__(self) -> str:
        return f"<SDPBackend.{self.name}: {self.value}>"

    __str__ = __repr__


@contextmanager
def _kernel(backends: Any, set_priority: bool = False) -> Iterator[dict[str, Any]]:
    if not isinstance(backends, (list, SDPBackend)):
        raise AssertionError(f"Backend must be an instance of SDPBackend or a list of SDPBackend instances, got {type(backends).__name__}")
    yield {}


def sdpa_kernel(backends: Any, set_priority: bool = False) -> Any:
    """A ``with`` block in which some kernels may be used; accepted for the sake of programs. AssertionError, when it is entered, for anything but an
    :class:`SDPBackend` or a list of them."""
    return _kernel(backends, set_priority)
